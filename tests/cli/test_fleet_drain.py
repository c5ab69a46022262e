"""``mdevsim fleet drain``."""

import json
import sys

import pytest

ROOM = "b/mtty/mtty-1 3\nb/mtty/mtty-2 1\nc/mtty/mtty-2 10\n"


def line(name, mdev_type, version="1.1.0"):
    """Write one device as NDJSON."""
    values = {"device_api": "vfio-pci", "mdev_type": mdev_type, "software_version": version}
    return json.dumps({"name": name, "self": {k: v for k, v in values.items() if v is not None}})


@pytest.fixture
def cluster(write):
    """Three devices on a; b is newer, c is older."""
    lines = [
        *(line(f"a/mtty/{number}", f"mtty-{number % 2 + 1}") for number in range(3)),
        *(line(f"b/mtty/{number}", f"mtty-{number}", "1.2.0") for number in (1, 2)),
        *(line(f"c/mtty/{number}", f"mtty-{number}", "1.0.0") for number in (1, 2)),
    ]
    return write("cluster.ndjson", "\n".join(lines))


@pytest.fixture
def asked(quick, cluster, write):
    """Ask for the drain of a host, by what is available."""

    def ask(room, *more, host="a"):
        words = ("--fleet", cluster, "--available", write("room", room))
        return quick("fleet", "drain", host, *words, "--scheme", "software-version", *more)

    return ask


def test_all_can_leave(asked):
    """A plan names a place for every device, on hosts that accept it."""
    answer = asked("b/mtty/mtty-1 9\nb/mtty/mtty-2 4\n")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == (
        "a: 3 devices, 3 can leave\n"
        "  a/mtty/0 → b/mtty/mtty-1\n"
        "  a/mtty/1 → b/mtty/mtty-2\n"
        "  a/mtty/2 → b/mtty/mtty-1\n"
    )


def test_where_it_sticks(asked):
    """Devices that have less room than they need are told, with the places that accept them."""
    answer = asked("b/mtty/mtty-1 1\nc/mtty/mtty-1 20\n")
    assert (answer.status, answer.err) == (1, "")
    assert answer.out == (
        "a: 3 devices, 1 can leave\n"
        "  a/mtty/0 → b/mtty/mtty-1\n"
        "2 without a place: a/mtty/1, a/mtty/2\n"
        "2 devices, room for 1: a/mtty/0, a/mtty/2\n"
        "  accepted only by 1 place: b/mtty/mtty-1\n"
        "1 device, room for 0: a/mtty/1\n"
        "  no place accepts them; the nearest is b/mtty/mtty-1: incompatible\n"
        "    mdev_type: the source has mtty-2, the target mtty-1\n"
    )


def test_no_room_at_all(asked):
    """A file without places is an answer, not a mistake."""
    answer = asked("# full\n")
    assert answer.status == 1
    assert answer.out.endswith("  no other host has a place\n")


def test_types_that_share(asked):
    """How types share is said to be what is not decided; where they are told apart, it is."""
    assert asked("b/mtty/mtty-1 4\nb/mtty/mtty-2 2\n").status == 0
    narrow = "b/mtty/mtty-1 4\nb/mtty/mtty-2 1\n"
    answer = asked(narrow)
    assert answer.status == 3
    assert "undecided: the types of a parent share what is available; at most 3" in answer.out
    assert asked(narrow, "--size", "mtty-1=1", "--size", "mtty-2=2").status == 0
    assert asked(narrow, "--types", "apart").status == 0
    assert asked(narrow, "--types", "one").status == 3


def test_what_the_scheme_does_not_say(quick, write):
    """A pair that is not decided is no place and no refusal."""
    write("f", "\n".join((line("a/p/0", "t", None), line("b/p/0", "t"))))
    words = ("--fleet", "f", "--available", write("room", "b/p/t 1"))
    answer = quick("fleet", "drain", "a", *words, "--scheme", "software-version")
    assert answer.status == 3
    assert "undecided: all can leave if" in answer.out


def test_places_that_nobody_describes(asked):
    """A place without a device of its type is named, and not used."""
    answer = asked("d/mtty/mtty-1 3\n")
    assert answer.status == 1
    assert answer.out.splitlines()[-1] == (
        "1 place not used, since no device of the fleet says what one there publishes: "
        "d/mtty/mtty-1"
    )


def test_json(asked):
    """--json has the plan and the bottlenecks by rows."""
    answer = asked("b/mtty/mtty-1 1\n", "--json")
    assert answer.status == 1
    found = answer.json
    [full, refused] = found.pop("bottlenecks")
    assert full == {"rows": [0, 2], "room": 1, "places": ["b/mtty/mtty-1"], "nearest": None}
    assert (refused["rows"], refused["nearest"]["place"]) == ([1], "b/mtty/mtty-1")
    assert refused["nearest"]["verdict"] == "incompatible"
    assert found == {
        "scheme": "software-version",
        "accepted_by": None,
        "host": "a",
        "can_leave": False,
        "devices": 3,
        "most": 1,
        "perhaps": 1,
        "moves": [{"row": 0, "name": "a/mtty/0", "place": "b/mtty/mtty-1"}],
        "stays": [{"row": 1, "name": "a/mtty/1"}, {"row": 2, "name": "a/mtty/2"}],
        "unknown": [],
    }


def test_a_host_that_is_not_there(asked):
    """Hosts of nearly this name are told."""
    answer = asked(ROOM, host="aa")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == "cluster.ndjson: no device is on aa; expected one of a\n"


def test_mistakes_of_the_room_are_shown(asked):
    """All mistakes of the file are shown where they stand."""
    answer = asked("b/mtty/mtty-1 many\nb/mtty/mtty-2\n")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("room:1:15: not a number of instances; expected a number from 0")
    assert "\nroom:2:1: no number; expected a place and a number" in answer.err


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (b"", "room: the file is empty"),
        (b"b/mtty/mtty-1 \xff\n", "room:1:15: byte 0xff is not UTF-8"),
        (b"b/mtty/mtty-1 1\0\n", "room:1:16: a NUL byte"),
        (b"\xef\xbb\xbfb/mtty/mtty-1 1\n", "room:1:1: a byte order mark"),
    ],
)
def test_room_that_is_no_text(asked, room, said):
    """An empty file, a binary one and one in another encoding are told as such."""
    answer = asked(room)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(said)


def test_line_ends_do_not_matter(asked):
    """CRLF, and a last line without its end, read as LF does."""
    expected = asked(ROOM).out
    assert asked(ROOM.replace("\n", "\r\n")).out == expected
    assert asked(ROOM.rstrip("\n")).out == expected


@pytest.mark.parametrize("size", ["mtty-1", "mtty-1=0", "=2", "mtty-1=x"])
def test_sizes_are_numbers(asked, size):
    """A size that is none is a mistake in usage."""
    answer = asked(ROOM, "--size", size)
    assert (answer.status, answer.out) == (2, "")
    assert "is no size; expected TYPE=N" in answer.err


def test_one_standard_input(quick):
    """Standard input is one file only."""
    answer = quick("fleet", "drain", "a", "--fleet", "-", "--available", "-")
    assert answer.status == 2
    assert "standard input can stand for one file only" in answer.err


def test_without_the_extra(asked, monkeypatch):
    """What has to be installed is named."""
    monkeypatch.setitem(sys.modules, "networkx.algorithms.flow", None)
    answer = asked(ROOM)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == (
        "mdevsim: no Python module networkx; needed: pip install 'mdevsim[plan]'\n"
    )
