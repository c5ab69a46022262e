"""
Where Python meets the C core: the extension, statuses, memory, and the life of a fleet.

``ffi`` and ``lib`` come from here. Source: ours.
"""

from array import array
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from simulator.fleet._mdm import ffi, lib
from simulator.fleet.words import DataFault, MatcherFault, OtherSchemeFault, Size

__all__ = [
    "MAX_FAULTS",
    "Buffer",
    "CData",
    "FleetHandle",
    "check",
    "check_data",
    "check_row",
    "checked",
    "ffi",
    "lib",
    "row_numbers",
    "take",
    "words",
]

MAX_FAULTS = 256
_NO_ROW = "no device has this row"

take = ffi.new_allocator(should_clear_after_alloc=False)
"""Takes memory that C fills as a whole."""

_NUMBERS = ffi.typeof("uint32_t[]")

Buffer = bytes | bytearray | memoryview
CData: TypeAlias = Any
"""What cffi hands out."""


def check(status: int, faults: Sequence[tuple[int, int]] = ()) -> None:
    """Raise what *status* stands for."""
    if status == lib.MDM_OK:
        return
    text = ffi.string(lib.mdm_status_text(status)).decode("ascii")
    if status == lib.MDM_BAD_TEXT:
        raise MatcherFault(faults)
    kinds: dict[int, type[Exception]] = {
        lib.MDM_NO_MEMORY: MemoryError,
        lib.MDM_NO_ROW: IndexError,
        lib.MDM_TOO_MANY: OverflowError,
        lib.MDM_STALE: RuntimeError,
        lib.MDM_BAD_ARGUMENT: ValueError,
    }
    if status == lib.MDM_STALE:
        text = "the fleet changed; ask again"
    raise kinds.get(status, RuntimeError)(text)


def checked(status: int, fault: CData) -> None:
    """Raise what *status* stands for, with the one fault of a line."""
    if status != lib.MDM_OK:
        check(status, ((fault.offset, fault.line),))


def check_data(status: int, flaw: CData) -> None:
    """Raise what *status* stands for, with the flaw of data."""
    if status == lib.MDM_BAD_DATA:
        what, detail = ffi.string(flaw.what), ffi.string(flaw.detail)
        raise DataFault(what.decode(), int(flaw.offset), detail.decode("utf-8", "replace"))
    if status == lib.MDM_OTHER_SCHEME:
        raise OtherSchemeFault
    check(status)


def check_row(row: int) -> None:
    """Keep numbers that are no row at all from the C types."""
    if not 0 <= row <= 0xFFFFFFFF:
        raise IndexError(_NO_ROW)


def _release(
    free: CData, users: list[int], free_fleet: CData, fleet: CData
) -> Callable[[CData], None]:
    def release(pointer: CData) -> None:
        if free is not None:
            free(pointer)
        users[0] -= 1
        if users[0] == 0:
            free_fleet(fleet)

    return release


class FleetHandle:
    """
    A fleet in C, freed after the last of its users: the `Core`, readers, queries, joins.

    Python collects a group of dead objects in any order, so a reference does not order them.

    Attributes:
        fleet: The pointer, good while one of the handles that `own` returned is kept.
        spares: Where C writes a query and a fault, for the next who asks; one a question at once.
    """

    __slots__ = ("_free", "_releases", "_users", "fleet", "spares")

    def __init__(self, fleet: CData) -> None:
        self.fleet = fleet
        # Kept here: at the end of the program the module may be gone first.
        self._free = lib.mdm_fleet_free
        self._users = [0]
        # One for each kind of handle, as making one takes a while. None of them knows this object.
        self._releases: dict[CData, Callable[[CData], None]] = {}
        self.spares: list[tuple[CData, CData]] = []

    def own(self, handle: CData, free: CData = None) -> CData:
        """Return *handle*; when nobody needs it, *free* releases it, and the last one the fleet."""
        release = self._releases.get(free)
        if release is None:
            release = self._releases[free] = _release(free, self._users, self._free, self.fleet)
        self._users[0] += 1
        return ffi.gc(handle, release)

    def row_count(self) -> int:
        """Return one more than the highest row that was ever used."""
        return int(lib.mdm_row_count(self.fleet))

    def size(self) -> Size:
        """Return what the fleet holds and how much memory that takes."""
        size = ffi.new("mdm_size *")
        lib.mdm_fleet_size(self.fleet, size)
        return Size(*(int(getattr(size, field)) for field in Size._fields))

    def classes(self) -> memoryview:
        """Return for each row its class, format ``"I"``; 2**32 - 1 where there is no device."""
        n_rows = self.row_count()
        numbers, view = words(n_rows)
        check(lib.mdm_classes(self.fleet, numbers, n_rows))
        return view


def row_numbers(rows: Sequence[int] | memoryview) -> CData:
    """Return row numbers as C has them: a buffer of format ``"I"`` as it is, others copied."""
    try:
        given = memoryview(rows)  # type: ignore[arg-type]
    except TypeError:
        given = memoryview(b"")
    if given.format == "I" and given.ndim == 1 and given.contiguous:
        return ffi.from_buffer("uint32_t[]", given)
    try:
        return ffi.from_buffer("uint32_t[]", array("I", rows))
    except OverflowError:
        raise IndexError(_NO_ROW) from None


def words(length: int) -> tuple[CData, memoryview]:
    """Take memory for *length* numbers of 32 bits, which the memoryview then owns."""
    if not length:
        # memoryview.cast refuses an empty buffer.
        return ffi.NULL, memoryview(array("I"))
    memory = bytearray(4 * length)
    return ffi.from_buffer(_NUMBERS, memory), memoryview(memory).cast("I")
