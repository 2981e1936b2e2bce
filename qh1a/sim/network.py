"""Pressures and flows: backward Euler on the node pressures, linearised (physics.md 1.3.2, 2.1).

A branch flow is `ga p_up - gb p_down + s`. The flows handed out are those of the last linear solve, so that
they close the volume balance of every node exactly, however far the iteration got.
"""

from math import exp, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import air_column, layout, pumps, separator
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.graph import N_NODES, N_SOLVED, NODE_TANK, Flow, Node, Tank
from qh1a.sim.jit import compiled
from qh1a.sim.layout import ATMOSPHERE, C, S
from qh1a.sim.linear import linear_solve
from qh1a.sim.pumps import N_DRIVE_CONSTANTS, N_DRIVES, Drive, DriveConstant

_MOST_ITERATIONS: Final = 6
_NOWHERE: Final = -1  # a branch end at a known pressure

# Ends of the solved branches; the ends at the patient depend on what the operator has connected.
_UP: Final = np.array(
    [
        _NOWHERE,
        _NOWHERE,
        Node.ACC,
        Node.PRE,
        Node.LUMEN,
        Node.LUMEN,
        Node.CHAMBER,
        Node.FIL,
        _NOWHERE,
        Node.OX,
        Node.TEE,
        Node.TEE,
        Node.TEE,
        Node.F2O,
        Node.RET,
        Node.JOINT,
    ],
    dtype=np.int64,
)
_DOWN: Final = np.array(
    [
        Node.ACC,
        Node.ACC,
        Node.PRE,
        Node.LUMEN,
        Node.CHAMBER,
        Node.FIL,
        _NOWHERE,
        _NOWHERE,
        Node.OX,
        Node.TEE,
        _NOWHERE,
        Node.F2O,
        _NOWHERE,
        Node.RET,
        Node.CHAMBER,
        _NOWHERE,
    ],
    dtype=np.int64,
)

AC: Final = 0
VC: Final = 1
PC: Final = 2
SC: Final = 3
SR: Final = 4
WC: Final = 5
RC: Final = 6
BV: Final = 7


@compiled
def chamber_pressure(blood: float, air: float, c: NDArray[np.float64]) -> float:
    """Pressure in mmHg of the venous chamber: ideal gas in a slightly soft wall.

    `blood` in mL, `air` in mL at ambient pressure.
    """
    wall = c[C.CHAMBER_WALL]
    b = wall * ATMOSPHERE + blood - c[C.CHAMBER]
    absolute = (b + sqrt(b * b + 4.0 * wall * ATMOSPHERE * air)) / (2.0 * wall)
    return absolute - ATMOSPHERE


@compiled
def stressed(state: NDArray[np.float64]) -> float:
    """The patient's blood in mL without what vessels that have lost their tone hold at no pressure."""
    return state[layout.VOL + Tank.PATIENT] - state[S.POOLED]


