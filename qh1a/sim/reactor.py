"""The bioreactor in the circuit: its part of the state, stepped with the transport and aged once a second."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import bioreactor, cells, layout, march
from qh1a.sim.bioreactor import N_CELLS, N_PROFILE, N_ZONES, ExchangeConst, Zone
from qh1a.sim.cells import N_ADHERENT
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.graph import Flow
from qh1a.sim.jit import compiled
from qh1a.sim.layout import S, Source, View
from qh1a.sim.march import N_RATES
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.species import N_SPECIES, Species

_N_EXCHANGE: Final = len(ExchangeConst)


@compiled
def zones(state: NDArray[np.float64]) -> View:
    """Concentrations (Zone, axial cell, Species)."""
    return state[layout.ZONES : layout.ADHERENT].reshape(N_ZONES, N_CELLS, N_SPECIES)


@compiled
def zone_ml(c: NDArray[np.float64], zone: int) -> float:
    """Volume in mL of a zone in one axial cell."""
    return c[layout.RX_MARCH + zone]


@compiled
def adherent(state: NDArray[np.float64]) -> View:
    """The cells, rows as in `cells.Adherent`."""
    return state[layout.ADHERENT : layout.PROFILE].reshape(N_ADHERENT, N_CELLS)


@compiled
def _profile(state: NDArray[np.float64]) -> View:
    return state[layout.PROFILE : layout.KA_LUMEN].reshape(N_PROFILE, N_CELLS + 1)


@compiled
def _rates(state: NDArray[np.float64]) -> View:
    return state[layout.RX_RATES : layout.RINGS].reshape(N_RATES, N_CELLS, N_SPECIES)


@compiled
def perfuse(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    q: float,
    inlet: NDArray[np.float64],
    out: NDArray[np.float64],
    dt: float,
) -> None:
    """One step of `dt` s at `q` mL/s of plasma with concentrations `inlet`; `out` becomes what leaves."""
    made = layout.MADE + Source.CELLS * N_SPECIES
    march.march(
        zones(state),
        _profile(state),
        q,
        inlet,
        state[layout.KA_LUMEN : layout.KA_SHELL],
        state[layout.KA_SHELL : layout.RX_SIEVING],
        state[layout.RX_SIEVING : layout.RX_RATES],
        _rates(state),
        c[layout.RX_MARCH : layout.RX_CELLS],
        state[made : made + N_SPECIES],
        out,
        dt,
    )


@compiled
def metabolise(state: NDArray[np.float64], c: NDArray[np.float64]) -> None:
    """The cells' rates at what they have about them now; `perfuse` takes them."""
    rates_k, march_k = c[layout.RX_CELLS : layout.CONSTANTS_SIZE], c[layout.RX_MARCH : layout.RX_CELLS]
    cells.rates(adherent(state), zones(state), rates_k, march_k, _rates(state))


@compiled
def disturb(state: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64]) -> None:
    """What faults make of the rates that `metabolise` has just set."""
    activity, bacteria = d[Disturbance.CELL_ACTIVITY], d[Disturbance.BACTERIA_UMOL_MIN] * 1e3 / 60.0
    if activity != 1.0 or bacteria > 0.0:
        cells.upset(_rates(state), c[layout.RX_CELLS : layout.CONSTANTS_SIZE], activity, bacteria)


@compiled
def shed(state: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64], dt: float) -> None:
    """Cells that faults take off or kill."""
    per_h = d[Disturbance.CELL_DETACHMENT_H] + d[Disturbance.CELL_KILLING_H]
    if per_h > 0.0:
        made, march_k = layout.MADE + Source.CELLS * N_SPECIES, c[layout.RX_MARCH : layout.RX_CELLS]
        cells.shed(adherent(state), zones(state), march_k, state[made : made + N_SPECIES], per_h / 3600.0, dt)


@compiled
def refresh(state: NDArray[np.float64], c: NDArray[np.float64], viscosity: float) -> None:
    """Flow profile and exchange at the present permeability and this viscosity, Pa.s."""
    k = c[layout.RX_HYDRAULICS : layout.RX_EXCHANGE]
    drop, _, _ = bioreactor.hydraulics(k, viscosity, state[S.RX_LP], _profile(state))
    state[S.RX_DROP] = drop / (k[bioreactor.BioreactorConst.LUMEN_RESISTANCE] * viscosity)
    bioreactor.exchange(
        c[layout.RX_EXCHANGE : layout.RX_MARCH].reshape(_N_EXCHANGE, N_SPECIES),
        state[layout.FREE : layout.ZONES],
        state[layout.KA_LUMEN : layout.KA_SHELL],
        state[layout.KA_SHELL : layout.RX_SIEVING],
        state[layout.RX_SIEVING : layout.RX_RATES],
    )


@compiled
def age(state: NDArray[np.float64], c: NDArray[np.float64], dt: float) -> None:
    """Fouling of the fibres, and life and death of the cells."""
    state[S.RX_LP] = bioreactor.fouled(state[S.RX_LP], c[layout.RX_HYDRAULICS : layout.RX_EXCHANGE], dt)
    made = layout.MADE + Source.CELLS * N_SPECIES
    lumen = zones(state)[Zone.LUMEN, 0]
    cells.age(
        adherent(state),
        zones(state),
        _profile(state),
        state[layout.FLOW + Flow.RX_LUMEN],
        state[layout.FREE + 2] * lumen[Species.BILE_ACIDS],
        state[layout.FREE + 1] * lumen[Species.UCB],
        c[layout.RX_CELLS : layout.CONSTANTS_SIZE],
        c[layout.RX_MARCH : layout.RX_CELLS],
        state[made : made + N_SPECIES],
        dt,
    )


def fill(
    state: NDArray[np.float64], c: NDArray[np.float64], p: CircuitParameters, conc: NDArray[np.float64]
) -> None:
    """Full of prime, with the prescribed cells."""
    zones(state)[:] = conc
    adherent(state)[:] = cells.seeded(p.cells)
    state[S.RX_LP] = p.bioreactor.permeability
