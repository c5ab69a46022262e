"""Removal, open devices and references. Sources: mdev_core.c, mdev_sysfs.c, vfio_main.c."""

import errno

import pytest

from simulator.mdev import KERNELS, MdevBus, WouldBlockError

UUIDS = [f"0000000{n}-0000-0000-0000-000000000000" for n in range(5)]


@pytest.fixture
def mdev(parent):
    return parent.types["rec-a"].create(UUIDS[0])


@pytest.mark.parametrize("data", [b"1", b"1\n", b"2", b"0x10", b"+07"])
def test_any_number_but_0_removes(bus, mdev, data):
    """Any non-zero number of any base removes, and the count is returned."""
    assert mdev.store("remove", data) == len(data)
    assert mdev.is_gone
    assert bus.mdevs == ()


@pytest.mark.parametrize("data", [b"0", b"0\n", b"0x0", b"00"])
def test_0_has_no_effect(mdev, data):
    """Zero returns the count and leaves the device as it is."""
    assert mdev.store("remove", data) == len(data)
    assert mdev.active
    assert "remove" in mdev.attributes


@pytest.mark.parametrize("data", [b"abc", b"-1", b"\n", b"1 1", b"99999999999999999999"])
def test_other_texts_are_einval(mdev, data, refused):
    """Garbage is EINVAL, and so is a number that kstrtoul() calls ERANGE."""
    assert refused(mdev.store, "remove", data) == "EINVAL"
    assert mdev.active


def test_a_removed_mdev(mdev, refused):
    """A later open gets ENOENT, a write to a file kept open ENODEV."""
    mdev.store("remove", b"1")
    assert refused(mdev.check_open, "remove", writing=True) == "ENOENT"
    assert refused(mdev.store, "remove", b"1") == "ENODEV"
    assert refused(mdev.show, "vendor/uuid") == "ENODEV"
    assert refused(mdev.remove) == "ENODEV"
    assert refused(mdev.open) == "ENODEV"


def test_the_vendor_cannot_refuse(mdev, recorder):
    """Since 5.2 an error of the vendor's remove changes nothing."""
    recorder.remove_errno = errno.EBUSY
    mdev.store("remove", b"1")
    assert mdev.is_gone


def test_remove_before_active_is_eagain(bus, parent, refused):
    """While it is created, an mdev answers EAGAIN, and its remove file is used up."""
    errnos = []
    bus.on_create.append(lambda mdev: errnos.append(refused(mdev.store, "remove", b"1")))
    mdev = parent.types["rec-a"].create(UUIDS[0])
    assert errnos == ["EAGAIN"]
    assert mdev.active
    assert "remove" not in mdev.attributes


def test_remove_waits_while_open(bus, mdev, recorder, refused):
    """Remove blocks while the device is open; the last close ends it."""
    mdev.open()
    mdev.open()
    with pytest.raises(WouldBlockError) as blocked:
        mdev.store("remove", b"1")
    answers = []
    blocked.value.on_gone.append(lambda: answers.append(bus.mdevs))
    assert mdev.is_removing
    assert not mdev.is_linked
    assert dict(mdev.attributes) == {}
    assert bus.mdevs == ()
    assert mdev.uuid in mdev.parent.mdevs
    assert refused(mdev.store, "remove", b"1") == "ENODEV"
    assert refused(mdev.remove) == "EAGAIN"
    assert refused(mdev.open) == "ENODEV"
    assert refused(mdev.mdev_type.create, mdev.uuid) == "EEXIST"
    mdev.close()
    assert ("remove", mdev.uuid) not in recorder.calls
    mdev.close()
    assert answers == [()]
    assert mdev.is_gone
    assert recorder.calls[-1] == ("remove", mdev.uuid)


def test_close_without_remove_keeps_the_device(mdev):
    """To close an active device does nothing else; to close twice is a mistake."""
    mdev.open()
    mdev.close()
    assert mdev.active
    with pytest.raises(ValueError, match="not open"):
        mdev.close()


def test_a_reference_delays_the_release(parent, mdev, refused):
    """The counter comes back and the UUID is free when the last reference is put."""
    mdev.get()
    mdev.store("remove", b"1")
    a = parent.types["rec-a"]
    assert mdev.is_gone
    assert a.available_instances == 1
    assert refused(a.create, mdev.uuid) == "EEXIST"
    mdev.put()
    assert a.available_instances == 2
    assert a.create(mdev.uuid).active
    with pytest.raises(ValueError, match="released"):
        mdev.put()


def test_unregister_waits_for_open_mdevs(bus, parent, refused):
    """An open child holds up the unregistration, which goes on at its close."""
    a, b = parent.types.values()
    mdev, other = a.create(UUIDS[0]), b.create(UUIDS[1])
    mdev.open()
    with pytest.raises(WouldBlockError) as blocked:
        bus.unregister(parent)
    done = []
    blocked.value.on_gone.append(lambda: done.append(1))
    assert refused(other.store, "remove", b"1") == "ENODEV"
    assert not other.active
    assert refused(a.create, UUIDS[0]) == "EEXIST"
    with pytest.raises(WouldBlockError):
        bus.unregister(parent)
    mdev.close()
    assert (other.is_gone, parent.is_gone, done) == (True, True, [1])
    assert dict(bus.parents) == {}


