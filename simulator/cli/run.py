"""``run``: a command with the simulated ``/sys``."""

import errno
import signal
from collections.abc import Callable
from functools import partial

import click

from simulator.cli.hostile import hostile_options, open_told
from simulator.cli.inputs import complete_file
from simulator.cli.live import Live, complain, host_options, leave, load_live
from simulator.compat.scheme import Scheme
from simulator.mdev.uevent import Uevent
from simulator.sysfs import namespace
from simulator.sysfs.fuse import Mount
from simulator.sysfs.hostile.seed import Hostility
from simulator.sysfs.libfuse import check_device, load_fuse
from simulator.sysfs.netlink import UeventSocket
from simulator.sysfs.notices import Notices

__all__ = ["run"]

_COMMAND = "simulator.cli.run.command"


class _Run(click.Command):
    """A verb whose words after ``--`` are a command, untouched."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the command aside."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[_COMMAND] = tuple(args[at + 1 :])
        return super().parse_args(ctx, args[:at])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show the command too."""
        return [*super().collect_usage_pieces(ctx), "--", "CMD [ARG]..."]


@click.command(cls=_Run)
@click.argument("host", required=False, metavar="[HOST]", shell_complete=complete_file)
@host_options
@hostile_options
@click.option("--udev", is_flag=True, help="Start systemd-udevd with mdevctl's rule, too.")
@click.option(
    "--definitions",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    metavar="DIR",
    help="Keep mdevctl's definitions in DIR, instead of dropping them at the end.",
)
@click.pass_context
def run(
    context: click.Context,
    host: str | None,
    udev: bool,
    definitions: str | None,
    scheme: Scheme | None,
    vendor: str | None,
    kernel: str | None,
    seed: int,
    hostility: Hostility | None,
    hostile_log: str | None,
) -> None:
    """
    Run CMD with the simulated /sys, as root or as any user.

    CMD and its children see the host's devices in /sys, make and remove mdevs there, and get
    uevents. They have /run and /etc/mdevctl.d of their own, and no network but the loopback.
    What they leave running is ended with CMD. The control directory is $MDEVSIM_CONTROL.

    HOST is a host file, or i915, mtty or blink, which ship with mdevsim.

    Exit status is CMD's: 128 and its number after a signal, 126 when CMD cannot be executed,
    127 when it is not found; 2 when something that mdevsim needs is missing.
    """
    command = context.meta[_COMMAND]
    if not command:
        raise click.UsageError("no command; it stands after --, as in: mdevsim run -- ls /sys")
    told = open_told(hostility, hostile_log)
    live = load_live(host, vendor, kernel, scheme, seed, told=told)
    check_device()
    load_fuse()
    leave(_run(live, command, definitions, udev=udev))


def _run(live: Live, command: tuple[str, ...], definitions: str | None, *, udev: bool) -> int:
    namespace.enter()
    stage = namespace.furnish(definitions)
    # Who is started with it ignored would not hear of the end of a child, nor get its status.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, namespace.SIGNALS)
    shown = {"/sys": "/sys", "/control": namespace.CONTROL}
    trees = {"/sys": live.tree, "/control": live.control}
    notices = Notices(complain)
    uevents = UeventSocket()
    live.uevents.sinks.append(partial(_pass_on, live, notices, uevents))
    mount = Mount(trees, stage, notices, shown=shown, allow_other=True)
    try:
        mount.start()
        namespace.place(shown)
        if udev:
            namespace.start_udevd()
        return _wait(command, mask, partial(_release, live, mount))
    finally:
        live.hurry.set()
        mount.operations.wake_sleepers(closing=True)
        namespace.end_descendants()


def _pass_on(live: Live, notices: Notices, uevents: UeventSocket, uevent: Uevent) -> None:
    """Send an event after the names before it are taken back, and perhaps some time later."""
    seconds = live.others.uevent_delay(uevent.devpath) if live.others is not None else 0.0
    if seconds:
        notices.put(partial(live.hurry.wait, seconds), asks=True)
    notices.put(partial(uevents.send, uevent))


def _release(live: Live, mount: Mount) -> None:
    """Answer those who sleep now, in a delayed probe or in ``remove``: no signal reaches them."""
    live.hurry.set()
    live.hurry.clear()
    mount.operations.wake_sleepers()


def _wait(
    command: tuple[str, ...], mask: set[int | signal.Signals], release: Callable[[], None]
) -> int:
    try:
        child = namespace.Command(command, sorted(mask))
    except OSError as error:
        click.echo(f"mdevsim: {command[0]}: {error.strerror}", err=True)
        return 127 if error.errno == errno.ENOENT else 126
    return child.wait(release)
