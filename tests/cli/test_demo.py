"""``mdevsim demo``."""

import re
from importlib import import_module

import pytest


def test_story(command, golden):
    """The whole story is told, and the C core and the judge agree."""
    answer = command("demo", "--devices", 3000)
    assert (answer.status, answer.err) == (0, "")
    assert "0 disagreements between the C core and the judge" in answer.out
    golden("demo", re.sub(r"[0-9.]+ (s|ms)\b", "… \\1", answer.out))


def test_json(quick):
    """--json gives what was found and nothing else."""
    answer = quick("demo", "--devices", 200, "--seed", 5, "--json")
    assert answer.status == 0
    found = answer.json
    assert found["fleet"]["devices"] == 200
    assert found["disagreements"] == 0
    assert found["source"]["self"]["mdev_type"].startswith("i915-GVTg_V5_")
    assert set(found["targets"]) == {"target", "source"}
    assert set(found["created"]) == {"0000:00:02.0", "0000:00:03.0"}


@pytest.mark.parametrize("devices", [1, 2])
def test_tiny_fleets(quick, devices):
    """A fleet with hardly a device is a story too."""
    answer = quick("demo", "--devices", devices, "--json")
    assert (answer.status, answer.json["fleet"]["devices"]) == (0, devices)


def test_disagreement_is_status_1(quick, monkeypatch):
    """If the judge said otherwise, the demonstration would say so."""
    monkeypatch.setattr(import_module("simulator.cli.demo"), "judge", lambda *_: None)
    answer = quick("demo", "--devices", 10)
    assert answer.status == 1
    assert re.search(r"[1-9][0-9]* disagreements", answer.out)
