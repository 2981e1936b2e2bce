"""Carbon dioxide, bicarbonate and pH of plasma in strong-ion form (physics reference 1.4.3).

Electroneutrality makes pH a function of the strong ion difference, bicarbonate and protein. Plasma has no
carbonic anhydrase, so dissolved CO2 and bicarbonate are two states, which take seconds to come to rest.
Concentrations are umol/L, protein (albumin and globulin) g/L.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import exp, expm1, log, log10
from typing import Annotated, Final

import numpy as np
from annotated_types import Interval, Unit
from numpy.typing import NDArray

from qh1a.sim.jit import compiled

PH_MIN: Final = 2.0
PH_MAX: Final = 12.0
_REFERENCE_PH: Final = 7.4
_LN10: Final = log(10.0)
_MOST_STEPS: Final = 100  # Newton needs about 5; from the far ends, where it gains 0.43 pH a step, about 25


@dataclass(frozen=True, slots=True)
class AcidBase:
    """Carbonic acid and the other buffers of plasma at 37 C."""

    co2_solubility: Annotated[float, Interval(ge=20, le=40), Unit("umol/L/mmHg")]
    pk: Annotated[float, Interval(ge=5.8, le=6.4), Unit("pH")]
    hydration: Annotated[float, Interval(ge=0.05, le=0.5), Unit("1/s")]
    protein_charge: Annotated[float, Interval(ge=50, le=400), Unit("umol/g at pH 7.4")]
    protein_slope: Annotated[float, Interval(ge=50, le=200), Unit("umol/g per pH")]
    other_buffer: Annotated[float, Interval(ge=50, le=5000), Unit("umol/L per pH")]
    ammonia_pk: Annotated[float, Interval(ge=8.8, le=9.4), Unit("pH")]


class AcidConst(IntEnum):
    """Columns of the constants, units as in `AcidBase`."""

    CO2_SOLUBILITY = 0
    PK = 1
    HYDRATION = 2
    PROTEIN_CHARGE = 3
    PROTEIN_SLOPE = 4
    OTHER_BUFFER = 5
    AMMONIA_PK = 6


_K = AcidConst


def acid_constants(a: AcidBase) -> NDArray[np.float64]:
    """`AcidBase` flat, columns as in `AcidConst`."""
    return np.array(
        [
            a.co2_solubility,
            a.pk,
            a.hydration,
            a.protein_charge,
            a.protein_slope,
            a.other_buffer,
            a.ammonia_pk,
        ]
    )


@compiled
def _buffer(protein: float, k: NDArray[np.float64]) -> float:
    """Charge that all buffers but bicarbonate gain per pH, umol/L."""
    return k[_K.OTHER_BUFFER] + protein * k[_K.PROTEIN_SLOPE]


@compiled
def ph(sid: float, hco3: float, protein: float, k: NDArray[np.float64]) -> float:
    """pH at which the charges balance, held in `PH_MIN`..`PH_MAX`."""
    free = sid - hco3 - protein * k[_K.PROTEIN_CHARGE]
    return min(max(_REFERENCE_PH + free / _buffer(protein, k), PH_MIN), PH_MAX)


@compiled
def henderson_hasselbalch(co2: float, hco3: float, k: NDArray[np.float64]) -> float:
    """pH at which the pair would be in equilibrium; both above 0."""
    return k[_K.PK] + log10(hco3 / co2)


@compiled
def hydrate(
    co2: float, hco3: float, sid: float, protein: float, k: NDArray[np.float64], dt: float
) -> tuple[float, float]:
    """Dissolved CO2 and bicarbonate after `dt` s of (de)hydration; their sum stays.

    The exact exponential of the rate law linearised together with the pH, which follows bicarbonate: second
    order in `dt`. Its rate is never below that at constant pH, so a step never passes the equilibrium at
    constant pH; at constant pH alone, long steps would oscillate in a prime without protein. Stays positive
    and comes to rest for any `dt`.
    """
    at = ph(sid, hco3, protein, k)
    forward = k[_K.HYDRATION]
    back = forward * exp(_LN10 * (k[_K.PK] - at))
    # The last term also where `ph` clips: without it a step would leap from one end of the range to the
    # other.
    rate = forward + back + back * hco3 * _LN10 / _buffer(protein, k)
    gained = (forward * co2 - back * hco3) / rate * expm1(-rate * dt)
    return co2 + gained, hco3 - gained


@compiled
def equilibrium(pco2: float, sid: float, protein: float, k: NDArray[np.float64]) -> tuple[float, float]:
    """Dissolved CO2 and bicarbonate at rest under `pco2` mmHg, where that pH is inside the clip of `ph`."""
    co2 = k[_K.CO2_SOLUBILITY] * pco2
    if co2 <= 0.0:
        return 0.0, 0.0
    buffer = _buffer(protein, k)
    free = sid - protein * k[_K.PROTEIN_CHARGE]
    at = _REFERENCE_PH + free / buffer
    if free > 0.0:
        at = min(at, max(_REFERENCE_PH, k[_K.PK] + log10(free / co2)))
    hco3 = 0.0
    for _ in range(_MOST_STEPS):
        hco3 = co2 * exp(_LN10 * (at - k[_K.PK]))
        # The charge rises with pH and is convex: from above, Newton descends on the root and never passes it.
        step = (hco3 + buffer * (at - _REFERENCE_PH) - free) / (_LN10 * hco3 + buffer)
        at -= step
        if step < 1e-9:  # quadratic: the step after this one would be lost in rounding
            break
    return co2, co2 * exp(_LN10 * (at - k[_K.PK]))


@compiled
def sid_for(pco2: float, at_ph: float, protein: float, k: NDArray[np.float64]) -> float:
    """Strong ion difference of plasma that rests at `pco2` mmHg with this pH."""
    hco3 = k[_K.CO2_SOLUBILITY] * pco2 * exp(_LN10 * (at_ph - k[_K.PK]))
    return hco3 + protein * k[_K.PROTEIN_CHARGE] + (at_ph - _REFERENCE_PH) * _buffer(protein, k)


@compiled
def ammonia_share(at_ph: float, k: NDArray[np.float64]) -> float:
    """Share of total ammonia that is NH3, the form that crosses gas membranes."""
    return 1.0 / (1.0 + exp(_LN10 * (k[_K.AMMONIA_PK] - at_ph)))
