"""
The simulator answers the conformance script as each kernel would, line by line, with sources.

``MDEVSIM_REGENERATE_GOLDEN=1 pytest tests/conformance`` writes the expected transcripts anew from
what the simulator answers; look at the difference.
"""

import os
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from conformance.script import SCRIPT, TRANSCRIPTS, ask
from sysfs.running import USERS, open_to_all

from simulator.mdev import KERNELS
from simulator.sysfs.conformance import sources
from simulator.sysfs.conformance.mdev_conformance import ANYTHING, NOT_ASKED, parse

KEPT = Path(__file__).parents[2] / "simulator/sysfs/conformance/transcripts"
HEAD = """\
# What mtty answers to mdev_conformance.py under Linux {kernel}: question, answer, source
# drivers/vfio/mdev and samples/vfio-mdev: {tree}
"""


def expected(kernel):
    """The lines of a transcript that is kept."""
    return parse((KEPT / f"{kernel}.txt").read_text("utf-8"))


def regenerate(kernel, path):
    """Write what the simulator answers, with sources; what depends on the machine is free."""
    text = HEAD.format(kernel=kernel, tree=sources.TREES[kernel])
    for line in parse(path.read_text("utf-8")):
        answer = ANYTHING if line.step == "A, other files" else line.answer
        text += f"{line.step}\t{answer}\t{sources.source(line.step, kernel)}\n"
    (KEPT / f"{kernel}.txt").write_text(text, "utf-8")


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_the_simulator_conforms(kernel, user, tmp_path):
    """
    Every answer is the expected one, whoever runs the machine, and every question is asked.

    The script is one file, copied alone, with one of what is expected.
    """
    if os.environ.get("MDEVSIM_REGENERATE_GOLDEN"):
        assert ask("-o", tmp_path / "found", kernel=kernel).returncode == 0
        regenerate(kernel, tmp_path / "found")
    open_to_all(tmp_path)
    script = shutil.copy(SCRIPT, tmp_path)
    answers = shutil.copy(KEPT / f"{kernel}.txt", tmp_path)
    done = ask("--expected", answers, kernel=kernel, script=script, user=user)
    count = len(expected(kernel))
    assert done.stdout == f"{count} lines, 0 differ, 0 not asked\n", done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_kept_is_installed(kernel):
    """The expected transcripts come with the package."""
    kept, installed = (folder / f"{kernel}.txt" for folder in (KEPT, TRANSCRIPTS))
    assert installed.read_text("utf-8") == kept.read_text("utf-8")


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_answer_names_its_source(kernel):
    """Each line says where its answer is from, as the table of sources has it; none is unasked."""
    lines = expected(kernel)
    assert [line.source for line in lines] == [sources.source(one.step, kernel) for one in lines]
    assert NOT_ASKED not in {line.answer for line in lines}
    assert len({line.step for line in lines}) == len(lines)


def test_no_source_is_idle():
    """Each row of the table is the source of some answer."""
    used = set()
    for kernel in KERNELS:
        for line in expected(kernel):
            rows = (
                number
                for number, (pattern, kernels, _) in enumerate(sources.ROWS)
                if kernel in kernels and fnmatchcase(line.step, pattern)
            )
            used.add(next(rows))
    assert used == set(range(len(sources.ROWS)))


@pytest.mark.parametrize("kernel", KERNELS)
def test_trees_are_named(kernel):
    """The head of a transcript names the tree and commit in which the sources were read."""
    text = (KEPT / f"{kernel}.txt").read_text("utf-8")
    assert text.startswith(HEAD.format(kernel=kernel, tree=sources.TREES[kernel]))


def test_kernels_differ():
    """Transcripts tell kernels apart, but for 4.18 and 5.2, which differ while an mdev is open."""
    answers = {
        kernel: tuple((line.step, line.answer) for line in expected(kernel)) for kernel in KERNELS
    }
    assert answers.pop("4.18") == answers["5.2"]
    assert len(set(answers.values())) == len(answers)
