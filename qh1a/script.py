"""The scripted operator: what an operator does and when, as data.

A script is `[[act]]` rows. A row acts in a `state` or `phase` (after `after_s` in it, again every `every_s`),
or once when the effective clock (`effective_s`) or the run (`run_s`) reaches a time. With `when_clear` the
seconds count only while no alarm above R1 has its condition active. A script with `base = "auto"` has the
rows of the automatic operator too, but for the states and phases that it names itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from annotated_types import Interval, Unit

from qh1a.config import Problem, load, resolve, to_tree
from qh1a.config.tables import unknown
from qh1a.settings import Prescription, Text
from qh1a.tick import STATES, Decision, Intent, IntentName, Phase, Response, State
from qh1a.units import NS_PER_S, Ns, nanoseconds

AUTO: Final = "auto"
_LOOK_NS: Final = 3600 * NS_PER_S
Time = Annotated[float, Interval(ge=0, le=86400), Unit("s")]
Every = Annotated[float, Interval(ge=0.1, le=86400), Unit("s")]


@dataclass(frozen=True, slots=True)
class Act:
    """One row. Exactly one of `state`, `phase`, `effective_s` and `run_s` says when.

    Rows of a state or phase act at every entry, or at the first only with `repeat = false`, and at most
    `times` in all. An ACKNOWLEDGE waits until there is an alarm.
    """

    intent: str
    state: str | None = None
    phase: str | None = None
    effective_s: Time | None = None
    run_s: Time | None = None
    after_s: Time = 0.0
    every_s: Every | None = None
    when_clear: bool = False
    repeat: bool = True
    times: Annotated[int, Interval(ge=1, le=1000)] | None = None
    key: str = ""
    value: float = 0.0
    why: str = ""
    """A reason, or what was scanned; "{subject}" and "{cartridge}" are what the prescription names."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script as written."""

    schema: Literal[1]
    name: Text
    act: tuple[Act, ...]
    base: Literal["auto"] | None = None


def problems(script: Script) -> tuple[Problem, ...]:
    """Rows that no session could follow."""
    found: list[Problem] = []
    for i, act in enumerate(script.act):
        at = f"act[{i}]"
        for key, value, known in (
            ("intent", act.intent, [n.name.lower() for n in IntentName if n is not IntentName.INJECT]),
            ("state", act.state, [s.name.lower() for s in State]),
            ("phase", act.phase, [p.name.lower() for p in Phase]),
        ):
            if value is not None and value not in known:
                found.append(Problem(f"{at}.{key}", f'"{value}"', unknown(value, known, key)))
        moments = (act.state, act.phase, act.effective_s, act.run_s)
        if sum(m is not None for m in moments) != 1:
            found.append(Problem(at, "", "allowed is exactly one of state, phase, effective_s, run_s"))
        if act.state is None and act.phase is None and (act.after_s or act.every_s or act.when_clear):
            found.append(Problem(at, "", "after_s, every_s and when_clear go with state or phase only"))
    return tuple(found)


def load_script(name: str) -> Script:
    """A script by path, by shipped name, or "auto"; rows of its base included. Raises `ConfigError`."""
    path = resolve("auto.toml" if name == AUTO else name, "operators")
    script = load(Script, path, problems=problems)
    if script.base is None:
        return script
    base = load_script(script.base)
    own = {(act.state, act.phase) for act in script.act if act.state is not None or act.phase is not None}
    kept = tuple(act for act in base.act if (act.state, act.phase) not in own)
    return Script(script.schema, script.name, (*script.act, *kept))


def script_tree(script: Script) -> object:
    """The script as plain JSON types, for the session's header."""
    return to_tree(script)


class _Row:
    """One act at work."""

    __slots__ = ("act", "clear", "done", "due", "every", "left", "template")

    def __init__(self, act: Act, who: str, scanned: Mapping[str, str]) -> None:
        self.act = act
        self.clear = act.when_clear
        self.every = None if act.every_s is None else nanoseconds(act.every_s)
        self.left = act.times if act.repeat else 1
        why = scanned.get(act.why, act.why)
        self.template = Intent(0, IntentName[act.intent.upper()], act.key, act.value, who, why)
        self.due: int | None = None
        self.done = False

    @property
    def spent(self) -> bool:
        return self.left == 0


