"""The words in which the protective node's rules are written: what it sees, when a rule holds, why it trips.

Plain data, shared by the table (`hazards.NODE_RULES`), by the modelled node and by whatever is made of the
table. The node knows no therapy and no phase: what it sees with its own eyes must do.
"""

from enum import IntEnum, IntFlag
from typing import NamedTuple


class NodeTrip(IntEnum):
    """Why the node has tripped: the code on channel NODE."""

    NONE = 0
    LEASE = 1
    HEAT = 2
    AIR = 3
    AIR_PLASMA = 4
    PRESSURE = 5
    LINE_OPEN = 6
    CLAMP_OPEN = 7
    CLAMP_SHUT = 8
    BACKWARDS = 9


class Sense(IntEnum):
    """What the node sees with its own eyes; units and meaning in `SENSES`."""

    AIR_V = 0
    AIR_P = 1
    P_VEN = 2
    T_W = 3
    TURNING = 4
    BACKWARDS = 5
    UNCLOSED = 6


class SenseRow(NamedTuple):
    """Unit, grid and meaning of one sense."""

    unit: str
    lsb: float
    text: str


SENSES = (
    SenseRow("mL", 0.01, "largest bubble of the last second at its own air detector of the return line"),
    SenseRow("mL", 0.01, "largest bubble of the last second at its own air detector of the plasma return"),
    SenseRow("mmHg", 0.1, "venous pressure, its own transducer"),
    SenseRow("C", 0.01, "warmer temperature, its own probe"),
    SenseRow("rpm", 0.1, "the faster of blood and return pump, either way round, its own tachometers"),
    SenseRow("rpm", 0.1, "the more backward of blood and return pump, its own tachometers"),
    SenseRow("count", 1.0, "clamps of the patient's lines commanded closed and not closed, its own switches"),
)
"""In the order of `Sense`."""


class Fact(IntFlag):
    """What must be so for a rule to hold, by the node's own eyes."""

    ALWAYS = 0
    ACCESS_OPEN = 1
    """The access clamp is not closed: not so while priming, nor while blood is rinsed back with saline."""
    VC_OPEN = 2
    VC_CLOSED = 4
    PC_OPEN = 8
    BLOOD_RUNS = 16
    """The blood pump turns forwards at `node_blood_runs_rpm` or more."""
    RETURN_RUNS = 32
    """The return pump turns at `node_turning_rpm` or more."""


class NodeRule(NamedTuple):
    """Trips when `sense` has been at or beyond `limit` while all of `when` held, for `delay_s` on end."""

    id: str
    sense: Sense
    above: bool
    limit: str
    delay_s: float
    when: Fact
    trip: NodeTrip
    hazards: tuple[str, ...]
    behind: str
    """The rule or interlock of the host that acts first when the host is well."""
