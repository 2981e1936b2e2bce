"""Corners of the cohort: treatments settled at an operating point, to be driven on from there at will."""

import copy
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from qh1a.channels import N_MEASURED, Channel
from qh1a.cli.plant import Bedside, build_node, load_parts
from qh1a.config import Configuration
from qh1a.control.kernel import Kernel, Snapshot
from qh1a.control.session import Refusal
from qh1a.control.setpoints import SetPoints, changed
from qh1a.script import Script, ScriptedOperator, load_script
from qh1a.settings import Prescription
from qh1a.sim.circuit import Circuit
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.faults import FaultScript, ScriptedFault
from qh1a.sim.misreading import UNDISTURBED
from qh1a.sim.plant import SimPlant
from qh1a.sim.sensors import SensorBank, sensor_rows
from qh1a.sim.truth import Truth
from qh1a.tick import (
    Actuator,
    Decision,
    Event,
    EventCode,
    Frame,
    Intent,
    IntentName,
    Priority,
    Response,
    State,
)
from qh1a.units import NS_PER_S, TICK_NS, Ns

DT: Final = 0.1
_TO_TREAT_S: Final = 900.0
_HANDS_OFF: Final = frozenset({"pause_plasma", "pause_stopped", "patient_off", "safe"})
"""Where the automatic operator leaves it to the test to go on."""


@dataclass(frozen=True, slots=True)
class Corner:
    """A patient, the haematocrit, the set points (mL/min), the room (C); the separator's fibres (m).

    Nothing is asked before `settle_s` of TREAT: in an hour plasma has replaced the prime and all loops rest.
    """

    name: str
    patient: str = "aclf-typical.toml"
    hct: float = 0.37
    blood: float = 130.0
    plasma: float = 30.0
    perfusion: float = 100.0
    ambient: float = 23.0
    fibre_length: float | None = None
    settle_s: float = 3600.0
    prescription: str = "8h.toml"


