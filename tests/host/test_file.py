"""One machine, from YAML."""

import re
from importlib.resources import files

import pytest
from host.loading import find, load, refused, version_of

from simulator.compat.loader import load_scheme
from simulator.compat.schemes import load_builtin
from simulator.errors import InputError
from simulator.host import load_host
from simulator.mdev import KERNELS
from simulator.publish import read_back

MAIL = load_builtin("self-compatible")
VERSION = load_builtin("software-version")
PARENT = "0000:00:02.0"
TYPE = "i915-GVTg_V5_8"
U1, U2, U3 = (f"0000000{n}-0000-0000-0000-00000000000a" for n in "123")

GOOD = f"""\
kernel: 6.1
scheme: self-compatible
parents:
  - driver: i915
    path: /sys/devices/pci0000:00/0000:00:02.0
    options: {{pci_id: 8086591d, aperture_mb: 1024}}
    driver_version: 1.2.0
    attributes: {{device_type: pci, interface_version: 1}}
    compatible:
      - {{interface_version: 1}}
    types:
      i915-GVTg_V5_8:
        attributes: {{interface_version: 2}}
      i915-GVTg_V5_4:
        compatible: []
    mdevs:
      - {{uuid: {U1}, type: i915-GVTg_V5_8}}
      - uuid: {U2}
        type: i915-GVTg_V5_8
        attributes: {{interface_version: 3}}
        compatible:
          - {{mdev_type: "i915-GVTg_V5_{{v:int:1,2}}", aggregator: "{{v}}/2"}}
      - {{uuid: {U3}, type: i915-GVTg_V5_4}}
  - driver: mtty
"""


@pytest.mark.parametrize("name", ["blink", "i915", "mtty"])
def test_shipped_hosts(name):
    """The hosts of the package are built, and what they publish reads back."""
    data = files("simulator.examples").joinpath(f"{name}.yaml").read_bytes()
    host = load_host(name, data, find)
    assert host.mdevs
    for mdev in host.mdevs.values():
        assert read_back(host.scheme, mdev) == host.describe(mdev)


def test_a_host_of_all_fields():
    """Parents, types and mdevs are there, with what is said of each."""
    host = load(GOOD)
    assert host.bus.kernel.name == "6.1"
    assert host.scheme == MAIL
    assert list(host.bus.parents) == [PARENT, "mtty"]
    assert list(host.mdevs) == [U1, U2, U3]
    assert [version_of(host, mdev) for mdev in host.mdevs.values()] == [2, 3, 1]
    objects = [host.describe(mdev).objects for mdev in host.mdevs.values()]
    texts = [
        [{name: str(clause) for name, clause in one.clauses.items()} for one in found]
        for found in objects
    ]
    assert texts == [
        [{"interface_version": "1"}],
        [{"mdev_type": "i915-GVTg_V5_{v:int:1,2}", "aggregator": "{v}/2"}],
        [],
    ]


def test_defaults():
    """Kernel, scheme, path and options may be left out."""
    host = load("parents: [{driver: mtty}, {driver: i915}]")
    assert (host.bus.kernel, host.scheme) == (list(KERNELS.values())[-1], None)
    assert list(host.bus.parents) == ["mtty", PARENT]
    assert list(load("parents: []").bus.parents) == []


def test_given_kernel_and_scheme_go_first():
    """What is given takes the place of what the file names."""
    host = load(GOOD, scheme=VERSION, kernel=KERNELS["6.1"])
    assert host.scheme == VERSION


def test_another_scheme_passes_over_what_the_files_scheme_knows():
    """Attributes of the file's own scheme are no mistakes under another one; others are."""
    text = GOOD.replace("        attributes: {interface_version: 3}\n", "")
    host = load(
        text.replace("        compatible:\n          - {mdev", "        # {mdev"), scheme=VERSION
    )
    shown = {name: str(v) for name, v in host.describe(host.mdevs[U1]).values.items()}
    expected = {"device_api": "vfio-pci", "mdev_type": TYPE, "software_version": "1.2.0"}
    assert shown == expected
    wrong = text.replace("device_type: pci", "nobody: 1")
    assert [found[1:] for found in refused(wrong, scheme=VERSION)] == [
        ("nobody", "unknown attribute nobody")
    ]


