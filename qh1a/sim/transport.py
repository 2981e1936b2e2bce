"""Exact transport of everything the fluid carries: what leaves one place enters another, but for rounding.

One step moves the volumes that have flowed since the step before. Paths are taken in the order of `PATHS`,
each from what its source holds by then, so that an almost empty vessel can pass on what enters it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import fifo, layout, oxygen, pools, reactor
from qh1a.sim.graph import (
    EDGES,
    N_EDGES,
    N_FLOWS,
    N_PATHS,
    N_TANKS,
    NODE_TANK,
    PATH_ENDS,
    PATH_LINES,
    End,
    Flow,
    Line,
    Node,
    Tank,
)
from qh1a.sim.jit import compiled
from qh1a.sim.layout import C, S, Source
from qh1a.sim.oxygen import OxygenConst
from qh1a.sim.species import N_SPECIES, Species

_LUMEN: Final = NODE_TANK + Node.LUMEN
_FIL: Final = NODE_TANK + Node.FIL
_OX: Final = NODE_TANK + Node.OX
_TEE: Final = NODE_TANK + Node.TEE
_F2O: Final = NODE_TANK + Node.F2O
_ACC: Final = NODE_TANK + Node.ACC
_JOINT: Final = NODE_TANK + Node.JOINT
_CHAMBER: Final = NODE_TANK + Node.CHAMBER
_DEEPEST: Final = PATH_LINES.shape[1]
_END: Final = 1e9  # mL: the end of a line, however long

_ACCESS_FLOWS: Final = np.array([Flow.ACCESS_PATIENT, Flow.ACCESS_JOINT, Flow.ACCESS_OUTSIDE], dtype=np.int64)
_ACCESS_TANKS: Final = np.array([Tank.PATIENT, _JOINT, Tank.OUTSIDE], dtype=np.int64)
_RETURN_FLOWS: Final = np.array([Flow.RETURN_PATIENT, Flow.RETURN_JOINT, Flow.RETURN_OUTSIDE], dtype=np.int64)
_RETURN_TANKS: Final = np.array([Tank.PATIENT, _JOINT, Tank.OUTSIDE], dtype=np.int64)


@compiled
def substeps(held: NDArray[np.float64], moved: NDArray[np.float64]) -> int:
    """Parts into which a step must be cut so that no tank gives more than half of what it holds and gets."""
    out, into = np.zeros(N_TANKS), np.zeros(N_TANKS)
    for e in range(N_EDGES):
        v = moved[EDGES[e, 0]]
        out[EDGES[e, 1]] += max(v, 0.0)
        into[EDGES[e, 2]] += max(v, 0.0)
        out[EDGES[e, 2]] += max(-v, 0.0)
        into[EDGES[e, 1]] += max(-v, 0.0)
    worst = 0.0
    for i in range(N_TANKS):
        # What is outside and what air replaces are balances, not vessels: they may go below 0.
        if i not in (Tank.WATER, Tank.BESIDE, Tank.LINES) and out[i] > 0.0:
            worst = max(worst, out[i] / (held[i] + into[i]))
    return 1 + int(2.0 * min(worst, 1.0))


@compiled
def plasma_excess(state: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    """Plasma gained by the patient since the start, mL: every solute's central volume grows by it."""
    held = state[layout.HELD + Tank.PATIENT]
    return held - state[layout.MASS + Tank.PATIENT * N_SPECIES + Species.RBC] - c[C.PLASMA_0]


@compiled
def _whole_blood(species: int) -> bool:
    """Whether a species spreads over whole blood, not over plasma."""
    return bool(species in (Species.RBC, Species.O2, Species.HEAT))


