"""Alarms before the first tick, at the tick of a limit in time, and several at once."""

from dataclasses import replace
from itertools import permutations

import pytest

from qh1a.control import alarms as product
from qh1a.control.alarms import AUDIO_PAUSE_S, ESCALATE_S, QUIET, REMIND_S, Active, Alarms
from qh1a.hazards import RULES
from qh1a.tick import Event, EventCode, Priority, Response, State
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.safety.bench import GOOD, LIMITS, C
from tests.safety.test_alarm_signals import BY_ID, HIGH, LOW, MEDIUM, STOPPING, Ward


def test_before_its_first_tick_all_is_quiet() -> None:
    alarms = Alarms(LIMITS)
    assert (alarms.views, alarms.active, alarms.sound) == ((), QUIET, Priority.NONE)
    assert Active((), (), Response.NONE, (), "", Response.NONE) == QUIET
    ward = Ward()
    for state in State:
        alarms = Alarms(LIMITS)
        alarms.step(ward.now, state, ward.v, ward.q, ward.events)
        assert (alarms.views, alarms.active, alarms.sound) == ((), QUIET, Priority.NONE)
    assert ward.events == []


def test_the_figures_of_the_signals() -> None:
    assert (AUDIO_PAUSE_S, ESCALATE_S, REMIND_S) == (120.0, 120.0, 180.0)


def test_everything_the_operator_does_is_told() -> None:
    ward = Ward().set(HIGH)
    ward.events.clear()
    ward.alarms.acknowledge(ward.now, HIGH, ward.events)
    ward.alarms.pause_audio(ward.now, ward.events)
    assert ward.events == [
        Event(EventCode.ALARM_ACKNOWLEDGED, HIGH),
        Event(EventCode.AUDIO_PAUSED, "", AUDIO_PAUSE_S),
    ]
    ward.set(HIGH, present=False)
    ward.alarms.acknowledge(ward.now, HIGH, ward.events, "seen")
    assert ward.events[2:] == [
        Event(EventCode.ALARM_CLEARED, HIGH),
        Event(EventCode.ALARM_RESET, HIGH, 0.0, "seen"),
    ]


def test_a_new_alarm_at_the_end_of_an_audio_pause_does_not_break_it() -> None:
    ward = Ward()
    ward.alarms.pause_audio(ward.now, ward.events)
    ward.wait(AUDIO_PAUSE_S - BY_ID[HIGH].delay_s - 0.1)
    ward.set(HIGH)
    assert ward.now == ward.alarms.views[0].since
    assert ward.now - TICK_NS < ward.alarms.views[0].since
    assert ward.said(EventCode.AUDIO_RESUMED) == []
    assert ward.sound is Priority.HIGH


def test_of_several_the_first_to_rise_or_remind_is_waited_for() -> None:
    ward = Ward().set(MEDIUM).set(HIGH)
    ward.alarms.acknowledge(ward.now, MEDIUM, ward.events)
    ward.wait(60.0)
    ward.alarms.acknowledge(ward.now, HIGH, ward.events)
    ward.wait(REMIND_S - 60.0)
    assert ward.said(EventCode.ALARM_REMINDED) == [MEDIUM]
    ward.wait(60.0)
    assert ward.said(EventCode.ALARM_REMINDED) == [MEDIUM, HIGH]


def test_an_alarm_that_reminded_and_is_answered_again_reminds_again() -> None:
    ward = Ward().set(STOPPING)
    ward.alarms.acknowledge(ward.now, STOPPING, ward.events)
    ward.wait(REMIND_S)
    assert ward.said(EventCode.ALARM_REMINDED) == [STOPPING]
    ward.wait(ESCALATE_S - 0.1)  # since it spoke again, not since it began
    assert ward.priority(STOPPING) is Priority.MEDIUM
    assert ward.wait(0.1).priority(STOPPING) is Priority.HIGH


def test_a_held_alarm_that_comes_back_still_reminds() -> None:
    ward = Ward().set(MEDIUM)
    ward.alarms.acknowledge(ward.now, MEDIUM, ward.events)
    answered = ward.now
    ward.set(MEDIUM, present=False)
    ward.set(HIGH)  # what is due is reckoned anew while the other is away
    ward.v[BY_ID[MEDIUM].channel] = LIMITS[BY_ID[MEDIUM].limit]
    ward.wait(REMIND_S - (ward.now - answered) / NS_PER_S - 0.1)
    assert ward.said(EventCode.ALARM_REMINDED) == []
    ward.wait(0.1)
    assert ward.said(EventCode.ALARM_REMINDED) == [MEDIUM]


