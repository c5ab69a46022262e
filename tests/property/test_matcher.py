"""The C core and the judge: one law, two ways to it."""

import json
import re
from itertools import product

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from property.strategies import (
    POOLS,
    clauses,
    core,
    descriptions,
    fleets,
    half_core,
    objects,
    schemes,
    values,
)

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.rule import Object
from simulator.compat.scheme import Attribute, Direction, Outcome, Scheme
from simulator.documents import decode
from simulator.errors import InputError
from simulator.fleet.fleet import Fleet
from simulator.fleet.plain import PlainFleet
from simulator.values import parse_value

DIRECTIONS = (None, *Direction)


def filled(scheme, devices):
    """Make a fleet of these devices."""
    fleet = Fleet(scheme)
    assert [fleet.add(device) for device in devices] == list(range(len(devices)))
    return fleet


def check_match(fleet, devices, source, accepted_by):
    """Compare every answer of a match with the judge; give the number of compatible rows."""
    scheme = fleet.scheme.accepted(accepted_by)
    said = [judge(scheme, source, target) for target in devices]
    match = fleet.match(source, accepted_by)
    assert [match.outcome(row) for row in range(len(devices))] == said
    for outcome in Outcome:
        rows = [row for row, found in enumerate(said) if found is outcome]
        assert list(match.rows(outcome)) == rows
        for most in (0, 1, 2, len(devices) + 1):
            assert match.first(most, outcome) == rows[:most]
        bits = match.bitmap(outcome)
        assert len(bits) == (len(devices) + 7) // 8
        assert int.from_bytes(bits, "little") == sum(1 << row for row in rows)
    compatible = [row for row, found in enumerate(said) if found is Outcome.COMPATIBLE]
    assert list(match) == compatible
    assert match.count == len(compatible)
    assert match.undecided == said.count(Outcome.UNDECIDED)
    return match.count


# ---- verdicts


@core
@given(st.data())
def test_every_row_has_the_verdict_of_the_judge(data):
    """Rows, counts, bits and single verdicts are the judge's, whoever is said to accept."""
    scheme = data.draw(schemes())
    devices = data.draw(fleets(scheme))
    source = data.draw(descriptions(scheme))
    fleet = filled(scheme, devices)
    fleet.lay_out(data.draw(st.sampled_from(("classes", "flat"))))
    for accepted_by in DIRECTIONS:
        found = check_match(fleet, devices, source, accepted_by)
        event(f"some target: {bool(found)}")


@half_core
@given(st.data())
def test_devices_of_a_fleet_are_matched_with_each_other(data):
    """A source that is in the fleet gets the judge's answers too, itself among the targets."""
    scheme = data.draw(schemes(has_objects=True))
    devices = data.draw(fleets(scheme))
    fleet = filled(scheme, devices)
    for source in devices:
        check_match(fleet, devices, source, None)


@given(st.data())
def test_many_classes_that_share_values_and_lists(data):
    """A fleet of hundreds of classes, made of few values and few lists, is judged alike."""
    scheme = data.draw(schemes(has_objects=True))
    pools = [
        [None, *data.draw(st.lists(values(kind), min_size=1, max_size=3))]
        for kind in scheme.kinds.values()
    ]
    lists = data.draw(st.lists(descriptions(scheme), min_size=1, max_size=4))
    random = data.draw(st.randoms(use_true_random=False))
    devices = [
        Description(
            {
                name: value
                for name, value in zip(scheme.kinds, chosen, strict=True)
                if value is not None
            },
            random.choice(lists).objects,
        )
        for chosen in product(*pools)
    ]
    random.shuffle(devices)
    devices = devices[:120]
    check_match(filled(scheme, devices), devices, random.choice(devices), None)


@half_core
@given(st.data())
def test_targets_whose_lists_share_and_differ(data):
    """Hundreds of lists with several objects each, after some were taken back, are judged alike."""
    scheme = data.draw(schemes(has_objects=True))
    random = data.draw(st.randoms(use_true_random=False))
    given = data.draw(st.lists(objects(scheme), min_size=2, max_size=8))
    owns = [data.draw(descriptions(scheme)) for _ in range(4)]
    fleet = Fleet(scheme)
    devices = []
    for _ in range(150):
        chosen = tuple(random.choices(given, k=random.randrange(4)))
        devices.append(
            Description(random.choice(owns).values, random.choice((None, chosen, chosen)))
        )
    fleet.extend("f", [b"".join(device.to_line().encode() + b"\n" for device in devices[:75])])
    with pytest.raises(InputError):
        fleet.extend("f", ["\n".join([*(d.to_line() for d in devices[75:]), "{}"]).encode()])
    for device in devices[75:]:
        fleet.add(device)
    fleet.lay_out(data.draw(st.sampled_from(("classes", "flat"))))
    check_match(fleet, devices, random.choice(devices), Direction.TARGET)


