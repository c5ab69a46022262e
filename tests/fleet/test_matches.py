"""Many sources at once: what is given, what comes back, and how much at a time."""

import pytest

from simulator.compat.loader import load_scheme
from simulator.compat.scheme import Direction, Outcome
from simulator.compat.schemes import load_builtin
from simulator.errors import InputError
from simulator.fleet.fleet import Fleet

LINE = '{"name":"%s","self":{"device_api":"a","mdev_type":"t","software_version":"%s"}}\n'
VERSIONS = ("1.0", "1.1", "2.0", "1.2", "0.9", "1.1.5")


def text_of(*versions):
    """Spell devices that differ in their version."""
    return "".join(LINE % (f"d{row}", version) for row, version in enumerate(versions)).encode()


@pytest.fixture
def fleet():
    """Six devices that differ in their version."""
    made = Fleet(load_builtin("software-version"))
    made.extend("f", [text_of(*VERSIONS)])
    return made


def test_lines_as_sources(fleet):
    """NDJSON is taken a source a line, blank lines left out, whatever the names are."""
    matches = fleet.match_all(text_of("1.1", "3.0") + b"\n \n" + text_of("1.1", "0.9").rstrip())
    assert len(matches) == 4
    assert matches.counts.format == "I"
    assert list(matches.counts) == [3, 0, 3, 1]
    assert list(matches.undecided) == [0] * 4


def test_ways_to_give_sources(fleet):
    """Descriptions, rows and any bytes are sources as lines are."""
    rows = [1, 4, 1]
    text = text_of(*(VERSIONS[row] for row in rows))
    assert list(fleet.match_all(bytearray(text)).counts) == [3, 1, 3]
    by_row = fleet.match_all(rows)
    by_description = fleet.match_all(fleet[row] for row in rows)
    by_buffer = fleet.match_all(fleet.match(fleet[0]).rows())
    assert list(by_row.counts) == list(by_description.counts) == [3, 1, 3]
    assert list(by_buffer.counts) == [4, 3, 1, 3]


@pytest.mark.parametrize("nothing", [b"", b"\n", [], range(0)])
def test_no_sources(fleet, nothing):
    """Without a source there are no answers, and no mistake."""
    matches = fleet.match_all(nothing)
    assert (len(matches), list(matches.counts), list(matches.pairs())) == (0, [], [])
    assert list(matches.bitmaps()) == list(matches.first(3)) == []


def test_an_empty_fleet():
    """Where there is no device, every source has no target."""
    fleet = Fleet(load_builtin("software-version"))
    matches = fleet.match_all(text_of("1.0", "1.1"))
    assert list(matches.counts) == [0, 0]
    assert [bytes(one) for one in matches.bitmaps()] == [b"", b""]
    assert len(fleet.matrix()) == 0


def test_answers_are_buffers(fleet):
    """Rows, sources and bits come as buffers of numbers."""
    matches = fleet.match_all([1, 3])
    assert [bytes(bits) for bits in matches.bitmaps()] == [b"\x2a", b"\x08"]
    ((sources, rows),) = matches.pairs()
    assert (sources.format, rows.format) == ("I", "I")
    assert (list(sources), list(rows)) == ([0, 0, 0, 1], [1, 3, 5, 3])
    assert [list(one) for one in matches.first(2)] == [[1, 3], [3]]
    assert list(matches.count_of(Outcome.INCOMPATIBLE)) == [3, 5]


def test_pairs_come_in_blocks_of_bounded_memory(fleet):
    """A block of pairs takes at most half of the memory, and all of them together are the same."""
    matches = fleet.match_all(range(6))
    ((sources, rows),) = matches.pairs()
    whole = list(zip(sources, rows, strict=True))
    for most in (1, 2, 3, 7):
        blocks = list(matches.pairs(memory=16 * most))
        assert all(len(sources) == len(rows) <= most for sources, rows in blocks)
        found = [pair for block in blocks for pair in zip(*block, strict=True)]
        assert found == whole


def test_answers_may_be_read_side_by_side(fleet):
    """Two ways of reading at once, each a source at a time, do not disturb each other."""
    matches = fleet.match_all(range(6))
    alone = [bytes(bits) for bits in matches.bitmaps()], [list(one) for one in matches.first(2)]
    together = zip(matches.bitmaps(memory=0), matches.first(2, memory=400), strict=True)
    bits, rows = zip(*((bytes(bits), list(rows)) for bits, rows in together), strict=True)
    assert (list(bits), list(rows)) == alone


