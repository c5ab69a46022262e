"""How a fleet keeps its devices: by the data, seen by nobody."""

import json
import random
import threading

import pytest

from simulator.compat.description import Description
from simulator.compat.scheme import Outcome
from simulator.compat.schemes import load_builtin
from simulator.errors import InputError
from simulator.fleet.fleet import Fleet

MANY = 40_000
"""Devices that are enough for the data to decide."""

SCHEME = load_builtin("self-compatible")


def line(number, different):
    """Describe a device; *different* devices follow each other and then come again."""
    value = number % different
    self = {
        "device_type": f"vfio-api{value % 3}",
        "device_id": f"8086{value:04x}",
        "mdev_type": f"i915-GVTg_V5_{1 << value % 4}",
        "aggregator": 1 + value % 7,
    }
    data = {"name": f"d{number}", "self": self}
    if value % 5:
        data["compatible"] = [{"mdev_type": "i915-GVTg_V5_{n:int:1,2,4,8}", "aggregator": "{n}"}]
    return json.dumps(data, separators=(",", ":")).encode()


def text(devices, different):
    """Describe many devices."""
    return b"".join(line(number, different) + b"\n" for number in range(devices))


def filled(devices, different):
    """Make a fleet of them."""
    fleet = Fleet(SCHEME)
    if devices:
        fleet.extend("f", [text(devices, different)])
    return fleet


def answers(fleet, sources):
    """Ask for all rows of some sources, in every way."""
    found = []
    for source in sources:
        match = fleet.match(source, threads=3)
        early = [match.first(most) for most in (0, 1, 7, 50)]
        assert early == [list(match.rows()[:most]) for most in (0, 1, 7, 50)]
        for outcome in Outcome:
            rows = match.rows(outcome)
            assert list(rows[:50]) == match.first(50, outcome)
            bits = int.from_bytes(match.bitmap(outcome), "little")
            assert bits.bit_count() == len(rows)
            assert all(bits >> row & 1 for row in rows[:50])
            found.append(rows.tobytes())
    return found


