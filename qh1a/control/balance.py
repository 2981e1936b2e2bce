"""Net fluid balance by scales, never by integrating flow meters (circuit 4).

B = V_saline_in + V_heparin - V_waste - V_samples - V_evaporation - (W_r - W_r0)/1.025, positive when the
patient gained; zeroed on entering RAMP, frozen on entering RINSEBACK. A meter that is 2 % off would move
576 mL in 8 h; a scale is off by grams.
"""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.index import (
    BALANCE,
    BALANCE_ABS,
    BALANCE_AWAY,
    G_AIR,
    G_CO2,
    G_O2,
    LVL_R,
    LVL_W_R,
    Q_P_2S,
    Q_R_2S,
    RATIO_RESIDUAL,
    RATIO_VOLUME,
    RINSE_CHASE,
    RINSE_PLASMA,
    RINSE_SALINE,
    SESSION_BALANCE,
    TOUCH_S,
    V_HEP,
    W_R,
    W_R_TOUCH,
    W_S,
    W_SP,
    W_W,
)
from qh1a.control.windows import Delay, Mean
from qh1a.tick import Quality, Response, State
from qh1a.units import EVAPORATION_MG_PER_L, NS_PER_MIN, NS_PER_S, PLASMA_G_PER_ML, SALINE_G_PER_ML

_GOOD: Final = int(Quality.GOOD)
_NOT_READY: Final = int(Quality.NOT_READY)
COUNTED: Final = frozenset(
    {State.RAMP, State.TREAT, State.TREAT_END, State.PAUSE_PLASMA, State.PAUSE_STOPPED, State.PATIENT_OFF,
     State.SAFE}
)  # fmt: skip
_FROM_CONNECT: Final = frozenset({State.CONNECT_FILL, State.CONNECT_VENOUS}) | COUNTED | {
    State.RINSE_PLASMA, State.RINSE_BLOOD,
}  # fmt: skip
_ZEROED: Final = frozenset({State.RAMP, State.TREAT, State.TREAT_END})
"""The balance starts in RAMP, or with the first valid scales after it."""
TOUCH_G_MIN: Final = 60.0
"""Faster than this somebody touches the bag (circuit 4)."""
EVERY: Final = 5
"""Ticks between two looks at the scales: they settle in 0.3 s, and no rule on them acts within a second."""
MEAN_2S: Final = 4
SETTLE_STEPS: Final = 20
LEARN_NS: Final = 15 * NS_PER_MIN
"""The ratio Q_r/Q_p is learned against the scale in the first 15 min of TREAT (circuit 4 b)."""
SLOPE_STEPS: Final = 20
SLOPE_BLOCKS: Final = 18
"""The 3-min slope: between 10-s means 180 s apart."""
SECONDS_PER_STEP: Final = 0.5
_GAS: Final = [G_O2, G_AIR, G_CO2]
VAPOUR: Final = EVAPORATION_MG_PER_L * 1e-6
"""mL of water that 1 mL of sweep gas takes along."""


