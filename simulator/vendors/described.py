r"""
A vendor driver that is described by data alone: pools, types, files and what may be written.

    >>> from simulator.mdev import KERNELS, MdevBus
    >>> one = DescribedType("single", takes={"lights": 1}, pretty_name="One light")
    >>> switch = DescribedFile("vendor/switch", 0o644, "off", Rule(values=("on", "off")))
    >>> blink = described(DriverDescription("blink", (one,), {"lights": 3}, mdev_files=(switch,)))
    >>> parent = MdevBus(KERNELS["6.1"]).register(blink)
    >>> mdev = parent.types["blink-single"].create("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001")
    >>> mdev.store("vendor/switch", b"on\n"), mdev.show("vendor/switch")
    (3, 'on\n')

Source: ours. What is common to all mdev drivers is in mdev_core.c and the samples.
"""

import errno
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from simulator.errors import MdevError, NoInstancesError, TextError
from simulator.mdev import (
    Attribute,
    Mdev,
    MdevType,
    Parent,
    Setup,
    TypeSpec,
    VendorDriver,
    parse_ulong,
)
from simulator.values import INT_MAX
from simulator.vendors.description import (
    DescribedFile,
    DescribedType,
    DriverDescription,
    Kind,
    Rule,
)

__all__ = ["DescribedFile", "DescribedType", "DriverDescription", "Kind", "Rule", "described"]

N = TypeVar("N", Mdev, MdevType, Parent)


@dataclass(slots=True)
class _Pools:
    """What is left of each pool of a parent, and what its files show."""

    left: dict[str, int]
    texts: dict[str, str]


@dataclass(slots=True)
class _TypeData:
    """What a type is, and what its files show."""

    spec: DescribedType
    texts: dict[str, str]


def described(description: DriverDescription) -> VendorDriver:
    """
    Make the driver that *description* describes.

    Raises:
        ValueError: A type takes of a pool that is not there, or of none though there are pools.
    """
    pools = description.capacity if isinstance(description.capacity, Mapping) else {}
    for one in description.types:
        if not one.takes.keys() <= pools.keys() or (pools and not any(one.takes.values())):
            raise ValueError(f"{one.sysfs_name} takes of {list(one.takes)}, not of {list(pools)}")
    is_counted = isinstance(description.capacity, int)
    has_description = any(one.description is not None for one in description.types)
    exhausted = description.exhausted or (errno.EPERM if is_counted else errno.ENOSPC)
    return VendorDriver(
        name=description.name,
        mdev_driver=description.mdev_driver or description.name,
        device_api=description.device_api,
        path=description.path or f"/sys/devices/virtual/{description.name}/{description.name}",
        setup=partial(_setup, description),
        probe=partial(_probe, description, exhausted),
        remove=_remove,
        get_available=None if is_counted else _get_available,
        max_instances=description.capacity if isinstance(description.capacity, int) else 0,
        exhausted=exhausted,
        is_named=None if description.is_named else _is_unnamed,
        show_description=_show_description if has_description else None,
        attributes=_attributes(description.mdev_files, _texts_of_mdev, _is_mdev_open),
        type_attributes=_attributes(description.type_files, _texts_of_type, _is_type_open),
        parent_attributes=_attributes(description.parent_files, _texts_of_parent, _is_parent_open),
    )


def _is_unnamed(_mdev_type: MdevType) -> bool:
    return False


def _setup(description: DriverDescription, _config: Mapping[str, Any]) -> Setup:
    pools = description.capacity if isinstance(description.capacity, Mapping) else {}
    types = tuple(
        TypeSpec(
            one.sysfs_name,
            one.pretty_name,
            _TypeData(one, _first_texts(description.type_files, one.values)),
        )
        for one in description.types
    )
    texts = _first_texts(description.parent_files, {})
    return Setup(types, _Pools(dict(pools), texts), description.pci)


def _first_texts(files: Iterable[DescribedFile], values: Mapping[str, str]) -> dict[str, str]:
    return {file.name: values.get(file.name, file.value) for file in files}


