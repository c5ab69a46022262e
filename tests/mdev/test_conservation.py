"""Law: whatever is created, opened, held, removed and unregistered, instances are conserved."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from simulator.errors import MdevError
from simulator.mdev import (
    KERNELS,
    MdevBus,
    Setup,
    TypeSpec,
    VendorDriver,
    WouldBlockError,
)
from simulator.vendors import driver

# Pools collide on purpose: five uuids, four parents, and never room for all.
UUIDS = [f"0000000{n}-0000-0000-0000-000000000000" for n in range(5)]
COUNTED = VendorDriver(
    name="counted",
    mdev_driver="counted",
    device_api="vfio-pci",
    path="/sys/devices/counted",
    setup=lambda _: Setup((TypeSpec("a"), TypeSpec("b"))),
    probe=lambda _: None,
    remove=lambda _: None,
    max_instances=2,
)
PARENTS = {
    "mtty0": (driver("mtty"), {"ports": 3}),
    "mtty1": (driver("mtty"), {"ports": 1}),
    "gpu": (driver("i915"), {"aperture_mb": 512, "fences": 12}),
    "counted": (COUNTED, {}),
}


def answer(action, *args):
    """Say what an action answers: ``ok``, ``blocks`` or an errno."""
    try:
        action(*args)
    except WouldBlockError:
        return "blocks"
    except MdevError as error:
        return error.name
    return "ok"


class Conservation(RuleBasedStateMachine):
    """The model is the plain list of mdevs that are not released, and who holds them."""

    def __init__(self):
        super().__init__()
        self.bus = MdevBus(KERNELS["6.1"])
        self.known = []
        for name in PARENTS:
            self.register(name)

    def register(self, name):
        vendor, config = PARENTS[name]
        self.bus.register(vendor, config, path=f"/sys/devices/{name}")

    def listed(self):
        return [mdev for mdev, holds in self.known if holds or not mdev.is_gone]

    def expected(self, mdev_type, uuid):
        """Say what create answers, in the order of the kernel's checks."""
        parent = mdev_type.parent
        counts = parent.driver.get_available is None
        if uuid in {mdev.uuid for mdev in self.listed()}:
            return "EEXIST"
        if counts and not mdev_type.available_instances:
            return "EUSERS"
        if parent.is_unregistering:
            return "ENODEV"
        return "ok" if mdev_type.available_instances else "ENOSPC"

    def expected_remove(self, mdev, holds):
        """Say what remove answers. A removed mdev is on the list while somebody holds it."""
        if mdev.is_gone and not holds:
            return "ENODEV"
        if not mdev.active:
            return "EAGAIN"
        if mdev.parent.is_unregistering:
            return "ENODEV"
        return "blocks" if mdev.is_open else "ok"

    @rule(name=st.sampled_from(list(PARENTS)), index=st.integers(0, 2), n=st.integers(0, 4))
    def create(self, name, index, n):
        parent = self.bus.parents.get(name)
        if parent is None:
            return
        mdev_type = list(parent.types.values())[index % len(parent.types)]
        expected = self.expected(mdev_type, UUIDS[n])
        assert answer(mdev_type.store, "create", UUIDS[n].encode()) == expected
        if expected == "ok":
            self.known.append([parent.mdevs[UUIDS[n]], 0])

    @precondition(lambda self: self.known)
    @rule(data=st.data(), verb=st.sampled_from(["remove", "open", "close", "get", "put"]))
    def touch(self, data, verb):
        entry = data.draw(st.sampled_from(self.known))
        mdev, holds = entry
        if verb == "remove":
            expected = self.expected_remove(mdev, holds)
            assert answer(mdev.remove) == expected
            assert mdev.is_gone or expected != "ok"
        elif verb == "open" and mdev.active:
            mdev.open()
        elif verb == "close" and mdev.is_open:
            mdev.close()
        elif verb == "get" and not mdev.is_gone:
            mdev.get()
            entry[1] += 1
        elif verb == "put" and holds:
            mdev.put()
            entry[1] -= 1

    @rule(name=st.sampled_from(list(PARENTS)))
    def unregister_or_register(self, name):
        parent = self.bus.parents.get(name)
        if parent is None:
            self.register(name)
            return
        in_use = any(mdev.is_open for mdev in parent.mdevs.values())
        assert answer(self.bus.unregister, parent) == ("blocks" if in_use else "ok")
        assert (name in self.bus.parents) == in_use

    @invariant()
    def no_uuid_twice(self):
        uuids = [mdev.uuid for mdev in self.listed()]
        assert len(uuids) == len(set(uuids))
        assert set(self.bus.mdevs) <= set(self.listed())

    @invariant()
    def ports_are_conserved(self):
        for name in {"mtty0", "mtty1"} & set(self.bus.parents):
            parent = self.bus.parents[name]
            used = sum(mdev.mdev_type.data for mdev in parent.mdevs.values())
            free = PARENTS[name][1]["ports"] - used
            shown = [t.show("available_instances") for t in parent.types.values()]
            assert shown == [f"{free}\n", f"{free // 2}\n"]

    @invariant()
    def graphics_memory_is_conserved(self):
        parent = self.bus.parents.get("gpu")
        if parent is None:
            return
        mdevs = list(parent.mdevs.values())
        low = 512 - 128 - sum(mdev.mdev_type.data.low_mb for mdev in mdevs)
        high = 4096 - 512 - 384 - sum(mdev.mdev_type.data.high_mb for mdev in mdevs)
        fences = 12 - 4 - 4 * len(mdevs)
        for mdev_type in parent.types.values():
            row = mdev_type.data
            left = min(low // row.low_mb, high // row.high_mb, fences // row.fences)
            assert mdev_type.available_instances == left >= 0
        ids = {mdev.show("intel_vgpu/vgpu_id") for mdev in mdevs if not mdev.is_removing}
        assert len(ids) == sum(not mdev.is_removing for mdev in mdevs)

    @invariant()
    def the_counter_is_conserved(self):
        parent = self.bus.parents.get("counted")
        if parent is not None:
            used = sum(mdev.parent is parent for mdev in self.listed())
            assert {t.available_instances for t in parent.types.values()} == {2 - used}


TestConservation = Conservation.TestCase
TestConservation.__doc__ = "Create, remove, open, hold and unregister conserve every pool."
TestConservation.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