def test_progress_goes_to_the_end(fleet):
    """Counting tells of ever more sources, and last of all of them."""
    told = []
    text = text_of(*(f"1.{minor}" for minor in range(2000)))
    matches = fleet.match_all(text, progress=told.append)
    assert told == []
    assert sum(matches.counts) == 8
    assert told
    assert told == sorted(told)
    assert told[-1] == 2000


def test_mistakes_of_all_lines_are_told_at_once(fleet):
    """A bad line is shown with its file and number, and every other one with it."""
    text = text_of("1.1") + b"{\n" + text_of("x") + text_of("1.2")
    with pytest.raises(InputError) as caught:
        fleet.match_all(text, file="many.ndjson")
    assert [(m.file, m.line) for m in caught.value.mistakes] == [
        ("many.ndjson", 2),
        ("many.ndjson", 3),
    ]


def test_sources_are_of_one_sort(fleet):
    """Rows and descriptions are not mixed."""
    with pytest.raises(TypeError, match="not both"):
        fleet.match_all([0, fleet[0]])


@pytest.mark.parametrize("rows", [[6], [0, -1], [2**32], [0, 2**32 - 1]])
def test_rows_without_a_device(fleet, rows):
    """A row that no device has is refused."""
    with pytest.raises(IndexError, match="no device has this row"):
        fleet.match_all(rows)


def test_answers_end_with_a_change_of_the_fleet(fleet):
    """After a change every answer is refused."""
    matches = fleet.match_all([0])
    fleet.remove(5)
    for ask in (
        lambda: matches.counts,
        lambda: list(matches.bitmaps()),
        lambda: list(matches.first(1)),
    ):
        with pytest.raises(RuntimeError, match="the fleet changed"):
            ask()


def test_derived_objects_are_completed():
    """Sources under a scheme that derives objects are asked with what they derive."""
    scheme = load_scheme(
        "s",
        b"scheme: s\nobjects: published\naccepted-by: source\nattributes:\n"
        b'  a: {type: int}\naccepts:\n  - {a: "${a}"}\n',
    )
    fleet = Fleet(scheme)
    fleet.extend("f", [b'{"self":{"a":%d}}\n' % (at % 3) for at in range(7)])
    matches = fleet.match_all(b'{"self":{"a":0}}\n{"self":{"a":2}}\n{"self":{"a":5}}')
    assert list(matches.counts) == [3, 2, 0]
    assert list(fleet.matrix().counts) == [3, 2, 2]


@pytest.mark.parametrize("relation", ["equal", "superset", "one_of"])
def test_columns_of_very_many_values(relation):
    """A column of more values than rows of bits are made for is judged alike."""
    count = 66_000
    kind = "string" if relation == "equal" else "set"
    of = ", of: k" if relation == "one_of" else ""
    scheme = load_scheme(
        "s",
        (
            "scheme: s\nobjects: none\nmissing: undecided\n"
            "attributes:\n  a: {type: int, clause: equal}\n"
            "  k: {type: string}\n"
            f"  b: {{type: {kind}, clause: {relation}{of}}}\n"
        ).encode(),
    )
    fleet = Fleet(scheme)
    few = [
        b'{"self":{"a":1,"k":"m7","b":"m7"}}\n',
        b'{"self":{"a":1}}\n',
        b'{"self":{"a":2,"b":"m8"}}\n',
    ]
    fleet.extend(
        "f", [*few, *(b'{"self":{"a":%d,"b":"m%d"}}\n' % (i % 700, i) for i in range(count))]
    )
    matches = fleet.match_all(b"".join(few))
    for source, count, undecided in zip(few, matches.counts, matches.undecided, strict=True):
        match = fleet.match(source)
        assert (match.count, match.undecided) == (count, undecided)


LISTS = (
    b"scheme: s\nobjects: published\naccepted-by: source\nattributes:\n  a: {type: int}\n"
    b"  b: {type: string}\n  c: {type: set}\n  d: {type: string}\n"
)
SOURCE = (
    '{"name":"s%d","self":{"a":%d,"b":"b%d"},"compatible":[{"a":"range(%d,%d)",'
    '"b":"one_of(b%d,b%d,b1,b%d)","c":"superset(x%d)"%s},{"d":"d{v:int:0-3}","b":"b{v}","a":%d}]}'
)


