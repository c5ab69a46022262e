"""Schemes that the tests of plans share."""

import pytest

from simulator.compat.schemes import load_builtin


@pytest.fixture(scope="session")
def version_scheme():
    """The rule x.y.z, with types."""
    return load_builtin("software-version")
