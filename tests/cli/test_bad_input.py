"""Bad input of every form: status 2, the place of the mistake, no traceback, nothing half done."""

import ctypes
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

LISTING = """\
SELF:
	device_type=pci
	aggregator=1
	pv_mode="none+ppgtt"
COMPATIBLE:
	mdev_type=i915-GVTg_V5_{val1:int:1,2,4,8}
	aggregator={val1}/2
	pv_mode=superset(none)
"""
LINE = json.dumps(
    {
        "name": "é",
        "self": {"device_type": "pci", "aggregator": 1, "pv_mode": "none+ppgtt"},
        "compatible": [
            {
                "mdev_type": "i915-GVTg_V5_{val1:int:1,2,4,8}",
                "aggregator": "{val1}/2",
                "pv_mode": "superset(none)",
            }
        ],
    },
    ensure_ascii=False,
)
HOST = """\
kernel: 6.1
scheme: self-compatible
parents:
  - driver: i915
    options: {pci_id: 8086591d, aperture_mb: 1024}
    driver_version: 1.2.0
    attributes:
      aggregator: 1
      pv_mode: none+ppgtt
    compatible:
      - mdev_type: i915-GVTg_V5_{val1:int:1,2,4,8}
        aggregator: "{val1}/2"
        pv_mode: superset(none)
    mdevs:
      - uuid: 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
        type: i915-GVTg_V5_2
"""
SCHEME = """\
scheme: mine
objects: published
attributes:
  device_type: {type: string}
  aggregator: {type: int}
  pv_mode: {type: set, clause: superset}
  mdev_type: {type: string}
prefer:
  aggregator: highest
"""
TEXTS = {
    "listing": (LISTING, ("check", "{}", "UUID1")),
    "second listing": (LISTING, ("check", "UUID1", "{}")),
    "described": (LISTING, ("describe", "{}")),
    "line": (LINE, ("check", "{}", "UUID1")),
    "source": (LINE, ("match", "{}", "--fleet", "good")),
    "fleet": (LINE, ("match", "UUID1", "--fleet", "{}")),
    "fleet, judge": (LINE, ("match", "UUID1", "--fleet", "{}", "--engine", "python")),
    "fleet, info": (LINE, ("fleet", "info", "{}")),
    "host": (HOST, ("describe", "{}")),
    "scheme": (SCHEME, ("scheme", "show", "{}")),
    "scheme, option": (SCHEME, ("check", "good", "good", "--scheme", "{}")),
}
"""A good text of each form, and how to have it read."""

PLACED = re.compile(r"bad:\d+:\d+: \S.*\n    .*\n    [ \t]*\^+\n")
WHOLE = re.compile(r"bad: \S.*\n")


@pytest.fixture
def read(quick, write):
    """Have a text read as one of the forms."""
    write("good", LINE + "\n")

    def run(form, text, verb=quick):
        write("bad", text)
        return verb(*(word.format("bad") for word in TEXTS[form][1]))

    return run


def check_refused(answer):
    """Check that an answer is a refusal in the house's form; give its first line."""
    assert (answer.status, answer.out) == (2, "")
    assert re.fullmatch(f"(?:{PLACED.pattern}|{WHOLE.pattern})+", answer.err), answer.err
    return answer.err.splitlines()[0]


@pytest.mark.parametrize("form", TEXTS)
def test_good_texts(read, form):
    """The texts that the mistakes are put into are good."""
    assert read(form, TEXTS[form][0]).err == ""
    assert read(form, TEXTS[form][0]).status in {0, 1, 3}


# ---- mistakes in what is said, by form: what is replaced, and what is shown

