"""``mdevsim scheme compare``."""

import json

import pytest

SAME_TYPE = """
scheme: same-type
attributes:
  mdev_type: {type: string, clause: equal, limit: device}
  interface_version: {type: string, clause: equal, limit: host_driver, blocks: live}
"""
OTHER = "scheme: other\nattributes: {nothing: {type: int}}\n"
SCHEMES = ("self-compatible", "software-version", "migration-version")


@pytest.fixture
def fleet(quick):
    """A fleet of 200 devices that carries what three shipped schemes publish."""
    asked = [word for name in SCHEMES for word in ("--scheme", name)]
    made = quick("fleet", "make", "--devices", 200, *asked, "-o", "fleet.ndjson")
    assert (made.status, made.err) == (0, "")
    return "fleet.ndjson"


@pytest.fixture
def asked(quick, fleet):
    """Compare on this fleet."""
    return lambda *words, **given: quick("scheme", "compare", *words, "--fleet", fleet, **given)


def test_text_for_people(asked, golden):
    """Counts, agreement, examples and reasons stand in one page."""
    answer = asked(*SCHEMES)
    assert (answer.status, answer.err) == (1, "")
    golden("scheme-compare", answer.out)


def test_truth_for_people(asked, golden):
    """With a truth, each scheme's wrong answers are told with an example each."""
    answer = asked("software-version", "--truth", "migration-version")
    # The third scheme of the fleet is none of the comparison.
    assert (answer.status, answer.out) == (2, "")
    assert 'unknown attribute "device_type"' in answer.err
    answer = asked("software-version", "self-compatible", "--truth", "migration-version")
    assert (answer.status, answer.err) == (1, "")
    golden("scheme-compare-truth", answer.out)


def test_json(asked):
    """--json has the same numbers, with matrices and explained examples."""
    answer = asked(*SCHEMES, "--json")
    found = answer.json
    assert answer.status == 1
    assert (found["devices"], found["pairs"], found["truth"]) == (200, 200 * 199, None)
    assert [one["scheme"] for one in found["schemes"]] == list(SCHEMES)
    for one in found["schemes"]:
        assert one["compatible"] + one["undecided"] + one["incompatible"] == 200 * 199
        assert one["reasons_exact"] is True
        assert sum(group["alone"] for group in one["reasons"]) <= one["incompatible"]
    matrix = found["agreement"]
    assert [row[at] for at, row in enumerate(matrix)] == [200 * 199] * 3
    assert matrix == [list(row) for row in zip(*matrix, strict=True)]
    differing = {tuple(one["schemes"]): 0 for one in found["disagreements"]}
    for one in found["disagreements"]:
        differing[tuple(one["schemes"])] += one["pairs"]
        shown = one["example"]
        assert shown["source"] != shown["target"]
        assert [v["scheme"] for v in shown["verdicts"]] == one["schemes"]
        assert [v["verdict"] for v in shown["verdicts"]] == one["verdicts"]
        assert all(bool(v["reasons"]) == (v["verdict"] != "compatible") for v in shown["verdicts"])
    for (one, other), pairs in differing.items():
        assert matrix[SCHEMES.index(one)][SCHEMES.index(other)] + pairs == 200 * 199


def test_truth_in_json(asked):
    """Wrongly allowed and wrongly refused pairs are those of the table with the truth."""
    found = asked(*SCHEMES[:2], "--truth", SCHEMES[2], "--json").json
    assert found["truth"] == "migration-version"
    assert [one["scheme"] for one in found["errors"]] == list(SCHEMES[:2])
    for one in found["errors"]:
        for name, verdicts in (
            ("wrongly_allowed", ["compatible", "incompatible"]),
            ("wrongly_refused", ["incompatible", "compatible"]),
        ):
            entry = [
                other
                for other in found["disagreements"]
                if other["schemes"] == [one["scheme"], "migration-version"]
                and other["verdicts"] == verdicts
            ]
            assert one[name]["pairs"] == sum(other["pairs"] for other in entry)
            assert one[name]["example"] == (entry[0]["example"] if entry else None)


def test_truth_beside_itself_has_no_error(asked):
    """A scheme that is held to itself agrees, and the status says so."""
    answer = asked(*SCHEMES, "--truth", "software-version", "--json")
    errors = {one["scheme"]: one for one in answer.json["errors"]}
    own = errors["software-version (1)"]
    assert own["wrongly_allowed"] == own["wrongly_refused"] == {"pairs": 0, "example": None}
    assert answer.json["truth"] == "software-version (2)"


def test_schemes_that_agree_have_status_0(quick, write):
    """Exit status 0 when all say the same of every pair; the fleet may come through a pipe."""
    own = write("own.yaml", SAME_TYPE)
    text = '{"name":"a","self":{"mdev_type":"t"}}\n{"name":"b","self":{"mdev_type":"u"}}\n'
    answer = quick("scheme", "compare", own, own, "--fleet", "-", stdin=text)
    assert (answer.status, answer.err) == (0, "")
    assert "same-type (1)" in answer.out
    assert "cold migration" in answer.out
    alone = quick("scheme", "compare", own, own, "--fleet", "-", stdin=text.splitlines()[0])
    assert (alone.status, alone.err) == (0, "")
    assert "1 device of 1 class: 0 ordered pairs" in alone.out


