"""
The map as one HTML page that needs nothing else: no network, no other file.

Names of fleets are text wherever they stand: jinja2 escapes them, the script sets them as text,
and the page's policy lets no other script run than its own.

Source: ours; the roles and keys of a grid are those of the ARIA Authoring Practices.
"""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from simulator.lab.chart.chart import Cell, Chart, class_labels
from simulator.lab.chart.reasons import CellReason
from simulator.report.sections import Section
from simulator.report.text import plain, share, short
from simulator.report.words import headline, how_to_read, islands_line, kinds, subtitle

__all__ = ["render"]

_LABEL, _LINE = 120, 300
_LINES = 6
_ISLANDS = 12
_SYMBOLS = (("compatible", "\u2713"), ("undecided", "?"), ("incompatible", "\u00d7"))


def render(
    chart: Chart, fleet: str, reasons: Sequence[CellReason], sections: Sequence[Section] = ()
) -> str:
    """
    Write the page.

    Args:
        chart: What it shows; at least one group.
        fleet: What the fleet is called.
        reasons: Of the cells.
        sections: What stands beside the map.
    """
    environment = Environment(
        loader=PackageLoader("simulator.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = (environment.get_template(f"map.{kind}").render() for kind in ("css", "js"))
    return environment.get_template("map.html").render(
        title=headline(chart),
        subtitle=subtitle(chart, fleet),
        islands_line=islands_line(chart),
        how_to_read=how_to_read(chart),
        by=_line(chart.by),
        kinds=kinds(chart),
        symbols=dict(_SYMBOLS),
        rows=_rows(chart),
        islands=_islands(chart),
        more_islands=max(0, len(chart.islands) - _ISLANDS),
        sections=[_safe(section) for section in sections],
        data=_data(chart, reasons),
        style=Markup(style),  # noqa: S704 - from the package
        script=Markup(script),  # noqa: S704 - from the package
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _label(text: str) -> str:
    return short(plain(text), _LABEL)


def _line(text: str) -> str:
    return short(plain(text), _LINE)


def _safe(section: Section) -> dict[str, object]:
    return {
        "title": section.title,
        "about": _line(section.about),
        "findings": [
            {"head": _line(one.head), "lines": [_line(line) for line in one.lines]}
            for one in section.findings
        ],
    }


def _rows(chart: Chart) -> list[dict[str, str]]:
    return [
        {
            "label": _label(group.label),
            "devices": f"{group.devices:,}",
            "classes": f"{len(group.classes):,}",
            "to": _sum(chart.cells[at]),
            "from_": _sum([row[at] for row in chart.cells]),
        }
        for at, group in enumerate(chart.groups)
    ]


def _sum(cells: Sequence[Cell]) -> str:
    return share(sum(cell.compatible for cell in cells), sum(cell.pairs for cell in cells))


def _islands(chart: Chart) -> list[dict[str, object]]:
    devices = chart.population.devices
    labels = class_labels(chart.population)
    return [
        {
            "largest": _label(labels[max(island.members, key=lambda one: devices[one])]),
            "devices": f"{island.devices:,}",
            "classes": f"{len(island.members):,}",
            "is_complete": island.is_complete,
        }
        for island in chart.islands[:_ISLANDS]
    ]


# ---- for the script


def _data(chart: Chart, reasons: Sequence[CellReason]) -> dict[str, object]:
    return {
        "groups": [
            {"label": _label(one.label), "brief": _label(one.brief), "devices": one.devices}
            for one in chart.groups
        ],
        "cells": [[[cell.compatible, cell.undecided] for cell in row] for row in chart.cells],
        "blocks": [
            {"first": one.first, "size": one.size, "complete": one.is_complete}
            for one in chart.blocks
            if one.is_joined
        ],
        "explained": len(reasons),
        "reasons": {f"{one.row} {one.column}": _reason(chart, one) for one in reasons},
    }


def _reason(chart: Chart, reason: CellReason) -> dict[str, object]:
    verdict = reason.verdict
    return {
        "source": _device(chart, reason.source),
        "target": _device(chart, reason.target),
        "verdict": str(verdict.outcome),
        "lines": _bounded([str(one) for one in verdict.reasons]),
        "near": _bounded([str(one) for one in verdict.near_miss]),
    }


def _device(chart: Chart, place: int) -> str:
    name = chart.population.classes[place].name
    return _label(name) if name else f"a device of class #{place}"


def _bounded(texts: Sequence[str]) -> list[str]:
    more = [f"… and {len(texts) - _LINES} more"] if len(texts) > _LINES else []
    return [*map(_line, texts[:_LINES]), *more]
