"""
The command ``mdevsim``.

Exit status: 0 yes or fine; 1 no; 2 bad input or usage; 3 undecided.
"""

import io
import os
import signal
import sys
from types import MappingProxyType

import click

from simulator.cli.lazy import LazyGroup
from simulator.cli.output import print_mistakes
from simulator.errors import InputError, MdevError

__all__ = ["cli", "main"]

_EPILOG = """\b
Try first:
  mdevsim demo                          the whole story on generated hosts
  mdevsim describe UUID1                a device of the July 2020 mail
  mdevsim check UUID2 UUID1             can it migrate, and if not, why not
  mdevsim fleet make -o fleet.ndjson    a fleet to try things on
  mdevsim match UUID1 --fleet fleet.ndjson --count

\b
Exit status: 0 yes or fine, 1 no (incompatible, no target), 2 bad input or
usage, 3 undecided. A file argument of - is standard input.
"""


def _print_version(context: click.Context, _param: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    from importlib import metadata

    try:
        version = metadata.version("mdevsim")
    except metadata.PackageNotFoundError:
        version = "(run from its sources, not installed)"
    click.echo(f"mdevsim {version}")
    context.exit()


_VERBS = MappingProxyType(
    {
        "bench": "bench:bench",
        "capture": "capture:capture",
        "check": "device:check",
        "completion": "completion:completion",
        "conformance": "conformance:conformance",
        "demo": "demo:demo",
        "describe": "device:describe",
        "fleet": "fleet:fleet",
        "match": "match:match",
        "mount": "mount:mount",
        "place": "place:place",
        "run": "run:run",
        "scheme": "scheme:scheme",
        "snapshot": "snapshot:snapshot",
    }
)


class _Group(LazyGroup):
    def invoke(self, ctx: click.Context) -> object:
        """Run a verb; end as a signal would. Click would say 1, which is our no."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader has gone, as `head` does.
            _drop_output()
            sys.exit(128 + signal.SIGPIPE)
        except KeyboardInterrupt:
            click.echo("mdevsim: interrupted", err=True)
            sys.exit(128 + signal.SIGINT)


def _drop_output() -> None:
    """Keep Python from writing what is left when it ends: it would fail again, and say so."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=_Group,
    verbs=_VERBS,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """
    Simulate Linux mediated devices, and ask where they can be live-migrated.

    A device publishes attributes under a scheme; the scheme says which target accepts which
    source. SOURCE, TARGET and HOST are files, or the names of examples that ship with mdevsim:
    UUID1, UUID2, mtty-1.0 and mtty-1.1 (descriptions), i915, aggregated, mtty and blink (hosts).
    """


def main() -> None:
    """Run the command; people's mistakes end with status 2 and no traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character, or a file name that is no text, stops nothing.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if sys.stdout is None:
        click.echo("mdevsim: standard output is closed", err=True)
        sys.exit(2)
    try:
        cli.main(prog_name="mdevsim")
    except InputError as error:
        print_mistakes(error)
        sys.exit(2)
    except MdevError as error:
        click.echo(f"mdevsim: {error.name}: {error.reason}", err=True)
        sys.exit(2)
    except OSError as error:
        try:
            click.echo(nl=False)
        except OSError:
            _drop_output()
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"mdevsim: {where}{error.strerror or error}", err=True)
        sys.exit(2)
    except MemoryError:
        click.echo("mdevsim: out of memory", err=True)
        sys.exit(2)
