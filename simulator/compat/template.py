"""
Templates: values with variables, such as ``i915-GVTg_V5_{val1:int:1,2,4,8}`` and ``{val1}/2``.

A variable is declared where it first appears and stands for one choice in the whole object.
Solving goes from the value to the variables: which choices would give just this value?

Source: Yan Zhao, 20200729080503.GB28676@joy-OptiPlex-7040; arithmetic and limits are ours.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from simulator.errors import TextError
from simulator.values import Integer, Ratio, String, Value, parse_value

__all__ = [
    "Binding",
    "Reference",
    "Scaled",
    "Template",
    "Variable",
    "bounds",
    "quote",
    "render",
    "solve",
]

Binding = Mapping[str, int | str]
"""The choices made so far, by name of the variable."""

_BARE = re.compile(r"[^ \x00-\x1f\x7f\"#{}()\\]+")
_BARE_ITEM = re.compile(r"[^ \x00-\x1f\x7f\"#{}(),\\]+")


def quote(text: str, *, item: bool = False) -> str:
    """Write *text* as clause text: bare where it may be (*item*: in a list), else quoted."""
    if (_BARE_ITEM if item else _BARE).fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class Variable:
    """
    A variable where it is declared.

    Attributes:
        name: Unique in its object.
        ranges: The integers that it may be, as inclusive ranges; empty for a string variable.
        strings: The texts that it may be; empty for an integer variable.
    """

    name: str
    ranges: tuple[tuple[int, int], ...] = ()
    strings: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """``int`` or ``string``, as in the declaration."""
        return "int" if self.ranges else "string"

    def has(self, choice: int | str) -> bool:
        """Tell whether *choice* is one of the declared values."""
        if isinstance(choice, int):
            return any(low <= choice <= high for low, high in self.ranges)
        return choice in self.strings

    def within(self, low: int, high: int) -> "Variable | None":
        """Return this integer variable with its values from *low* to *high*, if it has any."""
        kept = [(max(first, low), min(last, high)) for first, last in self.ranges]
        ranges = tuple((first, last) for first, last in kept if first <= last)
        return Variable(self.name, ranges) if ranges else None

    def choices(self) -> Iterator[int | str]:
        """Yield the values as they are declared, repeated ones too; a range may be long."""
        for low, high in self.ranges:
            yield from range(low, high + 1)
        yield from self.strings

    def first(self) -> int | str:
        """Return the value that is written first."""
        return self.ranges[0][0] if self.ranges else self.strings[0]

    def __str__(self) -> str:
        entries = [str(low) if low == high else f"{low}-{high}" for low, high in self.ranges]
        entries += ['"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"' for s in self.strings]
        return f"{{{self.name}:{self.type}:{','.join(entries)}}}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A later appearance of a variable."""

    name: str

    def __str__(self) -> str:
        return f"{{{self.name}}}"


