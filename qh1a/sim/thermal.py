"""Warmer and heat losses (physics reference 1.4.1); heat is carried by the fluid as mL x C."""

from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import layout, reactor
from qh1a.sim.bioreactor import N_CELLS, Zone
from qh1a.sim.graph import N_LINES, N_TANKS, Line, Tank
from qh1a.sim.jit import compiled
from qh1a.sim.layout import C, S, Source
from qh1a.sim.species import N_SPECIES, Species

_WARMER: Final = np.array([Line.WARMER_1, Line.WARMER_2, Line.WARMER_3])
_HEAT: Final = int(Species.HEAT)
_LOST: Final = Source.LOSS * N_SPECIES + Species.HEAT
_GIVEN: Final = Source.EXCHANGE * N_SPECIES + Species.HEAT


@compiled
def outlet_temperature(state: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    """Temperature in C of the fluid that leaves the warmer."""
    row = layout.row_of(state, c, Line.WARMER_3, 0.0)
    parcels = layout.parcels(state)
    return parcels[row, 1 + _HEAT] / parcels[row, 0]


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
def _to_room(state: NDArray[np.float64], c: NDArray[np.float64], ambient: float, dt: float) -> float:
    """Heat lost in `dt` s by lines, nodes, reservoir and bioreactor shell, in mL x K."""
    lost = 0.0
    parcels = layout.parcels(state)
    for line in range(N_LINES):
        share = 1.0 - exp(-c[layout.LINE_LOSS + line] * dt)
        if share > 0.0:
            for row in range(int(c[layout.LINE_FIRST + line]), int(c[layout.LINE_FIRST + line + 1])):
                away = share * (parcels[row, 1 + _HEAT] - ambient * parcels[row, 0])
                parcels[row, 1 + _HEAT] -= away
                lost += away
    for i in range(N_TANKS):
        volume = state[layout.VOL + i]
        if c[layout.LOSS + i] > 0.0 and volume > 1e-9:
            share = 1.0 - exp(-c[layout.LOSS + i] * dt / volume)
            heat = layout.MASS + i * N_SPECIES + _HEAT
            away = share * (state[heat] - ambient * volume)
            state[heat] -= away
            lost += away
    zones, volume = reactor.zones(state), reactor.zone_ml(c, Zone.SHELL)
    share = 1.0 - exp(-c[C.RX_LOSS] / (c[C.HEAT_PER_ML] * volume * N_CELLS) * dt)
    for i in range(N_CELLS):
        away = share * (zones[Zone.SHELL, i, _HEAT] - ambient)
        zones[Zone.SHELL, i, _HEAT] -= away
        lost += away * volume
    return lost


@compiled
def exchange(
    state: NDArray[np.float64], c: NDArray[np.float64], watts: float, ambient: float, dt: float
) -> None:
    """Advance every temperature by `dt` s of heat exchange."""
    parcels = layout.parcels(state)
    plate, per_ml = state[S.PLATE], c[C.HEAT_PER_ML]
    leaves = c[C.PLATE_LOSS] * (plate - ambient)
    into_plate = watts - leaves
    ua = c[C.PLATE_EXCHANGE] / len(_WARMER)
    for line in _WARMER:
        row = layout.row_of(state, c, line, 0.0)
        given = ua * (plate - parcels[row, 1 + _HEAT] / parcels[row, 0])
        parcels[row, 1 + _HEAT] += given * dt / per_ml
        into_plate -= given
    state[S.PLATE] = plate + into_plate * dt / c[C.PLATE]
    state[layout.MADE + _GIVEN] += watts * dt / per_ml
    state[layout.MADE + _LOST] -= leaves * dt / per_ml + _to_room(state, c, ambient, dt)


@compiled
def keep_core(state: NDArray[np.float64], temperature: float) -> None:
    """The patient's core is a boundary: what heat leaves it, the body makes."""
    heat = layout.MASS + Tank.PATIENT * N_SPECIES + _HEAT
    wanted = temperature * state[layout.VOL + Tank.PATIENT]
    state[layout.MADE + Source.BODY * N_SPECIES + _HEAT] += wanted - state[heat]
    state[heat] = wanted
