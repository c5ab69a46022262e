"""Texts that people wrote: bytes to text, YAML to nodes that know where they stand."""

import pytest

from simulator.documents import Document, decode, read_yaml
from simulator.errors import InputError, Mistake, TextError


def refused(call, *args):
    """Call, and return the mistakes with which it refuses."""
    with pytest.raises(InputError) as caught:
        call(*args)
    return caught.value.mistakes


def test_text_is_decoded_as_it_is():
    """UTF-8 is decoded with its line ends and without looking for more."""
    assert decode("f", "é\r\n\x07x".encode()) == "é\r\n\x07x"


@pytest.mark.parametrize(
    ("data", "mistake"),
    [
        (b"", Mistake("f", 0, 0, 1, "the file is empty")),
        (b"a\nb\0c\r\nd", ("a NUL byte", 2, 2, "b\0c")),
        (b"a\n\xc3\xa9\xff\n", ("byte 0xff is not UTF-8", 2, 2, "é�")),
        (b"\xc3", ("byte 0xc3 is not UTF-8", 1, 1, "�")),
        (b"\0\xff", ("a NUL byte", 1, 1, "\0�")),
    ],
)
def test_what_is_no_text_is_refused_where_it_begins(data, mistake):
    """Bytes that are not text are refused at the first of them, with its line."""
    if isinstance(mistake, tuple):
        message, line, column, source = mistake
        mistake = Mistake("f", line, column, 1, message, "a text file in UTF-8", source)
    assert refused(decode, "f", data) == (mistake,)


def test_a_document_shows_its_mistakes_in_their_order():
    """Mistakes are noted from 0 and shown from 1, in the order of the text."""
    document = Document("f", "ab\r\ncd")
    document.check()
    document.mistake(1, 1, 1, "second", "x")
    document.text_mistake(0, 1, TextError("b", "first"))
    first = Mistake("f", 1, 2, 1, "first", "", "ab")
    assert refused(document.check) == (first, Mistake("f", 2, 2, 1, "second", "x", "cd"))


@pytest.mark.parametrize(
    ("index", "place"),
    [(0, (0, 0)), (2, (0, 2)), (3, (0, 2)), (4, (1, 0)), (6, (1, 2)), (9, (1, 2))],
)
def test_an_index_has_a_place_in_its_line(index, place):
    """An index becomes a line and a column that never lies behind the end of the line."""
    assert Document("f", "ab\r\ncd").place(index) == place


def test_scalars_are_given_as_they_are_written():
    """Numbers, ids, booleans, nulls and dates of YAML are texts; tags change nothing."""
    text = b"[6.1, 591d, 0x10, true, null, ~, 2020-07-29, 'a b', \"c\\td\", !!int x, 1e3]"
    words = [item.text() for item in read_yaml("f", text).items()]
    wanted = ["6.1", "591d", "0x10", "true", "null", "~", "2020-07-29", "a b", "c\td", "x", "1e3"]
    assert words == wanted


def test_fields_keep_their_order_and_stand_once():
    """A mapping gives its fields in order, and notes a name that is there twice."""
    root = read_yaml("f", b"b: 1\na: 2\nb: 3\n? [c]\n: 4\n")
    assert [(name, value.text()) for _, name, value in root.fields()] == [("b", "1"), ("a", "2")]
    messages = [
        Mistake("f", 3, 1, 1, "b is there twice", "each name once", "b: 3"),
        Mistake("f", 4, 3, 3, "a list or mapping stands here", "a name", "? [c]"),
    ]
    assert refused(root.document.check) == tuple(messages)


def test_a_node_of_another_shape_is_noted():
    """Asking a node for a shape that it does not have is a mistake at the node."""
    root = read_yaml("f", b"a: {b: c}\nd: [e,\n f]\n")
    fields = {name: value for _, name, value in root.fields()}
    assert root.is_mapping()
    assert not fields["d"].is_mapping()
    assert fields["a"].items() == []
    assert list(fields["d"].fields()) == []
    assert fields["a"].text() is None
    shown = [(m.line, m.column, m.length, m.message) for m in refused(root.document.check)]
    assert shown == [
        (1, 4, 6, "not a list"),
        (1, 4, 6, "a list or mapping stands here"),
        (2, 4, 1, "not a mapping"),
    ]


