"""
Find a place for a device on another host, by files alone: what a manager does before a migration.

A type that will do, a device of it, the resources that the source has, and the test at last. A
place that fails leaves the host as it was.

Source: 20200826085411.GB22243@joy-OptiPlex-7040 (search), 20200909053755.GA721@joy-OptiPlex-7040
(resources are copied, a write that fails is a claim that fails). The order of candidates is ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.scheme import Direction, Outcome, Relation, Scheme, Surface
from simulator.compat.verdict import explain
from simulator.errors import InputError, MdevError, TextError
from simulator.mdev import Mdev, MdevBus, MdevType
from simulator.publish import path_of, read_back, read_type, scope_of
from simulator.values import FlagSet

__all__ = ["Placement", "Step", "place"]


@dataclass(frozen=True, slots=True)
class Step:
    """
    One thing that a manager did.

    Attributes:
        action: ``read``, ``judge``, ``write``, ``create`` or ``remove``.
        path: The file or the directory.
        text: What was read, written or found.
        error: The errno by name; empty when it went well.
    """

    action: str
    path: str
    text: str = ""
    error: str = ""

    def __str__(self) -> str:
        said = f"{self.action} {self.path}" + (f" {self.text}" if self.text else "")
        return f"{said}: {self.error}" if self.error else said


@dataclass(frozen=True, slots=True)
class Placement:
    """
    What came of a search.

    Attributes:
        target: The device that was made for the source; None when no place was found.
        steps: Everything that was done, in order.
    """

    target: Mdev | None
    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, object]:
        """Return the parts that JSON knows."""
        steps = [
            {"action": one.action, "path": one.path, "text": one.text, "error": one.error or None}
            for one in self.steps
        ]
        return {"target": None if self.target is None else self.target.path, "steps": steps}


def place(scheme: Scheme, source: Mdev, bus: MdevBus, uuid: str) -> Placement:
    """
    Find a place for *source* on another host, and claim it.

    Args:
        scheme: What both hosts publish, and in which direction it decides.
        source: The device that is left.
        bus: Of the target's host. It gets one mdev more, or stays as it was.
        uuid: Of the device that is created.
    """
    manager = _Manager(scheme, source)
    if not manager.read():
        return Placement(None, tuple(manager.steps))
    for mdev_type in manager.candidates(bus):
        target = manager.claim(mdev_type, uuid)
        if target is not None:
            return Placement(target, tuple(manager.steps))
    return Placement(None, tuple(manager.steps))


class _Manager:
    """Goes from file to file, and writes down what it does."""

    def __init__(self, scheme: Scheme, source: Mdev) -> None:
        self.scheme = scheme
        self.source = source
        self.steps: list[Step] = []
        self.described = Description({})
        self.tests: dict[str, tuple[Surface, str]] = {}

    def read(self) -> bool:
        """Read what the source publishes; one that cannot be read cannot be migrated."""
        described = self._described(self.source)
        if described is None:
            return False
        self.described = described
        path = self.source.path
        self.steps.append(Step("read", path, described.to_line()))
        try:
            for surface in self.scheme.surfaces:
                if surface.form != "test" or surface.scope == "parent":
                    continue
                is_own = surface.scope == "device"
                node: Mdev | MdevType = self.source if is_own else self.source.mdev_type
                path = f"{node.path}/{surface.name}"
                text = node.show(surface.name)
                self.tests[surface.scope] = surface, text
                self.steps.append(Step("read", path, text.rstrip("\n")))
        except MdevError as error:
            self.steps.append(Step("read", path, "", error.name))
            return False
        return True

    def _described(self, node: Mdev | MdevType) -> Description | None:
        """Read a description; None where a file cannot be read or does not say what it should."""
        try:
            if isinstance(node, Mdev):
                return read_back(self.scheme, node)
            return read_type(self.scheme, node)
        except MdevError as error:
            self.steps.append(Step("read", node.path, "", error.name))
        except (InputError, TextError) as error:
            self.steps.append(Step("read", node.path, str(error), "EINVAL"))
        return None

    def candidates(self, bus: MdevBus) -> Iterator[MdevType]:
        """Give the types that have room and do not refuse, the best first."""
        ranked = self.scheme.ranked
        found: dict[Outcome, list[tuple[Description, MdevType]]] = {}
        for parent in bus.parents.values():
            for mdev_type in parent.types.values():
                if int(mdev_type.show("available_instances")):
                    described = self._described(mdev_type)
                    if described is not None:
                        outcome = self._ask(mdev_type, described)
                        found.setdefault(outcome, []).append((described, mdev_type))
        for outcome in (Outcome.COMPATIBLE, Outcome.UNDECIDED):
            pairs = found.get(outcome, [])
            for described in ranked(one for one, _ in pairs):
                yield next(mdev_type for one, mdev_type in pairs if one is described)

    def _ask(self, mdev_type: MdevType, described: Description) -> Outcome:
        """Ask what the files of a type can tell before there is a device."""
        verdict = explain(self._known_before(described), self.described, described)
        reasons = "; ".join(map(str, verdict.reasons))
        text = f"{verdict.outcome}" + (f": {reasons}" if reasons else "")
        self.steps.append(Step("judge", mdev_type.path, text))
        outcome = verdict.outcome
        if outcome is not Outcome.INCOMPATIBLE and not self._passes(mdev_type, "type"):
            outcome = Outcome.INCOMPATIBLE
        return outcome

    def _known_before(self, described: Description) -> Scheme:
        """Compare only what a type answers for before it has a device; all is still published."""
        scheme = self.scheme
        known = {
            name
            for name in scheme.attributes
            if name in described.values or scope_of(scheme, name) in {"parent", "type"}
        }
        attributes = {
            name: one
            if name in known or one.relation is Relation.ANY
            else replace(one, relation=None, of=None)
            for name, one in scheme.attributes.items()
        }
        has_objects = scheme.has_objects and self._can_ask(described, known)
        return replace(scheme, attributes=MappingProxyType(attributes), has_objects=has_objects)

    def _can_ask(self, described: Description, known: set[str]) -> bool:
        """Tell whether the objects of both sides say before there is a device what they will."""
        scheme = self.scheme
        theirs, ours = complete(scheme, described).objects, complete(scheme, self.described).objects
        if described.objects is None and len(theirs or ()) != len(scheme.accepts):
            return False
        asked = {name for one in ours or () for name in one.clauses}
        needs_target = scheme.accepted_by is not Direction.SOURCE
        needs_source = scheme.accepted_by is not Direction.TARGET
        return (not needs_target or bool(theirs)) and (not needs_source or asked <= known)

    def _passes(self, node: Mdev | MdevType, scope: str) -> bool:
        """Write what was read at the source, where the scheme tests by writing."""
        if scope not in self.tests:
            return True
        surface, text = self.tests[scope]
        return self._write(node, surface.name, text)

    def _write(self, node: Mdev | MdevType, name: str, text: str) -> bool:
        path = f"{node.path}/{name}"
        try:
            node.store(name, text.encode())
        except MdevError as error:
            self.steps.append(Step("write", path, text.rstrip("\n"), error.name))
            return False
        self.steps.append(Step("write", path, text.rstrip("\n")))
        return True

    def claim(self, mdev_type: MdevType, uuid: str) -> Mdev | None:
        """Create a device, give it the source's resources and ask; or leave nothing behind."""
        try:
            target = mdev_type.create(uuid)
        except MdevError as error:
            self.steps.append(Step("create", mdev_type.path, uuid, error.name))
            return None
        self.steps.append(Step("create", mdev_type.path, uuid))
        if self._copies(target) and self._passes(target, "device") and self._fits(target):
            return target
        target.remove()
        self.steps.append(Step("remove", target.path))
        return None

    def _copies(self, target: Mdev) -> bool:
        """Copy the resources. Each that the source has needs a file that takes it."""
        values = self.described.values
        return all(
            self._write(target, path, f"{values[name]}\n")
            for name, path in self._resources().items()
            if name in values
        )

    def _resources(self) -> Mapping[str, str]:
        settable = [one.name for one in self.scheme.attributes.values() if one.settable]
        if self.scheme.copied is not None:
            listed = self.described.values.get(self.scheme.copied)
            names = listed.members if isinstance(listed, FlagSet) else frozenset[str]()
            settable = [name for name in settable if name in names]
        return {name: path_of(self.scheme, name, "device") or name for name in settable}

    def _fits(self, target: Mdev) -> bool:
        described = self._described(target)
        if described is None:
            return False
        verdict = explain(self.scheme, self.described, described)
        reasons = "; ".join(map(str, verdict.reasons))
        text = f"{verdict.outcome}" + (f": {reasons}" if reasons else "")
        self.steps.append(Step("judge", target.path, text))
        return verdict.outcome is Outcome.COMPATIBLE
