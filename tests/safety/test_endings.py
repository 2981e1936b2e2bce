"""A session can always be ended, and what may go back to the patient depends on what is wrong."""

import pytest

from qh1a.channels import Channel
from qh1a.control.alarms import Alarms
from qh1a.hazards import LEAST_FLOW, RULES
from qh1a.tick import Actuator, Event, EventCode, IntentName, Response, State
from qh1a.units import NS_PER_S, Ns
from tests.control.synthetic import Bench, brisk, brisk_tuning
from tests.safety.bench import GOOD, LIMITS, START, C, S

Ask = IntentName
RED = {C.BLD: 1.0}


def treating() -> Bench:
    return Bench(brisk(), brisk_tuning()).to(S.TREAT)


def reads(bench: Bench, channel: Channel) -> float:
    assert bench.frame is not None
    return bench.frame.value[channel]


def in_state(bench: Bench) -> State:
    """A call, so that an earlier comparison narrows nothing."""
    return bench.state


def shown(bench: Bench) -> list[str]:
    return [view.rule for view in bench.decision.alarms]


def ill(bench: Bench, values: dict[Channel, float], seconds: float = 8.0) -> Bench:
    bench.plant.value.update(values)
    bench.run(seconds)
    return bench


def test_red_plasma_is_kept_from_the_patient_and_the_blood_is_returned_at_its_least_flow() -> None:
    """H13: the filtrate stands red before the detector, and the alarm comes back whenever it would move."""
    bench = ill(treating(), RED)
    assert in_state(bench) is S.PAUSE_PLASMA
    assert bench.sent(Actuator.BP) <= LEAST_FLOW[Actuator.BP]
    for wish in (Ask.RESUME, Ask.END):
        assert bench.ask(wish, why="red") == "ALARM_PRESENT"
    bench.ask(Ask.ACKNOWLEDGE)
    assert bench.ask(Ask.END, why="red") == ""
    bench.run(6.0)
    assert in_state(bench) is S.PAUSE_PLASMA, "still red: nothing of it goes back"
    assert bench.ask(Ask.RESUME) == "ALARM_PRESENT"
    assert bench.ask(Ask.RINSE_NEXT) == ""
    bench.run(5.0)
    assert in_state(bench) is S.RINSE_BLOOD
    assert 0.0 < bench.sent(Actuator.BP) <= LEAST_FLOW[Actuator.BP]
    assert bench.sent(Actuator.RP) == bench.sent(Actuator.PC) == 0.0


def test_red_plasma_seen_at_the_end_does_not_hold_the_session() -> None:
    bench = ill(treating(), RED)
    assert bench.ask(Ask.END, "without_plasma", why="red filtrate") == ""
    assert in_state(bench) is S.RINSE_BLOOD
    assert bench.ask(Ask.END, "without_rinse", why="clotted") == ""
    assert in_state(bench) is S.DISCONNECT


def test_a_balance_at_its_limit_stops_treatment_for_good_and_the_return_of_plasma_not_at_all() -> None:
    """H17, no override; in RINSEBACK caps stand in its place (circuit 6)."""
    bench = treating()
    bench.plant.value[C.W_S] = reads(bench, C.W_S) - 170.0
    bench.run(35.0)
    assert in_state(bench) is S.PAUSE_PLASMA
    assert "H17.2" in shown(bench)
    for _ in range(3):
        bench.ask(Ask.ACKNOWLEDGE, "H17.2", why="saline clamp leaked")
        assert bench.ask(Ask.RESUME) == "ALARM_PRESENT"
    assert bench.ask(Ask.END, why="balance") == ""
    bench.run(5.0)
    assert in_state(bench) is S.RINSE_PLASMA
    assert not [rule for rule in shown(bench) if rule.startswith("H17")]


def watch(rule_id: str, state: State) -> tuple[Alarms, list[float], list[int]]:
    """Alarms with this rule's condition there for its delay."""
    rule = next(r for r in RULES if r.id == rule_id)
    alarms = Alarms(LIMITS)
    v, q = [0.0] * len(C), [GOOD + 2] * len(C)
    v[rule.channel], q[rule.channel] = LIMITS[rule.limit] + 1.0, GOOD
    for at in (0.0, rule.delay_s):
        alarms.step(Ns(START + round(at * NS_PER_S)), state, v, q, [])
    assert [view.rule for view in alarms.views][:1] == [rule_id]
    return alarms, v, q


