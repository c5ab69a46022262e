"""The options that several verbs share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from simulator.cli.inputs import SchemeType
from simulator.compat.scheme import Direction
from simulator.mdev import KERNELS
from simulator.vendors import VENDORS

__all__ = [
    "accepted_by_option",
    "json_option",
    "kernel_option",
    "scheme_option",
    "threads_option",
    "vendor_option",
]

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many threads judge.",
)


def scheme_option(default: str | None) -> Callable[[F], F]:
    """Make ``--scheme``."""
    return click.option(
        "--scheme",
        type=SchemeType(),
        default=default,
        show_default=default or "the scheme of the host",
        help="A shipped scheme or a scheme file; `mdevsim scheme list` shows them.",
    )


def accepted_by_option(function: F) -> F:
    """Make ``--accepted-by``."""
    return click.option(
        "--accepted-by",
        type=click.Choice([str(direction) for direction in Direction]),
        callback=lambda _ctx, _param, value: None if value is None else Direction(value),
        help="Whose objects decide, instead of what the scheme says.",
    )(function)


def vendor_option(function: F) -> F:
    """Make ``--vendor``."""
    return click.option(
        "--vendor",
        type=click.Choice(list(VENDORS)),
        help="The built-in host of this driver, instead of a HOST.  [default: i915]",
    )(function)


def kernel_option(function: F) -> F:
    """Make ``--kernel``."""
    return click.option(
        "--kernel",
        type=click.Choice(list(KERNELS)),
        help="The kernel to behave like, instead of the host's.",
    )(function)
