"""Several surfaces: on parents, types and devices, one attribute here and another one there."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.strategies import descriptions, schemes

from simulator.compat.clause_text import parse_clause
from simulator.compat.loader import load_scheme
from simulator.compat.rule import Object
from simulator.compat.scheme import Surface
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.errors import MdevError
from simulator.host import Host
from simulator.mdev import KERNELS
from simulator.publish import (
    FACTS,
    Publication,
    read_back,
    read_parent,
    read_type,
    scope_of,
)
from simulator.publish.facts import AGGREGATED_FILE, SCOPES
from simulator.values import parse_value
from simulator.vendors import VENDORS, driver
from simulator.vendors.aggregation import aggregation_files

TYPE = "i915-GVTg_V5_4"
PARENT = "0000:00:02.0"
SMALL = "i915-GVTg_V5_8"
U1, U2 = (f"0000000{n}-0000-0000-0000-00000000000a" for n in "12")


def scheme(text):
    """A scheme from its attributes and surfaces."""
    return load_scheme("s", f"scheme: s\n{text}".encode())


def host(of, says=None, types=None, **options):
    """A host with one GPU."""
    made = Host(KERNELS["6.1"], of)
    made.add_parent(driver("i915"), {"aperture_mb": 1024, **options}, says=says, types=types or {})
    return made


def said(of, **texts):
    """What somebody says of himself."""
    return Publication({name: parse_value(of.kinds[name], text) for name, text in texts.items()})


def shown(node):
    """What the files of a directory show, those of the core apart."""
    core = {"create", "name", "available_instances", "description", "remove", "intel_vgpu/vgpu_id"}
    names = [name for name in node.attributes if name not in core]
    return {name: node.show(name) for name in names}


def written(description):
    """Values as texts."""
    return {name: str(value) for name, value in description.values.items()}


# ---- the final proposal and its like: files at several places


SPLIT = scheme(
    """
objects: published
attributes:
  pci: {type: pci_id, from: parent_pci_id, scope: parent}
  mdev_type: {type: string, from: mdev_type}
  software_version: {type: version, from: driver_version}
  traits: {type: set}
  aggregator: {type: int, from: aggregated_instances, scope: device, settable: true}
surface:
  - {form: files, scope: type, name: own,
     attributes: [pci, mdev_type, software_version, aggregator]}
  - {form: lines, scope: type, name: traits, attributes: [traits]}
  - {form: json, scope: device, name: all, attributes: [mdev_type, aggregator]}
"""
)


def test_files_at_three_places():
    """An attribute's scope goes first; a surface shows the attributes that it names."""
    made = host(SPLIT, Publication(said(SPLIT, traits="b,a").values, None, "1.2"))
    mdev = made.create(PARENT, TYPE, U1)
    assert shown(made.bus.parents[PARENT]) == {"own/pci": "8086591d\n"}
    assert shown(mdev.mdev_type) == {
        "device_api": "vfio-pci\n",
        "own/mdev_type": f"{TYPE}\n",
        "own/software_version": "1.2\n",
        "traits": "b\na\n",
    }
    assert shown(mdev) == {
        "own/aggregator": "1\n",
        "all": f'{{"self":[\n{{"mdev_type":"{TYPE}","aggregator":"1"}}\n]}}\n',
    }
    assert {name: mdev.attributes[name].mode for name in shown(mdev)} == {
        "own/aggregator": 0o644,
        "all": 0o444,
    }
    assert read_back(SPLIT, mdev) == made.describe(mdev)
    assert written(made.describe(mdev)) == {
        "pci": "8086591d",
        "mdev_type": TYPE,
        "software_version": "1.2",
        "traits": "b,a",
        "aggregator": "1",
    }


