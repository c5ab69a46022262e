"""
Graphs of weighted pairs: positive ones belong together, negative ones apart.

Source: ours.
"""

from collections.abc import Iterable, Sequence

from simulator.lab.versions.numbering import bits

__all__ = ["Clusters", "Graph"]

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
