"""``mdevsim scheme map``."""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
VERSIONS = ("1.0", "1.1", "1.1.2", "2.0", None)


def line(mdev_type, version, name):
    """Write one device as NDJSON."""
    values = {"device_api": "vfio-pci", "mdev_type": mdev_type, "software_version": version}
    values = {key: value for key, value in values.items() if value is not None}
    return json.dumps({"name": name, "self": values})


@pytest.fixture
def small(write):
    """A fleet of two types in four versions and without one."""
    lines = [
        line(one, version, f"{one}-{version}-{number}")
        for one, devices in (("big", 3), ("small", 1))
        for version in VERSIONS
        for number in range(devices)
    ]
    return write("small.ndjson", "\n".join(lines))


@pytest.fixture
def asked(quick, small):
    """Ask for the map of the small fleet."""
    return lambda *more: quick("scheme", "map", "software-version", "--fleet", small, *more)


def test_what_is_said(asked, tmp_path):
    """The command says what it drew, and writes the picture that the name asks for."""
    answer = asked("-o", "map.svg")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == (
        "small.ndjson: 20 devices in 10 classes\n"
        "400 pairs of source and target: 22.5 % compatible, 20.0 % undecided, 57.5 % incompatible\n"
        "8 islands of mutual migration, 8 complete; the largest has 6 devices in 2 classes\n"
    )
    assert ET.fromstring((tmp_path / "map.svg").read_bytes()).tag.endswith("svg")


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("map.png", b"\x89PNG\r\n\x1a\n"),
        ("map.SVG", b"<?xml"),
        ("map.html", b"<!doctype html>"),
    ],
)
def test_formats(asked, tmp_path, name, begins):
    """The end of the name says the format, and the same fleet gives the same file."""
    asked("-o", name)
    found = (tmp_path / name).read_bytes()
    assert found.startswith(begins)
    asked("-o", name)
    assert (tmp_path / name).read_bytes() == found


def test_json(asked):
    """--json has the data of the picture; the cells sum to all pairs."""
    found = asked("--json").json
    assert (found["by"], found["devices"], found["classes"]) == ("mdev_type", 20, 10)
    assert [one["label"] for one in found["groups"]] == ["big", "small"]
    assert found["pairs"] == {
        "all": 400,
        "compatible": 90,
        "undecided": 80,
        "incompatible": 230,
    }
    assert sum(map(sum, found["compatible"])) == 90
    assert sum(map(sum, found["undecided"])) == 80
    assert sum(one["devices"] for one in found["islands"]) == 20
    [reason] = [one for one in found["reasons"] if (one["row"], one["column"]) == (0, 1)]
    assert found["class_names"][reason["source"]].startswith("big-")
    assert reason["verdict"] == "incompatible"
    assert [(one["first"], one["size"], one["complete"]) for one in found["blocks"]] == [
        (0, 1, False),
        (1, 1, False),
    ]


def test_json_and_a_picture(asked, tmp_path):
    """Both can be asked at once."""
    assert asked("--json", "-o", "map.png").json["devices"] == 20
    assert (tmp_path / "map.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        ("type", ["big", "small"]),
        ("mdev_type", ["big", "small"]),
        ("software_version", ["1.0", "1.1", "1.1.2", "2.0", "(absent)"]),
        ("device_api", ["vfio-pci"]),
    ],
)
def test_by(asked, by, labels):
    """Rows are types, or the values of an attribute."""
    assert [one["label"] for one in asked("--by", by, "--json").json["groups"]] == labels


def test_by_class(asked):
    """Rows can be classes; with a limit, the smaller ones are gathered and that is said."""
    assert len(asked("--by", "class", "--json").json["groups"]) == 10
    groups = asked("--by", "class", "--limit", 4, "--json").json["groups"]
    assert [one["label"] for one in groups][4:] == ["6 others"]
    assert groups[4]["gathered"] == 6


def test_a_limit_is_said_in_the_picture(asked, tmp_path):
    """The page and the SVG say that the rest is drawn as one."""
    asked("--by", "class", "--limit", 4, "-o", "map.html")
    text = (tmp_path / "map.html").read_text("utf-8")
    assert "The 6 classes with the fewest devices are drawn as one." in text


def test_without_a_type(quick, write):
    """A scheme without a type is drawn by class, and says so when asked for types."""
    scheme = write("mine.yaml", "scheme: mine\nattributes:\n  a: {type: int, clause: equal}\n")
    fleet = write("fleet", '{"self":{"a":1}}\n{"self":{"a":2}}\n')
    asked = ("scheme", "map", scheme, "--fleet", fleet)
    found = quick(*asked, "--json").json
    assert [one["label"] for one in found["groups"]] == ["#0 · 1", "#1 · 2"]
    assert found["accepted_by"] is None
    answer = quick(*asked, "--by", "type")
    assert answer.status == 2
    assert "has no attribute of the type; expected one of class, a" in answer.err


