"""
Clusters of a weighted comparability graph: keep comparable pairs together, and others apart.

A pair of positive weight that is parted is lost, and so is a pair of negative weight that is not.
A partition is searched from several beginnings by moving members and exchanging tails of clusters;
a search over all partitions, member by member, then betters it or proves that nothing can.

Source: ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from simulator.lab.versions.cluster_search import Search, conflicts
from simulator.lab.versions.graph import Clusters, Graph

__all__ = ["Partition", "partition"]


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
    suffixes = conflicts(graph)
    least = min(loss, suffixes[0])
    if least < loss and steps:
        better, least = Search(graph, suffixes, loss, steps).run(progress)
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
