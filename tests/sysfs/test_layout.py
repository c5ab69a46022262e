"""All of /sys: where everything is, how it comes and how it goes."""

import errno
from stat import S_IFMT, S_ISDIR

import pytest
from sysfs.walking import links, read, resolve, walk, write

from simulator.errors import MdevError
from simulator.mdev import KERNELS, Attribute, Mdev, MdevBus, Uevents, WouldBlockError
from simulator.sysfs.layout import mdev_sysfs
from simulator.vendors import VENDORS, driver

U1 = "c2177883-f1bb-47f0-914d-32a22e3a8804"
U2 = "d2177883-f1bb-47f0-914d-32a22e3a8804"
PD = "/devices/pci0000:00/0000:00:02.0"
TYPES = f"{PD}/mdev_supported_types"
V5_4 = f"{TYPES}/i915-GVTg_V5_4"
D = f"{PD}/{U1}"


def machine(kernel="6.1", **options):
    bus = MdevBus(KERNELS[kernel])
    return bus, mdev_sysfs(bus, Uevents(bus), **options)


@pytest.fixture
def host():
    bus, tree = machine(cpus=2)
    bus.register(driver("i915"))
    write(tree, f"{V5_4}/create", U1.encode())
    return bus, tree


def refused(action, *args, **named):
    with pytest.raises(MdevError) as caught:
        action(*args, **named)
    return caught.value.name


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", VENDORS)
def test_every_tree_holds_together(kernel, name):
    """Every link leads to a directory in the tree, and every directory lists what is there."""
    bus, tree = machine(kernel)
    mdev_type = next(t for t in bus.register(driver(name)).types.values() if t.available_instances)
    mdev = mdev_type.create(U1)
    found = links(tree)
    assert {path for path, place in found.items() if not S_ISDIR(tree.stat(place).mode)} == set()
    place = mdev.path.removeprefix("/sys")
    assert found[f"/bus/mdev/devices/{U1}"] == place
    assert found[f"{mdev_type.path.removeprefix('/sys')}/devices/{U1}"] == place
    assert found[f"{place}/mdev_type"] == mdev_type.path.removeprefix("/sys")
    assert found[f"{found[f'{place}/driver']}/{U1}"] == place
    assert found[f"{found[f'{place}/iommu_group']}/devices/{U1}"] == place
    assert found[f"{place}/subsystem"] == "/bus/mdev"
    parent = mdev.parent.path.removeprefix("/sys")
    assert found[f"/class/mdev_bus/{mdev.parent.name}"] == parent
    home = found[f"{parent}/subsystem"]
    listed = f"{home}/{mdev.parent.name}" if "/class/" in home else None
    assert found[listed or f"{home}/devices/{mdev.parent.name}"] == parent


def test_links_have_the_words_of_sysfs(host):
    """Links are relative, as the kernel writes them."""
    _, tree = host
    assert tree.readlink("/class/mdev_bus/0000:00:02.0") == f"../..{PD}"
    assert tree.readlink(f"/bus/mdev/devices/{U1}") == f"../../..{D}"
    assert tree.readlink(f"{D}/mdev_type") == "../mdev_supported_types/i915-GVTg_V5_4"
    assert tree.readlink(f"{V5_4}/devices/{U1}") == f"../../../{U1}"
    assert tree.readlink(f"{D}/driver") == "../../../../bus/mdev/drivers/intel_vgpu_mdev"
    assert tree.readlink(f"{PD}/driver") == "../../../bus/pci/drivers/i915"


def test_the_files_of_a_pci_function(host):
    """What lspci and libvirt read of a parent, the configuration space included."""
    _, tree = host
    names = ("vendor", "device", "class", "revision", "numa_node", "local_cpulist", "modalias")
    assert [read(tree, f"{PD}/{name}").decode() for name in names] == [
        "0x8086\n",
        "0x591d\n",
        "0x030000\n",
        "0x04\n",
        "-1\n",
        "0-1\n",
        "pci:v00008086d0000591Dsv00000000sd00000000bc03sc00i00\n",
    ]
    config = read(tree, f"{PD}/config")
    assert (len(config), tree.stat(f"{PD}/config").size) == (256, 256)
    assert config[:12] == bytes.fromhex("86801d59 00000000 04000003")


