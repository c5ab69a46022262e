"""The mounted tree as programs see it: what they print, and what they find after each other."""

import errno
import json
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sysfs.running import USERS, open_to_all, python, run, shell

from simulator.cli.live import make_live
from simulator.compat.schemes import load_builtin
from simulator.errors import MdevError
from simulator.host import load_host

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
OTHER = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
PARENT = "/sys/class/mdev_bus/mtty"
TYPE = f"{PARENT}/mdev_supported_types/mtty-2"
MTTY = """\
kernel: "6.1"
parents:
  - driver: mtty
    options: {ports: 24}
"""
EPERM, EACCES = "Operation not permitted", "Permission denied"
REFUSALS = [
    (f"cat {TYPE}/create", EACCES),
    (f"echo 1 > {TYPE}/name", EACCES),
    (f"touch {TYPE}/new", EACCES),
    (f"mkdir {TYPE}/new", EPERM),
    (f"rm -f {TYPE}/name", EPERM),
    (f"ln -s name {TYPE}/new", EPERM),
    (f"ln {TYPE}/name {TYPE}/new", EPERM),
    (f"mv {TYPE}/name {TYPE}/new", EPERM),
    (f"rmdir {TYPE}/devices", EPERM),
    (f"mknod {TYPE}/new p", EPERM),
    (f"printf bad > {TYPE}/create", "Invalid argument"),
]


@pytest.fixture
def host(tmp_path):
    """An mtty that every user may read."""
    open_to_all(tmp_path)
    path = tmp_path / "host.yaml"
    path.write_text(MTTY)
    return path


@pytest.mark.parametrize("user", USERS)
def test_tools_are_refused_as_on_sysfs(host, user):
    """Each tool prints the words of sysfs for what cannot be done there, root or not."""
    script = "; ".join(f"({line}) 2>&1" for line, _ in REFUSALS)
    done = run(host, "--", "bash", "-c", script, user=user, check=False)
    said = done.stdout.splitlines()
    assert len(said) == len(REFUSALS)
    for line, (command, words) in zip(said, REFUSALS, strict=True):
        assert line.endswith(words), command


STAT = f"""
import os, stat, time
def show(path):
    found = os.lstat(path)
    print(stat.filemode(found.st_mode), found.st_size, found.st_blocks, found.st_nlink)
show("{TYPE}/name"); show("{TYPE}/create"); show("{TYPE}/devices"); show("{PARENT}")
print(0 <= time.time() - os.stat("{TYPE}/name").st_mtime < 60)
os.truncate("{TYPE}/name", 0)
os.chmod("{TYPE}/name", 0o600)
os.utime("{TYPE}/name", (1, 2))
os.chown("{TYPE}/name", -1, -1)
show("{TYPE}/name")
fd = os.open("{TYPE}/name", os.O_RDWR | os.O_TRUNC | os.O_CREAT)
print(os.fstat(fd).st_size, os.read(fd, 4096), os.read(fd, 4096), os.pread(fd, 3, 2))
print(sorted(e.name for e in os.scandir("{TYPE}") if e.is_file(follow_symlinks=False)))
print([e.is_symlink() for e in os.scandir("/sys/class/mdev_bus")])
try:
    os.getxattr("{TYPE}/name", "user.x")
except OSError as error:
    print(error.strerror)
"""


def test_stat_and_permissions(host):
    """Sizes, modes, times, links and types of entries are those of sysfs; chmod sticks."""
    assert python(STAT, host).stdout.splitlines() == [
        "-r--r--r-- 4096 0 1",
        "--w------- 4096 0 1",
        "drwxr-xr-x 0 0 2",
        "lrwxrwxrwx 0 0 1",
        "True",
        "-rw------- 4096 0 1",
        "4096 b'Dual port serial\\n' b'' b'al '",
        "['available_instances', 'create', 'device_api', 'name']",
        "[True]",
        "Operation not supported",
    ]


WRITES = f"""
import os
fd = os.open("{TYPE}/create", os.O_WRONLY)
print(os.pwrite(fd, b"{UUID}\\n", 3))
for data in (b"{OTHER}" + b"x" * 5000, b"x" * 300000, b""):
    try:
        print(os.write(fd, data))
    except OSError as error:
        print(error.strerror)
fd = os.open("/sys/bus/mdev/devices/{UUID}/uevent", os.O_WRONLY)
print(os.write(fd, b"change"), os.writev(fd, [b"cha", b"nge"]))
"""


def test_one_write_is_one_store(host):
    """A write reaches the store once and whole, wherever it is in the file and however long."""
    said = python(WRITES, host).stdout.splitlines()
    assert said == ["37", "Invalid argument", "Invalid argument", "0", "6 6"]


