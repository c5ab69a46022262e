"""How the kernel reads what is written to ``create`` and to numeric attributes."""

import errno
import re
from types import MappingProxyType

from simulator.errors import BadUuidError, MdevError

__all__ = ["parse_ulong", "parse_uuid"]

UUID_STRING_LEN = 36
_UUID = re.compile(rb"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_DIGITS = MappingProxyType(
    {8: re.compile(rb"[0-7]*"), 10: re.compile(rb"[0-9]*"), 16: re.compile(rb"[0-9A-Fa-f]*")}
)
_HEX_PREFIX = re.compile(rb"0[xX](?=[0-9A-Fa-f])")
_ULONG_MAX = 2**64 - 1


def parse_uuid(data: bytes) -> str:
    """
    Read the UUID that was written to ``create``.

    Stricter than `uuid.UUID` (no braces, no ``urn:``, hyphens required) and laxer: the nil UUID
    and every version pass, and a 37th byte is ignored, whatever it is.

    Args:
        data: All bytes of one write.

    Returns:
        The UUID in lower case, as it names the directory (``%pUl``).

    Raises:
        BadUuidError: EINVAL. Not 36 or 37 bytes, or not 8-4-4-4-12 hex digits.

    Source: mdev_sysfs.c create_store(), lib/uuid.c uuid_is_valid().
    """
    if not UUID_STRING_LEN <= len(data) <= UUID_STRING_LEN + 1:
        raise BadUuidError(f"create: {len(data)} bytes, expected 36 or 37")
    text = data[:UUID_STRING_LEN]
    if not _UUID.fullmatch(text):
        raise BadUuidError("create: not a UUID of 8-4-4-4-12 hex digits")
    return text.decode("ascii").lower()


def parse_ulong(data: bytes) -> int:
    r"""
    Read an unsigned number as ``kstrtoul(buf, 0, &val)`` does.

    Decimal, ``0x`` hex or leading-0 octal, an optional ``+`` and one trailing newline. The text
    ends at a NUL byte, as C strings do.

        >>> parse_ulong(b"0x10\n"), parse_ulong(b"+010")
        (16, 8)

    Raises:
        MdevError: EINVAL, not a number; ERANGE, it does not fit in 64 bits. A number that is too
            large is ERANGE also when garbage follows it.

    Source: lib/kstrtox.c _parse_integer_fixup_radix(), _kstrtoull().
    """
    text = data.split(b"\0", 1)[0].removeprefix(b"+")
    base = 10
    if prefix := _HEX_PREFIX.match(text):
        base, text = 16, text[prefix.end() :]
    elif text.startswith(b"0"):
        base = 8
    run = _DIGITS[base].match(text)
    digits = run.group() if run else b""
    # 22 octal digits hold 64 bits; asking the length first keeps int() linear.
    significant = digits.lstrip(b"0")
    if len(significant) > 22 or int(significant or b"0", base) > _ULONG_MAX:
        raise MdevError(errno.ERANGE, "number does not fit in 64 bits")
    if not digits or text[len(digits) :] not in (b"", b"\n"):
        raise MdevError(errno.EINVAL, "not an unsigned number")
    return int(significant or b"0", base)