@pytest.mark.parametrize(
    ("name", "link", "place"),
    [
        ("mtty", "/class/mtty/mtty", "/devices/virtual/mtty/mtty"),
        ("vfio_ap", "/bus/matrix/devices/matrix", "/devices/vfio_ap/matrix"),
        ("vfio_ccw", "/bus/css/devices/0.0.0313", "/devices/css0/0.0.0313"),
        ("nvidia", "/bus/pci/drivers/nvidia/0000:3b:00.0", "/devices/pci0000:3b/0000:3b:00.0"),
    ],
)
def test_where_parents_are_found(name, link, place):
    """A parent is in the directory of its bus, its class, and its driver."""
    bus, tree = machine()
    bus.register(driver(name))
    assert resolve(tree, link) == place


def test_an_attribute_with_slashes_makes_directories(host):
    """A group is a directory, listed once however many files it holds."""
    bus, tree = host
    bus.devices[U1].add_attribute(Attribute("intel_vgpu/deep/x", 0o444, lambda _: "x\n"))
    assert tree.list(D).count("intel_vgpu") == 1
    assert tree.list(f"{D}/intel_vgpu") == ["vgpu_id", "deep"]
    assert read(tree, f"{D}/intel_vgpu/deep/x") == b"x\n"
    assert refused(tree.stat, f"{D}/intel_vgpu/none") == "ENOENT"


def test_listing_order(host):
    """Directories list parents, types and mdevs in the order in which they came."""
    bus, tree = host
    bus.register(driver("mtty"))
    write(tree, f"{TYPES}/i915-GVTg_V5_8/create", U2.encode())
    assert tree.list("/class/mdev_bus") == ["0000:00:02.0", "mtty"]
    assert tree.list(TYPES) == [f"i915-GVTg_V5_{n}" for n in (8, 4, 2, 1)]
    assert tree.list("/bus/mdev/devices") == [U1, U2]
    assert tree.list(PD)[-2:] == [U1, U2]


def test_iommu_groups_get_the_lowest_free_number():
    """Parents come first; a number that is given back is the next to be given out."""
    bus, tree = machine()
    parent = bus.register(driver("i915"))
    first, second = (parent.types["i915-GVTg_V5_8"].create(uuid) for uuid in (U1, U2))
    assert tree.list("/kernel/iommu_groups") == ["0", "1", "2"]
    first.remove()
    assert tree.list("/kernel/iommu_groups") == ["0", "2"]
    third = parent.types["i915-GVTg_V5_8"].create(U1)
    numbers = [tree.readlink(f"{m.path[4:]}/iommu_group")[-1] for m in (second, third)]
    assert numbers == ["2", "1"]
    assert read(tree, "/kernel/iommu_groups/1/name") == b"vfio-noiommu\n"
    assert read(tree, "/kernel/iommu_groups/0/type") == b"DMA\n"


def test_a_group_of_a_given_number_is_not_given_away():
    """What a parent brings along is its own, whoever is registered first."""
    bus = MdevBus(KERNELS["6.1"])
    bus.register(driver("i915"))
    bus.register(driver("nvidia"), iommu_group=0)
    tree = mdev_sysfs(bus, Uevents(bus))
    assert tree.list("/kernel/iommu_groups/0/devices") == ["0000:3b:00.0"]
    assert tree.list("/kernel/iommu_groups/1/devices") == ["0000:00:02.0"]


def test_the_type_of_a_group_cannot_change(host):
    """A driver is bound to the parent, and the group of an mdev has no domain at all."""
    _, tree = host
    found = [
        refused(write, tree, f"/kernel/iommu_groups/{n}/type", data)
        for n, data in ((0, b"identity\n"), (0, b"x"), (1, b"identity"))
    ]
    assert found == ["EBUSY", "EINVAL", "EINVAL"]


