"""Clotting times under heparin and calcium under citrate (physics reference 1.5.3)."""

from enum import IntEnum
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled
from qh1a.sim.person import Coagulation


class CoagulationConst(IntEnum):
    """s, IU/L, umol/L."""

    ACT = 0
    ACT_PER_HEPARIN = 1
    APTT = 2
    APTT_EXPONENT = 3
    APTT_EXPONENT_MAX = 4
    CALCIUM = 5
    CALCIUM_DIFFUSIBLE = 6
    CITRATE_BINDING = 7


def coagulation_constants(c: Coagulation) -> NDArray[np.float64]:
    """Constants as in `CoagulationConst`; antithrombin is inside the heparin effects."""
    values = {
        CoagulationConst.ACT: c.act,
        CoagulationConst.ACT_PER_HEPARIN: c.act_per_heparin * c.antithrombin * 1e-3,
        CoagulationConst.APTT: c.aptt,
        CoagulationConst.APTT_EXPONENT: c.aptt_exponent * c.antithrombin * 1e-3,
        CoagulationConst.APTT_EXPONENT_MAX: max(0.0, log(c.aptt_max / c.aptt)),
        CoagulationConst.CALCIUM: c.calcium * 1e3,
        CoagulationConst.CALCIUM_DIFFUSIBLE: c.calcium_diffusible * 1e3,
        CoagulationConst.CITRATE_BINDING: c.citrate_binding * 1e-6,
    }
    return np.array([values[key] for key in CoagulationConst])


@compiled
def act(k: NDArray[np.float64], heparin: float) -> float:
    """Activated clotting time in s at `heparin` IU/L of plasma."""
    return k[CoagulationConst.ACT] + k[CoagulationConst.ACT_PER_HEPARIN] * heparin


@compiled
def aptt(k: NDArray[np.float64], heparin: float) -> float:
    """Activated partial thromboplastin time in s at `heparin` IU/L of plasma, at most the instrument's."""
    exponent = min(k[CoagulationConst.APTT_EXPONENT] * heparin, k[CoagulationConst.APTT_EXPONENT_MAX])
    return k[CoagulationConst.APTT] * exp(exponent)


@compiled
def ionised_calcium(k: NDArray[np.float64], citrate: float) -> float:
    """Ionised calcium in umol/L at `citrate` umol/L of plasma."""
    return k[CoagulationConst.CALCIUM_DIFFUSIBLE] / (1.0 + k[CoagulationConst.CITRATE_BINDING] * citrate)


@compiled
def calcium_ratio(k: NDArray[np.float64], citrate: float) -> float:
    """Total over ionised calcium at `citrate` umol/L; 2.5 and more mean that citrate accumulates."""
    return k[CoagulationConst.CALCIUM] / ionised_calcium(k, citrate)
