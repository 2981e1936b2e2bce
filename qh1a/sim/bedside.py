"""What is done to the patient beside the circuit, and what becomes of the heparin on its way there.

What goes past circuit and patient, and what he is given, is in `Tank.BESIDE`: no mL and no unit is lost.
"""

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import layout, network
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.graph import NODE_TANK, Flow, Node, Tank
from qh1a.sim.jit import compiled
from qh1a.sim.layout import C, S
from qh1a.sim.species import N_SPECIES, Species

_D = Disturbance
_NMOL_S = 1e6 / 3600.0  # per mmol/h


@compiled
def syringe(
    state: NDArray[np.float64], c: NDArray[np.float64], told: float, d: NDArray[np.float64], dt: float
) -> tuple[float, float]:
    """Heparin solution in mL/s into the circuit and past it, `told` mL/h.

    The drive bends against a plunger that is stuck, until it can push no harder; what it has been pushed
    comes at once when the plunger comes free. A line that is off drips, and its check valve keeps the blood.
    """
    pushed, bent = max(0.0, told) / 3600.0, state[S.PUSHED]
    state[S.HEPARIN_OFF] = 1.0 if d[_D.HEPARIN_LINE_OFF] > 0.5 else 0.0
    if d[_D.SYRINGE_STUCK] > 0.5:
        most = (c[C.PLUNGER_MOST_N] - c[C.PLUNGER_N]) / c[C.PLUNGER_N_PER_ML]
        state[S.PUSHED] = min(bent + pushed * dt, most)
        return 0.0, 0.0
    state[S.PUSHED] = 0.0
    out = min(pushed + bent / dt, state[layout.VOL + Tank.SYRINGE] / dt)
    return (0.0, out) if state[S.HEPARIN_OFF] > 0.5 else (out, 0.0)


@compiled
def lead(state: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64]) -> None:
    """Set what the patient bleeds and what is transfused; an empty patient bleeds no more."""
    flow = state[layout.FLOW : layout.VISCOSITY]
    filled = network.left(state[layout.VOL + Tank.PATIENT], 0.2 * c[C.BLOOD_0])
    flow[Flow.BLEEDING] = d[_D.BLEEDING_ML_MIN] / 60.0 * filled
    flow[Flow.TRANSFUSION] = d[_D.TRANSFUSION_ML_MIN] / 60.0


@compiled
def give(state: NDArray[np.float64], d: NDArray[np.float64], dt: float) -> None:
    """What the patient or the blood gets without volume in `dt` s, before the transport.

    Citrate as its sodium salt, which has no strong ion difference; and the heparin that the syringe holds
    beyond its label, with what of it has entered the circuit.
    """
    beside = layout.MASS + Tank.BESIDE * N_SPECIES
    citrate = d[_D.CITRATE_MMOL_H] * _NMOL_S * dt
    state[layout.MASS + Tank.PATIENT * N_SPECIES + Species.CITRATE] += citrate
    state[beside + Species.CITRATE] -= citrate
    entered, held = state[layout.MOVED + Flow.HEPARIN], state[layout.HELD + Tank.SYRINGE]
    if d[_D.HEPARIN_FACTOR] != 1.0 and held > 0.0:
        labelled = state[layout.MASS + Tank.SYRINGE * N_SPECIES + Species.HEPARIN] * min(entered / held, 1.0)
        more = (d[_D.HEPARIN_FACTOR] - 1.0) * labelled
        state[layout.MASS + (NODE_TANK + Node.PRE) * N_SPECIES + Species.HEPARIN] += more
        state[beside + Species.HEPARIN] -= more
