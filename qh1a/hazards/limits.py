"""The limits of rules and loops, with the hard bounds that no file and no operator can leave.

Defaults live in `configs/limits/`. Sources: "circuit" is the project's rig description, "safety" its hazard
analysis.
"""

from dataclasses import dataclass
from typing import Final


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
    LimitRow(
        "p_ven_rinse_mmhg", "mmHg", 5.0, 20.0, "design: an open line end keeps 4 mmHg in blood rinse-back"
    ),
    LimitRow("p_ven_high_mmhg", "mmHg", 100.0, 250.0, "circuit 2, H06"),
    LimitRow("p_ven_high_rinse_mmhg", "mmHg", 100.0, 350.0, "circuit 2, H06 in rinse-back"),
    LimitRow("p_ven_high_connect_mmhg", "mmHg", 100.0, 450.0, "circuit 2, H06 while connecting"),
    LimitRow("r4s_close_s", "s", 1.0, 2.0, "circuit 3: R4s becomes R4 after 2 s with P_ven in window"),
    LimitRow("p_acc_warn_mmhg", "mmHg", -200.0, -50.0, "circuit 2, H07"),
    LimitRow("p_acc_trip_mmhg", "mmHg", -250.0, -100.0, "circuit 2, H07"),
    LimitRow("p_acc_open_mmhg", "mmHg", -30.0, -10.0, "circuit 2, H08: > -10 while Q_b >= 100"),
    LimitRow("p_pre_warn_mmhg", "mmHg", 100.0, 300.0, "circuit 2, H09"),
    LimitRow("p_pre_trip_mmhg", "mmHg", 150.0, 350.0, "circuit 2, H09"),
    LimitRow("p_pre_rise_mmhg", "mmHg", 10.0, 30.0, "safety H09: 30 mmHg in 10 min"),
    LimitRow("p_fil_warn_mmhg", "mmHg", -10.0, 20.0, "circuit 2"),
    LimitRow("p_fil_trip_mmhg", "mmHg", -50.0, 0.0, "circuit 2"),
    LimitRow("tmp_hold_mmhg", "mmHg", 25.0, 45.0, "circuit 2, H10 R1"),
    LimitRow("tmp_trip_mmhg", "mmHg", 30.0, 60.0, "circuit 2, H10 R2"),
    LimitRow("tmp_high_mmhg", "mmHg", 40.0, 80.0, "circuit 2, H10 R2 and HIGH"),
    LimitRow("tmp_reverse_mmhg", "mmHg", -10.0, 0.0, "circuit 2, H11"),
    LimitRow("qp_qb_warn", "fraction", 0.15, 0.27, "circuit 2, H12"),
    LimitRow("qp_qb_trip", "fraction", 0.2, 0.3, "circuit 2, I3; safety H12"),
    LimitRow("hct_out_warn", "fraction", 0.4, 0.6, "safety H12: outlet haematocrit 0.55"),
    LimitRow("bld_trip_ml_min", "mL/min", 0.1, 0.35, "safety H13: red cells; reads so at 50 mg/dL free Hb"),
    LimitRow("p_bri_warn_mmhg", "mmHg", 80.0, 150.0, "circuit 2, H14"),
    LimitRow("p_bri_trip_mmhg", "mmHg", 100.0, 200.0, "circuit 2, H14"),
    LimitRow("dp_br_over_mmhg", "mmHg", -10.0, 0.0, "circuit 2: beyond max(2 x baseline, baseline + 15)"),
    LimitRow("r_f2_fall_percent", "%", 20.0, 40.0, "circuit 2, H15"),
    LimitRow("turb_trip_ntu", "NTU", 1.0, 50.0, "circuit 2, H15: optional, no figure given; design"),
    LimitRow("dp_f2_warn_mmhg", "mmHg", 20.0, 60.0, "circuit 2, H16"),
    LimitRow("dp_f2_trip_mmhg", "mmHg", 40.0, 100.0, "circuit 2, H16"),
    LimitRow("balance_warn_ml", "mL", 20.0, 50.0, "circuit 2, H17"),
    LimitRow("balance_trip_ml", "mL", 50.0, 150.0, "circuit 2, H17"),
    LimitRow("balance_away_ml_h", "mL/h", 50.0, 100.0, "circuit 2, H17"),
    LimitRow("ratio_residual_ml_min", "mL/min", 0.5, 1.0, "circuit 4 (b)"),
    LimitRow("ratio_volume_ml", "mL", 50.0, 100.0, "circuit 4 (b)"),
    LimitRow("touch_s", "s", 60.0, 300.0, "circuit 4: feed-forward only at most 5 min"),
    LimitRow("w_r_low_g", "g", 50.0, 100.0, "circuit 2, H18"),
    LimitRow("lvl_r_low_ml", "mL", 50.0, 100.0, "safety H18: level or scale, the lower wins"),
    LimitRow("w_r_high_g", "g", 200.0, 360.0, "circuit 2, H19"),
    LimitRow("lvl_w_r_ml", "mL", 15.0, 30.0, "circuit 2: LVL_r against W_r"),
    LimitRow("t_w_hold_c", "C", 37.5, 39.5, "circuit 2, H20 R1"),
    LimitRow("t_br_hold_c", "C", 37.5, 38.5, "circuit 2, H20 R1"),
    LimitRow("t_trip_c", "C", 39.0, 41.0, "circuit 2, H20"),
    LimitRow("t_ret_warn_c", "C", 32.0, 36.0, "circuit 2, H21"),
    LimitRow("t_ret_trip_c", "C", 30.0, 35.0, "circuit 2, H21"),
    LimitRow("t_br_low_c", "C", 34.0, 36.5, "circuit 6: treatment counts from 35.0; safety H21, cold cells"),
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
    LimitRow("hep_stop_s", "s", 300.0, 600.0, "safety H25: heparin stopped for more than 10 min"),
    LimitRow("hep_over_percent", "%", 5.0, 10.0, "safety H26: 10 % over 5 min"),
    LimitRow("hep_past_cap_ml", "mL", 0.02, 0.5, "safety H26: the cap itself is a prescription field"),
    LimitRow("hep_back_ml", "mL", 0.02, 0.5, "safety H26: reverse"),
    LimitRow("hep_short_percent", "%", 5.0, 10.0, "safety H27: below 90 % over 10 min"),
    LimitRow("hep_force_n", "N", 30.0, 60.0, "safety H27: 0.9 bar behind a 50 mL syringe, and friction"),
    LimitRow("hep_used_ml", "mL", 5.0, 58.0, "safety H27: nearly all that the syringe holds"),
    LimitRow("pump_short", "fraction", 0.1, 0.5, "circuit 3: below 50 % of command for 5 s"),
    LimitRow("pump_short_blood", "fraction", 0.1, 0.3, "clinical 3.2 row 18: 30 %; safety H28: 15 %"),
    LimitRow("pump_over", "fraction", -0.3, -0.1, "safety H28: 15 % beyond the command"),
    LimitRow("pump_reverse_rpm", "rpm", -2.0, -0.2, "safety H28"),
    LimitRow("clamps_missed", "count", 1.0, 1.0, "safety H29: 0.5 s after the command"),
    LimitRow("clamps_escaped", "count", 1.0, 1.0, "safety H30: any of the patient's clamps, for 0.1 s"),
    LimitRow("signals_lost", "count", 1.0, 1.0, "safety H31, H32"),
    LimitRow("node_tripped", "code", 1.0, 1.0, "safety H33"),
    LimitRow("limits_differ", "code", 1.0, 1.0, "safety H35"),
    LimitRow("ups_low_min", "min", 20.0, 60.0, "safety H37"),
    LimitRow("ups_short_min", "min", 10.0, 30.0, "safety H37"),
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
    LimitRow("flat_s", "s", 5.0, 60.0, "safety H31: flat while the pump runs, 60 s at most"),
    LimitRow("pair_p_ven_mmhg", "mmHg", 10.0, 20.0, "safety H31: two eyes on a pressure, 20 mmHg"),
    LimitRow("pair_t_w_c", "C", 0.5, 1.0, "safety H31: two eyes on a temperature, 0.5 K and their tolerance"),
    # Of the protective node alone; the others that its rules name it shares with the host.
    LimitRow("node_t_w_c", "C", 41.2, 42.0, "circuit 2, H20: above the host's 41.0, which acts first"),
    LimitRow("node_turning_rpm", "rpm", 0.3, 1.0, "circuit 3, I1: a rotor that still turns"),
    LimitRow(
        "node_blood_runs_rpm", "rpm", 5.0, 8.0, "circuit 2, H05: Q_b >= 50 at 10.4 mL a turn, and its ripple"
    ),
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
