"""A change of a set point: what it would do, reviewed first and confirmed then (safety 6.3).

The hard limits are the controller's own and it has the last word; here they are said before somebody asks.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from qh1a.channels import BY_ID, CHANNELS
from qh1a.console.figures import Figures
from qh1a.console.relay import Relay
from qh1a.settings import PLASMA_TO_BLOOD_MAX
from qh1a.tick import State
from qh1a.units import NS_PER_S, nanoseconds

COUNTED_SHARE: Final = 0.70
"""Flows below this share of the prescribed ones are no treatment time (circuit 6)."""
_RUNNING: Final = frozenset({State.RAMP.name, State.TREAT.name})
_FLOWS: Final = ("blood_ml_min", "plasma_ml_min", "perfusion_ml_min")
_BLOOD, _PLASMA, _PERFUSION = _FLOWS
_ABSOLUTE: Final[Mapping[str, str]] = {"temperature_c": "soft_temperature_c", "ph": "soft_ph"}
"""Set points whose soft limit is no share of the value in force, and the figure that it is."""


@checked(frozen=True, slots=True)
class SetPoint:
    """One set point as the controller offers it: channels of the signal and of the value in force, limits."""

    key: str
    channel: str
    set: str
    lo: float
    hi: float
    least_before: float


@checked(frozen=True, slots=True)
class _Flows:
    blood_ml_min: float
    plasma_ml_min: float
    perfusion_ml_min: float


@checked(frozen=True, slots=True)
class _Patient:
    haematocrit: float


@checked(frozen=True, slots=True)
class _Prescription:
    nominal_h: float
    flows: _Flows
    patient: _Patient


@checked(frozen=True, slots=True)
class _About:
    prescription: _Prescription
    limits: Mapping[str, object]
    set_points: tuple[SetPoint, ...] = ()


_about: Final = TypeAdapter(_About)


class Effect(NamedTuple):
    """One thing a change does, or is about: its code and figure before and after."""

    code: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Review:
    """A change that somebody looked at. `second`: beyond a soft limit, so another person signs too."""

    id: str
    key: str
    unit: str
    old: float
    new: float
    lo: float
    hi: float
    second: bool
    effects: tuple[Effect, ...]
    force: Mapping[str, float]
    made_ns: Annotated[int, "wall"]
    generation: int


class RefusedError(Exception):
    """A change that cannot be."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def set_points(about: Mapping[str, object]) -> tuple[SetPoint, ...]:
    """The set points that a controller offers; none of one that offers none."""
    try:
        return TypeAdapter(tuple[SetPoint, ...]).validate_python(about.get("set_points", ()))
    except ValidationError:
        return ()


