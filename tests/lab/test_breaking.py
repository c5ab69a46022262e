"""What an upgrade breaks, against naive loops over the judge, laws, and breaks that are planted."""

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from property.strategies import descriptions, schemes

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import parse_line
from simulator.compat.scheme import Direction, Outcome
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.fleet.fleet import Fleet
from simulator.lab.breaking.breaks import Category, find_breaks
from simulator.lab.breaking.bump import Bump, published, version_attribute
from simulator.lab.breaking.pairing import paired
from simulator.lab.breaking.rolling import Count, Rollout, Step, smallest
from simulator.lab.breaking.upgrade import Reader, Upgrade, joint_space, same_rule, union
from simulator.values import parse_value

C, U, I = Outcome.COMPATIBLE, Outcome.UNDECIDED, Outcome.INCOMPATIBLE  # noqa: E741
NAMES = {
    (C, I): "lost",
    (C, U): "undecided",
    (I, C): "gained",
    (U, C): "decided",
    (U, I): "refused",
    (I, U): "opened",
}


def breaks(upgrade):
    """Find the breaks of an upgrade."""
    return find_breaks(Rollout(upgrade))


def naive(upgrade):
    """Judge every pair of devices in every direction, one by one."""
    sides = {"old": (upgrade.old, upgrade.before), "new": (upgrade.new, upgrade.after)}
    everyone = range(len(upgrade.devices))
    return {
        step: {
            pair: verdict(sides, *step.value.split(" to "), *pair)
            for pair in product(everyone, repeat=2)
        }
        for step in Step
    }


def verdict(sides, source, target, one, other):
    """Let the scheme of the side that accepts decide, as it knows the other one."""
    (leaving, left), (receiving, received) = sides[source], sides[target]
    judges = []
    if not (receiving.has_objects and receiving.accepted_by is Direction.SOURCE):
        judges.append(target)
    if leaving.has_objects and leaving.accepted_by is not Direction.TARGET:
        judges.append(source)
    if same_rule(leaving, receiving):
        return judge(leaving, left[one], received[other])
    outcomes = []
    for side in judges or (source, target):
        scheme = sides[side][0]
        ends = [
            end if side == host else Reader(scheme, known.kinds).read(complete(known, end))
            for end, host, known in (
                (left[one], source, leaving),
                (received[other], target, receiving),
            )
        ]
        outcomes.append(judge(scheme, *ends))
    return min(outcomes)


@st.composite
def upgrades(draw):
    """Upgrades of two random schemes, of one with other settings, or of what devices publish."""
    old = draw(schemes())
    kind = draw(st.sampled_from(("schemes", "settings", "devices")))
    if kind == "schemes":
        new = draw(schemes())
        assume(old.kinds.keys() & new.kinds.keys())
    elif kind == "settings":
        other = draw(schemes())
        settings = ("accepted_by", "has_objects", "missing", "unlisted", "floor_division")
        new = replace(old, **{name: getattr(other, name) for name in settings})
    else:
        new = old
    counts = st.integers(1, 3)
    if kind == "devices":
        pair = st.tuples(descriptions(old), descriptions(old), counts)
        return Upgrade.of_pairs(old, new, draw(st.lists(pair, min_size=1, max_size=3)))
    both = union(old, new)
    devices = draw(st.lists(st.tuples(descriptions(both), counts), min_size=1, max_size=4))
    return Upgrade.of_schemes(old, new, devices)


@given(upgrades())
def test_every_direction_is_the_judge(upgrade):
    """Each pair of each direction has the verdict of the scheme that accepts."""
    found = Rollout(upgrade).run()
    for step, verdicts in naive(upgrade).items():
        assert {pair: found[step].outcome(*pair) for pair in verdicts} == verdicts, step


@given(upgrades())
def test_counts_are_those_of_naive_loops(upgrade):
    """The pairs, pairs of devices and sources of every category are counted right."""
    verdicts, found = naive(upgrade), breaks(upgrade)
    pairs = {name: [] for name in Category}
    for pair, before in verdicts[Step.OLD_TO_OLD].items():
        after = verdicts[Step.NEW_TO_NEW][pair]
        if before is not after:
            pairs[NAMES[before, after]].append(pair)
        elif before is C:
            pairs["upgrade"] += [pair] * (verdicts[Step.OLD_TO_NEW][pair] is not C)
            pairs["rollback"] += [pair] * (verdicts[Step.NEW_TO_OLD][pair] is not C)
    assert set(found.changes) == {name for name, rows in pairs.items() if rows}
    for name, change in found.changes.items():
        assert change.count == counted(upgrade, pairs[name])
        example = change.example
        assert pairs_of(upgrade, example, verdicts) & set(pairs[name])
        assert example.verdict.outcome is not C


