"""The plasma separator S1: how much it can filter, at which pressure, what passes, and how it clogs.

Physics reference 1.2. A slice `k` holds the constants of `separator_constants`, a slice `s` the states of
`SeparatorState`. Blood runs through the share OPEN of the fibres: area and permeability go with it, shear and
the resistance of the bundle against it. The polarisation limit per unit of inlet flow does not depend on it,
as flux goes with shear.
"""

from enum import IntEnum
from math import exp, log, pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import rheology
from qh1a.sim.jit import compiled
from qh1a.sim.parameters import Separator
from qh1a.sim.species import N_SPECIES, Species

TABLE_STEP = 0.01
TABLE_SIZE = 91
"""The table of `limit_table` covers Hct 0 to 0.90."""
CELLS: Final = 20
"""Cells of the axial march of `profile`."""
# Eckstein's 0.03 a^2 gamma in the Leveque film, averaged from the inlet (physics reference 1.2.1).
_AVERAGE: Final = 0.807 * 0.03 ** (2.0 / 3.0)
_LITTLE_SHEAR = 1.0 / 60.0  # mL/s: below this the layer is as thick as at it
_NEVER_NIL = 1e-9  # mL/s: the flux law divides by the limit
_CLEAR: Final = 1e-6  # Hct below which a fluid forms no more layer than at it
_STRONGEST: Final = 1000.0  # mmHg: no drive of the circuit makes more


class SeparatorState(IntEnum):
    """Deposits over the clean membrane's resistance, and the share of fibres that are open."""

    FOULING = 0
    CAKE = 1
    OPEN = 2


N_SEPARATOR_STATES: Final = len(SeparatorState)


class SeparatorConst(IntEnum):
    """Scalar constants of S1, all fibres open."""

    AREA = 0  # m2
    BORE_UM = 1
    WALL_HCT = 2
    LP = 3  # mL/s/mmHg
    DROP = 4  # resistance of the bundle in mmHg.s/mL per Pa.s
    SHEAR = 5  # wall shear in 1/s per mL/s
    REFERENCE = 6  # mL/s
    FOULING_MAX = 7
    FOULING_PROTEIN = 8  # g
    CRITICAL = 9
    CAKE_GROWTH = 10  # 1/mL
    CAKE_RELEASE = 11  # 1/s
    CLOT_RATE = 12  # 1/s
    ACT = 13
    ACT_SCALE = 14
    CLOT_HCT = 15
    STASIS = 16
    STASIS_FLOW = 17  # mL/s
    DECLINE_POWER = 18
    TMP_LEAST = 19
    TMP_MOST = 20
    TMP_PER_SHEAR = 21
    TMP_SHEAR = 22
    HAEM_RATE = 23
    CELL_HAEM = 24
    GAP_STRESS = 25
    GAP_TIME = 26


_K = SeparatorConst
CLEAN: Final = len(SeparatorConst)  # of the clean membrane
PER_HALF: Final = CLEAN + N_SPECIES  # inverse of the deposit at which half passes; 0: always all
FILM: Final = PER_HALF + N_SPECIES  # thickness of each cell of the march in the layer's own coordinate
SEPARATOR_SIZE: Final = FILM + CELLS


def fibres(s: Separator) -> float:
    """Number of fibres."""
    return s.area / (pi * s.fibre_diameter * 1e-6 * s.length)


def _film(s: Separator, length: float) -> float:
    """Share of the flow that leaves over `length` m from the inlet per `ln(C_w/C_b)`, both held.

    Average flux times wall over flow, in which the number of fibres cancels.
    """
    radius = s.fibre_diameter * 0.5e-6
    return _AVERAGE * (s.cell_radius * 1e-6) ** (4.0 / 3.0) * length ** (2.0 / 3.0) * 8.0 / radius**2


def polarised_fraction(s: Separator, hct: float) -> float:
    """Largest filtrate flow over inlet blood flow; independent of the flow and of how many fibres are open.

    Exact for the local film law of physics reference 1.2.1, along which ln(C_w/H) decays exponentially.
    """
    if hct >= s.wall_hct:
        return 0.0
    return 1.0 - (hct / s.wall_hct) ** (1.0 - exp(-_film(s, s.length)))


def limit_table(s: Separator) -> NDArray[np.float64]:
    """`polarised_fraction` on a grid of Hct with step `TABLE_STEP`; without cells all may pass."""
    return np.array([polarised_fraction(s, i * TABLE_STEP) for i in range(TABLE_SIZE)])


