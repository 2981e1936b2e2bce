"""The rules of time and of an operator's wishes: ends, extensions, marks, the cap, set points, refusals."""

from dataclasses import replace
from math import inf, nan, nextafter

import pytest

from qh1a.channels import Channel
from qh1a.control.session import Machine, Refusal, Trigger, follow
from qh1a.tick import Actuator, AlarmView, EventCode, IntentName, Outcome, PauseKind, Priority, Quality, State
from qh1a.units import NS_PER_S
from tests.control.synthetic import TICK, Bench, Hands, brisk, brisk_tuning, hurried, prescription, treating
from tests.control.test_intents import on_kind

S, Ask, R = State, IntentName, Refusal
MARKS = brisk().marks
NOMINAL_S = 60.0
CAP_S = NOMINAL_S + MARKS.cap_extra_s
LATE_S = 1.2
"""Clocks reach the alarm rules once a second, and one tick later."""


def at_effective(seconds: float) -> Bench:
    """A brisk session in TREAT with this much effective time."""
    b = treating()
    while b.effective_s() < seconds:
        b.tick()
    assert b.state is S.TREAT
    return b


def ended() -> Bench:
    """A brisk session whose nominal time is over and nobody has answered."""
    b = treating()
    b.until(S.TREAT_END, 100.0)
    return b


def present(b: Bench) -> dict[str, AlarmView]:
    return {alarm.rule: alarm for alarm in b.decision.alarms}


def finish(b: Bench) -> Outcome:
    """From RINSEBACK to ENDED."""
    b.until(S.DISCONNECT, 120.0)
    b.run(2.0)
    assert b.ask(Ask.DISCONNECTED) == ""
    assert b.state is S.ENDED
    return b.decision.session.outcome


# -- ends ------------------------------


@pytest.mark.parametrize("why", ["", "   ", "\t\n"])
@pytest.mark.parametrize("key", ["", "without_rinse"])
def test_an_end_before_nominal_is_refused_without_a_reason(key: str, why: str) -> None:
    b = at_effective(20.0)
    assert b.ask(Ask.END, key, why=why) == R.REASON_NEEDED.name
    assert b.state is S.TREAT
    assert b.sent(Actuator.PP) > 0.0


def test_an_end_before_nominal_with_a_reason_is_labelled_early() -> None:
    b = at_effective(20.0)
    assert b.ask(Ask.END, why="patient asks for it") == ""
    assert b.state is S.RINSE_PLASMA
    effective = b.effective_s()
    assert finish(b) is Outcome.ENDED_EARLY
    assert b.effective_s() == effective


@pytest.mark.parametrize("kind", ["plasma", "stopped"])
def test_an_early_end_out_of_a_pause_is_early_too(kind: str) -> None:
    b = at_effective(20.0)
    assert b.ask(Ask.PAUSE, kind) == ""
    assert b.ask(Ask.END) == R.REASON_NEEDED.name
    assert b.ask(Ask.END, why="clotting") == ""
    assert finish(b) is Outcome.ENDED_EARLY


def test_one_tick_before_nominal_is_early_and_nominal_is_not() -> None:
    h = Hands(hurried("bench-10min")).to_treat()
    while h.therapy.effective_ns < h.therapy.nominal_ns - TICK:
        h.step()
    assert h.ask(Ask.END) == R.REASON_NEEDED.name
    h.step()
    assert h.state is S.TREAT_END
    assert h.therapy.effective_ns == h.therapy.nominal_ns
    assert h.ask(Ask.END) == ""


