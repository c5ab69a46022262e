"""The judge: each relation and clause, each policy, both directions, three values."""

import json
from importlib.resources import files

import pytest

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.judge import (
    Check,
    Finding,
    check_object,
    check_objects,
    check_relation,
    judge,
)
from simulator.compat.listing import parse_listing
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import parse_line
from simulator.compat.rule import Object, Range
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.values import KINDS, parse_value

NO, MAYBE, YES = Outcome.INCOMPATIBLE, Outcome.UNDECIDED, Outcome.COMPATIBLE
ATTRIBUTES = {kind: Attribute(kind, kind) for kind in KINDS}
SCHEME = Scheme("s", ATTRIBUTES, has_objects=True, missing=NO)
PACKAGE = files("simulator")


def values(**texts):
    """Parse values, each of the kind that its name says."""
    return {kind: parse_value(kind, text) for kind, text in texts.items()}


def objects(*clauses):
    """Parse objects, each a dict of clause text by kind."""
    found = []
    for texts in clauses:
        parsed, scope = {}, {}
        for kind, text in texts.items():
            parsed[kind], scope = parse_clause(text, kind, scope)
        found.append(Object(parsed))
    return tuple(found)


def accepts(clause, kind, text, scheme=SCHEME, by=Direction.TARGET):
    """Ask a device with one object of one clause whether it accepts a device with one value."""
    asked = Description({}, objects({kind: clause}))
    tested = Description({} if text is None else values(**{kind: text}))
    pair = (tested, asked) if by is Direction.TARGET else (asked, tested)
    return judge(scheme.accepted(by), *pair)


# ---- clauses


@pytest.mark.parametrize(
    ("clause", "kind", "accepted", "refused"),
    [
        ("2", "int", ["2"], ["1", "-2"]),
        ("a", "string", ["a"], ["", "A", "a+a"]),
        ("a+b", "set", ["b,a", "a, b"], ["", "a", "a+b+c"]),
        ("1.1", "version", ["1.1", "1.1.0"], ["1.1.1", "1.2"]),
        ("8086591d", "pci_id", ["8086:591D"], ["591d", "80865912"]),
        ("2/4", "ratio", ["1/2"], ["2", "2/3"]),
        ('""', "string", [""], ["a", " "]),
        ('""', "set", [""], ["a"]),
        ('""', "int", [], ["0"]),
        ('""', "version", [], ["0.0"]),
        ("one_of(1,3)", "int", ["1", "3"], ["2"]),
        ('one_of(a,"")', "string", ["a", ""], ["b"]),
        ('one_of(a,"b,c")', "set", ["a", "c+b"], ["b", "a+b", ""]),
        ("one_of(1.1,2.0)", "version", ["1.1.0", "2.0"], ["1.1.1"]),
        ("one_of(591b,8086591d)", "pci_id", ["591B", "8086-591d"], ["591d"]),
        ("one_of(1/2,3)", "ratio", ["2/4", "6/2"], ["1"]),
        ("range(-1,2)", "int", ["-1", "0", "2"], ["-2", "3"]),
        ("range(1/3,1)", "ratio", ["1/3", "1/2", "1"], ["1/4", "5/4"]),
        ("range(1.9,2.0.1)", "version", ["1.9", "1.10", "2.0.1"], ["1.8.9", "2.0.2"]),
        ("superset(a+b)", "set", ["a+b", "c,b,a"], ["a", ""]),
        ('superset("")', "set", ["", "a"], []),
        ("subset(a+b)", "set", ["", "a", "b+a"], ["c", "a+b+c"]),
        ("any()", "int", ["0", "7"], []),
        ("any()", "string", ["", "x"], []),
        ("absent()", "int", [], ["0"]),
        ("absent()", "string", [], ["", "x"]),
        ("t{v:int:1,2}", "string", ["t1", "t2"], ["t", "t3", "t12", "t01"]),
        ('{v:string:"a","a+b"}', "set", ["a", "b+a"], ["b", ""]),
        ('{v:string:"1.1"}', "version", ["1.1.0"], ["1.2"]),
        ('{v:string:"591b"}', "pci_id", ["591B"], ["8086591b"]),
        ("{v:int:1,2,4}/2", "int", ["1", "2"], ["0", "4"]),
        ("{v:int:1,2,4}/2", "ratio", ["1/2", "1", "2"], ["0", "1/4"]),
        ("{v:int:1-3}*2", "int", ["2", "4", "6"], ["1", "8"]),
    ],
)
def test_a_clause_accepts_its_values(clause, kind, accepted, refused):
    """A clause accepts just the values that its meaning names, whoever decides."""
    for by in (Direction.TARGET, Direction.SOURCE):
        assert [accepts(clause, kind, text, by=by) for text in accepted] == [YES] * len(accepted)
        assert [accepts(clause, kind, text, by=by) for text in refused] == [NO] * len(refused)


