"""
The order of the rows of a map: what islands join stands together, and one-way migrations lead
from the rows above to the columns on the right.

Source: ours.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from simulator.lab.islands import Island

__all__ = ["Block", "ordered"]

_Shares = Sequence[Sequence[tuple[float, float]]]
"""Of the device pairs of two groups those compatible and those undecided, by source and target."""


@dataclass(frozen=True, slots=True)
class Block:
    """
    Groups that islands join. No device of one block can go to another block and come back.

    Attributes:
        first: The row of its first group.
        size: How many groups it has, which follow each other.
        islands: How many islands have a class in it; each has none in another block.
        is_complete: All pairs of devices of these groups are compatible.
        is_joined: There is migration there and back in it.
    """

    first: int
    size: int
    islands: int
    is_complete: bool
    is_joined: bool


def ordered(
    shares: _Shares,
    classes: Sequence[Sequence[int]],
    devices: Sequence[int],
    found: Sequence[Island],
) -> tuple[list[int], tuple[Block, ...]]:
    """
    Order groups, and find the blocks.

    Args:
        shares: Of the device pairs of two groups those compatible, and those undecided, by source
            and target.
        classes: Of each group.
        devices: How many each group has.
        found: The islands of the classes.

    Returns:
        The places of the groups in their order, and the blocks in it. Groups between which there
        may be any migration stand together, those with more devices first; within these, blocks
        that others can go to stand after those; and so within a block.
    """
    places = range(len(classes))
    group_of = {one: at for at in places for one in classes[at]}
    touched = [sorted({group_of[one] for one in i.members if one in group_of}) for i in found]
    blocks = _merged(places, touched)
    pairs = [(s, t) for s in places for t in places]
    certain = _merged(places, [*blocks, *(p for p in pairs if shares[p[0]][p[1]][0])])
    perhaps = _merged(places, [*certain, *(p for p in pairs if any(shares[p[0]][p[1]]))])

    def by_devices(part: Sequence[int]) -> tuple[int, Sequence[int]]:
        return -sum(devices[at] for at in part), part

    order: list[int] = []
    answer = []
    for part in (
        inner
        for outer in sorted(perhaps, key=by_devices)
        for inner in sorted((one for one in certain if one[0] in outer), key=by_devices)
    ):
        ahead = _ahead(shares, part)
        inside = [block for block in blocks if block[0] in part]
        for block in sorted(inside, key=lambda block: (-_mean(map(ahead, block)), block)):
            islands = [i for i, at in zip(found, touched, strict=True) if at and at[0] in block]
            answer.append(_block(len(order), block, islands, shares))
            order += sorted(block, key=lambda at: (-round(ahead(at), 2), at))
    return order, tuple(answer)


def _block(first: int, block: Sequence[int], islands: Sequence[Island], shares: _Shares) -> Block:
    return Block(
        first,
        len(block),
        len(islands),
        all(shares[s][t][0] == 1 for s in block for t in block),
        any(len(one.members) > 1 or one.is_complete for one in islands),
    )


def _ahead(shares: _Shares, part: Sequence[int]) -> Callable[[int], float]:
    """Measure how much more a group can go to others than they to it."""
    balance = {at: sum(shares[at][to][0] - shares[to][at][0] for to in part) for at in part}
    return balance.__getitem__


def _mean(numbers: Iterable[float]) -> float:
    found = list(numbers)
    return round(sum(found) / len(found), 2)


def _merged(places: Iterable[int], joined: Iterable[Sequence[int]]) -> list[list[int]]:
    """Merge the sets of places that are joined; each in ascending order, by its first place."""
    part_of = {at: [at] for at in places}
    for together in joined:
        for at in together[1:]:
            one, other = part_of[together[0]], part_of[at]
            if one is not other:
                one += other
                part_of.update(dict.fromkeys(other, one))
    parts = {id(part): part for part in part_of.values()}
    return sorted(sorted(part) for part in parts.values())
