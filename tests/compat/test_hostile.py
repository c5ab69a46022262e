"""Nothing but InputError comes out of a reader, and every mistake lies within the text."""

from importlib.resources import files

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.compat.listing import parse_listing
from simulator.compat.loader import MAX_SCHEME_BYTES, load_scheme
from simulator.compat.ndjson import read_lines
from simulator.documents import decode
from simulator.errors import InputError

PACKAGE = files("simulator")
SCHEME_TEXT = (PACKAGE / "compat/schemes/self-compatible.yaml").read_bytes()
SCHEME = load_scheme("self-compatible.yaml", SCHEME_TEXT)
LISTING = (PACKAGE / "examples/UUID1").read_bytes()
LINE = parse_listing("UUID1", LISTING.decode(), SCHEME, "é").description.to_line().encode()
EXTRA = b"""
attributes:
  a: {type: set, clause: one_of, of: b, missing: undecided}
  b: &b {type: string}
  "c": {type: version, clause: version}
prefer: {c: lowest}
"""


def listing(data):
    """Read bytes as a listing."""
    return parse_listing("f", decode("f", data), SCHEME)


def lines(data):
    """Read bytes as lines of NDJSON."""
    return read_lines("f", decode("f", data), SCHEME)


def scheme(data):
    """Read bytes as a scheme."""
    return load_scheme("f", data)


READERS = {
    "listing": (listing, LISTING),
    "lines": (lines, LINE + b"\n" + LINE + b"\r\n"),
    "scheme": (scheme, SCHEME_TEXT),
    "scheme with more": (scheme, b"scheme: s\nobjects: published" + EXTRA),
}
# Pieces that mean something in at least one of the texts.
PIECES = [
    *(b"SELF:\n", b"COMPATIBLE:\n", b"\taggregator=", b"\tpv_mode=", b"{v:int:1-3}", b"{v}", b"/0"),
    *(
        b"{v:string:",
        b'"',
        b"\\",
        b"\\u",
        b"\\ud800",
        b"{",
        b"}",
        b"[",
        b"]",
        b"(",
        b")",
        b",",
        b":",
    ),
    *(
        b"range(3,2)",
        b"one_of(",
        b"any()",
        b"absent()",
        b"version(1.2)",
        b"superset(",
        b"*2",
        b"\t",
    ),
    *(b"9223372036854775808", b"-", b"1e9", b"1.5", b"null", b"NaN", b"true", b"#", b"\r", b"\n"),
    *(b"&a ", b"*a", b"<<: ", b"!!int ", b"%YAML 1.1\n---\n", b"...\n", b"? ", b"- ", b"| ", b"> "),
    *(b'"self":', b'"compatible":', b'"name":', b"type: set", b"clause: any", b"of: a", b"prefer:"),
    *(b"\x00", b"\xff", b"\xe2\x80\xa8", b"\xc2\x85", b"\xef\xbb\xbf", b"\x07", b"\x7f", b"  "),
]


@st.composite
def mutations(draw, valid):
    """Texts in which some pieces are cut out, doubled, moved or put in."""
    data = valid
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.sampled_from((0, 0, 1, 2, 7, 30, 10**6))))
        piece = draw(
            st.sampled_from(PIECES) | st.binary(max_size=3) | st.just(data[start:stop][:30])
        )
        data = data[:start] + piece * draw(st.sampled_from((0, 1, 1, 2, 40))) + data[stop:]
    return data


