"""Trips a rule over the simulated physics and says what came of it; `python -m` writes trips.csv."""

import csv
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from qh1a.control.session import PAUSED, Machine, Trigger, follow
from qh1a.hazards import RESPONSES, RULES, Restrict, Rule
from qh1a.sim.misreading import UNDISTURBED, slot
from qh1a.sim.truth import Truth
from qh1a.tick import (
    Actuator,
    Decision,
    EventCode,
    Frame,
    IntentName,
    Outcome,
    Priority,
    Quality,
    Response,
    State,
)
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.faults.trips import TRIPS, Arrive, Load, Say, Silence, Trip, Write
from tests.sessions.corners import Corner, Moment, Treatment

FILE: Final = Path(__file__).parent / "trips.csv"
ON_WAY: Final = (State.PRIME_PLASMA, State.CONNECT_FILL, State.RAMP, State.TREAT)
SETTLE_S: Final = 1500.0
"""The ratio of the pumps is learned in 15 min, and its residual is a mean of 10."""
AFTER_S: Final = 5.0
"""The cause stays this long after the alarm."""
RECOVERY_S: Final = 1200.0
KEEPS_S: Final = 20.0
"""What stops treatment again within this time has not let go."""
RULE: Final = {rule.id: rule for rule in RULES}
_STANDING: Final = (*PAUSED, State.SAFE)
_MOVES: Final = {
    Actuator.BP: (Truth.N_BP, 0.5), Actuator.PP: (Truth.N_PP, 0.5), Actuator.CP: (Truth.N_CP, 0.5),
    Actuator.RP: (Truth.N_RP, 0.5), Actuator.AC: (Truth.POS_AC, 0.01), Actuator.VC: (Truth.POS_VC, 0.01),
    Actuator.PC: (Truth.POS_PC, 0.01),
}  # fmt: skip
"""Pumps and clamps: what truly moves, and below what it stands (rpm, open). Heat and gas die away."""


@dataclass(slots=True)
class Found:
    """What came of a trip: times in s after the onset, or after the cause was removed; - for none."""

    rule: str
    tried_in: str
    alarm_s: str = "-"
    """Onset to alarm."""
    first_line: str = "-"
    """On top of the alarm list in the tick of the alarm."""
    before: str = "-"
    """Rules above LOW that were raised before it, in their order."""
    response: str = "-"
    """The highest in force in the tick of the alarm."""
    safe_s: str = "-"
    """Onset to all pumps that the response stops truly standing, all clamps closed."""
    state: str = "-"
    """Where the session was 5 s after the alarm."""
    recovery: str = "-"
    """Where acknowledge and resume led for good once the cause was gone."""
    recovery_s: str = "-"


@dataclass(slots=True)
class Run:
    """One trip, as it was: what a test looks at."""

    found: Found
    alarmed: Decision | None = None
    before: Decision | None = None
    """The tick before the alarm."""
    restricted: list[str] = field(default_factory=list)
    """Actuators that did not obey the response in the tick of the alarm."""


@lru_cache(maxsize=3)
def _moments(hct: float, *, bench: bool) -> tuple[Treatment, dict[State, Moment]]:
    """A treatment, and the moments in it from which trips go on."""
    corner = Corner("trips", hct=hct)
    if bench:
        corner = replace(corner, name="bench", prescription="bench-10min.toml")
    t = Treatment(corner)
    found: dict[State, Moment] = {}
    for state in ON_WAY[-1:] if bench else ON_WAY:
        t.until(state, 600.0)
        t.run(2.0)
        found[state] = t.snapshot()
    if bench:
        return t, found
    t.run(SETTLE_S)
    found[State.TREAT] = t.snapshot()
    for kind, state in (("plasma", State.PAUSE_PLASMA), ("stopped", State.PAUSE_STOPPED)):
        t.restore(found[State.TREAT])
        t.run(1.0)
        t.order(IntentName.PAUSE, kind)
        t.run(10.0)
        found[state] = t.snapshot()
    t.restore(found[State.TREAT])
    t.order(IntentName.END)
    t.until(State.RINSE_PLASMA, 5.0)
    t.run(30.0)
    found[State.RINSE_PLASMA] = t.snapshot()
    t.order(IntentName.RINSE_NEXT)
    t.until(State.RINSE_BLOOD, 5.0)
    t.run(15.0)
    found[State.RINSE_BLOOD] = t.snapshot()
    return t, found


def ready(trip: Trip) -> Treatment:
    """The treatment, where a trip begins."""
    t, moments = _moments(trip.hct, bench=trip.bench)
    t.restore(moments[trip.at])
    t.run(1.0)
    assert t.last is not None
    assert t.last.session.state is trip.at, t.last.session.state.name
    return t


def _act(t: Treatment, act: Load | Say | Arrive | Silence | Write) -> None:
    match act:
        case Load():
            t.load(slot(act.what, act.sensor), act.to, act.over_s)
        case Say():
            t.order(act.name, act.key, act.value)
        case Arrive():
            t.bend = _bent(act)
        case Silence():
            t.now = Ns(t.now + round(act.seconds * NS_PER_S))
        case Write():
            t.see = _written(act)


def _bent(act: Arrive) -> Callable[[tuple[float, ...]], tuple[float, ...]]:
    return lambda sent: (*sent[: act.actuator], act.value, *sent[act.actuator + 1 :])


def _written(act: Write) -> Callable[[Frame], Frame]:
    def see(frame: Frame) -> Frame:
        value, quality = list(frame.value), list(frame.quality)
        value[act.sensor], quality[act.sensor] = act.value, int(Quality.GOOD)
        return frame._replace(value=tuple(value), quality=tuple(quality))

    return see


