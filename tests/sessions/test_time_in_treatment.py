"""Time rules and pauses over the physics, on the bench session with its marks at 1/40."""

import pytest

from qh1a.channels import Channel
from qh1a.tick import Actuator, EventCode, IntentName, Outcome, State
from tests.sessions.harness import Trace, run, treated, wish


def _sent(trace: Trace, actuator: Actuator, *states: State) -> list[float]:
    rows = trace.during(*states)
    return [row[actuator] for row, inside in zip(trace.sent, rows, strict=True) if inside]


def test_an_extension_ends_the_plasma_side_by_force() -> None:
    """The longest extension, unanswered at its end: plasma off, blood on, and no more of it."""
    trace = run(
        wishes=[
            wish(treated(350.0), IntentName.EXTEND, "", 36.0, "bilirubin still falling"),
            wish(lambda d: d.session.state is State.TREAT_END, IntentName.EXTEND, "", 36.0, "once more"),
        ]
    )
    assert trace.last is not None
    assert trace.last.outcome is Outcome.COMPLETED
    assert trace.last.effective_ns / 1e9 == pytest.approx(396.0, abs=1.0)
    assert set(_sent(trace, Actuator.PP, State.TREAT_END)) == {0.0}
    assert set(_sent(trace, Actuator.RP, State.TREAT_END)) == {0.0}
    assert min(_sent(trace, Actuator.BP, State.TREAT_END)) > 100.0
    refused = [e.detail for _, _, e in trace.events if e.code is EventCode.INTENT_REFUSED]
    assert refused == ["WINDOW_SPENT"]


def test_an_early_end_needs_a_reason_and_is_labelled() -> None:
    trace = run(
        wishes=[
            wish(treated(100.0), IntentName.END, why=""),
            wish(treated(120.0), IntentName.END, why="patient asked"),
        ]
    )
    refused = [(e.subject, e.detail) for _, _, e in trace.events if e.code is EventCode.INTENT_REFUSED]
    assert refused == [("END", "REASON_NEEDED")]
    assert trace.last is not None
    assert trace.last.outcome is Outcome.ENDED_EARLY
    assert trace.last.effective_ns / 1e9 == pytest.approx(120.0, abs=1.0)


@pytest.mark.parametrize("kind", ["plasma", "stopped"])
def test_a_pause_does_not_count_and_comes_back(kind: str) -> None:
    trace = run(wishes=[wish(treated(100.0), IntentName.PAUSE, kind)])
    paused = State.PAUSE_PLASMA if kind == "plasma" else State.PAUSE_STOPPED
    at = trace.entered(paused)
    assert trace.entered(State.TREAT, at) > at
    effective = trace.channel(Channel.EFFECTIVE)[trace.during(paused)]
    assert effective.max() - effective.min() <= 0.2, "the derived clock is one tick behind"
    assert trace.last is not None
    assert trace.last.outcome is Outcome.COMPLETED
    assert trace.last.effective_ns / 1e9 == pytest.approx(360.0, abs=1.0)


def test_the_patient_can_be_taken_off_and_connected_again() -> None:
    """Back through the tests before connection, and through RAMP."""
    trace = run(wishes=[wish(treated(100.0), IntentName.PAUSE, "plasma"), wish(
        lambda d: d.session.state is State.PAUSE_PLASMA, IntentName.PAUSE, "patient_off"
    )])  # fmt: skip
    off = trace.entered(State.PATIENT_OFF)
    order = (State.READY_TEST, State.READY, State.CONNECT_ACCESS, State.CONNECT_FILL, State.RAMP, State.TREAT)
    times = [trace.entered(state, off) for state in order]
    assert times == sorted(times)
    rows = trace.during(State.PATIENT_OFF, State.READY_TEST)
    assert {row[Actuator.BP] for row, inside in zip(trace.sent, rows, strict=True) if inside} == {0.0}
