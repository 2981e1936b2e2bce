"""What a fault may change in the simulated circuit."""

from enum import IntEnum
from typing import Final, NamedTuple


class Disturbance(IntEnum):
    """Index into the disturbance vector: what a fault may change; units and neutral values below."""

    R_ACC_FACTOR = 0
    R_RET_FACTOR = 1
    RETURN_OPEN = 2
    CATHETER_OUT = 3
    BP_STALL = 4
    PP_STALL = 5
    CP_STALL = 6
    RP_STALL = 7
    BP_STROKE_FACTOR = 8
    PP_STROKE_FACTOR = 9
    CP_STROKE_FACTOR = 10
    RP_STROKE_FACTOR = 11
    HEATER_STUCK_W = 12
    AIR_RETURN_ML_S = 13
    AIR_PLASMA_ML_S = 14
    R_F2_FACTOR = 15
    R_RX_FACTOR = 16
    R_PLASMA_RETURN_FACTOR = 17
    S1_LP_FACTOR = 18
    T_AMB_OFFSET_K = 19
    S1_LEAK = 20
    GAS_LOST = 21
    CO2_FACTOR = 22
    OX_KA_FACTOR = 23
    MAINS_LOST = 24
    RECIRCULATION = 25
    TONE_LOST = 26
    BLEEDING_ML_MIN = 27
    SALINE_ML_MIN = 28
    T_CORE_OFFSET_K = 29
    S1_LIMIT_FACTOR = 30
    CLOTTING_FACTOR = 31
    BP_SQUEEZE_FACTOR = 32
    TRANSFUSION_ML_MIN = 33
    HEPARIN_LINE_OFF = 34
    SYRINGE_STUCK = 35
    HEPARIN_FACTOR = 36
    CITRATE_MMOL_H = 37
    ACCESS_OPEN = 38
    RUPTURE_ML_MIN_MMHG = 39
    VC_STUCK = 40
    PC_STUCK = 41
    HEATER_DEAD = 42
    POWER_LOST = 43
    BP_LEAK_FACTOR = 44
    CHAMBER_AIR_ML_S = 45
    CELL_ACTIVITY = 46
    CELL_DETACHMENT_H = 47
    CELL_KILLING_H = 48
    BACTERIA_UMOL_MIN = 49


class DisturbanceRow(NamedTuple):
    """Unit, neutral value and meaning of one disturbance."""

    disturbance: Disturbance
    unit: str
    neutral: float
    meaning: str


