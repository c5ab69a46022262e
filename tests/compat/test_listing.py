"""The listing of July 2020: read, and written back byte for byte."""

from importlib.resources import files

import pytest

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.listing import format_listing, parse_listing
from simulator.compat.loader import load_scheme
from simulator.compat.rule import EmptyClause, Object
from simulator.compat.scheme import Attribute, Scheme
from simulator.errors import InputError
from simulator.values import KINDS, parse_value

PACKAGE = files("simulator")
MAIL = load_scheme(
    "self-compatible.yaml", (PACKAGE / "compat/schemes/self-compatible.yaml").read_bytes()
)
SCHEME = Scheme("s", {kind: Attribute(kind, kind) for kind in KINDS})


def read(text, scheme=SCHEME):
    """Read a listing and return what it says."""
    return parse_listing("f", text, scheme).description


def refused(text):
    """Read a listing that is wrong; return line, column, length and message of each mistake."""
    with pytest.raises(InputError) as caught:
        read(text)
    return [(m.line, m.column, m.length, m.message) for m in caught.value.mistakes]


@pytest.mark.parametrize("name", ["UUID1", "UUID2"])
def test_the_examples_are_written_back_byte_for_byte(name):
    """The listings of the mail, with tabs, quotes, comments and blanks, come back as they are."""
    data = (PACKAGE / "examples" / name).read_bytes()
    listing = parse_listing(name, data.decode(), MAIL, name)
    assert str(listing).encode() == data
    assert listing.description.name == name


def test_the_first_example_says_what_the_mail_says():
    """UUID1 is what the author describes, and accepts whom he lists."""
    device = read((PACKAGE / "examples/UUID1").read_text(), MAIL)
    assert {name: str(value) for name, value in device.values.items()} == {
        "device_type": "pci",
        "device_id": "8086591d",
        "mdev_type": "i915-GVTg_V5_2",
        "aggregator": "1",
        "pv_mode": "none+ppgtt+context",
        "interface_version": "3",
    }
    first, second = device.objects
    assert str(first.clauses["aggregator"]) == "{val1}/2"
    assert list(first.variables) == ["val1", "val2", "val3"]
    assert second.clauses["pv_mode"] == EmptyClause()


@pytest.mark.parametrize(
    "text",
    [
        "SELF:\n\tint=1\n",
        "SELF:\n\tint=1",
        "SELF:\r\n\tint=1\r\n",
        "SELF:\r\n\tint=1\nCOMPATIBLE: \r\n\tint=1",
        "SELF: \t \n\tint=1 \t # one\n\n# more\n \t\nCOMPATIBLE:# x\n\tint=1# y\n\n",
        "\n# first\nSELF:\n\tint=1\n",
        'SELF:\n\tint=1\n\tstring="# \\" \\\\ é"\n',
    ],
)
def test_a_listing_is_written_back_byte_for_byte(text):
    """Comments, blanks, line ends and a last line without one are kept."""
    listing = parse_listing("f", text, SCHEME)
    assert str(listing) == text
    assert listing.description.values["int"] == parse_value("int", "1")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("string=a", "a"),
        ("string=", ""),
        ('string=""', ""),
        ('string="a b" # c', "a b"),
        ('string="a#b"#c', "a#b"),
        ('string=a"b c"d', "ab cd"),
        ('string="any()"', "any()"),
        ("string=a=b", "a=b"),
        ('set="none+ppgtt"', "none+ppgtt"),
        ("set=none,ppgtt", "none+ppgtt"),
        ('set="none, ppgtt"', "none+ppgtt"),
        ("set=", ""),
        ('set=""', ""),
        ("int=-2", "-2"),
        ("ratio=1/2", "2/4"),
        ("pci_id=8086-591d", "8086591d"),
        ('version="1.2"', "1.2.0"),
    ],
)
def test_a_value_of_self_is_bare_or_quoted(field, value):
    """A value is what stands between the sign and a blank or comment, without its quotes."""
    kind = field.partition("=")[0]
    assert read(f"SELF:\n\t{field}\n").values == {kind: parse_value(kind, value)}


