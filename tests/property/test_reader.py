"""The bulk reader and one line alone: what the reader learned makes it faster, and nothing else."""

import json
from functools import lru_cache

from hypothesis import event, given
from hypothesis import strategies as st
from property.strategies import half_core

from simulator.fleet._matcher import Core
from simulator.fleet.words import (
    DIRECTION,
    KIND,
    RELATION,
    VERDICT,
    CoreAttribute,
    MatcherFault,
)

KINDS = {
    "type": "string",
    "count": "int",
    "modes": "set",
    "version": "version",
    "id": "pci_id",
    "share": "ratio",
}
VALUES = {
    "type": ("t1", "t2", "", "é", 'a"b', "a-name-of-more-than-16-bytes", "x" * 40),
    "count": (0, 1, 12, -3, 1234567, 12345678, 2**63 - 1),
    "modes": ("", "a", "a+b", "b, a", "none+ppgtt+context+preempt"),
    "version": ("1.2", "1.2.3", "0.0"),
    "id": ("8086591d", "8086:591D", "591d"),
    "share": (1, "1", "2/4", -1),
}
NAMES = (None, "", "n", "né", "host1/0000:00:02.0", 'say "a\\b"', "z" * 40)
LISTS = (None, [], [{"type": "t{n:int:1,2}", "count": "{n}/2"}], [{"modes": "superset(a)"}])
SEPARATORS = ((",", ":"), (", ", ": "))
BYTES = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\t", b"\r", b"\n", b"\0", b"\x7f"),
    *(b"0", b"1", b"-", b".", b"e", b"+", b"\x1f", b"\x80", b"\xc3", b"\xa9", b"\xff", b"a"),
    *(b"\\u0061", b"\\ud800", b"\xc3\xa9", b'"type"', b'"name":"n"', b'"self":{}', b',"count":1'),
]


def make():
    """Make an empty fleet."""
    attributes = [
        CoreAttribute(name, KIND[kind], RELATION[None], index, VERDICT["undecided"])
        for index, (name, kind) in enumerate(KINDS.items())
    ]
    return Core(attributes, DIRECTION["target"], VERDICT["undecided"], VERDICT["compatible"])


@st.composite
def lines(draw):
    """One line as programs write it; now and then in another order or with escapes."""
    present = draw(st.sampled_from((tuple(KINDS), tuple(KINDS), ("count", "type"), ())))
    data = {"name": draw(st.sampled_from(NAMES))}
    data["self"] = {name: draw(st.sampled_from(VALUES[name])) for name in present}
    data["compatible"] = draw(st.sampled_from(LISTS))
    data = {key: value for key, value in data.items() if value is not None}
    if draw(st.integers(0, 9)) == 0:
        data = dict(reversed(data.items()))
    ascii_only, separators = draw(st.booleans()), draw(st.sampled_from(SEPARATORS))
    return json.dumps(data, ensure_ascii=ascii_only, separators=separators).encode()


@st.composite
def mutated(draw, line):
    """*line*, most often with a byte changed, cut out or put in."""
    for _ in range(draw(st.sampled_from((0, 0, 0, 0, 1, 2)))):
        start = draw(st.integers(0, len(line)))
        stop = min(len(line), start + draw(st.sampled_from((0, 1, 1, 1, 3, 10**6))))
        line = line[:start] + draw(st.sampled_from(BYTES) | st.just(b"")) + line[stop:]
    return line


@lru_cache(maxsize=1)
def others():
    """So many different lines that they are no longer looked up, in the usual order."""
    rest = ',"modes":"a+b","version":"1.2","id":"591d","share":1}}\n'
    made = (f'{{"name":"n{n}","self":{{"type":"t{n % 9}","count":{n}{rest}' for n in range(20_000))
    return "".join(made).encode()


def alone(text):
    """Read each line of *text* as one device; give their descriptions and the faults."""
    core, faults, start = make(), [], 0
    for number, line in enumerate(text.split(b"\n")):
        try:
            if line.strip(b" \t\r"):
                core.add(line)
        except MatcherFault as fault:
            faults.append((start + fault.faults[0][0], number))
        start += len(line) + 1
    return [core.description(row) for row in range(core.row_count())], faults


def faults_of(reader, text):
    """Feed *text*, and give what is refused."""
    try:
        reader.feed(text)
    except MatcherFault as fault:
        return fault.faults
    return ()


def check_same(past, text):
    """Read *text* after *past*, and compare with each of its lines alone."""
    expected, faults = alone(text)
    core = make()
    with core.reader() as reader:
        reader.feed(past)
        known, lines_before = reader.count, past.count(b"\n")
        assert [(at, line - lines_before) for at, line in faults_of(reader, text)] == faults
        if faults:
            return "refused"
        assert reader.commit() == 0
    rows = range(known, core.row_count())
    assert [core.description(row) for row in rows] == expected
    return "accepted"


@half_core
@given(st.data())
def test_repeated_lines_are_read_as_alone(data):
    """A line that differs from many that were seen by a byte is read, or refused, as alone."""
    seen = data.draw(st.lists(lines(), min_size=1, max_size=4))
    texts = [data.draw(mutated(data.draw(st.sampled_from(seen)))) for _ in range(4)]
    end = data.draw(st.sampled_from((b"", b"\n", b"\r\n")))
    past = b"".join(line + b"\n" for line in seen) * data.draw(st.sampled_from((0, 1, 20)))
    # The same line again, before and after: what is guessed of one is not taken for another.
    event(check_same(past, b"\n".join([seen[0], *texts, seen[0]]) + end))


@half_core
@given(st.data())
def test_lines_among_distinct_ones_are_read_as_alone(data):
    """A line after many that all differ, whose values are looked up ahead, is read as alone."""
    usual = [name for name in KINDS if name != "type"]
    texts = []
    for _ in range(3):
        values = {"type": data.draw(st.sampled_from(VALUES["type"]))}
        values |= {name: data.draw(st.sampled_from(VALUES[name])) for name in usual}
        line = json.dumps({"name": "n", "self": values}, separators=(",", ":"), ensure_ascii=False)
        texts.append(data.draw(mutated(line.encode())))
    event(check_same(others(), b"\n".join(texts)))