_D = Disturbance
DISTURBANCES: Final = (
    DisturbanceRow(_D.R_ACC_FACTOR, "1", 1.0, "resistance of the access"),
    DisturbanceRow(_D.R_RET_FACTOR, "1", 1.0, "resistance of the return line and needle"),
    DisturbanceRow(
        _D.RETURN_OPEN, "1", 0.0, "1: the venous line end has slipped off and runs to the outside"
    ),
    DisturbanceRow(
        _D.CATHETER_OUT, "1", 0.0, "1: the catheter has slipped out of the vein, its resistance stays"
    ),
    DisturbanceRow(_D.BP_STALL, "1", 0.0, "1: rotor stopped"),
    DisturbanceRow(_D.PP_STALL, "1", 0.0, "1: rotor stopped"),
    DisturbanceRow(_D.CP_STALL, "1", 0.0, "1: rotor stopped"),
    DisturbanceRow(_D.RP_STALL, "1", 0.0, "1: rotor stopped"),
    DisturbanceRow(_D.BP_STROKE_FACTOR, "1", 1.0, "volume per revolution"),
    DisturbanceRow(_D.PP_STROKE_FACTOR, "1", 1.0, "volume per revolution"),
    DisturbanceRow(_D.CP_STROKE_FACTOR, "1", 1.0, "volume per revolution"),
    DisturbanceRow(_D.RP_STROKE_FACTOR, "1", 1.0, "volume per revolution"),
    DisturbanceRow(
        _D.HEATER_STUCK_W, "W", 0.0, "power while the warmer's relay is closed (command above 0); 0: healthy"
    ),
    DisturbanceRow(
        _D.AIR_RETURN_ML_S, "mL/s", 0.0, "air let in at the chamber's outlet, at most as much as flows"
    ),
    DisturbanceRow(
        _D.AIR_PLASMA_ML_S, "mL/s", 0.0, "air let in after the return pump, at most as much as flows"
    ),
    DisturbanceRow(_D.R_F2_FACTOR, "1", 1.0, "resistance of the second filter"),
    DisturbanceRow(_D.R_RX_FACTOR, "1", 1.0, "resistance of the bioreactor lumen"),
    DisturbanceRow(_D.R_PLASMA_RETURN_FACTOR, "1", 1.0, "resistance of the line between RP and the chamber"),
    DisturbanceRow(_D.S1_LP_FACTOR, "1", 1.0, "permeability of the separator"),
    DisturbanceRow(_D.T_AMB_OFFSET_K, "K", 0.0, "room temperature"),
    DisturbanceRow(
        _D.S1_LEAK, "1", 0.0, "share of the blood's red cells that passes the separator's membrane"
    ),
    DisturbanceRow(_D.GAS_LOST, "1", 0.0, "1: the gas supply is cut off"),
    DisturbanceRow(_D.CO2_FACTOR, "1", 1.0, "carbon dioxide that flows, over what the blender means to give"),
    DisturbanceRow(_D.OX_KA_FACTOR, "1", 1.0, "gas exchange of the oxygenator"),
    DisturbanceRow(_D.MAINS_LOST, "1", 0.0, "1: on battery"),
    DisturbanceRow(
        _D.RECIRCULATION,
        "1",
        0.0,
        "share of what the access draws that has just come back by the return limb",
    ),
    DisturbanceRow(
        _D.TONE_LOST, "1", 0.0, "share of the vessels' tone that is lost: resistance and stressed volume"
    ),
    DisturbanceRow(_D.BLEEDING_ML_MIN, "mL/min", 0.0, "blood that the patient himself loses"),
    DisturbanceRow(_D.SALINE_ML_MIN, "mL/min", 0.0, "0.9 % saline infused into the patient"),
    DisturbanceRow(_D.T_CORE_OFFSET_K, "K", 0.0, "the patient's core temperature"),
    DisturbanceRow(_D.S1_LIMIT_FACTOR, "1", 1.0, "filtrate flow at which the separator polarises"),
    DisturbanceRow(_D.CLOTTING_FACTOR, "1", 1.0, "rate at which the separator's fibres clot"),
    DisturbanceRow(_D.BP_SQUEEZE_FACTOR, "1", 1.0, "stress on the red cells in the blood pump's gap"),
    DisturbanceRow(_D.TRANSFUSION_ML_MIN, "mL/min", 0.0, "packed red cells transfused into the patient"),
    DisturbanceRow(_D.HEPARIN_LINE_OFF, "1", 0.0, "1: the heparin line is off at the circuit and drips"),
    DisturbanceRow(_D.SYRINGE_STUCK, "1", 0.0, "1: the plunger of the heparin syringe does not move"),
    DisturbanceRow(_D.HEPARIN_FACTOR, "1", 1.0, "heparin in the syringe, over what its label says"),
    DisturbanceRow(_D.CITRATE_MMOL_H, "mmol/h", 0.0, "citrate infused into the patient"),
    DisturbanceRow(_D.ACCESS_OPEN, "1", 0.0, "1: the access line end has slipped off and is open to the air"),
    DisturbanceRow(
        _D.RUPTURE_ML_MIN_MMHG, "mL/min/mmHg", 0.0, "leak of the blood line before the separator, to the tray"
    ),
    DisturbanceRow(_D.VC_STUCK, "1", 0.0, "1: the clamp stands open, -1: closed, whatever it is told"),
    DisturbanceRow(_D.PC_STUCK, "1", 0.0, "1: the clamp stands open, -1: closed, whatever it is told"),
    DisturbanceRow(_D.HEATER_DEAD, "1", 0.0, "1: the warmer gets no power"),
    DisturbanceRow(_D.POWER_LOST, "1", 0.0, "1: no actuator has power"),
    DisturbanceRow(_D.BP_LEAK_FACTOR, "1", 1.0, "leak back through the blood pump's rollers"),
    DisturbanceRow(
        _D.CHAMBER_AIR_ML_S,
        "mL/s",
        0.0,
        "air into the venous chamber, or out of it while it is under pressure",
    ),
    DisturbanceRow(_D.CELL_ACTIVITY, "1", 1.0, "all that the cells take up and make"),
    DisturbanceRow(
        _D.CELL_DETACHMENT_H, "1/h", 0.0, "cells that come off, of those that live, besides their own losses"
    ),
    DisturbanceRow(_D.CELL_KILLING_H, "1/h", 0.0, "cells that are killed, of those that live, likewise"),
    DisturbanceRow(
        _D.BACTERIA_UMOL_MIN, "umol/min", 0.0, "oxygen that bacteria around the cells take where it is plenty"
    ),
)
NEUTRAL: Final = tuple(row.neutral for row in DISTURBANCES)
