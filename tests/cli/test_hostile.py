"""``--hostile`` of ``run`` and ``mount``: what is said, what is repeated, and when uevents come."""

import subprocess
import sys

import pytest
from sysfs.running import TIMEOUT, mdevsim, needs, next_line, run, shell

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
LIST = (
    "cd /sys/devices/virtual; ls -fR . | grep -v '^\\.'; cat mtty/mtty/mdev_supported_types/*/*a*"
)


def hostile(script, seed, *options):
    """Run a shell script with a hostile mtty."""
    return shell(script, "--vendor", "mtty", "--hostile", seed, *options, check=False)


def test_a_seed_is_told_as_it_is_repeated():
    """Standard error says what to write for the same again: the seed with what it chose."""
    first = hostile(LIST, "4")
    said = first.stderr.splitlines()[0]
    assert said.startswith("mdevsim: --hostile 4:")
    again = hostile(LIST, said.removeprefix("mdevsim: --hostile "))
    assert again.stderr == first.stderr
    assert again.stdout == first.stdout
    assert hostile(LIST, "5:order,types,short").stdout != first.stdout


def test_the_log_tells_what_varies(tmp_path):
    """Each thing that varies is a line of the log, written at once; without it nothing is said."""
    log = tmp_path / "log"
    script = f"cat /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-*/name >/dev/null; cat {log}"
    done = hostile(script, "1:name", "--hostile-log", log)
    place = "/devices/virtual/mtty/mtty/mdev_supported_types/mtty-"
    assert done.stdout
    assert all(line.startswith(f"name: {place}") for line in done.stdout.splitlines())
    assert log.read_text() == done.stdout
    assert done.stderr == "mdevsim: --hostile 1:name\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--hostile", "x"], "not a seed; expected a number from 0, such as 7 or 7:order,short"),
        (["--hostile", "1:sort"], "no variation sort; expected order, optional, "),
        (["--hostile-log", "log"], "--hostile-log tells of --hostile; give both"),
        (["--hostile", "1", "--hostile-log", "/nonexistent/log"], "No such file or directory"),
    ],
)
@pytest.mark.parametrize("verb", ["run", "mount"])
def test_mistakes(quick, tmp_path, verb, words, said):
    """What is wrong is said, with status 2."""
    end = ["--", "true"] if verb == "run" else [tmp_path]
    answer = quick(verb, *words, *end)
    assert (answer.status, answer.out) == (2, "")
    assert said in " ".join(answer.err.split())


LISTEN = f"""
import os, socket, sys

events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 15)
events.bind((0, 1))
parent = "/sys/devices/virtual/mtty/mtty"

def write(path, text):
    descriptor = os.open(path, os.O_WRONLY)
    os.write(descriptor, text)
    os.close(descriptor)

def heard():
    found = []
    while True:
        try:
            found.append(events.recv(9999).partition(b"@")[0].decode())
        except BlockingIOError:
            return found

for _ in range(8):
    write(parent + "/mdev_supported_types/mtty-1/create", b"{UUID}")
    print(*heard())
    write(parent + "/{UUID}/remove", b"1")
    print(*heard())
"""


def test_a_late_uevent_comes_before_the_answer():
    """Who writes waits for the uevent: udevadm settle would miss it otherwise."""
    done = run("--vendor", "mtty", "--hostile", "1:late", "--", sys.executable, "-c", LISTEN)
    assert done.stdout.splitlines() == ["add bind", "unbind remove"] * 8


EARLY = f"""
import os, socket, sys, threading

events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
events.bind((0, 1))
parent = "/sys/devices/virtual/mtty/mtty"
uuids = ["{UUID[:-1]}%x" % number for number in range(12)]

def create():
    for uuid in uuids:
        with open(parent + "/mdev_supported_types/mtty-1/create", "w") as file:
            file.write(uuid)

thread = threading.Thread(target=create)
thread.start()
early = 0
for uuid in uuids:
    while not events.recv(9999).startswith(b"add@"):
        pass
    early += not os.path.lexists(f"{{parent}}/{{uuid}}/mdev_type")
thread.join()
print(early > 0)
"""


@pytest.mark.parametrize(("kernel", "is_early"), [("4.18", True), ("5.2", False), ("6.1", True)])
def test_add_may_come_before_the_links(kernel, is_early):
    """With a slow driver a listener sees ``add`` when ``mdev_type`` is not there, but in 5.2."""
    options = ("--vendor", "mtty", "--kernel", kernel, "--hostile", "1:slow")
    done = run(*options, "--", sys.executable, "-c", EARLY)
    assert done.stdout == f"{is_early}\n"


def test_a_mounted_tree(tmp_path):
    """A mount is hostile, too."""
    needs()
    root = tmp_path / "sys"
    root.mkdir()
    words = mdevsim("mount", root, "--vendor", "mtty", "--hostile", "1:types")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    try:
        assert next_line(process.stdout).startswith("mounted: ")
        types = root / "class/mdev_bus/mtty/mdev_supported_types"
        assert len(list(types.iterdir())) > 2
    finally:
        process.terminate()
        _, said = process.communicate(timeout=TIMEOUT)
    assert said == b"mdevsim: --hostile 1:types\n"
