"""
Fuzz a reader with atheris: ``python tests/fuzz_python/run.py TARGET [--seconds N | --runs N]``.

What is found is told, and lies in ``build/fuzz_python/TARGET``: shorten it, mend the fault and
keep the input in ``regressions/TARGET``. Needs the extra ``fuzz``.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

import atheris

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from fuzz_python.targets import TARGETS  # noqa: E402 - found there

WORK = HERE.parents[1] / "build" / "fuzz_python"


def _word(text: str) -> str:
    """Write a word as a dictionary of libFuzzer has it."""
    letters = (c if c.isalnum() else f"\\x{ord(c):02x}" for c in text)
    return f'"{"".join(letters)}"'


def _law(name: str, wanted: Iterable[str]) -> Callable[[bytes], None]:
    """Import a law; of mdevsim only what is *wanted*, and what is in it, tells its branches."""
    spec = find_spec("simulator")
    places = spec.submodule_search_locations if spec else None
    root = Path(next(iter(places or ())))
    found = (path.relative_to(root.parent).with_suffix("") for path in root.rglob("*.py"))
    names = {".".join(path.parts).removesuffix(".__init__") for path in found}
    kept = {name for name in names if any(f"{name}.".startswith(f"{one}.") for one in wanted)}
    with atheris.instrument_imports(include=["simulator"], exclude=sorted(names - kept)):
        law: Callable[[bytes], None] = getattr(import_module("fuzz_python.laws"), name)
    return law


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
        atheris.Setup(arguments, _law(asked.target, target.modules))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
