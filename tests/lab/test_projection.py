"""A fleet that several schemes read: what each sees, and what is a mistake."""

# ruff: noqa: UP031 - braces are JSON's here
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.strategies import descriptions, objects, schemes

from simulator.compat.description import Description
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import read_lines
from simulator.compat.schemes import load_builtin
from simulator.errors import InputError
from simulator.fleet.generate import generate
from simulator.lab.compare.lines import LineReader, other_kinds
from simulator.lab.compare.projection import project


def read(text, *some):
    """Project a text."""
    data = text if isinstance(text, bytes) else text.encode()
    return project("fleet", [data], some)


def mistakes(text, *some):
    """The places and messages of a text's mistakes."""
    with pytest.raises(InputError) as caught:
        read(text, *some)
    return [(m.line, m.column, m.message) for m in caught.value.mistakes]


def scheme(name, attributes, more=""):
    """Write a scheme in one line."""
    return load_scheme(name, f"scheme: {name}\nattributes: {{{attributes}}}\n{more}".encode())


A = scheme("a", "x: {type: int, clause: equal}, y: {type: set}", "objects: published")
B = scheme("b", "x: {type: int}, z: {type: string}", "objects: published")
C = scheme("c", "x: {type: string}, y: {type: set}")


@st.composite
def two_schemes(draw):
    """Two schemes that know some names both, perhaps as different kinds."""
    return [replace(draw(schemes()), name=name) for name in ("one", "two")]


@st.composite
def shared_line(draw, some):
    """A line on which every scheme has keys of its own, and what each should see there."""
    seen, own, lists = [], {}, []
    for one in some:
        found = draw(descriptions(one))
        found = replace(found, objects=None, name=None)
        if one.has_objects and draw(st.booleans()):
            found = replace(found, objects=(draw(objects(one)),))
        data = found.to_json()
        own |= {f"{one.name}:{name}": value for name, value in data["self"].items()}
        lists += [
            {f"{one.name}:{name}": text for name, text in entry.items()}
            for entry in data.get("compatible", ())
        ]
        seen.append(found)
    line = {"name": draw(st.sampled_from(("a", 'b"', "é")))} if draw(st.booleans()) else {}
    line["self"] = own
    return json.dumps(line | ({"compatible": lists} if lists else {}), ensure_ascii=False), seen


@given(st.data())
def test_each_scheme_sees_its_own(data):
    """Every device is in a class of which each scheme sees what the device has for it."""
    some = data.draw(two_schemes())
    lines = data.draw(st.lists(shared_line(some), min_size=1, max_size=4))
    counts = data.draw(st.lists(st.integers(1, 3), min_size=len(lines), max_size=len(lines)))
    text = "\n".join(line for (line, _), n in zip(lines, counts, strict=True) for _ in range(n))
    found = read(text, *some)
    assert sum(found.devices) == sum(counts)
    expected = {}
    for (_, seen), count in zip(lines, counts, strict=True):
        expected[tuple(seen)] = expected.get(tuple(seen), 0) + count
    gathered = {}
    for one, count in enumerate(found.devices):
        seen = tuple(replace(found.seen(at, one), name=None) for at in range(2))
        gathered[seen] = gathered.get(seen, 0) + count
    assert gathered == expected


class SlowReader(LineReader):
    """Reads every line with the reader that finds mistakes."""

    def _read_fast(self, line):
        raise ValueError(line)


@given(st.data())
def test_fast_and_slow_reading_agree(data):
    """What is read fast is what the careful reader reads, and it refuses nothing else."""
    some = data.draw(two_schemes())
    line = data.draw(shared_line(some))[0]
    if data.draw(st.booleans()):
        line = line.replace("one:", "")
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(line) - 1))
        other = data.draw(st.sampled_from(('"', "1", "-", ",", "{", "\\")))
        line = line[:at] + other + line[at + 1 :]
    results = []
    for kind in (LineReader, SlowReader):
        reader = kind("fleet", some)
        reader.read(0, line.encode(), 2)
        try:
            reader.check()
        except InputError as error:
            results.append(error.mistakes)
        else:
            [places] = zip(*reader.places, strict=True)
            seen = [own[place] for own, place in zip(reader.own, places, strict=True)]
            assert [len(own) for own in reader.own] == [1, 1]
            results.append((seen, reader.names, reader.devices))
    assert results[0] == results[1]


