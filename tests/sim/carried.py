"""The product's kernels for all that the fluid carries, at flows that a test gives: no network, no pumps."""

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import gas_side, layout, reactor, slow, thermal, transport
from qh1a.sim.constants import constants
from qh1a.sim.graph import N_FLOWS, Flow
from qh1a.sim.jit import compiled
from qh1a.sim.layout import C, S
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person
from qh1a.sim.start import fill, state_size

Floats = NDArray[np.float64]


def filled(p: CircuitParameters, person: Person, *, primed: bool = True) -> tuple[Floats, Floats]:
    """State and constants of a new circuit."""
    c = constants(p, person)
    state = np.zeros(state_size(c))
    fill(state, c, p, person, primed=primed)
    return state, c


def steady(blood: float, plasma: float, perfusion: float) -> Floats:
    """Every flow in mL/s when all that is filtered comes back and nothing evaporates."""
    flows = np.zeros(N_FLOWS)
    through = (Flow.ACCESS, Flow.ACCESS_PATIENT, Flow.BP, Flow.S1_IN, Flow.RETURN, Flow.RETURN_PATIENT)
    flows[list(through)] = blood
    flows[[Flow.MEMBRANE, Flow.PP, Flow.F2, Flow.RP, Flow.PLASMA_RETURN]] = plasma
    flows[[Flow.CP, Flow.RX, Flow.RX_LUMEN]] = perfusion
    flows[[Flow.S1_OUT, Flow.RC]] = blood - plasma, perfusion - plasma
    return flows


@compiled
def react(state: Floats, c: Floats, p_o2: float, p_co2: float, watts: float, dt: float) -> None:
    """All but the transport, in the order of the circuit's step."""
    gas_side.relax(state, c, p_o2, p_co2, 0.0, dt)
    gas_side.hydrate(state, c, dt)
    thermal.exchange(state, c, watts, state[S.AMBIENT], dt)
    thermal.keep_core(state, c[C.CORE])
    gas_side.breathe(state, c)
    slow.metabolise(state, c, dt)
    reactor.metabolise(state, c)


@compiled
def carry(
    state: Floats, c: Floats, flows: Floats, p_o2: float, p_co2: float, watts: float, dt: float
) -> None:
    """One step of `dt` s at `flows` in mL/s."""
    for f in range(N_FLOWS):
        state[layout.FLOW + f] = flows[f]
        state[layout.MOVED + f] += flows[f] * dt
    transport.move(state, c, dt)
    react(state, c, p_o2, p_co2, watts, dt)


@compiled
def run(
    state: Floats, c: Floats, flows: Floats, p_o2: float, p_co2: float, watts: float, dt: float, steps: int
) -> None:
    """`steps` steps at constant `flows`."""
    for _ in range(steps):
        carry(state, c, flows, p_o2, p_co2, watts, dt)
