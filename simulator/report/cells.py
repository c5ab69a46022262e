"""
The cells of the map: areas by verdict, symbols where there is room, shares where it is mixed.

Source: ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from types import MappingProxyType

from matplotlib.collections import PatchCollection
from matplotlib.font_manager import FontProperties
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from simulator.lab.chart.chart import Cell, Chart
from simulator.report.sheet import INK, Sheet
from simulator.report.text import share, sizes

__all__ = ["LOOKS", "Look", "draw_cells", "swatch"]

_GAP = 0.4
_SMALL = 7.5


@dataclass(frozen=True, slots=True)
class Look:
    """
    How a verdict is painted.

    Attributes:
        face: The colour.
        hatch: Lines over it, as matplotlib writes them, and their colour.
        symbol: A character, and its colour.
    """

    face: str
    hatch: tuple[str, str]
    symbol: tuple[str, str]


LOOKS = MappingProxyType(
    {
        "compatible": Look("#1d5a9e", ("", "none"), ("\u2713", "#ffffff")),
        "undecided": Look("#f2b134", ("/////", "#5e3c00"), ("?", "#2b1c00")),
        "incompatible": Look("#ececef", ("", "none"), ("\u00d7", "#6a6a72")),
    }
)
"""By verdict. They differ in lightness, and one has lines."""


@dataclass(slots=True)
class _Painted:
    """What is gathered of one verdict, to be drawn at once."""

    areas: list[Rectangle] = field(default_factory=list)
    marks: list[tuple[float, float]] = field(default_factory=list)


def draw_cells(
    sheet: Sheet, chart: Chart, edges: Sequence[float], corner: tuple[float, float]
) -> None:
    """Draw all cells of *chart*; *edges* part rows and columns, from the *corner* on."""
    painted = {name: _Painted() for name in LOOKS}
    spans = list(pairwise(edges))
    for (row, (top, bottom)), (column, (left, right)) in product(enumerate(spans), repeat=2):
        place = (corner[0] + left + _GAP, corner[1] + top + _GAP)
        size = (right - left - 2 * _GAP, bottom - top - 2 * _GAP)
        _gather(sheet, painted, chart.cells[row][column], place, size)
    for name, found in painted.items():
        _paint(sheet, LOOKS[name], found)


def _gather(
    sheet: Sheet,
    painted: dict[str, _Painted],
    cell: Cell,
    place: tuple[float, float],
    size: tuple[float, float],
) -> None:
    (x, y), (width, height) = place, size
    parts = {
        name: part
        for name, part in zip(
            LOOKS, (cell.compatible, cell.undecided, cell.incompatible), strict=True
        )
        if part
    }
    least = min(1.2, width / 3)
    for name, wide in zip(parts, sizes(list(parts.values()), width, least), strict=True):
        painted[name].areas.append(Rectangle((x, y), wide, height))
        x += wide
    middle = (place[0] + width / 2, place[1] + height / 2)
    if len(parts) == 1:
        painted[next(iter(parts))].marks.append(middle)
    elif cell.compatible and width >= 38 and height >= 12:
        _share(sheet, share(cell.compatible, cell.pairs), middle)


def _share(sheet: Sheet, text: str, middle: tuple[float, float]) -> None:
    """Write the share that is compatible on a label of its own, to be read on any colour."""
    width = 4.6 * len(text) + 4
    place = (middle[0] - width / 2, middle[1] - 5.5)
    sheet.add(Rectangle(place, width, 11, facecolor="white", edgecolor="none", zorder=4))
    sheet.text(*middle, text, _SMALL, align="center", color=INK)


def _paint(sheet: Sheet, look: Look, painted: _Painted) -> None:
    hatch, lines = look.hatch
    # Without width, the edge has no other use than to colour the hatch.
    areas = PatchCollection(
        painted.areas, facecolor=look.face, edgecolor=lines, hatch=hatch, linewidth=0
    )
    sheet.axes.add_collection(areas, autolim=False)
    if painted.marks:
        _mark(sheet, look, painted.marks)


def _mark(sheet: Sheet, look: Look, places: Sequence[tuple[float, float]]) -> None:
    symbol, ink = look.symbol
    xs, ys = zip(*places, strict=True)
    if look.hatch[0]:
        # Lines would run through the symbol.
        sheet.axes.scatter(xs, ys, s=80, color=look.face, linewidth=0, zorder=3)
    outline = TextPath((0, 0), symbol, size=10, prop=FontProperties(family="DejaVu Sans"))
    box = outline.get_extents()
    centred = Affine2D().translate(-(box.x0 + box.x1) / 2, -(box.y0 + box.y1) / 2)
    marker = MarkerStyle(outline.transformed(centred))
    sheet.axes.scatter(xs, ys, s=34, marker=marker, color=ink, linewidth=0, zorder=4)


def swatch(sheet: Sheet, look: Look, place: tuple[float, float]) -> None:
    """Draw the sample of a verdict, 12 points wide and high."""
    painted = _Painted([Rectangle(place, 12, 12)], [(place[0] + 6, place[1] + 6)])
    _paint(sheet, look, painted)
