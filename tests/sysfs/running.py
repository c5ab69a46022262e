"""`mdevsim run` and `mdevsim mount` as processes, and what the machine lacks for them."""

import os
import select
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

NOBODY = 65534
USERS = ("root", "nobody")
TIMEOUT = 60


def as_user(user):
    """The words before a command that make another user of us."""
    if user == "root" or os.geteuid():
        return []
    ids = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [shutil.which("setpriv") or "setpriv", *ids]


def open_to_all(path):
    """Let every user reach a directory that pytest made, with one worker or several."""
    above = (path, *path.parents)
    tops = (at for at, one in enumerate(above) if one.name.startswith("pytest-of-"))
    for one in above[: next(tops, 0) + 1]:
        one.chmod(0o755)


def mdevsim(*words, user="root"):
    """The words of a command."""
    return [*as_user(user), sys.executable, "-P", "-m", "simulator.cli", *map(str, words)]


@cache
def lacks(user):
    """What a run lacks here, in its own words; an empty text when it works."""
    if user == "nobody" and not os.geteuid() and shutil.which("setpriv") is None:
        return "setpriv is missing; Debian has it in util-linux"
    done = subprocess.run(
        mdevsim("run", "--", "true", user=user),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode in {0, 2}, done.stderr
    return done.stderr.strip() if done.returncode else ""


def needs(user="root"):
    """Skip the test where a run lacks something; that is a failure where CI promises all."""
    reason = lacks(user)
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"CI lacks something: {reason}")
    if reason:
        pytest.skip(reason)


def run(*words, user="root", check=True, timeout=TIMEOUT, **more):
    """Run a command to its end; *words* are those after ``mdevsim run``."""
    needs(user)
    return subprocess.run(
        mdevsim("run", *words, user=user),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=check,
        **more,
    )


def shell(script, *words, **more):
    """Run a shell script with the simulated ``/sys``."""
    return run(*words, "--", "sh", "-c", script, **more)


def python(script, *words, user="root", arguments=(), **more):
    """Run a Python script with the simulated ``/sys``."""
    # Ours may lie in somebody's home, where another user cannot start it.
    usual = "/usr/bin/python3"
    interpreter = usual if user != "root" and Path(usual).exists() else sys.executable
    command = (interpreter, "-c", script, *map(str, arguments))
    return run(*words, "--", *command, user=user, **more)


def next_line(stream):
    """The next line of an unbuffered pipe; fails when none comes in time."""
    line = b""
    while not line.endswith(b"\n"):
        assert select.select([stream], [], [], TIMEOUT)[0], f"no line came after {line!r}"
        read = stream.read(1)
        if not read:
            break
        line += read
    return line.decode().strip()
