"""
Turns a captured mdev tree into what a host file says.

A parent becomes one of a known vendor driver when some of its options give exactly the same
types; otherwise its driver is described by what was seen.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

from simulator.errors import InputError, MdevError, Mistake
from simulator.mdev import Kernel, MdevBus, MdevType, Option, OptionError, Parent, VendorDriver
from simulator.sysfs.capture import CapturedFile, CapturedMdev, CapturedParent, CapturedType
from simulator.sysfs.identities import Identities
from simulator.values import INT_MAX, PciId

__all__ = ["likely_kernels", "reproduce", "shown"]

_SHARE = "share"
"""The one pool of a driver that is described by what was seen. Ours."""

_MOST_EXTRA = 64
"""How many more instances than are free a driver may have been given. Ours: to keep it quick."""

_MODES = {0o444: "0444", 0o200: "0200", 0o644: "0644"}

Data = dict[str, Any]


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
        known = [_known(parent, vendors, kernel) for parent in captured]
        if best is None or known.count(None) < best[1].count(None):
            best = kernel, known
    if best is None:
        raise ValueError("no personality to choose from")
    kernel, found = best
    made: list[Data] = []
    described: dict[str, Data] = {}
    for parent, one in zip(captured, found, strict=True):
        if one is None:
            driver = _described(parent, kernel, identities)
            # The same description is written once, whatever the number of its parents.
            driver = described.setdefault(repr(driver), driver)
            made.append(_parent(parent, driver, {}, identities))
        else:
            made.append(_parent(parent, one.name, one.options, identities))
    return {"kernel": kernel.name, "parents": made}


def _parent(
    parent: CapturedParent, driver: Data | str, options: Data, identities: Identities | None
) -> Data:
    said: Data = {"driver": driver, "path": parent.path}
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


# ---- known drivers


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


# ---- described drivers


def _described(parent: CapturedParent, kernel: Kernel, identities: Identities | None) -> Data:
    """Describe the driver of a parent by what its types show."""
    name = _driver_string(parent)
    apis = {one.device_api.strip() for one in parent.types} or {"vfio-pci"}
    if len(apis) > 1:
        raise _unlike(parent, "the types have several device APIs: " + ", ".join(sorted(apis)))
    takes, capacity = _pool(parent)
    said: Data = {"name": name, "device_api": apis.pop()}
    drivers = {one.driver for one in parent.mdevs} - {None, name, kernel.mdev_driver}
    if drivers:
        said["mdev_driver"] = min(one for one in drivers if one is not None)
    said["capacity"] = {_SHARE: capacity}
    if parent.types and all(one.name is None for one in parent.types):
        said["named"] = False
    if parent.pci is not None:
        said["pci"] = _pci(parent)
    mdev_files = _first_files(parent.mdevs, identities)
    type_files = {one.type_id: one.files for one in parent.types}
    said["types"] = {
        one.type_id.removeprefix(f"{name}-"): _type(
            one, name, takes[one.type_id], mdev_files.get(one.type_id, {}), identities
        )
        for one in parent.types
    }
    for field, files in (("mdev_attributes", mdev_files), ("type_attributes", type_files)):
        if any(files.values()):
            said[field] = _attributes(files)
    return said


def _unlike(parent: CapturedParent, message: str) -> InputError:
    return InputError([Mistake(parent.path, 0, 0, 1, message, "types of one driver")])


def _driver_string(parent: CapturedParent) -> str:
    """Find what the ids of all types begin with. Source: mdev_sysfs.c mdev_type_add()."""
    ids = [one.type_id for one in parent.types]
    seen = [one for one in (parent.driver, parent.subsystem) if one is not None]
    first = ids[0].split("-") if ids else []
    parts = ["-".join(first[:length]) for length in range(1, len(first))]
    for name in (*seen, *parts):
        if all(one.startswith(f"{name}-") and one != f"{name}-" for one in ids):
            return name
    if not ids:
        return "none"
    raise _unlike(parent, "the type ids have no beginning in common: " + ", ".join(ids))


def _pool(parent: CapturedParent) -> tuple[dict[str, int], int]:
    """
    Find shares of one pool that make every ``available_instances`` what it is.

    What is left is a multiple of every number that was seen, so that each type's share divides
    it; what the mdevs took comes on top. How the real driver counts is not known.
    """
    numbers = {one.type_id: one.available_instances for one in parent.types}
    left = math.lcm(*(number for number in numbers.values() if number))
    if not any(numbers.values()):
        left = 0
    takes = {one: left // number if number else left + 1 for one, number in numbers.items()}
    taken = sum(takes.get(mdev.type_id, 0) for mdev in parent.mdevs)
    if left + taken > INT_MAX:
        raise _unlike(parent, "the numbers of available instances have no common measure")
    return takes, left + taken


def _pci(parent: CapturedParent) -> Data:
    pci = parent.pci
    if pci is None:
        raise ValueError("not a PCI device")
    said = {"id": str(pci.id), "class": f"{pci.class_code:06x}", "revision": f"{pci.revision:02x}"}
    return said if pci.subsystem is None else said | {"subsystem": str(pci.subsystem)}


def _type(
    seen: CapturedType,
    name: str,
    share: int,
    files: dict[str, CapturedFile],
    identities: Identities | None,
) -> Data:
    said: Data = {"takes": {_SHARE: share}}
    pretty = None if seen.name is None else seen.name.removesuffix("\n")
    if pretty is not None and pretty != seen.type_id.removeprefix(f"{name}-"):
        said["name"] = identities.text(pretty) if identities else pretty
    if seen.description is not None:
        text = identities.text(seen.description) if identities else seen.description
        said["description"] = _one_line(text)
    own = {key: _scrubbed(key, file, identities) for key, file in seen.files.items()}
    values = {key: _one_line(file.text) for key, file in (own | files).items() if file.mode & 0o444}
    if values:
        said["values"] = values
    return said


def _one_line(text: str) -> str:
    """Leave out the newline of a single line: it comes back when the text is shown."""
    return text[:-1] if text.endswith("\n") and text.count("\n") == 1 and text != "\n" else text


def _first_files(
    mdevs: Iterable[CapturedMdev], identities: Identities | None
) -> dict[str, dict[str, CapturedFile]]:
    """Give the files of the first mdev of each type, its own UUID left open."""
    found: dict[str, dict[str, CapturedFile]] = {}
    for mdev in mdevs:
        if mdev.type_id not in found:
            files = {name: _scrubbed(name, file, identities) for name, file in mdev.files.items()}
            uuid = identities.uuid(mdev.uuid) if identities else mdev.uuid
            found[mdev.type_id] = {
                name: replace(file, text=file.text.replace(uuid, "{uuid}"))
                for name, file in files.items()
            }
    return found


def _scrubbed(name: str, file: CapturedFile, identities: Identities | None) -> CapturedFile:
    return replace(file, text=identities.file(name, file.text)) if identities else file


def _attributes(files: Mapping[str, Mapping[str, CapturedFile]]) -> Data:
    """List every file that any of them has, with its mode; what it shows is said of the types."""
    modes = {name: file.mode for some in files.values() for name, file in some.items()}
    return {name: {"mode": _MODES[mode]} for name, mode in modes.items() if mode in _MODES}
