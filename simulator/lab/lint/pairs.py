"""Objects of one list against each other: overlap, one within another, two that could be one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from math import prod

from simulator.compat.rule import Clause, EmptyClause, Equal, Object, OneOf, Range
from simulator.compat.scheme import Outcome, Relation
from simulator.compat.template import Reference, Scaled, Template, Variable, render
from simulator.lab.lint.axis import Axis
from simulator.lab.lint.boxes import MOST_ROWS, Box, Group, Side, groups_of, is_covered
from simulator.values import Value

__all__ = ["MOST_OBJECTS", "compared", "covers", "merged", "overlap"]

MOST_OBJECTS = 64
"""Objects of one list that are held against each other; the first ones of a longer list. Ours."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one object accepts of some attributes that hang together: a union of boxes."""

    names: tuple[str, ...]
    rows: tuple[Box, ...]


class _Space:
    """The axes of all objects that are held against each other."""

    def __init__(self, side: Side, objects: Sequence[Object], more: Sequence[Value] = ()) -> None:
        self.side = side
        self.groups = [groups_of(side.scheme, one) for one in objects]
        every = [group for groups in self.groups for group in groups]
        self.axes: dict[str, Axis] = {}
        for name, attribute in side.scheme.attributes.items():
            if attribute.relation is not Relation.ANY:
                extra = [value for value in more if value.kind == attribute.kind]
                self.axes[name] = side.axis(name, every, extra)
        self.allowed = {name: side.allowed(name, axis) for name, axis in self.axes.items()}
        self.boxes = [[self._rows(group) for group in groups] for groups in self.groups]

    def _rows(self, group: Group) -> tuple[Box, ...] | None:
        """Return the rows that some device can meet, or None where there are too many."""
        boxes = self.side.boxes(group, self.axes)
        if boxes is None:
            return None
        limits = [self.allowed[name] for name in group.clauses]
        rows = (tuple(a & b for a, b in zip(box, limits, strict=True)) for _, box in boxes)
        return tuple(dict.fromkeys(row for row in rows if all(row)))

    def parts(self, at: int, components: Sequence[tuple[str, ...]]) -> list[_Part] | None:
        """Return what object *at* accepts, cut into *components*."""
        found = []
        for names in components:
            mine = [
                (group, rows)
                for group, rows in zip(self.groups[at], self.boxes[at], strict=True)
                if set(group.clauses) & set(names)
            ]
            unions = [rows for _, rows in mine if rows is not None]
            if len(unions) < len(mine) or prod(map(len, unions)) > MOST_ROWS:
                return None
            rows = []
            for chosen in product(*unions):
                box = {name: self._unlisted(name) for name in names}
                for (group, _), row in zip(mine, chosen, strict=True):
                    box |= dict(zip(group.clauses, row, strict=True))
                rows.append(tuple(box.values()))
            found.append(_Part(names, tuple(rows)))
        return found

    def _unlisted(self, name: str) -> int:
        is_ignored = self.side.scheme.unlisted is Outcome.COMPATIBLE
        part = self.axes[name].all if is_ignored else self.axes[name].absent
        return part & self.allowed[name]

    def components(self, *at: int) -> list[tuple[str, ...]]:
        """Put together the attributes that hang together in one of these objects."""
        found = [{name} for name in self.axes]
        for group in (group for one in at for group in self.groups[one]):
            joined = [one for one in found if one & set(group.clauses)]
            found = [one for one in found if one not in joined] + [set[str]().union(*joined)]
        return [tuple(name for name in self.axes if name in one) for one in found]

    def pair(self, left: int, right: int) -> tuple[list[_Part], list[_Part]] | None:
        components = self.components(left, right)
        first, second = self.parts(left, components), self.parts(right, components)
        return None if first is None or second is None else (first, second)


def overlap(side: Side, objects: Sequence[Object]) -> Mapping[str, Value] | None:
    """
    Find values that both of two objects accept.

    Returns:
        What such a device publishes; None when there is none, or too much to look at.
    """
    space = _Space(side, objects)
    return _overlap(space, 0, 1)


