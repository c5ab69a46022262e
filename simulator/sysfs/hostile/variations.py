"""
What may vary, why a kernel may do so, and which answers of the conformance script it may change.

Source: ours, as a table; each row names its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["VARIATIONS", "Variation"]

_ABI = "Documentation/ABI/testing/sysfs-bus-vfio-mdev"


@dataclass(frozen=True, slots=True)
class Variation:
    """
    One thing that varies.

    Attributes:
        name: As ``--hostile SEED:NAME,NAME`` takes it.
        what: What a program meets.
        why: Why this is legal.
        source: Where that is from.
        steps: Patterns of the questions of the conformance script whose answers it may change.
    """

    name: str
    what: str
    why: str
    source: str
    steps: tuple[str, ...] = ()


VARIATIONS: Mapping[str, Variation] = MappingProxyType(
    {
        one.name: one
        for one in (
            Variation(
                "order",
                "directories list their entries in any order",
                "entries are kept by a hash of their names, and nobody promises an order",
                "general knowledge: fs/kernfs/dir.c kernfs_name_hash()",
            ),
            Variation(
                "optional",
                "types have no `name`, or no `description`",
                "both files are optional",
                _ABI,
                ("*/name*", "*/description*"),
            ),
            Variation(
                "newline",
                "files of a driver end without a newline, with two, or with blanks before it",
                "the driver writes them: all of a type before 6.1, `description` and the files of "
                "mdevs always",
                "mdev_sysfs.c description_show(); mtty.c available_instances_show()",
                ("*, read", "*/available_instances"),
            ),
            Variation(
                "description",
                "a `description` of up to 4095 bytes, with empty lines, where there was none too",
                "it is free text of the driver, and a show gives a page less one byte at most",
                f"{_ABI}; general knowledge: fs/sysfs/file.c sysfs_kf_seq_show()",
                ("*/description*",),
            ),
            Variation(
                "name",
                "a `name` of up to 4094 characters",
                "it is free text of the driver",
                "mdev_sysfs.c name_show()",
                ("*/name, read",),
            ),
            Variation(
                "types",
                "up to 200 more types, with ids of up to 255 characters and no instance left",
                "a driver may have any number; other mdevs of the parent may use up what they need",
                "mdev_sysfs.c parent_create_sysfs_files(); general knowledge: NAME_MAX",
                ("types", "mtty-*", "*: mtty-*"),
            ),
            Variation(
                "attributes",
                "more files and directories of parents, mdevs and, before 6.1, types; some fail",
                "a driver may have attributes of its own; a show may give any errno",
                "mdev_core.c mdev_attr_groups; mdev_sysfs.c mdev_type_attr_show(): EIO",
                ("*, other files", "A/*"),
            ),
            Variation(
                "instances",
                "`available_instances` is less, or 0, at one read and not at the next",
                "it is computed at every read; others create and remove, and nothing is locked",
                "mdev_sysfs.c available_instances_show()",
                ("*available_instances*", "fill*", "create one*", "the one*"),
            ),
            Variation(
                "guests",
                "an mdev of somebody else is in a listing and gone when it is looked at",
                "anybody may create and remove at any time; readdir and open are two calls",
                "general knowledge: fs/kernfs/dir.c kernfs_fop_readdir()",
                ("*, uevents",),
            ),
            Variation(
                "short",
                "a read gives fewer bytes than were asked for, though more follow",
                "read(2) promises no more; no kernel is known to do it to a file below a page",
                "general knowledge: read(2)",
                ("device_api, read from 1",),
            ),
            Variation(
                "late",
                "a change shows in the tree some time before its uevent comes; who made it waits",
                "a task that makes it may lose the CPU between the two",
                "general knowledge: drivers/base/core.c device_add(), device_del()",
            ),
            Variation(
                "slow",
                "a creation takes time; `add` comes when `mdev_type` is not there yet, except in "
                "5.2, where an mdev shows when its driver is done",
                "a driver may sleep; links are made after device_add()",
                "mdev_core.c mdev_device_create()",
            ),
        )
    }
)
"""The variations by name, in the order of the document."""