CLAUSES = [
    ("superset(none)", "{val2}", "val2 is used before it is declared"),
    ("{val1}/2", "{val1:int:1}", "val1 is declared twice"),
    ("{val1}/2", "{val1}/0", "division by zero"),
    ("{val1}/2", "{val1}/2147483648", "integer overflow"),
    ("{val1}/2", "9223372036854775808", "integer overflow"),
    ("{val1:int:1,2,4,8}", "{val1:int:1,2,4,8", "unclosed brace"),
    ("superset(none)", "superset(none", "unclosed"),
    ("superset(none)", "perhaps(none)", "perhaps"),
    ("superset(none)", "range(1,2)", "range"),
    ("superset(none)", "none+none", "none is there twice"),
]
OWN = {
    "listing": [
        ("aggregator=1", "agregator=1", "unknown attribute agregator"),
        ("aggregator=1", "aggregator=one", "not an integer"),
        ("aggregator=1", "aggregator=9223372036854775808", "integer overflow"),
        ('"none+ppgtt"', '"none+ppgtt', "unclosed quote"),
        ("\taggregator=1", "\tdevice_type=pci", "device_type is there twice"),
        ("SELF:", "COMPATIBLE:", "COMPATIBLE before SELF"),
        ("COMPATIBLE:", "SELF:", "a second SELF"),
        ("SELF:\n", "", "a field before any heading"),
    ],
    "line": [
        ("aggregator", "agregator", 'unknown attribute "agregator"'),
        ('"aggregator": 1', '"aggregator": "1"', "wrong type"),
        ('"aggregator": 1', '"aggregator": 1.5', "not an integer"),
        ('"aggregator": 1', '"aggregator": 9223372036854775808', "integer overflow"),
        ('"aggregator": 1', '"aggregator": 1, "aggregator": 1', '"aggregator" is there twice'),
        ("none+ppgtt", 'none"+ppgtt', "this is not JSON"),
        ("}]}", "}]", "the line ends here"),
        ("self", "myself", 'unknown key "myself"'),
        ('"name"', '"self": {}, "name"', '"self" is there twice'),
        ('"é"', '"\\ud800"', "lone surrogate"),
    ],
    "host": [
        ("aggregator: 1", "agregator: 1", "unknown attribute agregator"),
        ("aggregator: 1", "aggregator: one", "not an integer"),
        ("aggregator: 1", "aggregator: [1]", "a list or mapping stands here"),
        ("aggregator: 1", "aggregator: 9223372036854775808", "integer overflow"),
        ("aggregator: 1", "pv_mode: none", "pv_mode is there twice"),
        ("{pci_id", "{{pci_id", "not YAML"),
        ("{pci_id: 8086591d,", "{pci_id: 8086591d, pci_id: 8086591d,", "pci_id is there twice"),
        ("aperture_mb: 1024", "aperture_mb: big", "'big' is of the wrong type"),
        ("driver: i915", "driver: i916", "no vendor driver i916"),
        ("kernel: 6.1", "kernel: 2.4", "no kernel 2.4"),
        ("scheme: self-compatible", "scheme: nobody", "no scheme nobody"),
        ("driver_version: 1.2.0", "version: 1.2.0", "unknown field version"),
        ("i915-GVTg_V5_2", "i915-GVTg_V4_2", "no type i915-GVTg_V4_2"),
        ("83b8f4f2-509f", "83b8f4f2_509f", "EINVAL"),
        ('"{val1}/2"', '"{val1}/2', "not YAML"),
    ],
    "scheme": [
        ("type: int", "type: integer", "'integer' is no choice here"),
        ("type: int", "kind: int", "unknown field kind"),
        ("  mdev_type:", "  pv_mode:", "pv_mode is there twice"),
        ("aggregator: highest", "agregator: highest", "agregator is no attribute"),
        ("type: int}", "type: int", "not YAML"),
        ("clause: superset", "clause: version", "version cannot compare"),
        ("objects: published", "objects: [published]", "a list or mapping stands here"),
        ("scheme: mine\n", "", "no field scheme"),
        ("attributes:", "attribute:", "unknown field attribute"),
    ],
}
SAME_AS = {"second listing": "listing", "described": "listing"} | dict.fromkeys(
    ("source", "fleet", "fleet, judge", "fleet, info"), "line"
)
SAME_AS |= {"scheme, option": "scheme"}
MISTAKES = [
    (form, *mistake)
    for form in TEXTS
    for mistake in [
        *OWN[SAME_AS.get(form, form)],
        *(CLAUSES if SAME_AS.get(form, form) != "scheme" else []),
    ]
]