def test_the_nominal_end_stops_plasma_keeps_blood_and_asks() -> None:
    b = ended()
    assert [e.subject for e in b.decision.events if e.code is EventCode.END_PROMPT] == ["NOMINAL"]
    b.run(120.0 - b.decision.session.wall_ns / NS_PER_S - 1.0)  # unanswered, until just before the cap
    assert b.state is S.TREAT_END
    assert b.decision.session.pause is PauseKind.NONE
    assert b.sent(Actuator.PP) == b.sent(Actuator.RP) == b.sent(Actuator.PC) == 0.0
    assert b.sent(Actuator.BP) > 100.0
    assert b.sent(Actuator.CP) > 90.0
    assert b.effective_s() == NOMINAL_S
    assert b.ask(Ask.END) == ""
    assert finish(b) is Outcome.COMPLETED


def test_a_pause_at_nominal_does_not_hide_the_end() -> None:
    b = at_effective(NOMINAL_S - 0.1)
    b.tick(b.intent(Ask.PAUSE, "plasma"))
    b.run(3.0)
    assert b.ask(Ask.RESUME) == ""
    b.until(S.TREAT_END, 60.0)
    assert NOMINAL_S <= b.effective_s() <= NOMINAL_S + 0.1


def test_a_session_ended_before_its_ramp_is_aborted_and_one_ended_out_of_safe_is_safe() -> None:
    b = Bench(brisk(), brisk_tuning()).to(S.CONNECT_FILL)
    assert b.ask(Ask.END, "without_rinse", why="no access") == ""
    assert b.decision.session.outcome is Outcome.ABORTED
    b = treating()
    assert b.ask(Ask.ABORT) == ""
    assert b.state is S.SAFE
    assert b.ask(Ask.END, "without_rinse", why="blood lost") == ""
    assert b.decision.session.outcome is Outcome.SAFE


def test_the_outcome_is_said_once_and_stays() -> None:
    b = ended()
    b.ask(Ask.END)
    said = []
    while b.state is not S.ENDED:
        b.tick(*([b.intent(Ask.DISCONNECTED)] if b.state is S.DISCONNECT else []))
        said += [e.detail for e in b.decision.events if e.code is EventCode.OUTCOME]
    assert said == ["COMPLETED"]
    for name in Ask:
        b.ask(name, "without_rinse" if name is Ask.END else "", why="again")
    assert b.state is S.ENDED
    assert b.decision.session.outcome is Outcome.COMPLETED


# -- extension ------------------------------


def test_an_extension_is_taken_from_the_mark_before_the_end_and_not_earlier() -> None:
    b = at_effective(NOMINAL_S - MARKS.ask_before_s - 0.1)
    # The intent is judged before its tick's time is counted.
    assert b.ask(Ask.EXTEND, value=5.0, why="bilirubin") == R.TOO_EARLY.name
    assert b.effective_s() == NOMINAL_S - MARKS.ask_before_s
    assert b.ask(Ask.EXTEND, value=5.0, why="bilirubin") == ""
    assert b.decision.session.extension_ns == 5 * NS_PER_S


@pytest.mark.parametrize(
    ("value", "why", "refusal"),
    [
        (5.0, "", R.REASON_NEEDED), (5.0, "  ", R.REASON_NEEDED), (0.0, "more", R.OUT_OF_RANGE),
        (-1.0, "more", R.OUT_OF_RANGE), (nextafter(15.0, inf), "more", R.OUT_OF_RANGE),
        (nan, "more", R.OUT_OF_RANGE), (inf, "more", R.OUT_OF_RANGE), (-inf, "more", R.OUT_OF_RANGE),
    ],
)  # fmt: skip
def test_an_extension_needs_a_reason_and_a_length_within_its_limit(
    value: float, why: str, refusal: Refusal
) -> None:
    b = at_effective(NOMINAL_S - 1.0)
    assert b.ask(Ask.EXTEND, value=value, why=why) == refusal.name
    assert b.decision.session.extension_ns == 0


