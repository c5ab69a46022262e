"""The value space of a scheme: all descriptions, or a search that can be repeated."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.strategies import descriptions, schemes

from simulator.compat.loader import load_scheme
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.lab.pools import pools_of, simplicity
from simulator.lab.population import Population
from simulator.lab.space import cost, space_of


def scheme_of(*attributes, **more):
    """Make a scheme of lines."""
    head = [f"{name}: {value}" for name, value in {"scheme": "s", **more}.items()]
    return load_scheme("s", "\n".join([*head, "attributes:", *attributes]).encode())


@pytest.mark.parametrize("name", builtin_names())
def test_every_shipped_scheme_has_a_space(name):
    """A shipped scheme has a space within the budget, whose values are of its kinds."""
    scheme = load_builtin(name)
    space = space_of(scheme, budget=300)
    assert 0 < len(space.descriptions) <= 300
    assert space.is_exhaustive == (space.size <= 300)
    for one in space.descriptions:
        assert {name: value.kind for name, value in one.values.items()}.items() <= set(
            scheme.kinds.items()
        )


def test_a_small_space_is_whole():
    """All choices of values are there once, the simplest first."""
    scheme = scheme_of("  a: {type: string}", "  b: {type: version, clause: version}")
    space = space_of(scheme)
    assert space.is_exhaustive
    assert space.size == len(set(space.descriptions)) == 3 * 9
    assert space.descriptions[0].values == {}
    assert list(space.descriptions) == sorted(space.descriptions, key=cost)
    assert str(space) == "exhaustive: all 27 descriptions of a (3 with absent), b (9 with absent)"


def test_a_large_space_is_searched():
    """The budget is kept, and the seed decides what is looked at; the text says both."""
    scheme = scheme_of(*(f"  a{number}: {{type: set}}" for number in range(5)))
    first, again, other = (space_of(scheme, budget=100, seed=seed) for seed in (1, 1, 2))
    assert first.descriptions == again.descriptions != other.descriptions
    assert (len(first.descriptions), first.size, first.is_exhaustive) == (100, 9**5, False)
    assert str(first).startswith(f"searched: 100 of {9**5:,} descriptions of ")
    assert str(first).endswith("; budget 100, seed 1")


def test_values_come_from_valid():
    """An attribute has only values that its scheme calls valid, ends of ranges among them."""
    scheme = scheme_of(
        '  a: {type: int, valid: "range(3,4)"}',
        '  b: {type: string, valid: "one_of(x,y)", required: true}',
    )
    found = {
        name: [value and str(value) for value in pool] for name, pool in pools_of(scheme).items()
    }
    assert found == {"a": [None, "3", "4"], "b": ["x", "y"]}


def test_values_come_from_what_is_accepted():
    """What the derived objects name can be published, and one value beside it."""
    scheme = scheme_of(
        "  type: {type: string}",
        "  share: {type: int}",
        accepts='[{type: "t{n:int:1,2}", share: "{n}"}]',
    )
    found = {
        name: [value and str(value) for value in pool] for name, pool in pools_of(scheme).items()
    }
    assert found == {"type": [None, "a", "t1", "t2"], "share": [None, "1", "2", "4"]}
    assert space_of(scheme).lists == 1


@pytest.mark.parametrize(
    ("kind", "clause", "needed"),
    [
        ("int", "range(5,${own})", {"5", "6"}),
        ("int", "range(${own},-7)", {"-7", "-8"}),
        ("int", "range(9223372036854775807,${own})", {"9223372036854775807"}),
        ("version", "range(3.1,${own})", {"3.1", "3.2"}),
        ("ratio", "range(7/2,${own})", {"7/2", "9/2"}),
    ],
)
def test_values_suit_ranges_that_most_values_leave_empty(kind, clause, needed):
    """Where the usual own values make no object, there are others that do, and room in it."""
    pools = pools_of(
        load_scheme(
            "f",
            f"scheme: x\nattributes: {{own: {{type: {kind}}}}}\n"
            f"accepts: [{{own: '{clause}'}}]\n".encode(),
        )
    )
    assert needed <= set(map(str, pools["own"]))


def test_what_is_compared_can_meet():
    """Attributes that a relation compares with each other have values in common."""
    scheme = scheme_of(
        "  type: {type: string}",
        "  also: {type: set, clause: one_of, of: type}",
        "  other: {type: string, clause: equal, of: type}",
    )
    pools = pools_of(scheme)
    assert set(pools["other"]) == set(pools["type"])
    assert {str(value) for value in pools["also"][1:]} == {"", "a", "b", "a+b"}


@given(st.data())
def test_a_population_gives_the_values(data):
    """With a population, values and lists are those of its classes."""
    scheme = data.draw(schemes())
    found = data.draw(st.lists(descriptions(scheme), min_size=1, max_size=3))
    population = Population.of(scheme, found)
    space = space_of(scheme, population, budget=50)
    for name, pool in space.pools.items():
        assert set(pool) == {one.values.get(name) for one in found}
    if scheme.has_objects:
        assert {one.objects for one in space.descriptions} <= {one.objects for one in found}
    most = prod(len(pool) for pool in space.pools.values()) * space.lists
    assert len(space.descriptions) <= min(50, most)
    assert space.size <= most


@given(st.data())
def test_simplicity_is_an_order(data):
    """Of two values that differ, one is simpler, and absent is the simplest."""
    scheme = data.draw(schemes())
    one, two = (data.draw(descriptions(scheme)) for _ in range(2))
    for name in one.values.keys() & two.values.keys():
        pair = one.values[name], two.values[name]
        assert (simplicity(pair[0]) == simplicity(pair[1])) <= (pair[0] == pair[1])
        assert all(simplicity(None) < simplicity(value) for value in pair)