@pytest.mark.parametrize(
    ("text", "to_publisher", "from_publisher"),
    [
        ("1.1", YES, NO),
        ("1.2", YES, YES),
        ("1.2.9", YES, YES),
        ("1.3", NO, YES),
        ("0.2", NO, NO),
        ("2.2", NO, NO),
    ],
)
def test_a_version_clause_looks_along_the_migration(text, to_publisher, from_publisher):
    """version(1.2) of a target accepts lower minors, of a source higher ones."""
    assert accepts("version(1.2)", "version", text, by=Direction.TARGET) is to_publisher
    assert accepts("version(1.2)", "version", text, by=Direction.SOURCE) is from_publisher


@pytest.mark.parametrize("missing", Outcome)
@pytest.mark.parametrize(
    ("clause", "kind"),
    [
        *(("2", kind) for kind in ("int", "ratio", "string", "set")),
        ("1.2", "version"),
        ("591b", "pci_id"),
        ("one_of(a)", "set"),
        ("range(1,2)", "int"),
        ("superset(a)", "set"),
        ('superset("")', "set"),
        ("subset(a)", "set"),
        ("version(1.2)", "version"),
        ("t{v:int:1}", "string"),
        ("{v:int:1}", "int"),
        ('{v:string:""}', "set"),
    ],
)
def test_a_clause_about_what_is_missing_is_decided_by_the_scheme(clause, kind, missing):
    """When the tested device lacks the attribute, the attribute's or the scheme's setting rules."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, missing=missing)
    assert accepts(clause, kind, None, scheme) is missing
    for own in Outcome:
        attributes = {kind: Attribute(kind, kind, missing=own)}
        scheme = Scheme("s", attributes, has_objects=True, missing=missing)
        assert accepts(clause, kind, None, scheme) is own


@pytest.mark.parametrize("clause", ['""', "any()", "absent()"])
@pytest.mark.parametrize("kind", KINDS)
def test_some_clauses_accept_what_is_missing(kind, clause):
    """any(), absent() and the empty clause accept a device without the attribute."""
    assert accepts(clause, kind, None) is YES


# ---- variables


def test_a_variable_stands_for_one_choice():
    """All appearances of a variable in an object take the same choice, in any order of clauses."""
    for texts in (
        {"string": "t{v:int:1,2,4}", "int": "{v}/2"},
        {"int": "{v:int:1,2,4}/2", "string": "t{v}"},
    ):
        target = Description({}, objects(texts))
        found = {
            (name, number): judge(
                SCHEME, Description(values(string=f"t{name}", int=str(number))), target
            )
            for name in (1, 2, 4)
            for number in (0, 1, 2)
        }
        assert [pair for pair, outcome in found.items() if outcome is YES] == [(2, 1), (4, 2)]


def test_a_choice_that_fits_one_clause_gives_way_to_one_that_fits_all():
    """The search goes on when the first choice for one text does not fit the next one."""
    one = {"string": "{a:int:1-99}{b:int:1-99}", "int": "{a}", "ratio": "{b}"}
    target = Description({}, objects(one))
    for split, outcome in [(("1", "23"), YES), (("12", "3"), YES), (("1", "2"), NO)]:
        source = Description(values(string="123", int=split[0], ratio=split[1]))
        assert judge(SCHEME, source, target) is outcome


def test_the_scope_of_a_variable_is_one_object():
    """Variables of one name in two objects have nothing to do with each other."""
    target = Description({}, objects({"int": "{v:int:1}"}, {"int": "{v:int:2}*2"}))
    outcomes = [judge(SCHEME, Description(values(int=str(n))), target) for n in (1, 2, 4)]
    assert outcomes == [YES, NO, YES]


def test_what_is_missing_chooses_nothing():
    """An absent attribute leaves its variable free for the other clauses."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, missing=YES)
    target = Description({}, objects({"string": "t{v:int:1,2}", "int": "{v}"}))
    for number, outcome in [("1", YES), ("2", YES), ("3", NO)]:
        assert judge(scheme, Description(values(int=number)), target) is outcome


