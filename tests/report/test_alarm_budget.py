"""The alarm budget: who acted on an alarm, and how many only took attention."""

import pytest

from qh1a.report.alarm_budget import AFTER_S, BUDGET, alarm_budget, load
from qh1a.report.events import Alarm, Entry
from qh1a.tick import Priority

WARNING, STOP = "H07.1", "H07.2"


def alarm(at: float, rule: str = WARNING, priority: Priority = Priority.MEDIUM, stood: float = 20.0) -> Alarm:
    return Alarm(rule, priority, at, 0.0, "", at + stood)


def said(at: float, what: str, *, machine: bool = False) -> Entry:
    return Entry(at, machine, "li", what, "", "taken")


def test_a_warning_that_nobody_could_act_on_is_only_seen() -> None:
    journal = [said(5.0, "acknowledge"), said(6.0, "audio_pause"), said(7.0, "state TREAT", machine=True)]
    found = load([alarm(0.0)], journal, 2.0)
    assert (found.alarms, found.acted, found.idle, found.per_hour) == (1, 0, 1, 0.5)


@pytest.mark.parametrize(("at", "acted"), [(-1.0, 0), (0.0, 1), (AFTER_S, 1), (AFTER_S + 1.0, 0)])
def test_an_act_of_the_operator_answers_for_five_minutes(at: float, acted: int) -> None:
    assert load([alarm(0.0)], [said(at, "set blood_ml_min 120")], 1.0).acted == acted


def test_an_act_while_it_stands_answers_however_late() -> None:
    assert load([alarm(0.0, stood=2000.0)], [said(1900.0, "pause plasma")], 1.0).acted == 1
    open_alarm = alarm(0.0)
    open_alarm.cleared = None
    assert load([open_alarm], [said(200.0, "resume")], 1.0).acted == 1


def test_what_the_machine_stops_is_acted_upon_and_low_is_no_load() -> None:
    found = load([alarm(0.0, STOP, Priority.HIGH), alarm(1.0, "H39.1", Priority.LOW)], [], 1.0)
    assert (found.alarms, found.acted, found.idle) == (1, 1, 0)
    assert alarm_budget([alarm(1.0, "H39.1", Priority.LOW)], [], 1.0) == ""


def test_the_budget_is_two_a_session() -> None:
    for n in (BUDGET, BUDGET + 1):
        found = load([alarm(1000.0 * k) for k in range(n)], [], 4.0)
        assert found.kept is (n <= BUDGET)
        assert ("OVER" in alarm_budget([alarm(1000.0 * k) for k in range(n)], [], 4.0)) is (n > BUDGET)


def test_the_worst_ten_minutes_and_the_longest_wait() -> None:
    alarms = [alarm(t) for t in (0.0, 599.0, 600.0, 1100.0)]
    alarms[1].acknowledged, alarms[2].acknowledged = 640.0, 610.0
    found = load(alarms, [], 0.0)
    assert (found.worst_10_min, found.answered_s, found.per_hour) == (3, 41.0, None)
    assert load([], [], 1.0).worst_10_min == 0
