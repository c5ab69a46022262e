"""A vendor driver described in a host file, read into a `DriverDescription`."""

import errno
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from simulator.documents import YamlValue
from simulator.errors import TextError
from simulator.mdev import Mdev, MdevType, Parent, PciFunction, VendorDriver
from simulator.mdev.attributes import MDEV_ATTRIBUTES, TYPE_ATTRIBUTES
from simulator.values import INT_MAX, FlagSet, PciId, Value, parse_value
from simulator.vendors.described import (
    DescribedFile,
    DescribedType,
    DriverDescription,
    Kind,
    Rule,
    described,
)

__all__ = ["DEVICE", "read_driver"]

_PART = r"(?!\.\.?(?:/|$))[^/\x00-\x20\x7f]+"
DEVICE = re.compile(rf"/sys/devices(?!/system(?:/|$)|/virtual$)(/{_PART})+")
"""The directory of a device, which no other directory of a machine is."""

_NAME = re.compile(_PART)
_FILE = re.compile(rf"{_PART}(/{_PART})*")
_DEVICE_API = re.compile(r"vfio-[a-z0-9]+")
_HEX = re.compile(r"(?:0x)?([0-9A-Fa-f]{1,6})")
_MODES: Mapping[str, int] = MappingProxyType(
    {f"{zero}{mode:o}": mode for mode in (0o444, 0o200, 0o644) for zero in ("", "0")}
)
_ERRNOS: Mapping[str, int] = MappingProxyType(
    {name: getattr(errno, name) for name in dir(errno) if name.startswith("E")}
)
_BOOLS: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})
_KINDS: Mapping[str, Kind] = MappingProxyType(
    {"int": "int", "string": "string", "set": "set", "version": "version"}
)

_DRIVER = (
    "name",
    "device_api",
    "path",
    "mdev_driver",
    "capacity",
    "exhausted",
    "types",
    "named",
    "pci",
    "mdev_attributes",
    "type_attributes",
    "parent_attributes",
)
_TYPE = ("takes", "name", "description", "values")
_PCI = ("id", "class", "revision", "subsystem")
_RULE = ("kind", "values", "range", "refused", "while_open")

_OF_DEVICES = frozenset(
    {"driver", "subsystem", "power", "uevent", "iommu", "iommu_group", "firmware_node"}
)
"""What every device has. Source: general knowledge, drivers/base/core.c."""

_OF_PCI = frozenset(
    {"vendor", "device", "class", "revision", "subsystem_vendor", "subsystem_device"}
    | {"config", "resource", "irq", "enable", "local_cpus", "local_cpulist"}
    | {"numa_node", "modalias", "driver_override", "remove", "rescan", "reset"}
)
"""What a PCI device has. Source: general knowledge, drivers/pci/pci-sysfs.c."""

_TAKEN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "mdev_attributes": Mdev.reserved | {one.name for one in MDEV_ATTRIBUTES},
        "type_attributes": MdevType.reserved | {one.name for one in TYPE_ATTRIBUTES},
        "parent_attributes": Parent.reserved | _OF_DEVICES | _OF_PCI,
    }
)
"""Names that are no files of a driver's own."""

T = TypeVar("T")


def read_driver(node: YamlValue) -> VendorDriver | None:
    """
    Read the description of a vendor driver.

    Returns:
        The driver, or None when mistakes were noted in the document.
    """
    before = len(node.document.mistakes)
    fields = node.known_fields(_DRIVER, "a vendor driver")
    for needed, example in (
        ("name", "name: blink"),
        ("capacity", "capacity: {lights: 3}, or the number of mdevs"),
        ("types", "types: {single: {takes: {lights: 1}}}"),
    ):
        if needed not in fields:
            node.mistake(f"no field {needed}", example)
    capacity = _capacity(fields["capacity"]) if "capacity" in fields else 0
    files = {name: _files(fields[name], _TAKEN[name]) for name in _TAKEN if name in fields}
    of_types = (*files.get("mdev_attributes", ()), *files.get("type_attributes", ()))
    description = DriverDescription(
        name=_matching(fields, "name", _NAME, "a name such as blink") or "",
        types=_types(fields["types"], capacity, of_types) if "types" in fields else (),
        capacity=capacity,
        mdev_driver=_matching(fields, "mdev_driver", _NAME, "a name such as blink_mdev"),
        device_api=_matching(fields, "device_api", _DEVICE_API, "vfio-pci, vfio-ap, vfio-ccw, …")
        or "vfio-pci",
        path=_matching(fields, "path", DEVICE, "a path below /sys/devices/"),
        exhausted=_choice(fields, "exhausted", _ERRNOS, "the name of an errno, such as ENOSPC"),
        is_named=_choice(fields, "named", _BOOLS, "true or false") is not False,
        pci=_pci(fields["pci"]) if "pci" in fields else None,
        mdev_files=files.get("mdev_attributes", ()),
        type_files=files.get("type_attributes", ()),
        parent_files=files.get("parent_attributes", ()),
    )
    return described(description) if len(node.document.mistakes) == before else None


