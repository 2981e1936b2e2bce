"""The rules: one row per stage of a hazard, ONE comparison on ONE channel.

Whatever needs a mean, a slope, a sum or a timer is a derived channel.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from qh1a.channels import Channel
from qh1a.tick import Actuator, Priority, Response, State


class Side(IntEnum):
    """On which side of its limit a rule trips; the limit itself trips. Its value: the sign of a step past."""

    ABOVE = 1
    BELOW = -1


@dataclass(frozen=True, slots=True)
class Rule:
    """One stage of a hazard.

    Trips when `channel` has been GOOD and at or beyond `limit` on `side` for `delay_s` without a break, in
    one of the `armed` states. R1 restricts only the actuators its rule names: those in `holds` do not rise,
    those in `stops` stop. A latched rule waits for the operator; a rule stays silent while one of
    `suppressed_by` is present. A rule whose channel is not fitted is never GOOD, so it is unarmed.
    """

    id: str
    channel: Channel
    side: Side
    limit: str
    delay_s: float
    priority: Priority
    latch: bool
    response: Response
    armed: frozenset[State]
    holds: tuple[Actuator, ...] = ()
    suppressed_by: tuple[str, ...] = ()
    stops: tuple[Actuator, ...] = ()

    @property
    def hazard(self) -> str:
        """The hazard this rule is a stage of."""
        return self.id.split(".")[0]

    @property
    def capped(self) -> bool:
        """Whether caps on the returned volumes stand in its place in RINSEBACK (circuit 6)."""
        return self.hazard in {"H17", "H18", "H21"}

    @property
    def asks_cause(self) -> bool:
        """Whether the operator must say what the cause was before it is reset (safety H17)."""
        return self.hazard == "H17"


_S = State
_RUN: Final = frozenset({_S.RAMP, _S.TREAT, _S.TREAT_END, _S.PAUSE_PLASMA})
"""Blood moves through the patient, treatment side of the session."""
_RINSE: Final = frozenset({_S.RINSE_PLASMA, _S.RINSE_BLOOD})
_BLOOD: Final = _RUN | _RINSE
_TREAT: Final = frozenset({_S.TREAT})
_PLASMA: Final = _TREAT | {_S.RAMP}
_CONNECT: Final = frozenset({_S.CONNECT_FILL, _S.CONNECT_VENOUS})
_ON_PATIENT: Final = _BLOOD | _CONNECT | {_S.PAUSE_STOPPED, _S.SAFE}
_FILLED: Final = _ON_PATIENT | {_S.PRIME_WARM, _S.READY_TEST, _S.READY, _S.CONNECT_ACCESS, _S.PATIENT_OFF}
"""The circuit holds plasma or blood, and cells."""
_LIQUID: Final = _FILLED | {_S.PRIME_BLOOD, _S.PRIME_PLASMA}
_MOVING: Final = _BLOOD | _CONNECT | {
    _S.SELF_PUMPS, _S.PRIME_BLOOD, _S.PRIME_PLASMA, _S.PRIME_WARM, _S.READY,
}  # fmt: skip
_TIMED: Final = _RUN | {_S.PAUSE_STOPPED, _S.PATIENT_OFF}
_ALL: Final = frozenset(State) - {_S.ENDED}
_PLASMA_IN: Final = frozenset({_S.TREAT, _S.TREAT_END, _S.PAUSE_PLASMA})
"""In RAMP the bioreactor still holds prime, whose pH says nothing."""
_C = Channel
_P = Priority
_R = Response
_A = Actuator
_UP, _DOWN = Side.ABOVE, Side.BELOW
_HP: Final = (_A.HP,)
_HEAT: Final = (_A.W,)
_UPS: Final = ("H37.3", "H37.4")

RULES: Final = (
    Rule("H01.1", _C.AIR_V_BUBBLE, _UP, "air_bubble_ml", 0.0, _P.HIGH, True, _R.R4, _BLOOD | _CONNECT),
    Rule("H02.1", _C.AIR_1MIN, _UP, "air_1min_ml_kg", 2.0, _P.HIGH, True, _R.R4, _BLOOD),
    Rule("H02.2", _C.AIR_5MIN, _UP, "air_5min_ml_kg", 2.0, _P.HIGH, True, _R.R4, _BLOOD),
    Rule("H03.1", _C.AIR_P_BUBBLE, _UP, "air_bubble_ml", 0.0, _P.HIGH, True, _R.R2, _BLOOD),
    Rule("H04.1", _C.LVL_VEN, _DOWN, "lvl_ven_low_mm", 1.0, _P.HIGH, True, _R.R4, _BLOOD),
    Rule("H05.1", _C.P_VEN_DROP, _UP, "p_ven_drop_mmhg", 3.0, _P.HIGH, True, _R.R4, _RUN),
    Rule("H05.2", _C.P_VEN_RUN, _DOWN, "p_ven_low_mmhg", 3.0, _P.HIGH, True, _R.R4, _RUN | {_S.RINSE_PLASMA}),
    Rule(
        "H05.3",
        _C.P_VEN_FAST,
        _DOWN,
        "p_ven_open_mmhg",
        3.0,
        _P.HIGH,
        True,
        _R.R4,
        _CONNECT | {_S.RINSE_BLOOD},
    ),
    Rule("H05.4", _C.WET, _UP, "moisture", 3.0, _P.HIGH, True, _R.R4, _BLOOD),
    Rule(
        "H05.5",
        _C.P_VEN_FAST,
        _DOWN,
        "p_ven_rinse_mmhg",
        3.0,
        _P.HIGH,
        True,
        _R.R4,
        frozenset({_S.RINSE_BLOOD}),
    ),
    Rule("H06.1", _C.P_VEN, _UP, "p_ven_high_mmhg", 3.0, _P.HIGH, False, _R.R4S, _RUN | {_S.PAUSE_STOPPED}),
    Rule("H06.2", _C.P_VEN, _UP, "p_ven_high_rinse_mmhg", 3.0, _P.HIGH, False, _R.R4S, _RINSE),
    Rule("H06.3", _C.P_VEN, _UP, "p_ven_high_connect_mmhg", 3.0, _P.HIGH, False, _R.R4S, _CONNECT),
    Rule("H06.4", _C.R4S_S, _UP, "r4s_close_s", 0.0, _P.NONE, False, _R.R4, _ON_PATIENT),
    Rule("H07.1", _C.P_ACC, _DOWN, "p_acc_warn_mmhg", 1.0, _P.MEDIUM, False, _R.R0, _BLOOD),
    Rule("H07.2", _C.P_ACC, _DOWN, "p_acc_trip_mmhg", 1.0, _P.HIGH, False, _R.R4S, _BLOOD),
    Rule("H08.1", _C.P_ACC_FAST, _UP, "p_acc_open_mmhg", 1.0, _P.HIGH, True, _R.R4, _RUN),
    Rule("H09.1", _C.P_PRE, _UP, "p_pre_warn_mmhg", 1.0, _P.MEDIUM, False, _R.R0, _BLOOD),
    Rule("H09.2", _C.P_PRE, _UP, "p_pre_trip_mmhg", 1.0, _P.HIGH, True, _R.R4S, _MOVING),
    Rule("H09.3", _C.P_PRE_RISE, _UP, "p_pre_rise_mmhg", 1.0, _P.LOW, False, _R.R0, _TREAT),
    Rule("H10.1", _C.TMP, _UP, "tmp_hold_mmhg", 5.0, _P.MEDIUM, False, _R.R1, _PLASMA, (_A.PP,)),
    Rule("H10.2", _C.TMP, _UP, "tmp_trip_mmhg", 2.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H10.3", _C.TMP, _UP, "tmp_high_mmhg", 1.0, _P.HIGH, False, _R.R2, _PLASMA),
    Rule("H10.4", _C.P_FIL, _DOWN, "p_fil_warn_mmhg", 5.0, _P.MEDIUM, False, _R.R0, _PLASMA),
    Rule("H10.5", _C.P_FIL, _DOWN, "p_fil_trip_mmhg", 2.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H11.1", _C.TMP_RUN, _DOWN, "tmp_reverse_mmhg", 3.0, _P.HIGH, False, _R.R2, _PLASMA),
    Rule("H12.1", _C.QP_QB, _UP, "qp_qb_warn", 1.0, _P.LOW, False, _R.R0, _PLASMA),
    Rule("H12.2", _C.QP_QB, _UP, "qp_qb_trip", 1.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H12.3", _C.HCT_OUT, _UP, "hct_out_warn", 1.0, _P.LOW, False, _R.R0, _PLASMA),
    Rule("H13.1", _C.BLD, _UP, "bld_trip_ml_min", 5.0, _P.HIGH, True, _R.R2B, _PLASMA | {_S.RINSE_PLASMA}),
    Rule("H14.1", _C.P_BRI, _UP, "p_bri_warn_mmhg", 2.0, _P.MEDIUM, False, _R.R0, _FILLED),
    Rule("H14.2", _C.P_BRI, _UP, "p_bri_trip_mmhg", 2.0, _P.HIGH, False, _R.R2X, _FILLED | {_S.PRIME_PLASMA}),
    Rule("H14.3", _C.DP_BR_OVER, _UP, "dp_br_over_mmhg", 10.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H15.1", _C.R_F2_FALL, _UP, "r_f2_fall_percent", 5.0, _P.HIGH, True, _R.R2, _PLASMA),
    Rule("H15.2", _C.TURB_R, _UP, "turb_trip_ntu", 2.0, _P.HIGH, True, _R.R2, _PLASMA | {_S.RINSE_PLASMA}),
    Rule("H16.1", _C.DP_F2, _UP, "dp_f2_warn_mmhg", 5.0, _P.MEDIUM, False, _R.R0, _PLASMA),
    Rule("H16.2", _C.DP_F2, _UP, "dp_f2_trip_mmhg", 5.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H17.1", _C.BALANCE_ABS, _UP, "balance_warn_ml", 30.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H17.2", _C.BALANCE_ABS, _UP, "balance_trip_ml", 30.0, _P.HIGH, True, _R.R2, _RUN),
    Rule("H17.3", _C.BALANCE_AWAY, _UP, "balance_away_ml_h", 30.0, _P.HIGH, True, _R.R2, _RUN),
    Rule("H17.4", _C.RATIO_RESIDUAL, _UP, "ratio_residual_ml_min", 0.0, _P.HIGH, True, _R.R2, _PLASMA),
    Rule("H17.5", _C.RATIO_VOLUME, _UP, "ratio_volume_ml", 0.0, _P.HIGH, True, _R.R2, _PLASMA),
    Rule("H17.6", _C.TOUCH_S, _UP, "touch_s", 0.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H17.7", _C.LVL_W_R, _UP, "lvl_w_r_ml", 30.0, _P.MEDIUM, True, _R.R2, _RUN),
    Rule("H18.1", _C.W_R, _DOWN, "w_r_low_g", 0.5, _P.MEDIUM, False, _R.R2, _RUN),
    Rule("H18.2", _C.LVL_R, _DOWN, "lvl_r_low_ml", 0.5, _P.MEDIUM, False, _R.R2, _RUN),
    Rule("H19.1", _C.W_R, _UP, "w_r_high_g", 0.5, _P.MEDIUM, False, _R.R2, _RUN),
    Rule("H20.1", _C.T_W_MAX, _UP, "t_w_hold_c", 60.0, _P.MEDIUM, False, _R.R1, _FILLED, (_A.W,)),
    Rule("H20.2", _C.T_BR, _UP, "t_br_hold_c", 60.0, _P.MEDIUM, False, _R.R1, _FILLED, (_A.W,)),
    Rule("H20.3", _C.T_W_MAX, _UP, "t_trip_c", 1.0, _P.HIGH, True, _R.R2W, _ALL),
    Rule("H20.4", _C.T_BR, _UP, "t_trip_c", 1.0, _P.HIGH, True, _R.R2X, _ALL),
    Rule("H21.1", _C.T_RET_RUN, _DOWN, "t_ret_warn_c", 60.0, _P.MEDIUM, False, _R.R0, _PLASMA),
    Rule("H21.2", _C.T_RET_RUN, _DOWN, "t_ret_trip_c", 60.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H21.3", _C.T_BR, _DOWN, "t_br_low_c", 60.0, _P.MEDIUM, False, _R.R0, _PLASMA | {_S.TREAT_END}),
    Rule(
        "H22.1",
        _C.DO_OUT,
        _DOWN,
        "do_out_warn_mmhg",
        120.0,
        _P.MEDIUM,
        False,
        _R.R0,
        _PLASMA | {_S.TREAT_END},
    ),
    Rule(
        "H22.2",
        _C.DO_OUT,
        _DOWN,
        "do_out_trip_mmhg",
        120.0,
        _P.MEDIUM,
        False,
        _R.R2,
        _PLASMA | {_S.TREAT_END},
    ),
    Rule("H23.1", _C.DO_IN, _UP, "do_in_warn_mmhg", 60.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H23.2", _C.PH, _DOWN, "ph_low_warn", 60.0, _P.MEDIUM, False, _R.R0, _PLASMA_IN),
    Rule("H23.3", _C.PH, _UP, "ph_high_warn", 60.0, _P.MEDIUM, False, _R.R0, _PLASMA_IN),
    Rule("H23.4", _C.PH, _DOWN, "ph_low_trip", 60.0, _P.MEDIUM, False, _R.R2, _TREAT),
    Rule("H23.5", _C.PH, _UP, "ph_high_trip", 60.0, _P.MEDIUM, False, _R.R2, _TREAT),
    Rule("H24.1", _C.P_GAS_OVER, _UP, "p_gas_over_mmhg", 1.0, _P.HIGH, False, _R.R2X, _FILLED),
    Rule(
        "H25.1",
        _C.BLOOD_STOP_S,
        _UP,
        "blood_stop_warn_s",
        0.0,
        _P.MEDIUM,
        False,
        _R.R0,
        _FILLED,
        suppressed_by=("H25.2",),
    ),
    Rule("H25.2", _C.BLOOD_STOP_S, _UP, "blood_stop_trip_s", 0.0, _P.HIGH, False, _R.R0, _FILLED),
    Rule("H25.3", _C.HEP_STOP_S, _UP, "hep_stop_s", 0.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H26.1", _C.HEP_OVER, _UP, "hep_over_percent", 5.0, _P.HIGH, True, _R.R1, _ON_PATIENT, stops=_HP),
    Rule("H26.2", _C.HEP_PAST_CAP, _UP, "hep_past_cap_ml", 5.0, _P.HIGH, True, _R.R1, _ON_PATIENT, stops=_HP),
    Rule("H26.3", _C.HEP_BACK, _UP, "hep_back_ml", 5.0, _P.HIGH, True, _R.R1, _ON_PATIENT, stops=_HP),
    Rule("H27.1", _C.HEP_SHORT, _UP, "hep_short_percent", 60.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H27.2", _C.HP_FORCE, _UP, "hep_force_n", 60.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H27.3", _C.V_HEP, _UP, "hep_used_ml", 60.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H28.1", _C.BP_SHORT, _UP, "pump_short_blood", 10.0, _P.HIGH, True, _R.R4S, _BLOOD),
    Rule("H28.2", _C.PP_SHORT, _UP, "pump_short", 5.0, _P.HIGH, True, _R.R2, _PLASMA),
    Rule("H28.3", _C.CP_SHORT, _UP, "pump_short", 5.0, _P.HIGH, True, _R.R2X, _FILLED),
    Rule(
        "H28.4", _C.RP_SHORT, _UP, "pump_short_blood", 10.0, _P.HIGH, True, _R.R2, _PLASMA | {_S.RINSE_PLASMA}
    ),
    Rule("H28.5", _C.N_MIN, _DOWN, "pump_reverse_rpm", 1.0, _P.HIGH, True, _R.R4, _ALL),
    Rule("H28.6", _C.BP_SHORT, _DOWN, "pump_over", 5.0, _P.HIGH, True, _R.R4S, _BLOOD),
    Rule("H28.7", _C.PP_SHORT, _DOWN, "pump_over", 5.0, _P.HIGH, True, _R.R2, _PLASMA),
    Rule("H28.8", _C.CP_SHORT, _DOWN, "pump_over", 5.0, _P.HIGH, True, _R.R2X, _FILLED),
    Rule("H28.9", _C.RP_SHORT, _DOWN, "pump_over", 5.0, _P.HIGH, True, _R.R2, _PLASMA | {_S.RINSE_PLASMA}),
    Rule("H29.1", _C.CLAMP_MISS, _UP, "clamps_missed", 0.0, _P.HIGH, True, _R.R4, _ALL),
    Rule("H30.1", _C.CLAMP_ESCAPED, _UP, "clamps_escaped", 0.1, _P.HIGH, True, _R.R5, _ALL),
    Rule("H31.1", _C.LOST_BLOOD, _UP, "signals_lost", 0.0, _P.HIGH, True, _R.R4, _ON_PATIENT),
    Rule("H31.2", _C.LOST_RETURN, _UP, "signals_lost", 0.0, _P.HIGH, True, _R.R2, _BLOOD),
    Rule("H31.3", _C.LOST_WARM, _UP, "signals_lost", 0.0, _P.MEDIUM, True, _R.R2W, _FILLED),
    Rule("H31.4", _C.LOST_CELLS, _UP, "signals_lost", 10.0, _P.MEDIUM, True, _R.R2X, _FILLED),
    Rule("H31.5", _C.LOST_TMP, _UP, "signals_lost", 60.0, _P.MEDIUM, True, _R.R2, _PLASMA),
    Rule("H31.6", _C.LOST_QP, _UP, "signals_lost", 0.0, _P.MEDIUM, True, _R.R2, _PLASMA),
    Rule("H31.7", _C.LOST_QB, _UP, "signals_lost", 10.0, _P.HIGH, True, _R.R4S, _BLOOD),
    Rule(
        "H31.8",
        _C.LOST_SCALES,
        _UP,
        "signals_lost",
        2.0,
        _P.MEDIUM,
        True,
        _R.R2,
        frozenset({_S.RINSE_PLASMA}),
    ),
    Rule(
        "H31.9", _C.LOST_SCALES, _UP, "signals_lost", 2.0, _P.HIGH, True, _R.R4, frozenset({_S.RINSE_BLOOD})
    ),
    Rule("H33.1", _C.NODE, _UP, "node_tripped", 0.0, _P.HIGH, True, _R.R5, _ALL - {_S.SELF_NODE}),
    Rule("H35.1", _C.LIMITS_DIFFER, _UP, "limits_differ", 0.0, _P.HIGH, True, _R.R4, _ALL),
    Rule(
        "H37.1",
        _C.UPS_MIN,
        _DOWN,
        "ups_low_min",
        1.0,
        _P.MEDIUM,
        False,
        _R.R1,
        _ALL,
        suppressed_by=_UPS,
        stops=(_A.W,),
    ),
    Rule(
        "H37.2",
        _C.UPS_MIN,
        _DOWN,
        "ups_short_min",
        1.0,
        _P.MEDIUM,
        False,
        _R.R2W,
        _PLASMA,
        suppressed_by=("H37.3",),
    ),
    Rule("H37.3", _C.UPS_MIN, _DOWN, "ups_empty_min", 1.0, _P.HIGH, False, _R.R2W, _PLASMA),
    Rule(
        "H37.4", _C.UPS_MIN, _DOWN, "ups_empty_min", 1.0, _P.HIGH, False, _R.R1, _ALL - _PLASMA, stops=_HEAT
    ),
    Rule("H39.1", _C.NEAR_NOMINAL, _UP, "mark_s", 0.0, _P.LOW, False, _R.R0, _TREAT),
    Rule("H39.2", _C.TO_NOMINAL, _UP, "mark_s", 0.0, _P.LOW, False, _R.R0, frozenset({_S.TREAT_END})),
    Rule("H39.3", _C.IN_EXTENSION, _UP, "mark_s", 0.0, _P.MEDIUM, False, _R.R0, _TREAT),
    Rule("H39.4", _C.NEAR_CAP, _UP, "mark_s", 0.0, _P.LOW, False, _R.R0, _TIMED),
    Rule("H39.5", _C.AT_CAP, _UP, "mark_s", 0.0, _P.MEDIUM, False, _R.R0, _TIMED),
    Rule("H42.1", _C.RINSE_PLASMA, _UP, "rinse_plasma_extra_ml", 0.0, _P.HIGH, True, _R.R2, _RINSE),
    Rule("H42.2", _C.RINSE_SALINE, _UP, "rinse_saline_ml", 0.0, _P.HIGH, True, _R.R4, _RINSE),
    Rule("H49.1", _C.TRAY, _UP, "moisture", 5.0, _P.MEDIUM, False, _R.R2, _LIQUID),
    Rule("H49.2", _C.TRAY, _UP, "moisture", 30.0, _P.HIGH, False, _R.R4S, _BLOOD | _CONNECT),
    Rule(
        "H50.1",
        _C.CELL_STOP_S,
        _UP,
        "cells_stop_warn_s",
        0.0,
        _P.LOW,
        False,
        _R.R0,
        _FILLED | {_S.PRIME_PLASMA},
    ),
    Rule(
        "H50.2",
        _C.CELL_STOP_S,
        _UP,
        "cells_stop_trip_s",
        0.0,
        _P.MEDIUM,
        False,
        _R.R0,
        _FILLED | {_S.PRIME_PLASMA},
    ),
    Rule("H51.1", _C.P_RET, _UP, "p_ret_warn_mmhg", 1.0, _P.MEDIUM, False, _R.R0, _BLOOD),
    Rule("H51.2", _C.P_RET, _UP, "p_ret_trip_mmhg", 1.0, _P.HIGH, True, _R.R2, _MOVING),
    Rule("H52.1", _C.P_F2O, _DOWN, "p_f2o_warn_mmhg", 5.0, _P.MEDIUM, False, _R.R0, _BLOOD),
    Rule("H52.2", _C.P_F2O, _DOWN, "p_f2o_trip_mmhg", 2.0, _P.HIGH, True, _R.R2, _MOVING),
)

_NEEDS: Final = {
    _C.P_GAS_OVER: _C.P_GAS, _C.HEP_OVER: _C.V_HEP, _C.HEP_SHORT: _C.V_HEP, _C.HEP_PAST_CAP: _C.V_HEP,
    _C.HEP_BACK: _C.V_HEP,
}  # fmt: skip
"""Derived channels of a sensor that a rig may do without."""


def unarmed(not_fitted: Collection[Channel]) -> tuple[Rule, ...]:
    """The rules that cannot act on a rig without these sensors."""
    return tuple(r for r in RULES if _NEEDS.get(r.channel, r.channel) in not_fitted)
