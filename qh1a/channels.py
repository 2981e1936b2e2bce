"""Every signal once: identifier, unit, range, age limit, decimals, grid.

Measured channels come first, in the order of a `Frame`; derived channels (made by `control.estimators`)
follow, in the order of a `Decision`'s derived values. `Channel` members are indices into that order.
The tags are those of the circuit's drawing (P_ven, Q_b, ...).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Channel(IntEnum):
    """Index of a signal; the rows of `CHANNELS` stand in this order."""

    Q_B = 0
    Q_P = 1
    Q_C = 2
    Q_R = 3
    P_ACC = 4
    P_PRE = 5
    P_VEN = 6
    P_FIL = 7
    P_GAS = 8
    P_BRI = 9
    P_BRO = 10
    P_F2 = 11
    P_F2O = 12
    P_RET = 13
    T_W1 = 14
    T_W2 = 15
    T_BR = 16
    T_RET = 17
    T_AMB = 18
    DO_IN = 19
    DO_OUT = 20
    PH = 21
    G_O2 = 22
    G_AIR = 23
    G_CO2 = 24
    W_R = 25
    W_S = 26
    W_W = 27
    LVL_R = 28
    LVL_VEN = 29
    AIR_V = 30
    AIR_P = 31
    BLD = 32
    OPT_V = 33
    TURB_R = 34
    TRAY = 35
    WET = 36
    N_BP = 37
    N_PP = 38
    N_CP = 39
    N_RP = 40
    V_HEP = 41
    HP_FORCE = 42
    UPS_MIN = 43
    POS_AC = 44
    POS_VC = 45
    POS_PC = 46
    POS_SC = 47
    POS_SR = 48
    POS_WC = 49
    POS_RC = 50
    POS_BV = 51
    P_VEN_N = 52
    T_W_N = 53
    NODE = 54
    DLV_BP = 55
    DLV_PP = 56
    DLV_CP = 57
    DLV_RP = 58
    DLV_HP = 59
    DLV_W = 60
    DLV_G_O2 = 61
    DLV_G_AIR = 62
    DLV_G_CO2 = 63
    DLV_AC = 64
    DLV_VC = 65
    DLV_PC = 66
    DLV_SC = 67
    DLV_SR = 68
    DLV_WC = 69
    DLV_RC = 70
    DLV_BV = 71
    LIMITS_N = 72
    TMP = 73
    TMP_RUN = 74
    DP_BR = 75
    DP_BR_OVER = 76
    DP_F2 = 77
    R_F2_FALL = 78
    P_GAS_OVER = 79
    P_VEN_EXP = 80
    P_VEN_DROP = 81
    P_VEN_RUN = 82
    P_VEN_FAST = 83
    P_ACC_FAST = 84
    T_RET_RUN = 85
    Q_B_2S = 86
    Q_P_2S = 87
    Q_C_2S = 88
    Q_R_2S = 89
    Q_B_10S = 90
    Q_P_10S = 91
    Q_C_10S = 92
    Q_R_10S = 93
    QP_QB = 94
    PLASMA_SHARE = 95
    T_W_MAX = 96
    LVL_W_R = 97
    BP_SHORT = 98
    PP_SHORT = 99
    CP_SHORT = 100
    RP_SHORT = 101
    N_MIN = 102
    AIR_V_BUBBLE = 103
    AIR_P_BUBBLE = 104
    AIR_1MIN = 105
    AIR_5MIN = 106
    BALANCE = 107
    BALANCE_ABS = 108
    BALANCE_AWAY = 109
    SESSION_BALANCE = 110
    RATIO_RESIDUAL = 111
    RATIO_VOLUME = 112
    W_SP = 113
    W_R_TOUCH = 114
    TOUCH_S = 115
    HEP_OVER = 116
    HEP_SHORT = 117
    HEP_PAST_CAP = 118
    BLOOD_STOP_S = 119
    CELL_STOP_S = 120
    R4S_S = 121
    CLAMP_MISS = 122
    LOST_BLOOD = 123
    LOST_RETURN = 124
    LOST_WARM = 125
    LOST_CELLS = 126
    LOST_TMP = 127
    LOST_QP = 128
    LOST_QB = 129
    LOST_SCALES = 130
    PHASE = 131
    EFFECTIVE = 132
    BLOOD_TIME = 133
    WALL_TIME = 134
    PLASMA = 135
    TO_NOMINAL = 136
    NEAR_NOMINAL = 137
    IN_EXTENSION = 138
    NEAR_CAP = 139
    AT_CAP = 140
    RINSE_PLASMA = 141
    RINSE_CHASE = 142
    RINSE_SALINE = 143
    RESPONSE = 144
    INTERLOCKS = 145
    SOUND = 146
    AUDIO_PAUSE_S = 147
    CLAMP_ESCAPED = 148
    P_PRE_RISE = 149
    HCT_OUT = 150
    HEP_STOP_S = 151
    HEP_BACK = 152
    LIMITS_DIFFER = 153
    Q_B_SET = 154
    Q_P_SET = 155
    Q_C_SET = 156
    T_BR_SET = 157
    DO_IN_SET = 158
    PH_SET = 159


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One signal.

    `lo`, `hi` bound what the sensor can physically mean; outside is OUT_OF_RANGE. `stale_s` is the age
    above which a value is no longer used. `lsb` is the grid: value == counts * lsb, exactly.
    """

    id: str
    unit: str
    lo: float
    hi: float
    stale_s: float
    decimals: int
    lsb: float
    text: str
    derived: bool = False


