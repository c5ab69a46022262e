"""``fleet drain``: can every device of a host leave it, and where does that stick?"""

import re
import sys
from collections.abc import Iterator
from types import MappingProxyType

import click

from simulator.cli.fleets import load_fleet
from simulator.cli.inputs import complete_path, one_stdin, open_binary, shown_name
from simulator.cli.options import accepted_by_option, json_option, scheme_option
from simulator.cli.output import STATUS, many, print_json, print_lines, progress
from simulator.compat.scheme import Direction, Outcome, Scheme
from simulator.errors import InputError, Mistake, TextError
from simulator.fleet.fleet import Fleet
from simulator.planning.available import read_available
from simulator.planning.drain import Bottleneck, Drain
from simulator.planning.drain import drain as plan_drain
from simulator.planning.places import Sharing
from simulator.sysfs.missing import MissingError

__all__ = ["drain"]

_SHOWN = 8
_SIZE = re.compile("[1-9][0-9]{0,9}")


def _sizes(
    _context: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> dict[str, int]:
    """Read the sizes of types."""
    found = {}
    for value in values:
        type_id, _, number = value.rpartition("=")
        if not type_id or not _SIZE.fullmatch(number):
            raise click.BadParameter(f"{value!r} is no size; expected TYPE=N, such as mtty-2=2")
        found[type_id] = int(number)
    return found


@click.command()
@click.argument("host")
@click.option(
    "--fleet",
    "fleet_path",
    shell_complete=complete_path,
    required=True,
    metavar="FILE",
    help="NDJSON, or - for stdin; devices are named HOST/PARENT/UUID.",
)
@click.option(
    "--available",
    "available_path",
    shell_complete=complete_path,
    required=True,
    metavar="FILE",
    help="Where there is room: lines HOST/PARENT/TYPE NUMBER.",
)
@click.option(
    "--types",
    "sharing",
    type=click.Choice([str(one) for one in Sharing]),
    default=str(Sharing.SHARED),
    show_default=True,
    help="How the types of a parent share what is available.",
)
@click.option(
    "--size",
    "sizes",
    multiple=True,
    callback=_sizes,
    metavar="TYPE=N",
    help="An instance of TYPE needs N units of its parent; may be repeated.",
)
@scheme_option("self-compatible")
@accepted_by_option
@json_option
def drain(
    host: str,
    fleet_path: str,
    available_path: str,
    sharing: str,
    sizes: dict[str, int],
    scheme: Scheme,
    accepted_by: Direction | None,
    as_json: bool,
) -> None:
    """
    Plan how HOST is emptied: a place for every device of it, on other hosts.

    HOST is the first part of the names of its devices; HOST/PARENT empties one parent. The
    devices of other hosts stay where they are. Exit status 0 when all can leave, 1 when some
    cannot, 3 when that is not decided: by the scheme, or by how types share a parent.
    """
    one_stdin(fleet_path, available_path)
    with open_binary(available_path) as stream:
        available = read_available(shown_name(available_path), stream.read())
    fleet = Fleet(scheme)
    load_fleet(fleet_path, fleet)
    try:
        with progress("placing", len(available), is_bytes=False) as show:
            found = plan_drain(fleet, host, available, accepted_by, show, Sharing(sharing), sizes)
    except TextError as error:
        mistake = Mistake(shown_name(fleet_path), 0, 0, 1, error.message, error.expected)
        raise InputError([mistake]) from None
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("networkx"):
            raise
        raise MissingError("no Python module networkx", "pip install 'mdevsim[plan]'") from None
    if as_json:
        print_json(_json(found, fleet, accepted_by))
    else:
        print_lines(_lines(found, fleet))
    sys.exit(STATUS[found.outcome])


# ---- for people


def _lines(found: Drain, fleet: Fleet) -> Iterator[str]:
    leave, count = len(found.moves), len(found.rows)
    yield f"{found.host}: {many(count, 'device')}, {leave:,} can leave"
    yield from (f"  {fleet.name(move.row)} → {move.place}" for move in found.moves)
    if found.stays:
        yield f"{len(found.stays):,} without a place: {_some([fleet.name(r) for r in found.stays])}"
    for one in found.bottlenecks:
        yield from _bottleneck(one, fleet)
    if leave < found.most:
        yield f"undecided: the types of a parent share what is available; at most {found.most:,}"
        yield "  can leave, and no placement of more was found that fits however they share"
    if leave < count == found.perhaps and found.most < count:
        yield "undecided: all can leave if what the scheme does not decide is compatible"
    if found.unknown:
        yield (
            f"{many(len(found.unknown), 'place')} not used, since no device of the fleet says what "
            f"one there publishes: {_some(found.unknown)}"
        )


def _bottleneck(one: Bottleneck, fleet: Fleet) -> Iterator[str]:
    names = _some([fleet.name(row) for row in one.rows])
    yield f"{many(len(one.rows), 'device')}, room for {one.room:,}: {names}"
    if one.places:
        yield f"  accepted only by {many(len(one.places), 'place')}: {_some(one.places)}"
    elif one.nearest is None:
        yield "  no other host has a place"
    else:
        yield f"  no place accepts them; the nearest is {one.nearest_place}: {one.nearest.outcome}"
        yield from (f"    {reason}" for reason in one.nearest.reasons[:_SHOWN])


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if names[_SHOWN:] else ""
    return ", ".join(names[:_SHOWN]) + more


# ---- for programs


def _json(found: Drain, fleet: Fleet, accepted_by: Direction | None) -> dict[str, object]:
    scheme = fleet.scheme.accepted(accepted_by)
    return {
        "scheme": scheme.name,
        "accepted_by": str(scheme.accepted_by) if scheme.has_objects else None,
        "host": found.host,
        "can_leave": _ANSWERS[found.outcome],
        "devices": len(found.rows),
        "most": found.most,
        "perhaps": found.perhaps,
        "moves": [
            {"row": one.row, "name": fleet.name(one.row), "place": one.place} for one in found.moves
        ],
        "stays": [{"row": row, "name": fleet.name(row)} for row in found.stays],
        "bottlenecks": [
            {
                "rows": list(one.rows),
                "room": one.room,
                "places": list(one.places),
                "nearest": one.nearest and {"place": one.nearest_place} | one.nearest.to_json(),
            }
            for one in found.bottlenecks
        ],
        "unknown": list(found.unknown),
    }


_ANSWERS = MappingProxyType(
    {Outcome.INCOMPATIBLE: False, Outcome.UNDECIDED: None, Outcome.COMPATIBLE: True}
)
