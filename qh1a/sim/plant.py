"""The simulated plant: circuit, faults, protective node and sensors behind the `Plant` protocol."""

import struct
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from qh1a.channels import N_MEASURED, Channel
from qh1a.plant import Identity, PlantKind, SafeReport
from qh1a.sim.circuit import Circuit
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.faults import FaultScript
from qh1a.sim.misreading import UNDISTURBED, Misreading
from qh1a.sim.node import ProtectiveNode
from qh1a.sim.sensors import SensorBank
from qh1a.tick import (
    STATES,
    UNPOWERED,
    Actuator,
    Commands,
    Delivery,
    Frame,
    Intent,
    IntentName,
    Phase,
    Quality,
    SessionView,
    State,
)
from qh1a.units import TICK_NS, Ns

PATIENT_OFF: Final = "patient_off"
"""Key of the PAUSE intent that takes the patient off."""

_VALUES: Final = struct.Struct(f"{len(Actuator)}d")
_HEAD: Final = struct.Struct("<8s??4q4Q")
_MAGIC: Final = b"qh1aplt1"
_NO_STATE: Final = -1
_FRAME: Final = struct.Struct(f"{N_MEASURED}d")
_PENDING: Final = float(Delivery.PENDING)
_CONFIRMED: Final = float(Delivery.CONFIRMED)
_T_W_N: Final = int(Channel.T_W_N)
_P_VEN_N: Final = int(Channel.P_VEN_N)
_OWN: Final = (Channel.NODE, Channel.LIMITS_N, *range(Channel.DLV_BP, Channel.DLV_BP + len(Actuator)))
"""Channels that come from the node and the mailbox instead of a sensor."""


_AFTERWARDS: Final = frozenset({Phase.RINSEBACK, Phase.DISCONNECT, Phase.ENDED})
"""The treatment, whose fluid balance counts, is over."""


class _Part(Protocol):
    def snapshot(self) -> bytes: ...

    def restore(self, state: bytes, /) -> None: ...


