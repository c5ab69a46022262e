"""Many lines and Arrow data on their way into a fleet. Source: ours."""

import ctypes
from collections.abc import Iterator, Sequence
from typing import Self

from simulator.fleet._matcher.boundary import (
    MAX_FAULTS,
    Buffer,
    CData,
    FleetHandle,
    check,
    check_data,
    ffi,
    lib,
    row_numbers,
)

__all__ = ["CoreReader"]


def _in_capsule(capsule: object, name: str) -> CData:
    """Return what a PyCapsule of the Arrow interface points to."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    return ffi.cast("void *", pointer(capsule, name.encode()))


def _arrow(data: object) -> tuple[tuple[CData, CData, CData], tuple[object, ...]]:
    """Return the stream, or the schema and the batch, of *data*, and the capsules with them."""
    if hasattr(data, "__arrow_c_stream__"):
        capsule = data.__arrow_c_stream__()
        return (_in_capsule(capsule, "arrow_array_stream"), ffi.NULL, ffi.NULL), (capsule,)
    if hasattr(data, "__arrow_c_array__"):
        schema, batch = data.__arrow_c_array__()
        given = _in_capsule(schema, "arrow_schema"), _in_capsule(batch, "arrow_array")
        return (ffi.NULL, *given), (schema, batch)
    raise TypeError(f"{type(data).__name__} gives no Arrow data")


class CoreReader:
    """
    Reads many lines into a fleet, all or none.

    Nothing is in the fleet until `commit`; leaving the context without it undoes everything.
    While a reader is open, its fleet cannot be changed otherwise.
    """

    __slots__ = ("_count", "_faults", "_handle")

    def __init__(self, fleet: FleetHandle) -> None:
        made = ffi.new("mdm_reader **")
        check(lib.mdm_reader_new(fleet.fleet, made))
        self._handle = fleet.own(made[0], lib.mdm_reader_free)
        self._faults = ffi.new("mdm_fault[]", MAX_FAULTS)
        self._count = ffi.new("size_t *")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def feed(self, text: Buffer) -> None:
        """
        Read whole lines; the last may lack its end.

        Raises:
            MatcherFault: With one fault a line. The reader may be fed on for more faults, and
                can no longer be committed.
        """
        given = ffi.from_buffer(text)
        status = lib.mdm_reader_feed(
            self._open(), given, len(given), self._faults, MAX_FAULTS, self._count
        )
        if status != lib.MDM_OK:
            found = self._count[0] if status == lib.MDM_BAD_TEXT else 0
            check(status, [(f.offset, f.line) for f in self._faults[0:found]])

    def take(self, data: object) -> Iterator[int]:
        """
        Read Arrow data, batch by batch.

        Args:
            data: An object of the Arrow PyCapsule interface: a stream or an array.

        Yields:
            The rows that were read so far.

        Raises:
            DataFault: The data cannot be read. The reader can no longer be committed.
            TypeError: These are no Arrow data.
        """
        given, capsules = _arrow(data)
        made, flaw = ffi.new("mdm_arrow **"), ffi.new("mdm_flaw *")
        check_data(lib.mdm_arrow_new(self._open(), *given, made, flaw), flaw)
        del capsules
        arrow = ffi.gc(made[0], lib.mdm_arrow_free)
        has_more = ffi.new("int *", 1)
        try:
            while has_more[0]:
                status = lib.mdm_arrow_next(arrow, self._count, has_more, flaw)
                check_data(status, flaw)
                yield int(self._count[0])
        finally:
            # Before the reader, which may be closed next.
            ffi.release(arrow)

    @property
    def count(self) -> int:
        """The descriptions that were read so far."""
        return int(lib.mdm_reader_count(self._open()))

    def commit(self) -> int:
        """
        Put everything into the fleet.

        Returns:
            The first of the new rows, which are consecutive.
        """
        row = ffi.new("uint32_t *")
        check(lib.mdm_reader_commit(self._open(), row))
        self.close()
        return int(row[0])

    def replace(self, rows: Sequence[int] | memoryview) -> None:
        """
        Give the devices of *rows* what was read, instead of a commit.

        Raises:
            ValueError: As many rows were not read.
            IndexError: No device has one of the rows.
        """
        numbers = row_numbers(rows)
        if len(numbers) != self.count:
            raise ValueError(f"{self.count} descriptions for {len(numbers)} rows")
        check(lib.mdm_reader_replace(self._open(), numbers, len(numbers)))
        self.close()

    def close(self) -> None:
        """Free the reader; without a commit, the fleet is as it was."""
        if self._handle is not None:
            ffi.release(self._handle)
            self._handle = None

    def _open(self) -> CData:
        if self._handle is None:
            raise ValueError("the reader is closed")
        return self._handle
