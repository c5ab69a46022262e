"""
The one package that meets the C core: handles, buffers, and every status checked in one place.

Bytes in, numbers and buffers out; ``ffi``, ``lib`` and ``Any`` stop here. What the functions
promise is in ``csrc/mdm.h``, and its words are in `simulator.fleet.words`. Rows and descriptions
get their meaning in `simulator.fleet.fleet`.
"""

from simulator.fleet._matcher.core import Core, saved_label
from simulator.fleet._matcher.join import CoreJoin
from simulator.fleet._matcher.query import CoreQuery
from simulator.fleet._matcher.reader import CoreReader

__all__ = ["Core", "CoreJoin", "CoreQuery", "CoreReader", "saved_label"]
