"""What a vendor driver is: data, two or three functions, no base class."""

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from simulator.errors import TextError
from simulator.mdev.attributes import Attribute
from simulator.values import PciId

if TYPE_CHECKING:  # they import this module
    from simulator.mdev.device import Mdev
    from simulator.mdev.parent import MdevType, Parent

__all__ = [
    "Option",
    "OptionError",
    "PciFunction",
    "Setup",
    "TypeSpec",
    "VendorDriver",
    "read_options",
]


class OptionError(ValueError):
    """
    A parent cannot be configured like this.

    Args:
        key: The option.
        message: What is wrong.
        expected: What would be right.
    """

    def __init__(self, key: str, message: str, expected: str) -> None:
        self.key = key
        self.message = message
        self.expected = expected
        super().__init__(f"{key}: {message}; expected {expected}")


@dataclass(frozen=True, slots=True)
class Option:
    """
    One key of a parent's configuration.

    Attributes:
        kind: ``int``, ``str``, ``bool`` or `PciId`, which is written as text.
        default: Its value when the configuration leaves it out.
        help: One line for people, with the unit.
        minimum: The smallest number; only for ``int``.
        choices: The texts that may be written; only for ``str``, and empty for any text.
    """

    kind: type[int | str | PciId]
    default: int | str | PciId
    help: str
    minimum: int | None = None
    choices: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What may be written, in words."""
        if self.choices:
            return ", ".join(self.choices)
        if self.kind is PciId:
            return "a PCI id such as 8086591d"
        if self.kind is int:
            return "an integer" if self.minimum is None else f"an integer from {self.minimum}"
        return "true or false" if self.kind is bool else "a text"

    def read(self, key: str, value: object) -> int | str | PciId:
        """
        Check a value, and parse it where the kind says so.

        Raises:
            OptionError: The value is of another kind, too small, or no choice.
        """
        if self.kind is PciId and isinstance(value, str):
            try:
                return PciId.parse(value)
            except TextError as error:
                raise OptionError(key, error.message, error.expected) from None
        # type() and not isinstance(): true is no number.
        if not isinstance(value, int | str | PciId) or type(value) is not self.kind:
            raise OptionError(key, f"{value!r} is of the wrong type", self.expected)
        if isinstance(value, int) and self.minimum is not None and value < self.minimum:
            raise OptionError(key, f"{value} is too small", self.expected)
        if self.choices and value not in self.choices:
            raise OptionError(key, f"no {key} {value}", self.expected)
        return value


def read_options(options: Mapping[str, Option], config: Mapping[str, object]) -> dict[str, Any]:
    """
    Check a configuration and fill in what it leaves out.

    Returns:
        A value for every option.

    Raises:
        OptionError: An unknown key, or a value of the wrong kind.
    """
    for key in config:
        if key not in options:
            raise OptionError(key, "unknown option", ", ".join(options) or "no options")
    return {
        key: option.read(key, config[key]) if key in config else option.default
        for key, option in options.items()
    }


@dataclass(frozen=True, slots=True)
class TypeSpec:
    """
    A type as its vendor driver declares it: ``struct mdev_type``.

    Attributes:
        sysfs_name: The part of the type id after the driver's name and a dash.
        pretty_name: What the file ``name`` shows; ``None`` shows *sysfs_name*.
        data: What the vendor driver keeps with the type.
    """

    sysfs_name: str
    pretty_name: str | None = None
    data: Any = None


@dataclass(frozen=True, slots=True)
class PciFunction:
    """
    What a parent is on the PCI bus.

    Attributes:
        id: Vendor and device.
        class_code: 24 bits: base class, subclass, programming interface.
        revision: 8 bits.
        subsystem: Vendor and device of the board, if it says any.
    """

    id: PciId
    class_code: int
    revision: int = 0
    subsystem: PciId | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """
    What a configuration makes of a parent.

    Attributes:
        types: In registration order.
        state: What the vendor driver keeps with the parent, as ``dev_set_drvdata`` does.
        pci: What the parent is on the PCI bus, if it is there.
        max_instances: Where the core's counter starts, if not at the driver's *max_instances*.
        driver_string: The first part of the type ids, if it is not the driver's name.
        subsystem: The bus or class of the parent. A PCI device and one under
            ``/sys/devices/virtual`` need not say it; for others the driver's name is taken.
        uevent: What the bus adds to the uevents of the parent; a PCI device need not say it.
    """

    types: tuple[TypeSpec, ...]
    state: Any = None
    pci: PciFunction | None = None
    max_instances: int | None = None
    driver_string: str | None = None
    subsystem: str | None = None
    uevent: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class VendorDriver:
    """
    One vendor driver: ``struct mdev_driver`` and what its module does when it loads.

    Attributes:
        name: The driver of the parent, first part of its type ids: ``i915``.
        mdev_driver: The driver of the mdevs under ``/sys/bus/mdev/drivers``.
        device_api: ``vfio-pci`` and the like.
        path: Where its parent lies in ``/sys`` unless the host says otherwise.
        setup: Gives types and state from a checked configuration. Raises `MdevError` when the
            driver does not take such a device, `OptionError` when options contradict each other.
        probe: Takes resources for a new mdev, or raises `MdevError` and has taken nothing.
        remove: Gives them back. It cannot refuse: an `MdevError` is ignored.
        options: The keys of a parent's configuration.
        get_available: How many more of a type fit. Without it the core counts.
        max_instances: Where the core's counter of a parent starts.
        exhausted: What the driver itself answered to a create too many, in kernels whose core
            does not count; only for drivers without *get_available*.
        is_named: Whether the types have a file ``name``, which was the driver's own in kernels
            whose core does not show it; None means always.
        show_description: The text of ``description``. Without it there is no such file.
        attributes: Files of every mdev, there from probe to remove: ``dev_groups``. Those that
            are not visible when the probe has ended are left out.
        type_attributes: More files of every type: ``supported_type_groups`` of older kernels.
        parent_attributes: Files of the parent: ``dev_attr_groups`` of older kernels.
    """

    name: str
    mdev_driver: str
    device_api: str
    path: str
    setup: Callable[[Mapping[str, Any]], Setup]
    probe: Callable[["Mdev"], None]
    remove: Callable[["Mdev"], None]
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))
    get_available: Callable[["MdevType"], int] | None = None
    max_instances: int = 0
    exhausted: int = errno.EPERM
    is_named: Callable[["MdevType"], bool] | None = None
    show_description: Callable[["MdevType"], str] | None = None
    attributes: tuple[Attribute["Mdev"], ...] = ()
    type_attributes: tuple[Attribute["MdevType"], ...] = ()
    parent_attributes: tuple[Attribute["Parent"], ...] = ()