def test_an_unregistered_parent_stays_a_device(host):
    """Its types and its link go, its directory stays; registered again, they are back."""
    bus, tree = host
    bus.unregister(bus.parents["0000:00:02.0"])
    assert tree.list("/class/mdev_bus") == []
    assert refused(tree.stat, TYPES) == "ENOENT"
    assert refused(tree.stat, D) == "ENOENT"
    assert read(tree, "/bus/pci/devices/0000:00:02.0/vendor") == b"0x8086\n"
    assert b"DRIVER=i915\n" in read(tree, f"{PD}/uevent")
    bus.register_again("0000:00:02.0")
    write(tree, f"{V5_4}/create", U1.encode())
    assert resolve(tree, f"/bus/mdev/devices/{U1}") == D
    assert tree.list("/bus/pci/devices") == ["0000:00:02.0"]
    assert tree.list("/kernel/iommu_groups") == ["0", "1"]


def test_a_removal_that_waits(host):
    """The bus, the driver and the type have no link any more; the directory is almost empty."""
    bus, tree = host
    bus.devices[U1].open()
    with pytest.raises(WouldBlockError):
        write(tree, f"{D}/remove", b"1")
    assert tree.list(D) == ["iommu_group"]
    for path in ("/bus/mdev/devices", f"{V5_4}/devices"):
        assert tree.list(path) == []
    assert tree.list("/bus/mdev/drivers/intel_vgpu_mdev") == ["uevent", "bind", "unbind"]
    assert refused(tree.stat, f"/bus/mdev/drivers/intel_vgpu_mdev/{U1}") == "ENOENT"
    bus.parents["0000:00:02.0"].mdevs[U1].close()
    assert refused(tree.stat, D) == "ENOENT"
    assert tree.list("/kernel/iommu_groups") == ["0"]


def test_a_parent_that_waits_has_lost_its_link(host):
    """While the unregistration waits for an open mdev, the types are still there."""
    bus, tree = host
    bus.devices[U1].open()
    with pytest.raises(WouldBlockError):
        bus.unregister(bus.parents["0000:00:02.0"])
    assert tree.list("/class/mdev_bus") == []
    assert refused(tree.stat, "/class/mdev_bus/0000:00:02.0") == "ENOENT"
    assert refused(write, tree, f"{V5_4}/create", U2.encode()) == "ENODEV"


def test_open_files_outlive_what_they_belong_to(host):
    """A read or write of an open file answers ENODEV once the mdev is gone."""
    bus, tree = host
    opened = [
        tree.open(f"{D}/{name}", reading=name != "remove", writing=name != "intel_vgpu/vgpu_id")
        for name in ("remove", "intel_vgpu/vgpu_id", "uevent")
    ]
    bus.devices[U1].remove()
    assert refused(opened[0].write, b"1") == "ENODEV"
    assert refused(opened[1].read, 1) == "ENODEV"
    assert refused(opened[2].read, 1) == "ENODEV"
    assert refused(opened[2].write, b"change") == "ENODEV"


def test_a_second_writer_of_remove(host):
    """The file goes before its own store ends: a later open gets ENOENT, an open file ENODEV."""
    _, tree = host
    with (
        tree.open(f"{D}/remove", writing=True) as first,
        tree.open(f"{D}/remove", writing=True) as second,
    ):
        assert first.write(b"1") == 1
        assert refused(second.write, b"1") == "ENODEV"
    assert refused(tree.open, f"{D}/remove", writing=True) == "ENOENT"


def test_chmod_is_forgotten_with_the_device(host):
    """A device of the same name begins with the usual permissions."""
    bus, tree = host
    tree.chmod(f"{D}/intel_vgpu/vgpu_id", 0o400)
    write(tree, f"{D}/power/control", b"on\n")
    bus.devices[U1].remove()
    write(tree, f"{V5_4}/create", U1.encode())
    assert tree.stat(f"{D}/intel_vgpu/vgpu_id").mode == 0o100444
    assert read(tree, f"{D}/power/control") == b"auto\n"


