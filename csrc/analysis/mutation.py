"""
Change the core's scan a little, again and again, and see whether a check notices.

    python -m csrc.analysis.mutation [--sample N] [--seed S] [--keep FILE]

Mutants are those of universalmutator (``pip install universalmutator``), the same for any run; a
sample is drawn from a seed. A mutant that does not compile or whose object is the same says
nothing and is left out. Status 1: fewer than 90 % of the others were killed.
"""

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("mdm_scan.c", "mdm_portable.c")
CHECKS = ("path_check", "argument_check", "scan_check", "core_check")
FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-O1", "-w", f"-I{ROOT / 'csrc'}")
WATCHED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
"""For the file that is changed: what it writes outside of its arrays is noticed, too."""
GOAL = 0.9

ALIKE = (
    ("mdm_scan.c", r"_COST\b|\(double\)", "which of two ways is faster: both answer the same"),
    ("mdm_scan.c", r"rows\.n == 0", "a fleet without rows: both ways do nothing"),
    ("mdm_scan.c", r"\*n_rows == 0", "an answer without rows: both ways do nothing"),
    ("mdm_scan.c", r"heap\[child\] < heap\[child \+ 1\]", "no two rows of a heap are equal"),
    ("mdm_scan.c", r"words\[CHUNK", "room for more words than there are"),
    ("mdm_scan.c", r"row = n / 64 \* 64", "rows that were looked up are looked up again"),
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
    command = [program, source, "--noCheck", "--mutantDir", made]
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
    for file, pattern, reason in ALIKE:
        if mutant.file == file and re.search(pattern, mutant.before):
            return reason
    return None


class Bench:
    """The core compiled once, and the checks linked with one file of it changed."""

    def __init__(self, folder: Path):
        self.folder = folder
        sources = sorted((ROOT / "csrc").glob("mdm_*.c"))
        checks = [ROOT / "tests" / "fleet" / f"{name}.c" for name in CHECKS]
        for source in [*sources, *checks]:
            self._compile(source, folder / f"{source.stem}.o")
        self.objects = {source.name: folder / f"{source.stem}.o" for source in sources}
        if self._notices("", folder):
            raise SystemExit("a check fails on the core as it is")

    def _compile(self, source: Path, made: Path) -> bool:
        watched = WATCHED if source.name in FILES else ()
        command = ["gcc", *FLAGS, *watched, "-c", source, "-o", made]
        done = subprocess.run(command, check=False, capture_output=True, timeout=300)
        return done.returncode == 0

    def _notices(self, file: str, changed: Path) -> bool:
        """Whether any check fails, crashes or hangs."""
        objects = [changed if name == file else at for name, at in self.objects.items()]
        for name in CHECKS:
            program = self.folder / name
            command = [
                "gcc",
                self.folder / f"{name}.o",
                *objects,
                *WATCHED,
                "-pthread",
                "-o",
                program,
            ]
            if subprocess.run(command, check=False, capture_output=True).returncode != 0:
                return True
            try:
                done = subprocess.run([program], check=False, capture_output=True, timeout=60)
            except subprocess.TimeoutExpired:
                return True
            if done.returncode != 0:
                return True
        return False

    def judge(self, mutant: Mutant) -> str:
        """``killed``, ``survived``, ``alike`` or ``void``, where there is nothing to notice."""
        lines = (ROOT / "csrc" / mutant.file).read_text().splitlines()
        lines[mutant.line - 1] = mutant.after
        source = self.folder / "changed" / mutant.file
        source.parent.mkdir(exist_ok=True)
        source.write_text("\n".join(lines) + "\n")
        made = source.with_suffix(".o")
        if not self._compile(source, made):
            return "void"
        if made.read_bytes() == self.objects[mutant.file].read_bytes():
            return "void"
        if self._notices(mutant.file, made):
            return "killed"
        return "alike" if _alike(mutant) else "survived"


def _report(verdicts: dict[Mutant, str], n_all: int) -> tuple[str, float]:
    n = {verdict: list(verdicts.values()).count(verdict) for verdict in ("killed", "survived")}
    judged = sum(n.values())
    share = n["killed"] / judged if judged else 0.0
    n_void = list(verdicts.values()).count("void")
    lines = [
        f"{n_all} mutants, {len(verdicts)} drawn; {n_void} do not compile or are the same object",
        f"{len(verdicts) - n_void - judged} survived that answer the same, each explained below",
        f"{judged} others: {n['killed']} killed, {n['survived']} survived ({share:.1%})",
    ]
    for mutant, verdict in verdicts.items():
        if verdict in {"survived", "alike"}:
            lines.append(f"{mutant.file}:{mutant.line}: {_alike(mutant) or 'not explained'}")
            lines += [f"  - {mutant.before}", f"  + {mutant.after}"]
    return "\n".join(lines), share


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m csrc.analysis.mutation", description=__doc__)
    parser.add_argument("files", nargs="*", default=FILES, help="of csrc [%(default)s]")
    parser.add_argument("--sample", type=int, help="so many mutants [all]")
    parser.add_argument("--seed", type=int, default=1, help="of the sample [1]")
    parser.add_argument("--keep", type=Path, help="write the report here, too")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        mutants = [one for file in given.files for one in _mutants(file, Path(name))]
        drawn = list(mutants)
        random.Random(given.seed).shuffle(drawn)
        bench = Bench(Path(name))
        verdicts = {}
        for mutant in drawn[: given.sample]:
            verdicts[mutant] = bench.judge(mutant)
            if sys.stderr.isatty():
                print(f"\r{len(verdicts)} of {given.sample or len(drawn)}", end="", file=sys.stderr)
            if given.keep is not None:
                given.keep.write_text(_report(verdicts, len(mutants))[0] + "\n")
    text, share = _report(verdicts, len(mutants))
    print(text)
    return 0 if share >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
