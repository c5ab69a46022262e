"""Schemes side by side: counts, agreement, examples and reasons against loops over the judge."""

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from property.strategies import descriptions, schemes

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.scheme import Attribute, Direction, Limit, Outcome, Relation, Scheme
from simulator.compat.schemes import load_builtin
from simulator.compat.verdict import cold_scheme, explain
from simulator.fleet.generate import generate
from simulator.lab.compare.comparison import compare, strangers
from simulator.lab.compare.projection import Projection, project
from simulator.values import parse_value


def projection_of(some, devices):
    """Put devices, each with a description for every scheme, into classes."""
    classes = Counter(devices)
    own, places = [], []
    for at in range(len(some)):
        found = list(dict.fromkeys(device[at] for device in classes))
        own.append(tuple(found))
        places.append(tuple(found.index(device[at]) for device in classes))
    names = tuple(f"d{number}" for number in range(len(classes)))
    return Projection(tuple(some), tuple(own), tuple(places), tuple(classes.values()), names)


@st.composite
def projections(draw, count=2):
    """Up to seven devices under a few schemes."""
    some = [
        replace(
            one,
            attributes={
                name: replace(
                    attribute,
                    limit=draw(st.sampled_from(Limit)),
                    blocks=draw(st.sampled_from(("live", "all"))),
                )
                for name, attribute in one.attributes.items()
            },
        )
        for one in (draw(schemes()) for _ in range(count))
    ]
    pools = [draw(st.lists(descriptions(one), min_size=1, max_size=3)) for one in some]
    pools = [[replace(one, name=None) for one in pool] for pool in pools]
    device = st.tuples(*map(st.sampled_from, pools))
    devices = draw(st.lists(device, min_size=1, max_size=7))
    return projection_of(some, devices), [
        device for device, count in Counter(devices).items() for _ in range(count)
    ]


def pairs_of(devices):
    """All ordered pairs of distinct devices."""
    return [
        (source, target)
        for (at, source), (other, target) in product(enumerate(devices), repeat=2)
        if at != other
    ]


@settings(max_examples=60)
@given(projections())
def test_counts_are_those_of_a_loop(found):
    """Every count is what the judge gives when each pair of devices is asked apart."""
    projection, devices = found
    result = compare(projection)
    pairs = pairs_of(devices)
    assert result.pairs == len(pairs)
    verdicts = [
        [judge(scheme, source[at], target[at]) for source, target in pairs]
        for at, scheme in enumerate(projection.schemes)
    ]
    for at, one in enumerate(result.schemes):
        assert one.pairs == {o: verdicts[at].count(o) for o in Outcome}
        cold = cold_scheme(one.scheme)
        if one.cold is None:
            assert cold is one.scheme
        else:
            again = [judge(cold, source[at], target[at]) for source, target in pairs]
            assert one.cold == {o: again.count(o) for o in Outcome}
        assert one.classes == len({device[at] for device in devices})
    [agreement] = result.agreements
    counted = Counter(zip(*verdicts, strict=True))
    assert agreement.pairs == {key: counted[key] for key in product(Outcome, repeat=2)}
    assert result.is_unanimous == (verdicts[0] == verdicts[1])


@settings(max_examples=60)
@given(projections())
def test_reasons_are_those_of_a_loop(found):
    """Groups count the pairs in whose explanation an attribute occurs, alone or with others."""
    projection, devices = found
    for at, one in enumerate(compare(projection).schemes):
        counted, alone, limits = Counter(), Counter(), Counter()
        for source, target in pairs_of(devices):
            verdict = explain(one.scheme, source[at], target[at])
            names = {reason.attribute for reason in verdict.reasons}
            counted.update((name, verdict.outcome) for name in names)
            alone.update(names if len(names) == 1 else ())
            limits.update(list(verdict.limits))
        shown = {group.attribute: group for group in one.groups}
        assert {name for name, _ in counted} <= shown.keys()
        for name, group in shown.items():
            assert group.refused == counted[name, Outcome.INCOMPATIBLE]
            assert group.undecided == counted[name, Outcome.UNDECIDED]
            assert group.alone == alone[name]
            assert group.limit is (one.scheme.attributes[name].limit if name else Limit.OTHER)
        assert {limit: n for limit, n in one.limits.items() if n} == limits


def differing(schemes_, source, target):
    """How many own values of two schemes differ."""
    names = {name for scheme in schemes_ for name in scheme.attributes}
    return sum(
        any(a.values.get(n) != b.values.get(n) for a, b in zip(source, target, strict=True))
        for n in names
    )