def covers(side: Side, wide: Object, narrow: Object) -> bool | None:
    """Tell whether one object accepts all that another one does; None for too much to look at."""
    return _covers(_Space(side, (wide, narrow)), 0, 1)


def _overlap(space: _Space, left: int, right: int) -> Mapping[str, Value] | None:
    found = space.pair(left, right)
    if found is None:
        return None
    values: dict[str, Value] = {}
    for first, second in zip(*found, strict=True):
        if len(first.rows) * len(second.rows) > MOST_ROWS:
            return None
        shared = (
            tuple(a & b for a, b in zip(*rows, strict=True))
            for rows in product(first.rows, second.rows)
        )
        box = next((box for box in shared if all(box)), None)
        if box is None:
            return None
        for name, part in zip(first.names, box, strict=True):
            value = space.axes[name].pick(part)
            if value is not None and not _is_unasked(space, name, left, right):
                values[name] = value
    return values


def _is_unasked(space: _Space, name: str, left: int, right: int) -> bool:
    """Tell whether no clause names an attribute, so that a device need not have it."""
    groups = [*space.groups[left], *space.groups[right]]
    is_named = any(name in group.clauses for group in groups)
    return not is_named and bool(space.axes[name].absent & space.allowed[name])


def _covers(space: _Space, wide: int, narrow: int) -> bool | None:
    found = space.pair(wide, narrow)
    if found is None or not all(axis.is_whole for axis in space.axes.values()):
        return None
    answers = [
        is_covered(row, first.rows)
        for first, second in zip(*found, strict=True)
        for row in second.rows
    ]
    return None if None in answers else all(answers)


def compared(side: Side, objects: Sequence[Object]) -> Iterator[tuple[str, int, str]]:
    """
    Hold the objects of a list against each other.

    Yields:
        A code, the object that is best mended, and a message; objects count from 0.
    """
    some = objects[:MOST_OBJECTS]
    if len(some) < 2:
        return
    space = _Space(side, some)
    gone: set[int] = set()
    for left, right in combinations(range(len(some)), 2):
        if left in gone or right in gone:
            continue
        for wide, narrow in ((left, right), (right, left)):
            if _covers(space, wide, narrow) and narrow not in gone and wide not in gone:
                gone.add(narrow)
                yield "L202", narrow, f"object {wide + 1} accepts all that this one does"
    left_over = [at for at in range(len(some)) if at not in gone]
    joined: set[tuple[int, int]] = set()
    for members, name, clause in _merges(side, some, left_over):
        joined |= set(combinations(members, 2))
        numbers = ", ".join(str(at + 1) for at in members)
        message = f"objects {numbers} could be one, with {name}={clause}"
        yield "L203", members[0], message
    for left, right in combinations(left_over, 2):
        if (left, right) not in joined:
            values = _overlap(space, left, right)
            if values is not None:
                shown = ", ".join(f"{name}={value}" for name, value in values.items())
                what = shown or "a device without attributes"
                yield "L201", right, f"object {left + 1} also accepts {what}"


def _merges(
    side: Side, objects: Sequence[Object], at: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], str, Clause]]:
    done: set[int] = set()
    for left in at:
        one, members, last = objects[left], [left], None
        for right in at:
            if left in done or right <= left or right in done:
                continue
            found = merged(side, one, objects[right])
            if found is not None and last in (None, found[0]):
                last, clause = found
                one = Object({**one.clauses, last: clause})
                members.append(right)
        if last is not None:
            done |= set(members)
            yield tuple(members), last, one.clauses[last]


def merged(side: Side, left: Object, right: Object) -> tuple[str, Clause] | None:
    """
    Find one clause with which *left* accepts what either accepts, and nothing else.

    Returns:
        The attribute and the clause; None where the objects differ in more than one, or where
        no clause says it.
    """
    first, second = _renamed(left), _renamed(right)
    if first.clauses.keys() != second.clauses.keys():
        return None
    names = [name for name in first.clauses if first.clauses[name] != second.clauses[name]]
    if len(names) != 1:
        return None
    name = names[0]
    clauses = first.clauses[name], second.clauses[name]
    joined = _joined(left.clauses[name], *clauses)
    if joined is not None:
        return name, joined
    if any(_is_shared(one, name) for one in (first, second)):
        return None
    return _union(side, name, clauses)


