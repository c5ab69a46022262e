"""
Faults put into the core's fast paths, and whether the fuzz targets notice: ``python -m
csrc.fuzz.mutants [--seconds 60]``.

Each is a text of one file and what takes its place, and gives wrong answers, not crashes. The
stored inputs are replayed; with ``--seconds``, the targets then fuzz what these did not notice.
A mutant of a path that this processor lacks is left out. Status 1: of the others more than
MOST_MISSED went by the stored inputs.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from csrc.fuzz.build import CORE, ENGINES, FOLDER, TARGETS, Build, build, paths
from csrc.fuzz.corpus import MOST_BYTES, unpack

MOST_MISSED = 2


@dataclass(frozen=True, slots=True)
class Mutant:
    """
    A fault.

    Attributes:
        file: Of the core.
        before: A text that the file has once.
        after: What takes its place.
        path: That alone goes there; empty: it is in more than one.
    """

    file: str
    before: str
    after: str
    path: str = ""

    @property
    def is_asked(self) -> bool:
        """Whether this processor ever comes there."""
        return not self.path or self.path in paths()


MUTANTS = (
    Mutant("mdm_sse2.c", "_mm_cmpeq_epi16(b, zero));", "_mm_cmpeq_epi16(a, zero));", "sse2"),
    Mutant("mdm_avx2.c", "_MM_SHUFFLE(3, 1, 2, 0)", "_MM_SHUFFLE(3, 2, 1, 0)", "avx2"),
    Mutant(
        "mdm_avx2.c",
        "_mm256_cvtepu16_epi32(_mm_loadu_si128(at)), filter->set) << 8 * j",
        "_mm256_cvtepu16_epi32(_mm_loadu_si128(at)), filter->set) << 4 * j",
        "avx2",
    ),
    Mutant(
        "mdm_avx512.c",
        "halves_in(codes + 32, filter->set, 1) << 32",
        "halves_in(codes, filter->set, 1) << 32",
        "avx512",
    ),
    Mutant("mdm_portable.c", "return kept ^ filter->outside;", "return kept;"),
    Mutant("mdm_lanes_body.h", "(met[k * step] >> far) & same;", "met[k * step] >> far;"),
    Mutant("mdm_lanes_body.h", "met[2 * step], met[3 * step]", "met[2 * step], met[2 * step]"),
    Mutant("mdm_lanes_rows.h", "left >>= MDM_CHUNK;", "left >>= MDM_CHUNK - 1;"),
    Mutant("mdm_lanes_body.h", "for (;; n_asked += n, n", "for (;; n_asked += n + 1, n"),
    Mutant(
        "mdm_squeeze.c",
        "permutex2var_epi16(a, high, b)",
        "permutex2var_epi16(a, low, b)",
        "avx512",
    ),
    Mutant("mdm_squeeze.c", "to[i] = codes[places[i]];", "to[i] = codes[places[i % 32]];"),
    Mutant(
        "mdm_squeeze.c",
        "batch->codes[i] + batch->n * strands[i].n_bytes);",
        "batch->codes[i]);",
    ),
    Mutant(
        "mdm_feed.c", "add_twin(reader, line->twin, name)", "add_twin(reader, line->twin, NULL)"
    ),
    Mutant("mdm_flat.c", "i < flat.columns.n_columns; i++", "i + 1 < flat.columns.n_columns; i++"),
    Mutant("mdm_renumber.c", "has_changed ? 1 : 0;", "has_changed ? 0 : 0;"),
    Mutant("mdm_gather.c", "    mdm_rows_sort(rows, n, fleet->rows.n);\n", ""),
)
"""Instructions, many sources at once, bulk reading, layouts, renumbering, the order of rows."""


def _users(file: str) -> set[str]:
    """Name *file* and all of the core that includes it, directly or by a header."""
    users: set[str] = set()
    waiting = {file}
    while waiting:
        users |= waiting
        includes = [f'#include "{one}"' for one in waiting]
        waiting = {
            one.name
            for one in CORE.glob("mdm_*.[ch]")
            if any(line in one.read_text("utf-8") for line in includes)
        } - users
    return users


class Bench:
    """The core and the targets, compiled once, and linked with changed files."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.how = Build(engine)
        self.folder = folder
        build(self.how, TARGETS, folder)

    def _compile(self, file: str, text: str) -> dict[str, Path]:
        """Objects by name, in place of those of the core."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            changed = Path(folder)
            users = _users(file)
            for name in users - {file}:
                (changed / name).write_text((CORE / name).read_text("utf-8"), encoding="utf-8")
            (changed / file).write_text(text, encoding="utf-8")
            made = {}
            for name in sorted(name for name in users if name.endswith(".c")):
                made[name] = self.folder / f"{name}-changed.o"
                command = [self.how.command, *self.how.flags, *ENGINES[self.how.engine].compile]
                subprocess.run([*command, "-c", changed / name, "-o", made[name]], check=True)
        return made

    def link(self, mutant: Mutant) -> dict[str, Path] | None:
        """Link the targets with *mutant*; None where its text is not there once."""
        text = (CORE / mutant.file).read_text(encoding="utf-8")
        if text.count(mutant.before) != 1:
            return None
        made = self._compile(mutant.file, text.replace(mutant.before, mutant.after))
        common = [
            self.folder / f"{one.stem}.o"
            for one in [*CORE.glob("mdm_*.c"), *FOLDER.glob("*.c")]
            if one.name not in made
            and not one.stem.startswith("fuzz_")
            and (one.stem != "replay" or self.how.engine == "replay")
        ]
        programs = {}
        for target in TARGETS:
            programs[target] = self.folder / f"{target}-changed"
            objects = [self.folder / f"fuzz_{target}.o", *common, *made.values()]
            options = [*self.how.flags, *ENGINES[self.how.engine].link]
            command = [self.how.command, *options, *objects, "-o", programs[target]]
            subprocess.run(command, check=True)
        return programs


def _fails(command: Sequence[str | Path], seconds: int = 60) -> bool:
    """Whether it fails, or does not end."""
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def _inputs(folder: Path) -> dict[str, Path]:
    for target in TARGETS:
        unpack(target, folder / f"{target}-inputs")
    return {target: folder / f"{target}-inputs" for target in TARGETS}


def check(bench: Bench, inputs: dict[str, Path]) -> None:
    """Stop where a target fails on the core as it is, since then it would on any mutant."""
    for target in TARGETS:
        if _fails([bench.folder / target, inputs[target]]):
            raise SystemExit(f"{target} fails on the core as it is")


def replayed(bench: Bench, mutant: Mutant, inputs: dict[str, Path]) -> str | None:
    """Name the targets whose stored inputs notice *mutant*; None: there is no such mutant."""
    programs = bench.link(mutant)
    if programs is None:
        return None
    return " ".join(target for target in TARGETS if _fails([programs[target], inputs[target]]))


def fuzzed(bench: Bench, mutant: Mutant, inputs: dict[str, Path], seconds: int) -> str:
    """Name a target that notices *mutant* when all share the seconds."""
    programs = bench.link(mutant) or {}
    for target, program in programs.items():
        budget = f"-max_total_time={max(1, seconds // len(programs))}"
        options = [budget, "-entropic=0", "-len_control=0", f"-max_len={MOST_BYTES[target]}"]
        prefix = f"-artifact_prefix={bench.folder}/"
        if _fails([program, *options, prefix, inputs[target]], seconds + 60):
            return target
    return ""


def main() -> int:
    """Tell of each mutant who noticed it, and fail where too many went by."""
    parser = argparse.ArgumentParser(prog="python -m csrc.fuzz.mutants", description=__doc__)
    parser.add_argument("--seconds", type=int, default=0, help="to fuzz what went by [0]")
    seconds = parser.parse_args().seconds
    asked = [mutant for mutant in MUTANTS if mutant.is_asked]
    n_noticed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = _inputs(folder)
        replay = Bench("replay", folder / "replay")
        check(replay, inputs)
        fuzz = Bench("libfuzzer", folder / "fuzz") if seconds else None
        for mutant in asked:
            by = replayed(replay, mutant, inputs)
            n_noticed += bool(by)
            if by == "" and fuzz:
                by = f"- fuzzing: {fuzzed(fuzz, mutant, inputs, seconds) or '-'}"
            what = "not in the file" if by is None else by or "-"
            print(f"{mutant.file:18} {mutant.before.strip()[:48]:48} {what}", flush=True)
    print(f"{n_noticed} of {len(asked)} noticed by stored inputs")
    print(f"{len(MUTANTS) - len(asked)} of paths that this processor lacks")
    return int(n_noticed + MOST_MISSED < len(asked))


if __name__ == "__main__":
    sys.exit(main())
