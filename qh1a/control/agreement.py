"""Whether the protective node holds the same limits (safety H35): its CRC against the host's own."""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.index import LIMITS_DIFFER, LIMITS_N
from qh1a.settings import Limits, limits_crc

EVERY: Final = 100
"""Ticks: the host's copy is summed anew every 10 s, as the node's is."""


@mypyc_attr(serializable=True)
class Agreement:
    """The CRC of the host's limits; what the node reports is compared with it in every tick."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._crc = 0.0
        self._ticks = 0

    def step(self, v: list[float], q: list[int]) -> None:
        """Write `LIMITS_DIFFER`; it is as good as what the node reports."""
        if not self._ticks % EVERY:
            self._crc = float(limits_crc(self._limits.value))
        self._ticks += 1
        v[LIMITS_DIFFER] = 0.0 if v[LIMITS_N] == self._crc else 1.0
        q[LIMITS_DIFFER] = q[LIMITS_N]
