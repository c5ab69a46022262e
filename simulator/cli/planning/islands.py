"""``fleet islands``: sets of devices that can go to each other and back."""

import sys
from types import MappingProxyType

import click

from simulator.cli.fleets import load_fleet
from simulator.cli.inputs import complete_path, shown_name
from simulator.cli.match import check_classes
from simulator.cli.options import accepted_by_option, json_option, scheme_option
from simulator.cli.output import many, print_json, print_lines, print_table, progress
from simulator.compat.scheme import Direction, Scheme
from simulator.errors import InputError, Mistake
from simulator.fleet.fleet import Fleet
from simulator.planning.islands import FleetIsland, FleetIslands, fleet_islands

__all__ = ["islands"]


@click.command()
@click.argument("file", shell_complete=complete_path)
@scheme_option("self-compatible")
@accepted_by_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many islands are listed, the largest first; --json has all.",
)
@click.option(
    "--island",
    "number",
    type=click.IntRange(min=1),
    metavar="N",
    help="Print the rows of the N-th island instead, one a line.",
)
@click.option("--names", is_flag=True, help="With --island, print names instead of rows.")
@json_option
def islands(
    file: str,
    scheme: Scheme,
    accepted_by: Direction | None,
    limit: int,
    number: int | None,
    names: bool,
    as_json: bool,
) -> None:
    """
    Find the islands of a fleet FILE: sets of devices that can go to each other and back.

    From every device of an island there is a way to every other, by one migration or by several.
    Exit status 0 when the whole fleet is one island, 1 when it is not, 3 when the scheme does not
    say. With --island, 0.
    """
    if names and number is None:
        raise click.UsageError("--names needs --island")
    fleet = Fleet(scheme)
    load_fleet(file, fleet)
    check_classes(fleet.size.n_classes, shown_name(file))
    with progress("judging", fleet.size.n_classes, is_bytes=False) as show:
        found = fleet_islands(fleet, accepted_by, show)
    if number is not None:
        _print_island(fleet, found, _nth(found, number, file), names, as_json)
        return
    if as_json:
        print_json(_json(found, accepted_by))
    else:
        _print(fleet, found, shown_name(file), limit)
    sys.exit(0 if found.is_one else 3 if found.may_be_one else 1)


def _nth(found: FleetIslands, number: int, file: str) -> FleetIsland:
    count = len(found.islands)
    if number > count:
        message = f"no island {number}"
        raise InputError([Mistake(shown_name(file), 0, 0, 1, message, f"1 to {count}")])
    return found.islands[number - 1]


def _print_island(
    fleet: Fleet, found: FleetIslands, island: FleetIsland, names: bool, as_json: bool
) -> None:
    rows = found.rows_of(island)
    shown = [fleet.name(row) for row in rows] if names else rows
    if as_json:
        print_json(_island_json(found, island) | {"names" if names else "rows": shown})
    else:
        print_lines(shown)


# ---- for people


def _print(fleet: Fleet, found: FleetIslands, name: str, limit: int) -> None:
    devices, classes = sum(found.population.devices), len(found.population.classes)
    on_hosts = f" on {many(found.hosts, 'host')}" if found.hosts else ""
    click.echo(f"{name}: {many(devices, 'device')}{on_hosts}, {many(classes, 'class')}")
    complete = sum(one.is_complete for one in found.islands)
    click.echo(f"{many(len(found.islands), 'island')}, {complete:,} complete")
    head = ("island", "devices", "hosts", "classes", "migrations", "first device")
    rows = [
        (
            f"{number:,}",
            f"{one.devices:,}",
            f"{one.hosts:,}",
            f"{len(one.classes):,}",
            _STEPS.get(one.steps, f"up to {one.steps}"),
            _first(fleet, found, one),
        )
        for number, one in enumerate(found.islands[:limit], 1)
    ]
    print_table([head, *rows])
    if found.islands[limit:]:
        rest = sum(one.devices for one in found.islands[limit:])
        click.echo(
            f"… and {many(len(found.islands) - limit, 'more island')}, {many(rest, 'device')}"
        )
    if found.may_be_one and not found.is_one:
        click.echo("undecided: it may be one island, the scheme does not say")


_STEPS = MappingProxyType({0: "none", 1: "1"})


def _first(fleet: Fleet, found: FleetIslands, island: FleetIsland) -> str:
    row = found.rows[island.classes[0]][0]
    return fleet.name(row) or f"row {row}"


# ---- for programs


def _json(found: FleetIslands, accepted_by: Direction | None) -> dict[str, object]:
    scheme = found.population.scheme.accepted(accepted_by)
    return {
        "scheme": scheme.name,
        "accepted_by": str(scheme.accepted_by) if scheme.has_objects else None,
        "devices": sum(found.population.devices),
        "hosts": found.hosts,
        "classes": len(found.population.classes),
        "one": found.is_one,
        "may_be_one": found.may_be_one,
        "islands": [_island_json(found, one) for one in found.islands],
    }


def _island_json(found: FleetIslands, one: FleetIsland) -> dict[str, object]:
    return {
        "devices": one.devices,
        "hosts": one.hosts,
        "complete": one.is_complete,
        "migrations": one.steps,
        "classes": [
            {"first_row": found.rows[at][0], "devices": found.population.devices[at]}
            for at in one.classes
        ],
    }
