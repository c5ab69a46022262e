"""
Run the benchmarks, everybody in turn, and keep the result.

    python -m benchmarks.run kept

writes ``benchmarks/results/kept.json`` and a plot beside it, and prints the tables. The bench files
say what is compared; here everybody runs round by round, in this one process. ``--only one,many``
runs some questions and keeps the others as they were. ``--show`` prints the tables of a kept
result, ``--goals`` only the goals, ``--readme`` writes the tables into the README; these three run
nothing.
"""

import argparse
import os
import sqlite3
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

from benchmarks import (
    bench_churn,
    bench_compile,
    bench_crossing,
    bench_directions,
    bench_formats,
    bench_ingest,
    bench_many,
    bench_memory,
    bench_one,
    curve,
    goals,
    inputs,
    machine,
    ours,
    peers,
    tables,
)
from benchmarks.kept import Found, Kept, path_of
from benchmarks.regimes.attributes import scheme
from benchmarks.regimes.data import SEEDS
from benchmarks.rounds import Cell, interleave, over_questions, ratio
from csrc import build_mdm
from simulator.fleet.fleet import Fleet

README = machine.ROOT / "benchmarks" / "README.md"
WORKLOADS = {
    "w1": ("one", "directions", "compile", "crossing"),
    "w2": ("many",),
    "w3": ("many",),
    "w4": ("churn",),
    "w5": ("ingest", "formats"),
}
_PACKAGES = ("numpy", "numba", "polars", "duckdb", "pyarrow", "pyroaring", "cffi")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is run: devices, and for one source also a tenth and ten times as many."""

    devices: int
    sources: int
    rounds: int
    is_short: bool

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of fleets for one source."""
        if self.is_short:
            return (self.devices,)
        return (self.devices // 10, self.devices, self.devices * 10)


# ---- where it is run


def _flags() -> str:
    """Join Python's flags and ours; the later ones win."""
    *_, options = build_mdm.ffibuilder._assigned_source  # noqa: SLF001
    return " ".join([str(sysconfig.get_config_var("CFLAGS")), *options["extra_compile_args"]])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def environment(size: Size) -> Found:
    """Say where and from what the numbers come."""
    compiler = str(sysconfig.get_config_var("CC")).split()[0]
    return machine.environment() | {
        "huge pages": machine.text("/sys/kernel/mm/transparent_hugepage/enabled"),
        "compiler": machine.answer(compiler, "--version").partition("\n")[0],
        "flags": _flags(),
        "versions": {name: _version(name) for name in _PACKAGES}
        | {"SQLite": sqlite3.sqlite_version},
        "seeds": SEEDS | {"fleet": inputs.FLEET_SEED},
        "sources": size.sources,
        "rounds": size.rounds,
        "bandwidth": {str(n): machine.bandwidth(n) for n in (1, 2)},
        "instructions": getattr(Fleet(scheme()), "path", "as the compiler chose"),
        "left out": peers.present((*peers.ONE, *peers.MANY))[1],
        "not in this build": [name for name, is_there in ours.HAS.items() if not is_there],
    }


# ---- what is run


def _timed(cell: Cell, rounds: int) -> Found:
    print(cell.name, file=sys.stderr, flush=True)
    times = interleave(cell, rounds)
    return {
        "name": cell.name,
        "unit": cell.unit,
        "note": cell.note,
        "facts": dict(cell.facts),
        "seconds a unit": times,
        "ratios": [
            {"ours": mine, "peer": peer, **asdict(ratio(times[mine], times[peer]))}
            for mine, peer in cell.pairs
            if mine in times and peer in times and mine != peer
        ],
        "over questions": {who: over_questions(asked) for who, asked in cell.parts.items()},
    }


def _timed_cells(cells: Callable[[Size], Iterator[Cell]]) -> Callable[[Size], list[Found]]:
    return lambda size: [_timed(cell, size.rounds) for cell in cells(size)]


def _memory(size: Size) -> list[Found]:
    found = []
    for given, regime in bench_memory.REGIMES:
        for names in ("names", "no names"):
            name = f"memory / {given} / {regime} / {names}"
            print(name, file=sys.stderr, flush=True)
            measured = bench_memory.measure(given, regime, names, size.devices)
            found.append({"name": name, "bytes": measured})
    return found


def _churn(size: Size) -> list[Found]:
    found = [_timed(cell, size.rounds) for cell in bench_churn.cells(size.devices)]
    for regime in bench_churn.REGIMES:
        name = f"mixed / {regime}"
        print(name, file=sys.stderr, flush=True)
        found.append({"name": name, "mixed": bench_churn.mixed(regime, size.devices, size.sources)})
    return found


QUESTIONS: dict[str, Callable[[Size], list[Found]]] = {
    # First, while this process is small.
    "memory": _memory,
    "crossing": _timed_cells(lambda _: bench_crossing.cells()),
    "compile": _timed_cells(lambda _: bench_compile.cells()),
    "ingest": _timed_cells(lambda size: bench_ingest.cells(size.devices)),
    "formats": _timed_cells(lambda size: bench_formats.cells(size.devices)),
    "churn": _churn,
    "directions": _timed_cells(lambda size: bench_directions.cells(size.devices, size.sources)),
    "many": _timed_cells(lambda size: bench_many.cells(size.devices)),
    "one": _timed_cells(lambda size: bench_one.cells(size.sizes, size.sources)),
}


def run(name: str, size: Size, questions: Sequence[str]) -> None:
    """Run questions and keep each as soon as it is answered."""
    for question in questions:
        where = environment(size)
        found = QUESTIONS[question](size)
        where["load after"] = os.getloadavg()[0]
        kept = Kept.read(name)
        if found:
            kept.questions[question] = {"environment": where, "cells": found}
        kept.write(name)


def _questions(text: str) -> list[str]:
    """Read what ``--only`` says: names of questions, or workloads."""
    asked = [one for word in text.split(",") for one in WORKLOADS.get(word, (word,))]
    unknown = set(asked) - set(QUESTIONS)
    if unknown:
        known = ", ".join([*QUESTIONS, *WORKLOADS])
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}; there are {known}")
    return [question for question in QUESTIONS if question in asked]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("name", help="of the result")
    add("--devices", type=float, default=1e6)
    add("--sources", type=int, default=100)
    add("--rounds", type=int, default=5)
    add("--only", type=_questions, default=list(QUESTIONS), metavar="Q,Q", help="these questions")
    add("--short", action="store_true", help="one size of fleets only")
    add("--cpus", help="stay on these processors: 0,1")
    add("--show", action="store_true", help="print the tables of a kept result")
    add("--goals", action="store_true", help="print the goals, and what a kept result says of them")
    add("--readme", action="store_true", help="write the tables of a kept result into the README")
    return parser


def main() -> None:
    parser = _parser()
    given = parser.parse_args()
    is_run = not (given.show or given.goals or given.readme)
    if is_run:
        if given.cpus:
            os.sched_setaffinity(0, set(map(int, given.cpus.split(","))))
        size = Size(int(given.devices), given.sources, given.rounds, given.short)
        run(given.name, size, given.only)
    kept = Kept.read(given.name)
    if is_run and kept.cells("one"):
        curve.draw(kept, path_of(given.name).with_suffix(".svg"))
    if given.readme:
        text = README.read_text("utf-8")
        if tables.START.format(given.name) not in text:
            parser.error(f"README.md has no place for the tables of {given.name}")
        README.write_text(tables.into_readme(text, given.name, kept), "utf-8")
    elif given.goals:
        print(goals.table(kept))
    else:
        print(tables.show(kept))


if __name__ == "__main__":
    main()
