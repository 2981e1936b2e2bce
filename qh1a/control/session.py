"""The session machine: states, triggers, pauses, the four clocks and the time rules (circuit 6).

`follow` is the machine: a frozen `Machine` and a trigger give the next one or a refusal; every pair is
decided. What moves with time (clocks, timed steps, checks, set points) is in `therapy`.
"""

from collections.abc import Sequence
from enum import Enum, IntEnum
from itertools import product
from typing import Final, NamedTuple, assert_never

from qh1a.control.alarms import Active
from qh1a.tick import STATES, Outcome, PauseKind, Phase, Response, State


class Trigger(IntEnum):
    """What can move a session: the operator's intents and the session's own events."""

    START = 0
    CONFIRM = 1
    CONNECTED = 2
    PAUSE_PLASMA = 3
    PAUSE_STOPPED = 4
    PATIENT_OFF = 5
    RESUME = 6
    END = 7
    END_WITHOUT_RINSE = 8
    RINSE_NEXT = 9
    DISCONNECTED = 10
    ABORT = 11
    STOP = 12
    EXTEND = 13
    CHECKS_PASSED = 14
    CHECKS_FAILED = 15
    BLOOD_SEEN = 16
    AT_SET = 17
    RESPONSE_R2 = 18
    RESPONSE_R4 = 19
    RESPONSE_R5 = 20
    NOMINAL = 21
    CAP = 22
    VOLUME_REACHED = 23
    END_WITHOUT_PLASMA = 24


class Refusal(Enum):
    """Why a wish was not granted; the texts stand in the catalogues."""

    NOT_NOW = "not possible in this phase"
    ALARM_PRESENT = "an alarm that stops treatment is still present"
    NOT_TESTED = "the tests before connection have not passed"
    REASON_NEEDED = "an end before the prescribed time needs a reason"
    OUT_OF_RANGE = "outside the hard limits"
    RATIO = "Q_p/Q_b would exceed 0.30"
    PERFUSION = "perfusion must be at least 1.1 x separation + 5 mL/min"
    UNKNOWN_KEY = "no such setting"
    TOO_EARLY = "an extension is asked from the mark before the end"
    WINDOW_SPENT = "the extension is spent"
    CAP_REACHED = "the wall-time cap is reached"
    STILL_CONNECTED = "pressures do not show that the patient is off"
    NO_ALARM = "no such alarm"
    CAUSE_NEEDED = "acknowledged; say what the cause was to reset it"
    NOT_SCANNED = "not scanned in this step"
    WRONG_SUBJECT = "not the subject of the prescription"
    WRONG_CARTRIDGE = "not the cartridge of the prescription"
    CARTRIDGE_NOT_VIABLE = "viability below the prescribed least"
    CARTRIDGE_TOO_LONG_OUT = "longer out of the incubator than prescribed"
    NOT_HERE = "faults are injected on SIM and RIG only"


class Machine(NamedTuple):
    """The discrete state of a session, frozen. `left` is where a pause or a re-connection returns to."""

    state: State
    left: State
    connected: bool
    tested: bool
    capped: bool
    outcome: Outcome


START: Final = Machine(State.SELF_WAIT, State.RAMP, False, False, False, Outcome.OPEN)

_S, _T = State, Trigger
_R1: Final = Response.R1
TREATING: Final = frozenset({_S.RAMP, _S.TREAT, _S.TREAT_END})
RINSING: Final = frozenset({_S.RINSE_PLASMA, _S.RINSE_BLOOD})
PAUSED: Final = frozenset({_S.PAUSE_PLASMA, _S.PAUSE_STOPPED, _S.PATIENT_OFF})
ON_PATIENT: Final = TREATING | RINSING | {_S.PAUSE_PLASMA, _S.PAUSE_STOPPED, _S.SAFE}
_CONNECTING: Final = frozenset({_S.CONNECT_ACCESS, _S.CONNECT_FILL, _S.CONNECT_VENOUS})
_STOPPED: Final = frozenset({_S.PAUSE_STOPPED, _S.SAFE})

_CONFIRMED: Final = {
    _S.PRIME_LOAD: _S.PRIME_BLOOD, _S.READY: _S.CONNECT_ACCESS, _S.CONNECT_ACCESS: _S.CONNECT_FILL,
}  # fmt: skip
_PASSED: Final = {
    _S.SELF_ZERO: _S.SELF_NODE, _S.SELF_NODE: _S.SELF_PUMPS, _S.SELF_PUMPS: _S.PRIME_LOAD,
    _S.PRIME_BLOOD: _S.PRIME_PLASMA,
    _S.PRIME_PLASMA: _S.PRIME_WARM, _S.PRIME_WARM: _S.READY_TEST, _S.READY_TEST: _S.READY,
}  # fmt: skip
_RINSES: Final = {
    _T.END: _S.RINSE_PLASMA, _T.END_WITHOUT_PLASMA: _S.RINSE_BLOOD, _T.RINSE_NEXT: _S.RINSE_BLOOD,
}  # fmt: skip
_REPEAT: Final = {
    Phase.SELF_TEST: _S.SELF_WAIT, Phase.PRIME: _S.PRIME_LOAD, Phase.READY: _S.READY_TEST,
}  # fmt: skip
"""Where a failed check or a response sends the phases before connection: the step is repeated."""