def refusal(read, data):
    """Read *data*; check each mistake against the text, and return the mistakes."""
    try:
        read(data)
    except InputError as error:
        refused = error
    else:
        return ()
    assert refused.mistakes
    assert str(refused)
    rows = data.decode("utf-8", "replace").split("\n")
    for mistake in refused.mistakes:
        assert mistake.file == "f"
        assert mistake.message
        assert mistake.length >= 1
        if mistake.line == 0:
            assert (mistake.column, mistake.source) == (0, "")
            continue
        assert mistake.line <= len(rows)
        source = rows[mistake.line - 1].removesuffix("\r")
        assert mistake.source == source
        assert 1 <= mistake.column <= len(source) + 1
        assert mistake.column + mistake.length <= len(source) + 2
    by_place = sorted(refused.mistakes, key=lambda m: (m.line, m.column))
    assert list(refused.mistakes) == by_place
    return refused.mistakes


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_a_text_that_was_changed_is_read_or_refused(name, data):
    """A valid text with pieces changed is read, or refused with mistakes that lie within it."""
    read, valid = READERS[name]
    refusal(read, data.draw(mutations(valid)))


@pytest.mark.parametrize("name", ["listing", "lines", "scheme"])
@given(data=st.binary(max_size=200))
@example(data=b"\x7fELF\x02\x01\x01\x00")
@example(data=b'{"a": "\\UFFFFFFFF"}')
@example(data=b"%YAML 1." + b"1" * 5000 + b"\n---\na")
@example(data=b"&a [*a]")
@example(data=b"&a {*a : *a}")
@example(data=b"\xef\xbb\xbfa: b\n\xc2\x85c: d")
def test_any_bytes_are_refused_where_they_are_wrong(name, data):
    """Arbitrary bytes give a result, or mistakes that lie within them."""
    refusal(READERS[name][0], data)


@pytest.mark.parametrize("name", ["listing", "lines", "scheme"])
@given(text=st.text(max_size=100))
def test_any_text_is_refused_where_it_is_wrong(name, text):
    """Arbitrary text gives a result, or mistakes that lie within it."""
    refusal(READERS[name][0], text.encode("utf-8", "replace"))


@pytest.mark.parametrize("name", READERS)
def test_valid_texts_are_read(name):
    """The texts that the mutations begin with are valid."""
    read, valid = READERS[name]
    assert refusal(read, valid) == ()


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_ends_in_mid_line_is_read_or_refused(name):
    """Each beginning of a valid text is read, or refused within the beginning."""
    read, valid = READERS[name]
    for stop in range(1, len(valid), 1 if name != "scheme" else 7):
        refusal(read, valid[:stop])


@pytest.mark.parametrize("name", ["listing", "lines", "scheme"])
@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (b"", 0, 0, "the file is empty"),
        (b"ab\nc\x00d", 2, 2, "a NUL byte"),
        ("é".encode() + b"\xff\r\nx", 1, 2, "byte 0xff is not UTF-8"),
        (b"\n\xc3", 2, 1, "byte 0xc3 is not UTF-8"),
        (b"\xed\xa0\x80", 1, 1, "byte 0xed is not UTF-8"),
        (b"\xff\x00", 1, 1, "byte 0xff is not UTF-8"),
    ],
)
def test_what_is_no_text_is_refused(name, data, line, column, message):
    """An empty file, a NUL byte and bytes that are not UTF-8 are refused where they stand."""
    (mistake,) = refusal(READERS[name][0], data)
    assert (mistake.line, mistake.column, mistake.message) == (line, column, message)


BIG = b"x" * 10_000_000


