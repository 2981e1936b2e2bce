"""What the terminal view knows: what the link said, checked, and a short past.

Values only: nothing here waits, and nothing here draws.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from typing import Annotated, Final, NamedTuple, Protocol

from annotated_types import Len
from pydantic import BeforeValidator, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from qh1a.channels import CHANNELS, Channel
from qh1a.config import ConfigError, build_limits
from qh1a.hazards import RULES, Rule
from qh1a.link import State as Said
from qh1a.settings import Limits
from qh1a.tick import ACTUATORS, Actuator, Delivery, EventCode, Outcome, Priority, Quality, State
from qh1a.units import NS_PER_S

LOG_KEPT: Final = 500
PAST: Final = (Channel.P_VEN, Channel.TMP, Channel.Q_P)
"""The channels with a sparkline."""
PAST_KEPT: Final = 48
"""Points of a sparkline."""
PAST_EVERY: Final = 4
"""States from one point to the next: a second."""
_N: Final = len(CHANNELS)
_DELIVERIES: Final = frozenset(Delivery)


class Source(Protocol):
    """Where states come from: a `LinkClient`."""

    async def state(self) -> Said:
        """The newest state, once each. Raises `LinkLostError`."""
        ...


class StrangeError(Exception):
    """The controller says of itself or its session what this view does not know; the text says what."""


def _member(kind: type[IntEnum]) -> Callable[[str], IntEnum]:
    """The member of that name. Raises `ValueError`."""

    def member(name: str) -> IntEnum:
        if name not in kind.__members__:
            msg = f"{name} is no {kind.__name__}"
            raise ValueError(msg)
        return kind[name]

    return member


@checked(frozen=True, slots=True)
class Prescribed:
    """What the view needs of a prescription."""

    name: str
    nominal_h: float


@checked(frozen=True, slots=True)
class _Introduced:
    plant: str
    prescription: Prescribed
    limits: Mapping[str, object]
    faults: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class About:
    """What a controller said of itself; `faults`: least, most and usual magnitude of what may be injected."""

    plant: str
    prescription: Prescribed
    limits: Limits
    faults: Mapping[str, tuple[float, float, float]]


@checked(frozen=True, slots=True)
class Session:
    """The session after a tick; times in ns."""

    state: Annotated[State, BeforeValidator(_member(State))]
    outcome: Annotated[Outcome, BeforeValidator(_member(Outcome))]
    extension_ns: int
    effective_ns: int
    wall_ns: int
    plasma_ml: float


@checked(frozen=True, slots=True)
class Alarm:
    """One alarm that is present; `since` in ns."""

    rule: str
    priority: Annotated[Priority, BeforeValidator(_member(Priority))]
    since: int
    active: bool
    acknowledged: bool


@checked(frozen=True, slots=True)
class Happened:
    """One event; `now` in ns."""

    number: int
    now: int
    code: Annotated[EventCode, BeforeValidator(_member(EventCode))]
    subject: str
    value: float | None
    detail: str


@checked(frozen=True, slots=True)
class Record:
    """The record of the session: links of its chain, and the hash of the last."""

    n: int = 0
    head: str = ""


class Terms(NamedTuple):
    """What a loop's output is made of, and the limiter that leads, from 1; 0 is the loop itself."""

    feed: float | None
    p: float | None
    i: float | None
    d: float | None
    out: float | None
    leader: int


