"""Fleets in files of their own: the same fleet comes back, or an error and nothing."""

import io
import random
import re

import pytest
from fleet.saved_form import Saved

from simulator.compat.loader import load_scheme
from simulator.compat.scheme import Direction
from simulator.compat.schemes import load_builtin
from simulator.errors import InputError
from simulator.fleet.fleet import Fleet
from simulator.fleet.plain import PlainFleet
from simulator.fleet.saved import SAVED_MAGIC

SCHEME = """\
scheme: mine
accepted-by: both
objects: published
attributes:
  type: {type: string, clause: equal}
  count: {type: int}
  modes: {type: set, clause: superset}
  version: {type: version, clause: version}
  id: {type: pci_id}
  share: {type: ratio}
"""
VALUES = {
    "type": ['"a"', '"b"', '"é"', '""'],
    "count": ["0", "1", "-5"],
    "modes": ['"x"', '"x+y"', '"y, z"', '""'],
    "version": ['"1.0"', '"1.2"', '"2.0.1"'],
    "id": ['"8086"', '"8086-591d"'],
    "share": ["1", '"1/2"'],
}
LISTS = ["[]", '[{"count":"range(0,3)"}]', '[{"type":"a"},{"modes":"superset(x)"}]']


MINE = load_scheme("mine.yaml", SCHEME.encode())


def line_of(rng: random.Random) -> bytes:
    values = [
        f'"{name}":{rng.choice(known)}' for name, known in VALUES.items() if rng.random() < 0.8
    ]
    name = f'"name":"{rng.choice(["", "gpu", "ü", "n" * 40])}",' if rng.random() < 0.7 else ""
    objects = f',"compatible":{rng.choice(LISTS)}' if rng.random() < 0.7 else ""
    return f'{{{name}"self":{{{",".join(values)}}}{objects}}}'.encode()


def fleet_of(seed: int, *, keep_names: bool = True, devices: int = 60) -> Fleet:
    """Make a fleet in which rows came and went."""
    rng = random.Random(seed)
    fleet = Fleet(MINE, keep_names=keep_names)
    fleet.extend("fleet", [b"\n".join(line_of(rng) for _ in range(devices))])
    for _ in range(devices):
        row = rng.randrange(devices)
        match rng.randrange(3):
            case 0 if row in rows(fleet):
                fleet.remove(row)
            case 1 if row in rows(fleet):
                fleet.replace(row, fleet.parse(line_of(rng).decode()))
            case 2:
                fleet.add(fleet.parse(line_of(rng).decode()))
    return fleet


def rows(fleet: Fleet) -> list[int]:
    found = []
    for row in range(fleet.size.n_rows):
        try:
            fleet.line(row)
        except IndexError:
            continue
        found.append(row)
    return found


def bytes_of(fleet: Fleet) -> bytes:
    return b"".join(fleet.saved())


def same(one: Fleet, other: Fleet) -> None:
    """Both hold the same, answer the same, and give the same rows to new devices."""
    assert one.size[:4] == other.size[:4]
    assert one.layout == other.layout
    assert rows(one) == rows(other)
    assert one.distinct_values() == other.distinct_values()
    assert list(one.lines()) == list(other.lines())
    rng = random.Random(1)
    sources = [line_of(rng) for _ in range(12)]
    for source in sources:
        a, b = one.match(source), other.match(source)
        assert list(a.rows()) == list(b.rows())
        assert a.undecided == b.undecided
    given = one.size.n_rows - len(one) + 2
    new = one.parse(sources[0].decode())
    assert [one.add(new) for _ in range(given)] == [other.add(new) for _ in range(given)]
    assert list(one.lines()) == list(other.lines())