@compiled
def _take(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    tank: int,
    volume: float,
    amounts: NDArray[np.float64],
) -> None:
    """Take `volume` mL out of a tank; what it carries is added to `amounts`."""
    held = state[layout.HELD + tank]
    mass = state[layout.MASS + tank * N_SPECIES : layout.MASS + (tank + 1) * N_SPECIES]
    share = min(volume / held, 1.0) if held > 0.0 else 0.0
    if tank == Tank.PATIENT:
        plasma = volume * (1.0 - mass[Species.RBC] / held)
        excess = plasma_excess(state, c)
        for k in range(N_SPECIES):
            part = mass[k] * (
                share if _whole_blood(k) else plasma / pools.central_volume(c[layout.CENTRAL + k], excess)
            )
            amounts[k] += part
            mass[k] -= part
    else:
        for k in range(N_SPECIES):
            part = mass[k] * share
            amounts[k] += part
            mass[k] -= part
    state[layout.HELD + tank] = held - volume


@compiled
def _give(state: NDArray[np.float64], tank: int, volume: float, amounts: NDArray[np.float64]) -> None:
    """Put `volume` mL with `amounts` into a tank."""
    state[layout.HELD + tank] += volume
    for k in range(N_SPECIES):
        state[layout.MASS + tank * N_SPECIES + k] += amounts[k]


@compiled
def _meet(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    flows: NDArray[np.int64],
    tanks: NDArray[np.int64],
    sign: float,
    part: float,
    line: float,
    amounts: NDArray[np.float64],
) -> None:
    """A junction without volume between a line and tanks.

    `line` is the volume that comes out of the line with `amounts`, 0 when it goes in; then `amounts` becomes
    what goes in. A branch's volume counts as coming from its tank with `sign`.
    """
    total = max(line, 0.0)
    for i in range(flows.shape[0]):
        v = sign * part * state[layout.MOVED + flows[i]]
        if v > 0.0:
            _take(state, c, tanks[i], v, amounts)
            total += v
    if total <= 0.0:
        return
    given = np.empty(N_SPECIES)
    away = 0.0
    for i in range(flows.shape[0]):
        v = -sign * part * state[layout.MOVED + flows[i]]
        if v > 0.0:
            for k in range(N_SPECIES):
                given[k] = amounts[k] * (v / total)
            _give(state, tanks[i], v, given)
            away += v / total
    for k in range(N_SPECIES):
        amounts[k] *= 1.0 - away


@compiled
def _recirculate(
    state: NDArray[np.float64], c: NDArray[np.float64], part: float, amounts: NDArray[np.float64]
) -> None:
    """Let a share of what the access draws, `amounts`, be blood that has just come back.

    It changes places with as much of the patient's: amounts and volumes stay what they are. The patient gets
    his back in the same step, from the return line, whose end it is taken from.
    """
    drawn = part * state[layout.MOVED + Flow.ACCESS_PATIENT]
    volume = min(state[S.RECIRCULATED] * drawn, part * state[layout.MOVED + Flow.RETURN_PATIENT])
    if volume <= 0.0:
        return
    parcel = layout.parcels(state)[layout.row_of(state, c, Line.RETURN, _END)]
    for k in range(N_SPECIES):
        more = parcel[1 + k] * (volume / parcel[0]) - amounts[k] * (volume / drawn)
        amounts[k] += more
        state[layout.MASS + Tank.PATIENT * N_SPECIES + k] -= more


@compiled
def _bioreactor(
    state: NDArray[np.float64], c: NDArray[np.float64], volume: float, dt: float, amounts: NDArray[np.float64]
) -> None:
    """`volume` mL (negative: from the tee) through bioreactor and bypass; `amounts` goes in and comes out."""
    whole = abs(state[layout.MOVED + Flow.RX])
    through = abs(state[layout.MOVED + Flow.RX_LUMEN]) / whole if whole > 0.0 else 0.0
    inlet, out = np.zeros(N_SPECIES), np.zeros(N_SPECIES)
    if volume != 0.0:
        for k in range(N_SPECIES):
            inlet[k] = amounts[k] / abs(volume)
    reactor.perfuse(state, c, through * volume / dt, inlet, out, dt)
    for k in range(N_SPECIES):
        amounts[k] = amounts[k] * (1.0 - through) + out[k]


