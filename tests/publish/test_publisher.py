"""The bridge: what a scheme puts on the files of types and devices, and reads back from them."""

import pytest

from simulator.compat.clause_text import parse_clause
from simulator.compat.listing import format_listing
from simulator.compat.loader import FACTS as LOADER_FACTS
from simulator.compat.loader import load_scheme
from simulator.compat.rule import Object
from simulator.compat.schemes import load_builtin
from simulator.errors import MdevError
from simulator.host import Host
from simulator.mdev import KERNELS
from simulator.publish import FACTS, Publication, read_back
from simulator.values import parse_value
from simulator.vendors import driver

KERNEL = KERNELS["6.1"]
TYPE = "i915-GVTg_V5_4"
PARENT = "0000:00:02.0"
MAIL = load_builtin("self-compatible")
VERSION = load_builtin("software-version")


def uuid(n):
    """A UUID with a number."""
    return f"{n:08x}-0000-0000-0000-000000000000"


def values(**written):
    """Values of the scheme of the mail."""
    return {name: parse_value(MAIL.kinds[name], text) for name, text in written.items()}


def scheme(surface, attributes="a: {type: string}", objects="none"):
    """A scheme with these files."""
    text = f"scheme: s\nobjects: {objects}\nattributes:\n"
    text += "".join(f"  {line}\n" for line in attributes.split("\n"))
    return load_scheme("f", (text + (f"surface: {surface}\n" if surface else "")).encode())


def host(of, says=None, **more):
    """A host with one GPU."""
    made = Host(KERNEL, of)
    made.add_parent(driver("i915"), {"aperture_mb": 1024}, says=says, **more)
    return made


# ---- the facts


def test_facts_are_those_of_the_loader():
    """Every fact that a scheme may name is filled in, and no other."""
    assert {*FACTS, "driver_version", "aggregated_instances"} == set(LOADER_FACTS)


@pytest.mark.parametrize(
    ("name", "i915", "mtty"),
    [
        ("device_api", "vfio-pci", "vfio-pci"),
        ("driver", "i915", "mtty"),
        ("mdev_type", TYPE, "mtty-2"),
        ("parent_pci_id", "8086591d", None),
        ("driver_version", "1.2", "1.2"),
    ],
)
def test_facts(name, i915, mtty):
    """A fact is what the host knows, as each kind that the loader allows; or it is absent."""
    for kind in LOADER_FACTS[name]:
        of = scheme("", f"a: {{type: {kind}, from: {name}}}")
        made = host(of, Publication(driver_version="1.2"))
        made.add_parent(driver("mtty"), says=Publication(driver_version="1.2"))
        found = [
            made.describe(made.create(PARENT, TYPE, uuid(1))),
            made.describe(made.create("mtty", "mtty-2", uuid(2))),
        ]
        shown = [{key: str(value) for key, value in one.values.items()} for one in found]
        assert shown == [{"a": i915}, {"a": mtty} if mtty else {}]
        assert all(value.kind == kind for one in found for value in one.values.values())


# ---- the listing of the mail


def test_listing_on_the_device():
    """The mail's file stands on each device, with the bytes of the listing, and reads back."""
    clauses, variables = {}, {}
    for name, text in (
        ("mdev_type", "i915-GVTg_V5_{val1:int:1,2,4,8}"),
        ("aggregator", "{val1}/4"),
        ("pv_mode", ""),
    ):
        clauses[name], variables = parse_clause(text, MAIL.kinds[name], variables)
    own = values(device_type="pci", aggregator="1", pv_mode="none, ppgtt")
    made = host(MAIL, Publication(own, (Object(clauses),)))
    mdev = made.create(PARENT, TYPE, uuid(1))
    assert mdev.show("migration_compatible") == (
        "SELF:\n"
        "\tdevice_type=pci\n"
        "\tdevice_id=8086591d\n"
        "\tmdev_type=i915-GVTg_V5_4\n"
        "\taggregator=1\n"
        '\tpv_mode="none, ppgtt"\n'
        "COMPATIBLE:\n"
        "\tmdev_type=i915-GVTg_V5_{val1:int:1,2,4,8}\n"
        "\taggregator={val1}/4\n"
        '\tpv_mode=""\n'
    )
    assert mdev.attributes["migration_compatible"].mode == 0o444
    assert read_back(MAIL, mdev) == made.describe(mdev)
    assert made.describe(mdev).name == f"{PARENT}/{uuid(1)}"
    assert mdev.show("migration_compatible") == format_listing(made.describe(mdev))
    assert "migration_compatible" not in mdev.mdev_type.attributes


