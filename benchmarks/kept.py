"""
Results that are kept: a JSON file a name, with the cells of each question and where they come from.

A question that is run again takes the place of its former result; the others stay.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import machine

RESULTS = machine.ROOT / "benchmarks" / "results"

Found = dict[str, Any]


@dataclass
class Kept:
    """
    A kept result.

    Attributes:
        questions: By question: ``environment``, and ``cells`` as `benchmarks.run` wrote them.
    """

    questions: dict[str, Found] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str) -> "Kept":
        """Read a result; empty where there is none yet."""
        path = path_of(name)
        return cls(json.loads(path.read_text("utf-8"))) if path.exists() else cls()

    def write(self, name: str) -> None:
        """Keep it."""
        RESULTS.mkdir(exist_ok=True)
        path_of(name).write_text(json.dumps(self.questions, indent=1) + "\n", "utf-8")

    def cells(self, question: str, start: str = "") -> list[Found]:
        """Return the cells of a question whose names start so."""
        found = self.questions.get(question, {}).get("cells", ())
        return [cell for cell in found if cell["name"].startswith(start)]

    def named(self, name: str) -> Found | None:
        """Return the cell of a name."""
        return next((cell for cell in self._all() if cell["name"] == name), None)

    def times(self, name: str, who: str) -> list[float]:
        """Return the seconds a unit of every round; none where it was not measured."""
        cell = self.named(name) or {}
        return cell.get("seconds a unit", {}).get(who, [])

    def environment(self, question: str) -> Found:
        """Say where a question's numbers come from."""
        return self.questions.get(question, {}).get("environment", {})

    def _all(self) -> Iterator[Found]:
        for question in self.questions.values():
            yield from question["cells"]


def path_of(name: str) -> Path:
    return RESULTS / f"{name}.json"


def middles(cell: Found) -> Mapping[str, float]:
    """Return the median time of each competitor."""
    return {who: median(times) for who, times in cell["seconds a unit"].items()}
