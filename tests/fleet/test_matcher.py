"""The boundary: what `_matcher` promises about the C core, with nothing of Python in between."""

import gc
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from simulator.fleet._mdm import ffi, lib

from simulator.fleet._matcher import Core
from simulator.fleet.words import (
    DIRECTION,
    KIND,
    LAYOUT,
    RELATION,
    VERDICT,
    CoreAttribute,
    MatcherFault,
    Size,
)

HEADER = Path(__file__).resolve().parents[2] / "csrc" / "mdm.h"
NO, UNDECIDED, YES = VERDICT["incompatible"], VERDICT["undecided"], VERDICT["compatible"]
KINDS = {
    "type": "string",
    "count": "int",
    "modes": "set",
    "version": "version",
    "id": "pci_id",
    "share": "ratio",
}


def make(
    kinds: dict[str, str] = KINDS,
    relations: dict[str, str] | None = None,
    *,
    by: str | None = "target",
    missing: int = UNDECIDED,
    unlisted: int = YES,
    floor: bool = False,
    keep_names: bool = True,
) -> Core:
    """Make an empty fleet."""
    attributes = [
        CoreAttribute(name, KIND[kind], RELATION[(relations or {}).get(name)], index, missing)
        for index, (name, kind) in enumerate(kinds.items())
    ]
    return Core(
        attributes,
        DIRECTION[by],
        missing,
        unlisted,
        floor_division=floor,
        keep_names=keep_names,
    )


def line(values: dict, objects: Sequence[dict] | None = None, name: str | None = None) -> bytes:
    """Write a line as a careful program would."""
    data: dict = {} if name is None else {"name": name}
    data["self"] = values
    if objects is not None:
        data["compatible"] = objects
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def accepts(clauses: dict, values: dict, **scheme) -> int:
    """Ask a target with one object about a source."""
    core = make(**scheme)
    core.add(line({}, [clauses]))
    return core.query(line(values)).verdict_of(0)


# ---- the contract


def test_header_marks_stand_once_and_in_order():
    """The declarations for cffi stand between two marks, each there once."""
    text = HEADER.read_text()
    assert text.count("/* cdef: begin */") == text.count("/* cdef: end */") == 1
    assert text.index("/* cdef: begin */") < text.index("/* cdef: end */")


def test_extension_has_the_functions_of_the_header():
    """Every function of the header is in the extension, and no other."""
    declared = set(re.findall(r"\b(mdm_\w+)\(", HEADER.read_text()))
    assert {name for name in dir(lib) if name.startswith("mdm_")} == declared


def test_every_status_has_a_text():
    """A status tells itself in words of its own; a number that is none does not crash."""
    statuses = ffi.typeof("mdm_status").relements
    texts = {ffi.string(lib.mdm_status_text(value)) for value in statuses.values()}
    assert len(texts) == len(statuses)
    assert b"" not in texts
    assert ffi.string(lib.mdm_status_text(99))


@pytest.mark.parametrize(
    ("prefix", "enum", "table"),
    [
        ("kind", "mdm_kind", KIND),
        ("relation", "mdm_relation", RELATION),
        ("verdict", "mdm_verdict", VERDICT),
        ("direction", "mdm_direction", DIRECTION),
        ("layout", "mdm_layout", LAYOUT),
    ],
)
def test_tables_name_every_value(prefix, enum, table):
    """The tables of names leave no value of the enum out."""
    assert sorted(table.values()) == sorted(ffi.typeof(enum).relements.values()), prefix


def test_module_keeps_cffi_to_itself():
    """No public function hands out what cffi made."""
    core = make()
    core.add(line({"count": 1}, []))
    query = core.query(line({}))
    found = [core.size(), core.classes(), core.codes(0), core.description(0), core.name(0)]
    found += [query.count(NO), query.rows(NO), query.first(NO, 1), query.bitmap(NO)]
    assert {type(value) for value in found} <= {int, str, bytes, memoryview, Size}


@pytest.mark.parametrize(
    ("change", "value"),
    [("kind", 6), ("relation", 7), ("of", 1), ("missing", 2)],
)
def test_unsound_schemes_are_refused(change, value):
    """A number that names nothing is an argument that cannot be."""
    good = CoreAttribute("a", KIND["set"], RELATION["superset"], 0, YES)
    with pytest.raises(ValueError, match="argument"):
        Core([good._replace(**{change: value})], DIRECTION["target"], YES, YES)


