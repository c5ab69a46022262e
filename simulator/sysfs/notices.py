"""
What follows a change, one after the other: names are taken back from the kernel, events sent.

Source: ours.
"""

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import Lock

__all__ = ["Notices"]


class Notices:
    """
    A queue of work that whoever has changed the model does before it answers.

    It is filled while the lock of the tree is held, so the order is that of the changes, and
    emptied without that lock.

    Args:
        complain: Called with what a piece of work raises.
    """

    def __init__(self, complain: Callable[[OSError], None]) -> None:
        self._complain = complain
        self._queue: deque[tuple[Callable[[], object], bool]] = deque()
        self._turn = Lock()

    def put(self, work: Callable[[], object], *, asks: bool = False) -> None:
        """
        Add a piece of work. The lock of the tree is held.

        Args:
            work: What is to be done.
            asks: Whether it may need an answer from the file system.
        """
        self._queue.append((work, asks))

    def settle(self, away: Callable[[], AbstractContextManager[object]] = nullcontext) -> None:
        """
        Do what has been put, or wait until another has done it.

        Args:
            away: Held while the file system has to be answered by others.
        """
        if not self._queue and not self._turn.locked():
            return
        if self._turn.acquire(blocking=False):
            try:
                self._work(is_away=False)
            finally:
                self._turn.release()
            if not self._queue:
                return
        with away(), self._turn:
            self._work(is_away=True)

    def _work(self, *, is_away: bool) -> None:
        while self._queue:
            work, asks = self._queue[0]
            if asks and not is_away:
                return
            self._queue.popleft()
            try:
                work()
            except OSError as error:
                self._complain(error)
