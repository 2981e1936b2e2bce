"""The discrete machine, exhaustively: every state, `left`, flag, trigger and blocking alarm."""

from collections.abc import Iterable
from functools import cache
from itertools import product

import pytest

from qh1a.control.alarms import Active
from qh1a.control.phases import PLANS, Plan
from qh1a.control.session import (
    START,
    Machine,
    Refusal,
    Trigger,
    blocked,
    follow,
    ladder,
    pause_trigger,
    reachable,
)
from qh1a.tick import STATES, Actuator, IntentName, Outcome, Phase, Response, State
from tests.control.synthetic import Bench

S, T = State, Trigger
MOVES = tuple(product(T, (False, True)))
TREATMENT = {S.RAMP, S.TREAT}
PAUSES = {S.PAUSE_PLASMA, S.PAUSE_STOPPED, S.PATIENT_OFF}
OPERATOR = {
    T.START, T.CONFIRM, T.CONNECTED, T.PAUSE_PLASMA, T.PAUSE_STOPPED, T.PATIENT_OFF, T.RESUME, T.END,
    T.END_WITHOUT_PLASMA, T.END_WITHOUT_RINSE, T.RINSE_NEXT, T.DISCONNECTED, T.ABORT, T.STOP, T.EXTEND,
}  # fmt: skip
"""Triggers that are somebody's word; the others happen by themselves."""
EVERY = tuple(
    Machine(state, left, connected, tested, capped, outcome)
    for state, left, connected, tested, capped, outcome in product(
        S, S, (False, True), (False, True), (False, True), (Outcome.OPEN, Outcome.COMPLETED)
    )
)


def after(m: Machine, trigger: Trigger, *, blocked: bool = False) -> Machine:
    """The machine that follows; a refusal stays where it is."""
    found = follow(m, trigger, blocked=blocked)
    return m if isinstance(found, Refusal) else found


def reach(starts: Iterable[Machine], moves: Iterable[tuple[Trigger, bool]] = MOVES) -> set[Machine]:
    """Every machine that any sequence of moves leads to, the starts included."""
    moves = tuple(moves)
    found = set(starts)
    edge = list(found)
    while edge:
        m = edge.pop()
        for trigger, is_blocked in moves:
            n = after(m, trigger, blocked=is_blocked)
            if n not in found:
                found.add(n)
                edge.append(n)
    return found


@cache
def live() -> frozenset[Machine]:
    """Every machine that a session can be in."""
    return frozenset(reach({START}))


def at(state: State, left: State = S.RAMP, *, connected: bool = True, capped: bool = False) -> Machine:
    return Machine(state, left, connected, True, capped, Outcome.OPEN)


def test_every_machine_has_an_answer_to_every_trigger() -> None:
    for m, (trigger, is_blocked) in product(EVERY, MOVES):
        answer = follow(m, trigger, blocked=is_blocked)
        if isinstance(answer, Machine):
            assert answer.outcome is m.outcome, (m, trigger)
            assert answer.state in S
        else:
            assert isinstance(answer, Refusal), (m, trigger)


def test_every_state_is_reached_from_the_start() -> None:
    assert {m.state for m in live()} == set(S)


@pytest.mark.parametrize("trigger", [T.ABORT, T.RESPONSE_R5])
def test_safe_is_one_step_from_anywhere_but_the_end(trigger: Trigger) -> None:
    for m in EVERY:
        n = follow(m, trigger)
        assert isinstance(n, Machine)
        stays = m.state in {S.SAFE, S.DISCONNECT, S.ENDED}
        assert n.state is (m.state if stays else S.SAFE), m


