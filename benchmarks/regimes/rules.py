"""
Rules: what a source accepts. Narrow ones are drawn around a description, broad ones are not.

A rule is held twice over: here as arrays over all rules, from which peers build their tables; and
as clauses (`Rules.clauses`) for peers that answer one rule at a time. `benchmarks.regimes.text`
spells them.

A narrow template stands for a constant total: the aggregator times the fraction of the type. It
accepts the types of one family whose aggregator is the same total; alternatives that are not whole
numbers, or above 32, are left out, as the language counts exactly. Where the total neither divides
8 nor is divided by it, one template cannot say the alternatives, and the rule accepts only the type
and aggregator that it was drawn from. This is so for everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from benchmarks.regimes.attributes import ATTRIBUTES, MAX_AGGREGATOR, STEPS, Array, Columns, Mask
from benchmarks.regimes.clauses import Among, Between, Clause, Clauses, Has, Pairs, pass_rate

MOST_PAIRS = 8
_NO_PAIR = -1
_ALL_PARENTS = np.uint64(2**64 - 1)


@dataclass(frozen=True)
class Rules:
    """
    Many rules, one array a clause; where a rule has no such clause, everything is accepted.

    Attributes:
        own: The sources' own values; no rule of this direction asks for them.
        apis: A bit an accepted device_api; ``parents`` and ``misc`` alike.
        types: Accepted types, a column a code; ``drivers`` alike.
        pairs: Accepted (type, aggregator), at most `MOST_PAIRS`; -1 where there are fewer.
        totals: The total of a narrow template, or 0.
        aggregator: The lowest and the highest; ``version`` and the other numbers alike.
        pv_mode: The flags that are needed; ``flags`` alike.
    """

    own: Columns
    apis: NDArray[np.uint8]
    types: Mask
    pairs: NDArray[np.int16]
    totals: NDArray[np.int16]
    aggregator: NDArray[np.uint8]
    parents: NDArray[np.uint64]
    pv_mode: NDArray[np.uint8]
    version: NDArray[np.uint16]
    framebuffer: NDArray[np.uint16]
    drivers: Mask
    flags: NDArray[np.uint16]
    location: NDArray[np.uint8]
    cost: NDArray[np.uint16]
    misc: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.apis)

    @property
    def has_pairs(self) -> Mask:
        """Whether type and aggregator are asked for together."""
        return self.pairs[:, 0, 0] != _NO_PAIR

    def part(self, start: int, stop: int) -> "Rules":
        """Keep the rules from *start* on, before *stop*."""
        kept = {f.name: getattr(self, f.name)[start:stop] for f in fields(self) if f.name != "own"}
        return Rules(own={name: codes[start:stop] for name, codes in self.own.items()}, **kept)

    def residual(self) -> "Rules":
        """Drop the clauses on device_api, type, aggregator and parent, which skip whole runs."""
        anything = _anything(self.own)
        dropped = ("apis", "types", "pairs", "totals", "aggregator", "parents")
        return replace(self, **{name: getattr(anything, name) for name in dropped})

    def pairs_of(self, rule: int) -> tuple[tuple[int, int], ...]:
        """Return the accepted pairs of a template."""
        return tuple((int(t), int(a)) for t, a in self.pairs[rule] if t != _NO_PAIR)

    def clauses(self, rule: int) -> Clauses:
        """Return a rule's clauses, by estimated pass rate; none that accepts everything."""
        found: list[Clause] = [
            _among("device_api", _bits(int(self.apis[rule]))),
            _among("parent", _bits(int(self.parents[rule]))),
            _among("driver", np.flatnonzero(self.drivers[rule])),
            _among("misc", _bits(int(self.misc[rule]))),
            Has("pv_mode", int(self.pv_mode[rule])),
            Has("flags", int(self.flags[rule])),
            *(
                Between(name, *map(int, getattr(self, name)[rule]))
                for name in ("version", "framebuffer", "location", "cost")
            ),
        ]
        if self.has_pairs[rule]:
            found.append(Pairs(self.pairs_of(rule)))
        else:
            found.append(_among("type", np.flatnonzero(self.types[rule])))
            found.append(Between("aggregator", *map(int, self.aggregator[rule])))
        return tuple(sorted((c for c in found if not c.accepted.all()), key=pass_rate))


