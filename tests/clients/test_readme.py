"""What the documents show of a live machine is true as it stands there."""

import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from clients.missing import needs
from transcripts import ROOT, TOLD, steps

pytestmark = needs("mdevctl", "nsenter")

BLOCK = re.compile(r"^```python\n(import pytest\n.*?)^```$", re.MULTILINE | re.DOTALL)
LIVE = [document for document in TOLD if any(step.is_live for step in steps(document))]


def test_the_test_of_the_readme(user):
    """The README's test, copied into a file, drives mdevctl."""
    (text,) = BLOCK.findall((ROOT / "README.md").read_text("utf-8"))
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


@pytest.mark.parametrize("document", LIVE)
def test_the_transcripts(user, document):
    """The runs of a document print what it shows, and end well."""
    for command, printed in (step for step in steps(document) if step.is_live):
        words = f'"$0" -P -m simulator.cli {command.removeprefix("mdevsim ")}'
        done = subprocess.run(
            [*user.prefix, "bash", "-c", words, sys.executable],
            cwd=user.home,
            env=user.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, printed), command


def test_there_are_live_transcripts():
    """The README shows a run, and so does the debate."""
    assert {"README.md", "docs/schemes.md"} <= set(LIVE)