@given(st.data(), st.sampled_from(sorted(POOLS)))
def test_clauses_against_large_dictionaries(data, kind):
    """Values by the hundred, some of which came late, are accepted as the judge accepts them."""
    random = data.draw(st.randoms(use_true_random=False))
    scheme = Scheme("s", {"a": Attribute("a", kind)}, has_objects=True)
    texts = {
        "int": lambda n: str(n - 300),
        "string": lambda n: f"t{n % 20}{n // 20}",
        "set": lambda n: "+".join(f"m{bit}" for bit in range(10) if n >> bit & 1),
        "version": lambda n: f"{n % 4}.{n // 4 % 30}.{n // 120}",
        "pci_id": lambda n: f"8086{n:04x}",
        "ratio": lambda n: f"{n - 300}/{1 + n % 3}",
    }
    numbers = random.sample(range(600), 400)
    values = [parse_value(kind, text) for text in (*POOLS[kind], *map(texts[kind], numbers))]
    devices = [Description({"a": value}) for value in values]
    fleet = Fleet(scheme)
    fleet.extend("f", [b"".join(d.to_line().encode() + b"\n" for d in devices[:-20])])
    for device in devices[-20:]:
        fleet.add(device)
    clause = data.draw(clauses(kind))
    source = Description({"a": random.choice(values)}, (Object({"a": clause}),))
    check_match(fleet, devices, source, Direction.SOURCE)


NUMBERS = ("0", "1", "2", "3", "7", "-1", "-2", "-3", str(2**31 - 1), str(2**63 - 1), str(-(2**63)))
RANGES = (
    "0-9",
    "-5--1",
    "1-2147483647",
    f"-{2**63}-{2**63 - 1}",
    "3",
    "1,2,4,8",
    f"{2**62}-{2**63 - 1}",
)
SCALES = ("", "/2", "/3", "*2", "*3", "/2147483647", "*2147483647", f"/{2**31 - 1}")


@half_core
@given(st.data(), st.booleans(), st.sampled_from(("int", "ratio")))
def test_arithmetic_at_the_ends_of_64_bits(data, floor, kind):
    """Shared numbers, scaled and rounded, agree for negative, huge and fractional values."""
    names = ("a", "b", "c")
    scheme = Scheme(
        "s",
        {name: Attribute(name, kind if name != "c" else "string") for name in names},
        has_objects=True,
        missing=data.draw(st.sampled_from(Outcome)),
        floor_division=floor,
    )
    ratios = [f"{n}/{d}" for n in NUMBERS for d in ("2", "3", str(2**63 - 1))]
    numbers = st.sampled_from(NUMBERS if kind == "int" else [*NUMBERS, *ratios])

    def device():
        values = {name: parse_value(kind, data.draw(numbers)) for name in names[:2]}
        values["c"] = parse_value("string", data.draw(st.sampled_from(NUMBERS)))
        first, second = data.draw(st.sampled_from(SCALES)), data.draw(st.sampled_from(SCALES))
        clauses, variables = {}, {}
        texts = [
            ("a", f"{{v:int:{data.draw(st.sampled_from(RANGES))}}}{first}"),
            ("b", f"{{{data.draw(st.sampled_from(('v', 'w:int:0-9')))}}}{second}"),
            *([("c", "{v}")] if data.draw(st.booleans()) else []),
        ]
        for name, text in texts:
            clauses[name], variables = parse_clause(text, scheme.kinds[name], variables)
        return Description(values, (Object(clauses),))

    devices = [device() for _ in range(3)]
    fleet = filled(scheme, devices)
    for source in devices:
        for accepted_by in Direction:
            check_match(fleet, devices, source, accepted_by)


