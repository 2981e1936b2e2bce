"""The battery every rule inherits: limit, delay, states, quality, breaks, latch, acknowledge, linger."""

from collections.abc import Sequence

import pytest

from qh1a.channels import CHANNELS, Channel
from qh1a.control.alarms import QUIET, Alarms
from qh1a.hazards import RULES, Rule, Side
from qh1a.tick import AlarmView, Event, EventCode, Priority, Quality, Response, State
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.safety.bench import GOOD, LIMITS, START, C

each_rule = pytest.mark.parametrize("rule", RULES, ids=[r.id for r in RULES])
# A warning outlasts a roller's ripple; safety 4.2 R1; circuit 3 R4s, until R4 takes its place.
HOLD_S = {Response.R0: 10.0, Response.R1: 30.0, Response.R4S: 3.0}


WHY = "the bag was touched"
"""A cause, for the alarms that ask for one."""


class Watch:
    """Alarms with one rule's channel readable and all others not ready.

    `alone`: the table holds no other stage on the same channel, so that what acts is this rule's doing.
    """

    def __init__(self, rule: Rule, state: State | None = None, *, alone: bool = True) -> None:
        self.rule = rule
        with pytest.MonkeyPatch.context() as patch:
            if alone:
                table = tuple(r for r in RULES if r is rule or r.id in rule.suppressed_by)
                patch.setattr("qh1a.control.alarms.RULES", table)
            self.alarms = Alarms(LIMITS)
        self.now = START
        self.state = state if state is not None else min(rule.armed)
        self.v = [0.0] * len(C)
        self.q = [int(Quality.NOT_READY)] * len(C)
        self.q[rule.channel] = GOOD
        self.events: list[Event] = []
        self.delay = round(rule.delay_s * NS_PER_S)
        self.hold = 0 if rule.latch else round(HOLD_S.get(rule.response, 0.0) * NS_PER_S)
        assert self.delay % TICK_NS == 0

    def value(self, steps: int) -> float:
        """`steps` of the channel's grid beyond the limit; a negative number is on the safe side."""
        lsb = CHANNELS[self.rule.channel].lsb
        sign = 1 if self.rule.side is Side.ABOVE else -1
        return (round(LIMITS[self.rule.limit] / lsb) + sign * steps) * lsb

    def step(self, steps: int, after: int = TICK_NS) -> "Watch":
        """One tick, `after` ns later, with the channel `steps` beyond its limit."""
        self.now = Ns(self.now + after)
        self.v[self.rule.channel] = self.value(steps)
        self.events = []
        self.alarms.step(self.now, self.state, self.v, self.q, self.events)
        return self

    def trip(self, steps: int = 1) -> "Watch":
        """Hold the condition for its delay."""
        self.step(steps)
        return self.step(steps, self.delay) if self.delay else self

    @property
    def codes(self) -> list[EventCode]:
        return [e.code for e in self.events if e.subject == self.rule.id]

    @property
    def view(self) -> AlarmView | None:
        found = [view for view in self.alarms.views if view.rule == self.rule.id]
        assert len(found) < 2
        return found[0] if found else None

    @property
    def acts(self) -> bool:
        return self.rule.response in self.alarms.active.responses


@each_rule
@pytest.mark.parametrize("steps", range(-5, 6))
def test_trips_at_and_beyond_its_limit_only(rule: Rule, steps: int) -> None:
    watch = Watch(rule).trip(steps)
    assert (EventCode.ALARM_RAISED in watch.codes) == (steps >= 0)
    if steps < 0:
        assert watch.alarms.views == ()
        assert watch.alarms.active == QUIET
        return
    (raised,) = (e for e in watch.events if e.subject == rule.id)
    assert raised.value == watch.v[rule.channel]
    assert watch.acts
    assert watch.alarms.active.holds == tuple(sorted(rule.holds))
    assert watch.alarms.active.stops == tuple(sorted(rule.stops))
    if rule.priority is Priority.NONE:
        assert watch.view is None
    else:
        expected = AlarmView(
            rule.id, rule.priority, rule.response, watch.now, active=True, acknowledged=False
        )
        assert watch.view == expected