@compiled
def _outlet(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    end: int,
    part: float,
    volume: float,
    dt: float,
    amounts: NDArray[np.float64],
) -> None:
    """Let `volume` mL with `amounts` come out of a path at `end`."""
    if end == End.ACCESS:
        _meet(state, c, _ACCESS_FLOWS, _ACCESS_TANKS, 1.0, part, volume, amounts)
    elif end == End.RETURN:
        _meet(state, c, _RETURN_FLOWS, _RETURN_TANKS, -1.0, part, volume, amounts)
    elif end == End.BIOREACTOR:
        _bioreactor(state, c, volume, dt, amounts)
        _give(state, _TEE, volume, amounts)
    elif end == End.SECOND_FILTER:
        for k in range(N_SPECIES):
            kept = amounts[k] * (1.0 - c[layout.SECOND_FILTER + k]) * (1.0 - state[S.F2_BREACH])
            state[layout.MASS + Tank.RETAINED * N_SPECIES + k] += kept
            amounts[k] -= kept
        _give(state, _F2O, volume, amounts)
    else:
        _give(state, end, volume, amounts)


@compiled
def _intake(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    end: int,
    part: float,
    volume: float,
    dt: float,
    amounts: NDArray[np.float64],
) -> None:
    """`amounts` becomes what `volume` mL carry into a path at `end`."""
    for k in range(N_SPECIES):
        amounts[k] = 0.0
    if end == End.ACCESS:
        _meet(state, c, _ACCESS_FLOWS, _ACCESS_TANKS, 1.0, part, 0.0, amounts)
        if state[S.RECIRCULATED] > 0.0:
            _recirculate(state, c, part, amounts)
    elif end == End.RETURN:
        _meet(state, c, _RETURN_FLOWS, _RETURN_TANKS, -1.0, part, 0.0, amounts)
    elif end == End.BIOREACTOR:
        _take(state, c, _TEE, volume, amounts)
        _bioreactor(state, c, -volume, dt, amounts)
    elif end == End.SECOND_FILTER:
        _take(state, c, _F2O, volume, amounts)
    elif end != End.AIR:
        _take(state, c, end, volume, amounts)


@compiled
def _along(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    line: int,
    forward: bool,
    fed: bool,
    volume: float,
    amounts: NDArray[np.float64],
) -> None:
    """`volume` mL with `amounts` enter a line; `amounts` becomes what leaves at its other end.

    Into one that is not `fed` only air follows.
    """
    first, end = int(c[layout.LINE_FIRST + line]), int(c[layout.LINE_FIRST + line + 1])
    parcels = state[layout.PARCELS :].reshape(-1, 1 + N_SPECIES)[first:end]
    ring = state[layout.RINGS + 2 * line : layout.RINGS + 2 * line + 2]
    if fed:
        fifo.enter(parcels, ring, forward, c[layout.LINE_SIZE + line], volume, amounts)
    fifo.leave(parcels, ring, not forward, volume, amounts)


@compiled
def _membrane(state: NDArray[np.float64], c: NDArray[np.float64], volume: float) -> None:
    """`volume` mL of plasma through the separator's membrane, with what it lets through of each species."""
    amounts = np.zeros(N_SPECIES)
    if volume < 0.0:
        _take(state, c, _FIL, -volume, amounts)
        _give(state, _LUMEN, -volume, amounts)
    elif volume > 0.0:
        held = state[layout.HELD + _LUMEN]
        mass = state[layout.MASS + _LUMEN * N_SPECIES : layout.MASS + (_LUMEN + 1) * N_SPECIES]
        sieving, leak = state[layout.SIEVING : layout.FREE], state[layout.SIEVING + Species.RBC]
        oxygen_k = c[layout.OXYGEN : layout.ACID]
        p_o2 = oxygen.tension(mass[Species.O2] / held, mass[Species.RBC] / held, oxygen_k)
        # Red cells that leak take their room; no more plasma can pass than there is.
        through = volume * (1.0 - leak * mass[Species.RBC] / (held - (1.0 - leak) * volume))
        plasma = max(held - mass[Species.RBC], through)
        for k in range(N_SPECIES):
            fluid, gone = (held, volume) if _whole_blood(k) else (plasma, through)
            # Of the concentration that the step leaves inside: what is held back crowds there.
            if sieving[k] > 0.0:
                amounts[k] = gone * sieving[k] * mass[k] / (fluid - (1.0 - sieving[k]) * gone)
        amounts[Species.O2] = volume * oxygen_k[OxygenConst.SOLUBILITY] * p_o2
        for k in range(N_SPECIES):
            mass[k] -= amounts[k]
        state[layout.HELD + _LUMEN] = held - volume
        _give(state, _FIL, volume, amounts)


