"""Templates against brute force: an object is the list of what all its choices write out."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from property.strategies import fleets, schemes

from simulator.compat.description import Description
from simulator.compat.judge import check_object, judge
from simulator.compat.rule import Equal, Object, OneOf
from simulator.compat.scheme import Attribute, Outcome, Scheme
from simulator.compat.template import Reference, Scaled, Template, Variable, bounds, render, solve
from simulator.values import Integer, Ratio, String, parse_value

MOST_CHOICES = 500
NEVER = OneOf(())
"""Refuses every value; what is absent is missing, as for a template."""


def choices(variable):
    """List what a variable may be."""
    numbers = (n for low, high in variable.ranges for n in range(low, high + 1))
    return list(dict.fromkeys((*numbers, *variable.strings)))


def bindings(variables):
    """Choose all variables in every way."""
    for chosen in product(*map(choices, variables.values())):
        yield dict(zip(variables, chosen, strict=True))


def number(scaled, chosen, *, floor):
    """Multiply or divide as docs/language.md says."""
    if scaled.operator == "*":
        return Fraction(chosen * scaled.factor)
    exact = Fraction(chosen, scaled.factor)
    return Fraction(chosen // scaled.factor) if floor and scaled.operator else exact


def written(clause, binding, *, floor):
    """Write out a template as a clause without variables."""
    if isinstance(clause, Scaled):
        given_ = number(clause, binding[clause.part.name], floor=floor)
        if clause.kind == "ratio":
            return Equal(Ratio(given_))
        return Equal(Integer(int(given_))) if given_ == int(given_) else NEVER
    text = "".join(
        part if isinstance(part, str) else str(binding[part.name]) for part in clause.parts
    )
    return Equal(parse_value(clause.kind, text))


def expanded(one, *, floor):
    """Write out an object once for each choice of its variables."""
    return tuple(
        Object(
            {
                name: written(clause, binding, floor=floor)
                if isinstance(clause, Template | Scaled)
                else clause
                for name, clause in one.clauses.items()
            }
        )
        for binding in bindings(one.variables)
    )


def n_choices(device):
    """Count the choices of all objects of a device."""
    return sum(
        prod(len(choices(variable)) for variable in one.variables.values())
        for one in device.objects or ()
    )


@given(schemes(has_objects=True).flatmap(lambda s: st.tuples(st.just(s), fleets(s, min_size=2))))
def test_an_object_is_the_list_of_its_choices(scheme_and_fleet):
    """Devices that publish every choice as an object of its own get the same verdict."""
    scheme, fleet = scheme_and_fleet
    pair = fleet[:2]
    assume(all(n_choices(device) <= MOST_CHOICES for device in pair))
    plain = [
        replace(
            device,
            objects=None
            if device.objects is None
            else tuple(
                ground
                for one in device.objects
                for ground in expanded(one, floor=scheme.floor_division)
            ),
        )
        for device in pair
    ]
    assert judge(scheme, *pair) is judge(scheme, *plain)


NUMBERS = sorted({Fraction(p, q) for p in range(-7, 8) for q in (1, 2, 3, 4)})


@pytest.mark.parametrize("floor", [False, True])
@pytest.mark.parametrize(("operator", "factor"), [("", 1), *product("*/", (1, 2, 3, 4))])
@pytest.mark.parametrize("kind", ["int", "ratio"])
def test_exact_arithmetic(kind, operator, factor, floor):
    """For small numbers, every choice and every value: solved, bounded, rendered and judged."""
    variable = Variable("n", ranges=((-6, -2), (0, 6)))
    scaled = Scaled(kind, variable, operator, factor)
    scheme = Scheme("s", {"a": Attribute("a", kind)}, has_objects=True, floor_division=floor)
    for wanted in NUMBERS:
        if kind == "int" and wanted.denominator > 1:
            continue
        value = Ratio(wanted) if kind == "ratio" else Integer(int(wanted))
        giving = [n for n in choices(variable) if number(scaled, n, floor=floor) == wanted]
        solved = solve(scaled, value, {"n": variable}, {}, floor_division=floor)
        assert [found["n"] for found in solved] == giving
        rendered = [
            n for n in choices(variable) if render(scaled, {"n": n}, floor_division=floor) == value
        ]
        assert rendered == giving
        ends = bounds(scaled, value, floor_division=floor)
        within = ends and [n for n in choices(variable) if ends[0] <= n <= ends[1]]
        assert (within or []) == giving
        check = check_object(
            scheme, Object({"a": scaled}), Description({"a": value}), to_publisher=True
        )
        assert (check.outcome is Outcome.COMPATIBLE) == bool(giving)
        assert check.binding == ({"n": giving[0]} if giving else {})


TEXTS = ["".join(letters) for n in range(5) for letters in product("t-12", repeat=n)]
SHAPES = [
    (Variable("n", ranges=((-2, 2), (11, 12))),),
    ("t", Variable("n", ranges=((1, 2), (21, 22))), Reference("n")),
    (Variable("n", ranges=((1, 2), (11, 12))), Variable("m", ranges=((1, 22),))),
    (Variable("s", strings=("", "t", "t1")), Variable("n", ranges=((-1, 12),)), "2"),
    (Variable("s", strings=("1", "12", "-")), Reference("s"), Variable("n", ranges=((-2, 2),))),
    (Variable("n", ranges=((0, 2),)), "-", Variable("m", ranges=((-2, 12),)), Reference("n")),
]


@pytest.mark.parametrize("parts", SHAPES)
def test_every_short_text(parts):
    """Of all texts of up to four letters just those are accepted that some choice writes."""
    template = Template("string", parts)
    variables = Object({"a": template}).variables
    by_text = {}
    for binding in bindings(variables):
        by_text.setdefault(written(template, binding, floor=False).value.text, []).append(binding)
    accepted = set(by_text) & set(TEXTS)
    assert accepted
    for text in TEXTS:
        found = list(solve(template, String(text), variables, {}))
        assert sorted(map(str, found)) == sorted(map(str, by_text.get(text, [])))
