r"""
Faults: what goes wrong on purpose, written as text, one fault a line.

| line | what happens |
|---|---|
| ``fail create WHICH ERRNO`` | the vendor driver answers *ERRNO*, such as ``ENOSPC`` |
| ``fail store WHICH ERRNO [FILE]`` | a write to a file of an mdev, or to *FILE*, answers *ERRNO* |
| ``delay probe WHICH SECONDS`` | the vendor driver sleeps first; others use the host meanwhile |
| ``drop event WHICH [ACTION]`` | the uevent is not sent |
| ``duplicate event WHICH [ACTION]`` | the uevent is sent twice |
| ``remove read WHICH [FILE]`` | the mdev is removed while one of its files is read: ENODEV |
| ``early add`` | ``add`` is sent before ``mdev_type`` exists, as a real kernel may do |

*WHICH* is a number, counted from 1 when the fault is armed: the fault happens once and is gone;
``all``; or a chance such as ``10%``, asked each time. *ACTION* is ``add``, ``bind``, ``unbind``,
``remove`` or ``change``; *FILE* is a name below the directory of the mdev, such as
``intel_vgpu/vgpu_id``. Only creations that reach the vendor driver are counted, only the uevents of
that action, only reads of that file. A store of *FILE* may be one of a type or a parent, too.

    >>> from simulator.mdev import KERNELS, MdevBus, Uevents
    >>> from simulator.vendors import driver
    >>> bus = MdevBus(KERNELS["6.1"])
    >>> faults = Faults(bus, Uevents(bus), sleep=lambda seconds: None)
    >>> faults.arm("fail create 1 EIO")
    >>> create = bus.register(driver("mtty")).types["mtty-2"].create
    >>> create("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001")
    Traceback (most recent call last):
    simulator.errors.MdevError: [Errno 5] Input/output error
    >>> faults.armed, create("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001").active
    ((), True)
"""

import errno
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from simulator.errors import MdevError, TextError
from simulator.mdev.attributes import Node
from simulator.mdev.core import MdevBus
from simulator.mdev.device import Mdev, WouldBlockError
from simulator.mdev.uevent import Uevent, Uevents

__all__ = ["Faults"]

MAX_SECONDS = 3600.0
"""The longest delay. Ours: longer is a mistake."""

