"""A fleet of four and a source."""

import pytest
from fleet.versions import LINE, SCHEME, VERSIONS

from simulator.fleet.fleet import Fleet


@pytest.fixture
def fleet():
    """Four devices that differ in name and version."""
    made = Fleet(SCHEME)
    text = "".join(LINE % (f"d{row}", version) for row, version in enumerate(VERSIONS))
    assert made.extend("f", [text.encode()]) == range(4)
    return made


@pytest.fixture
def source(fleet):
    """A source with version 1.1."""
    return fleet[1]