@half_core
@given(st.data())
def test_variables_in_text_that_can_be_split_in_several_ways(data):
    """Ambiguous splits of a text between variables agree, also where variables are shared."""
    scheme = Scheme(
        "s",
        {"a": Attribute("a", "string"), "b": Attribute("b", "string"), "n": Attribute("n", "int")},
        has_objects=True,
    )
    texts = st.text("1-0a", max_size=5)
    entries = st.lists(texts.map(json.dumps), min_size=1, max_size=4).map(",".join)
    ranges = st.sampled_from(("0-99", "1,10,11,101", "-11--1,0,1", "1-11"))

    def device():
        values = {name: parse_value("string", data.draw(texts)) for name in "ab"}
        values["n"] = parse_value("int", data.draw(st.sampled_from(("1", "10", "-1", "0"))))
        literal = st.sampled_from(("", "1", "a", "-", "0"))
        one = f"{{x:string:{data.draw(entries)}}}" if data.draw(st.booleans()) else None
        one = one or f"{{x:int:{data.draw(ranges)}}}"
        two = f"{{y:int:{data.draw(ranges)}}}"
        parts = [
            one,
            data.draw(literal),
            two,
            *data.draw(st.lists(st.sampled_from(("{x}", "{y}", "1", "a")), max_size=2)),
        ]
        clauses, variables = {}, {}
        wanted = [
            ("a", "".join(parts)),
            ("b", data.draw(st.sampled_from(("{x}{y}", "{y}a{x}", "{x}", "{y}{y}")))),
        ]
        if data.draw(st.booleans()):
            wanted.append(("n", "{y}"))
        for name, text in wanted:
            clauses[name], variables = parse_clause(text, scheme.kinds[name], variables)
        return Description(values, (Object(clauses),))

    devices = [device() for _ in range(3)]
    fleet = filled(scheme, devices)
    for source in devices:
        check_match(fleet, devices, source, None)


# ---- what goes in comes out


@half_core
@given(st.data())
def test_a_row_is_what_was_added(data):
    """Every row gives back its description and name, in whatever order devices came and went."""
    scheme = data.draw(schemes())
    devices = data.draw(fleets(scheme))
    fleet = filled(scheme, devices)
    for row, device in enumerate(devices):
        assert fleet[row] == device
        assert fleet.name(row) == (device.name or "")
    lines = list(fleet.lines())
    again = Fleet(scheme)
    assert again.extend("f", lines or [b"\n"]) == range(len(devices))
    assert [again[row] for row in range(len(devices))] == [
        fleet[row] for row in range(len(devices))
    ]
    assert list(again.lines()) == lines


@st.composite
def spellings(draw, text):
    """A JSON string for *text*, some characters escaped."""
    written = []
    for character in text:
        short = {'"': '\\"', "\\": "\\\\", "/": "\\/"}.get(character)
        code = ord(character)
        if code > 0xFFFF:
            high, low = 0xD800 + (code - 0x10000 >> 10), 0xDC00 + (code & 0x3FF)
            escaped = f"\\u{high:04x}\\u{low:04X}"
        else:
            escaped = f"\\u{code:04{draw(st.sampled_from('xX'))}}"
        plain = short if character in '"\\' else character
        written.append(draw(st.sampled_from((plain, plain, short or plain, escaped))))
    return f'"{"".join(written)}"'


@st.composite
def respelled(draw, data):
    """JSON that means the same: blanks, escapes, and keys of the outer object in any order."""
    blank = st.sampled_from(("", "", " ", "\t", " \t "))
    if isinstance(data, dict):
        keys = list(data)
        if "self" in keys:
            keys = draw(st.permutations(keys))
        members = [
            f"{draw(blank)}{draw(spellings(key))}{draw(blank)}:{draw(respelled(data[key]))}"
            for key in keys
        ]
        return f"{draw(blank)}{{{','.join(members) or draw(blank)}}}{draw(blank)}"
    if isinstance(data, list):
        members = [draw(respelled(one)) for one in data]
        return f"{draw(blank)}[{','.join(members) or draw(blank)}]{draw(blank)}"
    written = str(data) if isinstance(data, int) else draw(spellings(data))
    return f"{draw(blank)}{written}{draw(blank)}"


@given(st.data())
def test_spelling_of_json_does_not_matter(data):
    """Blanks, escapes and the order of keys change nothing, for the core and the judge."""
    scheme = data.draw(schemes())
    device = data.draw(descriptions(scheme))
    line = data.draw(respelled(device.to_json())) + data.draw(st.sampled_from(("", "\n", "\r\n")))
    fleet, plain = Fleet(scheme), PlainFleet(scheme)
    assert fleet.extend("f", [line.encode()]) == plain.extend("f", [line.encode()]) == range(1)
    assert plain[0] == device
    assert fleet[0] == device
    assert fleet[0].objects is None or [list(one.clauses) for one in fleet[0].objects] == [
        list(one.clauses) for one in device.objects
    ]


# ---- what one refuses the other refuses

