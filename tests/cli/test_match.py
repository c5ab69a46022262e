"""``mdevsim match``."""

import json

import pytest

SOURCE = '{"name":"s","self":{"device_api":"a","mdev_type":"t","software_version":"%s"}}\n'
SCHEME = ("--scheme", "software-version")
VERSIONS = ("1.0", "1.1", "2.0", "1.2", "0.9", "1.1.5")


@pytest.fixture
def small(write):
    """A fleet of six devices that differ in their version, and the source file ``s``."""
    lines = [
        json.dumps(
            {
                "name": f"device {row}",
                "self": {"device_api": "a", "mdev_type": "t", "software_version": version},
            }
        )
        for row, version in enumerate(VERSIONS)
    ]
    write("s", SOURCE % "1.1")
    return write("small", "\n".join(lines))


@pytest.fixture
def asked(quick, small):
    """Ask for the targets of ``s`` in the small fleet."""
    return lambda *more, **given: quick("match", "s", "--fleet", small, *SCHEME, *more, **given)


def test_rows_of_the_targets(command, small):
    """The rows come one a line, in ascending order, and the status says that there are some."""
    answer = command("match", "s", "--fleet", small, *SCHEME)
    assert (answer.status, answer.out, answer.err) == (0, "1\n3\n5\n", "")


@pytest.mark.parametrize("engine", ["c", "python"])
@pytest.mark.parametrize(
    ("more", "out"),
    [
        ((), "1\n3\n5\n"),
        (("--count",), "3\n"),
        (("--first", 2), "1\n3\n"),
        (("--first", 9), "1\n3\n5\n"),
        (("--names",), "device 1\ndevice 3\ndevice 5\n"),
        (("--names", "--first", 1), "device 1\n"),
    ],
)
def test_ways_to_ask(asked, engine, more, out):
    """Rows, their number, the first few, and names: both engines print the same."""
    answer = asked("--engine", engine, *more)
    assert (answer.status, answer.out, answer.err) == (0, out, "")


def test_threads(asked, many):
    """The answers do not depend on --threads; the judge of Python has one, and says so."""
    assert asked("--threads", 3).out == "1\n3\n5\n"
    assert many("--threads", 3).out == "0\t3\n1\t1\n2\t0\n"
    refused = asked("--threads", 2, "--engine", "python")
    assert refused.status == 2
    assert "--engine python and --threads cannot be asked together" in refused.err


@pytest.mark.parametrize("engine", ["c", "python"])
def test_json(asked, engine):
    """--json has the count, the undecided, and the rows or names."""
    found = {"count": 3, "undecided": 0}
    assert asked("--engine", engine, "--json").json == found | {"rows": [1, 3, 5]}
    assert asked("--engine", engine, "--json", "--count").json == found
    names = ["device 1", "device 3"]
    assert asked("--engine", engine, "--json", "--names", "--first", 2).json == found | {
        "names": names
    }


@pytest.mark.parametrize("engine", ["c", "python"])
def test_explain(asked, engine, golden):
    """--explain says why a row is a target, or why not, with the verdict as the status."""
    texts = [asked("--engine", engine, "--explain", row) for row in (0, 1, 2)]
    assert [answer.status for answer in texts] == [1, 0, 1]
    golden("match-explain", "".join(answer.out for answer in texts))
    found = asked("--engine", engine, "--explain", 2, "--json").json
    assert (found["row"], found["verdict"]) == (2, "incompatible")
    assert [reason["attribute"] for reason in found["reasons"]] == ["software_version"]


@pytest.mark.parametrize("engine", ["c", "python"])
@pytest.mark.parametrize("row", [6, 2**32, 2**70])
def test_explain_a_row_that_is_not_there(asked, engine, row):
    """A row that no device has is one clear line."""
    answer = asked("--engine", engine, "--explain", row)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == f"small: no device in row {row}; expected 0 to 5\n"


def test_no_target_is_status_1(quick, small, write):
    """Nothing is printed when there is no target."""
    source = write("other", SOURCE % "7.0")
    answer = quick("match", source, "--fleet", small, *SCHEME)
    assert (answer.status, answer.out, answer.err) == (1, "", "")
    counted = quick("match", source, "--fleet", small, *SCHEME, "--count")
    assert (counted.status, counted.out) == (1, "0\n")


def test_only_undecided_is_status_3(quick, small, write):
    """Status 3 says that there is no target, but devices of which the scheme does not say."""
    source = write("other", '{"self":{"device_api":"a","mdev_type":"t"}}')
    answer = quick("match", source, "--fleet", small, *SCHEME, "--json")
    assert (answer.status, answer.json) == (3, {"count": 0, "undecided": 6, "rows": []})


