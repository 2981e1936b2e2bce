"""What is said on the link, each way, in schema 1.

A message is one line of JSON, an object with `kind`. From a client: `hello` first, then `intent`s. From the
controller: `hello`, `state`s, an `answer` to each intent, or `refused` and the end of the connection.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple, TypeVar

from annotated_types import Len, Predicate
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from qh1a.tick import AlarmView, Decision, Event, Frame, IntentName, SessionView

T = TypeVar("T")
SCHEMA: Final = 1
LINE_MOST: Final = 64 * 1024
"""Longest line a controller reads, bytes."""
STATE_MOST: Final = 1024 * 1024
"""Longest line a client reads: a full state is 6 kB, and 200 events may come with it."""
_DECIMALS: Final = 6
"""Finer than the finest step of any channel."""


NO_LOOPS: Final[Mapping[str, tuple[float, ...]]] = {}


class Role(StrEnum):
    """Who a client says it is. What a role may do: `Link` takes intents from a CONSOLE only."""

    CONSOLE = "console"
    WATCH = "watch"
    MQTT = "mqtt"


Ref = Annotated[str, Len(1, 64)]
Name = Annotated[str, Len(0, 64)]


@checked(frozen=True, slots=True, config={"extra": "forbid"})
class Hello:
    """A client's first line."""

    kind: Literal["hello"]
    schema: Literal[1]
    role: Role
    name: Name = ""


@checked(frozen=True, slots=True, config={"extra": "forbid"})
class Wish:
    """An intent as a client sends it.

    `ref` is the client's own, unique: a wish that is sent again under the same one is answered again, and
    taken once. `seen`, where it is given, is the `now` of the state that the person looked at: the wish is
    refused with STALE once another has been taken after it, unless it makes safer.
    """

    ref: Ref
    name: Annotated[str, Predicate(IntentName.__members__.__contains__)]
    key: Name = ""
    value: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    who: Name = ""
    why: Annotated[str, Len(0, 500)] = ""
    seen: Annotated[int, Field(ge=0)] | None = None
    kind: Literal["intent"] = "intent"


class Delivered(StrEnum):
    """What became of a wish. UNCERTAIN: the link was lost, or silent; nobody may guess which."""

    TAKEN = "taken"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


class Answer(NamedTuple):
    """The answer to one wish: by the tick at `now` (ns), with the reason of a refusal."""

    ref: str
    delivered: Delivered
    now: int = 0
    reason: str = ""


class Told(NamedTuple):
    """An event with its number in the session, from 1, and the tick it belongs to, ns."""

    number: int
    now: int
    event: Event


@dataclass(frozen=True, slots=True)
class State:
    """Everything after one tick.

    `seq` counts the states, `now` is the tick's time (ns), `label` the wall clock's. Values and qualities
    stand in channel order, None where there is no figure, commands in actuator order. `events` are those
    since the state before; `missed` says how many were too old to be kept.

    `age_ms` is each measured value's, `late_ticks` were skipped so far. `loops` are the terms of each
    controller: feed-forward, P, I, D, output, and which limiter leads (0: none). `speed` is that of simulated
    time, None as fast as it goes; `chain` the record's number of links and its head.
    """

    seq: int
    now: int
    label: str
    value: tuple[float | None, ...]
    quality: tuple[int, ...]
    command: tuple[float, ...]
    session: Mapping[str, object]
    alarms: tuple[Mapping[str, object], ...]
    events: tuple[Mapping[str, object], ...] = ()
    missed: int = 0
    age_ms: tuple[int, ...] = ()
    late_ticks: int = 0
    speed: float | None = 1.0
    chain: Mapping[str, int | str] = field(default_factory=dict)
    loops: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)


class Status(NamedTuple):
    """What a state carries that no tick decides, see `State`; `chain` is the number of links and the head."""

    speed: float | None = 1.0
    chain: tuple[int, str] = (0, "")
    loops: Mapping[str, tuple[float, ...]] = NO_LOOPS


class MalformedError(Exception):
    """A line that is no message; the text says why, for people."""