def test_a_type_and_a_parent_are_read_alone():
    """Each has what its own files say, and those above; what only devices say is left out."""
    made = host(SPLIT, Publication(said(SPLIT, traits="a").values, None, "1.2"))
    mdev_type = made.bus.parents[PARENT].types[TYPE]
    found = read_type(SPLIT, mdev_type)
    assert list(found.values) == ["pci", "mdev_type", "software_version", "traits"]
    parent = made.bus.parents[PARENT]
    assert made.describe_parent(PARENT) == read_parent(SPLIT, parent)
    assert written(read_parent(SPLIT, parent)) == {"pci": "8086591d"}
    assert read_parent(SPLIT, parent).name == PARENT


def test_scope_of():
    """Whose directory has the file: the most particular one, or none."""
    found = {name: scope_of(SPLIT, name) for name in SPLIT.attributes}
    assert found == {
        "pci": "parent",
        "mdev_type": "device",
        "software_version": "type",
        "traits": "type",
        "aggregator": "device",
    }
    assert scope_of(scheme("attributes: {a: {type: int}}"), "a") is None


@pytest.mark.parametrize(
    ("texts", "scope", "place"),
    [
        ({"pci": "80860000"}, "type", "parent"),
        ({"pci": "80860000"}, "device", "parent"),
        ({"traits": "x"}, "device", "type"),
    ],
)
def test_what_no_file_could_show_is_refused(texts, scope, place):
    """A type or an mdev says nothing that the scheme publishes above it."""
    says = said(SPLIT, **texts)
    says_it = {
        "type": lambda: host(SPLIT, types={TYPE: says}),
        "device": lambda: host(SPLIT).create(PARENT, TYPE, U1, says),
    }[scope]
    with pytest.raises(ValueError, match=f"say this of the {place}"):
        says_it()
    one = Object({"traits": parse_clause("x", "set", {})[0]})
    assert host(SPLIT).create(PARENT, TYPE, U1, Publication(objects=(one,))).active


PHYSICAL = scheme(
    """
objects: published
attributes:
  vendor_signature: {type: string, from: "{driver}-{parent_pci_vendor}-{parent_pci_device}"}
  software_version: {type: version, from: driver_version}
surface: {form: directories, scope: parent, name: migration}
"""
)


def test_a_physical_function():
    """A parent publishes values and whom it accepts, and is described like a device."""
    one = Object({"software_version": parse_clause("range(1.0,1.2)", "version", {})[0]})
    made = host(PHYSICAL, Publication(objects=(one,), driver_version="1.2"))
    parent = made.bus.parents[PARENT]
    assert shown(parent) == {
        "migration/self/vendor_signature": "i915-8086-591d\n",
        "migration/self/software_version": "1.2\n",
        "migration/compatible/software_version": "range(1.0,1.2)\n",
    }
    assert made.describe_parent(PARENT) == read_parent(PHYSICAL, parent)
    mdev = made.create(PARENT, TYPE, U1)
    assert set(mdev.attributes) == {"remove", "intel_vgpu/vgpu_id"}
    assert written(made.describe(mdev)) == written(made.describe_parent(PARENT))
    with pytest.raises(KeyError):
        made.describe_parent("nobody")


@pytest.mark.parametrize("name", ["vendor", "power", "mdev_supported_types", "driver"])
def test_a_file_of_a_pci_device_is_not_taken(name):
    """A parent's file that every such device has is left alone; it is not registered."""
    of = scheme(
        f"attributes: {{{name}: {{type: string}}}}\nsurface: {{form: files, scope: parent}}"
    )
    with pytest.raises(ValueError, match="not free"):
        host(of, said(of, **{name: "x"}))
    made = Host(KERNELS["6.1"], of)
    if name == "vendor":
        made.add_parent(driver("mtty"), says=said(of, vendor="x"))
        assert made.bus.parents["mtty"].show("vendor") == "x\n"


def test_two_surfaces_do_not_share_a_file():
    """A scheme whose surfaces stand in each other's place is refused with its first device."""
    of = scheme(
        "attributes: {a: {type: int}}\n"
        "surface: [{form: files, scope: type}, {form: json, scope: type, name: a}]"
    )
    with pytest.raises(ValueError, match="collides with a"):
        host(of, said(of, a="1"))


# ---- values from texts, and from the driver


