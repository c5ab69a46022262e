"""
The one module that meets the C core: handles, buffers, and every status checked in one place.

Bytes in, numbers and buffers out; ``ffi``, ``lib`` and ``Any`` stop here. What the functions
promise is in ``csrc/mdm.h``, and its words are in `simulator.fleet.words`. Rows and descriptions
get their meaning in `simulator.fleet.fleet`.
"""

import ctypes
from array import array
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any, Self, TypeAlias

from simulator.fleet._mdm import ffi, lib
from simulator.fleet.words import (
    DIRECTION,
    LAYOUT,
    CoreAttribute,
    DataFault,
    MatcherFault,
    OtherSchemeFault,
    Size,
)

__all__ = ["Core", "CoreJoin", "CoreQuery", "CoreReader", "saved_label"]

_LAYOUTS = MappingProxyType({number: name for name, number in LAYOUT.items()})

_MAX_FAULTS = 256
_BYTES_A_DESCRIPTION = 1024
_BYTES_A_NAME = 4096
_PIECE = 1 << 20
_NO_ROW = "no device has this row"

# For what C fills as a whole.
_take = ffi.new_allocator(should_clear_after_alloc=False)

Buffer = bytes | bytearray | memoryview
CData: TypeAlias = Any
"""What cffi hands out."""


def _check(status: int, faults: Sequence[tuple[int, int]] = ()) -> None:
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


def _checked(status: int, fault: CData) -> None:
    """Raise what *status* stands for, with the one fault of a line."""
    if status != lib.MDM_OK:
        _check(status, ((fault.offset, fault.line),))


def _check_data(status: int, flaw: CData) -> None:
    """Raise what *status* stands for, with the flaw of data."""
    if status == lib.MDM_BAD_DATA:
        what, detail = ffi.string(flaw.what), ffi.string(flaw.detail)
        raise DataFault(what.decode(), int(flaw.offset), detail.decode("utf-8", "replace"))
    if status == lib.MDM_OTHER_SCHEME:
        raise OtherSchemeFault
    _check(status)


def _check_row(row: int) -> None:
    """Keep numbers that are no row at all from the C types."""
    if not 0 <= row <= 0xFFFFFFFF:
        raise IndexError(_NO_ROW)


class _Lease:
    """
    Frees a fleet after the last of its readers and queries.

    Python collects a group of dead objects in any order, so a reference does not order them.
    """

    __slots__ = ("_fleet", "_free", "_users")

    def __init__(self, fleet: CData) -> None:
        self._fleet = fleet
        # Kept here: at the end of the program the module may be gone first.
        self._free = lib.mdm_fleet_free
        self._users = 0

    def own(self, handle: CData, free: CData = None) -> CData:
        """Return *handle*; when nobody needs it, *free* releases it and the lease may end."""
        self._users += 1

        def release(pointer: CData) -> None:
            if free is not None:
                free(pointer)
            self._users -= 1
            if self._users == 0:
                self._free(self._fleet)

        return ffi.gc(handle, release)


def _rows(rows: Sequence[int] | memoryview) -> CData:
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


def _words(length: int) -> tuple[CData, memoryview]:
    """Take memory for *length* numbers of 32 bits, which the memoryview then owns."""
    # One more than asked for: memoryview.cast refuses an empty buffer.
    numbers = _take("uint32_t[]", length + 1)
    return numbers, memoryview(ffi.buffer(numbers)).cast("I")[:length]


def _scheme(attributes: Sequence[CoreAttribute]) -> tuple[CData, list[CData]]:
    """Return a scheme of *attributes*, and what must live as long."""
    scheme = ffi.new("mdm_scheme *")
    table = ffi.new("mdm_attribute[]", max(1, len(attributes)))
    kept = [ffi.from_buffer(attribute.name.encode("utf-8")) for attribute in attributes]
    for at, attribute, name in zip(table, attributes, kept, strict=False):
        at.name, at.name_len = name, len(name)
        at.kind, at.relation = attribute.kind, attribute.relation
        at.of, at.missing = attribute.of, attribute.missing
        at.required = attribute.required
    scheme.attributes, scheme.n_attributes = table, len(attributes)
    return scheme, [table, *kept]


