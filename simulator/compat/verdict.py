"""
Verdicts with their reasons: what the judge decided, why, and what stays possible.

Source: the limit codes and the COLD and LIVE bits are those of nvmlGetVgpuCompatibility(); the
rest is ours.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.judge import Check, Finding, check_objects, check_relation, judge
from simulator.compat.near_miss import Change, near_miss
from simulator.compat.reason_text import clause_text, relation_text
from simulator.compat.scheme import Attribute, Direction, Limit, Outcome, Relation, Scheme
from simulator.compat.template import Binding

__all__ = ["Decider", "Match", "Reason", "Verdict", "cold_scheme", "explain"]


class Decider(enum.StrEnum):
    """Whose information decides: an object's publisher, both devices' values, or a setting."""

    SOURCE = "source"
    TARGET = "target"
    BOTH = "both"
    MISSING = "missing"
    UNLISTED = "unlisted"

    @property
    def words(self) -> str:
        """How people are told."""
        is_setting = self in (Decider.MISSING, Decider.UNLISTED)
        return f"the scheme's {self}" if is_setting else str(self)


@dataclass(frozen=True, slots=True)
class Reason:
    """
    Why one attribute is refused or undecided.

    Attributes:
        attribute: Its name; empty when there is no list of objects.
        outcome: ``INCOMPATIBLE`` or ``UNDECIDED``.
        text: In words.
        accepted_by: Whose object refuses, or None for a relation of the scheme.
        index: The number of the object, from 1; 0 for none.
        decided_by: The side of the object that refuses; both sides for a relation; or the setting
            that says what is missing or unlisted.
        limit: What stands in the way.
        blocks: What this alone forbids: ``live`` migration only, or ``all``.
    """

    attribute: str
    outcome: Outcome
    text: str
    accepted_by: Direction | None = None
    index: int = 0
    decided_by: Decider = Decider.BOTH
    limit: Limit = Limit.OTHER
    blocks: str = "all"

    def __str__(self) -> str:
        where = f"COMPATIBLE {self.index} of the {self.accepted_by}: " if self.index else ""
        return where + self.text


@dataclass(frozen=True, slots=True)
class Match:
    """The object that accepts, and the choice of its variables."""

    accepted_by: Direction
    index: int
    binding: Binding

    def __str__(self) -> str:
        chosen = ", ".join(f"{name}={choice}" for name, choice in self.binding.items())
        where = f"COMPATIBLE {self.index} of the {self.accepted_by}"
        return f"{where} with {chosen}" if chosen else where


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    A verdict that explains itself.

    Attributes:
        outcome: What the judge says.
        reasons: Why not, one per clause; empty when compatible.
        matches: The objects that accept.
        near_miss: The smallest set of changes found that would make it compatible; empty when
            it is, or when none was found. The judge was asked again with these changes.
        cold: What the judge says without the attributes that block live migration only.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    matches: tuple[Match, ...] = ()
    near_miss: tuple[Change, ...] = ()
    cold: Outcome = Outcome.COMPATIBLE

    @property
    def limits(self) -> Mapping[Limit, tuple[Reason, ...]]:
        """The first reason of each attribute, by what stands in the way."""
        first = {reason.attribute: reason for reason in reversed(self.reasons)}
        found = {
            limit: tuple(
                reason
                for reason in dict.fromkeys(first[one.attribute] for one in self.reasons)
                if reason.limit is limit
            )
            for limit in Limit
        }
        return MappingProxyType({limit: reasons for limit, reasons in found.items() if reasons})

    def limits_text(self) -> str:
        """Say in one line what stands in the way, whose information says so, and what is left."""
        said = "; ".join(
            f"{limit}: "
            + ", ".join(f"{r.attribute or 'objects'} (by {r.decided_by.words})" for r in reasons)
            for limit, reasons in self.limits.items()
        )
        if self.cold > self.outcome:
            may = "stays possible" if self.cold is Outcome.COMPATIBLE else "is undecided"
            said += f"; cold migration {may}"
        return said

    def to_json(self) -> dict[str, object]:
        """Return the parts that JSON knows."""
        return {
            "verdict": str(self.outcome),
            "migration": {"live": str(self.outcome), "cold": str(self.cold)},
            "limits": [str(limit) for limit in self.limits],
            "reasons": [
                {
                    "attribute": reason.attribute,
                    "verdict": str(reason.outcome),
                    "accepted_by": reason.accepted_by and str(reason.accepted_by),
                    "object": reason.index,
                    "decided_by": str(reason.decided_by),
                    "limit": str(reason.limit),
                    "blocks": reason.blocks,
                    "text": reason.text,
                }
                for reason in self.reasons
            ],
            "matches": [
                {
                    "accepted_by": str(match.accepted_by),
                    "object": match.index,
                    "variables": dict(match.binding),
                }
                for match in self.matches
            ],
            "near_miss": [
                {
                    "side": str(change.side),
                    "attribute": change.attribute,
                    "current": None if change.current is None else str(change.current),
                    "needed": None if change.needed is None else str(change.needed),
                }
                for change in self.near_miss
            ],
        }


def explain(scheme: Scheme, source: Description, target: Description) -> Verdict:
    """
    Judge, and say why.

    Args:
        scheme: What is compared, and in which direction.
        source: The device that is left.
        target: The device that receives.
    """
    outcome = judge(scheme, source, target)
    relations = [
        check_relation(scheme, attribute, source, target)
        for attribute in scheme.attributes.values()
    ]
    questions = check_objects(scheme, source, target)
    reasons = [
        _of_attribute(
            scheme,
            Reason(
                finding.attribute,
                finding.outcome,
                relation_text(finding),
                decided_by=_relation_decider(finding),
            ),
        )
        for finding in relations
        if finding.outcome is not Outcome.COMPATIBLE
    ]
    matches = []
    for direction, checks in questions.items():
        best = max(checks, key=lambda check: check.outcome)
        if best.outcome is Outcome.COMPATIBLE:
            matches += [Match(direction, best.index, best.binding)] if best.index else []
        else:
            publisher = complete(scheme, target if direction is Direction.TARGET else source)
            reasons += _object_reasons(scheme, publisher, direction, checks)
    near: tuple[Change, ...] = ()
    if outcome is not Outcome.COMPATIBLE:
        near = near_miss(scheme, source, target, relations, questions)
    cold = outcome
    if outcome is not Outcome.COMPATIBLE and (without := cold_scheme(scheme)) is not scheme:
        cold = judge(without, source, target)
    return Verdict(outcome, tuple(reasons), tuple(matches), near, cold)


def cold_scheme(scheme: Scheme) -> Scheme:
    """Return *scheme* without what blocks only live migration; the same one if nothing does."""
    attributes = {
        name: replace(one, relation=Relation.ANY, of=None) if one.blocks == "live" else one
        for name, one in scheme.attributes.items()
    }
    return scheme if attributes == scheme.attributes else replace(scheme, attributes=attributes)


def _of_attribute(scheme: Scheme, reason: Reason) -> Reason:
    """Add what the scheme says of the attribute."""
    attribute: Attribute | None = scheme.attributes.get(reason.attribute)
    if attribute is None:
        return reason
    return replace(reason, limit=attribute.limit, blocks=attribute.blocks)


def _relation_decider(finding: Finding) -> Decider:
    is_missing = finding.value is None or finding.other is None
    return Decider.MISSING if is_missing else Decider.BOTH


def _object_decider(finding: Finding, publisher: Description, direction: Direction) -> Decider:
    tested = finding.value if finding.attribute else publisher.objects
    if tested is None:
        return Decider.MISSING
    if finding.attribute and finding.clause is None:
        return Decider.UNLISTED
    return Decider.TARGET if direction is Direction.TARGET else Decider.SOURCE


def _object_reasons(
    scheme: Scheme, publisher: Description, direction: Direction, checks: Iterable[Check]
) -> Iterator[Reason]:
    for check in checks:
        for finding in check.findings:
            if finding.outcome is Outcome.COMPATIBLE:
                continue
            if finding.attribute:
                text = clause_text(scheme, finding, check, direction)
            else:
                accepts = "accepts nobody: its list of objects is empty"
                accepts = "publishes no list of objects" if publisher.objects is None else accepts
                text = f"the {direction} {accepts}"
            decider = _object_decider(finding, publisher, direction)
            reason = Reason(
                finding.attribute, finding.outcome, text, direction, check.index, decider
            )
            yield _of_attribute(scheme, reason)
