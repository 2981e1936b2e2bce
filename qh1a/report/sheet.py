"""The paper of the drawings: one size, one style, one time axis; SVG text as an element of a page.

Red, yellow and cyan are alarms and nothing else; traces are blue, commands violet, limits grey and told
apart by their dashes and labels. The same drawing gives the same bytes.
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator

from qh1a.report.data import Study
from qh1a.report.events import Alarm, Span, coarse
from qh1a.tick import Phase, Priority

INK: Final = "#1B2030"
MUTED: Final = "#5D6475"
RULE_GREY: Final = "#6B7280"
BLUE: Final = "#1F4E9E"
BLUE_BAND: Final = "#A9C1E8"
VIOLET: Final = "#7A3FA8"
VIOLET_BAND: Final = "#CFB6E6"
ALARM: Final = {
    Priority.HIGH: ("#B3141A", "8", 1.9),
    Priority.MEDIUM: ("#FFC53D", "^", 1.3),
    Priority.LOW: ("#36CFC9", "o", 0.7),
}
"""Colour, shape and size of an alarm by its priority, the console's own."""
PHASE: Final = {
    Phase.SELF_TEST: ("#ECEDF1", INK),
    Phase.PRIME: ("#D9DCE5", INK),
    Phase.READY: ("#E3E5EC", INK),
    Phase.CONNECT: ("#CBC7E6", INK),
    Phase.RAMP: ("#B4C5E8", INK),
    Phase.TREAT: ("#3F66B0", "#FFFFFF"),
    Phase.PAUSE: ("#737A8A", "#FFFFFF"),
    Phase.RINSEBACK: ("#BFAEDC", INK),
    Phase.DISCONNECT: ("#D9DCE5", INK),
    Phase.ENDED: ("#ECEDF1", INK),
    Phase.SAFE: ("#2B2F3A", "#FFFFFF"),
}

WIDTH: Final = 7.2
LEFT: Final = 0.56
RIGHT: Final = 1.36
"""Inches: every drawing has the same margins, so that times stand above each other."""
SIZE: Final = 6.8
_BLANK: Final = re.compile(r' id="([^"]*)"')
_USED: Final = re.compile(r'(?:url\(#|href="#)([^)"]+)')
_PATH: Final = re.compile(r' d="([^"]*)"')
_LONG: Final = re.compile(r"-?\d+\.\d{3,}")


def clock(s: float) -> str:
    """Seconds as h:mm, the sign in front."""
    minutes = round(abs(s) / 60)
    return f"{'−' if s < 0 and minutes else ''}{minutes // 60}:{minutes % 60:02d}"


@contextmanager
def style() -> Iterator[None]:
    """The drawings' own style, whatever the user's matplotlib is set to."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.family": "DejaVu Sans",
                "font.size": SIZE,
                "svg.fonttype": "none",
                "text.parse_math": False,
                "path.simplify": False,
                "axes.unicode_minus": True,
                "axes.edgecolor": "#9AA1AF",
                "axes.linewidth": 0.5,
                "xtick.color": MUTED,
                "ytick.color": MUTED,
                "xtick.major.size": 2.5,
                "ytick.major.size": 2.0,
                "xtick.major.width": 0.5,
                "ytick.major.width": 0.5,
                "xtick.major.pad": 2.0,
                "ytick.major.pad": 2.0,
                "text.color": INK,
                "hatch.linewidth": 0.5,
            }
        )
        yield


def _tidy(svg: str) -> str:
    """An SVG document as an element inside a page: no prologue, no unused ids, short coordinates."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style type=\"text/css\">.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(?::xlink)?="[^"]*"', "", svg)
    used = set(_USED.findall(svg))
    svg = _BLANK.sub(lambda m: m.group(0) if m.group(1) in used else "", svg)
    svg = _PATH.sub(
        lambda m: ' d="' + " ".join(_LONG.sub(lambda n: f"{float(n.group()):.2f}", m.group(1)).split()) + '"',
        svg,
    )
    return re.sub(r"\n\s*", "\n", svg).strip()


def svg(figure: Figure, name: str) -> str:
    """A finished drawing as an SVG element; `name` keeps its inner ids apart from other drawings'."""
    out = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": f"qh1a-{name}"}):
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=nothing, transparent=True)
    return _tidy(out.getvalue())


