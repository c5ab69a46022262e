"""Fleets in the C core: rows, texts of many lines, answers as buffers."""

import gc
import threading
from fractions import Fraction

import numpy as np
import pytest

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.loader import load_scheme
from simulator.compat.scheme import Attribute, Direction, Outcome, Scheme
from simulator.compat.schemes import load_builtin
from simulator.compat.verdict import explain
from simulator.errors import InputError
from simulator.fleet.feeder import MAX_MISTAKES
from simulator.fleet.fleet import Fleet
from simulator.fleet.generate import generate

SCHEME = load_builtin("software-version")
LINE = '{"name":"%s","self":{"device_api":"a","mdev_type":"t","software_version":"%s"}}\n'
VERSIONS = ("1.0", "1.1", "2.0", "1.2")
EMPTY = Description({})


@pytest.fixture
def fleet():
    """Four devices that differ in name and version."""
    made = Fleet(SCHEME)
    text = "".join(LINE % (f"d{row}", version) for row, version in enumerate(VERSIONS))
    assert made.extend("f", [text.encode()]) == range(4)
    return made


@pytest.fixture
def source(fleet):
    """A source with version 1.1."""
    return fleet[1]


# ---- rows


def test_rows_are_reused_last_removed_first(fleet):
    """A removed row is given to a later device; rows of others do not move."""
    fleet.remove(0)
    fleet.remove(2)
    assert len(fleet) == 2
    assert [fleet.add(EMPTY) for _ in range(3)] == [2, 0, 4]
    assert fleet.name(1) == "d1"
    assert fleet.size.n_rows == 5


@pytest.mark.parametrize("row", [-1, 4, 2**32 - 1, 2**32, 2**64])
def test_rows_that_are_not_there(fleet, source, row):
    """Every question about a row that is not there is an IndexError."""
    match = fleet.match(source)
    for ask in (
        lambda: fleet[row],
        lambda: fleet.name(row),
        lambda: fleet.remove(row),
        lambda: fleet.replace(row, EMPTY),
        lambda: fleet.explain(source, row),
        lambda: match.outcome(row),
    ):
        with pytest.raises(IndexError):
            ask()
    assert len(fleet) == 4


def test_a_removed_row_is_not_there(fleet, source):
    """A row that was given up has no device, in lines, answers and by number."""
    fleet.remove(1)
    with pytest.raises(IndexError):
        fleet[1]
    assert list(fleet.match(source)) == [3]
    assert [line.split(b'"')[3] for line in fleet.lines()] == [b"d0", b"d2", b"d3"]


def test_replace(fleet, source):
    """Another description takes the row of the old one."""
    fleet.replace(2, fleet[3])
    assert fleet[2] == fleet[3]
    assert list(fleet.match(source)) == [1, 2, 3]


def test_names_can_be_dropped(source):
    """Without names a fleet gives none, and its devices are the same else."""
    fleet = Fleet(SCHEME, keep_names=False)
    assert fleet.add(source) == 0
    assert fleet.name(0) == ""
    assert fleet[0] == Description(source.values, source.objects, None)


def test_size(fleet):
    """Equal descriptions are one class, and bytes are counted."""
    again = fleet.size
    fleet.add(fleet[0])
    assert (again.n_devices, again.n_classes) == (4, 4)
    assert (fleet.size.n_devices, fleet.size.n_classes) == (5, 4)
    assert fleet.size.row_bytes > 0


def test_distinct_values(fleet):
    """Spellings of each attribute are counted, what is absent not."""
    expected = {"device_api": 1, "mdev_type": 1, "software_version": 4}
    assert fleet.distinct_values() == expected
    fleet.add(fleet.parse('{"self":{"software_version":"1.1.0"}}'))
    assert fleet.distinct_values() == expected | {"software_version": 5}


# ---- many lines


