"""An ideal plant for tests of the kernel: every measured channel follows the commands at once, no physics.

Flows equal commands, clamps stand where they were sent, tachometers are command over stroke, temperatures are
at their set points, scales integrate flows, blood is seen after some volume. Any channel can be overridden by
hand, in value, quality or age. A second of void commands trips the node, a second of valid ones arms it.
`Bench` puts a kernel and an operator's hands around it; time is the frames'.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.config import load_limits, load_prescription, load_rig, load_tuning, resolve
from qh1a.control.alarms import Active, Alarms
from qh1a.control.kernel import Kernel, Snapshot
from qh1a.control.plausible import MOVED_BY
from qh1a.control.session import Machine
from qh1a.control.therapy import Therapy
from qh1a.settings import Limits, PidGains, Prescription, Rig, Tuning, limits_crc
from qh1a.tick import (
    UNPOWERED,
    Actuator,
    Decision,
    Event,
    EventCode,
    Frame,
    Intent,
    IntentName,
    Outcome,
    PauseKind,
    Quality,
    Response,
    State,
)
from qh1a.units import NS_PER_S, TICK_NS, Ns

C, A = Channel, Actuator
TICK: Final = int(TICK_NS)
LEASE_S: Final = 1.0
LEASE_TICKS: Final = 10
BLOOD_AFTER_ML: Final = 5.0
SALINE_FILL_ML_MIN: Final = 300.0
FLOWING: Final = {
    C.Q_B_10S: 130.0, C.Q_P_10S: 30.0, C.Q_C_10S: 100.0, C.Q_R_10S: 30.0, C.T_BR: 37.0, C.POS_VC: 1.0,
    C.POS_PC: 1.0,
}  # fmt: skip
"""What effective time needs, at the shipped set points."""
GOOD: Final = int(Quality.GOOD)
_LSB: Final = tuple(row.lsb for row in CHANNELS)


@cache
def prescription(name: str = "bench-10min") -> Prescription:
    return load_prescription(resolve(f"{name}.toml", "prescriptions"))


@cache
def limits() -> Limits:
    return load_limits(resolve("default.toml", "limits"))


@cache
def tuning() -> Tuning:
    return load_tuning(resolve("default.toml", "tuning"))


@cache
def rig() -> Rig:
    return load_rig(resolve("sim.toml", "rigs"))


@cache
def brisk() -> Prescription:
    """A session whose treatment takes a minute, with marks and ramps to match."""
    p = prescription()
    return replace(
        p,
        nominal_h=60.0 / 3600.0,
        preparation=replace(
            p.preparation, self_zero_s=1.0, self_node_s=2.5, self_pumps_s=1.0, prime_blood_s=1.0,
            prime_plasma_s=1.0, prime_warm_s=1.0, ready_test_s=1.0, connect_s=2.0,
        ),
        ramp=replace(
            p.ramp, blood_step_ml_min=30.0, blood_step_s=0.1, plasma_delay_s=1.0, plasma_step_ml_min=10.0,
            plasma_step_s=1.0, hold_s=2.0,
        ),
        marks=replace(
            p.marks, window_s=15.0, extension_max_s=15.0, ask_before_s=20.0, low_before_s=12.0,
            medium_into_extension_s=9.0, heparin_off_before_s=15.0, cap_extra_s=60.0, cap_low_before_s=30.0,
            cap_medium_before_s=10.0,
        ),
        rinseback=replace(p.rinseback, reservoir_end_g=145.0, saline_ml=5.0, disconnect_s=2.0),
    )  # fmt: skip


@cache
def brisk_tuning() -> Tuning:
    """Pumps that reach their set points within a few seconds, and limiters that let them."""
    quick = PidGains(0.2, 2.0)
    return replace(
        tuning(), blood_slew_ml_min_s=50.0, perfusion_slew_ml_min_s=50.0, blood_access=quick,
        blood_prefilter=quick, separation_tmp=quick, perfusion_inlet=quick, return_suction=quick,
    )  # fmt: skip


_LIMITS_CRC = float(limits_crc(limits().value))


def right_scans(p: Prescription, state: State) -> tuple[tuple[str, float, str], ...]:
    """Key, value and text of the right scans of a state."""
    if state is State.PRIME_LOAD:
        return (
            ("cartridge", 0.0, p.cartridge.id), ("viability_percent", 92.0, ""),
            ("out_of_incubator_min", 10.0, ""),
        )  # fmt: skip
    return (("subject", 0.0, p.patient.subject),) if state is State.READY else ()


class Plant:
    """The plant. `value`, `quality` and `age_s` override single channels until deleted."""

    def __init__(self) -> None:
        self.value: dict[Channel, float] = {}
        self.quality: dict[Channel, Quality] = {}
        self.age_s: dict[Channel, float] = {}
        self.attached = False
        self.sent: tuple[float, ...] = UNPOWERED
        self._last: int | None = None
        self._beat = 0
        self.deaf = False
        """A node that knows no lease."""
        self.tripped = False
        self._void = self._valid = 0
        self._w_r, self._w_s, self._w_w, self._v_hep, self._blood = 150.0, 5000.0, 0.0, 0.0, 0.0

    def apply(self, decision: Decision) -> None:
        self.sent = decision.commands.value
        void = self._last is not None and decision.commands.valid_until < self._last
        self._void, self._valid = (self._void + 1, 0) if void else (0, self._valid + 1)
        if self._void == LEASE_TICKS and not self.deaf:
            self.tripped = True
        elif self._valid == LEASE_TICKS:
            self.tripped = False
        if decision.session.state is State.CONNECT_FILL:
            self.attached = True

    def frame(self, now: int) -> Frame:
        gap = 0.0 if self._last is None else (now - self._last) / NS_PER_S
        self._last = now
        # Beyond its lease a command is void, so nothing moves.
        self._move(min(gap, LEASE_S))
        value = self._values()
        quality = [int(Quality.GOOD)] * N_MEASURED
        at = [now] * N_MEASURED
        for channel, number in self.value.items():
            value[channel] = number
        for channel, verdict in self.quality.items():
            quality[channel] = int(verdict)
        for channel, age in self.age_s.items():
            at[channel] = now - round(age * NS_PER_S)
        return Frame(Ns(now), tuple(value), tuple(at), tuple(quality))

    def _move(self, s: float) -> None:
        out, minutes = self.sent, s / 60.0
        self._w_r += 1.025 * (out[A.PP] - out[A.RP]) * minutes
        if out[A.SR] == 1.0:
            self._w_r += 1.025 * SALINE_FILL_ML_MIN * minutes
            self._w_s -= 1.005 * SALINE_FILL_ML_MIN * minutes
        if out[A.SC] == 1.0:
            self._w_s -= 1.005 * out[A.BP] * minutes
        if out[A.WC] == 1.0:
            self._w_w += 1.005 * out[A.RP] * minutes
        self._v_hep += out[A.HP] * minutes / 60.0
        if self.attached:
            self._blood += out[A.BP] * minutes

    def _values(self) -> list[float]:
        out, r = self.sent, rig()
        bp, pp, cp, rp = out[A.BP], out[A.PP], out[A.CP], out[A.RP]
        v = [0.0] * N_MEASURED
        v[C.Q_B], v[C.Q_P], v[C.Q_C], v[C.Q_R] = bp, pp, cp, rp
        p_ven = 8.0 + r.return_resistance * (bp - pp + rp)
        p_pre = p_ven + 0.115 * bp
        p_f2 = 0.4 * cp + 0.35 * rp
        v[C.P_ACC], v[C.P_PRE], v[C.P_VEN], v[C.P_VEN_N] = 8.0 - 0.52 * bp, p_pre, p_ven, p_ven
        v[C.P_FIL] = 0.5 * (p_pre + p_ven) - 0.6 * pp
        v[C.P_BRI], v[C.P_BRO] = 0.7 * cp, 0.59 * cp
        v[C.P_F2], v[C.P_F2O], v[C.P_RET] = p_f2, p_f2 - 0.35 * rp, p_ven + 0.5 * rp
        v[C.T_W1] = v[C.T_W2] = v[C.T_W_N] = 37.3
        v[C.T_BR], v[C.T_RET], v[C.T_AMB] = 37.0, 35.0, 23.0
        v[C.DO_IN], v[C.DO_OUT], v[C.PH] = 150.0, 100.0, 7.4
        v[C.W_R], v[C.W_S], v[C.W_W], v[C.LVL_R] = self._w_r, self._w_s, self._w_w, self._w_r / 1.025
        v[C.LVL_VEN], v[C.OPT_V], v[C.UPS_MIN] = 50.0, float(self._blood >= BLOOD_AFTER_ML), 60.0
        v[C.N_BP], v[C.N_PP] = bp / r.bp_stroke_ml, pp / r.pp_stroke_ml
        v[C.N_CP], v[C.N_RP] = cp / r.cp_stroke_ml, rp / r.rp_stroke_ml
        v[C.V_HEP] = self._v_hep
        v[C.NODE] = float(self.tripped)
        v[C.LIMITS_N] = _LIMITS_CRC
        v[C.POS_AC : C.POS_BV + 1] = out[A.AC :]
        # The rollers' ripple, one step of the grid: a line that stands still is a fault.
        self._beat = 1 - self._beat
        for channel, _ in MOVED_BY:
            v[channel] += self._beat * _LSB[channel]
        return [round(x / lsb) * lsb if x else 0.0 for x, lsb in zip(v, _LSB, strict=False)]


class Bench:
    """A kernel on the ideal plant, with the operator's hands: one call of `tick` is one frame."""

    def __init__(
        self, prescribed: Prescription | None = None, tuned: Tuning | None = None, start: int = 0
    ) -> None:
        self.prescription = prescribed or prescription()
        self._tuning = tuned or tuning()
        self.kernel = self._kernel()
        self.plant = Plant()
        self.now = start
        self.frame: Frame | None = None
        self.last: Decision | None = None
        self.highest = Response.NONE
        self._ids = 0

    def _kernel(self) -> Kernel:
        return Kernel(self.prescription, limits(), self._tuning, rig())

    def branch(self, snapshot: Snapshot) -> "Bench":
        """A second bench that goes on from a snapshot of this one's kernel, taken now."""
        other = Bench(self.prescription, self._tuning)
        other.kernel.restore(snapshot)
        other.plant = copy.deepcopy(self.plant)
        other.now, other.frame, other.last, other.highest = self.now, self.frame, self.last, self.highest
        return other

    @property
    def decision(self) -> Decision:
        assert self.last is not None
        return self.last

    @property
    def state(self) -> State:
        return self.decision.session.state

    def tick(self, *intents: Intent, after: int = TICK) -> Decision:
        self.now += after
        self.frame = self.plant.frame(self.now)
        decision = self.kernel.step(self.frame, intents)
        self.plant.apply(decision)
        for event in decision.events:
            if event.code is EventCode.RESPONSE:
                self.highest = Response[event.subject]
        self.last = decision
        return decision

    def intent(self, name: IntentName, key: str = "", value: float = 0.0, why: str = "") -> Intent:
        self._ids += 1
        return Intent(self._ids, name, key, value, "tester", why)

    def ask(self, name: IntentName, key: str = "", value: float = 0.0, why: str = "") -> str:
        """One tick with one intent: "" when taken, else the name of the refusal."""
        return answer(self.tick(self.intent(name, key, value, why)).events)

    def scans(self) -> tuple[Intent, ...]:
        """What an operator reads off patient or cartridge in the present state, all of it right."""
        return tuple(
            self.intent(IntentName.ENTER, *scan) for scan in right_scans(self.prescription, self.state)
        )

    def run(self, s: float) -> list[Decision]:
        return [self.tick() for _ in range(round(s * 10))]

    def until(self, state: State, within_s: float) -> list[Decision]:
        """Tick until a state is reached."""
        seen: list[Decision] = []
        while not seen or seen[-1].session.state is not state:
            assert len(seen) < within_s * 10, f"still in {self.state.name}: {self.decision.alarms}"
            seen.append(self.tick())
        return seen

    def to(self, state: State, within_s: float = 300.0) -> "Bench":
        """Go from the start to a state of preparation, connection or treatment, as an operator would."""
        waits = {
            State.SELF_WAIT: IntentName.START,
            State.PRIME_LOAD: IntentName.CONFIRM,
            State.READY: IntentName.CONFIRM,
            State.CONNECT_ACCESS: IntentName.CONFIRM,
            State.CONNECT_VENOUS: IntentName.CONNECTED,
        }
        for _ in range(round(within_s * 10)):
            if self.last is not None and self.state is state:
                return self
            name = None if self.last is None else waits.get(self.state)
            self.tick(*(() if name is None else (*self.scans(), self.intent(name))))
        msg = f"{state.name} not reached: {self.state.name}, {self.decision.alarms}"
        raise AssertionError(msg)

    def effective_s(self) -> float:
        return self.decision.session.effective_ns / NS_PER_S

    def sent(self, actuator: Actuator) -> float:
        return self.decision.commands.value[actuator]

    def derived(self, channel: Channel) -> tuple[float, int]:
        """Value and quality of a channel as this tick used it: measured GOOD unless the plant doubts it."""
        if channel >= N_MEASURED:
            at = channel - N_MEASURED
            return self.decision.derived[at], self.decision.derived_quality[at]
        assert self.frame is not None
        return self.frame.value[channel], self.frame.quality[channel]