@pytest.mark.parametrize("by", ["target", "source", "both"])
@pytest.mark.parametrize("source", ["UUID1", "UUID2"])
def test_engines_agree_on_a_generated_fleet(quick, fleet_file, source, by):
    """The C core and the judge name the same rows in every direction."""
    asked = ["match", source, "--fleet", fleet_file, "--accepted-by", by, "--json"]
    c, python = (quick(*asked, "--engine", engine) for engine in ("c", "python"))
    assert c.json == python.json
    assert c.status == python.status == (0 if c.json["count"] else 1)


def test_directions_differ(quick, write):
    """Of the two devices of the mail each finds the other under one direction only."""
    lines = [quick("describe", name, "--json").out for name in ("UUID1", "UUID2")]
    fleet = write("fleet", "".join(lines))
    for source, other in (("UUID1", 1), ("UUID2", 0)):
        found = {
            by: other
            in quick("match", source, "--fleet", fleet, "--accepted-by", by, "--json").json["rows"]
            for by in ("target", "source")
        }
        assert found == {"target": source == "UUID2", "source": source == "UUID1"}


@pytest.mark.parametrize("engine", ["c", "python"])
def test_fleet_and_source_from_standard_input(command, small, tmp_path, engine):
    """A dash is standard input for the fleet or the source, not for both."""
    fleet = (tmp_path / small).read_bytes()
    asked = ["match", "s", "--fleet", "-", *SCHEME, "--engine", engine]
    assert command(*asked, stdin=fleet).out == "1\n3\n5\n"
    asked = ["match", "-", "--fleet", small, *SCHEME, "--engine", engine]
    assert command(*asked, stdin=SOURCE % "1.1").out == "1\n3\n5\n"
    both = command("match", "-", "--fleet", "-", *SCHEME, stdin=fleet)
    assert both.status == 2
    assert "standard input can stand for one file only" in both.err


@pytest.mark.usefixtures("small")
def test_a_device_without_a_name(quick, write):
    """--names prints an empty line where a device has no name."""
    fleet = write("unnamed", SOURCE.replace('"name":"s",', "") % "1.1")
    for engine in ("c", "python"):
        answer = quick("match", "s", "--fleet", fleet, *SCHEME, "--names", "--engine", engine)
        assert (answer.status, answer.out) == (0, "\n")


# ---- many sources


@pytest.fixture
def many(quick, small, write):
    """Ask for the targets of three sources in the small fleet."""
    lines = [SOURCE % version for version in ("1.1", "2.0", "3.0")]
    write("many", "\n".join([lines[0].replace('"s"', '"first"'), *lines[1:]]))
    return lambda *more, **given: quick(
        "match", "--sources", "many", "--fleet", small, *SCHEME, *more, **given
    )


@pytest.mark.parametrize(
    ("more", "out"),
    [
        ((), "0\t3\n1\t1\n2\t0\n"),
        (("--first", 2), "0\t3\t1\t3\n1\t1\t2\n2\t0\n"),
        (("--names",), "first\t3\ns\t1\ns\t0\n"),
        (("--names", "--first", 1), "first\t3\tdevice 1\ns\t1\tdevice 2\ns\t0\n"),
    ],
)
def test_many_sources(many, more, out):
    """Each source has a line: which it is, how many targets it has, and the first of them."""
    answer = many(*more)
    assert (answer.status, answer.out, answer.err) == (1, out, "")


def test_many_sources_as_json(many):
    """--json has a list with the counts of each source, and its rows where they are asked for."""
    answer = many("--json", "--first", 1)
    assert json.loads(answer.out) == [
        {"source": 0, "count": 3, "undecided": 0, "rows": [1]},
        {"source": 1, "count": 1, "undecided": 0, "rows": [2]},
        {"source": 2, "count": 0, "undecided": 0, "rows": []},
    ]


def test_status_of_many_sources(quick, small, write):
    """The status is that of the source which is worst off."""
    write("good", SOURCE % "1.1" + SOURCE % "2.0")
    answer = quick("match", "--sources", "good", "--fleet", small, *SCHEME)
    assert (answer.status, answer.out) == (0, "0\t3\n1\t1\n")


def test_mistakes_in_many_sources(quick, small, write):
    """Bad lines of the sources are shown, all at once, with the name of the file."""
    write("bad", SOURCE % "1.1" + "{\n" + SOURCE % "x")
    answer = quick("match", "--sources", "bad", "--fleet", small, *SCHEME)
    assert (answer.status, answer.out) == (2, "")
    assert "bad:2:" in answer.err
    assert "bad:3:" in answer.err


@pytest.mark.parametrize("more", [("s",), ("--count",), ("--explain", 0), ("--engine", "python")])
def test_what_many_sources_leave_no_room_for(many, more):
    """What asks about one source cannot be asked of many."""
    answer = many(*more)
    assert answer.status == 2
    assert "--sources and" in answer.err


def test_no_source_at_all(quick, small):
    """Without SOURCE and --sources there is nothing to ask."""
    answer = quick("match", "--fleet", small, *SCHEME)
    assert answer.status == 2
    assert "Missing argument 'SOURCE'" in answer.err
