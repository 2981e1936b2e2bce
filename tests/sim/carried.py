"""The product's kernels for all that the fluid carries, at flows that a test gives: no network, no pumps."""

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import cells, gas_side, layout, oxygenator, pools, reactor, thermal, transport
from qh1a.sim.constants import constants
from qh1a.sim.graph import N_FLOWS, Flow, Line, Tank
from qh1a.sim.jit import compiled
from qh1a.sim.layout import C, S, Source
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person
from qh1a.sim.species import N_SPECIES
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
def relax(state: Floats, c: Floats, p_o2: float, p_co2: float, dt: float) -> None:
    """The plasma in the oxygenator's bundle towards gas that does not change."""
    k = c[layout.GAS : layout.SITES]
    r_o2, r_co2 = oxygenator.rates(k, state[layout.FLOW + Flow.RX], 0.0, 0.0)
    parcels = layout.parcels(state)
    for row in range(int(c[layout.LINE_FIRST + Line.BUNDLE]), int(c[layout.LINE_FIRST + Line.BUNDLE + 1])):
        if parcels[row, 0] > 0.0:
            oxygenator.relax(parcels[row], p_o2, p_co2, r_o2 * dt, r_co2 * dt, k)


@compiled
def react(state: Floats, c: Floats, p_o2: float, p_co2: float, watts: float, dt: float) -> None:
    """All but the transport, in the order of the circuit's step."""
    relax(state, c, p_o2, p_co2, dt)
    gas_side.hydrate(state, c, dt)
    thermal.exchange(state, c, watts, state[S.AMBIENT], dt)
    thermal.keep_core(state, c[C.CORE])
    gas_side.breathe(state, c)


@compiled
def live(state: Floats, c: Floats, dt: float) -> None:
    """The cells' rates and the patient's metabolism, as the slow step has them, with nothing ageing."""
    rates = state[layout.RX_RATES : layout.RINGS].reshape(3, 20, N_SPECIES)
    rates_k, march_k = c[layout.RX_CELLS : layout.CONSTANTS_SIZE], c[layout.RX_MARCH : layout.RX_CELLS]
    cells.rates(reactor.adherent(state), reactor.zones(state), rates_k, march_k, rates)
    m = state[layout.MASS + Tank.PATIENT * N_SPECIES : layout.MASS + (Tank.PATIENT + 1) * N_SPECIES]
    k = c[layout.POOLS : layout.SECOND_FILTER].reshape(N_SPECIES, pools.N_COLUMNS)
    made = layout.MADE + Source.BODY * N_SPECIES
    pools.metabolise(
        m,
        state[layout.PERIPHERAL : layout.MADE],
        k,
        transport.plasma_excess(state, c),
        dt,
        state[made : made + N_SPECIES],
    )


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
    """`steps` steps at constant `flows`; metabolism every other step, as in the circuit."""
    for step in range(steps):
        carry(state, c, flows, p_o2, p_co2, watts, dt)
        if step % 2 == 1:
            live(state, c, 2.0 * dt)
