"""The strips of a simulated plant's truth, drawn like those of the trends: what is true in dark blue."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from qh1a.channels import Channel
from qh1a.report.data import Study, Trace, Truth
from qh1a.report.decimate import decimate, steps
from qh1a.report.figures import dress, stacked
from qh1a.report.parts import plain
from qh1a.report.sheet import BLUE, RULE_GREY, VIOLET_BAND
from qh1a.report.strips import Strip
from qh1a.tick import Actuator

_C = Channel
_A = Actuator


@dataclass(frozen=True, slots=True)
class TrueStrip:
    """One signal of the truth.

    `like` is the channel that measures it: its samples, command, set point and limits are drawn, too. With
    `per_min` it is the signal's change per minute times that factor.
    """

    signal: str
    name: str
    text: str
    like: Strip | None = None
    per_min: float = 0.0


SOLUTES: Final = (
    TrueStrip("CB", "CB", "conjugated bilirubin in the patient's plasma"),
    TrueStrip("UCB", "UCB", "unconjugated bilirubin in the patient's plasma"),
    TrueStrip("BILE_ACIDS", "Bile acids", "in the patient's plasma"),
    TrueStrip("AMMONIA", "Ammonia", "and ammonium in the patient's plasma"),
    TrueStrip("ALBUMIN", "Albumin", "in the patient's plasma"),
    TrueStrip("LACTATE", "Lactate", "in the patient's plasma"),
)
GAS: Final = (
    TrueStrip(
        "DO_IN", "DO_in", "oxygen tension before the bioreactor", Strip(_C.DO_IN, planned="do_in_mmhg")
    ),
    TrueStrip("DO_OUT", "DO_out", "oxygen tension after the bioreactor", Strip(_C.DO_OUT)),
    TrueStrip("PH_BR", "pH", "before the bioreactor", Strip(_C.PH, planned="ph")),
    TrueStrip("PCO2_BR", "pCO2", "carbon dioxide tension before the bioreactor"),
    TrueStrip("G_O2", "G_O2", "oxygen flow", Strip(_C.G_O2, command=_A.G_O2)),
    TrueStrip("G_AIR", "G_air", "air flow", Strip(_C.G_AIR, command=_A.G_AIR)),
    TrueStrip("G_CO2", "G_CO2", "carbon dioxide flow", Strip(_C.G_CO2, command=_A.G_CO2)),
    TrueStrip("GAS_O2_UMOL", "O2 taken", "by the plasma from the gas", per_min=1.0),
    TrueStrip("GAS_CO2_UMOL", "CO2 given", "by the plasma to the gas", per_min=-1.0),
)
CELLS: Final = (
    TrueStrip("CELLS", "Cells", "attached living cells"),
    TrueStrip("DO_CELLS_MIN", "DO_min", "lowest oxygen tension at the cells"),
    TrueStrip("CELLS_O2_UMOL", "O2 used", "by the cells", per_min=-1.0),
    TrueStrip("CELLS_GLUCOSE_UMOL", "Glucose used", "by the cells", per_min=-1.0),
    TrueStrip("CELLS_LACTATE_UMOL", "Lactate made", "by the cells", per_min=1.0),
    TrueStrip("DEBRIS", "Debris", "detached and dead cells in the patient's plasma"),
    TrueStrip("IL6", "IL-6", "interleukin-6 in the patient's plasma"),
    TrueStrip("HGF", "HGF", "hepatocyte growth factor in the patient's plasma"),
    TrueStrip("PGE2", "PGE2", "prostaglandin E2 in the patient's plasma"),
    TrueStrip("EV", "EV", "extracellular vesicles in the patient's plasma"),
)
_ALL: Final = SOLUTES + GAS + CELLS
CHANNELS_USED: Final = frozenset(s.like.channel for s in _ALL if s.like is not None)
ACTUATORS_USED: Final = frozenset(s.like.command for s in _ALL if s.like and s.like.command is not None)


def truth_strips(study: Study, strips: tuple[TrueStrip, ...], name: str) -> str:
    """The strips under one phase band; empty when the file has none of their signals."""
    truth = study.truth
    if truth is None:
        return ""
    known = [strip for strip in strips if strip.signal in truth.v]
    draws = [partial(_draw, study=study, truth=truth, strip=strip) for strip in known]
    return stacked(study, name, 0.50, draws) if draws else ""


def trace_of(truth: Truth, strip: TrueStrip) -> Trace:
    """The signal, or its change per minute between two rows, in the middle between them."""
    t, v = truth.t, truth.v[strip.signal]
    if strip.per_min:
        t, v = (t[1:] + t[:-1]) / 2, strip.per_min * np.diff(v) / np.diff(t) * 60.0
    return Trace(t, v, np.isfinite(v))


def _draw(ax: Axes, study: Study, truth: Truth, strip: TrueStrip) -> None:
    trace, like = trace_of(truth, strip), strip.like
    drawn = [trace]
    if like is not None and like.channel not in study.not_fitted:
        measured = study.traces[like.channel]
        line = decimate(measured.t, measured.v, measured.good)
        ax.plot(line.t, line.mean, color=RULE_GREY, linewidth=0.6, zorder=3, label="measured")
        drawn.append(measured)
    if like is not None and like.command is not None:
        command = study.commands[like.command]
        on = np.isfinite(command)
        t, v = steps(study.t, command, on)
        ax.plot(t, v, color=VIOLET_BAND, linewidth=2.4, zorder=2.5, label=like.command_text)
        drawn.append(Trace(study.t, command, on))
    line = decimate(trace.t, trace.v, trace.good)
    ax.plot(line.t, line.mean, color=BLUE, linewidth=1.0, zorder=4, label="true")
    unit = plain(truth.unit[strip.signal]) + ("/min" if strip.per_min else "")
    dress(ax, study, drawn, strip.name, f"{strip.text}, {unit}", like)
    ax.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]))
    # A power of ten above the axis would stand in the strip's name.
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))
