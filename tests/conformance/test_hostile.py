"""What is hostile is legal: it changes no answer but those that its variation may change."""

from fnmatch import fnmatchcase

import pytest
from conformance.script import TRANSCRIPTS, shell

from simulator.sysfs.conformance.mdev_conformance import ANYTHING, NOT_ASKED, parse
from simulator.sysfs.hostile.variations import VARIATIONS

# Seeds with which nobody comes between, and the types have instances when they are first asked.
SEEDS = dict.fromkeys(VARIATIONS, 1) | {"guests": 6}

BESIDE = """
while ls /sys/bus/mdev/devices; do sleep 0.01; done >/dev/null 2>&1 & listing=$!
"$@"; status=$?
kill $listing
exit $status
"""


def differing(found, expected):
    """The questions that are answered otherwise, or by one side alone."""
    free = {line.step for line in expected if line.answer == ANYTHING}
    free |= {line.step for line in found if line.answer == NOT_ASKED}
    pairs = ({(line.step, line.answer) for line in lines} for lines in (found, expected))
    return {step for step, _ in set.symmetric_difference(*pairs)} - free


# What depends on the kernel is asked of an old and a new one.
CASES = [
    *((name, "6.1") for name in VARIATIONS),
    *((name, "4.18") for name in ("newline", "attributes", "slow")),
]


@pytest.mark.parametrize(("name", "kernel"), CASES)
def test_a_variation_keeps_the_rules(name, kernel, tmp_path):
    """
    Under each variation every answer is as expected but those that it has a right to change.

    Somebody lists the mdevs all the time, so that guests come.
    """
    seed = f"{SEEDS[name]}:{name}"
    options = ("--kernel", kernel, "--hostile", seed, "--hostile-log", tmp_path / "log")
    done = shell(BESIDE, "-o", tmp_path / "found", options=options)
    assert done.returncode == 0, done.stderr
    # What is hidden, long, late and so on is told; an order is not.
    assert name == "order" or f"{name}: " in (tmp_path / "log").read_text("utf-8")
    found = parse((tmp_path / "found").read_text("utf-8"))
    expected = parse((TRANSCRIPTS / f"{kernel}.txt").read_text("utf-8"))
    steps = VARIATIONS[name].steps
    illegal = {
        step
        for step in differing(found, expected)
        if not any(fnmatchcase(step, pattern) for pattern in steps)
    }
    assert illegal == set()
