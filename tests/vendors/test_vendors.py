"""The table of built-in drivers."""

import pytest

from simulator.errors import TextError
from simulator.mdev import KERNELS, MdevBus
from simulator.vendors import VENDORS, driver


@pytest.mark.parametrize("name", VENDORS)
def test_every_driver_registers_with_its_defaults(name):
    """Each built-in driver makes a parent without any configuration."""
    parent = MdevBus(KERNELS["6.1"]).register(driver(name))
    assert parent.types
    assert all(type_id.startswith(f"{name}-") for type_id in parent.types)
    assert any(t.available_instances > 0 for t in parent.types.values())


@pytest.mark.parametrize("name", VENDORS)
def test_every_option_is_explained(name):
    """Each option has a help line and a default of its kind."""
    for option in driver(name).options.values():
        assert option.help
        assert option.read("key", option.default) == option.default


def test_an_unknown_driver_is_a_mistake_in_a_text():
    """The message lists the drivers that there are."""
    with pytest.raises(TextError) as caught:
        driver("i916")
    assert (caught.value.text, caught.value.expected) == ("i916", ", ".join(VENDORS))
