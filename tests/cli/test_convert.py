"""``mdevsim fleet convert``, and saved fleets in every verb that takes a fleet."""

import json
import sys

import pytest

from simulator.fleet.saved import SAVED_MAGIC

VERBS = [
    ("match", "UUID1", "--fleet"),
    ("match", "UUID1", "--engine", "python", "--fleet"),
    ("match", "UUID1", "--names", "--json", "--fleet"),
    ("fleet", "info", "--json"),
    ("scheme", "laws", "self-compatible", "--json", "--fleet"),
    ("scheme", "lint", "self-compatible", "--json", "--fleet"),
    ("scheme", "lint", "self-compatible", "--accepted-by", "source", "--json", "--fleet"),
    ("scheme", "map", "self-compatible", "-o", "map.svg", "--fleet"),
    ("scheme", "compare", "self-compatible", "self-compatible", "--json", "--fleet"),
    ("scheme", "breaking", "self-compatible", "self-compatible", "--json", "--fleet"),
]


@pytest.fixture
def files(quick):
    """A generated fleet as lines, and saved."""
    assert quick("fleet", "make", "--devices", 60, "-o", "fleet.ndjson").status == 0
    assert quick("fleet", "convert", "fleet.ndjson", "-o", "fleet.mdevfleet").status == 0
    return "fleet.ndjson", "fleet.mdevfleet"


def test_a_fleet_goes_there_and_back(quick, files, tmp_path):
    """A saved fleet holds the lines that it was made of."""
    assert (tmp_path / files[1]).read_bytes().startswith(SAVED_MAGIC)
    assert quick("fleet", "convert", files[1], "-o", "again.ndjson").status == 0
    again, first = ((tmp_path / name).read_text() for name in ("again.ndjson", files[0]))
    assert [json.loads(line) for line in again.splitlines()] == [
        json.loads(line) for line in first.splitlines()
    ]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_a_saved_fleet(quick, files, verb):
    """The answer is that for the lines."""
    given = [quick(*verb, name) for name in files]
    assert given[0].status == given[1].status
    assert given[0].status in (0, 1)
    out = [answer.out.replace(name, "FLEET") for answer, name in zip(given, files, strict=True)]
    if verb[:2] == ("fleet", "info"):
        out = [text[: text.index('"bytes"')] for text in out]
    elif verb[:2] == ("scheme", "lint"):
        # A saved fleet has rows, where a text has lines.
        out = [json.loads(text)["findings"] for text in out]
        out = [sorted((one["code"], one["message"]) for one in found) for found in out]
    assert out[0] == out[1]


@pytest.mark.parametrize("form", ["arrow", "mdevfleet", "parquet"])
@pytest.mark.parametrize("size", [20, 500])
def test_where_a_file_was_cut(quick, files, form, size, tmp_path):
    """Whatever its form, a file that was cut is told with the byte at which it ends."""
    assert quick("fleet", "convert", files[0], "-o", f"whole.{form}").status == 0
    data = (tmp_path / f"whole.{form}").read_bytes()
    (tmp_path / f"cut.{form}").write_bytes(data[:size])
    answer = quick("match", "UUID1", "--fleet", f"cut.{form}")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"cut.{form}: byte {size}: the ")
    assert "ends too early" in answer.err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_tells_a_damaged_fleet(quick, files, verb, tmp_path):
    """A file that ends too early is an error with its name and the place."""
    data = (tmp_path / files[1]).read_bytes()
    (tmp_path / files[1]).write_bytes(data[:-9])
    answer = quick(*verb, files[1])
    assert answer.status == 2
    assert f"{files[1]}: byte {len(data) - 9}: the saved fleet ends too early" in answer.err


def test_a_saved_fleet_comes_through_a_pipe(quick, files, tmp_path):
    """Standard input may hold a saved fleet."""
    found = quick("fleet", "info", "-", "--json", stdin=(tmp_path / files[1]).read_bytes())
    assert found.json["devices"] == 60


def test_another_scheme_is_told(quick, files):
    """The message names the scheme of the file and the one that was asked for."""
    answer = quick("fleet", "info", files[1], "--scheme", "software-version")
    assert answer.status == 2
    assert "under the scheme self-compatible; expected one under software-version" in answer.err


def test_the_form_is_that_of_the_name_or_said(quick, files, tmp_path):
    """--to goes before the name; without either, there is nothing to go by."""
    assert quick("fleet", "convert", files[0], "--to", "saved", "-o", "x.ndjson").status == 0
    assert (tmp_path / "x.ndjson").read_bytes() == (tmp_path / files[1]).read_bytes()
    answer = quick("fleet", "convert", files[0])
    assert answer.status == 2
    assert "--to" in answer.err


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_a_fleet_goes_to_tables_and_back(quick, files, tmp_path, form):
    """Parquet and Arrow files hold the same devices; every verb reads them too."""
    name = f"fleet.{form}"
    assert quick("fleet", "convert", files[1], "-o", name).status == 0
    assert quick("fleet", "convert", name, "-o", "again.mdevfleet").status == 0
    assert quick("fleet", "convert", "again.mdevfleet", "-o", "again.ndjson").status == 0
    again, first = ((tmp_path / name).read_text() for name in ("again.ndjson", files[0]))
    assert [json.loads(line) for line in again.splitlines()] == [
        json.loads(line) for line in first.splitlines()
    ]
    for verb in VERBS:
        assert quick(*verb, name).status in (0, 1)


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_tables_that_are_damaged_are_told(quick, files, tmp_path, form):
    """The message names the file; a column that is no attribute is told as such."""
    name = f"fleet.{form}"
    assert quick("fleet", "convert", files[1], "-o", name).status == 0
    answer = quick("fleet", "info", name, "--scheme", "software-version")
    assert answer.status == 2
    assert f"{name}: row 0: column device_type: a column that is no attribute" in answer.err
    whole = (tmp_path / name).read_bytes()
    for data in (whole[:8], whole[: len(whole) // 2], whole[:-1]):
        (tmp_path / name).write_bytes(data)
        answer = quick("fleet", "info", name)
        assert answer.status == 2
        assert answer.err.startswith(f"{name}: ")
    piped = quick("fleet", "info", "-", "--json", stdin=whole)
    assert piped.json["devices"] == 60


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_without_the_extra_it_is_named(quick, files, tmp_path, form, monkeypatch):
    """Without pyarrow, the error says how to install it, and no file is left."""
    name = f"fleet.{form}"
    assert quick("fleet", "convert", files[1], "-o", name).status == 0
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for words in (("info", name), ("convert", files[0], "-o", f"new.{form}")):
        answer = quick("fleet", *words)
        assert answer.status != 0
        assert "pip install 'mdevsim[parquet]'" in answer.err
    assert not (tmp_path / f"new.{form}").exists()
