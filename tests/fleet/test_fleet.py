"""Questions to a fleet, and answers as buffers."""

import gc
import threading

import numpy as np
import pytest
from fleet.versions import EMPTY, SCHEME

from simulator.compat.scheme import Direction, Outcome
from simulator.compat.schemes import load_builtin
from simulator.compat.verdict import explain
from simulator.fleet.fleet import Fleet
from simulator.fleet.generate import generate


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
