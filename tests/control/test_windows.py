"""Means and delays against a naive memory of everything."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.control.windows import Delay, Mean

values = st.lists(st.floats(-1e4, 1e4), max_size=120)
sizes = st.integers(1, 25)


@given(values, sizes)
def test_a_mean_is_that_of_the_last_n(given_: list[float], n: int) -> None:
    mean = Mean(n)
    assert mean.value == 0.0
    for k, x in enumerate(given_, 1):
        last = given_[max(0, k - n) : k]
        assert mean.push(x) == pytest.approx(sum(last) / len(last), rel=1e-9, abs=1e-8)
        assert mean.value == pytest.approx(sum(last) / len(last), rel=1e-9, abs=1e-8)
        assert mean.filled == len(last)


@given(values, values, sizes)
def test_a_cleared_mean_remembers_nothing(before: list[float], after: list[float], n: int) -> None:
    used, fresh = Mean(n), Mean(n)
    for x in before:
        used.push(x)
    used.clear()
    assert used.value == 0.0
    assert used.filled == 0
    assert [used.push(x) for x in after] == [fresh.push(x) for x in after]


def test_rounding_does_not_add_up_over_hours() -> None:
    mean = Mean(20)
    for k in range(8 * 36_000):  # 8 h at 10 Hz, large and small values in turn
        mean.push(1e8 if k % 2 else 0.1)
    for _ in range(40):
        mean.push(0.1)
    last = Fraction(0.1)
    assert abs(Fraction(mean.value) - last) < Fraction(1, 10**12)


def test_a_mean_of_one_is_the_value() -> None:
    mean = Mean(1)
    assert [mean.push(x) for x in (1.0, -2.0, 3.5)] == [1.0, -2.0, 3.5]


@given(values, sizes)
def test_a_delay_gives_what_came_n_pushes_ago(given_: list[float], n: int) -> None:
    delay = Delay(n)
    for k, x in enumerate(given_):
        assert delay.push(x) == (given_[k - n] if k >= n else None)
        assert delay.filled == min(k + 1, n)
        assert sorted(delay.values()) == sorted(given_[max(0, k + 1 - n) : k + 1])


@given(values, values, sizes)
def test_a_cleared_delay_remembers_nothing(before: list[float], after: list[float], n: int) -> None:
    used, fresh = Delay(n), Delay(n)
    for x in before:
        used.push(x)
    used.clear()
    assert used.values() == []
    for x in after:
        assert used.push(x) == fresh.push(x)
        assert used.values() == fresh.values()
