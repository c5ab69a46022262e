"""
Turns a captured mdev tree into what a host file says.

A parent becomes one of a known vendor driver when some of its options give exactly the same
types; otherwise its driver is described by what was seen.

Source: ours.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from simulator.errors import MdevError
from simulator.mdev import Kernel, MdevBus, MdevType, Option, OptionError, Parent, VendorDriver
from simulator.sysfs.capture import CapturedMdev, CapturedParent
from simulator.sysfs.describe_driver import Data, describe_driver
from simulator.sysfs.identities import Identities
from simulator.values import PciId

__all__ = ["likely_kernels", "reproduce", "shown"]

_MOST_EXTRA = 64
"""How many more instances than are free a driver may have been given. Ours: to keep it quick."""


def likely_kernels(kernels: Iterable[Kernel], mdev_drivers: Iterable[str]) -> list[Kernel]:
    """
    Choose the personalities that a tree may be of, newest first.

    Args:
        kernels: All of them, oldest first.
        mdev_drivers: The names in ``/sys/bus/mdev/drivers``.
    """
    names = set(mdev_drivers)
    newest = list(kernels)[::-1]
    shared = {kernel.mdev_driver for kernel in newest} - {None}
    if not names:
        return newest
    return [one for one in newest if (one.mdev_driver in names) == bool(names & shared)] or newest


def reproduce(
    parents: Iterable[CapturedParent],
    vendors: Mapping[str, VendorDriver],
    kernels: Iterable[Kernel],
    identities: Identities | None,
) -> Data:
    """
    Give the data of a host file that makes the same parents, types and mdevs.

    Args:
        parents: What was captured.
        vendors: The known drivers, by the names that host files use.
        kernels: The personalities it may be, the likeliest first.
        identities: Replaces identities; None keeps them.

    Raises:
        InputError: The types of a parent are of no driver that can be described.
    """
    captured = list(parents)
    best: tuple[Kernel, list[_Known | None]] | None = None
    for kernel in kernels:
        # Parents that look alike, such as virtual functions, are tried once.
        tried = {_looks(parent): parent for parent in captured}
        matches = {looks: _known(parent, vendors, kernel) for looks, parent in tried.items()}
        known = [matches[_looks(parent)] for parent in captured]
        if best is None or known.count(None) < best[1].count(None):
            best = kernel, known
    if best is None:
        raise ValueError("no personality to choose from")
    kernel, found = best
    made: list[Data] = []
    described: dict[str, Data] = {}
    for parent, one in zip(captured, found, strict=True):
        if one is None:
            driver = describe_driver(parent, kernel, identities)
            # The same description is written once, whatever the number of its parents.
            driver = described.setdefault(repr(driver), driver)
            made.append(_parent(parent, driver, {}, identities))
        else:
            made.append(_parent(parent, one.name, one.options, identities))
    return {"kernel": kernel.name, "parents": made}


def _parent(
    parent: CapturedParent, driver: Data | str, options: Data, identities: Identities | None
) -> Data:
    path = identities.text(parent.path) if identities else parent.path
    said: Data = {"driver": driver, "path": path}
    if options:
        said["options"] = options
    for name, number in (("numa_node", parent.numa_node), ("iommu_group", parent.iommu_group)):
        if number is not None:
            said[name] = number
    if parent.mdevs:
        said["mdevs"] = [
            {"uuid": identities.uuid(one.uuid) if identities else one.uuid, "type": one.type_id}
            for one in parent.mdevs
        ]
    return said


def _looks(parent: CapturedParent) -> str:
    """Say what a driver has to reproduce."""
    mdevs = [(one.type_id, sorted(one.files)) for one in parent.mdevs]
    return repr((parent.driver, parent.pci, parent.types, mdevs))


@dataclass(frozen=True, slots=True)
class _Known:
    """A known driver, and the options of a host file that reproduce a parent."""

    name: str
    options: Data
    has_same_files: bool


def _known(
    parent: CapturedParent, vendors: Mapping[str, VendorDriver], kernel: Kernel
) -> _Known | None:
    """Find a driver that makes the same types; rather one whose mdevs have the same files too."""
    first = None
    by_name = sorted(vendors.items(), key=lambda item: item[1].name != parent.driver)
    for name, driver in by_name:
        for options in _choices(parent, driver.options):
            found = _tried(parent, name, driver, options, kernel)
            if found is not None and found.has_same_files:
                return found
            first = first or found
    return first


def _choices(parent: CapturedParent, options: Mapping[str, Option]) -> Iterator[Data]:
    """Give options to try: the usual ones, then one of them changed, then two."""
    fixed: Data = {}
    changes: dict[str, list[Any]] = {}
    for name, option in options.items():
        if option.kind is PciId:
            if parent.pci is not None:
                fixed[name] = parent.pci.id
        else:
            values = [one for one in _values(parent, option) if one != option.default]
            changes[name] = values
    yield fixed
    for n_changed in (1, 2):
        for names in combinations(changes, n_changed):
            for chosen in product(*(changes[name] for name in names)):
                yield fixed | dict(zip(names, chosen, strict=True))


def _values(parent: CapturedParent, option: Option) -> Iterable[Any]:
    """Give the values of an option that may be worth a try."""
    if option.kind is bool:
        return (True, False)
    if option.kind is str:
        return option.choices
    free = max((one.available_instances for one in parent.types), default=0)
    most = 2 * len(parent.mdevs) if len(parent.mdevs) * 2 < _MOST_EXTRA else _MOST_EXTRA
    numbers = {free + extra for extra in range(most + 1)} | {2**power for power in range(17)}
    return sorted(one for one in numbers if option.minimum is None or one >= option.minimum)


def _tried(
    parent: CapturedParent, name: str, driver: VendorDriver, options: Data, kernel: Kernel
) -> _Known | None:
    """Make the parent with these options, and compare."""
    try:
        made = MdevBus(kernel).register(driver, options, path=parent.path)
        if made.types.keys() != {one.type_id for one in parent.types}:
            return None
        for mdev in parent.mdevs:
            made.types[mdev.type_id].create(mdev.uuid)
    except (OptionError, MdevError, KeyError):
        return None
    if any(shown(made.types[one.type_id]) != one.shown for one in parent.types):
        return None
    said = {
        key: str(value) if isinstance(value, PciId) else value for key, value in options.items()
    }
    return _Known(name, said, _have_same_files(made, parent.mdevs))


def shown(mdev_type: MdevType) -> dict[str, str]:
    """Give what the files of a type show, by name."""
    readable = (name for name, one in mdev_type.attributes.items() if one.mode & 0o444)
    return {name: mdev_type.show(name) for name in readable}


def _have_same_files(made: Parent, seen: Iterable[CapturedMdev]) -> bool:
    return all(set(made.mdevs[one.uuid].attributes) - {"remove"} == set(one.files) for one in seen)
