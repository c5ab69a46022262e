"""
Strategies for schemes, descriptions, objects and fleets.

The pools are small and collide on purpose: three types, versions from 0 to 3, five set members.
Uniform random data never meets itself, and two devices that never match test nothing. Every
kind, clause, relation, setting and direction can occur, and so can what is absent.
"""

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from hypothesis import settings
from hypothesis import strategies as st

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
from simulator.compat.scheme import Attribute, Direction, Outcome, Preference, Relation, Scheme
from simulator.compat.template import Reference, Scaled, Template, Variable, render
from simulator.values import KINDS, FlagSet, Value, Version, parse_value

__all__ = [
    "POOLS",
    "clauses",
    "core",
    "descriptions",
    "fleets",
    "half_core",
    "objects",
    "scheme_yaml",
    "schemes",
    "single_templates",
    "values",
    "variables",
]

core = settings.get_profile(f"{os.environ.get('HYPOTHESIS_PROFILE', 'quick')} core")
"""How hard Hypothesis looks where the C core could differ from the judge."""
half_core = settings(core, max_examples=core.max_examples // 2)

POOLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "int": ("0", "1", "2", "3", "4", "8", "-1", str(2**63 - 1), str(-(2**63))),
        # t1, t2 and t4 are what templates give; the rest needs quotes, or looks like a clause.
        "string": ("t1", "t2", "t4", "t-1", "t12", "", "A", "A+B", "1", "any()", 'a "b" \\ #{é}'),
        "set": ("", "A", "B", "A+B", "B+A", "A,B", "A, B", "A+B+C", "C+D+E", "A+B+C+D+E", "t1"),
        "version": ("0.0", "0.1", "1.0", "1.0.0", "1.1", "1.1.2", "1.2.1", "1.3", "2.0.0", "3.3.3"),
        "pci_id": ("8086591d", "8086-591d", "8086:591D", "80865912", "591d", "591D", "10de591d"),
        "ratio": ("0", "1", "2", "1/2", "2/4", "3/2", "-1/2", "4/2", "1/3"),
    }
)
"""The values that occur, by kind; several mean the same."""

_NAMES = ("a", "b", "c", "mdev_type", "software.version", "x-1", "_y")
_VARIABLES = ("v", "w", "n_2", "any")
_RELATIONS: Mapping[Relation, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        Relation.EQUAL: tuple((kind, kind) for kind in KINDS),
        Relation.SUPERSET: (("set", "set"),),
        Relation.SUBSET: (("set", "set"),),
        Relation.VERSION: (("version", "version"),),
        Relation.ONE_OF: (("set", "string"),),
        Relation.ANY: tuple((kind, kind) for kind in KINDS),
    }
)
"""For each relation the kinds of the target's attribute and of the source's."""

_outcomes = st.sampled_from(Outcome)
_division = st.sampled_from(("", "*", "/"))


def values(kind: str) -> st.SearchStrategy[Value]:
    """Values of *kind* from its pool."""
    return st.sampled_from(POOLS[kind]).map(lambda text: parse_value(kind, text))


# ---- schemes


@st.composite
def schemes(draw: st.DrawFn, *, has_objects: bool | None = None) -> Scheme:
    """Schemes of one to five attributes, with any relations and settings."""
    names = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=5, unique=True))
    kinds = {name: draw(st.sampled_from(sorted(KINDS))) for name in names}
    ranked = [name for name in names if kinds[name] in ("int", "version", "ratio")]
    prefer = draw(st.lists(st.sampled_from(ranked), max_size=2, unique=True)) if ranked else []
    return Scheme(
        name=draw(st.sampled_from(("s", "a scheme"))),
        attributes={name: draw(_attributes(name, kinds)) for name in names},
        accepted_by=draw(st.sampled_from(Direction)),
        has_objects=draw(st.booleans()) if has_objects is None else has_objects,
        missing=draw(_outcomes),
        unlisted=draw(_outcomes),
        floor_division=draw(st.booleans()),
        prefer=tuple(Preference(name, draw(st.booleans())) for name in prefer),
    )


