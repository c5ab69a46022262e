"""What lint finds: each planted fault and no other, and nothing that is not so."""

from dataclasses import replace
from functools import reduce
from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from property.strategies import POOLS, clauses, fleets, objects, schemes, values

from simulator.compat.description import Description
from simulator.compat.judge import check_object, check_relation, judge
from simulator.compat.listing import parse_listing
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import read_lines
from simulator.compat.rule import Object, OneOf
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.compat.template import Scaled, Template, Variable, render
from simulator.lab.lint import CODES, Place, lint
from simulator.lab.lint.alternatives import group_report
from simulator.lab.lint.axis import axis_of, corners_of
from simulator.lab.lint.boxes import Side, groups_of, is_covered
from simulator.lab.lint.growth import PAGE, forecast
from simulator.lab.lint.pairs import compared, covers, merged, overlap
from simulator.lab.lint.verdicts import Effects, without
from simulator.lab.matrix import matrix
from simulator.lab.population import Population
from simulator.lab.space import space_of
from simulator.values import Integer, parse_value

SCHEMES = Path(__file__).parent / "schemes"
few = settings(max_examples=50)
CONTROLS = ("clean", "clean-objects")


def planted(name):
    """Lint one of the planted faults, as the command does."""
    path = SCHEMES / f"lint-{name}.yaml"
    scheme = load_scheme(path.name, path.read_bytes())
    found = {}
    for kind in ("device", "fleet"):
        path = SCHEMES / f"lint-{name}-{kind}.ndjson"
        if path.exists():
            found[kind] = read_lines(path.name, path.read_text("utf-8"), scheme)
    population = Population.of(scheme, found["fleet"]) if "fleet" in found else None
    space = None if population else space_of(scheme, budget=300)
    return lint(scheme, found.get("device", ()), population, space)


# ---- planted faults


@pytest.mark.parametrize("code", CODES)
def test_planted_faults(code):
    """For every code there is a scheme with this fault and no other, and it is found."""
    assert {one.code for one in planted(code.lower())} == {code}


@pytest.mark.parametrize("name", CONTROLS)
def test_controls(name):
    """Where no fault was planted, none is found."""
    assert planted(name) == ()


@pytest.mark.parametrize("name", builtin_names())
def test_shipped_schemes_are_linted(name):
    """Every shipped scheme can be linted, twice alike, with codes and places that exist."""
    scheme = load_builtin(name)
    space = space_of(scheme, budget=100)
    found = lint(scheme, space=space)
    assert found == lint(scheme, space=space)
    for one in found:
        assert one.code in CODES
        assert one.place.path[0] in ("attributes", "surface", "missing", "accepts", "prefer")


def test_findings_of_a_fleet_are_gathered():
    """What classes have in common is one finding, at the first class, with a count."""
    scheme = small(has_objects=True, accepted_by=Direction.TARGET)
    lines = (
        f'{{"self":{{"n":{n}}},"compatible":[{{"n":"one_of(1,1)","t":"t{n}"}}]}}' for n in range(5)
    )
    classes = read_lines("f", "\n".join(lines), scheme)
    found = lint(scheme, population=Population.of(scheme, classes))
    [one] = [one for one in found if one.code == "L105"]
    assert (one.place, one.more) == (Place("class", 0, ("compatible", 0, "n")), 4)


def test_the_example_of_the_mail():
    """The alternative of one half is dead, and the two objects are no one object."""
    scheme = load_builtin("self-compatible")
    text = Path(__file__).parents[2] / "simulator/examples/UUID1"
    description = parse_listing("UUID1", text.read_text("utf-8"), scheme).description
    codes = [one.code for one in lint(scheme, [description])]
    assert codes.count("L101") == 2
    assert not {"L201", "L202", "L203"} & set(codes)


# ---- axes and boxes


def small(**settings_):
    """Make a scheme of three attributes without relations."""
    kinds = {"n": "int", "t": "string", "s": "set"}
    attributes = {name: Attribute(name, kind) for name, kind in kinds.items()}
    missing = settings_.pop("missing", Outcome.INCOMPATIBLE)
    return Scheme("s", settings_.pop("attributes", attributes), missing=missing, **settings_)


