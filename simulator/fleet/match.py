"""The answer of a fleet to one question. Source: ours."""

from collections.abc import Iterator
from types import MappingProxyType

from simulator.compat.scheme import Outcome
from simulator.fleet._matcher import CoreQuery
from simulator.fleet.words import VERDICT

__all__ = ["Match"]


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
        return self._query.count(_COMPATIBLE)

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
        return self._query.rows(_VERDICTS[outcome])

    def bitmap(self, outcome: Outcome = Outcome.COMPATIBLE) -> memoryview:
        """
        Return one bit a row, the lowest bit of the first byte for row 0.

        Returns:
            Format ``"B"``; for NumPy, ``unpackbits`` with ``bitorder="little"``.
        """
        return self._query.bitmap(_VERDICTS[outcome])

    def first(self, most: int, outcome: Outcome = Outcome.COMPATIBLE) -> list[int]:
        """
        Return the lowest rows with this outcome, at most *most*; stops early.

        In a large fleet of devices that differ, the first question after `Fleet.match` or `again`
        looks only at the devices that it needs.
        """
        return list(self._query.first(_VERDICTS[outcome], most))

    def outcome(self, row: int) -> Outcome:
        """
        Return the verdict for one row.

        Raises:
            IndexError: No device has this row.
        """
        return _OUTCOMES[self._query.verdict_of(row)]

    def __iter__(self) -> Iterator[int]:
        return iter(self.rows())


_VERDICTS = MappingProxyType({outcome: VERDICT[str(outcome)] for outcome in Outcome})
_OUTCOMES = MappingProxyType({verdict: outcome for outcome, verdict in _VERDICTS.items()})
_COMPATIBLE = VERDICT["compatible"]
