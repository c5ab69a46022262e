"""Laws: what a parent has left depends on what it holds alone, and a refusal changes nothing."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus, WouldBlockError
from simulator.vendors import VENDORS, driver

# Small enough that everything runs out.
HOSTS = {
    "i915": {"aperture_mb": 512, "aggregation": True},
    "nvidia": {"gpu": "P4"},
    "nvidia mixed": {"gpu": "P40", "mixed_size": True},
    "nvidia function": {"gpu": "V100", "virtual_function": True},
    "vfio_ap": {"apqns": "05,06.0004,0047 07.0004", "ap_config": True},
    "vfio_ccw": {},
    "mtty": {"ports": 5},
    "mdpy": {"count": 3},
    "mbochs": {"memory_mb": 85},
    "idxd": {"names": "thread", "dedicated": 5, "aggregation": True},
    "qat": {"instances": 2},
}
UUIDS = [f"0000000{n}-0000-0000-0000-000000000000" for n in range(6)]
MASK = b"0x" + b"0" * 64
WRITES = [b"0", b"1\n", b"2", b"3", b"4\n", b"5", b"0x47\n", b"256", b"x", b",".join([MASK] * 3)]


def register(bus, name):
    vendor = name.partition(" ")[0]
    return bus.register(driver(vendor), HOSTS[name], path=driver(vendor).path)


def left(parent):
    """What the types have left."""
    return {type_id: t.available_instances for type_id, t in parent.types.items()}


def files(parent):
    """What can be read of the mdevs."""
    return {
        (mdev.uuid, name): mdev.show(name)
        for mdev in parent.mdevs.values()
        for name, attribute in mdev.attributes.items()
        if attribute.show is not None
    }


class Vendors(RuleBasedStateMachine):
    """One parent of any driver on any kernel, used as a careless tool would."""

    @initialize(name=st.sampled_from(list(HOSTS)), kernel=st.sampled_from(list(KERNELS)))
    def start(self, name, kernel):
        self.name, self.kernel = name, KERNELS[kernel]
        self.parent = register(MdevBus(self.kernel), name)
        self.whole = left(self.parent)

    def attempt(self, action, *args):
        """Do it. A refusal leaves what is left, and all files, as they were."""
        before = left(self.parent), files(self.parent)
        try:
            action(*args)
        except MdevError:
            assert (left(self.parent), files(self.parent)) == before
            return False
        return True

    @rule(uuid=st.sampled_from(UUIDS), data=st.data())
    def create(self, uuid, data):
        mdev_type = data.draw(st.sampled_from(list(self.parent.types.values())))
        gives_all = self.name == "mtty" and self.kernel.version < (5, 14)
        has_room = gives_all or mdev_type.available_instances > 0
        has_room = has_room and uuid not in self.parent.mdevs
        refuses = self.name == "i915" and len(self.parent.mdevs) >= 7
        assert self.attempt(mdev_type.create, uuid) is (has_room and not refuses)

    @rule(data=st.data())
    def remove(self, data):
        if self.parent.mdevs:
            mdev = data.draw(st.sampled_from(list(self.parent.mdevs.values())))
            assert self.attempt(mdev.remove)
            assert mdev.is_gone

    @rule(data=st.data(), written=st.sampled_from(WRITES))
    def write(self, data, written):
        stores = [
            (mdev, name)
            for mdev in self.parent.mdevs.values()
            for name, attribute in mdev.attributes.items()
            if attribute.store is not None and name != "remove"
        ]
        if stores:
            mdev, name = data.draw(st.sampled_from(stores))
            self.attempt(mdev.store, name, written)

    @rule(data=st.data())
    def visit(self, data):
        """A guest that comes and goes, and a removal that it delays or refuses."""
        if not self.parent.mdevs:
            return
        mdev = data.draw(st.sampled_from(list(self.parent.mdevs.values())))
        mdev.open()
        answer = "ignored"
        try:
            mdev.remove()
        except MdevError as error:
            answer = "refused" if error.name == "EBUSY" else error.name
        except WouldBlockError:
            answer = "waits"
        assert answer == self.kernel.in_use
        assert mdev.is_gone is (answer == "ignored")
        mdev.close()
        assert mdev.is_gone is (answer != "refused")

    @invariant()
    def history_does_not_matter(self):
        """A new parent that is brought to hold the same has the same left."""
        if not hasattr(self, "parent"):
            return
        twin = register(MdevBus(self.kernel), self.name)
        for uuid, mdev in self.parent.mdevs.items():
            copy = twin.types[mdev.mdev_type.type_id].create(uuid)
            if "mdev/aggregated_instances" in mdev.attributes:
                number = mdev.show("mdev/aggregated_instances")
                if number != "0\n":
                    copy.store("mdev/aggregated_instances", number.encode())
            if "ap_config" in mdev.attributes:
                copy.store("ap_config", mdev.show("ap_config").encode())
        assert left(twin) == left(self.parent)
        for (_, name), text in files(twin).items():
            assert text.endswith("\n") or (text == "" and "vgpu_id" not in name)

    def teardown(self):
        """Unregister, and register again: all is there."""
        if hasattr(self, "parent"):
            bus = self.parent.bus
            bus.unregister(self.parent)
            assert left(register(bus, self.name)) == self.whole


TestVendors = Vendors.TestCase
TestVendors.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_every_driver_is_driven():
    """No built-in driver is left out of the machine above."""
    assert {name.partition(" ")[0] for name in HOSTS} == set(VENDORS)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", HOSTS)
def test_filling_up(name, kernel):
    """Creating whatever has room ends with nothing left, and removing it all gives all back."""
    parent = register(MdevBus(KERNELS[kernel]), name)
    whole, n = left(parent), 0
    while n < 64 and (free := [t for t in parent.types.values() if t.available_instances]):
        free[-1].create(f"{n:08x}-0000-0000-0000-000000000000")
        n += 1
    assert set(left(parent).values()) == ({65536 - 64} if name == "vfio_ap" else {0})
    for mdev in tuple(parent.mdevs.values()):
        mdev.remove()
    assert left(parent) == whole
