"""
What a seed decides, how often something was asked, and who is told.

Source: ours.
"""

from collections import Counter
from collections.abc import Callable
from random import Random

from simulator.sysfs.hostile.seed import Hostility

__all__ = ["Told"]


class Told:
    """
    A seed at work.

    Args:
        hostility: What varies.
        tell: Called with a line for each thing that varies, once for what stays so.
    """

    def __init__(self, hostility: Hostility, tell: Callable[[str], object]) -> None:
        self.hostility = hostility
        self._tell = tell
        self._lines: set[str] = set()
        self._counts: Counter[tuple[str, str]] = Counter()

    def is_on(self, name: str) -> bool:
        """Say whether a variation is on."""
        return name in self.hostility.names

    def has(self, name: str, path: str) -> bool:
        """Say whether something varies at a path: at two of three, so that not all is alike."""
        return self.is_on(name) and self.random(name, path).random() < 2 / 3

    def random(self, name: str, *where: object) -> Random:
        """Return the chances of a variation at a place."""
        return self.hostility.random(name, *where)

    def count(self, name: str, path: str) -> int:
        """Count one more occasion, and say which it is, from 1."""
        self._counts[name, path] += 1
        return self._counts[name, path]

    def tell(self, name: str, path: str, text: str) -> None:
        """Tell, unless it has been told."""
        line = f"{name}: {path} {text}"
        if line not in self._lines:
            self._lines.add(line)
            self._tell(line)
