"""``mdevsim capture``."""

import pytest

from simulator.cli.inputs import parse_host, read
from simulator.mdev import Uevents
from simulator.sysfs.layout import mdev_sysfs
from simulator.sysfs.snapshot import take, write_directory

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
GPU = "devices/pci0000:00/0000:00:02.0"


@pytest.fixture
def sysfs(tmp_path):
    """Write the tree of a shipped host as a plain directory."""

    def write(name):
        host = parse_host(name, read(name), None, None)
        root = tmp_path / f"{name}-sys"
        write_directory(take(mdev_sysfs(host.bus, Uevents(host.bus))), root)
        return root

    return write


@pytest.mark.parametrize("name", ["i915", "blink"])
def test_what_is_captured_can_be_used(quick, sysfs, golden, name):
    """The file that is written is a host, the same in each run and for each way to name it."""
    root = sysfs(name)
    answer = quick("capture", root)
    assert (answer.status, answer.err) == (0, "")
    golden(f"capture-{name}", answer.out.replace(str(root), "/sys"))
    assert UUID not in answer.out
    output = root.parent / "host.yaml"
    assert quick("capture", root, "-o", output).out == ""
    assert output.read_text("utf-8") == answer.out
    assert len(parse_host(str(output), output.read_bytes(), None, None).mdevs) == 1


def test_identities_are_kept_when_asked(quick, sysfs):
    """UUIDs stay with --keep-identities; another seed gives others."""
    root = sysfs("i915")
    assert f"uuid: {UUID}" in quick("capture", root, "--keep-identities").out
    others = {quick("capture", root, "--seed", seed).out for seed in (0, 0, 1)}
    assert len(others) == 2
    assert not any(UUID in other for other in others)


def test_identities_in_paths(quick, sysfs):
    """A bus that names devices by UUID does not tell them either."""
    root = sysfs("i915")
    (root / "devices/pci0000:00").rename(root / f"devices/{UUID}")
    link = root / "class/mdev_bus/0000:00:02.0"
    link.unlink()
    link.symlink_to(f"../../devices/{UUID}/0000:00:02.0")
    answer = quick("capture", root)
    assert (answer.status, answer.err) == (0, "")
    assert "driver: i915" in answer.out
    assert UUID not in answer.out
    assert (
        f"path: /sys/devices/{UUID}/0000:00:02.0" in quick("capture", root, "--keep-identities").out
    )


def test_a_kernel_can_be_named(quick, sysfs):
    """--kernel says which personality the tree is of."""
    assert "kernel: '4.18'\n" in quick("capture", sysfs("blink"), "--kernel", "4.18").out


def test_no_mdev_is_no(quick, tmp_path):
    """Where no device hosts mdevs the status is 1, and nothing is written."""
    output = tmp_path / "host.yaml"
    answer = quick("capture", tmp_path, "-o", output)
    said = f"mdevsim: {tmp_path}: no device here hosts mdevs\n"
    assert (answer.status, answer.out, answer.err) == (1, "", said)
    assert not output.exists()


def test_what_cannot_be_read(quick, tmp_path, sysfs):
    """A root that is not there, or a file that is wrong, is one line and status 2."""
    answer = quick("capture", tmp_path / "nobody")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.endswith("nobody: No such file or directory\n")
    root = sysfs("i915")
    file = root / GPU / "mdev_supported_types/i915-GVTg_V5_4/available_instances"
    file.unlink()
    answer = quick("capture", root)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == f"{file}: there is no such file; expected a file of every type\n"


def test_what_a_host_file_cannot_say(quick, sysfs):
    """A file that the host will not show as it was seen is told, and the rest is written."""
    root = sysfs("blink")
    types = root / "devices/virtual/blink/blink/mdev_supported_types"
    file = types / "blink-pair/description"
    file.chmod(0o644)
    file.unlink()
    answer = quick("capture", root)
    assert answer.status == 0
    path = "/sys/devices/virtual/blink/blink/mdev_supported_types/blink-pair/description"
    assert answer.err == f"mdevsim: {path} is not as it was seen\n"
    assert "One light" in answer.out


def test_umockdev_text_is_captured(quick, sysfs, write):
    """The text of devices gives the host that their tree gives, though it has no 0200 files."""
    lines = quick("snapshot", "i915", "--umockdev").out.splitlines()
    write("text", "\n".join(one for one in lines if not one.endswith(("create=", "remove="))))
    answer = quick("capture", "text")
    assert answer.status == 0
    assert answer.out.splitlines()[5:] == quick("capture", sysfs("i915")).out.splitlines()[5:]


def test_mistakes_in_umockdev_text(quick, write):
    """A mistake is shown where it stands; of a file in the tree, the text is named."""
    write("text", "P: /devices/a\nnonsense\n")
    assert quick("capture", "text").err.startswith("text:2:1: no line of umockdev;")
    write("text", "P: /devices/a\nE: SUBSYSTEM=pci\nA: mdev_supported_types/a-b/name=x\n")
    answer = quick("capture", "text")
    assert answer.status == 2
    assert answer.err.startswith("text: /"), answer.err


def test_links_in_umockdev_text(quick, write):
    """A link that leads nowhere is shown where it stands; one that cannot be made is named."""
    write("text", "P: /devices/a\nL: driver=\n")
    answer = quick("capture", "text")
    said = "text:2:11: the link driver leads nowhere; expected a target after the =\n"
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(said)
    write("text", f"P: /devices/a\nL: driver={'x' * 5000}\n")
    answer = quick("capture", "text")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == f"mdevsim: text: /devices/a/driver -> '{'x' * 5000}': File name too long\n"
