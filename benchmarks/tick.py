"""Where the microseconds of a tick go: the tick of the runtime, taken apart with a stamp between the parts.

The kernel's stages are called here one by one in the order of `Kernel.step`; a whole kernel decides the same
frames, and when the two differ the run is refused: the copy here is then out of date.
"""

import asyncio
import gc
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.bench import SEED, Bench
from benchmarks.measure import Figure
from qh1a.channels import N_MEASURED
from qh1a.cli.plant import Bedside
from qh1a.clock import VirtualClock
from qh1a.control.estimators import Before
from qh1a.control.kernel import Kernel
from qh1a.control.loops import Situation
from qh1a.control.therapy import GAP_NS
from qh1a.control.validate import validate
from qh1a.record import Recorder
from qh1a.sim.circuit import Circuit
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.patient import Patient
from qh1a.sim.plant import SimPlant
from qh1a.sim.sensors import SensorBank, SensorRow, sensor_rows
from qh1a.tick import (
    LEASE_NS,
    Commands,
    Decision,
    Event,
    EventCode,
    Frame,
    Intent,
    IntentName,
    Outcome,
    State,
)
from qh1a.units import NS_PER_S, TICK_NS, Ns

PARTS: Final = (
    "plant.read: circuit",
    "plant.read: sensors",
    "plant.read: rest",
    "operator.poll",
    "kernel: validate",
    "kernel: estimators",
    "kernel: alarms",
    "kernel: therapy",
    "kernel: loops",
    "kernel: supervisor",
    "kernel: observe",
    "kernel: decision",
    "plant.apply",
    "recorder.put",
    "bedside",
)
"""In about the order of the tick. "kernel: therapy" takes intents too, "kernel: decision" packs the result;
"recorder.put" with its packing, folds and commits; "bedside" is the virtual perfusionist.
"""
(
    _CIRCUIT, _SENSORS, _REST, _POLL, _VALIDATE, _ESTIMATORS, _ALARMS, _THERAPY, _LOOPS, _SUPERVISOR,
    _OBSERVE, _DECISION, _APPLY, _PUT, _BEDSIDE,
) = range(len(PARTS))  # fmt: skip
BLOCK: Final = 600
"""Ticks in a block: a minute, so that each holds one fold of the recorder."""

Block = list[float]
"""The time of each part in a block, us a tick."""


class OutOfDateError(Exception):
    """The stages here are no longer those of the kernel."""


class Stamps:
    """CPU time per part since the last block; what a stamp itself costs is taken off."""

    __slots__ = ("_at", "_cost_ns", "_count", "_ns", "_stamp")

    def __init__(self) -> None:
        self._stamp = time.thread_time_ns
        self._cost_ns = 0.0
        self._clear()
        costs: list[float] = []
        for _ in range(30):
            self._clear()
            for _ in range(1000):
                self.end(0)
            costs.append(self._ns[0] / 1000.0)
        self._cost_ns = min(costs)
        self._clear()

    @property
    def cost_ns(self) -> float:
        """Of one stamp: an interval with nothing in it."""
        return self._cost_ns

    def _clear(self) -> None:
        self._ns = [0] * len(PARTS)
        self._count = [0] * len(PARTS)
        self._at = self._stamp()

    def begin(self) -> None:
        """The next interval starts now."""
        self._at = self._stamp()

    def end(self, part: int) -> None:
        """The interval that ends here was that of `part`."""
        at = self._stamp()
        self._ns[part] += at - self._at
        self._count[part] += 1
        self._at = at

    def block(self) -> Block:
        """The block that ends here."""
        sums = zip(self._ns, self._count, strict=True)
        us = [(ns - count * self._cost_ns) / 1000.0 / BLOCK for ns, count in sums]
        self._clear()
        return us


class _StampedCircuit(Circuit):
    __slots__ = ("_stamps",)

    def __init__(self, p: CircuitParameters, patient: Patient, stamps: Stamps, *, primed: bool) -> None:
        super().__init__(p, patient, primed=primed)
        self._stamps = stamps

    def step(
        self, actuators: Sequence[float] | npt.NDArray[np.float64], disturbance: npt.NDArray[np.float64]
    ) -> None:
        self._stamps.end(_REST)
        super().step(actuators, disturbance)
        self._stamps.end(_CIRCUIT)


class _StampedSensors(SensorBank):
    def __init__(self, rows: Sequence[SensorRow], seed: int, stamps: Stamps) -> None:
        super().__init__(rows, seed)
        self._stamps = stamps

    def step(self, truth: npt.NDArray[np.float64], tick: int, at: int) -> None:
        self._stamps.end(_REST)
        super().step(truth, tick, at)
        self._stamps.end(_SENSORS)


