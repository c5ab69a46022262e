"""``mdevsim scheme breaking``."""

from itertools import pairwise
from pathlib import Path

import pytest

from simulator.compat.schemes import builtin_text
from simulator.lab.breaking.breaks import Category

EXAMPLES = Path(__file__).parents[1] / "lab" / "schemes"
HISTORY = ("0.0.0", "0.1.0", "0.2.0", "1.0.0")
BASE = "scheme: s\nattributes:\n  a: {type: string, clause: equal}\n"
LOOSE = BASE.replace("equal", "any")


@pytest.fixture
def history(write):
    """The pv_mode history of July 2020, a file for each version, and its scheme."""
    for version in HISTORY:
        name = f"breaking-pv-{version}.ndjson"
        write(version, (EXAMPLES / name).read_bytes())
    return write("pv.yaml", (EXAMPLES / "breaking-pv-mode.yaml").read_bytes())


@pytest.fixture
def breaking(quick):
    """Run the verb."""
    return lambda *arguments, **more: quick("scheme", "breaking", *arguments, **more)


def test_the_history_of_pv_mode(breaking, history, golden):
    """Each step calls for the bump that the mails give it: minor, minor, major."""
    steps = list(pairwise(HISTORY))
    answers = [breaking(*step, "--scheme", history) for step in steps]
    assert [answer.status for answer in answers] == [0, 0, 1]
    golden("scheme-breaking-history", "\n".join(answer.out for answer in answers))
    found = [breaking(*step, "--scheme", history, "--json").json for step in steps]
    assert [one["bump"]["called_for"] for one in found] == ["minor", "minor", "major"]
    assert [one["published"][0]["bump"] for one in found] == ["minor", "minor", "major"]
    assert [one["published"][0]["is"] for one in found] == ["enough"] * 3
    assert [one["breaks"] for one in found] == [[], [], ["upgrade"]]


@pytest.mark.parametrize(("version", "answer"), [("0.2.1", "too small"), ("0.3.0", "too small")])
def test_other_numbers_for_the_removal(breaking, history, write, version, answer):
    """The numbers that the mail asks about are too small for a feature that is removed."""
    line = (EXAMPLES / "breaking-pv-1.0.0.ndjson").read_text().replace("1.0.0", version)
    found = breaking("0.2.0", write("new", line), "--scheme", history, "--json").json
    assert (found["bump"]["called_for"], found["published"][0]["is"]) == ("major", answer)


def test_from_none_the_removal_is_no_loss(breaking, history):
    """A guest of 0.0.0 uses nothing that 1.0.0 has removed: by the set rule it can still move."""
    found = breaking("0.0.0", "1.0.0", "--scheme", history, "--json").json
    assert (found["bump"]["called_for"], found["published"][0]["is"]) == ("minor", "too large")


def test_under_the_version_rule(breaking, write, golden):
    """Under the x.y.z rule a newer minor does not go back, which is said to be expected."""
    line = '{"self":{"device_api":"a","mdev_type":"t","software_version":"1.%d"}}'
    names = [write(f"1.{minor}", line % minor) for minor in (0, 1)]
    answer = breaking(*names, "--scheme", "software-version")
    golden("scheme-breaking-version", answer.out)
    assert "go back (1 of 1 pair, as a version rule is expected to)" in answer.out


def test_two_schemes_over_their_space(breaking, write, golden):
    """Two schemes are judged over all that devices could publish under them."""
    names = [write("old.yaml", LOOSE), write("new.yaml", BASE + "  b: {type: set}\n")]
    answer = breaking(*names)
    assert answer.status == 1
    golden("scheme-breaking-space", answer.out)
    assert "exhaustive: all " in answer.out
    found = breaking(*names, "--json").json
    assert found["judged"]["exhaustive"]
    assert found["found"]["lost"]["example"]["reasons"]
    assert found["found"]["published"][0]["subject"] == "b"


