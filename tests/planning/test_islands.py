"""The islands of a fleet, against walks over the judge."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from property.strategies import fleets, schemes

from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome
from simulator.fleet.fleet import Fleet
from simulator.planning.islands import fleet_islands
from simulator.planning.names import host_of, is_below


def filled(scheme, descriptions):
    """Put descriptions into a fleet."""
    fleet = Fleet(scheme)
    for one in descriptions:
        fleet.add(one)
    return fleet


def distances(scheme, devices, least):
    """
    Count the migrations from each device to each other, and from it to one that is like it.

    A device that is met on the way is left again; a class with one device counts as if it had two.
    """
    far = len(devices) + 1
    places = range(len(devices))
    ways = {
        (s, t): 1 if judge(scheme, devices[s], devices[t]) >= least else far
        for s, t in product(places, repeat=2)
    }
    for via, s, t in product(places, repeat=3):
        ways[s, t] = min(ways[s, t], ways[s, via] + ways[via, t], far)
    return {pair: steps for pair, steps in ways.items() if steps < far}


@given(st.data())
def test_islands_are_those_of_walks_over_the_judge(data):
    """Islands divide the rows; there and back is within them only, in as many steps as said."""
    scheme = data.draw(schemes())
    devices = data.draw(fleets(scheme, min_size=1))
    found = fleet_islands(filled(scheme, devices))
    rows = [found.rows_of(one) for one in found.islands]
    assert sorted(row for island in rows for row in island) == list(range(len(devices)))
    assert [one.devices for one in found.islands] == list(map(len, rows))
    ways = distances(scheme, devices, Outcome.COMPATIBLE)
    for one, island in zip(found.islands, rows, strict=True):
        inside = [ways.get(pair, 0) for pair in product(island, repeat=2)]
        assert one.steps == (max(inside) if all(inside) else 0)
        assert one.is_complete == (set(inside) == {1})
        for s, t in product(island, range(len(devices))):
            assert t in island or not {(s, t), (t, s)} <= ways.keys()


@given(st.data())
def test_one_island(data):
    """A fleet is one, or may be one, as its walks say; a single device always is."""
    scheme = data.draw(schemes())
    devices = data.draw(fleets(scheme, min_size=1))
    found = fleet_islands(filled(scheme, devices))
    pairs = {(s, t) for s, t in product(range(len(devices)), repeat=2) if s != t}
    assert found.is_one == (pairs <= distances(scheme, devices, Outcome.COMPATIBLE).keys())
    assert found.may_be_one == (pairs <= distances(scheme, devices, Outcome.UNDECIDED).keys())


def test_an_empty_fleet_has_no_islands(version_scheme):
    """Without devices there is nothing to divide, and nothing that is not one."""
    found = fleet_islands(Fleet(version_scheme))
    assert (found.islands, found.hosts, found.is_one) == ((), 0, True)


def test_hosts_are_counted(version_scheme):
    """A host is the first part of a name; devices without a name are on none."""
    fleet = Fleet(version_scheme)
    for name in ("a/p/1", "a/p/2", "b/p/3", ""):
        named = f'{{"name":"{name}","self":{{"mdev_type":"t","device_api":"x"}}}}'
        fleet.add(fleet.parse(named))
    [island] = fleet_islands(fleet).islands
    assert (island.devices, island.hosts, island.is_complete) == (4, 2, True)


def test_removed_rows_are_on_no_island(version_scheme):
    """A row without a device is in no class."""
    fleet = Fleet(version_scheme)
    for version in ("1.0", "2.0", "1.0"):
        fleet.add(fleet.parse(f'{{"self":{{"software_version":"{version}"}}}}'))
    fleet.remove(0)
    found = fleet_islands(fleet)
    assert [found.rows_of(one) for one in found.islands] == [[1], [2]]


def test_names_say_where_a_device_is():
    """A host begins a name and ends at a slash, not within a word."""
    assert [host_of(name) for name in ("h/p/u", "p/u", "u", "")] == ["h", "p", "u", ""]
    assert is_below("host1/p/u", "host1")
    assert is_below("host1/p/u", "host1/p")
    assert not is_below("host10/p/u", "host1")
    assert not is_below("host1", "host1")
