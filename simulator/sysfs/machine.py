"""The machine apart from its devices: CPUs, NUMA nodes, and directories that are always there."""

from dataclasses import dataclass

from simulator.sysfs.entries import Entry, File, FixedDirectory, Link

__all__ = ["ALWAYS", "Machine"]

ALWAYS = (
    "block",
    "bus",
    "class/block",
    "class/drm",
    "class/mdev_bus",
    "class/net",
    "class/scsi_host",
    "class/vfio-dev",
    "dev/block",
    "dev/char",
    "devices/virtual",
    "firmware",
    "fs/cgroup",
    "hypervisor",
    "kernel",
    "module",
    "power",
)
"""Directories that clients look for, even when they are empty."""


@dataclass(frozen=True, slots=True)
class Machine:
    """
    CPUs on NUMA nodes, each node with its share of them in a row.

    Attributes:
        n_cpus: From 1.
        n_nodes: From 1.
    """

    n_cpus: int = 1
    n_nodes: int = 1

    def cpus(self, node: int | None = None) -> range:
        """Return the CPUs of a node, or all."""
        if node is None:
            return range(self.n_cpus)
        share = range(self.n_cpus * node // self.n_nodes, self.n_cpus * (node + 1) // self.n_nodes)
        return share if 0 <= node < self.n_nodes else range(0)

    def mask(self, node: int | None = None) -> str:
        """Return them as a bit mask. Source: general knowledge, lib/vsprintf.c bitmap_string()."""
        bits = sum(1 << cpu for cpu in self.cpus(node))
        digits = f"{bits:0{-(-self.n_cpus // 4)}x}"
        first = len(digits) % 8 or 8
        words = [digits[:first], *(digits[i : i + 8] for i in range(first, len(digits), 8))]
        return ",".join(words) + "\n"

    def list(self, node: int | None = None) -> str:
        """Return them as a list of ranges. Source: lib/vsprintf.c bitmap_list_string()."""
        return _range(self.cpus(node))

    def system(self) -> FixedDirectory:
        """
        Build ``/sys/devices/system``.

        Source: general knowledge, drivers/base/cpu.c, drivers/base/node.c, topology.c. Every CPU
        is a core and every node a package.
        """
        places = {node: self.cpus(node) for node in range(self.n_nodes)}
        cpus: dict[str, Entry] = {
            f"cpu{cpu}": self._cpu(cpu, node) for node, share in places.items() for cpu in share
        }
        for name in ("online", "possible", "present"):
            cpus[name] = _text(self.list())
        cpus["offline"] = _text("\n")
        nodes: dict[str, Entry] = {f"node{node}": self._node(node) for node in places}
        for name in ("online", "possible", "has_cpu", "has_memory"):
            nodes[name] = _text(_range(range(self.n_nodes)))
        return FixedDirectory({"cpu": FixedDirectory(cpus), "node": FixedDirectory(nodes)})

    def _cpu(self, cpu: int, node: int) -> FixedDirectory:
        mask, own = 1 << cpu, Machine(self.n_cpus)
        width = len(own.mask()) - 1
        texts = {
            "core_id": f"{cpu}\n",
            "physical_package_id": f"{node}\n",
            "core_siblings": self.mask(node),
            "core_siblings_list": self.list(node),
            "thread_siblings": f"{mask:0{width}x}\n",
            "thread_siblings_list": f"{cpu}\n",
        }
        topology = FixedDirectory({name: _text(text) for name, text in texts.items()})
        return FixedDirectory({"topology": topology, f"node{node}": Link(f"../../node/node{node}")})

    def _node(self, node: int) -> FixedDirectory:
        distances = (10 if other == node else 20 for other in range(self.n_nodes))
        entries: dict[str, Entry] = {
            "cpulist": _text(self.list(node)),
            "cpumap": _text(self.mask(node)),
            "distance": _text(" ".join(map(str, distances)) + "\n"),
        }
        for cpu in self.cpus(node):
            entries[f"cpu{cpu}"] = Link(f"../../cpu/cpu{cpu}")
        return FixedDirectory(entries)


def _range(numbers: range) -> str:
    if not numbers:
        return "\n"
    return f"{numbers[0]}\n" if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}\n"


def _text(text: str) -> File:
    content = text.encode()
    return File(0o444, lambda: content)
