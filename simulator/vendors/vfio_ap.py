"""
vfio_ap: crypto queues of an s390 machine, handed to guests as a matrix of adapters and domains.

A queue is named by its APQN, adapter and domain. An mdev owns every APQN of its adapters times
its domains; two mdevs never own the same one.
"""

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from types import MappingProxyType
from typing import Any

from simulator.errors import MdevError
from simulator.mdev import (
    Attribute,
    Mdev,
    Option,
    OptionError,
    Setup,
    TypeSpec,
    VendorDriver,
    parse_ulong,
)

__all__ = ["VFIO_AP", "Matrix"]

MAX_ZDEV_ENTRIES_EXT = 256 * 256
"""Where the counter starts. Source: vfio_ap_ops.c; the number is general knowledge."""

AP_IDS = 256
"""Bits of a mask. Source: vfio_ap_private.h AP_DEVICES, AP_DOMAINS; general knowledge."""

HOT_PLUG = (6, 0)
"""The kernel that allows changes while a guest runs. Source: general knowledge."""

CONTROL = 2
"""The index of control domains among the masks."""

_HEX = "[0-9a-fA-F]"
_ITEM = re.compile(rf"({_HEX}{{1,2}}(?:,{_HEX}{{1,2}})*)\.({_HEX}{{1,4}}(?:,{_HEX}{{1,4}})*)")
_CONFIG = re.compile(b",".join([b"(0x[0-9a-fA-F]{64})"] * 3) + b"\n?")


@dataclass(slots=True)
class Matrix:
    """What one mdev has: ``struct ap_matrix``."""

    adapters: set[int] = field(default_factory=set)
    domains: set[int] = field(default_factory=set)
    control_domains: set[int] = field(default_factory=set)

    @property
    def apqns(self) -> frozenset[tuple[int, int]]:
        """Its queues."""
        return frozenset(product(self.adapters, self.domains))

    @property
    def masks(self) -> tuple[set[int], set[int], set[int]]:
        """Return adapters, domains and control domains."""
        return self.adapters, self.domains, self.control_domains


@dataclass(frozen=True, slots=True)
class _MatrixDevice:
    """
    What the parent keeps: ``struct ap_matrix_dev``.

    Attributes:
        bound: The APQNs bound to vfio_ap.
        limits: The largest adapter, domain and control domain.
        owners: The UUID of the mdev that owns an APQN.
    """

    bound: frozenset[tuple[int, int]]
    limits: tuple[int, int, int]
    owners: dict[tuple[int, int], str] = field(default_factory=dict)


def _read_apqns(text: str, limits: tuple[int, int, int]) -> frozenset[tuple[int, int]]:
    """Read the option: items such as ``05,06.0004,0047``, which are products, and blanks."""
    found: set[tuple[int, int]] = set()
    for item in text.split():
        match = _ITEM.fullmatch(item)
        if match is None:
            raise OptionError("apqns", f"{item} is no APQN", "05.0004, or 05,06.0004,0047")
        adapters, domains = ([int(one, 16) for one in part.split(",")] for part in match.groups())
        if max(adapters) > limits[0] or max(domains) > limits[1]:
            expected = f"at most {limits[0]:02x}.{limits[1]:04x}"
            raise OptionError("apqns", f"{item} is above the limits of the machine", expected)
        found.update(product(adapters, domains))
    return frozenset(found)


def _setup(config: Mapping[str, Any]) -> Setup:
    """Source: vfio_ap_ops.c vfio_ap_matrix_init()."""
    limits = (63, 15, 15)
    if config["apxa"]:
        limits = (config["max_adapter"], config["max_domain"], config["max_domain"])
        for key in ("max_adapter", "max_domain"):
            if config[key] >= AP_IDS:
                raise OptionError(key, f"{config[key]} is too large", f"at most {AP_IDS - 1}")
    device = _MatrixDevice(_read_apqns(config["apqns"], limits), limits)
    types = (TypeSpec("passthrough", "VFIO AP Passthrough Device"),)
    # The bus: vfio_ap_drv.c matrix_bus, general knowledge.
    return Setup(types, device, subsystem="matrix")


