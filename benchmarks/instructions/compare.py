"""What is kept of a count, and what another count means beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """What became of a count; the value is the word in the table."""

    SAME = ""
    GREW = "grew"
    SHRANK = "shrank"
    OTHER = "other answers"
    NEW = "not kept"
    GONE = "gone"


MEANING = {
    Change.GREW: "takes more instructions than were kept",
    Change.OTHER: "gives other answers than were kept, so that its count means nothing",
    Change.NEW: "has no kept count, so that nothing guards it: --keep adds it",
    Change.GONE: "is kept and no longer there: --keep drops it",
}
"""The changes that fail a run."""


@dataclass(frozen=True, slots=True)
class Piece:
    """
    One piece of work.

    Attributes:
        answer: A number made of what it answered, the same on every path.
        counts: By path, how many instructions it took.
    """

    answer: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """
    The kept counts, and from what they come.

    Attributes:
        pieces: By name.
        tools: By what changes counts besides the sources, its version.
        tolerance: The share by which a count may grow.
        tolerance_with_other_tools: The same where the tools are not those of the kept counts.
        date: Of counting.
        commit: That was counted.
    """

    pieces: Mapping[str, Piece]
    tools: Mapping[str, str]
    date: str
    commit: str
    tolerance: float = 0.03
    tolerance_with_other_tools: float = 0.25

    def tolerance_for(self, tools: Mapping[str, str]) -> float:
        """Return the share by which counts made with *tools* may differ."""
        return self.tolerance if tools == self.tools else self.tolerance_with_other_tools


def kept_of(data: Mapping) -> Kept:
    """Read what JSON gives back of ``dataclasses.asdict``."""
    pieces = {name: Piece(**piece) for name, piece in data["pieces"].items()}
    return Kept(**{**data, "pieces": pieces})


@dataclass(frozen=True, slots=True)
class Row:
    """A piece on a path: its kept count and that of now, and what this means."""

    piece: str
    path: str
    kept: int | None
    now: int | None
    change: Change

    @property
    def ratio(self) -> float | None:
        """How often the kept count goes into that of now."""
        return self.now / self.kept if self.kept and self.now is not None else None


def _change(kept: Piece | None, now: Piece | None, path: str, tolerance: float) -> Change:
    if kept is None or path not in kept.counts:
        return Change.NEW
    if now is None or path not in now.counts:
        return Change.GONE
    if kept.answer != now.answer:
        return Change.OTHER
    difference = now.counts[path] - kept.counts[path]
    if abs(difference) <= tolerance * kept.counts[path]:
        return Change.SAME
    return Change.GREW if difference > 0 else Change.SHRANK


def compare(kept: Mapping[str, Piece], now: Mapping[str, Piece], tolerance: float) -> Iterator[Row]:
    """Put every piece and path of either side beside the other, those of now first."""
    for name in {**now, **kept}:
        sides = kept.get(name), now.get(name)
        counts = [piece.counts if piece else {} for piece in sides]
        for path in {**counts[1], **counts[0]}:
            change = _change(*sides, path, tolerance)
            yield Row(name, path, counts[0].get(path), counts[1].get(path), change)


HEAD = ("piece", "path", "kept", "now", "ratio", "")


def _cells(row: Row) -> tuple[str, ...]:
    counts = ("" if count is None else f"{count:,}" for count in (row.kept, row.now))
    ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
    return (row.piece, row.path, *counts, ratio, row.change)


def table(rows: Sequence[Row]) -> str:
    """Write the rows in columns, words to the left and numbers to the right."""
    lines = [HEAD, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligns = "<<>>><"
    return "\n".join(
        "  ".join(
            f"{cell:{align}{width}}"
            for cell, align, width in zip(line, aligns, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def _about_tools(kept: Kept, tools: Mapping[str, str]) -> Iterator[str]:
    for name in {**tools, **kept.tools}:
        before, after = (found.get(name, "none") for found in (kept.tools, tools))
        if before != after:
            yield f"{name}: {after}; kept with {before}."


def report(kept: Kept, now: Mapping[str, Piece], tools: Mapping[str, str]) -> tuple[str, bool]:
    """
    Say what became of the counts.

    Returns:
        The text, and whether all is well.
    """
    tolerance = kept.tolerance_for(tools)
    rows = list(compare(kept.pieces, now, tolerance))
    lines = [table(rows), "", f"Kept on {kept.date} at {kept.commit}.", *_about_tools(kept, tools)]
    lines.append(f"Counts may grow by {tolerance:.0%}.")
    failed = [row for row in rows if row.change in MEANING]
    lines += [f"{row.piece}, {row.path}: {MEANING[row.change]}." for row in failed]
    shrank = [row for row in rows if row.change is Change.SHRANK]
    if shrank and tools == kept.tools:
        lines.append("Some shrank: --keep renews the kept counts, so that they stay so.")
    return "\n".join(lines), not failed
