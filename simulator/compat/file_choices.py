"""Words of which a scheme file takes one."""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from simulator.compat.scheme import Outcome
from simulator.documents import YamlValue

__all__ = ["OUTCOMES", "YES_OR_NO", "choice", "members"]

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
