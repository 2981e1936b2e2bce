"""The session machine's exact answers: what moves which state, what else it changes, and why not."""

from itertools import product

import pytest

from qh1a.control.session import ON_PATIENT, START, Machine, Refusal, Trigger, follow, reachable
from qh1a.tick import STATES, Outcome, Phase, State

S, T, R = State, Trigger, Refusal
TREATING = {S.RAMP, S.TREAT, S.TREAT_END}
RINSING = {S.RINSE_PLASMA, S.RINSE_BLOOD}
PAUSES = {S.PAUSE_PLASMA, S.PAUSE_STOPPED}
CONNECTING = {S.CONNECT_ACCESS, S.CONNECT_FILL, S.CONNECT_VENOUS}
EVERY = tuple(
    Machine(state, left, connected, tested, capped, Outcome.OPEN)
    for state in S
    for left in (S.RAMP, S.TREAT, S.TREAT_END, S.RINSE_PLASMA, S.RINSE_BLOOD)
    for connected, tested, capped in product((False, True), repeat=3)
)

PLAIN = {
    T.START: {S.SELF_WAIT: S.SELF_ZERO},
    T.BLOOD_SEEN: {S.CONNECT_FILL: S.CONNECT_VENOUS},
    T.VOLUME_REACHED: {S.CONNECT_FILL: S.CONNECT_VENOUS},
    T.AT_SET: {S.RAMP: S.TREAT},
    T.NOMINAL: {S.TREAT: S.TREAT_END},
    T.END_WITHOUT_RINSE: dict.fromkeys(
        PAUSES | {S.PATIENT_OFF, S.SAFE, S.TREAT_END} | CONNECTING | RINSING, S.DISCONNECT
    ),
}
"""What moves the state and nothing else, whatever is in force; refused everywhere else."""


@pytest.mark.parametrize("trigger", PLAIN, ids=lambda t: t.name)
@pytest.mark.parametrize("blocked", [False, True])
def test_a_plain_trigger_moves_its_states_only_and_only_the_state(trigger: Trigger, blocked: bool) -> None:
    for m in EVERY:
        to = PLAIN[trigger].get(m.state)
        assert follow(m, trigger, blocked=blocked) == (R.NOT_NOW if to is None else m._replace(state=to)), m


def test_a_confirmation_needs_the_tests_passed_but_for_the_loading() -> None:
    to = {
        S.PRIME_LOAD: S.PRIME_BLOOD,
        S.READY: S.CONNECT_ACCESS,
        S.CONNECT_ACCESS: S.CONNECT_FILL,
    }
    for m, blocked in product(EVERY, (False, True)):
        answer = follow(m, T.CONFIRM, blocked=blocked)
        if m.state not in to:
            assert answer is R.NOT_NOW, m
        elif m.state is not S.PRIME_LOAD and not m.tested:
            assert answer is R.NOT_TESTED, m
        else:
            assert answer == (R.ALARM_PRESENT if blocked else m._replace(state=to[m.state])), m


def test_connected_ramps_but_not_when_the_treatment_is_over() -> None:
    for m, blocked in product(EVERY, (False, True)):
        answer = follow(m, T.CONNECTED, blocked=blocked)
        if m.state is not S.CONNECT_VENOUS:
            assert answer is R.NOT_NOW, m
        elif blocked:
            assert answer is R.ALARM_PRESENT, m
        else:
            over = m.capped or m.left is S.TREAT_END
            assert answer == m._replace(state=S.TREAT_END if over else S.RAMP, connected=True), m


def came_from(m: Machine) -> State:
    return m.state if m.state in TREATING | RINSING else m.left


def test_a_pause_of_plasma_is_for_ramp_and_treatment() -> None:
    for m in EVERY:
        pauses = m.state in {S.RAMP, S.TREAT}
        paused = m._replace(state=S.PAUSE_PLASMA, left=m.state)
        assert follow(m, T.PAUSE_PLASMA) == (paused if pauses else R.NOT_NOW), m


def before_connection(m: Machine) -> Machine:
    """The step is repeated."""
    to = {Phase.SELF_TEST: S.SELF_WAIT, Phase.PRIME: S.PRIME_LOAD, Phase.READY: S.READY_TEST}
    phase = STATES[m.state].phase
    return m._replace(state=to[phase], tested=False) if phase in to else m


