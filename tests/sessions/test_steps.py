"""Set-point changes in TREAT, over the physics."""

import numpy as np
import numpy.typing as npt
import pytest

from qh1a.channels import Channel
from qh1a.sim.truth import Truth
from qh1a.tick import Actuator, IntentName, Priority, State
from tests.sessions.harness import Trace, run, treated, wish

STROKE_ML = 10.4
"""A turn of the blood pump (configs/rigs/sim.toml)."""


def turn(flow: float) -> int:
    """Ticks of one turn at a flow in mL/min: over a whole turn the pulses of the rollers cancel."""
    return round(STROKE_ML / flow * 600.0)


def over(ticks: int, signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Running mean."""
    return np.convolve(signal, np.ones(ticks) / ticks, "valid")


@pytest.fixture(scope="module")
def stepped() -> Trace:
    """130 to 150, back, and down to 60."""
    return run(
        wishes=[
            wish(treated(100.0), IntentName.SET, "blood_ml_min", 150.0),
            wish(treated(160.0), IntentName.SET, "blood_ml_min", 130.0),
            wish(treated(220.0), IntentName.SET, "blood_ml_min", 60.0),
        ],
        every=1,
    )


def _after(trace: Trace, effective_s: float, seconds: float = 55.0) -> npt.NDArray[np.bool_]:
    effective = trace.times() - trace.entered(State.TREAT)
    return (effective >= effective_s) & (effective < effective_s + seconds)


@pytest.mark.parametrize(("at", "old", "new"), [(100.0, 130.0, 150.0), (160.0, 150.0, 130.0)])
def test_a_step_of_20_settles_in_30_s_without_overshoot(
    stepped: Trace, at: float, old: float, new: float
) -> None:
    """Means over pump revolutions; 5 % of the new set point, overshoot 5 % of the step."""
    # Three turns: a worn tube turns a little faster than its stroke says, and one turn would show that.
    n, measured = 3 * turn(new), stepped.channel(Channel.Q_B)
    before = measured[_after(stepped, at - 20.0, 20.0)]
    assert over(turn(old), before)[-1] == pytest.approx(old, abs=1.5), "the step begins where it should"
    mean = over(n, measured[_after(stepped, at)])
    late = mean[300 - n :]
    assert np.abs(late / new - 1.0).max() <= 0.05
    beyond = (mean - new) * np.sign(new - old)
    assert beyond.max() <= 0.05 * abs(new - old)


def test_separation_never_passes_its_share_of_a_falling_blood_flow(stepped: Trace) -> None:
    """I3: Q_p/Q_b stays at or under 0.30 while Q_b is commanded from 130 to 60, measured and true.

    Over a turn of the blood pump: of a moment the rollers decide.
    """
    rows = _after(stepped, 220.0)
    q_b, q_p = stepped.truth(Truth.Q_B)[rows], stepped.truth(Truth.Q_P)[rows]
    n = turn(60.0)
    assert over(n, q_b)[-1] == pytest.approx(60.0, abs=3.0)
    assert (over(n, q_p) / over(n, q_b)).max() <= 0.30
    assert over(n, stepped.channel(Channel.QP_QB)[rows]).max() <= 0.30
    bp = np.array([row[Actuator.BP] for row in stepped.sent])[rows]
    over_2_s = bp[20:] - bp[:-20]
    assert over_2_s.min() >= -10.0 - 1.5, "BP falls at 5 mL/min/s; 1.5 is what the meter's noise adds"


def test_the_changes_raise_no_alarm_and_meet_no_interlock(stepped: Trace) -> None:
    cap = [rule for _, rule in stepped.raised(Priority.MEDIUM) if not rule.startswith("H39")]
    assert cap == []
    assert stepped.bites() == []
