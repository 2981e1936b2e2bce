"""Lines as chains of parcels, against plain lists (V numbers: physics reference, 3)."""

from math import exp

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qh1a.sim import fifo
from qh1a.sim.fifo import COUNT, MIXED_ML, PARCEL_ML, SPARE

Floats = NDArray[np.float64]
N = 3  # species


class Chain:
    """The product's line, full of `content`."""

    def __init__(self, volume: float, size: float, content: Floats | None = None) -> None:
        self.size, self.volume = size, volume
        self.parcels = np.zeros((fifo.capacity(volume, size), 1 + N))
        self.ring = np.zeros(2)
        content = np.zeros(N) if content is None else content
        full = int(volume / size)
        volumes = [size] * full + [volume - full * size] * (volume > full * size)
        for row, v in enumerate(volumes):
            self.parcels[row, 0], self.parcels[row, 1:] = v, v * content
        self.ring[COUNT] = len(volumes)

    def push(self, volume: float, amounts: Floats, *, forward: bool = True) -> Floats:
        """Let `volume` in at one end; what comes out at the other."""
        out = np.empty(N)
        fifo.enter(self.parcels, self.ring, forward, self.size, volume, amounts)
        fifo.leave(self.parcels, self.ring, not forward, volume, out)
        return out


class Plain:
    """The same as a list of (volume, amounts), start of the line first."""

    def __init__(self, chain: Chain) -> None:
        count = int(chain.ring[COUNT])
        self.size = chain.size
        self.slugs = [(float(row[0]), row[1:].copy()) for row in chain.parcels[:count]]

    def push(self, volume: float, amounts: Floats, *, forward: bool = True) -> Floats:
        slugs = self.slugs if forward else self.slugs[::-1]
        first, held = slugs[0]
        if first < self.size:
            slugs[0] = first + volume, held + amounts
        else:
            slugs = [(volume, amounts.copy()), *slugs]
        left, out = volume, np.zeros(N)
        while left > 0.0:
            last, held = slugs.pop()
            taken = last if last <= left and slugs else left
            out += held * (taken / last)
            if taken < last:
                slugs.append((last - taken, held * (1.0 - taken / last)))
            left -= taken
        self.slugs = slugs if forward else slugs[::-1]
        return out


def inside(chain: Chain) -> list[tuple[float, Floats]]:
    """The parcels in order, read one millilitre position after the other."""
    rows, at, found = [], 0.0, int(chain.ring[COUNT])
    for _ in range(found):
        row = fifo.at(chain.parcels, chain.ring, at)
        rows.append((float(chain.parcels[row, 0]), chain.parcels[row, 1:]))
        at += chain.parcels[row, 0]
    return rows


volumes = st.floats(0.3, 30.0)
sizes = st.sampled_from([PARCEL_ML, 0.7, 3.0, MIXED_ML])
moves = st.lists(
    st.tuples(st.floats(1e-6, 3.0) | st.floats(3.0, 60.0), st.booleans(), st.floats(0.0, 100.0)), max_size=60
)
TO_AND_FRO = [(0.2, n % 3 > 0, float(n)) for n in range(60)]


@given(volumes, sizes, moves)
@example(5.0, PARCEL_ML, TO_AND_FRO)
@example(0.3, PARCEL_ML, [(60.0, True, 1.0), (0.1, False, 2.0), (60.0, False, 3.0)])
def test_a_chain_is_a_list(volume: float, size: float, plan: list[tuple[float, bool, float]]) -> None:
    start = np.array([7.0, 0.0, 1e3])
    chain = Chain(volume, size, start)
    plain, total, moved = Plain(chain), volume * start, volume
    for v, forward, level in plan:
        amounts = v * np.array([level, 1.0, 0.0])
        out = chain.push(v, amounts, forward=forward)
        assert out == pytest.approx(plain.push(v, amounts, forward=forward), rel=1e-11, abs=1e-11)
        total += amounts - out
        moved += v
        assert (out >= 0.0).all()
        # What the line holds is what it held and was given; its volume never changes.
        assert chain.parcels[:, 0].sum() == pytest.approx(volume, abs=1e-12 * moved)
        assert chain.parcels[:, 1:].sum(axis=0) == pytest.approx(total, abs=1e-12 * moved * 1e3)
        assert (chain.parcels >= 0.0).all()
        # Only a parcel at an end is smaller than the size, so their number is bounded.
        assert 1 <= chain.ring[COUNT] <= fifo.capacity(volume, size) - 1
        held = inside(chain)
        assert len(held) == len(plain.slugs)
        assert [v for v, _ in held] == pytest.approx([v for v, _ in plain.slugs], abs=1e-12 * moved)
        assert np.array([m for _, m in held]) == pytest.approx(
            np.array([m for _, m in plain.slugs]), abs=1e-11 * moved * 1e3
        )


