import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.report.decimate import decimate, steps
from qh1a.report.events import Flags, Floats

BAD = 1e9
"""What a sample that may not be used carries here: it must never come out again."""

samples = st.lists(
    st.one_of(st.floats(-1e4, 1e4).map(lambda v: (v, True)), st.just((BAD, False))), min_size=1, max_size=300
)


def arrays(pairs: list[tuple[float, bool]]) -> tuple[Floats, Floats, Flags]:
    return (
        np.arange(len(pairs), dtype=np.float64),
        np.array([v for v, _ in pairs]),
        np.array([good for _, good in pairs]),
    )


@given(samples, st.integers(1, 40))
def test_no_peak_is_lost_and_nothing_unusable_is_drawn(pairs: list[tuple[float, bool]], buckets: int) -> None:
    t, v, good = arrays(pairs)
    shape = decimate(t, v, good, buckets)
    drawn = ~np.isnan(shape.lo)
    assert (drawn == ~np.isnan(shape.hi)).all()
    assert (drawn == ~np.isnan(shape.mean)).all()
    assert drawn.any() == good.any()
    if good.any():
        assert np.nanmax(shape.hi) == v[good].max()
        assert np.nanmin(shape.lo) == v[good].min()
        assert (shape.lo[drawn] <= shape.mean[drawn]).all()
        assert (shape.mean[drawn] <= shape.hi[drawn]).all()


@given(samples, st.integers(1, 40))
def test_every_usable_sample_lies_in_its_column(pairs: list[tuple[float, bool]], buckets: int) -> None:
    t, v, good = arrays(pairs)
    shape = decimate(t, v, good, buckets)
    drawn = ~np.isnan(shape.lo)
    for at, value in zip(t[good], v[good], strict=True):
        column = np.flatnonzero(drawn)[np.argmin(np.abs(shape.t[drawn] - at))]
        near = drawn & (np.abs(shape.t - at) <= abs(shape.t[column] - at) + 1e-9)
        assert any(shape.lo[i] <= value <= shape.hi[i] for i in np.flatnonzero(near)), at


@given(samples, st.integers(1, 40))
def test_the_number_of_points_is_bounded_and_time_never_goes_back(
    pairs: list[tuple[float, bool]], buckets: int
) -> None:
    t, v, good = arrays(pairs)
    shape = decimate(t, v, good, buckets)
    assert shape.t.size <= 2 * min(buckets, t.size)
    assert (np.diff(shape.t) >= 0).all()


@given(samples, st.integers(1, 40))
def test_a_hole_breaks_the_line(pairs: list[tuple[float, bool]], buckets: int) -> None:
    t, v, good = arrays(pairs)
    shape = decimate(t, v, good, buckets)
    width = t.size / min(buckets, t.size)
    for at in t[~good]:
        near = (shape.t >= at - width) & (shape.t <= at + width)
        assert np.isnan(shape.lo[near]).any()


def test_equal_values_have_themselves_as_mean() -> None:
    v = np.full(10_000, 36.95)
    shape = decimate(np.arange(10_000.0), v, np.ones(10_000, dtype=np.bool_))
    assert (shape.mean == 36.95).all()


def test_nothing_in_nothing_out() -> None:
    nothing = np.empty(0)
    assert decimate(nothing, nothing, np.empty(0, dtype=np.bool_)).t.size == 0
    assert steps(nothing, nothing, np.empty(0, dtype=np.bool_))[0].size == 0


def test_a_command_keeps_exactly_its_corners() -> None:
    t = np.arange(1000.0)
    v = np.where(t < 300, 10.0, 20.0)
    at, values = steps(t, v, t < 900)
    assert at.tolist() == [0.0, 299.0, 300.0, 899.0, 900.0, 999.0]
    assert values[:4].tolist() == [10.0, 10.0, 20.0, 20.0]
    assert np.isnan(values[4:]).all()


@pytest.mark.parametrize("size", [1, 2, 5000])
def test_a_restless_command_keeps_its_extremes(size: int) -> None:
    t = np.arange(float(size))
    v = np.where(t % 2 == 0, 1.0, t)
    at, values = steps(t, v, np.ones(size, dtype=np.bool_), buckets=20)
    assert np.nanmax(values) == v.max()
    assert np.nanmin(values) == v.min()
    assert at.size == values.size <= max(100, 2 * size if size < 3 else 100)
