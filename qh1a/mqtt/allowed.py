"""What may leave: every word and figure of a payload is on a list here, or it stays inside.

A text of the link goes out only where it equals a word of the program's own tables; so no name, reason, scan
or identifier that somebody typed can.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from hashlib import sha256
from typing import Final, NamedTuple

from qh1a.channels import CHANNELS, Channel
from qh1a.hazards import RULES
from qh1a.link import State
from qh1a.plant import PlantKind
from qh1a.tick import (
    EventCode,
    IntentName,
    Outcome,
    PauseKind,
    Phase,
    Priority,
    Quality,
    Response,
)
from qh1a.tick import State as Step
from qh1a.units import NS_PER_S

SCHEMA: Final = 1
Words = Collection[str]


def _names(kind: type[Enum]) -> frozenset[str]:
    return frozenset(kind.__members__)


_RULES: Final[Words] = frozenset(rule.id for rule in RULES)
_NONE: Final[Words] = frozenset()
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LABEL: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


class _Event(NamedTuple):
    """What of an event may leave beside its code."""

    subject: Words = _NONE
    value: bool = False
    detail: Words = _NONE


_RULE: Final = _Event(_RULES)
_INTENT: Final = _Event(_names(IntentName))
_CHECK: Final = _Event(_names(Channel), value=True, detail=_names(Step))
_EVENTS: Final[Mapping[EventCode, _Event]] = {
    EventCode.STATE: _Event(_names(Step)),
    EventCode.CHECK_PASSED: _CHECK,
    EventCode.CHECK_FAILED: _CHECK,
    EventCode.INTENT_TAKEN: _INTENT,
    EventCode.INTENT_REFUSED: _INTENT,
    EventCode.ALARM_RAISED: _Event(_RULES, value=True, detail=_names(Priority)),
    EventCode.ALARM_CLEARED: _RULE,
    EventCode.ALARM_ACKNOWLEDGED: _RULE,
    EventCode.ALARM_RESET: _RULE,
    EventCode.ALARM_ESCALATED: _RULE,
    EventCode.ALARM_REMINDED: _RULE,
    EventCode.AUDIO_PAUSED: _Event(value=True),
    EventCode.AUDIO_RESUMED: _RULE,
    EventCode.RESPONSE: _Event(_names(Response), detail=_RULES),
    EventCode.INTERLOCK: _Event(value=True),
    EventCode.END_PROMPT: _Event(),
    EventCode.FROZEN: _Event(),
    EventCode.EXTENDED: _Event(value=True),
    EventCode.OUTCOME: _Event(value=True, detail=_names(Outcome)),
    EventCode.GAP: _Event(value=True),
    EventCode.SUBSTITUTED: _Event(),
    # A scan is entered too: neither what nor how much.
    EventCode.ENTERED: _Event(),
}


def pseudonym(config: str, seed: int) -> str:
    """The name of a session outside: 16 hex digits that say nothing of the subject."""
    return sha256(f"{config}:{seed}".encode()).hexdigest()[:16]


def event_body(told: Mapping[str, object]) -> dict[str, object] | None:
    """What may leave of one event of the link; None for one that this version does not know."""
    name = _word(told.get("code"), EventCode.__members__)
    if name is None:
        return None
    allowed = _EVENTS[EventCode[name]]
    return {
        "schema": SCHEMA,
        "number": _number(told.get("number")),
        "now_s": _seconds(told.get("now")),
        "code": name,
        "subject": _word(told.get("subject"), allowed.subject),
        "value": _number(told.get("value")) if allowed.value else None,
        "detail": _word(told.get("detail"), allowed.detail),
    }


def chain_body(chain: Mapping[str, object]) -> dict[str, object]:
    """The head of the record's chain, so that somebody else has seen it, and how many links hang on it."""
    head = chain.get("head")
    known = isinstance(head, str) and _HASH.fullmatch(head) is not None
    return {"n": _number(chain.get("n")), "head": head if known else None}


def state_body(plant: object, state: State) -> dict[str, object]:
    """What may leave of a state. A channel that is not GOOD is null, and `quality` says why."""
    value: dict[str, object] = {}
    quality: dict[str, str] = {}
    for row, figure, mark in zip(CHANNELS, state.value, state.quality, strict=False):
        good = mark == Quality.GOOD
        value[row.id] = _number(figure) if good else None
        if not good:
            quality[row.id] = _QUALITIES.get(mark, "UNKNOWN")
    return {
        "schema": SCHEMA,
        "plant": _word(plant, PlantKind.__members__),
        "seq": state.seq,
        "now_s": _seconds(state.now),
        "label": state.label if _LABEL.fullmatch(state.label) else None,
        "chain": chain_body(state.chain),
        "session": {key: rule(state.session.get(source)) for key, source, rule in _SESSION},
        "alarms": [
            {key: rule(alarm.get(source)) for key, source, rule in _ALARM}
            for alarm in state.alarms
            if alarm.get("rule") in _RULES
        ],
        "value": value,
        "quality": quality,
    }


def _word(found: object, allowed: Words) -> str | None:
    return found if isinstance(found, str) and found in allowed else None


def _number(found: object) -> float | int | None:
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        return None
    return found


def _seconds(found: object) -> float | None:
    number = _number(found)
    return None if number is None else number / NS_PER_S


def _flag(found: object) -> bool | None:
    return found if isinstance(found, bool) else None


def _one_of(words: Words) -> Callable[[object], object]:
    return lambda found: _word(found, words)


_QUALITIES: Final = {int(q): q.name for q in Quality}
_Row = tuple[str, str, Callable[[object], object]]
_SESSION: Final[tuple[_Row, ...]] = (
    ("state", "state", _one_of(_names(Step))),
    ("left", "left", _one_of(_names(Step))),
    ("phase", "phase", _one_of(_names(Phase))),
    ("pause", "pause", _one_of(_names(PauseKind))),
    ("outcome", "outcome", _one_of(_names(Outcome))),
    ("connected", "connected", _flag),
    ("in_state_s", "in_state_ns", _seconds),
    ("effective_s", "effective_ns", _seconds),
    ("blood_s", "blood_ns", _seconds),
    ("wall_s", "wall_ns", _seconds),
    ("extension_s", "extension_ns", _seconds),
    ("plasma_ml", "plasma_ml", _number),
)
_ALARM: Final[tuple[_Row, ...]] = (
    ("rule", "rule", _one_of(_RULES)),
    ("priority", "priority", _one_of(_names(Priority))),
    ("response", "response", _one_of(_names(Response))),
    ("since_s", "since", _seconds),
    ("active", "active", _flag),
    ("acknowledged", "acknowledged", _flag),
)
if set(_EVENTS) != set(EventCode):
    msg = "not every event has its row"
    raise AssertionError(msg)
