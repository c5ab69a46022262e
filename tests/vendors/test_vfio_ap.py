"""vfio_ap. Source: drivers/s390/crypto/vfio_ap_ops.c; vector 60b and 60d for its limit."""

from dataclasses import replace

import pytest
from vendors.uuids import uuid

from simulator.errors import MdevError, NoInstancesError
from simulator.mdev import KERNELS, MdevBus, OptionError
from simulator.vendors import driver

QUEUES = "05,06.0004,0047 07.0004"
KINDS = ("adapter", "domain", "control_domain")
STORES = [f"{verb}_{kind}" for kind in KINDS for verb in ("assign", "unassign")]


def kernel(name):
    # Only the version of the kernel matters to the driver.
    return replace(KERNELS["6.1"], name=name)


def matrix(kernel_name="6.1", **config):
    config = {"apqns": QUEUES} | config
    return MdevBus(kernel(kernel_name)).register(driver("vfio_ap"), config)


def create(parent, n=0):
    return parent.types["vfio_ap-passthrough"].create(uuid(n))


def write(mdev, **values):
    """Write each value in order, and name the first errno."""
    for name, value in values.items():
        try:
            mdev.store(name, value if isinstance(value, bytes) else f"{value}\n".encode())
        except MdevError as error:
            return error.name
    return "ok"


def test_the_type():
    """One type with its name, vfio-ap, no description, and 65536 instances."""
    (mdev_type,) = matrix().types.values()
    assert mdev_type.type_id == "vfio_ap-passthrough"
    assert mdev_type.show("name") == "VFIO AP Passthrough Device\n"
    assert mdev_type.show("device_api") == "vfio-ap\n"
    assert mdev_type.show("available_instances") == "65536\n"
    assert "description" not in mdev_type.attributes


def test_every_mdev_takes_one_instance():
    """The counter goes down by one for each, and up again."""
    parent = matrix()
    mdev = create(parent)
    (mdev_type,) = parent.types.values()
    assert mdev_type.available_instances == 65535
    mdev.remove()
    assert mdev_type.available_instances == 65536


def test_files_and_modes():
    """Six files can only be written, the others only be read."""
    mdev = create(matrix(ap_config=True))
    modes = {name: attribute.mode for name, attribute in mdev.attributes.items()}
    assert modes == {
        "remove": 0o200,
        **dict.fromkeys(STORES, 0o200),
        "ap_config": 0o644,
        "control_domains": 0o444,
        "matrix": 0o444,
        "guest_matrix": 0o444,
    }


@pytest.mark.parametrize(("name", "shown"), [("5.15", False), ("6.0", True), ("6.1", True)])
def test_the_matrix_of_the_guest_is_younger(name, shown):
    """guest_matrix came with 6.0, ap_config only where it is asked for."""
    attributes = create(matrix(name)).attributes
    assert ("guest_matrix" in attributes) is shown
    assert "ap_config" not in attributes


def test_matrix_shows_what_there_is():
    """Adapters alone, domains alone, then their product, sorted, in hex."""
    mdev = create(matrix())
    assert mdev.show("matrix") == mdev.show("guest_matrix") == ""
    assert write(mdev, assign_adapter="6") == "ok"
    assert (mdev.show("matrix"), mdev.show("guest_matrix")) == ("06.\n", "")
    assert write(mdev, assign_domain="0x47") == "ok"
    assert write(mdev, assign_adapter="05") == "ok"
    assert write(mdev, assign_domain="4") == "ok"
    queues = "05.0004\n05.0047\n06.0004\n06.0047\n"
    assert mdev.show("matrix") == mdev.show("guest_matrix") == queues
    assert write(mdev, unassign_adapter=5) == write(mdev, unassign_adapter=6) == "ok"
    assert (mdev.show("matrix"), mdev.show("guest_matrix")) == (".0004\n.0047\n", "")


def test_control_domains():
    """They are shown in hex, shared freely, and need no queue."""
    parent = matrix()
    for n in range(2):
        mdev = create(parent, n)
        assert write(mdev, assign_control_domain="255") == "ok"
        assert write(mdev, assign_control_domain="0x10") == "ok"
        assert mdev.show("control_domains") == "0010\n00ff\n"
        assert write(mdev, unassign_control_domain="16") == "ok"
        assert mdev.show("control_domains") == "00ff\n"