def test_a_space_too_large_is_searched(breaking):
    """Budget and seed are printed, and what is not found is not said to be absent."""
    options = ("--budget", 50, "--seed", 3)
    answer = breaking("self-compatible", "self-compatible", *options)
    assert answer.status == 0
    assert "searched: 50 of " in answer.out
    assert "budget 50, seed 3" in answer.out
    assert f"none found: {', '.join(Category)}\n" in answer.out
    found = breaking("self-compatible", "self-compatible", *options, "--json").json
    assert not found["judged"]["exhaustive"]
    assert found["found"] == {}


def test_a_fleet(breaking, fleet_file, write, golden):
    """Over a fleet pairs of devices are counted, with the names of two of them."""
    text = builtin_text("self-compatible")
    new = write("new.yaml", "".join(one for one in text.splitlines(True) if "  pv_mode" not in one))
    answer = breaking("self-compatible", new, "--fleet", fleet_file)
    assert answer.status == 0
    golden("scheme-breaking-fleet", answer.out)
    strict = breaking("self-compatible", new, "--fleet", fleet_file, "--fail-on", "description")
    assert (strict.status, strict.out.splitlines()[-1]) == (1, "break: description")


def test_a_fleet_of_too_many_classes(breaking, fleet_file):
    """Of more classes than the budget so many are drawn; what is published is compared of all."""
    asked = ("self-compatible", "software-version", "--fleet", fleet_file)
    texts = [breaking(*asked, "--budget", 7, "--seed", seed, "--json").json for seed in (1, 1, 2)]
    assert texts[0] == texts[1]
    judged = [one["judged"] for one in texts]
    assert not judged[0]["exhaustive"]
    assert "searched: every pair of 7 of the 60 classes" in judged[0]["text"]
    assert judged[0]["text"].endswith("of fleet.ndjson; budget 7, seed 1")
    assert judged[0] != judged[2]
    removed = {one["subject"]: one["devices"] for one in texts[0]["found"]["description"]}
    assert removed["pv_mode"] == 400


def test_schemes_and_what_is_published_under_each(breaking, write):
    """--new-fleet has what the devices of --fleet publish under NEW."""
    old, new = write("old.yaml", BASE), write("new.yaml", BASE.replace("string", "int"))
    fleets = [
        write("f", '{"name":"d","self":{"a":"x"}}'),
        write("g", '{"name":"d","self":{"a":1}}'),
    ]
    found = breaking(old, new, "--fleet", fleets[0], "--new-fleet", fleets[1], "--json").json
    assert found["found"]["description"] == [
        {"subject": "a", "text": "was of kind string, is of kind int", "devices": 1}
    ]


def test_listings(breaking, quick):
    """A listing is one device; the two devices of the mail are told apart by their content."""
    answer = breaking("UUID1", "UUID2", "--accepted-by", "target")
    assert answer.status == 1
    assert "break: upgrade" in answer.out
    assert quick("check", "UUID1", "UUID2").status == 1


def test_pairing_by_name_and_in_order(breaking, write, history):
    """How the devices are paired is said, and those of one side only are told."""
    line = '{"name":"%s","self":{"pv_mode":"%s"}}\n'
    old = write("old", line % ("a", "none") + line % ("b", "ppgtt"))
    by_name = write("by_name", line % ("b", "ppgtt"))
    in_order = write("in_order", line % ("c", "none") + line % ("d", "ppgtt"))
    named = breaking(old, by_name, "--scheme", history)
    assert "paired by name" in named.out
    assert "devices: publish nothing any more (1 device)" in named.out
    ordered = breaking(old, in_order, "--scheme", history)
    assert "paired in order" in ordered.out
    assert ordered.status == 0


