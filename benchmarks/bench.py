"""A session put together as `qh1a run` does it, from parts that stay in reach."""

from dataclasses import dataclass
from pathlib import Path

from qh1a import __version__
from qh1a.cli.plant import SimParts, build_node, load_parts, warm_up
from qh1a.clock import Clock
from qh1a.config import Configuration
from qh1a.control.kernel import Kernel
from qh1a.plant import Identity
from qh1a.record import Header, Recorder
from qh1a.script import ScriptedOperator
from qh1a.sim.circuit import Circuit
from qh1a.sim.faults import FaultScript
from qh1a.sim.plant import SimPlant
from qh1a.sim.sensors import SensorBank, sensor_rows

SEED = 1


@dataclass(frozen=True)
class Bench:
    """The files of one session, read once."""

    configuration: Configuration
    parts: SimParts

    @classmethod
    def of(cls, prescription: str) -> "Bench":
        """With every shipped default; the physics is compiled when this returns."""
        configuration = Configuration.load(prescription)
        parts = load_parts(configuration.prescription, "sim.toml", "aclf-typical.toml", None, {})
        warm_up(parts, configuration.prescription)
        return cls(configuration, parts)

    def circuit(self) -> Circuit:
        """The circuit of a new plant."""
        primed = self.configuration.prescription.preparation.starts_primed
        return Circuit(self.parts.circuit, self.parts.patient, primed=primed)

    def sensors(self) -> SensorBank:
        """The sensors of a new plant."""
        return SensorBank(sensor_rows(self.parts.sensors), SEED)

    def plant(self, circuit: Circuit, sensors: SensorBank) -> SimPlant:
        """A plant of these."""
        to_patient = self.configuration.prescription.preparation.prime_goes_to == "patient"
        node = build_node(self.parts.limits)
        return SimPlant(circuit, sensors, FaultScript((), SEED), node, prime_to_patient=to_patient)

    def kernel(self) -> Kernel:
        """A new kernel."""
        c = self.configuration
        return Kernel(c.prescription, c.limits, c.tuning, c.rig)

    def operator(self) -> ScriptedOperator:
        """A new automatic operator."""
        return ScriptedOperator.of("auto", self.configuration.prescription)

    def recorder(
        self, path: Path, plant: SimPlant, identities: tuple[Identity, ...], clock: Clock
    ) -> Recorder:
        """A new session file."""
        c = self.configuration.beside(self.parts.trees)
        return Recorder(path, Header(plant.kind, c.tree(), c.digest(), __version__, SEED, identities), clock)
