"""Clauses are data that print as clause text."""

import pytest

from simulator.compat.clause_text import parse_clause
from simulator.compat.rule import OPERATORS, Equal, Object
from simulator.compat.template import Reference, Scaled, Template, Variable
from simulator.values import KINDS, Integer, String

TEXTS = [
    *(("string", text) for text in ("a", '"a b"', '""', 'one_of(a,"b,c")', "t{v:int:1}{v}")),
    *(("set", text) for text in ("a+b", "a,b", '"a, b"', "superset(a)", 'subset("")')),
    *(("int", text) for text in ("-2", "range(-2,2)", "{v:int:1-3,7}/2", "one_of(1,2)")),
    *(("version", text) for text in ("1.2", "version(1.2)", "range(1.2,1.2.3)")),
    *((kind, text) for kind in KINDS for text in ("any()", "absent()", '""')),
]


@pytest.mark.parametrize(("kind", "text"), TEXTS)
def test_a_clause_prints_its_text(kind, text):
    """A clause prints the text that it was parsed from."""
    assert str(parse_clause(text, kind, {})[0]) == text


def test_operators_have_a_form_that_parses():
    """The example of each operator parses for one of its kinds and prints itself."""
    for name, operator in OPERATORS.items():
        assert operator.form.startswith(name)
        assert operator.kinds <= KINDS.keys()
        kind = min(operator.kinds) if len(operator.kinds) < len(KINDS) else "string"
        assert str(parse_clause(operator.form, kind, {})[0]) == operator.form


def test_an_object_knows_its_variables():
    """The variables of an object are those that its clauses declare, not those they refer to."""
    v, w = Variable("v", ((1, 2),)), Variable("w", (), ("a",))
    clauses = {
        "a": Template("string", ("t", v, w)),
        "b": Scaled("int", Reference("v"), "/", 2),
        "c": Scaled("int", Variable("x", ((1, 1),))),
        "d": Equal(Integer(1)),
    }
    assert Object(clauses).variables == {"v": v, "w": w, "x": Variable("x", ((1, 1),))}


def test_what_is_left_of_an_object_declares_its_variables():
    """A variable whose declaration is left out is declared where it comes next, and only there."""
    v = Variable("v", ((1, 2),))
    one = Object(
        {
            "a": Template("string", ("t", v)),
            "b": Scaled("int", Reference("v"), "/", 2),
            "c": Template("string", (Reference("v"), Reference("v"))),
            "d": Equal(Integer(1)),
        }
    )
    left = {"b": Scaled("int", v, "/", 2), "c": one.clauses["c"], "d": one.clauses["d"]}
    assert one.only({"b", "c", "d"}).clauses == left
    assert one.only({"c"}).clauses == {"c": Template("string", (v, Reference("v")))}
    assert one.only({"b"}).variables == {"v": v}
    assert one.only({"a", "b"}).clauses == {name: one.clauses[name] for name in "ab"}
    assert one.only(()).clauses == {}


def test_the_order_of_clauses_is_not_compared():
    """Objects with the same clauses are equal and hash alike, in whatever order."""
    one, other = {"a": Equal(Integer(1))}, {"b": Equal(String("x"))}
    first, second = Object({**one, **other}), Object({**other, **one})
    assert first == second
    assert hash(first) == hash(second)
    assert first != Object(one)
