"""
Change the core's scan a little, again and again, and see whether a check notices.

    python -m csrc.analysis.mutation [FILE ...] [--sample N] [--seed S] [--jobs N] [--keep FILE]

Mutants are those of universalmutator (``pip install universalmutator``), the same for any run; a
sample of each file is drawn from a seed. A mutant that does not compile, or whose object is that of
the file or of another mutant, says nothing and is left out. Only the changed file is compiled; all
else, with the checks, is one object that is linked with it. Status 1: of some file fewer than 90 %
of the others were killed.
"""

import argparse
import math
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from csrc.fuzz import corpus

ROOT = Path(__file__).resolve().parents[2]
FILES = (
    *("mdm_scan.c", "mdm_gather.c", "mdm_portable.c", "mdm_sweep.c", "mdm_page.c"),
    *("mdm_judge.c", "mdm_settle.c", "mdm_first.c", "mdm_pass.c"),
)
CHECKS = (
    *("path_check", "argument_check", "sweep_check", "core_check", "scan_check"),
    *("join_check", "compiler_check", "merge_check", "churn_check"),
)
"""Each is asked until one notices, those that end soon first."""
LAW = ("draw", "law", "naive", "program", "fuzz_program", "replay")
"""What replays programs, whose answers are the naive model's, by the beginning of its files."""
FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-w", f"-I{ROOT / 'csrc'}", f"-I{ROOT / 'csrc' / 'fuzz'}")
WATCHED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
"""For the file that is changed: what it writes outside of its arrays is noticed, too."""
GOAL = 0.9

ALIKE = (
    ("mdm_scan.c", r"_COST\b|\(double\)", "which of two ways is faster: both answer the same"),
    ("mdm_scan.c", r"rows\.n == 0", "a fleet without rows: both ways do nothing"),
    ("mdm_scan.c", r"\*n_rows == 0", "an answer without rows: both ways do nothing"),
    ("mdm_gather.c", r"heap\[child\] < heap\[child \+ 1\]", "no two rows of a heap are equal"),
    ("mdm_scan.c", r"i < .* => .*i != ", "a count by ones, from 0, ends at the same"),
    ("mdm_scan.c", r"words\[CHUNK", "room for more words than there are"),
    ("mdm_scan.c", r"row = n / 64 \* 64", "rows that were looked up are looked up again"),
    ("mdm_judge.c", r" => .*sizeof \*open, query->n_words", "as much memory"),
    ("mdm_settle.c", r" => .*n_words <= query->n_words", "more room than is wanted, all cleared"),
    ("mdm_first.c", r" => .*accepted <= at->possible", "one array, or accepted behind possible"),
    ("mdm_first.c", r" => .*n == wanted; begin|begin = -1", "never early: judging answers alike"),
    ("mdm_first.c", r" => .*begin % CHUNK < end", "more rows than were to be looked up"),
    ("mdm_first.c", r" => .*n != wanted; begin", "never more than are wanted"),
    ("mdm_sweep.c", r"PAGES_A_THREAD|^size_t n = 0;", "how many threads: all answer the same"),
    (
        "mdm_page.c",
        r"k < zones->n_keys|done \|=",
        "what the zones do not answer, the codes do",
    ),
    ("mdm_page.c", r" => .*table == 64", "what the zones do not answer, the codes do"),
    ("mdm_portable.c", r"\bSPARSE\b", "which of two ways is faster: both answer the same"),
)
"""Lines of which a surviving mutant gives the same answers, and why."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line of a file, changed."""

    file: str
    line: int
    before: str
    after: str


def _mutants(file: str, folder: Path) -> list[Mutant]:
    source = ROOT / "csrc" / file
    made = folder / "mutants"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    program = Path(sys.executable).with_name("mutate")
    command: list[str | Path] = [program, source, "--noCheck", "--mutantDir", made]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=600)
    lines = source.read_text().splitlines()
    found = set()
    for path in made.glob("*.c"):
        changed = path.read_text().splitlines()
        differing = [i for i in range(len(lines)) if lines[i] != (changed[i : i + 1] or [""])[0]]
        if len(changed) == len(lines) and len(differing) == 1:
            [at] = differing
            found.add(Mutant(file, at + 1, lines[at].strip(), changed[at].strip()))
    return sorted(found, key=lambda mutant: (mutant.line, mutant.after))