_hello: Final = TypeAdapter(Hello)
_wish: Final = TypeAdapter(Wish)
_state: Final = TypeAdapter(State)
_answer: Final = TypeAdapter(Answer)


def _object(line: bytes) -> dict[str, object]:
    try:
        found: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        msg = f"not a line of JSON: {error}"
        raise MalformedError(msg) from error
    if not isinstance(found, dict):
        msg = "allowed is a JSON object"
        raise MalformedError(msg)
    return found


def _checked(adapter: TypeAdapter[T], found: object) -> T:
    try:
        return adapter.validate_python(found)
    except ValidationError as error:
        why = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise MalformedError(why) from error


def read_hello(line: bytes) -> Hello:
    """A client's first line. Raises `MalformedError`."""
    return _checked(_hello, _object(line))


def read_wish(line: bytes) -> Wish:
    """An intent of a client. Raises `MalformedError`."""
    return _checked(_wish, _object(line))


def read_reply(line: bytes) -> tuple[str, dict[str, object]]:
    """A line of the controller: its kind and the rest. Raises `MalformedError`."""
    found = _object(line)
    kind = found.pop("kind", None)
    if not isinstance(kind, str):
        msg = "a message without a kind"
        raise MalformedError(msg)
    return kind, found


def read_answer(found: Mapping[str, object]) -> Answer:
    """The answer in a line of that kind. Raises `MalformedError`."""
    return _checked(_answer, found)


def read_state(found: Mapping[str, object]) -> State:
    """The state in a line of that kind. Raises `MalformedError`."""
    return _checked(_state, found)


def line(kind: str, body: Mapping[str, object]) -> bytes:
    """One message. Figures must be finite: JSON knows no others."""
    text = json.dumps({"kind": kind, **body}, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def wish_line(wish: Wish) -> bytes:
    """A wish, to be sent."""
    return line(
        "intent",
        {name: getattr(wish, name) for name in ("ref", "name", "key", "value", "who", "why", "seen")},
    )


def answer_line(answer: Answer) -> bytes:
    """An answer, to be sent."""
    return line("answer", answer._asdict())


def _figure(value: float) -> float | None:
    return round(value, _DECIMALS) if math.isfinite(value) else None


def _session(view: SessionView) -> dict[str, object]:
    return {
        **view._asdict(),
        "state": view.state.name, "left": view.left.name, "outcome": view.outcome.name,
        "phase": view.phase.name, "pause": view.pause.name,
    }  # fmt: skip


def _alarm(view: AlarmView) -> dict[str, object]:
    return {**view._asdict(), "priority": view.priority.name, "response": view.response.name}


def _told(told: Told) -> dict[str, object]:
    event = told.event
    return {
        "number": told.number, "now": told.now, "code": event.code.name, "subject": event.subject,
        "value": _figure(event.value), "detail": event.detail,
    }  # fmt: skip


def state_body(
    seq: int, frame: Frame, decision: Decision, label: str, late_ticks: int, status: Status
) -> dict[str, object]:
    """Everything after one tick, but for the events, which are each client's own."""
    return {
        "late_ticks": late_ticks,
        "speed": status.speed,
        "chain": dict(zip(("n", "head"), status.chain, strict=True)),
        "loops": {name: [*map(_figure, terms)] for name, terms in status.loops.items()},
        "age_ms": [(frame.now - at) // 1_000_000 for at in frame.at],
        "seq": seq,
        "now": frame.now,
        "label": label,
        "value": [*map(_figure, (*frame.value, *decision.derived))],
        "quality": [*map(int, (*frame.quality, *decision.derived_quality))],
        "command": list(decision.commands.value),
        "session": _session(decision.session),
        "alarms": [_alarm(view) for view in decision.alarms],
    }


def state_line(body: Mapping[str, object], events: Sequence[Told], missed: int) -> bytes:
    """A state for one client, with the events that it has not been told yet."""
    return line("state", {**body, "events": [_told(t) for t in events], "missed": missed})