@pytest.mark.parametrize(
    ("kind", "text", "exact", "floor"),
    [("int", "0", NO, YES), ("ratio", "1/2", YES, NO), ("ratio", "0", NO, YES)],
)
def test_the_scheme_says_how_it_divides(kind, text, exact, floor):
    """Half of one is one half by exact division and 0 when the scheme rounds down."""
    rounding = Scheme("s", ATTRIBUTES, has_objects=True, missing=NO, floor_division=True)
    assert accepts("{v:int:1}/2", kind, text) is exact
    assert accepts("{v:int:1}/2", kind, text, rounding) is floor


def test_long_ranges_are_not_walked():
    """Rounded numbers meet in billions of choices, and the judge still answers."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, floor_division=True)
    half = "{v:int:0-9000000000000000000}/2147483647"
    target = Description({}, objects({"int": half, "ratio": "{w:int:0-9}/2", "string": "t{v}"}))
    for ratio, text, outcome in [("4", "t7", YES), ("5", "t7", NO), ("4", "t2147483647", NO)]:
        source = Description(values(int="0", ratio=ratio, string=text))
        assert judge(scheme, source, target) is outcome
    two = objects({"int": half, "ratio": "{v}/2147483646"})
    for ratio, outcome in [("0", YES), ("1", YES), ("2", NO)]:
        source = Description(values(int="0", ratio=ratio))
        assert judge(scheme, source, Description({}, two)) is outcome


# ---- objects and lists


def test_objects_are_ored_and_their_clauses_anded():
    """One object that accepts is enough; in an object every clause must accept."""
    target = Description({}, objects({"int": "1", "string": "a"}, {"int": "2", "string": "b"}))
    found = [
        judge(SCHEME, Description(values(int=number, string=text)), target)
        for number in "12"
        for text in "ab"
    ]
    assert found == [YES, NO, NO, YES]


@pytest.mark.parametrize("missing", Outcome)
def test_no_list_is_what_the_scheme_says_and_an_empty_one_is_a_refusal(missing):
    """Without a list of objects the scheme's setting rules; an empty list accepts nobody."""
    attributes = {"int": Attribute("int", "int", missing=YES)}
    scheme = Scheme("s", attributes, has_objects=True, missing=missing)
    assert judge(scheme, Description({}), Description({})) is missing
    assert judge(scheme, Description({}, ()), Description({}, ())) is NO


def test_objects_are_not_asked_where_the_scheme_has_none():
    """A scheme without objects does not look at the lists that devices publish."""
    scheme = Scheme("s", ATTRIBUTES, missing=NO)
    assert judge(scheme, Description({}, ()), Description({}, ())) is YES
    assert check_objects(scheme, Description({}, ()), Description({}, ())) == {}


@pytest.mark.parametrize("unlisted", Outcome)
def test_what_is_not_listed_is_decided_by_the_scheme(unlisted):
    """An attribute that the tested device has and the object does not name has a setting."""
    attributes = {**ATTRIBUTES, "ratio": Attribute("ratio", "ratio", Relation.ANY)}
    scheme = Scheme("s", attributes, has_objects=True, unlisted=unlisted)
    target = Description(values(set="a"), objects({"int": "1"}))
    assert judge(scheme, Description(values(int="1")), target) is YES
    assert judge(scheme, Description(values(int="1", ratio="2")), target) is YES
    assert judge(scheme, Description(values(int="1", string="x")), target) is unlisted
    assert judge(scheme, Description(values(int="2", string="x")), target) is NO