@given(upgrades())
def test_progress_ends_with_the_total(upgrade):
    """The sources that are done are counted over all questions, without a step back."""
    rollout, done = Rollout(upgrade), []
    rollout.run(done.append)
    assert done == sorted(done)
    assert done[-1] == rollout.total == len(done)


def counted(upgrade, pairs):
    """Count pairs by hand."""
    devices = upgrade.devices
    together = sum(devices[one] * devices[other] for one, other in pairs)
    sources = sum(devices[one] for one in {one for one, _ in pairs})
    return Count(len(pairs), together, sources)


def pairs_of(upgrade, example, verdicts):
    """Find the pairs of these ends that have the verdicts of the example."""
    sides = {"old": upgrade.before, "new": upgrade.after}
    ends = example.step.value.split(" to ")
    every = product(range(len(upgrade.devices)), repeat=2)
    return {
        pair
        for pair in every
        if [sides[end][at] for end, at in zip(ends, pair, strict=True)]
        == [example.source, example.target]
        and verdicts[Step.OLD_TO_OLD][pair] is example.before
        and verdicts[example.step][pair] is example.verdict.outcome
    }


@given(upgrades())
def test_passages_count_what_they_lose(upgrade):
    """Each direction says how many pairs it allows and how many of the old ones it loses."""
    verdicts, found = naive(upgrade), breaks(upgrade)
    base = {pair for pair, outcome in verdicts[Step.OLD_TO_OLD].items() if outcome is C}
    for step, passage in found.passages.items():
        here = {outcome: set() for outcome in Outcome}
        for pair, outcome in verdicts[step].items():
            here[outcome].add(pair)
        assert passage.allowed == counted(upgrade, here[C])
        assert passage.undecided == counted(upgrade, here[U])
        assert passage.lost == counted(upgrade, base - here[C])
        assert (passage.example is None) == (not base - here[C])
    assert not found.passages[Step.OLD_TO_OLD].lost.pairs


@given(upgrades())
def test_the_bump_follows_the_verdicts(upgrade):
    """Lost forward is major; lost backward or gained is minor; else nothing is called for."""
    verdicts, found = naive(upgrade), breaks(upgrade)
    allowed = {
        step: {p for p, one in found.items() if one is C} for step, found in verdicts.items()
    }
    base = allowed[Step.OLD_TO_OLD]
    if base - allowed[Step.OLD_TO_NEW] or base - allowed[Step.NEW_TO_NEW]:
        assert found.bump is Bump.MAJOR
    elif base - allowed[Step.NEW_TO_OLD] or allowed[Step.NEW_TO_NEW] - base:
        assert found.bump is Bump.MINOR
    else:
        assert found.bump in (Bump.NONE, Bump.BUGFIX)


@given(st.data())
def test_the_same_scheme_twice_breaks_nothing(data):
    """Law: a scheme against itself finds nothing, and calls for no bump."""
    scheme = data.draw(schemes())
    devices = data.draw(st.lists(descriptions(scheme), max_size=4))
    found = breaks(Upgrade.of_schemes(scheme, scheme, [(one, 1) for one in devices]))
    assert (found.found, found.bump) == (frozenset(), Bump.NONE)
    assert not any(passage.lost.pairs for passage in found.passages.values())


@pytest.mark.parametrize("name", builtin_names())
def test_a_shipped_scheme_twice_breaks_nothing(name):
    """Law: of every shipped scheme, over its value space."""
    scheme = load_builtin(name)
    space = joint_space(scheme, scheme, budget=100, seed=1)
    found = breaks(Upgrade.of_schemes(scheme, scheme, [(one, 1) for one in space.descriptions]))
    assert (found.found, found.bump) == (frozenset(), Bump.NONE)


