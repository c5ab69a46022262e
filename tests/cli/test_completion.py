"""``mdevsim completion``."""

import subprocess
import sys

import pytest

ASK = """
eval "$(mdevsim completion bash)"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMPREPLY=()
_mdevsim_completion mdevsim "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def complete(tmp_path, environment):
    """Let bash complete the last of some words, with the script that the command prints."""
    script = tmp_path / "bin" / "mdevsim"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m simulator.cli "$@"\n')
    script.chmod(0o755)
    path = f"{script.parent}:{environment['PATH']}"

    def run(*words):
        done = subprocess.run(
            ["bash", "-c", ASK, "bash", "mdevsim", *words],
            check=True,
            capture_output=True,
            cwd=tmp_path,
            env=environment | {"PATH": path},
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
        assert not done.stderr
        return done.stdout.decode().split()

    return run


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("ch",), ["check"]),
        (("fleet", ""), ["convert", "info", "make"]),
        (("match", "--eng"), ["--engine"]),
        (("match", "--engine", ""), ["c", "python"]),
        (("check", "--accepted-by", "s"), ["source"]),
        (("check", "--scheme", "-", "--acc"), ["--accepted-by"]),
    ],
)
def test_bash_completes(complete, words, expected):
    """Bash offers verbs, options and choices, and does not wait for standard input."""
    assert sorted(complete(*words)) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(quick, shell):
    """There is a script for each shell, which asks the command."""
    answer = quick("completion", shell)
    assert (answer.status, answer.err) == (0, "")
    assert "_MDEVSIM_COMPLETE" in answer.out


def test_unknown_shell(quick):
    """A shell without a script is a usage error that names the others."""
    answer = quick("completion", "tcsh")
    assert answer.status == 2
    assert "bash" in answer.err