@dataclass(frozen=True, slots=True)
class Template:
    """
    A text with variables.

    Attributes:
        kind: The kind of its attribute. For ``set``, ``version`` and ``pci_id`` the template is
            one variable alone.
        parts: Literal text, and variables where they appear.
    """

    kind: str
    parts: tuple[str | Variable | Reference, ...]

    def names(self) -> frozenset[str]:
        """Return the names of the variables that appear."""
        return frozenset(part.name for part in self.parts if not isinstance(part, str))

    def __str__(self) -> str:
        return "".join(quote(part) if isinstance(part, str) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Scaled:
    """
    An integer variable in an ``int`` or ``ratio`` attribute, times or over a factor.

    Attributes:
        kind: ``int`` or ``ratio``.
        part: The variable where it appears.
        operator: ``*``, ``/``, or nothing.
        factor: From 1 to 2**31 - 1.
    """

    kind: str
    part: Variable | Reference
    operator: str = ""
    factor: int = 1

    def names(self) -> frozenset[str]:
        """Return the name of the variable, in a set."""
        return frozenset((self.part.name,))

    def __str__(self) -> str:
        return f"{self.part}{self.operator}{self.factor if self.operator else ''}"


def solve(
    template: Template | Scaled,
    value: Value,
    variables: Mapping[str, Variable],
    binding: Binding,
    *,
    floor_division: bool = False,
) -> Iterator[dict[str, int | str]]:
    """
    Find the choices under which *template* gives *value*.

    Args:
        template: A clause of an object.
        value: A value of the kind of the attribute.
        variables: All variables of the object.
        binding: Choices already made; every result contains them.
        floor_division: ``{v}/2`` is rounded down instead of exact.

    Yields:
        Bindings of the variables in *binding* and in *template*.
    """
    if isinstance(template, Scaled):
        yield from _solve_scaled(template, value, variables, binding, floor_division)
    elif isinstance(value, String):
        yield from _solve_text(template.parts, value.text, variables, dict(binding))
    else:
        name = next(iter(template.names()))
        choices = (binding[name],) if name in binding else variables[name].strings
        for choice in choices:
            if parse_value(template.kind, str(choice)) == value:
                yield {**binding, name: choice}


def _solve_scaled(
    scaled: Scaled,
    value: Value,
    variables: Mapping[str, Variable],
    binding: Binding,
    floor_division: bool,
) -> Iterator[dict[str, int | str]]:
    name = scaled.part.name
    found = bounds(scaled, value, floor_division=floor_division)
    if found is None:
        return
    low, high = found
    if name in binding:
        if low <= int(binding[name]) <= high:
            yield dict(binding)
        return
    variable = variables[name].within(low, high)
    for first, last in variable.ranges if variable else ():
        for choice in range(first, last + 1):
            yield {**binding, name: choice}


def bounds(scaled: Scaled, value: Value, *, floor_division: bool = False) -> tuple[int, int] | None:
    """Give the lowest and the highest number with which *scaled* is *value*, or None."""
    wanted = Fraction(value.number) if isinstance(value, Integer) else _fraction(value)
    if scaled.operator == "/" and floor_division:
        low = wanted * scaled.factor
        return (int(low), int(low) + scaled.factor - 1) if wanted.denominator == 1 else None
    exact = wanted * scaled.factor if scaled.operator == "/" else wanted / scaled.factor
    return (exact.numerator, exact.numerator) if exact.denominator == 1 else None


def _fraction(value: Value) -> Fraction:
    if not isinstance(value, Ratio):
        raise TypeError(f"{value!r} is no number")
    return value.value


def _solve_text(
    parts: tuple[str | Variable | Reference, ...],
    text: str,
    variables: Mapping[str, Variable],
    binding: dict[str, int | str],
) -> Iterator[dict[str, int | str]]:
    """Match *text* from the left; only a variable's first appearance leaves a choice."""
    for index, part in enumerate(parts):
        if not isinstance(part, str) and part.name not in binding:
            for choice, length in _prefixes(variables[part.name], text):
                rest = parts[index + 1 :]
                yield from _solve_text(
                    rest, text[length:], variables, {**binding, part.name: choice}
                )
            return
        known = part if isinstance(part, str) else str(binding[part.name])
        if not text.startswith(known):
            return
        text = text[len(known) :]
    if not text:
        yield binding


def _prefixes(variable: Variable, text: str) -> Iterator[tuple[int | str, int]]:
    """Find the values of *variable* that *text* begins with, and their lengths."""
    for string in variable.strings:
        if text.startswith(string):
            yield string, len(string)
    if variable.ranges and (digits := re.match(r"0|-?[1-9][0-9]{0,18}", text)):
        for length in range(1, digits.end() + 1):
            prefix = text[:length]
            if prefix != "-" and variable.has(int(prefix)):
                yield int(prefix), length


def render(
    template: Template | Scaled, binding: Binding, *, floor_division: bool = False
) -> Value | None:
    """
    Give the value of *template* under *binding*, or None where there is none.

    One half is no value of an ``int`` attribute, and a text may come out too long.
    """
    if isinstance(template, Template):
        text = "".join(
            part if isinstance(part, str) else str(binding[part.name]) for part in template.parts
        )
    else:
        number = Fraction(int(binding[template.part.name]))
        if template.operator == "*":
            number *= template.factor
        elif template.operator == "/":
            number /= template.factor
            number = Fraction(number.numerator // number.denominator) if floor_division else number
        text = str(number)
    try:
        return parse_value(template.kind, text)
    except TextError:
        return None