SCHEME = Scheme(
    "s",
    {kind: Attribute(kind, kind) for kind in POOLS} | {"é": Attribute("é", "int")},
    has_objects=True,
)
JSON_PIECES = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\t", b"\r", b"\n", b"\0", b"\x7f"),
    *(b"\\u", b"\\u0041", b"\\ud800", b"\\ud83d\\ude00", b"\\udc00", b"\\u0000", b"\\/", b"\\b"),
    *(b"\\n", b"\\x", b"\\u00e9", b"\\U0041", b"\xc3\xa9", b"\xc3", b"\xa9", b"\xed\xa0\x80"),
    *(b"\xf4\x90\x80\x80", b"\xf0\x9f\x98\x80", b"\xc0\xaf", b"\xff", b"\xef\xbb\xbf", b"\x01"),
    *(b"\xc2\xa0", b"\xe2\x80\xa8", b"\xc2\x85", b"\x0b", b"\x0c", b"\x1f", b"0", b"-0", b"00"),
    *(b"1", b"-1", b"1.0", b"1e3", b"1E0", b"-", b"+1", b".5", b"1.", b"01", b"true", b"null"),
    *(b"NaN", b"Infinity", b"-Infinity", b"9223372036854775807", b"9223372036854775808"),
    *(b"-9223372036854775808", b"-9223372036854775809", b'"self":{}', b'"name":"x"', b'"int":1'),
    *(b'"compatible":[]', b'"compatible":[{}]', b'"self":', b'"nobody":1', b"{}", b"[]", b"//"),
    *(b'"ratio":1', b'"string":""', b'"string":1', b'"set":"A"', b'"\xc3\xa9":1', b'"name":null'),
]
CLAUSE_PIECES = [
    *('"', "\\", "{", "}", "(", ")", ",", ":", "+", "-", "/", "*", "#", " ", "\t", "é", "\x7f"),
    *(
        "{v}",
        "{w}",
        "{v:int:1}",
        "{v:int:1-3}",
        "{v:int:3-1}",
        '{v:string:"t"}',
        "{v:int:}",
        "{v:}",
    ),
    *("{v:string:1}", '{v:int:"1"}', "{:int:1}", "{1v:int:1}", "{é:int:1}", "{v:float:1}", "{v }"),
    *("{v:int:-1--1}", "{v:int:01}", "{v:int:-0}", "{v:int:1,}", "{v:int:,1}", '{v:string:"t",""}'),
    *("any()", "any(1)", "absent()", "absent(", "one_of()", "one_of(1)", "one_of(1,)", "one_of(,)"),
    *('one_of("")', 'one_of("1",1)', "one_of(A+B)", 'one_of("A,B",A)', "range(1,2)", "range(2,1)"),
    *("range(1)", "range(1,2,3)", 'range("1",2)', "superset(A)", "superset()", 'superset("")'),
    *("subset(A,B)", 'subset("A,B")', "subset(A,)", "version(1.2)", "version(1)", "version()"),
    *("equal(1)", "ANY()", "/2", "*2", "/0", "/-1", "/2147483647", "/2147483648", "/2/2", '"/2"'),
    *("1", "-1", "0", "-0", "01", "1/2", "1/0", "-1/2", "1/-2", "1.2", "1.2.3", "1.2.3.4", "1."),
    *("4294967295.0", "4294967296.0", "9223372036854775808", "1/9223372036854775808", "8086591d"),
    *("8086:591D", "591d", "8086-591", "8086::591d", "A+A", "A+", "+A", "A,B+C", "A, B", "A,  B"),
    *('"t"', '"a\\"b"', '"a\\\\b"', '"a\\b"', '""', '"', "t", "T{v}", "{v}{w}{x}", "\u2028", "🙂"),
]