def _matching(
    fields: Mapping[str, YamlValue], name: str, pattern: re.Pattern[str], expected: str
) -> str | None:
    text = fields[name].text(expected) if name in fields else None
    if text is not None and not pattern.fullmatch(text):
        fields[name].mistake(f"{text!r} is no {name}", expected)
        return None
    return text


def _choice(
    fields: Mapping[str, YamlValue], name: str, known: Mapping[str, T], expected: str
) -> T | None:
    text = fields[name].text(expected) if name in fields else None
    if text is not None and text not in known:
        fields[name].mistake(f"{text!r} is no {name}", expected)
    return None if text is None else known.get(text)


def _capacity(node: YamlValue) -> Mapping[str, int] | int:
    """Read pools by name, or how many mdevs there are."""
    if node.is_mapping():
        pools = _shares(node, None)
        if not pools:
            node.mistake("no pool", "capacity: {lights: 3}")
        return pools
    return node.integer(0, INT_MAX, "pools with their sizes, or the number of mdevs") or 0


def _shares(node: YamlValue, pools: Mapping[str, int] | None) -> dict[str, int]:
    """Read numbers by name of a pool."""
    found = {}
    for key, name, value in node.fields("numbers by pool"):
        if pools is not None and name not in pools:
            key.mistake(f"no pool {name}", ", ".join(pools))
        found[name] = value.integer(0, INT_MAX, "a number from 0") or 0
    return found


def _types(
    node: YamlValue, capacity: Mapping[str, int] | int, files: Iterable[DescribedFile]
) -> tuple[DescribedType, ...]:
    by_name: dict[str, list[DescribedFile]] = {}
    for file in files:
        by_name.setdefault(file.name, []).append(file)
    found = []
    for key, name, body in node.fields("types by name"):
        if not _NAME.fullmatch(name):
            key.mistake(f"{name!r} is no name of a type", "a name such as single")
        fields = body.known_fields(_TYPE, "a type, {takes: {lights: 1}}")
        takes: dict[str, int] = {}
        if isinstance(capacity, int):
            if "takes" in fields:
                fields["takes"].mistake("there are no pools", "capacity: {lights: 3}")
        elif "takes" in fields:
            takes = _shares(fields["takes"], capacity)
        if (
            not isinstance(capacity, int)
            and capacity
            and body.is_mapping()
            and not any(takes.values())
        ):
            fields.get("takes", key).mistake(f"{name} takes nothing", "takes: {POOL: NUMBER}")
        texts = {
            field: fields[field].text("a text")
            for field in ("name", "description")
            if field in fields
        }
        values = _values(fields["values"], by_name) if "values" in fields else {}
        found.append(
            DescribedType(name, takes, texts.get("name"), texts.get("description"), values)
        )
    return tuple(found)


def _values(node: YamlValue, files: Mapping[str, Iterable[DescribedFile]]) -> dict[str, str]:
    """Read what files of one type show at first."""
    found = {}
    for key, name, value in node.fields("texts by file"):
        if name not in files:
            key.mistake(f"no file {name}", ", ".join(files) or "mdev_attributes: …")
        text = value.text("a text")
        if text is not None:
            found[name] = text
            for file in files.get(name, ()):
                _check_first(value, text, file)
    return found


def _check_first(node: YamlValue, text: str, file: DescribedFile) -> None:
    """Note a first value that could not be written, where anything is said of what can."""
    if file.mode & 0o222 and file.rule != Rule():
        try:
            file.rule.check(text)
        except TextError as error:
            node.text_mistake(error)


