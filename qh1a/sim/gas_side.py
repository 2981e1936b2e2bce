"""Gas in the fluid: exchange in the oxygenator's bundle, hydration of carbon dioxide, the patient's lung."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import acid, fifo, layout, oxygen, oxygenator, pools
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.graph import NODE_TANK, Flow, Line, Node, Tank
from qh1a.sim.jit import compiled
from qh1a.sim.layout import C, S, Source
from qh1a.sim.species import N_SPECIES, Species

_CO2: Final = int(Species.CO2)
_HCO3: Final = int(Species.HCO3)
_O2: Final = int(Species.O2)
# Where plasma is out of balance and time passes before the bioreactor: red cells elsewhere hydrate at once.
_PLASMA_LINES: Final = np.array(
    [
        Line.FILTRATE,
        Line.RES_OUTLET,
        Line.WARMER_1,
        Line.WARMER_2,
        Line.WARMER_3,
        Line.WARMER_OUTLET,
        Line.OX_INLET,
        Line.BUNDLE,
        Line.RX_INLET,
        Line.RECIRCULATION,
        Line.F2_INLET,
    ]
)
_PLASMA_TANKS: Final = np.array([Tank.RES, *(NODE_TANK + n for n in (Node.FIL, Node.OX, Node.TEE, Node.F2O))])


@compiled
def _hydrate(amounts: NDArray[np.float64], volume: float, k: NDArray[np.float64], dt: float) -> float:
    """Let dissolved CO2 and bicarbonate of `volume` mL approach each other; bicarbonate gained."""
    if volume < 1e-9:
        return 0.0
    co2, hco3 = amounts[_CO2] / volume, amounts[_HCO3] / volume
    protein = (amounts[Species.ALBUMIN] + amounts[Species.GLOBULIN]) / volume
    _, new = acid.hydrate(co2, hco3, amounts[Species.SID] / volume, protein, k, dt)
    gained = (new - hco3) * volume
    amounts[_CO2] -= gained
    amounts[_HCO3] += gained
    return gained


@compiled
def hydrate(state: NDArray[np.float64], c: NDArray[np.float64], dt: float) -> None:
    """Hydration in all plasma outside the bioreactor."""
    k, gained = c[layout.ACID : layout.GAS], 0.0
    parcels = layout.parcels(state)
    for line in _PLASMA_LINES:
        for row in range(int(c[layout.LINE_FIRST + line]), int(c[layout.LINE_FIRST + line + 1])):
            gained += _hydrate(parcels[row, 1:], parcels[row, 0], k, dt)
    for tank in _PLASMA_TANKS:
        m = layout.MASS + tank * N_SPECIES
        gained += _hydrate(state[m : m + N_SPECIES], state[layout.VOL + tank], k, dt)
    made = layout.MADE + Source.REACTION * N_SPECIES
    state[made + _CO2] -= gained
    state[made + _HCO3] += gained


@compiled
def relax(
    state: NDArray[np.float64], c: NDArray[np.float64], p_o2: float, p_co2: float, wetted: float, dt: float
) -> None:
    """The plasma in the bundle towards gas at `p_o2`, `p_co2` mmHg; `wetted`: share of the transfer lost."""
    k = c[layout.GAS : layout.SITES]
    r_o2, r_co2 = oxygenator.rates(k, state[layout.FLOW + Flow.RX], wetted, wetted)
    by_o2, by_co2 = r_o2 * dt, r_co2 * dt
    if c[layout.LINE_SIZE + Line.BUNDLE] >= fifo.MIXED_ML:
        by_o2, by_co2 = oxygenator.mixed(by_o2), oxygenator.mixed(by_co2)
    o2 = co2 = 0.0
    parcels = layout.parcels(state)
    for row in range(int(c[layout.LINE_FIRST + Line.BUNDLE]), int(c[layout.LINE_FIRST + Line.BUNDLE + 1])):
        if parcels[row, 0] > 0.0:
            a, b = oxygenator.relax(parcels[row], p_o2, p_co2, by_o2, by_co2, k)
            o2 += a
            co2 += b
    state[S.O2_TAKEN], state[S.CO2_TAKEN] = o2, co2
    made = layout.MADE + Source.EXCHANGE * N_SPECIES
    state[made + _O2] += o2
    state[made + _CO2] += co2


@compiled
def exchange(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    actuators: NDArray[np.float64],
    d: NDArray[np.float64],
    dt: float,
) -> None:
    """Blender and gas space, then the plasma in the bundle towards them."""
    k, s = c[layout.GAS : layout.SITES], state[layout.OX_GAS : layout.OX_GAS + oxygenator.N_GAS_STATES]
    oxygenator.blend(
        s,
        k,
        actuators[layout.G_O2],
        actuators[layout.G_O2 + 1],
        actuators[layout.G_O2 + 2],
        d[Disturbance.GAS_LOST],
        d[Disturbance.CO2_FACTOR],
        state[S.O2_TAKEN],
        state[S.CO2_TAKEN],
        dt,
    )
    state[layout.FLOW + Flow.EVAPORATION] = oxygenator.evaporation(oxygenator.total_flow(s), k)
    p_o2, p_co2 = oxygenator.tensions(s, k)
    relax(state, c, p_o2, p_co2, 1.0 - d[Disturbance.OX_KA_FACTOR], dt)


@compiled
def breathe(state: NDArray[np.float64], c: NDArray[np.float64]) -> None:
    """Lung and circulation keep the gases of central venous blood: the body makes what is short."""
    m, volume = layout.MASS + Tank.PATIENT * N_SPECIES, state[layout.VOL + Tank.PATIENT]
    rbc = state[m + Species.RBC]
    excess = volume - rbc - c[C.PLASMA_0]
    spread = pools.central_volume(c[layout.CENTRAL + Species.SID], excess)
    plasma = pools.central_volume(c[C.PLASMA_0], excess)
    protein = (state[m + Species.ALBUMIN] + state[m + Species.GLOBULIN]) / plasma
    k = c[layout.ACID : layout.GAS]
    co2, hco3 = acid.equilibrium(c[C.PCO2], state[m + Species.SID] / spread, protein, k)
    o2 = oxygen.content(c[C.PO2], rbc / volume, c[layout.OXYGEN : layout.ACID])
    made = layout.MADE + Source.BODY * N_SPECIES
    wanted = (
        (_O2, o2 * volume),
        (_CO2, co2 * plasma),
        (_HCO3, hco3 * plasma),
    )
    for k_, amount in wanted:
        state[made + k_] += amount - state[m + k_]
        state[m + k_] = amount
