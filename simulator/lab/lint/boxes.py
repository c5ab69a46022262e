"""
Objects as boxes: for each choice of the variables, which values each attribute may have.

Clauses that share a variable hang together and make a group; groups are independent. So an
object accepts the product of its groups, and a group the union of its rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from simulator.compat.description import Description
from simulator.compat.judge import check_object, check_relation
from simulator.compat.rule import Clause, Object, VersionClause
from simulator.compat.scheme import Attribute, Outcome, Relation, Scheme
from simulator.compat.template import Binding, Scaled, Template, Variable, render
from simulator.compat.valid import is_valid, valid_clause
from simulator.lab.lint.axis import Axis, axis_of, corners_of
from simulator.values import FlagSet, String, Value, Version

__all__ = [
    "MOST_ROWS",
    "Box",
    "Group",
    "Side",
    "count_of",
    "groups_of",
    "is_covered",
]

MOST_ROWS = 4096
"""Choices of the variables of one group that are looked at; with more, nothing is said. Ours."""

Box = tuple[int, ...]
"""A part of each of some axes; a box holds what is in all of them."""


def count_of(variable: Variable) -> int:
    """Return how many values a variable has, repeated ones too."""
    return len(variable.strings) + sum(high - low + 1 for low, high in variable.ranges)


@dataclass(frozen=True, slots=True)
class Group:
    """
    Clauses of one object that share variables; or one clause without.

    Attributes:
        clauses: By name of the attribute.
        variables: Those that occur in them.
    """

    clauses: Mapping[str, Clause]
    variables: Mapping[str, Variable]

    def bindings(self) -> list[Binding] | None:
        """Return every choice of the variables once, or None where there are too many."""
        if prod(map(count_of, self.variables.values())) > MOST_ROWS:
            return None
        choices = [dict.fromkeys(one.choices()) for one in self.variables.values()]
        return [dict(zip(self.variables, chosen, strict=True)) for chosen in product(*choices)]

    def rendered(self, binding: Binding, *, floor_division: bool) -> dict[str, Value | None]:
        """Return the values of the templates under a choice; None where there is none."""
        return {
            name: render(clause, binding, floor_division=floor_division)
            for name, clause in self.clauses.items()
            if isinstance(clause, Template | Scaled)
        }


def groups_of(scheme: Scheme, one: Object) -> list[Group]:
    """Take an object apart; what the scheme does not compare is left out."""
    asked = one.only([n for n, each in scheme.attributes.items() if each.relation != Relation.ANY])
    found: list[tuple[set[str], dict[str, Clause]]] = []
    for name, clause in asked.clauses.items():
        names = set(_names(clause))
        clauses: dict[str, Clause] = {}
        for group in [group for group in found if group[0] & names]:
            found.remove(group)
            names, clauses = names | group[0], clauses | group[1]
        found.append((names, {**clauses, name: clause}))
    return [
        Group(
            clauses,
            {name: variable for name, variable in asked.variables.items() if name in names},
        )
        for names, clauses in found
    ]


def _names(clause: Clause) -> frozenset[str]:
    return clause.names() if isinstance(clause, Template | Scaled) else frozenset()


@dataclass(frozen=True, slots=True)
class Side:
    """
    Who asks the objects, and of whom.

    Attributes:
        scheme: What is compared.
        to_publisher: The migration goes to the device that publishes the objects.
        own: Its own values, which the scheme's relations compare too; None when not known.
    """

    scheme: Scheme
    to_publisher: bool
    own: Mapping[str, Value] | None = None

    def axis(self, name: str, groups: Iterable[Group], more: Iterable[Value] = ()) -> Axis:
        """Make the axis of an attribute from the groups and all else that tests it."""
        attribute = self.scheme.attributes[name]
        corners = list(more)
        for group in groups:
            if name in group.clauses:
                corners += self._corners(name, group)
        corners += corners_of_valid(attribute)
        for relation, _ in self._relations(name):
            other = self._other(relation, name)
            value = self.own.get(other) if self.own is not None else None
            if value is not None:
                corners += corners_of_relation(value, attribute.kind)
        return axis_of(attribute.kind, corners)

    def _corners(self, name: str, group: Group) -> list[Value]:
        clause = group.clauses[name]
        if not isinstance(clause, Template | Scaled):
            return corners_of(clause, self.scheme.kinds[name])
        floor = self.scheme.floor_division
        found = (
            render(clause, binding, floor_division=floor) for binding in group.bindings() or ()
        )
        return [value for value in found if value is not None]

    def _relations(self, name: str) -> Iterator[tuple[Attribute, bool]]:
        """Yield the relations that compare this attribute of the other device."""
        for one in self.scheme.attributes.values():
            if one.relation is None or one.relation is Relation.ANY:
                continue
            if name == ((one.of or one.name) if self.to_publisher else one.name):
                yield one, self.to_publisher

    def _other(self, relation: Attribute, name: str) -> str:
        return relation.name if self.to_publisher else (relation.of or name)

    def allowed(self, name: str, axis: Axis) -> int:
        """Return the part of an axis that ``valid`` and the relations do not refuse."""
        attribute = self.scheme.attributes[name]
        part = axis.where(lambda value: value is None or is_valid(attribute, value))
        if self.own is None:
            return part
        own = Description(self.own)
        for relation, to_publisher in self._relations(name):

            def holds(
                value: Value | None, relation: Attribute = relation, is_to: bool = to_publisher
            ) -> bool:
                other = Description({} if value is None else {name: value})
                ends = (other, own) if is_to else (own, other)
                found = check_relation(self.scheme, relation, *ends)
                return found.outcome is not Outcome.INCOMPATIBLE

            part &= axis.where(holds)
        return part

    def accepts(self, name: str, clause: Clause, axis: Axis) -> int:
        """Return the part of an axis that a clause without variables accepts."""
        one = Object({name: clause})

        def test(value: Value | None) -> bool:
            other = Description({} if value is None else {name: value})
            found = check_object(self.scheme, one, other, to_publisher=self.to_publisher)
            return found.outcome is Outcome.COMPATIBLE

        return axis.where(test)

    def boxes(self, group: Group, axes: Mapping[str, Axis]) -> list[tuple[Binding, Box]] | None:
        """
        Return for each choice of the variables what the group accepts.

        The boxes are as wide as the group has clauses, in its order; what ``valid`` and the
        relations refuse is still in them. None where there are too many choices.
        """
        plain = {
            name: self.accepts(name, clause, axes[name])
            for name, clause in group.clauses.items()
            if not isinstance(clause, Template | Scaled)
        }
        bindings = group.bindings()
        if bindings is None:
            return None
        places = {
            name: {value: 1 << place for place, value in enumerate(axes[name].values)}
            for name in group.clauses
            if name not in plain
        }
        lacking = {name: axes[name].absent * self._accepts_absence(name) for name in group.clauses}
        found = []
        for binding in bindings:
            values = group.rendered(binding, floor_division=self.scheme.floor_division)
            box = tuple(
                plain[name]
                if name in plain
                else lacking[name] | (0 if values[name] is None else places[name][values[name]])
                for name in group.clauses
            )
            found.append((binding, box))
        return found

    def _accepts_absence(self, name: str) -> bool:
        return self.scheme.missing_of(self.scheme.attributes[name]) is Outcome.COMPATIBLE


def corners_of_relation(value: Value, kind: str) -> list[Value]:
    """Return the values of *kind* at which a relation to an own *value* may turn."""
    if isinstance(value, Version):
        return corners_of(VersionClause(value), kind)
    if isinstance(value, FlagSet) and kind == String.kind:
        return [String(member) for member in sorted(value.members)]
    if isinstance(value, String) and kind == FlagSet.kind:
        return [FlagSet(frozenset((value.text,)))]
    return [value] if value.kind == kind else []


def corners_of_valid(attribute: Attribute) -> list[Value]:
    """Return the values that ``valid`` names."""
    clause = valid_clause(attribute)
    if clause is None:
        return []
    if not isinstance(clause, Template | Scaled):
        return corners_of(clause, attribute.kind)
    bindings = Group({"": clause}, Object({"": clause}).variables).bindings() or ()
    values = (render(clause, binding) for binding in bindings)
    return [value for value in values if value is not None]


def is_covered(box: Box, rows: Sequence[Box], most: int = MOST_ROWS) -> bool | None:
    """
    Tell whether a box lies in the union of *rows*.

    Returns:
        None when the pieces that remain become more than *most*.
    """
    left = [box]
    for row in rows:
        pieces: list[Box] = []
        for one in left:
            shared = tuple(a & b for a, b in zip(one, row, strict=True))
            if not all(shared):
                pieces.append(one)
                continue
            for at, (part, other) in enumerate(zip(one, row, strict=True)):
                if rest := part & ~other:
                    pieces.append((*shared[:at], rest, *one[at + 1 :]))
        left = pieces
        if len(left) > most:
            return None
    return not left
