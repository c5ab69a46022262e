"""
Baselines: the values that make a cluster one island, in which every device accepts every other.

    >>> from simulator.compat.schemes import load_builtin
    >>> from simulator.lab.population import Population
    >>> scheme = load_builtin("software-version")
    >>> line = '{"self":{"device_api":"vfio-pci","mdev_type":"mtty-2","software_version":"%s"}}'
    >>> from simulator.compat.ndjson import parse_line
    >>> devices = [parse_line(line % version, scheme) for version in ("1.2.0", "1.1.0", "1.1.3")]
    >>> study = baseline(Population.of(scheme, devices))
    >>> [(one.attribute, str(one.value), one.devices) for one in study.baseline.limits]
    [('software_version', '1.1.0', 2)]

What is printed has passed the judge, pair by pair. Source: ours; the model is libvirt's
``cpu-baseline``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from simulator.compat.description import Description
from simulator.compat.scheme import Outcome, Relation
from simulator.compat.verdict import explain
from simulator.lab.lint.verdicts import without
from simulator.lab.population import Population
from simulator.planning.left_out import largest
from simulator.planning.limits import Limits, compared, limitable, limited
from simulator.planning.search import judged, search
from simulator.values import Value

__all__ = ["Baseline", "Limited", "Obstacle", "Study", "baseline", "parted"]


@dataclass(frozen=True, slots=True)
class Limited:
    """
    A value that devices are limited to.

    Attributes:
        attribute: Its name.
        value: What those publish that publish it at all; None: it is not published.
        devices: How many devices publish something else now.
    """

    attribute: str
    value: Value | None
    devices: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """
    What makes devices one island.

    Attributes:
        classes: The places of the classes in the population, in ascending order.
        devices: How many devices these have.
        limits: In the order of the scheme; none where all accept each other as they are.
        pairs: How many pairs of different descriptions the judge has accepted under the limits.
    """

    classes: tuple[int, ...]
    devices: int
    limits: tuple[Limited, ...]
    pairs: int


@dataclass(frozen=True, slots=True)
class Obstacle:
    """
    An attribute that alone prevents a baseline.

    Attributes:
        attribute: Its name; empty where lists of objects are missing.
        values: What devices publish, with the number of devices, most devices first.
        source: The place of a class that is refused.
        target: The place of the class that refuses it.
        reason: Why, limited as far as all can be.
    """

    attribute: str
    values: tuple[tuple[Value | None, int], ...]
    source: int
    target: int
    reason: str


@dataclass(frozen=True, slots=True)
class Study:
    """
    What came of the question for a baseline.

    Attributes:
        population: The devices, by class.
        limitable: The attributes that they could be limited in.
        baseline: Of all devices, or None.
        may_be: There might be one, were every undecided pair compatible.
        is_whole: All limits were tried; otherwise there may be a baseline that was not found.
        obstacles: The attributes that prevent it, each alone; none where only several together do.
        refusal: Where there is no baseline, why one device refuses another when all are limited to
            what all have.
        rest: Where there is none, the baseline of the most devices that was found.
        is_least: No baseline leaves out fewer devices than `rest`; otherwise there may be one.
    """

    population: Population
    limitable: tuple[str, ...]
    baseline: Baseline | None
    may_be: bool = False
    is_whole: bool = True
    obstacles: tuple[Obstacle, ...] = ()
    refusal: tuple[str, ...] = ()
    rest: Baseline | None = None
    is_least: bool = False

    @property
    def outcome(self) -> Outcome:
        """Whether there is a baseline."""
        if self.baseline is not None:
            return Outcome.COMPATIBLE
        return Outcome.UNDECIDED if self.may_be else Outcome.INCOMPATIBLE

    @property
    def left_out(self) -> tuple[int, ...]:
        """The places of the classes that `rest` leaves out."""
        kept = set(() if self.rest is None else self.rest.classes)
        return tuple(at for at in range(len(self.population.classes)) if at not in kept)


def baseline(
    population: Population,
    names: Sequence[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Study:
    """
    Find what makes the devices of *population* one island, or what prevents it.

    Args:
        population: The devices; its scheme says what is compared, and in which direction.
        names: What they may be limited in; None for `limitable`.
        progress: Called with the number of sets that were tried, then of pairs that were judged.
    """
    scheme, classes = population.scheme, population.classes
    may = limitable(scheme) if names is None else tuple(n for n in scheme.attributes if n in names)
    found = search(scheme, classes, may)
    if found.limits is not None:
        whole = _baseline(population, range(len(classes)), found.limits, progress)
        return Study(population, may, whole, is_whole=found.is_whole)
    perhaps = search(scheme, classes, may, Outcome.UNDECIDED)
    source, target = (limited(classes[at], found.refused_with or {}) for at in found.refusal)
    rest = largest(population, may, progress)
    return Study(
        population,
        may,
        None,
        perhaps.limits is not None,
        found.is_whole,
        tuple(_obstacles(population, may)),
        tuple(map(str, explain(scheme, source, target).reasons)),
        None if rest is None else _baseline(population, rest.classes, rest.limits, progress),
        rest is not None and rest.is_least,
    )


def parted(population: Population, attribute: str) -> dict[Value | None, Population]:
    """Divide a population by the values of an attribute, in the order of their first classes."""
    places: dict[Value | None, list[int]] = {}
    for at, one in enumerate(population.classes):
        places.setdefault(one.values.get(attribute), []).append(at)
    return {
        value: Population(
            population.scheme,
            tuple(population.classes[at] for at in of_value),
            tuple(population.devices[at] for at in of_value),
        )
        for value, of_value in places.items()
    }


def _baseline(
    population: Population,
    places: Iterable[int],
    limits: Limits,
    progress: Callable[[int], None] | None,
) -> Baseline:
    """Ask the judge, and count who changes."""
    kept = tuple(places)
    classes = [population.classes[at] for at in kept]
    pairs = judged(population.scheme, classes, limits, progress)
    said = []
    for name in population.scheme.attributes:
        if name in limits:
            value = limits[name]
            changed = (
                population.devices[at]
                for at in kept
                if population.classes[at].values.get(name, value) != value
            )
            said.append(Limited(name, value, sum(changed)))
    devices = sum(population.devices[at] for at in kept)
    return Baseline(kept, devices, tuple(one for one in said if one.devices), pairs)


def _obstacles(population: Population, may: Sequence[str]) -> Iterable[Obstacle]:
    """Ask each attribute alone: what a scheme refuses that compares no other."""
    scheme = population.scheme
    asked = [n for n, one in scheme.attributes.items() if one.relation is not Relation.ANY]
    alone = [(name, [other for other in asked if other != name]) for name in asked]
    for name, others in [*[("", asked)] * scheme.has_objects, *alone]:
        only = without(scheme, others)
        kept = compared(only)
        different: dict[Description, int] = {}
        for place, one in enumerate(population.classes):
            values = {key: value for key, value in one.values.items() if key in kept}
            different.setdefault(Description(values, one.objects), place)
        classes, places = list(different), list(different.values())
        found = search(only, classes, [one for one in may if one == name])
        if found.limits is None:
            source, target = found.refusal
            ends = (limited(classes[at], found.refused_with or {}) for at in found.refusal)
            reasons = explain(only, *ends).reasons
            reason = str(reasons[0]) if reasons else ""
            values_of = _values(population, name)
            yield Obstacle(name, values_of, places[source], places[target], reason)
        if not name and found.limits is None:
            return


def _values(population: Population, name: str) -> tuple[tuple[Value | None, int], ...]:
    found: dict[Value | None, int] = {}
    for one, devices in zip(population.classes, population.devices, strict=True):
        value = one.values.get(name)
        found[value] = found.get(value, 0) + devices
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0]))))
