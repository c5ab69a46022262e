"""Kernels compared: ``conformance script``, ``conformance expected``, ``conformance compare``."""

import sys
from importlib.resources import files

import click

from simulator.cli.inputs import complete_path, read, shown_name
from simulator.cli.options import json_option
from simulator.cli.output import many, print_json, print_lines, write_whole
from simulator.documents import decode
from simulator.errors import InputError, Mistake
from simulator.mdev import KERNELS
from simulator.sysfs.conformance.mdev_conformance import NOT_ASKED, Line, compare, parse

__all__ = ["conformance"]

_PACKAGE = files("simulator.sysfs.conformance")
_kernel_option = click.option(
    "--kernel",
    type=click.Choice(list(KERNELS)),
    default=list(KERNELS)[-1],
    show_default=True,
    help="Whose answers are expected.",
)
_output_option = click.option(
    "-o", "--output", type=click.Path(), default="-", metavar="FILE", help="Where to write it."
)


@click.group()
def conformance() -> None:
    """Compare a real kernel, or the simulator, with what the kernel's source says."""


@conformance.command()
@_output_option
def script(output: str) -> None:
    """
    Write the script that asks a kernel: one file, which needs Python 3.7 alone.

    On the machine to be asked, as root, with mtty loaded:
    python3 mdev_conformance.py --parent mtty -o transcript.txt
    """
    write_whole(output, [_PACKAGE.joinpath("mdev_conformance.py").read_bytes()])


@conformance.command()
@_kernel_option
@_output_option
def expected(kernel: str, output: str) -> None:
    """Write what mtty is expected to answer: question, answer, source, separated by tabs."""
    write_whole(output, [_expected(kernel)])


@conformance.command(name="compare")
@click.argument("transcript", metavar="TRANSCRIPT", shell_complete=complete_path)
@_kernel_option
@json_option
def compare_(transcript: str, kernel: str, as_json: bool) -> None:
    """
    Compare a TRANSCRIPT of the script with what is expected of a kernel.

    Exit status 0: all is as expected; 1: these lines differ.
    """
    found = _parse(transcript, read(transcript))
    wanted = _parse(kernel, _expected(kernel))
    told = compare(found, wanted)
    n_unasked = sum(line.answer == NOT_ASKED for line in found)
    if as_json:
        counts = {"lines": len(found), "not_asked": n_unasked}
        print_json({"kernel": kernel} | counts | {"differences": told})
    else:
        print_lines(told)
        verb = "differs" if len(told) == 1 else "differ"
        click.echo(f"{many(len(found), 'line')}, {len(told)} {verb}, {n_unasked} not asked")
    sys.exit(bool(told))


def _expected(kernel: str) -> bytes:
    return _PACKAGE.joinpath("transcripts", f"{kernel}.txt").read_bytes()


def _parse(path: str, data: bytes) -> list[Line]:
    """
    Read a transcript.

    Raises:
        InputError: With every line that is none.
    """
    lines: list[Line] = []
    mistakes: list[Mistake] = []
    for number, row in enumerate(decode(shown_name(path), data).splitlines(), 1):
        try:
            lines += parse(row)
        except ValueError:
            message, expected_ = "not a line of a transcript", "a question, a tab and an answer"
            mistakes.append(
                Mistake(shown_name(path), number, 1, max(len(row), 1), message, expected_, row)
            )
    if mistakes:
        raise InputError(mistakes)
    return lines
