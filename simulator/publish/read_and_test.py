"""
Compatibility by read and write: a text is read at the source and written at the target.

The write succeeds, or is refused with an errno and a line of the kernel log.

Source: 20200413055201.27053-1-… (v5 of ``migration_version``); its patch for GVT compares the whole
text and parses it for the log only. Here the parsed text is judged, which gives the same for
schemes that ask for equality.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from simulator.compat.attribute_file import PIECE
from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.judge import check_objects, check_relation, judge
from simulator.compat.scheme import Outcome, Scheme, Surface
from simulator.compat.valid import is_valid
from simulator.errors import TextError
from simulator.values import Value, parse_value

__all__ = ["MAX_TEXT", "Refusal", "readable_text", "refusal", "split_text"]

MAX_TEXT = 4095
"""PATH_MAX without the end of the text, the limit of ``migration_version``."""

_OPEN = frozenset({"string", "set"})
"""The kinds whose values can be of any length."""
_LONGEST = 64
"""Characters of a value of another kind, at most."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    Why a write is refused.

    Attributes:
        errno: By name.
        log: What the kernel log says; empty for nothing.
    """

    errno: str
    log: str = ""


def readable_text(scheme: Scheme, surface: Surface, own: Description) -> str | None:
    """
    Fill in the text of a surface, without the newline that a read adds.

    Returns:
        None when a device with these values cannot migrate: one of the text is absent, one of any
        does not meet its ``valid`` clause, or the text is too long or not ASCII.
    """
    pieces = PIECE.split(surface.text)
    if any(name not in own.values for name in pieces[1::2]):
        return None
    if any(not is_valid(scheme.attributes[name], value) for name, value in own.values.items()):
        return None
    pieces[1::2] = [str(own.values[name]) for name in pieces[1::2]]
    text = "".join(pieces)
    return text if text.isascii() and len(text) <= MAX_TEXT else None


def refusal(scheme: Scheme, surface: Surface, target: Description, data: bytes) -> Refusal | None:
    """
    Judge what is written to *target*.

    Args:
        scheme: Its attributes are compared as far as the text gives the source's.
        surface: With the text.
        target: All that it publishes.
        data: What is written; one newline at the end is ignored, as sysfs_streq() does.

    Returns:
        None when it is compatible. Only the target's objects are asked; a text gives none.
    """
    if readable_text(scheme, surface, target) is None:
        return Refusal("ENODEV")
    text = data.removesuffix(b"\n")
    if not text.isascii() or len(text) > MAX_TEXT:
        return Refusal("EINVAL", surface.log)
    source = split_text(scheme, surface.text, text.decode("ascii"), target.values)
    if source is None:
        return Refusal("EINVAL", surface.log)
    return _judged(_restricted(scheme, source), Description(source), complete(scheme, target))


def _restricted(scheme: Scheme, names: Mapping[str, Value]) -> Scheme:
    """Leave the attributes for which a source with these values can be asked."""
    attributes = {}
    for name, attribute in scheme.attributes.items():
        if (attribute.of or name) in names:
            attributes[name] = attribute
        elif name in names:
            attributes[name] = replace(attribute, relation=None, of=None)
    return Scheme(
        scheme.name,
        attributes,
        has_objects=scheme.has_objects,
        missing=scheme.missing,
        unlisted=scheme.unlisted,
        floor_division=scheme.floor_division,
    )


def _judged(scheme: Scheme, source: Description, whole: Description) -> Refusal | None:
    objects = whole.objects
    if objects is not None:
        objects = tuple(one.only(source.values) for one in objects)
    target = replace(whole, objects=objects)
    if judge(scheme, source, target) is Outcome.COMPATIBLE:
        return None
    findings = [check_relation(scheme, one, source, target) for one in scheme.attributes.values()]
    for checks in check_objects(scheme, source, target).values():
        if all(check.outcome is not Outcome.COMPATIBLE for check in checks):
            findings += [finding for check in checks for finding in check.findings]
    wrong = {one.attribute for one in findings if one.outcome is not Outcome.COMPATIBLE}
    for name, attribute in scheme.attributes.items():
        if name in wrong:
            return Refusal(attribute.errno, attribute.log)
    return Refusal("EINVAL")


# ---- from a text to its attributes


def split_text(
    scheme: Scheme, form: str, text: str, own: Mapping[str, Value]
) -> dict[str, Value] | None:
    """
    Read the attributes out of a text.

    Where several readings are possible, from left to right an attribute is *own* value if it can
    be, or else as short as it can be.

    Args:
        scheme: Has the kinds.
        form: Text with attributes in braces.
        text: What is read.
        own: Values that are likely.

    Returns:
        None when the text is not of this form.
    """
    pieces = PIECE.split(form)
    reading = _Reading(pieces[::2], pieces[1::2], scheme.kinds, own)
    found: dict[str, Value] = {}
    for name, written in reading.of(text) or ():
        try:
            value = parse_value(scheme.kinds[name], written)
        except TextError:
            return None
        if found.setdefault(name, value) != value:
            return None
    return found or None


@dataclass(frozen=True, slots=True)
class _Reading:
    """
    A search for the ends of attributes.

    Time is linear in the length of the text: when an attribute of any length finds no end that
    does, it finds none further on.
    """

    literals: list[str]
    names: list[str]
    kinds: Mapping[str, str]
    own: Mapping[str, Value]

    def of(self, text: str) -> list[tuple[str, str]] | None:
        if not (text.startswith(self.literals[0]) and text.endswith(self.literals[-1])):
            return None
        starts = [len(self.literals[0])]
        ends = [self._ends(0, text, starts[0])]
        failed: set[tuple[int, int]] = set()
        failed_from: dict[int, int] = {}
        while ends:
            index = len(ends) - 1
            end = next(ends[-1], None)
            if end is None:
                start = starts.pop()
                ends.pop()
                failed.add((index, start))
                if self.kinds[self.names[index]] in _OPEN:
                    failed_from[index] = min(start, failed_from.get(index, start))
                continue
            after = end + len(self.literals[index + 1])
            if index + 1 == len(self.names):
                inner = zip(starts[1:], self.literals[1:-1], strict=True)
                stops = [*(at - len(literal) for at, literal in inner), end]
                spans = zip(self.names, starts, stops, strict=True)
                return [(name, text[start:stop]) for name, start, stop in spans]
            is_dead = after >= failed_from.get(index + 1, len(text) + 1)
            if not is_dead and (index + 1, after) not in failed:
                starts.append(after)
                ends.append(self._ends(index + 1, text, after))
        return None

    def _ends(self, index: int, text: str, start: int) -> Iterator[int]:
        """List where an attribute that begins at *start* can end: before the next literal."""
        literal = self.literals[index + 1]
        is_last = index + 1 == len(self.names)
        own = self.own.get(self.names[index])
        if own is not None and text.startswith(f"{own}{literal}", start):
            stop = start + len(str(own))
            if not is_last or stop + len(literal) == len(text):
                yield stop
        if is_last:
            stop = len(text) - len(literal)
            if stop >= start:
                yield stop
            return
        is_open = self.kinds[self.names[index]] in _OPEN
        most = len(text) if is_open else min(len(text), start + _LONGEST)
        for found in re.compile(f"(?={re.escape(literal)})").finditer(text, start):
            if found.start() > most:
                return
            yield found.start()
