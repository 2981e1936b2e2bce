"""What the loops promise over the cohort: envelopes, and the corners, steps, loads and limits to prove them.

`tests.sessions.published` writes docs/envelopes.md from these tables.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from qh1a.channels import Channel
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.truth import Truth
from qh1a.tick import Actuator
from tests.sessions.corners import Corner

_A, _C, _D, _T = Actuator, Channel, Disturbance, Truth


class Loop(NamedTuple):
    """A loop: its set point, what it measures, what is true, what it commands, and the ripple to average."""

    key: str
    field: str
    channel: Channel
    truth: Truth
    command: Actuator
    turns: Truth | None = None
    rollers: int = 1


LOOPS: Final = {
    "blood": Loop("blood_ml_min", "blood", _C.Q_B, _T.Q_B, _A.BP, _T.N_BP, 2),
    "separation": Loop("plasma_ml_min", "plasma", _C.Q_P, _T.Q_P, _A.PP, _T.N_PP, 3),
    "perfusion": Loop("perfusion_ml_min", "perfusion", _C.Q_C, _T.Q_C, _A.CP, _T.N_CP, 3),
    "return": Loop("", "plasma", _C.Q_R, _T.Q_R, _A.RP, _T.N_RP, 3),
    "balance": Loop("", "", _C.W_R, _T.W_R, _A.RP),
    "temperature": Loop("temperature_c", "temperature", _C.T_BR, _T.T_BR, _A.W),
    "oxygen": Loop("do_in_mmhg", "do_in", _C.DO_IN, _T.DO_IN, _A.G_O2),
    "pH": Loop("ph", "ph", _C.PH, _T.PH_BR, _A.G_CO2),
}

# -- corners ---------------------------------------------------------------------------------------------

TYPICAL: Final = Corner("typical")
EARLY: Final = Corner("typical", settle_s=600.0)
"""Where the prime still goes: flows and pressures rest, what recirculates does not."""
CORNERS: Final = (
    TYPICAL,
    Corner("slow and thick", "aclf-mild.toml", 0.45, 100.0, 20.0, 40.0, 28.0),
    Corner("fast and thin", "aclf-severe.toml", 0.27, 180.0, 45.0, 180.0, 18.0),
    Corner("small and thin", "small-anaemic.toml", 0.27, 80.0, 15.0, 40.0, 18.0),
    Corner("fast and thick", "aclf-mild.toml", 0.45, 180.0, 30.0, 140.0, 28.0),
    Corner("small and thick", "small-anaemic.toml", 0.45, 80.0, 16.0, 100.0, 23.0),
    Corner("severe and thick", "aclf-severe.toml", 0.45, 130.0, 25.0, 100.0, 28.0),
    Corner("thin", "aclf-typical.toml", 0.27, 130.0, 33.0, 60.0, 18.0),
)

STEPS: Final[dict[str, dict[str, tuple[float, ...]]]] = {
    "typical": {
        "blood": (150.0, 130.0, 180.0, 130.0), "separation": (20.0, 33.0), "perfusion": (120.0, 60.0),
    },
    "slow and thick": {"blood": (120.0, 80.0), "separation": (12.0, 20.0), "perfusion": (100.0, 40.0)},
    "fast and thin": {"blood": (160.0, 180.0), "separation": (15.0, 45.0), "perfusion": (200.0, 80.0)},
    "small and thin": {"blood": (100.0, 80.0), "separation": (20.0, 15.0), "perfusion": (60.0, 40.0)},
    "fast and thick": {"blood": (130.0, 180.0), "separation": (20.0, 30.0), "perfusion": (100.0, 140.0)},
    "small and thick": {"blood": (110.0, 80.0), "separation": (18.0, 15.0), "perfusion": (60.0, 100.0)},
    "severe and thick": {"blood": (160.0, 100.0), "separation": (15.0, 25.0), "perfusion": (60.0, 120.0)},
    "thin": {"blood": (160.0, 130.0), "separation": (20.0, 33.0), "perfusion": (90.0, 50.0)},
}  # fmt: skip
"""Of the flows (mL/min), one after the other; Q_p/Q_b stays under its warning, pressures under limiters."""
SLOW_STEPS: Final[dict[str, tuple[float, ...]]] = {
    "temperature": (37.5, 36.5), "oxygen": (165.0, 150.0), "pH": (7.45, 7.35),
}  # fmt: skip

# -- envelopes -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Envelope:
    """Of one loop after a step of its set point.

    `overshoot` is a share of the step. The loop is in `band` (of flows a share of the set point) `settle_s`
    after the set point has arrived, at Q_c below 100 after `slow_s`, and by its own sensor off by `residual`
    (alike) at most in the end. `watch_s` is how long it is watched.
    """

    overshoot: float
    band: float
    settle_s: float
    slow_s: float
    residual: float
    watch_s: float
    relative: bool = False
    unit: str = ""


ENVELOPES: Final = {
    "blood": Envelope(0.05, 0.05, 10.0, 10.0, 0.01, 75.0, relative=True, unit="mL/min"),
    "separation": Envelope(0.05, 0.05, 12.0, 12.0, 0.01, 90.0, relative=True, unit="mL/min"),
    "perfusion": Envelope(0.05, 0.05, 5.0, 5.0, 0.01, 75.0, relative=True, unit="mL/min"),
    "temperature": Envelope(0.30, 0.1, 550.0, 250.0, 0.03, 1200.0, unit="C"),
    "oxygen": Envelope(0.05, 1.5, 180.0, 420.0, 0.3, 1500.0, unit="mmHg"),
    "pH": Envelope(0.27, 0.01, 2000.0, 2200.0, 0.005, 3000.0, unit=""),
}
MS_MOST: Final = 1.7
"""Maximum sensitivity of every controller, on its model and, of the slow loops, on the physics."""
RISE: Final = {"blood": 5.0, "separation": 1.0, "perfusion": 5.0}
"""How fast the set point itself moves, mL/min/s. Separation falls at once."""


class Watched(NamedTuple):
    """What a load may do to one loop.

    `excursion` at most, back in `band` after `settle_s` (at Q_c below 100 `slow_s`), in the end `residual` by
    its own sensor. Flows in shares of the set point, the rest absolute.
    """

    loop: str
    excursion: float
    band: float
    settle_s: float
    slow_s: float
    residual: float


class Load(NamedTuple):
    """A disturbance to a value, or without one a step of perfusion; and how long it is watched.

    `less` is the value at corners that stand no more. `warns` is a rule that may warn there of what
    no loop holds; `why` says both in words.
    """

    name: str
    disturbance: Disturbance | None
    to: float
    watch_s: float
    watched: tuple[Watched, ...]
    less: tuple[tuple[str, float], ...] = ()
    warns: tuple[tuple[str, str], ...] = ()
    why: str = ""

    def at(self, corner: Corner) -> float:
        """The value at a corner: no room is colder than 18 C."""
        cold = self.disturbance is Disturbance.T_AMB_OFFSET_K and corner.ambient < 23.0
        return dict(self.less).get(corner.name, -self.to if cold else self.to)


LOADS: Final = (
    Load("blood pump loses a tenth of its stroke", _D.BP_STROKE_FACTOR, 0.9, 150.0, (
        Watched("blood", 0.12, 0.05, 30.0, 30.0, 0.01),
    ), less=(("thin", 0.95),), why="thin: a twentieth; more, and I3 holds Q_p/Q_b meanwhile"),
    Load("access half as narrow again", _D.R_ACC_FACTOR, 1.5, 150.0, (
        Watched("blood", 0.04, 0.05, 0.0, 0.0, 0.01),
    ), less=(("fast and thick", 1.2),), warns=(("fast and thick", "H07.1"),),
        why="fast and thick: a fifth, and H07.1 warns; more, and the limiter on P_acc leads"),
    Load("separation pump loses a tenth", _D.PP_STROKE_FACTOR, 0.9, 150.0, (
        Watched("separation", 0.12, 0.05, 30.0, 30.0, 0.01),
        Watched("return", 0.08, 0.05, 60.0, 60.0, 0.03),
    ), less=(("thin", 0.95),), why="thin: a twentieth; more, and I3 holds Q_p/Q_b"),
    Load("separator loses a fifth of its permeability", _D.S1_LP_FACTOR, 0.8, 150.0, (
        Watched("separation", 0.01, 0.05, 0.0, 0.0, 0.01),
    )),
    Load("perfusion pump loses a tenth", _D.CP_STROKE_FACTOR, 0.9, 150.0, (
        Watched("perfusion", 0.12, 0.05, 30.0, 30.0, 0.01),
    )),
    Load("bioreactor a quarter narrower", _D.R_RX_FACTOR, 1.25, 150.0, (
        Watched("perfusion", 0.01, 0.05, 0.0, 0.0, 0.01),
    )),
    Load("return pump loses 2 %", _D.RP_STROKE_FACTOR, 0.98, 5400.0, (
        Watched("balance", 4.6, 2.5, 1700.0, 1700.0, 2.3),
    )),
    Load("room 5 K colder, from 18 C warmer", _D.T_AMB_OFFSET_K, -5.0, 2400.0, (
        Watched("temperature", 0.4, 0.1, 240.0, 1700.0, 0.06),
    ), warns=(("small and thick", "H21.1"),),
        why="small and thick: H21.1 warns of a cold return; no loop warms the return line"),
    Load("oxygenator loses 30 % of its exchange", _D.OX_KA_FACTOR, 0.7, 1200.0, (
        Watched("oxygen", 6.0, 1.5, 240.0, 350.0, 0.3), Watched("pH", 0.005, 0.01, 0.0, 0.0, 0.003),
    )),
    Load("a fifth more CO2 than blended", _D.CO2_FACTOR, 1.2, 2400.0, (
        Watched("pH", 0.035, 0.01, 800.0, 1650.0, 0.003), Watched("oxygen", 1.4, 1.5, 0.0, 0.0, 0.3),
    )),
    Load("perfusion 30 % less, at 40 mL/min 40 % more", None, 0.0, 1200.0, (
        Watched("temperature", 0.27, 0.1, 140.0, 190.0, 0.015),
        Watched("oxygen", 3.2, 1.5, 75.0, 75.0, 0.3),
        Watched("pH", 0.009, 0.01, 0.0, 0.0, 0.006),
    )),
)  # fmt: skip


# -- limiters --------------------------------------------------------------------------------------------


class Limit(NamedTuple):
    """A limiter, what makes it take over, and what it may do.

    `slow` and `fast` are values of the disturbance: reached in `slow_s` and in FAST_S, held `hold_s`, gone in
    FAST_S. The mean of the signal then stands at the limit, give or take `band`; the command moves by `bump`
    of itself a tick at most. In `back_s` the flow is within 5 % of what it was, never more than `beyond` it.
    """

    name: str
    corner: Corner
    channel: Channel
    loop: str
    limit: float
    band: float
    disturbance: Disturbance
    slow: float
    fast: float
    slow_s: float = 300.0
    hold_s: float = 120.0
    back_s: float = 70.0
    bump: float = 0.004
    beyond: float = 0.03


FAST_S: Final = 2.0
LIMITS: Final = (
    Limit("P_acc", EARLY, _C.P_ACC, "blood", -180.0, 1.0, _D.R_ACC_FACTOR, 4.0, 3.0),
    # Where a kinked return line lifts P_pre to its limit before P_ven to its trip. H05 learns what P_ven is:
    # a kink that stays long looks like a disconnection when it goes.
    Limit(
        "P_pre", Corner("clotted fibres", fibre_length=0.5, settle_s=600.0), _C.P_PRE, "blood", 300.0, 3.0,
        _D.R_RET_FACTOR, 4.8, 4.7, slow_s=120.0, hold_s=45.0,
    ),
    Limit("TMP", EARLY, _C.TMP, "separation", 38.0, 1.0, _D.S1_LP_FACTOR, 0.38, 0.42),
    Limit(
        "P_bri", Corner("at P_bri", "aclf-mild.toml", 0.45, 180.0, 30.0, 192.0, 28.0, settle_s=2700.0),
        _C.P_BRI, "perfusion", 150.0, 1.0, _D.R_RX_FACTOR, 1.5, 1.5,
    ),
    Limit("dP_br", EARLY, _C.DP_BR_OVER, "perfusion", 0.0, 0.5, _D.R_RX_FACTOR, 3.0, 3.0),
    # The return is what the balance moves: its command carries the noise of the scale, and its trim, a tenth
    # at most, brings back what was held. The limiter cannot hold for long: the reservoir fills until H17.3.
    Limit(
        "P_f2o", Corner("low tee", plasma=25.0, perfusion=45.0, settle_s=600.0), _C.P_F2O, "return",
        -40.0, 2.0, _D.R_F2_FACTOR, 9.0, 9.0, hold_s=30.0, bump=0.025, beyond=0.10,
    ),
)  # fmt: skip


# -- pauses ----------------------------------------------------------------------------------------------


class Resumed(NamedTuple):
    """What a loop may do after a pause: `above` and, `back_s` after treatment went on, `below` what it was.

    Flows and commands in shares of before, the rest absolute; `rise` is the most in 5 s (mL/min).
    """

    commanded: bool
    above: float
    below: float
    back_s: float
    rise: float = 0.0
    relative: bool = True


RESUMED: Final = {
    "blood": Resumed(commanded=True, above=0.03, below=0.05, back_s=60.0, rise=30.0),
    "separation": Resumed(commanded=True, above=0.03, below=0.05, back_s=120.0, rise=8.5),
    "perfusion": Resumed(commanded=True, above=0.03, below=0.03, back_s=60.0),
    "return": Resumed(commanded=True, above=0.06, below=0.06, back_s=120.0, rise=8.5),
    "temperature": Resumed(commanded=False, above=0.2, below=0.7, back_s=0.0, relative=False),
    "oxygen": Resumed(commanded=False, above=3.8, below=3.8, back_s=0.0, relative=False),
    "pH": Resumed(commanded=False, above=0.02, below=0.02, back_s=0.0, relative=False),
}