def _probe(mdev: Mdev) -> None:
    mdev.state = Matrix()


def _remove(mdev: Mdev) -> None:
    """Source: vfio_ap_ops.c vfio_ap_mdev_remove()."""
    for apqn in mdev.state.apqns:
        del mdev.parent.state.owners[apqn]


# ---- the files


def _check_idle(mdev: Mdev) -> None:
    """Refuse while a guest runs, in kernels that do. The guest runs while the mdev is open."""
    choice = mdev.parent.config["hot_plug"]
    allowed = mdev.parent.bus.kernel.version >= HOT_PLUG if choice == "kernel" else choice == "yes"
    if mdev.is_open and not allowed:
        raise MdevError(errno.EBUSY, f"{mdev.uuid}: a guest is running")


def _read_id(index: int, mdev: Mdev, data: bytes) -> int:
    """
    Check what every store of an id checks first, in its order: EBUSY, EINVAL or ERANGE, ENODEV.

    Source: vfio_ap_ops.c assign_adapter_store() and its like.
    """
    _check_idle(mdev)
    number = parse_ulong(data)
    limit = mdev.parent.state.limits[index]
    if number > limit:
        raise MdevError(errno.ENODEV, f"{number} is above {limit}")
    return number


def _is_bound(device: _MatrixDevice, adapters: set[int], domains: set[int]) -> bool:
    """
    Tell whether all APQNs are bound to vfio_ap; an id alone, whether any APQN with it is.

    Source: vfio_ap_ops.c vfio_ap_mdev_verify_queues_reserved_for_apid(), ..._for_apqi().
    """
    if adapters and domains:
        return device.bound.issuperset(product(adapters, domains))
    return adapters <= {adapter for adapter, _ in device.bound} and domains <= {
        domain for _, domain in device.bound
    }


def _claim(mdev: Mdev, wanted: Matrix) -> None:
    """
    Give an mdev the matrix *wanted*, or refuse and change nothing.

    What it has already is bound and its own, so that only what is new can be refused.
    """
    device: _MatrixDevice = mdev.parent.state
    if not _is_bound(device, wanted.adapters, wanted.domains):
        raise MdevError(errno.EADDRNOTAVAIL, f"{mdev.uuid}: an APQN is not bound to vfio_ap")
    for apqn in sorted(wanted.apqns):
        # Source: vfio_ap_ops.c vfio_ap_mdev_verify_no_sharing().
        owner = device.owners.get(apqn, mdev.uuid)
        if owner != mdev.uuid:
            raise MdevError(errno.EADDRINUSE, f"{apqn[0]:02x}.{apqn[1]:04x} is used by {owner}")
    _own(mdev, wanted)


def _own(mdev: Mdev, wanted: Matrix) -> None:
    owners: dict[tuple[int, int], str] = mdev.parent.state.owners
    for apqn in mdev.state.apqns - wanted.apqns:
        del owners[apqn]
    owners.update(dict.fromkeys(wanted.apqns, mdev.uuid))
    mdev.state = wanted


def _assign(index: int, mdev: Mdev, data: bytes) -> None:
    """Source: vfio_ap_ops.c assign_adapter_store() and its like."""
    number = _read_id(index, mdev, data)
    masks = [set(mask) for mask in mdev.state.masks]
    masks[index].add(number)
    if index == CONTROL:  # They are shared freely.
        mdev.state.control_domains.add(number)
    else:
        _claim(mdev, Matrix(*masks))


def _unassign(index: int, mdev: Mdev, data: bytes) -> None:
    """Take an id away, there or not. Source: vfio_ap_ops.c unassign_adapter_store() and so on."""
    number = _read_id(index, mdev, data)
    masks = [set(mask) for mask in mdev.state.masks]
    masks[index].discard(number)
    _own(mdev, Matrix(*masks))


def _show_matrix(mdev: Mdev) -> str:
    """Source: vfio_ap_ops.c matrix_show()."""
    matrix: Matrix = mdev.state
    adapters, domains = sorted(matrix.adapters), sorted(matrix.domains)
    if not domains:
        return "".join(f"{adapter:02x}.\n" for adapter in adapters)
    if not adapters:
        return "".join(f".{domain:04x}\n" for domain in domains)
    return "".join(
        f"{adapter:02x}.{domain:04x}\n" for adapter, domain in product(adapters, domains)
    )


