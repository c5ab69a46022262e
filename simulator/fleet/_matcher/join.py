"""Many sources against a fleet. Source: ours."""

from simulator.fleet._matcher.boundary import CData, FleetHandle, check, ffi, lib, take, words

__all__ = ["CoreJoin"]


class CoreJoin:
    """
    Many questions, for one thread at a time.

    Every answer raises `RuntimeError` once the fleet has changed.
    """

    __slots__ = ("_fleet", "_handle", "_text")

    def __init__(self, fleet: FleetHandle, handle: CData, text: CData = None) -> None:
        self._fleet = fleet
        self._text = text  # which C borrows
        self._handle = fleet.own(handle, lib.mdm_join_free)

    def __len__(self) -> int:
        return int(lib.mdm_join_len(self._handle))

    @property
    def width(self) -> int:
        """How many rows a target may have."""
        return self._fleet.row_count()

    def class_of_rows(self) -> memoryview:
        """Return `Core.classes`."""
        return self._fleet.classes()

    def count(self, steps: int) -> int:
        """Count for some sources, and return how many steps are left."""
        left = ffi.new("size_t *")
        check(lib.mdm_join_count(self._handle, steps, left))
        return int(left[0])

    def counts(self, verdict: int) -> memoryview:
        """Return for each source how many devices have this verdict, format ``"I"``."""
        numbers, view = words(len(self))
        check(lib.mdm_join_counts(self._handle, verdict, numbers, len(self)))
        return view

    def judge(self, first: int, size: int) -> int:
        """
        Judge the sources from *first* on, whose verdicts take *size* bytes or are those of one.

        Returns:
            How many; what follows answers for them.
        """
        judged = ffi.new("size_t *")
        check(lib.mdm_join_judge(self._handle, first, size, judged))
        return int(judged[0])

    def bitmaps(self, verdict: int, first: int, count: int) -> list[memoryview]:
        """Return for *count* sources one bit a row, as of `CoreQuery.bitmap`."""
        return self._bitmaps(lib.mdm_join_bitmaps, self._fleet.row_count(), (verdict, first, count))

    def class_bitmaps(self, verdict: int, first: int, count: int) -> list[memoryview]:
        """Return for *count* sources one bit a class, in the numbers of `Core.classes`."""
        return self._bitmaps(
            lib.mdm_join_class_bitmaps, self._fleet.size().n_classes, (verdict, first, count)
        )

    def _bitmaps(self, ask: CData, width: int, which: tuple[int, int, int]) -> list[memoryview]:
        length, count = (width + 7) // 8, which[2]
        bits = take("uint8_t[]", count * length + 1)
        check(ask(self._handle, *which, bits, count * length))
        view = memoryview(ffi.buffer(bits)).cast("B")
        return [view[at * length : (at + 1) * length] for at in range(count)]

    def firsts(self, verdict: int, first: int, count: int, most: int) -> list[memoryview]:
        """Return for *count* sources the *most* lowest rows, ascending, format ``"I"``."""
        most = min(most, self._fleet.row_count())
        numbers, view = words(count * most)
        lengths, length_of = words(count)
        check(lib.mdm_join_firsts(self._handle, verdict, first, count, most, numbers, lengths))
        return [view[at * most : at * most + length] for at, length in enumerate(length_of)]

    def pairs(
        self, verdict: int, place: tuple[int, int], most: int
    ) -> tuple[tuple[int, int], memoryview, memoryview]:
        """
        Return the next pairs of the sources that were judged, at most *most*.

        Args:
            verdict: Of the pairs.
            place: A source and a row of it; (source, 0) to begin.
            most: At least 1.

        Returns:
            Where to go on; the sources; the rows, format ``"I"`` both.
        """
        at, count = ffi.new("mdm_place *", place), ffi.new("size_t *")
        sources, source_of = words(most)
        rows, row_of = words(most)
        check(lib.mdm_join_pairs(self._handle, verdict, at, sources, rows, most, count))
        return (at.source, at.row), source_of[: count[0]], row_of[: count[0]]
