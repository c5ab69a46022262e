"""The core built for an analysis: the checks alone, and the extension beside the installed one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKS = sorted(path.stem for path in (ROOT / "tests" / "fleet").glob("*_check.c"))
LONE = ("-DMDM_LONE_CHUNKS",)
"""Makes a request of the allocator of each of an arena's, so that checks can refuse it."""
REFUSING = ("compiler_check", "core_check", "merge_check", "mistake_check", "reader_check")
"""The checks that refuse one request after the other."""
TESTS = ("tests/fleet", "tests/property", "--ignore=tests/fleet/test_core.py")
"""What of pytest goes through the extension; the checks are run by themselves."""


def checks(folder: Path, flags: Sequence[str], names: Sequence[str] = CHECKS) -> list[Path]:
    """Build the checks, each by itself, with objects of the core that they share."""
    flags = ["-std=c11", "-D_GNU_SOURCE", "-g", f"-I{ROOT / 'csrc'}", "-pthread", *flags]
    sources = sorted((ROOT / "csrc").glob("mdm_*.c"))
    subprocess.run(["gcc", *flags, "-c", *sources], check=True, cwd=folder)
    objects = sorted(folder.glob("mdm_*.o"))
    programs = [folder / name for name in names]
    for program in programs:
        source = ROOT / "tests" / "fleet" / f"{program.name}.c"
        subprocess.run(["gcc", *flags, source, *objects, "-o", program], check=True, cwd=folder)
    return programs


def extension(folder: Path, environment: Mapping[str, str]) -> Path:
    """Build the package with the extension; its objects are in ``objects``. For PYTHONPATH."""
    tree = folder / "tree"
    for name in ("simulator", "csrc"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("*.so"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    command = [sys.executable, "setup.py", "-q", "build"]
    command += ["--build-lib", str(folder / "site"), "--build-temp", str(folder / "objects")]
    subprocess.run(command, check=True, cwd=tree, env={**os.environ, **environment})
    return folder / "site"


def test(site: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run pytest on the extension in *site*, and return its status."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:benchmark", *arguments]
    given = {**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1", **environment}
    return subprocess.run(command, check=False, cwd=ROOT, env=given).returncode
