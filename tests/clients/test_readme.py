"""What the README shows of a live machine is true as it stands there."""

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from clients.missing import needs

pytestmark = needs("mdevctl", "nsenter")

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```python\n(import pytest\n.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = r"^\$ mdevsim (run (?:[^\n]*\\\n)*[^\n]*)\n"
RUN = re.compile(COMMAND + r"(.*?)(?=^\$ |^```$)", re.MULTILINE | re.DOTALL)


def test_the_test_of_the_readme(user):
    """The README's test, copied into a file, drives mdevctl."""
    (text,) = BLOCK.findall(README.read_text("utf-8"))
    user.write("test_readme.py", text)
    is_there = entry_points(group="pytest11", name="mdevsim")
    given = () if is_there else ("-p", "simulator.pytest_plugin")
    words = ("-q", "-p", "no:cacheprovider", "-o", "mdevsim_missing=fail", *given)
    done = subprocess.run(
        [*user.prefix, sys.executable, "-P", "-m", "pytest", *words, "test_readme.py"],
        cwd=user.home,
        env=user.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_transcripts_of_the_readme(user):
    """The README's runs print what it shows."""
    found = RUN.findall(README.read_text("utf-8"))
    assert len(found) == 2
    for command, expected in found:
        done = subprocess.run(
            [*user.prefix, "sh", "-c", f'"$0" -P -m simulator.cli {command}', sys.executable],
            cwd=user.home,
            env=user.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, expected), command
