"""
Trees as a file system that every program sees: FUSE, through mfusepy and libfuse3.

The kernel keeps names and attributes for an hour. Each name that goes is taken back from it, and
the write that made it go is answered afterwards, so a program that looks after it has written sees
what is. Contents are never kept.

One thread answers the kernel, which is three times as fast as several in turn. An operation that
waits hands its place to another.
"""

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Event, Lock, Thread
from types import MappingProxyType

from simulator.sysfs.libfuse import Fuse, check_device, load_fuse
from simulator.sysfs.linux import umount
from simulator.sysfs.missing import MissingError
from simulator.sysfs.notices import Notices
from simulator.sysfs.operations import Surroundings, TreeOperations
from simulator.sysfs.readers import Readers
from simulator.sysfs.tree import Tree

__all__ = ["Mount"]

_TIMEOUT = 3600
"""Seconds for which the kernel keeps names and attributes."""
_PATIENCE = 10.0
"""Seconds in which a file system has to start."""
_FAREWELL = 2.0
"""Seconds in which it has to end."""
_MOUNT_FAILED = "4"
"""What fuse_main() returns when libfuse, or fusermount3, cannot mount. Source: helper.c."""


class Mount:
    """
    A mounted file system, served by threads of this process.

    Args:
        trees: As `TreeOperations` takes them.
        target: An existing directory.
        notices: Shared by the mounts whose trees change each other.
        shown: By key where else a tree shows for us, if not at its place below *target*.
        allow_other: Whether other users may look.
    """

    def __init__(
        self,
        trees: Mapping[str, Tree],
        target: str,
        notices: Notices,
        *,
        shown: Mapping[str, str] = MappingProxyType({}),
        allow_other: bool = False,
    ) -> None:
        self._target = target
        self._notices = notices
        self._allow_other = allow_other
        self._ready = Event()
        self._ended = Event()
        self._session: int | None = None
        self._lock = Lock()
        self._fuse: Fuse | None = None
        self._readers = Readers(self._wake_sleepers)
        self._settle = partial(notices.settle, self._readers.away)
        away = self._readers.away
        around = Surroundings(self._begin, self._end, self._settle, away, time.time_ns())
        self.operations = TreeOperations(trees, around)
        for key, tree in trees.items():
            tree.on_gone.append(partial(self._take_back, shown.get(key, target + key)))
            tree.away = self._away
        self._thread: Thread | None = None

    def start(self) -> None:
        """
        Mount, and return when the kernel has begun to ask. libfuse changes to the directory ``/``.

        Raises:
            MissingError: A piece that FUSE needs is not there.
            OSError: It cannot be mounted; ENOTDIR, a link has taken the place of the directory.
        """
        check_device()
        if os.geteuid() and shutil.which("fusermount3") is None:
            raise MissingError("no fusermount3", "the Debian package fuse3")
        self._fuse = load_fuse()
        # Whoever owns the directory above may have put a link there since it was looked at.
        flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(self._target, flags))
        here = os.open(".", os.O_PATH | os.O_CLOEXEC)
        try:
            name = f"fuse {self._target}"
            self._thread = Thread(target=self._serve, args=(self._fuse,), name=name, daemon=True)
            self._thread.start()
            is_begun = self._ready.wait(_PATIENCE)
            os.fchdir(here)
        finally:
            os.close(here)
        if self._ended.is_set() or not is_begun:
            said = "; ".join(self._fuse.said) or "libfuse gave up"
            raise OSError(errno.EIO, f"cannot mount: {said}", self._target)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the file system is unmounted, by whomever; say whether it is."""
        return self._ended.wait(timeout)

    def close(self) -> None:
        """Unmount. Who still uses the file system gets errors when this process ends."""
        self._wake_sleepers()
        if self._thread is None or (self._ended.is_set() and not self._is_dead()):
            return
        try:
            umount(self._target)
        except PermissionError:
            command = ["fusermount3", "-u", "-z", "--", self._target]
            subprocess.run(command, check=False, timeout=_PATIENCE)  # noqa: S603 - our own words
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.ENOENT}:
                raise
        self._thread.join(_FAREWELL)

    def _wake_sleepers(self) -> None:
        self.operations.wake_sleepers(closing=True)

    def _is_dead(self) -> bool:
        """Tell whether the mount outlived its session, as after ``umount -f`` while it was busy."""
        try:
            os.close(os.open(self._target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        except OSError as error:
            return error.errno in {errno.ENOTCONN, errno.ECONNABORTED}
        return False

    def _serve(self, fuse: Fuse) -> None:
        try:
            fuse.module.FUSE(
                self.operations,
                self._target,
                foreground=True,
                nothreads=True,
                fsname="mdevsim",
                subtype="sysfs",
                direct_io=True,
                default_permissions=True,
                allow_other=self._allow_other,
                entry_timeout=_TIMEOUT,
                attr_timeout=_TIMEOUT,
                negative_timeout=0,
                noexec=True,
            )
        except RuntimeError as error:
            is_mount = str(error) == _MOUNT_FAILED
            fuse.said.append("the mount is refused" if is_mount else f"libfuse: status {error}")
        finally:
            self._ended.set()
            self._ready.set()

    def _begin(self) -> None:
        """Note the session; called in libfuse's thread."""
        if self._fuse is None:
            return
        library = self._fuse.library
        self._session = int(library.fuse_get_session(library.fuse_get_context().contents.value))
        self._readers.begin(library, self._session)
        self._ready.set()

    def _end(self) -> None:
        """Drop the session before libfuse does. A notice that hangs is not waited for."""
        self._readers.end(_FAREWELL)
        is_mine = self._lock.acquire(timeout=_FAREWELL)
        self._session = None
        if is_mine:
            self._lock.release()

    @contextmanager
    def _away(self) -> Iterator[None]:
        """Let others in while a store waits, and let them see and hear what has changed so far."""
        self._settle()
        with self._readers.away():
            yield

    def _take_back(self, root: str, path: str) -> None:
        """Have a name that goes taken back from the kernel; the lock of the tree is held."""
        above, _, name = path.rpartition("/")
        work = partial(self._invalidate, root + above, os.fsencode(name))
        self._notices.put(work, asks=True)

    def _invalidate(self, directory: str, name: bytes) -> None:
        """Tell the kernel. What it does not know it need not forget."""
        try:
            # Without use_ino libfuse shows its own number of a node, which the kernel knows it by.
            number = os.lstat(directory).st_ino
        except OSError:
            return
        with self._lock:
            if self._session is not None and self._fuse is not None:
                notify = self._fuse.library.fuse_lowlevel_notify_inval_entry
                notify(self._session, number, name, len(name))
