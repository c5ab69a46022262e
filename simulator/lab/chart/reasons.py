"""
Why a cell of the map is not wholly compatible: the verdict of a pair that stands for it.

Source: ours.
"""

from dataclasses import dataclass

from simulator.compat.verdict import Verdict, explain
from simulator.lab.chart.chart import Chart

__all__ = ["CellReason", "cell_reasons"]


@dataclass(frozen=True, slots=True)
class CellReason:
    """
    The explained pair of one cell.

    Attributes:
        row: The cell's source, a place among the groups.
        column: The cell's target, likewise.
        source: The class of the pair's source, a place in the population.
        target: The class of its target, likewise.
        verdict: Of the pair.
    """

    row: int
    column: int
    source: int
    target: int
    verdict: Verdict


def cell_reasons(chart: Chart, most: int) -> tuple[CellReason, ...]:
    """
    Explain a pair of each cell that has pairs to explain.

    Args:
        chart: The cells.
        most: At most so many cells are explained, those with the most device pairs first.

    Returns:
        In the order of the cells.
    """
    cells = [
        (cell.pairs - cell.compatible, row, column, cell.example)
        for row, line in enumerate(chart.cells)
        for column, cell in enumerate(line)
        if cell.example is not None
    ]
    chosen = sorted(cells, key=lambda cell: (-cell[0], *cell[1:3]))[:most]
    scheme = chart.population.scheme.accepted(chart.accepted_by)
    classes = chart.population.classes
    return tuple(
        CellReason(row, column, *example, explain(scheme, *(classes[one] for one in example)))
        for _, row, column, example in sorted(chosen, key=lambda cell: cell[1:3])
        if example is not None
    )
