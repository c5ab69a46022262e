"""Saved fleets taken apart and put together again, with checksums that are right."""

import struct
from dataclasses import dataclass, field

HEAD = struct.Struct("<8sIIQQQQQII")
SECTION = struct.Struct("<IIQQ")
MASK = 2**64 - 1
WIDTHS = {1: "B", 2: "H", 4: "I"}


def checksum(data: bytes) -> int:
    """The checksum of the header file's description."""
    total = 0
    for (word,) in struct.iter_unpack("<Q", data):
        mixed = (total ^ word) * 0x9E3779B97F4A7C15 & MASK
        total = (mixed << 29 | mixed >> 35) & MASK
    return total


@dataclass
class Section:
    """One section; a test may change anything of it."""

    number: int
    width: int
    numbers: list[int]
    text: bytes
    count: int | None = None
    text_count: int | None = None

    def sealed(self) -> bytes:
        """The bytes, whatever they say of themselves."""
        count = len(self.numbers) if self.count is None else self.count
        text_count = len(self.text) if self.text_count is None else self.text_count
        data = SECTION.pack(self.number, self.width, count, text_count)
        if self.width in WIDTHS:
            data += struct.pack(f"<{len(self.numbers)}{WIDTHS[self.width]}", *self.numbers)
        data += self.text
        data += bytes(-len(data) % 8)
        return data + struct.pack("<Q", checksum(data))


@dataclass
class Saved:
    """A saved fleet: the fields of its head, and its sections."""

    head: list = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    @classmethod
    def apart(cls, data: bytes) -> "Saved":
        """Take the bytes of a saved fleet apart."""
        saved = cls(list(HEAD.unpack_from(data)))
        at = HEAD.size + 8
        while at < len(data):
            number, width, n, text = SECTION.unpack_from(data, at)
            start = at + SECTION.size
            numbers = (
                list(struct.unpack_from(f"<{n}{WIDTHS[width]}", data, start)) if width else [0] * n
            )
            stop = start + n * width + text
            section = Section(number, width, numbers, data[stop - text : stop])
            saved.sections.append(section)
            at = stop + (at - stop) % 8 + 8
        return saved

    def sealed(self) -> bytes:
        """Put the bytes together."""
        head = HEAD.pack(*self.head)
        head += struct.pack("<Q", checksum(head))
        return head + b"".join(section.sealed() for section in self.sections)
