"""The conformance script: what it compares, refuses and cleans up, and what it needs."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conformance.script import SCRIPT, TRANSCRIPTS, ask, command, shell
from sysfs.running import TIMEOUT, mdevsim, needs, next_line

from simulator.sysfs.conformance.mdev_conformance import Line, compare, parse

KEPT = Path(__file__).parents[2] / "simulator/sysfs/conformance/transcripts"
MDEV = "c2177883-f1bb-47f0-914d-32a22e3a8804"
TYPES = "/sys/class/mdev_bus/mtty/mdev_supported_types"


# ---- comparing


def test_equal_transcripts():
    """Equal answers are no difference; nor is any where one is free, or was not asked."""
    expected = [Line("a", "1", "x.c"), Line("b", "*", "x.c"), Line("c", "2", "x.c")]
    assert compare([Line("a", "1"), Line("b", "7"), Line("c", "not asked")], expected) == []


def test_differences():
    """An answer that differs, is missing, or was not expected is told, with the source."""
    expected = [Line("a", "1", "x.c f()"), Line("b", "2", "y.c g()")]
    assert compare([Line("c", "3"), Line("a", "EIO"), Line("d", "not asked")], expected) == [
        "a: EIO, expected 1\n    source: x.c f()",
        "b: no such line, expected 2\n    source: y.c g()",
        "c: 3, expected no such line",
    ]


def test_a_transcript_is_read_back():
    """Comments and empty lines are passed over; a line without an answer is a mistake."""
    assert parse("# head\n\na\t1\nb\t2\tx.c\n") == [Line("a", "1"), Line("b", "2", "x.c")]
    with pytest.raises(ValueError, match="line 2: not a question, a tab and an answer"):
        parse("a\t1\nb\n")


def test_another_kernel():
    """A kernel that answers otherwise is told, line by line with sources, and the status is 1."""
    done = ask("--expected", KEPT / "6.1.txt", kernel="5.2")
    assert done.returncode == 1
    told = done.stdout.splitlines()
    at = told.index("create one too many: 36, expected ENOSPC")
    assert told[at + 1] == "    source: mtty.c mtty_init_dev()"
    assert told[-1] == "131 lines, 7 differ, 0 not asked"


# ---- what it needs


def test_it_stands_alone():
    """It is Python 3.7, and imports nothing but the standard library."""
    tree = ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 7))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in found if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in found if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_a_mounted_tree(tmp_path):
    """It takes a root. Without uevents these are not asked for, and all else is expected."""
    needs()
    root = tmp_path / "sys"
    root.mkdir()
    words = mdevsim("mount", root, "--vendor", "mtty", "--kernel", "4.18")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, bufsize=0)
    try:
        with process.stdout:
            assert next_line(process.stdout).startswith("mounted: ")
        asked = command("--root", root, "--no-uevents", "--expected", KEPT / "4.18.txt")
        done = subprocess.run(asked, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    finally:
        process.terminate()
        process.wait(TIMEOUT)
    assert done.stdout == "131 lines, 0 differ, 20 not asked\n", done.stderr
    assert done.returncode == 0


# ---- care


def test_a_parent_in_use_is_refused():
    """A parent that has an mdev is left alone, whoever made it."""
    script = f'echo {MDEV} >{TYPES}/mtty-1/create; "$@"; echo $?; ls /sys/bus/mdev/devices'
    done = shell(script)
    assert done.stdout.splitlines() == ["2", MDEV]
    assert done.stderr == (
        f"mdev_conformance: /sys/devices/virtual/mtty/mtty has mdevs already: {MDEV}\n"
    )


def test_a_uuid_in_use_is_refused():
    """A UUID that it would make on another parent is not touched; another seed helps."""
    script = f"""
    cp {SCRIPT} mdev_conformance.py
    used=$({sys.executable} -c 'import mdev_conformance as m; print(m._uuids("mdev", 1)["A"])')
    echo $used >/sys/class/mdev_bus/mdpy/mdev_supported_types/mdpy-vga/create
    "$@"; echo $?
    "$@" --seed another >transcript; echo $?
    ls /sys/bus/mdev/devices | grep -c $used
    """
    done = machine_of_two(script)
    assert done.stdout.splitlines() == ["2", "0", "1"]
    assert done.stderr.endswith(" is in use; --seed makes others\n")


def machine_of_two(script):
    """Run a shell script in a machine with mtty and mdpy."""
    needs()
    words = mdevsim("run", "-", "--", "bash", "-c", f"cd $(mktemp -d); {script}", "bash")
    return subprocess.run(
        [*words, *command()],
        input="parents:\n  - driver: mtty\n  - driver: mdpy\n",
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--parent", "nothing"], "/sys/class/mdev_bus/nothing: no mdev parent"),
        (["--expected", "/nonexistent"], "/nonexistent: No such file or directory"),
        (["--expected", "/proc/version"], "line 1: not a question, a tab and an answer"),
    ],
)
def test_what_is_refused(words, said):
    """What is wrong is said in one line, with status 2, and nothing is made."""
    done = shell('"$@"; echo $?; ls /sys/bus/mdev/devices', *words)
    assert (done.stdout, done.stderr) == ("2\n", f"mdev_conformance: {said}\n")


@pytest.mark.parametrize("fault", ["remove read 2 available_instances", "fail create 3 EIO"])
def test_nothing_is_left_behind(fault):
    """What goes wrong while it asks is an answer, and it leaves no mdev."""
    script = f'echo "{fault}" >$MDEVSIM_CONTROL/faults; "$@" >/dev/null; ls /sys/bus/mdev/devices'
    assert shell(script).stdout == ""


def test_an_interrupted_run_cleans_up():
    """A signal in the middle ends it with status 2, and what it had made is removed."""
    script = """
    echo 'delay probe 3 2' >$MDEVSIM_CONTROL/faults
    "$@" & asked=$!
    until [ $(ls /sys/bus/mdev/devices | wc -l) = 3 ]; do sleep 0.02; done
    kill -TERM $asked; wait $asked; echo $?
    ls /sys/bus/mdev/devices
    """
    done = shell(script)
    assert done.stdout == "2\n"
    assert done.stderr == "mdev_conformance: ended by SIGTERM\n"


def test_a_passive_tree_is_no_kernel(tmp_path):
    """On a copy, whose files take what is written and do nothing, it finds differences and ends."""
    needs()
    root = tmp_path / "sys"
    subprocess.run(mdevsim("snapshot", "--vendor", "mtty", "-o", root), check=True, timeout=TIMEOUT)
    asked = command("--root", root, "--no-uevents", "--expected", TRANSCRIPTS / "6.1.txt")
    done = subprocess.run(asked, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 1, done.stderr
    assert "A: ENOENT, expected directory 0755" in done.stdout
    shutil.rmtree(root)
