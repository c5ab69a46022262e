"""
What do ``laws``, ``compare`` and ``map`` take on a million devices?

There is no peer. Each run is all that the verb does, from the bytes of the fleet to what is
printed, but for the start of Python: the fleet is read, its classes are found, every pair of them
is judged. ``loading`` reads the fleet under one scheme and finds its classes, which the others do
too. The goal is 5 s on two cores with 2,000 classes.

Before anything is timed, answers are checked: counts of pairs against the fleet's own answers for
a few sources, device by device.
"""

import io
from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random

import pytest

from benchmarks import inputs
from benchmarks.rounds import Cell
from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome, Scheme
from simulator.compat.schemes import load_builtin
from simulator.fleet.fleet import Fleet
from simulator.fleet.generate import generate
from simulator.lab.chart.chart import Chart, chart
from simulator.lab.compare.comparison import Comparison, compare
from simulator.lab.compare.projection import project
from simulator.lab.laws.survey import Survey, survey
from simulator.lab.population import Population, population_of

SCHEMES = ("self-compatible", "software-version", "migration-version")
WHO = ("laws", "compare", "map", "map as a picture", "loading")
PAIRS = tuple((who, "loading") for who in WHO[:-1])
CHECKED = 5


@lru_cache(maxsize=2)
def chunks(names: tuple[str, ...], devices: int) -> list[bytes]:
    """Write a fleet that carries what the schemes publish, cut as reading a file would."""
    text = b"".join(generate(schemes(names), devices, inputs.FLEET_SEED))
    return inputs.chunks(text)


def schemes(names: tuple[str, ...]) -> list[Scheme]:
    return [load_builtin(name) for name in names]


def load(devices: int) -> Population:
    fleet = Fleet(load_builtin(SCHEMES[0]))
    fleet.extend("the fleet", chunks(SCHEMES[:1], devices))
    return population_of(fleet)


def laws(devices: int) -> Survey:
    population = load(devices)
    return survey(population.scheme, population=population)


def comparison(devices: int) -> Comparison:
    return compare(project("the fleet", chunks(SCHEMES, devices), schemes(SCHEMES)))


def drawn(devices: int) -> Chart:
    return chart(load(devices), "mdev_type")


def picture(devices: int) -> bytes:
    from simulator.report.picture import draw

    stream = io.BytesIO()
    draw(drawn(devices), "the fleet", stream, "svg")
    return stream.getvalue()


def check(devices: int) -> int:
    """Hold what is timed to the fleet itself, and return the number of classes."""
    found = comparison(devices)
    projection = found.projection
    assert sum(projection.devices) == devices
    assert found.pairs == devices * (devices - 1)
    for at, name in enumerate(SCHEMES):
        measured, fleet = found.schemes[at], Fleet(load_builtin(name))
        fleet.extend("the fleet", [alone(name, devices)])
        assert fleet.size.n_classes == measured.classes
        assert sum(measured.pairs.values()) == found.pairs
        # The verdicts of a class are those that the fleet counts, device by device.
        random = Random(inputs.SOURCE_SEED)
        for place in random.sample(range(len(projection)), min(CHECKED, len(projection))):
            match = fleet.match(projection.seen(at, place))
            assert match.count == allowed(found, at, place)
    total = drawn(devices).total
    own = found.schemes[0].pairs
    # The map counts a device with itself, the comparison does not.
    itself = sum(
        projection.devices[place]
        for place in range(len(projection))
        if is_reflexive(found, 0, place)
    )
    assert total.compatible == own[Outcome.COMPATIBLE] + itself
    assert len(laws(devices).rulings) == 4
    return len(projection)


def alone(name: str, devices: int) -> bytes:
    return b"".join(generate(load_builtin(name), devices, inputs.FLEET_SEED))


def allowed(found: Comparison, scheme: int, source: int) -> int:
    """Count the devices that take a class, asking a fleet of classes."""
    projection = found.projection
    fleet = Fleet(projection.schemes[scheme])
    for one in projection.own[scheme]:
        fleet.add(one)
    targets = set(fleet.match(projection.seen(scheme, source)).rows())
    places = zip(projection.places[scheme], projection.devices, strict=True)
    return sum(devices for place, devices in places if place in targets)


def is_reflexive(found: Comparison, scheme: int, place: int) -> bool:
    one = found.projection.seen(scheme, place)
    return judge(found.projection.schemes[scheme], one, one) is Outcome.COMPATIBLE


@lru_cache(maxsize=1)
def cell(devices: int) -> Cell:
    classes = check(devices)
    runs: dict[str, Callable[[], object]] = {
        "laws": lambda: laws(devices),
        "compare": lambda: comparison(devices),
        "map": lambda: drawn(devices),
        "map as a picture": lambda: picture(devices),
        "loading": lambda: load(devices),
    }
    return Cell(
        name="laboratory / " + ", ".join(SCHEMES),
        runs=runs,
        work=dict.fromkeys(WHO, 1),
        unit="fleet",
        pairs=PAIRS,
        note=f"{devices} devices, {classes} classes",
    )


def cells(devices: int) -> Iterator[Cell]:
    yield cell(devices)


@pytest.mark.parametrize("who", WHO)
def test_laboratory(run_cell: Callable[[Cell, str], None], devices: int, who: str) -> None:
    run_cell(cell(devices), who)
