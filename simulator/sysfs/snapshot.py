"""
A tree at rest: taken from a live one, kept as a directory or as umockdev text, and read back.

A snapshot maps paths, ``/class/mdev_bus``, to what is there. It proves nothing about writes.
"""

import errno
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from types import MappingProxyType
from typing import TypeAlias

from simulator.errors import InputError, MdevError, Mistake, TextError
from simulator.mdev import PAGE_SIZE
from simulator.sysfs.tree import Tree

__all__ = [
    "Saved",
    "Snapshot",
    "format_umockdev",
    "read_directory",
    "read_umockdev",
    "take",
    "write_directory",
]

_MOST = 16 * PAGE_SIZE
"""Bytes read of one file. Only binary attributes are longer than a page."""


@dataclass(frozen=True, slots=True)
class Saved:
    """
    One path of a snapshot.

    Attributes:
        mode: With the type of the file, as ``st_mode``.
        content: Of a file; empty if it cannot be read.
        target: Of a link.
    """

    mode: int
    content: bytes = b""
    target: str = ""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a link."""
        return stat.S_ISLNK(self.mode)


Snapshot: TypeAlias = Mapping[str, Saved]

_DIRECTORY = Saved(stat.S_IFDIR | 0o755)


def take(tree: Tree) -> Snapshot:
    """Take a snapshot of a tree; a directory comes before what is in it."""
    return dict(_below(tree, ""))


def _below(tree: Tree, top: str) -> Iterator[tuple[str, Saved]]:
    for name in tree.list(top or "/"):
        path = f"{top}/{name}"
        mode = tree.stat(path).mode
        if stat.S_ISDIR(mode):
            yield path, Saved(mode)
            yield from _below(tree, path)
        elif stat.S_ISLNK(mode):
            yield path, Saved(mode, target=tree.readlink(path))
        else:
            yield path, Saved(mode, _content(tree, path))


def _content(tree: Tree, path: str) -> bytes:
    try:
        return tree.open(path, reading=True).read(_MOST)
    except MdevError:
        return b""


# ---- directories


def write_directory(snapshot: Snapshot, target: Path) -> None:
    """
    Write a snapshot as a directory, as a whole or not at all.

    Args:
        snapshot: What is written, with links and permissions.
        target: A directory that is empty or not there.

    Raises:
        OSError: It cannot be written; ENOTEMPTY or ENOTDIR, the target is something else.
    """
    if target.exists():
        # Before anything is made; the replacement at the end holds whatever happens meanwhile.
        with os.scandir(target) as found:
            if any(found):
                raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), str(target))
    named, target = target, target.resolve()
    try:
        new = Path(mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        # People know the directory that they named, not the one beside it.
        raise OSError(error.errno, error.strerror, str(named)) from None
    try:
        modes = []
        for path, saved in snapshot.items():
            place = new / path[1:]
            if saved.is_directory:
                place.mkdir()
            elif saved.is_link:
                place.symlink_to(saved.target)
            else:
                place.write_bytes(saved.content)
            if not saved.is_link:
                modes.append((place, stat.S_IMODE(saved.mode)))
        # The deepest first: a directory may be made read-only.
        for place, mode in reversed(modes):
            place.chmod(mode)
        new.chmod(0o755)
        new.rename(target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def read_directory(root: Path, wanted: Callable[[str], bool] = lambda _: True) -> Snapshot:
    """
    Read a directory as a snapshot: one that `write_directory` wrote, or ``/sys`` itself.

    Args:
        root: The directory that is ``/``.
        wanted: Asked for each path before anything is done with it; a directory that is not
            wanted is not entered. Some files of a real ``/sys`` do something when they are read.

    Returns:
        What is there; a file that cannot be read has no content.

    Raises:
        OSError: The root cannot be listed.
    """
    snapshot: dict[str, Saved] = {}
    waiting = [""]
    while waiting:
        top = waiting.pop()
        try:
            names = sorted(one.name for one in (root / top[1:]).iterdir())
        except OSError:
            if not top:
                raise
            continue
        for name in names:
            path = f"{top}/{name}"
            if not wanted(path):
                continue
            saved = _saved(root / path[1:])
            if saved is not None:
                snapshot[path] = saved
                if saved.is_directory:
                    waiting.append(path)
    return snapshot


def _saved(place: Path) -> Saved | None:
    """Read one path; None if it goes meanwhile, or is neither directory, link nor file."""
    try:
        mode = place.lstat().st_mode
        if stat.S_ISLNK(mode):
            return Saved(mode, target=str(place.readlink()))
    except OSError:
        return None
    if stat.S_ISREG(mode):
        # The permissions say more than an open: root opens every file of a plain directory.
        return Saved(mode, _bytes(place) if mode & 0o444 else b"")
    return Saved(mode) if stat.S_ISDIR(mode) else None


def _bytes(place: Path) -> bytes:
    try:
        with place.open("rb", buffering=0) as file:
            return file.read(_MOST) or b""
    except OSError:
        return b""


# ---- umockdev text

_LINE = re.compile(r"(?P<kind>[PNSEAHL]): (?P<key>[^=\n]*)(?:(?P<equals>=)(?P<value>.*))?")
_ESCAPES = MappingProxyType({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"'})
_UNESCAPES = MappingProxyType({"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"})
_ESCAPED = re.compile(r"\\([0-7]{1,3}|.)")


def format_umockdev(snapshot: Snapshot) -> str:
    """
    Format the devices of a snapshot as umockdev-record does.

    A file that cannot be read is there, and empty. What is no device, such as the links of a
    class, is left out: umockdev makes links of its own.

    Source: umockdev 0.17, the documentation of umockdev_testbed_add_from_string().
    """
    children: dict[str, list[str]] = {}
    for path in snapshot:
        above, _, name = path.rpartition("/")
        children.setdefault(above, []).append(name)
    devices = [path for path in snapshot if _is_device(snapshot, path)]
    return "\n".join(
        "".join(f"{line}\n" for line in _describe(snapshot, children, path)) for path in devices
    )


def _is_device(snapshot: Snapshot, path: str) -> bool:
    has_both = f"{path}/uevent" in snapshot and f"{path}/subsystem" in snapshot
    return path.startswith("/devices/") and has_both


def _describe(snapshot: Snapshot, children: Mapping[str, list[str]], device: str) -> Iterator[str]:
    yield f"P: {device}"
    for line in snapshot[f"{device}/uevent"].content.decode(errors="replace").splitlines():
        yield f"E: {line}"
    yield f"E: SUBSYSTEM={PurePosixPath(snapshot[f'{device}/subsystem'].target).name}"
    waiting = [f"{device}/{name}" for name in sorted(children.get(device, ()), reverse=True)]
    while waiting:
        path = waiting.pop()
        name, saved = path.removeprefix(f"{device}/"), snapshot[path]
        if name in {"subsystem", "uevent"}:
            continue
        if saved.is_link:
            yield f"L: {name}={saved.target}"
        elif not saved.is_directory:
            yield _attribute(name, saved.content)
        elif not _is_device(snapshot, path):
            waiting.extend(f"{path}/{one}" for one in sorted(children.get(path, ()), reverse=True))


def _attribute(name: str, content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"H: {name}={content.hex().upper()}"
    if "\0" in text:
        return f"H: {name}={content.hex().upper()}"
    return f"A: {name}={''.join(map(_escape, text))}"


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character >= " " else f"\\{ord(character):03o}"


def _unescape(found: re.Match[str]) -> str:
    what = found[1]
    return chr(int(what, 8)) if what.isdigit() else _UNESCAPES.get(what, what)


def read_umockdev(name: str, text: str) -> Snapshot:
    """
    Read the devices of an umockdev text.

    Args:
        name: What messages call the text.
        text: As umockdev-record writes it.

    Returns:
        What is below ``/devices``, and a link ``subsystem`` for each device.

    Raises:
        InputError: With all mistakes.
    """
    snapshot: dict[str, Saved] = {}
    mistakes: list[Mistake] = []
    device = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not line:
            device = ""
            continue
        try:
            device = _read_line(snapshot, device, line)
        except TextError as error:
            mistakes.append(error.located(name, number, line, 0))
    if mistakes:
        raise InputError(mistakes)
    return snapshot


def _read_line(snapshot: dict[str, Saved], device: str, line: str) -> str:
    """Add what one line says, and return the device that the next one belongs to."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise TextError(line, "no line of umockdev", "P:, E:, A:, H:, L:, N: or S:")
    kind, key, value = found["kind"], found["key"], found["value"] or ""
    if kind == "P":
        if device or not key.startswith("/devices/") or not _is_clean(key[1:]):
            raise TextError(line, "a device begins in a wrong place", "P: /devices/…, once", 3)
        _add(snapshot, key, _DIRECTORY)
        _add(snapshot, f"{key}/uevent", Saved(stat.S_IFREG | 0o644))
        return key
    if not device:
        raise TextError(line, "a line without a device", "P: /devices/…")
    if kind in "NS":
        return device
    if not found["equals"] or not _is_clean(key):
        raise TextError(line, "a line without a name and a value", "NAME=VALUE", 3)
    if kind == "E":
        _read_property(snapshot, device, key, value)
    else:
        _add(snapshot, f"{device}/{key}", _read_value(kind, line, value, found.start("value")))
    return device