@compiled
def cvp(state: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    """Central venous pressure in mmHg (physics.md 1.5.4)."""
    return c[C.CVP] + (stressed(state) - c[C.BLOOD_0]) / c[C.VENOUS_COMPLIANCE]


@compiled
def catheter(state: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    """Blood in mL/s that the venous pressure drives out of an access catheter whose line has slipped off."""
    g = left(state[layout.VOL + Tank.PATIENT], 0.2 * c[C.BLOOD_0]) / (c[C.R_ACCESS] - c[C.R_ACCESS_OPEN])
    return max(0.0, cvp(state, c)) * g


@compiled
def spills(d: NDArray[np.float64]) -> bool:
    """Whether the venous end runs to the outside."""
    return bool(d[Disturbance.RETURN_OPEN] > 0.5 or d[Disturbance.CATHETER_OUT] > 0.5)


@compiled
def left(volume: float, soft: float) -> float:
    """Share of its outflow that a vessel with `volume` mL still gives; it falls over the last `soft` mL."""
    return min(1.0, max(0.0, volume / soft))


@compiled
def _set(coef: NDArray[np.float64], branch: int, g: float, up: float, down: float) -> None:
    """A plain conductance between `up` and `down`, the pressures of ends that are not nodes (0 for nodes)."""
    coef[branch, 0] = g
    coef[branch, 1] = g
    coef[branch, 2] = g * (up - down)


@compiled
def _scale(coef: NDArray[np.float64], branch: int, share: float) -> None:
    """Let only a share of a branch's flow be liquid."""
    for i in range(3):
        coef[branch, i] *= share


@compiled
def _pump(
    coef: NDArray[np.float64],
    branch: int,
    wanted: float,
    p_up: float,
    p_down: float,
    up_known: float,
    down_known: float,
    leak: float,
    inlet: NDArray[np.float64],
) -> None:
    """A pump that would displace `wanted` mL/s, linear around inlet pressures `p_up`, `p_down`."""
    ga, gb, s = leak, leak, leak * (up_known - down_known)
    if wanted > 0.0:
        share, slope = pumps.inlet_factor(p_up, inlet)
        ga += wanted * slope
        s += wanted * (share - slope * (p_up - up_known))
    elif wanted < 0.0:
        share, slope = pumps.inlet_factor(p_down, inlet)
        gb -= wanted * slope
        s += wanted * (share - slope * (p_down - down_known))
    coef[branch, 0] = ga
    coef[branch, 1] = gb
    coef[branch, 2] = s


@compiled
def _drives(
    coef: NDArray[np.float64],
    p: NDArray[np.float64],
    wanted: NDArray[np.float64],
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
) -> None:
    """The four pumps; what comes out of an almost empty reservoir is partly air."""
    inlet = c[layout.INLET : layout.SEPARATOR]
    leak = c[layout.DRIVES : layout.INLET].reshape(N_DRIVES, N_DRIVE_CONSTANTS)[:, DriveConstant.LEAK]
    full = left(state[layout.VOL + Tank.RES], c[C.RES_OUTLET])
    suction = -c[C.R_CP_SUCTION] * state[layout.FLOW + Flow.CP]
    leak_bp = leak[Drive.BP] * d[Disturbance.BP_LEAK_FACTOR]
    p_acc, p_pre, p_fil, p_ox = p[Node.ACC], p[Node.PRE], p[Node.FIL], p[Node.OX]
    _pump(coef, Flow.BP, wanted[Drive.BP], p_acc, p_pre, 0.0, 0.0, leak_bp, inlet)
    _pump(coef, Flow.PP, wanted[Drive.PP], p_fil, 0.0, 0.0, 0.0, leak[Drive.PP], inlet)
    _pump(coef, Flow.CP, wanted[Drive.CP], suction, p_ox, suction, 0.0, leak[Drive.CP], inlet)
    _pump(coef, Flow.RP, wanted[Drive.RP], p[Node.F2O], p[Node.RET], 0.0, 0.0, leak[Drive.RP], inlet)
    if full < 1.0:
        if coef[Flow.CP, 2] - coef[Flow.CP, 1] * p_ox > 0.0:
            _scale(coef, Flow.CP, full)
        if coef[Flow.PP, 0] * p_fil + coef[Flow.PP, 2] < 0.0:
            _scale(coef, Flow.PP, full)


@compiled
def _access(
    coef: NDArray[np.float64],
    p: NDArray[np.float64],
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
) -> None:
    """Access limb with its saline, and the joint of the open line ends."""
    vol, half = state[layout.VOL : layout.MOVED], c[C.R_CLAMP]
    position = state[layout.POSITION : layout.S1]
    collapse = 1.0 + exp((-p[Node.ACC] - c[C.ACCESS_COLLAPSE]) / c[C.ACCESS_COLLAPSE_WIDTH])
    viscosity = state[layout.VISCOSITY + Flow.ACCESS]
    g, known = 1.0 / (c[C.R_ACCESS] * viscosity * d[Disturbance.R_ACC_FACTOR] * collapse), 0.0
    if d[Disturbance.ACCESS_OPEN] > 0.5:
        g = 1.0 / (c[C.R_ACCESS_OPEN] * viscosity * air_column.wet(state, c, 0))
    elif state[S.ACCESS_ON] > 0.5:
        g *= left(vol[Tank.PATIENT], 0.2 * c[C.BLOOD_0])
        known = cvp(state, c)
    _set(coef, Flow.ACCESS, pumps.throttled(g, position[AC], half), known, 0.0)
    g = 1.0 / c[C.R_SALINE_ACCESS]
    if p[Node.ACC] < c[C.HEAD]:
        g *= left(vol[Tank.SALINE], c[C.BAG_COLLAPSE])
    _set(coef, Flow.SALINE_ACCESS, pumps.throttled(g, position[SC], half), c[C.HEAD], 0.0)
    g = 1.0 / c[C.R_JOINT]
    if p[Node.JOINT] < 0.0:
        g *= left(vol[Tank.WASTE], c[C.BAG_COLLAPSE])
    _set(coef, Flow.JOINT_WASTE, g, 0.0, 0.0)


@compiled
def return_line(
    state: NDArray[np.float64], p_chamber: float, c: NDArray[np.float64], d: NDArray[np.float64]
) -> tuple[float, float]:
    """Conductance (mL/s/mmHg) of the full return line, and the pressure at its end (0 at the joint)."""
    outside, blood = spills(d), state[layout.VOL + Tank.PATIENT]
    known = cvp(state, c) if state[S.VENOUS_ON] > 0.5 and not outside else 0.0
    resistance = c[C.R_RETURN_OPEN] if d[Disturbance.RETURN_OPEN] > 0.5 else c[C.R_RETURN]
    g = 1.0 / (resistance * state[layout.VISCOSITY + Flow.RETURN] * d[Disturbance.R_RET_FACTOR])
    if p_chamber <= known:
        if outside:
            g = 0.0  # no liquid comes back from the outside; the air that would is not followed
        elif state[S.VENOUS_ON] > 0.5:
            g *= left(blood, 0.2 * c[C.BLOOD_0])
    return pumps.throttled(g, state[layout.POSITION + VC], c[C.R_CLAMP]), known


@compiled
def _blood(
    coef: NDArray[np.float64],
    p: NDArray[np.float64],
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
) -> None:
    """Separator, chamber and return line."""
    vol = state[layout.VOL : layout.MOVED]
    viscosity = state[layout.VISCOSITY : layout.RPM]
    half = c[C.R_S1_HALF] / state[layout.S1 + separator.SeparatorState.OPEN]
    _set(coef, Flow.S1_IN, 1.0 / (half * viscosity[Flow.S1_IN] * air_column.wet(state, c, 2)), 0.0, 0.0)
    wet = left(vol[NODE_TANK + Node.CHAMBER], c[C.CHAMBER_OUTLET])
    g = 1.0 / (half * viscosity[Flow.S1_OUT] + c[C.R_CHAMBER_INLET] * viscosity[Flow.RETURN])
    if p[Node.CHAMBER] > p[Node.LUMEN]:
        g *= wet
    _set(coef, Flow.S1_OUT, g, 0.0, 0.0)
    g, known = return_line(state, p[Node.CHAMBER], c, d)
    if p[Node.CHAMBER] > known:
        g *= wet
    _set(coef, Flow.RETURN, g, 0.0, known)
    lp = d[Disturbance.S1_LP_FACTOR] * separator.permeability(
        c[layout.SEPARATOR : layout.TABLE], state[layout.S1 : layout.OX_GAS], viscosity[Flow.MEMBRANE]
    )
    lp *= left(vol[NODE_TANK + Node.LUMEN], c[C.FILM_SOFT])
    tmp = p[Node.LUMEN] - p[Node.FIL]
    q, slope = separator.filtration(tmp, lp, state[S.Q_LIMIT])
    coef[Flow.MEMBRANE, 0] = slope
    coef[Flow.MEMBRANE, 1] = slope
    coef[Flow.MEMBRANE, 2] = q - slope * tmp


@compiled
def _plasma(
    coef: NDArray[np.float64],
    p: NDArray[np.float64],
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
) -> None:
    """Oxygenator, bioreactor or bypass, restrictor, second filter, return."""
    position, half = state[layout.POSITION : layout.S1], c[C.R_CLAMP]
    viscosity = state[layout.VISCOSITY : layout.RPM]
    rx, bypass = bioreactor_conductances(state, c, d)
    _set(coef, Flow.RX, 1.0 / (c[C.R_OX] * viscosity[Flow.RX] + 1.0 / (rx + bypass)), 0.0, 0.0)
    g = 0.0
    if p[Node.TEE] > 0.0:  # the check valve lets nothing back
        g = pumps.throttled(1.0 / ((c[C.R_RESTRICTOR] + c[C.R_RC]) * viscosity[Flow.RC]), position[RC], half)
    _set(coef, Flow.RC, g, 0.0, 0.0)
    filter_2 = c[C.R_F2] * (1.0 + state[S.F2_FOULING]) * d[Disturbance.R_F2_FACTOR]
    _set(coef, Flow.F2, 1.0 / ((filter_2 + c[C.R_F2_INLET]) * viscosity[Flow.F2]), 0.0, 0.0)
    g = 1.0 / c[C.R_WASTE]
    if p[Node.TEE] < 0.0:
        g *= left(state[layout.VOL + Tank.WASTE], c[C.BAG_COLLAPSE])
    _set(coef, Flow.WASTE, pumps.throttled(g, position[WC], half), 0.0, 0.0)
    resistance = c[C.R_PLASMA_RETURN] * viscosity[Flow.PLASMA_RETURN] * d[Disturbance.R_PLASMA_RETURN_FACTOR]
    g = 1.0 / resistance
    if p[Node.CHAMBER] > p[Node.RET]:
        g *= left(state[layout.VOL + NODE_TANK + Node.CHAMBER], c[C.CHAMBER_OUTLET])
    _set(coef, Flow.PLASMA_RETURN, pumps.throttled(g, position[PC], half), 0.0, 0.0)


@compiled
def bioreactor_conductances(
    state: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64]
) -> tuple[float, float]:
    """Conductances (mL/s/mmHg) of the bioreactor and of its bypass, by the position of BV."""
    position, half = state[layout.POSITION + BV], c[C.R_CLAMP]
    resistance = c[C.R_LUMEN] * state[S.RX_DROP] * d[Disturbance.R_RX_FACTOR] + c[C.R_PORTS]
    rx = 1.0 / (resistance * state[layout.VISCOSITY + Flow.RX_LUMEN])
    bypass = 1.0 / (c[C.R_BYPASS] * state[layout.VISCOSITY + Flow.RX])
    return pumps.throttled(rx, position, half), pumps.throttled(bypass, 1.0 - position, half)


@compiled
def _switches(p: NDArray[np.float64], head: float) -> int:
    """The one-way parts as bits: the solve is right when it leaves them as it assumed them."""
    bits = 0
    if p[Node.TEE] > 0.0:
        bits |= 1
    if p[Node.JOINT] < 0.0:
        bits |= 2
    if p[Node.ACC] < head:
        bits |= 4
    if p[Node.CHAMBER] > p[Node.LUMEN]:
        bits |= 8
    if p[Node.CHAMBER] > 0.0:
        bits |= 16
    return bits


@compiled
def solve(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    wanted: NDArray[np.float64],
    heparin: float,
    d: NDArray[np.float64],
    dt: float,
) -> None:
    """Advance node pressures and solved flows by `dt` s; `wanted` are the pumps' displacements in mL/s."""
    pressure = state[layout.PRESSURE : layout.FLOW]
    flow = state[layout.FLOW : layout.VISCOSITY]
    up, down = np.empty(N_SOLVED, np.int64), np.empty(N_SOLVED, np.int64)
    for b in range(N_SOLVED):
        up[b], down[b] = _UP[b], _DOWN[b]
    if state[S.ACCESS_ON] <= 0.5 and d[Disturbance.ACCESS_OPEN] <= 0.5:
        up[Flow.ACCESS] = Node.JOINT
    if state[S.VENOUS_ON] <= 0.5 and not spills(d):
        down[Flow.RETURN] = Node.JOINT
    stored, source, p = np.empty(N_NODES), np.empty(N_NODES), np.empty(N_NODES)
    absolute = pressure[Node.CHAMBER] + ATMOSPHERE
    chamber = c[C.CHAMBER_WALL] + state[S.AIR] * ATMOSPHERE / (absolute * absolute)
    for n in range(N_NODES):
        stored[n] = (chamber if n == Node.CHAMBER else c[layout.COMPLIANCE + n]) / dt
        source[n] = stored[n] * pressure[n]
        p[n] = pressure[n]
    source[Node.PRE] += heparin
    source[Node.OX] -= state[layout.FLOW + Flow.EVAPORATION]
    # A leak to the air is a conductance to 0 mmHg; what it would suck in is not followed.
    rupture = d[Disturbance.RUPTURE_ML_MIN_MMHG] / 60.0
    if rupture > 0.0:
        rupture *= left(state[layout.VOL + NODE_TANK + Node.PRE], c[C.FILM_SOFT])
        rupture = rupture if pressure[Node.PRE] > 0.0 else 0.0
        stored[Node.PRE] += rupture
    coef = np.empty((N_SOLVED, 3))
    for iteration in range(_MOST_ITERATIONS):
        before = _switches(p, c[C.HEAD])
        _access(coef, p, state, c, d)
        _drives(coef, p, wanted, state, c, d)
        _blood(coef, p, state, c, d)
        _plasma(coef, p, state, c, d)
        linear_solve(coef, up, down, stored, source, p)
        if iteration > 0 and _switches(p, c[C.HEAD]) == before:
            break
    for b in range(N_SOLVED):
        flow[b] = coef[b, 2]
        if up[b] >= 0:
            flow[b] += coef[b, 0] * p[up[b]]
        if down[b] >= 0:
            flow[b] -= coef[b, 1] * p[down[b]]
    flow[Flow.RUPTURE] = rupture * p[Node.PRE]
    for n in range(N_NODES):
        pressure[n] = p[n]
