"""The values that cross a tick.

A tick takes a `Frame` and the operator's `Intent`s and gives a `Decision`. These are plain tuples in
channel and actuator order, because they are made ten times a second; `Reading` is the view for people,
tests and the console.
"""

from enum import IntEnum
from typing import Final, NamedTuple

from qh1a.channels import CHANNELS, Channel
from qh1a.units import NS_PER_S, Ns

LEASE_NS: Final = Ns(NS_PER_S)
"""A command is void 1.0 s after the tick that made it (I8): silence means safe."""


class Quality(IntEnum):
    """Why a value may not be used; only GOOD may. Larger is not worse, only different."""

    GOOD = 0
    NOT_FITTED = 1
    NOT_READY = 2
    COMM_LOST = 3
    STALE = 4
    FUTURE = 5
    NOT_A_NUMBER = 6
    OUT_OF_RANGE = 7
    FROZEN = 8
    FLAT = 9
    DISAGREES = 10
    OFF_GRID = 11
    JUMPED = 12


class Delivery(IntEnum):
    """What became of a command. A timed-out write is UNCERTAIN until it was read back."""

    CONFIRMED = 0
    PENDING = 1
    UNCERTAIN = 2


class Reading(NamedTuple):
    """One signal as people see it."""

    value: float
    at: Ns
    quality: Quality


class Frame(NamedTuple):
    """Everything measured at one tick, in channel order. `at` is when each value was taken (ns)."""

    now: Ns
    value: tuple[float, ...]
    at: tuple[int, ...]
    quality: tuple[int, ...]

    def __getitem__(self, channel: Channel) -> Reading:  # type: ignore[override]
        """One channel as people see it; never used inside the tick, which indexes the tuples."""
        return Reading(self.value[channel], Ns(self.at[channel]), Quality(self.quality[channel]))


class Actuator(IntEnum):
    """Index of an actuator; the rows of `ACTUATORS` stand in this order."""

    BP = 0
    PP = 1
    CP = 2
    RP = 3
    HP = 4
    W = 5
    G_O2 = 6
    G_AIR = 7
    G_CO2 = 8
    AC = 9
    VC = 10
    PC = 11
    SC = 12
    SR = 13
    WC = 14
    RC = 15
    BV = 16


class ActuatorRow(NamedTuple):
    """One actuator: unit of its command, span, and what it is without power."""

    id: str
    unit: str
    hi: float
    unpowered: float
    text: str


ACTUATORS: Final = (
    ActuatorRow("BP", "mL/min", 225.0, 0.0, "blood pump"),
    ActuatorRow("PP", "mL/min", 60.0, 0.0, "separation pump"),
    ActuatorRow("CP", "mL/min", 250.0, 0.0, "perfusion pump"),
    ActuatorRow("RP", "mL/min", 60.0, 0.0, "return pump"),
    ActuatorRow("HP", "mL/h", 60.0, 0.0, "heparin pump"),
    ActuatorRow("W", "C", 40.5, 0.0, "warmer outlet set point, 0 off"),
    ActuatorRow("G_O2", "mL/min", 1000.0, 0.0, "oxygen"),
    ActuatorRow("G_air", "mL/min", 2000.0, 0.0, "air"),
    ActuatorRow("G_CO2", "mL/min", 200.0, 0.0, "carbon dioxide"),
    ActuatorRow("AC", "open", 1.0, 0.0, "access clamp"),
    ActuatorRow("VC", "open", 1.0, 0.0, "venous clamp"),
    ActuatorRow("PC", "open", 1.0, 0.0, "plasma return clamp"),
    ActuatorRow("SC", "open", 1.0, 0.0, "saline clamp to the blood pump"),
    ActuatorRow("SR", "open", 1.0, 0.0, "saline clamp to the reservoir"),
    ActuatorRow("WC", "open", 1.0, 0.0, "waste clamp"),
    ActuatorRow("RC", "open", 1.0, 1.0, "recirculation clamp"),
    ActuatorRow("BV", "open", 1.0, 0.0, "bypass valve: 1 reactor, 0 bypass"),
)
PUMPS: Final = (Actuator.BP, Actuator.PP, Actuator.CP, Actuator.RP, Actuator.HP)
CLAMPS: Final = tuple(a for a in Actuator if a >= Actuator.AC)
UNPOWERED: Final = tuple(row.unpowered for row in ACTUATORS)
"""Commands of a machine without power: everything stopped, the patient clamped off."""