def test_the_longest_extension_ends_the_plasma_side_by_force() -> None:
    b = at_effective(NOMINAL_S - 1.0)
    assert b.ask(Ask.EXTEND, value=MARKS.extension_max_s, why="more") == ""
    b.until(S.TREAT_END, 60.0)
    assert NOMINAL_S + MARKS.extension_max_s <= b.effective_s() <= NOMINAL_S + MARKS.extension_max_s + 0.1
    assert b.sent(Actuator.PP) == b.sent(Actuator.RP) == 0.0
    for value in (1.0, MARKS.extension_max_s):
        assert b.ask(Ask.EXTEND, value=value, why="still more") == R.WINDOW_SPENT.name
    assert b.ask(Ask.RESUME) == R.NOT_NOW.name
    assert b.ask(Ask.END) == ""
    assert finish(b) is Outcome.COMPLETED


def test_an_extension_after_an_unanswered_end_treats_again() -> None:
    b = ended()
    b.run(5.0)
    assert b.ask(Ask.EXTEND, value=10.0, why="late answer") == ""
    assert b.state is S.TREAT
    assert b.effective_s() == NOMINAL_S
    b.until(S.TREAT_END, 60.0)
    assert NOMINAL_S + 10.0 <= b.effective_s() <= NOMINAL_S + 10.1


def test_an_extension_may_grow_but_not_shrink_or_repeat() -> None:
    b = at_effective(NOMINAL_S - 5.0)
    assert b.ask(Ask.EXTEND, value=5.0, why="a") == ""
    assert b.ask(Ask.EXTEND, value=5.0, why="b") == R.WINDOW_SPENT.name
    assert b.ask(Ask.EXTEND, value=3.0, why="c") == R.WINDOW_SPENT.name
    assert b.ask(Ask.EXTEND, value=8.0, why="d") == ""
    assert b.decision.session.extension_ns == 8 * NS_PER_S


def test_an_extension_already_over_is_spent() -> None:
    h = Hands(hurried("bench-10min")).to_treat()
    h.until(S.TREAT_END)
    assert h.ask(Ask.EXTEND, value=10.0, why="a") == ""
    h.until(S.TREAT)
    h.until(S.TREAT_END)
    assert h.ask(Ask.EXTEND, value=10.0, why="b") == R.WINDOW_SPENT.name
    assert h.ask(Ask.EXTEND, value=11.0, why="c") == ""
    assert h.state is S.TREAT


@pytest.mark.parametrize("kind", ["plasma", "stopped"])
def test_an_extension_can_be_granted_in_a_pause(kind: str) -> None:
    b = at_effective(NOMINAL_S - 5.0)
    assert b.ask(Ask.PAUSE, kind) == ""
    assert b.ask(Ask.EXTEND, value=5.0, why="more") == ""
    assert b.decision.session.pause is PauseKind[kind.upper()]
    b.run(2.0)
    assert b.ask(Ask.RESUME) == ""
    b.until(S.TREAT_END, 60.0)
    assert NOMINAL_S + 5.0 <= b.effective_s() <= NOMINAL_S + 5.1


def test_an_extension_granted_while_stopped_after_the_end_leads_back_to_treatment() -> None:
    b = ended()
    assert b.ask(Ask.STOP) == ""
    assert b.ask(Ask.EXTEND, value=MARKS.extension_max_s, why="late answer") == ""
    assert b.decision.session.pause is PauseKind.STOPPED
    assert b.ask(Ask.RESUME) == ""
    assert b.state is S.TREAT


@pytest.mark.parametrize("state", [S.RINSE_PLASMA, S.RINSE_BLOOD, S.DISCONNECT])
def test_once_rinse_back_is_confirmed_nothing_is_extended(state: State) -> None:
    b = ended()
    b.ask(Ask.END)
    b.until(state, 60.0)
    assert b.ask(Ask.EXTEND, value=5.0, why="more") == R.NOT_NOW.name


# -- marks (H39) ------------------------------


def raised(b: Bench, rule: str, within_s: float) -> tuple[float, float, Priority]:
    """Run until a rule is raised: effective and wall seconds then, and its priority."""
    for _ in range(round(within_s * 10)):
        b.tick()
        if any(e.code is EventCode.ALARM_RAISED and e.subject == rule for e in b.decision.events):
            return b.effective_s(), b.decision.session.wall_ns / NS_PER_S, present(b)[rule].priority
    pytest.fail(f"{rule} not raised")