@pytest.mark.parametrize("cut", [1, 2, 7, 64, 10**6])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_pieces_of_any_size(fleet, cut, end, last):
    """However a text is cut, and whether its last line ends or not, the fleet is the same."""
    text = b"".join(fleet.lines()).decode().replace("\n", f" {end}\t{end}")
    text = text if last else text.rstrip()
    data = text.encode()
    seen = []
    again = Fleet(SCHEME)
    pieces = [data[start : start + cut] for start in range(0, len(data), cut)]
    assert again.extend("f", pieces, seen.append) == range(4)
    assert list(again.lines()) == list(fleet.lines())
    assert seen == [min(cut * number, len(data)) for number in range(1, len(pieces) + 1)]


def test_rows_of_a_text_follow_each_other(fleet):
    """A text is put behind the last row, even where rows before are free."""
    fleet.remove(1)
    assert fleet.extend("f", [(LINE % ("x", "1.0") * 2).encode()]) == range(4, 6)
    assert fleet.add(EMPTY) == 1


@pytest.mark.parametrize("pieces", [[], [b""], [b"", b""]])
def test_an_empty_text_is_refused(fleet, pieces):
    """No byte at all is a mistake, such as a file that was never written."""
    with pytest.raises(InputError, match="f: the file is empty"):
        fleet.extend("f", pieces)


def test_blank_lines_are_no_devices(fleet):
    """A text of blanks adds nobody."""
    assert len(fleet.extend("f", [b" \n\t\r\n\n"])) == 0
    assert len(fleet) == 4


@pytest.mark.parametrize("cut", [1, 50, 10**6])
def test_a_mistake_adds_nothing(fleet, source, cut):
    """All or none: after a bad line, what was there is there, and answers hold."""
    lines = [LINE % ("x", version) for version in ("1.0", "1.x", "1.2", "1.2.")]
    data = "".join(lines).encode()
    match = fleet.match(source)
    before = list(fleet.lines())
    with pytest.raises(InputError) as caught:
        fleet.extend("f", [data[start : start + cut] for start in range(0, len(data), cut)])
    assert [mistake.line for mistake in caught.value.mistakes] == [2, 4]
    assert list(fleet.lines()) == before
    assert list(match) == [1, 3]
    assert fleet.add(EMPTY) == 4


def test_pieces_that_fail_add_nothing(fleet):
    """When the bytes cannot be had to the end, nothing was added, and the fleet can go on."""

    def broken():
        yield (LINE % ("x", "1.0")).encode()
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        fleet.extend("f", broken())
    assert len(fleet) == 4
    assert fleet.add(EMPTY) == 4


def test_many_mistakes_are_counted(fleet):
    """The first bad lines are explained, the others are counted."""
    for bad, more in ((MAX_MISTAKES, ""), (MAX_MISTAKES + 1, "1 more line has mistakes")):
        with pytest.raises(InputError) as caught:
            fleet.extend("f", [b"bad\n" * bad])
        explained = [mistake for mistake in caught.value.mistakes if mistake.line]
        assert [mistake.line for mistake in explained] == list(range(1, MAX_MISTAKES + 1))
        assert "".join(m.message for m in caught.value.mistakes if not m.line) == more


def test_more_mistakes_than_the_core_tells_at_once(fleet):
    """Where the core stops counting, the number is a lower bound, and says so."""
    with pytest.raises(InputError) as caught:
        fleet.extend("f", [b"bad\n" * 1000])
    assert caught.value.mistakes[-1].message.startswith("at least ")


def test_mistakes_of_one_line_are_all_told(fleet):
    """Every mistake of a bad line is told with its column."""
    text = b'{"self":{"software_version":"x","nobody":1,"mdev_type":2}}'
    with pytest.raises(InputError) as caught:
        fleet.extend("f", [text])
    columns = [mistake.column for mistake in caught.value.mistakes]
    assert columns == [text.index(b"x") + 1, text.index(b'"nobody"') + 1, text.index(b"2}") + 1]
    assert all(mistake.source == text.decode() for mistake in caught.value.mistakes)


# ---- answers


