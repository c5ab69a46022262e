"""The map as PNG and SVG."""

import io
import struct
import warnings
from xml.etree import ElementTree as ET

import pytest
from report.fleets import HOSTILE, SCHEME, device, hostile_chart, plain_chart

from simulator.lab.chart.chart import chart
from simulator.lab.population import Population
from simulator.report.picture import draw
from simulator.report.sheet import Writer
from simulator.report.text import plain

SVG = "{http://www.w3.org/2000/svg}"


def drawn(found, file_format, fleet="fleet.ndjson"):
    """Draw into memory; what matplotlib warns of is an error."""
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(found, fleet, stream, file_format)
    return stream.getvalue()


def points(svg):
    """Width and height of an SVG in points."""
    root = ET.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    return [float(root.get(name).removesuffix("pt")) for name in ("width", "height")]


def test_svg_is_xml_and_the_same_twice():
    """An SVG parses, and the same map gives the same bytes, without a date."""
    found = plain_chart()
    svg = drawn(found, "svg")
    assert min(points(svg)) > 300
    assert svg == drawn(plain_chart(), "svg")
    assert b"dc:date" not in svg
    assert b"software-version: who can migrate where, by mdev_type" in svg


@pytest.mark.parametrize("by", ["mdev_type", "class"])
def test_png_has_the_size_of_the_svg(by):
    """A PNG has its signature and end, and 200 dots for each inch of the SVG; twice the same."""
    found = plain_chart(by)
    png = drawn(found, "png")
    assert png.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    assert png.endswith(b"IEND\xaeB`\x82")
    size = struct.unpack(">II", png[16:24])
    inches = [points_ / 72 for points_ in points(drawn(found, "svg"))]
    assert size == pytest.approx([200 * inch for inch in inches], abs=1.5)
    assert png == drawn(found, "png")


def areas(svg, color):
    """Count the shapes that are filled with a colour."""
    root = ET.fromstring(svg)
    return sum(f"fill: {color}" in (one.get("style") or "") for one in root.iter())


def test_what_is_drawn():
    """Each verdict is drawn where it occurs and in the legend, the undecided with a hatch."""
    svg = drawn(plain_chart(), "svg")
    # Three types: all three verdicts on the diagonal, elsewhere one.
    assert areas(svg, "#1d5a9e") == 3 + 1
    assert areas(svg, "#ececef") == 9 + 1
    assert svg.count(b"fill: url(#h") == 3 + 1
    sure = chart(Population.of(SCHEME, [device("a", "1.0", "one")]), "mdev_type")
    svg = drawn(sure, "svg")
    assert [areas(svg, color) for color in ("#1d5a9e", "#ececef")] == [1 + 1, 1]
    assert svg.count(b"fill: url(#h") == 1


@pytest.mark.parametrize("by", ["mdev_type", "class"])
def test_hostile_names(by):
    """Names that mean harm are drawn, and leave nothing but shapes in the file."""
    svg = drawn(hostile_chart(by), "svg", fleet="</svg><script>hacked=1</script>$x^$")
    tags = {one.tag.rpartition("}")[2] for one in ET.fromstring(svg).iter()}
    assert not tags & {"script", "text", "image", "a", "foreignObject", "img"}
    assert b"<script" not in svg
    width, height = points(svg)
    assert width < 2000
    assert height < 2000


def test_a_writer_knows_its_font():
    """What the font has not is replaced, and what runs from the right is held in its line."""
    writer = Writer()
    assert writer.drawable("i915-GVTg_V5_4 é →") == "i915-GVTg_V5_4 é →"
    assert writer.drawable("\u4e2d\U000f0000") == "\ufffd\ufffd"
    assert writer.drawable("\u05de").startswith("\u200e")
    assert all(writer.width(writer.drawable(plain(one)), 8) > 0 for one in HOSTILE)
    assert writer.width("MM", 10) == pytest.approx(2 * writer.width("M", 10), rel=0.02)
    assert writer.width("M", 20) == pytest.approx(2 * writer.width("M", 10))


def test_lines_are_broken_at_words():
    """A text is broken into lines that fit; a word that fits nowhere has a line of its own."""
    writer = Writer()
    text = "one two three " + "x" * 60 + " four"
    lines = writer.wrapped(text, 8, 60)
    assert " ".join(lines) == text
    assert all(writer.width(line, 8) <= 60 or " " not in line for line in lines)
    assert len(lines) >= 3
