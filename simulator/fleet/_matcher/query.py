"""One source against a fleet. Source: ours."""

from simulator.fleet._matcher.boundary import (
    Buffer,
    CData,
    FleetHandle,
    check,
    check_row,
    checked,
    ffi,
    lib,
    take,
    words,
)
from simulator.fleet.words import VERDICT

__all__ = ["CoreQuery"]

# What is asked most, looked up once.
_again, _count, _rows = lib.mdm_query_again, lib.mdm_count, lib.mdm_rows
_new, _free = lib.mdm_query_new, lib.mdm_query_free
_BITS = ffi.typeof("uint8_t[]")
_SIZE = ffi.typeof("size_t *")
_N_VERDICTS = max(VERDICT.values()) + 1


class CoreQuery:
    """
    One question, answered for every class of the fleet.

    Every answer raises `RuntimeError` once the fleet has changed.
    """

    __slots__ = ("_counts", "_fleet", "_handle")

    def __init__(self, fleet: FleetHandle, text: Buffer, accepted_by: int, threads: int) -> None:
        self._fleet = fleet
        try:
            spare = fleet.spares.pop()
        except IndexError:
            spare = ffi.new("mdm_query **"), ffi.new("mdm_fault *")
        made, fault = spare
        try:
            # Bytes are handed over as they are.
            given = text if isinstance(text, bytes) else ffi.from_buffer(text)
            if status := _new(fleet.fleet, given, len(given), accepted_by, threads, made, fault):
                checked(status, fault)
            self._handle = fleet.own(made[0], _free)
        finally:
            fleet.spares.append(spare)
        # By verdict. Kept, as making one costs as much as the call.
        self._counts: list[CData] = [None] * _N_VERDICTS

    def again(self) -> None:
        """Judge again, after a change of the fleet or without one."""
        if status := _again(self._handle):
            check(status)

    def count(self, verdict: int) -> int:
        """Count the devices with this verdict."""
        counted = self._counts[verdict]
        if counted is None:
            # Threads that share it write the same.
            counted = self._counts[verdict] = take(_SIZE)
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
