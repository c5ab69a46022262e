"""
Ask an mdev parent what the kernel's mdev core should answer, and write down what it says.

One file, for any machine with Python 3.7 and mtty or another mdev driver, as root:

    python3 mdev_conformance.py --parent mtty -o transcript.txt

It makes and removes mdevs of that parent, which must have none, and nothing else. What it made it
removes, also when it fails or is interrupted. A transcript has a line for each question, a tab, and
the answer: what was read as JSON text, bytes taken, or the name of an errno. Parents, UUIDs and
numbers of groups have names, so that transcripts of two machines can be compared. With --expected
FILE only the differences are printed, each with the source of what was expected.

Exit status: 0 as expected, or written; 1 differences; 2 refused, or could not go on.

Source: ours; the files with what is expected name theirs.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import signal
import socket
import stat
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

__all__ = ["compare", "main", "parse"]

NOT_ASKED = "not asked"
ANYTHING = "*"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PATIENCE = 2.0
"""Seconds for which a reference to an mdev may keep its UUID and instance. Ours."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LINKS = ("driver", "iommu_group", "mdev_type", "subsystem")
_NOT_VENDORS = ("power", "vfio-dev")
_JUNK = (
    ("35 bytes", lambda text: text[:-1]),
    ("38 bytes", lambda text: text + "\n\n"),
    ("no hyphens", lambda text: text.replace("-", "")),
    ("braces", lambda text: "{" + text + "}"),
    ("urn", lambda text: "urn:uuid:" + text),
    ("a digit that is none", lambda text: text[:-1] + "g"),
    ("a hyphen in the wrong place", lambda text: text[:7] + "-" + text[7] + text[9:]),
    ("a leading blank", lambda text: " " + text[:-1]),
    ("a newline", lambda _: "\n"),
    ("a page", lambda text: text + "\n" * 4096),
)
_NO_NUMBERS = ("abc", "-1", "\n", " 1", "1 ", "1\n\n", "0x", "08", "99999999999999999999")
_ZEROS = ("0", "0x0\n", "+0")


class Refusal(Exception):  # noqa: N818 - it is no error of ours
    """Why nothing is done, or no more."""


# ---- transcripts


@dataclass(frozen=True)
class Line:
    """
    One line of a transcript.

    Attributes:
        step: The question.
        answer: What was answered; `ANYTHING` where that does not matter, `NOT_ASKED` where the
            question could not be asked.
        source: Where an expected answer is from.
    """

    step: str
    answer: str
    source: str = ""


def parse(text: str) -> list[Line]:
    """
    Read a transcript.

    Raises:
        ValueError: A line is none, with its number.
    """
    lines = []
    for number, row in enumerate(text.splitlines(), 1):
        if not row or row.startswith("#"):
            continue
        fields = row.split("\t")
        if not 2 <= len(fields) <= 3:
            raise ValueError(f"line {number}: not a question, a tab and an answer")
        lines.append(Line(*fields))
    return lines


def compare(found: Sequence[Line], expected: Sequence[Line]) -> list[str]:
    """Return the differences, two lines of text each, in the order of what was expected."""
    answers = {line.step: line.answer for line in found}
    told = []
    for line in expected:
        answer = answers.pop(line.step, None)
        if line.answer != ANYTHING and answer not in {line.answer, NOT_ASKED}:
            said = "no such line" if answer is None else answer
            told.append(f"{line.step}: {said}, expected {line.answer}\n    source: {line.source}")
    more = ((step, answer) for step, answer in answers.items() if answer != NOT_ASKED)
    return told + [f"{step}: {answer}, expected no such line" for step, answer in more]


# ---- the world


def _errno(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, str(error.errno))


def _answer(call: Callable[[], str]) -> str:
    try:
        return call()
    except OSError as error:
        return _errno(error)


def _opened(path: str, flags: int, use: Callable[[int], str]) -> str:
    """Open, use and close; say of an error of open that it is one."""
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o666)
    except OSError as error:
        return f"open: {_errno(error)}"
    try:
        return _answer(lambda: use(descriptor))
    finally:
        os.close(descriptor)


def _write(path: str, data: str) -> str:
    return _opened(path, os.O_WRONLY, lambda fd: str(os.write(fd, data.encode())))


def _all(descriptor: int) -> bytes:
    parts: list[bytes] = []
    while True:
        part = os.read(descriptor, 65536)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _names(path: str) -> set[str]:
    try:
        return set(os.listdir(path))
    except OSError:
        return set()