def test_relations_must_suit_the_kinds():
    """A superset of strings, and two attributes of one name, are refused."""
    text = CoreAttribute("a", KIND["string"], RELATION["superset"], 0, YES)
    with pytest.raises(ValueError, match="argument"):
        Core([text], DIRECTION["target"], YES, YES)
    plain = text._replace(relation=RELATION[None])
    with pytest.raises(ValueError, match="argument"):
        Core([plain, plain], DIRECTION["target"], YES, YES)


# ---- rows


def test_rows_are_reused_last_removed_first():
    """A removed row goes to a later device, the last removed first."""
    core = make()
    assert [core.add(line({"count": n})) for n in range(4)] == [0, 1, 2, 3]
    core.remove(1)
    core.remove(3)
    assert [core.add(line({"count": 9})) for _ in range(3)] == [3, 1, 4]
    assert core.size()[:3] == (5, 5, 3)


def test_removed_rows_answer_no_question():
    """A row without a device has no name, no description, no verdict, and cannot be removed."""
    core = make()
    core.add(line({}))
    core.remove(0)
    query = core.query(line({}))
    for ask in (core.remove, core.description, core.name, query.verdict_of):
        for row in (0, 1, -1, 2**32):
            with pytest.raises(IndexError):
                ask(row)
    with pytest.raises(IndexError):
        core.replace(0, line({}))
    assert [query.count(verdict) for verdict in VERDICT.values()] == [0, 0, 0]
    assert core.classes().tolist() == [2**32 - 1]


def test_descriptions_come_back_as_spelled():
    """Names, spellings and lists come back; two spellings of a value are two texts."""
    core = make()
    values = {"type": 'é"\\', "count": -3, "modes": "b, a", "id": "8086:591D", "share": "2/4"}
    texts = [
        line(values, [{"type": 'one_of(a,"b c")'}], "né"),
        line(values | {"share": "1/2"}, []),
        line({}, None, ""),
    ]
    for row, text in enumerate(texts):
        core.add(text)
        assert core.description(row) == text
    assert [core.name(row) for row in range(3)] == ["né", "", ""]
    assert core.code_count(5) == 3


def test_long_descriptions_come_back_whole():
    """A description longer than the first buffer is asked for again."""
    core = make()
    text = line({"type": "x" * 4096}, [{"type": "y" * 4096}])
    core.add(text)
    assert core.description(0) == text


def test_names_can_be_left_out():
    """Without names, a wrong one is still refused."""
    core = make(keep_names=False)
    core.add(line({}, None, "a"))
    assert core.name(0) == ""
    assert core.size().name_bytes == 0
    with pytest.raises(MatcherFault):
        core.add(line({}, None, "\x7f"))


def test_garbage_of_names_is_swept():
    """Renaming one device many times keeps one name, not all of them."""
    core = make()
    core.add(line({}, None, "first"))
    core.add(line({}, None, "other"))
    for n in range(3000):
        core.replace(0, line({}, None, f"name number {n}"))
    assert (core.name(0), core.name(1)) == ("name number 2999", "other")
    assert core.size().name_bytes < 20_000


