"""The map as a page: what stands in the file, before any browser reads it."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from report.fleets import HOSTILE, SCHEME, hostile_chart, plain_chart, population, reasons

from simulator.lab.population import Population
from simulator.report.page import render
from simulator.report.sections import laws_section, lint_section


class Page(HTMLParser):
    """The tags and the texts of scripts, styles and all else."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.attributes = []
        self.texts = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Keep the tag."""
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_data(self, data):
        """Keep the text under the tag before it."""
        self.texts.setdefault(self.tags[-1] if self.tags else "", []).append(data)


def page(found, sections=()):
    """Render a chart with its reasons."""
    return render(found, "fleet.ndjson", reasons(found), sections)


def data(text):
    """Read what the script reads."""
    return json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', text)[1])


def both_sections(found):
    """Give the sections that stand beside a map."""
    return (laws_section(found), lint_section(found, 400))


def test_the_data_of_the_page():
    """The script has every cell, the blocks, and a reason for each cell that is not compatible."""
    found = plain_chart()
    given = data(page(found))
    assert [one["label"] for one in given["groups"]] == [one.label for one in found.groups]
    assert given["cells"] == [
        [[cell.compatible, cell.undecided] for cell in row] for row in found.cells
    ]
    assert [(one["first"], one["size"]) for one in given["blocks"]] == [(0, 1), (1, 1), (2, 1)]
    assert set(given["reasons"]) == {f"{row} {column}" for row in range(3) for column in range(3)}
    reason = given["reasons"]["0 1"]
    assert reason["verdict"] == "incompatible"
    assert reason["lines"] == [
        "mdev_type: the source has i915-GVTg_V5_4, the target i915-GVTg_V5_8"
    ]


def test_reasons_are_bounded():
    """Cells beyond the number that was explained have no reason, and the page knows the number."""
    found = plain_chart("class")
    text = render(found, "fleet.ndjson", reasons(found)[:7])
    assert data(text)["explained"] == len(data(text)["reasons"]) == 7


def test_the_policy_names_the_script():
    """The page's policy forbids all but its own style and script, which it names by their hash."""
    text = page(plain_chart())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        [source] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        named = b64encode(sha256(source.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{named}'" in policy


def test_nothing_is_fetched():
    """No attribute and no style leads out of the page, and no handler stands in an attribute."""
    found = Page(page(plain_chart()))
    for _, name, value in found.attributes:
        assert name not in {"src", "srcset", "action", "style"}
        assert not name.startswith("on")
        assert name != "href" or value == "data:,"
    assert not re.search(r"url\((?!#)|@import", "".join(found.texts["style"]))


@pytest.mark.parametrize("by", ["mdev_type", "class", "device_api"])
def test_hostile_names_are_text(by):
    """Names that mean harm open no tag, end no script, and stand in the page as text."""
    found = hostile_chart(by)
    text = page(found, both_sections(found.population))
    tags = Page(text).tags
    assert tags.count("script") == 2
    assert not {"img", "b"} & set(tags)
    assert not any(ord(one) in range(0x202A, 0x2070) for one in data(text)["groups"][0]["label"])
    assert "\u202e" not in text
    assert "n" * 301 not in text
    assert text.count("</script>") == 2
    labels = "".join(one["label"] for one in data(text)["groups"])
    if by == "mdev_type":
        assert HOSTILE[0] in labels
        assert "\\u202egnp.exe\\u2066" in labels


def test_laws_and_lint_stand_beside():
    """A law that the fleet breaks is there with its devices, and so is what lint finds."""
    found = plain_chart()
    text = page(found, both_sections(found.population))
    assert "\u00d7 round-trip: broken" in text
    assert "\u2713 reflexive: holds" in text
    assert "L404 " in text
    assert " in the scheme and in this fleet." in text


def test_lint_of_the_largest_classes():
    """Of a large fleet the classes with the most devices are linted, and named by their place."""
    whole = population(("a", "b\u00e9"))
    small = lint_section(whole, 3)
    assert "the 3 largest classes of it" in small.about
    assert not any("ASCII" in one.head for one in small.findings)
    swapped = Population(SCHEME, whole.classes, tuple(range(len(whole.classes), 0, -1))[::-1])
    [finding] = [one for one in lint_section(swapped, 1).findings if "ASCII" in one.head]
    assert f"class #{len(whole.classes) - 1}" in finding.lines[0]
