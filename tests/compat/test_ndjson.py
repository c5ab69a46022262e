"""Lines of NDJSON: descriptions in, with the place of every mistake."""

from dataclasses import replace

import pytest

from simulator.compat.description import Description
from simulator.compat.ndjson import names_of, parse_line, read_lines
from simulator.compat.rule import Equal, Object
from simulator.compat.scheme import Attribute, Scheme
from simulator.errors import InputError
from simulator.values import INT_MAX, KINDS, parse_value

SCHEME = Scheme("s", {kind: Attribute(kind, kind) for kind in KINDS})


def refused(text):
    """Parse a line that is wrong, and return place, length and message of each mistake."""
    with pytest.raises(InputError) as caught:
        parse_line(text, SCHEME)
    assert all(m.line == 1 and m.file == "<text>" for m in caught.value.mistakes)
    return [(m.column, m.length, m.message) for m in caught.value.mistakes]


def test_all_kinds_are_read():
    """An int is a number, a ratio a number or a string, every other kind a string."""
    line = '{"self":{"int":-2,"string":"","set":"a,b","version":"1.2","pci_id":"591b","ratio":2}}'
    texts = {"int": "-2", "string": "", "set": "a+b", "version": "1.2", "pci_id": "591b"}
    values = {kind: parse_value(kind, text) for kind, text in {**texts, "ratio": "2"}.items()}
    assert parse_line(line, SCHEME) == Description(values)
    assert parse_line('{"self":{"ratio":"2/4"}}', SCHEME).values["ratio"] == parse_value(
        "ratio", "1/2"
    )


def test_a_string_in_an_object_is_clause_text():
    """In a list of objects a string is clause text for every kind, a number that number."""
    line = '{"self":{},"compatible":[{"int":"{v:int:1-2}","string":"t{v}"},{"int":2,"ratio":3}]}'
    first, second = parse_line(line, SCHEME).objects
    assert [str(clause) for clause in first.clauses.values()] == ["{v:int:1-2}", "t{v}"]
    numbers = {
        kind: Equal(parse_value(kind, text)) for kind, text in [("int", "2"), ("ratio", "3")]
    }
    assert second == Object(numbers)


@pytest.mark.parametrize(
    "line",
    [
        ' { "compatible" : [ ] , "self" : { "int" : 1 } , "name" : "x" } ',
        '{"name":"x","self":{"int":1},"compatible":[]}\n',
        '{"name":"x","self":{"int":1},"compatible":[]}\r\n',
        '\t{"name":"\\u0078","s\\u0065lf":{"\\u0069nt":1},"compatible":[]}\r',
    ],
)
def test_order_blanks_and_escapes_do_not_matter(line):
    """Keys stand in any order, with blanks between them, escapes in them, and any line end."""
    assert parse_line(line, SCHEME) == Description({"int": parse_value("int", "1")}, (), "x")


def test_surrogate_pairs_are_one_character():
    """Two escapes that are a surrogate pair give the character that they stand for."""
    assert parse_line('{"name":"\\ud83d\\ude00","self":{}}', SCHEME).name == "\U0001f600"


