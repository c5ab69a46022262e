"""
Fleets: millions of descriptions, and the targets among them for one source.

    >>> from simulator.compat.schemes import load_builtin
    >>> fleet = Fleet(load_builtin("software-version"))
    >>> for version in ("1.1", "1.2", "2.0"):
    ...     _ = fleet.add(fleet.parse(f'{{"self":{{"software_version":"{version}"}}}}'))
    >>> list(fleet.match(fleet[0]))
    [0, 1]
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.ndjson import parse_line
from simulator.compat.scheme import Direction, Scheme
from simulator.compat.verdict import Verdict, explain
from simulator.documents import decode
from simulator.fleet._matcher import Core, CoreJoin
from simulator.fleet.arrow import read_arrow
from simulator.fleet.derived import with_objects
from simulator.fleet.feeder import Feeder
from simulator.fleet.match import Match
from simulator.fleet.matches import FleetMatrix, Matches
from simulator.fleet.saved import label_of, refusal
from simulator.fleet.words import (
    DIRECTION,
    KIND,
    NO_CLASS,
    RELATION,
    VERDICT,
    CoreAttribute,
    DataFault,
    MatcherFault,
    OtherSchemeFault,
    Size,
)

__all__ = ["Fleet", "Match"]


class Fleet:
    """
    Descriptions by row, held in the C core.

    A row is the stable index of a device: nothing that happens to others changes it.

    Threads may ask while another changes the fleet: each call sees it before or after a change. A
    `Match` from before raises RuntimeError afterwards, until `Match.again`.

    Args:
        scheme: The scheme that the devices publish.
        keep_names: Keep the devices' names; without them a fleet is smaller.
    """

    def __init__(self, scheme: Scheme, *, keep_names: bool = True) -> None:
        self.scheme = scheme
        self._keep_names = keep_names
        self._core = _core(scheme, keep_names)

    def __len__(self) -> int:
        return self._core.device_count()

    def __getitem__(self, row: int) -> Description:
        """
        Return the description of a row.

        Raises:
            IndexError: No device has this row.
        """
        return self.parse(self._core.description(row).decode())

    @property
    def size(self) -> Size:
        """How many rows, devices and classes there are, and how many bytes they take."""
        return self._core.size()

    def parse(self, line: str) -> Description:
        """
        Read a line of NDJSON under the fleet's scheme.

        Raises:
            InputError: With all mistakes of the line.
        """
        return parse_line(line, self.scheme)

    def line(self, row: int) -> bytes:
        """
        Return the line of NDJSON of a row, without its end.

        Raises:
            IndexError: No device has this row.
        """
        return self._core.description(row)

    def name(self, row: int) -> str:
        """
        Return the name of a device; empty when it has none.

        Raises:
            IndexError: No device has this row.
        """
        return self._core.name(row)

    def class_of_rows(self) -> memoryview:
        """Return for each row the number of its class, format ``"I"``; the last for no device."""
        return self._core.classes()

    def classes(self) -> list[tuple[int, int]]:
        """Return the first row and the number of devices of each class, by first row."""
        classes = self._core.classes()
        # Backwards, so that the first row stays; then the rows of a class in their order.
        first = dict(zip(classes[::-1], range(len(classes) - 1, -1, -1), strict=True))
        devices = Counter(classes)
        rows = sorted((row, one) for one, row in first.items() if one != NO_CLASS)
        return [(row, devices[one]) for row, one in rows]

    def distinct_values(self) -> dict[str, int]:
        """Count the different spellings of each attribute, in use now or before."""
        return {
            name: self._core.code_count(index) - 1
            for index, name in enumerate(self.scheme.attributes)
        }

    def lines(self) -> Iterator[bytes]:
        """Write the fleet as NDJSON, row by row; empty rows are left out."""
        for row in range(self._core.row_count()):
            try:
                yield self._core.description(row) + b"\n"
            except IndexError:
                continue

    def saved(self) -> Iterator[bytes]:
        """
        Write the fleet in the form that `load` reads, in pieces.

        Raises:
            RuntimeError: The fleet has changed since the piece before.
        """
        return self._core.saved(label_of(self.scheme))

    def save(self, file: BinaryIO) -> None:
        """Write the fleet to a file in the form that `load` reads."""
        file.writelines(self.saved())

    @classmethod
    def load(
        cls,
        file: BinaryIO | bytes,
        scheme: Scheme,
        *,
        keep_names: bool = True,
        name: str = "saved fleet",
    ) -> "Fleet":
        """
        Load a saved fleet: the same rows, names and answers, and the same rows given next.

        Args:
            file: What `save` has written.
            scheme: The scheme under which it was saved.
            keep_names: Keep the devices' names.
            name: The name of the file, for messages.

        Raises:
            InputError: The bytes are damaged, and where; or the scheme is another one.
        """
        fleet = cls(scheme, keep_names=keep_names)
        fleet.restore(name, file if isinstance(file, bytes) else file.read())
        return fleet

    def restore(self, file: str, data: bytes) -> None:
        """
        Hold what a saved fleet holds, in place of everything that was here.

        Args:
            file: The name of the file, for messages.
            data: What `save` has written.

        Raises:
            InputError: As `load`. The fleet is as it was.
        """
        saved = (label_of(self.scheme), data)
        try:
            self._core = _core(self.scheme, self._keep_names, saved)
        except (DataFault, OtherSchemeFault, OverflowError) as fault:
            raise refusal(file, data, self.scheme, fault) from None

    def add(self, description: Description) -> int:
        """Add a device and return its row; the row of one that was removed may be used again."""
        return self._core.add(self._line(description))

    def replace(self, row: int, description: Description) -> None:
        """
        Give a device a new description.

        Raises:
            IndexError: No device has this row.
        """
        self._core.replace(row, self._line(description))

    def remove(self, row: int) -> None:
        """
        Take a device away.

        Raises:
            IndexError: No device has this row.
        """
        self._core.remove(row)

    def extend(
        self, file: str, chunks: Iterable[bytes], progress: Callable[[int], None] | None = None
    ) -> range:
        """
        Add every description of an NDJSON text.

        Args:
            file: The name of the text, for messages.
            chunks: Its bytes, in pieces of any size.
            progress: Called with the bytes read so far.

        Returns:
            The rows, which follow each other.

        Raises:
            InputError: With the mistakes of the first 20 bad lines. Nothing was added.
        """
        with self._core.reader() as reader:
            feeder = Feeder(file, self.scheme, reader)
            for chunk in with_objects(self.scheme, chunks):
                feeder.feed(chunk)
                if progress is not None:
                    progress(feeder.bytes)
            feeder.finish()
            count = reader.count
            first = reader.commit()
            return range(first, first + count)

    @classmethod
    def from_arrow(
        cls, scheme: Scheme, data: object, *, keep_names: bool = True, name: str = "Arrow data"
    ) -> "Fleet":
        """
        Make a fleet of Arrow data.

        Args:
            scheme: The scheme that the devices publish.
            data: As for `extend_arrow`.
            keep_names: Keep the devices' names.
            name: What messages call the data.

        Raises:
            InputError: As `extend_arrow`.
        """
        fleet = cls(scheme, keep_names=keep_names)
        fleet.extend_arrow(data, name)
        return fleet

    def extend_arrow(
        self,
        data: object,
        name: str = "Arrow data",
        progress: Callable[[int], None] | None = None,
    ) -> range:
        """
        Add a device for each row of Arrow data.

        A column has the name of an attribute. Its values are integers, texts or dictionaries of
        them, or lists of texts for a set; null is absent. The column ``name`` names the devices,
        ``compatible`` is the JSON text of their lists of objects, ``row`` is passed over; but
        attributes of these names go first. Dictionaries are read fastest.

        Args:
            data: Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``: a table or batch of
                pyarrow, a frame of Polars, a relation of DuckDB.
            name: What messages call the data.
            progress: Called with the rows read so far.

        Returns:
            The rows, which follow each other.

        Raises:
            InputError: A column or a value is wrong; which, and in which row. Nothing was added.
            TypeError: These are no Arrow data.
        """
        if self.scheme.accepts:
            plain = Fleet(replace(self.scheme, accepts=()), keep_names=self._keep_names)
            plain.extend_arrow(data, name, progress)
            return self.extend(name, plain.lines()) if len(plain) else range(0)
        with self._core.reader() as reader:
            read_arrow(reader, data, name, progress)
            count = reader.count
            first = reader.commit()
            return range(first, first + count)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """
        Give the devices to a library of Arrow, such as ``polars.DataFrame(fleet)``.

        One row a device, in the order of rows: ``row``, ``name``, the attributes, ``compatible``;
        what `extend_arrow` reads. Integers are numbers, all else dictionaries of texts.

        Args:
            requested_schema: Not heeded, as the interface allows.

        Returns:
            A PyCapsule. Its stream fails after a change of the fleet.
        """
        del requested_schema
        return self._core.arrow_stream()

    def replace_arrow(
        self, rows: Sequence[int] | memoryview, data: object, name: str = "Arrow data"
    ) -> None:
        """
        Give many devices new descriptions and names, all or none.

        Args:
            rows: The devices; of one that comes twice the last description stays.
            data: As for `extend_arrow`, a row for each device.
            name: What messages call the data.

        Raises:
            InputError: As `extend_arrow`.
            IndexError: No device has one of the rows.
            ValueError: There are not as many descriptions as rows.
        """
        if self.scheme.accepts:
            plain = Fleet.from_arrow(replace(self.scheme, accepts=()), data, name=name)
            self.replace_lines(rows, b"".join(plain.lines()))
            return
        with self._core.reader() as reader:
            read_arrow(reader, data, name)
            reader.replace(rows)

    def replace_lines(
        self, rows: Sequence[int] | memoryview, text: bytes, name: str = "descriptions"
    ) -> None:
        """
        Give many devices new descriptions and names, all or none.

        Args:
            rows: The devices; of one that comes twice the last description stays.
            text: NDJSON, a line for each device.
            name: What messages call the text.

        Raises:
            InputError: With the mistakes of the first 20 bad lines.
            IndexError: No device has one of the rows.
            ValueError: There are not as many descriptions as rows.
        """
        with self._core.reader() as reader:
            feeder = Feeder(name, self.scheme, reader)
            for chunk in with_objects(self.scheme, [text] if text else []):
                feeder.feed(chunk)
            if len(rows) or text:
                feeder.finish()
            reader.replace(rows)

    def remove_many(self, rows: Sequence[int] | memoryview) -> None:
        """
        Take many devices away, all or none.

        Args:
            rows: The devices, each once.

        Raises:
            IndexError: No device has one of the rows, or one comes twice.
        """
        self._core.remove_many(rows)

    @property
    def layout(self) -> str:
        """
        How the devices are kept.

        ``classes``: equal descriptions once. ``flat``: each device by itself, where nearly all
        differ. The data decide, unless `lay_out` did; answers are the same.
        """
        return self._core.layout

    def lay_out(self, layout: str) -> None:
        """
        Keep the devices in one way, for tests and benchmarks.

        Args:
            layout: ``classes``, ``flat``, or ``auto`` to let the data decide from now on.
        """
        self._core.lay_out(layout)

    @property
    def path(self) -> str:
        """
        Which instructions scan the fleet: the best that the processor has.

        For tests, the environment variable ``MDM_PATH`` names another when a fleet is made.
        """
        return self._core.path

    def match(
        self,
        source: Description | bytes,
        accepted_by: Direction | None = None,
        *,
        threads: int = 1,
    ) -> Match:
        """
        Find every device that *source* could migrate to.

        Args:
            source: The device that is left, or its line of NDJSON. It need not be in the fleet.
            accepted_by: Takes the place of the scheme's direction.
            threads: How many may judge, where the fleet is large enough.

        Raises:
            InputError: The line is no description.

        Cost: one call into C, which compiles the rule and judges each class once; then one call
        per answer. Source: ours; the judge is the specification.
        """
        direction = self.scheme.accepted_by if accepted_by is None else accepted_by
        line = self._line(source)
        try:
            return Match(self._core.query(line, _direction(self.scheme, direction), threads))
        except MatcherFault:
            self.parse(decode("source", line))
            raise

    def match_all(
        self,
        sources: bytes | bytearray | Iterable[Description] | Iterable[int],
        accepted_by: Direction | None = None,
        *,
        threads: int = 1,
        progress: Callable[[int], None] | None = None,
        file: str = "sources",
    ) -> Matches:
        """
        Find for each of many sources every device that it could migrate to.

        Args:
            sources: NDJSON, one source a line; or descriptions; or rows of this fleet.
            accepted_by: Takes the place of the scheme's direction.
            threads: How many may judge.
            progress: Called with the number of sources that are counted.
            file: The name of the NDJSON, for messages.

        Returns:
            The answers by source, in the order that was given.

        Raises:
            InputError: With the mistakes of the first `MAX_MISTAKES` bad lines.
            IndexError: No device has one of the rows.
            TypeError: Some are rows and some are not.

        Cost: sources are compiled 512 at a time into rows of bits, and each class is asked once
        for all of them. Source: ours; the judge is the specification.
        """
        asked = (_direction(self.scheme, accepted_by or self.scheme.accepted_by), threads)
        if isinstance(sources, bytes | bytearray):
            return Matches(self._join_lines(bytes(sources), asked, file), progress)
        text, rows = [], array("I")
        for one in sources:
            if isinstance(one, int):
                rows.append(_row(one))
            else:
                text.append(self._line(one) + b"\n")
        if rows and text:
            raise TypeError("sources are descriptions or rows, not both")
        if rows:
            return Matches(self._core.join_rows(memoryview(rows), *asked), progress)
        return Matches(self._core.join_lines(b"".join(text), *asked), progress)

    def matrix(self, accepted_by: Direction | None = None, *, threads: int = 1) -> FleetMatrix:
        """
        Find for each class of the fleet every device that one of its devices could migrate to.

        Args:
            accepted_by: Takes the place of the scheme's direction.
            threads: How many may judge.
        """
        direction = _direction(self.scheme, accepted_by or self.scheme.accepted_by)
        return FleetMatrix(self._core.join_classes(direction, threads))

    def _join_lines(self, text: bytes, asked: tuple[int, int], file: str) -> CoreJoin:
        text = b"".join(with_objects(self.scheme, [text]))
        try:
            return self._core.join_lines(text, *asked)
        except MatcherFault:
            feeder = Feeder(file, self.scheme, _Asker(self._core, asked))
            feeder.bytes = len(text)
            feeder.whole(text)
            feeder.finish()
            raise

    def _line(self, description: Description | bytes) -> bytes:
        if isinstance(description, bytes):
            if not self.scheme.accepts:
                return description
            description = self.parse(decode("source", description))
        return complete(self.scheme, description).to_line().encode()

    def explain(
        self, source: Description, row: int, accepted_by: Direction | None = None
    ) -> Verdict:
        """
        Say what becomes of *source* on the device of a row, and why.

        Raises:
            IndexError: No device has this row.
        """
        return explain(self.scheme.accepted(accepted_by), source, self[row])


def _direction(scheme: Scheme, direction: Direction) -> int:
    return DIRECTION[direction if scheme.has_objects else None]


def _core(scheme: Scheme, keep_names: bool, saved: tuple[bytes, bytes] | None = None) -> Core:
    """Say the scheme in the numbers of the core."""
    index = {name: number for number, name in enumerate(scheme.attributes)}
    attributes = [
        CoreAttribute(
            name=name,
            kind=KIND[attribute.kind],
            relation=RELATION[attribute.relation],
            of=index[attribute.of or name],
            missing=VERDICT[str(scheme.missing_of(attribute))],
            required=attribute.required,
        )
        for name, attribute in scheme.attributes.items()
    ]
    return Core(
        attributes,
        accepted_by=_direction(scheme, scheme.accepted_by),
        missing=VERDICT[str(scheme.missing)],
        unlisted=VERDICT[str(scheme.unlisted)],
        floor_division=scheme.floor_division,
        keep_names=keep_names,
        saved=saved,
    )


def _row(row: int) -> int:
    """Keep numbers that are no row at all from an array."""
    if not 0 <= row <= NO_CLASS:
        raise IndexError("no device has this row")
    return row


class _Asker:
    """Refuses sources where a reader refuses devices."""

    def __init__(self, core: Core, asked: tuple[int, int]) -> None:
        self.core = core
        self.asked = asked

    def feed(self, text: bytes | memoryview) -> None:
        self.core.join_lines(text, *self.asked)
