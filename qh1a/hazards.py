"""The tables of danger: limits with their hard bounds, rules, responses, hazards.

Logic reads these tables, tests iterate over them, docs are made from them. A rule is ONE comparison on ONE
channel; whatever needs a mean, a slope, a sum or a timer is a derived channel. Default limits live in
`configs/limits/`, texts in `configs/texts/`; the hard bounds here cannot be left by any file or operator.
Sources: "circuit" is the project's rig description, "safety" its hazard analysis.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from qh1a.channels import Channel
from qh1a.tick import Actuator, Priority, Response, State


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit: its unit, the hard bounds no file may leave, and where they come from."""

    key: str
    unit: str
    hard_lo: float
    hard_hi: float
    source: str


LIMITS: Final = (
    # Limits of the rules: warn and trip.
    LimitRow("air_bubble_ml", "mL", 0.05, 0.2, "circuit 2: 0.2 mL below 225 mL/min"),
    LimitRow("air_1min_ml_kg", "mL/kg", 0.005, 0.015, "circuit 2, H02"),
    LimitRow("air_5min_ml_kg", "mL/kg", 0.02, 0.05, "circuit 2, H02"),
    LimitRow("lvl_ven_low_mm", "mm", 10.0, 30.0, "safety H04"),
    LimitRow("p_ven_drop_mmhg", "mmHg", 10.0, 30.0, "circuit 2, H05: expected - 20"),
    LimitRow("p_ven_low_mmhg", "mmHg", 10.0, 30.0, "circuit 2, H05: below +10"),
    LimitRow("p_ven_open_mmhg", "mmHg", 2.0, 20.0, "circuit 2, H05: < +2 while connecting"),
    LimitRow("p_ven_high_mmhg", "mmHg", 100.0, 250.0, "circuit 2, H06"),
    LimitRow("p_ven_high_rinse_mmhg", "mmHg", 100.0, 350.0, "circuit 2, H06 in rinse-back"),
    LimitRow("p_ven_high_connect_mmhg", "mmHg", 100.0, 450.0, "circuit 2, H06 while connecting"),
    LimitRow("r4s_close_s", "s", 1.0, 2.0, "circuit 3: R4s becomes R4 after 2 s with P_ven in window"),
    LimitRow("p_acc_warn_mmhg", "mmHg", -200.0, -50.0, "circuit 2, H07"),
    LimitRow("p_acc_trip_mmhg", "mmHg", -250.0, -100.0, "circuit 2, H07"),
    LimitRow("p_acc_open_mmhg", "mmHg", -30.0, -10.0, "circuit 2, H08: > -10 while Q_b >= 100"),
    LimitRow("p_pre_warn_mmhg", "mmHg", 100.0, 300.0, "circuit 2, H09"),
    LimitRow("p_pre_trip_mmhg", "mmHg", 150.0, 350.0, "circuit 2, H09"),
    LimitRow("p_fil_warn_mmhg", "mmHg", -10.0, 20.0, "circuit 2"),
    LimitRow("p_fil_trip_mmhg", "mmHg", -50.0, 0.0, "circuit 2"),
    LimitRow("tmp_hold_mmhg", "mmHg", 25.0, 45.0, "circuit 2, H10 R1"),
    LimitRow("tmp_trip_mmhg", "mmHg", 30.0, 60.0, "circuit 2, H10 R2"),
    LimitRow("tmp_high_mmhg", "mmHg", 40.0, 80.0, "circuit 2, H10 R2 and HIGH"),
    LimitRow("tmp_reverse_mmhg", "mmHg", -10.0, 0.0, "circuit 2, H11"),
    LimitRow("qp_qb_warn", "fraction", 0.15, 0.27, "circuit 2, H12"),
    LimitRow("bld_trip_ml_min", "mL/min", 0.1, 0.35, "safety H13: red cells; reads so at 50 mg/dL free Hb"),
    LimitRow("p_bri_warn_mmhg", "mmHg", 80.0, 150.0, "circuit 2, H14"),
    LimitRow("p_bri_trip_mmhg", "mmHg", 100.0, 200.0, "circuit 2, H14"),
    LimitRow("dp_br_over_mmhg", "mmHg", -10.0, 0.0, "circuit 2: beyond max(2 x baseline, baseline + 15)"),
    LimitRow("r_f2_fall_percent", "%", 20.0, 40.0, "circuit 2, H15"),
    LimitRow("dp_f2_warn_mmhg", "mmHg", 20.0, 60.0, "circuit 2, H16"),
    LimitRow("dp_f2_trip_mmhg", "mmHg", 40.0, 100.0, "circuit 2, H16"),
    LimitRow("balance_warn_ml", "mL", 20.0, 50.0, "circuit 2, H17"),
    LimitRow("balance_trip_ml", "mL", 50.0, 150.0, "circuit 2, H17"),
    LimitRow("balance_away_ml_h", "mL/h", 50.0, 100.0, "circuit 2, H17"),
    LimitRow("ratio_residual_ml_min", "mL/min", 0.5, 1.0, "circuit 4 (b)"),
    LimitRow("ratio_volume_ml", "mL", 50.0, 100.0, "circuit 4 (b)"),
    LimitRow("touch_s", "s", 60.0, 300.0, "circuit 4: feed-forward only at most 5 min"),
    LimitRow("w_r_low_g", "g", 50.0, 100.0, "circuit 2, H18"),
    LimitRow("w_r_high_g", "g", 200.0, 360.0, "circuit 2, H19"),
    LimitRow("lvl_w_r_ml", "mL", 15.0, 30.0, "circuit 2: LVL_r against W_r"),
    LimitRow("t_w_hold_c", "C", 37.5, 39.5, "circuit 2, H20 R1"),
    LimitRow("t_br_hold_c", "C", 37.5, 38.5, "circuit 2, H20 R1"),
    LimitRow("t_trip_c", "C", 39.0, 41.0, "circuit 2, H20"),
    LimitRow("t_ret_warn_c", "C", 32.0, 36.0, "circuit 2, H21"),
    LimitRow("t_ret_trip_c", "C", 30.0, 35.0, "circuit 2, H21"),
    LimitRow("do_out_warn_mmhg", "mmHg", 30.0, 60.0, "circuit 2, H22"),
    LimitRow("do_out_trip_mmhg", "mmHg", 15.0, 30.0, "circuit 2, H22"),
    LimitRow("do_in_warn_mmhg", "mmHg", 160.0, 180.0, "circuit 2, H23"),
    LimitRow("ph_low_warn", "pH", 7.25, 7.38, "circuit 2, H23"),
    LimitRow("ph_low_trip", "pH", 7.1, 7.3, "circuit 2, H23"),
    LimitRow("ph_high_warn", "pH", 7.42, 7.55, "circuit 2, H23"),
    LimitRow("ph_high_trip", "pH", 7.5, 7.6, "circuit 2, H23"),
    LimitRow("p_gas_over_mmhg", "mmHg", -40.0, -20.0, "safety H24: 20 below the plasma's pressure"),
    LimitRow("blood_stop_warn_s", "s", 10.0, 30.0, "circuit 6, H25"),
    LimitRow("blood_stop_trip_s", "s", 60.0, 120.0, "circuit 6, H25"),
    LimitRow("hep_over_percent", "%", 5.0, 10.0, "safety H26: 10 % over 5 min"),
    LimitRow("hep_past_cap_ml", "mL", 0.02, 0.5, "safety H26: the cap itself is a prescription field"),
    LimitRow("hep_short_percent", "%", 5.0, 10.0, "safety H27: below 90 % over 10 min"),
    LimitRow("hep_force_n", "N", 30.0, 60.0, "safety H27: 0.9 bar behind a 50 mL syringe, and friction"),
    LimitRow("hep_used_ml", "mL", 5.0, 58.0, "safety H27: nearly all that the syringe holds"),
    LimitRow("pump_short", "fraction", 0.1, 0.5, "circuit 3: below 50 % of command for 5 s"),
    LimitRow("pump_reverse_rpm", "rpm", -2.0, -0.2, "safety H28"),
    LimitRow("clamps_missed", "count", 1.0, 1.0, "safety H29: 0.5 s after the command"),
    LimitRow("signals_lost", "count", 1.0, 1.0, "safety H31, H32"),
    LimitRow("node_tripped", "code", 1.0, 1.0, "safety H33"),
    LimitRow("ups_low_min", "min", 20.0, 60.0, "safety H37"),
    LimitRow("ups_empty_min", "min", 5.0, 20.0, "safety H37"),
    LimitRow("rinse_plasma_extra_ml", "mL", 0.0, 400.0, "circuit 6: W_r + 400 mL"),
    LimitRow("rinse_saline_ml", "mL", 0.0, 300.0, "circuit 6: 300 mL on the blood side"),
    LimitRow("p_ret_warn_mmhg", "mmHg", 100.0, 200.0, "circuit 2, H51"),
    LimitRow("p_ret_trip_mmhg", "mmHg", 120.0, 300.0, "circuit 2, H51"),
    LimitRow("p_f2o_warn_mmhg", "mmHg", -60.0, 0.0, "circuit 2, H52"),
    LimitRow("p_f2o_trip_mmhg", "mmHg", -100.0, -20.0, "circuit 2, H52"),
    LimitRow("moisture", "wet", 1.0, 1.0, "circuit 2: TRAY, WET; safety H49"),
    LimitRow("cells_stop_warn_s", "s", 60.0, 300.0, "safety H50"),
    LimitRow("cells_stop_trip_s", "s", 300.0, 1200.0, "safety H50"),
    LimitRow("mark_s", "s", 0.0, 0.0, "circuit 6: the marks themselves are prescription fields"),
    # Limits of the loops: they act before the rules trip.
    LimitRow("p_acc_limiter_mmhg", "mmHg", -240.0, -50.0, "circuit 2, loop limiter"),
    LimitRow("p_pre_limiter_mmhg", "mmHg", 100.0, 340.0, "circuit 2, loop limiter"),
    LimitRow("tmp_limiter_mmhg", "mmHg", 20.0, 44.0, "circuit 2, loop limiter"),
    LimitRow("p_bri_limiter_mmhg", "mmHg", 80.0, 190.0, "circuit 2, loop limiter"),
    LimitRow("p_f2o_limiter_mmhg", "mmHg", -90.0, 0.0, "circuit 2, loop limiter"),
    LimitRow("t_set_high_c", "C", 37.0, 40.0, "circuit 1: warmer 30-40.5; below t_w_hold_c"),
    LimitRow("balance_band_low_g", "g", 60.0, 150.0, "circuit 4: W_sp held in 80..320 g"),
    LimitRow("balance_band_high_g", "g", 150.0, 340.0, "circuit 4: W_sp held in 80..320 g"),
)


