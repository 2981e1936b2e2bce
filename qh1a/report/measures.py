"""Figures a report derives from the record: how well set points were kept, where the balance went."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from qh1a.channels import Channel
from qh1a.report.data import Study, Trace
from qh1a.report.events import Flags
from qh1a.tick import Phase
from qh1a.units import EVAPORATION_MG_PER_L, PLASMA_G_PER_ML, SALINE_G_PER_ML

_C = Channel
LAST_S: Final = 1800.0
"""The last part of TREAT: half an hour, or a quarter of a shorter TREAT."""

BALANCE_CHANNELS: Final = frozenset(
    {_C.W_S, _C.W_W, _C.W_R, _C.V_HEP, _C.G_O2, _C.G_AIR, _C.G_CO2, _C.BALANCE, _C.SESSION_BALANCE, _C.W_SP}
)
KEPT_CHANNELS: Final = frozenset(
    {_C.Q_B, _C.Q_P, _C.Q_C, _C.Q_R, _C.QP_QB, _C.PLASMA_SHARE, _C.T_BR, _C.W_R, _C.DO_IN, _C.PH}
)
_SET_BY: Final = {
    _C.Q_B: "blood_ml_min",
    _C.Q_P: "plasma_ml_min",
    _C.Q_R: "plasma_ml_min",
    _C.Q_C: "perfusion_ml_min",
    _C.T_BR: "temperature_c",
    _C.DO_IN: "do_in_mmhg",
    _C.PH: "ph",
}


class Spread(NamedTuple):
    """Mean and standard deviation of the usable samples, and their share of all."""

    mean: float
    sd: float
    usable: float


class Kept(NamedTuple):
    """One signal against what was prescribed; None where nothing was, or nothing was measured."""

    channel: Channel
    prescribed: float | None
    set_at_end: float | None
    note: str
    treat: Spread | None
    last: Spread | None


def spread_of(trace: Trace, inside: Flags) -> Spread | None:
    """The spread of a signal over some frames."""
    usable = trace.good & inside
    if not usable.any():
        return None
    values = trace.v[usable]
    return Spread(float(values.mean()), float(values.std()), float(usable.sum() / inside.sum()))


def last_part(study: Study, treat: Flags) -> tuple[Flags, float]:
    """The frames of the last part of TREAT, and its length (s)."""
    at = np.flatnonzero(treat)
    if at.size < 2:
        return treat, 0.0
    period = float(np.median(np.diff(study.t[at])))
    frames = max(1, min(round(LAST_S / period), at.size // 4))
    last = np.zeros_like(treat)
    last[at[-frames:]] = True
    return last, frames * period


def kept(study: Study) -> tuple[tuple[Kept, ...], float]:
    """The set points table, and the length of its last part (s)."""
    treat = study.within(Phase.TREAT)
    last, length = last_part(study, treat)
    plasma = study.prescribed("flows", "plasma_ml_min")
    blood = study.prescribed("flows", "blood_ml_min")
    ratio = plasma / blood if plasma is not None and blood else None
    planned: Mapping[Channel, tuple[float | None, str]] = {
        _C.Q_B: (blood, ""),
        _C.Q_P: (plasma, ""),
        _C.Q_C: (study.prescribed("flows", "perfusion_ml_min"), ""),
        _C.Q_R: (plasma, "follows Q_p and the balance"),
        _C.QP_QB: (ratio, "of the prescribed flows"),
        _C.PLASMA_SHARE: (None, "Q_p/(Q_b(1−Hct))"),
        _C.T_BR: (study.prescribed("flows", "temperature_c"), ""),
        _C.W_R: (study.prescribed("preparation", "reservoir_g"), "moves with the balance"),
        _C.DO_IN: (study.prescribed("flows", "do_in_mmhg"), ""),
        _C.PH: (study.prescribed("flows", "ph"), ""),
    }
    rows = []
    for channel, (value, note) in planned.items():
        if channel in study.not_fitted:
            continue
        trace = study.traces[channel]
        sets = study.changes.get(_SET_BY.get(channel, ""), ())
        changed = sets[-1][1] if len(sets) > 1 else None
        rows.append(Kept(channel, value, changed, note, spread_of(trace, treat), spread_of(trace, last)))
    return tuple(rows), length


class Part(NamedTuple):
    """One term of the balance (mL): positive when the patient gains by it. None: cannot be derived."""

    name: str
    how: str
    ml: float | None


class Balance(NamedTuple):
    """The balance by its parts, and as the controller estimated it."""

    parts: tuple[Part, ...]
    total: float | None
    estimate: float | None
    session: float | None
    reservoir_start_g: float | None
    reservoir_end_g: float | None
    unmeasured: tuple[str, ...]


def _median(trace: Trace, inside: Flags) -> float | None:
    usable = trace.good & inside
    return float(np.median(trace.v[usable])) if usable.any() else None


def _last(trace: Trace, until: Flags) -> float | None:
    usable = np.flatnonzero(trace.good & until)
    return float(trace.v[usable[-1]]) if usable.size else None


def _change(study: Study, channel: Channel, start: Flags, end: Flags) -> float | None:
    a, b = _median(study.traces[channel], start), _median(study.traces[channel], end)
    return None if a is None or b is None else b - a


def _gas_l(study: Study, inside: Flags) -> float | None:
    """Sweep gas that flowed, in litres; None when no gas meter could be read."""
    total, found = 0.0, False
    minutes = np.diff(study.t, append=study.t[-1:]) / 60
    for channel in (_C.G_O2, _C.G_AIR, _C.G_CO2):
        trace = study.traces[channel]
        usable = trace.good & inside
        found = found or bool(usable.any())
        total += float((trace.v[usable] * minutes[usable]).sum()) / 1000
    return total if found else None


def balance(study: Study) -> Balance | None:
    """The terms of the balance from the recorded scales, from RAMP to RINSEBACK; None without a RAMP.

    Both ends are medians over 10 s, so that a ripple of a pump does not decide.
    """
    if not study.ramped:
        return None
    treatment = study.within(Phase.RAMP, Phase.TREAT, Phase.PAUSE)
    end = study.first(Phase.RINSEBACK)
    frames = np.flatnonzero(treatment if end is None else treatment & (study.t < end))
    stop = float(study.t[frames[-1]])
    inside = (study.t >= 0) & (study.t <= stop)
    first, last = inside & (study.t < 10.0), inside & (study.t > stop - 10.0)
    saline, waste, heparin, reservoir = (
        _change(study, c, first, last) for c in (_C.W_S, _C.W_W, _C.V_HEP, _C.W_R)
    )
    gas = _gas_l(study, inside)

    def over(mass: float | None, density: float) -> float | None:
        return None if mass is None else -mass / density

    parts = (
        Part("saline given", "−ΔW_s / 1.005", over(saline, SALINE_G_PER_ML)),
        Part("heparin solution", "ΔV_hep", heparin),
        Part("waste", "−ΔW_w / 1.005", over(waste, SALINE_G_PER_ML)),
        Part("samples", "as entered", -study.samples_ml),
        Part("evaporation", "gas × 44 mg/L", None if gas is None else -gas * EVAPORATION_MG_PER_L / 1000),
        Part("into the reservoir", "−ΔW_r / 1.025", over(reservoir, PLASMA_G_PER_ML)),
    )
    known = [part.ml for part in parts if part.ml is not None]
    return Balance(
        parts,
        sum(known) if known else None,
        _last(study.traces[_C.BALANCE], inside),
        _last(study.traces[_C.SESSION_BALANCE], np.ones_like(inside)),
        _median(study.traces[_C.W_R], first),
        _median(study.traces[_C.W_R], last),
        tuple(part.name for part in parts if part.ml is None),
    )