class Uevents:
    """The uevents of mdevs, as the kernel sends them; deaf where it may not listen."""

    def __init__(self, *, wanted: bool) -> None:
        self._socket = None
        if wanted:
            try:
                kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
                self._socket = socket.socket(socket.AF_NETLINK, kind, 15)
                self._socket.bind((0, 1))
            except OSError:
                self._socket = None

    def heard(self) -> str:
        """Say which came since the last time. The kernel sends them before a write returns."""
        if self._socket is None:
            return NOT_ASKED
        actions: list[str] = []
        while True:
            try:
                parts = self._socket.recv(65536).decode(errors="replace").split("\0")
            except BlockingIOError:
                return " ".join(actions) or "none"
            if "SUBSYSTEM=mdev" in parts:
                actions.append(parts[0].partition("@")[0])


class Parent:
    """
    A parent of a tree of sysfs, and the transcript of what it answers.

    Args:
        root: Where the tree is mounted.
        name: As in ``class/mdev_bus``.
        uuids: Names and UUIDs of the mdevs to be made.
    """

    def __init__(self, root: str, name: str, uuids: dict[str, str], uevents: Uevents) -> None:
        self.root = os.path.realpath(root)
        self.link = f"{self.root}/class/mdev_bus/{name}"
        self.path = os.path.realpath(self.link)
        self.types_path = f"{self.path}/mdev_supported_types"
        if not os.path.isdir(self.types_path):
            raise Refusal(f"{self.link}: no mdev parent")
        self.types = sorted(os.listdir(self.types_path))
        self.usable = self.types
        self.uuids = uuids
        self.uevents = uevents
        self.lines: list[Line] = []
        self.made: list[str] = []

    def check(self) -> None:
        """Refuse where something could be disturbed."""
        there = [name for name in os.listdir(self.path) if _UUID.fullmatch(name)]
        if there:
            raise Refusal(f"{self.path} has mdevs already: {', '.join(there)}")
        for text in self.uuids.values():
            if os.path.lexists(f"{self.root}/bus/mdev/devices/{text}"):
                raise Refusal(f"{text} is in use; --seed makes others")
        if not self.types:
            raise Refusal(f"{self.types_path} is empty")
        for mdev_type in self.types:
            if not os.access(self.type_file(mdev_type, "create"), os.W_OK):
                raise Refusal(f"{mdev_type}/create cannot be written: this needs root")

    def type_file(self, mdev_type: str, name: str) -> str:
        """Return the path of a file of a type."""
        return f"{self.types_path}/{mdev_type}/{name}"

    def mdev_file(self, name: str, file: str = "") -> str:
        """Return the path of an mdev by its name, or of a file of it."""
        return f"{self.path}/{self.uuids[name]}/{file}".rstrip("/")

    def say(self, step: str, answer: str) -> None:
        """Add a line, with names in the place of what varies."""
        for name, text in self.uuids.items():
            answer = answer.replace(text, f"<{name}>")
        answer = answer.replace(self.path, "<parent>").replace(self.root, "")
        answer = re.sub(r"(iommu_groups/)\d+", r"\1<n>", answer)
        self.lines.append(Line(step, answer))

    def mode(self, step: str, path: str) -> None:
        """Say what kind of file a path is, and its mode; of a file its size as well."""

        def look() -> str:
            found = os.lstat(path)
            mode = f"{stat.S_IMODE(found.st_mode):04o}"
            if stat.S_ISDIR(found.st_mode):
                return f"directory {mode}"
            return f"file {mode} {found.st_size}" if stat.S_ISREG(found.st_mode) else "no file"

        self.say(step, _answer(look))

    def show(self, step: str, path: str) -> None:
        """Say what a file contains."""

        def read(descriptor: int) -> str:
            return json.dumps(_all(descriptor).decode(errors="backslashreplace"))

        self.say(step, _opened(path, os.O_RDONLY, read))

    def text(self, path: str) -> str:
        """Return the content of a file, without the space around it."""
        with open(path, encoding="utf-8") as file:
            return file.read().strip()

    def store(self, step: str, path: str, data: str) -> None:
        """Say what one write gives."""
        self.say(step, _write(path, data))

    def create(self, step: str, mdev_type: str, data: str, name: str) -> None:
        """Say what a write to ``create`` gives, and which uevents come."""
        self.made.append(name)
        self.store(step, self.type_file(mdev_type, "create"), data)
        self.say(f"{step}, uevents", self.uevents.heard())

    def available(self, step: str) -> None:
        """Say how many instances each type has."""
        for mdev_type in self.types:
            path = self.type_file(mdev_type, "available_instances")
            self.show(f"{step}: {mdev_type}/available_instances", path)

    def leads(self, step: str, path: str) -> None:
        """Say where a link leads."""

        def look() -> str:
            target = os.readlink(path)
            if not os.path.exists(path):
                return "leads nowhere"
            return f"{'absolute' if target[0] == '/' else 'relative'}, to {os.path.realpath(path)}"

        self.say(step, _answer(look))

    def clean(self) -> list[str]:
        """Remove what was made and is there; return what stays."""
        names = [name for name in dict.fromkeys(self.made) if os.path.isdir(self.mdev_file(name))]
        for name in names:
            _write(self.mdev_file(name, "remove"), "1")
        return [self.uuids[name] for name in names if os.path.isdir(self.mdev_file(name))]


