"""
The laws that a scheme may keep: reflexive, transitive, upgrade-monotone, round trip.

Each law says that some yeses ask for another one. Undecided is no yes on either side: it asks for
nothing, and where a yes is asked for it breaks the law.

Source: the words are those of order theory; which of the laws a scheme ought to keep is for its
author to say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.judge import Finding, check_objects, check_relation, judge
from simulator.compat.scheme import Outcome, Relation, Scheme
from simulator.compat.verdict import Verdict, explain
from simulator.values import Value, Version

__all__ = ["LAWS", "Counterexample", "Law", "is_upgrade", "published", "upgrades", "version_names"]

_UNDECIDED = "undecided is no yes on either side"


@dataclass(frozen=True, slots=True)
class Law:
    """
    One law about two or three devices.

    Attributes:
        name: As the command line names it.
        text: What it says.
        undecided: How it reads an undecided verdict.
        roles: What the devices are called.
        premises: Pairs of places in *roles*, source and target: when all are compatible …
        conclusion: … this pair is.
        is_upgrade: The last two devices differ in nothing but a version, and the last one is
            not older and of the same major.
    """

    name: str
    text: str
    undecided: str
    roles: tuple[str, ...]
    premises: tuple[tuple[int, int], ...]
    conclusion: tuple[int, int]
    is_upgrade: bool = False

    def is_broken(self, scheme: Scheme, devices: Sequence[Description]) -> bool:
        """Ask the judge whether these devices, one a role, break the law."""
        return (
            (not self.is_upgrade or is_upgrade(scheme, *devices[-2:]))
            and all(self._is_yes(scheme, devices, pair) for pair in self.premises)
            and not self._is_yes(scheme, devices, self.conclusion)
        )

    def refusing(
        self, scheme: Scheme, devices: Sequence[Description]
    ) -> frozenset[tuple[str, bool]]:
        """Name the attributes that refuse the conclusion, and tell which of them are missing."""
        source, target = (devices[place] for place in self.conclusion)
        findings = [
            check_relation(scheme, attribute, source, target)
            for attribute in scheme.attributes.values()
        ]
        for checks in check_objects(scheme, source, target).values():
            if max(check.outcome for check in checks) is not Outcome.COMPATIBLE:
                findings += [finding for check in checks for finding in check.findings]
        return frozenset(
            (finding.attribute, _is_missing(finding))
            for finding in findings
            if finding.outcome is not Outcome.COMPATIBLE
        )

    def _is_yes(
        self, scheme: Scheme, devices: Sequence[Description], pair: tuple[int, int]
    ) -> bool:
        return judge(scheme, devices[pair[0]], devices[pair[1]]) is Outcome.COMPATIBLE


def _is_missing(finding: Finding) -> bool:
    is_relation = isinstance(finding.clause, Relation)
    return finding.value is None or (is_relation and finding.other is None)


LAWS: Mapping[str, Law] = MappingProxyType(
    {
        law.name: law
        for law in (
            Law(
                "reflexive",
                "A → A: a device accepts itself",
                "undecided breaks it",
                ("A",),
                (),
                (0, 0),
            ),
            Law(
                "transitive",
                "A → B and B → C imply A → C",
                _UNDECIDED,
                ("A", "B", "C"),
                ((0, 1), (1, 2)),
                (0, 2),
            ),
            Law(
                "upgrade-monotone",
                "S → T implies S → N, which is T with a newer version of the same major",
                _UNDECIDED,
                ("S", "T", "N"),
                ((0, 1),),
                (0, 2),
                is_upgrade=True,
            ),
            Law(
                "round-trip",
                "A → B implies B → A: a device can come back",
                _UNDECIDED,
                ("A", "B"),
                ((0, 1),),
                (1, 0),
            ),
        )
    }
)
"""The laws by name."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """
    Devices that break a law.

    Attributes:
        law: The law.
        devices: One for each role.
        found: The devices from which these were shrunk.
    """

    law: Law
    devices: tuple[Description, ...]
    found: tuple[Description, ...]

    def verdicts(self, scheme: Scheme) -> list[tuple[str, str, Verdict]]:
        """Explain the pairs of which the law speaks; the last is the one that breaks it."""
        return [
            (
                self.law.roles[source],
                self.law.roles[target],
                explain(scheme, self.devices[source], self.devices[target]),
            )
            for source, target in (*self.law.premises, self.law.conclusion)
        ]


def version_names(scheme: Scheme) -> list[str]:
    """List the attributes that are versions."""
    return [name for name, kind in scheme.kinds.items() if kind == Version.kind]


def published(scheme: Scheme, one: Description) -> Description:
    """Leave out the name, and the objects where they are those that the scheme derives anyway."""
    bare = Description(one.values)
    is_derived = scheme.accepts and complete(scheme, bare).objects == one.objects
    return bare if is_derived else Description(one.values, one.objects)


def is_upgrade(scheme: Scheme, old: Description, new: Description) -> bool:
    """Tell whether *new* is *old* with one version that is not older, of the same major."""
    names = old.values.keys() | new.values.keys()
    differing = [name for name in names if old.values.get(name) != new.values.get(name)]
    if published(scheme, old).objects != published(scheme, new).objects:
        return False
    if not differing:
        return any(name in names for name in version_names(scheme))
    before, after = (one.values.get(differing[0]) for one in (old, new))
    return len(differing) == 1 and _is_newer(before, after)


def _is_newer(before: Value | None, after: Value | None) -> bool:
    return (
        isinstance(before, Version)
        and isinstance(after, Version)
        and before.major == after.major
        and before <= after
    )


def upgrades(scheme: Scheme, devices: Iterable[Description]) -> list[list[list[int]]]:
    """
    Put together what differs in one version only.

    Returns:
        Chains: the places of *devices* of one major, those of equal versions together, the
        oldest first. A device with several versions stands in a chain for each.
    """
    found: dict[tuple[str, int, Description], dict[Version, list[int]]] = {}
    for place, one in enumerate(devices):
        bare = published(scheme, one)
        for name in version_names(scheme):
            value = one.values.get(name)
            if isinstance(value, Version):
                rest = {other: v for other, v in bare.values.items() if other != name}
                key = name, value.major, Description(rest, bare.objects)
                found.setdefault(key, {}).setdefault(value, []).append(place)
    return [
        [places for _, places in sorted(chain.items(), key=lambda item: item[0])]
        for chain in found.values()
        if sum(map(len, chain.values())) > 1
    ]
