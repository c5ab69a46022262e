"""A host made live: its tree, its control directory, its uevents and faults, for every surface."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any, NoReturn, TypeVar

import click

from simulator.cli.inputs import parse_host, read, read_vendor
from simulator.cli.options import kernel_option, scheme_option, vendor_option
from simulator.compat.scheme import Scheme
from simulator.host import Host
from simulator.mdev import KERNELS, Mdev
from simulator.mdev.faults import Faults
from simulator.mdev.uevent import Uevents
from simulator.sysfs.control import control_tree
from simulator.sysfs.hostile.layer import Layer
from simulator.sysfs.hostile.others import Others
from simulator.sysfs.hostile.told import Told
from simulator.sysfs.layout import mdev_sysfs
from simulator.sysfs.tree import Tree
from simulator.vendors import VENDORS

__all__ = ["Live", "complain", "host_options", "leave", "load_live", "make_live"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Live:
    """
    A host with what its surfaces show.

    Attributes:
        host: The machine.
        uevents: Its uevents.
        tree: Its ``/sys``.
        control: Its control directory.
        hurry: Set, it ends the delays of probes.
        others: What happens besides in a hostile tree.
    """

    host: Host
    uevents: Uevents
    tree: Tree
    control: Tree
    hurry: Event
    others: Others | None = None


def host_options(function: F) -> F:
    """Make the options that say which host it is, and what chance does."""
    seed = click.option(
        "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the faults."
    )
    return scheme_option(None)(vendor_option(kernel_option(seed(function))))


def load_live(
    host: str | None,
    vendor: str | None,
    kernel: str | None,
    scheme: Scheme | None,
    seed: int,
    *,
    cpus: int | None = None,
    told: Told | None = None,
) -> Live:
    """
    Read a host, a file or the built-in one of a driver, and make it live.

    Raises:
        InputError: With all mistakes.
    """
    if host is not None and vendor is not None:
        raise click.UsageError("--vendor names a built-in host; give it or HOST, not both")
    if host is None:
        machine = _built_in(vendor or "i915", kernel, scheme)
    else:
        machine = parse_host(host, read(host), scheme, kernel)
    return make_live(machine, seed, cpus=cpus, told=told)


def _built_in(vendor: str, kernel: str | None, scheme: Scheme | None) -> Host:
    """Make the host of a driver: no mdevs, and no files but the driver's and the scheme's."""
    if scheme is None:
        machine = Host(KERNELS[kernel] if kernel else list(KERNELS.values())[-1])
        machine.add_parent(VENDORS[vendor])
        return machine
    machine = parse_host(vendor, read_vendor(vendor), scheme, kernel)
    for mdev in machine.bus.mdevs:
        mdev.remove()
    return machine


def make_live(host: Host, seed: int, *, cpus: int | None = None, told: Told | None = None) -> Live:
    """
    Make the tree and the control directory of a host.

    It has as many CPUs as this machine, since programs count them there, or *cpus*. The tree is
    hostile as *told* has it.
    """
    uevents = Uevents(host.bus, early=told is not None and told.is_on("slow"))
    hurry = Event()

    def sleep(seconds: float) -> None:
        """Sleep in a create, whose writer holds the lock, and let others have it meanwhile."""
        tree.lock.release()
        try:
            with tree.away():
                hurry.wait(seconds)
        finally:
            tree.lock.acquire()

    faults = Faults(host.bus, uevents, seed=seed, sleep=sleep)
    others = Others(told, lambda: not faults.armed) if told is not None else None
    if others is not None:
        host.bus.on_probe.append(partial(_be_slow, others, sleep))
    n_cpus = cpus or os.cpu_count() or 1
    tree = mdev_sysfs(
        host.bus,
        uevents,
        before_show=faults.before_show,
        before_store=faults.before_store,
        cpus=n_cpus,
        register=host.register_again,
        layer=Layer(told, host.bus, others).over if told and others else None,
    )
    control = control_tree(
        host.bus,
        faults,
        tree.lock,
        register=host.register_again,
        unregistered=lambda: host.unregistered,
        set_driver_version=host.set_driver_version,
        driver_versions=lambda: host.driver_versions,
        log=lambda: host.log,
    )
    return Live(host, uevents, tree, control, hurry, others)


def _be_slow(others: Others, sleep: Callable[[float], None], mdev: Mdev) -> None:
    """Let a probe take time. Who does not sleep gives the lock to nobody."""
    seconds = others.creation_delay(mdev)
    if seconds:
        sleep(seconds)


def complain(error: OSError) -> None:
    """
    Say on standard error that something after a change went wrong.

    Nobody need listen: who has made the change gets an answer all the same.
    """
    with suppress(OSError, ValueError):
        click.echo(f"mdevsim: {error.strerror or error}", err=True)


def leave(status: int) -> NoReturn:
    """End at once. Threads of libfuse may be about to ask: no interpreter can end beside them."""
    for stream in (sys.stdout, sys.stderr):
        # None when it was closed before we began; closed by its reader, it raises.
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)