@each_rule
@pytest.mark.parametrize("ticks", [-1, 0, 1])
def test_trips_on_the_tick_its_delay_ends(rule: Rule, ticks: int) -> None:
    watch = Watch(rule, alone=False)
    raised_at = []
    for k in range(watch.delay // TICK_NS + 1 + ticks):
        watch.step(1)
        if EventCode.ALARM_RAISED in watch.codes:
            raised_at.append(k)
    assert raised_at == ([watch.delay // TICK_NS] if ticks >= 0 else [])


@each_rule
def test_armed_in_its_states_only(rule: Rule) -> None:
    for state in State:
        watch = Watch(rule, state, alone=False).trip()
        assert (EventCode.ALARM_RAISED in watch.codes) == (state in rule.armed), state.name


@each_rule
@pytest.mark.parametrize("quality", [x for x in Quality if x is not Quality.GOOD], ids=lambda x: x.name)
def test_a_reading_not_good_never_trips(rule: Rule, quality: Quality) -> None:
    watch = Watch(rule)
    watch.q[rule.channel] = int(quality)
    assert watch.trip().step(5, 3600 * NS_PER_S).codes == []
    assert watch.alarms.active == QUIET


@each_rule
@pytest.mark.parametrize("how", ["value", "quality", "state"])
def test_a_break_restarts_the_delay(rule: Rule, how: str) -> None:
    watch = Watch(rule)
    if not watch.delay:
        return  # nothing to restart
    watch.step(1).step(1, watch.delay - TICK_NS)
    if how == "value":
        watch.step(-1)
    elif how == "quality":
        watch.q[rule.channel] = int(Quality.STALE)
        watch.step(1)
        watch.q[rule.channel] = GOOD
    else:
        armed, watch.state = watch.state, next(iter(frozenset(State) - rule.armed))
        watch.step(1)
        watch.state = armed
    assert watch.step(1).step(1, watch.delay - TICK_NS).codes == []
    assert watch.step(1).codes == [EventCode.ALARM_RAISED]


@each_rule
def test_latched_stays_until_acknowledged_with_the_cause_gone(rule: Rule) -> None:
    if not rule.latch:
        return
    watch = Watch(rule).trip()
    assert watch.step(-1).codes == [EventCode.ALARM_CLEARED]
    watch.step(-1, 3600 * NS_PER_S)
    assert watch.view is not None
    assert not watch.view.active
    assert not watch.view.acknowledged
    assert watch.acts
    events: list[Event] = []
    assert watch.alarms.acknowledge(watch.now, rule.id, events, WHY)
    assert [e.code for e in events] == [EventCode.ALARM_ACKNOWLEDGED, EventCode.ALARM_RESET]
    assert watch.alarms.views == ()
    assert watch.alarms.active == QUIET
    assert watch.step(-1).alarms.active == QUIET
    assert EventCode.ALARM_RAISED in watch.trip().codes


@each_rule
def test_a_latched_cause_that_returns_is_a_new_occurrence(rule: Rule) -> None:
    if not rule.latch:
        return
    watch = Watch(rule).trip()
    watch.alarms.acknowledge(watch.now, rule.id, [], WHY)
    watch.step(-1)
    assert watch.trip().codes == [EventCode.ALARM_RAISED]
    assert watch.view is None or (watch.view.since, watch.view.acknowledged) == (watch.now, False)
    assert watch.acts


@each_rule
def test_a_change_of_state_ends_warnings_and_holds_what_restricts(rule: Rule) -> None:
    watch = Watch(rule).trip()
    watch.state = min(frozenset(State) - rule.armed)
    held = bool(watch.hold) and rule.response is not Response.R0
    assert watch.step(1).codes == ([] if held else [EventCode.ALARM_CLEARED])
    assert watch.acts == (rule.latch or held)
    if held:
        assert watch.step(1, watch.hold - TICK_NS).acts
        assert watch.step(1).codes == [EventCode.ALARM_CLEARED]
        assert not watch.acts


@each_rule
def test_what_restricts_is_held_through_a_change_of_state_to_its_end(rule: Rule) -> None:
    watch = Watch(rule).trip().step(-1)
    if rule.response is Response.R0 or not watch.acts:
        return
    watch.state = min(frozenset(State) - rule.armed)
    assert watch.step(-1).acts
    assert watch.step(-1, watch.hold or 3600 * NS_PER_S).acts == rule.latch


@each_rule
def test_a_held_warning_ends_with_its_state(rule: Rule) -> None:
    if rule.response is not Response.R0 or rule.latch:
        return
    watch = Watch(rule).trip().step(-1)
    assert watch.codes == []
    watch.state = min(frozenset(State) - rule.armed)
    assert watch.step(-1).codes == [EventCode.ALARM_CLEARED]
    assert watch.alarms.views == ()


@each_rule
def test_acknowledging_with_the_cause_present_ends_nothing(rule: Rule) -> None:
    watch = Watch(rule).trip()
    events: list[Event] = []
    assert watch.alarms.acknowledge(watch.now, rule.id, events, WHY)
    assert [e.code for e in events] == [EventCode.ALARM_ACKNOWLEDGED]
    assert watch.acts
    if rule.priority is not Priority.NONE:
        assert watch.view is not None
        assert watch.view.acknowledged
        assert watch.view.active
    assert watch.alarms.acknowledge(watch.now, rule.id, events, WHY)
    assert len(events) == 1  # taken note of once
    watch.step(-1)
    # Gone after acknowledging: latched, it is still the operator's to reset; held, it ends by itself.
    stays = rule.latch or bool(watch.hold)
    assert watch.acts == stays
    assert watch.alarms.acknowledge(watch.now, rule.id, events, WHY) == stays
    assert watch.acts == bool(watch.hold)


@each_rule
def test_an_alarm_and_its_response_outlive_their_cause_by_the_hold(rule: Rule) -> None:
    if rule.latch:
        return
    watch = Watch(rule).trip()
    seen = watch.view
    assert watch.step(-1).codes == ([] if watch.hold else [EventCode.ALARM_CLEARED])
    assert watch.acts == bool(watch.hold)
    if watch.hold:
        assert watch.step(-1, watch.hold - TICK_NS).codes == []
        assert watch.view == seen  # to the operator it is one alarm all the while
        assert watch.acts
        assert set(rule.holds) <= set(watch.alarms.active.holds)
        assert watch.step(-1).codes == [EventCode.ALARM_CLEARED]
    assert watch.view is None
    assert watch.alarms.active == QUIET
    assert not watch.alarms.acknowledge(watch.now, rule.id, [], WHY)


@each_rule
def test_back_within_the_hold_it_is_the_same_alarm_and_is_held_in_full_again(rule: Rule) -> None:
    if not Watch(rule).hold:
        return
    watch = Watch(rule).trip()
    watch.alarms.acknowledge(watch.now, rule.id, [], WHY)
    seen = watch.view
    watch.step(-1).step(-1, watch.hold - TICK_NS)
    assert watch.step(1).codes == []
    assert watch.view == seen
    assert watch.step(1, 3600 * NS_PER_S).acts
    watch.step(-1).step(-1, watch.hold - TICK_NS)
    assert watch.acts
    assert not watch.step(-1).acts


@each_rule
def test_raised_once_however_long_it_lasts(rule: Rule) -> None:
    watch = Watch(rule).trip()
    since = watch.now
    for _ in range(5):
        assert EventCode.ALARM_RAISED not in watch.step(3, 100 * NS_PER_S).codes
    assert watch.acts
    if rule.priority is not Priority.NONE:
        assert watch.view is not None
        assert watch.view.since == since


SUPPRESSED = [(r, other) for r in RULES for other in r.suppressed_by]


def both(rule: Rule, other: str) -> tuple[Watch, Rule]:
    by = next(r for r in RULES if r.id == other)
    watch = Watch(rule, min(rule.armed & by.armed), alone=False)
    watch.q[by.channel] = GOOD
    return watch, by


@pytest.mark.parametrize(("rule", "other"), SUPPRESSED, ids=[r.id for r, _ in SUPPRESSED])
def test_silent_while_the_greater_alarm_is_present(rule: Rule, other: str) -> None:
    watch, by = both(rule, other)
    watch.trip()
    assert watch.alarms.views[0].rule == rule.id
    beyond = Watch(by, alone=False)
    watch.v[by.channel] = beyond.value(1)
    for after in (TICK_NS, beyond.delay):
        watch.now = Ns(watch.now + after)
        watch.alarms.step(watch.now, watch.state, watch.v, watch.q, watch.events)
    shown = [view.rule for view in watch.alarms.views]
    assert shown[0] == other
    assert rule.id not in shown


@pytest.mark.parametrize(("rule", "other"), SUPPRESSED, ids=[r.id for r, _ in SUPPRESSED])
def test_not_raised_while_the_greater_alarm_is_present(rule: Rule, other: str) -> None:
    watch, by = both(rule, other)
    watch.v[by.channel] = Watch(by).value(1)
    for after in (TICK_NS, round(max(by.delay_s, rule.delay_s) * NS_PER_S)):
        watch.now = Ns(watch.now + after)
        watch.alarms.step(watch.now, watch.state, watch.v, watch.q, watch.events)
    assert [view.rule for view in watch.alarms.views] == [other]


@pytest.mark.parametrize(("rule", "other"), SUPPRESSED, ids=[r.id for r, _ in SUPPRESSED])
def test_raised_as_soon_as_the_greater_alarm_is_gone(rule: Rule, other: str) -> None:
    by = next(r for r in RULES if r.id == other)
    watch = Watch(rule, min(rule.armed & by.armed))
    with pytest.MonkeyPatch.context() as patch:
        others = tuple(r for r in RULES if r is rule or (r.id in rule.suppressed_by and r is not by))
        patch.setattr("qh1a.control.alarms.RULES", (by, *others))  # the greater one is looked at first
        watch.alarms = Alarms(LIMITS)
    watch.v[by.channel] = Watch(by).value(1)
    for _ in range(2):
        watch.now = Ns(watch.now + round(max(by.delay_s, rule.delay_s) * NS_PER_S) + TICK_NS)
        watch.alarms.step(watch.now, watch.state, watch.v, watch.q, watch.events)
        assert watch.codes == []
    held = Watch(by).hold
    if held:
        assert watch.step(1).step(1, held).codes == []
    assert watch.step(1).codes == [EventCode.ALARM_RAISED]
    assert [view.rule for view in watch.alarms.views] == [rule.id]


def test_the_highest_priority_stands_first_then_the_newest() -> None:
    alarms = Alarms(LIMITS)
    v, q = [0.0] * len(C), [int(Quality.NOT_READY)] * len(C)
    now = START

    def order(changes: Sequence[tuple[Channel, float]]) -> list[str]:
        nonlocal now
        for channel, value in changes:
            v[channel], q[channel] = value, GOOD
        for _ in range(2):
            now = Ns(now + 10 * NS_PER_S)
            alarms.step(now, State.TREAT, v, q, [])
        return [view.rule for view in alarms.views]

    assert order([(C.QP_QB, 0.28)]) == ["H12.1"]
    assert order([(C.DP_F2, 61.0)]) == ["H16.1", "H12.1"]
    assert order([(C.P_RET, 201.0)]) == ["H51.1", "H16.1", "H12.1"]
    assert order([(C.LVL_VEN, 10.0)]) == ["H04.1", "H51.1", "H16.1", "H12.1"]
    assert order([(C.P_FIL, -20.0)]) == ["H04.1", "H10.4", "H51.1", "H16.1", "H12.1"]
    assert alarms.active.responses == (Response.R0, Response.R4)
    assert alarms.active.highest is Response.R4


def test_acknowledging_everything_takes_note_of_every_alarm() -> None:
    alarms = Alarms(LIMITS)
    v, q = [0.0] * len(C), [int(Quality.NOT_READY)] * len(C)
    for channel, value in ((C.QP_QB, 0.28), (C.AIR_V_BUBBLE, 0.3)):
        v[channel], q[channel] = value, GOOD
    for now in (START, Ns(START + 2 * NS_PER_S)):
        alarms.step(now, State.TREAT, v, q, [])
    events: list[Event] = []
    assert alarms.acknowledge(START, "", events)
    assert sorted(e.subject for e in events) == ["H01.1", "H12.1"]
    assert all(view.acknowledged for view in alarms.views)
    assert not alarms.acknowledge(START, "H02.1", events)


def test_a_slow_tick_does_not_shorten_a_delay() -> None:
    rule = next(r for r in RULES if r.id == "H07.2")
    watch = Watch(rule).step(1)
    assert watch.step(1, NS_PER_S - 1).codes == []
    assert watch.step(1, 1).codes == [EventCode.ALARM_RAISED]
