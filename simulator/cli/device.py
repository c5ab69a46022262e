"""One device, or two: ``describe`` and ``check``."""

import sys

import click

from simulator.cli.inputs import (
    complete_file,
    is_description,
    one_stdin,
    parse_description,
    parse_host,
    read,
    read_description,
    read_vendor,
    shown_name,
)
from simulator.cli.options import (
    accepted_by_option,
    json_option,
    kernel_option,
    scheme_option,
    vendor_option,
)
from simulator.cli.output import STATUS, print_json, print_verdict
from simulator.compat.description import Description
from simulator.compat.listing import format_listing
from simulator.compat.scheme import Direction, Scheme
from simulator.compat.schemes import load_builtin
from simulator.compat.verdict import explain
from simulator.errors import InputError, Mistake
from simulator.host import Host

__all__ = ["check", "describe"]


@click.command()
@click.argument("host", required=False, metavar="[HOST]", shell_complete=complete_file)
@click.argument("uuid", required=False, metavar="[UUID]")
@scheme_option(None)
@vendor_option
@kernel_option
@json_option
def describe(
    host: str | None,
    uuid: str | None,
    scheme: Scheme | None,
    vendor: str | None,
    kernel: str | None,
    as_json: bool,
) -> None:
    """
    Print what devices publish under a scheme.

    HOST is a host file, or a description to print again: a listing or a line of NDJSON. With UUID
    only this mdev of the host is described, or the parent of this name. Parents are described too
    where the scheme has files on them. --json prints NDJSON, one description a line, which every
    verb that takes a description or a fleet reads.
    """
    if host is not None and vendor is not None:
        raise click.UsageError("--vendor names a built-in host; give it or HOST, not both")
    path = (vendor or "i915") if host is None else host
    data = read_vendor(path) if host is None else read(path)
    if is_description(data):
        if uuid is not None:
            message, expected = f"no mdev {uuid} in a description", "a host file"
            raise InputError([Mistake(shown_name(path), 0, 0, 1, message, expected)])
        found = [parse_description(path, data, scheme or load_builtin("self-compatible"))]
    else:
        found = _of_host(parse_host(path, data, scheme, kernel), path, uuid)
    for number, description in enumerate(found):
        if as_json:
            click.echo(description.to_line())
            continue
        if len(found) > 1:
            click.echo(f"{chr(10) * bool(number)}# {description.name}")
        click.echo(format_listing(description), nl=False)


def _of_host(host: Host, path: str, uuid: str | None) -> list[Description]:
    if host.scheme is None:
        message = "the host names no scheme"
        raise InputError([Mistake(shown_name(path), 0, 0, 1, message, "scheme: NAME, or --scheme")])
    mdevs = host.mdevs
    if uuid is not None:
        if uuid.lower() in mdevs:
            return [host.describe(mdevs[uuid.lower()])]
        if uuid in host.bus.parents:
            return [host.describe_parent(uuid)]
        expected = ", ".join(mdevs) or "a host with mdevs"
        raise InputError([Mistake(shown_name(path), 0, 0, 1, f"no mdev {uuid}", expected)])
    scopes = {surface.scope for surface in host.scheme.surfaces}
    found = [host.describe_parent(name) for name in host.bus.parents if "parent" in scopes]
    # Where all files are on parents, an mdev publishes nothing of its own.
    found += [host.describe(mdev) for mdev in mdevs.values() if scopes != {"parent"}]
    if not found:
        raise InputError(
            [Mistake(shown_name(path), 0, 0, 1, "the host has no mdev", "mdevs: of a parent")]
        )
    return found


@click.command()
@click.argument("source", shell_complete=complete_file)
@click.argument("target", shell_complete=complete_file)
@scheme_option("self-compatible")
@accepted_by_option
@json_option
def check(
    source: str, target: str, scheme: Scheme, accepted_by: Direction | None, as_json: bool
) -> None:
    """
    Judge one migration, from SOURCE to TARGET, and say why.

    Both are descriptions: a listing, a line of NDJSON, or an example. Exit status 0 compatible,
    1 incompatible, 3 undecided.
    """
    one_stdin(source, target)
    scheme = scheme.accepted(accepted_by)
    verdict = explain(scheme, read_description(source, scheme), read_description(target, scheme))
    if as_json:
        by = str(scheme.accepted_by) if scheme.has_objects else None
        print_json({"scheme": scheme.name, "accepted_by": by} | verdict.to_json())
    else:
        by = f", accepted by {scheme.accepted_by}" if scheme.has_objects else ""
        print_verdict(verdict, f"{source} → {target} ({scheme.name}{by})")
    sys.exit(STATUS[verdict.outcome])
