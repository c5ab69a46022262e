"""Hosts from texts, and what is wrong with those that are refused."""

import pytest

from simulator.compat.schemes import load_builtin
from simulator.errors import InputError, TextError
from simulator.host import load_host


def find(name):
    """Find a shipped scheme, as the faces do."""
    if name not in {"self-compatible", "software-version"}:
        raise TextError(name, f"no scheme {name}", "a shipped one")
    return load_builtin(name)


def load(text, **more):
    """Build the host of a text."""
    return load_host("f", text.encode(), find, **more)


def refused(text, **more):
    """Give the mistakes of a text: where, what is marked there, and what is said."""
    with pytest.raises(InputError) as caught:
        load(text, **more)
    lines = text.split("\n")
    found = []
    for mistake in caught.value.mistakes:
        assert mistake.file == "f"
        assert mistake.source == lines[mistake.line - 1]
        marked = mistake.source[mistake.column - 1 :][: mistake.length]
        found.append((mistake.line, marked, mistake.message))
    return found


def version_of(host, mdev):
    """The one value, or None."""
    found = host.describe(mdev).values.get("interface_version")
    return None if found is None else found.number
