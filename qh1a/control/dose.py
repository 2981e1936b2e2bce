"""What the heparin pump has given against what it was told to give (H26, H27)."""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.index import HEP_OVER, HEP_PAST_CAP, HEP_SHORT, V_HEP
from qh1a.control.windows import Delay
from qh1a.tick import LEASE_NS, Quality
from qh1a.units import NS_PER_S

_GOOD: Final = int(Quality.GOOD)
_NOT_READY: Final = int(Quality.NOT_READY)
EVERY: Final = 50
"""Ticks between two looks: 5 s."""
MIN_5: Final = 60
MIN_10: Final = 120
LATE: Final = 20
"""A reading of V_hep may be so many ticks old (its age limit is 2 s): what was told then may show now."""
LEAST_ML: Final = 0.1
"""Of less than this a share says nothing: V_hep counts in 0.001 mL."""
LEASE: Final = int(LEASE_NS)
NS_PER_H: Final = 3600 * NS_PER_S


@mypyc_attr(serializable=True)
class HeparinDose:
    """Sums of what was told and of what was given, from the first reading on; a lost reading begins anew.

    Too much is judged over the last 5 min or as much of it as there is, with every doubt about time in the
    pump's favour; too little over 10 full minutes, in which a pump has taken up its slack.
    """

    def __init__(self, cap_ml: float) -> None:
        self._cap = cap_ml
        self._known = False
        self._ticks = 0
        self._told = 0.0
        self._first = 0.0
        self._late = Delay(LATE)
        self._told_5, self._given_5 = Delay(MIN_5), Delay(MIN_5)
        self._told_10, self._given_10 = Delay(MIN_10), Delay(MIN_10)

    def step(self, gap: int, v: list[float], q: list[int], rate: float) -> None:
        """Write the heparin channels; `rate` (mL/h) is the command of the `gap` ns before this tick."""
        q[HEP_PAST_CAP] = q[V_HEP]
        if q[V_HEP] != _GOOD:
            q[HEP_OVER] = q[HEP_SHORT] = q[V_HEP]
            self._known = False
            return
        given = v[V_HEP]
        v[HEP_PAST_CAP] = given - self._cap
        if self._known:
            # Beyond its lease a command is void.
            self._told += rate * (gap if gap < LEASE else LEASE) / NS_PER_H
        else:
            self._begin(given)
        late = self._late.push(self._told) or 0.0
        if not self._ticks % EVERY:
            self._judge(v, q, late, given)
        self._ticks += 1

    def _begin(self, given: float) -> None:
        self._known = True
        self._ticks = 0
        self._told = 0.0
        self._first = given
        for past in (self._late, self._told_5, self._given_5, self._told_10, self._given_10):
            past.clear()

    def _judge(self, v: list[float], q: list[int], late: float, given: float) -> None:
        told = self._told - (self._told_5.push(late) or 0.0)
        before = self._given_5.push(given)
        more = given - (self._first if before is None else before) - told
        v[HEP_OVER] = 100.0 * more / (told if told > LEAST_ML else LEAST_ML)
        q[HEP_OVER] = _GOOD
        q[HEP_SHORT] = _NOT_READY
        then, before = self._told_10.push(late), self._given_10.push(given)
        if then is not None and before is not None and late - then >= LEAST_ML:
            v[HEP_SHORT] = 100.0 * (1.0 - (given - before) / (late - then))
            q[HEP_SHORT] = _GOOD
