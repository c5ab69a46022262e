"""What the markers of a test want of its machine."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields

import pytest

__all__ = ["Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The arguments of the marker."""

    vendor: str | None = None
    host: str | os.PathLike[str] | None = None
    kernel: str | None = None
    scheme: str | None = None
    faults: Sequence[str] = ()
    seed: int = 0
    udev: bool = False
    hostile: int | str | None = None

    @classmethod
    def of(cls, node: pytest.Item) -> "Wanted":
        """Join the markers of a test; a mistake fails it."""
        said: dict[str, object] = {}
        known = [one.name for one in fields(cls)]
        for mark in reversed(list(node.iter_markers("mdevsim"))):
            wrong = [*map(repr, mark.args), *(name for name in mark.kwargs if name not in known)]
            if wrong:
                pytest.fail(f"mdevsim marker: {wrong[0]}; expected {', '.join(known)}", False)
            said |= mark.kwargs
        wanted = cls(**said)  # type: ignore[arg-type]
        if isinstance(wanted.faults, str):
            pytest.fail("mdevsim marker: faults is a text; expected a list of texts", False)
        return wanted

    def host_file(self, node: pytest.Item) -> str | None:
        """Return the path of the host file; the names of shipped hosts are no paths."""
        if self.host is None:
            return None
        path = node.path.parent / self.host
        return str(path) if path.exists() else os.fspath(self.host)

    def words(self, node: pytest.Item) -> list[str]:
        """Return the arguments of ``mdevsim run``."""
        host = self.host_file(node)
        options = {"--vendor": self.vendor, "--kernel": self.kernel, "--scheme": self.scheme}
        given = [word for name, value in options.items() if value for word in (name, value)]
        more = ["--udev"] if self.udev else []
        more += [] if self.hostile is None else ["--hostile", str(self.hostile)]
        return [*given, "--seed", str(self.seed), *more, *([] if host is None else [host])]
