"""Small hosts for the tests of the mdev core."""

import errno
from dataclasses import dataclass, field

import pytest

from simulator.errors import MdevError
from simulator.mdev import KERNELS, Attribute, MdevBus, Setup, TypeSpec, VendorDriver


@dataclass
class Recorder:
    """A vendor driver that notes its calls and fails when told to."""

    calls: list = field(default_factory=list)
    probe_errno: int = 0
    remove_errno: int = 0

    def probe(self, mdev):
        self.calls.append(("probe", mdev.uuid))
        if self.probe_errno:
            raise MdevError(self.probe_errno, "told to")

    def remove(self, mdev):
        self.calls.append(("remove", mdev.uuid))
        if self.remove_errno:
            raise MdevError(self.remove_errno, "told to")

    def driver(self, **changes):
        settings = {
            "name": "rec",
            "mdev_driver": "rec_mdev",
            "device_api": "vfio-pci",
            "path": "/sys/devices/virtual/rec/rec",
            "setup": lambda _: Setup((TypeSpec("a", "Type A"), TypeSpec("b"))),
            "probe": self.probe,
            "remove": self.remove,
            "max_instances": 2,
            "attributes": (Attribute("vendor/uuid", 0o444, lambda mdev: f"{mdev.uuid}\n"),),
        }
        return VendorDriver(**(settings | changes))


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def bus():
    return MdevBus(KERNELS["6.1"])


@pytest.fixture
def parent(bus, recorder):
    return bus.register(recorder.driver())


@pytest.fixture
def refused():
    """Run an action that must be refused, and give the name of its errno."""

    def run(action, *args, **named):
        with pytest.raises(MdevError) as caught:
            action(*args, **named)
        assert errno.errorcode[caught.value.errno] == caught.value.name
        return caught.value.name

    return run