@pytest.mark.parametrize("by", ["target", "source", "both"])
def test_direction(quick, write, by):
    """--accepted-by says who decides; the pairs are those of match, source by source."""
    fleet = quick("fleet", "make", "--devices", 300).out
    write("fleet", fleet)
    asked = ("scheme", "map", "self-compatible", "--fleet", "fleet", "--accepted-by", by)
    found = quick(*asked, "--json").json
    assert found["accepted_by"] == by
    one_by_one = ("match", "-", "--fleet", "fleet", "--accepted-by", by, "--count")
    counts = [int(quick(*one_by_one, stdin=source).out) for source in fleet.splitlines()]
    assert found["pairs"]["compatible"] == sum(counts)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("-o", "map.gif"), "'map.gif' does not say the format; expected a name that ends in .png"),
        (("-o", "-"), "does not say the format"),
        (("--by", "colour"), "has no attribute colour; expected one of type, class, device_api"),
        (("--limit", "0"), "0 is not in the range"),
        (("-o", "nowhere/map.svg"), "No such file or directory"),
    ],
)
def test_wrong_usage(asked, tmp_path, more, said):
    """What cannot be drawn is said in one line, and nothing is written."""
    before = sorted(tmp_path.iterdir())
    answer = asked(*more)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert sorted(tmp_path.iterdir()) == before


def test_a_fleet_with_mistakes(quick, write, tmp_path):
    """A bad fleet is told with its line and column, and a picture that is there stays."""
    fleet = write("fleet", line("a", "1.0", "a") + '\n{"self":{"software_version":"x"}}\n')
    write("map.svg", "before")
    answer = quick("scheme", "map", "software-version", "--fleet", fleet, "-o", "map.svg")
    assert answer.status == 2
    assert re.match(r"fleet:2:\d+: ", answer.err)
    assert (tmp_path / "map.svg").read_text() == "before"


def test_too_many_classes(quick, write, tmp_path):
    """A fleet whose pairs of classes are too many is refused, not begun."""
    scheme = write("mine.yaml", "scheme: mine\nattributes:\n  a: {type: int, clause: equal}\n")
    fleet = write("fleet", "".join(f'{{"self":{{"a":{one}}}}}\n' for one in range(10_001)))
    answer = quick("scheme", "map", scheme, "--fleet", fleet, "-o", "map.svg")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == (
        "fleet: 10,001 classes are too many to judge all their pairs; expected at most 10,000\n"
    )
    assert not (tmp_path / "map.svg").exists()


def test_standard_input(quick):
    """The fleet can be standard input; scheme and fleet cannot both be."""
    text = line("a", "1.0", "a")
    answer = quick("scheme", "map", "software-version", "--fleet", "-", stdin=text)
    assert answer.out.startswith("<stdin>: 1 device in 1 class\n1 pair of")
    both = quick("scheme", "map", "-", "--fleet", "-", stdin="scheme: a")
    assert both.status == 2


@pytest.mark.parametrize(("library", "output"), [("matplotlib", "a.svg"), ("jinja2", "a.html")])
def test_without_the_extra(asked, monkeypatch, tmp_path, library, output):
    """Without the library the extra is named, and nothing is written; --json does without."""
    for name in [one for one in sys.modules if one.startswith(("simulator.report.", library))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    answer = asked("-o", output)
    assert (answer.status, answer.out) == (2, "")
    assert f"no Python module {library}; needed: pip install 'mdevsim[report]'" in answer.err
    assert not (tmp_path / output).exists()
    assert asked("--json").json["devices"] == 20


def test_the_picture_of_the_documentation(quick, tmp_path):
    """docs/map.svg shows what the command beside it draws today."""
    quick("fleet", "make", "--scheme", "software-version", "--devices", 1000, "-o", "fleet.ndjson")
    asked = ("scheme", "map", "software-version", "--fleet", "fleet.ndjson", "--by", "class")
    quick(*asked, "--limit", 16, "-o", "map.svg")
    kept = (ROOT / "docs" / "map.svg").read_text("utf-8")
    drawn = (tmp_path / "map.svg").read_text("utf-8")
    assert len(areas(kept)) > 200
    assert areas(drawn) == areas(kept)


def areas(svg):
    """List the filled shapes of an SVG, whichever release of matplotlib has drawn them."""
    found = [one.get("style") or "" for one in ET.fromstring(svg).iter()]
    return [one for one in found if one.startswith("fill: #")]