class Commands(NamedTuple):
    """The whole desired state, in actuator order; void after `valid_until`."""

    valid_until: Ns
    value: tuple[float, ...]


class Phase(IntEnum):
    """Phases of a session (clinical reference 2.1)."""

    SELF_TEST = 0
    PRIME = 1
    READY = 2
    CONNECT = 3
    RAMP = 4
    TREAT = 5
    PAUSE = 6
    RINSEBACK = 7
    DISCONNECT = 8
    ENDED = 9
    SAFE = 10


class PauseKind(IntEnum):
    """What stands still in PAUSE. NONE outside PAUSE."""

    NONE = 0
    PLASMA = 1
    STOPPED = 2
    PATIENT_OFF = 3


class State(IntEnum):
    """Where a session is: a phase and its step. `STATES` says to which phase each belongs."""

    SELF_WAIT = 0
    SELF_ZERO = 1
    SELF_PUMPS = 2
    PRIME_LOAD = 3
    PRIME_BLOOD = 4
    PRIME_PLASMA = 5
    PRIME_WARM = 6
    READY_TEST = 7
    READY = 8
    CONNECT_ACCESS = 9
    CONNECT_FILL = 10
    CONNECT_VENOUS = 11
    RAMP = 12
    TREAT = 13
    TREAT_END = 14
    PAUSE_PLASMA = 15
    PAUSE_STOPPED = 16
    PATIENT_OFF = 17
    RINSE_PLASMA = 18
    RINSE_BLOOD = 19
    DISCONNECT = 20
    ENDED = 21
    SAFE = 22
    SELF_NODE = 23


class StateRow(NamedTuple):
    """The phase of a state, its pause kind, and the intent it waits for (None: it goes on by itself)."""

    phase: Phase
    pause: PauseKind
    waits: "IntentName | None"


class Response(IntEnum):
    """The response ladder (circuit 3); what each restricts stands in `hazards.RESPONSES`."""

    NONE = 0
    R0 = 1
    R1 = 2
    R2 = 3
    R2B = 4
    R2W = 5
    R2X = 6
    R4S = 7
    R4 = 8
    R5 = 9


