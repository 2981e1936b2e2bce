"""A flow loop with limiters: min-select over controllers that all follow what really left.

Roller pumps make flow and pressure swing at 0.1-1 Hz. All controllers see 2-s means, and are tuned to act by
their integral: a proportional part would hand the ripple on to the pump. The mean is that of the error, not
of the flow, so that it does not lag behind a set point that ramps.
"""

from collections.abc import Callable, Sequence

from mypy_extensions import mypyc_attr

from qh1a.control.pid import Pid, Terms
from qh1a.control.windows import MEAN_2S, Mean


@mypyc_attr(serializable=True)
class Limited:
    """One flow loop with its limiters: the lowest output leads, the others follow it."""

    __slots__ = ("_error", "_leads", "_led", "_limiters", "_main", "_out", "_rooms", "hi", "slew", "target")

    def __init__(self, main: Pid, limiters: Sequence[Pid], hi: float, slew: float) -> None:
        self._main = main
        self._limiters = tuple(limiters)
        self._error = Mean(MEAN_2S)
        self._rooms = tuple([Mean(MEAN_2S) for _ in self._limiters])
        self._leads: Pid = main
        self._led: Pid = main
        self.hi = hi
        self.slew = slew
        self.target = 0.0
        self._out = 0.0

    def put(self, make: Callable[[Pid], Pid]) -> None:
        """Let the controller that `make` makes of the leading one lead instead."""
        self._main = make(self._main)

    def terms(self) -> Terms:
        """Those of the controller that leads."""
        for k, limiter in enumerate(self._limiters, start=1):
            if limiter is self._leads:
                return limiter.terms(k)
        return self._main.terms()

    def ramp(self, wanted: float, dt: float, up: float, down: float) -> float:
        """Move the set point towards `wanted` at most `up`, `down` per s."""
        step = wanted - self.target
        most, least = up * dt, -down * dt
        self.target += most if step > most else least if step < least else step
        return self.target

    def step(self, pv: float, room: tuple[float | None, ...], dt: float) -> float:
        """The wanted flow. `room[k]` is how far limiter k's signal is from its limit, None when unknown."""
        u = self._main.step(self._error.push(self.target - pv), pv, dt, self.target)
        self._leads = self._main
        for k in range(len(self._limiters)):  # compiled, a strict zip costs more than the controllers
            limiter, mean, now = self._limiters[k], self._rooms[k], room[k]
            if now is None:
                mean.clear()
                continue
            left = mean.push(now)
            # One that stands by would ask for kp x room above the last output: mostly too much to lead.
            if limiter is not self._led and limiter.kp * left + self._out >= u:
                continue
            if limiter is not self._led:
                limiter.seed(self._out, 0.0)
            least = limiter.step(left, -left, dt)
            if least < u:
                u = least
                self._leads = limiter
        return u

    def hold(self) -> float:
        """The output of before, when the measurement is lost."""
        self._forget()
        return self._out

    def stop(self) -> float:
        """Forget everything; the next start ramps from zero."""
        self.target = 0.0
        self._out = 0.0
        self._main.seed(0.0, 0.0)
        self._leads = self._led = self._main
        self._forget()
        return 0.0

    def _forget(self) -> None:
        self._error.clear()
        for mean in self._rooms:
            mean.clear()

    def observe(self, actual: float, dt: float) -> None:
        """What really left. A limiter that does not lead stands by at the present output."""
        self._out = actual
        self._main.observe(actual, dt)
        self._led = self._leads
        if self._leads is not self._main:
            self._leads.observe(actual, dt)
