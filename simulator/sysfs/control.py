r"""
The control directory: what a test does to a simulated machine from outside its ``/sys``.

Files for ``echo`` and ``cat``. One write is one command; reading a file lists what it is about.
``error`` says in words why the last command was refused.

    >>> from threading import Lock
    >>> from simulator.mdev import KERNELS
    >>> control = control_tree(MdevBus(KERNELS["6.1"]), None, Lock())
    >>> control.open("/kernel", reading=True).read(4096)
    b'6.1\n'

Source: ours. What a command does is what the kernel does when a guest opens a device, a driver
unbinds, and so on.
"""

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from types import MappingProxyType
from typing import Protocol

from simulator.errors import MdevError, TextError
from simulator.mdev import Mdev, MdevBus, parse_uuid
from simulator.sysfs.entries import Entry, File, FixedDirectory
from simulator.sysfs.tree import Tree

__all__ = ["ArmedFaults", "control_tree"]


class ArmedFaults(Protocol):
    """What the control directory asks of faults."""

    @property
    def armed(self) -> tuple[str, ...]:
        """The faults that are armed, one text each."""

    def arm(self, line: str) -> None:
        """Arm one fault, or raise `TextError`."""

    def clear(self) -> None:
        """Disarm all."""


def control_tree(  # noqa: PLR0913 - a machine has as many sides
    bus: MdevBus,
    faults: ArmedFaults | None,
    lock: Lock,
    *,
    register: Callable[[str], object] | None = None,
    unregistered: Callable[[], Iterable[str]] = tuple,
    set_driver_version: Callable[[str, str], None] | None = None,
    driver_versions: Callable[[], Mapping[str, str | None]] = dict,
    log: Callable[[], Iterable[str]] | None = None,
) -> Tree:
    """
    Make the control directory of a machine.

    Args:
        bus: Its mdev core.
        faults: Its faults; None: there is no file for them.
        lock: The lock of its tree, which is held around every command.
        register: Registers the parent of this name again, or raises `KeyError` or `MdevError`.
        unregistered: The names that *register* takes now.
        set_driver_version: Changes what a parent publishes, by its name; raises `KeyError`, no
            such parent; `TextError`, no such version; `ValueError`, the machine publishes none.
        driver_versions: The versions by parent.
        log: The last lines of its kernel log.
    """
    control = _Control(bus)
    files = {
        "open": control.command(control.open, control.list_open),
        "close": control.command(control.close),
        "unregister": control.command(control.unregister, lambda: bus.parents),
        "mdevs": _listing(control.list_mdevs),
        "kernel": _listing(lambda: (bus.kernel.name,)),
        "error": _listing(lambda: control.error),
    }
    if register is not None:
        files["register"] = control.command(partial(_register, register), unregistered)
    if set_driver_version is not None:
        files["driver_version"] = control.command(
            partial(_set_version, set_driver_version), partial(_list_versions, driver_versions)
        )
    if log is not None:
        files["log"] = _listing(log)
    if faults is not None:
        files["faults"] = control.command(partial(_arm, faults), lambda: faults.armed)
    entries: dict[str, Entry] = dict(sorted(files.items()))
    tree = Tree(FixedDirectory(MappingProxyType(entries)))
    tree.lock = lock
    return tree


def _listing(lines: Callable[[], Iterable[str]]) -> File:
    return File(0o444, read=partial(_lines, lines))


def _lines(lines: Callable[[], Iterable[str]]) -> bytes:
    return "".join(f"{line}\n" for line in lines()).encode()


@dataclass(slots=True)
class _Control:
    """The commands about mdevs and parents, and why the last command was refused."""

    bus: MdevBus
    error: tuple[str, ...] = field(default=())

    def command(
        self, do: Callable[[str], object], lines: Callable[[], Iterable[str]] | None = None
    ) -> File:
        """Make a file that takes commands, and lists something when it is read."""
        write = partial(self._write, do)
        if lines is None:
            return File(0o200, write=write)
        return File(0o644, read=partial(_lines, lines), write=write)

    def _write(self, do: Callable[[str], object], data: bytes) -> None:
        self.error = ()
        try:
            do(_command(data))
        except MdevError as error:
            self.error = (f"{error.name}: {error.reason}",)
            raise
        except TextError as error:
            reason = error.message + (f"; expected {error.expected}" if error.expected else "")
            self.error = (f"EINVAL: {reason}",)
            raise MdevError(errno.EINVAL, reason) from None

    def _every(self) -> Iterator[Mdev]:
        """Go through the mdevs, also those whose removal waits for a close."""
        for parent in self.bus.parents.values():
            yield from parent.mdevs.values()

    def _find(self, text: str) -> Mdev:
        """
        Find an mdev by UUID, or by parent and UUID.

        Raises:
            MdevError: EINVAL, no UUID; ENODEV, there is none; ENOTUNIQ, several parents have it.
        """
        name, slash, uuid = text.rpartition("/")
        uuid = parse_uuid(uuid.encode())
        parents = [one for one in self.bus.parents.values() if not slash or one.name == name]
        found = [parent.mdevs[uuid] for parent in parents if uuid in parent.mdevs]
        if not found:
            raise MdevError(errno.ENODEV, f"no mdev {text}")
        if len(found) > 1:
            names = ", ".join(mdev.parent.name for mdev in found)
            raise MdevError(errno.ENOTUNIQ, f"{uuid} is on {names}; write PARENT/UUID")
        return found[0]

    def open(self, text: str) -> None:
        self._find(text).open()

    def close(self, text: str) -> None:
        mdev = self._find(text)
        if not mdev.is_open:
            raise MdevError(errno.EBADF, f"{text} is not open")
        mdev.close()

    def list_open(self) -> Iterator[str]:
        return (mdev.uuid for mdev in self._every() if mdev.is_open)

    def list_mdevs(self) -> Iterator[str]:
        for mdev in self._every():
            state = "removing" if mdev.is_removing else "open" if mdev.is_open else "closed"
            yield f"{mdev.uuid} {mdev.parent.name} {mdev.mdev_type.type_id} {state}"

    def unregister(self, name: str) -> None:
        if name not in self.bus.parents:
            raise MdevError(errno.ENODEV, f"no parent {name}")
        self.bus.unregister(self.bus.parents[name])


def _command(data: bytes) -> str:
    """Read one command, its newline taken off."""
    text = data.decode(errors="replace").removesuffix("\n").strip(" ")
    if not text.isprintable() or "\ufffd" in text:
        raise TextError(text, "not one line of text", "one command in each write")
    return text


def _register(register: Callable[[str], object], name: str) -> None:
    try:
        register(name)
    except KeyError:
        raise MdevError(errno.ENODEV, f"there was no parent {name}") from None


def _set_version(set_driver_version: Callable[[str, str], None], text: str) -> None:
    name, _, version = text.partition(" ")
    if not version:
        raise TextError(text, "no version", "PARENT VERSION")
    try:
        set_driver_version(name, version.lstrip(" "))
    except KeyError:
        raise MdevError(errno.ENODEV, f"no parent {name}") from None
    except TextError:
        raise
    except ValueError as error:
        raise MdevError(errno.EOPNOTSUPP, str(error)) from None


def _list_versions(versions: Callable[[], Mapping[str, str | None]]) -> Iterator[str]:
    return (f"{name} {version or '-'}" for name, version in versions().items())


def _arm(faults: ArmedFaults, line: str) -> None:
    if line in ("", "clear"):
        faults.clear()
    else:
        faults.arm(line)
