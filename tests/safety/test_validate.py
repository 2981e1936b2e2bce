"""Which measured values a tick may use: range, age, future, not a number, and the plant's own verdict."""

from math import inf, nan, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.control.validate import validate
from qh1a.tick import Frame, Quality
from qh1a.units import NS_PER_S, Ns

NOW = 1000 * NS_PER_S
MEASURED = tuple(c for c in Channel if c < N_MEASURED)
ROWS = CHANNELS[:N_MEASURED]
MIDDLE = tuple(round((row.lo + row.hi) / 2.0 / row.lsb) * row.lsb for row in ROWS)
GOOD = Quality.GOOD


def judged(
    channel: Channel, value: float | None = None, age: int = 0, verdict: Quality = GOOD, now: int = NOW
) -> Quality:
    """The quality of one channel in an otherwise healthy frame; the others must stay GOOD."""
    values, at, quality = list(MIDDLE), [now] * N_MEASURED, [int(GOOD)] * N_MEASURED
    if value is not None:
        values[channel] = value
    at[channel] = now - age
    quality[channel] = int(verdict)
    found = validate(Frame(Ns(now), tuple(values), tuple(at), tuple(quality)))
    assert len(found) == N_MEASURED
    assert [q for c, q in enumerate(found) if c != channel] == [GOOD] * (N_MEASURED - 1)
    # A bad neighbour changes nothing: the frame with a doubt in it is judged as the healthy one.
    neighbour = Channel.P_GAS if channel != Channel.P_GAS else Channel.Q_B
    values[neighbour] = nan
    beside = validate(Frame(Ns(now), tuple(values), tuple(at), tuple(quality)))
    assert beside == [Quality.NOT_A_NUMBER if c == neighbour else q for c, q in enumerate(found)]
    return Quality(found[channel])


def stale_ns(channel: Channel) -> int:
    return round(ROWS[channel].stale_s * NS_PER_S)


def test_an_old_value_at_a_bound_is_old_and_not_out_of_range() -> None:
    for channel in MEASURED:
        for bound in (ROWS[channel].lo, ROWS[channel].hi):
            assert judged(channel, bound, stale_ns(channel) + 1) is Quality.STALE, channel
            assert judged(channel, bound, -1) is Quality.FUTURE, channel


def test_the_bounds_of_a_channel_are_still_good_and_beyond_is_out_of_range() -> None:
    for channel in MEASURED:
        row = ROWS[channel]
        assert judged(channel, row.lo) is GOOD, channel
        assert judged(channel, row.hi) is GOOD, channel
        assert judged(channel, nextafter(row.lo, -inf)) is Quality.OUT_OF_RANGE, channel
        assert judged(channel, nextafter(row.hi, inf)) is Quality.OUT_OF_RANGE, channel


@given(st.sampled_from(MEASURED), st.integers(0, 10**6), st.floats(-0.49, 0.49))
def test_only_values_on_the_grid_are_used(channel: Channel, count: int, beside: float) -> None:
    row = ROWS[channel]
    value = count % (round((row.hi - row.lo) / row.lsb) + 1) * row.lsb + round(row.lo / row.lsb) * row.lsb
    value = round(value / row.lsb) * row.lsb
    assert judged(channel, value) is GOOD
    off = value + beside * row.lsb
    if row.lo <= off <= row.hi and off != value:
        assert judged(channel, off) is Quality.OFF_GRID


def test_not_a_number_and_the_infinities_are_refused() -> None:
    for channel in MEASURED:
        assert judged(channel, nan) is Quality.NOT_A_NUMBER, channel
        assert judged(channel, inf) is Quality.OUT_OF_RANGE, channel
        assert judged(channel, -inf) is Quality.OUT_OF_RANGE, channel


def test_a_value_is_good_to_the_last_nanosecond_of_its_age() -> None:
    for channel in MEASURED:
        limit = stale_ns(channel)
        assert limit > 0
        assert judged(channel, age=limit) is GOOD, channel
        assert judged(channel, age=limit + 1) is Quality.STALE, channel