def test_another_scheme_keeps_objects_that_it_knows():
    """Under another scheme an object stays when all its attributes are known there."""
    other = load_scheme(
        "o", b"scheme: o\nobjects: published\nattributes: {interface_version: {type: int}}"
    )
    host = load(GOOD, scheme=other)
    found = [host.describe(mdev).objects for mdev in host.mdevs.values()]
    assert [objects and [tuple(one.clauses) for one in objects] for objects in found] == [
        [("interface_version",)],
        [("interface_version",)],
        (),
    ]


def test_options_by_kind():
    """Options are read as the driver's kinds: ids, numbers."""
    host = load("parents: [{driver: i915, options: {pci_id: '8086:1616', aperture_mb: 512}}]")
    parent = host.bus.parents[PARENT]
    assert (str(parent.pci_id), parent.config["aperture_mb"]) == ("80861616", 512)
    assert next(iter(parent.types)) == "i915-GVTg_V4_8"


MISTAKES = [
    ("kernel: 6.1", "kernel: 5.0", "5.0", "no kernel 5.0"),
    ("kernel: 6.1", "kernel: [6.1]", "[6.1]", "a list or mapping stands here"),
    ("scheme: self-compatible", "scheme: nobody", "nobody", "no scheme nobody"),
    ("parents:", "parent:", "parent", "unknown field parent"),
    ("driver: mtty", "driver: nobody", "nobody", "no vendor driver nobody"),
    ("driver: mtty", "driver: [mtty]", "[mtty]", "a list or mapping stands here"),
    ("- driver: mtty", "- mtty", "mtty", "not a mapping"),
    ("- driver: mtty", "- path: /sys/devices/x", "p", "no field driver"),
    ("driver: mtty", "driver: mtty\n    colour: red", "colour", "unknown field colour"),
    ("driver: mtty", "driver: mtty\n    driver: mtty", "driver", "driver is there twice"),
    ("/sys/devices/pci0000:00/0000:00:02.0", "/dev/mtty", "/dev/mtty", "not a device"),
    ("/sys/devices/pci0000:00/0000:00:02.0", "/sys/devices/", "/sys/devices/", "not a device"),
    ("/sys/devices/pci0000:00/0000:00:02.0", "/sys/devices/a/", "/sys/devices/a/", "not a device"),
    ("pci0000:00/0000:00:02.0", "../x", "/sys/devices/../x", "not a device"),
    ("pci0000:00/0000:00:02.0", "system/x", "/sys/devices/system/x", "not a device"),
    ("pci0000:00/0000:00:02.0", "virtual", "/sys/devices/virtual", "not a device"),
    (
        "driver: mtty",
        "driver: mtty\n    path: /sys/devices/0000:00:02.0",
        "/sys/devices/0000:00:02.0",
        "EEXIST",
    ),
    ("8086591d", "80860000", "80860000", "ENODEV"),
    ("8086591d", "591", "591", "not a PCI id"),
    ("aperture_mb: 1024", "aperture_mb: much", "much", "'much' is of the wrong type"),
    ("aperture_mb: 1024", "aperture_mb: 1", "1", "1 is too small"),
    ("aperture_mb: 1024", "aperture_mb: ١٠٢٤", "١٠٢٤", "is of the wrong type"),
    ("aperture_mb: 1024", "aperture_mb: 99999999999999999999", "9" * 20, "is of the wrong type"),
    ("aperture_mb: 1024", "aperture_mb: 4000", "4000", "leaves no high graphics memory"),
    ("aperture_mb: 1024", "aperture: 1024", "aperture", "unknown option aperture"),
    ("{pci_id: 8086591d, aperture_mb: 1024}", "[1]", "[1]", "not a mapping"),
    ("interface_version: 1}\n", "interface_version: x}\n", "x", "not an integer"),
    ("device_type: pci", "nobody: pci", "nobody", "unknown attribute nobody"),
    ("device_type: pci", "interface_version: 1", "interface_version", "is there twice"),
    ("- {interface_version: 1}", "- {}", "{}", "an object without clauses"),
    ("- {interface_version: 1}", "- 1", "1", "not a mapping"),
    ("- {interface_version: 1}", "- {interface_version: 'range(2,1)'}", "2,1", "range"),
    ("- {interface_version: 1}", "- {interface_version: '{v}'}", "{v}", "v is used before"),
    ("- {interface_version: 1}", "- {nobody: 1}", "nobody", "unknown attribute nobody"),
    ("      i915-GVTg_V5_4:", "      i915-GVTg_V4_4:", "i915-GVTg_V4_4", "no type i915-GVTg_V4_4"),
    ("        compatible: []", "        mdevs: []", "mdevs", "unknown field mdevs"),
    (f"uuid: {U1}, type: i915-GVTg_V5_8", f"uuid: {U1}, type: nobody", "nobody", "no type nobody"),
    (f"uuid: {U1}", f"uuid: {U2}", U2, "EEXIST"),
    (f"uuid: {U1}", "uuid: nobody", "nobody", "EINVAL"),
    (f"uuid: {U1}, ", "", "{type: i915-GVTg_V5_8}", "no field uuid"),
    (f"{{uuid: {U3}, type: i915-GVTg_V5_4}}", "mdev", "mdev", "not a mapping"),
    (
        f"{{uuid: {U3}, type: i915-GVTg_V5_4}}",
        f"{{uuid: {U3}}}",
        f"{{uuid: {U3}}}",
        "no field type",
    ),
    ("type: i915-GVTg_V5_4}", "type: i915-GVTg_V5_1}", "i915-GVTg_V5_1", "ENOSPC"),
]


