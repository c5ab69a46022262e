"""``mount``: the simulated ``/sys`` as a directory."""

import errno
import os
import signal
from pathlib import Path
from threading import Thread

import click

from simulator.cli.hostile import hostile_options, open_told
from simulator.cli.inputs import complete_file
from simulator.cli.live import complain, host_options, leave, load_live
from simulator.compat.scheme import Scheme
from simulator.errors import InputError, Mistake
from simulator.sysfs.fuse import Mount
from simulator.sysfs.hostile.seed import Hostility
from simulator.sysfs.libfuse import check_device, load_fuse
from simulator.sysfs.missing import MissingError
from simulator.sysfs.notices import Notices

__all__ = ["mount"]

_OWN = ("/sys", "/proc", "/dev")
_CONFIGURATION = Path("/etc/fuse.conf")
_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1})


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path())
@click.argument("host", required=False, metavar="[HOST]", shell_complete=complete_file)
@host_options
@hostile_options
@click.option("--control", type=click.Path(), metavar="DIR", help="Mount the control directory.")
@click.option("--allow-other", is_flag=True, help="Let other users look.")
def mount(
    directory: str,
    host: str | None,
    control: str | None,
    scheme: Scheme | None,
    vendor: str | None,
    kernel: str | None,
    seed: int,
    hostility: Hostility | None,
    hostile_log: str | None,
    *,
    allow_other: bool,
) -> None:
    """
    Mount the simulated /sys on DIR, an empty directory, until a signal or an unmount.

    For clients that take a root, such as MDEVCTL_ENV_ROOT of mdevctl 1.4. No uevents are sent. Says
    on standard output when it is there. Other users see nothing of it unless asked.
    """
    targets = [_target(path) for path in (directory, control) if path is not None]
    if len(targets) > 1 and _is_below(targets[0], targets[1]):
        raise _refusal(control or "", "overlaps the other directory", "one beside it")
    told = open_told(hostility, hostile_log)
    live = load_live(host, vendor, kernel, scheme, seed, told=told)
    check_device()
    load_fuse()
    _check_others(allow_other=allow_other)
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    notices = Notices(complain)
    trees = (live.tree, live.control)
    mounts = [
        Mount({"": tree}, target, notices, allow_other=allow_other)
        for tree, target in zip(trees, targets, strict=False)
    ]
    try:
        for one in mounts:
            one.start()
            Thread(target=_tell, args=(one,), daemon=True).start()
        click.echo(f"mounted: {' '.join(targets)}")
        signal.sigwait(_SIGNALS)
    finally:
        for one in mounts:
            one.close()
    leave(0)


def _tell(one: Mount) -> None:
    """Wake the main thread when somebody unmounts."""
    one.wait()
    os.kill(os.getpid(), signal.SIGUSR1)


def _refusal(path: str, message: str, expected: str) -> InputError:
    return InputError([Mistake(path, 0, 0, 1, message, expected)])


def _target(path: str) -> str:
    """Find where to mount, links followed."""
    expected = "an empty directory"
    try:
        real = Path(path).resolve(strict=True)
        if any(_is_below(str(real), own) or _is_same_system(real, own) for own in _OWN):
            raise _refusal(path, f"is in {', '.join(_OWN)}", f"{expected} elsewhere")
        is_empty = not any(real.iterdir())
    except NotADirectoryError:
        raise _refusal(path, "Not a directory", expected) from None
    except OSError as error:
        if error.errno == errno.ENOTCONN:
            expected = f"fusermount3 -u {path} first"
        raise _refusal(path, error.strerror or str(error), expected) from None
    if not is_empty:
        raise _refusal(path, "is not empty", expected)
    return str(real)


def _is_below(path: str, other: str) -> bool:
    """Tell whether one of two directories lies in the other, or is it."""
    shared = os.path.commonpath([path, other])
    return shared in {path, other}


def _is_same_system(path: Path, own: str) -> bool:
    """Tell whether a path lies in the file system of ``/sys`` and the like, bound elsewhere."""
    return os.path.ismount(own) and path.stat().st_dev == Path(own).stat().st_dev


def _check_others(*, allow_other: bool) -> None:
    """Check what fusermount3 asks of an ordinary user. Source: fuse.conf(5)."""
    if not allow_other or not os.geteuid():
        return
    try:
        lines = _CONFIGURATION.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        lines = []
    if "user_allow_other" not in (line.strip() for line in lines):
        raise MissingError(
            f"no user_allow_other in {_CONFIGURATION}", "that line (package fuse3), or root"
        )
