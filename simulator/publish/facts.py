"""What a simulated machine knows of a parent, a type or an mdev without being told."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.mdev import Mdev, MdevType, Parent
from simulator.values import PciId

__all__ = ["AGGREGATED_FILE", "FACTS", "SCOPES", "Subject"]

SCOPES = ("parent", "type", "device")
"""Whose directory has a file, the most general one first."""

AGGREGATED_FILE = "mdev/aggregated_instances"
"""
The vendor drivers' file: how many instances of its type an mdev holds.

Source: Zhenyu Wang, "VFIO mdev aggregated resources handling" v3, 2020.
"""

_NUMBERED = re.compile(r"(.+)[_-]([0-9]+)")


@dataclass(frozen=True, slots=True)
class Subject:
    """
    A parent, one of its types, or an mdev of this type: who is described.

    Attributes:
        parent: The parent.
        mdev_type: None for a parent.
        mdev: None for a parent and a type.
    """

    parent: Parent
    mdev_type: MdevType | None = None
    mdev: Mdev | None = None

    @classmethod
    def of(cls, node: Parent | MdevType | Mdev) -> "Subject":
        """Return the subject whose directory *node* is."""
        if isinstance(node, Mdev):
            return cls(node.parent, node.mdev_type, node)
        return cls(node) if isinstance(node, Parent) else cls(node.parent, node)

    @property
    def node(self) -> Parent | MdevType | Mdev:
        """Its directory."""
        return self.mdev or self.mdev_type or self.parent

    @property
    def scope(self) -> str:
        """One of `SCOPES`."""
        return SCOPES[len(self.chain) - 1]

    @property
    def chain(self) -> "tuple[Subject, ...]":
        """Its parent, its type and itself, as far as there are any; the most general first."""
        found = [Subject(self.parent)]
        if self.mdev_type is not None:
            found.append(Subject(self.parent, self.mdev_type))
        return (*found, self) if self.mdev is not None else tuple(found)

    @property
    def key(self) -> tuple[str, ...]:
        """Under which it is said what it publishes."""
        if self.mdev is not None:
            return (self.mdev.uuid,)
        above = (self.parent.name,)
        return above if self.mdev_type is None else (*above, self.mdev_type.type_id)

    @property
    def name(self) -> str:
        """How its description is named."""
        return "/".join(
            (self.parent.name, self.key[-1]) if self.mdev_type is not None else self.key
        )


def _of_type(fact: Callable[[MdevType], str | None]) -> Callable[[Subject], str | None]:
    return lambda subject: None if subject.mdev_type is None else fact(subject.mdev_type)


def _of_pci(fact: Callable[[PciId], str | None]) -> Callable[[Subject], str | None]:
    def found(subject: Subject) -> str | None:
        pci_id = subject.parent.pci_id
        return None if pci_id is None else fact(pci_id)

    return found


def _vendor(pci_id: PciId) -> str | None:
    return None if pci_id.vendor is None else f"{pci_id.vendor:04x}"


def _part(number: int) -> Callable[[MdevType], str | None]:
    """Take a type id apart, ``i915-GVTg_V5`` and ``4``."""

    def found(mdev_type: MdevType) -> str | None:
        parts = _NUMBERED.fullmatch(mdev_type.type_id)
        return None if parts is None else parts[number]

    return found


def _aggregated(subject: Subject) -> str | None:
    """Read the driver's file; 0 there says that the type cannot aggregate."""
    if subject.mdev is None:
        return None
    has_file = AGGREGATED_FILE in subject.mdev.attributes
    shown = subject.mdev.show(AGGREGATED_FILE).removesuffix("\n") if has_file else "0"
    return "1" if shown == "0" else shown


FACTS: Mapping[str, Callable[[Subject], str | None]] = MappingProxyType(
    {
        "aggregated_instances": _aggregated,
        "base_type": _of_type(_part(1)),
        "device_api": lambda subject: subject.parent.driver.device_api,
        "driver": lambda subject: subject.parent.driver_string,
        "mdev_type": _of_type(lambda mdev_type: mdev_type.type_id),
        "parent_pci_device": _of_pci(lambda pci_id: f"{pci_id.device:04x}"),
        "parent_pci_id": _of_pci(str),
        "parent_pci_vendor": _of_pci(_vendor),
        "type_name": _of_type(
            lambda mdev_type: mdev_type.type_id.removeprefix(f"{mdev_type.parent.driver_string}-")
        ),
        "type_number": _of_type(_part(2)),
    }
)
"""By name. The driver's version is not known, but said."""
