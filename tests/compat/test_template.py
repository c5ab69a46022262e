"""Templates: values with variables, solved from the value to the variables."""

import pytest

from simulator.compat.template import (
    Reference,
    Scaled,
    Template,
    Variable,
    bounds,
    quote,
    render,
    solve,
)
from simulator.values import INT_MAX, String, parse_value

N = Variable("n", ranges=((1, 2), (4, 4), (8, 8)))
S = Variable("s", strings=("a", "ab", "", "a"))
HUGE = Variable("h", ranges=((-(2**63), 2**63 - 1),))


def solved(template, text, binding=None, *, floor=False, variables=(N, S, HUGE)):
    """Solve *template* for the value that *text* is, and list what is found."""
    value = parse_value(template.kind, text)
    scope = {variable.name: variable for variable in variables}
    return list(solve(template, value, scope, binding or {}, floor_division=floor))


@pytest.mark.parametrize(
    ("parts", "text", "found"),
    [
        (("t", N), "t4", [{"n": 4}]),
        (("t", N), "t3", []),
        (("t", N), "t", []),
        (("t", N), "t04", []),
        (("t", N), "x4", []),
        (("t", N, "x"), "t4", []),
        ((N, "-", Reference("n")), "2-2", [{"n": 2}]),
        ((N, "-", Reference("n")), "2-4", []),
        ((S, "b"), "ab", [{"s": "a"}, {"s": "a"}]),
        ((S, "b"), "b", [{"s": ""}]),
        ((S,), "ab", [{"s": "ab"}]),
        ((HUGE,), "-9223372036854775808", [{"h": -(2**63)}]),
        ((HUGE,), "9223372036854775808", []),
        ((HUGE,), "-0", []),
        ((HUGE, "0"), "00", [{"h": 0}]),
        ((HUGE, "0"), "100", [{"h": 10}]),
    ],
)
def test_a_text_is_solved_from_the_left(parts, text, found):
    """Each choice that gives just the text is found, and no number is read in two spellings."""
    assert solved(Template("string", parts), text) == found


def test_two_variables_share_a_text():
    """Every way in which two variables split a text is found."""
    digits = Variable("d", ranges=((0, 99),))
    template = Template("string", (HUGE, digits))
    found = solved(template, "123", variables=(HUGE, digits))
    assert found == [{"h": 1, "d": 23}, {"h": 12, "d": 3}]


def test_a_choice_that_was_made_is_kept():
    """What is bound already must fit, and stays in every result."""
    template = Template("string", ("t", Reference("n")))
    assert solved(template, "t2", {"n": 2, "other": "x"}) == [{"n": 2, "other": "x"}]
    assert solved(template, "t2", {"n": 4}) == []
    assert solved(Scaled("int", Reference("n"), "*", 2), "4", {"n": 2}) == [{"n": 2}]
    assert solved(Scaled("int", Reference("n"), "*", 2), "4", {"n": 4}) == []
    assert solved(Template("set", (Reference("s"),)), "a", {"s": "ab"}) == []


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("set", "b+a", ["a+b", "a,b"]),
        ("set", "", [""]),
        ("version", "1.0", ["1.0", "1.0.0"]),
        ("pci_id", "8086:591D", ["8086591d"]),
        ("pci_id", "591d", []),
    ],
)
def test_a_whole_value_is_compared_by_its_meaning(kind, text, found):
    """A set, version or PCI id equals a choice however the two are spelled."""
    strings = {"set": ("a+b", "a,b", ""), "version": ("1.0", "1.0.0"), "pci_id": ("8086591d",)}
    variable = Variable("x", strings=strings[kind])
    results = solved(Template(kind, (variable,)), text, variables=(variable,))
    assert results == [{"x": choice} for choice in found]


@pytest.mark.parametrize(
    ("kind", "operator", "factor", "text", "exact", "floor"),
    [
        ("int", "", 1, "4", [4], [4]),
        ("int", "", 1, "3", [], []),
        ("int", "/", 2, "2", [4], [4]),
        ("int", "/", 2, "0", [], [1]),
        ("int", "/", 3, "0", [], [1, 2]),
        ("int", "*", 2, "8", [4], [4]),
        ("int", "*", 2, "7", [], []),
        ("ratio", "/", 2, "1/2", [1], []),
        ("ratio", "/", 2, "2/4", [1], []),
        ("ratio", "/", 2, "0", [], [1]),
        ("ratio", "*", 3, "3/2", [], []),
    ],
)
def test_numbers_are_divided_exactly_or_rounded_down(kind, operator, factor, text, exact, floor):
    """Half of one is one half, or 0 where the scheme divides as C does."""
    scaled = Scaled(kind, N, operator, factor)
    assert solved(scaled, text) == [{"n": n} for n in exact]
    assert solved(scaled, text, floor=True) == [{"n": n} for n in floor]


