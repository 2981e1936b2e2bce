"""Heparin: what the pump has given against what left the supervisor for it (safety H26, H27)."""

import pytest

from qh1a.channels import Channel
from qh1a.control.alarms import Alarms
from qh1a.control.supervisor import Supervisor
from qh1a.tick import Actuator, Event, EventCode, Quality, Response
from qh1a.units import NS_PER_S, TICK_NS
from tests.safety.bench import LIMITS, P4H, RIG, A, Bench, C, S, commands

CAP = P4H.anticoagulation.cap_ml


class Syringe:
    """A bench whose pump gives `speed` times what it is told plus `runaway` mL/h, seen `late` ticks late."""

    def __init__(self, rate: float = 2.0, *, speed: float = 1.0, runaway: float = 0.0, late: int = 0) -> None:
        self.bench = Bench(changes={C.V_HEP: 1.0})
        self.bench.command(HP=rate)
        self.speed, self.runaway = speed, runaway
        self.alarms = Alarms(LIMITS)
        self.events: list[Event] = []
        self._dose = 1.0
        self._shown = [1.0] * (late + 1)
        self._first = True

    def tick(self) -> None:
        b = self.bench
        if not self._first:
            self._dose += (self.speed * b.sent[A.HP] + self.runaway) / 36_000.0
        self._first = False
        self._shown = [*self._shown[1:], self._dose]
        b.v[C.V_HEP] = round(self._shown[0] / 0.001) * 0.001
        b.run()
        self.alarms.step(b.now, b.state, b.v, b.q, self.events)

    def seconds(self, s: float) -> Bench:
        for _ in range(round(s * 10)):
            self.tick()
        return self.bench

    def stopped(self) -> set[Actuator]:
        return set(self.alarms.active.stops)

    @property
    def raised(self) -> list[str]:
        """What the pump is blamed for; H25.3 says that nothing was asked of it."""
        rules = [e.subject for e in self.events if e.code is EventCode.ALARM_RAISED]
        return [rule for rule in rules if rule != "H25.3"]


@pytest.mark.parametrize("rate", [0.0, 0.3, 2.0, 20.0, 60.0])
def test_a_pump_that_obeys_raises_nothing(rate: float) -> None:
    syringe = Syringe(rate)
    bench = syringe.seconds(700)
    assert bench[C.HEP_OVER] < 2.0
    if rate >= 2.0:
        assert bench[C.HEP_SHORT] == pytest.approx(0.0, abs=1.0)
    assert syringe.raised == []


def test_a_bolus_then_the_rate_seen_two_seconds_late_raises_nothing() -> None:
    syringe = Syringe(60.0, late=18)
    syringe.seconds(312)
    syringe.bench.command(HP=2.0)
    for _ in range(700):
        bench = syringe.seconds(1)
        assert bench[C.HEP_OVER] < 5.0
        assert bench.q[C.HEP_SHORT] == Quality.NOT_READY or bench[C.HEP_SHORT] < 5.0
    syringe.bench.command(HP=0.0)
    for _ in range(700):
        bench = syringe.seconds(1)
        assert bench[C.HEP_OVER] < 5.0
        assert bench.q[C.HEP_SHORT] == Quality.NOT_READY or bench[C.HEP_SHORT] < 5.0
    assert syringe.raised == []


@pytest.mark.parametrize(("speed", "trips"), [(1.08, False), (1.13, True), (2.0, True)])
def test_ten_per_cent_too_much_over_five_minutes(speed: float, *, trips: bool) -> None:
    syringe = Syringe(20.0, speed=speed)
    bench = syringe.seconds(360)
    # What was told up to 2 s before the window counts as well: 302 s told against 300 s given.
    assert bench[C.HEP_OVER] == pytest.approx(100.0 * (speed * 300.0 / 302.0 - 1.0), abs=0.2)
    assert syringe.raised == (["H26.1"] if trips else [])


