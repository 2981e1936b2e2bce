"""What the simulated circuit really does, signal by signal."""

from enum import IntEnum
from typing import Final, NamedTuple


class Truth(IntEnum):
    """Index into the truth vector; units and meaning in `TRUTHS`."""

    P_ACC = 0
    P_PRE = 1
    P_VEN = 2
    P_FIL = 3
    P_BRI = 4
    P_BRO = 5
    P_F2 = 6
    P_F2O = 7
    P_RET = 8
    TMP = 9
    Q_B = 10
    Q_P = 11
    Q_C = 12
    Q_R = 13
    Q_ACC_IN = 14
    Q_VEN_OUT = 15
    Q_RETURN_LINE = 16
    Q_RX = 17
    Q_RC = 18
    Q_WASTE = 19
    Q_SALINE = 20
    N_BP = 21
    N_PP = 22
    N_CP = 23
    N_RP = 24
    T_W1 = 25
    T_W2 = 26
    T_BR = 27
    T_RET = 28
    T_AMB = 29
    T_RES = 30
    T_RX = 31
    HEATER_W = 32
    W_R = 33
    W_S = 34
    W_W = 35
    LVL_R = 36
    LVL_VEN = 37
    POS_AC = 38
    POS_VC = 39
    POS_PC = 40
    POS_SC = 41
    POS_SR = 42
    POS_WC = 43
    POS_RC = 44
    POS_BV = 45
    AIR_V_ML = 46
    AIR_P_ML = 47
    AIR_PATIENT_ML = 48
    AIR_RES_ML = 49
    OPT_V = 50
    V_HEP_ML = 51
    NET_BALANCE_ML = 52
    BLOOD_LOST_ML = 53
    RBC_LOST_ML = 54
    RBC_CIRCUIT_ML = 55
    SPILT_ML = 56
    S1_LIMIT = 57
    S1_LP_LOSS = 58
    CVP = 59
    BLOOD_VOLUME_ML = 60
    HCT_PATIENT = 61
    ALBUMIN = 62
    GLOBULIN = 63
    CB = 64
    UCB = 65
    BILE_ACIDS = 66
    UREA = 67
    CREATININE = 68
    AMMONIA = 69
    GLUCOSE = 70
    LACTATE = 71
    SID = 72
    CO2 = 73
    HCO3 = 74
    O2 = 75
    IL6 = 76
    TNF = 77
    HGF = 78
    PGE2 = 79
    EV = 80
    HEPARIN = 81
    CITRATE = 82
    DEBRIS = 83
    FHB = 84
    PH_PATIENT = 85
    ACT = 86
    ICA = 87
    MAP = 88
    CO = 89
    INTERSTITIUM_ML = 90
    DO_IN = 91
    DO_OUT = 92
    PH_BR = 93
    PCO2_BR = 94
    P_GAS = 95
    G_O2 = 96
    G_AIR = 97
    G_CO2 = 98
    GAS_O2_UMOL = 99
    GAS_CO2_UMOL = 100
    CELLS = 101
    CELLS_O2_UMOL = 102
    CELLS_GLUCOSE_UMOL = 103
    CELLS_LACTATE_UMOL = 104
    DO_CELLS_MIN = 105
    S1_OPEN = 106
    FHB_UMOL = 107
    BLD = 108
    FHB_FILTRATE = 109
    BILIRUBIN_FILTRATE = 110
    PROTEIN_FILTRATE = 111
    HP_FORCE = 112
    TRAY = 113
    UPS_MIN = 114
    VOLUME_LEDGER_ML = 115
    SOLUTE_LEDGER = 116
    OXYGEN_LEDGER = 117
    CARBON_LEDGER = 118
    HEAT_LEDGER = 119
    BODY_ALBUMIN = 120
    BODY_GLOBULIN = 121
    BODY_CB = 122
    BODY_UCB = 123
    BODY_BILE_ACIDS = 124
    BODY_UREA = 125
    BODY_CREATININE = 126
    BODY_AMMONIA = 127
    BODY_GLUCOSE = 128
    BODY_LACTATE = 129
    BODY_IL6 = 130
    BODY_TNF = 131
    BODY_HGF = 132
    BODY_PGE2 = 133
    BODY_EV = 134
    TAKEN_ALBUMIN = 135
    TAKEN_GLOBULIN = 136
    TAKEN_CB = 137
    TAKEN_UCB = 138
    TAKEN_BILE_ACIDS = 139
    TAKEN_UREA = 140
    TAKEN_CREATININE = 141
    TAKEN_AMMONIA = 142
    TAKEN_GLUCOSE = 143
    TAKEN_LACTATE = 144
    TAKEN_IL6 = 145
    TAKEN_TNF = 146
    TAKEN_HGF = 147
    TAKEN_PGE2 = 148
    TAKEN_EV = 149
    SPREAD_ALBUMIN = 150
    SPREAD_GLOBULIN = 151
    SPREAD_CB = 152
    SPREAD_UCB = 153
    SPREAD_BILE_ACIDS = 154
    SPREAD_UREA = 155
    SPREAD_CREATININE = 156
    SPREAD_AMMONIA = 157
    SPREAD_GLUCOSE = 158
    SPREAD_LACTATE = 159
    SPREAD_IL6 = 160
    SPREAD_TNF = 161
    SPREAD_HGF = 162
    SPREAD_PGE2 = 163
    SPREAD_EV = 164
    HARM_AIR_BOLUS_ML = 165
    HARM_AIR_5MIN_ML_KG = 166
    HARM_HOTTEST_C = 167
    HARM_COLDEST_C = 168
    HARM_FLUID_GAIN_ML = 169
    HARM_FLUID_LOSS_ML = 170
    HARM_FREE_HAEM_UMOL = 171
    HARM_DEBRIS_1E6 = 172
    HARM_CLOTTING_MIN = 173
    HARM_HYPOXIA_MIN = 174
    HARM_HEAT_MIN = 175
    HARM_STANDSTILL_MIN = 176
    HARM_FLUID_ERROR_ML = 177


