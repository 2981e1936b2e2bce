"""The oxygen and pH loops: the blend, its rests, and the loops on a plant with dead time and slow return."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.channels import Channel
from qh1a.control.gas import AIR_O2, CO2_LEAST, CO2_MOST, DRY_MMHG, LEAST_GAIN, LEAST_RATE, O2_MOST, GasLoops
from qh1a.control.loops import WARM_RATE_MOST
from qh1a.control.pid import scheduled
from qh1a.settings import PidGains
from qh1a.tick import Actuator, Quality, State
from tests.control.plants import DT, SETS, F, Gas, GasBench, Response, delay, lag, pi, sensitivity
from tests.control.synthetic import treating
from tests.safety.bench import TUNING, C, qualities, readings

FLOWS = (30.0, 100.0, 200.0)
each_flow = pytest.mark.parametrize("flow", FLOWS)
PLANTS = {
    "as tuned": Gas(),
    "late": Gas(dead_s=30.0),  # 60 s from gas to sensor at Q_c 100
    "poor oxygenator": Gas(direct=0.7, back=0.85),  # much comes back through the reservoir
    "good oxygenator": Gas(direct=0.99),
}
# At Q_c 30 the longest way to the sensor is 200 s: 170 s of dead time are 51 s at Q_c 100.
LATE_AT = {30.0: Gas(dead_s=51.0), 100.0: Gas(dead_s=30.0), 200.0: Gas(dead_s=30.0)}
AIR = (0.0, 95.0, 5.0)


# -- stability ------------------------------


def open_loop(flow: float, gas: Gas, *, ph: bool) -> Response:
    gains = TUNING.ph if ph else TUNING.oxygen
    per_unit = 1.0 / np.log(10.0) / 0.05 if ph else DRY_MMHG  # pH at 5 % of CO2; mmHg
    gain, rate = scheduled(flow, LEAST_GAIN, 1.0), scheduled(flow, LEAST_RATE, 1.0)
    return pi(gains.kp * gain, gains.ti_s / rate) * per_unit * gas.path(flow, hydrated=ph)


@each_flow
@pytest.mark.parametrize("name", PLANTS)
@pytest.mark.parametrize("ph", [False, True], ids=["oxygen", "pH"])
def test_the_loop_is_robust_at_every_perfusion(flow: float, name: str, ph: bool) -> None:
    gas = LATE_AT[flow] if name == "late" else PLANTS[name]
    assert 1.05 < sensitivity(open_loop(flow, gas, ph=ph)) <= (1.5 if name == "late" else 1.35)


@each_flow
def test_the_warmer_is_robust_at_every_perfusion(flow: float) -> None:
    """60 mL from the warmer to the reactor (circuit 1), 20 s for the warmer's own loop, 2 s for the probe."""
    gains = TUNING.temperature
    loop = pi(gains.kp * scheduled(flow, 0.0, 1.0), gains.ti_s / scheduled(flow, 0.0, WARM_RATE_MOST))
    assert sensitivity(loop * lag(20.0) * lag(2.0) * delay(60.0 / flow * 60.0 + DT)) <= 1.7


@pytest.mark.parametrize(
    ("flow", "share"), [(0.0, 0.3), (30.0, 0.3), (62.0, 0.62), (100.0, 1.0), (250.0, 2.0)]
)
def test_the_schedule_is_the_share_of_100_within_its_bounds(flow: float, share: float) -> None:
    assert scheduled(flow, 0.3, 2.0) == share


# -- in time ------------------------------


def beyond(values: Sequence[float], old: float, new: float) -> float:
    """Overshoot as a share of the step."""
    return max((x - new) * (1.0 if new > old else -1.0) for x in values) / abs(new - old)


def settled_s(values: Sequence[float], new: float, band: float) -> float:
    return (max((k for k, x in enumerate(values) if abs(x - new) > band), default=-1) + 1) * DT


def at_set(b: GasBench) -> bool:
    return abs(b.v[C.DO_IN] - b.sets.do_in) <= 0.4 and abs(b.v[C.PH] - b.sets.ph) <= 0.005


