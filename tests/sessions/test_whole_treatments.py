"""4, 6 and 8 h over the physics: the figures of a healthy treatment, measured and true."""

import hashlib
from pathlib import Path

import pytest

from qh1a.config import root
from tests.sessions import steady
from tests.sessions.harness import Trace, run

HOURS = (4, 6, 8)
LIMITS_SHA256 = "daad4ff66895be893285f56233eb6163244cb7750210054224faddfa12652a0c"


@pytest.fixture(scope="module", params=HOURS, ids=lambda h: f"{h} h")
def treatment(request: pytest.FixtureRequest) -> tuple[int, Trace]:
    hours: int = request.param
    return hours, run(f"{hours}h.toml", seed=hours)


def test_ends_at_nominal_within_a_second(treatment: tuple[int, Trace]) -> None:
    hours, trace = treatment
    steady.ends_at_nominal(trace, hours)


def test_no_high_or_medium_alarm_and_no_interlock(treatment: tuple[int, Trace]) -> None:
    hours, trace = treatment
    steady.quiet(trace, hours)


def test_flows_are_at_their_set_points(treatment: tuple[int, Trace]) -> None:
    hours, trace = treatment
    steady.flows(trace, hours)


def test_return_follows_separation(treatment: tuple[int, Trace]) -> None:
    hours, trace = treatment
    steady.returned(trace, hours)


def test_plasma_is_at_body_temperature(treatment: tuple[int, Trace]) -> None:
    hours, trace = treatment
    steady.warm(trace, hours)


def test_transmembrane_pressure_stays_low(treatment: tuple[int, Trace]) -> None:
    hours, trace = treatment
    steady.gentle(trace, hours)


def test_balance_is_held_and_known(treatment: tuple[int, Trace]) -> None:
    hours, trace = treatment
    steady.balanced(trace, hours)


def test_ratio_never_passes_its_interlock(treatment: tuple[int, Trace]) -> None:
    hours, trace = treatment
    steady.thin(trace, hours)


def test_the_limits_are_those_that_were_reviewed() -> None:
    """The absence of alarms says something only with the limits that were looked at."""
    content = (Path(root()) / "limits" / "default.toml").read_bytes()
    assert hashlib.sha256(content).hexdigest() == LIMITS_SHA256
