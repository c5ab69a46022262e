"""``fleet baseline``: the values that make a cluster one island."""

import sys
from collections.abc import Iterator

import click

from simulator.cli.fleets import load_fleet
from simulator.cli.inputs import complete_path, shown_name
from simulator.cli.match import check_classes
from simulator.cli.options import accepted_by_option, json_option, scheme_option
from simulator.cli.output import STATUS, many, print_json, print_lines, progress
from simulator.compat.scheme import Direction, Scheme
from simulator.errors import InputError, Mistake, TextError
from simulator.fleet.fleet import Fleet
from simulator.lab.chart.chart import type_attribute
from simulator.lab.population import Population, population_of
from simulator.planning.baseline import Baseline, Obstacle, Study, parted
from simulator.planning.baseline import baseline as find_baseline
from simulator.planning.limits import can_limit
from simulator.planning.names import population_on
from simulator.values import Value

__all__ = ["baseline"]

_SHOWN = 6


@click.command()
@click.argument("file", shell_complete=complete_path)
@click.option(
    "--on",
    "places",
    multiple=True,
    metavar="HOST",
    help="Only the devices of this host, or HOST/PARENT, or of this name; may be repeated.",
)
@click.option(
    "--by",
    metavar="type|ATTRIBUTE",
    help="A baseline for each value of this, instead of one for all.",
)
@click.option(
    "--limit",
    "names",
    multiple=True,
    metavar="ATTRIBUTE",
    help="Devices may be limited in this; may be repeated.  [default: what the scheme orders]",
)
@scheme_option("self-compatible")
@accepted_by_option
@json_option
def baseline(
    file: str,
    places: tuple[str, ...],
    by: str | None,
    names: tuple[str, ...],
    scheme: Scheme,
    accepted_by: Direction | None,
    as_json: bool,
) -> None:
    """
    Find what makes the devices of a fleet FILE accept each other, all of them.

    That is the highest value of each attribute that all can be limited to, as far as it needs to
    be limited: fewer members of a set, an older version, a lower number. Where there is none, it
    says what prevents it, and for how many devices there is one. Exit status 0 when there is one
    (with --by, for each value), 1 when there is none, 3 when the scheme does not say.
    """
    scheme = scheme.accepted(accepted_by)
    attribute = None if by is None else _attribute(scheme, by)
    for name in names:
        if name not in scheme.attributes or not can_limit(scheme.attributes[name]):
            known = ", ".join(n for n, one in scheme.attributes.items() if can_limit(one))
            message = f"nothing to limit in {name!r}; expected one of {known}"
            raise click.BadParameter(message, param_hint="--limit")
    fleet = Fleet(scheme)
    load_fleet(file, fleet)
    population = _population(fleet, places, shown_name(file))
    parts = {None: population} if attribute is None else parted(population, attribute)
    with progress("judging", None, is_bytes=False) as show:
        studies = {at: find_baseline(one, names or None, show) for at, one in parts.items()}
    if as_json and attribute is None:
        print_json(_json(studies[None]))
    elif as_json:
        each = [{"value": _plain(at)} | _json(found) for at, found in studies.items()]
        print_json({"by": attribute, "each": each})
    for at, found in () if as_json else studies.items():
        label = "" if attribute is None else f", {attribute} {_text(at)}"
        print_lines(_lines(found, shown_name(file) + label))
    sys.exit(STATUS[min(found.outcome for found in studies.values())])


def _attribute(scheme: Scheme, by: str) -> str:
    """
    Find the attribute that devices are divided by.

    Raises:
        BadParameter: The scheme has no such attribute.
    """
    name = type_attribute(scheme) if by == "type" and by not in scheme.attributes else by
    if name is None or name not in scheme.attributes:
        known = ", ".join(scheme.attributes)
        raise click.BadParameter(f"no attribute {by!r}; expected one of {known}", param_hint="--by")
    return name


