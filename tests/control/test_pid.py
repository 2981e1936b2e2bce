"""The PID: take-over without a bump, no wind-up behind a limiter, true integral action, no set-point kick."""

import ast
import inspect
import warnings
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qh1a.control import pid as module
from qh1a.control.limited import Limited
from qh1a.control.pid import D_FILTER, Pid
from qh1a.control.windows import MEAN_2S, Mean
from qh1a.tick import Actuator, IntentName, State
from tests.control.synthetic import treating

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import control

FAR = 1e9
DT = 0.1
errors = st.lists(st.floats(-50.0, 50.0), min_size=1, max_size=60)
gains = st.floats(0.01, 10.0)
times = st.floats(0.5, 1000.0)
steps = st.sampled_from([0.1, 0.2, 0.3, 0.5])


def alone(pid: Pid, error: Sequence[float], dt: float = DT) -> list[float]:
    """The outputs while nothing but the controller decides."""
    out = []
    for e in error:
        u = pid.step(e, 0.0, dt)
        pid.observe(u, dt)
        out.append(u)
    return out


@given(errors, gains, times, steps)
def test_in_command_it_is_proportional_and_integral_action(
    error: list[float], kp: float, ti: float, dt: float
) -> None:
    out = alone(Pid(kp, ti, 0.0, -FAR, FAR), error, dt)
    # u(k) = kp e(k) + kp dt/Ti (e(0) + ... + e(k-1)), exactly, in rational numbers.
    total = Fraction(0)
    for e, u in zip(error, out, strict=True):
        exact = Fraction(kp) * (Fraction(e) + Fraction(dt) / Fraction(ti) * total)
        assert u == pytest.approx(float(exact), rel=1e-9, abs=1e-9)
        total += Fraction(e)


@settings(max_examples=25)
@given(errors, gains, times)
def test_it_agrees_with_a_discrete_pi_of_another_library(error: list[float], kp: float, ti: float) -> None:
    theirs = control.TransferFunction([kp, kp * (DT / ti - 1.0)], [1.0, -1.0], DT)
    padded = [*error, 0.0]
    answer = control.forced_response(theirs, inputs=padded).outputs
    assert alone(Pid(kp, ti, 0.0, -FAR, FAR), padded) == pytest.approx(list(answer), rel=1e-6, abs=1e-6)


@given(
    st.floats(0.0, 200.0), st.floats(-100.0, 100.0), gains, times, st.floats(0.0, 50.0), st.floats(-40, 40)
)  # fmt: skip
def test_a_take_over_has_no_bump(
    actual: float, ff: float, kp: float, ti: float, td: float, pv: float
) -> None:
    p = Pid(kp, ti, td, -FAR, FAR)
    alone(p, [7.0, -3.0, 12.0])
    p.seed(actual, ff)
    assert p.step(0.0, pv, DT, ff) == pytest.approx(actual, abs=1e-9)


@given(st.floats(10.0, 90.0), gains, st.floats(0.5, 20.0), st.floats(-20.0, 20.0))
def test_following_another_hand_it_takes_over_from_where_that_one_is(
    held: float, kp: float, ti: float, error: float
) -> None:
    # However long and however wrong the error was meanwhile: what is left is the proportional part.
    p = Pid(kp, ti, 0.0, -FAR, FAR)
    for _ in range(5000):
        p.step(error, 0.0, DT)
        p.observe(held, DT)
    assert p.step(0.0, 0.0, DT) == pytest.approx(held, rel=1e-6)


@pytest.mark.parametrize("minutes", [1, 60, 480])
def test_a_limit_does_not_wind_it_up(minutes: int) -> None:
    p = Pid(2.0, 10.0, 0.0, 0.0, 100.0)
    for _ in range(minutes * 600):
        assert p.step(60.0, 0.0, DT) == 100.0
        p.observe(100.0, DT)
    # The first negative error lowers the output at once, by the proportional action.
    assert p.step(-5.0, 0.0, DT) == pytest.approx(90.0, abs=0.3)


def test_a_blocked_actuator_does_not_wind_it_up() -> None:
    p = Pid(1.0, 10.0, 0.0, 0.0, 100.0)
    for _ in range(6000):
        p.step(20.0, 0.0, DT)
        p.observe(0.0, DT)  # the supervisor says no
    assert p.step(20.0, 0.0, DT) == pytest.approx(20.0, abs=0.01)