def _files(node: YamlValue, taken: frozenset[str]) -> tuple[DescribedFile, ...]:
    found: dict[str, DescribedFile] = {}
    for key, name, body in node.fields("files by name"):
        if not _FILE.fullmatch(name):
            key.mistake(f"{name!r} is no name of a file", "a name such as vendor/switch")
        elif name.split("/", maxsplit=1)[0] in taken:
            key.mistake(f"{name} is there already", "a name such as vendor/switch")
        elif clash := [
            one
            for one in found
            if f"{one}/".startswith(f"{name}/") or f"{name}/".startswith(f"{one}/")
        ]:
            key.mistake(f"{name} collides with {clash[0]}", "files in directories")
        found[name] = _file(name, body)
    return tuple(found.values())


def _file(name: str, node: YamlValue) -> DescribedFile:
    """Read a file: its text, or its value, mode and rule."""
    if not node.is_mapping():
        return DescribedFile(name, value=node.text("a text, or value, mode and rule") or "")
    fields = node.known_fields(("value", "mode", *_RULE), "a file")
    ruled = [fields[one] for one in _RULE if one in fields]
    mode = _choice(fields, "mode", _MODES, "0444, 0644 or 0200")
    if mode is None:
        mode = 0o644 if ruled else 0o444
    elif ruled and not mode & 0o222:
        ruled[0].mistake("a rule for a file that nobody may write", "mode: 0644")
    text = fields["value"].text("a text") if "value" in fields else None
    file = DescribedFile(name, mode, text or "", _rule(fields))
    if text is not None:
        _check_first(fields["value"], text, file)
    return file


def _rule(fields: Mapping[str, YamlValue]) -> Rule:
    kind = _choice(fields, "kind", _KINDS, ", ".join(_KINDS)) or "string"
    values = []
    for node in fields["values"].items("a list of values") if "values" in fields else ():
        text = node.text("a value")
        if text is not None:
            values.append(text)
            found = _value(node, text, kind)
            if isinstance(found, FlagSet) and len(found.members) != 1:
                node.mistake(f"{len(found.members)} members", "one member of the set")
    return Rule(
        kind,
        tuple(values),
        _range(fields["range"], kind) if "range" in fields else None,
        _choice(fields, "refused", _ERRNOS, "the name of an errno, such as EINVAL") or errno.EINVAL,
        _choice(fields, "while_open", _ERRNOS, "the name of an errno, such as EBUSY"),
    )


def _value(node: YamlValue, text: str, kind: str) -> Value | None:
    try:
        return parse_value(kind, text)
    except TextError as error:
        node.text_mistake(error)
        return None


def _range(node: YamlValue, kind: Kind) -> tuple[Value, Value] | None:
    if kind not in {"int", "version"}:
        node.mistake(f"a range of kind {kind}", "kind: int or kind: version")
        return None
    ends = node.items("the least and the most, [1, 8]")
    values = [_value(end, end.text() or "", kind) for end in ends]
    if len(values) != 2:
        node.mistake(f"{len(values)} values", "the least and the most, [1, 8]")
        return None
    least, most = values
    if least is None or most is None:
        return None
    try:
        Rule(kind, range=(least, most)).check(str(least))
    except TextError:
        node.mistake(f"{least} is above the most, {most}", "the least and the most, [1, 8]")
        return None
    return least, most


def _pci(node: YamlValue) -> PciFunction | None:
    fields = node.known_fields(_PCI, "a PCI function, {id: 8086591d}")
    if "id" not in fields:
        if node.is_mapping():
            node.mistake("no field id", "id: 8086591d")
        return None
    found = _pci_id(fields["id"])
    return (
        None
        if found is None
        else PciFunction(
            found,
            _hex(fields["class"], 6, "a class of 6 hex digits, such as 030000")
            if "class" in fields
            else 0,
            _hex(fields["revision"], 2, "a revision of 2 hex digits, such as 06")
            if "revision" in fields
            else 0,
            _pci_id(fields["subsystem"]) if "subsystem" in fields else None,
        )
    )


def _pci_id(node: YamlValue) -> PciId | None:
    text = node.text("a PCI id with its vendor, such as 8086591d")
    if text is None:
        return None
    try:
        found = PciId.parse(text)
    except TextError as error:
        node.text_mistake(error)
        return None
    if found.vendor is None:
        node.mistake(f"{text} names no vendor", "a PCI id with its vendor, such as 8086591d")
        return None
    return found


def _hex(node: YamlValue, digits: int, expected: str) -> int:
    text = node.text(expected) or ""
    found = _HEX.fullmatch(text)
    if found is None or len(found[1]) > digits:
        node.mistake(f"{text!r} is no hex number of {digits} digits", expected)
        return 0
    return int(found[1], 16)
