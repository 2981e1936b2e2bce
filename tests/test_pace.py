"""How fast simulated time goes while somebody has to follow it."""

import pytest

from qh1a.cli.pace import Pace
from qh1a.clock import VirtualClock
from qh1a.tick import STATES, AlarmView, Priority, Response, State
from qh1a.units import Ns
from tests.control.synthetic import Bench


@pytest.mark.parametrize(("speed", "slow"), [(60.0, 1.0), (None, 1.0), (0.5, 0.5)])
def test_a_session_goes_at_its_speed_but_where_it_waits_for_a_person(
    speed: float | None, slow: float
) -> None:
    bench = Bench()
    decision = bench.tick()
    assert bench.frame is not None
    clock = VirtualClock(speed)
    pace = Pace(clock, speed)
    for state in State:
        pace(bench.frame, (), decision._replace(session=decision.session._replace(state=state)))
        assert clock.speed == (speed if STATES[state].waits is None else slow), state.name


@pytest.mark.parametrize("acknowledged", [True, False])
@pytest.mark.parametrize("priority", Priority)
def test_an_alarm_that_nobody_has_acknowledged_is_waited_for(
    priority: Priority, *, acknowledged: bool
) -> None:
    bench = Bench()
    decision = bench.tick()
    assert bench.frame is not None
    clock = VirtualClock(60.0)
    view = AlarmView("H06.1", priority, Response.R0, Ns(0), True, acknowledged)
    session = decision.session._replace(state=State.TREAT)
    Pace(clock, 60.0)(bench.frame, (), decision._replace(session=session, alarms=(view,)))
    assert clock.speed == (1.0 if priority >= Priority.MEDIUM and not acknowledged else 60.0)


def test_the_clock_is_not_set_anew_on_every_tick() -> None:
    """Each new setting forgets how far it is behind."""
    bench = Bench()
    decision = bench.tick()
    assert bench.frame is not None
    clock = VirtualClock(60.0)
    began = clock._origin  # noqa: SLF001 - nobody else can tell
    session = decision.session._replace(state=State.TREAT)
    Pace(clock, 60.0)(bench.frame, (), decision._replace(session=session, alarms=()))
    assert clock._origin is began  # noqa: SLF001 - as above
