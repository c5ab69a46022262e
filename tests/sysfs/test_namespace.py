"""`mdevsim run`: what the command finds, how it ends, what is left, and what is missing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sysfs.running import TIMEOUT, USERS, mdevsim, needs, next_line, python, run, shell

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
OTHER = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
READY = "echo $$; exec sleep 60"


def mounts():
    """Mounts of a run that the machine itself shows; those of ``mdevsim mount`` lie elsewhere."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    places = {line: line.split()[4] for line in lines if "mdevsim" in line}
    return [line for line, place in places.items() if place.startswith(("/sys", "/run", "/etc"))]


def below_tmp():
    """What lies where temporary files would."""
    return {path for top in ("/tmp", "/run", "/var/tmp") for path in Path(top).glob("*mdevsim*")}


def has_ended(process):
    """Whether a process, ours or not, has ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state.split()[0] == "Z"


def wait_for(condition):
    """Wait until it holds, or fail."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Running:
    """A run in the background whose command prints lines."""

    def __init__(self, *words, user="root"):
        needs(user)
        self.process = subprocess.Popen(
            mdevsim("run", *words, user=user),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate(timeout=TIMEOUT)

    def line(self):
        """The next line of the command."""
        return next_line(self.process.stdout)


@pytest.mark.parametrize("user", USERS)
def test_what_the_command_finds(user):
    """The command is root over a whole /sys, with its own /run and environment."""
    script = """
    id -u; ls -d /sys/bus/pci /sys/class/mdev_bus /sys/kernel/iommu_groups
    ls /run; ls $MDEVSIM_CONTROL/kernel; echo $SYSTEMD_DEVICE_VERIFY_SYSFS ${RUST_BACKTRACE-unset}
    ls /sys/class/net; cat /proc/net/dev | grep -c :
    """
    environment = os.environ | {"RUST_BACKTRACE": "1"}
    done = shell(script, user=user, env=environment)
    assert done.stdout.split() == [
        *("0", "/sys/bus/pci", "/sys/class/mdev_bus", "/sys/kernel/iommu_groups"),
        *("libvirt", "lock", "mdevsim", "udev", "/run/mdevsim/kernel", "0", "unset", "1"),
    ]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -TERM $$"], 128 + signal.SIGTERM),
        (["sh", "-c", "kill -KILL $$"], 128 + signal.SIGKILL),
        (["/etc/passwd"], 126),
        (["no-such-command"], 127),
    ],
)
def test_exit_status(command, status):
    """The exit status is the command's, as a shell would give it."""
    assert run("--", *command, check=False).returncode == status


def test_ignored_children():
    """A caller that ignores the end of its children gets the exit status all the same."""
    needs()
    code = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execvp(sys.argv[1], sys.argv[1:])
"""
    words = [sys.executable, "-c", code, *mdevsim("run", "--", "sh", "-c", "exit 7")]
    done = subprocess.run(words, capture_output=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 7, done.stderr


def test_usage():
    """Without a command, or with a host and a vendor, it says how to write it."""
    for words in (["mtty"], ["--"], ["mtty", "--vendor", "i915", "--", "true"]):
        done = subprocess.run(
            mdevsim("run", *words), capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        assert done.returncode == 2
        assert "Error: " in done.stderr


def test_working_directory_and_streams(tmp_path):
    """The command runs where it was called, and reads and writes what it was given."""
    done = shell("pwd; cat; echo said >&2", input="told", cwd=tmp_path)
    assert (done.stdout, done.stderr) == (f"{tmp_path}\ntold", "said\n")


def test_definitions_are_kept(tmp_path):
    """A directory that is given is mdevctl's /etc/mdevctl.d, and keeps what is written there."""
    shell("echo x > /etc/mdevctl.d/kept", "--definitions", str(tmp_path))
    assert (tmp_path / "kept").read_text() == "x\n"
    assert (tmp_path / "scripts.d/callouts").is_dir()


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_are_passed_on(number, user):
    """A signal ends the command, all that it left, and then us; nothing of it stays."""
    before = below_tmp()
    script = "sleep 60 & echo $!; echo $$; wait"
    with Running("--", "sh", "-c", script, user=user) as running:
        processes = [running.line(), running.line()]
        running.process.send_signal(number)
        assert running.process.wait(TIMEOUT) == 128 + number
        wait_for(lambda: all(map(has_ended, processes)))
    assert mounts() == []
    assert below_tmp() == before


IN_REMOVE = f"""
echo {UUID} > $MDEVSIM_CONTROL/open
(while [ -e /sys/bus/mdev/devices/{UUID} ]; do sleep 0.01; done; echo asleep) &
echo 1 > /sys/bus/mdev/devices/{UUID}/remove
"""
IN_CREATE = f"""
echo delay probe all 3000 > $MDEVSIM_CONTROL/faults
(until [ -e /sys/bus/mdev/devices/{OTHER} ]; do sleep 0.01; done; echo asleep) &
echo {OTHER} > /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create
"""


@pytest.mark.parametrize("script", [IN_REMOVE, IN_CREATE])
def test_a_sleeping_writer_does_not_hold_us(script):
    """A signal ends a run whose command sleeps in remove, or in a create that is delayed."""
    with Running("mtty", "--", "bash", "-c", script) as running:
        assert running.line() == "asleep"
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(TIMEOUT) == 128 + signal.SIGTERM


