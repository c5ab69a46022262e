"""``mdevsim place``: a place on another host."""

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
HOST = """
scheme: dynamic-resources
parents:
  - driver: i915
    options: {{aperture_mb: {aperture}, aggregation: true}}
    driver_version: {version}
    attributes: {{dynamic_resources: aggregator}}
    mdevs: {mdevs}
"""
MDEVS = f"[{{uuid: {UUID}, type: i915-GVTg_V5_8, writes: [{{mdev/aggregated_instances: 2}}]}}]"
SOURCE = HOST.format(aperture=512, version="1.1.0", mdevs=MDEVS)
TARGET = HOST.format(aperture=512, version="1.2.0", mdevs="[]")
SMALL = HOST.format(aperture=192, version="1.2.0", mdevs="[]")
DEVICE = "/sys/devices/pci0000:00/0000:00:02.0/5ca1ab1e-0000-4000-8000-000000000001"


def test_a_place(quick, write):
    """Every step is printed, and the device at last; exit status 0."""
    answer = quick("place", write("source", SOURCE), UUID, write("target", TARGET))
    assert answer.status == 0
    assert answer.out.splitlines()[-3:] == [
        f"write {DEVICE}/aggregator 2",
        f"judge {DEVICE} compatible",
        f"a place at {DEVICE} (dynamic-resources)",
    ]


def test_no_place(quick, write):
    """A claim that fails is shown with its errno; exit status 1."""
    answer = quick("place", write("source", SOURCE), UUID, write("target", SMALL))
    assert (answer.status, answer.err) == (1, "")
    assert answer.out.splitlines()[-3:] == [
        f"write {DEVICE}/aggregator 2: EINVAL",
        f"remove {DEVICE}",
        "no place (dynamic-resources)",
    ]


def test_json(quick, write):
    """--json has the steps with their errnos."""
    arguments = write("source", SOURCE), UUID.upper(), write("target", SMALL), "--json"
    found = quick("place", *arguments).json
    assert (found["scheme"], found["target"]) == ("dynamic-resources", None)
    assert [step["error"] for step in found["steps"][-3:]] == [None, "EINVAL", None]


def test_bad_input(quick, write):
    """A UUID that is not there, a host without a scheme, a wrong host: exit status 2."""
    source, target = write("source", SOURCE), write("target", TARGET)
    answer = quick("place", source, "x", target)
    assert answer.status == 2
    assert answer.err == f"source: no mdev x; expected {UUID}\n"
    bare = write("bare", SOURCE.replace("scheme: dynamic-resources\n", ""))
    assert quick("place", bare, UUID, target).status == 2
    assert quick("place", source, UUID, write("wrong", "parents: 1")).status == 2
    assert quick("place", "-", UUID, "-", stdin=SOURCE).status == 2