@given(data=st.data(), kind=st.sampled_from(sorted(POOLS)))
def test_an_axis_stands_for_all_values(data, kind):
    """Any value gets the same answers of all clauses as some value of their axis."""
    scheme = Scheme("s", {"a": Attribute("a", kind)}, missing=data.draw(st.sampled_from(Outcome)))
    some = data.draw(st.lists(clauses(kind), min_size=1, max_size=3))
    some = [one for one in some if not isinstance(one, Template | Scaled)]
    axis = axis_of(kind, [corner for one in some for corner in corners_of(one, kind)])
    value = data.draw(values(kind))

    def answers(one):
        other = Description({"a": one})
        return [
            check_object(scheme, Object({"a": c}), other, to_publisher=True).outcome for c in some
        ]

    assert axis.is_whole
    assert answers(value) in [answers(one) for one in axis.values if one is not None]


def test_an_axis_of_too_many_sets_says_so():
    """Where sets cannot all be told apart, the axis does not claim to stand for all."""
    sets = [parse_value("set", f"a{n}") for n in range(20)]
    assert not axis_of("set", sets).is_whole
    assert axis_of("set", sets[:8]).is_whole


@given(
    st.lists(st.tuples(*[st.integers(1, 15)] * 3), min_size=1, max_size=6),
    st.tuples(*[st.integers(1, 15)] * 3),
)
def test_cover(rows, box):
    """A box is covered when each of its points lies in a row."""
    points = product(*([bit for bit in (1, 2, 4, 8) if bit & part] for part in box))
    inside = all(
        any(all(a & b for a, b in zip(point, row, strict=True)) for row in rows) for point in points
    )
    assert is_covered(box, rows) == inside


# ---- alternatives


def every(scheme, names):
    """Make many descriptions of some attributes, from the pools of the tests."""
    pools = [
        [None, *(parse_value(scheme.kinds[n], t) for t in POOLS[scheme.kinds[n]])] for n in names
    ]
    for found in product(*pools):
        there = zip(names, found, strict=True)
        yield Description({name: value for name, value in there if value is not None})


def restricted(one, name, choice):
    """Declare a variable with one value instead of all."""

    def part(old):
        if isinstance(old, Variable) and old.name == name:
            is_int = isinstance(choice, int)
            ranges = ((choice, choice),) if is_int else ()
            return Variable(name, ranges, () if is_int else (choice,))
        return old

    found = {}
    for key, clause in one.clauses.items():
        found[key] = clause
        if isinstance(clause, Template):
            found[key] = replace(clause, parts=tuple(map(part, clause.parts)))
        elif isinstance(clause, Scaled):
            found[key] = replace(clause, part=part(clause.part))
    return Object(found)


def bare(scheme):
    """Take the relations from a scheme, so that objects decide alone."""
    attributes = {
        name: replace(one, relation=None, of=None) for name, one in scheme.attributes.items()
    }
    return replace(scheme, attributes=attributes)


@given(st.data())
def test_dead_alternatives_never_match(data):
    """A reported alternative matches nobody, and one that is not reported matches somebody."""
    scheme = bare(data.draw(schemes(has_objects=True)))
    one = data.draw(objects(scheme))
    side = Side(scheme, data.draw(st.booleans()))
    for group in groups_of(scheme, one):
        report = group_report(side, group)
        if report.dead is not None:
            assert not any(_accepts(side, Object(group.clauses), o) for o in near(side, group))
            continue
        for name, variable in group.variables.items():
            for choice in dict.fromkeys(variable.choices()):
                rest = restricted(Object(group.clauses), name, choice)
                is_dead = (name, choice) in report.choices
                found = any(_accepts(side, rest, other) for other in near(side, group))
                assert found != is_dead


def near(side, group):
    """Make descriptions of all values that templates give, and of the pools elsewhere."""
    scheme, names = side.scheme, list(group.clauses)
    pools = []
    for name, clause in group.clauses.items():
        pool = [parse_value(scheme.kinds[name], text) for text in POOLS[scheme.kinds[name]]]
        if isinstance(clause, Template | Scaled):
            floor = scheme.floor_division
            made = [render(clause, one, floor_division=floor) for one in group.bindings()]
            pool = list(dict.fromkeys(value for value in made if value is not None))
        pools.append([None, *pool])
    size = reduce(lambda total, pool: total * len(pool), pools, 1)
    assume(size <= 3000)
    for found in product(*pools):
        there = zip(names, found, strict=True)
        yield Description({name: value for name, value in there if value is not None})


def _accepts(side, one, other):
    found = check_object(side.scheme, one, other, to_publisher=side.to_publisher)
    return found.outcome is Outcome.COMPATIBLE


