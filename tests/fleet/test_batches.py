"""Texts of many lines: all of their devices or none."""

import pytest
from fleet.versions import EMPTY, LINE, SCHEME

from simulator.errors import InputError
from simulator.fleet.feeder import MAX_MISTAKES
from simulator.fleet.fleet import Fleet


@pytest.mark.parametrize("cut", [1, 2, 7, 64, 10**6])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_pieces_of_any_size(fleet, cut, end, last):
    """However a text is cut, and whether its last line ends or not, the fleet is the same."""
    text = b"".join(fleet.lines()).decode().replace("\n", f" {end}\t{end}")
    text = text if last else text.rstrip()
    data = text.encode()
    seen = []
    again = Fleet(SCHEME)
    pieces = [data[start : start + cut] for start in range(0, len(data), cut)]
    assert again.extend("f", pieces, seen.append) == range(4)
    assert list(again.lines()) == list(fleet.lines())
    assert seen == [min(cut * number, len(data)) for number in range(1, len(pieces) + 1)]


def test_rows_of_a_text_follow_each_other(fleet):
    """A text is put behind the last row, even where rows before are free."""
    fleet.remove(1)
    assert fleet.extend("f", [(LINE % ("x", "1.0") * 2).encode()]) == range(4, 6)
    assert fleet.add(EMPTY) == 1


@pytest.mark.parametrize("pieces", [[], [b""], [b"", b""]])
def test_an_empty_text_is_refused(fleet, pieces):
    """No byte at all is a mistake, such as a file that was never written."""
    with pytest.raises(InputError, match="f: the file is empty"):
        fleet.extend("f", pieces)


def test_blank_lines_are_no_devices(fleet):
    """A text of blanks adds nobody."""
    assert len(fleet.extend("f", [b" \n\t\r\n\n"])) == 0
    assert len(fleet) == 4


@pytest.mark.parametrize("cut", [1, 50, 10**6])
def test_a_mistake_adds_nothing(fleet, source, cut):
    """All or none: after a bad line, what was there is there, and answers hold."""
    lines = [LINE % ("x", version) for version in ("1.0", "1.x", "1.2", "1.2.")]
    data = "".join(lines).encode()
    match = fleet.match(source)
    before = list(fleet.lines())
    with pytest.raises(InputError) as caught:
        fleet.extend("f", [data[start : start + cut] for start in range(0, len(data), cut)])
    assert [mistake.line for mistake in caught.value.mistakes] == [2, 4]
    assert list(fleet.lines()) == before
    assert list(match) == [1, 3]
    assert fleet.add(EMPTY) == 4


def test_pieces_that_fail_add_nothing(fleet):
    """When the bytes cannot be had to the end, nothing was added, and the fleet can go on."""

    def broken():
        yield (LINE % ("x", "1.0")).encode()
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        fleet.extend("f", broken())
    assert len(fleet) == 4
    assert fleet.add(EMPTY) == 4


def test_many_mistakes_are_counted(fleet):
    """The first bad lines are explained, the others are counted."""
    for bad, more in ((MAX_MISTAKES, ""), (MAX_MISTAKES + 1, "1 more line has mistakes")):
        with pytest.raises(InputError) as caught:
            fleet.extend("f", [b"bad\n" * bad])
        explained = [mistake for mistake in caught.value.mistakes if mistake.line]
        assert [mistake.line for mistake in explained] == list(range(1, MAX_MISTAKES + 1))
        assert "".join(m.message for m in caught.value.mistakes if not m.line) == more


def test_more_mistakes_than_the_core_tells_at_once(fleet):
    """Where the core stops counting, the number is a lower bound, and says so."""
    with pytest.raises(InputError) as caught:
        fleet.extend("f", [b"bad\n" * 1000])
    assert caught.value.mistakes[-1].message.startswith("at least ")


def test_mistakes_of_one_line_are_all_told(fleet):
    """Every mistake of a bad line is told with its column."""
    text = b'{"self":{"software_version":"x","nobody":1,"mdev_type":2}}'
    with pytest.raises(InputError) as caught:
        fleet.extend("f", [text])
    columns = [mistake.column for mistake in caught.value.mistakes]
    assert columns == [text.index(b"x") + 1, text.index(b'"nobody"') + 1, text.index(b"2}") + 1]
    assert all(mistake.source == text.decode() for mistake in caught.value.mistakes)


def test_one_reader_at_a_time(fleet):
    """While a text is being read into a fleet nothing else changes it."""
    refused = []

    def pieces():
        yield (LINE % ("x", "1.0")).encode()
        for change in (
            lambda: fleet.add(EMPTY),
            lambda: fleet.remove(0),
            lambda: fleet.extend("g", [b'{"self":{}}']),
        ):
            with pytest.raises(ValueError, match=r".") as caught:
                change()
            refused.append(caught.value)

    assert fleet.extend("f", pieces()) == range(4, 5)
    assert len(refused) == 3
    assert len(fleet) == 5


def test_what_follows_a_name_is_no_line(fleet):
    """A line that lost its front is a mistake, also where one with the same end was read before."""
    line = LINE % ("x", "1.0")
    front = '{"name":"x'
    text = (line * 2 + line.removeprefix(front)).encode()
    with pytest.raises(InputError) as caught:
        fleet.extend("f", [text])
    assert [mistake.line for mistake in caught.value.mistakes] == [3]
    with pytest.raises(InputError):
        fleet.match_all(text)
