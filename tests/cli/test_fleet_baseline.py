"""``mdevsim fleet baseline``."""

import json

import pytest


def line(name, mdev_type, version):
    """Write one device as NDJSON."""
    values = {"device_api": "vfio-pci", "mdev_type": mdev_type, "software_version": version}
    return json.dumps({"name": name, "self": {k: v for k, v in values.items() if v is not None}})


@pytest.fixture
def asked(quick, write):
    """Ask for the baseline of some devices: names, types and versions."""

    def ask(devices, *more):
        lines = "\n".join(line(*one) for one in devices)
        return quick("fleet", "baseline", write("f", lines), "--scheme", "software-version", *more)

    return ask


THREE = (("a/p/1", "t", "1.2.0"), ("b/p/1", "t", "1.1.0"), ("b/p/2", "t", "1.1.0"))
MIXED = (*THREE, ("c/p/1", "u", "1.2.0"), ("c/p/2", "u", "1.2.0"))


def test_what_is_said(asked):
    """A baseline is the value of each attribute that has to be limited."""
    answer = asked(THREE)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == (
        "f: 3 devices, 2 classes\n"
        "baseline of 3 devices (1 pair judged)\n"
        "  software_version  1.1.0  limits 1 device\n"
    )


def test_nothing_to_limit(asked):
    """Where all accept each other there is nothing to do."""
    answer = asked(THREE[1:])
    assert answer.status == 0
    assert answer.out.endswith("all accept each other as they are (1 pair judged)\n")


def test_what_prevents_it(asked):
    """Without a baseline it is said what prevents it, and who could do without whom."""
    answer = asked(MIXED)
    assert (answer.status, answer.err) == (1, "")
    assert answer.out == (
        "f: 5 devices, 3 classes\n"
        "no baseline\n"
        "prevented by mdev_type: t (3), u (2)\n"
        "  mdev_type: the source has t, the target u\n"
        "without 2 of the 5 devices (no fewer can be left out):\n"
        "  baseline of 3 devices (1 pair judged)\n"
        "    software_version  1.1.0  limits 1 device\n"
        "left out: c/p/1 and 1 like it\n"
    )


def test_lists_that_are_missing_prevent_it(quick, write):
    """Devices without a list of objects are told as such."""
    answer = quick("fleet", "baseline", write("f", '{"self":{}}\n'))
    assert answer.status == 1
    assert answer.out == (
        "f: 1 device, 1 class\n"
        "no baseline\n"
        "prevented by lists of objects\n"
        "  the target publishes no list of objects\n"
        "no device accepts its like\n"
    )


def test_what_the_scheme_does_not_say(asked):
    """Where undecided pairs might give a baseline, the answer is neither yes nor no."""
    answer = asked((*THREE, ("d/p/1", None, "1.1.0")))
    assert answer.status == 3
    assert "undecided: there may be a baseline, the scheme does not say\n" in answer.out


def test_hosts_are_chosen(asked):
    """--on takes hosts, parents and names of devices."""
    assert asked(MIXED, "--on", "c").status == 0
    answer = asked(MIXED, "--on", "a/p", "--on", "b/p/1", "--json")
    assert (answer.status, answer.json["classes"]) == (0, ["a/p/1", "b/p/1"])
    assert answer.json["baseline"]["limits"] == [
        {"attribute": "software_version", "value": "1.1.0", "devices": 1}
    ]
    answer = asked(MIXED, "--on", "a", "--on", "dd")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("f: no device is on dd; expected ")


def test_json(asked):
    """--json has obstacles and the rest by the places of classes."""
    found = asked(MIXED, "--json").json
    [obstacle] = found.pop("obstacles")
    assert obstacle == {
        "attribute": "mdev_type",
        "values": [{"value": "t", "devices": 3}, {"value": "u", "devices": 2}],
        "source": 0,
        "target": 2,
        "reason": "mdev_type: the source has t, the target u",
    }
    assert found == {
        "scheme": "software-version",
        "accepted_by": None,
        "devices": 5,
        "classes": ["a/p/1", "b/p/1", "c/p/1"],
        "limitable": ["software_version"],
        "baseline": None,
        "may_be": False,
        "all_tried": True,
        "refusal": ["mdev_type: the source has t, the target u"],
        "rest": {
            "devices": 3,
            "classes": [0, 1],
            "limits": [{"attribute": "software_version", "value": "1.1.0", "devices": 1}],
            "pairs": 1,
            "left_out": [2],
            "least": True,
        },
    }


@pytest.mark.parametrize("by", ["type", "mdev_type"])
def test_one_for_each_type(asked, by):
    """--by divides the devices; the answer is yes where there is a baseline for each value."""
    answer = asked(MIXED, "--by", by)
    assert answer.status == 0
    assert answer.out == (
        "f, mdev_type t: 3 devices, 2 classes\n"
        "baseline of 3 devices (1 pair judged)\n"
        "  software_version  1.1.0  limits 1 device\n"
        "f, mdev_type u: 2 devices, 1 class\n"
        "all accept each other as they are (1 pair judged)\n"
    )
    found = asked((*MIXED, ("d/p/1", "u", "2.0.0")), "--by", by, "--json")
    assert (found.status, found.json["by"]) == (1, "mdev_type")
    assert [one["value"] for one in found.json["each"]] == ["t", "u"]
    assert [one["baseline"] is None for one in found.json["each"]] == [False, True]


def test_attributes_to_divide_by(asked):
    """--by an attribute that is not there is a mistake in usage."""
    answer = asked(MIXED, "--by", "colour")
    assert (answer.status, answer.out) == (2, "")
    assert "no attribute 'colour'; expected one of device_api, mdev_type" in answer.err


def test_attributes_are_named(asked):
    """--limit takes attributes that have an order, instead of those that the scheme orders."""
    assert asked(THREE, "--limit", "software_version").status == 0
    answer = asked(THREE, "--limit", "mdev_type")
    assert (answer.status, answer.out) == (2, "")
    assert "nothing to limit in 'mdev_type'; expected one of software_version" in answer.err


@pytest.mark.parametrize("by", ["target", "source"])
def test_directions(quick, write, by):
    """--accepted-by says whose objects decide."""
    lines = [
        '{"self":{"interface_version":3},"compatible":[{"interface_version":"{v:int:2,3}"}]}',
        '{"self":{"interface_version":2},"compatible":[{"interface_version":"2"}]}',
    ]
    words = ("fleet", "baseline", write("f", "\n".join(lines)), "--accepted-by", by, "--json")
    answer = quick(*words)
    assert (answer.status, answer.json["accepted_by"]) == (0, by)
    assert answer.json["baseline"]["limits"] == [
        {"attribute": "interface_version", "value": "2", "devices": 1}
    ]


def test_an_empty_fleet_is_a_mistake(quick, write):
    """There is no answer where there are no devices."""
    answer = quick("fleet", "baseline", write("f", "\n"))
    assert (answer.status, answer.err) == (2, "f: the file holds no description\n")