def test_the_operator_is_told_before_the_end_at_the_end_and_late_in_an_extension() -> None:
    b = treating()
    effective, _, priority = raised(b, "H39.1", 100.0)
    assert NOMINAL_S - MARKS.low_before_s <= effective <= NOMINAL_S - MARKS.low_before_s + LATE_S
    assert priority is Priority.LOW
    effective, _, priority = raised(b, "H39.2", 100.0)
    assert NOMINAL_S <= effective <= NOMINAL_S + 0.1
    assert priority is Priority.LOW
    assert "H39.1" not in present(b)
    b.ask(Ask.EXTEND, value=MARKS.extension_max_s, why="more")
    mark = NOMINAL_S + MARKS.medium_into_extension_s
    effective, _, priority = raised(b, "H39.3", 60.0)
    assert mark <= effective <= mark + LATE_S
    assert priority is Priority.MEDIUM
    b.until(S.TREAT_END, 30.0)
    b.run(LATE_S)
    assert "H39.2" in present(b)
    assert "H39.3" not in present(b)


def test_the_operator_is_told_before_the_cap_whatever_stands_still() -> None:
    b = treating()
    b.ask(Ask.PAUSE, "plasma")
    _, wall, priority = raised(b, "H39.4", 120.0)
    assert CAP_S - MARKS.cap_low_before_s <= wall <= CAP_S - MARKS.cap_low_before_s + LATE_S
    assert priority is Priority.LOW
    b.ask(Ask.PAUSE, "stopped")
    _, wall, priority = raised(b, "H39.5", 60.0)
    assert CAP_S - MARKS.cap_medium_before_s <= wall <= CAP_S - MARKS.cap_medium_before_s + LATE_S
    assert priority is Priority.MEDIUM


@pytest.mark.parametrize("name", ["4h", "6h", "8h"])
def test_the_marks_of_the_shipped_sessions_are_those_of_the_circuit(name: str) -> None:
    m = prescription(name).marks
    minutes = (
        m.window_s, m.extension_max_s, m.ask_before_s, m.low_before_s, m.medium_into_extension_s,
        m.heparin_off_before_s, m.cap_extra_s, m.cap_low_before_s, m.cap_medium_before_s,
    )  # fmt: skip
    assert [x / 60.0 for x in minutes] == [15, 15, 10, 5, 10, 30, 90, 15, 5]
    assert prescription(name).ramp.hold_s == 60.0


def test_heparin_stops_before_the_predicted_end_and_an_extension_arms_it_again() -> None:
    off_at = NOMINAL_S - MARKS.heparin_off_before_s
    b = at_effective(off_at - 1.0)
    assert b.sent(Actuator.HP) > 0.0
    b.run(1.0 + LATE_S)
    assert b.sent(Actuator.HP) == 0.0
    b.run(3.0)
    b.ask(Ask.EXTEND, value=MARKS.extension_max_s, why="more")
    b.run(LATE_S)
    assert b.sent(Actuator.HP) > 0.0
    b.run(MARKS.extension_max_s + LATE_S)
    assert b.sent(Actuator.HP) == 0.0


# -- the cap ------------------------------


def wall_s(b: Bench) -> float:
    return b.decision.session.wall_ns / NS_PER_S


def long_pause(b: Bench, kind: str) -> None:
    if kind in {"plasma", "stopped"}:
        assert b.ask(Ask.PAUSE, kind) == ""
    elif kind == "patient_off":
        assert b.ask(Ask.PAUSE, "stopped") == ""
        assert b.ask(Ask.PAUSE, kind) == ""
    elif kind == "safe":
        assert b.ask(Ask.ABORT) == ""
    while wall_s(b) < CAP_S:
        b.tick()