@pytest.mark.parametrize("layout", ["auto", "classes", "flat"])
@pytest.mark.parametrize("seed", range(8))
def test_a_loaded_fleet_is_the_saved_one(seed, layout):
    """Rows, names, descriptions, layout, answers and the order of free rows come back."""
    fleet = fleet_of(seed)
    fleet.lay_out(layout)
    file = io.BytesIO()
    fleet.save(file)
    loaded = Fleet.load(io.BytesIO(file.getvalue()), fleet.scheme)
    assert bytes_of(loaded) == file.getvalue()
    same(fleet, loaded)


def test_an_empty_fleet_is_saved():
    """A fleet without devices comes back without devices."""
    fleet = Fleet(MINE)
    same(fleet, Fleet.load(bytes_of(fleet), fleet.scheme))


@pytest.mark.parametrize("layout", ["classes", "flat"])
def test_a_fleet_of_removed_rows_is_saved(layout):
    """Rows without a device stay rows."""
    fleet = fleet_of(1)
    for row in rows(fleet):
        fleet.remove(row)
    fleet.lay_out(layout)
    same(fleet, Fleet.load(bytes_of(fleet), fleet.scheme))


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("saved", [True, False])
def test_names_can_be_left_out(kept, saved):
    """Names come back if they were saved and are wanted."""
    fleet = fleet_of(2, keep_names=saved)
    loaded = Fleet.load(bytes_of(fleet), fleet.scheme, keep_names=kept)
    assert rows(loaded) == rows(fleet)
    for row in rows(fleet):
        assert loaded.name(row) == (fleet.name(row) if kept else "")


@pytest.mark.parametrize("codes", [254, 255, 256, 65534, 65535, 65536])
@pytest.mark.parametrize("layout", ["classes", "flat"])
def test_codes_of_every_width_are_saved(codes, layout):
    """A dictionary widens where its codes need it, and comes back as wide."""
    fleet = Fleet(load_builtin("software-version"))
    text = "".join(f'{{"self":{{"software_version":"1.{n}"}}}}\n' for n in range(codes))
    fleet.extend("fleet", [text.encode()])
    fleet.lay_out(layout)
    loaded = Fleet.load(bytes_of(fleet), fleet.scheme)
    assert loaded.layout == layout
    for row in (0, 253, codes - 1):
        assert loaded.line(row) == f'{{"self":{{"software_version":"1.{row}"}}}}'.encode()


@pytest.mark.parametrize("devices", [33_000, 40_000])
def test_a_large_flat_fleet_keeps_its_order(devices):
    """Devices that were sorted are loaded as they lie, and answer as before."""
    rng = random.Random(devices)
    lines = [
        f'{{"self":{{"type":"{rng.choice("abc")}","count":{n},"modes":"x"}}}}'.encode()
        for n in range(devices)
    ]
    fleet = Fleet(MINE)
    fleet.extend("fleet", [b"\n".join(lines)])
    assert fleet.layout == "flat"
    fleet.remove_many(range(0, 3000, 7))
    loaded = Fleet.load(bytes_of(fleet), MINE)
    assert list(loaded.class_of_rows()) == list(fleet.class_of_rows())
    assert bytes_of(loaded) == bytes_of(fleet)
    for source in lines[:5]:
        assert list(loaded.match(source).rows()) == list(fleet.match(source).rows())


def test_lists_of_any_length_are_saved():
    """A list that is longer than a piece comes back whole."""
    fleet = Fleet(MINE)
    values = ",".join(f"v{n}" for n in range(400_000))
    fleet.add(fleet.parse(f'{{"self":{{}},"compatible":[{{"type":"one_of({values})"}}]}}'))
    assert Fleet.load(bytes_of(fleet), fleet.scheme).line(0) == fleet.line(0)


