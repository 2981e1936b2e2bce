"""Whole sessions through the shipped runtime, the record of one, its replay and its proof."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.measure import Figure, blocks
from benchmarks.tick import Ticks
from qh1a import runtime
from qh1a.cli.plant import Bedside
from qh1a.clock import VirtualClock
from qh1a.control.pid import Pid
from qh1a.record import Recorder, SessionFile
from qh1a.replay import replay
from qh1a.units import NS_PER_S


@dataclass(frozen=True)
class Whole:
    """One session from its first tick to the closed file."""

    prescription: str
    ticks: int
    sim_s: float
    cpu_s: float
    wall_s: float
    file_bytes: int

    @property
    def us_per_tick(self) -> float:
        """CPU time of a tick, everything in."""
        return self.cpu_s / self.ticks * 1e6

    @property
    def x_cpu(self) -> float:
        """Times real time on a core of its own."""
        return self.sim_s / self.cpu_s

    @property
    def x_wall(self) -> float:
        """Times real time as it went on this machine with what else ran."""
        return self.sim_s / self.wall_s


def whole(bench: Bench, path: Path, *, record: bool = True) -> Whole:
    """Run one session as `qh1a run --speed max` does."""

    async def session() -> runtime.RunResult:
        plant = bench.plant(bench.circuit(), bench.sensors())
        clock = VirtualClock()
        recorder = bench.recorder(path, plant, await plant.open(), clock) if record else None
        try:
            return await runtime.run(
                plant=plant,
                clock=clock,
                kernel=bench.kernel(),
                operator=bench.operator(),
                recorder=recorder,
                observers=(Bedside(plant),),
            )
        finally:
            if recorder is not None:
                recorder.close({})

    wall, cpu = time.perf_counter(), time.process_time()
    result = asyncio.run(session())
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    size = path.stat().st_size if record else 0
    name = bench.configuration.prescription.name
    return Whole(name, result.ticks, result.sim_s, cpu, wall, size)


def replayed(bench: Bench, path: Path, count: int = 3) -> Figure:
    """Deciding a recorded session again, per tick."""
    with SessionFile(path) as file:
        ticks = file.ticks

        def body() -> None:
            if not replay(file, bench.kernel).equal:
                msg = f"{path} does not replay equal"
                raise AssertionError(msg)

        return blocks("replay", body, ticks, count)


def verified(path: Path, count: int = 3) -> Figure:
    """Proving a recorded session, per tick."""
    with SessionFile(path) as file:
        return blocks("verify", file.verify, file.ticks, count)


def put_alone(bench: Bench, ticks: Ticks, new_path: Callable[[], Path], count: int = 3) -> Figure:
    """Recording alone, per tick: `put` of every tick of a session, and closing the file."""
    plant = bench.plant(bench.circuit(), bench.sensors())
    identities = asyncio.run(plant.open())
    rows = list(zip(ticks.frames, ticks.intents, ticks.decisions, strict=True))

    def body() -> None:
        recorder: Recorder = bench.recorder(new_path(), plant, identities, VirtualClock())
        for frame, intents, decision in rows:
            recorder.put(frame, intents, decision)
        recorder.close({})

    return blocks("recorder alone", body, len(rows), count)


def raw_bytes(ticks: Ticks) -> int:
    """The same session as plain 8-byte numbers, one per channel, actuator and time stamp."""
    frame, decision = ticks.frames[0], ticks.decisions[0]
    numbers = 2 + 2 * len(frame.value) + len(decision.commands.value) + len(decision.derived)
    qualities = len(frame.quality) + len(decision.derived_quality)
    return (8 * numbers + qualities) * len(ticks.frames)


def pid_step() -> Figure:
    """One step and one `observe` of a PI controller."""
    pid = Pid(0.3, 8.0, 0.0, 0.0, 225.0)
    errors = [0.01 * (n % 17 - 8) for n in range(20_000)]

    def body() -> None:
        for error in errors:
            pid.observe(pid.step(error, 130.0 - error, 0.1, 130.0), 0.1)

    return blocks("Pid.step + observe", body, len(errors))


def sleep_until() -> Figure:
    """The clock of a run at full speed: one deadline, with its share of yields to the event loop."""
    step = NS_PER_S // 10

    async def deadlines() -> None:
        clock = VirtualClock()
        for _ in range(5000):
            await clock.sleep_until(type(clock.now())(clock.now() + step))

    return blocks("clock.sleep_until", lambda: asyncio.run(deadlines()), 5000)
