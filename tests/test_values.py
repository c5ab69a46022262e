"""Values: six kinds, each parsed strictly and printed as it was written."""

import pytest

from simulator.errors import TextError
from simulator.values import (
    INT_MAX,
    INT_MIN,
    KINDS,
    MAX_VALUE_BYTES,
    FlagSet,
    Integer,
    PciId,
    Ratio,
    String,
    Version,
    parse_value,
)

SPELLINGS = [
    *(("int", text) for text in ("0", "2", "-3", str(INT_MIN), str(INT_MAX))),
    *(("string", text) for text in ("", "a", " a b ", 'é "#\\', "x" * MAX_VALUE_BYTES)),
    *(("set", text) for text in ("", "none", "none+ppgtt", "a,b", "a, b", "A-Z_0.9:x")),
    *(("version", text) for text in ("1.2", "1.2.3", "0.0.0", "4294967295.0")),
    *(("pci_id", text) for text in ("8086591d", "8086-591d", "8086:591D", "591b", "0000")),
    *(("ratio", text) for text in ("0", "-2", "1/2", "2/4", "-1/2", f"{INT_MIN}/{INT_MAX}")),
]


@pytest.mark.parametrize(("kind", "text"), SPELLINGS)
def test_a_value_prints_its_spelling(kind, text):
    """A value of each kind prints the text that it was parsed from."""
    assert str(parse_value(kind, text)) == text


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("set", ["a+b", "b+a", "a,b", "b, a"]),
        ("version", ["1.1", "1.1.0"]),
        ("pci_id", ["8086591d", "8086-591d", "8086:591D"]),
        ("pci_id", ["591b", "591B"]),
        ("ratio", ["1/2", "2/4"]),
        ("ratio", ["2", "4/2"]),
    ],
)
def test_spellings_of_one_value_are_equal(kind, texts):
    """Texts that mean the same are equal values with one hash."""
    assert len({parse_value(kind, text) for text in texts}) == 1


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("int", "1", "-1"),
        ("string", "a", "A"),
        ("string", "", " "),
        ("set", "a", "a+b"),
        ("version", "1.1", "1.1.1"),
        ("pci_id", "591b", "8086591b"),
        ("pci_id", "591b", "0000591b"),
        ("ratio", "1/2", "1/3"),
    ],
)
def test_different_values_differ(kind, one, other):
    """Texts that do not mean the same are different values."""
    assert parse_value(kind, one) != parse_value(kind, other)


@pytest.mark.parametrize(
    ("kind", "text", "message", "start", "stop"),
    [
        *(
            ("int", text, "not an integer", 0, len(text))
            for text in ("", "a", "01", "-0", "+1", "1.0", "1e3", " 1", "1\n", "²", "-", "٣")
        ),
        ("int", str(INT_MAX + 1), "integer overflow", 0, 19),
        ("int", str(INT_MIN - 1), "integer overflow", 0, 20),
        ("int", "9" * 5000, "integer overflow", 0, 5000),
        ("string", "a\tb", "control character U+0009", 1, 2),
        ("string", "a\x7f", "control character U+007F", 1, 2),
        ("string", "a\x00", "control character U+0000", 1, 2),
        ("string", "a\ud800", "a lone surrogate", 1, 2),
        ("string", "x" * 4097, "the value is too long", 0, 4097),
        ("string", "é" * 2049, "the value is too long", 0, 2049),
        ("set", "a++b", "not a member of a set", 2, 2),
        ("set", "+", "not a member of a set", 0, 0),
        ("set", "a,b+c", "not a member of a set", 0, 3),
        ("set", "a, b,c", "not a member of a set", 3, 6),
        ("set", "a b", "not a member of a set", 0, 3),
        ("set", "a+é", "not a member of a set", 2, 3),
        ("set", "a+b+a", "a is there twice", 4, 5),
        ("set", "+".join(map(str, range(2000))), "the value is too long", 0, 8889),
        *(
            ("version", text, "not a version", 0, len(text))
            for text in ("", "1", "1.", "1.2.3.4", "v1.2", "01.2", "1.-2", "1.2\n")
        ),
        ("version", "1.4294967296", "integer overflow", 2, 12),
        ("version", "1.2." + "9" * 99, "integer overflow", 4, 103),
        *(
            ("pci_id", text, "not a PCI id", 0, len(text))
            for text in ("", "591", "8086_591d", "8086 591d", "80865-91d", "x86591d", "0x591d")
        ),
        *(
            ("ratio", text, "not a ratio", 0, len(text))
            for text in ("", "1/", "/2", "1/-2", "1.5", "1/2/3", "-0", "1 /2")
        ),
        ("ratio", "1/0", "division by zero", 2, 3),
        ("ratio", "1/00", "division by zero", 2, 4),
        ("ratio", "1/02", "leading zero", 2, 4),
        ("ratio", f"1/{INT_MAX + 1}", "integer overflow", 2, 21),
        ("ratio", f"{INT_MAX + 1}/2", "integer overflow", 0, 19),
    ],
)
def test_a_wrong_text_is_refused_where_it_is_wrong(kind, text, message, start, stop):
    """What is no value of its kind is refused, with the span that is wrong and what is right."""
    with pytest.raises(TextError) as caught:
        parse_value(kind, text)
    error = caught.value
    assert (error.message, error.start, error.stop) == (message, start, stop)
    assert error.expected
    assert error.text == text


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("int", ["-10", "-9", "2", "10"]),
        ("version", ["0.9", "1.0", "1.0.1", "1.2", "1.10", "2.0"]),
        ("ratio", ["-1", "-1/2", "1/3", "2/4", "3/5", "10"]),
    ],
)
def test_numbers_are_ordered_as_numbers(kind, texts):
    """Integers, versions and ratios are ordered by what they mean, not as texts."""
    values = [parse_value(kind, text) for text in texts]
    assert sorted([values[-1], *values[:-1]]) == values


def test_kinds_are_named_as_schemes_name_them():
    """Each of the six kinds is found by its name, and its values know it."""
    assert list(KINDS) == ["int", "string", "set", "version", "pci_id", "ratio"]
    for name, kind in KINDS.items():
        assert kind.kind == name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Integer(-3), "-3"),
        (String("a"), "a"),
        (FlagSet(frozenset("ba")), "a+b"),
        (FlagSet(frozenset()), ""),
        (Version(1, 2), "1.2.0"),
        (PciId(0x8086, 0x591D), "8086591d"),
        (PciId(None, 0x1B), "001b"),
        (Ratio(Ratio.parse("2/4").value), "1/2"),
    ],
)
def test_a_value_that_was_not_parsed_prints_what_parses_to_it(value, text):
    """A value that was built prints a text of its own, which parses to it."""
    assert str(value) == text
    assert parse_value(value.kind, text) == value
