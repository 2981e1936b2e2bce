"""Bubbles on their way down a line, each an object with its place and its volume (physics reference 2.1).

A line is a table with one row per bubble, the one farthest from the start first; only the first `count` rows
mean anything. Places are mL of line from the start, volumes mL at atmospheric pressure.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled

CAPACITY: Final = 64
"""Rows of one line's table."""


class Bubble(IntEnum):
    """Columns of a line's table."""

    PLACE = 0
    VOLUME = 1


N_COLUMNS: Final = len(Bubble)


@compiled
def carry(
    table: NDArray[np.float64], count: int, passed_ml: float, detector_ml: float, end_ml: float
) -> tuple[int, float, float, float]:
    """Carry `count` bubbles by `passed_ml` of line flow (negative: backwards).

    Returns how many are left, and the air that went forward past the detector, out at the end, and back out
    at the start. A bubble that swings over the detector counts each time it passes forwards.
    """
    detected = out = back = 0.0
    kept = 0
    for i in range(count):
        before, volume = table[i, Bubble.PLACE], table[i, Bubble.VOLUME]
        after = before + passed_ml
        if before < detector_ml <= after:
            detected += volume
        if after >= end_ml:
            out += volume
        elif after < 0.0:
            back += volume
        else:
            table[kept, Bubble.PLACE], table[kept, Bubble.VOLUME] = after, volume
            kept += 1
    return kept, detected, out, back


@compiled
def _make_room(table: NDArray[np.float64], count: int) -> int:
    """Join the two nearest bubbles at the place of the rear one, so that no air skips the detector."""
    first = 0
    nearest = table[0, Bubble.PLACE] - table[1, Bubble.PLACE]
    for i in range(1, count - 1):
        gap = table[i, Bubble.PLACE] - table[i + 1, Bubble.PLACE]
        if gap < nearest:
            first, nearest = i, gap
    table[first + 1, Bubble.VOLUME] += table[first, Bubble.VOLUME]
    for i in range(first, count - 1):
        table[i, Bubble.PLACE], table[i, Bubble.VOLUME] = (
            table[i + 1, Bubble.PLACE],
            table[i + 1, Bubble.VOLUME],
        )
    return count - 1


@compiled
def enter(table: NDArray[np.float64], count: int, volume: float, merge_ml: float) -> int:
    """Let `volume` mL of air in at the start; returns how many bubbles there are then.

    It joins the last bubble when that is within `merge_ml`, which lies before the detector, and else becomes
    a bubble of its own; a full table first joins its two nearest. Nothing enters at 0.
    """
    if volume <= 0.0:
        return count
    if count > 0 and table[count - 1, Bubble.PLACE] <= merge_ml:
        table[count - 1, Bubble.VOLUME] += volume
        return count
    if count == len(table):
        count = _make_room(table, count)
    table[count, Bubble.PLACE], table[count, Bubble.VOLUME] = 0.0, volume
    return count + 1
