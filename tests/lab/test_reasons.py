"""Reasons of all pairs at once are those of the explained verdicts."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.strategies import fleets, schemes

from simulator.compat.description import Description
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import parse_line
from simulator.compat.schemes import load_builtin
from simulator.compat.verdict import explain
from simulator.fleet.generate import generate
from simulator.lab.compare.reasons import reasons_of
from simulator.lab.matrix import matrix
from simulator.lab.population import Population


def named(scheme, found):
    """The attributes that explain names, for each pair that has any."""
    explained = {
        (source, target): {reason.attribute for reason in explain(scheme, *pair).reasons}
        for (source, target), pair in zip(
            product(range(len(found)), repeat=2), product(found, repeat=2), strict=True
        )
    }
    return {pair: names for pair, names in explained.items() if names}


def gathered(reasons):
    """The same from rows of bits."""
    found = {}
    for name, rows in reasons.rows.items():
        for source, row in enumerate(rows):
            for target in range(row.bit_length()):
                if row >> target & 1:
                    found.setdefault((source, target), set()).add(name)
    return found


@given(st.data())
def test_reasons_are_those_of_explain(data):
    """For every pair the attributes are those that explain names, each pair asked apart."""
    scheme = data.draw(schemes())
    found = data.draw(fleets(scheme))
    reasons = reasons_of(scheme, found)
    assert reasons.is_exact
    assert gathered(reasons) == named(scheme, found)
    assert reasons_of(scheme, found, matrix(scheme, found)) == reasons


@given(st.data())
def test_a_small_budget_names_more(data):
    """Without leave to ask the judge, joined clauses are all named, and no reason is lost."""
    scheme = data.draw(schemes(has_objects=True))
    found = data.draw(fleets(scheme))
    reasons = reasons_of(scheme, found, budget=0)
    exact, rough = named(scheme, found), gathered(reasons)
    assert exact.keys() == rough.keys()
    assert all(exact[pair] <= rough[pair] for pair in exact)
    assert exact == rough or not reasons.is_exact


@pytest.mark.parametrize("name", ["self-compatible", "software-version"])
def test_reasons_of_a_generated_fleet(name):
    """The classes of a fleet have the reasons that explain gives, under shipped schemes."""
    scheme = load_builtin(name)
    lines = b"".join(generate(scheme, 60, 5)).decode().splitlines()
    found = Population.of(scheme, (parse_line(line, scheme) for line in lines)).classes
    assert gathered(reasons_of(scheme, found)) == named(scheme, found)


DERIVED = b"""
scheme: derived
objects: published
accepts:
  - {version: "range(1,${version})"}
attributes:
  version: {type: int}
"""


def test_derived_objects_have_reasons():
    """Objects that follow from own values are asked as published ones are."""
    scheme = load_scheme("derived", DERIVED)
    lines = [f'{{"self":{{"version":{number}}}}}' for number in (1, 2, 3)]
    found = [parse_line(line, scheme) for line in lines] + [Description({})]
    assert gathered(reasons_of(scheme, found)) == named(scheme, found) != {}