def test_chmod_gives_no_handler(host):
    """A file that is made writable is opened, and has no store: EIO."""
    _, tree = host
    tree.chmod(f"{D}/intel_vgpu/vgpu_id", 0o644)
    tree.chmod(f"{D}/remove", 0o644)
    assert refused(write, tree, f"{D}/intel_vgpu/vgpu_id", b"1") == "EIO"
    assert refused(read, tree, f"{D}/remove") == "EIO"


def test_uevent_files():
    """They show what the driver core says, and send what is asked for."""
    bus = MdevBus(KERNELS["6.1"])
    uevents = Uevents(bus)
    tree = mdev_sysfs(bus, uevents)
    bus.register(driver("i915"))
    write(tree, f"{V5_4}/create", U1.encode())
    sent = []
    uevents.sinks.append(sent.append)
    assert read(tree, f"{D}/uevent") == b"DRIVER=intel_vgpu_mdev\n"
    assert write(tree, f"{D}/uevent", b"change\n") == 7
    assert write(tree, "/bus/mdev/uevent", b"add") == 3
    assert write(tree, "/bus/mdev/drivers/intel_vgpu_mdev/uevent", b"add") == 3
    assert [(one.action, one.devpath, one.properties[0][1]) for one in sent] == [
        ("change", D, "mdev"),
        ("add", "/bus/mdev", "bus"),
        ("add", "/bus/mdev/drivers/intel_vgpu_mdev", "drivers"),
    ]
    assert refused(write, tree, f"{D}/uevent", b"dance") == "EINVAL"


def test_a_uevent_tells_of_what_is_there():
    """When an event of a removal or registration is sent, the tree is as the event says."""
    bus = MdevBus(KERNELS["6.1"])
    uevents = Uevents(bus)
    tree = mdev_sysfs(bus, uevents)
    seen = []
    uevents.sinks.append(lambda one: seen.append(one.action))
    gone = []
    tree.on_gone.append(lambda path: gone.append((path, len(seen))))
    parent = bus.register(driver("i915"))
    parent.types["i915-GVTg_V5_4"].create(U1).remove()
    bus.unregister(parent)
    assert seen == ["change", "add", "bind", "unbind", "remove", "change"]
    assert (f"/bus/mdev/drivers/intel_vgpu_mdev/{U1}", 3) in gone
    assert {(f"/bus/mdev/devices/{U1}", 4), (D, 4), (f"{V5_4}/devices/{U1}", 4)} <= set(gone)
    assert {("/class/mdev_bus/0000:00:02.0", 5), (TYPES, 5)} <= set(gone)


def test_the_file_that_is_written_goes_before_its_directory(host):
    """A kernel that keeps `remove` for its writer would keep the directory for ever."""
    _, tree = host
    gone = []
    tree.on_gone.append(gone.append)
    with tree.open(f"{D}/remove", writing=True) as file:
        file.write(b"1")
    assert gone.index(f"{D}/remove") < gone.index(D)


def test_a_refused_remove_is_taken_back(host):
    """During a creation `remove` answers EAGAIN and goes; its name is taken back, once."""
    bus, tree = host
    gone = []
    tree.on_gone.append(gone.append)
    remove = f"{PD}/{U2}/remove"
    errnos = []
    bus.on_create.append(lambda _mdev: errnos.append(refused(write, tree, remove, b"1")))
    bus.parents["0000:00:02.0"].types["i915-GVTg_V5_8"].create(U2)
    assert errnos == ["EAGAIN"]
    assert gone == [remove]
    assert refused(tree.stat, remove) == "ENOENT"


def test_names_are_taken_back_before_a_wait(host):
    """What goes at the beginning of a removal or unregistration is not kept until its end."""
    bus, tree = host
    gone = []
    tree.on_gone.append(gone.append)
    bus.devices[U1].open()
    with pytest.raises(WouldBlockError):
        bus.unregister(bus.parents["0000:00:02.0"])
    drivers = "/bus/mdev/drivers/intel_vgpu_mdev"
    expected = ["/class/mdev_bus/0000:00:02.0", f"/bus/mdev/devices/{U1}", f"{drivers}/{U1}", D]
    assert set(expected) <= set(gone)
    assert TYPES not in gone