LONG_MIN = {30.0: 50.0, 100.0: 20.0, 200.0: 20.0}
OXYGEN_S = {30.0: 1100.0, 100.0: 320.0, 200.0: 320.0}
PH_S = {30.0: 1900.0, 100.0: 450.0, 200.0: 450.0}


@pytest.mark.parametrize(
    ("flow", "name"), [*((flow, "as tuned") for flow in FLOWS), (100.0, "poor oxygenator")]
)
def test_set_points_are_reached_without_offset_and_with_little_overshoot(flow: float, name: str) -> None:
    b, long = GasBench(PLANTS[name], flow), LONG_MIN[flow]
    b.minutes(60 if name == "poor oxygenator" else 2 * long)  # its slow mode
    do_in, ph = 150.0, 7.40
    assert at_set(b)
    for to in (165.0, 150.0):
        b.sets = b.sets._replace(do_in=to)
        seen = b.minutes(long)
        values = [x for x, _ in seen]
        assert beyond(values, do_in, to) < 0.05
        assert settled_s(values, to, 0.05 * 15.0) < OXYGEN_S[flow]
        assert values[-1] == pytest.approx(to, abs=0.4)
        assert max(abs(y - ph) for _, y in seen) < 0.005  # the other loop hardly notices
        do_in = to
    for goal in (7.45, 7.35):
        b.sets = b.sets._replace(ph=goal)
        values = [y for _, y in b.minutes(long)]
        assert beyond(values, ph, goal) < 0.05
        assert settled_s(values, goal, 0.05 * abs(goal - ph) + 0.001) < PH_S[flow]
        assert values[-1] == pytest.approx(goal, abs=0.002)
        ph = goal


@each_flow
def test_a_change_of_bicarbonate_is_taken_out(flow: float) -> None:
    for bicarbonate in (12.0, 32.0):
        b = GasBench(Gas(), flow)
        b.minutes(LONG_MIN[flow])
        b.bicarbonate = lambda _, there=bicarbonate: there  # type: ignore[misc]
        values = [y for _, y in b.minutes(2 * LONG_MIN[flow])]
        assert at_set(b)
        away = [(7.40 - y) * (1.0 if bicarbonate < 24.0 else -1.0) for y in values]
        assert max(away) > 0.08
        assert min(away[600:]) > -0.05 * max(away)  # nor does it swing to the other side


def test_plasma_after_saline_does_not_swing_to_alkalosis() -> None:
    """Saline has no bicarbonate: the pH is low at any CO2. Then plasma fills the circuit, in 12 minutes."""
    b = GasBench(Gas())
    filled = 1200.0
    b.bicarbonate = lambda t: (
        0.1 + (24.0 * (1.0 - float(np.exp((filled - t) / 720.0))) if t > filled else 0.0)
    )
    b.minutes(20)
    assert b.x_co2 == pytest.approx(CO2_LEAST)
    assert max(y for _, y in b.minutes(60)) < 7.50  # 7.55 warns
    assert b.v[C.PH] == pytest.approx(7.40, abs=0.01)


def test_oxygen_does_not_wind_up_while_air_alone_is_too_much() -> None:
    b = GasBench(Gas())
    b.sets = SETS._replace(do_in=135.0)
    b.minutes(60)
    assert b.sent[0] == 0.0
    assert b.v[C.DO_IN] > 137.0
    b.sets = SETS
    assert max(x for x, _ in b.minutes(25)) < 153.0
    assert at_set(b)


def test_ph_does_not_wind_up_at_the_most_carbon_dioxide() -> None:
    b = GasBench(Gas())
    b.bicarbonate = lambda _: 80.0
    b.minutes(60)
    assert b.x_co2 == pytest.approx(CO2_MOST)
    b.bicarbonate = lambda _: 24.0
    b.minutes(1)
    assert b.x_co2 < 0.11  # it lets go within a minute
    assert max(y for _, y in b.minutes(25)) < 7.42
    assert at_set(b)


# -- the blend ------------------------------