class SimPlant:
    """A `Plant` of kind SIM. Everything in it is deterministic; time passes only in `read`.

    The first `read` sets the plant's zero of time and samples every sensor. Each later one advances the
    circuit in steps of 0.1 s to `now`, the node deciding at every step: a host that comes back after a gap
    finds a plant whose lease has run out. `at` in a frame is the plant's own time of the sample.

    Delivery of an actuator is PENDING while what was posted last differs from what the circuit got in the
    step before: for a command that has not been in force yet, and for one that a tripped node holds back.

    Besides `Plant` it has the two seats that only a simulation has: `hands`, the virtual perfusionist, and
    `witness`, which tells the fault script and the transducers where the session is.
    """

    def __init__(
        self,
        circuit: Circuit,
        sensors: SensorBank,
        faults: FaultScript,
        node: ProtectiveNode,
        *,
        prime_to_patient: bool = False,
    ) -> None:
        self._circuit = circuit
        self._sensors = sensors
        self._faults = faults
        self._node = node
        self._parts: tuple[_Part, ...] = (self._node, faults, sensors, circuit)
        self._prime_to_patient = prime_to_patient
        self._crc = node.crc
        sensors.put(Channel.LIMITS_N, float(node.crc))
        self._begun = False
        self._time = 0
        self._tick = 0
        self._now = 0
        self._state: State | None = None
        self._posted: tuple[float, ...] | None = None
        self._in_force: tuple[float, ...] = UNPOWERED
        self._disturbance: npt.NDArray[np.float64] = np.array(UNDISTURBED, dtype=np.float64)
        # Views: the circuit's part, and a row per channel.
        self._of_circuit = self._disturbance[: len(Disturbance)]
        self._wrong = self._disturbance[len(Disturbance) :].reshape(N_MEASURED, len(Misreading))
        # Views: quicker to look at than the arrays.
        self._value, self._at, self._truth = sensors.value.data, sensors.at.data, circuit.truth.data
        self._quality_seen = b""
        self._quality: tuple[int, ...] = ()

    @property
    def kind(self) -> PlantKind:
        """SIM, always."""
        return PlantKind.SIM

    @property
    def truth(self) -> npt.NDArray[np.float64]:
        """What really is, in `Truth` order: for tests, reports and the harm ledger only."""
        return self._circuit.truth

    async def open(self) -> tuple[Identity, ...]:
        """The parts of the simulation, each with a serial that says so."""
        return tuple(
            Identity(device, f"SIM-{device.upper()}", "1", 1) for device in ("circuit", "sensors", "node")
        )

    def read(self, now: Ns) -> Frame:
        """Let time pass up to `now` and give the frame."""
        if not self._begun:
            self._begun = True
            self._time = now
            self._sensors.step(self._circuit.truth, 0, now)
        else:
            while self._time + TICK_NS <= now:
                self._advance()
        self._now = now
        # Taken apart by hand: building these tuples costs more than all sensors together.
        value: tuple[float, ...] = _FRAME.unpack(self._value)
        posted, in_force = self._posted, self._in_force
        if self._node.tripped or (posted is not in_force and posted is not None):
            value = self._with_states(value)
        if self._faults.misleads:
            at = self._at.tolist()
        else:
            at = [self._time] * N_MEASURED
            for channel in self._sensors.slow:
                at[channel] = self._at[channel]
        seen = self._sensors.quality.tobytes()
        if seen != self._quality_seen:
            self._quality_seen = seen
            self._quality = self._qualities()
        return Frame(now, value, tuple(at), self._quality)

    def _with_states(self, value: tuple[float, ...]) -> tuple[float, ...]:
        """The values with the state of the node and the deliveries that are pending."""
        changed = list(value)
        changed[Channel.NODE] = float(self._node.trip)
        for a, (posted, in_force) in enumerate(zip(self._posted or UNPOWERED, self._in_force, strict=True)):
            changed[Channel.DLV_BP + a] = _PENDING if self._posted and posted != in_force else _CONFIRMED
        return tuple(changed)

    def _qualities(self) -> tuple[int, ...]:
        """The qualities of the sensors, and of what comes from the node and the mailbox instead."""
        quality: list[int] = self._sensors.quality.tolist()
        for channel in _OWN:
            quality[channel] = Quality.GOOD.value
        return tuple(quality)

    def _advance(self) -> None:
        begin = self._time
        end = begin + TICK_NS
        seen = self._value
        node = self._node
        self._in_force = node.decide(end, self._truth, seen[_P_VEN_N], seen[_T_W_N])
        if node.crc != self._crc:
            self._crc = node.crc
            self._sensors.put(Channel.LIMITS_N, float(node.crc))
        self._faults.disturb(begin, self._disturbance)
        self._circuit.step(self._in_force, self._of_circuit)
        self._time = end
        self._tick += 1
        wrong = self._wrong if self._faults.misleads else None
        self._sensors.step(self._circuit.truth, self._tick, end, wrong)

    def apply(self, commands: Commands) -> None:
        """Post the whole desired state; in force from the next step until its lease ends."""
        self._posted = commands.value
        self._node.take(commands, self._now)

    async def make_safe(self) -> SafeReport:
        """Take the power off every actuator; nothing can fail to confirm here, and no time passes."""
        self._node.release()
        self._posted = None
        self._in_force = UNPOWERED
        return SafeReport(())

    async def close(self) -> None:
        """Nothing is held."""

    def hands(self, session: SessionView, intents: Sequence[Intent]) -> None:
        """The perfusionist's hands do what the operator has just said.

        `intents` are those a tick has taken, `session` is what the operator saw when giving them: the session
        before that tick.
        """
        for intent in intents:
            if intent.name is IntentName.CONFIRM and session.state is State.CONNECT_ACCESS:
                self._circuit.connect(access=True, venous=self._prime_to_patient)
            elif intent.name is IntentName.CONNECTED:
                self._circuit.connect(access=True, venous=True)
            elif intent.name is IntentName.DISCONNECTED or (
                intent.name is IntentName.PAUSE and intent.key == PATIENT_OFF
            ):
                self._circuit.connect(access=False, venous=False)
            elif intent.name is IntentName.ACKNOWLEDGE and STATES[session.state].waits is IntentName.RESUME:
                # The alarm's text says so: first take the air out of the line, then acknowledge.
                self._circuit.clear_air()
            elif intent.name is IntentName.INJECT:
                self._faults.inject(intent.key, intent.value, Ns(self._now))

    def witness(self, session: SessionView) -> None:
        """See the session after a tick: faults and the fluid balance count from phases.

        In SELF_ZERO the transducers are zeroed.
        """
        state = session.state
        if state is self._state:
            return
        self._state = state
        phase = STATES[state].phase
        self._faults.enter(phase, Ns(self._now))
        if phase is Phase.RAMP or phase in _AFTERWARDS:
            self._circuit.count_balance(on=phase is Phase.RAMP)
        if state is State.SELF_ZERO:
            self._sensors.zero()

    def snapshot(self) -> bytes:
        """Everything that `restore` needs to go on bit-identically."""
        posted = self._posted
        state = _NO_STATE if self._state is None else int(self._state)
        parts = [part.snapshot() for part in self._parts]
        head = _HEAD.pack(
            _MAGIC, self._begun, posted is not None,
            self._time, self._tick, self._now, state, *map(len, parts),
        )  # fmt: skip
        return b"".join((head, _VALUES.pack(*(posted or UNPOWERED)), _VALUES.pack(*self._in_force), *parts))

    def restore(self, state: bytes) -> None:
        """Go on from `snapshot` of a plant built alike; after a `ValueError` the plant is of no use."""
        head = _HEAD.size + 2 * _VALUES.size
        if len(state) < head or state[: len(_MAGIC)] != _MAGIC:
            msg = "not the state of a simulated plant"
            raise ValueError(msg)
        _, begun, posted, self._time, self._tick, self._now, last, *sizes = _HEAD.unpack_from(state)
        if len(state) != head + sum(sizes):
            msg = f"state of a simulated plant cut short or too long: {len(state)} bytes"
            raise ValueError(msg)
        self._begun = begun
        self._state = None if last == _NO_STATE else State(last)
        self._posted = _VALUES.unpack_from(state, _HEAD.size) if posted else None
        self._in_force = _VALUES.unpack_from(state, _HEAD.size + _VALUES.size)
        self._disturbance[:] = UNDISTURBED
        for part, size in zip(self._parts, sizes, strict=True):
            part.restore(state[head : head + size])
            head += size
        self._crc = self._node.crc
