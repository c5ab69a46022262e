"""Verdicts explain themselves: a reason in words for each clause that fails, and the matches."""

from importlib.resources import files

import pytest

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.listing import parse_listing
from simulator.compat.loader import load_scheme
from simulator.compat.rule import Object
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.compat.verdict import Match, Reason, explain
from simulator.values import KINDS, parse_value

PACKAGE = files("simulator")
ATTRIBUTES = {kind: Attribute(kind, kind) for kind in KINDS}


def device(values, *objects):
    """Make a device from values and objects by kind; without objects it publishes no list."""
    found = []
    for texts in objects:
        parsed, scope = {}, {}
        for kind, text in texts.items():
            parsed[kind], scope = parse_clause(text, kind, scope)
        found.append(Object(parsed))
    parsed_values = {kind: parse_value(kind, text) for kind, text in values.items()}
    return Description(parsed_values, tuple(found) or None)


def reasons(scheme, source, target):
    """Explain, and show the reasons."""
    return [str(reason) for reason in explain(scheme, source, target).reasons]


@pytest.mark.parametrize(
    ("relation", "kind", "source", "target", "text"),
    [
        (Relation.EQUAL, "int", "1", "2", "int: the source has 1, the target 2"),
        (Relation.EQUAL, "string", "", "b", 'string: the source has "", the target b'),
        (Relation.SUPERSET, "set", "a+b+c", "b", "set: the target lacks a+c of the source"),
        (Relation.SUBSET, "set", "b", "a+b", "set: the target has a besides the source's"),
        (Relation.VERSION, "version", "1.2", "2.2", "version: major 1 ≠ 2 (1.2 to 2.2)"),
        (Relation.VERSION, "version", "1.5.1", "1.3", "version: minor 5 > 3 (1.5.1 to 1.3)"),
        (Relation.EQUAL, "int", None, "2", "the source has no int"),
        (Relation.EQUAL, "int", "2", None, "the target has no int"),
    ],
)
def test_a_relation_that_fails_says_why(relation, kind, source, target, text):
    """A relation that does not hold gives one reason, which names the values."""
    scheme = Scheme("s", {kind: Attribute(kind, kind, relation)}, missing=Outcome.INCOMPATIBLE)
    pair = [device({} if t is None else {kind: t}) for t in (source, target)]
    verdict = explain(scheme, *pair)
    assert verdict.reasons == (Reason(kind, Outcome.INCOMPATIBLE, text),)
    assert str(verdict.reasons[0]) == text


def test_a_member_that_is_missing_is_named():
    """A source that is not in the target's set is named with the set."""
    one_of = Attribute("set", "set", Relation.ONE_OF, "string")
    scheme = Scheme("s", {"set": one_of, "string": ATTRIBUTES["string"]})
    source, target = device({"string": "a"}), device({"set": "b+c"})
    assert reasons(scheme, source, target) == ["set: a of the source is not in b+c of the target"]


@pytest.mark.parametrize(
    ("clause", "kind", "value", "text"),
    [
        ("2", "int", "1", "int is 1, expected 2"),
        ("one_of(1,2)", "int", "3", "int is 3, expected one of 1, 2"),
        ('one_of(a,"")', "string", "b", 'string is b, expected one of a, ""'),
        ("range(1.1,1.3)", "version", "1.4", "version is 1.4, expected 1.1 to 1.3"),
        ("superset(a+b)", "set", "b", "set is b, lacks a"),
        ("superset(a)", "set", "", 'set is "", lacks a'),
        ("subset(a)", "set", "a+b+c", "set is a+b+c, has b+c besides a"),
        ("version(1.2)", "version", "1.3", "version: minor 3 > 2 (1.3 to 1.2)"),
        ("version(1.2)", "version", "2.0", "version: major 2 ≠ 1 (2.0 to 1.2)"),
        ("absent()", "int", "1", "int is 1, expected absent"),
        ('""', "string", "a", 'string is a, expected ""'),
        ("t{v:int:1,2}", "string", "t3", "string is t3, expected t{v:int:1,2}"),
        ("{v:int:1,2}*2", "int", "3", "int is 3, expected {v:int:1,2}*2"),
        ("2", "int", None, "int is absent, expected 2"),
        ("t{v:int:1}", "string", None, "string is absent, expected t{v:int:1}"),
    ],
)
def test_a_clause_that_fails_says_why(clause, kind, value, text):
    """A clause that does not accept gives a reason with what is there and what is expected."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, missing=Outcome.INCOMPATIBLE)
    source = device({} if value is None else {kind: value})
    verdict = explain(scheme, source, device({}, {kind: clause}))
    wanted = Reason(kind, Outcome.INCOMPATIBLE, text, Direction.TARGET, 1)
    assert verdict.reasons == (wanted,)
    assert str(wanted) == f"COMPATIBLE 1 of the target: {text}"


def test_a_version_is_read_along_the_migration():
    """The object of a source is told as a move from its version to the target's."""
    scheme = Scheme("s", ATTRIBUTES, Direction.SOURCE, has_objects=True)
    source, target = device({}, {"version": "version(1.2)"}), device({"version": "1.1"})
    assert reasons(scheme, source, target) == [
        "COMPATIBLE 1 of the source: version: minor 2 > 1 (1.2 to 1.1)"
    ]


