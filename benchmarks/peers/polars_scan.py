"""
Polars: names as ``Enum``, so codes inside; numbers and masks in the narrowest integers.

The expression is built once, clauses by pass rate, and Polars optimises it anew for each query. Its
pool of threads is made at the import, so it has as many as ``POLARS_MAX_THREADS`` says.
"""

import os
from functools import reduce
from operator import and_, or_

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import numpy as np
import polars as pl

from benchmarks.peers import Answers
from benchmarks.regimes.attributes import ATTRIBUTES
from benchmarks.regimes.clauses import Among, Between, Clause, Clauses, Has
from benchmarks.regimes.data import Table

_NAMES = ("device_api", "type", "parent", "driver", "misc")
"""The attributes that are names."""

_ENUMS = {name: pl.Enum(ATTRIBUTES[name].texts) for name in _NAMES}


def _literal(name: str, code: int) -> pl.Expr:
    if name in _ENUMS:
        return pl.lit(ATTRIBUTES[name].texts[code], _ENUMS[name])
    wide = ATTRIBUTES[name].dtype.itemsize == 2
    return pl.lit(code, pl.UInt16 if wide else pl.UInt8)


def _expression(clause: Clause) -> pl.Expr:
    match clause:
        case Among(name=name, codes=(code,)):
            return pl.col(name) == _literal(name, code)
        case Among(name=name):
            # The shorter of the two lists.
            is_most = clause.accepted.mean() > 0.5
            codes = np.flatnonzero(clause.accepted ^ is_most)
            texts = [ATTRIBUTES[name].texts[code] for code in codes]
            found = pl.col(name).is_in(pl.Series(texts, dtype=_ENUMS[name]).implode())
            return ~found if is_most else found
        case Between(name=name, low=low, high=high):
            return pl.col(name).is_between(_literal(name, low), _literal(name, high))
        case Has(name=name, flags=flags):
            needed = _literal(name, flags)
            return pl.col(name) & needed == needed
        case _:
            return reduce(
                or_,
                (
                    (pl.col("type") == _literal("type", kind))
                    & (pl.col("aggregator") == _literal("aggregator", aggregator))
                    for kind, aggregator in clause.pairs
                ),
            )


class Frame:
    """A frame of one chunk, with the number of each row."""

    def __init__(self, table: Table, _threads: int) -> None:
        columns = {name: pl.Series(codes) for name, codes in table.columns.items()}
        for name, kind in _ENUMS.items():
            # Through the largest physical type of an Enum, whose codes are ours.
            physical = pl.Series(ATTRIBUTES[name].texts, dtype=kind).to_physical().dtype
            columns[name] = columns[name].cast(physical).cat.to(kind)
        rows = pl.Series(np.arange(table.n_rows, dtype=np.uint32))
        self.frame = pl.DataFrame({"row": rows, **columns}).rechunk().lazy()

    def _found(self, clauses: Clauses) -> tuple[pl.LazyFrame, pl.Expr]:
        rule = reduce(and_, map(_expression, clauses), pl.lit(value=True))
        return self.frame.filter(rule), rule

    def prepare(self, clauses: Clauses) -> Answers:
        """Build the queries of a rule."""
        found, rule = self._found(clauses)
        count, rows, few = found.select(pl.len()), found.select("row"), found.select("row").head(10)
        mask = self.frame.select(rule.alias("verdict"))
        return {
            "count": lambda: count.collect().item(),
            "rows": lambda: rows.collect().to_series().to_numpy(),
            "bitmap": lambda: mask.collect().to_series(),
            "first": lambda: few.collect().to_series().to_numpy(),
        }

    def cold(self, clauses: Clauses) -> Answers:
        """Build nothing but the query that is asked."""
        return {
            "count": lambda: self._found(clauses)[0].select(pl.len()).collect().item(),
            "rows": lambda: self._found(clauses)[0].select("row").collect().to_series().to_numpy(),
        }
