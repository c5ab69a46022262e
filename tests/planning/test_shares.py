"""That the types of a parent share as `Sharing` says, against the simulated vendor drivers."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus
from simulator.vendors import VENDORS

PARENTS = {name: (name, {}) for name in VENDORS} | {
    "nvidia mixed": ("nvidia", {"mixed_size": True}),
    "i915 small": ("i915", {"aperture_mb": 256}),
    "i915 few fences": ("i915", {"fences": 12}),
    "mtty odd": ("mtty", {"ports": 7}),
    "idxd both": ("idxd", {"dedicated": 3, "shared": 2}),
}
"""Vendor drivers and their options."""
# Work queues of one sort are nothing to those of the other.
APART = {"idxd both"}
ONE = {"nvidia"}


def types_of(name):
    """Register a parent, and return its types."""
    vendor, options = PARENTS[name]
    return list(MdevBus(KERNELS["6.1"]).register(VENDORS[vendor], options).types.values())


def uuid(number):
    """Make a UUID."""
    return f"00000000-0000-0000-0000-{number:012x}"


def created(mdev_type, number):
    """Create an mdev, and tell whether the driver did."""
    try:
        mdev_type.create(uuid(number))
    except MdevError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(PARENTS))
@given(data=st.data())
def test_shares_that_fit_can_be_created(name, data):
    """Whatever is there already: what needs no more than all shares is created."""
    types = types_of(name)
    for number in range(data.draw(st.integers(0, 6))):
        created(data.draw(st.sampled_from(types)), number)
    free = {one: Fraction(1, one.available_instances) for one in types if one.available_instances}
    left = Fraction(1)
    for number in range(100, 100 + data.draw(st.integers(0, 12))):
        fitting = [one for one in free if free[one] <= left]
        if not fitting:
            break
        one = data.draw(st.sampled_from(fitting))
        if name in ONE:
            free = {one: free[one]}
        left -= free[one]
        assert created(one, number)


@pytest.mark.parametrize("name", sorted(set(PARENTS) - APART))
@given(data=st.data())
def test_a_parent_takes_no_more_than_of_its_smallest_type(name, data):
    """However types are mixed, there fit no more than the largest number that is available."""
    types = types_of(name)
    for number in range(data.draw(st.integers(0, 6))):
        created(data.draw(st.sampled_from(types)), number)
    most = max(one.available_instances for one in types)
    fits = 0
    for number in range(100, 100 + data.draw(st.integers(0, 30))):
        fits += created(data.draw(st.sampled_from(types)), number)
    assert fits <= most


SIZES = {
    "mbochs": {"mbochs-small": 4, "mbochs-medium": 16, "mbochs-large": 64},
    "mtty": {"mtty-1": 1, "mtty-2": 2},
    "mtty odd": {"mtty-1": 1, "mtty-2": 2},
}


@pytest.mark.parametrize("name", sorted(SIZES))
@given(data=st.data())
def test_sizes_that_fit_can_be_created(name, data):
    """With sizes of one resource, as much can be created as is free for sure, in any mix."""
    types = types_of(name)
    for number in range(data.draw(st.integers(0, 6))):
        created(data.draw(st.sampled_from(types)), number)
    size = {one: SIZES[name][one.type_id] for one in types}
    free = max(size[one] * one.available_instances for one in types)
    most = max(one.available_instances for one in types)
    for number in range(100, 100 + most):
        fitting = [one for one in types if size[one] <= free]
        if not fitting:
            break
        one = data.draw(st.sampled_from(fitting))
        free -= size[one]
        assert created(one, number)