@pytest.mark.parametrize(
    ("name", "data", "place", "message"),
    [
        ("listing", BIG, (1, 1), "not a heading"),
        ("listing", b"SELF:\n\tmdev_type=" + BIG, (2, 12), "the value is too long"),
        ("listing", b'SELF:\n\tmdev_type="' + BIG + b'"\n', (2, 12), "the value is too long"),
        ("listing", b'SELF:\n\tmdev_type="' + BIG, (2, 12), "unclosed quote"),
        ("listing", b'SELF:\n\tmdev_type="' + b'\\"' * 5_000_000, (2, 12), "unclosed quote"),
        ("listing", b"SELF:\n\tmdev_type=a" + b" " * 10_000_000 + b"b", (2, 13), "text after"),
        ("lines", BIG, (1, 1), "this is not a description"),
        ("lines", b'{"name":"' + BIG + b'"}', (1, 1), 'no "self"'),
        ("lines", b'{"self":{"mdev_type":"' + BIG + b'"}}', (1, 23), "the value is too long"),
        ("lines", b'{"self":{"mdev_type":"' + BIG, (1, 22), "unclosed quote"),
        ("lines", b'{"self":{"aggregator":' + b"1" * 10_000_000 + b"}}", (1, 23), "integer over"),
        ("lines", b'{"self":' + b"[" * 10_000_000, (1, 9), "wrong type"),
        ("lines", b'{"self":' * 1_200_000, (1, 10), 'unknown attribute "self"'),
        ("lines", b'{"x":' * 2_000_000, (1, 2), 'unknown key "x"'),
        ("lines", b'{"self":{},"compatible":[{"pv_mode":"' + BIG, (1, 37), "unclosed quote"),
        ("scheme", BIG, (0, 0), "the file is too long"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, bytes) else None,
)
def test_a_line_of_ten_megabytes_is_refused(name, data, place, message):
    """A line of 10 MB is refused where it goes wrong, and its message stays short."""
    mistake, *_ = refusal(READERS[name][0], data)
    assert (mistake.line, mistake.column) == place
    assert mistake.message.startswith(message)
    assert len(str(mistake)) < 1000


MANY = ",".join(map(str, range(100_000)))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("listing", f"SELF:\n\taggregator=1\nCOMPATIBLE:\n\taggregator=one_of({MANY})\n"),
        ("lines", f'{{"self":{{}},"compatible":[{{"aggregator":"{{v:int:{MANY}}}"}}]}}'),
    ],
)
def test_a_list_of_a_hundred_thousand_items_is_read(name, data):
    """A clause with 100,000 items is read, to the last item."""
    read, _ = READERS[name]
    result = read(data.encode())
    description = result.description if name == "listing" else result[0]
    clause = description.objects[0].clauses["aggregator"]
    last = clause.values[-1].number if name == "listing" else clause.part.ranges[-1][0]
    assert last == 99_999


def test_a_scheme_with_very_many_items_is_refused():
    """A list where the attributes belong is refused as a whole, however long it is."""
    data = b"scheme: s\nattributes: [" + b"a, " * 20_000 + b"]"
    (mistake,) = refusal(scheme, data)
    assert (mistake.line, mistake.column, mistake.message) == (2, 13, "not a mapping")


def test_a_long_scheme_is_refused():
    """A scheme above the limit is refused before it is read, one at the limit is read."""
    head = b"scheme: s\nattributes: {}\n"
    scheme(head + b"#" * (MAX_SCHEME_BYTES - len(head)))
    (mistake,) = refusal(scheme, head + b"#" * MAX_SCHEME_BYTES)
    assert mistake.message == "the file is too long"
    assert mistake.expected == f"at most {MAX_SCHEME_BYTES} bytes"


@pytest.mark.parametrize("data", [b"[" * 600, b"{a: " * 1500, b"- " * 1500, b"? " * 1500])
def test_a_deeply_nested_scheme_is_refused(data):
    """YAML that is nested too deeply is refused without a traceback."""
    (mistake,) = refusal(scheme, data)
    assert mistake.message == "not YAML: nested too deeply"


@pytest.mark.parametrize("depth", [10, 100_000])
@pytest.mark.parametrize("ends", ["[]", "{}"])
def test_deeply_nested_json_is_refused(depth, ends):
    """JSON that is nested in the place of a value is refused at its first bracket."""
    nested = '{"x":' * depth + "1" + "}" * depth if ends == "{}" else "[" * depth + "]" * depth
    mistake, *_ = refusal(lines, b'{"self":{"pv_mode":' + nested.encode() + b"}}")
    assert (mistake.line, mistake.column) == (1, 20)
    assert (mistake.message, mistake.expected) == ("wrong type", "a string")
