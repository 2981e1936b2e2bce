"""`qh1a`, writing down how late each tick began: simulated time skips none, so `late_ticks` says nothing."""

import os
import struct
import time
from pathlib import Path
from typing import Final, NamedTuple

from qh1a.cli import main
from qh1a.clock import VirtualClock
from qh1a.units import NS_PER_S, Ns

FILE: Final = "ticks"
"""In the folder that the session runs in."""
_ROW: Final = struct.Struct("<qq")
_sleep_until = VirtualClock.sleep_until


class Began(NamedTuple):
    """One tick: when it began, by the monotonic clock of the machine, and how late that was."""

    at_s: float
    late_s: float


def began(folder: Path) -> list[Began]:
    """Every tick of a session so far."""
    rows = (folder / FILE).read_bytes()
    whole = rows[: len(rows) // _ROW.size * _ROW.size]
    return [Began(at / NS_PER_S, late / NS_PER_S) for at, late in _ROW.iter_unpack(whole)]


async def sleep_until(self: VirtualClock, deadline: Ns) -> None:
    """As shipped, and a row after it."""
    await _sleep_until(self, deadline)
    wall, (origin, wall_origin) = time.monotonic_ns(), self._origin
    due = wall_origin + round((deadline - origin) / (self._speed or 1.0))
    os.write(_rows, _ROW.pack(wall, wall - due))


if __name__ == "__main__":
    _rows = os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    VirtualClock.sleep_until = sleep_until  # type: ignore[method-assign]
    main()
