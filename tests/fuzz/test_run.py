"""What a run of the fuzz targets tells and keeps; without a fuzzer."""

import json
from importlib import import_module

import pytest
from transcripts import ROOT


@pytest.fixture
def run(monkeypatch):
    """The module that runs; it is not installed."""
    monkeypatch.syspath_prepend(ROOT)
    return import_module("csrc.fuzz.__main__")


def test_a_row_tells_its_rate(run, capsys):
    """A line a target has what was run, how fast, how far it reached, and what was found."""
    run.show(run.Row("lines", executions=120000, seconds=60.0, coverage=1973, findings=1))
    assert capsys.readouterr().out.split() == [
        *("lines", "120,000", "executions", "2,000/s", "1,973", "edges", "1", "findings")
    ]


def test_a_row_that_did_not_run_has_no_rate(run):
    """Nothing is divided by no time."""
    assert run.Row("lines").a_second == 0


def test_runs_are_logged_one_after_the_other(run, tmp_path, monkeypatch):
    """A log keeps the runs before, and says of each with what it was made."""
    monkeypatch.setenv("MDM_SANITIZE", "undefined")
    file = tmp_path / "runs.json"
    run.log(file, [run.Row("lines", 7, 1.25, 3)], "libFuzzer")
    run.log(file, [run.Row("rule", 8, 2.0, 4, 1)], "AFL++")
    first, second = json.loads(file.read_text())
    assert (first["engine"], first["sanitizers"]) == ("libFuzzer", "undefined")
    assert first["targets"] == [
        {"target": "lines", "executions": 7, "seconds": 1.2, "coverage": 3, "findings": 0}
    ]
    assert (second["engine"], second["targets"][0]["findings"]) == ("AFL++", 1)
    assert {"date", "commit", "compiler", "paths"} <= set(second)


def test_every_target_has_a_longest_input(run):
    """A new target says how long its inputs may be."""
    assert set(run.MOST_BYTES) == set(run.SHORT_BYTES) == set(run.TARGETS)
    assert all(run.SHORT_BYTES[target] < run.MOST_BYTES[target] for target in run.TARGETS)


@pytest.mark.parametrize("given", [["--runs", "1000"], ["--seconds", "60"]])
def test_short_and_long_inputs_share_what_a_path_has(run, given, monkeypatch):
    """All budgets together are what was asked for, and few of the inputs are long."""
    monkeypatch.setattr("sys.argv", ["fuzz", *given])
    monkeypatch.setattr(run, "paths", lambda: ["portable", "avx2"])
    short, long = run.budgets(run.read_arguments(), "rule")
    amounts = [int(budget[0].partition("=")[2]) for budget in (short, long)]
    assert 2 * sum(amounts) == int(given[1])
    assert 0 < amounts[1] < amounts[0]
    assert [budget[1] for budget in (short, long)] == ["-max_len=128", "-max_len=512"]
