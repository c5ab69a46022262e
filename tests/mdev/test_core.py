"""Creation and registration. Source: mdev_core.c."""

import errno
from dataclasses import replace

import pytest

from simulator.errors import MdevError, NoInstancesError, ParentGoneError, UuidInUseError
from simulator.mdev import KERNELS, MdevBus, OptionError, Setup, TypeSpec, WouldBlockError
from simulator.vendors import driver

UUIDS = [f"0000000{n}-0000-0000-0000-000000000000" for n in range(5)]


def test_create_returns_the_count_and_makes_everything(bus, parent):
    """A created mdev is in the directory of its parent, linked by its type and active."""
    a = parent.types["rec-a"]
    assert a.store("create", UUIDS[0].upper().encode() + b"\n") == 37
    mdev = parent.mdevs[UUIDS[0].lower()]
    assert (bus.mdevs, dict(a.mdevs)) == ((mdev,), {mdev.uuid: mdev})
    assert mdev.active
    assert mdev.is_linked
    assert mdev.path == f"/sys/devices/virtual/rec/rec/{UUIDS[0]}"


def test_paths_and_names(parent):
    """The name of a parent is the end of its path; types lie in mdev_supported_types."""
    assert parent.name == "rec"
    assert parent.types["rec-a"].path.endswith("/rec/mdev_supported_types/rec-a")


def test_length_is_checked_before_text(parent, refused, recorder):
    """A wrong length and a wrong text are EINVAL, and the vendor is not asked."""
    a = parent.types["rec-a"]
    for data in (b"x" * 35, b"x" * 36, b"x" * 38):
        assert refused(a.store, "create", data) == "EINVAL"
    assert a.store("create", b"") == 0
    assert recorder.calls == []


def test_duplicate_comes_before_every_other_check(bus, recorder, refused):
    """EEXIST precedes EUSERS and ENODEV, and spans types and parents."""
    first = bus.register(recorder.driver(), path="/sys/devices/virtual/rec/first")
    full = bus.register(recorder.driver(max_instances=0), path="/sys/devices/virtual/rec/full")
    first.types["rec-a"].create(UUIDS[0])
    for mdev_type in (*first.types.values(), *full.types.values()):
        assert refused(mdev_type.create, UUIDS[0]) == "EEXIST"
    assert refused(full.types["rec-a"].create, UUIDS[1]) == "EUSERS"


def test_the_core_counts_for_all_types_of_a_parent(parent, refused):
    """Without get_available, all types share one counter, and at 0 the core says EUSERS."""
    a, b = parent.types.values()
    mdev = a.create(UUIDS[0])
    b.create(UUIDS[1])
    assert (a.available_instances, b.available_instances) == (0, 0)
    assert refused(b.create, UUIDS[2]) == "EUSERS"
    mdev.remove()
    assert b.available_instances == 1


def test_probe_errno_is_passed_on_and_everything_undone(bus, parent, recorder, refused):
    """The errno of the vendor's probe is the answer, and nothing is left behind."""
    recorder.probe_errno = errno.ENOSPC
    events = []
    bus.listeners.append(lambda action, _: events.append(action))
    a = parent.types["rec-a"]
    assert refused(a.create, UUIDS[0]) == "ENOSPC"
    assert (bus.mdevs, dict(parent.mdevs), dict(a.mdevs)) == ((), {}, {})
    assert a.available_instances == 2
    assert events == ["add", "remove"]
    recorder.probe_errno = 0
    assert a.create(UUIDS[0]).active


@pytest.mark.parametrize(("scope", "error"), [("global", UuidInUseError), ("parent", type(None))])
def test_duplicate_scope(scope, error, recorder):
    """The personality says whether a UUID is new to the bus, or to its parent only."""
    bus = MdevBus(replace(KERNELS["6.1"], duplicate_scope=scope, has_unique_names=False))
    parents = [bus.register(recorder.driver(), path=f"/sys/devices/{n}") for n in "xy"]
    parents[0].types["rec-a"].create(UUIDS[0])
    try:
        parents[1].types["rec-a"].create(UUIDS[0])
        found = None
    except UuidInUseError as caught:
        found = caught
    assert type(found) is error
    with pytest.raises(UuidInUseError):
        parents[0].types["rec-b"].create(UUIDS[0])


def test_the_errno_of_the_counter_is_the_personalitys(recorder):
    """The core's counter answers with the errno of the personality."""
    bus = MdevBus(replace(KERNELS["6.1"], exhausted=errno.EPERM))
    parent = bus.register(recorder.driver(max_instances=0))
    with pytest.raises(NoInstancesError) as caught:
        parent.types["rec-a"].create(UUIDS[0])
    assert caught.value.name == "EPERM"