@mypyc_attr(serializable=True)
class Balance:
    """Balance, its slope, the learned pump ratio, and the eye on the scale itself."""

    def __init__(self) -> None:
        self._zero: tuple[float, float, float, float, float] | None = None
        self._session_zero: tuple[float, float, float, float, float] | None = None
        self._vapour = 0.0
        self._samples0 = 0.0
        self._value = 0.0
        self._session_value = 0.0
        self._now = Mean(MEAN_2S)
        self._before = Mean(MEAN_2S)
        self._lag = Delay(MEAN_2S)
        self._settle = 0
        self._touch_ns = 0
        self._block = Mean(SLOPE_STEPS)
        self._blocks = Delay(SLOPE_BLOCKS)
        self._away = 0.0
        self._slope_ready = False
        self._steps = 0
        self._learned_ns = 0
        self._sum_p = self._sum_r = 0.0
        self._learn_w = 0.0
        self._ratio = 0.0
        self._residual = Mean(600)
        self._volume = 0.0
        self._rinse_returned = 0.0
        self._rinse_zero: tuple[float, float] | None = None
        self._blood_zero: float | None = None

    def step(
        self, gap: int, v: list[float], q: list[int], state: State, highest: Response, samples_ml: float
    ) -> None:
        """Write the balance channels; `gap` is the time since the last call."""
        scales = q[W_R] or q[W_S] or q[W_W] or q[V_HEP]
        self._watch_scale(gap, v, q, state, lost=scales != _GOOD)
        for gas in _GAS:
            if q[gas] == _GOOD:
                self._vapour += VAPOUR * v[gas] * gap / NS_PER_MIN
        v[LVL_W_R] = abs(v[LVL_R] - v[W_R] / PLASMA_G_PER_ML)
        q[LVL_W_R] = q[LVL_R] or q[W_R]
        if not scales:
            self._start(state, v, samples_ml)
            if self._zero is not None and self._rinse_zero is None and state in COUNTED:
                self._value = self._since(self._zero, v) - (samples_ml - self._samples0)
            if self._session_zero is not None and state in _FROM_CONNECT:
                self._session_value = self._since(self._session_zero, v) - samples_ml
        ready = self._zero is not None
        q[BALANCE] = scales if ready else _NOT_READY
        # Frozen in RINSEBACK, where caps stand in the place of its limits.
        q[BALANCE_ABS] = q[BALANCE] if self._rinse_zero is None else _NOT_READY
        q[SESSION_BALANCE] = scales if self._session_zero is not None else _NOT_READY
        v[BALANCE] = self._value
        v[BALANCE_ABS] = abs(self._value)
        v[SESSION_BALANCE] = self._session_value
        # W_sp: the reservoir takes up what came in by other ways, so that the patient's balance stays 0.
        v[W_SP] = v[W_R] + PLASMA_G_PER_ML * self._value
        q[W_SP] = scales if ready else _NOT_READY
        self._slope(v, q, state)
        self._pumps(gap, v, q, state, highest)
        self._rinse(gap, v, q, state)
        self._steps += 1

    def _weights(self, v: list[float]) -> tuple[float, float, float, float, float]:
        return (v[W_R], v[W_S], v[W_W], v[V_HEP], self._vapour)

    def _since(self, zero: tuple[float, float, float, float, float], v: list[float]) -> float:
        w_r, w_s, w_w, hep, vapour = zero
        saline_in = (w_s - v[W_S]) / SALINE_G_PER_ML
        waste = (v[W_W] - w_w) / SALINE_G_PER_ML
        lost = waste + self._vapour - vapour
        return saline_in + v[V_HEP] - hep - lost - (v[W_R] - w_r) / PLASMA_G_PER_ML

    def _start(self, state: State, v: list[float], samples_ml: float) -> None:
        """Where each count starts: once, with the first valid scales in its state, whatever came before."""
        if self._session_zero is None and state is State.CONNECT_FILL:
            self._session_zero = self._weights(v)
        if self._zero is None and state in _ZEROED:
            self._zero = self._weights(v)
            self._samples0 = samples_ml
        if self._rinse_zero is None and state is State.RINSE_PLASMA:
            self._rinse_zero = (v[W_R], v[W_S])
        if self._blood_zero is None and state is State.RINSE_BLOOD:
            self._blood_zero = v[W_S]

    def _watch_scale(self, gap: int, v: list[float], q: list[int], state: State, *, lost: bool) -> None:
        """|dW/dt| on 2-s means, and how long the trim has had to do without the scales."""
        if q[W_R] == _GOOD:
            old = self._lag.push(v[W_R])
            now = self._now.push(v[W_R])
            if old is not None:
                before = self._before.push(old)
                v[W_R_TOUCH] = abs(now - before) * 30.0  # 2 s apart, per minute
        q[W_R_TOUCH] = q[W_R] or (_GOOD if self._before.filled >= MEAN_2S else _NOT_READY)
        touched = q[W_R_TOUCH] == _GOOD and v[W_R_TOUCH] > TOUCH_G_MIN and state in COUNTED
        if touched or lost:
            self._settle = SETTLE_STEPS
        elif self._settle:
            self._settle -= 1
        self._touch_ns = self._touch_ns + gap if self._settle and state in COUNTED else 0
        v[TOUCH_S] = self._touch_ns / NS_PER_S

    def _slope(self, v: list[float], q: list[int], state: State) -> None:
        if q[BALANCE] or state not in COUNTED or self._settle:
            self._block.clear()
            self._blocks.clear()
            self._slope_ready = False
        else:
            mean = self._block.push(self._value)
            if not self._steps % SLOPE_STEPS:
                old = self._blocks.push(mean)
                self._slope_ready = old is not None
                if old is not None:
                    per_h = (mean - old) * 3600.0 / (SLOPE_STEPS * SLOPE_BLOCKS * SECONDS_PER_STEP)
                    self._away = per_h if self._value >= 0.0 else -per_h
        v[BALANCE_AWAY] = self._away
        q[BALANCE_AWAY] = _GOOD if self._slope_ready else _NOT_READY

    def _pumps(self, gap: int, v: list[float], q: list[int], state: State, highest: Response) -> None:
        """The learned ratio of the pumps: an eye on the balance that is not the loop's own."""
        q[RATIO_RESIDUAL] = q[RATIO_VOLUME] = _NOT_READY
        steady = state is State.TREAT and highest <= Response.R0 and not self._settle
        if not steady or q[Q_P_2S] or q[Q_R_2S] or v[Q_P_2S] < 5.0:
            self._residual.clear()
            return
        q_p, q_r, minutes = v[Q_P_2S], v[Q_R_2S], gap / NS_PER_MIN
        if self._learned_ns < LEARN_NS:
            if not self._learned_ns:
                self._learn_w = self._now.value
            self._learned_ns += gap
            self._sum_p += q_p * minutes
            self._sum_r += q_r * minutes
            if self._learned_ns >= LEARN_NS:
                drained = (self._learn_w - self._now.value) / PLASMA_G_PER_ML
                self._ratio = (self._sum_r - drained) / self._sum_p
            return
        residual = q_r - self._ratio * q_p
        self._volume += residual * minutes
        if not self._steps % 2:
            self._residual.push(residual)
        v[RATIO_RESIDUAL] = abs(self._residual.value)
        v[RATIO_VOLUME] = abs(self._volume)
        q[RATIO_VOLUME] = _GOOD
        if self._residual.filled >= 600:
            q[RATIO_RESIDUAL] = _GOOD

    def _rinse(self, gap: int, v: list[float], q: list[int], state: State) -> None:
        w_r, w_s = self._rinse_zero if self._rinse_zero is not None else (0.0, v[W_S])
        if state is State.RINSE_PLASMA:
            self._rinse_returned += v[Q_R_2S] * gap / NS_PER_MIN
            v[RINSE_CHASE] = (w_s - v[W_S]) / SALINE_G_PER_ML
            q[RINSE_CHASE] = q[W_S]
        elif state is State.RINSE_BLOOD and self._blood_zero is not None:
            v[RINSE_SALINE] = (self._blood_zero - v[W_S]) / SALINE_G_PER_ML
            q[RINSE_SALINE] = q[W_S]
        v[RINSE_PLASMA] = self._rinse_returned - w_r / PLASMA_G_PER_ML

    @property
    def trim_frozen(self) -> bool:
        """Whether the scale must not move the return trim now."""
        return self._settle > 0