def test_a_pump_at_double_speed_is_seen_after_ten_seconds() -> None:
    syringe = Syringe(20.0, speed=2.0)
    syringe.seconds(10)
    assert syringe.raised == []
    syringe.seconds(0.2)
    assert syringe.raised == ["H26.1"]


def test_a_share_of_next_to_nothing_says_nothing() -> None:
    syringe = Syringe(0.3, speed=1.2)  # 5 uL too much in 5 min
    assert syringe.seconds(360)[C.HEP_OVER] == pytest.approx(5.0, abs=1.1)
    assert syringe.raised == []


def test_a_pump_that_gives_without_being_told_is_seen() -> None:
    syringe = Syringe(0.0, runaway=2.0)
    syringe.seconds(20)
    assert syringe.raised == []
    syringe.seconds(10)
    assert syringe.raised == ["H26.1"]


def test_too_much_is_forgotten_after_five_minutes() -> None:
    syringe = Syringe(20.0)
    syringe.seconds(400)
    syringe.runaway = 20.0
    assert syringe.seconds(60.1)[C.HEP_OVER] == pytest.approx(100.0 * (360.0 / 302.0 - 1.0), abs=0.7)
    syringe.runaway = 0.0
    assert syringe.seconds(310)[C.HEP_OVER] == pytest.approx(-0.66, abs=0.3)


def test_a_pump_that_gives_too_much_is_stopped() -> None:
    syringe = Syringe(20.0, speed=1.5)
    supervisor = Supervisor(LIMITS, RIG)
    out: tuple[float, ...] = ()
    for _ in range(600):
        syringe.tick()
        b = syringe.bench
        out = supervisor.step(b.now, commands({A.HP: 20.0}), b.v, b.q, b.state, syringe.alarms.active)
        b.sent = list(out)
    assert syringe.raised == ["H26.1"]
    assert out == tuple(commands({A.HP: 0.0}))  # blood, plasma and cells run on
    assert syringe.alarms.active.highest is Response.R1
    syringe.seconds(330)
    assert syringe.stopped() == {A.HP}  # latched
    assert syringe.alarms.acknowledge(syringe.bench.now, "H26.1", [])
    assert syringe.stopped() == set()


def test_more_than_the_cap_is_too_much() -> None:
    bench = Bench(changes={C.V_HEP: CAP}).seconds(1)
    assert bench[C.HEP_PAST_CAP] == pytest.approx(0.0, abs=1e-9)
    bench[C.V_HEP] = CAP + 0.15
    assert bench.run()[C.HEP_PAST_CAP] == pytest.approx(0.15)
    bench.lose(C.V_HEP)
    assert bench.run().quality(C.HEP_PAST_CAP) is Quality.STALE


@pytest.mark.parametrize(("speed", "trips"), [(0.92, False), (0.88, True), (0.0, True)])
def test_ten_per_cent_too_little_over_ten_minutes(speed: float, *, trips: bool) -> None:
    syringe = Syringe(2.0, speed=speed)
    assert syringe.seconds(599).quality(C.HEP_SHORT) is Quality.NOT_READY
    bench = syringe.seconds(60)
    assert bench[C.HEP_SHORT] == pytest.approx(100.0 * (1.0 - speed), abs=0.7)
    assert syringe.raised == []
    syringe.seconds(10)
    assert syringe.raised == (["H27.1"] if trips else [])


def test_a_rate_too_low_to_judge_is_not_short() -> None:
    syringe = Syringe(0.25, speed=0.0)
    assert syringe.seconds(700).quality(C.HEP_SHORT) is Quality.NOT_READY


def test_what_no_command_asked_for_is_not_missing() -> None:
    syringe = Syringe(2.0)
    syringe.seconds(610)
    syringe.bench.command(HP=0.0)
    assert syringe.seconds(700).quality(C.HEP_SHORT) is Quality.NOT_READY
    assert syringe.raised == []


