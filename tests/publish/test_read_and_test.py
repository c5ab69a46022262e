"""A text is read at the source and written to the target: what is taken, and what is refused."""

import errno
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.strategies import descriptions, schemes

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import parse_line
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme, Surface
from simulator.errors import MdevError
from simulator.host import Host
from simulator.host.machine import LOG_LINES
from simulator.mdev import KERNELS
from simulator.publish import Publication, read_back, read_type
from simulator.publish.read_and_test import MAX_TEXT, Refusal, refusal, split_text
from simulator.values import parse_value
from simulator.vendors import driver

TYPE = "i915-GVTg_V5_4"
PARENT = "0000:00:02.0"
UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
# GVT's string with GVT's reasons, and an errno of its own to tell them apart.
TEXT = "{vendor}-{device}-{type_name}-{software_version}"
GVT = load_scheme(
    "gvt",
    f"""
scheme: gvt
missing: incompatible
attributes:
  vendor: {{type: string, clause: equal, from: parent_pci_vendor, log: physical device}}
  device:
    {{type: string, clause: equal, from: parent_pci_device, log: physical device, errno: ENXIO,
     valid: "one_of(591d,1616)"}}
  software_version: {{type: string, clause: equal, log: software version}}
  type_name: {{type: string, clause: equal, from: type_name, log: vgpu type, errno: ESTALE}}
  unsaid: {{type: string, clause: equal, required: true}}
surface:
  - {{form: test, scope: type, name: version, text: "{TEXT}", log: wrong format}}
  - {{form: test, scope: device, name: version, text: "{TEXT}"}}
""".encode(),
)
OWN = "8086-591d-GVTg_V5_4-00000001"


def host(scheme=GVT, version="00000001", **options):
    """A host with one GPU."""
    made = Host(KERNELS["6.1"], scheme)
    known = "software_version" in scheme.kinds and version
    said = {"software_version": parse_value("string", version)} if known else {}
    made.add_parent(driver("i915"), {"aperture_mb": 1024, **options}, says=Publication(said))
    return made


def vgpu(made, type_id=TYPE):
    """One type of the GPU."""
    return made.bus.parents[PARENT].types[type_id]


def written(node, text, name="version"):
    """The count of a write, or its errno."""
    try:
        return node.store(name, text if isinstance(text, bytes) else text.encode())
    except MdevError as error:
        return error.name


@pytest.fixture(params=["type", "device"])
def nodes(request):
    """The host, and the type or the mdev that is tested."""
    made = host()
    return made, vgpu(made) if request.param == "type" else made.create(PARENT, TYPE, UUID)


def test_the_text(nodes):
    """The text is filled in, ends in a newline, and can be written as root of any kind."""
    _, node = nodes
    assert node.show("version") == f"{OWN}\n"
    assert node.attributes["version"].mode == 0o644


@pytest.mark.parametrize("end", ["", "\n"])
def test_what_was_read_is_compatible(nodes, end):
    """The identical text gives its length, with or without its newline."""
    made, node = nodes
    assert written(node, OWN + end) == len(OWN + end)
    assert made.log == ()


@pytest.mark.parametrize(
    ("text", "name", "log"),
    [
        ("8087-591d-GVTg_V5_4-00000001", "EINVAL", "physical device"),
        ("8086-5912-GVTg_V5_4-00000001", "ENXIO", "physical device"),
        ("8086-5912-GVTg_V5_8-00000002", "ENXIO", "physical device"),
        ("8086-591d-GVTg_V5_4-00000002", "EINVAL", "software version"),
        ("8086-591d-GVTg_V5_8-00000002", "EINVAL", "software version"),
        ("8086-591d-GVTg_V5_8-00000001", "ESTALE", "vgpu type"),
    ],
)
def test_the_first_attribute_that_does_not_match(nodes, text, name, log):
    """The scheme's order decides, not that of the text; the log names device and reason."""
    made, node = nodes
    assert written(node, text) == name
    device = f"i915 {PARENT}" if node.path.endswith(TYPE) else f"intel_vgpu_mdev {UUID}"
    assert made.log == (f"{device}: {log}",)


