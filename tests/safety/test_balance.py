"""Net balance by scales, its slope, a touched bag, the learned ratio, rinse-back volumes (circuit 4)."""

import pytest

from qh1a.channels import Channel
from qh1a.control.alarms import Alarms
from qh1a.tick import Quality, Response, State
from qh1a.units import NS_PER_S
from tests.safety.bench import GOOD, LIMITS, Bench, C, S

PLASMA, SALINE = 1.025, 1.005
SCALES = (C.W_R, C.W_S, C.W_W, C.V_HEP)


def in_treatment(start: State = S.RAMP) -> Bench:
    """Through RAMP into TREAT, balance at zero."""
    bench = Bench(start).seconds(1)
    bench.state = S.TREAT
    bench.seconds(10)
    assert bench[C.BALANCE] == 0.0
    return bench


@pytest.mark.parametrize(
    ("channel", "change", "gained"),
    [
        (C.W_S, -20.0 * SALINE, 20.0),  # saline in
        (C.V_HEP, 3.0, 3.0),  # heparin in
        (C.W_W, 30.0 * SALINE, -30.0),  # waste out
        (C.W_R, 40.0 * PLASMA, -40.0),  # the reservoir took it
        (C.W_R, -40.0 * PLASMA, 40.0),
    ],
)
def test_each_term_of_the_balance(channel: Channel, change: float, gained: float) -> None:
    bench = in_treatment()
    bench[channel] += change
    bench.seconds(0.5)
    assert bench[C.BALANCE] == pytest.approx(gained)
    assert bench[C.BALANCE_ABS] == pytest.approx(abs(gained))


def test_samples_are_lost_to_the_patient() -> None:
    bench = Bench(S.RAMP)
    bench.samples_ml = 12.0  # drawn before the balance starts
    bench.seconds(1)
    assert bench[C.BALANCE] == 0.0
    bench.samples_ml = 22.0
    assert bench.seconds(0.5)[C.BALANCE] == pytest.approx(-10.0)


@pytest.mark.parametrize("gas", [C.G_O2, C.G_AIR, C.G_CO2], ids=lambda c: c.name)
def test_sweep_gas_takes_water_along(gas: Channel) -> None:
    bench = in_treatment()
    bench[gas] = 150.0
    bench.run(3600, tick_ns=NS_PER_S)
    # 9 L of gas with 44 mg/L each.
    assert bench[C.BALANCE] == pytest.approx(-0.396, abs=1e-3)
    assert bench[C.W_SP] == pytest.approx(150.0 - PLASMA * 0.396, abs=1e-3)
    bench.lose(gas, quality=Quality.NOT_FITTED)
    bench.run(3600, tick_ns=NS_PER_S)
    assert bench[C.BALANCE] == pytest.approx(-0.396, abs=1e-3)


def test_water_that_left_before_ramp_counts_for_neither_balance() -> None:
    bench = Bench(S.READY, {C.G_AIR: 1000.0})
    bench.run(3600, tick_ns=NS_PER_S)
    bench[C.G_AIR] = 0.0
    for state in (S.CONNECT_FILL, S.RAMP):
        bench.state = state
        bench.seconds(1)
    assert bench[C.BALANCE] == bench[C.SESSION_BALANCE] == 0.0
    bench[C.G_AIR] = 1000.0
    bench.run(600, tick_ns=NS_PER_S)
    assert bench[C.SESSION_BALANCE] == pytest.approx(-0.44, abs=4e-3)  # looked at every 5 ticks


def test_all_terms_together() -> None:
    bench = in_treatment()
    bench[C.W_S] -= 100.5
    bench[C.W_W] += 50.25
    bench[C.V_HEP] += 8.0
    bench[C.W_R] += 20.5
    bench.samples_ml = 5.0
    assert bench.seconds(0.5)[C.BALANCE] == pytest.approx(100.0 - 50.0 + 8.0 - 20.0 - 5.0)


def test_the_reservoir_set_point_keeps_the_balance_at_zero() -> None:
    bench = in_treatment()
    bench[C.V_HEP] += 8.0
    bench[C.W_W] += 10.05
    bench[C.W_R] -= 3.0
    # What came in by other ways stays in the reservoir: 8 mL of heparin less 10 mL of waste.
    assert bench.seconds(0.5)[C.W_SP] == pytest.approx(150.0 + PLASMA * (8.0 - 10.0))


