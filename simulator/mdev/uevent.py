"""
Uevents: what the kernel tells user space of parents and mdevs, in its order and words.

    >>> from simulator.mdev import KERNELS, MdevBus
    >>> from simulator.vendors import driver
    >>> bus = MdevBus(KERNELS["6.1"])
    >>> sent = []
    >>> Uevents(bus).sinks.append(sent.append)
    >>> parent = bus.register(driver("mtty"))
    >>> mdev = parent.types["mtty-2"].create("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001")
    >>> for uevent in sent:
    ...     print(uevent.action, *uevent.properties)
    change ('SUBSYSTEM', 'mtty') ('MDEV_STATE', 'registered')
    add ('SUBSYSTEM', 'mdev')
    bind ('SUBSYSTEM', 'mdev') ('DRIVER', 'mtty')
"""

import errno
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simulator.errors import MdevError
from simulator.mdev.core import MdevBus
from simulator.mdev.device import Mdev
from simulator.mdev.driver import PciFunction
from simulator.mdev.parent import Parent

__all__ = ["MAX_PAYLOAD", "Kobject", "Uevent", "Uevents"]

MAX_PAYLOAD = 2000
"""Bytes of a payload that a netlink socket injects for sure. Source: measured, with SEQNUM."""

_SYNTHETIC = re.compile(
    rb"(?P<action>add|remove|change|move|online|offline|bind|unbind)"
    rb"(?: (?P<uuid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
    rb"(?P<arguments>(?: [0-9A-Za-z]+=[0-9A-Za-z]+)*))?"
)
_STATES = frozenset({"registered", "unregistered"})
_CREATION = frozenset({"add", "bind"})

Properties = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Uevent:
    """
    One uevent.

    Attributes:
        action: ``add``, ``remove``, ``change`` and the like.
        devpath: The directory of the device, without ``/sys``.
        properties: What follows ACTION and DEVPATH, in order: SUBSYSTEM first.
    """

    action: str
    devpath: str
    properties: Properties

    def payload(self) -> bytes:
        """
        Return the message as it is sent, without SEQNUM, which the kernel appends.

        Source: general knowledge, lib/kobject_uevent.c kobject_uevent_env().
        """
        keys = (("ACTION", self.action), ("DEVPATH", self.devpath), *self.properties)
        parts = (f"{self.action}@{self.devpath}", *(f"{key}={value}" for key, value in keys))
        return b"".join(part.encode() + b"\0" for part in parts)


@dataclass(frozen=True, slots=True)
class Kobject:
    """
    What else has a file ``uevent``: a bus, a driver, a device of no bus and no class.

    Attributes:
        path: Its directory in ``/sys``.
        subsystem: ``bus``, ``drivers``, or nothing.
    """

    path: str
    subsystem: str


def _pci_properties(parent: Parent, pci: PciFunction) -> Properties:
    """Source: general knowledge, drivers/pci/pci-driver.c pci_uevent()."""
    vendor, board = pci.id.vendor or 0, pci.subsystem
    sub_vendor, sub_device = (0, 0) if board is None else (board.vendor or 0, board.device)
    base, sub, interface = pci.class_code.to_bytes(3, "big")
    board_id = f"sv{sub_vendor:08X}sd{sub_device:08X}"
    class_id = f"bc{base:02X}sc{sub:02X}i{interface:02X}"
    return (
        ("PCI_CLASS", f"{pci.class_code:04X}"),
        ("PCI_ID", f"{vendor:04X}:{pci.id.device:04X}"),
        ("PCI_SUBSYS_ID", f"{sub_vendor:04X}:{sub_device:04X}"),
        ("PCI_SLOT_NAME", parent.name),
        ("MODALIAS", f"pci:v{vendor:08X}d{pci.id.device:08X}{board_id}{class_id}"),
    )


def _properties(subject: Parent | Mdev | Kobject) -> Properties:
    """
    Say what the driver core and the bus add to every uevent of a device.

    The mdev bus adds nothing. Source: general knowledge, drivers/base/core.c dev_uevent().
    """
    if isinstance(subject, Kobject):
        return ()
    driver = subject.driver_name
    bound: Properties = () if driver is None else (("DRIVER", driver),)
    if isinstance(subject, Mdev):
        return bound
    if subject.pci is not None:
        return bound + _pci_properties(subject, subject.pci)
    return bound + subject.uevent_properties


