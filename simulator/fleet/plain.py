"""
A fleet without the C core: a list of descriptions and the judge. Slow, and the oracle.

It answers the questions of `simulator.fleet.fleet.Fleet` in the same words.
"""

from collections.abc import Callable, Iterable, Iterator

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.ndjson import read_lines
from simulator.compat.scheme import Direction, Outcome, Scheme
from simulator.compat.verdict import Verdict, explain
from simulator.documents import decode
from simulator.fleet.fleet import Fleet
from simulator.fleet.words import NO_CLASS

__all__ = ["PlainFleet", "PlainMatch"]


class PlainMatch:
    """
    What the judge says of every device of a fleet.

    Args:
        outcomes: By row, in ascending order.
    """

    def __init__(self, outcomes: dict[int, Outcome]) -> None:
        self._outcomes = outcomes

    @property
    def count(self) -> int:
        """How many targets are compatible."""
        return len(self.rows())

    @property
    def undecided(self) -> int:
        """For how many targets the scheme does not say."""
        return len(self.rows(Outcome.UNDECIDED))

    def rows(self, outcome: Outcome = Outcome.COMPATIBLE) -> list[int]:
        """Return the rows with this outcome, ascending."""
        return [row for row, found in self._outcomes.items() if found is outcome]

    def first(self, most: int, outcome: Outcome = Outcome.COMPATIBLE) -> list[int]:
        """Return the lowest rows with this outcome, at most *most*."""
        return self.rows(outcome)[:most]

    def __iter__(self) -> Iterator[int]:
        return iter(self.rows())


class PlainFleet:
    """
    Descriptions by row.

    Args:
        scheme: The scheme that they publish.
    """

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self._rows: list[Description | None] = []
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._rows) - len(self._free)

    def __getitem__(self, row: int) -> Description:
        found = self._rows[row] if 0 <= row < len(self._rows) else None
        if found is None:
            raise IndexError(f"no device in row {row}")
        return found

    def extend(
        self, file: str, chunks: Iterable[bytes], progress: Callable[[int], None] | None = None
    ) -> range:
        """
        Add every description of an NDJSON text.

        Raises:
            InputError: With all mistakes; nothing was added.
        """
        descriptions = read_lines(file, decode(file, b"".join(chunks)), self.scheme)
        first = len(self._rows)
        self._rows += descriptions
        if progress is not None:
            progress(len(descriptions))
        return range(first, len(self._rows))

    def restore(self, file: str, data: bytes) -> None:
        """
        Hold what a saved fleet holds, in place of everything that was here.

        Raises:
            InputError: The bytes are damaged, or of another scheme.
        """
        saved = Fleet.load(data, self.scheme, name=file)
        rows = saved.class_of_rows()
        self._rows = [None if one == NO_CLASS else saved[row] for row, one in enumerate(rows)]
        self._free = [row for row, one in enumerate(rows) if one == NO_CLASS]

    def add(self, description: Description) -> int:
        """Add a device; a removed row is given to a later one, the last removed first."""
        if self._free:
            row = self._free.pop()
            self._rows[row] = description
            return row
        self._rows.append(description)
        return len(self._rows) - 1

    def replace(self, row: int, description: Description) -> None:
        """Give a device a new description."""
        _ = self[row]
        self._rows[row] = description

    def remove(self, row: int) -> None:
        """Take a device away."""
        _ = self[row]
        self._rows[row] = None
        self._free.append(row)

    def match(
        self,
        source: Description,
        accepted_by: Direction | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> PlainMatch:
        """Judge *source* against every device."""
        scheme = self.scheme.accepted(accepted_by)
        outcomes = {}
        for row, target in enumerate(self._rows):
            if target is not None:
                outcomes[row] = judge(scheme, source, target)
            if progress is not None:
                progress(row + 1)
        return PlainMatch(outcomes)

    def explain(
        self, source: Description, row: int, accepted_by: Direction | None = None
    ) -> Verdict:
        """Say what becomes of *source* on the device of a row, and why."""
        return explain(self.scheme.accepted(accepted_by), source, self[row])