def saved_label(data: Buffer) -> bytes:
    """
    Return the label of a saved fleet.

    Raises:
        DataFault: The bytes are none.
    """
    label, length = ffi.new("const char **"), ffi.new("size_t *")
    given, flaw = ffi.from_buffer(data), ffi.new("mdm_flaw *")
    _check_data(lib.mdm_saved_label(given, len(given), label, length, flaw), flaw)
    return bytes(ffi.buffer(label[0], length[0]))


class Core:
    """
    A fleet in C.

    Any number of threads may read it while none changes it; every call into C releases the GIL.

    Args:
        attributes: In the order of the scheme.
        accepted_by: Of `DIRECTION`.
        missing: Of `VERDICT`: the answer when the side that accepts publishes no list.
        unlisted: Of `VERDICT`.
        floor_division: ``{v}/2`` is rounded down instead of exact.
        keep_names: Names are kept, and not only checked.
        saved: The label and the bytes of a saved fleet.

    Raises:
        ValueError: The scheme does not make sense.
        DataFault: The bytes are no saved fleet.
        OtherSchemeFault: They were saved under another scheme.
        MemoryError: Out of memory.
    """

    __slots__ = ("__weakref__", "_handle", "_lease")

    def __init__(
        self,
        attributes: Sequence[CoreAttribute],
        accepted_by: int,
        missing: int,
        unlisted: int,
        *,
        floor_division: bool = False,
        keep_names: bool = True,
        saved: tuple[Buffer, Buffer] | None = None,
    ) -> None:
        scheme, _kept = _scheme(attributes)
        scheme.accepted_by, scheme.missing = accepted_by, missing
        scheme.unlisted, scheme.floor_division = unlisted, floor_division
        made, flaw = ffi.new("mdm_fleet **"), ffi.new("mdm_flaw *")
        if saved is None:
            _check(lib.mdm_fleet_new(scheme, keep_names, ffi.NULL, made))
        else:
            label, data = (ffi.from_buffer(given) for given in saved)
            status = lib.mdm_fleet_load(
                *(scheme, keep_names, ffi.NULL, label, len(label), data, len(data), made, flaw)
            )
            _check_data(status, flaw)
        self._lease = _Lease(made[0])
        self._handle = self._lease.own(made[0])

    def add(self, text: Buffer) -> int:
        """
        Add the device of one line.

        Returns:
            Its row.

        Raises:
            MatcherFault: The line is no description. Nothing has changed.
        """
        row, fault = ffi.new("uint32_t *"), ffi.new("mdm_fault *")
        given = ffi.from_buffer(text)
        _checked(lib.mdm_add(self._handle, given, len(given), row, fault), fault)
        return int(row[0])

    def replace(self, row: int, text: Buffer) -> None:
        """
        Give *row* the description and the name of one line.

        Raises:
            MatcherFault: The line is no description. Nothing has changed.
            IndexError: No device has this row.
        """
        _check_row(row)
        fault = ffi.new("mdm_fault *")
        given = ffi.from_buffer(text)
        _checked(lib.mdm_replace(self._handle, row, given, len(given), fault), fault)

    def remove(self, row: int) -> None:
        """
        Remove a device; a later one gets its row.

        Raises:
            IndexError: No device has this row.
        """
        _check_row(row)
        _check(lib.mdm_remove(self._handle, row))

    def remove_many(self, rows: Sequence[int] | memoryview) -> None:
        """
        Remove devices, all or none.

        Raises:
            IndexError: No device has one of the rows, or one comes twice.
        """
        numbers = _rows(rows)
        _check(lib.mdm_remove_many(self._handle, numbers, len(numbers)))

    def description(self, row: int) -> bytes:
        """
        Return the line of a device, without its end.

        Raises:
            IndexError: No device has this row.
        """
        _check_row(row)
        length = ffi.new("size_t *")
        capacity = _BYTES_A_DESCRIPTION
        while True:
            text = ffi.new("char[]", capacity)
            status = lib.mdm_description(self._handle, row, text, capacity, length)
            if status != lib.MDM_NO_SPACE:
                _check(status)
                return bytes(ffi.buffer(text, length[0]))
            capacity = length[0]

    def name(self, row: int) -> str:
        """
        Return the name of a device; empty when it has none.

        Raises:
            IndexError: No device has this row.
        """
        _check_row(row)
        name, length = ffi.new("char[]", _BYTES_A_NAME), ffi.new("size_t *")
        _check(lib.mdm_name(self._handle, row, name, _BYTES_A_NAME, length))
        return bytes(ffi.buffer(name, length[0])).decode("utf-8")

    def size(self) -> Size:
        """Return what the fleet holds and how much memory that takes."""
        size = ffi.new("mdm_size *")
        lib.mdm_fleet_size(self._handle, size)
        return Size(*(int(getattr(size, field)) for field in Size._fields))

    def row_count(self) -> int:
        """Return one more than the highest row that was ever used."""
        return int(lib.mdm_row_count(self._handle))

    def device_count(self) -> int:
        """Return how many rows are in use."""
        return int(lib.mdm_device_count(self._handle))

    def classes(self) -> memoryview:
        """Return for each row its class, format ``"I"``; 2**32 - 1 where there is no device."""
        n_rows = self.row_count()
        numbers, view = _words(n_rows)
        _check(lib.mdm_classes(self._handle, numbers, n_rows))
        return view

    def codes(self, attribute: int) -> memoryview:
        """Return for each class its code of *attribute*, format ``"I"``; 0 is absent."""
        n_classes = self.size().n_classes
        numbers, view = _words(n_classes)
        _check(lib.mdm_codes(self._handle, attribute, numbers, n_classes))
        return view

    def code_count(self, attribute: int) -> int:
        """Return how many codes *attribute* has, with 0 for absent."""
        return int(lib.mdm_code_count(self._handle, attribute))

    def saved(self, label: bytes) -> Iterator[bytes]:
        """
        Write the fleet in pieces, to be loaded with the same label.

        Raises:
            RuntimeError: The fleet has changed since the piece before.
            ValueError: A reader is open.
        """
        made = ffi.new("mdm_saver **")
        _check(lib.mdm_saver_new(self._handle, label, len(label), made))
        saver = self._lease.own(made[0], lib.mdm_saver_free)
        piece, length = _take("char[]", _PIECE), ffi.new("size_t *")
        while True:
            _check(lib.mdm_saver_next(saver, piece, _PIECE, length))
            if not length[0]:
                return
            yield bytes(ffi.buffer(piece, length[0]))

    def arrow_stream(self) -> object:
        """
        Return the devices as a PyCapsule of the Arrow stream interface.

        Raises:
            ValueError: A reader is open.
        """
        stream = ffi.new("void *[5]")
        _check(lib.mdm_fleet_export(self._handle, ffi.cast("struct ArrowArrayStream *", stream)))
        # By ctypes, which keeps the GIL and hands out the object.
        address = int(ffi.cast("uintptr_t", ffi.addressof(lib, "capsule_new")))
        make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p)(address)
        return make(int(ffi.cast("uintptr_t", stream)))

    def reader(self) -> "CoreReader":
        """Return a reader of many lines; use it as a context manager."""
        return CoreReader(self)

    @property
    def layout(self) -> str:
        """How the devices are kept: of `LAYOUT`, never ``auto``."""
        return _LAYOUTS[lib.mdm_fleet_layout(self._handle)]

    def lay_out(self, layout: str) -> None:
        """
        Keep the devices in classes, or flat, or again as the data suggest.

        Args:
            layout: Of `LAYOUT`.
        """
        _check(lib.mdm_fleet_lay_out(self._handle, LAYOUT[layout]))

    @property
    def path(self) -> str:
        """Which instructions scan the fleet; the words of ``mdm_path_text``."""
        path = lib.mdm_path_text(lib.mdm_fleet_path(self._handle))
        return str(ffi.string(path).decode("ascii"))

    def query(
        self, text: Buffer, accepted_by: int = DIRECTION[None], threads: int = 1
    ) -> "CoreQuery":
        """
        Ask where the device of one line can go.

        Args:
            text: The description of the source.
            accepted_by: Of `DIRECTION`; None there keeps the scheme's.
            threads: How many may judge a large fleet.

        Raises:
            MatcherFault: The line is no description.
        """
        return CoreQuery(self, text, accepted_by, threads)

    def join_lines(
        self, text: Buffer, accepted_by: int = DIRECTION[None], threads: int = 1
    ) -> "CoreJoin":
        """
        Ask where the device of each of many lines can go.

        Raises:
            MatcherFault: Lines are no descriptions; with one fault a line.
        """
        given = ffi.from_buffer(text)
        faults, count = ffi.new("mdm_fault[]", _MAX_FAULTS), ffi.new("size_t *")
        made = ffi.new("mdm_join **")
        status = lib.mdm_join_lines(
            self._handle, given, len(given), accepted_by, threads, made, faults, _MAX_FAULTS, count
        )
        found = count[0] if status == lib.MDM_BAD_TEXT else 0
        _check(status, [(fault.offset, fault.line) for fault in faults[0:found]])
        return CoreJoin(self, made[0], given)

    def join_rows(
        self, rows: Buffer, accepted_by: int = DIRECTION[None], threads: int = 1
    ) -> "CoreJoin":
        """
        Ask where the devices of some rows can go.

        Args:
            rows: Numbers of 32 bits.
            accepted_by: Of `DIRECTION`; None there keeps the scheme's.
            threads: How many may judge.

        Raises:
            IndexError: No device has one of the rows.
        """
        given = ffi.from_buffer("uint32_t[]", rows)
        made = ffi.new("mdm_join **")
        _check(lib.mdm_join_rows(self._handle, given, len(given), accepted_by, threads, made))
        return CoreJoin(self, made[0])

    def join_classes(self, accepted_by: int = DIRECTION[None], threads: int = 1) -> "CoreJoin":
        """Ask where a device of each class can go, in the order of the numbers of `classes`."""
        made = ffi.new("mdm_join **")
        _check(lib.mdm_join_classes(self._handle, accepted_by, threads, made))
        return CoreJoin(self, made[0])


