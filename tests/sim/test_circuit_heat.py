"""Warmer, delays, heat losses (circuit description 1 and 5; physics reference 1.4.1)."""

import pytest

from qh1a.sim.disturbance import Disturbance
from qh1a.sim.truth import Truth
from tests.sim.circuits import CP, PARAMETERS, TREAT, Bench, W, bench, treating


def _delay(it: Bench, step: float) -> tuple[float, float]:
    """Seconds until T_W1 and T_BR have made half of a set-point step."""
    t_w, t_br = it[Truth.T_W1], it[Truth.T_BR]
    it.actuators[W] += step
    halves: list[float] = []
    for signal, start in ((Truth.T_W1, t_w), (Truth.T_BR, t_br)):
        for tick in range(6000):
            if it[signal] >= start + 0.5 * step:
                halves.append(0.1 * tick)
                break
            it.run(0.1)
    return halves[0], sum(halves)


@pytest.mark.parametrize(
    ("flow", "low", "high"), [(100.0, 36.0, 60.0), (40.0, 90.0, 150.0), (30.0, 119.0, 200.0)]
)
def test_bioreactor_lags_the_warmer_by_the_volume_between(flow: float, low: float, high: float) -> None:
    it = bench()
    it.actuators[W] = 36.5
    it.hold(2400.0, 130.0, 0.0, flow)
    _, t_br = _delay(it, 1.0)
    assert low <= t_br <= high


def test_set_point_is_held_and_power_is_what_the_plasma_takes_up() -> None:
    it = treating(1800.0)
    assert it[Truth.T_W1] == pytest.approx(37.5, abs=0.05)
    assert abs(it[Truth.T_W2] - it[Truth.T_W1]) < 0.5
    carried = it[Truth.Q_C] / 60.0 * PARAMETERS.thermal.heat_capacity
    assert 15.0 < it[Truth.HEATER_W] < 40.0
    t = PARAMETERS.thermal
    plate = it[Truth.T_W1] + (it[Truth.T_W2] - it[Truth.T_W1]) / t.plate_in_second_probe
    suction = t.plasma_tubing_loss * PARAMETERS.volumes.reservoir_outlet * (it[Truth.T_RES] - t.ambient)
    expected = carried * (it[Truth.T_W1] - it[Truth.T_RES]) + t.plate_loss * (plate - t.ambient) + suction
    assert it[Truth.HEATER_W] == pytest.approx(expected, rel=0.01)
    # At most 0.15 W/K between warmer and bioreactor (circuit description, 1).
    fall = PARAMETERS.thermal.warmer_to_bioreactor_loss * (37.4 - 23.0) / carried
    assert it[Truth.T_W1] - it[Truth.T_BR] == pytest.approx(fall, rel=0.1)


def test_heater_off_cools_and_full_power_is_60_w() -> None:
    it = treating(1800.0)
    it.actuators[W] = 0.0
    it.run(0.5)
    assert it[Truth.HEATER_W] == 0.0
    it.run(900.0)
    assert it[Truth.T_BR] < 34.0
    it.actuators[W] = 40.5
    it.run(0.5)
    assert it[Truth.HEATER_W] == 60.0


def test_stuck_heater_heats_only_while_the_relay_is_closed() -> None:
    it = treating(1800.0)
    it.fault(Disturbance.HEATER_STUCK_W, 60.0)
    it.run(60.0)
    assert it[Truth.HEATER_W] == 60.0
    assert it[Truth.T_W1] > 41.0
    it.actuators[W] = 0.0
    it.run(0.5)
    assert it[Truth.HEATER_W] == 0.0
    it.run(120.0)
    assert it[Truth.T_W1] < 41.0


def test_stagnant_plasma_overheats_at_the_probe() -> None:
    it = treating(1200.0)
    it.fault(Disturbance.HEATER_STUCK_W, 60.0)
    it.actuators[CP] = 0.0
    it.run(30.0)
    assert it[Truth.T_W1] > 42.0
    # The plasma beyond the warmer does not know yet.
    assert it[Truth.T_BR] < 38.0


def test_everything_ends_at_room_temperature() -> None:
    it = bench(connected=False)
    it.open(*TREAT)
    it.actuators[:4] = [100.0, 0.0, 100.0, 0.0]
    it.run(4.0 * 3600.0)
    for signal in (Truth.T_W1, Truth.T_BR, Truth.T_RES, Truth.T_RX):
        assert it[signal] == pytest.approx(PARAMETERS.thermal.ambient, abs=0.3)
