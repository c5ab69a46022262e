"""
The aggregation proposal: one mdev holds several instances of its type, and says how many.

Its third version puts two files into a directory ``mdev``. They are there before the guest
starts, and the number can change only then. It is in no kernel.

Source: Zhenyu Wang, "VFIO mdev aggregated resources handling" v3, 2020.
"""

import errno
from collections.abc import Callable

from simulator.errors import MdevError
from simulator.mdev import Attribute, Mdev, parse_ulong

__all__ = ["AGGREGATION", "aggregation_files"]

AGGREGATION = "the aggregation proposal: files mdev/aggregated_instances and mdev/max_aggregation"
"""The help of the option."""


def aggregation_files(
    current: Callable[[Mdev], int | None],
    available: Callable[[Mdev], int],
    change: Callable[[Mdev, int], None],
) -> tuple[Attribute[Mdev], ...]:
    """
    Make the two files, for a driver with an option ``aggregation``.

    Args:
        current: How many instances an mdev holds; None if its type cannot aggregate.
        available: How many more there are for it.
        change: Gives it another number, which fits.
    """

    def show_max(mdev: Mdev) -> str:
        held = current(mdev)
        return f"{0 if held is None else held + available(mdev)}\n"

    def store(mdev: Mdev, data: bytes) -> None:
        """Answer EINVAL to everything that is wrong, as the patch does, in its order."""
        try:
            wanted = parse_ulong(data)
        except MdevError as error:
            raise MdevError(errno.EINVAL, error.reason) from None
        held = current(mdev)
        if wanted == (held or 1):
            return
        if mdev.is_open:
            raise MdevError(errno.EINVAL, f"{mdev.uuid} is in use")
        if held is None:
            raise MdevError(errno.EINVAL, f"{mdev.mdev_type.type_id} cannot be aggregated")
        if not 0 < wanted <= held + available(mdev):
            raise MdevError(errno.EINVAL, f"{wanted} of at most {held + available(mdev)} instances")
        change(mdev, wanted)

    return (
        Attribute("mdev/max_aggregation", 0o444, show_max, is_visible=_has_files),
        Attribute(
            "mdev/aggregated_instances",
            0o644,
            lambda mdev: f"{current(mdev) or 0}\n",
            store,
            _has_files,
        ),
    )


def _has_files(mdev: Mdev) -> bool:
    has: bool = mdev.parent.config["aggregation"]
    return has