def test_nobody_is_treated_without_the_tests_before_connection() -> None:
    # A ghost beside the machine: have the tests passed since the patient was off or the machine unproven?
    unproven = {s for s in S if STATES[s].phase is Phase.SELF_TEST} | {S.PATIENT_OFF}
    found = {(START, False)}
    edge = list(found)
    while edge:
        m, proven = edge.pop()
        for trigger, is_blocked in MOVES:
            n = after(m, trigger, blocked=is_blocked)
            now = n.state not in unproven and (
                proven or (m.state is S.READY_TEST and trigger is T.CHECKS_PASSED and n is not m)
            )
            if (n, now) not in found:
                found.add((n, now))
                edge.append((n, now))
    bare = {m.state for m, proven in found if not proven}
    assert not bare & (TREATMENT | {S.CONNECT_ACCESS, S.CONNECT_FILL, S.CONNECT_VENOUS})
    assert {m.state for m, proven in found if proven} >= TREATMENT


def test_treatment_needs_the_patient_connected() -> None:
    assert all(
        m.connected for m in live() if m.state in TREATMENT | {S.TREAT_END, S.RINSE_PLASMA, S.RINSE_BLOOD}
    )
    assert not any(m.connected for m in live() if m.state in {S.PATIENT_OFF, S.ENDED, S.PRIME_BLOOD, S.READY})


def test_a_session_ends_only_through_disconnect() -> None:
    into = {
        (m.state, trigger)
        for m, (trigger, b) in product(live(), MOVES)
        if m.state is not S.ENDED and after(m, trigger, blocked=b).state is S.ENDED
    }
    assert into == {(S.DISCONNECT, T.DISCONNECTED)}


def test_an_ended_session_stays_ended() -> None:
    for m in live():
        if m.state is S.ENDED:
            assert {after(m, trigger, blocked=b).state for trigger, b in MOVES} == {S.ENDED}


def test_disconnect_leads_only_to_the_end() -> None:
    for m in live():
        if m.state is S.DISCONNECT:
            assert {after(m, t, blocked=b).state for t, b in MOVES} == {S.DISCONNECT, S.ENDED}


@pytest.mark.parametrize("is_blocked", [False, True])
def test_an_end_can_be_reached_from_everywhere_even_under_an_alarm(is_blocked: bool) -> None:
    # Backwards from ENDED, with the operator's triggers alone.
    words = [(t, is_blocked) for t in OPERATOR]
    into: dict[Machine, set[Machine]] = {m: set() for m in live()}
    for m, (trigger, b) in product(live(), words):
        into[after(m, trigger, blocked=b)].add(m)
    ends = {m for m in live() if m.state is S.ENDED}
    edge = list(ends)
    while edge:
        for m in into[edge.pop()] - ends:
            ends.add(m)
            edge.append(m)
    assert ends == live()


@pytest.mark.parametrize("came", [S.RAMP, S.TREAT, S.TREAT_END, S.RINSE_PLASMA, S.RINSE_BLOOD])
@pytest.mark.parametrize("how", [T.PAUSE_PLASMA, T.PAUSE_STOPPED, T.STOP, T.RESPONSE_R2, T.RESPONSE_R4])
def test_a_pause_resumes_into_what_it_left(came: State, how: Trigger) -> None:
    for left in (S.RAMP, S.TREAT, S.TREAT_END, S.RINSE_PLASMA):
        m = follow(at(came, left), how)
        if isinstance(m, Refusal) or m.state is came:
            # No plasma to stop, or a pause that rinse-back does not offer.
            assert how in {T.PAUSE_PLASMA, T.RESPONSE_R2}
            assert came in {S.TREAT_END, S.RINSE_PLASMA, S.RINSE_BLOOD}
            continue
        assert m.state in {S.PAUSE_PLASMA, S.PAUSE_STOPPED}
        assert m.left is came
        assert after(m, T.RESUME).state is came
        deeper = after(m, T.RESPONSE_R4)
        assert deeper.state is S.PAUSE_STOPPED
        assert after(deeper, T.RESUME).state is came
        safe = after(deeper, T.ABORT)
        assert after(after(safe, T.RESUME), T.RESUME).state is came