@given(upgrades())
def test_swapped_sides_exchange_what_is_lost_and_gained(upgrade):
    """Law: what is lost one way is gained the other; upgrade and rollback change places."""
    ends = zip(upgrade.after, upgrade.before, upgrade.devices, strict=True)
    back = breaks(Upgrade.of_pairs(upgrade.new, upgrade.old, ends))
    there = breaks(upgrade)
    names = (("lost", "gained"), ("undecided", "decided"), ("refused", "opened"))
    for one, other in (*names, ("upgrade", "rollback")):
        for a, b in ((one, other), (other, one)):
            found = [side.changes.get(Category(name)) for side, name in ((there, a), (back, b))]
            assert (found[0] and found[0].count) == (found[1] and found[1].count)


# ---- planted breaks

BASE = "scheme: s\nmissing: {missing}\nattributes:\n  a: {{type: string, clause: {clause}}}\n"
MORE = "  b: {type: string}\n"
FILES = "surface: {form: files, scope: type, name: m}\n"


def scheme_of(more="", *, missing="undecided", clause="equal"):
    """Load a small scheme."""
    text = BASE.format(missing=missing, clause=clause) + more
    return load_scheme("s", text.encode())


def spaced(old, new):
    """Judge two schemes over their value space."""
    space = joint_space(old, new, budget=500, seed=0)
    assert space.is_exhaustive
    return breaks(Upgrade.of_schemes(old, new, [(one, 1) for one in space.descriptions]))


PLANTED = {
    "lost": ({"clause": "any"}, {"missing": "compatible"}),
    "undecided": ({"missing": "compatible"}, {"missing": "undecided"}),
    "gained": ({"missing": "compatible"}, {"clause": "any"}),
    "decided": ({"missing": "undecided"}, {"missing": "compatible"}),
    "refused": ({"missing": "undecided"}, {"missing": "incompatible"}),
    "opened": ({"missing": "incompatible"}, {"missing": "undecided"}),
    "description": ({"more": MORE}, {}),
    "file": ({"more": FILES}, {"more": FILES.replace("type", "device")}),
    "published": ({}, {"more": MORE}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_break_of_a_scheme(name):
    """A break of one category is found, and nothing else."""
    old, new = (scheme_of(**given) for given in PLANTED[name])
    assert spaced(old, new).found == {Category(name)}


OTHER_SCHEMES = {
    "retyped": ({"more": MORE}, {"more": MORE.replace("string", "int")}, "description"),
    "narrowed": (
        {"more": "  b: {type: string, valid: 'one_of(x,y)'}\n"},
        {"more": "  b: {type: string, valid: x}\n"},
        "description",
    ),
    "narrowed, and never compared": (
        {"more": "  b: {type: string, clause: any, valid: 'one_of(x,y)'}\n"},
        {"more": "  b: {type: string, clause: any, valid: x}\n"},
        "description",
    ),
    "no list": ({"more": "objects: published\n"}, {}, "description"),
    "moved": ({"more": FILES}, {"more": FILES.replace("m}", "n}")}, "file"),
    "moved with an attribute": (
        {"more": "  b: {type: string, scope: device}\n" + FILES},
        {"more": "  b: {type: string, scope: parent}\n" + FILES},
        "file",
    ),
    "gone": ({"more": FILES}, {}, "file"),
    "reformed": (
        {"more": FILES.replace("files", "listing")},
        {"more": FILES.replace("files", "json")},
        "file",
    ),
    "a new file": ({}, {"more": FILES}, "published"),
    "a new attribute with its file": (
        {"more": FILES},
        {"more": "  b: {type: string}\n" + FILES},
        "published",
    ),
}


@pytest.mark.parametrize("name", OTHER_SCHEMES)
def test_other_ways_to_publish_otherwise(name):
    """What a scheme says of attributes, lists and files is found once, and in its category."""
    *given, category = OTHER_SCHEMES[name]
    old, new = (scheme_of(**one) for one in given)
    values = {name: parse_value(kind, "y") for name, kind in old.kinds.items()}
    found = breaks(Upgrade.of_schemes(old, new, [(Description(values), 3)]))
    differences = [each for each in found.differences if each.category == category]
    assert len(differences) == 1, found.differences
    assert [each.category for each in found.differences] == [category]


def devices(scheme, *lines):
    """Read devices from the inside of their ``self``."""
    return [
        parse_line(f'{{"name":"d{n}","self":{{{one}}}}}', scheme) for n, one in enumerate(lines)
    ]


PV = "scheme: s\nattributes:\n  pv: {type: set, clause: superset}\n  b: {type: string}\n"


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ('"pv":"none+ppgtt"', '"pv":"none"', {"upgrade"}),
        ('"pv":"none"', '"pv":"none+ppgtt"', {"rollback"}),
        ('"pv":"none"', '"pv":"ppgtt"', {"upgrade", "rollback"}),
        ('"pv":"none","b":"x"', '"pv":"none"', {"description"}),
        ('"pv":"none"', '"pv":"none","b":"x"', {"published"}),
        ('"pv":"none+ppgtt"', '"pv":"none,ppgtt"', {"file"}),
        ('"pv":"none","b":"x"', '"pv":"none","b":"y"', set()),
    ],
)
def test_a_planted_break_of_a_driver(before, after, names):
    """What a driver publishes anew is found in its category, and nothing else."""
    scheme = load_scheme("s", PV.encode())
    ends = zip(devices(scheme, before), devices(scheme, after), (1,), strict=True)
    assert breaks(Upgrade.of_pairs(scheme, scheme, ends)).found == set(map(Category, names))


