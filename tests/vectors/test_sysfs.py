"""
The creation and removal cases of ``vectors.tsv``, group ``sysfs``, by id.

Each case is played on a host as its row describes it; what happens is written in the notation of
the file (domain.md, F.0) and compared with the verdict of the row.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus, Setup, TypeSpec, VendorDriver, WouldBlockError
from simulator.vendors import driver

VECTORS = Path(__file__).with_name("vectors.tsv")
NEWEST = KERNELS["6.1"]


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


def read_cases():
    with VECTORS.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {
            row["id"]: Case(pairs(row["source"]), pairs(row["context"]), row["verdict"])
            for row in rows
            if row["group"] == "sysfs"
        }


def s390(name, type_name, max_instances):
    """Give a driver of C.3 and C.4 as far as the core's counter goes."""
    return VendorDriver(
        name=name,
        mdev_driver=f"{name}_mdev",
        device_api=name.replace("_", "-"),
        path=f"/sys/devices/{name}",
        setup=lambda _: Setup((TypeSpec(type_name),)),
        probe=lambda _: None,
        remove=lambda _: None,
        max_instances=max_instances,
    )


# 65536 instances of vfio_ap are cut to 3: the counter is the same.
S390 = {"vfio_ccw": s390("vfio_ccw", "io", 1), "vfio_ap": s390("vfio_ap", "passthrough", 3)}


def outcome(action):
    """Say what an action answers: its value, an errno, or that it blocks."""
    try:
        return f"value:{action()}"
    except MdevError as error:
        return f"errno:{error.name}"
    except WouldBlockError:
        return "value:blocks"


def first_type(vendor, kernel=NEWEST, **config):
    return next(iter(MdevBus(kernel).register(vendor, config).types.values()))


def created(mdev_type, data):
    """Write to `create` and say ``ok`` when the directory is there under the lower-case name."""
    answer = outcome(lambda: mdev_type.store("create", data))
    if answer != f"value:{len(data)}":
        return answer
    return "ok" if data.decode().lower() in mdev_type.parent.mdevs else "no directory"


def play_text(case):
    data = uuid().encode()
    if case.source.get("case") == "upper":
        data = data.upper()
    if "length" in case.source:
        data = (data + b"00")[: int(case.source["length"])]
    if "non_hex_digit" in case.source:
        data = b"g" + data[1:]
    return created(first_type(driver("mtty")), data)


def play_duplicate(case, kernel=NEWEST):
    """Play on a parent that counts itself and on one for which the core counts."""
    answers = set()
    free = int(case.context.get("free_instances", 1))
    for vendor, config in ((driver("mtty"), {"ports": free}), (s390("core", "x", free), {})):
        bus = MdevBus(kernel)
        other = bus.register(driver("mtty"), path="/sys/devices/other")
        other.types["mtty-1"].create(uuid())
        parent = bus.register(vendor, config)
        answers.add(created(next(iter(parent.types.values())), uuid().encode()))
    assert len(answers) == 1
    return answers.pop()


def play_limit(case):
    vendor = S390[case.context["driver"]]
    mdev_type = first_type(vendor)
    while mdev_type.available_instances > int(case.context["free_instances"]):
        mdev_type.create(uuid(mdev_type.available_instances))
    return created(mdev_type, uuid().encode())


def play_remove(case):
    mdev_type = first_type(driver("mtty"))
    mdev = mdev_type.create(uuid())
    if "in_use" in case.context:
        mdev.open()
    data = case.source["write"].encode()
    answer = outcome(lambda: mdev.store("remove", data))
    if answer != f"value:{len(data)}":
        return answer
    return "value:count" if mdev.active else "ok"


def play_pool(case):
    """Fill a pool, then create, or read what is available."""
    if case.context["driver"] == "gvt":
        parent = first_type(driver("i915"), aperture_mb=int(case.context["aperture_mb"])).parent
        used = case.context.get("used", "")
    else:
        parent = first_type(driver("mtty")).parent
        used = f"mtty-1:{case.context['ports_used']}"
    if used:
        type_id, count = used.split(":")
        for n in range(int(count)):
            parent.types[type_id].create(uuid(n))
    mdev_type = parent.types.get(case.source["type"])
    if case.source["attr"] == "create":
        return created(mdev_type, uuid().encode())
    if mdev_type is None:
        return "value:absent"
    return outcome(lambda: mdev_type.show("available_instances").removesuffix("\n"))


PLAYS = {
    play_text: ["56a", "56b", "56c", "57"],
    play_duplicate: ["58a", "59"],
    play_limit: ["60a", "60b"],
    play_pool: ["61a", "61b", "65a", "65b", "65c", "65d", "66a", "66b", "66c"],
    play_remove: ["63a", "63b", "63c", "64b"],
}
CASES = read_cases()


@pytest.mark.parametrize(
    ("vector", "play"), [(vector, play) for play, vectors in PLAYS.items() for vector in vectors]
)
def test_vector(vector, play):
    """What the host answers is the verdict of the row."""
    case = CASES[vector]
    assert play(case) == case.verdict


def test_58b_is_open_so_both_settings_are_shown():
    """4.10 is known to look at its own parent only: the scope decides, and both answers exist."""
    case = CASES["58b"]
    assert case.verdict == "open"
    answers = {
        scope: play_duplicate(case, replace(NEWEST, duplicate_scope=scope, has_unique_names=False))
        for scope in ("global", "parent")
    }
    assert answers == {"global": CASES["58a"].verdict, "parent": "ok"}
