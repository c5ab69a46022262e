"""Islands of mutual migration, against a transitive closure over the judge."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.strategies import descriptions, schemes

from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome
from simulator.lab.islands import Island, islands
from simulator.lab.matrix import Matrix, matrix
from simulator.lab.pairs import members, transposed


def accepts(scheme, one, other):
    """Tell whether the second device accepts the first, by the judge."""
    return judge(scheme, one, other) is Outcome.COMPATIBLE


def naive(scheme, found):
    """Gather the devices from which ways lead to each other, by a transitive closure."""
    places = range(len(found))
    leads = {(s, t) for s, t in product(places, repeat=2) if accepts(scheme, found[s], found[t])}
    for via, s, t in product(places, repeat=3):
        if (s, via) in leads and (via, t) in leads:
            leads.add((s, t))
    return {tuple(t for t in places if s == t or {(s, t), (t, s)} <= leads) for s in places}


@given(st.data())
def test_islands_are_those_of_the_judge(data):
    """The members are those of a closure over the judge, complete where it accepts all pairs."""
    scheme = data.draw(schemes())
    found = data.draw(st.lists(descriptions(scheme), max_size=7))
    devices = data.draw(st.lists(st.integers(1, 9), min_size=len(found), max_size=len(found)))
    answer = islands(matrix(scheme, found), devices)
    assert {island.members for island in answer} == naive(scheme, found)
    for island in answer:
        pairs = product(island.members, repeat=2)
        whole = all(accepts(scheme, found[one], found[other]) for one, other in pairs)
        assert island.is_complete == whole
        assert island.devices == sum(devices[one] for one in island.members)


@st.composite
def relations(draw):
    """Matrices of which nothing is undecided."""
    size = draw(st.integers(0, 9))
    rows = st.lists(st.integers(0, 2**size - 1), min_size=size, max_size=size)
    return Matrix(tuple(draw(rows)), (0,) * size)


@given(relations())
def test_islands_part_the_classes(verdicts):
    """Each class is on one island, and the islands stand by their devices."""
    answer = islands(verdicts, [1] * len(verdicts))
    assert sorted(one for island in answer for one in island.members) == [*range(len(verdicts))]
    sizes = [island.devices for island in answer]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((), ()),
        # One way only joins nothing.
        ((0b11, 0b10), (Island((0,), 5, True), Island((1,), 5, True))),
        # A chain of joins is one island, and not complete.
        ((0b011, 0b111, 0b110), (Island((0, 1, 2), 15, False),)),
        ((0b111, 0b111, 0b111), (Island((0, 1, 2), 15, True),)),
        # A class that refuses its like is an island, and not complete.
        ((0b0,), (Island((0,), 5, False),)),
        ((0b10, 0b01), (Island((0, 1), 10, False),)),
        # A ring of one way each is an island: there is a way back, through others.
        ((0b010, 0b100, 0b001), (Island((0, 1, 2), 15, False),)),
        ((0b0011, 0b0110, 0b1101, 0b1000), (Island((0, 1, 2), 15, False), Island((3,), 5, True))),
    ],
)
def test_small_islands(rows, expected):
    """What is joined, and what is complete, on matrices of up to four classes."""
    assert islands(Matrix(rows, (0,) * len(rows)), [5] * len(rows)) == expected


@given(relations())
def test_transposed(verdicts):
    """The transposed matrix has sources and targets swapped, and twice is the same again."""
    back = transposed(verdicts.compatible)
    places = range(len(verdicts))
    assert all(back[t] >> s & 1 == verdicts.compatible[s] >> t & 1 for s in places for t in places)
    assert tuple(transposed(back)) == verdicts.compatible


@pytest.mark.parametrize(
    ("rows", "width", "columns"),
    [
        ((0b01, 0b11, 0b00), 2, [0b011, 0b010]),
        ((0b100,), 3, [0, 0, 1]),
        ((), 2, [0, 0]),
        ((0, 0), 0, []),
    ],
)
def test_transposed_where_sources_are_not_the_targets(rows, width, columns):
    """There is a column for each target, also where nobody asks it."""
    assert transposed(rows, width) == columns


@given(st.sets(st.integers(0, 300)))
def test_members(places):
    """The places of the bits come in ascending order."""
    assert list(members(sum(1 << place for place in places))) == sorted(places)
