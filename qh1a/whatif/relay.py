"""The experiment: a session in treatment, and a relay in one loop's place around its operating point."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from qh1a.channels import CHANNELS
from qh1a.control.pid import Pid
from qh1a.control.relay import Relay, around
from qh1a.tick import STATES, Decision, Phase, Priority, State
from qh1a.units import NS_PER_S, TICK_NS, seconds
from qh1a.whatif.bench import Bench
from qh1a.whatif.errors import TuneError
from qh1a.whatif.fit import Fit, Record, fit
from qh1a.whatif.robustness import Point
from qh1a.whatif.table import LoopRow

NRMSE_MOST: Final = 0.3
NOISE_MOST: Final = 0.9
"""A model worse than this, or a cycle that drowns in noise like this, is refused."""
START_LIMIT_S: Final = 4 * 3600.0
"""Every shipped session is in treatment well before this."""
_SAME: Final = 1e-6
_LOOK_TICKS: Final = 100
"""Ticks between two looks at whether there are cycles enough, and between two calls of `progress`."""

Progress = Callable[[str, float, float], None]
"""Told what is going on, and how much of how much of it is done."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an experiment came to: the fit, and the point that it stands for."""

    fit: Fit
    point: Point


def treat(bench: Bench, settle_s: float, progress: Progress) -> None:
    """Run a session into TREAT, and `settle_s` of it. Raises `TuneError`."""
    limit = round(START_LIMIT_S * NS_PER_S / TICK_NS)
    for n in range(limit):
        decision = bench.tick()
        state = decision.session.state
        if state is State.TREAT:
            break
        if STATES[state].phase in (Phase.SAFE, Phase.ENDED):
            msg = f"the session went to {state.name} before treatment began{_alarms(decision)}"
            raise TuneError(msg)
        if not n % _LOOK_TICKS:
            progress(f"to treatment: {STATES[state].phase.name}", 0.0, 1.0)
    else:
        msg = f"the session was not in treatment after {START_LIMIT_S / 3600.0:g} h"
        raise TuneError(msg)
    ticks = round(settle_s * NS_PER_S / TICK_NS)
    for n in range(ticks):
        _refuse_alarm(bench.tick(), "settling")
        if not n % _LOOK_TICKS:
            progress("settling", n, ticks)


def identify(bench: Bench, row: LoopRow, name: str, progress: Progress) -> Found:
    """One loop's process at the bench's operating point, `name`. Raises `TuneError`."""
    rest = round(row.rest_s * NS_PER_S / TICK_NS)
    relays: list[Relay] = []

    def make(before: Pid) -> Pid:
        relays.append(around(before, row.up, row.down, row.hysteresis, rest, row.slew))
        return relays[0]

    bench.put(row.name, make)
    relay = relays[0]
    limit = rest + round(row.limit_s * NS_PER_S / TICK_NS)
    for n in range(limit):
        decision = bench.tick()
        _refuse_alarm(decision, row.name)
        _refuse_deaf(decision, row, relay, n + 1)
        if not n % _LOOK_TICKS:
            done = len(relay.ups)
            progress(row.name, done, row.cycles + 2)
            # One more switch than cycles, and the transient's before them.
            if done >= row.cycles + 2:
                break
    else:
        done = len(relay.ups)
        unit = CHANNELS[row.measured].unit
        msg = (
            f"{row.name}: no limit cycle: {max(done - 2, 0)} cycles of {row.cycles} in {row.limit_s:g} s; "
            f"the relay steps +{row.up:g} and -{row.down:g} at +/-{row.hysteresis:g} {unit}"
        )
        raise TuneError(msg)
    record = Record(np.array(relay.outs), -np.array(relay.errors), relay.ups, rest)
    found = fit(record, integrating=row.integrating, mean_s=row.mean_s, slow_s=row.slow_s)
    _refuse_fit(found, row)
    return Found(found, Point(found.model, relay.gain, relay.rate, name))


def _refuse_alarm(decision: Decision, what: str) -> None:
    session = decision.session
    at = f"{seconds(session.wall_ns):.1f} s after RAMP began"
    for alarm in decision.alarms:
        if alarm.priority >= Priority.MEDIUM:
            msg = f"{what}: stopped by alarm {alarm.rule} ({alarm.priority.name}), {at}"
            raise TuneError(msg)
    if session.state is not State.TREAT:
        msg = f"{what}: stopped, the session left TREAT for {session.state.name}, {at}"
        raise TuneError(msg)


def _refuse_deaf(decision: Decision, row: LoopRow, relay: Relay, asked: int) -> None:
    """What the relay asks must be what leaves, or the record says nothing about the process."""
    if len(relay.outs) != asked:
        msg = f"{row.name}: stopped, the loop was not in command: its measurement is missing or it is held"
        raise TuneError(msg)
    sent = relay.left if row.sent is None else decision.commands.value[row.sent]
    # Not of nan either: nobody said what left.
    if not abs(sent - relay.out) <= _SAME:
        msg = (
            f"{row.name}: stopped, a limiter or the supervisor took over: "
            f"{relay.out:.4g} was asked and {sent:.4g} sent"
        )
        raise TuneError(msg)


def _refuse_fit(found: Fit, row: LoopRow) -> None:
    if found.noise > NOISE_MOST:
        msg = (
            f"{row.name}: the cycle drowns in noise: {found.noise:.2f} of its standard deviation, "
            f"allowed up to {NOISE_MOST:g}"
        )
        raise TuneError(msg)
    if found.nrmse > NRMSE_MOST or found.model.gain <= 0.0:
        msg = (
            f"{row.name}: no model fits: {found.model.text} leaves {found.nrmse:.2f} of the response's "
            f"standard deviation unexplained, allowed up to {NRMSE_MOST:g} and a gain above 0"
        )
        raise TuneError(msg)


def _alarms(decision: Decision) -> str:
    names = ", ".join(alarm.rule for alarm in decision.alarms)
    return f", alarms {names}" if names else ""
