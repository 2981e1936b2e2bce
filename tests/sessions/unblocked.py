"""Healthy sessions with an ear between loops and supervisor: what was wanted, and what left."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, cast

from qh1a.cli.plant import find_patient
from qh1a.control.kernel import Kernel
from qh1a.control.loops import Loops, Situation
from qh1a.control.reduction import Reduction
from qh1a.control.supervisor import Supervisor
from qh1a.hazards import RULES
from qh1a.tick import Actuator, EventCode, IntentName, Outcome, Response, State
from tests.sessions.harness import Trace, When, Wish, run, treated, wish


class Blocked(NamedTuple):
    """A tick in which something else left than what was wanted."""

    tick: int
    state: State
    actuator: Actuator
    wanted: float
    sent: float
    interlocks: tuple[int, ...]

    def __str__(self) -> str:
        by = "+".join(f"I{i}" for i in self.interlocks) or "no interlock"
        return (
            f"tick {self.tick} {self.state.name}: {self.actuator.name} wanted {self.wanted!r}, "
            f"sent {self.sent!r} by {by}"
        )


class Ear:
    """Stands where the loops stand and passes everything on; `heard` is what did not leave as wanted."""

    def __init__(self) -> None:
        self.heard: list[Blocked] = []
        self.responses: set[Response] = set()
        self.ticks = 0
        self._loops: Loops | None = None
        self._supervisor: Supervisor | None = None
        self._want: list[float] = []
        self._state = State.SELF_WAIT

    def listen(self, kernel: Kernel) -> None:
        """Sit down in this kernel."""
        inside = kernel._s  # noqa: SLF001 - loops have no seat of their own
        self._loops, self._supervisor = inside.loops, inside.supervisor
        inside.loops = cast("Loops", self)

    def step(self, now_is: Situation, v: list[float], q: list[int]) -> list[float]:
        """As the loops."""
        assert self._loops is not None
        self._want = self._loops.step(now_is, v, q)
        self._state = now_is.state
        self.responses |= set(now_is.active.responses)
        return list(self._want)

    def observe(self, sent: list[float], dt: float) -> None:
        """As the loops."""
        assert self._loops is not None
        assert self._supervisor is not None
        bits = self._supervisor.bits
        by = tuple(k + 1 for k in range(bits.bit_length()) if bits >> k & 1)
        self.heard.extend(
            Blocked(self.ticks, self._state, a, want, out, by)
            for a, want, out in zip(Actuator, self._want, sent, strict=True)
            if want != out
        )
        self.ticks += 1
        self._loops.observe(sent, dt)

    @property
    def reduction(self) -> Reduction:
        """As the loops."""
        assert self._loops is not None
        return self._loops.reduction


@dataclass(frozen=True, slots=True)
class Healthy:
    """A session in which nothing is wrong: who, for how long, and what the operator changes on the way.

    `does`: effective seconds in TREAT, and the words: `blood_ml_min 100`, `pause plasma`, `end`...
    """

    name: str
    patient: str = "aclf-typical.toml"
    seed: int = 1
    does: tuple[tuple[float, str], ...] = ()
    prescription: str = "bench-10min.toml"
    sets: tuple[tuple[str, float], ...] = ()
    may: tuple[str, ...] = ()
    """Warnings that what is done must bring."""

    def run(self, every: int = 10) -> tuple[Trace, Ear]:
        """The whole session."""
        person = find_patient(self.patient)
        ear = Ear()
        trace = run(
            self.prescription,
            patient=self.patient,
            seed=self.seed,
            wishes=[w for at, words in self.does for w in said(at, words)],
            sets={
                "prescription.patient.weight_kg": person.weight,
                "prescription.patient.haematocrit": person.hct,
                **dict(self.sets),
            },
            every=every,
            look=ear.listen,
        )
        return trace, ear


def _in(state: State, seconds: float) -> When:
    return lambda d: d.session.state is state and d.session.in_state_ns >= seconds * 1e9


def said(at_s: float, words: str) -> list[Wish]:
    """What an operator says `at_s` into the treatment."""
    when = treated(at_s)
    match words.split():
        case ["pause", "patient_off"]:  # in two steps, as a nurse does it: first everything stands
            paused = wish(when, IntentName.PAUSE, "stopped")
            return [paused, wish(_in(State.PAUSE_STOPPED, 5.0), IntentName.PAUSE, "patient_off")]
        case ["pause", kind]:
            return [wish(when, IntentName.PAUSE, kind)]
        case ["resume", state]:
            return [wish(_in(State[state.upper()], at_s), IntentName.RESUME)]
        case ["extend", seconds]:
            return [wish(when, IntentName.EXTEND, "", float(seconds))]
        case ["end"]:
            return [wish(when, IntentName.END, why="the operator's decision")]
        case ["stop"]:
            return [wish(when, IntentName.STOP)]
        case [key, value]:
            return [wish(when, IntentName.SET, key, float(value))]
        case _:
            raise AssertionError(words)


TIME_MARKS: Final = frozenset(r.id for r in RULES if r.limit == "mark_s")
CLAMP_WAITS: Final = 5
"""Ticks that PC may wait for the return pump (I11)."""
PUMP_STARTS: Final = 20
"""Ticks that the blood pump may take to turn (I2)."""


def waits(ear: Ear) -> set[Blocked]:
    """What is a wait and no event: PC for the return pump to stand, plasma for the blood pump to turn."""
    return {
        b
        for b in ear.heard
        if not b.interlocks
        and (
            (b.actuator is Actuator.PC and (b.wanted, b.sent) == (0.0, 1.0))
            or (b.actuator in {Actuator.PP, Actuator.RP} and b.sent == 0.0)
        )
    }


def longest(ticks: Sequence[int]) -> int:
    """The longest run without a gap."""
    best = length = int(bool(ticks))
    for a, b in pairwise(ticks):
        length = length + 1 if b == a + 1 else 1
        best = max(best, length)
    return best


def found(trace: Trace, ear: Ear, may: Sequence[str] = ()) -> list[str]:
    """Everything a healthy session must not show: a blocked command, a bite, a response, an alarm."""
    waited = waits(ear)
    wrong = [str(b) for b in ear.heard if b not in waited]
    for a, most in ((Actuator.PC, CLAMP_WAITS), (Actuator.PP, PUMP_STARTS), (Actuator.RP, PUMP_STARTS)):
        if longest(sorted(b.tick for b in waited if b.actuator is a)) > most:
            wrong.append(f"{a.name} waits for more than {most} ticks")
    wrong += [f"interlocks {bits:#x} at {at:.1f}" for at, bits in trace.bites()]
    wrong += [f"{rule} at {at:.1f}" for at, rule in trace.raised() if rule not in {*TIME_MARKS, *may}]
    wrong += [f"refused: {e.detail}" for _, _, e in trace.events if e.code is EventCode.INTENT_REFUSED]
    wrong += [r.name for r in sorted(ear.responses - {Response.NONE, Response.R0})]
    if trace.last is None or trace.last.outcome is Outcome.OPEN or trace.last.state is not State.ENDED:
        wrong.append(f"not ended: {trace.last}")
    return wrong
