"""
The bridge: a scheme's values on the types and devices of a simulated host, and back again.

Source: the files are those of the proposals, as the scheme's surface says; ours otherwise.
"""

from simulator.publish.facts import FACTS
from simulator.publish.plan import path_of, scope_of
from simulator.publish.publication import Publication, read_publication
from simulator.publish.publisher import Publisher
from simulator.publish.read_back import read_back, read_parent, read_type

__all__ = [
    "FACTS",
    "Publication",
    "Publisher",
    "path_of",
    "read_back",
    "read_parent",
    "read_publication",
    "read_type",
    "scope_of",
]


def __dir__() -> list[str]:
    return __all__