def _alike(mutant: Mutant) -> str | None:
    """Why this mutant cannot be noticed."""
    changed = f"{mutant.before} => {mutant.after}"
    for file, pattern, reason in ALIKE:
        text = changed if " => " in pattern else mutant.before
        if mutant.file == file and re.search(pattern, text):
            return reason
    return None


def _compile(source: Path, made: Path, *flags: str) -> bool:
    command: list[str | Path] = ["gcc", *FLAGS, *flags, "-c", source, "-o", made]
    return subprocess.run(command, check=False, capture_output=True, timeout=300).returncode == 0


def _objects(folder: Path, jobs: int) -> dict[Path, Path]:
    """The core, the checks, what replays programs, and the entry that calls one of these."""
    names = "".join(f"X({name})" for name in (*CHECKS, "replay"))
    entry = folder / "entry.c"
    entry.write_text(
        f"#include <string.h>\n#define X(name) int name##_main(int, char **);\n{names}\n"
        "#undef X\n#define X(name) if (!strcmp(argv[1], #name)) "
        "return name##_main(argc - 1, argv + 1);\n"
        f"int main(int argc, char **argv) {{ {names} return 2; }}\n"
    )
    checks = [ROOT / "tests" / "fleet" / f"{name}.c" for name in CHECKS]
    law = [path for name in LAW for path in (ROOT / "csrc" / "fuzz").glob(f"{name}*.c")]
    sources = [*(ROOT / "csrc").glob("mdm_*.c"), *checks, *law, entry]
    made = {source: folder / f"{source.stem}.o" for source in sources}

    def compile_one(source: Path) -> bool:
        is_called = source in checks or source.stem == "replay"
        return _compile(source, made[source], "-O1", *([f"-Dmain={source.stem}_main"] * is_called))

    with ThreadPoolExecutor(jobs) as pool:
        if not all(pool.map(compile_one, sources)):
            raise SystemExit("the core or a check does not compile")
    return made


