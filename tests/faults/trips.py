"""For each rule a way in which it trips over the simulated physics: where, by what, what comes before it."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from qh1a.channels import CHANNELS, Channel
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.misreading import Misreading
from qh1a.tick import Actuator, IntentName, State


class Way(Enum):
    """By what a rule is tripped."""

    PHYSICS = "physics"
    """A disturbance of the circuit, of the patient, of the supply; or time that passes."""
    OPERATOR = "operator"
    SENSOR = "sensor"
    """A sensor misreads."""
    COMMAND = "command"
    """Another command arrives than was sent, or none does."""
    INPUT = "input"
    """The reading itself is written: nothing simulated leads there."""


class Load(NamedTuple):
    """A disturbance, or the misreading of a sensor, in a straight line to a value."""

    what: Disturbance | Misreading
    to: float
    sensor: Channel | None = None
    over_s: float = 0.0
    after_s: float = 0.0


class Say(NamedTuple):
    """An operator's intent."""

    name: IntentName
    key: str = ""
    value: float = 0.0
    after_s: float = 0.0


class Arrive(NamedTuple):
    """What arrives at an actuator, whatever was sent."""

    actuator: Actuator
    value: float
    after_s: float = 0.0


class Silence(NamedTuple):
    """The host says nothing for so long."""

    seconds: float
    after_s: float = 0.0


class Write(NamedTuple):
    """What a sensor that is not fitted would read."""

    sensor: Channel
    value: float
    after_s: float = 0.0


Act = Load | Say | Arrive | Silence | Write


def told(act: Act) -> str:
    """An act in a few words, with its figures."""
    match act:
        case Load():
            what = act.what.name if act.sensor is None else f"{CHANNELS[act.sensor].id} {act.what.name}"
            over = f" in {act.over_s:g} s" if act.over_s else ""
            said = f"{what} to {act.to:g}{over}"
        case Say():
            said = " ".join(x for x in (act.name.name, act.key, f"{act.value:g}" if act.value else "") if x)
        case Arrive():
            said = f"{act.actuator.name} gets {act.value:g}"
        case Silence():
            said = f"no command for {act.seconds:g} s"
        case Write():
            said = f"{CHANNELS[act.sensor].id} written as {act.value:g}"
    return said + (f" after {act.after_s:g} s" if act.after_s else "")


@dataclass(frozen=True, slots=True)
class Trip:
    """How one rule is tripped.

    `at`: the state it is tried in; `bench`: of the 10-minute session, whose time marks are near. `first`: the
    rules that may come before it, or stand above it; none: it comes first and stands first. `why`: what is
    worth saying, in the table of docs/hazards.md. `stays`: why acknowledge and resume do not lead back.
    `hct`: of the patient.
    """

    rule: str
    at: State
    acts: tuple[Act, ...]
    within_s: float
    way: Way = Way.PHYSICS
    first: tuple[str, ...] = ()
    why: str = ""
    stays: str = ""
    bench: bool = False
    hct: float = 0.37


_D, _M, _C, _S, _A, _I = Disturbance, Misreading, Channel, State, Actuator, IntentName
_RINSE_A, _RINSE_B, _FILL, _TREAT = _S.RINSE_PLASMA, _S.RINSE_BLOOD, _S.CONNECT_FILL, _S.TREAT


class Note(NamedTuple):
    """What a row may add: see `Trip`."""

    first: tuple[str, ...] = ()
    why: str = ""
    stays: str = ""


_PLAIN: Final = Note()


def _physics(
    rule: str, disturbance: Disturbance, to: float, within_s: float, over_s: float = 0.0,
    at: State = _TREAT, note: Note = _PLAIN,
) -> Trip:  # fmt: skip
    return Trip(rule, at, (Load(disturbance, to, None, over_s),), within_s, Way.PHYSICS, *note)


def _sensor(
    rule: str, sensor: Channel, how: Misreading, to: float, within_s: float, over_s: float = 0.0,
    at: State = _TREAT, note: Note = _PLAIN,
) -> Trip:  # fmt: skip
    return Trip(rule, at, (Load(how, to, sensor, over_s),), within_s, Way.SENSOR, *note)


def _puffs(ml: float, every_s: float, times: int) -> tuple[Act, ...]:
    return tuple(
        Load(_D.AIR_RETURN_ML_S, to, None, 0.0, every_s * k + after)
        for k in range(times)
        for to, after in ((ml, 0.0), (0.0, 1.0))
    )


def _both(mmhg: float) -> tuple[Act, ...]:
    return tuple(Load(_M.OFFSET, mmhg, eye) for eye in (_C.P_VEN, _C.P_VEN_N))


