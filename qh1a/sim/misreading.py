"""How a sensor may misread, and where that stands behind the disturbances of the circuit."""

from enum import IntEnum
from typing import Final

from qh1a.channels import N_MEASURED, Channel
from qh1a.sim.disturbance import NEUTRAL, Disturbance


class Misreading(IntEnum):
    """What may be wrong with a reading, one column each; all at their neutral value is honest."""

    GAIN = 0
    """Factor on the reading; neutral 1."""
    OFFSET = 1
    """Added to it, in the channel's unit; neutral 0."""
    NOISE = 2
    """Standard deviation of noise on top, in steps of the channel's grid; neutral 0."""
    FROZEN = 3
    """1: the reading stays as it was, and looks fresh; neutral 0."""
    STALE = 4
    """1: no reading arrives, the last one ages; neutral 0."""
    CLOCK = 5
    """Seconds that its time is ahead of what it should be; neutral 0."""


HONEST: Final = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Neutral values, in the order of `Misreading`."""
UNDISTURBED: Final = (*NEUTRAL, *HONEST * N_MEASURED)
"""All that a fault may change: the circuit's disturbances, then the misreadings of each measured channel."""


def slot(what: Disturbance | Misreading, channel: Channel | None) -> int:
    """Where it stands in a vector like `UNDISTURBED`; `channel` is the sensor that misreads."""
    if isinstance(what, Disturbance):
        return int(what)
    assert channel is not None  # noqa: S101  # a misreading is one of a sensor
    return len(Disturbance) + channel * len(Misreading) + what
