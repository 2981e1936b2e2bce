"""Fault scripts: which faults of the catalogue (`fault_table`) come when, and what they then disturb.

A fault drives one disturbance of the circuit (`truth.Disturbance`) or one misreading of one sensor
(`misreading.Misreading`); circuit and sensors know nothing of faults, the controller sees only their signs.
"""

import difflib
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from qh1a.channels import BY_ID, CHANNELS, Channel
from qh1a.sim.counter import stream_key, unit
from qh1a.sim.fault_row import Drive, FaultRow, Profile
from qh1a.sim.fault_table import FAULTS
from qh1a.sim.misreading import UNDISTURBED, Misreading, slot
from qh1a.tick import Phase
from qh1a.units import NS_PER_S, Ns, nanoseconds

_ONSETS: Final = frozenset({Profile.RAMP, Profile.EXPONENTIAL, Profile.GROWTH})
"""Profiles that need a duration and stay."""
_DOUBLINGS: Final = 10.0
BY_NAME: Final[Mapping[str, FaultRow]] = {row.name: row for row in FAULTS}


class FaultError(ValueError):
    """A fault script cannot be used: which file, key and value, and what is allowed, in one line."""

    def __init__(self, file: str, key: str, value: object, allowed: str) -> None:
        # TOML has no null: None is a key that is not there.
        what = f"{key} missing" if value is None else f"{key} = {value!r}"
        super().__init__(" ".join(f"{file}: {what}: allowed {allowed}".split()))
        self.file, self.key, self.value, self.allowed = file, key, value, allowed


@dataclass(frozen=True, slots=True)
class ScriptedFault:
    """One row of a script. `at_s` counts from the first time `phase` is entered."""

    fault: FaultRow
    at_s: float
    duration_s: float | None
    magnitude: float
    profile: Profile
    phase: Phase
    channel: Channel | None = None
    """The sensor, for a fault of one."""

    @property
    def slot(self) -> int:
        """What it drives, as an index into all that can be disturbed."""
        return slot(self.fault.disturbance, self.channel)

    @property
    def drives(self) -> str:
        """The same in words."""
        name = self.fault.disturbance.name
        return name if self.channel is None else f"{name} of {CHANNELS[self.channel].id}"

    def table(self) -> dict[str, object]:
        """The row as a script gives it that leaves nothing to defaults: for the record."""
        sensor = {} if self.channel is None else {_CHANNEL: CHANNELS[self.channel].id}
        lasts = {} if self.duration_s is None else {"duration_s": self.duration_s}
        return {
            "fault": self.fault.name, "phase": self.phase.name, "at_s": self.at_s, **lasts,
            "profile": self.profile.value, "magnitude": self.magnitude, **sensor,
        }  # fmt: skip

    @property
    def ends_s(self) -> float:
        """When it is over on the script's own time: infinite for one that stays."""
        if self.duration_s is None or self.profile in _ONSETS:
            return math.inf
        return self.at_s + self.duration_s


INJECTABLE: Final[Mapping[str, tuple[FaultRow, Channel | None]]] = {
    **{row.name: (row, row.channels[0] if row.channels else None) for row in FAULTS},
    **{f"{row.name}:{CHANNELS[c].id}": (row, c) for row in FAULTS for c in row.channels},
}
"""What can be given to a running plant: by name, that of a sensor also by name and channel."""
END: Final = "end:"
"""Before such a name: take it away."""
_KEYS: Final = ("fault", "at_s", "duration_s", "magnitude", "profile", "phase", "channel")
_CHANNEL: Final = "channel"
_NAMES: Final = ", ".join(BY_NAME)
_PROFILES: Final = ", ".join(p.value for p in Profile)
_PHASES: Final = ", ".join(p.name for p in Phase)


def read_script(content: Mapping[str, object], file: str, prescribed_s: float) -> tuple[ScriptedFault, ...]:
    """The faults of a TOML tree, for a session of `prescribed_s`; `file` names it in a `FaultError`."""
    for key in content:
        if key != "fault":
            raise FaultError(file, key, content[key], "only [[fault]] tables")
    tables = content.get("fault", [])
    if not isinstance(tables, list) or not tables:
        raise FaultError(file, "fault", tables, "one or more [[fault]] tables")
    rows: list[ScriptedFault] = []
    for i, table in enumerate(tables):
        if not isinstance(table, dict):
            raise FaultError(file, f"fault[{i}]", table, "a [[fault]] table")
        rows.append(_Reader(file, i, table, prescribed_s).row())
        _refuse_overlap(rows, file)
    return tuple(rows)


