"""
Where each expected answer is from, by question and kernel.

Source: ours, as a table; each row names its own. *General knowledge* marks what nobody has looked
up in that kernel.
"""

from fnmatch import fnmatchcase
from types import MappingProxyType

__all__ = ["ROWS", "TREES", "source"]

TREES = MappingProxyType(
    {
        "4.10": "intel/gvt-linux @0d77316",
        "4.18": "torvalds/linux @1fca2c9",
        "5.2": "openeuler-mirror/kernel @52fde2a",
        "6.1": "torvalds/linux @062e720",
    }
)
"""The trees in which drivers/vfio/mdev and samples/vfio-mdev were read, by personality."""

_OLD = frozenset({"4.10", "4.18", "5.2"})
_NEW = frozenset({"6.1"})
_FIRST = frozenset({"4.10"})
_ALL = _OLD | _NEW
_KERNFS = "general knowledge: fs/kernfs"
_CORE = "general knowledge: drivers/base/core.c"
_FREE = "the configuration of the kernel"

ROWS = (
    ("class/mdev_bus link", _OLD, "mdev_core.c mdev_register_device()"),
    ("class/mdev_bus link", _NEW, "mdev_core.c mdev_register_parent()"),
    ("mdev_supported_types", _ALL, "mdev_sysfs.c parent_create_sysfs_files()"),
    ("types", _OLD, "mdev_sysfs.c add_mdev_supported_type(); mtty.c mdev_type_groups"),
    ("types", _NEW, "mdev_sysfs.c mdev_type_add(); mtty.c mtty_types"),
    ("parent/uevent", _ALL, f"{_CORE} dev_attr_uevent"),
    ("device_api, read *", _ALL, "general knowledge: fs/seq_file.c seq_read()"),
    ("*, open to *", _ALL, f"{_KERNFS}/file.c kernfs_fop_open()"),
    ("create, write nothing", _ALL, "general knowledge: fs/sysfs/file.c sysfs_kf_write()"),
    ("remove A, nothing", _ALL, "general knowledge: fs/sysfs/file.c sysfs_kf_write()"),
    ("a new file", _ALL, "general knowledge: fs/namei.c lookup_open()"),
    ("a new directory", _ALL, f"{_KERNFS}/dir.c kernfs_iop_mkdir()"),
    ("*: mtty-?/available_instances", _OLD, "mtty.c available_instances_show()"),
    ("*: mtty-?/available_instances", _NEW, "mtty.c mtty_get_available()"),
    ("*: available_instances", _ALL, "mtty.c mtty_remove()"),
    ("A, other files", _ALL, _FREE),
    ("mtty-?/create", _ALL, "mdev_sysfs.c create_store()"),
    ("mtty-?/devices", _OLD, "mdev_sysfs.c add_mdev_supported_type()"),
    ("mtty-?/devices", _NEW, "mdev_sysfs.c mdev_type_add()"),
    ("mtty-?/description*", _OLD, "mtty.c mdev_types_attrs"),
    ("mtty-?/description*", _NEW, "mdev_sysfs.c mdev_types_core_is_visible()"),
    ("mtty-?/name, read", _NEW, "mdev_sysfs.c name_show(); mtty.c mtty_types"),
    ("mtty-?*", _OLD, "mtty.c mdev_types_attrs"),
    ("mtty-?*", _NEW, "mdev_sysfs.c mdev_types_core_attrs"),
    ("*, uevents", _ALL, f"{_CORE} device_add(), dd.c driver_bound()"),
    ("create, a digit that is none", _ALL, "mdev_sysfs.c create_store(); lib/uuid.c"),
    ("create, a hyphen in the wrong place", _ALL, "mdev_sysfs.c create_store(); lib/uuid.c"),
    ("create, a leading blank", _ALL, "mdev_sysfs.c create_store(); lib/uuid.c"),
    ("create, *", _ALL, "mdev_sysfs.c create_store(): the length"),
    ("create A with a newline", _ALL, "mdev_sysfs.c create_store()"),
    ("create [BC] *", _ALL, "mdev_sysfs.c create_store(); 37th byte: general knowledge"),
    ("create D in capitals", _ALL, "general knowledge: lib/uuid.c"),
    ("[ADB]", _ALL, "mdev_core.c mdev_device_create(): dev_set_name()"),
    ("A/remove", _ALL, "mdev_sysfs.c remove_store()"),
    ("[AB]/mdev_type", _ALL, "mdev_sysfs.c mdev_create_sysfs_files()"),
    ("A in devices of its type", _ALL, "mdev_sysfs.c mdev_create_sysfs_files()"),
    ("A/iommu_group", _OLD, "general knowledge: mdev_driver.c mdev_attach_iommu()"),
    ("A/iommu_group", _NEW, "general knowledge: drivers/vfio/group.c"),
    ("A in its group", _ALL, "general knowledge: drivers/iommu/iommu.c"),
    ("A/driver", _OLD, "vfio_mdev.c vfio_mdev_driver"),
    ("A/driver", _NEW, "mtty.c mtty_driver"),
    ("A/power", _ALL, "general knowledge: drivers/base/power/sysfs.c"),
    ("A/vendor/*", _ALL, "mtty.c sample_mdev_dev_show()"),
    ("A/uevent kept open, read", _ALL, f"{_KERNFS}/dir.c kernfs_get_active()"),
    ("A/remove kept open, write", _ALL, f"{_KERNFS}/dir.c kernfs_get_active()"),
    ("A/uevent*", _ALL, f"{_CORE} uevent_show(), dev_uevent()"),
    ("A/subsystem", _ALL, "general knowledge: drivers/base/bus.c bus_add_device()"),
    ("A on the bus", _ALL, "general knowledge: drivers/base/bus.c bus_add_device()"),
    ("A at its driver", _ALL, "general knowledge: drivers/base/dd.c driver_sysfs_add()"),
    ("create A *", _FIRST, "mdev_core.c mdev_device_exist()"),
    ("create one of them again", _FIRST, "mdev_core.c mdev_device_exist()"),
    ("create A *", _ALL, "mdev_core.c mdev_device_create(): the global list"),
    ("create one of them again", _ALL, "mdev_core.c mdev_device_create(): the global list"),
    ("remove A, *", _ALL, "mdev_sysfs.c remove_store(); lib/kstrtox.c kstrtoul()"),
    ("A after all that", _ALL, "mdev_sysfs.c remove_store()"),
    ("remove A", _ALL, "mdev_sysfs.c remove_store()"),
    ("remove A again", _ALL, "general knowledge: fs/sysfs/file.c sysfs_remove_file_self()"),
    ("A*after its removal", _ALL, "mdev_core.c mdev_device_remove()"),
    ("A is there again", _FIRST, "mdev_core.c mdev_device_exist()"),
    ("A is there again", _ALL, "mdev_core.c mdev_device_release()"),
    ("fill mtty-2", _OLD, "mtty.c mtty_create()"),
    ("fill mtty-2", _NEW, "mtty.c mtty_init_dev()"),
    ("create one too many", _OLD, "mtty.c mtty_create(): counts nothing"),
    ("create one too many", _NEW, "mtty.c mtty_init_dev()"),
    ("the one too many", _OLD, "mtty.c mtty_create(): counts nothing"),
    ("the one too many", _NEW, "mdev_core.c mdev_device_create(): undone"),
)
"""Shell pattern of the question, kernels, source. The first that matches counts."""


def source(step: str, kernel: str) -> str:
    """
    Return where the expected answer to a question is from.

    Raises:
        KeyError: No row says.
    """
    for pattern, kernels, text in ROWS:
        if kernel in kernels and fnmatchcase(step, pattern):
            return text
    raise KeyError(step)
