"""Quality before value: which measured channels may be used in this tick."""

from typing import Final

from qh1a.channels import CHANNELS, N_MEASURED
from qh1a.tick import Frame, Quality
from qh1a.units import NS_PER_S

_ROWS: Final = tuple((row.lo, row.hi, round(row.stale_s * NS_PER_S)) for row in CHANNELS[:N_MEASURED])
_GOOD: Final = int(Quality.GOOD)


def validate(frame: Frame) -> list[int]:
    """The quality of each measured channel: the plant's own verdict, then age and range.

    A plant's doubt is kept; a value it calls GOOD is still refused when it is not a number, outside the
    channel's range, stamped in the future or older than the channel's age limit.
    """
    now = frame.now
    return [
        quality
        if quality != _GOOD or (lo <= value <= hi and 0 <= now - at <= stale)
        else _doubt(value, now - at, lo, hi)
        for value, at, quality, (lo, hi, stale) in zip(
            frame.value, frame.at, frame.quality, _ROWS, strict=True
        )
    ]


def _doubt(value: float, age: int, lo: float, hi: float) -> int:
    if value != value:  # noqa: PLR0124 - the test for NaN that needs no maths library
        return Quality.NOT_A_NUMBER
    if not lo <= value <= hi:
        return Quality.OUT_OF_RANGE
    return Quality.FUTURE if age < 0 else Quality.STALE
