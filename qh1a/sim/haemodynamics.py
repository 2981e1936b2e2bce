"""Venous and arterial pressure, cardiac output and the reflexes (physics reference 1.5.4)."""

from enum import IntEnum
from math import exp

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled
from qh1a.sim.person import Person, blood_volume


class HaemoConst(IntEnum):
    """mL, s, mmHg, mmHg.s/mL; the values at the start and the laws around them."""

    VOLUME = 0
    CVP = 1
    VENOUS_COMPLIANCE = 2
    MAP = 3
    OUTPUT = 4
    RESISTANCE = 5
    HEART_RATE = 6
    OUTPUT_EXPONENT = 7
    REFLEX_S = 8
    GAIN = 9
    HEART_GAIN = 10
    REFLEX_LIMIT = 11
    IL6_DILATION = 12
    IL6_HALF = 13
    IL6_BOUND = 14
    HEAT_DILATION = 15
    TEMPERATURE = 16


class HaemoState(IntEnum):
    """mmHg.s/mL."""

    RESISTANCE = 0


def haemo_constants(person: Person) -> NDArray[np.float64]:
    """Constants as in `HaemoConst`."""
    h, il6 = person.haemodynamics, person.interleukin_6.start
    output = h.cardiac_output * 1e3 / 60.0
    values = {
        HaemoConst.VOLUME: blood_volume(person),
        HaemoConst.CVP: person.cvp,
        HaemoConst.VENOUS_COMPLIANCE: person.venous_compliance,
        HaemoConst.MAP: h.map,
        HaemoConst.OUTPUT: output,
        HaemoConst.RESISTANCE: (h.map - person.cvp) / output,
        HaemoConst.HEART_RATE: h.heart_rate,
        HaemoConst.OUTPUT_EXPONENT: h.output_exponent,
        HaemoConst.REFLEX_S: h.reflex_time,
        HaemoConst.GAIN: h.gain,
        HaemoConst.HEART_GAIN: h.heart_gain,
        HaemoConst.REFLEX_LIMIT: h.reflex_limit,
        HaemoConst.IL6_DILATION: h.il6_dilation,
        HaemoConst.IL6_HALF: h.il6_half,
        HaemoConst.IL6_BOUND: il6 / (il6 + h.il6_half),
        HaemoConst.HEAT_DILATION: h.heat_dilation,
        HaemoConst.TEMPERATURE: person.temperature,
    }
    return np.array([values[c] for c in HaemoConst])


def haemo_state(k: NDArray[np.float64]) -> NDArray[np.float64]:
    """The state at the start."""
    return np.array([k[HaemoConst.RESISTANCE]])


@compiled
def venous_pressure(k: NDArray[np.float64], vol: float) -> float:
    """Central venous pressure in mmHg at `vol` mL of blood."""
    return k[HaemoConst.CVP] + (vol - k[HaemoConst.VOLUME]) / k[HaemoConst.VENOUS_COMPLIANCE]


@compiled
def cardiac_output(k: NDArray[np.float64], vol: float) -> float:
    """Cardiac output in mL/s at `vol` mL of blood, 0 or more."""
    filled = max(vol, 0.0) / k[HaemoConst.VOLUME]
    return k[HaemoConst.OUTPUT] * filled ** k[HaemoConst.OUTPUT_EXPONENT]


@compiled
def arterial_pressure(s: NDArray[np.float64], k: NDArray[np.float64], vol: float) -> float:
    """Mean arterial pressure in mmHg at `vol` mL of blood."""
    return venous_pressure(k, vol) + cardiac_output(k, vol) * s[HaemoState.RESISTANCE]


@compiled
def heart_rate(k: NDArray[np.float64], pressure: float) -> float:
    """Heart rate in 1/min at a mean arterial `pressure` mmHg; the vagus is fast against all else here."""
    change = k[HaemoConst.HEART_GAIN] * (1.0 - pressure / k[HaemoConst.MAP])
    most = k[HaemoConst.REFLEX_LIMIT]
    return k[HaemoConst.HEART_RATE] * (1.0 + min(max(change, -most), most))


@compiled
def set_point(k: NDArray[np.float64], vol: float, il6: float, temperature: float, lost: float) -> float:
    """Resistance in mmHg.s/mL that the reflexes settle at, above 0; `il6` pg/mL in plasma, `temperature` C.

    There the relative change of resistance is the gain times the relative loss of pressure that it leaves.
    `lost` is the share of their tone that the vessels have lost to a drug or a sepsis.
    """
    bound = il6 / (il6 + k[HaemoConst.IL6_HALF]) - k[HaemoConst.IL6_BOUND]
    warmth = temperature - k[HaemoConst.TEMPERATURE]
    change = exp(-k[HaemoConst.IL6_DILATION] * bound - k[HaemoConst.HEAT_DILATION] * warmth)
    relaxed = k[HaemoConst.RESISTANCE] * change * (1.0 - lost)
    gain, most = k[HaemoConst.GAIN] / k[HaemoConst.MAP], k[HaemoConst.REFLEX_LIMIT]
    unaided = venous_pressure(k, vol) + cardiac_output(k, vol) * relaxed
    tone = gain * (k[HaemoConst.MAP] - unaided) / (1.0 + gain * cardiac_output(k, vol) * relaxed)
    return relaxed * (1.0 + min(max(tone, -most), most))


@compiled
def advance(
    s: NDArray[np.float64],
    k: NDArray[np.float64],
    vol: float,
    il6: float,
    temperature: float,
    lost: float,
    dt: float,
) -> None:
    """Let the resistance relax for `dt` s; exact while `vol`, `il6`, `temperature` and `lost` hold."""
    left = exp(-dt / k[HaemoConst.REFLEX_S])
    target = set_point(k, vol, il6, temperature, lost)
    s[HaemoState.RESISTANCE] = target + (s[HaemoState.RESISTANCE] - target) * left
