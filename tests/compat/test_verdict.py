"""Verdicts explain themselves: a reason in words for each clause that fails, and the matches."""

from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.strategies import descriptions, schemes

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.listing import parse_listing
from simulator.compat.loader import load_scheme
from simulator.compat.rule import Object
from simulator.compat.scheme import Attribute, Direction, Limit, Outcome, Relation, Scheme
from simulator.compat.verdict import Decider, Match, Reason, explain
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
    decider = Decider.MISSING if None in (source, target) else Decider.BOTH
    assert verdict.reasons == (Reason(kind, Outcome.INCOMPATIBLE, text, decided_by=decider),)
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
    decider = Decider.MISSING if value is None else Decider.TARGET
    wanted = Reason(kind, Outcome.INCOMPATIBLE, text, Direction.TARGET, 1, decider)
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
        Reason(
            "",
            missing,
            f"the {by} publishes no list of objects",
            by,
            decided_by=Decider.MISSING,
        ),
    )
    text = f"the {by} accepts nobody: its list of objects is empty"
    refusal = Reason("", Outcome.INCOMPATIBLE, text, by, decided_by=Decider(str(by)))
    assert explain(scheme, empty, empty).reasons == (refusal,)


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
        "migration": {"live": "incompatible", "cold": "incompatible"},
        "limits": ["other"],
        "reasons": [
            {
                "attribute": "int",
                "verdict": "incompatible",
                "accepted_by": None,
                "object": 0,
                "decided_by": "both",
                "limit": "other",
                "blocks": "all",
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


def test_what_nobody_has_is_told():
    """An attribute that both devices lack and need is said to be with neither."""
    attribute = Attribute("int", "int", Relation.EQUAL, required=True)
    assert reasons(Scheme("s", {"int": attribute}), device({}), device({})) == [
        "neither device has int"
    ]


@pytest.mark.parametrize(
    ("source", "target", "by", "unlisted", "decider"),
    [
        (device({"int": "1"}), device({}, {"int": "2"}), "target", "compatible", "target"),
        (device({}, {"int": "2"}), device({"int": "1"}), "source", "compatible", "source"),
        (device({}), device({}, {"int": "2"}), "target", "compatible", "missing"),
        (device({"set": "a"}), device({}, {"int": "any()"}), "target", "undecided", "unlisted"),
        (device({}), Description({}, ()), "target", "compatible", "target"),
        (device({}), Description({}), "target", "compatible", "missing"),
    ],
)
def test_whose_information_decides(source, target, by, unlisted, decider):
    """A refusal is put down to the side of the object, or to the setting of the scheme."""
    outcomes = {str(outcome): outcome for outcome in Outcome}
    scheme = Scheme("s", ATTRIBUTES, Direction(by), has_objects=True, unlisted=outcomes[unlisted])
    [reason] = explain(scheme, source, target).reasons
    assert reason.decided_by is Decider(decider)


NVML = {
    "gpu": Attribute("gpu", "string", Relation.EQUAL, limit=Limit.DEVICE),
    "guest": Attribute("guest", "int", Relation.EQUAL, limit=Limit.GUEST, blocks="live"),
}


@pytest.mark.parametrize(
    ("gpu", "guest", "live", "cold", "limits"),
    [
        ("a", 1, "compatible", "compatible", {}),
        ("a", 2, "incompatible", "compatible", {"guest": ["guest"]}),
        ("b", 1, "incompatible", "incompatible", {"device": ["gpu"]}),
        ("b", 2, "incompatible", "incompatible", {"guest": ["guest"], "device": ["gpu"]}),
        (None, 2, "incompatible", "undecided", {"guest": ["guest"], "device": ["gpu"]}),
    ],
)
def test_what_stays_possible(gpu, guest, live, cold, limits):
    """What blocks only live migration leaves the cold one; each limit names its attributes."""
    own = {"gpu": gpu, "guest": guest}
    kinds = {"gpu": "string", "guest": "int"}
    target = Description(
        {name: parse_value(kinds[name], str(v)) for name, v in own.items() if v is not None}
    )
    source = Description({"gpu": parse_value("string", "a"), "guest": parse_value("int", "1")})
    verdict = explain(Scheme("nvml", NVML), source, target)
    assert verdict.to_json()["migration"] == {"live": live, "cold": cold}
    assert verdict.to_json()["limits"] == list(limits)
    assert {str(k): [r.attribute for r in v] for k, v in verdict.limits.items()} == limits
    assert ("cold migration" in verdict.limits_text()) == (cold != live)


def test_cold_migration_through_objects():
    """An object that refuses only what blocks live migration leaves the cold one."""
    scheme = Scheme("s", {**ATTRIBUTES, "int": Attribute("int", "int", blocks="live")})
    scheme = replace(scheme, has_objects=True)
    source = device({"int": "1", "string": "a"})
    near, far = {"int": "2", "string": "a"}, {"int": "1", "string": "b"}
    assert explain(scheme, source, device({}, far)).cold is Outcome.INCOMPATIBLE
    verdict = explain(scheme, source, device({}, far, near))
    assert (verdict.outcome, verdict.cold) == (Outcome.INCOMPATIBLE, Outcome.COMPATIBLE)
    assert verdict.limits_text() == (
        "other: string (by target), int (by target); cold migration stays possible"
    )


@given(st.data())
def test_cold_is_never_below_live(data):
    """Without attributes that block only live migration the verdict can only be better."""
    scheme = data.draw(schemes())
    blocked = {
        name: replace(one, blocks=data.draw(st.sampled_from(("live", "all"))))
        for name, one in scheme.attributes.items()
    }
    scheme = replace(scheme, attributes=blocked)
    source, target = data.draw(descriptions(scheme)), data.draw(descriptions(scheme))
    verdict = explain(scheme, source, target)
    assert verdict.cold >= verdict.outcome
    if all(one.blocks == "all" for one in blocked.values()):
        assert verdict.cold is verdict.outcome
    assert {r.attribute for limit in verdict.limits.values() for r in limit} == {
        r.attribute for r in verdict.reasons
    }
