"""Which files the surfaces of a scheme put where."""

import pytest

from simulator.compat.files import SysfsFile, files_of, shown, shown_at
from simulator.compat.loader import load_scheme

SCHEME = """
scheme: s
objects: {objects}
attributes:
  a: {{type: int, scope: type}}
  b: {{type: set}}
surface: {surface}
"""


def scheme_of(surface, objects="published"):
    """Load a scheme of two attributes, one of which belongs to types, and a surface on devices."""
    return load_scheme("s", SCHEME.format(objects=objects, surface=surface).encode())


def files(surface, objects="published"):
    """List the files of a surface: their directory, their name, the one attribute they show."""
    return [
        (one.scope, one.path, one.attribute and one.attribute.name)
        for one in files_of(scheme_of(surface, objects))
    ]


@pytest.mark.parametrize(
    ("surface", "wanted"),
    [
        ("{}", [("type", "a", "a"), ("device", "b", "b")]),
        ("{name: n, attributes: [b]}", [("device", "n/b", "b")]),
        ("{form: listing, name: n}", [("device", "n", "b")]),
        ("{form: json, name: n, attributes: [a, b]}", [("device", "n", None)]),
        ("{form: lines, name: n, attributes: [b]}", [("device", "n", "b")]),
        ("{form: pair, name: n}", [("device", "n/self", None), ("device", "n/compatible", None)]),
        ("{form: binary, name: n}", [("device", "n/self", None), ("device", "n/compatible", None)]),
        (
            "{form: directories, name: n}",
            [
                ("device", "n/self/b", "b"),
                ("device", "n/compatible/a", "a"),
                ("device", "n/compatible/b", "b"),
            ],
        ),
        ('{form: test, name: n, text: "{a}/{a}/{b}"}', [("device", "n", None)]),
        ('{form: test, name: n, text: "{a}"}', [("device", "n", "a")]),
    ],
)
def test_each_form(surface, wanted):
    """A form has its files, and leaves to types what belongs there unless it is named."""
    assert files(surface) == wanted


@pytest.mark.parametrize("form", ["pair", "binary", "directories"])
def test_without_objects_there_is_only_the_own_part(form):
    """Where nothing is published of others, there are no files for it."""
    found = files(f"{{form: {form}, name: n}}", "none")
    assert found
    assert all("self" in path for _, path, _ in found)


def test_several_surfaces_are_numbered():
    """Each file knows its surface, in the order of the scheme."""
    scheme = scheme_of("[{name: x, attributes: [b]}, {form: json, name: y}]")
    first, second = files_of(scheme)
    assert first == SysfsFile("device", "x/b", 0, scheme.attributes["b"])
    assert (second.path, second.surface) == ("y", 1)


def test_what_is_shown_where():
    """A surface shows each attribute in one directory, in the order in which they are named."""
    scheme = scheme_of("{attributes: [b, a]}")
    [surface] = scheme.surfaces
    assert [one.name for one in shown(scheme, surface)] == ["b", "a"]
    places = [shown_at(scheme, surface, scope) for scope in ("parent", "type", "device")]
    assert places == [(), ("a",), ("b",)]