@few
@given(st.data())
def test_what_relations_refuse_is_dead(data):
    """With a device's own values, a dead item of one_of is refused by the scheme's relations."""
    scheme = data.draw(schemes(has_objects=True))
    scheme = replace(scheme, accepted_by=Direction.TARGET)
    name = data.draw(st.sampled_from(sorted(scheme.attributes)))
    items = tuple(data.draw(st.lists(values(scheme.kinds[name]), min_size=1, max_size=4)))
    own = {key: data.draw(values(kind)) for key, kind in scheme.kinds.items()}
    target = Description(own, (Object({name: OneOf(items)}),))
    side = Side(scheme, to_publisher=True, own=own)
    for group in groups_of(scheme, target.objects[0]):
        report = group_report(side, group)
        dead = report.dead is not None
        for item in items:
            refused = any(
                check_relation(scheme, one, Description({name: item}), target).outcome
                is Outcome.INCOMPATIBLE
                for one in scheme.attributes.values()
                if (one.of or one.name) == name
            )
            said = any(f for f in report.found if f[0] == "L103") or dead
            assert said or not refused
            if dead:
                assert judge(scheme, Description({name: item}), target) is not Outcome.COMPATIBLE


def test_large_variables_are_left_alone():
    """Where a variable has more values than are looked at, nothing is said of them."""
    scheme = small(has_objects=True)
    one = Object({"n": Scaled("int", Variable("v", ((1, 10**9),)), "/", 2)})
    [group] = groups_of(scheme, one)
    assert group_report(Side(scheme, to_publisher=True), group).found == ()


def test_sets_that_cannot_be_told_apart_are_left_alone():
    """Where the axis does not stand for all sets, no alternative is called dead."""
    names = [f"a{n}" for n in range(20)]
    attributes = {"s": Attribute("s", "set", valid=f"one_of({','.join(names)})")}
    scheme = small(has_objects=True, attributes=attributes)
    one = Object({"s": OneOf(tuple(parse_value("set", name) for name in ("b", "a1", "a1")))})
    [group] = groups_of(scheme, one)
    report = group_report(Side(scheme, to_publisher=True), group)
    assert [found[0] for found in report.found] == ["L105"]


# ---- pairs of objects


@few
@given(st.data())
def test_pairs(data):
    """What overlaps, covers and merges does so for every description that the judge is asked of."""
    scheme = bare(data.draw(schemes(has_objects=True)))
    assume(len(scheme.attributes) <= 3)
    side = Side(scheme, data.draw(st.booleans()))
    left = data.draw(objects(scheme))
    name = data.draw(st.sampled_from(sorted(left.clauses)))
    others = {key: clause for key, clause in left.clauses.items() if key != name}
    clause = data.draw(clauses(scheme.kinds[name], Object(others).variables))
    changed = Object({**left.clauses, name: clause})
    # A variable that the clause declared is gone with it.
    used = {
        n for c in changed.clauses.values() if isinstance(c, Template | Scaled) for n in c.names()
    }
    right = changed if used <= changed.variables.keys() else data.draw(objects(scheme))
    shared = overlap(side, (left, right))
    if shared is not None:
        assert _accepts(side, left, Description(shared))
        assert _accepts(side, right, Description(shared))
    is_wide = covers(side, left, right)
    joined = merged(side, left, right)
    found = Object({**left.clauses, joined[0]: joined[1]}) if joined else None
    for other in every(scheme, list(scheme.attributes)):
        answers = _accepts(side, left, other), _accepts(side, right, other)
        assert not is_wide or answers[0] or not answers[1]
        assert shared is not None or not all(answers)
        if found is not None:
            assert _accepts(side, found, other) == any(answers)


TABLE = [
    # Two objects, and what is said of which one.
    ("n=one_of(1,4)", "n=one_of(4,9)", [("L203", 0)]),
    ("n=range(1,4)", "n=range(5,9)", [("L203", 0)]),
    ("n=range(1,4)", "n=range(6,9)", []),
    ("n=range(1,4) t=a", "n=range(3,9) t=one_of(a,b)", [("L201", 1)]),
    ("n=range(1,4)", "n=2", [("L202", 1)]),
    ("n=2", "n=any()", [("L202", 0)]),
    ("s=superset(a)", "s=superset(a+b)", [("L202", 1)]),
    ("s=superset(a)", "s=superset(b)", [("L201", 1)]),
    ("s=subset(a)", "s=superset(b)", []),
    ("t=t{v:int:1,2} n={v}", "t=t{w:int:4,8} n={w}", [("L203", 0)]),
    ("t=t{v:int:1,2} n={v}", "t=t{v:int:1,2} n={v}*2", []),
    ("t=t{v:int:1,2} n={v}", "t=t1 n=1", [("L202", 1)]),
    ("t=t{v:int:1,2} n={v}", "t=t1 n=2", []),
    ('t=a n=""', "t=a n=1", []),
    ("t=a", "t=a", [("L202", 1)]),
]


