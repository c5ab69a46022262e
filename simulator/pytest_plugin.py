"""
The pytest plugin: a simulated machine for a test, live for real programs or within the process.

Whoever has mdevsim installed has two fixtures more:

* ``mdevsim_live``, a `LiveMachine`: programs that run in it see its ``/sys`` and its uevents.
* ``mdevsim_machine``: the same machine within the process, with ``host``, ``tree`` (its ``/sys``)
  and ``control`` (its control directory); nothing is mounted.

A marker says what machine it is. It may stand on a test, a class or a module; the nearest one wins,
argument by argument::

    @pytest.mark.mdevsim(vendor="i915", kernel="6.1", faults=["fail create 1 EIO"])

====================  ==============================================================================
``vendor``            the built-in host of this vendor driver
``host``              a host file instead; relative to the file of the test
``kernel``            the personality, instead of the host's
``scheme``            what the devices publish, a shipped scheme or a file
``faults``            faults to arm, one text each; docs of `simulator.mdev.faults`
``seed``              of the faults
``udev``              whether systemd-udevd runs, with the rule of mdevctl; for ``mdevsim_live``
====================  ==============================================================================

Where a piece is missing that a mount needs, the test is skipped, with its name; with
``mdevsim_missing = fail`` in the configuration of pytest it fails.

Every pytest run loads this module, so it imports what it needs when a fixture is asked for.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from select import select
from typing import IO, TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from simulator.cli.live import Live

__all__ = ["LiveMachine", "mdevsim_live", "mdevsim_machine"]

START_SECONDS = 60.0
"""How long a machine may take to start. Ours."""
_END_SECONDS = 15.0
_SET_BY_RUN = ("MDEVSIM_CONTROL", "SYSTEMD_DEVICE_VERIFY_SYSFS")
_NEEDED = "; needed: "

Done: TypeAlias = "subprocess.CompletedProcess[str]"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The arguments of the marker."""

    vendor: str | None = None
    host: str | os.PathLike[str] | None = None
    kernel: str | None = None
    scheme: str | None = None
    faults: Sequence[str] = ()
    seed: int = 0
    udev: bool = False

    @classmethod
    def of(cls, node: pytest.Item) -> "_Wanted":
        """Join the markers of a test; a mistake fails it."""
        said: dict[str, object] = {}
        known = [one.name for one in fields(cls)]
        for mark in reversed(list(node.iter_markers("mdevsim"))):
            wrong = [*map(repr, mark.args), *(name for name in mark.kwargs if name not in known)]
            if wrong:
                pytest.fail(f"mdevsim marker: {wrong[0]}; expected {', '.join(known)}", False)
            said |= mark.kwargs
        wanted = cls(**said)  # type: ignore[arg-type]
        if isinstance(wanted.faults, str):
            pytest.fail("mdevsim marker: faults is a text; expected a list of texts", False)
        return wanted

    def host_file(self, node: pytest.Item) -> str | None:
        """Return the path of the host file; the names of shipped hosts are no paths."""
        if self.host is None:
            return None
        path = node.path.parent / self.host
        return str(path) if path.exists() else os.fspath(self.host)

    def words(self, node: pytest.Item) -> list[str]:
        """Return the arguments of ``mdevsim run``."""
        host = self.host_file(node)
        options = {"--vendor": self.vendor, "--kernel": self.kernel, "--scheme": self.scheme}
        given = [word for name, value in options.items() if value for word in (name, value)]
        udev = ["--udev"] if self.udev else []
        return [*given, "--seed", str(self.seed), *udev, *([] if host is None else [host])]


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


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return variables under which a child imports the simulator of this process."""
    import simulator

    path = [str(Path(simulator.__file__).parents[1]), given.get("PYTHONPATH", "")]
    return {**given, "PYTHONPATH": os.pathsep.join(filter(None, path))}


def _variables(pid: int) -> dict[str, str]:
    """Return our variables, and those that ``mdevsim run`` sets and takes away."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    there = dict(os.fsdecode(pair).split("=", 1) for pair in pairs if b"=" in pair)
    kept = {name: value for name, value in os.environ.items() if name in there}
    return kept | {name: there[name] for name in _SET_BY_RUN}


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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take ``mdevsim_missing`` in the configuration."""
    text = "what happens to a test where a mount lacks something: skip or fail"
    parser.addini("mdevsim_missing", text, default="skip")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    arguments = ", ".join(one.name for one in fields(_Wanted))
    config.addinivalue_line(
        "markers", f"mdevsim({arguments}): the machine that a fixture of mdevsim simulates"
    )


@pytest.fixture
def mdevsim_live(request: pytest.FixtureRequest) -> Iterator[LiveMachine]:
    """A simulated machine for real programs: ``mdevsim_live.run("mdevctl", "types")``."""
    wanted = _Wanted.of(request.node)
    # It stays a shell: while a process executes another program its variables cannot be read.
    holder = "echo $$; cat; exit"
    words = [sys.executable, "-P", "-m", "simulator.cli", "run", *wanted.words(request.node)]
    if shutil.which("nsenter") is None:
        _missing(request.config, f"no nsenter{_NEEDED}the Debian package util-linux")
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
                _missing(request.config, reason)
            pytest.fail(reason, pytrace=False)
        machine = LiveMachine(int(line), _variables(int(line)))
        try:
            for fault in wanted.faults:
                machine.control("faults", fault)
            yield machine
        finally:
            machine.end()
            _stop(process)


def _stop(process: "subprocess.Popen[str]") -> None:
    """Let a machine end: its holder reads to the end of its standard input."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture
def mdevsim_machine(request: pytest.FixtureRequest) -> "Live":
    """A simulated machine within the process: its ``host``, ``tree`` and ``control``."""
    from click import ClickException

    from simulator.cli.inputs import find_scheme
    from simulator.cli.live import load_live
    from simulator.errors import InputError, MdevError, TextError
    from simulator.mdev import KERNELS
    from simulator.vendors import VENDORS

    wanted = _Wanted.of(request.node)
    file = wanted.host_file(request.node)
    for value, known in ((wanted.vendor, VENDORS), (wanted.kernel, KERNELS)):
        if value is not None and value not in known:
            pytest.fail(f"mdevsim marker: {value}; expected one of {', '.join(known)}", False)
    try:
        scheme = None if wanted.scheme is None else find_scheme(wanted.scheme)
        live = load_live(file, wanted.vendor, wanted.kernel, scheme, wanted.seed)
    except (InputError, TextError, ClickException) as error:
        pytest.fail(str(error), pytrace=False)
    for fault in wanted.faults:
        try:
            live.control.open("/faults", writing=True).write(fault.encode())
        except MdevError as error:
            pytest.fail(f"mdevsim faults: {fault}\n{error.reason}", pytrace=False)
    return live
