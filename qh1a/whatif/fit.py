"""From a record under a relay to a process model, and what the limit cycle says by itself."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final

import numpy as np
from scipy.optimize import least_squares

from qh1a.whatif.models import STEP_S, Model, Reals, respond

_SAME: Final = 0.02
"""A mean of the cycle nearer to that at rest than this share of a step says nothing about the static gain."""
_AWAY: Final = 1.0
"""The fit looks for the delay plus this: its steps are relative, and would vanish at 0."""
_LAGS: Final = 16
_DELAYS: Final = 12
"""The coarse grid, over up to three periods of lag and half a period of delay, from which the fit starts."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a relay asked and what came of it, one entry per tick; the first `rest` ticks it rested.

    `response` is the measurement's deviation, the error's negative; in `ups` the relay turned up.
    """

    outs: Reals
    response: Reals
    ups: Sequence[int]
    rest: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """The limit cycle. `ultimate_gain` is by the fundamental of what the relay did and what came of it."""

    period_s: float
    amplitude: float
    gain: float | None
    """Static gain from integrals over whole cycles, None where their mean is that at rest."""
    ultimate_gain: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A model, and how well it fits.

    Both as shares of the response's standard deviation under the relay: `nrmse` is what the model leaves
    unexplained beyond the noise seen at rest, `noise` that noise.
    """

    model: Model
    nrmse: float
    noise: float
    cycle: Cycle


def cycle_of(record: Record) -> Cycle:
    """What the whole cycles of a record say; there must be two at least, the first is the transient's."""
    marks = record.ups[1:]
    first, last = marks[0], marks[-1]
    moves = record.outs - record.outs[: record.rest].mean()
    answer = record.response - record.response[: record.rest].mean()
    swings = [np.ptp(answer[a:b]) / 2.0 for a, b in pairwise(marks)]
    amplitude = float(np.mean(swings))
    step = float(np.ptp(record.outs[record.rest :])) / 2.0
    mean = float(moves[first:last].mean())
    turns = np.exp(-2j * math.pi * np.interp(np.arange(first, last), marks, np.arange(len(marks))))
    # Of the hysteresis is the imaginary part.
    real = float((np.sum(turns * answer[first:last]) / np.sum(turns * moves[first:last])).real)
    return Cycle(
        (last - first) * STEP_S / (len(marks) - 1),
        amplitude,
        float(answer[first:last].mean()) / mean if abs(mean) > _SAME * step else None,
        -1.0 / real if real < 0.0 else math.inf,
    )


def fit(record: Record, *, integrating: bool, mean_s: float = 0.0, slow_s: float | None = None) -> Fit:
    """The model nearest to the record, by least squares, seen through a mean of `mean_s`.

    What is linear in the response is solved exactly for each lag and delay: the gain; the start; of a lag the
    end of what came before; of an integrator a slope that changes slowly, for a pump that tires. With
    `slow_s` a second, slow lag lies beside the model, and is left out of it: what comes back later.
    """
    cycle = cycle_of(record)
    moves = record.outs - record.outs[0]
    ones = np.ones(len(moves))
    along = np.arange(len(moves)) / len(moves)
    end = STEP_S * len(moves)
    late: tuple[Reals, ...] = ()
    if slow_s is not None:
        late = respond(Model(1.0, slow_s, 0.0), moves), np.exp(-along * (end / slow_s))

    def solve(x: Reals) -> tuple[Model, Reals]:
        delay, lag = round(float(x[0]) - _AWAY, 6), None if integrating else math.exp(x[1])
        other = (along, along * along) if lag is None else (np.exp(-along * (end / lag)),)
        matrix = np.column_stack([respond(Model(1.0, lag, delay, mean_s), moves), ones, *other, *late])
        found = np.linalg.lstsq(matrix, record.response, rcond=None)[0]
        return Model(float(found[0]), lag, delay, mean_s), matrix @ found - record.response

    def residual(x: Reals) -> Reals:
        return solve(x)[1]

    delays = _AWAY + np.linspace(0.0, cycle.period_s / 2.0, _DELAYS)
    lags = np.log(np.geomspace(STEP_S, 3.0 * cycle.period_s, _LAGS))
    starts = [np.array([d]) for d in delays] if integrating else [np.array(x) for x in product(delays, lags)]
    start = min(starts, key=lambda x: float(np.sum(residual(x) ** 2)))
    n = len(start)
    most = _AWAY + cycle.period_s, math.log(100.0 * cycle.period_s)
    bounds = ([_AWAY, math.log(STEP_S)][:n], most[:n])
    best = least_squares(residual, start, bounds=bounds, x_scale=[STEP_S, 0.1][:n], diff_step=1e-4)
    model, left = solve(best.x)
    noise = _noise(record.response[: record.rest])
    spread = float(record.response[record.rest :].std())
    beyond = math.sqrt(max(float(np.mean(left * left)) - noise * noise, 0.0))
    return Fit(model, beyond / spread, noise / spread, cycle)


def _noise(rest: Reals) -> float:
    """Standard deviation at rest around a straight line."""
    ticks = np.arange(len(rest))
    return float((rest - np.polyval(np.polyfit(ticks, rest, 1), ticks)).std())