_WORD = re.compile(r"\S+")
_WHICH = re.compile(r"all|[1-9][0-9]{0,8}|(?:100|[1-9]?[0-9](?:\.[0-9]{1,6})?)%")
_SECONDS = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,6})?")
_ERRNOS: Mapping[str, int] = MappingProxyType(
    {name: number for name, number in vars(errno).items() if name.startswith("E")}
)
_ACTIONS = frozenset({"add", "bind", "change", "remove", "unbind"})


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a line, and where it stands."""

    text: str
    start: int
    line: str

    def refuse(self, message: str, expected: str) -> TextError:
        stop = self.start + max(1, len(self.text))
        return TextError(self.line, message, expected, self.start, stop)


def _errno(word: _Word) -> int:
    if word.text not in _ERRNOS:
        raise word.refuse(f"no errno {word.text}", "the name of an errno, such as ENOSPC")
    return _ERRNOS[word.text]


def _seconds(word: _Word) -> float:
    if not _SECONDS.fullmatch(word.text) or float(word.text) > MAX_SECONDS:
        raise word.refuse("not a delay", f"seconds, such as 0.5, at most {MAX_SECONDS:.0f}")
    return float(word.text)


def _action(word: _Word) -> str:
    if word.text not in _ACTIONS:
        raise word.refuse(f"no action {word.text}", ", ".join(sorted(_ACTIONS)))
    return word.text


def _file(word: _Word) -> str:
    return word.text


@dataclass(frozen=True, slots=True)
class _Grammar:
    """What follows WHICH."""

    name: str
    read: Callable[[_Word], int | float | str]
    is_optional: bool = False
    takes_file: bool = False


_GRAMMARS: Mapping[str, _Grammar] = MappingProxyType(
    {
        "fail create": _Grammar("ERRNO", _errno),
        "fail store": _Grammar("ERRNO", _errno, takes_file=True),
        "delay probe": _Grammar("SECONDS", _seconds),
        "drop event": _Grammar("ACTION", _action, is_optional=True),
        "duplicate event": _Grammar("ACTION", _action, is_optional=True),
        "remove read": _Grammar("FILE", _file, is_optional=True),
    }
)
_EARLY = "early add"
_KINDS = ", ".join((*_GRAMMARS, _EARLY))


class _Fault:
    """
    One fault that is armed.

    Attributes:
        kind: Its first two words.
        argument: What stands after WHICH, or None.
        file: What stands after ERRNO, or None.
        text: The line, with single blanks.
    """

    def __init__(self, line: str, random: Random) -> None:
        words = [_Word(found.group(), found.start(), line) for found in _WORD.finditer(line)]
        end = _Word("", len(line.rstrip()), line)
        self.kind = " ".join(word.text for word in words[:2])
        self.text = " ".join(word.text for word in words)
        self.argument: int | float | str | None = None
        self.file: str | None = None
        self._which = "all"
        if self.kind not in _GRAMMARS and self.kind != _EARLY:
            raise TextError(line, "no such fault", _KINDS)
        rest = words[2:]
        if self.kind in _GRAMMARS:
            grammar = _GRAMMARS[self.kind]
            which = rest.pop(0) if rest else end
            if not _WHICH.fullmatch(which.text):
                raise which.refuse("not a WHICH", "a number from 1, all, or a chance such as 10%")
            self._which = which.text
            if rest or not grammar.is_optional:
                self.argument = grammar.read(rest.pop(0) if rest else end)
            if rest and grammar.takes_file:
                self.file = rest.pop(0).text
        if rest:
            raise rest[0].refuse("too much", "the end of the line")
        self._random = random
        self._n_seen = 0

    @property
    def is_spent(self) -> bool:
        """Whether it has happened and will not happen again."""
        return self._which.isdigit() and self._n_seen >= int(self._which)

    def strikes(self) -> bool:
        """Count one more occasion, and say whether it is this one."""
        self._n_seen += 1
        if self._which == "all":
            return True
        if self._which.endswith("%"):
            return self._random.random() * 100 < float(self._which[:-1])
        return self._n_seen == int(self._which)


class Faults:
    """
    The faults of one bus. The same seed, faults and calls make the same things go wrong.

    Args:
        bus: Its probes are delayed and fail.
        uevents: Its events are dropped and duplicated.
        seed: Decides chances.
        sleep: Called with seconds while a probe is delayed. Whoever holds a lock around the bus
            releases it meanwhile.
    """

    def __init__(
        self, bus: MdevBus, uevents: Uevents, *, seed: int = 0, sleep: Callable[[float], None]
    ) -> None:
        self._uevents = uevents
        self._was_early = uevents.early
        self._seed = seed
        self._sleep = sleep
        self._n_armed = 0
        self._armed: list[_Fault] = []
        bus.on_probe.append(self._before_probe)
        uevents.filters.append(self._filter)

    @property
    def armed(self) -> tuple[str, ...]:
        """The faults that can still happen, in the order in which they were armed."""
        return tuple(fault.text for fault in self._armed)

    def arm(self, line: str) -> None:
        """
        Arm one fault.

        Raises:
            TextError: It is not a fault as the module describes them.
        """
        # Each fault has chances of its own: one does not change what another does.
        random = Random(f"{self._seed}/{self._n_armed}")  # noqa: S311 - no secret
        fault = _Fault(line, random)
        self._n_armed += 1
        self._armed.append(fault)
        if fault.kind == _EARLY:
            self._uevents.early = True

    def clear(self) -> None:
        """Disarm all, and begin anew with the chances of the seed."""
        self._armed.clear()
        self._n_armed = 0
        self._uevents.early = self._was_early

    def before_show(self, node: Node, name: str) -> None:
        """
        Let a removal come in between. To be called before the file *name* of *node* is read.

        An mdev that cannot be removed, because its kernel refuses, stays.
        """
        if not isinstance(node, Mdev):
            return
        hits = [
            fault
            for fault in self._of("remove read")
            if fault.argument in {None, name} and fault.strikes()
        ]
        self._drop_spent()
        if hits:
            try:
                node.remove()
            except (MdevError, WouldBlockError):
                return

    def before_store(self, node: Node, name: str) -> None:
        """
        Let a write fail. To be called before the file *name* of *node* is written.

        Raises:
            MdevError: A fault says so.
        """
        errors = [
            fault.argument
            for fault in self._of("fail store")
            if (isinstance(node, Mdev) if fault.file is None else fault.file == name)
            and fault.strikes()
        ]
        self._drop_spent()
        for number in errors:
            if isinstance(number, int):
                raise MdevError(number, f"{name}: a fault that was armed")

    def _of(self, kind: str) -> list[_Fault]:
        return [fault for fault in self._armed if fault.kind == kind]

    def _drop_spent(self) -> None:
        self._armed = [fault for fault in self._armed if not fault.is_spent]

    def _before_probe(self, mdev: Mdev) -> None:
        """Decide everything first: while a probe sleeps, others are counted."""
        delays = [fault.argument for fault in self._of("delay probe") if fault.strikes()]
        errors = [fault.argument for fault in self._of("fail create") if fault.strikes()]
        self._drop_spent()
        seconds = sum(delay for delay in delays if isinstance(delay, float))
        if seconds:
            self._sleep(seconds)
        for number in errors:
            if isinstance(number, int):
                raise MdevError(number, f"{mdev.uuid}: a fault that was armed")

    def _filter(self, uevent: Uevent) -> Iterable[Uevent]:
        sent = 1
        for fault in tuple(self._armed):
            is_meant = fault.argument in {None, uevent.action}
            if fault.kind == "drop event" and is_meant and fault.strikes():
                sent = 0
            elif fault.kind == "duplicate event" and is_meant and fault.strikes():
                sent *= 2
        self._drop_spent()
        return [uevent] * sent
