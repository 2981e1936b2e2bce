"""The two process models that loops are tuned on, as a 10 Hz controller sees them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from qh1a.units import TICK_NS, seconds

STEP_S: Final = float(seconds(TICK_NS))
"""The control period."""

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """K e^(-Ls)/(Ts + 1); with no T the integrator K e^(-Ls)/s.

    `gain` is in input units of the loop per output unit, of an integrator per second; times in s. A loop may
    see it through the mean of its last `mean_s`.
    """

    gain: float
    lag_s: float | None
    delay_s: float
    mean_s: float = 0.0

    @property
    def dead_s(self) -> float:
        """How late an answer is, apart from the lag."""
        return self.delay_s + self.mean_s / 2.0

    @property
    def text(self) -> str:
        """The transfer function, for people."""
        below = "s" if self.lag_s is None else f"({self.lag_s:.3g} s + 1)"
        mean = f", mean of {self.mean_s:g} s" if self.mean_s else ""
        return f"{self.gain:.3g} exp(-{self.delay_s:.3g} s) / {below}{mean}"


def sampled(model: Model) -> tuple[Reals, Reals, int]:
    """The model behind a hold: numerator and denominator in z^-1, and whole ticks of delay before both."""
    wait, part = divmod(model.delay_s, STEP_S)
    rest = STEP_S - part
    ticks = max(round(model.mean_s / STEP_S), 1)
    gain = np.full(ticks, model.gain / ticks)
    if model.lag_s is None:
        return np.convolve(gain, [0.0, rest, part]), np.array([1.0, -1.0]), int(wait)
    pole = np.exp(-STEP_S / model.lag_s)
    late = np.exp(-rest / model.lag_s)
    return np.convolve(gain, [0.0, 1.0 - late, late - pole]), np.array([1.0, -pole]), int(wait)


def respond(model: Model, moves: Reals) -> Reals:
    """The measurement at each tick, from rest, for an output held from each tick to the next: exact.

    The answer at a tick depends on the outputs of earlier ticks only.
    """
    numerator, denominator, wait = sampled(model)
    waited = np.concatenate([np.zeros(wait), moves])[: len(moves)]
    answer: Reals = lfilter(numerator, denominator, waited)
    return answer
