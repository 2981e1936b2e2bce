"""4, 6 and 8 h over the physics: the figures of a healthy treatment, measured and true."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from qh1a.channels import Channel
from qh1a.config import root
from qh1a.sim.truth import Truth
from qh1a.tick import Outcome, Priority, State
from tests.sessions.harness import Trace, run

HOURS = (4, 6, 8)
SET = {Channel.Q_B: 130.0, Channel.Q_P: 30.0, Channel.Q_C: 100.0}
TRUE = {Channel.Q_B: Truth.Q_B, Channel.Q_P: Truth.Q_P, Channel.Q_C: Truth.Q_C}
LIMITS_SHA256 = "daad4ff66895be893285f56233eb6163244cb7750210054224faddfa12652a0c"


@pytest.fixture(scope="module", params=HOURS, ids=lambda h: f"{h} h")
def treatment(request: pytest.FixtureRequest) -> tuple[int, Trace]:
    hours: int = request.param
    return hours, run(f"{hours}h.toml", seed=hours)


@pytest.fixture(scope="module")
def steady(treatment: tuple[int, Trace]) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """The last 3 h of TREAT."""
    _, trace = treatment
    at = trace.times()
    end = trace.entered(State.TREAT_END)
    return trace.during(State.TREAT) & (at >= end - 3 * 3600.0)


def test_ends_at_nominal_within_a_second(treatment: tuple[int, Trace]) -> None:
    hours, trace = treatment
    assert trace.last is not None
    assert trace.last.outcome is Outcome.COMPLETED
    assert abs(trace.last.effective_ns / 1e9 - hours * 3600.0) <= 1.0


def test_no_high_or_medium_alarm_and_no_interlock(treatment: tuple[int, Trace]) -> None:
    _, trace = treatment
    assert trace.raised(Priority.MEDIUM) == []
    assert trace.bites() == []


def test_flows_are_at_their_set_points(treatment: tuple[int, Trace], steady: np.ndarray) -> None:
    _, trace = treatment
    for channel, wanted in SET.items():
        measured = trace.channel(channel)[steady].mean()
        true = trace.truth(TRUE[channel])[steady].mean()
        assert abs(measured / wanted - 1.0) <= 0.01, channel.name
        assert abs(true / wanted - 1.0) <= 0.03, channel.name


def test_return_follows_separation(treatment: tuple[int, Trace], steady: np.ndarray) -> None:
    _, trace = treatment
    q_r, q_p = trace.truth(Truth.Q_R)[steady].mean(), trace.truth(Truth.Q_P)[steady].mean()
    assert abs(q_r / q_p - 1.0) <= 0.02


def test_plasma_is_at_body_temperature(treatment: tuple[int, Trace], steady: np.ndarray) -> None:
    _, trace = treatment
    measured, true = trace.channel(Channel.T_BR)[steady], trace.truth(Truth.T_BR)[steady]
    assert np.abs(measured - 37.0).max() <= 0.2
    assert np.abs(true - 37.0).max() <= 0.5


def test_transmembrane_pressure_stays_low(treatment: tuple[int, Trace], steady: np.ndarray) -> None:
    _, trace = treatment
    tmp = trace.channel(Channel.TMP)
    assert tmp[steady].mean() < 30.0
    assert tmp[trace.during(State.RAMP, State.TREAT)].max() <= 40.0


def test_balance_is_held_and_known(treatment: tuple[int, Trace]) -> None:
    """At every moment of RAMP..TREAT: the patient within 30 mL, the estimate within 15 mL of the truth."""
    _, trace = treatment
    rows = trace.during(State.RAMP, State.TREAT)
    true = trace.truth(Truth.NET_BALANCE_ML)[rows]
    true = true - true[0]
    assert np.abs(true).max() <= 30.0
    assert np.abs(trace.channel(Channel.BALANCE)[rows] - true).max() <= 15.0


def test_ratio_never_passes_its_interlock(treatment: tuple[int, Trace]) -> None:
    _, trace = treatment
    running = trace.during(State.RAMP, State.TREAT)
    assert trace.channel(Channel.QP_QB)[running].max() <= 0.30


def test_the_limits_are_those_that_were_reviewed() -> None:
    """The absence of alarms says something only with the limits that were looked at."""
    content = (Path(root()) / "limits" / "default.toml").read_bytes()
    assert hashlib.sha256(content).hexdigest() == LIMITS_SHA256