def test_two_alike_devices_are_an_example(quick, write):
    """Where a device and another one like it are the smallest pair, it is said so."""
    strict = write("strict", "scheme: strict\nattributes: {x: {type: int, clause: equal}}\n")
    never = write("never", "scheme: never\nattributes: {x: {type: int}}\naccepts: [{x: '9'}]\n")
    fleet = write("fleet", '{"name":"a","self":{"x":1}}\n{"name":"b","self":{"x":1}}\n')
    answer = quick("scheme", "compare", strict, never, "--fleet", fleet)
    assert answer.status == 1
    assert "  a → another one like it\n" in answer.out


def test_strangers_are_not_compared(quick, write):
    """Schemes that share no attribute are said, and nothing is printed."""
    other = write("other.yaml", OTHER)
    fleet = write("fleet", '{"self":{}}\n')
    answer = quick("scheme", "compare", "self-compatible", other, "--fleet", fleet)
    assert (answer.status, answer.out) == (2, "")
    assert "no attribute is shared by self-compatible and other: not compared" in answer.err
    # The truth looks at what no scheme publishes; the fleet ties them together.
    answer = quick("scheme", "compare", "self-compatible", "--truth", other, "--fleet", fleet)
    assert answer.err == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Missing argument"),
        (("self-compatible",), "one scheme alone"),
        (("self-compatible", "nobody"), "no scheme nobody"),
        (("self-compatible", "software-version", "--truth", "nobody"), "no scheme nobody"),
    ],
)
def test_usage(asked, words, said):
    """What cannot be asked is said, with status 2."""
    answer = asked(*words)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"self":{"nobody":1}}\n', 'fleet:1:10: unknown attribute "nobody"; expected one of'),
        ('{"self":{}}\n{"self":\n', "fleet:2:9: the line ends here"),
        ("", "fleet: the file is empty"),
    ],
)
def test_bad_fleets(quick, write, text, said):
    """Mistakes of the fleet come with line, column and caret, and nothing is printed."""
    fleet = write("fleet", text)
    answer = quick("scheme", "compare", "self-compatible", "software-version", "--fleet", fleet)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(said)


def test_a_fleet_that_is_not_there(quick):
    """A fleet that cannot be read is one line."""
    answer = quick("scheme", "compare", "nova", "kubevirt", "--fleet", "nowhere")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == "nowhere: No such file or directory\n"


def test_kinds_that_differ(quick, write):
    """An attribute that is a number for one scheme and a text for another is read by both."""
    own = write("own.yaml", SAME_TYPE)
    made = quick("fleet", "make", "--devices", 50, "--scheme", "self-compatible", "--scheme", own)
    line = json.loads(made.out.splitlines()[0])
    assert line["self"]["interface_version"] == 3
    fleet = write("fleet", made.out)
    found = quick("scheme", "compare", "self-compatible", own, "--fleet", fleet, "--json").json
    assert found["schemes"][1]["cold"]["compatible"] > found["schemes"][1]["compatible"]


def test_too_many_classes(quick, write):
    """A fleet in which nearly everything is distinct is refused, with the number."""
    own = write("own.yaml", "scheme: own\nattributes: {x: {type: int, clause: equal}}\n")
    fleet = write("fleet", "".join(f'{{"self":{{"x":{at}}}}}\n' for at in range(10_001)))
    answer = quick("scheme", "compare", own, own, "--fleet", fleet)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("fleet: 10,001 classes are too many")


@pytest.mark.parametrize("is_file", [True, False])
def test_what_one_of_two_kinds_refuses(quick, write, is_file):
    """A text that only one scheme refuses has its line and column, from a file or a pipe."""
    text = '{"self":{}}\n\n{"name":"d","self":{"device_id":"xyz"}}\n'
    fleet = write("fleet", text) if is_file else "-"
    words = ("self-compatible", "migration-version", "--fleet", fleet)
    answer = quick("scheme", "compare", *words, stdin=b"" if is_file else text)
    assert (answer.status, answer.out) == (2, "")
    name = "fleet" if is_file else "<stdin>"
    assert answer.err.startswith(f"{name}:3:34: not a PCI id")


def test_clauses_that_one_kind_cannot_have(quick, write):
    """An operator that only one scheme's kind has is read by this scheme."""
    versions = write(
        "versions", "scheme: v\nobjects: published\nattributes: {x: {type: version}}\n"
    )
    texts = write("texts", "scheme: t\nattributes: {x: {type: string, clause: equal}}\n")
    line = '{"name":"%s","self":{"x":"%s"},"compatible":[{"x":"range(1.0,1.5)"}]}\n'
    fleet = write("fleet", "".join(line % (name, f"1.{name}") for name in "1259"))
    found = quick("scheme", "compare", versions, texts, "--fleet", fleet, "--json")
    assert (found.status, found.err) == (1, "")
    assert [one["compatible"] for one in found.json["schemes"]] == [9, 0]
