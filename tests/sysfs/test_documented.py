"""docs/sysfs.md says of every simulated file where it is, its mode, its format and its source."""

import re
from itertools import product
from pathlib import Path

import pytest
from sysfs.walking import files, links

from simulator.mdev import KERNELS, MdevBus, Uevents
from simulator.sysfs.layout import mdev_sysfs
from simulator.vendors import VENDORS, driver

DOCUMENT = Path(__file__).parents[2] / "docs" / "sysfs.md"
UUID = "c2177883-f1bb-47f0-914d-32a22e3a8804"
FILE = re.compile(r"\| `(?P<path>[^`]+)` \| (?P<modes>0\d{3}(?:, 0\d{3})*) \| .+ \| .+ \|")
LINK = re.compile(r"\| `(?P<path>[^`]+)` \| `(?P<place>/[^`]+|<[^`]+)` \|")
OPTIONS = {
    "i915": {"aggregation": True},
    "idxd": {"aggregation": True},
    "qat": {"alg_set": "dc"},
    "vfio_ap": {"ap_config": True},
}
"""Options that add files, by driver."""
HOSTS = list(product(KERNELS, VENDORS, ("as it is", "with all files")))


def rows(pattern):
    """The rows of the document of one kind; words are explained before the first of them."""
    text = DOCUMENT.read_text(encoding="utf-8").partition("\n## ")[2]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    found = [(FILE.fullmatch(line), LINK.fullmatch(line)) for line in lines]
    assert (None, None) not in found, "a row of docs/sysfs.md is neither of a file nor of a link"
    return [row for pair in found for row in pair if row is not None and row.re is pattern]


def documented_files():
    """Pairs of path and mode."""
    return {(row["path"], mode) for row in rows(FILE) for mode in row["modes"].split(", ")}


def documented_links():
    """Pairs of path and place."""
    return {(row["path"], row["place"]) for row in rows(LINK)}


def host(kernel, name, kind):
    """The tree of a host of one driver, and its mdev."""
    bus = MdevBus(KERNELS[kernel])
    config = OPTIONS.get(name, {}) if kind == "with all files" else {}
    parent = bus.register(driver(name), config)
    mdev = next(one for one in parent.types.values() if one.available_instances).create(UUID)
    return mdev_sysfs(bus, Uevents(bus), cpus=2, nodes=2), mdev


def general(path, mdev):
    """The path as the document writes it, without what differs from host to host."""
    parent = mdev.parent
    for place, name in ((mdev.path, "<mdev>"), (parent.path, "<parent>")):
        path = re.sub(f"^{re.escape(place.removeprefix('/sys'))}(?=/|$)", name, path)
    for pattern, name in (
        (r"^/devices/pci[^/]+(?=/)", "<host bridge>"),
        (rf"/{UUID}$", "/<uuid>"),
        (rf"^(/.*)/{re.escape(parent.name)}$", r"\1/<name>"),
        (r"(?<=mdev_supported_types/)[^/]+", "<type>"),
        (r"(iommu_groups/|cpu(?=\d)|node(?=\d))\d+", r"\1<n>"),
        (r"^/bus/(?!mdev/devices/)[^/]+", "/bus/<bus>"),
        (r"(?<=/drivers/)[^/]+", "<driver>"),
        (r"^/class/(?!mdev_bus)[^/]+", "/class/<class>"),
    ):
        path = re.sub(pattern, name, path)
    return path


def simulated_files(*of):
    """Pairs of path and mode of a host."""
    tree, mdev = host(*of)
    return {(general(path, mdev), f"{mode:04o}") for path, mode in files(tree).items()}


def simulated_links(*of):
    """Pairs of path and place of a host."""
    tree, mdev = host(*of)
    return {(general(path, mdev), general(place, mdev)) for path, place in links(tree).items()}


@pytest.mark.parametrize("of", HOSTS, ids=" ".join)
def test_everything_is_documented(of):
    """Each file of a host is in the document with its mode, and each link with its place."""
    file_rows = simulated_files(*of) - documented_files()
    link_rows = simulated_links(*of) - documented_links()
    missing = {f"| `{path}` | {mode} | … | … |" for path, mode in file_rows}
    missing |= {f"| `{path}` | `{place}` |" for path, place in link_rows}
    assert missing == set(), "rows to add to docs/sysfs.md"


def test_nothing_else_is_documented():
    """Each row of the document is a file or a link of some host, with each of its modes."""
    files_found = set().union(*(simulated_files(*of) for of in HOSTS))
    links_found = set().union(*(simulated_links(*of) for of in HOSTS))
    assert documented_files() - files_found == set()
    assert documented_links() - links_found == set()
