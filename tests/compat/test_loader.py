"""Schemes from YAML, every mistake with its line and column."""

from importlib.resources import files

import pytest

from simulator.compat.loader import FACTS, MAX_ATTRIBUTES, load_scheme
from simulator.compat.scheme import (
    Attribute,
    Direction,
    Outcome,
    Preference,
    Relation,
    Scheme,
    Surface,
)
from simulator.errors import InputError

SCHEMES = files("simulator.compat") / "schemes"
HEAD = "scheme: s\n"


def load(text):
    """Load a scheme from text."""
    return load_scheme("f", text.encode())


def refused(text):
    """Load a scheme that is wrong; return line, column, length and message of each mistake."""
    with pytest.raises(InputError) as caught:
        load(text)
    return [(m.line, m.column, m.length, m.message) for m in caught.value.mistakes]


@pytest.mark.parametrize("name", ["self-compatible", "software-version"])
def test_shipped_schemes_load(name):
    """Each shipped scheme loads, is named after its file, and says what it is and whence."""
    scheme = load_scheme(name, (SCHEMES / f"{name}.yaml").read_bytes())
    assert scheme.name == name
    assert scheme.summary
    assert scheme.source
    assert scheme.surfaces


def test_a_scheme_of_two_lines_has_defaults():
    """What a scheme does not say is the target's decision, no objects, undecided and exact."""
    assert load("scheme: s\nattributes: {}\n") == Scheme("s", {})


def test_every_field_is_read():
    """A scheme that sets all fields loads to just these settings, in their order."""
    text = """
scheme: s
summary: a summary
source: a mail
accepted-by: both
objects: published
missing: compatible
unlisted: incompatible
division: floor
attributes:
  b: {type: set, clause: one_of, of: "a"}
  a: {type: string, from: mdev_type}
  v: {type: version, clause: version, missing: incompatible, from: driver_version}
  n: {type: int}
prefer: {n: lowest, v: highest}
surface: {form: listing, scope: type, name: compat}
"""
    attributes = [
        Attribute("b", "set", Relation.ONE_OF, "a"),
        Attribute("a", "string", fact="mdev_type"),
        Attribute(
            "v", "version", Relation.VERSION, None, Outcome.INCOMPATIBLE, fact="driver_version"
        ),
        Attribute("n", "int"),
    ]
    scheme = load(text)
    assert list(scheme.attributes) == ["b", "a", "v", "n"]
    assert scheme == Scheme(
        name="s",
        attributes={attribute.name: attribute for attribute in attributes},
        accepted_by=Direction.BOTH,
        has_objects=True,
        missing=Outcome.COMPATIBLE,
        unlisted=Outcome.INCOMPATIBLE,
        floor_division=True,
        prefer=(Preference("n", highest=False), Preference("v")),
        surfaces=(Surface("listing", "type", "compat"),),
        summary="a summary",
        source="a mail",
    )


@pytest.mark.parametrize("kind", ["int", "string", "set", "version", "pci_id", "ratio"])
@pytest.mark.parametrize("relation", Relation)
def test_a_relation_fits_its_kinds(kind, relation):
    """A relation is accepted for the kinds that it can compare and refused for the others."""
    fits = {
        Relation.SUPERSET: kind == "set",
        Relation.SUBSET: kind == "set",
        Relation.VERSION: kind == "version",
        Relation.ONE_OF: False,  # it needs another attribute: a set here, a string there
    }.get(relation, True)
    text = f"scheme: s\nattributes:\n  a: {{type: {kind}, clause: {relation}}}\n"
    if fits:
        assert load(text).attributes["a"].relation is relation
    else:
        ((line, column, length, message),) = refused(text)
        row = text.splitlines()[2]
        assert (line, column, length) == (3, row.index(f" {relation}") + 2, len(relation))
        assert message.startswith(f"{relation} cannot compare a of the source, of kind {kind}")


