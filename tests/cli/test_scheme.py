"""``mdevsim scheme``."""

from pathlib import Path

import pytest

from simulator.compat.schemes import builtin_names, builtin_text


def test_list(quick, golden):
    """Every shipped scheme has a name and a summary."""
    answer = quick("scheme", "list")
    golden("scheme-list", answer.out)
    listed = quick("scheme", "list", "--json").json
    assert [one["scheme"] for one in listed] == list(builtin_names())
    assert all(one["summary"] for one in listed)


@pytest.mark.parametrize("name", builtin_names())
def test_show_prints_the_text(quick, write, name):
    """A scheme is shown as it is written, and its copy is the same scheme."""
    answer = quick("scheme", "show", name)
    assert answer.out == builtin_text(name)
    copy = write("copy.yaml", answer.out)
    assert quick("scheme", "show", copy).out == answer.out
    assert (
        quick("scheme", "show", copy, "--json").out == quick("scheme", "show", name, "--json").out
    )


def test_show_json_fills_in_the_defaults(quick):
    """--json says what a scheme means, also what it leaves out."""
    found = quick(
        "scheme", "show", "-", "--json", stdin="scheme: s\nattributes: {a: {type: int}}"
    ).json
    attribute = {"type": "int", "clause": None, "of": "a", "missing": "undecided", "from": None}
    attribute |= {"required": False, "scope": None, "settable": False, "valid": None}
    attribute |= {"limit": "other", "blocks": "all", "errno": "EINVAL", "log": ""}
    assert found == {
        "scheme": "s",
        "summary": "",
        "source": "",
        "accepted-by": "target",
        "objects": "none",
        "missing": "undecided",
        "unlisted": "ignored",
        "division": "exact",
        "attributes": {"a": attribute},
        "prefer": {},
        "surface": [],
        "accepts": [],
        "copied": None,
    }


def test_schema(quick):
    """What is printed is the JSON Schema that the documentation keeps."""
    kept = Path(__file__).parents[2] / "docs" / "scheme.schema.json"
    assert quick("scheme", "schema").out == kept.read_text("utf-8")


def test_show_standard_input(command):
    """A dash is standard input, and what is read is printed."""
    text = builtin_text("software-version")
    assert command("scheme", "show", "-", stdin=text).out == text


def test_a_scheme_that_is_not_there(quick):
    """The shipped names are told; an example is no scheme."""
    for name in ("nobody", "UUID1"):
        answer = quick("scheme", "show", name)
        assert (answer.status, answer.out) == (2, "")
        expected = "a file, or one of " + ", ".join(builtin_names())
        assert f"no scheme {name}; expected {expected}" in answer.err


def test_every_mistake_at_once(quick, write, golden):
    """A wrong scheme is shown with all mistakes, where they stand."""
    name = write(
        "wrong.yaml",
        "scheme: s\nacepted-by: target\nobjects: maybe\nattributes:\n"
        "  a: {type: int, clause: superset}\n  b: {typ: int}\n  a: {type: set}\n"
        "prefer: {c: highest}\n",
    )
    answer = quick("scheme", "show", name)
    assert (answer.status, answer.out) == (2, "")
    golden("scheme-mistakes", answer.err)