class Uevents:
    """
    The uevents of a bus.

    Those of a creation are kept back until it has ended: then all files and links are there, and
    every client is content. A kernel sends them while it creates; set *early* for this.

    Args:
        bus: Told to report here from now on.
        early: Whether ``add`` is sent before ``mdev_type`` exists.

    Attributes:
        sinks: Each gets every uevent, in order. Called while the caller holds its lock, so a sink
            must not wait for a client.
        filters: Each makes of a uevent those that are passed on: none, one or more.
        early: As given; may be changed.
    """

    def __init__(self, bus: MdevBus, *, early: bool = False) -> None:
        self.sinks: list[Callable[[Uevent], None]] = []
        self.filters: list[Callable[[Uevent], Iterable[Uevent]]] = []
        self.early = early
        self._kernel = bus.kernel
        self._kept: dict[Mdev, list[Uevent]] = {}
        bus.listeners.append(self._listen)
        bus.on_active.append(self._let_go)

    def show(self, subject: Parent | Mdev) -> str:
        """Return the content of its file ``uevent``. Source: drivers/base/core.c uevent_show()."""
        return "".join(f"{key}={value}\n" for key, value in _properties(subject))

    def synthesize(self, subject: Parent | Mdev | Kobject, data: bytes) -> None:
        """
        Take a write to its file ``uevent``: ``ACTION [UUID [KEY=VALUE ...]]``.

        Every personality takes the arguments, though 4.10 had none and ignored what it did not
        know (general knowledge): a client that waits for its SYNTH_UUID would wait for ever.

        Raises:
            MdevError: EINVAL, it is something else; ENOMEM, it is too long for one uevent.

        Source: general knowledge, lib/kobject_uevent.c kobject_synth_uevent().
        """
        text = data[:-1] if data.endswith((b"\n", b"\0")) else data
        found = _SYNTHETIC.fullmatch(text)
        if not found:
            raise MdevError(errno.EINVAL, "uevent: not ACTION [UUID [KEY=VALUE ...]]")
        pairs = (pair.split("=") for pair in (found["arguments"] or b"").decode().split())
        arguments = tuple((f"SYNTH_ARG_{key}", value) for key, value in pairs)
        synthetic = ("SYNTH_UUID", (found["uuid"] or b"0").decode())
        uevent = _uevent(found["action"].decode(), subject, (synthetic, *arguments))
        if len(uevent.payload()) >= MAX_PAYLOAD:
            raise MdevError(errno.ENOMEM, "uevent: too many arguments")
        # dev_uevent_filter(): a device of no bus and no class sends nothing.
        if subject.subsystem:
            self._send(uevent)

    def _listen(self, action: str, subject: Parent | Mdev) -> None:
        """Source: mdev_core.c mdev_register_parent(), drivers/base/core.c device_add() and dd.c."""
        if isinstance(subject, Parent):
            if self._kernel.has_parent_uevents and action in _STATES:
                self._send(_uevent("change", subject, (("MDEV_STATE", action),)))
            if action in _STATES:
                return
        if action in {"bind", "unbind"} and not self._kernel.has_bind_uevents:
            return
        uevent = _uevent(action, subject)
        if isinstance(subject, Parent):
            self._send(uevent)
            return
        if action in _CREATION and not self.early and not subject.active:
            self._kept.setdefault(subject, []).append(uevent)
            return
        self._let_go(subject)
        self._send(uevent)

    def _let_go(self, mdev: Mdev) -> None:
        for uevent in self._kept.pop(mdev, ()):
            self._send(uevent)

    def _send(self, uevent: Uevent) -> None:
        passed = [uevent]
        for function in tuple(self.filters):
            passed = [one for each in passed for one in function(each)]
        for one in passed:
            for sink in tuple(self.sinks):
                sink(one)


def _uevent(action: str, subject: Parent | Mdev | Kobject, more: Properties = ()) -> Uevent:
    """Source: general knowledge, lib/kobject_uevent.c kobject_uevent_env(): the order of keys."""
    first = ("SUBSYSTEM", subject.subsystem)
    devpath = subject.path.removeprefix("/sys")
    return Uevent(action, devpath, (first, *more, *_properties(subject)))
