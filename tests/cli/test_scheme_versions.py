"""``mdevsim scheme versions``."""

from pathlib import Path

import pytest

HISTORIES = Path(__file__).parents[1] / "lab" / "histories"
ASK = "scheme", "versions"


@pytest.fixture
def history(write):
    """Copy one of the histories of the tests into the directory of the command."""
    return lambda name: write(name, (HISTORIES / name).read_bytes())


def test_the_question_of_the_mail(quick, golden):
    """The shipped history is numbered, and each way to call its last release is weighed."""
    answer = quick(*ASK, "pv-mode")
    assert (answer.status, answer.err) == (1, "")
    golden("versions-pv-mode", answer.out)


@pytest.mark.parametrize("name", ["branches", "published", "virtio", "virtio-common"])
def test_histories(quick, golden, history, name):
    """Branches, names, published numbers and the two virtio devices; the status is the answer."""
    answer = quick(*ASK, history(name))
    expressible = name in ("published", "virtio")
    assert (answer.status, answer.err) == (0 if expressible else 1, "")
    golden(f"versions-{name}", answer.out)


def test_every_mistake_at_once(quick, golden, history):
    """A wrong history is shown with all mistakes, where they stand, and is not numbered."""
    answer = quick(*ASK, history("mistakes"))
    assert (answer.status, answer.out) == (2, "")
    golden("versions-mistakes", answer.err)


def test_json_has_everything(quick):
    """--json has the releases, every numbering with its pairs, witnesses, and candidates."""
    answer = quick(*ASK, "pv-mode", "--json")
    assert answer.status == 1
    found = answer.json
    assert [one["release"] for one in found["releases"]][1:3] == [
        "none+ppgtt",
        "none+ppgtt+context",
    ]
    assert found["releases"][3] == {
        "release": "none+context",
        "line": 5,
        "features": ["context", "none"],
        "follows": 2,
    }
    assert (found["pairs"], found["true"], found["islands"], found["expressible"]) == (
        12,
        5,
        4,
        False,
    )
    assert [one["numbering"] for one in found["numberings"]] == [
        "derived",
        "published",
        "best",
        "best rising",
    ]
    refused = {"count": 2, "pairs": [[0, 3], [3, 2]]}
    assert found["numberings"][2] == {
        "numbering": "best",
        "numbers": ["0.0.0", "0.1.0", "0.2.0", "1.0.0"],
        "majors": 2,
        "islands": 4,
        "wrongly_allowed": {"count": 0, "pairs": []},
        "wrongly_refused": refused,
        "cost": 2,
        "least": 2,
        "proven": True,
    }
    assert found["witnesses"] == [
        {"works": [[0, 1], [0, 3]], "excluded": [1, 3]},
    ]
    assert [one["number"] for one in found["candidates"]] == ["0.2.1", "0.3.0", "1.0.0"]
    assert found["candidates"][2]["wrongly_refused"] == refused
    assert found["list"]["accepts"] == [[], [0], [0, 1, 3], [0]]
    assert found["set"]["features"] == 3


def test_what_is_best_is_a_setting(quick):
    """Where both errors weigh the same, one wrong allow is better than two wrong refusals."""
    found = quick(*ASK, "pv-mode", "--cost", "1:1", "--json").json
    best, rising = found["numberings"][2:]
    assert best["wrongly_allowed"] == {"count": 1, "pairs": [[1, 3]]}
    assert (best["wrongly_refused"]["count"], best["cost"], rising["cost"]) == (0, 1, 2)
    # With the others as they are, 0.2.1 costs as much as 1.0.0, but wrongly allows.
    assert [one["best"] for one in found["candidates"]] == [False, False, True]
    rare = quick(*ASK, "pv-mode", "--cost", "1:2", "--json").json["candidates"]
    assert [one["best"] for one in rare] == [True, False, False]


def test_monotone_decides_the_status(quick, write):
    """A feature that goes is said by a falling number, and by no rising one."""
    falls = write("falls", 'a\n""\n')
    assert quick(*ASK, falls).status == 0
    answer = quick(*ASK, falls, "--monotone")
    assert answer.status == 1
    assert "no numbering that rises with each release says all that is true" in answer.out
    assert quick(*ASK, falls, "--monotone", "--json").json["best"] == "best rising"


def test_branches_are_a_setting(quick, history):
    """What collides takes the next minor, which wrongly allows, or a new major, which does not."""
    counts = [
        quick(*ASK, history("branches"), "--branch", branch, "--json").json["numberings"][0]
        for branch in ("minor", "major")
    ]
    assert [one["wrongly_allowed"]["count"] for one in counts] == [2, 0]


