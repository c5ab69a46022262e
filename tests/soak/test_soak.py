"""A soak of some seconds: everything that an hour of it does, and looks at."""

import os
import time

import pytest
from clients.missing import needs, no_fuse, no_namespaces
from soak.run import soak

IS_CI = bool(os.environ.get("CI"))
SECONDS = 60 if IS_CI else 10


@needs("mdevctl")
def test_soak(tmp_path):
    """Clients, faults, churn and queries together lose nothing, and memory is flat."""
    if wrong := no_fuse() or no_namespaces(()):
        pytest.skip(wrong)
    forget = IS_CI and os.access("/proc/sys/vm/drop_caches", os.W_OK)
    found = soak(SECONDS, 1, time.monotonic, tmp_path, forget=forget)
    assert {part: soaked.wrong for part, soaked in found.items()} == {"machine": [], "fleet": []}
    machine, fleet = found["machine"].done, found["fleet"].done
    for what in ("create", "remove", "read", "uevents", "create: EIO", "control: unregister"):
        assert machine[what], what
    for what in ("exchanged", "replaced", "added", "removed", "asked", "checked"):
        assert fleet[what], what
    assert len(found["machine"].work) == len(found["machine"].memory) == found["machine"].rounds