# ---- the scheme


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("scheme: mine", "scheme: other"), "the scheme mine; expected one under other"),
        (("clause: equal", "clause: any"), "the scheme mine as it was then"),
        (("count: {type: int}", "number: {type: int}"), "the scheme mine as it was then"),
        (("count: {type: int}", "count: {type: ratio}"), "the scheme mine as it was then"),
        (("  share: {type: ratio}\n", ""), "the scheme mine as it was then"),
        (
            ("attributes:", "accepts:\n  - {type: a}\nattributes:"),
            "the scheme mine as it was then",
        ),
    ],
)
def test_a_fleet_is_loaded_under_its_scheme_only(change, message):
    """Under any other scheme the error names the one that it was saved under."""
    other = load_scheme("mine.yaml", SCHEME.replace(*change).encode())
    with pytest.raises(InputError, match=re.escape(message)):
        Fleet.load(bytes_of(fleet_of(3)), other, name="a.mdevfleet")


def test_the_direction_may_be_another():
    """Who accepts is asked by each question, and no matter of the saved fleet."""
    fleet = fleet_of(3)
    loaded = Fleet.load(bytes_of(fleet), MINE.accepted(Direction.SOURCE))
    assert list(loaded.lines()) == list(fleet.lines())


def test_a_plain_fleet_takes_a_saved_one():
    """The judge's fleet has the same rows."""
    fleet = fleet_of(3)
    plain = PlainFleet(MINE)
    plain.restore("a.mdevfleet", bytes_of(fleet))
    assert len(plain) == len(fleet)
    source = fleet[rows(fleet)[0]]
    assert list(plain.match(source)) == list(fleet.match(source))


# ---- damage


def refused(data: bytes) -> int:
    """Return the offset that the error names."""
    with pytest.raises(InputError) as caught:
        Fleet.load(data, MINE, name="a.mdevfleet")
    (mistake,) = caught.value.mistakes
    assert mistake.file == "a.mdevfleet"
    found = re.match(r"byte (\d+): ", mistake.message)
    assert found, mistake.message
    offset = int(found[1])
    assert offset <= len(data)
    return offset


@pytest.mark.parametrize("layout", ["classes", "flat"])
def test_every_truncation_is_told(layout):
    """A file that ends anywhere before its end is refused there."""
    fleet = fleet_of(4, devices=5)
    fleet.lay_out(layout)
    data = bytes_of(fleet)
    for end in range(len(data)):
        assert refused(data[:end]) == end


@pytest.mark.parametrize("layout", ["classes", "flat"])
def test_every_flipped_bit_is_told(layout):
    """No single bit can change without an error."""
    fleet = fleet_of(4, devices=5)
    fleet.lay_out(layout)
    data = bytearray(bytes_of(fleet))
    for place in range(len(data)):
        for bit in range(8):
            data[place] ^= 1 << bit
            try:
                refused(bytes(data))
            finally:
                data[place] ^= 1 << bit


@pytest.mark.parametrize("more", [b"\0", b"\n", bytes(8), SAVED_MAGIC])
def test_bytes_behind_the_end_are_told(more):
    """A file that goes on is refused where it should end."""
    data = bytes_of(fleet_of(5))
    assert refused(data + more) == len(data)


def test_other_files_are_no_saved_fleets():
    """Whatever does not begin as a saved fleet is refused at its beginning."""
    for data in (b'{"self":{}}\n', b"PAR1", b"\x89PNG\r\n\x1a\n", bytes(100)):
        assert refused(data) == 0
    assert refused(b"") == 0


def test_a_later_version_is_not_guessed():
    """A form that this version does not know is told as such."""
    saved = Saved.apart(bytes_of(fleet_of(5)))
    saved.head[1] = 2
    with pytest.raises(InputError, match="byte 8: a version of saved fleets"):
        Fleet.load(saved.sealed(), MINE)


# ---- wrong contents under right checksums

LABEL, VALUES_OF, LISTS_OF, CLASSES, CODES, FREE, NAMES = 0, 1, 7, 8, 9, 16, 17


def crafted(layout: str = "classes") -> Saved:
    """Take a fleet of three devices and three free rows apart."""
    fleet = Fleet(MINE)
    line = '{"name":"d%d","self":{"type":"t%d","modes":"x"},"compatible":[]}\n'
    fleet.extend("fleet", ["".join(line % (n, n % 2) for n in range(6)).encode()])
    for row in (1, 5, 2):
        fleet.remove(row)
    fleet.lay_out(layout)
    saved = Saved.apart(bytes_of(fleet))
    assert saved.sealed() == bytes_of(fleet)
    return saved