def test_an_attribute_that_is_gone_takes_its_file_along():
    """Under one value per file the file of an attribute goes with it."""
    scheme = load_scheme("s", (PV + FILES).encode())
    ends = zip(devices(scheme, '"b":"x"'), devices(scheme, ""), (5,), strict=True)
    found = breaks(Upgrade.of_pairs(scheme, scheme, ends))
    assert [(one.category, one.subject, one.devices) for one in found.differences] == [
        ("description", "b", 5),
        ("file", "type: m/b", 5),
    ]


def test_devices_that_come_and_go():
    """Devices of one side only are told, and are no part of a pair."""
    scheme = load_scheme("s", PV.encode())
    found = breaks(replace(Upgrade.of_pairs(scheme, scheme, []), gone=2, come=1))
    texts = [(one.category, one.subject, one.devices) for one in found.differences]
    assert texts == [("description", "devices", 2), ("published", "devices", 1)]


# ---- bumps


PV_VERSION = PV + "  v: {type: version, clause: any}\n"


@pytest.mark.parametrize(
    ("before", "after", "wanted", "answer"),
    [
        (("none", "0.0.0"), ("none+ppgtt", "0.1.0"), Bump.MINOR, "enough"),
        (("none+ppgtt", "0.1.0"), ("none+ppgtt+context", "0.2.0"), Bump.MINOR, "enough"),
        (("none+ppgtt+context", "0.2.0"), ("none+context", "1.0.0"), Bump.MAJOR, "enough"),
        (("none+ppgtt+context", "0.2.0"), ("none+context", "0.2.1"), Bump.MAJOR, "too small"),
        (("none+ppgtt+context", "0.2.0"), ("none+context", "0.3.0"), Bump.MAJOR, "too small"),
        (("none", "0.0.0"), ("none+context", "1.0.0"), Bump.MINOR, "too large"),
        (("none", "0.2.0"), ("none", "0.2.1"), Bump.BUGFIX, "enough"),
        (("none", "0.2.0"), ("none", "0.3.0"), Bump.BUGFIX, "too large"),
        (("none", "0.2.0"), ("none", "0.2.0"), Bump.NONE, "enough"),
        (("none", "0.2.0"), ("none", "0.1.0"), Bump.BUGFIX, "too small"),
    ],
)
def test_the_history_of_pv_mode(before, after, wanted, answer):
    """Each step of the history calls for the bump of the mails; others are too small or large."""
    scheme = load_scheme("s", PV_VERSION.encode())
    ends = [devices(scheme, '"pv":"{}","v":"{}"'.format(*one)) for one in (before, after)]
    found = breaks(Upgrade.of_pairs(scheme, scheme, zip(*ends, (1,), strict=True)))
    assert found.bump is wanted
    [one] = found.published
    assert (one.against(found.bump), one.is_judged) == (answer, False)


def test_the_version_attribute():
    """It is the one compared as a version, else the one of this name, else the first."""
    text = "scheme: s\nattributes:\n  x: {type: version}\n"
    assert version_attribute(load_scheme("s", text.encode())) == "x"
    text += "  software_version: {type: version}\n"
    assert version_attribute(load_scheme("s", text.encode())) == "software_version"
    text += "  z: {type: version, clause: version}\n"
    assert version_attribute(load_scheme("s", text.encode())) == "z"
    assert version_attribute(scheme_of()) is None