@pytest.mark.parametrize(("form", "old", "new", "said"), MISTAKES)
def test_a_mistake_is_shown_where_it_stands(read, form, old, new, said):
    """Each mistake is told with file, line, column and a caret."""
    text = TEXTS[form][0]
    assert old in text
    if form == "host" and old == "superset(none)":
        new = f"'{new}'"
    answer = read(form, text.replace(old, new, 1))
    check_refused(answer)
    assert PLACED.match(answer.err)
    assert said in answer.err


@pytest.mark.parametrize(
    ("form", "old", "new", "place"),
    [
        ("listing", "aggregator=1", "aggregator=one", "3:13"),
        ("line", '"aggregator": 1', '"aggregator": true', "1:60"),
        ("fleet", '"aggregator": 1', '"aggregator": true', "1:60"),
        ("fleet, judge", '"aggregator": 1', '"aggregator": true', "1:60"),
        ("host", "aggregator: 1", "aggregator: one", "8:19"),
        ("scheme", "type: int", "type: one", "5:22"),
    ],
)
def test_the_place_is_exact(read, form, old, new, place):
    """Line and column point at the first character of the mistake."""
    first = check_refused(read(form, TEXTS[form][0].replace(old, new)))
    assert first.startswith(f"bad:{place}: ")


def test_the_line_in_a_fleet(read):
    """A mistake in the middle of a fleet is told with its line, also after long pieces."""
    lines = [LINE] * 30000
    lines[25000] = LINE.replace("none+ppgtt", "none+none")
    for form in ("fleet", "fleet, info"):
        assert check_refused(read(form, "\n".join(lines))).startswith("bad:25001:")


@pytest.mark.parametrize(
    ("bad", "said"), [(20, ""), (21, "1 more line has"), (256, "at least 236 more lines have")]
)
def test_many_bad_lines(read, bad, said):
    """Twenty bad lines of a fleet are explained, and the rest is counted."""
    answer = read("fleet", "nonsense\n" * bad)
    check_refused(answer)
    assert len(PLACED.findall(answer.err)) == 20
    last = answer.err.splitlines()[-1]
    assert last == (f"bad: {said} mistakes" if said else "    ^")


# ---- texts that are none


FORMS_WITH_LINES = [form for form in TEXTS if form not in {"fleet", "fleet, judge", "fleet, info"}]
BROKEN = {
    "empty": (lambda _: b"", "bad: the file is empty"),
    "binary": (lambda _: bytes(range(256)), "bad:1:1: a NUL byte"),
    "not UTF-8": (lambda data: data[:3] + b"\xff" + data[3:], "bad:1:4: byte 0xff is not UTF-8"),
    "cut in a character": (lambda data: data + b"\n# \xc3", "byte 0xc3 is not UTF-8"),
    "Latin-1": (lambda data: data + b"\n# \xe9\n", "byte 0xe9 is not UTF-8"),
    "NUL": (lambda data: data[:3] + b"\0" + data[3:], "bad:1:4: a NUL byte"),
}


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize("broken", BROKEN)
def test_files_that_are_no_text(read, form, broken):
    """An empty file, a binary one and one in another encoding are told as such."""
    change, said = BROKEN[broken]
    answer = read(form, change(TEXTS[form][0].encode()))
    check_refused(answer)
    assert said in answer.err


@pytest.mark.parametrize("form", FORMS_WITH_LINES)
def test_files_of_blanks(read, form):
    """A file of blanks says nothing, so it is refused."""
    check_refused(read(form, " \n\n \n"))


def test_a_fleet_of_blank_lines_has_no_device(read):
    """Blank lines are skipped, and a fleet of nothing else is refused as an empty file is."""
    for form in ("fleet", "fleet, judge", "fleet, info"):
        assert check_refused(read(form, " \n\n")) == "bad: the file holds no description"


@pytest.mark.parametrize("form", TEXTS)
def test_line_ends_do_not_matter(read, form):
    """CRLF, and a last line without its end, read as LF does."""
    text = TEXTS[form][0].rstrip("\n") + "\n"
    expected = read(form, text)
    crlf = read(form, text.replace("\n", "\r\n"))
    if form != "scheme":
        assert (crlf.out, crlf.err) == (expected.out, "")
    assert (crlf.status, crlf.err) == (expected.status, "")
    cut = read(form, text.rstrip("\n"))
    assert (cut.status, cut.out, cut.err) == (expected.status, expected.out, "")


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize("share", [0.3, 0.55, 0.8, 0.95])
def test_files_that_end_in_the_middle(read, form, share):
    """A text that was cut is refused with its place, or is a whole text by chance."""
    text = TEXTS[form][0]
    answer = read(form, text[: int(len(text) * share)])
    if answer.status == 2 or TEXTS[form][0] is LINE:
        check_refused(answer)
    else:
        assert answer.err == ""


