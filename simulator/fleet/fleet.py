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
from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.ndjson import parse_line, read_lines
from simulator.compat.scheme import Direction, Outcome, Scheme
from simulator.compat.verdict import Verdict, explain
from simulator.documents import decode
from simulator.errors import InputError, Mistake
from simulator.fleet._matcher import (
    DIRECTION,
    KIND,
    NO_CLASS,
    RELATION,
    VERDICT,
    Core,
    CoreAttribute,
    CoreJoin,
    CoreQuery,
    CoreReader,
    MatcherFault,
    Size,
)
from simulator.fleet.derived import with_objects
from simulator.fleet.matches import FleetMatrix, Matches

__all__ = ["Fleet", "Match"]

MAX_MISTAKES = 20
"""Lines with mistakes that are explained; the rest is counted."""

_MOST_FAULTS = 256
"""What the core tells at once; there may be more."""


class Match:
    """
    The targets of one source, as the fleet was when it was asked.

    After a change of the fleet every question raises RuntimeError, until `again`.
    """

    def __init__(self, query: CoreQuery) -> None:
        self._query = query

    def again(self) -> None:
        """
        Ask again, after a change of the fleet or without one.

        The source is compiled again only if the fleet has learnt new values since.

        Raises:
            MemoryError: Out of memory; the answers are out of date.
        """
        self._query.again()

    @property
    def count(self) -> int:
        """How many targets are compatible."""
        return self._query.count(VERDICT["compatible"])

    @property
    def undecided(self) -> int:
        """For how many targets the scheme does not say."""
        return self._query.count(VERDICT["undecided"])

    def rows(self, outcome: Outcome = Outcome.COMPATIBLE) -> memoryview:
        """
        Return the rows with this outcome.

        Returns:
            Ascending row numbers, format ``"I"``; NumPy takes them without a copy.
        """
        return self._query.rows(VERDICT[str(outcome)])

    def bitmap(self, outcome: Outcome = Outcome.COMPATIBLE) -> memoryview:
        """
        Return one bit a row, the lowest bit of the first byte for row 0.

        Returns:
            Format ``"B"``; for NumPy, ``unpackbits`` with ``bitorder="little"``.
        """
        return self._query.bitmap(VERDICT[str(outcome)])

    def first(self, most: int, outcome: Outcome = Outcome.COMPATIBLE) -> list[int]:
        """Return the lowest rows with this outcome, at most *most*; stops early."""
        return list(self._query.first(VERDICT[str(outcome)], most))

    def outcome(self, row: int) -> Outcome:
        """
        Return the verdict for one row.

        Raises:
            IndexError: No device has this row.
        """
        return _OUTCOMES[self._query.verdict_of(row)]

    def __iter__(self) -> Iterator[int]:
        return iter(self.rows())


_OUTCOMES = MappingProxyType({VERDICT[str(outcome)]: outcome for outcome in Outcome})


class Fleet:
    """
    Descriptions by row, held in the C core.

    A row is the stable index of a device: nothing that happens to others changes it.

    Args:
        scheme: The scheme that the devices publish.
        keep_names: Keep the devices' names; without them a fleet is smaller.
    """

    def __init__(self, scheme: Scheme, *, keep_names: bool = True) -> None:
        self.scheme = scheme
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
            InputError: With the mistakes of the first `MAX_MISTAKES` bad lines. Nothing was added.
        """
        with self._core.reader() as reader:
            feeder = _Feeder(file, self.scheme, reader)
            for chunk in with_objects(self.scheme, chunks):
                feeder.feed(chunk)
                if progress is not None:
                    progress(feeder.bytes)
            feeder.finish()
            count = reader.count
            first = reader.commit()
            return range(first, first + count)

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
            feeder = _Feeder(file, self.scheme, _Asker(self._core, asked))
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


def _core(scheme: Scheme, keep_names: bool) -> Core:
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

    def feed(self, text: bytes) -> None:
        self.core.join_lines(text, *self.asked)


class _Feeder:
    """Cuts a text into whole lines, and explains the lines that the core refuses."""

    def __init__(self, file: str, scheme: Scheme, reader: CoreReader | _Asker) -> None:
        self.file = file
        self.scheme = scheme
        self.reader = reader
        self.bytes = 0
        self.lines = 0
        self.bad_lines = 0
        self.is_counted = True
        self.mistakes: list[Mistake] = []
        self.rest: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        end = chunk.rfind(b"\n") + 1
        if not end:
            self.rest.append(chunk)
            return
        self.whole(b"".join([*self.rest, chunk[:end]]) if self.rest else chunk[:end])
        self.rest = [chunk[end:]] if end < len(chunk) else []

    def finish(self) -> None:
        """Take the last line, which may lack its end, and raise what was found."""
        if not self.bytes:
            self.mistakes.append(Mistake(self.file, 0, 0, 1, "the file is empty"))
            self.bad_lines = 1
        if self.rest:
            self.whole(b"".join(self.rest))
        if not self.bad_lines:
            return
        if self.bad_lines > MAX_MISTAKES:
            more = self.bad_lines - MAX_MISTAKES
            message = f"{more} more line{'s have' if more > 1 else ' has'} mistakes"
            message = message if self.is_counted else f"at least {message}"
            self.mistakes.append(Mistake(self.file, 0, 0, 1, message))
        raise InputError(self.mistakes)

    def whole(self, text: bytes) -> None:
        """Read whole lines."""
        try:
            self.reader.feed(text)
        except MatcherFault as fault:
            self.is_counted &= len(fault.faults) < _MOST_FAULTS
            for offset, line in fault.faults:
                if self.bad_lines < MAX_MISTAKES:
                    self._explain(text, offset, self.lines + line)
                self.bad_lines += 1
        self.lines += text.count(b"\n")

    def _explain(self, text: bytes, offset: int, number: int) -> None:
        """Read the bad line again, slowly, to say what is wrong with it."""
        start = text.rfind(b"\n", 0, offset) + 1
        stop = text.find(b"\n", offset)
        line = text[start : len(text) if stop < 0 else stop]
        try:
            source = decode(self.file, line)
            read_lines(self.file, source, self.scheme)
        except InputError as error:
            self.mistakes += [
                Mistake(
                    m.file, number + 1, max(m.column, 1), m.length, m.message, m.expected, m.source
                )
                for m in error.mistakes
            ]
        else:
            column = len(line[: offset - start].decode("utf-8", "replace")) + 1
            message = "the matcher refuses this line, and the judge does not"
            self.mistakes.append(Mistake(self.file, number + 1, column, 1, message, "", source))
