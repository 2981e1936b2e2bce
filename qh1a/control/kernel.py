"""One tick, in its order: validate > estimate > intents > alarms > session > loops > supervisor > observe.

Deterministic: the same frames and intents give the same decisions, bit for bit. No I/O, no clock, no
randomness; time is the frame's.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.channels import N_DERIVED, N_MEASURED
from qh1a.control.agreement import Agreement
from qh1a.control.alarms import Alarms
from qh1a.control.estimators import QUALITY_TEMPLATE, Before, Estimators
from qh1a.control.index import AUDIO_PAUSE_S, Q_B_SET, SOUND
from qh1a.control.loops import Loops, Situation
from qh1a.control.pid import Pid, Terms
from qh1a.control.plausible import Plausibility
from qh1a.control.setpoints import SetPoints
from qh1a.control.supervisor import Supervisor
from qh1a.control.therapy import GAP_NS, Therapy
from qh1a.control.validate import validate
from qh1a.settings import Limits, Prescription, Rig, Tuning
from qh1a.tick import (
    LEASE_NS,
    UNPOWERED,
    Commands,
    Decision,
    Event,
    EventCode,
    Frame,
    Intent,
    Response,
)
from qh1a.units import NS_PER_S, Ns

_R4S: Final = Response.R4S


@mypyc_attr(serializable=True)
class _State:
    """All that a kernel remembers between ticks."""

    __slots__ = (
        "agreement",
        "alarms",
        "before",
        "estimators",
        "last",
        "loops",
        "plausible",
        "q",
        "shown",
        "supervisor",
        "therapy",
        "v",
        "view",
    )

    def __init__(self, prescription: Prescription, limits: Limits, tuning: Tuning, rig: Rig) -> None:
        self.plausible = Plausibility(limits)
        self.agreement = Agreement(limits)
        self.alarms = Alarms(limits)
        self.estimators = Estimators(prescription, limits, rig)
        self.therapy = Therapy(prescription, injects=rig.kind != "BENCH")
        self.loops = Loops(prescription, limits, tuning)
        self.supervisor = Supervisor(limits, rig)
        self.v = [0.0] * (N_MEASURED + N_DERIVED)
        self.q = [*[0] * N_MEASURED, *QUALITY_TEMPLATE]
        self.before = Before(UNPOWERED, Response.NONE, False, 0)
        self.view = self.therapy.view()
        self.last: Ns | None = None
        self.shown: SetPoints | None = None
        """The set points that stand in `v`."""


class Snapshot:
    """A kernel's state at one tick, to be given back to a kernel of the same configuration."""

    __slots__ = ("_state",)

    def __init__(self, state: _State) -> None:
        self._state = copy.deepcopy(state)

    def thaw(self) -> _State:
        """A fresh copy; the snapshot can be used again."""
        return copy.deepcopy(self._state)


class Kernel:
    """Decides one session, one frame at a time."""

    def __init__(self, prescription: Prescription, limits: Limits, tuning: Tuning, rig: Rig) -> None:
        self._s = _State(prescription, limits, tuning, rig)

    def step(self, frame: Frame, intents: Sequence[Intent] = ()) -> Decision:
        """Decide one tick. Frames must come in order of time."""
        s = self._s
        now = frame.now
        gap = 0 if s.last is None else max(0, now - s.last)
        s.last = Ns(now)
        dt = (gap if 0 < gap <= GAP_NS else GAP_NS) / NS_PER_S if gap else 0.1
        events: list[Event] = []
        v, q = s.v, s.q  # derived channels keep what they were until an estimator writes them
        q[:N_MEASURED] = validate(frame)
        s.plausible.step(frame, q)
        v[:N_MEASURED] = frame.value
        therapy, alarms = s.therapy, s.alarms
        s.estimators.step(frame, gap, v, q, s.view, s.before, therapy.samples_ml)
        s.agreement.step(v, q)
        for intent in intents:
            sets = therapy.sets
            therapy.take(now, intent, alarms, v, q, events)
            if therapy.sets is not sets:
                s.loops.reduction.forget()
        if s.shown is not therapy.sets:
            s.shown = therapy.sets
            v[Q_B_SET : Q_B_SET + len(SetPoints._fields)] = s.shown
        state = therapy.machine.state
        alarms.step(now, state, v, q, events)
        v[SOUND] = float(alarms.sound)
        v[AUDIO_PAUSE_S] = max(0.0, (alarms.silent_until - now) / NS_PER_S)
        active = alarms.active
        if active.highest is not s.before.highest:
            events.append(Event(EventCode.RESPONSE, active.highest.name, float(active.highest), active.cause))
        therapy.step(now, v, q, alarms, events)
        state = therapy.machine.state
        frozen = s.estimators.balance.trim_frozen
        now_is = Situation(dt, state, therapy.in_state_s(), therapy.sets, active, trim_frozen=frozen)
        want = s.loops.step(now_is, v, q)
        sent = s.supervisor.step(now, want, v, q, state, active)
        bits = s.supervisor.bits
        if bits != s.before.bits:
            events.append(Event(EventCode.INTERLOCK, "", float(bits)))
        s.before = Before(sent, active.highest, _R4S in active.responses, bits)
        s.loops.observe(list(sent), dt)
        s.view = therapy.view()
        return Decision(
            Commands(Ns(now - 1 if therapy.withheld else now + LEASE_NS), sent),
            alarms.views,
            tuple(events),
            s.view,
            tuple(v[N_MEASURED:]),
            tuple(q[N_MEASURED:]),
        )

    def put(self, loop: str, make: Callable[[Pid], Pid]) -> None:
        """Give the loop of these gains the controller that `make` makes of its own. Raises `KeyError`."""
        self._s.loops.put(loop, make)

    def terms(self) -> dict[str, Terms]:
        """What each controller's last output was made of: for people, no part of a decision."""
        return self._s.loops.terms()

    def snapshot(self) -> Snapshot:
        """The state now."""
        return Snapshot(self._s)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot of a kernel with the same configuration."""
        self._s = snapshot.thaw()
