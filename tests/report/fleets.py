"""Fleets for pictures and pages, with names that mean harm among them."""

from simulator.compat.description import Description
from simulator.compat.schemes import load_builtin
from simulator.lab.chart.chart import chart
from simulator.lab.chart.reasons import cell_reasons
from simulator.lab.population import Population
from simulator.values import String, Version

SCHEME = load_builtin("software-version")

HOSTILE = (
    "</script><script>hacked=1</script>",
    "<img src=x onerror=hacked=1>",
    "\" onfocus=hacked=1 '",
    "${hacked=1}{{ hacked }}{% raw %}",
    "$x^2$ $\\frac$",
    "\u05de\u05db\u05e9\u05d9\u05e8 <b>",
    "\u202egnp.exe\u2066",
    "\u4e2d\u6587 \U0001f600",
    "<!--",
    "n" * 4096,
    "\\u003c/script\\u003e &lt;b&gt;",
)


def device(mdev_type, version, name):
    """Describe one device; no version, no attribute."""
    values = {"device_api": String("vfio-pci"), "mdev_type": String(mdev_type)}
    if version:
        values["software_version"] = Version.parse(version)
    return Description(values, name=name)


def named(text):
    """Make a name that a fleet takes: printable, and of at most 4096 bytes. Values may be worse."""
    return "".join(one for one in text if one.isprintable())[:4096]


def population(types, repeat=1):
    """Make devices of each type in four versions and without one, those of the first types more."""
    versions = ("1.0", "1.1", "1.1.2", "2.0", None)
    return Population.of(
        SCHEME,
        [
            device(one, version, named(f"{one} {version}"))
            for at, one in enumerate(types)
            for version in versions
            for _ in range(repeat * (len(types) - at) ** 2)
        ],
    )


def plain_chart(by="mdev_type", limit=None):
    """Three types in five versions: every verdict, blocks of both kinds."""
    return chart(population(("i915-GVTg_V5_4", "i915-GVTg_V5_8", "nvidia-63")), by, None, limit)


def hostile_chart(by="mdev_type"):
    """Make every name one that means harm."""
    return chart(population(HOSTILE), by, None, 60)


def reasons(found):
    """Explain the cells."""
    return cell_reasons(found, 400)