@given(st.data())
def test_the_matcher_and_the_texts_give_the_same_classes(data):
    """A scheme of other kinds, which keeps the matcher from reading, changes nothing for others."""
    one = replace(data.draw(schemes(has_objects=False)), name="one")
    found = data.draw(st.lists(descriptions(one), min_size=1, max_size=4))
    text = "\n".join(replace(d, objects=None).to_line() for d in found)
    name, kind = next(iter(one.kinds.items()))
    other = scheme("other", f"{json.dumps(name)}: {{type: {'int' if kind != 'int' else 'string'}}}")
    alone = read(text, one)
    try:
        both = read(text, one, other)
    except InputError:
        return
    assert [both.seen(0, at) for at in range(len(both))] == [
        alone.seen(0, at) for at in range(len(alone))
    ]
    assert both.devices == alone.devices


@pytest.mark.parametrize("some", [(A, B), (A, C)])
def test_a_class_is_what_somebody_can_tell_apart(some):
    """Lines that differ in nothing but the name are one class, named by the first device."""
    lines = ['{"name":"d%d","self":{"x":%d}}' % (at, at % 2) for at in range(6)]
    found = read("\n".join(lines), *some)
    assert (found.names, found.devices) == (("d0", "d1"), (3, 3))
    assert found.places == ((0, 1), (0, 1))


def test_a_scheme_sees_only_its_attributes():
    """A scheme that cannot tell classes apart has one description for all of them."""
    found = read('{"self":{"x":1,"z":"p"}}\n{"self":{"x":1,"z":"q"}}\n', A, B)
    assert found.places == ((0, 0), (0, 1))
    assert [set(one.values) for one in (found.own[0][0], found.own[1][0])] == [{"x"}, {"x", "z"}]


def test_what_is_overridden_tells_nothing_apart():
    """A plain value beside a scheme's own one makes no difference for this scheme."""
    assert len(read('{"self":{"x":"text","a:x":1}}', A, C)) == 1
    assert len(read('{"self":{"a:x":1,"x":"\\u0041"}}', A, C)) == 1
    found = read('{"self":{"x":1,"c:x":"p"}}\n{"self":{"x":2,"c:x":"p"}}\n', A, C)
    assert (found.places, len(found.own[1])) == (((0, 1), (0, 0)), 1)


@pytest.mark.parametrize(
    ("lists", "seen"),
    [
        ("", (None, None)),
        (',"compatible":[]', ((), ())),
        (',"compatible":[{"y":"a"}]', (1, None)),
        (',"compatible":[{"x":"1"}]', (1, 1)),
        (',"compatible":[{"x":"1","z":"p"},{"x":1}]', (1, 2)),
        (',"compatible":[{"y":"a","z":"p"}]', (None, None)),
        (',"compatible":[{"a:x":"1"},{"b:x":"2"},{"b:x":"3"}]', (1, 2)),
    ],
)
def test_an_object_is_for_those_who_know_it_all(lists, seen):
    """A scheme asks the objects of which it knows every attribute; others' are no list for it."""
    found = read('{"self":{}%s}' % lists, A, B, scheme("d", "x: {type: string}"))
    shown = [found.own[at][0].objects for at in range(2)]
    assert tuple(len(one) if one else one for one in shown) == seen
    assert found.own[2][0].objects is None


