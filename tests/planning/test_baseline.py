"""Baselines, against the judge and against every limit that could be tried."""

import json
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.strategies import POOLS, fleets, schemes

from simulator.compat.judge import judge
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import parse_line
from simulator.compat.scheme import Limit, Outcome, Relation
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.lab.lint.verdicts import without
from simulator.lab.population import Population
from simulator.planning.baseline import baseline
from simulator.planning.limits import can_limit, limitable, limited, lowest_of
from simulator.values import FlagSet, parse_value


def accepted(scheme, devices, least=Outcome.COMPATIBLE):
    """Tell whether every device accepts every other, and its like."""
    return all(judge(scheme, *pair) >= least for pair in product(devices, repeat=2))


def is_limit(value, of):
    """Tell whether a device with one value can be limited to another."""
    return lowest_of((value, of)) == of


def tried(devices, name):
    """List all limits of one attribute: values of the pool, what all have, and no value."""
    published = [one.values[name] for one in devices if name in one.values]
    if not published:
        return [()]
    pool = [parse_value(published[0].kind, text) for text in POOLS[published[0].kind]]
    if isinstance(published[0], FlagSet):
        names = sorted({member for one in (*pool, *published) for member in one.members})[:6]
        pool = [
            FlagSet(frozenset(some))
            for size in range(len(names) + 1)
            for some in combinations(names, size)
        ]
    found = [(one,) for one in dict.fromkeys((*pool, *published))]
    found = [one for one in found if all(is_limit(value, one[0]) for value in published)]
    return [(), *found, *[(None,)] * (len(published) < len(devices))]


def best(scheme, devices, names, least=Outcome.COMPATIBLE):
    """Try everything; return the fewest attributes that have to be limited, or None."""
    fewest = None
    offered = [tried(devices, name) for name in names]
    for chosen in product(*offered):
        limits = {name: one[0] for name, one in zip(names, chosen, strict=True) if one}
        if fewest is not None and len(limits) >= fewest:
            continue
        if accepted(scheme, [limited(one, limits) for one in devices], least):
            fewest = len(limits)
    return fewest


@st.composite
def any_clusters(draw):
    """Any schemes with up to two attributes to limit, and devices."""
    scheme = draw(schemes().filter(lambda one: len(limitable(one)) <= 2))
    return scheme, draw(fleets(scheme, min_size=1))


ORDERED = {
    "set": ("superset", ("A", "A+B", "B+C", "A+B+C")),
    "version": ("version", ("1.0", "1.1", "1.1.2", "2.0")),
    "int": (None, ("1", "2", "3", "4")),
}
CLAUSES = {
    "set": ("subset(A+B)", "superset(A)", "one_of(A+B,B)", "A", '{v:string:"A","B"}', "any()"),
    "version": ("version(1.1)", "range(1.0,1.1)", "one_of(1.0,2.0)", "any()"),
    "int": ("range(1,3)", "one_of(1,2)", "{v:int:2-3}", "2", "any()"),
}


@st.composite
def ordered_clusters(draw):
    """Two attributes whose values are in order, by relations, by objects or by both."""
    kinds = {name: draw(st.sampled_from(sorted(ORDERED))) for name in ("a", "b")}
    has_objects = draw(st.booleans())
    lines = ["scheme: s", f"objects: {'published' if has_objects else 'none'}", "attributes:"]
    for name, kind in kinds.items():
        relation = ORDERED[kind][0] if draw(st.booleans()) or not has_objects else None
        clause = f", clause: {relation}" if relation else ""
        lines.append(f"  {name}: {{type: {kind}{clause}}}")
    scheme = load_scheme("s", "\n".join(lines).encode())

    def device():
        own = {n: draw(st.sampled_from(ORDERED[kind][1])) for n, kind in kinds.items()}
        own = {n: int(v) if kinds[n] == "int" else v for n, v in own.items()}
        one = {n: draw(st.sampled_from(CLAUSES[kind])) for n, kind in kinds.items()}
        if one["a"].startswith("{") and one["b"].startswith("{"):
            one["b"] = "any()"
        line = {"self": own} | ({"compatible": [one]} if has_objects else {})
        return parse_line(json.dumps(line), scheme)

    return scheme, [device() for _ in range(draw(st.integers(1, 3)))]


def clusters():
    """Clusters of both sorts."""
    return any_clusters() | ordered_clusters() | ordered_clusters()


@given(clusters())
def test_a_baseline_is_accepted_by_the_judge(cluster):
    """Limited devices all accept each other, and no value is more than every device has."""
    scheme, devices = cluster
    found = baseline(Population.of(scheme, devices))
    for one in (found.baseline, found.rest):
        if one is None:
            continue
        limits = {limit.attribute: limit.value for limit in one.limits}
        assert limits.keys() <= set(found.limitable)
        classes = [found.population.classes[at] for at in one.classes]
        assert accepted(scheme, [limited(device, limits) for device in classes])
        for name, value in limits.items():
            assert value is None or all(
                is_limit(device.values[name], value) for device in classes if name in device.values
            )
        assert one.devices == sum(found.population.devices[at] for at in one.classes)


