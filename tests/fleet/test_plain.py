"""The fleet without the C core: a list, and the judge for every row."""

import pytest

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.ndjson import parse_line
from simulator.compat.scheme import Direction, Outcome
from simulator.compat.schemes import load_builtin
from simulator.compat.verdict import explain
from simulator.errors import InputError
from simulator.fleet.plain import PlainFleet

SCHEME = load_builtin("self-compatible")
LINES = [
    '{"name":"a","self":{"aggregator":1},"compatible":[{"aggregator":2}]}',
    '{"name":"b","self":{"aggregator":2},"compatible":[{"aggregator":"one_of(1,2)"}]}',
    '{"name":"c","self":{"aggregator":2}}',
]
DEVICES = [parse_line(line, SCHEME) for line in LINES]


@pytest.fixture
def fleet():
    """Three devices."""
    made = PlainFleet(SCHEME)
    assert made.extend("f", ["\n".join(LINES).encode()]) == range(3)
    return made


def test_rows(fleet):
    """Rows hold what was added, and are given again, the last removed first."""
    assert [fleet[row] for row in range(3)] == DEVICES
    fleet.remove(2)
    fleet.remove(0)
    assert len(fleet) == 1
    assert [fleet.add(DEVICES[1]) for _ in range(3)] == [0, 2, 3]
    fleet.replace(3, DEVICES[2])
    assert fleet[3] == DEVICES[2]


@pytest.mark.parametrize("row", [-1, 3, 2**40])
def test_rows_that_are_not_there(fleet, row):
    """A row without a device is an IndexError, counted from the end too."""
    for ask in (
        lambda: fleet[row],
        lambda: fleet.remove(row),
        lambda: fleet.replace(row, DEVICES[0]),
        lambda: fleet.explain(DEVICES[0], row),
    ):
        with pytest.raises(IndexError):
            ask()
    assert len(fleet) == 3


def test_a_removed_row_is_no_target(fleet):
    """Answers leave out rows without a device."""
    fleet.remove(1)
    with pytest.raises(IndexError):
        fleet[1]
    match = fleet.match(DEVICES[1], Direction.BOTH)
    assert sorted(row for outcome in Outcome for row in match.rows(outcome)) == [0, 2]


@pytest.mark.parametrize("by", [None, *Direction])
@pytest.mark.parametrize("source", DEVICES)
def test_every_answer_is_the_judges(fleet, source, by):
    """Rows, counts and words are those of the judge, in every direction."""
    scheme = SCHEME.accepted(by)
    said = [judge(scheme, source, device) for device in DEVICES]
    match = fleet.match(source, by)
    for outcome in Outcome:
        rows = [row for row, found in enumerate(said) if found is outcome]
        assert match.rows(outcome) == rows
        assert match.first(1, outcome) == rows[:1]
    assert list(match) == match.rows()
    assert (match.count, match.undecided) == (
        said.count(Outcome.COMPATIBLE),
        said.count(Outcome.UNDECIDED),
    )
    assert [fleet.explain(source, row, by) for row in range(3)] == [
        explain(scheme, source, device) for device in DEVICES
    ]


def test_progress(fleet):
    """Progress counts rows, also those without a device."""
    fleet.remove(0)
    seen = []
    fleet.match(DEVICES[0], None, seen.append)
    assert seen == [1, 2, 3]


def test_a_mistake_adds_nothing(fleet):
    """A text with a bad line is refused as a whole, in pieces too."""
    with pytest.raises(InputError) as caught:
        fleet.extend("f", [b'{"self":{}}\n{"se', b'lf":{"aggregator":"x"}}\nbad'])
    assert [(m.file, m.line) for m in caught.value.mistakes] == [("f", 2), ("f", 3)]
    assert len(fleet) == 3
    assert fleet.add(Description({})) == 3
