"""The files that a scheme puts on sysfs, against what sysfs and the kernel want there."""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from simulator.compat.files import SysfsFile, files_of, shown
from simulator.compat.scheme import Attribute, Scheme, Surface
from simulator.lab.lint.finding import Finding, Place

__all__ = ["KERNEL_FILES", "file_findings"]

_LONGEST = 255
_USUAL = re.compile(r"[a-z0-9_]+")

_TYPE = "create device_api name available_instances description devices"
_DEVICE = "remove uevent mdev_type power subsystem driver iommu_group vfio-dev"
_PARENT = """
mdev_supported_types uevent power subsystem driver iommu_group driver_override modalias
numa_node remove rescan reset config resource vendor device class revision irq enable iommu
subsystem_vendor subsystem_device local_cpus local_cpulist msi_bus
"""

KERNEL_FILES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "type": frozenset(_TYPE.split()),
        "device": frozenset(_DEVICE.split()),
        "parent": frozenset(_PARENT.split()),
    }
)
"""
What the kernel puts into each directory; a PCI function stands for the parent.

Source: mdev_sysfs.c, drivers/base/core.c and dd.c, vfio_main.c, drivers/pci/pci-sysfs.c.
"""

_MULTIPLE: Mapping[str, str] = MappingProxyType(
    {
        "listing": "a listing is many values on many lines",
        "json": "a JSON text is many values",
        "pair": "one key=value a line is many values",
        "binary": "a bin_attribute is for what is no text, and this is many values",
    }
)


def file_findings(scheme: Scheme) -> Iterator[Finding]:
    """Hold the files of a scheme against sysfs."""
    found = files_of(scheme)
    for at, surface in enumerate(scheme.surfaces):
        yield from _several_values(scheme, surface, _place(at))
    yield from _twice(found)
    for one in found:
        yield from _names(one)
    seen = {name for one in scheme.surfaces for name in _seen(scheme, one)}
    if not scheme.surfaces:
        return
    for name, attribute in scheme.attributes.items():
        is_known = attribute.fact in ("mdev_type", "device_api", "driver")
        if name not in seen and not is_known and _decides(scheme, attribute):
            message = f"{name} decides, and no file shows it"
            yield Finding("L507", message, Place(path=("attributes", name)))


def _decides(scheme: Scheme, attribute: Attribute) -> bool:
    is_source = any(one.of == attribute.name for one in scheme.attributes.values())
    return is_source or attribute.relation not in (None, "any")


def _seen(scheme: Scheme, surface: Surface) -> list[str]:
    return [one.name for one in shown(scheme, surface)]


def _place(at: int) -> Place:
    return Place(path=("surface", at))


def _several_values(scheme: Scheme, surface: Surface, place: Place) -> Iterator[Finding]:
    attributes = shown(scheme, surface)
    path = surface.name or "the files"
    if surface.form in _MULTIPLE:
        yield Finding("L501", f"{path}: {_MULTIPLE[surface.form]}", place)
    elif surface.form == "test" and len(attributes) > 1:
        names = ", ".join(one.name for one in attributes)
        yield Finding("L501", f"{path}: one text is {names}", place)
    elif sets := [one.name for one in attributes if one.kind == "set"]:
        what = "is a set, so its file is an array" if len(sets) == 1 else "are sets: arrays"
        yield Finding("L506", f"{', '.join(sets)} {what}", place)


def _twice(files: Iterable[SysfsFile]) -> Iterator[Finding]:
    first: dict[tuple[str, str], SysfsFile] = {}
    for one in files:
        key = (one.scope, one.path)
        above = [
            ("/".join(one.path.split("/")[:depth])) for depth in range(1, one.path.count("/") + 1)
        ]
        clash = next((path for path in above if (one.scope, path) in first), None)
        if key in first:
            other = first[key].surface
            message = f"{one.scope}: {one.path} is there already, by surface {other + 1}"
            yield Finding("L503", message, _place(one.surface))
        elif clash is not None:
            message = f"{one.scope}: {clash} is a file already, and {one.path} wants a directory"
            yield Finding("L503", message, _place(one.surface))
        first.setdefault(key, one)


def _names(one: SysfsFile) -> Iterator[Finding]:
    place = _place(one.surface)
    top = one.path.split("/")[0]
    attribute = one.attribute
    if attribute is not None and attribute.name in one.path.split("/"):
        place = Place(path=("attributes", attribute.name))
    # The kernel's own file, or the link, says what the scheme wants to say.
    is_same = attribute is not None and attribute.fact == one.path
    if top in KERNEL_FILES[one.scope] and not is_same:
        message = f"{one.scope}: {top} is the kernel's own"
        yield Finding("L504", message, place)
    for name in one.path.split("/"):
        if len(name) > _LONGEST:
            message = f"a name of {len(name)} bytes; {_LONGEST} at most"
            yield Finding("L505", message, place)
        elif not _USUAL.fullmatch(name):
            message = f"{name}: names on sysfs are lower case, digits and _"
            yield Finding("L505", message, place)
