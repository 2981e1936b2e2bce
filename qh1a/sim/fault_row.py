"""What the catalogue of faults says about each: one row of the tables beside this file."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from qh1a.channels import Channel
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.misreading import Misreading
from qh1a.sim.truth import Truth


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
    GROWTH = "growth"
    """Ten doublings, evenly over `duration_s`: from a 1024th at first to all of it; stays."""


AIR: Final = (Truth.AIR_PATIENT_ML, Truth.HARM_AIR_BOLUS_ML, Truth.HARM_AIR_5MIN_ML_KG)
"""The harm of air that reaches the patient."""
BLOOD_LOST: Final = (Truth.BLOOD_LOST_ML, Truth.RBC_LOST_ML, Truth.HARM_FLUID_ERROR_ML)
"""The harm of a line end that is open to the outside."""


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One fault of the catalogue.

    `magnitude` is in `unit`, from `lo` to `hi`. A script that names no profile gets `profile`, over
    `over_s` where that needs a duration or the fault passes of itself. `label` is the truth a detector is
    scored against. `earliest_s`: how long after the onset, at the default magnitude and the usual profile,
    the first sensor is off by five times its noise; infinite where none ever is. `response`: the rules that
    answer in a settled treatment; none where a loop makes up for it or only a trend tells.
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
    harm: tuple[Truth, ...] = ()
    """What of the harm ledger grows where nothing reacts; none where it costs therapy or sight only."""