def test_zeroed_once_on_entering_ramp() -> None:
    bench = Bench(S.CONNECT_FILL).seconds(1)
    assert bench.quality(C.BALANCE) is bench.quality(C.BALANCE_ABS) is Quality.NOT_READY
    bench[C.W_R] = 170.0
    bench.state = S.RAMP
    assert bench.run()[C.BALANCE] == 0.0
    bench[C.W_R] -= 10.25
    assert bench.seconds(0.5)[C.BALANCE] == pytest.approx(10.0)
    for state in (S.PAUSE_PLASMA, S.RAMP, S.TREAT, S.PAUSE_STOPPED, S.TREAT):
        bench.state = state
        assert bench.seconds(1)[C.BALANCE] == pytest.approx(10.0)


def test_the_session_balance_adds_connection_and_rinse_back() -> None:
    bench = Bench(S.CONNECT_FILL).seconds(1)
    assert bench[C.SESSION_BALANCE] == 0.0
    bench[C.W_W] += 100.5
    bench.state = S.RAMP
    bench.seconds(1)
    bench[C.W_R] -= 10.25
    bench.seconds(1)
    bench.state = S.RINSE_PLASMA
    bench[C.W_R] -= 102.5
    bench.seconds(1)
    assert bench[C.BALANCE] == pytest.approx(10.0)  # frozen on entering RINSEBACK
    assert bench[C.SESSION_BALANCE] == pytest.approx(-100.0 + 10.0 + 100.0)
    bench.state = S.RINSE_BLOOD
    bench[C.W_S] -= 201.0
    bench.seconds(1)
    assert bench[C.BALANCE] == pytest.approx(10.0)
    assert bench[C.SESSION_BALANCE] == pytest.approx(210.0)
    bench.samples_ml = 7.0
    assert bench.seconds(1)[C.SESSION_BALANCE] == pytest.approx(203.0)
    bench.samples_ml = 0.0
    bench.seconds(1)
    bench.state = S.DISCONNECT
    bench[C.W_R] = 0.0
    assert bench.seconds(1)[C.SESSION_BALANCE] == pytest.approx(210.0)


@pytest.mark.parametrize("lost", SCALES, ids=lambda c: c.name)
def test_a_lost_scale_holds_the_balance_and_says_so(lost: Channel) -> None:
    bench = in_treatment()
    bench[C.W_R] -= 10.25
    bench.seconds(0.5)
    bench.lose(lost)
    bench.v[C.W_R] -= 50.0
    bench.seconds(1)
    assert bench.quality(C.BALANCE) is bench.quality(C.BALANCE_ABS) is bench.quality(C.W_SP) is Quality.STALE
    assert bench.v[C.BALANCE] == pytest.approx(10.0)


@pytest.mark.parametrize("lost", SCALES, ids=lambda c: c.name)
def test_scales_lost_on_entering_ramp_start_the_balance_when_they_are_back(lost: Channel) -> None:
    bench = Bench(S.CONNECT_VENOUS).seconds(1)
    bench.lose(lost)
    bench.state = S.RAMP
    bench.seconds(5)
    bench.find(lost)
    assert bench.seconds(1)[C.BALANCE] == 0.0
    bench[C.W_R] -= 10.25
    assert bench.seconds(0.5)[C.BALANCE] == pytest.approx(10.0)


# -- slope --------------------------------------------------------------------------------------------------


def drained(bench: Bench, ml_per_h: float, seconds: float) -> Bench:
    """Let the reservoir lose plasma to the patient."""
    for _ in range(round(seconds * 10)):
        bench.v[C.W_R] -= ml_per_h * PLASMA / 36000.0
        bench.run()
    return bench


@pytest.mark.parametrize("rate", [120.0, -120.0, 40.0])
def test_moving_away_from_zero_is_a_three_minute_slope(rate: float) -> None:
    bench = drained(in_treatment(), rate, 160)
    assert bench.quality(C.BALANCE_AWAY) is Quality.NOT_READY
    drained(bench, rate, 60)
    assert bench[C.BALANCE_AWAY] == pytest.approx(abs(rate), rel=0.02)
    drained(bench, -rate, 200)
    assert bench[C.BALANCE_AWAY] == pytest.approx(-abs(rate), rel=0.02)  # coming back


def test_the_slope_starts_afresh_after_a_touch() -> None:
    bench = drained(in_treatment(), 120.0, 240)
    assert bench[C.BALANCE_AWAY] > 100.0
    bench[C.W_R] += 30.0
    bench.seconds(5)
    assert bench.quality(C.BALANCE_AWAY) is Quality.NOT_READY


