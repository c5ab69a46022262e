"""
The map as a picture for papers: PNG or SVG, drawn by matplotlib.

The area of a cell stands for its device pairs, and is divided by their verdicts. Verdicts differ
in lightness and pattern besides the colour. The same map gives the same bytes.

Source: ours; the colours keep apart under the usual kinds of colour blindness.
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import BinaryIO, NamedTuple

from matplotlib import rc_context, rcdefaults
from matplotlib.patches import Rectangle

from simulator.lab.chart.chart import Chart
from simulator.report.cells import LOOKS, draw_cells, swatch
from simulator.report.sheet import INK, Sheet, Writer
from simulator.report.text import plain, short, sizes
from simulator.report.words import headline, how_to_read, kinds, subtitle

__all__ = ["draw"]

_DOTS = 200
_LEAST = 13.0
_SIDE = 380.0
_PAD = 18.0
_TITLE, _TEXT, _SMALL = 13.0, 8.5, 7.5
_LABEL, _BRIEF = 40, 24
_GREY = "#5a5a62"


def draw(chart: Chart, fleet: str, stream: BinaryIO, file_format: str) -> None:
    """
    Draw the map.

    Args:
        chart: What it shows; at least one group.
        fleet: What the fleet is called.
        stream: Where the bytes go.
        file_format: ``png``, of 200 dots an inch, or ``svg``.
    """
    metadata: dict[str, str | None] = {"Title": headline(chart)}
    # Else the picture would tell when, and with which release of matplotlib, it was made.
    metadata |= {"Date": None, "Creator": None} if file_format == "svg" else {"Software": None}
    with rc_context():
        rcdefaults()
        with rc_context(
            {"svg.hashsalt": "mdevsim", "svg.fonttype": "path", "hatch.linewidth": 0.8}
        ):
            figure = _drawn(chart, fleet).figure
            figure.savefig(stream, format=file_format, dpi=_DOTS, metadata=metadata)


class _Entry(NamedTuple):
    """One entry of the legend: a verdict, or a style of outline."""

    verdict: str
    text: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class _Plan:
    """
    Where everything goes, in points.

    Attributes:
        names: Of the rows.
        briefs: Of the columns.
        counts: The devices of the rows.
        edges: Between rows, and between columns, from the corner of the matrix.
        left: Where the matrix begins.
        top: Likewise.
        tally: The width of the counts.
        title: One line or more.
        about: Likewise.
        legend: Lines of entries, each with its place.
        notes: Lines below.
    """

    names: list[str]
    briefs: list[str]
    counts: list[str]
    edges: list[float]
    left: float
    top: float
    tally: float
    title: list[str]
    about: list[str]
    legend: list[list[tuple[float, _Entry]]]
    notes: list[str]

    @property
    def width(self) -> float:
        """Of the sheet."""
        return self.left + self.edges[-1] + _PAD

    @property
    def foot(self) -> float:
        """Where the legend begins."""
        return self.top + self.edges[-1] + 20

    @property
    def height(self) -> float:
        """Of the sheet."""
        return self.foot + 17 * len(self.legend) + 11 * len(self.notes) + _PAD


def _plan(chart: Chart, fleet: str) -> _Plan:
    writer = Writer()
    names = [writer.drawable(short(plain(one.label), _LABEL)) for one in chart.groups]
    briefs = [writer.drawable(short(plain(one.brief), _BRIEF)) for one in chart.groups]
    counts = [f"{one.devices:,}" for one in chart.groups]
    side = max(_SIDE, 1.3 * _LEAST * len(names))
    edges = [0.0, *accumulate(sizes([one.devices for one in chart.groups], side, _LEAST))]
    tally = max(writer.width(text, _SMALL) for text in (*counts, "devices"))
    left = _PAD + 18 + max(writer.width(text, _TEXT) for text in names) + tally + 16
    room = left + edges[-1] - _PAD
    title = writer.wrapped(writer.drawable(headline(chart)), _TITLE, room, "bold")
    about = writer.wrapped(writer.drawable(subtitle(chart, fleet)), _TEXT, room)
    head = 17 * len(title) + 12 * len(about) + 30
    top = _PAD + head + max(writer.width(text, _TEXT) for text in briefs)
    return _Plan(
        names,
        briefs,
        counts,
        edges,
        left,
        top,
        tally,
        title,
        about,
        _legend(chart, writer, room),
        writer.wrapped(how_to_read(chart), _SMALL, room),
    )


def _legend(chart: Chart, writer: Writer, room: float) -> list[list[tuple[float, _Entry]]]:
    entries = [_Entry(name, f"{name}: {part} of pairs") for name, part in kinds(chart).items()]
    joined = [block.is_complete for block in chart.blocks if block.is_joined]
    if True in joined:
        entries.append(_Entry("", "joined by islands, all pairs", "solid"))
    if False in joined:
        entries.append(_Entry("", "joined by islands, not all pairs", "dashed"))
    lines: list[list[tuple[float, _Entry]]] = [[]]
    at = 0.0
    for entry in entries:
        wide = 18 + writer.width(entry.text, _TEXT)
        if at and at + wide > room:
            lines.append([])
            at = 0.0
        lines[-1].append((at, entry))
        at += wide + 18
    return lines


def _drawn(chart: Chart, fleet: str) -> Sheet:
    plan = _plan(chart, fleet)
    sheet = Sheet(plan.width, plan.height)
    for line, text in enumerate(plan.title):
        sheet.text(_PAD, _PAD + 6 + 17 * line, text, _TITLE, weight="bold")
    under = _PAD + 17 * len(plan.title) + 5
    for line, text in enumerate(plan.about):
        sheet.text(_PAD, under + 12 * line, text, _TEXT, color=_GREY)
    _axes(sheet, plan)
    draw_cells(sheet, chart, plan.edges, (plan.left, plan.top))
    for block in chart.blocks:
        if block.is_joined:
            start, end = plan.edges[block.first], plan.edges[block.first + block.size]
            place = (plan.left + start, plan.top + start)
            sheet.add(_outline(place, end - start, "solid" if block.is_complete else "dashed"))
    _foot(sheet, plan)
    return sheet


def _axes(sheet: Sheet, plan: _Plan) -> None:
    """Write what rows and columns are."""
    spans = pairwise(plan.edges)
    for name, brief, count, (start, end) in zip(
        plan.names, plan.briefs, plan.counts, spans, strict=True
    ):
        middle = (start + end) / 2
        sheet.text(plan.left - 16 - plan.tally, plan.top + middle, name, _TEXT, align="right")
        sheet.text(plan.left - 6, plan.top + middle, count, _SMALL, align="right", color=_GREY)
        sheet.text(plan.left + middle, plan.top - 6, brief, _TEXT, upright=True)
    sheet.text(plan.left - 6, plan.top - 9, "devices", _SMALL, align="right", color=_GREY)
    sheet.text(
        plan.left - 16 - plan.tally, plan.top - 9, "source", _TEXT, align="right", weight="bold"
    )
    above = _PAD + 17 * len(plan.title) + 12 * len(plan.about) + 12
    sheet.text(
        plan.left + plan.edges[-1] / 2, above, "target", _TEXT, align="center", weight="bold"
    )


def _outline(place: tuple[float, float], size: float, line: str) -> Rectangle:
    style = "-" if line == "solid" else (0, (3, 1.6))
    return Rectangle(
        place, size, size, fill=False, edgecolor=INK, linewidth=1.5, linestyle=style, zorder=5
    )


def _foot(sheet: Sheet, plan: _Plan) -> None:
    """Draw the legend, and say how the picture is read."""
    for line, entries in enumerate(plan.legend):
        y = plan.foot + 17 * line
        for x, entry in entries:
            if entry.line:
                sheet.add(_outline((_PAD + x + 1, y - 5), 10, entry.line))
            else:
                swatch(sheet, LOOKS[entry.verdict], (_PAD + x, y - 6))
            sheet.text(_PAD + x + 17, y, entry.text, _TEXT)
    for line, text in enumerate(plan.notes):
        y = plan.foot + 17 * len(plan.legend) + 4 + 11 * line
        sheet.text(_PAD, y, text, _SMALL, color=_GREY)