GOING = f"""
import os
def write(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    try:
        return os.write(fd, data)
    finally:
        os.close(fd)
link = "/sys/bus/mdev/devices/{UUID}"
home = os.path.realpath("{PARENT}") + "/{UUID}"
types = ("mtty-1", "mtty-2")
for turn in range(200):
    one = types[turn % 2]
    write(f"{PARENT}/mdev_supported_types/{{one}}/create", b"{UUID}")
    assert os.readlink(link + "/mdev_type").endswith(one), turn
    group = os.path.realpath(link + "/iommu_group")
    names = [link, home, f"{PARENT}/mdev_supported_types/{{one}}/devices/{UUID}", group,
             group + "/devices/{UUID}", "/sys/bus/mdev/drivers/" +
             os.path.basename(os.readlink(link + "/driver")) + "/{UUID}"]
    for name in names:
        os.lstat(name)
    kept = os.open(home + "/uevent", os.O_RDONLY)
    write(link + "/remove", b"1")
    for name in names:
        assert not os.path.lexists(name), (turn, name)
    try:
        os.read(kept, 10)
    except OSError as error:
        assert error.errno == 19
    else:
        raise AssertionError("a file outlived its device")
    os.close(kept)
print("right")
"""


def test_what_goes_is_gone_at_once(host):
    """After a remove no name of the device is found, and a new one of the UUID is a new device."""
    assert python(GOING, host).stdout == "right\n"


SLEEPING = f"""
echo {UUID} > {TYPE}/create
echo {UUID} > $MDEVSIM_CONTROL/open
(echo 1 > /sys/bus/mdev/devices/{UUID}/remove; echo removed) &
n=0
while [ -e /sys/bus/mdev/devices/{UUID}/mdev_type ]; do
    n=$((n + 1)); [ $n -lt 1000 ] || exit 9; sleep 0.01
done
echo sleeping; cat {TYPE}/device_api
echo {UUID} > $MDEVSIM_CONTROL/close
wait
ls /sys/bus/mdev/devices
"""


def test_a_writer_sleeps_in_remove(host):
    """A remove of an open device is answered at its close, and others are served meanwhile."""
    done = shell(SLEEPING, host)
    assert done.stdout.splitlines() == ["sleeping", "vfio-pci", "removed"]


LINKS = """
import os
from simulator.sysfs.entries import FixedDirectory
from simulator.sysfs.fuse import Mount
from simulator.sysfs.linux import umount
from simulator.sysfs.notices import Notices
from simulator.sysfs.tree import Tree
os.mkdir("/run/place")
os.symlink("/run/place", "/run/link")
os.symlink("/sys", "/run/mounted")
mount = Mount({"": Tree(FixedDirectory())}, "/run/link", Notices(print))
for call in (mount.start, lambda: umount("/run/mounted")):
    try:
        call()
    except OSError as error:
        print(error.strerror)
print(os.path.ismount("/run/place"), os.path.ismount("/sys"))
"""


def test_links_are_not_followed():
    """Where a link has taken the place of a directory, nothing is mounted or unmounted."""
    assert python(LINKS).stdout.splitlines() == [
        "Not a directory",
        "Invalid argument",
        "False True",
    ]


CROWD = """
import os, sys, uuid
from multiprocessing import get_context
path, rounds, n_clients, each = "/sys/class/mdev_bus/mdpy/mdev_supported_types/mdpy-vga", *map(
    int, sys.argv[1:])
def write(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    try:
        os.write(fd, data.encode())
    finally:
        os.close(fd)
def available():
    with open(f"{path}/available_instances") as file:
        return int(file.read())
def fails(error, *call):
    try:
        call[0](*call[1:])
    except error:
        return
    raise AssertionError(call)
def client(number, barrier, total):
    uuids = [str(uuid.UUID(int=(number << 64) + one)) for one in range(1, each + 1)]
    for _ in range(rounds):
        for one in uuids:
            write(f"{path}/create", one)
            fails(FileExistsError, write, f"{path}/create", one)
            assert total - n_clients * each <= available() < total
        barrier.wait(100)
        assert available() == total - n_clients * each
        names = os.listdir("/sys/bus/mdev/devices")
        assert len(set(names)) == len(names) == n_clients * each
        barrier.wait(100)
        for one in uuids:
            write(f"/sys/bus/mdev/devices/{one}/remove", "1")
            fails(FileNotFoundError, os.lstat, f"/sys/bus/mdev/devices/{one}")
            assert total - n_clients * each < available() <= total
        barrier.wait(100)
        assert available() == total and not os.listdir("/sys/bus/mdev/devices")
        barrier.wait(100)
context = get_context("fork")
barrier, total = context.Barrier(n_clients), available()
clients = [context.Process(target=client, args=(n, barrier, total)) for n in range(n_clients)]
for one in clients:
    one.start()
for one in clients:
    one.join()
print({one.exitcode for one in clients}, rounds * n_clients * each)
"""


