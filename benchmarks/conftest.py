"""The options of all benchmarks. Files are named ``bench_*.py``, so that no test run finds them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import ours, peers
from benchmarks.rounds import Cell


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mdevsim benchmarks")
    group.addoption("--devices", type=float, default=1e6, help="devices in a fleet")
    group.addoption("--sources", type=int, help="sources that are asked about")


def pytest_report_header() -> list[str]:
    """Name who cannot take part; where ``CI`` is ``true`` nobody may be missing."""
    missing = peers.present((*peers.ONE, *peers.MANY))[1]
    if missing and os.environ.get("CI") == "true":
        raise pytest.UsageError(f"the extra bench is not there: {missing}")
    lacks = [name for name, is_there in ours.HAS.items() if not is_there]
    return [
        *(f"left out: {name}, {why}" for name, why in missing.items()),
        *(f"this build lacks {name}" for name in lacks),
    ]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    is_bench = file_path.name.startswith("bench_") and file_path.suffix == ".py"
    # A file that was named on the command line is collected by pytest itself.
    if is_bench and not parent.session.isinitpath(file_path):
        return pytest.Module.from_parent(parent, path=file_path)
    return None


@pytest.fixture(scope="session")
def devices(request: pytest.FixtureRequest) -> int:
    """How many devices a fleet has."""
    return int(request.config.getoption("devices"))


@pytest.fixture(scope="session")
def n_sources(request: pytest.FixtureRequest) -> int:
    """How many sources are asked about; few where nothing is timed."""
    given = request.config.getoption("sources")
    few = request.config.getoption("benchmark_disable")
    return int(given or (10 if few else 100))


@pytest.fixture
def run_cell(benchmark) -> Callable[[Cell, str], None]:
    """Return a function that times one competitor of a cell."""

    def run(cell: Cell, who: str) -> None:
        work = cell.work[who]
        benchmark.group = cell.name
        before = cell.before.get(who)
        warm = 0 if before else 1
        benchmark.pedantic(cell.runs[who], setup=before, rounds=5, warmup_rounds=warm)
        benchmark.extra_info["unit"] = cell.unit
        if benchmark.stats is not None:
            nanoseconds = benchmark.stats.stats.median * 1e9 / work
            benchmark.extra_info[f"ns_per_{cell.unit}"] = nanoseconds

    return run
