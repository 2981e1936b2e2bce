"""Readings that look healthy and cannot be true: jumps, flat lines, eyes that disagree (H31)."""

import pytest

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.control.plausible import HOLD_NS, JUMPS, MOVED_BY, PAIRS, TURNING_RPM, Pair, Plausibility
from qh1a.tick import Frame, Quality
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.safety.bench import LIMITS, START, C, readings

GOOD = int(Quality.GOOD)
MEASURED = tuple(c for c in Channel if c < N_MEASURED)
TACHS = sorted({tach for _, tach in MOVED_BY})


class Eyes:
    """Readings of a treatment with a ripple of one step; a test bends single channels."""

    def __init__(self) -> None:
        self.check = Plausibility(LIMITS)
        healthy = {C.P_VEN_N: 60.0, C.T_W_N: 37.4}
        self.v = readings(healthy)[:N_MEASURED]
        self.still: set[Channel] = set()
        self.lost: set[Channel] = set()
        self.held: set[Channel] = set()
        self.now = START
        self.at = [int(START)] * N_MEASURED
        self.beat = 0

    def step(self, ticks: int = 1) -> list[int]:
        q = [GOOD] * N_MEASURED
        for _ in range(ticks):
            self.now = Ns(self.now + TICK_NS)
            self.beat = 1 - self.beat
            shown = list(self.v)
            for channel, _ in MOVED_BY:
                if channel not in self.still:
                    shown[channel] += self.beat * CHANNELS[channel].lsb
            for channel in MEASURED:
                if channel not in self.held:
                    self.at[channel] = self.now
            q = [int(Quality.STALE) if c in self.lost else GOOD for c in range(N_MEASURED)]
            self.check.step(Frame(self.now, tuple(shown), tuple(self.at), tuple(q)), q)
        return q

    def seconds(self, s: float) -> list[int]:
        return self.step(round(s * 10))


def doubted(q: list[int]) -> dict[Channel, Quality]:
    return {Channel(c): Quality(x) for c, x in enumerate(q) if x != GOOD}


def test_a_healthy_hour_is_not_doubted() -> None:
    eyes = Eyes()
    for _ in range(36_000):
        assert doubted(eyes.step()) == {}


# -- flat -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channel", "tach"), MOVED_BY, ids=lambda c: c.name)
def test_a_line_that_stands_still_while_its_pump_turns_is_flat(channel: Channel, tach: Channel) -> None:
    eyes = Eyes()
    eyes.still = {channel}
    eyes.v[tach] = -TURNING_RPM  # backwards it turns as well
    ticks = round(LIMITS["flat_s"] * 10)
    for _ in range(ticks):
        assert doubted(eyes.step()) == {}
    assert doubted(eyes.step()) == {channel: Quality.FLAT}
    assert doubted(eyes.seconds(60)) == {channel: Quality.FLAT}
    eyes.v[channel] += CHANNELS[channel].lsb
    assert doubted(eyes.step()) == {}


@pytest.mark.parametrize("why", ["stands", "tachometer lost"])
@pytest.mark.parametrize(("channel", "tach"), MOVED_BY, ids=lambda c: c.name)
def test_without_a_turning_pump_no_line_is_flat(channel: Channel, tach: Channel, why: str) -> None:
    eyes = Eyes()
    eyes.still = {channel}
    if why == "stands":
        eyes.v[tach] = TURNING_RPM - CHANNELS[tach].lsb
    else:
        eyes.lost = {tach}
    assert set(doubted(eyes.seconds(120))) == eyes.lost
    eyes.v[tach], eyes.lost = 10.0, set()
    assert doubted(eyes.step(round(LIMITS["flat_s"] * 10) - 1)) == {}  # counted from the start of the pump
    assert doubted(eyes.step()) == {channel: Quality.FLAT}


def test_a_worse_verdict_is_kept() -> None:
    eyes = Eyes()
    eyes.still = eyes.lost = {C.P_VEN}
    assert doubted(eyes.seconds(60)) == {C.P_VEN: Quality.STALE}


# -- pairs ------------------------------------------------------------------------------------------------


