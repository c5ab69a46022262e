"""Histories: what a line may hold, and each way in which it may be wrong."""

from pathlib import Path

import pytest

from simulator.errors import InputError, TextError
from simulator.lab.versions.history import MAX_RELEASES, parse_history, parse_numbers
from simulator.values import FlagSet, Version

HISTORIES = Path(__file__).parent / "histories"


def load(name):
    """Read one of the histories beside the tests."""
    return parse_history(name, (HISTORIES / name).read_text("utf-8"))


def mistakes(text, read=parse_history, *more):
    """Read a wrong text, and return line, column, length and message of each mistake."""
    with pytest.raises(InputError) as caught:
        read("h", text, *more)
    return [(one.line, one.column, one.length, one.message) for one in caught.value.mistakes]


def test_a_release_a_line():
    """Comments and blank lines are nothing; each release follows the one before it."""
    history = parse_history("h", "# head\n\nnone\r\n \t\n none+ppgtt # grows\n")
    assert [str(one.features) for one in history.releases] == ["none", "none+ppgtt"]
    assert [one.follows for one in history.releases] == [None, 0]
    assert [one.line for one in history.releases] == [3, 5]
    assert history.is_linear
    assert len(history) == 2


def test_numbers_names_and_quotes():
    """A number stands before or after the set, a name and what it follows after it."""
    history = load("published")
    numbers = [Version(1, 0), Version(1, 1), Version(1, 2, 3), Version(1, 1, 1)]
    assert [one.published for one in history.releases] == numbers
    assert [one.follows for one in history.releases] == [None, 0, 1, 0]
    assert history.releases[0].features == FlagSet(frozenset())
    assert history.releases[1].features.members == {"x", "y"}
    assert history.labels() == ('""', "x, y", "newest", "old")
    assert not history.is_linear


def test_words_may_be_features():
    """The first word that is no number is the set, whatever it is called."""
    history = parse_history("h", 'as as after\nafter after after\n"1.0" 1.0\nas\n')
    assert [set(one.features.members) for one in history.releases] == [
        {"as"},
        {"after"},
        {"1.0"},
        {"as"},
    ]
    assert [one.follows for one in history.releases] == [None, 0, 1, 2]


def test_labels_are_distinct():
    """Equal sets are told apart by their lines, and a name does not stand for a set."""
    history = parse_history("h", "a\na\na as b\nb\nc\n")
    assert history.labels() == ("a (line 1)", "a (line 2)", "b", "b (line 4)", "c")


def test_find():
    """A release is found by its name, its number, or the set that only it has."""
    history = parse_history("h", '"" 1.0 as first\na 1.1\nb\nb as b\n')
    derived = tuple(map(Version, (0, 0, 0, 1), (0, 1, 2, 0)))
    found = [history.find(text, derived) for text in ('""', "first", "1.0.0", "a", "0.2", "b")]
    assert found == [0, 0, 0, 1, 2, 3]
    for text, said in [
        ("7.0", "no release 7.0"),
        ("c", "no release c"),
        ("a,a", "a is there twice"),
        ("1.0.0.0", "not a version"),
    ]:
        with pytest.raises(TextError, match=said):
            history.find(text, derived)
    with pytest.raises(TextError, match="b is the release of the lines 1, 2"):
        parse_history("h", "b\nb\n").find("b")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("none\n0.1.0  # no set\n", [(2, 6, 1, "no set")]),
        ("none+none", [(1, 6, 4, "none is there twice")]),
        ("none, ppgtt", [(1, 6, 1, "not a member of a set"), (1, 7, 5, "not a version")]),
        ("a b", [(1, 3, 1, "not a version")]),
        ("a 1.0 2.0", [(1, 7, 3, "a second number")]),
        ("1.0 a 1.0", [(1, 7, 3, "a second number")]),
        ("a 01.2", [(1, 3, 4, "not a version")]),
        ("1. a", [(1, 1, 2, "not a version")]),
        ("a 1.4294967296", [(1, 5, 10, "integer overflow")]),
        ('a\n"b', [(2, 1, 2, "unclosed quote")]),
        ('"', [(1, 1, 1, "unclosed quote")]),
        ('"a"b', [(1, 4, 1, "not a version")]),
        ('" a"', [(1, 2, 2, "not a member of a set")]),
        ("a as", [(1, 3, 2, "nothing is as")]),
        ("a after", [(1, 3, 5, "nothing is after")]),
        ("a as b as c", [(1, 8, 2, "as is there twice")]),
        ("a\na as x\nb after x after x", [(3, 11, 5, "after is there twice")]),
        ("a as 1.0", [(1, 6, 3, "not a name")]),
        ("a as b\nc as b", [(2, 6, 1, "b is the name of line 1")]),
        ("a as ö", [(1, 6, 1, "not a name")]),
        ("a after b\nb as b", [(1, 9, 1, "no release b")]),
        ("a as a after a", [(1, 14, 1, "no release a")]),
        ("a 1.0\nb 1.0.0\nc after 1.0", [(3, 9, 3, "1.0 is the release of the lines 1, 2")]),
        ("a 1.0\nb after 1.0.0.0", [(2, 9, 7, "not a version")]),
    ],
)
def test_mistakes(text, found):
    """Each mistake of the format is shown where it stands."""
    assert mistakes(text) == found


def test_all_mistakes_at_once():
    """A mistake in one line does not hide the next."""
    lines = {line for line, *_ in mistakes((HISTORIES / "mistakes").read_text("utf-8"))}
    assert lines == set(range(1, 18)) - {12, 13}


@pytest.mark.parametrize("text", ["# nothing\n", "\n", " \t"])
def test_a_history_of_nothing(text):
    """A file without a release is no history."""
    assert mistakes(text) == [(0, 0, 1, "the file holds no release")]


def test_too_many_releases():
    """A history has an end: all its pairs are counted."""
    assert len(parse_history("h", "a\n" * MAX_RELEASES)) == MAX_RELEASES
    assert mistakes("a\n" * (MAX_RELEASES + 1)) == [(0, 0, 1, "501 releases")]


def test_numbers_of_a_file():
    """A file of numbers has one for each release, and all its mistakes are shown."""
    assert parse_numbers("n", "# v\n1.0\n\n 1.1.2 # x\n", 2) == (Version(1, 0), Version(1, 1, 2))
    assert mistakes("1.0 2.0\nx\n", parse_numbers, 3) == [
        (1, 5, 3, "more than a number"),
        (2, 1, 1, "not a version"),
        (2, 1, 1, "2 numbers"),
    ]
    assert mistakes("\n", parse_numbers, 1) == [(1, 1, 1, "0 numbers")]
