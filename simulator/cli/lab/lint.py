"""What is wrong with a scheme: ``scheme lint``."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import click

from simulator.cli.fleets import is_text, load_fleet
from simulator.cli.inputs import (
    SchemeType,
    complete_file,
    complete_path,
    one_stdin,
    open_binary,
    parse_description,
    read,
    read_scheme,
    shown_name,
)
from simulator.cli.options import accepted_by_option, json_option
from simulator.cli.output import print_json
from simulator.compat.description import Description
from simulator.compat.scheme import Direction, Scheme
from simulator.compat.schemes import builtin_names
from simulator.errors import InputError, Mistake, TextError
from simulator.fleet.fleet import Fleet
from simulator.lab.lint import CODES, RELEASES, Finding, lint
from simulator.lab.lint.places import Path, in_description, in_line, in_yaml
from simulator.lab.population import MOST_CLASSES, Population, population_of
from simulator.lab.space import Space, space_of

__all__ = ["lint_command"]

_BUDGET = 300


@dataclass(slots=True)
class _Inputs:
    """What was read, kept as text so that findings can be shown where they are."""

    scheme: Scheme
    scheme_name: str
    scheme_text: str
    descriptions: list[Description] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    population: Population | None = None
    rows: list[int] = field(default_factory=list)
    fleet_path: str = ""


def _codes(_context: click.Context, _param: click.Parameter, value: str) -> tuple[str, ...]:
    """Read codes and beginnings of codes."""
    found = tuple(word.strip() for word in value.split(",") if word.strip())
    for word in found:
        if not any(code.startswith(word) for code in CODES):
            known = f"{min(CODES)} to {max(CODES)}, or a beginning such as L2"
            raise click.BadParameter(f"no code begins with {word!r}; expected {known}")
    return found


@click.command(name="lint")
@click.argument("scheme", metavar="NAME|FILE", shell_complete=SchemeType().shell_complete)
@click.option(
    "--description",
    "paths",
    multiple=True,
    metavar="FILE",
    shell_complete=complete_file,
    help="What a device publishes under it: a listing, a line of NDJSON or an example.",
)
@click.option(
    "--fleet",
    "fleet_path",
    metavar="FILE",
    shell_complete=complete_path,
    help="NDJSON, saved, or - for stdin: every pair of its classes is judged, or of some.",
)
@click.option(
    "--releases",
    type=click.IntRange(min=0, max=10_000),
    default=RELEASES,
    show_default=True,
    metavar="N",
    help="How many releases to look ahead where a list grows.",
)
@click.option("--select", default="", callback=_codes, metavar="CODES", help="Only these: L2,L301.")
@click.option("--ignore", default="", callback=_codes, metavar="CODES", help="All but these.")
@click.option(
    "--budget",
    type=click.IntRange(min=2, max=10_000),
    default=_BUDGET,
    show_default=True,
    metavar="N",
    help="Without a fleet: descriptions that are put together from the scheme.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Where a search begins.",
)
@accepted_by_option
@json_option
def lint_command(
    scheme: str,
    paths: tuple[str, ...],
    fleet_path: str | None,
    releases: int,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    budget: int,
    seed: int,
    accepted_by: Direction | None,
    as_json: bool,
) -> None:
    """
    Say what is wrong with a scheme and with what devices publish under it.

    Prints a line a finding: where, a code, what. docs/laboratory.md explains the codes. Exit
    status 0 when there is none, 1 when there are some.
    """
    one_stdin(scheme, *paths, fleet_path or "")
    inputs = _read(scheme, paths, fleet_path, accepted_by)
    space: Space | None = None
    if inputs.population is None:
        space = space_of(inputs.scheme, budget=budget, seed=seed)
    found = lint(inputs.scheme, inputs.descriptions, inputs.population, space, releases, seed)
    kept = [
        one
        for one in found
        if (not select or one.code.startswith(select)) and not one.code.startswith(ignore or "-")
    ]
    located = list(_located(inputs, kept))
    if as_json:
        print_json(_document(inputs, located, space, seed))
    else:
        click.echo("".join(f"{one}\n" for one in located), nl=False)
    sys.exit(1 if located else 0)


def _read(
    scheme: str, paths: Sequence[str], fleet_path: str | None, accepted_by: Direction | None
) -> _Inputs:
    """
    Read everything.

    Raises:
        InputError: With the mistakes of all files, or of the scheme, without which none is read.
    """
    try:
        found, text = read_scheme(scheme)
    except TextError as error:
        raise click.BadParameter(f"{error.message}; expected {error.expected}") from None
    name = f"{scheme}.yaml" if scheme in builtin_names() else shown_name(scheme)
    inputs = _Inputs(found.accepted(accepted_by), name, text)
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            data = read(path)
            inputs.descriptions.append(parse_description(path, data, inputs.scheme))
            inputs.names.append(shown_name(path))
            inputs.texts.append(data.decode())
        except InputError as error:
            mistakes += error.mistakes
    if fleet_path is not None:
        fleet = Fleet(inputs.scheme, keep_names=False)
        try:
            load_fleet(fleet_path, fleet)
        except InputError as error:
            mistakes += error.mistakes
        inputs.population, inputs.fleet_path = population_of(fleet), fleet_path
        inputs.rows = [row for row, _ in fleet.classes()]
    if mistakes:
        raise InputError(mistakes)
    return inputs


# ---- where


@dataclass(frozen=True, slots=True)
class _Located:
    """A finding with its file; line and column are 0 where they are not known."""

    finding: Finding
    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        more = self.finding.more
        text = f"{where}: {self.finding.code} {self.finding.message}"
        return f"{text} (and in {more} more places)" if more else text

    def to_json(self) -> dict[str, object]:
        """Return the parts that JSON knows."""
        return {
            "code": self.finding.code,
            "message": self.finding.message,
            "file": self.file,
            "line": self.line or None,
            "column": self.column or None,
            "path": list(self.finding.place.path),
            "places": self.finding.more + 1,
        }


def _located(inputs: _Inputs, findings: Sequence[Finding]) -> Iterator[_Located]:
    """Find the places of all findings, in the order of the files and of their lines."""
    in_scheme: Callable[[Path], tuple[int, int]] | None = None
    found = []
    lines = _lines(inputs, [one.place.index for one in findings if one.place.kind == "class"])
    for one in findings:
        place = one.place
        if place.kind == "scheme":
            in_scheme = in_scheme or in_yaml(inputs.scheme_name, inputs.scheme_text)
            found.append((0, _Located(one, inputs.scheme_name, *in_scheme(place.path))))
        elif place.kind == "description":
            where = in_description(inputs.texts[place.index], place.path)
            found.append((1 + place.index, _Located(one, inputs.names[place.index], *where)))
        else:
            name = shown_name(inputs.fleet_path)
            row = inputs.rows[place.index]
            if row in lines:
                number, line = lines[row]
                where = number, in_line(line, place.path)
                found.append((1 + len(inputs.names), _Located(one, name, *where)))
            else:
                found.append((1 + len(inputs.names), _Located(one, f"{name}: row {row}")))
    found.sort(key=lambda one: (one[0], one[1].line, one[1].column, one[1].finding.code))
    yield from (one for _, one in found)


def _lines(inputs: _Inputs, classes: Sequence[int]) -> dict[int, tuple[int, str]]:
    """
    Read again the lines of the fleet that findings are about.

    Standard input is gone, and only a text has lines.
    """
    rows = {inputs.rows[index] for index in classes}
    if not rows or inputs.fleet_path == "-":
        return {}
    with open_binary(inputs.fleet_path) as stream:
        if not stream.seekable() or not is_text(stream.read(8)):
            return {}
        stream.seek(0)
        written = ((n, line) for n, line in enumerate(stream, 1) if line.strip(b" \t\r\n"))
        some = islice(enumerate(written), max(rows) + 1)
        return {row: (n, line.decode()) for row, (n, line) in some if row in rows}


def _document(
    inputs: _Inputs, located: Sequence[_Located], space: Space | None, seed: int
) -> dict[str, object]:
    judged: dict[str, object] = {}
    if inputs.population is not None:
        classes = len(inputs.population.classes)
        is_exhaustive = classes <= MOST_CLASSES
        judged = {
            "classes": classes,
            "looked_at": min(classes, MOST_CLASSES),
            "seed": None if is_exhaustive else seed,
            "exhaustive": is_exhaustive,
        }
    elif space is not None:
        judged = space.to_json()
    return {
        "scheme": inputs.scheme.name,
        "findings": [one.to_json() for one in located],
        "judged": judged,
    }
