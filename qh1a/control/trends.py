"""Slow changes that tell of a filter: what the pre-filter pressure gains, what the second filter loses."""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.index import DP_F2, P_F2, P_F2O, P_PRE, P_PRE_RISE, Q_R_2S, R_F2_FALL
from qh1a.control.windows import Delay, Mean
from qh1a.tick import Quality

_GOOD: Final = int(Quality.GOOD)
_NOT_READY: Final = int(Quality.NOT_READY)
EVERY: Final = 100
"""Ticks between two marks: 10 s."""
MARKS: Final = 60
"""10 min."""
SAME_FLOW: Final = 2.0
"""Commands of blood flow (mL/min) that differ by less are one working point."""


@mypyc_attr(serializable=True)
class PreFilter:
    """H09: the rise of P_pre in 10 min, by 10-s means; another blood flow, or a lost reading, begins anew."""

    def __init__(self) -> None:
        self._mean = Mean(EVERY)
        self._marks = Delay(MARKS)
        self._flow = 0.0
        self._ready = False

    def step(self, ticks: int, v: list[float], q: list[int], blood: float) -> None:
        """Write `P_PRE_RISE`; `blood` is the command of the tick before, mL/min."""
        if q[P_PRE] != _GOOD or not -SAME_FLOW < blood - self._flow < SAME_FLOW:
            self._flow = blood
            self._ready = False
            self._mean.clear()
            self._marks.clear()
        else:
            mean = self._mean.push(v[P_PRE])
            if not ticks % EVERY and self._mean.filled == EVERY:
                before = self._marks.push(mean)
                if before is not None:
                    v[P_PRE_RISE] = mean - before
                    self._ready = True
        q[P_PRE_RISE] = q[P_PRE] or (_GOOD if self._ready else _NOT_READY)


@mypyc_attr(serializable=True)
class SecondFilter:
    """H15: dP_f2/Q_r against its 10-min median, valid above 8 mL/min (circuit 2)."""

    def __init__(self) -> None:
        self._marks = Delay(MARKS)
        self._median = 0.0

    def step(self, ticks: int, v: list[float], q: list[int]) -> None:
        """Write `DP_F2` and `R_F2_FALL`."""
        v[DP_F2] = v[P_F2] - v[P_F2O]
        q[DP_F2] = q[P_F2] or q[P_F2O]
        ok = q[DP_F2] or q[Q_R_2S]
        if ok or v[Q_R_2S] <= 8.0:
            q[R_F2_FALL] = ok or _NOT_READY
            return
        resistance = v[DP_F2] / v[Q_R_2S]
        if not ticks % EVERY:
            self._marks.push(resistance)
            known = sorted(self._marks.values())
            self._median = known[len(known) // 2]
        ready = self._marks.filled >= 6 and self._median > 0.0
        q[R_F2_FALL] = _GOOD if ready else _NOT_READY
        if ready:
            v[R_F2_FALL] = 100.0 * (1.0 - resistance / self._median)
