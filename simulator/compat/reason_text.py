"""
Reasons in words: what a clause or a relation wants, and what is there.

Source: ours.
"""

from simulator.compat.judge import Check, Finding
from simulator.compat.near_miss import shown
from simulator.compat.rule import (
    AbsentClause,
    OneOf,
    Range,
    Subset,
    Superset,
    VersionClause,
)
from simulator.compat.scheme import Direction, Relation, Scheme
from simulator.compat.template import Binding, Scaled, Template, render
from simulator.values import FlagSet, Value, Version

__all__ = ["clause_text", "relation_text"]

_LONGEST = 300


def relation_text(finding: Finding) -> str:
    """Say why a relation does not hold."""
    name, source, target = finding.attribute, finding.other, finding.value
    if source is None and target is None:
        return f"neither device has {name}"
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


def clause_text(scheme: Scheme, finding: Finding, check: Check, direction: Direction) -> str:
    """Say why a clause of an object in *direction* does not accept."""
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
