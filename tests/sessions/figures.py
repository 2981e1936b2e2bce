"""What a loop did after a step, a load, a limit or a pause, against its envelope."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qh1a.tick import IntentName, State
from tests.sessions.corners import DT, Corner, Course, Treatment, settled
from tests.sessions.envelopes import (
    ENVELOPES,
    FAST_S,
    LOADS,
    LOOPS,
    RESUMED,
    RISE,
    SLOW_STEPS,
    STEPS,
    Envelope,
    Limit,
    Load,
    Loop,
    Resumed,
    Watched,
)

Values = npt.NDArray[np.float64]
BEFORE_S = 30.0
"""Watched before anything happens: ripple is averaged over whole passages of a roller."""
RIPPLE_S = 2.0
NOISE_S = 60.0
"""Of a slow loop's end, in which sensor noise is averaged."""


class Found(NamedTuple):
    """What was found of one row: worst deviation, when it was back, what is left, and what is wrong."""

    row: str
    where: str
    most: float
    settle_s: float
    residual: float
    wrong: tuple[str, ...]
    slow: bool = False
    """At Q_c below 100: settled where its own limit holds."""

    def __str__(self) -> str:
        figures = f"most {self.most:.4g}, back after {self.settle_s:.0f} s, {self.residual:+.4g} left"
        return f"{self.row}, {self.where}: {figures}{': ' if self.wrong else ''}{'; '.join(self.wrong)}"


def averaged(course: Course, loop: Loop, values: Values) -> Values:
    """Without the ripple of the loop's pump: whole passages of a roller, 2 s of the last flow or more."""
    if loop.turns is None:
        return values
    passed = np.abs(course.truth(loop.turns)) / 60.0 * loop.rollers
    n = max(1.0, np.ceil(RIPPLE_S * passed[-100:].mean()))
    angle = np.cumsum(passed) * DT
    area, time = np.cumsum(values) * DT, np.arange(1, len(values) + 1) * DT
    moved = area - np.interp(angle - n, angle, area)
    return np.asarray(moved / np.maximum(time - np.interp(angle - n, angle, time), DT), dtype=np.float64)


def corrected(course: Course, loop: Loop, end: int) -> tuple[Values, float]:
    """The truth as an ideal sensor of this bias would show it, and what the sensor shows in the end.

    `end` is how many ticks the end is long; the bias is what the sensor was off by then.
    """
    true = averaged(course, loop, course.truth(loop.truth))
    seen = averaged(course, loop, course.seen(loop.channel))
    last = float(seen[-end:].mean())
    return true + (last - float(true[-end:].mean())), last


def settled_s(away: Values, band: float) -> float:
    """When it was in the band for good, s."""
    out = np.flatnonzero(np.abs(away) > band)
    return (float(out[-1]) + 1.0) * DT if out.size else 0.0


def _quiet(course: Course, warns: str = "") -> list[str]:
    """No alarm above LOW but this one, no interlock, always in TREAT."""
    states = {s.name for s in course.states} - {State.TREAT.name}
    raised = [rule for rule in course.raised() if rule != warns]
    wrong = [f"alarms {raised}"] if raised else []
    wrong += [f"interlocks {course.bites()}"] if course.bites() else []
    return wrong + ([f"was in {sorted(states)}"] if states else [])


def _end(loop: Loop) -> int:
    return round((NOISE_S if loop.turns is None else 20.0) / DT)


# -- steps -----------------------------------------------------------------------------------------------


def step(t: Treatment, name: str, to: float) -> Found:
    """One step of a set point from where the treatment is."""
    loop, envelope = LOOPS[name], ENVELOPES[name]
    old: float = getattr(t.sets, loop.field)
    course = t.run(BEFORE_S)
    begin = len(course.now_s)
    t.order(IntentName.SET, loop.key, to)
    arrives = abs(to - old) / RISE[name] if name in RISE and (name != "separation" or to > old) else 0.0
    t.run(arrives + envelope.watch_s, course)
    ideal, last = corrected(course, loop, _end(loop))
    away = ideal[begin:] - to
    scale = to if envelope.relative else 1.0
    over = float((away * np.sign(to - old)).max()) / abs(to - old)
    after = settled_s(away, envelope.band * scale) - arrives
    slow = t.sets.perfusion < 100.0
    wrong = (*_step_wrong(envelope, over, after, (last - to) / scale, slow=slow), *_quiet(course))
    return Found(name, f"{t.corner.name}, {old:g} to {to:g}", over, after, (last - to) / scale, wrong, slow)


