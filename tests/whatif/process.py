"""A process with a delay, marched in fine steps, and a controller around it: an oracle of its own."""

import math
from collections import deque

import numpy as np

from qh1a.control.pid import Pid
from qh1a.control.relay import Relay
from qh1a.whatif.fit import Record

DT = 0.1
PARTS = 20


class Process:
    """K e^(-Ls)/(Ts + 1), or K e^(-Ls)/s with no T; the delay on a grid of 5 ms."""

    def __init__(self, gain: float, lag_s: float | None, delay_s: float) -> None:
        self._gain, self._lag = gain, lag_s
        self._line = deque([0.0] * round(delay_s * PARTS / DT))
        self.y = 0.0

    def step(self, u: float) -> float:
        """The measurement a tick later."""
        fine = DT / PARTS
        for _ in range(PARTS):
            self._line.append(u)
            late = self._line.popleft()
            if self._lag is None:
                self.y += self._gain * late * fine
            else:
                self.y += (self._gain * late - self.y) * -math.expm1(-fine / self._lag)
        return self.y


def under_relay(
    process: Process,
    up: float,
    down: float,
    hysteresis: float,
    cycles: int,
    rest: int = 50,
    slew: float = math.inf,
    mean: int = 1,
) -> Record:
    """What a relay does to a process that stands at 0 and is seen through the mean of `mean` ticks."""
    relay = Relay(0.0, up, down, hysteresis, rest, slew)
    y = 0.0
    seen = deque([0.0] * mean, maxlen=mean)
    while len(relay.ups) < cycles + 2:
        for _ in range(50):
            seen.append(y)
            y = process.step(relay.step(-sum(seen) / mean, y, DT))
        assert len(relay.outs) < 100_000
    return Record(np.array(relay.outs), -np.array(relay.errors), relay.ups, rest)


def disturbed(process: Process, pid: Pid, omega: float, periods: int = 12) -> float:
    """How much a closed loop amplifies a sine of angular frequency `omega` added to the measurement."""
    ticks = round(2.0 * math.pi * periods / omega / DT)
    settle = ticks // 2
    y, errors = 0.0, []
    for n in range(ticks):
        error = -(y + math.sin(omega * n * DT))
        u = pid.step(error, -error, DT)
        pid.observe(u, DT)
        errors.append(error)
        y = process.step(u)
    at = np.arange(settle, ticks) * DT * omega
    parts = np.column_stack([np.sin(at), np.cos(at)])
    found = np.linalg.lstsq(parts, np.array(errors[settle:]), rcond=None)[0]
    return float(np.hypot(*found))
