"""Instruction counts: what is compared, what fails a run, and what it says; without Valgrind."""

import json
from dataclasses import asdict, replace
from importlib import import_module

import pytest
from transcripts import ROOT

TOOLS = {"compiler": "cc 12", "valgrind": "valgrind-3"}


@pytest.fixture
def compare(monkeypatch):
    """The module that compares; benchmarks are not installed."""
    monkeypatch.syspath_prepend(ROOT)
    return import_module("benchmarks.instructions.compare")


@pytest.fixture
def measure(monkeypatch):
    """The module that counts."""
    monkeypatch.syspath_prepend(ROOT)
    return import_module("benchmarks.instructions.measure")


@pytest.fixture
def kept(compare):
    """One piece that took a thousand instructions."""
    pieces = {"flat: read": compare.Piece("a1", {"avx2": 1000})}
    return compare.Kept(pieces, TOOLS, "2020-09-09", "c0ffee")


def report(compare, kept, count, tools=TOOLS, answer="a1"):
    """What a run says in which the piece took *count*."""
    return compare.report(kept, {"flat: read": compare.Piece(answer, {"avx2": count})}, tools)


@pytest.mark.parametrize(
    ("count", "word", "is_well"),
    [
        (1000, "", True),
        (1030, "", True),
        (1031, "grew", False),
        (970, "", True),
        (969, "shrank", True),
    ],
)
def test_a_count_may_differ_by_the_tolerance(compare, kept, count, word, is_well):
    """Within the tolerance is the same; above it fails; below it is told, and is well."""
    text, found = report(compare, kept, count)
    row = f"flat: read avx2 1,000 {count:,} {count / 1000:.3f} {word}"
    assert text.splitlines()[1].split() == row.split()
    assert found == is_well
    assert ("--keep renews the kept counts" in text) == (word == "shrank")
    assert ("flat: read, avx2: takes more instructions" in text) == (word == "grew")


def test_the_kept_file_states_the_tolerance(compare, kept):
    """A wider tolerance in the kept file lets more pass, and is said."""
    text, is_well = report(compare, replace(kept, tolerance=0.5), 1500)
    assert is_well
    assert "may grow by 50%" in text


@pytest.mark.parametrize(("count", "is_well"), [(1250, True), (1251, False), (700, True)])
def test_other_tools_loosen_the_comparison(compare, kept, count, is_well):
    """With another compiler counts may differ by more, it is named, and nothing need be renewed."""
    text, found = report(compare, kept, count, {**TOOLS, "compiler": "cc 13"})
    assert found == is_well
    assert "compiler: cc 13; kept with cc 12.\nCounts may grow by 25%." in text
    assert "valgrind:" not in text
    assert "renews" not in text


def test_other_answers_fail_whatever_they_took(compare, kept):
    """Work that answers otherwise is not the work whose count was kept."""
    text, is_well = report(compare, kept, 1000, answer="b2")
    assert not is_well
    assert "flat: read, avx2: gives other answers than were kept" in text


def test_a_piece_without_a_partner_fails(compare, kept):
    """What is not kept is not guarded, and what is gone is not measured."""
    now = {"flat: rows": compare.Piece("a1", {"avx2": 1}), "flat: read": compare.Piece("a1", {})}
    text, is_well = compare.report(kept, now, TOOLS)
    assert not is_well
    assert [line.split("  ")[-1].strip() for line in text.splitlines()[1:3]] == ["not kept", "gone"]
    assert "flat: rows, avx2: has no kept count" in text
    assert "flat: read, avx2: is kept and no longer there" in text


def test_what_is_kept_is_read_back(compare, kept):
    """The kept counts survive JSON, tolerances included."""
    kept = replace(kept, tolerance=0.5)
    assert compare.kept_of(json.loads(json.dumps(asdict(kept)))) == kept


def test_the_kept_file_has_every_path(compare, measure):
    """Each piece of the kept file was counted on each path."""
    text = (ROOT / "benchmarks" / "results" / "instructions.json").read_text("utf-8")
    pieces = compare.kept_of(json.loads(text)).pieces
    assert {tuple(piece.counts) for piece in pieces.values()} == {measure.PATHS}


def test_a_run_is_read(measure):
    """The work prints its path, then a piece a line; a profile has one total."""
    counts = [measure.total("summary: 5\n\ntotals: 5\n"), 7]
    run = measure.run_of("flat", "avx2", "avx2\na1\tread\nb2\tcompile, by target\n", counts)
    assert run.answers == [("a1", "read"), ("b2", "compile, by target")]
    assert run.counts == [5, 7]


@pytest.mark.parametrize(
    ("printed", "counts", "message"),
    [
        ("sse2\na1\tread\n", [5], "avx2 was asked for, and the core took sse2"),
        ("avx2\na1\tread\n", [5, 6], "flat: 1 pieces, 2 counts"),
    ],
)
def test_a_run_that_did_something_else_gives_no_counts(measure, printed, counts, message):
    """A path that was not taken, or a count too many, is an error."""
    with pytest.raises(measure.CannotCountError, match=message):
        measure.run_of("flat", "avx2", printed, counts)


@pytest.mark.parametrize("profile", ["", "summary: 5\n", "totals: 0\n"])
def test_a_profile_that_counts_nothing_is_an_error(measure, profile):
    """Work that was not seen is not work that takes nothing."""
    with pytest.raises(measure.CannotCountError, match="counted nothing"):
        measure.total(profile)


def test_paths_of_a_piece_come_together(compare, measure):
    """A piece has a count a path, in the order of the runs."""
    runs = [measure.Run("flat", path, [("a1", "read")], [5]) for path in measure.PATHS]
    found = measure.pieces_of(runs)
    assert found == {"flat: read": compare.Piece("a1", {"portable": 5, "avx2": 5})}


def test_paths_that_answer_differently_are_an_error(measure):
    """A count of wrong answers is worth nothing."""
    runs = [
        measure.Run("flat", path, [(answer, "read")], [5])
        for path, answer in zip(measure.PATHS, ("a1", "b2"), strict=True)
    ]
    with pytest.raises(measure.CannotCountError, match="flat: read: avx2 gives other answers"):
        measure.pieces_of(runs)


def test_differences_between_two_runs_are_named(compare, measure):
    """A piece that counts otherwise, or is in one run alone, did not repeat."""
    one = {name: compare.Piece("a1", {"avx2": 1}) for name in ("same", "other", "gone")}
    two = {**one, "other": compare.Piece("a1", {"avx2": 2})}
    del two["gone"]
    assert list(measure.differences(one, two)) == ["other", "gone"]
    assert list(measure.differences(one, one)) == []