# ---- refused texts


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (b"", b""),
        (b"[]", b"["),
        (b'{"self":{}', b""),
        (b'{"self":{}}x', b"x"),
        (b'{"self":{}}\n{"self":{}}', b"\n"),
        (b'{"self":{},}', b"}"),
        (b'{"name":"a"}', b"{"),
        (b'{"self":{},"self":{}}', b'"self":{}}'),
        (b'{"self":{},"other":1}', b'"other"'),
        (b'{"self":{},"name":1}', b"1"),
        (b'{"self":{},"name":"a\x01"}', b"\x01"),
        (b'{"self":{},"name":"a\x7f"}', b"\x7f"),
        (b'{"self":{"count":1,"count":1}}', b'"count":1}'),
        (b'{"self":{"nothing":1}}', b'"nothing"'),
        (b'{"self":{"count":"1"}}', b'"1"'),
        (b'{"self":{"count":1.0}}', b"1.0"),
        (b'{"self":{"count":1e3}}', b"1e3"),
        (b'{"self":{"count":01}}', b"01"),
        (b'{"self":{"count":-0}}', b"-0"),
        (b'{"self":{"count":9223372036854775808}}', b"9223"),
        (b'{"self":{"type":1}}', b"1"),
        (b'{"self":{"type":null}}', b"null"),
        (b'{"self":{"modes":"a+b+a"}}', b'a"'),
        (b'{"self":{"modes":"a,b, c"}}', b",b"),
        (b'{"self":{"version":"1.02"}}', b'02"'),
        (b'{"self":{"share":"1/0"}}', b'0"'),
        (b'{"self":{"id":"8086"},"compatible":{}}', b"{}}"),
        (b'{"self":{},"compatible":[{}]}', b"{}]"),
        (b'{"self":{},"compatible":[{"count":"2"},]}', b"]}"),
        (b'{"self":{},"compatible":[{"type":2}]}', b"2}"),
        (b'{"self":{},"compatible":[{"count":1,"count":1}]}', b'"count":1}]'),
        (rb'{"self":{},"compatible":[{"count":"\"2\""}]}', rb"\"2"),
        (b'{"self":{},"compatible":[{"type":"nothing(1)"}]}', b"nothing"),
        (b'{"self":{},"compatible":[{"type":"one_of(a,)"}]}', b')"'),
        (b'{"self":{},"compatible":[{"type":"one_of()"}]}', b"one_of"),
        (b'{"self":{},"compatible":[{"type":"any() "}]}', b' "'),
        (b'{"self":{},"compatible":[{"type":"range(1,2)"}]}', b"range"),
        (b'{"self":{},"compatible":[{"count":"range(2,1)"}]}', b"2,1"),
        (b'{"self":{},"compatible":[{"type":"a b"}]}', b' b"'),
        (b'{"self":{},"compatible":[{"type":"{v}"}]}', b"{v}"),
        (b'{"self":{},"compatible":[{"type":"{v:int:2-1}"}]}', b"2-1"),
        (b'{"self":{},"compatible":[{"count":"{v:int:1}/0"}]}', b"/0"),
        (b'{"self":{},"compatible":[{"count":"{v:int:1}*2147483648"}]}', b"*2"),
        (rb'{"self":{},"compatible":[{"type":"\u0061{v:int:1}{v:int:2}"}]}', b"{v:int:2"),
        (rb'{"self":{},"compatible":[{"version":"{v:string:\"1\"}"}]}', b"{v:"),
        (rb'{"self":{"type":"\ud800"}}', rb"\ud800"),
        (rb'{"self":{"type":"\udc00"}}', rb"\udc00"),
        (rb'{"self":{"type":"\x"}}', rb"\x"),
        (rb'{"self":{"type":"\u00e"}}', rb"\u00e"),
        (rb'{"self":{"type":"a\u0000"}}', rb"\u0000"),
        (b'{"self":{"type":"\xc0\x80"}}', b"\xc0"),
        (b'{"self":{"type":"\xed\xa0\x80"}}', b"\xed"),
        (b'{"self":{"type":"\xf4\x90\x80\x80"}}', b"\xf4"),
        (b'{"self":{"type":"\xe2\x82"}}', b"\xe2"),
        (b'{"self":{"type":"a\x00"}}', b"\x00"),
        (b'\xef\xbb\xbf{"self":{}}', b"\xef"),
        (b'{"self":{"type":"a', b'"a'),
    ],
)
def test_faults_stand_on_the_token(text, token):
    """A refused text says at which byte; adding, asking and reading refuse alike."""
    core = make()
    core.add(line({"type": "before"}, []))
    before = core.size()[:4], [core.code_count(n) for n in range(6)], core.description(0)
    where = text.rindex(token) if token else len(text)
    for ask in (core.add, core.query, lambda given: core.replace(0, given)):
        with pytest.raises(MatcherFault) as refused:
            ask(text)
        assert refused.value.faults == ((where, 0),)
    if b"\n" not in text and text:
        with core.reader() as reader, pytest.raises(MatcherFault) as refused:
            reader.feed(b"\n" + text + b"\n")
        assert refused.value.faults == ((where + 1, 1),)
    assert (core.size()[:4], [core.code_count(n) for n in range(6)], core.description(0)) == before


