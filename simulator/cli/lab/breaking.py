"""``scheme breaking``: what an upgrade of a scheme or of a driver breaks."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import click
from click.shell_completion import CompletionItem

from simulator.cli.fleets import load_fleet
from simulator.cli.inputs import (
    SchemeType,
    complete_path,
    example_names,
    find_scheme,
    is_description,
    one_stdin,
    parse_description,
    read,
    shown_name,
)
from simulator.cli.lab.breaking_text import Judged, print_breaking, to_json
from simulator.cli.options import accepted_by_option, json_option
from simulator.cli.output import print_json, progress
from simulator.compat.loader import load_scheme
from simulator.compat.scheme import Direction, Scheme
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.errors import InputError, Mistake, TextError
from simulator.fleet.fleet import Fleet
from simulator.lab.breaking.breaks import DEFAULT, Category, find_breaks
from simulator.lab.breaking.pairing import paired
from simulator.lab.breaking.rolling import Rollout
from simulator.lab.breaking.upgrade import Upgrade, joint_space, union
from simulator.lab.population import MOST_CLASSES, population_of
from simulator.lab.space import BUDGET

__all__ = ["breaking"]

_CHUNK = 1 << 22
_DEFAULT_SCHEME = "self-compatible"


@dataclass(frozen=True, slots=True)
class _Question:
    """What was asked for: the two arguments, and the options that go with them."""

    paths: tuple[str, str]
    fleets: tuple[str | None, str | None]
    scheme: Scheme | None
    accepted_by: Direction | None
    budget: int | None
    seed: int | None


def _complete(
    context: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of a scheme or of an example, or else of a file."""
    names = [*builtin_names(), *example_names()]
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return found or complete_path(context, param, incomplete)


def _categories(_context: click.Context, _param: click.Parameter, text: str) -> frozenset[Category]:
    if text in ("all", "none"):
        return frozenset(Category if text == "all" else ())
    names = text.split(",")
    if wrong := [name for name in names if name not in list(Category)]:
        expected = "all, none, or a list of " + ", ".join(Category)
        raise click.BadParameter(f"{wrong[0]!r} is no category; expected {expected}")
    return frozenset(map(Category, names))


@click.command()
@click.argument("old", shell_complete=_complete)
@click.argument("new", shell_complete=_complete)
@click.option(
    "--fleet",
    shell_complete=complete_path,
    metavar="FILE",
    help="For schemes: judge the devices of this fleet, not the value space.",
)
@click.option(
    "--new-fleet",
    shell_complete=complete_path,
    metavar="FILE",
    help="For schemes: what the same devices publish under NEW; --fleet is under OLD.",
)
@click.option(
    "--scheme",
    type=SchemeType(),
    help=f"For descriptions: what they are judged by.  [default: {_DEFAULT_SCHEME}]",
)
@accepted_by_option
@click.option(
    "--budget",
    type=click.IntRange(min=1, max=10000),
    help="Descriptions at most, or classes of devices; of more, so many are searched.  "
    f"[default: {BUDGET}, or {MOST_CLASSES} classes]",
)
@click.option("--seed", type=int, help="Where the search begins.  [default: 0]")
@click.option(
    "--fail-on",
    metavar="CATEGORIES",
    default=",".join(sorted(DEFAULT)),
    show_default=True,
    callback=_categories,
    help="What counts as a break: names with commas between, all, or none.",
)
@json_option
def breaking(
    old: str,
    new: str,
    fleet: str | None,
    new_fleet: str | None,
    scheme: Scheme | None,
    accepted_by: Direction | None,
    budget: int | None,
    seed: int | None,
    fail_on: frozenset[Category],
    as_json: bool,
) -> None:
    """
    Say which migrations are lost and gained from OLD to NEW.

    OLD and NEW are two schemes, judged over a fleet or over their value space; or what two
    versions of a driver publish for the same devices: listings or NDJSON, paired by name or in
    order. Exit status 1 when something is found that --fail-on names.
    """
    question = _Question((old, new), (fleet, new_fleet), scheme, accepted_by, budget, seed)
    one_stdin(*(path for path in (old, new, fleet, new_fleet) if path is not None))
    upgrade, judged = _upgrade(question)
    drawn = upgrade
    if judged.space is None:
        drawn = upgrade.drawn(budget or MOST_CLASSES, seed or 0)
        text = _fleet_text(upgrade, drawn, judged.text, seed or 0)
        judged = replace(judged, text=text, is_exhaustive=drawn is upgrade)
    rollout = Rollout(drawn)
    with progress("judging", rollout.total, is_bytes=False) as show:
        found = find_breaks(rollout, show, upgrade)
    if as_json:
        print_json(to_json(found, judged, fail_on))
    else:
        print_breaking(found, judged, fail_on)
    sys.exit(1 if found.found & fail_on else 0)


def _upgrade(question: _Question) -> tuple[Upgrade, Judged]:
    sides = _sides(question.paths)
    if isinstance(sides[0], Scheme) and isinstance(sides[1], Scheme):
        old, new = (
            side.accepted(question.accepted_by) for side in sides if isinstance(side, Scheme)
        )
        return _of_schemes(old, new, question)
    if isinstance(sides[0], bytes) and isinstance(sides[1], bytes):
        _refuse(
            {"--fleet": question.fleets[0], "--new-fleet": question.fleets[1]},
            "goes with two schemes; what is compared here is descriptions",
        )
        scheme = question.scheme or load_builtin(_DEFAULT_SCHEME)
        scheme = scheme.accepted(question.accepted_by)
        return _of_fleets((scheme, scheme), question.paths, (sides[0], sides[1]))
    kinds = ["a scheme" if isinstance(side, Scheme) else "a description" for side in sides]
    raise click.UsageError(f"OLD is {kinds[0]} and NEW is {kinds[1]}: both must be the same")


