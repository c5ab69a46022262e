"""A fleet in C: devices in, changed and out, and the questions about them. Source: ours."""

import ctypes
from collections.abc import Iterator, Sequence
from types import MappingProxyType

from simulator.fleet._matcher.boundary import (
    MAX_FAULTS,
    Buffer,
    CData,
    FleetHandle,
    check,
    check_data,
    check_row,
    checked,
    ffi,
    lib,
    row_numbers,
    take,
    words,
)
from simulator.fleet._matcher.join import CoreJoin
from simulator.fleet._matcher.query import CoreQuery
from simulator.fleet._matcher.reader import CoreReader
from simulator.fleet.words import DIRECTION, LAYOUT, CoreAttribute, Size

__all__ = ["Core", "saved_label"]

_LAYOUTS = MappingProxyType({number: name for name, number in LAYOUT.items()})

_BYTES_A_DESCRIPTION = 1024
_BYTES_A_NAME = 4096
_PIECE = 1 << 20


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
    check_data(lib.mdm_saved_label(given, len(given), label, length, flaw), flaw)
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

    __slots__ = ("__weakref__", "_fleet", "_handle")

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
            check(lib.mdm_fleet_new(scheme, keep_names, ffi.NULL, made))
        else:
            label, data = (ffi.from_buffer(given) for given in saved)
            status = lib.mdm_fleet_load(
                *(scheme, keep_names, ffi.NULL, label, len(label), data, len(data), made, flaw)
            )
            check_data(status, flaw)
        self._fleet = FleetHandle(made[0])
        self._handle = self._fleet.own(made[0])

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
        checked(lib.mdm_add(self._handle, given, len(given), row, fault), fault)
        return int(row[0])

    def replace(self, row: int, text: Buffer) -> None:
        """
        Give *row* the description and the name of one line.

        Raises:
            MatcherFault: The line is no description. Nothing has changed.
            IndexError: No device has this row.
        """
        check_row(row)
        fault = ffi.new("mdm_fault *")
        given = ffi.from_buffer(text)
        checked(lib.mdm_replace(self._handle, row, given, len(given), fault), fault)

    def remove(self, row: int) -> None:
        """
        Remove a device; a later one gets its row.

        Raises:
            IndexError: No device has this row.
        """
        check_row(row)
        check(lib.mdm_remove(self._handle, row))

    def remove_many(self, rows: Sequence[int] | memoryview) -> None:
        """
        Remove devices, all or none.

        Raises:
            IndexError: No device has one of the rows, or one comes twice.
        """
        numbers = row_numbers(rows)
        check(lib.mdm_remove_many(self._handle, numbers, len(numbers)))

    def description(self, row: int) -> bytes:
        """
        Return the line of a device, without its end.

        Raises:
            IndexError: No device has this row.
        """
        check_row(row)
        length = ffi.new("size_t *")
        capacity = _BYTES_A_DESCRIPTION
        while True:
            text = ffi.new("char[]", capacity)
            status = lib.mdm_description(self._handle, row, text, capacity, length)
            if status != lib.MDM_NO_SPACE:
                check(status)
                return bytes(ffi.buffer(text, length[0]))
            capacity = length[0]

    def name(self, row: int) -> str:
        """
        Return the name of a device; empty when it has none.

        Raises:
            IndexError: No device has this row.
        """
        check_row(row)
        name, length = ffi.new("char[]", _BYTES_A_NAME), ffi.new("size_t *")
        check(lib.mdm_name(self._handle, row, name, _BYTES_A_NAME, length))
        return bytes(ffi.buffer(name, length[0])).decode("utf-8")

    def size(self) -> Size:
        """Return what the fleet holds and how much memory that takes."""
        return self._fleet.size()

    def row_count(self) -> int:
        """Return one more than the highest row that was ever used."""
        return self._fleet.row_count()

    def device_count(self) -> int:
        """Return how many rows are in use."""
        return int(lib.mdm_device_count(self._handle))

    def classes(self) -> memoryview:
        """Return for each row its class, format ``"I"``; 2**32 - 1 where there is no device."""
        return self._fleet.classes()

    def codes(self, attribute: int) -> memoryview:
        """Return for each class its code of *attribute*, format ``"I"``; 0 is absent."""
        n_classes = self.size().n_classes
        numbers, view = words(n_classes)
        check(lib.mdm_codes(self._handle, attribute, numbers, n_classes))
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
        check(lib.mdm_saver_new(self._handle, label, len(label), made))
        saver = self._fleet.own(made[0], lib.mdm_saver_free)
        piece, length = take("char[]", _PIECE), ffi.new("size_t *")
        while True:
            check(lib.mdm_saver_next(saver, piece, _PIECE, length))
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
        check(lib.mdm_fleet_export(self._handle, ffi.cast("struct ArrowArrayStream *", stream)))
        # By ctypes, which keeps the GIL and hands out the object.
        address = int(ffi.cast("uintptr_t", ffi.addressof(lib, "capsule_new")))
        make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p)(address)
        return make(int(ffi.cast("uintptr_t", stream)))

    def reader(self) -> CoreReader:
        """Return a reader of many lines; use it as a context manager."""
        return CoreReader(self._fleet)

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
        check(lib.mdm_fleet_lay_out(self._handle, LAYOUT[layout]))

    @property
    def path(self) -> str:
        """Which instructions scan the fleet; the words of ``mdm_path_text``."""
        path = lib.mdm_path_text(lib.mdm_fleet_path(self._handle))
        return str(ffi.string(path).decode("ascii"))

    def query(
        self, text: Buffer, accepted_by: int = DIRECTION[None], threads: int = 1
    ) -> CoreQuery:
        """
        Ask where the device of one line can go.

        Args:
            text: The description of the source.
            accepted_by: Of `DIRECTION`; None there keeps the scheme's.
            threads: How many may judge a large fleet.

        Raises:
            MatcherFault: The line is no description.
        """
        return CoreQuery(self._fleet, text, accepted_by, threads)

    def join_lines(
        self, text: Buffer, accepted_by: int = DIRECTION[None], threads: int = 1
    ) -> CoreJoin:
        """
        Ask where the device of each of many lines can go.

        Raises:
            MatcherFault: Lines are no descriptions; with one fault a line.
        """
        given = ffi.from_buffer(text)
        faults, count = ffi.new("mdm_fault[]", MAX_FAULTS), ffi.new("size_t *")
        made = ffi.new("mdm_join **")
        status = lib.mdm_join_lines(
            self._handle, given, len(given), accepted_by, threads, made, faults, MAX_FAULTS, count
        )
        found = count[0] if status == lib.MDM_BAD_TEXT else 0
        check(status, [(fault.offset, fault.line) for fault in faults[0:found]])
        return CoreJoin(self._fleet, made[0], given)

    def join_rows(
        self, rows: Buffer, accepted_by: int = DIRECTION[None], threads: int = 1
    ) -> CoreJoin:
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
        check(lib.mdm_join_rows(self._handle, given, len(given), accepted_by, threads, made))
        return CoreJoin(self._fleet, made[0])

    def join_classes(self, accepted_by: int = DIRECTION[None], threads: int = 1) -> CoreJoin:
        """Ask where a device of each class can go, in the order of the numbers of `classes`."""
        made = ffi.new("mdm_join **")
        check(lib.mdm_join_classes(self._handle, accepted_by, threads, made))
        return CoreJoin(self._fleet, made[0])
