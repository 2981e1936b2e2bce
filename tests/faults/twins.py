"""A plant at constant commands, with a fault and without: what each sensor and the truth did."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.hazards import NODE_RULES
from qh1a.node import NodeTrip
from qh1a.sim.fault_row import FaultRow
from qh1a.sim.faults import FaultScript, ScriptedFault
from qh1a.sim.node import ProtectiveNode
from qh1a.sim.plant import SimPlant
from qh1a.sim.sensors import SensorBank
from qh1a.sim.truth import Truth
from qh1a.tick import LEASE_NS, Commands, Phase
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.contract.subjects import LIMITS, ROWS
from tests.sim.circuits import HP, W, bench

Floats = npt.NDArray[np.float64]
SECOND: Final = 10
"""Ticks."""
ONSET: Final = 5 * SECOND
_GASES: Final = (20.0, 75.0, 5.0)


class Seen(NamedTuple):
    """What sensors showed and what really was, tick by tick; faults begin at tick `ONSET`."""

    values: Floats
    truth: Floats
    age_s: Floats

    def of(self, signal: Channel | Truth) -> Floats:
        """One signal."""
        return self.values[:, signal] if isinstance(signal, Channel) else self.truth[:, signal]


@lru_cache(maxsize=2)
def _settled(heparin: float) -> tuple[bytes, tuple[float, ...]]:
    """An hour at 130/30/100 mL/min and 37.5 C: plasma has replaced the prime, all rests.

    `heparin` in mL/h comes after 2.6 times as much at once, so that its level rests, too.
    """
    it = bench()
    it.actuators[W] = 37.5
    it.actuators[W + 1 : W + 4] = _GASES
    it.actuators[HP] = 2.6 * 60.0 * heparin
    it.hold(60.0, 130.0, 30.0, 100.0)
    it.actuators[HP] = heparin
    it.hold(3540.0, 130.0, 30.0, 100.0)
    return it.circuit.snapshot(), tuple(it.actuators)


def played(faults: Sequence[ScriptedFault], seconds: float, heparin: float = 0.0) -> Seen:
    """Watch for `seconds` after the onset, at the commands that had been in force for long."""
    snapshot, commands = _settled(heparin)
    circuit = bench().circuit
    circuit.restore(snapshot)
    script = FaultScript(faults, 1)
    script.enter(Phase.RAMP, Ns(ONSET * TICK_NS))
    # What a fault shows where nobody acts: of the node's own rules only the warmer's cut-off is left.
    node = ProtectiveNode([rule for rule in NODE_RULES if rule.trip is NodeTrip.HEAT], LIMITS.value)
    plant = SimPlant(circuit, SensorBank(ROWS, 1), script, node)
    ticks = ONSET + round(seconds * SECOND)
    values, truth, age = (np.empty((ticks, n)) for n in (N_MEASURED, len(Truth), N_MEASURED))
    for tick in range(ticks):
        now = Ns(tick * TICK_NS)
        frame = plant.read(now)
        values[tick] = frame.value
        age[tick] = (now - np.array(frame.at)) / NS_PER_S
        truth[tick] = plant.truth
        plant.apply(Commands(Ns(now + LEASE_NS), commands))
    return Seen(values, truth, age)


@lru_cache(maxsize=2)
def _healthy(hours: int, heparin: float) -> Seen:
    return played((), hours * 3600.0, heparin)


def twin(seconds: float = 3600.0, heparin: float = 0.0) -> Seen:
    """The healthy twin, over whole hours; `heparin` in mL/h; of two kinds it is kept."""
    return _healthy(math.ceil(seconds / 3600.0), heparin)


def usual(row: FaultRow) -> ScriptedFault:
    """The fault as a script has it that names nothing but the fault."""
    return ScriptedFault(
        row, 0.0, row.over_s or None, row.default, row.profile, Phase.RAMP, *row.channels[:1]
    )


@lru_cache(maxsize=1)
def noise() -> Floats:
    """Standard deviation of what each channel shows at rest: noise and grid; infinite where not fitted."""
    found = np.full(N_MEASURED, np.inf)
    for row in ROWS:
        level = float(twin().truth[:, row.truth].mean())
        grid = CHANNELS[row.channel].lsb / np.sqrt(12.0)
        found[row.channel] = np.sqrt(row.figures.noise**2 + (row.figures.noise_rel * level) ** 2 + grid**2)
    return found
