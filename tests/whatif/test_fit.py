"""From a record under a relay to the model: known processes are found again."""

import math

import numpy as np
import pytest

from qh1a.whatif.fit import Record, cycle_of, fit
from qh1a.whatif.models import Model, respond
from tests.whatif.process import DT, Process, under_relay

LAGS = [  # gain, lag, delay, steps, hysteresis
    (1.0, 34.0, 29.0, 1.0, 0.7, 0.1),
    (0.95, 0.25, 0.08, 15.0, 5.0, 3.0),
    (1.05, 2.0, 0.335, 10.0, 7.0, 2.0),
    (4.0, 5.0, 20.0, 1.0, 0.6, 0.2),
    (0.2, 60.0, 2.0, 10.0, 6.0, 0.3),
]


@pytest.mark.parametrize(("gain", "lag", "delay", "up", "down", "hysteresis"), LAGS)
def test_a_lag_is_found_within_five_percent(
    gain: float, lag: float, delay: float, up: float, down: float, hysteresis: float
) -> None:
    found = fit(under_relay(Process(gain, lag, delay), up, down, hysteresis, 4), integrating=False)
    assert found.model.gain == pytest.approx(gain, rel=0.05)
    assert found.model.lag_s == pytest.approx(lag, rel=0.05)
    assert found.model.delay_s == pytest.approx(delay, rel=0.05)
    assert found.nrmse < 0.02


@pytest.mark.parametrize(("gain", "delay", "up", "down"), [(0.0167, 5.0, 1.3, 0.9), (2.0, 0.42, 1.0, 3.0)])
def test_an_integrator_is_found_within_five_percent_beside_a_leak_that_grows(
    gain: float, delay: float, up: float, down: float
) -> None:
    hysteresis = 2.0 * gain * delay
    record = under_relay(Process(gain, None, delay), up, down, hysteresis, 4)
    time = np.arange(len(record.outs)) * DT
    leak = 0.5 * gain * time * (1.0 + time / time[-1])
    for response in (record.response, record.response + leak):
        found = fit(Record(record.outs, response, record.ups, record.rest), integrating=True)
        assert found.model.gain == pytest.approx(gain, rel=0.05)
        assert found.model.delay_s == pytest.approx(delay, rel=0.05)
        assert found.model.lag_s is None


def test_noise_is_told_apart_from_misfit() -> None:
    record = under_relay(Process(1.0, 10.0, 5.0), 1.0, 0.7, 0.1, 6, rest=600)
    # A hash of the tick: as good as white.
    noise = 0.06 * np.sin(np.arange(len(record.outs)) ** 2 * 1.7)
    noisy = Record(record.outs, record.response + noise, record.ups, record.rest)
    found = fit(noisy, integrating=False)
    assert found.noise == pytest.approx(noise.std() / (record.response + noise)[600:].std(), rel=0.05)
    assert found.nrmse < 0.3 * found.noise
    assert found.model.lag_s == pytest.approx(10.0, rel=0.08)
    other = fit(under_relay(Process(1.0, 10.0, 5.0), 1.0, 0.7, 0.1, 6), integrating=True)
    assert other.nrmse > 0.1


def test_the_cycle_of_an_integrator_is_the_known_triangle() -> None:
    """From switch to switch it moves 2h, and beyond each by its rate times the delay."""
    gain, delay, up, down, h = 0.02, 3.0, 1.5, 1.0, 0.5
    record = under_relay(Process(gain, None, delay), up, down, h, 6)
    rise, fall = gain * up, gain * down
    swing = 2.0 * h + (rise + fall) * delay
    cycle = cycle_of(record)
    assert cycle.amplitude == pytest.approx(swing / 2.0, rel=0.02)
    assert cycle.period_s == pytest.approx(swing / rise + swing / fall, rel=0.02)


@pytest.mark.parametrize(("gain", "ultimate"), [(-2.0, 0.5), (2.0, math.inf)])
def test_the_first_cycle_is_the_transients_and_an_answer_in_phase_has_no_ultimate_gain(
    gain: float, ultimate: float
) -> None:
    ticks = np.arange(400)
    outs = np.where(ticks < 100, 0.0, np.where(ticks % 100 < 50, 1.0, -1.0))
    answer = gain * outs * np.where(ticks < 200, 9.0, 1.0)
    cycle = cycle_of(Record(outs, answer, [130, 200, 300, 399], 100))
    assert cycle.amplitude == pytest.approx(2.0)
    assert cycle.period_s == pytest.approx(10.0, rel=0.01)
    assert cycle.ultimate_gain == pytest.approx(ultimate, rel=0.01)