# ---- large texts


@pytest.mark.parametrize("form", ["listing", "line", "source", "fleet", "fleet, judge", "scheme"])
@pytest.mark.parametrize("text", ["x" * 10**7, '{"name":"' + "x" * 10**7, "[" * 10**5])
def test_a_line_of_10_mb(read, form, text):
    """A line of 10 MB is refused where it says nothing, and its excerpt is short."""
    answer = read(form, text)
    check_refused(answer)
    assert len(answer.err) < 1000


def test_a_host_of_10_mb(read):
    """A host file with a line of 10 MB is refused at once."""
    answer = read("host", TEXTS["host"][0].replace("i915", "x" * 10**7, 1))
    assert "the file is too long; expected at most 1048576 bytes" in check_refused(answer)


@pytest.mark.parametrize("form", ["listing", "line", "source", "fleet", "fleet, judge"])
def test_an_attribute_of_1_mb(read, form):
    """A name that is quoted in the message is cut there."""
    answer = read(form, TEXTS[form][0].replace("aggregator", "x" * 10**6, 1))
    assert "unknown attribute" in check_refused(answer)
    assert len(answer.err) < 1000


@pytest.mark.parametrize("form", ["line", "source", "fleet", "fleet, judge"])
def test_what_steers_a_terminal(read, form):
    """A name with an escape sequence is shown without it."""
    answer = read(form, '{"self":{"\\u001b[2J":1,"\u009b2J":1}}')
    check_refused(answer)
    assert [c for c in answer.err if not c.isprintable() and c != "\n"] == []


def test_a_good_line_of_10_mb(read):
    """A line of 10 MB that is right, with a comment or blanks, is read."""
    assert read("listing", LISTING + "#" + "x" * 10**7 + "\n").err == ""
    for form in ("line", "fleet"):
        assert read(form, LINE + " " * 10**7).err == ""


def test_a_value_that_is_too_long(read):
    """A value of more than 4096 bytes is refused where it stands."""
    long = "x" * 10**6
    for form in ("listing", "line", "source", "fleet", "fleet, judge", "host"):
        text = TEXTS[form][0].replace("none+ppgtt", long, 1)
        first = check_refused(read(form, text))
        assert re.match(r"bad:\d+:\d+: ", first)
        assert "4096" in first


NUMBERS = ",".join(map(str, range(1, 100_001)))


@pytest.mark.parametrize(
    ("form", "clause"),
    [
        ("listing", "one_of(%s)"),
        ("fleet", "one_of(%s)"),
        ("fleet, judge", "{val2:int:%s}"),
        ("host", "{val2:int:%s}"),
    ],
)
def test_a_list_of_100_000_items(read, form, clause):
    """A list of 100,000 items is read; with one mistake in it, the mistake is shown."""
    old = '"{val1}/2"' if form == "host" else "{val1}/2"
    new = f"'{clause % NUMBERS}'" if form == "host" else clause % NUMBERS
    answer = read(form, TEXTS[form][0].replace(old, new))
    assert (answer.status in {0, 1}, answer.err) == (True, "")
    wrong = new.replace(",77777,", ",seven,")
    answer = read(form, TEXTS[form][0].replace(old, wrong))
    first = check_refused(answer)
    assert re.match(r"bad:\d+:\d{6}: ", first)
    assert "seven" in answer.err


def test_a_list_of_100_000_objects(read):
    """A device may publish very many objects."""
    line = json.dumps({"self": {"aggregator": 1}, "compatible": [{"aggregator": 2}] * 100_000})
    assert read("fleet", line).status == 1
    wrong = line.removesuffix("]}") + ", {}]}"
    assert "an object without clauses" in check_refused(read("fleet", wrong))


# ---- files that cannot be read


