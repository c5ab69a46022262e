"""`mdevsim mount`: where it mounts, who sees it, how it ends, and what it refuses."""

import os
import signal
import subprocess
from pathlib import Path
from time import monotonic

import pytest
from sysfs.running import (
    NOBODY,
    TIMEOUT,
    USERS,
    as_user,
    mdevsim,
    needs,
    next_line,
    open_to_all,
)

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"


@pytest.fixture
def directory(tmp_path):
    """An empty directory that every user may reach and use."""
    open_to_all(tmp_path)
    made = tmp_path / "sys"
    made.mkdir()
    made.chmod(0o777)
    if not os.geteuid():
        os.chown(made, NOBODY, NOBODY)
    yield made
    command = ["fusermount3", "-u", "-z", "-q", str(made)]
    subprocess.run(command, check=False, timeout=TIMEOUT, capture_output=True)


class Mounted:
    """A mount in the background."""

    def __init__(self, *words, user="root"):
        needs(user)
        self.process = subprocess.Popen(
            mdevsim("mount", *words, user=user),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )

    def __enter__(self):
        assert next_line(self.process.stdout).startswith("mounted: "), self.process.stderr.read()
        return self

    def __exit__(self, *_):
        # Not killed: it has to unmount.
        self.process.terminate()
        try:
            self.process.communicate(timeout=TIMEOUT)
        finally:
            self.process.kill()


def is_mounted(path):
    """Whether the machine shows a mount there."""
    return f" {path} " in Path("/proc/self/mountinfo").read_text(encoding="utf-8")


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_until_a_signal(directory, user, number):
    """It shows the tree to its user alone, and unmounts at a signal with status 0."""
    with Mounted(directory, "mtty", user=user) as mounted:
        listed = subprocess.run(
            [*as_user(user), "ls", directory / "class/mdev_bus"],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=True,
        )
        assert listed.stdout == "mtty\n"
        if not os.geteuid():
            other = "nobody" if user == "root" else "root"
            command = [*as_user(other), "ls", directory]
            refused = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
            assert refused.returncode != 0
        mounted.process.send_signal(number)
        assert mounted.process.wait(TIMEOUT) == 0
    assert not is_mounted(directory)


def test_until_an_unmount(directory):
    """It ends when somebody unmounts it."""
    with Mounted(directory) as mounted:
        subprocess.run(["fusermount3", "-u", directory], check=True, timeout=TIMEOUT)
        assert mounted.process.wait(TIMEOUT) == 0


def test_a_forced_unmount(directory, tmp_path):
    """When somebody aborts it while a writer sleeps there, it ends and takes the mount away."""
    if os.geteuid():
        pytest.skip("root is missing, who alone may use umount -f")
    control = tmp_path / "control"
    control.mkdir()
    with Mounted(directory, "mtty", "--control", control) as mounted:
        device = directory / f"bus/mdev/devices/{UUID}"
        (control / "open").write_text(UUID)
        script = f"echo $$; exec 2> {tmp_path}/said; echo 1 > {device}/remove"
        writer = subprocess.Popen(["bash", "-c", script], stdout=subprocess.PIPE, bufsize=0)
        with writer.stdout:
            next_line(writer.stdout)
        deadline = monotonic() + TIMEOUT
        while os.path.lexists(device):
            assert monotonic() < deadline
        command = ["umount", "-f", directory]
        subprocess.run(command, check=False, timeout=TIMEOUT, capture_output=True)
        assert mounted.process.wait(TIMEOUT) == 0
        assert writer.wait(TIMEOUT) == 1
    assert not is_mounted(directory)
    assert not is_mounted(control)


def test_control_beside_it(directory, tmp_path):
    """The control directory acts on the mounted tree, and names that go there are gone here."""
    control = tmp_path / "control"
    control.mkdir()
    with Mounted(directory, "mtty", "--control", control):
        assert (directory / "class/mdev_bus/mtty").is_dir()
        device = directory / f"bus/mdev/devices/{UUID}"
        assert device.is_dir()
        # One write of os: a buffered writer may split.
        number = os.open(control / "unregister", os.O_WRONLY)
        os.write(number, b"mtty")
        os.close(number)
        assert not os.path.lexists(device)
        assert not os.path.lexists(directory / "class/mdev_bus/mtty")


def test_others_when_asked(directory):
    """With --allow-other another user sees it, if the mounting one is root."""
    if os.geteuid():
        pytest.skip("root is missing, who alone may always use --allow-other")
    with Mounted(directory, "--allow-other"):
        command = [*as_user("nobody"), "ls", directory / "class"]
        assert subprocess.run(command, timeout=TIMEOUT, check=True, capture_output=True).stdout


def refused(*words, user="root"):
    """What it says when it does not mount."""
    done = subprocess.run(
        mdevsim("mount", *words, user=user),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    return done.stderr


def test_refused_targets(tmp_path):
    """A target that is full, no directory, missing, or in /sys, /proc or /dev is refused."""
    full = tmp_path / "full"
    (full / "something").mkdir(parents=True)
    empty = tmp_path / "empty"
    empty.mkdir()
    link = tmp_path / "link"
    link.symlink_to("/sys/kernel")
    (tmp_path / "file").touch()
    targets = {
        full: "is not empty",
        tmp_path / "file": "Not a directory",
        tmp_path / "missing": "No such file or directory",
        link: "is in /sys, /proc, /dev",
        Path("/sys"): "is in /sys, /proc, /dev",
        Path("/proc/self/fd"): "is in /sys, /proc, /dev",
        Path("/dev/shm"): "is in /sys, /proc, /dev",
        Path("/"): "is in /sys, /proc, /dev",
    }
    for target, words in targets.items():
        assert words in refused(target)
    assert "overlaps" in refused(empty, "--control", empty)


def test_a_dead_mount(directory):
    """The mount of a killed server is refused, with the command that takes it away."""
    with Mounted(directory) as mounted:
        mounted.process.kill()
        mounted.process.wait(TIMEOUT)
        assert f"fusermount3 -u {directory} first" in refused(directory)


def test_allow_other_as_a_user(directory):
    """An ordinary user is told of the line in fuse.conf that --allow-other needs."""
    needs("nobody")
    text = Path("/etc/fuse.conf").read_text() if Path("/etc/fuse.conf").exists() else ""
    if "user_allow_other" in text.split("\n"):
        pytest.skip("/etc/fuse.conf has user_allow_other")
    assert "user_allow_other" in refused(directory, "--allow-other", user="nobody")


def test_missing_fusermount(directory, tmp_path):
    """An ordinary user without fusermount3 is told of the package."""
    needs("nobody")
    command = mdevsim("mount", directory, user="nobody")
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        env=os.environ | {"PATH": str(tmp_path)},
    )
    if not os.geteuid():
        assert done.returncode == 2, done.stderr
        assert done.stderr == "mdevsim: no fusermount3; needed: the Debian package fuse3\n"
