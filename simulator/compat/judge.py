"""
The judge: can this source migrate to that target? The specification of every faster matcher.

Clause by clause, without index or cache. See docs/language.md for the law in words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import cast

from simulator.compat.choice import Question
from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.rule import (
    AbsentClause,
    AnyClause,
    Clause,
    EmptyClause,
    Equal,
    Object,
    OneOf,
    Range,
    Subset,
    Superset,
    VersionClause,
)
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.compat.template import Binding, Scaled, Template
from simulator.values import FlagSet, Integer, PciId, Ratio, String, Value, Version

__all__ = ["Check", "Finding", "check_object", "check_objects", "check_relation", "judge"]

_YES, _NO = Outcome.COMPATIBLE, Outcome.INCOMPATIBLE


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What became of one attribute.

    Attributes:
        attribute: Its name; empty when there is no list of objects to ask.
        outcome: The answer for this attribute.
        clause: The clause or relation that was asked, or None for an unlisted attribute.
        value: What the tested device has, or None: it lacks the attribute.
        other: For a relation, the source's value.
    """

    attribute: str
    outcome: Outcome
    clause: Clause | Relation | None
    value: Value | None = None
    other: Value | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """
    What became of one object, or of a device without objects.

    Attributes:
        outcome: The AND of the findings and of the joint choice of the variables.
        findings: One per attribute, in the order of the object. A template counts as found
            when it can be had together with the templates before it.
        binding: The choice of the variables.
        index: The number of the object in its list, from 1; 0 when there is none.
    """

    outcome: Outcome
    findings: tuple[Finding, ...]
    binding: Binding
    index: int = 0


def judge(scheme: Scheme, source: Description, target: Description) -> Outcome:
    """
    Decide whether *source* can migrate to *target*.

    Args:
        scheme: What is compared, and in which direction.
        source: The device that is left.
        target: The device that receives.

    Returns:
        The AND of all relations and of the object questions.

    Source: ours, after 20200729080503.GB28676@joy-OptiPlex-7040.
    """
    outcome = _YES
    for attribute in scheme.attributes.values():
        outcome = min(outcome, check_relation(scheme, attribute, source, target).outcome)
    for checks in check_objects(scheme, source, target).values():
        outcome = min(outcome, max(check.outcome for check in checks))
    return outcome


def check_relation(
    scheme: Scheme, attribute: Attribute, source: Description, target: Description
) -> Finding:
    """Compare the two devices' own values of one attribute."""
    value = target.values.get(attribute.name)
    other = source.values.get(attribute.of or attribute.name)
    relation = attribute.relation
    is_agreed = value is None and other is None and not attribute.required
    if relation is None or relation is Relation.ANY or is_agreed:
        outcome = _YES
    elif value is None or other is None:
        outcome = scheme.missing_of(attribute)
    else:
        outcome = _YES if _RELATIONS[relation](other, value) else _NO
    return Finding(attribute.name, outcome, relation, value, other)


def _members(value: Value) -> frozenset[str]:
    return cast("FlagSet", value).members


def _can_move(source: Value, target: Value) -> bool:
    """Same major, minor not below; the bugfix plays no part (20200717101258.65555978@x1.home)."""
    old, new = cast("Version", source), cast("Version", target)
    return old.major == new.major and old.minor <= new.minor


_RELATIONS: Mapping[Relation, Callable[[Value, Value], bool]] = MappingProxyType(
    {
        Relation.EQUAL: lambda source, target: target == source,
        Relation.SUPERSET: lambda source, target: _members(target) >= _members(source),
        Relation.SUBSET: lambda source, target: _members(target) <= _members(source),
        Relation.VERSION: _can_move,
        Relation.ONE_OF: lambda source, target: str(source) in _members(target),
    }
)


# ---- objects