@pytest.mark.parametrize("order", tuple(permutations(("H03.1", "H51.2", "H52.2"))))
def test_the_cause_is_the_first_of_the_highest(order: tuple[str, ...]) -> None:
    ward = Ward().set(MEDIUM)
    for rule in order:
        ward.set(rule)
        assert ward.alarms.active.cause == order[0]


def test_the_rinse_back_heeds_the_highest_that_no_cap_replaces() -> None:
    ward = Ward().set("H17.6")
    assert (ward.alarms.active.highest, ward.alarms.active.rinsing) == (Response.R2, Response.NONE)
    found = [ward.set(rule).alarms.active.rinsing for rule in (MEDIUM, "H03.1", LOW)]
    assert found == [Response.R0, Response.R2, Response.R2]


def test_of_one_tick_and_priority_the_stronger_response_stands_first() -> None:
    ward = Ward()
    pair = ("H01.1", "H03.1")
    for rule in pair:
        ward.q[BY_ID[rule].channel] = GOOD
        ward.v[BY_ID[rule].channel] = LIMITS[BY_ID[rule].limit]
    ward.wait(0.1)
    assert [view.rule for view in ward.alarms.views] == list(pair)
    assert {view.since for view in ward.alarms.views} == {ward.now}
    ward = Ward()
    pair = ("H35.1", "H31.2")
    for rule in (*pair, "H33.1"):
        ward.q[BY_ID[rule].channel] = GOOD
        ward.v[BY_ID[rule].channel] = LIMITS[BY_ID[rule].limit]
    ward.wait(0.1)
    assert [view.rule for view in ward.alarms.views] == ["H33.1", *pair]


def test_a_latched_alarm_that_comes_back_begins_at_its_own_priority_and_unanswered() -> None:
    rule = "H31.6"
    ward = Ward().set(rule).wait(ESCALATE_S)
    assert ward.priority(rule) is Priority.HIGH
    ward.set(rule, present=False)
    ward.alarms.acknowledge(ward.now, "H99", ward.events)
    ward.set(rule)
    assert ward.priority(rule) is Priority.MEDIUM
    assert not ward.alarms.views[0].acknowledged
    assert ward.alarms.views[0].active


def test_a_latched_alarm_whose_cause_flickers_is_cleared_once() -> None:
    rule = "H51.2"
    ward = Ward().set(rule).set(rule, present=False)
    view = ward.alarms.views
    for _ in range(3):
        ward.v[BY_ID[rule].channel] = LIMITS[BY_ID[rule].limit]
        ward.wait(BY_ID[rule].delay_s / 2).set(rule, present=False)
    assert ward.said(EventCode.ALARM_CLEARED) == [rule]
    assert ward.alarms.views == view
    assert not view[0].active


def test_a_held_alarm_shows_as_active_and_is_cleared_once() -> None:
    ward = Ward().set(MEDIUM).set(MEDIUM, present=False)
    assert ward.alarms.views[0].active
    ward.wait(9.9)
    assert ward.said(EventCode.ALARM_CLEARED) == []
    ward.wait(0.1)
    assert ward.said(EventCode.ALARM_CLEARED) == [MEDIUM]
    assert ward.alarms.views == ()
    ward.set(MEDIUM).set(MEDIUM, present=False).wait(10.0)
    assert ward.said(EventCode.ALARM_CLEARED) == [MEDIUM] * 2


@pytest.mark.parametrize("away", [False, True], ids=["present", "held"])
def test_a_warning_of_a_state_that_is_left_is_cleared_once_and_can_come_back(away: bool) -> None:
    rule = next(r for r in RULES if r.id == MEDIUM)
    ward = Ward()
    ward.now = Ns(0)  # sooner than any hold could have passed
    ward.set(MEDIUM)
    if away:
        ward.set(MEDIUM, present=False)
    ended = next(iter(frozenset(State) - rule.armed))
    for state in (ended, ended, State.TREAT):
        ward.now = Ns(ward.now + TICK_NS)
        ward.alarms.step(ward.now, state, ward.v, ward.q, ward.events)
        assert ward.alarms.views == ()
        assert ward.said(EventCode.ALARM_CLEARED) == [MEDIUM]
    ward.set(MEDIUM)
    assert [view.rule for view in ward.alarms.views] == [MEDIUM]
    assert ward.said(EventCode.ALARM_RAISED) == [MEDIUM] * 2


