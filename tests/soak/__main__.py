"""
Clients, faults, churn and queries for a long time, with what must be conserved looked at.

    cd tests && python -m soak --seconds 3600 --seed 1 --forget --keep soak/results.json
"""

import argparse
import json
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import NoReturn

from soak.memory import slope
from soak.run import Soaked, soak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--forget",
        action="store_true",
        help="As root: have the kernel forget names of files before memory is looked at.",
    )
    parser.add_argument("--keep", type=Path, help="Write what was found to this file, as JSON.")
    given = parser.parse_args()
    # Else nobody would end the simulator, nor drop the directory.
    signal.signal(signal.SIGTERM, _end)
    with TemporaryDirectory() as home:
        found = soak(given.seconds, given.seed, time.monotonic, Path(home), forget=given.forget)
    for part, soaked in found.items():
        sys.stdout.write("".join(f"{line}\n" for line in _lines(part, soaked)))
    if given.keep:
        kept = {
            "commit": _commit(),
            "date": datetime.now(UTC).date().isoformat(),
            "machine": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "seconds": given.seconds,
            "seed": given.seed,
            "found": {part: soaked._asdict() for part, soaked in found.items()},
        }
        given.keep.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    return 1 if any(soaked.wrong for soaked in found.values()) else 0


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _commit() -> str:
    asked = ("git", "rev-parse", "HEAD")
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def _lines(part: str, soaked: Soaked) -> Iterator[str]:
    yield f"{part}: {soaked.rounds} rounds, {len(soaked.wrong)} findings"
    memory = {"memory, first": soaked.memory[0], "memory, last": soaked.memory[-1]}
    for what, n in (*sorted(soaked.done.items()), *memory.items()):
        yield f"  {what:<32}{n:>14,}"
    yield f"  memory grows by {slope(soaked.work, soaked.memory)}"
    yield from (f"  {wrong}" for wrong in soaked.wrong[:20])


if __name__ == "__main__":
    sys.exit(main())
