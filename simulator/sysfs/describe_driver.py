"""An unknown vendor driver, described by what its types and mdevs show."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from simulator.errors import InputError, Mistake
from simulator.mdev import Kernel
from simulator.sysfs.capture import CapturedFile, CapturedMdev, CapturedParent, CapturedType
from simulator.sysfs.identities import Identities
from simulator.values import INT_MAX

__all__ = ["Data", "describe_driver"]

_SHARE = "share"
"""The one pool of the driver. Ours."""

Data = dict[str, Any]


def describe_driver(parent: CapturedParent, kernel: Kernel, identities: Identities | None) -> Data:
    """
    Describe the driver of a parent, as a host file does.

    Args:
        parent: What was captured.
        kernel: The personality of the host.
        identities: Replaces identities; None keeps them.

    Raises:
        InputError: The types are of no driver that can be described.
    """
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
    type_files = {
        one.type_id: {key: _scrubbed(key, file, identities) for key, file in one.files.items()}
        for one in parent.types
    }
    tables = {"mdev_attributes": mdev_files, "type_attributes": type_files}
    usual = {field: _usual(files) for field, files in tables.items()}
    said["types"] = {}
    for one in parent.types:
        values = [_values_of(tables[field].get(one.type_id, {}), usual[field]) for field in tables]
        made = _type(one, name, takes[one.type_id], identities)
        if any(values):
            made["values"] = values[0] | values[1]
        said["types"][one.type_id.removeprefix(f"{name}-")] = made
    for field, files in usual.items():
        if files:
            said[field] = {key: _attribute(file) for key, file in files.items()}
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
    identities: Identities | None,
) -> Data:
    said: Data = {"takes": {_SHARE: share}}
    pretty = None if seen.name is None else seen.name.removesuffix("\n")
    if pretty is not None and pretty != seen.type_id.removeprefix(f"{name}-"):
        said["name"] = identities.text(pretty) if identities else pretty
    if seen.description is not None:
        text = identities.text(seen.description) if identities else seen.description
        said["description"] = _one_line(text)
    return said


def _one_line(text: str) -> str:
    """Leave out the newline of a single line: it comes back when the text is shown."""
    return text[:-1] if text.find("\n") == len(text) - 1 else text


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


def _usual(files: Mapping[str, Mapping[str, CapturedFile]]) -> dict[str, CapturedFile]:
    """Give every file that any type has, as the first type with it has it."""
    found: dict[str, CapturedFile] = {}
    for some in files.values():
        found = dict(some) | found
    return found


def _values_of(
    files: Mapping[str, CapturedFile], usual: Mapping[str, CapturedFile]
) -> dict[str, str]:
    """Give what differs for one type."""
    different = {key: file.text for key, file in files.items() if file.text != usual[key].text}
    return {key: _one_line(text) for key, text in different.items()}


def _attribute(file: CapturedFile) -> Data | str:
    if file.mode == 0o444:
        return _one_line(file.text)
    said: Data = {"mode": f"{file.mode:04o}"}
    return said | {"value": _one_line(file.text)} if file.mode & 0o444 else said
