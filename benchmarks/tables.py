"""The tables of a kept result, in markdown."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks import bench_churn, bench_ingest, bench_many, bench_one, goals
from benchmarks.kept import Found, Kept, middles
from benchmarks.show import duration, few, markdown

START, STOP = "<!-- tables: {} -->", "<!-- end of tables -->"
"""Between these two comments of the README, `benchmarks.run NAME --readme` writes."""

More = tuple[str, Callable[[Found], str]]
"""One more column: its head, and what it says of a cell."""

_MEASURED = ("load before", "load after", "bandwidth")
"""What differs from question to question of one run."""

_SPREAD = ("ours", "ours 2th", "NumPy", "NumPy on classes", "Polars 2th")


def _title(cell: Found) -> str:
    """Write a name without its question."""
    kind, *rest = cell["name"].split(" / ")
    return ", ".join([*rest, kind] if kind == "all pairs" else rest or [kind])


def _ratio(cell: Found, ours: str, peer: str) -> str:
    for found in cell["ratios"]:
        if (found["ours"], found["peer"]) == (ours, peer):
            return f"{few(found['mid'])} [{few(found['low'])} .. {few(found['high'])}]"
    return ""


def _used(cells: Sequence[Found], who: Sequence[str]) -> list[str]:
    """Leave out who was measured nowhere."""
    return [one for one in who if any(one in cell["seconds a unit"] for cell in cells)]


def _grid(
    cells: Sequence[Found], head: str, who: Sequence[str], write: Callable, more: More | None = None
) -> str:
    """Write a row a cell and a column a competitor; *write* gets the seconds a unit."""
    columns = _used(cells, who)
    rows = []
    for cell in cells:
        found = middles(cell)
        rows.append([_title(cell), *(write(found[w]) if w in found else "" for w in columns)])
        rows[-1] += [more[1](cell)] if more else []
    return markdown([head, *columns, *([more[0]] if more else [])], rows)


def _limit(kept: Kept) -> More:
    """Say what it takes to read the columns that a rule names once, by what was measured."""
    gigabytes = kept.environment("one")["bandwidth"]["1"]

    def write(cell: Found) -> str:
        facts = cell["facts"]
        return duration(facts["devices"] * facts["bytes a device"] / gigabytes / 1e9)

    return "reading the columns, 1 thread", write


def _own(peer: str, cells: Sequence[Found], kind: str) -> str:
    """Choose ours with as many threads as the peer, as far as we have them."""
    mine = f"{kind} 2th" if "2th" in peer else kind
    return mine if any(mine in cell["seconds a unit"] for cell in cells) else kind


def _ratios(cells: Sequence[Found], head: str, peers: Sequence[str], kind: str = "ours") -> str:
    """Write how many times as long each peer takes as ours with as many threads."""
    columns = _used(cells, peers)
    rows = [[_title(c), *(_ratio(c, _own(p, cells, kind), p) for p in columns)] for c in cells]
    return markdown([head, *columns], rows)


def _million(seconds: float) -> str:
    return few(1e-6 / seconds)


def _giga(seconds: float) -> str:
    return few(1e-9 / seconds)


# ---- a section a question


def _one(kept: Kept) -> list[str]:
    cells = kept.cells("one")
    cold = [cell for cell in cells if cell["name"].endswith("cold")]
    warm = [cell for cell in cells if cell not in cold]
    peers = [who for who in bench_one.WHO if not who.startswith("ours")]
    found = [
        _ratios(warm, "prepared, times as long as ours", peers),
        _grid(warm, "prepared, a question", bench_one.WHO, duration, _limit(kept)),
        _over_questions(warm),
    ]
    if cold:
        found += [
            _ratios(cold, "cold, times as long as ours", peers),
            _grid(cold, "cold, a question", bench_one.WHO, duration),
        ]
    return found


def _over_questions(cells: Sequence[Found]) -> str:
    """Write the spread over the rules."""
    columns = _used(cells, _SPREAD)
    rows = []
    for cell in cells:
        found = cell["over questions"]
        spreads = (
            " / ".join(duration(found[who][p]) for p in ("p10", "p50", "p90"))
            if who in found
            else ""
            for who in columns
        )
        rows.append([_title(cell), *spreads, cell["note"]])
    return markdown(["p10 / median / p90 of the rules", *columns, "note"], rows)


def _directions(kept: Kept) -> list[str]:
    cells = kept.cells("directions")
    who = sorted({who for cell in cells for who in cell["seconds a unit"]})
    return [_grid(cells, "a question", who, duration)]


def _many(kept: Kept) -> list[str]:
    cells = kept.cells("many")
    notes = [f"* {_title(cell)}: {cell['note']}" for cell in cells if cell["note"]]
    return [
        _ratios(
            cells,
            "a pair, times as long as ours, compiling within",
            (*bench_many.JOINS_WITHIN, *bench_many.PEERS),
        ),
        _ratios(cells, "compiled before", bench_many.PEERS, bench_many.COMPILED),
        _grid(cells, "Gpairs/s", bench_many.WHO, _giga),
        "\n".join(notes),
    ]


def _churn(kept: Kept) -> list[str]:
    cells = kept.cells("churn", "churn")
    mixed = kept.cells("churn", "mixed")
    peers = [who for who in bench_churn.WHO if not who.startswith("ours")]
    rows = [
        [
            _title(cell),
            *(
                duration(cell["mixed"][part]) if part in cell["mixed"] else ""
                for part in ("at rest", "beside changes", "after changes")
            ),
            *(
                few(cell["mixed"][part]) if part in cell["mixed"] else ""
                for part in ("median", "p90", "highest", "highest to beside")
            ),
        ]
        for cell in mixed
    ]
    head = [
        *("a question between changes", "at rest", "beside a neighbour's changes", "after changes"),
        *("median", "p90", "highest", "to beside"),
    ]
    return [
        _grid(cells, "updates, M/s", bench_churn.WHO, _million),
        _ratios(cells, "an update, times as long as ours", peers),
        markdown(head, rows),
    ]


def _ingest(kept: Kept) -> list[str]:
    cells = kept.cells("ingest")
    peers = [who for who in bench_ingest.WHO if not who.startswith("ours")]
    ratios = [[_title(c), *(_ratio(c, "ours", p) for p in peers), c["note"]] for c in cells]
    return [
        _grid(cells, "devices, M/s", bench_ingest.WHO, _million),
        markdown(["a device, times as long as ours", *peers, "note"], ratios),
    ]


def _by_name(question: str, head: str, write: Callable) -> Callable[[Kept], list[str]]:
    """Write a question's cells with whoever took part."""

    def section(kept: Kept) -> list[str]:
        cells = kept.cells(question)
        who = list(dict.fromkeys(who for cell in cells for who in cell["seconds a unit"]))
        return [_grid(cells, head, who, write)]

    return section


