"""Means of the measured flows, and what is missing of each against its pump's command."""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.windows import MEAN_2S, MEAN_10S, Mean
from qh1a.tick import Quality

_GOOD: Final = int(Quality.GOOD)
_NOT_READY: Final = int(Quality.NOT_READY)
SHORT_ABOVE: Final = 5.0
"""Below this command (mL/min) a missing share of flow says nothing."""


@mypyc_attr(serializable=True)
class FlowMeans:
    """One flow: its 2-s and 10-s means and its missing share. A lost reading begins the means anew."""

    __slots__ = ("_actuator", "_channel", "_mean2", "_mean10", "_short", "_ten", "_two")

    def __init__(self, channel: int, two: int, ten: int, actuator: int, short: int) -> None:
        self._channel, self._two, self._ten, self._short = channel, two, ten, short
        self._actuator = actuator
        self._mean2 = Mean(MEAN_2S)
        self._mean10 = Mean(MEAN_10S)

    def step(self, v: list[float], q: list[int], sent: tuple[float, ...], *, block: bool) -> None:
        """Write this flow's channels; `block`: 2 s have passed since the 10-s mean took one."""
        two, bad = self._two, q[self._channel]
        if bad != _GOOD:
            q[two] = q[self._ten] = q[self._short] = bad
            self._mean2.clear()
            self._mean10.clear()
            return
        mean = self._mean2.push(v[self._channel])
        v[two] = mean
        q[two] = _GOOD
        if block:
            v[self._ten] = self._mean10.push(mean)
            q[self._ten] = _GOOD
        command = sent[self._actuator]
        if command > SHORT_ABOVE:
            v[self._short] = 1.0 - mean / command
            q[self._short] = _GOOD
        else:
            q[self._short] = _NOT_READY
