"""What a vendor driver is that is described by data alone: its pools, types, files and rules."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from simulator.errors import TextError
from simulator.mdev import PciFunction
from simulator.values import FlagSet, Integer, Value, Version, parse_value

__all__ = ["DescribedFile", "DescribedType", "DriverDescription", "Kind", "Rule"]

Kind = Literal["int", "string", "set", "version"]


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What may be written to a file.

    Attributes:
        kind: Of the value, one of `simulator.values.KINDS`.
        values: The only ones, or for a set the only members; empty for any.
        range: The least and the most, for integers and versions.
        refused: The errno of a value that is not allowed.
        while_open: The errno of any write while an mdev is open, or None.
    """

    kind: Kind = "string"
    values: tuple[str, ...] = ()
    range: tuple[Value, Value] | None = None
    refused: int = errno.EINVAL
    while_open: int | None = None

    def check(self, text: str) -> Value:
        """
        Read a value.

        Raises:
            TextError: It is not allowed.
        """
        value = parse_value(self.kind, text)
        expected = ", ".join(self.values)
        if self.values and isinstance(value, FlagSet):
            for member in sorted(value.members - set(self.values)):
                start = text.index(member)
                stop = start + len(member)
                raise TextError(text, f"{member} is not allowed", expected, start, stop)
        elif self.values and value not in [parse_value(self.kind, one) for one in self.values]:
            raise TextError(text, f"{text} is not allowed", expected)
        if self.range is not None and not _is_between(value, *self.range):
            expected = f"{self.range[0]} to {self.range[1]}"
            raise TextError(text, f"{text} is out of range", expected)
        return value


def _is_between(value: Value, least: Value, most: Value) -> bool:
    if isinstance(value, Integer) and isinstance(least, Integer) and isinstance(most, Integer):
        return least <= value <= most
    if isinstance(value, Version) and isinstance(least, Version) and isinstance(most, Version):
        return least <= value <= most
    return True


@dataclass(frozen=True, slots=True)
class DescribedFile:
    """
    A file of an mdev, a type or the parent.

    Attributes:
        name: Its path below the directory of its owner.
        mode: 0o444, 0o200 or 0o644.
        value: What it shows before anything is written, ``{uuid}`` replaced by an mdev's own;
            a newline is added where none ends it.
        rule: What may be written, if its mode lets anybody write.
    """

    name: str
    mode: int = 0o444
    value: str = ""
    rule: Rule = field(default_factory=Rule)


@dataclass(frozen=True, slots=True)
class DescribedType:
    """
    A type.

    Attributes:
        sysfs_name: The part of the type id after the driver's name and a dash.
        takes: What one mdev takes of the pools, by name; nothing where the core counts.
        pretty_name: What ``name`` shows; None shows *sysfs_name*.
        description: What ``description`` shows, if any type has one.
        values: What files of the type and of its mdevs show before anything is written, where
            that is not what the file says.
    """

    sysfs_name: str
    takes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    pretty_name: str | None = None
    description: str | None = None
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class DriverDescription:
    """
    All of a vendor driver.

    Attributes:
        name: The driver of the parent, first part of its type ids.
        types: In registration order.
        capacity: The size of each pool, which all types share; or how many mdevs of any type a
            parent has, counted by the core.
        mdev_driver: The driver of the mdevs; the same name if None.
        device_api: ``vfio-pci`` and the like.
        path: Where its parent lies in ``/sys``; a virtual device if None.
        exhausted: The errno of a create too many; where the core counts, of kernels whose core
            does not.
        is_named: Whether types have a file ``name``.
        pci: What the parent is on the PCI bus, if it is there.
        mdev_files: Files of every mdev.
        type_files: Files of every type, beside the core's.
        parent_files: Files of the parent.
    """

    name: str
    types: tuple[DescribedType, ...]
    capacity: Mapping[str, int] | int
    mdev_driver: str | None = None
    device_api: str = "vfio-pci"
    path: str | None = None
    exhausted: int | None = None
    is_named: bool = True
    pci: PciFunction | None = None
    mdev_files: tuple[DescribedFile, ...] = ()
    type_files: tuple[DescribedFile, ...] = ()
    parent_files: tuple[DescribedFile, ...] = ()
