"""Faults of the plasma side, its heat and gas, and of the cells: F23 to F44."""

import math
from typing import Final

from qh1a.channels import Channel
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.fault_row import Drive, FaultRow, Profile
from qh1a.sim.misreading import Misreading
from qh1a.sim.truth import Truth

_D = Disturbance
_SET, _TIMES = Drive.SET, Drive.MULTIPLY
_STEP, _RAMP = Profile.STEP, Profile.RAMP
_M, _C = Misreading, Channel
_AIR: Final = (Truth.AIR_PATIENT_ML, Truth.HARM_AIR_BOLUS_ML, Truth.HARM_AIR_5MIN_ML_KG)
PLASMA_FAULTS: Final = (
    FaultRow(
        "F23a", "separation_pump_over", "The separation pump gives more per revolution than it says.",
        "mismatch", "times", 1.01, 1.5, 1.05, _D.PP_STROKE_FACTOR, _TIMES, _STEP, 0.0, 0.1, (),
        "Q_p over N_pp rises at once, W_r rises 0.3 g/min per 1 %, the patient loses as much",
    ),
    FaultRow(
        "F23b", "separation_pump_under", "The separation pump gives less per revolution than it says.",
        "mismatch", "times", 0.5, 0.99, 0.95, _D.PP_STROKE_FACTOR, _TIMES, _STEP, 0.0, 0.1, (),
        "Q_p over N_pp falls at once, W_r falls 0.3 g/min per 1 %, the patient gains as much",
    ),
    FaultRow(
        "F24", "separation_pump_stall", "The separation pump stands still whatever it is told.",
        "pump", "1", 1.0, 1.0, 1.0, _D.PP_STALL, _SET, _STEP, 0.0, 0.1, ("H28.2",),
        "N_pp and Q_p go to 0, TMP collapses, W_r falls while the return pump runs on",
    ),
    FaultRow(
        "F25a", "return_pump_stall", "The return pump stands still whatever it is told.",
        "pump", "1", 1.0, 1.0, 1.0, _D.RP_STALL, _SET, _STEP, 0.0, 0.1, ("H28.4",),
        "N_rp and Q_r go to 0, P_f2o rises to P_f2, W_r rises by all that is separated",
    ),
    FaultRow(
        "F25b", "plasma_return_kink", "The line between return pump and venous chamber is kinked.",
        "mismatch", "times", 1.1, 1000.0, 200.0,
        _D.R_PLASMA_RETURN_FACTOR, _TIMES, _STEP, 0.0, 0.1, ("H51.1", "H51.2"),
        "P_ret rises within seconds, Q_r falls as the pump leaks back, W_r rises by what is kept",
    ),
    FaultRow(
        "F26", "second_filter_clogging", "Cell debris and protein clog the second filter.",
        "second filter", "times", 1.1, 100.0, 10.0, _D.R_F2_FACTOR, _TIMES, _RAMP, 7200.0, 190.0, ("H16.1",),
        "P_f2 - P_f2o rises at an unchanged flow over minutes to hours; at last Q_r falls and W_r rises",
    ),
    FaultRow(
        "F27", "second_filter_breach", "Fibres of the second filter are open to its outlet.",
        "second filter", "times", 0.05, 0.9, 0.3, _D.R_F2_FACTOR, _TIMES, _STEP, 0.0, 0.1, ("H15.1",),
        "P_f2 - P_f2o falls in a step at an unchanged flow",
    ),
    FaultRow(
        "F28", "air_in_plasma_line", "Air gets into the plasma line after the return pump.",
        "air", "mL/s", 0.001, 0.5, 0.05, _D.AIR_PLASMA_ML_S, _SET, _STEP, 0.0, 13.2, ("H03.1",),
        "AIR_p counts up after the transport time of the line, then LVL_ven falls",
    ),
    FaultRow(
        "F29a", "chamber_level_low", "Air collects in the venous chamber.",
        "air", "mL/s", 0.001, 0.5, 0.05, _D.CHAMBER_AIR_ML_S, _SET, _STEP, 0.0, 19.4, ("H04.1",),
        "LVL_ven falls, P_ven pulses less; at last the chamber is empty and AIR_v counts up",
        harm=_AIR,
    ),
    FaultRow(
        "F29b", "chamber_level_high", "A vent lets air out of the venous chamber.",
        "air", "mL/s", -0.5, -0.001, -0.05, _D.CHAMBER_AIR_ML_S, _SET, _STEP, 0.0, 18.9, (),
        "LVL_ven rises to the lid, P_ven pulses more",
    ),
    FaultRow(
        "F30a", "air_detector_blind", "An air detector sees no air, whatever passes.",
        "sensor", "1", 1.0, 1.0, 1.0, _M.FROZEN, _SET, _STEP, 0.0, math.inf, (),
        "no sensor shows it: the counter stands still while LVL_ven falls and air passes",
        (_C.AIR_V, _C.AIR_P),
        _AIR,
    ),
    FaultRow(
        "F30b", "air_detector_false", "An air detector counts air that is not there.",
        "sensor", "mL", 0.01, 20.0, 3.0, _M.OFFSET, _SET, _RAMP, 60.0, 0.2, ("H01.1",),
        "AIR_v counts up at an unchanged LVL_ven",
        (_C.AIR_V, _C.AIR_P),
    ),
    FaultRow(
        "F31a", "venous_clamp_stuck_open", "The venous clamp stands open whatever it is told.",
        "clamp", "1", 1.0, 1.0, 1.0, _D.VC_STUCK, _SET, _STEP, 0.0, math.inf, (),
        "nothing shows it until the clamp is told to close: then POS_VC stays 1",
        (),
        _AIR,
    ),
    FaultRow(
        "F31b", "venous_clamp_stuck_closed", "The venous clamp falls shut whatever it is told.",
        "clamp", "1", -1.0, -1.0, -1.0, _D.VC_STUCK, _SET, _STEP, 0.0, 0.2, ("H29.1",),
        "POS_VC goes to 0 against the command, P_ven and P_pre climb while the pumps run",
    ),
    FaultRow(
        "F31c", "plasma_clamp_stuck_open", "The plasma clamp stands open whatever it is told.",
        "clamp", "1", 1.0, 1.0, 1.0, _D.PC_STUCK, _SET, _STEP, 0.0, math.inf, (),
        "nothing shows it until the clamp is told to close: then POS_PC stays 1",
    ),
    FaultRow(
        "F31d", "plasma_clamp_stuck_closed", "The plasma clamp falls shut whatever it is told.",
        "clamp", "1", -1.0, -1.0, -1.0, _D.PC_STUCK, _SET, _STEP, 0.0, 0.2, ("H29.1",),
        "POS_PC goes to 0 against the command, P_ret climbs while the return pump runs, W_r rises",
        harm=(Truth.HARM_FLUID_LOSS_ML,),
    ),
    FaultRow(
        "F32", "filtrate_line_collapsed", "The filtrate line sucks flat before its pressure port.",
        "separator", "times", 0.001, 0.2, 0.02, _D.S1_LP_FACTOR, _TIMES, _STEP, 0.0, 0.1, ("H10.3",),
        "P_fil falls far below 0 and TMP rises within seconds, Q_p falls",
    ),
    FaultRow(
        "F33", "heater_stuck_on", "The warmer's switch is stuck: full power until its relay opens.",
        "heat", "W", 5.0, 150.0, 60.0, _D.HEATER_STUCK_W, _SET, _STEP, 0.0, 3.0, ("H20.3",),
        "T_w1 and T_w2 climb past the set point, T_br follows; fast at low perfusion flow",
    ),
    FaultRow(
        "F34a", "temperature_probe_loose", "A temperature probe has come off and reads beside the truth.",
        "sensor", "K", -15.0, 15.0, -3.0, _M.OFFSET, _SET, _STEP, 0.0, 0.1, (),
        "one temperature steps away from the others; the loop that believes T_br moves it the other way",
        (_C.T_BR, _C.T_W1, _C.T_W2, _C.T_RET),
    ),
    FaultRow(
        "F34b", "heater_failure", "The warmer gets no power whatever is commanded.",
        "heat", "1", 1.0, 1.0, 1.0, _D.HEATER_DEAD, _SET, _STEP, 0.0, 3.6, ("H21.1",),
        "T_w1, T_w2, then T_br and T_ret fall over minutes",
        harm=(Truth.HARM_COLDEST_C,),
    ),
    FaultRow(
        "F35", "gas_supply_lost", "No gas reaches the oxygenator, whatever the blender is told.",
        "gas", "1", 1.0, 1.0, 1.0, _D.GAS_LOST, _SET, _STEP, 0.0, 0.5, ("H22.1",),
        "G_O2, G_air and G_CO2 go to 0, DO_in falls over minutes, then DO_out; pH falls slowly",
    ),
    FaultRow(
        "F36a", "blender_co2_high", "The blender gives more carbon dioxide than it means to.",
        "gas", "times", 1.1, 5.0, 3.0, _D.CO2_FACTOR, _TIMES, _STEP, 0.0, 0.5, (),
        "pH falls over minutes, bicarbonate stays",
    ),
    FaultRow(
        "F36b", "blender_co2_low", "The blender gives less carbon dioxide than it means to.",
        "gas", "times", 0.0, 0.9, 0.0, _D.CO2_FACTOR, _TIMES, _STEP, 0.0, 0.5, ("H23.3",),
        "pH rises over minutes, bicarbonate stays",
    ),
    FaultRow(
        "F37", "oxygenator_wetting", "The oxygenator's fibres are wet or clotted and exchange less.",
        "gas", "times", 0.01, 0.95, 0.2, _D.OX_KA_FACTOR, _TIMES, _RAMP, 7200.0, 2320.0, (),
        "DO_in falls over hours, the oxygen asked of the blender rises",
    ),
    FaultRow(
        "F38", "oxygen_sensor_fouling", "An oxygen sensor is fouled and loses gain.",
        "sensor", "times", 0.1, 0.99, 0.7, _M.GAIN, _TIMES, _RAMP, 7200.0, 600.0, (),
        "DO_in reads ever less at unchanged gas, the oxygen asked of the blender rises",
        (_C.DO_IN, _C.DO_OUT),
    ),
    FaultRow(
        "F44", "bioreactor_blocked_fibres", "Fibres of the bioreactor are blocked.",
        "bioreactor", "times", 1.1, 20.0, 5.0, _D.R_RX_FACTOR, _TIMES, _STEP, 0.0, 0.1, ("H14.3",),
        "P_bri rises over P_bro at an unchanged Q_c",
    ),
)  # fmt: skip