@pytest.mark.parametrize("name", [str(one) for one in Category] + ["all", "none"])
def test_fail_on(breaking, write, name):
    """The status is 1 when a category that is named is found, whatever else is."""
    old, new = write("old.yaml", LOOSE), write("new.yaml", BASE)
    answer = breaking(old, new, "--fail-on", name)
    broken = {"all": ["lost", "undecided"], "lost": ["lost"], "undecided": ["undecided"]}
    assert answer.status == (1 if name in broken else 0)
    found = breaking(old, new, "--fail-on", name, "--json").json
    assert found["breaks"] == broken.get(name, [])
    assert set(found["found"]) == {"lost", "undecided"}


def test_standard_input(breaking, write):
    """One of the files can be standard input."""
    old = write("old.yaml", LOOSE)
    assert breaking(old, "-", stdin=BASE).status == 1
    assert breaking("-", old, stdin=LOOSE).status == 0
    both = breaking("-", "-", stdin=BASE)
    assert (both.status, both.out) == (2, "")


def test_progress_is_for_terminals(breaking, write):
    """Nothing but the report is printed where there is no terminal."""
    old, new = write("old.yaml", LOOSE), write("new.yaml", LOOSE)
    answer = breaking(old, new)
    assert (answer.status, answer.err) == (0, "")


# ---- bad input


def test_no_shared_attribute(breaking, write):
    """Schemes that share no attribute are not compared, and that is said."""
    new = write("new.yaml", "scheme: other\nattributes: {z: {type: int}}\n")
    answer = breaking("software-version", new)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == (
        "new.yaml: software-version and other share no attribute: there is nothing to compare; "
        "expected two versions of one scheme\n"
    )


def test_mistakes_of_both_files_at_once(breaking, write):
    """Both sides are read before anything is refused."""
    names = [write(name, "scheme: s\nattributes: {a: {typ: int}}\n") for name in ("o", "n")]
    answer = breaking(*names)
    assert (answer.status, answer.out) == (2, "")
    assert "o:2:" in answer.err
    assert "n:2:" in answer.err
    line = '{"self":{"pv_mode":1}}\n'
    answer = breaking(write("p", line), write("q", line))
    assert (answer.status, answer.out) == (2, "")
    assert "p:1:" in answer.err
    assert "q:1:" in answer.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody", "software-version"), "no scheme nobody; expected a file, or one of"),
        (("UUID1", "software-version"), "OLD is a description and NEW is a scheme"),
        (("UUID1", "UUID2", "--fleet", "x"), "--fleet goes with two schemes"),
        (("s", "s", "--scheme", "self-compatible"), "--scheme goes with two descriptions"),
        (("s", "s", "--new-fleet", "x"), "--new-fleet goes with --fleet"),
        (("s", "s", "--fleet", "x"), "x: No such file or directory"),
        (("s", "s", "--fail-on", "lost,oops"), "'oops' is no category; expected all, none, or"),
        (("s", "s", "--budget", 0), "0 is not in the range"),
        (("two", "three", "--scheme", "s"), "three: 3 devices, and 2 in two"),
        (("empty", "three", "--scheme", "s"), "empty: the file is empty"),
    ],
)
def test_bad_usage(breaking, write, arguments, message):
    """What cannot be asked is one clear line, and status 2."""
    write("s", BASE)
    write("two", '{"self":{"a":"x"}}\n' * 2)
    write("three", '{"self":{"a":"x"}}\n' * 3)
    write("empty", "")
    answer = breaking(*arguments)
    assert (answer.status, answer.out) == (2, "")
    assert message in answer.err


def test_a_fleet_with_mistakes(breaking, write):
    """A line of a fleet that neither scheme can read is shown where it stands."""
    write("s", BASE)
    fleet = write("f", '{"self":{"a":"x"}}\n{"self":{"b":"x"}}\n')
    answer = breaking("s", "s", "--fleet", fleet)
    assert (answer.status, answer.out) == (2, "")
    assert 'f:2:10: unknown attribute "b"; expected one of a' in answer.err