@pytest.mark.parametrize(
    ("own", "values"),
    [
        ('"x":1', ("1", "1")),
        ('"x":"1"', ("1", "1")),
        ('"x":1,"c:x":"one"', ("1", "one")),
        ('"c:x":"one","x":1', ("1", "one")),
        ('"c:x":"one"', (None, "one")),
    ],
)
def test_a_name_of_two_kinds(own, values):
    """One text is read as each kind; a key of the scheme's own goes before the plain one."""
    found = read('{"self":{%s}}' % own, A, C)
    shown = [found.own[at][0].values.get("x") for at in range(2)]
    assert tuple(None if value is None else str(value) for value in shown) == values


@pytest.mark.parametrize("some", [(A, B), (A, B, C)])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"self":{"x":1}}\n\n{"self":{"q":1}}', [(3, 10, 'unknown attribute "q"')]),
        ('{"self":{"x":1}}\n{"name":"d","self":{}', [(2, 22, "the line ends here")]),
        ('{"self":{"y":"a+a"}}', [(1, 17, 'member "a" twice')]),
        ('{"self":{}}\n{"self":{},"compatible":[{"q":1}]}', [(2, 27, 'unknown attribute "q"')]),
        ('{"name":"a\x01","self":{}}', None),
        ("", [(0, 0, "the file is empty")]),
        ("\n \n", [(0, 0, "the file holds no description")]),
        ("[1]", [(1, 1, "this is not a description")]),
    ],
)
def test_mistakes_have_their_place(some, text, expected):
    """Mistakes come with line and column, whichever way the file is read."""
    found = mistakes(text, *some)
    if expected is None:
        assert found[0][:2] == (1, 9)
    else:
        assert [one[:2] for one in found] == [one[:2] for one in expected]
        if "twice" not in expected[0][2]:
            assert found == expected


@pytest.mark.parametrize("some", [(A, B), (A, C)])
def test_a_byte_that_is_no_text(some):
    """Bytes that are not UTF-8 are found also where they stand in a name."""
    found = mistakes(b'{"name":"\xc3\xa9","self":{}}\n{"name":"\xff","self":{}}\n', *some)
    assert [one[:2] for one in found] == [(2, 10)]


def test_what_is_known_is_named():
    """An unknown attribute is told with those that any scheme knows, each once."""
    with pytest.raises(InputError) as caught:
        read('{"self":{"q":1}}', A, B, C)
    assert [m.expected for m in caught.value.mistakes] == ["one of x, y, z"]


def test_many_mistakes_are_counted():
    """Twenty lines with mistakes are explained; how many more there are is said."""
    text = "\n".join('{"name":"n%d","self":{"q":%d}}' % (at, at % 25) for at in range(50))
    found = mistakes(text, A, C)
    assert len(found) == 21
    assert found[-1][2] == "30 more lines have mistakes"


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_pieces_of_any_size(size):
    """Where the file is cut does not matter, also in the middle of a character."""
    text = "".join('{"name":"é%d","self":{"x":%d}}\n' % (at, at % 3) for at in range(9)).encode()
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    shown = []
    found = project("fleet", chunks, [A, C], shown.append)
    assert (found.devices, found.names) == ((3, 3, 3), ("é0", "é1", "é2"))
    assert shown[-1] == len(text)


def test_a_generated_fleet_is_seen_as_by_each_alone():
    """A fleet for several schemes shows each of them what its own fleet would."""
    some = [load_builtin(name) for name in ("self-compatible", "migration-version", "nvml")]
    shared = read(b"".join(generate(some, 300, 4)), *some)
    for at, one in enumerate(some):
        own = read_lines("f", b"".join(generate(one, 300, 4)).decode(), one)
        assert set(shared.own[at]) == {Description(d.values, d.objects) for d in own}


def test_what_any_scheme_knows():
    """Kinds are gathered by the plain key, and by the key of each scheme."""
    kinds = other_kinds([A, C])
    assert kinds["x"] == {"int", "string"}
    assert (kinds["a:x"], kinds["c:x"]) == ({"int"}, {"string"})
