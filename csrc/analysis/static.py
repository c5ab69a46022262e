"""
Let four analysers look at the core: ``python -m csrc.analysis.static``. Status 1: a finding.

Nothing is passed over but at a line of the core, with its reason: by ``MDM_HOLDS`` of
``mdm_holds.h``, which the sanitizers check, or by a comment for one tool. What clang-tidy looks
for is in ``.clang-tidy``.
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
C = ("-std=c11", "-Icsrc")
FINDING = re.compile(
    r"^(?P<where>csrc/[^:]+:\d+)(?::\d+)?: (?:warning|error): (?P<what>.*)$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Tool:
    """One analyser."""

    name: str
    command: Callable[[str], Sequence[str]]
    """For one file."""


TOOLS = (
    Tool(
        "gcc",
        lambda file: ("gcc", "-fanalyzer", "-O1", *C, "-c", file, "-o", "/dev/null"),
    ),
    Tool(
        "clang",
        lambda file: ("clang", "--analyze", "--analyzer-output", "text", *C, file),
    ),
    Tool("clang-tidy", lambda file: ("clang-tidy", "--quiet", file, "--", *C)),
    Tool(
        "cppcheck",
        lambda file: (
            *("cppcheck", "--quiet", "--std=c11", "--inline-suppr", "-Icsrc"),
            *("--enable=warning,performance,portability", "--error-exitcode=1"),
            *("--template={file}:{line}: warning: {message} [{id}]", file),
        ),
    ),
)
"""clang is the analyser that scan-build drives; of cppcheck, all checks but those of style."""


def _findings(tool: Tool, file: str) -> list[str]:
    done = subprocess.run(
        tool.command(file), cwd=ROOT, check=False, capture_output=True, text=True, timeout=600
    )
    said = (done.stdout + done.stderr).replace(f"{ROOT}/", "")
    found = [f"{match['where']}: {match['what']}" for match in FINDING.finditer(said)]
    if done.returncode != 0 and not found:
        raise SystemExit(f"{tool.name} of {file}: {said}")
    return found


def _row(tool: Tool, files: Sequence[str]) -> list[str]:
    """Run *tool* on all files, on every processor, and print its row and what it found."""
    begin = time.monotonic()
    with ThreadPoolExecutor(cpu_count()) as threads:
        runs = threads.map(lambda file: _findings(tool, file), files)
    found = sorted({finding for run in runs for finding in run})
    seconds = time.monotonic() - begin
    print(f"{tool.name:<12} {len(files):>5} {len(found):>8} {seconds:>7.0f} s", flush=True)
    for finding in found:
        print(f"  {finding}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m csrc.analysis.static", description=__doc__)
    parser.add_argument("files", nargs="*", help="of csrc; all, if none is named")
    names = [tool.name for tool in TOOLS]
    parser.add_argument("--tool", choices=names, action="append", help="only this; may be repeated")
    given = parser.parse_args()
    sources = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("csrc/mdm_*.c"))
    files = given.files or sources
    print(f"{'tool':<12} {'files':>5} {'findings':>8} {'time':>9}")
    found = []
    for tool in TOOLS:
        if shutil.which(tool.name) is None:
            raise SystemExit(f"{tool.name} is not on this machine")
        if tool.name in (given.tool or names):
            found += _row(tool, files)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
