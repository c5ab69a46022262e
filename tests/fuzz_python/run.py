"""
Fuzz a reader with atheris: ``python tests/fuzz_python/run.py TARGET [--seconds N | --runs N]``.

What is found is told, and lies in ``build/fuzz_python/TARGET``: shorten it, mend the fault and
keep the input in ``regressions/TARGET``. Needs the extra ``fuzz``.
"""

import argparse
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

import atheris

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
with atheris.instrument_imports(include=["simulator"]):
    from fuzz_python.laws import TARGETS

WORK = HERE.parents[1] / "build" / "fuzz_python"


def _word(text: str) -> str:
    """Write a word as a dictionary of libFuzzer has it."""
    letters = (c if c.isalnum() else f"\\x{ord(c):02x}" for c in text)
    return f'"{"".join(letters)}"'


def main() -> None:
    """Fuzz until the time or the runs are over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=-1)
    asked = parser.parse_args()
    target = TARGETS[asked.target]
    work = WORK / asked.target
    work.mkdir(parents=True, exist_ok=True)
    kept = [HERE / kind / asked.target for kind in ("seeds", "regressions")]
    with NamedTemporaryFile("w", suffix=".dict") as words:
        words.write("".join(f"{_word(one)}\n" for one in target.words))
        words.flush()
        arguments = [
            sys.argv[0],
            *(str(folder) for folder in (work, *kept) if folder.is_dir()),
            f"-dict={words.name}",
            f"-max_len={target.most}",
            f"-max_total_time={asked.seconds}",
            f"-runs={asked.runs}",
            "-timeout=10",
            f"-artifact_prefix={work}/found-",
            "-print_final_stats=1",
        ]
        atheris.Setup(arguments, target.law)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