class Bench:
    """The core and the checks as one object, and one file of the core changed at a time."""

    def __init__(self, file: str, folder: Path, objects: dict[Path, Path]):
        self._file = file
        self._folder = folder / Path(file).stem
        self._folder.mkdir()
        self._programs = self._folder / "programs"
        corpus.unpack("program", self._programs)
        source = ROOT / "csrc" / file
        self._rest = self._folder / "rest.o"
        others = [made for path, made in objects.items() if path != source]
        command: list[str | Path] = ["ld", "-r", *others, "-o", self._rest]
        subprocess.run(command, check=True, timeout=300)
        self._seconds = dict.fromkeys([*CHECKS, "replay"], 300)
        self._checks: list[str] = []
        self._made: dict[bytes, str] = {}
        self._is_new(source)
        # Without checks it is only compiled and linked.
        self._notices(source, self._folder / "as_it_is")
        for check in self._seconds:
            began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            if self._fails(check, self._folder / "as_it_is" / "check"):
                raise SystemExit(f"{check} fails on {file} as it is")
            taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began
            self._seconds[check] = math.ceil(2 + 5 * taken)
        self._checks = sorted(self._seconds, key=self._seconds.__getitem__)

    def _is_new(self, source: Path) -> bool:
        """Whether it compiles to what was not compiled before."""
        made = self._folder / f"{source.parent.name}.plain.o"
        if not _compile(source, made, "-O2"):
            return False
        digest = sha256(made.read_bytes()).digest()
        return self._made.setdefault(digest, source.parent.name) == source.parent.name

    def _fails(self, check: str, program: Path) -> bool:
        """Whether a check fails, crashes or hangs: by its own time, as a machine may be busy."""
        seconds = self._seconds[check]
        asked: list[str | Path] = ["prlimit", f"--cpu={seconds}", program, check]
        if check == "replay":
            asked.append(self._programs)
        try:
            done = subprocess.run(asked, check=False, capture_output=True, timeout=60 * seconds)
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0

    def _notices(self, source: Path, folder: Path) -> bool:
        """Whether any check fails, crashes or hangs."""
        folder.mkdir(exist_ok=True)
        made, program = folder / "changed.o", folder / "check"
        command: list[str | Path] = ["gcc", self._rest, made, *WATCHED, "-pthread", "-o", program]
        if not _compile(source, made, "-O1", *WATCHED):
            return True
        if subprocess.run(command, check=False, capture_output=True).returncode != 0:
            return True
        for check in list(self._checks):
            if self._fails(check, program):
                # Mutants that are near are often noticed by the same one.
                self._checks.sort(key=lambda name: name != check)
                return True
        return False

    def judge(self, number: int, mutant: Mutant) -> str:
        """``killed``, ``survived``, ``alike`` or ``void``, where there is nothing to notice."""
        lines = (ROOT / "csrc" / self._file).read_text().splitlines()
        lines[mutant.line - 1] = mutant.after
        folder = self._folder / f"mutant_{number}"
        folder.mkdir()
        source = folder / self._file
        source.write_text("\n".join(lines) + "\n")
        try:
            if not self._is_new(source):
                return "void"
            if self._notices(source, folder):
                return "killed"
        finally:
            shutil.rmtree(folder)
        verdict = "alike" if _alike(mutant) else "survived"
        print(f"{mutant.line}: {verdict}: {mutant.after}", file=sys.stderr, flush=True)
        return verdict


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the mutants of one file."""

    file: str
    n_all: int
    verdicts: Sequence[tuple[Mutant, str]]

    def count(self, verdict: str) -> int:
        """How many have it."""
        return [said for _, said in self.verdicts].count(verdict)

    @property
    def share(self) -> float:
        """Killed, of those that could be."""
        judged = self.count("killed") + self.count("survived")
        return self.count("killed") / judged if judged else 0.0

    def lines(self) -> list[str]:
        """For who reads the log."""
        n = {said: self.count(said) for said in ("void", "killed", "survived", "alike")}
        drawn = f"{self.file}: {self.n_all} mutants, {len(self.verdicts)} drawn"
        judged = f"{n['killed']} killed, {n['survived']} survived ({self.share:.1%})"
        said = [f"{drawn}; {n['void']} say nothing; {judged}, {n['alike']} alike"]
        for mutant, verdict in self.verdicts:
            if verdict in {"survived", "alike"}:
                said.append(f"  {mutant.line}: {_alike(mutant) or 'not explained'}")
                said += [f"    - {mutant.before}", f"    + {mutant.after}"]
        return said


def _judge_file(
    file: str, given: argparse.Namespace, folder: Path, objects: dict[Path, Path]
) -> Result:
    mutants = _mutants(file, folder)
    drawn = list(mutants)
    random.Random(given.seed).shuffle(drawn)
    drawn = drawn[: given.sample]
    bench = Bench(file, folder, objects)
    with ThreadPoolExecutor(given.jobs) as pool:
        said = list(pool.map(bench.judge, range(len(drawn)), drawn))
    verdicts = sorted(zip(drawn, said, strict=True), key=lambda one: (one[0].line, one[0].after))
    return Result(file, len(mutants), verdicts)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m csrc.analysis.mutation", description=__doc__)
    parser.add_argument("files", nargs="*", default=FILES, help="of csrc [%(default)s]")
    parser.add_argument("--sample", type=int, help="so many mutants of each file [all]")
    parser.add_argument("--seed", type=int, default=1, help="of the sample [1]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at a time [%(default)s]")
    parser.add_argument("--keep", type=Path, help="write the report here, too")
    given = parser.parse_args(arguments)
    results = []
    with tempfile.TemporaryDirectory() as name:
        objects = _objects(Path(name), given.jobs)
        for file in given.files:
            results.append(_judge_file(file, given, Path(name), objects))
            print("\n".join(results[-1].lines()), flush=True)
    if given.keep is not None:
        given.keep.write_text("".join(f"{line}\n" for one in results for line in one.lines()))
    return 0 if all(one.share >= GOAL for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
