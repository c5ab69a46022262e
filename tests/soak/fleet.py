"""
A fleet that changes all the time, while threads ask it.

Each round has two parts. In the first, descriptions only change places, so every answer of any
moment is known. In the second, devices come, go and change as they like, and what is left is held
against the judge once the round is over.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from random import Random

from simulator.compat.scheme import Scheme
from simulator.fleet.fleet import Fleet
from simulator.fleet.generate import generate
from simulator.fleet.plain import PlainFleet

DEVICES = 5000
MOST = 10_000
"""Between these the number of devices stays, so that memory can."""
POOL = 300
"""How many descriptions there are: few, so that they collide."""
SOURCES = 20
READERS = 2
BATCH = 400
CHANGES = 12
"""Batches in each half of a round."""


class Model:
    """
    What the fleet should hold.

    Attributes:
        lines: The descriptions that occur.
        sources: Those that ask, by their place in *lines*.
        targets: For each source, the places of the descriptions that it may migrate to.
        held: For each row, the place of its description, or None where nobody is.
    """

    def __init__(self, scheme: Scheme, random: Random) -> None:
        self._random = random
        self.lines = _distinct(scheme, random.randrange(1 << 30))
        self.sources = range(0, len(self.lines), max(1, len(self.lines) // SOURCES))
        plain = PlainFleet(scheme)
        plain.extend("the pool", [b"\n".join(self.lines)])
        self.targets = [frozenset(plain.match(plain[source]).rows()) for source in self.sources]
        self.held: list[int | None] = []

    def rows(self, asked: int) -> list[int]:
        """Return the rows that a source should find."""
        return [row for row, place in enumerate(self.held) if place in self.targets[asked]]

    def some(self, n: int) -> list[int]:
        """Choose rows that hold a device, each once."""
        live = [row for row, place in enumerate(self.held) if place is not None]
        return self._random.sample(live, min(n, len(live)))

    def places(self, n: int) -> list[int]:
        """Choose descriptions."""
        return self._random.choices(range(len(self.lines)), k=n)

    def text(self, places: list[int]) -> bytes:
        """Write descriptions as NDJSON."""
        return b"\n".join(self.lines[place] for place in places)


def _distinct(scheme: Scheme, seed: int) -> list[bytes]:
    """Return lines of a generated fleet, each once."""
    lines = b"".join(generate(scheme, POOL * 20, seed)).splitlines()
    texts = {line[line.index(b'"self"') :]: line for line in lines}
    return list(texts.values())[:POOL]


class FleetSoak:
    """
    The fleet, its model, and the threads that ask.

    Attributes:
        done: What was done, and how often.
        wrong: What should not have been, in words.
    """

    def __init__(self, scheme: Scheme, seed: int) -> None:
        self._random = Random(seed)
        self._model = Model(scheme, self._random)
        self._fleet = Fleet(scheme, keep_names=False)
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._add(DEVICES)

    @property
    def changes(self) -> int:
        """How many rows have changed."""
        return sum(self.done[what] for what in ("exchanged", "replaced", "added", "removed"))

    def round(self) -> None:
        """Change places, then anything, then hold all of it against the judge."""
        expected = [len(self._model.rows(asked)) for asked in range(len(self._model.sources))]
        with self._asked(expected):
            for _ in range(CHANGES):
                self._exchange()
        with self._asked(None):
            for _ in range(CHANGES):
                self._random.choice([self._add, self._replace, self._remove])(BATCH)
        self._check(self._fleet)
        self._check(self._loaded())

    def _exchange(self) -> None:
        rows = self._model.some(BATCH)
        turned = rows[1:] + rows[:1]
        places = [self._model.held[row] or 0 for row in turned]
        self._set(rows, places)
        self.done["exchanged"] += len(rows)

    def _replace(self, n: int) -> None:
        rows = self._model.some(n)
        self._set(rows, self._model.places(len(rows)))
        self.done["replaced"] += len(rows)

    def _set(self, rows: list[int], places: list[int]) -> None:
        self._fleet.replace_lines(rows, self._model.text(places))
        for row, place in zip(rows, places, strict=True):
            self._model.held[row] = place

    def _add(self, n: int) -> None:
        """Take rows that are free one by one, else new ones, all at once: so the rows end."""
        if len(self._fleet) + n > MOST:
            return
        places, free = self._model.places(n), self._model.held.count(None)
        if free < n:
            rows = self._fleet.extend("new devices", [self._model.text(places)])
            self._model.held += [*[None] * (rows.stop - len(self._model.held) - n), *places]
        else:
            for place in places:
                row = self._fleet.add(self._fleet.parse(self._model.lines[place].decode()))
                self._model.held[row] = place
        self.done["added"] += n

    def _remove(self, n: int) -> None:
        if len(self._fleet) <= DEVICES:
            return
        rows = self._model.some(n)
        self._fleet.remove_many(rows)
        for row in rows:
            self._model.held[row] = None
        self.done["removed"] += len(rows)

    def _loaded(self) -> Fleet:
        file = BytesIO()
        self._fleet.save(file)
        file.seek(0)
        self.done["saved and loaded"] += 1
        return Fleet.load(file, self._fleet.scheme)

    def _check(self, fleet: Fleet) -> None:
        """Hold every source's rows, alone and together, against the judge."""
        lines = [self._model.lines[source] for source in self._model.sources]
        together = fleet.match_all(b"\n".join(lines), threads=2).counts
        for asked, line in enumerate(lines):
            found, expected = fleet.match(line).rows().tolist(), self._model.rows(asked)
            self.done["checked"] += 1
            if found != expected or together[asked] != len(expected):
                self.wrong.append(f"source {asked}: other rows than the judge's")

    def _asked(self, expected: list[int] | None) -> "_Readers":
        return _Readers(self._fleet, self._model, expected, self)


class _Readers:
    """Threads that ask for as long as a ``with`` lasts."""

    def __init__(
        self, fleet: Fleet, model: Model, expected: list[int] | None, soak: FleetSoak
    ) -> None:
        self._fleet, self._model, self._expected, self._soak = fleet, model, expected, soak
        self._over = threading.Event()
        self._counts: list[int] = []
        self._threads = [
            threading.Thread(target=self._ask, args=(reader,)) for reader in range(READERS)
        ]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._soak.done["asked"] += sum(self._counts)

    def _ask(self, reader: int) -> None:
        n = 0
        for asked in self._order(reader):
            match = self._fleet.match(self._model.lines[self._model.sources[asked]])
            try:
                rows, count = match.rows(), match.count
            except RuntimeError:
                continue  # The fleet changed in between, and says so.
            n += 1
            if len(rows) != count or (self._expected and count != self._expected[asked]):
                self._soak.wrong.append(f"source {asked}: {count} targets between changes")
        self._counts.append(n)

    def _order(self, reader: int) -> Iterator[int]:
        random = Random(reader)
        while not self._over.is_set():
            yield random.randrange(len(self._model.sources))