@pytest.mark.parametrize("text", ["\r\n", "\n", "  \n", "\n# end"])
def test_line_ends_do_not_matter(text):
    """A scheme loads with either line end, and when its last line has none."""
    assert load(f"scheme: s{text}\nattributes: {{a: {{type: int}}}}").kinds == {"a": "int"}


def test_anchors_and_aliases_are_yaml():
    """An alias stands for what its anchor marks; tags change nothing."""
    scheme = load("scheme: !!str s\nattributes:\n  a: &a {type: int}\n  b: *a\n")
    assert scheme.kinds == {"a": "int", "b": "int"}


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("[]", [(1, 1, 2, "not a mapping")]),
        ("s", [(1, 1, 1, "not a mapping")]),
        ("a: 1\nattributes: {}\n", None),
        ("scheme: s\n", [(1, 1, 1, "no field attributes")]),
        ("attributes: {}\n", [(1, 1, 1, "no field scheme")]),
        ("scheme: [s]\nattributes: {}", [(1, 9, 3, "a list or mapping stands here")]),
        (HEAD + "attributes: []", [(2, 13, 2, "not a mapping")]),
        (HEAD + "attributes:\n", [(2, 12, 1, "not a mapping")]),
        (HEAD + "extra: 1\nattributes: {}", [(2, 1, 5, "unknown field extra")]),
        (HEAD + "scheme: t\nattributes: {}", [(2, 1, 6, "scheme is there twice")]),
        (HEAD + "<<: {missing: compatible}\nattributes: {}", [(2, 1, 2, "unknown field <<")]),
        (HEAD + "attributes:\n  a: int\n", [(3, 6, 3, "not a mapping")]),
        (HEAD + "attributes:\n  a: {}\n", [(3, 3, 1, "a has no type")]),
        (HEAD + "attributes:\n  a: {type: flag}\n", None),
        (HEAD + "attributes:\n  a: {type: int, kind: x}\n", [(3, 18, 4, "unknown field kind")]),
        (HEAD + "attributes:\n  a: {type: int}\n  a: {type: int}\n", None),
        (HEAD + "attributes:\n  1a: {type: int}\n", [(3, 3, 2, "'1a' cannot name an attribute")]),
        (HEAD + "attributes:\n  a: {type: int, of: b}\n", [(3, 22, 1, "b is no attribute")]),
        (
            HEAD + "attributes:\n  a: {type: int, of: b}\n  b: {type: int}\n",
            [(3, 22, 1, "of is given without a clause to compare by")],
        ),
        (HEAD + "attributes:\n  a: {type: int, from: driver}\n", [(3, 3, 1, "driver is no int")]),
        (HEAD + "attributes: {}\nprefer: {a: highest}\n", [(3, 10, 1, "a is no attribute")]),
        (
            HEAD + "attributes: {a: {type: set}}\nprefer: {a: highest}\n",
            [(3, 10, 1, "a is of kind set, which has no order")],
        ),
        (
            HEAD + "attributes: {a: {type: int}}\nprefer: {a: first}\n",
            [(3, 13, 5, "'first' is no choice here")],
        ),
        (HEAD + "attributes: {}\nsurface: {x: 1}\n", [(3, 11, 1, "unknown field x")]),
        (
            HEAD + "attributes:\n  a: {type: int, from: '{b}', valid: x, required: 1}\n",
            [
                (3, 24, 5, "'b' is not known here"),
                (3, 38, 1, "not an integer"),
                (3, 51, 1, "'1' is no choice here"),
            ],
        ),
        (
            HEAD + "attributes:\n  a: {type: int, errno: EWRONG, limit: x, blocks: y, scope: z}\n",
            [
                (3, 25, 6, "'EWRONG' is no choice here"),
                (3, 40, 1, "'x' is no choice here"),
                (3, 51, 1, "'y' is no choice here"),
                (3, 61, 1, "'z' is no choice here"),
            ],
        ),
        (
            HEAD + "attributes: {a: {type: int}}\nsurface:\n"
            "  - {form: test, name: a/../b, text: '{b}'}\n  - {form: lines, name: x}\n"
            "  - {form: json}\n  - {name: x, text: x, attributes: [b]}\n",
            [
                (4, 24, 6, "'a/../b' cannot name a file"),
                (4, 38, 5, "'b' is no attribute"),
                (5, 5, 22, "lines show one set"),
                (6, 5, 12, "one file with self and compatible as JSON: it has no name"),
                (7, 21, 1, "text is for form: test"),
                (7, 36, 3, "b is no attribute"),
            ],
        ),
        (
            HEAD + "attributes: {a: {type: int}, b: {type: set}}\ncopied: a\n",
            [(3, 9, 1, "a is no attribute of kind set")],
        ),
        (
            HEAD + "attributes: {a: {type: int}}\nobjects: none\naccepts: []\n",
            [(4, 10, 2, "objects: none accepts by none")],
        ),
        (
            HEAD + "missing: maybe\nunlisted: compatible\ndivision: C\nattributes: {}\n",
            [
                (2, 10, 5, "'maybe' is no choice here"),
                (3, 11, 10, "'compatible' is no choice here"),
                (4, 11, 1, "'C' is no choice here"),
            ],
        ),
        (
            HEAD + "objects: yes\naccepted-by: all\nattributes:\n  a: {type: real}\n  b: 1\n",
            [
                (2, 10, 3, "'yes' is no choice here"),
                (3, 14, 3, "'all' is no choice here"),
                (5, 13, 4, "'real' is no choice here"),
                (6, 6, 1, "not a mapping"),
            ],
        ),
        (HEAD + "attributes:\n\ta: {type: int}\n", None),
        (HEAD + "attributes: {a: {type: int}\n", None),
        (HEAD + "attributes: &a {b: *a}\n", None),
    ],
)
def test_a_wrong_scheme_is_refused_where_it_is_wrong(text, mistakes):
    """Each mistake of a scheme is shown at its line and column; one hides none of the others."""
    found = refused(text)
    if mistakes is not None:
        assert found == mistakes


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            HEAD + "missing: maybe\nattributes: {}\n",
            """\
f:2:10: 'maybe' is no choice here; expected one of incompatible, undecided, compatible
    missing: maybe
             ^^^^^""",
        ),
        (
            HEAD + "attributes:\n\ta: {type: int}\n",
            """\
f:3:1: not YAML: found character '\\t' that cannot start any token while scanning for the next token
    \ta: {type: int}
    ^""",
        ),
    ],
)
def test_a_mistake_is_shown_with_its_line(text, shown):
    """A mistake names its place, says what is right, and marks it."""
    with pytest.raises(InputError) as caught:
        load(text)
    assert str(caught.value) == shown


