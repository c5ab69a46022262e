"""
Others on the machine: who creates and removes meanwhile, and what takes its time.

Source: ours; why it is legal says `VARIATIONS`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from uuid import UUID

from simulator.errors import MdevError
from simulator.mdev import Mdev, MdevType, WouldBlockError
from simulator.sysfs.hostile.told import Told

__all__ = ["Others"]

_LONGEST = 0.05
"""Seconds. Less than any client waits; libvirt polls 0.1 s for ``mdev_type``. Ours."""


class Others:
    """
    What happens besides.

    Args:
        told: The seed, and who is told.
        is_free: Says whether anybody may create now. Faults that are armed are not for guests.
    """

    def __init__(self, told: Told, is_free: Callable[[], bool]) -> None:
        self._told = told
        self._is_free = is_free
        self._is_guest = False

    @contextmanager
    def guest(self, path: str, types: Sequence[MdevType]) -> Iterator[None]:
        """Let an mdev of one of the types be there meanwhile. The lock of the tree is held."""
        mdev = self._come(path, types) if types else None
        try:
            yield
        finally:
            if mdev is not None:
                with suppress(MdevError, WouldBlockError):
                    mdev.remove()

    def _come(self, path: str, types: Sequence[MdevType]) -> Mdev | None:
        if not self._told.is_on("guests") or not self._is_free():
            return None
        number = self._told.count("guests", path)
        random = self._told.random("guests", path, number)
        usable = [one for one in types if one.available_instances > 0]
        if not usable or random.random() < 1 / 2:
            return None
        uuid = str(UUID(int=random.getrandbits(128)))
        self._is_guest = True
        try:
            mdev = random.choice(usable).create(uuid)
        except MdevError:
            return None
        finally:
            self._is_guest = False
        self._told.tell("guests", path, f"lists {uuid} at listing {number}")
        return mdev

    def creation_delay(self, mdev: Mdev) -> float:
        """Say how many seconds the driver of an mdev takes to create it."""
        return 0.0 if self._is_guest else self._delay("slow", mdev.uuid, "is created")

    def uevent_delay(self, devpath: str) -> float:
        """Say how many seconds pass between a change and its uevent."""
        return self._delay("late", devpath, "sends its uevent")

    def _delay(self, name: str, path: str, what: str) -> float:
        if not self._told.is_on(name):
            return 0.0
        number = self._told.count(name, path)
        random = self._told.random(name, path, number)
        if random.random() < 1 / 2:
            return 0.0
        seconds = random.uniform(0, _LONGEST)
        self._told.tell(name, path, f"{what} {seconds:.3f} s late, time {number}")
        return seconds
