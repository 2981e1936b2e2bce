"""What blood does to S1 and S1 to blood: deposits, clotted fibres, burst red cells (physics reference 1.2.3).

Slices `k` and `s` as in `separator`. Amounts of haem are nmol (mL x umol/L), volumes of red cells mL; what a
burst cell frees is `CELL_HAEM` times its volume, so that haem is neither made nor lost.
"""

from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled
from qh1a.sim.separator import SeparatorConst, SeparatorState

_LEAST_OPEN: Final = 1e-3  # resistances divide by the share of open fibres
_K = SeparatorConst
_S = SeparatorState


@compiled
def clotting(k: NDArray[np.float64], q_b: float, hct_out: float, act: float) -> float:
    """Share of the open fibres that clots per second.

    `q_b` mL/s, `hct_out` that of the blood that leaves, `act` s.
    """
    stasis = 1.0 + (k[_K.STASIS] if abs(q_b) < k[_K.STASIS_FLOW] else 0.0)
    return (
        k[_K.CLOT_RATE] * exp((k[_K.ACT] - act) / k[_K.ACT_SCALE]) * (hct_out / k[_K.CLOT_HCT]) ** 2 * stasis
    )


@compiled
def advance(
    k: NDArray[np.float64],
    s: NDArray[np.float64],
    q_b: float,
    q_f: float,
    q_limit: float,
    protein: float,
    hct_out: float,
    act: float,
    factor: float,
    dt: float,
) -> None:
    """Pore fouling, reversible cake and clotted fibres after `dt` s, once a second or so.

    Flows mL/s, `protein` g/L in plasma, `q_limit` as of `separator.limit`. Deposits grow with what passes per
    open area, and clotting goes on in what is still open, `factor` times as fast as that blood would.
    """
    share = s[_S.OPEN]
    passed = max(q_f, 0.0) / share * dt * protein * 1e-3 / k[_K.FOULING_PROTEIN]
    s[_S.FOULING] += (k[_K.FOULING_MAX] - s[_S.FOULING]) * (1.0 - exp(-passed))
    excess = max(0.0, q_f - k[_K.CRITICAL] * q_limit) / share
    release = k[_K.CAKE_RELEASE] * abs(q_b) / (k[_K.REFERENCE] * share)
    s[_S.CAKE] = (s[_S.CAKE] + k[_K.CAKE_GROWTH] * excess * dt) * exp(-release * dt)
    s[_S.OPEN] = max(_LEAST_OPEN, share * exp(-factor * clotting(k, q_b, hct_out, act) * dt))


@compiled
def critical_tmp(k: NDArray[np.float64], shear: float) -> float:
    """TMP in mmHg above which red cells burst in the pores, at a wall shear in 1/s."""
    line = k[_K.TMP_LEAST] + k[_K.TMP_PER_SHEAR] * (shear - k[_K.TMP_SHEAR])
    return min(max(line, k[_K.TMP_LEAST]), k[_K.TMP_MOST])


@compiled
def burst_at_membrane(
    k: NDArray[np.float64], share: float, tmp_peak: float, shear: float, cells: float, dt: float
) -> tuple[float, float]:
    """Haem freed and red cells destroyed in `dt` s out of `cells` mL in the fibres, `share` of which is open.

    `tmp_peak` mmHg where blood enters (P_pre less P_fil), `shear` as of `separator.wall_shear`. The rate is
    physics' k_H A (TMP - TMP_crit)^1.5 as long as that is a small part of the cells there.
    """
    over = max(0.0, tmp_peak - critical_tmp(k, shear))
    if over == 0.0 or cells <= 0.0:
        return 0.0, 0.0
    wanted = k[_K.HAEM_RATE] * k[_K.AREA] * share * over**1.5 * dt / k[_K.CELL_HAEM]
    gone = cells * (1.0 - exp(-wanted / cells))
    return gone * k[_K.CELL_HAEM], gone


@compiled
def sheared(stress: float, seconds: float) -> float:
    """Share of red cells that bursts in `seconds` at `stress` Pa (Giersiepen 1990)."""
    return min(1.0, 3.62e-7 * seconds**0.785 * stress**2.416)


@compiled
def burst_in_pump(
    k: NDArray[np.float64], q: float, hct: float, squeeze: float, dt: float
) -> tuple[float, float]:
    """Haem freed and red cells destroyed in `dt` s of a flow of `q` mL/s through the gap under a roller.

    Stress goes with the flow and time against it; `squeeze` multiplies the stress (1: healthy; above:
    over-occlusion).
    """
    if q == 0.0:
        return 0.0, 0.0
    fast = abs(q) / k[_K.REFERENCE]
    gone = sheared(k[_K.GAP_STRESS] * squeeze * fast, k[_K.GAP_TIME] / fast) * hct * abs(q) * dt
    return gone * k[_K.CELL_HAEM], gone
