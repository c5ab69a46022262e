"""The short part of the static proof, where its tool is."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_readers_are_proved_without_an_alarm():
    """No short text of any bytes makes a reader of the core read or write outside of it."""
    if shutil.which("frama-c") is None:
        pytest.skip("frama-c is missing (the Debian package frama-c-base)")
    command = [ROOT / "csrc" / "analysis" / "proof" / "run", "short"]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=1800)
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.count(" 0 alarms") == len(ran.stdout.splitlines()) > 0