@given(st.floats(-FAR, FAR), st.floats(-10.0, 0.0), st.floats(0.0, 10.0))
def test_the_output_stays_inside_its_limits(error: float, lo: float, hi: float) -> None:
    p = Pid(2.0, 5.0, 1.0, lo, hi)
    for pv in (0.0, error, -error):
        u = p.step(error, pv, DT)
        assert lo <= u <= hi
        assert u == p.out
        p.observe(u, DT)


@given(st.floats(-50.0, 50.0), st.floats(0.1, 60.0))
def test_a_step_of_the_set_point_gives_no_derivative_kick(step: float, td: float) -> None:
    plain, derived = Pid(2.0, 30.0, 0.0, -FAR, FAR), Pid(2.0, 30.0, td, -FAR, FAR)
    for target in (10.0, 10.0, 10.0 + step, 10.0 + step, 10.0):
        u, d = plain.step(target - 4.0, 4.0, DT), derived.step(target - 4.0, 4.0, DT)
        assert d == u
        plain.observe(u, DT)
        derived.observe(d, DT)


def test_the_derivative_brakes_a_moving_measurement_and_is_filtered() -> None:
    td = 8.0
    p = Pid(1.0, FAR, td, -FAR, FAR)
    p.step(0.0, 0.0, DT)
    slope = 0.5  # per s
    braking = [p.step(0.0, slope * DT * k, DT) for k in range(1, 400)]
    tf = D_FILTER * td
    assert braking[0] == pytest.approx(-slope * td * DT / (tf + DT))
    assert braking[-1] == pytest.approx(-slope * td, rel=1e-6)
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(braking))
    # A single spike of 1 unit is never passed on by more than kp/D_FILTER.
    p = Pid(1.0, FAR, td, -FAR, FAR)
    p.step(0.0, 0.0, DT)
    assert -1.0 / D_FILTER < p.step(0.0, 1.0, DT) < 0.0


def test_the_derivative_starts_without_a_kick_after_a_take_over() -> None:
    p = Pid(1.0, 10.0, 5.0, -FAR, FAR)
    p.step(0.0, 37.0, DT)
    p.seed(20.0, 0.0)
    assert p.step(0.0, 90.0, DT) == 20.0


def test_gain_and_rate_schedule_kp_and_integral_time() -> None:
    scheduled, plain = Pid(2.0, 40.0, 0.0, -FAR, FAR), Pid(1.0, 10.0, 0.0, -FAR, FAR)
    for e in (3.0, -1.0, 7.0, 7.0, 0.5):
        u = scheduled.step(e, 0.0, DT, gain=0.5)
        scheduled.observe(u, DT, rate=4.0)
        w = plain.step(e, 0.0, DT)
        plain.observe(w, DT)
        assert u == pytest.approx(w)


def test_a_rate_faster_than_the_tick_follows_at_once_and_no_further() -> None:
    p = Pid(1.0, 0.01, 0.0, -FAR, FAR)
    p.step(0.0, 0.0, DT)
    p.observe(42.0, DT)
    assert p.step(0.0, 0.0, DT) == 42.0


def test_feed_forward_goes_straight_through_and_is_not_integrated() -> None:
    p = Pid(1.0, 10.0, 0.0, -FAR, FAR)
    for ff in (10.0, 10.0, 50.0, 50.0, 0.0):
        u = p.step(0.0, 0.0, DT, ff)
        p.observe(u, DT)
        assert u == ff


def test_only_the_four_operations_are_used() -> None:
    # libm differs between machines, IEEE + - * / do not: decisions must replay bit for bit elsewhere.
    tree = ast.parse(inspect.getsource(module))
    operators = {type(node.op) for node in ast.walk(tree) if isinstance(node, ast.BinOp | ast.AugAssign)}
    assert operators <= {ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BitOr}
    assert {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} == {
        "mypy_extensions",
        "typing",
    }
    called = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.Call)}
    told = "Terms(self._ff, self.p, self._i, self.d, self.out, leader)"
    assert called == {"mypyc_attr(serializable=True)", told}
    unions = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.BitOr)]
    assert all(isinstance(n.right, ast.Constant) and n.right.value is None for n in unions)