def test_safe_is_left_to_a_standing_pause_rinse_back_or_disconnect() -> None:
    for m in live():
        if m.state is S.SAFE and m.connected:
            outs = {after(m, t, blocked=b).state for t, b in MOVES} - {S.SAFE}
            assert outs == {S.PAUSE_STOPPED, S.RINSE_PLASMA, S.RINSE_BLOOD, S.DISCONNECT}, m


@pytest.mark.parametrize("state", [S.CONNECT_ACCESS, S.CONNECT_FILL, S.CONNECT_VENOUS])
@pytest.mark.parametrize("how", [T.ABORT, T.RESPONSE_R5, T.STOP, T.RESPONSE_R4, T.RESPONSE_R2])
def test_after_a_stop_while_connecting_no_pump_turns_before_the_patient_is_off(
    state: State, how: Trigger
) -> None:
    # The access line may already be on the patient: no test pattern may follow, and no joined line ends.
    stopped = after(at(state, connected=False), how)
    assert stopped.state in {S.PAUSE_STOPPED, S.SAFE}
    kept_on = [(t, b) for t, b in MOVES if t is not T.PATIENT_OFF]
    for m in reach({stopped}, kept_on):
        assert STATES[m.state].phase not in {Phase.SELF_TEST, Phase.PRIME, Phase.READY}, m


def test_a_circuit_with_blood_in_it_is_never_tested_or_primed_again() -> None:
    ramping = {m for m in live() if m.state is S.RAMP}
    for m in reach(ramping):
        assert STATES[m.state].phase not in {Phase.SELF_TEST, Phase.PRIME}, m


def test_safe_before_connection_prepares_again() -> None:
    for state in (S.SELF_PUMPS, S.PRIME_BLOOD, S.PRIME_WARM):
        safe = after(Machine(state, S.RAMP, False, False, False, Outcome.OPEN), T.ABORT)
        assert after(safe, T.RESUME).state is S.SELF_WAIT
    off = after(at(S.PAUSE_STOPPED, S.TREAT), T.PATIENT_OFF)
    assert after(after(off, T.ABORT), T.RESUME).state is S.READY_TEST


def test_safe_and_every_pause_wait_for_a_word() -> None:
    allowed = {S.PAUSE_PLASMA, S.PAUSE_STOPPED, S.SAFE, S.TREAT_END}
    for m, (trigger, b) in product(live(), MOVES):
        if trigger in OPERATOR:
            continue
        n = after(m, trigger, blocked=b)
        if m.state is S.SAFE:
            assert n.state is S.SAFE, (m, trigger)
        if m.state in PAUSES and n.state is not m.state:
            assert n.state in allowed, (m, trigger)


@pytest.mark.parametrize("trigger", [T.RESUME, T.CONFIRM, T.CONNECTED, T.END])
def test_nothing_goes_on_under_a_blocking_alarm(trigger: Trigger) -> None:
    moved = 0
    for m in live():
        if after(m, trigger).state is not m.state:
            assert follow(m, trigger, blocked=True) is Refusal.ALARM_PRESENT, m
            moved += 1
    assert moved


def test_patient_off_goes_back_through_the_tests_to_a_ramp() -> None:
    m = after(at(S.PAUSE_STOPPED, S.TREAT), T.PATIENT_OFF)
    assert m.state is S.PATIENT_OFF
    assert not m.connected
    assert not m.tested
    path = [T.RESUME, T.CHECKS_PASSED, T.CONFIRM, T.CONFIRM, T.BLOOD_SEEN, T.CONNECTED, T.AT_SET]
    states = []
    for trigger in path:
        m = after(m, trigger)
        states.append(m.state)
    assert states == [
        S.READY_TEST, S.READY, S.CONNECT_ACCESS, S.CONNECT_FILL, S.CONNECT_VENOUS, S.RAMP, S.TREAT,
    ]  # fmt: skip