@given(st.floats(2.0, 40.0), st.floats(0.01, 2.0), st.booleans())
@example(30.0, 130.0 / 120.0, True)
@example(20.0, 0.05, False)
def test_a_step_comes_out_after_volume_over_flow(volume: float, step: float, forward: bool) -> None:
    chain = Chain(volume, PARCEL_ML)
    amounts = np.array([step, 0.0, 0.0])
    out = [chain.push(step, amounts, forward=forward)[0] for _ in range(int(volume / step) + 120)]
    share = np.array(out) / step
    # The mean delay, as a volume: what came out without the step.
    assert step * (1.0 - share).sum() == pytest.approx(volume, rel=1e-12)
    assert (np.diff(share) >= -1e-12).all()
    # The front is one parcel wide; a parcel takes one step more after it was not yet full.
    parcel = PARCEL_ML + step
    ends = step * np.arange(1, len(out) + 1)
    assert (share[ends <= volume - parcel] == 0.0).all()
    assert share[ends >= volume + parcel + step] == pytest.approx(1.0, abs=1e-12)
    assert ((share > 1e-12) & (share < 1.0 - 1e-12)).sum() * step <= parcel + 2.0 * step


def test_a_reversal_brings_the_last_back_first() -> None:
    chain = Chain(10.0, PARCEL_ML)
    for species in range(3):
        chain.push(2.0, 2.0 * np.eye(3)[species])
    # One parcel each: nothing mixes, and three slugs of 2 mL come back in reverse.
    out = [chain.push(2.0, np.zeros(N), forward=False) for _ in range(4)]
    assert np.array(out) == pytest.approx(2.0 * np.vstack([np.eye(3)[::-1], np.zeros(3)]), abs=1e-12)


def test_a_mixed_line_is_a_tank() -> None:
    volume, step = 2.667, 0.833
    chain, held = Chain(volume, MIXED_ML), 0.0
    for n in range(50):
        entering = float(n % 4)
        out = chain.push(step, np.array([entering, 0.0, 0.0]), forward=n % 5 > 0)[0]
        held += entering
        # Filled, then emptied by the same volume.
        assert out == pytest.approx(held * step / (volume + step), rel=1e-12, abs=1e-14)
        held -= out
    assert chain.ring[COUNT] == 1


@pytest.mark.parametrize(("tanks", "variance"), [(1, 1.0), (4, 1.0 / 4.0), (20, 1.0 / 20.0)])
def test_v16_residence_of_tanks_in_series(tanks: int, variance: float) -> None:
    volume, flow = 40.0 / tanks, 1.0
    for dt in (0.5, 0.05):
        chain = [Chain(volume, MIXED_ML) for _ in range(tanks)]
        step = flow * dt
        out = []
        for n in range(round(20.0 * 40.0 / step)):
            amounts = np.array([1.0 if n == 0 else 0.0, 0.0, 0.0])
            for line in chain:
                amounts = line.push(step, amounts)
            out.append(amounts[0])
        pulse, at = np.array(out), dt * np.arange(len(out))
        mean = (pulse * at).sum() / pulse.sum()
        assert mean == pytest.approx(40.0 / flow, rel=1e-6)
        # One step's share of a tank more, as in any implicit step.
        spread = (pulse * (at - mean) ** 2).sum() / pulse.sum() / mean**2
        assert spread == pytest.approx(variance * (1.0 + step / volume), rel=1e-4)


@pytest.mark.parametrize("step", [0.83, 0.1])
@pytest.mark.parametrize(("damkoehler", "left"), [(0.5, 0.606531), (1.0, 0.367879), (2.0, 0.135335)])
def test_v14_first_order_loss_on_the_way(damkoehler: float, left: float, step: float) -> None:
    volume = 30.0
    chain, out = Chain(volume, PARCEL_ML), []
    for _ in range(int(3.0 * volume / step)):
        out.append(chain.push(step, np.array([step, 0.0, 0.0]))[0])
        chain.parcels[:, 1:] *= exp(-damkoehler * step / volume)
    settled = np.array(out[len(out) // 2 :]) / step
    # A parcel mixes what enters it: an error of second order in its share of the line.
    error = 0.25 * (damkoehler * PARCEL_ML / volume) ** 2
    assert settled.mean() == pytest.approx(left, rel=error + 2e-6)


def test_where_a_position_lies() -> None:
    chain = Chain(3.2, 1.0)
    for n in range(7):
        chain.push(0.5, np.array([float(n), 0.0, 0.0]))
    starts = np.cumsum([0.0, *(v for v, _ in inside(chain))])
    for i, (v, held) in enumerate(inside(chain)):
        row = fifo.at(chain.parcels, chain.ring, starts[i] + 0.5 * v)
        assert chain.parcels[row, 1:] is not held
        assert (chain.parcels[row, 1:] == held).all()
    last = fifo.at(chain.parcels, chain.ring, 1e9)
    assert (chain.parcels[last, 1:] == inside(chain)[-1][1]).all()


def test_room_for_a_part_filled_parcel_at_each_end() -> None:
    assert fifo.capacity(5.0, 0.5) == 10 + SPARE
    assert fifo.capacity(5.0, MIXED_ML) == SPARE
