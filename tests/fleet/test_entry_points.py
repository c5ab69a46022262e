"""Every function of mdm.h is met where memory ends: in a loop of refusals, or without any."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HEADER = (HERE.parents[1] / "csrc" / "mdm.h").read_text()
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def _entry_points() -> list[str]:
    declared = COMMENT.sub("", HEADER.split("/* cdef: begin */")[1])
    return sorted(set(re.findall(r"\b(mdm_\w+)\([^*]", declared)))


def _named_from(check: str, root: str) -> set[str]:
    """All names that the functions of *check* use which *root* reaches."""
    text = COMMENT.sub("", (HERE / check).read_text())
    bodies = dict(
        re.findall(r"^\w[^\n;]*?\b(\w+)\([^;{}]*\)\n\{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    )
    reached, left = set(), [root]
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += re.findall(r"\b[a-z]\w+\b", bodies.get(name, ""))
    return reached


LOOPS = _named_from("core_check.c", "exhaust_new") | _named_from("core_check.c", "exhaust_all")
WITHOUT = _named_from("argument_check.c", "check_without_memory")


def test_the_header_is_read():
    """What the other test goes through is all of the header's functions."""
    assert len(_entry_points()) == len(
        set(re.findall(r"^\w.*?\b(mdm_\w+)\(", HEADER, re.MULTILINE))
    )
    assert {"mdm_fleet_new", "mdm_join_pairs", "mdm_status_text"} <= set(_entry_points())


@pytest.mark.parametrize("name", _entry_points())
def test_every_entry_point_is_met_where_memory_ends(name):
    """A new function of the header needs a scenario in core_check.c, or answers without memory."""
    assert name in LOOPS | WITHOUT
