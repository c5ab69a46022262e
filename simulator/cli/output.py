"""What the command prints: JSON, verdicts, progress."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import click

from simulator.compat.scheme import Outcome
from simulator.compat.verdict import Verdict
from simulator.errors import InputError

__all__ = [
    "STATUS",
    "many",
    "print_json",
    "print_lines",
    "print_mistakes",
    "print_table",
    "print_verdict",
    "progress",
    "write_whole",
]

STATUS = MappingProxyType({Outcome.COMPATIBLE: 0, Outcome.INCOMPATIBLE: 1, Outcome.UNDECIDED: 3})
"""Exit status by verdict."""

_REASONS = 20
_MISTAKES = 100


def many(count: int, what: str) -> str:
    """Count things: ``1 device``, ``2,000 devices``, ``3 classes``."""
    plural = "es" if what.endswith("s") else "s"
    return f"{count:,} {what}{'' if count == 1 else plural}"


def print_json(data: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def print_lines(lines: Iterable[object]) -> None:
    """Write many lines in one go: a click.echo for each would flush a million times."""
    click.echo("".join(f"{line}\n" for line in lines), nl=False)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells; numbers below a heading end where it does, the last column is text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join([*cells[:-1], row[-1]]).rstrip())


def print_mistakes(error: InputError) -> None:
    """Print the mistakes of a text on standard error, as many as a person will mend at once."""
    click.echo("\n".join(map(str, error.mistakes[:_MISTAKES])), err=True)
    if len(error.mistakes) > _MISTAKES:
        click.echo(f"… and {len(error.mistakes) - _MISTAKES} more mistakes", err=True)


def print_verdict(verdict: Verdict, question: str) -> None:
    """Print a verdict for people: the answer, the reasons, the smallest change."""
    click.echo(f"{verdict.outcome}: {question}")
    for match in verdict.matches:
        click.echo(f"  accepted by {match}")
    for reason in verdict.reasons[:_REASONS]:
        click.echo(f"  {reason}")
    if len(verdict.reasons) > _REASONS:
        click.echo(f"  … and {len(verdict.reasons) - _REASONS} more reasons (--json has all)")
    if verdict.reasons:
        click.echo(f"limits: {verdict.limits_text()}")
    if verdict.near_miss:
        click.echo("near miss, it would be compatible with:")
        for change in verdict.near_miss:
            click.echo(f"  {change}")


@contextmanager
def progress(what: str, total: int | None, *, is_bytes: bool) -> Iterator[Callable[[int], None]]:
    """
    Show progress on standard error while it is a terminal; elsewhere show nothing.

    Args:
        what: What is done.
        total: The end, if it is known.
        is_bytes: Count bytes, not devices.

    Yields:
        A function to call with how far it is.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    counter: ProgressColumn = DownloadColumn() if is_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), counter, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def write_whole(path: str, chunks: Iterable[bytes]) -> None:
    """
    Write a file as a whole or not at all; ``-`` is standard output.

    Raises:
        OSError: It cannot be written.
    """
    if path == "-":
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    if target.exists() and not target.is_file():
        # A device or a pipe cannot be replaced; it takes what comes.
        with target.open("wb") as stream:
            stream.writelines(chunks)
        return
    # A link stays a link: the file that it names is written.
    target = target.resolve()
    new = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        stream = new.open("xb")
    except OSError as error:
        # People know the file that they named, not the one beside it.
        raise OSError(error.errno, error.strerror, path) from None
    try:
        with stream:
            stream.writelines(chunks)
        if target.exists():
            shutil.copymode(target, new)
        new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
