"""The simulated circuit: actuators in, truth out, one exact step of 0.1 s at a time."""

import io
import struct
from collections.abc import Sequence
from math import exp, floor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import (
    air_column,
    bedside,
    bubbles,
    gas_side,
    harm,
    layout,
    network,
    pumps,
    reactor,
    separator,
    slow,
    thermal,
    transport,
)
from qh1a.sim.constants import constants
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.graph import EDGES, N_EDGES, N_FLOWS, NODE_TANK, Flow, Node, Tank
from qh1a.sim.jit import compiled
from qh1a.sim.layout import N_ACTUATORS, C, S
from qh1a.sim.observe import observe, observe_content
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person
from qh1a.sim.pumps import N_DRIVE_CONSTANTS, N_DRIVES, Drive
from qh1a.sim.species import N_SPECIES, Species
from qh1a.sim.start import fill, state_size
from qh1a.sim.truth import Truth
from qh1a.tick import UNPOWERED

DT_S: Final = 0.1
SOLUTE_TICKS: Final = 5
"""Steps between two of transport: what the fluid carries changes over seconds, what moves it within one."""
_SLOW: Final = 10
_ACTUATORS: Final = struct.Struct(f"{N_ACTUATORS}d")
_UNPOWERED: Final = np.array(UNPOWERED)
_MERGE_ML: Final = 0.02
"""Air that follows this close joins the bubble before it: a stream of air is not a thousand bubbles."""


