"""Ticks for the record's tests: whole sessions from a few repeating patterns."""

import struct
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from qh1a.channels import CHANNELS, N_DERIVED, N_MEASURED
from qh1a.plant import Identity, PlantKind
from qh1a.record import Header, Recorder
from qh1a.tick import (
    ACTUATORS,
    Commands,
    Decision,
    Event,
    Frame,
    Intent,
    Outcome,
    SessionView,
    State,
)
from qh1a.units import NS_PER_S, TICK_NS, Ns

START = 10**15
HEADER = Header(
    plant=PlantKind.SIM,
    configs={"prescription": {"nominal_h": 4.0, "marks": {"window_s": 900.0}}, "text": "37 °C"},
    config_hash="c0ffee",
    software="0.0.1",
    seed=7,
    identities=(Identity("BP", "SIM-BP", "1.0", 3),),
)
MEASURED_LSB = tuple(row.lsb for row in CHANNELS[:N_MEASURED])
DERIVED_LSB = tuple(row.lsb for row in CHANNELS[N_MEASURED:])
SESSION = SessionView(State.TREAT, State.TREAT, True, 0, Outcome.OPEN, 0, 0, 0, 0, 0.0)

Tick = tuple[Frame, tuple[Intent, ...], Decision]


class StillClock:
    """A clock whose wall time moves by hand, so that no test depends on the machine."""

    def __init__(self, step_ns: int = 0) -> None:
        self.wall = 0
        self.step_ns = step_ns

    def now(self) -> Ns:
        return Ns(0)

    async def sleep_until(self, deadline: Ns) -> None:
        msg = "a recorder never sleeps"
        raise AssertionError(msg)

    def wall_ns(self) -> int:
        self.wall += self.step_ns
        return self.wall

    def label(self) -> str:
        return f"label {self.wall}"

    def close(self) -> None:
        pass


def tick(
    n: int,
    counts: Sequence[Sequence[int]] = ((0,),),
    ages: Sequence[Sequence[int]] = ((0,),),
    commands: Sequence[Sequence[float]] = ((0.0,),),
    events: tuple[Event, ...] = (),
    intents: tuple[Intent, ...] = (),
) -> Tick:
    """Tick `n` of a session in which channel k repeats pattern k (modulo the number of patterns)."""

    def pick(patterns: Sequence[Sequence[int]], k: int) -> int:
        pattern = patterns[k % len(patterns)]
        return pattern[n % len(pattern)]

    now = Ns(START + n * TICK_NS)
    value = tuple(pick(counts, k) * lsb for k, lsb in enumerate(MEASURED_LSB))
    at = tuple(now - pick(ages, k) for k in range(N_MEASURED))
    quality = tuple(abs(pick(counts, k)) % 11 for k in range(N_MEASURED))
    command = []
    for k in range(len(ACTUATORS)):
        row = commands[k % len(commands)]
        command.append(row[n % len(row)])
    # Off the grid on purpose: derived values are recorded rounded.
    derived = tuple((pick(counts, k) + 0.25) * lsb for k, lsb in enumerate(DERIVED_LSB))
    derived_quality = tuple(abs(pick(ages, k)) % 11 for k in range(N_DERIVED))
    decision = Decision(
        Commands(Ns(now + NS_PER_S - pick(ages, 1)), tuple(command)),
        (),
        events,
        SESSION,
        derived,
        derived_quality,
    )
    return Frame(now, value, at, quality), intents, decision


@cache
def _lively(n: int) -> Tick:
    return tick(
        n,
        counts=((n * 7919 % 13 - 6,), (n * 31 % 4001,), (n,), (5,), (-3 - n // 100,)),
        ages=((0,), (n % 10 * TICK_NS,), (n * 104729 % 1_000_003,)),
        commands=((0.0,), (n / 7.0,), (1.0 / (n + 1),)),
    )


def lively(n: int, events: tuple[Event, ...] = (), intents: tuple[Intent, ...] = ()) -> Tick:
    """A tick with noise, steps, clocks and fixed codes, as a session has them."""
    frame, _, decision = _lively(n)
    return frame, intents, decision._replace(events=events)


def write(path: Path, ticks: Sequence[Tick], clock: StillClock | None = None) -> str:
    """A closed file of these ticks; its chain head."""
    recorder = Recorder(path, HEADER, clock or StillClock())
    for frame, intents, decision in ticks:
        recorder.put(frame, intents, decision)
    recorder.close({})
    return recorder.head


def bits(values: Sequence[float]) -> bytes:
    """Floats to the bit: tells -0.0 from 0.0 and one NaN from another."""
    return struct.pack(f"<{len(values)}d", *values)
