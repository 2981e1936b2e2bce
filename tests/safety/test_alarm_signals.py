"""Sound, audio pause, escalation and reminders after IEC 60601-1-8 (clinical reference 3.3)."""

from typing import Final

import pytest

from qh1a.control.alarms import AUDIO_PAUSE_S, ESCALATE_S, REMIND_S, Alarms
from qh1a.hazards import RULES, Rule, Side
from qh1a.tick import Event, EventCode, Priority, Quality, Response, State
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.safety.bench import GOOD, LIMITS, START, C

BY_ID: Final = {rule.id: rule for rule in RULES}
LOW, MEDIUM, HIGH = "H12.1", "H09.1", "H04.1"
STOPPING = "H17.6"
"""MEDIUM, and it stops the plasma side."""


class Ward:
    """Alarms that a test raises and ends by name; every tick is one `TICK_NS`."""

    def __init__(self) -> None:
        self.alarms = Alarms(LIMITS)
        self.now = START
        self.v = [0.0] * len(C)
        self.q = [int(Quality.NOT_READY)] * len(C)
        self.events: list[Event] = []

    def set(self, rule_id: str, *, present: bool = True) -> "Ward":
        """Make a rule's condition hold, and let its delay pass; or end it."""
        rule: Rule = BY_ID[rule_id]
        self.q[rule.channel] = GOOD
        far = -1e6 if rule.side is Side.ABOVE else 1e6
        self.v[rule.channel] = LIMITS[rule.limit] if present else far
        return self.wait(rule.delay_s + 0.1) if present else self.wait(0.1)

    def wait(self, seconds: float) -> "Ward":
        for _ in range(round(seconds * 10)):
            self.now = Ns(self.now + TICK_NS)
            self.alarms.step(self.now, State.TREAT, self.v, self.q, self.events)
        return self

    def said(self, code: EventCode) -> list[str]:
        return [e.subject for e in self.events if e.code is code]

    @property
    def sound(self) -> Priority:
        return self.alarms.sound

    def priority(self, rule_id: str) -> Priority:
        return next(view.priority for view in self.alarms.views if view.rule == rule_id)


@pytest.mark.parametrize("rule_id", [LOW, MEDIUM, HIGH])
def test_an_alarm_sounds_with_its_priority_until_acknowledged(rule_id: str) -> None:
    ward = Ward().set(rule_id)
    assert ward.sound is BY_ID[rule_id].priority
    ward.alarms.acknowledge(ward.now, rule_id, ward.events)
    assert ward.wait(0.1).sound is Priority.NONE


def test_the_loudest_of_the_unanswered_sounds() -> None:
    ward = Ward().set(LOW).set(HIGH).set(MEDIUM)
    assert ward.sound is Priority.HIGH
    ward.alarms.acknowledge(ward.now, HIGH, ward.events)
    assert ward.wait(0.1).sound is Priority.MEDIUM


def test_an_audio_pause_is_silent_for_two_minutes_and_touches_nothing_else() -> None:
    ward = Ward().set(HIGH)
    views, active = ward.alarms.views, ward.alarms.active
    ward.alarms.pause_audio(ward.now, ward.events)
    assert AUDIO_PAUSE_S == 120.0
    assert ward.wait(AUDIO_PAUSE_S - 0.1).sound is Priority.NONE
    assert (ward.alarms.views, ward.alarms.active) == (views, active)
    assert ward.wait(0.1).sound is Priority.HIGH
    assert ward.said(EventCode.AUDIO_RESUMED) == []  # it ended by itself


def test_a_second_audio_pause_counts_from_its_own_start() -> None:
    ward = Ward().set(HIGH)
    ward.alarms.pause_audio(ward.now, ward.events)
    ward.wait(60.0).alarms.pause_audio(ward.now, ward.events)
    assert ward.wait(AUDIO_PAUSE_S - 0.1).sound is Priority.NONE
    assert ward.wait(0.1).sound is Priority.HIGH


@pytest.mark.parametrize("new", [LOW, MEDIUM])
def test_any_new_alarm_breaks_an_audio_pause(new: str) -> None:
    ward = Ward().set(HIGH)
    ward.alarms.pause_audio(ward.now, ward.events)
    assert ward.wait(1.0).sound is Priority.NONE
    assert ward.set(new).sound is Priority.HIGH
    assert ward.said(EventCode.AUDIO_RESUMED) == [new]


def test_a_latched_alarm_that_comes_back_breaks_an_audio_pause() -> None:
    rule = "H51.2"
    ward = Ward().set(rule).set(rule, present=False)
    assert ward.sound is Priority.HIGH  # latched and unanswered
    ward.alarms.pause_audio(ward.now, ward.events)
    assert ward.wait(1.0).sound is Priority.NONE
    assert ward.set(rule).sound is Priority.HIGH


