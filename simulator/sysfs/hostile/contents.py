"""
What files of a driver may hold, and how a read may give it.

Source: ours; why each is legal says `VARIATIONS`.
"""

import errno
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import NoReturn

from simulator.errors import MdevError, NoInstancesError, UuidInUseError
from simulator.mdev import PAGE_SIZE, MdevBus, parse_uuid
from simulator.sysfs.entries import Entry, File, FixedDirectory

__all__ = [
    "added_files",
    "added_type",
    "ended",
    "fewer",
    "long_name",
    "long_text",
    "n_types",
    "short",
]

_ENDS = (b"", b"\n\n", b" \n", b"\t\n")
_WORDS = (
    "heads=1",
    "framebuffer: 64M",
    "-",
    "max_resolution=640x480",
    "a,b,,c",
    "x" * 300,
    "",
    "#",
)
_FILES = ("fw-version", "temperature", "reset_method", "label.0", "x")
_GROUP = "telemetry+1"
_LETTERS = "abcXYZ019_.+-"
_N_TYPES = (1, 3, 30, 200)
_NAME_MAX = 255


def ended(random: Random, content: bytes) -> bytes:
    """Let a text end otherwise than with one newline."""
    return content.removesuffix(b"\n") + random.choice(_ENDS)


def fewer(random: Random, content: bytes) -> bytes:
    """Let a number of instances be less, or 0, at half of the reads."""
    number = content.strip()
    if random.random() < 1 / 2 or not number.isdigit():
        return content
    return b"%d\n" % (random.choice((0, random.randint(0, int(number)))))


def long_text(random: Random) -> bytes:
    """Make a text of some lines, of a page less one byte at most."""
    size = random.choice((1, 80, PAGE_SIZE - 1))
    text = ""
    while len(text) < size:
        text += random.choice(_WORDS) + random.choice((" ", "\n", "\n"))
    return text[: size - 1].encode() + b"\n"


def long_name(random: Random) -> bytes:
    """Make a name of one line."""
    size = random.choice((1, 100, PAGE_SIZE - 2))
    return ("GRID " * size)[: size - 1].encode() + b"Q\n"


def short(random: Random, file: File) -> File:
    """Let each read of a file give some bytes only."""
    return replace(file, at_once=random.choice((1, 2, 7, 100)))


# ---- what is added


def _fail(number: int) -> Callable[[], NoReturn]:
    def fail(*_: object) -> NoReturn:
        raise MdevError(number, "a driver's answer")

    return fail


def _added_file(random: Random) -> File:
    """Make a file that a driver may have: to read, to write or both, and perhaps failing."""
    text = b"%d\n" % random.randint(0, 99)
    read = random.choice((lambda: text, lambda: text, _fail(errno.EIO), _fail(errno.ENODATA)))
    mode = random.choice((0o444, 0o444, 0o200, 0o644))
    can_read, can_write = bool(mode & 0o400), bool(mode & 0o200)
    return File(mode, read if can_read else None, len if can_write else None)


def added_files(random: Random) -> dict[str, Entry]:
    """Make files and perhaps a directory that nobody knows."""
    names = random.sample(_FILES, random.randint(1, len(_FILES)))
    files: dict[str, Entry] = {name: _added_file(random) for name in names}
    if random.random() < 1 / 2:
        files[_GROUP] = FixedDirectory({name: _added_file(random) for name in names[:2]})
    return files


def added_type(random: Random, prefix: str, bus: MdevBus, device_api: str) -> tuple[str, Entry]:
    """Make a type that has no instance left, with its id."""
    size = random.choice((2, 30, _NAME_MAX - len(prefix)))
    type_id = prefix + "".join(random.choice(_LETTERS) for _ in range(size))

    def create(data: bytes) -> NoReturn:
        uuid = parse_uuid(data)
        if uuid in bus.devices:
            raise UuidInUseError(f"{uuid} is on the bus")
        raise NoInstancesError(errno.ENOSPC, f"{type_id} is full")

    texts = {
        "device_api": f"{device_api}\n",
        "name": f"{type_id.removeprefix(prefix)}\n",
        "available_instances": "0\n",
    }
    files: dict[str, Entry] = {"devices": FixedDirectory(), "create": File(0o200, write=create)}
    for name, text in texts.items():
        files[name] = File(0o444, text.encode)
    return type_id, FixedDirectory(files)


def n_types(random: Random) -> int:
    """Say how many types are added."""
    return random.choice(_N_TYPES)