def test_values_end_at_4096_bytes():
    """A value or name of 4096 bytes is taken, one more byte is refused."""
    core = make()
    core.add(line({"type": "é" * 2048}, [{"type": "x" * 4096}], "n" * 4096))
    for bad in (
        line({"type": "é" * 2048 + "x"}),
        line({}, [{"type": "x" * 4097}]),
        line({}, None, "n" * 4097),
    ):
        with pytest.raises(MatcherFault):
            core.add(bad)


def test_limits_of_an_object():
    """An object takes 16 variables and a value two different ones, and no more."""
    kinds = {f"a{n}": "string" for n in range(9)}
    pair = "{{{}:int:1}}{{{}:int:1}}"
    full = {f"a{n}": pair.format(f"v{n}", f"w{n}") for n in range(8)}
    core = make(kinds)
    core.add(line({}, [full]))
    for bad in (full | {"a8": "{z:int:1}"}, {"a0": pair.format("x", "y") + "{z:int:1}"}):
        with pytest.raises(MatcherFault):
            core.add(line({}, [bad]))


# ---- the bulk reader


def test_reader_tells_every_bad_line_and_changes_nothing():
    """Faults come one a line, in order, with line numbers; nothing of the text is read."""
    core = make()
    core.add(line({"count": 5}))
    lines = [line({"count": n}, [], f"n{n}") for n in range(6)]
    lines[2], lines[4] = b'{"self":{"count":x}}', b"nonsense"
    text = b"\r\n".join(lines)
    with core.reader() as reader:
        with pytest.raises(MatcherFault) as refused:
            reader.feed(text)
        with pytest.raises(ValueError, match="argument"):
            reader.commit()
    assert refused.value.faults == ((text.index(b"x}"), 2), (text.index(b"nonsense"), 4))
    assert (core.size()[:3], core.code_count(1), core.code_count(0)) == ((1, 1, 1), 2, 1)


def test_reader_takes_every_line_end():
    """LF, CRLF, blank lines, blanks around tokens and a last line without its end are taken."""
    core = make()
    body = line({"count": 1}, [{"count": 1}], "n")
    with core.reader() as reader:
        reader.feed(body + b"\r\n \t\r\n\n" + body + b"\n\t" + body.replace(b":", b" : ") + b" ")
        assert reader.count == 3
        assert reader.commit() == 0
    assert core.size()[:2] == (3, 3)
    assert [core.name(row) for row in range(3)] == ["n"] * 3


def test_reader_appends_behind_free_rows():
    """Committed rows are consecutive, whatever rows are free."""
    core = make()
    for n in range(3):
        core.add(line({"count": n}))
    core.remove(1)
    with core.reader() as reader:
        reader.feed(line({"count": 0}) + b"\n" + line({"count": 7}))
        assert reader.commit() == 3
    assert core.add(line({})) == 1
    assert core.size()[:3] == (5, 5, 4)


def test_reader_leaves_no_trace_without_a_commit():
    """An abandoned reader takes its codes, classes, names and lists along."""
    core = make()
    core.add(line({"count": 1}, [], "a"))
    before = core.size()[:4], [core.code_count(n) for n in range(6)]
    for _ in range(3):
        with core.reader() as reader:
            reader.feed(b"\n".join(line({"count": n}, [{"count": n}], "b") for n in range(99)))
            query = core.query(line({"count": 5}))
            assert query.count(NO) == 1
            with pytest.raises(ValueError, match="argument"):
                core.add(line({}))
            with pytest.raises(ValueError, match="argument"):
                core.reader()
        assert (core.size()[:4], [core.code_count(n) for n in range(6)]) == before
    assert query.count(NO) == 1
    assert core.add(line({"count": 2})) == 1


def test_reader_closed_says_so():
    """A closed reader refuses to be used, and closing it twice is no mistake."""
    reader = make().reader()
    reader.close()
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.feed(b"")