NO_PLASMA = {S.TREAT_END, S.PAUSE_PLASMA, S.RINSE_BLOOD}
STANDS = {S.PAUSE_STOPPED, S.PATIENT_OFF, S.DISCONNECT, S.ENDED, S.SAFE}


def test_stop_stops_everywhere_and_a_pause_only_on_the_patient() -> None:
    for m in EVERY:
        stopped = m._replace(state=S.PAUSE_STOPPED, left=came_from(m))
        on_patient = m.state in TREATING | RINSING | {S.PAUSE_PLASMA}
        assert follow(m, T.PAUSE_STOPPED) == (stopped if on_patient else R.NOT_NOW), m
        if m.state in STANDS:
            expected = m
        elif on_patient or m.state in CONNECTING:
            expected = stopped
        elif STATES[m.state].phase is Phase.READY:
            expected = m._replace(state=S.SAFE, tested=False)
        else:
            expected = before_connection(m)
        assert follow(m, T.STOP) == expected, m


@pytest.mark.parametrize("trigger", [T.RESPONSE_R2, T.RESPONSE_R4])
def test_a_response_stops_what_it_must_and_no_more(trigger: Trigger) -> None:
    for m in EVERY:
        stopped = m._replace(state=S.PAUSE_STOPPED, left=came_from(m))
        if m.state in CONNECTING:
            expected = stopped
        elif m.state in (STANDS | NO_PLASMA if trigger is T.RESPONSE_R2 else STANDS):
            expected = m
        elif m.state in TREATING | RINSING | {S.PAUSE_PLASMA}:
            expected = stopped
            if trigger is T.RESPONSE_R2:
                expected = m._replace(state=S.PAUSE_PLASMA, left=m.state)
        else:
            expected = before_connection(m)
        assert follow(m, trigger) == expected, m


def test_patient_off_is_for_a_pause_of_treatment_and_forgets_the_tests() -> None:
    for m in EVERY:
        if m.state in PAUSES and m.left not in RINSING:
            left = S.TREAT if m.left is S.RAMP else m.left
            off = m._replace(state=S.PATIENT_OFF, left=left, connected=False, tested=False)
            assert follow(m, T.PATIENT_OFF) == off, m
        else:
            assert follow(m, T.PATIENT_OFF) is R.NOT_NOW, m


@pytest.mark.parametrize(
    ("trigger", "to", "too_late"),
    [
        (T.END, S.RINSE_PLASMA, RINSING),
        (T.END_WITHOUT_PLASMA, S.RINSE_BLOOD, {S.RINSE_BLOOD}),
    ],
)
def test_an_end_begins_rinse_back_from_treatment_its_pauses_and_safe(
    trigger: Trigger, to: State, too_late: set[State]
) -> None:
    for m, blocked in product(EVERY, (False, True)):
        from_here = m.state in TREATING | {S.SAFE} or (m.state in PAUSES and m.left not in too_late)
        answer = follow(m, trigger, blocked=blocked)
        if m.connected and from_here:
            assert answer == (R.ALARM_PRESENT if blocked else m._replace(state=to)), m
        else:
            assert answer is R.NOT_NOW, m


def test_the_next_step_of_rinse_back() -> None:
    for m, blocked in product(EVERY, (False, True)):
        answer = follow(m, T.RINSE_NEXT, blocked=blocked)
        if m.state is S.RINSE_PLASMA:
            assert answer == m._replace(state=S.RINSE_BLOOD), m
        elif m.state is S.RINSE_BLOOD:
            assert answer == m._replace(state=S.DISCONNECT), m
        elif m.state in PAUSES and m.left is S.RINSE_PLASMA:
            assert answer == (R.ALARM_PRESENT if blocked else m._replace(state=S.RINSE_BLOOD)), m
        else:
            assert answer is R.NOT_NOW, m


def test_off_the_patient_it_is_over_and_nothing_is_proven() -> None:
    for m in EVERY:
        ended = m._replace(state=S.ENDED, connected=False, tested=False)
        assert follow(m, T.DISCONNECTED) == (ended if m.state is S.DISCONNECT else R.NOT_NOW), m


