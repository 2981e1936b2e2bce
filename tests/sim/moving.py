"""A circuit full of different things, for `transport.move` alone."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import layout, reactor, transport
from qh1a.sim.graph import EDGES, N_FLOWS, N_TANKS, Flow, Line, Node, Tank, node
from qh1a.sim.species import N_SPECIES, Species
from tests.sim.carried import filled
from tests.sim.circuits import DRY, PARAMETERS

Floats = NDArray[np.float64]
K = Species
DT = 0.5
HOLDS_BLOOD = (Tank.PATIENT, *(node(n) for n in (Node.ACC, Node.PRE, Node.LUMEN, Node.CHAMBER, Node.JOINT)))


@cache
def _new() -> tuple[Floats, Floats]:
    state, c = filled(PARAMETERS, DRY)
    mass = masses(state)
    # A concentration of its own in every tank, parcel and axial cell; blood only where blood may be.
    unlike = 1.0 + 0.5 * np.sin(np.arange(N_TANKS * N_SPECIES)).reshape(N_TANKS, N_SPECIES)
    for tank in (Tank.SALINE, Tank.WASTE, Tank.RES, Tank.SYRINGE, *range(len(Tank), N_TANKS)):
        mass[tank] = 10.0 * unlike[tank] * state[layout.VOL + tank]
        mass[tank, K.RBC] = 0.3 * unlike[tank, K.RBC] * state[layout.VOL + tank] * (tank in HOLDS_BLOOD)
    parcels = layout.parcels(state)
    parcels[:, 1:] = parcels[:, :1] * (5.0 + np.sin(np.arange(parcels[:, 1:].size)).reshape(-1, N_SPECIES))
    parcels[:, 1 + K.RBC] = 0.2 * parcels[:, 0]
    reactor.zones(state)[:] = 2.0 + np.cos(np.arange(3 * 20 * N_SPECIES)).reshape(3, 20, N_SPECIES)
    reactor.zones(state)[:, :, K.SID] += 1e4
    reactor.zones(state)[:, :, K.RBC] = 0.0
    state[layout.SIEVING : layout.FREE] = np.linspace(0.2, 1.0, N_SPECIES)
    state[layout.SIEVING + K.RBC] = 0.0
    state[[layout.SIEVING + K.O2, layout.SIEVING + K.HEAT]] = 1.0
    reactor.refresh(state, c, 1.1e-3)
    reactor.metabolise(state, c)
    return state, c


def new() -> tuple[Floats, Floats]:
    """A state to change and its constants."""
    state, c = _new()
    return state.copy(), c


def masses(state: Floats) -> Floats:
    return state[layout.MASS : layout.PERIPHERAL].reshape(N_TANKS, N_SPECIES)


def made(state: Floats) -> Floats:
    return state[layout.MADE : layout.INVENTORY].reshape(-1, N_SPECIES)


def inventory(state: Floats, c: Floats) -> Floats:
    """Amount of each species anywhere."""
    zones = [reactor.zone_ml(c, z) * reactor.zones(state)[z].sum(axis=0) for z in range(3)]
    lines = layout.parcels(state)[:, 1:].sum(axis=0)
    return np.asarray(masses(state).sum(axis=0) + lines + np.sum(zones, axis=0))


def set_volume(state: Floats, tank: int, volume: float) -> None:
    """Fill or empty a tank with what is in it."""
    masses(state)[tank] *= volume / state[layout.VOL + tank]
    state[[layout.VOL + tank, layout.HELD + tank]] = volume


def move(state: Floats, c: Floats, volumes: dict[Flow, float]) -> Floats:
    """Let these mL flow in one step and carry what they carry; returns the mL of every flow."""
    flows = np.zeros(N_FLOWS)
    for flow, volume in volumes.items():
        flows[flow] = volume
    state[layout.MOVED : layout.HELD] = flows
    for flow, start, end in EDGES:
        state[layout.VOL + start] -= flows[flow]
        state[layout.VOL + end] += flows[flow]
    transport.move(state, c, DT)
    return flows


def newest(state: Floats, c: Floats, line: Line, *, at_end: bool = False) -> Floats:
    """Concentrations at the start of a line, or at its end."""
    row = layout.parcels(state)[layout.row_of(state, c, line, 1e9 if at_end else 0.0)]
    return np.asarray(row[1:] / row[0])


def of_patient(state: Floats, c: Floats) -> Floats:
    """What a mL of the patient's blood carries: solutes are spread over volumes of their own."""
    mass, held = masses(state)[Tank.PATIENT], state[layout.VOL + Tank.PATIENT]
    excess = transport.plasma_excess(state, c)
    out = (1.0 - mass[K.RBC] / held) * mass / (c[layout.CENTRAL : layout.POOLS] + excess)
    whole = [K.RBC, K.O2, K.HEAT]
    out[whole] = mass[whole] / held
    return np.asarray(out)