def test_an_attribute_that_is_not_compared_is_ignored_where_it_is_listed():
    """The relation any silences a clause, but not the variable that the clause declares."""
    attributes = {**ATTRIBUTES, "string": Attribute("string", "string", Relation.ANY)}
    scheme = Scheme("s", attributes, has_objects=True, missing=NO)
    target = Description({}, objects({"string": "t{v:int:1,2}", "int": "{v}"}))
    for number, text, outcome in [("1", "x", YES), ("2", "t1", YES), ("3", "t1", NO)]:
        source = Description(values(int=number, string=text))
        assert judge(scheme, source, target) is outcome
    assert judge(scheme, Description(values(int="1")), target) is YES


def test_undecided_stands_between():
    """In an object undecided gives way to incompatible, among objects to compatible."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, missing=MAYBE)
    source = Description(values(int="1"))
    for clauses, outcome in [
        ([{"int": "1", "string": "a"}], MAYBE),
        ([{"int": "2", "string": "a"}], NO),
        ([{"int": "2"}, {"int": "1", "string": "a"}], MAYBE),
        ([{"int": "1", "string": "a"}, {"int": "1"}], YES),
    ]:
        assert judge(scheme, source, Description({}, objects(*clauses))) is outcome


# ---- direction


@pytest.mark.parametrize(
    ("by", "there", "back"),
    [(Direction.TARGET, YES, NO), (Direction.SOURCE, NO, YES), (Direction.BOTH, NO, NO)],
)
def test_the_example_of_the_mail_in_each_direction(by, there, back):
    """UUID2 goes to UUID1 when the target decides, back when the source does, not by both."""
    text = (PACKAGE / "compat/schemes/self-compatible.yaml").read_bytes()
    scheme = load_scheme("self-compatible.yaml", text).accepted(by)
    one, two = (
        parse_listing(name, (PACKAGE / "examples" / name).read_text(), scheme).description
        for name in ("UUID1", "UUID2")
    )
    assert judge(scheme, two, one) is there
    assert judge(scheme, one, two) is back


def test_the_side_that_decides_is_asked():
    """Each direction asks the list of its side about the values of the other."""
    source = Description(values(int="1"), objects({"int": "2"}))
    target = Description(values(int="2"), objects({"int": "3"}))
    for by, sides in [
        (Direction.TARGET, {Direction.TARGET: NO}),
        (Direction.SOURCE, {Direction.SOURCE: YES}),
        (Direction.BOTH, {Direction.TARGET: NO, Direction.SOURCE: YES}),
    ]:
        checks = check_objects(SCHEME.accepted(by), source, target)
        assert {side: check.outcome for side, (check,) in checks.items()} == sides
        assert judge(SCHEME.accepted(by), source, target) is min(sides.values())


# ---- relations


@pytest.mark.parametrize(
    ("relation", "kind", "source", "target", "outcome"),
    [
        *((Relation.EQUAL, kind, "2", "2", YES) for kind in ("int", "string", "set", "ratio")),
        (Relation.EQUAL, "int", "1", "2", NO),
        (Relation.EQUAL, "set", "a+b", "b, a", YES),
        (Relation.EQUAL, "version", "1.1", "1.1.0", YES),
        (Relation.EQUAL, "version", "1.1", "1.1.1", NO),
        (Relation.EQUAL, "pci_id", "8086591d", "591d", NO),
        (Relation.EQUAL, "ratio", "1/2", "2/4", YES),
        (Relation.SUPERSET, "set", "a", "a+b", YES),
        (Relation.SUPERSET, "set", "a+b", "a", NO),
        (Relation.SUPERSET, "set", "", "", YES),
        (Relation.SUBSET, "set", "a+b", "a", YES),
        (Relation.SUBSET, "set", "a", "a+b", NO),
        (Relation.VERSION, "version", "1.1.9", "1.2.0", YES),
        (Relation.VERSION, "version", "1.2.0", "1.1.9", NO),
        (Relation.VERSION, "version", "1.1.7", "1.1.2", YES),
        (Relation.VERSION, "version", "1.9", "2.9", NO),
        (Relation.ANY, "int", "1", "2", YES),
        (None, "int", "1", "2", YES),
    ],
)
def test_a_relation_compares_target_with_source(relation, kind, source, target, outcome):
    """A relation holds between the devices' own values as its meaning says, whoever decides."""
    for by in Direction:
        scheme = Scheme("s", {kind: Attribute(kind, kind, relation)}, accepted_by=by)
        pair = (Description(values(**{kind: text})) for text in (source, target))
        assert judge(scheme, *pair) is outcome


