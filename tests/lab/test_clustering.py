"""Clusters of weighted graphs, against every partition of them."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.lab.versions.cluster_search import conflicts
from simulator.lab.versions.clustering import partition
from simulator.lab.versions.graph import Graph


@st.composite
def graphs(draw):
    """Draw up to seven members, each two with a weight that is not 0."""
    count = draw(st.integers(1, 7))
    weights = [[0] * count for _ in range(count)]
    for high in range(count):
        for low in range(high):
            drawn = draw(st.sampled_from([-1000, -3, -2, -1, 1, 2, 3]))
            weights[low][high] = weights[high][low] = drawn
    return Graph(weights)


def partitions(members):
    """Yield every way to part the members."""
    if not members:
        yield []
        return
    for parted in partitions(members[1:]):
        yield [[members[0]], *parted]
        for at, cluster in enumerate(parted):
            yield [*parted[:at], [members[0], *cluster], *parted[at + 1 :]]


def lost(graph, clusters):
    """Weigh pair by pair what is lost."""
    where = {one: at for at, cluster in enumerate(clusters) for one in cluster}
    pairs = [(low, high) for high in range(len(graph)) for low in range(high)]
    together = [where[low] == where[high] for low, high in pairs]
    weights = [graph.weights[low][high] for low, high in pairs]
    return sum(
        max(-weight, 0) if both else max(weight, 0)
        for both, weight in zip(together, weights, strict=True)
    )


@given(graphs())
def test_no_partition_loses_less(graph):
    """The search finds the best of all partitions, and proves it."""
    found = partition(graph, 10**7)
    least = min(lost(graph, one) for one in partitions(list(range(len(graph)))))
    assert lost(graph, found.clusters) == found.loss == found.least == least
    assert found.is_best
    assert sorted(one for cluster in found.clusters for one in cluster) == [*range(len(graph))]


@given(graphs(), st.integers(0, 300))
def test_what_is_not_proven_is_bounded(graph, steps):
    """With few steps every partition loses at least the bound, and ours is one of them."""
    found = partition(graph, steps)
    least = min(lost(graph, one) for one in partitions(list(range(len(graph)))))
    assert found.least <= least <= found.loss == lost(graph, found.clusters)
    assert found.is_best == (found.least == found.loss)


@given(graphs())
def test_conflicts_bound_every_end_of_the_members(graph):
    """From each member on, no partition of the rest loses less than the conflicts say."""
    for start, bound in enumerate(conflicts(graph)):
        rest = graph.part(range(start, len(graph)))
        assert bound <= min(lost(rest, one) for one in partitions(list(range(len(rest)))))


@given(graphs(), st.data())
def test_a_beginning_is_never_made_worse(graph, data):
    """What a partition to begin with loses, the answer does not exceed."""
    begun = data.draw(st.sampled_from(list(partitions(list(range(len(graph)))))))
    assert partition(graph, 0, [begun]).loss <= lost(graph, begun)


def test_components_are_apart():
    """Members that no chain of positive pairs joins are never in one cluster."""
    graph = Graph([[0, 1, -1, -1], [1, 0, -1, -1], [-1, -1, 0, 1], [-1, -1, 1, 0]])
    assert graph.components() == [[0, 1], [2, 3]]
    assert partition(graph, 0).clusters == ((0, 1), (2, 3))
