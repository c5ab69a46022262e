"""
Keep what a run of mutmut found in ``results.json``: ``python tests/mutation/keep.py``.

For each module how many mutants there are and how many were noticed, and each that was not, as the
line that it changes. A person says of these why nobody notices them, in the field ``why``; what is
said stays when the next run finds the same.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
NOTICED = frozenset({"killed", "timeout", "suspicious", "segfault"})


def _mutmut(*arguments: str) -> str:
    program = str(Path(sys.executable).with_name("mutmut"))
    done = subprocess.run(
        [program, *arguments], cwd=HERE.parents[1], check=True, capture_output=True, text=True
    )
    return done.stdout


def _change(mutant: str) -> list[str]:
    """Return the lines that a mutant takes out and puts in."""
    lines = _mutmut("show", mutant).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("@@"))
    return [f"{line[0]} {line[1:].strip()}" for line in lines[first:] if line[:1] in {"-", "+"}]


def main() -> None:
    """Write the results, with the reasons that are known."""
    known = {}
    if RESULTS.exists():
        kept = json.loads(RESULTS.read_text("utf-8"))
        known = {tuple(one["change"]): one["why"] for one in kept["survivors"]}
    modules: dict[str, dict[str, int]] = {}
    survivors = []
    for line in _mutmut("results", "--all", "true").splitlines():
        mutant, _, status = line.strip().partition(": ")
        module, _, function = mutant.rpartition("__mutmut_")[0].rpartition(".")
        counts = modules.setdefault(module, {"mutants": 0, "noticed": 0})
        counts["mutants"] += 1
        if status in NOTICED:
            counts["noticed"] += 1
            continue
        change = _change(mutant)
        name = function.removeprefix("x").replace("ǁ", ".").strip("_.")
        why = known.get(tuple(change), "")
        survivors.append(
            {"where": f"{module}.{name}", "status": status, "change": change, "why": why}
        )
    data = {"modules": modules, "survivors": survivors}
    RESULTS.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
