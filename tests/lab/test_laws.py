"""The laws of a scheme: what breaks them is found, shrunk and true; what holds was all seen."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from property.strategies import POOLS, descriptions, schemes

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import parse_line
from simulator.compat.scheme import Attribute, Outcome
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.fleet.fleet import Fleet
from simulator.lab.laws.field import Field, Standing
from simulator.lab.laws.law import LAWS
from simulator.lab.laws.parts import parts_of, rule_parts
from simulator.lab.laws.survey import survey
from simulator.lab.matrix import matrix
from simulator.lab.pairs import Weights, chained
from simulator.lab.pools import simplicity
from simulator.lab.population import MOST_CLASSES, Population, population_of
from simulator.lab.space import size_of, space_of
from simulator.values import Integer, Version, parse_value

SCHEMES = Path(__file__).parent / "schemes"
PLANTED = {"laws-none-broken": None} | {f"laws-{name}": name for name in LAWS}
few = settings(max_examples=50)


def planted(name):
    """Read one of the schemes that break a law."""
    path = SCHEMES / f"{name}.yaml"
    return load_scheme(path.name, path.read_bytes())


def scheme_of(*attributes, **more):
    """Make a scheme of lines."""
    head = [f"{name}: {value}" for name, value in {"scheme": "s", **more}.items()]
    return load_scheme("s", "\n".join([*head, "attributes:", *attributes]).encode())


def population_of_lines(scheme, *lines):
    """Read devices, one a line."""
    fleet = Fleet(scheme)
    return Population.of(scheme, [fleet.parse(line) for line in lines])


# ---- planted faults


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", PLANTED)
def test_planted_faults(name, law):
    """Each scheme breaks the law that it was made for and no other, and the control breaks none."""
    found = survey(planted(name), [LAWS[law]])
    assert found.space.is_exhaustive
    [ruling] = found.rulings
    assert ruling.asked > 0
    broken = PLANTED[name] == law
    assert ruling.standing is (Standing.BROKEN if broken else Standing.HOLDS)
    assert found.is_broken == broken == (ruling.counterexample is not None)


SMALLEST = {
    "reflexive": [{"aggregator": 2}],
    "transitive": [{"mdev_type": "a"}, {}, {"mdev_type": "b"}],
    "upgrade-monotone": [{"software_version": f"1.0.{bugfix}"} for bugfix in (0, 0, 1)],
    "round-trip": [{"software_version": "1.0.0"}, {"software_version": "1.1.0"}],
}


@pytest.mark.parametrize("law", LAWS)
def test_the_smallest_counterexample(law):
    """A planted fault is shown by the devices that a person would choose."""
    example = survey(planted(f"laws-{law}"), [LAWS[law]]).rulings[0].counterexample
    assert [one.to_json()["self"] for one in example.devices] == SMALLEST[law]


@pytest.mark.parametrize("law", LAWS)
def test_a_search_finds_the_planted_fault(law):
    """Where the budget is too small for the space, the fault is found by search all the same."""
    scheme = planted(f"laws-{law}")
    more = {f"more{number}": Attribute(f"more{number}", "string") for number in range(6)}
    # Objects join all attributes, so that the space cannot be taken apart.
    wide = replace(
        scheme,
        attributes={**scheme.attributes, **more},
        has_objects=True,
        accepts=scheme.accepts or ({"software_version": "any()"},),
    )
    found = survey(wide, [LAWS[law]], budget=400, seed=7)
    assert not found.space.is_exhaustive
    assert found.is_broken
    assert [one.to_json()["self"] for one in found.rulings[0].counterexample.devices] == (
        SMALLEST[law]
    )


def test_not_found_is_not_holds():
    """A search that finds nothing does not say that the law holds, in parts or in one."""
    scheme = planted("laws-none-broken")
    for one in (
        scheme,
        replace(scheme, has_objects=True, accepts=({"software_version": "any()"},)),
    ):
        found = survey(one, budget=8)
        assert {ruling.standing for ruling in found.rulings} == {Standing.NOT_FOUND}
        assert not found.is_broken


def test_the_seed_decides_what_is_searched():
    """The same seed gives the same rulings."""
    scheme = load_builtin("self-compatible")
    assert survey(scheme, budget=60, seed=1) == survey(scheme, budget=60, seed=1)
    assert survey(scheme, budget=60, seed=1).space != survey(scheme, budget=60, seed=2).space


# ---- readings


def test_without_a_version_no_upgrade():
    """The upgrade law does not apply to a scheme without a version attribute, and says so."""
    found = survey(scheme_of("  a: {type: int, clause: equal}"), [LAWS["upgrade-monotone"]])
    [ruling] = found.rulings
    assert ruling.standing is Standing.NOT_APPLICABLE
    assert ruling.note == "the scheme has no version attribute"


def test_undecided_is_no_yes():
    """Undecided breaks a law where a yes is asked for, and asks for nothing itself."""
    scheme = scheme_of("  a: {type: int, clause: equal, required: true}", missing="undecided")
    population = population_of_lines(scheme, '{"self":{}}', '{"self":{"a":1}}')
    reflexive, transitive, _, back = survey(scheme, population=population).rulings
    assert (reflexive.standing, reflexive.refused, reflexive.undecided) == (Standing.BROKEN, 1, 1)
    assert (transitive.standing, transitive.asked) == (Standing.HOLDS, 1)
    assert (back.standing, back.asked) == (Standing.HOLDS, 1)


def test_an_undecided_conclusion_breaks():
    """A to B and B to C are compatible and A to C is undecided: not transitive."""
    scheme = scheme_of("  a: {type: int}", objects="published", missing="undecided")
    population = population_of_lines(
        scheme,
        '{"self":{},"compatible":[]}',
        '{"self":{"a":1},"compatible":[{"a":"any()"}]}',
        '{"self":{},"compatible":[{"a":"1"}]}',
    )
    [ruling] = survey(scheme, [LAWS["transitive"]], population).rulings
    assert ruling.standing is Standing.BROKEN
    assert ruling.undecided == ruling.refused > 0


def test_derived_objects_are_not_a_difference():
    """Devices differ in their version alone, also when a fleet holds the objects that follow."""
    scheme = scheme_of("  v: {type: version}", accepts='[{v: "${v}"}]', **{"accepted-by": "target"})
    fleet = Fleet(scheme)
    for version in ("1.0", "1.1"):
        fleet.add(fleet.parse(f'{{"self":{{"v":"{version}"}}}}'))
    assert fleet[0].objects
    for population in (population_of(fleet), None):
        [ruling] = survey(scheme, [LAWS["upgrade-monotone"]], population).rulings
        assert ruling.standing is Standing.BROKEN


def test_devices_are_counted():
    """Over a population, pairs and devices are counted, and the devices are named."""
    scheme = load_builtin("software-version")
    versions = ["1.0"] * 3 + ["1.1"] * 5 + ["2.0"] * 7
    population = population_of_lines(
        scheme,
        *(
            f'{{"name":"d{row}","self":{{"software_version":"{version}"}}}}'
            for row, version in enumerate(versions)
        ),
    )
    found = survey(scheme, population=population).rulings
    assert [one.standing for one in found] == [Standing.HOLDS] * 3 + [Standing.BROKEN]
    assert (found[-1].asked, found[-1].refused, found[-1].pairs, found[-1].devices) == (4, 1, 15, 5)
    assert [one.name for one in found[-1].counterexample.found] == ["d0", "d3"]


def test_of_very_many_classes_some_are_drawn():
    """Of more classes than can be judged pair by pair, some are drawn, and nothing holds."""
    scheme = scheme_of("  a: {type: int, clause: equal}")
    population = Population.of(
        scheme, [Description({"a": Integer(number)}) for number in range(MOST_CLASSES + 1)]
    )
    found = survey(scheme, [LAWS["reflexive"]], population)
    assert (found.looked_at, found.rulings[0].asked) == (MOST_CLASSES, MOST_CLASSES)
    assert found.rulings[0].standing is Standing.NOT_FOUND


def test_devices_keep_their_reason():
    """A counterexample from a fleet is not shrunk until something else is the reason."""
    scheme = load_builtin("self-compatible")
    population = population_of_lines(
        scheme,
        '{"self":{"aggregator":2,"pv_mode":"a"},"compatible":[{"pv_mode":"a"}]}',
        '{"self":{"aggregator":1,"pv_mode":"b"},"compatible":[{"pv_mode":"a"}]}',
    )
    [ruling] = survey(scheme, [LAWS["round-trip"]], population).rulings
    one, two = (device.to_json() for device in ruling.counterexample.devices)
    assert one == {"self": {"pv_mode": "a"}, "compatible": [{"pv_mode": "a"}]}
    assert two == {"self": {"pv_mode": "b"}, "compatible": [{"pv_mode": "a"}]}


# ---- the same as three loops over the judge


def naive_upgrade(scheme, old, new):
    """Tell whether two devices differ in one version only, the second one not older."""
    for name in (name for name, kind in scheme.kinds.items() if kind == "version"):
        before, after = old.values.get(name), new.values.get(name)
        rest = [{n: v for n, v in one.values.items() if n != name} for one in (old, new)]
        if isinstance(before, Version) and isinstance(after, Version):
            newer = (before.minor, before.bugfix) <= (after.minor, after.bugfix)
            same = rest[0] == rest[1] and old.objects == new.objects
            if same and newer and before.major == after.major:
                return True
    return False


def naive(scheme, devices, law):
    """Give the pairs that a law asks for, by three loops."""
    places = range(len(devices))
    yes = {
        pair
        for pair in product(places, repeat=2)
        if judge(scheme, *(devices[place] for place in pair)) is Outcome.COMPATIBLE
    }
    if law == "reflexive":
        return {(a, a) for a in places}, yes
    if law == "round-trip":
        return {(b, a) for a, b in yes}, yes
    if law == "transitive":
        return {(a, d) for (a, b), (c, d) in product(yes, repeat=2) if b == c}, yes
    return {
        (s, n)
        for (s, t), n in product(yes, places)
        if t != n and naive_upgrade(scheme, devices[t], devices[n])
    }, yes


@few
@given(st.data())
def test_a_survey_is_three_loops_over_the_judge(data):
    """What is asked, refused, undecided and counted is what the definition gives, pair by pair."""
    scheme = data.draw(schemes())
    pool = data.draw(st.lists(descriptions(scheme), min_size=1, max_size=5))
    drawn = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=7))
    population = Population.of(scheme, [*pool, *drawn])
    devices, counts = population.classes, population.devices
    found = survey(scheme, population=population)
    for ruling in found.rulings:
        if ruling.standing is Standing.NOT_APPLICABLE:
            assert "version" not in scheme.kinds.values()
            continue
        asked, yes = naive(scheme, devices, ruling.law.name)
        refused = asked - yes
        undecided = [
            pair
            for pair in refused
            if judge(scheme, *(devices[place] for place in pair)) is Outcome.UNDECIDED
        ]
        assert ruling.asked == len(asked)
        assert (ruling.refused, ruling.undecided) == (len(refused), len(undecided))
        assert ruling.devices == sum(counts[place] for place in {pair[0] for pair in refused})
        if ruling.law.name != "reflexive":
            assert ruling.pairs == sum(counts[a] * counts[b] for a, b in refused)


@few
@given(schemes(has_objects=False))
def test_parts_are_the_whole(scheme):
    """A space that is known from its parts gives the counts of the whole, looked at at once."""
    names = list(scheme.attributes)[:3]
    assume(all((scheme.attributes[name].of or name) in names for name in names))
    small = replace(scheme, attributes={name: scheme.attributes[name] for name in names}, prefer=())
    space = space_of(small, budget=300)
    parts = parts_of(small, budget=300, seed=0)
    assume(space.is_exhaustive and parts is not None)
    assert parts.size == space.size
    verdicts = matrix(small, space.descriptions)
    ones = (1,) * space.size
    field = Field(small, space.descriptions, ones, verdicts, space.pools, is_whole=True)
    for law, of_parts in zip(LAWS.values(), rule_parts(parts, tuple(LAWS.values())), strict=True):
        whole = field.rule(law)
        for name in ("standing", "asked", "refused", "undecided", "note"):
            assert getattr(of_parts, name) == getattr(whole, name), (law.name, name)
        if whole.counterexample:
            assert law.is_broken(small, of_parts.counterexample.devices)


def test_a_space_in_parts_is_known_whole():
    """A scheme of many attributes without objects is still looked at exhaustively."""
    lines = [f"  a{number}: {{type: set, clause: superset}}" for number in range(12)]
    found = survey(scheme_of(*lines, missing="incompatible"), budget=10)
    assert found.space.is_exhaustive
    assert found.space.size == 9**12
    reflexive, transitive, _, back = found.rulings
    assert (reflexive.standing, reflexive.asked) == (Standing.HOLDS, 9**12)
    assert transitive.standing is Standing.HOLDS
    assert back.standing is Standing.BROKEN
    assert sum(len(one.values) for one in back.counterexample.devices) == 2


@few
@given(schemes(has_objects=False))
def test_a_few_values_stand_for_all(scheme):
    """Without objects, a law that holds for the few values of a space holds for many others."""
    names = list(scheme.attributes)[:2]
    assume(all((scheme.attributes[name].of or name) in names for name in names))
    small = replace(scheme, attributes={name: scheme.attributes[name] for name in names}, prefer=())
    pools = {
        name: (
            *(() if small.attributes[name].required else (None,)),
            *(parse_value(kind, text) for text in POOLS[kind]),
        )
        for name, kind in small.kinds.items()
    }
    many = space_of(small, budget=200, pools=pools)
    verdicts = matrix(small, many.descriptions)
    ones = (1,) * len(many.descriptions)
    field = Field(small, many.descriptions, ones, verdicts, pools, is_whole=True)
    few_values = survey(small).rulings
    assert [ruling.standing for ruling in few_values].count(Standing.NOT_FOUND) == 0
    for ruling in few_values:
        if ruling.standing is Standing.HOLDS:
            assert field.rule(ruling.law).standing is Standing.HOLDS


# ---- counterexamples


def moves(scheme, pools, devices):
    """Give every way to drop one attribute or to simplify one value, in one device or in all."""
    places = range(len(devices))
    for name, group in product(scheme.attributes, [*([place] for place in places), [*places]]):
        there = [place for place in group if name in devices[place].values]
        if not there:
            continue
        values = [None] if not scheme.attributes[name].required else []
        least = min(simplicity(devices[place].values[name]) for place in there)
        values += [v for v in pools[name] if v is not None and simplicity(v) < least]
        for value in values:
            yield [
                Description(
                    {
                        key: value if key == name and place in there else old
                        for key, old in one.values.items()
                        if not (key == name and place in there and value is None)
                    },
                    one.objects,
                )
                for place, one in enumerate(devices)
            ]


def naive_broken(scheme, law, devices):
    """Tell whether devices break a law, by the definition alone."""

    def yes(a, b):
        return judge(scheme, a, b) is Outcome.COMPATIBLE

    match law, *devices:
        case "reflexive", a:
            return not yes(a, a)
        case "transitive", a, b, c:
            return yes(a, b) and yes(b, c) and not yes(a, c)
        case "round-trip", a, b:
            return yes(a, b) and not yes(b, a)
        case _, s, t, n:
            return naive_upgrade(scheme, t, n) and yes(s, t) and not yes(s, n)


def check(scheme, found, pools):
    """Hold every counterexample of a survey to the judge, and to being the smallest."""
    for ruling in found.rulings:
        if ruling.counterexample is None:
            assert ruling.standing is not Standing.BROKEN
            continue
        devices, law = ruling.counterexample.devices, ruling.law.name
        assert naive_broken(scheme, law, devices)
        assert naive_broken(scheme, law, ruling.counterexample.found)
        for smaller in moves(scheme, pools, devices):
            assert not naive_broken(scheme, law, smaller), (law, devices, smaller)
        *_, (_, _, verdict) = ruling.counterexample.verdicts(scheme)
        assert verdict.outcome is not Outcome.COMPATIBLE
        assert verdict.reasons


@few
@given(schemes(), st.integers(0, 3))
def test_counterexamples_are_true_and_smallest(scheme, seed):
    """The judge breaks the law with them; nothing can be dropped and no value simplified."""
    found = survey(scheme, budget=60, seed=seed)
    check(scheme, found, found.space.pools)


@pytest.mark.parametrize("name", [*builtin_names(), *PLANTED])
def test_counterexamples_of_known_schemes(name):
    """What is printed of a shipped scheme is true and smallest, too."""
    scheme = planted(name) if name in PLANTED else load_builtin(name)
    found = survey(scheme, budget=300)
    check(scheme, found, found.space.pools)


@few
@given(st.data())
def test_counterexamples_of_a_population(data):
    """Devices of a population break the law before and after they are shrunk."""
    scheme = data.draw(schemes())
    drawn = data.draw(st.lists(descriptions(scheme), min_size=1, max_size=5))
    found = survey(scheme, population=Population.of(scheme, drawn))
    for ruling in found.rulings:
        if example := ruling.counterexample:
            assert set(example.found) <= set(drawn)
            assert naive_broken(scheme, ruling.law.name, example.devices)
            assert sum(map(size_of, example.devices)) <= sum(map(size_of, example.found))
            before, after = (
                ruling.law.refusing(scheme, devices) for devices in (example.found, example.devices)
            )
            assert after <= before


# ---- rows of bits


@given(st.lists(st.integers(0, 2**9 - 1), min_size=9, max_size=9))
def test_two_steps(rows):
    """Chained rows lead where two steps lead, few rows or many."""
    for some in (rows, [rows[0]] * 9):
        steps = {(a, b) for a, b in product(range(9), repeat=2) if some[a] >> b & 1}
        expected = {(a, d) for (a, b), (c, d) in product(steps, repeat=2) if b == c}
        found = chained(some)
        assert {(a, b) for a, b in product(range(9), repeat=2) if found[a] >> b & 1} == expected


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=20), st.data())
def test_weights(counts, data):
    """The devices of a row are the sum over its bits."""
    row = data.draw(st.integers(0, 2 ** len(counts) - 1))
    expected = sum(count for place, count in enumerate(counts) if row >> place & 1)
    assert Weights.of(counts).total(row) == expected


def test_derived_lists_follow_the_values_of_a_counterexample():
    """What is shown is a device of the scheme: no list stays that its values do not give."""
    scheme = load_scheme(
        "s",
        b"""
scheme: s
objects: published
missing: incompatible
attributes:
  v: {type: int}
  most: {type: int}
accepts: [{v: "range(1,${most})"}]
""",
    )
    fleet = Fleet(scheme)
    for number in range(3, 6):
        fleet.add(parse_line(f'{{"self":{{"v":{number},"most":{number}}}}}', scheme))
    [found] = survey(scheme, [LAWS["round-trip"]], population_of(fleet)).rulings
    devices = found.counterexample.devices
    assert found.law.is_broken(scheme, devices)
    assert [one.objects for one in devices] == [None, None]
    assert "most" in devices[0].values
