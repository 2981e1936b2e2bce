"""What the machine does in each state of a session: one row of modes and clamps per state (circuit 5)."""

from enum import Enum
from typing import Final, NamedTuple

from qh1a.tick import State


class Blood(Enum):
    """Set point of the blood pump."""

    OFF = "0"
    TEST = "test pattern"
    PRIME = "prime flow"
    FILL = "connect flow"
    RAMP = "staircase to set"
    SET = "set"
    RINSE = "rinse flow"


class Separation(Enum):
    """Set point of the separation pump."""

    OFF = "0"
    TEST = "test pattern"
    FLUSH = "flush"
    LATER = "ratio of Q_b after a delay"
    RATIO = "ratio of Q_b"


class Perfusion(Enum):
    """Set point of the perfusion pump."""

    OFF = "0"
    TEST = "test pattern"
    SET = "set"


class Return(Enum):
    """Set point of the return pump."""

    OFF = "0"
    TEST = "test pattern"
    FLUSH = "flush"
    BALANCE = "Q_p + trim on W_r"
    RINSE = "rinse flow"


class Heparin(Enum):
    """Set point of the heparin pump."""

    OFF = "0"
    RATE = "bolus, then rate"


class Clamp(Enum):
    """What a clamp does in a state."""

    SHUT = "closed"
    OPEN = "open"
    RETURN = "open for RP > 0"
    LEVEL = "holds the reservoir"


class Plan(NamedTuple):
    """The modes of the loops and the clamps in one state. `warm`: the warmer may run."""

    blood: Blood
    separation: Separation
    perfusion: Perfusion
    back: Return
    warm: bool
    heparin: Heparin
    ac: Clamp
    vc: Clamp
    pc: Clamp
    sc: Clamp
    sr: Clamp
    wc: Clamp
    rc: Clamp
    bv: Clamp


_B, _P, _C, _R, _H = Blood, Separation, Perfusion, Return, Heparin
_SHUT, _OPEN, _RET, _LVL = Clamp.SHUT, Clamp.OPEN, Clamp.RETURN, Clamp.LEVEL

#                                                                              AC     VC     PC    SC     SR     WC     RC     BV
_STILL: Final = Plan(_B.OFF, _P.OFF, _C.OFF, _R.OFF, False, _H.OFF, _SHUT, _SHUT, _SHUT, _SHUT, _SHUT, _SHUT, _OPEN, _OPEN)
_CELLS_ONLY: Final = _STILL._replace(perfusion=_C.SET, warm=True)
_PLASMA_OFF: Final = _CELLS_ONLY._replace(blood=_B.SET, heparin=_H.RATE, ac=_OPEN, vc=_OPEN)
_TREAT: Final = _PLASMA_OFF._replace(separation=_P.RATIO, back=_R.BALANCE, pc=_RET)
_PRIME: Final = _STILL._replace(blood=_B.PRIME, vc=_OPEN, sc=_OPEN, bv=_SHUT)
_WARM: Final = _CELLS_ONLY._replace(blood=_B.FILL, vc=_OPEN, ac=_OPEN)

PLANS: Final[dict[State, Plan]] = {
    State.SELF_WAIT: _STILL,
    State.SELF_ZERO: _STILL,
    State.SELF_PUMPS: _STILL._replace(
        blood=_B.TEST, separation=_P.TEST, perfusion=_C.TEST, back=_R.TEST, ac=_OPEN, vc=_OPEN, pc=_OPEN
    ),
    State.PRIME_LOAD: _STILL,
    State.PRIME_BLOOD: _PRIME._replace(sr=_LVL),
    State.PRIME_PLASMA: _PRIME._replace(
        separation=_P.FLUSH, perfusion=_C.SET, back=_R.FLUSH, pc=_RET, sr=_LVL, wc=_OPEN, rc=_SHUT, bv=_OPEN
    ),
    State.PRIME_WARM: _WARM._replace(sr=_LVL),
    State.READY_TEST: _CELLS_ONLY,
    State.READY: _WARM,
    State.CONNECT_ACCESS: _CELLS_ONLY,
    State.CONNECT_FILL: _WARM,
    State.CONNECT_VENOUS: _CELLS_ONLY,
    State.RAMP: _TREAT._replace(blood=_B.RAMP, separation=_P.LATER),
    State.TREAT: _TREAT,
    State.TREAT_END: _PLASMA_OFF,
    State.PAUSE_PLASMA: _PLASMA_OFF,
    State.PAUSE_STOPPED: _CELLS_ONLY,
    State.PATIENT_OFF: _CELLS_ONLY,
    State.RINSE_PLASMA: _PLASMA_OFF._replace(
        blood=_B.RINSE, back=_R.RINSE, pc=_RET, sr=_LVL, heparin=_H.OFF
    ),
    State.RINSE_BLOOD: _STILL._replace(blood=_B.RINSE, vc=_OPEN, sc=_OPEN),
    State.DISCONNECT: _STILL,
    State.ENDED: _STILL,
    State.SAFE: _CELLS_ONLY,
}