@pytest.mark.parametrize("names", ["plain", "é", 'q\\"', "a" * 4097, "tab\t"])
def test_reader_is_as_strict_on_known_lines(names):
    """A line whose rest was seen before is refused for its name all the same."""
    core = make()
    rest = b'","self":{"count":1}}\n'
    given = names.encode().replace(b'\\"', b'\\\\\\"')
    with core.reader() as reader:
        reader.feed(b'{"name":"first' + rest)
        if names in ("plain", "é", 'q\\"'):
            reader.feed((b'{"name":"' + given + rest) * 2)
            reader.commit()
            assert core.name(2) == names
        else:
            with pytest.raises(MatcherFault):
                reader.feed(b'{"name":"' + given + rest)


def test_reader_refuses_twice_what_it_expects_twice():
    """An attribute that each of two lines had behind the other is refused where it comes again."""
    lines = (
        b'{"self":{"type":"a","count":1}}',
        b'{"self":{"count":1,"type":"a"}}',
        b'{"self":{"count":1,"type":"a","count":2}}',
        b'{"self":{"share":"1/2","modes":"none+ppgtt+context","version":"1.2.3"}}',
    )
    text = b"\n".join(lines)
    with make().reader() as reader, pytest.raises(MatcherFault) as refused:
        reader.feed(text)
    assert refused.value.faults == ((text.index(b'"count":2'), 2),)


def test_reader_counts_lines_over_all_texts():
    """The line of a fault is counted from the first text that the reader was fed."""
    with make().reader() as reader:
        reader.feed(b'{"self":{}}\n \n{"self":{}}\n')
        for expected in (3, 4):
            with pytest.raises(MatcherFault) as refused:
                reader.feed(b"bad\n")
            assert refused.value.faults == ((0, expected),)


def test_reader_equals_adding():
    """Reading in bulk gives the fleet that adding line by line gives, cache or none."""
    rng = random.Random(4)
    shapes = [line({"count": n % 7, "type": f"t{n}"}, [{"count": n % 5}]) for n in range(50)]
    lines = []
    for n in range(2000):
        text = rng.choice(shapes)
        head = b'{"name":"n%d",' % n
        tail = b',"name":"n%d"}' % n
        lines.append(rng.choice([text, head + text[1:], text[:-1] + tail]))
    one, bulk = make(), make()
    for text in lines:
        one.add(text)
    with bulk.reader() as reader:
        reader.feed(b"\n".join(lines[:1000]))
        reader.feed(b"\n".join(lines[1000:]))
        assert reader.commit() == 0
    assert one.size()[:4] == bulk.size()[:4]
    assert [one.description(row) for row in range(2000)] == [
        bulk.description(row) for row in range(2000)
    ]


def test_lines_of_ten_megabytes_are_read():
    """Length is no reason to refuse a line, nor to be slow."""
    core = make()
    objects = [{"type": f'one_of("{n:06}")'} for n in range(400_000)]
    text = line({"type": "x"}, objects)
    assert len(text) > 10_000_000
    core.add(text)
    assert core.query(line({"type": "399999"})).verdict_of(0) == YES
    assert core.query(line({"type": "400000"})).verdict_of(0) == NO


def test_rows_take_at_most_16_bytes():
    """After a bulk load a row takes at most 16 bytes, names apart."""
    core = make()
    with core.reader() as reader:
        reader.feed(b"\n".join(line({"count": n % 1000}) for n in range(100_000)))
        reader.commit()
    assert core.size().row_bytes <= 16 * 100_000


# ---- clauses


