"""The catalogue of faults, one row per fault.

Codes are those of the physics reference, section 5; a letter tells variants of one apart, and from F47 on
they are this project's own. Signatures are those of this rig: its reservoir is vented, so that a mismatch of
the plasma pumps moves its scale (0.3 g/min per 1 % at 30 mL/min) and no pressure.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from qh1a.channels import CHANNELS, Channel
from qh1a.sim.misreading import Misreading
from qh1a.sim.sensors import SIGNALS, ZEROED
from qh1a.sim.truth import Disturbance


class Drive(Enum):
    """How a fault acts on its disturbance: `magnitude` is its value, or a factor on the healthy value."""

    SET = "set"
    MULTIPLY = "multiply"


class Profile(Enum):
    """How a fault comes on. All but STEP and INTERMITTENT need `duration_s`."""

    STEP = "step"
    """All at once; gone after `duration_s`, or stays."""
    RAMP = "ramp"
    """In a straight line over `duration_s`; stays."""
    EXPONENTIAL = "exponential"
    """Fast at first: 63 % at a third of `duration_s`, 95 % at its end; stays."""
    INTERMITTENT = "intermittent"
    """There at first, then there or not, drawn second by second; over after `duration_s`, or goes on."""


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One fault of the catalogue.

    `magnitude` is in `unit`, from `lo` to `hi`. A script that names no profile gets `profile`, over
    `over_s` where that needs a duration. `label` is the truth a detector is scored against. `earliest_s`:
    how long after the onset, at the default magnitude and the usual profile, the first sensor is off by
    five times its noise. `response`: the rules that answer in a settled treatment; none where a loop makes
    up for it or only a trend tells.
    """

    code: str
    name: str
    mechanism: str
    label: str
    unit: str
    lo: float
    hi: float
    default: float
    disturbance: Disturbance | Misreading
    drive: Drive
    profile: Profile
    over_s: float
    earliest_s: float
    response: tuple[str, ...]
    signature: str
    channels: tuple[Channel, ...] = ()
    """For a fault of a sensor: which one it may be; the first unless a script names another."""


_D = Disturbance
_SET, _TIMES = Drive.SET, Drive.MULTIPLY
_STEP, _RAMP = Profile.STEP, Profile.RAMP
_M, _C = Misreading, Channel
_PRESSURES: Final = (_C.P_VEN, *(c for c in SIGNALS if c in ZEROED - {_C.P_VEN}))
_ANALOG: Final = (_C.P_VEN, *(c for c in SIGNALS if c is not _C.P_VEN and CHANNELS[c].unit != "open"))
FAULTS: Final = (
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
    ),
    FaultRow(
        "F04", "return_disconnection", "The venous line end slips off and runs to the outside.",
        "disconnection", "1", 1.0, 1.0, 1.0, _D.RETURN_OPEN, _SET, _STEP, 0.0, 0.1, ("H05.1",),
        "P_ven drops by the venous pressure and the needle's share, blood is lost at the rate of Q_b",
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
    ),
    FaultRow(
        "F16", "membrane_fouling", "The separator's membrane fouls.",
        "separator", "times", 0.05, 0.95, 0.3, _D.S1_LP_FACTOR, _TIMES, _RAMP, 7200.0, 1170.0, (),
        "TMP rises and P_fil falls over hours at an unchanged Q_p",
    ),
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
        "F34", "temperature_probe_loose", "A temperature probe has come off and reads beside the truth.",
        "sensor", "K", -15.0, 15.0, -3.0, _M.OFFSET, _SET, _STEP, 0.0, 0.1, (),
        "one temperature steps away from the others; the loop that believes T_br moves it the other way",
        (_C.T_BR, _C.T_W1, _C.T_W2, _C.T_RET),
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
    FaultRow(
        "F45a", "pressure_offset", "A pressure transducer is off; as a ramp it drifts.",
        "sensor", "mmHg", -100.0, 100.0, 15.0, _M.OFFSET, _SET, _STEP, 0.0, 0.1, (),
        "one pressure steps away from those beside it, no flow moves",
        _PRESSURES,
    ),
    FaultRow(
        "F45b", "pressure_frozen", "A pressure transducer shows the same value for ever.",
        "sensor", "1", 1.0, 1.0, 1.0, _M.FROZEN, _SET, _STEP, 0.0, 1.0, (),
        "one pressure has no noise any more and follows nothing",
        _PRESSURES,
    ),
    FaultRow(
        "F45c", "flow_meter_gain", "A flow meter reads too much or too little.",
        "sensor", "times", 0.5, 1.5, 1.05, _M.GAIN, _TIMES, _STEP, 0.0, 0.1, (),
        "one flow steps at an unchanged pump speed; the loop that believes it moves the pump the other way",
        (_C.Q_B, _C.Q_P, _C.Q_C, _C.Q_R),
    ),
    FaultRow(
        "F45d", "scale_creep", "A scale creeps, or somebody leans on the bag: then a step or in fits.",
        "sensor", "g", -200.0, 200.0, 30.0, _M.OFFSET, _SET, _RAMP, 300.0, 15.5, ("H17.3",),
        "W_r drifts from LVL_r, the balance loop follows the scale",
        (_C.W_R, _C.W_S, _C.W_W),
    ),
    FaultRow(
        "F46a", "readings_lost", "The readings of a sensor do not arrive.",
        "sensor", "1", 1.0, 1.0, 1.0, _M.STALE, _SET, _STEP, 0.0, 1.0, ("H31.1", "H31.2"),
        "one channel ages past its limit and is not valid any more",
        _ANALOG,
    ),
    FaultRow(
        "F46b", "noise_burst", "Noise couples into a sensor.",
        "sensor", "counts", 1.0, 5000.0, 100.0, _M.NOISE, _SET, _STEP, 0.0, 0.1, (),
        "one channel scatters about its mean",
        _ANALOG,
    ),
    FaultRow(
        "F47", "perfusion_pump_stall", "The perfusion pump stands still whatever it is told.",
        "pump", "1", 1.0, 1.0, 1.0, _D.CP_STALL, _SET, _STEP, 0.0, 0.1, ("H28.3",),
        "N_cp and Q_c go to 0, P_bri and P_f2 fall, the cells get no oxygen",
    ),
    FaultRow(
        "F48", "air_in_return_line", "Air gets into the return line before the air detector.",
        "air", "mL/s", 0.001, 5.0, 0.1, _D.AIR_RETURN_ML_S, _SET, _STEP, 0.0, 2.4, ("H01.1",),
        "AIR_v counts up after the transport time of the line",
    ),
    FaultRow(
        "F49", "return_catheter_out", "The return catheter has slipped out of the vein.",
        "disconnection", "1", 1.0, 1.0, 1.0, _D.CATHETER_OUT, _SET, _STEP, 0.0, 0.6, (),
        "P_ven drops by the venous pressure only, blood is lost at the rate of Q_b",
    ),
    FaultRow(
        "F50", "mains_lost", "The mains fail and the battery takes over.",
        "power", "1", 1.0, 1.0, 1.0, _D.MAINS_LOST, _SET, _STEP, 0.0, 33.0, ("H37.1",),
        "UPS_min counts down, nothing else moves",
    ),
    FaultRow(
        "F51", "room_temperature", "The room warms or cools.",
        "room", "K", -15.0, 15.0, -8.0, _D.T_AMB_OFFSET_K, _SET, _RAMP, 1800.0, 47.0, (),
        "T_amb moves, T_ret follows by a tenth, the warmer makes up for the rest",
    ),
)  # fmt: skip
"""The catalogue, in the order of its codes."""