@pytest.mark.parametrize("missing", Outcome)
@pytest.mark.parametrize("relation", [r for r in Relation if r is not Relation.ONE_OF])
def test_a_relation_with_one_side_missing_is_decided_by_the_scheme(relation, missing):
    """One side missing is as the scheme says; both missing holds; any never looks."""
    kind = "version" if relation is Relation.VERSION else "set"
    some = Description(values(**{kind: "1.2" if kind == "version" else "a"}))
    none = Description({})
    wanted = YES if relation is Relation.ANY else missing
    for scheme in (
        Scheme("s", {kind: Attribute(kind, kind, relation)}, missing=missing),
        Scheme("s", {kind: Attribute(kind, kind, relation, missing=missing)}, missing=NO),
    ):
        assert judge(scheme, some, none) is wanted
        assert judge(scheme, none, some) is wanted
        assert judge(scheme, none, none) is YES


def test_a_relation_can_look_at_another_attribute_of_the_source():
    """With of, the source's value comes from the attribute that is named."""
    one_of = Attribute("set", "set", Relation.ONE_OF, "string")
    scheme = Scheme("s", {"set": one_of, "string": ATTRIBUTES["string"]}, missing=MAYBE)
    names = Description(values(set="t1+t2"))
    for source, target, outcome in [
        (Description(values(string="t2")), names, YES),
        (Description(values(string="t3")), names, NO),
        (Description(values(string="t1+t2")), names, NO),
        (Description(values(string="t3", set="t3")), names, NO),
        (Description({}), names, MAYBE),
        (names, names, MAYBE),
        (Description(values(string="t2")), Description(values(string="t2")), MAYBE),
        (Description({}), Description({}), YES),
    ]:
        assert judge(scheme, source, target) is outcome


def test_relations_and_objects_are_anded():
    """The verdict is the lowest of all relations and of the question to the objects."""
    attributes = {**ATTRIBUTES, "int": Attribute("int", "int", Relation.EQUAL, missing=MAYBE)}
    scheme = Scheme("s", attributes, has_objects=True, missing=NO)
    target = Description(values(int="1"), objects({"string": "a"}))
    for source, outcome in [
        (values(int="1", string="a"), YES),
        (values(int="2", string="a"), NO),
        (values(int="1", string="b"), NO),
        (values(string="a"), MAYBE),
        (values(string="b"), NO),
    ]:
        assert judge(scheme, Description(source), target) is outcome


# ---- checks


