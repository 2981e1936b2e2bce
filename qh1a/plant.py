"""The seam between the decision and everything below it: devices, emulated devices, or the simulator."""

from enum import Enum
from typing import NamedTuple, Protocol

from qh1a.tick import Commands, Frame
from qh1a.units import Ns


class PlantKind(Enum):
    """What a plant is; shown on every screen, in every file and topic. PATIENT is reserved and refused."""

    SIM = "SIM"
    RIG = "RIG"
    BENCH = "BENCH"
    PATIENT = "PATIENT"


class Identity(NamedTuple):
    """One device that answers: what it says it is, so that a stranger or a restart is seen."""

    device: str
    serial: str
    firmware: str
    boot_counter: int


class SafeReport(NamedTuple):
    """What `make_safe` achieved: the actuators (by id) that did not confirm their safe state."""

    unconfirmed: tuple[str, ...]


class Plant(Protocol):
    """Whatever is below the decision.

    `read` and `apply` are plain functions that exchange with mailboxes and never wait; a sick device shows
    as the quality of its channels, never as an exception. Delivery of the last command is a measured channel
    of the next frame. Only `open`, `make_safe` and `close` are awaited.
    """

    @property
    def kind(self) -> PlantKind:
        """What the plant is."""
        ...

    async def open(self) -> tuple[Identity, ...]:
        """Reach every device; raises `PlantError` when one is missing. Never substitutes anything."""
        ...

    def read(self, now: Ns) -> Frame:
        """The latest known state of every measured channel, stamped `now`."""
        ...

    def apply(self, commands: Commands) -> None:
        """Post the whole desired state; it is void after its lease."""
        ...

    async def make_safe(self) -> SafeReport:
        """Stop and clamp, best effort on every device, bounded in time; may be called more than once."""
        ...

    async def close(self) -> None:
        """Let go of the devices; called after `make_safe`."""
        ...


class PlantError(Exception):
    """A device is missing, is not the one it should be, or cannot be used as asked."""