HEADS = {
    "rows": (4, [0, 1, 5, 7, 2**31, 2**32 - 2]),
    "classes": (5, [0, 1, 3, 2**31 - 2, 2**31, 2**32 - 1, 2**63]),
    "weighed": (6, [2**32, 2**63]),
    "unsorted": (7, [2**32, 2**63]),
    "flags": (8, [1, 2, 4, 2**31]),
    "layout": (9, [2, 3, 2**32 - 1]),
}


@pytest.mark.parametrize(
    ("at", "value"), [(at, value) for at, values in HEADS.values() for value in values]
)
def test_heads_that_lie_are_refused(at, value):
    """A head that does not fit the sections is an error, and takes no memory to find out."""
    saved = crafted()
    if saved.head[at] == value:
        return
    saved.head[at] = value
    refused(saved.sealed())


@pytest.mark.parametrize("count", [2**32 - 1, 2**32, 2**64 - 1])
def test_more_rows_than_32_bits_are_told(count):
    """A count that rows cannot have is told before anything is read."""
    saved = crafted()
    saved.head[4] = count
    with pytest.raises(InputError, match="more devices than 32 bits count"):
        Fleet.load(saved.sealed(), MINE)


@pytest.mark.parametrize("layout", ["classes", "flat"])
@pytest.mark.parametrize("number", range(18))
@pytest.mark.parametrize("count", [0, 1, 2**31, 2**32, 2**61, 2**62, 2**63, 2**64 - 1])
@pytest.mark.parametrize("which", ["count", "text_count", "both"])
def test_lengths_that_overflow_are_refused(layout, number, count, which):
    """No count of a section is believed."""
    saved = crafted(layout)
    section = saved.sections[number]
    if which != "text_count":
        section.count = count
    if which != "count":
        section.text_count = count
    if section.sealed() != crafted(layout).sections[number].sealed():
        with pytest.raises(InputError):
            Fleet.load(saved.sealed(), MINE)


@pytest.mark.parametrize("layout", ["classes", "flat"])
@pytest.mark.parametrize("number", range(18))
def test_sections_out_of_place_are_refused(layout, number):
    """A section that is missing, twice, of another number or width is refused."""
    for change in ("missing", "twice", "number", "width"):
        saved = crafted(layout)
        section = saved.sections[number]
        if change == "missing":
            del saved.sections[number]
        elif change == "twice":
            saved.sections.insert(number, section)
        elif change == "number":
            section.number ^= 1
        else:
            section.width = 3 if section.width == 2 else 8
        with pytest.raises(InputError):
            Fleet.load(saved.sealed(), MINE)


