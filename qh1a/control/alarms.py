"""From conditions to alarms: delay, priority, latch, acknowledge, and the responses that follow.

One slot per rule. A rule's condition must hold without a break for its delay; then the alarm is raised and
its response acts. A latched alarm, and its response, stay until the operator has acknowledged it with the
condition gone. Which rules are looked at depends on the session's state only.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from mypy_extensions import mypyc_attr

from qh1a.channels import CHANNELS
from qh1a.hazards import LINGER_S, RULES, Rule, Side
from qh1a.settings import Limits
from qh1a.tick import (
    Actuator,
    AlarmView,
    Event,
    EventCode,
    Quality,
    Response,
    State,
)
from qh1a.units import NS_PER_S, Ns

_GOOD: Final = int(Quality.GOOD)
_NEVER: Final = -1


class Active(NamedTuple):
    """The responses in force, without doubles, and the actuators that R1 holds or stops."""

    responses: tuple[Response, ...]
    holds: tuple[Actuator, ...]
    highest: Response
    stops: tuple[Actuator, ...] = ()


QUIET: Final = Active((), (), Response.NONE)


def _as_read(limit: float, lsb: float) -> float:
    """A limit as a reading gives it, counts x lsb: a pH of 7100 counts is not 7.1 but 7.1000000000000005."""
    nearest = round(limit / lsb) * lsb
    return nearest if abs(nearest - limit) < 1e-6 * lsb else limit


@mypyc_attr(serializable=True)
class _Slot:
    """One rule at work. Times are tick times; `_NEVER` means not."""

    __slots__ = (
        "acknowledged",
        "began",
        "delay",
        "gone",
        "limit",
        "linger",
        "present",
        "raised",
        "rule",
        "sign",
        "until",
    )

    def __init__(self, rule: Rule, limits: Limits) -> None:
        self.rule = rule
        self.sign = 1.0 if rule.side is Side.ABOVE else -1.0
        self.limit = _as_read(limits[rule.limit], CHANNELS[rule.channel].lsb) * self.sign
        self.delay = round(rule.delay_s * NS_PER_S)
        self.linger = round(LINGER_S.get(rule.response, 0.0) * NS_PER_S)
        self.began = _NEVER  # when the condition began to hold
        self.raised = _NEVER  # when the alarm was raised; stays while present
        self.present = False  # condition holds past its delay, or latched
        self.until = _NEVER  # how long the response outlives its cause
        self.acknowledged = False
        self.gone = False  # latched, and its cause has gone: a return is a new occurrence


_Armed = tuple[list[int], list[float], list[float], list[_Slot]]
"""The rules of a state: channels, signs, limits (with the sign) and slots, in the order of the rules."""


def _armed(slots: Sequence[_Slot], state: State) -> _Armed:
    armed = [slot for slot in slots if state in slot.rule.armed]
    channels = [int(slot.rule.channel) for slot in armed]
    return channels, [slot.sign for slot in armed], [slot.limit for slot in armed], armed


@mypyc_attr(serializable=True)
class Alarms:
    """The alarm system of one session."""

    def __init__(self, limits: Limits) -> None:
        self._slots = tuple(_Slot(rule, limits) for rule in RULES)
        self._by_id = {slot.rule.id: slot for slot in self._slots}
        self._armed = {state: _armed(self._slots, state) for state in State}
        self._state = State.SELF_WAIT
        self._lingering: list[_Slot] = []
        self.views: tuple[AlarmView, ...] = ()
        self.active = QUIET

    def step(self, now: Ns, state: State, v: list[float], q: list[int], events: list[Event]) -> None:
        """Evaluate every armed rule; `views` and `active` are then those of this tick."""
        changed = False
        if state is not self._state:
            changed = self._disarm(now, state, events)
        channels, signs, limits, slots = self._armed[state]
        # Compiled, a zip without `strict` is a plain loop.
        for channel, sign, limit, slot in zip(channels, signs, limits, slots):  # noqa: B905
            if q[channel] == _GOOD and v[channel] * sign >= limit:
                if slot.began < 0:
                    slot.began = now
                    changed = changed or slot.present
                if (slot.raised < 0 or slot.until >= 0 or slot.gone) and now - slot.began >= slot.delay:
                    changed = self._raise(now, slot, v[channel], events) or changed
            elif slot.began >= 0:
                slot.began = _NEVER
                if slot.present:
                    changed = self._clear(now, slot, events) or changed
        if self._lingering:
            changed = self._release(now) or changed
        if changed:
            self._rebuild()

    def acknowledge(self, rule: str, events: list[Event]) -> bool:
        """Take note of one alarm, or of all for an empty id; a latched one whose cause is gone is reset.

        False when no such alarm is present.
        """
        slots = [s for s in self._slots if s.present and rule in ("", s.rule.id)]
        for slot in slots:
            if not slot.acknowledged:
                slot.acknowledged = True
                events.append(Event(EventCode.ALARM_ACKNOWLEDGED, slot.rule.id))
            if slot.began < 0:
                self._forget(slot)
                events.append(Event(EventCode.ALARM_RESET, slot.rule.id))
        if slots:
            self._rebuild()
        return bool(slots)

    def _raise(self, now: Ns, slot: _Slot, value: float, events: list[Event]) -> bool:
        rule = slot.rule
        if self._silenced(slot):
            return False
        if slot.until >= 0:  # back while its response still lingered
            slot.until = _NEVER
            self._lingering.remove(slot)
        slot.present = True
        slot.acknowledged = slot.gone = False
        slot.raised = now
        events.append(Event(EventCode.ALARM_RAISED, rule.id, value, rule.priority.name))
        return True

    def _silenced(self, slot: _Slot) -> bool:
        """Whether a greater alarm speaks for this one; its response acts all the same."""
        return any(self._by_id[other].present for other in slot.rule.suppressed_by)

    def _clear(self, now: Ns, slot: _Slot, events: list[Event]) -> bool:
        events.append(Event(EventCode.ALARM_CLEARED, slot.rule.id))
        if slot.rule.latch:
            slot.gone = True
            return True
        slot.present = False
        if slot.linger:
            slot.until = now + slot.linger
            self._lingering.append(slot)
        else:
            self._forget(slot)
        return True

    def _disarm(self, now: Ns, state: State, events: list[Event]) -> bool:
        changed = False
        self._state = state
        for slot in self._slots:
            if slot.began >= 0 and state not in slot.rule.armed:
                slot.began = _NEVER
                if slot.present:
                    changed = self._clear(now, slot, events)
        return changed

    def _release(self, now: Ns) -> bool:
        over = [s for s in self._lingering if now >= s.until]
        for slot in over:
            self._lingering.remove(slot)
            self._forget(slot)
        return bool(over)

    @staticmethod
    def _forget(slot: _Slot) -> None:
        slot.present = False
        slot.raised = slot.until = _NEVER
        slot.acknowledged = slot.gone = False

    def _rebuild(self) -> None:
        present = [s for s in self._slots if s.present]
        present.sort(key=lambda s: (-s.rule.priority, -s.raised))
        self.views = tuple(
            AlarmView(s.rule.id, s.rule.priority, s.rule.response, Ns(s.raised), s.began >= 0, s.acknowledged)
            for s in present
            if s.rule.priority and not self._silenced(s)
        )
        acting = [*present, *self._lingering]
        if not acting:
            self.active = QUIET
            return
        holds = {a for s in acting for a in s.rule.holds}
        stops = {a for s in acting for a in s.rule.stops}
        responses = sorted({s.rule.response for s in acting})
        self.active = Active(tuple(responses), tuple(sorted(holds)), responses[-1], tuple(sorted(stops)))