@pytest.mark.parametrize(("left", "right", "expected"), TABLE)
def test_pairs_table(left, right, expected):
    """Which pairs of objects are told of, and by which code."""
    scheme = small(has_objects=True)
    both = (
        "{"
        + ",".join(f'"{f.split("=", 1)[0]}":{_quoted(f.split("=", 1)[1])}' for f in one.split())
        + "}"
        for one in (left, right)
    )
    [description] = read_lines("f", f'{{"self":{{}},"compatible":[{",".join(both)}]}}', scheme)
    found = compared(Side(scheme, to_publisher=True), description.objects)
    assert [one[:2] for one in found] == expected


def _quoted(text):
    return '"' + text.replace('"', '\\"') + '"'


def test_three_objects_are_one():
    """Objects that differ in one attribute are told of once, with the clause for all."""
    scheme = small(has_objects=True)
    text = ",".join(f'{{"t":"a","n":"{n}"}}' for n in (1, 5, 9))
    [one] = read_lines("f", f'{{"self":{{}},"compatible":[{text}]}}', scheme)
    found = list(compared(Side(scheme, to_publisher=True), one.objects))
    assert found == [("L203", 0, "objects 1, 2, 3 could be one, with n=one_of(1,5,9)")]


# ---- verdicts


@given(st.data())
def test_effects_are_what_the_judge_says(data):
    """With any attributes left out, all pairs are judged as the judge and the matcher do."""
    scheme = data.draw(schemes())
    fleet = data.draw(fleets(scheme, min_size=1))
    effects = Effects(scheme, fleet)
    left = frozenset(data.draw(st.lists(st.sampled_from(sorted(scheme.attributes)), max_size=2)))
    rest = without(scheme, left)
    rows = effects.rows(left)
    answers = matrix(rest, fleet)
    for source, target in product(range(len(fleet)), repeat=2):
        near, far = (target, source) if effects.by_target else (source, target)
        outcome = Outcome((rows[near][0] >> far & 1) + (rows[near][1] >> far & 1))
        assert outcome is judge(rest, fleet[source], fleet[target])
        assert outcome is answers.outcome(source, target)


@pytest.mark.parametrize("decides", list(Direction))
def test_objects_are_asked_a_few_at_once(monkeypatch, decides):
    """What objects refuse does not hang on how many of them the matcher is given at once."""
    monkeypatch.setattr("simulator.lab.lint.asked._AT_ONCE", 2)
    scheme = Scheme("s", {"a": Attribute("a", "int")}, has_objects=True, accepted_by=decides)
    text = '{"self":{"a":%d},"compatible":[{"a":"range(%d,9)"}]}'
    fleet = read_lines("f", "\n".join(text % (n, 7 - n) for n in range(7)), scheme)
    effects = Effects(scheme, fleet)
    for near, far in product(range(7), repeat=2):
        ends = (far, near) if effects.by_target else (near, far)
        outcome = judge(scheme, *(fleet[place] for place in ends))
        assert bool(effects.rows()[near][0] >> far & 1) is (outcome is Outcome.COMPATIBLE)


@given(st.data())
def test_dropped_attributes_leave_the_matrix_equal(data):
    """What refuses nobody, and what is not in the smallest set, changes no verdict."""
    scheme = data.draw(schemes())
    fleet = data.draw(fleets(scheme, min_size=2))
    effects = Effects(scheme, fleet)
    whole = matrix(scheme, fleet)
    for name in effects.refuse_nobody():
        assert matrix(without(scheme, (name,)), fleet) == whole
    smallest = effects.smallest()
    others = set(scheme.attributes) - set(smallest.names)
    assert matrix(without(scheme, others), fleet) == whole
    if smallest.is_exact:
        for name in smallest.names:
            assert matrix(without(scheme, others | {name}), fleet) != whole