def test_division_is_exact_unless_it_is_said():
    """One half is found for no integer, and one for two, where nothing is said of rounding."""
    half = Scaled("int", Variable("n", ranges=((1, 2),)), "/", 2)
    one = parse_value("int", "1")
    scope = {"n": half.part}
    assert list(solve(half, parse_value("int", "0"), scope, {})) == []
    assert list(solve(half, one, scope, {})) == [{"n": 2}]
    assert bounds(half, one) == (2, 2)
    assert render(half, {"n": 1}) is None


def test_bounds_of_a_rounded_number():
    """Rounding down gives a factor's worth of numbers, negative ones too."""
    scaled = Scaled("int", HUGE, "/", 3)
    assert bounds(scaled, parse_value("int", "-1"), floor_division=True) == (-3, -1)
    assert bounds(scaled, parse_value("int", "1"), floor_division=True) == (3, 5)
    assert bounds(scaled, parse_value("int", "1")) == (3, 3)
    assert bounds(Scaled("int", HUGE, "*", 3), parse_value("int", "1")) is None


@pytest.mark.parametrize(
    ("template", "binding", "floor", "text"),
    [
        (Template("string", ("t", N, S)), {"n": 4, "s": "x"}, False, "t4x"),
        (Template("string", (S,)), {"s": "x" * 5000}, False, None),
        (Scaled("int", N, "/", 2), {"n": 1}, False, None),
        (Scaled("int", N, "/", 2), {"n": 1}, True, "0"),
        (Scaled("int", N, "/", 2), {"n": -1}, True, "-1"),
        (Scaled("ratio", N, "/", 2), {"n": 1}, False, "1/2"),
        (Scaled("int", N, "*", 2), {"n": INT_MAX}, False, None),
        (Scaled("int", N), {"n": INT_MAX}, False, str(INT_MAX)),
    ],
)
def test_a_template_is_rendered_where_it_has_a_value(template, binding, floor, text):
    """A choice gives a value of the attribute's kind, or none where there is none."""
    value = render(template, binding, floor_division=floor)
    assert value == (None if text is None else parse_value(template.kind, text))


def test_a_variable_knows_its_values():
    """A variable has just what its entries say, and clips its ranges."""
    assert [n for n in range(10) if N.has(n)] == [1, 2, 4, 8]
    assert [N.has("1"), S.has("ab"), S.has("b"), S.has(1)] == [False, True, False, False]
    assert (N.type, N.first(), S.type, S.first()) == ("int", 1, "string", "a")
    assert N.within(2, 7) == Variable("n", ((2, 2), (4, 4)))
    assert N.within(5, 7) is None


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (N, "{n:int:1-2,4,8}"),
        (Variable("x", ((-3, -1),)), "{x:int:-3--1}"),
        (Variable("x", (), ('a"\\', "")), '{x:string:"a\\"\\\\",""}'),
        (Reference("n"), "{n}"),
        (Scaled("int", N, "/", 2), "{n:int:1-2,4,8}/2"),
        (Template("string", ("a b", Reference("n"))), '"a b"{n}'),
    ],
)
def test_the_parts_of_a_template_print_as_clause_text(part, text):
    """Declarations, references and texts print as they are written in a clause."""
    assert str(part) == text


@pytest.mark.parametrize(
    ("text", "whole", "item"),
    [
        ("a+b", "a+b", "a+b"),
        ("a,b", "a,b", '"a,b"'),
        ("", '""', '""'),
        ("a b", '"a b"', '"a b"'),
        ("any()", '"any()"', '"any()"'),
        ('"\\', '"\\"\\\\"', '"\\"\\\\"'),
    ],
)
def test_text_is_quoted_where_it_must_be(text, whole, item):
    """Text is bare where clause text allows it; in a list a comma needs quotes as well."""
    assert (quote(text), quote(text, item=True)) == (whole, item)


def test_choices_are_those_that_are_declared():
    """Every number of every range, or every text, in the order in which they are written."""
    variable = Variable("n", ranges=((3, 5), (-1, -1), (4, 4)))
    assert list(variable.choices()) == [3, 4, 5, -1, 4]
    assert list(S.choices()) == ["a", "ab", "", "a"]


def test_a_number_is_not_found_in_a_text():
    """A text where a number is due is a fault of the caller, and is shown."""
    scaled = Scaled("int", Variable("n", ranges=((1, 2),)))
    with pytest.raises(TypeError, match=r"^String\(text='a'\) is no number$"):
        bounds(scaled, String("a"))
