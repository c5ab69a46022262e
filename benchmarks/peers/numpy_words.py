"""
NumPy, 64 sources at a time: for each code the word of the sources that accept it.

One lookup and one AND a column answer 64 sources for a device. The strongest NumPy peer where
descriptions do not repeat; one thread. Words are made outside the time.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import Run
from benchmarks.regimes.attributes import ATTRIBUTES, Array, Mask
from benchmarks.regimes.data import Table
from benchmarks.regimes.rules import Rules

_WORD = 64
_CHUNK = 16_384
"""Devices whose words stay in the cache."""

Words = NDArray[np.uint64]


def _words(accepted: Mask) -> Words:
    """Turn booleans by source and code into a word a code."""
    bits = np.uint64(1) << np.arange(len(accepted), dtype=np.uint64)
    return (accepted * bits[:, None]).sum(axis=0, dtype=np.uint64)


def _tables(rules: Rules) -> list[tuple[tuple[str, ...], Words]]:
    """Make the words of 64 rules, by column; type and aggregator together."""
    found: list[tuple[tuple[str, ...], Words]] = []

    def between(name: str) -> Mask:
        codes, limits = np.arange(ATTRIBUTES[name].n_codes), getattr(rules, name)
        return (codes >= limits[:, :1]) & (codes <= limits[:, 1:])

    def bits(name: str, words: Array) -> Mask:
        codes = np.arange(ATTRIBUTES[name].n_codes, dtype=np.uint64)
        return (words[:, None].astype(np.uint64) >> codes) & 1 == 1

    def flags(name: str) -> Mask:
        needed = getattr(rules, name)[:, None].astype(int)
        return (np.arange(ATTRIBUTES[name].n_codes) & needed) == needed

    both = rules.types[:, :, None] & between("aggregator")[:, None, :]
    both[rules.has_pairs] = False
    for rule in np.flatnonzero(rules.has_pairs):
        both[rule][tuple(np.transpose(rules.pairs_of(int(rule))))] = True
    found.append((("type", "aggregator"), _words(both.reshape(len(rules), -1))))
    found += [((name,), _words(between(name))) for name in ("version", "framebuffer")]
    found.append((("flags",), _words(flags("flags"))))
    found.append((("driver",), _words(rules.drivers)))
    found.append((("parent",), _words(bits("parent", rules.parents))))
    found.append((("device_api",), _words(bits("device_api", rules.apis))))
    found.append((("pv_mode",), _words(flags("pv_mode"))))
    found += [((name,), _words(between(name))) for name in ("location", "cost")]
    found.append((("misc",), _words(bits("misc", rules.misc))))
    return found


class WordsOfSources:
    """A table, with type and aggregator joined to one code."""

    def __init__(self, table: Table, _threads: int = 1) -> None:
        columns = dict(table.columns)
        kinds = columns.pop("type").astype(np.uint16)
        aggregators = columns.pop("aggregator")
        joint = kinds * np.uint16(ATTRIBUTES["aggregator"].n_codes) + aggregators
        self.columns = {(name,): codes for name, codes in columns.items()}
        self.columns[("type", "aggregator")] = joint
        self.n_rows = table.n_rows

    def _count(self, tables: list[tuple[tuple[str, ...], Words]]) -> Array:
        counts = np.zeros(_WORD, np.int64)
        for start in range(0, self.n_rows, _CHUNK):
            stop = start + _CHUNK
            found = tables[0][1].take(self.columns[tables[0][0]][start:stop])
            for names, words in tables[1:]:
                found &= words.take(self.columns[names][start:stop])
            some = found[found != 0]
            bits = np.unpackbits(some.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
            counts += bits.sum(axis=0, dtype=np.int64)
        return counts

    def prepare(self, rules: Rules) -> Run:
        """Make the words of all rules, 64 by 64."""
        blocks = [
            (_tables(rules.part(start, start + _WORD)), min(_WORD, len(rules) - start))
            for start in range(0, len(rules), _WORD)
        ]
        return lambda: np.concatenate([self._count(tables)[:n] for tables, n in blocks])
