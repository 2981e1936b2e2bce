"""The simulator invents no therapeutic effect: cells clear neither bilirubin nor ammonia by themselves."""

import numpy as np
import pytest

from qh1a.sim.truth import Truth
from tests.sessions.harness import Trace, run

UNTOUCHED = (Truth.CB, Truth.UCB, Truth.AMMONIA, Truth.BILE_ACIDS, Truth.UREA)


@pytest.fixture(scope="module")
def sessions() -> tuple[Trace, Trace]:
    return run(cells=1e9), run(cells=0.0)


@pytest.mark.parametrize("signal", UNTOUCHED, ids=lambda s: s.name)
def test_the_patient_is_the_same_with_and_without_cells(sessions: tuple[Trace, Trace], signal: Truth) -> None:
    """Closed loop: gas and flows may differ by what the loops make of the cells' breath, the patient not."""
    with_cells, without = (trace.truth(signal) for trace in sessions)
    assert np.abs(with_cells / without - 1.0).max() <= 1e-6


def test_cells_do_what_cells_do(sessions: tuple[Trace, Trace]) -> None:
    """The comparison says something only if one of the two had cells at work."""
    with_cells, without = sessions
    assert with_cells.truth(Truth.CELLS_O2_UMOL)[-1] < -5.0
    assert without.truth(Truth.CELLS_O2_UMOL)[-1] == 0.0
    assert with_cells.truth(Truth.DO_OUT)[-1] < without.truth(Truth.DO_OUT)[-1] - 5.0
