"""The near miss: the smallest change that would turn a verdict into compatible."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.judge import Check, Finding, judge
from simulator.compat.rule import Equal, Object, OneOf, Range, Subset, Superset, VersionClause
from simulator.compat.scheme import Direction, Outcome, Relation, Scheme
from simulator.compat.template import Binding, Scaled, Template, render, solve
from simulator.errors import TextError
from simulator.values import FlagSet, Value

__all__ = ["Change", "near_miss", "shown"]

# How far the search for the smallest change goes: objects, and choices of variables in each.
_NEAREST_OBJECTS = 8
_CHOICES = 64


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
        return f"{self.side} {self.attribute}: {shown(self.current)} → {shown(self.needed)}"


def shown(value: Value | None) -> str:
    """Write a value so that a person sees what is absent and what is empty."""
    if value is None:
        return "absent"
    return str(value) or '""'


def near_miss(
    scheme: Scheme,
    source: Description,
    target: Description,
    relations: list[Finding],
    questions: Mapping[Direction, tuple[Check, ...]],
) -> tuple[Change, ...]:
    """
    Put together the smallest change of every question that failed.

    Args:
        scheme: What is compared, and in which direction.
        source: The device that is left.
        target: The device that receives.
        relations: What the judge found for each attribute.
        questions: What the judge found for each list of objects.

    Returns:
        Changes with which the judge says compatible; none when the search found none.
    """
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
        objects = complete(scheme, publisher).objects
        nearest = sorted(checks, key=_failures)[:_NEAREST_OBJECTS]
        found: list[list[Change]] = [
            [Change(side, name, other.values.get(name), value) for name, value in needed.items()]
            for check in nearest
            if check.index and objects
            for needed in _candidates(scheme, objects[check.index - 1], check, other)
        ]
        if not found:
            return ()
        fewest = min(len(one) for one in found)
        changes += next(one for one in found if len(one) == fewest)
    # A relation and an object may both ask for a change of one value; the object's is kept.
    once = {(change.side, change.attribute): change for change in changes}
    changes = [change for change in once.values() if change.needed != change.current]
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
        if not _is_set(old | {str(source)}):
            return
        needed = FlagSet(old | {str(source)})
    yield Change(Direction.TARGET, name, target, needed)


def _is_set(members: frozenset[str]) -> bool:
    """Tell whether these texts can stand in one set; not every string is a member."""
    try:
        return FlagSet.parse("+".join(sorted(members))).members == members
    except TextError:
        return False


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
        some = [tuple(islice(one.choices(), _CHOICES)) for one in free]
        for rest in islice(product(*some), _CHOICES):
            chosen = zip((variable.name for variable in free), rest, strict=True)
            yield {**seed, **dict(chosen)}
