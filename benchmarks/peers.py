"""
The same question in NumPy, at its best: coded columns, tables of accepted codes.

The columns are those of the matcher, a row each, in the narrowest unsigned integers. What a source
accepts becomes a test a column: a table of accepted codes, made by the judge. Tests are ordered by
the share of rows that they really let pass, which is counted beforehand and not timed; those that
let everybody pass are dropped. While many rows are left, tests run over whole columns; once few
are, over those rows alone.

A test over a whole column takes the cheapest of four forms: one comparison, one range, up to
`_MAX_EQUALS` comparisons, or a table; for columns of bytes the table is `bytes.translate`, four
times as fast here as indexing in NumPy. One thread.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import product

import numpy as np
from numpy.typing import NDArray

from simulator.compat.description import Description
from simulator.compat.judge import check_object, check_relation
from simulator.compat.ndjson import parse_line
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Direction, Outcome, Scheme
from simulator.compat.template import Scaled, Template
from simulator.fleet.fleet import Fleet
from simulator.values import Value

Mask = NDArray[np.bool_]
Array = NDArray[np.unsignedinteger]
Rows = NDArray[np.integer]

LISTS = "compatible"
"""The column of the lists of objects."""

_MAX_EQUALS = 4
_DENSE = 8
"""More rows than one in so many: go on with whole columns."""
_GATHER = 6
"""More rows than one in so many: look classes up row by row instead of sorting their lists."""
_FIRST_CHUNK = 4096


def narrowest(codes: Array, n_codes: int) -> Array:
    """Copy codes into the smallest unsigned integers that hold them."""
    return codes.astype(np.min_scalar_type(n_codes - 1))


@dataclass(frozen=True)
class Column:
    """A code a row, and how many rows have each code."""

    codes: Array
    n_codes: int

    @cached_property
    def share(self) -> NDArray[np.float64]:
        """The share of the rows that have each code."""
        return np.bincount(self.codes, minlength=self.n_codes) / max(1, len(self.codes))

    @cached_property
    def text(self) -> bytes | None:
        """The codes for `bytes.translate`, where they are bytes."""
        return self.codes.tobytes() if self.codes.itemsize == 1 else None


Columns = Mapping[str, Column]


class Coded:
    """
    A fleet as NumPy would hold it: by row, and by class with the rows of each.

    Args:
        fleet: Rows that are not in use are not expected.
    """

    def __init__(self, fleet: Fleet) -> None:
        core = fleet._core  # noqa: SLF001
        self.scheme: Scheme = fleet.scheme
        self.class_of: Array = np.array(core.classes())
        self.n_rows = len(self.class_of)
        self.sizes = np.bincount(self.class_of)
        self.n_classes = len(self.sizes)
        order = np.argsort(self.class_of, kind="stable").astype(np.uint32)
        self.rows_of: list[Array] = np.split(order, np.cumsum(self.sizes)[:-1])
        self.class_of = narrowest(self.class_of, self.n_classes)
        self.values: dict[str, list[Value | None]] = {}
        self.lists: list[Description] = []
        self.by_class: dict[str, Column] = {}
        firsts = np.array([rows[0] for rows in self.rows_of])
        for number, name in enumerate(self.scheme.attributes):
            n_codes = core.code_count(number)
            codes = np.array(core.codes(number))
            self.by_class[name] = Column(narrowest(codes, n_codes), n_codes)
            self.values[name] = [None] * n_codes
            for code, example in zip(*np.unique(codes, return_index=True), strict=True):
                self.values[name][code] = fleet[int(firsts[example])].values.get(name)
        if self.scheme.has_objects:
            self._code_lists([core.description(int(row)) for row in firsts])
        self.by_row = {
            name: Column(column.codes[self.class_of], column.n_codes)
            for name, column in self.by_class.items()
        }

    def _code_lists(self, lines: Sequence[bytes]) -> None:
        found: dict[bytes, int] = {}
        codes = [
            found.setdefault(line.partition(b'"compatible":')[2], len(found)) for line in lines
        ]
        n_codes = max(1, len(found))
        self.by_class[LISTS] = Column(narrowest(np.array(codes), n_codes), n_codes)
        for text in found:
            line = f'{{"self":{{}},"compatible":{text.decode()}' if text else '{"self":{}}'
            self.lists.append(parse_line(line, self.scheme))


# ---- tests


@dataclass(frozen=True)
class Test:
    """
    A table of accepted codes for one column, or for several together.

    Attributes:
        names: The columns.
        table: By code; one axis a column.
        passes: The share of the rows that pass.
    """

    __test__ = False

    names: tuple[str, ...]
    table: Mask
    passes: float

    @cached_property
    def accepted(self) -> list[int]:
        """The accepted codes of a single column."""
        return [int(code) for code in np.flatnonzero(self.table)]

    @cached_property
    def bytes_table(self) -> bytes:
        """The table for `bytes.translate`."""
        return self.table.tobytes().ljust(256, b"\0")

    def whole(self, columns: Columns) -> Mask:
        """Test every row."""
        if len(self.names) > 1:
            return self.some([columns[name].codes for name in self.names])
        column = columns[self.names[0]]
        codes, accepted = column.codes, self.accepted
        first, last = accepted[0], accepted[-1]
        if first == last:
            return codes == first
        if last - first == len(accepted) - 1:
            kind = codes.dtype.type
            return (codes - kind(first)) <= kind(last - first)
        if len(accepted) <= _MAX_EQUALS:
            return reduce(np.bitwise_or, [codes == code for code in accepted])
        if column.text is not None:
            return np.frombuffer(column.text.translate(self.bytes_table), np.bool_)
        return self.table.take(codes)

    def some(self, codes: Sequence[Array]) -> Mask:
        """Test these rows; a joint table is one lookup, however many pairs it accepts."""
        if len(codes) == 1:
            if len(self.accepted) == 1:
                return codes[0] == self.accepted[0]
            return self.table.take(codes[0])
        place = codes[0].astype(np.intp)
        for size, column in zip(self.table.shape[1:], codes[1:], strict=True):
            place *= size
            place += column
        return self.table.ravel().take(place)


@dataclass(frozen=True)
class Plan:
    """What a source accepts: all of these tests, the most selective first."""

    tests: tuple[Test, ...]
    is_empty: bool = False


class Compiler:
    """
    Turns a source into tests.

    Args:
        coded: The fleet.
        remember: Keep tables between sources; off where compiling is what is timed.
    """

    def __init__(self, coded: Coded, *, remember: bool = True) -> None:
        self.coded = coded
        self.scheme = coded.scheme
        self.kept: dict[object, Mask] | None = {} if remember else None
        self.verdicts: dict[object, bool] = {}
        self.lists = [
            None if d.objects is None else [_parts(one) for one in d.objects] for d in coded.lists
        ]
        if self.scheme.has_objects and self.scheme.unlisted is not Outcome.COMPATIBLE:
            raise ValueError("only schemes that ignore what is unlisted")

    def plan(self, source: Description, direction: Direction | None) -> Plan:
        """Ask the judge about every code, and order the answers."""
        tables = dict(self._relations(source))
        if direction is Direction.TARGET:
            tables[LISTS,] = self._lists(source)
        elif direction is Direction.SOURCE:
            if source.objects is None or len(source.objects) != 1:
                raise ValueError("only sources with one object")
            tables |= self._object(source.objects[0])
        tests = []
        for names, table in tables.items():
            if table.all():
                continue
            tests.append(Test(names, table, self._passes(names, table)))
        tests.sort(key=lambda test: (len(test.names), test.passes))
        return Plan(tuple(tests), any(test.passes == 0 for test in tests))

    def _passes(self, names: tuple[str, ...], table: Mask) -> float:
        if len(names) > 1:
            return float(table.any())
        return float(self.coded.by_row[names[0]].share @ table)

    def _table(self, key: object, answers: Callable[[], Iterator[bool]]) -> Mask:
        if self.kept is None:
            return np.fromiter(answers(), np.bool_)
        if key not in self.kept:
            self.kept[key] = np.fromiter(answers(), np.bool_)
        return self.kept[key]

    def _relations(self, source: Description) -> Iterator[tuple[tuple[str, ...], Mask]]:
        for name, attribute in self.scheme.attributes.items():
            if attribute.relation is None:
                continue
            key = (name, source.values.get(attribute.of or name))

            def answers(name: str = name) -> Iterator[bool]:
                attribute = self.scheme.attributes[name]
                for value in self.coded.values[name]:
                    target = Description({} if value is None else {name: value})
                    found = check_relation(self.scheme, attribute, source, target)
                    yield found.outcome is Outcome.COMPATIBLE

            yield (name,), self._table(key, answers)

    def _lists(self, source: Description) -> Mask:
        """Ask every list about the source: an object accepts when its groups do, one by one."""
        missing = self.scheme.missing is Outcome.COMPATIBLE

        def answers() -> Iterator[bool]:
            for objects in self.lists:
                if objects is None:
                    yield missing
                else:
                    yield any(self._accepts(groups, source) for groups in objects)

        return np.fromiter(answers(), np.bool_)

    def _accepts(self, groups: Sequence[tuple[Object, str]], source: Description) -> bool:
        for group, text in groups:
            own = tuple((n, source.values[n]) for n in group.clauses if n in source.values)
            if (text, own) not in self.verdicts:
                tested = Description(dict(own))
                check = check_object(self.scheme, group, tested, to_publisher=True)
                self.verdicts[text, own] = check.outcome is Outcome.COMPATIBLE
            if not self.verdicts[text, own]:
                return False
        return True

    def _object(self, one: Object) -> dict[tuple[str, ...], Mask]:
        """Make a table a clause; for clauses that share a variable a joint one, and its sides."""
        found: dict[tuple[str, ...], Mask] = {}
        for group in _groups(one):
            joint = self._joint({name: one.clauses[name] for name in group})
            if len(group) > 1:
                found[group] = joint
            for axis, name in enumerate(group):
                others = tuple(other for other in range(len(group)) if other != axis)
                found[name,] = joint.any(axis=others)
        return found

    def _joint(self, clauses: dict[str, Clause]) -> Mask:
        values = [self.coded.values[name] for name in clauses]

        def answers() -> Iterator[bool]:
            one = Object(clauses)
            for choice in product(*values):
                own = {n: v for n, v in zip(clauses, choice, strict=True) if v is not None}
                check = check_object(self.scheme, one, Description(own), to_publisher=False)
                yield check.outcome is Outcome.COMPATIBLE

        key = tuple((name, str(clause)) for name, clause in clauses.items())
        return self._table(key, answers).reshape([len(given) for given in values])


def _groups(one: Object) -> list[tuple[str, ...]]:
    """Put the attributes together whose clauses share a variable."""
    groups: list[tuple[set[str], set[str]]] = []
    for name, clause in one.clauses.items():
        names, variables = {name}, set[str]()
        if isinstance(clause, Template | Scaled):
            variables |= clause.names()
        for group in [g for g in groups if g[1] & variables]:
            groups.remove(group)
            names |= group[0]
            variables |= group[1]
        groups.append((names, variables))
    return [tuple(name for name in one.clauses if name in names) for names, _ in groups]


def _parts(one: Object) -> list[tuple[Object, str]]:
    """Cut an object into those that share no variable, each with its text."""
    parts = [Object({name: one.clauses[name] for name in group}) for group in _groups(one)]
    return [(part, str({n: str(clause) for n, clause in part.clauses.items()})) for part in parts]


# ---- answers


def _narrow(plan: Plan, columns: Columns, n_rows: int) -> Mask | Rows:
    """Return a mask where many rows are left, else their numbers."""
    mask: Mask | None = None
    tests = iter(plan.tests)
    for test in tests:
        passed = test.whole(columns)
        mask = passed if mask is None else mask & passed
        if np.count_nonzero(mask) * _DENSE < n_rows:
            break
    if mask is None:
        return np.ones(n_rows, np.bool_)
    if np.count_nonzero(mask) * _DENSE >= n_rows:
        return mask
    rows = np.flatnonzero(mask)
    for test in tests:
        if not len(rows):
            break
        rows = rows[test.some([columns[name].codes.take(rows) for name in test.names])]
    return rows


def rows(plan: Plan, columns: Columns, n_rows: int) -> Rows:
    """Find the rows by a progressive scan of the columns."""
    if plan.is_empty:
        return np.empty(0, np.intp)
    found = _narrow(plan, columns, n_rows)
    return np.flatnonzero(found) if found.dtype == np.bool_ else found


def count(plan: Plan, columns: Columns, n_rows: int) -> int:
    if plan.is_empty:
        return 0
    found = _narrow(plan, columns, n_rows)
    return int(np.count_nonzero(found)) if found.dtype == np.bool_ else len(found)


def bitmap(plan: Plan, columns: Columns, n_rows: int) -> NDArray[np.uint8]:
    found = np.empty(0, np.intp) if plan.is_empty else _narrow(plan, columns, n_rows)
    if found.dtype != np.bool_:
        mask = np.zeros(n_rows, np.bool_)
        mask[found] = True
        found = mask
    return np.packbits(found, bitorder="little")


def first(plan: Plan, columns: Columns, n_rows: int, most: int) -> Rows:
    """Find the lowest rows: chunks from the start, each twice as long as the one before."""
    found: list[Rows] = []
    start, size, n_found = 0, _FIRST_CHUNK, 0
    while start < n_rows and n_found < most and not plan.is_empty:
        part = {
            name: Column(columns[name].codes[start : start + size], columns[name].n_codes)
            for test in plan.tests
            for name in test.names
        }
        found.append(start + rows(plan, part, min(size, n_rows - start)))
        n_found += len(found[-1])
        start, size = start + size, size * 2
    return np.concatenate(found)[:most] if found else np.empty(0, np.intp)


def _verdicts(plan: Plan, coded: Coded) -> Mask:
    found = _narrow(plan, coded.by_class, coded.n_classes)
    if found.dtype == np.bool_:
        return found
    mask = np.zeros(coded.n_classes, np.bool_)
    mask[found] = True
    return mask


def class_count(plan: Plan, coded: Coded) -> int:
    """Count by the sizes of the classes."""
    return 0 if plan.is_empty else int(coded.sizes[_verdicts(plan, coded)].sum())


def class_rows(plan: Plan, coded: Coded) -> Rows:
    """
    Find the rows by way of the classes.

    Few rows: the kept lists of the accepted classes one after the other, sorted. Many: the verdict
    of each row's class.
    """
    if plan.is_empty:
        return np.empty(0, np.uint32)
    verdicts = _verdicts(plan, coded)
    accepted = np.flatnonzero(verdicts)
    if not len(accepted):
        return np.empty(0, np.uint32)
    if int(coded.sizes[accepted].sum()) * _GATHER >= coded.n_rows:
        return np.flatnonzero(verdicts.take(coded.class_of))
    if len(accepted) == 1:
        return coded.rows_of[accepted[0]]
    found = np.concatenate([coded.rows_of[number] for number in accepted])
    found.sort()
    return found


def class_bitmap(plan: Plan, coded: Coded) -> NDArray[np.uint8]:
    mask = np.zeros(coded.n_rows, np.bool_)
    mask[class_rows(plan, coded)] = True
    return np.packbits(mask, bitorder="little")


def class_first(plan: Plan, coded: Coded, most: int) -> Rows:
    return class_rows(plan, coded)[:most]


def load_lines(lines: Sequence[bytes]) -> None:
    """Read JSON line by line and keep nothing: no values are checked, no fleet is made."""
    for line in lines:
        json.loads(line)
