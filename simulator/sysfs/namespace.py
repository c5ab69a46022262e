"""
Private namespaces in which the trees take the place of ``/sys``, and a command that runs there.

Nothing outside changes: the mounts, the network with its uevents, ``/run`` and the definitions of
mdevctl belong to this process and its children, and end with the last of them.

Source: ours; what Linux permits: general knowledge, unshare(2), mount(2), user_namespaces(7).
"""

import errno
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import MappingProxyType

from simulator.sysfs import linux
from simulator.sysfs.missing import MissingError

__all__ = [
    "CONTROL",
    "SIGNALS",
    "Command",
    "end_descendants",
    "enter",
    "furnish",
    "place",
    "start_udevd",
]

CONTROL = "/run/mdevsim"
"""Where the control directory shows."""
SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD})
"""Blocked in every thread, and waited for by `Command.wait`."""

_SI_KERNEL = 0x80
_RUN = Path("/run")
_BELOW_RUN = ("udev", "lock", "libvirt", "mdevsim", ".mdevsim")
_STAGE = "/run/.mdevsim"
_DEFINITIONS = Path("/etc/mdevctl.d")
_SCRIPTS = ("scripts.d/callouts", "scripts.d/notifiers")
_RULES = (Path("/usr/lib/udev/rules.d"), Path("/lib/udev/rules.d"), Path("/etc/udev/rules.d"))
_RULE = "60-mdevctl.rules"
_UDEVD = ("/lib/systemd/systemd-udevd", "/usr/lib/systemd/systemd-udevd", "/sbin/udevd")
_UDEVD_TIMEOUT = 10.0
_GRACE = 2.0
"""Seconds between a signal that asks and what is done to those who do not hear."""

_NO_USER_NAMESPACE = MappingProxyType(
    {
        errno.EPERM: "root, or sysctl kernel.unprivileged_userns_clone=1",
        errno.EACCES: "root, or sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        errno.ENOSPC: "root, or a higher sysctl user.max_user_namespaces",
        errno.EUSERS: "root, or a higher sysctl user.max_user_namespaces",
    }
)


def enter() -> None:
    """
    Move into new mount and network namespaces; into a new user namespace if it must be.

    There must be no other threads yet.

    Raises:
        MissingError: The system does not permit it.
    """
    flags = linux.CLONE_NEWNS | linux.CLONE_NEWNET
    if os.geteuid():
        _enter_as_user(flags)
    else:
        try:
            linux.unshare(flags)
        except PermissionError:
            # Root of a container without CAP_SYS_ADMIN is a user like others.
            _enter_as_user(flags)
    try:
        linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
        linux.bring_loopback_up()
    except OSError as error:
        reason = f"no mounts in the new namespace ({error.strerror})"
        raise MissingError(reason, "CAP_SYS_ADMIN there, which a security module denies") from None


def _enter_as_user(flags: int) -> None:
    uid, gid = os.geteuid(), os.getegid()
    try:
        linux.unshare(flags | linux.CLONE_NEWUSER)
    except OSError as error:
        remedy = _NO_USER_NAMESPACE.get(error.errno or 0, "a kernel with user namespaces")
        raise MissingError(f"no new user namespace ({error.strerror})", remedy) from None
    maps = {"setgroups": "deny", "uid_map": f"0 {uid} 1", "gid_map": f"0 {gid} 1"}
    try:
        for name, text in maps.items():
            Path("/proc/self", name).write_text(text)
    except OSError as error:
        # A security module may let the namespace be made and keep its capabilities back.
        reason = f"no root in the new user namespace ({error.strerror})"
        raise MissingError(reason, _NO_USER_NAMESPACE[errno.EACCES]) from None


