"""``mdevsim fleet``."""

import json
import os
from importlib import import_module
from pathlib import Path

import pytest


def test_make_and_info(command, golden):
    """What is made from a seed is counted, the same every time."""
    assert command("fleet", "make", "--devices", 500, "--seed", 3, "-o", "f").out == ""
    found = command("fleet", "info", "f", "--json").json
    assert found["devices"] == 500
    assert 1 < found["classes"] < 500
    assert set(found) == {"devices", "classes", "lists", "distinct_values", "bytes"}
    shown = command("fleet", "info", "f").out
    # What memory is taken is the core's own affair.
    golden("fleet-info", shown[: shown.index("in memory")])


def test_same_seed_same_fleet(quick):
    """Two runs print the same bytes; a shorter fleet is the beginning; another seed is another."""
    out = quick("fleet", "make", "--devices", 300).out
    assert quick("fleet", "make", "--devices", 300, "--seed", 1).out == out
    assert quick("fleet", "make", "--devices", 300, "--seed", 2).out != out
    assert out.startswith(quick("fleet", "make", "--devices", 77).out)
    assert len(out.splitlines()) == 300


@pytest.mark.parametrize("seed", ["-1", "x", "1.5"])
def test_seeds_are_natural_numbers(quick, seed):
    """A seed that would be taken for another one is refused."""
    assert quick("fleet", "make", "--devices", 1, "--seed", seed).status == 2
    assert quick("demo", "--devices", 1, "--seed", seed).status == 2


@pytest.mark.parametrize("devices", ["0", "-1", "many"])
def test_a_fleet_has_devices(quick, devices):
    """A number that is none is a usage error."""
    answer = quick("fleet", "make", "--devices", devices)
    assert (answer.status, answer.out) == (2, "")
    assert "--devices" in answer.err


@pytest.mark.parametrize("scheme", ["self-compatible", "software-version"])
def test_a_fleet_is_read_back_under_its_scheme(quick, scheme):
    """The fleet of a shipped scheme is read by the verbs under this scheme."""
    assert quick("fleet", "make", "--devices", 50, "--scheme", scheme, "-o", "f").status == 0
    assert quick("fleet", "info", "f", "--scheme", scheme, "--json").json["devices"] == 50


def test_info_reads_standard_input(command):
    """A fleet may come through a pipe."""
    made = command("fleet", "make", "--devices", 5).out
    assert command("fleet", "info", "-", "--json", stdin=made).json["devices"] == 5


def test_output_is_replaced_as_a_whole(quick, tmp_path):
    """A file that is there is replaced, and nothing else is left in the directory."""
    (tmp_path / "f").write_bytes(b"old")
    assert quick("fleet", "make", "--devices", 5, "-o", "f").status == 0
    assert len((tmp_path / "f").read_bytes().splitlines()) == 5
    assert os.listdir(tmp_path) == ["f"]  # noqa: PTH208 - names are enough


def test_output_that_fails_leaves_the_old_file(quick, tmp_path, monkeypatch):
    """When writing fails on the way, the old file is as it was and no other one is left."""
    (tmp_path / "f").write_bytes(b"old")

    def failing(*_):
        yield b"some lines\n"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(import_module("simulator.cli.fleet"), "generate", failing)
    answer = quick("fleet", "make", "-o", "f")
    assert (answer.status, answer.err) == (2, "mdevsim: No space left on device\n")
    assert os.listdir(tmp_path) == ["f"]  # noqa: PTH208 - names are enough
    assert (tmp_path / "f").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/nonexistent/x", "mdevsim: /nonexistent/x: No such file or directory\n"),
        ("/dev/full", "mdevsim: No space left on device\n"),
        (".", "mdevsim: .: Is a directory\n"),
        ("taken/x", "mdevsim: taken/x: Not a directory\n"),
    ],
)
def test_output_to_an_unwritable_place(quick, write, tmp_path, place, said):
    """One line says which place cannot be written; nothing is written anywhere."""
    write("taken", "")
    answer = quick("fleet", "make", "--devices", 1000, "-o", place)
    assert (answer.status, answer.out, answer.err) == (2, "", said)
    assert os.listdir(tmp_path) == ["taken"]  # noqa: PTH208 - names are enough


@pytest.mark.parametrize(
    "asked",
    [
        ("fleet", "make"),
        ("fleet", "make", "--devices", 1),
        ("check", "UUID1", "UUID1"),
        ("--help",),
    ],
)
def test_output_to_a_full_disk(command, asked):
    """A standard output that is full is one line and status 2, for text of any size."""
    with Path("/dev/full").open("wb") as full:
        answer = command(*asked, stdout=full)
    assert (answer.status, answer.err) == (2, "mdevsim: No space left on device\n")


def test_output_that_is_closed(command):
    """A standard output that is not there is one line and status 2."""
    answer = command("fleet", "make", "--devices", 1, stdout=None, preexec_fn=lambda: os.close(1))
    assert (answer.status, answer.err) == (2, "mdevsim: standard output is closed\n")


def test_a_pipe_takes_the_fleet(command, tmp_path):
    """-o to something that is no plain file writes to it and does not replace it."""
    answer = command("fleet", "make", "--devices", 3, "-o", "/dev/stdout")
    assert (answer.status, len(answer.out.splitlines())) == (0, 3)
    assert not list(tmp_path.iterdir())


OWN = """
scheme: own
objects: published
attributes:
  interface_version: {type: version}
  aggregator: {type: ratio}
  device_type: {type: int}
  pv_mode: {type: string}
  mdev_type: {type: string}
  nobody: {type: string}
"""


@pytest.mark.parametrize(
    ("scheme", "names"),
    [
        (OWN, {"aggregator", "pv_mode", "mdev_type"}),
        ("scheme: s\nobjects: published\nattributes: {nobody: {type: int}}\n", set()),
    ],
)
def test_a_scheme_of_ones_own(quick, write, scheme, names):
    """Names the generator knows are used where the kind allows, in any order of attributes."""
    own = write("own.yaml", scheme)
    made = quick("fleet", "make", "--devices", 100, "--scheme", own, "-o", "f")
    assert (made.status, made.err) == (0, "")
    read = quick("fleet", "info", "f", "--scheme", own, "--json").json
    assert {name for name, count in read["distinct_values"].items() if count} == names
    first = json.loads(quick("fleet", "make", "--devices", 1, "--scheme", own).out)
    assert set(first["self"]) == names
