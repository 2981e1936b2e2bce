"""The relay: what it does, what it leaves alone, and its place in the loops."""

import copy
import math
from dataclasses import replace

import pytest

from qh1a.channels import Channel
from qh1a.control.gas import GasLoops
from qh1a.control.kernel import Kernel
from qh1a.control.limited import Limited
from qh1a.control.pid import Pid
from qh1a.control.relay import Relay, around
from qh1a.settings import Tuning
from qh1a.whatif.table import LOOPS
from tests.control.plants import SETS
from tests.safety.bench import LIMITS, P4H, RIG, TUNING, qualities, readings

DT = 0.1


def test_it_rests_then_steps_at_the_hysteresis_around_the_error_at_rest() -> None:
    relay = Relay(10.0, 2.0, 1.0, 0.5, 4)
    rest = [3.0, 3.2, 2.8, 3.0]
    assert [relay.step(e, 0.0, DT) for e in rest] == [10.0] * 4
    assert relay.zero == pytest.approx(3.0)
    errors = [3.0, 3.49, 3.51, 3.0, 2.51, 2.49, 3.0, 3.49, 3.51]
    assert [relay.step(e, 0.0, DT) for e in errors] == [9.0, 9.0, 12.0, 12.0, 12.0, 9.0, 9.0, 9.0, 12.0]
    assert relay.errors == rest + errors
    assert relay.outs == [10.0] * 4 + [9.0, 9.0, 12.0, 12.0, 12.0, 9.0, 9.0, 9.0, 12.0]
    assert relay.out == 12.0


def test_it_obeys_narrower_limits_and_comes_back_when_they_open() -> None:
    relay = Relay(0.0, 2.0, 2.0, 0.0, 0)
    assert relay.step(1.0, 0.0, DT) == 2.0
    relay.lo, relay.hi = -1.0, 1.0
    assert relay.step(0.0, 0.0, DT) == 1.0
    assert relay.step(-1.0, 0.0, DT) == -1.0
    relay.lo, relay.hi = -3.0, 3.0
    assert relay.step(0.0, 0.0, DT) == -2.0


def test_it_moves_no_faster_than_its_slew_and_tells_when_it_turned_up() -> None:
    relay = Relay(10.0, 2.0, 1.0, 0.5, 0, 5.0)
    errors = [-1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 0.0]
    assert [relay.step(e, 0.0, DT) for e in errors] == [9.5, 9.0, 9.0, 9.5, 10.0, 9.5, 10.0, 10.5, 11.0]
    assert relay.ups == [3, 6]


def test_limits_that_move_it_are_no_turn() -> None:
    relay = Relay(0.0, 2.0, 2.0, 0.5, 0)
    relay.step(1.0, 0.0, DT)
    relay.lo = relay.hi = -1.0
    relay.step(1.0, 0.0, DT)
    relay.lo, relay.hi = -2.0, 2.0
    assert relay.step(1.0, 0.0, DT) == 2.0
    assert relay.ups == [0]


def test_what_swings_at_rest_does_not_switch_it() -> None:
    relay = Relay(0.0, 2.0, 1.0, 0.5, 4)
    for error in (3.0, 5.0, 3.0, 5.0):
        relay.step(error, 0.0, DT)
    assert [relay.step(e, 0.0, DT) for e in (5.1, 5.21, 2.9, 2.79)] == [-1.0, 2.0, 2.0, -1.0]


def test_what_left_moves_nothing_and_the_schedule_at_rest_is_kept() -> None:
    relay = Relay(5.0, 1.0, 1.0, 0.1, 1)
    assert math.isnan(relay.left)
    for gain, rate in ((0.5, 0.8), (0.6, 0.7), (0.9, 1.1)):
        relay.step(1.0, 0.0, DT, 100.0, gain)
        assert math.isnan(relay.left)
        relay.observe(0.0, DT, rate)
        assert relay.left == 0.0
        relay.seed(50.0, 3.0)
    assert relay.step(2.0, 0.0, DT, -100.0, 0.6) == 6.0
    assert (relay.gain, relay.rate) == (0.6, 0.7)


