"""``mdevsim scheme laws``."""

from pathlib import Path

import pytest

from simulator.lab.laws.law import LAWS

SCHEMES = Path(__file__).parents[1] / "lab" / "schemes"


@pytest.fixture
def laws(quick):
    """Ask for the laws of a scheme."""
    return lambda *arguments, **given: quick("scheme", "laws", *arguments, **given)


@pytest.fixture
def planted():
    """Name the file of a scheme that breaks a law."""
    return lambda name: str(SCHEMES / f"laws-{name}.yaml")


def test_text(laws, golden):
    """Each law has a line, its definition, and the smallest devices that break it."""
    answer = laws("software-version")
    assert (answer.status, answer.err) == (1, "")
    golden("laws-software-version", answer.out)


@pytest.mark.parametrize("law", LAWS)
def test_status(laws, planted, law):
    """Status 1 when a law is broken, 0 when the laws that are asked for hold."""
    assert laws(planted(law)).status == 1
    assert laws(planted(law), "--law", law).status == 1
    others = [word for other in LAWS if other != law for word in ("--law", other)]
    assert laws(planted(law), *others).status == 0
    assert laws(planted("none-broken")).status == 0


def test_json(laws, planted):
    """--json has what was looked at, every law, and the verdicts of a counterexample."""
    found = laws(planted("round-trip"), "--json").json
    assert found["space"]["exhaustive"] is True
    assert found["space"]["size"] == found["space"]["looked_at"] == 27
    assert found["space"]["values"]["mdev_type"] == [None, "a", "b"]
    assert found["fleet"] is None
    standings = {one["law"]: one["standing"] for one in found["laws"]}
    assert standings == dict.fromkeys(LAWS, "holds") | {"round-trip": "broken"}
    broken = found["laws"][-1]
    assert (broken["asked"], broken["refused"], broken["pairs"]) == (75, 24, None)
    example = broken["counterexample"]
    assert example["devices"] == {
        "A": {"self": {"software_version": "1.0.0"}},
        "B": {"self": {"software_version": "1.1.0"}},
    }
    assert [(one["source"], one["target"], one["verdict"]) for one in example["verdicts"]] == [
        ("A", "B", "compatible"),
        ("B", "A", "incompatible"),
    ]
    assert example["verdicts"][1]["reasons"][0]["attribute"] == "software_version"


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_what_was_not_found_is_not_said_to_hold(laws, planted, more):
    """Under a small budget nothing holds; the budget, the seed and the cover are printed."""
    answer = laws(planted("none-broken"), "--budget", 8, "--seed", 3, *more)
    assert answer.status == 0
    assert "holds" not in answer.out
    assert answer.out.count("no counterexample found") == 4
    if not more:
        assert "8 of 9 descriptions of software_version (9 with absent); budget 8, seed 3" in (
            answer.out
        )


def test_accepted_by(laws, write):
    """The direction can be changed: what is fair to both sides is not fair to one."""
    text = (SCHEMES / "laws-reflexive.yaml").read_text("utf-8")
    scheme = write("mine.yaml", text)
    assert laws(scheme, "--law", "round-trip").status == 0
    answer = laws(scheme, "--law", "round-trip", "--accepted-by", "target")
    assert answer.status == 1
    assert answer.out.startswith("laws-reflexive, accepted by target\n")


def test_fleet(laws, quick, golden):
    """Over a fleet the devices and pairs are counted, and the counterexample names devices."""
    made = quick("fleet", "make", "--devices", 2000, "--scheme", "software-version", "-o", "fleet")
    assert made.status == 0
    answer = laws("software-version", "--fleet", "fleet")
    assert answer.status == 1
    golden("laws-fleet", answer.out)
    found = laws("software-version", "--fleet", "fleet", "--json").json
    assert found["space"] is None
    assert found["fleet"]["devices"] == 2000
    broken = found["laws"][-1]
    assert broken["pairs"] > broken["refused"]
    assert all(broken["counterexample"]["found"])


def test_fleet_from_standard_input(laws, quick):
    """A dash is standard input."""
    line = '{"self":{"software_version":"1.0"}}\n'
    answer = laws("software-version", "--fleet", "-", stdin=line)
    assert answer.status == 0
    assert "fleet: 1 device, 1 class\n" in answer.out
    assert quick("scheme", "laws", "-", "--fleet", "-", stdin=line).status == 2


def test_fleet_of_very_many_classes(laws, quick, monkeypatch):
    """Where some classes are drawn, it is said how many and with which seed."""
    monkeypatch.setattr("simulator.lab.laws.survey.MOST_CLASSES", 10)
    quick("fleet", "make", "--devices", 500, "--scheme", "software-version", "-o", "fleet")
    asked = ("software-version", "--fleet", "fleet", "--law", "reflexive", "--seed", 5)
    answer = laws(*asked)
    assert "searched: 10 of the classes, seed 5\n" in answer.out
    assert "reflexive: no counterexample found (10 classes asked)\n" in answer.out
    found = laws(*asked, "--json").json["fleet"]
    assert (found["looked_at"], found["seed"]) == (10, 5)


def test_no_version_attribute(laws, write):
    """That the upgrade law does not apply is said clearly, and is no break."""
    scheme = write("s", "scheme: s\nattributes:\n  a: {type: int, clause: equal}\n")
    answer = laws(scheme, "--law", "upgrade-monotone")
    assert answer.status == 0
    assert "does not apply: the scheme has no version attribute\n" in answer.out


def test_bad_input(laws, write):
    """A wrong scheme, fleet, law or budget is told with status 2 and no output."""
    wrong = write("wrong.yaml", "scheme: s\nattributes:\n  a: {type: integer}\n")
    empty = write("empty", "")
    for arguments in (
        (wrong,),
        ("no-such-scheme",),
        ("software-version", "--fleet", empty),
        ("software-version", "--fleet", "nowhere"),
        ("software-version", "--law", "commutative"),
        ("software-version", "--budget", 0),
    ):
        answer = laws(*arguments)
        assert (answer.status, answer.out) == (2, ""), arguments
        assert answer.err
    assert "wrong.yaml:3:" in laws(wrong).err