@checked(frozen=True, slots=True)
class View:
    """One state of the link, checked. `value` holds None wherever the quality is not GOOD.

    `age_ms` of the measured channels, `speed` of simulated time (None: as fast as it goes).
    """

    seq: int
    now: int
    label: str
    value: Annotated[tuple[float | None, ...], Len(_N, _N)]
    quality: Annotated[tuple[Quality, ...], Len(_N, _N)]
    command: Annotated[tuple[float, ...], Len(len(ACTUATORS), len(ACTUATORS))]
    session: Session
    alarms: tuple[Alarm, ...]
    events: tuple[Happened, ...]
    missed: int
    age_ms: tuple[int, ...] = ()
    late_ticks: int = 0
    speed: float | None = 1.0
    chain: Record = field(default_factory=Record)
    loops: Mapping[str, Terms] = field(default_factory=dict)

    def delivery(self, actuator: Actuator) -> Delivery | None:
        """What became of the last command, where that is known."""
        code = self.value[Channel.DLV_BP + actuator]
        return Delivery(int(code)) if code in _DELIVERIES else None


_introduced: Final = TypeAdapter(_Introduced)
_view: Final = TypeAdapter(View)


def _why(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def about_of(said: Mapping[str, object]) -> About:
    """What a controller said of itself. Raises `StrangeError`."""
    try:
        found = _introduced.validate_python(said)
        return About(found.plant, found.prescription, build_limits(found.limits, "limits"), found.faults)
    except ValidationError as error:
        raise StrangeError(_why(error)) from error
    except ConfigError as error:
        raise StrangeError(str(error)) from error


def view_of(said: Said) -> View:
    """A state of the link, its bad figures taken away. Raises `StrangeError`."""
    try:
        view = _view.validate_python({field.name: getattr(said, field.name) for field in fields(said)})
    except ValidationError as error:
        raise StrangeError(_why(error)) from error
    good = zip(view.value, view.quality, strict=True)
    return replace(view, value=tuple(v if q is Quality.GOOD else None for v, q in good))


@dataclass(frozen=True, slots=True)
class Watched:
    """The newest view with what came before it: points of the sparklines and events, oldest first."""

    about: About
    view: View | None = None
    past: tuple[tuple[float | None, ...], ...] = ()
    log: tuple[Happened, ...] = ()
    missed: int = 0
    """Events that nobody kept for us."""

    def then(self, view: View) -> "Watched":
        """The same, one state later."""
        past = self.past
        if self.view is None or view.seq // PAST_EVERY != self.view.seq // PAST_EVERY:
            past = (*past, tuple(view.value[channel] for channel in PAST))[-PAST_KEPT:]
        log = (*self.log, *view.events)[-LOG_KEPT:]
        return replace(self, view=view, past=past, log=log, missed=self.missed + view.missed)

    @property
    def nominal_ns(self) -> int:
        """Effective time that is asked for, with what it was extended by."""
        extension = self.view.session.extension_ns if self.view else 0
        return round(self.about.prescription.nominal_h * 3600 * NS_PER_S) + extension


class Margin(NamedTuple):
    """How far a rule is from its limit: percent of the limit, 0 at the limit, negative beyond it.

    Of a limit of zero there is no percentage: plus or minus infinity says on which side the value is.
    """

    rule: Rule
    value: float
    limit: float
    percent: float
    armed: bool


def margins(view: View, limits: Limits) -> tuple[Margin, ...]:
    """Every rule whose channel is GOOD, the armed first, of those the smallest margin first."""
    found: list[Margin] = []
    for rule in RULES:
        value = view.value[rule.channel]
        if value is not None:
            limit = limits[rule.limit]
            percent = _percent((limit - value) * rule.side, limit)
            found.append(Margin(rule, value, limit, percent, view.session.state in rule.armed))
    return tuple(sorted(found, key=lambda m: (not m.armed, m.percent)))


def _percent(left: float, limit: float) -> float:
    if left == 0.0:
        return 0.0
    return 100.0 * left / abs(limit) if limit else math.copysign(math.inf, left)


def audible(view: View) -> tuple[Alarm, ...]:
    """The alarms with a signal, the highest priority first, of those the newest first."""
    signalled = (alarm for alarm in view.alarms if alarm.priority is not Priority.NONE)
    return tuple(sorted(signalled, key=lambda alarm: (-alarm.priority, -alarm.since)))
