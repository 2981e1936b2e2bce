"""The linear system of the node pressures."""

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.graph import N_NODES, N_SOLVED
from qh1a.sim.jit import compiled


@compiled
def linear_solve(
    coef: NDArray[np.float64],
    up: NDArray[np.int64],
    down: NDArray[np.int64],
    stored: NDArray[np.float64],
    source: NDArray[np.float64],
    p: NDArray[np.float64],
) -> None:
    """Solve for the new node pressures into `p`.

    `stored` is compliance/dt, `source` what enters besides branches. Diagonal dominance: no pivoting.
    """
    a = np.zeros((N_NODES, N_NODES))
    for i in range(N_NODES):
        a[i, i] = stored[i]
        p[i] = source[i]
    for b in range(N_SOLVED):
        i, j = up[b], down[b]
        if i >= 0:
            a[i, i] += coef[b, 0]
            p[i] -= coef[b, 2]
        if j >= 0:
            a[j, j] += coef[b, 1]
            p[j] += coef[b, 2]
        if i >= 0 and j >= 0:
            a[i, j] -= coef[b, 1]
            a[j, i] -= coef[b, 0]
    for k in range(N_NODES):
        for i in range(k + 1, N_NODES):
            if a[i, k] != 0.0:
                f = a[i, k] / a[k, k]
                for j in range(k + 1, N_NODES):
                    a[i, j] -= f * a[k, j]
                p[i] -= f * p[k]
    for i in range(N_NODES - 1, -1, -1):
        x = p[i]
        for j in range(i + 1, N_NODES):
            x -= a[i, j] * p[j]
        p[i] = x / a[i, i]