@pytest.mark.parametrize("kind", ["plasma", "stopped", "patient_off", "safe"])
def test_the_cap_ends_treatment_safely_out_of_any_pause(kind: str) -> None:
    b = treating()
    long_pause(b, kind)
    assert CAP_S <= wall_s(b) <= CAP_S + 0.1
    assert b.sent(Actuator.PP) == b.sent(Actuator.RP) == 0.0
    assert (
        b.state
        is {"plasma": S.TREAT_END, "stopped": S.PAUSE_STOPPED, "patient_off": S.PATIENT_OFF, "safe": S.SAFE}[
            kind
        ]
    )
    assert b.ask(Ask.EXTEND, value=5.0, why="more") in {R.CAP_REACHED.name, R.TOO_EARLY.name}
    if kind == "stopped":
        b.ask(Ask.ACKNOWLEDGE)
        assert b.ask(Ask.RESUME) == R.CAP_REACHED.name
    if kind == "patient_off":
        b.ask(Ask.ACKNOWLEDGE)
        assert b.ask(Ask.RESUME) == ""
        waits = {S.READY: Ask.CONFIRM, S.CONNECT_ACCESS: Ask.CONFIRM, S.CONNECT_VENOUS: Ask.CONNECTED}
        while b.state not in {S.RAMP, S.TREAT, S.TREAT_END}:
            b.tick(*([*b.scans(), b.intent(waits[b.state])] if b.state in waits else []))
        assert b.state is S.TREAT_END
    if kind == "safe":
        assert b.ask(Ask.RESUME) == ""
        assert b.ask(Ask.RESUME) == R.CAP_REACHED.name
    assert b.ask(Ask.END) == R.REASON_NEEDED.name
    b.ask(Ask.ACKNOWLEDGE)
    assert b.ask(Ask.END, why="cap") == ""
    assert finish(b) is Outcome.ENDED_EARLY


def test_the_cap_wins_over_an_extension() -> None:
    p = brisk()
    b = Bench(
        replace(p, marks=replace(p.marks, cap_extra_s=20.0, cap_low_before_s=9.0, cap_medium_before_s=3.0)),
        brisk_tuning(),
    )
    b.to(S.TREAT)
    while b.effective_s() < NOMINAL_S - 1.0:
        b.tick()
    assert b.ask(Ask.EXTEND, value=MARKS.extension_max_s, why="more") == ""
    b.until(S.TREAT_END, 60.0)
    assert [e.subject for e in b.decision.events if e.code is EventCode.END_PROMPT] == ["CAP"]
    assert 80.0 <= wall_s(b) <= 80.1
    assert b.effective_s() < NOMINAL_S + MARKS.extension_max_s
    assert b.ask(Ask.EXTEND, value=MARKS.extension_max_s, why="more") != ""
    assert b.ask(Ask.END) == ""
    assert finish(b) is Outcome.COMPLETED


def test_a_host_that_sleeps_over_the_cap_wakes_without_a_plasma_side() -> None:
    b = treating()
    b.run(10.0)
    effective = b.effective_s()
    b.tick(after=4 * 3600 * NS_PER_S)
    assert b.state is S.TREAT_END
    assert b.sent(Actuator.PP) == b.sent(Actuator.RP) == 0.0
    assert b.effective_s() == effective


def test_the_cap_during_a_reconnection_leaves_no_way_back_to_plasma() -> None:
    h = Hands(brisk()).to_treat()
    h.therapy.machine = h.therapy.machine._replace(state=S.CONNECT_VENOUS, left=S.TREAT, connected=False)
    h.step(after=200 * NS_PER_S)
    assert h.therapy.machine.capped
    assert h.ask(Ask.CONNECTED) == ""
    assert h.state is S.TREAT_END


# -- set points ------------------------------


