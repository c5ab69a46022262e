"""Schemes: which attributes devices publish, and what is compared. See docs/language.md."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType

from simulator.compat.description import Description
from simulator.values import Integer, Ratio, Version

__all__ = [
    "FORMS",
    "Attribute",
    "Direction",
    "Limit",
    "Outcome",
    "Preference",
    "Relation",
    "Scheme",
    "Surface",
]


class Outcome(enum.IntEnum):
    """The three verdicts. AND is `min`, OR is `max`."""

    INCOMPATIBLE = 0
    UNDECIDED = 1
    COMPATIBLE = 2

    def __str__(self) -> str:
        return self.name.lower()


class Direction(enum.StrEnum):
    """Who publishes the objects that decide."""

    TARGET = "target"
    SOURCE = "source"
    BOTH = "both"


class Relation(enum.StrEnum):
    """What the target's own value must be, seen from the source's."""

    EQUAL = "equal"
    SUPERSET = "superset"
    SUBSET = "subset"
    VERSION = "version"
    ONE_OF = "one_of"
    ANY = "any"


class Limit(enum.StrEnum):
    """
    What stands in the way when an attribute does not match.

    Source: the limit codes of nvmlGetVgpuCompatibility().
    """

    HOST_DRIVER = "host_driver"
    GUEST = "guest"
    DEVICE = "device"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attribute:
    """
    One attribute of a scheme.

    Attributes:
        name: As devices publish it.
        kind: One of `simulator.values.KINDS`.
        relation: How the two devices' own values are compared, or None: by objects only.
        of: The attribute that gives the source's value; None stands for this one.
        missing: What it means when a device lacks it; None stands for the scheme's setting.
        fact: Where a simulated host has the value from: one of `simulator.compat.loader.FACTS`,
            or a text with such facts and earlier attributes in braces. None stands for the
            attribute values of the host.
        required: A device cannot do without it: that both lack it is no agreement.
        scope: The directory of its file, ``parent``, ``type`` or ``device``; None stands for that
            of the surface.
        settable: Its file can be written, as a resource is claimed.
        valid: Clause text for a device's own value; without it, a device cannot be tested by
            writing. No part of a verdict. None for anything.
        limit: What stands in the way when it does not match.
        blocks: What a mismatch forbids: ``live`` migration only, or ``all``.
        errno: What a test by writing answers when it does not match.
        log: What the kernel log says then.
    """

    name: str
    kind: str
    relation: Relation | None = None
    of: str | None = None
    missing: Outcome | None = None
    fact: str | None = None
    required: bool = False
    scope: str | None = None
    settable: bool = False
    valid: str | None = None
    limit: Limit = Limit.OTHER
    blocks: str = "all"
    errno: str = "EINVAL"
    log: str = ""


@dataclass(frozen=True, slots=True)
class Preference:
    """Among targets that are compatible, those with the higher (or lower) value come first."""

    attribute: str
    highest: bool = True


@dataclass(frozen=True, slots=True)
class Surface:
    """
    Files that a scheme adds to sysfs.

    Attributes:
        form: One of `FORMS`.
        scope: ``parent``, ``type`` or ``device``: the directory that has them.
        name: The file; the directory of several files, or an empty string for none.
        attributes: The attributes that are shown; empty for all that belong to the scope.
        text: For ``test``, what is read and what is written: text with attributes in braces.
        log: For ``test``, what the kernel log says of a text that is not of this form.
    """

    form: str
    scope: str
    name: str = ""
    attributes: tuple[str, ...] = ()
    text: str = ""
    log: str = ""


FORMS: Mapping[str, str] = MappingProxyType(
    {
        "files": "one value per file",
        "listing": "one file with SELF and COMPATIBLE",
        "json": "one file with self and compatible as JSON",
        "test": "a text to read from the source and to write to the target",
        "lines": "one set, a member a line",
        "directories": "self/ and compatible/, one value per file",
        "pair": "the files self and compatible, one key=value a line",
        "binary": "the same as a pair of binary attributes",
    }
)
"""The forms of a surface, and what each puts on sysfs."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """
    An attribute scheme.

    Attributes:
        name: As the command line names it.
        attributes: By name, in the order in which they are published; at most 64.
        accepted_by: Who publishes the objects that decide; of no effect without objects.
        has_objects: Devices publish objects.
        missing: What it means when a device lacks an attribute or its list of objects.
        unlisted: What an attribute means that no clause names; COMPATIBLE: it is ignored.
        floor_division: ``{v}/2`` is rounded down instead of exact.
        prefer: Preferences among compatible targets, the most important first.
        surfaces: The files on sysfs.
        accepts: Objects that a device accepts by when it publishes none: for each the clause
            text by attribute, with the device's own values as ``${NAME}``.
        copied: The attribute whose members name the settable ones that a manager copies to a
            target after its creation; None stands for all that are settable.
        summary: One line.
        source: Where the scheme comes from.
    """

    name: str
    attributes: Mapping[str, Attribute]
    accepted_by: Direction = Direction.TARGET
    has_objects: bool = False
    missing: Outcome = Outcome.UNDECIDED
    unlisted: Outcome = Outcome.COMPATIBLE
    floor_division: bool = False
    prefer: tuple[Preference, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    accepts: tuple[Mapping[str, str], ...] = ()
    copied: str | None = None
    summary: str = ""
    source: str = ""
    kinds: Mapping[str, str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        kinds = {name: attribute.kind for name, attribute in self.attributes.items()}
        object.__setattr__(self, "kinds", MappingProxyType(kinds))

    def missing_of(self, attribute: Attribute) -> Outcome:
        """Return what it means that a device lacks *attribute*."""
        return self.missing if attribute.missing is None else attribute.missing

    def accepted(self, by: Direction | None) -> "Scheme":
        """Return this scheme in direction *by*, or as it is for None."""
        return self if by is None else replace(self, accepted_by=by)

    def ranked(self, targets: Iterable[Description]) -> list[Description]:
        """
        Sort compatible *targets* by the preferences; equals stay in their order.

        A target that lacks a preferred attribute comes after those that have it.
        Source: 20200717101258.65555978@x1.home; which bugfix is preferred is left open there.
        """
        ranked = list(targets)
        for preference in reversed(self.prefer):
            name, highest = preference.attribute, preference.highest
            ranked.sort(key=lambda target: _rank(target, name, highest))
        return ranked


def _rank(target: Description, name: str, highest: bool) -> tuple[bool, list[int | Fraction]]:
    numbers: list[int | Fraction] = []
    match target.values.get(name):
        case Version() as version:
            numbers = [version.major, version.minor, version.bugfix]
        case Integer() as integer:
            numbers = [integer.number]
        case Ratio() as ratio:
            numbers = [ratio.value]
    return not numbers, [-number if highest else number for number in numbers]
