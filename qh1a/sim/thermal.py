"""Warmer, heat losses, heat held by the bioreactor (physics.md 1.4.1)."""

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import layout
from qh1a.sim.jit import compiled
from qh1a.sim.layout import C, S
from qh1a.sim.lines import N_SPECIES, N_TANKS, NODE_TANK, SPAN, Species, Tank

_WARMER = SPAN["warmer"]
_OUTLET = _WARMER[1] - 1
_LUMEN = SPAN["bioreactor_lumen"]


@compiled
def power(
    set_point: float,
    stuck_w: float,
    t_out: float,
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    dt: float,
) -> float:
    """Power in W of the warmer's own loop on its outlet; the relay is closed while `set_point` > 0."""
    if set_point <= 0.0:
        state[S.INTEGRAL_W] = 0.0
        return 0.0
    if stuck_w > 0.0:
        return stuck_w
    error = set_point - t_out
    wanted = c[C.GAIN] * error + state[S.INTEGRAL_W]
    given = min(max(wanted, 0.0), c[C.POWER_MAX])
    if given == wanted or (wanted > given) != (error > 0.0):
        state[S.INTEGRAL_W] += c[C.GAIN] / c[C.INTEGRAL_S] * error * dt
    return given


@compiled
def exchange(
    state: NDArray[np.float64], c: NDArray[np.float64], watts: float, ambient: float, dt: float
) -> None:
    """Advance every temperature by `dt` s of heat exchange; heat is carried by the tanks as mL x C."""
    vol = state[layout.VOL : layout.MASS]
    heat = state[layout.MASS : layout.CONC].reshape(N_TANKS, N_SPECIES)[:, Species.HEAT]
    loss = c[layout.LOSS : layout.POOLS]
    for i in range(NODE_TANK, N_TANKS):
        heat[i] -= loss[i] * dt * (heat[i] - ambient * vol[i])
    if vol[Tank.RES] > 1e-9:
        # Implicit: the last millilitres would otherwise cool below the room.
        share = loss[Tank.RES] * dt / vol[Tank.RES]
        heat[Tank.RES] -= share / (1.0 + share) * (heat[Tank.RES] - ambient * vol[Tank.RES])
    plate, shell, per_ml = state[S.PLATE], state[S.SHELL], c[C.HEAT_PER_ML]
    into_plate = watts - c[C.PLATE_LOSS] * (plate - ambient)
    ua = c[C.PLATE_EXCHANGE] / (_WARMER[1] - _WARMER[0])
    for i in range(_WARMER[0], _WARMER[1]):
        given = ua * (plate - heat[i] / vol[i])
        heat[i] += given * dt / per_ml
        into_plate -= given
    state[S.PLATE] = plate + into_plate * dt / c[C.PLATE]
    into_shell = -c[C.RX_LOSS] * (shell - ambient)
    ua = c[C.RX_EXCHANGE] / (_LUMEN[1] - _LUMEN[0])
    for i in range(_LUMEN[0], _LUMEN[1]):
        given = ua * (heat[i] / vol[i] - shell)
        heat[i] -= given * dt / per_ml
        into_shell += given
    state[S.SHELL] = shell + into_shell * dt / c[C.SHELL]