@pytest.mark.parametrize(
    ("line", "mistakes"),
    [
        ("", [(1, 1, "this is not a description")]),
        ("x", [(1, 1, "this is not a description")]),
        ("[]", [(1, 1, "this is not a description")]),
        ("{}", [(1, 1, 'no "self"')]),
        ('{"self":{}', [(11, 1, "the line ends here")]),
        ('{"self":{}} x', [(13, 1, "text after the description")]),
        ('{"self":{}}{"self":{}}', [(12, 1, "text after the description")]),
        ('{"self":{}}\n{"self":{}}', None),
        ('{"self":{},}', [(12, 1, "this is not JSON")]),
        ("{'self':{}}", [(2, 1, "this is not JSON")]),
        ('{"self" {}}', [(9, 1, "this is not JSON")]),
        ('{"self":}', [(9, 1, "this is not JSON")]),
        ('{"self":', [(9, 1, "the line ends here")]),
        ('{"self":nul}', [(9, 1, "wrong type")]),
        ('{"self":null}', [(9, 4, "wrong type"), (1, 1, 'no "self"')][:1]),
        ('{"self":[1,2]}', [(9, 5, "wrong type")]),
        ('{"self":{},"self":{}}', [(12, 6, '"self" is there twice')]),
        ('{"self":{},"other":[{"x":1}]}', [(12, 7, 'unknown key "other"')]),
        ('{"self":{},"name":1}', [(19, 1, "wrong type")]),
        ('{"self":{},"name":"a\\tb"}', [(19, 6, "control character U+0009")]),
        ('{"self":{},"name":"' + "x" * 4097 + '"}', [(19, 4099, "the value is too long")]),
        ('{"self":{},"name":"a', [(19, 2, "unclosed quote")]),
        ('{"self":{},"name":"\\ud800"}', [(19, 9, "bad string: lone surrogate")]),
        ('{"self":{},"name":"\\x"}', None),
        ('{"self":{},"name":"\t"}', None),
        ('{"self":{"x":1}}', [(10, 3, 'unknown attribute "x"')]),
        ('{"self":{"int":1,"int":2}}', [(18, 5, '"int" is there twice')]),
        ('{"self":{"int":"1"}}', [(16, 3, "wrong type")]),
        ('{"self":{"int":1.5}}', [(16, 3, "not an integer")]),
        ('{"self":{"int":1e3}}', [(16, 3, "not an integer")]),
        ('{"self":{"int":-0}}', [(16, 2, "not an integer")]),
        ('{"self":{"int":01}}', [(17, 1, "this is not JSON")]),
        ('{"self":{"int":+1}}', [(16, 1, "this is not JSON")]),
        (f'{{"self":{{"int":{INT_MAX + 1}}}}}', [(16, 19, "integer overflow")]),
        ('{"self":{"int":true}}', [(16, 4, "wrong type")]),
        ('{"self":{"int":NaN}}', [(16, 3, "wrong type")]),
        ('{"self":{"string":1}}', [(19, 1, "wrong type")]),
        ('{"self":{"set":"a++b"}}', [(19, 1, "not a member of a set")]),
        ('{"self":{"set":"a\\u002b+b"}}', [(16, 11, "not a member of a set")]),
        ('{"self":{"ratio":"1/0"}}', [(21, 1, "division by zero")]),
        ('{"self":{"version":"1.x","int":"2"}}', None),
        ('{"self":{},"compatible":{}}', [(25, 2, "wrong type")]),
        ('{"self":{},"compatible":[1]}', [(26, 1, "wrong type")]),
        ('{"self":{},"compatible":[{}]}', [(26, 2, "an object without clauses")]),
        ('{"self":{},"compatible":[{"int":1},]}', [(36, 1, "this is not JSON")]),
        ('{"self":{},"compatible":[{"int":1}', [(35, 1, "the line ends here")]),
        ('{"self":{},"compatible":[{"string":1}]}', [(36, 1, "wrong type")]),
        ('{"self":{},"compatible":[{"int":"{v}"}]}', [(34, 3, "v is used before it is declared")]),
        ('{"self":{},"compatible":[{"int":"{v:int:1}/0"}]}', [(43, 2, "division by zero")]),
        (
            '{"self":{},"compatible":[{"int":"{v:int:1}","ratio":"{v:int:1}"}]}',
            [(54, 9, "v is declared twice")],
        ),
        ('{"self":{},"compatible":[{"int":"{v:int:1"}]}', [(34, 8, "unclosed brace")]),
    ],
)
def test_a_wrong_line_is_refused_where_it_is_wrong(line, mistakes):
    """Each mistake of a line is shown at its column, with its length."""
    found = refused(line) if mistakes is not None else None
    if mistakes is None:
        with pytest.raises(InputError):
            parse_line(line, SCHEME)
    else:
        assert found == mistakes


