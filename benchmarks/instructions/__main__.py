"""
Count the instructions of fixed work and compare them with those that were kept.

    python -m benchmarks.instructions

Status 1: a count grew by more than the tolerance that the kept file states. ``--keep`` counts
twice, and renews the kept file if both agree.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine
from benchmarks.instructions.compare import Kept, kept_of, report
from benchmarks.instructions.measure import (
    CannotCountError,
    build,
    differences,
    measure,
    tools,
)

KEPT = machine.ROOT / "benchmarks" / "results" / "instructions.json"


def _keep(program: Path, folder: Path) -> None:
    pieces = measure(program, folder)
    other = list(differences(pieces, measure(program, folder)))
    if other:
        raise CannotCountError(f"two runs differ in {', '.join(other)}")
    where = machine.environment()
    kept = Kept(pieces, tools(), where["date"], where["commit"])
    KEPT.write_text(json.dumps(asdict(kept), indent=1) + "\n", "utf-8")


def _run(folder: Path, *, keep: bool) -> int:
    program = build(folder)
    if keep:
        _keep(program, folder)
        return 0
    kept = kept_of(json.loads(KEPT.read_text("utf-8")))
    text, is_well = report(kept, measure(program, folder), tools())
    print(text)
    return 0 if is_well else 1


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.instructions", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--keep", action="store_true", help="renew the kept counts")
    parser.add_argument(
        "--profiles", type=Path, help="keep the profiles here, for callgrind_annotate"
    )
    given = parser.parse_args()
    try:
        if given.profiles is not None:
            given.profiles.mkdir(parents=True, exist_ok=True)
            return _run(given.profiles.resolve(), keep=given.keep)
        with TemporaryDirectory() as folder:
            return _run(Path(folder), keep=given.keep)
    except CannotCountError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