def source(i):
    """Spell a source that shares some of its clauses with others, and lists twins."""
    b = (i % 7, i % 5, i % 7)
    d = "" if i % 3 else f',"d":"one_of(d{i % 4},\\"d 1\\")"'
    return SOURCE % (i, i, i % 5, i % 900, i % 900 + i % 11, *b, i % 6, d, i % 9)


@pytest.fixture
def listed():
    """A fleet of few values."""
    fleet = Fleet(load_scheme("s", LISTS), keep_names=False)
    fleet.extend("f", (
        b'{"self":{"a":%d,"b":"b%d","c":"x%d+x%d","d":"%s"}}\n'
        % (i, i % 6, i % 5, i % 5 + 1, b"d 1" if i % 8 == 0 else b"d%d" % (i % 4))
        for i in range(1000)
    ))  # fmt: skip
    return fleet


@pytest.mark.parametrize("threads", [1, 3])
def test_lines_that_share_clauses(listed, threads):
    """Each of many sources is answered as it is alone, whoever compiles it."""
    sources = [source(i) for i in range(6000)]
    matches = listed.match_all("\n".join(sources).encode(), threads=threads)
    assert len(set(matches.counts)) > 4
    for i in range(0, 6000, 13):
        assert matches.counts[i] == listed.match(sources[i].encode()).count


@pytest.mark.parametrize("threads", [1, 3])
def test_mistakes_among_lines_that_share_clauses(listed, threads):
    """A mistake is where it is in the line alone, however many lines are like it."""
    spoilt = {
        200: ("range(", "range(9"),
        201: ('"b":"one', '"a":"one'),
        300: ("b1,", "b 1,"),
        301: ("}]}", "}]"),
        400: ("{v}", "{w}"),
        401: ("superset(x", "superset(y+y+x"),
        402: ('"a":402', '"a":0402'),
    }
    sources = [source(i) for i in range(500)]
    for i, (right, wrong) in spoilt.items():
        sources[i] = sources[i].replace(right, wrong, 1)
    with pytest.raises(InputError) as caught:
        listed.match_all("\n".join(sources).encode(), threads=threads)
    assert [mistake.line - 1 for mistake in caught.value.mistakes] == sorted(spoilt)
    for mistake in caught.value.mistakes:
        with pytest.raises(InputError) as alone:
            listed.match(sources[mistake.line - 1].encode())
        (expected,) = alone.value.mistakes
        assert str(mistake).splitlines()[1:] == str(expected).splitlines()[1:]
        assert (mistake.column, mistake.message) == (expected.column, expected.message)


@pytest.mark.parametrize("path", ["portable", "avx2", "avx512"])
def test_a_fleet_that_is_kept_in_order(monkeypatch, path):
    """Where whole pages are passed over by the order of a large fleet, nothing is missed."""
    monkeypatch.setenv("MDM_PATH", path)
    scheme = load_scheme(
        "s",
        b"scheme: s\nobjects: published\naccepted-by: source\nmissing: undecided\n"
        b"attributes:\n  a: {type: int}\n  b: {type: string, clause: equal}\n  c: {type: int}\n",
    )
    fleet = Fleet(scheme, keep_names=False)
    lines = [
        b'{"self":{"a":%d,"b":"b%d","c":%d}}\n' % (i * 7 % 40, i * 3 % 5, i) for i in range(40_000)
    ]
    fleet.extend("f", [*lines, b'{"self":{"c":1}}\n' * 3, b'{"self":{"a":3}}\n'])
    fleet.lay_out("flat")
    sources = [
        b'{"self":{"b":"b%d"},"compatible":[{"a":"range(%d,%d)","c":"range(0,%d)"},{"a":"%d"}]}\n'
        % (i % 6, i % 41, i % 41 + i % 3, i * 400, i % 9)
        for i in range(90)
    ]
    matches = fleet.match_all(b"".join(sources), threads=2)
    for source, count, undecided, bits in zip(
        sources, matches.counts, matches.undecided, matches.bitmaps(), strict=True
    ):
        match = fleet.match(source)
        assert (match.count, match.undecided) == (count, undecided)
        assert match.bitmap() == bits


