"""The venous pressure that the flows lead one to expect, so that a line that slips off is seen (H05)."""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.index import BP, P_VEN, P_VEN_DROP, P_VEN_EXP, PP, Q_B_2S, Q_P_2S, Q_R_2S, RP
from qh1a.tick import Quality
from qh1a.units import NS_PER_S

_GOOD: Final = int(Quality.GOOD)
_NOT_READY: Final = int(Quality.NOT_READY)
RECENTRE_NS: Final = 10 * NS_PER_S
TRACK_MMHG_S: Final = 5.0 / 60.0
"""It follows at most 5 mmHg/min (circuit 2, H05)."""
LEARN_MMHG_S: Final = 1.0
"""In RAMP it is learned: blood replaces the prime in the return line within a minute or two."""
FLOW_STEP: Final = 3.0
"""A commanded step of flow, mL/min; the trims of the loops stay far below."""
LEAST_FLOW: Final = 40.0
"""H05 is armed above this blood flow, mL/min."""
TICK_S: Final = 0.1


@mypyc_attr(serializable=True)
class ExpectedVenous:
    """P0 + R_ret (Q_b - Q_p + Q_r) from measured flows.

    P0 is tracked slowly, frozen while the drop is beyond its limit, re-centred 10 s after a commanded step.
    """

    def __init__(self, resistance: float, drop_limit: float) -> None:
        self._resistance = resistance
        self._limit = drop_limit
        self._base: float | None = None
        self._commanded = 0.0
        self._recentre_at: int | None = None

    def step(
        self, now: int, v: list[float], q: list[int], sent: tuple[float, ...], *, learning: bool
    ) -> None:
        """Write the expected pressure and how far below it the measured one is."""
        flow = v[Q_B_2S] - v[Q_P_2S] + v[Q_R_2S]
        known = q[P_VEN] or q[Q_B_2S] or q[Q_P_2S] or q[Q_R_2S]
        commanded = sent[BP] - sent[PP] + sent[RP]
        if abs(commanded - self._commanded) > FLOW_STEP:
            self._commanded = commanded
            self._recentre_at = now + RECENTRE_NS
        if sent[BP] < LEAST_FLOW:
            self._base = None
        if known or sent[BP] < LEAST_FLOW:  # a lost reading must not make a fallen pressure the expected one
            q[P_VEN_EXP] = q[P_VEN_DROP] = known or _NOT_READY
            return
        p0 = v[P_VEN] - self._resistance * flow
        if self._base is None:
            if self._recentre_at is not None and now < self._recentre_at:
                q[P_VEN_EXP] = q[P_VEN_DROP] = _NOT_READY
                return
            self._base = p0
        drop = self._base - p0
        if drop < self._limit:
            due = self._recentre_at is not None and now >= self._recentre_at
            if due:
                self._recentre_at = None
            if due and drop > -self._limit:  # far above is a kink: nothing to learn from
                self._base = p0
            else:
                most = (LEARN_MMHG_S if learning else TRACK_MMHG_S) * TICK_S
                self._base -= most if drop > most else -most if drop < -most else drop
        v[P_VEN_EXP] = self._base + self._resistance * flow
        v[P_VEN_DROP] = v[P_VEN_EXP] - v[P_VEN]
        q[P_VEN_EXP] = q[P_VEN_DROP] = _GOOD