def test_events_come_in_kernel_order(bus, recorder):
    """Listeners see add and bind before the links, unbind and remove after them."""
    events = []

    def listen(action, node):
        events.append((action, getattr(node, "is_linked", None)))

    bus.listeners.append(listen)
    parent = bus.register(recorder.driver())
    parent.types["rec-a"].create(UUIDS[0])
    bus.unregister(parent)
    assert events == [
        ("registered", None),
        ("add", False),
        ("bind", False),
        ("unbind", False),
        ("remove", False),
        ("unregistered", None),
    ]


def test_unregister_removes_all_and_ignores_errors(bus, parent, recorder, refused):
    """Every child goes, though the vendor objects; then the types, then the parent."""
    a, b = parent.types.values()
    mdevs = [a.create(UUIDS[0]), b.create(UUIDS[1])]
    recorder.remove_errno = errno.EBUSY
    bus.unregister(parent)
    assert all(mdev.is_gone for mdev in mdevs)
    assert recorder.calls[2:] == [("remove", UUIDS[0]), ("remove", UUIDS[1])]
    assert (bus.mdevs, dict(bus.parents), dict(parent.types)) == ((), {}, {})
    assert refused(a.check_open, "create", writing=True) == "ENOENT"
    assert refused(a.store, "create", UUIDS[0].encode()) == "ENODEV"
    assert refused(a.create, UUIDS[0]) == "ENODEV"
    with pytest.raises(ParentGoneError) as caught:
        bus.unregister(parent)
    assert caught.value.reason == "rec is not registered"


def test_an_unregistration_is_told_before_it_happens(bus, parent):
    """Who adds files to a parent hears of it while its mdevs are there."""
    mdev = parent.types["rec-a"].create(UUIDS[0])
    told = []
    bus.on_unregister.append(lambda one: told.append((one, mdev.is_gone)))
    bus.unregister(parent)
    assert told == [(parent, False)]


def test_refusals_say_why(bus, parent, recorder):
    """The reason names the UUID that is in use, or the parent that is full."""
    full = bus.register(recorder.driver(max_instances=0), path="/sys/devices/virtual/rec/full")
    parent.types["rec-a"].create(UUIDS[0])
    for refused, reason in (
        (lambda: parent.types["rec-b"].create(UUIDS[0]), f"{UUIDS[0]} is in use"),
        (lambda: full.types["rec-a"].create(UUIDS[1]), "full: all 0 instances are in use"),
        (lambda: bus.register(recorder.driver()), "rec is registered"),
    ):
        with pytest.raises(MdevError) as caught:
            refused()
        assert caught.value.reason == reason


def test_who_is_told_is_told_of_whom(bus, recorder):
    """A new parent is told of before it is in the tree, a new mdev when it is active."""
    told = []
    bus.on_register.append(lambda parent: told.append((parent.name, dict(bus.parents))))
    bus.on_active.append(lambda mdev: told.append((mdev.uuid, mdev.active)))
    parent = bus.register(recorder.driver())
    parent.types["rec-a"].create(UUIDS[0])
    assert told == [("rec", {}), (UUIDS[0], True)]


def test_a_removal_that_sleeps_is_waited_for_first(bus, parent):
    """Who sleeps in `remove` holds the parent's semaphore: other mdevs are not touched yet."""
    first, second = (parent.types["rec-a"].create(uuid) for uuid in UUIDS[:2])
    first.open()
    second.open()
    for action in (second.remove, lambda: bus.unregister(parent)):
        with pytest.raises(WouldBlockError):
            action()
    assert (first.is_removing, second.is_removing) == (False, True)
    second.close()
    assert (first.is_removing, second.is_gone) == (True, True)
    first.close()
    assert parent.is_gone


def test_each_creation_in_progress_counts(bus, parent, meanwhile):
    """When one of two creations has ended, an unregistration still waits for the other."""

    def create_and_unregister(_):
        parent.types["rec-b"].create(UUIDS[1])
        with pytest.raises(WouldBlockError):
            bus.unregister(parent)
        return dict(bus.parents)

    answers = meanwhile(create_and_unregister)
    assert parent.types["rec-a"].create(UUIDS[0]).is_gone
    assert answers == [{"rec": parent}]
    assert not bus.parents


def test_create_in_an_unregistering_parent_gives_the_counter_back(bus, parent, refused):
    """ENODEV comes after the counter was lowered, and raises it again."""
    bus.listeners.append(
        lambda action, _: action == "unbind" and events.append(refused(a.create, UUIDS[1]))
    )
    events = []
    a = parent.types["rec-a"]
    a.create(UUIDS[0])
    bus.unregister(parent)
    assert events == ["ENODEV"]
    assert a.available_instances == 2


