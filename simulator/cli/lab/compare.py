"""``scheme compare``: schemes side by side on one fleet."""

import sys
from collections.abc import Iterable, Iterator, Sequence

import click

from simulator.cli.fleets import chunks_of
from simulator.cli.inputs import SchemeType, complete_path, open_binary, shown_name
from simulator.cli.lab.compare_text import comparison_text
from simulator.cli.options import json_option
from simulator.cli.output import print_json, progress
from simulator.compat.scheme import Outcome, Scheme
from simulator.compat.verdict import explain
from simulator.errors import InputError, Mistake
from simulator.lab.compare.agreement import Agreement, Example
from simulator.lab.compare.comparison import Comparison, compare, strangers
from simulator.lab.compare.measured import Measured
from simulator.lab.compare.projection import Projection, project

__all__ = ["compare_"]

_CLASSES = 10_000
"""The most classes of a fleet, so that all their pairs fit the memory."""


@click.command(name="compare")
@click.argument("schemes", nargs=-1, required=True, type=SchemeType(), metavar="A B…")
@click.option(
    "--fleet",
    "fleet_path",
    shell_complete=complete_path,
    required=True,
    metavar="FILE",
    help="NDJSON with what every scheme publishes, or a saved fleet, or - for stdin.",
)
@click.option(
    "--truth",
    type=SchemeType(),
    help="The scheme that is right, such as the driver's own load check.",
)
@json_option
def compare_(
    schemes: tuple[Scheme, ...], fleet_path: str, truth: Scheme | None, as_json: bool
) -> None:
    """
    Put schemes side by side on one fleet.

    Prints for each scheme the pairs of devices that it allows, how far the schemes agree, an
    example of each disagreement, and the reasons by attribute. With --truth, what each wrongly
    allows and wrongly refuses. Exit status 0 when all agree, 1 when they differ.
    """
    asked = schemes if truth is None else (*schemes, truth)
    if len(asked) < 2:
        raise click.UsageError("one scheme alone: name a second one, or a --truth")
    labels = _labels(asked)
    unlike = [f"{labels[one]} and {labels[other]}" for one, other in strangers(schemes)]
    if unlike:
        raise click.UsageError(f"no attribute is shared by {'; '.join(unlike)}: not compared")
    projection = _read(fleet_path, asked)
    total = sum(map(len, projection.own))
    with progress("judging", total, is_bytes=False) as show:
        found = compare(projection, show)
    true = None if truth is None else len(schemes)
    if as_json:
        print_json(_json(found, labels, true))
    else:
        click.echo(comparison_text(found, labels, true))
    sys.exit(0 if found.is_unanimous else 1)


def _labels(schemes: Sequence[Scheme]) -> list[str]:
    """Name the schemes; those of one name are numbered."""
    names = [scheme.name for scheme in schemes]
    return [
        name if names.count(name) == 1 else f"{name} ({names[: at + 1].count(name)})"
        for at, name in enumerate(names)
    ]


def _read(path: str, schemes: Sequence[Scheme]) -> Projection:
    with open_binary(path) as stream:
        total = stream.seek(0, 2) if stream.seekable() else None

        def chunks() -> Iterable[bytes]:
            if total is not None:
                stream.seek(0)
            return chunks_of(shown_name(path), stream, schemes)

        again = None if total is None else chunks
        with progress("loading", total, is_bytes=True) as show:
            found = project(shown_name(path), chunks(), schemes, show, again)
    if len(found) > _CLASSES:
        message = f"{len(found):,} classes are too many to judge all their pairs"
        raise InputError([Mistake(shown_name(path), 0, 0, 1, message, f"at most {_CLASSES:,}")])
    return found


# ---- JSON


def _json(found: Comparison, labels: Sequence[str], truth: int | None) -> dict[str, object]:
    count = len(labels)
    return {
        "devices": sum(found.projection.devices),
        "classes": len(found.projection),
        "pairs": found.pairs,
        "unanimous": found.is_unanimous,
        "truth": None if truth is None else labels[truth],
        "schemes": [
            {"scheme": label} | _measured_json(one)
            for label, one in zip(labels, found.schemes, strict=True)
        ],
        "agreement": [
            [found.agreement(one, other).agreeing for other in range(count)] for one in range(count)
        ],
        "disagreements": [
            entry for one in found.agreements for entry in _disagreements(found, one, labels)
        ],
        "errors": []
        if truth is None
        else [
            {"scheme": labels[one]} | _errors(found, found.agreement(one, truth), labels)
            for one in range(truth)
        ],
    }


def _measured_json(one: Measured) -> dict[str, object]:
    return {
        "classes": one.classes,
        **{str(outcome): one.pairs[outcome] for outcome in reversed(Outcome)},
        "cold": one.cold and {str(o): one.cold[o] for o in reversed(Outcome)},
        "limits": {str(limit): pairs for limit, pairs in one.limits.items()},
        "reasons": [
            {
                "attribute": group.attribute,
                "limit": str(group.limit),
                "incompatible": group.refused,
                "undecided": group.undecided,
                "alone": group.alone,
            }
            for group in one.groups
        ],
        "reasons_exact": one.is_exact,
    }


def _disagreements(
    found: Comparison, one: Agreement, labels: Sequence[str]
) -> Iterator[dict[str, object]]:
    ends = one.first, one.second
    for verdicts, example in one.examples.items():
        yield {
            "schemes": [labels[end] for end in ends],
            "verdicts": [str(verdict) for verdict in verdicts],
            "pairs": one.pairs[verdicts],
            "example": _example(found.projection, example, ends, labels),
        }


def _example(
    projection: Projection, example: Example, ends: tuple[int, int], labels: Sequence[str]
) -> dict[str, object]:
    """Show the two devices and both explained verdicts."""
    return {
        "source": projection.names[example.source],
        "target": projection.names[example.target],
        "alike": example.source == example.target,
        "differing": example.differing,
        "verdicts": [
            {"scheme": labels[end]}
            | explain(
                projection.schemes[end],
                projection.seen(end, example.source),
                projection.seen(end, example.target),
            ).to_json()
            for end in ends
        ],
    }


def _errors(found: Comparison, one: Agreement, labels: Sequence[str]) -> dict[str, object]:
    """Say what a scheme wrongly allows and refuses, where *one* is it and the truth."""
    yes, no = Outcome.COMPATIBLE, Outcome.INCOMPATIBLE
    ends = one.first, one.second
    return {
        name: {
            "pairs": one.pairs.get(key, 0),
            "example": _example(found.projection, one.examples[key], ends, labels)
            if key in one.examples
            else None,
        }
        for name, key in (("wrongly_allowed", (yes, no)), ("wrongly_refused", (no, yes)))
    }
