"""``mdevsim scheme lint``."""

import json
import re
from pathlib import Path

import pytest

from simulator.compat.schemes import builtin_names
from simulator.lab.lint import CODES

ROOT = Path(__file__).parents[2]
SCHEMES = ROOT / "tests" / "lab" / "schemes"

SCHEME = """\
scheme: mine
objects: published
missing: incompatible
attributes:
  mdev_type: {type: string, from: mdev_type}
  aggregator: {type: int, valid: "range(1,8)"}
surface: {form: files, scope: device, name: vendor}
"""
DEVICE = """\
# a comment
SELF:
\tmdev_type=t2
\taggregator=9
COMPATIBLE:
\tmdev_type=t{n:int:1,2}
\taggregator={n}/2
COMPATIBLE:
\tmdev_type=t{n:int:4,8}
\taggregator={n}/2
"""


def planted(name, kind=None):
    """Name a file of a planted fault."""
    return SCHEMES / (f"lint-{name}.yaml" if kind is None else f"lint-{name}-{kind}.ndjson")


def test_examples_of_the_mail(command, golden):
    """The listings of July 2020 are shown with line and column of what is wrong."""
    answer = command(
        *("scheme", "lint", "self-compatible"), "--description", "UUID1", "--description", "UUID2"
    )
    assert (answer.status, answer.err) == (1, "")
    golden("scheme-lint-mail", answer.out)


def test_fleet(command, golden, fleet_file):
    """What classes of a fleet have in common is a line; what attributes do is exact."""
    answer = command("scheme", "lint", "self-compatible", "--fleet", fleet_file)
    assert answer.status == 1
    golden("scheme-lint-fleet", answer.out)
    data = command("scheme", "lint", "self-compatible", "--fleet", fleet_file, "--json").json
    assert len(data["findings"]) == len(answer.out.splitlines())
    assert data["judged"]["exhaustive"] is True


def test_places_in_a_listing(quick, write):
    """Lines and columns are those of the listing: of a value, a clause and an object."""
    scheme, device = write("mine.yaml", SCHEME), write("device", DEVICE)
    answer = quick("scheme", "lint", scheme, "--description", device, "--ignore", "L1")
    assert answer.out.splitlines() == [
        "device:4:2: L605 aggregator=9 is not range(1,8): it cannot migrate",
        "device:5:1: L203 objects 1, 2 could be one, with mdev_type=t{n:int:1,2,4,8}",
    ]
    found = quick("scheme", "lint", scheme, "--description", device, "--select", "L101").out
    assert found.startswith("device:7:2: L101 no device can match n=1: aggregator={n}/2 gives no")


def test_places_in_lines(quick, write):
    """In a fleet, blank lines count, and the column is that of the clause."""
    line = '{"self":{"aggregator":1},"compatible":[{"aggregator":1},{"aggregator":"one_of(2,2)"}]}'
    fleet = write("fleet.ndjson", f'\n{{"self":{{}}}}\n\n  {line}\n')
    answer = quick(
        *("scheme", "lint", write("mine.yaml", SCHEME), "--fleet", fleet, "--select", "L105")
    )
    column = line.index('"one_of') + 3
    assert answer.out.startswith(f"fleet.ndjson:4:{column}: L105 ")
    found = quick(
        *("scheme", "lint", "mine.yaml", "--fleet", "-", "--select", "L105"),
        stdin=Path(fleet).name and f'{{"self":{{}}}}\n{line}\n',
    )
    assert found.out.startswith("<stdin>: row 1: L105 ")


def test_json_and_text_agree(quick):
    """--json has every finding of the text, with its place."""
    words = ("scheme", "lint", planted("l404"))
    [one] = quick(*words, "--json").json["findings"]
    text = f"{one['file']}:{one['line']}:{one['column']}: {one['code']} {one['message']}\n"
    assert quick(*words).out == text
    assert quick(*words, "--json").status == 1


def test_nothing_to_find(quick):
    """Without a finding the status is 0 and nothing is printed."""
    answer = quick("scheme", "lint", planted("clean"))
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    found = quick("scheme", "lint", planted("clean"), "--json").json
    assert (found["findings"], found["judged"]["exhaustive"]) == ([], True)


