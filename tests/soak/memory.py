"""Whether memory stays flat, as seen from outside a process."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

SHARE = 0.10
SLACK = 8 << 20
"""What the highest third may have over the first, in parts and in bytes: allocators keep some."""


def resident(process: int | str = "self") -> int:
    """Return the bytes of a process that are in memory."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) << 10


def growth(sizes: Sequence[int]) -> int:
    """Return how many bytes the last third of the samples lies over the one before."""
    third = max(1, len(sizes) // 3)
    return round(median(sizes[-third:]) - median(sizes[-2 * third : -third] or sizes[:third]))


def is_flat(sizes: Sequence[int]) -> bool:
    """Tell whether the last third of the samples is no higher than the one before, nearly."""
    return growth(sizes) <= SHARE * sizes[0] + SLACK
