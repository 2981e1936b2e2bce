"""One PID controller with external reset feedback.

The integrator is a first-order lag, with time constant Ti, of the output that really left the supervisor
(`observe`). While the controller is in command this is exactly integral action; while a limit, a limiter or
the supervisor is in command the integrator follows them, so it cannot wind up and take-over is bumpless
(Astrom & Hagglund, Advanced PID Control, ch. 3.5; Shinskey's external reset).
"""

from typing import Final, NamedTuple

from mypy_extensions import mypyc_attr

D_FILTER: Final = 0.125
"""Derivative filter time as a share of Td: the usual N = 8."""


class Terms(NamedTuple):
    """What an output is made of, in its own unit: feed-forward, P, I, D, the clipped sum, and who leads."""

    feed: float
    p: float
    i: float
    d: float
    out: float
    leader: int


def scheduled(flow: float, lo: float, hi: float) -> float:
    """What kp or 1/Ti is multiplied with at this Q_c (mL/min), 1 at 100: to the sensor lies a volume."""
    share = flow / 100.0
    return lo if share < lo else hi if share > hi else share


@mypyc_attr(serializable=True)
class Pid:
    """u = ff + kp e + i + d, clipped to [lo, hi]; derivative on the measurement.

    `kp` is output units per input unit, times in seconds. Only + - * / are used, so the bits of the output do
    not depend on a maths library.
    """

    __slots__ = ("_d", "_ff", "_i", "_pv", "_td", "_ti", "d", "hi", "kp", "lo", "out", "p")

    def __init__(self, kp: float, ti_s: float, td_s: float, lo: float, hi: float) -> None:
        self.kp = kp
        self._ti = ti_s
        self._td = td_s
        self.lo = lo
        self.hi = hi
        self._i = 0.0
        self._d = 0.0
        self._ff = 0.0
        self._pv: float | None = None
        self.p = 0.0
        self.d = 0.0
        self.out = 0.0

    def step(self, error: float, pv: float, dt: float, ff: float = 0.0, gain: float = 1.0) -> float:
        """The wanted output for this error; `pv` feeds the derivative, `gain` schedules kp."""
        d = 0.0
        if self._td > 0.0:
            if self._pv is not None:
                slope = (self._pv - pv) * self._td / dt
                tf = D_FILTER * self._td
                self._d += (slope - self._d) * (dt / (tf + dt))
            self._pv = pv
            d = self.kp * gain * self._d
        self._ff = ff
        p = self.kp * gain * error
        self.p, self.d = p, d
        u = ff + p + self._i + d
        self.out = self.lo if u < self.lo else self.hi if u > self.hi else u
        return self.out

    def terms(self, leader: int = 0) -> Terms:
        """What the last step was made of, for people; `leader` counts limiters from 1."""
        return Terms(self._ff, self.p, self._i, self.d, self.out, leader)

    def observe(self, actual: float, dt: float, rate: float = 1.0) -> None:
        """Tell what really left for the actuator; `rate` schedules 1/Ti. Call once after each `step`."""
        k = dt * rate / self._ti
        self._i += (actual - self._ff - self._i) * (k if k < 1.0 else 1.0)

    def seed(self, actual: float, ff: float) -> None:
        """Start so that with no error the next output is `actual`."""
        self._i = actual - ff
        self._ff = ff
        self._d = 0.0
        self._pv = None
        self.p = self.d = 0.0
        self.out = actual
