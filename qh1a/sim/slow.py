"""What changes slowly, advanced once a second: viscosities, fouling, the patient, the ledgers."""

from math import exp

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import layout, patient, rheology, separator
from qh1a.sim.jit import compiled
from qh1a.sim.layout import LINE_BORE_UM, C, S
from qh1a.sim.lines import (
    FIRST_LINE,
    N_NODES,
    N_SOLUTES,
    N_SPECIES,
    N_TANKS,
    NODE_TANK,
    SPAN,
    Flow,
    Node,
    Species,
    Tank,
)

_ACCESS = SPAN["access_line"]
_S1_IN = SPAN["filter_inlet_half"]
_S1_OUT = SPAN["filter_outlet_half"]
_RETURN = (SPAN["chamber_to_detector"][0], SPAN["clamp_to_patient"][1])
_OX = SPAN["oxygenator_outlet_part"]
_LUMEN = SPAN["bioreactor_lumen"]
_F2 = SPAN["second_filter_inlet"]
_PLASMA_RETURN = (SPAN["plasma_detector_to_clamp"][0], SPAN["plasma_clamp_to_chamber"][1])
_FILTER = NODE_TANK + Node.LUMEN
_TEE = NODE_TANK + Node.TEE


@compiled
def fluid(state: NDArray[np.float64], first: int, end: int) -> tuple[float, float, float]:
    """Hct, protein in its plasma (g/L) and temperature (C) of the tanks `first` to `end - 1` together."""
    volume = rbc = protein = heat = 0.0
    for i in range(first, end):
        m = layout.MASS + i * N_SPECIES
        volume += state[layout.VOL + i]
        rbc += state[m + Species.RBC]
        protein += state[m + Species.ALBUMIN] + state[m + Species.GLOBULIN]
        heat += state[m + Species.HEAT]
    return rbc / volume, protein / (volume - rbc), heat / volume


@compiled
def _in_tube(state: NDArray[np.float64], span: tuple[int, int], bore_um: float) -> float:
    """Viscosity in Pa.s of what is in a chain."""
    hct, protein, temperature = fluid(state, span[0], span[1])
    return rheology.plasma_viscosity(protein, temperature) * rheology.relative_viscosity(hct, bore_um)


@compiled
def viscosities(state: NDArray[np.float64], c: NDArray[np.float64]) -> None:
    """Refresh each branch's viscosity over that of the fluid its resistance is given for."""
    v = state[layout.VISCOSITY : layout.RPM]
    blood = c[C.MU_BLOOD] * c[C.BLOOD_TUBE_REF]
    v[Flow.ACCESS] = _in_tube(state, _ACCESS, LINE_BORE_UM) / blood
    v[Flow.RETURN] = _in_tube(state, _RETURN, LINE_BORE_UM) / blood
    v[Flow.S1_IN] = _in_tube(state, _S1_IN, c[C.FIBRE_UM]) / c[C.MU_BLOOD]
    v[Flow.S1_OUT] = _in_tube(state, _S1_OUT, c[C.FIBRE_UM]) / c[C.MU_BLOOD]
    v[Flow.RX] = _in_tube(state, _OX, LINE_BORE_UM) / c[C.MU_PLASMA]
    v[Flow.RX_LUMEN] = _in_tube(state, _LUMEN, LINE_BORE_UM) / c[C.MU_PLASMA]
    v[Flow.RC] = _in_tube(state, (_TEE, _TEE + 1), LINE_BORE_UM) / c[C.MU_PLASMA]
    v[Flow.F2] = _in_tube(state, _F2, LINE_BORE_UM) / c[C.MU_PLASMA]
    v[Flow.PLASMA_RETURN] = _in_tube(state, _PLASMA_RETURN, LINE_BORE_UM) / c[C.MU_PLASMA]
    _, protein, temperature = fluid(state, _FILTER, _FILTER + 1)
    v[Flow.MEMBRANE] = rheology.plasma_viscosity(protein, temperature) / c[C.MU_PLASMA]


@compiled
def clog(state: NDArray[np.float64], c: NDArray[np.float64], dt: float) -> None:
    """Fouling of both filters after `dt` s at the present flows."""
    flow = state[layout.FLOW : layout.VISCOSITY]
    _, protein, _ = fluid(state, _FILTER, _FILTER + 1)
    state[S.FOULING], state[S.CAKE] = separator.foul(
        state[S.FOULING],
        state[S.CAKE],
        flow[Flow.MEMBRANE],
        protein,
        state[S.Q_LIMIT],
        abs(flow[Flow.BP]) / c[C.Q_B_REF],
        c[layout.SEPARATOR : layout.SIEVING],
        dt,
    )
    passed = max(0.0, flow[Flow.F2]) * dt / c[C.F2_FOULING_ML]
    state[S.F2_FOULING] += (c[C.F2_FOULING_MAX] - state[S.F2_FOULING]) * (1.0 - exp(-passed))


@compiled
def metabolise(state: NDArray[np.float64], c: NDArray[np.float64], excess: float, dt: float) -> None:
    """Exchange between the patient's pools, generation and own clearance over `dt` s.

    `excess`: plasma gained by the patient since the start, mL.
    """
    rates = c[layout.POOLS :].reshape(N_SOLUTES - 1, 6)
    for k in range(N_SOLUTES - 1):
        central, peripheral, made = patient.two_pool_step(
            state[layout.MASS + k + 1],
            state[layout.PERIPHERAL + k],
            rates[k, 0] + excess,
            rates[k, 1],
            rates[k, 2],
            rates[k, 3],
            rates[k, 4],
            dt,
        )
        state[layout.MASS + k + 1] = central
        state[layout.PERIPHERAL + k] = peripheral
        state[layout.MADE + k] += made


@compiled
def total_volume(state: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    """All liquid in mL: bags and patient by their flows, nodes by their pressures, lines as they are.

    That nodes are counted by pressure makes this a check of the pressure solve.
    """
    vol = state[layout.VOL : layout.MASS]
    total = 0.0
    for i in range(NODE_TANK):
        total += vol[i]
    for n in range(N_NODES):
        if n == Node.CHAMBER:
            total += vol[NODE_TANK + n]
        else:
            total += c[layout.REST + n] + c[layout.COMPLIANCE + n] * state[layout.PRESSURE + n]
    for i in range(FIRST_LINE, N_TANKS):
        total += vol[i]
    return total


@compiled
def inventory(state: NDArray[np.float64], species: int) -> float:
    """Amount of one solute everywhere, what the patient has made since the start taken out."""
    total = 0.0
    for i in range(N_TANKS):
        total += state[layout.MASS + i * N_SPECIES + species]
    if species > 0:
        total += state[layout.PERIPHERAL + species - 1] - state[layout.MADE + species - 1]
    return total


@compiled
def audit(state: NDArray[np.float64]) -> None:
    """Refresh the solute ledger and the red cells in the circuit."""
    worst = 0.0
    for k in range(N_SOLUTES):
        start = state[layout.INVENTORY + k]
        worst = max(worst, abs(inventory(state, k) - start) / start)
    state[S.SOLUTE_RESIDUAL] = worst
    cells = state[layout.MASS + Tank.RES * N_SPECIES]
    for i in range(NODE_TANK, N_TANKS):
        cells += state[layout.MASS + i * N_SPECIES]
    state[S.CIRCUIT_RBC] = cells
