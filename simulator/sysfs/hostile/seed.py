r"""
What a seed decides: which variations there are, and every choice within them.

    >>> hostility = Hostility.parse("7:order,short")
    >>> str(hostility)
    '7:order,short'
    >>> hostility.random("order", "/class").random() == hostility.random("order", "/class").random()
    True

Source: ours.
"""

from dataclasses import dataclass
from random import Random
from typing import Self

from simulator.errors import TextError
from simulator.sysfs.hostile.variations import VARIATIONS

__all__ = ["Hostility"]


@dataclass(frozen=True, slots=True)
class Hostility:
    """
    A seed and the variations that are on.

    Attributes:
        seed: From 0.
        names: In the order of `VARIATIONS`.
    """

    seed: int
    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read ``SEED`` or ``SEED:NAME,NAME``. A seed alone chooses about half of the variations.

        Raises:
            TextError: It is something else.
        """
        number, colon, listed = text.partition(":")
        if not (number.isascii() and number.isdecimal() and len(number) < 20):
            raise TextError(text, "not a seed", "a number from 0, such as 7 or 7:order,short")
        seed = int(number)
        if not colon:
            random = Random(f"{seed}")  # noqa: S311 - no secret
            names = [name for name in VARIATIONS if random.random() < 1 / 2]
            return cls(seed, tuple(names or [random.choice(list(VARIATIONS))]))
        wanted = listed.split(",")
        wrong = next((name for name in wanted if name not in VARIATIONS), None)
        if wrong is not None:
            raise TextError(text, f"no variation {wrong}", ", ".join(VARIATIONS))
        return cls(seed, tuple(name for name in VARIATIONS if name in wanted))

    def __str__(self) -> str:
        return f"{self.seed}:{','.join(self.names)}"

    def random(self, name: str, *where: object) -> Random:
        """Return the chances of a variation at a place: the same for the same words."""
        return Random(f"{self.seed}/{name}/{'/'.join(map(str, where))}")  # noqa: S311 - no secret
