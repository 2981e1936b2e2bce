"""Whole sessions over the physics, through the shipped runtime, with what only the simulator knows beside."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qh1a import runtime
from qh1a.channels import N_MEASURED, Channel
from qh1a.cli.plant import Bedside, SimParts, build_plant, load_parts
from qh1a.clock import VirtualClock
from qh1a.config import Configuration
from qh1a.control.kernel import Kernel
from qh1a.record import Header, Recorder
from qh1a.script import ScriptedOperator
from qh1a.settings import Prescription
from qh1a.sim.truth import Truth
from qh1a.tick import (
    Decision,
    Event,
    EventCode,
    Frame,
    Intent,
    IntentName,
    Priority,
    SessionView,
    State,
)
from qh1a.units import NS_PER_S, Ns

RULE_PRIORITY = {p.name: p for p in Priority}


@dataclass(repr=False)
class Trace:
    """One session: a row a second of what was measured, derived, sent and true, and every event."""

    every: int = 10
    now_s: list[float] = field(default_factory=list)
    state: list[int] = field(default_factory=list)
    measured: list[tuple[float, ...]] = field(default_factory=list)
    derived: list[tuple[float, ...]] = field(default_factory=list)
    sent: list[tuple[float, ...]] = field(default_factory=list)
    true: list[npt.NDArray[np.float64]] = field(default_factory=list)
    events: list[tuple[float, State, Event]] = field(default_factory=list)
    last: SessionView | None = None
    result: runtime.RunResult | None = None

    def channel(self, channel: Channel) -> npt.NDArray[np.float64]:
        """One measured or derived channel."""
        if channel < N_MEASURED:
            return np.array([row[channel] for row in self.measured])
        return np.array([row[channel - N_MEASURED] for row in self.derived])

    def truth(self, signal: Truth) -> npt.NDArray[np.float64]:
        """One true signal."""
        return np.array([row[signal] for row in self.true])

    def during(self, *states: State) -> npt.NDArray[np.bool_]:
        """Which rows were in one of these states."""
        return np.isin(np.array(self.state), [int(s) for s in states])

    def times(self) -> npt.NDArray[np.float64]:
        """Session time of the rows, s."""
        return np.array(self.now_s)

    def raised(self, least: Priority = Priority.LOW) -> list[tuple[float, str]]:
        """Alarms of at least this priority: when, and which rule."""
        return [
            (at, e.subject)
            for at, _, e in self.events
            if e.code is EventCode.ALARM_RAISED and RULE_PRIORITY[e.detail] >= least
        ]

    def entered(self, state: State, after: float = 0.0) -> float:
        """When a state was first entered after a time."""
        for at, _, e in self.events:
            if e.code is EventCode.STATE and e.value == state and at >= after:
                return at
        msg = f"{state.name} was not entered after {after}"
        raise AssertionError(msg)

    def bites(self) -> list[tuple[float, int]]:
        """When which interlocks bit."""
        return [(at, int(e.value)) for at, _, e in self.events if e.code is EventCode.INTERLOCK and e.value]


When = Callable[[Decision], bool]


@dataclass
class Wish:
    """An intent put in once, when its moment has come."""

    when: When
    intent: Intent


class Operator:
    """The shipped automatic operator, with a few wishes of a test's own."""

    def __init__(self, script: str, wishes: Sequence[Wish], prescription: Prescription) -> None:
        self._script = ScriptedOperator.of(script, prescription)
        self._wishes = list(wishes)

    def poll(self, now: Ns, last: Decision | None) -> tuple[Intent, ...]:
        """The script's intents, then the wishes that are due."""
        intents = self._script.poll(now, last)
        if last is None:
            return intents
        due = [w for w in self._wishes if w.when(last)]
        for wish in due:
            self._wishes.remove(wish)
        return (*intents, *(w.intent for w in due))


def treated(seconds: float) -> When:
    """In TREAT with this much effective time."""
    return lambda d: d.session.state is State.TREAT and d.session.effective_ns >= seconds * NS_PER_S


def wish(when: When, name: IntentName, key: str = "", value: float = 0.0, why: str = "test") -> Wish:
    """One intent of the test."""
    return Wish(when, Intent(9000, name, key, value, "test", why))


def run(  # noqa: PLR0913 - one argument per thing a session can differ in
    prescription: str = "bench-10min.toml",
    *,
    faults: Path | None = None,
    operator: str = "auto",
    wishes: Sequence[Wish] = (),
    seed: int = 1,
    sets: dict[str, object] | None = None,
    patient: str = "aclf-typical.toml",
    person: dict[str, object] | None = None,
    cells: float | None = None,
    change: Callable[[SimParts], SimParts] | None = None,
    every: int = 10,
    out: Path | None = None,
    look: Callable[[Kernel], None] | None = None,
) -> Trace:
    """Run one session as `qh1a run` composes it, watched from both sides.

    `person` changes the patient, `cells` is how many the bioreactor holds, `change` anything of the plant.
    `look` is shown the kernel before the first tick.
    """
    configuration = Configuration.load(prescription, overrides=sets or {})
    c = configuration
    overrides = {**(sets or {}), **(person or {})}
    parts = load_parts(c.prescription, "sim.toml", patient, str(faults) if faults else None, overrides)
    if cells is not None:
        seeded = replace(parts.circuit.cells, count=cells)
        parts = replace(parts, circuit=replace(parts.circuit, cells=seeded))
    if change is not None:
        parts = change(parts)
    plant = build_plant(parts, c.prescription, seed)
    trace = Trace(every)
    kernel = Kernel(c.prescription, c.limits, c.tuning, c.rig)
    if look is not None:
        look(kernel)
    clock = VirtualClock(None)
    ticks = 0

    def watch(frame: Frame, _: tuple[Intent, ...], decision: Decision) -> None:
        nonlocal ticks
        trace.events.extend((frame.now / NS_PER_S, decision.session.state, e) for e in decision.events)
        trace.last = decision.session
        if not ticks % trace.every:
            trace.now_s.append(frame.now / NS_PER_S)
            trace.state.append(int(decision.session.state))
            trace.measured.append(frame.value)
            trace.derived.append(decision.derived)
            trace.sent.append(decision.commands.value)
            trace.true.append(plant.truth.copy())
        ticks += 1

    async def session() -> runtime.RunResult:
        identities = await plant.open()
        recorder = None
        if out is not None:
            tree = configuration.beside(parts.trees)
            header = Header(plant.kind, tree.tree(), tree.digest(), "test", seed, identities)
            recorder = Recorder(out, header, clock)
        try:
            return await runtime.run(
                plant=plant,
                clock=clock,
                kernel=kernel,
                operator=Operator(operator, wishes, c.prescription),
                recorder=recorder,
                observers=(Bedside(plant), watch),
            )
        finally:
            if recorder is not None:
                recorder.close({})

    trace.result = asyncio.run(session())
    assert not trace.result.dropped_observers
    return trace
