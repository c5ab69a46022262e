"""
Fuzz the core from the stored inputs: ``python -m csrc.fuzz``. See docs/fuzzing.md.

Each target runs on every path of the processor, one after the other. ``MDM_SANITIZE`` says with
which sanitizers, as for the extension.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from csrc.fuzz.build import FOLDER, TARGETS, Build, build, paths
from csrc.fuzz.corpus import MOST_BYTES, keep, unpack

SHORT_BYTES = {"lines": 256, "list": 256, "rule": 128, "program": 64, "saved": 64, "arrow": 128}
"""What most inputs have, so that there are many; the long ones begin with what these found."""

LONG = {"seconds": 10, "runs": 100}
"""One part in so many of what is given is for long inputs."""


@dataclass(slots=True)
class Row:
    """What became of one target, over all paths."""

    target: str
    executions: int = 0
    seconds: float = 0.0
    coverage: int = 0
    findings: int = 0

    @property
    def a_second(self) -> int:
        """Executions a second."""
        return round(self.executions / self.seconds) if self.seconds else 0


def read_arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m csrc.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="all, if none is named")
    parser.add_argument("--seconds", type=int, default=15, help="for each target [15]")
    parser.add_argument("--runs", type=int, help="for each target, in place of seconds")
    parser.add_argument("--keep", action="store_true", help="store the inputs that reach most")
    parser.add_argument("--log", type=Path, help="a JSON file that gets this run in addition")
    parser.add_argument("--replay", action="store_true", help="only the stored inputs, once each")
    parser.add_argument("--compiler", default="", help="for --replay [gcc; clang for memory]")
    parser.add_argument("--afl", action="store_true", help="use AFL++, all paths an input")
    return parser.parse_args()


# ---- libFuzzer


def _call(program: Path, target: str, path: str, *arguments: str | Path) -> tuple[int, str]:
    """Run *program* and return its exit status and what it said."""
    options = [
        f"-artifact_prefix={program.parent}/found-{target}-",
        f"-dict={FOLDER / 'words.dict'}",
        # The weights of rare features take longer than the inputs.
        *("-entropic=0", "-len_control=0", "-reduce_inputs=0"),
        *("-timeout=10", "-print_final_stats=1"),
    ]
    done = subprocess.run(
        [program, *options, *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"MDM_PATH": path},
    )
    return done.returncode, done.stdout.decode(errors="replace")


def _fuzz(program: Path, row: Row, corpus: Path, path: str, budget: Sequence[str]) -> None:
    started = time.monotonic()
    status, said = _call(program, row.target, path, *budget, corpus)
    row.seconds += time.monotonic() - started
    counted = re.search(r"number_of_executed_units: (\d+)", said)
    row.executions += int(counted[1]) if counted else 0
    row.coverage = max([row.coverage, *map(int, re.findall(r" cov: (\d+) ", said))])
    if status:
        row.findings += 1
        print(f"{row.target} on path {path}:\n{said[-4000:]}", file=sys.stderr)


def _keep(program: Path, target: str, corpus: Path) -> None:
    least = corpus.with_name(f"{target}-least")
    least.mkdir()
    # By edges alone: how often each is passed would keep ten times as many.
    longest = f"-max_len={MOST_BYTES[target]}"
    _call(program, target, paths()[-1], longest, "-merge=1", "-use_counters=0", least, corpus)
    keep(target, least)


def budgets(arguments: argparse.Namespace, target: str) -> list[list[str]]:
    """Return what a path of *target* is given: for short inputs, then for long ones."""
    kind = "runs" if arguments.runs else "seconds"
    share = max(2, (arguments.runs or arguments.seconds) // len(paths()))
    long = max(1, share // LONG[kind])
    option = "-runs" if arguments.runs else "-max_total_time"
    return [
        [f"{option}={share - long}", f"-max_len={SHORT_BYTES[target]}"],
        [f"{option}={long}", f"-max_len={MOST_BYTES[target]}"],
    ]


def _fuzz_all(arguments: argparse.Namespace, work: Path) -> list[Row]:
    targets = arguments.targets or TARGETS
    how = Build("libfuzzer", os.environ.get("MDM_SANITIZE", ""))
    rows = []
    for target, program in build(how, targets, work).items():
        corpus = work / f"{target}-corpus"
        unpack(target, corpus)
        row = Row(target)
        rows.append(row)
        for path in paths():
            for budget in budgets(arguments, target):
                _fuzz(program, row, corpus, path, budget)
        if arguments.keep:
            _keep(program, target, corpus)
        show(row)
    return rows


# ---- Stored inputs alone


def _replay_all(arguments: argparse.Namespace, work: Path) -> list[Row]:
    targets = arguments.targets or TARGETS
    sanitizers = os.environ.get("MDM_SANITIZE", "")
    compiler = arguments.compiler or ("clang" if "memory" in sanitizers else "")
    rows = []
    for target, program in build(
        Build("replay", sanitizers, "-O1", compiler), targets, work
    ).items():
        inputs = work / f"{target}-inputs"
        unpack(target, inputs)
        started = time.monotonic()
        # The thread sanitizer knows no address space as random as that of some machines.
        command = ["setarch", "-R", program, inputs]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, errors="replace"
        )
        row = Row(target, len(list(inputs.iterdir())), time.monotonic() - started)
        row.findings = int(done.returncode != 0)
        if row.findings:
            print(f"{target}:\n{done.stderr[-8000:]}", file=sys.stderr)
        rows.append(row)
        show(row)
    return rows


# ---- AFL++


def _afl(arguments: argparse.Namespace, work: Path) -> list[Row]:
    rows = []
    for target, program in build(Build("afl"), arguments.targets or TARGETS, work).items():
        seeds = work / f"{target}-seeds"
        unpack(target, seeds)
        found = work / f"{target}-found"
        command = [
            "afl-fuzz",
            "-i",
            seeds,
            "-o",
            found,
            "-V",
            str(arguments.seconds),
            "--",
            program,
        ]
        quiet = {"AFL_SKIP_CPUFREQ": "1", "AFL_NO_UI": "1", "AFL_NO_AFFINITY": "1"}
        quiet["AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES"] = "1"
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | quiet)
        said = (found / "default" / "fuzzer_stats").read_text(encoding="utf-8")
        stats = dict(re.findall(r"^(\w+) *: *(.*)$", said, re.MULTILINE))
        findings = int(stats["saved_crashes"]) + int(stats["saved_hangs"])
        row = Row(target, int(stats["execs_done"]), float(stats["run_time"]), 0, findings)
        row.coverage = int(stats["edges_found"])
        rows.append(row)
        show(row)
    return rows


# ---- What is told


def show(row: Row) -> None:
    """Print what became of one target."""
    print(
        f"{row.target:8} {row.executions:>12,} executions {row.a_second:>8,}/s"
        f" {row.coverage:>6,} edges  {row.findings} findings",
        flush=True,
    )


def _answer(*command: str) -> str:
    done = subprocess.run(command, cwd=FOLDER, check=False, capture_output=True, text=True)
    return done.stdout.partition("\n")[0]


def log(file: Path, rows: Sequence[Row], engine: str) -> None:
    """Add a run to *file*."""
    runs = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    runs.append(
        {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": _answer("git", "rev-parse", "--short", "HEAD"),
            "engine": engine,
            "compiler": _answer("clang", "--version"),
            "sanitizers": os.environ.get("MDM_SANITIZE", ""),
            "paths": paths(),
            "targets": [asdict(row) | {"seconds": round(row.seconds, 1)} for row in rows],
        }
    )
    file.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Run, tell, and fail where something was found."""
    arguments = read_arguments()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run = _replay_all if arguments.replay else _afl if arguments.afl else _fuzz_all
        rows = run(arguments, work)
        # What was found outlives the run.
        for file in sorted(work.glob("found-*")):
            print("kept:", shutil.copy(file, Path.cwd()), file=sys.stderr)
    if arguments.log:
        engine = "replay" if arguments.replay else "AFL++" if arguments.afl else "libFuzzer"
        log(arguments.log, rows, engine)
    return int(any(row.findings for row in rows))


if __name__ == "__main__":
    sys.exit(main())