def _measured(
    id_: str, unit: str, lo: float, hi: float, stale_s: float, decimals: int, lsb: float, text: str
) -> ChannelRow:
    return ChannelRow(id_, unit, lo, hi, stale_s, decimals, lsb, text)


def _pressure(id_: str, text: str) -> ChannelRow:
    # -500..+600: the span of extracorporeal transducers; 0.3 s: three ticks, a lost wire shows before the
    # shortest pressure delay (1 s) has run out.
    return ChannelRow(id_, "mmHg", -500.0, 600.0, 0.3, 0, 0.1, text)


def _clamp(id_: str, text: str) -> ChannelRow:
    return ChannelRow(f"POS_{id_}", "open", 0.0, 1.0, 0.5, 1, 0.5, text)


def _delivery(id_: str) -> ChannelRow:
    return ChannelRow(f"DLV_{id_}", "code", 0.0, 2.0, 0.5, 0, 1.0, f"delivery of the last command to {id_}")


def _derived(id_: str, unit: str, lo: float, hi: float, decimals: int, lsb: float, text: str) -> ChannelRow:
    return ChannelRow(id_, unit, lo, hi, 0.0, decimals, lsb, text, derived=True)


_MEASURED: Final = (
    # Clamp-on flow meters.
    _measured("Q_b", "mL/min", -50.0, 400.0, 0.5, 0, 0.1, "blood flow after the blood pump"),
    _measured("Q_p", "mL/min", -50.0, 150.0, 0.5, 1, 0.01, "separated plasma flow"),
    _measured("Q_c", "mL/min", -50.0, 400.0, 0.5, 0, 0.01, "perfusion flow through the bioreactor"),
    _measured("Q_r", "mL/min", -50.0, 150.0, 0.5, 1, 0.01, "plasma return flow"),
    # Pressures.
    _pressure("P_acc", "access pressure before the blood pump"),
    _pressure("P_pre", "pressure before the plasma separator"),
    _pressure("P_ven", "venous chamber pressure"),
    _pressure("P_fil", "filtrate pressure of the separator"),
    _pressure("P_gas", "sweep gas pressure in the oxygenator"),
    _pressure("P_bri", "bioreactor inlet pressure"),
    _pressure("P_bro", "bioreactor outlet pressure"),
    _pressure("P_f2", "second filter inlet pressure"),
    _pressure("P_f2o", "second filter outlet pressure"),
    _pressure("P_ret", "pressure after the return pump"),
    # Temperatures.
    _measured("T_w1", "C", 0.0, 80.0, 2.0, 1, 0.01, "warmer outlet, probe 1"),
    _measured("T_w2", "C", 0.0, 80.0, 2.0, 1, 0.01, "warmer outlet, probe 2"),
    _measured("T_br", "C", 0.0, 80.0, 2.0, 1, 0.01, "plasma at the bioreactor inlet"),
    _measured("T_ret", "C", 0.0, 80.0, 2.0, 1, 0.01, "plasma returned to the venous chamber"),
    _measured("T_amb", "C", -10.0, 60.0, 10.0, 1, 0.01, "ambient"),
    # Gas and chemistry.
    _measured("DO_in", "mmHg", 0.0, 800.0, 5.0, 0, 0.1, "oxygen tension before the bioreactor"),
    _measured("DO_out", "mmHg", 0.0, 800.0, 5.0, 0, 0.1, "oxygen tension after the bioreactor"),
    _measured("pH", "pH", 0.0, 14.0, 5.0, 2, 0.001, "pH before the bioreactor"),
    _measured("G_O2", "mL/min", 0.0, 2000.0, 2.0, 0, 0.1, "oxygen flow"),
    _measured("G_air", "mL/min", 0.0, 2000.0, 2.0, 0, 0.1, "air flow"),
    _measured("G_CO2", "mL/min", 0.0, 500.0, 2.0, 0, 0.1, "carbon dioxide flow"),
    # Weights and levels.
    _measured("W_r", "g", -50.0, 600.0, 2.0, 0, 0.1, "plasma reservoir"),
    _measured("W_s", "g", -50.0, 6000.0, 2.0, 0, 0.1, "saline bag"),
    _measured("W_w", "g", -50.0, 8000.0, 2.0, 0, 0.1, "waste bag"),
    _measured("LVL_r", "mL", 0.0, 450.0, 2.0, 0, 0.5, "plasma reservoir level, independent of its scale"),
    _measured("LVL_ven", "mm", 0.0, 100.0, 0.5, 0, 0.5, "venous chamber level"),
    # Detectors. AIR_* count: a poll that is missed loses nothing.
    _measured("AIR_v", "mL", 0.0, 100000.0, 0.3, 2, 0.001, "air counted in the return line since power-on"),
    _measured("AIR_p", "mL", 0.0, 100000.0, 0.3, 2, 0.001, "air counted in the plasma return since power-on"),
    _measured("BLD", "mL/min", 0.0, 20.0, 2.0, 2, 0.01, "red cells in the filtrate at haematocrit 0.32"),
    _measured("OPT_v", "fraction", 0.0, 1.0, 1.0, 2, 0.01, "blood fraction seen in the return line"),
    _measured("TURB_r", "NTU", 0.0, 1000.0, 2.0, 1, 0.1, "turbidity after the second filter (optional)"),
    _measured("TRAY", "wet", 0.0, 1.0, 2.0, 0, 1.0, "leak tray"),
    _measured("WET", "wet", 0.0, 1.0, 2.0, 0, 1.0, "moisture at the catheter (optional)"),
    # Tachometers, signed by direction.
    _measured("N_bp", "rpm", -300.0, 300.0, 0.3, 1, 0.01, "blood pump tachometer"),
    _measured("N_pp", "rpm", -300.0, 300.0, 0.3, 1, 0.01, "separation pump tachometer"),
    _measured("N_cp", "rpm", -300.0, 300.0, 0.3, 1, 0.01, "perfusion pump tachometer"),
    _measured("N_rp", "rpm", -300.0, 300.0, 0.3, 1, 0.01, "return pump tachometer"),
    # Heparin pump, supply.
    _measured("V_hep", "mL", 0.0, 1000.0, 2.0, 2, 0.001, "heparin solution delivered"),
    _measured("HP_force", "N", 0.0, 200.0, 2.0, 0, 0.1, "heparin syringe force"),
    _measured("UPS_min", "min", 0.0, 600.0, 10.0, 0, 0.5, "battery time left"),
    # Clamps: 0 closed, 1 open, 0.5 travelling. BV: 1 through the reactor, 0 bypass.
    _clamp("AC", "access clamp"),
    _clamp("VC", "venous clamp"),
    _clamp("PC", "plasma return clamp"),
    _clamp("SC", "saline clamp before the blood pump"),
    _clamp("SR", "saline clamp to the reservoir"),
    _clamp("WC", "waste clamp"),
    _clamp("RC", "recirculation clamp"),
    _clamp("BV", "bioreactor bypass valve"),
    # The protective node: its own eyes, and its state (0 ready, else why it has tripped).
    _pressure("P_ven_n", "venous pressure, the protective node's own"),
    _measured("T_w_n", "C", 0.0, 80.0, 2.0, 1, 0.01, "warmer temperature, the protective node's own"),
    _measured("NODE", "code", 0.0, 15.0, 0.3, 0, 1.0, "protective node: 0 ready, else the code of its trip"),
    # Delivery of the last command, per actuator: 0 CONFIRMED, 1 PENDING, 2 UNCERTAIN.
    *(_delivery(a) for a in "BP PP CP RP HP W G_O2 G_air G_CO2 AC VC PC SC SR WC RC BV".split()),
    # The node's own copy of the limits, as it last computed it.
    _measured(
        "limits_n",
        "code",
        0.0,
        4294967295.0,
        0.5,
        0,
        1.0,
        "CRC-32 of the limits that the protective node holds",
    ),
)

