"""What the heparin pump has given against what it was told to give (H26, H27)."""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.index import (
    HEP_BACK,
    HEP_OVER,
    HEP_PAST_CAP,
    HEP_SHORT,
    HEP_STOP_S,
    TO_NOMINAL,
    V_HEP,
    WALL_TIME,
)
from qh1a.control.windows import Delay
from qh1a.settings import Prescription
from qh1a.tick import LEASE_NS, Quality, State
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
RESTART_ML: Final = 1.0
"""A count that falls by more than any pump draws back in the delay of H26.3 has begun again."""
LEASE: Final = int(LEASE_NS)
NS_PER_H: Final = 3600 * NS_PER_S
_BLOOD: Final = tuple(
    s in {State.RAMP, State.TREAT, State.TREAT_END, State.PAUSE_PLASMA, State.PAUSE_STOPPED} for s in State
)
"""States in which heparin belongs into the blood that is outside."""


@mypyc_attr(serializable=True)
class HeparinDose:
    """Sums of what was told and of what was given, from the first reading on; a lost reading begins anew.

    Too much is judged over the last 5 min or as much of it as there is, with every doubt about time in the
    pump's favour; too little over 10 full minutes, in which a pump has taken up its slack.
    """

    def __init__(self, prescription: Prescription) -> None:
        a, marks = prescription.anticoagulation, prescription.marks
        self._cap = a.cap_ml
        self._prescribed = a.agent == "UFH" and a.rate_ml_h > 0.0
        self._off_before_s = marks.heparin_off_before_s
        self._off_wall_s = prescription.nominal_h * 3600.0 + marks.cap_extra_s - marks.heparin_off_before_s
        self._stopped_ns = 0
        self._highest = 0.0
        self._known = False
        self._ticks = 0
        self._told = 0.0
        self._first = 0.0
        self._late = Delay(LATE)
        self._told_5, self._given_5 = Delay(MIN_5), Delay(MIN_5)
        self._told_10, self._given_10 = Delay(MIN_10), Delay(MIN_10)

    def step(self, gap: int, v: list[float], q: list[int], rate: float, state: State) -> None:
        """Write the heparin channels; `rate` (mL/h) is the command of the `gap` ns before this tick."""
        self._stopped(gap, v, rate, state)
        q[HEP_PAST_CAP] = q[HEP_BACK] = q[V_HEP]
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
        if given > self._highest:
            self._highest = given
        v[HEP_BACK] = self._highest - given
        if v[HEP_BACK] > RESTART_ML:
            self._begin(given)
        late = self._late.push(self._told) or 0.0
        if not self._ticks % EVERY:
            self._judge(v, q, late, given)
        self._ticks += 1

    def _stopped(self, gap: int, v: list[float], rate: float, state: State) -> None:
        """H25: how long the blood has had no heparin although it should; not before the predicted end."""
        planned = v[TO_NOMINAL] >= -self._off_before_s or v[WALL_TIME] >= self._off_wall_s
        if rate > 0.0 or planned or not self._prescribed or not _BLOOD[state]:
            self._stopped_ns = 0
        else:
            self._stopped_ns += gap
        v[HEP_STOP_S] = self._stopped_ns / NS_PER_S

    def _begin(self, given: float) -> None:
        self._known = True
        self._highest = given
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
