"""
A rolling upgrade: old hosts and new ones side by side, and who can migrate to whom.

The scheme of the side that accepts decides, as its direction says, and it sees of the other side
what it knows. Source: ours; the target's driver has the last word when it loads the state.
"""

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.scheme import Direction, Scheme
from simulator.compat.verdict import Verdict, explain
from simulator.lab.breaking.upgrade import Reader, Upgrade, same_rule
from simulator.lab.matrix import Matrix, matrix
from simulator.lab.pairs import Weights, lowest

__all__ = ["Count", "Rollout", "Step", "count", "smallest"]


class Step(enum.StrEnum):
    """From which hosts to which."""

    OLD_TO_OLD = "old to old"
    OLD_TO_NEW = "old to new"
    NEW_TO_OLD = "new to old"
    NEW_TO_NEW = "new to new"

    @property
    def ends(self) -> tuple[str, str]:
        """The source's side and the target's, ``old`` or ``new``."""
        source, _, target = self.value.split()
        return source, target


_Question = tuple[str, str, str]
"""The side whose scheme judges, and the sides of source and target."""


class Rollout:
    """
    The four questions of a rolling upgrade; those that are the same are asked once.

    Args:
        upgrade: The devices.
    """

    def __init__(self, upgrade: Upgrade) -> None:
        self.upgrade = upgrade
        self._schemes = {"old": upgrade.old, "new": upgrade.new}
        self._is_same = same_rule(upgrade.old, upgrade.new)
        self._seen = {
            ("old", "old"): upgrade.before,
            ("new", "new"): upgrade.after,
            ("old", "new"): self._known("old", "new", upgrade.after, upgrade.before),
            ("new", "old"): self._known("new", "old", upgrade.before, upgrade.after),
        }
        self._asked = {
            step: [self._plain((judge, *step.ends)) for judge in self._judges(*step.ends)]
            for step in Step
        }

    def _known(
        self,
        side: str,
        host: str,
        published: tuple[Description, ...],
        own: tuple[Description, ...],
    ) -> tuple[Description, ...]:
        """Return what *side* knows of the other hosts; *own* itself if that is all the same."""
        if self._is_same:
            return own if published == own else published
        publisher = self._schemes[host]
        reader = Reader(self._schemes[side], publisher.kinds)
        known = tuple(reader.read(complete(publisher, one)) for one in published)
        return own if known == own else known

    def _judges(self, source: str, target: str) -> tuple[str, ...]:
        """Name the sides whose schemes decide."""
        one, other = self._schemes[source], self._schemes[target]
        sides = []
        if not other.has_objects or other.accepted_by is not Direction.SOURCE:
            sides.append(target)
        if one.has_objects and one.accepted_by is not Direction.TARGET:
            sides.append(source)
        if self._is_same:
            return (source,)
        return tuple(dict.fromkeys(sides or (source, target)))

    def _plain(self, question: _Question) -> _Question:
        """Say a question as the first one that asks the same."""
        judge, source, target = question
        judge = "old" if self._is_same else judge
        ends = self._seen[judge, source], self._seen[judge, target]
        for one in ("old", "new"):
            for other in ("old", "new"):
                if (self._seen[judge, one] is ends[0]) and (self._seen[judge, other] is ends[1]):
                    return judge, one, other
        return judge, source, target

    @property
    def total(self) -> int:
        """How many sources are asked about, all questions together."""
        questions = {question for asked in self._asked.values() for question in asked}
        return len(questions) * len(self.upgrade.devices)

    def run(self, progress: Callable[[int], None] | None = None) -> Mapping[Step, Matrix]:
        """
        Judge all pairs in all directions.

        Args:
            progress: Called with the number of sources that are done, of `total`.
        """
        found: dict[_Question, Matrix] = {}
        steps = {}
        for step, asked in self._asked.items():
            for question in asked:
                if question not in found:
                    found[question] = self._ask(question, _after(progress, found))
            steps[step] = _both([found[question] for question in asked])
        return MappingProxyType(steps)

    def _ask(self, question: _Question, progress: Callable[[int], None] | None) -> Matrix:
        judge, source, target = question
        ends = self._seen[judge, source], self._seen[judge, target]
        return matrix(self._schemes[judge], ends[0], progress=progress, targets=ends[1])

    def explain(self, step: Step, source: int, target: int) -> Verdict:
        """Say what becomes of one pair, as the scheme says that is the most against it."""
        verdicts = [
            explain(
                self._schemes[judge],
                self._seen[judge, one][source],
                self._seen[judge, other][target],
            )
            for judge, one, other in self._asked[step]
        ]
        return min(verdicts, key=lambda verdict: verdict.outcome)

    def scheme(self, step: Step) -> Scheme:
        """Return the scheme that judges a step, the first of two."""
        return self._schemes[self._asked[step][0][0]]


def _after(
    progress: Callable[[int], None] | None, found: Mapping[_Question, Matrix]
) -> Callable[[int], None] | None:
    if progress is None:
        return None
    done = sum(len(one) for one in found.values())
    return lambda more: progress(done + more)


def _both(found: list[Matrix]) -> Matrix:
    """AND the verdicts of one matrix or of two."""
    if len(found) == 1:
        return found[0]
    rows = zip(*(zip(one.compatible, one.undecided, strict=True) for one in found), strict=True)
    ends = [(a & b, ((a | u) & (b | v)) & ~(a & b)) for (a, u), (b, v) in rows]
    return Matrix(tuple(one for one, _ in ends), tuple(other for _, other in ends))


# ---- pairs as rows of bits


@dataclass(frozen=True, slots=True)
class Count:
    """
    How many pairs.

    Attributes:
        pairs: Of classes, each also with itself.
        device_pairs: Of devices, each also with itself.
        devices: Devices that are the source of such a pair.
    """

    pairs: int
    device_pairs: int
    devices: int

    def to_json(self) -> dict[str, int]:
        """Return it as JSON knows it."""
        return {"pairs": self.pairs, "device_pairs": self.device_pairs, "devices": self.devices}


def count(rows: Iterable[int], devices: tuple[int, ...]) -> Count:
    """Count the pairs of *rows*, a bit for each target of each source."""
    weights = Weights.of(devices)
    pairs = device_pairs = sources = 0
    for row, weight in zip(rows, devices, strict=True):
        if row:
            pairs += row.bit_count()
            sources += weight
            device_pairs += weight * weights.total(row)
    return Count(pairs, device_pairs, sources)


def smallest(rows: Iterable[int]) -> tuple[int, int] | None:
    """Return the pair of the simplest ends, where classes are in order of size."""
    best: tuple[int, int] | None = None
    for source, row in enumerate(rows):
        if row:
            target = lowest(row)
            if best is None or source + target < sum(best):
                best = source, target
        if best is not None and source >= sum(best):
            break
    return best
