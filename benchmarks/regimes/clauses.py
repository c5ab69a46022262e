"""What a rule says of one column, or of two together, in codes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.regimes.attributes import ATTRIBUTES, Array, Columns, Mask


@dataclass(frozen=True)
class Among:
    """The code is one of these; they ascend."""

    name: str
    codes: tuple[int, ...]

    @cached_property
    def accepted(self) -> Mask:
        """By code, whether it passes."""
        mask = np.zeros(ATTRIBUTES[self.name].n_codes, np.bool_)
        mask[list(self.codes)] = True
        return mask


@dataclass(frozen=True)
class Between:
    """The code lies between these, both included."""

    name: str
    low: int
    high: int

    @cached_property
    def accepted(self) -> Mask:
        """By code, whether it passes."""
        codes = np.arange(ATTRIBUTES[self.name].n_codes)
        return (codes >= self.low) & (codes <= self.high)


@dataclass(frozen=True)
class Has:
    """The set has at least these flags."""

    name: str
    flags: int

    @cached_property
    def accepted(self) -> Mask:
        """By code, whether it passes."""
        return (np.arange(ATTRIBUTES[self.name].n_codes) & self.flags) == self.flags


@dataclass(frozen=True)
class Pairs:
    """Type and aggregator together are one of these pairs: a template."""

    pairs: tuple[tuple[int, int], ...]

    names = ("type", "aggregator")

    @cached_property
    def accepted(self) -> Mask:
        """By type and aggregator, whether they pass."""
        mask = np.zeros([ATTRIBUTES[name].n_codes for name in self.names], np.bool_)
        mask[tuple(np.transpose(self.pairs))] = True
        return mask


Clause = Among | Between | Has | Pairs
Clauses = tuple[Clause, ...]


def names_of(clause: Clause) -> tuple[str, ...]:
    return clause.names if isinstance(clause, Pairs) else (clause.name,)


def pass_rate(clause: Clause) -> float:
    """
    Estimate the share of devices that pass: accepted codes over all codes; a half a flag.

    Templates come first: few pairs of many pass.
    """
    match clause:
        case Has(flags=flags):
            return 0.5 ** flags.bit_count()
        case Pairs():
            return 0.0
        case _:
            return float(clause.accepted.mean())


def targets(clauses: Clauses, columns: Columns) -> Array:
    """Find rows by one lookup a clause, on what is left: the reference, too simple to be fast."""
    rows = np.arange(len(columns["type"]), dtype=np.uint32)
    for clause in sorted(clauses, key=pass_rate):
        rows = rows[clause.accepted[tuple(columns[name][rows] for name in names_of(clause))]]
    return rows
