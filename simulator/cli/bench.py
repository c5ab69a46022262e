"""How fast the matcher is on this machine: ``bench``."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from random import Random
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

import click

from simulator.cli.options import json_option, scheme_option, threads_option
from simulator.cli.output import print_json, progress
from simulator.compat.scheme import Scheme
from simulator.fleet.fleet import Fleet, Match
from simulator.fleet.generate import generate

__all__ = ["bench"]

_SOURCES = 100
_MANY = 1000
_REPEATS = 5
_UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))
_ANSWERS: Mapping[str, Callable[[Match], object]] = MappingProxyType(
    {"count": lambda match: match.count, "rows": Match.rows}
)


class _Found(NamedTuple):
    """
    What was measured.

    Attributes:
        scheme, seed, threads, devices, classes: Of what.
        instructions: Which ones scan.
        wanted: Which ones MDM_PATH names, if any.
        ingest: Seconds and bytes of NDJSON.
        targets: How many the middle source has.
        one_source: By question, the seconds of the middle source, and of the ninth of ten.
        many_sources: How many, all different, and the seconds that all take.
        bytes_a_device: By part of the fleet.
    """

    scheme: str
    seed: int
    threads: int
    instructions: str
    wanted: str | None
    devices: int
    classes: int
    ingest: dict[str, float]
    targets: float
    one_source: dict[str, dict[str, float]]
    many_sources: dict[str, float]
    bytes_a_device: dict[str, float]


@click.command()
@click.option(
    "--devices",
    type=click.IntRange(min=1),
    default=1_000_000,
    show_default=True,
    help="How many devices the fleet has.",
)
@threads_option
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Another seed, another fleet.",
)
@scheme_option("self-compatible")
@json_option
def bench(devices: int, threads: int, seed: int, scheme: Scheme, as_json: bool) -> None:
    """
    Measure the matcher on this machine, on a generated fleet: some ten seconds.

    Cold: from a source's line to the answer. Prepared: its rule is compiled, the fleet is judged
    anew. Nothing is compared with anybody; benchmarks/ of the sources does that.
    """
    blocks = list(_generated(scheme, devices, seed))
    fleet, seconds = _load(scheme, blocks)
    n_bytes = sum(map(len, blocks))
    del blocks
    random = Random(seed)  # noqa: S311
    few = [fleet.line(random.randrange(devices)) for _ in range(_SOURCES)]
    classes = [row for row, _ in fleet.classes()]
    many = [fleet.line(row) for row in random.sample(classes, min(_MANY, len(classes)))]
    size = fleet.size
    found = _Found(
        scheme=scheme.name,
        seed=seed,
        threads=threads,
        instructions=fleet.path,
        wanted=os.environ.get("MDM_PATH"),
        devices=devices,
        classes=size.n_classes,
        ingest={"seconds": seconds, "bytes": n_bytes},
        targets=median(fleet.match(line).count for line in few),
        one_source=_one(fleet, few, threads),
        many_sources={"sources": len(many), "seconds": _many(fleet, many, threads)},
        bytes_a_device={
            "rows": size.row_bytes / devices,
            "names": size.name_bytes / devices,
            "dictionaries": size.dictionary_bytes / devices,
        },
    )
    if as_json:
        print_json(found._asdict())
        return
    click.echo("\n".join(_table(found)))


def _generated(scheme: Scheme, devices: int, seed: int) -> Iterator[bytes]:
    made = 0
    with progress("making a fleet", devices, is_bytes=False) as show:
        for block in generate(scheme, devices, seed):
            yield block
            made += block.count(b"\n")
            show(made)


def _load(scheme: Scheme, blocks: list[bytes]) -> tuple[Fleet, float]:
    fleet = Fleet(scheme)
    return fleet, _seconds(lambda: fleet.extend("the fleet", blocks))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _asked(questions: list[Callable[[], object]]) -> dict[str, float]:
    """Time each question some times and keep its best."""
    best = sorted(min(_seconds(one) for _ in range(_REPEATS)) for one in questions)
    return {"median": median(best), "p90": best[len(best) * 9 // 10]}


def _one(fleet: Fleet, lines: list[bytes], threads: int) -> dict[str, dict[str, float]]:
    """Ask a source at a time."""
    found = {}
    matches = [fleet.match(line, threads=threads) for line in lines]
    for name, answer in _ANSWERS.items():
        cold = [_cold(fleet, line, threads, answer) for line in lines]
        prepared = [_prepared(match, answer) for match in matches]
        found[f"{name}, cold"] = _asked(cold)
        found[f"{name}, prepared"] = _asked(prepared)
    return found


def _cold(
    fleet: Fleet, line: bytes, threads: int, answer: Callable[[Match], object]
) -> Callable[[], object]:
    return lambda: answer(fleet.match(line, threads=threads))


def _prepared(match: Match, answer: Callable[[Match], object]) -> Callable[[], object]:
    def ask() -> object:
        match.again()
        return answer(match)

    return ask


def _many(fleet: Fleet, lines: list[bytes], threads: int) -> float:
    """Ask for a count of each of many sources, from their lines."""
    text = b"\n".join(lines)
    return min(
        _seconds(lambda: fleet.match_all(text, threads=threads).counts) for _ in range(_REPEATS)
    )


def _table(found: _Found) -> Iterator[str]:
    """Write what was measured for people."""
    threads = f"{found.threads} thread{'s' if found.threads > 1 else ''}"
    fleet = f"{found.devices:,} devices, {found.classes:,} classes"
    yield f"{fleet} ({found.scheme}, seed {found.seed})"
    lacking = "" if found.wanted in (None, found.instructions) else f" (no {found.wanted} here)"
    yield f"{threads}, instructions: {found.instructions}{lacking}"
    spent, n_bytes = found.ingest["seconds"], found.ingest["bytes"]
    speeds = f"{found.devices / spent / 1e6:.2f} M devices/s, {n_bytes / spent / 1e6:.0f} MB/s"
    yield f"{'NDJSON to a fleet':<24}{speeds}"
    for name, asked in found.one_source.items():
        times = f"{_duration(asked['median'])}, nine of ten within {_duration(asked['p90'])}"
        yield f"{name:<24}{times}"
    yield f"{'':<24}{_SOURCES} sources; the middle one has {found.targets:,.0f} targets"
    n, spent = found.many_sources["sources"], found.many_sources["seconds"]
    pairs = found.devices * n / spent / 1e9
    yield f"{f'{n:,} sources, counts':<24}{_duration(spent)}, {pairs:.3g} thousand million pairs/s"
    parts = ", ".join(f"{part} {size:.1f}" for part, size in found.bytes_a_device.items())
    yield f"{'bytes a device':<24}{parts}"


def _duration(seconds: float) -> str:
    unit, size = next((u for u in _UNITS if seconds >= u[1]), _UNITS[-1])
    return f"{seconds / size:.3g} {unit}"