def test_published_bumps_are_counted():
    """The most frequent pair of versions comes first; one scheme read twice publishes none."""
    scheme = load_builtin("software-version")
    lines = ['"software_version":"1.0"', '"software_version":"1.1"', ""]
    one, other, none = devices(scheme, *lines)
    ends = [(one, other, 2), (other, one, 5), (one, none, 1), (none, one, 1), (none, none, 9)]
    upgrade = Upgrade.of_pairs(scheme, scheme, ends)
    found = [(str(each.old), str(each.new), each.bump, each.devices) for each in published(upgrade)]
    assert found[:2] == [("1.1", "1.0", Bump.LOWER, 5), ("1.0", "1.1", Bump.MINOR, 2)]
    assert sorted(found[2:]) == [
        ("1.0", "None", Bump.LOWER, 1),
        ("None", "1.0", Bump.MAJOR, 1),
    ]
    assert all(each.is_judged for each in published(upgrade))
    assert published(Upgrade.of_schemes(scheme, scheme, [(one, 1)])) == ()


@pytest.mark.parametrize(
    ("more", "clause", "is_judged"),
    [
        ("v: {type: version}", "range(1.0,1.2)", True),
        ("v: {type: version}", "any()", False),
        ("v: {type: version, clause: any}", "1.0", False),
        ("v: {type: version}\n  w: {type: version, clause: equal, of: v}", "any()", True),
    ],
)
def test_whether_a_published_version_is_judged(more, clause, is_judged):
    """A version takes part in verdicts where a relation or any clause asks for it."""
    scheme = load_scheme("s", f"scheme: s\nobjects: published\nattributes:\n  {more}\n".encode())
    lines = [
        f'{{"self":{{"v":"{version}"}},"compatible":[{{"v":"{clause}"}}]}}'
        for version in ("1.0", "1.1")
    ]
    old, new = (parse_line(line, scheme) for line in lines)
    [found] = published(Upgrade.of_pairs(scheme, scheme, [(old, new, 1)]))
    assert found.is_judged is is_judged


RANKED = "  b: {{type: int}}\nprefer: {{b: {}}}\n"


def test_what_calls_for_a_bugfix():
    """Another preference is a change, and so is one that a device shows which was not drawn."""
    old, new = (scheme_of(RANKED.format(how)) for how in ("highest", "lowest"))
    given = [(Description({}), 1)]
    assert breaks(Upgrade.of_schemes(old, old, given)).bump is Bump.NONE
    assert breaks(Upgrade.of_schemes(old, new, given)).bump is Bump.BUGFIX
    one, other = devices(old, '"b":1', '"b":2')
    every = Upgrade.of_pairs(old, old, [(one, one, 1), (one, other, 1)])
    same = Upgrade.of_pairs(old, old, [(one, one, 1)])
    assert find_breaks(Rollout(same), every=every).bump is Bump.BUGFIX


def test_the_joint_space_has_values_that_read():
    """What does not read as the kind of the other scheme is left out, not made absent."""
    text = "scheme: s\nattributes:\n  a: {{type: {}, clause: equal, required: true}}\n"
    old, new = (load_scheme("s", text.format(kind).encode()) for kind in ("int", "string"))
    space = joint_space(old, new, budget=50, seed=0)
    assert None not in space.pools["a"]
    assert [str(value) for value in space.pools["a"]] == ["1", "2", "4"]


# ---- what one side knows of the other


def test_lists_are_derived_by_its_own_scheme():
    """A host derives its list by its own scheme, also where the other side's scheme asks it."""
    text = "scheme: s\nobjects: published\naccepted-by: {}\naccepts: [{{v: '{}'}}]\n"
    text += "attributes: {{v: {{type: int}}}}\n"
    old = load_scheme("old", text.format("target", "any()").encode())
    new = load_scheme("new", text.format("source", "range(0,${v})").encode())
    two, one = devices(old, '"v":2', '"v":1')
    upgrade = Upgrade.of_schemes(old, new, [(one, 1), (two, 1)])
    found = Rollout(upgrade).run()[Step.OLD_TO_NEW]
    # Nobody decides alone here, so both ask; the new target accepts up to its own value.
    assert [found.outcome(*pair) for pair in ((0, 1), (1, 0))] == [C, I]


