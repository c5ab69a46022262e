"""
What an upgrade breaks: migrations that are lost and gained, and what is published differently.

    >>> from dataclasses import replace
    >>> from simulator.compat.schemes import load_builtin
    >>> old = load_builtin("software-version")
    >>> new = replace(old, attributes={**old.attributes})
    >>> found = find_breaks(Rollout(Upgrade.of_schemes(old, new, [])))
    >>> found.found, str(found.bump)
    (frozenset(), 'none')

Source: ours; the rule of the bump is that of `simulator.lab.breaking.bump`.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.compat.description import Description
from simulator.compat.scheme import Outcome
from simulator.compat.verdict import Verdict
from simulator.lab.breaking.bump import Bump, Published, called_for, published
from simulator.lab.breaking.differences import Difference, differences
from simulator.lab.breaking.rolling import Count, Rollout, Step, count, smallest
from simulator.lab.breaking.upgrade import Upgrade, same_rule
from simulator.lab.matrix import Matrix

__all__ = ["DEFAULT", "Breaking", "Category", "Change", "Example", "Passage", "find_breaks"]


class Category(enum.StrEnum):
    """
    What an upgrade can do, by stable names.

    The first six are pairs whose verdict after the upgrade is another one than before; the next
    two are pairs that are allowed before and after, and not from one to the other.
    """

    LOST = "lost"
    UNDECIDED = "undecided"
    GAINED = "gained"
    DECIDED = "decided"
    REFUSED = "refused"
    OPENED = "opened"
    UPGRADE = "upgrade"
    ROLLBACK = "rollback"
    DESCRIPTION = "description"
    FILE = "file"
    PUBLISHED = "published"

    @property
    def meaning(self) -> str:
        """Say in words what is reported."""
        return _MEANINGS[self]


_MEANINGS: Mapping[Category, str] = MappingProxyType(
    {
        Category.LOST: "compatible before, incompatible after",
        Category.UNDECIDED: "compatible before, undecided after",
        Category.GAINED: "incompatible before, compatible after",
        Category.DECIDED: "undecided before, compatible after",
        Category.REFUSED: "undecided before, incompatible after",
        Category.OPENED: "incompatible before, undecided after",
        Category.UPGRADE: "compatible before and after, not from old to new",
        Category.ROLLBACK: "compatible before and after, not from new to old",
        Category.DESCRIPTION: "an attribute is removed, retyped or no longer valid",
        Category.FILE: "a file went away, moved, or changed its form",
        Category.PUBLISHED: "an attribute or a file is added",
    }
)

DEFAULT = frozenset((Category.LOST, Category.UPGRADE))
"""Migrations that are lost: for good, or while the upgrade goes on."""

_C, _U, _I = Outcome.COMPATIBLE, Outcome.UNDECIDED, Outcome.INCOMPATIBLE
_TRANSITIONS: Mapping[Category, tuple[Outcome, Outcome]] = MappingProxyType(
    {
        Category.LOST: (_C, _I),
        Category.UNDECIDED: (_C, _U),
        Category.GAINED: (_I, _C),
        Category.DECIDED: (_U, _C),
        Category.REFUSED: (_U, _I),
        Category.OPENED: (_I, _U),
    }
)


@dataclass(frozen=True, slots=True)
class Example:
    """
    One pair, as its hosts publish it.

    Attributes:
        step: From which host to which.
        source: The device that is left.
        target: The device that receives.
        before: The verdict from old to old.
        verdict: The one that is not compatible, with its reasons: that of *step*.
    """

    step: Step
    source: Description
    target: Description
    before: Outcome
    verdict: Verdict

    def to_json(self) -> dict[str, object]:
        """Return it as JSON knows it."""
        ends = {"source": self.source.to_json(), "target": self.target.to_json()}
        return {"step": str(self.step), "before": str(self.before)} | ends | self.verdict.to_json()


@dataclass(frozen=True, slots=True)
class Change:
    """Pairs of one category, and the smallest of them."""

    category: Category
    count: Count
    example: Example


@dataclass(frozen=True, slots=True)
class Passage:
    """
    One direction of a rolling upgrade.

    Attributes:
        step: From which hosts to which.
        allowed: Pairs that are compatible.
        undecided: Pairs that are undecided.
        lost: Pairs that are compatible from old to old, and not here.
        example: The smallest one that is lost.
    """

    step: Step
    allowed: Count
    undecided: Count
    lost: Count
    example: Example | None


@dataclass(frozen=True, slots=True)
class Breaking:
    """
    What an upgrade breaks.

    Attributes:
        upgrade: The devices before and after.
        changes: The categories of pairs that occur.
        differences: What is published differently.
        passages: The four directions of a rolling upgrade.
        bump: What the verdicts call for.
        evidence: Why.
        published: The bumps that devices publish.
    """

    upgrade: Upgrade
    changes: Mapping[Category, Change]
    differences: tuple[Difference, ...]
    passages: Mapping[Step, Passage]
    bump: Bump
    evidence: str
    published: tuple[Published, ...]

    @property
    def found(self) -> frozenset[Category]:
        """The categories that occur."""
        return frozenset(self.changes) | {Category(one.category) for one in self.differences}


def find_breaks(
    rollout: Rollout,
    progress: Callable[[int], None] | None = None,
    every: Upgrade | None = None,
) -> Breaking:
    """
    Judge every pair of an upgrade in all directions, and say what it breaks.

    Args:
        rollout: The devices before and after.
        progress: Called with the number of sources that are done, of `Rollout.total`.
        every: All devices, where those of *rollout* are drawn from them. What is published is
            compared of all.
    """
    return _Finder(rollout, rollout.run(progress)).find(every or rollout.upgrade)


class _Finder:
    """Compares the four matrices of one rolling upgrade."""

    def __init__(self, rollout: Rollout, steps: Mapping[Step, Matrix]) -> None:
        self.rollout = rollout
        self.upgrade = rollout.upgrade
        self.steps = steps
        self.base = steps[Step.OLD_TO_OLD]

    def find(self, every: Upgrade) -> Breaking:
        changes = {}
        for category, rows, step in self._rows():
            if (example := self._example(rows, step)) is not None:
                counted = count(rows, self.upgrade.devices)
                changes[category] = Change(category, counted, example)
        passages = {step: self._passage(step, found) for step, found in self.steps.items()}
        bump, evidence = self._bump(passages, every)
        return Breaking(
            upgrade=self.upgrade,
            changes=MappingProxyType(changes),
            differences=tuple(differences(every)),
            passages=MappingProxyType(passages),
            bump=bump,
            evidence=evidence,
            published=published(every),
        )

    def _rows(self) -> list[tuple[Category, list[int], Step]]:
        """Find the pairs of each category, and the step whose verdict says why."""
        after = self.steps[Step.NEW_TO_NEW]
        old, new = self._outcomes(self.base), self._outcomes(after)
        found = []
        for category, (was, now) in _TRANSITIONS.items():
            rows = [a & b for a, b in zip(old[was], new[now], strict=True)]
            why = Step.OLD_TO_OLD if now is _C else Step.NEW_TO_NEW
            found.append((category, rows, why))
        between = {Category.UPGRADE: Step.OLD_TO_NEW, Category.ROLLBACK: Step.NEW_TO_OLD}
        for category, step in between.items():
            three = zip(old[_C], new[_C], self.steps[step].compatible, strict=True)
            found.append((category, [a & b & ~c for a, b, c in three], step))
        return found

    def _outcomes(self, found: Matrix) -> Mapping[Outcome, list[int]]:
        every = (1 << len(found)) - 1
        both = list(zip(found.compatible, found.undecided, strict=True))
        rows = {_C: list(found.compatible), _U: list(found.undecided)}
        return rows | {_I: [every & ~(one | other) for one, other in both]}

    def _example(self, rows: list[int], step: Step) -> Example | None:
        pair = smallest(rows)
        if pair is None:
            return None
        hosts = {"old": self.upgrade.before, "new": self.upgrade.after}
        source, target = (hosts[end][at] for end, at in zip(step.ends, pair, strict=True))
        verdict = self.rollout.explain(step, *pair)
        return Example(step, source, target, self.base.outcome(*pair), verdict)

    def _passage(self, step: Step, found: Matrix) -> Passage:
        pairs = zip(self.base.compatible, found.compatible, strict=True)
        lost = [before & ~here for before, here in pairs]
        devices = self.upgrade.devices
        return Passage(
            step,
            count(found.compatible, devices),
            count(found.undecided, devices),
            count(lost, devices),
            self._example(lost, step),
        )

    def _bump(self, passages: Mapping[Step, Passage], every: Upgrade) -> tuple[Bump, str]:
        forward = {
            step: passages[step].lost.device_pairs for step in (Step.OLD_TO_NEW, Step.NEW_TO_NEW)
        }
        back = passages[Step.NEW_TO_OLD].lost.device_pairs
        ends = zip(self.base.compatible, self.steps[Step.NEW_TO_NEW].compatible, strict=True)
        rows = [~before & after for before, after in ends]
        gained = count(rows, self.upgrade.devices).device_pairs
        old, new = every.old, every.new
        is_same = same_rule(old, new) and (old.surfaces, old.prefer) == (new.surfaces, new.prefer)
        bump = called_for(
            lost=sum(forward.values()),
            back=back,
            gained=gained,
            is_changed=not is_same or every.before != every.after,
        )
        losses = [f"{_pairs(lost)} lost {step}" for step, lost in forward.items() if lost]
        growth = [f"{_pairs(gained)} gained"] * bool(gained)
        growth += [f"{_pairs(back)} lost new to old"] * bool(back)
        evidence = {
            Bump.MAJOR: ", ".join(losses),
            Bump.MINOR: f"{', '.join(growth)}; none found lost old to new",
            Bump.BUGFIX: "no migration found lost or gained; something is published or judged anew",
        }
        return bump, evidence.get(bump, "nothing found changed")


def _pairs(number: int) -> str:
    return f"{number:,} pair{'s' * (number != 1)}"