def apart(pair: Pair, steps: int) -> Eyes:
    """Eyes that differ by `steps` of the grid beyond the limit."""
    eyes = Eyes()
    eyes.still = {c for c, _ in MOVED_BY}
    lsb = CHANNELS[pair.a].lsb
    eyes.v[pair.a] = round((eyes.v[pair.b] + LIMITS[pair.limit]) / lsb + steps) * lsb
    return eyes


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{p.a.name} {p.b.name}")
@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("steps", range(-5, 6))
def test_two_eyes_may_differ_up_to_their_limit(pair: Pair, steps: int, side: float) -> None:
    eyes = apart(pair, steps)
    if side < 0.0:
        eyes.v[pair.a], eyes.v[pair.b] = eyes.v[pair.b], eyes.v[pair.a]
    found = doubted(eyes.step(HOLD_NS // TICK_NS))
    assert found == {}
    found = doubted(eyes.step())
    assert ({pair.a, pair.b} <= found.keys()) == (steps > 0)
    assert set(found.values()) <= {Quality.DISAGREES}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{p.a.name} {p.b.name}")
def test_a_moment_of_agreement_restarts_the_count(pair: Pair) -> None:
    eyes = apart(pair, 3)
    eyes.step(HOLD_NS // TICK_NS)
    wrong, eyes.v[pair.a] = eyes.v[pair.a], eyes.v[pair.b]
    assert doubted(eyes.step()) == {}
    eyes.v[pair.a] = wrong
    assert doubted(eyes.step(HOLD_NS // TICK_NS)) == {}
    assert doubted(eyes.step()) != {}
    eyes.v[pair.a] = eyes.v[pair.b]
    assert doubted(eyes.step()) == {}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{p.a.name} {p.b.name}")
@pytest.mark.parametrize("end", ["a", "b"])
def test_an_eye_that_is_lost_disagrees_with_nobody(pair: Pair, end: str) -> None:
    eyes = apart(pair, 3)
    lost = pair.a if end == "a" else pair.b
    eyes.lost = {lost}
    found = doubted(eyes.seconds(10))
    assert found.pop(lost) is Quality.STALE
    assert (pair.b if end == "a" else pair.a) not in found or pair.a is C.T_W1


# -- jumps ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channel", "per_s"), JUMPS, ids=lambda x: getattr(x, "name", ""))
@pytest.mark.parametrize("steps", range(-5, 6))
def test_a_change_faster_than_nature_is_a_jump(channel: Channel, per_s: float, steps: int) -> None:
    eyes = Eyes()
    eyes.step(20)
    lsb = CHANNELS[channel].lsb
    eyes.v[channel] = round((eyes.v[channel] - per_s / 10.0) / lsb - steps) * lsb
    found = doubted(eyes.step())
    assert (found.get(channel) is Quality.JUMPED) == (steps > 0)
    if steps > 0:
        held = doubted(eyes.step(HOLD_NS // TICK_NS - 1))
        assert held[channel] is Quality.JUMPED
        assert channel not in doubted(eyes.step()) or channel in {c for p in PAIRS for c in (p.a, p.b)}


def test_a_slow_sensor_may_change_as_much_as_its_time_allows() -> None:
    eyes = Eyes()
    eyes.step(20)
    eyes.held = {C.PH}
    eyes.step(9)  # the sample is a second old when the next one comes
    eyes.held = set()
    eyes.v[C.PH] -= 1.9
    assert doubted(eyes.step()) == {}
    eyes.v[C.PH] += 0.3
    assert doubted(eyes.step()) == {C.PH: Quality.JUMPED}


def test_the_first_sample_jumps_from_nowhere() -> None:
    eyes = Eyes()
    eyes.v[C.DO_IN] = 700.0
    assert doubted(eyes.step()) == {}


def test_what_a_lost_channel_shows_is_no_point_to_jump_from() -> None:
    eyes = Eyes()
    eyes.step(20)
    eyes.lost, good, eyes.v[C.T_BR] = {C.T_BR}, eyes.v[C.T_BR], 0.0
    eyes.seconds(1)
    eyes.lost, eyes.v[C.T_BR] = set(), good
    assert doubted(eyes.step()) == {}


def test_every_pump_has_its_lines_and_every_tachometer_is_one() -> None:
    assert TACHS == [C.N_BP, C.N_PP, C.N_CP, C.N_RP]
    assert all(CHANNELS[t].unit == "rpm" for t in TACHS)
    assert len({c for c, _ in MOVED_BY}) == len(MOVED_BY)
    assert NS_PER_S * 3 == HOLD_NS
    assert TURNING_RPM == 0.5


def test_the_tables_are_those_of_the_safety_analysis() -> None:
    assert dict(JUMPS) == {
        **dict.fromkeys((C.T_W1, C.T_W2, C.T_BR, C.T_RET, C.T_W_N), 10.0),
        C.DO_IN: 300.0, C.DO_OUT: 300.0, C.PH: 2.0,
    }  # fmt: skip
    assert dict(MOVED_BY) == {
        **dict.fromkeys((C.P_ACC, C.P_PRE, C.P_VEN, C.P_VEN_N, C.Q_B), C.N_BP),
        **dict.fromkeys((C.P_FIL, C.Q_P), C.N_PP),
        **dict.fromkeys((C.P_BRI, C.P_BRO, C.P_F2, C.Q_C), C.N_CP),
        **dict.fromkeys((C.P_F2O, C.P_RET, C.Q_R), C.N_RP),
    }
    assert {(p.a, p.b): p.limit for p in PAIRS} == {
        (C.P_VEN, C.P_VEN_N): "pair_p_ven_mmhg",
        (C.T_W1, C.T_W_N): "pair_t_w_c",
        (C.T_W1, C.T_W2): "pair_t_w_c",
    }
