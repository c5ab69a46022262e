"""The JSON Schema of the scheme file."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from property.strategies import scheme_yaml, schemes
from ruamel.yaml import YAML

from simulator.compat.attribute_file import ATTRIBUTE_FIELDS
from simulator.compat.json_schema import json_schema
from simulator.compat.loader import SCHEME_FIELDS, load_scheme
from simulator.compat.schemes import builtin_names, builtin_text
from simulator.compat.surface_file import SURFACE_FIELDS
from simulator.errors import InputError

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
KEPT = Path(__file__).parents[2] / "docs" / "scheme.schema.json"
EVERYTHING = """
scheme: s
summary: 2020
source: a mail
accepted-by: both
objects: published
missing: compatible
unlisted: incompatible
division: floor
attributes:
  type: {type: string, from: mdev_type}
  types: {type: set}
  all: {type: version, clause: version, of: all, missing: undecided, required: true,
    from: "{driver_version}", scope: type, settable: true, valid: version(1.0), limit: guest,
    blocks: live, errno: EIO, log: no}
accepts: [{type: "one_of(${types})"}]
copied: types
prefer: {all: lowest}
surface:
  - {form: test, scope: type, name: a/b, text: "{all}", log: wrong}
  - {form: lines, scope: parent, name: c, attributes: [types]}
"""


def mistakes(text):
    """List what the schema says of a YAML text."""
    return [error.message for error in VALIDATOR.iter_errors(YAML(typ="safe").load(text))]


def test_it_is_a_schema():
    """It meets its own metaschema."""
    Draft202012Validator.check_schema(SCHEMA)


def test_the_kept_one_is_this_one():
    """docs/scheme.schema.json is what the loader's tables make; `scheme schema` writes it."""
    assert json.loads(KEPT.read_text("utf-8")) == SCHEMA


@pytest.mark.parametrize("name", builtin_names())
def test_shipped_schemes_are_valid(name):
    """Each shipped scheme meets the schema."""
    assert mistakes(builtin_text(name)) == []


@given(schemes())
def test_what_loads_is_valid(scheme):
    """A scheme that the loader takes meets the schema."""
    assert mistakes(scheme_yaml(scheme)) == []


def test_every_field_is_known():
    """All fields that the loader reads are there, each with words for people, and no others."""
    attribute, surface = SCHEMA["$defs"]["attribute"], SCHEMA["$defs"]["surface"]
    tables = ((SCHEMA, SCHEME_FIELDS), (attribute, ATTRIBUTE_FIELDS), (surface, SURFACE_FIELDS))
    for part, table in tables:
        assert {name: one["description"] for name, one in part["properties"].items()} == {
            name: field.what for name, field in table.items()
        }
    assert load_scheme("f", EVERYTHING.encode()).copied == "types"
    assert mistakes(EVERYTHING) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scheme: s\n", ""),
        ("scheme: s\n", "scheme: s\nsheme: s\n"),
        ("scheme: s\n", "scheme: [s]\n"),
        ("accepted-by: both", "accepted-by: none"),
        ("division: floor", "division: round"),
        ("{type: set}", "{}"),
        ("{type: set}", "{type: list}"),
        ("{type: set}", "{type: set, clause: version}"),
        ("{type: set}", "{type: set, of: all}"),
        ("{type: set}", "{type: set, from: mdev_type}"),
        ("from: mdev_type", "from: nothing"),
        ("required: true", "required: yes"),
        ("scope: type, settable", "scope: host, settable"),
        ("errno: EIO", "errno: EWRONG"),
        ("types: {type: set}", "1types: {type: set}"),
        ('[{type: "one_of(${types})"}]', "[{}]"),
        ("all: lowest", "all: least"),
        ("name: a/b", "name: /a"),
        ("name: a/b, ", ""),
        (', text: "{all}"', ""),
        ('text: "{all}"', "text: all"),
        (", attributes: [types]", ""),
        ("name: c,", "name: c, text: x,"),
    ],
)
def test_mistakes_are_found(old, new):
    """A mistake in one field is one for the schema as it is for the loader."""
    assert EVERYTHING.count(old) == 1
    text = EVERYTHING.replace(old, new)
    assert mistakes(text)
    with pytest.raises(InputError):
        load_scheme("f", text.encode())