class Loads(FaultScript):
    """Disturbances a test asks for, each in a straight line to its value; nothing is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[int, tuple[float, float, int, int]] = {}
        self._played = FaultScript()

    def play(self, rows: Sequence[ScriptedFault], begin: Ns) -> None:
        """Play a script whose phases are all entered at `begin`."""
        self._played = FaultScript(rows)
        self.misleads |= self._played.misleads
        for row in rows:
            self._played.enter(row.phase, begin)

    def move(self, disturbance: int, to: float, begin: int, over_s: float) -> None:
        """Move a disturbance, in the order of `UNDISTURBED`, from where it is now."""
        self.misleads |= disturbance >= len(Disturbance)
        line = self._lines.get(disturbance)
        there = UNDISTURBED[disturbance] if line is None else _on(line, begin)
        self._lines[disturbance] = (there, to, begin, begin + max(1, round(over_s * NS_PER_S)))

    def clear(self) -> None:
        """Nothing is disturbed any more."""
        self._lines.clear()
        self._played = FaultScript()
        self.misleads = False

    def disturb(self, now: int, disturbance: npt.NDArray[np.float64]) -> None:
        """Write what is asked for."""
        self._played.disturb(now, disturbance)
        for which, line in self._lines.items():
            disturbance[which] = _on(line, now)


def _on(line: tuple[float, float, int, int], now: int) -> float:
    old, new, begin, end = line
    return old + (new - old) * min(1.0, max(0.0, (now - begin) / (end - begin)))


def _hands_off(p: Prescription) -> ScriptedOperator:
    auto = load_script("auto")
    return ScriptedOperator(
        Script(auto.schema, auto.name, tuple(act for act in auto.act if act.state not in _HANDS_OFF)), p
    )


@dataclass(repr=False)
class Course:
    """What was measured, true and sent, tick by tick."""

    now_s: list[float] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    measured: list[tuple[float, ...]] = field(default_factory=list)
    derived: list[tuple[float, ...]] = field(default_factory=list)
    true: list[npt.NDArray[np.float64]] = field(default_factory=list)
    commands: list[tuple[float, ...]] = field(default_factory=list)
    events: list[tuple[float, Event]] = field(default_factory=list)

    def times(self) -> npt.NDArray[np.float64]:
        """Time since the start of this course, s."""
        return np.array(self.now_s) - self.now_s[0]

    def seen(self, channel: Channel) -> npt.NDArray[np.float64]:
        """A measured or derived channel."""
        if channel < N_MEASURED:
            return np.array([row[channel] for row in self.measured])
        return np.array([row[channel - N_MEASURED] for row in self.derived])

    def truth(self, signal: Truth) -> npt.NDArray[np.float64]:
        """A true signal."""
        return np.array([row[signal] for row in self.true])

    def sent(self, actuator: Actuator) -> npt.NDArray[np.float64]:
        """A command."""
        return np.array([row[actuator] for row in self.commands])

    def alarms(self) -> list[tuple[float, str]]:
        """Alarms above LOW: session time in s, and the rule."""
        return [
            (at, e.subject)
            for at, e in self.events
            if e.code is EventCode.ALARM_RAISED and Priority[e.detail] >= Priority.MEDIUM
        ]

    def raised(self) -> list[str]:
        """Rules that raised an alarm above LOW."""
        return [rule for _, rule in self.alarms()]

    def bites(self) -> list[int]:
        """Interlocks that bit."""
        return [int(e.value) for _, e in self.events if e.code is EventCode.INTERLOCK and e.value]

    def reduced(self) -> bool:
        """Whether a response of R1 or above was in force."""
        return any(e.code is EventCode.RESPONSE and e.value >= Response.R1 for _, e in self.events)


@dataclass(frozen=True, slots=True)
class Moment:
    """All that a treatment needs to go on from here."""

    plant: bytes
    kernel: Snapshot
    operator: ScriptedOperator
    now: Ns
    last: Decision | None
    sets: SetPoints


class Treatment:
    """A treatment that is ordered about and disturbed tick by tick, and put back to a moment."""

    def __init__(self, corner: Corner, seed: int = 1) -> None:
        overrides = {
            "prescription.flows.blood_ml_min": corner.blood,
            "prescription.flows.plasma_ml_min": corner.plasma,
            "prescription.flows.perfusion_ml_min": corner.perfusion,
            "prescription.patient.haematocrit": corner.hct,
        }
        c = Configuration.load(corner.prescription, overrides=overrides)
        quick = Configuration.load("bench-10min.toml").prescription
        p = dataclasses.replace(c.prescription, preparation=quick.preparation, ramp=quick.ramp)
        parts = load_parts(p, "sim.toml", corner.patient, None, {"patient.hct": corner.hct})
        thermal = dataclasses.replace(parts.circuit.thermal, ambient=corner.ambient)
        separator = parts.circuit.separator
        if corner.fibre_length is not None:
            separator = dataclasses.replace(separator, length=corner.fibre_length)
        circuit = dataclasses.replace(parts.circuit, thermal=thermal, separator=separator)
        self.corner = corner
        self.loads = Loads()
        self.plant = SimPlant(
            Circuit(circuit, parts.patient, primed=True),
            SensorBank(sensor_rows(parts.sensors), seed),
            self.loads,
            build_node(parts.limits),
            prime_to_patient=True,
        )
        self.kernel = Kernel(p, c.limits, c.tuning, c.rig)
        f = p.flows
        self.sets = SetPoints(
            f.blood_ml_min, f.plasma_ml_min, f.perfusion_ml_min, f.temperature_c, f.do_in_mmhg, f.ph
        )
        self.bend: Callable[[tuple[float, ...]], tuple[float, ...]] | None = None
        """What to make of the commands on their way to the plant."""
        self.see: Callable[[Frame], Frame] | None = None
        """What to make of what was read, for a sensor that the simulated rig does without."""
        self.now = Ns(0)
        self.last: Decision | None = None
        self._operator = _hands_off(p)
        self._bedside = Bedside(self.plant)
        self._said: list[Intent] = []
        self._ids = 9000

    def order(self, name: IntentName, key: str = "", value: float = 0.0) -> None:
        """Say this at the next tick."""
        self._ids += 1
        if name is IntentName.SET:
            new = changed(self.sets, key, value, running=True)
            assert not isinstance(new, Refusal), (self.corner.name, key, value, new)
            self.sets = new
        self._said.append(Intent(self._ids, name, key, value, "test", "test"))

    def load(self, disturbance: int, to: float, over_s: float = 0.0) -> None:
        """Begin to move a disturbance."""
        self.loads.move(disturbance, to, self.now, over_s)

    def tick(self) -> tuple[Frame, Decision]:
        """One tick, as `runtime.run` has it."""
        frame = self.plant.read(self.now)
        if self.see is not None:
            frame = self.see(frame)
        intents = (*self._operator.poll(self.now, self.last), *self._said)
        self._said.clear()
        decision = self.kernel.step(frame, intents)
        commands = decision.commands
        self.plant.apply(
            commands if self.bend is None else commands._replace(value=self.bend(commands.value))
        )
        self._bedside(frame, intents, decision)
        self.last = decision
        self.now = Ns(self.now + TICK_NS)
        return frame, decision

    def run(self, seconds: float, course: Course | None = None) -> Course:
        """Go on; what was seen is added to `course`."""
        c = Course() if course is None else course
        for _ in range(round(seconds / DT)):
            frame, decision = self.tick()
            at = frame.now / NS_PER_S
            c.now_s.append(at)
            c.states.append(decision.session.state)
            c.measured.append(frame.value)
            c.derived.append(decision.derived)
            c.true.append(self.plant.truth.copy())
            c.commands.append(decision.commands.value)
            c.events.extend((at, e) for e in decision.events)
        return c

    def until(self, state: State, limit_s: float, course: Course | None = None) -> Course:
        """Go on until a state is entered."""
        c = Course() if course is None else course
        for _ in range(round(limit_s)):
            self.run(1.0, c)
            if c.states[-1] is state:
                return c
        msg = f"{self.corner.name}: {state.name} was not reached, but {c.states[-1].name}: {c.raised()}"
        raise AssertionError(msg)

    def snapshot(self) -> Moment:
        """This moment."""
        operator = copy.deepcopy(self._operator)
        return Moment(self.plant.snapshot(), self.kernel.snapshot(), operator, self.now, self.last, self.sets)

    def restore(self, moment: Moment) -> None:
        """Go on from a moment of this treatment, undisturbed; it can be used again."""
        self.plant.restore(moment.plant)
        self.kernel.restore(moment.kernel)
        self.loads.clear()
        self.bend = self.see = None
        self._operator = copy.deepcopy(moment.operator)
        self.now, self.last, self.sets = moment.now, moment.last, moment.sets
        self._bedside = Bedside(self.plant)
        self._said.clear()


@lru_cache(maxsize=16)
def _settled(corner: Corner) -> tuple[Treatment, Moment]:
    made = Treatment(corner)
    made.until(State.TREAT, _TO_TREAT_S)
    for _ in range(round(corner.settle_s / 60.0)):
        course = made.run(60.0)
        assert course.states[-1] is State.TREAT, (corner.name, course.states[-1].name, course.raised())
    return made, made.snapshot()


def settled(corner: Corner) -> Treatment:
    """One and the same treatment of this corner, put back to where it had settled."""
    made, moment = _settled(corner)
    made.restore(moment)
    return made
