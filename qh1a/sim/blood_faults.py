"""Faults of patient, access, blood side and separator: F01 to F22."""

from typing import Final

from qh1a.sim.disturbance import Disturbance
from qh1a.sim.fault_row import BLOOD_LOST, Drive, FaultRow, Profile
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
        "F10", "blood_pump_stall", "The blood pump stands still whatever it is told.",
        "pump", "1", 1.0, 1.0, 1.0, _D.BP_STALL, _SET, _STEP, 0.0, 0.1, ("H28.1",),
        "N_bp and Q_b go to 0, P_pre and P_ven decay, P_acc rises to the venous pressure, TMP collapses",
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
        "F14", "blood_leak", "A membrane of the separator is torn and lets red cells through.",
        "separator", "share", 0.0001, 0.1, 0.01, _D.S1_LEAK, _SET, _STEP, 0.0, 5.4, ("H13.1",),
        "BLD rises within seconds to a minute, the plasma turns red",
        harm=(_T.RBC_CIRCUIT_ML,),
    ),
    FaultRow(
        "F16", "membrane_fouling", "The separator's membrane fouls.",
        "separator", "times", 0.05, 0.95, 0.3, _D.S1_LP_FACTOR, _TIMES, _RAMP, 7200.0, 1170.0, (),
        "TMP rises and P_fil falls over hours at an unchanged Q_p",
        harm=(_T.HARM_FREE_HAEM_UMOL,),
    ),
)  # fmt: skip
