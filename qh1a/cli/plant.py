"""Composes the simulated plant out of its files. The only module that knows `sim` besides `describe`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qh1a.cli.say import complain
from qh1a.cohort.rows import MARK, find_person
from qh1a.config import ConfigError, build, load, load_limits, read, resolve, to_tree
from qh1a.config.load import NO_OVERRIDES
from qh1a.hazards import NODE_RULES
from qh1a.record import Recorder, TruthSignal
from qh1a.record.codec import MINUTE
from qh1a.settings import Limits, Prescription
from qh1a.sim import jit
from qh1a.sim.circuit import Circuit
from qh1a.sim.faults import FaultError, FaultScript, ScriptedFault, read_script
from qh1a.sim.node import ProtectiveNode
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person
from qh1a.sim.plant import SimPlant
from qh1a.sim.sensors import SensorBank, SensorFile, sensor_rows
from qh1a.sim.truth import TRUTHS
from qh1a.tick import Decision, EventCode, Frame, Intent, SessionView
from qh1a.units import TICK_NS, Ns

SENSORS: Final = "sensors.toml"
TRUTH: Final = tuple(TruthSignal(row.signal.name, row.unit, row.meaning) for row in TRUTHS)
"""The simulator's truth as a record names it."""


@dataclass(frozen=True, slots=True)
class SimParts:
    """What a simulated plant is made of, and its trees for the record.

    `limits` are the protective node's own copy, read from the file for itself.
    """

    circuit: CircuitParameters
    patient: Person
    sensors: SensorFile
    faults: tuple[ScriptedFault, ...]
    limits: Limits
    trees: Mapping[str, object]


def load_parts(
    prescription: Prescription,
    rig: str,
    patient: str,
    faults: str | None,
    overrides: Mapping[str, object],
    limits: str = "default.toml",
) -> SimParts:
    """The parts from files, by path or shipped name. Raises `ConfigError`."""
    circuit = load_circuit(resolve(rig, "rigs"))
    person = find_patient(patient, overrides)
    sensors = load_sensors(resolve(SENSORS, "devices"))
    script: tuple[ScriptedFault, ...] = ()
    trees: dict[str, object] = {
        "circuit": to_tree(circuit),
        "patient": to_tree(person),
        "sensors": to_tree(sensors),
    }
    if faults is not None:
        path = resolve(faults, "faults")
        script = load_faults(path, prescription.nominal_h * 3600.0)
        trees["faults"] = {"fault": [row.table() for row in script]}
    own = load_limits(resolve(limits, "limits"), overrides)
    return SimParts(circuit, person, sensors, script, own, trees)


def load_circuit(path: Path) -> CircuitParameters:
    """`[circuit]` of a rig file. Raises `ConfigError`."""
    return load(CircuitParameters, path, "circuit")


def find_patient(name: str, overrides: Mapping[str, object] = NO_OVERRIDES) -> Person:
    """A virtual patient by path or shipped name, or of a cohort, as `aclf-300#17`. Raises `ConfigError`."""
    if MARK in name and not Path(name).is_file():
        return find_person(name, overrides)
    return load_patient(resolve(name, "patients"), overrides)


def load_patient(path: Path, overrides: Mapping[str, object] = NO_OVERRIDES) -> Person:
    """A virtual patient. Raises `ConfigError`."""
    return build(Person, read(path), str(path), "patient", overrides)


def load_sensors(path: Path) -> SensorFile:
    """The sensors' figures. Raises `ConfigError`."""
    return load(SensorFile, path)


def load_faults(path: Path, prescribed_s: float) -> tuple[ScriptedFault, ...]:
    """A fault script for a session of a prescribed time. Raises `ConfigError`."""
    try:
        return read_script(read(path), str(path), prescribed_s)
    except FaultError as error:
        # `ConfigError` puts the file in front again.
        raise ConfigError(str(path), "", "", str(error).removeprefix(f"{path}: ")) from None


def build_plant(parts: SimParts, prescription: Prescription, seed: int) -> SimPlant:
    """The plant, not yet open."""
    preparation = prescription.preparation
    return SimPlant(
        Circuit(parts.circuit, parts.patient, primed=preparation.starts_primed),
        SensorBank(sensor_rows(parts.sensors), seed),
        FaultScript(parts.faults, seed),
        build_node(parts.limits),
        prime_to_patient=preparation.prime_goes_to == "patient",
    )


def build_node(limits: Limits) -> ProtectiveNode:
    """The modelled protective node: the rules of its table, and a copy of these limits of its own."""
    return ProtectiveNode(NODE_RULES, limits.value)


def tell_cold() -> None:
    """Say it where the physics has to be compiled first."""
    if jit.COLD:
        complain("compiling the physics, this once: about a minute")


def warm_up(parts: SimParts, prescription: Prescription) -> None:
    """Compile the physics on a plant that is thrown away: no session waits for it, no speed includes it."""
    plant = build_plant(parts, prescription, 0)
    for tick in range(20):
        plant.read(Ns(tick * TICK_NS))


class Bedside:
    """An observer that lets the plant's virtual perfusionist do what the operator said, once it was taken."""

    def __init__(self, plant: SimPlant) -> None:
        self._plant = plant
        self._before: SessionView | None = None

    def __call__(self, _: Frame, intents: Sequence[Intent], decision: Decision) -> None:
        """See one tick."""
        before = self._before
        self._before = decision.session
        if intents and before is not None:
            taken = {e.value for e in decision.events if e.code is EventCode.INTENT_TAKEN}
            self._plant.hands(before, [i for i in intents if float(i.id) in taken])
        self._plant.witness(decision.session)


class TruthKeeper:
    """An observer that puts the plant's truth on record: at the first tick, every 600, at the last."""

    def __init__(self, plant: SimPlant, recorder: Recorder) -> None:
        self._plant = plant
        self._recorder = recorder
        self._ticks = 0

    def __call__(self, _: Frame, _intents: Sequence[Intent], _decision: Decision) -> None:
        """See one tick."""
        if self._ticks % MINUTE == 0:
            self._recorder.put_truth(self._plant.truth)
        self._ticks += 1

    def finish(self) -> None:
        """Keep the last tick's truth, too."""
        last = self._ticks - 1
        if last > 0 and last % MINUTE:
            self._recorder.put_truth(self._plant.truth)