def test_listing_on_the_type():
    """A listing may stand on each type; an mdev then says nothing of its own."""
    of = scheme("{form: listing, scope: type, name: all}", "a: {type: string}", "published")
    one = Object({"a": parse_clause("x", "string", {})[0]})
    said = Publication({"a": parse_value("string", "x")}, (one,))
    made = host(of, said, types={TYPE: Publication({"a": parse_value("string", "y")})})
    shown = [one.show("all") for one in made.bus.parents[PARENT].types.values()]
    assert shown[0] == "SELF:\n\ta=x\nCOMPATIBLE:\n\ta=x\n"
    assert shown[1] == "SELF:\n\ta=y\nCOMPATIBLE:\n\ta=x\n"
    mdev = made.create(PARENT, TYPE, uuid(1))
    assert read_back(of, mdev) == made.describe(mdev)


@pytest.mark.parametrize(
    "says",
    [
        Publication({"a": parse_value("string", "z")}),
        Publication(driver_version="1.0"),
        Publication(objects=()),
    ],
)
def test_an_mdev_says_nothing_where_types_publish(says):
    """What no file could show is refused, and nothing is created."""
    made = host(scheme("{form: files, scope: type}", "a: {type: string}", "published"))
    with pytest.raises(ValueError, match="the scheme publishes on types"):
        made.create(PARENT, TYPE, uuid(1), says)
    assert not made.mdevs
    assert made.create(PARENT, TYPE, uuid(1), Publication()).active


def test_files_go_with_the_device():
    """After the removal the file cannot be read."""
    made = host(MAIL)
    mdev = made.create(PARENT, TYPE, uuid(1))
    mdev.remove()
    with pytest.raises(MdevError) as caught:
        mdev.show("migration_compatible")
    assert caught.value.name == "ENODEV"


# ---- one value per file


def test_version_on_the_type():
    """The version stands in a file of each type; what core files say is not said again."""
    made = host(VERSION, Publication(driver_version="1.2.0"))
    for mdev_type in made.bus.parents[PARENT].types.values():
        assert mdev_type.show("software_version") == "1.2.0\n"
        assert mdev_type.attributes["software_version"].mode == 0o444
        assert "mdev_type" not in mdev_type.attributes
    mdev = made.create(PARENT, TYPE, uuid(1))
    assert set(mdev.attributes) == {"remove", "intel_vgpu/vgpu_id"}
    description = made.describe(mdev)
    assert read_back(VERSION, mdev) == description
    written = {name: str(value) for name, value in description.values.items()}
    expected = {"device_api": "vfio-pci", "mdev_type": TYPE, "software_version": "1.2.0"}
    assert written == expected


def test_no_version_no_file():
    """A type of which no version is said has no file, and reads back without."""
    made = host(VERSION)
    mdev = made.create(PARENT, TYPE, uuid(1))
    assert "software_version" not in mdev.mdev_type.attributes
    assert set(read_back(VERSION, mdev).values) == {"device_api", "mdev_type"}


ALL = """a: {type: string}
b: {type: set}
absent: {type: int}
api: {type: string, from: device_api}
device_api: {type: string, from: device_api}
mdev_type: {type: string, from: mdev_type}
id: {type: pci_id, from: parent_pci_id}
version: {type: version, from: driver_version}"""


@pytest.mark.parametrize(
    "surface",
    [
        "{form: files, scope: device}",
        "{form: files, scope: device, name: compat}",
        "{form: files, scope: device, name: compat/own}",
        "{form: files, scope: type}",
        "{form: files, scope: type, name: compat}",
        "{form: listing, scope: device, name: compat/all}",
        "{form: listing, scope: type, name: all}",
    ],
)
def test_every_surface_reads_back(surface):
    """Whatever files a scheme has, what is read from them is what is described."""
    of = scheme(surface, ALL)
    own = {"a": parse_value("string", "x y"), "b": parse_value("set", "")}
    made = host(of, Publication(own, None, "1.2"))
    made.add_parent(driver("mtty"), says=Publication(own))
    for parent, type_id in ((PARENT, TYPE), ("mtty", "mtty-1")):
        mdev = made.create(parent, type_id, uuid(len(parent)))
        description = made.describe(mdev)
        assert read_back(of, mdev) == description
        assert "absent" not in description.values
        assert set(description.values) >= {"a", "b", "api", "device_api", "mdev_type"}


def test_names_of_files():
    """One value stands in each file, ended by a newline, in the directory that is named."""
    of = scheme("{form: files, scope: device, name: compat}", ALL)
    own = {"a": parse_value("string", "x y"), "b": parse_value("set", "")}
    mdev = host(of, Publication(own, None, "1.2")).create(PARENT, TYPE, uuid(1))
    found = {name: mdev.show(name) for name in mdev.attributes if name.startswith("compat/")}
    assert found == {
        "compat/a": "x y\n",
        "compat/b": "\n",
        "compat/api": "vfio-pci\n",
        "compat/device_api": "vfio-pci\n",
        "compat/mdev_type": f"{TYPE}\n",
        "compat/id": "8086591d\n",
        "compat/version": "1.2\n",
    }


