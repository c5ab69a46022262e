"""The devices of a fleet: rows, names, sizes."""

import pytest
from fleet.versions import EMPTY, SCHEME

from simulator.compat.description import Description
from simulator.fleet.fleet import Fleet


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