@pytest.mark.parametrize("running", [False, True], ids=["before RAMP", "running"])
@pytest.mark.parametrize(
    ("key", "before", "lo", "hi"),
    [
        ("blood_ml_min", 80.0, 50.0, 180.0), ("plasma_ml_min", 15.0, 10.0, 45.0),
        ("perfusion_ml_min", 30.0, 30.0, 200.0), ("temperature_c", 35.0, 35.0, 38.0),
        ("do_in_mmhg", 135.0, 135.0, 170.0), ("ph", 7.30, 7.30, 7.50),
    ],
)  # fmt: skip
def test_a_set_point_is_taken_at_its_limits_and_refused_beyond(
    key: str, before: float, lo: float, hi: float, running: bool
) -> None:
    """Before RAMP the bounds are the prescription's: what is frozen there measures the treatment."""
    least = lo if running else before
    for value in (nextafter(least, -inf), nextafter(hi, inf), nan, inf, -inf):
        assert slack(key, running=running).ask(Ask.SET, key, value) == R.OUT_OF_RANGE.name
    for value in (least, hi):
        h = slack(key, running=running)
        assert h.ask(Ask.SET, key, value) == "", (key, value)
        assert value in h.therapy.sets


def slack(key: str, *, running: bool = True) -> Hands:
    """Set points that leave room for the limits of `key`, whatever the cross rules say."""
    h = with_flows(160.0, 20.0 if key == "perfusion_ml_min" else 40.0, 100.0)
    if running:
        assert h.ask(Ask.CONNECTED) == ""
    return h


def with_flows(blood: float, plasma: float, perfusion: float) -> Hands:
    p = prescription("4h")
    return Hands(
        replace(
            p, flows=replace(p.flows, blood_ml_min=blood, plasma_ml_min=plasma, perfusion_ml_min=perfusion)
        )
    )


def test_plasma_may_be_three_tenths_of_blood_and_not_more() -> None:
    h = with_flows(100.0, 20.0, 100.0)
    assert h.ask(Ask.SET, "plasma_ml_min", nextafter(30.0, inf)) == R.RATIO.name
    assert h.ask(Ask.SET, "plasma_ml_min", 30.0) == ""


def test_perfusion_must_stay_ahead_of_the_return() -> None:
    h = with_flows(150.0, 20.0, 38.0)
    most = (38.0 - 5.0) / 1.1
    assert h.ask(Ask.SET, "plasma_ml_min", most + 1e-9) == R.PERFUSION.name
    assert h.ask(Ask.SET, "plasma_ml_min", most - 1e-9) == ""
    h = with_flows(150.0, 40.0, 100.0)
    assert h.ask(Ask.SET, "perfusion_ml_min", 48.9) == R.PERFUSION.name
    assert h.ask(Ask.SET, "perfusion_ml_min", 49.1) == ""


def test_plasma_follows_blood_at_the_prescribed_fraction_within_its_own_limits() -> None:
    h = with_flows(130.0, 26.0, 100.0)
    assert h.ask(Ask.SET, "blood_ml_min", 100.0) == ""
    assert h.therapy.sets.plasma == pytest.approx(20.0)
    # 39/130 of 180 would be 54 mL/min of plasma: over the 45 that nobody may set.
    h = with_flows(130.0, 39.0, 200.0)
    assert h.ask(Ask.SET, "blood_ml_min", 180.0) == R.OUT_OF_RANGE.name
    assert h.ask(Ask.SET, "blood_ml_min", 150.0) == ""
    assert h.therapy.sets.plasma == pytest.approx(45.0)
    h = with_flows(150.0, 15.0, 100.0)
    assert h.ask(Ask.SET, "blood_ml_min", 99.0) == R.OUT_OF_RANGE.name
    assert h.ask(Ask.SET, "blood_ml_min", 101.0) == ""


def test_a_fraction_at_its_limit_can_follow_any_blood_flow() -> None:
    for blood in range(80, 151):
        h = with_flows(130.0, 39.0, 200.0)
        assert h.ask(Ask.SET, "blood_ml_min", float(blood)) == "", blood


