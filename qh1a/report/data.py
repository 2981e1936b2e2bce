"""What a report needs of a session, read once from its file; no drawing here.

Times are seconds since RAMP began (since the first frame when RAMP was never reached), so that every table
and figure of a report counts alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qh1a.channels import CHANNELS, Channel
from qh1a.plant import PlantKind
from qh1a.record.truth import TruthRows, TruthSignal
from qh1a.report.configs import Json, number, table
from qh1a.report.events import (
    Alarm,
    Changes,
    Codes,
    Entry,
    Flags,
    Floats,
    Recorded,
    Span,
    alarms_of,
    changes_of,
    intents_at,
    journal_of,
    samples_of,
    spans_of,
)
from qh1a.tick import Actuator, Phase, Quality


class Head(Protocol):
    """What a session file says of itself."""

    @property
    def plant(self) -> PlantKind:
        """What the plant was."""
        ...

    @property
    def configs(self) -> Mapping[str, Json]:
        """The files in force: prescription, limits, tuning, rig, patient, faults."""
        ...

    @property
    def config_hash(self) -> str:
        """The hash over them."""
        ...

    @property
    def software(self) -> str:
        """Name and version of what ran."""
        ...

    @property
    def seed(self) -> int:
        """Seed of the simulation."""
        ...

    @property
    def truth(self) -> Sequence[TruthSignal]:
        """The numbers in a row of truth; none unless the plant is simulated."""
        ...


class Session(Protocol):
    """What is read of a session file."""

    @property
    def header(self) -> Head:
        """What the file says of itself."""
        ...

    def now_s(self) -> Floats:
        """Time of each frame since the first (s)."""
        ...

    def series(self, channel: Channel) -> Floats:
        """Values of a channel, one per frame."""
        ...

    def quality(self, channel: Channel) -> Codes:
        """Qualities of a channel, one per frame."""
        ...

    def commands(self, actuator: Actuator) -> Floats:
        """Commands to an actuator, one per frame."""
        ...

    def records(self) -> Iterator[Recorded]:
        """Intents and events in their order."""
        ...

    def truth(self) -> TruthRows:
        """What a simulated plant really did."""
        ...


@dataclass(frozen=True, slots=True)
class Trace:
    """One signal over time: `good` is false where the value may not be used."""

    t: Floats
    v: Floats
    good: Flags


@dataclass(frozen=True, slots=True)
class Truth:
    """What a simulated plant really did, about once a minute: signals by the simulator's own names."""

    t: Floats
    v: Mapping[str, Floats]
    unit: Mapping[str, str]

    def last(self, name: str) -> float | None:
        """The last value of a signal; None where the file has none."""
        values = self.v.get(name)
        return None if values is None else float(values[-1])


@dataclass(frozen=True, slots=True)
class Study:
    """A session as the report sees it. `ramped`: its times count from RAMP, not from the first frame."""

    head: Head
    ramped: bool
    t: Floats
    spans: tuple[Span, ...]
    alarms: tuple[Alarm, ...]
    journal: tuple[Entry, ...]
    intents_at: tuple[float, ...]
    samples_ml: float
    changes: Changes
    traces: Mapping[Channel, Trace]
    commands: Mapping[Actuator, Floats]
    not_fitted: tuple[Channel, ...]
    configs: Mapping[str, Json]
    truth: Truth | None

    def limit(self, key: str) -> float | None:
        """A limit in force, from the session's own file."""
        limits = table(self.configs, "limits")
        return number(table(limits, "value") or limits, key)

    def prescribed(self, *path: str) -> float | None:
        """A figure of the prescription."""
        return number(table(self.configs, "prescription"), *path)

    def rig(self, key: str) -> float | None:
        """A figure of the rig."""
        return number(self.configs, "rig", key)

    def within(self, *phases: Phase) -> Flags:
        """Which frames lie in one of these phases."""
        inside = np.zeros(self.t.shape, dtype=np.bool_)
        for span in self.spans:
            if span.phase in phases:
                inside |= (self.t >= span.start) & (self.t < span.end)
        return inside

    def first(self, phase: Phase) -> float | None:
        """When a phase was first entered."""
        return next((span.start for span in self.spans if span.phase is phase), None)


def study(session: Session, channels: frozenset[Channel], actuators: frozenset[Actuator]) -> Study:
    """Read what the report shows: these channels and actuators, the phases, the alarms, the journal."""
    now = np.asarray(session.now_s(), dtype=np.float64)
    phase = session.series(Channel.PHASE)
    known = session.quality(Channel.PHASE) == Quality.GOOD
    ramp = np.flatnonzero(known & (phase == Phase.RAMP))
    zero = float(now[ramp[0]]) if ramp.size else float(now[0]) if now.size else 0.0
    t = now - zero
    traces: dict[Channel, Trace] = {}
    for channel in sorted(channels):
        values = np.asarray(session.series(channel), dtype=np.float64)
        good = (session.quality(channel) == Quality.GOOD) & np.isfinite(values)
        traces[channel] = Trace(t, values, good)
    not_fitted = tuple(
        c
        for c in Channel
        if not CHANNELS[c].derived and now.size and bool((session.quality(c) == Quality.NOT_FITTED).all())
    )
    records = list(session.records())
    return Study(
        head=session.header,
        ramped=bool(ramp.size),
        t=t,
        spans=spans_of(t, phase, known),
        alarms=alarms_of(records, t),
        journal=journal_of(records, t),
        intents_at=intents_at(records, t),
        samples_ml=samples_of(records, t),
        changes=changes_of(records, table(session.header.configs, "prescription", "flows"), t),
        traces=traces,
        commands={a: np.asarray(session.commands(a), dtype=np.float64) for a in sorted(actuators)},
        not_fitted=not_fitted,
        configs=session.header.configs,
        truth=_truth(session, t),
    )


def _truth(session: Session, t: Floats) -> Truth | None:
    """The rows of truth on the report's time axis; None without any."""
    rows = session.truth()
    if not (rows.ticks.size and t.size):
        return None
    signals = session.header.truth
    return Truth(
        t[np.clip(rows.ticks, 0, t.size - 1)],
        {signal.id: rows.values[:, i] for i, signal in enumerate(signals)},
        {signal.id: signal.unit for signal in signals},
    )
