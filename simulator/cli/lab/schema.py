"""``scheme schema``: the JSON Schema of the scheme file, for editors."""

import click

from simulator.cli.output import print_json
from simulator.compat.json_schema import json_schema

__all__ = ["schema"]


@click.command()
def schema() -> None:
    """
    Print the JSON Schema of the scheme file.

    An editor that knows it completes the fields and marks what is none. With the YAML language
    server, put "# yaml-language-server: $schema=FILE" on top of your scheme.
    """
    print_json(json_schema())