def test_before_show():
    """A function may stand before each show, and its errno is the reader's."""
    calls = []

    def before(node, name):
        calls.append((type(node), name))
        if name == "name":
            raise MdevError(errno.EIO, "told to")

    bus, tree = machine(before_show=before)
    bus.register(driver("i915"))
    write(tree, f"{V5_4}/create", U1.encode())
    read(tree, f"{D}/uevent")
    assert refused(read, tree, f"{V5_4}/name") == "EIO"
    assert [name for _, name in calls] == ["uevent", "name"]
    assert calls[0][0] is Mdev


def test_a_page_is_the_limit(host):
    """A show is cut below a page, a store gets one page."""
    bus, tree = host
    taken = []
    bus.devices[U1].add_attribute(
        Attribute("long", 0o644, lambda _: "x" * 9999, lambda _, data: taken.append(data))
    )
    assert len(read(tree, f"{D}/long")) == 4095
    assert write(tree, f"{D}/long", b"y" * 5000) == 4096
    assert taken == [b"y" * 4096]


@pytest.mark.parametrize("path", ["/bus/mdev/devices", "/bus/pci/drivers/i915", PD, "/class"])
def test_a_scan_agrees_with_stat(host, path):
    """Directories that tell types without making entries tell the truth."""
    _, tree = host
    told = dict(tree.scan(path))
    assert told == {name: S_IFMT(tree.stat(f"{path}/{name}").mode) for name in tree.list(path)}


def test_files_of_a_bus(host):
    """A device is probed by its name, and drivers_autoprobe keeps what was written."""
    _, tree = host
    assert write(tree, "/bus/mdev/drivers_probe", f"{U1}\n".encode()) == 37
    assert refused(write, tree, "/bus/mdev/drivers_probe", U2.encode()) == "ENODEV"
    write(tree, "/bus/pci/drivers_autoprobe", b"0")
    found = [read(tree, f"/bus/{bus}/drivers_autoprobe") for bus in ("pci", "mdev")]
    assert found == [b"0\n", b"1\n"]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", VENDORS)
def test_a_device_without_its_driver(kernel, name):
    """After unbind the names of the driver are gone and taken back; all else is there."""
    bus, tree = machine(kernel)
    mdev_type = next(t for t in bus.register(driver(name)).types.values() if t.available_instances)
    before = set(links(tree))
    most = mdev_type.available_instances
    mdev = mdev_type.create(U1)
    bound = {path for path, _ in walk(tree)}
    place = mdev.path.removeprefix("/sys")
    home = resolve(tree, f"{place}/driver")
    gone = []
    tree.on_gone.append(gone.append)
    assert write(tree, f"{home}/unbind", f"{U1}\n".encode()) == 37
    left = bound - {path for path, _ in walk(tree)}
    assert {f"{place}/driver", f"{place}/iommu_group", f"{home}/{U1}"} <= left
    assert all(any(f"{path}/".startswith(f"{one}/") for one in gone) for path in left)
    assert f"{place}/remove" not in left
    for file in ("bind", "unbind"):
        assert refused(write, tree, f"{home}/{file}", U2.encode()) == "ENODEV"
    assert refused(write, tree, f"{home}/unbind", U1.encode()) == "ENODEV"
    if bus.kernel.mdev_driver is None:
        assert refused(write, tree, f"{home}/bind", U1.encode()) == "ENODEV"
        assert write(tree, "/bus/mdev/drivers_probe", U1.encode()) == 36
        assert mdev.driver_name is None
    else:
        assert write(tree, f"{home}/bind", U1.encode()) == 36
        assert {path for path, _ in walk(tree)} == bound
        write(tree, f"{home}/unbind", U1.encode())
        assert write(tree, "/bus/mdev/drivers_probe", U1.encode()) == 36
        assert {path for path, _ in walk(tree)} == bound
    write(tree, f"{place}/remove", b"1")
    assert set(links(tree)) == before
    assert mdev_type.available_instances == most


