"""Schemes: ``scheme list`` and ``scheme show``."""

from types import MappingProxyType

import click

from simulator.cli.inputs import SchemeType, read_scheme
from simulator.cli.lazy import LazyGroup
from simulator.cli.options import json_option
from simulator.cli.output import print_json
from simulator.compat.scheme import Scheme
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.errors import TextError

__all__ = ["scheme"]


_VERBS = MappingProxyType(
    {
        "breaking": "lab.breaking:breaking",
        "compare": "lab.compare:compare_",
        "laws": "lab.laws:laws",
        "lint": "lab.lint:lint_command",
        "map": "lab.map:map_",
        "schema": "lab.schema:schema",
        "versions": "lab.versions:versions",
    }
)


@click.group(cls=LazyGroup, verbs=_VERBS)
def scheme() -> None:
    """Look at attribute schemes: which attributes are published, and what is compared."""


@scheme.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the schemes that ship with mdevsim."""
    schemes = [load_builtin(name) for name in builtin_names()]
    if as_json:
        print_json([{"scheme": one.name, "summary": one.summary} for one in schemes])
        return
    width = max(len(one.name) for one in schemes)
    for one in schemes:
        click.echo(f"{one.name:{width}}  {one.summary}")


@scheme.command()
@click.argument("name", metavar="NAME|FILE", shell_complete=SchemeType().shell_complete)
@json_option
def show(name: str, as_json: bool) -> None:
    """
    Print a scheme as it is written, after checking it.

    --json prints what it means, defaults filled in. The text is a good start for a scheme of
    your own: mdevsim scheme show self-compatible > mine.yaml
    """
    try:
        found, text = read_scheme(name)
    except TextError as error:
        raise click.BadParameter(f"{error.message}; expected {error.expected}") from None
    if as_json:
        print_json(_meaning(found))
    else:
        click.echo(text, nl=not text.endswith("\n"))


def _meaning(found: Scheme) -> dict[str, object]:
    return {
        "scheme": found.name,
        "summary": found.summary,
        "source": found.source,
        "accepted-by": str(found.accepted_by),
        "objects": "published" if found.has_objects else "none",
        "missing": str(found.missing),
        "unlisted": {0: "incompatible", 1: "undecided", 2: "ignored"}[found.unlisted],
        "division": "floor" if found.floor_division else "exact",
        "attributes": {
            one.name: {
                "type": one.kind,
                "clause": one.relation and str(one.relation),
                "of": one.of or one.name,
                "missing": str(found.missing_of(one)),
                "required": one.required,
                "from": one.fact,
                "scope": one.scope,
                "settable": one.settable,
                "valid": one.valid,
                "limit": str(one.limit),
                "blocks": one.blocks,
                "errno": one.errno,
                "log": one.log,
            }
            for one in found.attributes.values()
        },
        "prefer": {one.attribute: "highest" if one.highest else "lowest" for one in found.prefer},
        "accepts": [dict(one) for one in found.accepts],
        "copied": found.copied,
        "surface": [
            {
                "form": one.form,
                "scope": one.scope,
                "name": one.name,
                "attributes": list(one.attributes),
                "text": one.text,
                "log": one.log,
            }
            for one in found.surfaces
        ],
    }