def test_a_name_is_registered_once(bus, parent, recorder, refused):
    """A second parent of the same name, or two types of one name, are EEXIST."""
    assert refused(bus.register, recorder.driver()) == "EEXIST"
    twice = Setup((TypeSpec("a"), TypeSpec("a")))
    driver = recorder.driver(setup=lambda _: twice, path="/sys/devices/x")
    assert refused(bus.register, driver) == "EEXIST"
    assert list(bus.parents.values()) == [parent]


def test_the_driver_string_can_differ(bus, recorder):
    """Type ids begin with dev_driver_string() of the parent."""
    parent = bus.register(recorder.driver(), driver_string="other")
    assert list(parent.types) == ["other-a", "other-b"]


def test_unknown_options_are_refused(bus, recorder):
    """A key that the driver does not know is named with what it knows."""
    with pytest.raises(OptionError, match="count: unknown option; expected no options"):
        bus.register(recorder.driver(), {"count": 1})


@pytest.fixture
def meanwhile(bus):
    """Give a function that has something done while the next creation is before its probe."""

    def arrange(action):
        answers = []

        def once(mdev):
            bus.on_probe.remove(once)
            answers.append(action(mdev))

        bus.on_probe.append(once)
        return answers

    return arrange


def test_a_probe_that_is_refused_before_it_begins(bus, parent, recorder, refused):
    """What a function of on_probe raises is the answer, and the vendor driver is not asked."""

    def refuse(_):
        raise MdevError(errno.EDOM, "told to")

    bus.on_probe.append(refuse)
    assert refused(parent.types["rec-a"].create, UUIDS[0]) == "EDOM"
    assert recorder.calls == []
    assert parent.types["rec-a"].available_instances == 2


def test_two_creations_of_one_uuid_at_once(parent, refused, meanwhile):
    """The second gets EEXIST while the first is in progress, which then succeeds."""
    answers = meanwhile(lambda _: refused(parent.types["rec-b"].create, UUIDS[0]))
    assert parent.types["rec-a"].create(UUIDS[0]).active
    assert answers == ["EEXIST"]


def test_a_removal_during_the_creation(parent, refused, meanwhile):
    """It gets EAGAIN, and `remove` is gone for good. Source: mdev_sysfs.c remove_store()."""
    answers = meanwhile(lambda mdev: (mdev.is_linked, refused(mdev.store, "remove", b"1")))
    mdev = parent.types["rec-a"].create(UUIDS[0])
    assert answers == [(False, "EAGAIN")]
    assert mdev.active
    assert "remove" not in mdev.attributes


def test_an_open_during_the_creation(parent, refused, meanwhile):
    """There is no VFIO device yet."""
    answers = meanwhile(lambda mdev: refused(mdev.open))
    assert not parent.types["rec-a"].create(UUIDS[0]).is_open
    assert answers == ["ENODEV"]


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("probe_errno", [0, errno.EIO])
def test_an_unregistration_waits_for_a_creation(name, probe_errno, recorder, refused):
    """The creation ends as it would have; then the mdev goes, and the parent with it."""
    bus = MdevBus(KERNELS[name])
    parent = bus.register(recorder.driver())
    done, answers = [], []

    def unregister(_):
        bus.on_probe.clear()
        with pytest.raises(WouldBlockError) as caught:
            bus.unregister(parent)
        caught.value.on_gone.append(lambda: done.append(recorder.calls[-1][0]))
        answers.append(refused(parent.types["rec-b"].create, UUIDS[1]))

    bus.on_probe.append(unregister)
    recorder.probe_errno = probe_errno
    mdev_type = parent.types["rec-a"]
    if probe_errno:
        assert refused(mdev_type.create, UUIDS[0]) == "EIO"
    else:
        assert mdev_type.create(UUIDS[0]).is_gone
    assert done == ["probe" if probe_errno else "remove"]
    assert answers == ["ENODEV" if name == "6.1" else "EINVAL"]
    assert not bus.parents
    assert not bus.devices


def test_what_was_unregistered_can_be_registered_again(bus):
    """The same driver, configuration and place make a new parent, with all its instances."""
    old = bus.register(
        driver("mtty"),
        {"ports": 3},
        path="/sys/devices/x/card",
        driver_string="tty",
        numa_node=1,
        iommu_group=7,
    )
    old.types["tty-2"].create(UUIDS[0])
    bus.unregister(old)
    assert dict(bus.unregistered) == {"card": old}
    new = bus.register_again("card")
    assert new is not old
    assert (new.path, new.numa_node, dict(new.config)) == (old.path, 1, {"ports": 3})
    assert new.iommu_group == 7
    assert new.types["tty-1"].show("available_instances") == "3\n"
    assert dict(bus.unregistered) == {}
    with pytest.raises(KeyError):
        bus.register_again("card")


def test_a_listener_that_fails_leaves_the_mdev(bus, parent):
    """What is told after the creation cannot undo it."""
    bus.on_active.append(lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        parent.types["rec-a"].create(UUIDS[0])
    assert bus.devices[UUIDS[0]].active