def test_a_variable_survives_the_attribute_that_declared_it():
    """A clause declares what it refers to when the declaring attribute is not known."""
    old = load_scheme("s", b"scheme: s\nattributes: {a: {type: string}, b: {type: int}}\n")
    new = load_scheme("s", b"scheme: s\nobjects: published\nattributes: {b: {type: int}}\n")
    line = '{"self":{"b":1},"compatible":[{"a":"t{n:int:1,2}","b":"{n}/2"},{"a":"x"}]}'
    known = Reader(new, old.kinds).read(parse_line(line, old))
    assert known.to_line() == '{"self":{"b":1},"compatible":[{"b":"{n:int:1,2}/2"}]}'
    assert parse_line(known.to_line(), new) == known


def test_values_and_clauses_of_another_kind():
    """What reads as the new kind stays; the rest goes."""
    old = load_scheme("s", b"scheme: s\nattributes: {a: {type: string}, b: {type: string}}\n")
    text = b"scheme: s\nobjects: published\nattributes: {a: {type: int}, b: {type: int}}\n"
    line = '{"self":{"a":"1","b":"x"},"compatible":[{"a":"one_of(1,2)","b":"x"}]}'
    known = Reader(load_scheme("s", text), old.kinds).read(parse_line(line, old))
    assert known.to_line() == '{"self":{"a":1},"compatible":[{"a":"one_of(1,2)"}]}'


@given(st.data())
def test_what_is_known_can_be_published(data):
    """Law: what a scheme knows of a description is one of its own."""
    old, new = data.draw(schemes()), data.draw(schemes())
    both = union(old, new)
    known = Reader(new, both.kinds).read(data.draw(descriptions(both)))
    assert parse_line(known.to_line(), new) == known
    assert Reader(new, new.kinds).read(known) == known


# ---- pairing, files, examples


def fleet_of(scheme, *names):
    """Make a fleet of devices whose version is their place."""
    fleet = Fleet(scheme)
    for row, name in enumerate(names):
        one = parse_line(f'{{"self":{{"software_version":"1.{row}"}}}}', scheme)
        fleet.add(replace(one, name=name))
    return fleet


@pytest.mark.parametrize(
    ("old", "new", "by_name", "pairs", "gone", "come"),
    [
        ("ab", "ba", True, {("1.0", "1.1"), ("1.1", "1.0")}, 0, 0),
        ("abc", "cx", True, {("1.2", "1.0")}, 2, 1),
        ("ab", "cd", False, {("1.0", "1.0"), ("1.1", "1.1")}, 0, 0),
        ("aa", "ab", False, {("1.0", "1.0"), ("1.1", "1.1")}, 0, 0),
        (("a", None), "ab", False, {("1.0", "1.0"), ("1.1", "1.1")}, 0, 0),
    ],
)
def test_pairing(old, new, by_name, pairs, gone, come):
    """Devices are paired by their own names where some are the same, and else in order."""
    scheme = load_builtin("software-version")
    found = paired(fleet_of(scheme, *old), fleet_of(scheme, *new))
    versions = {
        tuple(str(one.values["software_version"]) for one in pair[:2]) for pair in found.pairs
    }
    assert (found.is_by_name, versions, found.gone, found.come) == (by_name, pairs, gone, come)
    assert sum(count for *_, count in found.pairs) == len(pairs)


def test_fleets_that_cannot_be_paired():
    """Other names and other sizes: nobody can say which is which."""
    scheme = load_builtin("software-version")
    assert paired(fleet_of(scheme, "a", "b"), fleet_of(scheme, "c")) is None


def test_equal_pairs_are_one_class():
    """What is published alike before and after is counted together."""
    scheme = load_builtin("software-version")
    old, new = fleet_of(scheme, *"abc"), fleet_of(scheme, *"abc")
    new.replace(1, new[0])
    old.replace(1, old[0])
    assert Counter(count for *_, count in paired(old, new).pairs) == {2: 1, 1: 1}


@given(st.lists(st.integers(0, 255), max_size=8))
def test_the_smallest_pair(rows):
    """The smallest pair has the lowest sum of places; there is none among no pairs."""
    pairs = [(s, t) for s, row in enumerate(rows) for t in range(8) if row >> t & 1]
    found = smallest(rows)
    assert (found in pairs) if pairs else (found is None)
    assert not pairs or sum(found) == min(map(sum, pairs))