def check_objects(
    scheme: Scheme, source: Description, target: Description
) -> dict[Direction, tuple[Check, ...]]:
    """
    Ask the objects of each side that decides.

    Returns:
        For ``target``, what the target's objects say of the source; for ``source``, what the
        source's objects say of the target. Empty when the scheme has no objects.
    """
    if not scheme.has_objects:
        return {}
    found = {}
    if scheme.accepted_by is not Direction.SOURCE:
        found[Direction.TARGET] = _check_list(scheme, target, source, to_publisher=True)
    if scheme.accepted_by is not Direction.TARGET:
        found[Direction.SOURCE] = _check_list(scheme, source, target, to_publisher=False)
    return found


def _check_list(
    scheme: Scheme, publisher: Description, other: Description, *, to_publisher: bool
) -> tuple[Check, ...]:
    """
    Ask every object of *publisher* about *other*.

    Args:
        scheme: The scheme.
        publisher: The device whose objects are asked.
        other: The device that is tested by its own values.
        to_publisher: The migration goes from *other* to *publisher*.

    Returns:
        At least one check. Without a list, the scheme's answer to what is missing; with an
        empty one, a refusal.
    """
    objects = complete(scheme, publisher).objects
    if not objects:
        outcome = scheme.missing if objects is None else _NO
        return (Check(outcome, (Finding("", outcome, None),), {}),)
    return tuple(
        check_object(scheme, one, other, to_publisher=to_publisher, index=index)
        for index, one in enumerate(objects, 1)
    )


def check_object(
    scheme: Scheme, one: Object, other: Description, *, to_publisher: bool, index: int = 1
) -> Check:
    """Ask one object about *other*: every clause, one choice of the variables, the unlisted."""
    clauses = {
        name: clause
        for name, clause in one.clauses.items()
        if scheme.attributes[name].relation is not Relation.ANY
    }
    templates = {
        name: clause
        for name, clause in clauses.items()
        if isinstance(clause, Template | Scaled) and name in other.values
    }
    question = Question(templates, other.values, one.variables, scheme.floor_division)
    chosen = question.choose()
    findings = []
    for name, clause in clauses.items():
        value = other.values.get(name)
        if name in templates:
            outcome = _YES if name in chosen.met else _NO
        elif value is None:
            accepts = isinstance(clause, EmptyClause | AnyClause | AbsentClause)
            outcome = _YES if accepts else scheme.missing_of(scheme.attributes[name])
        else:
            outcome = _YES if _accepts(clause, value, to_publisher) else _NO
        findings.append(Finding(name, outcome, clause, value))
    for name, attribute in scheme.attributes.items():
        listed = name in one.clauses or attribute.relation is Relation.ANY
        if name in other.values and not listed:
            findings.append(Finding(name, scheme.unlisted, None, other.values[name]))
    outcome = min((finding.outcome for finding in findings), default=_YES)
    return Check(outcome, tuple(findings), chosen.binding, index)


def _accepts(clause: Clause, value: Value, to_publisher: bool) -> bool:
    """Test a value that is there against a clause without variables."""
    match clause:
        case Equal():
            return value == clause.value
        case EmptyClause():
            return not str(value)
        case OneOf():
            return value in clause.values
        case Range():
            return _order(clause.low) <= _order(value) <= _order(clause.high)
        case Superset():
            return _members(value) >= clause.value.members
        case Subset():
            return _members(value) <= clause.value.members
        case VersionClause():
            ends = (value, clause.value) if to_publisher else (clause.value, value)
            return _can_move(*ends)
        case AnyClause():
            return True
        case AbsentClause():
            return False
        case Template() | Scaled():
            raise TypeError("a template is solved, not compared")


def _order(value: Value) -> tuple[int | Fraction, ...]:
    match value:
        case Version():
            return value.major, value.minor, value.bugfix
        case Integer():
            return (value.number,)
        case Ratio():
            return (value.value,)
        case String() | FlagSet() | PciId():
            raise TypeError(f"{value.kind} has no order")
