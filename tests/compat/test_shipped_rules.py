"""The rules that ship, where no vector speaks: what the texts that they come from say."""

import json

import pytest

from simulator.compat.description import Description
from simulator.compat.ndjson import parse_line
from simulator.compat.scheme import Limit, Outcome, Relation
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.compat.verdict import explain
from simulator.values import parse_value

VERDICTS = {"ok": Outcome.COMPATIBLE, "no": Outcome.INCOMPATIBLE}


def described(scheme, text):
    """Make a description from ``name=value;name=value``."""
    fields = dict(field.split("=", 1) for field in text.split(";") if field)
    return Description(
        {name: parse_value(scheme.kinds[name], value) for name, value in fields.items()}
    )


RULES = {
    # The eight steps; `rest` is what the other steps compare.
    "compatible-type": (
        "device_api=vfio-pci;software_version=1.0.0;",
        ("mdev_type=A;compatible_type=A", "mdev_type=A;compatible_type=A", "ok"),
        ("mdev_type=A;compatible_type=A,B", "mdev_type=B;compatible_type=B", "ok"),  # step 2
        ("mdev_type=A;compatible_type=A", "mdev_type=B;compatible_type=A,B", "ok"),  # step 3
        ("mdev_type=A;compatible_type=A,C", "mdev_type=B;compatible_type=A,B", "no"),
        ("mdev_type=A", "mdev_type=A;compatible_type=A", "no"),
        (
            "mdev_type=A;compatible_type=A;compatible_aggregator=1",
            "mdev_type=A;compatible_type=A;compatible_aggregator=2",
            "no",
        ),
    ),
    "version-2019": (
        "",
        ("common=00028086;device_id=193b;mdev_type=t", "common=00028086;device_id=193b", "no"),
        (
            "common=00028086;device_id=193b;mdev_type=t",
            "common=000210de;device_id=193b;mdev_type=t",
            "no",
        ),
        ("", "", "no"),  # without the file nobody migrates
    ),
    "capability-list": (
        "",
        ("capability=a", "capabilities=a,b", "ok"),
        ("capability=c", "capabilities=a,b", "no"),
        ("capability=a", "capability=a", "no"),  # a host that lists nothing
    ),
    "aggregation-ratio": (
        "base_type=i915-GVTg_V5;",
        ("aggregation_ratio=2", "aggregation_ratio=4/2", "ok"),
        ("aggregation_ratio=2", "aggregation_ratio=3/2", "no"),
        ("aggregation_ratio=2", "", "no"),
    ),
    "dynamic-resources": (
        "mdev_type=t;device_api=vfio-pci;",
        ("software_version=1.1.0", "software_version=1.2.0", "ok"),
        ("software_version=1.2.0", "software_version=1.1.0", "no"),
        ("compatible_type=t", "compatible_type=u", "ok"),  # ignored for now
        ("compatible_chpid_type=1a", "compatible_chpid_type=1a,1b", "ok"),
    ),
    "kubevirt": (
        "mdev_type=t;",
        ("software_version=15.1.0", "software_version=15.1", "ok"),
        ("software_version=15.1.0", "software_version=15.1.1", "no"),
        ("", "", "no"),
    ),
    "hisi-acc-stream": (
        "",
        ("magic=0xCDCDCDCDFEEDAACC", "magic=0xCDCDCDCDFEEDAACC", "ok"),
        # An older driver does not know the second magic.
        ("magic=0xAACCFEEDDECADEDE;major=1", "magic=0xCDCDCDCDFEEDAACC", "no"),
        ("magic=0xCDCDCDCDFEEDAACC", "magic=0xAACCFEEDDECADEDE;major=1", "ok"),
        (
            "magic=0xAACCFEEDDECADEDE;major=1;qp_num=2",
            "magic=0xAACCFEEDDECADEDE;major=1;qp_num=4",
            "no",
        ),
    ),
    "physical-function": (
        "type=s;device_api=vfio-pci;",
        ("software_version=1.0.0", "software_version=1.1.0", "ok"),
        ("software_version=1.0.0;type=u", "software_version=1.0.0", "no"),
        ("software_version=1.0.0;pci_id=8086591d", "software_version=1.0.0;pci_id=80865912", "no"),
    ),
    "vfio-ccw": (
        "device_api=vfio-ccw;chpid_type=0x1a;",
        ("subchannel_type=0", "subchannel_type=0", "ok"),
        ("subchannel_type=0", "subchannel_type=1", "no"),
    ),
}


