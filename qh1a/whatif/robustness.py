"""How far a loop is from oscillating: the frequency response of the sampled loop, with `Pid` as it is."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.control.pid import D_FILTER
from qh1a.settings import PidGains
from qh1a.whatif.models import STEP_S, Model, Reals, sampled

Complexes = NDArray[np.complex128]

_GRID: Final = 4000
_SLOWEST: Final = 1e-3
"""The sweep starts at this share of the slowest corner frequency."""
_FINE: Final = 200
MARGIN_MOST: Final = 1000.0
"""A gain margin above this is as good as none."""


@dataclass(frozen=True, slots=True)
class Point:
    """A process at one operating point, and how the loop schedules its gains there.

    The controller in force has `gain` x kp and Ti / `rate`. `name` says which point it is.
    """

    model: Model
    gain: float = 1.0
    rate: float = 1.0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Margins:
    """Maximum sensitivity, gain margin and phase margin (degrees); inf, 0 and 0 when the loop is unstable."""

    ms: float
    gain: float
    phase_deg: float


def loop_response(point: Point, gains: PidGains, omega: Reals) -> Complexes:
    """The open loop at angular frequencies `omega` in 1/s, up to pi / STEP_S."""
    numerator, denominator, wait = sampled(point.model)
    late = np.exp(-1j * STEP_S * omega)
    process = late**wait * np.polyval(numerator[::-1], late) / np.polyval(denominator[::-1], late)
    # As in `Pid`: what was sent comes back a tick later through the lag Ti, which makes it the series form.
    parts = 1.0 + STEP_S * point.rate / gains.ti_s * late / (1.0 - late)
    if gains.td_s > 0.0:
        share = STEP_S / (D_FILTER * gains.td_s + STEP_S)
        parts *= 1.0 + gains.td_s / STEP_S * (1.0 - late) * share / (1.0 - (1.0 - share) * late)
    answer: Complexes = gains.kp * point.gain * parts * process
    return answer


def margins(point: Point, gains: PidGains) -> Margins:
    """The margins of a loop around a process that is stable but for an integrator."""
    model = point.model
    slowest = max(model.lag_s or 0.0, model.delay_s, gains.ti_s / point.rate, STEP_S)
    omega = np.geomspace(_SLOWEST / slowest, math.pi / STEP_S, _GRID)
    loop = loop_response(point, gains, omega)
    back = 1.0 + loop
    # Nyquist, indented at z = 1: each integrator turns the angle of 1 + L by -90 degrees there, so it starts
    # around -90 or -180; at half the sampling rate it must have come back to 0.
    angle = np.unwrap(np.angle(back))
    if abs(angle[-1] - (2.0 * math.pi if angle[0] > math.pi / 2.0 else 0.0)) > math.pi / 2.0:
        return Margins(math.inf, 0.0, 0.0)
    worst = int(np.argmin(np.abs(back)))
    near = np.linspace(omega[max(worst - 1, 0)], omega[min(worst + 1, _GRID - 1)], _FINE)
    ms = 1.0 / float(np.abs(1.0 + loop_response(point, gains, near)).min())
    return Margins(ms, _gain_margin(loop), _phase_margin(loop))


def _gain_margin(loop: Complexes) -> float:
    """What the gain may be multiplied by: from the points where the loop crosses the negative real axis."""
    before, after = loop[:-1], loop[1:]
    crosses = (before.imag < 0.0) != (after.imag < 0.0)
    share = before.imag[crosses] / (before.imag[crosses] - after.imag[crosses])
    real = before.real[crosses] + share * (after.real[crosses] - before.real[crosses])
    # At half the sampling rate the loop is real.
    size = -np.append(real, loop[-1].real)
    size = size[(size > 0.0) & (size < 1.0)]
    return min(1.0 / float(size.max()), MARGIN_MOST) if size.size else MARGIN_MOST


def _phase_margin(loop: Complexes) -> float:
    """The angle between the loop and -1 where the loop's gain is 1, the least of them."""
    size = np.log(np.abs(loop))
    crosses = np.flatnonzero((size[:-1] > 0.0) != (size[1:] > 0.0))
    share = size[crosses] / (size[crosses] - size[crosses + 1])
    angle = np.unwrap(np.angle(loop))
    at = angle[crosses] + share * (angle[crosses + 1] - angle[crosses])
    from_minus_one = np.abs(np.angle(-np.exp(1j * at), deg=True))
    return float(from_minus_one.min()) if crosses.size else 180.0


def damping(point: Point, gains: PidGains) -> float:
    """Damping ratio of a PI loop around an integrator, delay to first order; 1 where the poles are real."""
    model = point.model
    kp, ti = gains.kp * point.gain, gains.ti_s / point.rate
    speed = model.gain * kp
    lead = 1.0 - speed * model.delay_s
    if lead <= 0.0:
        return 0.0
    ratio = 0.5 * speed * (1.0 - model.delay_s / ti) / math.sqrt(lead * speed / ti)
    return min(ratio, 1.0)
