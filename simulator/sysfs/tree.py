r"""
Paths over entries, with the file semantics of sysfs. No input or output: callers bring the bytes.

    >>> from simulator.sysfs.entries import File, FixedDirectory
    >>> tree = Tree(FixedDirectory({"name": File(0o444, read=lambda: b"mtty-2\n")}))
    >>> with tree.open("/name", reading=True) as name:
    ...     name.read(4, 1)
    b'tty-'
"""

import errno
import stat
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Self

from simulator.errors import MdevError
from simulator.mdev import PAGE_SIZE, WouldBlockError
from simulator.sysfs.entries import Directory, Entry, File, Link

__all__ = ["OpenFile", "Stat", "Tree"]

_MAX_LINKS = 40
"""Links followed on one path. Source: general knowledge, include/linux/namei.h MAXSYMLINKS."""


@dataclass(frozen=True, slots=True)
class Stat:
    """
    What stat says of a path, as far as sysfs says anything.

    Attributes:
        mode: With the type of the file, as ``st_mode``.
        size: 4096 for attributes, whatever they hold; 0 for directories, links and binary
            attributes of no size.
        nlink: 2 and more for directories.
    """

    mode: int
    size: int
    nlink: int


class OpenFile:
    """
    A file between open and close. Made by `Tree.open`.

    The content is read once, at the first read or at a read from the start, and kept: later
    offsets are cut from the same text. Of a binary attribute each read asks anew, for a page at
    most. Each write reaches the file's store as one call.

    Source: general knowledge, fs/seq_file.c, fs/kernfs/file.c.
    """

    def __init__(self, tree: "Tree", path: str, file: File) -> None:
        self.path = path
        self._tree = tree
        self._file = file
        self._text: bytes | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let it go. There is nothing to give back."""

    def stat(self) -> Stat:
        """Say what the file is, or was if it has gone."""
        mode = self._tree.mode(self.path, self._file.mode)
        return Stat(stat.S_IFREG | mode, self._file.size, 1)

    def read(self, size: int, offset: int = 0) -> bytes:
        """
        Read.

        Args:
            size: Bytes at most.
            offset: Bytes from the start.

        Raises:
            MdevError: EIO, there is no show; ENODEV, the file has gone since it was opened; or
                what the show raises.
        """
        if self._text is None or offset == 0 or self._file.is_seekable:
            if self._file.read is None:
                raise MdevError(errno.EIO, f"{self.path} has no show")
            with self._tree.lock:
                self._text = self._file.read()
        most = min(size, PAGE_SIZE) if self._file.is_seekable else size
        if self._file.at_once is not None:
            most = min(most, self._file.at_once)
        return self._text[offset : offset + most]

    def write(self, data: bytes, *, wake: Callable[[], None] | None = None) -> int:
        """
        Write once. Where in the file means nothing to an attribute.

        Args:
            data: The bytes.
            wake: Called with the lock held when a writer that has to sleep can go on.

        Returns:
            The bytes taken; of more than a page the first page.

        Raises:
            MdevError: EIO, there is no store; ENODEV, the file has gone since it was opened; or
                what the store raises.
            WouldBlockError: The writer has to sleep.
        """
        if not data:
            return 0
        if self._file.write is None:
            raise MdevError(errno.EIO, f"{self.path} has no store")
        with self._tree.lock:
            try:
                self._file.write(data[:PAGE_SIZE])
            except WouldBlockError as block:
                if wake is not None:
                    block.on_gone.append(wake)
                raise
        return min(len(data), PAGE_SIZE)


class Tree:
    """
    A tree of files, safe to use from several threads.

    Paths are absolute within the tree, ``/class/mdev_bus``. Links in the middle of a path are
    followed, the last part is not unless a slash follows.

    Args:
        root: The directory that is ``/``.

    Attributes:
        lock: Held around every look at the entries and every show and store. Whoever uses the
            model behind the tree from another thread holds it too.
        on_gone: Called with the path of each directory or link that goes, and of ``remove``, while
            the lock is held: a surface drops what it keeps of it.
        away: Entered by a store that waits without the lock: a surface lets others in meanwhile.
    """

    def __init__(self, root: Directory) -> None:
        self.lock = Lock()
        self.away: Callable[[], AbstractContextManager[None]] = nullcontext
        self.on_gone: list[Callable[[str], None]] = []
        self._root = root
        self._modes: dict[str, int] = {}

    def stat(self, path: str) -> Stat:
        """
        Say what *path* is; a link is not followed.

        Raises:
            MdevError: ENOENT, ENOTDIR or ELOOP.
        """
        with self.lock:
            entry = self._find(path)
        if isinstance(entry, Link):
            return Stat(stat.S_IFLNK | 0o777, 0, 1)
        if isinstance(entry, File):
            return Stat(stat.S_IFREG | self._modes.get(path, entry.mode), entry.size, 1)
        return Stat(stat.S_IFDIR | self._modes.get(path, 0o755), 0, 2)

    def list(self, path: str) -> list[str]:
        """
        List the names in a directory, in the order in which the kernel would.

        Raises:
            MdevError: ENOENT, ENOTDIR or ELOOP.
        """
        with self.lock:
            return list(self._directory(path).names())

    def scan(self, path: str) -> tuple[tuple[str, int], ...]:
        """
        List the names in a directory, each with the type of its entry as in ``st_mode``.

        Raises:
            MdevError: ENOENT, ENOTDIR or ELOOP.
        """
        with self.lock:
            found = self._directory(path)
            known = getattr(found, "kind", _unknown)
            return tuple((name, known(name) or _kind(found.get(name))) for name in found.names())

    def readlink(self, path: str) -> str:
        """
        Return the target of a link.

        Raises:
            MdevError: EINVAL, it is not a link; ENOENT, ENOTDIR or ELOOP.
        """
        with self.lock:
            entry = self._find(path)
        if isinstance(entry, Link):
            return entry.target
        raise MdevError(errno.EINVAL, f"{path} is not a link")

    def open(self, path: str, *, reading: bool = False, writing: bool = False) -> OpenFile:
        """
        Open a file; truncating it would change nothing.

        Raises:
            MdevError: EACCES, its mode forbids this, also to root; EISDIR; ENOENT, ENOTDIR or
                ELOOP.

        Source: general knowledge, fs/kernfs/file.c kernfs_fop_open().
        """
        with self.lock:
            entry = self._find(path)
        if not isinstance(entry, File):
            number = errno.ELOOP if isinstance(entry, Link) else errno.EISDIR
            raise MdevError(number, f"{path} is not a file")
        mode = self._modes.get(path, entry.mode)
        if (reading and not mode & 0o444) or (writing and not mode & 0o222):
            raise MdevError(errno.EACCES, f"{path} has mode {mode:04o}")
        return OpenFile(self, path, entry)

    def chmod(self, path: str, mode: int) -> None:
        """
        Change the permissions of a file or directory, as long as it is there.

        Raises:
            MdevError: ENOENT, ENOTDIR or ELOOP; EOPNOTSUPP for a link.
        """
        with self.lock:
            if isinstance(self._find(path), Link):
                raise MdevError(errno.EOPNOTSUPP, f"{path} is a link")
            self._modes[path] = stat.S_IMODE(mode)

    def forget(self, path: str) -> None:
        """
        Note that a name goes, with all below: what chmod said is dropped.

        Whoever changes the model calls this for every name that leaves, the lock being held.
        """
        gone = [known for known in self._modes if f"{known}/".startswith(f"{path}/")]
        for known in gone:
            del self._modes[known]
        for function in self.on_gone:
            function(path)

    def mode(self, path: str, mode: int) -> int:
        """Return the permissions of a path: what chmod said, or else *mode*."""
        return self._modes.get(path, mode)

    def _directory(self, path: str) -> Directory:
        entry = self._find(path)
        if isinstance(entry, File | Link):
            raise MdevError(errno.ENOTDIR, f"{path} is not a directory")
        return entry

    def _find(self, path: str) -> Entry:
        """Walk to an entry. Most paths go straight."""
        here: Entry = self._root
        for part in path.split("/")[1:]:
            if isinstance(here, Link | File) or part in {"", ".", ".."}:
                return self._follow(path)
            found = here.get(part)
            if found is None:
                raise MdevError(errno.ENOENT, f"{path}: no such file or directory")
            here = found
        return here

    def _follow(self, path: str) -> Entry:
        """Walk by links and dots. Source: general knowledge, fs/namei.c link_path_walk()."""
        parts = deque(part for part in path.split("/") if part and part != ".")
        above: list[Directory] = []
        here: Entry = self._root
        n_links = 0
        wants_directory = path.endswith(("/", "/."))
        while parts:
            if isinstance(here, File | Link):
                raise MdevError(errno.ENOTDIR, f"{path}: not a directory")
            name = parts.popleft()
            if name == "..":
                here = above.pop() if above else here
                continue
            found = here.get(name)
            if found is None:
                raise MdevError(errno.ENOENT, f"{path}: no such file or directory")
            if isinstance(found, Link) and (parts or wants_directory):
                n_links += 1
                if n_links > _MAX_LINKS:
                    raise MdevError(errno.ELOOP, f"{path}: too many links")
                parts.extendleft(reversed(found.target.split("/")))
                continue
            above.append(here)
            here = found
        if wants_directory and isinstance(here, File):
            raise MdevError(errno.ENOTDIR, f"{path}: not a directory")
        return here


def _unknown(_name: str) -> None:
    """Stand for the method ``kind``, which a large directory has to spare the making of entries."""


def _kind(entry: Entry | None) -> int:
    if isinstance(entry, Link):
        return stat.S_IFLNK
    return stat.S_IFREG if isinstance(entry, File) else stat.S_IFDIR
