"""The judge against z3, to which property/solver.py tells the rules of docs/language.md."""

from dataclasses import replace
from math import prod

import pytest
import z3
from hypothesis import assume, given, reject
from hypothesis import strategies as st
from property.solver import (
    LETTERS,
    MOST_LETTERS,
    MOST_NUMBER,
    Encoding,
    free_side,
    known_side,
    read_back,
)
from property.strategies import descriptions, fleets, objects, schemes

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.rule import Object
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.values import parse_value

MOST_CHOICES = 64
"""Ways to choose the variables that are written out where none of them may do."""
MOST_STEPS = 2_000_000
"""What z3 may spend on a question, in steps of its own, so that every machine answers alike."""


def holds(*formulas):
    """Ask for a model, None if there is none. What z3 gives up on is asked no further."""
    solver = z3.Solver()
    solver.set("rlimit", MOST_STEPS)
    solver.add(*formulas)
    found = solver.check()
    if found == z3.unknown:
        reject()
    return solver.model() if found == z3.sat else None


def solved(scheme, source, target):
    """Decide by z3 whether a source can migrate to a target."""
    encoding = Encoding(scheme)
    sides = known_side(scheme, source), known_side(scheme, target)
    lists = {Direction.SOURCE: source.objects, Direction.TARGET: target.objects}
    verdict = encoding.verdict(*sides, lists)
    choice = encoding.some_choice()
    return max(one for one in Outcome if holds(choice, verdict >= int(one)) is not None)


def searched(scheme, lists, outcome):
    """Ask z3 for two devices that publish *lists* and get just this verdict, or None."""
    encoding = Encoding(scheme)
    source, of_source = free_side(scheme, "source")
    target, of_target = free_side(scheme, "target")
    verdict = encoding.verdict(source, target, lists)
    reached = z3.And(encoding.some_choice(), verdict >= int(outcome))
    not_passed = encoding.every_choice(verdict <= int(outcome))
    model = holds(reached, not_passed, *of_source, *of_target)
    if model is None:
        return None
    return tuple(
        Description(read_back(scheme, side, model), lists[way])
        for side, way in ((source, Direction.SOURCE), (target, Direction.TARGET))
    )


@given(schemes().flatmap(lambda s: st.tuples(st.just(s), fleets(s, min_size=2))))
def test_the_solver_answers_as_the_judge(scheme_and_fleet):
    """For drawn rules and devices, the verdict of the judge is the one that z3 proves."""
    scheme, (source, target, *_) = scheme_and_fleet
    assert judge(scheme, source, target) is solved(scheme, source, target)


@st.composite
def lists_and_pairs(draw):
    """Draw a scheme, short lists of objects for both sides, and two devices."""
    scheme = draw(schemes())
    # More attributes only make z3 slower.
    few = dict(list(scheme.attributes.items())[:3])
    few = {name: replace(a, of=a.of if a.of in few else None) for name, a in few.items()}
    unlike = [name for name, a in few.items() if a.relation is Relation.ONE_OF and a.of is None]
    few |= {name: replace(few[name], relation=None) for name in unlike}
    scheme = replace(scheme, attributes=few, prefer=())
    lists = st.none() | st.lists(objects(scheme), max_size=2).map(tuple)
    drawn = {way: draw(lists) for way in (Direction.SOURCE, Direction.TARGET)}
    pair = [
        replace(draw(descriptions(scheme, drawn[way] or ())), objects=drawn[way])
        for way in (Direction.SOURCE, Direction.TARGET)
    ]
    return scheme, drawn, pair


@given(lists_and_pairs(), st.sampled_from(Outcome))
def test_the_judge_agrees_with_what_the_solver_finds(drawn, outcome):
    """Devices that z3 finds for a verdict get it; where it finds none, no device gets it."""
    scheme, lists, pair = drawn
    assume(n_choices(lists) <= MOST_CHOICES)
    found = searched(scheme, lists, outcome)
    if found is None:
        in_limits = all(_is_small(value) for device in pair for value in device.values.values())
        assert judge(scheme, *pair) is not outcome or not in_limits
    else:
        assert judge(scheme, *found) is outcome


