"""One solute of the patient, run through the product's step."""

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.pools import Pool, pool_step

Floats = NDArray[np.float64]


def row(
    central: float,
    peripheral: float = 0.0,
    exchange: float = 0.0,
    generation: float = 0.0,
    clearance: float = 0.0,
    v_max: float = 0.0,
    km: float = 1.0,
) -> Floats:
    """Constants of a solute, columns as in `Pool`."""
    return np.array([central, peripheral, exchange, generation, clearance, v_max, km, 0.0, 0.0])


def run(k: Floats, start: float, duration: float, steps: int) -> tuple[float, float, float]:
    """Both concentrations, and all that was made, after `duration` from `start` in both pools."""
    central, peripheral, made = start * k[Pool.CENTRAL], start * k[Pool.PERIPHERAL], 0.0
    for _ in range(steps):
        central, peripheral, more = pool_step(
            central, peripheral, k[Pool.CENTRAL], k[Pool.GENERATION], k, duration / steps
        )
        made += more
    return central / k[Pool.CENTRAL], peripheral / max(k[Pool.PERIPHERAL], 1e-9), made
