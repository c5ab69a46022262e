"""
What names say of where a device is: ``HOST/PARENT/UUID``.

Source: ours; so `simulator.fleet.generate` names devices.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from heapq import nsmallest

from simulator.errors import TextError
from simulator.fleet.fleet import Fleet
from simulator.lab.population import Population

__all__ = ["host_of", "is_below", "named_rows", "population_on", "rows_by_class", "unknown_host"]

_LIKE = 0.6
"""How much names must be alike to be told; that of `difflib.get_close_matches`."""
_NO_DEVICE = 2**32 - 1
"""The class of a row without a device, as `Fleet.class_of_rows` gives it."""


def host_of(name: str) -> str:
    """Return the first part of a name: the host, or the parent where no host is named."""
    return name.partition("/")[0]


def is_below(name: str, place: str) -> bool:
    """Tell whether a device is on a host or a parent, by their names."""
    return name.startswith(place) and name[len(place) :][:1] == "/"


def rows_by_class(fleet: Fleet) -> list[list[int]]:
    """Return the rows of each class, in the order of `simulator.lab.population.population_of`."""
    found: dict[int, list[int]] = {}
    for row, one in _devices(fleet.class_of_rows()):
        found.setdefault(one, []).append(row)
    return list(found.values())


def _devices(classes: Iterable[int]) -> Iterator[tuple[int, int]]:
    return ((row, one) for row, one in enumerate(classes) if one != _NO_DEVICE)


def named_rows(fleet: Fleet) -> Iterator[tuple[int, str]]:
    """Return the rows that have a device, with its name, in ascending order."""
    return ((row, fleet.name(row)) for row, _ in _devices(fleet.class_of_rows()))


def population_on(fleet: Fleet, places: Sequence[str]) -> Population:
    """
    Return the classes of the devices on some hosts or parents, or of these names.

    Raises:
        TextError: Some place has no device.
    """
    first: dict[int, int] = {}
    devices: Counter[int] = Counter()
    classes, met = fleet.class_of_rows(), set[str]()
    for row, name in named_rows(fleet):
        on = [place for place in places if name == place or is_below(name, place)]
        met.update(on)
        if on:
            first.setdefault(classes[row], row)
            devices[classes[row]] += 1
    for place in places:
        if place not in met:
            raise unknown_host(fleet, place)
    counts = tuple(devices[one] for one in first)
    return Population(fleet.scheme, tuple(fleet[row] for row in first.values()), counts)


def unknown_host(fleet: Fleet, host: str) -> TextError:
    """Say that there is no such host, and which have nearly this name."""
    hosts = dict.fromkeys(host_of(name) for _, name in named_rows(fleet))
    near = _close_names(host, [one for one in hosts if one])
    expected = "one of " + ", ".join(near) if near else "the first part of a device's name"
    return TextError(host, f"no device is on {host}", expected)


def _close_names(name: str, names: Iterable[str]) -> list[str]:
    """Return the few of *names* that are most like *name*; of equals those that come first."""
    likeness = SequenceMatcher(b=name)
    found = []
    for at, one in enumerate(names):
        likeness.set_seq1(one)
        if min(likeness.real_quick_ratio(), likeness.quick_ratio()) >= _LIKE:
            found.append((-likeness.ratio(), at, one))
    return [one for score, _, one in nsmallest(3, found) if -score >= _LIKE]
