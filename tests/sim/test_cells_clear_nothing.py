"""By default the cells clear neither bilirubin nor ammonia: not a bit of the patient's depends on them.

The flows of one circuit are carried again by two others, one without cells, so that nothing else differs.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qh1a.sim import layout, slow
from qh1a.sim.circuit import DT_S, SOLUTE_TICKS, _carry, _count
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.graph import Flow, Tank
from qh1a.sim.jit import compiled
from qh1a.sim.layout import S
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.species import N_SPECIES, Species
from qh1a.sim.truth import Truth
from tests.sim.carried import filled
from tests.sim.circuits import PARAMETERS, PATIENT, PP, RP, Bench, W, bench

Floats = NDArray[np.float64]
K = Species
HOURS = 2.0
SLOW_TICKS = 10
CLEARED = [K.CB, K.UCB, K.AMMONIA]
SECRETED = [K.EV, K.HGF, K.PGE2, K.IL6]


@compiled
def follow(state: Floats, c: Floats, hydraulics: Floats, actuators: Floats, d: Floats, tick: int) -> None:
    """A step of the circuit behind its pressure solve, at the pressures and flows of another.

    Evaporation and the body's water are not among those: they follow from what is carried.
    """
    for i in range(layout.PRESSURE, layout.FLOW + Flow.EVAPORATION):
        state[i] = hydraulics[i]
    state[S.Q_LIMIT], state[S.AMBIENT] = hydraulics[S.Q_LIMIT], hydraulics[S.AMBIENT]
    _count(state)
    if tick % SOLUTE_TICKS == 0:
        _carry(state, c, actuators, d, SOLUTE_TICKS * DT_S)
    if tick % SLOW_TICKS == 0:
        slow.advance(state, c, d, SLOW_TICKS * DT_S)


def with_cells(count: float, ammonia: float = 0.0) -> CircuitParameters:
    clearance = replace(PARAMETERS.cells.clearance, ammonia=ammonia)
    return replace(PARAMETERS, cells=replace(PARAMETERS.cells, count=count, clearance=clearance))


def state_of(it: Bench, size: int) -> Floats:
    """The whole state: a snapshot ends with it and the truth."""
    blob = it.circuit.snapshot()
    return np.frombuffer(blob, offset=len(blob) - 8 * (size + len(Truth)), count=size)


def treat(it: Bench, followers: list[tuple[Floats, Floats]], hours: float) -> None:
    """Run a treatment with a pause, heparin, gas and a small blood leak; `followers` carry its flows."""
    it.actuators[: W + 4] = [130.0, 30.0, 100.0, 30.0, 2.0, 37.5, 20.0, 75.0, 5.0]
    it.fault(Disturbance.S1_LEAK, 1e-4)
    ticks = round(hours * 3600.0 / DT_S)
    for tick in range(1, ticks + 1):
        if tick == ticks // 3:
            it.actuators[PP] = it.actuators[RP] = 0.0
        if tick == ticks // 2:
            it.actuators[PP] = it.actuators[RP] = 30.0
        it.circuit.step(it.actuators, it.disturbance)
        hydraulics, actuators = state_of(it, len(followers[0][0])), np.array(it.actuators)
        for state, c in followers:
            follow(state, c, hydraulics, actuators, it.disturbance, tick)


def patient(state: Floats) -> Floats:
    """Amounts in the patient's blood and tissue, one row each."""
    blood = state[layout.MASS + Tank.PATIENT * N_SPECIES : layout.MASS + (Tank.PATIENT + 1) * N_SPECIES]
    return np.array([blood, state[layout.PERIPHERAL : layout.MADE]])


def followers(*parameters: CircuitParameters) -> list[tuple[Floats, Floats]]:
    return [filled(p, PATIENT) for p in parameters]


def test_bilirubin_and_ammonia_do_not_know_of_the_cells() -> None:
    it = bench(parameters=with_cells(1e9), patient=PATIENT)
    lines = followers(with_cells(1e9), with_cells(0.0))
    treat(it, lines, HOURS)
    (alive, _), (empty, _) = lines
    # That the followers follow: what the circuit itself carried is theirs to the bit.
    assert (patient(alive) == patient(state_of(it, len(alive)))).all()
    assert (patient(alive)[:, CLEARED] == patient(empty)[:, CLEARED]).all()
    assert (patient(alive)[0, SECRETED] > 1.02 * patient(empty)[0, SECRETED]).all()
    assert patient(alive)[0, K.LACTATE] > patient(empty)[0, K.LACTATE]


def test_a_clearance_would_be_seen() -> None:
    it = bench(parameters=with_cells(0.0), patient=PATIENT)
    lines = followers(with_cells(1e9, ammonia=1.0), with_cells(0.0))
    treat(it, lines, 0.2)
    (clearing, _), (empty, _) = lines
    assert patient(clearing)[0, K.AMMONIA] < patient(empty)[0, K.AMMONIA]
