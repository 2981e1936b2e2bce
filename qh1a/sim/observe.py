"""From the state of the circuit to its truth vector."""

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import layout, network, slow
from qh1a.sim.jit import compiled
from qh1a.sim.layout import ATMOSPHERE, PLASMA_G_PER_ML, SALINE_G_PER_ML, C, S
from qh1a.sim.lines import N_SOLUTES, N_SPECIES, NODE_TANK, SPAN, Flow, Node, Species, Tank
from qh1a.sim.truth import Truth

_WARMER_OUTLET = SPAN["warmer"][1] - 1
_RX_INLET = SPAN["bioreactor_inlet"][1] - 1
_DETECTOR = SPAN["detector_to_clamp"][0]


@compiled
def _temperature(state: NDArray[np.float64], tank: int) -> float:
    """Temperature of a tank in C; the room's when it is empty."""
    volume = state[layout.VOL + tank]
    if volume < 1e-6:
        return state[S.AMBIENT]
    return state[layout.MASS + tank * N_SPECIES + Species.HEAT] / volume


@compiled
def _pressures(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Pressures: those of nodes, and those between the parts of a branch."""
    p = state[layout.PRESSURE : layout.FLOW]
    q = state[layout.FLOW : layout.VISCOSITY]
    v = state[layout.VISCOSITY : layout.RPM]
    truth[Truth.P_ACC] = p[Node.ACC]
    truth[Truth.P_PRE] = p[Node.PRE]
    truth[Truth.P_VEN] = p[Node.CHAMBER]
    truth[Truth.P_FIL] = p[Node.FIL]
    truth[Truth.P_BRI] = p[Node.OX] - c[C.R_OX] * v[Flow.RX] * q[Flow.RX]
    truth[Truth.P_BRO] = p[Node.TEE]
    truth[Truth.P_F2] = p[Node.TEE] - c[C.R_F2_INLET] * v[Flow.F2] * q[Flow.F2]
    truth[Truth.P_F2O] = p[Node.F2O]
    truth[Truth.P_RET] = p[Node.RET]
    truth[Truth.TMP] = 0.5 * (p[Node.PRE] + p[Node.CHAMBER]) - p[Node.FIL]
    truth[Truth.CVP] = network.cvp(state[layout.VOL + Tank.PATIENT], c)


@compiled
def _flows(state: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Flows in mL/min, speeds, clamp positions."""
    q = state[layout.FLOW : layout.VISCOSITY]
    truth[Truth.Q_B] = q[Flow.BP] * 60.0
    truth[Truth.Q_P] = q[Flow.PP] * 60.0
    truth[Truth.Q_C] = q[Flow.CP] * 60.0
    truth[Truth.Q_R] = q[Flow.RP] * 60.0
    truth[Truth.Q_ACC_IN] = q[Flow.ACCESS_PATIENT] * 60.0
    truth[Truth.Q_VEN_OUT] = q[Flow.RETURN_PATIENT] * 60.0
    truth[Truth.Q_RETURN_LINE] = q[Flow.RETURN] * 60.0
    truth[Truth.Q_RX] = q[Flow.RX_LUMEN] * 60.0
    truth[Truth.Q_RC] = q[Flow.RC] * 60.0
    truth[Truth.Q_WASTE] = (q[Flow.WASTE] + q[Flow.JOINT_WASTE]) * 60.0
    truth[Truth.Q_SALINE] = (q[Flow.SALINE_ACCESS] + q[Flow.SALINE_RES]) * 60.0
    for i in range(4):
        truth[Truth.N_BP + i] = state[layout.RPM + i]
    for i in range(layout.N_CLAMPS):
        truth[Truth.POS_AC + i] = state[layout.POSITION + i]


@compiled
def _temperatures(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Temperatures and heating."""
    outlet = _temperature(state, _WARMER_OUTLET)
    truth[Truth.T_W1] = outlet
    truth[Truth.T_W2] = outlet + c[C.SECOND_PROBE] * (state[S.PLATE] - outlet)
    truth[Truth.T_BR] = _temperature(state, _RX_INLET)
    truth[Truth.T_RET] = _temperature(state, NODE_TANK + Node.RET)
    truth[Truth.T_AMB] = state[S.AMBIENT]
    truth[Truth.T_RES] = _temperature(state, Tank.RES)
    truth[Truth.T_RX] = state[S.SHELL]
    truth[Truth.HEATER_W] = state[S.HEATER_W]


@compiled
def _contents(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Bags, levels, air, losses, the separator's condition."""
    vol = state[layout.VOL : layout.MASS]
    truth[Truth.W_R] = vol[Tank.RES] * PLASMA_G_PER_ML
    truth[Truth.W_S] = vol[Tank.SALINE] * SALINE_G_PER_ML
    truth[Truth.W_W] = vol[Tank.WASTE] * SALINE_G_PER_ML
    truth[Truth.LVL_R] = vol[Tank.RES]
    gas = state[S.AIR] * ATMOSPHERE / (state[layout.PRESSURE + Node.CHAMBER] + ATMOSPHERE)
    truth[Truth.LVL_VEN] = (c[C.CHAMBER] - gas) / c[C.CHAMBER_ML_PER_MM]
    truth[Truth.AIR_V_ML] = state[S.AIR_V]
    truth[Truth.AIR_P_ML] = state[S.AIR_P]
    truth[Truth.AIR_PATIENT_ML] = state[S.AIR_PATIENT]
    truth[Truth.AIR_RES_ML] = state[S.AIR_RES]
    truth[Truth.V_HEP_ML] = c[C.SYRINGE] - vol[Tank.SYRINGE]
    truth[Truth.NET_BALANCE_ML] = state[S.NET]
    truth[Truth.BLOOD_LOST_ML] = vol[Tank.OUTSIDE]
    truth[Truth.RBC_LOST_ML] = state[layout.MASS + Tank.OUTSIDE * N_SPECIES]
    truth[Truth.RBC_CIRCUIT_ML] = state[S.CIRCUIT_RBC]
    truth[Truth.SPILT_ML] = vol[Tank.SPILT]
    truth[Truth.S1_LIMIT] = state[S.Q_LIMIT] * 60.0
    truth[Truth.S1_LP_LOSS] = 1.0 - 1.0 / (1.0 + state[S.FOULING])


@compiled
def _patient(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Blood and plasma of the patient, and the ledgers."""
    blood = state[layout.VOL + Tank.PATIENT]
    cells = state[layout.MASS + Tank.PATIENT * N_SPECIES]
    truth[Truth.BLOOD_VOLUME_ML] = blood
    truth[Truth.HCT_PATIENT] = cells / blood
    excess = blood - cells - c[C.PLASMA_0]
    for k in range(N_SOLUTES - 1):
        truth[Truth.ALBUMIN + k] = state[layout.MASS + k + 1] / (c[layout.POOLS + 6 * k] + excess)
    here = state[layout.MASS + _DETECTOR * N_SPECIES] / state[layout.VOL + _DETECTOR]
    truth[Truth.OPT_V] = min(1.0, here * blood / cells)
    truth[Truth.VOLUME_LEDGER_ML] = slow.total_volume(state, c) - state[S.VOLUME_0]
    truth[Truth.SOLUTE_LEDGER] = state[S.SOLUTE_RESIDUAL]


@compiled
def observe(state: NDArray[np.float64], c: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
    """Refresh the whole truth vector."""
    _pressures(state, c, truth)
    _flows(state, truth)
    _temperatures(state, c, truth)
    _contents(state, c, truth)
    _patient(state, c, truth)