@pytest.mark.parametrize(
    ("kind", "text", "type_id", "value"),
    [
        ("ratio", "{type_number}/{n}", TYPE, "2"),
        ("ratio", "{n}/{type_number}", TYPE, "1/2"),
        ("ratio", "{type_number}/{zero}", TYPE, None),
        ("int", "{type_number}/{n}", TYPE, None),
        ("string", "{base_type}x{n}", TYPE, "i915-GVTg_V5x2"),
        ("string", "v{driver_version}", TYPE, "v1.2"),
        ("string", "{parent_pci_vendor}-{parent_pci_device}", TYPE, "8086-591d"),
        ("string", "{type_name}", TYPE, "GVTg_V5_4"),
        ("string", "{absent}", TYPE, None),
        ("string", "{aggregated_instances}", TYPE, "1"),
    ],
)
def test_values_from_texts(kind, text, type_id, value):
    """Facts and earlier attributes are filled in; what comes out must be of the kind."""
    of = scheme(
        "attributes:\n  n: {type: int}\n  zero: {type: int}\n  absent: {type: int}\n"
        f'  a: {{type: {kind}, from: "{text}"}}\nsurface: {{form: files, scope: device}}'
    )
    made = host(of, Publication(said(of, n="2", zero="0").values, None, "1.2"))
    mdev = made.create(PARENT, type_id, U1)
    found = made.describe(mdev)
    assert written(found).get("a") == value
    assert read_back(of, mdev) == found


def test_what_the_drivers_without_types_of_that_form_know():
    """A type id without a number has none, and a parent off the PCI bus no ids."""
    facts = ("base_type", "type_number", "parent_pci_vendor", "type_name", "driver")
    of = scheme("attributes:\n" + "".join(f"  {n}: {{type: string, from: {n}}}\n" for n in facts))
    made = Host(KERNELS["6.1"], of)
    made.add_parent(driver("vfio_ap"))
    made.add_parent(driver("mtty"))
    found = [
        written(made.describe(made.create("matrix", "vfio_ap-passthrough", U1))),
        written(made.describe(made.create("mtty", "mtty-2", U2))),
    ]
    assert found == [
        {"type_name": "passthrough", "driver": "vfio_ap"},
        {"base_type": "mtty", "type_number": "2", "type_name": "2", "driver": "mtty"},
    ]


def test_the_drivers_file_of_aggregation():
    """The fact is read from the file that drivers have for it, by its name."""
    names = [one.name for one in aggregation_files(lambda _: 1, lambda _: 1, lambda *_: None)]
    assert AGGREGATED_FILE in names
    assert set(FACTS) >= {"aggregated_instances", "type_number", "base_type"}


# ---- what is settable


RATIO = scheme(
    """
attributes:
  aggregator: {type: int, from: aggregated_instances, settable: true}
  ratio: {type: ratio, from: "{type_number}/{aggregator}"}
  fps: {type: int, settable: true}
  label: {type: string, settable: true}
  late: {type: string, from: "{label}/{fps}"}
surface: {form: files, scope: device, name: own}
"""
)


def refused(node, name, data):
    """The errno of a write."""
    with pytest.raises(MdevError) as caught:
        node.store(name, data)
    return caught.value.name


def test_a_claim_reaches_the_driver():
    """The driver's file is written; what comes from it follows, also when it changes itself."""
    made = host(RATIO, aggregation=True)
    mdev = made.create(PARENT, SMALL, U1)
    left = mdev.mdev_type.available_instances
    assert mdev.store("own/aggregator", b"2\n") == 2
    assert mdev.show(AGGREGATED_FILE) == mdev.show("own/aggregator") == "2\n"
    assert mdev.show("own/ratio") == "4\n"
    assert mdev.mdev_type.available_instances == left - 1
    mdev.store(AGGREGATED_FILE, b"1")
    assert (mdev.show("own/aggregator"), mdev.show("own/ratio")) == ("1\n", "8\n")
    assert read_back(RATIO, mdev) == made.describe(mdev)


