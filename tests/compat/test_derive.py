"""Objects that follow from a device's own values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.strategies import POOLS, core

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.loader import load_scheme
from simulator.compat.scheme import Outcome
from simulator.errors import InputError
from simulator.fleet.fleet import Fleet
from simulator.values import parse_value

TEXT = b"""scheme: derived
attributes:
  type: {type: string}
  accepted: {type: set}
  low: {type: int}
  high: {type: int}
  level: {type: int}
accepts:
  - {type: "one_of(${accepted})"}
  - {type: "a${type}b", level: "range(${low},${high})"}
"""
SCHEME = load_scheme("f", TEXT)
POOL = {
    "type": POOLS["string"],
    "accepted": POOLS["set"],
    **dict.fromkeys(("low", "high", "level"), ("1", "2", "3")),
}


def described(**values):
    """Make a description from texts."""
    kinds = SCHEME.kinds
    return Description({name: parse_value(kinds[name], text) for name, text in values.items()})


def test_own_values_become_clauses():
    """Own values are quoted where they have to be, and a set stands for its members."""
    found = complete(SCHEME, described(type="x y", accepted="B, A", low="1", high="2")).objects
    texts = [{name: str(clause) for name, clause in one.clauses.items()} for one in found]
    assert texts == [{"type": "one_of(A,B)"}, {"type": '"ax yb"', "level": "range(1,2)"}]


def test_a_missing_value_leaves_its_object_out():
    """An object that needs what the device lacks, or what makes no clause, is not there."""
    assert complete(SCHEME, described(type="x", low="2", high="1")).objects == ()
    assert len(complete(SCHEME, described(accepted="A")).objects) == 1


@pytest.mark.parametrize(
    ("clause", "level"),
    [("range(5,${high})", "5"), ("range(${low},0)", "0"), ("range(-3,${low})", "-1")],
)
def test_a_clause_need_not_suit_every_own_value(clause, level):
    """A range that is empty for small own values is a clause all the same, for others."""
    text = TEXT.replace(b"range(${low},${high})", clause.encode())
    scheme = load_scheme("f", text)
    ends = dict.fromkeys(("low", "high", "level"), parse_value("int", level))
    device = complete(scheme, Description({"type": parse_value("string", "x"), **ends}))
    assert judge(scheme, Description({"type": parse_value("string", "axb"), **ends}), device) is (
        Outcome.COMPATIBLE
    )


def test_published_objects_go_first():
    """A device that publishes a list, also an empty one, is taken at its word."""
    device = Description({}, ())
    assert complete(SCHEME, device) is device
    assert judge(SCHEME, described(type="A"), device) is Outcome.INCOMPATIBLE


devices = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(pool) for name, pool in POOL.items()}
)


@core
@given(st.lists(devices, min_size=1, max_size=6))
def test_the_matcher_agrees(found):
    """Added, replaced or read as lines, a fleet derives what the judge derives."""
    found = [described(**one) for one in found]
    fleet = Fleet(SCHEME)
    lines = b"".join(one.to_line().encode() + b"\n" for one in found)
    fleet.extend("f", [lines[: len(lines) // 2], lines[len(lines) // 2 :]])
    first = fleet.add(found[0])
    fleet.replace(first, found[-1])
    for source in found:
        match = fleet.match(source)
        for row, target in enumerate([*found, found[-1]]):
            assert match.outcome(row) is judge(SCHEME, source, target)


def test_a_mistake_in_a_line_is_shown_where_it_stands():
    """Lines are refused as they were written, not as they were completed."""
    fleet = Fleet(SCHEME)
    with pytest.raises(InputError) as caught:
        fleet.extend("f", [b'{"self":{"type":"x"}}\n{"name":"n","self":{"level":x}}\n'])
    assert [(m.line, m.column) for m in caught.value.mistakes] == [(2, 29)]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ('[{kype: "x"}]', 12, "kype is no attribute"),
        ('[{type: "${kype}"}]', 18, "'kype' is no attribute"),
        ('[{level: "${type}"}]', 19, "not an integer"),
        ('[{level: "range(1"}]', 19, "unclosed parenthesis"),
        ("[{}]", 11, "an object without clauses"),
        ("{type: x}", 10, "not a list"),
    ],
)
def test_mistakes_in_accepts(text, column, message):
    """A clause that could never be made is a mistake of the scheme."""
    attributes = "attributes: {type: {type: string}, level: {type: int}}"
    with pytest.raises(InputError) as caught:
        load_scheme("f", f"scheme: s\n{attributes}\naccepts: {text}\n".encode())
    assert [(m.line, m.column, m.message) for m in caught.value.mistakes] == [(3, column, message)]
