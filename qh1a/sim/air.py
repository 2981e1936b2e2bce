"""Bubbles on their way down a line: volumes at atmospheric pressure, in bins of equal line volume."""

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled


@compiled
def carry(
    bins: NDArray[np.float64], shift: float, passed: float, bin_ml: float, detector: int, end: int
) -> tuple[float, float, float, float]:
    """Carry air by `passed` mL of line flow (negative: backwards).

    Returns the flow left over until the next bin, and the air that went forward past the detector, out at the
    end, and back out at the start. The detector lies before bin `detector`, the end after bin `end - 1`.
    """
    shift += passed
    detected = out = back = 0.0
    while shift >= bin_ml:
        shift -= bin_ml
        out += bins[end - 1]
        detected += bins[detector - 1]
        for i in range(end - 1, 0, -1):
            bins[i] = bins[i - 1]
        bins[0] = 0.0
    while shift <= -bin_ml:
        shift += bin_ml
        back += bins[0]
        for i in range(end - 1):
            bins[i] = bins[i + 1]
        bins[end - 1] = 0.0
    return shift, detected, out, back
