"""What one object offers and no device can take: dead alternatives, and what says nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from simulator.compat.rule import AnyClause, Clause, Object, OneOf, Range
from simulator.compat.scheme import Outcome, Relation, Scheme
from simulator.compat.template import Binding, Reference, Scaled, Template, Variable, render
from simulator.lab.lint.axis import Axis
from simulator.lab.lint.boxes import MOST_ROWS, Box, Group, Side, count_of
from simulator.values import Value

__all__ = ["Found", "Report", "group_report", "object_findings"]

Found = tuple[str, str, str]
"""A code, the attribute that it is about, and a message."""

_SHOWN = 5


def object_findings(scheme: Scheme, one: Object) -> Iterator[Found]:
    """Find clauses of an object that have no effect, and variables that are used once."""
    is_ignored = scheme.unlisted is Outcome.COMPATIBLE
    for name, clause in one.clauses.items():
        if scheme.attributes[name].relation is Relation.ANY:
            yield "L106", name, f"{name} is not asked: the scheme says clause: any"
        elif isinstance(clause, AnyClause) and is_ignored and len(one.clauses) > 1:
            yield "L106", name, f"{name}=any() accepts what is accepted without it"
    for name, clause in _used_once(one):
        yield "L107", name, _used_once_text(scheme, name, clause)


def _used_once(one: Object) -> Iterator[tuple[str, Template | Scaled]]:
    uses: dict[str, list[str]] = {}
    for name, clause in one.clauses.items():
        if isinstance(clause, Template):
            for part in clause.parts:
                if isinstance(part, Variable | Reference):
                    uses.setdefault(part.name, []).append(name)
        elif isinstance(clause, Scaled):
            uses.setdefault(clause.part.name, []).append(name)
    for names in uses.values():
        clause = one.clauses[names[0]]
        if len(names) == 1 and isinstance(clause, Template | Scaled) and len(clause.names()) == 1:
            yield names[0], clause


def _used_once_text(scheme: Scheme, name: str, clause: Template | Scaled) -> str:
    [variable] = Object({name: clause}).variables.values()
    said = f"{variable.name} is used once: "
    values: list[Value] = []
    for count, choice in enumerate(variable.choices()):
        if count > _SHOWN:
            break
        binding = {variable.name: choice}
        value = render(clause, binding, floor_division=scheme.floor_division)
        values += [] if value is None else [value]
    if len(values) > _SHOWN:
        return said + f"{name}=one_of({','.join(map(str, values[:_SHOWN]))},…) says the same"
    return said + f"{name}={OneOf(tuple(values))} says the same"


# ---- dead alternatives


@dataclass(frozen=True, slots=True)
class Report:
    """
    What was found in one group of clauses.

    Attributes:
        dead: Why no device can meet the group, or None.
        found: The alternatives that no device can take; empty for a dead group.
        choices: The same as variables and their values.
    """

    dead: Found | None = None
    found: tuple[Found, ...] = ()
    choices: tuple[tuple[str, int | str], ...] = ()


def group_report(side: Side, group: Group) -> Report:
    """Ask which alternatives of a group some device can take."""
    axes = {name: side.axis(name, (group,)) for name in group.clauses}
    allowed = tuple(side.allowed(name, axis) for name, axis in axes.items())
    boxes = side.boxes(group, axes)
    if boxes is None or not all(axis.is_whole for axis in axes.values()):
        return Report(found=tuple(_repeated(group)))
    if not _alive(boxes, allowed):
        name, why = _culprit(side, group, boxes, allowed)
        return Report(dead=("L104", name, f"the object can never match: {why}"))
    found = [*_dead_items(side, group, axes, allowed), *_repeated(group)]
    alive = [binding for binding, _ in _alive(boxes, allowed)]
    dead: list[tuple[str, int | str]] = []
    for variable in group.variables.values():
        taken = {binding[variable.name] for binding in alive}
        choices = [one for one in dict.fromkeys(variable.choices()) if one not in taken]
        dead += [(variable.name, one) for one in choices]
        found += _dead_choices(side, group, variable.name, choices, boxes, allowed)
    return Report(found=tuple(found), choices=tuple(dead))


def _alive(boxes: Sequence[tuple[Binding, Box]], allowed: Box) -> list[tuple[Binding, Box]]:
    return [row for row in boxes if all(a & b for a, b in zip(row[1], allowed, strict=True))]


def _culprit(
    side: Side, group: Group, boxes: Sequence[tuple[Binding, Box]], allowed: Box
) -> tuple[str, str]:
    """Name the first attribute at which every one of the rows fails."""
    floor = side.scheme.floor_division
    for at, (name, clause) in enumerate(group.clauses.items()):
        if any(box[at] & allowed[at] for _, box in boxes):
            continue
        kind = side.scheme.kinds[name]
        is_none = isinstance(clause, Template | Scaled) and all(
            render(clause, binding, floor_division=floor) is None for binding, _ in boxes
        )
        if is_none:
            return name, f"{name}={clause} gives no {kind}"
        by = "valid" if side.scheme.attributes[name].valid else "the relations"
        return name, f"{name}={clause} is refused by {by} of the scheme"
    name = next(iter(group.clauses))
    return name, f"{', '.join(group.clauses)} cannot be met together"


def _dead_choices(
    side: Side,
    group: Group,
    variable: str,
    dead: Sequence[int | str],
    boxes: Sequence[tuple[Binding, Box]],
    allowed: Box,
) -> Iterator[Found]:
    reasons: dict[Found, list[str]] = {}
    for choice in dead:
        rows = [row for row in boxes if row[0][variable] == choice]
        reasons.setdefault(_reason(side, group, rows, allowed), []).append(str(choice))
    for (code, name, why), choices in reasons.items():
        shown = ", ".join(choices[:_SHOWN])
        shown += f" and {len(choices) - _SHOWN} more" if len(choices) > _SHOWN else ""
        yield code, name, f"no device can match {variable}={shown}: {why}"


def _reason(side: Side, group: Group, rows: Sequence[tuple[Binding, Box]], allowed: Box) -> Found:
    floor = side.scheme.floor_division
    for name, clause in group.clauses.items():
        if not isinstance(clause, Template | Scaled):
            continue
        values = [render(clause, binding, floor_division=floor) for binding, _ in rows]
        if all(value is None for value in values):
            return "L101", name, f"{name}={_text(clause)} gives no {side.scheme.kinds[name]}"
    name, why = _culprit(side, group, rows, allowed)
    return "L102", name, why


def _text(clause: Template | Scaled) -> str:
    """Write a template with its variables as references."""
    if isinstance(clause, Scaled):
        return str(Scaled(clause.kind, Reference(clause.part.name), clause.operator, clause.factor))
    parts = (part if isinstance(part, str) else Reference(part.name) for part in clause.parts)
    return str(Template(clause.kind, tuple(parts)))


def _dead_items(
    side: Side, group: Group, axes: Mapping[str, Axis], allowed: Box
) -> Iterator[Found]:
    for part, (name, clause) in zip(allowed, group.clauses.items(), strict=True):
        if isinstance(clause, OneOf):
            places = axes[name].values
            dead = [str(one) for one in clause.values if not part >> places.index(one) & 1]
            if dead:
                by = "valid" if side.scheme.attributes[name].valid else "the relations"
                what = ", ".join(dict.fromkeys(dead))
                yield "L103", name, f"no device can have {name}={what}: refused by {by}"


def _repeated(group: Group) -> Iterator[Found]:
    for name, clause in group.clauses.items():
        for what, all_of in _lists(clause):
            if again := [str(one) for one, times in Counter(all_of).items() if times > 1]:
                yield "L105", name, f"{what} has {', '.join(again[:_SHOWN])} more than once"


def _lists(clause: Clause) -> Iterator[tuple[str, Sequence[Value | int | str]]]:
    if isinstance(clause, OneOf):
        yield "one_of", clause.values
    elif isinstance(clause, Range) and clause.low == clause.high:
        yield "range", (clause.low, clause.high)
    else:
        parts = clause.parts if isinstance(clause, Template) else ()
        parts = (clause.part,) if isinstance(clause, Scaled) else parts
        for part in parts:
            if isinstance(part, Variable) and count_of(part) <= MOST_ROWS:
                yield part.name, tuple(part.choices())
