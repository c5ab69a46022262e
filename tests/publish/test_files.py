"""The files that a scheme says it has are those that are written."""

import pytest

from simulator.compat.description import Description
from simulator.compat.files import files_of
from simulator.compat.loader import load_scheme
from simulator.compat.rule import AnyClause, Object
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.lab.pools import pools_of
from simulator.publish.facts import SCOPES
from simulator.publish.forms import FORM_OF
from simulator.publish.plan import Plan

SCOPED = """
scheme: scoped
{objects}
missing: incompatible
attributes:
  a: {{type: int, scope: parent}}
  b: {{type: int, scope: type}}
  c: {{type: int, scope: device}}
  d: {{type: int}}
surface: {{form: {form}, scope: type, name: m{names}}}
"""
NAMES = (
    *builtin_names(),
    *(
        f"{form} {named} {objects}"
        for form in ("files", "directories", "pair", "listing", "json")
        for named in ("all", "named")
        for objects in ("with", "without")
    ),
)


def scheme_of(name):
    """Load a shipped scheme, or one whose attributes have scopes of their own."""
    if name in builtin_names():
        return load_builtin(name)
    form, named, objects = name.split()
    names = ", attributes: [a, b, c]" if named == "named" else ""
    published = "objects: published" if objects == "with" else "objects: none"
    text = SCOPED.format(form=form, names=names, objects=published)
    return load_scheme(name, text.encode())


@pytest.mark.parametrize("name", NAMES)
def test_files_are_those_that_are_written(name):
    """A device that has everything, and one object of everything, has just these files."""
    scheme = scheme_of(name)
    values = {name: pool[-1] for name, pool in pools_of(scheme).items()}
    everything = Object({name: AnyClause() for name in scheme.attributes})
    device = Description(values, (everything,) if scheme.has_objects else None)
    written = [
        (scope, path)
        for scope in SCOPES
        for one in Plan(scheme).at(scope)
        for path in FORM_OF[one.surface.form].write(scheme, one, device)
    ]
    found = [(one.scope, one.path) for one in files_of(scheme)]
    assert len(found) >= len(scheme.surfaces)
    assert sorted(found) == sorted(written)
