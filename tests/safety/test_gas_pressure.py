"""Sweep gas against plasma in the oxygenator (safety H24)."""

import pytest

from qh1a.channels import Channel
from qh1a.control.alarms import Alarms
from qh1a.tick import Event, EventCode, Quality, Response, State
from tests.safety.bench import LIMITS, Bench, C, S


def trips(bench: Bench, seconds: float) -> list[str]:
    """The rules that an alarm system raises while the bench runs on."""
    alarms, events = Alarms(LIMITS), list[Event]()
    for _ in range(round(seconds * 10)):
        bench.run()
        alarms.step(bench.now, bench.state, bench.v, bench.q, events)
    return [e.subject for e in events if e.code is EventCode.ALARM_RAISED]


@pytest.mark.parametrize(
    ("p_gas", "p_bri", "over"),
    [(2.0, 70.0, -68.0), (50.0, 70.0, -20.0), (300.0, 70.0, 230.0), (10.0, 31.0, -21.0)],
)
def test_gas_pressure_counts_against_the_plasma(p_gas: float, p_bri: float, over: float) -> None:
    bench = Bench(changes={C.P_GAS: p_gas, C.P_BRI: p_bri}).run()
    assert bench[C.P_GAS_OVER] == pytest.approx(over)


@pytest.mark.parametrize("p_bri", [30.0, 15.0, 0.0, -40.0])
def test_slow_plasma_counts_as_thirty(p_bri: float) -> None:
    bench = Bench(changes={C.P_GAS: 9.0, C.P_BRI: p_bri}).run()
    assert bench[C.P_GAS_OVER] == pytest.approx(-21.0)


@pytest.mark.parametrize("lost", [C.P_GAS, C.P_BRI], ids=lambda c: c.name)
def test_both_pressures_are_needed(lost: Channel) -> None:
    bench = Bench()
    bench.lose(lost, quality=Quality.FROZEN)
    assert bench.run().quality(C.P_GAS_OVER) is Quality.FROZEN


def test_a_step_of_gas_pressure_trips_after_a_second() -> None:
    bench = Bench().seconds(5)
    bench[C.P_GAS] = 300.0
    assert trips(bench, 1.0) == []
    bench = Bench().seconds(5)
    bench[C.P_GAS] = 300.0
    assert trips(bench, 1.1) == ["H24.1"]


@pytest.mark.parametrize("state", [S.PRIME_WARM, S.READY_TEST, S.RAMP, S.PAUSE_STOPPED, S.SAFE])
def test_standing_plasma_and_an_open_exhaust_raise_nothing(state: State) -> None:
    bench = Bench(state, {C.P_GAS: 8.0, C.P_BRI: 0.0})
    assert "H24.1" not in trips(bench, 30)


def test_gas_over_pressure_shuts_gas_and_perfusion_and_ends_with_it() -> None:
    bench = Bench().seconds(5)
    alarms, events = Alarms(LIMITS), list[Event]()
    for k in range(40):
        bench[C.P_GAS] = 100.0 if k < 20 else 2.0
        bench.run()
        alarms.step(bench.now, bench.state, bench.v, bench.q, events)
        assert (Response.R2X in alarms.active.responses) == (10 <= k < 20), k
