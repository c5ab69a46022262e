"""
The twelve attributes: their codes, the width of a column, and how a code is spelled.

A type's code is four times its family and the size step; step 0 is spelled ``_8``, the smallest
fraction, and step 3 ``_1``, so that a fraction's aggregator is its number times a constant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.compat.loader import load_scheme
from simulator.compat.scheme import Scheme

Array = NDArray[np.unsignedinteger]
Mask = NDArray[np.bool_]
Columns = dict[str, Array]

STEPS = 4
MAX_AGGREGATOR = 32
PV_FLAGS = ("ppgtt", "context", "hwsp", "preempt", "guc", "huc")
FLAGS = tuple(f"cap{bit:02d}" for bit in range(12))


def version_code(major: Array, minor: Array, bugfix: Array) -> Array:
    """Number versions in their order."""
    return major * 256 + minor * 16 + bugfix


@dataclass(frozen=True)
class Attribute:
    """
    One column.

    Attributes:
        name: As in ``twelve.yaml``.
        n_codes: The codes are below this.
        spell: The text of a code.
        is_number: JSON has it without quotes.
    """

    name: str
    n_codes: int
    spell: Callable[[int], str]
    is_number: bool = False

    @property
    def dtype(self) -> np.dtype:
        """The narrowest column."""
        return np.min_scalar_type(self.n_codes - 1)

    @cached_property
    def texts(self) -> list[str]:
        """The spelling of each code."""
        return [self.spell(code) for code in range(self.n_codes)]

    @cached_property
    def members(self) -> list[str]:
        """The member ``"name":value`` of a JSON object, by code."""
        quote = "" if self.is_number else '"'
        return [f'"{self.name}":{quote}{text}{quote}' for text in self.texts]


def _set(names: tuple[str, ...]) -> Callable[[int], str]:
    return lambda code: "+".join(name for bit, name in enumerate(names) if code >> bit & 1)


ATTRIBUTES = {
    attribute.name: attribute
    for attribute in (
        Attribute("device_api", 6, lambda code: f"vfio-api{code}"),
        Attribute("type", 200, lambda code: f"i915-GVTg_V{code // STEPS}_{8 >> code % STEPS}"),
        Attribute("parent", 64, lambda code: f"0000:{code:02x}:02.0"),
        Attribute("aggregator", MAX_AGGREGATOR + 1, str, is_number=True),
        Attribute("pv_mode", 64, _set(PV_FLAGS)),
        Attribute("version", 1024, lambda code: f"{code >> 8}.{code >> 4 & 15}.{code & 15}"),
        Attribute("framebuffer", 4096, str, is_number=True),
        Attribute("driver", 500, lambda code: f"driver-{code // 20}.{code % 20}"),
        Attribute("flags", 4096, _set(FLAGS)),
        Attribute("location", 256, str, is_number=True),
        Attribute("cost", 1000, str, is_number=True),
        Attribute("misc", 16, lambda code: f"misc-{code}"),
    )
}
BYTES_A_DEVICE = sum(attribute.dtype.itemsize for attribute in ATTRIBUTES.values())
SCHEME_FILE = Path(__file__).with_name("twelve.yaml")


def scheme() -> Scheme:
    """Read the scheme of the twelve attributes."""
    return load_scheme(str(SCHEME_FILE), SCHEME_FILE.read_bytes())