def _memory(kept: Kept) -> list[str]:
    parts = ("outside", "Fleet.size", "rows", "names", "dictionaries", "peak")
    rows = [
        [_title(cell), *(f"{cell['bytes'][p]:.1f}" for p in parts), str(cell["bytes"]["classes"])]
        for cell in kept.cells("memory")
    ]
    return [markdown(["bytes a device", *parts, "classes"], rows)]


SECTIONS: Mapping[str, tuple[str, Callable[[Kept], list[str]]]] = {
    "one": ("One source", _one),
    "directions": ("Both directions", _directions),
    "many": ("Many sources", _many),
    "compile": ("Compiling rules", _by_name("compile", "a source", duration)),
    "churn": ("Changes", _churn),
    "ingest": ("NDJSON", _ingest),
    "formats": ("Arrow and saved fleets", _by_name("formats", "devices, M/s", _million)),
    "memory": ("Memory", _memory),
    "crossing": ("A call", _by_name("crossing", "a call", duration)),
}


def _facts(where: Found) -> str:
    """Say where numbers come from."""
    caches = ", ".join(f"{level} {size}" for level, size in where["caches"].items())
    versions = ", ".join(f"{name} {number}" for name, number in where["versions"].items())
    load = f"load {where['load before']:.2f} before, {where['load after']:.2f} after"
    speeds = where["bandwidth"].items()
    bandwidth = ", ".join(f"{few(speed)} GB/s by {n}" for n, speed in speeds)
    facts = [
        f"{where['processor']}, {where['cores']} cores ({where['cores used']} used), {caches}",
        f"read from memory: {bandwidth} threads; instructions of ours: {where['instructions']}",
        f"{where['system']}; huge pages: {where['huge pages']}; {load}",
        f"{where['compiler']}; `{where['flags']}`",
        f"Python {where['python']}, {versions}",
        f"{where['sources']} sources, {where['rounds']} rounds; seeds: "
        + ", ".join(f"{name} {number}" for name, number in where["seeds"].items()),
        f"commit {where['commit']}, {where['date']}",
        *(f"{name} is left out: {why}" for name, why in where["left out"].items()),
        *(f"this build lacks {name}" for name in where["not in this build"]),
    ]
    return "\n".join(f"* {fact}" for fact in facts)


def _origins(kept: Kept) -> str:
    """Say where the numbers come from, once for all questions of one run."""
    origins: dict[str, list[str]] = {}
    for question in kept.questions:
        where = kept.environment(question)
        same = {name: fact for name, fact in where.items() if name not in _MEASURED}
        origins.setdefault(str(same), []).append(question)
    return "\n\n".join(
        f"{', '.join(questions)}:\n\n{_facts(kept.environment(questions[-1]))}"
        for questions in origins.values()
    )


def show(kept: Kept) -> str:
    """Write everything."""
    parts = [_origins(kept), "### Goals", goals.table(kept)]
    for question, (title, section) in SECTIONS.items():
        if kept.cells(question):
            parts += [f"### {title}", *section(kept)]
    return "\n\n".join(part for part in parts if part)


def into_readme(readme: str, name: str, kept: Kept) -> str:
    """Put the tables between the two comments of the README, which must be there."""
    start = readme.index(START.format(name)) + len(START.format(name))
    stop = readme.index(STOP, start)
    return f"{readme[:start]}\n\n{show(kept)}\n\n{readme[stop:]}"
