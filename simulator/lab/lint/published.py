"""What devices publish: their objects, one by one and against each other, and their values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

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

_WHOLE = ("listing", "json", "pair", "binary")


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
        self._reports: dict[object, Report] = {}
        self._groups: dict[Object, list[Group]] = {}
        self._alone: dict[tuple[Object, bool], list[tuple[str, str, str]]] = {}
        self._sizes: dict[Object, int] = {}
        self._own: dict[tuple[str, Value], list[tuple[str, str, str]]] = {}
        self._is_whole = any(one.form in _WHOLE for one in scheme.surfaces)

    def findings(self, descriptions: Iterable[Description], kind: str) -> Iterator[Finding]:
        """Find what is wrong in *descriptions*; *kind* is that of their places."""
        for index, one in enumerate(descriptions):
            for name, value in one.values.items():
                if (name, value) not in self._own:
                    found = own_findings(self.scheme, Description({name: value}))
                    self._own[name, value] = list(found)
                for code, _, message in self._own[name, value]:
                    yield Finding(code, message, Place(kind, index, ("self", name)))
            for code, at, name, message in self.in_objects(one.objects or (), one.values):
                path = ("compatible", at, name) if name else ("compatible", at)
                yield Finding(code, message, Place(kind, index, path))
            yield from self._growing(one, Place(kind, index))

    # ---- objects

    def in_objects(self, objects: Sequence[Object], own: Mapping[str, Value]) -> list[InObject]:
        """Find what is wrong in the objects of a device with the values *own*."""
        directions = {
            Direction.TARGET: (True,),
            Direction.SOURCE: (False,),
            Direction.BOTH: (True, False),
        }[self.scheme.accepted_by]
        values = {name: own[name] for name in self._related if name in own}
        sides = [Side(self.scheme, to_publisher, values) for to_publisher in directions]
        answers = [list(self._asked(side, objects)) for side in sides]
        # Both directions ask the same objects: what one of them can use is of use.
        return [one for one in answers[0] if all(one in other for other in answers[1:])]

    def _asked(self, side: Side, objects: Sequence[Object]) -> Iterator[InObject]:
        alive = []
        for at, one in enumerate(objects):
            if one not in self._groups:
                self._groups[one] = groups_of(self.scheme, one)
            reports = [self._report(side, group) for group in self._groups[one]]
            dead = next((report.dead for report in reports if report.dead), None)
            if dead is not None:
                yield dead[0], at, *dead[1:]
                continue
            alive.append(at)
            for report in reports:
                yield from ((code, at, name, text) for code, name, text in report.found)
            for code, name, text in self._alone_findings(side, one):
                yield code, at, name, text
        if len(alive) > 1:
            for code, which, text in compared(side, [objects[at] for at in alive]):
                yield code, alive[which], "", text

    def _report(self, side: Side, group: Group) -> Report:
        values = side.own or {}
        key = (tuple(group.clauses.items()), side.to_publisher, tuple(values.items()))
        if key not in self._reports:
            self._reports[key] = group_report(side, group)
        return self._reports[key]

    def _alone_findings(self, side: Side, one: Object) -> list[tuple[str, str, str]]:
        key = (one, side.to_publisher)
        if key not in self._alone:
            found = list(object_findings(side, one))
            found += [("L601", name, text) for name, text in string_findings(self.scheme, one)]
            found += [
                ("L303", name, f"{name}={clause} says the same as {span}")
                for name, clause, values in lists_of(one)
                if (span := run(values)) is not None
            ]
            self._alone[key] = found
        return self._alone[key]

    # ---- growth

    def _growing(self, one: Description, place: Place) -> Iterator[Finding]:
        size = self._size(one)
        for at, each in enumerate(one.objects or ()):
            for name, clause, values in lists_of(each):
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

    def _size(self, one: Description) -> int:
        size = len(format_listing(Description(one.values)).encode())
        for each in one.objects or ():
            if each not in self._sizes:
                alone = format_listing(Description({}, (each,))).encode()
                self._sizes[each] = len(alone) - len("SELF:\n")
            size += self._sizes[each]
        return size
