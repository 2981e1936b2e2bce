"""The modelled protective node: what stands between the host's commands and the actuators.

It knows no therapy. It lets the last commands through while their lease lasts, and trips when the lease has
run out or its own probe finds the warmer too hot: every actuator goes to `UNPOWERED`, which also opens the
warmer's relay, so that a heater whose switch is stuck gets no power either.
"""

import struct
from enum import IntEnum
from typing import Final

from qh1a.tick import LEASE_NS, UNPOWERED, Actuator, Commands
from qh1a.units import NS_PER_S, Ns

CUT_OFF_C: Final = 41.5
"""Warmer temperature at which the node trips: above the host's own 41.0 (circuit 2), which acts first."""
REARM_NS: Final = Ns(NS_PER_S)
"""How long a tripped node wants to be shown, without a gap, that the host commands nothing dangerous."""
AT_REST: Final = (
    Actuator.BP,
    Actuator.PP,
    Actuator.CP,
    Actuator.RP,
    Actuator.HP,
    Actuator.W,
    Actuator.AC,
    Actuator.VC,
    Actuator.PC,
)
"""What must be commanded 0 (stopped, off, closed) for a tripped node to arm again."""


class Trip(IntEnum):
    """Why the node has tripped."""

    NONE = 0
    LEASE = 1
    HEAT = 2


_STATE: Final = struct.Struct(f"<Bqq{len(Actuator)}d")
_NEVER: Final = -(1 << 63)
_NO_TRIP: Final = Trip.NONE


class ProtectiveNode:
    """Lets commands through or not; all times are those of the host's commands.

    Before the first command it holds `UNPOWERED` without being tripped. Once tripped it stays so until it has
    received, over at least `REARM_NS` and with no lapse of the lease, commands that all keep `AT_REST` at 0.
    """

    def __init__(self) -> None:
        self.trip = Trip.NONE
        self._held: tuple[float, ...] | None = None
        self._valid_until = _NEVER
        self._calm_since = _NEVER

    @property
    def tripped(self) -> bool:
        """Whether the node holds its safe state against the commands."""
        return self.trip is not _NO_TRIP

    def take(self, commands: Commands, now: int) -> None:
        """Receive commands at `now`. Void ones are ignored, and no lease is longer than `LEASE_NS`."""
        if now > commands.valid_until:
            return
        lapsed = now > self._valid_until
        self._held = commands.value
        self._valid_until = min(commands.valid_until, now + LEASE_NS)
        if self.trip is _NO_TRIP:
            return
        if any(commands.value[a] != 0.0 for a in AT_REST):
            self._calm_since = _NEVER
        elif lapsed or self._calm_since == _NEVER:
            self._calm_since = now
        elif now - self._calm_since >= REARM_NS:
            self.trip = Trip.NONE
            self._calm_since = _NEVER

    def decide(self, until: int, warmer_c: float) -> tuple[float, ...]:
        """What the actuators get for the step that ends at `until`, with the own probe at `warmer_c`."""
        if self.trip is _NO_TRIP:
            if warmer_c >= CUT_OFF_C:
                self.trip = Trip.HEAT
            elif self._held is None:
                return UNPOWERED
            elif until > self._valid_until:
                self.trip = Trip.LEASE
            else:
                return self._held
        return UNPOWERED

    def release(self) -> None:
        """Forget the commands, as before the first one; a trip stays."""
        self._held = None
        self._valid_until = _NEVER
        self._calm_since = _NEVER

    def snapshot(self) -> bytes:
        """Everything that `restore` needs."""
        held = self._held
        flags = self.trip | (0 if held is None else 8)
        return _STATE.pack(flags, self._valid_until, self._calm_since, *(held or UNPOWERED))

    def restore(self, state: bytes) -> None:
        """Go on from `snapshot`; raises `ValueError` for anything else."""
        if len(state) != _STATE.size:
            msg = f"node state of {len(state)} bytes, not {_STATE.size}"
            raise ValueError(msg)
        flags, self._valid_until, self._calm_since, *held = _STATE.unpack(state)
        self.trip = Trip(flags & 7)
        self._held = tuple(held) if flags & 8 else None
