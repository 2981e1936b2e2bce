"""What a report needs of a session, read once from its file; no drawing here.

Times are seconds since RAMP began (since the first frame when RAMP was never reached), so that every table
and figure of a report counts alike.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from qh1a.channels import CHANNELS, Channel
from qh1a.hazards import RULES
from qh1a.plant import PlantKind
from qh1a.report.configs import Json, number, table
from qh1a.tick import Actuator, Event, EventCode, Intent, Phase, Priority, Quality, Response

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[npt.NBitBase]]
Flags = npt.NDArray[np.bool_]

BLOOD, PLASMA = "blood_ml_min", "plasma_ml_min"
RULE: Final = {rule.id: rule for rule in RULES}


class Recorded(Protocol):
    """One line of the event chain."""

    @property
    def tick(self) -> int:
        """The tick that took it."""
        ...

    @property
    def what(self) -> Intent | Event:
        """What was asked, or what happened."""
        ...


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

_RESPONSES: Final = {
    Response.NONE: "acts",
    Response.R0: "warn",
    Response.R1: "R1",
    Response.R2: "R2",
    Response.R2W: "R2w",
    Response.R2X: "R2x",
    Response.R4S: "R4s",
    Response.R4: "R4",
    Response.R5: "R5",
}


def response_text(response: Response) -> str:
    """A response as operators write it."""
    return _RESPONSES[response]


@dataclass(frozen=True, slots=True)
class Span:
    """One stay in a phase."""

    phase: Phase
    start: float
    end: float


@dataclass(slots=True)
class Alarm:
    """One alarm from its raising to its clearing; None where that never came."""

    rule: str
    priority: Priority
    raised: float
    value: float
    detail: str
    cleared: float | None = None
    acknowledged: float | None = None


@dataclass(slots=True)
class Entry:
    """One line of the journal: an operator's intent with its verdict, or an event of the machine."""

    at: float
    who: str
    what: str
    why: str
    verdict: str
    times: int = 1
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Trace:
    """One signal over time: `good` is false where the value may not be used."""

    t: Floats
    v: Floats
    good: Flags


Changes = Mapping[str, tuple[tuple[float, float], ...]]
"""Set points over time by key: (since when, value), the prescribed one first."""


@dataclass(frozen=True, slots=True)
class Study:
    """A session as the report sees it. `ramped`: its times count from RAMP, not from the first frame."""

    head: Head
    ramped: bool
    t: Floats
    spans: tuple[Span, ...]
    alarms: tuple[Alarm, ...]
    journal: tuple[Entry, ...]
    samples_ml: float
    changes: Changes
    traces: Mapping[Channel, Trace]
    commands: Mapping[Actuator, Floats]
    not_fitted: tuple[Channel, ...]
    configs: Mapping[str, Json]

    def limit(self, key: str) -> float | None:
        """A limit in force, from the session's own file."""
        limits = table(self.configs, "limits")
        return number(table(limits, "value") or limits, key)

    def prescribed(self, *path: str) -> float | None:
        """A figure of the prescription."""
        return number(table(self.configs, "prescription"), *path)

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


def spans_of(t: Floats, codes: Floats, good: Flags) -> tuple[Span, ...]:
    """Stays in phases, without holes: a frame whose phase is unknown belongs to the phase before it."""
    if not t.size or not good.any():
        return ()
    last_good = np.maximum.accumulate(np.where(good, np.arange(t.size), -1))
    last_good[last_good < 0] = int(np.argmax(good))
    held = codes[last_good].astype(np.int64)
    starts = np.flatnonzero(np.diff(held, prepend=held[0] - 1))
    ends = np.append(t[starts[1:]], t[-1])
    return tuple(
        Span(Phase(int(held[i])), float(t[i]), float(end)) for i, end in zip(starts, ends, strict=True)
    )


def _at(record: Recorded, t: Floats) -> float:
    """When a record was made: the time of its tick."""
    return float(t[min(record.tick, t.size - 1)]) if t.size else 0.0


def alarms_of(records: list[Recorded], t: Floats) -> tuple[Alarm, ...]:
    """Alarms in the order of their raising, each with its own clearing and acknowledging."""
    alarms: list[Alarm] = []
    present: dict[str, Alarm] = {}
    for record in records:
        event = record.what
        if not isinstance(event, Event):
            continue
        at = _at(record, t)
        if event.code is EventCode.ALARM_RAISED:
            rule = RULE.get(event.subject)
            alarm = Alarm(
                event.subject, rule.priority if rule else Priority.NONE, at, event.value, event.detail
            )
            alarms.append(alarm)
            present[event.subject] = alarm
            continue
        open_alarm = present.get(event.subject)
        if open_alarm is None:
            continue
        if event.code is EventCode.ALARM_ACKNOWLEDGED and open_alarm.acknowledged is None:
            open_alarm.acknowledged = at
        elif event.code in {EventCode.ALARM_CLEARED, EventCode.ALARM_RESET} and open_alarm.cleared is None:
            open_alarm.cleared = at
    return tuple(alarms)


