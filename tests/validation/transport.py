"""Bioreactor's march, cells, oxygenator, lines: what is carried, exchanged, consumed."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from qh1a.sim import fifo, layout, oxygenator, thermal
from qh1a.sim.bioreactor import N_CELLS, ExchangeConst, exchange_constants, inner_area
from qh1a.sim.cells import cell_constants, effectiveness, heat_dose, krogh_drop, pace
from qh1a.sim.constants import constants, line_volumes
from qh1a.sim.graph import Line
from qh1a.sim.layout import C
from qh1a.sim.layout import S as LayoutState
from qh1a.sim.march import MarchConst, Rate
from qh1a.sim.oxygenator import GasConst
from qh1a.sim.species import N_SPECIES, Species
from qh1a.sim.start import fill, state_size
from tests.sim.circuits import DRY, PARAMETERS
from tests.sim.reactor_reference import BIOREACTOR, CELLS, HEAT, Q_100, fluid, reactor, well_mixed
from tests.validation.check import Check

Floats = NDArray[np.float64]
S = Species
FOREVER: Final = 1e13  # s: backward Euler is then the steady state
O2_PER_CELL: Final = CELLS.oxygen_uptake * 1e-6 / 3600.0  # nmol/s; 98 fmol/h
PLASMA_O2: Final = PARAMETERS.oxygen.solubility
TANKS: Final = "20 tanks, 100 mL/min"

# -- the march as 20 tanks in series ---------------------------------------------------------------------


def _oxygen_out(cells: float, km: float, flow: float = 100.0) -> float:
    """umol/L that leave, of 195 umol/L (150 mmHg) that enter."""
    r, q = well_mixed(), flow / 60.0
    r.rates[Rate.UPTAKE, :, S.O2] = cells * O2_PER_CELL / N_CELLS
    r.k[MarchConst.OXYGEN_KM] = km
    r.step(q, fluid({S.O2: 195.0}), FOREVER)
    return float(r.out[S.O2] / (q * FOREVER))


def _left(damkoehler: float) -> float:
    """Share that a first-order sink leaves."""
    r = well_mixed()
    r.rates[Rate.SINK, :, S.AMMONIA] = damkoehler * Q_100 / N_CELLS
    r.step(Q_100, fluid({S.AMMONIA: 1.0}), FOREVER)
    return float(r.out[S.AMMONIA] / (Q_100 * FOREVER))


def _off_tanks(damkoehler: float) -> float:
    return _left(damkoehler) * (1.0 + damkoehler / N_CELLS) ** N_CELLS - 1.0


@cache
def _residence(dt: float) -> tuple[float, float]:
    """Mean residence over volume over flow, and variance over its square, of a pulse through the march."""
    r, steps = well_mixed(), round(600.0 / dt)
    response = np.empty(steps)
    for n in range(steps):
        r.step(Q_100, fluid({S.CITRATE: float(n == 0)}), dt)
        response[n] = r.out[S.CITRATE]
    response /= response.sum()
    t = dt * np.arange(steps)
    mean = (response * t).sum()
    variance = (response * (t - mean) ** 2).sum() / mean**2
    return float(mean / (3.0 * N_CELLS / Q_100)), float(variance)


def _variance() -> float:
    """Extrapolated to no step: the step disperses too, in proportion."""
    return 2.0 * _residence(0.1)[1] - _residence(0.2)[1]


@cache
def _line(volume: float = 30.0, step: float = 0.3) -> tuple[float, float]:
    """Mean delay over volume over flow, and variance over its square, of a front through a line."""
    parcels = np.zeros((fifo.capacity(volume, fifo.PARCEL_ML), 2))
    parcels[: round(volume / fifo.PARCEL_ML), 0] = fifo.PARCEL_ML
    ring = np.array([0.0, volume / fifo.PARCEL_ML])
    steps, out = round(3.0 * volume / step), np.zeros(1)
    # The front comes into a parcel that is already half full.
    fifo.enter(parcels, ring, True, fifo.PARCEL_ML, 0.5, out)
    fifo.leave(parcels, ring, False, 0.5, out)
    missing = np.empty(steps)
    for n in range(steps):
        fifo.enter(parcels, ring, True, fifo.PARCEL_ML, step, np.array([step]))
        fifo.leave(parcels, ring, False, step, out)
        missing[n] = 1.0 - out[0] / step
    at = step * (np.arange(steps) + 0.5)
    mean = missing.sum() * step
    return float(mean / volume), float(2.0 * (missing * at).sum() * step / mean**2 - 1.0)


@cache
def _closed_loop() -> float:
    """Bilirubin and albumin, unevenly spread, go round for 6 h without cells: relative change of either."""
    r, dt = reactor(fluid(), cells=0.0), 0.5
    r.zones[:, : N_CELLS // 2] *= 2.0
    before = r.amounts()
    c_in = np.zeros(N_SPECIES)
    for _ in range(round(6.0 * 3600.0 / dt)):
        r.step(Q_100, c_in, dt)
        c_in = r.out / (Q_100 * dt)
    kept = [S.CB, S.ALBUMIN]
    return float(np.abs((r.amounts() + r.out - before)[kept] / before[kept]).max())


# -- wall, cells -----------------------------------------------------------------------------------------


def _lumen_sherwood() -> float:
    """Out of the exchange of oxygen through a wall that offers no resistance."""
    bare = replace(BIOREACTOR, outer_radius=BIOREACTOR.inner_radius * (1.0 + 1e-9))
    ka = exchange_constants(bare, HEAT)[ExchangeConst.LUMEN, S.O2] * N_CELLS * 1e-6
    diameter = 2.0 * BIOREACTOR.inner_radius * 1e-6
    return float(ka / inner_area(bare) * diameter / bare.diffusivity.oxygen)


V_KROGH: Final = 2.72222e-3


def _critical_radius() -> float:
    """um, where the fall is all of 195 umol/L."""
    return 1e6 * float(
        brentq(lambda r: krogh_drop(V_KROGH, 2e-9, 150e-6, r) - 0.195, 200e-6, 1e-3, xtol=1e-15)
    )


def _oxygen_demand() -> float:
    """umol/min of 1e9 cells in a layer without depth."""
    r = reactor(fluid(), bioreactor=replace(BIOREACTOR, cell_layer=0.0))
    return float(r.rates[Rate.UPTAKE, :, S.O2].sum()) * 60.0 / 1e3


# -- oxygenator ------------------------------------------------------------------------------------------


def _oxygenated(steps: int = 240) -> float:
    """mmHg of plasma that enters the bundle at 60 mmHg, gas at 300, KA/Q 2.5."""
    bundle = float(line_volumes(PARAMETERS)[Line.BUNDLE])
    exchanger = replace(PARAMETERS.oxygenator, ka_o2=250.0, ka_flow=100.0)
    k = oxygenator.gas_constants(exchanger, PARAMETERS.oxygen, PARAMETERS.acid_base, bundle)
    dt = bundle / Q_100 / steps
    rate, _ = oxygenator.rates(k, Q_100, 0.0, 0.0)
    parcel = np.zeros(1 + N_SPECIES)
    parcel[0], parcel[1 + S.O2] = 1.0, k[GasConst.SOLUBILITY_O2] * 60.0
    for _ in range(steps):
        oxygenator.relax(parcel, 300.0, 0.0, rate * dt, 0.0, k)
    return float(parcel[1 + S.O2] / k[GasConst.SOLUBILITY_O2])


# -- warmer ----------------------------------------------------------------------------------------------


def _warmed(dt: float = 0.5) -> float:
    """C that leaves the warmer: UA 12 W/K, 3.9975 J/K per mL, plate at 40 C, 100 mL/min at 30 C."""
    c = constants(PARAMETERS, DRY)
    c[C.PLATE_EXCHANGE], c[C.HEAT_PER_ML], c[C.PLATE] = 12.0, 3.9975, 1e15
    state = np.zeros(state_size(c))
    fill(state, c, PARAMETERS, DRY, primed=True)
    state[LayoutState.PLATE] = 40.0
    moved, out = Q_100 * dt, np.zeros(N_SPECIES)
    for _ in range(2000):
        out[S.HEAT] = 30.0 * moved
        for line in (Line.WARMER_1, Line.WARMER_2, Line.WARMER_3):
            first, end = (int(c[layout.LINE_FIRST + i]) for i in (line, line + 1))
            parcels, ring = layout.parcels(state)[first:end], state[layout.RINGS + 2 * line :][:2]
            fifo.enter(parcels, ring, True, fifo.MIXED_ML, moved, out)
            fifo.leave(parcels, ring, False, moved, out)
        thermal.exchange(state, c, 0.0, 23.0, dt)
    return float(out[S.HEAT] / moved)


ETAS: Final = ((0.5, 0.924234), (1.0, 0.761594), (3.0, 0.331685))
FIRST_ORDER: Final = ((0.5, 0.610271), (1.0, 0.376889), (2.0, 0.148644))
_mm: Final = partial(_oxygen_out, km=8.0)
_zero: Final = partial(_oxygen_out, km=1e-9)


def _beyond(cells: float, plug: float) -> Callable[[], float]:
    return lambda: _mm(cells) / plug - 1.0


CHECKS: Final = (
    Check("V09", "annulus of cells 150 to 250 um: fall of oxygen", "mol/m3", 8.1167e-3,
        lambda: krogh_drop(V_KROGH, 2e-9, 150e-6, 250e-6), 1e-4),
    Check("V09", "outer radius that 195 umol/L just reach", "um", 572.61, _critical_radius, 1e-4),
    Check("V10", "oxygen, zero order, 1e9 cells, 100 mL/min, 195 umol/L: outlet", "umol/L", 178.667,
        lambda: _zero(1e9), 3e-6),
    Check("V10", f"Km 8 umol/L, {TANKS}", "umol/L", 179.337894, lambda: _mm(1e9), 1e-7),
    Check("V10", "1e10 cells", "umol/L", 44.091369, lambda: _mm(1e10), 1e-7),
    Check("V10", "1e9 cells: outlet over that of plug flow (Lambert W), less 1", "1", 7.5e-6,
        _beyond(1e9, 179.336549), 1e-2),
    Check("V10", "1e10 cells: the same", "1", 0.0103, _beyond(1e10, 43.642425), 1e-2),
    *(
        Check("V11", f"effectiveness at Thiele modulus {phi:g}", "1", eta, partial(effectiveness, phi), 1e-6)
        for phi, eta in ETAS
    ),
    Check("V12", "Sherwood number of a lumen, developed", "1", 3.657, _lumen_sherwood, 5e-3),
    *(
        Check("V14", f"first order, Da {da:g}, {TANKS}: left", "1", left, partial(_left, da), 4e-6)
        for da, left in FIRST_ORDER
    ),
    *(
        Check("V14", f"Da {da:g}: left over (1 + Da/20)^-20, less 1", "1", 0.0,
              partial(_off_tanks, da), 1e-10, relative=False)
        for da, _ in FIRST_ORDER
    ),
    Check("V16", "pulse through the bioreactor: mean residence over V/Q", "1", 1.0,
        lambda: _residence(0.1)[0], 1e-6),
    Check("V16", "variance over the square of the mean: 20 tanks, as Pe 38.97", "1", 0.05, _variance, 1e-4),
    Check("V16", "front through a line: mean delay over V/Q", "1", 1.0, lambda: _line()[0], 1e-9),
    Check("V16", "variance: within one parcel of 1 mL in 30", "1", 0.0, lambda: _line()[1], 1e-3,
        relative=False),
    Check("V17", "oxygenator, KA/Q 2.5, 60 mmHg against 300: outlet", "mmHg", 280.2996, _oxygenated, 1e-6),
    Check("V17", "warmer of three mixed parts, UA 12 W/K, 6.6625 W/K, 30 C, plate 40 C: outlet", "C",
          40.0 - 10.0 / (1.0 + 12.0 / 6.6625 / 3.0) ** 3, _warmed, 1e-6),
    Check("V18", "plasma going round for 6 h, no cells: bilirubin or albumin lost", "1", 0.0, _closed_loop,
        1e-9, relative=False),
    Check("V32", "oxygen that 1e9 cells take", "umol/min", 1.63333, _oxygen_demand, 5e-6),
    Check("V32", "150 mmHg at 100 mL/min, zero order: outlet", "mmHg", 137.436,
        lambda: _zero(1e9) / PLASMA_O2, 4e-6),
    Check("V32", "at 30 mL/min", "mmHg", 108.120, lambda: _zero(1e9, flow=30.0) / PLASMA_O2, 6e-6),
    Check("V37", "60 min at 41 C", "min at 43 C", 3.75, lambda: 60.0 * heat_dose(41.0), 1e-9),
    Check("V37", "10 min at 44 C", "min at 43 C", 20.0, lambda: 10.0 * heat_dose(44.0), 1e-9),
    Check("V37", "metabolism at 30 C over that at 37 C, Q10 2.2", "1", 0.576,
        lambda: pace(30.0, cell_constants(CELLS, BIOREACTOR)), 1e-3),
)  # fmt: skip
