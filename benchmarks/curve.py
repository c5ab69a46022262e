"""
What does a question cost as the fleet grows? A plot of a kept result.

R should be flat for counts, X a line through the origin; the dotted line is what reading the
columns of the rules takes at the bandwidth that was measured.
"""

from pathlib import Path
from statistics import median

from benchmarks.kept import Kept

_WHO = {
    "ours": "C0",
    "ours 2th": "C3",
    "NumPy on classes": "C1",
    "NumPy": "C2",
    "numba 2th": "C5",
    "Polars 2th": "C4",
    "DuckDB 2th": "C6",
}
_REGIMES = ("R", "X", "X unpruned")


def _points(kept: Kept, regime: str, who: str) -> list[tuple[float, float]]:
    """Return sizes and median seconds of a prepared count."""
    found = []
    for cell in kept.cells("one", f"one / {regime} / "):
        _, _, size, output, kind = cell["name"].split(" / ")
        if (output, kind) == ("count", "prepared") and who in cell["seconds a unit"]:
            found.append((float(size), median(cell["seconds a unit"][who])))
    return sorted(found)


def _memory_line(kept: Kept, regime: str) -> list[tuple[float, float]]:
    """Return what reading the columns takes, with one thread."""
    bandwidth = kept.environment("one")["bandwidth"]["1"] * 1e9
    return sorted(
        (float(size), cell["facts"]["bytes a device"] * float(size) / bandwidth)
        for cell in kept.cells("one", f"one / {regime} / ")
        for size in [cell["name"].split(" / ")[2]]
        if cell["name"].endswith("count / prepared")
    )


def draw(kept: Kept, path: Path) -> None:
    """Draw time against devices, both by powers of ten, a panel a regime."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    panels = figure.subplots(1, len(_REGIMES), sharey=True)
    for panel, regime in zip(panels, _REGIMES, strict=True):
        for who, colour in _WHO.items():
            points = _points(kept, regime, who)
            if points:
                panel.loglog(*zip(*points, strict=True), "o-", color=colour, label=who)
        line = _memory_line(kept, regime)
        if line and regime != "R":
            panel.loglog(*zip(*line, strict=True), ":", color="grey", label="reading the columns")
        panel.set_title(regime)
        panel.set_xlabel("devices")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("seconds a count, prepared")
    lines = {line.get_label(): line for panel in panels for line in panel.get_lines()}
    figure.legend(lines.values(), lines.keys(), loc="outside right upper", fontsize="small")
    # No date and no random names, so that the same result gives the same file.
    with rc_context({"svg.hashsalt": "mdevsim"}):
        figure.savefig(path, metadata={"Date": None})
