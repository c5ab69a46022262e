"""
Devices as columns of codes, from seeds: realistic ones, which repeat, and adversarial ones.

Families, devices, rules and updates have streams of their own, and devices are drawn in blocks, so
another number of devices changes neither the rules nor the devices that both fleets have.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator, default_rng

from benchmarks.regimes.attributes import (
    ATTRIBUTES,
    MAX_AGGREGATOR,
    STEPS,
    Array,
    Columns,
    version_code,
)

FAMILY_SEED = 5
DATA_SEED = 20200715
RULE_SEED = 20200729
UPDATE_SEED = 20200909
SEEDS = {"families": FAMILY_SEED, "data": DATA_SEED, "rules": RULE_SEED, "updates": UPDATE_SEED}

N_CLASSES = 2000
_N_FAMILIES = 24
_ZIPF = 1.1
_BLOCK = 100_000


@dataclass(frozen=True)
class Table:
    """
    The devices of a fleet, as every competitor gets them.

    Attributes:
        columns: A code a device, in the narrowest unsigned integers.
        classes: A code a distinct description; None where nearly all are distinct.
        class_of: For each device its class.
    """

    columns: Columns
    classes: Columns | None = None
    class_of: Array | None = None

    @property
    def n_rows(self) -> int:
        """How many devices there are."""
        return len(self.columns["type"])

    @cached_property
    def by_class(self) -> "Table":
        """The distinct descriptions as a table of their own."""
        if self.classes is None:
            raise ValueError("nearly all devices are distinct")
        return Table(self.classes)

    @cached_property
    def sizes(self) -> Array:
        """How many devices each class has."""
        return np.bincount(self.class_of, minlength=len(self.by_class.columns["type"]))

    @cached_property
    def rows_of(self) -> list[Array]:
        """The rows of each class, ascending."""
        order = np.argsort(self.class_of, kind="stable").astype(np.uint32)
        return np.split(order, np.cumsum(self.sizes)[:-1])

    def take(self, rows: Array) -> "Table":
        """Return the devices of some rows, in their order."""
        class_of = None if self.class_of is None else self.class_of[rows]
        columns = {name: codes[rows] for name, codes in self.columns.items()}
        return Table(columns, self.classes, class_of)


def _narrow(columns: dict[str, Array]) -> Columns:
    return {name: columns[name].astype(ATTRIBUTES[name].dtype) for name in ATTRIBUTES}


def realistic_classes() -> Columns:
    """
    Draw the 2,000 descriptions of regime R, around 24 product families.

    Families have a stream of their own; classes follow on it.
    """
    random = default_rng(FAMILY_SEED)
    n = _N_FAMILIES
    apis = random.integers(0, 4, n)
    bases = random.permutation(ATTRIBUTES["type"].n_codes // STEPS)[:n] * STEPS
    parents = random.integers(0, ATTRIBUTES["parent"].n_codes, (n, 3))
    majors = random.integers(0, 4, n)
    drivers = random.integers(0, ATTRIBUTES["driver"].n_codes, (n, 6))
    framebuffers = 2 ** random.integers(4, 12, n)
    size = N_CLASSES
    family = random.integers(0, n, size)
    return _narrow(
        {
            "device_api": apis[family],
            "type": bases[family] + random.integers(0, STEPS, size),
            "parent": parents[family, random.integers(0, 3, size)],
            "aggregator": 2 ** random.integers(0, 6, size),
            "pv_mode": random.integers(0, 64, size) | random.integers(0, 64, size),
            "version": version_code(
                majors[family], random.integers(0, 16, size), random.integers(0, 4, size)
            ),
            "framebuffer": np.minimum(framebuffers[family] * random.integers(1, 3, size), 4095),
            "driver": drivers[family, random.integers(0, 6, size)],
            "flags": random.integers(0, 4096, size) | random.integers(0, 4096, size),
            "location": random.integers(0, 4, size),
            "cost": 100 * random.integers(0, 10, size),
            "misc": random.integers(0, 4, size),
        }
    )


def _in_blocks(devices: int, seed: int, draw: Callable[[Generator], Columns]) -> Columns:
    """Draw whole blocks, each from its own stream, and cut the last."""
    blocks = [draw(default_rng([seed, at])) for at in range(-(-devices // _BLOCK))]
    return {name: np.concatenate([b[name] for b in blocks])[:devices] for name in blocks[0]}


def _class_numbers(random: Generator) -> Columns:
    weights = np.arange(1, N_CLASSES + 1) ** -_ZIPF
    numbers = random.choice(N_CLASSES, _BLOCK, p=weights / weights.sum())
    return {"class": numbers.astype(np.uint16)}


def _uniform(random: Generator) -> Columns:
    return {
        name: random.integers(
            name == "aggregator",
            MAX_AGGREGATOR + 1 if name == "aggregator" else attribute.n_codes,
            _BLOCK,
            attribute.dtype,
        )
        for name, attribute in ATTRIBUTES.items()
    }


def realistic(devices: int, seed: int = DATA_SEED) -> Table:
    """Draw regime R: a few descriptions are frequent, most are rare."""
    classes = realistic_classes()
    class_of = _in_blocks(devices, seed, _class_numbers)["class"]
    return Table({name: codes[class_of] for name, codes in classes.items()}, classes, class_of)


def adversarial(devices: int, seed: int = DATA_SEED) -> Table:
    """Draw regime X: every attribute uniform by itself, so that nearly nothing repeats."""
    return Table(_in_blocks(devices, seed, _uniform))


def in_order(table: Table) -> Table:
    """Sort devices by type, device_api and parent, which lets everybody skip what cannot match."""
    c = table.columns
    key = (c["type"].astype(np.uint32) << 16) | (c["device_api"].astype(np.uint32) << 8)
    return table.take(np.argsort(key | c["parent"], kind="stable"))
