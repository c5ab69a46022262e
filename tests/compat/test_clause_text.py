"""Clause text: every clause, operator and kind is read, and every mistake shown where it is."""

import pytest

from simulator.compat.clause_text import MAX_FACTOR, MAX_VARIABLES, parse_clause
from simulator.compat.rule import (
    OPERATORS,
    AbsentClause,
    AnyClause,
    EmptyClause,
    Equal,
    OneOf,
    Range,
    Subset,
    Superset,
    VersionClause,
)
from simulator.compat.template import Reference, Scaled, Template, Variable
from simulator.errors import TextError
from simulator.values import INT_MAX, INT_MIN, KINDS, parse_value

SAMPLES = {
    "int": "2",
    "string": "a",
    "set": "a+b",
    "version": "1.2",
    "pci_id": "8086591d",
    "ratio": "1/2",
}
V = Variable("v", ranges=((1, 2),))
W = Variable("w", strings=("a", "b"))
SCOPE = {"v": V, "w": W}


def clause_of(text, kind, scope=SCOPE):
    """Parse one clause in a scope with an int variable v and a string variable w."""
    return parse_clause(text, kind, scope)[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("form", "clause"),
    [
        ("{}", Equal),
        ("one_of({})", lambda value: OneOf((value,))),
        ("one_of({0},{0})", lambda value: OneOf((value, value))),
        ("range({0},{0})", lambda value: Range(value, value)),
        ("superset({})", Superset),
        ("subset({})", Subset),
        ("version({})", VersionClause),
        ("any()", lambda _: AnyClause()),
        ("absent()", lambda _: AbsentClause()),
        ("", lambda _: EmptyClause()),
        ('""', lambda _: EmptyClause()),
        ('""""', lambda _: EmptyClause()),
    ],
)
def test_each_clause_is_read_for_the_kinds_that_it_can_test(kind, form, clause):
    """An operator is read for its kinds and refused, with them, for the others."""
    text = form.format(SAMPLES[kind])
    name = form.partition("(")[0]
    if name in OPERATORS and kind not in OPERATORS[name].kinds:
        with pytest.raises(TextError, match=f"cannot test an attribute of kind {kind}") as caught:
            clause_of(text, kind)
        assert (caught.value.start, caught.value.stop) == (0, len(name))
        assert all(other in caught.value.expected for other in OPERATORS[name].kinds)
    else:
        assert clause_of(text, kind) == clause(parse_value(kind, SAMPLES[kind]))


@pytest.mark.parametrize(
    ("text", "kind", "clause"),
    [
        ('"any()"', "string", Equal(parse_value("string", "any()"))),
        ('a"b c"d', "string", Equal(parse_value("string", "ab cd"))),
        (r'"a\"b\\"', "string", Equal(parse_value("string", 'a"b\\'))),
        ("a,b", "string", Equal(parse_value("string", "a,b"))),
        ("é=$", "string", Equal(parse_value("string", "é=$"))),
        ('"a, b"', "set", Equal(parse_value("set", "a+b"))),
        ("a,b", "set", Equal(parse_value("set", "a+b"))),
        ('one_of("a,b",c)', "set", OneOf((parse_value("set", "a+b"), parse_value("set", "c")))),
        ('one_of("")', "string", OneOf((parse_value("string", ""),))),
        ('superset("")', "set", Superset(parse_value("set", ""))),
        ('"1.2"', "version", Equal(parse_value("version", "1.2"))),
        ("range(-3,-1)", "int", Range(parse_value("int", "-3"), parse_value("int", "-1"))),
        (
            "range(1.9,1.10)",
            "version",
            Range(*(parse_value("version", v) for v in ("1.9", "1.10"))),
        ),
        ("range(1/3,0.5)", "string", None),
    ],
)
def test_quotes_and_separators(text, kind, clause):
    """Quoted text is itself, bare items end at a comma, literals side by side are one."""
    if clause is None:
        with pytest.raises(TextError, match="cannot test"):
            clause_of(text, kind)
    else:
        assert clause_of(text, kind) == clause


