"""What libfuse asks of a file system, answered by trees."""

import errno
import itertools
import os
import stat
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event
from typing import Any, NoReturn

from simulator.errors import MdevError
from simulator.mdev import PAGE_SIZE
from simulator.mdev.device import WouldBlockError
from simulator.sysfs.tree import OpenFile, Tree

__all__ = ["Surroundings", "TreeOperations"]

_CACHE_SYMLINKS = 1 << 23
"""Source: fuse_common.h FUSE_CAP_CACHE_SYMLINKS."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """
    What the operations ask of whoever runs them.

    Attributes:
        begin: Called when the kernel has begun to ask.
        end: Called before libfuse drops the session.
        settle: Waits until all can see what has changed.
        away: Held while an operation waits: somebody else answers the kernel.
        now: When all files say that they were changed, nanoseconds since 1970.
    """

    begin: Callable[[], None]
    end: Callable[[], None]
    settle: Callable[[], object]
    away: Callable[[], AbstractContextManager[object]]
    now: int


class TreeOperations:
    """
    What libfuse asks, answered by trees.

    Args:
        trees: By the directory in which each shows, ``/sys``; a sole tree may show in the root,
            an empty text.
        around: What surrounds them.
    """

    use_ns = True
    # Reads and writes come without a path, so a writer that sleeps holds no lock of libfuse.
    flag_nopath = True
    flag_nullpath_ok = True

    def __init__(self, trees: Mapping[str, Tree], around: Surroundings) -> None:
        self._trees = trees
        self._sole = trees.get("")
        self._around = around
        self._handles = itertools.count(1)
        self._files: dict[int, OpenFile] = {}
        self._directories: dict[int, str] = {}
        self._sleepers: dict[Event, None] = {}
        self._is_closing = False
        # What is 0 is left out, and so are two times of three: each field of each answer costs.
        common = {"st_uid": os.getuid(), "st_gid": os.getgid(), "st_mtime": around.now}
        self._common = {field: number for field, number in common.items() if number}

    def init_with_config(self, connection: Any, _config: object) -> None:  # noqa: ANN401 - ctypes
        """Begin. Links keep their targets as names keep their nodes, until they are taken back."""
        connection.want |= connection.capable & _CACHE_SYMLINKS
        self._around.begin()

    def destroy(self, _path: str) -> None:
        """End."""
        self._around.end()

    def getattr(self, path: str | None, fh: int | None = None) -> dict[str, int]:
        """Answer stat."""
        if path is None:
            return self._of_handle(fh)
        tree, below = self._place(path)
        if tree is None:
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2, **self._common}
        found = tree.stat(below)
        answer = {"st_mode": found.mode, "st_nlink": found.nlink, **self._common}
        if found.size:
            answer["st_size"] = found.size
        return answer

    def _of_handle(self, fh: int | None) -> dict[str, int]:
        if fh in self._files:
            found = self._files[fh].stat()
            return {"st_mode": found.mode, "st_size": found.size, "st_nlink": 1, **self._common}
        return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2, **self._common}

    def readlink(self, path: str) -> str:
        """Answer readlink."""
        tree, below = self._place(path)
        if tree is None:
            raise MdevError(errno.EINVAL, f"{path} is not a link")
        return tree.readlink(below)

    def opendir(self, path: str) -> int:
        """Keep the path of a directory for `readdir`."""
        handle = next(self._handles)
        self._directories[handle] = path
        return handle

    def readdir(self, _path: str | None, fh: int) -> list[tuple[str, int, int]]:
        """List names with the types of their entries, which libudev needs."""
        path = self._directories[fh]
        tree, below = self._place(path)
        roots = ((key[1:], stat.S_IFDIR) for key in self._trees)
        names = roots if tree is None else tree.scan(below)
        dots = ((".", stat.S_IFDIR, 0), ("..", stat.S_IFDIR, 0))
        return [*dots, *((name, kind, 0) for name, kind in names)]

    def releasedir(self, _path: str | None, fh: int) -> int:
        """Forget the path. Somebody may have come and gone while it was listed."""
        self._directories.pop(fh, None)
        # Not in readdir: the kernel, which locks the directory for it, would not take names back.
        self._around.settle()
        return 0

    def open(self, path: str, flags: int) -> int:
        """Open, with the mode checked for root too."""
        access = flags & os.O_ACCMODE
        tree, below = self._place(path)
        if tree is None:
            raise MdevError(errno.EISDIR, f"{path} is a directory")
        file = tree.open(
            below,
            reading=access in {os.O_RDONLY, os.O_RDWR},
            writing=access in {os.O_WRONLY, os.O_RDWR},
        )
        handle = next(self._handles)
        self._files[handle] = file
        return handle

    def read(self, _path: str | None, size: int, offset: int, fh: int) -> bytes:
        """Read; a fault may change the machine meanwhile."""
        try:
            return self._files[fh].read(size, offset)
        finally:
            self._around.settle()

    def write(self, _path: str | None, data: bytes, _offset: int, fh: int) -> int:
        """Write; sleep where the kernel would, and answer when all others can see the change."""
        woken = Event()
        try:
            taken = self._files[fh].write(data, wake=woken.set)
        except WouldBlockError:
            # Others see at once what a removal has taken away before it waits.
            self._around.settle()
            with self._around.away():
                self._sleep(woken)
            taken = len(data[:PAGE_SIZE])
        finally:
            self._around.settle()
        return taken

    def _sleep(self, woken: Event) -> None:
        self._sleepers[woken] = None
        if self._is_closing:
            self.wake_sleepers(closing=True)
        woken.wait()
        # Not there any more: it was `wake_sleepers` who woke it.
        if self._sleepers.pop(woken, self) is self:
            raise MdevError(errno.EINTR, "interrupted")

    def wake_sleepers(self, *, closing: bool = False) -> None:
        """Answer EINTR to those who sleep; with *closing* also to those who come."""
        self._is_closing = closing
        for woken in tuple(self._sleepers):
            self._sleepers.pop(woken, None)
            woken.set()

    def release(self, _path: str | None, fh: int) -> int:
        """Close."""
        self._files.pop(fh, None)
        return 0

    def truncate(self, path: str | None, _length: int, _fh: int | None = None) -> int:
        """Change nothing. Source: general knowledge, fs/kernfs/inode.c kernfs_iop_setattr()."""
        if path is not None:
            self.getattr(path)
        return 0

    def chmod(self, path: str | None, mode: int) -> int:
        """Change permissions."""
        tree, below = self._place(path or "")
        if path is None or tree is None:
            raise MdevError(errno.EPERM, "not a file of the tree")
        tree.chmod(below, mode)
        return 0

    def chown(self, _path: str | None, _uid: int, _gid: int) -> int:
        """Change nothing."""
        return 0

    def utimens(self, _path: str | None, _times: object = None) -> int:
        """Change nothing: there are no times."""
        return 0

    def statfs(self, _path: str) -> dict[str, int]:
        """Answer statfs. Source: general knowledge, fs/libfs.c simple_statfs()."""
        return {"f_bsize": PAGE_SIZE, "f_frsize": PAGE_SIZE, "f_namemax": 255}

    def create(self, path: str, _mode: int, _flags: int = 0) -> NoReturn:
        """Refuse. Source: general knowledge, fs/namei.c lookup_open(): no i_op->create."""
        raise MdevError(errno.EACCES, f"{path}: no file can be made")

    def _refuse(self, path: str, *_args: object) -> NoReturn:
        raise MdevError(errno.EPERM, f"{path}: names are made by drivers only")

    mkdir = rmdir = unlink = mknod = symlink = link = rename = _refuse

    def _place(self, path: str) -> tuple[Tree | None, str]:
        """Find the tree, and the path within; None for the root above several trees."""
        if self._sole is not None:
            return self._sole, path
        first, slash, below = path[1:].partition("/")
        tree = self._trees.get(f"/{first}")
        if tree is None and first:
            raise MdevError(errno.ENOENT, f"{path}: no such file or directory")
        return tree, slash + below or "/"
