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
from collections.abc import Callable, Iterable

from simulator.compat.description import Description
from simulator.compat.scheme import Direction
from simulator.compat.verdict import Verdict, explain
from simulator.documents import decode
from simulator.fleet._matcher import Core, CoreJoin
from simulator.fleet.batches import Batches
from simulator.fleet.core_scheme import direction_of
from simulator.fleet.derived import with_objects
from simulator.fleet.feeder import Feeder
from simulator.fleet.match import Match
from simulator.fleet.matches import FleetMatrix, Matches
from simulator.fleet.words import DIRECTION, NO_CLASS, MatcherFault

__all__ = ["Fleet", "Match"]

_KEPT = DIRECTION[None]


class Fleet(Batches):
    """
    Descriptions by row, held in the C core.

    A row is the stable index of a device: nothing that happens to others changes it.

    Threads may ask while another changes the fleet: each call sees it before or after a change. A
    `Match` from before raises RuntimeError afterwards, until `Match.again`.

    Args:
        scheme: The scheme that the devices publish.
        keep_names: Keep the devices' names; without them a fleet is smaller.
    """

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
        line = self._line(source)
        # The core knows the scheme's direction itself.
        direction = _KEPT if accepted_by is None else direction_of(self.scheme, accepted_by)
        try:
            return Match(self._core.query(line, direction, threads))
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
        asked = (direction_of(self.scheme, accepted_by), threads)
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
        direction = direction_of(self.scheme, accepted_by)
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

    def explain(
        self, source: Description, row: int, accepted_by: Direction | None = None
    ) -> Verdict:
        """
        Say what becomes of *source* on the device of a row, and why.

        Raises:
            IndexError: No device has this row.
        """
        return explain(self.scheme.accepted(accepted_by), source, self[row])


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
