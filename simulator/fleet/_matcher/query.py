"""One source against a fleet. Source: ours."""

from simulator.fleet._matcher.boundary import (
    Buffer,
    FleetHandle,
    check,
    check_row,
    checked,
    ffi,
    lib,
    take,
    words,
)

__all__ = ["CoreQuery"]


class CoreQuery:
    """
    One question, answered for every class of the fleet.

    Every answer raises `RuntimeError` once the fleet has changed.
    """

    __slots__ = ("_fleet", "_handle")

    def __init__(self, fleet: FleetHandle, text: Buffer, accepted_by: int, threads: int) -> None:
        self._fleet = fleet
        made, fault = ffi.new("mdm_query **"), ffi.new("mdm_fault *")
        given = ffi.from_buffer(text)
        status = lib.mdm_query_new(
            fleet.fleet, given, len(given), accepted_by, threads, made, fault
        )
        checked(status, fault)
        self._handle = fleet.own(made[0], lib.mdm_query_free)

    def again(self) -> None:
        """Judge again, after a change of the fleet or without one."""
        check(lib.mdm_query_again(self._handle))

    def count(self, verdict: int) -> int:
        """Count the devices with this verdict."""
        out = ffi.new("size_t *")
        check(lib.mdm_count(self._handle, verdict, out))
        return int(out[0])

    def rows(self, verdict: int) -> memoryview:
        """Return the rows with this verdict, ascending, format ``"I"``."""
        length = self.count(verdict)
        numbers, view = words(length)
        check(lib.mdm_rows(self._handle, verdict, numbers, length, ffi.new("size_t *")))
        return view

    def first(self, verdict: int, k: int) -> memoryview:
        """Return the *k* lowest rows with this verdict, ascending; fewer when there are."""
        length = min(k, self.count(verdict))
        numbers, view = words(length)
        check(lib.mdm_first(self._handle, verdict, numbers, length, ffi.new("size_t *")))
        return view

    def bitmap(self, verdict: int) -> memoryview:
        """Return one bit a row, the lowest bit first, format ``"B"``."""
        length = (self._fleet.row_count() + 7) // 8
        bits = take("uint8_t[]", length + 1)
        check(lib.mdm_bitmap(self._handle, verdict, bits, length))
        return memoryview(ffi.buffer(bits)).cast("B")[:length]

    def verdict_of(self, row: int) -> int:
        """
        Return the verdict of one device.

        Raises:
            IndexError: No device has this row.
        """
        check_row(row)
        verdict = ffi.new("mdm_verdict *")
        check(lib.mdm_verdict_of(self._handle, row, verdict))
        return int(verdict[0])
