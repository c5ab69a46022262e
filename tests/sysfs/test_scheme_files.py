"""The files of a scheme on the tree, and under a real shell."""

import stat

import pytest
from sysfs.running import run, shell

from simulator.cli.live import make_live
from simulator.compat.clause_text import parse_clause
from simulator.compat.loader import load_scheme
from simulator.compat.rule import Object
from simulator.errors import MdevError
from simulator.host import Host
from simulator.mdev import KERNELS, PAGE_SIZE
from simulator.publish import Publication
from simulator.sysfs.snapshot import take
from simulator.values import parse_value
from simulator.vendors import driver

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
DEVICE = f"/bus/mdev/devices/{UUID}"
TYPE = "/class/mdev_bus/0000:00:02.0/mdev_supported_types/i915-GVTg_V5_8"
SCHEME = b"""
scheme: all
objects: published
attributes:
  pci: {type: pci_id, from: parent_pci_id, scope: parent}
  mdev_type: {type: string, clause: equal, from: mdev_type, log: wrong type}
  long: {type: string}
  longer: {type: string}
  aggregator: {type: int, from: aggregated_instances, settable: true}
surface:
  - {form: files, scope: device, name: own, attributes: [pci, aggregator, long]}
  - {form: binary, scope: device, name: migration}
  - {form: pair, scope: type, name: pair, attributes: [mdev_type]}
  - {form: test, scope: type, name: version, text: "v1-{mdev_type}", log: wrong form}
"""
HOST = f"""
kernel: 6.1
scheme: scheme.yaml
parents:
  - driver: i915
    options: {{aggregation: true}}
    attributes: {{long: {"x" * 4000}, longer: {"y" * 4000}}}
    compatible: [{{mdev_type: "i915-GVTg_V5_{{n:int:2,4}}"}}, {{aggregator: 1}}]
    mdevs: [{{uuid: {UUID}, type: i915-GVTg_V5_8}}]
"""


@pytest.fixture
def live():
    """A machine with one mdev, made live."""
    of = load_scheme("s", SCHEME)
    said = {"long": parse_value("string", "x" * 4000), "longer": parse_value("string", "y" * 4000)}
    host = Host(KERNELS["6.1"], of)
    anybody = Object({"aggregator": parse_clause("any()", "int", {})[0]})
    says = Publication(said, (anybody,))
    host.add_parent(driver("i915"), {"aggregation": True}, says=says)
    host.create("0000:00:02.0", "i915-GVTg_V5_8", UUID)
    return make_live(host, 0, cpus=1)


@pytest.fixture
def files(tmp_path):
    """A host file and its scheme."""
    (tmp_path / "scheme.yaml").write_bytes(SCHEME)
    (tmp_path / "host.yaml").write_text(HOST)
    return tmp_path


def write(live, path, text, tree="tree"):
    """Write to a file, as one call."""
    with getattr(live, tree).open(path, writing=True) as file:
        return file.write(text.encode())


def read(live, path, tree="tree"):
    """Read a file in one call."""
    with getattr(live, tree).open(path, reading=True) as file:
        return file.read(1 << 16).decode()


def test_modes_and_sizes(live):
    """A binary attribute has no size, all others a page; what can be written has mode 0644."""
    found = {
        path: live.tree.stat(f"{DEVICE}/{path}")
        for path in ("own/aggregator", "own/long", "migration/self", "../own/pci")
    }
    assert {path: (stat.S_IMODE(one.mode), one.size) for path, one in found.items()} == {
        "own/aggregator": (0o644, PAGE_SIZE),
        "own/long": (0o444, PAGE_SIZE),
        "migration/self": (0o444, 0),
        "../own/pci": (0o444, PAGE_SIZE),
    }
    assert live.tree.stat(f"{TYPE}/version").mode & 0o777 == 0o644
    with pytest.raises(MdevError) as caught:
        live.tree.open(f"{DEVICE}/own/long", writing=True)
    assert caught.value.name == "EACCES"


