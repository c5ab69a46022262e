"""
The rule language in the terms of a solver, written down from docs/language.md.

An attribute of a device is a pair of z3 expressions: whether it is there, and its value. They are
constants for a device that is known, and free for one that is asked for. Verdicts are the numbers
0, 1 and 2. Each variable of an object is one free constant: a verdict only rises with what a
choice makes true, so a verdict of at least k is had when some choice of all variables gives it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import product
from types import MappingProxyType

import z3
from property.strategies import POOLS

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
from simulator.compat.template import Scaled, Template, Variable
from simulator.errors import TextError
from simulator.values import FlagSet, Integer, PciId, Ratio, String, Value, Version, parse_value

__all__ = [
    "LETTERS",
    "MOST_LETTERS",
    "MOST_NUMBER",
    "Encoding",
    "Side",
    "free_side",
    "known_side",
    "read_back",
]


def _members_of(text: str) -> frozenset[str]:
    try:
        return FlagSet.parse(text).members
    except TextError:
        return frozenset()


MEMBERS = tuple(
    sorted(frozenset().union(*(_members_of(text) for pool in POOLS.values() for text in pool)))
)
"""All members of sets that occur, for a set may share its variable with attributes of any kind."""

_NO_VENDOR = -1
LETTERS = "t-124AB+"
MOST_LETTERS = 5
MOST_NUMBER = 40
"""What a free text and a free number are kept to."""

_YES, _UNDECIDED, _NO = z3.IntVal(2), z3.IntVal(1), z3.IntVal(0)
_OUTCOMES: Mapping[Outcome, z3.ArithRef] = MappingProxyType(
    {
        Outcome.INCOMPATIBLE: _NO,
        Outcome.UNDECIDED: _UNDECIDED,
        Outcome.COMPATIBLE: _YES,
    }
)

Coded = tuple[z3.ExprRef, ...]
"""A value: one expression, or as many as its kind has parts."""
Side = Mapping[str, tuple[z3.BoolRef, Coded]]
"""A device: whether it has each attribute of the scheme, and its value."""


# ---- values


def _bits(members: Iterable[str]) -> z3.BitVecRef:
    found = set(members)
    bits = sum(1 << index for index, one in enumerate(MEMBERS) if one in found)
    assert found <= set(MEMBERS)
    return z3.BitVecVal(bits, len(MEMBERS))


def code(value: Value) -> Coded:
    """Write a value as expressions without anything free."""
    match value:
        case Integer():
            return (z3.IntVal(value.number),)
        case String():
            return (z3.StringVal(value.text),)
        case FlagSet():
            return (_bits(value.members),)
        case Version():
            return tuple(map(z3.IntVal, (value.major, value.minor, value.bugfix)))
        case PciId():
            vendor = _NO_VENDOR if value.vendor is None else value.vendor
            return z3.IntVal(vendor), z3.IntVal(value.device)
        case Ratio():
            return (z3.Q(value.value.numerator, value.value.denominator),)


def _free(kind: str, name: str) -> Coded:
    parts = {"version": ("major", "minor", "bugfix"), "pci_id": ("vendor", "device")}
    if kind in parts:
        return tuple(z3.Int(f"{name} {part}") for part in parts[kind])
    sorts = {"int": z3.Int, "ratio": z3.Real, "string": z3.String}
    if kind in sorts:
        return (sorts[kind](name),)
    return (z3.BitVec(name, len(MEMBERS)),)


def _limits(kind: str, coded: Coded) -> Iterator[z3.BoolRef]:
    """What a free value has to be, so that it can be written; numbers are kept small."""
    match kind:
        case "int" | "ratio":
            yield from (coded[0] >= -MOST_NUMBER, coded[0] <= MOST_NUMBER)
        case "version":
            yield from (part >= 0 for part in coded)
            yield from (part <= 5 for part in coded)
        case "pci_id":
            yield from (coded[0] >= _NO_VENDOR, coded[0] < 2**16)
            yield from (coded[1] >= 0, coded[1] < 2**16)
        case "string":
            yield z3.Length(coded[0]) <= MOST_LETTERS
            yield z3.InRe(coded[0], z3.Star(z3.Union(*map(z3.Re, LETTERS))))


def _value(kind: str, coded: Coded, model: z3.ModelRef) -> Value:
    """Read the value that a model gives."""
    found = [model.eval(part, model_completion=True) for part in coded]
    match kind:
        case "int":
            return Integer(found[0].as_long())
        case "ratio":
            return Ratio(found[0].as_fraction())
        case "string":
            return String(found[0].as_string())
        case "version":
            return Version(*(part.as_long() for part in found))
        case "pci_id":
            vendor, device = (part.as_long() for part in found)
            return PciId(None if vendor == _NO_VENDOR else vendor, device)
        case _:
            bits = found[0].as_long()
            return FlagSet(frozenset(m for i, m in enumerate(MEMBERS) if bits >> i & 1))


def known_side(scheme: Scheme, device: Description) -> Side:
    """Write down a device that is known."""
    there = {name: code(value) for name, value in device.values.items()}
    return {
        name: (z3.BoolVal(name in there), there.get(name, _free(kind, f"absent {name}")))
        for name, kind in scheme.kinds.items()
    }


def free_side(scheme: Scheme, called: str) -> tuple[Side, list[z3.BoolRef]]:
    """Write down a device that is asked for, and what its values have to keep to."""
    side = {
        name: (z3.Bool(f"{called} has {name}"), _free(kind, f"{called} {name}"))
        for name, kind in scheme.kinds.items()
    }
    limits = [one for name, kind in scheme.kinds.items() for one in _limits(kind, side[name][1])]
    return side, limits


def read_back(scheme: Scheme, side: Side, model: z3.ModelRef) -> dict[str, Value]:
    """Read the values of the device that a model gives."""
    return {
        name: _value(kind, side[name][1], model)
        for name, kind in scheme.kinds.items()
        if model.eval(side[name][0], model_completion=True)
    }


# ---- what holds between values


def _same(left: Coded, right: Coded) -> z3.BoolRef:
    return z3.And(*(one == other for one, other in zip(left, right, strict=True)))


def _within(left: Coded, right: Coded) -> z3.BoolRef:
    """Tell whether all members of the left set are in the right one."""
    return left[0] & ~right[0] == 0


def _moves(old: Coded, new: Coded) -> z3.BoolRef:
    return z3.And(old[0] == new[0], old[1] <= new[1])


def _not_after(left: Coded, right: Coded) -> z3.BoolRef:
    """Compare by the first part, then by the next."""
    if len(left) == 1:
        return left[0] <= right[0]
    rest = _not_after(left[1:], right[1:])
    return z3.Or(left[0] < right[0], z3.And(left[0] == right[0], rest))


def _has(members: Coded, text: Coded) -> z3.BoolRef:
    return z3.Or(*(z3.And(text[0] == one, members[0] & _bits([one]) != 0) for one in MEMBERS))


def _relates(relation: Relation, source: Coded, target: Coded) -> z3.BoolRef:
    match relation:
        case Relation.EQUAL:
            return _same(source, target)
        case Relation.SUPERSET:
            return _within(source, target)
        case Relation.SUBSET:
            return _within(target, source)
        case Relation.VERSION:
            return _moves(source, target)
        case Relation.ONE_OF:
            return _has(target, source)
        case Relation.ANY:
            return z3.BoolVal(True)


def _accepts(clause: Clause, kind: str, value: Coded, *, to_publisher: bool) -> z3.BoolRef:
    """Say when a clause without variables accepts a value that is there."""
    match clause:
        case Equal():
            return _same(value, code(clause.value))
        case EmptyClause():
            empty = {"string": "", "set": 0}
            return value[0] == empty[kind] if kind in empty else z3.BoolVal(False)
        case OneOf():
            return z3.Or(*(_same(value, code(item)) for item in clause.values))
        case Range():
            low, high = code(clause.low), code(clause.high)
            return z3.And(_not_after(low, value), _not_after(value, high))
        case Superset():
            return _within(code(clause.value), value)
        case Subset():
            return _within(value, code(clause.value))
        case VersionClause():
            own = code(clause.value)
            return _moves(value, own) if to_publisher else _moves(own, value)
        case AnyClause():
            return z3.BoolVal(True)
        case AbsentClause():
            return z3.BoolVal(False)
        case Template() | Scaled():
            raise TypeError(f"{clause} has variables")


def _decimal(number: z3.ArithRef) -> z3.SeqRef:
    written = z3.IntToStr(number)
    return z3.If(number < 0, z3.Concat("-", z3.IntToStr(-number)), written)


def _low(outcomes: Iterable[z3.ArithRef]) -> z3.ArithRef:
    return reduce(lambda a, b: z3.If(a <= b, a, b), outcomes, _YES)


def _high(outcomes: Iterable[z3.ArithRef]) -> z3.ArithRef:
    return reduce(lambda a, b: z3.If(a >= b, a, b), outcomes, _NO)


# ---- objects and verdicts


@dataclass
class Encoding:
    """
    One question: can a source migrate to a target?

    Attributes:
        choices: The variables of all objects, and the values that each may have.
    """

    scheme: Scheme
    choices: dict[z3.ExprRef, list[z3.ExprRef]] = field(default_factory=dict)

    def verdict(
        self,
        source: Side,
        target: Side,
        lists: Mapping[Direction, tuple[Object, ...] | None],
    ) -> z3.ArithRef:
        """Give the verdict; *lists* has what each side publishes, None for no list."""
        asked = [self._relation(one, source, target) for one in self.scheme.attributes.values()]
        by = self.scheme.accepted_by
        if self.scheme.has_objects and by in (Direction.TARGET, Direction.BOTH):
            asked.append(self._list(lists[Direction.TARGET], source, to_publisher=True))
        if self.scheme.has_objects and by in (Direction.SOURCE, Direction.BOTH):
            asked.append(self._list(lists[Direction.SOURCE], target, to_publisher=False))
        return _low(asked)

    def some_choice(self) -> z3.BoolRef:
        """Say that each variable has one of its values."""
        return z3.And(*(z3.Or(*(v == one for one in values)) for v, values in self.choices.items()))

    def every_choice(self, formula: z3.BoolRef) -> z3.BoolRef:
        """Say that *formula* holds for all choices of the variables."""
        variables = list(self.choices)
        return z3.And(
            *(
                z3.substitute(formula, *zip(variables, chosen, strict=True))
                for chosen in product(*self.choices.values())
            )
        )

    def _missing(self, attribute: Attribute) -> z3.ArithRef:
        setting = self.scheme.missing if attribute.missing is None else attribute.missing
        return _OUTCOMES[setting]

    def _relation(self, attribute: Attribute, source: Side, target: Side) -> z3.ArithRef:
        if attribute.relation in (None, Relation.ANY):
            return _YES
        has_old, old = source[attribute.of or attribute.name]
        has_new, new = target[attribute.name]
        both_lack = self._missing(attribute) if attribute.required else _YES
        compared = z3.If(_relates(attribute.relation, old, new), _YES, _NO)
        one_lacks = z3.If(z3.Or(has_old, has_new), self._missing(attribute), both_lack)
        return z3.If(z3.And(has_old, has_new), compared, one_lacks)

    def _list(
        self, objects: tuple[Object, ...] | None, other: Side, *, to_publisher: bool
    ) -> z3.ArithRef:
        if objects is None:
            return _OUTCOMES[self.scheme.missing]
        return _high(self._object(one, other, to_publisher=to_publisher) for one in objects)

    def _object(self, one: Object, other: Side, *, to_publisher: bool) -> z3.ArithRef:
        scope = {variable.name: self._variable(variable) for variable in one.variables.values()}
        asked = []
        for name, attribute in self.scheme.attributes.items():
            there, value = other[name]
            clause = one.clauses.get(name)
            if attribute.relation is Relation.ANY:
                continue
            if clause is None:
                asked.append(z3.If(there, _OUTCOMES[self.scheme.unlisted], _YES))
                continue
            if isinstance(clause, Template | Scaled):
                holds = self._gives(clause, value, scope)
            else:
                holds = _accepts(clause, attribute.kind, value, to_publisher=to_publisher)
            accepts_absent = isinstance(clause, AnyClause | AbsentClause | EmptyClause)
            absent = _YES if accepts_absent else self._missing(attribute)
            asked.append(z3.If(there, z3.If(holds, _YES, _NO), absent))
        return _low(asked)

    def _variable(self, variable: Variable) -> tuple[Variable, z3.ExprRef]:
        called = f"variable {len(self.choices)} {variable.name}"
        if variable.type == "int":
            numbers = {n for low, high in variable.ranges for n in range(low, high + 1)}
            found, values = z3.Int(called), [z3.IntVal(n) for n in sorted(numbers)]
        else:
            found = z3.String(called)
            values = [z3.StringVal(text) for text in sorted(set(variable.strings))]
        self.choices[found] = values
        return variable, found

    def _gives(
        self,
        template: Template | Scaled,
        value: Coded,
        scope: Mapping[str, tuple[Variable, z3.ExprRef]],
    ) -> z3.BoolRef:
        """Say that under the choice of the variables *template* is *value*."""
        if isinstance(template, Scaled):
            return self._scaled(template, value[0], scope[template.part.name][1])
        if template.kind == "string":
            texts = [
                z3.StringVal(part) if isinstance(part, str) else _text(*scope[part.name])
                for part in template.parts
            ]
            return value[0] == (z3.Concat(*texts) if len(texts) > 1 else texts[0])
        variable, chosen = scope[template.parts[0].name]
        return z3.Or(
            *(
                z3.And(chosen == text, _same(value, code(parse_value(template.kind, text))))
                for text in variable.strings
            )
        )

    def _scaled(self, scaled: Scaled, value: z3.ArithRef, chosen: z3.ArithRef) -> z3.BoolRef:
        if scaled.operator == "*":
            return value == chosen * scaled.factor
        if scaled.operator == "/" and self.scheme.floor_division:
            return value == chosen / scaled.factor  # of whole numbers, in z3, rounded down
        if scaled.operator == "/":
            return value == z3.ToReal(chosen) / scaled.factor
        return value == chosen


def _text(variable: Variable, chosen: z3.ExprRef) -> z3.SeqRef:
    return _decimal(chosen) if variable.type == "int" else chosen
