"""Schemes: which attributes devices publish, and what is compared."""

import pytest

from simulator.compat.description import Description
from simulator.compat.scheme import Attribute, Direction, Outcome, Preference, Scheme
from simulator.compat.schemes import load_builtin
from simulator.errors import TextError
from simulator.values import parse_value


def devices(kind, *texts):
    """Make a device for each text, which is its value of the attribute a; None: it has none."""
    return [Description({} if t is None else {"a": parse_value(kind, t)}, name=t) for t in texts]


def test_outcomes_are_ordered():
    """AND is the lowest and OR the highest of incompatible, undecided and compatible."""
    assert sorted(Outcome) == [Outcome.INCOMPATIBLE, Outcome.UNDECIDED, Outcome.COMPATIBLE]
    assert [str(outcome) for outcome in Outcome] == ["incompatible", "undecided", "compatible"]
    assert [f"{way}" for way in Direction] == ["target", "source", "both"]


def test_what_is_missing_is_a_matter_of_the_attribute_then_of_the_scheme():
    """An attribute's own setting goes before that of the scheme, also where it is the lowest."""
    scheme = Scheme("s", {}, missing=Outcome.UNDECIDED)
    assert scheme.missing_of(Attribute("a", "int")) is Outcome.UNDECIDED
    for outcome in Outcome:
        assert scheme.missing_of(Attribute("a", "int", missing=outcome)) is outcome


def test_a_direction_can_be_replaced():
    """A scheme in another direction differs in nothing else; without one it is the scheme."""
    scheme = Scheme("s", {"a": Attribute("a", "int")}, has_objects=True)
    other = scheme.accepted(Direction.BOTH)
    assert scheme.accepted(None) is scheme
    assert (scheme.accepted_by, other.accepted_by) == (Direction.TARGET, Direction.BOTH)
    assert other.accepted(Direction.TARGET) == scheme
    assert dict(other.kinds) == {"a": "int"}


@pytest.mark.parametrize(
    ("kind", "given", "highest"),
    [
        ("version", ["1.2", "1.10", "1.2.1", "0.9"], ["1.10", "1.2.1", "1.2", "0.9"]),
        ("int", ["2", "10", "-3"], ["10", "2", "-3"]),
        ("ratio", ["1/2", "2", "1/3"], ["2", "1/2", "1/3"]),
    ],
)
def test_targets_are_ranked_by_a_preference(kind, given, highest):
    """The highest or the lowest value comes first, and who lacks it comes last either way."""
    for order, wanted in [(True, highest), (False, highest[::-1])]:
        scheme = Scheme("s", {"a": Attribute("a", kind)}, prefer=(Preference("a", order),))
        ranked = scheme.ranked(devices(kind, None, *given))
        assert [device.name for device in ranked] == [*wanted, None]


def test_the_first_preference_is_the_most_important():
    """Later preferences rank what the earlier leave equal; the rest stays in its order."""
    attributes = {name: Attribute(name, "int") for name in "ab"}
    pairs = [(1, 1), (2, 1), (1, 2), (2, 2), (2, 1)]
    given = [
        Description(
            {n: parse_value("int", str(v)) for n, v in zip("ab", pair, strict=True)}, name=i
        )
        for i, pair in enumerate(pairs)
    ]
    prefer = (Preference("b", highest=False), Preference("a"))
    ranked = Scheme("s", attributes, prefer=prefer).ranked(given)
    assert [device.name for device in ranked] == [1, 4, 0, 3, 2]
    assert Scheme("s", attributes).ranked(given) == given


def test_a_shipped_scheme_is_named():
    """Another name is refused with those that there are."""
    with pytest.raises(TextError, match="no scheme nothing") as caught:
        load_builtin("nothing")
    assert "self-compatible" in caught.value.expected
