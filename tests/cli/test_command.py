"""What all verbs share: help, pipes, progress, the version."""

import os
import pty
import re
import subprocess
import sys

import pytest

HELP = {
    (): ["demo", "describe", "check", "match", "fleet", "scheme", "completion", "Exit status"],
    ("bench",): ["--devices", "--threads", "--seed", "--scheme", "--json"],
    ("demo",): ["--devices", "--seed", "--json"],
    ("describe",): ["[HOST] [UUID]", "--scheme", "--vendor", "--kernel", "--json"],
    ("check",): ["SOURCE TARGET", "--scheme", "--accepted-by", "--json"],
    ("match",): ["SOURCE", "--fleet", "--engine", "--count", "--first", "--names", "--explain"],
    ("fleet",): ["make", "info", "islands", "drain", "baseline"],
    ("fleet", "make"): ["--devices", "--seed", "--scheme", "--output"],
    ("fleet", "info"): ["FILE", "--scheme", "--json"],
    ("scheme",): ["list", "show"],
    ("scheme", "list"): ["--json"],
    ("scheme", "show"): ["NAME|FILE", "--json"],
    ("completion",): ["{bash|zsh|fish}", "SHELL"],
}


@pytest.mark.parametrize("verb", HELP)
def test_help(quick, verb):
    """--help and -h of every verb name its arguments and options."""
    answer = quick(*verb, "--help")
    assert (answer.status, answer.err) == (0, "")
    assert [word for word in HELP[verb] if word not in answer.out] == []
    assert quick(*verb, "-h").out == answer.out


def test_help_fits_a_terminal(quick):
    """No line of help is longer than a terminal of 80 columns."""
    lines = [line for verb in HELP for line in quick(*verb, "--help").out.splitlines()]
    assert [line for line in lines if len(line) > 80] == []


def test_version(command):
    """--version is one line."""
    answer = command("--version")
    assert (answer.status, answer.err) == (0, "")
    assert re.fullmatch(r"mdevsim \S.*\n", answer.out)


@pytest.mark.parametrize("asked", [("nobody",), ("check",), ("check", "a"), ("match", "--nobody")])
def test_usage_errors(quick, asked):
    """Wrong usage is status 2, says what is wrong, and prints nothing else."""
    answer = quick(*asked)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("Usage: mdevsim")
    assert "\nError: " in answer.err


@pytest.mark.parametrize(
    "asked",
    [
        ("fleet", "make"),
        ("fleet", "info", "fleet.ndjson"),
        ("scheme", "show", "self-compatible"),
    ],
)
@pytest.mark.usefixtures("fleet_file")
def test_a_reader_that_goes_away(environment, tmp_path, asked):
    """When nobody reads any more the command ends quietly, and not with a verdict."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "simulator.cli", *asked],
            check=False,
            stdout=write,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environment,
            timeout=120,
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_head(environment, tmp_path):
    """The first line of a long output can be had with head."""
    line = f"{sys.executable} -m simulator.cli fleet make | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line],
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env=environment,
        timeout=120,
    )
    first, status = done.stdout.decode().splitlines()
    assert first.startswith('{"name":"host000000/')
    assert (status, done.stderr) == ("141", b"")


LONG = [
    ("making", ("fleet", "make", "-o", "made")),
    ("loading", ("fleet", "info", "fleet.ndjson")),
    ("judging", ("match", "UUID1", "--fleet", "fleet.ndjson", "--engine", "python")),
]


def on_terminal(arguments, environment, tmp_path):
    """Run the command with a terminal as standard error; give what the terminal got."""
    main, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "simulator.cli", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        cwd=tmp_path,
        env=environment | {"TERM": "xterm", "COLUMNS": "80"},
    ) as running:
        os.close(terminal)
        shown = b""
        try:
            while piece := os.read(main, 4096):
                shown += piece
        except OSError:
            # Linux says EIO when the last one has closed the terminal.
            pass
        finally:
            os.close(main)
    assert running.returncode in {0, 1}
    return shown.decode()


@pytest.mark.parametrize(("word", "asked"), LONG)
@pytest.mark.usefixtures("fleet_file")
def test_progress_on_a_terminal(environment, tmp_path, word, asked):
    """Long work shows how far it is while standard error is a terminal."""
    assert word in on_terminal(asked, environment, tmp_path)


@pytest.mark.parametrize(("word", "asked"), LONG)
@pytest.mark.usefixtures("fleet_file")
def test_no_progress_in_a_pipe(command, word, asked):
    """Standard error that is no terminal gets nothing, and standard output no progress."""
    answer = command(*asked)
    assert answer.err == ""
    assert word not in answer.out


@pytest.mark.parametrize(
    "asked",
    [
        ("bench", "--devices", "20", "--json"),
        ("demo", "--devices", "20", "--json"),
        ("describe", "--json"),
        ("check", "UUID1", "UUID2", "--json"),
        ("match", "UUID1", "--fleet", "fleet.ndjson", "--json"),
        ("match", "UUID1", "--fleet", "fleet.ndjson", "--json", "--explain", "0"),
        ("fleet", "info", "fleet.ndjson", "--json"),
        ("scheme", "list", "--json"),
        ("scheme", "show", "software-version", "--json"),
    ],
)
@pytest.mark.usefixtures("fleet_file")
def test_json_of_every_verb(quick, asked):
    """--json prints one document and nothing beside it."""
    answer = quick(*asked)
    assert answer.status in {0, 1}
    assert answer.err == ""
    assert answer.json


def test_import_starts_nothing(environment, tmp_path):
    """Importing the command runs nothing and prints nothing."""
    words = [sys.executable, "-c", "import simulator.cli"]
    done = subprocess.run(
        words, check=True, capture_output=True, cwd=tmp_path, env=environment, timeout=60
    )
    assert (done.stdout, done.stderr) == (b"", b"")
