"""
How fast does NDJSON become a fleet?

Compare ``ours`` with ``DuckDB 2th``, the fastest reader among the peers, and with ``json.loads``,
which reads the first lines and keeps dictionaries; ``ours`` with ``ours without names`` for what
names cost. Everybody reads the same file, which the system has in memory. We check every value and
intern descriptions; the peers are told the types and keep strings.

``distinct lists`` is a fleet under a shipped scheme in which no two devices publish the same
objects.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from benchmarks import inputs, ours
from benchmarks.peers import readers
from benchmarks.regimes import text
from benchmarks.regimes.attributes import ATTRIBUTES, scheme
from benchmarks.regimes.data import Table, adversarial, realistic
from benchmarks.rounds import Cell, Run, size_name
from simulator.compat.scheme import Scheme
from simulator.compat.schemes import load_builtin
from simulator.fleet.fleet import Fleet

FLEETS = {
    "R": 0.5,
    "X": 0.3,
    "self-compatible, realistic": 0.3,
    "self-compatible, distinct lists": 0.1,
}
"""The fleets, and their size as a share of the devices that are asked for."""
WHO = ("ours", "ours without names", *readers.READERS)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(inputs.CHUNK):
            yield chunk


class Question:
    """One file, and everybody who reads it."""

    def __init__(self, fleet: str, devices: int, folder: Path) -> None:
        self.devices = max(1, round(devices * FLEETS[fleet]))
        self.name = f"ingest / {fleet} / {size_name(self.devices)}"
        self.path = folder / "fleet.ndjson"
        self.runs: dict[str, Run] = {}
        self.work: dict[str, int] = {}
        if fleet in {"R", "X"}:
            table = (realistic if fleet == "R" else adversarial)(self.devices)
            self._write(text.device_lines(table))
            self._add_ours(scheme())
            self._check_ours(table)
            self._add_readers(table)
        else:
            name, _, regime = fleet.partition(", ")
            self._write(iter([inputs.text(name, regime, self.devices)]))
            self._add_ours(load_builtin(name))
            self._add("json.loads", lambda: readers.load_lines(self.path), readers.JSON_LINES)

    def _write(self, blocks: Iterator[bytes]) -> None:
        with self.path.open("wb") as file:
            file.writelines(blocks)

    def _add(self, who: str, run: Run, most: int | None = None) -> None:
        self.runs[who] = run
        self.work[who] = self.devices if most is None else min(most, self.devices)

    def _add_ours(self, given: Scheme) -> None:
        for who, keep_names in (("ours", True), ("ours without names", False)):
            self._add(who, lambda k=keep_names: ours.read(given, _chunks(self.path), keep_names=k))

    def _check_ours(self, table: Table) -> None:
        """Compare some devices, all of their values."""
        fleet: Fleet = self.runs["ours"]()
        assert len(fleet) == table.n_rows
        for row in range(0, table.n_rows, max(1, table.n_rows // 500)):
            found = fleet[row].values
            for name, attribute in ATTRIBUTES.items():
                assert str(found[name]) == attribute.texts[table.columns[name][row]]

    def _add_readers(self, table: Table) -> None:
        """Compare whole columns of what each peer made, and add it."""
        for who, (make, threads) in readers.READERS.items():
            try:
                read = make(threads)
            except ImportError:
                continue
            made = read(self.path)
            for name in ("type", "version", "flags", "cost"):
                found = readers.columns_of(made, name)
                codes = table.columns[name][: len(found)]
                assert np.array_equal(found, np.array(ATTRIBUTES[name].texts)[codes]), (who, name)
            most = readers.JSON_LINES if who == "json.loads" else None
            self._add(who, lambda r=read: r(self.path), most)

    def cell(self) -> Cell:
        """Put the readers side by side."""
        size = self.path.stat().st_size
        return Cell(
            name=self.name,
            runs=self.runs,
            work=self.work,
            unit="device",
            pairs=[(own, who) for own in WHO[:2] for who in self.runs],
            note=f"{size / self.devices:.0f} bytes a line",
            facts={"bytes a line": size / self.devices},
        )


@lru_cache(maxsize=1)
def question(fleet: str, devices: int, folder: Path) -> Question:
    return Question(fleet, devices, folder)


def cells(devices: int) -> Iterator[Cell]:
    with TemporaryDirectory(prefix="mdevsim-bench-") as folder:
        for fleet in FLEETS:
            yield question(fleet, devices, Path(folder)).cell()
    question.cache_clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ingest")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("fleet", FLEETS)
def test_ingest(run_cell, devices, folder, fleet, who):
    cell = question(fleet, devices, folder).cell()
    if who not in cell.runs:
        pytest.skip(f"{who} takes no part")
    run_cell(cell, who)
