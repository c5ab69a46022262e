"""Fleets from one form to another: ``fleet convert``."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import click

from simulator.cli.fleets import load_fleet, with_extra
from simulator.cli.inputs import complete_path
from simulator.cli.options import scheme_option
from simulator.cli.output import write_whole
from simulator.compat.scheme import Scheme
from simulator.fleet.fleet import Fleet
from simulator.fleet.parquet import arrow_file, parquet_file

__all__ = ["convert"]

_FORM: Mapping[str, str] = MappingProxyType(
    {
        ".ndjson": "ndjson",
        ".jsonl": "ndjson",
        ".json": "ndjson",
        ".mdevfleet": "saved",
        ".parquet": "parquet",
        ".arrow": "arrow",
    }
)
"""By the end of the name of a file."""

_WRITERS: Mapping[str, Callable[[Fleet], Iterable[bytes]]] = MappingProxyType(
    {
        "ndjson": Fleet.lines,
        "saved": Fleet.saved,
        "parquet": parquet_file,
        "arrow": arrow_file,
    }
)


@click.command()
@click.argument("file", shell_complete=complete_path)
@scheme_option("self-compatible")
@click.option(
    "--to",
    "form",
    type=click.Choice(list(_WRITERS)),
    help="The form; that of the output's name if not given.",
)
@click.option(
    "-o",
    "--output",
    shell_complete=complete_path,
    default="-",
    metavar="FILE",
    help="Where to; standard output if not given.",
)
def convert(file: str, scheme: Scheme, form: str | None, output: str) -> None:
    """
    Write the fleet of FILE in another form.

    NDJSON is text, one description a line. A saved fleet, *.mdevfleet, is loaded many times faster,
    under the scheme it was saved with only, and has every row where it was. Parquet and Arrow files
    have a column for each attribute; they need the extra parquet.
    """
    form = form or _FORM.get(Path(output).suffix)
    if form is None:
        names = ", ".join(_FORM)
        raise click.UsageError(f"say --to what, or name an output that ends in {names}")
    fleet = Fleet(scheme)
    load_fleet(file, fleet)
    with with_extra():
        pieces = _WRITERS[form](fleet)
    write_whole(output, pieces)
