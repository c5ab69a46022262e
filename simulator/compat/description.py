"""Descriptions: what one device publishes. See docs/language.md for the line of NDJSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.compat.rule import Object
from simulator.values import Integer, Value

__all__ = ["Description"]


@dataclass(frozen=True, slots=True)
class Description:
    """
    What one device publishes.

    Attributes:
        values: Its own values (SELF), by name of the attribute. What is not there is absent.
        objects: Whom it accepts (COMPATIBLE), OR-ed; None when it publishes no list, which is
            not the same as an empty one.
        name: What the device is called, or None. Not part of any comparison.
    """

    values: Mapping[str, Value]
    objects: tuple[Object, ...] | None = None
    name: str | None = None

    def __hash__(self) -> int:
        return hash((frozenset(self.values.items()), self.objects, self.name))

    def to_json(self) -> dict[str, object]:
        """Return the parts that JSON knows: text, numbers, lists and mappings."""
        data: dict[str, object] = {} if self.name is None else {"name": self.name}
        data["self"] = {
            name: value.number if isinstance(value, Integer) else str(value)
            for name, value in self.values.items()
        }
        if self.objects is not None:
            data["compatible"] = [
                {name: str(clause) for name, clause in one.clauses.items()} for one in self.objects
            ]
        return data

    def to_line(self) -> str:
        """Return the line of NDJSON, without its end."""
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":"))
