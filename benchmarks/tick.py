"""Where the microseconds of a tick go: the shipped parts, with a stamp of the CPU clock at their borders.

The tick is that of the runtime. The parts are the shipped objects, made instances of subclasses whose `step`
is stamped: nothing of the kernel is copied here. Calling a stamped part adds about 0.3 us to what calls it.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, ParamSpec, TypeVar
from unittest.mock import patch

from benchmarks.bench import Bench
from benchmarks.measure import Figure
from qh1a.cli.plant import Bedside
from qh1a.clock import VirtualClock
from qh1a.control import kernel
from qh1a.control.kernel import Kernel, Snapshot
from qh1a.control.validate import validate
from qh1a.record import Recorder
from qh1a.sim.plant import SimPlant
from qh1a.tick import Decision, Frame, Intent, Outcome, State
from qh1a.units import TICK_NS, Ns

PARTS: Final = (
    "plant.read: circuit",
    "plant.read: sensors",
    "plant.read: rest",
    "operator.poll",
    "kernel: validate",
    "kernel: estimators",
    "kernel: alarms",
    "kernel: therapy",
    "kernel: loops",
    "kernel: supervisor",
    "kernel: observe",
    "kernel: rest",
    "plant.apply",
    "recorder.put",
    "bedside",
)
"""In about the order of the tick. "kernel: rest" is `step` itself: it joins and packs;
"recorder.put" has its packing, folds and commits; "bedside" is the virtual perfusionist.
"""
(
    _CIRCUIT, _SENSORS, _READ, _POLL, _VALIDATE, _ESTIMATORS, _ALARMS, _THERAPY, _LOOPS, _SUPERVISOR,
    _OBSERVE, _KERNEL, _APPLY, _PUT, _BEDSIDE,
) = range(len(PARTS))  # fmt: skip
BLOCK: Final = 600
"""Ticks in a block: a minute, so that each holds one fold of the recorder."""

Block = list[float]
"""The time of each part in a block, us a tick."""
P = ParamSpec("P")
R = TypeVar("R")


class Stamps:
    """CPU time per part since the last block; what a stamp itself costs is taken off."""

    __slots__ = ("_at", "_cost_ns", "_count", "_ns", "_stamp")

    def __init__(self) -> None:
        self._stamp = time.thread_time_ns
        self._cost_ns = 0.0
        self._clear()
        costs: list[float] = []
        for _ in range(30):
            self._clear()
            for _ in range(1000):
                self.end(0)
            costs.append(self._ns[0] / 1000.0)
        self._cost_ns = min(costs)
        self._clear()

    @property
    def cost_ns(self) -> float:
        """Of one stamp: an interval with nothing in it."""
        return self._cost_ns

    def _clear(self) -> None:
        self._ns = [0] * len(PARTS)
        self._count = [0] * len(PARTS)
        self._at = self._stamp()

    def begin(self) -> None:
        """The next interval starts now."""
        self._at = self._stamp()

    def end(self, part: int) -> None:
        """The interval that ends here was that of `part`."""
        at = self._stamp()
        self._ns[part] += at - self._at
        self._count[part] += 1
        self._at = at

    def block(self) -> Block:
        """The block that ends here."""
        sums = zip(self._ns, self._count, strict=True)
        us = [(ns - count * self._cost_ns) / 1000.0 / BLOCK for ns, count in sums]
        self._clear()
        return us

    def within(self, outer: int, part: int, method: Callable[P, R]) -> Callable[P, R]:
        """A method that is `part`, called from within `outer`."""
        end = self.end

        def stamped(*args: P.args, **kwargs: P.kwargs) -> R:
            end(outer)
            result = method(*args, **kwargs)
            end(part)
            return result

        return stamped


def stamp(stamps: Stamps, thing: object, outer: int, parts: Mapping[str, int]) -> None:
    """Make `thing` an instance of a subclass whose methods in `parts` are stamped."""
    cls = type(thing)
    methods = {name: stamps.within(outer, part, getattr(cls, name)) for name, part in parts.items()}
    thing.__class__ = type(f"Stamped{cls.__name__}", (cls,), {"__slots__": (), **methods})


def stamped_kernel(bench: Bench, stamps: Stamps) -> Kernel:
    """A new kernel with stamped stages."""
    new = bench.kernel()
    state = new.snapshot().thaw()
    stamp(stamps, state.estimators, _KERNEL, {"step": _ESTIMATORS})
    stamp(stamps, state.alarms, _KERNEL, {"step": _ALARMS})
    stamp(stamps, state.therapy, _KERNEL, {"step": _THERAPY})
    stamp(stamps, state.loops, _KERNEL, {"step": _LOOPS, "observe": _OBSERVE})
    stamp(stamps, state.supervisor, _KERNEL, {"step": _SUPERVISOR})
    new.restore(Snapshot(state))
    return new


class Ticks:
    """Every tick of one session."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.intents: list[tuple[Intent, ...]] = []
        self.decisions: list[Decision] = []


