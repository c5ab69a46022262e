"""The test that the README shows passes as it stands there."""

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from clients.missing import needs

pytestmark = needs("mdevctl", "nsenter")

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```python\n(import pytest\n.*?)^```$", re.MULTILINE | re.DOTALL)


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