def test_a_refused_set_point_changes_nothing() -> None:
    h = with_flows(130.0, 30.0, 100.0)
    before = h.therapy.sets
    for key, value in (
        ("blood_ml_min", 181.0),
        ("plasma_ml_min", 45.0),
        ("perfusion_ml_min", 30.0),
        ("q_b", 120.0),
    ):
        assert h.ask(Ask.SET, key, value) != ""
    assert h.therapy.sets == before


def test_a_set_point_reaches_the_pump() -> None:
    b = treating()
    assert b.ask(Ask.SET, "perfusion_ml_min", 120.0) == ""
    b.run(10.0)
    assert b.sent(Actuator.CP) == pytest.approx(120.0, abs=0.5)


# -- every refusal ------------------------------


def refusals() -> dict[Refusal, str]:
    """One way to each refusal that a running session can give."""
    found: dict[Refusal, str] = {}
    b = treating()
    found[R.NOT_NOW] = b.ask(Ask.START)
    found[R.REASON_NEEDED] = b.ask(Ask.END)
    found[R.OUT_OF_RANGE] = b.ask(Ask.ENTER, "sample_ml", 50.1)
    found[R.RATIO] = b.ask(Ask.SET, "plasma_ml_min", 39.1)
    found[R.PERFUSION] = b.ask(Ask.SET, "perfusion_ml_min", 37.0)
    found[R.UNKNOWN_KEY] = b.ask(Ask.SET, "blood")
    found[R.NOT_HERE] = on_kind("BENCH").ask(Ask.INJECT, "return_line_kink", 3.0)
    found[R.TOO_EARLY] = b.ask(Ask.EXTEND, value=5.0, why="more")
    found[R.NO_ALARM] = b.ask(Ask.ACKNOWLEDGE, "H01.1")
    b.plant.value[Channel.LVL_R] = 300.0
    b.run(35.0)
    b.plant.value.clear()
    b.run(1.0)
    found[R.CAUSE_NEEDED] = b.ask(Ask.ACKNOWLEDGE, "H17.7")
    b.plant.value[Channel.AIR_V] = 1.0
    b.tick()
    found[R.ALARM_PRESENT] = b.ask(Ask.RESUME)
    b = ended()
    b.ask(Ask.EXTEND, value=1.0, why="more")
    found[R.WINDOW_SPENT] = b.ask(Ask.EXTEND, value=1.0, why="more")
    b.run(3.0)  # an hour's gap in the moment in which the return starts is not what this is about
    b.tick(after=3600 * NS_PER_S)
    found[R.CAP_REACHED] = b.ask(Ask.EXTEND, value=15.0, why="more")
    b.ask(Ask.END)
    b.until(S.DISCONNECT, 60.0)
    found[R.STILL_CONNECTED] = b.ask(Ask.DISCONNECTED)
    # A guard behind a guard: no session reaches READY without its tests, the machine refuses all the same.
    untested = Machine(S.READY, S.RAMP, False, False, False, Outcome.OPEN)
    answer = follow(untested, Trigger.CONFIRM)
    found[R.NOT_TESTED] = answer.name if isinstance(answer, Refusal) else ""
    b = Bench(brisk()).to(S.PRIME_LOAD)
    found[R.NOT_SCANNED] = b.ask(Ask.CONFIRM)
    found[R.WRONG_CARTRIDGE] = b.ask(Ask.ENTER, "cartridge", why="another")
    found[R.CARTRIDGE_NOT_VIABLE] = b.ask(Ask.ENTER, "viability_percent", 1.0)
    found[R.CARTRIDGE_TOO_LONG_OUT] = b.ask(Ask.ENTER, "out_of_incubator_min", 1000.0)
    found[R.WRONG_SUBJECT] = Bench(brisk()).to(S.READY).ask(Ask.ENTER, "subject", why="another")
    return found