def _renamed(one: Object) -> Object:
    """Call the variables by their order, so that names make no difference."""
    order = {name: f"v{number}" for number, name in enumerate(one.variables)}

    def part(old: str | Variable | Reference) -> str | Variable | Reference:
        return old if isinstance(old, str) else replace(old, name=order[old.name])

    clauses: dict[str, Clause] = {}
    for name, clause in one.clauses.items():
        if isinstance(clause, Template):
            clauses[name] = Template(clause.kind, tuple(map(part, clause.parts)))
        elif isinstance(clause, Scaled):
            renamed = part(clause.part)
            clauses[name] = clause if isinstance(renamed, str) else replace(clause, part=renamed)
        else:
            clauses[name] = clause
    return Object(clauses)


def _joined(own: Clause, left: Clause, right: Clause) -> Clause | None:
    """Join two templates that differ in the values of one variable, under the names of *own*."""
    if isinstance(own, Template) and isinstance(left, Template) and isinstance(right, Template):
        if len(left.parts) != len(right.parts):
            return None
        differing = [
            at for at, (a, b) in enumerate(zip(left.parts, right.parts, strict=True)) if a != b
        ]
        if len(differing) != 1:
            return None
        [at] = differing
        part = _joined_variable(own.parts[at], right.parts[at])
        return None if part is None else _with(own, at, part)
    if isinstance(own, Scaled) and isinstance(left, Scaled) and isinstance(right, Scaled):
        if (left.operator, left.factor) != (right.operator, right.factor):
            return None
        part = _joined_variable(own.part, right.part)
        return None if part is None else replace(own, part=part)
    return None


def _with(own: Template, at: int, part: Variable) -> Template:
    return replace(own, parts=(*own.parts[:at], part, *own.parts[at + 1 :]))


def _joined_variable(
    own: str | Variable | Reference, other: str | Variable | Reference
) -> Variable | None:
    if not isinstance(own, Variable) or not isinstance(other, Variable) or own.type != other.type:
        return None
    ranges = tuple(dict.fromkeys((*own.ranges, *other.ranges)))
    strings = tuple(dict.fromkeys((*own.strings, *other.strings)))
    return Variable(own.name, ranges, strings)


def _is_shared(one: Object, name: str) -> bool:
    clause = one.clauses[name]
    names = clause.names() if isinstance(clause, Template | Scaled) else frozenset[str]()
    return any(
        names & other.names()
        for key, other in one.clauses.items()
        if key != name and isinstance(other, Template | Scaled)
    )


def _union(side: Side, name: str, clauses: tuple[Clause, Clause]) -> tuple[str, Clause] | None:
    """Find a list or a range that accepts just what either clause accepts."""
    objects = [Object({name: clause}) for clause in clauses]
    groups = [group for one in objects for group in groups_of(side.scheme, one)]
    if len(groups) < 2:
        return None
    axis = side.axis(name, groups)
    parts = []
    for group in groups:
        boxes = side.boxes(group, {name: axis})
        if boxes is None:
            return None
        part = 0
        for _, box in boxes:
            part |= box[0]
        parts.append(part)
    both = parts[0] | parts[1]
    for candidate in _candidates(side, name, clauses):
        if axis.is_whole and side.accepts(name, candidate, axis) == both:
            return name, candidate
    return None


def _candidates(side: Side, name: str, clauses: tuple[Clause, Clause]) -> Iterator[Clause]:
    values: list[Value] = []
    floor = side.scheme.floor_division
    for clause in clauses:
        match clause:
            case Equal():
                values.append(clause.value)
            case OneOf():
                values += clause.values
            case Range():
                values += (clause.low, clause.high)
            case EmptyClause():
                return
            case Template() | Scaled():
                [group] = groups_of(side.scheme, Object({name: clause}))
                found = (
                    render(clause, one, floor_division=floor) for one in group.bindings() or ()
                )
                values += [value for value in found if value is not None]
    if values:
        yield OneOf(tuple(dict.fromkeys(values)))
        if values[0].kind in ("int", "ratio", "version"):
            yield Range(min(values), max(values))  # type: ignore[type-var]