def test_each_mistake_says_what_is_right():
    """Mistakes of type, key, attribute and value say what could stand there."""
    line = '{"self":{"int":"2","x":1,"ratio":[]},"y":0,"compatible":[{"set":1,"ratio":null}]}'
    with pytest.raises(InputError) as caught:
        parse_line(line, SCHEME)
    assert [(m.message, m.expected) for m in caught.value.mistakes] == [
        ("wrong type", "an integer"),
        ('unknown attribute "x"', "one of int, string, set, version, pci_id, ratio"),
        ("wrong type", "a number or string"),
        ('unknown key "y"', '"name", "self" or "compatible"'),
        ("wrong type", "clause text"),
        ("wrong type", "clause text or a number"),
    ]


def test_several_lines_are_read_and_blank_ones_skipped():
    """All descriptions of a text are read, with either line end, the last with or without."""
    text = '\n{"self":{}}\r\n \t\r\n{"self":{"int":1}}'
    assert read_lines("f", text, SCHEME) == read_lines("f", text + "\n", SCHEME)
    assert [d.values for d in read_lines("f", text, SCHEME)] == [
        {},
        {"int": parse_value("int", "1")},
    ]
    assert read_lines("f", "\n", SCHEME) == []


def test_the_mistakes_of_all_lines_are_shown():
    """A mistake in one line hides none in another, and nothing is read."""
    text = '{"self":{"int":x}}\n{"self":{"int":1}}\r\n{"self":{"a":1,"b":2}}\n{"self"'
    with pytest.raises(InputError) as caught:
        read_lines("f", text, SCHEME)
    shown = [(m.file, m.line, m.column, m.source) for m in caught.value.mistakes]
    third = '{"self":{"a":1,"b":2}}'
    assert shown == [
        ("f", 1, 16, '{"self":{"int":x}}'),
        ("f", 3, 10, third),
        ("f", 3, 16, third),
        ("f", 4, 8, '{"self"'),
    ]


def test_a_text_that_schemes_share():
    """What is for other schemes is passed over; a value for this one alone goes before a plain."""
    others = {"foreign": frozenset(("int",)), "int": frozenset(("string",))}
    assert names_of(SCHEME)["s:int"] == "int"
    lines = (
        '{"self":{"int":"of another","s:int":1,"foreign":7}}',
        '{"self":{"int":"2"},"compatible":[{"int":"3"}]}',
        '{"self":{"int":2}}',
    )
    one, two, three = read_lines("f", "\n".join(lines), SCHEME, others)
    assert one.values == {"int": parse_value("int", "1")}
    assert (two.values, two.objects) == (three.values, None)
    published = replace(SCHEME, has_objects=True)
    text = '{"self":{},"compatible":[{"int":"3"},{"foreign":1,"string":"{"}]}'
    [found] = read_lines("f", text, published, others)
    assert found.objects == (Object({"int": Equal(parse_value("int", "3"))}),)


def test_what_is_not_known_is_wrong_for_all_who_share():
    """An unknown attribute is a mistake also in an object that is for others."""
    others = {"foreign": frozenset(("int",))}
    published = replace(SCHEME, has_objects=True)
    with pytest.raises(InputError) as caught:
        read_lines("f", '{"self":{},"compatible":[{"x":1,"foreign":1}]}', published, others)
    [mistake] = caught.value.mistakes
    assert (mistake.column, mistake.message) == (27, 'unknown attribute "x"')


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ('{"self":{"int":[1,}}', 16, "wrong type"),
        ('{"self":{},"other":[1,}', 12, 'unknown key "other"'),
        ('{"self":{"x":[}}', 10, 'unknown attribute "x"'),
    ],
)
def test_bad_json_where_nothing_should_be(line, column, message):
    """What should not be there is the one mistake, also where it is no JSON either."""
    assert [(found[0], found[2]) for found in refused(line)] == [(column, message)]
