"""The loop: deadlines, slips, intents at tick boundaries, observers, and `make_safe` on every way out.

The same loop runs a simulation, an emulated rig or hardware; only the plant and the clock differ. The tick's
only await is `clock.sleep_until`.
"""

import asyncio
import gc
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from qh1a.clock import Clock
from qh1a.plant import Plant, SafeReport
from qh1a.record import Recorder, RecordError
from qh1a.tick import Decision, Frame, Intent, Outcome, State
from qh1a.units import NS_PER_S, TICK_NS, Ns

Observer = Callable[[Frame, tuple[Intent, ...], Decision], None]
"""Called after each tick; must not block. One that raises is dropped, and named in the result."""

SAFE_TIMEOUT_S: Final = 0.4
"""`make_safe` is bounded: a signal must end a run within 0.5 s."""
LATE_NS: Final = TICK_NS
"""A tick that comes a whole period late has missed its successor: that one is skipped, never caught up."""


class Operator(Protocol):
    """Where intents come from."""

    def poll(self, now: Ns, last: Decision | None) -> tuple[Intent, ...]:
        """The intents for this tick, given the decision of the one before."""
        ...


class Decider(Protocol):
    """What turns frames and intents into decisions: the kernel."""

    def step(self, frame: Frame, intents: Sequence[Intent] = ()) -> Decision:
        """Decide one tick."""
        ...


class RunResult(NamedTuple):
    """How a run went. `fault` is empty, or says why the loop stopped before the session did."""

    ticks: int
    late_ticks: int
    wall_s: float
    sim_s: float
    interrupted: bool
    fault: str
    safe: SafeReport
    dropped_observers: tuple[str, ...]
    last: Decision | None


async def run(
    *,
    plant: Plant,
    clock: Clock,
    kernel: Decider,
    operator: Operator,
    recorder: Recorder | None,
    observers: Sequence[Observer] = (),
    stop: asyncio.Event | None = None,
) -> RunResult:
    """Run one session until it has ENDED, a signal comes, `stop` is set, or the record fails.

    The plant must be open. Whatever happens, `plant.make_safe` has been awaited when this returns or raises.
    """
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    installed = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Signals are the main thread's; a run in another thread is stopped by its `stop` event.
        with suppress(ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
            installed.append(number)
    ticking = _Ticking(plant, clock, kernel, operator, recorder, list(observers), stop)
    # What is alive now stays alive: a full collection over it would pause a tick by a tenth of a second.
    gc.collect()
    gc.freeze()
    gc.disable()
    wall = clock.wall_ns()
    fault = ""
    safe = SafeReport(())
    try:
        await ticking.go()
    except RecordError as error:
        fault = str(error)
    finally:
        safe = await _make_safe(plant)
        gc.enable()
        gc.unfreeze()
        for number in installed:
            loop.remove_signal_handler(number)
    return RunResult(
        ticks=ticking.ticks,
        late_ticks=ticking.late,
        wall_s=(clock.wall_ns() - wall) / NS_PER_S,
        sim_s=ticking.ticks * TICK_NS / NS_PER_S,
        interrupted=stop.is_set(),
        fault=fault,
        safe=safe,
        dropped_observers=tuple(ticking.dropped),
        last=ticking.last,
    )


async def _make_safe(plant: Plant) -> SafeReport:
    """Safe, shielded from a second interrupt and bounded in time."""
    task = asyncio.ensure_future(plant.make_safe())
    done, _ = await asyncio.wait({task}, timeout=SAFE_TIMEOUT_S)
    if task in done:
        return task.result()
    task.cancel()
    return SafeReport(("no answer in time",))


class _Ticking:
    """The counters and the body of the loop."""

    def __init__(
        self,
        plant: Plant,
        clock: Clock,
        kernel: Decider,
        operator: Operator,
        recorder: Recorder | None,
        observers: list[Observer],
        stop: asyncio.Event,
    ) -> None:
        self._plant = plant
        self._clock = clock
        self._kernel = kernel
        self._operator = operator
        self._recorder = recorder
        self._observers = observers
        self._stop = stop
        self.ticks = 0
        self.late = 0
        self.dropped: list[str] = []
        self.last: Decision | None = None

    async def go(self) -> None:
        plant, clock, kernel, operator = self._plant, self._clock, self._kernel, self._operator
        recorder, stop = self._recorder, self._stop
        due = clock.now()
        while not stop.is_set():
            now = clock.now()
            if now - due >= LATE_NS:
                skipped = (now - due) // TICK_NS
                self.late += skipped
                due = Ns(due + skipped * TICK_NS)
            frame = plant.read(now)
            intents = operator.poll(now, self.last)
            decision = kernel.step(frame, intents)
            plant.apply(decision.commands)
            self.last = decision
            self.ticks += 1
            if recorder is not None:
                recorder.put(frame, intents, decision)
            if self._observers:
                self._show(frame, intents, decision)
            if decision.session.state is State.ENDED and decision.session.outcome is not Outcome.OPEN:
                return
            due = Ns(due + TICK_NS)
            await clock.sleep_until(due)

    def _show(self, frame: Frame, intents: tuple[Intent, ...], decision: Decision) -> None:
        for observer in tuple(self._observers):
            try:
                observer(frame, intents, decision)
            except Exception as error:  # noqa: BLE001 - an observer must not be able to end a session
                self._observers.remove(observer)
                self.dropped.append(f"{observer!r}: {error!r}")