def test_a_lost_reading_begins_anew() -> None:
    syringe = Syringe(20.0)
    bench = syringe.seconds(650)
    bench.lose(C.V_HEP)
    assert syringe.seconds(60).quality(C.HEP_OVER) is bench.quality(C.HEP_SHORT) is Quality.STALE
    bench.find(C.V_HEP)
    assert syringe.seconds(0.1)[C.HEP_OVER] == 0.0
    assert bench.quality(C.HEP_SHORT) is Quality.NOT_READY
    for _ in range(80):
        assert abs(syringe.seconds(5)[C.HEP_OVER]) < 1.0
    assert syringe.raised == []
    syringe.speed = 1.5
    syringe.seconds(120)
    assert syringe.raised == ["H26.1"]


def test_a_command_is_void_after_its_lease() -> None:
    syringe = Syringe(60.0)
    bench = syringe.seconds(5)
    given = bench.v[C.V_HEP]
    bench.v[C.V_HEP] = given + 1.0 / 60.0  # the host slept a minute: the pump ran one second of it
    bench.run(1, tick_ns=60 * NS_PER_S)
    bench.run(50, tick_ns=TICK_NS)
    assert bench[C.HEP_OVER] < 0.0
    bench.v[C.V_HEP] += 1.0
    assert bench.run(50)[C.HEP_OVER] > 200.0


@pytest.mark.parametrize(
    ("channel", "beyond", "rule"),
    [(C.HP_FORCE, 61.0, "H27.2"), (C.V_HEP, 48.5, "H27.3")],
    ids=["force", "empty"],
)
def test_a_syringe_that_is_stuck_or_empty_is_a_warning(channel: Channel, beyond: float, rule: str) -> None:
    bench = Bench(S.TREAT, {channel: beyond})
    bench.command(HP=0.0)
    alarms, events = Alarms(LIMITS), list[Event]()
    for _ in range(610):
        bench.run()
        alarms.step(bench.now, bench.state, bench.v, bench.q, events)
    raised = {e.subject for e in events if e.code is EventCode.ALARM_RAISED}
    assert rule in raised
    assert raised <= {rule, "H26.2"}
    assert next(v for v in alarms.views if v.rule == rule).response is Response.R0


def test_a_pump_that_draws_back_is_stopped() -> None:
    syringe = Syringe(20.0)
    syringe.seconds(60)
    syringe.speed = -1.0
    syringe.seconds(18)  # 0.1 mL
    assert syringe.raised == []
    syringe.seconds(6)
    assert syringe.raised == ["H26.3"]
    assert syringe.stopped() == {A.HP}


def test_a_count_that_begins_again_has_drawn_nothing_back() -> None:
    bench = Bench(changes={C.V_HEP: 6.0}).seconds(1)
    bench[C.V_HEP] = 0.0
    assert bench.run()[C.HEP_BACK] == pytest.approx(6.0)
    assert bench.run()[C.HEP_BACK] == 0.0
    bench[C.V_HEP] = 0.5
    bench.run()
    bench[C.V_HEP] = 0.42
    assert bench.seconds(10)[C.HEP_BACK] == pytest.approx(0.08)
    bench.lose(C.V_HEP)
    assert bench.run().quality(C.HEP_BACK) is Quality.STALE


def test_ten_minutes_without_the_heparin_that_is_prescribed() -> None:
    for rate, near, raised in ((0.0, False, True), (2.0, False, False), (0.0, True, False)):
        syringe = Syringe(rate)
        if near:  # it is stopped half an hour before the end
            syringe.bench.effective_ns = round(3.6 * 3600) * NS_PER_S
        syringe.seconds(599)
        assert not [e for e in syringe.events if e.subject == "H25.3"]
        syringe.seconds(2)
        assert bool([e for e in syringe.events if e.subject == "H25.3"]) is raised
