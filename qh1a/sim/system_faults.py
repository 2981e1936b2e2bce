"""Faults of the sensors and of what serves the whole machine: F45 and above."""

from typing import Final

from qh1a.channels import CHANNELS, Channel
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.fault_row import AIR, BLOOD_LOST, Drive, FaultRow, Profile
from qh1a.sim.misreading import Misreading
from qh1a.sim.sensors import SIGNALS, ZEROED
from qh1a.sim.truth import Truth

_D, _T = Disturbance, Truth
_SET, _TIMES = Drive.SET, Drive.MULTIPLY
_STEP, _RAMP = Profile.STEP, Profile.RAMP
_M, _C = Misreading, Channel
_PRESSURES: Final = (_C.P_VEN, *(c for c in SIGNALS if c in ZEROED - {_C.P_VEN}))
_ANALOG: Final = (_C.P_VEN, *(c for c in SIGNALS if c is not _C.P_VEN and CHANNELS[c].unit != "open"))
_OTHERS: Final = tuple(c for c in _ANALOG if c not in (*_PRESSURES, _C.AIR_V, _C.AIR_P))
SYSTEM_FAULTS: Final = (
    FaultRow(
        "F45a", "pressure_offset", "A pressure transducer is off; as a ramp it drifts.",
        "sensor", "mmHg", -100.0, 100.0, 15.0, _M.OFFSET, _SET, _STEP, 0.0, 0.1, (),
        "one pressure steps away from those beside it, no flow moves",
        _PRESSURES,
    ),
    FaultRow(
        "F45b", "pressure_frozen", "A pressure transducer shows the same value for ever.",
        "sensor", "1", 1.0, 1.0, 1.0, _M.FROZEN, _SET, _STEP, 0.0, 1.0, ("H31.1", "H31.2"),
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
        harm=(_T.HARM_FLUID_ERROR_ML,),
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
        "F46c", "clock_jump", "The readings of a sensor carry a time that is off: ahead, or behind below 0.",
        "sensor", "s", -60.0, 60.0, 5.0, _M.CLOCK, _SET, _STEP, 0.0, 0.1, ("H31.1", "H31.2"),
        "one channel comes from the future, or is too old to be used; its value is right",
        _ANALOG,
    ),
    FaultRow(
        "F46d", "stuck_reading", "A sensor other than a pressure shows the same value for ever.",
        "sensor", "1", 1.0, 1.0, 1.0, _M.FROZEN, _SET, _STEP, 0.0, 1.0, ("H31.7",),
        "one channel has no noise any more and follows nothing",
        _OTHERS,
    ),
    FaultRow(
        "F47", "perfusion_pump_stall", "The perfusion pump stands still whatever it is told.",
        "pump", "1", 1.0, 1.0, 1.0, _D.CP_STALL, _SET, _STEP, 0.0, 0.1, ("H28.3",),
        "N_cp and Q_c go to 0, P_bri and P_f2 fall, the cells get no oxygen",
        harm=(_T.HARM_STANDSTILL_MIN, _T.HARM_FLUID_ERROR_ML),
    ),
    FaultRow(
        "F48", "air_in_return_line", "Air gets into the return line before the air detector.",
        "air", "mL/s", 0.001, 5.0, 0.1, _D.AIR_RETURN_ML_S, _SET, _STEP, 0.0, 2.4, ("H01.1",),
        "AIR_v counts up after the transport time of the line",
        harm=AIR,
    ),
    FaultRow(
        "F49", "return_catheter_out", "The return catheter has slipped out of the vein.",
        "disconnection", "1", 1.0, 1.0, 1.0, _D.CATHETER_OUT, _SET, _STEP, 0.0, 0.6, (),
        "P_ven drops by the venous pressure only, blood is lost at the rate of Q_b",
        harm=BLOOD_LOST,
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
    FaultRow(
        "F52", "power_dip", "The supply of all actuators drops out: pumps, warmer and gas stop, clamps fall.",
        "power", "1", 1.0, 1.0, 1.0, _D.POWER_LOST, _SET, _STEP, 1.0, 0.1, ("H29.1",),
        "every POS_* goes to its unpowered place, all speeds to 0, and back when the supply returns",
    ),
)  # fmt: skip