def test_without_a_proof_nothing_is_called_best(quick, write):
    """Where the search may do nothing, the answer is what was found, with a bound."""
    sets = ["+".join("abcde"[at] for at in range(5) if mask >> at & 1) for mask in range(32)]
    name = write("lattice", "\n".join(one or '""' for one in sets))
    answer = quick(*ASK, name, "--steps", "0")
    assert "not proven: refused " in answer.out
    assert ", and no numbering below " in answer.out
    assert answer.out.splitlines()[2].split() == ["release", "derived", "found", "best", "rising"]
    found = quick(*ASK, name, "--steps", "0", "--json").json["numberings"][1]
    assert (found["numbering"], found["proven"]) == ("found", False)
    assert found["least"] < found["cost"] == found["wrongly_refused"]["count"]


def test_candidates_for_any_release(quick, history):
    """A candidate is for the last release, or for one by name, number or set."""
    asked = ["0.0.0", "newest=2.0", "1.1=1.2", '""=0.9']
    options = [word for one in asked for word in ("--candidate", one)]
    found = quick(*ASK, history("published"), *options, "--json").json["candidates"]
    given = [(one["release"], one["number"]) for one in found]
    assert {(3, "0.0.0"), (2, "2.0"), (1, "1.2"), (0, "0.9")} <= set(given)
    assert {release for release, _ in given} == {0, 1, 2, 3}
    text = quick(*ASK, history("published"), "--candidate", "1.1").out
    assert "old as 1.1 (the number of x, y): 1 wrongly allowed, 0 wrongly refused" in text


def test_numbers_of_a_file(quick, write, history):
    """--numbers takes the place of the numbers in the history, and may be standard input."""
    numbers = "3.0\n3.1\n3.2\n"
    asked = [*ASK, history("virtio-common"), "--json", "--numbers"]
    found = quick(*asked, write("numbers", numbers)).json
    assert found["numberings"][1]["numbers"] == ["3.0", "3.1", "3.2"]
    assert found["numberings"][1]["wrongly_allowed"]["pairs"] == [[1, 2]]
    assert quick(*asked, "-", stdin=numbers).json == found
    answer = quick(*asked, write("short", "1.0\nx\n"))
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("short:2:1: not a version; expected major.minor[.bugfix]")
    assert "short:2:1: 2 numbers; expected 3, one for each release" in answer.err


def test_a_release_without_a_published_number(quick, write):
    """What has no number is not compared, and the output says so."""
    answer = quick(*ASK, write("h", "a 0.0\na+b\nb 0.1\n"))
    assert "1 release without a number not counted" in answer.out
    assert "the others numbered as derived" in answer.out


def test_one_release(quick):
    """A history of one release has one number, no pair and no candidate."""
    answer = quick(*ASK, "-", stdin="none\n")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith(
        "<stdin>: 1 release, 1 set; 0 of the 0 ordered pairs can migrate\n"
    )
    assert "numbered as" not in answer.out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--cost", "0:0"), "0:0 is no cost; expected two numbers that are not both 0"),
        (("--cost", "never:0"), "never:0 is no cost"),
        (("--cost", "1"), "1 is no cost"),
        (("--cost", "-1:1"), "-1:1 is no cost"),
        (("--candidate", "1"), "1: not a version; expected major.minor[.bugfix]"),
        (("--candidate", "7.0=1.0"), "7.0=1.0: no release 7.0; expected a name, a number or a set"),
        (("--candidate", "a,,b=1.0"), "a,,b=1.0: not a member of a set"),
        (("--branch", "new"), "'new' is not one of 'minor', 'major'"),
        (("--steps", "-1"), "-1 is not in the range x>=0"),
    ],
)
def test_wrong_options(quick, more, said):
    """An option that is wrong is one clear line."""
    answer = quick(*ASK, "pv-mode", *more)
    assert (answer.status, answer.out) == (2, "")
    assert said in " ".join(answer.err.split())


def test_files_that_are_not_there(quick):
    """A missing file is one clear line, and standard input stands for one file only."""
    answer = quick(*ASK, "nobody")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("nobody: No such file or directory; expected a file, - or an ex")
    answer = quick(*ASK, "-", "--numbers", "-", stdin="none\n")
    assert (answer.status, answer.out) == (2, "")
    assert "standard input can stand for one file only" in answer.err


@pytest.mark.parametrize(
    "data", [b"", b"none\0\n", b"n\xffne\n", b"\xef\xbb\xbfnone\n", b"\n", b"none\n" * 501]
)
def test_hostile_files(quick, write, data):
    """A file that is no history is refused, and nothing is printed."""
    answer = quick(*ASK, write("bad", data))
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("bad")