def test_a_variable_declared_where_nothing_is_compared():
    """A clause that is not asked still declares its variable for the others."""
    attributes = {"a": Attribute("a", "int", Relation.ANY), "b": Attribute("b", "int")}
    scheme = Scheme("s", attributes, has_objects=True, missing=Outcome.INCOMPATIBLE)
    text = '{"self":{"b":%d},"compatible":[{"a":"{v:int:1,2}","b":"{v}"}]}'
    fleet = read_lines("f", "\n".join(text % n for n in (2, 3)), scheme)
    assert Effects(scheme, fleet).rows() == [(0b01, 0b01), (0b01, 0b01)]
    assert merged(Side(scheme, to_publisher=True), *[fleet[0].objects[0]] * 2) is None


def test_the_smallest_set_turns_greedy(monkeypatch):
    """With too many sets to try, a greedy search finds one and says so."""
    monkeypatch.setattr("simulator.lab.lint.verdicts.MOST_SUBSETS", 1)
    attributes = {n: Attribute(n, "int", Relation.EQUAL) for n in "abc"}
    scheme = Scheme("s", attributes, missing=Outcome.INCOMPATIBLE)
    fleet = [Description({n: Integer(i) for n in "abc"}) for i in range(2)]
    found = Effects(scheme, fleet).smallest()
    assert (found.names, found.is_exact) == (("a",), False)


def test_very_many_classes_are_drawn(monkeypatch):
    """Of a fleet of too many classes some are judged; that is said, and no set is the smallest."""
    monkeypatch.setattr("simulator.lab.lint.MOST_CLASSES", 3)
    attributes = {n: Attribute(n, "int", Relation.EQUAL) for n in "ab"}
    scheme = Scheme("s", attributes, missing=Outcome.INCOMPATIBLE)
    fleet = [Description({"a": Integer(1), "b": Integer(n)}) for n in range(6)]
    found = lint(scheme, population=Population.of(scheme, fleet), seed=4)
    assert [(one.code, one.message) for one in found] == [
        ("L401", "a refuses nobody (none found among 3 of 6 classes of the fleet, seed 4)")
    ]


@given(st.data())
def test_preferences_that_never_rank(data):
    """A preference is told of when no source has two targets that only it tells apart."""
    scheme = data.draw(schemes())
    fleet = data.draw(fleets(scheme, min_size=2))
    found = Effects(scheme, fleet).never_rank()
    for number, preference in enumerate(scheme.prefer):
        names = [one.attribute for one in scheme.prefer[:number]]
        ranks = any(
            first.values.get(preference.attribute) != second.values.get(preference.attribute)
            and all(first.values.get(name) == second.values.get(name) for name in names)
            for source in fleet
            for first, second in product(
                [one for one in fleet if judge(scheme, source, one) is Outcome.COMPATIBLE],
                repeat=2,
            )
        )
        assert (preference.attribute in found) == (not ranks)


# ---- growth


def test_growth_in_a_fleet_is_one_finding():
    """Classes whose lists are of other lengths grow alike, and are told of once."""
    scheme = small(has_objects=True)
    lines = (
        f'{{"self":{{"t":"{"x" * n}"}},"compatible":[{{"n":"one_of(2,7,{n + 20})"}}]}}'
        for n in range(1, 4)
    )
    classes = read_lines("f", "\n".join(lines), scheme)
    found = lint(scheme, population=Population.of(scheme, classes))
    assert [one.more for one in found if one.code == "L301"] == [2]


def test_sets_that_name_what_they_accept():
    """A set compared by one_of grows; how long it is comes from devices, if they show it."""
    attributes = {
        "one": Attribute("one", "string"),
        "all": Attribute("all", "set", Relation.ONE_OF, "one"),
    }
    scheme = Scheme("s", attributes, missing=Outcome.INCOMPATIBLE)
    [found] = [one.message for one in lint(scheme) if one.code == "L301"]
    assert "with entries of 16 bytes 256 are a page" in found
    device = Description({"all": parse_value("set", "aaa+bbb+ccc")})
    [found] = [one.message for one in lint(scheme, [device], releases=4) if one.code == "L301"]
    assert "after 4 releases 7 entries in about 28 bytes, after 1022 it is longer" in found


def test_forecast():
    """The list of the mail grows by an entry a release, as far apart as before."""
    numbers = [Integer(n) for n in (2, 7, 12, 23, 75, 96)]
    found = forecast(numbers, OneOf(tuple(numbers)), 300, 3)
    assert (found.entries, found.size) == (9, len("one_of(2,7,12,23,75,96,115,134,153)"))
    grown = 300
    number = 96
    for _ in range(found.full):
        number += 19
        grown += len(f",{number}")
    assert grown > PAGE >= grown - len(f",{number}")