@pytest.mark.parametrize(
    ("text", "column", "length"),
    [
        ("a: bcd", 5, 1),
        ("a: 'bcd'", 6, 1),
        ('a: "bcd"', 6, 1),
        ('a: "b\\x63d"', 4, 8),
        ("a: 'b''c'", 4, 6),
        ("a: |\n  bcd", 4, 1),
    ],
)
def test_a_mistake_points_into_a_plain_scalar(text, column, length):
    """A wrong part of a scalar is marked where each character is itself, else the scalar is."""
    root = read_yaml("f", text.encode())
    ((_, _, value),) = root.fields()
    value.text_mistake(TextError("bcd", "wrong", "right", 1, 2))
    (mistake,) = refused(root.document.check)
    assert (mistake.line, mistake.column, mistake.length) == (1, column, length)


@pytest.mark.parametrize("end", ["\r", "\x85", "\u2028", "\u2029"])
def test_lines_end_where_other_tools_end_them(end):
    """What only YAML takes for the end of a line does not move the lines of mistakes."""
    root = read_yaml("f", f"a: 'b{end}c'\nd: e\n".encode())
    *_, (_, _, value) = root.fields()
    value.mistake("wrong")
    (mistake,) = refused(root.document.check)
    assert (mistake.line, mistake.column, mistake.source) == (2, 4, "d: e")


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (b"a: b: c", 1, 5, "not YAML: mapping values are not allowed here"),
        (b"a: b\n\tc: d", 2, 1, "not YAML: found character '\\t' that cannot start any token"),
        (b"a: [b", 1, 6, "not YAML: expected ',' or ']', but got '<stream end>'"),
        (b"{a: b}}", 1, 7, "not YAML: expected '<document start>', but found"),
        (b'a: "b', 1, 6, "not YAML: found unexpected end of stream"),
        (b"a: *b", 1, 4, "not YAML: found undefined alias"),
        (b"a: b\n---\nc: d", 2, 1, "not YAML: but found another document"),
        (b"a: b\nc: \x07", 2, 4, "not YAML: the character U+0007"),
        (b'a: "\\UFFFFFFFF"', 0, 0, "not YAML: "),
        (b"%YAML 1." + b"1" * 5000 + b"\n---\na", 0, 0, "not YAML: "),
        (b"[" * 600, 0, 0, "not YAML: nested too deeply"),
        (b"# nothing\n", 0, 0, "the file holds nothing"),
        (b"a: &x [*x, \xff]", 1, 12, "byte 0xff is not UTF-8"),
    ],
)
def test_what_is_no_yaml_is_refused(data, line, column, message):
    """Text that is no YAML is refused where the parser stops, in one line."""
    (mistake,) = refused(read_yaml, "f", data)
    assert (mistake.line, mistake.column) == (line, column)
    assert mistake.message.startswith(message)
    assert "\n" not in mistake.message


def test_aliases_stand_for_their_anchors():
    """An alias gives the node of its anchor, and a list may hold itself."""
    root = read_yaml("f", b"a: &x [b, *x]\nc: *x\n")
    first, second = (value.items() for _, _, value in root.fields())
    assert first[0].text() == second[0].text() == "b"
    assert first[1].items()[0].text() == "b"


def test_merge_keys_are_fields():
    """A merge key has no power: it is a field of that name."""
    root = read_yaml("f", b"a: &x {b: c}\n<<: *x\n")
    assert [name for _, name, _ in root.fields()] == ["a", "<<"]


def test_a_lone_surrogate_is_refused():
    """An escape that no text can hold is a mistake at its scalar."""
    root = read_yaml("f", b'a: "x\\ud800"')
    ((_, _, value),) = root.fields()
    assert value.text() is None
    (mistake,) = refused(root.document.check)
    assert (mistake.column, mistake.message) == (4, "a lone surrogate")


def test_known_fields():
    """Fields that are known are given by name; each other one is a mistake at its key."""
    root = read_yaml("f", b"a: 1\nb: 2\nc: 3\n")
    assert {name: value.text() for name, value in root.known_fields(("a", "c"), "x").items()} == {
        "a": "1",
        "c": "3",
    }
    assert [str(one).split("\n")[0] for one in root.document.mistakes] == [
        "f:2:1: unknown field b; expected one of a, c"
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("-2", -2), ("07", 7), ("8", None), ("-3", None), ("x", None), ("9" * 30, None)],
)
def test_integers(text, number):
    """A number between the ends is given; anything else is a mistake."""
    [value] = read_yaml("f", f"[{text}]".encode()).items()
    assert value.integer(-2, 7, "a number") == number
    assert len(value.document.mistakes) == (number is None)
