"""
What two versions publish: attributes that come, go and change, and files on sysfs, which is ABI.

Source: ours; for what programs may rely on, Documentation/ABI/README and
Documentation/admin-guide/sysfs-rules.rst of the kernel.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from simulator.compat.description import Description
from simulator.compat.files import SysfsFile, files_of
from simulator.compat.scheme import FORMS, Attribute, Scheme
from simulator.compat.valid import is_valid
from simulator.lab.breaking.upgrade import Upgrade

__all__ = ["Difference", "differences"]

_SINGLE = frozenset({"files", "directories"})
"""The forms with a file for each value."""


@dataclass(frozen=True, slots=True)
class Difference:
    """
    Something published that changed.

    Attributes:
        category: ``description``, ``file`` or ``published``.
        subject: The attribute, or the file as ``scope: path``.
        text: What happened to it.
        devices: How many devices it happened to; None where it is the scheme's.
    """

    category: str
    subject: str
    text: str
    devices: int | None = None

    def to_json(self) -> dict[str, object]:
        """Return it as JSON knows it."""
        return {"subject": self.subject, "text": self.text, "devices": self.devices}


def differences(upgrade: Upgrade) -> Iterator[Difference]:
    """Find what is published differently: attributes, lists of objects, and files."""
    old, new = upgrade.old.attributes, upgrade.new.attributes
    for name in old:
        if name not in new:
            yield Difference("description", name, "removed", _publishing(upgrade, name))
        elif old[name].kind != new[name].kind:
            yield _retyped(upgrade, old[name], new[name])
        else:
            yield from _of_devices(upgrade, name)
            yield from _invalid(upgrade, old[name], new[name])
    for name in new:
        if name not in old:
            yield Difference("published", name, f"added, of kind {new[name].kind}")
    yield from _lists(upgrade)
    if upgrade.gone:
        yield Difference("description", "devices", "publish nothing any more", upgrade.gone)
    if upgrade.come:
        yield Difference("published", "devices", "publish for the first time", upgrade.come)
    yield from _files(upgrade.old, upgrade.new)


def _devices(upgrade: Upgrade, has: Callable[[Description, Description], bool]) -> int:
    ends = zip(upgrade.before, upgrade.after, upgrade.devices, strict=True)
    return sum(devices for before, after, devices in ends if has(before, after))


def _publishing(upgrade: Upgrade, name: str) -> int:
    return _devices(upgrade, lambda one, _: name in one.values)


# ---- attributes


def _retyped(upgrade: Upgrade, old: Attribute, new: Attribute) -> Difference:
    name = old.name
    publish = _publishing(upgrade, name)
    text = f"was of kind {old.kind}, is of kind {new.kind}"
    if not upgrade.is_published:
        lost = _devices(upgrade, lambda one, other: name in one.values.keys() - other.values.keys())
        text += f"; {lost} of {publish} values do not read as such"
    return Difference("description", name, text, publish)


def _of_devices(upgrade: Upgrade, name: str) -> Iterator[Difference]:
    """Compare the values of an attribute that both schemes have."""
    gone = _devices(upgrade, lambda one, other: name in one.values.keys() - other.values.keys())
    if gone:
        yield Difference("description", name, "no longer published", gone)
        for file in files_of(upgrade.new):
            is_its = file.attribute is not None and file.attribute.name == name
            if is_its and upgrade.new.surfaces[file.surface].form in _SINGLE:
                yield Difference("file", _place(file), "went away", gone)
    come = _devices(upgrade, lambda one, other: name in other.values.keys() - one.values.keys())
    if come:
        yield Difference("published", name, "published where it was not", come)
    if respelled := _devices(upgrade, partial(_is_respelled, name)):
        yield Difference("file", name, "the same value is spelled differently", respelled)


def _is_respelled(name: str, before: Description, after: Description) -> bool:
    old, new = before.values.get(name), after.values.get(name)
    return old is not None and old == new and str(old) != str(new)


def _invalid(upgrade: Upgrade, old: Attribute, new: Attribute) -> Iterator[Difference]:
    """Find values that were good for a migration at all, and that are not any more."""
    if new.valid is None:
        return
    was, is_ = partial(_is_valid, old), partial(_is_valid, new)
    if lost := _devices(upgrade, lambda one, other: was(one) and not is_(other)):
        text = f"no longer valid, which is {new.valid}"
        yield Difference("description", new.name, text, lost)


def _is_valid(attribute: Attribute, one: Description) -> bool:
    value = one.values.get(attribute.name)
    return value is None or is_valid(attribute, value)


def _lists(upgrade: Upgrade) -> Iterator[Difference]:
    subject, old, new = "list of objects", upgrade.old, upgrade.new
    if old.has_objects and not new.has_objects:
        yield Difference("description", subject, "removed")
    elif new.has_objects and not old.has_objects:
        yield Difference("published", subject, "added")
    elif gone := _devices(upgrade, lambda a, b: a.objects is not None and b.objects is None):
        yield Difference("description", subject, "no longer published", gone)
    elif come := _devices(upgrade, lambda a, b: a.objects is None and b.objects is not None):
        yield Difference("published", subject, "published where it was not", come)


# ---- files


def _form(scheme: Scheme, file: SysfsFile) -> str:
    """Say what a file holds."""
    surface = scheme.surfaces[file.surface]
    if file.attribute is not None and surface.form in _SINGLE:
        return f"one {file.attribute.kind}" + ", writable" * file.attribute.settable
    return FORMS[surface.form] + (f": {surface.text}" if surface.text else "")


def _place(file: SysfsFile) -> str:
    return f"{file.scope}: {file.path}"


def _files(old: Scheme, new: Scheme) -> Iterator[Difference]:
    before = {_place(one): one for one in files_of(old)}
    after = {_place(one): one for one in files_of(new)}
    moved: set[str] = set()
    for place, file in before.items():
        form = _form(old, file)
        if place in after:
            if (now := _form(new, after[place])) != form:
                yield Difference("file", place, f"was {form}, is {now}")
            continue
        name = file.path.rpartition("/")[2]
        come = {one: each for one, each in after.items() if one not in before}
        again = [one for one, each in come.items() if each.path.rpartition("/")[2] == name]
        moved |= set(again)
        yield Difference("file", place, f"moved to {min(again)}" if again else "went away")
    for place, file in after.items():
        attribute = file.attribute
        is_own = attribute is not None and attribute.name in new.kinds.keys() - old.kinds.keys()
        # The file of an attribute that is new itself is no second piece of news.
        if place not in before and place not in moved and not is_own:
            yield Difference("published", place, f"a new file, {_form(new, file)}")
