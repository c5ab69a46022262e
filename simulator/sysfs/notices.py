"""What follows a change, one after the other: names are taken back from the kernel, events sent."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread

__all__ = ["Notices"]


class Notices:
    """
    A queue of work with a thread of its own.

    Whoever changes the model puts work here while it holds the lock of the tree, so the order is
    that of the changes. The thread itself never takes that lock.

    Args:
        complain: Called in the thread with what a piece of work raises.
    """

    def __init__(self, complain: Callable[[OSError], None]) -> None:
        self._complain = complain
        self._queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._n_put = 0
        self._n_done = 0
        self._thread = Thread(target=self._run, name="notices", daemon=True)
        self._thread.start()

    def put(self, work: Callable[[], object]) -> None:
        """Add a piece of work. The lock of the tree is held."""
        self._n_put += 1
        self._queue.put(work)

    def settle(self, timeout: float) -> bool:
        """
        Wait until what has been put before is done.

        Args:
            timeout: Seconds at most.

        Returns:
            Whether it is done.
        """
        if self._n_done >= self._n_put:
            return True
        reached = Event()
        self._queue.put(reached.set)
        return reached.wait(timeout)

    def close(self, timeout: float) -> None:
        """Do what is left, and end the thread, in *timeout* seconds at most."""
        self._queue.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            try:
                work()
            except OSError as error:
                self._complain(error)
            if not isinstance(getattr(work, "__self__", None), Event):
                self._n_done += 1
