"""
What differs between kernels: one row a personality.

A field stands here only when the core asks for it, and a row only when everything it says is
implemented.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["KERNELS", "Kernel"]


@dataclass(frozen=True, slots=True)
class Kernel:
    """
    The behaviour of the mdev core in one range of kernels.

    Attributes:
        name: The first kernel of the range, as ``--kernel`` takes it.
        duplicate_scope: Where a UUID must be new: on every parent, or on its own only.
        exhausted: The errno of the core's own instance counter.
        has_parent_uevents: Whether a parent sends ``change`` with MDEV_STATE.
        has_bind_uevents: Whether the driver core sends ``bind`` and ``unbind``.
    """

    name: str
    duplicate_scope: Literal["global", "parent"]
    exhausted: int
    has_parent_uevents: bool = True
    has_bind_uevents: bool = True

    @property
    def version(self) -> tuple[int, ...]:
        """Its name as numbers, to be compared with a kernel that changed a vendor driver."""
        return tuple(map(int, self.name.split(".")))


KERNELS: Mapping[str, Kernel] = MappingProxyType(
    {
        kernel.name: kernel
        for kernel in (
            # mdev_core.c mdev_device_create() at 062e720: mdev_list, -EUSERS.
            Kernel("6.1", duplicate_scope="global", exhausted=errno.EUSERS),
        )
    }
)
"""The personalities by name, oldest first."""
