"""The plasma separator S1: how much it can filter, at which pressure, and how it clogs (physics.md 1.2)."""

from math import exp, log, pi

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled
from qh1a.sim.parameters import Separator

TABLE_STEP = 0.01
TABLE_SIZE = 91
"""The table of `limit_table` covers Hct 0 to 0.90."""
_CELLS = 1000
# Eckstein's 0.03 a^2 gamma in the local Leveque film (physics.md 1.2.1).
_LOCAL = 0.538 * 0.03 ** (2.0 / 3.0)
_LITTLE_SHEAR = 1.0 / 60.0  # mL/s: below this the layer is as thick as at it
_NEVER_NIL = 1e-9  # mL/s: the flux law divides by the limit


def fibres(s: Separator) -> float:
    """Number of fibres."""
    return s.area / (pi * s.fibre_diameter * 1e-6 * s.length)


def polarised_fraction(s: Separator, hct: float) -> float:
    """Largest filtrate flow over inlet blood flow, by the axial march; independent of the blood flow."""
    if hct >= s.wall_hct:
        return 0.0
    radius = s.fibre_diameter * 0.5e-6
    dx = s.length / _CELLS
    left = 1.0
    for i in range(_CELLS):
        x = (i + 0.5) * dx
        # Wall shear and filtering wall area per unit of inlet flow: the number of fibres cancels.
        film = _LOCAL * ((s.cell_radius * 1e-6) ** 4 / x) ** (1.0 / 3.0) * 8.0 / radius**2
        left -= film * dx * left * log(s.wall_hct / (hct / left))
        if hct / left >= s.wall_hct:
            return 1.0 - hct / s.wall_hct
    return 1.0 - left


def limit_table(s: Separator) -> NDArray[np.float64]:
    """`polarised_fraction` on a grid of Hct with step `TABLE_STEP`; without cells all may pass."""
    fractions = [polarised_fraction(s, i * TABLE_STEP) for i in range(1, TABLE_SIZE)]
    return np.array([1.0, *fractions])


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
def foul(
    fouling: float,
    cake: float,
    q_f: float,
    protein: float,
    q_limit: float,
    shear: float,
    separator: NDArray[np.float64],
    dt: float,
) -> tuple[float, float]:
    """Pore fouling and reversible cake after `dt` s, both over the clean membrane's resistance.

    `q_f`, `q_limit` mL/s, `protein` g/L in plasma, `shear` relative to the reference; `separator` holds
    fouling_max, fouling_protein, critical, cake_growth and cake_release of `parameters.Separator`.
    """
    passed = max(q_f, 0.0) * dt * protein * 1e-3 / separator[1]
    fouling += (separator[0] - fouling) * (1.0 - exp(-passed))
    excess = max(0.0, q_f - separator[2] * q_limit) * 60.0
    release = separator[4] * shear / 60.0
    cake += separator[3] * excess / 60.0 * dt
    return fouling, cake * exp(-release * dt)