def test_after_nominal_a_reconnected_patient_is_not_treated_again() -> None:
    ended = after(at(S.PAUSE_STOPPED, S.TREAT_END), T.PATIENT_OFF)
    no_extension = [(t, b) for t, b in MOVES if t is not T.EXTEND]
    assert not {m.state for m in reach({ended}, no_extension)} & TREATMENT
    assert {m.state for m in reach({ended}, no_extension)} >= {S.TREAT_END, S.RINSE_PLASMA}


def test_an_extension_granted_in_a_pause_after_nominal_leads_to_treatment() -> None:
    paused = at(S.PAUSE_STOPPED, S.TREAT_END)
    assert after(paused, T.RESUME).state is S.TREAT_END
    assert after(after(paused, T.EXTEND), T.RESUME).state is S.TREAT


def test_nothing_returns_to_plasma_treatment_after_the_cap() -> None:
    capped = {after(m, T.CAP) for m in live() if STATES[m.state].phase not in {Phase.SELF_TEST, Phase.PRIME}}
    assert all(m.capped for m in capped)
    assert not [m for m in reach(capped) if m.state in TREATMENT]
    assert not [m for m in reach(capped) if PLANS[m.state].separation == "ratio"]


def test_the_cap_is_never_forgotten_and_refuses_an_extension() -> None:
    for m, (trigger, b) in product(live(), MOVES):
        if m.capped:
            assert after(m, trigger, blocked=b).capped
            assert follow(m, T.EXTEND) is Refusal.CAP_REACHED


def test_the_cap_leaves_rinse_back_alone_and_keeps_a_standing_pause_standing() -> None:
    for state in (S.RINSE_PLASMA, S.RINSE_BLOOD, S.PAUSE_STOPPED, S.PATIENT_OFF, S.SAFE, S.DISCONNECT):
        assert after(at(state, S.TREAT), T.CAP).state is state
    rinsing = after(at(S.PAUSE_PLASMA, S.RINSE_PLASMA), T.CAP)
    assert after(rinsing, T.RESUME).state is S.RINSE_PLASMA


@pytest.mark.parametrize("trigger", [T.RESPONSE_R4, T.RESPONSE_R5, T.STOP, T.ABORT])
def test_the_strong_responses_stop_the_blood_pump(trigger: Trigger) -> None:
    for m in live():
        n = follow(m, trigger)
        assert isinstance(n, Machine), (m, trigger)
        assert PLANS[n.state].blood == "off", (m, trigger)


def test_r2_isolates_the_patient_from_the_plasma_side() -> None:
    for m in live():
        plan = PLANS[after(m, T.RESPONSE_R2).state]
        assert (plan.separation, plan.back, plan.pc) == ("off", "off", "shut"), m


@pytest.mark.parametrize("state", S)
def test_the_word_that_a_state_waits_for_moves_it(state: State) -> None:
    word = STATES[state].waits
    if word is None:
        return
    assert any(after(m, T[word.name]).state is not state for m in live() if m.state is state)


def test_only_the_endless_states_wait_for_no_word_and_have_no_event() -> None:
    own = [
        t for t in T if t not in OPERATOR and t not in {T.RESPONSE_R2, T.RESPONSE_R4, T.RESPONSE_R5, T.CAP}
    ]
    stuck = {
        s
        for s in S
        if STATES[s].waits is None
        and not any(after(m, t).state is not s for m in live() if m.state is s for t in own)
    }
    # Rinse-back goes on by volume: `therapy` gives it RINSE_NEXT.
    assert stuck == {S.ENDED, S.RINSE_PLASMA, S.RINSE_BLOOD}


