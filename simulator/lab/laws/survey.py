"""
Holding a scheme to laws: over its value space, or over the classes of a fleet.

Source: ours.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simulator.compat.scheme import Scheme
from simulator.lab.laws.field import Field, Ruling, Standing
from simulator.lab.laws.law import LAWS, Law
from simulator.lab.laws.parts import Parts, parts_of, rule_parts
from simulator.lab.matrix import matrix
from simulator.lab.pools import pools_of
from simulator.lab.population import MOST_CLASSES, Population
from simulator.lab.space import BUDGET, Space, cost, space_of

__all__ = ["Survey", "survey"]

_SIMPLER = 16

_Progress = Callable[[int], None] | None


@dataclass(frozen=True, slots=True)
class Survey:
    """
    What became of the laws.

    Attributes:
        scheme: The scheme.
        space: What was looked at, whole or in parts; None for a population.
        population: What was looked at instead.
        looked_at: How many descriptions or classes.
        seed: Where a search begins; of no effect when all was looked at.
        rulings: One for each law.
    """

    scheme: Scheme
    space: Space | Parts | None
    population: Population | None
    looked_at: int
    seed: int
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
        seed: Where a search of the space begins, or the draw from a fleet of very many classes.
        progress: Called with the number of descriptions whose pairs are judged.
    """
    chosen = tuple(laws)
    if population is not None:
        field = _fleet_field(scheme, population, seed, progress)
        rulings = tuple(field.rule(law) for law in chosen)
        return Survey(scheme, None, population, len(field.descriptions), seed, rulings)
    space = space_of(scheme, budget=budget, seed=seed)
    parts = None if space.is_exhaustive else parts_of(scheme, budget=budget, seed=seed)
    if parts is not None:
        rulings = tuple(rule_parts(parts, chosen, progress))
        looked_at = sum(len(one.descriptions) for one in parts.spaces)
        return Survey(scheme, parts, None, looked_at, seed, rulings)
    verdicts = matrix(scheme, space.descriptions, progress=progress)
    devices = (1,) * len(space.descriptions)
    field = Field(
        scheme, space.descriptions, devices, verdicts, space.pools, is_whole=space.is_exhaustive
    )
    rulings = tuple(field.rule(law) for law in chosen)
    return Survey(scheme, space, None, len(space.descriptions), seed, rulings)


def _fleet_field(scheme: Scheme, population: Population, seed: int, progress: _Progress) -> Field:
    drawn = population.drawn(MOST_CLASSES, seed)
    classes = sorted(zip(drawn.classes, drawn.devices, strict=True), key=lambda one: cost(one[0]))
    descriptions = tuple(one for one, _ in classes)
    verdicts = matrix(scheme, descriptions, progress=progress)
    devices = tuple(count for _, count in classes)
    pools = {name: values[:_SIMPLER] for name, values in pools_of(scheme, population).items()}
    return Field(
        scheme, descriptions, devices, verdicts, pools, is_whole=drawn is population, is_fleet=True
    )
