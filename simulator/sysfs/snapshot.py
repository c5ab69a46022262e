"""
A tree at rest: taken from a live one, kept as a plain directory, and read back.

A snapshot maps paths, ``/class/mdev_bus``, to what is there. It proves nothing about writes.

Source: ours.
"""

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeAlias

from simulator.errors import MdevError
from simulator.mdev import PAGE_SIZE
from simulator.sysfs.tree import Tree

__all__ = ["Saved", "Snapshot", "read_directory", "read_file", "take", "write_directory"]

_MOST = 16 * PAGE_SIZE
"""Bytes read of one file. Ours: only binary attributes are longer than a page."""


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
    content = b""
    try:
        with tree.open(path, reading=True) as file:
            while len(content) < _MOST and (more := file.read(_MOST - len(content), len(content))):
                content += more
    except MdevError:
        return b""
    return content


# ---- directories


def write_directory(snapshot: Snapshot, target: Path) -> None:
    """
    Write a snapshot as a directory, as a whole or not at all.

    Args:
        snapshot: What is written, with links and permissions.
        target: A directory that is empty or not there.

    Raises:
        OSError: It cannot be written; ENOTEMPTY or ENOTDIR, the target is something else. It names
            *target*, or the path of the snapshot that cannot be made, a link with where it leads.
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
            _make(path, place, saved)
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


def _make(path: str, place: Path, saved: Saved) -> None:
    try:
        if saved.is_directory:
            place.mkdir()
        elif saved.is_link:
            place.symlink_to(saved.target)
        else:
            place.write_bytes(saved.content)
    except OSError as error:
        what = f"{path} -> {saved.target!r}" if saved.is_link else path
        raise OSError(error.errno, error.strerror, what) from None


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
        return read_file(place)
    except OSError:
        return b""


def read_file(place: Path) -> bytes:
    """
    Read a file of a tree without following a link, and for no longer than it has much to say.

    Raises:
        OSError: It cannot be opened or read.
    """
    descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    data = b""
    try:
        while len(data) < _MOST and (more := os.read(descriptor, _MOST - len(data))):
            data += more
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(place)) from None
    finally:
        os.close(descriptor)
    return data
