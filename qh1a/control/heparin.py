"""Heparin: open loop, by the volume that the syringe pump says it has delivered (circuit 5)."""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.index import BLOOD_STOP_S, TO_NOMINAL, V_HEP, WALL_TIME
from qh1a.control.phases import Heparin
from qh1a.settings import Prescription
from qh1a.tick import Quality

_GOOD: Final = int(Quality.GOOD)
BOLUS_ML_H: Final = 60.0
ALONE_S: Final = 25.0
"""Into blood that has stood this long nothing is given; I6 forbids it after 30 s."""


@mypyc_attr(serializable=True)
class HeparinPump:
    """Bolus, then the rate, until the cap; nothing while the volume delivered is not known.

    "dose" ends before the predicted end: that of effective time with its extension, or the wall-time cap if
    that comes first. "rate" is for blood that circulates while treatment waits, nobody knows how long.
    """

    __slots__ = ("_bolus_left", "_cap_ml", "_given", "_off_before_s", "_off_wall_s", "_rate", "_read")

    def __init__(self, prescription: Prescription) -> None:
        a, marks = prescription.anticoagulation, prescription.marks
        self._rate = a.rate_ml_h if a.agent == "UFH" else 0.0
        self._bolus_left = a.bolus_ml if a.agent == "UFH" else 0.0
        self._cap_ml = a.cap_ml
        self._off_before_s = marks.heparin_off_before_s
        self._off_wall_s = prescription.nominal_h * 3600.0 + marks.cap_extra_s - marks.heparin_off_before_s
        self._given = 0.0
        self._read: float | None = None

    def step(self, mode: Heparin, v: list[float], q: list[int]) -> float:
        """The wanted rate (mL/h)."""
        if q[V_HEP] != _GOOD:
            return 0.0
        more = 0.0 if self._read is None else v[V_HEP] - self._read
        self._read = v[V_HEP]
        if more > 0.0:  # a counter that begins again takes nothing back
            self._given += more
            if mode == "dose":
                self._bolus_left -= more
        if mode == "off" or self._given >= self._cap_ml or v[BLOOD_STOP_S] >= ALONE_S:
            return 0.0
        if mode == "dose":
            if v[TO_NOMINAL] >= -self._off_before_s or v[WALL_TIME] >= self._off_wall_s:
                return 0.0
            if self._bolus_left > 0.0:
                return BOLUS_ML_H
        return self._rate
