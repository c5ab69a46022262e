"""``mdevsim fleet islands``."""

import json

import pytest


def line(name, version, mdev_type="t"):
    """Write one device as NDJSON."""
    values = {"device_api": "vfio-pci", "mdev_type": mdev_type, "software_version": version}
    return json.dumps({"name": name, "self": {k: v for k, v in values.items() if v is not None}})


@pytest.fixture
def asked(quick, write):
    """Ask for the islands of some devices: pairs of a name and a version."""

    def ask(devices, *more):
        lines = "\n".join(line(*one) for one in devices)
        return quick("fleet", "islands", write("f", lines), "--scheme", "software-version", *more)

    return ask


THREE = (("a/p/1", "1.0"), ("a/p/2", "1.1"), ("b/p/3", "1.0"))


def test_what_is_said(asked):
    """A table has the largest island first, and says how many migrations a way takes."""
    answer = asked(THREE)
    assert (answer.status, answer.err) == (1, "")
    assert answer.out == (
        "f: 3 devices on 2 hosts, 2 classes\n"
        "2 islands, 2 complete\n"
        "island  devices  hosts  classes  migrations  first device\n"
        "     1        2      2        1           1  a/p/1\n"
        "     2        1      1        1           1  a/p/2\n"
    )


def test_one_island_is_yes(asked):
    """A fleet in which every device can go to every other is one island."""
    answer = asked(THREE[::2])
    assert (answer.status, answer.out.splitlines()[1]) == (0, "1 island, 1 complete")


def test_what_the_scheme_does_not_say_is_undecided(asked):
    """Where undecided pairs might join all, the answer is neither yes nor no."""
    answer = asked((("a/p/1", "1.0"), ("b/p/2", None)))
    assert answer.status == 3
    assert answer.out.endswith("undecided: it may be one island, the scheme does not say\n")


def test_json(asked):
    """--json has every island with its classes."""
    answer = asked(THREE, "--json")
    assert answer.status == 1
    assert answer.json == {
        "scheme": "software-version",
        "accepted_by": None,
        "devices": 3,
        "hosts": 2,
        "classes": 2,
        "one": False,
        "may_be_one": False,
        "islands": [
            {
                "devices": 2,
                "hosts": 2,
                "complete": True,
                "migrations": 1,
                "classes": [{"first_row": 0, "devices": 2}],
            },
            {
                "devices": 1,
                "hosts": 1,
                "complete": True,
                "migrations": 1,
                "classes": [{"first_row": 1, "devices": 1}],
            },
        ],
    }


def test_the_devices_of_an_island(asked):
    """--island N has its rows or names, for people and for programs."""
    assert (asked(THREE, "--island", 1).out, asked(THREE, "--island", 2).out) == ("0\n2\n", "1\n")
    assert asked(THREE, "--island", 1, "--names").out == "a/p/1\nb/p/3\n"
    assert asked(THREE, "--island", 1, "--json").json["rows"] == [0, 2]
    assert asked(THREE, "--island", 1, "--names", "--json").json["names"] == ["a/p/1", "b/p/3"]


def test_an_island_that_is_not_there(asked):
    """A number beyond the last island is a mistake, and the numbers that are there are named."""
    answer = asked(THREE, "--island", 3)
    assert (answer.status, answer.out, answer.err) == (2, "", "f: no island 3; expected 1 to 2\n")
    assert asked(THREE, "--names").status == 2


def test_the_limit_gathers_the_rest(asked):
    """What is not listed is counted."""
    assert asked(THREE, "--limit", 1).out.endswith("… and 1 more island, 1 device\n")


def test_an_empty_fleet_is_a_mistake(quick, write):
    """There is no answer where there are no devices."""
    answer = quick("fleet", "islands", write("f", "\n"))
    assert (answer.status, answer.err) == (2, "f: the file holds no description\n")


def test_too_many_classes(quick, write):
    """A fleet in which all is distinct is refused before its pairs fill the memory."""
    lines = "\n".join(f'{{"self":{{"aggregator":{n}}}}}' for n in range(10_001))
    answer = quick("fleet", "islands", write("f", lines))
    assert answer.status == 2
    assert "10,001 classes are too many" in answer.err