oxygen = st.floats(0.0, 800.0)
acid = st.floats(0.0, 14.0)


@given(
    st.lists(st.tuples(oxygen, acid, st.floats(0.0, 250.0), st.booleans(), st.booleans()), max_size=40),
    st.floats(20.0, 500.0),
    st.floats(135.0, 170.0),
    st.floats(7.30, 7.50),
)
def test_the_flows_add_up_and_the_fractions_stay_in_their_spans(
    ticks: list[tuple[float, float, float, bool, bool]], gas: float, do_in: float, ph: float
) -> None:
    loops = GasLoops(gas, TUNING)
    sets = SETS._replace(do_in=do_in, ph=ph)
    for o, a, flow, seen_o, seen_a in ticks:
        v = readings({C.DO_IN: o, C.PH: a, C.Q_C_2S: flow})
        q = qualities(*([] if seen_o else [C.DO_IN]), *([] if seen_a else [C.PH]))
        sent = loops.step(DT, sets, v, q, on=True)
        loops.observe(*sent, DT)
        assert all(x >= 0.0 for x in sent)
        if flow < 12.0:
            assert sent == (0.0, 0.0, 0.0)
            continue
        assert sum(sent) == pytest.approx(gas)
        x_o2, x_co2 = (sent[0] + AIR_O2 * sent[1]) / gas, sent[2] / gas
        assert CO2_LEAST - 1e-12 <= x_co2 <= CO2_MOST + 1e-12
        assert AIR_O2 * (1.0 - x_co2) - 1e-12 <= x_o2 <= O2_MOST + 1e-12
        if not seen_o:
            assert sent[0] == 0.0
        if not seen_a:
            assert x_co2 == pytest.approx(0.05)


def once(do_in: float, ph: float) -> tuple[float, float, float]:
    """The blend 2 s after both loops closed at their set points and the readings moved."""
    loops = GasLoops(F.gas_ml_min, TUNING)
    for k in range(20):
        v = readings({C.DO_IN: do_in if k else SETS.do_in, C.PH: ph if k else SETS.ph})
        sent = loops.step(DT, SETS, v, qualities(), on=True)
        loops.observe(*sent, DT)
    return sent


def test_each_loop_acts_in_its_direction() -> None:
    rest = once(SETS.do_in, SETS.ph)
    assert once(SETS.do_in - 5.0, SETS.ph)[0] > rest[0] + 0.1
    assert once(SETS.do_in + 3.0, SETS.ph)[0] < rest[0] - 0.1
    assert once(SETS.do_in, SETS.ph + 0.05)[2] > rest[2] + 0.1
    assert once(SETS.do_in, SETS.ph - 0.05)[2] < rest[2] - 0.1


@pytest.mark.parametrize(("loop", "gas"), [("oxygen", 0), ("ph", 2)])
def test_the_derivative_acts_against_what_moves(loop: str, gas: int) -> None:
    def after(td_s: float, slope: float) -> float:
        gains = PidGains(getattr(TUNING, loop).kp, 40.0, td_s)
        loops = GasLoops(100.0, replace(TUNING, **{loop: gains}))  # type: ignore[arg-type] # the name of gains
        out = (0.0, 0.0, 0.0)
        for n in range(3):
            v = readings({C.DO_IN: 150.0 + slope * n, C.PH: 7.40 - 1e-3 * slope * n, C.Q_C_2S: 100.0})
            out = loops.step(DT, SETS, v, qualities(), on=True)
            loops.observe(*out, DT)
        return out[gas]

    assert after(20.0, 0.5) < after(0.0, 0.5) < after(0.0, -0.5) < after(20.0, -0.5)


# -- rests ------------------------------


def jump(values: Sequence[float]) -> float:
    return max(abs(b - a) for a, b in pairwise(values))


def x_o2(b: GasBench) -> float:
    return b.x_o2


def x_co2(b: GasBench) -> float:
    return b.x_co2


