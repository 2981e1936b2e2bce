"""Oxygen in plasma and blood: dissolved and on haemoglobin (physics reference 1.4.2, 1.4.3).

Content is umol per litre of whole fluid, tension mmHg, at 37 C and pH 7.4 (no Bohr shift).
"""

from dataclasses import dataclass
from enum import IntEnum
from math import sqrt
from typing import Annotated, Final

import numpy as np
from annotated_types import Interval, Unit
from numpy.typing import NDArray

from qh1a.sim.jit import compiled

# Severinghaus 1979: S = x/(x + 23400) with x = p^3 + 150 p.
_HALF: Final = 23400.0
_LINEAR: Final = 150.0
_MOST_STEPS: Final = 60  # the quartic is met in 4-8


@dataclass(frozen=True, slots=True)
class Oxygen:
    """How much oxygen plasma and red cells hold."""

    solubility: Annotated[float, Interval(ge=1, le=1.6), Unit("umol/L/mmHg")]
    capacity: Annotated[float, Interval(ge=15000, le=24000), Unit("umol per litre of red cells")]


class OxygenConst(IntEnum):
    """Columns of the constants, units as in `Oxygen`."""

    SOLUBILITY = 0
    CAPACITY = 1


_K = OxygenConst


def oxygen_constants(o: Oxygen) -> NDArray[np.float64]:
    """`Oxygen` flat, columns as in `OxygenConst`."""
    return np.array([o.solubility, o.capacity])


@compiled
def saturation(p: float) -> float:
    """Share of haemoglobin that carries oxygen at `p` >= 0 mmHg (Severinghaus)."""
    x = (p * p + _LINEAR) * p
    return x / (x + _HALF)


@compiled
def content(p: float, hct: float, k: NDArray[np.float64]) -> float:
    """Oxygen, dissolved and bound, at `p` mmHg in fluid with haematocrit `hct` (0: plasma)."""
    return k[_K.SOLUBILITY] * p + k[_K.CAPACITY] * hct * saturation(p)


@compiled
def tension(oxygen: float, hct: float, k: NDArray[np.float64]) -> float:
    """Tension at which `content` is `oxygen`; 0 for none (or less, by rounding)."""
    if oxygen <= 0.0:
        return 0.0
    alpha, bound = k[_K.SOLUBILITY], k[_K.CAPACITY] * hct
    # content - oxygen, times (x + 23400), is a quartic in p, convex wherever the root can lie: from any
    # tension above the root Newton descends and never passes it. Three such tensions: as if nothing were
    # bound; the excess over full haemoglobin plus what the rest can add, as 1 - S < 23400/p^3; and from
    # S >= 150 p/(150 p + 23400).
    excess = oxygen - bound
    p = min(oxygen / alpha, max(excess, 0.0) / alpha + sqrt(sqrt(_HALF * bound / alpha)))
    if excess < 0.0:
        p = min(p, _HALF * oxygen / (-excess * _LINEAR))
    for _ in range(_MOST_STEPS):
        x = (p * p + _LINEAR) * p
        slope_x = 3.0 * p * p + _LINEAR
        short = alpha * p - oxygen
        step = (short * (x + _HALF) + bound * x) / (alpha * (x + _HALF) + (short + bound) * slope_x)
        p -= step
        if step <= 1e-9 * p:  # quadratic: the error left is about the square of this
            break
    return p
