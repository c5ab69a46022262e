"""The pytest plugin: what its fixtures and its marker do in a project that uses mdevsim."""

import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from clients.missing import needs, no_fuse, no_namespaces

pytest_plugins = "pytester"

PLUGIN = "simulator.pytest_plugin"
wrong = no_fuse() or no_namespaces(())
live = pytest.mark.skipif(bool(wrong), reason=str(wrong))


@pytest.fixture
def outcomes(pytester):
    """Run tests with the plugin, in a process of its own, and return what became of them."""
    pytester.makeini("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")

    def run(text, *options, **expected):
        pytester.makepyfile(f"import pytest\n\n\n{text}")
        # Where mdevsim is installed the plugin is there by itself.
        given = () if entry_points(group="pytest11", name="mdevsim") else ("-p", PLUGIN)
        words = ("-p", "no:cacheprovider", *given, *options)
        result = pytester.runpytest_subprocess(*words, timeout=300)
        if expected:
            result.assert_outcomes(**expected)
        return result.stdout.str()

    return run


def test_it_imports_nothing_heavy(tmp_path):
    """A pytest run that does not use the plugin loads nothing of mdevsim but the plugin."""
    code = f"import sys, pytest; before = set(sys.modules); import {PLUGIN};"
    code += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    loaded = {name for name in done.stdout.split() if not name.startswith(("_", f"{PLUGIN}."))}
    assert loaded - set(sys.stdlib_module_names) == {"simulator", PLUGIN}


def test_the_marker_is_known(outcomes):
    """A strict pytest takes the marker, and tells of it."""
    text = "@pytest.mark.mdevsim(vendor='mtty')\ndef test_it():\n    pass\n"
    outcomes(text, passed=1)
    known = outcomes(text, "--markers")
    assert (
        "@pytest.mark.mdevsim(vendor, host, kernel, scheme, faults, seed, udev, hostile): " in known
    )


MACHINE = """
@pytest.mark.mdevsim(vendor="i915", kernel="5.2")
class TestMachine:
    def test_class(self, mdevsim_machine):
        host, tree = mdevsim_machine.host, mdevsim_machine.tree
        assert host.bus.kernel.name == "5.2"
        assert list(tree.list("/class/mdev_bus")) == ["0000:00:02.0"]

    @pytest.mark.mdevsim(vendor="mtty", faults=["fail create 1 EIO"])
    def test_nearest(self, mdevsim_machine):
        host, tree = mdevsim_machine.host, mdevsim_machine.tree
        assert host.bus.kernel.name == "5.2"
        (parent,) = host.bus.parents.values()
        folder = parent.types["mtty-2"].path.removeprefix("/sys")
        create = tree.open(f"{folder}/create", writing=True)
        for answer in (5, None):
            try:
                create.write(b"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001")
            except OSError as error:
                assert error.errno == answer
            else:
                assert answer is None
        assert len(host.mdevs) == 1


def test_no_marker(mdevsim_machine):
    assert mdevsim_machine.host.bus.kernel.name == "6.1"
    assert not mdevsim_machine.host.mdevs
"""


def test_a_machine_within_the_process(outcomes):
    """The nearest marker wins, argument by argument; faults are armed; nothing is mounted."""
    outcomes(MACHINE, passed=3)


def test_a_host_file_beside_the_test(outcomes, pytester):
    """A host file is found beside the test, and a scheme changes what its devices publish."""
    pytester.makefile(".yaml", machine="parents:\n  - driver: mdpy\n")
    text = """
@pytest.mark.mdevsim(host="machine.yaml", scheme="software-version")
def test_it(mdevsim_machine):
    (parent,) = mdevsim_machine.host.bus.parents.values()
    assert parent.name == "mdpy"
    assert mdevsim_machine.host.scheme.name == "software-version"
"""
    outcomes(text, passed=1)


HOSTILE = {
    "mdevsim_machine": "tree.list(types)",
    "mdevsim_live": "run('ls', '/sys' + types).stdout.split()",
}


