"""Verdicts with their reasons: what the judge decided, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.judge import Check, Finding, check_objects, check_relation, judge
from simulator.compat.near_miss import Change, near_miss, shown
from simulator.compat.rule import (
    AbsentClause,
    OneOf,
    Range,
    Subset,
    Superset,
    VersionClause,
)
from simulator.compat.scheme import Direction, Outcome, Relation, Scheme
from simulator.compat.template import Binding, Scaled, Template, render
from simulator.values import FlagSet, Value, Version

__all__ = ["Match", "Reason", "Verdict", "explain"]


_LONGEST = 300


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
    """

    attribute: str
    outcome: Outcome
    text: str
    accepted_by: Direction | None = None
    index: int = 0

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
    """

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    matches: tuple[Match, ...] = ()
    near_miss: tuple[Change, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the parts that JSON knows."""
        return {
            "verdict": str(self.outcome),
            "reasons": [
                {
                    "attribute": reason.attribute,
                    "verdict": str(reason.outcome),
                    "accepted_by": reason.accepted_by and str(reason.accepted_by),
                    "object": reason.index,
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
        Reason(finding.attribute, finding.outcome, _relation_text(finding))
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
    return Verdict(outcome, tuple(reasons), tuple(matches), near)


# ---- reasons in words


def _object_reasons(
    scheme: Scheme, publisher: Description, direction: Direction, checks: Iterable[Check]
) -> Iterator[Reason]:
    for check in checks:
        for finding in check.findings:
            if finding.outcome is Outcome.COMPATIBLE:
                continue
            if finding.attribute:
                text = _clause_text(scheme, finding, check, direction)
            else:
                accepts = "accepts nobody: its list of objects is empty"
                accepts = "publishes no list of objects" if publisher.objects is None else accepts
                text = f"the {direction} {accepts}"
            yield Reason(finding.attribute, finding.outcome, text, direction, check.index)


def _relation_text(finding: Finding) -> str:
    name, source, target = finding.attribute, finding.other, finding.value
    if source is None or target is None:
        side = "source" if source is None else "target"
        return f"the {side} has no {name}"
    match finding.clause:
        case Relation.SUPERSET:
            lacks = _names(_members(source) - _members(target))
            return f"{name}: the target lacks {lacks} of the source"
        case Relation.SUBSET:
            more = _names(_members(target) - _members(source))
            return f"{name}: the target has {more} besides the source's"
        case Relation.VERSION:
            return f"{name}: {_version_text(source, target)}"
        case Relation.ONE_OF:
            return f"{name}: {source} of the source is not in {shown(target)} of the target"
        case _:
            return f"{name}: the source has {shown(source)}, the target {shown(target)}"


def _version_text(source: Value, target: Value) -> str:
    if not isinstance(source, Version) or not isinstance(target, Version):
        raise TypeError("a version is compared with a version")
    if source.major != target.major:
        return f"major {source.major} ≠ {target.major} ({source} to {target})"
    return f"minor {source.minor} > {target.minor} ({source} to {target})"


def _clause_text(scheme: Scheme, finding: Finding, check: Check, direction: Direction) -> str:
    name, value, clause = finding.attribute, finding.value, finding.clause
    if clause is None:
        return f"{name} is {shown(value)}, and the object does not name it"
    if value is None:
        return f"{name} is absent, expected {_brief(str(clause))}"
    match clause:
        case OneOf():
            wanted = "one of " + ", ".join(map(shown, clause.values))
        case Range():
            wanted = f"{clause.low} to {clause.high}"
        case Superset():
            return (
                f"{name} is {shown(value)}, lacks {_names(clause.value.members - _members(value))}"
            )
        case Subset():
            more = _names(_members(value) - clause.value.members)
            return f"{name} is {shown(value)}, has {more} besides {shown(clause.value)}"
        case VersionClause():
            ends = (value, clause.value) if direction is Direction.TARGET else (clause.value, value)
            return f"{name}: {_version_text(*ends)}"
        case AbsentClause():
            wanted = "absent"
        case Template() | Scaled():
            wanted = _wanted(scheme, clause, check.binding)
        case _:
            wanted = str(clause)
    return f"{name} is {shown(value)}, expected {_brief(wanted)}"


def _brief(text: str) -> str:
    """Cut what a vendor lists without end; the object has it whole."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _wanted(scheme: Scheme, template: Template | Scaled, binding: Binding) -> str:
    if not template.names() <= binding.keys():
        return str(template)
    chosen = ", ".join(f"{name}={binding[name]}" for name in sorted(template.names()))
    value = render(template, binding, floor_division=scheme.floor_division)
    return f"{template if value is None else value} ({chosen})"


def _members(value: Value) -> frozenset[str]:
    if not isinstance(value, FlagSet):
        raise TypeError(f"{value!r} is no set")
    return value.members


def _names(members: frozenset[str]) -> str:
    return "+".join(sorted(members))