def test_a_response_without_an_alarm_signal_is_silent() -> None:
    (quiet,) = (rule.id for rule in RULES if rule.priority is Priority.NONE)
    ward = Ward().set(HIGH)
    ward.alarms.pause_audio(ward.now, ward.events)
    rule = BY_ID[quiet]
    ward.q[rule.channel], ward.v[rule.channel] = GOOD, LIMITS[rule.limit]
    ward.wait(rule.delay_s + 0.2)
    assert quiet in ward.said(EventCode.ALARM_RAISED)
    assert ward.sound is Priority.NONE


def test_a_stopped_treatment_that_nobody_answers_becomes_high() -> None:
    ward = Ward().set(STOPPING)
    ward.set(MEDIUM)
    ward.alarms.pause_audio(ward.now, ward.events)
    raised = next(view.since for view in ward.alarms.views if view.rule == STOPPING)
    ward.wait((raised - ward.now) / NS_PER_S + ESCALATE_S - 0.1)
    assert ward.priority(STOPPING) is Priority.MEDIUM
    assert not ward.sound
    ward.wait(0.1)
    assert ward.priority(STOPPING) is ward.sound is Priority.HIGH  # and breaks the pause
    assert ward.alarms.views[0].rule == STOPPING
    assert ward.alarms.views[0].since == raised
    assert ward.said(EventCode.ALARM_ESCALATED) == [STOPPING]
    ward.wait(2 * ESCALATE_S)
    assert ward.priority(MEDIUM) is Priority.MEDIUM  # a warning that stops nothing does not rise
    assert ward.said(EventCode.ALARM_ESCALATED) == [STOPPING]


def test_an_answered_alarm_does_not_rise() -> None:
    ward = Ward().set(STOPPING).wait(ESCALATE_S - 1.0)
    ward.alarms.acknowledge(ward.now, STOPPING, ward.events)
    assert ward.wait(REMIND_S - 0.2).priority(STOPPING) is Priority.MEDIUM
    assert ward.said(EventCode.ALARM_ESCALATED) == []


def test_the_next_occurrence_starts_at_its_own_priority() -> None:
    ward = Ward().set(STOPPING).wait(ESCALATE_S)
    assert ward.priority(STOPPING) is Priority.HIGH
    ward.set(STOPPING, present=False)
    assert ward.alarms.views == ()
    assert ward.set(STOPPING).priority(STOPPING) is Priority.MEDIUM


@pytest.mark.parametrize(("rule_id", "again"), [(LOW, False), (MEDIUM, True), (HIGH, True)])
def test_an_answered_alarm_whose_cause_stays_speaks_again(rule_id: str, again: bool) -> None:
    ward = Ward().set(rule_id)
    ward.alarms.acknowledge(ward.now, rule_id, ward.events)
    since = ward.alarms.views[0].since
    assert ward.wait(REMIND_S - 0.1).sound is Priority.NONE
    ward.wait(0.1)
    assert ward.said(EventCode.ALARM_REMINDED) == ([rule_id] if again else [])
    assert ward.sound is (BY_ID[rule_id].priority if again else Priority.NONE)
    assert ward.alarms.views[0].since == since
    assert ward.alarms.views[0].acknowledged is not again


def test_a_reminder_waits_for_the_end_of_an_audio_pause() -> None:
    ward = Ward().set(HIGH)
    ward.alarms.acknowledge(ward.now, HIGH, ward.events)
    ward.wait(REMIND_S - 10.0).alarms.pause_audio(ward.now, ward.events)
    ward.wait(20.0)
    assert ward.said(EventCode.ALARM_REMINDED) == [HIGH]
    assert ward.sound is Priority.NONE
    assert ward.wait(AUDIO_PAUSE_S - 20.0).sound is Priority.HIGH


def test_a_latched_alarm_whose_cause_is_gone_reminds_nobody_once_answered() -> None:
    rule = "H51.2"
    ward = Ward().set(rule)
    ward.alarms.acknowledge(ward.now, rule, ward.events)
    ward.set(rule, present=False).wait(2 * REMIND_S)
    assert ward.said(EventCode.ALARM_REMINDED) == []
    assert ward.alarms.active.responses == (Response.R2,)
    assert ward.sound is Priority.NONE


def test_audio_cannot_be_paused_for_more_than_two_minutes_ahead() -> None:
    ward = Ward().set(HIGH)
    for _ in range(5):
        ward.alarms.pause_audio(ward.now, ward.events)
    assert ward.alarms.silent_until - ward.now == AUDIO_PAUSE_S * NS_PER_S


def test_ripple_about_a_limit_is_one_alarm() -> None:
    rule = BY_ID["H07.1"]
    ward = Ward()
    ward.q[rule.channel] = GOOD
    for tick in range(1500):
        ward.v[rule.channel] = LIMITS[rule.limit] + (-1.0 if tick % 40 < 20 else 1.0)
        ward.wait(0.1)
    assert ward.said(EventCode.ALARM_RAISED) == ["H07.1"]
    assert ward.said(EventCode.ALARM_CLEARED) == []
