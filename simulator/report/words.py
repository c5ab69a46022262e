"""
What the map says in words, for the command, the picture and the page alike.

Source: ours.
"""

from simulator.lab.chart.chart import Chart
from simulator.report.text import count_of, plain, share, short

__all__ = ["headline", "how_to_read", "islands_line", "kinds", "pairs_line", "subtitle"]


def headline(chart: Chart) -> str:
    """Say which scheme, and what the rows are."""
    rows = "class" if chart.by == "class" else short(plain(chart.by), 60)
    return f"{short(plain(chart.population.scheme.name), 60)}: who can migrate where, by {rows}"


def subtitle(chart: Chart, fleet: str) -> str:
    """Say what fleet it is, how large, and who publishes the objects that decide."""
    population = chart.population
    devices = count_of(sum(population.devices), "device")
    classes = count_of(len(population.classes), "class", "classes")
    decides = f", accepted by {chart.accepted_by}" if population.scheme.has_objects else ""
    return f"{short(plain(fleet), 60)}: {devices} in {classes}{decides}"


def kinds(chart: Chart) -> dict[str, str]:
    """Give the share of device pairs by verdict."""
    total = chart.total
    parts = {
        "compatible": total.compatible,
        "undecided": total.undecided,
        "incompatible": total.incompatible,
    }
    return {name: share(part, total.pairs) for name, part in parts.items()}


def pairs_line(chart: Chart) -> str:
    """Say how the device pairs divide."""
    parts = ", ".join(f"{part} {name}" for name, part in kinds(chart).items())
    return f"{count_of(chart.total.pairs, 'pair')} of source and target: {parts}"


def islands_line(chart: Chart) -> str:
    """Say how many islands there are, and how large the largest is."""
    found = chart.islands
    complete = sum(one.is_complete for one in found)
    classes = count_of(len(found[0].members), "class", "classes")
    number = f"{count_of(len(found), 'island')} of mutual migration, {complete:,} complete"
    return f"{number}; the largest has {count_of(found[0].devices, 'device')} in {classes}"


def how_to_read(chart: Chart) -> str:
    """Explain the picture."""
    rest = chart.groups[-1].gathered
    values = "classes" if chart.by == "class" else "values"
    gathered = f" The {rest:,} {values} with the fewest devices are drawn as one."
    return (
        "Rows are sources, columns are targets; their sizes are in proportion to devices, though "
        "small ones are drawn larger. A cell is divided by the verdicts of its device pairs. "
        "Outlined is what islands of mutual migration join: no device can go from one outline to "
        "another and come back." + (gathered if rest > 1 else "")
    )
