"""Files that say where there is room."""

import pytest

from simulator.errors import InputError
from simulator.planning.available import read_available


def test_places_and_numbers():
    """A line is a place and a number; what is empty or begins with # is skipped."""
    text = "# room\n\n  h/0000:00:02.0/i915-GVTg_V5_4\t3  \nh/p/a name with blanks 0\r\n"
    assert dict(read_available("f", text.encode())) == {
        "h/0000:00:02.0/i915-GVTg_V5_4": 3,
        "h/p/a name with blanks": 0,
    }


def test_all_mistakes_are_shown():
    """Every line that says nothing is shown, with its place."""
    with pytest.raises(InputError) as caught:
        read_available("f", b"h/p/t 1\nh/p/t 2\nh/p/u\n\th/p/v -1\nh/p/w 2147483648\n 7\n")
    assert str(caught.value) == (
        "f:2:1: this place is there twice; expected each once\n"
        "    h/p/t 2\n"
        "    ^^^^^\n"
        "f:3:1: no number; expected a place and a number, such as "
        "host1/0000:00:02.0/i915-GVTg_V5_4 3\n"
        "    h/p/u\n"
        "    ^^^^^\n"
        "f:4:8: not a number of instances; expected a number from 0 to 2147483647\n"
        "    \th/p/v -1\n"
        "    \t      ^^\n"
        "f:5:7: not a number of instances; expected a number from 0 to 2147483647\n"
        "    h/p/w 2147483648\n"
        "          ^^^^^^^^^^\n"
        "f:6:2: no number; expected a place and a number, such as "
        "host1/0000:00:02.0/i915-GVTg_V5_4 3\n"
        "     7\n"
        "     ^"
    )


@pytest.mark.parametrize(
    "line", ["x" * 10**6, "x " * 10**6, "x" + " " * 10**6 + "y", "x\t" * 10**6]
)
def test_long_lines_are_read_at_once(line):
    """A line of a megabyte that says nothing is refused, and its excerpt is short."""
    with pytest.raises(InputError) as caught:
        read_available("f", line.encode())
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("data", [b"", b"h/p/t \xff", b"h/p/t 1\0"])
def test_what_is_no_text_is_refused(data):
    """Empty files and bytes that are no text are refused as in any other file."""
    with pytest.raises(InputError):
        read_available("f", data)