def test_a_claim_that_fails():
    """The driver's errno is passed on, and nothing has changed."""
    made = host(RATIO, aggregation=True)
    mdev = made.create(PARENT, SMALL, U1)
    left = mdev.mdev_type.available_instances
    for data in (b"99", b"0", b"x", b"-1", b"\xff", b"1 "):
        assert refused(mdev, "own/aggregator", data) == "EINVAL"
    mdev.open()
    assert refused(mdev, "own/aggregator", b"2") == "EINVAL"
    assert mdev.show("own/aggregator") == "1\n"
    assert mdev.mdev_type.available_instances == left


def test_a_driver_that_does_not_aggregate():
    """It has one instance, and gives no more; what is said of it is kept as it is said."""
    made = host(RATIO)
    mdev = made.create(PARENT, SMALL, U1)
    assert mdev.show("own/aggregator") == "1\n"
    assert mdev.store("own/aggregator", b"1") == 1
    assert refused(mdev, "own/aggregator", b"2") == "EINVAL"
    other = made.create(PARENT, TYPE, U2, said(RATIO, aggregator="3"))
    other.store("own/aggregator", b"8")
    assert (other.show("own/aggregator"), mdev.show("own/aggregator")) == ("8\n", "1\n")


def test_a_value_that_is_said_is_kept():
    """A write changes this mdev alone, what comes from it follows at once, and it dies with it."""
    made = host(RATIO, said(RATIO, fps="30"))
    mdev, other = (made.create(PARENT, TYPE, uuid) for uuid in (U1, U2))
    assert mdev.store("own/fps", b"60\n") == 3
    assert (mdev.show("own/fps"), other.show("own/fps")) == ("60\n", "30\n")
    assert str(made.describe(mdev).values["fps"]) == "60"
    assert read_back(RATIO, mdev) == made.describe(mdev)
    assert refused(mdev, "own/fps", b"fast") == "EINVAL"
    mdev.remove()
    assert made.create(PARENT, TYPE, U1).show("own/fps") == "30\n"


def test_a_value_without_a_file():
    """Nobody can set what a device does not have."""
    made = host(RATIO)
    mdev = made.create(PARENT, TYPE, U1)
    assert refused(mdev, "own/fps", b"60") == "ENOENT"


def test_a_file_that_comes_with_a_write():
    """A value that comes from one that is set has a file from then on."""
    made = host(RATIO, said(RATIO, fps="30"))
    mdev = made.create(PARENT, TYPE, U1, said(RATIO, label="x"))
    assert mdev.show("own/late") == "x/30\n"
    of = scheme(
        'attributes:\n  n: {type: int, settable: true}\n  a: {type: ratio, from: "1/{n}"}\n'
        "surface: {form: files, scope: type}"
    )
    made = host(of, said(of, n="0"))
    mdev_type = made.bus.parents[PARENT].types[TYPE]
    assert "a" not in mdev_type.attributes
    mdev_type.store("n", b"2")
    assert mdev_type.show("a") == "1/2\n"
    mdev_type.store("n", b"0")
    assert refused_to_show(mdev_type, "a") == "ENODEV"
    assert written(read_type(of, mdev_type)) == {"n": "0"}


def refused_to_show(node, name):
    """The errno of a read."""
    with pytest.raises(MdevError) as caught:
        node.show(name)
    return caught.value.name


def test_a_file_that_would_come_with_a_write_and_cannot():
    """A write whose consequences would stand in the place of a file is EEXIST."""
    of = scheme(
        "attributes:\n  n: {type: int, settable: true}\n"
        '  late: {type: ratio, from: "1/{n}"}\n'
        "accepts: [{late: '${late}'}]\n"
        "surface:\n  - {form: files, scope: device, attributes: [n]}\n"
        "  - {form: directories, scope: device, name: all, attributes: [n]}\n"
        "  - {form: files, scope: device, name: all/compatible, attributes: [late]}\n"
    )
    made = host(of, said(of, n="0"))
    mdev = made.create(PARENT, TYPE, U1)
    assert refused(mdev, "n", b"2") == "EEXIST"
    assert mdev.show("n") == "0\n"