class Side(Enum):
    """On which side of its limit a rule trips; the limit itself trips."""

    ABOVE = "above"
    BELOW = "below"


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

RULES: Final = (
    Rule("H01.1", _C.AIR_V_BUBBLE, _UP, "air_bubble_ml", 0.0, _P.HIGH, True, _R.R4, _BLOOD | _CONNECT),
    Rule("H02.1", _C.AIR_1MIN, _UP, "air_1min_ml_kg", 2.0, _P.HIGH, True, _R.R4, _BLOOD),
    Rule("H02.2", _C.AIR_5MIN, _UP, "air_5min_ml_kg", 2.0, _P.HIGH, True, _R.R4, _BLOOD),
    Rule("H03.1", _C.AIR_P_BUBBLE, _UP, "air_bubble_ml", 0.0, _P.HIGH, True, _R.R2, _BLOOD),
    Rule("H04.1", _C.LVL_VEN, _DOWN, "lvl_ven_low_mm", 1.0, _P.HIGH, False, _R.R4, _BLOOD),
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
    Rule("H06.1", _C.P_VEN, _UP, "p_ven_high_mmhg", 3.0, _P.HIGH, False, _R.R4S, _RUN | {_S.PAUSE_STOPPED}),
    Rule("H06.2", _C.P_VEN, _UP, "p_ven_high_rinse_mmhg", 3.0, _P.HIGH, False, _R.R4S, _RINSE),
    Rule("H06.3", _C.P_VEN, _UP, "p_ven_high_connect_mmhg", 3.0, _P.HIGH, False, _R.R4S, _CONNECT),
    Rule("H06.4", _C.R4S_S, _UP, "r4s_close_s", 0.0, _P.NONE, False, _R.R4, _ON_PATIENT),
    Rule("H07.1", _C.P_ACC, _DOWN, "p_acc_warn_mmhg", 1.0, _P.MEDIUM, False, _R.R0, _BLOOD),
    Rule("H07.2", _C.P_ACC, _DOWN, "p_acc_trip_mmhg", 1.0, _P.HIGH, False, _R.R4S, _BLOOD),
    Rule("H08.1", _C.P_ACC_FAST, _UP, "p_acc_open_mmhg", 1.0, _P.HIGH, True, _R.R4, _RUN),
    Rule("H09.1", _C.P_PRE, _UP, "p_pre_warn_mmhg", 1.0, _P.MEDIUM, False, _R.R0, _BLOOD),
    Rule("H09.2", _C.P_PRE, _UP, "p_pre_trip_mmhg", 1.0, _P.HIGH, True, _R.R4S, _MOVING),
    Rule("H10.1", _C.TMP, _UP, "tmp_hold_mmhg", 5.0, _P.MEDIUM, False, _R.R1, _PLASMA, (_A.PP,)),
    Rule("H10.2", _C.TMP, _UP, "tmp_trip_mmhg", 2.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H10.3", _C.TMP, _UP, "tmp_high_mmhg", 1.0, _P.HIGH, False, _R.R2, _PLASMA),
    Rule("H10.4", _C.P_FIL, _DOWN, "p_fil_warn_mmhg", 5.0, _P.MEDIUM, False, _R.R0, _PLASMA),
    Rule("H10.5", _C.P_FIL, _DOWN, "p_fil_trip_mmhg", 2.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H11.1", _C.TMP_RUN, _DOWN, "tmp_reverse_mmhg", 3.0, _P.HIGH, False, _R.R2, _PLASMA),
    Rule("H12.1", _C.QP_QB, _UP, "qp_qb_warn", 1.0, _P.LOW, False, _R.R0, _PLASMA),
    Rule("H13.1", _C.BLD, _UP, "bld_trip_ml_min", 5.0, _P.HIGH, True, _R.R2, _PLASMA),
    Rule("H14.1", _C.P_BRI, _UP, "p_bri_warn_mmhg", 2.0, _P.MEDIUM, False, _R.R0, _FILLED),
    Rule("H14.2", _C.P_BRI, _UP, "p_bri_trip_mmhg", 2.0, _P.HIGH, False, _R.R2X, _FILLED | {_S.PRIME_PLASMA}),
    Rule("H14.3", _C.DP_BR_OVER, _UP, "dp_br_over_mmhg", 10.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H15.1", _C.R_F2_FALL, _UP, "r_f2_fall_percent", 5.0, _P.HIGH, True, _R.R2, _PLASMA),
    Rule("H16.1", _C.DP_F2, _UP, "dp_f2_warn_mmhg", 5.0, _P.MEDIUM, False, _R.R0, _PLASMA),
    Rule("H16.2", _C.DP_F2, _UP, "dp_f2_trip_mmhg", 5.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H17.1", _C.BALANCE_ABS, _UP, "balance_warn_ml", 30.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H17.2", _C.BALANCE_ABS, _UP, "balance_trip_ml", 30.0, _P.HIGH, True, _R.R2, _RUN),
    Rule("H17.3", _C.BALANCE_AWAY, _UP, "balance_away_ml_h", 30.0, _P.MEDIUM, False, _R.R2, _RUN),
    Rule("H17.4", _C.RATIO_RESIDUAL, _UP, "ratio_residual_ml_min", 0.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H17.5", _C.RATIO_VOLUME, _UP, "ratio_volume_ml", 0.0, _P.HIGH, True, _R.R2, _PLASMA),
    Rule("H17.6", _C.TOUCH_S, _UP, "touch_s", 0.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H17.7", _C.LVL_W_R, _UP, "lvl_w_r_ml", 30.0, _P.MEDIUM, True, _R.R2, _RUN),
    Rule("H18.1", _C.W_R, _DOWN, "w_r_low_g", 0.5, _P.MEDIUM, False, _R.R2, _RUN),
    Rule("H19.1", _C.W_R, _UP, "w_r_high_g", 0.5, _P.MEDIUM, False, _R.R2, _RUN),
    Rule("H20.1", _C.T_W_MAX, _UP, "t_w_hold_c", 60.0, _P.MEDIUM, False, _R.R1, _FILLED, (_A.W,)),
    Rule("H20.2", _C.T_BR, _UP, "t_br_hold_c", 60.0, _P.MEDIUM, False, _R.R1, _FILLED, (_A.W,)),
    Rule("H20.3", _C.T_W_MAX, _UP, "t_trip_c", 1.0, _P.HIGH, True, _R.R2W, _ALL),
    Rule("H20.4", _C.T_BR, _UP, "t_trip_c", 1.0, _P.HIGH, True, _R.R2X, _ALL),
    Rule("H21.1", _C.T_RET_RUN, _DOWN, "t_ret_warn_c", 60.0, _P.MEDIUM, False, _R.R0, _PLASMA),
    Rule("H21.2", _C.T_RET_RUN, _DOWN, "t_ret_trip_c", 60.0, _P.MEDIUM, False, _R.R2, _PLASMA),
    Rule("H22.1", _C.DO_OUT, _DOWN, "do_out_warn_mmhg", 120.0, _P.MEDIUM, False, _R.R0, _PLASMA),
    Rule("H22.2", _C.DO_OUT, _DOWN, "do_out_trip_mmhg", 120.0, _P.MEDIUM, False, _R.R2, _PLASMA),
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
    Rule("H26.1", _C.HEP_OVER, _UP, "hep_over_percent", 5.0, _P.HIGH, True, _R.R1, _ON_PATIENT, stops=_HP),
    Rule("H26.2", _C.HEP_PAST_CAP, _UP, "hep_past_cap_ml", 5.0, _P.HIGH, True, _R.R1, _ON_PATIENT, stops=_HP),
    Rule("H27.1", _C.HEP_SHORT, _UP, "hep_short_percent", 60.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H27.2", _C.HP_FORCE, _UP, "hep_force_n", 60.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H27.3", _C.V_HEP, _UP, "hep_used_ml", 60.0, _P.MEDIUM, False, _R.R0, _RUN),
    Rule("H28.1", _C.BP_SHORT, _UP, "pump_short", 5.0, _P.HIGH, True, _R.R4S, _BLOOD),
    Rule("H28.2", _C.PP_SHORT, _UP, "pump_short", 5.0, _P.MEDIUM, True, _R.R2, _PLASMA),
    Rule("H28.3", _C.CP_SHORT, _UP, "pump_short", 5.0, _P.MEDIUM, True, _R.R2X, _FILLED),
    Rule("H28.4", _C.RP_SHORT, _UP, "pump_short", 5.0, _P.MEDIUM, True, _R.R2, _PLASMA),
    Rule("H28.5", _C.N_MIN, _DOWN, "pump_reverse_rpm", 1.0, _P.HIGH, True, _R.R4, _ALL),
    Rule("H29.1", _C.CLAMP_MISS, _UP, "clamps_missed", 0.0, _P.HIGH, True, _R.R4, _ALL),
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
    Rule("H33.1", _C.NODE, _UP, "node_tripped", 0.0, _P.HIGH, True, _R.R5, _ALL),
    Rule(
        "H37.1",
        _C.UPS_MIN,
        _DOWN,
        "ups_low_min",
        1.0,
        _P.MEDIUM,
        False,
        _R.R0,
        _ALL,
        suppressed_by=("H37.2", "H37.3"),
    ),
    Rule("H37.2", _C.UPS_MIN, _DOWN, "ups_empty_min", 1.0, _P.HIGH, False, _R.R2W, _PLASMA),
    Rule("H37.3", _C.UPS_MIN, _DOWN, "ups_empty_min", 1.0, _P.HIGH, False, _R.R0, _ALL - _PLASMA),
    Rule("H39.1", _C.NEAR_NOMINAL, _UP, "mark_s", 0.0, _P.LOW, False, _R.R0, _TREAT),
    Rule("H39.2", _C.TO_NOMINAL, _UP, "mark_s", 0.0, _P.LOW, False, _R.R0, frozenset({_S.TREAT_END})),
    Rule("H39.3", _C.IN_EXTENSION, _UP, "mark_s", 0.0, _P.MEDIUM, False, _R.R0, _TREAT),
    Rule("H39.4", _C.NEAR_CAP, _UP, "mark_s", 0.0, _P.LOW, False, _R.R0, _TIMED),
    Rule("H39.5", _C.AT_CAP, _UP, "mark_s", 0.0, _P.MEDIUM, False, _R.R0, _TIMED),
    Rule("H42.1", _C.RINSE_PLASMA, _UP, "rinse_plasma_extra_ml", 0.0, _P.HIGH, True, _R.R2, _RINSE),
    Rule("H42.2", _C.RINSE_SALINE, _UP, "rinse_saline_ml", 0.0, _P.HIGH, True, _R.R4, _RINSE),
    Rule("H49.1", _C.TRAY, _UP, "moisture", 5.0, _P.MEDIUM, False, _R.R2, _LIQUID),
    Rule("H50.1", _C.CELL_STOP_S, _UP, "cells_stop_warn_s", 0.0, _P.LOW, False, _R.R0, _FILLED),
    Rule("H50.2", _C.CELL_STOP_S, _UP, "cells_stop_trip_s", 0.0, _P.MEDIUM, False, _R.R0, _FILLED),
    Rule("H51.1", _C.P_RET, _UP, "p_ret_warn_mmhg", 1.0, _P.MEDIUM, False, _R.R0, _BLOOD),
    Rule("H51.2", _C.P_RET, _UP, "p_ret_trip_mmhg", 1.0, _P.HIGH, True, _R.R2, _MOVING),
    Rule("H52.1", _C.P_F2O, _DOWN, "p_f2o_warn_mmhg", 5.0, _P.MEDIUM, False, _R.R0, _BLOOD),
    Rule("H52.2", _C.P_F2O, _DOWN, "p_f2o_trip_mmhg", 2.0, _P.HIGH, True, _R.R2, _MOVING),
)

_NEEDS: Final = {
    _C.P_GAS_OVER: _C.P_GAS, _C.HEP_OVER: _C.V_HEP, _C.HEP_SHORT: _C.V_HEP, _C.HEP_PAST_CAP: _C.V_HEP,
}  # fmt: skip
"""Derived channels of a sensor that a rig may do without."""


def unarmed(not_fitted: Collection[Channel]) -> tuple[Rule, ...]:
    """The rules that cannot act on a rig without these sensors."""
    return tuple(r for r in RULES if _NEEDS.get(r.channel, r.channel) in not_fitted)


class Restrict(IntEnum):
    """What a response does to one actuator; when responses meet, the larger wins."""

    FREE = 0
    HOLD = 1
    """No increase above the last command."""
    KEEP = 2
    """A clamp stays as it is, so that over-pressure is not trapped."""
    OFF = 3
    """Zero: a stopped pump, a heater without power, a closed clamp."""


_STOP: Final = (_A.BP, _A.PP, _A.RP, _A.HP)
_CELLS: Final = (_A.CP, _A.W, _A.G_O2, _A.G_AIR, _A.G_CO2)
_PATIENT_CLAMPS: Final = (_A.AC, _A.VC, _A.PC)


def _row(off: tuple[Actuator, ...], keep: tuple[Actuator, ...] = ()) -> tuple[Restrict, ...]:
    return tuple(
        Restrict.OFF if a in off else Restrict.KEEP if a in keep else Restrict.FREE for a in Actuator
    )


_R2_OFF: Final = (_A.PP, _A.RP, _A.PC)

RESPONSES: Final[dict[Response, tuple[Restrict, ...]]] = {
    _R.NONE: _row(()),
    _R.R0: _row(()),
    _R.R1: _row(()),  # R1 holds or stops the actuators its rule names
    _R.R2: _row(_R2_OFF),
    _R.R2W: _row((*_R2_OFF, _A.W)),
    _R.R2X: _row((*_R2_OFF, *_CELLS)),
    _R.R4S: _row(_STOP, (*_PATIENT_CLAMPS, _A.SC, _A.SR, _A.WC, _A.RC)),
    _R.R4: _row((*_STOP, *_CELLS, *_PATIENT_CLAMPS)),
    _R.R5: _row((*_STOP, *_CELLS, *_PATIENT_CLAMPS)),
}
"""Restrictions per actuator, in its order (circuit 3). None switches anything on."""


LINGER_S: Final[dict[Response, float]] = {_R.R1: 30.0, _R.R4S: 3.0}
"""How long a response outlives its cause: R1 until the cause has been gone 30 s (safety 4.2); R4s long enough
for R4 to close the clamps in its place."""


@dataclass(frozen=True, slots=True)
class Control:
    """One means against a hazard, and the test that proves it.

    `ref` is a rule, an interlock (I1-I14), a start gate or a design property; `test` is `file::function`.
    """

    ref: str
    test: str


@dataclass(frozen=True, slots=True)
class Hazard:
    """What can hurt whom, how badly (1-5, 5 is death), and what stands against it."""

    id: str
    harm: str
    severity: int
    controls: tuple[Control, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The stages of this hazard."""
        return tuple(r for r in RULES if r.hazard == self.id)


_PROOF: Final = {
    "I1": "safety/test_interlocks.py::test_i01_venous_clamp_closed_stops_blood_and_return",
    "I2": "safety/test_interlocks.py::test_i02_a_standing_blood_pump_stops_separation_and_return",
    "I3": "safety/test_interlocks.py::test_i03_separation_stays_within_the_lowest_blood_flow",
    "I4": "safety/test_interlocks.py::test_i04_no_return_without_its_eyes",
    "I5": "safety/test_interlocks.py::test_i05_no_heat_without_two_good_probes_below_the_trip",
    "I6": "safety/test_interlocks.py::test_i06_heparin_stops_thirty_seconds_after_the_blood",
    "I7": "safety/test_interlocks.py::test_i07_a_balance_at_its_limit_stops_separation_and_return",
    "I8": "safety/test_interlocks.py::test_i08_no_command_is_valid_for_more_than_a_second",
    "I9": "safety/test_interlocks.py::test_i09_what_may_not_run_in_a_phase",
    "I10": "safety/test_interlocks.py::test_i10_no_intent_can_move_a_limit",
    "I11": "safety/test_interlocks.py::test_i11_no_return_into_a_closed_plasma_clamp",
    "I12": "safety/test_interlocks.py::test_i12_the_return_stays_below_perfusion",
    "I13": "safety/test_interlocks.py::test_i13_no_gas_and_no_heat_without_perfusion",
    "I14": "safety/test_interlocks.py::test_i14_no_blood_without_its_eyes",
    "limiter": "safety/test_loops.py::test_a_limiter_takes_over_before_the_trip_and_gives_back",
    "R1 lowers separation": "safety/test_loops.py::test_r1_takes_separation_down_in_steps_to_ten",
    "air counters lose nothing": "safety/test_estimators.py::test_a_missed_poll_loses_no_air",
    "air sums outlast a pause": "safety/test_estimators.py::test_a_pause_does_not_reset_the_air_sums",
    "expected pressure freezes": "safety/test_estimators.py::test_expected_pressure_freezes_beyond_its_limit",
    "R4s lets pressure out": "safety/test_core.py::test_r4s_lets_the_pressure_out_then_closes",
    "balance by scales": "safety/test_balance.py::test_each_term_of_the_balance",
    "a touched scale freezes": "safety/test_balance.py::test_a_touched_bag_freezes_the_trim",
    "two eyes on the balance": "safety/test_balance.py::test_a_return_that_leaves_the_learned_ratio",
    "clamp before pump": "safety/test_loops.py::test_the_clamp_opens_before_the_return_pump_and_closes_after",
    "saline holds the level": "safety/test_loops.py::test_the_saline_clamp_holds_the_level",
    "caps are given once": "safety/test_balance.py::test_a_pause_does_not_give_the_rinse_caps_again",
    "an extension ends by force":
        "control/test_time_rules.py::test_the_longest_extension_ends_the_plasma_side_by_force",
    "the cap wins": "control/test_time_rules.py::test_the_cap_wins_over_an_extension",
    "heparin cap": "safety/test_loops.py::test_heparin_gives_the_bolus_then_the_rate_and_stops_at_the_cap",
    "heparin against its command": "safety/test_heparin.py::test_a_pump_that_gives_too_much_is_stopped",
    "gas against plasma": "safety/test_gas_pressure.py::test_gas_pressure_counts_against_the_plasma",
    "perfusion missing is seen":
        "safety/test_estimators.py::test_half_the_commanded_flow_is_a_fault_after_five_seconds",
    "the supervisor only lowers": "safety/test_supervisor.py::test_any_wish_any_reading_any_response",
    "only GOOD readings are used": "safety/test_alarm_battery.py::test_a_reading_not_good_never_trips",
    "silence is safe": "sim/test_node.py::test_the_lease_ends_exactly_at_valid_until",
}  # fmt: skip
"""What else stands against hazards, besides their rules, and where each is proved."""


def _hazard(id_: str, severity: int, harm: str, *others: str) -> Hazard:
    """A row whose controls are its rules, each proved by the battery of every rule, and the others named."""
    battery = "tests/safety/test_alarm_battery.py::test_trips_at_and_beyond_its_limit_only"
    stages = tuple(Control(r.id, battery) for r in RULES if r.hazard == id_)
    return Hazard(id_, harm, severity, stages + tuple(Control(o, f"tests/{_PROOF[o]}") for o in others))


_SUP: Final = "the supervisor only lowers"

HAZARDS: Final[tuple[Hazard, ...]] = (
    _hazard("H01", 5, "air to the patient: embolism", "I1", "I14", "air counters lose nothing"),
    _hazard("H02", 4, "micro-air adds up: embolism", "air sums outlast a pause", "air counters lose nothing"),
    _hazard("H03", 4, "air in the plasma return: embolism", "I4", "I11", "air counters lose nothing"),
    _hazard("H04", 4, "the venous chamber runs empty: air", "I14"),
    _hazard("H05", 5, "venous line off: blood loss", "I14", "expected pressure freezes"),
    _hazard("H06", 4, "return line closed: burst, haemolysis", "I1", "R4s lets pressure out"),
    _hazard("H07", 4, "suction at the access: vessel injury, haemolysis, degassing", "I14", "limiter"),
    _hazard("H08", 4, "access line open before the pump: air, blood loss", "I14"),
    _hazard("H09", 4, "pressure before the separator: burst, haemolysis", "I14", "limiter"),
    _hazard("H10", 4, "high TMP: haemolysis, membrane tear", "I3", "limiter", "R1 lowers separation"),
    _hazard("H11", 4, "reverse TMP: plasma and debris pressed into the blood", "I2"),
    _hazard("H12", 4, "too much plasma taken from the blood: haemoconcentration, clots", "I2", "I3"),
    _hazard("H13", 5, "red cells or free haemoglobin in the plasma: cell damage", "I3", "limiter"),
    _hazard("H14", 5, "reactor over-pressure: fibres break, cells reach the patient", "limiter", _SUP),
    _hazard("H15", 5, "second filter breach: cells or particles to the patient", "I11"),
    _hazard("H16", 3, "second filter clogs: back-pressure, balance", "limiter", "I12"),
    _hazard(
        "H17", 5, "fluid lost or gained: hypo- or hypervolaemia", "I7", "balance by scales",
        "a touched scale freezes", "two eyes on the balance",
    ),
    _hazard("H18", 4, "the reservoir runs empty: air to the return pump", "I4", "I12"),
    _hazard("H19", 3, "the reservoir overflows: plasma lost, contamination", "balance by scales"),
    _hazard("H20", 5, "plasma over-heated: denatured protein, haemolysis, dead cells", "I5", "I13", "I8"),
    _hazard("H21", 3, "cold return: hypothermia, arrhythmia; cold cells", "I12"),
    _hazard("H22", 3, "cells without oxygen: function lost, debris", "perfusion missing is seen"),
    _hazard("H23", 3, "too much oxygen or a wrong pH: cells and patient", "I13"),
    _hazard("H24", 4, "gas pressed through the oxygenator: bubbles", "gas against plasma", "I13"),
    _hazard("H25", 4, "standing blood clots: 180-250 mL of blood lost", "I6", "heparin cap"),
    _hazard("H26", 5, "too much heparin: bleeding", "I6", "heparin cap", "heparin against its command"),
    _hazard("H27", 3, "too little heparin: clots", "limiter", "heparin against its command"),
    _hazard("H28", 4, "a pump runs wrong or backwards: harm by any pump", "I2", "I3", "I9", _SUP),
    _hazard("H29", 5, "a clamp does not close when it must", "I1", "I11", "clamp before pump"),
    _hazard("H31", 4, "a sensor lies or falls silent", "I4", "I5", "I14", "only GOOD readings are used"),
    _hazard("H33", 5, "the controller hangs or dies", "I8", "silence is safe"),
    _hazard("H37", 5, "mains lost, battery empty: everything stops", "I8", "silence is safe"),
    _hazard("H39", 3, "session too long or too short", "an extension ends by force", "the cap wins"),
    _hazard("H42", 4, "rinse-back: too much volume, air", "caps are given once", "saline holds the level"),
    _hazard("H49", 3, "blood or plasma leaks to the floor", "balance by scales", "two eyes on the balance"),
    _hazard("H50", 3, "the cells stand without perfusion: function lost", "I13"),
    _hazard("H51", 4, "return line closed behind the return pump: burst", "I11", "clamp before pump"),
    _hazard("H52", 4, "suction behind the second filter: degassing, air", "I12", "limiter"),
)  # fmt: skip
"""Every hazard that has a rule: safety 4.3 with the rows that the circuit changes."""
