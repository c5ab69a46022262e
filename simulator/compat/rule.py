"""
Clauses: what one attribute of the other device may be. They are data; the judge gives them
their meaning, and `simulator.compat.clause_text` reads them.

Source: ours, save the literal, the template and the empty clause, which are in
20200729080503.GB28676@joy-OptiPlex-7040.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from simulator.compat.template import Reference, Scaled, Template, Variable, quote
from simulator.values import FlagSet, Value, Version

__all__ = [
    "OPERATORS",
    "AbsentClause",
    "AnyClause",
    "Clause",
    "EmptyClause",
    "Equal",
    "Object",
    "OneOf",
    "Operator",
    "Range",
    "Subset",
    "Superset",
    "VersionClause",
    "declaring",
]


@dataclass(frozen=True, slots=True)
class Equal:
    """The value equals this one."""

    value: Value

    def __str__(self) -> str:
        return quote(str(self.value))


@dataclass(frozen=True, slots=True)
class EmptyClause:
    """The value is empty, or the attribute is absent."""

    def __str__(self) -> str:
        return '""'


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value equals one of these."""

    values: tuple[Value, ...]

    def __str__(self) -> str:
        return f"one_of({','.join(quote(str(value), item=True) for value in self.values)})"


@dataclass(frozen=True, slots=True)
class Range:
    """The value lies between these, both included."""

    low: Value
    high: Value

    def __str__(self) -> str:
        return f"range({self.low},{self.high})"


@dataclass(frozen=True, slots=True)
class Superset:
    """The set has at least these members."""

    value: FlagSet

    def __str__(self) -> str:
        return f"superset({quote(str(self.value), item=True)})"


@dataclass(frozen=True, slots=True)
class Subset:
    """The set has at most these members."""

    value: FlagSet

    def __str__(self) -> str:
        return f"subset({quote(str(self.value), item=True)})"


@dataclass(frozen=True, slots=True)
class VersionClause:
    """The same major; the migration goes from a minor to the same or a higher one."""

    value: Version

    def __str__(self) -> str:
        return f"version({self.value})"


@dataclass(frozen=True, slots=True)
class AnyClause:
    """Anything, present or absent."""

    def __str__(self) -> str:
        return "any()"


@dataclass(frozen=True, slots=True)
class AbsentClause:
    """The attribute is absent."""

    def __str__(self) -> str:
        return "absent()"


Clause = (
    Equal
    | EmptyClause
    | OneOf
    | Range
    | Superset
    | Subset
    | VersionClause
    | AnyClause
    | AbsentClause
    | Template
    | Scaled
)


@dataclass(frozen=True, slots=True)
class Operator:
    """
    How one clause is written.

    Attributes:
        kinds: The kinds of attributes it can test.
        least: The lowest number of items.
        most: The highest number of items, or None.
        form: An example, for messages.
    """

    kinds: frozenset[str]
    least: int
    most: int | None
    form: str


_ALL = frozenset(("int", "string", "set", "version", "pci_id", "ratio"))

OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "one_of": Operator(_ALL, 1, None, "one_of(a,b)"),
        "range": Operator(frozenset(("int", "ratio", "version")), 2, 2, "range(2,9)"),
        "superset": Operator(frozenset(("set",)), 1, 1, "superset(none+ppgtt)"),
        "subset": Operator(frozenset(("set",)), 1, 1, "subset(none+ppgtt)"),
        "version": Operator(frozenset(("version",)), 1, 1, "version(1.2)"),
        "any": Operator(_ALL, 0, 0, "any()"),
        "absent": Operator(_ALL, 0, 0, "absent()"),
    }
)
"""The clauses that are written as a name with items in parentheses."""


@dataclass(frozen=True, slots=True)
class Object:
    """
    One COMPATIBLE block: clauses that hold together, under one choice of the variables.

    Attributes:
        clauses: By name of the attribute, in the order in which they are written; at least one.
    """

    clauses: Mapping[str, Clause]

    @property
    def variables(self) -> Mapping[str, Variable]:
        """The declared variables by name."""
        found: dict[str, Variable] = {}
        for clause in self.clauses.values():
            parts = clause.parts if isinstance(clause, Template) else ()
            if isinstance(clause, Scaled):
                parts = (clause.part,)
            found |= {part.name: part for part in parts if isinstance(part, Variable)}
        return found

    def only(self, names: Container[str]) -> "Object":
        """Leave out the clauses on attributes that are not among *names*; there may be none."""
        undeclared = dict(self.variables)
        kept: dict[str, Clause] = {}
        for name, clause in self.clauses.items():
            if name in names:
                kept[name] = declaring(clause, undeclared)
                for declared in Object({name: kept[name]}).variables:
                    undeclared.pop(declared, None)
        return Object(kept)

    def __hash__(self) -> int:
        return hash(frozenset(self.clauses.items()))


def declaring(clause: Clause, undeclared: Mapping[str, Variable]) -> Clause:
    """Declare the variables that *clause* refers to and whose declaration was left out."""
    if not isinstance(clause, Template | Scaled):
        return clause
    fresh = dict(undeclared)
    written: list[str | Variable | Reference] = []
    for part in clause.parts if isinstance(clause, Template) else (clause.part,):
        declares = isinstance(part, Reference) and part.name in fresh
        written.append(fresh.pop(part.name) if declares and isinstance(part, Reference) else part)
        if isinstance(part, Variable):
            fresh.pop(part.name, None)
    if isinstance(clause, Template):
        return replace(clause, parts=tuple(written))
    part = written[0]
    return clause if isinstance(part, str) else replace(clause, part=part)
