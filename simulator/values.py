r"""
The values that devices publish: six kinds, each parsed strictly and printed as it was written.

Absent is not a value: an attribute that a device does not publish is simply not there. Two
values are equal when they mean the same, however they are spelled.

    >>> Version.parse("1.1") == Version.parse("1.1.0"), str(Version.parse("1.1"))
    (True, '1.1')
    >>> FlagSet.parse("none+ppgtt") == FlagSet.parse("ppgtt, none")
    True
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import ClassVar, Self

from simulator.errors import TextError

__all__ = [
    "INT_MAX",
    "INT_MIN",
    "KINDS",
    "MAX_VALUE_BYTES",
    "FlagSet",
    "Integer",
    "PciId",
    "Ratio",
    "String",
    "Value",
    "Version",
    "parse_value",
]

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
"""The range of an integer: the kernel's ``long long``."""

MAX_VALUE_BYTES = 4096
"""PATH_MAX, the limit that the `migration_version` v5 patch sets for a string."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?")
_PCI_ID = re.compile(r"(?:([0-9A-Fa-f]{4})[-:]?)?([0-9A-Fa-f]{4})")
_RATIO = re.compile(r"(0|-?[1-9][0-9]*)(?:/([0-9]+))?")
_MEMBER = re.compile(r"[A-Za-z0-9_.:-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_VERSION_MAX = 2**32 - 1


def _bounded(text: str, digits: str, low: int, high: int, start: int = 0) -> int:
    """Convert *digits*, which stand at *start* of *text*, or refuse what does not fit."""
    # More than 20 digits never fit; asking their length first keeps int() linear.
    number = int(digits) if len(digits) <= 20 else high + 1
    if not low <= number <= high:
        stop = start + len(digits)
        raise TextError(text, "integer overflow", f"a number from {low} to {high}", start, stop)
    return number


def _check_length(text: str) -> None:
    too_long = len(text) > MAX_VALUE_BYTES
    if too_long or len(text.encode("utf-8", "replace")) > MAX_VALUE_BYTES:
        raise TextError(text, "the value is too long", f"at most {MAX_VALUE_BYTES} bytes")
    if bad := _SURROGATE.search(text):
        expected = "characters that UTF-8 can write"
        raise TextError(text, "a lone surrogate", expected, bad.start(), bad.end())


@dataclass(frozen=True, slots=True, order=True)
class Integer:
    """A whole number of 64 bits, decimal, without leading zeros."""

    kind: ClassVar[str] = "int"
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a decimal integer.

        Raises:
            TextError: *text* is not one, or does not fit in 64 bits.
        """
        if not _INTEGER.fullmatch(text):
            raise TextError(text, "not an integer", "decimal digits such as 2")
        return cls(_bounded(text, text, INT_MIN, INT_MAX))

    def __str__(self) -> str:
        return str(self.number)


