"""A device that moves to another host: ``place``."""

import sys

import click

from simulator.cli.inputs import complete_file, one_stdin, parse_host, read, shown_name
from simulator.cli.options import accepted_by_option, json_option, kernel_option, scheme_option
from simulator.cli.output import print_json
from simulator.compat.scheme import Direction, Scheme
from simulator.errors import InputError, Mistake
from simulator.host import Host
from simulator.mdev import Mdev
from simulator.migration.place import place as find_place

__all__ = ["place"]

_UUID = "5ca1ab1e-0000-4000-8000-000000000001"


@click.command()
@click.argument("source", metavar="HOST", shell_complete=complete_file)
@click.argument("device", metavar="UUID")
@click.argument("target", metavar="TARGET", shell_complete=complete_file)
@scheme_option(None)
@accepted_by_option
@kernel_option
@click.option(
    "--uuid", default=_UUID, show_default=True, help="Of the mdev that is created on TARGET."
)
@json_option
def place(
    source: str,
    device: str,
    target: str,
    scheme: Scheme | None,
    accepted_by: Direction | None,
    kernel: str | None,
    uuid: str,
    as_json: bool,
) -> None:
    """
    Find a place on the host TARGET for the mdev UUID of HOST, as a manager does.

    Only the files of the scheme are used: types are asked, an mdev is created, resources are
    copied to it, what is tested by writing is written. What fails is taken back. Every step is
    printed. Exit status 0: there is a place, 1: there is none.
    """
    one_stdin(source, target)
    here = parse_host(source, read(source), scheme, kernel)
    mdev = _mdev(here, source, device)
    if here.scheme is None:
        message, expected = "the host names no scheme", "scheme: NAME, or --scheme"
        raise InputError([Mistake(shown_name(source), 0, 0, 1, message, expected)])
    there = parse_host(target, read(target), here.scheme, kernel)
    found = find_place(here.scheme.accepted(accepted_by), mdev, there.bus, uuid)
    if as_json:
        print_json({"scheme": here.scheme.name} | found.to_json())
    else:
        for step in found.steps:
            click.echo(f"{step}")
        where = "no place" if found.target is None else f"a place at {found.target.path}"
        click.echo(f"{where} ({here.scheme.name})")
    sys.exit(found.target is None)


def _mdev(host: Host, path: str, uuid: str) -> Mdev:
    mdevs = host.mdevs
    if uuid.lower() not in mdevs:
        expected = ", ".join(mdevs) or "a host with mdevs"
        raise InputError([Mistake(shown_name(path), 0, 0, 1, f"no mdev {uuid}", expected)])
    return mdevs[uuid.lower()]
