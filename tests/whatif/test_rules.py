"""Gains from models: as fast as allowed, at every operating point, in the units of the tuning file."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qh1a.whatif.errors import TuneError
from qh1a.whatif.models import Model
from qh1a.whatif.robustness import Point, damping, margins
from qh1a.whatif.rules import MS_MOST, Wanted, check, design, simc

FREE = Wanted(fastest_s=0.0, damping=0.0)
WARM = Point(Model(1.05, 34.0, 29.0), name="warm")


@settings(max_examples=12)
@given(st.floats(0.1, 10.0), st.floats(0.05, 100.0), st.floats(0.0, 60.0))
def test_the_gain_is_the_largest_that_keeps_ms(gain: float, lag: float, delay: float) -> None:
    point = Point(Model(gain, lag, delay))
    found = design([point], FREE)
    assert found.margins == margins(point, found.gains)
    assert found.margins.ms <= MS_MOST
    assert found.decided == "Ms"
    assert margins(point, simc(point, found.closed_s * 0.97 - 0.002)).ms > MS_MOST - 0.02


def test_simc_is_skogestads_with_a_third_of_the_delay_in_the_lag() -> None:
    gains = simc(WARM, 31.0)
    assert (gains.ti_s, gains.td_s) == (43.7, 0.0)
    assert gains.kp == pytest.approx((34.0 + 29.0 / 3.0) / (1.05 * 60.0), rel=5e-3)
    quick = simc(Point(Model(2.0, 99.0, 3.0)), 2.0)
    assert (quick.kp, quick.ti_s) == (10.0, 20.0)
    seen = simc(Point(Model(1.0, 0.25, 0.05, 2.0)), 30.0)
    assert (seen.kp, seen.ti_s) == (0.0193, 0.6)
    flat = simc(Point(Model(0.0167, None, 0.5)), 299.5)
    assert flat.ti_s == 1200.0
    assert flat.kp == pytest.approx(1.0 / (0.0167 * 300.0), rel=5e-3)


def test_no_loop_is_faster_than_it_may_be() -> None:
    found = design([Point(Model(1.0, 0.2, 0.03))], Wanted(fastest_s=5.0, damping=0.0))
    assert (found.decided, found.closed_s) == ("speed", 5.0)
    assert found.gains == simc(found.point, 5.0)
    assert design([WARM], Wanted(fastest_s=5.0, damping=0.0)).gains == design([WARM], FREE).gains


def test_the_speed_is_kept_at_every_point_and_goes_with_the_rate() -> None:
    points = [Point(Model(gain, 30.0, 10.0)) for gain in (1.0, 2.0)]
    found = design(points, Wanted(fastest_s=100.0))
    most = [gains.kp / gains.ti_s for gains in (simc(point, 100.0) for point in points)]
    assert found.decided == "speed"
    assert found.gains.kp / found.gains.ti_s == pytest.approx(min(most), rel=0.01)
    half = simc(Point(Model(1.0, 30.0, 10.0), 1.0, 0.5), 100.0)
    assert half.kp == pytest.approx((30.0 + 10.0 / 3.0) / (200.0 + 10.0), rel=5e-3)


def test_a_loop_hands_on_no_more_ripple_than_it_may() -> None:
    found = design([Point(Model(1.0, 0.2, 0.03, 2.0))], Wanted(fastest_s=5.0, kp_most=0.03))
    assert found.decided == "kp"
    assert 0.0295 < found.gains.kp <= 0.03


def test_an_integrator_keeps_its_damping() -> None:
    point = Point(Model(0.0167, None, 0.4))
    found = design([point], Wanted(fastest_s=300.0, damping=0.8))
    assert found.damping == damping(point, found.gains)
    assert found.damping is not None
    assert found.damping >= 0.8


def test_damping_is_kept_at_every_point_where_robustness_alone_would_not() -> None:
    points = [Point(Model(1.0, None, 1.0)), Point(Model(0.25, None, 1.0))]
    bold, damped = design(points, FREE), design(points, Wanted(fastest_s=0.0, damping=0.8))
    assert bold.damping is not None
    assert bold.damping < 0.8
    assert damped.damping is not None
    assert damped.damping >= 0.8
    assert damped.gains.kp / damped.gains.ti_s < bold.gains.kp / bold.gains.ti_s


def test_the_gains_hold_at_every_operating_point() -> None:
    points = [WARM, Point(Model(1.2, 48.0, 44.0), name="slow"), Point(Model(2.0, 30.0, 20.0), name="eager")]
    found = design(points, FREE)
    assert max(margins(p, found.gains).ms for p in points) == found.margins.ms <= MS_MOST
    worst, most, _ = check(found.gains, points)
    assert (worst, most) == (found.point, found.margins)
    # The largest of those that hold, of every point's own family.
    families = [[simc(p, float(s)) for s in np.geomspace(1.0, 300.0, 120)] for p in points]
    held = [max(g.kp / g.ti_s for g in gains if check(g, points)[1].ms <= MS_MOST) for gains in families]
    assert min(held) < 0.95 * max(held)
    assert 0.99 * max(held) <= found.gains.kp / found.gains.ti_s <= 1.06 * max(held)


def test_the_schedule_of_the_loop_is_taken_out() -> None:
    plain, scheduled = design([WARM], FREE), design([Point(WARM.model, 0.6, 0.5)], FREE)
    assert scheduled.gains.kp * 0.6 == pytest.approx(plain.gains.kp, rel=0.01)
    assert scheduled.gains.ti_s / 0.5 == pytest.approx(plain.gains.ti_s, rel=0.01)
    assert scheduled.margins.ms == pytest.approx(plain.margins.ms, rel=0.01)


def test_points_that_no_gains_can_serve_are_refused() -> None:
    points = [Point(Model(1.0, None, 1.0)), Point(Model(1e6, None, 1.0))]
    with pytest.raises(TuneError, match=r"^no PI keeps Ms <= 1\.6 and a damping of 1\.1 around "):
        design(points, Wanted(fastest_s=0.0, damping=1.1))