# -- somebody touches the bag -------------------------------------------------------------------------------


def frozen(bench: Bench) -> bool:
    return bench.estimators.balance.trim_frozen


def test_a_touched_bag_freezes_the_trim() -> None:
    bench = in_treatment()
    assert not frozen(bench)
    bench[C.W_R] += 5.0
    bench.seconds(1)
    assert bench[C.W_R_TOUCH] > 60.0
    assert frozen(bench)
    bench.seconds(2.5)
    assert bench[C.W_R_TOUCH] < 60.0
    assert frozen(bench)
    bench.seconds(8)  # until 10 s after the last movement
    assert frozen(bench)
    assert 8.0 < bench[C.TOUCH_S] < 14.0
    bench.seconds(3)
    assert not frozen(bench)
    assert bench[C.TOUCH_S] == 0.0


@pytest.mark.parametrize(("g_per_min", "expected"), [(55.0, False), (65.0, True)])
def test_the_touch_is_sixty_grams_a_minute(g_per_min: float, *, expected: bool) -> None:
    bench = in_treatment()
    for _ in range(100):
        bench.v[C.W_R] += g_per_min / 600.0
        bench.run()
    assert bench[C.W_R_TOUCH] == pytest.approx(g_per_min, rel=0.02)
    assert frozen(bench) == expected


@pytest.mark.parametrize("lost", SCALES, ids=lambda c: c.name)
def test_any_lost_scale_runs_the_five_minutes(lost: Channel) -> None:
    bench = in_treatment()
    bench.lose(lost)
    bench.seconds(299)
    assert frozen(bench)
    assert bench[C.TOUCH_S] < 300.0
    assert bench.seconds(2)[C.TOUCH_S] >= 300.0


def test_filling_the_reservoir_in_prime_is_no_touch() -> None:
    bench = Bench(S.PRIME_BLOOD).seconds(5)
    for _ in range(300):
        bench.v[C.W_R] += 0.5
        bench.run()
    assert bench[C.TOUCH_S] == 0.0
    assert not frozen(bench)


def test_level_against_scale() -> None:
    bench = Bench(changes={C.LVL_R: 100.0, C.W_R: 153.75}).seconds(1)
    assert bench[C.LVL_W_R] == pytest.approx(50.0)
    bench.lose(C.LVL_R)
    bench.seconds(0.5)
    assert bench.quality(C.LVL_W_R) is Quality.STALE


# -- the learned ratio (4 b) --------------------------------------------------------------------------------


