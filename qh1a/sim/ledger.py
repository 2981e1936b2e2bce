"""The ledgers: all liquid and every species, wherever they are and wherever they came from."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import air_column, layout, reactor
from qh1a.sim.bioreactor import N_CELLS, N_ZONES, Zone
from qh1a.sim.graph import N_NODES, N_TANKS, NODE_TANK, Node, Tank
from qh1a.sim.jit import compiled
from qh1a.sim.layout import N_SOURCES, C, S
from qh1a.sim.species import N_SPECIES, Species

_CHAMBER: Final = NODE_TANK + Node.CHAMBER


@compiled
def total_volume(state: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    """All liquid in mL: tanks by their flows, nodes by their pressures, lines by their parcels.

    The air in nodes is none of it. That nodes are counted by pressure makes this a check of the pressure
    solve.
    """
    total = 0.0
    for i in range(NODE_TANK):
        if i != Tank.LINES:  # their parcels are counted
            total += state[layout.VOL + i]
    for n in range(N_NODES):
        if n == Node.CHAMBER:
            total += state[layout.VOL + _CHAMBER]
        else:
            total += c[layout.REST + n] + c[layout.COMPLIANCE + n] * state[layout.PRESSURE + n]
    for i in range(air_column.N_STAGES - 1):
        total -= state[layout.GAS_FILLED + air_column.N_STAGES + i]
    parcels = layout.parcels(state)
    for row in range(parcels.shape[0]):
        total += parcels[row, 0]
    return total


@compiled
def _inventories(state: NDArray[np.float64], c: NDArray[np.float64], total: NDArray[np.float64]) -> None:
    """Fill `total` with the amount of each species in the whole system."""
    for k in range(N_SPECIES):
        total[k] = state[layout.PERIPHERAL + k]
    for i in range(N_TANKS):
        for k in range(N_SPECIES):
            total[k] += state[layout.MASS + i * N_SPECIES + k]
    parcels = layout.parcels(state)
    for row in range(parcels.shape[0]):
        for k in range(N_SPECIES):
            total[k] += parcels[row, 1 + k]
    zones = reactor.zones(state)
    for z in range(N_ZONES):
        volume = reactor.zone_ml(c, z)
        for i in range(N_CELLS):
            for k in range(N_SPECIES):
                total[k] += volume * zones[z, i, k]
    total[Species.HEAT] += state[S.PLATE] * c[C.PLATE] / c[C.HEAT_PER_ML]


@compiled
def _made(state: NDArray[np.float64], species: int) -> float:
    """What all sources together have made of a species."""
    total = 0.0
    for source in range(N_SOURCES):
        total += state[layout.MADE + source * N_SPECIES + species]
    return total


@compiled
def _residual(found: float, start: float, made: float) -> float:
    """Amount unaccounted for over the largest of what is, was and came; nothing of nothing is 0."""
    scale = max(abs(found), abs(start), abs(made))
    return abs(found - start - made) / scale if scale > 0.0 else 0.0


@compiled
def open_books(state: NDArray[np.float64], c: NDArray[np.float64]) -> None:
    """Remember what there is at the start."""
    state[S.VOLUME_0] = total_volume(state, c)
    _inventories(state, c, state[layout.INVENTORY : layout.INVENTORY + N_SPECIES])


@compiled
def audit(state: NDArray[np.float64], c: NDArray[np.float64]) -> None:
    """Compare every species with its start and with what was made since."""
    found = np.empty(N_SPECIES)
    _inventories(state, c, found)
    start = state[layout.INVENTORY : layout.INVENTORY + N_SPECIES]
    worst = 0.0
    for k in range(Species.HEAT):
        if k not in (Species.CO2, Species.HCO3):
            worst = max(worst, _residual(found[k], start[k], _made(state, k)))
    state[S.SOLUTE_RESIDUAL] = worst
    k, j = Species.CO2, Species.HCO3
    state[S.CARBON_RESIDUAL] = _residual(
        found[k] + found[j], start[k] + start[j], _made(state, k) + _made(state, j)
    )
    state[S.OXYGEN_RESIDUAL] = _residual(found[Species.O2], start[Species.O2], _made(state, Species.O2))
    k = Species.HEAT
    state[S.HEAT_RESIDUAL] = _residual(found[k], start[k], _made(state, k))
    rbc = state[layout.MASS + Tank.RES * N_SPECIES] + state[layout.MASS + Tank.RETAINED * N_SPECIES]
    for i in range(NODE_TANK, N_TANKS):
        rbc += state[layout.MASS + i * N_SPECIES]
    parcels = layout.parcels(state)
    for row in range(parcels.shape[0]):
        rbc += parcels[row, 1 + Species.RBC]
    zones = reactor.zones(state)
    for i in range(N_CELLS):
        rbc += reactor.zone_ml(c, Zone.LUMEN) * zones[Zone.LUMEN, i, Species.RBC]
    state[S.CIRCUIT_RBC] = rbc
