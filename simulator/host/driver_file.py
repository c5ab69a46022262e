"""A vendor driver described in a host file, read into a `DriverDescription`."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from simulator.documents import YamlValue
from simulator.errors import TextError
from simulator.host.driver_attributes import ERRNOS, PART, check_first, choice, read_files
from simulator.mdev import Mdev, MdevType, Parent, PciFunction, VendorDriver
from simulator.mdev.attributes import MDEV_ATTRIBUTES, TYPE_ATTRIBUTES
from simulator.values import INT_MAX, PciId
from simulator.vendors.described import DescribedFile, DescribedType, DriverDescription, described

__all__ = ["DEVICE", "read_driver"]

DEVICE = re.compile(rf"/sys/devices(?!/system(?:/|$)|/virtual$)(/{PART})+")
"""The directory of a device, which no other directory of a machine is."""

_NAME = re.compile(PART)
_DEVICE_API = re.compile(r"vfio-[a-z0-9]+")
_HEX = re.compile(r"(?:0x)?([0-9A-Fa-f]{1,6})")
_BOOLS: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})

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

_TAKEN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "mdev_attributes": Mdev.reserved | {one.name for one in MDEV_ATTRIBUTES},
        "type_attributes": MdevType.reserved | {one.name for one in TYPE_ATTRIBUTES},
        "parent_attributes": Parent.reserved | Parent.reserved_on_pci,
    }
)
"""Names that are no files of a driver's own."""


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
    files = {name: read_files(fields[name], _TAKEN[name]) for name in _TAKEN if name in fields}
    of_types = (*files.get("mdev_attributes", ()), *files.get("type_attributes", ()))
    description = DriverDescription(
        name=_matching(fields, "name", _NAME, "a name such as blink") or "",
        types=_types(fields["types"], capacity, of_types) if "types" in fields else (),
        capacity=capacity,
        mdev_driver=_matching(fields, "mdev_driver", _NAME, "a name such as blink_mdev"),
        device_api=_matching(fields, "device_api", _DEVICE_API, "vfio-pci, vfio-ap, vfio-ccw, …")
        or "vfio-pci",
        path=_matching(fields, "path", DEVICE, "a path below /sys/devices/"),
        exhausted=choice(fields, "exhausted", ERRNOS, "the name of an errno, such as ENOSPC"),
        is_named=choice(fields, "named", _BOOLS, "true or false") is not False,
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
                check_first(value, text, file)
    return found


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
