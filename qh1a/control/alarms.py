"""From conditions to alarms: delay, hold, priority, latch, acknowledge, sound, and the responses that follow.

One slot per rule. A rule's condition must hold without a break for its delay; then the alarm is raised and
its response acts. Both end when the condition has been gone for the response's hold, so that ripple about a
limit is one alarm. A latched alarm, and its response, stay until the operator has acknowledged it with the
condition gone. Which rules are looked at depends on the session's state only. Signals follow IEC 60601-1-8.
"""

import math
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

from mypy_extensions import mypyc_attr

from qh1a.channels import CHANNELS
from qh1a.hazards import HOLD_S, RULES, Rule
from qh1a.settings import Limits
from qh1a.tick import (
    STATES,
    Actuator,
    AlarmView,
    Event,
    EventCode,
    Phase,
    Priority,
    Quality,
    Response,
    State,
)
from qh1a.units import NS_PER_S, Ns, nanoseconds

_GOOD: Final = int(Quality.GOOD)
_NEVER: Final = -1
_MEDIUM: Final = int(Priority.MEDIUM)
_FOR_EVER: Final = sys.maxsize
AUDIO_PAUSE_S: Final = 120.0
"""IEC 60601-1-8 leaves it to the maker; dialysis practice is 2 min (clinical reference 3.3)."""
REMIND_S: Final = 180.0
"""An acknowledged MEDIUM or HIGH alarm whose cause is still there speaks again (clinical reference 3.3)."""
ESCALATE_S: Final = 120.0
"""A MEDIUM alarm that has stopped part of the treatment, and that nobody answers, becomes HIGH."""


class Active(NamedTuple):
    """The responses in force, without doubles, and the actuators that R1 holds or stops.

    `cause`: the rule of the highest response that was raised first. `rinsing`: the highest response of the
    rules that no cap replaces in RINSEBACK.
    """

    responses: tuple[Response, ...]
    holds: tuple[Actuator, ...]
    highest: Response
    stops: tuple[Actuator, ...] = ()
    cause: str = ""
    rinsing: Response = Response.NONE


QUIET: Final = Active((), (), Response.NONE)


def _as_read(limit: float, lsb: float) -> float:
    """A limit as a reading gives it, counts x lsb: a pH of 7100 counts is not 7.1 but 7.1000000000000005."""
    nearest = round(limit / lsb) * lsb
    return nearest if math.isclose(nearest, limit) else limit


@mypyc_attr(serializable=True)
class _Slot:
    """One rule at work. Times are tick times; `_NEVER` means not."""

    __slots__ = (
        "acknowledged", "began", "delay", "gone", "hold", "limit", "priority", "raised", "rule", "sign",
        "spoke",
    )  # fmt: skip

    def __init__(self, rule: Rule, limits: Limits) -> None:
        self.rule, self.priority = rule, rule.priority  # of this occurrence: it may have risen
        self.sign = float(rule.side)
        self.limit = self.sign * _as_read(limits[rule.limit], CHANNELS[rule.channel].lsb)
        self.delay = round(rule.delay_s * NS_PER_S)
        self.hold = 0 if rule.latch else nanoseconds(HOLD_S.get(rule.response, 0.0))
        self.began = _NEVER  # when the condition began to hold
        self.raised = _NEVER  # when the alarm was raised; present from then on
        self.gone = _NEVER  # present, and the condition has been gone since then
        self.acknowledged = self.spoke = _NEVER  # it spoke when it was raised, or last reminded

    @property
    def present(self) -> bool:
        """Condition past its delay, held, or latched."""
        return self.raised != _NEVER


_Armed = tuple[list[int], list[float], list[float], list[_Slot]]
"""The rules of a state: channels, signs, limits (with the sign) and slots, in the order of the rules."""


def _armed(slots: Sequence[_Slot], state: State) -> _Armed:
    armed = [slot for slot in slots if state in slot.rule.armed]
    channels = [int(slot.rule.channel) for slot in armed]
    return channels, [slot.sign for slot in armed], [slot.limit for slot in armed], armed