@pytest.mark.parametrize(
    ("floor", "source", "text"),
    [
        (False, {"string": "t4", "int": "3"}, "int is 3, expected 2 (v=4)"),
        (False, {"string": "t1", "int": "3"}, "int is 3, expected {v}/2 (v=1)"),
        (True, {"string": "t1", "int": "3"}, "int is 3, expected 0 (v=1)"),
    ],
)
def test_a_template_that_fails_shows_the_choice(floor, source, text):
    """A template that cannot be met with the others shows what their choice would give."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, floor_division=floor)
    target = device({}, {"string": "t{v:int:1,4}", "int": "{v}/2"})
    assert reasons(scheme, device(source), target) == [f"COMPATIBLE 1 of the target: {text}"]


def test_every_object_that_refuses_is_told():
    """Each clause of each object that fails has a reason, with the number of its object."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, unlisted=Outcome.UNDECIDED)
    target = device({}, {"int": "1", "string": "a"}, {"int": "2"})
    verdict = explain(scheme, device({"int": "2", "string": "b"}), target)
    assert [(r.index, r.attribute, str(r.outcome)) for r in verdict.reasons] == [
        (1, "int", "incompatible"),
        (1, "string", "incompatible"),
        (2, "string", "undecided"),
    ]
    assert verdict.outcome is Outcome.UNDECIDED
    assert verdict.reasons[2].text == "string is b, and the object does not name it"


@pytest.mark.parametrize("missing", [Outcome.UNDECIDED, Outcome.INCOMPATIBLE])
@pytest.mark.parametrize("by", [Direction.TARGET, Direction.SOURCE])
def test_no_list_and_an_empty_list_are_told_apart(missing, by):
    """A device without a list is said to publish none, one with an empty list to accept nobody."""
    scheme = Scheme("s", ATTRIBUTES, by, has_objects=True, missing=missing)
    none, empty = Description({}), Description({}, ())
    assert explain(scheme, none, none).reasons == (
        Reason("", missing, f"the {by} publishes no list of objects", by),
    )
    text = f"the {by} accepts nobody: its list of objects is empty"
    assert explain(scheme, empty, empty).reasons == (Reason("", Outcome.INCOMPATIBLE, text, by),)


def test_the_object_that_accepts_is_told():
    """A match names its object and the choice of its variables, and nothing is wrong then."""
    scheme = Scheme("s", ATTRIBUTES, Direction.BOTH, has_objects=True)
    source = device({"int": "4", "string": "a"}, {"int": "any()"})
    target = device({"int": "1"}, {"int": "1"}, {"int": "{v:int:4}", "string": '{w:string:"a"}'})
    verdict = explain(scheme, source, target)
    assert verdict.outcome is Outcome.COMPATIBLE
    assert (verdict.reasons, verdict.near_miss) == ((), ())
    assert verdict.matches == (
        Match(Direction.TARGET, 2, {"v": 4, "w": "a"}),
        Match(Direction.SOURCE, 1, {}),
    )
    assert sorted(map(str, verdict.matches)) == [
        "COMPATIBLE 1 of the source",
        "COMPATIBLE 2 of the target with v=4, w=a",
    ]


def test_the_example_of_the_mail_explains_itself():
    """Case 23 of the vectors: the first object wants a mode, the second another version."""
    scheme = load_scheme("s", (PACKAGE / "compat/schemes/self-compatible.yaml").read_bytes())
    text = (PACKAGE / "examples/UUID2").read_text().replace("version=1", "version=2", 1)
    source = parse_listing("UUID2", text, scheme).description
    text = (PACKAGE / "examples/UUID1").read_text()
    verdict = explain(scheme, source, parse_listing("UUID1", text, scheme).description)
    first, second = verdict.reasons
    assert str(first).startswith("COMPATIBLE 1 of the target: pv_mode is absent, expected {val2:")
    assert str(second) == "COMPATIBLE 2 of the target: interface_version is 2, expected 1"
    assert [str(change) for change in verdict.near_miss] == ["source pv_mode: absent → none+ppgtt"]


def test_a_verdict_as_json():
    """A verdict gives words, numbers and texts, with null for what is not there."""
    scheme = Scheme("s", {**ATTRIBUTES, "int": Attribute("int", "int", Relation.EQUAL)})
    verdict = explain(scheme, device({"int": "1"}), device({"int": "2"}))
    assert verdict.to_json() == {
        "verdict": "incompatible",
        "reasons": [
            {
                "attribute": "int",
                "verdict": "incompatible",
                "accepted_by": None,
                "object": 0,
                "text": "int: the source has 1, the target 2",
            }
        ],
        "matches": [],
        "near_miss": [{"side": "target", "attribute": "int", "current": "2", "needed": "1"}],
    }
    scheme = Scheme("s", ATTRIBUTES, has_objects=True)
    accepted = explain(scheme, device({"int": "1"}), device({}, {"int": "{v:int:1}"}))
    assert accepted.to_json()["matches"] == [
        {"accepted_by": "target", "object": 1, "variables": {"v": 1}}
    ]
    refused = explain(scheme, device({"int": "1"}), device({}, {"int": "absent()"}))
    assert refused.to_json()["near_miss"] == [
        {"side": "source", "attribute": "int", "current": "1", "needed": None}
    ]
    assert refused.to_json()["reasons"][0]["accepted_by"] == "target"