@compiled
def _drive(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    actuators: NDArray[np.float64],
    d: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> None:
    """Move clamps and rotors; `wanted` becomes what each pump would displace, in mL/s.

    `actuators` becomes what reaches the actuators.
    """
    position = state[layout.POSITION : layout.S1]
    if d[Disturbance.POWER_LOST] > 0.5:
        actuators[:] = _UNPOWERED
    actuators[layout.FIRST_CLAMP + network.VC] += 2.0 * d[Disturbance.VC_STUCK]
    actuators[layout.FIRST_CLAMP + network.PC] += 2.0 * d[Disturbance.PC_STUCK]
    for i in range(layout.N_CLAMPS):
        position[i] = pumps.travel(position[i], actuators[layout.FIRST_CLAMP + i], c[C.TRAVEL], DT_S)
    p = state[layout.PRESSURE : layout.FLOW]
    drives = c[layout.DRIVES : layout.INLET].reshape(N_DRIVES, N_DRIVE_CONSTANTS)
    for i in range(N_DRIVES):
        if i == Drive.BP:
            lift = p[Node.PRE] - p[Node.ACC]
        elif i == Drive.PP:
            lift = -p[Node.FIL]
        elif i == Drive.CP:
            lift = p[Node.OX]
        else:
            lift = p[Node.RET] - p[Node.F2O]
        stalled = d[Disturbance.BP_STALL + i] > 0.5
        rpm = pumps.speed(state[layout.RPM + i], actuators[i], lift, stalled, drives[i], DT_S)
        if abs(rpm) > 0.1:
            state[layout.RUN_S + i] += DT_S
        state[layout.RPM + i] = rpm
        factor = d[Disturbance.BP_STROKE_FACTOR + i] * pumps.worn(state[layout.RUN_S + i], drives[i])
        turned, angle = rpm / 60.0 * DT_S, state[layout.ANGLE + i]
        wanted[i] = pumps.displaced(angle, turned, factor, drives[i]) / DT_S
        state[layout.ANGLE + i] = angle + turned - floor(angle + turned)


@compiled
def _split(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
    heparin: float,
    aside: float,
    wanted_cp: float,
) -> None:
    """Flows that follow from the solved ones."""
    flow = state[layout.FLOW : layout.VISCOSITY]
    vol = state[layout.VOL : layout.MOVED]
    access_on = state[S.ACCESS_ON] > 0.5
    venous_on = state[S.VENOUS_ON] > 0.5
    outside = network.spills(d)
    off = d[Disturbance.ACCESS_OPEN] > 0.5
    flow[Flow.ACCESS_OUTSIDE] = flow[Flow.ACCESS] if off else 0.0
    flow[Flow.ACCESS_PATIENT] = flow[Flow.ACCESS] if access_on and not off else 0.0
    flow[Flow.ACCESS_JOINT] = 0.0 if access_on or off else flow[Flow.ACCESS]
    flow[Flow.CATHETER] = network.catheter(state, c) if access_on and off else 0.0
    flow[Flow.RETURN_OUTSIDE] = flow[Flow.RETURN] if outside else 0.0
    flow[Flow.RETURN_PATIENT] = flow[Flow.RETURN] if venous_on and not outside else 0.0
    flow[Flow.RETURN_JOINT] = 0.0 if venous_on or outside else flow[Flow.RETURN]
    rx, bypass = network.bioreactor_conductances(state, c, d)
    flow[Flow.RX_LUMEN] = flow[Flow.RX] * rx / (rx + bypass)
    flow[Flow.RX_BYPASS] = flow[Flow.RX] - flow[Flow.RX_LUMEN]
    g = network.left(vol[Tank.SALINE], c[C.BAG_COLLAPSE]) / c[C.R_SALINE_RES]
    flow[Flow.SALINE_RES] = pumps.throttled(g, state[layout.POSITION + network.SR], c[C.R_CLAMP]) * c[C.HEAD]
    flow[Flow.HEPARIN] = heparin
    flow[Flow.HEPARIN_ASIDE] = aside
    bedside.lead(state, c, d)
    flow[Flow.OVERFLOW] = max(0.0, vol[Tank.RES] - c[C.RES_CAPACITY]) / DT_S
    wet = network.left(vol[NODE_TANK + Node.CHAMBER], c[C.CHAMBER_OUTLET])
    g, known = network.return_line(state, state[layout.PRESSURE + Node.CHAMBER], c, d)
    vented = max(0.0, state[layout.PRESSURE + Node.CHAMBER] - known) * g * (1.0 - wet)
    # A fifth at most per step: the pressure that drives it falls with it.
    state[S.CHAMBER_AIR] = min(vented, 0.2 * state[S.AIR] / DT_S)
    full = network.left(vol[Tank.RES], c[C.RES_OUTLET])
    state[S.RES_AIR] = max(0.0, wanted_cp) * (1.0 - full)


@compiled
def _carry_air(state: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64]) -> None:
    """Bubbles in the return line and in the plasma line; the chamber traps what reaches it."""
    flow = state[layout.FLOW : layout.VISCOSITY]
    table = state[layout.AIR_V_LINE : layout.AIR_P_LINE].reshape(bubbles.CAPACITY, bubbles.N_COLUMNS)
    from_chamber = state[S.CHAMBER_AIR] * DT_S
    # A line full of air carries as much air as it would carry liquid: no more can enter.
    let_in = max(0.0, min(d[Disturbance.AIR_RETURN_ML_S], flow[Flow.RETURN])) * DT_S
    count = bubbles.enter(table, int(state[S.BUBBLES_V]), from_chamber + let_in, _MERGE_ML)
    count, detected, out, back = bubbles.carry(
        table, count, (flow[Flow.RETURN] + state[S.CHAMBER_AIR]) * DT_S, c[C.V_DETECTOR], c[C.V_END]
    )
    # Air driven backwards stays at the start of either line.
    state[S.BUBBLES_V] = bubbles.enter(table, count, back, _MERGE_ML)
    state[S.AIR] -= from_chamber
    state[S.AIR_V] += detected
    if state[S.VENOUS_ON] > 0.5 and not network.spills(d):
        state[S.AIR_PATIENT] += out
    # Nothing is let out of a chamber under suction, and the last of its air stays under the lid.
    let_in = d[Disturbance.CHAMBER_AIR_ML_S]
    if let_in < 0.0:
        spare = max(0.0, state[S.AIR] - c[C.CHAMBER_LID]) / DT_S
        let_in = -min(-let_in, spare) if state[layout.PRESSURE + Node.CHAMBER] > 0.0 else 0.0
    state[S.AIR] += let_in * DT_S
    table = state[layout.AIR_P_LINE : layout.PARCELS].reshape(bubbles.CAPACITY, bubbles.N_COLUMNS)
    let_in = max(0.0, min(d[Disturbance.AIR_PLASMA_ML_S], flow[Flow.PLASMA_RETURN])) * DT_S
    count = bubbles.enter(table, int(state[S.BUBBLES_P]), let_in, _MERGE_ML)
    count, detected, out, back = bubbles.carry(
        table, count, flow[Flow.PLASMA_RETURN] * DT_S, c[C.P_DETECTOR], c[C.P_END]
    )
    state[S.BUBBLES_P] = bubbles.enter(table, count, back, _MERGE_ML)
    state[S.AIR_P] += detected
    state[S.AIR] += out
    state[S.AIR_RES] += state[S.RES_AIR] * DT_S


