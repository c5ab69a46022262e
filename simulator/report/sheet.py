"""
A sheet to draw on, measured in points from its upper left corner, and text that is measured first.

Source: ours.
"""

from typing import cast
from unicodedata import bidirectional

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.patches import Patch

__all__ = ["INK", "Sheet", "Writer"]

INK = "#1a1a1e"
_FAMILY = "DejaVu Sans"
"""The font that comes with matplotlib, so that a picture is the same everywhere."""
_MISSING = "\ufffd"
_LEFT_TO_RIGHT = "\u200e"
_MEASURED = 100.0


class Writer:
    """Knows how wide a text will be, and which characters the font has."""

    def __init__(self) -> None:
        self._fonts = {weight: _font(weight) for weight in ("normal", "bold")}
        self._glyphs = self._fonts["normal"].get_charmap()

    def drawable(self, text: str) -> str:
        """Replace what the font has not, and let the line run from left to right."""
        written = "".join(one if ord(one) in self._glyphs else _MISSING for one in text)
        turns = any(bidirectional(one) in {"R", "AL"} for one in written)
        return f"{_LEFT_TO_RIGHT}{written}" if turns else written

    def width(self, text: str, size: float, weight: str = "normal") -> float:
        """Measure one line, in points."""
        font = self._fonts[weight]
        font.set_text(text, flags=LoadFlags.NO_HINTING)
        return font.get_width_height()[0] / 64 * size / _MEASURED

    def wrapped(self, text: str, size: float, width: float, weight: str = "normal") -> list[str]:
        """Break a text into lines of at most *width* points, where its words allow that."""
        lines = [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".lstrip()
            if lines[-1] and self.width(longer, size, weight) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines


def _font(weight: str) -> FT2Font:
    path = findfont(FontProperties(family=_FAMILY, weight=weight))
    font = FT2Font(cast("str", path))
    font.set_size(_MEASURED, 72)
    return font


class Sheet:
    """An empty sheet."""

    def __init__(self, width: float, height: float) -> None:
        self.figure = Figure(figsize=(width / 72, height / 72), facecolor="white")
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(height, 0)
        self.axes.set_axis_off()

    def text(  # noqa: PLR0913 - as many as text has properties
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        color: str = INK,
        weight: str = "normal",
        align: str = "left",
        upright: bool = False,
    ) -> None:
        """
        Write one line, vertically centred; an *upright* one goes from the place upwards.

        Dollar signs are dollar signs.
        """
        self.axes.text(
            x,
            y,
            text,
            fontsize=size,
            family=_FAMILY,
            color=color,
            weight=weight,
            ha="center" if upright else align,
            va="bottom" if upright else "center",
            rotation=90 if upright else 0,
            parse_math=False,
            zorder=6,
        )

    def add(self, patch: Patch) -> None:
        """Draw a patch."""
        self.axes.add_patch(patch)
