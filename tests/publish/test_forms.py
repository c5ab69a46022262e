"""The forms of surfaces: what each writes, and that it reads what it writes."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from property.strategies import descriptions, schemes

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.loader import load_scheme
from simulator.compat.rule import Object
from simulator.compat.scheme import FORMS, Attribute, Scheme, Surface
from simulator.errors import InputError, TextError
from simulator.publish.forms import FORM_OF, Known
from simulator.publish.plan import Shown
from simulator.publish.read_and_test import readable_text
from simulator.values import parse_value

SCHEME = load_scheme(
    "s",
    b"""scheme: s
objects: published
attributes:
  mdev_type: {type: string}
  aggregator: {type: int}
  pv_mode: {type: set}
""",
)


def values(**texts):
    """Values of the scheme."""
    return {name: parse_value(SCHEME.kinds[name], text) for name, text in texts.items()}


def accepted(**texts):
    """An object of the scheme."""
    clauses, variables = {}, {}
    for name, text in texts.items():
        clauses[name], variables = parse_clause(text, SCHEME.kinds[name], variables)
    return Object(clauses)


OWN = values(mdev_type="i915-GVTg_V5_4", aggregator="2", pv_mode="none, ppgtt")
OBJECTS = (
    accepted(mdev_type="i915-GVTg_V5_{n:int:2,4}", aggregator="{n}/2"),
    accepted(aggregator="one_of(1,2)", pv_mode=""),
)
DEVICE = Description(OWN, OBJECTS)


def shown(form, *names, name="migration", text="", scheme=SCHEME):
    """A surface of this form, with all attributes or some."""
    return Shown(Surface(form, "device", name, text=text), names or tuple(scheme.attributes))


def write(one, description, scheme=SCHEME):
    """The texts by path."""
    return FORM_OF[one.surface.form].write(scheme, one, description)


def read(one, texts, scheme=SCHEME, known=None):
    """What the texts say."""
    known = known or Known("/sys/devices/x")
    return FORM_OF[one.surface.form].read(scheme, one, texts.get, known)


def test_every_form_of_schemes_is_there():
    """What a scheme may name can be written and read."""
    assert list(FORM_OF) == list(FORMS)


# ---- what is written


def test_files():
    """One value stands in each file, below a directory or without one."""
    expected = {"mdev_type": "i915-GVTg_V5_4\n", "aggregator": "2\n", "pv_mode": "none, ppgtt\n"}
    assert write(shown("files", name=""), DEVICE) == expected
    assert write(shown("files", "aggregator", name="a/b"), DEVICE) == {"a/b/aggregator": "2\n"}


def test_json():
    """The JSON has an array of one object, and one of those that are accepted, all of strings."""
    text = write(shown("json"), DEVICE)["migration"]
    assert json.loads(text) == {
        "self": [{"mdev_type": "i915-GVTg_V5_4", "aggregator": "2", "pv_mode": "none, ppgtt"}],
        "compatible": [
            {"mdev_type": "i915-GVTg_V5_{n:int:2,4}", "aggregator": "{n}/2"},
            {"aggregator": "one_of(1,2)", "pv_mode": '""'},
        ],
    }
    assert text.isascii()
    assert text.endswith("]}\n")
    assert json.loads(write(shown("json"), Description({}))["migration"]) == {"self": [{}]}


@pytest.mark.parametrize("text", ["none, ppgtt", "ppgtt+none", "none", ""])
def test_lines(text):
    """A set stands there as it was written, a member a line; the empty set is no line."""
    own = values(pv_mode=text)
    words = [word.strip() for word in text.replace("+", ",").split(",") if word]
    expected = {"migration": "".join(f"{word}\n" for word in words)}
    assert write(shown("lines", "pv_mode"), Description(own)) == expected
    assert write(shown("lines", "pv_mode"), Description({})) == {}


def test_directories():
    """Clauses stand in directories of their objects, of which the second has a number."""
    assert write(shown("directories"), DEVICE) == {
        "migration/self/mdev_type": "i915-GVTg_V5_4\n",
        "migration/self/aggregator": "2\n",
        "migration/self/pv_mode": "none, ppgtt\n",
        "migration/compatible/mdev_type": "i915-GVTg_V5_{n:int:2,4}\n",
        "migration/compatible/aggregator": "{n}/2\n",
        "migration/compatible0002/aggregator": "one_of(1,2)\n",
        "migration/compatible0002/pv_mode": '""\n',
    }


@pytest.mark.parametrize("form", ["pair", "binary"])
def test_pair(form):
    """Two files have a field a line; an empty line parts the objects."""
    assert write(shown(form), DEVICE) == {
        "migration/self": "mdev_type=i915-GVTg_V5_4\naggregator=2\npv_mode=none, ppgtt\n",
        "migration/compatible": (
            "mdev_type=i915-GVTg_V5_{n:int:2,4}\naggregator={n}/2\n"
            '\naggregator=one_of(1,2)\npv_mode=""\n'
        ),
    }
    assert set(write(shown(form), Description(OWN))) == {"migration/self"}
    assert FORM_OF[form].is_binary == (form == "binary")


@pytest.mark.parametrize("form", ["listing", "json", "directories", "pair", "binary"])
def test_attributes_limit_what_is_shown_of_self(form):
    """Values of other attributes are not shown; objects are shown whole."""
    one = shown(form, "aggregator")
    found = read(one, write(one, DEVICE))
    assert (dict(found.values), found.objects) == (values(aggregator="2"), OBJECTS)


# ---- what is read


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        ("files", {"migration/aggregator": "two\n"}),
        ("listing", {"migration": "SELF:\n"}),
        ("json", {"migration": "{"}),
        ("json", {"migration": "[]"}),
        ("json", {"migration": '{"self":[]}'}),
        ("json", {"migration": '{"self":[{"nobody":"x"}]}'}),
        ("json", {"migration": '{"self":[{"aggregator":2}]}'}),
        ("json", {"migration": '{"self":[{}],"compatible":[{"nobody":"x"}]}'}),
        ("json", {"migration": '{"self":[{}],"compatible":[{"aggregator":"{n}"}]}'}),
        ("json", {"migration": '{"self":[{}],"compatible":7}'}),
        ("json", {"migration": "[" * 100_000}),
        ("lines", {"migration": "a b\n"}),
        ("directories", {"migration/self/aggregator": "\n"}),
        ("directories", {"migration/compatible/aggregator": "{n}\n"}),
        ("pair", {"migration/self": "aggregator\n"}),
        ("pair", {"migration/self": "nobody=1\n"}),
        ("binary", {"migration/compatible": "aggregator={n}/2\n"}),
        ("test", {"migration": "V5_4\n"}),
    ],
)
def test_files_that_do_not_hold_what_they_should(form, texts):
    """A text that is not of its form is refused, and told as the mistake of a text."""
    names = ["pv_mode"] if form == "lines" else []
    with pytest.raises((TextError, InputError)):
        read(shown(form, *names, text="{mdev_type}-{aggregator}"), texts)


@pytest.mark.parametrize("form", FORMS)
def test_files_that_are_not_there(form):
    """Without files nothing is published: no value, and no list of objects."""
    names = ["pv_mode"] if form == "lines" else []
    found = read(shown(form, *names, text="{mdev_type}"), {})
    assert (dict(found.values), found.objects) == ({}, None)


def test_a_clause_before_the_one_that_declares_its_variable():
    """A directory has no order: the reader finds the declaration wherever it is."""
    scheme = Scheme("s", dict(reversed(SCHEME.attributes.items())), has_objects=True)
    one = shown("directories", scheme=scheme)
    assert read(one, write(one, DEVICE, scheme), scheme).objects == OBJECTS


@pytest.mark.parametrize("form", [form for form in FORMS if form not in {"lines", "test"}])
@given(data=st.data())
def test_what_is_written_is_read(form, data):
    """Of any scheme and device, each form reads what it writes, as far as it can say it."""
    scheme = data.draw(schemes())
    device = replace(data.draw(descriptions(scheme)), name=None)
    assume(device.values or form != "listing")
    one = shown(form, scheme=scheme)
    found = read(one, write(one, device, scheme), scheme)
    assert found.values == device.values
    if form == "files":
        assert found.objects is None
    elif form in {"listing", "directories"}:
        assert found.objects == (device.objects or None)
    else:
        assert found.objects == device.objects


@given(data=st.data())
def test_lines_are_read(data):
    """Any set is read from its lines."""
    scheme = Scheme("s", {"a": Attribute("a", "set")})
    device = replace(data.draw(descriptions(scheme)), name=None, objects=None)
    one = shown("lines", scheme=scheme)
    assert read(one, write(one, device, scheme), scheme) == device


@given(data=st.data())
def test_texts_are_read(data):
    """Whatever a test shows is read again: its attributes, and no others."""
    scheme = data.draw(schemes())
    device = data.draw(descriptions(scheme))
    names = data.draw(st.lists(st.sampled_from(list(scheme.attributes)), min_size=1))
    one = shown("test", *names, text="|".join(f"{{{name}}}" for name in names))
    texts = write(one, device, scheme)
    assert bool(texts) == (readable_text(scheme, one.surface, device) is not None)
    expected = {name: value for name, value in device.values.items() if name in names}
    assert read(one, texts, scheme).values == (expected if texts else {})