def _off(rule: Rule) -> list[Actuator]:
    named = [a for a, what in enumerate(RESPONSES[rule.response]) if what is Restrict.OFF]
    return sorted({*(Actuator(a) for a in named), *rule.stops})


def _disobeys(rule: Rule, before: Decision, alarmed: Decision) -> list[str]:
    """Actuators whose command is not what the response wants, in the tick of the alarm itself.

    I11 keeps the plasma clamp open for as long as its pump turns, half a second at the most.
    """
    was, now = before.commands.value, alarmed.commands.value
    bad = [a.name for a in _off(rule) if now[a] != 0.0 and a is not Actuator.PC]
    for a, what in enumerate(RESPONSES[rule.response]):
        if (what is Restrict.KEEP and now[a] != was[a]) or (a in rule.holds and now[a] > was[a]):
            bad.append(Actuator(a).name)
    return bad


def _stands(rule: Rule, t: Treatment) -> bool:
    truth = t.plant.truth
    return all(abs(truth[_MOVES[a][0]]) <= _MOVES[a][1] for a in _off(rule) if a in _MOVES)


def _seconds(at: int, onset: int) -> str:
    return f"{(at - onset) / NS_PER_S:.1f}"


def run(trip: Trip) -> Run:
    """Trip the rule, let it act, take the cause away, acknowledge and resume."""
    t = ready(trip)
    rule = RULE[trip.rule]
    out = Run(Found(trip.rule, trip.at.name))
    found = out.found
    onset = t.now
    due = sorted(trip.acts, key=lambda act: act.after_s)
    earlier: list[str] = []
    last = t.last
    over = Ns(onset + round(trip.within_s * NS_PER_S))
    until = over
    while t.now < until:
        while due and t.now >= onset + round(due[0].after_s * NS_PER_S):
            _act(t, due.pop(0))
        frame, decision = t.tick()
        raised = [e for e in decision.events if e.code is EventCode.ALARM_RAISED]
        if out.alarmed is None and any(e.subject == rule.id for e in raised):
            out.alarmed, out.before = decision, last
            until = Ns(frame.now + round(AFTER_S * NS_PER_S))
            found.alarm_s = _seconds(frame.now, onset)
            found.first_line = decision.alarms[0].rule if decision.alarms else "-"
            found.response = _highest(decision).name
            assert last is not None
            out.restricted = _disobeys(rule, last, decision)
        elif out.alarmed is None:
            earlier += [e.subject for e in raised if Priority[e.detail] != Priority.LOW]
        if out.alarmed is not None and found.safe_s == "-" and _off(rule) and _stands(rule, t):
            found.safe_s = _seconds(frame.now, onset)
        last = decision
    found.before = " ".join(earlier) or "-"
    found.state = last.session.state.name if last is not None else "-"
    if out.alarmed is not None:
        _recover(t, rule, trip, found)
    return out


def _highest(decision: Decision) -> Response:
    for event in decision.events:
        if event.code is EventCode.RESPONSE:
            return Response(int(event.value))
    return max((a.response for a in decision.alarms), default=Response.NONE)


def _recover(t: Treatment, rule: Rule, trip: Trip, found: Found) -> None:
    """The cause is gone: acknowledge, and resume, every 5 s until treatment goes on and keeps going on."""
    for act in trip.acts:
        if isinstance(act, Load):
            which = slot(act.what, act.sensor)
            t.load(which, UNDISTURBED[which])
    t.bend = t.see = None
    begun = well = t.now
    assert t.last is not None
    refused = ""
    for tick in range(round(RECOVERY_S * 10.0)):
        session = t.last.session
        present = {a.rule for a in t.last.alarms}
        waits = session.state in _STANDING and session.state is not trip.at
        if rule.id in present or waits:
            well = Ns(t.now + TICK_NS)
        elif t.now - well >= round(KEEPS_S * NS_PER_S):
            found.recovery, found.recovery_s = session.state.name, _seconds(well, begun)
            return
        if tick % 50 == 30 and present:
            t.order(IntentName.ACKNOWLEDGE)
        if tick % 50 == 40 and waits:
            t.order(IntentName.RESUME)
        _, decision = t.tick()
        for event in decision.events:
            if event.code is EventCode.INTENT_REFUSED:
                refused = f"resume refused, {event.detail}"
            elif event.code is EventCode.ALARM_RAISED and event.subject == rule.id:
                refused = "trips again"
    found.recovery = f"stays in {t.last.session.state.name}: {refused or 'present'}"


def expected_state(run_: Run) -> State:
    """Where the ladder leads from the state before the alarm, with the highest response in force."""
    assert run_.before is not None
    assert run_.alarmed is not None
    session, highest = run_.before.session, _highest(run_.alarmed)
    if highest <= Response.R1:
        return session.state
    machine = Machine(session.state, session.left, session.connected, True, False, Outcome.OPEN)
    trigger = (
        Trigger.RESPONSE_R5
        if highest >= Response.R5
        else Trigger.RESPONSE_R4
        if highest >= Response.R4S
        else Trigger.RESPONSE_R2
    )
    after = follow(machine, trigger)
    return after.state if isinstance(after, Machine) else session.state


COLUMNS: Final = tuple(f.name for f in fields(Found))


def row(found: Found) -> dict[str, str]:
    """One line of trips.csv."""
    return {name: str(getattr(found, name)) for name in COLUMNS}


def read() -> dict[str, dict[str, str]]:
    """trips.csv, by rule."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {line["rule"]: line for line in csv.DictReader(file)}


def written() -> str:
    """All of trips.csv, run anew."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row(run(trip).found) for trip in TRIPS)
    return text.getvalue()


if __name__ == "__main__":
    sys.stdout.write(written())