@given(clusters())
def test_there_is_none_where_none_is_found(cluster):
    """Nothing else works where no baseline is found, and no fewer attributes where one is."""
    scheme, devices = cluster
    found = baseline(Population.of(scheme, devices))
    fewest = best(scheme, devices, found.limitable)
    assert (found.baseline is None) == (fewest is None) or not found.is_whole
    if found.baseline is not None:
        assert len(found.baseline.limits) <= fewest
    else:
        undecided = best(scheme, devices, found.limitable, Outcome.UNDECIDED)
        assert found.may_be == (undecided is not None) or not found.is_whole


@given(clusters())
def test_as_few_as_can_be_are_left_out(cluster):
    """No set of classes with more devices has a baseline, where there are few classes."""
    scheme, devices = cluster
    population = Population.of(scheme, devices)
    found = baseline(population)
    places = range(len(population.classes))
    most = 0
    for size in range(len(places)):
        for kept in combinations(places, size + 1):
            classes = [population.classes[at] for at in kept]
            if best(scheme, classes, found.limitable) is not None:
                most = max(most, sum(population.devices[at] for at in kept))
    one = found.baseline or found.rest
    assert (0 if one is None else one.devices) == most
    if found.rest is not None:
        assert found.is_least
        assert sorted((*found.rest.classes, *found.left_out)) == list(places)


@given(clusters())
def test_obstacles_prevent_it_alone(cluster):
    """Where nothing but an obstacle is compared, there is no baseline; nor for any other."""
    scheme, devices = cluster
    found = baseline(Population.of(scheme, devices))
    if found.baseline is not None:
        assert not found.obstacles
        return
    names = [n for n, one in scheme.attributes.items() if one.relation is not Relation.ANY]
    told = {one.attribute: one for one in found.obstacles}
    lists_missing = scheme.has_objects and not accepted(without(scheme, names), devices)
    assert ("" in told) == lists_missing
    for name in [] if lists_missing else names:
        only = without(scheme, [other for other in names if other != name])
        may = [one for one in found.limitable if one == name]
        assert (name in told) == (best(only, devices, may) is None)


def test_what_the_shipped_schemes_order():
    """Of the device nothing is limited, nor what says whom it accepts."""
    found = {name: limitable(load_builtin(name)) for name in builtin_names()}
    assert found["software-version"] == ("software_version",)
    assert found["self-compatible"] == ("pv_mode", "interface_version")
    assert found["nvml"] == ("virtualization_caps", "guest_vgpu_version")
    assert found["qat-stream"] == ("version",)
    assert found["kubevirt"] == ()
    for name, attributes in found.items():
        for one in attributes:
            attribute = load_builtin(name).attributes[one]
            assert can_limit(attribute)
            assert attribute.limit is not Limit.DEVICE


PV = load_scheme(
    "pv",
    b"scheme: pv\nattributes:\n  pv_mode: {type: set, clause: superset}\n"
    b"  version: {type: version, clause: version}\n",
)


def study(scheme, *values):
    """Ask for the baseline of devices by the text of their own values."""
    devices = [parse_line(f'{{"self":{{{one}}}}}', scheme) for one in values]
    return baseline(Population.of(scheme, devices))


def limits_of(found):
    """Show limits as text."""
    return {one.attribute: one.value and str(one.value) for one in found.limits}


def test_sets_are_cut_and_versions_lowered():
    """Sets are limited to what all have, versions to the lowest; what agrees is let be."""
    first, second = '"pv_mode":"A+B","version":"1.2"', '"pv_mode":"B+C","version":"1.2.1"'
    assert limits_of(study(PV, first, second).baseline) == {"pv_mode": "B"}
    third = '"pv_mode":"A+B","version":"1.1"'
    found = study(PV, first, second, third)
    assert limits_of(found.baseline) == {"pv_mode": "B", "version": "1.1"}
    assert [one.devices for one in found.baseline.limits] == [3, 2]


def test_majors_have_no_baseline():
    """Two majors prevent it, and the smaller part is left out."""
    found = study(PV, '"version":"1.0"', '"version":"2.1"', '"version":"2.0"')
    assert [one.attribute for one in found.obstacles] == ["version"]
    assert (found.rest.classes, found.left_out, found.is_least) == ((1, 2), (0,), True)
    assert limits_of(found.rest) == {"version": "2.0"}


def test_ranges_lower_what_they_do_not_hold():
    """A guest is limited to the highest version that all hosts support; the hosts stay."""
    nvml = load_builtin("nvml")
    line = (
        '"gpu":"g","mdev_type":"t","virtualization_caps":"migration",'
        '"guest_vgpu_version":%d,"min_vgpu_version":%d,"max_vgpu_version":%d'
    )
    found = study(nvml, line % (7, 1, 7), line % (6, 2, 6), line % (6, 3, 9))
    assert limits_of(found.baseline) == {"guest_vgpu_version": "6"}
    apart = study(nvml, line % (7, 7, 7), line % (6, 2, 6))
    assert apart.baseline is None
    assert [one.attribute for one in apart.obstacles] == ["guest_vgpu_version"]