class TruthRow(NamedTuple):
    """Unit and meaning of one truth signal."""

    signal: Truth
    unit: str
    meaning: str


_T = Truth
_AMOUNTS: Final = (
    *((x, "g") for x in ("ALBUMIN", "GLOBULIN")),
    *((x, "umol") for x in "CB UCB BILE_ACIDS UREA CREATININE AMMONIA GLUCOSE LACTATE".split()),
    *((x, "ng") for x in "IL6 TNF HGF PGE2".split()),
    ("EV", "1e9"),
)
"""Solutes with an account, and litres x their unit."""
TRUTHS: Final = (
    TruthRow(_T.P_ACC, "mmHg", "before the blood pump"),
    TruthRow(_T.P_PRE, "mmHg", "separator, blood inlet"),
    TruthRow(_T.P_VEN, "mmHg", "air cushion of the venous chamber"),
    TruthRow(_T.P_FIL, "mmHg", "filtrate side of the separator"),
    TruthRow(_T.P_BRI, "mmHg", "bioreactor inlet"),
    TruthRow(_T.P_BRO, "mmHg", "bioreactor outlet"),
    TruthRow(_T.P_F2, "mmHg", "second filter inlet"),
    TruthRow(_T.P_F2O, "mmHg", "second filter outlet"),
    TruthRow(_T.P_RET, "mmHg", "return pump outlet"),
    TruthRow(_T.TMP, "mmHg", "(P_PRE + P_VEN)/2 - P_FIL"),
    TruthRow(_T.Q_B, "mL/min", "through the blood pump, towards the separator"),
    TruthRow(_T.Q_P, "mL/min", "through the separation pump, towards the reservoir"),
    TruthRow(_T.Q_C, "mL/min", "through the perfusion pump, towards the bioreactor; liquid only"),
    TruthRow(_T.Q_R, "mL/min", "through the return pump, towards the patient"),
    TruthRow(_T.Q_ACC_IN, "mL/min", "out of the patient at the access; 0 when not connected"),
    TruthRow(
        _T.Q_VEN_OUT, "mL/min", "into the patient at the venous end; 0 when not connected or slipped off"
    ),
    TruthRow(_T.Q_RETURN_LINE, "mL/min", "in the return line, whoever receives it"),
    TruthRow(_T.Q_RX, "mL/min", "through the bioreactor lumen (not the bypass)"),
    TruthRow(_T.Q_RC, "mL/min", "through the restrictor, back to the reservoir"),
    TruthRow(_T.Q_WASTE, "mL/min", "into the waste bag, by WC and by the joint"),
    TruthRow(_T.Q_SALINE, "mL/min", "out of the saline bag, by SC and SR"),
    TruthRow(_T.N_BP, "1/min", "blood pump, signed"),
    TruthRow(_T.N_PP, "1/min", "separation pump, signed"),
    TruthRow(_T.N_CP, "1/min", "perfusion pump, signed"),
    TruthRow(_T.N_RP, "1/min", "return pump, signed"),
    TruthRow(_T.T_W1, "C", "fluid at the warmer outlet"),
    TruthRow(_T.T_W2, "C", "wall at the warmer outlet: part fluid, part plate"),
    TruthRow(_T.T_BR, "C", "bioreactor inlet"),
    TruthRow(_T.T_RET, "C", "plasma after the return pump"),
    TruthRow(_T.T_AMB, "C", "room"),
    TruthRow(_T.T_RES, "C", "reservoir"),
    TruthRow(_T.T_RX, "C", "bioreactor shell and housing"),
    TruthRow(_T.HEATER_W, "W", "electric power into the warmer plate"),
    TruthRow(_T.W_R, "g", "reservoir, tared, plasma 1.025 g/mL"),
    TruthRow(_T.W_S, "g", "saline bag, 1.005 g/mL"),
    TruthRow(_T.W_W, "g", "waste bag, 1.005 g/mL"),
    TruthRow(_T.LVL_R, "mL", "volume in the reservoir"),
    TruthRow(_T.LVL_VEN, "mm", "level in the venous chamber"),
    TruthRow(_T.POS_AC, "1", "access clamp, 1 open"),
    TruthRow(_T.POS_VC, "1", "venous clamp, 1 open"),
    TruthRow(_T.POS_PC, "1", "plasma clamp, 1 open"),
    TruthRow(_T.POS_SC, "1", "saline clamp to the access limb, 1 open"),
    TruthRow(_T.POS_SR, "1", "saline clamp to the reservoir, 1 open"),
    TruthRow(_T.POS_WC, "1", "waste clamp, 1 open"),
    TruthRow(_T.POS_RC, "1", "recirculation clamp, 1 open"),
    TruthRow(_T.POS_BV, "1", "bypass valve, 1 all plasma through the bioreactor"),
    TruthRow(_T.AIR_V_ML, "mL", "air past the venous air detector, cumulative"),
    TruthRow(_T.AIR_P_ML, "mL", "air past the plasma air detector, cumulative"),
    TruthRow(_T.AIR_PATIENT_ML, "mL", "air that reached the patient, cumulative"),
    TruthRow(
        _T.AIR_RES_ML, "mL", "air drawn from an empty reservoir, cumulative; the wet second filter holds it"
    ),
    TruthRow(
        _T.OPT_V, "1", "blood fraction at the venous air detector: Hct there over the patient's, at most 1"
    ),
    TruthRow(_T.V_HEP_ML, "mL", "delivered by the heparin pump, cumulative"),
    TruthRow(_T.NET_BALANCE_ML, "mL", "patient's gain through both line ends, cumulative"),
    TruthRow(
        _T.BLOOD_LOST_ML, "mL", "fluid lost to the outside at either line end and to the tray, cumulative"
    ),
    TruthRow(_T.RBC_LOST_ML, "mL", "red cells in that loss, cumulative"),
    TruthRow(_T.RBC_CIRCUIT_ML, "mL", "red cells now in the circuit, second filter included"),
    TruthRow(_T.SPILT_ML, "mL", "overflow of the reservoir, cumulative"),
    TruthRow(_T.S1_LIMIT, "mL/min", "filtrate flow at which the separator polarises"),
    TruthRow(_T.S1_LP_LOSS, "1", "fraction of the separator's permeability lost"),
    TruthRow(_T.CVP, "mmHg", "central venous pressure"),
    TruthRow(_T.BLOOD_VOLUME_ML, "mL", "patient's blood"),
    TruthRow(_T.HCT_PATIENT, "1", "patient's haematocrit"),
    TruthRow(_T.ALBUMIN, "g/L", "patient's plasma"),
    TruthRow(_T.GLOBULIN, "g/L", "patient's plasma, all protein that is not albumin"),
    TruthRow(_T.CB, "umol/L", "patient's plasma, conjugated bilirubin"),
    TruthRow(_T.UCB, "umol/L", "patient's plasma, unconjugated bilirubin"),
    TruthRow(_T.BILE_ACIDS, "umol/L", "patient's plasma"),
    TruthRow(_T.UREA, "umol/L", "patient's plasma"),
    TruthRow(_T.CREATININE, "umol/L", "patient's plasma"),
    TruthRow(_T.AMMONIA, "umol/L", "patient's plasma, ammonia and ammonium"),
    TruthRow(_T.GLUCOSE, "umol/L", "patient's plasma"),
    TruthRow(_T.LACTATE, "umol/L", "patient's plasma"),
    TruthRow(_T.SID, "umol/L", "patient's plasma, strong ion difference"),
    TruthRow(_T.CO2, "umol/L", "patient's plasma, dissolved"),
    TruthRow(_T.HCO3, "umol/L", "patient's plasma"),
    TruthRow(_T.O2, "umol/L", "patient's central venous blood, with haemoglobin"),
    TruthRow(_T.IL6, "pg/mL", "patient's plasma"),
    TruthRow(_T.TNF, "pg/mL", "patient's plasma"),
    TruthRow(_T.HGF, "pg/mL", "patient's plasma"),
    TruthRow(_T.PGE2, "pg/mL", "patient's plasma"),
    TruthRow(_T.EV, "1e6/mL", "patient's plasma"),
    TruthRow(_T.HEPARIN, "IU/L", "patient's plasma"),
    TruthRow(_T.CITRATE, "umol/L", "patient's plasma"),
    TruthRow(_T.DEBRIS, "cells/mL", "patient's plasma"),
    TruthRow(_T.FHB, "umol/L", "patient's plasma, free haemoglobin as haem"),
    TruthRow(_T.PH_PATIENT, "pH", "patient's plasma"),
    TruthRow(_T.ACT, "s", "patient's activated clotting time"),
    TruthRow(_T.ICA, "mmol/L", "patient's ionised calcium"),
    TruthRow(_T.MAP, "mmHg", "mean arterial pressure"),
    TruthRow(_T.CO, "L/min", "cardiac output"),
    TruthRow(_T.INTERSTITIUM_ML, "mL", "patient's interstitial fluid"),
    TruthRow(_T.DO_IN, "mmHg", "oxygen tension at the bioreactor inlet"),
    TruthRow(_T.DO_OUT, "mmHg", "oxygen tension after the bioreactor"),
    TruthRow(_T.PH_BR, "pH", "at the bioreactor inlet"),
    TruthRow(_T.PCO2_BR, "mmHg", "at the bioreactor inlet, from dissolved carbon dioxide"),
    TruthRow(_T.P_GAS, "mmHg", "sweep gas in the oxygenator"),
    TruthRow(_T.G_O2, "mL/min", "oxygen that flows"),
    TruthRow(_T.G_AIR, "mL/min", "air that flows"),
    TruthRow(_T.G_CO2, "mL/min", "carbon dioxide that flows"),
    TruthRow(_T.GAS_O2_UMOL, "umol", "oxygen the plasma took from the gas, cumulative"),
    TruthRow(_T.GAS_CO2_UMOL, "umol", "carbon dioxide the plasma took from the gas, cumulative"),
    TruthRow(_T.CELLS, "1e6", "attached living cells"),
    TruthRow(
        _T.CELLS_O2_UMOL,
        "umol",
        "oxygen made by the cells and what grows among them (negative: used), cumulative",
    ),
    TruthRow(_T.CELLS_GLUCOSE_UMOL, "umol", "glucose made by them (negative: used), cumulative"),
    TruthRow(_T.CELLS_LACTATE_UMOL, "umol", "lactate made by them, cumulative"),
    TruthRow(_T.DO_CELLS_MIN, "mmHg", "lowest oxygen tension at the cells"),
    TruthRow(_T.S1_OPEN, "1", "share of the separator's fibres that is not clotted"),
    TruthRow(_T.FHB_UMOL, "umol", "haemoglobin freed, as haem, cumulative"),
    TruthRow(_T.BLD, "mL/min", "red cells in the filtrate, as blood of Hct 0.32"),
    TruthRow(_T.FHB_FILTRATE, "umol/L", "free haemoglobin in the filtrate"),
    TruthRow(_T.BILIRUBIN_FILTRATE, "umol/L", "bilirubin in the filtrate"),
    TruthRow(_T.PROTEIN_FILTRATE, "g/L", "protein in the filtrate"),
    TruthRow(_T.HP_FORCE, "N", "on the plunger of the heparin syringe"),
    TruthRow(_T.TRAY, "mL", "liquid on the drip tray"),
    TruthRow(_T.UPS_MIN, "min", "what the battery would last now"),
    TruthRow(_T.VOLUME_LEDGER_ML, "mL", "liquid unaccounted for since the start"),
    TruthRow(_T.SOLUTE_LEDGER, "1", "worst solute's unaccounted amount over its inventory"),
    TruthRow(_T.OXYGEN_LEDGER, "1", "total oxygen unaccounted for, over its inventory"),
    TruthRow(_T.CARBON_LEDGER, "1", "total carbon dioxide unaccounted for, over its inventory"),
    TruthRow(_T.HEAT_LEDGER, "1", "heat unaccounted for, over the inventory above 0 C"),
    *(TruthRow(Truth[f"BODY_{x}"], u, "from the body and its tissue, cumulative") for x, u in _AMOUNTS),
    *(TruthRow(Truth[f"TAKEN_{x}"], u, "taken by cells and second filter, cumulative") for x, u in _AMOUNTS),
    *(TruthRow(Truth[f"SPREAD_{x}"], "mL", "that it spreads in, in the patient") for x, _ in _AMOUNTS),
    TruthRow(_T.HARM_AIR_BOLUS_ML, "mL", "most air that reached the patient within a second"),
    TruthRow(_T.HARM_AIR_5MIN_ML_KG, "mL/kg", "most air that reached the patient within 5 min"),
    TruthRow(_T.HARM_HOTTEST_C, "C", "hottest fluid that entered the patient"),
    TruthRow(_T.HARM_COLDEST_C, "C", "coldest fluid that entered the patient"),
    TruthRow(_T.HARM_FLUID_GAIN_ML, "mL", "most that the lines had brought the patient"),
    TruthRow(_T.HARM_FLUID_LOSS_ML, "mL", "most that the lines had taken from the patient"),
    TruthRow(_T.HARM_FREE_HAEM_UMOL, "umol", "free haemoglobin, as haem, that the circuit gave the patient"),
    TruthRow(_T.HARM_DEBRIS_1E6, "1e6", "cells and debris that the circuit gave the patient"),
    TruthRow(_T.HARM_CLOTTING_MIN, "min", "with a clotting time beyond its limit"),
    TruthRow(_T.HARM_HYPOXIA_MIN, "min", "with cells short of oxygen"),
    TruthRow(_T.HARM_HEAT_MIN, "min", "with cells too hot"),
    TruthRow(_T.HARM_STANDSTILL_MIN, "min", "longest standstill of the plasma around the cells"),
    TruthRow(
        _T.HARM_FLUID_ERROR_ML, "mL", "most that the balance was off 0 from RAMP to the end of treatment"
    ),
)
