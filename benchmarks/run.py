"""
Run every benchmark once, interleaved, and keep the result.

    python -m benchmarks.run kept

writes ``benchmarks/results/kept.json`` and prints the tables for the README. The bench files say
what is compared; here everybody runs in turn, round by round, in this one process.
``--show`` prints the tables of a result that was kept before, and runs nothing.
"""

import argparse
import json
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from itertools import chain
from statistics import median
from typing import Any

from benchmarks import bench_crossing, bench_ingest, bench_match, bench_memory, inputs, machine
from benchmarks.rounds import Cell, interleave, over_questions, ratio
from csrc import build_mdm

RESULTS = machine.ROOT / "benchmarks" / "results"

Kept = dict[str, Any]


# ---- from what it is built


def _flags() -> str:
    """Join Python's flags and ours; the later ones win."""
    *_, options = build_mdm.ffibuilder._assigned_source  # noqa: SLF001
    return " ".join([str(sysconfig.get_config_var("CFLAGS")), *options["extra_compile_args"]])


def environment(devices: int, n_sources: int, rounds: int) -> Kept:
    """Say where and from what the numbers come."""
    compiler = str(sysconfig.get_config_var("CC")).split()[0]
    return machine.environment() | {
        "huge pages": machine.text("/sys/kernel/mm/transparent_hugepage/enabled"),
        "compiler": machine.answer(compiler, "--version").partition("\n")[0],
        "flags": _flags(),
        "versions": {name: version(name) for name in ("numpy", "cffi")},
        "seeds": {"fleet": inputs.FLEET_SEED, "sources": inputs.SOURCE_SEED},
        "devices": devices,
        "sources": n_sources,
        "rounds": rounds,
    }


# ---- what is run


def _timed(cell: Cell, rounds: int) -> Kept:
    times = interleave(cell, rounds)
    return {
        "name": cell.name,
        "unit": cell.unit,
        "note": cell.note,
        "seconds a unit": times,
        "ratios": [
            {"ours": ours, "peer": peer, **asdict(ratio(times[ours], times[peer]))}
            for ours, peer in cell.pairs
            if ours in times and peer in times
        ],
        "over questions": {who: over_questions(asked) for who, asked in cell.parts.items()},
    }


def _all_timed(cells: Iterator[Cell], rounds: int) -> Iterator[Kept]:
    for cell in cells:
        print(cell.name, file=sys.stderr, flush=True)
        yield _timed(cell, rounds)


def _memory(devices: int) -> Iterator[Kept]:
    for scheme, regime in bench_memory.REGIMES:
        for names in ("names", "no names"):
            name = f"memory / {scheme} / {regime} / {names}"
            print(name, file=sys.stderr, flush=True)
            yield {"name": name, "bytes": bench_memory.measure(scheme, regime, names, devices)}


def run(devices: int, n_sources: int, rounds: int) -> Kept:
    """Run everything: memory first, while this process is small."""
    found: Kept = {"environment": environment(devices, n_sources, rounds)}
    found["memory"] = list(_memory(devices))
    timed = chain(
        bench_crossing.cells(),
        bench_ingest.cells(devices),
        bench_match.cells(devices, n_sources),
    )
    found["cells"] = list(_all_timed(timed, rounds))
    found["environment"]["load after"] = os.getloadavg()[0]
    return found


# ---- tables


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ratio(cell: Kept, ours: str, peer: str) -> str:
    for found in cell["ratios"]:
        if (found["ours"], found["peer"]) == (ours, peer):
            return f"{_few(found['mid'])} [{_few(found['low'])} .. {_few(found['high'])}]"
    return ""