@pytest.mark.parametrize("form", TEXTS)
def test_a_directory(quick, write, tmp_path, form):
    """A directory is no file."""
    write("good", LINE)
    (tmp_path / "bad").mkdir()
    answer = quick(*(word.format("bad") for word in TEXTS[form][1]))
    assert (answer.status, answer.out, answer.err) == (2, "", "bad: Is a directory\n")


@pytest.mark.parametrize("form", TEXTS)
def test_a_missing_file(quick, write, form):
    """A file that is not there is one clear line, or a usage error for an option."""
    write("good", LINE)
    answer = quick(*(word.format("bad") for word in TEXTS[form][1]))
    assert (answer.status, answer.out) == (2, "")
    if "scheme" in form:
        assert "Error: Invalid value" in answer.err
        assert "no scheme bad" in answer.err
    else:
        assert re.fullmatch(r"bad: No such file or directory(; expected .*)?\n", answer.err)


@pytest.mark.parametrize("form", TEXTS)
def test_a_link_to_nowhere(quick, write, tmp_path, form):
    """A broken link is a missing file, not an example."""
    write("good", LINE)
    (tmp_path / "bad").symlink_to("nowhere")
    answer = quick(*(word.format("bad") for word in TEXTS[form][1]))
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == "bad: No such file or directory\n"


def obey_permissions():
    """Take from root what lets it read everything: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
    for capability in (1, 2):
        if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "PR_CAPBSET_DROP")


@pytest.mark.parametrize("form", ["listing", "fleet", "fleet, judge", "host", "scheme"])
def test_an_unreadable_file(command, write, tmp_path, form):
    """A file without permission is one clear line."""
    write("good", LINE)
    write("bad", TEXTS[form][0])
    (tmp_path / "bad").chmod(0)
    words = (word.format("bad") for word in TEXTS[form][1])
    answer = command(*words, preexec_fn=obey_permissions if os.geteuid() == 0 else None)
    assert (answer.status, answer.out, answer.err) == (2, "", "bad: Permission denied\n")


@pytest.mark.parametrize("form", ["listing", "fleet", "fleet, judge", "host", "scheme"])
def test_a_closed_standard_input(environment, tmp_path, write, form):
    """Standard input that is not there is told as such."""
    write("good", LINE)
    words = (word.format("-") for word in TEXTS[form][1])
    done = subprocess.run(
        [sys.executable, "-P", "-m", "simulator.cli", *words],
        check=False,
        capture_output=True,
        cwd=tmp_path,
        env=environment,
        stdin=None,
        preexec_fn=lambda: os.close(0),
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"<stdin>: standard input is closed\n"


@pytest.mark.parametrize("form", TEXTS)
def test_an_empty_standard_input(quick, write, form):
    """Standard input without a byte is an empty file."""
    write("good", LINE)
    answer = quick(*(word.format("-") for word in TEXTS[form][1]))
    assert (answer.status, answer.out, answer.err) == (2, "", "<stdin>: the file is empty\n")


# ---- options


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("match", "UUID1", "--fleet", "good", "--first", "0"), "--first"),
        (("match", "UUID1", "--fleet", "good", "--first", "x"), "--first"),
        (("match", "UUID1", "--fleet", "good", "--explain", "-1"), "--explain"),
        (("match", "UUID1", "--fleet", "good", "--engine", "rust"), "--engine"),
        (("match", "UUID1", "--fleet", "good", "--accepted-by", "me"), "--accepted-by"),
        (("check", "UUID1", "UUID2", "--scheme", ""), "--scheme"),
        (("check", "", "UUID2"), ": No such file or directory"),
        (("describe", "--vendor", "nouveau"), "--vendor"),
        (("describe", "--kernel", "6.2"), "--kernel"),
        (("fleet", "make", "--devices", "1e6"), "--devices"),
        (("completion", "sh"), "'sh' is not one of"),
        (("scheme", "show", ""), "no scheme"),
    ],
)
def test_options(quick, write, asked, said):
    """An option that makes no sense is named."""
    write("good", LINE)
    answer = quick(*asked)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err


def test_nothing_is_written_beside_the_input(read, tmp_path):
    """No refusal leaves a file behind."""
    for form in TEXTS:
        read(form, "nonsense")
    assert sorted(path.name for path in Path(tmp_path).iterdir()) == ["bad", "good"]