def joined(parts: Sequence[Rules]) -> Rules:
    """Put rules one after the other."""
    names = [field.name for field in fields(Rules) if field.name != "own"]
    made = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    own = {name: np.concatenate([part.own[name] for part in parts]) for name in parts[0].own}
    return Rules(own=own, **made)


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]


def _among(name: str, codes: object) -> Among:
    return Among(name, tuple(map(int, codes)))


def _whole(name: str, n: int) -> Array:
    """Return the range of everything."""
    attribute = ATTRIBUTES[name]
    return np.tile(np.array([0, attribute.n_codes - 1], attribute.dtype), (n, 1))


def _anything(own: Columns) -> Rules:
    n = len(own["type"])
    ranges = ("aggregator", "version", "framebuffer", "location", "cost")
    return Rules(
        own=own,
        apis=np.full(n, 63, np.uint8),
        types=np.ones((n, ATTRIBUTES["type"].n_codes), np.bool_),
        pairs=np.full((n, MOST_PAIRS, 2), _NO_PAIR, np.int16),
        totals=np.zeros(n, np.int16),
        parents=np.full(n, _ALL_PARENTS),
        pv_mode=np.zeros(n, np.uint8),
        drivers=np.ones((n, ATTRIBUTES["driver"].n_codes), np.bool_),
        flags=np.zeros(n, np.uint16),
        misc=np.full(n, 0xFFFF, np.uint16),
        **{name: _whole(name, n) for name in ranges},
    )


def _around(random: Generator, own: Array, n_codes: int, more: Array) -> Mask:
    """Accept the own code and some random ones."""
    rows = np.arange(len(own))
    mask = np.zeros((len(own), n_codes), np.bool_)
    mask[rows, own] = True
    for at in range(int(more.max(initial=0))):
        code = random.integers(0, n_codes, len(own))
        mask[rows, code] |= more > at
    return mask


def _subsets(random: Generator, n: int, n_codes: int, size: int) -> Mask:
    """Accept so many codes, at random."""
    order = np.argsort(random.random((n, n_codes)), axis=1)[:, :size]
    mask = np.zeros((n, n_codes), np.bool_)
    np.put_along_axis(mask, order, values=True, axis=1)
    return mask


def _word(mask: Mask, dtype: type) -> Array:
    """Pack a row of booleans into one number."""
    bits = np.uint64(1) << np.arange(mask.shape[1], dtype=np.uint64)
    return (mask * bits).sum(axis=1, dtype=np.uint64).astype(dtype)


def _set_range(rules: Rules, name: str, where: Mask, low: Array, high: Array) -> None:
    limit = ATTRIBUTES[name].n_codes - 1
    getattr(rules, name)[where] = np.stack([low, np.minimum(high, limit)], axis=1)[where]


def _set_templates(rules: Rules, where: Mask) -> None:
    """Let type and aggregator go together, as the module says."""
    own_type, own_aggregator = rules.own["type"].astype(int), rules.own["aggregator"].astype(int)
    total = own_aggregator << (own_type % STEPS)
    is_said = (total % 8 == 0) | (8 % total == 0)
    rules.totals[:] = np.where(where & is_said, total, 0)
    alone = where & ~is_said
    rules.pairs[alone, 0] = np.stack([own_type, own_aggregator], axis=1)[alone]
    used = np.zeros(len(rules), int)
    for step in range(STEPS):
        aggregator = total >> step
        good = where & is_said & (total % (1 << step) == 0) & (aggregator <= MAX_AGGREGATOR)
        pair = np.stack([own_type - own_type % STEPS + step, aggregator], axis=1)
        rules.pairs[good, used[good]] = pair[good]
        used += good