@pytest.mark.parametrize("fixture", ["mdevsim_machine", pytest.param("mdevsim_live", marks=live)])
def test_a_hostile_machine(outcomes, fixture):
    """A seed makes the machine hostile, for real programs and within the process."""
    text = f"""
@pytest.mark.mdevsim(vendor="mtty", hostile="1:types")
def test_it({fixture}):
    types = "/class/mdev_bus/mtty/mdev_supported_types/"
    assert len({fixture}.{HOSTILE[fixture]}) > 2
"""
    outcomes(text, passed=1)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("vendor='nobody'", "nobody"),
        ("vendors='i915'", "mdevsim marker: vendors; expected vendor, host, kernel"),
        ("'i915'", "mdevsim marker: 'i915'; expected vendor, host, kernel"),
        ("host='nowhere.yaml'", "nowhere.yaml: No such file or directory"),
        ("scheme='nothing'", "no scheme nothing"),
        ("faults='fail create 1 EIO'", "faults is a text; expected a list of texts"),
        ("faults=['break']", "mdevsim faults: break"),
        ("hostile='7:sort'", "no variation sort"),
    ],
)
@pytest.mark.parametrize("fixture", ["mdevsim_machine", pytest.param("mdevsim_live", marks=live)])
def test_mistakes(outcomes, mark, said, fixture):
    """A mistake in a marker fails the test in a few words, without a traceback."""
    text = f"@pytest.mark.mdevsim({mark})\ndef test_it({fixture}):\n    pass\n"
    out = outcomes(text, errors=1)
    assert said in out
    assert "Traceback" not in out
    assert "simulator/" not in out


LIVE = """
import os
import subprocess
import time

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
CREATE = "/sys/class/mdev_bus/*/mdev_supported_types/i915-GVTg_V5_8/create"


def test_run(mdevsim_live, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert mdevsim_live.run("pwd").stdout == f"{tmp_path}\\n"
    mdevsim_live.run("sh", "-c", f"cat >$(echo {CREATE})", stdin=UUID)
    assert mdevsim_live.run("ls", "/sys/bus/mdev/devices").stdout == f"{UUID}\\n"
    done = mdevsim_live.run("sh", "-c", "echo out; echo err >&2; exit 3", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\\n", "err\\n")
    assert not os.path.exists(f"/sys/bus/mdev/devices/{UUID}")


def test_timeout(mdevsim_live):
    with pytest.raises(subprocess.TimeoutExpired):
        mdevsim_live.run("sh", "-c", "sleep 100 & sleep 100", timeout=0.2)
    assert mdevsim_live.run("echo", "still there").stdout == "still there\\n"


def test_start(mdevsim_live):
    process = mdevsim_live.start("sh", "-c", "echo $$; exec sleep 100", stdout=subprocess.PIPE)
    assert int(process.stdout.readline()) == process.pid
    test_start.process = process


def test_started_before():
    assert test_start.process.returncode == -9


@pytest.mark.mdevsim(faults=["fail create 1 ENOSPC"])
def test_faults(mdevsim_live):
    write = ["sh", "-c", f"cat >$(echo {CREATE})"]
    done = mdevsim_live.run(*write, stdin=UUID, check=False)
    assert "No space left on device" in done.stderr
    mdevsim_live.run(*write, stdin=UUID)
    mdevsim_live.control("unregister", "0000:00:02.0")
    assert mdevsim_live.run("ls", "/sys/class/mdev_bus").stdout == ""


@pytest.mark.xfail(strict=True, raises=pytest.fail.Exception)
def test_a_program_that_fails(mdevsim_live):
    mdevsim_live.run("false")


@pytest.mark.xfail(strict=True, raises=pytest.fail.Exception)
def test_a_command_that_is_refused(mdevsim_live):
    mdevsim_live.control("open", "nothing")
"""


@live
def test_a_live_machine(outcomes):
    """Programs run in the machine, with its faults and control directory, and end with the test."""
    outcomes(LIVE, passed=5, xfailed=2)


@live
@needs("udevadm", "/lib/systemd/systemd-udevd")
def test_a_live_machine_with_udevd(outcomes):
    """The marker asks for udevd, and udevadm waits for its events."""
    text = """
@pytest.mark.mdevsim(vendor="mtty", udev=True)
def test_it(mdevsim_live):
    mdevsim_live.run("udevadm", "trigger", "-w", "--action=change", "/sys/class/mdev_bus/mtty")
"""
    outcomes(text, passed=1)


BLIND = """
@pytest.fixture(autouse=True)
def nothing_to_find(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


def test_it(mdevsim_live):
    pass
"""


def test_what_is_missing_is_named(outcomes):
    """A test that lacks something is skipped, or fails if wanted, and says what to install."""
    reason = "no nsenter; needed: the Debian package util-linux"
    assert reason in outcomes(BLIND, "-rs", skipped=1)
    assert reason in outcomes(BLIND, "-o", "mdevsim_missing=fail", errors=1)