def _step_wrong(e: Envelope, over: float, after: float, left: float, *, slow: bool) -> Iterator[str]:
    allowed = e.slow_s if slow else e.settle_s
    if over > e.overshoot:
        yield f"overshoot {over:.3f} of the step, allowed {e.overshoot:g}"
    if after > allowed:
        yield f"settled after {after:.0f} s, allowed {allowed:g} s"
    if abs(left) > e.residual:
        yield f"{left:+.4g} left, allowed {e.residual:g}"


def steps(corner: Corner, *names: str) -> list[Found]:
    """The steps of these loops, each loop from where the corner had settled."""
    found = []
    for name in names:
        t = settled(corner)
        found += [step(t, name, to) for to in STEPS[corner.name].get(name, SLOW_STEPS.get(name, ()))]
    return found


# -- loads -----------------------------------------------------------------------------------------------


def load(corner: Corner, row: Load) -> list[Found]:
    """One load on the settled corner."""
    t = settled(corner)
    course = t.run(BEFORE_S)
    begin = len(course.now_s)
    if row.disturbance is None:
        q_c = t.sets.perfusion
        t.order(IntentName.SET, "perfusion_ml_min", q_c * (1.4 if q_c <= 60.0 else 0.7))
    else:
        t.load(row.disturbance, row.at(corner))
    t.run(row.watch_s, course)
    warns = dict(row.warns).get(corner.name, "")
    found = []
    for watched in row.watched:
        loop = LOOPS[watched.loop]
        ideal, last = corrected(course, loop, _end(loop))
        target = getattr(t.sets, loop.field) if loop.field else float(ideal[begin - 1])
        scale = target if loop.turns is not None else 1.0
        away = (ideal[begin:] - target) / scale
        most, after, left = float(np.abs(away).max()), settled_s(away, watched.band), (last - target) / scale
        slow = t.sets.perfusion < 100.0
        wrong = (*_load_wrong(watched, most, after, left, slow=slow), *_quiet(course, warns))
        found.append(Found(f"{row.name}: {watched.loop}", corner.name, most, after, left, wrong, slow))
    return found


def _load_wrong(w: Watched, most: float, after: float, left: float, *, slow: bool) -> Iterator[str]:
    allowed = w.slow_s if slow else w.settle_s
    if most > w.excursion:
        yield f"{most:.4g} away, allowed {w.excursion:g}"
    if after > allowed:
        yield f"back after {after:.0f} s, allowed {allowed:g} s"
    if abs(left) > w.residual:
        yield f"{left:+.4g} left, allowed {w.residual:g}"


def loads(corner: Corner) -> list[Found]:
    """Every load."""
    return [found for row in LOADS for found in load(corner, row)]


# -- limiters --------------------------------------------------------------------------------------------

GIVE_BACK_S = 150.0


def limit(row: Limit, *, fast: bool) -> Found:
    """A restriction that comes, is held and goes: take-over, hold, giving back."""
    to, over_s = (row.fast, FAST_S) if fast else (row.slow, row.slow_s)
    t = settled(row.corner)
    loop = LOOPS[row.loop]
    course = t.run(BEFORE_S)
    begin = len(course.now_s)
    t.load(row.disturbance, to, over_s)
    t.run(over_s + row.hold_s, course)
    held = len(course.now_s)
    t.load(row.disturbance, 1.0, FAST_S)
    t.run(GIVE_BACK_S, course)
    command = course.sent(loop.command)
    signal = course.seen(row.channel)
    flow = averaged(course, loop, course.truth(loop.truth))
    was = float(flow[begin - 100 : begin].mean())
    bump = float(np.abs(np.diff(command[begin:])).max()) / float(command[begin - 1])
    at_limit = float(signal[held - 100 : held].mean())
    after = settled_s(flow[held:] / was - 1.0, 0.05)
    beyond = float(flow[held:].max()) / was - 1.0
    wrong = []
    if command[held - 1] > 0.97 * command[begin - 1]:
        wrong.append(f"the limiter never led: {command[begin - 1]:.1f}, {command[held - 1]:.1f}")
    if abs(at_limit - row.limit) > row.band:
        wrong.append(f"stands at {at_limit:.1f}, limit {row.limit:g} +/- {row.band:g}")
    if bump > row.bump:
        wrong.append(f"a bump of {bump:.3f} in a tick, allowed {row.bump:g}")
    if after > row.back_s:
        wrong.append(f"back after {after:.0f} s, allowed {row.back_s:g} s")
    if beyond > row.beyond:
        wrong.append(f"{beyond:.3f} beyond the set point, allowed {row.beyond:g}")
    stops = {s.name for s in course.states} - {State.TREAT.name}
    if stops or course.reduced():
        wrong.append(f"tripped: {sorted(stops)} {course.raised()}")
    where = f"{row.disturbance.name} to {to:g} in {over_s:g} s"
    return Found(row.name, where, bump, after, at_limit - row.limit, tuple(wrong))