_DERIVED: Final = (
    _derived("TMP", "mmHg", -500.0, 600.0, 0, 0.1, "transmembrane pressure of the separator"),
    _derived("TMP_run", "mmHg", -500.0, 600.0, 0, 0.1, "TMP once separation has run above 5 mL/min for 10 s"),
    _derived("dP_br", "mmHg", -500.0, 600.0, 0, 0.1, "pressure drop of the bioreactor"),
    _derived("dP_br_over", "mmHg", -500.0, 600.0, 0, 0.1, "dP_br above max(2 x baseline, baseline + 15)"),
    _derived("dP_f2", "mmHg", -500.0, 600.0, 0, 0.1, "pressure drop of the second filter"),
    _derived("R_f2_fall", "%", -1000.0, 100.0, 0, 0.1, "fall of dP_f2/Q_r against its 10-min median"),
    _derived("P_gas_over", "mmHg", -1100.0, 1100.0, 0, 0.1, "P_gas above P_bri, which counts as 30 or more"),
    _derived("P_ven_exp", "mmHg", -500.0, 600.0, 0, 0.1, "expected venous pressure at the measured flows"),
    _derived("P_ven_drop", "mmHg", -600.0, 600.0, 0, 0.1, "expected minus measured venous pressure"),
    _derived("P_ven_run", "mmHg", -500.0, 600.0, 0, 0.1, "P_ven while Q_b is above 40"),
    _derived("P_ven_fast", "mmHg", -500.0, 600.0, 0, 0.1, "P_ven while Q_b is 50 or more"),
    _derived("P_acc_fast", "mmHg", -500.0, 600.0, 0, 0.1, "P_acc while Q_b is 100 or more"),
    _derived("T_ret_run", "C", 0.0, 80.0, 1, 0.01, "T_ret once the return has run above 8 mL/min for 3 min"),
    _derived("Q_b_2s", "mL/min", -50.0, 400.0, 0, 0.1, "2-s mean of Q_b"),
    _derived("Q_p_2s", "mL/min", -50.0, 150.0, 1, 0.01, "2-s mean of Q_p"),
    _derived("Q_c_2s", "mL/min", -50.0, 400.0, 0, 0.01, "2-s mean of Q_c"),
    _derived("Q_r_2s", "mL/min", -50.0, 150.0, 1, 0.01, "2-s mean of Q_r"),
    _derived("Q_b_10s", "mL/min", -50.0, 400.0, 0, 0.1, "10-s mean of Q_b"),
    _derived("Q_p_10s", "mL/min", -50.0, 150.0, 1, 0.01, "10-s mean of Q_p"),
    _derived("Q_c_10s", "mL/min", -50.0, 400.0, 0, 0.01, "10-s mean of Q_c"),
    _derived("Q_r_10s", "mL/min", -50.0, 150.0, 1, 0.01, "10-s mean of Q_r"),
    _derived("Qp_Qb", "fraction", -10.0, 10.0, 2, 0.001, "Q_p/Q_b, 10-s means"),
    _derived(
        "plasma_share", "fraction", -10.0, 10.0, 2, 0.001, "share of the plasma taken, Q_p/(Q_b(1-Hct))"
    ),
    _derived("T_w_max", "C", 0.0, 80.0, 1, 0.01, "the hotter warmer probe"),
    _derived("LVL_W_r", "mL", 0.0, 1000.0, 0, 0.1, "disagreement of reservoir level and scale"),
    _derived("BP_short", "fraction", -10.0, 1.0, 2, 0.001, "blood flow missing from the command"),
    _derived("PP_short", "fraction", -10.0, 1.0, 2, 0.001, "separation flow missing from the command"),
    _derived("CP_short", "fraction", -10.0, 1.0, 2, 0.001, "perfusion flow missing from the command"),
    _derived("RP_short", "fraction", -10.0, 1.0, 2, 0.001, "return flow missing from the command"),
    _derived("N_min", "rpm", -300.0, 300.0, 1, 0.01, "the most backward pump"),
    _derived("AIR_v_bubble", "mL", 0.0, 1000.0, 2, 0.001, "the bubble now passing AIR_v"),
    _derived("AIR_p_bubble", "mL", 0.0, 1000.0, 2, 0.001, "the bubble now passing AIR_p"),
    _derived("air_1min", "mL/kg", 0.0, 1000.0, 4, 0.0001, "air past AIR_v in 1 min per kg"),
    _derived("air_5min", "mL/kg", 0.0, 1000.0, 4, 0.0001, "air past AIR_v in 5 min per kg"),
    _derived("balance", "mL", -5000.0, 5000.0, 0, 0.1, "net balance, positive when the patient gained"),
    _derived("balance_abs", "mL", 0.0, 5000.0, 0, 0.1, "net balance, either sign"),
    _derived(
        "balance_away", "mL/h", -60000.0, 60000.0, 0, 1.0, "net balance moving away from zero, 3-min slope"
    ),
    _derived("session_balance", "mL", -5000.0, 5000.0, 0, 0.1, "net balance with CONNECT and RINSEBACK"),
    _derived("ratio_residual", "mL/min", 0.0, 150.0, 1, 0.01, "Q_r against the learned Q_r/Q_p, 10-min mean"),
    _derived("ratio_volume", "mL", 0.0, 5000.0, 0, 0.1, "the same, summed"),
    _derived("W_sp", "g", -1000.0, 1000.0, 0, 0.1, "reservoir weight that keeps the balance at zero"),
    _derived("W_r_touch", "g/min", 0.0, 1000000.0, 0, 1.0, "speed of W_r: above 60 somebody touches the bag"),
    _derived("touch_s", "s", 0.0, 1000000.0, 0, 0.1, "time the balance trim has been frozen"),
    _derived("hep_over", "%", -100000.0, 100000.0, 0, 0.1, "heparin given beyond its command, 5 min"),
    _derived("hep_short", "%", -100000.0, 100000.0, 0, 0.1, "heparin missing from its command, 10 min"),
    _derived("hep_past_cap", "mL", -100.0, 1000.0, 2, 0.001, "heparin given beyond its cap"),
    _derived("blood_stop_s", "s", 0.0, 1000000.0, 0, 0.1, "time the blood has stood still since first blood"),
    _derived("cell_stop_s", "s", 0.0, 1000000.0, 0, 0.1, "time the cartridge has had no perfusion"),
    _derived("r4s_s", "s", 0.0, 1000000.0, 0, 0.1, "time in R4s with P_ven inside its window"),
    _derived("clamp_miss", "count", 0.0, 8.0, 0, 1.0, "clamps not where they were commanded 0.5 s ago"),
    _derived("lost_blood", "count", 0.0, 20.0, 0, 1.0, "invalid signals that the blood side needs"),
    _derived("lost_return", "count", 0.0, 20.0, 0, 1.0, "invalid signals that the plasma return needs"),
    _derived("lost_warm", "count", 0.0, 20.0, 0, 1.0, "invalid signals that the warmer needs"),
    _derived("lost_cells", "count", 0.0, 20.0, 0, 1.0, "invalid signals that perfusion needs"),
    _derived("lost_tmp", "count", 0.0, 20.0, 0, 1.0, "invalid inputs of the TMP"),
    _derived("lost_qp", "count", 0.0, 20.0, 0, 1.0, "invalid separation flow meter"),
    _derived("lost_qb", "count", 0.0, 20.0, 0, 1.0, "invalid blood flow meter"),
    _derived("lost_scales", "count", 0.0, 20.0, 0, 1.0, "invalid scales that rinse-back needs"),
    # The session of the tick before.
    _derived("phase", "code", 0.0, 20.0, 0, 1.0, "session phase"),
    _derived("effective", "s", 0.0, 1000000.0, 0, 0.1, "effective treatment time"),
    _derived("blood_time", "s", 0.0, 1000000.0, 0, 0.1, "time with circulating blood"),
    _derived("wall_time", "s", 0.0, 1000000.0, 0, 0.1, "time since RAMP"),
    _derived("plasma", "mL", 0.0, 1000000.0, 0, 0.1, "plasma processed"),
    _derived(
        "to_nominal", "s", -1000000.0, 1000000.0, 0, 0.1, "effective time past its end, extension included"
    ),
    _derived(
        "near_nominal", "s", -1000000.0, 1000000.0, 0, 0.1, "effective time past the mark before its end"
    ),
    _derived(
        "in_extension", "s", -1000000.0, 1000000.0, 0, 0.1, "effective time past the mark in the extension"
    ),
    _derived("near_cap", "s", -1000000.0, 1000000.0, 0, 0.1, "wall time past the first mark before its cap"),
    _derived("at_cap", "s", -1000000.0, 1000000.0, 0, 0.1, "wall time past the last mark before its cap"),
    _derived(
        "rinse_plasma", "mL", -1000.0, 100000.0, 0, 0.1, "plasma returned in RINSEBACK above the reservoir"
    ),
    _derived("rinse_chase", "mL", -1000.0, 100000.0, 0, 0.1, "saline through the plasma side in RINSEBACK"),
    _derived("rinse_saline", "mL", -1000.0, 100000.0, 0, 0.1, "saline through the blood side in RINSEBACK"),
    _derived("response", "code", 0.0, 20.0, 0, 1.0, "the highest active response"),
    _derived("interlocks", "bits", 0.0, 16777216.0, 0, 1.0, "interlocks that bit on the tick before"),
    _derived("sound", "code", 0.0, 3.0, 0, 1.0, "priority of the alarm signal that sounds"),
    _derived("audio_pause_s", "s", 0.0, 120.0, 0, 0.1, "what is left of an audio pause"),
    _derived(
        "clamp_escaped", "count", 0.0, 3.0, 0, 1.0, "patient clamps that were closed and opened by themselves"
    ),
    _derived("P_pre_rise", "mmHg", -1000.0, 1000.0, 0, 0.1, "rise of P_pre in 10 min at one blood flow"),
    _derived(
        "Hct_out", "fraction", 0.0, 100.0, 2, 0.001, "haematocrit behind the separator, Hct/(1-Q_p/Q_b)"
    ),
    _derived("hep_stop_s", "s", 0.0, 1000000.0, 0, 0.1, "time without the heparin that is prescribed"),
    _derived("hep_back", "mL", 0.0, 1000.0, 2, 0.001, "heparin drawn back: V_hep below its highest"),
    _derived("limits_differ", "code", 0.0, 1.0, 0, 1.0, "1: the protective node holds other limits"),
    # The set points in force, in the order of `control.setpoints.SetPoints`.
    _derived("Q_b_set", "mL/min", 0.0, 400.0, 0, 0.1, "set point of the blood flow"),
    _derived("Q_p_set", "mL/min", 0.0, 150.0, 1, 0.01, "set point of the separated plasma flow"),
    _derived("Q_c_set", "mL/min", 0.0, 400.0, 0, 0.01, "set point of the perfusion flow"),
    _derived("T_br_set", "C", 0.0, 80.0, 1, 0.01, "set point of the plasma temperature"),
    _derived("DO_in_set", "mmHg", 0.0, 800.0, 0, 0.1, "set point of the oxygen tension"),
    _derived("pH_set", "pH", 0.0, 14.0, 2, 0.001, "set point of the pH"),
)

CHANNELS: Final[tuple[ChannelRow, ...]] = (*_MEASURED, *_DERIVED)
N_MEASURED: Final = len(_MEASURED)
N_DERIVED: Final = len(_DERIVED)


if [row.id.upper() for row in CHANNELS] != [c.name for c in Channel]:
    msg = "the rows of CHANNELS do not stand in the order of Channel"
    raise AssertionError(msg)

BY_ID: Final[dict[str, Channel]] = {row.id: c for c, row in zip(Channel, CHANNELS, strict=True)}