def test_a_value_from_the_future_is_refused_from_its_first_nanosecond() -> None:
    for channel in MEASURED:
        assert judged(channel, age=0) is GOOD, channel
        assert judged(channel, age=-1) is Quality.FUTURE, channel


@pytest.mark.parametrize("verdict", [q for q in Quality if q is not GOOD])
@pytest.mark.parametrize("channel", [Channel.Q_B, Channel.P_VEN, Channel.DLV_BV])
def test_the_plants_own_doubt_is_kept_whatever_the_value(channel: Channel, verdict: Quality) -> None:
    for value, age in ((None, 0), (nan, 0), (inf, 0), (None, -1), (None, stale_ns(channel) + 1)):
        assert judged(channel, value, age, verdict) is verdict


def test_what_it_is_comes_before_when_it_was() -> None:
    c = Channel.P_VEN
    assert judged(c, nan, age=-1) is Quality.NOT_A_NUMBER
    assert judged(c, 1e9, age=stale_ns(c) + 1) is Quality.OUT_OF_RANGE


def test_a_session_that_starts_at_time_zero_has_values_from_then() -> None:
    assert judged(Channel.P_VEN, now=0) is GOOD
    assert judged(Channel.P_VEN, now=0, age=-1) is Quality.FUTURE


def test_many_doubts_at_once_are_each_named() -> None:
    values, at = list(MIDDLE), [NOW] * N_MEASURED
    quality = [int(GOOD)] * N_MEASURED
    values[Channel.Q_B] = nan
    values[Channel.Q_P] = inf
    at[Channel.P_ACC] = NOW + 1
    at[Channel.P_PRE] = 0
    quality[Channel.TURB_R] = Quality.NOT_FITTED
    found = validate(Frame(Ns(NOW), tuple(values), tuple(at), tuple(quality)))
    expected = {
        Channel.Q_B: Quality.NOT_A_NUMBER, Channel.Q_P: Quality.OUT_OF_RANGE, Channel.P_ACC: Quality.FUTURE,
        Channel.P_PRE: Quality.STALE, Channel.TURB_R: Quality.NOT_FITTED,
    }  # fmt: skip
    assert found == [expected.get(c, GOOD) for c in MEASURED]


@given(st.data())
def test_any_frame_is_judged_value_by_value(data: st.DataObject) -> None:
    channels = data.draw(st.lists(st.sampled_from(MEASURED), max_size=4, unique=True))
    values, at, quality = list(MIDDLE), [NOW] * N_MEASURED, [int(GOOD)] * N_MEASURED
    for c in channels:
        counts = st.integers(-1000, 100_000)
        values[c] = data.draw(st.floats(allow_nan=True) | counts.map(ROWS[c].lsb.__mul__))
        at[c] = NOW - data.draw(st.integers(-2, 11 * NS_PER_S))
        quality[c] = data.draw(st.sampled_from([GOOD, GOOD, GOOD, Quality.FROZEN]))
    found = validate(Frame(Ns(NOW), tuple(values), tuple(at), tuple(quality)))
    for c in MEASURED:
        row, age = ROWS[c], NOW - at[c]
        inside = row.lo <= values[c] <= row.hi
        on_grid = inside and round(values[c] / row.lsb) * row.lsb == values[c]
        usable = quality[c] == GOOD and on_grid and 0 <= age <= stale_ns(c)
        assert (found[c] == GOOD) is usable
        if quality[c] != GOOD:
            assert found[c] == quality[c]


@pytest.mark.parametrize("short", range(3), ids=["value", "at", "quality"])
def test_a_frame_of_another_length_is_refused(short: int) -> None:
    parts = [(0.0,) * N_MEASURED, (0,) * N_MEASURED, (0,) * N_MEASURED]
    parts[short] = parts[short][1:]
    values, times, verdicts = parts
    with pytest.raises(ValueError, match=f"not {N_MEASURED}"):
        validate(Frame(Ns(0), values, tuple(map(int, times)), tuple(map(int, verdicts))))
