"""
Count which branches of the core the tests take: ``python -m csrc.analysis.coverage``.

Builds without optimization, runs the checks, those that refuse memory also with arenas that give
each piece by itself, and, with the extension, tests/fleet and tests/property; prints the branches
of each file. Status 1: fewer than the goal, or a test failed.
Wants gcovr, setuptools and cffi (``pip install gcovr 'setuptools>=77' cffi``). A branch is gcov's:
each outcome of each condition; none is left out.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from csrc.analysis.built import CHECKS, LONE, REFUSING, ROOT, TESTS, checks, extension, test

COUNTING = ("-O0", "--coverage", "-fprofile-update=atomic")
GOAL = 95.0


def _counts(root: Path, objects: Path, made: Path) -> Path:
    """Counts of the objects below *objects*, whose sources are below *root*."""
    command = [sys.executable, "-m", "gcovr", "-r", root, "-f", f"{root}/csrc/", "--json", made]
    subprocess.run([*command, objects], check=True, cwd=objects, capture_output=True)
    return made


def _check(folder: Path, flags: Sequence[str], names: Sequence[str]) -> tuple[Path, bool]:
    """Counts of the checks built with *flags*; *folder* is made."""
    folder.mkdir()
    is_well = True
    for program in checks(folder, (*COUNTING, *flags), names):
        done = subprocess.run([program], check=False, capture_output=True, text=True)
        is_well &= done.returncode == 0
        print(f"{program.name}: {done.stdout.splitlines()[-1:]}{done.stderr}", flush=True)
    return _counts(ROOT, folder, folder.with_suffix(".json")), is_well


def _gather(folder: Path, tests: Sequence[str]) -> tuple[list[Path], bool]:
    ran = [_check(folder / "checks", (), CHECKS), _check(folder / "lone", LONE, REFUSING)]
    counts = [made for made, _ in ran]
    is_well = all(passed for _, passed in ran)
    if tests:
        site = extension(folder, {"MDM_COVERAGE": "1"})
        is_well &= test(site, tests, {}) == 0
        counts.append(_counts(folder / "tree", folder / "objects", folder / "tested.json"))
    return counts, is_well


def _report(counts: Sequence[Path]) -> float:
    """Print a line a file, the least covered first, with the lines of branches never taken."""
    command = [sys.executable, "-m", "gcovr", "-r", str(ROOT), "--json-summary", "-"]
    for path in counts:
        command += ["-a", str(path)]
    merged = counts[0].with_name("merged.json")
    subprocess.run([*command, "--json", merged], check=True, cwd=ROOT, capture_output=True)
    missed = {
        file["file"]: sorted(
            line["line_number"]
            for line in file["lines"]
            if any(branch["count"] == 0 for branch in line["branches"])
        )
        for file in json.loads(merged.read_text())["files"]
    }
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    summary = json.loads(done.stdout)
    for file in sorted(summary["files"], key=lambda file: file["branch_percent"] or 100.0):
        name, taken, n = file["filename"], file["branch_covered"], file["branch_total"]
        if n > 0:
            lines = ",".join(map(str, dict.fromkeys(missed[name])))
            print(f"{name:<28} {taken:>4} of {n:>4} {100 * taken / n:>6.1f} %  {lines}")
    print(f"all: {summary['branch_covered']} of {summary['branch_total']}")
    return 100 * summary["branch_covered"] / summary["branch_total"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m csrc.analysis.coverage", description=__doc__)
    parser.add_argument("--checks", action="store_true", help="only the checks, without Python")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        counts, is_well = _gather(Path(name).resolve(), () if given.checks else TESTS)
        share = _report(counts)
    print(f"{share:.1f} % of branches")
    return 0 if is_well and share >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