def test_unbind_of_an_open_device(host):
    """The driver's names go before the wait, and the directory before the driver stays."""
    bus, tree = host
    bus.devices[U1].open()
    with pytest.raises(WouldBlockError):
        write(tree, "/bus/mdev/drivers/intel_vgpu_mdev/unbind", U1.encode())
    assert "driver" not in tree.list(D)
    assert "iommu_group" in tree.list(D)
    assert tree.list("/bus/mdev/drivers/intel_vgpu_mdev") == ["uevent", "bind", "unbind"]
    bus.devices[U1].close()
    assert "iommu_group" not in tree.list(D)


@pytest.mark.parametrize(("kernel", "busy"), [("5.2", "ENODEV"), ("6.1", "EBUSY")])
def test_a_parent_without_its_driver(kernel, busy):
    """Unbind takes the mdevs and the types away, bind registers again; the device stays."""
    bus, tree = machine(kernel)
    first = bus.register(driver("i915"))
    before = {path for path, _ in walk(tree)}
    write(tree, f"{V5_4}/create", U1.encode())
    home, name = "/bus/pci/drivers/i915", b"0000:00:02.0\n"
    assert refused(write, tree, f"{home}/bind", name) == busy
    assert refused(write, tree, f"{home}/unbind", U1.encode()) == "ENODEV"
    gone = []
    tree.on_gone.append(gone.append)
    assert write(tree, f"{home}/unbind", name) == len(name)
    left = before - {path for path, _ in walk(tree)}
    assert {f"{home}/0000:00:02.0", f"{PD}/driver", "/class/mdev_bus/0000:00:02.0", TYPES} <= left
    assert all(any(f"{path}/".startswith(f"{one}/") for one in gone) for path in left)
    assert b"DRIVER" not in read(tree, f"{PD}/uevent")
    assert bus.devices == {}
    assert refused(write, tree, f"{home}/unbind", name) == "ENODEV"
    assert write(tree, f"{home}/bind", name) == len(name)
    assert {path for path, _ in walk(tree)} == before
    assert bus.parents["0000:00:02.0"] is not first
    write(tree, f"{home}/unbind", name)
    write(tree, "/bus/pci/drivers_probe", name)
    assert {path for path, _ in walk(tree)} == before


def test_unbind_of_a_parent_with_an_open_device(host):
    """It waits; meanwhile the driver cannot be bound, and its link is not there."""
    bus, tree = host
    bus.devices[U1].open()
    home, name = "/bus/pci/drivers/i915", b"0000:00:02.0"
    with pytest.raises(WouldBlockError) as blocked:
        write(tree, f"{home}/unbind", name)
    answers = []
    blocked.value.on_gone.append(lambda: answers.append(tree))
    assert "driver" not in tree.list(PD)
    assert refused(write, tree, f"{home}/bind", name) == "EBUSY"
    bus.parents["0000:00:02.0"].mdevs[U1].close()
    assert answers == [tree]
    write(tree, f"{home}/bind", name)
    assert resolve(tree, f"{PD}/driver") == home


def test_a_driver_leaves_a_device_that_is_no_parent(host):
    """What was unregistered by itself still has its driver, and loses it."""
    bus, tree = host
    bus.unregister(bus.parents["0000:00:02.0"])
    assert refused(write, tree, "/bus/pci/drivers/i915/bind", b"0000:00:02.0") == "EBUSY"
    write(tree, "/bus/pci/drivers/i915/unbind", b"0000:00:02.0")
    assert "driver" not in tree.list(PD)


def test_uevents_of_a_parents_driver():
    """The parent's own events come after those of its registration."""
    bus = MdevBus(KERNELS["6.1"])
    uevents = Uevents(bus)
    sent = []
    tree = mdev_sysfs(bus, uevents)
    bus.register(driver("i915"))
    uevents.sinks.append(sent.append)
    for file in ("unbind", "bind"):
        write(tree, f"/bus/pci/drivers/i915/{file}", b"0000:00:02.0")
    wanted = ("MDEV_STATE", "DRIVER")
    assert [(one.action, *(p for p in one.properties if p[0] in wanted)) for one in sent] == [
        ("change", ("MDEV_STATE", "unregistered")),
        ("unbind",),
        ("change", ("MDEV_STATE", "registered"), ("DRIVER", "i915")),
        ("bind", ("DRIVER", "i915")),
    ]


