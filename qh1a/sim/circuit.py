"""The simulated circuit: actuators in, truth out, one exact step of 0.1 s at a time."""

import io
from collections.abc import Sequence
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import air, layout, lines, network, pumps, separator, slow, thermal
from qh1a.sim.jit import compiled
from qh1a.sim.layout import BIN_ML, C, S
from qh1a.sim.lines import N_SOLUTES, N_SPECIES, N_TANKS, NODE_TANK, SPAN, Flow, Node, Species, Tank
from qh1a.sim.observe import observe
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.patient import Patient
from qh1a.sim.pumps import N_DRIVE_CONSTANTS, N_DRIVES, Drive
from qh1a.sim.truth import Disturbance, Truth

DT_S: Final = 0.1
N_ACTUATORS: Final = 17
_HP: Final = 4
_W: Final = 5
_FIRST_CLAMP: Final = 9
_SLOW: Final = 10  # ticks between slow updates
_WARMER_OUTLET: Final = SPAN["warmer"][1] - 1


@compiled
def _drive(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    actuators: NDArray[np.float64],
    d: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> None:
    """Move clamps and rotors; `wanted` becomes what each pump would displace, in mL/s."""
    position = state[layout.POSITION : layout.VOL]
    for i in range(layout.N_CLAMPS):
        position[i] = pumps.travel(position[i], actuators[_FIRST_CLAMP + i], c[C.TRAVEL], DT_S)
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
        factor = d[Disturbance.BP_STROKE_FACTOR + i]
        wanted[i] = rpm / 60.0 * pumps.stroke(state[layout.RUN_S + i], factor, drives[i])


@compiled
def _split(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
    heparin: float,
    wanted_cp: float,
) -> None:
    """Flows that follow from the solved ones."""
    flow = state[layout.FLOW : layout.VISCOSITY]
    vol = state[layout.VOL : layout.MASS]
    access_on = state[S.ACCESS_ON] > 0.5
    venous_on = state[S.VENOUS_ON] > 0.5
    outside = network.spills(d)
    flow[Flow.ACCESS_PATIENT] = flow[Flow.ACCESS] if access_on else 0.0
    flow[Flow.ACCESS_JOINT] = 0.0 if access_on else flow[Flow.ACCESS]
    flow[Flow.RETURN_OUTSIDE] = flow[Flow.RETURN] if outside else 0.0
    flow[Flow.RETURN_PATIENT] = flow[Flow.RETURN] if venous_on and not outside else 0.0
    flow[Flow.RETURN_JOINT] = 0.0 if venous_on or outside else flow[Flow.RETURN]
    rx, bypass = network.bioreactor_conductances(state, c, d)
    flow[Flow.RX_LUMEN] = flow[Flow.RX] * rx / (rx + bypass)
    flow[Flow.RX_BYPASS] = flow[Flow.RX] - flow[Flow.RX_LUMEN]
    g = network.left(vol[Tank.SALINE], c[C.BAG_COLLAPSE]) / c[C.R_SALINE_RES]
    flow[Flow.SALINE_RES] = pumps.throttled(g, state[layout.POSITION + network.SR], c[C.R_CLAMP]) * c[C.HEAD]
    flow[Flow.HEPARIN] = heparin
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
    bins = state[layout.AIR_BINS_V : layout.AIR_BINS_P]
    from_chamber = state[S.CHAMBER_AIR] * DT_S
    bins[0] += from_chamber
    # A line full of air carries as much air as it would carry liquid: no more can enter.
    bins[0] += max(0.0, min(d[Disturbance.AIR_RETURN_ML_S], flow[Flow.RETURN])) * DT_S
    state[S.SHIFT_V], detected, out, back = air.carry(
        bins,
        state[S.SHIFT_V],
        (flow[Flow.RETURN] + state[S.CHAMBER_AIR]) * DT_S,
        BIN_ML,
        int(c[C.BINS_V_DETECTOR]),
        int(c[C.BINS_V_END]),
    )
    # Air driven backwards stays at the start of either line.
    bins[0] += back
    state[S.AIR] -= from_chamber
    state[S.AIR_V] += detected
    if state[S.VENOUS_ON] > 0.5 and not network.spills(d):
        state[S.AIR_PATIENT] += out
    bins = state[layout.AIR_BINS_P : layout.STATE_SIZE]
    bins[0] += max(0.0, min(d[Disturbance.AIR_PLASMA_ML_S], flow[Flow.PLASMA_RETURN])) * DT_S
    state[S.SHIFT_P], detected, out, back = air.carry(
        bins,
        state[S.SHIFT_P],
        flow[Flow.PLASMA_RETURN] * DT_S,
        BIN_ML,
        int(c[C.BINS_P_DETECTOR]),
        int(c[C.BINS_P_END]),
    )
    bins[0] += back
    state[S.AIR_P] += detected
    state[S.AIR] += out
    state[S.AIR_RES] += state[S.RES_AIR] * DT_S


@compiled
def _transport(state: NDArray[np.float64], c: NDArray[np.float64]) -> None:
    """Move all fluid and what it carries."""
    vol = state[layout.VOL : layout.MASS]
    mass = state[layout.MASS : layout.CONC].reshape(N_TANKS, N_SPECIES)
    conc = state[layout.CONC : layout.PERIPHERAL].reshape(N_TANKS, N_SPECIES)
    flow = state[layout.FLOW : layout.VISCOSITY]
    central = c[layout.POOLS :].reshape(N_SOLUTES - 1, 6)[:, 0]
    n = lines.substeps(vol, flow, DT_S)
    for _ in range(n):
        lines.concentrations(vol, mass, conc, central, plasma_excess(state, c))
        lines.move(vol, mass, conc, flow, c[layout.SIEVING : layout.TABLE], DT_S / n)
    # The patient's core is a boundary: what heat leaves it, the body makes.
    mass[Tank.PATIENT, Species.HEAT] = conc[Tank.PATIENT, Species.HEAT] * vol[Tank.PATIENT]


@compiled
def plasma_excess(state: NDArray[np.float64], c: NDArray[np.float64]) -> float:
    """Plasma gained by the patient since the start, mL."""
    return state[layout.VOL + Tank.PATIENT] - state[layout.MASS + Tank.PATIENT * N_SPECIES] - c[C.PLASMA_0]


@compiled
def _advance(
    state: NDArray[np.float64],
    c: NDArray[np.float64],
    actuators: NDArray[np.float64],
    d: NDArray[np.float64],
    truth: NDArray[np.float64],
) -> None:
    """One step of the whole circuit."""
    vol = state[layout.VOL : layout.MASS]
    flow = state[layout.FLOW : layout.VISCOSITY]
    pressure = state[layout.PRESSURE : layout.FLOW]
    chamber = NODE_TANK + Node.CHAMBER
    wanted = np.empty(N_DRIVES)
    outlet = layout.MASS + _WARMER_OUTLET * N_SPECIES + Species.HEAT
    t_out = state[outlet] / vol[_WARMER_OUTLET]
    _drive(state, c, actuators, d, wanted)
    heparin = min(max(0.0, actuators[_HP]) / 3600.0, vol[Tank.SYRINGE] / DT_S)
    cells = state[layout.MASS : layout.CONC].reshape(N_TANKS, N_SPECIES)[:, Species.RBC]
    pre, fibres = NODE_TANK + Node.PRE, NODE_TANK + Node.LUMEN
    polarised = separator.limit(
        c[layout.TABLE : layout.REST], cells[pre] / vol[pre], cells[fibres] / vol[fibres], flow[Flow.BP]
    )
    state[S.Q_LIMIT] += (polarised - state[S.Q_LIMIT]) * (1.0 - exp(-DT_S / c[C.LAYER_S]))
    network.solve(state, c, wanted, heparin, d, DT_S)
    _split(state, c, d, heparin, wanted[Drive.CP])
    state[S.NET] += (flow[Flow.RETURN_PATIENT] - flow[Flow.ACCESS_PATIENT]) * DT_S
    _carry_air(state, c, d)
    _transport(state, c)
    pressure[Node.CHAMBER] = network.chamber_pressure(vol[chamber], state[S.AIR], c)
    state[S.AMBIENT] = c[C.AMBIENT] + d[Disturbance.T_AMB_OFFSET_K]
    watts = thermal.power(actuators[_W], d[Disturbance.HEATER_STUCK_W], t_out, state, c, DT_S)
    state[S.HEATER_W] = watts
    thermal.exchange(state, c, watts, state[S.AMBIENT], DT_S)
    state[S.TICKS] += 1.0
    if state[S.TICKS] % _SLOW == 0.0:
        slow.viscosities(state, c)
        slow.clog(state, c, _SLOW * DT_S)
        slow.metabolise(state, c, plasma_excess(state, c), _SLOW * DT_S)
        slow.audit(state)
    observe(state, c, truth)


class Circuit:
    """One circuit with its patient.

    `primed`: it starts full of prime and warm, RES at its working weight; otherwise its lines hold saline at
    room temperature and RES is empty. `truth` is in `Truth` order, refreshed by `step`.
    """

    __slots__ = ("_actuators", "_blob", "_constants", "_state", "truth")

    def __init__(self, parameters: CircuitParameters, patient: Patient, *, primed: bool) -> None:
        self._constants = layout.constants(parameters, patient)
        # State and truth share one array, so that a snapshot is one array.
        self._blob = np.zeros(layout.STATE_SIZE + len(Truth))
        self._state = self._blob[: layout.STATE_SIZE]
        self.truth = self._blob[layout.STATE_SIZE :]
        self._actuators = np.zeros(N_ACTUATORS)
        self._fill(parameters, patient, primed=primed)
        slow.viscosities(self._state, self._constants)
        slow.audit(self._state)
        observe(self._state, self._constants, self.truth)

    def _fill(self, p: CircuitParameters, patient: Patient, *, primed: bool) -> None:
        """Set the state of the start."""
        state, c = self._state, self._constants
        vol = state[layout.VOL : layout.MASS]
        mass = state[layout.MASS : layout.CONC].reshape(N_TANKS, N_SPECIES)
        temperature = p.thermal.prime if primed else p.thermal.ambient
        vol[Tank.PATIENT] = c[C.BLOOD_0]
        vol[Tank.SALINE] = p.bags.saline / layout.SALINE_G_PER_ML
        vol[Tank.WASTE] = p.bags.waste_primed / layout.SALINE_G_PER_ML if primed else 0.0
        vol[Tank.RES] = p.reservoir.start / layout.PLASMA_G_PER_ML if primed else 0.0
        vol[Tank.SYRINGE] = c[C.SYRINGE]
        vol[NODE_TANK : lines.FIRST_LINE] = c[layout.REST : layout.COMPLIANCE]
        vol[lines.FIRST_LINE :] = lines.line_volumes(p)
        filled = [Tank.RES, *range(NODE_TANK, N_TANKS)]
        if primed:
            mass[filled, Species.ALBUMIN] = p.prime.albumin * vol[filled]
        mass[:, Species.HEAT] = p.thermal.ambient * vol
        mass[filled, Species.HEAT] = temperature * vol[filled]
        mass[Tank.PATIENT, Species.HEAT] = patient.temperature * vol[Tank.PATIENT]
        # The core temperature is a boundary: nothing overwrites this one concentration.
        state[layout.CONC + Tank.PATIENT * N_SPECIES + Species.HEAT] = patient.temperature
        mass[Tank.PATIENT, Species.RBC] = patient.hct * vol[Tank.PATIENT]
        pools = c[layout.POOLS :].reshape(N_SOLUTES - 1, 6)
        mass[Tank.PATIENT, 1:N_SOLUTES] = pools[:, 0] * pools[:, 5]
        state[layout.PERIPHERAL : layout.MADE] = pools[:, 1] * pools[:, 5]
        state[[S.PLATE, S.SHELL]] = temperature
        state[S.AMBIENT] = p.thermal.ambient
        state[S.AIR] = p.chamber.volume - p.chamber.blood
        state[S.Q_LIMIT] = separator.limit(c[layout.TABLE : layout.REST], 0.0, 0.0, 0.0)
        # Unpowered clamps: all closed but the recirculation (circuit description, 5); BV at bypass.
        state[layout.POSITION + network.RC] = 1.0
        state[S.VOLUME_0] = slow.total_volume(state, c)
        for k in range(N_SOLUTES):
            state[layout.INVENTORY + k] = slow.inventory(state, k)

    def step(
        self, actuators: Sequence[float] | NDArray[np.float64], disturbance: NDArray[np.float64]
    ) -> None:
        """Advance by `DT_S` under whole desired `actuators` and `disturbance` in `Disturbance` order.

        Actuators: BP PP CP RP mL/min, HP mL/h, W set point C (0 off), gas O2 air CO2 mL/min (no effect
        yet), clamps AC VC PC SC SR WC RC (1 open) and BV (1 through the bioreactor).
        """
        self._actuators[:] = actuators
        _advance(self._state, self._constants, self._actuators, disturbance, self.truth)

    def connect(self, *, access: bool, venous: bool) -> None:
        """Put line ends on the patient or, when False, on the joint that is open to the waste bag."""
        self._state[S.ACCESS_ON] = float(access)
        self._state[S.VENOUS_ON] = float(venous)

    def clear_air(self) -> None:
        """Take the air out of both return lines with a syringe, as one does before a restart."""
        self._state[layout.AIR_BINS_V : layout.STATE_SIZE] = 0.0

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