@mypyc_attr(serializable=True)
class Alarms:
    """The alarm system of one session.

    `views`: the alarms present, the most urgent first. `active`: what they restrict. `sound`: the priority
    whose signal sounds now, NONE in silence. `silent_until`: when an audio pause ends.
    """

    def __init__(self, limits: Limits) -> None:
        self._slots = tuple(_Slot(rule, limits) for rule in RULES)
        self._by_id = {slot.rule.id: slot for slot in self._slots}
        self._armed = {state: _armed(self._slots, state) for state in State}
        self._state = State.SELF_WAIT
        self._holding: list[_Slot] = []
        self._due = _FOR_EVER  # when an alarm may rise or remind
        self._loudest = Priority.NONE
        self.silent_until = _NEVER
        self.sound = Priority.NONE
        self.views: tuple[AlarmView, ...] = ()
        self.active = QUIET

    def step(self, now: Ns, state: State, v: list[float], q: list[int], events: list[Event]) -> None:
        """Evaluate every armed rule; `views`, `active` and `sound` are then those of this tick."""
        changed = False
        if state is not self._state:
            changed = self._disarm(now, state, events)
        channels, signs, limits, slots = self._armed[state]
        # Compiled, a zip without `strict` is a plain loop.
        for channel, sign, limit, slot in zip(channels, signs, limits, slots):  # noqa: B905
            if q[channel] == _GOOD and sign * v[channel] >= limit:
                if slot.began == _NEVER:
                    changed = self._begin(now, slot) or changed
                if (slot.raised == _NEVER or slot.gone != _NEVER) and now - slot.began >= slot.delay:
                    changed = self._raise(now, slot, v[channel], events) or changed
            elif slot.began != _NEVER:
                changed = self._end(now, slot, slot.hold, events) or changed
        if self._holding:
            changed = self._release(now, events) or changed
        if now >= self._due:
            changed = self._attend(now, events) or changed
        if changed:
            self._rebuild()
        self.sound = self._loudest if now >= self.silent_until else Priority.NONE

    def acknowledge(self, now: Ns, rule: str, events: list[Event], why: str = "") -> bool:
        """Take note of one alarm, or of all for an empty id; a latched one whose cause is gone is reset.

        One that asks for its cause is reset only with `why`. False when no such alarm is present.
        """
        slots = [s for s in self._slots if s.present and rule in ("", s.rule.id)]
        for slot in slots:
            if slot.acknowledged == _NEVER:
                slot.acknowledged = now
                events.append(Event(EventCode.ALARM_ACKNOWLEDGED, slot.rule.id))
            if slot.gone != _NEVER and slot.rule.latch and (why.strip() or not slot.rule.asks_cause):
                self._forget(slot)
                events.append(Event(EventCode.ALARM_RESET, slot.rule.id, 0.0, why))
        if slots:
            self._rebuild()
        return bool(slots)

    def asks_cause(self, rule: str) -> bool:
        """Whether only the cause is missing to reset this alarm, or any for an empty id."""
        return any(
            _NEVER not in (s.gone, s.acknowledged) and s.rule.latch and s.rule.asks_cause
            for s in self._slots
            if rule in ("", s.rule.id)
        )

    def pause_audio(self, now: Ns, events: list[Event]) -> None:
        """Silence for `AUDIO_PAUSE_S`, from now; a new alarm breaks it."""
        self.silent_until = now + nanoseconds(AUDIO_PAUSE_S)
        events.append(Event(EventCode.AUDIO_PAUSED, "", AUDIO_PAUSE_S))

    def _begin(self, now: Ns, slot: _Slot) -> bool:
        slot.began = now
        if slot.gone == _NEVER or slot.rule.latch:
            return False  # new, or latched: a return after the cause had gone is a new occurrence
        slot.gone = _NEVER
        self._holding.remove(slot)
        return True

    def _raise(self, now: Ns, slot: _Slot, value: float, events: list[Event]) -> bool:
        rule = slot.rule
        if self._silenced(slot):
            return False
        slot.raised = slot.spoke = now
        slot.gone = slot.acknowledged = _NEVER
        slot.priority = rule.priority
        events.append(Event(EventCode.ALARM_RAISED, rule.id, value, rule.priority.name))
        if rule.priority:
            self._speak(now, rule.id, events)
        return True

    def _speak(self, now: Ns, rule: str, events: list[Event]) -> None:
        """What is new breaks an audio pause."""
        if now < self.silent_until:
            events.append(Event(EventCode.AUDIO_RESUMED, rule))
        self.silent_until = _NEVER

    def _silenced(self, slot: _Slot) -> bool:
        """Whether a greater alarm speaks for this one; its response acts all the same."""
        return any(self._by_id[other].present for other in slot.rule.suppressed_by)

    def _end(self, now: Ns, slot: _Slot, hold: int, events: list[Event]) -> bool:
        """The condition is gone."""
        slot.began = _NEVER
        if slot.raised == _NEVER or slot.gone != _NEVER:
            return False
        slot.gone = now
        if hold:
            self._holding.append(slot)
            return False
        events.append(Event(EventCode.ALARM_CLEARED, slot.rule.id))
        if not slot.rule.latch:
            self._forget(slot)
        return True

    def _disarm(self, now: Ns, state: State, events: list[Event]) -> bool:
        """Of a state that is left a warning ends at once; what restricts is held as ever."""
        changed = False
        self._state = state
        for slot in self._slots:
            if state in slot.rule.armed or (slot.began == _NEVER and slot.gone == _NEVER):
                continue
            # What a cap replaces ends with the state that armed it, latched or not.
            warning = slot.rule.response is Response.R0 or (
                slot.rule.capped and STATES[state].phase is Phase.RINSEBACK
            )
            if slot.began != _NEVER:
                changed = self._end(now, slot, 0 if warning else slot.hold, events) or changed
            elif warning and slot in self._holding:
                self._clear(slot, events)
                changed = True
            if warning and slot.present:
                self._forget(slot)
                changed = True
        return changed

    def _release(self, now: Ns, events: list[Event]) -> bool:
        over = [s for s in self._holding if now - s.gone >= s.hold]
        for slot in over:
            self._clear(slot, events)
        return bool(over)

    def _clear(self, slot: _Slot, events: list[Event]) -> None:
        self._holding.remove(slot)
        self._forget(slot)
        events.append(Event(EventCode.ALARM_CLEARED, slot.rule.id))

    def _attend(self, now: Ns, events: list[Event]) -> bool:
        """Alarms that nobody answers rise, answered ones whose cause stays come back."""
        changed = False
        for slot in self._slots:
            if now >= _due(slot):
                changed = True
                if slot.acknowledged == _NEVER:
                    slot.priority = Priority.HIGH
                    events.append(Event(EventCode.ALARM_ESCALATED, slot.rule.id))
                    self._speak(now, slot.rule.id, events)
                else:
                    slot.acknowledged = _NEVER
                    slot.spoke = now
                    events.append(Event(EventCode.ALARM_REMINDED, slot.rule.id))
        return changed

    @staticmethod
    def _forget(slot: _Slot) -> None:
        slot.raised = slot.gone = slot.acknowledged = _NEVER

    def _rebuild(self) -> None:
        present = [s for s in self._slots if s.present]
        present.sort(key=lambda s: (-s.priority, -s.raised, -s.rule.response))
        shown = [s for s in present if s.priority and not self._silenced(s)]
        self.views = tuple(
            AlarmView(
                s.rule.id, s.priority, s.rule.response, Ns(s.raised),
                not s.rule.latch or s.gone == _NEVER, s.acknowledged != _NEVER,
            )
            for s in shown
        )  # fmt: skip
        self._loudest = max([s.priority for s in shown if s.acknowledged == _NEVER], default=Priority.NONE)
        self._due = min([_due(s) for s in shown], default=_FOR_EVER)
        if not present:
            self.active = QUIET
            return
        holds = {a for s in present for a in s.rule.holds}
        stops = {a for s in present for a in s.rule.stops}
        responses = sorted({s.rule.response for s in present})
        highest = responses[-1]
        first = min([s for s in present if s.rule.response is highest], key=lambda s: s.raised)
        rinsing = max([s.rule.response for s in present if not s.rule.capped], default=Response.NONE)
        self.active = Active(
            tuple(responses), tuple(sorted(holds)), highest, tuple(sorted(stops)), first.rule.id, rinsing
        )


def _due(slot: _Slot) -> int:
    """When an alarm that is present rises or reminds; `_FOR_EVER` when it will not."""
    if slot.raised == _NEVER or slot.priority < _MEDIUM:
        return _FOR_EVER
    if slot.acknowledged != _NEVER:
        return _FOR_EVER if slot.gone != _NEVER else slot.acknowledged + nanoseconds(REMIND_S)
    rises = slot.priority == _MEDIUM and slot.rule.response >= Response.R2
    return slot.spoke + nanoseconds(ESCALATE_S) if rises else _FOR_EVER
