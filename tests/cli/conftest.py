"""The command as people run it: a process of its own in an empty directory."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.cli import main

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"


class Answer:
    """What a run of the command gave."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out.decode()
        self.err = err.decode()
        assert "Traceback" not in self.err, self.err

    @property
    def json(self):
        """Standard output, read as one JSON document."""
        return json.loads(self.out)


@pytest.fixture
def environment():
    """The few variables that the command runs with."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


@pytest.fixture
def command(tmp_path, environment):
    """Run ``mdevsim`` with arguments; *stdin* is its text, *more* goes to `subprocess.run`."""

    def run(*arguments, stdin=b"", variables=None, **more):
        given = stdin.encode() if isinstance(stdin, str) else stdin
        settings = {"cwd": tmp_path, "env": environment | (variables or {}), "timeout": 300}
        if "stdin" not in more and given is not None:
            settings["input"] = given
        settings |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
        words = [sys.executable, "-P", "-m", "simulator.cli", *map(str, arguments)]
        done = subprocess.run(words, check=False, **settings)
        return Answer(done.returncode, done.stdout or b"", done.stderr or b"")

    return run


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """Run the command within this process, where many cases would take long otherwise."""

    def run(*arguments, stdin=b""):
        given = stdin.encode() if isinstance(stdin, str) else stdin
        streams = [io.TextIOWrapper(io.BytesIO(data), "utf-8") for data in (given, b"", b"")]
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            patch.setattr(sys, "argv", ["mdevsim", *map(str, arguments)])
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            with pytest.raises(SystemExit) as caught:
                main()
        for stream in streams:
            stream.flush()
        return Answer(caught.value.code or 0, *(one.buffer.getvalue() for one in streams[1:]))

    return run


@pytest.fixture
def write(tmp_path):
    """Write a file into the directory of the command and return its name."""

    def save(name, data):
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return name

    return save


@pytest.fixture
def fleet_file(quick):
    """A fleet of 400 devices in the file ``fleet.ndjson``."""
    assert quick("fleet", "make", "--devices", 400, "-o", "fleet.ndjson").status == 0
    return "fleet.ndjson"


@pytest.fixture
def golden():
    """
    Compare a text with a file of ``tests/golden``.

    ``MDEVSIM_REGENERATE_GOLDEN=1 pytest tests/cli`` writes the files anew; look at the difference.
    """

    def compare(name, text):
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("MDEVSIM_REGENERATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
