"""The fields of a scheme file: texts, and words of which it takes one."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from simulator.compat.scheme import Outcome
from simulator.documents import YamlValue

__all__ = ["OUTCOMES", "YES_OR_NO", "Field", "choice", "members"]

E = TypeVar("E")

OUTCOMES: Mapping[str, Outcome] = MappingProxyType({str(outcome): outcome for outcome in Outcome})
"""The three verdicts by name."""

YES_OR_NO: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})
"""The two truth values of YAML."""


def choice(value: YamlValue, choices: Mapping[str, E], default: E) -> E:
    """Return what a word stands for; note another word, and return *default*."""
    text = value.text()
    if text is not None and text in choices:
        return choices[text]
    if text is not None:
        value.mistake(f"{text!r} is no choice here", "one of " + ", ".join(choices))
    return default


def members(of: type[enum.StrEnum]) -> dict[str, enum.StrEnum]:
    """Return the members of an enumeration by their values."""
    return {str(member): member for member in of}


@dataclass(frozen=True, slots=True)
class Field:
    """
    A field that holds one scalar.

    Attributes:
        what: What it says, for people who write it.
        choices: The words that it takes, and what they stand for; None for any text.
        default: What it is when nothing can be read.
        expected: For a text, what a mistake expects.
    """

    what: str
    choices: Mapping[str, object] | None = None
    default: object = None
    expected: str = "a value"

    def read(self, value: YamlValue) -> object:
        """Read the field; mistakes are noted in the document."""
        if self.choices is not None:
            return choice(value, self.choices, self.default)
        text = value.text(self.expected)
        return self.default if text is None else text