def learned(meter_gain: float = 1.0, drain_ml_min: float = 0.0) -> Bench:
    """15 min of TREAT with a return meter that reads `meter_gain` times what the scale says."""
    bench = Bench(S.RAMP).run(5)
    bench.state = S.TREAT
    bench.run(5)
    bench[C.Q_R] = (30.0 + drain_ml_min) * meter_gain
    for _ in range(15 * 60 * 2):
        bench.v[C.W_R] -= drain_ml_min * PLASMA / 120.0
        bench.run(1, tick_ns=NS_PER_S // 2)
    return bench


def coarse(bench: Bench, minutes: float) -> Bench:
    return bench.run(round(minutes * 120), tick_ns=NS_PER_S // 2)


def test_the_ratio_of_the_pumps_is_learned_in_fifteen_minutes() -> None:
    bench = learned(1.02)
    coarse(bench, 0.2)
    assert bench[C.RATIO_VOLUME] == pytest.approx(0.0, abs=0.1)
    assert bench.quality(C.RATIO_RESIDUAL) is Quality.NOT_READY


def test_what_the_reservoir_lost_while_learning_is_not_learned() -> None:
    # Meters are perfect and the return was 0.5 mL/min too fast: the ratio is 1, not 30.5/30.
    bench = learned(1.0, drain_ml_min=0.5)
    bench[C.Q_R] = 31.0
    coarse(bench, 10)
    assert bench[C.RATIO_VOLUME] == pytest.approx(10.0, abs=0.4)


def test_a_return_that_leaves_the_learned_ratio() -> None:
    bench = learned(1.02)
    bench[C.Q_R] = 30.6 + 1.2
    bench.seconds(590)
    assert bench.quality(C.RATIO_RESIDUAL) is Quality.NOT_READY
    bench.seconds(20)
    assert bench[C.RATIO_RESIDUAL] == pytest.approx(1.2, abs=0.02)
    coarse(bench, 35)
    assert bench[C.RATIO_VOLUME] == pytest.approx(54.2, abs=1.0)
    bench.state = S.PAUSE_PLASMA
    coarse(bench, 1)
    assert bench.quality(C.RATIO_VOLUME) is bench.quality(C.RATIO_RESIDUAL) is Quality.NOT_READY
    bench.state = S.TREAT
    coarse(bench, 2)
    assert bench[C.RATIO_VOLUME] == pytest.approx(56.4, abs=1.5)  # a pause does not forget
    assert bench.quality(C.RATIO_RESIDUAL) is Quality.NOT_READY


def test_the_ratio_is_not_learned_under_a_response() -> None:
    bench = Bench(S.RAMP).run(5)
    bench.state = S.TREAT
    bench.highest = Response.R1
    coarse(bench, 20)
    bench.highest = Response.NONE
    coarse(bench, 1)
    assert bench.quality(C.RATIO_VOLUME) is Quality.NOT_READY


# -- rinse-back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "came", [S.TREAT, S.TREAT_END, S.PAUSE_PLASMA, S.PAUSE_STOPPED, S.SAFE], ids=lambda s: s.name
)
def test_rinse_back_volumes_start_at_zero_wherever_it_came_from(came: State) -> None:
    bench = in_treatment()
    bench.state = came
    bench.seconds(1)
    bench.state = S.RINSE_PLASMA
    bench.seconds(2)
    assert bench[C.RINSE_PLASMA] == pytest.approx(-150.0 / PLASMA, abs=1.6)
    assert bench[C.RINSE_CHASE] == 0.0
    bench[C.W_S] -= 100.5
    assert bench.seconds(0.5)[C.RINSE_CHASE] == pytest.approx(100.0)
    assert bench[C.RINSE_SALINE] == 0.0


@pytest.mark.parametrize("pause", [S.PAUSE_PLASMA, S.PAUSE_STOPPED, S.SAFE], ids=lambda s: s.name)
def test_a_pause_does_not_give_the_rinse_caps_again(pause: State) -> None:
    bench = in_treatment()
    bench.state = S.RINSE_PLASMA
    bench[C.W_S] -= 100.5
    bench.seconds(60)
    returned = bench[C.RINSE_PLASMA]
    assert returned == pytest.approx(30.0 - 150.0 / PLASMA, abs=0.5)
    bench.state = pause
    bench.seconds(60)
    bench.state = S.RINSE_PLASMA
    bench.seconds(60)
    assert bench[C.RINSE_PLASMA] == pytest.approx(returned + 30.0, abs=0.5)
    assert bench[C.RINSE_CHASE] == pytest.approx(0.0)  # the first weight was taken after the change
    bench.state = S.RINSE_BLOOD
    bench.seconds(1)
    bench[C.W_S] -= 50.25
    assert bench.seconds(0.5)[C.RINSE_SALINE] == pytest.approx(50.0)
    bench.state = pause
    bench.seconds(1)
    bench.state = S.RINSE_BLOOD
    bench[C.W_S] -= 50.25
    assert bench.seconds(0.5)[C.RINSE_SALINE] == pytest.approx(100.0)


@pytest.mark.parametrize("state", [S.RINSE_PLASMA, S.RINSE_BLOOD], ids=lambda s: s.name)
def test_scales_lost_on_entering_rinse_back_start_the_caps_when_they_are_back(state: State) -> None:
    bench = in_treatment()
    if state is S.RINSE_BLOOD:
        bench.state = S.RINSE_PLASMA
        bench.seconds(1)
    bench.lose(C.W_R)
    bench.state = state
    bench.seconds(2)
    bench.find(C.W_R)
    bench.seconds(1)
    bench[C.W_S] -= 10.05
    bench.seconds(0.5)
    chased = C.RINSE_CHASE if state is S.RINSE_PLASMA else C.RINSE_SALINE
    assert bench[chased] == pytest.approx(10.0)
    assert bench.q[C.RINSE_PLASMA] == GOOD


def test_a_lost_saline_scale_in_the_blood_rinse_is_not_silent() -> None:
    bench = in_treatment()
    for state in (S.RINSE_PLASMA, S.RINSE_BLOOD):
        bench.state = state
        bench.seconds(2)
    bench.lose(C.W_S)
    alarms = Alarms(LIMITS)
    for _ in range(600):
        bench.run()
        alarms.step(bench.now, bench.state, bench.v, bench.q, [])
    assert alarms.active.highest >= Response.R2
