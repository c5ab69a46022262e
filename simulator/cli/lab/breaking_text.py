"""What ``scheme breaking`` prints."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

import click

from simulator.compat.description import Description
from simulator.compat.scheme import Relation
from simulator.lab.breaking.breaks import Breaking, Category, Example, Passage
from simulator.lab.breaking.bump import Bump, Published
from simulator.lab.breaking.differences import Difference
from simulator.lab.breaking.rolling import Count, Step
from simulator.lab.space import Space

__all__ = ["Judged", "print_breaking", "to_json"]

_REASONS = 3
_DIFFERENCES = 20
_LONGEST = 160
_INDENT = " " * 12


@dataclass(frozen=True, slots=True)
class Judged:
    """
    What was judged.

    Attributes:
        names: OLD and NEW as they were given.
        text: What was covered, in words.
        is_exhaustive: That is all there is.
        space: The value space, or None: devices.
    """

    names: tuple[str, str]
    text: str
    is_exhaustive: bool = True
    space: Space | None = None


def print_breaking(found: Breaking, judged: Judged, fail_on: frozenset[Category]) -> None:
    """Print the report for people."""
    lines = [
        f"{judged.names[0]} → {judged.names[1]}",
        judged.text,
        "",
        *_categories(found, judged, fail_on),
        "",
        *_rolling(found),
        "",
        f"bump: {_bump(found)} ({found.evidence})",
        *(_published(one, found) for one in found.published),
        "",
        _end(found, fail_on),
    ]
    click.echo("\n".join(lines))


def _end(found: Breaking, fail_on: frozenset[Category]) -> str:
    broken = [one for one in Category if one in found.found & fail_on]
    if broken:
        return f"break: {', '.join(broken)}"
    asked = ", ".join(one for one in Category if one in fail_on) or "nothing, as --fail-on asks"
    return f"no break found, looking for {asked}"


def _bump(found: Breaking) -> str:
    return "bugfix or none" if str(found.bump) == "bugfix" else str(found.bump)


# ---- categories


def _categories(found: Breaking, judged: Judged, fail_on: frozenset[Category]) -> Iterator[str]:
    for category in Category:
        change = found.changes.get(category)
        others = [one for one in found.differences if one.category == category]
        is_broken = "  [break]" * (category in fail_on and bool(change or others))
        if change is not None:
            yield f"{category:<12}{_counted(change.count, judged)}{is_broken}"
            yield f"{_INDENT}{category.meaning}"
            yield from _example(change.example)
        elif others:
            yield f"{category:<12}{len(others)}{is_broken}"
            yield from (f"{_INDENT}{_difference(one, judged)}" for one in others[:_DIFFERENCES])
            if len(others) > _DIFFERENCES:
                yield f"{_INDENT}… and {len(others) - _DIFFERENCES} more (--json has all)"
    if absent := [one for one in Category if one not in found.found]:
        yield f"none found: {', '.join(absent)}"


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _counted(count: Count, judged: Judged) -> str:
    pairs = _many(count.device_pairs, "pair")
    return pairs if judged.space else f"{pairs}, from {_many(count.devices, 'device')}"


def _difference(one: Difference, judged: Judged) -> str:
    if one.devices is None:
        return f"{one.subject}: {one.text}"
    what = "device" if judged.space is None else "description"
    return f"{one.subject}: {one.text} ({_many(one.devices, what)})"


def _example(example: Example) -> Iterator[str]:
    for word, end in (("from", example.source), ("to", example.target)):
        step = str(example.step) + ":" if word == "from" else ""
        yield f"{_INDENT}{step:<11} {word:>4} {_shown(end)}"
    reasons = example.verdict.reasons
    yield from (f"{_INDENT}{'':17}{reason}" for reason in reasons[:_REASONS])
    if len(reasons) > _REASONS:
        yield f"{_INDENT}{'':17}… and {len(reasons) - _REASONS} more reasons (--json has all)"


def _shown(one: Description) -> str:
    line = one.to_line()
    if len(line) > _LONGEST and one.objects:
        line = f"{replace(one, objects=None).to_line()} and {_many(len(one.objects), 'object')}"
    return line if len(line) <= 2 * _LONGEST else f"{line[: 2 * _LONGEST]}… (--json has all)"


# ---- the rolling upgrade


def _rolling(found: Breaking) -> Iterator[str]:
    yield f"{'rolling upgrade, pairs':<24}" + "".join(f"{one:>20}" for one in _COLUMNS)
    for step, passage in found.passages.items():
        counts = (passage.allowed, passage.lost, passage.undecided)
        yield f"  {step:<22}" + "".join(f"{one.device_pairs:>20,}" for one in counts)
    told = {(one.example.step, _ends(one.example)): name for name, one in found.changes.items()}
    for step, passage in found.passages.items():
        if passage.example is None:
            continue
        if name := told.get((step, _ends(passage.example))):
            yield f"{step} loses at least the example of {name}"
        else:
            yield f"{step} loses, for example:"
            yield from _example(passage.example)
    for word, moves in zip(("can", "cannot"), _moves(found), strict=True):
        yield f"{word + ':':<8}{', '.join(moves) or 'nothing found'}"


def _ends(example: Example) -> tuple[Description, Description]:
    return example.source, example.target


_COLUMNS = ("allowed", "lost", "undecided")
_MOVES = MappingProxyType(
    {
        Step.OLD_TO_NEW: "move from old hosts to upgraded ones",
        Step.NEW_TO_OLD: "go back",
        Step.NEW_TO_NEW: "move among upgraded hosts",
    }
)
"""What a cluster in the middle of a rolling upgrade wants to do."""


def _moves(found: Breaking) -> tuple[list[str], list[str]]:
    """Say in how many of the pairs that old allows each move is possible, and is not."""
    can, cannot = [], []
    allowed = found.passages[Step.OLD_TO_OLD].allowed.device_pairs
    for step, move in _MOVES.items():
        lost = found.passages[step].lost.device_pairs
        if lost < allowed:
            can.append(f"{move} ({allowed - lost:,} of {_many(allowed, 'pair')})")
        if lost:
            why = ", as a version rule is expected to" * _is_version(found, found.passages[step])
            cannot.append(f"{move} ({lost:,} of {_many(allowed, 'pair')}{why})")
    return can, cannot


def _is_version(found: Breaking, passage: Passage) -> bool:
    """Tell whether the example from new to old is refused by a version alone."""
    if passage.example is None or passage.step is not Step.NEW_TO_OLD:
        return False
    attributes = found.upgrade.old.attributes
    reasons = {reason.attribute for reason in passage.example.verdict.reasons}
    return bool(reasons) and all(
        name in attributes and attributes[name].relation is Relation.VERSION for name in reasons
    )


_GROWTH = MappingProxyType(
    {bump: f"a {bump} bump" for bump in Bump}
    | {Bump.LOWER: "a lower version", Bump.NONE: "no bump"}
)


def _published(one: Published, found: Breaking) -> str:
    old, new = ("absent" if value is None else str(value) for value in (one.old, one.new))
    judged = "; it takes part in the verdicts" * one.is_judged
    return (
        f"published: {one.attribute} {old} → {new}, {_GROWTH[one.bump]}: "
        f"{one.against(found.bump)} ({_many(one.devices, 'device')}{judged})"
    )


# ---- JSON


def to_json(found: Breaking, judged: Judged, fail_on: frozenset[Category]) -> dict[str, object]:
    """Return all of the report as JSON knows it."""
    upgrade = found.upgrade
    can, cannot = _moves(found)
    return {
        "old": judged.names[0],
        "new": judged.names[1],
        "judged": {
            "text": judged.text,
            "exhaustive": judged.is_exhaustive,
            "devices": sum(upgrade.devices),
            "classes": len(upgrade.devices),
            "space": judged.space and judged.space.to_json(),
        },
        "fail_on": [one for one in Category if one in fail_on],
        "breaks": [one for one in Category if one in found.found & fail_on],
        "found": {one: _found(found, one) for one in Category if one in found.found},
        "rolling": {step: _passage(passage) for step, passage in found.passages.items()},
        "can": can,
        "cannot": cannot,
        "bump": {"called_for": str(found.bump), "evidence": found.evidence},
        "published": [
            {
                "attribute": one.attribute,
                "old": None if one.old is None else str(one.old),
                "new": None if one.new is None else str(one.new),
                "bump": str(one.bump),
                "devices": one.devices,
                "is": one.against(found.bump),
                "judged": one.is_judged,
            }
            for one in found.published
        ],
    }


def _found(found: Breaking, category: Category) -> object:
    change = found.changes.get(category)
    if change is not None:
        return change.count.to_json() | {"example": change.example.to_json()}
    return [one.to_json() for one in found.differences if one.category == category]


def _passage(passage: Passage) -> dict[str, object]:
    counts = {"allowed": passage.allowed, "undecided": passage.undecided, "lost": passage.lost}
    example = passage.example and passage.example.to_json()
    return {name: one.to_json() for name, one in counts.items()} | {"example": example}
