"""Air on its way to the patient: the bubble that is passing, and what has passed in 1 and 5 min per kg."""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.index import AIR_1MIN, AIR_5MIN, AIR_P, AIR_P_BUBBLE, AIR_V, AIR_V_BUBBLE
from qh1a.control.windows import Delay
from qh1a.tick import Quality

_GOOD: Final = int(Quality.GOOD)
TICKS_PER_S: Final = 10


@mypyc_attr(serializable=True)
class Bubble:
    """One air detector's counter, read as the bubble that is passing now."""

    __slots__ = ("_counter", "_quiet", "volume")

    def __init__(self) -> None:
        self._counter: float | None = None
        self._quiet = 0
        self.volume = 0.0

    def step(self, counter: float) -> float:
        """Air since the tick before; `volume` is the bubble it belongs to (three clear ticks end one)."""
        more = 0.0 if self._counter is None else counter - self._counter
        self._counter = counter
        if more > 0.0:
            self.volume += more
            self._quiet = 0
            return more
        self._quiet += 1
        if self._quiet >= 3:
            self.volume = 0.0
        return 0.0


@mypyc_attr(serializable=True)
class AirCounters:
    """Both detectors; no pause resets what has passed (H02)."""

    def __init__(self, weight_kg: float) -> None:
        self._kg = weight_kg
        self._venous = Bubble()
        self._plasma = Bubble()
        self._second = 0.0
        self._ticks = 0
        self._minute = Delay(60)
        self._minutes = Delay(300)
        self._in_1min = self._in_5min = 0.0

    def step(self, v: list[float], q: list[int]) -> None:
        """Write the air channels of this tick."""
        q[AIR_V_BUBBLE] = q[AIR_1MIN] = q[AIR_5MIN] = q[AIR_V]
        q[AIR_P_BUBBLE] = q[AIR_P]
        if q[AIR_V] == _GOOD:
            self._second += self._venous.step(v[AIR_V])
        if q[AIR_P] == _GOOD:
            self._plasma.step(v[AIR_P])
        v[AIR_V_BUBBLE] = self._venous.volume
        v[AIR_P_BUBBLE] = self._plasma.volume
        if not self._ticks % TICKS_PER_S:
            self._in_1min += self._second - (self._minute.push(self._second) or 0.0)
            self._in_5min += self._second - (self._minutes.push(self._second) or 0.0)
            self._second = 0.0
        self._ticks += 1
        v[AIR_1MIN] = (self._in_1min + self._second) / self._kg
        v[AIR_5MIN] = (self._in_5min + self._second) / self._kg