@pytest.mark.parametrize(
    ("text", "kind", "clause"),
    [
        ("t{x:int:1,2-4}", "string", Template("string", ("t", Variable("x", ((1, 1), (2, 4)))))),
        ("{x:int:-3--1}", "int", Scaled("int", Variable("x", ((-3, -1),)))),
        ("{v}/2", "int", Scaled("int", Reference("v"), "/", 2)),
        ("{v}*3", "ratio", Scaled("ratio", Reference("v"), "*", 3)),
        (f"{{v}}/{MAX_FACTOR}", "int", Scaled("int", Reference("v"), "/", MAX_FACTOR)),
        ('{v}"-"{w}x', "string", Template("string", (Reference("v"), "-", Reference("w"), "x"))),
        ("{v}{v}{v}", "string", Template("string", (Reference("v"),) * 3)),
        ('""{w}""', "string", Template("string", (Reference("w"),))),
        ('a""b{w}', "string", Template("string", ("ab", Reference("w")))),
        ("{w}", "set", Template("set", (Reference("w"),))),
        ('{x:string:"1.0"}', "version", Template("version", (Variable("x", (), ("1.0",)),))),
        ('{x:string:"591b"}', "pci_id", Template("pci_id", (Variable("x", (), ("591b",)),))),
        ("{int:int:1}", "int", Scaled("int", Variable("int", ((1, 1),)))),
        ('{x:string:"","\\""}', "string", Template("string", (Variable("x", (), ("", '"')),))),
    ],
)
def test_templates(text, kind, clause):
    """Variables are declared and referred to, alone, between texts or with a factor."""
    assert clause_of(text, kind) == clause


def test_declarations_are_handed_on():
    """A declaration is in the scope of the next clause, and the old scope is left alone."""
    scope = {}
    _, first = parse_clause("{v:int:1-2}", "int", scope)
    clause, second = parse_clause('{v}{w:string:"a","b"}', "string", first)
    assert (scope, first, second) == ({}, {"v": V}, SCOPE)
    assert clause.names() == {"v", "w"}


