"""The conformance script as a process, in a simulated machine or on a mounted tree."""

import sys
from pathlib import Path

from sysfs.running import run

import simulator.sysfs.conformance

SCRIPT = Path(simulator.sysfs.conformance.__file__).with_name("mdev_conformance.py")
TRANSCRIPTS = SCRIPT.with_name("transcripts")


def command(*words, script=SCRIPT, user="root"):
    """The words that start it: unmodified, with an interpreter that sees nothing of ours."""
    interpreter = sys.executable if user == "root" else "/usr/bin/python3"
    return [interpreter, "-I", str(script), "--parent", "mtty", *map(str, words)]


def ask(*words, kernel="6.1", script=SCRIPT, user="root", options=()):
    """Ask a simulated mtty."""
    asked = command(*words, script=script, user=user)
    started = ("--vendor", "mtty", "--kernel", kernel, *options, "--", *asked)
    return run(*started, check=False, user=user)


def shell(text, *words, options=(), **more):
    """Run a shell script in a machine with mtty; ``"$@"`` is the conformance script."""
    started = ("--vendor", "mtty", *options, "--", "bash", "-c", text, "bash", *command(*words))
    return run(*started, check=False, **more)