def test_a_client_that_dies():
    """A client that is killed between open and close disturbs nobody."""
    script = f"""
    import os, signal, subprocess, sys
    for path in ("remove", "uevent"):
        code = "import os,sys; os.open(sys.argv[1], os.O_WRONLY); os.kill(os.getpid(), 9)"
        path = "/sys/bus/mdev/devices/{UUID}/" + path
        assert subprocess.run([sys.executable, "-c", code, path]).returncode == -9
    fd = os.open(path.replace("uevent", "remove"), os.O_WRONLY)
    os.write(fd, b"1")
    print(os.listdir("/sys/bus/mdev/devices"))
    """
    lines = "\n".join(line.removeprefix("    ") for line in script.split("\n"))
    assert python(lines, "mtty").stdout == "[]\n"
    assert mounts() == []


@pytest.mark.parametrize("user", USERS)
def test_a_killed_server(user):
    """When we are killed, clients get ENOTCONN at once, and another run works."""
    script = "echo ready; read word; ls /sys 2>&1; echo $$"
    with Running("--", "bash", "-c", script, user=user) as running:
        assert running.line() == "ready"
        running.process.kill()
        running.process.wait(TIMEOUT)
        running.process.stdin.write(b"go\n")
        assert running.line().endswith("Transport endpoint is not connected")
        last = running.line()
        wait_for(lambda: has_ended(last))
    assert mounts() == []
    assert shell("ls /sys/class", user=user).stdout


def test_udevd():
    """With --udev the rule of mdevctl runs, and udevd ends with us, even if we are killed."""
    script = "udevadm settle --timeout=10; echo $?; pgrep -n systemd-udevd; read word"
    if not Path("/lib/systemd/systemd-udevd").exists():
        needs_udev = "systemd-udevd is missing; Debian has it in udev"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(needs_udev)
    with Running("--udev", "--", "bash", "-c", script) as running:
        assert running.line() == "0"
        daemon = running.line()
        running.process.kill()
        running.process.wait(TIMEOUT)
        wait_for(lambda: has_ended(daemon))


# ---- what may be missing


def said_without(change, *words, user="root", **more):
    """What a run says after a change to the machine, made in a mount namespace of its own."""
    needs(user)
    command = mdevsim("run", *words, "--", "true", user=user)
    if change:
        script = f'{change} || exit 99; exec "$@"'
        private = ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"]
        if os.geteuid():
            private.insert(1, "-Ur")
        command = [*private, *command]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT, check=False, **more
    )
    assert done.returncode == 2, done.stderr
    return done.stderr


# A copy of the node, so that the machine's own keeps its mode; `below_tmp` does not count it.
CLOSE = """
cp -a /dev/fuse /tmp/.closed-fuse && mount --bind /tmp/.closed-fuse /dev/fuse &&
chmod 600 /dev/fuse && rm /tmp/.closed-fuse
"""
MISSING = [
    ("mount -t tmpfs none /dev", "root", "no /dev/fuse (No such file or directory); needed: "),
    ("mount --bind /dev/null /dev/fuse", "root", "cannot mount: "),
    (CLOSE.strip(), "nobody", "no access to /dev/fuse (Permission denied); needed: "),
]


@pytest.mark.parametrize(("change", "user", "words"), MISSING)
def test_missing_device(change, user, words):
    """Without /dev/fuse, or where it is closed or no such device, one line says so."""
    said = said_without(change, user=user)
    assert said.startswith("mdevsim: ")
    assert words in said
    assert said.count("\n") == 1


def test_missing_library():
    """Without libfuse3, or with libfuse2 in its place, one line names the package."""
    for library in ("/nonexistent/libfuse3.so.3", "libc.so.6"):
        said = said_without("", env=os.environ | {"FUSE_LIBRARY_PATH": library})
        assert said.count("\n") == 1
        assert "needed: the Debian package libfuse3-3" in said


def test_missing_extra(tmp_path):
    """Without mfusepy one line names the extra."""
    (tmp_path / "mfusepy.py").write_text("raise ImportError")
    before = os.environ.get("PYTHONPATH", "")
    path = f"{tmp_path}:{before}" if before else str(tmp_path)
    said = said_without("", env=os.environ | {"PYTHONPATH": path})
    assert said == "mdevsim: no Python module mfusepy; needed: pip install 'mdevsim[fuse]'\n"


def test_missing_user_namespaces():
    """Where no more user namespaces are permitted, one line names the setting."""
    needs("nobody")
    # A limit of the new namespace, so the machine's own stays.
    inner = [sys.executable, "-P", "-m", "simulator.cli", "run", "--", "true"]
    script = """
    echo 0 > /proc/sys/user/max_user_namespaces || exit 99
    exec setpriv --bounding-set=-all --inh-caps=-all --securebits=+noroot "$@"
    """
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", script, "sh", *inner],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("mdevsim: no new user namespace (No space left on device)")
    assert "sysctl user.max_user_namespaces" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_user_namespace_without_capabilities():
    """Where the maps of the new user namespace cannot be written, one line names the setting."""
    said = said_without("mount --bind -o ro /proc /proc", user="nobody")
    assert said.startswith("mdevsim: no root in the new user namespace (")
    assert "sysctl kernel.apparmor_restrict_unprivileged_userns=0" in said
    assert said.count("\n") == 1