class _Reader:
    """Reads one table of a script, key by key."""

    def __init__(self, file: str, index: int, table: Mapping[str, object], prescribed_s: float) -> None:
        self._file, self._index, self._table, self._prescribed_s = file, index, table, prescribed_s

    def _refused(self, key: str, allowed: str) -> FaultError:
        return FaultError(self._file, f"fault[{self._index}].{key}", self._table.get(key), allowed)

    def _choice(self, key: str, default: str | None, allowed: str) -> str:
        value = self._table.get(key, default)
        known = allowed.split(", ")
        if not isinstance(value, str) or value not in known:
            near = difflib.get_close_matches(str(value), known, n=1)
            raise self._refused(key, f"{near[0]}? Or any of {allowed}" if near else allowed)
        return value

    def _number(self, key: str, lo: float, hi: float, unit_: str) -> float:
        value = self._table.get(key)
        # bool is an int to Python; NaN fails both comparisons.
        if isinstance(value, bool) or not isinstance(value, int | float) or not lo <= value <= hi:
            span = f"{lo:g} .. {hi:g}" if lo < hi else f"{lo:g} only, it is there or not"
            raise self._refused(key, f"{span} {unit_}" if unit_ != "1" else span)
        return float(value)

    def row(self) -> ScriptedFault:
        for key in self._table:
            if key not in _KEYS:
                raise self._refused(key, f"the keys {', '.join(_KEYS)}")
        fault = BY_NAME[self._choice("fault", None, _NAMES)]
        profile = Profile(self._choice("profile", fault.profile.value, _PROFILES))
        phase = Phase[self._choice("phase", "RAMP", _PHASES)]
        at_s = self._number("at_s", 0.0, self._prescribed_s, "s (the prescribed end)")
        duration_s: float | None = None
        if "profile" not in self._table and "duration_s" not in self._table and fault.over_s:
            duration_s = fault.over_s
        elif "duration_s" in self._table or profile in _ONSETS:
            # Shorter than a step it might never be seen.
            duration_s = self._number("duration_s", 0.1, 86400.0, f"s ({profile.value})")
        magnitude = fault.default
        if "magnitude" in self._table:
            magnitude = self._number("magnitude", fault.lo, fault.hi, fault.unit)
        return ScriptedFault(fault, at_s, duration_s, magnitude, profile, phase, self._sensor(fault))

    def _sensor(self, fault: FaultRow) -> Channel | None:
        ids = [CHANNELS[c].id for c in fault.channels]
        if ids:
            return BY_ID[self._choice(_CHANNEL, ids[0], ", ".join(ids))]
        if _CHANNEL in self._table:
            raise self._refused(_CHANNEL, f"no channel with {fault.name}")
        return None


def _refuse_overlap(rows: Sequence[ScriptedFault], file: str) -> None:
    """Refuse the last row when it drives what an earlier one drives, at a time when both may be on."""
    new = rows[-1]
    for i, old in enumerate(rows[:-1]):
        if old.slot != new.slot:
            continue
        here, drives = f"fault[{len(rows) - 1}]", f"fault[{i}] drives {new.drives} too"
        if old.phase is not new.phase:
            # Nobody knows beforehand how long a phase lasts.
            raise FaultError(file, f"{here}.phase", new.phase.name, f"{old.phase.name}, because {drives}")
        if new.at_s < old.ends_s and old.at_s < new.ends_s:
            end = f"{old.ends_s:g} s" if math.isfinite(old.ends_s) else "the end"
            raise FaultError(file, f"{here}.at_s", new.at_s, f"not within {old.at_s:g} s .. {end}: {drives}")


class Activity(NamedTuple):
    """When a scripted fault has been active; `until` is None while it still is."""

    code: str
    name: str
    since: Ns
    until: Ns | None
    magnitude: float
    profile: Profile
    channel: Channel | None = None
    """The sensor, for a fault of one."""


_NEVER: Final = 1 << 62
_STATE: Final = struct.Struct(f"<{len(Phase)}q")