def test_a_draw_says_so(quick, monkeypatch):
    """How many classes of a large fleet were judged is said, and where the draw began."""
    for module in ("simulator.lab.lint", "simulator.cli.lab.lint"):
        monkeypatch.setattr(f"{module}.MOST_CLASSES", 10)
    quick("fleet", "make", "--devices", 500, "--scheme", "software-version", "-o", "fleet")
    words = ("scheme", "lint", "software-version", "--fleet", "fleet", "--seed", 5, "--json")
    judged = quick(*words).json["judged"]
    assert judged["classes"] > 10
    assert (judged["looked_at"], judged["seed"], judged["exhaustive"]) == (10, 5, False)


@pytest.mark.parametrize("code", CODES)
def test_select_and_ignore(quick, code):
    """Codes and beginnings of codes choose what is shown."""
    name = code.lower()
    words = ["scheme", "lint", planted(name)]
    if planted(name, "device").exists():
        words += ["--description", planted(name, "device")]
    if planted(name, "fleet").exists():
        words += ["--fleet", planted(name, "fleet")]
    assert quick(*words, "--select", code).status == 1
    assert quick(*words, "--select", "L3,L4,L1,L2,L5,L6", "--ignore", code[:2]).out == ""


def test_releases(quick):
    """--releases says how far to look ahead where a list grows."""
    words = ("scheme", "lint", planted("l301"), "--description", planted("l301", "device"))
    assert "after 10 releases 16 entries in" in quick(*words).out
    assert "after 3 releases 9 entries in" in quick(*words, "--releases", 3).out
    assert re.search(r"after \d+ the listing is longer than a page", quick(*words).out)


def test_a_search_says_so(quick):
    """Where the value space is searched, that is said, and not that something holds."""
    scheme = "scheme: s\nmissing: incompatible\nattributes:\n" + "".join(
        f"  a{n}: {{type: set, clause: superset, required: true}}\n" for n in range(9)
    )
    found = quick("scheme", "lint", "-", "--budget", 2, "--json", stdin=scheme).json
    assert found["judged"]["exhaustive"] is False
    told = [one["message"] for one in found["findings"] if one["code"] == "L401"]
    assert all("none found among 2 of" in one for one in told)


def test_mistakes_of_all_files_at_once(quick, write):
    """Wrong descriptions and a wrong fleet are shown together, and nothing is linted."""
    one, two = write("one", "SELF:\n\ta=1\n"), write("two.ndjson", '{"self":{"b":1}}\n')
    answer = quick(
        *("scheme", "lint", "software-version", "--description", one, "--fleet", two),
        *("--description", "nobody"),
    )
    assert (answer.status, answer.out) == (2, "")
    for place in ("one:2:2: unknown attribute a", "two.ndjson:1:10: unknown", "nobody: No such"):
        assert place in answer.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nobody",), "no scheme nobody"),
        (("software-version", "--select", "L9"), "no code begins with 'L9'"),
        (("software-version", "--ignore", "L1,x"), "no code begins with 'x'"),
        (("-", "--fleet", "-"), "standard input can stand for one file only"),
        (("software-version", "--releases", "-1"), "--releases"),
    ],
)
def test_usage(quick, words, message):
    """Wrong words are told with status 2."""
    answer = quick("scheme", "lint", *words)
    assert (answer.status, answer.out) == (2, "")
    assert message in answer.err


def test_wrong_scheme(quick, write):
    """The mistakes of a scheme are shown as every verb shows them."""
    answer = quick("scheme", "lint", write("wrong.yaml", "scheme: s\nattributes: {a: {type: in}}"))
    assert (answer.status, answer.out) == (2, "")
    assert "wrong.yaml:2:" in answer.err


def test_codes_are_documented():
    """docs/laboratory.md has the table of the codes, word for word."""
    text = (ROOT / "docs" / "laboratory.md").read_text("utf-8")
    rows = re.findall(r"^\| `(L\d+)` \| (.*?)( \*)? \|$", text, re.MULTILINE)
    expected = [(code, one.summary, " *" * one.is_heuristic) for code, one in CODES.items()]
    assert rows == expected


@pytest.mark.parametrize("name", builtin_names())
def test_shipped_schemes(quick, name):
    """Every finding in a shipped scheme has a line of its text."""
    for one in quick("scheme", "lint", name, "--json").json["findings"]:
        assert one["line"]
        assert one["column"]


def test_json_is_one_line_a_place(quick):
    """A finding of a fleet counts its places."""
    words = ("scheme", "lint", planted("l602"), "--fleet", planted("l602", "fleet"), "--json")
    [one] = json.loads(quick(*words).out)["findings"]
    assert (one["places"], one["line"]) == (1, 2)