class ScriptedOperator:
    """A `runtime.Operator` that plays a script. Deterministic; a poll with nothing due costs a comparison.

    Who is not told the prescription cannot scan what it names.
    """

    def __init__(self, script: Script, prescription: Prescription | None = None) -> None:
        p = prescription
        scanned = {} if p is None else {"{subject}": p.patient.subject, "{cartridge}": p.cartridge.id}
        rows = [_Row(act, script.name, scanned) for act in script.act]
        self._in_state = {s: [r for r in rows if r.act.state == s.name.lower()] for s in State}
        self._in_phase = {p: [r for r in rows if r.act.phase == p.name.lower()] for p in Phase}
        self._timed = [r for r in rows if r.act.effective_s is not None or r.act.run_s is not None]
        self._state: State | None = None
        self._phase: Phase | None = None
        self._here: list[_Row] = []
        self._began = 0
        self._clear_since: Ns | None = None
        self._wake: int = 0
        self._count = 0

    @classmethod
    def of(cls, name: str, prescription: Prescription | None = None) -> "ScriptedOperator":
        """The operator that plays a script, by path, shipped name or "auto". Raises `ConfigError`."""
        return cls(load_script(name), prescription)

    def poll(self, now: Ns, last: Decision | None) -> tuple[Intent, ...]:
        """The intents for the tick at `now`. Nothing before the first decision."""
        if last is None:
            return ()
        if last.session.state is not self._state:
            self._enter(now, last.session.state)
        elif now < self._wake:
            return ()
        return self._act(now, last)

    def _enter(self, now: Ns, state: State) -> None:
        """The session is in a new state: its rows start counting, those of a phase only when that is new."""
        if self._state is None:
            self._began = now
        phase = STATES[state].phase
        begun = list(self._in_state[state])
        kept = self._in_phase[phase]
        if phase is not self._phase:
            begun += kept
        for row in begun:
            row.due, row.done = now + nanoseconds(row.act.after_s), row.spent
        self._state, self._phase = state, phase
        self._here = [*self._in_state[state], *kept]
        self._clear_since = None

    def _act(self, now: Ns, last: Decision) -> tuple[Intent, ...]:
        waiting = [r for r in self._here if not r.done]
        acting = []
        self._watch(now, last, waiting)
        for row in waiting:
            due = self._due(row)
            if due is None or now < due or (row.template.name is IntentName.ACKNOWLEDGE and not last.alarms):
                continue
            acting.append(row)
            if row.every is None:
                row.done = True
            else:
                row.due = now + row.every
        for row in self._timed:
            if not row.done and self._remaining(row, now, last) <= 0:
                row.done = True
                acting.append(row)
        given = tuple(self._number(row) for row in acting)
        self._wake = self._next(now, last)
        return given

    def _number(self, row: _Row) -> Intent:
        self._count += 1
        if row.left is not None:
            row.left -= 1
            row.done = row.done or row.spent
        return row.template._replace(id=self._count)

    def _watch(self, now: Ns, last: Decision, waiting: Sequence[_Row]) -> None:
        """Keep the time since when no alarm above R1 has its condition active."""
        if not any(row.clear for row in waiting):
            return
        if any(a.active and a.response > Response.R1 for a in last.alarms):
            self._clear_since = None
        elif self._clear_since is None:
            self._clear_since = now

    def _due(self, row: _Row) -> int | None:
        if not row.clear or row.due is None:
            return row.due
        if self._clear_since is None:
            return None
        return max(row.due, self._clear_since + nanoseconds(row.act.after_s))

    def _remaining(self, row: _Row, now: Ns, last: Decision) -> int:
        """Time a timed row still has to wait at least: no clock runs faster than therapy time."""
        if row.act.effective_s is not None:
            return nanoseconds(row.act.effective_s) - last.session.effective_ns
        return nanoseconds(row.act.run_s or 0.0) - (now - self._began)

    def _next(self, now: Ns, last: Decision) -> int:
        """When there is something to look at again."""
        wake = now + _LOOK_NS
        for row in self._here:
            if row.done:
                continue
            if row.clear or row.template.name is IntentName.ACKNOWLEDGE:
                return now  # alarms come and go at any tick
            if row.due is not None and row.due < wake:
                wake = Ns(row.due)
        for row in self._timed:
            if not row.done:
                wake = min(wake, Ns(now + max(0, self._remaining(row, now, last))))
        return wake
