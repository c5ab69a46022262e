"""How UUIDs and numbers are read. Sources: lib/uuid.c, lib/kstrtox.c."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import BadUuidError, MdevError
from simulator.mdev import parse_ulong, parse_uuid

UUID = b"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"


@pytest.mark.parametrize("data", [UUID, UUID.upper(), UUID + b"\n", UUID + b"\0", UUID + b"}"])
def test_uuid_is_lower_case_and_byte_37_is_ignored(data):
    """Either case is read, lower case comes out, and the 37th byte may be anything."""
    assert parse_uuid(data) == UUID.decode()


@pytest.mark.parametrize("uuid", [b"00000000-0000-0000-0000-000000000000", b"f" * 8 + UUID[8:]])
def test_nil_and_other_versions_are_uuids(uuid):
    """The nil UUID and UUIDs of no known version are accepted."""
    assert parse_uuid(uuid) == uuid.decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        UUID[:35],
        UUID + b"\n\n",
        UUID.replace(b"-", b""),
        b"{" + UUID[:34] + b"}",
        b"urn:uuid:" + UUID,
        UUID.replace(b"-", b"_"),
        b" " + UUID[:-1],
        b"g" + UUID[1:],
        UUID[:8] + b"0" + UUID[9:],
        UUID[:-1] + b"\n",
        b"\xb2" + UUID[1:],
    ],
)
def test_other_texts_are_no_uuid(data):
    """EINVAL for a wrong length, braces, a URN, missing hyphens and anything but hex digits."""
    with pytest.raises(BadUuidError):
        parse_uuid(data)


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (b"0", 0),
        (b"1", 1),
        (b"1\n", 1),
        (b"+1\n", 1),
        (b"010", 8),
        (b"0x10", 16),
        (b"0X1f", 31),
        (b"+0xA", 10),
        (b"1\0garbage", 1),
        (b"18446744073709551615", 2**64 - 1),
        (b"0" * 5000 + b"7", 7),
    ],
)
def test_numbers_of_base_0(data, number):
    """Decimal, hex and octal are read, with a plus sign and one newline."""
    assert parse_ulong(data) == number


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"+", b"-1", b" 1", b"1 ", b"1\n\n", b"abc", b"0x", b"0xg", b"08", b"1.0", b"++1"],
)
def test_other_texts_are_einval(data, refused):
    """A sign, a blank or garbage is EINVAL."""
    assert refused(parse_ulong, data) == "EINVAL"


@pytest.mark.parametrize("data", [b"18446744073709551616", b"0x1" + b"0" * 16, b"9" * 9999 + b"x"])
def test_too_large_is_erange(data, refused):
    """More than 64 bits is ERANGE, also before garbage."""
    assert refused(parse_ulong, data) == "ERANGE"


@given(st.integers(0, 2**64 - 1), st.sampled_from(["%d", "0x%x", "0X%X", "0%o", "+%d"]))
def test_a_number_is_read_back_in_every_base(number, form):
    """What printf writes in any base is read back as the same number."""
    assert parse_ulong((form % number).encode()) == number


@given(st.binary(max_size=40))
def test_hostile_bytes_are_refused_by_errno(data):
    """Any bytes give a value or an errno."""
    errnos = set()
    for parse in (parse_uuid, parse_ulong):
        try:
            parse(data)
        except MdevError as error:
            errnos.add(error.name)
    assert errnos <= {"EINVAL", "ERANGE"}
