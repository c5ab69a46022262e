"""Many devices against a fleet: ``match --sources``."""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NoReturn

import click

from simulator.cli.inputs import read, shown_name
from simulator.cli.output import STATUS, print_json, progress
from simulator.compat.scheme import Direction, Outcome
from simulator.fleet.fleet import Fleet
from simulator.fleet.matches import Matches

__all__ = ["ask_many"]


def ask_many(
    fleet: Fleet,
    path: str,
    accepted_by: Direction | None,
    first: int | None,
    threads: int,
    *,
    names: bool,
    as_json: bool,
) -> NoReturn:
    """
    Print for each source of an NDJSON file how many targets it has, and the first of them.

    Args:
        fleet: The targets.
        path: The file of the sources.
        accepted_by: Takes the place of the scheme's direction.
        first: How many targets to show.
        threads: How many judge.
        names: Show names instead of numbers.
        as_json: Print JSON.

    Raises:
        InputError: With the mistakes of the file.
    """
    text = read(path)
    total = sum(1 for _ in _lines(text))
    with progress("judging", total, is_bytes=False) as show:
        matches = fleet.match_all(
            text, accepted_by, threads=threads, progress=show, file=shown_name(path)
        )
        counts, undecided = matches.counts, matches.undecided
    shown: Sequence[int | str] = _names(text) if names else range(total)
    targets = _first(fleet, matches, first, names=names)
    found = list(zip(shown, counts, undecided, targets, strict=False))
    if as_json:
        key = "names" if names else "rows"
        print_json(
            [
                {"source": source, "count": count, "undecided": doubts}
                | ({} if first is None else {key: rows})
                for source, count, doubts, rows in found
            ]
        )
    else:
        lines = ((source, count, *rows) for source, count, _, rows in found)
        click.echo("".join("\t".join(map(str, line)) + "\n" for line in lines), nl=False)
    if sum(undecided) and not as_json:
        click.echo(f"{sum(undecided)} pairs are undecided: the scheme does not say", err=True)
    sys.exit(STATUS[_worst(counts, undecided)])


def _worst(counts: Sequence[int], undecided: Sequence[int]) -> Outcome:
    """Return the lowest of the sources' outcomes."""
    without = [doubts for count, doubts in zip(counts, undecided, strict=True) if not count]
    if not without:
        return Outcome.COMPATIBLE
    return Outcome.UNDECIDED if all(without) else Outcome.INCOMPATIBLE


def _lines(text: bytes) -> Iterator[bytes]:
    return (line for line in text.split(b"\n") if line.strip(b" \t\r"))


def _names(text: bytes) -> list[str]:
    """Return the names of sources that are right; empty where there is none."""
    return [json.loads(line).get("name", "") for line in _lines(text)]


def _first(
    fleet: Fleet, matches: Matches, most: int | None, *, names: bool
) -> Iterator[list[int | str]]:
    if most is None:
        return repeat([])
    rows = matches.first(most)
    return ([fleet.name(row) if names else row for row in one] for one in rows)
