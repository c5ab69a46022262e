"""Pairs of many descriptions as rows of bits: turned round, chained, and counted in devices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Weights", "chained", "lowest", "members", "transposed"]


def members(bits: int) -> Iterator[int]:
    """Count the places of the bits that are set, in ascending order."""
    text = f"{bits:b}"[::-1] if bits else ""
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


def transposed(rows: Sequence[int], width: int | None = None) -> list[int]:
    """
    Swap sources and targets: bit *s* of the result's place *t* is bit *t* of place *s*.

    Args:
        rows: One for each source.
        width: How many targets there are; as many as sources for None.
    """
    if not rows:
        return [0] * (width or 0)
    count = len(rows) if width is None else width
    if not count:
        return []
    texts = [format(row, f"0{count}b") for row in reversed(rows)]
    # The first character is the highest bit, so that columns and their bits come last first.
    return [int("".join(column), 2) for column in zip(*texts, strict=True)][::-1]


def lowest(row: int) -> int:
    """Return the place of the lowest bit of *row*, which has one."""
    return (row & -row).bit_length() - 1


def chained(rows: Sequence[int]) -> tuple[int, ...]:
    """
    Say where two steps lead: for each place, all rows of the places of its row together.

    Many places have equal rows; each sort is asked once.
    """
    places_of: dict[int, int] = {}
    for place, row in enumerate(rows):
        places_of[row] = places_of.get(row, 0) | 1 << place
    reached: dict[int, int] = {}
    for row in places_of:
        found = 0
        if row.bit_count() < len(places_of):
            for place in members(row):
                found |= rows[place]
        else:
            for other, places in places_of.items():
                if places & row:
                    found |= other
        reached[row] = found
    return tuple(reached[row] for row in rows)


@dataclass(frozen=True, slots=True)
class Weights:
    """
    How many devices the bits of a row stand for.

    Attributes:
        planes: Number *p* has the places whose count has the binary digit *p*.
    """

    planes: tuple[int, ...]

    @classmethod
    def of(cls, devices: Sequence[int]) -> "Weights":
        """Take the number of devices of each place."""
        digits = max(devices, default=0).bit_length()
        return cls(
            tuple(
                sum(1 << place for place, count in enumerate(devices) if count >> digit & 1)
                for digit in range(digits)
            )
        )

    def total(self, row: int) -> int:
        """Count the devices of the bits of *row*."""
        found = 0
        for digit, plane in enumerate(self.planes):
            found += (row & plane).bit_count() << digit
        return found
