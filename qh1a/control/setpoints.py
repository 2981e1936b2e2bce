"""The set points of the loops, and what an operator may make of them."""

from typing import Final, NamedTuple

from qh1a.channels import CHANNELS, Channel
from qh1a.control.session import Refusal
from qh1a.settings import PLASMA_TO_BLOOD_MAX


class SetPoints(NamedTuple):
    """The set points in force, mL/min, C, mmHg and pH."""

    blood: float
    plasma: float
    perfusion: float
    temperature: float
    do_in: float
    ph: float


class Settable(NamedTuple):
    """One set point an operator may change: key, field, hard limits, and the least before RAMP.

    Before RAMP the bounds are the prescription's: what is frozen there is what treatment is measured by.
    """

    key: str
    field: str
    lo: float
    hi: float
    least_before: float


SETTABLE: Final = (
    Settable("blood_ml_min", "blood", 50.0, 180.0, 80.0),
    Settable("plasma_ml_min", "plasma", 10.0, 45.0, 15.0),
    Settable("perfusion_ml_min", "perfusion", 30.0, 200.0, 30.0),
    Settable("temperature_c", "temperature", 35.0, 38.0, 35.0),
    Settable("do_in_mmhg", "do_in", 135.0, 170.0, 135.0),
    Settable("ph", "ph", 7.30, 7.50, 7.30),
)
_SIGNALS: Final = (Channel.Q_B, Channel.Q_P, Channel.Q_C, Channel.T_BR, Channel.DO_IN, Channel.PH)
_SHOWN: Final = tuple(c for c in Channel if Channel.Q_B_SET <= c <= Channel.PH_SET)
_ROWS: Final = {row.key: row for row in SETTABLE}


def settable_rows() -> list[dict[str, object]]:
    """`SETTABLE` for people and consoles: key, the channels of the signal and its set point, hard limits."""
    return [
        {
            "key": row.key, "channel": CHANNELS[signal].id, "set": CHANNELS[shown].id,
            "lo": row.lo, "hi": row.hi, "least_before": row.least_before,
        }
        for row, signal, shown in zip(SETTABLE, _SIGNALS, _SHOWN, strict=True)
    ]  # fmt: skip


def changed(sets: SetPoints, key: str, value: float, *, running: bool) -> SetPoints | Refusal:
    """The set points after a change, or why not. `running`: RAMP has been entered.

    The plasma fraction is what is prescribed: Q_p follows Q_b. NaN is outside every limit.
    """
    row = _ROWS.get(key)
    if row is None:
        return Refusal.UNKNOWN_KEY
    if not (row.lo if running else row.least_before) <= value <= row.hi:
        return Refusal.OUT_OF_RANGE
    new = sets._replace(**{row.field: value})
    most = PLASMA_TO_BLOOD_MAX * new.blood
    if row.field == "blood":
        same = sets.plasma * new.blood / sets.blood
        new = new._replace(plasma=same if same < most else most)  # at 0.30 rounding must not refuse it
        plasma = _ROWS["plasma_ml_min"]
        if not plasma.lo <= new.plasma <= plasma.hi:
            return Refusal.OUT_OF_RANGE
    if new.plasma > most:
        return Refusal.RATIO
    return Refusal.PERFUSION if new.perfusion < 1.1 * new.plasma + 5.0 else new
