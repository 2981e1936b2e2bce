"""Nothing is loaded and nobody connected before the right cartridge and the right patient were read (H40)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.control.scans import SCANS
from qh1a.control.session import Refusal
from qh1a.tick import EventCode, IntentName, State
from tests.control.synthetic import Bench, Hands, answer, brisk, brisk_tuning, right_scans

S, Ask, R = State, IntentName, Refusal
P = brisk()
MOST_MIN = P.cartridge.out_of_incubator_max_s / 60.0
WRONG = [
    ("cartridge", 0.0, "SIM-CARTRIDGE-002", R.WRONG_CARTRIDGE),
    ("cartridge", 0.0, "", R.WRONG_CARTRIDGE),
    ("cartridge", 0.0, P.patient.subject, R.WRONG_CARTRIDGE),
    ("viability_percent", P.cartridge.viability_percent_min - 0.1, "", R.CARTRIDGE_NOT_VIABLE),
    ("viability_percent", 100.1, "", R.OUT_OF_RANGE),
    ("viability_percent", -0.1, "", R.OUT_OF_RANGE),
    ("viability_percent", float("nan"), "", R.OUT_OF_RANGE),
    ("out_of_incubator_min", MOST_MIN + 0.1, "", R.CARTRIDGE_TOO_LONG_OUT),
    ("out_of_incubator_min", 1440.1, "", R.OUT_OF_RANGE),
    ("out_of_incubator_min", -0.1, "", R.OUT_OF_RANGE),
    ("out_of_incubator_min", float("nan"), "", R.OUT_OF_RANGE),
    ("subject", 0.0, "SIM-002", R.WRONG_SUBJECT),
    ("subject", 0.0, "", R.WRONG_SUBJECT),
    ("subject", 0.0, P.patient.subject.lower(), R.WRONG_SUBJECT),
]
GATED = {S.PRIME_LOAD: S.PRIME_BLOOD, S.READY: S.CONNECT_ACCESS}


def where(key: str) -> State:
    return next(state for state, keys in SCANS.items() if key in keys)


def at(state: State) -> Bench:
    return Bench(P, brisk_tuning()).to(state)


def scan(bench: Bench, but: str = "") -> None:
    for key, value, text in right_scans(P, bench.state):
        if key != but:
            assert bench.ask(Ask.ENTER, key, value, text) == ""


@pytest.mark.parametrize("state", GATED, ids=lambda s: s.name)
def test_all_scans_right_the_step_is_confirmed_and_each_is_an_event(state: State) -> None:
    bench = at(state)
    entered = []
    for key, value, text in right_scans(P, state):
        events = bench.tick(bench.intent(Ask.ENTER, key, value, text)).events
        entered += [(e.subject, e.value, e.detail) for e in events if e.code is EventCode.ENTERED]
    assert entered == list(right_scans(P, state))
    assert bench.ask(Ask.CONFIRM) == ""
    assert bench.state is GATED[state]


@pytest.mark.parametrize(("state", "key"), [(s, k) for s, keys in SCANS.items() for k in keys])
def test_one_scan_missing_the_step_is_not_confirmed(state: State, key: str) -> None:
    bench = at(state)
    scan(bench, but=key)
    assert bench.ask(Ask.CONFIRM) == R.NOT_SCANNED.name
    assert bench.state is state


@pytest.mark.parametrize(("key", "value", "text", "refusal"), WRONG)
def test_a_wrong_scan_is_refused_and_so_is_the_step_even_after_a_right_one(
    key: str, value: float, text: str, refusal: Refusal
) -> None:
    bench = at(where(key))
    scan(bench)
    assert bench.ask(Ask.ENTER, key, value, text) == refusal.name
    assert bench.ask(Ask.CONFIRM) == refusal.name
    assert bench.state is where(key)
    scan(bench)
    assert bench.ask(Ask.CONFIRM) == "", "the right one again makes it good"


def test_the_limits_themselves_are_good() -> None:
    bench = at(S.PRIME_LOAD)
    scan(bench)
    assert bench.ask(Ask.ENTER, "viability_percent", P.cartridge.viability_percent_min) == ""
    assert bench.ask(Ask.ENTER, "viability_percent", 100.0) == ""
    least = bench.intent(Ask.ENTER, "out_of_incubator_min", MOST_MIN)
    assert answer(bench.tick(least).events) == ""
    assert bench.ask(Ask.CONFIRM) == R.CARTRIDGE_TOO_LONG_OUT.name, "a tick later it is too old"
    assert bench.ask(Ask.ENTER, "out_of_incubator_min", 0.0) == ""
    assert bench.ask(Ask.CONFIRM) == ""


def test_a_cartridge_grows_old_while_somebody_hesitates() -> None:
    bench = at(S.PRIME_LOAD)
    scan(bench)
    assert bench.ask(Ask.ENTER, "out_of_incubator_min", MOST_MIN - 0.5) == ""
    bench.run(29.0)
    snapshot = bench.kernel.snapshot()
    assert bench.branch(snapshot).ask(Ask.CONFIRM) == ""
    bench.run(2.0)
    assert bench.ask(Ask.CONFIRM) == R.CARTRIDGE_TOO_LONG_OUT.name


@pytest.mark.parametrize("key", ["subject", "cartridge", "viability_percent", "out_of_incubator_min"])
def test_a_scan_in_another_step_is_refused(key: str) -> None:
    value, text = {k: (v, t) for s in GATED for k, v, t in right_scans(P, s)}[key]
    for state in (S.SELF_ZERO, S.READY_TEST, S.CONNECT_ACCESS, S.TREAT, *(set(GATED) - {where(key)})):
        assert at(state).ask(Ask.ENTER, key, value, text) == R.NOT_NOW.name


@pytest.mark.parametrize("state", GATED, ids=lambda s: s.name)
def test_a_scan_of_an_earlier_attempt_does_not_count(state: State) -> None:
    bench = at(state)
    scan(bench)
    assert bench.ask(Ask.STOP if state is S.READY else Ask.ABORT) == ""
    bench.run(20.0)
    words = {S.SAFE: Ask.RESUME, S.SELF_WAIT: Ask.START}
    for _ in range(600):
        if bench.state is state:
            break
        if bench.state is S.PRIME_LOAD:
            scan(bench)
        word = Ask.CONFIRM if bench.state is S.PRIME_LOAD else words.get(bench.state)
        bench.tick(*([] if word is None else [bench.intent(word)]))
    assert bench.state is state
    assert bench.ask(Ask.CONFIRM) == R.NOT_SCANNED.name


def test_who_comes_back_after_patient_off_is_scanned_again() -> None:
    bench = at(S.TREAT)
    assert bench.ask(Ask.PAUSE, "stopped") == ""
    assert bench.ask(Ask.PAUSE, "patient_off") == ""
    assert bench.ask(Ask.ENTER, "subject", why=P.patient.subject) == R.NOT_NOW.name
    bench.run(1.0)
    assert bench.ask(Ask.RESUME) == ""
    bench.until(S.READY, 60.0)
    assert bench.ask(Ask.CONFIRM) == R.NOT_SCANNED.name
    assert bench.ask(Ask.ENTER, "subject", why="somebody else") == R.WRONG_SUBJECT.name
    assert bench.ask(Ask.CONFIRM) == R.WRONG_SUBJECT.name
    scan(bench)
    assert bench.ask(Ask.CONFIRM) == ""


def test_a_session_put_into_a_step_has_scanned_nothing() -> None:
    hands = Hands(P)
    hands.therapy.machine = hands.therapy.machine._replace(state=S.READY)
    assert hands.ask(Ask.CONFIRM) == R.NOT_SCANNED.name


@given(text=st.text(max_size=40))
def test_no_other_text_is_the_prescribed_one(text: str) -> None:
    hands = Hands(P)
    for state, key, right in (
        (S.READY, "subject", P.patient.subject), (S.PRIME_LOAD, "cartridge", P.cartridge.id),
    ):  # fmt: skip
        hands.therapy.machine = hands.therapy.machine._replace(state=state)
        assert (hands.ask(Ask.ENTER, key, why=text) == "") is (text.strip() == right)


def test_other_steps_are_confirmed_as_ever() -> None:
    assert at(S.CONNECT_ACCESS).ask(Ask.CONFIRM) == ""
