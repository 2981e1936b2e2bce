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
    CELL_ACTIVITY = 25
    CELL_DETACHMENT_H = 26
    CELL_KILLING_H = 27
    BACTERIA_UMOL_MIN = 28


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
