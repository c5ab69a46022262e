"""
Run the checks and the tests under sanitizers: ``MDM_SANITIZE=address,undefined,leak python -m
csrc.analysis.sanitize [--checks]``, or ``MDM_SANITIZE=thread``.

The variable is that of the extension's build. leak is part of address, and is looked for in the
checks: what Python itself never frees would drown it. Wants setuptools and cffi.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from csrc.analysis.built import CHECKS, TESTS, checks, extension, test

# What a thread sanitizer has nothing to look at in.
_ALONE = ("compiler_check", "path_check", "reader_check")
_RUNTIMES = {"address": "libasan.so", "thread": "libtsan.so", "undefined": "libubsan.so"}


def _run(programs: Sequence[Path]) -> bool:
    is_well = True
    for program in programs:
        # The thread sanitizer knows no address space as random as that of some machines.
        done = subprocess.run(
            ["setarch", "-R", program], check=False, capture_output=True, text=True
        )
        is_well &= done.returncode == 0
        print(f"{program.name}: {'well' if done.returncode == 0 else done.stderr}", flush=True)
    return is_well


def _preloaded(kinds: Sequence[str]) -> str:
    named = [_RUNTIMES[kind] for kind in kinds if kind in _RUNTIMES]
    found = [
        subprocess.run(
            ["gcc", f"-print-file-name={name}"], check=True, capture_output=True, text=True
        ).stdout.strip()
        for name in named
    ]
    return " ".join(found)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m csrc.analysis.sanitize", description=__doc__)
    parser.add_argument("--checks", action="store_true", help="only the checks, without Python")
    parser.add_argument("tests", nargs="*", default=TESTS, help="for pytest [%(default)s]")
    given = parser.parse_args()
    kinds = os.environ.get("MDM_SANITIZE", "").split(",")
    if kinds == [""]:
        parser.error("MDM_SANITIZE names no sanitizer")
    names = [name for name in CHECKS if "thread" not in kinds or name not in _ALONE]
    flags = ("-O1", f"-fsanitize={','.join(kinds)}", "-fno-sanitize-recover=all")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        is_well = _run(checks(folder, flags, names))
        if not given.checks:
            site = extension(folder, {})
            # Python's own allocator hides blocks, and the tests with a mount or a browser fork.
            environment = {
                "LD_PRELOAD": _preloaded(kinds),
                "ASAN_OPTIONS": "detect_leaks=0",
                "PYTHONMALLOC": "malloc",
            }
            is_well &= test(site, given.tests, environment) == 0
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
