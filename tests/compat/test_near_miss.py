"""The near miss: the smallest change that would turn a verdict into compatible."""

import pytest

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.near_miss import shown
from simulator.compat.rule import Object
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.compat.verdict import explain
from simulator.values import KINDS, parse_value

ATTRIBUTES = {kind: Attribute(kind, kind) for kind in KINDS}
NO = Outcome.INCOMPATIBLE


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


def changes(scheme, source, target):
    """Explain, and show the changes of the near miss."""
    return [str(change) for change in explain(scheme, source, target).near_miss]


@pytest.mark.parametrize(
    ("clause", "kind", "value", "change"),
    [
        ("2", "int", "1", "1 → 2"),
        ("2", "int", None, "absent → 2"),
        ("one_of(b,a)", "string", "c", "c → b"),
        ("range(2,4)", "int", "1", "1 → 2"),
        ("range(2,4)", "int", "5", "5 → 4"),
        ("range(1/2,2)", "ratio", "3", "3 → 2"),
        ("range(1.1,1.3)", "version", None, "absent → 1.1"),
        ("superset(a+b)", "set", "b+c", "b+c → a+b+c"),
        ("superset(a+b)", "set", None, "absent → a+b"),
        ("subset(a)", "set", "a+b", "a+b → a"),
        ("subset(a)", "set", "b", 'b → ""'),
        ("version(1.2)", "version", "2.0", "2.0 → 1.2"),
        ("absent()", "int", "1", "1 → absent"),
        ('""', "string", "a", "a → absent"),
        ("t{v:int:3,4}", "string", "t5", "t5 → t3"),
        ("{v:int:4}/2", "int", "5", "5 → 2"),
        ('{v:string:"a+b"}', "set", None, "absent → a+b"),
    ],
)
def test_a_clause_asks_for_the_nearest_value(clause, kind, value, change):
    """For each clause one change of the tested device's value is found."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, missing=NO)
    source = device({} if value is None else {kind: value})
    assert changes(scheme, source, device({}, {kind: clause})) == [f"source {kind}: {change}"]
    scheme = scheme.accepted(Direction.SOURCE)
    assert changes(scheme, device({}, {kind: clause}), source) == [f"target {kind}: {change}"]


@pytest.mark.parametrize(
    ("relation", "kind", "source", "target", "change"),
    [
        (Relation.EQUAL, "int", "1", "2", "target int: 2 → 1"),
        (Relation.EQUAL, "int", None, "2", "source int: absent → 2"),
        (Relation.EQUAL, "int", "1", None, "target int: absent → 1"),
        (Relation.EQUAL, "set", "a+b", "b+c", "target set: b+c → a+b"),
        (Relation.SUPERSET, "set", "a+b", "b+c", "target set: b+c → a+b+c"),
        (Relation.SUBSET, "set", "a+b", "b+c", "target set: b+c → b"),
        (Relation.VERSION, "version", "1.3", "1.2.9", "target version: 1.2.9 → 1.3"),
    ],
)
def test_a_relation_asks_the_target_for_what_the_source_has(relation, kind, source, target, change):
    """For each relation one change is found, of the target where the source has a value."""
    scheme = Scheme("s", {kind: Attribute(kind, kind, relation)}, missing=NO)
    pair = [device({} if t is None else {kind: t}) for t in (source, target)]
    assert changes(scheme, *pair) == [change]


@pytest.mark.parametrize(
    ("source", "target", "change"),
    [
        ("a", "b", ["target set: b → a+b"]),
        ("a", None, ["target set: absent → a"]),
        ("no member", "b", []),
        ("", "b", []),
        (None, "b", []),
    ],
)
def test_a_set_is_asked_for_members_only(source, target, change):
    """A set is asked to hold the source's string, unless that can be no member of a set."""
    one_of = Attribute("set", "set", Relation.ONE_OF, "string")
    scheme = Scheme("s", {"set": one_of, "string": ATTRIBUTES["string"]}, missing=NO)
    pair = (
        device({} if source is None else {"string": source}),
        device({} if target is None else {"set": target}),
    )
    assert changes(scheme, *pair) == change


def test_the_choice_of_a_variable_is_kept_where_it_saves_changes():
    """Of several choices of the variables one with the fewest changes is told."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, missing=NO)
    target = device({}, {"string": "t{v:int:1,2,4,8}", "int": "{v}/2", "ratio": "{v}"})
    source = device({"string": "t8", "int": "2", "ratio": "4"})
    assert changes(scheme, source, target) == ["source string: t8 → t4"]


def test_the_nearest_object_is_taken():
    """Of several objects one with the fewest changes is told, wherever it stands."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, missing=NO)
    target = device({}, {"int": "1", "string": "a", "set": "x"}, {"int": "2", "string": "a"})
    source = device({"int": "1", "string": "b", "set": "y"})
    assert changes(scheme, source, target) == ["source string: b → a", "source set: y → x"]
    strict = Scheme("s", ATTRIBUTES, has_objects=True, missing=NO, unlisted=NO)
    assert len(changes(strict, device({"int": "2", "string": "b", "set": "y"}), target)) == 2


def test_an_unlisted_attribute_would_have_to_go():
    """Where unlisted attributes are refused, the change is to lack them."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, unlisted=NO)
    source = device({"int": "1", "string": "x"})
    assert changes(scheme, source, device({}, {"int": "1"})) == ["source string: x → absent"]


def test_one_value_is_changed_once():
    """A relation and an object that both ask for a change of one value give one change."""
    attributes = {"int": Attribute("int", "int", Relation.EQUAL)}
    scheme = Scheme("s", attributes, Direction.SOURCE, has_objects=True)
    source = device({"int": "1"}, {"int": "1"})
    assert changes(scheme, source, device({"int": "2"})) == ["target int: 2 → 1"]


def test_changes_that_do_not_help_are_not_told():
    """Where relation and object contradict each other, there is no near miss."""
    attributes = {"int": Attribute("int", "int", Relation.EQUAL)}
    scheme = Scheme("s", attributes, Direction.SOURCE, has_objects=True)
    source = device({"int": "1"}, {"int": "2"})
    assert changes(scheme, source, device({"int": "3"})) == []


@pytest.mark.parametrize("publisher", [Description({}), Description({}, ())])
def test_without_objects_there_is_nothing_near(publisher):
    """A device that accepts nobody, or does not say whom, has no near miss."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True)
    assert changes(scheme, device({"int": "1"}), publisher) == []


def test_what_is_absent_and_what_is_empty_is_shown():
    """An absent value and an empty text look different."""
    texts = [None, parse_value("string", ""), parse_value("string", "a")]
    assert [shown(value) for value in texts] == ["absent", '""', "a"]
