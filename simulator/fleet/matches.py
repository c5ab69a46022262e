"""
The targets of many sources, which are asked for together.

Source: ours.
"""

from collections.abc import Callable, Iterator
from types import MappingProxyType

from simulator.compat.scheme import Outcome
from simulator.fleet._matcher import CoreJoin
from simulator.fleet.words import VERDICT

__all__ = ["FleetMatrix", "Matches"]

_STEPS = 64
"""Steps of counting between two calls of a progress function."""

_NUMBER = 4
"""Bytes of a row."""

MEMORY = 1 << 27
"""Bytes that answers may take at a time, where the caller does not say."""

_VERDICTS = MappingProxyType({outcome: VERDICT[str(outcome)] for outcome in Outcome})


class Matches:
    """
    The targets of many sources, as the fleet was when they were asked for.

    Equal sources are answered once. One thread at a time may use it; after a change of the fleet
    every question raises RuntimeError.
    """

    def __init__(self, join: CoreJoin, progress: Callable[[int], None] | None = None) -> None:
        self._join = join
        self._progress = progress
        self._is_counted = False
        self._part = (0, -1)
        self._judged = 0

    def __len__(self) -> int:
        """Return how many sources there are, equal ones each."""
        return len(self._join)

    @property
    def counts(self) -> memoryview:
        """For each source how many targets are compatible, format ``"I"``."""
        return self.count_of(Outcome.COMPATIBLE)

    @property
    def undecided(self) -> memoryview:
        """For each source for how many targets the scheme does not say, format ``"I"``."""
        return self.count_of(Outcome.UNDECIDED)

    def count_of(self, outcome: Outcome) -> memoryview:
        """Return for each source how many devices have this outcome, format ``"I"``."""
        if not self._is_counted:
            self._count()
        return self._join.counts(_VERDICTS[outcome])

    def _count(self) -> None:
        total = left = self._join.count(0)
        while left:
            left = self._join.count(left if self._progress is None else _STEPS)
            if self._progress is not None:
                self._progress(len(self) * (total - left) // total)
        self._is_counted = True

    def bitmaps(
        self, outcome: Outcome = Outcome.COMPATIBLE, *, memory: int = MEMORY
    ) -> Iterator[memoryview]:
        """
        Yield for each source one bit a row, the lowest bit of the first byte for row 0.

        Args:
            outcome: The devices whose bits are set.
            memory: Bytes that verdicts and bitmaps may take at a time, together; one source has
                what it needs in any case.

        Yields:
            Format ``"B"``; for NumPy, ``unpackbits`` with ``bitorder="little"``.
        """
        ask = self._join.bitmaps
        return self._each(lambda *which: ask(_VERDICTS[outcome], *which), self._join.width, memory)

    def first(
        self, most: int, outcome: Outcome = Outcome.COMPATIBLE, *, memory: int = MEMORY
    ) -> Iterator[memoryview]:
        """
        Yield for each source the lowest rows with this outcome, at most *most*.

        Yields:
            Ascending row numbers, format ``"I"``.
        """
        ask = self._join.firsts
        return self._each(
            lambda first, count: ask(_VERDICTS[outcome], first, count, most),
            min(most, self._join.width) * _NUMBER * 8,
            memory,
        )

    def pairs(
        self, outcome: Outcome = Outcome.COMPATIBLE, *, memory: int = MEMORY
    ) -> Iterator[tuple[memoryview, memoryview]]:
        """
        Yield all pairs of a source and a row with this outcome.

        Args:
            outcome: Of the pairs.
            memory: Bytes that verdicts and pairs may take at a time, together.

        Yields:
            The sources, by their place among those given, and the rows: format ``"I"`` both, of
            equal length, ascending by source and then by row.
        """
        most = max(1, memory // 2 // (2 * _NUMBER))
        first = 0
        while first < len(self):
            place, stop = (first, 0), first + self._judge(first, memory // 2)
            while place[0] < stop:
                self._judge(first, memory // 2)
                place, *block = self._join.pairs(_VERDICTS[outcome], place, most)
                if len(block[0]):
                    yield block[0], block[1]
            first = stop

    def _judge(self, first: int, memory: int) -> int:
        """Have the sources from *first* on judged; other answers may have asked for others."""
        if self._part != (first, memory):
            self._part = (0, -1)
            self._judged = self._join.judge(first, memory)
            self._part = (first, memory)
        return self._judged

    def _each(
        self, ask: Callable[[int, int], list[memoryview]], bits: int, memory: int
    ) -> Iterator[memoryview]:
        """Yield what *ask* gives for each source, of so many *bits*."""
        at_once = max(1, memory // 2 // (bits // 8 + 1))
        first = 0
        while first < len(self):
            stop = first + self._judge(first, memory // 2)
            for start in range(first, stop, at_once):
                self._judge(first, memory // 2)
                yield from ask(start, min(at_once, stop - start))
            first = stop


class FleetMatrix(Matches):
    """
    All of a fleet against itself: the sources are its classes, one device for each.

    Source *i* is the class that `class_of_rows` numbers *i*.
    """

    @property
    def class_of_rows(self) -> memoryview:
        """For each row the number of its class, format ``"I"``; 2**32 - 1 for no device."""
        return self._join.class_of_rows()

    def class_bitmaps(
        self, outcome: Outcome = Outcome.COMPATIBLE, *, memory: int = MEMORY
    ) -> Iterator[memoryview]:
        """
        Yield for each class one bit a class that it can go to, lowest bit first; format ``"B"``.

        Args:
            outcome: The classes whose bits are set.
            memory: As of `bitmaps`.
        """
        ask = self._join.class_bitmaps
        return self._each(lambda *which: ask(_VERDICTS[outcome], *which), len(self), memory)
