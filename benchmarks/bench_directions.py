"""
Are both directions equally fast?

Compare ``by source`` with ``by target``: the rules around the 2,000 classes of R, published by the
sources, or by the devices that are the targets. Both find the same share of the fleet's pairs; the
first judges every class by one rule, the second one source by every rule.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pytest

from benchmarks import ours
from benchmarks.peers import Answers
from benchmarks.regimes import text
from benchmarks.regimes.attributes import scheme
from benchmarks.regimes.clauses import targets
from benchmarks.regimes.data import N_CLASSES, realistic_classes
from benchmarks.regimes.regime import rules_of, table
from benchmarks.rounds import Cell, in_turn, size_name
from simulator.compat.scheme import Direction

KINDS = ("prepared", "cold")
OUTPUTS = ("count", "rows")
WHO = tuple(
    ours.name(threads, kind) for kind in ("by source", "by target") for threads in ours.THREADS
)


class Question:
    """The same rules on either side."""

    def __init__(self, devices: int, n_sources: int) -> None:
        devices_of_r, classes = table("R", devices), realistic_classes()
        self.devices = devices
        rules = rules_of("R by class", N_CLASSES)
        # By rule and class, whether the rule accepts the class.
        self.verdicts = np.zeros((N_CLASSES, N_CLASSES), np.bool_)
        for rule, verdicts in enumerate(self.verdicts):
            verdicts[targets(rules.clauses(rule), classes)] = True
        self.class_of = devices_of_r.class_of
        asked = np.random.default_rng(1).permutation(N_CLASSES)[:n_sources]
        lines = text.source_lines(rules)
        plain = ours.read(scheme(), text.device_lines(devices_of_r))
        listed = ours.read(scheme(), text.device_lines(devices_of_r, text.lists_of(rules)))
        self.asked: dict[str, dict[str, list[Answers]]] = {kind: {} for kind in KINDS}
        for threads in ours.THREADS:
            for who, fleet, side in (
                ("by source", plain, Direction.SOURCE),
                ("by target", listed, Direction.TARGET),
            ):
                sources = [ours.held(fleet, lines[number]) for number in asked]
                name = ours.name(threads, who)
                for kind, ask in (("prepared", ours.prepared), ("cold", ours.cold)):
                    answers = [ask(fleet, source, side, threads) for source in sources]
                    self.asked[kind][name] = answers
                    self._check(answers, asked, side)

    def _check(self, answers: list[Answers], asked: np.ndarray, side: Direction) -> None:
        for number, answer in zip(asked, answers, strict=True):
            by_class = (
                self.verdicts[number] if side is Direction.SOURCE else self.verdicts[:, number]
            )
            expected = np.flatnonzero(by_class[self.class_of])
            assert answer["count"]() == len(expected)
            assert np.array_equal(answer["rows"](), expected)

    def cell(self, kind: str, output: str) -> Cell:
        """Put the directions side by side."""
        parts = {who: [a[output] for a in given] for who, given in self.asked[kind].items()}
        return Cell(
            name=f"directions / R / {size_name(self.devices)} / {output} / {kind}",
            runs={who: in_turn(questions) for who, questions in parts.items()},
            work={who: len(questions) for who, questions in parts.items()},
            unit="question",
            parts=parts,
            pairs=[("by source", "by target")],
            is_warm=True,
        )


@lru_cache(maxsize=1)
def question(devices: int, n_sources: int) -> Question:
    return Question(devices, n_sources)


def cells(devices: int, n_sources: int) -> Iterator[Cell]:
    for kind in KINDS:
        for output in OUTPUTS:
            yield question(devices, n_sources).cell(kind, output)
    question.cache_clear()


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_directions(run_cell, devices, n_sources, kind, output, who):
    run_cell(question(devices, n_sources).cell(kind, output), who)
