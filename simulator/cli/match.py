"""One device, or many, against a fleet: ``match``."""

import sys
from collections.abc import Iterable

import click

from simulator.cli.fleets import load_fleet
from simulator.cli.inputs import (
    complete_file,
    complete_path,
    one_stdin,
    read_description,
)
from simulator.cli.match_many import ask_many
from simulator.cli.options import accepted_by_option, json_option, scheme_option, threads_option
from simulator.cli.output import STATUS, print_json, print_lines, print_verdict, progress
from simulator.compat.description import Description
from simulator.compat.scheme import Direction, Outcome, Scheme
from simulator.errors import InputError, Mistake
from simulator.fleet.fleet import Fleet, Match
from simulator.fleet.plain import PlainFleet, PlainMatch

__all__ = ["check_classes", "match"]

_CLASSES = 10_000
"""The most classes of a fleet: all their pairs take a quarter of a minute."""


def check_classes(classes: int, name: str) -> None:
    """
    Refuse a fleet in which nearly everything is distinct: its pairs would fill the memory.

    Args:
        classes: How many there are.
        name: What messages call the fleet.

    Raises:
        InputError: It has more classes than can be judged against each other.
    """
    if classes > _CLASSES:
        message = f"{classes:,} classes are too many to judge all their pairs"
        raise InputError([Mistake(name, 0, 0, 1, message, f"at most {_CLASSES:,}")])


@click.command()
@click.argument("source", required=False, shell_complete=complete_file)
@click.option(
    "--sources",
    "sources_path",
    shell_complete=complete_path,
    metavar="FILE",
    help="NDJSON, or - for stdin: ask for each of its devices, instead of for SOURCE.",
)
@click.option(
    "--fleet",
    "fleet_path",
    shell_complete=complete_path,
    required=True,
    metavar="FILE",
    help="NDJSON, a saved fleet, Parquet or Arrow, or - for stdin.",
)
@scheme_option("self-compatible")
@accepted_by_option
@click.option(
    "--engine",
    type=click.Choice(["c", "python"]),
    default="c",
    show_default=True,
    help="The C core, or the judge for every device.",
)
@threads_option
@click.option("--count", is_flag=True, help="Print only how many.")
@click.option("--first", type=click.IntRange(min=1), metavar="K", help="The first K targets.")
@click.option("--names", is_flag=True, help="Print names instead of rows.")
@click.option(
    "--explain",
    type=click.IntRange(min=0),
    metavar="ROW",
    help="Say why this row is a target, or why not.",
)
@json_option
def match(
    source: str | None,
    sources_path: str | None,
    fleet_path: str,
    scheme: Scheme,
    accepted_by: Direction | None,
    engine: str,
    threads: int,
    count: bool,
    first: int | None,
    names: bool,
    explain: int | None,
    as_json: bool,
) -> None:
    """
    Find the devices of a fleet that SOURCE can migrate to.

    Prints the rows of the targets, counted from 0 in the order of the file, one a line. Exit
    status 0 when there is a target, 1 when there is none, 3 when the scheme does not say.

    With --sources: for each source its number in the file, counted from 0 (or its name), how many
    targets it has, and the --first of them, in columns. Exit status 0 when each has a target.
    """
    _check_options(count=count, first=first, names=names, explain=explain)
    if threads > 1 and engine != "c":
        raise click.UsageError("--engine python and --threads cannot be asked together")
    if sources_path is not None:
        _check_sources(source, count=count, explain=explain, engine=engine)
        one_stdin(sources_path, fleet_path)
        many = Fleet(scheme, keep_names=names)
        load_fleet(fleet_path, many)
        ask_many(many, sources_path, accepted_by, first, threads, names=names, as_json=as_json)
    if source is None:
        raise click.UsageError("Missing argument 'SOURCE'.")
    one_stdin(source, fleet_path)
    device = read_description(source, scheme)
    fleet: Fleet | PlainFleet
    fleet = Fleet(scheme, keep_names=names) if engine == "c" else PlainFleet(scheme)
    load_fleet(fleet_path, fleet)
    if explain is not None:
        _explain(fleet, device, explain, accepted_by, as_json, (source, fleet_path))
    found = _ask(fleet, device, accepted_by, threads)
    rows: Iterable[int] = () if count else found.rows() if first is None else found.first(first)
    shown = [_name(fleet, row) for row in rows] if names else rows
    if as_json:
        answer: dict[str, object] = {"count": found.count, "undecided": found.undecided}
        print_json(answer if count else answer | {"names" if names else "rows": list(shown)})
    elif count:
        click.echo(found.count)
    else:
        print_lines(shown)
    if found.undecided and not as_json:
        click.echo(f"{found.undecided} more are undecided: the scheme does not say", err=True)
    undecided = Outcome.UNDECIDED if found.undecided else Outcome.INCOMPATIBLE
    sys.exit(STATUS[Outcome.COMPATIBLE if found.count else undecided])


def _check_options(*, count: bool, first: int | None, names: bool, explain: int | None) -> None:
    given = {"--first": first is not None, "--names": names, "--explain": explain is not None}
    others = [name for name, is_given in given.items() if is_given]
    if count and others:
        raise click.UsageError(f"--count and {others[0]} cannot be asked together")
    if explain is not None and len(others) > 1:
        raise click.UsageError(f"--explain and {others[0]} cannot be asked together")


def _check_sources(source: str | None, *, count: bool, explain: int | None, engine: str) -> None:
    given = {
        "SOURCE": source is not None,
        "--count": count,
        "--explain": explain is not None,
        "--engine python": engine != "c",
    }
    for name, is_given in given.items():
        if is_given:
            raise click.UsageError(f"--sources and {name} cannot be asked together")


def _ask(
    fleet: Fleet | PlainFleet, device: Description, accepted_by: Direction | None, threads: int
) -> Match | PlainMatch:
    if isinstance(fleet, Fleet):
        return fleet.match(device, accepted_by, threads=threads)
    with progress("judging", len(fleet), is_bytes=False) as show:
        return fleet.match(device, accepted_by, show)


def _name(fleet: Fleet | PlainFleet, row: int) -> str:
    return fleet.name(row) if isinstance(fleet, Fleet) else fleet[row].name or ""


def _explain(
    fleet: Fleet | PlainFleet,
    device: Description,
    row: int,
    accepted_by: Direction | None,
    as_json: bool,
    names: tuple[str, str],
) -> None:
    try:
        verdict = fleet.explain(device, row, accepted_by)
    except IndexError:
        message = f"no device in row {row}"
        raise InputError([Mistake(names[1], 0, 0, 1, message, f"0 to {len(fleet) - 1}")]) from None
    if as_json:
        print_json({"row": row} | verdict.to_json())
    else:
        print_verdict(verdict, f"{names[0]} → row {row} of {names[1]}")
    sys.exit(STATUS[verdict.outcome])