@pytest.mark.parametrize("rule_id", ["H17.2", "H17.3", "H17.4"])
def test_an_alarm_of_the_balance_is_reset_with_its_cause_only(rule_id: str) -> None:
    alarms, v, q = watch(rule_id, S.TREAT)
    rule = next(r for r in RULES if r.id == rule_id)
    now = Ns(START + 60 * NS_PER_S)
    assert alarms.acknowledge(now, "", [])
    assert not alarms.asks_cause(""), "the condition is still there"
    v[rule.channel] = 0.0
    alarms.step(now, S.TREAT, v, q, [])
    for why in ("", "  "):
        assert alarms.acknowledge(now, rule_id, [], why)
        assert alarms.asks_cause(rule_id)
        assert alarms.asks_cause("")
        assert not alarms.asks_cause("H05.1")
        assert alarms.active.highest >= Response.R2
    events: list[Event] = []
    assert alarms.acknowledge(now, rule_id, events, "bag touched")
    assert events == [Event(EventCode.ALARM_RESET, rule_id, 0.0, "bag touched")]
    assert not alarms.asks_cause("")
    assert alarms.active.highest <= Response.R0


def test_the_operator_is_asked_for_the_cause() -> None:
    bench = treating()
    bench.run(2.0)
    bench.plant.value[C.LVL_R] = reads(bench, C.LVL_R) + 50.0
    bench.run(35.0)
    assert "H17.7" in shown(bench)
    bench.plant.value.clear()
    bench.run(1.0)
    assert bench.ask(Ask.ACKNOWLEDGE) == "CAUSE_NEEDED"
    assert "H17.7" in shown(bench)
    assert bench.ask(Ask.ACKNOWLEDGE, why="foam in the reservoir") == ""
    assert "H17.7" not in shown(bench)


@pytest.mark.parametrize("after", [S.RINSE_PLASMA, S.RINSE_BLOOD])
def test_what_a_cap_replaces_ends_with_the_treatment(after: State) -> None:
    for rule_id, ends in (("H17.5", True), ("H01.1", False)):
        for gone in (False, True):
            alarms, v, q = watch(rule_id, S.TREAT)
            rule = next(r for r in RULES if r.id == rule_id)
            now = Ns(START + 60 * NS_PER_S)
            if gone:
                v[rule.channel] = 0.0
                alarms.step(now, S.TREAT, v, q, [])
            alarms.step(Ns(now + NS_PER_S), after, v, q, [])
            assert (alarms.views == ()) is ends
            assert (alarms.active.highest is Response.NONE) is ends


def test_a_low_reservoir_does_not_hold_the_return_of_plasma() -> None:
    alarms, _, _ = watch("H19.1", S.TREAT)
    assert alarms.active.rinsing is Response.R2
    low = next(r for r in RULES if r.id == "H18.1")
    v, q = [0.0] * len(C), [GOOD + 2] * len(C)
    q[low.channel] = GOOD
    alarms = Alarms(LIMITS)
    for at in (0, 1):
        alarms.step(Ns(START + at * NS_PER_S), S.PAUSE_PLASMA, v, q, [])
    assert (alarms.active.highest, alarms.active.rinsing) == (Response.R2, Response.NONE)


def test_of_a_trip_and_its_warning_in_one_tick_the_trip_stands_first() -> None:
    alarms = Alarms(LIMITS)
    v, q = [0.0] * len(C), [GOOD + 2] * len(C)
    v[C.PH], q[C.PH] = 7.0, GOOD
    for at in (0, 61):
        alarms.step(Ns(START + at * NS_PER_S), S.TREAT, v, q, [])
    assert [view.rule for view in alarms.views] == ["H23.4", "H23.2"]
    assert alarms.active.cause == "H23.4"


def test_the_response_names_the_rule_that_brought_it() -> None:
    bench = treating()
    bench.plant.value[C.AIR_V] = reads(bench, C.AIR_V) + 1.0
    found = [e for d in bench.run(1.0) for e in d.events if e.code is EventCode.RESPONSE]
    assert [(e.subject, e.detail) for e in found][:1] == [("R4", "H01.1")]