def test_the_static_gain_is_the_bias_of_whole_cycles() -> None:
    cycle = cycle_of(under_relay(Process(1.3, 10.0, 4.0), 2.0, 0.8, 0.2, 4))
    assert cycle.gain == pytest.approx(1.3, rel=0.03)


def test_the_describing_function_gives_the_ultimate_gain_within_its_known_error() -> None:
    """Up to 20 % off for a lag with a delay, the third harmonic being left out (Astrom & Hagglund, 8.5)."""
    gain, lag, delay = 1.0, 20.0, 10.0
    cycle = cycle_of(under_relay(Process(gain, lag, delay), 1.0, 1.0, 0.02, 4))
    lo, hi = 0.0, math.pi / delay
    for _ in range(60):  # where the phase is -180 degrees
        middle = (lo + hi) / 2.0
        late = middle * delay + math.atan(middle * lag)
        lo, hi = (middle, hi) if late < math.pi else (lo, middle)
    assert cycle.ultimate_gain == pytest.approx(math.hypot(1.0, lo * lag) / gain, rel=0.2)
    assert cycle.period_s == pytest.approx(2.0 * math.pi / lo, rel=0.15)
    assert cycle_of(under_relay(Process(gain, lag, delay), 1.0, 1.0, 0.1, 4)).ultimate_gain == pytest.approx(
        cycle.ultimate_gain, rel=0.1
    )


def test_a_process_seen_through_a_mean_is_found_without_the_mean() -> None:
    record = under_relay(Process(0.95, 0.25, 0.08), 15.0, 10.0, 8.0, 20, slew=10.0, mean=20)
    found = fit(record, integrating=False, mean_s=2.0)
    assert found.model.gain == pytest.approx(0.95, rel=0.01)
    assert found.model.lag_s == pytest.approx(0.25, rel=0.05)
    assert found.model.delay_s == pytest.approx(0.08, abs=0.01)
    assert found.model.dead_s == pytest.approx(1.08, abs=0.01)
    assert found.nrmse < 0.02


def test_what_comes_back_later_is_left_out_of_the_model() -> None:
    """Half as much again through 900 s; what came before has not died away either."""
    record = under_relay(Process(600.0, 30.0, 15.0), 0.03, 0.02, 4.0, 5, rest=3000)
    time = np.arange(len(record.outs)) * DT
    later = respond(Model(300.0, 900.0, 0.0), record.outs - record.outs[0]) + 5.0 * np.exp(-time / 900.0)
    both = Record(record.outs, record.response + later, record.ups, record.rest)
    found = fit(both, integrating=False, slow_s=900.0)
    assert found.model.gain == pytest.approx(600.0, rel=0.02)
    assert found.model.lag_s == pytest.approx(30.0, rel=0.05)
    assert found.model.delay_s == pytest.approx(15.0, rel=0.05)


def test_a_mean_answers_with_the_mean_of_the_process() -> None:
    moves = np.sin(np.arange(300) ** 2 * 0.9)
    plain = respond(Model(1.7, 3.0, 0.165), moves)
    seen = respond(Model(1.7, 3.0, 0.165, 2.0), moves)
    assert seen[40:] == pytest.approx([plain[n - 19 : n + 1].mean() for n in range(40, 300)])


@pytest.mark.parametrize(
    ("lag", "delay"), [(3.0, 0.0), (3.0, 0.1), (3.0, 0.165), (0.08, 0.73), (None, 0.0), (None, 1.335)]
)
def test_the_sampled_model_answers_as_the_process_does(lag: float | None, delay: float) -> None:
    moves = np.sin(np.arange(300) ** 2 * 0.9)
    process = Process(1.7, lag, delay)
    theirs = [0.0, *(process.step(u) for u in moves[:-1])]
    assert respond(Model(1.7, lag, delay), moves) == pytest.approx(np.array(theirs), abs=1e-9)
