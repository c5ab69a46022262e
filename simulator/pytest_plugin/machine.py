"""A machine that runs for a test, and the programs that the test starts in it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import IO, TypeAlias

import pytest

__all__ = ["START_SECONDS", "LiveMachine", "running"]

START_SECONDS = 60.0
"""How long a machine may take to start. Ours."""
_END_SECONDS = 15.0
_NEEDED = "; needed: "
_SET_BY_RUN = ("MDEVSIM_CONTROL", "SYSTEMD_DEVICE_VERIFY_SYSFS")

Done: TypeAlias = "subprocess.CompletedProcess[str]"


@dataclass(slots=True)
class LiveMachine:
    """
    A simulated machine in namespaces of its own, with everything that is started in it.

    Attributes:
        pid: A process in it, for ``nsenter``.
        env: The variables that programs find.
    """

    pid: int
    env: dict[str, str]
    _started: list["subprocess.Popen[str]"] = field(default_factory=list)

    def start(self, *argv: str | os.PathLike[str], **more: object) -> "subprocess.Popen[str]":
        """
        Start a program in the machine; it ends with the test.

        Args:
            argv: Its name, which is looked up on the ``PATH``, and arguments.
            more: For `subprocess.Popen`; text, in a session of its own, unless it says otherwise.
        """
        settings: dict[str, object] = {
            "env": self.env,
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            "text": True,
        }
        words = [
            *_enter(self.pid),
            f"--chdir={Path.cwd()}",
            "--",
            *(os.fspath(word) for word in argv),
        ]
        # Whatever a test wants to run, it may.
        process: subprocess.Popen[str] = subprocess.Popen(  # type: ignore[call-overload] # noqa: S603
            words, **(settings | more)
        )
        self._started.append(process)
        return process

    def run(
        self,
        *argv: str | os.PathLike[str],
        stdin: str | None = None,
        timeout: float = 60.0,
        check: bool = True,
    ) -> Done:
        """
        Run a program in the machine and wait for its end.

        Args:
            argv: Its name, which is looked up on the ``PATH``, and arguments.
            stdin: What it reads.
            timeout: Seconds, after which it is killed.
            check: Whether a test fails when the program does.

        Raises:
            TimeoutExpired: It took longer.
        """
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = self.start(*argv, **pipes)
        try:
            out, err = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise
        done = subprocess.CompletedProcess(argv, process.returncode, out, err)
        if check and done.returncode:
            words = " ".join(os.fspath(word) for word in argv)
            said = f"{words} ended with {done.returncode}\n{out}{err}"
            pytest.fail(said.rstrip(), pytrace=False)
        return done

    def control(self, name: str, command: str) -> None:
        """
        Write a command into a file of the control directory, such as ``faults`` or ``open``.

        A command that is refused fails the test with the reason.
        """
        script = 'cat >"$MDEVSIM_CONTROL/$0" || { cat "$MDEVSIM_CONTROL/error" >&2; exit 1; }'
        done = self.run("sh", "-c", script, name, stdin=f"{command}\n", check=False)
        if done.returncode:
            pytest.fail(f"mdevsim {name}: {command}\n{done.stderr.rstrip()}", pytrace=False)

    def end(self) -> None:
        """End every program that was started and still runs."""
        for process in self._started:
            if process.poll() is None:
                _kill(process)


def _kill(process: "subprocess.Popen[str]") -> None:
    """Kill a program and what it started in its session, and wait for it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    process.wait(_END_SECONDS)


def _enter(pid: int) -> list[str]:
    """Return the words that start a program in the namespaces of a process."""
    user = Path("/proc/self/ns/user").readlink() != Path(f"/proc/{pid}/ns/user").readlink()
    flags = ["--user", "--preserve-credentials"] if user else []
    return ["nsenter", f"--target={pid}", *flags, "--mount", "--net", "--", "env"]


def _variables(pid: int) -> dict[str, str]:
    """Return our variables, and those that ``mdevsim run`` sets and takes away."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    there = dict(os.fsdecode(pair).split("=", 1) for pair in pairs if b"=" in pair)
    kept = {name: value for name, value in os.environ.items() if name in there}
    return kept | {name: there[name] for name in _SET_BY_RUN}


@contextmanager
def running(arguments: Sequence[str], config: pytest.Config) -> Iterator[LiveMachine]:
    """
    Run a machine; it ends with the block, and what was started in it before.

    Args:
        arguments: Of ``mdevsim run``.
        config: Says what happens to a test where a mount lacks something.
    """
    # It stays a shell: while a process executes another program its variables cannot be read.
    holder = "echo $$; cat; exit"
    words = [sys.executable, "-P", "-m", "simulator.cli", "run", *arguments]
    if shutil.which("nsenter") is None:
        _missing(config, f"no nsenter{_NEEDED}the Debian package util-linux")
    with (
        tempfile.TemporaryFile("w+", errors="backslashreplace") as errors,
        subprocess.Popen(  # noqa: S603 - ourselves
            [*words, "--", "sh", "-c", holder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(os.environ),
            text=True,
        ) as process,
    ):
        line = _first_line(process, errors)
        if not line:
            reason = errors.read().strip() or f"mdevsim run ended with {process.returncode}"
            if _NEEDED in reason:
                _missing(config, reason)
            pytest.fail(reason, pytrace=False)
        machine = LiveMachine(int(line), _variables(int(line)))
        try:
            yield machine
        finally:
            machine.end()
            _stop(process)


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return variables under which a child imports the simulator of this process."""
    import simulator

    path = [str(Path(simulator.__file__).parents[1]), given.get("PYTHONPATH", "")]
    return {**given, "PYTHONPATH": os.pathsep.join(filter(None, path))}


def _missing(config: pytest.Config, reason: str) -> None:
    """Skip a test, or fail it, because the machine lacks something."""
    if config.getini("mdevsim_missing") == "fail":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _first_line(process: "subprocess.Popen[str]", errors: IO[str]) -> str:
    """Wait until a machine has started; return what its holder says, or nothing."""
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    if not select([process.stdout], [], [], START_SECONDS)[0]:
        process.kill()
        process.wait(_END_SECONDS)
        pytest.fail(f"mdevsim run did not start within {START_SECONDS:.0f} s", pytrace=False)
    line: str = process.stdout.readline()
    if not line:
        process.wait(_END_SECONDS)
        errors.seek(0)
    return line


def _stop(process: "subprocess.Popen[str]") -> None:
    """Let a machine end: its holder reads to the end of its standard input."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