@pytest.mark.parametrize(
    ("clauses", "values", "verdict"),
    [
        ({"type": "V5_{v:int:1,2,4,8}", "count": "{v}/2"}, {"type": "V5_4", "count": 2}, YES),
        ({"type": "V5_{v:int:1,2,4,8}", "count": "{v}/2"}, {"type": "V5_4", "count": 4}, NO),
        ({"type": "V5_{v:int:1,2,4,8}", "count": "{v}/2"}, {"type": "V5_1", "count": 0}, NO),
        ({"type": "V5_{v:int:1,2}", "share": "{v}/2"}, {"type": "V5_1", "share": "2/4"}, YES),
        ({"type": "V5_{v:int:1,2}", "count": "{v}*3"}, {"type": "V5_2", "count": 6}, YES),
        ({"type": "V5_{v:int:1,2}", "count": "{v}"}, {"type": "V5_2"}, UNDECIDED),
        ({"type": "V5_{v:int:1,2}", "count": "{v}"}, {"type": "V5_3"}, NO),
        ({"type": "{a:int:1,11}{b:int:1,11}"}, {"type": "111"}, YES),
        ({"type": "{a:int:1,11}{b:int:1,11}", "count": "{a}"}, {"type": "111", "count": 1}, YES),
        ({"type": "{a:int:1,11}{b:int:1,11}", "count": "{b}"}, {"type": "111", "count": 11}, YES),
        ({"type": "{a:int:1,11}{b:int:1,11}{a}"}, {"type": "1111"}, YES),
        ({"type": "{a:int:11}{b:int:1}{a}"}, {"type": "1111"}, NO),
        ({"count": "{v:int:0-4000000000000}"}, {"count": 3_999_999_999_999}, YES),
        ({"count": "{v:int:0-4000000000000}*2"}, {"count": 3_999_999_999_999}, NO),
        ({"id": '{v:string:"591d","8086-591d"}', "type": "{v}"}, {"id": "8086591D"}, UNDECIDED),
        (
            {"id": '{v:string:"591d","8086-591d"}', "type": "{v}"},
            {"id": "8086591D", "type": "8086-591d"},
            YES,
        ),
        (
            {"id": '{v:string:"591d","8086-591d"}', "type": "{v}"},
            {"id": "8086591D", "type": "8086591D"},
            NO,
        ),
        ({"modes": '{v:string:"a+b","c"}'}, {"modes": "b, a"}, YES),
        ({"modes": "superset(a)"}, {"modes": "b+a+unknown"}, YES),
        ({"modes": "subset(a+b)"}, {"modes": "unknown"}, NO),
        ({"modes": "a+b"}, {"modes": "a+unknown"}, NO),
        ({"modes": ""}, {"modes": ""}, YES),
        ({"count": ""}, {}, YES),
        ({"count": ""}, {"count": 0}, NO),
        ({"count": "absent()"}, {"count": 0}, NO),
        ({"count": "any()"}, {}, YES),
        ({"share": "range(-1/2,1/3)"}, {"share": "1/3"}, YES),
        ({"share": "range(-1/2,1/3)"}, {"share": "-2/3"}, NO),
        ({"version": "version(1.2)"}, {"version": "1.2.9"}, YES),
        ({"version": "version(1.2)"}, {"version": "1.3"}, NO),
        ({"count": "one_of(9223372036854775807,-9223372036854775808)"}, {"count": -(2**63)}, YES),
    ],
)
def test_clauses_of_a_target(clauses, values, verdict):
    """One object of a target is asked about a source."""
    assert accepts(clauses, values) == verdict


@pytest.mark.parametrize(
    ("numbers", "count", "verdict"),
    [("5", 2, YES), ("5", 3, NO), ("-5", -3, YES), ("-5", -2, NO), ("0-4000000000000", 7, YES)],
)
def test_floor_division_is_that_of_python(numbers, count, verdict):
    """Rounded division rounds down, also below zero."""
    assert accepts({"count": f"{{v:int:{numbers}}}/2"}, {"count": count}, floor=True) == verdict