def test_a_check_tells_what_became_of_each_attribute():
    """A check has a finding per clause and per unlisted attribute, and the choice it made."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, missing=MAYBE, unlisted=NO)
    (one,) = objects({"string": "t{v:int:1,2}", "int": "{v}", "version": "1.2"})
    check = check_object(
        scheme, one, Description(values(string="t2", int="2", set="a")), to_publisher=True, index=3
    )
    assert [(f.attribute, f.outcome) for f in check.findings] == [
        ("string", YES),
        ("int", YES),
        ("version", MAYBE),
        ("set", NO),
    ]
    assert (check.outcome, check.binding, check.index) == (NO, {"v": 2}, 3)


def test_a_check_meets_as_many_templates_as_it_can():
    """Where no choice meets all templates, one that meets most is told."""
    (one,) = objects({"int": "{v:int:1-4}", "string": "t{v}", "set": '{w:string:"a"}'})
    other = Description(values(int="2", string="t4", set="a"))
    check = check_object(SCHEME, one, other, to_publisher=True)
    met = [finding.attribute for finding in check.findings if finding.outcome is YES]
    assert check.outcome is NO
    assert len(met) == 2
    assert "set" in met


def test_ambiguous_templates_do_not_multiply():
    """Many texts that can be cut in many ways, and one that cannot be met, are soon judged."""
    kinds = {f"s{number}": Attribute(f"s{number}", "string") for number in range(7)}
    scheme = Scheme("s", {**kinds, "z": Attribute("z", "string")}, has_objects=True)
    wide = "0-999999999999999999"
    clauses = {name: f"{{a{name}:int:{wide}}}{{b{name}:int:{wide}}}" for name in kinds}
    line = {"self": {"z": "x"}, "compatible": [clauses | {"z": "{as0}"}]}
    target = parse_line(json.dumps(line), scheme)
    values = dict.fromkeys(kinds, "1" * 30) | {"z": "x"}
    source = parse_line(json.dumps({"self": values}), scheme)
    assert judge(scheme, source, target) is Outcome.INCOMPATIBLE
    values["z"] = "1" * 15
    source = parse_line(json.dumps({"self": values}), scheme)
    assert judge(scheme, source, target) is Outcome.COMPATIBLE


@pytest.mark.parametrize(("kind", "text"), [("string", "a"), ("set", "a"), ("pci_id", "591d")])
def test_what_has_no_order_has_no_range(kind, text):
    """A range that no clause text can write is a fault of the caller, not a verdict."""
    value = parse_value(kind, text)
    with pytest.raises(TypeError, match=f"^{kind} has no order$"):
        check_object(
            SCHEME,
            Object({kind: Range(value, value)}),
            Description({kind: value}),
            to_publisher=True,
        )


# ---- what is told


def test_without_objects_to_ask_one_finding_says_so():
    """No list is as missing as the scheme says, an empty one refuses; neither has a number."""
    asker = Description({})
    for published, outcome in ((None, MAYBE), ((), NO)):
        scheme = Scheme("s", ATTRIBUTES, has_objects=True, missing=MAYBE)
        found = check_objects(scheme, asker, Description({}, published))
        none = Check(outcome, (Finding("", outcome, None),), {}, 0)
        assert found == {Direction.TARGET: (none,)}


def test_an_object_tells_of_each_attribute():
    """First its clauses in their order, then what it does not list, each with the value."""
    scheme = Scheme("s", ATTRIBUTES, has_objects=True, missing=MAYBE, unlisted=NO)
    [one] = objects({"string": "t{n:int:1,2}", "int": "{n}*2", "ratio": "1/2", "pci_id": "any()"})
    own = values(set="a", int="4", string="t2")
    check = check_object(scheme, one, Description(own), to_publisher=True, index=3)
    assert check == Check(
        NO,
        (
            Finding("string", YES, one.clauses["string"], own["string"]),
            Finding("int", YES, one.clauses["int"], own["int"]),
            Finding("ratio", MAYBE, one.clauses["ratio"]),
            Finding("pci_id", YES, one.clauses["pci_id"]),
            Finding("set", NO, None, own["set"]),
        ),
        {"n": 2},
        3,
    )


def test_objects_are_numbered_from_1():
    """Each object of a list has a check of its own, with its number."""
    target = Description({}, objects({"int": "1"}, {"int": "2"}))
    [checks] = check_objects(SCHEME, Description(values(int="2")), target).values()
    assert [(check.index, check.outcome) for check in checks] == [(1, NO), (2, YES)]
    assert check_object(SCHEME, target.objects[0], target, to_publisher=True).index == 1


@pytest.mark.parametrize("relation", [Relation.EQUAL, Relation.ANY, None])
def test_a_relation_tells_both_values(relation):
    """The finding has the target's value, and the source's of the attribute that is compared."""
    attribute = Attribute("int", "int", relation, "ratio", MAYBE)
    one, two = values(int="1", ratio="1"), values(int="2", ratio="2")
    found = check_relation(SCHEME, attribute, Description(one), Description(two))
    outcome = NO if relation is Relation.EQUAL else YES
    assert found == Finding("int", outcome, relation, two["int"], one["ratio"])
    lacks = check_relation(SCHEME, attribute, Description({}), Description(two))
    assert lacks == Finding("int", MAYBE if outcome is NO else YES, relation, two["int"])
