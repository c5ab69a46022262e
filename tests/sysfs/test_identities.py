"""Identities of a machine, replaced."""

import re

import pytest

from simulator.sysfs.identities import Identities

U1, U2 = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_the_same_seed_gives_the_same():
    """A replacement depends on the seed and the identity, not on what came before."""
    one, two, other = Identities(1, ()), Identities(1, ()), Identities(2, ())
    two.uuid(U2)
    assert one.uuid(U1) == two.uuid(U1) == one.uuid(U1.upper())
    assert other.uuid(U1) not in {U1, one.uuid(U1)}
    assert V4.fullmatch(one.uuid(U1))


def test_replacements_are_free():
    """No two identities get the same replacement, and none gets one that was there."""
    taken = Identities(0, ()).uuid(U1)
    identities = Identities(0, (taken,))
    assert identities.uuid(U1) not in {U1, taken}
    numbers = [f"{number:04}" for number in range(10000)]
    replaced = {identities.file("serial", number) for number in numbers}
    assert len(replaced) == len(numbers)


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("description", f"disk-{U1}, {U1.upper()}\n", r"disk-(\S+), \1\n"),
        (
            "description",
            "Serial Number: AB-12345, weight: 16\n",
            r"Serial Number: (?!AB)[A-Z]{2}-\d{5}, weight: 16\n",
        ),
        ("description", "serial=abcd1234", r"serial=(?!abcd1234)[a-z]{4}\d{4}"),
        ("vendor/serial_number", "XY12 34-5678\n", r"(?!XY12)[A-Z]{2}\d{2} \S{7}\n"),
        ("description", f"serial: {U1}", rf"serial: {V4.pattern}"),
        ("board_uuid", f"{U2}\n", r"\S{36}\n"),
        ("vendor/resolution", "serial port 1920x1080\n", "serial port 1920x1080\n"),
        ("serial", "none\n----\n7\n", r"[a-z]{4}\n----\n7\n"),
    ],
)
def test_texts(name, text, form):
    """UUIDs and serial numbers go, their form and all else stays."""
    replaced = Identities(0, ()).file(name, text)
    assert re.fullmatch(form, replaced), replaced
    for identity in (U1, U1.upper(), U2, "AB-12345", "abcd1234", "34-5678"):
        assert identity not in replaced
