"""Snapshots as the text of umockdev: what umockdev-record writes and umockdev-run loads."""

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from simulator.errors import InputError, Mistake, TextError
from simulator.sysfs.entries import relative
from simulator.sysfs.snapshot import Saved, Snapshot

__all__ = ["format_umockdev", "read_umockdev"]

_DIRECTORY = Saved(stat.S_IFDIR | 0o755)
_LINE = re.compile(r"(?P<kind>[PNSEAHL]): (?P<key>[^=\n]*)(?:(?P<equals>=)(?P<value>.*))?")
_ESCAPES = MappingProxyType({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"'})
_UNESCAPES = MappingProxyType(
    {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)


def format_umockdev(snapshot: Snapshot) -> str:
    """
    Format the devices of a snapshot as umockdev-record does.

    A file that cannot be read is there, and empty. What is no device, such as the links of a
    class, is left out: umockdev makes links of its own.

    Source: umockdev 0.17, the documentation of umockdev_testbed_add_from_string().
    """
    children: dict[str, list[str]] = {}
    for path in snapshot:
        above, _, name = path.rpartition("/")
        children.setdefault(above, []).append(name)
    devices = [path for path in snapshot if _is_device(snapshot, path)]
    return "\n".join(
        "".join(f"{line}\n" for line in _describe(snapshot, children, path)) for path in devices
    )


def _is_device(snapshot: Snapshot, path: str) -> bool:
    subsystem = snapshot.get(f"{path}/subsystem")
    has_both = f"{path}/uevent" in snapshot and subsystem is not None and subsystem.is_link
    return path.startswith("/devices/") and has_both


def _describe(snapshot: Snapshot, children: Mapping[str, list[str]], device: str) -> Iterator[str]:
    yield f"P: {device}"
    for line in snapshot[f"{device}/uevent"].content.decode(errors="replace").split("\n"):
        key, equals, _ = line.partition("=")
        # Anything can be written in a text, A: uevent=; what is no property cannot be read back.
        if key and equals and key != "SUBSYSTEM" and "\0" not in line:
            yield f"E: {line}"
    yield f"E: SUBSYSTEM={PurePosixPath(snapshot[f'{device}/subsystem'].target).name}"
    waiting = [f"{device}/{name}" for name in sorted(children.get(device, ()), reverse=True)]
    while waiting:
        path = waiting.pop()
        name, saved = path.removeprefix(f"{device}/"), snapshot[path]
        if name in {"subsystem", "uevent"}:
            continue
        if saved.is_link:
            yield f"L: {name}={saved.target}"
        elif not saved.is_directory:
            yield _attribute(name, saved.content)
        elif not _is_device(snapshot, path):
            waiting.extend(f"{path}/{one}" for one in sorted(children.get(path, ()), reverse=True))


def _attribute(name: str, content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"H: {name}={content.hex().upper()}"
    if "\0" in text:
        return f"H: {name}={content.hex().upper()}"
    return f"A: {name}={''.join(map(_escape, text))}"


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character >= " " else f"\\{ord(character):03o}"


def _unescape(found: re.Match[bytes]) -> bytes:
    """Octal digits stand for a byte. Source: general knowledge, glib g_strcompress()."""
    what = found[1]
    if what[0] in b"01234567":
        return bytes((int(what, 8) & 0xFF,))
    return _UNESCAPES.get(what, what)


def read_umockdev(name: str, text: str) -> Snapshot:
    """
    Read the devices of an umockdev text.

    Args:
        name: What messages call the text.
        text: As umockdev-record writes it. Files that cannot be read are not in it.

    Returns:
        What is below ``/devices``, with the links of buses and of the class mdev_bus.

    Raises:
        InputError: With all mistakes.
    """
    snapshot: dict[str, Saved] = {}
    mistakes: list[Mistake] = []
    device = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not line:
            device = ""
            continue
        try:
            device = _read_line(snapshot, device, line)
        except TextError as error:
            mistakes.append(error.located(name, number, line, max(0, line.find(error.text))))
    if mistakes:
        raise InputError(mistakes)
    for path in [path for path in snapshot if _is_device(snapshot, path)]:
        _add_links(snapshot, path)
    return snapshot


def _add_links(snapshot: dict[str, Saved], device: str) -> None:
    """Let a device be found where clients look for it."""
    name = PurePosixPath(device).name
    kind, subsystem = PurePosixPath(snapshot[f"{device}/subsystem"].target).parts[-2:]
    folders = [f"/bus/{subsystem}/devices" if kind == "bus" else f"/class/{subsystem}"]
    if f"{device}/mdev_supported_types" in snapshot:
        folders.append("/class/mdev_bus")
    for folder in folders:
        _add(snapshot, f"{folder}/{name}", _link(relative(folder, device)))


def _link(target: str) -> Saved:
    return Saved(stat.S_IFLNK | 0o777, target=target)


def _read_line(snapshot: dict[str, Saved], device: str, line: str) -> str:
    """Add what one line says, and return the device that the next one belongs to."""
    if "\0" in line:
        where = line.index("\0")
        raise TextError(line, "a NUL byte", "H: and hexadecimal digits", where, where + 1)
    found = _LINE.fullmatch(line)
    if found is None:
        raise TextError(line, "no line of umockdev", "P:, E:, A:, H:, L:, N: or S:")
    kind, key, value = found["kind"], found["key"], found["value"] or ""
    if kind == "P":
        if device or not key.startswith("/devices/") or not _is_clean(key[1:]):
            raise TextError(line, "a device begins in a wrong place", "P: /devices/…, once", 3)
        _add(snapshot, key, _DIRECTORY)
        _add(snapshot, f"{key}/uevent", Saved(stat.S_IFREG | 0o644))
        return key
    if not device:
        raise TextError(line, "a line without a device", "P: /devices/…")
    if kind in "NS":
        return device
    if not found["equals"] or not (key if kind == "E" else _is_clean(key)):
        raise TextError(line, "a line without a name and a value", "NAME=VALUE", 3)
    if kind == "E":
        _read_property(snapshot, device, key, value)
    else:
        saved = _read_value(kind, line, value, found.start("value"))
        if saved.is_link:
            _check_target(key, line, value, found.start("value"))
        _add(snapshot, f"{device}/{key}", saved)
    return device


def _check_target(key: str, line: str, target: str, start: int) -> None:
    """Refuse what no directory can hold, and a subsystem whose devices have no place."""
    if not target:
        raise TextError(line, f"the link {key} leads nowhere", "a target after the =", start)
    last = PurePosixPath(target).parts[-2:]
    if PurePosixPath(key).name == "subsystem" and not (len(last) == 2 and all(map(_is_name, last))):
        raise TextError(line, "no path of a subsystem", "a path such as ../bus/pci", start)


def _read_property(snapshot: dict[str, Saved], device: str, key: str, value: str) -> None:
    if key == "SUBSYSTEM":
        if not _is_name(value):
            raise TextError(value, "no name of a subsystem", "a name such as pci")
        # A virtual device has a class, but for mdevs. umockdev does not tell.
        is_of_class = device.startswith("/devices/virtual/") and value != "mdev"
        home = f"/class/{value}" if is_of_class else f"/bus/{value}"
        _add(snapshot, f"{device}/subsystem", _link(relative(device, home)))
        return
    before = snapshot[f"{device}/uevent"]
    snapshot[f"{device}/uevent"] = Saved(
        before.mode, before.content + f"{key}={value}\n".encode(errors="surrogateescape")
    )


def _read_value(kind: str, line: str, value: str, start: int) -> Saved:
    if kind == "L":
        return _link(value)
    if kind == "A":
        content = _ESCAPED.sub(_unescape, value.encode(errors="surrogateescape"))
        return Saved(stat.S_IFREG | 0o644, content)
    try:
        return Saved(stat.S_IFREG | 0o644, bytes.fromhex(value))
    except ValueError:
        raise TextError(line, "not in hexadecimal", "pairs of digits", start) from None


def _is_clean(path: str) -> bool:
    """Say whether a path stays below where it begins."""
    return all(part.strip(".") for part in path.split("/"))


def _is_name(text: str) -> bool:
    return _is_clean(text) and "/" not in text


def _add(snapshot: dict[str, Saved], path: str, saved: Saved) -> None:
    """
    Add a path, and the directories above it.

    Raises:
        TextError: Something else is there, or has to be a directory.
    """
    for above in reversed(PurePosixPath(path).parents[:-1]):
        if not snapshot.setdefault(str(above), _DIRECTORY).is_directory:
            raise TextError(path, f"{above} is no directory", "another name")
    if path in snapshot and stat.S_IFMT(snapshot[path].mode) != stat.S_IFMT(saved.mode):
        raise TextError(path, f"{path} is there already", "another name")
    snapshot[path] = saved
