"""Building the work, and counting the instructions of its pieces under callgrind."""

import os
import platform
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from benchmarks.instructions.compare import Piece
from benchmarks.machine import ROOT, answer
from csrc import build_mdm

PATHS = ("portable", "avx2")
"""Those that Valgrind can run: it has no AVX-512."""

_COMPILER = (os.environ.get("CC") or str(sysconfig.get_config_var("CC"))).split()[0]
"""That of the extension."""


class CannotCountError(Exception):
    """Why there are no counts."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the work printed, with the counts of its pieces in the same order."""

    fleet: str
    path: str
    answers: Sequence[tuple[str, str]]
    counts: Sequence[int]


def tools() -> dict[str, str]:
    """Name what changes counts besides the sources; flags of Python's own have no part."""
    return {
        "compiler": answer(_COMPILER, "--version").partition("\n")[0],
        "flags": " ".join(build_mdm.FLAGS),
        "C library": " ".join(platform.libc_ver()),
        "valgrind": answer("valgrind", "--version"),
    }


def _call(*command: str | Path, path: str | None = None) -> str:
    # Nothing else of the environment, which tunes the C library and lies on the stack.
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"} | ({"MDM_PATH": path} if path else {})
    try:
        done = subprocess.run(
            command, cwd=ROOT, check=False, capture_output=True, text=True, env=env
        )
    except FileNotFoundError:
        raise CannotCountError(f"there is no {command[0]} on this machine") from None
    if done.returncode:
        name = Path(command[0]).name
        raise CannotCountError(f"{name} ended with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout


def build(folder: Path) -> Path:
    """Compile the work and the core as the extension is compiled, and as a library is: PIC."""
    program = folder / "work"
    # Relative, so that the program is the same wherever the sources are. Valgrind may not read what
    # clang writes by -g alone.
    work = sorted(path.relative_to(ROOT) for path in ROOT.glob("benchmarks/instructions/*.c"))
    flags = [*build_mdm.FLAGS, "-fPIC", "-gdwarf-4", "-Icsrc"]
    _call(_COMPILER, *flags, *work, *build_mdm.sources(), "-o", program)
    return program


def total(profile: str) -> int:
    """Read from a profile how many instructions it counts."""
    found = re.search(r"^totals: (\d+)$", profile, re.MULTILINE)
    if found is None or found[1] == "0":
        raise CannotCountError("callgrind counted nothing")
    return int(found[1])


def run_of(fleet: str, path: str, printed: str, counts: Sequence[int]) -> Run:
    """Read what the work printed: the path that it took, then an answer and a name a piece."""
    taken, *lines = printed.splitlines()
    if taken != path:
        raise CannotCountError(f"{path} was asked for, and the core took {taken}")
    answers = [(number, name) for number, _, name in (line.partition("\t") for line in lines)]
    if len(answers) != len(counts):
        raise CannotCountError(f"{fleet}: {len(answers)} pieces, {len(counts)} counts")
    return Run(fleet, path, answers, counts)


def _run(program: Path, fleet: str, path: str, folder: Path) -> Run:
    profile = folder / f"{fleet}.{path}"
    printed = _call(
        *("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}"),
        # A profile of its own for each piece, and none of what prepares it.
        *("--toggle-collect=measured", "--dump-after=measured"),
        *(program, fleet),
        path=path,
    )
    print(f"{fleet}, {path}", file=sys.stderr, flush=True)
    n_pieces = len(printed.splitlines()) - 1
    profiles = [Path(f"{profile}.{number + 1}") for number in range(n_pieces)]
    return run_of(fleet, path, printed, [total(one.read_text("utf-8")) for one in profiles])


def pieces_of(runs: Sequence[Run]) -> dict[str, Piece]:
    """Bring the paths of each piece together; all of them have to answer alike."""
    found: dict[str, Piece] = {}
    for run in runs:
        for (number, name), count in zip(run.answers, run.counts, strict=True):
            piece = found.setdefault(f"{run.fleet}: {name}", Piece(number, {}))
            if piece.answer != number:
                raise CannotCountError(f"{run.fleet}: {name}: {run.path} gives other answers")
            found[f"{run.fleet}: {name}"] = Piece(number, {**piece.counts, run.path: count})
    return found


def measure(program: Path, folder: Path) -> dict[str, Piece]:
    """Count all pieces on all paths, a run a processor at a time; profiles go to the folder."""
    jobs = list(product(_call(program).split(), PATHS))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return pieces_of(list(pool.map(lambda job: _run(program, *job, folder), jobs)))


def differences(one: Mapping[str, Piece], other: Mapping[str, Piece]) -> Iterator[str]:
    """Name the pieces that did not repeat."""
    return (name for name in {**one, **other} if one.get(name) != other.get(name))
