"""Descriptions: what a device publishes, as JSON."""

from simulator.compat.description import Description
from simulator.compat.rule import AnyClause, Object
from simulator.values import parse_value


def test_a_line_says_what_is_published():
    """A line has the name, the values and the objects; numbers only for integers."""
    values = {
        "i": parse_value("int", "2"),
        "r": parse_value("ratio", "2/4"),
        "s": parse_value("set", "b+a"),
        "t": parse_value("string", 'é"'),
    }
    device = Description(values, (Object({"t": AnyClause()}),), "host1")
    assert device.to_line() == (
        '{"name":"host1","self":{"i":2,"r":"2/4","s":"b+a","t":"é\\""},'
        '"compatible":[{"t":"any()"}]}'
    )


def test_no_list_is_not_an_empty_one():
    """A device without a list has no key for it, one with an empty list has."""
    assert Description({}).to_line() == '{"self":{}}'
    assert Description({}, ()).to_line() == '{"self":{},"compatible":[]}'
    assert Description({}) != Description({}, ())


def test_equal_descriptions_hash_alike():
    """The order of values does not matter to equality or hash; the name does."""
    one, two = parse_value("int", "1"), parse_value("int", "2")
    first, second = Description({"a": one, "b": two}), Description({"b": two, "a": one})
    assert first == second
    assert hash(first) == hash(second)
    assert first != Description({"a": one, "b": two}, None, "x")
