"""A vendor driver described in a host file."""

import random
from importlib.resources import files

import pytest
from host.loading import load, refused

from simulator.errors import InputError
from simulator.host import Host

U1 = "00000001-0000-0000-0000-00000000000a"

GOOD = f"""\
parents:
  - driver:
      name: blink
      device_api: vfio-ap
      path: /sys/devices/blink/0000:00:03.0
      mdev_driver: blink_mdev
      capacity: {{lights: 3, heat: 9}}
      exhausted: ENOMEM
      named: true
      pci: {{id: 1234:5678, class: 030000, revision: 0x06, subsystem: 1af41100}}
      types:
        single:
          name: One light
          takes: {{lights: 1}}
          description: "lights: 1"
        pair: {{takes: {{lights: 2, heat: 1}}, values: {{vendor/level: 9}}}}
      mdev_attributes:
        vendor/switch: {{value: off, values: [on, off], refused: ERANGE, while_open: EBUSY}}
        vendor/level: {{value: 7, kind: int, range: [0, 15]}}
        vendor/id: x-{{uuid}}
        flags: {{kind: set, values: [a, b]}}
        version: {{kind: version, range: [1.0, 1.9], mode: 0644}}
        kick: {{mode: 0200}}
      type_attributes: {{heat: {{value: 1, mode: 0444}}}}
      parent_attributes: {{lights/total: 3}}
    numa_node: 1
    iommu_group: 7
    mdevs:
      - {{uuid: {U1}, type: blink-pair}}
"""


def test_a_driver_of_all_fields():
    """Everything that a description can say is there."""
    host = load(GOOD)
    [parent] = host.bus.parents.values()
    [mdev] = host.mdevs.values()
    assert (parent.path, parent.numa_node, parent.iommu_group) == (
        "/sys/devices/blink/0000:00:03.0",
        1,
        7,
    )
    assert (str(parent.pci.id), str(parent.pci.subsystem)) == ("1234:5678", "1af41100")
    assert (parent.pci.class_code, parent.pci.revision) == (0x030000, 0x06)
    assert parent.driver.mdev_driver == "blink_mdev"
    single = parent.types["blink-single"]
    assert {name: single.show(name) for name in single.attributes if name != "create"} == {
        "device_api": "vfio-ap\n",
        "name": "One light\n",
        "available_instances": "1\n",
        "description": "lights: 1\n",
        "heat": "1\n",
    }
    readable = {name: one.mode for name, one in mdev.attributes.items() if one.mode & 0o444}
    assert {name: mdev.show(name) for name in readable} == {
        "vendor/switch": "off\n",
        "vendor/level": "9\n",
        "vendor/id": f"x-{U1}\n",
        "flags": "\n",
        "version": "\n",
    }
    assert (readable["vendor/id"], mdev.attributes["kick"].mode) == (0o444, 0o200)
    assert parent.show("lights/total") == "3\n"


def test_the_core_counts():
    """A number as capacity is the core's counter."""
    host = load("parents: [{driver: {name: b, capacity: 2, types: {x: {}}}}]")
    assert host.bus.parents["b"].types["b-x"].available_instances == 2


def test_one_description_for_two_parents():
    """A YAML anchor lets two parents have one driver."""
    text = """\
parents:
  - driver: &b {name: b, capacity: 2, types: {x: {}}}
    path: /sys/devices/one
  - driver: *b
    path: /sys/devices/two
"""
    assert list(load(text).bus.parents) == ["one", "two"]


def test_a_first_value_that_no_rule_forbids():
    """Where nothing is said of what may be written, a file may show any text at first."""
    file = '{mode: 0644, value: "a\\nb\\n"}'
    driver = f"{{name: b, capacity: 2, types: {{x: {{}}}}, parent_attributes: {{text: {file}}}}}"
    assert load(f"parents: [{{driver: {driver}}}]").bus.parents["b"].show("text") == "a\nb\n"