@cache
def width_in(words: str) -> float:
    """Width of a text at the drawings' size, in inches."""
    path = TextPath((0, 0), words, size=SIZE, prop=FontProperties(family="DejaVu Sans"), usetex=False)
    return float(path.get_extents().width) / 72


class Sheet(NamedTuple):
    """A figure and its vertical measure; axes are placed in inches from the top."""

    figure: Figure
    height: float
    x: tuple[float, float]

    def axes(self, top: float, height: float) -> Axes:
        """Axes over the common time axis."""
        box = (
            LEFT / WIDTH,
            1 - (top + height) / self.height,
            (WIDTH - LEFT - RIGHT) / WIDTH,
            height / self.height,
        )
        ax = self.figure.add_axes(box)
        ax.set_xlim(*self.x)
        ax.set_facecolor("none")
        return ax

    def inches(self, seconds: float) -> float:
        """Length of a time on paper."""
        return seconds / (self.x[1] - self.x[0]) * (WIDTH - LEFT - RIGHT)


def sheet_of(study: Study, height: float) -> Sheet:
    """A sheet whose time axis is the whole record."""
    start, end = (float(study.t[0]), float(study.t[-1])) if study.t.size else (0.0, 60.0)
    return Sheet(Figure(figsize=(WIDTH, height)), height, (start, max(end, start + 1.0)))


def ticks(x: tuple[float, float]) -> list[float]:
    """At most 15 round times."""
    length = x[1] - x[0]
    round_steps = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
    step = next((s for s in round_steps if length / s <= 14), 86400 * (1 + int(length // 1209600)))
    return [float(i * step) for i in range(int(np.ceil(x[0] / step)), int(np.floor(x[1] / step)) + 1)]


def time_axis(ax: Axes, x: tuple[float, float], *, labels: bool) -> None:
    """Round times along the bottom, with or without their labels."""
    round_times = ticks(x)
    ax.xaxis.set_major_locator(FixedLocator(round_times))
    if labels:
        ax.set_xticklabels([clock(t) for t in round_times])
    else:
        ax.tick_params(axis="x", length=0, labelbottom=False)


def bare(ax: Axes) -> None:
    """No frame, no ticks: a lane."""
    for side in ("top", "right", "left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_yticks([])
    ax.tick_params(axis="x", length=0, labelbottom=False)


def phase_band(sheet: Sheet, top: float, height: float, spans: Sequence[Span]) -> Axes:
    """The phases as blocks, named where the name fits."""
    ax = sheet.axes(top, height)
    bare(ax)
    ax.set_ylim(0, 1)
    for span in coarse(spans):
        fill, ink = PHASE[span.phase]
        hatch = "/////" if span.phase is Phase.PAUSE else None
        ax.axvspan(span.start, span.end, facecolor=fill, edgecolor="#FFFFFF", linewidth=0.4, hatch=hatch)
        name = span.phase.name
        if width_in(name) + 0.06 < sheet.inches(span.end - span.start):
            back = {"facecolor": fill, "edgecolor": "none", "pad": 1.0} if hatch else None
            middle = (span.start + span.end) / 2
            ax.text(middle, 0.47, name, ha="center", va="center", color=ink, bbox=back)
    return ax


def columns(times: Sequence[float], x: tuple[float, float]) -> list[float]:
    """Times without those that would stand on the same spot."""
    width = (x[1] - x[0]) / 500
    return list({round((t - x[0]) / width): t for t in reversed(times)}.values())


def merged(stays: Sequence[tuple[float, float]], x: tuple[float, float]) -> list[tuple[float, float]]:
    """Stays as (start, length), those that would touch on paper as one."""
    near = (x[1] - x[0]) / 2000
    found: list[tuple[float, float]] = []
    for start, end in sorted(stays):
        if found and start <= found[-1][1] + near:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return [(start, end - start) for start, end in found]


def marks(ax: Axes, alarms: Sequence[Alarm], y: float, size: float) -> None:
    """Shapes where alarms were raised, at a height that is a share of the axes; the gravest on top."""
    for priority, (fill, shape, large) in ALARM.items():
        at = columns([a.raised for a in alarms if a.priority is priority], ax.get_xlim())
        if at:
            ax.scatter(
                at, [y] * len(at), s=size * large, marker=shape, facecolor=fill, edgecolor=INK, linewidth=0.5,
                zorder=6 + 0.1 * priority, clip_on=False, transform=ax.get_xaxis_transform(),
            )  # fmt: skip
