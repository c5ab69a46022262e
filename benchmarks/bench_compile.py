"""
What does compiling a rule take, alone and in a batch?

``alone`` is a cold count in a fleet of the 2,000 classes of R, a device each, so that all codes are
there and next to nothing is left to judge; ``judging`` is the same with the rule compiled, and the
difference is what reading and compiling take. ``batch`` asks all sources in one call, from their
lines: reading, compiling and judging, an upper bound. ``to_line`` is what a `Description` costs
that a user holds instead of a line.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pytest

from benchmarks import ours
from benchmarks.regimes import text
from benchmarks.regimes.attributes import scheme
from benchmarks.regimes.clauses import targets
from benchmarks.regimes.data import N_CLASSES, Table, realistic_classes
from benchmarks.regimes.regime import rules_of
from benchmarks.rounds import Cell, in_turn

WHO = ("alone", "judging", "batch", "to_line")
N_SOURCES = 10_240
_ALONE = 1000


@lru_cache(maxsize=1)
def cell(n_sources: int) -> Cell:
    classes = realistic_classes()
    table = Table(classes, classes, np.arange(N_CLASSES))
    fleet = ours.read(scheme(), text.device_lines(table))
    rules = rules_of("R", n_sources)
    lines = text.source_lines(rules)
    few = lines[:_ALONE]
    asked = [ours.cold(fleet, ours.held(fleet, line))["count"] for line in few]
    again = [ours.prepared(fleet, ours.held(fleet, line))["count"] for line in few]
    descriptions = [fleet.parse(line.decode()) for line in few]
    batch, n_batch = ours.counts(fleet, lines)
    found = list(batch())
    for number, (count, judged) in enumerate(zip(asked, again, strict=True)):
        expected = len(targets(rules.clauses(number), classes))
        assert count() == judged() == expected
        assert number >= n_batch or found[number] == expected
    return Cell(
        name="compile / R",
        runs={
            "alone": in_turn(asked),
            "judging": in_turn(again),
            "batch": batch,
            "to_line": in_turn([description.to_line for description in descriptions]),
        },
        work=dict(zip(WHO, (len(few), len(few), n_batch, len(few)), strict=True)),
        unit="source",
        pairs=[("judging", "alone"), ("batch", "alone")],
        note=f"a batch of {n_batch} sources; {N_CLASSES} classes",
        is_warm=True,
    )


def cells() -> Iterator[Cell]:
    yield cell(N_SOURCES)


@pytest.mark.parametrize("who", WHO)
def test_compile(run_cell, n_sources, who):
    run_cell(cell(n_sources), who)
