"""A flow loop with limiters: min-select over controllers that all follow what really left."""

from collections.abc import Sequence

from qh1a.control.pid import Pid


class Limited:
    """One flow loop with its limiters: the lowest output leads, the others follow it."""

    __slots__ = ("_leads", "_limiters", "_main", "_out", "hi", "slew", "target")

    def __init__(self, main: Pid, limiters: Sequence[Pid], hi: float, slew: float) -> None:
        self._main = main
        self._limiters = tuple(limiters)
        self._leads: Pid = main
        self.hi = hi
        self.slew = slew
        self.target = 0.0
        self._out = 0.0

    def ramp(self, wanted: float, dt: float, up: float, down: float) -> float:
        """Move the set point towards `wanted` at most `up`, `down` per s."""
        step = wanted - self.target
        most, least = up * dt, -down * dt
        self.target += most if step > most else least if step < least else step
        return self.target

    def step(self, pv: float, room: Sequence[float | None], dt: float) -> float:
        """The wanted flow. `room[k]` is how far limiter k's signal is from its limit, None when unknown."""
        u = self._main.step(self.target - pv, pv, dt, self.target)
        self._leads = self._main
        for limiter, left in zip(self._limiters, room, strict=True):
            if left is not None:
                least = limiter.step(left, -left, dt)
                if least < u:
                    u = least
                    self._leads = limiter
        return u

    def hold(self) -> float:
        """The output of before, when the measurement is lost."""
        return self._out

    def stop(self) -> float:
        """Forget everything; the next start ramps from zero."""
        self.target = 0.0
        self._out = 0.0
        for pid in (self._main, *self._limiters):
            pid.seed(0.0, 0.0)
        return 0.0

    def observe(self, actual: float, dt: float) -> None:
        """What really left. A limiter that does not lead stands by at the present output."""
        self._out = actual
        self._main.observe(actual, dt)
        for limiter in self._limiters:
            if limiter is self._leads:
                limiter.observe(actual, dt)
            else:
                limiter.seed(actual, 0.0)
