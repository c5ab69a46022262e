"""Fleets as files: ``make``, ``info`` and ``convert``; the verbs that plan are in `planning`."""

from collections.abc import Callable, Iterator
from types import MappingProxyType

import click

from simulator.cli.convert import convert
from simulator.cli.fleets import load_fleet
from simulator.cli.inputs import SchemeType, complete_path
from simulator.cli.lazy import LazyGroup
from simulator.cli.options import json_option, scheme_option
from simulator.cli.output import print_json, progress, write_whole
from simulator.compat.scheme import Scheme
from simulator.fleet.fleet import Fleet
from simulator.fleet.generate import generate

__all__ = ["fleet"]


_VERBS = MappingProxyType(
    {
        "baseline": "planning.baseline:baseline",
        "drain": "planning.drain:drain",
        "islands": "planning.islands:islands",
    }
)


@click.group(cls=LazyGroup, verbs=_VERBS)
def fleet() -> None:
    """Make, convert and look at fleets, and plan with them: what many devices publish."""


fleet.add_command(convert)


@fleet.command()
@click.option(
    "--devices",
    type=click.IntRange(min=1),
    default=100_000,
    show_default=True,
    help="How many devices.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="The same seed, the same fleet.",
)
@click.option(
    "--scheme",
    "schemes",
    type=SchemeType(),
    multiple=True,
    default=("self-compatible",),
    show_default="self-compatible",
    help="A shipped scheme or a scheme file; may be repeated, to compare them on one fleet.",
)
@click.option(
    "-o",
    "--output",
    shell_complete=complete_path,
    default="-",
    metavar="FILE",
    help="Where to; standard output if not given.",
)
def make(devices: int, seed: int, schemes: tuple[Scheme, ...], output: str) -> None:
    """
    Generate a fleet: vGPUs on gen8 and gen9 hosts in the middle of a rolling upgrade.

    The same fleet comes from the same seed and schemes.
    """
    with progress("making", devices, is_bytes=False) as show:
        write_whole(output, _shown(generate(schemes, devices, seed), show))


def _shown(blocks: Iterator[bytes], show: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    for block in blocks:
        yield block
        done += block.count(b"\n")
        show(done)


@fleet.command()
@click.argument("file", shell_complete=complete_path)
@scheme_option("self-compatible")
@json_option
def info(file: str, scheme: Scheme, as_json: bool) -> None:
    """Count what is in a fleet FILE: devices, distinct descriptions, values, bytes in memory."""
    loaded = Fleet(scheme)
    load_fleet(file, loaded)
    size = loaded.size
    data = {
        "devices": size.n_devices,
        "classes": size.n_classes,
        "lists": size.n_lists,
        "distinct_values": loaded.distinct_values(),
        "bytes": {
            "rows": size.row_bytes,
            "names": size.name_bytes,
            "dictionaries": size.dictionary_bytes,
        },
    }
    if as_json:
        print_json(data)
        return
    click.echo(
        f"{size.n_devices} devices, {size.n_classes} classes, {size.n_lists} lists of objects"
    )
    for name, count in loaded.distinct_values().items():
        click.echo(f"  {name}: {count} distinct values")
    each = size.row_bytes / max(size.n_devices, 1)
    click.echo(
        f"in memory: {each:.1f} bytes a device, names {size.name_bytes} bytes, "
        f"dictionaries {size.dictionary_bytes} bytes"
    )
