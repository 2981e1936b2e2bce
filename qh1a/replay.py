"""Re-deciding a recorded session: the same frames and intents must give the same decisions, bit for bit."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qh1a.record import RecordError, SessionFile
from qh1a.record.chain import event_content
from qh1a.record.codec import Counts, Layout, decided_counts, pack_decisions, values_of
from qh1a.record.header import this_layout
from qh1a.record.reader import Minute
from qh1a.tick import Decision, Event, EventCode, Frame, Intent


class Decider(Protocol):
    """What decides: the kernel, or what stands in for it."""

    def step(self, frame: Frame, intents: tuple[Intent, ...], /) -> Decision:
        """One tick."""
        ...


@dataclass(frozen=True)
class Divergence:
    """The first figure that came out differently: where, and both values as their exact repr."""

    tick: int
    session_s: float
    field: str
    recorded: str
    decided: str


@dataclass(frozen=True)
class Replay:
    """How far a replay agreed: `ticks` were compared, up to and including the one of `divergence`."""

    ticks: int
    divergence: Divergence | None

    @property
    def equal(self) -> bool:
        """Whether every decision was the recorded one."""
        return self.divergence is None


def replay(
    file: SessionFile,
    kernel_factory: Callable[[], Decider],
    progress: Callable[[int, int], None] | None = None,
) -> Replay:
    """Feed every recorded frame and intent to a new kernel and compare what it decides.

    Compared are commands (bits), their lease, derived values (as counts of their `lsb`) and qualities, and
    events. It stops at the first difference. `progress(done, ticks)` is called about once a session minute.
    Raises `RecordError` when the file was recorded with other channels or actuators.
    """
    layout = this_layout()
    if file.layout != layout:
        msg = f"{file.path} was recorded with another table of channels or actuators"
        raise RecordError(msg)
    step = kernel_factory().step
    intents, events = file.tick_records()
    for minute in file.minutes_iter():
        # Decisions are compared a minute at a time: a comparison per tick would cost more than the kernel.
        decisions = [
            step(frame, intents.get(tick, ())) for tick, frame in enumerate(file.frames(minute), minute.first)
        ]
        row = _first_difference(layout, minute, decisions, events)
        if row is not None:
            tick = minute.first + row[0]
            session_s = float(file.now_s()[tick])
            return Replay(tick + 1, Divergence(tick, session_s, *row[1:]))
        if progress is not None:
            progress(minute.first + len(decisions), file.ticks)
    return Replay(file.ticks, None)


def _first_difference(
    layout: Layout, minute: Minute, decisions: list[Decision], recorded_events: dict[int, tuple[Event, ...]]
) -> tuple[int, str, str, str] | None:
    """Row, field, recorded and decided of the first difference; within a tick commands come first."""
    recorded = minute.matrix
    decided = pack_decisions(layout, decisions)
    matrix: Counts = np.zeros_like(recorded)
    matrix[:, layout.lease] = np.frombuffer(decided.until, "<i8") - recorded[:, layout.now]
    decided_counts(layout, decided, matrix, strict=False)
    compared = np.r_[layout.command.all, layout.lease, layout.estimate.all, layout.estimate_quality.all]
    wrong = matrix[:, compared] != recorded[:, compared]
    rows = np.flatnonzero(wrong.any(axis=1))
    row = int(rows[0]) if rows.size else len(decisions)
    event_row, event = _event_difference(minute.first, decisions[: row + 1], recorded_events)
    if event_row < row:
        return event_row, *event
    if row == len(decisions):
        return None
    stream = int(compared[np.argmax(wrong[row])])
    return row, *_describe(layout, stream, recorded[row], decisions[row])


def _describe(
    layout: Layout, stream: int, recorded: NDArray[np.int64], decision: Decision
) -> tuple[str, str, str]:
    if stream == layout.lease:
        until = int(recorded[layout.now] + recorded[layout.lease])
        return "commands.valid_until", repr(until), repr(int(decision.commands.valid_until))
    if stream < layout.command.stop:
        at = stream - layout.command.start
        value = float(recorded[stream : stream + 1].view(np.float64)[0])
        return f"commands.{layout.actuators[at]}", repr(value), repr(float(decision.commands.value[at]))
    if stream < layout.estimate.stop:
        at = stream - layout.estimate.start
        signal = layout.derived[at]
        value = float(values_of(recorded[stream : stream + 1], signal.lsb)[0])
        return f"derived.{signal.id}", repr(value), repr(float(decision.derived[at]))
    at = stream - layout.estimate_quality.start
    name = f"derived_quality.{layout.derived[at].id}"
    return name, repr(int(recorded[stream])), repr(int(decision.derived_quality[at]))


def _event_difference(
    first: int, decisions: list[Decision], recorded: dict[int, tuple[Event, ...]]
) -> tuple[int, tuple[str, str, str]]:
    """The first row whose events differ, and how; a row past the end when none does."""
    for row, decision in enumerate(decisions):
        before = recorded.get(first + row, ())
        if not before and not decision.events:
            continue
        for n, (old, new) in enumerate(itertools.zip_longest(before, decision.events)):
            if old is None or new is None:
                return row, (f"event[{n}]", _shown(old), _shown(new))
            if event_content(old) != event_content(new):
                return row, _event_field(n, old, new)
    return len(decisions), ("", "", "")


def _shown(event: Event | None) -> str:
    return "none" if event is None else event_content(event)


def _event_field(n: int, old: Event, new: Event) -> tuple[str, str, str]:
    for field, a, b in zip(Event._fields, _event_reprs(old), _event_reprs(new), strict=True):
        if a != b:
            return f"event[{n}].{field}", a, b
    msg = "the events are equal"
    raise AssertionError(msg)


def _event_reprs(event: Event) -> tuple[str, str, str, str]:
    # A response may come as an enum member and is kept as a number.
    value = repr(float(event.value))
    return EventCode(event.code).name, repr(event.subject), value, repr(event.detail)
