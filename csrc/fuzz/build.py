"""Build fuzz targets with the core: for libFuzzer, for AFL++, or to replay files."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

__all__ = ["ENGINES", "FOLDER", "TARGETS", "Build", "build", "paths"]

FOLDER = Path(__file__).parent
CORE = FOLDER.parent
TARGETS = tuple(sorted(path.stem.removeprefix("fuzz_") for path in FOLDER.glob("fuzz_*.c")))

_SHARED = ("batch", "draw", "law", "naive", "program")
_PATHS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "x86_64": {"portable": "", "sse2": "", "avx2": "avx2", "avx512": "avx512_vbmi2"},
        "aarch64": {"portable": "", "neon": ""},
    }
)
"""The paths of a machine, and the flag in /proc/cpuinfo that tells whether a processor has it."""


@dataclass(frozen=True, slots=True)
class Engine:
    """
    What drives a target.

    Attributes:
        compiler: The command.
        compile: Flags for every file.
        link: Flags for the program.
        files: Sources besides those of the target.
    """

    compiler: str
    compile: Sequence[str] = ()
    link: Sequence[str] = ()
    files: Sequence[str] = ()


ENGINES: Mapping[str, Engine] = MappingProxyType(
    {
        "libfuzzer": Engine(
            "clang",
            ("-fsanitize-coverage=inline-8bit-counters,pc-table",),
            ("-fsanitize=fuzzer",),
        ),
        "afl": Engine("afl-clang-fast", (), ("-fsanitize=fuzzer",)),
        "replay": Engine("gcc", files=("replay.c",)),
    }
)
"""
By name. libFuzzer's own flag would trace comparisons, too, which takes longer than all the rest and
tells little: decisions are bytes, and words are in the dictionary. AFL++ answers to its flag.
"""


@dataclass(frozen=True, slots=True)
class Build:
    """
    How to build.

    Attributes:
        engine: One of `ENGINES`.
        sanitizers: As the compilers' ``-fsanitize`` takes them; empty for none.
        optimise: The flag of that name.
        compiler: In place of that of the engine.
    """

    engine: str
    sanitizers: str = ""
    optimise: str = "-O2"
    compiler: str = ""

    @property
    def command(self) -> str:
        """The compiler to call."""
        return self.compiler or ENGINES[self.engine].compiler

    @property
    def flags(self) -> list[str]:
        """What every file is compiled and linked with."""
        flags = ["-std=c11", "-g", self.optimise, "-pthread", f"-I{CORE}", f"-I{FOLDER}"]
        if self.sanitizers:
            return [*flags, f"-fsanitize={self.sanitizers}", "-fno-sanitize-recover=all"]
        # Without a guard, memory may as well be cut from one run, which is many times as fast.
        return [*flags, "-DLAW_BUMP"]


def paths() -> list[str]:
    """Name the paths of the core that this processor has, by the words of ``MDM_PATH``."""
    info = Path("/proc/cpuinfo")
    flags = set(info.read_text(encoding="utf-8").split()) if info.exists() else set()
    known = _PATHS.get(platform.machine(), {"portable": ""})
    return [path for path, flag in known.items() if not flag or flag in flags]


def _run(command: Sequence[str | Path]) -> None:
    subprocess.run(command, check=True, timeout=600)


def build(how: Build, targets: Sequence[str], folder: Path) -> dict[str, Path]:
    """
    Compile the core once, and link each of *targets* with it.

    Args:
        how: Compiler and flags.
        targets: Of `TARGETS`.
        folder: Where objects and programs go.

    Returns:
        The programs by target.

    Raises:
        subprocess.CalledProcessError: The compiler refuses.
        FileNotFoundError: There is no such compiler.
    """
    engine = ENGINES[how.engine]
    shared = [path for stem in _SHARED for path in sorted(FOLDER.glob(f"{stem}*.c"))]
    own = [FOLDER / f"fuzz_{target}.c" for target in targets]
    files = [
        *sorted(CORE.glob("mdm_*.c")),
        *shared,
        *(FOLDER / name for name in engine.files),
        *own,
    ]
    folder.mkdir(parents=True, exist_ok=True)
    objects = {file: folder / f"{file.stem}.o" for file in files}

    def compile_one(file: Path) -> None:
        # What the laws themselves pass through would only be more to look at.
        traced = engine.compile if file.parent == CORE else ()
        _run([how.command, *how.flags, *traced, "-c", file, "-o", objects[file]])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_one, files))
    common = [objects[file] for file in files if file not in own]
    programs = {target: folder / target for target in targets}
    for file, program in zip(own, programs.values(), strict=True):
        _run([how.command, *how.flags, *engine.link, objects[file], *common, "-o", program])
    return programs