@pytest.mark.parametrize(
    ("name", "source", "target", "verdict"),
    [
        (name, rest + source, rest + target, verdict)
        for name, (rest, *rows) in RULES.items()
        for source, target, verdict in rows
    ],
)
def test_verdict(name, source, target, verdict):
    """A rule answers as its text says."""
    scheme = load_builtin(name)
    found = explain(scheme, described(scheme, source), described(scheme, target))
    assert found.outcome is VERDICTS[verdict]


@pytest.mark.parametrize(
    ("source", "target", "live", "cold", "limits"),
    [
        ("", "", "ok", "ok", []),
        ("guest_vgpu_version=8", "", "no", "ok", [Limit.GUEST]),
        ("guest_vgpu_version=4", "", "no", "ok", [Limit.GUEST]),
        ("", "gpu=P40", "no", "no", [Limit.DEVICE]),
        ("", "mdev_type=nvidia-63", "no", "no", [Limit.DEVICE]),
        ("virtualization_caps=", "virtualization_caps=", "no", "ok", [Limit.HOST_DRIVER]),
        ("", "virtualization_caps=", "no", "ok", [Limit.HOST_DRIVER]),
        ("guest_vgpu_version=8", "gpu=P40", "no", "no", [Limit.GUEST, Limit.DEVICE]),
    ],
)
def test_nvml(source, target, live, cold, limits):
    """A guest outside of the range can be moved cold, to an equal GPU; the limit says why not."""
    scheme = load_builtin("nvml")
    base = "gpu=P4;mdev_type=nvidia-64;virtualization_caps=migration;guest_vgpu_version=6;"
    base += "min_vgpu_version=5;max_vgpu_version=7;"
    sides = [described(scheme, base + more) for more in (source, target)]
    found = explain(scheme, *sides)
    assert (found.outcome, found.cold) == (VERDICTS[live], VERDICTS[cold])
    assert set(found.limits) == set(limits)


def test_the_json_of_july_goes_where_its_list_says():
    """The v1 device of the mail may go to the v2 device that it lists, and to no v3."""
    scheme = load_builtin("json-objects")
    own = {"pciid": "8086591d", "driver": "i915", "mdev_type": "i915-GVTg_V5_4", "aggregator": 2}
    listed = [{**own, "gvt-version": "v2", "pv-mode": "ppgtt+none"}]
    data = {"self": {**own, "gvt-version": "v1", "pv-mode": "none"}, "compatible": listed}
    source = parse_line(json.dumps(data), scheme)
    for version, verdict in (("v2", "ok"), ("v3", "no")):
        other = {**own, "gvt-version": version, "pv-mode": "none, ppgtt"}
        target = parse_line(json.dumps({"self": other}), scheme)
        assert explain(scheme, source, target).outcome is VERDICTS[verdict]


def test_the_twins_differ_in_their_files_alone():
    """The directories and the binary attributes of August say the same."""
    twins = [load_builtin(f"migration-{name}") for name in ("directory", "binary")]
    assert twins[0].attributes == twins[1].attributes
    assert twins[0].accepted_by == twins[1].accepted_by
    assert [one.surfaces[0].form for one in twins] == ["directories", "binary"]


@pytest.mark.parametrize("name", builtin_names())
def test_what_accepts_asks_is_compared(name):
    """No object of a shipped scheme asks for an attribute that the scheme does not compare."""
    scheme = load_builtin(name)
    asked = {attribute for one in scheme.accepts for attribute in one}
    assert all(scheme.attributes[one].relation is not Relation.ANY for one in asked)