TRIPS: Final = (
    _physics("H01.1", _D.AIR_RETURN_ML_S, 0.5, 30.0),
    Trip("H02.1", _TREAT, _puffs(0.1, 4.0, 15), 90.0),
    Trip("H02.2", _TREAT, _puffs(0.085, 6.0, 50), 330.0),
    _physics("H03.1", _D.AIR_PLASMA_ML_S, 0.5, 60.0),
    _physics("H04.1", _D.CHAMBER_AIR_ML_S, 0.5, 120.0, note=Note(
        stays="the level stays low until somebody raises it, nobody does here: each resume trips it again")),
    _physics("H05.1", _D.RETURN_OPEN, 1.0, 10.0),
    _physics("H05.2", _D.RETURN_OPEN, 1.0, 10.0, at=_RINSE_A),
    Trip("H05.3", _RINSE_B, _both(-45.0), 10.0, Way.SENSOR,
         why="an open line end keeps 4 mmHg at this flow: only both eyes of P_ven reading low"),
    Trip("H05.4", _TREAT, (Write(_C.WET, 1.0),), 10.0, Way.INPUT,
         why="WET is not fitted on the simulated rig"),
    _physics("H05.5", _D.RETURN_OPEN, 1.0, 10.0, at=_RINSE_B),
    _physics("H06.1", _D.R_RET_FACTOR, 10.0, 30.0),
    Trip("H06.2", _RINSE_B, _both(340.0), 10.0, Way.SENSOR,
         why="P_pre is never below P_ven: H09.2 stops a real kink at the same 350 mmHg, 2 s before"),
    Trip("H06.3", _FILL, _both(450.0), 10.0, Way.SENSOR,
         why="H09.2 stops a real kink at 350 mmHg, this rule waits for 450"),
    _physics("H06.4", _D.R_RET_FACTOR, 10.0, 60.0, note=Note(
        first=("H06.1",), why="acts without an alarm of its own")),
    _physics("H07.1", _D.R_ACC_FACTOR, 2.6, 10.0),
    _physics("H07.2", _D.R_ACC_FACTOR, 5.0, 10.0),
    _physics("H08.1", _D.ACCESS_OPEN, 1.0, 10.0),
    _physics("H09.1", _D.R_RET_FACTOR, 4.4, 90.0, 60.0),
    _physics("H09.2", _D.R_RET_FACTOR, 50.0, 60.0, at=_RINSE_B),
    _sensor("H09.3", _C.P_PRE, _M.OFFSET, 45.0, 900.0, 600.0),
    _physics("H10.1", _D.S1_LP_FACTOR, 0.3, 30.0),
    _physics("H10.2", _D.S1_LP_FACTOR, 0.2, 30.0),
    _physics("H10.3", _D.S1_LP_FACTOR, 0.02, 10.0),
    Trip("H10.4", _TREAT, (Load(_M.OFFSET, -70.0, _C.P_FIL),
         Load(_M.OFFSET, -140.0, _C.P_PRE)), 10.0, Way.SENSOR,
         why="with the blood at 60 mmHg a real fall of P_fil raises TMP first: H10.2, H10.3"),
    Trip("H10.5", _TREAT, (Load(_M.OFFSET, -115.0, _C.P_FIL),
         Load(_M.OFFSET, -230.0, _C.P_PRE)), 10.0, Way.SENSOR,
         why="as H10.4"),
    _sensor("H11.1", _C.P_FIL, _M.OFFSET, 60.0, 15.0),
    Trip("H12.1", _TREAT, (Say(_I.SET, "plasma_ml_min", 36.0),), 60.0, Way.OPERATOR,
         stays="the set point stays until somebody lowers it"),
    Trip("H12.2", _TREAT, (Say(_I.SET, "plasma_ml_min", 38.0), Load(_M.GAIN, 1.18, _C.Q_P, 0.0, 20.0)), 60.0,
         Way.SENSOR, (),
         "I3 holds the command: only a pump, or its meter, that does not obey"),
    Trip("H12.3", _TREAT, (Say(_I.SET, "plasma_ml_min", 35.0),), 60.0, Way.OPERATOR,
         why="a patient of Hct 0.42", stays="the set point stays until somebody lowers it", hct=0.42),
    _physics("H13.1", _D.S1_LEAK, 0.01, 60.0),
    _physics("H14.1", _D.R_RX_FACTOR, 60.0, 30.0),
    _physics("H14.2", _D.R_RX_FACTOR, 100.0, 30.0),
    _physics("H14.3", _D.R_RX_FACTOR, 5.0, 30.0),
    _physics("H15.1", _D.R_F2_FACTOR, 0.3, 30.0),
    Trip("H15.2", _TREAT, (Write(_C.TURB_R, 20.0),), 10.0, Way.INPUT,
         why="TURB_r is not fitted on the simulated rig"),
    _physics("H16.1", _D.R_F2_FACTOR, 7.0, 30.0),
    _sensor("H16.2", _C.P_F2, _M.OFFSET, 110.0, 30.0, note=Note(
        why="the return pump's limiter keeps a tight filter below this")),
    Trip("H17.1", _S.PAUSE_PLASMA, (Load(_M.OFFSET, -60.0, _C.W_S, 2600.0),), 2700.0, Way.SENSOR),
    _sensor("H17.2", _C.W_S, _M.OFFSET, -250.0, 120.0),
    _sensor("H17.3", _C.W_R, _M.OFFSET, 30.0, 600.0, 300.0),
    _sensor("H17.4", _C.Q_R, _M.GAIN, 1.05, 2400.0),
    _sensor("H17.5", _C.Q_R, _M.GAIN, 1.03, 9000.0),
    _sensor("H17.6", _C.W_R, _M.STALE, 1.0, 400.0),
    _sensor("H17.7", _C.LVL_R, _M.OFFSET, 40.0, 60.0),
    _sensor("H18.1", _C.W_R, _M.OFFSET, -110.0, 10.0),
    _sensor("H18.2", _C.LVL_R, _M.OFFSET, -110.0, 10.0),
    _sensor("H19.1", _C.W_R, _M.OFFSET, 230.0, 10.0),
    _physics("H20.1", _D.HEATER_STUCK_W, 40.0, 400.0),
    _sensor("H20.2", _C.T_BR, _M.OFFSET, 3.0, 120.0, 5.0),
    _physics("H20.3", _D.HEATER_STUCK_W, 60.0, 180.0),
    _sensor("H20.4", _C.T_BR, _M.OFFSET, 5.0, 60.0, 5.0),
    _physics("H21.1", _D.HEATER_DEAD, 1.0, 1200.0),
    Trip("H21.2", _TREAT, (Load(_D.HEATER_DEAD, 1.0), Load(_D.T_AMB_OFFSET_K, -15.0)), 3600.0),
    _physics("H21.3", _D.HEATER_DEAD, 1.0, 1200.0),
    _physics("H22.1", _D.CELL_ACTIVITY, 12.0, 1200.0),
    _physics("H22.2", _D.CELL_ACTIVITY, 20.0, 1200.0),
    _sensor("H23.1", _C.DO_IN, _M.OFFSET, 80.0, 200.0),
    _sensor("H23.2", _C.PH, _M.OFFSET, -0.25, 200.0),
    _physics("H23.3", _D.CO2_FACTOR, 0.0, 1800.0),
    _sensor("H23.4", _C.PH, _M.OFFSET, -0.5, 200.0),
    _sensor("H23.5", _C.PH, _M.OFFSET, 0.4, 200.0),
    _sensor("H24.1", _C.P_GAS, _M.OFFSET, 80.0, 10.0),
    Trip("H25.1", _TREAT, (Say(_I.PAUSE, "stopped"),), 60.0, Way.OPERATOR),
    Trip("H25.2", _TREAT, (Say(_I.PAUSE, "stopped"),), 150.0, Way.OPERATOR),
    Trip("H25.3", _TREAT, (Load(_M.STALE, 1.0, _C.V_HEP),), 650.0, Way.SENSOR, ("H17.6",),
         why="without its count the heparin pump is not run"),
    _sensor("H26.1", _C.V_HEP, _M.OFFSET, 0.5, 120.0, 60.0),
    Trip("H26.2", _TREAT, (
        Load(_M.STALE, 1.0, _C.V_HEP), Load(_M.OFFSET, 30.0, _C.V_HEP, 0.0, 3.0),
        Load(_M.STALE, 0.0, _C.V_HEP, 0.0, 5.0),
    ), 60.0, Way.SENSOR),
    _sensor("H26.3", _C.V_HEP, _M.OFFSET, -0.5, 60.0),
    _physics("H27.1", _D.SYRINGE_STUCK, 1.0, 900.0),
    _sensor("H27.2", _C.HP_FORCE, _M.OFFSET, 60.0, 90.0),
    _sensor("H27.3", _C.V_HEP, _M.OFFSET, 50.0, 90.0, note=Note(first=("H26.1", "H26.2", "H17.3"))),
    _physics("H28.1", _D.BP_STALL, 1.0, 20.0),
    _physics("H28.2", _D.PP_STALL, 1.0, 20.0),
    _physics("H28.3", _D.CP_STALL, 1.0, 20.0),
    _physics("H28.4", _D.RP_STALL, 1.0, 20.0),
    _sensor("H28.5", _C.N_CP, _M.GAIN, -1.0, 20.0),
    _sensor("H28.6", _C.Q_B, _M.GAIN, 1.35, 20.0),
    _sensor("H28.7", _C.Q_P, _M.GAIN, 1.3, 20.0),
    _sensor("H28.8", _C.Q_C, _M.GAIN, 1.25, 20.0),
    _sensor("H28.9", _C.Q_R, _M.GAIN, 1.3, 20.0),
    _physics("H29.1", _D.VC_STUCK, -1.0, 10.0),
    _physics("H30.1", _D.VC_STUCK, 1.0, 10.0, at=_S.PAUSE_STOPPED),
    _sensor("H31.1", _C.P_VEN, _M.STALE, 1.0, 10.0),
    _sensor("H31.2", _C.P_RET, _M.STALE, 1.0, 10.0),
    _sensor("H31.3", _C.T_W1, _M.STALE, 1.0, 20.0),
    _sensor("H31.4", _C.Q_C, _M.STALE, 1.0, 20.0),
    _sensor("H31.5", _C.P_FIL, _M.STALE, 1.0, 90.0),
    _sensor("H31.6", _C.Q_P, _M.STALE, 1.0, 20.0),
    _sensor("H31.7", _C.Q_B, _M.STALE, 1.0, 20.0),
    _sensor("H31.8", _C.W_S, _M.STALE, 1.0, 20.0, at=_RINSE_A),
    _sensor("H31.9", _C.W_S, _M.STALE, 1.0, 20.0, at=_RINSE_B),
    Trip("H33.1", _TREAT, (Silence(2.0),), 10.0, Way.COMMAND),
    Trip("H35.1", _TREAT, (Write(_C.LIMITS_N, 1.0),), 10.0, Way.INPUT,
         why="a flipped bit of either copy: tests/safety/test_agreement.py"),
    _physics("H37.1", _D.MAINS_LOST, 1.0, 3600.0),
    _physics("H37.2", _D.MAINS_LOST, 1.0, 7200.0, note=Note(first=("H37.1",))),
    _sensor("H37.3", _C.UPS_MIN, _M.OFFSET, -57.0, 10.0, note=Note(
        why="an old battery collapses; with a good one H37.2 comes long before")),
    _physics("H37.4", _D.MAINS_LOST, 1.0, 7200.0, at=_S.PAUSE_PLASMA, note=Note(first=("H37.1",))),
    Trip("H39.1", _TREAT, (), 420.0, bench=True),
    Trip("H39.2", _TREAT, (), 420.0, bench=True),
    Trip("H39.3", _TREAT, (Say(_I.EXTEND, "", 36.0, 350.0),), 450.0, Way.OPERATOR, bench=True),
    Trip("H39.4", _TREAT, (Say(_I.PAUSE, "plasma"),), 600.0, Way.OPERATOR, bench=True),
    Trip("H39.5", _TREAT, (Say(_I.PAUSE, "plasma"),), 600.0, Way.OPERATOR, bench=True),
    _sensor("H42.1", _C.W_S, _M.FROZEN, 1.0, 1200.0, at=_RINSE_A, note=Note(
        stays="what was returned stays returned: the session goes on by its end")),
    _sensor("H42.2", _C.W_S, _M.OFFSET, -400.0, 20.0, at=_RINSE_B, note=Note(
        stays="the volume of the tick of the alarm is kept while paused and trips again on the resume")),
    _physics("H49.1", _D.RUPTURE_ML_MIN_MMHG, 0.5, 30.0, note=Note(
        stays="the tray stays wet until somebody dries it; nobody does here")),
    _physics("H49.2", _D.RUPTURE_ML_MIN_MMHG, 0.5, 60.0, note=Note(
        first=("H49.1",), stays="the tray stays wet until somebody dries it; nobody does here")),
    _physics("H50.1", _D.CP_STALL, 1.0, 330.0, note=Note(first=("H28.3",))),
    _physics("H50.2", _D.CP_STALL, 1.0, 1260.0, note=Note(first=("H28.3",))),
    _physics("H51.1", _D.R_PLASMA_RETURN_FACTOR, 12.0, 20.0),
    _physics("H51.2", _D.R_PLASMA_RETURN_FACTOR, 200.0, 20.0),
    _sensor("H52.1", _C.P_F2O, _M.OFFSET, -120.0, 30.0, note=Note(first=("H16.2",))),
    _sensor("H52.2", _C.P_F2O, _M.OFFSET, -160.0, 30.0, note=Note(
        why="the return pump's limiter holds -40 mmHg; a much tighter filter is stopped by H16.2")),
)  # fmt: skip

NOT_YET: Final[dict[str, str]] = {}
"""Rules without a run, and why; a rule leaves this set with its row above."""
