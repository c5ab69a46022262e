"""``mdevsim bench``."""

import re

import pytest


def test_table(quick, golden):
    """A line for each question; only the numbers differ from machine to machine."""
    answer = quick("bench", "--devices", 2000)
    assert (answer.status, answer.err) == (0, "")
    shown = re.sub(r"(instructions: )\w+", r"\1…", answer.out)
    shown = re.sub(r"[0-9.e+-]+ (s|ms|µs|ns)\b", "… s", shown)
    shown = re.sub(r"[0-9.e+-]+ (M devices/s|MB/s|thousand)\b", r"… \1", shown)
    golden("bench", shown[: shown.index("bytes a device")])


@pytest.mark.parametrize("threads", [1, 3])
def test_json(quick, threads):
    """--json gives numbers in seconds and bytes, and says what they were measured on."""
    answer = quick("bench", "--devices", 300, "--threads", threads, "--seed", 4, "--json")
    found = answer.json
    assert answer.status == 0
    assert (found["devices"], found["seed"], found["threads"]) == (300, 4, threads)
    assert found["instructions"]
    assert 1 <= found["classes"] <= 300
    assert set(found["one_source"]) == {
        f"{answer}, {kind}" for answer in ("count", "rows") for kind in ("cold", "prepared")
    }
    assert all(0 < asked["median"] <= asked["p90"] for asked in found["one_source"].values())
    assert set(found["bytes_a_device"]) == {"rows", "names", "dictionaries"}


def test_instructions_that_are_not_here(quick, monkeypatch):
    """Where MDM_PATH names instructions that the processor lacks, the next best are told."""
    asked = ("bench", "--devices", 10)
    monkeypatch.setenv("MDM_PATH", "z80")
    lacking = quick(*asked)
    assert "(no z80 here)" in lacking.out
    monkeypatch.setenv("MDM_PATH", "portable")
    assert "instructions: portable\n" in quick(*asked).out


def test_other_schemes(quick):
    """Any shipped scheme that the generator knows is measured."""
    answer = quick("bench", "--devices", 100, "--scheme", "software-version")
    assert "(software-version, seed 1)" in answer.out


@pytest.mark.parametrize("option", ["--devices", "--threads"])
def test_numbers_begin_with_one(quick, option):
    """A fleet without a device, and no thread at all, are usage errors."""
    assert quick("bench", option, 0).status == 2
