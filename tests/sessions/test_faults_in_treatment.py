"""Each fault of the catalogue reaches its rule's response in time, hurts as little as it may, and lets go."""

from pathlib import Path

import pytest

from qh1a.tick import Outcome, State
from tests.sessions.faulty import CASES, Case, answered, first_stop, harm_bounded
from tests.sessions.harness import Trace, run

ONSET_S = 60.0


@pytest.fixture(scope="module", params=CASES, ids=lambda c: c.fault)
def faulted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Trace]:
    case: Case = request.param
    script = tmp_path_factory.mktemp("faults") / f"{case.fault}.toml"
    Path(script).write_text(case.script(ONSET_S))
    return case, run(faults=script, every=1)


def test_the_rule_answers_in_time_with_its_response(faulted: tuple[Case, Trace]) -> None:
    case, trace = faulted
    answered(case, trace, ONSET_S)


def test_treatment_goes_on_once_the_cause_is_gone(faulted: tuple[Case, Trace]) -> None:
    case, trace = faulted
    at, _ = first_stop(trace)
    again = trace.entered(State.TREAT, at)
    assert again > at
    assert trace.last is not None
    assert trace.last.outcome in {Outcome.COMPLETED, Outcome.ENDED_EARLY}
    assert trace.last.effective_ns > (again - trace.entered(State.TREAT)) * 0.5e9
    assert case.duration_s > 0.0


def test_the_harm_is_bounded(faulted: tuple[Case, Trace]) -> None:
    _, trace = faulted
    harm_bounded(trace)
