"""How everything here is measured: CPU time, in blocks, beside a reference taken in the same run.

A machine that runs other work makes every figure larger, never smaller: the minimum of the blocks is the
figure to compare, the median says how noisy the run was. Compare ratios to the reference, not microseconds.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

REFERENCE: Final = "1,000 float multiply-adds in a list comprehension"
_NUMBERS: Final = [0.001 * n for n in range(1000)]
_UNITS_PER_BLOCK: Final = 50


@dataclass(frozen=True)
class Figure:
    """CPU time of one call (or tick) of a part, us: over the blocks of the run."""

    part: str
    median_us: float
    min_us: float
    calls: int
    blocks: int

    @classmethod
    def of(cls, part: str, block_us: Iterable[float], calls: int) -> "Figure":
        """From the time per call in each block of `calls` calls."""
        us = list(block_us)
        return cls(part, statistics.median(us), min(us), calls, len(us))


def blocks(part: str, body: Callable[[], object], calls: int, count: int = 7) -> Figure:
    """Run `body`, which makes `calls` calls, `count` times after one that does not count."""
    body()
    times: list[float] = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(count):
            begin = time.process_time_ns()
            body()
            times.append((time.process_time_ns() - begin) / 1000.0 / calls)
    finally:
        gc.enable()
    return Figure.of(part, times, calls)


def reference_unit(count: int = 7) -> Figure:
    """The yardstick: about what a tick's worth of plain Python costs on this machine, now."""

    def body() -> None:
        numbers = _NUMBERS
        for _ in range(_UNITS_PER_BLOCK):
            [x * 1.000001 + 0.5 for x in numbers]

    return blocks("reference unit", body, _UNITS_PER_BLOCK, count)