def furnish(definitions: str | None) -> str:
    """
    Cover what clients write besides ``/sys``: ``/run``, and ``/etc/mdevctl.d`` where there is one.

    Args:
        definitions: An existing directory that is to be ``/etc/mdevctl.d``; by default it is empty
            and ends with the namespaces.

    Returns:
        The directory on which the trees are mounted first.

    Raises:
        OSError: A directory is not there, or cannot be covered.
    """
    kept = None if definitions is None else os.open(definitions, os.O_PATH | os.O_DIRECTORY)
    linux.mount("tmpfs", str(_RUN), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    for name in _BELOW_RUN:
        (_RUN / name).mkdir()
    if _DEFINITIONS.is_dir() or kept is not None:
        source = _RUN / ".mdevctl.d" if kept is None else Path(f"/proc/self/fd/{kept}")
        for name in _SCRIPTS:
            (source / name).mkdir(parents=True, exist_ok=True)
        linux.mount(str(source), str(_DEFINITIONS), None, linux.MS_BIND)
    if kept is not None:
        os.close(kept)
    return _STAGE


def place(keys: Mapping[str, str]) -> None:
    """
    Bind the trees, by their keys on the stage, to the directories where they show.

    Raises:
        OSError: One cannot be covered.
    """
    for key, target in keys.items():
        linux.mount(_STAGE + key, target, None, linux.MS_BIND)
    linux.umount(_STAGE)


def start_udevd() -> int:
    """
    Start systemd-udevd with mdevctl's rule alone, and wait until it listens.

    The rule names the program where the package of Debian does not put it; here it is right.

    Returns:
        The process; it ends with this one.

    Raises:
        MissingError: There is no udevd, or it does not start.
    """
    daemon = next(filter(os.path.exists, _UDEVD), None)
    if daemon is None:
        raise MissingError("no systemd-udevd", "the Debian package udev")
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise MissingError("no setpriv", "the Debian package util-linux")
    rule = next((path / _RULE for path in _RULES if (path / _RULE).is_file()), None)
    text = "" if rule is None else rule.read_text()
    mdevctl = shutil.which("mdevctl")
    if mdevctl is not None:
        text = text.replace("/usr/sbin/mdevctl", mdevctl)
    rules = _RUN / ".rules.d"
    rules.mkdir()
    (rules / _RULE).write_text(text)
    for path in {path.resolve() for path in _RULES if path.is_dir()}:
        linux.mount(str(rules), str(path), None, linux.MS_BIND)
    log = os.open(_RUN / "udevd.log", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    process = os.posix_spawn(
        setpriv,
        [setpriv, "--pdeathsig", "KILL", daemon],
        _environment(os.environ),
        file_actions=[(os.POSIX_SPAWN_DUP2, log, fd) for fd in (1, 2)],
        setsigmask=(),
    )
    os.close(log)
    deadline = monotonic() + _UDEVD_TIMEOUT
    while not (_RUN / "udev/control").exists():
        ended, _status = os.waitpid(process, os.WNOHANG)
        if ended or monotonic() > deadline:
            said = (_RUN / "udevd.log").read_text(errors="replace").strip().splitlines()
            reason = said[-1] if said else "it said nothing"
            raise MissingError(f"systemd-udevd does not start ({reason})", "a working udevd")
        signal.sigtimedwait({signal.SIGCHLD}, 0.02)
    return process


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """What clients need: libudev must not ask what kind of file system ``/sys`` is."""
    kept = {name: value for name, value in given.items() if name != "RUST_BACKTRACE"}
    return kept | {"SYSTEMD_DEVICE_VERIFY_SYSFS": "0", "MDEVSIM_CONTROL": CONTROL}


class Command:
    """
    A command in the namespaces, and all that it leaves running.

    Args:
        argv: Its name and arguments. The name is looked up on the ``PATH``.
        mask: The signals that it finds blocked.

    Raises:
        OSError: It cannot be executed.
    """

    def __init__(self, argv: Sequence[str], mask: Sequence[int] = ()) -> None:
        linux.adopt_orphans()
        self._process = os.posix_spawnp(
            argv[0],
            list(argv),
            _environment(os.environ),
            setsigmask=mask,
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
        )

    def wait(self, release: Callable[[], None]) -> int:
        """
        Wait for its end, and pass on the signals that this process alone gets.

        Args:
            release: Called when a signal has not ended it soon; it may sleep in ``remove``.

        Returns:
            Its exit status, or 128 and the signal.
        """
        asked: float | None = None
        while True:
            got = signal.sigtimedwait(SIGNALS, _GRACE)
            if got is None and asked is not None and monotonic() > asked + _GRACE:
                release()
                asked = None
            if got is None:
                continue
            if got.si_signo == signal.SIGCHLD:
                status = self._reap()
                if status is not None:
                    return status
            elif got.si_code != _SI_KERNEL:
                # What a terminal sends, it sends to the command too.
                with suppress(ProcessLookupError):
                    os.kill(self._process, got.si_signo)
                asked = monotonic()

    def _reap(self) -> int | None:
        status = None
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self._process:
                    code = os.waitstatus_to_exitcode(found[1])
                    status = code if code >= 0 else 128 - code
        return status


def end_descendants() -> None:
    """End what the command, and this process, have left running: asked first, then forced."""
    deadline = monotonic() + _GRACE
    asked: set[int] = set()
    while children := _children():
        is_late = monotonic() > deadline
        for process in children if is_late else children - asked:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL if is_late else signal.SIGTERM)
        asked |= children
        signal.sigtimedwait({signal.SIGCHLD}, 0.1)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if monotonic() > deadline + _GRACE:
            return


def _children() -> set[int]:
    """Find our children, those included that were orphaned below us."""
    found = set()
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with suppress(OSError):
                after_name = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                if int(after_name[1]) == os.getpid() and after_name[0] != "Z":
                    found.add(int(entry.name))
    return found
