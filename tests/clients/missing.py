"""What a test of real clients needs of the machine, each piece by its name."""

import ctypes
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import simulator

PATH = f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin:/sbin"
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")

as_root = pytest.mark.parametrize("user", ["root"], indirect=True)
"""For a test to which it does not matter who starts the machine."""

PACKAGES = {
    "mdevctl": "mdevctl",
    "udevadm": "udev",
    "/lib/systemd/systemd-udevd": "udev",
    "libvirtd": "libvirt-daemon",
    "virsh": "libvirt-clients",
    "lspci": "pciutils",
    "busybox": "busybox-static",
    "umockdev-run": "umockdev",
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}


def _without(program):
    if shutil.which(program, path=PATH):
        return None
    return f"{program} is missing; Debian has it in {PACKAGES[program]}"


def needs(*programs, modules=()):
    """Skip the tests of a file where one of these is missing, and say which."""
    found = [_without(program) for program in programs]
    found += [f"no Python module {name}" for name in modules if find_spec(name) is None]
    reasons = [reason for reason in found if reason]
    return pytest.mark.skipif(bool(reasons), reason="; ".join(reasons))


def no_fuse():
    """Say what a mount lacks here, or nothing."""
    if find_spec("mfusepy") is None:
        return "no Python module mfusepy"
    try:
        ctypes.CDLL("libfuse3.so.3")
    except OSError:
        return "libfuse3.so.3 is missing; Debian has it in libfuse3-3"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse cannot be opened for reading and writing"
    return None


def _fails(*command):
    done = subprocess.run(
        command, env={"PATH": PATH}, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else None


def no_namespaces(prefix):
    """Say why private namespaces are refused to the user of *prefix*, or nothing."""
    flags = "-mn" if not prefix and os.geteuid() == 0 else "-Urmn"
    wrong = _without("unshare") or _fails(*prefix, "unshare", flags, "true")
    return wrong and f"unshare {flags} is refused: {wrong}"


def not_readable(prefix):
    """Say which file of ours the user of *prefix* cannot read or execute, or nothing."""
    code = "import os, sys; sys.exit(not all(os.access(p, os.R_OK) for p in sys.argv[1:]))"
    file = Path(simulator.__file__)
    # setpriv still has its rights when it executes a program; env has none.
    started = (*prefix, "env", sys.executable)
    wrong = _without(prefix[0]) or _fails(*started, "-c", "import encodings")
    if wrong:
        return f"uid {NOBODY} cannot execute {sys.executable}: {wrong}"
    wrong = _fails(*started, "-P", "-c", code, file)
    return None if wrong is None else f"uid {NOBODY} cannot read {file} {wrong}"
