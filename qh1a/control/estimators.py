"""Derived channels: means, slopes, sums, drops and timers, so that every rule is one comparison.

`Estimators.step` writes the derived part of the tick's value and quality lists. A derived value is GOOD when
all it needs is; NOT_READY says that its condition does not apply (pump off, too early) and keeps rules still.
"""

from math import inf
from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.control.air import AirCounters
from qh1a.control.balance import EVERY, Balance
from qh1a.control.dose import HeparinDose
from qh1a.control.flows import SHORT_ABOVE, FlowMeans
from qh1a.control.index import (
    AC,
    AT_CAP,
    BLOOD_STOP_S,
    BP,
    BP_SHORT,
    BV,
    CELL_STOP_S,
    CLAMP_ESCAPED,
    CLAMP_MISS,
    CP,
    CP_SHORT,
    DP_BR,
    DP_BR_OVER,
    HCT_OUT,
    HP,
    INTERLOCKS,
    N_BP,
    N_CP,
    N_MIN,
    N_PP,
    N_RP,
    NODE,
    P_ACC,
    P_ACC_FAST,
    P_BRI,
    P_BRO,
    P_FIL,
    P_GAS,
    P_GAS_OVER,
    P_PRE,
    P_VEN,
    P_VEN_FAST,
    P_VEN_RUN,
    PC,
    PHASE,
    PLASMA_SHARE,
    POS_AC,
    PP,
    PP_SHORT,
    Q_B,
    Q_B_2S,
    Q_B_10S,
    Q_C,
    Q_C_2S,
    Q_C_10S,
    Q_P,
    Q_P_2S,
    Q_P_10S,
    Q_R,
    Q_R_2S,
    Q_R_10S,
    QP_QB,
    R4S_S,
    RESPONSE,
    RP,
    RP_SHORT,
    T_RET,
    T_RET_RUN,
    T_W1,
    T_W2,
    T_W_MAX,
    TMP,
    TMP_RUN,
)
from qh1a.control.trends import PreFilter, SecondFilter
from qh1a.control.venous import ExpectedVenous
from qh1a.control.windows import MEAN_2S, Mean
from qh1a.settings import Limits, Prescription, Rig
from qh1a.tick import UNPOWERED, Frame, Quality, Response, SessionView, State
from qh1a.units import NS_PER_S, nanoseconds

_GOOD: Final = int(Quality.GOOD)
_NOT_READY: Final = int(Quality.NOT_READY)
_C = Channel

_FLOWS: Final = (
    (Q_B, Q_B_2S, Q_B_10S, BP, BP_SHORT),
    (Q_P, Q_P_2S, Q_P_10S, PP, PP_SHORT),
    (Q_C, Q_C_2S, Q_C_10S, CP, CP_SHORT),
    (Q_R, Q_R_2S, Q_R_10S, RP, RP_SHORT),
)
_LOST: Final = tuple(
    (int(target), [int(c) for c in needs])
    for target, needs in (
        (_C.LOST_BLOOD, (_C.AIR_V, _C.P_VEN, _C.P_ACC, _C.P_PRE)),  # I14
        (_C.LOST_RETURN, (_C.AIR_V, _C.AIR_P, _C.P_VEN, _C.P_RET)),  # I4
        (_C.LOST_WARM, (_C.T_W1, _C.T_W2, _C.T_BR)),
        (_C.LOST_CELLS, (_C.Q_C, _C.P_BRI, _C.P_BRO)),
        (_C.LOST_TMP, (_C.P_PRE, _C.P_VEN, _C.P_FIL)),
        (_C.LOST_QP, (_C.Q_P,)),
        (_C.LOST_QB, (_C.Q_B,)),
        (_C.LOST_SCALES, (_C.W_R, _C.W_S)),
    )
)
_TACHS: Final = [N_BP, N_PP, N_CP, N_RP]
_NEEDED: Final = sorted({c for _, needs in _LOST for c in needs})
_CLAMPS: Final = BV + 1 - AC
"""Their commands and their positions stand in the same order."""
_UNPOWERED_CLAMPS: Final = [UNPOWERED[AC + k] for k in range(_CLAMPS)]
"""Where the protective node lets them fall when it trips, whatever is commanded."""
_PATIENT_CLAMPS: Final = PC + 1 - AC
"""AC, VC and PC come first."""
CLAMP_NS: Final = 500_000_000
"""0.5 s after the command (H29), and the tick in which the command travels."""
RUN_NS: Final = 10 * NS_PER_S
WARM_RETURN_NS: Final = 180 * NS_PER_S


