"""
Who reads the kernel's requests: one thread, and another while that one waits.

Source: ours; calls of libfuse: general knowledge, lib/fuse_loop.c fuse_session_loop(),
include/fuse_lowlevel.h.
"""

import ctypes
import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock, Thread, current_thread

__all__ = ["Readers"]

_MOST_RESTING = 16
"""Helpers that are kept. Ours: with 4, four busy clients cost a third more, in new threads."""
_BUFFER_SIZE = 256
"""Bytes for a struct fuse_buf of any version of libfuse3; it grew at its end."""


class Readers:
    """
    The threads that read requests of one session.

    libfuse's own loop is the first of them. Whoever waits in an operation is away, and never is
    everybody: the last to go calls a helper. One too many rests after its next request, and ends
    if enough rest: malloc keeps for each thread what that has freed.

    Args:
        on_end: Called by a helper that finds the session at its end. The first reader may be away
            then, and has to come back for libfuse to end.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._library: ctypes.CDLL | None = None
        self._session: int | None = None
        self._lock = Lock()
        self._n_reading = 1
        self._n_resting = 0
        self._calls: SimpleQueue[bool] = SimpleQueue()
        self._helpers: list[Thread] = []

    def begin(self, library: ctypes.CDLL, session: int) -> None:
        """Take a session whose first reader runs."""
        self._library, self._session = library, session

    def end(self, timeout: float) -> None:
        """Wait until the helpers have left a session that is closed, *timeout* seconds each."""
        with self._lock:
            self._session = None
            helpers = tuple(self._helpers)
        for _ in helpers:
            self._calls.put(False)
        for helper in helpers:
            if helper is not current_thread():
                helper.join(timeout)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let others read while the caller, a reader, waits."""
        with self._lock:
            self._n_reading -= 1
            if not self._n_reading and self._session is not None:
                self._n_reading += 1
                self._call()
        try:
            yield
        finally:
            with self._lock:
                self._n_reading += 1

    def _call(self) -> None:
        """Wake a helper, or start one. The lock is held."""
        if self._n_resting:
            self._n_resting -= 1
            self._calls.put(True)
            return
        helper = Thread(target=self._help, name="fuse reader", daemon=True)
        self._helpers.append(helper)
        helper.start()

    def _help(self) -> None:
        buffer = ctypes.create_string_buffer(_BUFFER_SIZE)
        try:
            while self._answer(buffer):
                if self._stays():
                    continue
                if self._leaves():
                    return
                if not self._calls.get():
                    break
            self._on_end()
        finally:
            # struct fuse_buf: size_t size, int flags, void *mem, which libfuse has allocated.
            # Source: include/fuse_common.h.
            memory = ctypes.c_void_p.from_buffer(buffer, 2 * ctypes.sizeof(ctypes.c_size_t))
            ctypes.CDLL(None).free(memory)

    def _answer(self, buffer: "ctypes.Array[ctypes.c_char]") -> bool:
        """Read one request and answer it; say whether the session goes on."""
        library, session = self._library, self._session
        if library is None or session is None:
            return False
        got = library.fuse_session_receive_buf(session, buffer)
        if got > 0:
            library.fuse_session_process_buf(session, buffer)
        return got > 0 or got in {-errno.EINTR, -errno.EAGAIN}

    def _stays(self) -> bool:
        with self._lock:
            if self._n_reading == 1:
                return True
            self._n_reading -= 1
            return False

    def _leaves(self) -> bool:
        with self._lock:
            if self._n_resting < _MOST_RESTING or self._session is None:
                self._n_resting += 1
                return False
            self._helpers.remove(current_thread())
            return True
