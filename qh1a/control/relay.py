"""A relay in a controller's place, for tuning (Astrom & Hagglund, Advanced PID Control, ch. 8).

A loop under a relay settles into a small limit cycle; what it does there says which controller it needs. The
relay is biased, its two steps differ, so that the mean of the cycle shows the static gain as well.
"""

from mypy_extensions import mypyc_attr

from qh1a.control.pid import Pid


@mypyc_attr(serializable=True)
class Relay(Pid):
    """Stands where a `Pid` stands and gives `centre + up` or `centre - down`, in [lo, hi].

    It first rests at `centre` for `rest` steps, whose mean error is its zero; then it steps up above
    zero + `hysteresis` and down below zero - `hysteresis`. `errors` and `outs` keep one entry per step,
    `gain` and `rate` the schedule that a controller here would be under.
    """

    __slots__ = (
        "_centre",
        "_down",
        "_high",
        "_hysteresis",
        "_rest",
        "_up",
        "errors",
        "gain",
        "outs",
        "rate",
        "zero",
    )

    def __init__(self, centre: float, up: float, down: float, hysteresis: float, rest: int) -> None:
        super().__init__(0.0, 1.0, 0.0, centre - down, centre + up)
        self._centre = centre
        self._up = up
        self._down = down
        self._hysteresis = hysteresis
        self._rest = rest
        self._high = False
        self.out = centre
        self.zero = 0.0
        self.gain = 1.0
        self.rate = 1.0
        self.errors: list[float] = []
        self.outs: list[float] = []

    def step(self, error: float, pv: float, dt: float, ff: float = 0.0, gain: float = 1.0) -> float:
        """The output for this error; measurement, time and feed-forward do not matter to a relay."""
        done = len(self.errors)
        if done < self._rest:
            self.zero += (error - self.zero) / (done + 1)
            wanted = self._centre
        else:
            if error > self.zero + self._hysteresis:
                self._high = True
            elif error < self.zero - self._hysteresis:
                self._high = False
            wanted = self._centre + self._up if self._high else self._centre - self._down
        # A loop may narrow the limits from tick to tick.
        self.out = self.lo if wanted < self.lo else self.hi if wanted > self.hi else wanted
        self.gain = gain
        self.errors.append(error)
        self.outs.append(self.out)
        return self.out

    def observe(self, actual: float, dt: float, rate: float = 1.0) -> None:
        """What left does not move a relay."""
        self.rate = rate

    def seed(self, actual: float, ff: float) -> None:
        """A relay keeps its own centre."""


def around(controller: Pid, up: float, down: float, hysteresis: float, rest: int) -> Relay:
    """A relay around the output that a controller has, inside its limits.

    Code outside the core cannot make one itself: compiled classes that can be copied are made in it only.
    """
    relay = Relay(controller.out, up, down, hysteresis, rest)
    relay.lo, relay.hi = controller.lo, controller.hi
    return relay
