"""Maximum flows, against all ways in which devices can be given to rooms."""

import sys
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.lab.pairs import members
from simulator.planning.network import OUTSIDE, Flow, Narrow, Network, maximum_flow


@st.composite
def networks(draw):
    """Networks of up to five devices, with rooms within rooms that are often full."""
    few = st.integers(0, 2)
    supplies = draw(st.lists(st.integers(1, 2), min_size=1, max_size=3))
    rooms = draw(st.lists(few, max_size=5))
    within = [draw(st.integers(OUTSIDE, at - 1)) for at in range(len(rooms))]
    inner = [at for at in range(len(rooms)) if at not in within]
    ways = [sum(1 << at for at in inner if draw(st.booleans())) for _ in supplies]
    return Network(*map(tuple, (supplies, ways, rooms, within)))


def fits(network, chosen):
    """Tell whether no room takes more than it can, what stands in it included."""
    counts = [0] * len(network.rooms)
    for room in chosen:
        while room != OUTSIDE:
            counts[room] += 1
            room = network.within[room]  # noqa: PLW2901
    return all(count <= most for count, most in zip(counts, network.rooms, strict=True))


def most(network):
    """Try every room for every device, and to let it stay."""
    choices = [
        [OUTSIDE, *members(way)]
        for supply, way in zip(network.supplies, network.ways, strict=True)
        for _ in range(supply)
    ]
    found = (one for one in product(*choices) if fits(network, one))
    return max(sum(at != OUTSIDE for at in one) for one in found)


@given(networks())
def test_no_way_lets_more_leave(network):
    """The flow is the best of all choices, and is itself one that fits."""
    flow = maximum_flow(network)
    assert flow.value == sum(flow.moves.values()) == most(network)
    chosen = [room for (_, room), count in flow.moves.items() for _ in range(count)]
    assert fits(network, chosen)
    for one, supply in enumerate(network.supplies):
        moved = {at: count for (it, at), count in flow.moves.items() if it == one}
        assert sum(moved.values()) <= supply
        assert all(network.ways[one] >> at & 1 for at in moved)


@given(networks())
def test_the_cut_explains_what_stays(network):
    """What narrow parts have too many is what stays; no part has more room than it says."""
    flow = maximum_flow(network)
    assert sum(one.devices - one.room for one in flow.narrows) == sum(network.supplies) - flow.value
    for one in flow.narrows:
        assert one.room < one.devices
        assert set(one.rooms) == {at for c in one.classes for at in members(network.ways[c])}
        alone = [at in one.classes for at in range(len(network.supplies))]
        supplies = tuple(s * mine for s, mine in zip(network.supplies, alone, strict=True))
        only = Network(supplies, network.ways, network.rooms, network.within)
        assert maximum_flow(only).value == one.room
    classes = [at for one in flow.narrows for at in one.classes]
    assert len(classes) == len(set(classes))


def test_parts_of_a_cut_are_told_apart():
    """Classes that share a full room are one part; a class without a way is another."""
    network = Network((2, 1, 1), (0b010, 0b110, 0b000), (1, 3, 3), (OUTSIDE, 0, 0))
    assert maximum_flow(network) == Flow(
        1, {(0, 1): 1}, (Narrow((0, 1), (1, 2), 3, 1), Narrow((2,), (), 1, 0))
    )


def test_the_extra_is_named(monkeypatch):
    """Without networkx the error says what to install."""
    monkeypatch.setitem(sys.modules, "networkx.algorithms.flow", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'mdevsim\[plan\]'"):
        maximum_flow(Network((1,), (0,), (), ()))