@pytest.mark.parametrize(
    "text",
    [
        "8086",
        "8086-591d-GVTg_V5_4",
        "\n",
        f"{OWN}\n\n"[:-1] + "\0",
        b"8086-591d-GVTg_V5_4-\xff",
        "8086-591d-" + "x" * 4096,
    ],
)
def test_texts_of_another_form(text):
    """What is not of the form is EINVAL, and the surface's reason goes to the log."""
    made = host()
    assert written(vgpu(made), text) == "EINVAL"
    assert made.log == (f"i915 {PARENT}: wrong format",)
    mdev = made.create(PARENT, TYPE, UUID)
    assert written(mdev, text) == "EINVAL"
    assert len(made.log) == 1


@pytest.mark.parametrize("options", [{"pci_id": "80865912"}, {"version": ""}])
def test_who_cannot_migrate(options):
    """A value that is not valid, or absent, is ENODEV on read and write, whatever is written."""
    made = host(**options)
    for node in (vgpu(made), made.create(PARENT, TYPE, UUID)):
        with pytest.raises(MdevError) as caught:
            node.show("version")
        assert caught.value.errno == errno.ENODEV
        assert {written(node, text) for text in (OWN, "x", "8086-5912-GVTg_V5_4-1")} == {"ENODEV"}
        assert written(node, "") == 0
    assert made.log == ()
    assert read_back(GVT, made.mdevs[UUID]).values == {}


def test_attributes_that_are_not_in_the_text_are_not_asked(nodes):
    """An attribute that both would need is left out, since a text cannot say it."""
    made, node = nodes
    assert judge(GVT, made.describe_parent(PARENT), made.describe_parent(PARENT)) != (
        Outcome.COMPATIBLE
    )
    assert isinstance(written(node, OWN), int)


def test_a_type_reads_back():
    """The attributes of a type are read from its text, before there is a device."""
    made = host()
    found = read_type(GVT, vgpu(made))
    assert {name: str(value) for name, value in found.values.items()} == {
        "vendor": "8086",
        "device": "591d",
        "software_version": "00000001",
        "type_name": "GVTg_V5_4",
    }
    assert found.name == f"{PARENT}/{TYPE}"


def test_the_log_is_bounded():
    """The oldest lines make room."""
    made = host()
    for number in range(LOG_LINES + 5):
        written(vgpu(made), "8086-591d-GVTg_V5_8-00000001" if number < 5 else "x")
    assert len(made.log) == LOG_LINES
    assert set(made.log) == {f"i915 {PARENT}: wrong format"}


# ---- objects


ACCEPTS = load_scheme(
    "accepts",
    b"""
scheme: accepts
attributes:
  a: {type: int, log: a differs}
  b: {type: int, errno: EPERM}
accepts:
  - {a: "range(0,${a})", b: "${b}"}
surface: {form: test, scope: type, name: version, text: "a{a}"}
""",
)


def test_the_targets_objects_decide():
    """What the target accepts is asked, as far as the text says it."""
    values = {name: parse_value("int", "3") for name in "ab"}
    target = Description(values)
    surface = ACCEPTS.surfaces[0]
    found = [refusal(ACCEPTS, surface, target, text) for text in (b"a3", b"a2", b"a4\n", b"b3")]
    assert found == [None, None, Refusal("EINVAL", "a differs"), Refusal("EINVAL")]
    both = replace(surface, text="a{a}b{b}")
    assert refusal(ACCEPTS, both, target, b"a1b2") == Refusal("EPERM")
    assert refusal(ACCEPTS, both, target, b"a9b2") == Refusal("EINVAL", "a differs")
    assert refusal(ACCEPTS, both, Description(values, ()), b"a3b3") == Refusal("EINVAL")


@pytest.mark.parametrize(("text", "errno_name"), [(b"1", None), (b"2", None), (b"3", "EINVAL")])
def test_a_variable_that_another_attribute_declares(text, errno_name):
    """An object is asked for what the text gives, also where it refers to what the text lacks."""
    scheme = load_scheme(
        "s",
        b"""
scheme: s
objects: published
missing: incompatible
attributes:
  t: {type: string}
  a: {type: int}
surface: {form: test, scope: device, name: version, text: "{a}"}
""",
    )
    line = '{"self":{"t":"i_2","a":2},"compatible":[{"t":"i_{v:int:1,2}","a":"{v}"}]}'
    refused = refusal(scheme, scheme.surfaces[0], parse_line(line, scheme), text)
    assert (refused and refused.errno) == errno_name