def _population(fleet: Fleet, places: tuple[str, ...], name: str) -> Population:
    try:
        population = population_on(fleet, places) if places else population_of(fleet)
    except TextError as error:
        raise InputError([Mistake(name, 0, 0, 1, error.message, error.expected)]) from None
    check_classes(len(population.classes), name)
    return population


# ---- for people


def _lines(found: Study, name: str) -> Iterator[str]:
    population = found.population
    devices, classes = sum(population.devices), len(population.classes)
    yield f"{name}: {many(devices, 'device')}, {many(classes, 'class')}"
    if found.baseline is not None:
        yield from _baseline(found.baseline)
        return
    if found.may_be:
        yield "undecided: there may be a baseline, the scheme does not say"
    elif found.is_whole:
        yield "no baseline"
    else:
        yield "no baseline was found; not all limits were tried"
    for one in found.obstacles:
        yield from _obstacle(one)
    if not found.obstacles:
        yield "prevented by attributes together:"
        yield from (f"  {reason}" for reason in found.refusal[:_SHOWN])
    if found.rest is None:
        yield "no device accepts its like"
        return
    proof = "no fewer can be left out" if found.is_least else "a search; fewer may do"
    left = devices - found.rest.devices
    yield f"without {left:,} of the {many(devices, 'device')} ({proof}):"
    yield from (f"  {line}" for line in _baseline(found.rest))
    yield "left out: " + _some([_class(population, at) for at in found.left_out])


def _baseline(one: Baseline) -> Iterator[str]:
    proof = f"{many(one.pairs, 'pair')} judged"
    if not one.limits:
        yield f"all accept each other as they are ({proof})"
        return
    yield f"baseline of {many(one.devices, 'device')} ({proof})"
    width = max(len(limit.attribute) for limit in one.limits)
    for limit in one.limits:
        value = "(not published)" if limit.value is None else _text(limit.value)
        yield f"  {limit.attribute:{width}}  {value}  limits {many(limit.devices, 'device')}"


def _obstacle(one: Obstacle) -> Iterator[str]:
    what = one.attribute or "lists of objects"
    values = [f"{_text(value)} ({devices:,})" for value, devices in one.values]
    yield f"prevented by {what}" + (f": {_some(values)}" if one.attribute else "")
    yield f"  {one.reason}"


def _class(population: Population, at: int) -> str:
    one, devices = population.classes[at], population.devices[at]
    return f"{one.name or f'class {at}'}" + (f" and {devices - 1:,} like it" * (devices > 1))


def _text(value: Value | None) -> str:
    return "(absent)" if value is None else str(value) or '""'


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if names[_SHOWN:] else ""
    return ", ".join(names[:_SHOWN]) + more


# ---- for programs


def _json(found: Study) -> dict[str, object]:
    population, scheme = found.population, found.population.scheme
    return {
        "scheme": scheme.name,
        "accepted_by": str(scheme.accepted_by) if scheme.has_objects else None,
        "devices": sum(population.devices),
        "classes": [one.name for one in population.classes],
        "limitable": list(found.limitable),
        "baseline": found.baseline and _baseline_json(found.baseline),
        "may_be": found.baseline is not None or found.may_be,
        "all_tried": found.is_whole,
        "obstacles": [
            {
                "attribute": one.attribute or None,
                "values": [
                    {"value": _plain(value), "devices": devices} for value, devices in one.values
                ],
                "source": one.source,
                "target": one.target,
                "reason": one.reason,
            }
            for one in found.obstacles
        ],
        "refusal": list(found.refusal),
        "rest": found.rest
        and _baseline_json(found.rest)
        | {"left_out": list(found.left_out), "least": found.is_least},
    }


def _baseline_json(one: Baseline) -> dict[str, object]:
    return {
        "devices": one.devices,
        "classes": list(one.classes),
        "limits": [
            {"attribute": it.attribute, "value": _plain(it.value), "devices": it.devices}
            for it in one.limits
        ],
        "pairs": one.pairs,
    }


def _plain(value: Value | None) -> str | None:
    return None if value is None else str(value)
