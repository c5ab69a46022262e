"""
Which attributes stand in the way of which pairs: the reasons of `explain`, for all pairs at once.

A finding of the judge depends on few values. Relations look at one attribute of each side; the
clauses of an object fall into parts that share no variable, and what becomes of a part depends on
the values it names. So every part is asked about every combination of values that occurs, once,
and the answers are put together as rows of bits.

Source: ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import TypeVar

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.judge import check_object
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.compat.template import Scaled, Template
from simulator.lab.matrix import Matrix, matrix
from simulator.lab.pairs import members
from simulator.values import Value

__all__ = ["Reasons", "reasons_of"]

BUDGET = 100_000
"""Combinations of joined templates and values that the judge is asked about. Ours."""

_Part = tuple[tuple[str, Clause | None], ...]
"""Clauses that share variables; one attribute without a clause: what an object does not name."""
_Values = tuple[Value | None, ...]
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Reasons:
    """
    The pairs in whose explanation an attribute occurs.

    Attributes:
        rows: By attribute, for each source its targets: bit *t* stands for target *t*. The empty
            name stands for a list of objects that is not there, or empty. Pairs that are
            compatible have no reasons.
        is_exact: False when some objects join templates in too many ways to ask the judge about
            each; then all attributes of such a part are named when it is not met.
    """

    rows: Mapping[str, tuple[int, ...]]
    is_exact: bool = True


def reasons_of(
    scheme: Scheme,
    descriptions: Sequence[Description],
    verdicts: Matrix | None = None,
    *,
    budget: int = BUDGET,
) -> Reasons:
    """
    Find for all pairs of *descriptions* the attributes that `explain` would name.

    Args:
        scheme: What is compared, and in which direction.
        descriptions: The sources, which are the targets too.
        verdicts: Those of all pairs, where they are known already.
        budget: How often the judge may be asked about templates that share variables.
    """
    size = len(descriptions)
    related = [one for one in scheme.attributes.values() if _is_related(one)]
    rows = {one.name: _relation_rows(scheme, one, descriptions) for one in related}
    directions = _directions(scheme)
    # Without relations, and with one side to ask, the verdict is that of the objects.
    known = verdicts if not related and len(directions) == 1 else None
    is_exact = True
    for direction in directions:
        asked = _Objects(scheme, direction, descriptions, budget)
        question = known or matrix(asked.scheme, asked.published)
        refused = _others_of(question.compatible, size)
        for name, found in asked.ask().items():
            old = rows.get(name, [0] * size)
            rows[name] = [a | b & no for a, b, no in zip(old, found, refused, strict=True)]
        is_exact &= asked.is_exact
    order = [name for name in ("", *scheme.attributes) if any(rows.get(name, ()))]
    return Reasons({name: tuple(rows[name]) for name in order}, is_exact)


def _is_related(attribute: Attribute) -> bool:
    return attribute.relation not in (None, Relation.ANY)


def _directions(scheme: Scheme) -> tuple[Direction, ...]:
    both = (Direction.TARGET, Direction.SOURCE)
    if not scheme.has_objects:
        return ()
    return both if scheme.accepted_by is Direction.BOTH else (scheme.accepted_by,)


def _others_of(rows: Iterable[int], size: int) -> list[int]:
    """Return for each row of *size* bits those that it lacks."""
    everybody = (1 << size) - 1
    return [everybody & ~row for row in rows]


def _places(keys: Iterable[K]) -> dict[K, int]:
    """Return for each key the places where it stands, as bits."""
    found: dict[K, int] = {}
    for place, key in enumerate(keys):
        found[key] = found.get(key, 0) | 1 << place
    return found


def _spread(row: int, masks: Sequence[int]) -> int:
    """Put together the masks of the bits of *row*."""
    return reduce(or_, map(masks.__getitem__, members(row)), 0)


def _relation_rows(
    scheme: Scheme, attribute: Attribute, descriptions: Sequence[Description]
) -> list[int]:
    """Ask one relation about every combination of values."""
    names = dict.fromkeys((attribute.name, attribute.of or attribute.name))
    keys = [tuple(one.values.get(name) for name in names) for one in descriptions]
    alone = replace(
        scheme,
        attributes={
            name: attribute if name == attribute.name else _unrelated(scheme.attributes[name])
            for name in names
        },
        has_objects=False,
        accepts=(),
        prefer=(),
        surfaces=(),
    )
    few = {key: _description(names, key) for key in dict.fromkeys(keys)}
    accepted = matrix(alone, tuple(few.values()), targets=[few[key] for key in keys]).compatible
    by_key = dict(zip(few, _others_of(accepted, len(keys)), strict=True))
    return [by_key[key] for key in keys]


def _unrelated(attribute: Attribute) -> Attribute:
    return replace(attribute, relation=None, of=None)


def _description(names: Iterable[str], values: Iterable[Value | None]) -> Description:
    pairs = zip(names, values, strict=True)
    return Description({name: value for name, value in pairs if value is not None})


# ---- objects


class _Objects:
    """The objects of one side, and what their parts find in the values of the other."""

    def __init__(
        self,
        scheme: Scheme,
        direction: Direction,
        descriptions: Sequence[Description],
        budget: int,
    ) -> None:
        # Relations are asked apart. One that leaves its attribute out does so here too.
        attributes = {
            name: one if one.relation is Relation.ANY else _unrelated(one)
            for name, one in scheme.attributes.items()
        }
        self.scheme = replace(scheme, accepted_by=direction, attributes=attributes, prefer=())
        self.direction = direction
        self.published = [complete(scheme, one) for one in descriptions]
        self.left = budget
        self.is_exact = True
        self.rows: dict[str, list[int]] = {}

    def ask(self) -> dict[str, list[int]]:
        """Return for each attribute the pairs of which some object finds it wrong."""
        lists = _places(one.objects or () for one in self.published)
        if without := lists.pop((), 0):
            self._note("", without, (1 << len(self.published)) - 1)
        single: dict[str, dict[Clause, int]] = {}
        for part, publishers in self._parts(lists).items():
            [(name, clause), *others] = part
            if clause is None:
                has = (name in one.values for one in self.published)
                self._note(name, publishers, sum(1 << at for at, is_so in enumerate(has) if is_so))
            elif others:
                self._ask_joined(part, publishers)
            else:
                single.setdefault(name, {})[clause] = publishers
        for name, clauses in single.items():
            self._ask_single(name, clauses)
        return self.rows

    def _note(self, name: str, publishers: int, others: int) -> None:
        """Note that objects of *publishers* find *name* wrong with the *others*."""
        is_target = self.direction is Direction.TARGET
        sources, targets = (others, publishers) if is_target else (publishers, others)
        rows = self.rows.setdefault(name, [0] * len(self.published))
        for source in members(sources):
            rows[source] |= targets

    def _parts(self, lists: Mapping[tuple[Object, ...], int]) -> dict[_Part, int]:
        """Return the parts of all objects, and who publishes each, as bits."""
        unlisted = {
            name
            for name, one in self.scheme.attributes.items()
            if one.relation is not Relation.ANY and self.scheme.unlisted is not Outcome.COMPATIBLE
        }
        found: dict[_Part, int] = {}
        for objects, publishers in lists.items():
            parts = [part for one in objects for part in self._parts_of(one)]
            parts += [((name, None),) for one in objects for name in unlisted - one.clauses.keys()]
            for part in parts:
                found[part] = found.get(part, 0) | publishers
        return found

    def _parts_of(self, one: Object) -> list[_Part]:
        """Cut an object into the clauses that share variables, directly or through others."""
        groups: list[tuple[frozenset[str], list[str]]] = []
        for name, clause in one.clauses.items():
            names = clause.names() if isinstance(clause, Template | Scaled) else frozenset[str]()
            joined = [group for group in groups if group[0] & names]
            groups = [group for group in groups if not group[0] & names]
            together = [other for group in joined for other in group[1]]
            groups.append((names.union(*(group[0] for group in joined)), [*together, name]))
        return [
            tuple((name, clause) for name, clause in one.clauses.items() if name in group)
            for _, group in groups
            if any(self._is_asked(name) for name in group)
        ]

    def _is_asked(self, name: str) -> bool:
        return self.scheme.attributes[name].relation is not Relation.ANY

    def _others(self, names: Sequence[str]) -> dict[_Values, int]:
        """Return the combinations of values of *names*, and who has them."""
        return _places(tuple(one.values.get(name) for name in names) for one in self.published)

    def _ask_single(self, name: str, clauses: Mapping[Clause, int]) -> None:
        """Ask clauses of one attribute about its values, all at once."""
        objects = [Object({name: clause}) for clause in clauses]
        others = self._others([name])
        refused = self._refused([name], objects, [_description([name], one) for one in others])
        for bits, publishers in zip(refused, clauses.values(), strict=True):
            self._note(name, publishers, _spread(bits, list(others.values())))

    def _refused(
        self, names: Iterable[str], objects: Sequence[Object], tested: Sequence[Description]
    ) -> list[int]:
        """Return for each of *objects*, which have clauses for *names*, whom it does not accept."""
        attributes = {name: self.scheme.attributes[name] for name in names}
        alone = replace(self.scheme, attributes=attributes, accepts=(), surfaces=())
        publishers = [Description({}, (one,)) for one in objects]
        if self.direction is Direction.SOURCE:
            return _others_of(matrix(alone, publishers, targets=tested).compatible, len(tested))
        rows = _others_of(matrix(alone, tested, targets=publishers).compatible, len(publishers))
        texts = [format(row, f"0{len(publishers)}b") for row in reversed(rows)]
        return [int("".join(column), 2) for column in zip(*texts, strict=True)][::-1]

    def _ask_joined(self, part: _Part, publishers: int) -> None:
        """Ask clauses that share variables; only together do they say which one is wrong."""
        one = Object({name: clause for name, clause in part if clause is not None})
        names = [name for name in one.clauses if self._is_asked(name)]
        others = self._others(names)
        self.left -= len(others)
        if self.left < 0:
            self.is_exact = False
            everybody = [_description(names, values) for values in others]
            [bits] = self._refused(one.clauses, [one], everybody)
            for name in names:
                self._note(name, publishers, _spread(bits, list(others.values())))
            return
        failing = dict.fromkeys(names, 0)
        to_publisher = self.direction is Direction.TARGET
        for values, places in others.items():
            tested = _description(names, values)
            check = check_object(self.scheme, one, tested, to_publisher=to_publisher)
            for finding in check.findings:
                if finding.outcome is not Outcome.COMPATIBLE:
                    failing[finding.attribute] |= places
        for name, places in failing.items():
            self._note(name, publishers, places)
