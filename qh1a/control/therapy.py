"""What of a session moves with time: the four clocks, timed steps, checks, set points, and the intents.

Clocks (circuit 6): wall, from entering RAMP; blood-circulating; effective, the endpoint of the trial; plasma
litres. All are therapy time in ns: a jump of the wall clock cannot move them, and a gap over 0.5 s between
frames adds nothing but to the wall.
"""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.alarms import Alarms
from qh1a.control.checks import CHECKS
from qh1a.control.index import (
    N_BP,
    NODE,
    OPT_V,
    POS_AC,
    POS_PC,
    POS_VC,
    Q_B_10S,
    Q_C_10S,
    Q_P_10S,
    Q_R_10S,
    RINSE_CHASE,
    RINSE_SALINE,
    T_BR,
    W_R,
)
from qh1a.control.scans import KEYS, Scans
from qh1a.control.session import (
    ON_PATIENT,
    RINSING,
    START,
    TREATING,
    Machine,
    Refusal,
    Trigger,
    blocked,
    follow,
    ladder,
    pause_trigger,
)
from qh1a.control.setpoints import SetPoints, changed
from qh1a.settings import Prescription
from qh1a.tick import (
    Event,
    EventCode,
    Intent,
    IntentName,
    Outcome,
    Quality,
    Response,
    SessionView,
    State,
)
from qh1a.units import NS_PER_MIN, Ns, nanoseconds

GAP_NS: Final = 500_000_000
"""A longer gap between frames adds nothing to effective time (the host was suspended)."""
EFFECTIVE_SHARE: Final = 0.7
"""Flows must reach this share of the frozen set point to count as treatment (circuit 6)."""
AT_SET_SHARE: Final = 0.95
EFFECTIVE_T_LO: Final = 35.0
EFFECTIVE_T_HI: Final = 38.5

TRIP_NS: Final = 1_500_000_000
"""A node whose last command is void after 1.0 s has tripped, and said so, by then; later proves nothing."""

_GOOD: Final = int(Quality.GOOD)
_TREAT, _R1 = State.TREAT, Response.R1
_ON_PATIENT: Final = tuple(state in ON_PATIENT for state in State)
_TREATING: Final = tuple(state in TREATING for state in State)
_OVER: Final = tuple(state in {State.DISCONNECT, State.ENDED} for state in State)
_NEEDED: Final = [Q_B_10S, Q_P_10S, Q_C_10S, Q_R_10S, T_BR, POS_VC, POS_PC]


NOTE: Final = "note"
WARM_LO: Final = 36.5
WARM_HI: Final = 37.5
RESERVOIR_BAND_G: Final = 15.0