@st.composite
def _attributes(draw: st.DrawFn, name: str, kinds: Mapping[str, str]) -> Attribute:
    """Attributes of a kind that is fixed, with a relation that can compare it with another."""
    kind = kinds[name]
    # Relations refuse much, so that objects decide only where there are few of them.
    if draw(st.booleans()):
        missing, required = draw(st.none() | _outcomes), draw(st.booleans())
        return Attribute(name, kind, missing=missing, required=required)
    choices: list[tuple[Relation | None, str | None]] = [(Relation.ANY, None)]
    for relation, pairs in _RELATIONS.items():
        if relation is Relation.ANY:
            continue
        if (kind, kind) in pairs:
            choices.append((relation, None))
        choices += [(relation, other) for other in kinds if (kind, kinds[other]) in pairs]
    relation, of = draw(st.sampled_from(choices))
    missing = draw(st.none() | _outcomes)
    return Attribute(name, kind, relation, of, missing, required=draw(st.booleans()))


def scheme_yaml(scheme: Scheme) -> str:
    """Write *scheme* as the text that the loader reads."""
    unlisted = "ignored" if scheme.unlisted is Outcome.COMPATIBLE else scheme.unlisted
    lines = [
        f"scheme: {scheme.name}",
        f"accepted-by: {scheme.accepted_by}",
        f"objects: {'published' if scheme.has_objects else 'none'}",
        f"missing: {scheme.missing}",
        f"unlisted: {unlisted}",
        f"division: {'floor' if scheme.floor_division else 'exact'}",
        "attributes:",
    ]
    for attribute in scheme.attributes.values():
        fields = {"type": attribute.kind, "clause": attribute.relation, "of": attribute.of}
        fields["missing"] = attribute.missing
        fields["required"] = "true" if attribute.required else None
        shown = ", ".join(f"{key}: {value}" for key, value in fields.items() if value is not None)
        lines.append(f"  {attribute.name}: {{{shown}}}")
    if scheme.prefer:
        lines.append("prefer:")
        lines += [f"  {p.attribute}: {'highest' if p.highest else 'lowest'}" for p in scheme.prefer]
    return "\n".join(lines) + "\n"


# ---- clauses


@st.composite
def variables(draw: st.DrawFn, name: str, kind: str) -> Variable:
    """Declarations that an attribute of *kind* can hold."""
    if kind in ("int", "ratio") or (kind == "string" and draw(st.booleans())):
        ends = st.tuples(st.integers(-2, 4), st.sampled_from((0, 0, 1, 5)))
        ranges = draw(st.lists(ends, min_size=1, max_size=3))
        return Variable(name, ranges=tuple((low, low + more) for low, more in ranges))
    strings = draw(st.lists(st.sampled_from(POOLS[kind]), min_size=1, max_size=4))
    return Variable(name, strings=tuple(strings))


@st.composite
def clauses(
    draw: st.DrawFn, kind: str, scope: Mapping[str, Variable] = MappingProxyType({})
) -> Clause:
    """Clauses for an attribute of *kind*; *scope* has what the clauses before have declared."""
    plain = [_equal(kind), st.just(EmptyClause()), st.just(AnyClause()), st.just(AbsentClause())]
    plain.append(st.lists(values(kind), min_size=1, max_size=3).map(lambda v: OneOf(tuple(v))))
    if kind in ("int", "ratio", "version"):
        plain.append(st.lists(values(kind), min_size=2, max_size=2).map(sorted).map(_range))
    if kind == "set":
        sets = st.sampled_from(POOLS["set"]).map(FlagSet.parse)
        plain += [sets.map(Superset), sets.map(Subset)]
    if kind == "version":
        plain.append(st.sampled_from(POOLS["version"]).map(Version.parse).map(VersionClause))
    # Templates are the hard part, so they are as frequent as all the rest.
    if draw(st.booleans()):
        return draw(_templates(kind, scope))
    return draw(st.one_of(plain))


def _equal(kind: str) -> st.SearchStrategy[Clause]:
    """A literal; one without characters is the empty clause."""
    return values(kind).map(lambda value: Equal(value) if str(value) else EmptyClause())


def _range(ends: Sequence[Value]) -> Range:
    return Range(ends[0], ends[1])


@st.composite
def _templates(draw: st.DrawFn, kind: str, scope: Mapping[str, Variable]) -> Template | Scaled:
    if kind in ("int", "ratio"):
        part = draw(_part(kind, scope))
        operator = draw(_division)
        return Scaled(kind, part, operator, draw(st.integers(1, 3)) if operator else 1)
    if kind != "string":
        return Template(kind, (draw(_part(kind, scope)),))
    declared = dict(scope)
    parts: list[str | Variable | Reference] = []
    for _ in range(draw(st.integers(1, 3))):
        used = {part.name for part in parts if not isinstance(part, str)}
        part = draw(_part(kind, declared, only=used if len(used) == 2 else None))
        if isinstance(part, Variable):
            declared[part.name] = part
        parts += [*draw(st.sampled_from(((), ("t",), ("-1",), (' "#',)))), part]
    return Template(kind, tuple(parts + draw(st.sampled_from(([], [], ["2"])))))


