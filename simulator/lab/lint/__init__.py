"""
What is wrong with a scheme, and with what devices publish under it; by codes that stay.

    >>> from simulator.compat.schemes import load_builtin
    >>> [one.code for one in lint(load_builtin("software-version"))]
    ['L404']

Source: ours. The rules follow the objections of the mails: growing lists and objects that could
be one (20200729131255.68730f68@x1.home), one value per file
(20200804183503.39f56516.cohuck@redhat.com), resources that are copied
(20200909053755.GA721@joy-OptiPlex-7040).
"""

from collections.abc import Iterator, Sequence

from simulator.compat.derive import derived_object
from simulator.compat.description import Description
from simulator.compat.rule import Object
from simulator.compat.scheme import Scheme
from simulator.errors import TextError
from simulator.lab.lint.files import file_findings
from simulator.lab.lint.finding import CODES, Finding, Place, Rule
from simulator.lab.lint.policy import pci_findings, policy_findings, text_findings
from simulator.lab.lint.published import InObject, Published
from simulator.lab.lint.verdicts import Effects
from simulator.lab.population import MOST_CLASSES, Population
from simulator.lab.space import Space

__all__ = ["CODES", "RELEASES", "Finding", "Place", "Rule", "lint"]

RELEASES = 10
"""How many releases are looked ahead. Ours."""

_SAMPLES = 16
_BY_SIZE = ("L301", "L302")


def lint(
    scheme: Scheme,
    descriptions: Sequence[Description] = (),
    population: Population | None = None,
    space: Space | None = None,
    releases: int = RELEASES,
    seed: int = 0,
) -> tuple[Finding, ...]:
    """
    Find what is wrong.

    Args:
        scheme: The scheme.
        descriptions: Examples of what devices publish under it.
        population: A fleet; every pair of its classes is judged, or of `MOST_CLASSES` of them.
        space: A value space, of which every pair is judged when there is no fleet.
        releases: How many releases to look ahead where a list grows.
        seed: Where the draw from a fleet of very many classes begins.

    Returns:
        The findings in a fixed order; in a fleet, each at its first class.
    """
    classes = population.classes if population is not None else ()
    every = (*descriptions, *classes)
    published = Published(scheme, releases)
    found = [*policy_findings(scheme, every), *file_findings(scheme), *text_findings(scheme)]
    found += _accepts(scheme, published, every or (space.descriptions if space else ()))
    found += published.growing_sets(every)
    found += published.findings(descriptions, "description")
    found += published.findings(classes, "class")
    found += _pci(scheme, descriptions, classes)
    if population is not None:
        drawn = population.drawn(MOST_CLASSES, seed)
        over = f"all {len(classes)} classes of the fleet"
        if drawn is not population:
            over = (
                f"none found among {len(drawn.classes)} of {len(classes)} classes of the fleet, "
                f"seed {seed}"
            )
        found += _effects(scheme, drawn.classes, over, small=drawn is population)
    elif space is not None:
        found += _effects(scheme, space.descriptions, _looked_at(space), small=False)
    return tuple(_gathered(found))


def _looked_at(space: Space) -> str:
    count = len(space.descriptions)
    if space.is_exhaustive:
        return f"all {count} descriptions of the value space"
    return f"none found among {count} of {space.size} descriptions, seed {space.seed}"


def _gathered(found: Sequence[Finding]) -> Iterator[Finding]:
    """Put together what classes of a fleet have in common, and sort."""
    first: dict[tuple[object, ...], Finding] = {}
    more: dict[tuple[object, ...], int] = {}
    for one in found:
        index = -1 if one.place.kind == "class" else one.place.index
        tail = one.place.path[-1:] if index < 0 else one.place.path
        # How long a list is differs by class; that it grows does not.
        message = "" if index < 0 and one.code in _BY_SIZE else one.message
        key = (one.code, message, one.place.kind, index, tail)
        more[key] = more.get(key, -1) + 1
        first.setdefault(key, one)
    merged = [Finding(one.code, one.message, one.place, more[key]) for key, one in first.items()]
    yield from sorted(merged, key=lambda one: (one.place.order(), one.code, one.message))


def _pci(
    scheme: Scheme, descriptions: Sequence[Description], classes: Sequence[Description]
) -> Iterator[Finding]:
    for at, name, message in pci_findings(scheme, (*descriptions, *classes)):
        is_class = at >= len(descriptions)
        kind, index = ("class", at - len(descriptions)) if is_class else ("description", at)
        yield Finding("L602", message, Place(kind, index, ("self", name)))


# ---- objects that the scheme derives


def _accepts(
    scheme: Scheme, published: Published, samples: Sequence[Description]
) -> Iterator[Finding]:
    """Find what is wrong in derived objects, whatever a device's own values are."""
    if not scheme.accepts:
        return
    answers: list[list[InObject]] = []
    for sample in _spread(samples, 8 * _SAMPLES):
        objects = _derived(scheme, sample)
        if objects is not None and len(answers) < _SAMPLES:
            answers.append(published.in_objects(objects))
    common = _common(answers)
    for code, at, name, message in common:
        path = ("accepts", at, name) if name else ("accepts", at)
        yield Finding(code, message, Place(path=path))


def _spread(samples: Sequence[Description], most: int) -> Sequence[Description]:
    """Take some from everywhere; those with many attributes come last in a value space."""
    return samples[:: -(len(samples) // most + 1)]


def _derived(scheme: Scheme, sample: Description) -> tuple[Object, ...] | None:
    try:
        return tuple(derived_object(scheme, texts, sample.values) for texts in scheme.accepts)
    except (KeyError, TextError):
        return None


def _common(answers: Sequence[Sequence[InObject]]) -> list[InObject]:
    """Keep what was found every time, in the words of the first."""
    if not answers:
        return []
    keys = [{one[:3] for one in answer} for answer in answers]
    return [one for one in answers[0] if all(one[:3] in others for others in keys[1:])]


# ---- what attributes do to verdicts


def _effects(
    scheme: Scheme, descriptions: Sequence[Description], over: str, *, small: bool
) -> Iterator[Finding]:
    if len(descriptions) < 2:
        return
    effects = Effects(scheme, descriptions)
    idle = effects.refuse_nobody()
    for name in idle:
        place = Place(path=("attributes", name))
        yield Finding("L401", f"{name} refuses nobody ({over})", place)
    for name in effects.never_rank():
        message = f"prefer {name} never ranks two compatible targets ({over})"
        yield Finding("L403", message, Place(path=("prefer", name)))
    needed = [name for name in effects.compared() if name not in idle]
    if not small or len(needed) < 2:
        return
    smallest = effects.smallest()
    if len(smallest.names) < len(needed):
        others = ", ".join(name for name in needed if name not in smallest.names)
        how = "the smallest set" if smallest.is_exact else "found greedily, maybe not the smallest"
        message = (
            f"{', '.join(smallest.names)} give the same verdicts without {others} ({how}): {over}"
        )
        first = next(name for name in needed if name not in smallest.names)
        yield Finding("L402", message, Place(path=("attributes", first)))
