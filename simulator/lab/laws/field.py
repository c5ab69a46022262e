"""
Laws over many descriptions: all pairs are judged at once, and each law asks for more pairs.

What is shown as a counterexample is found among the simplest, shrunk, and asked of the judge.
Source: ours.
"""

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulator.compat.description import Description
from simulator.compat.scheme import Scheme
from simulator.lab.laws.law import Counterexample, Law, upgrades, version_names
from simulator.lab.laws.shrink import shrink
from simulator.lab.matrix import Matrix
from simulator.lab.pairs import Weights, chained, lowest, members, transposed
from simulator.lab.pools import Pools
from simulator.lab.space import size_of

__all__ = ["Field", "Ruling", "Standing"]


class Standing(enum.StrEnum):
    """What became of a law."""

    HOLDS = "holds"
    BROKEN = "broken"
    NOT_FOUND = "no counterexample found"
    NOT_APPLICABLE = "does not apply"


@dataclass(frozen=True, slots=True)
class Ruling:
    """
    What became of one law.

    Attributes:
        law: The law.
        standing: Whether it holds; without a counterexample only where all was looked at.
        asked: Pairs of descriptions of which the law asks for a yes.
        refused: Those that have none.
        undecided: Those of the refused for which the scheme does not say.
        pairs: The refused in pairs of devices; for the law of one device, in devices.
        devices: Devices that are the source of such a pair.
        counterexample: For a broken law.
        note: Why a law does not apply.
    """

    law: Law
    standing: Standing
    asked: int = 0
    refused: int = 0
    undecided: int = 0
    pairs: int = 0
    devices: int = 0
    counterexample: Counterexample | None = None
    note: str = ""


class Field:
    """
    Descriptions with their verdicts.

    Args:
        scheme: What they publish.
        descriptions: At least one, the simplest first.
        devices: How many devices publish each.
        verdicts: Those of all pairs.
        pools: The values that a counterexample may have instead, to be simpler.
        is_whole: These descriptions are all that there is to look at.
        is_fleet: They are of real devices: a counterexample keeps the reason of the refusal.
    """

    def __init__(
        self,
        scheme: Scheme,
        descriptions: Sequence[Description],
        devices: Sequence[int],
        verdicts: Matrix,
        pools: Pools,
        *,
        is_whole: bool,
        is_fleet: bool = False,
    ) -> None:
        self.scheme = scheme
        self.descriptions = descriptions
        self.devices = devices
        self.verdicts = verdicts
        self.pools = pools
        self.is_whole = is_whole
        self.is_fleet = is_fleet
        self.rows = verdicts.compatible
        self.columns = transposed(self.rows)
        self.chains = upgrades(scheme, descriptions) if version_names(scheme) else []
        self.sizes = [size_of(one) for one in descriptions]

    def rule(self, law: Law) -> Ruling:
        """Ask for the pairs of the law, and find the smallest that is refused."""
        if law.is_upgrade and not version_names(self.scheme):
            return Ruling(law, Standing.NOT_APPLICABLE, note="the scheme has no version attribute")
        wanted = self._wanted(law)
        refused = [one & ~row for one, row in zip(wanted, self.rows, strict=True)]
        asked = sum(one.bit_count() for one in wanted)
        if not any(refused):
            return Ruling(law, Standing.HOLDS if self.is_whole else Standing.NOT_FOUND, asked)
        weights = Weights.of(self.devices)
        sources = [place for place, one in enumerate(refused) if one]
        ends = [1 if len(law.roles) == 1 else weights.total(refused[place]) for place in sources]
        found = tuple(self.descriptions[place] for place in self._smallest(law, refused))
        return Ruling(
            law,
            Standing.BROKEN,
            asked,
            sum(refused[place].bit_count() for place in sources),
            sum((refused[place] & self.verdicts.undecided[place]).bit_count() for place in sources),
            sum(self.devices[place] * count for place, count in zip(sources, ends, strict=True)),
            sum(self.devices[place] for place in sources),
            Counterexample(law, self._shrunk(law, found), found),
        )

    def along(self, law: Law) -> tuple[Description, ...]:
        """Find simple devices, one a role, that meet the premises; empty where there are none."""
        chain = [0] if not law.premises else None
        for source, row in enumerate(self.rows):
            if chain is not None:
                break
            if len(law.premises) == 2:
                between = next((place for place in members(row) if self.rows[place]), None)
                if between is not None:
                    chain = [source, between, lowest(self.rows[between])]
            elif row:
                chain = [source, lowest(row)]
        places = [*(chain or ()), *(chain or ())[-1:] * law.is_upgrade]
        return tuple(self.descriptions[place] for place in places)

    def _shrunk(self, law: Law, found: Sequence[Description]) -> tuple[Description, ...]:
        return shrink(self.scheme, law, found, self.pools, keeps_reason=self.is_fleet)

    def _wanted(self, law: Law) -> Sequence[int]:
        """Say for each source which targets the law wants."""
        match law.name:
            case "reflexive":
                return [1 << place for place in range(len(self.rows))]
            case "transitive":
                return chained(self.rows)
            case "round-trip":
                return self.columns
        wanted = [0] * len(self.rows)
        for chain in self.chains:
            sources = 0
            for places in chain:
                for place in places if len(places) > 1 else ():
                    sources |= self.columns[place]
                for place in places:
                    wanted[place] |= sources
                sources |= self.columns[places[0]]
        return transposed(wanted)

    def _smallest(self, law: Law, refused: Sequence[int]) -> tuple[int, ...]:
        """Find the refused pair, and what is between, with the fewest attributes and clauses."""
        best: tuple[int, tuple[int, ...]] | None = None
        least = self.sizes[0]
        for source, targets in enumerate(refused):
            if best and self.sizes[source] + least * (len(law.roles) - 1) >= best[0]:
                break
            for devices in self._candidates(law, source, targets) if targets else ():
                size = sum(self.sizes[place] for place in devices)
                if best is None or size < best[0]:
                    best = size, devices
        if best is None:
            raise ValueError("no pair is refused")
        return best[1]

    def _candidates(self, law: Law, source: int, targets: int) -> Iterator[tuple[int, ...]]:
        """Give the devices of the law for one source, by roles."""
        match law.name:
            case "reflexive":
                yield (source,)
            case "round-trip":
                yield lowest(targets), source
            case "transitive":
                for between in members(self.rows[source]):
                    if self.rows[between] & targets:
                        yield source, between, lowest(self.rows[between] & targets)
            case _:
                for chain in self.chains:
                    olds: list[int] = []
                    for same in chain:
                        olds += [place for place in same if self.rows[source] >> place & 1]
                        news = [place for place in same if targets >> place & 1]
                        yield from ((source, olds[0], new) for new in news if olds)