def _classes(s: Separator) -> dict[Species, tuple[float, float]]:
    """Sieving when clean, and inverse of the halving deposit, of all that does not pass freely."""
    v = s.sieving
    protein, vesicles = 1.0 / v.half_protein, 1.0 / v.half_vesicles
    return {
        Species.RBC: (0.0, 0.0),
        Species.DEBRIS: (0.0, 0.0),
        Species.ALBUMIN: (v.albumin, protein),
        Species.FHB: (v.albumin, protein),  # 65 kDa, as albumin
        Species.GLOBULIN: (v.globulin, protein),
        Species.IL6: (v.mediators, protein),
        Species.TNF: (v.mediators, protein),
        Species.HGF: (v.mediators, protein),
        Species.EV: (v.vesicles, vesicles),
    }


def separator_constants(s: Separator) -> NDArray[np.float64]:
    """All constants, columns as in `SeparatorConst` and behind it."""
    n, radius = fibres(s), s.fibre_diameter * 0.5e-6
    clot, haem = s.clotting, s.haemolysis
    scalars = {
        _K.AREA: s.area,
        _K.BORE_UM: s.fibre_diameter,
        _K.WALL_HCT: s.wall_hct,
        _K.LP: s.permeability / 60.0,
        _K.DROP: rheology.bundle_resistance(1.0, s.length, 2.0 * radius, n) * 60.0,
        _K.SHEAR: 4e-6 / (n * pi * radius**3),
        _K.REFERENCE: s.reference_flow / 60.0,
        _K.FOULING_MAX: s.fouling_max,
        _K.FOULING_PROTEIN: s.fouling_protein,
        _K.CRITICAL: s.critical,
        _K.CAKE_GROWTH: s.cake_growth,
        _K.CAKE_RELEASE: s.cake_release / 60.0,
        _K.CLOT_RATE: clot.rate / 3600.0,
        _K.ACT: clot.act,
        _K.ACT_SCALE: clot.act_scale,
        _K.CLOT_HCT: clot.hct,
        _K.STASIS: clot.stasis,
        _K.STASIS_FLOW: clot.stasis_flow / 60.0,
        _K.DECLINE_POWER: s.sieving.power,
        _K.TMP_LEAST: haem.tmp_least,
        _K.TMP_MOST: haem.tmp_most,
        _K.TMP_PER_SHEAR: haem.tmp_per_shear,
        _K.TMP_SHEAR: haem.shear,
        _K.HAEM_RATE: haem.rate,
        _K.CELL_HAEM: haem.cell_haem,
        _K.GAP_STRESS: haem.gap_stress,
        _K.GAP_TIME: haem.gap_time,
    }
    k = np.zeros(SEPARATOR_SIZE)
    for key in SeparatorConst:
        k[key] = scalars[key]
    classes = _classes(s)
    for species in Species:
        k[CLEAN + species], k[PER_HALF + species] = classes.get(species, (1.0, 0.0))
    k[FILM:] = np.diff([_film(s, s.length * i / CELLS) for i in range(CELLS + 1)])
    return k


@compiled
def limit(table: NDArray[np.float64], hct: float, packed: float, q_b: float) -> float:
    """Filtrate flow in mL/s at which the membrane polarises, above 0.

    `hct` of the blood that enters, `packed` that inside the fibres (0.95 stops the flow), `q_b` in mL/s.
    """
    x = min(max(hct / TABLE_STEP, 0.0), TABLE_SIZE - 1.001)
    i = int(x)
    fraction = table[i] + (x - i) * (table[i + 1] - table[i])
    room = min(max((0.95 - packed) / 0.2, 0.0), 1.0)
    return fraction * room * max(abs(q_b), _LITTLE_SHEAR) + _NEVER_NIL


@compiled
def filtration(tmp: float, permeability: float, q_limit: float) -> tuple[float, float]:
    """Filtrate flow in mL/s and its slope, at `tmp` mmHg and mL/s/mmHg; back-filtration meets no layer."""
    if tmp <= 0.0:
        return permeability * tmp, permeability
    e = exp(-permeability * tmp / q_limit)
    return q_limit * (1.0 - e), permeability * e


