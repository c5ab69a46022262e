"""
Laws: whatever is created, opened, held, removed and unregistered, instances are conserved.

Three parents of any driver share a bus of any personality. While a vendor driver is about to
create, other things happen, as they do when its probe sleeps. Each answer is predicted; what is
left is computed from what is held; and who follows the uevents knows what is there.
"""

import errno

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus, Setup, TypeSpec, Uevents, VendorDriver, WouldBlockError
from simulator.vendors import VENDORS, driver

# Pools collide on purpose: few uuids, and never room for all.
UUIDS = [f"0000000{n}-0000-0000-0000-000000000000" for n in range(4)]
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


def overdrawn(left, share):
    """What mtty shows when it has given more than it has: divided as C divides."""
    return -(-left // share) if left < 0 else left // share


def pool(size, share):
    """A parent whose types share one pool."""
    return lambda held, row: overdrawn(
        size - sum(share(mdev.mdev_type.data) for mdev in held), share(row)
    )


def graphics(held, row):
    """i915 with an aperture of 512 MB and 12 fences."""
    low = 512 - 128 - sum(mdev.mdev_type.data.low_mb for mdev in held)
    high = 4096 - 512 - 384 - sum(mdev.mdev_type.data.high_mb for mdev in held)
    return min(low // row.low_mb, high // row.high_mb, (12 - 4) // row.fences - len(held))


def equal_size(held, row):
    """nvidia: every frame buffer is of one size."""
    sizes = {mdev.mdev_type.data.framebuffer_mb for mdev in held}
    return row.max_instance - len(held) if sizes <= {row.framebuffer_mb} else 0


# By driver: its options, what is left of a type, and the errno of a create too many.
HOSTS = {
    "mtty": ({"ports": 3}, pool(3, lambda ports: ports), "ENOSPC"),
    "mbochs": ({"memory_mb": 85}, pool(85, lambda row: row.mbytes), None),
    "qat": ({"instances": 2}, pool(2, lambda _: 1), "ENOSPC"),
    "idxd": (
        {"names": "thread", "dedicated": 3},
        pool(3, lambda queues: queues.count),
        "ENODEV",
    ),
    "i915": ({"aperture_mb": 512, "fences": 12}, graphics, "ENOSPC"),
    "nvidia": ({"gpu": "P4"}, equal_size, "EINVAL"),
    "mdpy": ({"count": 2}, pool(2, lambda _: 1), "ENOMEM"),
    "vfio_ccw": ({}, pool(1, lambda _: 1), "EPERM"),
    "vfio_ap": ({}, pool(65536, lambda _: 1), "EPERM"),
    "counted": ({}, pool(2, lambda _: 1), "EPERM"),
}
VERBS = ["remove", "echo", "open", "close", "get", "put"]
SLOTS = st.integers(0, 2)


def answer(action, *args):
    """Say what an action answers: ``ok``, ``blocks`` or an errno."""
    try:
        action(*args)
    except WouldBlockError:
        return "blocks"
    except MdevError as error:
        return error.name
    return "ok"


class Model:
    """A bus, and what is known of its mdevs without asking it: who holds which, and how often."""

    def __init__(self, kernel, vendors):
        self.kernel = kernel
        self.bus = MdevBus(kernel)
        self.names = [f"{n}-{vendor}" for n, vendor in enumerate(vendors)]
        self.holds = {}
        self.probed = set()
        self.present = set()
        self.creating = []
        self.fileless = set()
        self.next_probe = None
        self.bus.on_probe.append(self.before_probe)
        self.bus.on_create.append(self.probed.add)
        Uevents(self.bus).sinks.append(self.follow)
        self.parents = {}
        for name in self.names:
            self.register(name)
        self.whole = {name: self.left(parent) for name, parent in self.parents.items()}

    def host(self, parent):
        return HOSTS[parent.driver.name]

    def register(self, name):
        vendor = name.partition("-")[2]
        known = COUNTED if vendor == "counted" else driver(vendor)
        path = f"/sys/devices/{name}"
        self.parents[name] = self.bus.register(known, HOSTS[vendor][0], path=path)

    def before_probe(self, mdev):
        self.holds[mdev] = 0
        if self.next_probe is not None:
            meanwhile, self.next_probe = self.next_probe, None
            self.creating.append(mdev)
            meanwhile()
            self.creating.remove(mdev)

    def follow(self, uevent):
        """Know from the uevents alone what is there."""
        if "MDEV_STATE" in dict(uevent.properties):
            return
        if uevent.action == "add":
            assert uevent.devpath not in self.present
            self.present.add(uevent.devpath)
        assert uevent.devpath in self.present
        if uevent.action == "remove":
            self.present.remove(uevent.devpath)

    @staticmethod
    def left(parent):
        return {type_id: t.available_instances for type_id, t in parent.types.items()}

    def in_tree(self, parent):
        return [mdev for mdev in self.holds if mdev.parent is parent and not mdev.is_gone]

    def listed(self, parent=None):
        """List the mdevs whose UUID is in use: until the last reference is put, or they go."""
        if self.kernel.duplicate_scope == "parent":
            return self.in_tree(parent)
        return [mdev for mdev, holds in self.holds.items() if holds or not mdev.is_gone]

    def expected_left(self, parent):
        """Compute what is left from what is held: by the core until release, or by the vendor."""
        left = self.host(parent)[1]
        held = [mdev for mdev in self.in_tree(parent) if mdev in self.probed]
        if parent.driver.get_available is None and self.kernel.exhausted is not None:
            held = [mdev for mdev in self.listed() if mdev.parent is parent]
        least = -1000 if self.is_overdrawn(parent) else 0
        return {type_id: max(left(held, t.data), least) for type_id, t in parent.types.items()}

    def is_overdrawn(self, parent):
        """Tell whether the driver counts what it gives, and gives more all the same."""
        return parent.driver.name == "mtty" and self.kernel.version < (5, 14)

    def expected_claim(self, mdev_type, uuid):
        """Say what create answers before the vendor driver is asked, in the kernel's order."""
        parent = mdev_type.parent
        counts = parent.driver.get_available is None and self.kernel.exhausted is not None
        if parent.is_unregistering and not self.kernel.has_unreg_sem:
            return "EINVAL"
        if uuid in {mdev.uuid for mdev in self.listed(parent)}:
            return "EEXIST"
        if counts and not self.expected_left(parent)[mdev_type.type_id]:
            return errno.errorcode[self.kernel.exhausted]
        if parent.is_unregistering:
            return "ENODEV"
        return "EEXIST" if uuid in self.bus.devices else "ok"

    def expected_probe(self, mdev_type):
        """Say what the vendor driver answers. Where the core counts, it has one too many never."""
        if mdev_type.parent.driver.get_available is None and self.kernel.exhausted is not None:
            return "ok"
        if self.is_overdrawn(mdev_type.parent):
            return "ok"
        if self.expected_left(mdev_type.parent)[mdev_type.type_id]:
            return "ok"
        old_mbochs = "ENOMEM" if self.kernel.version < (5, 15) else "ENOSPC"
        return self.host(mdev_type.parent)[2] or old_mbochs

    def create(self, slot, index, uuid, meanwhile=lambda: None):
        parent = self.parents.get(self.names[slot])
        if parent is None or parent.is_gone:
            return
        mdev_type = list(parent.types.values())[index % len(parent.types)]
        expected = self.expected_claim(mdev_type, uuid)
        probe = []

        def during():
            meanwhile()
            probe.append(self.expected_probe(mdev_type))

        self.next_probe = during if expected == "ok" else None
        found = answer(mdev_type.store, "create", uuid.encode())
        assert found == (probe[0] if probe else expected)

    def expected_remove(self, mdev):
        if mdev.is_gone and not self.holds[mdev]:
            return "ENODEV"
        if not mdev.active:
            return "EAGAIN"
        if mdev.parent.is_unregistering and self.kernel.has_unreg_sem:
            return "ENODEV"
        in_use = {"refused": "EBUSY", "waits": "blocks", "ignored": "ok"}[self.kernel.in_use]
        return in_use if mdev.is_open else "ok"

    def expected_echo(self, mdev):
        """Say what `echo 1 > remove` answers: there may be no such file, or not any more."""
        if mdev.is_gone or mdev.is_removing:
            return "ENODEV"
        is_early = mdev in self.creating and self.kernel.remove_file == "last"
        if is_early or mdev in self.fileless:
            return "ENOENT"
        expected = self.expected_remove(mdev)
        if expected not in {"ok", "blocks", "EBUSY"}:
            self.fileless.add(mdev)
        return expected

    def touch(self, number, verb):
        if not self.holds:
            return
        # The young ones are the interesting ones.
        mdev = list(self.holds)[-1 - number % len(self.holds)]
        if verb == "remove":
            expected = self.expected_remove(mdev)
            assert answer(mdev.remove) == expected
            assert mdev.is_gone or expected != "ok"
            assert mdev.active or expected != "EBUSY"
        elif verb == "echo":
            assert self.expected_echo(mdev) == answer(mdev.store, "remove", b"1")
        elif verb == "open":
            assert answer(mdev.open) == ("ok" if mdev.active else "ENODEV")
        elif verb == "close" and mdev.is_open:
            mdev.close()
        elif verb == "get" and not mdev.is_gone:
            mdev.get()
            self.holds[mdev] += 1
        elif verb == "put" and self.holds[mdev]:
            self.holds[mdev] -= 1
            mdev.put()

    def unregister_or_register(self, slot):
        name = self.names[slot]
        parent = self.parents[name]
        if parent.is_gone:
            self.parents[name] = self.bus.register_again(name)
            return
        waits = self.kernel.in_use == "waits" and any(m.is_open for m in self.in_tree(parent))
        creates = any(mdev.parent is parent for mdev in self.creating)
        expected = "blocks" if waits or creates else "ok"
        assert answer(self.bus.unregister, parent) == expected
        assert parent.is_gone == (expected == "ok")

    def check(self):
        """Hold the laws, also in the middle of a creation."""
        for parent in self.bus.parents.values():
            assert self.left(parent) == self.expected_left(parent)
            linked = {uuid for t in parent.types.values() for uuid in t.mdevs}
            assert linked == {mdev.uuid for mdev in parent.mdevs.values() if mdev.is_linked}
            assert linked >= {mdev.uuid for mdev in parent.mdevs.values() if mdev.active}
            uuids = [mdev.uuid for mdev in self.listed(parent)]
            assert len(uuids) == len(set(uuids))
            files = {mdev for mdev in parent.mdevs.values() if "remove" in mdev.attributes}
            assert files >= {m for m in parent.mdevs.values() if m.active} - self.fileless
        there = [m for parent in self.bus.parents.values() for m in parent.mdevs.values()]
        assert set(self.bus.devices.values()) == {m for m in there if not m.is_removing}
        assert len(self.bus.devices) == len({mdev.uuid for mdev in there if not mdev.is_removing})
        if not self.creating:
            assert self.present == {mdev.path.removeprefix("/sys") for mdev in there}
            assert not any(parent.is_unregistering and not parent.mdevs for parent in self.alive())
        assert not any(mdev.attributes or mdev.is_linked for mdev in self.holds if mdev.is_gone)

    def alive(self):
        return [parent for parent in self.parents.values() if not parent.is_gone]

    def end(self):
        """Let everybody go. Every parent has all that it had at first."""
        for mdev, holds in self.holds.items():
            while mdev.is_open:
                mdev.close()
            for _ in range(holds):
                mdev.put()
            self.holds[mdev] = 0
        for mdev in self.holds:
            if mdev.active:
                mdev.remove()
        for name, parent in self.parents.items():
            if parent.is_gone:
                self.parents[name] = self.bus.register_again(name)
        assert {name: self.left(parent) for name, parent in self.parents.items()} == self.whole
        assert not self.bus.devices
        self.check()


OPERATIONS = st.one_of(
    st.tuples(st.just("create"), SLOTS, st.integers(0, 3), st.sampled_from(UUIDS)),
    st.tuples(st.just("touch"), st.integers(0, 5), st.sampled_from(VERBS)),
    st.tuples(st.just("unregister_or_register"), SLOTS),
)


class Conservation(RuleBasedStateMachine):
    """Three parents on a bus, used by many at once."""

    kernel = "6.1"

    @initialize(vendors=st.lists(st.sampled_from(list(HOSTS)), min_size=3, max_size=3))
    def start(self, vendors):
        self.model = Model(KERNELS[self.kernel], vendors)

    def perform(self, operation):
        verb, *args = operation
        getattr(self.model, verb)(*args)
        self.model.check()

    @rule(operation=OPERATIONS)
    def act(self, operation):
        self.perform(operation)

    @rule(
        slot=SLOTS,
        index=st.integers(0, 3),
        uuid=st.sampled_from(UUIDS),
        operations=st.lists(OPERATIONS, min_size=1, max_size=4),
    )
    def create_slowly(self, slot, index, uuid, operations):
        def meanwhile():
            for operation in operations:
                self.perform(operation)

        self.model.create(slot, index, uuid, meanwhile)

    @invariant()
    def all_is_well(self):
        if hasattr(self, "model"):
            self.model.check()

    def teardown(self):
        if hasattr(self, "model"):
            self.model.end()


@pytest.mark.parametrize("kernel", KERNELS)
def test_conservation(kernel):
    """Create, remove, open, hold and unregister conserve every pool in every personality."""
    case = type("Case", (Conservation,), {"kernel": kernel}).TestCase
    n_examples = max(60, settings.default.max_examples // 2)
    case.settings = settings(max_examples=n_examples, stateful_step_count=30, deadline=None)
    case("runTest").runTest()


def test_every_driver_is_driven():
    """No built-in driver is left out of the machine above."""
    assert set(HOSTS) - {"counted"} == set(VENDORS)