def test_answers_are_buffers_without_a_copy(fleet, source):
    """NumPy takes rows and bits as they lie; what it writes shows in the buffer."""
    match = fleet.match(source)
    rows = match.rows()
    assert (rows.format, rows.ndim, rows.itemsize) == ("I", 1, 4)
    for array in (np.asarray(rows), np.frombuffer(rows, dtype=np.uint32)):
        assert array.dtype == np.uint32
        assert array.tolist() == [1, 3]
        assert np.shares_memory(array, np.asarray(rows))
        assert array.base is not None
    array = np.asarray(rows)
    array[0] = 77
    assert rows[0] == 77
    assert list(match.rows()) == [1, 3]
    bits = match.bitmap()
    assert (bits.format, bits.nbytes) == ("B", 1)
    assert np.flatnonzero(np.unpackbits(np.asarray(bits), bitorder="little")).tolist() == [1, 3]


def test_a_buffer_outlives_its_fleet(source):
    """Rows and bits may be kept when match and fleet are gone."""
    fleet = Fleet(SCHEME)
    for _ in range(1000):
        fleet.add(source)
    rows, bits = fleet.match(source).rows(), fleet.match(source).bitmap()
    array = np.asarray(rows)
    del fleet, rows
    gc.collect()
    assert array.tolist() == list(range(1000))
    assert bytes(bits) == b"\xff" * 125


def test_a_match_outlives_the_name_of_its_fleet(source):
    """A match holds on to the fleet it asks."""
    fleet = Fleet(SCHEME)
    fleet.add(source)
    match = fleet.match(source)
    del fleet
    gc.collect()
    assert (match.count, list(match), match.outcome(0)) == (1, [0], Outcome.COMPATIBLE)


def test_answers_of_an_empty_fleet(source):
    """Nobody is a target in a fleet of nobody."""
    match = Fleet(SCHEME).match(source)
    assert (match.count, match.undecided, list(match), match.first(5)) == (0, 0, [], [])
    assert (len(match.rows()), len(match.bitmap())) == (0, 0)
    assert np.asarray(match.rows()).tolist() == []


def test_first(fleet, source):
    """The lowest rows come first; more than there are is all."""
    match = fleet.match(source)
    assert [match.first(most) for most in (0, 1, 2, 9)] == [[], [1], [1, 3], [1, 3]]
    assert match.first(9, Outcome.INCOMPATIBLE) == [0, 2]


def test_undecided_is_counted(fleet, source):
    """Devices of which the scheme does not say are no targets, and not refused either."""
    row = fleet.add(EMPTY)
    match = fleet.match(source)
    assert (match.count, match.undecided) == (2, 1)
    assert match.outcome(row) is Outcome.UNDECIDED
    assert list(match.rows(Outcome.UNDECIDED)) == [row]


@pytest.mark.parametrize(
    "change",
    [
        lambda fleet: fleet.add(EMPTY),
        lambda fleet: fleet.remove(0),
        lambda fleet: fleet.replace(0, EMPTY),
        lambda fleet: fleet.extend("f", [b'{"self":{}}']),
    ],
)
def test_answers_go_stale(fleet, source, change):
    """After a change every question of an old match is refused; buffers stay."""
    match = fleet.match(source)
    rows = match.rows()
    change(fleet)
    for ask in (
        lambda: match.count,
        lambda: match.undecided,
        match.rows,
        match.bitmap,
        lambda: match.first(1),
        lambda: match.outcome(1),
        lambda: next(iter(match)),
    ):
        with pytest.raises(RuntimeError, match="the fleet changed; ask again"):
            ask()
    assert list(rows) == [1, 3]


def test_directions():
    """Who accepts can be said with the question; None keeps the scheme's."""
    scheme = load_builtin("self-compatible")
    fleet = Fleet(scheme)
    wanting = fleet.parse('{"self":{"aggregator":1},"compatible":[{"aggregator":2}]}')
    wanted = fleet.parse('{"self":{"aggregator":2},"compatible":[]}')
    fleet.add(wanted)
    found = {by: list(fleet.match(wanting, by)) for by in (None, *Direction)}
    assert found == {None: [], Direction.TARGET: [], Direction.SOURCE: [0], Direction.BOTH: []}


