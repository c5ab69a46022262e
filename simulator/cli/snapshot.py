"""``snapshot``: the simulated ``/sys`` at rest."""

from pathlib import Path

import click

from simulator.cli.inputs import complete_file
from simulator.cli.live import load_live
from simulator.cli.options import kernel_option, scheme_option, vendor_option
from simulator.cli.output import write_whole
from simulator.compat.scheme import Scheme
from simulator.sysfs.snapshot import take, write_directory
from simulator.sysfs.umockdev import format_umockdev

__all__ = ["snapshot"]


@click.command
@click.argument("host", required=False, metavar="[HOST]", shell_complete=complete_file)
@scheme_option(None)
@vendor_option
@kernel_option
@click.option("--umockdev", "is_umockdev", is_flag=True, help="Write umockdev text, to a file.")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    metavar="PATH",
    help="An empty or new directory; a file with --umockdev.  [default: standard output]",
)
def snapshot(
    host: str | None,
    scheme: Scheme | None,
    vendor: str | None,
    kernel: str | None,
    is_umockdev: bool,
    output: str | None,
) -> None:
    """
    Write the simulated /sys as a plain directory, or as text for umockdev.

    A snapshot is passive: a write to one of its files creates nothing. For clients that write,
    use `mdevsim run`.

    HOST is a host file, or i915, mtty or blink, which ship with mdevsim.
    """
    if not is_umockdev and output in {None, "-"}:
        raise click.UsageError("a directory needs a name: -o DIR")
    taken = take(load_live(host, vendor, kernel, scheme, 0, cpus=1).tree)
    if is_umockdev:
        write_whole(output or "-", [format_umockdev(taken).encode()])
    elif output is not None:
        write_directory(taken, Path(output))