def _read_property(snapshot: dict[str, Saved], device: str, key: str, value: str) -> None:
    if key == "SUBSYSTEM":
        up = "../" * device.count("/")
        link = Saved(stat.S_IFLNK | 0o777, target=f"{up}bus/{value}")
        snapshot[f"{device}/subsystem"] = link
        return
    before = snapshot[f"{device}/uevent"]
    snapshot[f"{device}/uevent"] = Saved(
        before.mode, before.content + f"{key}={value}\n".encode(errors="surrogateescape")
    )


def _read_value(kind: str, line: str, value: str, start: int) -> Saved:
    if kind == "L":
        return Saved(stat.S_IFLNK | 0o777, target=value)
    if kind == "A":
        text = _ESCAPED.sub(_unescape, value)
        return Saved(stat.S_IFREG | 0o644, text.encode(errors="surrogateescape"))
    try:
        return Saved(stat.S_IFREG | 0o644, bytes.fromhex(value))
    except ValueError:
        raise TextError(line, "not in hexadecimal", "pairs of digits", start) from None


def _is_clean(path: str) -> bool:
    """Say whether a path stays below where it begins."""
    return all(part.strip(".") for part in path.split("/"))


def _add(snapshot: dict[str, Saved], path: str, saved: Saved) -> None:
    """Add a path, and the directories above it."""
    for above in reversed(PurePosixPath(path).parents[:-1]):
        snapshot.setdefault(str(above), _DIRECTORY)
    snapshot[path] = saved
