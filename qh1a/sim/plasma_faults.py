"""Faults of the plasma side, its heat and gas, and of the cells: F23 to F44."""

import math
from typing import Final

from qh1a.channels import Channel
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.fault_row import AIR, Drive, FaultRow, Profile
from qh1a.sim.misreading import Misreading
from qh1a.sim.truth import Truth

_D, _T = Disturbance, Truth
_SET, _TIMES = Drive.SET, Drive.MULTIPLY
_STEP, _RAMP, _GROWTH = Profile.STEP, Profile.RAMP, Profile.GROWTH
_M, _C = Misreading, Channel
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
        harm=(_T.HARM_FLUID_ERROR_ML,),
    ),
    FaultRow(
        "F25b", "plasma_return_kink", "The line between return pump and venous chamber is kinked.",
        "mismatch", "times", 1.1, 1000.0, 200.0,
        _D.R_PLASMA_RETURN_FACTOR, _TIMES, _STEP, 0.0, 0.1, ("H51.1", "H51.2"),
        "P_ret rises within seconds, Q_r falls as the pump leaks back, W_r rises by what is kept",
        harm=(_T.HARM_FLUID_ERROR_ML,),
    ),
    FaultRow(
        "F26", "second_filter_clogging", "Cell debris and protein clog the second filter.",
        "second filter", "times", 1.1, 100.0, 10.0, _D.R_F2_FACTOR, _TIMES, _RAMP, 7200.0, 190.0, ("H16.1",),
        "P_f2 - P_f2o rises at an unchanged flow over minutes to hours; at last Q_r falls and W_r rises",
        harm=(_T.HARM_FLUID_ERROR_ML,),
    ),
    FaultRow(
        "F27", "second_filter_breach", "Fibres of the second filter are open to its outlet.",
        "second filter", "times", 0.05, 0.9, 0.3, _D.R_F2_FACTOR, _TIMES, _STEP, 0.0, 0.1, ("H15.1",),
        "P_f2 - P_f2o falls in a step at an unchanged flow",
        harm=(_T.HARM_DEBRIS_1E6,),
    ),
    FaultRow(
        "F28", "air_in_plasma_line", "Air gets into the plasma line after the return pump.",
        "air", "mL/s", 0.001, 0.5, 0.05, _D.AIR_PLASMA_ML_S, _SET, _STEP, 0.0, 13.2, ("H03.1",),
        "AIR_p counts up after the transport time of the line, then LVL_ven falls",
        harm=AIR,
    ),
    FaultRow(
        "F29a", "chamber_level_low", "Air collects in the venous chamber.",
        "air", "mL/s", 0.001, 0.5, 0.05, _D.CHAMBER_AIR_ML_S, _SET, _STEP, 0.0, 19.4, ("H04.1",),
        "LVL_ven falls, P_ven pulses less; at last the chamber is empty and AIR_v counts up",
        harm=AIR,
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
        harm=(_T.HARM_FLUID_ERROR_ML,),
    ),
    FaultRow(
        "F32", "filtrate_line_collapsed", "The filtrate line sucks flat before its pressure port.",
        "separator", "times", 0.001, 0.2, 0.02, _D.S1_LP_FACTOR, _TIMES, _STEP, 0.0, 0.1, ("H10.3",),
        "P_fil falls far below 0 and TMP rises within seconds, Q_p falls",
        harm=(_T.HARM_FREE_HAEM_UMOL,),
    ),
    FaultRow(
        "F33", "heater_stuck_on", "The warmer's switch is stuck: full power until its relay opens.",
        "heat", "W", 5.0, 150.0, 60.0, _D.HEATER_STUCK_W, _SET, _STEP, 0.0, 3.0, ("H20.3",),
        "T_w1 and T_w2 climb past the set point, T_br follows; fast at low perfusion flow",
        harm=(_T.HARM_HEAT_MIN,),
    ),
    FaultRow(
        "F34a", "temperature_probe_loose", "A temperature probe has come off and reads beside the truth.",
        "sensor", "K", -15.0, 15.0, -3.0, _M.OFFSET, _SET, _STEP, 0.0, 0.1, ("H21.3",),
        "one temperature steps away from the others; the loop that believes T_br moves it the other way",
        (_C.T_BR, _C.T_W1, _C.T_W2, _C.T_RET),
    ),
    FaultRow(
        "F34b", "heater_failure", "The warmer gets no power whatever is commanded.",
        "heat", "1", 1.0, 1.0, 1.0, _D.HEATER_DEAD, _SET, _STEP, 0.0, 3.6, ("H21.1",),
        "T_w1, T_w2, then T_br and T_ret fall over minutes",
    ),
    FaultRow(
        "F35", "gas_supply_lost", "No gas reaches the oxygenator, whatever the blender is told.",
        "gas", "1", 1.0, 1.0, 1.0, _D.GAS_LOST, _SET, _STEP, 0.0, 0.5, ("H22.1",),
        "G_O2, G_air and G_CO2 go to 0, DO_in falls over minutes, then DO_out; pH falls slowly",
        harm=(_T.HARM_HYPOXIA_MIN,),
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
        "F39", "cell_hypoxia", "The cells use more oxygen than planned: too many, or too active.",
        "cells", "times", 1.1, 20.0, 12.0, _D.CELL_ACTIVITY, _TIMES, _STEP, 0.0, 25.0, ("H22.1",),
        "DO_out falls over minutes, lowest at the cells of the far end; pH falls a little",
        harm=(_T.HARM_HYPOXIA_MIN,),
    ),
    FaultRow(
        "F40", "cell_detachment", "Cells come off the fibres.",
        "cells", "1/h", 0.1, 60.0, 6.0, _D.CELL_DETACHMENT_H, _SET, _STEP, 0.0, 509.0, (),
        "DO_out rises over minutes, debris gathers around the fibres; a closed shell keeps it from the "
        "second filter",
    ),
    FaultRow(
        "F41", "cell_killing", "Complement or toxins of the patient's plasma kill the cells.",
        "cells", "1/h", 0.01, 5.0, 1.0, _D.CELL_KILLING_H, _SET, _STEP, 0.0, 2259.0, (),
        "DO_out rises over hours at an unchanged DO_in, the cells use less and less oxygen",
    ),
    FaultRow(
        "F42", "contamination", "Bacteria grow around the cells.",
        "cells", "umol/min", 0.1, 50.0, 20.0,
        _D.BACTERIA_UMOL_MIN, _SET, _GROWTH, 18000.0, 9500.0, ("H22.1", "H22.2"),
        "DO_out falls ever faster over hours, then pH; doubles every half an hour",
        harm=(_T.HARM_HYPOXIA_MIN,),
    ),
    FaultRow(
        "F43", "no_cells", "The cartridge holds no cells, or dead ones.",
        "cells", "share", 0.0, 0.9, 0.0, _D.CELL_ACTIVITY, _TIMES, _STEP, 0.0, 107.0, (),
        "DO_out is DO_in",
    ),
    FaultRow(
        "F44", "bioreactor_blocked_fibres", "Fibres of the bioreactor are blocked.",
        "bioreactor", "times", 1.1, 20.0, 5.0, _D.R_RX_FACTOR, _TIMES, _STEP, 0.0, 0.1, ("H14.3",),
        "P_bri rises over P_bro at an unchanged Q_c",
    ),
)  # fmt: skip