def test_uevents_of_a_driver_that_comes_back():
    """A driver that is bound again sends its event at once, with the driver in it."""
    bus = MdevBus(KERNELS["5.2"])
    uevents = Uevents(bus)
    sent = []
    tree = mdev_sysfs(bus, uevents)
    bus.register(driver("mtty")).types["mtty-2"].create(U1)
    uevents.sinks.append(sent.append)
    for file in ("unbind", "bind"):
        write(tree, f"/bus/mdev/drivers/vfio_mdev/{file}", U1.encode())
    assert [(one.action, one.properties[1:]) for one in sent] == [
        ("unbind", ()),
        ("bind", (("DRIVER", "vfio_mdev"),)),
    ]


def test_power_files(host):
    """The control is auto or on, and nothing is known of delays."""
    _, tree = host
    write(tree, f"{D}/power/control", b"on")
    assert read(tree, f"{D}/power/control") == b"on\n"
    assert refused(write, tree, f"{D}/power/control", b"off") == "EINVAL"
    assert refused(read, tree, f"{D}/power/autosuspend_delay_ms") == "EIO"


def test_power_files_of_a_device_that_has_gone(host):
    """An open file answers ENODEV, and what was written last is not there for a new device."""
    bus, tree = host
    control = tree.open(f"{D}/power/control", reading=True, writing=True)
    status = tree.open(f"{D}/power/runtime_status", reading=True)
    delay = tree.open(f"{D}/power/autosuspend_delay_ms", reading=True)
    bus.devices[U1].remove()
    assert [refused(control.write, b"on"), refused(control.read, 9)] == ["ENODEV"] * 2
    assert [refused(one.read, 9) for one in (status, delay)] == ["ENODEV"] * 2


def test_a_host_bridge():
    """It is a device of no bus and no class: it takes synthetic events and sends none."""
    bus = MdevBus(KERNELS["6.1"])
    uevents = Uevents(bus)
    tree = mdev_sysfs(bus, uevents)
    for address in ("0000:00:02.0", "0000:00:03.0"):
        bus.register(driver("i915"), path=f"/sys/devices/pci0000:00/{address}")
    bus.register(driver("mtty"), path="/sys/devices/pci0000:00x/mtty")
    sent = []
    uevents.sinks.append(sent.append)
    assert tree.list("/devices/pci0000:00")[:2] == ["uevent", "power"]
    assert tree.list("/devices/pci0000:00x") == ["mtty"]
    assert read(tree, "/devices/pci0000:00/uevent") == b""
    assert write(tree, "/devices/pci0000:00/uevent", b"change") == 6
    assert refused(write, tree, "/devices/pci0000:00/uevent", b"dance") == "EINVAL"
    write(tree, "/devices/pci0000:00/power/control", b"on")
    assert read(tree, "/devices/pci0000:00/power/control") == b"on\n"
    assert sent == []


def test_config_space_does_not_change(host):
    """A write to config is taken and changes nothing."""
    _, tree = host
    before = read(tree, f"{PD}/config")
    assert write(tree, f"{PD}/config", b"\xff" * 4) == 4
    assert read(tree, f"{PD}/config") == before


def test_directories_that_are_always_there():
    """What clients look for is there on a machine without any device."""
    _, tree = machine()
    lists = {path: tree.list(path) for path, one in walk(tree) if S_ISDIR(one.mode)}
    for path in ("/class/drm", "/class/vfio-dev", "/block", "/dev/char", "/fs/cgroup", "/module"):
        assert lists[path] == []
    assert lists["/bus/mdev/devices"] == lists["/bus/pci/drivers"] == []
    assert lists["/devices/virtual"] == lists["/kernel/iommu_groups"] == []


