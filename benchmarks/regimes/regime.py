"""
The regimes by name: which devices, which rules, in which order.

* ``R``, realistic: 2,000 descriptions, a few of them frequent; narrow rules around them.
* ``X``, adversarial: uniform devices, nearly all distinct; broad rules.
* ``Xn``: the devices of X with narrow rules, each around a device.
* ``X unpruned``: the rules of X without their clauses on device_api, type, aggregator and parent,
  so that nothing is skipped by the order of the devices.
* ``X unsorted``: X, with the devices as they were drawn. Everywhere else they are sorted by type,
  device_api and parent, for everybody.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import default_rng

from benchmarks.regimes import data, rules
from benchmarks.regimes.data import N_CLASSES, RULE_SEED, Table
from benchmarks.regimes.rules import Rules

_BLOCK = 1000
"""Rules that share a stream."""


@dataclass(frozen=True, slots=True)
class Regime:
    """How devices and rules are drawn."""

    is_realistic: bool = False
    is_narrow: bool = False
    is_pruned: bool = True
    is_sorted: bool = True


REGIMES = {
    "R": Regime(is_realistic=True, is_narrow=True, is_sorted=False),
    "X": Regime(),
    "Xn": Regime(is_narrow=True),
    "X unpruned": Regime(is_pruned=False),
    "X unsorted": Regime(is_sorted=False),
}


def devices_of(name: str) -> str:
    """Return the first regime that has the same devices."""
    regime = REGIMES[name]
    return next(
        other
        for other, found in REGIMES.items()
        if (found.is_realistic, found.is_sorted) == (regime.is_realistic, regime.is_sorted)
    )


def table(name: str, devices: int) -> Table:
    """Draw the devices of a regime."""
    return _table(devices_of(name), devices)


@lru_cache(maxsize=1)
def _table(name: str, devices: int) -> Table:
    regime = REGIMES[name]
    drawn = (data.realistic if regime.is_realistic else data.adversarial)(devices)
    return data.in_order(drawn) if regime.is_sorted else drawn


@lru_cache(maxsize=4)
def rules_of(name: str, n: int) -> Rules:
    """
    Draw the rules of a regime; the first ones stay the same, however many are drawn.

    ``R by class`` has a rule around each class of R.
    """
    by_class = name == "R by class"
    regime, seed = REGIMES["R" if by_class else name], RULE_SEED
    if regime.is_realistic:
        classes = data.realistic_classes()
        drawn = np.arange(n) if by_class else default_rng(seed).integers(0, N_CLASSES, n)
        own = {attribute: codes[drawn % N_CLASSES] for attribute, codes in classes.items()}
    else:
        # The devices that a fleet of any size begins with.
        own = data.adversarial(n).columns
    draw = rules.narrow if regime.is_narrow else rules.broad
    made = rules.joined(
        [
            draw({name: codes[at : at + _BLOCK] for name, codes in own.items()}, [seed, at])
            for at in range(0, n, _BLOCK)
        ]
    )
    return made if regime.is_pruned else made.residual()
