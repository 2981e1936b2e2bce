"""What the machine does in each state of a session: one row of modes and clamps per state (circuit 5)."""

from typing import Final, Literal, NamedTuple

from qh1a.tick import State

# Modes are strings, not enum members: a member's look-up costs more than the arithmetic it would select.
Blood = Literal["off", "test", "prime", "fill", "ramp", "set", "rinse"]
"""Set point of the blood pump: prime, connect and rinse flow, the staircase of RAMP, or the set point."""
Separation = Literal["off", "test", "flush", "later", "ratio"]
"""Set point of the separation pump: a ratio of Q_b, in RAMP after a delay."""
Perfusion = Literal["off", "test", "set"]
Return = Literal["off", "test", "flush", "balance", "rinse"]
"""Set point of the return pump: Q_p plus a trim on W_r, or the rinse flow."""
Heparin = Literal["off", "dose", "rate"]
"""Off; the bolus, then the rate until shortly before the end; or the rate while treatment waits."""
Clamp = Literal["shut", "open", "return", "level"]
"""Closed, open, open for RP > 0, or holding the reservoir's weight."""


class Plan(NamedTuple):
    """The modes of the loops and the clamps in one state. `warm`, `gas`: the warmer, the blender may run."""

    blood: Blood
    separation: Separation
    perfusion: Perfusion
    back: Return
    warm: bool
    gas: bool
    heparin: Heparin
    ac: Clamp
    vc: Clamp
    pc: Clamp
    sc: Clamp
    sr: Clamp
    wc: Clamp
    rc: Clamp
    bv: Clamp


_STILL: Final = Plan(
    blood="off", separation="off", perfusion="off", back="off", warm=False, gas=False, heparin="off",
    ac="shut", vc="shut", pc="shut", sc="shut", sr="shut", wc="shut", rc="open", bv="open",
)  # fmt: skip
_REST: Final = _STILL._replace(bv="shut")
"""As without power: a node that trips in the self-test moves no clamp."""
_CELLS_ONLY: Final = _STILL._replace(perfusion="set", warm=True, gas=True)
_PLASMA_OFF: Final = _CELLS_ONLY._replace(blood="set", heparin="rate", ac="open", vc="open")
_TREAT: Final = _PLASMA_OFF._replace(separation="ratio", back="balance", heparin="dose", pc="return")
_PRIME: Final = _STILL._replace(blood="prime", vc="open", sc="open", bv="shut")
_WARM: Final = _CELLS_ONLY._replace(blood="fill", vc="open", ac="open")

PLANS: Final[dict[State, Plan]] = {
    State.SELF_WAIT: _REST,
    State.SELF_ZERO: _REST,
    State.SELF_NODE: _REST,
    State.SELF_PUMPS: _STILL._replace(
        blood="test", separation="test", perfusion="test", back="test", ac="open", vc="open", pc="open"
    ),
    State.PRIME_LOAD: _STILL,
    State.PRIME_BLOOD: _PRIME._replace(sr="level"),
    State.PRIME_PLASMA: _PRIME._replace(
        separation="flush",
        perfusion="set",
        back="flush",
        gas=True,
        pc="return",
        sr="level",
        wc="open",
        rc="shut",
        bv="open",
    ),
    State.PRIME_WARM: _WARM._replace(sr="level"),
    State.READY_TEST: _CELLS_ONLY,
    State.READY: _WARM,
    State.CONNECT_ACCESS: _CELLS_ONLY,
    State.CONNECT_FILL: _WARM,
    State.CONNECT_VENOUS: _CELLS_ONLY,
    State.RAMP: _TREAT._replace(blood="ramp", separation="later"),
    State.TREAT: _TREAT,
    State.TREAT_END: _PLASMA_OFF,
    State.PAUSE_PLASMA: _PLASMA_OFF,
    State.PAUSE_STOPPED: _CELLS_ONLY,
    State.PATIENT_OFF: _CELLS_ONLY,
    State.RINSE_PLASMA: _PLASMA_OFF._replace(
        blood="rinse", back="rinse", pc="return", sr="level", heparin="off"
    ),
    State.RINSE_BLOOD: _STILL._replace(blood="rinse", vc="open", sc="open"),
    State.DISCONNECT: _STILL,
    State.ENDED: _STILL,
    State.SAFE: _CELLS_ONLY,
}
