"""A machine's mdev tree as a host file: ``capture``."""

import io
import re
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from simulator.cli.inputs import complete_path, find_scheme, read
from simulator.cli.options import kernel_option
from simulator.cli.output import write_whole
from simulator.errors import InputError
from simulator.host import Host, load_host
from simulator.mdev import KERNELS
from simulator.sysfs.capture import CapturedParent, read_tree
from simulator.sysfs.identities import Identities
from simulator.sysfs.reproduce import likely_kernels, reproduce, shown
from simulator.sysfs.snapshot import write_directory
from simulator.sysfs.umockdev import read_umockdev
from simulator.vendors import VENDORS

__all__ = ["capture"]

_PLAIN_LINES = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?\n){2,}")


@click.command()
@click.argument("root", default="/sys", metavar="[ROOT]", shell_complete=complete_path)
@click.option(
    "-o",
    "--output",
    default="-",
    show_default="standard output",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="The file to write.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of replacements."
)
@click.option("--keep-identities", is_flag=True, help="Keep UUIDs and serial numbers.")
@kernel_option
def capture(root: str, output: str, seed: int, keep_identities: bool, kernel: str | None) -> None:
    """
    Write a machine's mdev tree as a host file.

    ROOT is a /sys, /sys itself if left out, a directory that holds one (a snapshot, a mount), or a
    file of text for umockdev. It is only read. UUIDs and serial numbers are replaced, the
    same ones in every run with the same seed. A parent that no vendor driver here reproduces gets
    one that is described in the file.
    Exit status 1: there is no parent.
    """
    parents, mdev_drivers = _read(root)
    if not parents:
        click.echo(f"mdevsim: {root}: no device here hosts mdevs", err=True)
        sys.exit(1)
    known = [mdev.uuid for parent in parents for mdev in parent.mdevs]
    identities = None if keep_identities else Identities(seed, known)
    kernels = (
        likely_kernels(KERNELS.values(), mdev_drivers) if kernel is None else [KERNELS[kernel]]
    )
    data = _text(
        root, reproduce(parents, VENDORS, kernels, identities), is_scrubbed=not keep_identities
    )
    name = "the captured host" if output == "-" else output
    host = load_host(name, data, find_scheme)
    for difference in _differences(parents, host, identities):
        click.echo(f"mdevsim: {difference}", err=True)
    write_whole(output, [data])


def _read(root: str) -> tuple[tuple[CapturedParent, ...], tuple[str, ...]]:
    """Read a tree, or the text of one."""
    if not Path(root).is_file():
        return read_tree(Path(root))
    snapshot = read_umockdev(root, read(root).decode(errors="surrogateescape"))
    with TemporaryDirectory() as folder:
        place = Path(folder).resolve() / "sys"
        try:
            write_directory(snapshot, place)
        except OSError as error:
            raise OSError(error.errno, error.strerror, f"{root}: {error.filename}") from None
        try:
            return read_tree(place)
        except InputError as error:
            # People know the text that they named, not the directory that it became.
            files = (one.file.replace(str(place), f"{root}: ") for one in error.mistakes)
            mistakes = zip(error.mistakes, files, strict=True)
            raise InputError(replace(one, file=file) for one, file in mistakes) from None


def _text(root: str, data: dict[str, Any], *, is_scrubbed: bool) -> bytes:
    """Write YAML that people like to read."""
    yaml = YAML()
    yaml.width = 4096  # never fold: a text stays on its line
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    name = "".join(c if c.isprintable() else "\ufffd" for c in root)
    stream.write(f"# Captured from {name} by mdevsim capture.")
    stream.write(" UUIDs and serial numbers are replaced.\n" if is_scrubbed else "\n")
    if any(isinstance(parent["driver"], dict) for parent in data["parents"]):
        stream.write(
            "# capacity and takes are guessed: they give what available_instances showed.\n"
        )
    yaml.dump(_Readable().of(data), stream)
    return stream.getvalue().encode()


class _Readable:
    """Lets texts of several lines stand as such, and what is one object stay one."""

    def __init__(self) -> None:
        self._seen: dict[int, dict[str, object]] = {}

    def of(self, value: object) -> object:
        if isinstance(value, dict):
            if id(value) not in self._seen:
                self._seen[id(value)] = {key: self.of(one) for key, one in value.items()}
            return self._seen[id(value)]
        if isinstance(value, list):
            return [self.of(one) for one in value]
        if isinstance(value, str) and _PLAIN_LINES.fullmatch(value):
            return LiteralScalarString(value)
        return value


def _differences(
    parents: tuple[CapturedParent, ...], host: Host, identities: Identities | None
) -> list[str]:
    """Tell which files of types the host does not show as they were seen."""
    found = []
    for parent in parents:
        path = parent.path if identities is None else identities.text(parent.path)
        types = host.bus.parents[path.rpartition("/")[2]].types
        for seen in parent.types:
            wanted = seen.shown
            if identities is not None:
                wanted = {name: identities.file(name, text) for name, text in wanted.items()}
            made = types[seen.type_id]
            now = shown(made)
            names = sorted(wanted.keys() | now.keys())
            different = (name for name in names if wanted.get(name) != now.get(name))
            found += [f"{made.path}/{name} is not as it was seen" for name in different]
    return found
