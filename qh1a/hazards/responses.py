"""What each response of the ladder does to each actuator (circuit 3)."""

from enum import IntEnum
from typing import Final

from qh1a.tick import Actuator, Response

_R = Response
_A = Actuator


class Restrict(IntEnum):
    """What a response does to one actuator; when responses meet, the larger wins."""

    FREE = 0
    HOLD = 1
    """No increase above the last command."""
    LEAST = 2
    """No more than `LEAST_FLOW`."""
    KEEP = 3
    """A clamp stays as it is, so that over-pressure is not trapped."""
    OFF = 4
    """Zero: a stopped pump, a heater without power, a closed clamp."""


_X = Restrict
_STOP: Final = (_A.BP, _A.PP, _A.RP, _A.HP)
_CELLS: Final = (_A.CP, _A.W, _A.G_O2, _A.G_AIR, _A.G_CO2)
_PATIENT_CLAMPS: Final = (_A.AC, _A.VC, _A.PC)
_CLAMPS: Final = (*_PATIENT_CLAMPS, _A.SC, _A.SR, _A.WC, _A.RC, _A.BV)
_R2_OFF: Final = (_A.PP, _A.RP, _A.PC)


def _row(
    off: tuple[Actuator, ...], keep: tuple[Actuator, ...] = (), least: tuple[Actuator, ...] = ()
) -> tuple[Restrict, ...]:
    named = {a: what for what, whom in ((_X.LEAST, least), (_X.KEEP, keep), (_X.OFF, off)) for a in whom}
    return tuple(named.get(a, _X.FREE) for a in Actuator)


RESPONSES: Final[dict[Response, tuple[Restrict, ...]]] = {
    _R.NONE: _row(()),
    _R.R0: _row(()),
    _R.R1: _row(()),  # R1 holds or stops the actuators its rule names
    _R.R2: _row(_R2_OFF),
    _R.R2B: _row(_R2_OFF, least=(_A.BP,)),
    _R.R2W: _row((*_R2_OFF, _A.W)),
    _R.R2X: _row((*_R2_OFF, *_CELLS)),
    _R.R4S: _row(_STOP, _CLAMPS),
    _R.R4: _row((*_STOP, *_CELLS, *_PATIENT_CLAMPS)),
    _R.R5: _row((*_STOP, *_CELLS, *_PATIENT_CLAMPS)),
}
"""Restrictions per actuator, in its order (circuit 3). None switches anything on."""

LEAST_FLOW: Final[dict[Actuator, float]] = {_A.BP: 50.0}
"""mL/min that are left to a pump that is to do as little as it can: the least blood flow of the machine,
at which rinse-back begins (circuit 6), where blood still moves and the fewest cells are crushed."""

HOLD_S: Final[dict[Response, float]] = {_R.R0: 10.0, _R.R1: 30.0, _R.R4S: 3.0}
"""How long the cause must have been gone before an alarm that is not latched, and its response, end.

A warning outlasts the slowest ripple of a roller pump; R1 waits 30 s (safety 4.2); R4s long enough for R4 to
close the clamps in its place."""
