"""Drains, against every way in which devices can be given to places."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.compat.judge import judge
from simulator.compat.loader import load_scheme
from simulator.compat.scheme import Outcome
from simulator.errors import TextError
from simulator.fleet.fleet import Fleet
from simulator.planning.drain import drain
from simulator.planning.places import Sharing

SCHEME = load_scheme(
    "s",
    b"scheme: s\nattributes:\n  mdev_type: {type: string, clause: equal}\n"
    b"  aggregator: {type: int, clause: equal}\n"
    b"  version: {type: version, clause: version, missing: undecided}\n",
)


def line(name, mdev_type="big", version="1.0", aggregator=1):
    """Write a device as NDJSON."""
    version = f',"version":"{version}"' if version else ""
    own = f'"mdev_type":"{mdev_type}","aggregator":{aggregator}{version}'
    return f'{{"name":"{name}","self":{{{own}}}}}'


def fleet_of(*lines, scheme=SCHEME):
    """Put lines into a fleet."""
    fleet = Fleet(scheme)
    fleet.extend("f", ["\n".join(lines).encode()])
    return fleet


VERSIONS = st.sampled_from(("1.0", "1.1", None))
KINDS = st.sampled_from((("big", 1), ("small", 1), ("small", 2)))


@st.composite
def questions(draw):
    """A host of up to four devices, and two others with little room for two types."""
    lines = []
    for number in range(draw(st.integers(1, 4))):
        mdev_type, aggregator = draw(KINDS)
        lines.append(line(f"a/p/{number}", mdev_type, draw(VERSIONS), aggregator))
    available = {}
    for parent in ("b/p", "b/q", "c/p"):
        version = draw(VERSIONS)
        shapes = draw(st.lists(KINDS, max_size=3, unique=True))
        lines += [
            line(f"{parent}/{number}", one, version, aggregator)
            for number, (one, aggregator) in enumerate(shapes)
        ]
        for mdev_type, few in (("big", 1), ("small", 3)):
            if draw(st.booleans()):
                available[f"{parent}/{mdev_type}"] = draw(st.integers(0, few))
    return fleet_of(*lines), available


def shapes(fleet, place):
    """What devices at a place would be: those of this type on this parent."""
    parent, _, mdev_type = place.rpartition("/")
    there = (fleet[row] for row in range(len(fleet)) if fleet.name(row).startswith(f"{parent}/"))
    return [one for one in there if str(one.values["mdev_type"]) == mdev_type]


def choices(fleet, available, row, least):
    """For a device, the places with the instances it would take there; None to stay."""
    found = [
        (place, one.values["aggregator"].number)
        for place in available
        for one in shapes(fleet, place)
        if judge(fleet.scheme, fleet[row], one) >= least
    ]
    return [None, *dict.fromkeys(found)]


def is_within(fleet, chosen, available, sharing):
    """Tell whether no shape, type or parent takes more devices than of its smallest shape."""
    most, counts = {}, {}
    for place, count in available.items():
        for one in shapes(fleet, place):
            instances = one.values["aggregator"].number
            for room in rooms(place, instances, sharing):
                most[room] = max(most.get(room, 0), count // instances)
    for place, instances in chosen:
        for room in rooms(place, instances, sharing):
            counts[room] = counts.get(room, 0) + 1
    return all(count <= most[room] for room, count in counts.items())


def rooms(place, instances, sharing):
    """List what a device at a place is in: shape, type and parent."""
    parent = place.rpartition("/")[0]
    return [(place, instances), place, *[parent] * (sharing is not Sharing.APART)]


def keeps_shares(fleet, chosen, available, sharing, sizes=None):
    """Tell whether every parent has the shares of what comes, or the sizes where they are known."""
    parents = {}
    for place, count in chosen:
        parent = place if sharing is Sharing.APART else place.rpartition("/")[0]
        parents.setdefault(parent, {}).setdefault(place, []).append(count)
    for parent, places in parents.items():
        near = {name: n for name, n in available.items() if name.startswith(f"{parent}/")}
        near = {name: n for name, n in near.items() if shapes(fleet, name)}
        near |= {name: available[name] for name in places}
        if any(sum(counts) > available[name] for name, counts in places.items()):
            return False
        if sharing is Sharing.ONE and len(places) > 1:
            return False
        size = {name: sizes[name.rpartition("/")[2]] if sizes else 1 for name in near}
        whole = max(n * size[name] for name, n in near.items())
        parts = [
            Fraction(sum(counts) * size[name], whole if sizes else available[name])
            for name, counts in places.items()
        ]
        if sum(parts) > 1:
            return False
    return is_within(fleet, chosen, available, sharing)


def best(fleet, available, rows, least, fits, sharing):
    """Try everything."""
    ways = [choices(fleet, available, row, least) for row in rows]
    found = ([one for one in chosen if one] for chosen in product(*ways))
    return max(len(chosen) for chosen in found if fits(fleet, chosen, available, sharing))


@given(questions(), st.sampled_from(Sharing))
def test_what_leaves_is_between_what_fits_and_what_flows(question, sharing):
    """The bound is that of all choices, and a placement is one of those that keep the shares."""
    fleet, available = question
    found = drain(fleet, "a", available, sharing=sharing)
    rows = [row for row in range(len(fleet)) if fleet.name(row).startswith("a/")]
    assert list(found.rows) == rows
    asked = (fleet, available, rows)
    assert found.most == best(*asked, Outcome.COMPATIBLE, is_within, sharing)
    assert found.perhaps == best(*asked, Outcome.UNDECIDED, is_within, sharing)
    safe = best(*asked, Outcome.COMPATIBLE, keeps_shares, sharing)
    assert len(found.moves) <= safe <= found.most
    if len(found.moves) == len(rows):
        assert found.outcome is Outcome.COMPATIBLE
    else:
        assert (found.outcome is Outcome.INCOMPATIBLE) == (found.perhaps < len(rows))


@given(questions(), st.sampled_from(Sharing), st.sampled_from(({}, {"big": 3, "small": 1})))
def test_every_move_is_accepted_and_has_its_place(question, sharing, sizes):
    """The judge accepts every move, no device moves twice, and no parent takes too much."""
    fleet, available = question
    found = drain(fleet, "a", available, sharing=sharing, sizes=sizes)
    chosen = []
    for move in found.moves:
        assert judge(fleet.scheme, fleet[move.row], move.target) is Outcome.COMPATIBLE
        assert str(move.target.values["mdev_type"]) == move.place.rpartition("/")[2]
        chosen.append((move.place, move.target.values["aggregator"].number))
    assert keeps_shares(fleet, chosen, available, sharing, sizes)
    moved = [move.row for move in found.moves]
    assert sorted({*moved, *found.stays}) == list(found.rows)
    assert len(moved) + len(found.stays) == len(found.rows)
    assert found == drain(fleet, "a", available, sharing=sharing, sizes=sizes)


@given(questions())
def test_bottlenecks_explain_what_stays(question):
    """What bottlenecks have too many is what cannot flow, and who is in none has a way."""
    fleet, available = question
    found = drain(fleet, "a", available)
    short = sum(len(one.rows) - one.room for one in found.bottlenecks)
    assert short == len(found.rows) - found.most
    for one in found.bottlenecks:
        ways = [choices(fleet, available, row, Outcome.COMPATIBLE)[1:] for row in one.rows]
        accepting = {place for way in ways for place, _ in way}
        assert set(one.places) == accepting
        assert (one.nearest is not None) == (not accepting and len(found.unknown) < len(available))


@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 4))
def test_one_type_is_a_flow(big, small, room):
    """Where types do not meet, as many leave as there is room for, on equal parents too."""
    names = [f"a/p/{number}" for number in range(big)]
    lines = [*(line(name) for name in names), *(line(f"b/{n}/0") for n in range(small))]
    found = drain(fleet_of(*lines), "a", {f"b/{n}/big": room for n in range(small)})
    assert len(found.moves) == found.most == min(big, small * room)
    counts = {}
    for move in found.moves:
        counts[move.place] = counts.get(move.place, 0) + 1
    assert max(counts.values(), default=0) <= room


def test_types_share_a_parent():
    """Two types that each have room alone do not fit together, and that is not decided."""
    fleet = fleet_of(line("a/p/0"), line("a/p/1", "small"), line("b/p/0"), line("b/p/1", "small"))
    available = {"b/p/big": 1, "b/p/small": 2}
    found = drain(fleet, "a", available)
    assert (len(found.moves), found.most, found.outcome) == (1, 2, Outcome.UNDECIDED)
    apart = drain(fleet, "a", available, sharing=Sharing.APART)
    assert [move.place for move in apart.moves] == ["b/p/big", "b/p/small"]


def test_sizes_decide_what_shares_leave_open():
    """Five units take two devices of two and one of one; without sizes nobody knows."""
    own = [("a/p/0", "big"), ("a/p/1", "big"), ("a/p/2", "small"), ("b/p/0", "big")]
    fleet = fleet_of(*(line(*one) for one in own), line("b/p/1", "small"))
    available = {"b/p/big": 2, "b/p/small": 5}
    assert len(drain(fleet, "a", available).moves) == 2
    assert len(drain(fleet, "a", available, sizes={"big": 2}).moves) == 2
    assert len(drain(fleet, "a", available, sizes={"big": 2, "small": 1}).moves) == 3
    # No parent takes more devices than instances of its smallest type.
    full = drain(fleet, "a", {"b/p/big": 2, "b/p/small": 2}, sizes={"big": 2, "small": 1})
    assert len(full.moves) == full.most == 2


def test_no_type_takes_more_than_is_available():
    """What is left of a parent by sizes is no room for more of a type than it has available."""
    lines = [line("a/p/0"), line("a/p/1")]
    for parent in ("b/p", "c/p"):
        lines += [line(f"{parent}/0"), line(f"{parent}/1", "small")]
    available = {"b/p/big": 1, "b/p/small": 6, "c/p/big": 1, "c/p/small": 6}
    found = drain(fleet_of(*lines), "a", available, sizes={"big": 2, "small": 1})
    assert [move.place for move in found.moves] == ["b/p/big", "c/p/big"]


def test_what_a_full_parent_leaves_flows_on():
    """A device that a shared parent cannot take goes to another one that can."""
    fleet = fleet_of(
        line("a/p/0"),
        line("a/p/1", "small"),
        line("b/p/0"),
        line("b/p/1", "small"),
        line("c/p/1", "small"),
    )
    found = drain(fleet, "a", {"b/p/big": 1, "b/p/small": 2, "c/p/small": 1})
    assert [(move.row, move.place) for move in found.moves] == [(0, "b/p/big"), (1, "c/p/small")]
    assert found.outcome is Outcome.COMPATIBLE


def test_one_type_a_parent():
    """Parents whose sizes are not mixed take the one or the other."""
    lines = [line("a/p/0", "small"), line("a/p/1", "small", aggregator=2)]
    lines += [line("b/p/0", "small"), line("b/p/1", "small", aggregator=2), line("a/p/2")]
    fleet = fleet_of(*lines, line("b/p/2"))
    available = {"b/p/small": 9, "b/p/big": 3}
    assert len(drain(fleet, "a", available).moves) == 3
    found = drain(fleet, "a", available, sharing=Sharing.ONE)
    assert {move.place for move in found.moves} in ({"b/p/small"}, {"b/p/big"})


def test_aggregated_devices_take_several_instances():
    """A device of two instances needs two that are available."""
    two = {"mdev_type": "small", "aggregator": 2}
    fleet = fleet_of(line("a/p/0", **two), line("a/p/1", **two), line("b/p/0", **two))
    assert len(drain(fleet, "a", {"b/p/small": 3}).moves) == 1
    assert len(drain(fleet, "a", {"b/p/small": 4}).moves) == 2


def test_idle_devices_are_places():
    """A device that is named takes one and shares nothing; on the host it need not leave."""
    fleet = fleet_of(line("a/p/0"), line("a/p/1"), line("b/p/2"), line("b/p/3", "small"))
    found = drain(fleet, "a", {"a/p/1": 1, "b/p/2": 1, "b/p/small": 1})
    assert found.rows == (0,)
    assert [(move.row, move.place) for move in found.moves] == [(0, "b/p/2")]


def test_a_line_can_say_what_a_type_publishes():
    """A line with the name of a place stands for it; without devices of the type it is needed."""
    available = {"b/p/big": 1}
    assert drain(fleet_of(line("a/p/0")), "a", available).unknown == ("b/p/big",)
    found = drain(fleet_of(line("a/p/0"), line("b/p/big")), "a", available)
    assert [(move.row, move.place) for move in found.moves] == [(0, "b/p/big")]
    shared = fleet_of(
        line("a/p/0"), line("a/p/1", "small"), line("b/p/big"), line("b/p/small", "small")
    )
    assert len(drain(shared, "a", {"b/p/big": 1, "b/p/small": 1}).moves) == 1


def test_a_parent_can_be_emptied():
    """The other parents of its host have places; its own have none."""
    fleet = fleet_of(line("a/p/0"), line("a/q/1"))
    found = drain(fleet, "a/p", {"a/p/big": 5, "a/q/big": 5})
    assert [(move.row, move.place) for move in found.moves] == [(0, "a/q/big")]


def test_a_host_that_is_not_there():
    """The error says hosts of nearly this name, those first that come first."""
    fleet = fleet_of(line("host01/p/0"), line("host02/p/0"), line("other/p/0"))
    with pytest.raises(TextError) as caught:
        drain(fleet, "host0", {})
    assert (caught.value.message, caught.value.expected) == (
        "no device is on host0",
        "one of host01, host02",
    )
    with pytest.raises(TextError, match="no device is on x"):
        drain(Fleet(SCHEME), "x", {})


def test_what_nobody_accepts_is_explained():
    """For devices without any place the nearest one says why not."""
    fleet = fleet_of(line("a/p/0", version="1.1"), line("b/p/0"), line("c/p/0", "small"))
    [one] = drain(fleet, "a", {"c/p/small": 1, "b/p/big": 1}).bottlenecks
    assert (one.room, one.places, one.nearest_place) == (0, (), "b/p/big")
    assert [reason.attribute for reason in one.nearest.reasons] == ["version"]
    [none] = drain(fleet, "a", {}).bottlenecks
    assert (none.room, none.nearest) == (0, None)


def test_what_is_undecided_is_not_used():
    """A pair that the scheme does not decide is no place, and no proof that there is none."""
    fleet = fleet_of(line("a/p/0", version=None), line("b/p/0"))
    found = drain(fleet, "a", {"b/p/big": 1})
    assert (found.moves, found.most, found.perhaps) == ((), 0, 1)
    assert found.outcome is Outcome.UNDECIDED