def test_floor_division_keeps_an_interval():
    """Two rounded quotients hold together only where their intervals meet."""
    kinds = {"a": "int", "b": "int"}
    clauses = {"a": "{v:int:0-100}/10", "b": "{v}/7"}
    for a, b in [(3, 4), (3, 5), (3, 3), (3, 6), (9, 12), (9, 13), (10, 14)]:
        joint = any(v // 10 == a and v // 7 == b for v in range(101))
        verdict = accepts(clauses, {"a": a, "b": b}, kinds=kinds, floor=True)
        assert verdict == (YES if joint else NO)


def test_many_ambiguous_templates_stay_cheap():
    """Eight values that split in many ways, and no common choice, are refused in no time."""
    kinds = {f"a{n}": "string" for n in range(17)}
    texts = ",".join('"' + "x" * length + '"' for length in range(60))
    pair = "{{{0}:string:" + texts.replace("{", "{{") + "}}{{{1}:string:" + texts + "}}"
    clauses = {f"a{n}": pair.format(f"v{n}", f"w{n}") for n in range(8)}
    # The last one ties the ends together, so that all are one question.
    clauses |= {f"a{n + 8}": f"{{v{n}}}{{w{n}}}" for n in range(7)} | {"a16": "{v7}y"}
    values = dict.fromkeys(clauses, "x" * 58)
    assert accepts(clauses, values, kinds=kinds) == NO
    assert accepts(clauses, values | {"a16": "xxxy"}, kinds=kinds) == YES
    assert accepts(clauses, values | {"a14": "x" * 59}, kinds=kinds) == NO


@pytest.mark.parametrize("kind", ["clause", "variable"])
def test_lists_of_a_hundred_thousand_entries(kind):
    """A long list is looked up, not walked: a thousand classes are asked in no time."""
    core = make(by="source")
    for n in range(1000):
        core.add(line({"type": f"t{n * 150}"}))
    quoted = ",".join(f'"t{n}"' for n in range(100_000))
    clause = f"one_of({quoted})" if kind == "clause" else f"{{v:string:{quoted}}}"
    assert core.query(line({}, [{"type": clause}])).count(YES) == 667


def test_version_clause_knows_who_publishes():
    """The same clause asks a lower minor of a source and a higher one of a target."""
    kinds = {"version": "version"}
    own, other = line({"version": "1.3"}, [{"version": "version(1.2)"}]), line({"version": "1.3"})
    target, source = make(kinds, by="target"), make(kinds, by="source")
    target.add(own)
    source.add(other)
    assert target.query(other).verdict_of(0) == NO
    assert source.query(own).verdict_of(0) == YES


def test_directions_can_be_asked_apart():
    """A query may ask the other direction than the scheme's; both is the AND."""
    core = make({"a": "int"}, by="target")
    core.add(line({"a": 1}, [{"a": 2}]))
    source = line({"a": 2}, [{"a": 3}])
    asked = {by: core.query(source, DIRECTION[by]).verdict_of(0) for by in DIRECTION}
    assert asked == {None: YES, "target": YES, "source": NO, "both": NO}


def test_relations_compare_own_values():
    """Each relation looks from the source to the target."""
    relations = {"type": "equal", "modes": "superset", "version": "version"}
    core = make(relations=relations, by=None)
    core.add(line({"type": "a", "modes": "x+y", "version": "1.3"}))
    core.add(line({"type": "a", "modes": "x", "version": "1.3"}))
    core.add(line({"type": "a", "modes": "x+y"}))
    query = core.query(line({"type": "a", "modes": "y", "version": "1.2"}))
    assert [query.verdict_of(row) for row in range(3)] == [YES, NO, UNDECIDED]
    assert core.query(line({"modes": "new"})).count(NO) == 3


def test_member_relation_looks_a_string_up_in_a_set():
    """The source's string must be a member of the target's set."""
    attributes = [
        CoreAttribute("type", KIND["string"], RELATION[None], 0, UNDECIDED),
        CoreAttribute("takes", KIND["set"], RELATION["one_of"], 0, UNDECIDED),
    ]
    core = Core(attributes, DIRECTION[None], UNDECIDED, YES)
    for takes in ("a+b", "c", ""):
        core.add(line({"takes": takes}))
    core.add(line({}))
    for name, verdicts in {"a": [3, 0, 0, 1], "a+b": [0, 0, 0, 1], "": [0, 0, 0, 1]}.items():
        query = core.query(line({"type": name}))
        assert [query.verdict_of(row) for row in range(4)] == verdicts


def test_unlisted_attributes_follow_the_scheme():
    """What the object does not name is ignored, undecided or refused, as the scheme says."""
    for unlisted in (NO, UNDECIDED, YES):
        verdict = accepts({"count": 1}, {"count": 1, "type": "a"}, unlisted=unlisted)
        assert verdict == unlisted


def test_attributes_of_relation_any_are_never_compared():
    """Neither a clause nor being unlisted matters for them, and they bind no variable."""
    scheme = {"relations": {"type": "any"}, "unlisted": NO}
    assert accepts({"type": "x", "count": 1}, {"type": "y", "count": 1}, **scheme) == YES
    assert accepts({"count": 1}, {"type": "y", "count": 1}, **scheme) == YES
    clauses = {"type": "{v:int:1,2}", "count": "{v}"}
    assert accepts(clauses, {"type": "1", "count": 2}, **scheme) == YES


# ---- answers


def fleet_of(n: int, seed: int) -> Core:
    """Make a fleet with removed rows, a third of it of each verdict or so."""
    rng = random.Random(seed)
    core = make({"a": "int", "b": "int"}, {"a": "equal"}, by=None)
    skew = rng.choice([2, 10, 1000])
    described = [{"a": rng.randrange(skew), "b": rng.randrange(9)} for _ in range(n)]
    with core.reader() as reader:
        reader.feed(b"\n".join(line(one if rng.random() < 0.9 else {}) for one in described))
        reader.commit()
    for row in rng.sample(range(n), n // 7):
        core.remove(row)
    return core


@pytest.mark.parametrize("seed", range(12))
def test_answers_agree_with_each_other(seed):
    """Counts, rows, first rows, bits and single verdicts tell the same."""
    n = (0, 1, 9, 5000)[seed % 4]
    core = fleet_of(n, seed)
    query = core.query(line({"a": 1}))
    classes = core.classes().tolist()
    verdicts = {row: query.verdict_of(row) for row in range(n) if classes[row] != 2**32 - 1}
    for verdict in VERDICT.values():
        rows = [row for row, found in verdicts.items() if found == verdict]
        assert query.rows(verdict).tolist() == rows
        assert query.count(verdict) == len(rows)
        for k in (0, 1, 3, len(rows) // 2, len(rows), n + 1):
            assert query.first(verdict, k).tolist() == rows[:k]
        bits = query.bitmap(verdict)
        assert [row for row in range(n) if bits[row // 8] >> row % 8 & 1] == rows
        assert len(bits) == (n + 7) // 8


def test_answers_outlive_the_fleet():
    """What was handed out owns its memory."""
    query = fleet_of(100, 1).query(line({"a": 1}))
    rows, bits = query.rows(NO), query.bitmap(NO)
    kept = rows.tolist(), bytes(bits)
    del query
    gc.collect()
    assert (rows.tolist(), bytes(bits)) == kept


def test_numpy_takes_rows_without_a_copy():
    """A result is a buffer that NumPy reads in place."""
    numpy = pytest.importorskip("numpy")
    rows = fleet_of(100, 1).query(line({"a": 1})).rows(NO)
    array = numpy.asarray(rows)
    assert array.dtype == numpy.uint32
    assert numpy.shares_memory(array, numpy.frombuffer(rows, dtype=numpy.uint32))


def test_queries_go_stale():
    """Any change of the fleet ends a query; a refused change does not."""
    core = make()
    core.add(line({}))
    for change in (
        lambda: core.add(line({})),
        lambda: core.replace(0, line({"count": 1})),
        lambda: core.remove(0),
    ):
        query = core.query(line({}))
        with pytest.raises(MatcherFault):
            core.add(b"{")
        assert query.count(UNDECIDED)
        change()
        for ask in (query.count, query.rows, query.bitmap, query.verdict_of):
            with pytest.raises(RuntimeError, match="ask again"):
                ask(0)
        with pytest.raises(RuntimeError, match="ask again"):
            query.first(NO, 1)


def test_queries_do_not_change_the_fleet():
    """Values, members and lists that only a question names leave no trace."""
    core = make()
    core.add(line({"modes": "a"}, []))
    before = core.size(), [core.code_count(n) for n in range(6)]
    core.query(line({"modes": "b+c", "type": "new"}, [{"modes": "superset(d)"}]))
    assert (core.size(), [core.code_count(n) for n in range(6)]) == before


def test_classes_and_codes_are_dense():
    """Rows of equal descriptions have one class, and classes have codes from 0, absent."""
    core = make({"a": "int"})
    for text in ({"a": 5}, {}, {"a": 5}, {"a": 6}):
        core.add(line(text))
    core.remove(3)
    classes, codes = core.classes().tolist(), core.codes(0).tolist()
    assert classes == [0, 1, 0, 2**32 - 1]
    assert codes == [1, 0]


def test_handles_are_freed_in_any_order():
    """A fleet lives as long as its readers and queries."""
    core = make()
    core.add(line({}))
    query, reader = core.query(line({})), core.reader()
    del core
    gc.collect()
    assert query.count(UNDECIDED) == 1
    reader.feed(line({}))
    del query, reader
    gc.collect()
