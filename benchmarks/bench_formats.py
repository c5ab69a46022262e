"""
How fast do fleets come in from Arrow and from our own file?

Compare ``ours, Arrow`` with ``DuckDB 2th``, which copies the same table of dictionary-coded columns
into one of its own, and ``ours, loaded`` with ``ours, Arrow``. Where this build has neither call,
nothing is asked.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks import ours
from benchmarks.regimes import text
from benchmarks.regimes.attributes import ATTRIBUTES, scheme
from benchmarks.regimes.regime import table
from benchmarks.rounds import Cell, Run, size_name

REGIMES = ("R", "X")
WHO = ("ours, Arrow", "ours, loaded", "DuckDB", "DuckDB 2th", "Polars 2th")


class Question:
    """One fleet, in each form."""

    def __init__(self, regime: str, devices: int, folder: Path) -> None:
        self.name = f"formats / {regime} / {size_name(devices)}"
        self.devices = devices
        self.table = table(regime, devices)
        self.scheme = scheme()
        self.runs: dict[str, Run] = {}
        if ours.HAS["save"]:
            path = folder / "fleet.mdm"
            ours.save(ours.read(self.scheme, text.device_lines(self.table)), path)
            self._add("ours, loaded", lambda: ours.load(self.scheme, path))
        try:
            self._add_arrow()
        except ImportError:
            return

    def _add(self, who: str, run: Run) -> None:
        made = run()
        assert len(made) == self.devices, who
        if who.startswith("ours"):
            for row in range(0, self.devices, max(1, self.devices // 500)):
                found = made[row].values
                for name, attribute in ATTRIBUTES.items():
                    assert str(found[name]) == attribute.texts[self.table.columns[name][row]], who
        self.runs[who] = run

    def _add_arrow(self) -> None:
        from benchmarks.peers.arrow_compute import coded

        given = coded(self.table.columns)
        if ours.HAS["from_arrow"]:
            self._add("ours, Arrow", lambda: ours.from_arrow(self.scheme, given))
        from benchmarks.peers.duckdb_scan import connect

        for threads, who in ((1, "DuckDB"), (2, "DuckDB 2th")):
            database = connect(threads)
            database.register("given", given)

            def run(database: object = database) -> object:
                database.execute("CREATE OR REPLACE TABLE devices AS SELECT * FROM given")
                return database.table("devices")

            self._add(who, run)
        from benchmarks.peers.polars_scan import pl

        self._add("Polars 2th", lambda: pl.from_arrow(given))

    def cell(self) -> Cell | None:
        """Put the forms side by side; None where nothing of ours is there."""
        own = [who for who in self.runs if who.startswith("ours")]
        if not own:
            return None
        return Cell(
            name=self.name,
            runs=self.runs,
            work=dict.fromkeys(self.runs, self.devices),
            unit="device",
            pairs=[(one, who) for one in own for who in self.runs],
            is_warm=True,
        )


@lru_cache(maxsize=1)
def question(regime: str, devices: int, folder: Path) -> Question:
    return Question(regime, devices, folder)


def cells(devices: int) -> Iterator[Cell]:
    with TemporaryDirectory(prefix="mdevsim-bench-") as folder:
        for regime in REGIMES:
            cell = question(regime, devices, Path(folder)).cell()
            if cell:
                yield cell
    question.cache_clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("formats")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("regime", REGIMES)
def test_formats(run_cell, devices, folder, regime, who):
    cell = question(regime, devices, folder).cell()
    if not cell or who not in cell.runs:
        pytest.skip(f"{who} takes no part")
    run_cell(cell, who)
