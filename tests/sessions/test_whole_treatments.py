"""4, 6 and 8 h over the physics: the figures of a healthy treatment, measured and true."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from qh1a.config import root
from tests.sessions.harness import Trace
from tests.sessions.steady import FIGURES, Case

CASES = (Case(4), Case(6), Case(8), Case(4, hct=0.27), Case(4, plasma=25.0, hct=0.45))
pytestmark = pytest.mark.timeout(600)
LIMITS_SHA256 = "0183fe9e1d530e188a7f26449c0d4ebb9b6314068f0f37b32101bbbc4ce63417"


@pytest.fixture(scope="module", params=CASES, ids=lambda c: f"{c.hours} h, Hct {c.hct:g}")
def treatment(request: pytest.FixtureRequest) -> tuple[Case, Trace]:
    case: Case = request.param
    return case, case.run(seed=case.hours)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f.__name__)
def test_figure_of_a_healthy_treatment(
    treatment: tuple[Case, Trace], figure: Callable[[Trace, Case], None]
) -> None:
    case, trace = treatment
    figure(trace, case)


def test_the_limits_are_those_that_were_reviewed() -> None:
    """The absence of alarms says something only with the limits that were looked at."""
    content = (Path(root()) / "limits" / "default.toml").read_bytes()
    assert hashlib.sha256(content).hexdigest() == LIMITS_SHA256
