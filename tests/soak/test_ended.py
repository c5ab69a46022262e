"""A soak that is ended before its time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clients.missing import needs, no_fuse, no_namespaces

TESTS = Path(__file__).parents[1]
PATIENCE = 60.0


def _stat(process):
    """Return the parent of a process and when it began; None if it is not there, or a zombie."""
    try:
        text = Path(f"/proc/{process}/stat").read_text("ascii")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else (int(fields[1]), int(fields[19]))


def _below(top):
    """Return the descendants of a process, each with when it began."""
    names = (path.name for path in Path("/proc").iterdir())
    stats = {int(one): _stat(one) for one in names if one.isdecimal()}
    found = {}
    waiting = [top]
    while waiting:
        above = waiting.pop()
        children = [one for one, stat in stats.items() if stat and stat[0] == above]
        found |= {one: stats[one][1] for one in children}
        waiting += children
    return found


def _until(what):
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def _is_client(process):
    try:
        return b"soak.clients" in Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _named(number):
    return number.name


@needs("mdevctl")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=_named)
def test_nothing_is_left(tmp_path, number):
    """A signal to the main process ends the simulator, its clients and what they have started."""
    if wrong := no_fuse() or no_namespaces(()):
        pytest.skip(wrong)
    main = subprocess.Popen(
        [sys.executable, "-P", "-m", "soak", "--seconds", "600"],
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(TESTS), "TMPDIR": str(tmp_path)},
    )
    below = {}

    def is_running():
        below.update(_below(main.pid))
        # The command of `mdevsim run` has clients of its own: so it works.
        return sum(map(_is_client, below)) > 1 and len(below) > 2

    try:
        _until(is_running)
        main.send_signal(number)
        _out, err = main.communicate(timeout=PATIENCE)
    finally:
        main.kill()
    if number is signal.SIGTERM:
        assert (main.returncode, err) == (128 + number, b"")
    _until(lambda: not [one for one, begun in below.items() if (_stat(one) or (0, 0))[1] == begun])
    assert not list(tmp_path.iterdir())