def follow(m: Machine, trigger: Trigger, *, blocked: bool = False) -> Machine | Refusal:  # noqa: PLR0911, PLR0912 - one exhaustive match is the point
    """The next machine, or why not. `blocked`: a response above R1 is in force.

    Total over (state, trigger): a trigger that says nothing in a state is refused with NOT_NOW.
    """
    s = m.state
    match trigger:
        case _T.START:
            return m._replace(state=_S.SELF_ZERO) if s is _S.SELF_WAIT else Refusal.NOT_NOW
        case _T.CONFIRM:
            if s not in _CONFIRMED:
                return Refusal.NOT_NOW
            if s is not _S.PRIME_LOAD and not m.tested:
                return Refusal.NOT_TESTED
            return Refusal.ALARM_PRESENT if blocked else m._replace(state=_CONFIRMED[s])
        case _T.CONNECTED:
            if s is not _S.CONNECT_VENOUS:
                return Refusal.NOT_NOW
            if blocked:
                return Refusal.ALARM_PRESENT
            over = m.capped or m.left is _S.TREAT_END
            return m._replace(state=_S.TREAT_END if over else _S.RAMP, connected=True)
        case _T.PAUSE_PLASMA:
            return _pause(m, _S.PAUSE_PLASMA) if s in TREATING - {_S.TREAT_END} else Refusal.NOT_NOW
        case _T.PAUSE_STOPPED | _T.STOP:
            if s in _STOPPED:
                return m if trigger is _T.STOP else Refusal.NOT_NOW
            if trigger is _T.STOP and STATES[s].phase is Phase.READY:
                # Its own test would start the blood pump again without anybody's word.
                return m._replace(state=_S.SAFE, tested=False)
            return _stop(m) if trigger is _T.STOP or s in ON_PATIENT else Refusal.NOT_NOW
        case _T.PATIENT_OFF:
            if s not in {_S.PAUSE_PLASMA, _S.PAUSE_STOPPED} or m.left in RINSING:
                return Refusal.NOT_NOW
            # A re-connection ramps whatever it left; RAMP with nobody connected means that nobody ever was.
            left = _S.TREAT if m.left is _S.RAMP else m.left
            return m._replace(state=_S.PATIENT_OFF, left=left, connected=False, tested=False)
        case _T.RESUME:
            return _resume(m, blocked=blocked)
        case _T.END:
            paused = s in {_S.PAUSE_PLASMA, _S.PAUSE_STOPPED} and m.left not in RINSING
            if m.connected and (paused or s in TREATING or s is _S.SAFE):
                return Refusal.ALARM_PRESENT if blocked else m._replace(state=_S.RINSE_PLASMA)
            return Refusal.NOT_NOW
        case _T.END_WITHOUT_PLASMA:
            paused = s in {_S.PAUSE_PLASMA, _S.PAUSE_STOPPED} and m.left is not _S.RINSE_BLOOD
            if m.connected and (paused or s in TREATING or s is _S.SAFE):
                return Refusal.ALARM_PRESENT if blocked else m._replace(state=_S.RINSE_BLOOD)
            return Refusal.NOT_NOW
        case _T.END_WITHOUT_RINSE:
            if s in PAUSED | {_S.SAFE, _S.TREAT_END} or s in _CONNECTING | RINSING:
                return m._replace(state=_S.DISCONNECT)
            return Refusal.NOT_NOW
        case _T.RINSE_NEXT:
            if s is _S.RINSE_PLASMA:
                return m._replace(state=_S.RINSE_BLOOD)
            if s in {_S.PAUSE_PLASMA, _S.PAUSE_STOPPED} and m.left is _S.RINSE_PLASMA:
                return Refusal.ALARM_PRESENT if blocked else m._replace(state=_S.RINSE_BLOOD)
            return m._replace(state=_S.DISCONNECT) if s is _S.RINSE_BLOOD else Refusal.NOT_NOW
        case _T.DISCONNECTED:
            if s is not _S.DISCONNECT:
                return Refusal.NOT_NOW
            return m._replace(state=_S.ENDED, connected=False, tested=False)
        case _T.ABORT | _T.RESPONSE_R5:
            return m if s in {_S.SAFE, _S.DISCONNECT, _S.ENDED} else m._replace(state=_S.SAFE, left=_leave(m))
        case _T.EXTEND:
            if m.capped:
                return Refusal.CAP_REACHED
            if s not in {_S.TREAT, _S.TREAT_END, _S.PAUSE_PLASMA, _S.PAUSE_STOPPED}:
                return Refusal.NOT_NOW
            if s is _S.TREAT_END:
                return m._replace(state=_S.TREAT)
            return m._replace(left=_S.TREAT) if m.left is _S.TREAT_END else m
        case _T.CHECKS_PASSED:
            if s not in _PASSED:
                return Refusal.NOT_NOW
            return m._replace(state=_PASSED[s], tested=m.tested or s is _S.READY_TEST)
        case _T.CHECKS_FAILED:
            phase = STATES[s].phase
            return m._replace(state=_REPEAT[phase], tested=False) if phase in _REPEAT else Refusal.NOT_NOW
        case _T.BLOOD_SEEN:
            return m._replace(state=_S.CONNECT_VENOUS) if s is _S.CONNECT_FILL else Refusal.NOT_NOW
        case _T.AT_SET:
            return m._replace(state=_S.TREAT) if s is _S.RAMP else Refusal.NOT_NOW
        case _T.RESPONSE_R2:
            if s in {_S.RAMP, _S.TREAT, _S.RINSE_PLASMA}:
                return _pause(m, _S.PAUSE_PLASMA)
            return _before(m)
        case _T.RESPONSE_R4:
            return m if s in _STOPPED else _stop(m)
        case _T.NOMINAL:
            return m._replace(state=_S.TREAT_END) if s is _S.TREAT else Refusal.NOT_NOW
        case _T.CAP:
            moving = s in {_S.RAMP, _S.TREAT} or (s is _S.PAUSE_PLASMA and m.left in TREATING)
            return m._replace(state=_S.TREAT_END if moving else s, capped=True)
        case _T.VOLUME_REACHED:
            return m._replace(state=_S.CONNECT_VENOUS) if s is _S.CONNECT_FILL else Refusal.NOT_NOW
        case _:
            assert_never(trigger)


