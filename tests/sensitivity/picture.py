"""docs/sensitivity.png: a tornado for each outcome, from docs/sensitivity.csv."""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tests.sensitivity.cases import CASES, Case
from tests.sensitivity.page import span, text_of, value
from tests.sensitivity.runs import NOMINAL, row, swing

PICTURE: Final = Path(__file__).parents[2] / "docs" / "sensitivity.png"
TMP: Final = "tmp_mean_mmhg"
TMP_MOST: Final = "tmp_most_mmhg"
PANELS: Final = (
    ("clearance_ml_min", "Effective clearance of the marker, mL/min"),
    ("viability_percent", "Cells alive at the end, % of those seeded"),
    (TMP, "TMP, mmHg: mean, and below it the highest minute"),
    ("balance_ml", "True balance of the patient, mL"),
)
_MOST: Final = 10
_LINES: Final = 6
_LEAST: Final = 0.01
"""Of the largest swing: what moves less has no bar."""
_COLOUR: Final = {"low": "#e39a2d", "high": "#1d4f80"}
_INK: Final = "#222222"


def shown(name: str) -> list[Case]:
    """The cases of a panel, the largest swing first."""
    ranked = sorted(CASES, key=lambda case: -swing(case, name))
    return [case for case in ranked[:_MOST] if swing(case, name) >= _LEAST * swing(ranked[0], name)]


def _bars(axes: Axes, cases: list[Case], name: str, at: float, height: float) -> None:
    """One outcome's bars, from its nominal value, `at` so much below the middle of each row."""
    nominal = value(name, row(NOMINAL, NOMINAL))
    for y, case in enumerate(cases):
        for end in case.ends():
            x = value(name, row(case.name, end))
            axes.barh(y + at, x - nominal, left=nominal, height=height, color=_COLOUR[end], linewidth=0)
    axes.axvline(nominal, color=_INK, linewidth=0.9)


def label(case: Case) -> str:
    """Range and unit."""
    return span(case) if case.unit == "1" else f"{span(case)} {case.unit}"


def panel(axes: Axes, name: str, title: str) -> None:
    """One tornado."""
    cases = shown(name)
    if name == TMP:
        _bars(axes, cases, name, -0.12, 0.42)
        _bars(axes, cases, TMP_MOST, 0.26, 0.16)
    else:
        _bars(axes, cases, name, 0.0, 0.62)
    axes.set_yticks(np.arange(len(cases)))
    axes.set_yticklabels([f"{case.name.replace('_', ' ')}: {label(case)}" for case in cases], fontsize=7.5)
    axes.set_ylim(max(len(cases), _LINES) - 0.4, -0.6)
    axes.use_sticky_edges = False
    axes.margins(x=0.06)
    if len(cases) < len(CASES):
        rest = max(swing(case, name) for case in CASES if case not in cases)
        note = f"{len(CASES) - len(cases)} others: {rest:.2g} at most"
        axes.set_xlabel(note, fontsize=7.5, loc="right")
    nominal = text_of(name, value(name, row(NOMINAL, NOMINAL)))
    axes.set_title(f"{title}; nominal {nominal}", fontsize=9, loc="left", pad=5)
    axes.tick_params(axis="x", labelsize=7.5, length=2.5)
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.grid(axis="x", linewidth=0.3, color="#bbbbbb")
    axes.set_axisbelow(True)


def picture() -> Figure:
    """The whole picture."""
    figure = Figure(figsize=(12.0, 7.2), layout="constrained")
    grid = np.asarray(figure.subplots(2, 2)).ravel()
    for axes, (name, title) in zip(grid, PANELS, strict=True):
        panel(axes, name, title)
    handles: list[Artist] = [Patch(color=c, label=f"{end} end of the range") for end, c in _COLOUR.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8.5)
    return figure


def draw() -> None:
    """Write it."""
    picture().savefig(PICTURE, dpi=110, metadata={"Software": None})