def test_a_pending_remove_comes_before_an_unregistration(bus, parent):
    """The unregistration waits for the sleeping writer, before it touches another mdev."""
    a = parent.types["rec-a"]
    other, mdev = a.create(UUIDS[0]), a.create(UUIDS[1])
    mdev.open()
    with pytest.raises(WouldBlockError):
        mdev.store("remove", b"1")
    with pytest.raises(WouldBlockError):
        bus.unregister(parent)
    assert other.active
    mdev.close()
    assert other.is_gone
    assert parent.is_gone


def test_a_vendor_that_breaks_leaves_no_half_removed_mdev(bus, mdev, recorder):
    """An exception that is no errno gets out, after the mdev has left the tree."""

    def explode(uuid):
        raise RuntimeError(uuid)

    recorder.calls = type("Calls", (), {"append": staticmethod(explode)})
    with pytest.raises(RuntimeError):
        mdev.remove()
    assert mdev.is_gone
    assert bus.mdevs == ()


# ---- the driver of an mdev


def test_unbind_runs_the_vendors_remove(bus, mdev, recorder, refused):
    """Without its driver a device is there and can be removed; the vendor is not asked again."""
    actions = []
    bus.listeners.append(lambda action, _: actions.append(action))
    mdev.unbind()
    assert (mdev.driver_name, mdev.active, list(mdev.attributes)) == (None, True, ["remove"])
    assert bus.mdevs == (mdev,)
    assert refused(mdev.open) == "ENODEV"
    assert refused(mdev.unbind) == "ENODEV"
    assert refused(mdev.bind) == "ENODEV"
    assert mdev.parent.types["rec-a"].available_instances == 1
    mdev.store("remove", b"1")
    assert mdev.parent.types["rec-a"].available_instances == 2
    assert recorder.calls == [("probe", mdev.uuid), ("remove", mdev.uuid)]
    assert actions == ["unbind", "remove"]


@pytest.mark.parametrize("kernel", ["4.10", "4.18", "5.2"])
def test_an_older_kernel_binds_again(kernel, recorder, refused):
    """Before 5.14 the driver, not the vendor's own, goes and comes; the vendor's part stays."""
    bus = MdevBus(KERNELS[kernel])
    mdev = bus.register(recorder.driver()).types["rec-a"].create(UUIDS[0])
    actions = []
    bus.listeners.append(lambda action, _: actions.append(action))
    assert refused(mdev.bind) == "ENODEV"
    mdev.unbind()
    assert (mdev.driver_name, set(mdev.attributes)) == (None, {"vendor/uuid", "remove"})
    mdev.bind()
    assert mdev.driver_name == "vfio_mdev"
    mdev.open()
    mdev.close()
    mdev.unbind()
    mdev.store("remove", b"1")
    assert recorder.calls == [("probe", mdev.uuid), ("remove", mdev.uuid)]
    assert actions == ["unbind", "bind", "unbind", "remove"]


@pytest.mark.parametrize("kernel", KERNELS)
def test_unbind_waits_while_open(kernel, recorder, refused):
    """Unbind blocks while the device is open, though its driver is not seen any more."""
    bus = MdevBus(KERNELS[kernel])
    mdev = bus.register(recorder.driver()).types["rec-a"].create(UUIDS[0])
    mdev.open()
    with pytest.raises(WouldBlockError) as blocked:
        mdev.unbind()
    answers = []
    blocked.value.on_gone.append(lambda: answers.append(mdev.driver_name))
    assert (mdev.driver_name, mdev.is_open) == (None, True)
    assert [refused(call) for call in (mdev.open, mdev.unbind, mdev.bind)] == ["ENODEV"] * 3
    assert answers == []
    mdev.close()
    assert answers == [None]
    assert bus.mdevs == (mdev,)


def test_a_removal_during_an_unbind(bus, mdev, recorder):
    """Both writers wait for the same close, and the vendor driver is asked once."""
    answers = []
    mdev.open()
    for number, call in enumerate((mdev.unbind, mdev.remove)):
        with pytest.raises(WouldBlockError) as blocked:
            call()
        blocked.value.on_gone.append(lambda number=number: answers.append(number))
    mdev.close()
    assert sorted(answers) == [0, 1]
    assert bus.mdevs == ()
    assert recorder.calls == [("probe", mdev.uuid), ("remove", mdev.uuid)]


def test_unregister_during_an_unbind(bus, parent, mdev):
    """An unregistration waits for what an unbind waits for."""
    mdev.open()
    for call in (mdev.unbind, lambda: bus.unregister(parent)):
        with pytest.raises(WouldBlockError):
            call()
    mdev.close()
    assert parent.is_gone