# ---- the questions


def _ask_types(parent: Parent) -> None:
    parent.leads("class/mdev_bus link", parent.link)
    parent.mode("mdev_supported_types", parent.types_path)
    parent.say("types", " ".join(parent.types))
    parent.mode("parent/uevent", f"{parent.path}/uevent")
    for mdev_type in parent.types:
        files = ("create", "device_api", "available_instances", "name", "description", "devices")
        for file in files:
            parent.mode(f"{mdev_type}/{file}", parent.type_file(mdev_type, file))
        for file in files[1:5]:
            parent.show(f"{mdev_type}/{file}, read", parent.type_file(mdev_type, file))
        others = sorted(_names(parent.type_file(mdev_type, ".")) - set(files))
        parent.say(f"{mdev_type}, other files", " ".join(others) or "none")


def _ask_files(parent: Parent) -> None:
    """Ask how a file of sysfs behaves."""
    mdev_type = parent.usable[0]
    path = parent.type_file(mdev_type, "device_api")
    text = _opened(path, os.O_RDONLY, lambda fd: _all(fd).decode())
    rest = _opened(path, os.O_RDONLY, lambda fd: os.pread(fd, 4096, 1).decode())
    parent.say("device_api, read from 1", "the rest" if rest == text[1:] else json.dumps(rest))
    again = _opened(
        path, os.O_RDONLY, lambda fd: json.dumps((_all(fd), os.read(fd, 9))[1].decode())
    )
    parent.say("device_api, read at the end", again)
    create = parent.type_file(mdev_type, "create")
    parent.say("create, open to read", _opened(create, os.O_RDONLY, lambda _: "opens"))
    parent.say("device_api, open to write", _opened(path, os.O_WRONLY, lambda _: "opens"))
    parent.store("create, write nothing", create, "")
    new = parent.type_file(mdev_type, "mdev_conformance_new")
    parent.say("a new file", _opened(new, os.O_WRONLY | os.O_CREAT, lambda _: "made"))
    new_directory = f"{new}_directory"

    def make() -> str:
        os.mkdir(new_directory)
        return "made"

    parent.say("a new directory", _answer(make))
    for path, drop in ((new, os.unlink), (new_directory, os.rmdir)):
        if os.path.lexists(path):
            drop(path)


def _ask_junk(parent: Parent) -> None:
    for what, make in _JUNK:
        data = make(parent.uuids["A"])
        parent.create(f"create, {what}", parent.usable[0], data, "A")
        parent.clean()
    parent.available("after junk")


