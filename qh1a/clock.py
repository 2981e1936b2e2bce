"""The one clock, injected everywhere, in integer nanoseconds.

This is the only file that may import `time`. Therapy time is monotonic and counts while the host is
suspended (CLOCK_BOOTTIME), so that a suspend is seen as a gap; the wall clock is a label.
"""

import asyncio
import ctypes
import os
import struct
import time
from datetime import date
from typing import Final, Protocol, Self

from qh1a.units import NS_PER_S, Ns

YIELD_NS: Final = 20_000_000
"""Wall time a run at full speed may hold the event loop: well inside the 50 ms that signals may wait."""


class Clock(Protocol):
    """What the runtime needs of time."""

    def now(self) -> Ns:
        """Therapy time: monotonic, from an arbitrary zero."""
        ...

    async def sleep_until(self, deadline: Ns) -> None:
        """Return when `now() >= deadline`; gives way to the event loop within `YIELD_NS` of wall time."""
        ...

    def wall_ns(self) -> int:
        """Monotonic wall time for pacing and commits, never for therapy."""
        ...

    def label(self) -> str:
        """UTC wall-clock time as ISO 8601 text: a label, never an input."""
        ...

    def close(self) -> None:
        """Give back what the clock holds open."""
        ...


def today() -> date:
    """The date on the wall here, for what expires at the end of a day; nothing of a session depends on it."""
    return date(*time.localtime()[:3])


def _label() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class VirtualClock:
    """Time that moves only when it is slept through.

    `speed` paces it against the wall (1.0 is real time); None runs as fast as the machine can. Pacing may
    fall behind, `behind_ns` says by how much; no tick is ever skipped, so every speed gives the same run.
    """

    def __init__(self, speed: float | None = None, start: Ns = Ns(0)) -> None:
        self._now = start
        self._speed = speed
        self._origin = (start, time.monotonic_ns())
        self._yielded_ns = time.monotonic_ns()
        self.behind_ns = 0

    def now(self) -> Ns:
        return self._now

    def wall_ns(self) -> int:
        return time.monotonic_ns()

    def label(self) -> str:
        return _label()

    @property
    def speed(self) -> float | None:
        """Times real time; None as fast as possible."""
        return self._speed

    def set_speed(self, speed: float | None) -> None:
        """Pace from here on at `speed` (None: as fast as possible)."""
        self._speed = speed
        self._origin = (self._now, time.monotonic_ns())

    async def sleep_until(self, deadline: Ns) -> None:
        if deadline > self._now:
            self._now = deadline
        wall = time.monotonic_ns()
        if self._speed is None:
            if wall - self._yielded_ns >= YIELD_NS:
                await asyncio.sleep(0)
                self._yielded_ns = time.monotonic_ns()
            return
        began, wall_began = self._origin
        due = wall_began + int((self._now - began) / self._speed)
        self.behind_ns = max(0, wall - due)
        ahead_ns = due - wall
        # Short waits are gathered: the event loop rounds a sleep up to a millisecond.
        if ahead_ns > 2_000_000:
            await asyncio.sleep(ahead_ns / NS_PER_S)
            self._yielded_ns = time.monotonic_ns()
        elif wall - self._yielded_ns >= YIELD_NS:
            await asyncio.sleep(0)
            self._yielded_ns = time.monotonic_ns()

    def close(self) -> None:
        """Nothing is held."""


_TFD_NONBLOCK: Final = os.O_NONBLOCK
_TFD_CLOEXEC: Final = os.O_CLOEXEC
_TFD_TIMER_ABSTIME: Final = 1
_ITIMERSPEC: Final = struct.Struct("@qqqq")


class WallClock:
    """Real time for rigs and hardware, woken by a Linux timerfd at absolute deadlines.

    An epoll time-out is rounded up to a millisecond, a timerfd is not: median lateness 0.2 ms instead of
    0.9-1.4 ms. A stale expiration can wake the wait one period early, hence the loop in `sleep_until`.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._libc.timerfd_create(time.CLOCK_BOOTTIME, _TFD_NONBLOCK | _TFD_CLOEXEC)
        if self._fd < 0:
            number = ctypes.get_errno()
            raise OSError(number, f"timerfd_create: {os.strerror(number)}")
        self._spec = ctypes.create_string_buffer(_ITIMERSPEC.size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def now(self) -> Ns:
        return Ns(time.clock_gettime_ns(time.CLOCK_BOOTTIME))

    def wall_ns(self) -> int:
        return time.monotonic_ns()

    def label(self) -> str:
        return _label()

    async def sleep_until(self, deadline: Ns) -> None:
        loop = asyncio.get_running_loop()
        while self.now() < deadline:
            _ITIMERSPEC.pack_into(self._spec, 0, 0, 0, deadline // NS_PER_S, deadline % NS_PER_S)
            if self._libc.timerfd_settime(self._fd, _TFD_TIMER_ABSTIME, self._spec, None) < 0:
                number = ctypes.get_errno()
                raise OSError(number, f"timerfd_settime: {os.strerror(number)}")
            woken: asyncio.Future[None] = loop.create_future()
            loop.add_reader(self._fd, _wake, woken)
            try:
                await woken
            finally:
                loop.remove_reader(self._fd)
            try:
                os.read(self._fd, 8)
            except BlockingIOError:
                continue

    def close(self) -> None:
        """Close the timer's descriptor."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _wake(woken: "asyncio.Future[None]") -> None:
    if not woken.done():
        woken.set_result(None)
