"""The alarm budget: how many alarms asked something of anybody, and how many only took attention.

Clinical reference 6: at most two alarms in a session that nobody could act on; alarm load per hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qh1a.hazards import RULES
from qh1a.report.events import Alarm, Entry
from qh1a.report.parts import boxes, hms
from qh1a.report.parts import number as shown
from qh1a.tick import IntentName, Priority, Response

BUDGET: Final = 2
"""Alarms in a session that nobody could act on (clinical reference 6)."""
AFTER_S: Final = 300.0
"""An act of the operator this long after an alarm was raised, or while it stands, is an answer to it."""
TEN_MIN_S: Final = 600.0
_RESPONSE: Final = {rule.id: rule.response for rule in RULES}
_ATTENTION: Final = (IntentName.ACKNOWLEDGE.name.lower(), IntentName.AUDIO_PAUSE.name.lower())
"""Acts that answer the signal and not its cause."""


@dataclass(frozen=True, slots=True)
class Load:
    """The alarms above LOW of a session; `per_hour` and `answered_s` are None where there is nothing."""

    alarms: int
    acted: int
    """The machine restricted something, or the operator did more than to take note."""
    idle: int
    """Neither: counted against the budget."""
    per_hour: float | None
    worst_10_min: int
    answered_s: float | None
    """The longest that one waited for its acknowledgement."""

    @property
    def kept(self) -> bool:
        """Whether the budget is kept."""
        return self.idle <= BUDGET


def load(alarms: Sequence[Alarm], journal: Sequence[Entry], hours: float) -> Load:
    """The load of these alarms; `journal` in seconds of the same clock, `hours` that the session lasted."""
    loud = [a for a in alarms if a.priority > Priority.LOW]
    acts = [e.at for e in journal if not e.machine and not e.what.startswith(_ATTENTION)]
    acted = sum(_acted(a, acts) for a in loud)
    raised = sorted(a.raised for a in loud)
    waits = [a.acknowledged - a.raised for a in loud if a.acknowledged is not None]
    return Load(
        alarms=len(loud),
        acted=acted,
        idle=len(loud) - acted,
        per_hour=len(loud) / hours if hours > 0.0 else None,
        worst_10_min=max((sum(at <= r < at + TEN_MIN_S for r in raised) for at in raised), default=0),
        answered_s=max(waits, default=None),
    )


def _acted(alarm: Alarm, acts: Sequence[float]) -> bool:
    if _RESPONSE.get(alarm.rule, Response.R0) >= Response.R1:
        return True
    until = max(alarm.raised + AFTER_S, alarm.cleared if alarm.cleared is not None else alarm.raised)
    return any(alarm.raised <= at <= until for at in acts)


def alarm_budget(alarms: Sequence[Alarm], journal: Sequence[Entry], hours: float) -> str:
    """The figures as boxes; nothing without alarms above LOW."""
    found = load(alarms, journal, hours)
    if not found.alarms:
        return ""
    waited = "" if found.answered_s is None else f"longest wait for an answer {hms(found.answered_s)}"
    verdict = "inside" if found.kept else "OVER"
    cells = (
        ("alarms above LOW", str(found.alarms), "", waited),
        ("alarm load", shown(found.per_hour, 1), "per hour", f"{found.worst_10_min} in the worst 10 min"),
        ("acted upon", str(found.acted), "", "by the machine, or by the operator"),
        ("only seen", str(found.idle), "", f"{verdict} the budget of {BUDGET} a session"),
    )
    return boxes(cells)