class CoreReader:
    """
    Reads many lines into a fleet, all or none.

    Nothing is in the fleet until `commit`; leaving the context without it undoes everything.
    While a reader is open, its fleet cannot be changed otherwise.
    """

    __slots__ = ("_core", "_count", "_faults", "_handle")

    def __init__(self, core: Core) -> None:
        self._core = core
        made = ffi.new("mdm_reader **")
        _check(lib.mdm_reader_new(core._handle, made))  # noqa: SLF001
        self._handle = core._lease.own(made[0], lib.mdm_reader_free)  # noqa: SLF001
        self._faults = ffi.new("mdm_fault[]", _MAX_FAULTS)
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
            self._open(), given, len(given), self._faults, _MAX_FAULTS, self._count
        )
        if status != lib.MDM_OK:
            found = self._count[0] if status == lib.MDM_BAD_TEXT else 0
            _check(status, [(f.offset, f.line) for f in self._faults[0:found]])

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
        _check_data(lib.mdm_arrow_new(self._open(), *given, made, flaw), flaw)
        del capsules
        arrow = ffi.gc(made[0], lib.mdm_arrow_free)
        has_more = ffi.new("int *", 1)
        try:
            while has_more[0]:
                status = lib.mdm_arrow_next(arrow, self._count, has_more, flaw)
                _check_data(status, flaw)
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
        _check(lib.mdm_reader_commit(self._open(), row))
        self.close()
        return int(row[0])

    def replace(self, rows: Sequence[int] | memoryview) -> None:
        """
        Give the devices of *rows* what was read, instead of a commit.

        Raises:
            ValueError: As many rows were not read.
            IndexError: No device has one of the rows.
        """
        numbers = _rows(rows)
        if len(numbers) != self.count:
            raise ValueError(f"{self.count} descriptions for {len(numbers)} rows")
        _check(lib.mdm_reader_replace(self._open(), numbers, len(numbers)))
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


