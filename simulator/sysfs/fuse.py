"""
Trees as a file system that every program sees: FUSE, through mfusepy and libfuse3.

The kernel keeps names and attributes for an hour. Each name that goes is taken back from it, and
the write that made it go is answered afterwards, so a program that looks after it has written sees
what is. Contents are never kept.
"""

import ctypes
import errno
import itertools
import os
import shutil
import stat
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from threading import Event, Lock, Thread
from types import MappingProxyType
from typing import Any, NoReturn

from simulator.errors import MdevError
from simulator.mdev import PAGE_SIZE
from simulator.mdev.device import WouldBlockError
from simulator.sysfs.linux import umount
from simulator.sysfs.missing import MissingError
from simulator.sysfs.notices import Notices
from simulator.sysfs.tree import OpenFile, Tree

__all__ = ["Mount", "TreeOperations", "check_device", "load_fuse"]

_LIBRARIES = ("libfuse3.so.3", "libfuse3.so.4")
_LIBRARY_REMEDY = "the Debian package libfuse3-3"
_LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
"""Source: fuse_log.h fuse_log_func_t. A va_list is passed as a pointer."""
_DEVICE = "/dev/fuse"
_TIMEOUT = 3600
"""Seconds for which the kernel keeps names and attributes."""
_MAX_THREADS = 4096
"""More than there are writers that sleep in ``remove`` at once."""
_PATIENCE = 10.0
"""Seconds in which a file system has to start, and to take names back."""
_FAREWELL = 2.0
"""Seconds in which it has to end."""


class TreeOperations:
    """
    What libfuse asks, answered by trees.

    Args:
        trees: By the directory in which each shows, ``/sys``; a sole tree may show in the root,
            an empty text.
        notices: What has to happen before a write is answered.
        begin: Called when the kernel has begun to ask.
        end: Called when libfuse has ended.
    """

    use_ns = True
    # Reads and writes come without a path, so a writer that sleeps holds no lock of libfuse.
    flag_nopath = True
    flag_nullpath_ok = True

    def __init__(
        self,
        trees: Mapping[str, Tree],
        notices: Notices,
        begin: Callable[[], None],
        end: Callable[[], None],
    ) -> None:
        self._trees = trees
        self._sole = trees.get("")
        self._notices = notices
        self._begin = begin
        self._end = end
        self._handles = itertools.count(1)
        self._files: dict[int, OpenFile] = {}
        self._directories: dict[int, str] = {}
        self._sleepers: dict[Event, None] = {}
        self._is_closing = False
        self._ids = {"st_uid": os.getuid(), "st_gid": os.getgid()}

    def init(self, _path: str) -> None:
        """Begin."""
        self._begin()

    def destroy(self, _path: str) -> None:
        """End."""
        self._end()

    def getattr(self, path: str | None, fh: int | None = None) -> dict[str, int]:
        """Answer stat."""
        if path is None:
            return self._of_handle(fh)
        tree, below = self._place(path)
        if tree is None:
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2, **self._ids}
        found = tree.stat(below)
        return {
            "st_mode": found.mode,
            "st_size": found.size,
            "st_nlink": found.nlink,
            **self._ids,
        }

    def _of_handle(self, fh: int | None) -> dict[str, int]:
        if fh in self._files:
            found = self._files[fh].stat()
            return {"st_mode": found.mode, "st_size": found.size, "st_nlink": 1, **self._ids}
        return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2, **self._ids}

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
        """Forget the path."""
        self._directories.pop(fh, None)
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
        """Read."""
        return self._files[fh].read(size, offset)

    def write(self, _path: str | None, data: bytes, _offset: int, fh: int) -> int:
        """Write; sleep where the kernel would, and answer when all others can see the change."""
        woken = Event()
        try:
            taken = self._files[fh].write(data, wake=woken.set)
        except WouldBlockError:
            self._sleep(woken)
            taken = len(data[:PAGE_SIZE])
        finally:
            self._notices.settle(_PATIENCE)
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


@dataclass(frozen=True, slots=True)
class _Fuse:
    """mfusepy, the libfuse3 that it runs on, and what libfuse said last."""

    module: Any
    library: ctypes.CDLL
    said: deque[str]
    log: Any


