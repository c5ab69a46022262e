"""Options of a parent's configuration."""

import pytest

from simulator.mdev import Attribute, Option, OptionError, read_options
from simulator.values import PciId

OPTIONS = {
    "count": Option(int, 4, "how many", 1),
    "any": Option(int, 0, "any number"),
    "model": Option(str, "x", "which one"),
    "colour": Option(str, "red", "which", choices=("red", "blue")),
    "fast": Option(bool, False, "whether"),
    "pci_id": Option(PciId, PciId(0x8086, 0x591D), "PCI id"),
}


def test_defaults_fill_what_is_left_out():
    """Every option has a value afterwards."""
    assert read_options(OPTIONS, {"count": 2, "fast": True, "any": -1}) == {
        "count": 2,
        "any": -1,
        "model": "x",
        "colour": "red",
        "fast": True,
        "pci_id": PciId(0x8086, 0x591D),
    }


def test_pci_ids_are_parsed():
    """A PCI id is written as text in any spelling, or given as a value."""
    for value in ("8086:193B", PciId(0x8086, 0x193B)):
        assert read_options(OPTIONS, {"pci_id": value})["pci_id"] == PciId(0x8086, 0x193B)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("count", 0, "an integer from 1"),
        ("count", True, "an integer from 1"),
        ("count", "4", "an integer from 1"),
        ("count", 1.5, "an integer from 1"),
        ("any", None, "an integer"),
        ("model", 3, "a text"),
        ("fast", 1, "true or false"),
        ("pci_id", 5912, "a PCI id such as 8086591d"),
        ("pci_id", "xyz", "8086591d, 8086-591d, 8086:591D or 591b"),
        ("colour", "green", "red, blue"),
        ("colour", 1, "red, blue"),
        ("shade", 1, "count, any, model, colour, fast, pci_id"),
    ],
)
def test_a_mistake_names_key_and_expectation(key, value, expected):
    """A wrong key, kind or range is refused with the key and with what would be right."""
    with pytest.raises(OptionError) as caught:
        read_options(OPTIONS, {key: value})
    assert (caught.value.key, caught.value.expected) == (key, expected)
    assert key in str(caught.value)


def test_files_of_types_and_of_the_parent(bus, recorder):
    """A driver's files stand on each type beside the core's, and on the parent."""
    driver = recorder.driver(
        type_attributes=(Attribute("baud", 0o444, lambda mdev_type: f"{mdev_type.type_id}\n"),),
        parent_attributes=(Attribute("all", 0o444, lambda parent: f"{len(parent.types)}\n"),),
    )
    parent = bus.register(driver, numa_node=1, iommu_group=7)
    assert parent.types["rec-b"].show("baud") == "rec-b\n"
    assert "create" in parent.types["rec-b"].attributes
    assert parent.show("all") == "2\n"
    assert (parent.numa_node, parent.iommu_group) == (1, 7)