@compiled
def permeability(k: NDArray[np.float64], s: NDArray[np.float64], viscosity: float) -> float:
    """Conductance of the whole membrane in mL/s/mmHg; `viscosity` of the plasma over the reference one."""
    deposit = s[SeparatorState.FOULING] + s[SeparatorState.CAKE]
    return k[_K.LP] * s[SeparatorState.OPEN] / ((1.0 + deposit) * viscosity)


@compiled
def wall_shear(k: NDArray[np.float64], s: NDArray[np.float64], q_b: float) -> float:
    """Shear rate at the wall of the open fibres in 1/s, of either direction of `q_b` mL/s."""
    return k[_K.SHEAR] * abs(q_b) / s[SeparatorState.OPEN]


@compiled
def sieving(
    k: NDArray[np.float64],
    fouling: float,
    cake: float,
    free: NDArray[np.float64],
    leak: float,
    out: NDArray[np.float64],
) -> None:
    """Fill `out` with each species' concentration in the filtrate over that in the plasma at the membrane.

    `free`: free shares of CB, UCB and BILE_ACIDS; what is bound passes as albumin does. `leak`: share of the
    filtrate that is whole blood through torn fibres; `out[RBC]` is red cells in the filtrate over those in
    blood. O2 and HEAT are 1: the caller sees to the oxygen that stays on haemoglobin.
    """
    deposit = fouling + cake
    for i in range(N_SPECIES):
        lost = (deposit * k[PER_HALF + i]) ** k[_K.DECLINE_POWER]
        out[i] = k[CLEAN + i] / (1.0 + lost)
    for i in range(3):
        out[Species.CB + i] = free[i] + (1.0 - free[i]) * out[Species.ALBUMIN]
    for i in range(N_SPECIES):
        out[i] += leak * (1.0 - out[i])


@compiled
def _march(
    k: NDArray[np.float64],
    share: float,
    q_b: float,
    hct: float,
    lp: float,
    viscosity: float,
    tmp_in: float,
    out: NDArray[np.float64],
) -> tuple[float, float]:
    """Filtrate flow in mL/s when blood enters at `tmp_in`, and about its slope; arguments as `profile`."""
    q = max(abs(q_b), _LITTLE_SHEAR)
    cells, tmp, filtered, slope = hct * q, tmp_in, 0.0, 0.0
    for i in range(CELLS):
        h = max(cells / q, _CLEAR)
        half = k[_K.DROP] * 0.5 / CELLS / share * viscosity
        half *= rheology.relative_viscosity(min(h, k[_K.WALL_HCT]), k[_K.BORE_UM])
        tmp -= half * q
        # The fall of ln(C_w/H) over the cell is exact in the polarised limit.
        fall = max(0.0, log(k[_K.WALL_HCT] / h)) * (1.0 - exp(-k[FILM + i]))
        flow, more = filtration(tmp, lp / CELLS, q * (1.0 - exp(-fall)) + _NEVER_NIL)
        q -= flow
        filtered += flow
        slope += more
        out[0, i], out[1, i], out[2, i] = flow * CELLS / (k[_K.AREA] * share), cells / q, tmp
        tmp -= half * q
    return filtered, slope


@compiled
def profile(
    k: NDArray[np.float64],
    share: float,
    q_b: float,
    hct: float,
    q_f: float,
    lp: float,
    viscosity: float,
    out: NDArray[np.float64],
) -> float:
    """TMP in mmHg where blood enters S1 at `q_b`, `hct` while `q_f` is filtered; flows mL/s.

    `share` of the fibres is open, `lp` is the conductance of the whole membrane as of `permeability`,
    `viscosity` that of plasma in Pa.s. Fills the rows of `out`, `CELLS` wide from where the blood enters:
    flux in mL/s/m2 (um/s), Hct where blood leaves the cell, TMP amid the cell. A flow beyond the polarisation
    limit ends at 1000 mmHg, with the flux that this makes.
    """
    low, high = -_STRONGEST, _STRONGEST
    tmp = high
    for _ in range(60):
        flow, slope = _march(k, share, q_b, hct, lp, viscosity, tmp, out)
        if abs(flow - q_f) <= 1e-12 or (flow < q_f and tmp >= high):
            break
        if flow < q_f:
            low = tmp
        else:
            high = tmp
        tmp += (q_f - flow) / max(slope, _NEVER_NIL)
        if not low < tmp < high:
            tmp = 0.5 * (low + high)
    return tmp
