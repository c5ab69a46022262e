"""
Files that say where there is room: a place and a number a line.

    # what /sys/class/mdev_bus/PARENT/mdev_supported_types/TYPE/available_instances shows on HOST
    host1/0000:00:02.0/i915-GVTg_V5_4 3
    host1/0000:00:02.0/i915-GVTg_V5_2 1

Source: ours.
"""

import re
from collections.abc import Mapping

from simulator.documents import Document, decode

__all__ = ["MOST_INSTANCES", "read_available"]

MOST_INSTANCES = 2**31 - 1
"""The largest number of instances. Ours."""

_LINE = re.compile(r"[ \t]*(?P<place>.*?)[ \t]+(?P<number>\S+)[ \t]*")
_NUMBER = re.compile(r"[0-9]{1,10}")
_EXPECTED = "a place and a number, such as host1/0000:00:02.0/i915-GVTg_V5_4 3"


def read_available(file: str, data: bytes) -> Mapping[str, int]:
    """
    Read how many instances are available, by place, in the order of the lines.

    Args:
        file: The name of the text, for messages.
        data: All of it. Empty lines and lines that begin with ``#`` are skipped.

    Raises:
        InputError: With all mistakes of the text.
    """
    document = Document(file, decode(file, data))
    found: dict[str, int] = {}
    for number, line in enumerate(document.lines):
        if not line.strip(" \t") or line.lstrip(" \t").startswith("#"):
            continue
        parts = _LINE.fullmatch(line)
        if parts is None or not parts["place"]:
            start = len(line) - len(line.lstrip(" \t"))
            document.mistake(number, start, len(line.strip(" \t")), "no number", _EXPECTED)
            continue
        place, text = parts["place"], parts["number"]
        if not _NUMBER.fullmatch(text) or int(text) > MOST_INSTANCES:
            column, expected = parts.start("number"), f"a number from 0 to {MOST_INSTANCES}"
            document.mistake(number, column, len(text), "not a number of instances", expected)
        elif place in found:
            column = parts.start("place")
            document.mistake(number, column, len(place), "this place is there twice", "each once")
        else:
            found[place] = int(text)
    document.check()
    return found
