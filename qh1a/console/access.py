"""Who may ask for what, and when: one row per action, and what to say when the answer is no."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from qh1a.tick import STATES, IntentName, Phase, State


class Role(StrEnum):
    """What somebody is (safety 5.2, T4). VIEWER and SERVICE look; SECOND looks, and signs for another."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    SECOND = "second"
    ENGINEER = "engineer"
    SERVICE = "service"


class Person(NamedTuple):
    """Somebody who gave the right PIN."""

    name: str
    role: Role

    def __str__(self) -> str:
        return f"{self.name}/{self.role.value}"


Takes = Literal["", "value", "text"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be asked for, and the intent it becomes.

    `states` are those in which the session can grant it. `second`: another person signs too. `why`: a reason
    must be given. `takes`: what else the person gives; the text of an acknowledgement is the rule.
    """

    id: str
    intent: IntentName
    key: str
    states: frozenset[State]
    roles: frozenset[Role]
    second: bool = False
    why: bool = False
    takes: Takes = ""

    @property
    def always(self) -> bool:
        """STOP and audio pause ask for nobody's name, role, lease or fresh view."""
        return self.intent in (IntentName.STOP, IntentName.AUDIO_PAUSE)


_S, _I = State, IntentName
_EVERYBODY: Final = frozenset(Role)
_HANDS: Final = frozenset({Role.OPERATOR, Role.ENGINEER})
SIGNERS: Final = frozenset({Role.SECOND, Role.OPERATOR})
"""Who may be the second person."""
BEFORE: Final = frozenset(s for s in State if STATES[s].phase in {Phase.SELF_TEST, Phase.PRIME, Phase.READY})
"""Where an engineer may act, as long as nobody has been connected."""
_ALL: Final = frozenset(State)
_OPEN: Final = _ALL - {_S.ENDED}
_PLASMA: Final = frozenset({_S.RAMP, _S.TREAT})
_TREATING: Final = _PLASMA | {_S.TREAT_END}
_RINSING: Final = frozenset({_S.RINSE_PLASMA, _S.RINSE_BLOOD})
_HALTED: Final = frozenset({_S.PAUSE_PLASMA, _S.PAUSE_STOPPED})
_CONNECTING: Final = frozenset({_S.CONNECT_ACCESS, _S.CONNECT_FILL, _S.CONNECT_VENOUS})
_ENDABLE: Final = _TREATING | _HALTED | {_S.SAFE}


def _row(
    id_: str,
    intent: IntentName,
    key: str,
    states: Collection[State],
    second: bool = False,
    why: bool = False,
    takes: Takes = "",
) -> Action:
    always = intent in (_I.STOP, _I.AUDIO_PAUSE)
    roles = _EVERYBODY if always else _HANDS if BEFORE & frozenset(states) else frozenset({Role.OPERATOR})
    return Action(id_, intent, key, frozenset(states), roles, second, why, takes)


ACTIONS: Final = (
    _row("start", _I.START, "", {_S.SELF_WAIT}),
    _row("enter_cartridge", _I.ENTER, "cartridge", {_S.PRIME_LOAD}, takes="text"),
    _row("enter_viability", _I.ENTER, "viability_percent", {_S.PRIME_LOAD}, takes="value"),
    _row("enter_out", _I.ENTER, "out_of_incubator_min", {_S.PRIME_LOAD}, takes="value"),
    _row("confirm_load", _I.CONFIRM, "", {_S.PRIME_LOAD}, second=True),
    _row("enter_subject", _I.ENTER, "subject", {_S.READY}, takes="text"),
    _row("confirm_ready", _I.CONFIRM, "", {_S.READY}, second=True),
    _row("confirm_access", _I.CONFIRM, "", {_S.CONNECT_ACCESS}),
    _row("connected", _I.CONNECTED, "", {_S.CONNECT_VENOUS}),
    _row("set", _I.SET, "", _PLASMA | _HALTED),
    _row("pause_plasma", _I.PAUSE, "plasma", _PLASMA),
    _row("pause_stopped", _I.PAUSE, "stopped", _TREATING | _RINSING | {_S.PAUSE_PLASMA}),
    _row("pause_off", _I.PAUSE, "patient_off", _HALTED),
    _row("resume", _I.RESUME, "", _HALTED | {_S.PATIENT_OFF, _S.SAFE}),
    _row("extend", _I.EXTEND, "", _HALTED | {_S.TREAT, _S.TREAT_END}, why=True, takes="value"),
    _row("end", _I.END, "", _ENDABLE, why=True),
    _row("end_without_plasma", _I.END, "without_plasma", _ENDABLE, why=True),
    _row(
        "end_without_rinse", _I.END, "without_rinse",
        _HALTED | _CONNECTING | _RINSING | {_S.PATIENT_OFF, _S.SAFE, _S.TREAT_END}, why=True,
    ),
    _row("rinse_next", _I.RINSE_NEXT, "", _RINSING | _HALTED, why=True),
    _row("disconnected", _I.DISCONNECTED, "", {_S.DISCONNECT}),
    _row("abort", _I.ABORT, "", _OPEN - {_S.SAFE, _S.DISCONNECT}, why=True),
    _row("acknowledge", _I.ACKNOWLEDGE, "", _OPEN, takes="text"),
    _row("enter_sample", _I.ENTER, "sample_ml", _OPEN, takes="value"),
    _row("note", _I.ENTER, "note", _OPEN, why=True),
    _row("stop", _I.STOP, "", _ALL),
    _row("audio_pause", _I.AUDIO_PAUSE, "", _ALL),
)  # fmt: skip
BY_ID: Final[Mapping[str, Action]] = {row.id: row for row in ACTIONS}


class Situation(NamedTuple):
    """What of a session decides who may act: `begun`, a patient has been connected before."""

    state: State
    connected: bool
    begun: bool


def situation(session: Mapping[str, object]) -> Situation | None:
    """Of the session in a state of the link; None of one that this version does not know."""
    name, wall = session.get("state"), session.get("wall_ns")
    if not isinstance(name, str) or name not in State.__members__ or not isinstance(wall, int):
        return None
    return Situation(State[name], session.get("connected") is not False, wall > 0)


def denied(action: Action, role: Role, at: Situation) -> str:
    """Why a role may not ask for an action now: ROLE, STATE, or "" when it may."""
    if action.always:
        return ""
    if role not in action.roles:
        return "ROLE"
    if role is Role.ENGINEER and (at.connected or at.begun or at.state not in BEFORE):
        return "ROLE"
    return "" if at.state in action.states else "STATE"


REASONS: Final = frozenset({
    "NO_SESSION", "HOST", "ORIGIN", "TOKEN", "TYPE", "TOO_LARGE", "TOO_FAST", "TOO_SLOW",
    "TOO_MANY_STREAMS", "TOO_MANY_BROWSERS", "METHOD", "NOT_FOUND", "MALFORMED", "BROKEN", "UNKNOWN_ACTION",
    "NOT_LOGGED_IN", "IDLE_LOCKED", "WRONG_PIN", "LOCKED", "ROLE", "STATE", "LEASE", "TAKING", "STALE",
    "WHY_NEEDED", "VALUE_NEEDED", "SECOND_NEEDED", "SECOND_SAME", "SECOND_ROLE", "REVIEW_NEEDED",
    "NO_REVIEW", "TOO_SOON", "UNKNOWN_KEY", "UNCHANGED", "NO_VALUE", "REF_USED", "LOST", "UNCERTAIN",
    "NO_AUDIT", "NOT_ENDED", "VIEW_ONLY", "SCRIPTED", "TOO_MANY", "ENDED",
})  # fmt: skip
"""Why the console itself says no; in words, by language: table `reason` of configs/console."""