def test_a_scheme_has_at_most_sixty_four_attributes():
    """The 65th attribute is refused at its place, the 64th is not."""
    lines = [f"  a{index}: {{type: int}}\n" for index in range(MAX_ATTRIBUTES + 1)]
    text = HEAD + "attributes:\n" + "".join(lines[:-1])
    assert len(load(text).attributes) == MAX_ATTRIBUTES == 64
    assert refused(text + lines[-1]) == [(67, 3, 3, "too many attributes")]


@pytest.mark.parametrize("fact", FACTS)
def test_facts_have_the_kinds_that_they_can_be(fact):
    """A fact of the host fills attributes of its kinds and no others."""
    for kind in ("int", "string", "set", "version", "pci_id", "ratio"):
        text = f"scheme: s\nattributes:\n  a: {{type: {kind}, from: {fact}}}\n"
        if kind in FACTS[fact]:
            assert load(text).attributes["a"].fact == fact
        else:
            assert refused(text) == [(3, 3, 1, f"{fact} is no {kind}")]


@pytest.mark.parametrize("text", ["{type_number", "type_number}-{driver}", "{driver}{"])
def test_braces_of_a_text_belong_together(text):
    """A brace without its other half is a mistake, where the text stands."""
    found = refused(f'scheme: s\nattributes:\n  a: {{type: string, from: "{text}"}}\n')
    assert (3, "a brace without its other half") in [(line, what) for line, _, _, what in found]