def test_cpus_and_nodes():
    """Nodes share the CPUs, and there are as many nodes as a parent needs."""
    bus = MdevBus(KERNELS["6.1"])
    bus.register(driver("i915"), numa_node=1)
    tree = mdev_sysfs(bus, Uevents(bus), cpus=40)
    system = "/devices/system"
    assert read(tree, f"{system}/cpu/online") == b"0-39\n"
    assert read(tree, f"{system}/node/online") == b"0-1\n"
    assert read(tree, f"{system}/node/node0/cpumap") == b"00,000fffff\n"
    assert read(tree, f"{system}/node/node1/distance") == b"20 10\n"
    assert read(tree, f"{PD}/local_cpulist") == b"20-39\n"
    assert read(tree, f"{PD}/numa_node") == b"1\n"
    assert tree.list(f"{system}/cpu/cpu39/node1/.")
    assert write(tree, f"{PD}/numa_node", b"-1\n") == 3
    assert read(tree, f"{PD}/local_cpulist") == b"0-39\n"
    assert [refused(write, tree, f"{PD}/numa_node", bad) for bad in (b"2", b"x")] == ["EINVAL"] * 2
    assert read(tree, f"{PD}/numa_node") == b"-1\n"


def test_a_bus_with_a_past():
    """A tree of a bus that has parents and mdevs already shows them all."""
    bus = MdevBus(KERNELS["6.1"])
    bus.register(driver("i915")).types["i915-GVTg_V5_4"].create(U1)
    before = set(links(mdev_sysfs(bus, Uevents(bus))))
    later, tree = machine()
    later.register(driver("i915")).types["i915-GVTg_V5_4"].create(U1)
    assert before == set(links(tree))


def test_a_parent_within_another():
    """A device below another is in its directory, whichever was registered first."""
    for paths in (("a", "a/b/c"), ("a/b/c", "a")):
        bus, tree = machine()
        for path in paths:
            bus.register(driver("mtty"), path=f"/sys/devices/{path}")
        assert read(tree, "/devices/a/b/c/uevent") == read(tree, "/devices/a/uevent")
        assert set(tree.list("/class/mdev_bus")) == {"a", "c"}


@pytest.mark.parametrize(
    "path",
    [
        "/sys/foo/bar",
        "/devices/x",
        "/sys/devices/../x",
        "/sys/devices",
        "/sys/devices/system/cpu/online/x",
        "/sys/devices/system/cpu/cpu0/node0",
    ],
)
def test_a_parent_lies_below_devices(path):
    """Another path is refused, and nothing is registered."""
    bus, tree = machine()
    before = set(dict(walk(tree)))
    with pytest.raises(ValueError, match=r"is not below|is no place"):
        bus.register(driver("mtty"), path=path)
    assert not bus.parents
    assert set(dict(walk(tree))) == before


def test_parents_may_share_a_group():
    """Two functions of one group are both in it, and the number stays taken for both."""
    bus, tree = machine()
    for name in ("i915", "nvidia"):
        bus.register(driver(name), iommu_group=7)
    bus.parents["0000:00:02.0"].types["i915-GVTg_V5_4"].create(U1)
    assert tree.list("/kernel/iommu_groups/7/devices") == ["0000:00:02.0", "0000:3b:00.0"]
    assert tree.list("/kernel/iommu_groups") == ["7", "0"]


def test_a_number_that_was_taken_meanwhile_is_passed_over():
    """A parent may come with a number that an mdev gave back, or would be given next."""
    bus, tree = machine()
    parent = bus.register(driver("i915"), iommu_group=1)
    first = parent.types["i915-GVTg_V5_8"].create(U1)
    first.remove()
    bus.register(driver("nvidia"), iommu_group=0)
    parent.types["i915-GVTg_V5_8"].create(U1)
    assert tree.list("/kernel/iommu_groups") == ["1", "0", "2"]


def test_more_nodes_than_cpus():
    """A node without a CPU lists none."""
    _, tree = machine(cpus=1, nodes=2)
    lists = [read(tree, f"/devices/system/node/node{n}/cpulist") for n in (0, 1)]
    assert lists == [b"\n", b"0\n"]