def test_the_terms_of_an_output_add_up_to_it() -> None:
    pid = Pid(0.5, 10.0, 4.0, 0.0, 100.0)
    pid.seed(20.0, 5.0)
    for pv in (10.0, 10.5, 10.4):
        pid.step(12.0 - pv, pv, 0.1, 6.0, 2.0)
        terms = pid.terms(1)
        assert terms.feed + terms.p + terms.i + terms.d == pytest.approx(terms.out)
        assert terms.p == pytest.approx(12.0 - pv)
        assert (terms.feed, terms.leader) == (6.0, 1)
        pid.observe(pid.out, 0.1)
    assert terms.d != 0.0
    pid.seed(20.0, 5.0)
    assert pid.terms() == (5.0, 0.0, 15.0, 0.0, 20.0, 0)


# -- min-select with limiters ------------------------------


def limited() -> Limited:
    return Limited(Pid(0.3, 8.0, 0.0, 0.0, 200.0), (Pid(0.2, 5.0, 0.0, 0.0, 200.0),), 200.0, 5.0)


def test_the_terms_are_those_of_the_controller_that_leads() -> None:
    loop = limited()
    for room, leader in ((None, 0), (50.0, 0), (-300.0, 1)):
        loop.ramp(100.0, 20.0, 5.0, 5.0)
        out = loop.step(90.0, (room,), 0.1)
        assert (loop.terms().leader, loop.terms().out) == (leader, out)
        loop.observe(out, 0.1)


def test_the_limiter_holds_its_signal_at_the_limit_and_gives_back_without_a_bump() -> None:
    loop = limited()
    # The flow follows at once; the limited pressure is 0.5 per unit of flow, its limit 50: room for flow 100.
    resistance, flow = 0.5, 0.0
    flows = []
    for k in range(6000):
        if k == 3000:
            resistance = 0.1  # the cause is gone
        loop.ramp(150.0, DT, 5.0, 5.0)
        u = loop.step(flow, (50.0 - resistance * flow,), DT)
        loop.observe(u, DT)
        flow = u
        flows.append(u)
    assert flows[2999] == pytest.approx(100.0, abs=0.5)
    assert flows[-1] == pytest.approx(150.0, abs=0.5)
    # The main loop did not wind up in five minutes of being limited: no jump, no overshoot.
    assert flows[3000] - flows[2999] < 20.0
    assert max(flows) < 155.0


def test_an_unknown_limited_signal_leaves_the_main_loop_alone() -> None:
    loop, plain, mean = limited(), Pid(0.3, 8.0, 0.0, 0.0, 200.0), Mean(MEAN_2S)
    for _ in range(100):
        target = loop.ramp(60.0, DT, 5.0, 5.0)
        u = loop.step(55.0, (None,), DT)
        loop.observe(u, DT)
        w = plain.step(mean.push(target - 55.0), 55.0, DT, target)
        plain.observe(w, DT)
        assert u == w


@given(st.floats(0.0, 200.0), st.floats(0.1, 20.0), st.floats(0.1, 20.0))
def test_a_ramp_never_moves_faster_than_it_may_and_arrives(wanted: float, up: float, down: float) -> None:
    loop = limited()
    loop.target = 100.0
    for _ in range(20_000):
        before = loop.target
        now = loop.ramp(wanted, DT, up, down)
        assert -down * DT - 1e-9 <= now - before <= up * DT + 1e-9
        if now == before:
            break
    assert loop.target == wanted


def test_in_the_kernel_a_resume_starts_softly_from_zero() -> None:
    b = treating()
    b.run(30.0)
    b.ask(IntentName.PAUSE, "plasma")
    b.run(20.0)
    b.ask(IntentName.RESUME)
    assert b.state is State.TREAT
    rate = b.prescription.ramp.plasma_step_ml_min / b.prescription.ramp.plasma_step_s
    last = b.sent(Actuator.PP)
    assert last <= 2.0 * rate * DT
    for _ in range(100):
        b.tick()
        assert b.sent(Actuator.PP) - last <= 1.5 * rate * DT + 1e-9
        last = b.sent(Actuator.PP)
    assert last == pytest.approx(30.0, abs=0.5)