_ELSEWHERE: Final = frozenset(
    {
        # In the alarm table.
        EventCode.ALARM_RAISED,
        EventCode.ALARM_CLEARED,
        EventCode.ALARM_ACKNOWLEDGED,
        EventCode.ALARM_RESET,
        # Echoes of an intent that was taken.
        EventCode.ENTERED,
        EventCode.EXTENDED,
        EventCode.AUDIO_PAUSED,
    }
)
_KNOWN_RESPONSES: Final = frozenset(int(r) for r in Response)
_VERDICTS: Final = {EventCode.INTENT_TAKEN: "taken", EventCode.INTENT_REFUSED: "refused"}


def _asked(intent: Intent) -> str:
    words = [intent.name.name.lower()]
    if intent.key:
        words.append(intent.key)
    if intent.value or intent.key:
        words.append(f"{intent.value:g}")
    return " ".join(words)


def _verdict(event: Event) -> str:
    reason = event.detail.lower().replace("_", " ")
    return _VERDICTS[event.code] + (f": {reason}" if reason else "")


def _told(event: Event) -> str:
    match event.code:
        case EventCode.STATE:
            return f"state {event.subject}"
        case EventCode.OUTCOME:
            return f"outcome {event.detail.lower()}, {event.value:.0f} s effective"
        case EventCode.RESPONSE if int(event.value) in _KNOWN_RESPONSES:
            return f"response {response_text(Response(int(event.value)))} {event.subject}".strip()
        case EventCode.FROZEN:
            return "prescription and limits frozen"
        case EventCode.GAP:
            return f"gap of {event.value:.1f} s between frames"
        case _:
            words = [event.code.name.lower().replace("_", " "), event.subject]
            return " ".join(w for w in (*words, f"{event.value:g}" if event.value else "") if w)


def _because(event: Event) -> str:
    if event.code is EventCode.OUTCOME:
        return ""
    return event.detail.lower().replace("_", " ") if event.detail.isupper() else event.detail


def journal_of(records: list[Recorded], t: Floats) -> tuple[Entry, ...]:
    """Intents with their verdicts, and the machine's own events, in order; alarms have their own table.

    An event that repeats with nothing in between is one line that says how often and until when.
    """
    entries: list[Entry] = []
    asked: dict[int, Entry] = {}
    for record in records:
        at = _at(record, t)
        item = record.what
        if isinstance(item, Intent):
            entry = Entry(at, item.who or "operator", _asked(item), item.why, "no answer recorded")
            asked[item.id] = entry
            entries.append(entry)
            continue
        if item.code in _ELSEWHERE:
            continue
        if item.code in _VERDICTS:
            answered = asked.get(int(item.value))
            if answered is not None:
                answered.verdict = _verdict(item)
                continue
        what, why = _told(item), _because(item)
        last = entries[-1] if entries else None
        if last is not None and (last.who, last.what, last.why) == ("machine", what, why):
            last.times += 1
            last.until = at
            continue
        entries.append(Entry(at, "machine", what, why, ""))
    return tuple(entries)


def _samples(records: list[Recorded], t: Floats) -> float:
    """mL of samples entered since RAMP began."""
    return sum(
        r.what.value
        for r in records
        if isinstance(r.what, Event)
        and r.what.code is EventCode.ENTERED
        and r.what.subject == "sample_ml"
        and _at(r, t) >= 0.0
    )


def changes_of(records: list[Recorded], flows: Mapping[str, Json], t: Floats) -> Changes:
    """The set points in force: as prescribed, then as the operator changed them.

    Q_p is prescribed as a share of Q_b: a change of blood flow takes it along.
    """
    start = float(t[0]) if t.size else 0.0
    now = {key: value for key in flows if (value := number(flows, key)) is not None}
    found = {key: [(start, value)] for key, value in now.items()}
    for record in records:
        event = record.what
        if not isinstance(event, Event) or event.code is not EventCode.ENTERED or event.subject not in now:
            continue
        at = _at(record, t)
        if event.subject == BLOOD and PLASMA in now and now[BLOOD] > 0:
            now[PLASMA] *= event.value / now[BLOOD]
            found[PLASMA].append((at, now[PLASMA]))
        now[event.subject] = event.value
        found[event.subject].append((at, event.value))
    return {key: tuple(steps) for key, steps in found.items()}


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
        samples_ml=_samples(records, t),
        changes=changes_of(records, table(session.header.configs, "prescription", "flows"), t),
        traces=traces,
        commands={a: np.asarray(session.commands(a), dtype=np.float64) for a in sorted(actuators)},
        not_fitted=not_fitted,
        configs=session.header.configs,
    )
