"""
The data of the map: groups of classes against groups, with the device pairs of each verdict.

A pair is any device as the source with any device as the target, itself included, so that there
are devices x devices of them. Source: ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from simulator.compat.scheme import Direction, Outcome, Scheme
from simulator.lab.chart.order import Block, ordered
from simulator.lab.islands import Island, islands
from simulator.lab.matrix import Matrix, matrix
from simulator.lab.population import Population
from simulator.values import Value

__all__ = ["Cell", "Chart", "Group", "chart", "class_labels", "type_attribute"]


@dataclass(frozen=True, slots=True)
class Group:
    """
    Classes that share a row and a column.

    Attributes:
        label: The value that they share, or what tells one class from the others.
        classes: Their places in the population.
        devices: How many devices they have together.
        brief: A short form of the label, for columns.
        gathered: How many groups stand in this one; over 1 only for the rest.
    """

    label: str
    classes: tuple[int, ...]
    devices: int
    brief: str
    gathered: int = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """
    Device pairs of two groups.

    Attributes:
        pairs: All of them.
        compatible: Those that can migrate.
        undecided: Those for which the scheme does not say.
        example: Source and target class of a pair that stands for those that cannot, or None.
    """

    pairs: int
    compatible: int
    undecided: int
    example: tuple[int, int] | None = None

    @property
    def incompatible(self) -> int:
        """Those that cannot migrate."""
        return self.pairs - self.compatible - self.undecided


@dataclass(frozen=True, slots=True)
class Chart:
    """
    What the map shows.

    Attributes:
        population: The classes.
        accepted_by: The direction in which they were judged.
        by: ``class``, or the attribute whose values the groups are.
        groups: In the order of rows and columns; the rest, if any, is the last.
        cells: By source and by target.
        blocks: Groups that islands join, in the order of the groups; the rest is in none.
        islands: Of the classes.
    """

    population: Population
    accepted_by: Direction
    by: str
    groups: tuple[Group, ...]
    cells: tuple[tuple[Cell, ...], ...]
    blocks: tuple[Block, ...]
    islands: tuple[Island, ...]

    @property
    def total(self) -> Cell:
        """The sums over all cells."""
        flat = [cell for row in self.cells for cell in row]
        return Cell(
            sum(cell.pairs for cell in flat),
            sum(cell.compatible for cell in flat),
            sum(cell.undecided for cell in flat),
        )


def type_attribute(scheme: Scheme) -> str | None:
    """Return the attribute that has the mdev type: by what it is filled from, or by its name."""
    attributes = scheme.attributes
    facts = [name for name, one in attributes.items() if one.fact == "mdev_type"]
    return next((name for name in (*facts, "mdev_type", "type") if name in attributes), None)


def chart(
    population: Population,
    by: str = "class",
    accepted_by: Direction | None = None,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Chart:
    """
    Judge all pairs of classes and gather them in groups.

    Args:
        population: The classes, and how many devices each has.
        by: ``class``, or an attribute of the scheme; groups are the values of it.
        accepted_by: Takes the place of the scheme's direction.
        limit: The most groups; those with the fewest devices become one, the rest.
        progress: Called with the number of classes that are done.
    """
    verdicts = matrix(population.scheme, population.classes, accepted_by, progress)
    found = islands(verdicts, population.devices)
    groups = _limited(_groups(population, by), limit)
    has_rest = bool(groups) and groups[-1].gathered > 1
    count = _Counter(verdicts, population.devices, groups)
    cells = [[count.cell(source, target) for target in groups] for source in groups]
    named = groups[:-1] if has_rest else groups
    shares = [
        [(cell.compatible / cell.pairs, cell.undecided / cell.pairs) for cell in row]
        for row in cells
    ]
    order, blocks = ordered(
        shares, [one.classes for one in named], [one.devices for one in named], found
    )
    order += [len(groups) - 1] * has_rest
    return Chart(
        population,
        population.scheme.accepted_by if accepted_by is None else accepted_by,
        by,
        tuple(groups[at] for at in order),
        tuple(tuple(cells[source][target] for target in order) for source in order),
        blocks,
        found,
    )


# ---- groups


def _groups(population: Population, by: str) -> list[Group]:
    """Gather the classes, in an order that people expect of the labels."""
    if by == "class":
        return _singles(population)
    found: dict[Value | None, list[int]] = {}
    for place, one in enumerate(population.classes):
        found.setdefault(one.values.get(by), []).append(place)
    groups = [
        Group(label, tuple(places), sum(population.devices[at] for at in places), label)
        for label, places in ((_label(value), places) for value, places in found.items())
    ]
    return sorted(groups, key=lambda group: _natural(group.label))


def _label(value: Value | None) -> str:
    return "(absent)" if value is None else str(value) or '""'


def _singles(population: Population) -> list[Group]:
    return [
        Group(label, (place,), devices, f"#{place}")
        for place, (label, devices) in enumerate(
            zip(class_labels(population), population.devices, strict=True)
        )
    ]


def class_labels(population: Population) -> list[str]:
    """Label each class by its place and by the first attributes that tell the classes apart."""
    labels = [f"#{place}" for place in range(len(population.classes))]
    told: list[tuple[str, ...]] = [()] * len(labels)
    for name in population.scheme.attributes:
        texts = [_label(one.values.get(name)) for one in population.classes]
        more = [(*before, text) for before, text in zip(told, texts, strict=True)]
        if len(set(more)) > len(set(told)):
            told = more
    return [" \u00b7 ".join((label, *values)) for label, values in zip(labels, told, strict=True)]


def _natural(text: str) -> list[tuple[float, str]]:
    """Order numbers within a text by what they count."""
    pieces: list[tuple[float, str]] = []
    digits = ""
    for character in f"{text}\0":
        if character in "0123456789" and len(digits) < 18:
            digits += character
            continue
        pieces += [(int(digits), "")] if digits else []
        pieces.append((inf, character))
        digits = ""
    return pieces


def _limited(groups: list[Group], limit: int | None) -> list[Group]:
    """Gather the groups with the fewest devices, so that *limit* are left beside the rest."""
    if limit is None or len(groups) <= limit:
        return groups
    by_size = sorted(range(len(groups)), key=lambda at: (-groups[at].devices, at))
    kept, gathered = sorted(by_size[:limit]), [groups[at] for at in by_size[limit:]]
    if len(gathered) == 1:
        return groups
    places = sorted(place for group in gathered for place in group.classes)
    devices = sum(group.devices for group in gathered)
    rest = Group(f"{len(gathered):,} others", tuple(places), devices, "others", len(gathered))
    return [*(groups[at] for at in kept), rest]


# ---- cells


@dataclass(frozen=True, slots=True)
class _Weighed:
    """
    Places as bits, to be counted in devices at once.

    Attributes:
        places: All of them.
        planes: For each power of two the places whose number of devices has this bit.
        by_size: The places, those with most devices first.
    """

    places: int
    planes: tuple[tuple[int, int], ...]
    by_size: tuple[int, ...]

    def devices(self, places: int) -> int:
        """Count the devices of those of *places* that are here."""
        if not places & self.places:
            return 0
        return sum((places & plane).bit_count() << bit for bit, plane in self.planes)


def _weighed(places: Sequence[int], devices: Sequence[int]) -> _Weighed:
    planes: dict[int, int] = {}
    for place in places:
        for bit in range(devices[place].bit_length()):
            if devices[place] >> bit & 1:
                planes[bit] = planes.get(bit, 0) | 1 << place
    by_size = sorted(places, key=lambda place: -devices[place])
    return _Weighed(sum(1 << place for place in places), tuple(planes.items()), tuple(by_size))


class _Counter:
    """Counts the device pairs of a cell, by bit operations over the rows of the matrix."""

    def __init__(self, verdicts: Matrix, devices: Sequence[int], groups: Sequence[Group]) -> None:
        self._verdicts = verdicts
        self._weighed = {id(one): _weighed(one.classes, devices) for one in groups}
        self._rows = {id(one): self._distinct(one, devices) for one in groups}

    def _distinct(self, group: Group, devices: Sequence[int]) -> dict[tuple[int, int], int]:
        """Count the devices of equal rows, which classes that differ little often have."""
        rows: dict[tuple[int, int], int] = {}
        for place in group.classes:
            row = self._verdicts.compatible[place], self._verdicts.undecided[place]
            rows[row] = rows.get(row, 0) + devices[place]
        return rows

    def cell(self, source: Group, target: Group) -> Cell:
        """Count the pairs from one group to another."""
        weighed = self._weighed[id(target)]
        compatible = undecided = 0
        for (can, unsaid), devices in self._rows[id(source)].items():
            compatible += devices * weighed.devices(can)
            undecided += devices * weighed.devices(unsaid)
        pairs = source.devices * target.devices
        refused = pairs - compatible - undecided
        wanted = Outcome.UNDECIDED if undecided > refused else Outcome.INCOMPATIBLE
        example = None if compatible == pairs else self._example(source, target, wanted)
        return Cell(pairs, compatible, undecided, example)

    def _example(self, source: Group, target: Group, wanted: Outcome) -> tuple[int, int]:
        """Find a pair of classes with this verdict, of classes with many devices."""
        targets = self._weighed[id(target)]
        for one in self._weighed[id(source)].by_size:
            found = self._verdicts.undecided[one]
            if wanted is Outcome.INCOMPATIBLE:
                found = ~(found | self._verdicts.compatible[one])
            if found & targets.places:
                return one, next(place for place in targets.by_size if found >> place & 1)
        raise AssertionError("the cell has a pair of this verdict")
