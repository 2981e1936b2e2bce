"""Each fault of the catalogue reaches its rule's response in time, hurts as little as it may, and lets go."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from qh1a.hazards import RULES
from qh1a.sim.truth import Truth
from qh1a.tick import EventCode, Outcome, Response, State
from tests.sessions.harness import Trace, run


@dataclass(frozen=True)
class Case:
    """A fault from 60 s into TREAT: the rules that may answer first, how soon, and where that leads."""

    fault: str
    duration_s: float
    rules: tuple[str, ...]
    within_s: float
    state: State
    magnitude: float | None = None

    @property
    def script(self) -> str:
        """The fault script."""
        magnitude = "" if self.magnitude is None else f"magnitude = {self.magnitude}\n"
        return (
            f'[[fault]]\nfault = "{self.fault}"\nphase = "TREAT"\nat_s = 60.0\nprofile = "step"\n'
            f"duration_s = {self.duration_s}\n{magnitude}"
        )


CASES = (
    # Blood loss at 130 mL/min: 3 s of delay and the closing of the clamp are 8 mL.
    Case("return_disconnection", 12.0, ("H05.1", "H05.2"), 5.0, State.PAUSE_STOPPED),
    # The venous chamber's cushion fills first: 90 mmHg of rise at some 12 mmHg/s, then 3 s of delay.
    Case("return_line_kink", 30.0, ("H06.1",), 15.0, State.PAUSE_STOPPED, 10.0),
    Case("access_needle_on_wall", 20.0, ("H07.2",), 6.0, State.PAUSE_STOPPED, 5.0),
    Case("separation_pump_stall", 15.0, ("H28.2",), 8.0, State.PAUSE_PLASMA),
    Case("perfusion_pump_stall", 15.0, ("H28.3",), 8.0, State.PAUSE_PLASMA),
    # 60 W into the warmer's metal and 100 mL/min of plasma take their time to 41 C.
    Case("heater_stuck_on", 120.0, ("H20.3", "H20.4"), 120.0, State.PAUSE_PLASMA, 60.0),
    Case("air_in_return_line", 5.0, ("H01.1",), 30.0, State.PAUSE_STOPPED, 0.5),
)
SEVERE = {r.id: r.response for r in RULES}


@pytest.fixture(scope="module", params=CASES, ids=lambda c: c.fault)
def faulted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Trace]:
    case: Case = request.param
    script = tmp_path_factory.mktemp("faults") / f"{case.fault}.toml"
    Path(script).write_text(case.script)
    return case, run(faults=script, every=1)


def _first_stop(trace: Trace) -> tuple[float, str]:
    return next((at, rule) for at, rule in trace.raised() if SEVERE[rule] >= Response.R2)


def test_the_rule_answers_in_time_with_its_response(faulted: tuple[Case, Trace]) -> None:
    case, trace = faulted
    onset = trace.entered(State.TREAT) + 60.0
    at, rule = _first_stop(trace)
    assert rule in case.rules
    assert onset <= at <= onset + case.within_s
    response = next(
        Response(int(e.value)) for when, _, e in trace.events if when == at and e.code is EventCode.RESPONSE
    )
    assert response is SEVERE[rule]
    assert trace.entered(case.state, onset) == pytest.approx(at, abs=0.11)


def test_treatment_goes_on_once_the_cause_is_gone(faulted: tuple[Case, Trace]) -> None:
    case, trace = faulted
    at, _ = _first_stop(trace)
    again = trace.entered(State.TREAT, at)
    assert again > at
    assert trace.last is not None
    assert trace.last.outcome in {Outcome.COMPLETED, Outcome.ENDED_EARLY}
    assert trace.last.effective_ns > (again - trace.entered(State.TREAT)) * 0.5e9
    assert case.duration_s > 0.0


def test_the_harm_is_bounded(faulted: tuple[Case, Trace]) -> None:
    """Judged by the truth: no air reaches the patient, at most 50 mL of blood is lost, plasma stays below 42 C."""
    _, trace = faulted
    assert trace.truth(Truth.AIR_PATIENT_ML).max() < 0.2
    assert trace.truth(Truth.BLOOD_LOST_ML).max() < 50.0
    assert trace.truth(Truth.T_RET).max() < 42.0
