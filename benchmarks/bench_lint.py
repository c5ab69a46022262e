"""
What does ``scheme lint`` take: for each shipped scheme with its examples, and for a fleet?

There is no peer. ``scheme`` is all that is done once the texts are read: the value space is made,
all its pairs are judged, objects and files are looked at. ``classes`` is the same for classes of
a realistic fleet; compare it with ``loading``, which reads the fleet and its classes before that.
The goal is 0.3 s for a scheme, and loading above lint for a fleet of a million devices.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

import pytest

from benchmarks import inputs
from benchmarks.rounds import Cell
from simulator.cli.inputs import example_names, parse_description, read
from simulator.compat.description import Description
from simulator.compat.scheme import Scheme
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.errors import InputError
from simulator.fleet.fleet import Fleet
from simulator.fleet.generate import generate
from simulator.lab.lint import lint
from simulator.lab.population import Population, population_of
from simulator.lab.space import space_of

BUDGET = 300
FLEETS = ("self-compatible", "software-version")


def examples(scheme: Scheme) -> list[Description]:
    """Read the shipped descriptions that the scheme knows."""
    found = []
    for name in example_names():
        try:
            found.append(parse_description(name, read(name), scheme))
        except InputError:
            continue
    return found


def scheme_cell(name: str) -> Cell:
    scheme = load_builtin(name)
    descriptions = examples(scheme)
    return Cell(
        name=f"lint / {name}",
        runs={"scheme": lambda: lint(scheme, descriptions, space=space_of(scheme, budget=BUDGET))},
        work={"scheme": 1},
        unit="scheme",
        note=f"{len(descriptions)} examples",
    )


@lru_cache(maxsize=1)
def text(name: str, devices: int) -> bytes:
    return b"".join(generate(load_builtin(name), devices, inputs.FLEET_SEED))


def load(name: str, devices: int) -> Population:
    fleet = Fleet(load_builtin(name), keep_names=False)
    fleet.extend(name, [text(name, devices)])
    return population_of(fleet)


def fleet_cell(name: str, devices: int) -> Cell:
    population = load(name, devices)
    return Cell(
        name=f"lint / {name} / fleet",
        runs={
            "classes": lambda: lint(population.scheme, population=population),
            "loading": lambda: load(name, devices),
        },
        work={"classes": 1, "loading": 1},
        unit="fleet",
        pairs=(("classes", "loading"),),
        note=f"{devices} devices, {len(population.classes)} classes",
    )


def cells(devices: int) -> Iterator[Cell]:
    for name in builtin_names():
        yield scheme_cell(name)
    for name in FLEETS:
        yield fleet_cell(name, devices)


@pytest.mark.parametrize("name", builtin_names())
def test_scheme(run_cell: Callable[[Cell, str], None], name: str) -> None:
    run_cell(scheme_cell(name), "scheme")


@pytest.mark.parametrize("who", ["classes", "loading"])
@pytest.mark.parametrize("name", FLEETS)
def test_fleet(run_cell: Callable[[Cell, str], None], name: str, who: str, devices: int) -> None:
    run_cell(fleet_cell(name, devices), who)