@pytest.mark.parametrize(
    ("field", "column", "length", "message"),
    [
        ("int=x", 6, 1, "not an integer"),
        ("int=", 6, 1, "not an integer"),
        ('int="2"', 6, 3, "a quoted text is no number"),
        ("int=1 2", 7, 2, "text after the value"),
        ("ratio=1/0", 10, 1, "division by zero"),
        ("set=none+none", 11, 4, "none is there twice"),
        ("string={v:int:1}", 9, 9, "SELF says what the device is"),
        ('string="a"{v:int:1}', 9, 12, "SELF says what the device is"),
        ("string=any()", 9, 5, "SELF says what the device is"),
        ('string=one_of("a")', 9, 11, "SELF says what the device is"),
        ("string={v}", 9, 3, "v is used before it is declared"),
        ("string=a}", 10, 1, "'}' cannot stand here"),
        ("string=a\\b", 10, 1, "'\\\\' cannot stand here"),
        ('string="a', 9, 2, "unclosed quote"),
        ('string=a"b # c', 10, 6, "unclosed quote"),
        (
            'string="a\\n"',
            9,
            5,
            'only \\" and \\\\ may be escaped, and control characters not at all',
        ),
        ("other=1", 2, 5, "unknown attribute other"),
        ("1=1", 1, 4, "not a field"),
        (" int=1", 1, 7, "not a field"),
        ("int =1", 1, 7, "not a field"),
        ("int", 1, 4, "not a field"),
    ],
)
def test_a_wrong_field_of_self_is_refused_where_it_is_wrong(field, column, length, message):
    """A wrong field is shown with the column and length of what is wrong."""
    assert refused(f"SELF:\n\t{field}\n") == [(2, column, length, message)]


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("\n", [(1, 1, 1, "no SELF")]),
        ("# comment\n", [(1, 1, 1, "no SELF")]),
        ("SELF:\n", [(1, 1, 5, "SELF has no field")]),
        ("SELF:\n\tint=1\nCOMPATIBLE:\n", [(3, 1, 11, "COMPATIBLE has no field")]),
        ("SELF:\nCOMPATIBLE:\n\tint=1", [(1, 1, 5, "SELF has no field")]),
        ("SELF:\n\tint=1\nSELF:\n\tint=2\n", [(3, 1, 5, "a second SELF")]),
        (
            "COMPATIBLE:\n\tint=1\n",
            [(1, 1, 11, "COMPATIBLE before SELF"), (1, 1, 1, "no SELF")],
        ),
        ("COMPATIBLE:\n\tint=1\nSELF:\n\tint=1", [(1, 1, 11, "COMPATIBLE before SELF")]),
        ("\tint=1\nSELF:\n\tint=1\n", [(1, 2, 3, "a field before any heading")]),
        ("SELF:\n\tint=1\n\tint=1\n", [(3, 2, 3, "int is there twice")]),
        ("self:\n\tint=1\n", None),
        ("SELF: x\n\tint=1\n", None),
        ("SELF\n\tint=1\n", None),
        ("int=1", [(1, 1, 5, "not a field"), (1, 1, 1, "no SELF")]),
        ("SELF:\n\tint=1\n\f\n", [(3, 1, 1, "not a heading")]),
        ("SELF:\n    int=1\n", [(2, 1, 9, "not a field")]),
        (
            "SELF:\n\tint=1\nCOMPATIBLE:\n\tint={v:int:1\n\tstring={v}{w:string:1}\n",
            [
                (4, 6, 8, "unclosed brace"),
                (5, 22, 1, "'1' cannot stand here"),
            ],
        ),
        (
            "SELF:\n\tint=1\nCOMPATIBLE:\n\tint={v:int:1}\nCOMPATIBLE:\n\tint={v}\n",
            [(6, 6, 3, "v is used before it is declared")],
        ),
        (
            "SELF:\n\tint=1\nCOMPATIBLE:\n\tint={v:int:1}\n\tratio={v:int:1}\n",
            [(5, 8, 9, "v is declared twice")],
        ),
        (
            "SELF:\n\tint=1\nCOMPATIBLE:\n\tint={v:int:1}/0\n\tratio=1/0\n",
            [(4, 15, 2, "division by zero"), (5, 10, 1, "division by zero")],
        ),
        (
            "SELF:\n\tint=9223372036854775808\n\tx=1\n\tset=a++b\n\tversion=1\n",
            [
                (2, 6, 19, "integer overflow"),
                (3, 2, 1, "unknown attribute x"),
                (4, 8, 1, "not a member of a set"),
                (5, 10, 1, "not a version"),
            ],
        ),
    ],
)
def test_a_wrong_listing_is_refused_where_it_is_wrong(text, mistakes):
    """Each mistake of a listing is shown at its line and column; one hides none of the others."""
    found = refused(text)
    if mistakes is None:
        assert found[0][0] == 1
        assert found[0][3] == "not a heading"
    else:
        assert found == mistakes


def test_a_mistake_says_what_is_right():
    """A mistake shows its line without the end, and what is expected there."""
    with pytest.raises(InputError) as caught:
        read("SELF:\r\n\tpv=1\t\r\n")
    assert str(caught.value) == (
        "f:2:2: unknown attribute pv; expected one of int, string, set, version, pci_id, ratio\n"
        "    \tpv=1\t\n"
        "    \t^^"
    )


def test_no_compatible_is_no_list():
    """A listing without COMPATIBLE publishes no list."""
    assert read("SELF:\n\tint=1\n").objects is None


def test_a_description_is_written_in_the_form_of_the_mail():
    """Fields follow tabs, sets are quoted, and so is what must be."""
    values = {
        "int": parse_value("int", "1"),
        "set": parse_value("set", "a+b"),
        "string": parse_value("string", "x y"),
        "pci_id": parse_value("pci_id", "8086591d"),
    }
    clauses = {name: parse_clause(t, name, {})[0] for name, t in {"set": '""', "int": "2"}.items()}
    assert format_listing(Description(values, (Object(clauses),), "gone")) == (
        'SELF:\n\tint=1\n\tset="a+b"\n\tstring="x y"\n\tpci_id=8086591d\n'
        'COMPATIBLE:\n\tset=""\n\tint=2\n'
    )