def test_no_surface_no_files():
    """A scheme without a surface adds nothing, and only what the core shows can be read."""
    of = scheme("", ALL)
    made = host(of, Publication({"a": parse_value("string", "x")}))
    mdev = made.create(PARENT, TYPE, uuid(1))
    assert set(mdev.attributes) == {"remove", "intel_vgpu/vgpu_id"}
    assert set(read_back(of, mdev).values) == {"api", "device_api", "mdev_type"}


@pytest.mark.parametrize(
    ("surface", "attributes", "own"),
    [
        ("{form: files, scope: type}", "name: {type: string}", {"name": "x"}),
        ("{form: files, scope: type}", "description: {type: string}", {}),
        ("{form: files, scope: type}", "create: {type: string}", {}),
        ("{form: files, scope: type}", "available_instances: {type: int}", {}),
        (
            "{form: files, scope: type}",
            "device_api: {type: string, from: device_api}",
            {"device_api": "vfio-ccw"},
        ),
    ],
)
def test_a_file_of_the_core_is_not_taken(surface, attributes, own):
    """A type's file that says something else is left alone, and the parent is not registered."""
    of = scheme(surface, attributes)
    made = Host(KERNEL, of)
    said = {name: parse_value(of.kinds[name], text) for name, text in own.items()}
    with pytest.raises(ValueError, match="is there already"):
        made.add_parent(driver("i915"), says=Publication(said))
    assert not made.bus.parents


@pytest.mark.parametrize(
    ("surface", "attributes", "own"),
    [
        ("{form: files, scope: device}", "remove: {type: string}", {}),
        ("{form: files, scope: device}", "power: {type: string}", {"power": "x"}),
        ("{form: files, scope: device}", "driver: {type: string, from: driver}", {}),
        ("{form: files, scope: device}", "mdev_type: {type: string}", {"mdev_type": "x"}),
        ("{form: listing, scope: device, name: remove}", "a: {type: string}", {"a": "x"}),
        ("{form: listing, scope: device, name: intel_vgpu}", "a: {type: string}", {"a": "x"}),
        ("{form: listing, scope: device, name: uevent}", "a: {type: string}", {"a": "x"}),
    ],
)
def test_a_file_of_the_device_is_not_taken(surface, attributes, own):
    """A device's file that says something else is left alone, and the device is not created."""
    of = scheme(surface, attributes)
    said = {name: parse_value(of.kinds[name], text) for name, text in own.items()}
    made = host(of, Publication(said))
    before = made.bus.parents[PARENT].types[TYPE].available_instances
    with pytest.raises(ValueError, match=r"there already|collides|not free"):
        made.create(PARENT, TYPE, uuid(1))
    assert not made.mdevs
    assert made.bus.parents[PARENT].types[TYPE].available_instances == before


# ---- who says what


def test_the_more_particular_one_wins():
    """An mdev's values stand over its type's, and those over the parent's; lists are replaced."""
    one, two = (Object({"aggregator": parse_clause(text, "int", {})[0]}) for text in "12")
    made = host(
        MAIL,
        Publication(values(device_type="pci", aggregator="1", interface_version="1"), (one,)),
        types={TYPE: Publication(values(aggregator="2", interface_version="2"), (two,))},
    )
    says = Publication(values(interface_version="3"))
    mdevs = [
        made.create(PARENT, "i915-GVTg_V5_8", uuid(1)),
        made.create(PARENT, TYPE, uuid(2)),
        made.create(PARENT, TYPE, uuid(3), says),
    ]
    found = []
    for mdev in mdevs:
        description = made.describe(mdev)
        assert read_back(MAIL, mdev) == description
        names = ("device_type", "aggregator", "interface_version")
        found.append([str(description.values[name]) for name in names] + [description.objects])
    assert found == [
        ["pci", "1", "1", (one,)],
        ["pci", "2", "2", (two,)],
        ["pci", "2", "3", (two,)],
    ]


def test_over():
    """What is said last wins value by value; an empty list is a list."""
    one = Object({"aggregator": parse_clause("1", "int", {})[0]})
    general = Publication(values(aggregator="1", device_type="pci"), (one,), "1.0")
    particular = Publication(values(aggregator="2"), (), None)
    found = particular.over(general)
    assert found == Publication(values(aggregator="2", device_type="pci"), (), "1.0")
    assert Publication().over(general) == general
    assert general.over(Publication()) == general


def test_a_scheme_without_objects_publishes_none():
    """Lists that are said are not published where the scheme has none."""
    one = Object({"a": parse_clause("x", "string", {})[0]})
    of = scheme("{form: listing, scope: device, name: all}")
    made = host(of, Publication({"a": parse_value("string", "x")}, (one,)))
    mdev = made.create(PARENT, TYPE, uuid(1))
    assert made.describe(mdev).objects is None
    assert mdev.show("all") == "SELF:\n\ta=x\n"
