"""
Clusters of a weighted comparability graph: keep comparable pairs together, and others apart.

A pair of positive weight that is parted is lost, and so is a pair of negative weight that is not.
A partition is searched from several beginnings by moving members and exchanging tails of clusters;
a search over all partitions, member by member, then betters it or proves that nothing can.

Source: ours; the bound is that of conflict triples, general knowledge.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from simulator.lab.numbering import bits

__all__ = ["Graph", "Partition", "partition"]

Clusters = list[list[int]]


class Graph:
    """
    Weights of pairs; the members stand in an order in which positive pairs are transitive.

    Args:
        weights: A symmetric matrix, 0 on the diagonal and nowhere else.
    """

    def __init__(self, weights: Sequence[Sequence[int]]) -> None:
        self.weights = weights
        self.positive = tuple(
            sum(1 << at for at, weight in enumerate(row) if weight > 0) for row in weights
        )

    def __len__(self) -> int:
        return len(self.weights)

    def part(self, members: Sequence[int]) -> "Graph":
        """Keep some members, in this order."""
        return Graph([[self.weights[one][other] for other in members] for one in members])

    def loss(self, clusters: Iterable[Sequence[int]]) -> int:
        """Weigh the pairs that are lost."""
        lost = sum(weight for row in self.weights for weight in row if weight > 0)
        for cluster in clusters:
            lost -= sum(self.weights[one][other] for one in cluster for other in cluster)
        return lost // 2

    def components(self) -> Clusters:
        """Find the components of the positive pairs: no cluster gains by joining two."""
        left, found = (1 << len(self)) - 1, []
        while left:
            component = frontier = left & -left
            while frontier:
                reached = 0
                for one in bits(frontier):
                    reached |= self.positive[one]
                frontier = reached & ~component
                component |= reached
            found.append(list(bits(component)))
            left &= ~component
        return found


@dataclass(frozen=True, slots=True)
class Partition:
    """
    Clusters, what they lose, and what none can lose less than.

    Attributes:
        clusters: Each member once.
        loss: What is lost.
        least: No partition loses less.
    """

    clusters: tuple[tuple[int, ...], ...]
    loss: int
    least: int

    @property
    def is_best(self) -> bool:
        """Whether it is proven that no partition loses less."""
        return self.least >= self.loss


def partition(
    graph: Graph,
    steps: int,
    starts: Sequence[Clusters] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Partition:
    """
    Part a graph so that little is lost.

    Args:
        graph: The weights.
        steps: The most that the search does, in weights looked at; 0: do not search.
        starts: Partitions to begin with.
        progress: Called with the number of members that are done.
    """
    clusters: list[tuple[int, ...]] = []
    loss = least = 0
    for members in graph.components():
        done = sum(map(len, clusters))
        where = {one: at for at, one in enumerate(members)}
        begun = [
            [kept for one in start if (kept := [where[at] for at in one if at in where])]
            for start in starts
        ]
        share = steps * len(members) // len(graph)
        part = graph.part(members)
        found = _component(part, share, begun, _from(done, progress))
        clusters += (tuple(members[at] for at in one) for one in found.clusters)
        loss, least = loss + found.loss, least + found.least
    return Partition(tuple(clusters), loss, least)


def _from(start: int, progress: Callable[[int], None]) -> Callable[[int], None]:
    return lambda done: progress(start + done)


def _component(
    graph: Graph, steps: int, starts: Sequence[Clusters], progress: Callable[[int], None]
) -> Partition:
    single = [[one] for one in range(len(graph))]
    found = [_improved(graph, start) for start in (_chains(graph), single, *starts)]
    chosen = min(found, key=graph.loss)
    loss = graph.loss(chosen)
    suffixes = _conflicts(graph)
    least = min(loss, suffixes[0])
    if least < loss and steps:
        better, least = _Search(graph, suffixes, loss, steps).run(progress)
        chosen = better or chosen
        loss = graph.loss(chosen)
        least = max(least, min(loss, suffixes[0]))
    return Partition(tuple(tuple(sorted(one)) for one in chosen), loss, least)


# ---- a good partition


def _chains(graph: Graph) -> Clusters:
    """Take the chain of the greatest weight away until nothing is left."""
    left, chains = list(range(len(graph))), []
    while left:
        best: dict[int, tuple[int, list[int]]] = {}
        for one in left:
            tails = (best[low] for low in best if graph.weights[low][one] > 0)
            _, tail = max(tails, key=lambda found: found[0], default=(0, []))
            gain = sum(graph.weights[low][one] for low in tail)
            before = best[tail[-1]][0] if tail else 0
            best[one] = before + gain, [*tail, one]
        _, chain = max(best.values(), key=lambda found: found[0])
        chains.append(chain)
        left = [one for one in left if one not in chain]
    return chains


def _improved(graph: Graph, start: Clusters) -> Clusters:
    """Move members and exchange tails while that loses less."""
    clusters = [sorted(one) for one in start]
    while _move(graph, clusters) or _exchange(graph, clusters):
        clusters = [one for one in clusters if one]
    return [one for one in clusters if one]


def _move(graph: Graph, clusters: Clusters) -> bool:
    """Move each member to the cluster where it gains most."""
    is_moved = False
    clusters.append([])
    for one, row in enumerate(graph.weights):
        gains = [sum([row[other] for other in cluster]) for cluster in clusters]
        here = next(at for at, cluster in enumerate(clusters) if one in cluster)
        there = max(range(len(clusters)), key=gains.__getitem__)
        if gains[there] > gains[here]:
            clusters[here].remove(one)
            clusters[there] = sorted([*clusters[there], one])
            is_moved = True
            if clusters[-1]:
                clusters.append([])
    return is_moved


def _exchange(graph: Graph, clusters: Clusters) -> bool:
    """Exchange the tails of two clusters; one of them may be empty, and become so."""
    is_changed = False
    clusters.append([])
    for at in range(len(clusters)):
        for other in range(at):
            gain, cut, cut_other = _best_cut(graph, clusters[at], clusters[other])
            if gain > 0:
                first, second = clusters[at], clusters[other]
                clusters[at] = sorted(first[:cut] + second[cut_other:])
                clusters[other] = sorted(second[:cut_other] + first[cut:])
                is_changed = True
    return is_changed


def _sums(graph: Graph, first: Sequence[int], second: Sequence[int]) -> list[list[int]]:
    """Sum the weights of every beginning of *first* with every beginning of *second*."""
    table = [[0] * (len(second) + 1)]
    for one in first:
        row = graph.weights[one]
        line = accumulate([row[other] for other in second], initial=0)
        table.append([above + here for above, here in zip(table[-1], line, strict=True)])
    return table


def _best_cut(graph: Graph, first: Sequence[int], second: Sequence[int]) -> tuple[int, int, int]:
    reached = sum(1 << other for other in second)
    if second and not any(graph.positive[one] & reached for one in first):
        return 0, 0, 0
    cross = _sums(graph, first, second)
    own, other = _sums(graph, first, first), _sums(graph, second, second)
    ends = [row[-1] - row[at] for at, row in enumerate(own)]
    other_ends = [row[-1] - row[at] for at, row in enumerate(other)]
    best = (0, 0, 0)
    for cut, row in enumerate(cross):
        for cut_other, both in enumerate(row):
            gain = row[-1] + cross[-1][cut_other] - 2 * both - ends[cut] - other_ends[cut_other]
            if gain > best[0]:
                best = gain, cut, cut_other
    return best


# ---- what is lost at least


def _conflicts(graph: Graph) -> list[int]:
    """
    Bound from below what is lost among the members from each on.

    Three members of which two pairs are positive and one is negative lose one of the three. The
    weight that a conflict is counted with is taken from its pairs, so none is counted twice.
    """
    count = len(graph)
    left = [[abs(weight) for weight in row] for row in graph.weights]
    good = list(graph.positive)
    every = (1 << count) - 1
    bad = [every & ~row & ~(1 << at) for at, row in enumerate(good)]

    def take(centre: int, one: int, other: int) -> int:
        pairs = ((centre, one, good), (centre, other, good), (one, other, bad))
        amount = min(left[a][b] for a, b, _ in pairs)
        for a, b, rows in pairs:
            left[a][b] -= amount
            left[b][a] = left[a][b]
            if not left[a][b]:
                rows[a] &= ~(1 << b)
                rows[b] &= ~(1 << a)
        return amount

    bounds = [0] * (count + 1)
    for at in reversed(range(count)):
        later = every >> at + 1 << at + 1
        bound = bounds[at + 1]
        for one in bits(good[at] & later):
            while good[at] >> one & 1 and (others := good[at] & bad[one] & later):
                bound += take(at, one, (others & -others).bit_length() - 1)
            while good[at] >> one & 1 and (others := good[one] & bad[at] & later):
                bound += take(one, at, (others & -others).bit_length() - 1)
        bounds[at] = bound
    return bounds


# ---- the search

Vector = tuple[int, ...]
State = tuple[int, tuple[tuple[Vector, int], ...], tuple[int, ...]]
Layer = dict[tuple[Vector, ...], tuple[int, State]]


class _Search:
    """
    All partitions, member by member; what two partial ones leave to gain alike is one.

    A partial partition is what each open cluster would give to each member to come. Those that
    cannot lose less than what is known are dropped, and the least hopeful too where the steps do
    not suffice: what these might have lost bounds the answer.
    """

    def __init__(self, graph: Graph, suffixes: Sequence[int], loss: int, steps: int) -> None:
        self.graph = graph
        self.suffixes = suffixes
        self.loss = loss
        self.steps = steps
        self.floor: int | None = None
        rows = [[max(weight, 0) for weight in row] for row in graph.weights]
        self.before = [sum(row[:at]) for at, row in enumerate(rows)]
        # Between the members that are placed and those to come, by the first of these.
        self.between = [sum(sum(row[:at]) for row in rows[at:]) for at in range(len(graph) + 1)]
        # What is this far below nothing stays where no member joins, whatever is added to it.
        self.never = -2 * (sum(map(sum, rows)) // 2 + 1)

    def run(self, progress: Callable[[int], None]) -> tuple[Clusters | None, int]:
        """Return a partition that loses less than what was known, if any, and a lower bound."""
        layer: Layer = {(): (0, (0, (), ()))}
        for at in range(len(self.graph)):
            progress(at)
            layer = self._next(at, layer)
        # At the end no cluster gives anything to anybody, so all partitions are one.
        loss, _, closed = layer[()][1] if layer else (self.loss, (), ())
        clusters = [list(bits(mask)) for mask in closed] if layer else None
        return clusters, loss if self.floor is None else min(loss, self.floor)

    def _next(self, at: int, layer: Layer) -> Layer:
        """Place one member in every way."""
        grown: Layer = {}
        count = len(self.graph) - at
        share = self.steps // count
        for hope, state in sorted(layer.values()):
            if share <= 0:
                self.floor = hope if self.floor is None else min(self.floor, hope)
                break
            steps = count * (len(state[1]) + 1) ** 2
            share, self.steps = share - steps, self.steps - steps
            for child in self._children(at, state):
                key = tuple(vector for vector, _ in child[1][1])
                if key not in grown or child < grown[key]:
                    grown[key] = child
        return grown

    def _children(self, at: int, state: State) -> list[tuple[int, State]]:
        loss, opened, closed = state
        row = self.graph.weights[at][at + 1 :]
        rest = [(vector[1:], mask) for vector, mask in opened]
        none = (0,) * len(row)
        found = []
        for chosen in range(len(opened) + 1):
            vector, mask = opened[chosen] if chosen < len(opened) else ((0, *none), 0)
            lost = loss + self.before[at] - vector[0]
            if lost >= self.loss:
                continue
            grown = tuple(
                max(old + new, self.never) for old, new in zip(vector[1:], row, strict=True)
            )
            others = [*rest[:chosen], *rest[chosen + 1 :], (grown, mask | 1 << at)]
            hope = lost + self.between[at + 1] + self.suffixes[at + 1]
            hope -= sum(map(max, none, none, *(one for one, _ in others)))
            if hope < self.loss:
                kept = sorted(pair for pair in others if max(pair[0], default=0) > 0)
                over = (mask for one, mask in others if max(one, default=0) <= 0)
                found.append((hope, (lost, tuple(kept), (*closed, *over))))
        return found