@pytest.mark.parametrize(
    ("highest", "trigger"),
    [
        (Response.NONE, None), (Response.R0, None), (Response.R1, None), (Response.R2, T.RESPONSE_R2),
        (Response.R2B, T.RESPONSE_R2), (Response.R2W, T.RESPONSE_R2), (Response.R2X, T.RESPONSE_R2),
        (Response.R4S, T.RESPONSE_R4),
        (Response.R4, T.RESPONSE_R4), (Response.R5, T.RESPONSE_R5),
    ],
)  # fmt: skip
def test_the_ladder_of_responses_moves_the_session(highest: Response, trigger: Trigger | None) -> None:
    active = Active((highest,), (), highest)
    assert ladder(active) is trigger
    for wish in (T.CONFIRM, T.CONNECTED, T.RESUME):
        assert blocked(active, at(S.PAUSE_PLASMA), wish) is (trigger is not None)


@pytest.mark.parametrize("highest", Response)
@pytest.mark.parametrize("rinsing", Response)
def test_what_may_be_returned_in_an_alarm(highest: Response, rinsing: Response) -> None:
    """Plasma unless a rule stops its return that no cap replaces there; blood unless one stops the blood."""
    active = Active((highest,), (), highest, (), "", rinsing)
    paused = at(S.PAUSE_PLASMA, S.TREAT)
    assert blocked(active, paused, T.END) is (rinsing >= Response.R2)
    for wish in (T.END_WITHOUT_PLASMA, T.RINSE_NEXT):
        assert blocked(active, paused, wish) is (highest >= Response.R4S)
    for left, found in ((S.TREAT, highest >= Response.R2), (S.RINSE_PLASMA, rinsing >= Response.R2),
                        (S.RINSE_BLOOD, highest >= Response.R4S)):  # fmt: skip
        assert blocked(active, at(S.PAUSE_PLASMA, left), T.RESUME) is found


def test_the_blood_is_returned_alone_from_every_treatment_and_pause() -> None:
    for m in live():
        if not m.connected:
            assert after(m, T.END_WITHOUT_PLASMA) == m
        elif m.state in TREATMENT | {S.TREAT_END, S.SAFE} or (
            m.state in {S.PAUSE_PLASMA, S.PAUSE_STOPPED} and m.left is not S.RINSE_BLOOD
        ):
            assert after(m, T.END_WITHOUT_PLASMA).state is S.RINSE_BLOOD
            assert follow(m, T.END_WITHOUT_PLASMA, blocked=True) is Refusal.ALARM_PRESENT
        else:
            assert after(m, T.END_WITHOUT_PLASMA) == m
        if m.state in {S.PAUSE_PLASMA, S.PAUSE_STOPPED} and m.left is S.RINSE_PLASMA:
            assert after(m, T.RINSE_NEXT).state is S.RINSE_BLOOD
            assert follow(m, T.RINSE_NEXT, blocked=True) is Refusal.ALARM_PRESENT


def test_every_machine_can_be_brought_to_its_end_whatever_alarm_is_there() -> None:
    for m in live():
        assert any(n.state is S.ENDED for n in reach({m}, [(t, True) for t in OPERATOR])), m


@pytest.mark.parametrize(
    ("key", "trigger"),
    [
        ("plasma", T.PAUSE_PLASMA), ("STOPPED", T.PAUSE_STOPPED), ("patient_off", T.PATIENT_OFF),
        ("none", None), ("", None),
    ],
)  # fmt: skip
def test_a_pause_names_its_kind(key: str, trigger: Trigger | None) -> None:
    assert pause_trigger(key) is trigger


def test_the_published_graph_is_that_of_the_machine() -> None:
    graph = reachable(tuple(S))
    for m, (trigger, b) in product(live(), MOVES):
        n = after(m, trigger, blocked=b)
        assert n.state is m.state or n.state in graph[m.state], (m, trigger)
    assert graph[S.ENDED] == frozenset()


# -- circuit 5, transcribed: what loops and clamps do in each column of its two tables --------

