"""
What names say of where a device is: ``HOST/PARENT/UUID``.

Source: ours; so `simulator.fleet.generate` names devices.
"""

from collections.abc import Iterable, Iterator

from simulator.fleet.fleet import Fleet

__all__ = ["host_of", "is_below", "rows_by_class"]

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