class Priority(IntEnum):
    """Alarm priority after IEC 60601-1-8. NONE: the rule acts without an alarm signal."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class IntentName(IntEnum):
    """What an operator can ask for."""

    START = 0
    CONFIRM = 1
    CONNECTED = 2
    SET = 3
    PAUSE = 4
    RESUME = 5
    EXTEND = 6
    END = 7
    RINSE_NEXT = 8
    DISCONNECTED = 9
    ABORT = 10
    STOP = 11
    ACKNOWLEDGE = 12
    AUDIO_PAUSE = 13
    ENTER = 14
    INJECT = 15


STATES: Final = (
    StateRow(Phase.SELF_TEST, PauseKind.NONE, IntentName.START),
    StateRow(Phase.SELF_TEST, PauseKind.NONE, None),
    StateRow(Phase.SELF_TEST, PauseKind.NONE, None),
    StateRow(Phase.PRIME, PauseKind.NONE, IntentName.CONFIRM),
    StateRow(Phase.PRIME, PauseKind.NONE, None),
    StateRow(Phase.PRIME, PauseKind.NONE, None),
    StateRow(Phase.PRIME, PauseKind.NONE, None),
    StateRow(Phase.READY, PauseKind.NONE, None),
    StateRow(Phase.READY, PauseKind.NONE, IntentName.CONFIRM),
    StateRow(Phase.CONNECT, PauseKind.NONE, IntentName.CONFIRM),
    StateRow(Phase.CONNECT, PauseKind.NONE, None),
    StateRow(Phase.CONNECT, PauseKind.NONE, IntentName.CONNECTED),
    StateRow(Phase.RAMP, PauseKind.NONE, None),
    StateRow(Phase.TREAT, PauseKind.NONE, None),
    StateRow(Phase.TREAT, PauseKind.NONE, IntentName.END),
    StateRow(Phase.PAUSE, PauseKind.PLASMA, IntentName.RESUME),
    StateRow(Phase.PAUSE, PauseKind.STOPPED, IntentName.RESUME),
    StateRow(Phase.PAUSE, PauseKind.PATIENT_OFF, IntentName.RESUME),
    StateRow(Phase.RINSEBACK, PauseKind.NONE, None),
    StateRow(Phase.RINSEBACK, PauseKind.NONE, None),
    StateRow(Phase.DISCONNECT, PauseKind.NONE, IntentName.DISCONNECTED),
    StateRow(Phase.ENDED, PauseKind.NONE, None),
    StateRow(Phase.SAFE, PauseKind.NONE, IntentName.RESUME),
    StateRow(Phase.SELF_TEST, PauseKind.NONE, None),
)
"""One row per `State`, in its order."""


class Intent(NamedTuple):
    """One wish of an operator, answered by the tick that takes it.

    `key` and `value` say what (SET q_b 120; PAUSE kind; EXTEND seconds; ENTER sample_ml 10), `who` and
    `why` are kept in the record.
    """

    id: int
    name: IntentName
    key: str = ""
    value: float = 0.0
    who: str = ""
    why: str = ""


class EventCode(IntEnum):
    """What a tick can report. The text of each stands in the catalogues."""

    STATE = 0
    CHECK_PASSED = 1
    INTENT_TAKEN = 2
    INTENT_REFUSED = 3
    ALARM_RAISED = 4
    ALARM_CLEARED = 5
    ALARM_ACKNOWLEDGED = 6
    ALARM_RESET = 7
    RESPONSE = 8
    INTERLOCK = 9
    CHECK_FAILED = 10
    END_PROMPT = 11
    FROZEN = 12
    EXTENDED = 13
    OUTCOME = 14
    GAP = 15
    SUBSTITUTED = 16
    AUDIO_PAUSED = 17
    ENTERED = 18
    ALARM_ESCALATED = 19
    ALARM_REMINDED = 20
    AUDIO_RESUMED = 21


class Event(NamedTuple):
    """Something that happened in a tick: what, to which subject, with which figure."""

    code: EventCode
    subject: str = ""
    value: float = 0.0
    detail: str = ""


class AlarmView(NamedTuple):
    """One alarm that is present: its condition holds, or it is latched and waits for the operator."""

    rule: str
    priority: Priority
    response: Response
    since: Ns
    active: bool
    acknowledged: bool


class Outcome(IntEnum):
    """How a session ended, or OPEN."""

    OPEN = 0
    COMPLETED = 1
    ENDED_EARLY = 2
    SAFE = 3
    ABORTED = 4


class SessionView(NamedTuple):
    """The session after a tick. Clocks in ns, plasma in mL. `left` is the state a pause came from."""

    state: State
    left: State
    connected: bool
    extension_ns: int
    outcome: Outcome
    in_state_ns: int
    effective_ns: int
    blood_ns: int
    wall_ns: int
    plasma_ml: float

    @property
    def phase(self) -> Phase:
        """The phase of the state."""
        return STATES[self.state].phase

    @property
    def pause(self) -> PauseKind:
        """What stands still."""
        return STATES[self.state].pause


class Decision(NamedTuple):
    """What a tick decided. `derived` and `derived_quality` are in the order of the derived channels."""

    commands: Commands
    alarms: tuple[AlarmView, ...]
    events: tuple[Event, ...]
    session: SessionView
    derived: tuple[float, ...]
    derived_quality: tuple[int, ...]


if len(ACTUATORS) != len(Actuator) or [r.id.upper() for r in ACTUATORS] != [a.name for a in Actuator]:
    msg = "the rows of ACTUATORS do not stand in the order of Actuator"
    raise AssertionError(msg)
if [CHANNELS[Channel.DLV_BP + a].id.upper() for a in Actuator] != [f"DLV_{a.name}" for a in Actuator]:
    msg = "the delivery channels do not stand in the order of Actuator"
    raise AssertionError(msg)
