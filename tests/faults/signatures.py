"""What every fault of the catalogue must show, against a twin without it: frozen figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from qh1a.channels import Channel
from qh1a.sim.truth import Truth


class Of(Enum):
    """What is looked at, over a second."""

    MEAN = "mean"
    SPREAD = "standard deviation"
    AGE = "age of the reading, s"


@dataclass(frozen=True, slots=True)
class Sign:
    """`signal` is off the twin's by `by` to 1.6 `by` at `within_s` after the onset.

    Until `not_before_s` it is off by little. All in the signal's own unit, over a second. The twin itself
    moves by less than half of it meanwhile.
    """

    signal: Channel | Truth
    by: float
    within_s: float
    not_before_s: float = 0.0
    of: Of = Of.MEAN


@dataclass(frozen=True, slots=True)
class Signature:
    """The signs of one fault, and channels that show nothing of it as long as it is watched.

    `heparin` in mL/h runs with the fault and in its twin.
    """

    signs: tuple[Sign, ...]
    still: tuple[Channel, ...] = ()
    heparin: float = 0.0


_C, _T = Channel, Truth
SIGNATURES: Final[Mapping[str, Signature]] = {
    "access_needle_on_wall": Signature(
        (Sign(_C.P_ACC, -110.0, 3.0), Sign(_C.Q_B, -12.0, 3.0)), (_C.N_BP, _C.N_PP)
    ),
    "access_clotting": Signature(
        (Sign(_C.P_ACC, -100.0, 1200.0, 10.0), Sign(_C.Q_B, -10.5, 1200.0, 100.0)), (_C.N_BP, _C.W_R)
    ),
    "return_line_kink": Signature(
        (Sign(_C.P_VEN, 155.0, 10.0), Sign(_C.P_PRE, 150.0, 10.0), Sign(_C.P_FIL, 130.0, 10.0)), (_C.N_BP,)
    ),
    "return_disconnection": Signature(
        (Sign(_C.P_VEN, -42.0, 3.0), Sign(_T.BLOOD_LOST_ML, 55.0, 30.0), Sign(_T.Q_VEN_OUT, -100.0, 1.0)),
        (_C.N_BP,),
    ),
    # Blood and air are drawn through a line without needle; the front takes 50 s to the venous chamber. The
    # catheter drips by the venous pressure.
    "access_disconnection": Signature(
        (
            Sign(_C.P_ACC, 45.0, 3.0), Sign(_T.Q_ACC_IN, -100.0, 1.0), Sign(_T.BLOOD_LOST_ML, 15.0, 60.0),
            Sign(_C.Q_B, -110.0, 30.0, 10.0), Sign(_C.LVL_VEN, -70.0, 60.0, 40.0),
            Sign(_C.AIR_V, 115.0, 120.0, 56.0), Sign(_T.AIR_PATIENT_ML, 100.0, 120.0, 60.0),
        ),
        (_C.N_BP, _C.TRAY),
    ),
    # The blood that comes back is 3 K cooler and thicker; no sensor shows that, nor the marker it lacks.
    "access_recirculation": Signature(
        (Sign(_T.P_ACC, -1.1, 300.0), Sign(_T.T_RES, -0.18, 300.0)), (_C.N_BP, _C.P_VEN, _C.T_BR, _C.W_R)
    ),
    # 0.4 of a venous pressure of 8 mmHg.
    "hypotension": Signature(
        (
            Sign(_T.CVP, -2.8, 300.0, 30.0), Sign(_T.MAP, -21.0, 300.0, 30.0),
            Sign(_C.P_ACC, -2.6, 300.0, 30.0), Sign(_C.P_VEN, -2.8, 300.0, 30.0),
        ),
        (_C.N_BP, _C.Q_P, _C.W_R),
    ),
    # 30 mL/min: 450 mL, of 150 mL/mmHg.
    "haemorrhage": Signature(
        (
            Sign(_T.BLOOD_VOLUME_ML, -400.0, 900.0), Sign(_T.CVP, -2.6, 900.0, 60.0),
            Sign(_T.MAP, -8.0, 900.0, 60.0), Sign(_C.P_ACC, -2.5, 900.0, 60.0),
            Sign(_C.P_VEN, -2.6, 900.0, 60.0),
        ),
        (_C.N_BP, _C.Q_P, _C.W_R, _C.BLD),
    ),
    # 50 mL/min: 750 mL on 4550.
    "haemodilution": Signature(
        (
            Sign(_T.HCT_PATIENT, -0.042, 900.0, 30.0), Sign(_T.CVP, 4.2, 900.0, 60.0),
            Sign(_C.P_ACC, 13.0, 900.0, 60.0), Sign(_C.P_PRE, -3.9, 900.0, 30.0),
            Sign(_T.TMP, -2.3, 900.0, 60.0),
        ),
        (_C.N_BP, _C.Q_P, _C.W_R),
    ),
    "fever": Signature(
        (
            Sign(_C.P_ACC, 2.1, 1500.0, 120.0), Sign(_T.T_RES, 0.36, 1800.0, 300.0),
            Sign(_T.MAP, -3.4, 1800.0, 120.0),
        ),
        (_C.N_BP, _C.Q_P, _C.T_BR, _C.W_R),
    ),
    "blood_pump_stall": Signature(
        (
            Sign(_C.N_BP, -11.0, 3.0), Sign(_C.Q_B, -105.0, 3.0), Sign(_C.P_ACC, 50.0, 3.0),
            Sign(_C.P_PRE, -38.0, 3.0), Sign(_C.P_VEN, -35.0, 10.0),
        )
    ),
    # 4 mL/min: 29 healthy leaks at 110 mmHg across the pump.
    "blood_pump_under_occlusion": Signature(
        (Sign(_C.Q_B, -3.5, 3.0), Sign(_C.Q_B, -3.5, 300.0)),
        (_C.N_BP, _C.P_PRE),
    ),
    "blood_segment_fatigue": Signature((Sign(_C.Q_B, -3.4, 3400.0, 600.0),), (_C.N_BP,)),
    "perfusion_segment_fatigue": Signature(
        (Sign(_C.Q_C, -2.8, 3400.0, 600.0), Sign(_C.P_BRI, -2.4, 3400.0, 600.0)), (_C.N_CP, _C.W_R)
    ),
    "return_segment_fatigue": Signature(
        (Sign(_C.Q_R, -0.8, 3400.0, 600.0), Sign(_C.W_R, 23.0, 3400.0, 300.0)), (_C.N_RP,)
    ),
    "tube_rupture": Signature(
        (
            Sign(_C.P_PRE, -13.0, 10.0), Sign(_C.P_VEN, -10.0, 10.0), Sign(_C.TRAY, 1.0, 10.0, 1.0),
            Sign(_T.BLOOD_LOST_ML, 24.0, 60.0), Sign(_T.RBC_LOST_ML, 8.5, 60.0),
            Sign(_T.Q_VEN_OUT, -24.0, 30.0),
        ),
        (_C.Q_B, _C.N_BP, _C.P_ACC, _C.Q_P),
    ),
    "blood_leak": Signature((Sign(_C.BLD, 0.33, 60.0, 3.0),), (_C.Q_P, _C.P_FIL)),
    "tmp_runaway": Signature(
        (
            Sign(_C.P_FIL, -3.3, 300.0, 60.0), Sign(_C.P_FIL, -36.0, 900.0, 300.0),
            Sign(_T.TMP, 36.0, 900.0, 300.0), Sign(_C.BLD, 0.28, 900.0, 550.0),
        ),
        (_C.N_BP, _C.Q_P, _C.P_PRE),
    ),
    "membrane_fouling": Signature(
        (Sign(_C.P_FIL, -5.8, 2700.0, 120.0), Sign(_T.TMP, 5.8, 2700.0, 120.0)), (_C.Q_P,)
    ),
    "fibre_clotting": Signature(
        (
            Sign(_C.P_PRE, 15.0, 1800.0, 300.0), Sign(_C.P_FIL, -16.5, 1800.0, 300.0),
            Sign(_T.TMP, 24.0, 1800.0, 300.0), Sign(_T.S1_OPEN, -0.48, 1800.0, 120.0),
        ),
        (_C.N_BP, _C.Q_P, _C.P_VEN),
    ),
    "haemolysis": Signature(
        (Sign(_C.BLD, 0.3, 300.0, 15.0), Sign(_T.FHB_FILTRATE, 27.0, 300.0, 15.0)),
        (_C.Q_B, _C.Q_P, _C.P_FIL),
    ),
    # 20 mL/min with 0.6 of red cells.
    "haemoconcentration": Signature(
        (
            Sign(_T.HCT_PATIENT, 0.0125, 900.0, 60.0), Sign(_T.CVP, 1.7, 900.0, 60.0),
            Sign(_C.P_PRE, 3.1, 900.0, 60.0), Sign(_C.P_VEN, 2.8, 900.0, 60.0),
        ),
        (_C.N_BP, _C.Q_P, _C.W_R),
    ),
    # 74 mmHg on 6.2 cm2; half-life of heparin 109 min.
    "heparin_line_off": Signature(
        (Sign(_C.HP_FORCE, -5.2, 3.0), Sign(_T.ACT, -12.5, 3600.0, 300.0)),
        (_C.V_HEP, _C.P_PRE, _C.TRAY),
        heparin=2.0,
    ),
    "heparin_syringe_stuck": Signature(
        (Sign(_C.HP_FORCE, 17.0, 900.0, 30.0), Sign(_T.ACT, -12.5, 3600.0, 300.0)),
        (_C.P_PRE, _C.W_R),
        heparin=2.0,
    ),
    "heparin_overdose": Signature(
        (
            Sign(_T.HEPARIN, 265.0, 900.0, 60.0), Sign(_T.ACT, 26.0, 900.0, 60.0),
            Sign(_T.HARM_CLOTTING_MIN, 9.0, 3600.0, 1800.0),
        ),
        (_C.V_HEP, _C.HP_FORCE, _C.P_PRE),
        heparin=2.0,
    ),
    "citrate_load": Signature(
        (Sign(_T.CITRATE, 240.0, 900.0, 30.0), Sign(_T.ICA, -0.3, 900.0, 30.0)),
        (_C.P_VEN, _C.PH, _C.W_R),
    ),
    # 5 % too much: 1.5 mL/min and 1.54 g/min, 0.3 g/min per 1 %.
    "separation_pump_over": Signature(
        (Sign(_C.Q_P, 1.3, 3.0), Sign(_C.W_R, 6.4, 300.0, 5.0), Sign(_T.NET_BALANCE_ML, -6.2, 300.0, 5.0)),
        (_C.N_PP, _C.P_BRI),
    ),
    "separation_pump_under": Signature(
        (Sign(_C.Q_P, -1.3, 3.0), Sign(_C.W_R, -6.4, 300.0, 5.0), Sign(_T.NET_BALANCE_ML, 6.2, 300.0, 5.0)),
        (_C.N_PP, _C.P_BRI),
    ),
    "separation_pump_stall": Signature(
        (
            Sign(_C.N_PP, -4.8, 3.0), Sign(_C.Q_P, -25.0, 3.0), Sign(_T.TMP, -14.0, 10.0),
            Sign(_C.W_R, -25.0, 60.0), Sign(_T.NET_BALANCE_ML, 23.0, 60.0),
        )
    ),
    "return_pump_stall": Signature(
        (
            Sign(_C.N_RP, -4.8, 3.0), Sign(_C.Q_R, -25.0, 3.0), Sign(_C.P_F2O, 27.0, 10.0),
            Sign(_C.W_R, 24.0, 60.0), Sign(_C.T_RET, -2.9, 60.0),
        )
    ),
    "plasma_return_kink": Signature(
        (Sign(_C.P_RET, 115.0, 3.0), Sign(_C.Q_R, -20.0, 60.0), Sign(_C.W_R, 15.0, 60.0)), (_C.Q_P,)
    ),
    "second_filter_clogging": Signature(
        (Sign(_C.P_F2O, -14.0, 1200.0, 60.0), Sign(_C.W_R, 3.4, 3600.0, 1200.0)), (_C.Q_C, _C.P_BRI)
    ),
    "second_filter_breach": Signature((Sign(_C.P_F2O, 6.0, 10.0),), (_C.Q_R, _C.Q_C, _C.W_R)),
    "air_in_plasma_line": Signature(
        (Sign(_C.AIR_P, 1.9, 60.0, 12.0), Sign(_C.LVL_VEN, -33.0, 300.0, 20.0)), (_C.N_RP, _C.Q_B)
    ),
    "chamber_level_low": Signature(
        (Sign(_C.LVL_VEN, -7.5, 60.0, 5.0), Sign(_C.LVL_VEN, -38.0, 300.0)), (_C.Q_B, _C.AIR_V)
    ),
    "chamber_level_high": Signature(
        (Sign(_C.LVL_VEN, 7.5, 60.0, 5.0), Sign(_T.LVL_VEN, 30.0, 300.0)), (_C.Q_B, _C.AIR_V)
    ),
    "air_detector_blind": Signature((), (_C.AIR_V, _C.AIR_P, _C.LVL_VEN)),
    "air_detector_false": Signature((Sign(_C.AIR_V, 2.5, 60.0),), (_C.AIR_P, _C.LVL_VEN)),
    # Two open clamps that stay open: only the word to close them would tell.
    "venous_clamp_stuck_open": Signature((), (_C.POS_VC, _C.P_VEN)),
    "venous_clamp_stuck_closed": Signature(
        (
            Sign(_C.POS_VC, -1.0, 3.0), Sign(_C.P_VEN, 65.0, 3.0), Sign(_C.P_PRE, 55.0, 3.0),
            Sign(_C.P_VEN, 250.0, 10.0),
        )
    ),
    "plasma_clamp_stuck_open": Signature((), (_C.POS_PC, _C.P_RET)),
    "plasma_clamp_stuck_closed": Signature(
        (
            Sign(_C.POS_PC, -1.0, 3.0), Sign(_C.P_RET, 120.0, 3.0), Sign(_C.Q_R, -25.0, 30.0),
            Sign(_C.W_R, 20.0, 60.0),
        )
    ),
    "filtrate_line_collapsed": Signature(
        (Sign(_C.P_FIL, -85.0, 3.0), Sign(_T.TMP, 220.0, 10.0), Sign(_C.Q_P, -12.0, 60.0)), (_C.N_BP,)
    ),
    "heater_stuck_on": Signature(
        (Sign(_T.HEATER_W, 16.0, 1.0), Sign(_C.T_W1, 0.8, 10.0, 1.0), Sign(_C.T_BR, 0.6, 40.0, 10.0))
    ),
    "temperature_probe_loose": Signature((Sign(_C.T_BR, -2.5, 1.0),), (_C.T_W1, _C.T_RET)),
    "heater_failure": Signature(
        (
            Sign(_T.HEATER_W, -18.0, 3.0), Sign(_C.T_W1, -1.4, 30.0, 2.0), Sign(_C.T_BR, -2.2, 120.0, 20.0),
            Sign(_C.T_RET, -0.85, 300.0, 120.0),
        ),
        (_C.Q_C, _C.DO_IN, _C.N_CP),
    ),
    "gas_supply_lost": Signature(
        (Sign(_C.G_O2, -16.0, 10.0), Sign(_C.G_AIR, -60.0, 10.0), Sign(_C.DO_IN, -17.0, 300.0, 10.0)),
        (_C.Q_C,),
    ),
    "blender_co2_high": Signature(
        (Sign(_C.G_CO2, 8.0, 10.0), Sign(_C.PH, -0.14, 300.0, 5.0)), (_C.Q_C, _C.G_O2, _C.G_AIR)
    ),
    "blender_co2_low": Signature(
        (Sign(_C.G_CO2, -4.1, 10.0), Sign(_C.PH, 0.08, 300.0, 5.0)), (_C.Q_C, _C.G_O2, _C.G_AIR)
    ),
    "oxygenator_wetting": Signature((Sign(_C.DO_IN, -10.0, 3600.0, 600.0),), (_C.G_O2, _C.Q_C)),
    "oxygen_sensor_fouling": Signature((Sign(_C.DO_IN, -30.0, 3600.0, 60.0),), (_C.DO_OUT, _C.G_O2)),
    # Twelve times 1.63 umol/min on what 94 mL/min at 150 mmHg bring: 18.
    "cell_hypoxia": Signature(
        (
            Sign(_C.DO_OUT, -110.0, 300.0, 5.0), Sign(_T.DO_CELLS_MIN, -115.0, 300.0, 1.0),
            Sign(_C.PH, -0.05, 300.0, 30.0), Sign(_T.CELLS_LACTATE_UMOL, 530.0, 300.0, 5.0),
        ),
        (_C.Q_C, _C.T_BR, _C.G_O2),
    ),
    # All oxygen the cells used is worth 13 mmHg.
    "cell_detachment": Signature(
        (Sign(_C.DO_OUT, 10.0, 1500.0, 60.0), Sign(_T.CELLS, -520.0, 600.0, 60.0)),
        (_C.DO_IN, _C.PH, _C.P_F2O, _C.Q_C),
    ),
    "cell_killing": Signature(
        (
            Sign(_C.DO_OUT, 8.0, 3600.0, 300.0), Sign(_T.DO_CELLS_MIN, 8.0, 3600.0, 300.0),
            Sign(_T.CELLS, -520.0, 3600.0, 300.0),
        ),
        (_C.DO_IN, _C.PH, _C.P_F2O, _C.Q_C),
    ),
    "contamination": Signature(
        (Sign(_C.DO_OUT, -12.5, 12000.0, 3600.0), Sign(_T.DO_CELLS_MIN, -13.0, 12000.0, 3600.0)),
        (_C.DO_IN, _C.Q_C, _C.T_BR),
    ),
    "no_cells": Signature(
        (Sign(_C.DO_OUT, 10.0, 300.0, 5.0), Sign(_T.DO_CELLS_MIN, 10.5, 300.0, 1.0)),
        (_C.DO_IN, _C.PH, _C.Q_C),
    ),
    "bioreactor_blocked_fibres": Signature(
        (Sign(_C.P_BRI, 33.0, 10.0), Sign(_C.P_BRI, 34.0, 60.0)), (_C.N_CP,)
    ),
    "pressure_offset": Signature((Sign(_C.P_VEN, 13.0, 1.0),), (_C.P_PRE, _C.P_VEN_N, _C.Q_B)),
    "pressure_frozen": Signature((Sign(_C.P_VEN, -0.35, 2.0, of=Of.SPREAD),), (_C.P_PRE, _C.P_VEN_N)),
    "flow_meter_gain": Signature((Sign(_C.Q_B, 5.6, 1.0),), (_C.N_BP, _C.P_ACC)),
    "scale_creep": Signature((Sign(_C.W_R, 25.0, 300.0, 4.0),), (_C.LVL_R, _C.Q_P, _C.Q_R)),
    "readings_lost": Signature((Sign(_C.P_VEN, 9.0, 10.0, of=Of.AGE),), (_C.P_PRE, _C.P_VEN_N)),
    "noise_burst": Signature((Sign(_C.P_VEN, 6.5, 2.0, of=Of.SPREAD),), (_C.P_PRE, _C.P_VEN_N)),
    "clock_jump": Signature((Sign(_C.P_VEN, -4.5, 1.0, of=Of.AGE),), (_C.P_VEN, _C.P_PRE)),
    "stuck_reading": Signature((Sign(_C.Q_B, -0.6, 2.0, of=Of.SPREAD),), (_C.N_BP, _C.P_PRE)),
    "perfusion_pump_stall": Signature(
        (
            Sign(_C.N_CP, -16.0, 3.0), Sign(_C.Q_C, -83.0, 3.0), Sign(_C.P_BRI, -92.0, 10.0),
            Sign(_C.P_F2, -83.0, 10.0), Sign(_T.DO_CELLS_MIN, -3.0, 60.0, 2.0),
        )
    ),
    # 0.1 mL/s on a line of 3.3 mL before the detector, 2.1 mL/s.
    "air_in_return_line": Signature(
        (Sign(_C.AIR_V, 4.7, 60.0, 2.0), Sign(_T.AIR_PATIENT_ML, 4.0, 60.0, 6.0)), (_C.Q_B, _C.P_VEN)
    ),
    "return_catheter_out": Signature(
        (Sign(_C.P_VEN, -6.6, 10.0), Sign(_T.BLOOD_LOST_ML, 55.0, 30.0)), (_C.N_BP, _C.Q_B)
    ),
    "mains_lost": Signature((Sign(_C.UPS_MIN, -4.2, 300.0, 20.0),), (_C.N_BP, _C.N_CP, _C.T_BR, _C.G_O2)),
    "room_temperature": Signature(
        (Sign(_C.T_AMB, -4.3, 1200.0, 20.0), Sign(_C.T_RET, -0.8, 1200.0, 60.0)), (_C.Q_C, _C.W_R)
    ),
    # A second without power: clamps and pumps are back at once, the warmth takes a minute.
    "power_dip": Signature(
        (
            Sign(_C.POS_VC, -0.7, 1.0), Sign(_C.POS_PC, -0.7, 1.0), Sign(_C.N_BP, -9.0, 1.0),
            Sign(_C.Q_C, -65.0, 1.0),
            Sign(_C.G_AIR, -20.0, 3.0), Sign(_T.HEATER_W, -18.0, 3.0), Sign(_C.T_W1, -0.65, 30.0, 2.0),
        ),
        (_C.TRAY, _C.AIR_V, _C.W_R),
    ),
}  # fmt: skip