@pytest.mark.parametrize(("old", "new", "marked", "said"), MISTAKES)
def test_a_mistake_is_marked(old, new, marked, said):
    """Each mistake is told at the words that are wrong."""
    assert GOOD.count(old) >= 1
    found = refused(GOOD.replace(old, new, 1))
    assert (marked, True) in [(mark, said in message) for _, mark, message in found], found


def test_all_mistakes_at_once():
    """What is wrong in several places is told in the order of the text."""
    text = """\
kernel: 1.0
scheme: self-compatible
colour: red
parents:
  - driver: i915
    attributes: {nobody: 1, aggregator: x}
    types: {nobody: {attributes: {aggregator: y}}}
    mdevs:
      - {uuid: bad, type: i915-GVTg_V5_8}
      - {uuid: 00000000-0000-0000-0000-000000000000, type: nothing}
      - {uuid: 00000000-0000-0000-0000-000000000000, type: i915-GVTg_V5_8, compatible: z}
  - driver: nobodys
  - driver: mtty
    options: {nobody: 3}
"""
    found = [(line, marked) for line, marked, _ in refused(text)]
    assert found == [
        (1, "1.0"),
        (3, "colour"),
        (6, "nobody"),
        (6, "x"),
        (7, "nobody"),
        (7, "y"),
        (9, "bad"),
        (10, "nothing"),
        (11, "z"),
        (12, "nobodys"),
        (14, "nobody"),
    ]


@pytest.mark.parametrize("driver", ["nobody", "{name: blink}", "i915\n    options: {fences: x}"])
def test_mdevs_are_looked_at_beside_a_wrong_driver(driver):
    """A mistake in the driver does not hide one in a UUID or a missing type."""
    mdevs = f"[{{uuid: {U1[:-1]}z, type: a}}, {{uuid: {U2}}}, {{uuid: {U3}, type: a}}]"
    found = refused(f"parents:\n  - driver: {driver}\n    mdevs: {mdevs}\n")
    told = [message.partition(",")[0] for _, _, message in found]
    assert told[-2:] == ["the kernel refuses this mdev: EINVAL", "no field type"]
    assert len(told) > 2


def test_wrong_options_hide_what_follows_from_them():
    """Where options are wrong, nobody is told that the device they make is full."""
    text = f"""\
parents:
  - driver: i915
    options: {{aperture_mb: much}}
    mdevs:
      - {{uuid: {U1}, type: i915-GVTg_V5_1}}
"""
    assert [marked for _, marked, _ in refused(text)] == ["much"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "not a mapping"),
        ("kernel: 6.1", "no field parents"),
        ("parents: {}", "not a list"),
        ("parents: [", "not YAML"),
        ("parents: [{driver: mtty, attributes: {a: 1}}]", "attributes of no scheme"),
        ("parents: [{driver: mtty, driver_version: 1}]", "attributes of no scheme"),
        ("parents: [{driver: mtty, mdevs: {}}]", "not a list"),
        ("scheme: software-version\nparents: [{driver: mtty, driver_version: 1}]", "version"),
    ],
)
def test_hosts_of_another_form(text, said):
    """What is no host at all is told in one mistake."""
    [(_, _, message)] = refused(text)
    assert said in message