def test_lists_choose_what_they_accept():
    """Where objects name sets, the largest that all objects name is chosen."""
    scheme = load_scheme("s", b"scheme: s\nobjects: published\nattributes:\n  modes: {type: set}\n")
    lines = (
        '{"self":{"modes":"A+B+C"},"compatible":[{"modes":"subset(A+B)"}]}',
        '{"self":{"modes":"A+B"},"compatible":[{"modes":"subset(B+C)"}]}',
    )
    devices = [parse_line(one, scheme) for one in lines]
    assert limits_of(baseline(Population.of(scheme, devices)).baseline) == {"modes": "B"}


def test_long_lists_are_not_tried_to_the_end():
    """The end of a range is tried, and that there is more within it is said."""
    scheme = load_scheme("s", b"scheme: s\nobjects: published\nattributes:\n  n: {type: int}\n")
    lines = (
        '{"self":{"n":70},"compatible":[{"n":"{v:int:1-50}"}]}',
        '{"self":{"n":60},"compatible":[{"n":"{v:int:1-90}"}]}',
    )
    found = baseline(Population.of(scheme, [parse_line(one, scheme) for one in lines]))
    assert (limits_of(found.baseline), found.is_whole) == ({"n": "50"}, False)


def test_too_many_limits_are_tried_alike():
    """Where there are too many choices, all are limited, and then as few as will do."""
    names = [f"m{n}" for n in range(14)]
    text = "scheme: s\nattributes:\n" + "".join(
        f"  {name}: {{type: set, clause: superset}}\n" for name in names
    )
    one = ",".join(f'"{name}":"A"' for name in names)
    found = study(load_scheme("s", text.encode()), one, one.replace('"m3":"A"', '"m3":"A+B"'))
    assert (limits_of(found.baseline), found.is_whole) == ({"m3": "A"}, False)


def test_what_some_lack_may_be_left_unpublished():
    """Where the scheme refuses what one side lacks, nobody publishes it."""
    strict = load_scheme(
        "s", b"scheme: s\nmissing: incompatible\nattributes:\n  m: {type: set, clause: superset}\n"
    )
    assert limits_of(study(strict, '"m":"A"', "").baseline) == {"m": None}


def test_undecided_is_neither():
    """What the scheme does not decide may be a baseline."""
    unsaid = load_scheme(
        "s",
        b"scheme: s\nmissing: undecided\nattributes:\n  m: {type: string, clause: equal}\n",
    )
    found = study(unsaid, '"m":"A"', "")
    assert (found.baseline, found.outcome) == (None, Outcome.UNDECIDED)


def test_many_classes_are_searched():
    """Of more classes than can be tried, a set is grown; the judge accepts it too."""
    values = [f'"pv_mode":"x+y{n}","version":"1.{n}"' for n in range(4)]
    values += [f'"pv_mode":"m+y{n}","version":"2.{n}"' for n in range(7)]
    found = study(PV, *values)
    assert (found.rest.devices, found.is_least) == (7, False)
    assert limits_of(found.rest) == {"pv_mode": "m", "version": "2.0"}
    assert found.left_out == (0, 1, 2, 3)


def test_what_is_not_compared_may_differ():
    """Devices that differ only in what no verdict asks for are one description to the judge."""
    scheme = load_scheme(
        "s",
        b"scheme: s\nattributes:\n  serial: {type: string, clause: any}\n"
        b"  version: {type: version, clause: version}\n",
    )
    lines = [f'"serial":"{n}","version":"1.{n % 3}"' for n in range(30)]
    found = study(scheme, *lines)
    assert (len(found.population.classes), found.baseline.pairs) == (30, 1)
    assert limits_of(found.baseline) == {"version": "1.0"}


def test_attributes_can_be_named():
    """Devices are limited in what is asked instead."""
    population = study(PV, '"version":"1.0"', '"version":"1.1"').population
    assert baseline(population, ["pv_mode"]).baseline is None
    assert limits_of(baseline(population, ["version"]).baseline) == {"version": "1.0"}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("set", "A+B", "B+A"), "A+B"),
        (("set", "A+B", "C"), ""),
        (("version", "1.2", "1.1.1", "1.1.2"), "1.1.1"),
        (("version", "1.2", "2.0"), None),
        (("int", "4", "-1"), "-1"),
        (("ratio", "1/2", "1/3"), "1/3"),
        (("string", "a", "a"), None),
    ],
)
def test_what_all_can_be_limited_to(texts, expected):
    """The highest value below all, by kind; strings have no order."""
    kind, *values = texts
    found = lowest_of(parse_value(kind, one) for one in values)
    assert (None if found is None else str(found)) == expected