LOOPS = {
    # column: blood, separation, perfusion, return, warmer on, gas on, heparin
    "still": ("off", "off", "off", "off", False, False, "off"),
    "pattern": ("test", "test", "test", "test", False, False, "off"),
    "prime": ("prime", "off", "off", "off", False, False, "off"),
    "flush": ("prime", "flush", "set", "flush", False, True, "off"),
    "ready": ("fill", "off", "set", "off", True, True, "off"),
    "ramp": ("ramp", "later", "set", "balance", True, True, "dose"),
    "treat": ("set", "ratio", "set", "balance", True, True, "dose"),
    "plasma": ("set", "off", "set", "off", True, True, "rate"),
    "stopped": ("off", "off", "set", "off", True, True, "off"),
    "rinse a": ("rinse", "off", "set", "rinse", True, True, "off"),
    "rinse b": ("rinse", "off", "off", "off", False, False, "off"),
}
CLAMPS = {
    # column: AC, SC, VC, PC, RC, WC, SR, BV (reactor: open)
    "closed": ("shut", "shut", "shut", "shut", "open", "shut", "shut", "open"),
    "unpowered": ("shut", "shut", "shut", "shut", "open", "shut", "shut", "shut"),
    "pattern": ("open", "shut", "open", "open", "open", "shut", "shut", "open"),
    "prime": ("shut", "open", "open", "shut", "open", "shut", "level", "shut"),
    "flush": ("shut", "open", "open", "return", "shut", "open", "level", "open"),
    "warm": ("open", "shut", "open", "shut", "open", "shut", "level", "open"),
    "ready": ("open", "shut", "open", "shut", "open", "shut", "shut", "open"),
    "treat": ("open", "shut", "open", "return", "open", "shut", "shut", "open"),
    "plasma": ("open", "shut", "open", "shut", "open", "shut", "shut", "open"),
    "rinse a": ("open", "shut", "open", "return", "open", "shut", "level", "open"),
    "rinse b": ("shut", "open", "open", "shut", "open", "shut", "shut", "open"),
}
COLUMNS = {
    # The circuit's BV goes to the reactor here; as without power, the trip in the self-test moves no clamp.
    S.SELF_WAIT: ("still", "unpowered"),
    S.SELF_ZERO: ("still", "unpowered"),
    S.SELF_NODE: ("still", "unpowered"),  # the node is to trip
    S.SELF_PUMPS: ("pattern", "pattern"),
    S.PRIME_LOAD: ("still", "closed"),  # hands are in the machine
    S.PRIME_BLOOD: ("prime", "prime"),
    S.PRIME_PLASMA: ("flush", "flush"),
    S.PRIME_WARM: ("ready", "warm"),  # ends joined, as READY, while the reservoir fills and warms
    S.READY_TEST: ("stopped", "closed"),  # the test of the clamps
    S.READY: ("ready", "ready"),
    S.CONNECT_ACCESS: ("stopped", "closed"),  # hands are at the line's end
    S.CONNECT_FILL: ("ready", "ready"),
    S.CONNECT_VENOUS: ("stopped", "closed"),  # hands are at the line's end
    S.RAMP: ("ramp", "treat"),
    S.TREAT: ("treat", "treat"),
    S.TREAT_END: ("plasma", "plasma"),
    S.PAUSE_PLASMA: ("plasma", "plasma"),
    S.PAUSE_STOPPED: ("stopped", "closed"),
    S.PATIENT_OFF: ("stopped", "closed"),
    S.RINSE_PLASMA: ("rinse a", "rinse a"),
    S.RINSE_BLOOD: ("rinse b", "rinse b"),
    S.DISCONNECT: ("still", "closed"),
    S.ENDED: ("still", "closed"),
    S.SAFE: ("stopped", "closed"),
}


def loops(p: Plan) -> tuple[str, str, str, str, bool, bool, str]:
    return p.blood, p.separation, p.perfusion, p.back, p.warm, p.gas, p.heparin