@pytest.mark.parametrize(
    ("different", "layout"), [(MANY, "flat"), (MANY * 3 // 4, "flat"), (500, "classes")]
)
def test_the_data_decide(different, layout):
    """Devices that nearly all differ are kept by themselves, others in classes."""
    fleet = filled(MANY, different)
    assert fleet.layout == layout
    assert fleet.size.n_devices == MANY
    assert b"".join(fleet.lines()) == text(MANY, different)


def test_answers_do_not_depend_on_the_layout():
    """A large fleet answers the same in classes and flat, with some devices gone and some new."""
    fleet = filled(MANY, MANY)
    random_rows = random.Random(3)
    for row in random_rows.sample(range(MANY), 300):
        fleet.remove(row)
    for number in range(100):
        fleet.add(fleet.parse(line(number, 100).decode()))
    sources = [fleet[row] for row in (5, 6, 4999) if fleet.name(row)]
    said = answers(fleet, sources)
    lines = list(fleet.lines())
    for layout in ("classes", "flat"):
        fleet.lay_out(layout)
        assert answers(fleet, sources) == said
        assert list(fleet.lines()) == lines


def test_a_flat_fleet_that_repeats_becomes_one_of_classes():
    """What was different at first may repeat later."""
    fleet = filled(MANY, MANY)
    lines = list(fleet.lines())
    fleet.extend("f", [text(8 * MANY, 200)])
    assert fleet.layout == "classes"
    assert list(fleet.lines())[:MANY] == lines
    assert fleet.size.n_classes <= MANY + 200


def test_single_devices_make_a_fleet_flat():
    """The data decide also where devices come one by one."""
    fleet = Fleet(SCHEME, keep_names=False)
    for number in range(MANY):
        fleet.add(fleet.parse(line(number, MANY).decode()))
        if number == 2**15 - 2:
            assert fleet.layout == "classes"
    assert fleet.layout == "flat"


def test_reading_that_fails_leaves_a_fleet_as_it_was():
    """A mistake behind thousands of different devices takes them all back, in either layout."""
    for before in (0, MANY):
        fleet = filled(before, before)
        lines = list(fleet.lines())
        with pytest.raises(InputError):
            fleet.extend("f", [text(MANY, MANY) + b"{\n"])
        assert list(fleet.lines()) == lines
        assert fleet.extend("f", [text(100, 100)]) == range(before, before + 100)
        assert list(fleet.lines())[before:] == text(100, 100).splitlines(keepends=True)


@pytest.mark.parametrize("wanted", [1, 10, 10**6])
def test_the_first_come_before_all_are_judged(wanted):
    """Of a large flat fleet, the first rows are the lowest whatever is asked before and after."""
    fleet = filled(MANY, MANY)
    for row in range(0, 300, 7):
        fleet.remove(row)
    for number in range(5):
        fleet.add(fleet[300 + number])
    for source in (fleet[301], fleet[MANY - 1], Description({})):
        expected = list(fleet.match(source).rows())
        match = fleet.match(source, threads=2)
        assert match.first(wanted) == expected[:wanted]
        assert match.first(wanted, Outcome.INCOMPATIBLE) == list(
            match.rows(Outcome.INCOMPATIBLE)[:wanted]
        )
        match.again()
        assert match.first(wanted) == expected[:wanted]
        assert (match.count, list(match.rows())) == (len(expected), expected)


def test_threads_that_share_a_question_judge_it_once():
    """A question that was not judged yet gives all threads the same answer at once."""
    fleet = filled(MANY, MANY)
    source = fleet[MANY // 2]
    match = fleet.match(source)
    expected = (match.count, bytes(match.rows()), match.first(20))

    def ask(found):
        found.append((match.count, bytes(match.rows()), match.first(20)))

    for _ in range(20):
        match.again()
        found = []
        threads = [threading.Thread(target=ask, args=(found,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert found == [expected] * 4


@pytest.mark.parametrize("n_objects", [2, 16, 17, 40])
def test_a_source_may_go_where_one_of_its_objects_lets_it(n_objects):
    """The rows of many objects are those of each alone, be they asked together or in turn."""
    fleet = filled(MANY, MANY)
    data = json.loads(line(1, MANY))
    objects = [
        {"mdev_type": f"i915-GVTg_V5_{1 << n % 4}", "aggregator": str(1 + n % 7)}
        for n in range(n_objects)
    ]

    def ask(given):
        return fleet.match(json.dumps(data | {"compatible": given}).encode(), threads=2)

    expected = set().union(*(ask([one]).rows() for one in objects))
    match = ask(objects)
    for _ in range(2):
        assert list(match.rows()) == sorted(expected)
        assert match.count == len(expected)
        assert match.first(7) == sorted(expected)[:7]
        assert sorted([*expected, *match.rows(Outcome.INCOMPATIBLE)]) == list(range(MANY))
        match.again()


def test_a_question_that_was_not_judged_goes_stale():
    """A change between asking and the answer is told, as after it."""
    fleet = filled(MANY, MANY)
    match = fleet.match(fleet[0])
    fleet.remove(MANY - 1)
    for ask in (lambda: match.first(1), lambda: match.count, match.rows, match.bitmap):
        with pytest.raises(RuntimeError, match="ask again"):
            ask()
    match.again()
    assert match.first(3) == list(match.rows()[:3])


def test_a_question_that_was_not_judged_knows_nothing_of_a_reader():
    """What is read but not there yet is in no answer: asked again, a question is as before."""
    fleet = filled(MANY, MANY)
    expected = list(fleet.match(fleet[0]).rows())
    match = fleet.match(fleet[0])
    judged = fleet.match(fleet[0])
    assert judged.count == len(expected)

    def pieces():
        yield b"".join(line(MANY + number, 2 * MANY) + b"\n" for number in range(MANY // 2))
        assert list(judged.rows()) == expected
        match.again()
        assert match.first(3) == expected[:3]
        assert list(match.rows()) == expected
        yield b"x"

    with pytest.raises(InputError):
        fleet.extend("f", pieces())
    match.again()
    assert list(match.rows()) == expected
