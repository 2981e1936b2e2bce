"""A relay in a controller's place, for tuning (Astrom & Hagglund, Advanced PID Control, ch. 8).

A loop under a relay settles into a small limit cycle; what it does there says which controller it needs. The
relay is biased, its two steps differ, so that the mean of the cycle shows the static gain as well.
"""

from math import inf, nan
from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.pid import Pid

BEYOND: Final = 1.2
"""The hysteresis is at least the swing at rest times this: ripple alone does not switch."""


@mypyc_attr(serializable=True)
class Relay(Pid):
    """Stands where a `Pid` stands and goes to `centre + up` or `centre - down`, in [lo, hi].

    It first rests at `centre` for `rest` steps, whose mean error is its zero; then it goes up above
    zero + `hysteresis` and down below zero - `hysteresis`, at most by `slew` per s, which is for loops with
    limiters: they hold back a step. `errors` and `outs` keep one entry per step, `ups` the steps in which it
    turned up, `gain` and `rate` the schedule that a controller here would be under at rest. `left` is what
    really left in the last tick, nan when nobody said so.
    """

    __slots__ = (
        "_centre",
        "_down",
        "_high",
        "_hysteresis",
        "_least",
        "_most",
        "_rest",
        "_slew",
        "_up",
        "errors",
        "gain",
        "left",
        "outs",
        "rate",
        "ups",
        "zero",
    )

    def __init__(
        self, centre: float, up: float, down: float, hysteresis: float, rest: int, slew: float = inf
    ) -> None:
        super().__init__(0.0, 1.0, 0.0, centre - down, centre + up)
        self._centre = centre
        self._up = up
        self._down = down
        self._hysteresis = hysteresis
        self._rest = rest
        self._slew = slew
        self._high = False
        self._least = inf
        self._most = -inf
        self.out = centre
        self.zero = 0.0
        self.gain = 1.0
        self.rate = 1.0
        self.left = nan
        self.errors: list[float] = []
        self.outs: list[float] = []
        self.ups: list[int] = []

    def step(self, error: float, pv: float, dt: float, ff: float = 0.0, gain: float = 1.0) -> float:
        """The output for this error; measurement and feed-forward do not matter to a relay."""
        done = len(self.errors)
        if done <= self._rest:
            self.gain = gain
        if done < self._rest:
            self.zero += (error - self.zero) / (done + 1)
            self._least = error if error < self._least else self._least
            self._most = error if error > self._most else self._most
            wanted = self._centre
        else:
            wanted = self._switched(error, done)
        most = self._slew * dt
        move = wanted - self.out
        wanted = self.out + most if move > most else self.out - most if move < -most else wanted
        # A loop may narrow the limits from tick to tick.
        self.out = self.lo if wanted < self.lo else self.hi if wanted > self.hi else wanted
        self.left = nan
        self.errors.append(error)
        self.outs.append(self.out)
        return self.out

    def _switched(self, error: float, done: int) -> float:
        """Where it goes to from now on."""
        swing = BEYOND * 0.5 * (self._most - self._least)
        band = swing if swing > self._hysteresis else self._hysteresis
        if error > self.zero + band and not self._high:
            self._high = True
            self.ups.append(done)
        elif error < self.zero - band:
            self._high = False
        return self._centre + self._up if self._high else self._centre - self._down

    def observe(self, actual: float, dt: float, rate: float = 1.0) -> None:
        """What left does not move a relay."""
        self.left = actual
        if len(self.errors) <= self._rest + 1:
            self.rate = rate

    def seed(self, actual: float, ff: float) -> None:
        """A relay keeps its own centre."""


def around(controller: Pid, up: float, down: float, hysteresis: float, rest: int, slew: float) -> Relay:
    """A relay around the output that a controller has, inside its limits.

    Code outside the core cannot make one itself: compiled classes that can be copied are made in it only.
    """
    relay = Relay(controller.out, up, down, hysteresis, rest, slew)
    relay.lo, relay.hi = controller.lo, controller.hi
    return relay