def _flags(*states: State) -> tuple[bool, ...]:
    return tuple(state in states for state in State)


_BLOOD_COMES: Final = _flags(State.CONNECT_FILL, State.RAMP)
_CELLS_COME: Final = _flags(State.PRIME_PLASMA, State.PRIME_WARM, State.READY)
_OVER: Final = _flags(State.RINSE_BLOOD, State.DISCONNECT, State.ENDED)
_TREAT, _RAMP = State.TREAT, State.RAMP
BASELINE_S: Final = 600
PLASMA_LEAST: Final = 30.0
"""What the plasma's pressure in the oxygenator counts as at least (mmHg): gas below 10 mmHg, as behind an
open exhaust, is no H24 however slowly the plasma flows."""


@mypyc_attr(serializable=True)
class Before:
    """What the tick before sent, its highest response, whether R4s was in force, which interlocks bit."""

    __slots__ = ("bits", "highest", "r4s", "sent")

    def __init__(self, sent: tuple[float, ...], highest: Response, r4s: bool, bits: int) -> None:
        self.sent = sent
        self.highest = highest
        self.r4s = r4s
        self.bits = bits


@mypyc_attr(serializable=True)
class Estimators:
    """Everything derived, in one pass a tick."""

    def __init__(self, prescription: Prescription, limits: Limits, rig: Rig) -> None:
        self._hct = prescription.patient.haematocrit
        self._p_ven_high = limits["p_ven_high_mmhg"]
        self._means = [FlowMeans(c, two, ten, actuator, short) for c, two, ten, actuator, short in _FLOWS]
        self._lost = False
        self._state = State.SELF_WAIT
        self._balance_gap = 0
        self._air = AirCounters(prescription.patient.weight_kg)
        self._heparin = HeparinDose(prescription)
        self._venous = ExpectedVenous(rig.return_resistance, limits["p_ven_drop_mmhg"])
        self._ticks = 0
        self._pp_since: int | None = None
        self._rp_since: int | None = None
        self._drop_base = Mean(BASELINE_S)
        self._drop_2s = Mean(MEAN_2S)
        self._pre_filter = PreFilter()
        self._second_filter = SecondFilter()
        self._clamp_since = [0] * _CLAMPS
        self._shut = [False] * _PATIENT_CLAMPS
        self._blood_inside = self._cells_inside = False
        self._blood_stop_ns = self._cell_stop_ns = self._r4s_ns = 0
        self.balance = Balance()
        m = prescription.marks
        self._nominal_ns = nanoseconds(prescription.nominal_h * 3600)
        self._low_ns = nanoseconds(m.low_before_s)
        self._medium_ns = nanoseconds(m.medium_into_extension_s)
        self._cap_ns = self._nominal_ns + nanoseconds(m.cap_extra_s)
        self._cap_low_ns = self._cap_ns - nanoseconds(m.cap_low_before_s)
        self._cap_medium_ns = self._cap_ns - nanoseconds(m.cap_medium_before_s)

    def step(
        self,
        frame: Frame,
        gap_ns: int,
        v: list[float],
        q: list[int],
        session: SessionView,
        before: Before,
        samples_ml: float,
    ) -> None:
        """Fill the derived part of `v` and `q` from their measured part and from the tick before."""
        sent, highest = before.sent, before.highest
        state = session.state
        changed = state is not self._state
        self._state = state
        self._flows(v, q, sent)
        self._pressures(frame.now, v, q, sent, state)
        self._second_filter.step(self._ticks, v, q)
        self._pre_filter.step(self._ticks, v, q, sent[BP])
        self._air.step(v, q)
        self._heparin.step(gap_ns, v, q, sent[HP], state)
        self._timers(frame.now, v, q, sent)
        self._standing(gap_ns, v, q, state, sent, r4s=before.r4s)
        self._lost_signals(v, q)
        self._balance_gap += gap_ns
        if changed or not self._ticks % EVERY:
            self.balance.step(self._balance_gap, v, q, state, highest, samples_ml)
            self._balance_gap = 0
        if changed or not self._ticks % 10:
            self._session(v, session)
        v[RESPONSE] = float(highest)
        v[INTERLOCKS] = float(before.bits)
        self._ticks += 1

    def _lost_signals(self, v: list[float], q: list[int]) -> None:
        bad = False
        for c in _NEEDED:
            if q[c]:
                bad = True
        if bad or self._lost:
            for target, needs in _LOST:
                v[target] = float(sum([q[c] != _GOOD for c in needs]))
        self._lost = bad

    def _flows(self, v: list[float], q: list[int], sent: tuple[float, ...]) -> None:
        block = not self._ticks % MEAN_2S
        for flow in self._means:
            flow.step(v, q, sent, block=block)
        # Of 10-s means: at low flow a turn of the rollers takes longer than 2 s.
        q_b = v[Q_B_10S]
        ok = q[Q_B_10S] or q[Q_P_10S]
        running = q_b >= 10.0
        q[QP_QB] = q[PLASMA_SHARE] = q[HCT_OUT] = ok or (_GOOD if running else _NOT_READY)
        if running:
            taken = v[Q_P_10S] / q_b
            v[QP_QB] = taken
            v[PLASMA_SHARE] = taken / (1.0 - self._hct)
            v[HCT_OUT] = self._hct / (1.0 - taken) if taken < 0.9 else 1.0

    def _pressures(
        self, now: int, v: list[float], q: list[int], sent: tuple[float, ...], state: State
    ) -> None:
        v[TMP] = 0.5 * (v[P_PRE] + v[P_VEN]) - v[P_FIL]
        q[TMP] = q[P_PRE] or q[P_VEN] or q[P_FIL]
        # H11 is armed once separation has run for 10 s: with PP stopped a TMP near 0 is normal.
        separating = q[Q_P_2S] == _GOOD and v[Q_P_2S] > SHORT_ABOVE
        if not separating and sent[PP] <= SHORT_ABOVE:
            self._pp_since = None
        elif separating and self._pp_since is None:
            self._pp_since = now
        v[TMP_RUN] = v[TMP]
        armed = self._pp_since is not None and now - self._pp_since >= RUN_NS
        q[TMP_RUN] = q[TMP] if armed else _NOT_READY
        self._reactor(v, q, state)
        p_ven, q_b = v[P_VEN], v[Q_B_2S]
        known = q[P_VEN] or q[Q_B_2S]
        v[P_VEN_RUN] = v[P_VEN_FAST] = p_ven
        v[P_ACC_FAST] = v[P_ACC]
        q[P_VEN_RUN] = known if q_b > 40.0 else _NOT_READY
        q[P_VEN_FAST] = known if q_b >= 50.0 else _NOT_READY
        q[P_ACC_FAST] = (q[P_ACC] or q[Q_B_2S]) if q_b >= 100.0 else _NOT_READY
        self._venous.step(now, v, q, sent, learning=state is _RAMP)

    def _reactor(self, v: list[float], q: list[int], state: State) -> None:
        v[P_GAS_OVER] = v[P_GAS] - (v[P_BRI] if v[P_BRI] > PLASMA_LEAST else PLASMA_LEAST)
        q[P_GAS_OVER] = q[P_GAS] or q[P_BRI]
        v[DP_BR] = v[P_BRI] - v[P_BRO]
        q[DP_BR] = q[DP_BR_OVER] = q[P_BRI] or q[P_BRO]
        if q[DP_BR]:
            self._drop_2s.clear()  # what cannot be used stays out of means: it may not be a number
            return
        drop = self._drop_2s.push(v[DP_BR])
        base = self._drop_base
        if state is _TREAT and base.filled < BASELINE_S and not self._ticks % 10:
            base.push(drop)
        if base.filled >= 60:
            b = base.value
            v[DP_BR_OVER] = drop - (2.0 * b if b > 15.0 else b + 15.0)
        else:
            q[DP_BR_OVER] = _NOT_READY

    def _timers(self, now: int, v: list[float], q: list[int], sent: tuple[float, ...]) -> None:
        v[T_W_MAX] = v[T_W1] if v[T_W1] > v[T_W2] else v[T_W2]
        q[T_W_MAX] = q[T_W1] or q[T_W2]
        v[T_RET_RUN] = v[T_RET]
        if v[Q_R_2S] > 8.0 and q[Q_R_2S] == _GOOD:
            if self._rp_since is None:
                self._rp_since = now
            q[T_RET_RUN] = q[T_RET] if now - self._rp_since >= WARM_RETURN_NS else _NOT_READY
        else:
            self._rp_since = None
            q[T_RET_RUN] = _NOT_READY
        least = inf
        for c in _TACHS:  # one lost tachometer must not blind the others
            if q[c] == _GOOD and v[c] < least:
                least = v[c]
        v[N_MIN] = least if least < inf else 0.0
        q[N_MIN] = _GOOD if least < inf else q[N_BP]
        for k in range(_CLAMPS):
            if v[POS_AC + k] != sent[AC + k] or q[POS_AC + k] != _GOOD:
                self._clamps(now, v, q, sent)
                break
        else:
            self._clamp_since = [now] * _CLAMPS
            v[CLAMP_MISS] = 0.0
        self._escapes(v, q, sent)

    def _standing(
        self, gap: int, v: list[float], q: list[int], state: State, sent: tuple[float, ...], *, r4s: bool
    ) -> None:
        """How long blood and cells have stood still, and how long R4s has had P_ven in its window."""
        if _BLOOD_COMES[state]:
            self._blood_inside = True
        if _CELLS_COME[state]:
            self._cells_inside = True
        if _OVER[state]:
            self._blood_inside = self._cells_inside = False
        # Without its tachometer the pump stands when it is told to; without its meter perfusion is none.
        still = -0.2 < v[N_BP] < 0.2 if q[N_BP] == _GOOD else sent[BP] == 0.0
        self._blood_stop_ns = self._blood_stop_ns + gap if still and self._blood_inside else 0
        starved = self._cells_inside and (v[Q_C_2S] < 3.0 or q[Q_C_2S] != _GOOD)
        self._cell_stop_ns = self._cell_stop_ns + gap if starved else 0
        inside = r4s and q[P_VEN] == _GOOD and v[P_VEN] < self._p_ven_high
        self._r4s_ns = self._r4s_ns + gap if inside else 0
        v[BLOOD_STOP_S] = self._blood_stop_ns / NS_PER_S
        v[CELL_STOP_S] = self._cell_stop_ns / NS_PER_S
        v[R4S_S] = self._r4s_ns / NS_PER_S

    def _clamps(self, now: int, v: list[float], q: list[int], sent: tuple[float, ...]) -> None:
        missed = 0
        cut = q[NODE] == _GOOD and v[NODE] > 0.0
        for k in range(_CLAMPS):
            at = v[POS_AC + k]
            there = at == sent[AC + k] or (cut and at == _UNPOWERED_CLAMPS[k])
            if there and q[POS_AC + k] == _GOOD:
                self._clamp_since[k] = now
            elif now - self._clamp_since[k] > CLAMP_NS:
                missed += 1
        v[CLAMP_MISS] = float(missed)

    def _escapes(self, v: list[float], q: list[int], sent: tuple[float, ...]) -> None:
        """H30: closed when told to, and no longer closed though nobody told it to open."""
        escaped = 0
        for k in range(_PATIENT_CLAMPS):
            if sent[AC + k] != 0.0:
                self._shut[k] = False
            elif q[POS_AC + k] == _GOOD:
                if v[POS_AC + k] == 0.0:
                    self._shut[k] = True
                elif self._shut[k]:
                    escaped += 1
        v[CLAMP_ESCAPED] = float(escaped)

    def _session(self, v: list[float], s: SessionView) -> None:
        """The clocks and how far each is past its marks; once a second is enough for every one."""
        end = self._nominal_ns + s.extension_ns
        effective, wall = s.effective_ns, s.wall_ns
        v[PHASE : AT_CAP + 1] = (
            float(s.phase),
            effective / NS_PER_S,
            s.blood_ns / NS_PER_S,
            wall / NS_PER_S,
            s.plasma_ml,
            (effective - end) / NS_PER_S,
            (effective - end + self._low_ns) / NS_PER_S,
            (effective - self._nominal_ns - self._medium_ns) / NS_PER_S,
            (wall - self._cap_low_ns) / NS_PER_S,
            (wall - self._cap_medium_ns) / NS_PER_S,
        )


ALWAYS: Final = frozenset(
    {_C.BLOOD_STOP_S, _C.CELL_STOP_S, _C.R4S_S, _C.CLAMP_MISS, _C.TOUCH_S, _C.RINSE_PLASMA, _C.RINSE_CHASE,
     _C.RINSE_SALINE, _C.RESPONSE, _C.INTERLOCKS, _C.SOUND, _C.AUDIO_PAUSE_S,
     _C.CLAMP_ESCAPED, _C.HEP_STOP_S}
    | {target for target in Channel if target.name.startswith("LOST_")}
    | {c for c in Channel if _C.PHASE <= c <= _C.AT_CAP or _C.Q_B_SET <= c <= _C.PH_SET}
)  # fmt: skip
"""Derived channels that are known in every tick; the others start NOT_READY."""
QUALITY_TEMPLATE: Final = tuple(_GOOD if c in ALWAYS else _NOT_READY for c in Channel if c >= N_MEASURED)


if AT_CAP != PHASE + 9 or CHANNELS[PHASE + 1].id != "effective":
    msg = "the session's channels do not stand together"
    raise AssertionError(msg)