@compiled
def _count(state: NDArray[np.float64]) -> None:
    """Volumes after this step, and what has flowed since the last transport."""
    vol = state[layout.VOL : layout.MOVED]
    flow = state[layout.FLOW : layout.VISCOSITY]
    for e in range(N_EDGES):
        v = flow[EDGES[e, 0]] * DT_S
        vol[EDGES[e, 1]] -= v
        vol[EDGES[e, 2]] += v
    for f in range(N_FLOWS):
        state[layout.MOVED + f] += flow[f] * DT_S
    state[S.FILTERED] += flow[Flow.MEMBRANE] * DT_S
    state[S.PUMPED] += flow[Flow.BP] * DT_S
    state[S.NET] += (flow[Flow.RETURN_PATIENT] - flow[Flow.ACCESS_PATIENT]) * DT_S


@compiled
def _carry(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    actuators: NDArray[np.float64],
    d: NDArray[np.float64],
    dt: float,
) -> None:
    """All that the fluid carries, over the `dt` s since the last time."""
    state[S.RECIRCULATED] = d[Disturbance.RECIRCULATION]
    bedside.give(state, d, dt)
    state[S.F2_BREACH] = max(0.0, 1.0 - d[Disturbance.R_F2_FACTOR])
    transport.move(state, c, dt)
    gas_side.exchange(state, c, actuators, d, dt)
    gas_side.hydrate(state, c, dt)
    # What leaves the warmer is what has mixed there, before the plate heats it again.
    t_out = thermal.outlet_temperature(state, c)
    state[S.T_OUT] = t_out
    watts = thermal.power(actuators[layout.W], d[Disturbance.HEATER_STUCK_W], t_out, state, c, dt)
    watts *= 1.0 - d[Disturbance.HEATER_DEAD]
    state[S.HEATER_W] = watts
    thermal.exchange(state, c, watts, state[S.AMBIENT], dt)
    thermal.keep_core(state, c[C.CORE] + d[Disturbance.T_CORE_OFFSET_K])
    gas_side.breathe(state, c)
    slow.metabolise(state, c, dt)
    reactor.metabolise(state, c)
    reactor.disturb(state, c, d)


@compiled
def _advance(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    actuators: NDArray[np.float64],
    d: NDArray[np.float64],
    truth: NDArray[np.float64],
) -> None:
    """One step of the whole circuit."""
    vol, flow = state[layout.VOL : layout.MOVED], state[layout.FLOW : layout.VISCOSITY]
    state[S.POOLED] = d[Disturbance.TONE_LOST] * c[C.CVP] * c[C.VENOUS_COMPLIANCE]
    wanted = np.empty(N_DRIVES)
    _drive(state, c, actuators, d, wanted)
    heparin, aside = bedside.syringe(state, c, actuators[layout.HP], d, DT_S)
    pre, fibres = NODE_TANK + Node.PRE, NODE_TANK + Node.LUMEN
    entering = state[layout.MASS + pre * N_SPECIES + Species.RBC] / vol[pre]
    packed = state[layout.MASS + fibres * N_SPECIES + Species.RBC] / vol[fibres]
    polarised = separator.limit(c[layout.TABLE : layout.REST], entering, packed, flow[Flow.BP])
    polarised *= d[Disturbance.S1_LIMIT_FACTOR]
    state[S.Q_LIMIT] += (polarised - state[S.Q_LIMIT]) * (1.0 - exp(-DT_S / c[C.LAYER_S]))
    network.solve(state, c, wanted, heparin, d, DT_S)
    if d[Disturbance.ACCESS_OPEN] > 0.5 or state[layout.GAS_FILLED] > 0.0:
        air_column.split(state, c, d, DT_S)
    _split(state, c, d, heparin, aside, wanted[Drive.CP])
    _count(state)
    _carry_air(state, c, d)
    chamber = NODE_TANK + Node.CHAMBER
    state[layout.PRESSURE + Node.CHAMBER] = network.chamber_pressure(vol[chamber], state[S.AIR], c)
    state[S.AMBIENT] = c[C.AMBIENT] + d[Disturbance.T_AMB_OFFSET_K]
    state[S.TICKS] += 1.0
    if state[S.TICKS] % SOLUTE_TICKS == 0.0:
        _carry(state, c, actuators, d, SOLUTE_TICKS * DT_S)
    if state[S.TICKS] % _SLOW == 0.0:
        slow.advance(state, c, d, _SLOW * DT_S)
    observe(state, c, truth)
    if state[S.TICKS] % SOLUTE_TICKS == 0.0:
        observe_content(state, c, truth)