def _refuse(options: dict[str, object], why: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise click.UsageError(f"{name} {why}")


def _sides(paths: tuple[str, str]) -> list[Scheme | bytes]:
    """
    Read both arguments.

    Raises:
        InputError: With the mistakes of both.
    """
    sides: list[Scheme | bytes] = []
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            sides.append(_side(path))
        except InputError as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputError(mistakes)
    return sides


def _side(path: str) -> Scheme | bytes:
    """Return a scheme, or the text of descriptions; the content tells which."""
    is_there = path == "-" or os.path.lexists(path)
    if path in builtin_names() or not (is_there or path in example_names()):
        try:
            return find_scheme(path)
        except TextError as error:
            raise click.BadParameter(f"{error.message}; expected {error.expected}") from None
    data = read(path)
    return data if is_description(data) else load_scheme(shown_name(path), data)


# ---- two schemes


def _of_schemes(old: Scheme, new: Scheme, question: _Question) -> tuple[Upgrade, Judged]:
    _refuse({"--scheme": question.scheme}, "goes with two descriptions; OLD and NEW are schemes")
    if not old.kinds.keys() & new.kinds.keys():
        message = f"{old.name} and {new.name} share no attribute: there is nothing to compare"
        expected = "two versions of one scheme"
        raise InputError([Mistake(shown_name(question.paths[1]), 0, 0, 1, message, expected)])
    path, new_path = question.fleets
    if path is not None and new_path is not None:
        return _of_fleets((old, new), (path, new_path), (read(path), read(new_path)))
    if new_path is not None:
        raise click.UsageError("--new-fleet goes with --fleet, what the devices publish under OLD")
    if path is not None:
        return _of_fleet(old, new, path), Judged(question.paths, shown_name(path))
    budget = BUDGET if question.budget is None else question.budget
    space = joint_space(old, new, budget=budget, seed=question.seed or 0)
    upgrade = Upgrade.of_schemes(old, new, ((one, 1) for one in space.descriptions))
    # Descriptions that both schemes know alike are one.
    upgrade = replace(upgrade, devices=(1,) * len(upgrade.devices))
    return upgrade, Judged(question.paths, str(space), space.is_exhaustive, space)


def _of_fleet(old: Scheme, new: Scheme, path: str) -> Upgrade:
    # What is derived is derived anew by each scheme.
    both = replace(union(old, new), accepts=())
    fleet = Fleet(both)
    load_fleet(path, fleet, *(scheme for scheme in (old, new) if not scheme.accepts))
    found = population_of(fleet)
    return Upgrade.of_schemes(old, new, zip(found.classes, found.devices, strict=True))


# ---- two publications


def _of_fleets(
    schemes: tuple[Scheme, Scheme], paths: tuple[str, str], texts: tuple[bytes, bytes]
) -> tuple[Upgrade, Judged]:
    fleets: list[Fleet] = []
    mistakes: list[Mistake] = []
    for scheme, path, data in zip(schemes, paths, texts, strict=True):
        try:
            fleets.append(_load(scheme, path, data))
        except InputError as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputError(mistakes)
    total = sum(map(len, fleets))
    with progress("pairing", total, is_bytes=False) as show:
        found = paired(fleets[0], fleets[1], show)
    if found is None:
        message = f"{len(fleets[1])} devices, and {len(fleets[0])} in {shown_name(paths[0])}"
        expected = "the same devices: by name, each with one of its own, or as many in order"
        raise InputError([Mistake(shown_name(paths[1]), 0, 0, 1, message, expected)])
    upgrade = Upgrade.of_pairs(*schemes, found.pairs)
    upgrade = replace(upgrade, gone=found.gone, come=found.come)
    how = "by name" if found.is_by_name else "in order"
    names = " and ".join(map(shown_name, paths))
    judges = " and ".join(dict.fromkeys(scheme.name for scheme in schemes))
    return upgrade, Judged(paths, f"{names}, paired {how}, under {judges}")


def _fleet_text(every: Upgrade, drawn: Upgrade, what: str, seed: int) -> str:
    devices, classes = _many(sum(every.devices), "device"), _many(len(every.devices), "class")
    if drawn is every:
        return f"exhaustive: every pair of the {devices} ({classes}) of {what}"
    number = len(drawn.devices)
    return (
        f"searched: every pair of {number:,} of the {classes} ({sum(drawn.devices):,} of the "
        f"{devices}) of {what}; budget {number}, seed {seed}"
    )


def _many(number: int, what: str) -> str:
    plural = what + ("es" if what.endswith("s") else "s")
    return f"{number:,} {what if number == 1 else plural}"


def _load(scheme: Scheme, path: str, data: bytes) -> Fleet:
    fleet = Fleet(replace(scheme, accepts=()))
    if not data.lstrip().startswith(b"{"):
        fleet.add(parse_description(path, data, fleet.scheme))
        return fleet
    with progress("loading", len(data), is_bytes=True) as show:
        fleet.extend(shown_name(path), _pieces(data), show)
    return fleet


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))
