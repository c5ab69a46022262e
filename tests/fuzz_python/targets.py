"""What is fuzzed, by the name of its law in `fuzz_python.laws`, which is imported later."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["TARGETS", "Target"]

_UUID = "00000001-0000-0000-0000-00000000000a"
_KINDS = ("int", "string", "set", "version", "pci_id", "ratio")


@dataclass(frozen=True)
class Target:
    """
    One reader.

    Attributes:
        most: The longest input that is worth trying, in bytes.
        words: What a mutation may put in.
        modules: Whose branches a search is led by, with what is in them; others run at full speed.
    """

    most: int
    words: tuple[str, ...]
    modules: tuple[str, ...]


_COMPAT = ("simulator.compat", "simulator.documents", "simulator.values")
_TREES = ("simulator.sysfs.umockdev", "simulator.sysfs.snapshot", "simulator.sysfs.capture")
_MACHINE = ("simulator.sysfs.control", "simulator.mdev.faults", "simulator.host.machine")
_CLAUSE_WORDS = (
    *("one_of(", "range(", "superset(", "subset(", "version(", "any()", "absent()", ")", ","),
    *("{v:int:1,2-9}", '{w:string:"a","b"}', "{v}", "{w}", "/2", "*3", '"', "\\\\", '\\"'),
    *("9223372036854775807", "-1", "1/2", "1.2.3", "8086591d", "A+B"),
)
_UMOCKDEV_WORDS = (
    *("P: /devices/", "E: SUBSYSTEM=pci", "E: SUBSYSTEM=mdev", "A: ", "H: ", "L: ", "N: ", "S: "),
    *("mdev_supported_types/", "available_instances", "device_api", "=", "/", "..", "\\n", "\\101"),
    *(_UUID, "mdev_type=", "driver=../../bus/pci/drivers/i915", "vendor", "iommu_group"),
    *("L: subsystem=../bus/pci", "A: subsystem", "uevent", "L: driver=", "../../class/mtty"),
)
_YAML_WORDS = (
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "|\n",
    ">\n",
    "&a ",
    "*a",
    "<<",
    "!!x ",
    "#",
)

TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "listing": Target(
            1024,
            ("SELF:\n", "COMPATIBLE:\n", "\t", "=", "#", "\r\n", *_KINDS, *_CLAUSE_WORDS),
            _COMPAT,
        ),
        "template": Target(512, ("\n", *_CLAUSE_WORDS), _COMPAT),
        "scheme": Target(
            1024,
            (
                *("scheme", "attributes", "type", "clause", "of", "missing", "required", "from"),
                *("accepts", "prefer", "surface", "form", "scope", "name", "text", "log", "copied"),
                *("settable", "valid", "limit", "blocks", "errno", "objects", "published", "none"),
                *("accepted-by", "unlisted", "division", "floor", "undecided", "both", "${"),
                "test",
                *(*_KINDS, "equal", *_YAML_WORDS, *_CLAUSE_WORDS),
            ),
            _COMPAT,
        ),
        "host": Target(
            1024,
            (
                *("kernel", "scheme", "parents", "driver", "path", "options", "driver_version"),
                *("attributes", "compatible", "types", "mdevs", "uuid", "type", "writes"),
                "capacity",
                *("numa_node", "iommu_group", "takes", "shared", "instances", "mtty", "i915"),
                *("/sys/devices/", "6.1", "4.10", _UUID, "mtty-2", *_YAML_WORDS),
            ),
            ("simulator",),
        ),
        "umockdev": Target(1024, _UMOCKDEV_WORDS, _TREES),
        "control": Target(
            512,
            (
                *("open ", "close ", "unregister ", "register ", "driver_version ", "faults "),
                *("log ", "mdevs ", "mtty", "card", "1.2.0", _UUID, "mtty/", "card/", "\n"),
                "clear",
                *("fail create ", "fail store ", "delay probe ", "drop event ", "early add"),
                *("duplicate event ", "remove read ", "all ", "10% ", "ENOSPC", "add", "bind"),
            ),
            _MACHINE,
        ),
    }
)
"""The readers by name; seeds and regressions lie in folders of these names."""
