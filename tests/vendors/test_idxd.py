"""idxd. Source: the patches of May 2021 (v6) and the mails of August 2020."""

import pytest
from vendors.uuids import uuid

from simulator.errors import NoInstancesError
from simulator.mdev import KERNELS, MdevBus, OptionError
from simulator.vendors import driver


def device(**config):
    return MdevBus(KERNELS["6.1"]).register(driver("idxd"), config)


def available(parent):
    return {type_id: t.available_instances for type_id, t in parent.types.items()}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"names": "posted"},
            {
                "idxd-dsa-1dwq-v1": 8,
                "idxd-iax-1dwq-v1": 0,
                "idxd-dsa-1swq-v1": 0,
                "idxd-iax-1swq-v1": 0,
            },
        ),
        (
            {"names": "posted", "accelerator": "iax", "shared": 2},
            {
                "idxd-dsa-1dwq-v1": 0,
                "idxd-iax-1dwq-v1": 8,
                "idxd-dsa-1swq-v1": 0,
                "idxd-iax-1swq-v1": 2,
            },
        ),
        ({"names": "cover"}, {"idxd-1dwq-v1": 8}),
        ({"names": "thread", "dedicated": 30}, {"dsa-1dwq": 30, "dsa-2dwq": 15}),
        ({"names": "thread", "accelerator": "iax"}, {"iax-1dwq": 8, "iax-2dwq": 4}),
    ],
)
def test_names(config, expected):
    """Each set of names has its types; those of the other accelerator have no instances."""
    parent = device(**config)
    assert available(parent) == expected
    assert {t.show("device_api") for t in parent.types.values()} == {"vfio-pci\n"}
    assert all("description" not in t.attributes for t in parent.types.values())


def test_posted_names_are_shown():
    """``name`` is the type's own, without the driver."""
    assert device().types["idxd-dsa-1dwq-v1"].show("name") == "dsa-1dwq-v1\n"


def test_queues_are_shared_by_types():
    """A type of two queues takes two; what does not fit is ENODEV."""
    parent = device(names="thread", dedicated=3)
    mdev = parent.types["dsa-2dwq"].create(uuid(0))
    assert available(parent) == {"dsa-1dwq": 1, "dsa-2dwq": 0}
    with pytest.raises(NoInstancesError) as caught:
        parent.types["dsa-2dwq"].create(uuid(1))
    assert caught.value.name == "ENODEV"
    mdev.remove()
    assert available(parent) == {"dsa-1dwq": 3, "dsa-2dwq": 1}


def test_the_other_accelerator_is_refused():
    """A type that no queue of the device can serve is ENODEV."""
    with pytest.raises(NoInstancesError) as caught:
        device().types["idxd-iax-1dwq-v1"].create(uuid(0))
    assert caught.value.name == "ENODEV"


def test_thirty_queues_in_one_mdev():
    """dsa-1dwq times 30, as in the mails: all queues, which removal gives back."""
    parent = device(names="thread", dedicated=30, aggregation=True)
    mdev = parent.types["dsa-1dwq"].create(uuid(0))
    assert mdev.show("mdev/max_aggregation") == "30\n"
    assert mdev.store("mdev/aggregated_instances", b"30\n") == 3
    assert available(parent) == {"dsa-1dwq": 0, "dsa-2dwq": 0}
    mdev.remove()
    assert available(parent) == {"dsa-1dwq": 30, "dsa-2dwq": 15}


def test_aggregation_of_a_type_of_two():
    """Each instance of dsa-2dwq is two queues."""
    parent = device(names="thread", dedicated=9, aggregation=True)
    mdev = parent.types["dsa-2dwq"].create(uuid(0))
    assert mdev.show("mdev/max_aggregation") == "4\n"
    mdev.store("mdev/aggregated_instances", b"3")
    assert available(parent) == {"dsa-1dwq": 3, "dsa-2dwq": 1}


def test_places():
    """The parent is a PCI function, a system peripheral."""
    parent = device()
    assert (str(parent.pci.id), parent.pci.class_code) == ("80860b25", 0x088000)
    assert str(device(accelerator="iax").pci_id) == "80860cfe"
    assert parent.name == "0000:6a:01.0"
    with pytest.raises(OptionError, match="accelerator"):
        device(accelerator="qat")