@pytest.mark.parametrize("path", ["portable", "avx2", "avx512"])
@pytest.mark.parametrize("layout", ["classes", "flat"])
def test_columns_of_many_values(monkeypatch, path, layout):
    """Sets of a dozen members, versions and numbers, thousands of values each, are judged alike."""
    monkeypatch.setenv("MDM_PATH", path)
    scheme = load_scheme(
        "s",
        b"scheme: s\nobjects: published\naccepted-by: source\nmissing: undecided\n"
        b"attributes:\n  f: {type: set}\n  v: {type: version}\n  n: {type: int, clause: equal}\n"
        b"  g: {type: set}\n  m: {type: int}\n",
    )
    fleet = Fleet(scheme, keep_names=False)

    def members(bits, count):
        return "+".join(f"x{bit}" for bit in range(count) if bits >> bit & 1)

    lines = [
        f'{{"self":{{"f":"{members(i * 37 % 4096, 12)}","v":"{i % 4}.{i % 19}.{i % 7}","n":{i % 3},'
        f'"g":"{members(i % 1024, 10)}","m":{i * 11 % 3001}}}}}\n'
        for i in range(3000)
    ]
    fleet.extend("f", ["".join(lines).encode(), b'{"self":{"n":1}}\n{"self":{"f":"","m":-1}}\n'])
    fleet.lay_out(layout)
    sources = []
    for i in range(400):
        told = {
            "f": (f"superset({members(1 << i % 12, 12)})", f"subset({members(i * 7 | 63, 12)})"),
            "v": (f"range({i % 4}.{i % 9},{i % 4}.12)", f"version({i % 5}.{i % 11})", "any()"),
            "g": (f"superset({members(3 << i % 9, 10)})", members(i, 10), "absent()"),
            "m": (f"range({i * 5},{i * 9 + 90})", f"range(-5,{i})", f"{i}"),
        }
        kept = [name for at, name in enumerate(told) if (i + at) % 4]
        clauses = ",".join(f'"{name}":"{told[name][i % len(told[name])]}"' for name in kept)
        sources.append(f'{{"self":{{"n":{i % 4}}},"compatible":[{{{clauses}}}]}}\n'.encode())
    matches = fleet.match_all(b"".join(sources))
    assert sum(matches.counts)
    assert sum(matches.undecided)
    for source, count, undecided, bits in zip(
        sources, matches.counts, matches.undecided, matches.bitmaps(), strict=True
    ):
        match = fleet.match(source)
        assert (match.count, match.undecided) == (count, undecided)
        assert match.bitmap() == bits


@pytest.mark.parametrize("accepted_by", Direction)
def test_some_ask_for_a_column_of_very_many_values(accepted_by):
    """Sources that ask for it and sources that do not are answered side by side."""
    scheme = load_scheme(
        "s",
        b"scheme: s\nobjects: published\nmissing: undecided\n"
        b"attributes:\n  a: {type: int}\n  b: {type: int}\n",
    )
    fleet = Fleet(scheme, keep_names=False)
    lists = (
        b'[{"a":"range(0,3)"},{"b":"range(5,90)"}]',
        b'[{"a":"{v:int:1-5}","b":"{v}*2"}]',
        b"[]",
    )
    fleet.extend(
        "f",
        [
            b'{"self":{"a":%d,"b":%d},"compatible":%b}\n' % (i % 9, i, lists[i % 3])
            for i in range(66_000)
        ],
    )
    sources = [
        b'{"self":{"a":%d,"b":%d},"compatible":[{"%b":"range(%d,%d)"}]}\n'
        % (i % 5, i * 3, b"ab"[i % 2 : i % 2 + 1], i % 4, i)
        for i in range(12)
    ] + [b'{"self":{"b":4}}\n', b'{"self":{"a":2,"b":4},"compatible":%b}\n' % lists[1]]
    matches = fleet.match_all(b"".join(sources), accepted_by)
    for source, count, undecided, bits in zip(
        sources, matches.counts, matches.undecided, matches.bitmaps(), strict=True
    ):
        match = fleet.match(source, accepted_by)
        assert (match.count, match.undecided) == (count, undecided)
        assert match.bitmap() == bits
