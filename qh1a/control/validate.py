"""Quality before value: which measured channels may be used in this tick."""

from typing import Final

from qh1a.channels import CHANNELS, N_MEASURED
from qh1a.tick import Frame, Quality
from qh1a.units import NS_PER_S

_LO: Final = [row.lo for row in CHANNELS[:N_MEASURED]]
_HI: Final = [row.hi for row in CHANNELS[:N_MEASURED]]
_LSB: Final = [row.lsb for row in CHANNELS[:N_MEASURED]]
_STALE: Final = [round(row.stale_s * NS_PER_S) for row in CHANNELS[:N_MEASURED]]
_GOOD: Final = int(Quality.GOOD)
_INTEGER: Final = 1.5 * 2.0**52
"""Added and taken away again, it rounds a double to an integer, ties to even."""


def validate(frame: Frame) -> list[int]:
    """The quality of each measured channel: the plant's own verdict, then age and range.

    A plant's doubt is kept; a value it calls GOOD is still refused when it is not a number, outside the
    channel's range, off the channel's grid, stamped in the future or older than the channel's age limit.
    """
    now, values, times, verdicts = frame.now, frame.value, frame.at, frame.quality
    if not len(values) == len(times) == len(verdicts) == N_MEASURED:
        msg = f"a frame of {len(values)}, {len(times)} and {len(verdicts)} channels, not {N_MEASURED}"
        raise ValueError(msg)
    found = list(verdicts)
    # Compiled, a zip without `strict` of up to five is a plain loop.
    for i, value, at, verdict in zip(range(N_MEASURED), values, times, verdicts):  # noqa: B905
        fits = _LO[i] <= value <= _HI[i] and ((value / _LSB[i] + _INTEGER) - _INTEGER) * _LSB[i] == value
        young = now - at <= _STALE[i]
        if verdict == _GOOD and not (fits and young and at <= now):
            found[i] = _doubt(value, young, _LO[i], _HI[i], fits)
    return found


def _doubt(value: float, young: bool, lo: float, hi: float, fits: bool) -> int:
    if value != value:  # noqa: PLR0124 - the test for NaN that needs no maths library
        return Quality.NOT_A_NUMBER
    if not lo <= value <= hi:
        return Quality.OUT_OF_RANGE
    if not fits:
        return Quality.OFF_GRID
    return Quality.FUTURE if young else Quality.STALE
