"""What happened, from the event chain: phases, alarms, the journal, changed set points, samples.

Times are those of the ticks the records belong to, on the report's own time axis.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from qh1a.hazards import RULES
from qh1a.report.configs import Json, number
from qh1a.tick import Event, EventCode, Intent, Phase, Priority, Response

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

BLOOD, PLASMA = "blood_ml_min", "plasma_ml_min"
LONGEST_ROUND: Final = 8
"""Lines in a round that repeats: a pause, its response, the acknowledgement and the resume."""
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


_RESPONSES: Final = {
    Response.NONE: "acts",
    Response.R0: "warn",
    Response.R1: "R1",
    Response.R2: "R2",
    Response.R2B: "R2b",
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
    machine: bool
    who: str
    what: str
    why: str
    verdict: str
    times: int = 1
    until: float = 0.0


Changes = Mapping[str, tuple[tuple[float, float], ...]]
"""Set points over time by key: (since when, value), the prescribed one first."""


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


MAX_SPANS: Final = 300
"""Stays in phases that a drawing can still tell apart."""


def coarse(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The stays as a drawing shows them: all of them while they are few, else the phase of each column."""
    if len(spans) <= MAX_SPANS:
        return tuple(spans)
    edges = np.linspace(spans[0].start, spans[-1].end, MAX_SPANS + 1)
    starts = np.array([span.start for span in spans])
    at = np.searchsorted(starts, (edges[:-1] + edges[1:]) / 2, side="right") - 1
    columns = [
        Span(spans[i].phase, float(a), float(b)) for i, a, b in zip(at, edges[:-1], edges[1:], strict=True)
    ]
    return joined(columns, frozenset(Phase), mixed=False)


def joined(spans: Sequence[Span], phases: frozenset[Phase], *, mixed: bool = True) -> tuple[Span, ...]:
    """The stays in some phases, neighbours as one; not `mixed`, only of the same phase."""
    found: list[Span] = []
    for span in spans:
        if span.phase not in phases:
            continue
        last = found[-1] if found else None
        if last is not None and last.end == span.start and (mixed or last.phase is span.phase):
            found[-1] = Span(last.phase, last.start, span.end)
        else:
            found.append(span)
    return tuple(found)


def _at(record: Recorded, t: Floats) -> float:
    """When a record was made: the time of its tick."""
    return float(t[min(record.tick, t.size - 1)]) if t.size else 0.0


def alarms_of(records: Sequence[Recorded], t: Floats) -> tuple[Alarm, ...]:
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


def _whole(value: float) -> int:
    return int(value) if math.isfinite(value) else -1


def _verdict(event: Event) -> str:
    reason = event.detail.lower().replace("_", " ")
    return _VERDICTS[event.code] + (f": {reason}" if reason else "")


def _told(event: Event) -> str:
    match event.code:
        case EventCode.STATE:
            return f"state {event.subject}"
        case EventCode.OUTCOME:
            return f"outcome {event.detail.lower()}, {event.value:.0f} s effective"
        case EventCode.RESPONSE if _whole(event.value) in _KNOWN_RESPONSES:
            return (
                f"response {response_text(Response(_whole(event.value)))}" if event.value else "response over"
            )
        case EventCode.INTERLOCK:
            bits = max(_whole(event.value), 0)
            bit = ", ".join(f"I{i + 1}" for i in range(bits.bit_length()) if bits >> i & 1)
            return f"interlocks {bit}" if bit else "interlocks released"
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
    if event.code is EventCode.RESPONSE:
        return event.detail
    return event.detail.lower().replace("_", " ") if event.detail.isupper() else event.detail


def journal_of(records: Sequence[Recorded], t: Floats) -> tuple[Entry, ...]:
    """Intents with their verdicts, and the machine's own events, in order; alarms have their own table.

    What repeats, alone or in rounds of a few lines, is said once, with how often and until when.
    """
    entries: list[Entry] = []
    asked: dict[int, Entry] = {}
    for record in records:
        at = _at(record, t)
        item = record.what
        if isinstance(item, Intent):
            entry = Entry(at, False, item.who or "operator", _asked(item), item.why, "no answer recorded")
            asked[item.id] = entry
            entries.append(entry)
            continue
        if item.code in _ELSEWHERE:
            continue
        if item.code in _VERDICTS:
            answered = asked.get(_whole(item.value))
            if answered is not None:
                answered.verdict = _verdict(item)
                continue
        entries.append(Entry(at, True, "machine", _told(item), _because(item), ""))
    return _folded(entries)


def _alike(a: Entry, b: Entry) -> bool:
    return (a.machine, a.who, a.what, a.why, a.verdict) == (b.machine, b.who, b.what, b.why, b.verdict)


def _rounds(entries: Sequence[Entry], at: int, period: int) -> int:
    """How often the `period` entries from `at` on come, one round after the other."""
    rounds = 1
    while at + (rounds + 1) * period <= len(entries) and all(
        _alike(entries[at + i], entries[at + rounds * period + i]) for i in range(period)
    ):
        rounds += 1
    return rounds


def _folded(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    folded: list[Entry] = []
    at = 0
    while at < len(entries):
        found = [(period, _rounds(entries, at, period)) for period in range(1, LONGEST_ROUND + 1)]
        period, rounds = next(((p, n) for p, n in found if n > 2 or (p == 1 and n > 1)), (1, 1))
        for i in range(period):
            last = entries[at + (rounds - 1) * period + i].at
            folded.append(replace(entries[at + i], times=rounds, until=last))
        at += period * rounds
    return tuple(folded)


def intents_at(records: Sequence[Recorded], t: Floats) -> tuple[float, ...]:
    """When operators asked for something."""
    return tuple(_at(r, t) for r in records if isinstance(r.what, Intent))


def samples_of(records: Sequence[Recorded], t: Floats) -> float:
    """mL of samples entered since RAMP began."""
    return sum(
        r.what.value
        for r in records
        if isinstance(r.what, Event)
        and r.what.code is EventCode.ENTERED
        and r.what.subject == "sample_ml"
        and _at(r, t) >= 0.0
    )


def changes_of(records: Sequence[Recorded], flows: Mapping[str, Json], t: Floats) -> Changes:
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