@pytest.mark.parametrize("name", STORES)
@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"x\n", "EINVAL"),
        (b"-1\n", "EINVAL"),
        (b" 4\n", "EINVAL"),
        (b"5 6\n", "EINVAL"),
        (b"0x10000000000000000\n", "ERANGE"),
        (b"256\n", "ENODEV"),
        (b"0x100", "ENODEV"),
    ],
)
def test_ids_that_are_none(name, data, answer):
    """Not a number is EINVAL, one beyond 64 bits ERANGE, one above the maximum ENODEV."""
    assert write(create(matrix()), **{name: data}) == answer


@pytest.mark.parametrize("name", STORES)
def test_order_of_the_first_checks(name):
    """A running guest comes before the number, the number before the maximum."""
    mdev = create(matrix("5.15"))
    mdev.open()
    assert write(mdev, **{name: b"x"}) == "EBUSY"
    mdev.close()
    assert write(mdev, **{name: b"x"}) == "EINVAL"


def test_order_of_the_last_checks():
    """The maximum comes before the binding, the binding before the owner."""
    parent = matrix(max_adapter=7, max_domain=0x47)
    owner, mdev = create(parent, 0), create(parent, 1)
    assert write(owner, assign_domain=4, assign_adapter=5) == "ok"
    assert write(owner, assign_adapter=6) == "ok"
    assert write(mdev, assign_domain="4") == "ok"
    assert write(mdev, assign_adapter="8") == "ENODEV"
    assert write(mdev, assign_adapter="0") == "EADDRNOTAVAIL"
    assert write(mdev, assign_adapter="5") == "EADDRINUSE"
    assert write(mdev, assign_domain="0x47") == "ok"
    # 07.0047 is not bound, and 07.0004 is free: the binding is what is refused.
    assert write(mdev, assign_adapter="7") == "EADDRNOTAVAIL"
    # 05.0004 is in use and 05.0047 is free.
    assert write(mdev, assign_adapter="5") == "EADDRINUSE"
    assert mdev.show("matrix") == ".0004\n.0047\n"


def test_an_id_alone_must_be_in_some_bound_queue():
    """Without anything across it, an adapter or domain needs one queue of any kind."""
    mdev = create(matrix())
    assert write(mdev, assign_adapter="7") == "ok"
    assert write(mdev, assign_adapter="8") == "EADDRNOTAVAIL"
    mdev = create(matrix())
    assert write(mdev, assign_domain="0x47") == "ok"
    assert write(mdev, assign_domain="0x48") == "EADDRNOTAVAIL"


def test_every_new_queue_must_be_bound():
    """A domain is refused when it is not bound on one of the adapters, and nothing changes."""
    mdev = create(matrix())
    assert write(mdev, assign_adapter="5") == write(mdev, assign_adapter="7") == "ok"
    assert write(mdev, assign_domain="0x47") == "EADDRNOTAVAIL"
    assert mdev.show("matrix") == "05.\n07.\n"
    assert write(mdev, assign_domain="4") == "ok"


def test_a_queue_has_one_owner():
    """EADDRINUSE is rolled back; what is unassigned or removed can be assigned elsewhere."""
    parent = matrix()
    one, two = create(parent, 0), create(parent, 1)
    assert write(one, assign_adapter=5, assign_domain=4) == "ok"
    assert write(two, assign_adapter=5) == "ok"
    assert write(two, assign_domain=4) == "EADDRINUSE"
    assert two.show("matrix") == "05.\n"
    assert write(one, unassign_domain=4) == "ok"
    assert write(two, assign_domain=4) == "ok"
    two.remove()
    assert write(one, assign_domain=4) == "ok"
    assert one.show("matrix") == "05.0004\n"


@pytest.mark.parametrize("name", [name for name in STORES if name.startswith("un")])
def test_unassigning_what_is_not_there(name):
    """It is no error."""
    assert write(create(matrix()), **{name: 1}) == "ok"


@pytest.mark.parametrize(
    ("name", "hot_plug", "answer"),
    [
        ("4.18", "kernel", "EBUSY"),
        ("5.15", "kernel", "EBUSY"),
        ("6.1", "kernel", "ok"),
        ("6.1", "no", "EBUSY"),
        ("4.18", "yes", "ok"),
    ],
)
def test_changes_while_a_guest_runs(name, hot_plug, answer):
    """They are refused before 6.0, unless the option says otherwise."""
    mdev = create(matrix(name, hot_plug=hot_plug))
    mdev.open()
    assert write(mdev, assign_adapter=5) == answer
    assert write(mdev, assign_control_domain=5) == answer
    mdev.close()
    assert write(mdev, unassign_adapter=5) == "ok"