def test_direction_means_nothing_without_objects(fleet, source):
    """A scheme without objects has the same targets whoever accepts."""
    assert [list(fleet.match(source, by)) for by in Direction] == [[1, 3]] * 3


def test_explain_is_the_judges(fleet, source):
    """The words come from the judge, about the description in the row."""
    for row in range(4):
        verdict = fleet.explain(source, row)
        assert verdict == explain(SCHEME, source, fleet[row])
        assert verdict.outcome is fleet.match(source).outcome(row)


def test_a_scheme_in_the_numbers_of_the_core():
    """Every setting of a scheme reaches the core: relations with `of`, missing, division."""
    data = b"""
scheme: s
objects: published
accepted-by: both
missing: compatible
unlisted: undecided
division: floor
attributes:
  kind: {type: string, clause: equal, missing: incompatible}
  takes: {type: set, clause: one_of, of: kind}
  share: {type: ratio}
"""
    scheme = load_scheme("f", data)
    fleet = Fleet(scheme)
    lines = [
        '{"self":{"kind":"a","takes":"a","share":"1/2"}}',
        '{"self":{"kind":"a","takes":"b","share":"1/2"}}',
        '{"self":{"takes":"a"}}',
        '{"self":{"kind":"a","takes":"a"},"compatible":[{"kind":"a"}]}',
        '{"self":{"kind":"a","takes":"a","share":1},"compatible":[{"share":"{n:int:3}/2"}]}',
    ]
    devices = [fleet.parse(line) for line in lines]
    for device in devices:
        fleet.add(device)
    expected = [[judge(scheme, source, target) for target in devices] for source in devices]
    found = [[fleet.match(source).outcome(row) for row in range(5)] for source in devices]
    assert found == expected
    assert {outcome for row in expected for outcome in row} == set(Outcome)
    assert Fraction(1, 2) == devices[0].values["share"].value


@pytest.mark.parametrize("count", [1, 63, 64])
def test_schemes_of_many_attributes(count):
    """Up to 64 attributes are compared, the last as the first."""
    names = [f"a{number}" for number in range(count)]
    scheme = Scheme(
        "s",
        {name: Attribute(name, "int") for name in names},
        has_objects=True,
        unlisted=Outcome.INCOMPATIBLE,
    )
    fleet = Fleet(scheme)
    last = names[-1]
    device = fleet.parse(f'{{"self":{{"{last}":1}},"compatible":[{{"{last}":1}}]}}')
    other = fleet.parse(f'{{"self":{{"{last}":2}}}}')
    fleet.add(device)
    assert (fleet.match(device).count, fleet.match(other).count) == (1, 0)


def test_threads_may_ask_at_once():
    """Many threads put questions to one fleet and get the same answers as one does."""
    scheme = load_builtin("self-compatible")
    fleet = Fleet(scheme)
    fleet.extend("f", generate(scheme, 3000, 1))
    sources = [fleet[row] for row in range(0, 3000, 100)]
    expected = [bytes(fleet.match(source).rows()) for source in sources]
    found = {}

    def ask(number):
        found[number] = [bytes(fleet.match(source).rows()) for source in sources]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == dict.fromkeys(range(8), expected)


def test_one_reader_at_a_time(fleet):
    """While a text is being read into a fleet nothing else changes it."""
    refused = []

    def pieces():
        yield (LINE % ("x", "1.0")).encode()
        for change in (
            lambda: fleet.add(EMPTY),
            lambda: fleet.remove(0),
            lambda: fleet.extend("g", [b'{"self":{}}']),
        ):
            with pytest.raises(ValueError, match=r".") as caught:
                change()
            refused.append(caught.value)

    assert fleet.extend("f", pieces()) == range(4, 5)
    assert len(refused) == 3
    assert len(fleet) == 5
