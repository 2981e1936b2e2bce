"""docs/cohort.png: every marginal of the shipped cohort beside the published figures.

`python -m tests.cohort.picture` writes it.
"""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from qh1a.cohort.draw import STRATA
from tests.cohort.shipped import COHORT, PUBLISHED_MELD, column

PICTURE: Final = Path(__file__).parents[2] / "docs" / "cohort.png"
_COLOURS: Final = ("#9ec9e2", "#4a90c2", "#1d4f80")
_FOUND: Final = "#c0392b"
_RECALLED: Final = "#e39a2d"
_COHORT: Final = "#222222"
_COLUMNS: Final = 5
_BINS: Final = 18
_LOG: Final = {"interleukin_6"}
_SHOWN: Final = {"map": "MAP", "act": "ACT", "aptt": "aPTT", "meld": "MELD", "inr": "INR"}
Span = tuple[float, float, float]


def bins(x: NDArray[np.float64], digits: int) -> list[float]:
    """Edges of equal bins, each of as many steps of the last digit, between two steps."""
    grid = 10.0**-digits
    width = grid * np.ceil((x.max() - x.min()) / grid / _BINS)
    return [float(edge) for edge in np.arange(x.min() - grid / 2.0, x.max() + width, width)]


def spans(name: str) -> tuple[Span, Span]:
    """What is published and what the cohort has: quartiles, or the mean and one SD on both sides."""
    v = COHORT.variable.get(name)
    x = column(name, sex="male" if v and v.female else "")
    if v and v.q1 is not None and v.median is not None and v.q3 is not None:
        q1, median, q3 = (float(q) for q in np.quantile(x, (0.25, 0.5, 0.75)))
        return (v.q1, v.median, v.q3), (q1, median, q3)
    given = (v.mean or 0.0, v.sd or 0.0) if v else PUBLISHED_MELD[:2]
    a, b = ((mean - sd, mean, mean + sd) for mean, sd in (given, (float(x.mean()), float(x.std()))))
    return a, b


def panel(axes: Axes, name: str) -> None:
    """One histogram, stacked by stratum, under both spans."""
    v = COHORT.variable.get(name)
    parts = [column(name, s) for s in STRATA]
    every = np.concatenate(parts)
    edges = bins(every, v.digits if v else 2)
    if name in _LOG:
        axes.set_xscale("log")
        edges = np.geomspace(every.min() - 0.5, every.max() + 0.5, _BINS).tolist()
    counts, _, _ = axes.hist(parts, bins=edges, stacked=True, color=_COLOURS, linewidth=0)
    top = float(np.max(np.asarray(counts)))
    published = _FOUND if v is None or "[F" in v.source else _RECALLED
    for height, colour, (low, middle, high) in zip(
        (1.26, 1.1), (published, _COHORT), spans(name), strict=True
    ):
        axes.plot((low, high), (top * height,) * 2, color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot((middle,), (top * height,), "o", color=colour, markersize=3.6)
    unit = f", {v.unit}" if v and v.unit != "1" else ""
    men = "; bars: men" if v and v.female else ""
    title = _SHOWN.get(name, name.replace("_", " "))
    axes.set_title(f"{title}{unit}{men}", fontsize=8.5, loc="left", pad=3)
    axes.set_ylim(0.0, top * 1.38)
    axes.set_yticks([])
    axes.tick_params(labelsize=7.5, length=2.5)
    axes.spines[["left", "right", "top"]].set_visible(False)


def legend(axes: Axes) -> None:
    """What the colours are."""
    axes.axis("off")
    handles: list[Artist] = [Patch(color=c, label=s) for c, s in zip(_COLOURS, STRATA, strict=True)]
    lines: list[Artist] = [
        Line2D([], [], color=colour, marker="o", markersize=3.6, label=label)
        for colour, label in ((_FOUND, "published"), (_RECALLED, "recalled or chosen"), (_COHORT, "cohort"))
    ]
    axes.legend(handles=handles + lines, loc="center left", frameon=False, fontsize=8.5)


def picture() -> Figure:
    """The whole picture."""
    names = [*COHORT.variable, "meld"]
    rows = -(-(len(names) + 1) // _COLUMNS)
    figure = Figure(figsize=(11.0, 1.65 * rows), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS)
    cells = list(np.asarray(grid).ravel())
    for axes, name in zip(cells, names, strict=False):
        panel(axes, name)
    legend(cells[len(names)])
    note, *rest = cells[len(names) + 1 :]
    note.text(0.0, 0.5, "bars: median and quartiles,\nor mean and one SD", fontsize=8.5, va="center")
    for axes in (note, *rest):
        axes.axis("off")
    return figure


if __name__ == "__main__":
    picture().savefig(PICTURE, dpi=110, metadata={"Software": None})
