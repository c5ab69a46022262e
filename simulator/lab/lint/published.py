"""What devices publish: their objects, one by one and against each other, and their values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from simulator.compat.description import Description
from simulator.compat.listing import format_listing
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Direction, Relation, Scheme
from simulator.lab.lint.alternatives import Report, group_report, object_findings
from simulator.lab.lint.boxes import Group, Side, groups_of
from simulator.lab.lint.finding import Finding, Place
from simulator.lab.lint.growth import PAGE, forecast, lists_of, run
from simulator.lab.lint.pairs import compared
from simulator.lab.lint.policy import own_findings, string_findings
from simulator.values import FlagSet, Value

__all__ = ["InObject", "Published"]

InObject = tuple[str, int, str, str]
"""A code, the number of the object from 0, the attribute or nothing, and a message."""

_ENTRY = 16
"""Bytes of a name and its separator, as i915-GVTg_V5_4 has. Ours."""

_WHOLE = ("listing", "json", "pair", "binary")
"""Forms that show all of a device in one file, or its objects in one."""


_DIRECTIONS: Mapping[Direction, tuple[bool, ...]] = MappingProxyType(
    {
        Direction.TARGET: (True,),
        Direction.SOURCE: (False,),
        Direction.BOTH: (True, False),
    }
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """
    What is known of an object without its device.

    Attributes:
        object: The object.
        groups: Its groups, each with the number of its like.
        report: What is wrong with it, whoever asks.
        lists: The numbers that it lists.
        size: Its bytes in a listing.
    """

    object: Object
    groups: tuple[tuple[int, Group], ...]
    report: Report
    lists: tuple[tuple[str, Clause, list[Value]], ...]
    size: int


class Published:
    """
    Reads descriptions under one scheme; what it has seen before, it remembers.

    Args:
        scheme: What is compared.
        releases: How many releases are looked ahead.
    """

    def __init__(self, scheme: Scheme, releases: int) -> None:
        self.scheme = scheme
        self.releases = releases
        self._related = tuple(
            dict.fromkeys(
                name
                for one in scheme.attributes.values()
                if one.relation not in (None, Relation.ANY)
                for name in (one.name, one.of or one.name)
            )
        )
        self._reports: dict[tuple[object, ...], Report] = {}
        self._numbers: dict[tuple[tuple[str, Clause], ...], int] = {}
        self._objects: dict[Object, _Seen] = {}
        self._own: dict[tuple[str, Value], tuple[int, tuple[tuple[str, str], ...]]] = {}
        self._texts: dict[tuple[str, Value], str] = {}
        self._directions = _DIRECTIONS[scheme.accepted_by]
        # Where nothing says how it is published, a listing is what it is.
        self._is_whole = not scheme.surfaces or any(one.form in _WHOLE for one in scheme.surfaces)

    def findings(self, descriptions: Sequence[Description], kind: str) -> Iterator[Finding]:
        """Find what is wrong in *descriptions*; *kind* is that of their places."""
        asked = [self._in_list(one) for one in descriptions]
        if kind == "class":
            self._keep_common(asked)
        for index, (one, (seen, in_objects)) in enumerate(zip(descriptions, asked, strict=True)):
            size = len("SELF:\n")
            for name, value in one.values.items():
                length, found = self._value(name, value)
                size += length
                for code, message in found:
                    yield Finding(code, message, Place(kind, index, ("self", name)))
            size += sum(each.size for each in seen)
            for code, at, name, message in in_objects:
                path = ("compatible", at, name) if name else ("compatible", at)
                yield Finding(code, message, Place(kind, index, path))
            yield from self._growing(one, seen, size, Place(kind, index))

    def _in_list(self, one: Description) -> tuple[list["_Seen"], list[InObject]]:
        seen = [self._seen(each) for each in one.objects or ()]
        return seen, self._in_seen(seen, one.values)

    def _keep_common(self, asked: Sequence[tuple[list["_Seen"], list[InObject]]]) -> None:
        """Keep what is wrong for all devices that publish a list: drivers write one for many."""
        common: dict[tuple[int, ...], set[InObject]] = {}
        for seen, found in asked:
            common.setdefault(tuple(map(id, seen)), set(found)).intersection_update(found)
        for seen, found in asked:
            kept = common[tuple(map(id, seen))]
            found[:] = [one for one in found if one in kept]

    def _value(self, name: str, value: Value) -> tuple[int, tuple[tuple[str, str], ...]]:
        """Return the bytes of an own value in a listing, and what is wrong with it."""
        # Equal values may be spelled differently.
        key = (name, value)
        if key not in self._own or str(value) != self._texts[key]:
            one = Description({name: value})
            length = len(format_listing(one).encode()) - len("SELF:\n")
            found = tuple((code, text) for code, _, text in own_findings(self.scheme, one))
            self._own[key], self._texts[key] = (length, found), str(value)
        return self._own[key]

    # ---- objects

    def in_objects(self, objects: Sequence[Object]) -> list[InObject]:
        """Find what is wrong in objects whatever their device's own values are."""
        return self._in_seen([self._seen(one) for one in objects], None)

    def _in_seen(self, seen: Sequence["_Seen"], own: Mapping[str, Value] | None) -> list[InObject]:
        values = None if own is None else {name: own[name] for name in self._related if name in own}
        sides = [Side(self.scheme, to_publisher, values) for to_publisher in self._directions]
        answers = [list(self._asked(side, seen)) for side in sides]
        # Both directions ask the same objects: what one of them can use is of use.
        return [one for one in answers[0] if all(one in other for other in answers[1:])]

    def _asked(self, side: Side, seen: Sequence["_Seen"]) -> Iterator[InObject]:
        alive = []
        for at, one in enumerate(seen):
            reports = [self._report(side, *group) for group in one.groups]
            dead = next((report.dead for report in reports if report.dead), None)
            if dead is not None:
                yield dead[0], at, *dead[1:]
                continue
            alive.append(at)
            for report in (*reports, one.report):
                yield from ((code, at, name, text) for code, name, text in report.found)
        if len(alive) > 1:
            for code, which, text in compared(side, [seen[at].object for at in alive]):
                yield code, alive[which], "", text

    def _report(self, side: Side, number: int, group: Group) -> Report:
        own = None if side.own is None else tuple(side.own.items())
        key = (number, side.to_publisher, own)
        if key not in self._reports:
            self._reports[key] = group_report(side, group)
        return self._reports[key]

    def _seen(self, one: Object) -> "_Seen":
        if one not in self._objects:
            groups = []
            for group in groups_of(self.scheme, one):
                key = tuple(group.clauses.items())
                groups.append((self._numbers.setdefault(key, len(self._numbers)), group))
            found = list(object_findings(self.scheme, one))
            found += [("L601", name, text) for name, text in string_findings(self.scheme, one)]
            lists = tuple(lists_of(one))
            found += [
                ("L303", name, f"{name}={clause} says the same as {span}")
                for name, clause, values in lists
                if (span := run(values)) is not None
            ]
            size = len(format_listing(Description({}, (one,))).encode()) - len("SELF:\n")
            report = Report(found=tuple(found))
            self._objects[one] = _Seen(one, tuple(groups), report, lists, size)
        return self._objects[one]

    # ---- growth

    def _growing(
        self, one: Description, seen: Sequence["_Seen"], size: int, place: Place
    ) -> Iterator[Finding]:
        for at, each in enumerate(seen):
            for name, clause, values in each.lists:
                own = one.values.get(name)
                is_newest = own is None or own == values[-1]
                if len(values) > 2 and run(values) is None and is_newest:
                    path = ("compatible", at, name)
                    message = self._forecast(name, clause, values, size)
                    yield Finding("L301", message, Place(place.kind, place.index, path))
        if self._is_whole and size > PAGE:
            message = f"the listing has {size} bytes, more than a page of {PAGE}"
            yield Finding("L302", message, place)
        for name, attribute in self.scheme.attributes.items():
            value = one.values.get(name)
            if attribute.relation is Relation.ONE_OF and isinstance(value, FlagSet):
                members = tuple(sorted(value.members))
                if len(members) > 2:
                    message = self._members(name, members)
                    yield Finding("L301", message, Place(place.kind, place.index, ("self", name)))

    def growing_sets(self, descriptions: Sequence[Description]) -> Iterator[Finding]:
        """Find the sets that name all that they accept, where no description shows how long."""
        for name, attribute in self.scheme.attributes.items():
            is_shown = any(name in one.values for one in descriptions)
            if attribute.relation is Relation.ONE_OF and not is_shown:
                message = (
                    f"{name} names each {attribute.of or name} that it accepts: one entry more "
                    f"each release; with entries of {_ENTRY} bytes {PAGE // _ENTRY} are a page of "
                    f"{PAGE}"
                )
                yield Finding("L301", message, Place(path=("attributes", name, "clause")))

    def _forecast(self, name: str, clause: Clause, values: list[Value], size: int) -> str:
        ahead = forecast(values, clause, size, self.releases)
        shown = ",".join(map(str, values[:6])) + (",…" if len(values) > 6 else "")
        return (
            f"{name} lists {shown}: one entry more each release; after {self.releases} releases "
            f"{ahead.entries} entries in {ahead.size} bytes, after {ahead.full} the listing is "
            f"longer than a page of {PAGE}"
        )

    def _members(self, name: str, members: tuple[str, ...]) -> str:
        entry = 1 + sum(map(len, members)) / len(members)
        size = round(entry * (len(members) + self.releases))
        full = max(0, int(PAGE / entry) + 1 - len(members))
        return (
            f"{name} names each of {len(members)} that it accepts: one entry more each release; "
            f"after {self.releases} releases {len(members) + self.releases} entries in about "
            f"{size} bytes, after {full} it is longer than a page of {PAGE}"
        )
