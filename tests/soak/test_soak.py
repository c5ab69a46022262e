"""A soak of some seconds: everything that an hour of it does, and looks at."""

import os
import time

import pytest
from clients.missing import needs, no_fuse, no_namespaces
from soak.memory import growth, is_flat
from soak.run import soak

SECONDS = 60 if os.environ.get("CI") else 10


@needs("mdevctl")
def test_soak(tmp_path):
    """Clients, faults, churn and queries together lose nothing, and memory is flat."""
    if wrong := no_fuse() or no_namespaces(()):
        pytest.skip(wrong)
    found = soak(SECONDS, 1, time.monotonic, tmp_path)
    assert {part: soaked.wrong for part, soaked in found.items()} == {"machine": [], "fleet": []}
    machine, fleet = found["machine"].done, found["fleet"].done
    for what in ("create", "remove", "read", "uevents", "create: EIO", "control: unregister"):
        assert machine[what], what
    for what in ("exchanged", "replaced", "added", "removed", "asked", "checked"):
        assert fleet[what], what


def test_flat_memory():
    """Samples that wander are flat, a slope is not."""
    size = 100 << 20
    assert is_flat([size, size + 4096, size - 4096] * 10)
    slope = [size + (round_ << 20) for round_ in range(120)]
    assert not is_flat(slope)
    assert growth(slope) == 40 << 20
