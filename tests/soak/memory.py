"""
Whether memory stays flat, as seen from outside a process.

The question is what a piece of work leaves behind. The first half of a run warms up; of the rest
the slope is estimated from the slopes of all pairs (Theil and Sen), which single samples that lie
far off do not move, and its lower limit from their ranks.
"""

from collections.abc import Sequence
from itertools import combinations
from math import inf, sqrt
from pathlib import Path
from statistics import median
from typing import NamedTuple

KEPT = 4 << 20
"""
Bytes that allocators may still keep in the second half of a run. Measured: up to 1.4 MB, while an
hour's first ten minutes grew.
"""
LEFT = 4.0
"""Bytes that a piece of work may leave behind, beside that."""
NAMED = 1000.0
"""The same for a creation, where the kernel remembers names and so libfuse does."""
BLOCKS = 40
"""How many points a long run is made into: neighbours are not independent."""
_DEVIATIONS = 1.64
"""How sure the limit is, in standard deviations: 95 of 100."""


class Slope(NamedTuple):
    """
    Bytes by which memory grows for each piece of work, in the second half of a run.

    Attributes:
        estimate: The median of the slopes of all pairs.
        least: With 95 % certainty it is not less; minus infinity with too few samples.
        bound: What is called flat.
    """

    estimate: float
    least: float
    bound: float

    @property
    def is_flat(self) -> bool:
        """Tell whether the samples agree with a slope within the bound."""
        return self.least <= self.bound

    def __str__(self) -> str:
        return f"{self.estimate:.1f} bytes each, at least {self.least:.1f}, not {self.bound:.1f}"


def resident(process: int | str = "self") -> int:
    """Return the bytes of a process that are in memory."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) << 10


def slope(work: Sequence[int], sizes: Sequence[int], left: float = LEFT) -> Slope:
    """
    Estimate what a piece of work leaves behind.

    Args:
        work: How many pieces of work were done before each sample, rising.
        sizes: The samples, in bytes.
        left: Bytes that a piece of work may leave behind, beside what allocators keep.
    """
    first = len(sizes) // 2
    points = _blocks(work[first:], sizes[first:])
    pairs = [(one, other) for one, other in combinations(points, 2) if one[0] < other[0]]
    slopes = sorted((y - x) / (m - n) for (n, x), (m, y) in pairs)
    done = work[-1] - work[first] if work else 0
    bound = left + KEPT / max(1, done)
    if not slopes:
        return Slope(0.0, -inf, bound)
    n = len(points)
    spread = _DEVIATIONS * sqrt(n * (n - 1) * (2 * n + 5) / 18)
    rank = int((len(slopes) - spread) / 2) if len(slopes) > spread else -1
    return Slope(median(slopes), slopes[rank] if rank >= 0 else -inf, bound)


def _blocks(work: Sequence[int], sizes: Sequence[int]) -> list[tuple[float, float]]:
    """Make neighbours into one point, the medians of both."""
    step = max(1, -(-len(sizes) // BLOCKS))
    starts = range(0, len(sizes), step)
    return [(median(work[at : at + step]), median(sizes[at : at + step])) for at in starts]
