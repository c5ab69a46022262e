"""The threads that read requests: never none, and not for ever as many as there once were."""

import time
from queue import SimpleQueue
from threading import Event, Semaphore, Thread, active_count

import pytest

from simulator.sysfs.readers import Readers

BURST = 40
KEPT = 17
"""Helpers that are left of a burst at most: 16 that rest, and one that reads."""
PATIENCE = 20.0


class Session:
    """What libfuse is to the readers: requests are callables, and None ends it."""

    def __init__(self):
        self.requests = SimpleQueue()
        self.ended = []
        self._taken = {}
        self.readers = Readers(lambda: self.ended.append(True))
        self.readers.begin(self, 1)
        self.first = Thread(target=self._serve, daemon=True)
        self.first.start()

    def _serve(self):
        while self.fuse_session_receive_buf(1, self) > 0:
            self.fuse_session_process_buf(1, self)

    def fuse_session_receive_buf(self, _session, buffer):
        """Take a request for whoever has this buffer."""
        request = self.requests.get()
        self._taken[id(buffer)] = request
        return 0 if request is None else 1

    def fuse_session_process_buf(self, _session, buffer):
        """Answer it."""
        self._taken[id(buffer)]()

    def burst(self):
        """Let so many requests wait at once that only helpers can answer the last."""
        gate, waiting = Event(), Semaphore(0)

        def wait():
            with self.readers.away():
                waiting.release()
                assert gate.wait(PATIENCE)

        for _ in range(BURST):
            self.requests.put(wait)
        for _ in range(BURST):
            assert waiting.acquire(timeout=PATIENCE)
        gate.set()

    def answer(self):
        """Have one request answered that does not wait."""
        done = Event()
        self.requests.put(done.set)
        assert done.wait(PATIENCE)

    def close(self):
        """End: each that reads hears of it, and those that rest are told."""
        for _ in range(2 * BURST):
            self.requests.put(None)
        self.readers.end(PATIENCE)
        self.first.join(PATIENCE)


@pytest.fixture
def session():
    """A session that ends with the test."""
    one = Session()
    yield one
    one.close()
    assert not one.first.is_alive()


def test_a_burst_leaves_few(session):
    """When many have waited at once, most of their readers end, and the session goes on."""
    before = active_count()
    for _ in range(3):
        session.burst()
        assert active_count() > before + KEPT
        end = time.monotonic() + PATIENCE
        while active_count() > before + KEPT:
            session.answer()
            assert time.monotonic() < end
        session.answer()
    assert not session.ended


def test_all_end_with_the_session(session):
    """Helpers that read, and those that rest, end when the session does."""
    before = active_count() - 1
    session.burst()
    session.answer()
    session.close()
    assert active_count() == before
    assert session.ended
