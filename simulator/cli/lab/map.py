"""``scheme map``: a picture of who can migrate where in a fleet."""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import click

from simulator.cli.fleets import load_fleet
from simulator.cli.inputs import SchemeType, complete_path, shown_name
from simulator.cli.match import check_classes
from simulator.cli.options import accepted_by_option, json_option
from simulator.cli.output import print_json, progress, write_whole
from simulator.compat.scheme import Direction, Scheme
from simulator.fleet.fleet import Fleet
from simulator.lab.chart.chart import Chart, chart, type_attribute
from simulator.lab.chart.reasons import CellReason, cell_reasons
from simulator.lab.population import population_of
from simulator.report.words import islands_line, pairs_line, subtitle
from simulator.sysfs.missing import MissingError

__all__ = ["map_"]

_LIBRARIES = frozenset(("matplotlib", "jinja2"))
_EXPLAINED = 400
"""Cells of which a pair is explained: these take a second, and fill a page."""
_LINTED = 400
"""Classes that are linted for a page; all of a large fleet take longer than the rest of it."""


@click.command(name="map")
@click.argument("scheme", type=SchemeType())
@click.option(
    "--fleet",
    "fleet_path",
    shell_complete=complete_path,
    required=True,
    metavar="FILE",
    help="NDJSON or a saved fleet, or - for stdin.",
)
@click.option(
    "-o",
    "--output",
    shell_complete=complete_path,
    metavar="FILE",
    help="The picture: .png, .svg or .html, by the end of its name.",
)
@click.option(
    "--by",
    metavar="type|class|ATTRIBUTE",
    help="What rows and columns are.  [default: type, or class where the scheme has no type]",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=100),
    default=40,
    show_default=True,
    help="How many rows; those with the fewest devices are gathered in one more.",
)
@accepted_by_option
@json_option
def map_(
    scheme: Scheme,
    fleet_path: str,
    output: str | None,
    by: str | None,
    limit: int,
    accepted_by: Direction | None,
    as_json: bool,
) -> None:
    """
    Draw who can migrate where in a fleet.

    Rows are sources and columns are targets, as large as they have devices, coloured by verdict;
    what islands of mutual migration join is outlined. An .html page has the reasons too, and what
    lint and the laws find; it needs no network.
    """
    grouping = _grouping(scheme, by)
    write = None if output is None else _writer(output)
    fleet = Fleet(scheme)
    load_fleet(fleet_path, fleet)
    check_classes(fleet.size.n_classes, shown_name(fleet_path))
    population = population_of(fleet)
    with progress("judging", len(population.classes), is_bytes=False) as show:
        found = chart(population, grouping, accepted_by, limit, show)
    name = Path(shown_name(fleet_path)).name
    if output is not None and write is not None:
        write_whole(output, [write(found, name)])
    if as_json:
        print_json(_json(found, cell_reasons(found, _EXPLAINED)))
        return
    click.echo("\n".join((subtitle(found, name), pairs_line(found), islands_line(found))))


def _grouping(scheme: Scheme, by: str | None) -> str:
    """
    Find what the rows are: an attribute, or ``class``.

    Raises:
        BadParameter: The scheme has no such attribute.
    """
    of_type = type_attribute(scheme)
    if by is None:
        return of_type or "class"
    if by == "class" or by in scheme.attributes:
        return by
    if by == "type" and of_type is not None:
        return of_type
    choices = ", ".join([*["type"] * (of_type is not None), "class", *scheme.attributes])
    what = "attribute of the type" if by == "type" else f"attribute {by}"
    raise click.BadParameter(
        f"the scheme {scheme.name} has no {what}; expected one of {choices}", param_hint="--by"
    )


# ---- files

_Writer = Callable[[Chart, str], bytes]


def _writer(output: str) -> _Writer:
    """
    Find what writes a file of this name.

    Raises:
        BadParameter: The name does not end in a format.
        MissingError: The extra is not installed.
    """
    make = _WRITERS.get(Path(output).suffix.lower())
    if make is None:
        raise click.BadParameter(
            f"{output!r} does not say the format; expected a name that ends in "
            + ", ".join(_WRITERS),
            param_hint="--output",
        )
    try:
        return make()
    except ModuleNotFoundError as error:
        if error.name not in _LIBRARIES:
            raise
        piece = f"no Python module {error.name}"
        raise MissingError(piece, "pip install 'mdevsim[report]'") from None


def _picture(file_format: str) -> _Writer:
    from simulator.report.picture import draw

    def write(found: Chart, fleet: str) -> bytes:
        stream = io.BytesIO()
        draw(found, fleet, stream, file_format)
        return stream.getvalue()

    return write


def _page() -> _Writer:
    from simulator.report.page import render
    from simulator.report.sections import laws_section, lint_section

    def write(found: Chart, fleet: str) -> bytes:
        scheme = found.population.scheme.accepted(found.accepted_by)
        population = replace(found.population, scheme=scheme)
        sections = (laws_section(population), lint_section(population, _LINTED))
        return render(found, fleet, cell_reasons(found, _EXPLAINED), sections).encode()

    return write


_WRITERS: Mapping[str, Callable[[], _Writer]] = MappingProxyType(
    {".png": lambda: _picture("png"), ".svg": lambda: _picture("svg"), ".html": _page}
)


# ---- for programs


def _json(found: Chart, reasons: tuple[CellReason, ...]) -> dict[str, object]:
    population, total = found.population, found.total
    names = [one.name for one in population.classes]
    return {
        "scheme": population.scheme.name,
        "accepted_by": str(found.accepted_by) if population.scheme.has_objects else None,
        "by": found.by,
        "devices": sum(population.devices),
        "classes": len(population.classes),
        "pairs": {
            "all": total.pairs,
            "compatible": total.compatible,
            "undecided": total.undecided,
            "incompatible": total.incompatible,
        },
        "groups": [
            {
                "label": one.label,
                "devices": one.devices,
                "classes": list(one.classes),
                "gathered": one.gathered,
            }
            for one in found.groups
        ],
        "compatible": [[cell.compatible for cell in row] for row in found.cells],
        "undecided": [[cell.undecided for cell in row] for row in found.cells],
        "blocks": [
            {
                "first": one.first,
                "size": one.size,
                "islands": one.islands,
                "joined": one.is_joined,
                "complete": one.is_complete,
            }
            for one in found.blocks
        ],
        "islands": [
            {
                "classes": list(one.members),
                "devices": one.devices,
                "complete": one.is_complete,
            }
            for one in found.islands
        ],
        "class_names": names,
        "reasons": [
            {"row": one.row, "column": one.column, "source": one.source, "target": one.target}
            | one.verdict.to_json()
            for one in reasons
        ],
    }