def _few(number: float) -> str:
    """Write three digits, and no zeros that stand for nothing."""
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def _units(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{_few(seconds * 1e6)} µs"
    return f"{_few(seconds * 1e3)} ms"


def _cells(kept: Kept, question: str) -> list[Kept]:
    return [cell for cell in kept["cells"] if cell["name"].split(" / ")[0] == question]


def _title(cell: Kept) -> str:
    return ", ".join(cell["name"].split(" / ")[1:]) or str(cell["name"])


def _middle(cell: Kept) -> Mapping[str, float]:
    return {who: median(times) for who, times in cell["seconds a unit"].items()}


def _ingest_table(kept: Kept) -> str:
    rows = []
    for cell in _cells(kept, "ingest"):
        speed = {who: f"{1e-6 / seconds:.3g}" for who, seconds in _middle(cell).items()}
        ratios = [_ratio(cell, "ours", "json.loads"), _ratio(cell, "ours", "the Python reader")]
        rows.append([_title(cell), *(speed[who] for who in bench_ingest.WHO), *ratios])
    head = [f"{who}, M/s" for who in bench_ingest.WHO]
    return _table(["fleet", *head, "to json.loads", "to the Python reader"], rows)


def _memory_table(kept: Kept) -> str:
    parts = ("outside", "Fleet.size", "rows", "names", "dictionaries", "peak")
    rows = [
        [
            _title(cell),
            *(f"{cell['bytes'][part]:.1f}" for part in parts),
            f"{cell['bytes']['classes']}",
        ]
        for cell in kept["memory"]
    ]
    return _table(["bytes a device", *parts, "classes"], rows)


def _time_table(kept: Kept) -> str:
    rows = []
    for cell in _cells(kept, "match"):
        middle = _middle(cell)
        rows.append(
            [_title(cell)]
            + [_units(middle[who]) if who in middle else "" for who in bench_match.WHO]
        )
    return _table(["a question", *bench_match.WHO], rows)


def _ratio_table(kept: Kept) -> str:
    rows = [
        [_title(cell), *(_ratio(cell, *pair) for pair in bench_match.PAIRS)]
        for cell in _cells(kept, "match")
    ]
    return _table(["ratio", *(f"{ours} to {peer}" for ours, peer in bench_match.PAIRS)], rows)


def _crossing_table(kept: Kept) -> str:
    (cell,) = _cells(kept, "crossing")
    rows = [[who, _units(seconds)] for who, seconds in _middle(cell).items()]
    return _table(["a call", "median"], rows)


def show(kept: Kept) -> str:
    """Write the tables in markdown."""
    where = kept["environment"]
    caches = ", ".join(f"{level} {size}" for level, size in where["caches"].items())
    versions = ", ".join(f"{name} {number}" for name, number in where["versions"].items())
    load = f"load {where['load before']:.2f} before, {where['load after']:.2f} after"
    seeds = ", ".join(f"{name} {number}" for name, number in where["seeds"].items())
    size = f"{where['devices']} devices, {where['sources']} sources, {where['rounds']} rounds"
    facts = [
        f"{where['processor']}, {where['cores']} cores ({where['cores used']} used), {caches}",
        f"{where['system']}; huge pages: {where['huge pages']}; {load}",
        f"{where['compiler']}; `{where['flags']}`",
        f"Python {where['python']}, {versions}",
        f"{size}; seeds: {seeds}",
        f"commit {where['commit']}, {where['date']}",
    ]
    tables = (_ingest_table, _memory_table, _ratio_table, _time_table, _crossing_table)
    return "\n\n".join(["\n".join(f"* {fact}" for fact in facts), *(t(kept) for t in tables)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("name", help="of the result")
    parser.add_argument("--devices", type=float, default=1e6)
    parser.add_argument("--sources", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cpu", type=int, help="stay on this processor")
    parser.add_argument("--show", action="store_true", help="print a kept result")
    given = parser.parse_args()
    path = RESULTS / f"{given.name}.json"
    if not given.show:
        if given.cpu is not None:
            os.sched_setaffinity(0, {given.cpu})
        kept = run(int(given.devices), given.sources, given.rounds)
        RESULTS.mkdir(exist_ok=True)
        path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    print(show(json.loads(path.read_text("utf-8"))))


if __name__ == "__main__":
    main()
