"""Groups of verbs that are imported when they are used, so that a verb starts soon."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """
    A group that knows where its verbs are.

    Args:
        verbs: By name the module below `simulator.cli` and, after a colon, the command in it.
    """

    def __init__(self, verbs: Mapping[str, str], **more: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(**more)
        self._verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the verbs without importing them."""
        return sorted({*super().list_commands(ctx), *self._verbs})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        if cmd_name not in self._verbs:
            return super().get_command(ctx, cmd_name)
        module, _, name = self._verbs[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"simulator.cli.{module}"), name)
        return command
