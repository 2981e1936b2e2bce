"""Faults of patient, access, blood side and separator: F01 to F22."""

from math import inf
from typing import Final

from qh1a.sim.disturbance import Disturbance
from qh1a.sim.fault_row import AIR, BLOOD_LOST, Drive, FaultRow, Profile
from qh1a.sim.truth import Truth

_D, _T = Disturbance, Truth
_SET, _TIMES = Drive.SET, Drive.MULTIPLY
_STEP, _RAMP = Profile.STEP, Profile.RAMP
BLOOD_FAULTS: Final = (
    FaultRow(
        "F01", "access_needle_on_wall", "The access needle lies against the vessel wall.",
        "access obstruction", "times", 1.1, 10.0, 5.0,
        _D.R_ACC_FACTOR, _TIMES, _STEP, 0.0, 0.1, ("H07.1", "H07.2"),
        "P_acc falls within a second, with chatter when intermittent; Q_b and P_pre fall a little",
    ),
    FaultRow(
        "F02", "access_clotting", "The access clots and narrows bit by bit.",
        "access obstruction", "times", 1.1, 10.0, 4.0,
        _D.R_ACC_FACTOR, _TIMES, _RAMP, 1800.0, 26.0, ("H07.1",),
        "P_acc drifts down over minutes to an hour at an unchanged speed, Q_b falls a little",
    ),
    FaultRow(
        "F03", "return_line_kink", "The return line is kinked or pinched.",
        "return obstruction", "times", 1.1, 50.0, 10.0, _D.R_RET_FACTOR, _TIMES, _STEP, 0.0, 0.1, ("H06.1",),
        "P_ven rises within seconds, P_pre follows, filtrate pressure rises with them",
        harm=(_T.HARM_FREE_HAEM_UMOL, _T.HARM_FLUID_ERROR_ML, _T.HARM_COLDEST_C),
    ),
    FaultRow(
        "F04", "return_disconnection", "The venous line end slips off and runs to the outside.",
        "disconnection", "1", 1.0, 1.0, 1.0, _D.RETURN_OPEN, _SET, _STEP, 0.0, 0.1, ("H05.1",),
        "P_ven drops by the venous pressure and the needle's share, blood is lost at the rate of Q_b",
        harm=BLOOD_LOST,
    ),
    FaultRow(
        "F05", "access_disconnection", "The access line has slipped off its catheter and sucks air.",
        "disconnection", "1", 1.0, 1.0, 1.0, _D.ACCESS_OPEN, _SET, _STEP, 0.0, 0.1, ("H08.1",),
        "P_acc rises to nearly 0 at once; within a minute air is in the venous chamber: LVL_ven falls, then "
        "AIR_v counts up",
        harm=(*BLOOD_LOST, *AIR),
    ),
    FaultRow(
        "F06", "access_recirculation", "The access draws blood that has just come back by the return limb.",
        "recirculation", "share", 0.05, 0.9, 0.3, _D.RECIRCULATION, _SET, _STEP, 0.0, inf, (),
        "no sensor moves beyond its noise: what is cleared is cleared again, the patient gets less",
    ),
    FaultRow(
        "F07", "hypotension", "The vessels lose tone: resistance falls, veins hold more blood unstressed.",
        "patient", "share", 0.05, 0.8, 0.4, _D.TONE_LOST, _SET, _RAMP, 300.0, 223.0, (),
        "MAP and CVP fall over minutes; P_acc, P_pre and P_ven sink together by the fall of CVP",
    ),
    FaultRow(
        "F08a", "haemorrhage", "The patient bleeds elsewhere; water from the tissue thins what he keeps.",
        "patient", "mL/min", 1.0, 200.0, 30.0, _D.BLEEDING_ML_MIN, _SET, _STEP, 0.0, 715.0, (),
        "CVP, CO and MAP fall over minutes, P_acc and P_ven by the fall of CVP, then Hct and viscosity",
    ),
    FaultRow(
        "F08b", "haemodilution", "Much crystalloid is infused into the patient.",
        "patient", "mL/min", 1.0, 200.0, 50.0, _D.SALINE_ML_MIN, _SET, _STEP, 0.0, 127.0, (),
        "Hct, proteins and viscosity fall over 10-60 min, P_pre - P_ven and TMP with them; CVP rises",
    ),
    FaultRow(
        "F09", "fever", "The patient's core warms, or cools in a chill.",
        "patient", "K", -2.0, 2.0, 2.0, _D.T_CORE_OFFSET_K, _SET, _RAMP, 1200.0, 1180.0, (),
        "blood and filtrate warm over 10-30 min; thinner, it takes less suction and pressure; MAP falls",
    ),
    FaultRow(
        "F10", "blood_pump_stall", "The blood pump stands still whatever it is told.",
        "pump", "1", 1.0, 1.0, 1.0, _D.BP_STALL, _SET, _STEP, 0.0, 0.1, ("H28.1",),
        "N_bp and Q_b go to 0, P_pre and P_ven decay, P_acc rises to the venous pressure, TMP collapses",
    ),
    FaultRow(
        "F11", "blood_pump_under_occlusion", "The blood pump's rollers do not close the tube: it leaks back.",
        "pump", "times", 2.0, 50.0, 30.0, _D.BP_LEAK_FACTOR, _TIMES, _STEP, 0.0, 0.2, (),
        "Q_b falls below speed x stroke, the further the higher P_pre is over P_acc",
    ),
    FaultRow(
        "F12a", "blood_segment_fatigue", "The blood pump's segment is tired: less volume per revolution.",
        "pump", "times", 0.5, 0.99, 0.93, _D.BP_STROKE_FACTOR, _TIMES, _RAMP, 7200.0, 2670.0, (),
        "Q_b over N_bp drifts down over hours",
    ),
    FaultRow(
        "F12b", "perfusion_segment_fatigue", "The perfusion pump's segment is tired: less per revolution.",
        "pump", "times", 0.5, 0.99, 0.93, _D.CP_STROKE_FACTOR, _TIMES, _RAMP, 7200.0, 2540.0, (),
        "Q_c over N_cp drifts down over hours, P_bri with it",
    ),
    FaultRow(
        "F12c", "return_segment_fatigue", "The return pump's segment is tired: less per revolution.",
        "pump", "times", 0.5, 0.99, 0.93, _D.RP_STROKE_FACTOR, _TIMES, _RAMP, 7200.0, 780.0, (),
        "Q_r over N_rp drifts down over hours, W_r rises 0.3 g/min per 1 %",
    ),
    FaultRow(
        "F13", "tube_rupture", "The blood line between blood pump and separator leaks to the outside.",
        "leak", "mL/min/mmHg", 0.01, 20.0, 0.5, _D.RUPTURE_ML_MIN_MMHG, _SET, _STEP, 0.0, 0.3, ("H49.1",),
        "P_pre and P_ven fall, TRAY is wet, less flows into the patient than out of him",
        harm=BLOOD_LOST,
    ),
    FaultRow(
        "F14", "blood_leak", "A membrane of the separator is torn and lets red cells through.",
        "separator", "share", 0.0001, 0.1, 0.01, _D.S1_LEAK, _SET, _STEP, 0.0, 5.4, ("H13.1",),
        "BLD rises within seconds to a minute, the plasma turns red",
        harm=(_T.RBC_CIRCUIT_ML,),
    ),
    FaultRow(
        "F15", "tmp_runaway", "Cells aggregate and crowd at the separator's wall: it polarises at less flow.",
        "separator", "times", 0.3, 0.98, 0.7, _D.S1_LIMIT_FACTOR, _TIMES, _RAMP, 600.0, 223.0, (),
        "TMP rises ever faster at an unchanged Q_p, then protein is held back and red cells burst",
        harm=(_T.HARM_FREE_HAEM_UMOL,),
    ),
    FaultRow(
        "F16", "membrane_fouling", "The separator's membrane fouls.",
        "separator", "times", 0.05, 0.95, 0.3, _D.S1_LP_FACTOR, _TIMES, _RAMP, 7200.0, 1170.0, (),
        "TMP rises and P_fil falls over hours at an unchanged Q_p",
        harm=(_T.HARM_FREE_HAEM_UMOL,),
    ),
    FaultRow(
        "F17", "fibre_clotting", "The separator's fibres clot much faster than this blood would.",
        "separator", "times", 2.0, 1000.0, 50.0, _D.CLOTTING_FACTOR, _TIMES, _STEP, 0.0, 362.0, (),
        "P_pre - P_ven rises over 10-120 min, TMP with it, at an unchanged Q_b and Q_p",
    ),
    FaultRow(
        "F18", "haemolysis", "The blood pump is over-occluded and bursts red cells.",
        "haemolysis", "times", 1.5, 50.0, 20.0, _D.BP_SQUEEZE_FACTOR, _TIMES, _STEP, 0.0, 23.0, ("H13.1",),
        "free haemoglobin turns the filtrate pink: BLD rises over minutes as in a blood leak",
        harm=(_T.HARM_FREE_HAEM_UMOL,),
    ),
    FaultRow(
        "F19", "haemoconcentration", "The patient's blood thickens: packed red cells are transfused fast.",
        "patient", "mL/min", 1.0, 50.0, 20.0, _D.TRANSFUSION_ML_MIN, _SET, _STEP, 0.0, 626.0, (),
        "Hct and viscosity rise over minutes, P_pre - P_ven and TMP with them, and CVP",
    ),
    FaultRow(
        "F20a", "heparin_line_off", "The heparin line is off: the syringe runs, nothing reaches the blood.",
        "anticoagulation", "1", 1.0, 1.0, 1.0, _D.HEPARIN_LINE_OFF, _SET, _STEP, 0.0, 0.2, (),
        "V_hep counts on, HP_force falls by the pressure before the separator, ACT falls over hours",
    ),
    FaultRow(
        "F20b", "heparin_syringe_stuck", "The plunger of the heparin syringe is stuck.",
        "anticoagulation", "1", 1.0, 1.0, 1.0, _D.SYRINGE_STUCK, _SET, _STEP, 0.0, 1.9, ("H27.1",),
        "V_hep stands, HP_force rises 1.3 N/min at 2 mL/h, ACT falls over hours",
    ),
    FaultRow(
        "F21", "heparin_overdose", "The heparin syringe holds more than its label says.",
        "anticoagulation", "times", 1.5, 20.0, 10.0, _D.HEPARIN_FACTOR, _TIMES, _STEP, 0.0, inf, (),
        "no sensor moves: ACT rises over 10-30 min, only the next entry of it tells",
        harm=(_T.HARM_CLOTTING_MIN,),
    ),
    FaultRow(
        "F22", "citrate_load", "Transfused products bring the patient citrate.",
        "anticoagulation", "mmol/h", 1.0, 100.0, 20.0, _D.CITRATE_MMOL_H, _SET, _STEP, 0.0, inf, (),
        "no sensor moves: citrate rises and ionised calcium falls over 10-60 min",
    ),
)  # fmt: skip
