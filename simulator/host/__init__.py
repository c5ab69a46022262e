"""One simulated machine: from code, or from a file that a person wrote."""

from simulator.host.file import load_host
from simulator.host.machine import Host

__all__ = ["Host", "load_host"]


def __dir__() -> list[str]:
    return __all__
