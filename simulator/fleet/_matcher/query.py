"""One source against a fleet. Source: ours."""

from simulator.fleet._matcher.boundary import (
    Buffer,
    FleetHandle,
    check,
    check_row,
    checked,
    ffi,
    lib,
    words,
)
from simulator.fleet.words import VERDICT

__all__ = ["CoreQuery"]

# What is asked most, looked up once.
_again, _count, _rows = lib.mdm_query_again, lib.mdm_count, lib.mdm_rows
_BITS = ffi.typeof("uint8_t[]")


class CoreQuery:
    """
    One question, answered for every class of the fleet.

    Every answer raises `RuntimeError` once the fleet has changed.
    """

    __slots__ = ("_counts", "_fleet", "_handle")

    def __init__(self, fleet: FleetHandle, text: Buffer, accepted_by: int, threads: int) -> None:
        self._fleet = fleet
        made, fault = ffi.new("mdm_query **"), ffi.new("mdm_fault *")
        given = ffi.from_buffer(text)
        status = lib.mdm_query_new(
            fleet.fleet, given, len(given), accepted_by, threads, made, fault
        )
        checked(status, fault)
        self._handle = fleet.own(made[0], lib.mdm_query_free)
        # Kept, as making one costs as much as the call. Threads that share it write the same.
        self._counts = {verdict: ffi.new("size_t *") for verdict in VERDICT.values()}

    def again(self) -> None:
        """Judge again, after a change of the fleet or without one."""
        if status := _again(self._handle):
            check(status)

    def count(self, verdict: int) -> int:
        """Count the devices with this verdict."""
        counted = self._counts[verdict]
        if status := _count(self._handle, verdict, counted):
            check(status)
        return counted[0]

    def rows(self, verdict: int) -> memoryview:
        """Return the rows with this verdict, ascending, format ``"I"``."""
        length = self.count(verdict)
        numbers, view = words(length)
        if status := _rows(self._handle, verdict, numbers, length, self._counts[verdict]):
            check(status)
        return view

    def first(self, verdict: int, k: int) -> memoryview:
        """Return the *k* lowest rows with this verdict, ascending; fewer when there are."""
        length = min(k, int(lib.mdm_device_count(self._fleet.fleet)))
        numbers, view = words(length)
        found = ffi.new("size_t *")
        check(lib.mdm_first(self._handle, verdict, numbers, length, found))
        return view[: found[0]]

    def bitmap(self, verdict: int) -> memoryview:
        """Return one bit a row, the lowest bit first, format ``"B"``."""
        length = (self._fleet.row_count() + 7) // 8
        bits = bytearray(length)
        check(lib.mdm_bitmap(self._handle, verdict, ffi.from_buffer(_BITS, bits), length))
        return memoryview(bits)

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
