"""
What lint and the laws found, cut to what stands beside the map.

Source: ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from simulator.lab.laws.field import Ruling, Standing
from simulator.lab.laws.law import published
from simulator.lab.laws.survey import Survey, survey
from simulator.lab.lint import CODES, Finding, Place, lint
from simulator.lab.population import Population
from simulator.report.text import count_of

__all__ = ["Item", "Section", "laws_section", "lint_section"]

_MOST = 20


@dataclass(frozen=True, slots=True)
class Item:
    """
    One finding.

    Attributes:
        head: What was found.
        lines: More about it.
    """

    head: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """
    Findings of another verb.

    Attributes:
        title: What they are.
        about: What was looked at.
        findings: In their order.
    """

    title: str
    about: str
    findings: tuple[Item, ...]


def lint_section(population: Population, most: int) -> Section:
    """
    Lint a scheme and a fleet, and give the first findings.

    Args:
        population: The fleet.
        most: Of its classes, at most so many are looked at: those with the most devices.
    """
    devices = population.devices
    places = sorted(range(len(devices)), key=lambda place: -devices[place])[:most]
    looked = Population(
        population.scheme,
        tuple(population.classes[place] for place in places),
        tuple(devices[place] for place in places),
    )
    findings = lint(population.scheme, population=looked)
    what = "this fleet" if len(places) == len(devices) else f"the {most:,} largest classes of it"
    about = count_of(len(findings), "finding") if findings else "No findings"
    about += f" in the scheme and in {what}"
    if len(findings) > _MOST:
        about += f"; the first {_MOST} are here, mdevsim scheme lint has all"
    items = [
        Item(f"{one.code} {one.message}", (f"{CODES[one.code].summary}; {_place(one, places)}",))
        for one in findings[:_MOST]
    ]
    return Section("Lint", f"{about}.", tuple(items))


def _place(finding: Finding, places: Sequence[int]) -> str:
    more = f", and in {count_of(finding.more, 'more place')}" if finding.more else ""
    return f"in {_where(finding.place, places)}{more}"


def _where(place: Place, places: Sequence[int]) -> str:
    owner = "the scheme" if place.kind == "scheme" else f"class #{places[place.index]}"
    path = ".".join(map(str, place.path))
    return f"{owner}, {path}" if path else owner


def laws_section(population: Population) -> Section:
    """Hold the scheme of a fleet to the laws, and give the devices that break one."""
    found = survey(population.scheme, population=population)
    items = [
        Item(f"{_SYMBOLS[one.standing]} {one.law.name}: {one.standing}", (*_lines(found, one),))
        for one in found.rulings
    ]
    return Section("Laws", "Asked of the devices of this fleet, and of no others.", tuple(items))


_SYMBOLS = MappingProxyType(
    {
        Standing.HOLDS: "\u2713",
        Standing.BROKEN: "\u00d7",
        Standing.NOT_FOUND: "?",
        Standing.NOT_APPLICABLE: "\u2013",
    }
)


def _lines(found: Survey, ruling: Ruling) -> list[str]:
    lines = [ruling.law.text]
    lines += [ruling.note] if ruling.note else []
    example = ruling.counterexample
    if example is None:
        return lines
    what = "description" if len(ruling.law.roles) == 1 else "pair of descriptions"
    plural = "descriptions" if len(ruling.law.roles) == 1 else "pairs of descriptions"
    lines.append(f"refused: {ruling.refused:,} of {count_of(ruling.asked, what, plural)}")
    for role, one in zip(ruling.law.roles, example.devices, strict=True):
        lines.append(f"{role} = {published(found.scheme, one).to_line()}")
    for source, target, verdict in example.verdicts(found.scheme):
        reasons = "; ".join(map(str, verdict.reasons[:2]))
        why = f": {reasons}" if reasons else ""
        lines.append(f"{source} \u2192 {target}: {verdict.outcome}{why}")
    return lines