def test_a_binary_attribute_is_read_by_offset(live):
    """A read gives a page at most, wherever it begins; what was set meanwhile shows."""
    with live.tree.open(f"{DEVICE}/migration/self", reading=True) as file:
        first = file.read(1 << 16)
        rest = file.read(1 << 16, len(first))
        assert len(first) == PAGE_SIZE
        lines = (first + rest).decode().split("\n")
        assert [line.partition("=")[0] for line in lines] == [
            "mdev_type",
            "long",
            "longer",
            "aggregator",
            "",
        ]
        assert lines[3] == "aggregator=1"
        assert file.read(5, 10) == (first + rest)[10:15]
        assert file.read(5, len(first + rest)) == b""
        write(live, f"{DEVICE}/own/aggregator", "2")
        again = file.read(1 << 16, PAGE_SIZE)
        assert again.endswith(b"aggregator=2\n")


def test_a_snapshot_has_all_of_a_binary_attribute(live):
    """What takes several reads is saved whole; what is cut at a page is saved as it is read."""
    saved = take(live.tree)
    mdev = f"/devices/pci0000:00/0000:00:02.0/{UUID}"
    assert saved[f"{mdev}/migration/self"].content.decode() == "".join(
        f"{name}={text}\n"
        for name, text in (
            ("mdev_type", "i915-GVTg_V5_8"),
            ("long", "x" * 4000),
            ("longer", "y" * 4000),
            ("aggregator", "1"),
        )
    )
    assert saved[f"{mdev}/own/long"].content == b"x" * 4000 + b"\n"


def test_a_store_that_a_fault_fails(live):
    """A fault that was armed is the errno of the write, and nothing has changed."""
    write(live, "/faults", "fail store 1 EIO own/aggregator", "control")
    with pytest.raises(MdevError) as caught:
        write(live, f"{DEVICE}/own/aggregator", "2")
    assert caught.value.name == "EIO"
    assert read(live, f"{DEVICE}/own/aggregator") == "1\n"
    assert write(live, f"{DEVICE}/own/aggregator", "2") == 1
    assert read(live, f"{DEVICE}/own/aggregator") == "2\n"


def test_the_log(live):
    """Why a write was refused stands in the control directory."""
    for text in ("v1-i915-GVTg_V5_4\n", "v2\n"):
        with pytest.raises(MdevError) as caught:
            write(live, f"{TYPE}/version", text)
        assert caught.value.name == "EINVAL"
    assert write(live, f"{TYPE}/version", "v1-i915-GVTg_V5_8\n") == 18
    expected = "i915 0000:00:02.0: wrong type\ni915 0000:00:02.0: wrong form\n"
    assert read(live, "/log", "control") == expected


def test_under_a_shell(files):
    """A shell reads and writes the same: contents, sizes, errnos and the log."""
    script = f"""
    cd /sys{DEVICE}
    stat -c %s migration/self own/aggregator
    cat migration/self | wc -c
    cat migration/compatible
    echo 2 >own/aggregator && cat own/aggregator mdev/aggregated_instances
    tail -n1 migration/self
    echo many >own/aggregator
    echo "refused: $?"
    cat mdev_type/version >/dev/shm/version
    cat /dev/shm/version >mdev_type/version && echo taken
    rm /dev/shm/version
    echo v1-i915-GVTg_V5_4 >mdev_type/version
    echo 'fail store all ENOSPC own/aggregator' >$MDEVSIM_CONTROL/faults
    echo 1 >own/aggregator
    cat $MDEVSIM_CONTROL/log mdev_type/pair/self ../own/pci
    """
    done = run("host.yaml", "--", "bash", "-c", script, cwd=files)
    assert done.stdout.splitlines() == [
        "0",
        "4096",
        str(len("mdev_type=i915-GVTg_V5_8\nlong=\nlonger=\naggregator=1\n") + 8000),
        "mdev_type=i915-GVTg_V5_{n:int:2,4}",
        "",
        "aggregator=1",
        "2",
        "2",
        "aggregator=2",
        "refused: 1",
        "taken",
        "i915 0000:00:02.0: wrong type",
        "mdev_type=i915-GVTg_V5_8",
        "8086591d",
    ]
    said = [line.partition("write error: ")[2] for line in done.stderr.splitlines()]
    assert said == ["Invalid argument", "Invalid argument", "No space left on device"]


def test_a_shipped_scheme_under_a_shell():
    """The built-in host shows a proposal at once, under its name."""
    script = f"""
    cd /sys{TYPE}
    echo {UUID} >create
    cat devices/{UUID}/migration/self/mdev_type
    """
    assert shell(script, "--scheme", "migration-directory").stdout == "i915-GVTg_V5_8\n"