def test_the_other_direction_is_not_asked():
    """A text says nothing of whom the source accepts."""
    scheme = ACCEPTS.accepted(Direction.SOURCE)
    target = Description({"a": parse_value("int", "3"), "b": parse_value("int", "3")})
    assert refusal(scheme, scheme.surfaces[0], target, b"a2") is None


def test_a_relation_with_another_attribute_of_the_source():
    """The target's list is compared with the source's type, which alone is in the text."""
    attributes = {
        "mdev_type": Attribute("mdev_type", "string"),
        "types": Attribute("types", "set", Relation.ONE_OF, of="mdev_type", log="no such type"),
    }
    scheme = Scheme("s", attributes)
    surface = Surface("test", "device", "t", text="{mdev_type}")
    target = Description(
        {"mdev_type": parse_value("string", "x"), "types": parse_value("set", "x")}
    )
    assert refusal(scheme, surface, target, b"x") is None
    assert refusal(scheme, surface, target, b"y") == Refusal("EINVAL", "no such type")


@given(data=st.data())
def test_a_write_says_what_the_judge_says(data):
    """Of any scheme, a text of all attributes is taken just when the judge finds it compatible."""
    scheme = data.draw(schemes()).accepted(Direction.TARGET)
    text = "|".join(f"{{{name}}}" for name in scheme.attributes)
    surface = Surface("test", "device", "t", text=text)
    source, target = (data.draw(descriptions(scheme)) for _ in range(2))
    for one in (source, target):
        if set(one.values) != set(scheme.attributes) or not all(
            str(value).isascii() for value in one.values.values()
        ):
            return
    written_text = "|".join(str(source.values[name]) for name in scheme.attributes)
    found = refusal(scheme, surface, target, f"{written_text}\n".encode())
    verdict = judge(scheme, replace(source, objects=None), target)
    assert (found is None) == (verdict is Outcome.COMPATIBLE)


# ---- from a text to its attributes


KINDS = Scheme(
    "s",
    {
        name: Attribute(name, kind)
        for name, kind in zip("stiv", ("string", "string", "int", "version"), strict=True)
    },
)


@pytest.mark.parametrize(
    ("form", "text", "own", "expected"),
    [
        ("{s}-{t}", "a-b", {}, {"s": "a", "t": "b"}),
        ("{s}-{t}", "a-b-c", {}, {"s": "a", "t": "b-c"}),
        ("{s}-{t}", "a-b-c", {"s": "a-b"}, {"s": "a-b", "t": "c"}),
        ("{s}-{t}", "a-b-d", {"s": "a-b", "t": "c"}, {"s": "a-b", "t": "d"}),
        ("{s}-{t}", "-", {}, {"s": "", "t": ""}),
        ("{s}{i}", "ab12", {"s": "ab"}, {"s": "ab", "i": "12"}),
        ("<{s}>", "<a>b>", {}, {"s": "a>b"}),
        ("{s}={s}", "a=a", {}, {"s": "a"}),
        ("{s}={s}", "a=b", {}, None),
        ("{i}-{v}", "1-1.2", {}, {"i": "1", "v": "1.2"}),
        ("{i}-{v}", "-1-1.2", {"i": "-1"}, {"i": "-1", "v": "1.2"}),
        ("{i}-{v}", "x-1.2", {}, None),
        ("{s}-{t}", "ab", {}, None),
        ("{s}.", "ab", {}, None),
        ("p{s}", "ab", {}, None),
        ("{s}", "a\tb", {}, None),
    ],
)
def test_split(form, text, own, expected):
    """From left to right an attribute is its own value if it can be, or as short as possible."""
    likely = {name: parse_value(KINDS.kinds[name], value) for name, value in own.items()}
    found = split_text(KINDS, form, text, likely)
    assert (found and {name: str(value) for name, value in found.items()}) == expected


def test_a_long_text_is_soon_split():
    """A text made to be read in many ways is refused; trying all of them would never end."""
    scheme = Scheme("s", {name: Attribute(name, "string") for name in "abcdefgh"})
    form = "-".join(f"{{{name}}}" for name in scheme.attributes) + "-{i}"
    scheme = replace(scheme, attributes={**scheme.attributes, "i": Attribute("i", "int")})
    assert split_text(scheme, form + "!", "-" * (MAX_TEXT - 1) + "!", {}) is None
    assert split_text(scheme, "{a}-{b}-{c}x-{d}-{e}", "-" * MAX_TEXT, {}) is None