@pytest.mark.parametrize(
    ("lost", "read", "rest"), [(C.DO_IN, x_o2, None), (C.PH, x_co2, 0.05)], ids=["DO_in", "pH"]
)
@pytest.mark.parametrize("quality", [Quality.STALE, Quality.NOT_FITTED, Quality.OUT_OF_RANGE])
def test_without_its_sensor_a_loop_rests_and_comes_back_without_a_bump(
    lost: Channel, read: Callable[[GasBench], float], rest: float | None, quality: Quality
) -> None:
    b = GasBench(Gas(bicarbonate=20.0))
    b.sets = SETS._replace(do_in=165.0)
    b.minutes(20)
    other = b.sent[2] if lost is C.DO_IN else b.sent[0]
    b.q[lost] = int(quality)
    b.v[lost] = 0.0
    b.tick()
    if rest is None:
        assert b.sent[0] == 0.0
        assert b.sent[2] == pytest.approx(other, abs=0.02)
    else:
        assert read(b) == pytest.approx(rest)
        assert b.sent[0] == pytest.approx(other, abs=0.5)
    b.minutes(30)
    b.q[lost] = 0
    back = [read(b)]
    back.extend(read(b.tick()) for _ in range(300))
    assert jump(back) < 0.0002
    b.minutes(20)
    assert at_set(b)


def test_without_any_sensor_it_is_air_with_five_per_cent_of_co2() -> None:
    b = GasBench(Gas())
    b.q[C.DO_IN] = b.q[C.PH] = int(Quality.NOT_FITTED)
    for _ in range(100):
        assert b.tick().sent == AIR


def test_no_gas_below_twelve_or_without_the_meter_and_no_wind_up_meanwhile() -> None:
    b = GasBench(Gas())
    b.minutes(20)
    for flow, quality in ((11.9, 0), (0.0, 0), (100.0, 4)):
        b.v[C.Q_C_2S], b.q[C.Q_C_2S] = flow, quality
        b.minutes(5)
        assert b.sent == (0.0, 0.0, 0.0)
    b.v[C.Q_C_2S], b.q[C.Q_C_2S] = 12.0, 0
    assert sum(b.tick().sent) == pytest.approx(F.gas_ml_min)
    b.v[C.Q_C_2S] = 100.0
    seen = b.minutes(20)
    assert max(x for x, _ in seen) < 153.0
    assert at_set(b)


def test_the_integrators_follow_what_the_supervisor_lets_through() -> None:
    b = GasBench(Gas(bicarbonate=18.0))
    b.minutes(20)
    b.forced = (10.0, 87.0, 3.0)
    b.minutes(20)  # pH 7.5, but not by this loop's doing
    b.forced = None
    b.v[C.DO_IN] = 0.0
    assert b.tick().x_co2 == pytest.approx(0.03, abs=0.006)
    b.forced = (0.0, 0.0, 0.0)  # nothing flows: nothing to follow
    b.minutes(20)
    b.forced = None
    assert b.tick().x_co2 == pytest.approx(0.03, abs=0.03)
    b.minutes(40)
    assert at_set(b)


# -- in the kernel ------------------------------

GAS = (Actuator.G_O2, Actuator.G_AIR, Actuator.G_CO2)


def test_the_kernel_sends_the_blend_and_stops_it_with_perfusion_before_the_interlock() -> None:
    b = treating()
    b.run(5.0)
    sent = [b.sent(a) for a in GAS]
    assert sum(sent) == pytest.approx(b.prescription.flows.gas_ml_min)
    assert sent[0] > 0.0
    b.plant.quality[C.DO_IN] = b.plant.quality[C.PH] = Quality.NOT_FITTED
    b.run(0.2)
    assert [b.sent(a) for a in GAS] == [0.0, 95.0, 5.0]
    b.plant.value[C.W_R] = 10.0  # an empty reservoir: perfusion stops, and the gas with it
    b.tick()
    assert b.state is State.TREAT
    assert b.sent(Actuator.CP) == 0.0
    assert [b.sent(a) for a in GAS] == [0.0] * 3
    assert b.derived(C.INTERLOCKS)[0] == 0.0
    b.tick()
    assert b.derived(C.INTERLOCKS)[0] == 0.0
