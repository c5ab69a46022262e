"""Many sources at once and the judge: one law, two ways to it."""

from itertools import product

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from property.strategies import core, descriptions, fleets, half_core, objects, schemes

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.scheme import Direction, Outcome
from simulator.fleet.fleet import Fleet

LAYOUTS = ("classes", "flat")
PATHS = ("portable", "avx2", "avx512")


def filled(scheme, devices):
    """Make a fleet of these devices."""
    fleet = Fleet(scheme)
    for device in devices:
        fleet.add(device)
    return fleet


def bits_of(rows):
    """Set the bits of some rows."""
    return sum(1 << row for row in rows)


def check_matches(matches, said, memory):
    """
    Compare every answer for many sources with what was said of each pair.

    Args:
        matches: The answers.
        said: For each source the outcome of each row; None where there is no device.
        memory: Bytes at a time.
    """
    assert len(matches) == len(said)
    for outcome in Outcome:
        rows = [[row for row, found in enumerate(one) if found is outcome] for one in said]
        assert list(matches.count_of(outcome)) == [len(one) for one in rows]
        bitmaps = [
            int.from_bytes(bits, "little") for bits in matches.bitmaps(outcome, memory=memory)
        ]
        assert bitmaps == [bits_of(one) for one in rows]
        pairs = [
            pair
            for sources, targets in matches.pairs(outcome, memory=memory)
            for pair in zip(sources, targets, strict=True)
        ]
        assert pairs == [(source, row) for source, one in enumerate(rows) for row in one]
        for most in (0, 1, 2, 99):
            first = [list(one) for one in matches.first(most, outcome, memory=memory)]
            assert first == [one[:most] for one in rows]


def judged(scheme, sources, devices):
    """Ask the judge about every pair."""
    return [[judge(scheme, source, target) for target in devices] for source in sources]


@core
@given(st.data())
def test_every_pair_has_the_verdict_of_the_judge(data):
    """Counts, bits, pairs and first rows of many sources are the judge's, whoever accepts."""
    scheme = data.draw(schemes())
    devices = data.draw(fleets(scheme))
    sources = data.draw(st.lists(descriptions(scheme), max_size=4))
    sources += (
        data.draw(st.lists(st.sampled_from(sources + devices), max_size=3)) if sources else []
    )
    fleet = filled(scheme, devices)
    fleet.lay_out(data.draw(st.sampled_from(LAYOUTS)))
    threads = data.draw(st.integers(1, 3))
    memory = data.draw(st.sampled_from((0, 3000, 1 << 20)))
    for accepted_by in (None, *Direction):
        said = judged(scheme.accepted(accepted_by), sources, devices)
        event(f"some target: {any(Outcome.COMPATIBLE in one for one in said)}")
        check_matches(fleet.match_all(sources, accepted_by, threads=threads), said, memory)


@half_core
@given(st.data())
def test_devices_of_the_fleet_are_sources(data):
    """Rows and classes as sources get the judge's answers, also after devices have left."""
    scheme = data.draw(schemes(has_objects=True))
    devices = data.draw(fleets(scheme, min_size=1))
    fleet = filled(scheme, devices)
    fleet.lay_out(data.draw(st.sampled_from(LAYOUTS)))
    for row in data.draw(st.sets(st.integers(0, len(devices) - 1), max_size=3)):
        fleet.remove(row)
        devices[row] = None
    rows = [row for row, device in enumerate(devices) if device is not None]
    said = [
        [None if target is None else judge(scheme, devices[row], target) for target in devices]
        for row in rows
    ]
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8)) if rows else []
    check_matches(
        fleet.match_all([rows[at] for at in chosen]), [said[at] for at in chosen], 1 << 20
    )
    matrix = fleet.matrix()
    class_of = matrix.class_of_rows
    first_of = {class_of[row]: at for at, row in reversed(list(enumerate(rows)))}
    check_matches(matrix, [said[first_of[one]] for one in range(len(matrix))], 1 << 20)
    for outcome in Outcome:
        assert [int.from_bytes(bits, "little") for bits in matrix.class_bitmaps(outcome)] == [
            bits_of({class_of[row] for row in rows if said[first_of[one]][row] is outcome})
            for one in range(len(matrix))
        ]


def many(data, scheme, most):
    """Combine a few values of each attribute and a few lists, at random, to many descriptions."""
    few = data.draw(st.lists(descriptions(scheme), min_size=3, max_size=8))
    pools = [list({one.values.get(name) for one in few}) for name in scheme.kinds]
    random = data.draw(st.randoms(use_true_random=False))
    chosen = list(product(*pools))
    random.shuffle(chosen)
    named = [dict(zip(scheme.kinds, one, strict=True)) for one in chosen[:most]]
    return [
        Description(
            {name: value for name, value in one.items() if value is not None},
            random.choice(few).objects,
        )
        for one in named
    ]


def check_with_match(fleet, sources, matches):
    """Compare the answers with those of one question a source."""
    undecided = matches.undecided
    asked = zip(
        sources, matches.counts, undecided, matches.bitmaps(), matches.bitmaps(Outcome.UNDECIDED),
        strict=True,
    )  # fmt: skip
    for source, count, doubts, bits, doubtful in asked:
        match = fleet.match(source)
        assert (match.count, match.undecided) == (count, doubts)
        assert match.bitmap() == bits
        assert match.bitmap(Outcome.UNDECIDED) == doubtful


@pytest.mark.parametrize("path", PATHS)
@settings(core, max_examples=core.max_examples // 10)
@given(data=st.data())
def test_more_sources_than_a_block_holds(path, data):
    """On every path 1,300 sources, equal ones among them, are answered as each alone is."""
    scheme = data.draw(schemes(has_objects=True))
    devices = many(data, scheme, 300)
    random = data.draw(st.randoms(use_true_random=False))
    sources = [random.choice(devices) for _ in range(700)] + many(data, scheme, 600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MDM_PATH", path)
        fleet = filled(scheme, devices)
        fleet.lay_out(data.draw(st.sampled_from(LAYOUTS)))
        matches = fleet.match_all(sources, threads=data.draw(st.integers(1, 4)))
        check_with_match(fleet, sources, matches)


@half_core
@given(st.data())
def test_lists_of_many_objects(data):
    """Sources of up to a hundred objects, more than a word of lanes has, are judged alike."""
    scheme = data.draw(schemes(has_objects=True))
    pool = data.draw(st.lists(objects(scheme), min_size=1, max_size=5))
    random = data.draw(st.randoms(use_true_random=False))
    sizes = data.draw(st.lists(st.sampled_from((0, 1, 2, 3, 9, 40, 64, 65, 100)), max_size=12))
    values = data.draw(descriptions(scheme, pool)).values
    sources = [Description(values, tuple(random.choices(pool, k=size))) for size in sizes]
    devices = data.draw(fleets(scheme))
    said = judged(scheme.accepted(Direction.SOURCE), sources, devices)
    check_matches(filled(scheme, devices).match_all(sources, Direction.SOURCE), said, 1 << 20)
