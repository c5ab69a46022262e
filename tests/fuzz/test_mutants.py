"""Faults that are put into the core, to see whether its fuzz targets notice."""

from importlib import import_module

import pytest
from transcripts import ROOT


@pytest.fixture
def mutants(monkeypatch):
    """The module that makes them; it is not installed."""
    monkeypatch.syspath_prepend(ROOT)
    return import_module("csrc.fuzz.mutants")


def test_each_fault_has_a_place(mutants):
    """The text of each stands once in its file: a core that has changed asks for other faults."""
    for mutant in mutants.MUTANTS:
        text = (mutants.CORE / mutant.file).read_text("utf-8")
        assert text.count(mutant.before) == 1, mutant
        assert mutant.before != mutant.after
