"""
The different texts of a fleet: lines that are equal but for the name, found as bytes.

Source: ours.
"""

import re
from collections import Counter

__all__ = ["Texts"]

_BLANK = b" \t\r"
_NAME = rb'^(?:\{[ \t]*"name"[ \t]*:[ \t]*"[%b]{0,4096}")?(.*)'
# A name that could be wrong stays in the line, which is then read by itself.
_IN_ASCII = re.compile(_NAME % rb" !#-\[\]-~", re.MULTILINE)
_IN_UTF_8 = re.compile(_NAME % rb" !#-\[\]-~\x80-\xff", re.MULTILINE)


class Texts:
    """
    Counts the lines that are equal but for the name.

    Attributes:
        bytes: How many were read.
        lines: How many lines they were.
        devices: How many lines have each text.
        first: For each text the first line that has it: its number, from 0, and all of it.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self.lines = 0
        self.devices: Counter[bytes] = Counter()
        self.first: dict[bytes, tuple[int, bytes]] = {}
        self.rest: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        """Take some bytes."""
        self.bytes += len(chunk)
        end = chunk.rfind(b"\n")
        if end < 0:
            self.rest.append(chunk)
            return
        self._whole(b"".join([*self.rest, chunk[:end]]) if self.rest else chunk[:end])
        self.rest = [chunk[end + 1 :]]

    def finish(self) -> None:
        """Take the last line, which may lack its end, and leave out lines of blanks."""
        self._whole(b"".join(self.rest))
        for text in [text for text in self.devices if not text.strip(_BLANK)]:
            del self.devices[text]

    def _whole(self, text: bytes) -> None:
        tails = (_IN_UTF_8 if _is_utf_8(text) else _IN_ASCII).findall(text)
        self.devices.update(tails)
        if len(self.devices) > len(self.first):
            lines = text.split(b"\n")
            for number, tail in enumerate(tails):
                if tail not in self.first:
                    self.first[tail] = self.lines + number, lines[number]
        self.lines += len(tails)


def _is_utf_8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False
