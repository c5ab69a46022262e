"""
A simulator of Linux mdev vendor drivers with a C-accelerated compatibility matcher.

The names here are the public ones; each module documents its own. Start with `Host` (a simulated
machine), `load_scheme` (what devices publish and what is compared), `explain` (one verdict with
its reasons), `Fleet` (millions of devices), `lint` and `survey` (what is wrong with a scheme, and
which laws it keeps), and `fleet_islands`, `drain` and `baseline` (plans for a fleet).
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.compat.description import Description
    from simulator.compat.judge import judge
    from simulator.compat.listing import Listing, format_listing, parse_listing
    from simulator.compat.loader import load_scheme
    from simulator.compat.ndjson import parse_line
    from simulator.compat.scheme import Direction, Outcome, Scheme
    from simulator.compat.schemes import load_builtin
    from simulator.compat.verdict import Verdict, explain
    from simulator.errors import InputError, MdevError, Mistake, TextError
    from simulator.fleet.fleet import Fleet, Match
    from simulator.fleet.generate import generate
    from simulator.host import Host, load_host
    from simulator.lab.laws.survey import survey
    from simulator.lab.lint import lint
    from simulator.lab.population import Population, population_of
    from simulator.mdev import KERNELS, Mdev, MdevBus, MdevType, Parent, VendorDriver
    from simulator.planning.baseline import baseline
    from simulator.planning.drain import drain
    from simulator.planning.islands import fleet_islands
    from simulator.publish import Publication, read_back
    from simulator.vendors import driver

__all__ = [
    "KERNELS",
    "Description",
    "Direction",
    "Fleet",
    "FleetMatrix",
    "Host",
    "InputError",
    "Listing",
    "Match",
    "Matches",
    "Mdev",
    "MdevBus",
    "MdevError",
    "MdevType",
    "Mistake",
    "Outcome",
    "Parent",
    "Population",
    "Publication",
    "Scheme",
    "TextError",
    "VendorDriver",
    "Verdict",
    "baseline",
    "drain",
    "driver",
    "explain",
    "fleet_islands",
    "format_listing",
    "generate",
    "judge",
    "lint",
    "load_builtin",
    "load_host",
    "load_scheme",
    "parse_line",
    "parse_listing",
    "population_of",
    "read_back",
    "survey",
]

# Loaded when asked for: pytest imports this package in every run, for the sake of the plugin.
_ROOMS = MappingProxyType(
    {
        "Description": "compat.description",
        "Direction": "compat.scheme",
        "Fleet": "fleet.fleet",
        "FleetMatrix": "fleet.matches",
        "Host": "host",
        "InputError": "errors",
        "KERNELS": "mdev",
        "Listing": "compat.listing",
        "Match": "fleet.fleet",
        "Matches": "fleet.matches",
        "Mdev": "mdev",
        "MdevBus": "mdev",
        "MdevError": "errors",
        "MdevType": "mdev",
        "Mistake": "errors",
        "Outcome": "compat.scheme",
        "Parent": "mdev",
        "Population": "lab.population",
        "Publication": "publish",
        "Scheme": "compat.scheme",
        "TextError": "errors",
        "VendorDriver": "mdev",
        "Verdict": "compat.verdict",
        "baseline": "planning.baseline",
        "drain": "planning.drain",
        "driver": "vendors",
        "explain": "compat.verdict",
        "fleet_islands": "planning.islands",
        "format_listing": "compat.listing",
        "generate": "fleet.generate",
        "judge": "compat.judge",
        "lint": "lab.lint",
        "load_builtin": "compat.schemes",
        "load_host": "host",
        "load_scheme": "compat.loader",
        "parse_line": "compat.ndjson",
        "parse_listing": "compat.listing",
        "population_of": "lab.population",
        "read_back": "publish",
        "survey": "lab.laws.survey",
    }
)


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return __all__
