"""The table of personalities."""

import errno

from simulator.mdev import KERNELS


def test_every_row_is_under_its_name():
    """The table is keyed by the name of the personality, and the newest is the last."""
    assert all(name == kernel.name for name, kernel in KERNELS.items())
    assert list(KERNELS)[-1] == "6.1"


def test_6_1():
    """Kernel 6.1 keeps one list of UUIDs and counts with EUSERS."""
    kernel = KERNELS["6.1"]
    assert (kernel.duplicate_scope, kernel.exhausted) == ("global", errno.EUSERS)