class _Staged:
    """A kernel that is stepped stage by stage."""

    def __init__(self, kernel: Kernel, stamps: Stamps) -> None:
        self._s = kernel.snapshot().thaw()
        self._end = stamps.end

    def step(self, frame: Frame, intents: Sequence[Intent]) -> Decision:
        s, end = self._s, self._end
        now = frame.now
        gap = 0 if s.last is None else now - s.last
        s.last = Ns(now)
        dt = (gap if 0 < gap <= GAP_NS else GAP_NS) / NS_PER_S if gap else 0.1
        events: list[Event] = []
        v = [*frame.value, *s.derived]
        q = [*validate(frame), *s.derived_quality]
        end(_VALIDATE)
        therapy, alarms = s.therapy, s.alarms
        view = therapy.view()
        s.estimators.step(frame, gap, v, q, view, s.before, therapy.samples_ml)
        end(_ESTIMATORS)
        for intent in intents:
            therapy.take(intent, alarms, v, events)
            if intent.name is IntentName.SET:
                s.loops.forget_reduction()
        state = therapy.machine.state
        end(_THERAPY)
        alarms.step(now, state, v, q, events)
        active = alarms.active
        if active.highest is not s.before.highest:
            events.append(Event(EventCode.RESPONSE, active.highest.name, float(active.highest)))
        end(_ALARMS)
        therapy.step(now, v, q, alarms, events)
        end(_THERAPY)
        state = therapy.machine.state
        frozen = s.estimators.balance.trim_frozen
        now_is = Situation(dt, state, therapy.in_state_s(), therapy.sets, active, trim_frozen=frozen)
        want = s.loops.step(now_is, v, q)
        end(_LOOPS)
        sent = s.supervisor.step(now, want, v, q, state, active)
        bits = s.supervisor.bits
        if bits != s.before.bits:
            events.append(Event(EventCode.INTERLOCK, "", float(bits)))
        s.before = Before(sent, active.highest, bits)
        end(_SUPERVISOR)
        s.loops.observe(sent, dt)
        end(_OBSERVE)
        s.derived = v[N_MEASURED:]
        s.derived_quality = q[N_MEASURED:]
        decision = Decision(
            Commands(Ns(now + LEASE_NS), sent),
            alarms.views,
            tuple(events),
            therapy.view(),
            tuple(s.derived),
            tuple(s.derived_quality),
        )
        end(_DECISION)
        return decision


class Ticks:
    """Every tick of one session."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.intents: list[tuple[Intent, ...]] = []
        self.decisions: list[Decision] = []

    def check(self, kernel: Kernel) -> None:
        """Raise `OutOfDateError` unless a whole kernel decides the same."""
        for n, (frame, intents) in enumerate(zip(self.frames, self.intents, strict=True)):
            if kernel.step(frame, intents) != self.decisions[n]:
                msg = f"benchmarks/tick.py does not do what Kernel.step does: tick {n} is decided differently"
                raise OutOfDateError(msg)


def stamped_session(bench: Bench, path: Path, stamps: Stamps, keep: Ticks | None = None) -> list[Block]:
    """One recorded session, stamped; a block for each whole minute of TREAT. `keep` gets its ticks."""
    primed = bench.configuration.prescription.preparation.starts_primed
    circuit = _StampedCircuit(bench.parts.circuit, bench.parts.patient, stamps, primed=primed)
    plant = bench.plant(circuit, _StampedSensors(sensor_rows(bench.parts.sensors), SEED, stamps))
    recorder = bench.recorder(path, plant, asyncio.run(plant.open()), VirtualClock())
    gc.collect()
    gc.disable()
    try:
        return _tick(bench, plant, recorder, stamps, keep)
    finally:
        gc.enable()
        recorder.close({})


def _tick(
    bench: Bench, plant: SimPlant, recorder: Recorder, stamps: Stamps, keep: Ticks | None
) -> list[Block]:
    kernel, operator, bedside = _Staged(bench.kernel(), stamps), bench.operator(), Bedside(plant)
    end = stamps.end
    found: list[Block] = []
    last: Decision | None = None
    now, treated = 0, 0
    while last is None or last.session.outcome is Outcome.OPEN or last.session.state is not State.ENDED:
        stamps.begin()
        frame = plant.read(Ns(now))
        end(_REST)
        intents = operator.poll(Ns(now), last)
        end(_POLL)
        decision = kernel.step(frame, intents)
        plant.apply(decision.commands)
        end(_APPLY)
        recorder.put(frame, intents, decision)
        end(_PUT)
        bedside(frame, intents, decision)
        end(_BEDSIDE)
        if keep is not None:
            keep.frames.append(frame)
            keep.intents.append(intents)
            keep.decisions.append(decision)
        treated = treated + 1 if decision.session.state is State.TREAT else 0
        if treated == 1:
            stamps.block()
        elif treated and treated % BLOCK == 0:
            found.append(stamps.block())
        last = decision
        now += TICK_NS
    return found


def figures(found: list[Block]) -> list[Figure]:
    """Per part, then for `kernel.step` and `plant.read` as a whole."""
    per_part = list(zip(*found, strict=True))
    rows = [Figure.of(part, us, BLOCK) for part, us in zip(PARTS, per_part, strict=True)]
    kernel = [sum(block[_VALIDATE : _DECISION + 1]) for block in found]
    read = [sum(block[_CIRCUIT : _REST + 1]) for block in found]
    whole = [sum(block) for block in found]
    return [
        *rows,
        Figure.of("plant.read", read, BLOCK),
        Figure.of("kernel.step", kernel, BLOCK),
        Figure.of("sum of the parts", whole, BLOCK),
    ]