def stamped_session(bench: Bench, path: Path, stamps: Stamps, keep: Ticks | None = None) -> list[Block]:
    """One recorded session, stamped; a block for each whole minute of TREAT. `keep` gets its ticks."""
    circuit, sensors = bench.circuit(), bench.sensors()
    stamp(stamps, circuit, _READ, {"step": _CIRCUIT})
    stamp(stamps, sensors, _READ, {"step": _SENSORS})
    plant = bench.plant(circuit, sensors)
    recorder = bench.recorder(path, plant, asyncio.run(plant.open()), VirtualClock())
    gc.collect()
    gc.disable()
    try:
        with patch.object(kernel, "validate", stamps.within(_KERNEL, _VALIDATE, validate)):
            return _tick(bench, plant, recorder, stamps, keep)
    finally:
        gc.enable()
        recorder.close({})


def _tick(
    bench: Bench, plant: SimPlant, recorder: Recorder, stamps: Stamps, keep: Ticks | None
) -> list[Block]:
    decider, operator, bedside = stamped_kernel(bench, stamps), bench.operator(), Bedside(plant)
    end = stamps.end
    found: list[Block] = []
    last: Decision | None = None
    now, treated = 0, 0
    while last is None or last.session.state is not State.ENDED or last.session.outcome is Outcome.OPEN:
        stamps.begin()
        frame = plant.read(Ns(now))
        end(_READ)
        intents = operator.poll(Ns(now), last)
        end(_POLL)
        decision = decider.step(frame, intents)
        end(_KERNEL)
        plant.apply(decision.commands)
        end(_APPLY)
        recorder.put(frame, intents, decision)
        end(_PUT)
        bedside(frame, intents, decision)
        end(_BEDSIDE)
        if keep is not None:
            keep.frames.append(frame)
            keep.intents.append(intents)
            keep.decisions.append(decision)
        treated = treated + 1 if decision.session.state is State.TREAT else 0
        if treated == 1:
            stamps.block()
        elif treated and treated % BLOCK == 0:
            found.append(stamps.block())
        last = decision
        now += TICK_NS
    return found


def figures(found: list[Block]) -> list[Figure]:
    """Per part, then for what some of them make up."""
    per_part = zip(*found, strict=True)
    rows = [Figure.of(part, us, BLOCK) for part, us in zip(PARTS, per_part, strict=True)]
    read = [sum(block[_CIRCUIT : _READ + 1]) for block in found]
    step = [sum(block[_VALIDATE : _KERNEL + 1]) for block in found]
    whole = [sum(block) for block in found]
    return [
        *rows,
        Figure.of("plant.read", read, BLOCK),
        Figure.of("kernel.step", step, BLOCK),
        Figure.of("sum of the parts", whole, BLOCK),
    ]