def test_create_that_is_refused_names_the_kernels_errno():
    """A create that the simulated kernel refuses is told as it would, with its reason."""
    mdevs = "".join(
        f"      - {{uuid: 0000000{n:x}-0000-0000-0000-000000000000, type: {TYPE}}}\n"
        for n in range(10)
    )
    text = f"parents:\n  - driver: i915\n    mdevs:\n{mdevs}"
    found = refused(text)
    assert found
    assert {
        (marked, re.sub(r"^.*: (E\w+),.*$", r"\1", message)) for _, marked, message in found
    } == {(TYPE, "ENOSPC")}
    assert found[-1][0] == 13


@pytest.mark.parametrize(
    ("surface", "said"),
    [
        ("{form: files, scope: type}", "name is there already"),
        ("{form: listing, scope: device, name: remove}", "remove collides"),
    ],
)
def test_files_that_a_scheme_cannot_have(surface, said):
    """A scheme whose files are taken is a mistake of the host, not a traceback."""
    attribute = "name: {type: string}"
    text = f"scheme: s\nattributes: {{{attribute}}}\nsurface: {surface}"
    scheme = load_scheme("s", text.encode())
    mdev = f"{{uuid: {U1}, type: mtty-1}}"
    host = f"scheme: s\nparents: [{{driver: mtty, attributes: {{name: x}}, mdevs: [{mdev}]}}]"
    with pytest.raises(InputError) as caught:
        load_host("f", host.encode(), lambda _: scheme)
    assert [said in mistake.message for mistake in caught.value.mistakes] == [True]


def test_an_mdev_that_says_what_types_publish():
    """Where the scheme publishes on types, an mdev's own value is a mistake at the mdev."""
    mdev = f"{{uuid: {U1}, type: mtty-1, attributes: {{software_version: 1.1}}}}"
    text = f"scheme: software-version\nparents: [{{driver: mtty, mdevs: [{mdev}]}}]"
    [(line, marked, message)] = refused(text)
    assert (line, marked) == (2, mdev)
    assert "publishes on types" in message


AP = f"""\
parents:
  - driver: vfio_ap
    mdevs:
      - uuid: {U1}
        type: vfio_ap-passthrough
        writes: [{{assign_adapter: 5}}, {{assign_adapter: 0x6}}, {{assign_domain: 4}}]
"""


def test_writes():
    """What a host writes to its mdevs is written in its order, as a client would."""
    [mdev] = load(AP).mdevs.values()
    assert mdev.show("matrix") == "05.0004\n06.0004\n"


@pytest.mark.parametrize(
    ("old", "new", "marked", "said"),
    [
        ("assign_adapter: 5", "assign_adaptor: 5", "assign_adaptor", "ENOENT"),
        ("assign_adapter: 5", "matrix: 5", "matrix", "EACCES"),
        ("assign_adapter: 5", "assign_adapter: five", "five", "EINVAL"),
        ("assign_adapter: 5", "assign_adapter: [5]", "[5]", "a list or mapping"),
        ("{assign_adapter: 5}", "assign_adapter", "assign_adapter", "not a mapping"),
        ("assign_domain: 4", "assign_domain: 99999", "99999", "ENODEV"),
    ],
)
def test_writes_that_are_refused(old, new, marked, said):
    """A write that the simulated kernel refuses is told where it stands."""
    assert old in AP
    [(_, mark, message)] = refused(AP.replace(old, new, 1))
    assert (mark, said in message) == (marked, True), message


def test_a_scheme_file_that_is_wrong():
    """The mistakes of a scheme are told in its own file."""

    def broken(name):
        return load_scheme(f"{name}.yaml", b"scheme: s")

    with pytest.raises(InputError) as caught:
        load_host("f", b"scheme: s\nparents: []", broken)
    assert caught.value.mistakes[0].file == "s.yaml"
