"""
The search for limits under which all devices accept each other.

The least limits are tried first: of as few attributes as will do, each as high as will do. A pair
that refused once is asked first of the next ones, by the judge; what no such pair refuses is asked
of the matcher, all pairs of it. `judged` asks the judge about all pairs of what was found.

Source: ours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome, Scheme
from simulator.lab.matrix import matrix
from simulator.lab.pairs import lowest
from simulator.planning.limits import Choice, Limits, compared, limited, offer

__all__ = ["Found", "judged", "search"]

_MOST_TRIALS = 4096
"""Limits that are tried. Ours."""


@dataclass(frozen=True, slots=True)
class Found:
    """
    What came of a search.

    Attributes:
        limits: The least limits that were found, or None.
        refusal: Where there are none, source and target that still refuse when all attributes are
            limited to what all devices have: their places.
        refused_with: The limits under which they do.
        is_whole: Every choice was tried; otherwise there may be limits that were not found.
    """

    limits: Limits | None
    refusal: tuple[int, int] = (0, 0)
    refused_with: Limits | None = None
    is_whole: bool = True


def search(
    scheme: Scheme,
    descriptions: Sequence[Description],
    names: Sequence[str],
    least: Outcome = Outcome.COMPATIBLE,
) -> Found:
    """
    Find limits under which every device accepts every other, and its like.

    Args:
        scheme: What is compared.
        descriptions: The devices.
        names: What they may be limited in.
        least: What is as good as accepted.
    """
    offered = offer(scheme, descriptions, names)
    choices, is_whole = offered.choices, offered.is_whole
    trial = _Trial(scheme, descriptions, least)
    is_few = prod(map(len, choices.values())) <= _MOST_TRIALS
    for limits in _in_order(choices) if is_few else _few(choices):
        if trial.refusal(limits) is None:
            fewest = limits if is_few else trial.relaxed(limits)
            return Found(fewest, is_whole=is_whole and is_few)
    most = {name: one[1][0] for name, one in choices.items() if one[1:]}
    return Found(None, trial.refusal(most) or (0, 0), most, is_whole=is_whole and is_few)


def judged(
    scheme: Scheme,
    descriptions: Sequence[Description],
    limits: Limits,
    progress: Callable[[int], None] | None = None,
) -> int:
    """
    Let the judge see that every device accepts every other under *limits*.

    Args:
        scheme: What is compared.
        descriptions: The devices.
        limits: What they are limited to.
        progress: Called with the number of pairs that are done.

    Returns:
        How many pairs of different descriptions there are.

    Raises:
        RuntimeError: The judge refuses a pair that the matcher accepts, which must not be.
    """
    different = [one for _, one in _different(scheme, descriptions, limits)]
    pairs = 0
    for source, target in product(different, repeat=2):
        if judge(scheme, source, target) is not Outcome.COMPATIBLE:
            raise RuntimeError(f"the judge refuses {source.to_line()} → {target.to_line()}")
        pairs += 1
        if progress is not None:
            progress(pairs)
    return pairs


def _different(
    scheme: Scheme, descriptions: Sequence[Description], limits: Limits
) -> list[tuple[int, Description]]:
    """Return what limited devices publish of what is compared, each text with its first place."""
    names = compared(scheme)
    found: dict[object, tuple[int, Description]] = {}
    for place, one in enumerate(descriptions):
        said = limited(one, limits)
        own = {name: value for name, value in said.values.items() if name in names}
        texts = tuple(sorted((name, str(value)) for name, value in own.items()))
        found.setdefault((texts, said.objects), (place, Description(own, said.objects)))
    return list(found.values())


def _in_order(offered: Mapping[str, Sequence[Choice]]) -> list[Limits]:
    """Order all choices together: few limits before many, high ones before low ones."""
    depths = sorted(
        product(*(range(len(one)) for one in offered.values())),
        key=lambda depth: (sum(map(bool, depth)), sum(depth), depth),
    )
    return [_taken(offered, depth) for depth in depths]


def _few(offered: Mapping[str, Sequence[Choice]]) -> list[Limits]:
    """Choose some where all are too many: all attributes are limited alike, further and further."""
    most = max(map(len, offered.values()))
    return [
        _taken(offered, [min(at, len(one) - 1) for one in offered.values()]) for at in range(most)
    ]


def _taken(offered: Mapping[str, Sequence[Choice]], depth: Sequence[int]) -> Limits:
    chosen = zip(offered.items(), depth, strict=True)
    return {name: one[at][0] for (name, one), at in chosen if at}


class _Trial:
    """Tries limits on devices, and remembers the pairs that refused."""

    def __init__(self, scheme: Scheme, descriptions: Sequence[Description], least: Outcome) -> None:
        self._scheme = scheme
        self._descriptions = descriptions
        self._least = least
        self._refused: list[tuple[int, int]] = []

    def refusal(self, limits: Limits) -> tuple[int, int] | None:
        """Return the places of a source and a target that refuses it, if there are any."""
        for at, pair in enumerate(self._refused):
            if not self._accepts(*(limited(self._descriptions[one], limits) for one in pair)):
                self._refused.insert(0, self._refused.pop(at))
                return pair
        different = _different(self._scheme, self._descriptions, limits)
        places = [place for place, _ in different]
        found = matrix(self._scheme, [one for _, one in different])
        whole = (1 << len(places)) - 1
        for source, (yes, undecided) in enumerate(
            zip(found.compatible, found.undecided, strict=True)
        ):
            accepted = yes | undecided if self._least is Outcome.UNDECIDED else yes
            if accepted != whole:
                pair = places[source], places[lowest(whole & ~accepted)]
                self._refused.insert(0, pair)
                return pair
        return None

    def relaxed(self, limits: Limits) -> Limits:
        """Leave out what need not be limited, one attribute after the other."""
        for name in limits:
            fewer = {other: value for other, value in limits.items() if other != name}
            if self.refusal(fewer) is None:
                limits = fewer
        return limits

    def _accepts(self, source: Description, target: Description) -> bool:
        return judge(self._scheme, source, target) >= self._least