class CoreQuery:
    """
    One question, answered for every class of the fleet.

    Every answer raises `RuntimeError` once the fleet has changed.
    """

    __slots__ = ("_core", "_handle")

    def __init__(self, core: Core, text: Buffer, accepted_by: int, threads: int) -> None:
        self._core = core
        made, fault = ffi.new("mdm_query **"), ffi.new("mdm_fault *")
        given = ffi.from_buffer(text)
        handle = core._handle  # noqa: SLF001
        status = lib.mdm_query_new(handle, given, len(given), accepted_by, threads, made, fault)
        _checked(status, fault)
        self._handle = core._lease.own(made[0], lib.mdm_query_free)  # noqa: SLF001

    def again(self) -> None:
        """Judge again, after a change of the fleet or without one."""
        _check(lib.mdm_query_again(self._handle))

    def count(self, verdict: int) -> int:
        """Count the devices with this verdict."""
        out = ffi.new("size_t *")
        _check(lib.mdm_count(self._handle, verdict, out))
        return int(out[0])

    def rows(self, verdict: int) -> memoryview:
        """Return the rows with this verdict, ascending, format ``"I"``."""
        length = self.count(verdict)
        numbers, view = _words(length)
        _check(lib.mdm_rows(self._handle, verdict, numbers, length, ffi.new("size_t *")))
        return view

    def first(self, verdict: int, k: int) -> memoryview:
        """Return the *k* lowest rows with this verdict, ascending; fewer when there are."""
        length = min(k, self.count(verdict))
        numbers, view = _words(length)
        _check(lib.mdm_first(self._handle, verdict, numbers, length, ffi.new("size_t *")))
        return view

    def bitmap(self, verdict: int) -> memoryview:
        """Return one bit a row, the lowest bit first, format ``"B"``."""
        length = (self._core.row_count() + 7) // 8
        bits = _take("uint8_t[]", length + 1)
        _check(lib.mdm_bitmap(self._handle, verdict, bits, length))
        return memoryview(ffi.buffer(bits)).cast("B")[:length]

    def verdict_of(self, row: int) -> int:
        """
        Return the verdict of one device.

        Raises:
            IndexError: No device has this row.
        """
        _check_row(row)
        verdict = ffi.new("mdm_verdict *")
        _check(lib.mdm_verdict_of(self._handle, row, verdict))
        return int(verdict[0])