def test_every_refusal_can_be_given_and_says_what_it_is() -> None:
    given = refusals()
    assert given == {r: r.name for r in Refusal}


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        (Ask.PAUSE, "", 0.0), (Ask.PAUSE, "none", 0.0), (Ask.PAUSE, "all", 0.0), (Ask.END, "now", 0.0),
        (Ask.SET, "", 1.0), (Ask.ENTER, "", 1.0), (Ask.ENTER, "act", 180.0),
    ],
)  # fmt: skip
def test_a_word_nobody_knows_is_refused_by_name(name: IntentName, key: str, value: float) -> None:
    b = treating()
    assert b.ask(name, key, value, "because") == R.UNKNOWN_KEY.name
    assert b.state is S.TREAT


@pytest.mark.parametrize(
    ("value", "taken"), [(0.0, True), (50.0, True), (-0.1, False), (50.1, False), (nan, False)]
)
def test_a_sample_is_between_nothing_and_fifty_ml(value: float, taken: bool) -> None:
    h = Hands(brisk()).to_treat()
    assert (h.ask(Ask.ENTER, "sample_ml", value) == "") is taken
    assert h.therapy.samples_ml == (value if taken else 0.0)


def test_every_intent_is_answered_by_the_tick_that_takes_it() -> None:
    b = treating()
    asked = [b.intent(name, "", 1.0, "why") for name in Ask]
    events = b.tick(*asked).events
    answers = [e for e in events if e.code in {EventCode.INTENT_TAKEN, EventCode.INTENT_REFUSED}]
    assert [(e.subject, int(e.value)) for e in answers] == [(i.name.name, i.id) for i in asked]
    assert all(e.detail in Refusal.__members__ for e in answers if e.code is EventCode.INTENT_REFUSED)


def test_disconnection_is_believed_only_after_its_time_and_with_the_blood_pump_standing() -> None:
    b = ended()
    b.ask(Ask.END)
    b.until(S.DISCONNECT, 60.0)
    b.run(1.9)
    assert b.ask(Ask.DISCONNECTED) == R.STILL_CONNECTED.name
    b.run(0.2)
    b.plant.value[Channel.N_BP] = 0.3
    assert b.ask(Ask.DISCONNECTED) == R.STILL_CONNECTED.name
    del b.plant.value[Channel.N_BP]
    assert b.ask(Ask.DISCONNECTED) == ""
    assert b.state is S.ENDED


# -- stopping and handing over before and after treatment ------------------------------


def test_stop_in_ready_stays_stopped_until_somebody_speaks() -> None:
    """READY's own test would start the blood pump again."""
    b = Bench(brisk()).to(S.READY)
    assert b.ask(Ask.STOP) == ""
    b.run(30.0)
    assert b.state is S.SAFE
    assert b.sent(Actuator.BP) == 0.0


def test_disconnected_is_believed_only_when_everything_stands_and_is_clamped() -> None:
    b = treating()
    assert b.ask(Ask.DISCONNECTED) == R.NOT_NOW.name
    assert b.ask(Ask.END, why="x") == ""
    b.until(S.DISCONNECT, 400.0)
    assert b.ask(Ask.DISCONNECTED) == R.STILL_CONNECTED.name, "not at once"
    b.run(brisk().rinseback.disconnect_s + 0.2)
    b.plant.quality[Channel.N_BP] = Quality.COMM_LOST
    assert b.ask(Ask.DISCONNECTED) == R.STILL_CONNECTED.name, "nobody sees the rotor"
    del b.plant.quality[Channel.N_BP]
    b.plant.value[Channel.POS_VC] = 1.0
    assert b.ask(Ask.DISCONNECTED) == R.STILL_CONNECTED.name, "the venous clamp is open"
    del b.plant.value[Channel.POS_VC]
    assert b.ask(Ask.DISCONNECTED) == ""
    assert b.state is S.ENDED