def n_choices(lists):
    """Count the ways to choose the variables of all objects."""
    every = [one for found in lists.values() for one in found or ()]
    return prod(len(set(v.choices())) for one in every for v in one.variables.values())


def _is_small(value):
    """Tell whether z3 looks at such values."""
    match value.kind:
        case "int":
            return abs(value.number) <= MOST_NUMBER
        case "string":
            return len(value.text) <= MOST_LETTERS and set(value.text) <= set(LETTERS)
        case _:
            return True


CLAUSES = [
    ("int", "2"),
    ("string", '"A+B"'),
    ("string", ""),
    ("set", '""'),
    ("ratio", "1/2"),
    ("pci_id", "one_of(8086591d,591d)"),
    ("int", "range(-1,3)"),
    ("ratio", "range(1/3,1/2)"),
    ("version", "range(1.1,1.2.1)"),
    ("set", "superset(A+B)"),
    ("set", "subset(A+B)"),
    ("version", "version(1.2)"),
    ("string", "absent()"),
    ("int", "{n:int:1,3-4}"),
    ("int", "{n:int:1-9}/4"),
    ("ratio", "{n:int:1-3}/2"),
    ("int", "{n:int:-2-2}*3"),
    ("string", "t{n:int:-1-2}A{n}"),
    ("string", '{n:int:1,12}{m:string:"2","A"}'),
    ("set", '{m:string:"A+B","C"}'),
    ("version", '{m:string:"1.1","2.0.0"}'),
    ("pci_id", '{m:string:"8086591d","591d"}'),
]


@pytest.mark.parametrize("way", [Direction.TARGET, Direction.SOURCE])
@pytest.mark.parametrize("floor", [False, True])
@pytest.mark.parametrize(("kind", "text"), CLAUSES)
def test_each_kind_of_clause(kind, text, way, floor):
    """Of each clause z3 finds a device that it accepts, and one that it refuses, as judged."""
    scheme = Scheme("s", {"a": Attribute("a", kind)}, way, has_objects=True, floor_division=floor)
    lists = dict.fromkeys((Direction.SOURCE, Direction.TARGET))
    lists[way] = (Object({"a": parse_clause(text, kind, {})[0]}),)
    for outcome in (Outcome.COMPATIBLE, Outcome.INCOMPATIBLE):
        found = searched(scheme, lists, outcome)
        assert found is not None
        assert judge(scheme, *found) is outcome


def test_any_accepts_all():
    """What any() refuses is not found, nor what leaves it undecided."""
    scheme = Scheme("s", {"a": Attribute("a", "int")}, has_objects=True)
    one = Object({"a": parse_clause("any()", "int", {})[0]})
    lists = {Direction.SOURCE: None, Direction.TARGET: (one,)}
    assert searched(scheme, lists, Outcome.COMPATIBLE) is not None
    assert searched(scheme, lists, Outcome.UNDECIDED) is None
    assert searched(scheme, lists, Outcome.INCOMPATIBLE) is None


@pytest.mark.parametrize("missing", Outcome)
@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize("present", [(), ("source",), ("target",), ("source", "target")])
def test_each_policy_for_what_is_missing(missing, required, present):
    """A relation of which either side, or both, may be missing answers as z3 says."""
    attribute = Attribute("a", "int", Relation.EQUAL, missing=missing, required=required)
    scheme = Scheme("s", {"a": attribute}, missing=Outcome.UNDECIDED)
    values = {"a": parse_value("int", "1")}
    pair = [Description(values if side in present else {}) for side in ("source", "target")]
    assert judge(scheme, *pair) is solved(scheme, *pair)
