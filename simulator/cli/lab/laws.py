"""``scheme laws``: what a scheme keeps, and the smallest devices for which it does not."""

import sys
from decimal import Decimal

import click

from simulator.cli.fleets import load_fleet
from simulator.cli.inputs import SchemeType, complete_path, one_stdin
from simulator.cli.options import accepted_by_option, json_option
from simulator.cli.output import print_json, progress
from simulator.compat.description import Description
from simulator.compat.scheme import Direction, Scheme
from simulator.fleet.fleet import Fleet
from simulator.lab.laws.field import Ruling, Standing
from simulator.lab.laws.law import LAWS, Counterexample, Law
from simulator.lab.laws.survey import Survey, survey
from simulator.lab.population import Population, population_of
from simulator.lab.space import BUDGET

__all__ = ["laws"]

_REASONS = 5


@click.command()
@click.argument("scheme", type=SchemeType())
@click.option(
    "--fleet",
    "fleet_path",
    shell_complete=complete_path,
    metavar="FILE",
    help="NDJSON, saved, or - for stdin: look at these devices instead of the value space.",
)
@click.option(
    "--law",
    "names",
    type=click.Choice(list(LAWS)),
    multiple=True,
    help="Only this law; may be repeated.",
)
@click.option(
    "--budget",
    type=click.IntRange(min=1, max=10_000),
    default=BUDGET,
    show_default=True,
    help="How many descriptions of the value space are looked at.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Where a search begins.")
@accepted_by_option
@json_option
def laws(
    scheme: Scheme,
    fleet_path: str | None,
    names: tuple[str, ...],
    budget: int,
    seed: int,
    accepted_by: Direction | None,
    as_json: bool,
) -> None:
    """
    Hold a scheme to laws: reflexive, transitive, upgrade-monotone, round-trip.

    A law that is broken comes with the smallest devices that break it. Few schemes keep
    round-trip: name with --law what yours has to keep. Exit status 1 when a law is broken.
    """
    scheme = scheme.accepted(accepted_by)
    chosen = [law for name, law in LAWS.items() if name in names or not names]
    population = None if fleet_path is None else _population(scheme, fleet_path)
    total = None if population is None else len(population.classes)
    with progress("judging", total, is_bytes=False) as show:
        found = survey(scheme, chosen, population, budget=budget, seed=seed, progress=show)
    if as_json:
        print_json(_json(found))
    else:
        click.echo(_text(found))
    sys.exit(1 if found.is_broken else 0)


def _population(scheme: Scheme, path: str) -> Population:
    one_stdin(path)
    fleet = Fleet(scheme)
    load_fleet(path, fleet)
    return population_of(fleet)


# ---- for people


def _text(found: Survey) -> str:
    scheme = found.scheme
    by = f", accepted by {scheme.accepted_by}" if scheme.has_objects else ""
    lines = [f"{scheme.name}{by}", _looked_at(found)]
    for ruling in found.rulings:
        lines += ["", *_ruling(found, ruling)]
    return "\n".join(lines)


def _looked_at(found: Survey) -> str:
    if found.population is None:
        return str(found.space)
    devices, classes = sum(found.population.devices), len(found.population.classes)
    text = f"fleet: {_many(devices, 'device')}, {_many(classes, 'class')}"
    if found.looked_at == classes:
        return text
    return f"{text}\nsearched: {found.looked_at:,} of the classes, seed {found.seed}"


def _many(count: int, what: str) -> str:
    return f"{_number(count)} {what if count == 1 else _plural(what)}"


def _number(count: int) -> str:
    """Write a number; nobody reads more than fifteen digits, and a float may not hold them."""
    return f"{count:,}" if count < 10**15 else f"{Decimal(count):.2e}"


def _plural(what: str) -> str:
    return what + ("es" if what.endswith("s") else "s")


def _ruling(found: Survey, ruling: Ruling) -> list[str]:
    law = ruling.law
    lines = [f"{law.name}: {_standing(found, ruling)}", f"  {law.text}; {law.undecided}"]
    if ruling.counterexample is not None:
        lines += _shown(found.scheme, ruling.counterexample)
    return lines


def _standing(found: Survey, ruling: Ruling) -> str:
    if ruling.standing is Standing.NOT_APPLICABLE:
        return f"{ruling.standing}: {ruling.note}"
    one, of_fleet = len(ruling.law.roles) == 1, found.population is not None
    what = "class" if of_fleet else "description"
    asked = _many(ruling.asked, what if one else "pair")
    asked += "" if one else f" of {_plural(what)}"
    if ruling.standing is not Standing.BROKEN:
        return f"{ruling.standing} ({asked} asked)"
    undecided = f", {_number(ruling.undecided)} of them undecided" if ruling.undecided else ""
    text = f"{ruling.standing} for {_number(ruling.refused)} of {asked}{undecided}"
    if not of_fleet:
        return text
    if one:
        return f"{text}: {_many(ruling.devices, 'device')}"
    return f"{text}: {_many(ruling.pairs, 'pair')} of devices, from {ruling.devices:,} devices"


def _shown(scheme: Scheme, example: Counterexample) -> list[str]:
    lines = []
    for role, one, found in zip(example.law.roles, example.devices, example.found, strict=True):
        shrunk = "" if _bare(one) == _bare(found) else ", shrunk"
        name = f"  # {found.name}{shrunk}" if found.name else ""
        lines.append(f"  {role} = {_bare(one).to_line()}{name}")
    for source, target, verdict in example.verdicts(scheme):
        lines.append(f"  {source} → {target}: {verdict.outcome}")
        lines += [f"    {reason}" for reason in verdict.reasons[:_REASONS]]
        if len(verdict.reasons) > _REASONS:
            lines.append(f"    … and {len(verdict.reasons) - _REASONS} more reasons")
    return lines


def _bare(one: Description) -> Description:
    return Description(one.values, one.objects)


# ---- for programs


def _json(found: Survey) -> dict[str, object]:
    population = found.population
    return {
        "scheme": found.scheme.name,
        "accepted_by": str(found.scheme.accepted_by) if found.scheme.has_objects else None,
        "space": found.space and found.space.to_json(),
        "fleet": population
        and {
            "devices": sum(population.devices),
            "classes": len(population.classes),
            "looked_at": found.looked_at,
            "seed": None if found.looked_at == len(population.classes) else found.seed,
        },
        "laws": [_ruling_json(found, ruling) for ruling in found.rulings],
    }


def _ruling_json(found: Survey, ruling: Ruling) -> dict[str, object]:
    law, example = ruling.law, ruling.counterexample
    return _law_json(law) | {
        "standing": str(ruling.standing),
        "note": ruling.note,
        "asked": ruling.asked,
        "refused": ruling.refused,
        "undecided": ruling.undecided,
        "pairs": None if found.population is None else ruling.pairs,
        "devices": None if found.population is None else ruling.devices,
        "counterexample": example
        and {
            "devices": {
                role: _bare(one).to_json()
                for role, one in zip(law.roles, example.devices, strict=True)
            },
            "found": [one.name for one in example.found],
            "verdicts": [
                {"source": source, "target": target} | verdict.to_json()
                for source, target, verdict in example.verdicts(found.scheme)
            ],
        },
    }


def _law_json(law: Law) -> dict[str, object]:
    return {"law": law.name, "definition": law.text, "undecided_reading": law.undecided}