def test_it_is_made_around_the_output_of_a_controller_and_inside_its_limits() -> None:
    pid = Pid(1.0, 10.0, 0.0, 0.0, 40.0)
    pid.step(7.0, 0.0, DT, 30.0)
    relay = around(pid, 2.0, 1.0, 0.5, 1, 5.0)
    assert [relay.step(e, 0.0, DT) for e in (0.0, 1.0, -1.0)] == [37.0, 37.5, 37.0]
    wide = around(pid, 9.0, 50.0, 0.5, 0, math.inf)
    assert [wide.step(e, 0.0, DT) for e in (1.0, -1.0)] == [40.0, 0.0]


def test_a_copy_goes_on_alone() -> None:
    relay = Relay(0.0, 1.0, 1.0, 0.1, 0)
    relay.step(1.0, 0.0, DT)
    other = copy.deepcopy(relay)
    other.step(-1.0, 0.0, DT)
    assert (len(relay.outs), len(other.outs)) == (1, 2)
    assert (relay.step(0.0, 0.0, DT), other.step(0.0, 0.0, DT)) == (1.0, -1.0)


def test_it_leads_a_flow_loop_until_a_limiter_asks_for_less() -> None:
    loop = Limited(Pid(0.3, 8.0, 0.0, 0.0, 200.0), (Pid(0.2, 5.0, 0.0, 0.0, 200.0),), 200.0, 5.0)
    loop.step(0.0, (100.0,), DT)
    loop.observe(0.0, DT)
    loop.put(lambda _: Relay(50.0, 5.0, 5.0, 0.1, 0))
    loop.target = 60.0
    assert loop.step(55.0, (1000.0,), DT) == 55.0
    loop.observe(55.0, DT)
    for _ in range(20):  # it sees 2-s means
        out = loop.step(65.0, (1000.0,), DT)
        loop.observe(out, DT)
    assert out == 45.0
    for _ in range(20):
        out = loop.step(55.0, (10.0,), DT)
        loop.observe(45.0, DT)
    assert out == pytest.approx(45.0 + 0.2 * 10.0)


@pytest.mark.parametrize("row", LOOPS, ids=lambda row: row.name)
def test_every_row_of_the_table_names_a_loop_and_its_gains(row: object) -> None:
    name = str(getattr(row, "name", ""))
    gains = {name: replace(TUNING.blood, kp=0.123)}
    own = replace(TUNING, **gains)  # type: ignore[arg-type] # the name of gains
    seen: list[Pid] = []

    def look(before: Pid) -> Pid:
        seen.append(before)
        return before

    Kernel(P4H, LIMITS, own, RIG).put(name, look)
    assert [pid.kp for pid in seen] == [0.123]


@pytest.mark.parametrize(("loop", "gas"), [("oxygen", 0), ("ph", 2)])
def test_in_the_gas_it_steps_up_where_more_of_the_gas_is_wanted(loop: str, gas: int) -> None:
    loops = GasLoops(100.0, TUNING)
    relays: list[Relay] = []

    def make(before: Pid) -> Pid:
        relays.append(around(before, 0.03, 0.02, 0.001, 10, math.inf))
        return relays[0]

    v = readings({Channel.DO_IN: 150.0, Channel.PH: 7.40, Channel.Q_C_2S: 50.0})
    loops.step(DT, SETS, v, qualities(), on=True)
    loops.put(loop, make)
    sent = []
    for _ in range(15):
        sent.append(loops.step(DT, SETS, v, qualities(), on=True))
        loops.observe(*sent[-1], DT)
        assert relays[0].left == pytest.approx(relays[0].out)
    v = readings({Channel.DO_IN: 149.0, Channel.PH: 7.41, Channel.Q_C_2S: 50.0})
    wanted = loops.step(DT, SETS, v, qualities(), on=True)
    assert sent[0][gas] > sent[-1][gas]
    assert wanted[gas] > sent[0][gas]
    assert (relays[0].gain, relays[0].rate) == pytest.approx((0.7, 0.5), rel=0.05)
    assert relays[0].ups == [15]


def test_a_loop_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError, match="flux"):
        Kernel(P4H, LIMITS, TUNING, RIG).put("flux", lambda before: before)
    assert not hasattr(Tuning, "flux")
