"""What a simulated host knows of a device by itself, in the words of schemes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from simulator.mdev import MdevType

__all__ = ["FACTS"]


def _pci_vendor(mdev_type: MdevType) -> str | None:
    pci_id = mdev_type.parent.pci_id
    return None if pci_id is None or pci_id.vendor is None else f"{pci_id.vendor:04x}"


def _pci_device(mdev_type: MdevType) -> str | None:
    pci_id = mdev_type.parent.pci_id
    return None if pci_id is None else f"{pci_id.device:04x}"


def _type_name(mdev_type: MdevType) -> str:
    return mdev_type.type_id.removeprefix(f"{mdev_type.parent.driver_string}-")


def _base_type(mdev_type: MdevType) -> str | None:
    base, _, number = mdev_type.type_id.rpartition("_")
    return base if number.isdecimal() else None


def _type_number(mdev_type: MdevType) -> str | None:
    number = mdev_type.type_id.rpartition("_")[2]
    return number if number.isdecimal() and number.isascii() else None


FACTS: Mapping[str, Callable[[MdevType], str | None]] = MappingProxyType(
    {
        "base_type": _base_type,
        "device_api": lambda mdev_type: mdev_type.device_api,
        "driver": lambda mdev_type: mdev_type.parent.driver_string,
        "mdev_type": lambda mdev_type: mdev_type.type_id,
        "parent_pci_device": _pci_device,
        "parent_pci_id": lambda mdev_type: (
            None if mdev_type.parent.pci_id is None else str(mdev_type.parent.pci_id)
        ),
        "parent_pci_vendor": _pci_vendor,
        "type_name": _type_name,
        "type_number": _type_number,
    }
)
"""By name. The driver's version and the aggregated instances come from elsewhere."""
