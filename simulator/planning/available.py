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

_BLANKS = " \t"
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
        said = line.strip(_BLANKS)
        if not said or said.startswith("#"):
            continue
        start = line.index(said)
        end = max(said.rfind(blank) for blank in _BLANKS)
        place, text = said[: max(end, 0)].rstrip(_BLANKS), said[end + 1 :]
        if not place:
            document.mistake(number, start, len(said), "no number", _EXPECTED)
        elif not _NUMBER.fullmatch(text) or int(text) > MOST_INSTANCES:
            expected = f"a number from 0 to {MOST_INSTANCES}"
            message = "not a number of instances"
            document.mistake(number, start + end + 1, len(text), message, expected)
        elif place in found:
            document.mistake(number, start, len(place), "this place is there twice", "each once")
        else:
            found[place] = int(text)
    document.check()
    return found
