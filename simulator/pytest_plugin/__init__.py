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
``hostile``           a seed for what a kernel may vary, ``7`` or ``"7:order,short"``
====================  ==============================================================================

Where a piece is missing that a mount needs, the test is skipped, with its name; with
``mdevsim_missing = fail`` in the configuration of pytest it fails.

Every pytest run loads this module, so it imports what it needs when a fixture is asked for.
"""

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from simulator.pytest_plugin.machine import LiveMachine, running
from simulator.pytest_plugin.wanted import Wanted

if TYPE_CHECKING:
    from simulator.cli.live import Live

__all__ = ["LiveMachine", "mdevsim_live", "mdevsim_machine"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take ``mdevsim_missing`` in the configuration."""
    text = "what happens to a test where a mount lacks something: skip or fail"
    parser.addini("mdevsim_missing", text, default="skip")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    arguments = ", ".join(one.name for one in fields(Wanted))
    config.addinivalue_line(
        "markers", f"mdevsim({arguments}): the machine that a fixture of mdevsim simulates"
    )


@pytest.fixture
def mdevsim_live(request: pytest.FixtureRequest) -> Iterator[LiveMachine]:
    """A simulated machine for real programs: ``mdevsim_live.run("mdevctl", "types")``."""
    wanted = Wanted.of(request.node)
    with running(wanted.words(request.node), request.config) as machine:
        for fault in wanted.faults:
            machine.control("faults", fault)
        yield machine


@pytest.fixture
def mdevsim_machine(request: pytest.FixtureRequest) -> "Live":
    """A simulated machine within the process: its ``host``, ``tree`` and ``control``."""
    from click import ClickException

    from simulator.cli.inputs import find_scheme
    from simulator.cli.live import load_live
    from simulator.errors import InputError, MdevError, TextError
    from simulator.mdev import KERNELS
    from simulator.sysfs.hostile.seed import Hostility
    from simulator.sysfs.hostile.told import Told
    from simulator.vendors import VENDORS

    wanted = Wanted.of(request.node)
    file = wanted.host_file(request.node)
    for value, known in ((wanted.vendor, VENDORS), (wanted.kernel, KERNELS)):
        if value is not None and value not in known:
            pytest.fail(f"mdevsim marker: {value}; expected one of {', '.join(known)}", False)
    try:
        scheme = None if wanted.scheme is None else find_scheme(wanted.scheme)
        told = None if wanted.hostile is None else Told(Hostility.parse(str(wanted.hostile)), len)
        live = load_live(file, wanted.vendor, wanted.kernel, scheme, wanted.seed, told=told)
    except (InputError, TextError, ClickException) as error:
        pytest.fail(str(error), pytrace=False)
    for fault in wanted.faults:
        try:
            live.control.open("/faults", writing=True).write(fault.encode())
        except MdevError as error:
            pytest.fail(f"mdevsim faults: {fault}\n{error.reason}", pytrace=False)
    return live