def test_a_greater_alarm_silences_the_lesser_while_it_lasts_only() -> None:
    lesser, greater = "H25.1", "H25.2"
    ward = Ward()
    ward.q[C.BLOOD_STOP_S] = GOOD
    ward.v[C.BLOOD_STOP_S] = LIMITS[BY_ID[lesser].limit]
    ward.wait(0.1)
    assert [view.rule for view in ward.alarms.views] == [lesser]
    ward.v[C.BLOOD_STOP_S] = LIMITS[BY_ID[greater].limit]
    ward.wait(0.1)
    assert [view.rule for view in ward.alarms.views] == [greater]
    ward = Ward()
    ward.q[C.BLOOD_STOP_S] = GOOD
    ward.v[C.BLOOD_STOP_S] = LIMITS[BY_ID[greater].limit]
    ward.wait(1.0)
    assert ward.said(EventCode.ALARM_RAISED)[-1:] == [greater]
    assert [view.rule for view in ward.alarms.views] == [greater]


def test_a_limit_off_the_grid_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearest to a reading only when it is that reading but for the last bits."""
    rule = BY_ID["H03.1"]
    monkeypatch.setattr(product, "RULES", (rule,))
    value = {**LIMITS.value, rule.limit: LIMITS[rule.limit] * 1.04}
    ward = Ward()
    ward.alarms = Alarms(replace(LIMITS, value=value))
    ward.q[rule.channel] = GOOD
    ward.v[rule.channel] = LIMITS[rule.limit]
    assert ward.wait(0.1).alarms.views == ()
    ward.v[rule.channel] = LIMITS[rule.limit] * 1.05
    assert [view.rule for view in ward.wait(0.1).alarms.views] == ["H03.1"]


def test_an_occurrence_is_as_old_as_its_own_alarm() -> None:
    ward = Ward().set(HIGH)
    since = ward.alarms.views[0].since
    ward.wait(7.0)
    assert ward.alarms.views[0].since == since == ward.now - 7 * NS_PER_S


@pytest.mark.parametrize("first", [0, 1, 2], ids=lambda n: f"from tick {n}")
def test_a_life_that_begins_with_the_clock(first: int) -> None:
    """Zero is a time like any other."""
    rule = BY_ID[HIGH]
    ward = Ward()
    ward.now = Ns((first - 1) * TICK_NS)
    ward.set(HIGH)
    assert ward.said(EventCode.ALARM_RAISED) == [HIGH]
    assert ward.alarms.views[0].since == first * TICK_NS + round(rule.delay_s * NS_PER_S)


def test_what_did_not_change_is_not_made_again() -> None:
    """The alarms present stay the same object, tick after tick, through all that does not concern them."""
    ward = Ward().set(HIGH)
    views = ward.alarms.views
    assert ward.wait(1.0).alarms.views is views
    medium = BY_ID[MEDIUM]
    ward.q[medium.channel] = GOOD
    ward.v[medium.channel] = LIMITS[medium.limit]
    assert ward.wait(medium.delay_s / 2).alarms.views is views  # it began
    assert ward.set(MEDIUM, present=False).alarms.views is views  # and ended before its delay
    ward.now = Ns(ward.now + TICK_NS)
    ward.alarms.step(ward.now, State.TREAT_END, ward.v, ward.q, ward.events)
    assert ward.alarms.views is views


def test_one_that_a_greater_silences_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose delay ends while the greater is there already."""
    lesser, greater = replace(BY_ID["H25.1"], delay_s=1.0), BY_ID["H25.2"]
    monkeypatch.setattr(product, "RULES", (lesser, greater))
    ward = Ward().set(greater.id)
    views = ward.alarms.views
    assert ward.wait(5.0).alarms.views is views
    assert ward.said(EventCode.ALARM_RAISED) == [greater.id]


def test_one_that_is_held_changes_nothing_until_it_is_over() -> None:
    ward = Ward().set(MEDIUM)
    ward.alarms.acknowledge(ward.now, MEDIUM, ward.events)
    views = ward.wait(REMIND_S - 2.0).alarms.views
    ward.set(MEDIUM, present=False)
    assert ward.wait(8.0).alarms.views is views  # past the time of its reminder
    assert ward.said(EventCode.ALARM_REMINDED) == []


def test_a_latched_one_that_flickers_changes_nothing() -> None:
    rule = "H13.1"
    ward = Ward().set(rule).set(rule, present=False)
    views = ward.alarms.views
    ward.v[BY_ID[rule].channel] = LIMITS[BY_ID[rule].limit]
    assert ward.wait(BY_ID[rule].delay_s / 2).alarms.views is views
    assert ward.set(rule, present=False).alarms.views is views
