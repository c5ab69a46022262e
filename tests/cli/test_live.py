"""What is said of a mount or a run after the fact, and how they end, heard or not."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
from simulator.cli.live import complain, leave
complain(OSError(1, "Operation not permitted"))
leave(3)
"""
CLOSED = ["exec 2>&-", "exec 1>&-", "exec 1>&- 2>&-", "exec 2> /dev/full", "exec 2>&7"]


def status(change):
    """The exit status, and what was said, after a change to the streams; 7 is a broken pipe."""
    reading, writing = os.pipe()
    os.close(reading)
    code = f'exec 7>&{writing}; {change}; exec "$@"'
    try:
        done = subprocess.run(
            ["bash", "-c", code, "bash", sys.executable, "-P", "-c", SCRIPT],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            pass_fds=[writing],
        )
    finally:
        os.close(writing)
    return done.returncode, done.stderr


@pytest.mark.parametrize("change", CLOSED)
def test_nobody_listens(change):
    """A complaint that cannot be written is dropped, and changes nothing else."""
    assert status(change)[0] == 3


def test_somebody_listens():
    """A complaint is one line on standard error."""
    assert status(":") == (3, "mdevsim: Operation not permitted\n")