@settings(max_examples=60)
@given(projections())
def test_examples_are_the_smallest(found):
    """Every disagreement that occurs has an example, and no pair with fewer differing values."""
    projection, devices = found
    [agreement] = compare(projection).agreements
    best = {}
    for source, target in pairs_of(devices):
        key = tuple(
            judge(scheme, source[at], target[at]) for at, scheme in enumerate(projection.schemes)
        )
        if key[0] is not key[1]:
            size = differing(projection.schemes, source, target)
            best[key] = min(best.get(key, size), size)
    assert {key: one.differing for key, one in agreement.examples.items()} == best
    for key, one in agreement.examples.items():
        assert one.source != one.target or projection.devices[one.source] > 1
        for at, scheme in enumerate(projection.schemes):
            ends = [projection.seen(at, end) for end in (one.source, one.target)]
            assert judge(scheme, *ends) is key[at]
            assert [end.name for end in ends] == [f"d{one.source}", f"d{one.target}"]


@settings(max_examples=40)
@given(projections(count=3))
def test_laws_of_agreement(found):
    """The matrix is symmetric with a full diagonal, and every table sums to the allowed pairs."""
    projection, _ = found
    result = compare(projection)
    for one, other in product(range(3), repeat=2):
        there, back = result.agreement(one, other), result.agreement(other, one)
        assert there.agreeing == back.agreeing
        assert sum(there.pairs.values()) == result.pairs
        assert there.pairs == {(a, b): n for (b, a), n in back.pairs.items()}
        assert there.examples == {(a, b): e for (b, a), e in back.examples.items()}
        for verdict in Outcome:
            row = sum(n for (a, _), n in there.pairs.items() if a is verdict)
            assert row == result.schemes[one].pairs[verdict]
    assert all(result.agreement(at, at).agreeing == result.pairs for at in range(3))


@settings(max_examples=40)
@given(projections(count=1))
def test_a_scheme_agrees_with_itself(found):
    """A scheme beside itself, as truth beside itself, has neither disagreement nor error."""
    one, devices = found
    [scheme] = one.schemes
    result = compare(projection_of([scheme, scheme], [(d, d) for [d] in devices]))
    assert result.is_unanimous
    assert result.schemes[0] == result.schemes[1]
    assert result.agreements[0].examples == {}


def test_devices_of_one_class_are_pairs():
    """A device counts with every other one of its class, and never with itself."""
    scheme = Scheme("s", {"x": Attribute("x", "int", Relation.EQUAL)})
    other = Scheme("o", {"x": Attribute("x", "int", Relation.ANY)})
    one, two = (Description({"x": parse_value("int", text)}) for text in "12")
    result = compare(projection_of([scheme, other], [(one, one)] * 3 + [(two, two)]))
    assert result.pairs == 12
    assert result.schemes[0].pairs[Outcome.COMPATIBLE] == 6
    assert result.schemes[1].pairs[Outcome.COMPATIBLE] == 12
    lonely = compare(projection_of([scheme, other], [(one, one)]))
    assert (lonely.pairs, lonely.is_unanimous) == (0, True)


def test_schemes_without_a_shared_attribute_are_strangers():
    """Each two schemes that share no attribute are found."""
    some = [
        Scheme(name, {n: Attribute(n, "int") for n in names})
        for name, names in (("a", "xy"), ("b", "yz"), ("c", "zw"), ("d", "v"))
    ]
    assert list(strangers(some)) == [(0, 2), (0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize(
    "names",
    [
        ("self-compatible", "software-version", "nvml"),
        ("migration-pair", "migration-directory", "mtty-stream"),
    ],
)
def test_a_generated_fleet(names):
    """On a fleet of shipped schemes all counts are those of a loop over its classes."""
    some = [load_builtin(name) for name in names]
    projection = project("f", generate(some, 90, 3), some)
    result = compare(projection)
    for at, scheme in enumerate(some):
        allowed = 0
        for source, target in product(range(len(projection)), repeat=2):
            devices = projection.devices[source]
            pairs = devices * (projection.devices[target] - (source == target))
            seen = projection.seen(at, source), projection.seen(at, target)
            allowed += pairs * (judge(scheme, *seen) is Outcome.COMPATIBLE)
        assert result.schemes[at].pairs[Outcome.COMPATIBLE] == allowed


def test_progress_counts_classes():
    """Progress ends with the classes of all schemes."""
    some = [load_builtin("self-compatible").accepted(by) for by in Direction]
    projection = project("f", generate(some[0], 50, 1), some)
    shown = []
    compare(projection, shown.append)
    assert shown == list(range(1, sum(map(len, projection.own)) + 1))