class FaultScript:
    """Plays scripted faults: told of phases by `enter`, asked each step by `disturb`.

    Deterministic: the disturbances at a time depend only on the rows, the seed and when phases were entered.
    """

    def __init__(self, rows: Sequence[ScriptedFault] = (), seed: int = 0) -> None:
        self._seed = seed
        self._rows: tuple[ScriptedFault, ...] = ()
        self._keys: tuple[int, ...] = ()
        self.misleads = False
        """Whether any of them is a fault of a sensor."""
        for row in rows:
            self._add(row)
        self._entered = [_NEVER] * len(Phase)
        # Nothing changes before `_wake`; that makes a healthy step cost one comparison.
        self._wake = _NEVER

    def _add(self, row: ScriptedFault) -> None:
        self._keys += (stream_key(self._seed, f"fault {len(self._rows)} {row.fault.name}"),)
        self._rows += (row,)
        self.misleads = self.misleads or isinstance(row.fault.disturbance, Misreading)

    def inject(self, key: str, magnitude: float, now: Ns) -> None:
        """A fault from `now` on until `END` takes it away; `key` is one of `INJECTABLE`.

        It comes on top of what the script has for the same. Not part of a snapshot: intents bring it back.
        """
        name = key.removeprefix(END)
        fault, channel = INJECTABLE[name]
        if name == key:
            self.enter(Phase.SELF_TEST, now)
            at_s = (now - self._entered[Phase.SELF_TEST]) / NS_PER_S
            self._add(ScriptedFault(fault, at_s, None, magnitude, Profile.STEP, Phase.SELF_TEST, channel))
        else:
            rows = [
                self._ended(r, now) if (r.fault, r.channel) == (fault, channel) else r for r in self._rows
            ]
            self._rows = tuple(rows)
        self._wake = now

    def _ended(self, row: ScriptedFault, now: Ns) -> ScriptedFault:
        """The same fault, over by now if it had begun."""
        begun = self._entered[row.phase] + nanoseconds(row.at_s)
        if not begun < now < self._span(row)[1]:
            return row
        return replace(row, profile=Profile.STEP, duration_s=(now - begun) / NS_PER_S)

    def enter(self, phase: Phase, now: Ns) -> None:
        """The session enters `phase`; only the first time counts."""
        if self._entered[phase] == _NEVER:
            self._entered[phase] = now
            self._wake = now

    def _span(self, row: ScriptedFault) -> tuple[int, int]:
        entered = self._entered[row.phase]
        if entered == _NEVER:
            return _NEVER, _NEVER
        end = entered + nanoseconds(row.ends_s) if math.isfinite(row.ends_s) else _NEVER
        return entered + nanoseconds(row.at_s), end

    def disturb(self, now: int, disturbance: npt.NDArray[np.float64]) -> None:
        """Write what the faults do in the step that begins at `now` over the healthy values.

        `disturbance` is in the order of `misreading.UNDISTURBED`; the sensors' part may lack.
        """
        if now < self._wake:
            return
        self._wake = _NEVER
        for row in self._rows:
            disturbance[row.slot] = UNDISTURBED[row.slot]
        for row, key in zip(self._rows, self._keys, strict=True):
            begin, end = self._span(row)
            if now < begin:
                self._wake = min(self._wake, begin)
            elif now < end:
                self._wake = now
                share = _share(row, (now - begin) / NS_PER_S, key)
                healthy = 0.0 if row.fault.drive is Drive.SET else 1.0
                disturbance[row.slot] = healthy + share * (row.magnitude - healthy)

    def active(self, now: int) -> tuple[Activity, ...]:
        """Every fault that has come on by `now`, for the record."""
        found: list[Activity] = []
        for row in self._rows:
            begin, end = self._span(row)
            if begin <= now:
                until = Ns(end) if end <= now else None
                fault = row.fault
                found.append(
                    Activity(
                        fault.code, fault.name, Ns(begin), until, row.magnitude, row.profile, row.channel
                    )
                )
        return tuple(found)

    def snapshot(self) -> bytes:
        """Everything that `restore` needs."""
        return _STATE.pack(*self._entered)

    def restore(self, state: bytes) -> None:
        """Go on from `snapshot` of the same script; raises `ValueError` for anything else."""
        if len(state) != _STATE.size:
            msg = f"fault state of {len(state)} bytes, not {_STATE.size}"
            raise ValueError(msg)
        self._entered = list(_STATE.unpack(state))
        # Look at every row at the next step: the disturbances may be those of another time.
        self._wake = -_NEVER


def _share(row: ScriptedFault, elapsed_s: float, key: int) -> float:
    """How much of the magnitude is there, 0..1."""
    match row.profile:
        case Profile.STEP:
            return 1.0
        case Profile.RAMP:
            assert row.duration_s is not None  # noqa: S101  # read_script asks for it
            return min(1.0, elapsed_s / row.duration_s)
        case Profile.EXPONENTIAL:
            assert row.duration_s is not None  # noqa: S101  # read_script asks for it
            return -math.expm1(-3.0 * elapsed_s / row.duration_s)
        case Profile.GROWTH:
            assert row.duration_s is not None  # noqa: S101  # read_script asks for it
            return min(1.0, 2.0 ** (_DOUBLINGS * (elapsed_s / row.duration_s - 1.0)))
        case Profile.INTERMITTENT:
            second = int(elapsed_s)
            return 1.0 if second == 0 or unit(key, second) < 0.5 else 0.0
