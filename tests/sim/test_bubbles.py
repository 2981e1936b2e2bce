"""Bubbles against a list of bubbles. Places and volumes are multiples of 1/1024, so that sums are exact."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qh1a.sim import bubbles
from qh1a.sim.bubbles import CAPACITY, N_COLUMNS, Bubble

DETECTOR, END, MERGE = 5.0, 27.5, 0.25


@dataclass(slots=True)
class Line:
    """A table and what has come and gone."""

    capacity: int = CAPACITY
    merge: float = MERGE
    count: int = 0
    entered: float = 0.0
    detected: float = 0.0
    out: float = 0.0
    back: float = 0.0
    table: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.table = np.full((self.capacity, N_COLUMNS), np.nan)

    def enter(self, volume: float) -> None:
        self.count = bubbles.enter(self.table, self.count, volume, self.merge)
        self.entered += volume

    def carry(self, passed: float) -> None:
        self.count, detected, out, back = bubbles.carry(self.table, self.count, passed, DETECTOR, END)
        self.detected += detected
        self.out += out
        self.back += back

    @property
    def inside(self) -> list[tuple[float, float]]:
        """Place and volume, the one nearest to the end first."""
        rows = self.table[: self.count]
        return [(float(row[Bubble.PLACE]), float(row[Bubble.VOLUME])) for row in rows]


@dataclass(slots=True)
class Model:
    """The same, naively."""

    capacity: int
    merge: float
    inside: list[tuple[float, float]] = field(default_factory=list)
    detected: float = 0.0
    out: float = 0.0
    back: float = 0.0

    def enter(self, volume: float) -> None:
        if volume == 0.0:
            return
        if self.inside and self.inside[-1][0] <= self.merge:
            place, old = self.inside.pop()
            self.inside.append((place, old + volume))
            return
        if len(self.inside) == self.capacity:
            pairs = list(zip(self.inside, self.inside[1:], strict=False))
            gaps = [ahead[0] - behind[0] for ahead, behind in pairs]
            i = gaps.index(min(gaps))
            ahead, behind = pairs[i]
            self.inside[i : i + 2] = [(behind[0], ahead[1] + behind[1])]
        self.inside.append((0.0, volume))

    def carry(self, passed: float) -> None:
        moved = [(place, place + passed, volume) for place, volume in self.inside]
        self.detected += sum(v for was, now, v in moved if was < DETECTOR and now >= DETECTOR)
        self.out += sum(v for _, now, v in moved if now >= END)
        self.back += sum(v for _, now, v in moved if now < 0.0)
        self.inside = [(now, v) for _, now, v in moved if 0.0 <= now < END]


EXACT = st.integers(-8 * 1024, 16 * 1024).map(lambda n: n / 1024)
AIR = st.integers(0, 512).map(lambda n: n / 1024)
MOVES = st.lists(st.tuples(AIR, EXACT | st.just(0.125)), max_size=60)


@given(MOVES, st.sampled_from([2, 3, 8, CAPACITY]), st.sampled_from([0.0, MERGE, 2.0]))
def test_as_the_model(moves: list[tuple[float, float]], capacity: int, merge: float) -> None:
    line, model = Line(capacity, merge), Model(capacity, merge)
    for air, passed in moves:
        line.enter(air)
        model.enter(air)
        line.carry(passed)
        model.carry(passed)
        assert line.inside == model.inside
        assert (line.detected, line.out, line.back) == (model.detected, model.out, model.back)
        # Nothing is lost, and the order is kept.
        assert line.entered == sum(v for _, v in line.inside) + line.out + line.back
        places = [place for place, _ in line.inside]
        assert places == sorted(places, reverse=True)


def test_one_bubble_travels_exactly() -> None:
    line = Line()
    line.enter(0.2)
    line.carry(4.75)
    assert (line.inside, line.detected) == ([(4.75, 0.2)], 0.0)
    line.carry(0.25)
    assert line.detected == 0.2
    line.carry(END - DETECTOR - 0.0625)
    assert line.out == 0.0
    line.carry(0.0625)
    assert (line.count, line.out, line.detected, line.back) == (0, 0.2, 0.2, 0.0)


def test_a_rush_passes_detector_and_end_at_once() -> None:
    line = Line()
    line.enter(0.2)
    line.carry(1000.0)
    assert (line.count, line.detected, line.out, line.back) == (0, 0.2, 0.2, 0.0)


def test_reversed_flow_brings_it_back_undetected() -> None:
    line = Line()
    line.enter(0.2)
    line.carry(4.0)
    line.carry(-4.0)
    assert line.inside == [(0.0, 0.2)]
    line.carry(-0.001)
    assert (line.count, line.detected, line.out, line.back) == (0, 0.0, 0.0, 0.2)


def test_each_forward_passage_counts_and_no_backward_one() -> None:
    line = Line()
    line.enter(0.5)
    line.carry(4.0)
    for swings in range(1, 4):
        line.carry(2.0)
        assert line.detected == 0.5 * swings
        line.carry(-2.0)
        assert line.detected == 0.5 * swings


def test_standing_flow_changes_nothing() -> None:
    line = Line()
    line.enter(0.5)
    line.carry(DETECTOR)
    line.carry(0.0)
    assert (line.inside, line.detected) == ([(DETECTOR, 0.5)], 0.5)
    line.enter(0.0)
    line.enter(-1.0)
    assert line.count == 1


def test_a_stream_joins_until_it_has_moved_on() -> None:
    line = Line()
    for _ in range(5):
        line.enter(0.125)
        line.carry(0.125)
    # The first takes what enters at 0, 0.125 and 0.25 behind it.
    assert line.inside == [(0.625, 0.375), (0.25, 0.25)]


@pytest.mark.parametrize("merge", [0.0, 0.25])
def test_a_full_table_joins_the_two_nearest_where_the_rear_one_is(merge: float) -> None:
    line = Line(4, merge)
    for passed in (2.0, 1.0, 3.0, 2.0):
        line.enter(1.0)
        line.carry(passed)
    assert [place for place, _ in line.inside] == [8.0, 6.0, 5.0, 2.0]
    line.enter(0.5)
    assert line.inside == [(8.0, 1.0), (5.0, 2.0), (2.0, 1.0), (0.0, 0.5)]


def test_hours_of_foam_stay_within_the_table() -> None:
    line = Line(merge=0.0625)
    for i in range(20000):
        line.enter((i % 7) / 1024.0)
        line.carry(0.21875 if i % 50 else -3.0)
    assert line.count <= CAPACITY
    assert line.entered == sum(v for _, v in line.inside) + line.out + line.back
    assert line.detected >= line.out > 0.0