@pytest.mark.parametrize(
    ("text", "kind", "message", "span", "expected"),
    [
        # Braces, parentheses and quotes.
        ("a{v", "string", "unclosed brace", (1, 3), "'}'"),
        ("{", "string", "unclosed brace", (0, 1), "name of a variable"),
        ("a{x:int:1,", "string", "unclosed brace", (1, 10), "an integer"),
        ("one_of(1", "int", "unclosed parenthesis", (6, 8), "')'"),
        ("one_of(", "int", "unclosed parenthesis", (6, 7), "a value"),
        ('a"b', "string", "unclosed quote", (1, 3), "a closing quote"),
        ('"a\\"', "string", "unclosed quote", (0, 4), "a closing quote"),
        ('"a\\n"', "string", 'only \\" and \\\\ may be escaped', (0, 5), ""),
        ("}", "string", "'}' cannot stand here", (0, 1), ""),
        ("a b", "string", "' ' cannot stand here", (1, 2), ""),
        ("a#b", "string", "'#' cannot stand here", (1, 2), ""),
        ("a\\b", "string", "'\\\\' cannot stand here", (1, 2), ""),
        ("{v }", "string", "' ' cannot stand here", (2, 3), "'}'"),
        ('{"v"}', "string", "a quoted text cannot stand here", (1, 4), "name of a variable"),
        # Operators.
        ("of(1)", "int", "unknown operator of()", (0, 2), "one_of()"),
        ("one_of()", "int", "one_of() has 0 items", (0, 8), "one_of(a,b)"),
        ("range(1)", "int", "range() has 1 item", (0, 8), "range(2,9)"),
        ("any(1)", "int", "any() has 1 item", (0, 6), "any()"),
        ("range(3,2)", "int", "the range is empty", (6, 9), "the lower end first"),
        ("one_of(1,a)", "int", "not an integer", (9, 10), "decimal digits"),
        ('one_of("1")', "int", "a quoted text is no number", (7, 10), "a bare number"),
        ('one_of("1/2")', "ratio", "a quoted text is no number", (7, 12), "a bare number"),
        ("one_of(a,b++c)", "set", "not a member of a set", (11, 12), "names of letters"),
        ("any()x", "string", "'x' cannot stand here", (5, 6), "the end"),
        ("one_of(1,)", "int", "')' cannot stand here", (9, 10), "a value"),
        # Values.
        ("a", "int", "not an integer", (0, 1), "decimal digits"),
        ('"2"', "int", "a quoted text is no number", (0, 3), "a bare number"),
        ('2""', "ratio", "a quoted text is no number", (1, 3), "a bare number"),
        ("1/0", "ratio", "division by zero", (2, 3), "1 or more"),
        (str(INT_MAX + 1), "int", "integer overflow", (0, 19), "a number from"),
        ('"1.x"', "version", "not a version", (0, 5), "major.minor"),
        ('1"."x', "version", "not a version", (0, 5), "major.minor"),
        # Variables.
        ("{x}", "string", "x is used before it is declared", (0, 3), "v, w"),
        ("{v:int:1}", "string", "v is declared twice", (0, 9), "{v}"),
        ("{x:int:1}{x:int:1}", "string", "x is declared twice", (9, 18), "{x}"),
        ("{x:real:1}", "string", "'r' cannot stand here", (3, 4), "int or string"),
        ("{1x}", "string", "'1' cannot stand here", (1, 2), "name of a variable"),
        ('{x:int:"1"}', "int", "a quoted text cannot stand here", (7, 10), "an integer"),
        ("{x:string:1}", "string", "'1' cannot stand here", (10, 11), "a quoted text"),
        ("{x:int:01}", "int", "not an integer", (7, 9), "decimal digits"),
        ("{x:int:3-2}", "int", "the range is empty", (7, 10), "the lower end first"),
        (f"{{x:int:{INT_MAX + 1}}}", "int", "integer overflow", (7, 26), "a number from"),
        (f"{{x:int:{INT_MIN - 1}-0}}", "int", "integer overflow", (7, 29), "a number from"),
        ("{v}{w}{x:int:1}", "string", "too many variables in one value", (0, 15), "2 at most"),
        ("{v}/0", "int", "division by zero", (3, 5), "1 or more"),
        ("{v}*0", "int", "a factor of zero", (3, 5), "1 or more"),
        (f"{{v}}/{2**31}", "int", "integer overflow", (3, 14), "a factor of at most"),
        ("{v}/" + "9" * 5000, "int", "integer overflow", (3, 5004), "a factor of at most"),
        ("{v}+1", "int", "not a factor", (3, 5), "*2 or /2"),
        ("{v}/02", "int", "not a factor", (3, 6), "*2 or /2"),
        ('{v}"/2"', "int", "not a factor", (3, 7), "*2 or /2"),
        ("2{v}", "int", "a variable in an attribute of kind int stands alone", (0, 4), "{v}/2"),
        ("{v}/2{v}", "int", "a variable in an attribute of kind int", (0, 8), "{v}/2"),
        ("{w}", "int", "w is a string variable", (0, 3), "type int"),
        ("{v}", "set", "v is an int variable", (0, 3), "type string"),
        ("a{w}", "set", "a variable in an attribute of kind set stands alone", (0, 4), "{v:"),
        ("{w}", "version", "'a' of w: not a version", (0, 3), "major.minor"),
        ('{x:string:"a","a b"}', "set", "'a b' of x: not a member", (0, 20), "names of letters"),
    ],
)
def test_a_wrong_clause_is_refused_where_it_is_wrong(text, kind, message, span, expected):
    """The first mistake of a clause is shown with its span and with what could stand there."""
    with pytest.raises(TextError) as caught:
        clause_of(text, kind)
    assert caught.value.message.startswith(message)
    assert (caught.value.start, caught.value.stop) == span
    assert expected in caught.value.expected


def test_an_object_has_at_most_sixteen_variables():
    """The seventeenth variable of an object is refused, the sixteenth is not."""
    scope = {f"v{index}": V for index in range(MAX_VARIABLES - 1)}
    _, full = parse_clause("{last:int:1}", "int", scope)
    with pytest.raises(TextError, match="too many variables"):
        parse_clause("{more:int:1}", "int", full)
    assert len(full) == MAX_VARIABLES == 16