class Circuit:
    """One circuit with its patient.

    `primed`: it starts full of prime and warm, RES at its working weight; otherwise its lines hold prime at
    room temperature and RES is empty. `truth` is in `Truth` order, refreshed by `step`.
    """

    __slots__ = ("_actuators", "_blob", "_constants", "_state", "truth")

    def __init__(self, parameters: CircuitParameters, person: Person, *, primed: bool) -> None:
        self._constants = constants(parameters, person)
        # State and truth share one array, so that a snapshot is one array.
        size = state_size(self._constants)
        self._blob = np.zeros(size + len(Truth))
        self._state = self._blob[:size]
        self.truth = self._blob[size:]
        self._actuators = np.zeros(N_ACTUATORS)
        fill(self._state, self._constants, parameters, person, primed=primed)
        observe(self._state, self._constants, self.truth)
        observe_content(self._state, self._constants, self.truth)

    def step(
        self, actuators: Sequence[float] | NDArray[np.float64], disturbance: NDArray[np.float64]
    ) -> None:
        """Advance by `DT_S` under whole desired `actuators` and `disturbance` in `Disturbance` order.

        Actuators: BP PP CP RP mL/min, HP mL/h, W set point C (0 off), gas O2 air CO2 mL/min, clamps AC VC PC
        SC SR WC RC (1 open) and BV (1 through the bioreactor).
        """
        _ACTUATORS.pack_into(self._actuators.data, 0, *actuators)
        _advance(self._state, self._constants, self._actuators, disturbance, self.truth)

    def connect(self, *, access: bool, venous: bool) -> None:
        """Put line ends on the patient or, when False, on the joint that is open to the waste bag."""
        self._state[S.ACCESS_ON] = float(access)
        self._state[S.VENOUS_ON] = float(venous)

    def clear_air(self) -> None:
        """Take the air out of both return lines with a syringe, as one does before a restart."""
        self._state[S.BUBBLES_V] = self._state[S.BUBBLES_P] = 0.0

    def count_balance(self, *, on: bool) -> None:
        """The treatment whose fluid balance counts begins, or is over."""
        ledger = self._state[layout.HARM : layout.PRESSURE]
        harm.count_balance(ledger, float(self._state[S.NET]), on=on)

    def snapshot(self) -> bytes:
        """Everything a continuation needs, but parameters and patient."""
        buffer = io.BytesIO()
        np.save(buffer, self._blob, allow_pickle=False)
        return buffer.getvalue()

    def restore(self, blob: bytes) -> None:
        """Continue from a `snapshot` of a circuit with the same parameters and patient."""
        loaded = np.load(io.BytesIO(blob), allow_pickle=False)
        if loaded.shape != self._blob.shape or loaded.dtype != self._blob.dtype:
            msg = f"not a snapshot of this circuit: {loaded.dtype} {loaded.shape}, wanted {self._blob.shape}"
            raise ValueError(msg)
        self._blob[:] = loaded