def clamps(p: Plan) -> tuple[str, str, str, str, str, str, str, str]:
    return p.ac, p.sc, p.vc, p.pc, p.rc, p.wc, p.sr, p.bv


@pytest.mark.parametrize("state", S)
def test_the_plan_of_a_state_is_its_column_of_the_circuit(state: State) -> None:
    loop, clamp = COLUMNS[state]
    assert loops(PLANS[state]) == LOOPS[loop]
    assert clamps(PLANS[state]) == CLAMPS[clamp]


def test_outside_treatment_no_plasma_leaves_or_reaches_the_patient() -> None:
    for state in S:
        plan, phase = PLANS[state], STATES[state].phase
        if (
            phase in {Phase.CONNECT, Phase.PAUSE, Phase.DISCONNECT, Phase.ENDED, Phase.SAFE}
            or state is S.TREAT_END
        ):
            assert (plan.separation, plan.back, plan.pc) == ("off", "off", "shut"), state


SENT = (
    Actuator.AC, Actuator.SC, Actuator.VC, Actuator.PC, Actuator.RC, Actuator.WC, Actuator.SR, Actuator.BV,
)  # fmt: skip
PUMPS = (Actuator.BP, Actuator.PP, Actuator.CP, Actuator.RP)


def test_a_whole_session_sends_what_the_circuit_says_in_every_state() -> None:
    bench = Bench()
    seen: set[State] = set()
    waits: list[State] = []

    def watch() -> None:
        state = bench.state
        seen.add(state)
        loop, clamp = COLUMNS[state]
        for actuator, word in zip(SENT, CLAMPS[clamp], strict=True):
            if actuator is Actuator.PC and word == "shut" and bench.sent(actuator):
                waits.append(state)  # I11: for the return pump to stand
                assert len(waits) <= 5, state
            elif word in {"open", "shut"}:
                if actuator is Actuator.PC:
                    waits.clear()
                assert bench.sent(actuator) == float(word == "open"), (state, actuator)
        for actuator, mode in zip(PUMPS, LOOPS[loop][:4], strict=True):
            if mode == "off":
                assert bench.sent(actuator) == 0.0, (state, actuator)
        if bench.sent(Actuator.RP) > 0.0:
            assert bench.sent(Actuator.PC) == 1.0

    words = {
        S.SELF_WAIT: IntentName.START,
        S.PRIME_LOAD: IntentName.CONFIRM,
        S.READY: IntentName.CONFIRM,
        S.CONNECT_ACCESS: IntentName.CONFIRM,
        S.CONNECT_VENOUS: IntentName.CONNECTED,
        S.TREAT_END: IntentName.END,
        S.DISCONNECT: IntentName.DISCONNECTED,
    }
    bench.tick()
    watch()
    paused = False
    for _ in range(8000):
        if bench.state is S.ENDED:
            break
        word = words.get(bench.state)
        if bench.effective_s() > 60.0 and not paused:
            bench.tick(bench.intent(IntentName.PAUSE, "plasma"))
            paused = True
            continue
        if bench.state is S.PAUSE_PLASMA:
            word = IntentName.PAUSE if bench.decision.session.in_state_ns > 5e9 else None
            bench.tick(*([] if word is None else [bench.intent(word, "stopped")]))
        elif bench.state is S.PAUSE_STOPPED:
            word = IntentName.RESUME if bench.decision.session.in_state_ns > 5e9 else None
            bench.tick(*([] if word is None else [bench.intent(word)]))
        else:
            bench.tick(*([] if word is None else [*bench.scans(), bench.intent(word)]))
        watch()
    assert bench.state is S.ENDED
    assert seen == set(S) - {S.SAFE, S.PATIENT_OFF}
    assert bench.decision.session.outcome is Outcome.COMPLETED


def test_a_trigger_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(AssertionError):
        follow(START, max(T) + 1)  # type: ignore[arg-type]