def narrow(own: Columns, seed: Sequence[int]) -> Rules:
    """Draw a rule around each description, which it accepts."""
    random, n = default_rng(seed), len(own["type"])
    wide = {name: codes.astype(np.int64) for name, codes in own.items()}
    rules, rows, always = _anything(own), np.arange(n), np.ones(n, np.bool_)
    rules.apis[:] = 1 << wide["device_api"]
    is_template = random.random(n) < 0.5
    _set_templates(rules, is_template)
    rules.types[~is_template] = False
    rules.types[rows, wide["type"]] = True
    limit = np.full(n, MAX_AGGREGATOR)
    _set_range(rules, "aggregator", ~is_template, wide["aggregator"], limit)
    rules.parents[:] = _word(
        _around(random, own["parent"], 64, random.integers(0, 8, n)), np.uint64
    )
    rules.pv_mode[:] = wide["pv_mode"] & random.integers(0, 64, n)
    version = wide["version"]
    _set_range(rules, "version", always, version & ~15, version | 255)
    _set_range(rules, "framebuffer", always, wide["framebuffer"] // 2, wide["framebuffer"] * 2)
    drivers = _around(random, own["driver"], rules.drivers.shape[1], random.integers(0, 8, n))
    rules.drivers[:] = drivers | (random.random((n, 1)) >= 0.7)
    rules.flags[:] = wide["flags"] & random.integers(0, 4096, n) & random.integers(0, 4096, n)
    zero = np.zeros(n, int)
    _set_range(rules, "location", random.random(n) < 0.3, zero, np.maximum(wide["location"], 2))
    _set_range(rules, "cost", random.random(n) < 0.5, zero, wide["cost"] + 300)
    misc = _word(_around(random, own["misc"], 16, np.full(n, 3)), np.uint16)
    rules.misc[:] = np.where(random.random(n) < 0.5, misc, 0xFFFF)
    return rules


def _set_two_types(rules: Rules, random: Generator, where: Mask) -> None:
    """Two types, each with the four aggregators that equal it modulo 8."""
    n = len(rules)
    first = random.integers(0, 200, n)
    types = np.stack([first, (first + random.integers(1, 200, n)) % 200], axis=1)
    lowest = (types + 7) % 8 + 1
    aggregators = lowest[:, :, None] + 8 * np.arange(4)
    pairs = np.stack([np.broadcast_to(types[:, :, None], aggregators.shape), aggregators], axis=-1)
    rules.pairs[where] = pairs.reshape(n, MOST_PAIRS, 2)[where]


def broad(own: Columns, seed: Sequence[int]) -> Rules:
    """Draw a rule for each description, whatever the description is."""
    random, n = default_rng(seed), len(own["type"])
    rules, always = _anything(own), np.ones(n, np.bool_)
    rules.apis[:] = np.where(random.random(n) < 0.6, _word(_subsets(random, n, 6, 3), np.uint8), 63)
    is_template = random.random(n) < 0.1
    _set_two_types(rules, random, is_template)
    rules.types[:] = _subsets(random, n, 200, 100) | is_template[:, None]
    low = random.integers(1, MAX_AGGREGATOR - 18, n)
    _set_range(rules, "aggregator", ~is_template, low, low + 19)
    rules.parents[:] = _word(_subsets(random, n, 64, 32), np.uint64)
    rules.pv_mode[:] = 1 << random.integers(0, 6, n)
    major, minor = random.integers(0, 4, n), random.integers(0, 8, n)
    _set_range(rules, "version", always, major * 256 + minor * 16, major * 256 + 255)
    for name, share in (("framebuffer", 1), ("location", 0.3), ("cost", 0.5)):
        size = ATTRIBUTES[name].n_codes * 6 // 10
        low = random.integers(0, ATTRIBUTES[name].n_codes - size + 1, n)
        _set_range(rules, name, random.random(n) < share, low, low + size - 1)
    rules.drivers[:] = _subsets(random, n, 500, 300) | (random.random((n, 1)) >= 0.5)
    rules.flags[:] = 1 << random.integers(0, 12, n)
    misc = _word(_subsets(random, n, 16, 11), np.uint16)
    rules.misc[:] = np.where(random.random(n) < 0.5, misc, 0xFFFF)
    return rules