@st.composite
def mutated(draw, text, pieces):
    """*text* with some pieces cut out, doubled or put in."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.sampled_from((0, 0, 1, 2, 5, 20, 10**6))))
        piece = draw(st.sampled_from(pieces) | st.just(text[start:stop]))
        text = text[:start] + piece * draw(st.sampled_from((0, 1, 1, 1, 2))) + text[stop:]
    return text


def answer(fleet, text):
    """Read *text* into *fleet*; give the lines with mistakes, or None when there is none."""
    try:
        fleet.extend("f", [text])
    except InputError as error:
        mistakes = error.mistakes
    else:
        return None
    assert len(fleet) == 0
    assert not [one for one in mistakes if "the matcher refuses" in one.message], text
    return sorted({mistake.line for mistake in mistakes})


def check_same(text):
    """Read *text* both ways; where it is accepted, compare what was read and how it matches."""
    fleet, plain = Fleet(SCHEME), PlainFleet(SCHEME)
    found, expected = answer(fleet, text), answer(plain, text)
    if expected is not None:
        try:
            decode("f", text)
        except InputError:
            # Plain text that is none is refused before its lines are looked at.
            assert found is not None
            assert expected[0] in found
        else:
            assert found == expected
        return "refused"
    assert found is None, text
    assert len(fleet) == len(plain)
    devices = [plain[row] for row in range(len(plain))]
    for row, device in enumerate(devices):
        assert fleet[row] == device
        for accepted_by in Direction:
            check_match(fleet, devices, device, accepted_by)
    return "accepted"


@core
@given(st.data())
def test_both_refuse_the_same_json(data):
    """A text of lines, however it was mangled, is accepted by both or refused by both."""
    devices = data.draw(st.lists(descriptions(SCHEME), min_size=1, max_size=2))
    text = "\n".join(device.to_line() for device in devices).encode()
    event(check_same(data.draw(mutated(text, JSON_PIECES))))


@core
@given(st.data(), st.sampled_from(sorted(POOLS)))
def test_both_refuse_the_same_clause_text(data, kind):
    """Clause text, however it was mangled, is accepted by both or refused by both."""
    own = {one: data.draw(st.sampled_from(POOLS[one])) for one in sorted(POOLS)}
    start = data.draw(clauses(kind).map(str) | st.sampled_from(CLAUSE_PIECES))
    one = {kind: data.draw(st.just(start) | mutated(start, CLAUSE_PIECES))}
    if data.draw(st.booleans()):
        other = data.draw(st.sampled_from(sorted(POOLS)))
        one.setdefault(other, data.draw(st.sampled_from(("{v}", "{v}", *CLAUSE_PIECES))))
    line = {"self": own | {"int": int(own["int"])}, "compatible": [one]}
    event(check_same(json.dumps(line, ensure_ascii=data.draw(st.booleans())).encode()))


@half_core
@given(st.data(), st.sampled_from(sorted(POOLS)))
def test_both_refuse_the_same_values(data, kind):
    """A value of SELF, however it was mangled, is accepted by both or refused by both."""
    start = data.draw(st.sampled_from((*CLAUSE_PIECES, *POOLS[kind])))
    text = data.draw(st.just(start) | mutated(start, CLAUSE_PIECES))
    line = {"self": {kind: text}}
    if re.fullmatch("-?[0-9]{1,25}", text, re.ASCII) and data.draw(st.booleans()):
        line["self"][kind] = int(text)
    event(check_same(json.dumps(line, ensure_ascii=data.draw(st.booleans())).encode()))


@pytest.mark.parametrize("length", [4095, 4096, 4097])
@pytest.mark.parametrize("character", ["a", "é", "🙂"])
@pytest.mark.parametrize("place", ["name", "value", "literal", "quoted", "item"])
def test_both_have_the_same_limits_of_length(length, character, place):
    """Names and values, also in clause text, may be 4096 bytes long in both, and no longer."""
    text = character * (length // len(character.encode())) + "b" * (
        length % len(character.encode())
    )
    line = {"self": {"string": text if place == "value" else "x"}}
    if place == "name":
        line["name"] = text
    elif place != "value":
        forms = {"literal": "%s", "quoted": '"%s"', "item": "one_of(%s)"}
        line["compatible"] = [{"string": forms[place] % text}]
    for ascii_only in (False, True):
        expected = "accepted" if length <= 4096 else "refused"
        assert check_same(json.dumps(line, ensure_ascii=ascii_only).encode()) == expected


def numbered(count):
    """An object with *count* variables, two in a value."""
    scheme = Scheme(
        "s", {f"a{n}": Attribute(f"a{n}", "string") for n in range(10)}, has_objects=True
    )
    clauses = {}
    for n in range(count):
        clauses[f"a{n // 2}"] = clauses.get(f"a{n // 2}", "") + f"{{v{n}:int:1}}"
    return scheme, json.dumps({"self": {}, "compatible": [clauses]}).encode()


@pytest.mark.parametrize("count", [15, 16, 17])
def test_both_count_the_same_variables(count):
    """Sixteen variables an object are accepted by both, seventeen by neither."""
    scheme, text = numbered(count)
    found = [answer(kind(scheme), text) for kind in (Fleet, PlainFleet)]
    assert found == ([None, None] if count <= 16 else [[1], [1]])
