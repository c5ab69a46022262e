"""
The bridge: a scheme's values on the types and devices of a simulated host, and back again.

Source: the files are those of the proposals, as the scheme's surface says; ours otherwise.
"""

from simulator.publish.facts import FACTS
from simulator.publish.publication import Publication, read_publication
from simulator.publish.publisher import Publisher, read_back

__all__ = ["FACTS", "Publication", "Publisher", "read_back", "read_publication"]


def __dir__() -> list[str]:
    return __all__
