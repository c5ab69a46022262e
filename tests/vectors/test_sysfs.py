"""
The sysfs, creation and driver cases of ``vectors.tsv``, group ``sysfs``, by id.

Each case is played on a host as its row describes it, in every personality that the row means;
what happens is written in the notation of the file (domain.md, F.0) and compared with the
verdict of the row.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus, WouldBlockError
from simulator.vendors import driver

VECTORS = Path(__file__).with_name("vectors.tsv")
# What the column context calls them; a row that names none means all.
RANGES = {
    "4.10": ["4.10"],
    "4.10-5.1": ["4.10", "4.18"],
    "4.18+": ["4.18", "5.2", "6.1"],
    "6.1+": ["6.1"],
    "current": ["6.1"],
    "older": ["4.10", "4.18", "5.2"],
}


def uuid(n=0xC0FFEE):
    return f"{n:08x}-0a0b-4c0d-8e0f-aabbccddeeff"


def pairs(text):
    return dict(pair.split("=", 1) for pair in text.split(";") if pair)


@dataclass(frozen=True)
class Case:
    """One row: what is done, in which state, and the verdict."""

    source: dict
    context: dict
    verdict: str

    @property
    def kernels(self):
        return RANGES[self.context["kernel"]] if "kernel" in self.context else list(KERNELS)


def read_cases():
    with VECTORS.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {
            row["id"]: Case(pairs(row["source"]), pairs(row["context"]), row["verdict"])
            for row in rows
            if row["group"] == "sysfs"
        }


def outcome(action):
    """Say what an action answers: its value, an errno, or that it blocks."""
    try:
        return f"value:{action()}"
    except MdevError as error:
        return f"errno:{error.name}"
    except WouldBlockError:
        return "value:blocks"


def parent_of(name, kernel, **config):
    return MdevBus(kernel).register(driver(name), config)


def first_type(parent):
    return next(iter(parent.types.values()))


def created(mdev_type, data):
    """Write to `create` and say ``ok`` when the directory is there under the lower-case name."""
    answer = outcome(lambda: mdev_type.store("create", data))
    if answer != f"value:{len(data)}":
        return answer
    return "ok" if data.decode().lower() in mdev_type.parent.mdevs else "no directory"


def play_text(case, kernel):
    data = uuid().encode()
    if case.source.get("case") == "upper":
        data = data.upper()
    if "length" in case.source:
        data = (data + b"00")[: int(case.source["length"])]
    if "non_hex_digit" in case.source:
        data = b"g" + data[1:]
    return created(first_type(parent_of("mtty", kernel)), data)


def play_duplicate(case, kernel):
    """
    Play on a parent that counts itself and on one whose instances are counted for it.

    Any parent that has the UUID is another one, and also the very parent.
    """
    free = int(case.context.get("free_instances", 1))
    is_other = case.context["uuid_exists_on"] == "other_parent"
    answers = set()
    for name, option in (("mtty", "ports"), ("mdpy", "count")):
        bus = MdevBus(kernel)
        other = bus.register(driver("mtty"), path="/sys/devices/other")
        first_type(other).create(uuid())
        parent = bus.register(driver(name), {option: free})
        answers.add(created(first_type(parent), uuid().encode()))
        if not is_other:
            own = MdevBus(kernel).register(driver(name), {option: free + 1})
            first_type(own).create(uuid())
            answers.add(created(first_type(own), uuid().encode()))
    assert len(answers) == 1
    return answers.pop()


def play_limit(case, kernel):
    """Use all instances of the one parent. 65536 mdevs of vfio_ap cost too much for a test."""
    vendor = driver(case.context["driver"])
    most = min(vendor.max_instances, 3)
    mdev_type = first_type(MdevBus(kernel).register(replace(vendor, max_instances=most)))
    for n in range(most - int(case.context["free_instances"])):
        mdev_type.create(uuid(n))
    return created(mdev_type, uuid().encode())


def play_remove(case, kernel):
    """Play with mtty, and with GVT-g, whose own code refuses the removal in older kernels."""
    answers = set()
    for name in ("mtty", "i915"):
        mdev = first_type(parent_of(name, kernel)).create(uuid())
        if "in_use" in case.context:
            mdev.open()
        data = case.source["write"].encode()
        answer = outcome(lambda mdev=mdev, data=data: mdev.store("remove", data))
        if answer == "errno:EBUSY":
            assert "remove" in mdev.attributes
            assert mdev.active
        if answer == f"value:{len(data)}":
            answer = "value:count" if mdev.active else "ok"
        answers.add(answer)
    assert len(answers) == 1
    return answers.pop()


def host_of(case, kernel):
    """Give the parent that a row describes, with what it uses, by type id and count."""
    names = {"gvt": "i915"}
    name = names.get(case.context["driver"], case.context["driver"])
    config = {key: int(case.context[key]) for key in ("aperture_mb",) if key in case.context}
    used = case.context.get("used") or f"mtty-1:{case.context.get('ports_used', 0)}"
    return parent_of(name, kernel, **config), used.split(":")


def play_pool(case, kernel):
    """Fill a pool, then create, or read what is available."""
    parent, (type_id, count) = host_of(case, kernel)
    for n in range(int(count)):
        parent.types[type_id].create(uuid(n))
    mdev_type = parent.types.get(case.source["type"])
    if case.source["attr"] == "create":
        return created(mdev_type, uuid().encode())
    if mdev_type is None:
        return "value:absent"
    return outcome(lambda: mdev_type.show("available_instances").removesuffix("\n"))


def play_equal_size(case, kernel):
    """Create one vGPU of 2 GB, of each type that has this size; ask the types the row means."""
    gpu = case.context["gpu"].removeprefix("RTX ")
    megabytes = int(case.context["existing_framebuffer"].removesuffix("GB")) * 1024
    rows = parent_of("nvidia", kernel, gpu=gpu).types.items()
    answers = set()
    for existing in [type_id for type_id, t in rows if t.data.framebuffer_mb == megabytes]:
        parent = parent_of("nvidia", kernel, gpu=gpu)
        for n in range(int(case.context["existing_vgpus"])):
            parent.types[existing].create(uuid(n))
        for mdev_type in parent.types.values():
            is_other = mdev_type.data.framebuffer_mb != megabytes
            suffix = case.source.get("suffix")
            if mdev_type.data.name.endswith(f"-{suffix}") if suffix else is_other:
                answers.add(mdev_type.show("available_instances"))
    assert len(answers) == 1
    return f"value:{answers.pop()}".removesuffix("\n")


def play_open_duplicate(case, kernel):
    """Both settings of what the rows leave open: the core alone, and with the bus below it."""
    answers = [
        play_duplicate(case, replace(kernel, has_unique_names=setting)) for setting in (False, True)
    ]
    return "open" if answers == ["ok", "errno:EEXIST"] else answers


PLAYS = {
    play_text: ["56a", "56b", "56c", "57"],
    play_duplicate: ["58a", "59"],
    play_open_duplicate: ["58b"],
    play_limit: ["60a", "60b", "60c", "60d"],
    play_pool: [
        *("61a", "61b", "62a", "62b", "62c"),
        *("65a", "65b", "65c", "65d", "66a", "66b", "66c"),
    ],
    play_remove: ["63a", "63b", "63c", "64a", "64b"],
    play_equal_size: ["67a", "67b", "67c"],
}
CASES = read_cases()


@pytest.mark.parametrize(
    ("vector", "kernel", "play"),
    [
        (vector, kernel, play)
        for play, vectors in PLAYS.items()
        for vector in vectors
        for kernel in CASES[vector].kernels
    ],
)
def test_vector(vector, kernel, play):
    """What the host answers is the verdict of the row."""
    case = CASES[vector]
    assert play(case, KERNELS[kernel]) == case.verdict


def test_every_row_is_played():
    """No row of the group is left out, and each personality is meant by some row."""
    played = [vector for vectors in PLAYS.values() for vector in vectors]
    assert sorted(played) == sorted(CASES)
    assert len(played) == len(set(played)) == 31
    assert {name for case in CASES.values() for name in case.kernels} == set(KERNELS)
    assert set(RANGES) == {c.context["kernel"] for c in CASES.values() if "kernel" in c.context}


def test_64_between_refused_and_blocked():
    """5.2, which no row names, lets an open mdev go: a removal cannot be refused (B.3)."""
    mdev = first_type(parent_of("mtty", KERNELS["5.2"])).create(uuid())
    mdev.open()
    assert mdev.store("remove", b"1") == 1
    assert mdev.is_gone