@mypyc_attr(serializable=True)
class Therapy:
    """The session with its clocks. Mutable; the discrete part stays the frozen `machine`."""

    def __init__(self, prescription: Prescription, *, injects: bool = False) -> None:
        p = prescription
        self._injects = injects
        self._p = p
        self.nominal_ns = round(p.nominal_h * 3600) * 1_000_000_000
        self.marks = p.marks
        self._cap_ns = self.nominal_ns + nanoseconds(p.marks.cap_extra_s)
        self._timed = {
            State.SELF_ZERO: nanoseconds(p.preparation.self_zero_s),
            State.SELF_NODE: nanoseconds(p.preparation.self_node_s),
            State.SELF_PUMPS: nanoseconds(p.preparation.self_pumps_s),
            State.PRIME_BLOOD: nanoseconds(p.preparation.prime_blood_s),
            State.PRIME_PLASMA: nanoseconds(p.preparation.prime_plasma_s),
            State.PRIME_WARM: nanoseconds(p.preparation.prime_warm_s),
            State.READY_TEST: nanoseconds(p.preparation.ready_test_s),
            State.CONNECT_FILL: nanoseconds(p.preparation.connect_s),
        }
        self._checks = {s: tuple(c for c in CHECKS if c.state is s) for s in State}
        self.machine: Machine = START
        f = p.flows
        self.sets = SetPoints(
            f.blood_ml_min, f.plasma_ml_min, f.perfusion_ml_min, f.temperature_c, f.do_in_mmhg, f.ph
        )
        self.frozen = self.sets
        self._entered: Ns | None = None
        self._last: Ns | None = None
        self._spent_in = START.state
        self.extension_ns = 0
        self.effective_ns = 0
        self.blood_ns = 0
        self.wall_ns = 0
        self.plasma_ml = 0.0
        self.at_set_ns = 0
        self.samples_ml = 0.0
        self.ramped = False
        self._scans = Scans(p)
        self.withheld = False
        """Whether commands leave void: the watchdog is being waited for (H34)."""

    # -- intents --------------------------------------------------------------------------------------

    def take(
        self, now: Ns, intent: Intent, alarms: Alarms, v: list[float], q: list[int], events: list[Event]
    ) -> None:
        """Answer one intent: an INTENT_TAKEN or INTENT_REFUSED event, and what follows from it."""
        refusal = self._take(now, intent, alarms, v, q, events)
        code = EventCode.INTENT_TAKEN if refusal is None else EventCode.INTENT_REFUSED
        reason = "" if refusal is None else refusal.name
        events.append(Event(code, intent.name.name, float(intent.id), reason))

    def _take(  # noqa: PLR0911 - one answer per kind of wish
        self, now: Ns, intent: Intent, alarms: Alarms, v: list[float], q: list[int], events: list[Event]
    ) -> Refusal | None:
        match intent.name:
            case IntentName.SET:
                return self._set(intent, events)
            case IntentName.EXTEND:
                return self._extend(intent, events)
            case IntentName.ENTER if intent.key in KEYS:
                refusal = self._scans.take(now, self.machine.state, intent)
                if refusal is None:
                    events.append(Event(EventCode.ENTERED, intent.key, intent.value, intent.why))
                return refusal
            case IntentName.ENTER if intent.key == NOTE:
                if not intent.why.strip():
                    return Refusal.REASON_NEEDED
                events.append(Event(EventCode.ENTERED, NOTE, 0.0, intent.why))
                return None
            case IntentName.INJECT:  # the plant bears it; the core says when, so that the record knows
                if not self._injects:
                    return Refusal.NOT_HERE
                events.append(Event(EventCode.ENTERED, intent.key, intent.value, "injected"))
                return None
            case IntentName.ENTER:
                if intent.key != "sample_ml":
                    return Refusal.UNKNOWN_KEY
                if not 0.0 <= intent.value <= 50.0:
                    return Refusal.OUT_OF_RANGE
                self.samples_ml += intent.value
                events.append(Event(EventCode.ENTERED, intent.key, intent.value))
                return None
            case IntentName.ACKNOWLEDGE:
                if not alarms.acknowledge(now, intent.key, events, intent.why):
                    return Refusal.NO_ALARM
                return Refusal.CAUSE_NEEDED if alarms.asks_cause(intent.key) else None
            case IntentName.AUDIO_PAUSE:
                alarms.pause_audio(now, events)
                return None
            case IntentName.END if self._early() and not intent.why.strip():
                return Refusal.REASON_NEEDED
            case IntentName.DISCONNECTED if self.machine.state is State.DISCONNECT and not self._off(v, q):
                return Refusal.STILL_CONNECTED
            case _:
                trigger = _trigger(intent)
                if trigger is None:
                    return Refusal.UNKNOWN_KEY
                if trigger is Trigger.CONFIRM:
                    missing = self._scans.missing(now, self.machine.state)
                    if missing is not None:
                        return missing
                barred = blocked(alarms.active, self.machine, trigger)
                return self._follow(trigger, events, is_blocked=barred)

    def _early(self) -> bool:
        """Whether an end now would be before the prescribed time; rinsing, the end is behind us."""
        begun = self.ramped and self.machine.state not in RINSING
        return begun and self.effective_ns < self.nominal_ns

    def _off(self, v: list[float], q: list[int]) -> bool:
        """What the machine itself can show of H41: everything stands and is clamped, for long enough."""
        clamped = all(q[c] == _GOOD and v[c] == 0.0 for c in (POS_AC, POS_VC, POS_PC))
        still = q[N_BP] == _GOOD and -0.2 < v[N_BP] < 0.2
        return clamped and still and self._in_state() >= nanoseconds(self._p.rinseback.disconnect_s)

    def _set(self, intent: Intent, events: list[Event]) -> Refusal | None:
        new = changed(self.sets, intent.key, intent.value, running=self.ramped)
        if isinstance(new, Refusal):
            return new
        self.sets = new
        self.at_set_ns = 0
        events.append(Event(EventCode.ENTERED, intent.key, intent.value))
        return None

    def _extend(self, intent: Intent, events: list[Event]) -> Refusal | None:
        marks = self.marks
        if not 0.0 < intent.value <= marks.extension_max_s:
            return Refusal.OUT_OF_RANGE
        wanted = nanoseconds(intent.value)
        if not intent.why.strip():
            return Refusal.REASON_NEEDED
        if self.effective_ns < self.nominal_ns - nanoseconds(marks.ask_before_s):
            return Refusal.TOO_EARLY
        if wanted <= self.extension_ns or wanted <= self.effective_ns - self.nominal_ns:
            return Refusal.WINDOW_SPENT
        refusal = self._follow(Trigger.EXTEND, events)
        if refusal is None:
            self.extension_ns = wanted
            events.append(Event(EventCode.EXTENDED, "", intent.value, intent.why))
        return refusal

    # -- time -----------------------------------------------------------------------------------------

    def step(self, now: Ns, v: list[float], q: list[int], alarms: Alarms, events: list[Event]) -> None:
        """Move clocks, then the machine: response ladder, timed steps, time rules."""
        gap = 0 if self._last is None else max(0, now - self._last)
        self._last = now
        if self._entered is None:
            self._entered = now
        dt = gap if gap <= GAP_NS else 0
        if gap > GAP_NS:
            self._entered = Ns(self._entered + gap)  # steps and ramps go on where the host fell asleep
            events.append(Event(EventCode.GAP, "", gap / 1e9))
        state = self.machine.state
        self._count(gap, dt, state, v, q, alarms.active.highest)
        trigger = ladder(alarms.active)
        if trigger is not None:
            self._follow(trigger, events)
        if state is _TREAT:
            if self.effective_ns >= self.nominal_ns + self.extension_ns:
                self._follow(Trigger.NOMINAL, events)
        elif self.machine.state is state:
            self._progress(state, dt, v, q, events)
        if self.wall_ns >= self._cap_ns and not self.machine.capped:
            self._follow(Trigger.CAP, events)
        self._spent_in = self.machine.state

    def _progress(self, state: State, dt: int, v: list[float], q: list[int], events: list[Event]) -> None:
        """States that end by themselves, other than TREAT."""
        ends = self._p.rinseback
        if state in self._timed:
            self._steps(v, q, events)
        elif state is State.RAMP:
            self._at_set(dt, v, q, events)
        elif state is State.RINSE_PLASMA:
            if v[RINSE_CHASE] >= ends.chase_ml and v[W_R] <= ends.reservoir_end_g and q[W_R] == _GOOD:
                self._follow(Trigger.RINSE_NEXT, events)
        elif state is State.RINSE_BLOOD and v[RINSE_SALINE] >= ends.saline_ml:
            self._follow(Trigger.RINSE_NEXT, events)

    def _count(
        self, gap: int, dt: int, state: State, v: list[float], q: list[int], highest: Response
    ) -> None:
        if self.ramped and not _OVER[state]:
            self.wall_ns += gap
        if not dt:
            return
        if _ON_PATIENT[state] and q[Q_B_10S] == _GOOD and v[Q_B_10S] >= 10.0:
            self.blood_ns += dt
        if _TREATING[state] and q[Q_P_10S] == _GOOD and v[Q_P_10S] > 0.0:
            self.plasma_ml += v[Q_P_10S] * dt / NS_PER_MIN
        # A tick that takes a resume is the last of the pause.
        if state is _TREAT and self._spent_in is _TREAT and highest <= _R1 and self._effective(v, q):
            self.effective_ns += dt

    def _effective(self, v: list[float], q: list[int]) -> bool:
        for channel in _NEEDED:
            if q[channel] != _GOOD:
                return False
        f = self.frozen
        return (
            v[Q_B_10S] >= EFFECTIVE_SHARE * f.blood
            and v[Q_P_10S] >= EFFECTIVE_SHARE * f.plasma
            and v[Q_C_10S] >= EFFECTIVE_SHARE * f.perfusion
            and v[Q_R_10S] >= EFFECTIVE_SHARE * v[Q_P_10S]
            and v[Q_C_10S] > v[Q_R_10S]
            and EFFECTIVE_T_LO <= v[T_BR] <= EFFECTIVE_T_HI
            and v[POS_VC] == 1.0
            and v[POS_PC] == 1.0
        )

    def _steps(self, v: list[float], q: list[int], events: list[Event]) -> None:
        """Timed states: fill until blood is seen, warm and fill until ready, tests at their end."""
        state = self.machine.state
        over = self._in_state() >= self._timed[state]
        if self.withheld:
            # What trips late proves no watchdog.
            self.withheld = q[NODE] != _GOOD or v[NODE] < 1.0 or self._in_state() > TRIP_NS
        if state is State.CONNECT_FILL:
            if q[OPT_V] == _GOOD and v[OPT_V] >= 0.5:
                self._follow(Trigger.BLOOD_SEEN, events)
            elif over:
                self._follow(Trigger.VOLUME_REACHED, events)
            return
        if not over:
            return
        target = self._p.preparation.reservoir_g
        if state is State.PRIME_WARM and not (
            q[T_BR] == _GOOD
            and WARM_LO <= v[T_BR] <= WARM_HI
            and q[W_R] == _GOOD
            and abs(v[W_R] - target) <= RESERVOIR_BAND_G
        ):
            return
        failed = [
            c for c in self._checks[state]
            if self.withheld or q[c.channel] != _GOOD or not c.lo <= v[c.channel] <= c.hi
        ]  # fmt: skip
        events.extend(Event(EventCode.CHECK_FAILED, c.channel.name, v[c.channel], state.name) for c in failed)
        self._follow(Trigger.CHECKS_FAILED if failed else Trigger.CHECKS_PASSED, events)

    def _at_set(self, dt: int, v: list[float], q: list[int], events: list[Event]) -> None:
        s = self.sets
        reached = (
            q[Q_B_10S] == q[Q_P_10S] == q[Q_C_10S] == _GOOD
            and v[Q_B_10S] >= AT_SET_SHARE * s.blood
            and v[Q_P_10S] >= AT_SET_SHARE * s.plasma
            and v[Q_C_10S] >= AT_SET_SHARE * s.perfusion
        )
        self.at_set_ns = self.at_set_ns + dt if reached else 0
        if self.at_set_ns >= nanoseconds(self._p.ramp.hold_s):
            self._follow(Trigger.AT_SET, events)

    # -- the machine ----------------------------------------------------------------------------------

    def _follow(self, trigger: Trigger, events: list[Event], *, is_blocked: bool = False) -> Refusal | None:
        before = self.machine
        after = follow(before, trigger, blocked=is_blocked)
        if isinstance(after, Refusal):
            return after
        # A failed test begins again, also where the step to repeat is the test itself.
        if after.state is not before.state or trigger is Trigger.CHECKS_FAILED:
            self._enter(before.state, after, trigger, events)
        else:
            self.machine = after
        return None

    def _enter(self, came: State, after: Machine, trigger: Trigger, events: list[Event]) -> None:
        self._entered = self._last
        self.at_set_ns = 0
        state = after.state
        self._scans.forget()
        self.withheld = state is State.SELF_NODE
        if state is State.CONNECT_ACCESS and not self.ramped:
            self.frozen = self.sets
            events.append(Event(EventCode.FROZEN))
        if state is State.RAMP:
            self.ramped = True
        if state is State.TREAT_END:
            events.append(Event(EventCode.END_PROMPT, trigger.name))
        if state in {State.DISCONNECT, State.ENDED} and after.outcome is Outcome.OPEN:
            after = after._replace(outcome=self._outcome(came))
            events.append(Event(EventCode.OUTCOME, "", self.effective_ns / 1e9, after.outcome.name))
        self.machine = after
        events.append(Event(EventCode.STATE, state.name, float(state), trigger.name))

    def _outcome(self, came: State) -> Outcome:
        if not self.ramped:
            return Outcome.ABORTED
        if came is State.SAFE:
            return Outcome.SAFE
        return Outcome.COMPLETED if self.effective_ns >= self.nominal_ns else Outcome.ENDED_EARLY

    def _in_state(self) -> int:
        return 0 if self._last is None or self._entered is None else self._last - self._entered

    def in_state_s(self) -> float:
        """Seconds in the present state."""
        return self._in_state() / 1e9

    def view(self) -> SessionView:
        """The session after this tick."""
        m = self.machine
        return SessionView(
            m.state, m.left, m.connected, self.extension_ns, m.outcome, self._in_state(), self.effective_ns,
            self.blood_ns, self.wall_ns, self.plasma_ml,
        )  # fmt: skip


_ENDS: Final = {
    "": Trigger.END,
    "without_plasma": Trigger.END_WITHOUT_PLASMA,
    "without_rinse": Trigger.END_WITHOUT_RINSE,
}
_PLAIN: Final = {
    IntentName.START: Trigger.START,
    IntentName.CONFIRM: Trigger.CONFIRM,
    IntentName.CONNECTED: Trigger.CONNECTED,
    IntentName.RESUME: Trigger.RESUME,
    IntentName.RINSE_NEXT: Trigger.RINSE_NEXT,
    IntentName.DISCONNECTED: Trigger.DISCONNECTED,
    IntentName.ABORT: Trigger.ABORT,
    IntentName.STOP: Trigger.STOP,
}


def _trigger(intent: Intent) -> Trigger | None:
    if intent.name is IntentName.PAUSE:
        return pause_trigger(intent.key)
    if intent.name is IntentName.END:
        return _ENDS.get(intent.key)
    return _PLAIN[intent.name]