def _show_control_domains(mdev: Mdev) -> str:
    """Source: vfio_ap_ops.c control_domains_show()."""
    return "".join(f"{domain:04x}\n" for domain in sorted(mdev.state.control_domains))


def _show_config(mdev: Mdev) -> str:
    """Show three masks whose first bit is id 0. Source: ap_config_show(), general knowledge."""
    masks = (sum(1 << (AP_IDS - 1 - number) for number in mask) for mask in mdev.state.masks)
    return ",".join(f"0x{mask:0{AP_IDS // 4}x}" for mask in masks) + "\n"


def _store_config(mdev: Mdev, data: bytes) -> None:
    """
    Replace the whole matrix, or refuse and change nothing.

    Source: vfio_ap_ops.c ap_config_store(), general knowledge; the order of its checks is ours.
    """
    _check_idle(mdev)
    found = _CONFIG.fullmatch(data)
    if found is None:
        raise MdevError(errno.EINVAL, "ap_config takes three masks of 256 bits")
    masks = []
    for text, limit in zip(found.groups(), mdev.parent.state.limits, strict=True):
        mask = int(text, 16)
        ids = {number for number in range(AP_IDS) if mask >> (AP_IDS - 1 - number) & 1}
        if max(ids, default=0) > limit:
            raise MdevError(errno.ENODEV, f"{max(ids)} is above {limit}")
        masks.append(ids)
    _claim(mdev, Matrix(*masks))


def _has_config(mdev: Mdev) -> bool:
    has: bool = mdev.parent.config["ap_config"]
    return has


def _show_guest_matrix(mdev: Mdev) -> str:
    """Show queues only. Source: vfio_ap_ops.c guest_matrix_show(), general knowledge."""
    return _show_matrix(mdev) if mdev.state.apqns else ""


def _shows_guest(mdev: Mdev) -> bool:
    """Whether the kernel keeps the matrix of the guest apart. Source: general knowledge."""
    return mdev.parent.bus.kernel.version >= HOT_PLUG


VFIO_AP = VendorDriver(
    name="vfio_ap",
    mdev_driver="vfio_ap_mdev",
    device_api="vfio-ap",
    path="/sys/devices/vfio_ap/matrix",  # Source: general knowledge.
    options=MappingProxyType(
        {
            "apqns": Option(
                str,
                "05,06.0004,0047,00ab,00ff",
                "the queues bound to vfio_ap, as `matrix` shows them; commas make products",
            ),
            "apxa": Option(bool, True, "the machine says its limits; else they are 63 and 15"),
            "max_adapter": Option(int, AP_IDS - 1, "the largest adapter, with APXA", 0),
            "max_domain": Option(int, AP_IDS - 1, "the largest domain, with APXA", 0),
            "hot_plug": Option(
                str,
                "kernel",
                "whether the matrix may change while a guest runs; since 6.0 it may",
                choices=("kernel", "yes", "no"),
            ),
            "ap_config": Option(bool, False, "the file ap_config of kernels after 6.1"),
        }
    ),
    setup=_setup,
    probe=_probe,
    remove=_remove,
    max_instances=MAX_ZDEV_ENTRIES_EXT,
    attributes=(
        *(
            Attribute(f"{verb}_{noun}", 0o200, store=partial(store, index))
            for index, noun in enumerate(("adapter", "domain", "control_domain"))
            for verb, store in (("assign", _assign), ("unassign", _unassign))
        ),
        Attribute("ap_config", 0o644, _show_config, _store_config, _has_config),
        Attribute("control_domains", 0o444, _show_control_domains),
        Attribute("matrix", 0o444, _show_matrix),
        # All that is assigned is bound, so the guest gets it all.
        Attribute("guest_matrix", 0o444, _show_guest_matrix, is_visible=_shows_guest),
    ),
)
"""vfio_ap as of 5.15, and what later kernels show. Source: vfio_ap_ops.c vfio_ap_matrix_driver."""