def _get_available(mdev_type: MdevType) -> int:
    pools: _Pools = mdev_type.parent.state
    data: _TypeData = mdev_type.data
    return min(pools.left[name] // share for name, share in data.spec.takes.items() if share)


def _probe(description: DriverDescription, exhausted: int, mdev: Mdev) -> None:
    """Take of every pool, or of none."""
    pools: _Pools = mdev.parent.state
    spec: DescribedType = mdev.mdev_type.data.spec
    for name, share in spec.takes.items():
        if share > pools.left[name]:
            raise NoInstancesError(exhausted, f"{share} {name} wanted, {pools.left[name]} left")
    for name, share in spec.takes.items():
        pools.left[name] -= share
    texts = _first_texts(description.mdev_files, spec.values)
    mdev.state = {name: text.replace("{uuid}", mdev.uuid) for name, text in texts.items()}


def _remove(mdev: Mdev) -> None:
    pools: _Pools = mdev.parent.state
    for name, share in mdev.mdev_type.data.spec.takes.items():
        pools.left[name] += share


def _show_description(mdev_type: MdevType) -> str:
    data: _TypeData = mdev_type.data
    return _line(data.spec.description or "")


def _texts_of_mdev(mdev: Mdev) -> dict[str, str]:
    texts: dict[str, str] = mdev.state
    return texts


def _texts_of_type(mdev_type: MdevType) -> dict[str, str]:
    data: _TypeData = mdev_type.data
    return data.texts


def _texts_of_parent(parent: Parent) -> dict[str, str]:
    pools: _Pools = parent.state
    return pools.texts


def _is_mdev_open(mdev: Mdev) -> bool:
    return mdev.is_open


def _is_type_open(mdev_type: MdevType) -> bool:
    return any(mdev.is_open for mdev in mdev_type.mdevs.values())


def _is_parent_open(parent: Parent) -> bool:
    return any(mdev.is_open for mdev in parent.mdevs.values())


def _attributes(
    files: Iterable[DescribedFile],
    texts: Callable[[N], dict[str, str]],
    is_open: Callable[[N], bool],
) -> tuple[Attribute[N], ...]:
    """Make files of one kind of owner, which keeps what they show in *texts*."""

    def show(name: str, node: N) -> str:
        return _line(texts(node)[name])

    def store(file: DescribedFile, node: N, data: bytes) -> None:
        if file.rule.while_open is not None and is_open(node):
            raise MdevError(file.rule.while_open, f"{file.name} cannot change while it is open")
        texts(node)[file.name] = _read(file, data)

    return tuple(
        Attribute(
            file.name,
            file.mode,
            partial(show, file.name) if file.mode & 0o444 else None,
            partial(store, file) if file.mode & 0o222 else None,
        )
        for file in files
    )


def _line(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _read(file: DescribedFile, data: bytes) -> str:
    """Check one write, and give the text to be shown."""
    rule = file.rule
    try:
        text = data.removesuffix(b"\n").decode()
        # Numbers are read as the kernel does and shown as %d; all else is shown as written.
        text = str(_parse_long(data)) if rule.kind == "int" else text
        rule.check(text)
    except UnicodeDecodeError:
        raise MdevError(rule.refused, f"{file.name}: not UTF-8") from None
    except TextError as error:
        reason = f"{file.name}: {error.message}; expected {error.expected}"
        raise MdevError(rule.refused, reason) from None
    return text


def _parse_long(data: bytes) -> int:
    """
    Read a signed number of any base. EINVAL, no number; ERANGE, more than 64 bits.

    Source: lib/kstrtox.c kstrtoll().
    """
    if not data.startswith(b"-"):
        number = parse_ulong(data)
    elif data[1:2] == b"+":
        raise MdevError(errno.EINVAL, "not a number")
    else:
        number = -parse_ulong(data[1:])
    if not -INT_MAX - 1 <= number <= INT_MAX:
        raise MdevError(errno.ERANGE, "number does not fit in 64 bits")
    return number
