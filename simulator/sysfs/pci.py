"""The files of a PCI function, its configuration space included."""

import errno
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType

from simulator.errors import MdevError
from simulator.mdev import Parent, PciFunction, Uevents
from simulator.sysfs.entries import File
from simulator.sysfs.machine import Machine

__all__ = ["CONFIG_SIZE", "config_space", "pci_files"]

CONFIG_SIZE = 256
"""Bytes. Source: general knowledge, include/uapi/linux/pci_regs.h PCI_CFG_SPACE_SIZE."""

_RESOURCE = "0x0000000000000000 0x0000000000000000 0x0000000000000000\n" * 13
"""Six BARs, the ROM and six BARs of virtual functions, none of them there."""


def _board(pci: PciFunction) -> tuple[int, int]:
    return (0, 0) if pci.subsystem is None else (pci.subsystem.vendor or 0, pci.subsystem.device)


def config_space(pci: PciFunction) -> bytes:
    """
    Build the configuration space: ids and class; no BAR and no capability.

    Source: general knowledge, include/uapi/linux/pci_regs.h.
    """
    space = bytearray(CONFIG_SIZE)
    struct.pack_into("<HH", space, 0x00, pci.id.vendor or 0, pci.id.device)
    struct.pack_into("<I", space, 0x08, pci.class_code << 8 | pci.revision)
    struct.pack_into("<HH", space, 0x2C, *_board(pci))
    return bytes(space)


_IDS: Mapping[str, Callable[[PciFunction], str]] = MappingProxyType(
    {
        "vendor": lambda pci: f"0x{pci.id.vendor or 0:04x}\n",
        "device": lambda pci: f"0x{pci.id.device:04x}\n",
        "subsystem_vendor": lambda pci: f"0x{_board(pci)[0]:04x}\n",
        "subsystem_device": lambda pci: f"0x{_board(pci)[1]:04x}\n",
        "revision": lambda pci: f"0x{pci.revision:02x}\n",
        "class": lambda pci: f"0x{pci.class_code:06x}\n",
        "irq": lambda _: "0\n",
        "resource": lambda _: _RESOURCE,
    }
)
"""What does not change. Source: general knowledge, drivers/pci/pci-sysfs.c pci_dev_attrs."""


def pci_files(
    parent: Parent, pci: PciFunction, uevents: Uevents, machine: Machine
) -> dict[str, File]:
    """
    Make the files of a PCI function.

    Source: general knowledge, drivers/pci/pci-sysfs.c. A write to ``config`` changes nothing, as
    on registers that are read only.
    """

    def modalias() -> bytes:
        lines = (line.partition("=") for line in uevents.show(parent).splitlines())
        return "".join(f"{value}\n" for key, _, value in lines if key == "MODALIAS").encode()

    def show_node() -> bytes:
        return f"{-1 if parent.numa_node is None else parent.numa_node}\n".encode()

    def store_node(data: bytes) -> None:
        """Correct a firmware that says nothing. Source: numa_node_store()."""
        try:
            number = int(data.decode())
        except ValueError:
            number = machine.n_nodes
        if not -1 <= number < machine.n_nodes:
            raise MdevError(errno.EINVAL, "numa_node: no such node")
        parent.numa_node = None if number == -1 else number

    space = config_space(pci)
    files = {name: _file(text(pci).encode()) for name, text in _IDS.items()}
    files["local_cpus"] = File(0o444, lambda: machine.mask(parent.numa_node).encode())
    files["local_cpulist"] = File(0o444, lambda: machine.list(parent.numa_node).encode())
    files["numa_node"] = File(0o644, show_node, store_node)
    files["modalias"] = File(0o444, modalias)
    files["config"] = File(0o644, lambda: space, len, CONFIG_SIZE)
    return files


def _file(content: bytes) -> File:
    return File(0o444, lambda: content)