def test_limits_without_apxa():
    """A machine that does not say its limits has 64 adapters and 16 domains."""
    mdev = create(matrix(apxa=False, apqns="3f.000f"))
    assert write(mdev, assign_adapter=63, assign_domain=15, assign_control_domain=15) == "ok"
    assert write(mdev, unassign_adapter=64) == write(mdev, unassign_domain=16) == "ENODEV"
    assert write(mdev, assign_control_domain=16) == "ENODEV"


def masks(*ids):
    return "0x" + f"{sum(1 << (255 - n) for n in ids):064x}"


def test_config_is_the_whole_matrix():
    """ap_config shows and takes adapters, domains and control domains at once."""
    parent = matrix(ap_config=True)
    mdev = create(parent)
    config = ",".join((masks(5, 6), masks(4), masks(0, 255))) + "\n"
    assert mdev.store("ap_config", config.encode()) == 201
    assert mdev.show("ap_config") == config
    assert (mdev.show("matrix"), mdev.show("control_domains")) == (
        "05.0004\n06.0004\n",
        "0000\n00ff\n",
    )
    assert write(mdev, ap_config=f"{masks()},{masks()},{masks()}") == "ok"
    assert mdev.show("matrix") == ""
    assert write(create(parent, 1), assign_adapter=5, assign_domain=4) == "ok"


@pytest.mark.parametrize(
    ("config", "answer"),
    [
        ("5,4,", "EINVAL"),
        (f"{masks(5)},{masks(4)}", "EINVAL"),
        (f"{masks(8)},{masks(4)},{masks()}", "ENODEV"),
        (f"{masks(5)},{masks()},{masks(0x48)}", "ENODEV"),
        (f"{masks(5)},{masks(5)},{masks()}", "EADDRNOTAVAIL"),
        (f"{masks(6)},{masks(4)},{masks()}", "EADDRINUSE"),
    ],
)
def test_config_that_is_refused(config, answer):
    """What is wrong in any part changes nothing."""
    parent = matrix(ap_config=True, max_adapter=7, max_domain=0x47)
    owner, mdev = create(parent, 0), create(parent, 1)
    assert write(owner, assign_adapter=6, assign_domain=4) == "ok"
    assert write(mdev, assign_adapter=5, assign_domain=4) == "ok"
    assert write(mdev, ap_config=config) == answer
    assert mdev.show("matrix") == "05.0004\n"


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"apqns": "5"}, "apqns"),
        ({"apqns": "5.4."}, "apqns"),
        ({"apqns": "005.0004"}, "apqns"),
        ({"apqns": "05.0004", "max_adapter": 4}, "apqns"),
        ({"apqns": "05.0004", "max_domain": 3}, "apqns"),
        ({"apqns": "40.0000", "apxa": False}, "apqns"),
        ({"max_adapter": 256}, "max_adapter"),
        ({"max_domain": 256}, "max_domain"),
        ({"hot_plug": "maybe"}, "hot_plug"),
    ],
)
def test_impossible_machines(config, key):
    """Queues in no form, or above the limits, are mistakes of the configuration."""
    with pytest.raises(OptionError) as caught:
        matrix(**config)
    assert caught.value.key == key


def test_places():
    """The parent is the matrix device, and no PCI function."""
    parent = MdevBus(KERNELS["6.1"]).register(driver("vfio_ap"))
    assert (parent.path, parent.pci) == ("/sys/devices/vfio_ap/matrix", None)
    assert (parent.subsystem, parent.driver_name) == ("matrix", "vfio_ap")
    assert driver("vfio_ap").mdev_driver == "vfio_ap_mdev"
    # The queues of the example of Documentation/arch/s390/vfio-ap.rst.
    assert len(parent.state.bound) == 8


@pytest.mark.parametrize("name", KERNELS)
def test_limit(name):
    """One create too many is EUSERS of the core, before 6.1 EPERM of the driver (60b, 60d)."""
    small = replace(driver("vfio_ap"), max_instances=2)
    parent = MdevBus(KERNELS[name]).register(small)
    create(parent, 0)
    create(parent, 1)
    with pytest.raises(NoInstancesError) as caught:
        create(parent, 2)
    assert caught.value.name == ("EUSERS" if KERNELS[name].version >= (6, 1) else "EPERM")