def test_eight_clients_at_once(tmp_path):
    """Eight clients create and remove at once: instances are conserved, nothing is there twice."""
    rounds = 50 if os.environ.get("CI") == "true" else 2
    path = tmp_path / "host.yaml"
    path.write_text("parents: [{driver: mdpy, options: {count: 1000}}]\n")
    done = python(CROWD, path, arguments=(rounds, 8, 50), timeout=600)
    assert done.stdout == f"{{0}} {rounds * 400}\n"


# ---- the tree in the process and the mounted one

FILES = ("available_instances", "create", "name", "device_api", "new", "devices", "description")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("write"),
            st.sampled_from([f"{TYPE}/{name}" for name in FILES]),
            st.sampled_from([UUID, f"{OTHER}\n", UUID.upper(), "bad", "1"]),
        ),
        st.tuples(
            st.just("write"),
            st.sampled_from(
                [
                    f"/sys/bus/mdev/devices/{uuid}/{name}"
                    for uuid in (UUID, OTHER)
                    for name in ("remove", "uevent", "mdev_type", "power/control", "missing")
                ]
            ),
            st.sampled_from(["1", "0", "change", "on\n", "bad"]),
        ),
        st.tuples(
            st.sampled_from(["read", "list", "link", "stat"]),
            st.sampled_from(
                [f"{TYPE}/{name}" for name in FILES]
                + [f"/sys/bus/mdev/devices/{uuid}" for uuid in (UUID, OTHER)]
                + [f"/sys/bus/mdev/devices/{UUID}/{name}" for name in ("mdev_type", "uevent")]
                + ["/sys/bus/mdev/devices", "/sys/class/mdev_bus", "/sys/kernel/iommu_groups"]
            ),
            st.just(""),
        ),
    ),
    min_size=5,
    max_size=30,
)
REPLAY = """
import json, os, sys
def step(what, path, text):
    try:
        if what == "list":
            return sorted(os.listdir(path))
        if what == "link":
            return os.readlink(path)
        if what == "stat":
            found = os.lstat(path)
            return [found.st_mode, found.st_size]
        fd = os.open(path, os.O_WRONLY if what == "write" else os.O_RDONLY)
        try:
            return os.write(fd, text.encode()) if what == "write" else os.read(fd, 9999).decode()
        finally:
            os.close(fd)
    except OSError as error:
        return error.errno
for sequence in json.loads(sys.stdin.read()):
    answers = [step(*one) for one in sequence]
    for uuid in os.listdir("/sys/bus/mdev/devices"):
        step("write", f"/sys/bus/mdev/devices/{uuid}/remove", "1")
    print(json.dumps(answers))
"""


def in_process(tree, what, path, text):
    """One step on the tree itself. The kernel follows a last link for open and list."""
    path = path.removeprefix("/sys")
    try:
        if what == "list":
            return sorted(tree.list(f"{path}/"))
        if what == "link":
            return tree.readlink(path)
        if what == "stat":
            found = tree.stat(path)
            return [found.mode, found.size]
        if what in {"read", "write"} and is_directory(tree, path):
            return errno.EISDIR
        with tree.open(path, reading=what == "read", writing=what == "write") as file:
            return file.write(text.encode()) if what == "write" else file.read(9999).decode()
    except MdevError as error:
        return error.errno


def is_directory(tree, path):
    """Whether a path leads to a directory."""
    try:
        tree.list(f"{path}/")
    except MdevError:
        return False
    return True


def replayed(sequences):
    """What the tree in this process answers to sequences of steps."""
    tree = make_live(load_host("mtty", MTTY.encode(), load_builtin), 0).tree
    for sequence in sequences:
        yield [in_process(tree, *one) for one in sequence]
        for uuid in tree.list("/bus/mdev/devices"):
            in_process(tree, "write", f"/bus/mdev/devices/{uuid}/remove", "1")


# A run takes too long to make an example small: the first step that differs is shown instead.
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(sequences=st.lists(STEPS, min_size=10, max_size=30))
def test_the_mount_answers_as_the_tree(host, sequences):
    """A sequence of system calls gets the same bytes and errnos from the mount as from the tree."""
    done = python(REPLAY, host, input=json.dumps(sequences))
    for sequence, line, answers in zip(
        sequences, done.stdout.splitlines(), replayed(sequences), strict=True
    ):
        steps = zip(sequence, json.loads(line), answers, strict=True)
        assert [one for one in steps if one[1] != one[2]] == []
