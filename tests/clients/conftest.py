"""
Real clients inside ``mdevsim run``.

Each test writes a shell script, runs it with a simulated ``/sys``, and looks at what it printed.
A test is skipped only where a piece of the machine is missing, by name.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from clients.missing import AS_NOBODY, NOBODY, PATH, no_fuse, no_namespaces, not_readable

import simulator

GOLDEN = Path(__file__).parent / "golden"
HOST = """\
kernel: 6.1
parents:
  - driver: i915
    path: /sys/devices/pci0000:00/0000:00:02.0
    options: {pci_id: 8086191b, aperture_mb: 384}
"""
"""The GPU of which clients.md tells what clients say: two V5_4 or one V5_2."""

PRELUDE = r"""
set -u
P=0000:00:02.0
PD=/sys/devices/pci0000:00/$P
TYPES=$PD/mdev_supported_types
MDEVS=/sys/bus/mdev/devices
A=c2177883-f1bb-47f0-914d-32a22e3a8804
B=33333333-2222-3333-4444-555555555555
C=d2177883-f1bb-47f0-914d-32a22e3a8804
STARTED=
# Show a command, what it prints, and its exit status.
say() { printf '$ %s\n' "$*"; "$@" 2>&1; printf '[%s]\n' "$?"; }
# Try a command until it succeeds, or end the script after 30 s.
wait_for() {
    local end=$((SECONDS + 30))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || { echo "waited in vain for: $*" >&2; exit 97; }
        sleep 0.02
    done
}
fails() { ! "$@"; }
# Run a command in the background, into a file, until the script ends.
start() { local log=$1; shift; "$@" >"$log" 2>&1 & STARTED="$! $STARTED"; }
cleanup() { local pid; for pid in $STARTED; do kill "$pid"; wait "$pid"; done 2>/dev/null; }
trap cleanup EXIT
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a script gave."""

    status: int
    out: str
    err: str

    @property
    def lines(self):
        """The lines of its standard output."""
        return self.out.splitlines()


@dataclass(frozen=True, slots=True)
class User:
    """Who starts ``mdevsim run``, in a directory of his own."""

    prefix: tuple[str, ...]
    home: Path

    @property
    def command(self):
        """The words that start mdevsim as this user."""
        return [*self.prefix, sys.executable, "-P", "-m", "simulator.cli"]

    @property
    def environment(self):
        """The few variables that it starts with; the simulator is the one of this process."""
        return {
            "PATH": PATH,
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(self.home),
            "PYTHONPATH": str(Path(simulator.__file__).parents[1]),
        }

    def write(self, name, text):
        """Write a file into the directory and return its path."""
        path = self.home / name
        path.write_text(text, "utf-8")
        return path


@pytest.fixture(scope="session", params=["root", "nobody"])
def user(request):
    """Root, and then a user without any rights."""
    prefix = () if request.param == "root" or os.geteuid() else AS_NOBODY
    if request.param == "root" and os.geteuid():
        pytest.skip("the tests do not run as root")
    wrong = no_fuse() or no_namespaces(prefix) or (prefix and not_readable(prefix))
    if wrong:
        pytest.skip(wrong)
    home = Path(tempfile.mkdtemp(prefix="clients-"))
    if prefix:
        os.chown(home, NOBODY, NOBODY)
    yield User(prefix, home)
    shutil.rmtree(home)


def run_script(user, words, timeout):
    """Run a command in a session of its own, which is killed as a whole when it takes too long."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            # Files, not pipes: what is left behind cannot keep us waiting.
            stdout=out,
            stderr=err,
            cwd=user.home,
            env=user.environment,
            start_new_session=True,
        )
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            status = process.wait(10)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="backslashreplace"))
    assert status != -signal.SIGKILL, f"not done after {timeout} s: {texts}"
    return Answer(status, *texts)


@pytest.fixture
def live(user):
    """
    Run a script of bash in a simulated machine.

    The GPU of `HOST` is there unless *host* says otherwise. The script has to succeed unless
    *check* is false, and nobody may be left with a traceback.
    """

    def run(script, *options, host=HOST, timeout=120, check=True):
        path = user.write("script", PRELUDE + script)
        words = [*user.command, "run", user.write("host.yaml", host), *options, "--", "bash", path]
        answer = run_script(user, words, timeout)
        assert "Traceback" not in answer.err, answer.err
        assert answer.status == 0 or not check, answer
        return answer

    return run


UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
OURS = re.compile(r"^([0-9a-f])\1{7}-|^[cd]2177883-")
TIME = re.compile(r"\[\d{4}-\d\d-\d\dT[\d:.]+Z (\w+) +(\w+)\]")


def steady(text):
    """Put words in the place of what differs from run to run: new UUIDs and times."""
    text = UUID.sub(lambda m: m[0] if OURS.match(m[0]) else "(a new UUID)", text)
    return TIME.sub(r"[(time) \1 \2]", text)


@pytest.fixture
def golden():
    """
    Compare a text with a file of ``tests/clients/golden``, byte for byte.

    ``MDEVSIM_REGENERATE_GOLDEN=1 pytest tests/clients`` writes the files anew; look at the
    difference.
    """

    def compare(name, text):
        path, text = GOLDEN / f"{name}.txt", steady(text)
        if os.environ.get("MDEVSIM_REGENERATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