def _ask_mdev(parent: Parent, name: str, mdev_type: str) -> None:
    """Ask what a new mdev has."""
    parent.mode(name, parent.mdev_file(name))
    for file in ("remove", "uevent", "power"):
        parent.mode(f"{name}/{file}", parent.mdev_file(name, file))
    parent.show(f"{name}/uevent, read", parent.mdev_file(name, "uevent"))
    for link in _LINKS:
        parent.leads(f"{name}/{link}", parent.mdev_file(name, link))
    text = parent.uuids[name]
    parent.leads(f"{name} in devices of its type", parent.type_file(mdev_type, f"devices/{text}"))
    parent.leads(f"{name} on the bus", f"{parent.root}/bus/mdev/devices/{text}")
    parent.leads(f"{name} at its driver", parent.mdev_file(name, f"driver/{text}"))
    parent.leads(f"{name} in its group", parent.mdev_file(name, f"iommu_group/devices/{text}"))
    known = {"remove", "uevent", "power", *_LINKS}
    others = sorted(_names(parent.mdev_file(name)) - known)
    for other in others:
        path = parent.mdev_file(name, other)
        if os.path.isdir(path) and not os.path.islink(path) and other not in _NOT_VENDORS:
            for file in sorted(_names(path)):
                parent.mode(f"{name}/{other}/{file}", f"{path}/{file}")
                parent.show(f"{name}/{other}/{file}, read", f"{path}/{file}")
    parent.say(f"{name}, other files", " ".join(others) or "none")


def _ask_creates(parent: Parent) -> None:
    first, last = parent.usable[0], parent.usable[-1]
    text = parent.uuids["A"]
    parent.create("create A with a newline", first, f"{text}\n", "A")
    parent.available("after A")
    _ask_mdev(parent, "A", first)
    parent.create("create A again", first, text, "A")
    parent.create("create A in capitals", first, text.upper(), "A")
    parent.create("create A of the last type", last, text, "A")
    parent.available("after A again")
    parent.create("create B of the last type", last, parent.uuids["B"], "B")
    parent.leads("B/mdev_type", parent.mdev_file("B", "mdev_type"))
    parent.available("after B")
    parent.create("create C with a 37th byte", first, parent.uuids["C"] + "x", "C")
    parent.create("create D in capitals", first, parent.uuids["D"].upper(), "D")
    parent.mode("D", parent.mdev_file("D"))
    parent.available("after D")


def _ask_removes(parent: Parent) -> None:
    remove = parent.mdev_file("A", "remove")
    parent.say("A/remove, open to read", _opened(remove, os.O_RDONLY, lambda _: "opens"))
    parent.store("remove A, nothing", remove, "")
    for text in (*_NO_NUMBERS, *_ZEROS):
        parent.store(f"remove A, {json.dumps(text)}", remove, text)
    parent.mode("A after all that", parent.mdev_file("A"))
    parent.uevents.heard()

    def twice(kept: int) -> str:
        def read(event: int) -> str:
            parent.store("remove A", remove, "0x1\n")
            parent.say("remove A, uevents", parent.uevents.heard())
            parent.say("A/uevent kept open, read", _answer(lambda: str(os.read(event, 9))))
            return str(os.write(kept, b"1"))

        return _opened(parent.mdev_file("A", "uevent"), os.O_RDONLY, read)

    parent.say("A/remove kept open, write", _opened(remove, os.O_WRONLY, twice))
    parent.store("remove A again", remove, "1")
    text = parent.uuids["A"]
    parent.mode("A after its removal", parent.mdev_file("A"))
    parent.leads("A on the bus after its removal", f"{parent.root}/bus/mdev/devices/{text}")
    path = parent.type_file(parent.usable[0], f"devices/{text}")
    parent.leads("A in devices of its type after its removal", path)
    create = parent.type_file(parent.usable[0], "create")
    # The last reference to the old A may be put later than its removal ends.
    _wait(lambda: _write(create, text) != "EEXIST")
    parent.mode("A is there again", parent.mdev_file("A"))


def _ask_too_many(parent: Parent, at_first: dict[str, int], most: int) -> None:
    """Fill a type, the one with the fewest instances, and ask for one more."""
    usable = {name: count for name, count in at_first.items() if 0 < count <= most}
    if not usable:
        parent.say("fill a type", NOT_ASKED)
        return
    mdev_type = min(usable, key=lambda name: (usable[name], name))
    names = [name for name in parent.uuids if name not in "ABCD"][: usable[mdev_type] + 1]
    create = parent.type_file(mdev_type, "create")
    for name in names[:-1]:
        parent.made.append(name)
        answer = _write(create, parent.uuids[name])
        if answer != "36":
            parent.say(f"fill {mdev_type}", f"{name}: {answer}")
            return
    parent.say(f"fill {mdev_type}", f"{len(names) - 1} made")
    parent.available("when it is full")
    parent.uevents.heard()
    parent.create("create one of them again", mdev_type, parent.uuids[names[0]], names[0])
    parent.create("create one too many", mdev_type, parent.uuids[names[-1]], names[-1])
    parent.mode("the one too many", parent.mdev_file(names[-1]))
    parent.available("after one too many")


