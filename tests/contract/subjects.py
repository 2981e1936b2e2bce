"""Every kind of plant the contract is proved on: one row each in `SUBJECTS`.

A plant with wires comes in as one more row: a function that gives the plant, not yet opened, and the clock
it lives on. The suite sleeps on that clock and never assumes that time is virtual.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from qh1a.cli.plant import build_node
from qh1a.clock import Clock, VirtualClock
from qh1a.config import load, load_limits, root
from qh1a.plant import Plant, PlantKind
from qh1a.sim.circuit import Circuit
from qh1a.sim.faults import FaultScript, ScriptedFault
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person
from qh1a.sim.plant import SimPlant
from qh1a.sim.sensors import SensorBank, SensorFile, sensor_rows
from qh1a.tick import LEASE_NS, UNPOWERED, Actuator, Commands, Frame
from qh1a.units import TICK_NS, Ns

PARAMETERS: Final = load(CircuitParameters, root() / "rigs" / "sim.toml", "circuit")
PATIENT: Final = load(Person, root() / "patients" / "aclf-typical.toml")
LIMITS: Final = load_limits(root() / "limits" / "default.toml")
ROWS: Final = sensor_rows(load(SensorFile, root() / "devices" / "sensors.toml"))


def sim_plant(
    seed: int = 1, faults: Sequence[ScriptedFault] = (), *, prime_to_patient: bool = False
) -> SimPlant:
    """A simulated plant with the shipped figures, primed."""
    circuit = Circuit(PARAMETERS, PATIENT, primed=True)
    return SimPlant(
        circuit,
        SensorBank(ROWS, seed),
        FaultScript(faults, seed),
        build_node(LIMITS),
        prime_to_patient=prime_to_patient,
    )


def commanded(**wanted: float) -> tuple[float, ...]:
    """Whole desired state: what is named, everything else as without power."""
    value = list(UNPOWERED)
    for name, x in wanted.items():
        value[Actuator[name]] = x
    return tuple(value)


RUNNING: Final = commanded(BP=100.0, CP=80.0, W=37.0, AC=1.0, VC=1.0, BV=1.0)
"""Blood and perfusion run, the patient side of the plasma is shut."""
CALM: Final = commanded(G_AIR=50.0)
"""Nothing that a tripped node would object to."""


class Subject(NamedTuple):
    """A plant under the contract, and the clock it lives on."""

    kind: PlantKind
    plant: Plant
    clock: Clock

    async def tick(self, command: tuple[float, ...] | None = None, ticks: int = 1) -> Frame:
        """Let ticks pass, renewing `command` (None: silence) after each frame; gives the last frame."""
        frame = None
        for _ in range(ticks):
            await self.clock.sleep_until(Ns(self.clock.now() + TICK_NS))
            frame = self.read()
            if command is not None:
                self.apply(command)
        assert frame is not None
        return frame

    def read(self) -> Frame:
        """The frame of this moment."""
        return self.plant.read(self.clock.now())

    def apply(self, command: tuple[float, ...]) -> None:
        """Post a command with a full lease."""
        self.plant.apply(Commands(Ns(self.clock.now() + LEASE_NS), command))


def _sim() -> Subject:
    return Subject(PlantKind.SIM, sim_plant(), VirtualClock(start=Ns(5 * TICK_NS)))


SUBJECTS: Final[Mapping[str, Callable[[], Subject]]] = {"sim": _sim}