@st.composite
def _part(
    draw: st.DrawFn, kind: str, scope: Mapping[str, Variable], only: set[str] | None = None
) -> Variable | Reference:
    """Take a variable of *scope* that fits (one of *only*, where given), or declare one."""
    fitting = [name for name, variable in scope.items() if _fits(kind, variable)]
    if only is not None:
        return Reference(draw(st.sampled_from(sorted(only))))
    free = [name for name in _VARIABLES if name not in scope]
    if fitting and (not free or draw(st.booleans())):
        return Reference(draw(st.sampled_from(fitting)))
    name = free[0] if free else f"v{len(scope)}"
    return draw(variables(name, kind))


def _fits(kind: str, variable: Variable) -> bool:
    if kind in ("int", "ratio"):
        return variable.type == "int"
    if kind == "string":
        return True
    if variable.type != "string":
        return False
    try:
        return all(parse_value(kind, text) is not None for text in variable.strings)
    except ValueError:
        return False


def single_templates(kind: str) -> st.SearchStrategy[Template | Scaled]:
    """Templates for an attribute of *kind* that declare all that they use."""
    return _templates(kind, {})


# ---- objects, descriptions, fleets


@st.composite
def objects(draw: st.DrawFn, scheme: Scheme) -> Object:
    """Objects of at least one clause, with variables that several clauses share."""
    names = draw(st.permutations(list(scheme.attributes)))
    names = names[: draw(st.integers(1, len(names)))]
    found: dict[str, Clause] = {}
    for name in names:
        found[name] = draw(clauses(scheme.kinds[name], Object(found).variables))
    return Object(found)


@st.composite
def descriptions(draw: st.DrawFn, scheme: Scheme, pool: Sequence[Object] = ()) -> Description:
    """
    Descriptions with absent attributes, and with no list, an empty one, or up to three objects.

    With a *pool* of objects, most lists are taken from it and most values are such that one of
    its objects accepts them, so that devices that are drawn from one pool meet.
    """
    found = {
        name: draw(values(kind))
        for name, kind in scheme.kinds.items()
        if draw(st.integers(0, 3))  # absent once in four
    }
    if pool and draw(st.integers(0, 3)):
        found |= draw(_accepted(scheme, draw(st.sampled_from(pool))))
    one = st.sampled_from(pool) if pool else objects(scheme)
    lists = st.lists(one, min_size=1, max_size=3).map(tuple)
    published = draw(st.one_of(st.none(), st.just(()), lists, lists, lists))
    name = draw(st.sampled_from((None, "", "host1/0000:00:02.0", 'é "\\')))
    return Description(found, published, name)


@st.composite
def _accepted(draw: st.DrawFn, scheme: Scheme, one: Object) -> dict[str, Value]:
    """Values that *one* accepts, as far as one choice of its variables gives them."""
    binding = {
        variable.name: draw(
            st.sampled_from(variable.strings)
            if variable.strings
            else st.sampled_from(variable.ranges).flatmap(lambda ends: st.integers(*ends))
        )
        for variable in one.variables.values()
    }
    found: dict[str, Value | None] = {}
    for name, clause in one.clauses.items():
        match clause:
            case Template() | Scaled():
                found[name] = render(clause, binding, floor_division=scheme.floor_division)
            case OneOf():
                found[name] = draw(st.sampled_from(clause.values))
            case Range():
                found[name] = draw(st.sampled_from((clause.low, clause.high)))
            case Equal() | Superset() | Subset() | VersionClause():
                found[name] = clause.value
    return {name: value for name, value in found.items() if value is not None}


@st.composite
def fleets(draw: st.DrawFn, scheme: Scheme, *, min_size: int = 0) -> list[Description]:
    """Up to six devices that share objects, some of them equal."""
    pool = draw(st.lists(objects(scheme), min_size=1, max_size=2))
    few = draw(st.lists(descriptions(scheme, pool), min_size=min(min_size, 1), max_size=3))
    return draw(st.lists(st.sampled_from(few), min_size=min_size, max_size=6)) if few else []
