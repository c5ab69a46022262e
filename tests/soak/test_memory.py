"""What is called flat: noise, and not a leak in it."""

import subprocess
import sys
from itertools import accumulate
from pathlib import Path
from random import Random

import pytest
from soak.memory import BLOCKS, resident, slope

MINUTE = 40
"""Samples of a minute: a round takes a second and a half."""
CREATIONS = 130
"""Of a round, when there is a processor to have."""
PAGE = 4096
START = 33 << 20
SEEDS = range(200)


def _work(rounds=MINUTE):
    return list(accumulate([CREATIONS] * rounds))


def _noise(random, rounds=MINUTE):
    """Draw pages that are taken and given back: some stay for a while, and a burst for a round."""
    stays, sizes = 0.0, []
    for _ in range(rounds):
        stays = 0.7 * stays + random.gauss(0, 6)
        burst = random.random() < 0.05 and random.randrange(300)
        sizes.append(START + PAGE * (round(stays) + burst))
    return sizes


def _found(leak, rounds=MINUTE):
    """Say how many seeds of noise with a leak in it are not called flat."""
    work, n = _work(rounds), 0
    for seed in SEEDS:
        noise = _noise(Random(seed), rounds)
        sizes = [size + leak * done for size, done in zip(noise, work, strict=True)]
        n += not slope(work, sizes).is_flat
    return n


@pytest.mark.parametrize("rounds", [MINUTE, 10 * MINUTE])
def test_noise_is_flat(rounds):
    """Samples that wander, with bursts in them, are flat for every seed."""
    assert _found(0, rounds) == 0


def test_a_leak_is_found_in_a_minute():
    """2,000 bytes a creation are found in noise, for nine seeds of ten, and 3,000 for all."""
    assert _found(2000) >= 0.9 * len(SEEDS)
    assert _found(3000) == len(SEEDS)


def test_a_small_leak_is_found_in_time():
    """Forty bytes a creation are found when there are an hour's samples."""
    work = _work(60 * MINUTE)
    sizes = [a + 40 * b for a, b in zip(_noise(Random(1), len(work)), work, strict=True)]
    found = slope(work, sizes)
    assert not found.is_flat
    assert found.estimate == pytest.approx(40, abs=1)


def test_growth_that_ends_is_flat():
    """What is only kept in the first half of a run is no leak."""
    work = _work()
    sizes = [START + min(at, MINUTE // 2) * 100_000 for at in range(MINUTE)]
    assert slope(work, sizes).is_flat


def test_a_step_within_the_bound_is_flat():
    """An allocator may take once what it may keep."""
    work = _work()
    assert slope(work, [START] * 30 + [START + (200 << 10)] * 10).is_flat


def test_too_few_samples_say_nothing():
    """Before there is a limit none is passed, and an estimate is made of what there is."""
    assert slope([], []).is_flat
    assert slope([1, 2], [5, 5 << 20]).is_flat
    assert slope([0, 10, 20, 30], [0, 0, 0, 10 << 20]).estimate == (10 << 20) / 10
    assert slope([7] * 100, [START] * 100).is_flat


def test_work_that_stands_still():
    """Rounds in which nothing was created have no slope, the others have."""
    work = [100 * (at // 2) for at in range(BLOCKS * 2)]
    sizes = [START + 5000 * done for done in work]
    assert slope(work, sizes).estimate == 5000


@pytest.mark.parametrize(("leak", "is_flat"), [(0, True), (2500, False)])
def test_a_process_that_leaks(leak, is_flat):
    """A leak in a real process is found in a minute's samples of what the kernel says of it."""
    double = subprocess.Popen(
        [sys.executable, "-P", "-m", "soak.leaks", str(leak)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    sizes = []
    with double:
        for _ in range(MINUTE):
            print(CREATIONS, file=double.stdin, flush=True)
            double.stdout.readline()
            sizes.append(resident(double.pid))
        double.stdin.close()
    found = slope(_work(), sizes)
    assert found.is_flat == is_flat, found
    assert found.estimate == pytest.approx(leak, rel=0.1, abs=40)