def test_a_removed_mdev_is_not_read():
    """Nothing is left to read of it."""
    made = host(RATIO)
    mdev = made.create(PARENT, TYPE, U1)
    mdev.remove()
    with pytest.raises(MdevError) as caught:
        read_back(RATIO, mdev)
    assert caught.value.name == "ENODEV"


def test_objects_that_follow_from_values():
    """Where files show whom a device accepts, those that the scheme derives are shown."""
    of = scheme(
        'attributes: {v: {type: int, settable: true}}\naccepts: [{v: "range(0,${v})"}]\n'
        "surface: {form: pair, scope: device, name: migration}"
    )
    made = host(of, said(of, v="2"))
    mdev = made.create(PARENT, TYPE, U1)
    assert mdev.show("migration/compatible") == "v=range(0,2)\n"
    assert read_back(of, mdev) == made.describe(mdev)


# ---- every scheme, wherever its files are


SURFACES = ("files", "listing", "json", "directories", "pair", "binary")


@st.composite
def surfaced(draw):
    """Schemes with up to three surfaces at different places."""
    of = draw(schemes())
    found = []
    for number, form in enumerate(draw(st.lists(st.sampled_from(SURFACES), max_size=3))):
        names = draw(st.lists(st.sampled_from(list(of.attributes)), unique=True))
        surface = Surface(form, draw(st.sampled_from(SCOPES)), f"place{number}", tuple(names))
        found.append(surface)
    return replace(of, surfaces=tuple(found))


@given(data=st.data())
def test_what_is_described_is_what_is_read_back(data):
    """Of any scheme with any surfaces, whoever says what: the files say the description."""
    of = data.draw(surfaced())
    made = Host(KERNELS["6.1"], of)

    def says(scope):
        one = data.draw(descriptions(of))
        return made.narrowed(Publication(dict(one.values), one.objects or None), scope)

    made.add_parent(driver("mtty"), says=says("parent"), types={"mtty-1": says("type")})
    mdev = made.create("mtty", "mtty-1", U1, says("device"))
    shown_names = {name for name in of.attributes if scope_of(of, name) is not None}
    lists = {one.scope for one in of.surfaces if one.form != "files"}
    is_empty = any(
        one.form == "listing" and not set(one.attributes or of.attributes) & set(values)
        for one in of.surfaces
        for values in (read_values(made, mdev, one),)
    )
    if is_empty:
        return
    for described, found in (
        (made.describe(mdev), read_back(of, mdev)),
        (made.describe_parent("mtty"), read_parent(of, mdev.parent)),
    ):
        expected = {name: v for name, v in described.values.items() if name in shown_names}
        assert found.values == expected
        if lists:
            assert found.objects == described.objects


def read_values(made, mdev, surface):
    """The values that the directory of a surface has."""
    if surface.scope == "parent":
        return made.describe_parent(mdev.parent.name).values
    return made.describe(mdev).values


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("vendor", VENDORS)
def test_shipped_schemes_on_every_driver(name, vendor):
    """What each shipped scheme puts on the files of each driver is what it describes."""
    of = load_builtin(name)
    made = Host(KERNELS["6.1"], of)
    made.add_parent(VENDORS[vendor], says=Publication(driver_version="1.2.0"))
    (parent,) = made.bus.parents.values()
    mdev_type = next(one for one in parent.types.values() if one.available_instances)
    mdev = made.create(parent.name, mdev_type.type_id, U1)
    tests = [one for one in of.surfaces if one.form == "test"]
    for described, found in (
        (made.describe(mdev), read_back(of, mdev)),
        (made.describe_parent(parent.name), read_parent(of, parent)),
    ):
        unread = set(described.values) - set(found.values)
        assert found.values.items() <= described.values.items()
        shown_names = {one for one in of.attributes if scope_of(of, one) is not None}
        # Who cannot migrate shows no text.
        assert not unread & shown_names or tests