@pytest.mark.parametrize("trigger", [T.ABORT, T.RESPONSE_R5])
def test_safe_remembers_what_it_left(trigger: Trigger) -> None:
    for m in EVERY:
        stays = m.state in {S.SAFE, S.DISCONNECT, S.ENDED}
        assert follow(m, trigger) == (m if stays else m._replace(state=S.SAFE, left=came_from(m))), m


def test_an_extension_is_for_treatment_its_end_and_their_pauses_until_the_cap() -> None:
    for m in EVERY:
        answer = follow(m, T.EXTEND)
        if m.capped:
            assert answer is R.CAP_REACHED, m
        elif m.state not in {S.TREAT, S.TREAT_END} | PAUSES:
            assert answer is R.NOT_NOW, m
        elif m.state is S.TREAT_END:
            assert answer == m._replace(state=S.TREAT), m
        else:
            assert answer == m._replace(left=S.TREAT if m.left is S.TREAT_END else m.left), m


def test_passed_checks_lead_on_and_only_those_before_connection_prove_anything() -> None:
    to = {
        S.SELF_ZERO: S.SELF_NODE, S.SELF_NODE: S.SELF_PUMPS, S.SELF_PUMPS: S.PRIME_LOAD,
        S.PRIME_BLOOD: S.PRIME_PLASMA, S.PRIME_PLASMA: S.PRIME_WARM, S.PRIME_WARM: S.READY_TEST,
        S.READY_TEST: S.READY,
    }  # fmt: skip
    for m in EVERY:
        if m.state in to:
            tested = m.tested or m.state is S.READY_TEST
            assert follow(m, T.CHECKS_PASSED) == m._replace(state=to[m.state], tested=tested), m
        else:
            assert follow(m, T.CHECKS_PASSED) is R.NOT_NOW, m


def test_failed_checks_repeat_their_step_before_connection_only() -> None:
    for m in EVERY:
        early = STATES[m.state].phase in {Phase.SELF_TEST, Phase.PRIME, Phase.READY}
        assert follow(m, T.CHECKS_FAILED) == (before_connection(m) if early else R.NOT_NOW), m


def test_the_cap_ends_treatment_at_once_and_is_remembered_elsewhere() -> None:
    for m in EVERY:
        moving = m.state in {S.RAMP, S.TREAT} or (m.state is S.PAUSE_PLASMA and m.left in TREATING)
        assert follow(m, T.CAP) == m._replace(state=S.TREAT_END if moving else m.state, capped=True), m


def test_a_word_to_go_on() -> None:
    for m, blocked in product(EVERY, (False, True)):
        answer = follow(m, T.RESUME, blocked=blocked)
        if m.state not in PAUSES | {S.PATIENT_OFF, S.SAFE}:
            assert answer is R.NOT_NOW, m
        elif blocked:
            assert answer is R.ALARM_PRESENT, m
        elif m.state is S.SAFE and (m.connected or m.tested):
            assert answer == m._replace(state=S.PAUSE_STOPPED), m
        elif m.state is S.SAFE:
            to = S.SELF_WAIT if m.left is S.RAMP else S.READY_TEST
            assert answer == m._replace(state=to, tested=False), m
        elif m.state is S.PATIENT_OFF:
            assert answer == m._replace(state=S.READY_TEST, tested=False), m
        elif not m.connected:
            assert answer == m._replace(state=S.CONNECT_ACCESS), m
        elif m.capped and m.left in TREATING:
            capped = m._replace(state=S.TREAT_END) if m.state is S.PAUSE_PLASMA else R.CAP_REACHED
            assert answer == capped, m
        else:
            assert answer == m._replace(state=m.left), m


def test_a_session_that_is_stopped_before_anything_begins_anew() -> None:
    safe = follow(START, T.ABORT)
    assert isinstance(safe, Machine)
    assert follow(safe, T.RESUME) == START


def test_the_published_graph_holds_every_move_and_no_other() -> None:
    graph: dict[State, set[State]] = {s: set() for s in S}
    for m, trigger in product(EVERY, T):
        answer = follow(m, trigger)
        if isinstance(answer, Machine):
            graph[m.state] |= {answer.state} - {m.state}
    assert reachable(tuple(S)) == graph


def test_the_patient_is_on_the_machine_from_the_ramp_to_the_disconnection() -> None:
    assert TREATING | RINSING | PAUSES | {S.SAFE} == ON_PATIENT
