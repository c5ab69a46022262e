"""
Holding a scheme to laws: over its value space, or over the classes of a fleet.

All pairs are judged at once by the matcher; each law then asks for more pairs, as rows of bits.
What is printed as a counterexample is found among the simplest, shrunk, and asked of the judge.
Source: ours.
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from simulator.compat.description import Description
from simulator.compat.scheme import Scheme
from simulator.lab.islands import members, transposed
from simulator.lab.laws import LAWS, Counterexample, Law, upgrades, version_names
from simulator.lab.matrix import Matrix, matrix
from simulator.lab.pairs import Weights, chained, lowest
from simulator.lab.pools import Pools, pools_of
from simulator.lab.population import Population
from simulator.lab.shrink import shrink
from simulator.lab.space import BUDGET, Space, cost, size_of, space_of

__all__ = ["Ruling", "Standing", "Survey", "survey"]

_Progress = Callable[[int], None] | None


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


@dataclass(frozen=True, slots=True)
class Survey:
    """
    What became of the laws.

    Attributes:
        scheme: The scheme.
        space: What was looked at; None for a population.
        population: What was looked at instead.
        rulings: One for each law.
    """

    scheme: Scheme
    space: Space | None
    population: Population | None
    rulings: tuple[Ruling, ...]

    @property
    def is_broken(self) -> bool:
        """One of the laws is broken."""
        return any(one.standing is Standing.BROKEN for one in self.rulings)


def survey(
    scheme: Scheme,
    laws: Iterable[Law] = tuple(LAWS.values()),
    population: Population | None = None,
    *,
    budget: int = BUDGET,
    seed: int = 0,
    progress: _Progress = None,
) -> Survey:
    """
    Hold a scheme to laws.

    Args:
        scheme: What is compared, and in which direction.
        laws: The laws.
        population: Look at these devices; None for the value space of the scheme.
        budget: How many descriptions of the space are looked at.
        seed: Where a search of the space begins.
        progress: Called with the number of descriptions whose pairs are judged.
    """
    if population is None:
        space = space_of(scheme, budget=budget, seed=seed)
        descriptions, devices = space.descriptions, (1,) * len(space.descriptions)
        is_whole, pools = space.is_exhaustive, space.pools
    else:
        space = None
        order = sorted(range(len(population.classes)), key=lambda i: cost(population.classes[i]))
        descriptions = tuple(population.classes[place] for place in order)
        devices = tuple(population.devices[place] for place in order)
        is_whole, pools = True, pools_of(scheme, population)
    verdicts = matrix(scheme, descriptions, progress=progress)
    field = _Field(scheme, descriptions, devices, verdicts, pools, is_whole)
    return Survey(scheme, space, population, tuple(field.rule(law) for law in laws))


class _Field:
    """Descriptions with their verdicts, the simplest first."""

    def __init__(
        self,
        scheme: Scheme,
        descriptions: Sequence[Description],
        devices: Sequence[int],
        verdicts: Matrix,
        pools: Pools,
        is_whole: bool,
    ) -> None:
        self.scheme = scheme
        self.descriptions = descriptions
        self.devices = devices
        self.verdicts = verdicts
        self.pools = pools
        self.is_whole = is_whole
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
            Counterexample(law, shrink(self.scheme, law, found, self.pools), found),
        )

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