@compiled
def _path(state: NDArray[np.float64], c: NDArray[np.float64], path: int, part: float, dt: float) -> None:
    """Move one path's flow."""
    flow, start, end = PATH_ENDS[path, 0], PATH_ENDS[path, 1], PATH_ENDS[path, 2]
    volume = part * state[layout.MOVED + flow]
    if flow == Flow.MEMBRANE:
        _membrane(state, c, volume)
        return
    amounts = np.zeros(N_SPECIES)
    if volume > 0.0:
        _intake(state, c, start, part, volume, dt, amounts)
        for i in range(_DEEPEST):
            if PATH_LINES[path, i] >= 0:
                _along(state, c, PATH_LINES[path, i], True, i > 0 or start != End.AIR, volume, amounts)
        _outlet(state, c, end, part, volume, dt, amounts)
    elif volume < 0.0:
        _intake(state, c, end, part, -volume, dt, amounts)
        for i in range(_DEEPEST - 1, -1, -1):
            if PATH_LINES[path, i] >= 0:
                _along(state, c, PATH_LINES[path, i], False, True, -volume, amounts)
        _outlet(state, c, start, part, -volume, dt, amounts)
    elif end == End.BIOREACTOR:
        _bioreactor(state, c, 0.0, dt, amounts)


@compiled
def _water(state: NDArray[np.float64], c: NDArray[np.float64], part: float) -> None:
    """Water that leaves with the sweep gas, and between the patient's plasma and tissue."""
    volume = part * state[layout.MOVED + Flow.EVAPORATION]
    heat = layout.MASS + _OX * N_SPECIES + Species.HEAT
    carried = volume * state[heat] / state[layout.HELD + _OX]
    latent = volume * c[C.LATENT]
    state[heat] -= carried + latent
    state[layout.MASS + Tank.WATER * N_SPECIES + Species.HEAT] += carried
    state[layout.MADE + Source.EXCHANGE * N_SPECIES + Species.HEAT] -= latent
    state[layout.HELD + _OX] -= volume
    state[layout.HELD + Tank.WATER] += volume
    volume = part * state[layout.MOVED + Flow.CAPILLARY]
    state[layout.HELD + Tank.INTERSTITIUM] -= volume
    state[layout.HELD + Tank.PATIENT] += volume
    volume = part * state[layout.MOVED + Flow.INTAKE]
    state[layout.HELD + Tank.WATER] -= volume
    state[layout.HELD + Tank.PATIENT] += volume


@compiled
def _transfuse(state: NDArray[np.float64], c: NDArray[np.float64], part: float) -> None:
    """Packed red cells in saline: what else they held was stored away, and the body warms them."""
    volume = part * state[layout.MOVED + Flow.TRANSFUSION]
    cells = volume * c[C.TRANSFUSED_HCT]
    state[layout.HELD + Tank.BESIDE] -= volume
    state[layout.HELD + Tank.PATIENT] += volume
    state[layout.MASS + Tank.BESIDE * N_SPECIES + Species.RBC] -= cells
    state[layout.MASS + Tank.PATIENT * N_SPECIES + Species.RBC] += cells


@compiled
def move(state: NDArray[np.float64], c: NDArray[np.float64], dt: float) -> None:
    """Carry everything by the volumes MOVED in the last `dt` s, then forget them."""
    n = substeps(state[layout.HELD : layout.MASS], state[layout.MOVED : layout.HELD])
    part = 1.0 / n
    for _ in range(n):
        for path in range(N_PATHS):
            _path(state, c, path, part, dt * part)
        _water(state, c, part)
        _transfuse(state, c, part)
    for i in range(N_TANKS):
        state[layout.HELD + i] = state[layout.VOL + i]
    for f in range(N_FLOWS):
        state[layout.MOVED + f] = 0.0