CONTENTS = [
    ("classes", CLASSES, 0, 3, "a class that is not there"),
    ("classes", CLASSES, 3, 1, "a class without a device"),
    ("classes", CLASSES, 1, 1, "not as many numbers"),
    ("classes", CLASSES, 0, 0, "not as many numbers"),
    ("classes", CODES, 0, 3, "a code that is not there"),
    ("classes", CODES, 0, 255, "a code that is not there"),
    ("classes", CODES, 1, 1, "a class for the second time"),
    ("classes", CODES + 6, 1, 2, "a code that is not there"),
    ("flat", CLASSES, 0, 6, "a row that is not there, or twice"),
    ("flat", CLASSES, 2, 0, "a row that is not there, or twice"),
    ("flat", CLASSES, 2, 2**32 - 1, "a row that is not there, or twice"),
    ("flat", CLASSES, 2, 5, "a row that is not free, or twice"),
    ("flat", CODES, 2, 3, "a code that is not there"),
    ("flat", CODES + 2, 1, 2, "a code that is not there"),
    ("flat", CODES + 6, 2, 2, "a code that is not there"),
    *(
        (layout, FREE, *change, "a row that is not free, or twice")
        for layout in ("classes", "flat")
        for change in [(0, 0), (0, 6), (0, 2**32 - 1), (1, 2), (2, 2), (2, 2**32 - 2)]
    ),
    ("classes", VALUES_OF, 0, 3, "a text that is longer than its section"),
    ("classes", VALUES_OF, 0, 0, "a text that no length counts"),
    ("classes", VALUES_OF, 1, 5000, "a text that is longer than its section"),
    ("classes", LISTS_OF, 0, 1, "a value or list that is none"),
    ("classes", LISTS_OF, 0, 2**32 - 1, "a text that is longer than its section"),
    ("classes", NAMES, 0, 4097, "a name that cannot be"),
    ("classes", NAMES, 0, 7, "a name that cannot be"),
    ("classes", NAMES, 0, 1, "a text that no length counts"),
    ("classes", NAMES, 1, 0, "a name that cannot be"),
    ("classes", LABEL, 0, 1, "a label that does not fill its section"),
]


@pytest.mark.parametrize(("layout", "number", "at", "value", "message"), CONTENTS)
def test_numbers_that_lie_are_refused(layout, number, at, value, message):
    """Classes, codes, free rows and lengths that cannot be are told, each in its words."""
    saved = crafted(layout)
    saved.sections[number].numbers[at] = value
    with pytest.raises(InputError, match=rf"byte \d+: {message}"):
        Fleet.load(saved.sealed(), MINE)


@pytest.mark.parametrize(
    ("number", "text", "message"),
    [
        (VALUES_OF, b"t0t0", "a value or list for the second time"),
        (VALUES_OF, b"t0\xff1", "a value or list that is none"),
        (VALUES_OF, b"t0\xc31", "a value or list that is none"),
        (VALUES_OF, b"t0t\n", "a value or list that is none"),
        (VALUES_OF, b"t0t1more", "a text that no length counts"),
        (VALUES_OF + 2, b"+", "a value or list that is none"),
        (LISTS_OF, b"[ ", "a value or list that is none"),
        (LISTS_OF, b"{}", "a value or list that is none"),
        (NAMES, b"d0d\xff4d", "a name that cannot be"),
        (NAMES, b"d0d\x7f" + b"d4", "a name that cannot be"),
        (NAMES, b"d0d3", "a name that cannot be"),
    ],
)
def test_texts_that_lie_are_refused(number, text, message):
    """Values, lists and names are as strict as in a line."""
    saved = crafted()
    saved.sections[number].text = text
    with pytest.raises(InputError, match=rf"byte \d+: {message}"):
        Fleet.load(saved.sealed(), MINE)


@pytest.mark.parametrize("layout", ["classes", "flat"])
@pytest.mark.parametrize("seed", range(60))
def test_crafted_files_load_whole_or_not_at_all(layout, seed):
    """Whatever numbers stand under right checksums, a fleet that loads can be asked and saved."""
    rng = random.Random(seed)
    saved = crafted(layout)
    for _ in range(rng.randint(1, 2)):
        section = rng.choice(saved.sections[1:])
        if section.numbers and section.width:
            most = 2 ** (8 * section.width) - 1
            at = rng.randrange(len(section.numbers))
            section.numbers[at] = min(most, rng.choice([0, 1, 2, 3, 4, 5, 6, 255, most]))
    try:
        fleet = Fleet.load(saved.sealed(), MINE)
    except InputError:
        return
    same(fleet, Fleet.load(bytes_of(fleet), MINE))


def test_a_fleet_that_changes_is_not_saved():
    """Pieces of two states are never put together."""
    fleet = fleet_of(6)
    pieces = fleet.saved()
    assert next(pieces)
    fleet.remove(rows(fleet)[0])
    with pytest.raises(RuntimeError, match="changed"):
        next(pieces)
