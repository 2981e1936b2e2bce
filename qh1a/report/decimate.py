"""Long series to as many points as paper can show, without losing a peak or hiding a gap."""

from typing import Final, NamedTuple

import numpy as np

from qh1a.report.events import Flags, Floats

BUCKETS: Final = 750
"""Columns of a drawing: 1500 extreme values, about a third of a point of paper each."""


class Envelope(NamedTuple):
    """A series in columns: time, smallest, largest and mean value; NaN where the line must break."""

    t: Floats
    lo: Floats
    hi: Floats
    mean: Floats


def decimate(t: Floats, v: Floats, good: Flags, buckets: int = BUCKETS) -> Envelope:
    """At most `buckets` columns and one break for each; every good value lies in its column's lo..hi.

    A sample that is not good is never drawn and never bridged: a column that holds one ends its line.
    """
    if not t.size:
        nothing = np.empty(0)
        return Envelope(nothing, nothing, nothing, nothing)
    count = min(buckets, t.size)
    edges = np.linspace(0, t.size, count + 1).astype(np.int64)
    starts = edges[:-1]
    valid = np.add.reduceat(good.astype(np.int64), starts)
    lo = np.minimum.reduceat(np.where(good, v, np.inf), starts)
    hi = np.maximum.reduceat(np.where(good, v, -np.inf), starts)
    middle = (t[starts] + t[edges[1:] - 1]) / 2
    # The mean about the smallest value: equal values have exactly themselves as their mean.
    base = np.where(valid > 0, lo, 0.0)
    above = np.where(good, v - np.repeat(base, np.diff(edges)), 0.0)
    mean = np.clip(base + np.add.reduceat(above, starts) / np.maximum(valid, 1), lo, np.maximum(lo, hi))
    empty = valid == 0
    lo[empty] = hi[empty] = mean[empty] = np.nan
    holed = np.flatnonzero((valid > 0) & (valid < np.diff(edges)))
    return Envelope(
        np.insert(middle, holed + 1, middle[holed]),
        np.insert(lo, holed + 1, np.nan),
        np.insert(hi, holed + 1, np.nan),
        np.insert(mean, holed + 1, np.nan),
    )


def steps(t: Floats, v: Floats, on: Flags, buckets: int = BUCKETS) -> tuple[Floats, Floats]:
    """A command as a line: exactly its corners while they are few, else its envelope; NaN where it is off."""
    if not t.size:
        return t, v
    held = np.where(on, v, np.nan)
    same = (held[1:] == held[:-1]) | (np.isnan(held[1:]) & np.isnan(held[:-1]))
    corners = np.flatnonzero(~same)
    if corners.size <= buckets:
        keep = np.unique(np.concatenate(([0], corners, corners + 1, [t.size - 1])))
        return t[keep], held[keep]
    shape = decimate(t, v, on, buckets)
    return np.repeat(shape.t, 2), np.column_stack((shape.lo, shape.hi)).ravel()