class CoreJoin:
    """
    Many questions, for one thread at a time.

    Every answer raises `RuntimeError` once the fleet has changed.
    """

    __slots__ = ("_core", "_handle", "_text")

    def __init__(self, core: Core, handle: CData, text: CData = None) -> None:
        self._core = core
        self._text = text  # which C borrows
        self._handle = core._lease.own(handle, lib.mdm_join_free)  # noqa: SLF001

    def __len__(self) -> int:
        return int(lib.mdm_join_len(self._handle))

    @property
    def width(self) -> int:
        """How many rows a target may have."""
        return self._core.row_count()

    def class_of_rows(self) -> memoryview:
        """Return `Core.classes`."""
        return self._core.classes()

    def count(self, steps: int) -> int:
        """Count for some sources, and return how many steps are left."""
        left = ffi.new("size_t *")
        _check(lib.mdm_join_count(self._handle, steps, left))
        return int(left[0])

    def counts(self, verdict: int) -> memoryview:
        """Return for each source how many devices have this verdict, format ``"I"``."""
        numbers, view = _words(len(self))
        _check(lib.mdm_join_counts(self._handle, verdict, numbers, len(self)))
        return view

    def judge(self, first: int, size: int) -> int:
        """
        Judge the sources from *first* on, whose verdicts take *size* bytes or are those of one.

        Returns:
            How many; what follows answers for them.
        """
        judged = ffi.new("size_t *")
        _check(lib.mdm_join_judge(self._handle, first, size, judged))
        return int(judged[0])

    def bitmaps(self, verdict: int, first: int, count: int) -> list[memoryview]:
        """Return for *count* sources one bit a row, as of `CoreQuery.bitmap`."""
        return self._bitmaps(lib.mdm_join_bitmaps, self._core.row_count(), (verdict, first, count))

    def class_bitmaps(self, verdict: int, first: int, count: int) -> list[memoryview]:
        """Return for *count* sources one bit a class, in the numbers of `Core.classes`."""
        return self._bitmaps(
            lib.mdm_join_class_bitmaps, self._core.size().n_classes, (verdict, first, count)
        )

    def _bitmaps(self, ask: CData, width: int, which: tuple[int, int, int]) -> list[memoryview]:
        length, count = (width + 7) // 8, which[2]
        bits = _take("uint8_t[]", count * length + 1)
        _check(ask(self._handle, *which, bits, count * length))
        view = memoryview(ffi.buffer(bits)).cast("B")
        return [view[at * length : (at + 1) * length] for at in range(count)]

    def firsts(self, verdict: int, first: int, count: int, most: int) -> list[memoryview]:
        """Return for *count* sources the *most* lowest rows, ascending, format ``"I"``."""
        most = min(most, self._core.row_count())
        numbers, view = _words(count * most)
        lengths, length_of = _words(count)
        _check(lib.mdm_join_firsts(self._handle, verdict, first, count, most, numbers, lengths))
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
        sources, source_of = _words(most)
        rows, row_of = _words(most)
        _check(lib.mdm_join_pairs(self._handle, verdict, at, sources, rows, most, count))
        return (at.source, at.row), source_of[: count[0]], row_of[: count[0]]
