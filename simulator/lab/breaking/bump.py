"""
The x.y.z bump that an upgrade calls for, by measured verdicts, and the one that is published.

Source: 20200730034104.GB32327@joy-OptiPlex-7040 and 20200730112930.6f4c5762@x1.home: adding a
feature is minor+1, removing one is major+1. What a feature does is measured here.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.rule import AnyClause
from simulator.compat.scheme import Relation, Scheme
from simulator.lab.breaking.upgrade import Upgrade
from simulator.values import Version

__all__ = ["Bump", "Published", "called_for", "published", "version_attribute"]


class Bump(enum.IntEnum):
    """Which part of x.y.z grows; the later include the earlier. LOWER: the version shrinks."""

    LOWER = -1
    NONE = 0
    BUGFIX = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()


def called_for(*, lost: int, back: int, gained: int, is_changed: bool) -> Bump:
    """
    Return the bump that measured verdicts call for.

    Args:
        lost: Migrations that were allowed, and that are not from old to new or from new to new.
        back: Those that are not from new to old.
        gained: Migrations that were not allowed, and that are now.
        is_changed: What is published or judged differs at all.
    """
    if lost:
        return Bump.MAJOR
    if back or gained:
        return Bump.MINOR
    return Bump.BUGFIX if is_changed else Bump.NONE


@dataclass(frozen=True, slots=True)
class Published:
    """
    The bump of one pair of versions that devices publish.

    Attributes:
        attribute: The attribute of kind version.
        old: Before, or None: absent.
        new: After.
        bump: What grew.
        devices: How many devices publish this pair.
        is_judged: The attribute takes part in the verdicts, so it shows in the bump called for.
    """

    attribute: str
    old: Version | None
    new: Version | None
    bump: Bump
    devices: int
    is_judged: bool

    def against(self, wanted: Bump) -> str:
        """Say whether it is ``enough``, ``too small`` or ``too large``."""
        if self.bump is Bump.LOWER or Bump.MINOR <= wanted > self.bump:
            return "too small"
        return "too large" if self.bump > max(wanted, Bump.BUGFIX) else "enough"


def version_attribute(scheme: Scheme) -> str | None:
    """
    Find the attribute that holds the x.y.z version: of this kind, and the first one of those
    compared as versions, of those called ``software_version``, and of all.
    """
    found = [one for one in scheme.attributes.values() if one.kind == Version.kind]
    found.sort(
        key=lambda one: (one.relation is not Relation.VERSION, one.name != "software_version")
    )
    return found[0].name if found else None


def published(upgrade: Upgrade) -> tuple[Published, ...]:
    """Return the pairs of versions that devices publish, the most frequent first."""
    name = version_attribute(upgrade.new)
    if name is None or not upgrade.is_published or upgrade.old.kinds.get(name) != Version.kind:
        return ()
    counts: dict[tuple[Version | None, Version | None], int] = {}
    for key, devices in _versions(upgrade, name):
        counts[key] = counts.get(key, 0) + devices
    is_judged = _is_judged(upgrade, name)
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return tuple(
        Published(name, old, new, _bump(old, new), devices, is_judged)
        for (old, new), devices in ordered
        if old is not None or new is not None
    )


def _versions(
    upgrade: Upgrade, name: str
) -> Iterator[tuple[tuple[Version | None, Version | None], int]]:
    for before, after, devices in zip(upgrade.before, upgrade.after, upgrade.devices, strict=True):
        yield (_version(before, name), _version(after, name)), devices


def _version(one: Description, name: str) -> Version | None:
    value = one.values.get(name)
    return value if isinstance(value, Version) else None


def _bump(old: Version | None, new: Version | None) -> Bump:
    """Compare two versions; where there was none, or is none, nothing is kept."""
    if old is None or new is None:
        return Bump.MAJOR if new is not None else Bump.LOWER
    parts = [(one.major, one.minor, one.bugfix) for one in (old, new)]
    if parts[1] < parts[0]:
        return Bump.LOWER
    changed = list(map(int.__ne__, *parts))
    return Bump(3 - changed.index(True)) if any(changed) else Bump.NONE


def _is_judged(upgrade: Upgrade, name: str) -> bool:
    """Tell whether a relation compares an attribute, or an object names it."""
    new = upgrade.new
    relations = (one for one in new.attributes.values() if one.relation not in (None, Relation.ANY))
    if any(name in (one.of or one.name, one.name) for one in relations):
        return True
    if new.attributes[name].relation is Relation.ANY:
        return False
    sides = ((upgrade.old, upgrade.before), (new, upgrade.after))
    lists = (complete(scheme, one).objects or () for scheme, devices in sides for one in devices)
    clauses = (each.clauses.get(name, AnyClause()) for objects in lists for each in objects)
    return any(not isinstance(clause, AnyClause) for clause in clauses)