@cache
def load_fuse() -> _Fuse:
    """
    Import mfusepy on libfuse3; with both versions installed it would take libfuse2.

    Raises:
        MissingError: The extra or the library is not there.
    """
    wanted = os.environ.get("FUSE_LIBRARY_PATH")
    name = next(filter(_loads, (wanted,) if wanted else _LIBRARIES), None)
    if name is None:
        where = f" ({wanted}, from FUSE_LIBRARY_PATH)" if wanted else ""
        raise MissingError(f"no libfuse3{where}", _LIBRARY_REMEDY)
    os.environ["FUSE_LIBRARY_PATH"] = name
    try:
        module = import_module("mfusepy")
    except ImportError:
        raise MissingError("no Python module mfusepy", "pip install 'mdevsim[fuse]'") from None
    except (OSError, AttributeError):
        raise MissingError(f"{name} is no libfuse3", _LIBRARY_REMEDY) from None
    finally:
        if wanted is None:
            del os.environ["FUSE_LIBRARY_PATH"]
    if module.fuse_version_major != 3:
        raise MissingError(f"{name} is no libfuse3", _LIBRARY_REMEDY)
    library = ctypes.CDLL(name)
    library.fuse_get_context.restype = ctypes.POINTER(ctypes.c_void_p)
    library.fuse_get_session.argtypes = [ctypes.c_void_p]
    library.fuse_get_session.restype = ctypes.c_void_p
    library.fuse_lowlevel_notify_inval_entry.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint64,
        ctypes.c_char_p,
        ctypes.c_size_t,
    ]
    said: deque[str] = deque(maxlen=5)
    log = _LOG(partial(_hear, said))
    library.fuse_set_log_func(log)
    return _Fuse(module, library, said, log)


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _hear(said: deque[str], _level: int, form: bytes, arguments: int) -> None:
    """Keep what libfuse would print to the standard error of whoever uses it."""
    text = ctypes.create_string_buffer(200)
    ctypes.CDLL(None).vsnprintf(text, len(text), form, ctypes.c_void_p(arguments))
    said.append(text.value.decode(errors="replace").strip().removeprefix("fuse: "))


def check_device() -> None:
    """
    Check that ``/dev/fuse`` can be used.

    Raises:
        MissingError: It cannot.
    """
    remedy = "the kernel module fuse (modprobe fuse) and the Debian package fuse3"
    try:
        os.close(os.open(_DEVICE, os.O_RDWR | os.O_CLOEXEC))
    except PermissionError as error:
        reason = f"no access to {_DEVICE} ({error.strerror})"
        raise MissingError(reason, f"mode 0666 for {_DEVICE}, as the package fuse3 sets") from None
    except OSError as error:
        raise MissingError(f"no {_DEVICE} ({error.strerror})", remedy) from None


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
        self.operations = TreeOperations(trees, notices, self._begin, self._end)
        for key, tree in trees.items():
            tree.on_gone.append(partial(self._take_back, shown.get(key, target + key)))
        self._thread = Thread(target=self._serve, name=f"fuse {target}", daemon=True)

    def start(self) -> None:
        """
        Mount, and return when the kernel has begun to ask. libfuse changes to the directory ``/``.

        Raises:
            MissingError: A piece that FUSE needs is not there.
            OSError: It cannot be mounted.
        """
        check_device()
        if os.geteuid() and shutil.which("fusermount3") is None:
            raise MissingError("no fusermount3", "the Debian package fuse3")
        self._fuse = load_fuse()
        here = os.open(".", os.O_PATH | os.O_CLOEXEC)
        try:
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
        self.operations.wake_sleepers(closing=True)
        if self._ended.is_set():
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

    def _serve(self) -> None:
        version = (self._fuse.module.fuse_version_major, self._fuse.module.fuse_version_minor)
        threads = {"max_threads": _MAX_THREADS} if version >= (3, 12) else {}
        try:
            self._fuse.module.FUSE(
                self.operations,
                self._target,
                foreground=True,
                fsname="mdevsim",
                subtype="sysfs",
                direct_io=True,
                default_permissions=True,
                allow_other=self._allow_other,
                entry_timeout=_TIMEOUT,
                attr_timeout=_TIMEOUT,
                negative_timeout=0,
                noexec=True,
                **threads,
            )
        except RuntimeError as error:
            self._fuse.said.append(f"status {error}")
        finally:
            self._ended.set()
            self._ready.set()

    def _begin(self) -> None:
        """Note the session; called by the first of libfuse's threads."""
        library = self._fuse.library
        fuse = library.fuse_get_context().contents.value
        self._session = library.fuse_get_session(fuse)
        self._ready.set()

    def _end(self) -> None:
        """Drop the session before libfuse does. A notice that hangs is not waited for."""
        is_mine = self._lock.acquire(timeout=_FAREWELL)
        self._session = None
        if is_mine:
            self._lock.release()

    def _take_back(self, root: str, path: str) -> None:
        """Have a name that goes taken back from the kernel; the lock of the tree is held."""
        above, _, name = path.rpartition("/")
        self._notices.put(partial(self._invalidate, root + above, os.fsencode(name)))

    def _invalidate(self, directory: str, name: bytes) -> None:
        """Tell the kernel. What it does not know it need not forget."""
        try:
            # Without use_ino libfuse shows its own number of a node, which the kernel knows it by.
            number = os.lstat(directory).st_ino
        except OSError:
            return
        with self._lock:
            if self._session is not None:
                notify = self._fuse.library.fuse_lowlevel_notify_inval_entry
                notify(self._session, number, name, len(name))