def _available(parent: Parent) -> dict[str, int]:
    found = {}
    for mdev_type in parent.types:
        found[mdev_type] = int(parent.text(parent.type_file(mdev_type, "available_instances")))
    return found


def _wait(is_done: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not is_done() and time.monotonic() < end:
        time.sleep(0.01)


def _empty(parent: Parent, at_first: dict[str, int], step: str) -> None:
    stays = parent.clean()
    if stays:
        raise Refusal(f"these cannot be removed: {', '.join(stays)}")
    _wait(lambda: _available(parent) == at_first)
    is_whole = _available(parent) == at_first
    parent.say(f"{step}: available_instances", "as at first" if is_whole else "not as at first")
    parent.uevents.heard()


def ask(parent: Parent, most: int) -> None:
    """
    Ask everything.

    Raises:
        Refusal: It cannot go on.
    """
    at_first = _available(parent)
    parent.usable = [name for name in parent.types if at_first[name] > 0]
    if not parent.usable:
        raise Refusal("no type has an instance left")
    _ask_types(parent)
    _ask_files(parent)
    _ask_junk(parent)
    _ask_creates(parent)
    _ask_removes(parent)
    _empty(parent, at_first, "after the removals")
    _ask_too_many(parent, at_first, most)
    _empty(parent, at_first, "at the end")


# ---- the command


def _uuids(seed: str, most: int) -> dict[str, str]:
    names = [*"ABCD", *(f"F{number}" for number in range(most + 1))]
    return {name: str(uuid.uuid5(uuid.NAMESPACE_OID, f"{seed}/{name}")) for name in names}


def _stop(number: int, _frame: object) -> NoReturn:
    raise Refusal(f"ended by {signal.Signals(number).name}")


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    usage = (__doc__ or "").strip().partition("\n")[0]
    options = argparse.ArgumentParser(prog="mdev_conformance.py", description=usage)
    options.add_argument("--parent", required=True, help="its name, as in /sys/class/mdev_bus")
    options.add_argument("--root", default="/sys", metavar="DIR", help="where the tree is mounted")
    options.add_argument("--expected", metavar="FILE", help="print only what differs from FILE")
    options.add_argument("-o", dest="output", metavar="FILE", help="write the transcript there")
    options.add_argument("--seed", default="mdev", help="of the UUIDs")
    options.add_argument("--most", type=int, default=64, help="mdevs to make at once, at most")
    options.add_argument("--no-uevents", action="store_true", help="do not listen to uevents")
    return options.parse_args(words)


def _head(parent: Parent) -> Iterator[str]:
    system = os.uname()
    yield "# mdev conformance transcript 1\n"
    yield f"# {system.sysname} {system.release} {system.machine}, parent {parent.link}\n"


def _written(parent: Parent) -> str:
    rows = (f"{line.step}\t{line.answer}\n" for line in parent.lines)
    return "".join((*_head(parent), *rows))


def _run(options: argparse.Namespace) -> int:
    expected: list[Line] = []
    if options.expected is not None:
        with open(options.expected, encoding="utf-8") as file:
            expected = parse(file.read())
    uevents = Uevents(wanted=not options.no_uevents)
    uuids = _uuids(options.seed, options.most)
    parent = Parent(options.root, options.parent, uuids, uevents)
    parent.check()
    for number in _SIGNALS:
        signal.signal(number, _stop)
    try:
        ask(parent, options.most)
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        stays = parent.clean()
        if stays:
            sys.stderr.write(f"mdev_conformance: still there: {', '.join(stays)}\n")
    text = _written(parent)
    if options.output is not None:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(text)
    elif options.expected is None:
        sys.stdout.write(text)
    if options.expected is None:
        return 0
    told = compare(parent.lines, expected)
    n_unasked = sum(line.answer == NOT_ASKED for line in parent.lines)
    sys.stdout.write("".join(f"{one}\n" for one in told))
    sys.stdout.write(f"{len(parent.lines)} lines, {len(told)} differ, {n_unasked} not asked\n")
    return 1 if told else 0


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _options(words)
    try:
        return _run(options)
    except (Refusal, ValueError) as error:
        sys.stderr.write(f"mdev_conformance: {error}\n")
    except OSError as error:
        sys.stderr.write(f"mdev_conformance: {error.filename}: {error.strerror}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
