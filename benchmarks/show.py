"""How numbers and tables are written in markdown."""

from collections.abc import Sequence


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table; all columns but the first are numbers."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def few(number: float) -> str:
    """Write three digits, and no zeros that stand for nothing."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it."""
    for unit, size in (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * size:
            return f"{few(seconds / size)} {unit}"
    return f"{few(seconds)} s"
