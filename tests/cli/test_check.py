"""``mdevsim check``."""

import pytest

NAMES = ("UUID1", "UUID2")
ASKED = [
    ("UUID2", "UUID1", "target", 0),
    ("UUID1", "UUID2", "target", 1),
    ("UUID2", "UUID1", "source", 1),
    ("UUID1", "UUID2", "source", 0),
    ("UUID2", "UUID1", "both", 1),
    ("UUID1", "UUID2", "both", 1),
]


@pytest.fixture
def written(quick, write):
    """The two devices of the mail, as files that ``describe`` wrote."""
    return {
        "listing": {name: write(f"{name}.txt", quick("describe", name).out) for name in NAMES},
        "ndjson": {
            name: write(f"{name}.json", quick("describe", name, "--json").out) for name in NAMES
        },
    }


@pytest.mark.parametrize(("source", "target", "by", "status"), ASKED)
def test_the_directions_of_the_mail_are_opposite(command, source, target, by, status):
    """What one reading of the mail allows the other refuses, for the shipped devices."""
    answer = command("check", source, target, "--accepted-by", by, "--json")
    assert answer.status == status
    assert answer.json["verdict"] == ("incompatible" if status else "compatible")
    assert answer.json["accepted_by"] == by
    assert bool(answer.json["reasons"]) == bool(status)


@pytest.mark.parametrize("form", ["listing", "ndjson"])
def test_described_devices_have_the_same_verdicts(quick, written, form):
    """Files that describe wrote are judged as the devices they came from."""
    for source, target, by, status in ASKED[:4]:
        names = written[form][source], written[form][target]
        assert quick("check", *names, "--accepted-by", by).status == status


@pytest.mark.parametrize("by", ["target", "source"])
def test_verdict_for_people(quick, golden, by):
    """The answer, the reasons and the near miss stand in a few lines."""
    texts = [quick("check", *pair, "--accepted-by", by).out for pair in (NAMES, NAMES[::-1])]
    golden(f"check-{by}", "".join(texts))


def test_directions_default_to_the_scheme(quick):
    """Without --accepted-by the scheme decides."""
    assert quick("check", *NAMES).out == quick("check", *NAMES, "--accepted-by", "target").out


@pytest.mark.parametrize("place", ["source", "target", "scheme"])
def test_a_dash_is_standard_input(command, place):
    """Source, target or scheme may come through a pipe."""
    texts = {
        "source": command("describe", "UUID2").out,
        "target": command("describe", "UUID1", "--json").out,
        "scheme": command("scheme", "show", "self-compatible").out,
    }
    names = {"source": "UUID2", "target": "UUID1", "scheme": "self-compatible"} | {place: "-"}
    asked = ["check", names["source"], names["target"], "--scheme", names["scheme"]]
    assert command(*asked, stdin=texts[place]).status == 0


@pytest.mark.parametrize(
    "asked", [("-", "-"), ("-", "UUID1", "--scheme", "-"), ("UUID1", "-", "--scheme", "-")]
)
def test_standard_input_stands_for_one_file(quick, asked):
    """Two dashes are a usage error, not an empty file."""
    answer = quick("check", *asked, stdin=quick("scheme", "show", "self-compatible").out)
    assert (answer.status, answer.out) == (2, "")
    assert "standard input can stand for one file only" in answer.err


def test_undecided_is_status_3(command, write):
    """What the scheme does not say is neither yes nor no."""
    source = write("source", '{"self":{"software_version":"1.0"}}')
    target = write("target", '{"self":{}}')
    answer = command("check", source, target, "--scheme", "software-version", "--json")
    assert (answer.status, answer.json["verdict"]) == (3, "undecided")
    assert answer.json["accepted_by"] is None
    shown = command("check", source, target, "--scheme", "software-version")
    assert (shown.status, shown.err) == (3, "")
    assert shown.out.startswith("undecided: source → target (software-version)\n")


def test_many_reasons_are_cut(quick, write):
    """People see twenty reasons and how many more there are; --json has all."""
    device = '{"self":{"aggregator":1},"compatible":[%s]}'
    objects = ",".join(f'{{"aggregator":{number}}}' for number in range(2, 32))
    target = write("target", device % objects)
    source = write("source", '{"self":{"aggregator":1}}')
    answer = quick("check", source, target)
    assert answer.status == 1
    assert "… and 10 more reasons (--json has all)" in answer.out
    assert len(quick("check", source, target, "--json").json["reasons"]) == 30


def test_a_stream_that_cannot_show_an_arrow(command):
    """A terminal with few characters gets escapes, and the same status."""
    answer = command("check", *NAMES, variables={"PYTHONIOENCODING": "latin-1"})
    assert answer.status == 1
    assert answer.out.startswith("incompatible: UUID1 \\u2192 UUID2")


def test_a_file_name_that_is_no_text(command, tmp_path):
    """A name in no encoding names a file all the same."""
    name = b"\xff\n"
    path = bytes(tmp_path) + b"/" + name
    with open(path, "wb") as stream:  # noqa: PTH123 - pathlib knows no bytes
        stream.write(command("describe", "UUID2").out.encode())
    shown = name.decode("utf-8", "surrogateescape")
    assert command("check", shown, "UUID1").status == 0
    described = command("describe", shown, "--json")
    assert (described.status, described.json["name"]) == (0, "\ufffd\ufffd")