MISTAKES = [
    ("name: blink\n", "name: a/b\n", "a/b", "is no name"),
    ("vfio-ap", "vfio_ap", "vfio_ap", "is no device_api"),
    ("/sys/devices/blink/0000:00:03.0", "/dev/x", "/dev/x", "is no path"),
    ("mdev_driver: blink_mdev", "mdev_driver: ..", "..", "is no mdev_driver"),
    ("{lights: 3, heat: 9}", "{}", "{}", "no pool"),
    ("{lights: 3, heat: 9}", "many", "many", "not a number from 0"),
    ("{lights: 3, heat: 9}", "[1]", "[1]", "a list or mapping"),
    ("{lights: 3, heat: 9}", "9", "{lights: 1}", "there are no pools"),
    ("lights: 3, heat", "lights: -3, heat", "-3", "not a number from 0"),
    ("takes: {lights: 1}", "takes: {water: 1}", "water", "no pool water"),
    ("takes: {lights: 1}", "takes: {lights: 0}", "{lights: 0}", "single takes nothing"),
    ("          takes: {lights: 1}\n", "", "single", "single takes nothing"),
    ("exhausted: ENOMEM", "exhausted: ENOMEN", "ENOMEN", "is no exhausted"),
    ("named: true", "named: maybe", "maybe", "is no named"),
    ("id: 1234:5678", "id: 5678", "5678", "names no vendor"),
    ("id: 1234:5678", "id: x", "x", "not a PCI id"),
    ("id: 1234:5678, ", "", "{class: 030000, revision: 0x06, subsystem: 1af41100}", "no field id"),
    ("class: 030000", "class: display", "display", "is no hex number"),
    ("revision: 0x06", "revision: 0x0600", "0x0600", "is no hex number"),
    ("pci: {id", "pci: {colour: 1, id", "colour", "unknown field colour"),
    ("name: One light", "nome: One light", "nome", "unknown field nome"),
    ("values: {vendor/level: 9}", "values: {vendor/level: 99}", "99", "out of range"),
    ("values: {vendor/level: 9}", "values: {level: 9}", "level", "no file level"),
    ("        pair:", "        a b:", "a b", "is no name of a type"),
    ("vendor/switch:", "/switch:", "/switch", "is no name of a file"),
    ("vendor/switch:", "remove:", "remove", "remove is there already"),
    ("vendor/switch:", "driver/x:", "driver/x", "driver/x is there already"),
    ("vendor/id:", "vendor:", "vendor", "vendor collides with vendor/switch"),
    ("vendor/id:", "flags/a:", "flags", "flags collides with flags/a"),
    ("type_attributes: {heat", "type_attributes: {name", "name", "name is there already"),
    ("parent_attributes: {lights", "parent_attributes: {config", "config/total", "there already"),
    ("values: [on, off]", "values: [yes, no]", "off", "off is not allowed"),
    ("values: [on, off]", "values: on", "on", "not a list"),
    ("refused: ERANGE", "refused: 34", "34", "is no refused"),
    ("while_open: EBUSY", "while_open: busy", "busy", "is no while_open"),
    ("kind: int", "kind: integer", "integer", "is no kind"),
    ("kind: int, range: [0, 15]", "kind: string, range: [0, 15]", "[0, 15]", "a range of kind"),
    ("range: [0, 15]", "range: [0]", "[0]", "1 values"),
    ("range: [0, 15]", "range: [0, x]", "x", "not an integer"),
    ("range: [0, 15]", "range: [9, 15]", "7", "out of range"),
    ("range: [0, 15]", "range: [15, 0]", "[15, 0]", "above the most"),
    ("value: 7", "value: seven", "seven", "not an integer"),
    ("kind: set, values: [a, b]", "kind: set, values: [a+c, b]", "a+c", "2 members"),
    ("mode: 0200", "mode: 0777", "0777", "is no mode"),
    (
        "range: [1.0, 1.9], mode: 0644",
        "mode: 0444, range: [1.0, 1.9]",
        "version",
        "nobody may write",
    ),
    ("numa_node: 1", "numa_node: -1", "-1", "not a number from 0"),
    ("iommu_group: 7", "iommu_group: x", "x", "not a number from 0"),
    ("numa_node: 1", "options: {a: 1}", "a", "unknown option a"),
    ("type: blink-pair", "type: pair", "pair", "no type pair"),
]


@pytest.mark.parametrize(("old", "new", "marked", "said"), MISTAKES)
def test_a_mistake_is_marked(old, new, marked, said):
    """Each mistake is told at the words that are wrong."""
    assert old in GOOD
    found = refused(GOOD.replace(old, new, 1))
    assert (marked, True) in [(mark, said in message) for _, mark, message in found], found


def test_what_is_needed():
    """A driver without its name, types and capacity misses all three at once."""
    assert [message for _, _, message in refused("parents: [{driver: {}}]")] == [
        "no field name",
        "no field capacity",
        "no field types",
    ]


def test_all_mistakes_at_once():
    """What is wrong in several places of a description is told in the order of the text."""
    text = GOOD
    for old, new in (("vfio-ap", "ap"), ("ENOMEM", "1"), ("lights: 1}", "l: 1}"), ("0200", "02")):
        text = text.replace(old, new, 1)
    assert [marked for _, marked, _ in refused(text)] == ["ap", "1", "l", "02"]


PIECES = ["{", "}", "[", "]", ":", ",", "&a ", "*a", "!x ", "|\n", "\n", "  ", '"', "-", "0", "é"]


@pytest.mark.parametrize("seed", range(20))
def test_mutations_are_hosts_or_mistakes(seed):
    """A text with random changes is a host, or has mistakes; nothing else comes out."""
    choose = random.Random(seed)
    shipped = files("simulator.examples").joinpath("blink.yaml").read_text("utf-8")
    words = sorted({word.strip("{}[],:") for word in GOOD.split()} - {""})
    for _ in range(20):
        text = choose.choice((GOOD, shipped))
        for _ in range(choose.randint(1, 4)):
            at = choose.randrange(len(text))
            end = min(len(text), at + choose.choice((0, 0, 1, 2, 9)))
            text = text[:at] + choose.choice((*PIECES, *words)) + text[end:]
        try:
            host = load(text)
        except InputError as error:
            told = str(error)
        else:
            told = "f"
            assert isinstance(host, Host)
            for parent in host.bus.parents.values():
                for one in parent.types.values():
                    assert one.available_instances >= 0
        assert told.startswith("f")
