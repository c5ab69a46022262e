"""
The search for the best clusters of a graph, member by member, and what is lost at least.

Source: ours; the bound is that of conflict triples, general knowledge.
"""

from collections.abc import Callable, Sequence

from simulator.lab.versions.graph import Clusters, Graph
from simulator.lab.versions.numbering import bits

__all__ = ["Search", "conflicts"]

Vector = tuple[int, ...]
State = tuple[int, tuple[tuple[Vector, int], ...], tuple[int, ...]]
Layer = dict[tuple[Vector, ...], tuple[int, State]]


def conflicts(graph: Graph) -> list[int]:
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


class Search:
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