@dataclass(frozen=True, slots=True, order=True)
class String:
    """A text without control characters, at most `MAX_VALUE_BYTES` long in UTF-8."""

    kind: ClassVar[str] = "string"
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Take *text* as it is.

        Raises:
            TextError: It is too long or holds a control character.
        """
        _check_length(text)
        if bad := _CONTROL.search(text):
            message = f"control character U+{ord(bad.group()):04X}"
            raise TextError(text, message, "printable text", bad.start(), bad.end())
        return cls(text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class FlagSet:
    """
    A set of names, as in ``none+ppgtt+context``.

    The threads separate members by ``+``, ``,`` or ``, ``; one text uses one separator. The
    empty text is the empty set.
    """

    kind: ClassVar[str] = "set"
    members: frozenset[str]
    text: str = field(default="", compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read the members of a set.

        Raises:
            TextError: An empty, repeated or misspelled member, or mixed separators.
        """
        _check_length(text)
        if not text:
            return cls(frozenset())
        separator = "+" if "+" in text else ", " if ", " in text else ","
        members: set[str] = set()
        start = 0
        for member in text.split(separator):
            stop = start + len(member)
            if not _MEMBER.fullmatch(member):
                expected = f"names of letters, digits, _ . : - separated by {separator!r}"
                raise TextError(text, "not a member of a set", expected, start, stop)
            if member in members:
                raise TextError(text, f"{member} is there twice", "each member once", start, stop)
            members.add(member)
            start = stop + len(separator)
        return cls(frozenset(members), text)

    def __str__(self) -> str:
        return self.text or "+".join(sorted(self.members))


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """
    A version ``major.minor[.bugfix]``. A bugfix that is left out counts as 0.

    Source: the rule of A. Williamson, 20200717101258.65555978@x1.home.
    """

    kind: ClassVar[str] = "version"
    major: int
    minor: int
    bugfix: int = 0
    text: str = field(default="", compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a version.

        Raises:
            TextError: Not two or three decimal numbers below 2**32, separated by dots.
        """
        found = _VERSION.fullmatch(text)
        if not found:
            raise TextError(text, "not a version", "major.minor[.bugfix], such as 1.2.0")
        major, minor, bugfix = (
            _bounded(text, digits, 0, _VERSION_MAX, found.start(group))
            for group, digits in enumerate(found.groups(default="0"), 1)
        )
        return cls(major, minor, bugfix, text)

    def __str__(self) -> str:
        return self.text or f"{self.major}.{self.minor}.{self.bugfix}"


@dataclass(frozen=True, slots=True)
class PciId:
    """
    A PCI device id with its vendor, or without (``None``).

    Four spellings occur: ``8086591d``, ``8086-591d``, ``8086:591D`` and the bare ``591b``. A
    bare id names no vendor, so it equals only bare ids.
    """

    kind: ClassVar[str] = "pci_id"
    vendor: int | None
    device: int
    text: str = field(default="", compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a PCI id in any of the four spellings.

        Raises:
            TextError: It is in none of them.
        """
        found = _PCI_ID.fullmatch(text)
        if not found:
            raise TextError(text, "not a PCI id", "8086591d, 8086-591d, 8086:591D or 591b")
        vendor, device = found.groups()
        return cls(None if vendor is None else int(vendor, 16), int(device, 16), text)

    def __str__(self) -> str:
        vendor = "" if self.vendor is None else f"{self.vendor:04x}"
        return self.text or f"{vendor}{self.device:04x}"


@dataclass(frozen=True, slots=True, order=True)
class Ratio:
    """An exact ratio of two integers, such as ``1/2``: half of a device."""

    kind: ClassVar[str] = "ratio"
    value: Fraction
    text: str = field(default="", compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read an integer or a fraction; ``2/4`` equals ``1/2``.

        Raises:
            TextError: It is neither, its denominator is 0, or a part does not fit in 64 bits.
        """
        found = _RATIO.fullmatch(text)
        if not found:
            raise TextError(text, "not a ratio", "an integer or a fraction such as 1/2")
        numerator = _bounded(text, found[1], INT_MIN, INT_MAX)
        if found[2] is None:
            return cls(Fraction(numerator), text)
        start = found.start(2)
        if not found[2].strip("0"):
            raise TextError(text, "division by zero", "a denominator of 1 or more", start)
        if found[2].startswith("0"):
            raise TextError(text, "leading zero", "a decimal number", start)
        return cls(Fraction(numerator, _bounded(text, found[2], 1, INT_MAX, start)), text)

    def __str__(self) -> str:
        return self.text or str(self.value)


Value = Integer | String | FlagSet | Version | PciId | Ratio

KINDS: Mapping[str, type[Value]] = MappingProxyType(
    {kind.kind: kind for kind in (Integer, String, FlagSet, Version, PciId, Ratio)}
)
"""The kinds by the names that schemes use."""


def parse_value(kind: str, text: str) -> Value:
    """
    Read *text* as a value of *kind*, one of `KINDS`.

    Raises:
        TextError: *text* is not such a value.
    """
    return KINDS[kind].parse(text)
