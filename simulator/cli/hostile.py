"""``--hostile``: a tree that varies what a kernel may vary, and who is told."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from simulator.errors import TextError
from simulator.sysfs.hostile.seed import Hostility
from simulator.sysfs.hostile.told import Told

__all__ = ["hostile_options", "open_told"]

F = TypeVar("F", bound=Callable[..., Any])


def _parse(_context: click.Context, _param: click.Parameter, text: str | None) -> Hostility | None:
    if text is None:
        return None
    try:
        return Hostility.parse(text)
    except TextError as error:
        raise click.BadParameter(f"{error.message}; expected {error.expected}") from None


def hostile_options(function: F) -> F:
    """Make ``--hostile`` and ``--hostile-log``."""
    log = click.option(
        "--hostile-log", type=click.Path(), metavar="FILE", help="Write what --hostile varies."
    )
    seed = click.option(
        "--hostile",
        "hostility",
        callback=_parse,
        metavar="SEED[:NAME,...]",
        help="Vary what a kernel may vary, or only what is named.",
    )
    return seed(log(function))


def open_told(hostility: Hostility | None, log: str | None) -> Told | None:
    """
    Say on standard error how to repeat this, and open the log of what varies.

    Raises:
        OSError: The log cannot be written.
    """
    if hostility is None:
        if log is not None:
            raise click.UsageError("--hostile-log tells of --hostile; give both")
        return None
    click.echo(f"mdevsim: --hostile {hostility}", err=True)
    if log is None:
        return Told(hostility, len)
    # A descriptor, which outlives the change of namespaces, and lines that come at once.
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    return Told(hostility, lambda line: os.write(descriptor, f"{line}\n".encode()))