class Settings:
    """Reviews for one session on the link."""

    def __init__(self, relay: Relay, figures: Figures) -> None:
        self._relay, self._f = relay, figures

    def in_force(self) -> dict[str, float]:
        """The set points in force, by key; what is not known is not there."""
        rows = set_points(self._relay.about)
        return {row.key: v for row in rows if (v := self._relay.value(row.set)) is not None}

    def review(self, key: str, value: float, wall_ns: int) -> Review:
        """What this change would do. Raises `RefusedError`."""
        try:
            about = _about.validate_python(self._relay.about)
        except ValidationError as error:
            raise RefusedError(reason="NO_VALUE") from error
        rows = {row.key: row for row in about.set_points}
        if key not in rows:
            raise RefusedError(reason="UNKNOWN_KEY")
        row, force = rows[key], self.in_force()
        if set(force) != set(rows) or self._relay.latest is None or row.channel not in BY_ID:
            raise RefusedError(reason="NO_VALUE")
        if value == force[key]:
            raise RefusedError(reason="UNCHANGED")
        session = self._relay.latest.session
        running = session.get("state") in _RUNNING or _whole(session.get("wall_ns")) > 0
        least = row.lo if running else row.least_before
        after = changed(rows, force, key, value, least)
        warn = about.limits.get("qp_qb_warn")
        ratio = after[_PLASMA] / after[_BLOOD]
        second = self._far(force, after, key) or (isinstance(warn, float) and ratio >= warn)
        return Review(
            secrets.token_urlsafe(12), key, CHANNELS[BY_ID[row.channel]].unit, force[key], value, least,
            row.hi, second, self._effects(about.prescription, session, force, after), force, wall_ns,
            self._relay.generation,
        )  # fmt: skip

    def _far(self, force: Mapping[str, float], after: Mapping[str, float], key: str) -> bool:
        figure = _ABSOLUTE.get(key)
        most = self._f.soft_fraction * abs(force[key])
        if figure is not None:
            most = self._f.soft_ph if figure == "soft_ph" else self._f.soft_temperature_c
        return abs(after[key] - force[key]) > most * (1.0 + 1e-9)

    def _effects(
        self,
        p: _Prescription,
        session: Mapping[str, object],
        before: Mapping[str, float],
        after: Mapping[str, float],
    ) -> tuple[Effect, ...]:
        done_s = _whole(session.get("effective_ns")) / NS_PER_S
        end_s = p.nominal_h * 3600.0 + _whole(session.get("extension_ns")) / NS_PER_S
        had = session.get("plasma_ml")
        had_ml = float(had) if isinstance(had, int | float) else 0.0
        cells = 1.0 - p.patient.haematocrit

        def ratio(sets: Mapping[str, float]) -> float:
            return sets[_PLASMA] / sets[_BLOOD]

        def litres(sets: Mapping[str, float]) -> float:
            return (had_ml + sets[_PLASMA] * max(0.0, end_s - done_s) / 60.0) / 1000.0

        balance = self._relay.value("balance")
        found = [
            Effect("QP_QB", ratio(before), ratio(after)),
            Effect("PLASMA", before[_PLASMA], after[_PLASMA]),
            Effect("SHARE", ratio(before) / cells, ratio(after) / cells),
            Effect("LITRES", litres(before), litres(after)),
            Effect("BALANCE", balance, balance),
        ]
        prescribed = {_BLOOD: p.flows.blood_ml_min, _PLASMA: p.flows.plasma_ml_min,
                      _PERFUSION: p.flows.perfusion_ml_min}  # fmt: skip
        least = {flow: COUNTED_SHARE * prescribed[flow] for flow in _FLOWS}
        # One line for each flow that is too low to count: what it becomes, and from where it would.
        found += [
            Effect("NOT_COUNTED", least[flow], after[flow]) for flow in _FLOWS if after[flow] < least[flow]
        ]
        return tuple(found)

    def confirmable(self, review: Review | None, id_: str, wall_ns: int) -> str:
        """Why a review cannot be confirmed now: NO_REVIEW, TOO_SOON, or nothing."""
        if review is None or not secrets.compare_digest(review.id.encode(), id_.encode()):
            return "NO_REVIEW"
        age = wall_ns - review.made_ns
        if age >= nanoseconds(self._f.review_s) or review.generation != self._relay.generation:
            return "NO_REVIEW"
        if self.in_force() != review.force:
            return "NO_REVIEW"
        return "TOO_SOON" if age < nanoseconds(self._f.confirm_after_s) else ""


def changed(
    rows: Mapping[str, SetPoint], force: Mapping[str, float], key: str, value: float, least: float
) -> dict[str, float]:
    """The set points after a change, as the controller makes them. Raises `RefusedError`.

    The plasma fraction is what is prescribed: Q_p follows Q_b.
    """
    if not least <= value <= rows[key].hi:
        raise RefusedError(reason="OUT_OF_RANGE")
    after = {**force, key: value}
    most = PLASMA_TO_BLOOD_MAX * after[_BLOOD]
    if key == _BLOOD:
        after[_PLASMA] = min(force[_PLASMA] * value / force[_BLOOD], most)
        if not rows[_PLASMA].lo <= after[_PLASMA] <= rows[_PLASMA].hi:
            raise RefusedError(reason="OUT_OF_RANGE")
    if after[_PLASMA] > most:
        raise RefusedError(reason="RATIO")
    if after[_PERFUSION] < 1.1 * after[_PLASMA] + 5.0:
        raise RefusedError(reason="PERFUSION")
    return after


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
