"""Margins against python-control, and against what a loop of the shipped `Pid` really does."""

import math
import warnings

import numpy as np
import pytest

from qh1a.control.pid import Pid
from qh1a.settings import PidGains
from qh1a.whatif.models import STEP_S, Model, sampled
from qh1a.whatif.robustness import MARGIN_MOST, Point, damping, loop_response, margins
from tests.whatif.process import Process, disturbed

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import control

GRID = [  # gain, lag, delay, kp, ti
    (1.0, 34.0, 29.0, 0.55, 34.0),
    (1.0, 34.0, 29.0, 0.3, 60.0),
    (0.95, 0.25, 0.0, 1.5, 0.3),
    (1.0, 0.2, 0.03, 0.04, 0.2),
    (1.0, 0.2, 0.37, 0.3, 0.3),
    (0.5, 5.0, 0.95, 4.0, 5.0),
    (2.0, 3.0, 4.0, 0.1, 1.5),
    (0.0167, None, 0.5, 0.2, 1200.0),
    (0.0167, None, 12.3, 2.0, 150.0),
    (0.5, None, 0.25, 1.5, 3.0),
]


def theirs(  # type: ignore[no-any-unimported] # it ships no types
    point: Point, gains: PidGains
) -> control.TransferFunction:
    """The same loop as a transfer function of another library."""
    numerator, denominator, wait = sampled(point.model)
    # In z; what leads with nothing would only worry the other library.
    first = int(np.argmax(np.abs(numerator) > 1e-12 * np.abs(numerator).max()))
    process = control.TransferFunction(numerator[first:], [*denominator, *[0.0] * (wait + 1)], STEP_S)
    kp, ti = gains.kp * point.gain, gains.ti_s / point.rate
    return process * control.TransferFunction([kp, kp * (STEP_S / ti - 1.0)], [1.0, -1.0], STEP_S)


@pytest.mark.parametrize(("gain", "lag", "delay", "kp", "ti"), GRID)
def test_ms_and_margins_are_those_of_another_library(
    gain: float, lag: float | None, delay: float, kp: float, ti: float
) -> None:
    point, gains = Point(Model(gain, lag, delay), 0.8, 1.25), PidGains(kp, ti)
    ours = margins(point, gains)
    loop = theirs(point, gains)
    grid = np.geomspace(1e-4, math.pi / STEP_S, 3000)
    frequency = control.frequency_response(loop, grid)
    # Theirs loses digits where z is nearly 1.
    some = slice(800, None, 50)
    assert loop_response(point, gains, grid[some]) == pytest.approx(frequency.complex[some], rel=1e-6)
    gm, pm, _, _, _, _ = control.stability_margins(frequency)
    peak = np.abs(control.frequency_response(1.0 / (1.0 + loop), grid).complex).max()
    assert ours.ms == pytest.approx(peak, rel=0.005)
    assert ours.phase_deg == pytest.approx(pm, rel=0.005)
    # Theirs leaves out half the sampling rate itself.
    end = 1.0 / max(-frequency.complex[-1].real, 1e-9)
    assert ours.gain == pytest.approx(min(gm, end, MARGIN_MOST), rel=0.005)


@pytest.mark.parametrize(
    ("gain", "lag", "delay"),
    [(1.0, 0.2, 0.3), (1.0, 4.0, 2.0), (0.1, None, 1.5), (1.0, None, 0.0), (1.0, 0.05, 0.0)],
)
@pytest.mark.parametrize("ti", [0.03, 0.2, 3.0, 40.0])
@pytest.mark.parametrize("kp", [0.02, 0.3, 1.2, 4.0, 30.0, 900.0])
def test_an_unstable_loop_has_no_margin(
    gain: float, lag: float | None, delay: float, ti: float, kp: float
) -> None:
    point, gains = Point(Model(gain, lag, delay)), PidGains(kp, ti)
    closed = control.poles(control.feedback(theirs(point, gains), 1))
    stable = bool(np.abs(closed).max() < 1.0)
    found = margins(point, gains)
    assert math.isfinite(found.ms) == stable
    assert (found.gain > 1.0 and found.phase_deg > 0.0) == stable


@pytest.mark.parametrize(
    ("process", "gains"),
    [
        ((1.0, 3.0, 2.0), PidGains(0.8, 3.0)),
        ((1.0, 3.0, 2.0), PidGains(0.9, 3.0, 0.7)),
        ((0.9, 0.3, 0.1), PidGains(1.2, 0.4)),
        ((0.05, None, 1.0), PidGains(6.0, 20.0)),
    ],
)
def test_ms_is_the_most_that_the_shipped_controller_amplifies(
    process: tuple[float, float | None, float], gains: PidGains
) -> None:
    found = margins(Point(Model(*process)), gains)
    grid = np.geomspace(0.02, 0.9 * math.pi / STEP_S, 3000)
    peak = float(grid[np.argmin(np.abs(1.0 + loop_response(Point(Model(*process)), gains, grid)))])
    pid = Pid(gains.kp, gains.ti_s, gains.td_s, -1e9, 1e9)
    assert disturbed(Process(*process), pid, peak) == pytest.approx(found.ms, rel=0.01)


@pytest.mark.parametrize(("kp", "ti"), [(0.2, 1200.0), (0.2, 300.0), (0.05, 400.0), (0.2, 50.0)])
def test_damping_is_that_of_the_closed_loop_poles(kp: float, ti: float) -> None:
    point, gains = Point(Model(0.0167, None, 2.0), 0.9, 1.1), PidGains(kp, ti)
    poles = control.poles(control.feedback(theirs(point, gains), 1))
    slow = np.log(sorted(poles, key=abs)[-1]) / STEP_S
    assert damping(point, gains) == pytest.approx(-slow.real / abs(slow), rel=0.02)


def test_a_gain_beyond_what_the_delay_bears_is_not_damped() -> None:
    assert damping(Point(Model(1.0, None, 2.0)), PidGains(0.6, 100.0)) == 0.0
