"""
What is said to the C core and what it says: the numbers of ``mdm.h`` by name, records, faults.

Source: ours.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

__all__ = [
    "DIRECTION",
    "KIND",
    "LAYOUT",
    "NO_CLASS",
    "RELATION",
    "VERDICT",
    "CoreAttribute",
    "DataFault",
    "MatcherFault",
    "OtherSchemeFault",
    "Size",
]

KIND: Mapping[str, int] = MappingProxyType(
    {
        "int": 0,
        "string": 1,
        "set": 2,
        "version": 3,
        "pci_id": 4,
        "ratio": 5,
    }
)
"""The kinds of values."""

RELATION: Mapping[str | None, int] = MappingProxyType(
    {
        None: 0,
        "equal": 1,
        "superset": 2,
        "subset": 3,
        "version": 4,
        "one_of": 5,
        "any": 6,
    }
)
"""The relations; None for an attribute that only objects compare."""

VERDICT: Mapping[str, int] = MappingProxyType(
    {
        "incompatible": 0,
        "undecided": 1,
        "compatible": 3,
    }
)
"""The verdicts, and what is missing or unlisted; ignored is ``compatible``."""

DIRECTION: Mapping[str | None, int] = MappingProxyType(
    {
        None: 0,
        "target": 1,
        "source": 2,
        "both": 3,
    }
)
"""Who accepts; None for a scheme without objects, and for a query that keeps the scheme's."""

LAYOUT: Mapping[str, int] = MappingProxyType(
    {
        "auto": 0,
        "classes": 1,
        "flat": 2,
    }
)
"""How a fleet keeps its devices."""

NO_CLASS = 2**32 - 1
"""The class of a row that no device has."""


class MatcherFault(ValueError):  # noqa: N818
    """
    A text is refused.

    Attributes:
        faults: For each line with a mistake, in order, at most 256: the offset in bytes from the
            start of the text that was given, and the line, from 0.
    """

    def __init__(self, faults: Sequence[tuple[int, int]]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"mistakes at {', '.join(f'byte {offset}' for offset, _ in self.faults)}")


class DataFault(ValueError):  # noqa: N818
    """
    Data are damaged or malformed.

    Attributes:
        what: What is wrong.
        offset: Where: the byte of a saved fleet, the row of Arrow data.
        detail: Of Arrow data, which column, or what their producer said.
    """

    def __init__(self, what: str, offset: int, detail: str = "") -> None:
        self.what = what
        self.offset = offset
        self.detail = detail
        super().__init__(f"{what}, at {offset}")


class OtherSchemeFault(ValueError):  # noqa: N818
    """A fleet was saved under another scheme."""


class CoreAttribute(NamedTuple):
    """
    One attribute of a scheme.

    Attributes:
        name: As devices publish it.
        kind: Of `KIND`.
        relation: Of `RELATION`.
        of: The index of the attribute that gives the source's value.
        missing: Of `VERDICT`.
        required: That both devices lack it is no agreement.
    """

    name: str
    kind: int
    relation: int
    of: int
    missing: int
    required: bool = False


class Size(NamedTuple):
    """How much a fleet holds; the fields of ``mdm_size``."""

    n_rows: int
    n_devices: int
    n_classes: int
    n_lists: int
    row_bytes: int
    name_bytes: int
    dictionary_bytes: int
