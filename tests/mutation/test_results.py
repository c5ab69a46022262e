"""What the kept run of the mutation tests found; docs/trust-python.md says how to repeat it."""

import json
from pathlib import Path

import pytest

KEPT = json.loads(Path(__file__).with_name("results.json").read_text("utf-8"))
MODULES = ("simulator.compat.judge", "simulator.compat.template", "simulator.mdev.core")


@pytest.mark.parametrize("module", MODULES)
def test_nine_of_ten_mutants_are_noticed(module):
    """The tests fail for at least 90 % of the small faults that are put into a module."""
    counts = KEPT["modules"][module]
    assert counts["mutants"] > 100
    assert counts["noticed"] >= 0.9 * counts["mutants"]


def test_every_survivor_is_explained():
    """Of each fault that no test notices it is said why."""
    assert [one for one in KEPT["survivors"] if not one["why"]] == []