def answer(events: Sequence[Event]) -> str:
    """What became of the one intent among these events."""
    (found,) = [e for e in events if e.code in {EventCode.INTENT_TAKEN, EventCode.INTENT_REFUSED}]
    assert bool(found.detail) is (found.code is EventCode.INTENT_REFUSED)
    return found.detail


@cache
def _treating() -> tuple[Bench, Snapshot]:
    bench = Bench(brisk(), brisk_tuning()).to(State.TREAT)
    return bench, bench.kernel.snapshot()


def treating() -> Bench:
    """A brisk session that has just entered TREAT."""
    bench, snapshot = _treating()
    return bench.branch(snapshot)


class Hands:
    """A `Therapy` alone, with its readings, responses and time given by hand."""

    def __init__(self, p: Prescription, origin: int = 0) -> None:
        self.therapy = Therapy(p)
        self.alarms = Alarms(limits())
        self.v = [0.0] * len(CHANNELS)
        self.q = [GOOD] * len(CHANNELS)
        self.now = origin
        self.flow()
        # Prepared and filled: the operator has only to say that the patient is connected.
        self.therapy.machine = Machine(State.CONNECT_VENOUS, State.RAMP, False, True, False, Outcome.OPEN)
        self.step()

    def flow(self) -> None:
        for channel, number in FLOWING.items():
            self.v[channel] = number

    def stop(self, kind: PauseKind) -> None:
        """What a pause does to the readings."""
        self.v[C.Q_P_10S] = self.v[C.Q_R_10S] = self.v[C.POS_PC] = 0.0
        if kind is not PauseKind.PLASMA:
            self.v[C.Q_B_10S] = self.v[C.POS_VC] = 0.0

    def respond(self, highest: Response) -> None:
        self.alarms.active = Active((highest,), (), highest)

    def step(self, after: int = TICK) -> list[Event]:
        self.now += after
        events: list[Event] = []
        self.therapy.step(Ns(self.now), self.v, self.q, self.alarms, events)
        return events

    def ask(self, name: IntentName, key: str = "", value: float = 0.0, why: str = "") -> str:
        events: list[Event] = []
        intent = Intent(1, name, key, value, "tester", why)
        self.therapy.take(Ns(self.now), intent, self.alarms, self.v, self.q, events)
        return answer(events)

    def scan(self) -> str:
        """The right scans of the present state: "" when all were taken, else the first refusal."""
        answers = [self.ask(IntentName.ENTER, *scan) for scan in right_scans(self.therapy._p, self.state)]  # noqa: SLF001 - the bench's own
        return next(filter(None, answers), "")

    def until(self, state: State, most_s: float = 40_000.0) -> None:
        end = self.now + most_s * NS_PER_S
        step, therapy = self.therapy.step, self.therapy
        v, q, alarms, now = self.v, self.q, self.alarms, self.now
        events: list[Event] = []
        while therapy.machine.state is not state:
            now += TICK
            assert now < end, therapy.machine
            step(Ns(now), v, q, alarms, events)
        self.now = now

    def wait(self, s: float) -> None:
        for _ in range(round(s * 10)):
            self.step()

    def to_treat(self) -> "Hands":
        assert self.ask(IntentName.CONNECTED) == ""
        self.until(State.TREAT)
        return self

    @property
    def state(self) -> State:
        return self.therapy.machine.state

    def effective_s(self) -> float:
        return self.therapy.effective_ns / NS_PER_S

    def wall_s(self) -> float:
        return self.therapy.wall_ns / NS_PER_S


def hurried(name: str) -> Prescription:
    """The shipped session of that name, its treatment and marks untouched, what comes before hurried."""
    p = prescription(name)
    return replace(p, ramp=replace(p.ramp, hold_s=2.0), preparation=replace(p.preparation, ready_test_s=1.0))