# -- pauses ----------------------------------------------------------------------------------------------

WATCH_S = 240.0
RESUME_S = 240.0
_WAITING = frozenset({State.PAUSE_PLASMA, State.PAUSE_STOPPED, State.PATIENT_OFF, State.SAFE})


class Pause(NamedTuple):
    """A pause `after_s` of treatment: plasma, stopped, safe or patient_off, for `seconds`."""

    after_s: float
    kind: str
    seconds: float


def take(t: Treatment, row: Pause, course: Course) -> None:
    """Treat, pause, and resume until treatment goes on."""
    t.run(row.after_s, course)
    if row.kind == "safe":
        t.order(IntentName.ABORT)
    elif row.kind == "patient_off":
        # The patient is taken off a machine whose plasma side stands, in two steps as a nurse does it.
        t.order(IntentName.PAUSE, "plasma")
        t.run(2.0, course)
        t.order(IntentName.PAUSE, "patient_off")
    else:
        t.order(IntentName.PAUSE, row.kind)
    t.run(max(1.0, row.seconds), course)
    for _ in range(round(RESUME_S)):
        if course.states[-1] is State.TREAT:
            return
        if course.states[-1] in _WAITING and t.last is not None:
            for rule in {view.rule for view in t.last.alarms}:
                t.order(IntentName.ACKNOWLEDGE, rule)
            t.order(IntentName.RESUME)
        t.run(1.0, course)
    msg = f"{t.corner.name}: {row} was not resumed: {course.states[-1].name}, {course.raised()}"
    raise AssertionError(msg)


def pauses(corner: Corner, rows: Sequence[Pause]) -> list[Found]:
    """Pauses one after the other, then treatment: soft starts, nothing beyond what was before."""
    t = settled(corner)
    course = t.run(BEFORE_S)
    assert t.last is not None
    before = {view.rule for view in t.last.alarms}
    begin = len(course.now_s)
    for row in rows:
        take(t, row, course)
    back = len(course.now_s)
    t.run(WATCH_S, course)
    where = f"{corner.name}, " + ", ".join(f"{p.after_s:.0f} s {p.kind} {p.seconds:.0f} s" for p in rows)
    late = [rule for at, rule in course.alarms() if at > course.now_s[back] and rule not in before]
    first = [f"alarms in treatment: {late}"] if late else []
    found = []
    for name, promised in RESUMED.items():
        loop = LOOPS[name]
        values = course.sent(loop.command) if promised.commanded else course.truth(loop.truth)
        was = float(values[:begin][-200:].mean())
        scale = was if promised.relative else 1.0
        high = float(values[begin:].max() - was) / scale
        low = float(values[back + round(promised.back_s / DT) :].min() - was) / scale
        rise = float((values[50:] - values[:-50])[begin:].max()) if promised.rise else 0.0
        wrong = (*first, *_resumed_wrong(promised, high, low, rise))
        found.append(Found(f"resume: {name}", where, high, rise, low, wrong))
        first = []
    return found


def _resumed_wrong(row: Resumed, high: float, low: float, rise: float) -> Iterator[str]:
    if high > row.above:
        yield f"{high:+.4g} above what it was, allowed {row.above:g}"
    if low < -row.below:
        yield f"{low:+.4g} below what it was, allowed {row.below:g}"
    if rise > row.rise:
        yield f"rises by {rise:.2f} in 5 s, allowed {row.rise:g}"
