"""Errors: an errno from the kernel, or a line, a column and a caret for a person."""

import errno

import pytest

from simulator.errors import (
    BadUuidError,
    BusyError,
    InputError,
    MdevError,
    Mistake,
    NoHandlerError,
    NoInstancesError,
    ParentGoneError,
    TextError,
    UuidInUseError,
)


@pytest.mark.parametrize(
    ("error", "number", "name"),
    [
        (BadUuidError("r"), errno.EINVAL, "EINVAL"),
        (UuidInUseError("r"), errno.EEXIST, "EEXIST"),
        (NoInstancesError(errno.ENOSPC, "r"), errno.ENOSPC, "ENOSPC"),
        (NoInstancesError(errno.EUSERS, "r"), errno.EUSERS, "EUSERS"),
        (ParentGoneError("r"), errno.ENODEV, "ENODEV"),
        (BusyError("r"), errno.EAGAIN, "EAGAIN"),
        (NoHandlerError("r"), errno.EIO, "EIO"),
        (MdevError(99999, "r"), 99999, "99999"),
    ],
)
def test_a_refusal_of_the_kernel_has_its_errno(error, number, name):
    """Each refusal is an OSError with the kernel's errno, its symbol and a reason."""
    assert isinstance(error, OSError)
    assert (error.errno, error.name, error.reason) == (number, name, "r")


def test_a_mistake_shows_place_expectation_line_and_caret():
    """A mistake names file, line and column, says what is right, and marks the span."""
    mistake = Mistake("f", 3, 5, 2, "wrong", "right", "abc de fg")
    assert str(mistake) == "f:3:5: wrong; expected right\n    abc de fg\n        ^^"


@pytest.mark.parametrize(
    ("mistake", "text"),
    [
        (Mistake("f", 0, 0, 1, "wrong"), "f: wrong"),
        (Mistake("f", 0, 0, 1, "wrong", "right"), "f: wrong; expected right"),
        (Mistake("f", 1, 1, 1, "wrong"), "f:1:1: wrong"),
        (Mistake("f", 1, 3, 9, "wrong", "", "\tab"), "f:1:3: wrong\n    \tab\n    \t ^"),
        (Mistake("f", 1, 3, 1, "wrong", "", "ab"), "f:1:3: wrong\n    ab\n      ^"),
        (Mistake("f", 1, 1, 1, "wrong", "", "\x1b[2J"), "f:1:1: wrong\n    �[2J\n    ^"),
    ],
)
def test_a_mistake_shows_what_there_is_to_show(mistake, text):
    """A mistake leaves out what it lacks, keeps tabs, and hides what a terminal would obey."""
    assert str(mistake) == text


@pytest.mark.parametrize("column", [1, 51, 5_000, 9_951, 10_000])
def test_a_long_line_is_cut_around_the_mistake(column):
    """Of a long line a hundred characters are shown, with the caret under the right one."""
    source = "a" * (column - 1) + "X" + "a" * (10_000 - column)
    _, shown, carets = str(Mistake("f", 1, column, 1, "wrong", "", source)).split("\n")
    assert len(shown) <= 4 + 100 + 2
    assert shown[carets.index("^")] == "X"
    assert carets.count("^") == 1


def test_carets_stay_under_the_line():
    """A span that is longer than what is shown is marked as far as it is shown."""
    _, shown, carets = str(Mistake("f", 1, 1, 9_999, "wrong", "", "x" * 9_999)).split("\n")
    assert carets.count("^") == 100
    assert len(carets) == len(shown) - 1


def test_an_input_error_shows_all_its_mistakes():
    """An input error is a ValueError that keeps its mistakes and prints each."""
    mistakes = [Mistake("f", 1, 1, 1, "one"), Mistake("f", 2, 1, 1, "two")]
    error = InputError(iter(mistakes))
    assert isinstance(error, ValueError)
    assert error.mistakes == tuple(mistakes)
    assert str(error) == "f:1:1: one\nf:2:1: two"


def test_a_text_error_marks_its_piece():
    """A text error is a ValueError that prints the piece with the span under it."""
    error = TextError("abc", "wrong", "right", 1, 2)
    assert isinstance(error, ValueError)
    assert str(error) == "<text>:1:2: wrong; expected right\n    abc\n     ^"
    assert TextError("abc", "wrong").stop == 3


def test_a_text_error_is_located_in_its_line():
    """A text error becomes a mistake at the place of its piece, at least one column long."""
    located = TextError("bc", "wrong", "right", 1, 1).located("f", 7, "abcd", 1)
    assert located == Mistake("f", 7, 3, 1, "wrong", "right", "abcd")


def test_errnos_have_the_names_of_the_kernel():
    """95 is EOPNOTSUPP to the kernel, whatever Python calls it."""
    assert MdevError(errno.EOPNOTSUPP, "").name == "EOPNOTSUPP"
    assert MdevError(errno.EAGAIN, "").name == "EAGAIN"