def _leave(m: Machine) -> State:
    return m.state if m.state in TREATING | RINSING else m.left


def _pause(m: Machine, kind: State) -> Machine:
    return m._replace(state=kind, left=_leave(m))


def _stop(m: Machine) -> Machine:
    """Everything of the patient's stands still; before connection the step is repeated instead."""
    return _pause(m, _S.PAUSE_STOPPED) if m.state in ON_PATIENT else _before(m)


def _before(m: Machine) -> Machine:
    """A response before treatment: CONNECT stops, earlier phases repeat their step, later ones stay."""
    if m.state in _CONNECTING:
        return _pause(m, _S.PAUSE_STOPPED)
    phase = STATES[m.state].phase
    return m._replace(state=_REPEAT[phase], tested=False) if phase in _REPEAT else m


def _resume(m: Machine, *, blocked: bool) -> Machine | Refusal:
    if m.state not in PAUSED | {_S.SAFE}:
        return Refusal.NOT_NOW
    if blocked:
        return Refusal.ALARM_PRESENT
    if m.state is _S.SAFE:
        if m.connected or m.tested:  # tested: the access line may already be on the patient
            return m._replace(state=_S.PAUSE_STOPPED)
        return m._replace(state=_S.SELF_WAIT if m.left is _S.RAMP else _S.READY_TEST, tested=False)
    if m.state is _S.PATIENT_OFF:
        return m._replace(state=_S.READY_TEST, tested=False)
    if not m.connected:  # stopped while connecting: the access line may already be on the patient
        return m._replace(state=_S.CONNECT_ACCESS)
    if m.capped and m.left in TREATING:
        return m._replace(state=_S.TREAT_END) if m.state is _S.PAUSE_PLASMA else Refusal.CAP_REACHED
    return m._replace(state=m.left)


def ladder(active: Active) -> Trigger | None:
    """The trigger that the responses in force mean for the session (circuit 3, ladder to phase)."""
    highest = active.highest
    if highest <= _R1:
        return None
    if highest >= Response.R5:
        return _T.RESPONSE_R5
    if highest >= Response.R4S:
        return _T.RESPONSE_R4
    return _T.RESPONSE_R2


def pause_trigger(kind: str) -> Trigger | None:
    """The trigger of a PAUSE intent's key."""
    kinds = {
        PauseKind.PLASMA.name: _T.PAUSE_PLASMA,
        PauseKind.STOPPED.name: _T.PAUSE_STOPPED,
        PauseKind.PATIENT_OFF.name: _T.PATIENT_OFF,
    }
    return kinds.get(kind.upper())


def blocked(active: Active, m: Machine, trigger: Trigger) -> bool:
    """Whether a response in force forbids what the trigger would begin.

    That is any above R1; for the return of plasma those only that no cap replaces, for the return of blood
    those only that stop the blood.
    """
    to = m.left if trigger is _T.RESUME else _RINSES.get(trigger)
    if to is _S.RINSE_PLASMA:
        return active.rinsing > _R1
    return active.highest >= Response.R4S if to is _S.RINSE_BLOOD else active.highest > _R1


def reachable(states: Sequence[State]) -> dict[State, frozenset[State]]:
    """For each state the states one trigger away, over every `left` and flag; for docs and tests."""
    found: dict[State, set[State]] = {s: set() for s in states}
    for s in states:
        for left in (*TREATING, *RINSING):
            for connected, tested, capped in product((False, True), repeat=3):
                m = Machine(s, left, connected, tested, capped, Outcome.OPEN)
                for trigger in Trigger:
                    after = follow(m, trigger)
                    if isinstance(after, Machine) and after.state is not s:
                        found[s].add(after.state)
    return {s: frozenset(n) for s, n in found.items()}
