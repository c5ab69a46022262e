"""Verdicts with their reasons: what the judge decided, why, and how little would change it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from simulator.compat.description import Description
from simulator.compat.judge import Check, Finding, check_objects, check_relation, judge
from simulator.compat.rule import (
    AbsentClause,
    Equal,
    Object,
    OneOf,
    Range,
    Subset,
    Superset,
    VersionClause,
)
from simulator.compat.scheme import Direction, Outcome, Relation, Scheme
from simulator.compat.template import Binding, Scaled, Template, Variable, render, solve
from simulator.values import FlagSet, Value, Version

__all__ = ["Change", "Match", "Reason", "Verdict", "explain"]

# How far the search for the smallest change goes: objects, and choices of variables in each.
_NEAREST_OBJECTS = 8
_CHOICES = 64


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
class Change:
    """
    One value that would have to be another one.

    Attributes:
        side: The device that would have to change.
        attribute: The name.
        current: What it has, or None: absent.
        needed: What it would need, or None: to be absent.
    """

    side: Direction
    attribute: str
    current: Value | None
    needed: Value | None

    def __str__(self) -> str:
        return f"{self.side} {self.attribute}: {_shown(self.current)} → {_shown(self.needed)}"


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
            reasons += _object_reasons(direction, checks)
    near: tuple[Change, ...] = ()
    if outcome is not Outcome.COMPATIBLE:
        near = _near_miss(scheme, source, target, relations, questions)
    return Verdict(outcome, tuple(reasons), tuple(matches), near)


# ---- reasons in words


def _shown(value: Value | None) -> str:
    if value is None:
        return "absent"
    return str(value) or '""'


def _object_reasons(direction: Direction, checks: Iterable[Check]) -> Iterator[Reason]:
    for check in checks:
        for finding in check.findings:
            if finding.outcome is not Outcome.COMPATIBLE:
                text = _clause_text(finding, check, direction)
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
            return f"{name}: {source} of the source is not in {_shown(target)} of the target"
        case _:
            return f"{name}: the source has {_shown(source)}, the target {_shown(target)}"


def _version_text(source: Value, target: Value) -> str:
    if not isinstance(source, Version) or not isinstance(target, Version):
        raise TypeError("a version is compared with a version")
    if source.major != target.major:
        return f"major {source.major} ≠ {target.major} ({source} to {target})"
    return f"minor {source.minor} > {target.minor} ({source} to {target})"


def _clause_text(finding: Finding, check: Check, direction: Direction) -> str:
    name, value, clause = finding.attribute, finding.value, finding.clause
    if not name:
        kind = "no list of objects" if finding.outcome is Outcome.UNDECIDED else "nothing"
        return f"the {direction} accepts {kind}"
    if clause is None:
        return f"{name} is {_shown(value)}, and the object does not name it"
    if value is None:
        return f"{name} is absent, expected {clause}"
    match clause:
        case OneOf():
            wanted = "one of " + ", ".join(map(_shown, clause.values))
        case Range():
            wanted = f"{clause.low} to {clause.high}"
        case Superset():
            return (
                f"{name} is {_shown(value)}, lacks {_names(clause.value.members - _members(value))}"
            )
        case Subset():
            more = _names(_members(value) - clause.value.members)
            return f"{name} is {_shown(value)}, has {more} besides {_shown(clause.value)}"
        case VersionClause():
            ends = (value, clause.value) if direction is Direction.TARGET else (clause.value, value)
            return f"{name}: {_version_text(*ends)}"
        case AbsentClause():
            wanted = "absent"
        case Template() | Scaled():
            wanted = _wanted(clause, check.binding)
        case _:
            wanted = str(clause)
    return f"{name} is {_shown(value)}, expected {wanted}"


def _wanted(template: Template | Scaled, binding: Binding) -> str:
    if not template.names() <= binding.keys():
        return str(template)
    chosen = ", ".join(f"{name}={binding[name]}" for name in sorted(template.names()))
    value = render(template, binding)
    return f"{template if value is None else value} ({chosen})"


def _members(value: Value) -> frozenset[str]:
    if not isinstance(value, FlagSet):
        raise TypeError(f"{value!r} is no set")
    return value.members


def _names(members: frozenset[str]) -> str:
    return "+".join(sorted(members))


# ---- the near miss


def _near_miss(
    scheme: Scheme,
    source: Description,
    target: Description,
    relations: list[Finding],
    questions: Mapping[Direction, tuple[Check, ...]],
) -> tuple[Change, ...]:
    """Put together the smallest change of every question, and ask the judge about them."""
    changes = [
        change
        for finding in relations
        if finding.outcome is not Outcome.COMPATIBLE
        for change in _relation_change(scheme, finding)
    ]
    for direction, checks in questions.items():
        if max(check.outcome for check in checks) is Outcome.COMPATIBLE:
            continue
        publisher, other = (target, source) if direction is Direction.TARGET else (source, target)
        side = Direction.SOURCE if direction is Direction.TARGET else Direction.TARGET
        nearest = sorted(checks, key=_failures)[:_NEAREST_OBJECTS]
        found: list[list[Change]] = [
            [Change(side, name, other.values.get(name), value) for name, value in needed.items()]
            for check in nearest
            if check.index and publisher.objects
            for needed in _candidates(scheme, publisher.objects[check.index - 1], check, other)
        ]
        if not found:
            return ()
        fewest = min(len(one) for one in found)
        changes += next(one for one in found if len(one) == fewest)
    moved = judge(
        scheme, _apply(source, Direction.SOURCE, changes), _apply(target, Direction.TARGET, changes)
    )
    return tuple(changes) if moved is Outcome.COMPATIBLE else ()


def _failures(check: Check) -> int:
    return sum(finding.outcome is not Outcome.COMPATIBLE for finding in check.findings)


def _apply(device: Description, side: Direction, changes: Iterable[Change]) -> Description:
    values = dict(device.values)
    for change in changes:
        if change.side is side and change.needed is None:
            values.pop(change.attribute, None)
        elif change.side is side and change.needed is not None:
            values[change.attribute] = change.needed
    return Description(values, device.objects, device.name)


def _relation_change(scheme: Scheme, finding: Finding) -> Iterator[Change]:
    name, source, target = finding.attribute, finding.other, finding.value
    if source is None:
        of = scheme.attributes[name].of or name
        if of == name and target is not None:
            yield Change(Direction.SOURCE, name, None, target)
        return
    needed: Value = source
    if isinstance(source, FlagSet) and isinstance(target, FlagSet):
        is_superset = finding.clause is Relation.SUPERSET
        both = source.members | target.members if is_superset else source.members & target.members
        needed = source if finding.clause is Relation.EQUAL else FlagSet(both)
    elif finding.clause is Relation.ONE_OF:
        old = target.members if isinstance(target, FlagSet) else frozenset[str]()
        needed = FlagSet(old | {str(source)})
    yield Change(Direction.TARGET, name, target, needed)


def _candidates(
    scheme: Scheme, one: Object, check: Check, other: Description
) -> Iterator[dict[str, Value | None]]:
    """Give sets of new values for *other*, one for each choice of the variables worth trying."""
    plain: dict[str, Value | None] = {}
    for finding in check.findings:
        if finding.outcome is Outcome.COMPATIBLE or isinstance(finding.clause, Template | Scaled):
            continue
        plain[finding.attribute] = _plain_change(finding)
    templates = {
        finding.attribute: finding.clause
        for finding in check.findings
        if isinstance(finding.clause, Template | Scaled)
        and (finding.value is not None or finding.outcome is not Outcome.COMPATIBLE)
    }
    for binding in _bindings(scheme, one, templates, check, other):
        needed = dict(plain)
        for name, template in templates.items():
            value = render(template, binding, floor_division=scheme.floor_division)
            if value is None:
                break
            if value != other.values.get(name):
                needed[name] = value
        else:
            yield needed


def _plain_change(finding: Finding) -> Value | None:
    value = finding.value
    match finding.clause:
        case Equal() | VersionClause():
            return finding.clause.value
        case OneOf():
            return finding.clause.values[0]
        case Range():
            low, high = finding.clause.low, finding.clause.high
            below = value is None or value < low  # type: ignore[operator]
            return low if below else high
        case Superset() | Subset():
            if not isinstance(value, FlagSet):
                return finding.clause.value
            if isinstance(finding.clause, Superset):
                return FlagSet(value.members | finding.clause.value.members)
            return FlagSet(value.members & finding.clause.value.members)
        case _:
            return None


def _bindings(
    scheme: Scheme,
    one: Object,
    templates: Mapping[str, Template | Scaled],
    check: Check,
    other: Description,
) -> Iterator[dict[str, int | str]]:
    """Start from what the judge chose, then from what each value asks for, then from nothing."""
    variables = one.variables
    floor = scheme.floor_division
    seeds: list[Binding] = [check.binding]
    for name, template in templates.items():
        if (value := other.values.get(name)) is not None:
            found = solve(template, value, variables, {}, floor_division=floor)
            seeds += islice(found, _CHOICES)
    for seed in [*seeds, {}]:
        free = [variable for name, variable in variables.items() if name not in seed]
        for rest in islice(product(*map(_choices, free)), _CHOICES):
            chosen = zip((variable.name for variable in free), rest, strict=True)
            yield {**seed, **dict(chosen)}


def _choices(variable: Variable) -> list[int | str]:
    """The first values of a variable; a range may be too long to write down."""
    numbers = (n for low, high in variable.ranges for n in range(low, high + 1))
    return [*islice(numbers, _CHOICES), *variable.strings[:_CHOICES]]
