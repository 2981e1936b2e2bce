"""The page of dangers: made from the tables of `qh1a/hazards` and from runs over the simulated physics."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.config import Configuration
from qh1a.config.texts import load_texts
from qh1a.hazards import (
    HAZARDS,
    HOLD_S,
    LEAST_FLOW,
    LIMITS,
    NODE_RULES,
    RESPONSES,
    RULES,
    Restrict,
    Rule,
    Side,
    unarmed,
)
from qh1a.node import SENSES, Fact
from qh1a.tick import STATES, Actuator, Phase, Priority, Response, State
from tests.faults import roots, tripping
from tests.faults.trips import NOT_YET, TRIPS, Trip, Way, told
from tests.validation.table import table

PAGE: Final = Path(__file__).parents[2] / "docs" / "hazards.md"
_INTERLOCKS: Final = 14
_TRIPPED: Final = "tests/faults/test_trips.py::test_a_rule_trips_acts_and_lets_go"
_LIMIT: Final = {limit.key: limit for limit in LIMITS}
_HEAD: Final = """# Hazards, rules, responses

Written by `python -m tests.hazards > docs/hazards.md` from the tables of `qh1a/hazards`, `configs/limits`,
`configs/texts/en.toml`, and from the figures of the runs: `python -m tests.faults.tripping` writes
`tests/faults/trips.csv`, `python -m tests.faults.roots` writes `tests/faults/roots.csv`; minutes each.
Tests compare page and runs. Nothing here is written by hand but the sentences between the tables.
"""
_MARKS: Final = {
    Restrict.FREE: "", Restrict.HOLD: "hold", Restrict.LEAST: "least", Restrict.KEEP: "keep",
    Restrict.OFF: "0",
}  # fmt: skip


@lru_cache(maxsize=1)
def _shipped() -> Configuration:
    return Configuration.load("8h.toml")


def page() -> str:
    """All of docs/hazards.md."""
    parts = (
        _HEAD,
        _overview(),
        _register(),
        _rules(),
        _runs(),
        _roots(),
        _ladder(),
        _interlocks(),
        _node(),
        _unfitted(),
        _proofs(),
    )
    return "\n".join(parts)


def _overview() -> str:
    runs = tripping.read()
    ways = [(way.value, str(sum(trip.way is way for trip in TRIPS))) for way in Way]
    return "\n".join((
        f"{len(HAZARDS)} hazards, {len(RULES)} rules, {len(runs)} of them tripped in a run.\n",
        table(("tripped by", "rules"), ways),
    ))  # fmt: skip


def _register() -> str:
    rows = (
        (h.id, h.harm, str(h.severity), ", ".join(control.ref for control in h.controls)) for h in HAZARDS
    )
    return "\n".join((
        "## Hazards\n",
        "Severity 1 to 5, 5 is death. What stands against each: its rules, interlocks (I), and what is",
        "proved by the test beside it under [Proofs](#proofs).\n",
        table(("hazard", "harm", "severity", "controls"), rows),
    ))  # fmt: skip


def _states(armed: frozenset[State]) -> str:
    """Whole phases by their names, single states by theirs; nearly all by what lacks."""
    lacking = frozenset(State) - armed
    if len(lacking) <= 3:
        return f"all but {_named(lacking)}"
    return _named(armed)


def _named(states: Iterable[State]) -> str:
    left = set(states)
    names = []
    for phase in Phase:
        whole = {s for s in State if STATES[s].phase is phase}
        if whole <= left:
            names.append(phase.name)
        else:
            names += [s.name for s in sorted(whole & left)]
    return ", ".join(names)


def _limit(rule: Rule) -> str:
    sign = ">=" if rule.side is Side.ABOVE else "<="
    return f"{sign} {_shipped().limits[rule.limit]:g} {_LIMIT[rule.limit].unit}"


def _response(rule: Rule) -> str:
    named = [f"holds {a.name}" for a in rule.holds] + [f"stops {a.name}" for a in rule.stops]
    return " ".join((rule.response.name, *named))


def _rules() -> str:
    texts = load_texts()
    rows = (
        (
            rule.id, texts.rule[rule.id].title, CHANNELS[rule.channel].id, _limit(rule),
            f"{_LIMIT[rule.limit].hard_lo:g} .. {_LIMIT[rule.limit].hard_hi:g}", f"{rule.delay_s:g}",
            rule.priority.name, "yes" if rule.latch else "", _response(rule), _states(rule.armed),
            ", ".join(rule.suppressed_by),
        )
        for rule in RULES
    )  # fmt: skip
    head = ("rule", "title", "channel", "trips at", "hard bounds", "delay s", "priority", "latch", "response",
            "armed in", "silent while")  # fmt: skip
    return "\n".join((
        "## Rules\n",
        "The limit itself trips, after the delay without a break. No file and no operator leaves the hard",
        "bounds. A latched alarm stays until it is acknowledged with its cause gone. A phase stands for all",
        "its states.\n",
        table(head, rows),
    ))  # fmt: skip


def _run_row(trip: Trip, line: dict[str, str]) -> tuple[str, ...]:
    acts = [told(act) for act in trip.acts]
    done = "; ".join(acts) if len(acts) <= 3 else f"{'; '.join(acts[:2])}; and so on, {len(acts)} acts"
    back = f"{line['recovery']}, {line['recovery_s']} s" if line["recovery_s"] != "-" else line["recovery"]
    said = "; ".join(note for note in (trip.why, trip.stays) if note)
    first = "" if line["first_line"] == trip.rule else line["first_line"]
    where = trip.at.name + (", bench" if trip.bench else "")
    return (trip.rule, where, done or "time passes", trip.way.value, line["alarm_s"], line["safe_s"],
            line["response"], line["state"], first, line["before"], back, said)  # fmt: skip


def _runs() -> str:
    lines = tripping.read()
    rows = (_run_row(trip, lines[trip.rule]) for trip in TRIPS)
    head = ("rule", "tried in", "what is done", "by", "alarm s", "safe s", "response", "state after 5 s",
            "stands above", "came before", "acknowledge and resume", "note")  # fmt: skip
    missing = f"\nNot tried yet: {', '.join(NOT_YET)}.\n" if NOT_YET else ""
    return "\n".join((
        "## Every rule tripped\n",
        "Each rule in a run of the controller over the simulated circuit. Times from the onset: to the",
        "alarm, and to all pumps that its response stops truly standing and all clamps closed (- where it",
        "stops none, or they stood before). Response: the highest in force in the tick of the alarm. Stands",
        "above: what is on top of the alarm list where that is not the rule. Came before: rules above LOW",
        "in their order. Then the cause is removed, and every 5 s the alarms are acknowledged and a resume",
        "is asked.\n",
        table(head, rows) + missing,
    ))  # fmt: skip


def _roots() -> str:
    rows = (
        (r.fault, r.root, r.stopped_s, r.first_line, "yes" if r.hidden else "", r.later,
         "yes" if r.hidden_later else "", r.raised)
        for r in roots.read().values()
    )  # fmt: skip
    head = ("fault", "root", "stopped s", "stands first", "hidden", "10 s later", "hidden then", "raised")
    return "\n".join((
        "## What stands first\n",
        "Each fault of the catalogue that a rule answers, at its default magnitude in a settled treatment:",
        "the top of the alarm list in the tick of the first stop, or at the last alarm where nothing stops,",
        "and 10 s later (- for an empty list). Hidden: it is not what the catalogue names as the root, but",
        "follows from it.\n",
        table(head, rows),
    ))  # fmt: skip


def _ladder() -> str:
    ladder = (
        (r.name, *(_MARKS[RESPONSES[r][a]] for a in Actuator), f"{HOLD_S.get(r, 0.0):g}")
        for r in Response if r is not Response.NONE
    )  # fmt: skip
    return "\n".join((
        "## Responses\n",
        "What each does to each actuator: 0 stopped, off or closed; keep: a clamp stays as it is; least:",
        f"at most {LEAST_FLOW[Actuator.BP]:g} mL/min; empty: free. R1 holds or stops what its rule names.",
        "Hold: how long the cause must be gone before an alarm that is not latched, and its response, end.\n",
        table(("response", *(a.name for a in Actuator), "hold s"), ladder),
    ))  # fmt: skip


def _proved() -> dict[str, str]:
    """What stands against hazards besides their rules, and the test that proves it."""
    rules = {rule.id for rule in RULES}
    return {c.ref: c.test for h in HAZARDS for c in h.controls if c.ref not in rules}


def _link(test: str) -> str:
    file, _, function = test.partition("::")
    return f"[{function}](../{file})"


def _interlocks() -> str:
    proved = _proved()
    rows = []
    for n in range(1, _INTERLOCKS + 1):
        test = proved[f"I{n}"]
        said = test.partition("::")[2].split("_", 2)[2].replace("_", " ")
        against = ", ".join(h.id for h in HAZARDS if any(c.ref == f"I{n}" for c in h.controls))
        rows.append((f"I{n}", said, against, _link(test)))
    return "\n".join(("## Interlocks\n", table(("interlock", "what", "against", "proved by"), rows)))


def _node() -> str:
    said = load_texts().node
    rows = [("N00", "1", "LEASE", "no command for more than 1 s", "", "", "H33", "", said["LEASE"])]
    rows += [
        (
            rule.id, str(rule.trip.value), rule.trip.name,
            f"{SENSES[rule.sense].text}: {'>=' if rule.above else '<='} "
            f"{_shipped().limits[rule.limit]:g} {SENSES[rule.sense].unit}",
            f"{rule.delay_s:g}", ", ".join(str(fact.name) for fact in Fact if fact & rule.when),
            ", ".join(rule.hazards), rule.behind, said[rule.trip.name],
        )
        for rule in NODE_RULES
    ]  # fmt: skip
    head = ("id", "code", "trip", "sees", "delay s", "while", "against", "behind", "told")
    return "\n".join((
        "## The protective node's own rules\n",
        "By its own eyes and its own copy of the limits, for a host that is blind, wrong or dead; a trip",
        "takes the power off every actuator, and channel NODE shows its code (H33.1). Behind: the rule or",
        "interlock of the host that acts first when the host is well. It arms again after a second of",
        "commands at rest, with its cause gone. It knows no phase: while blood is rinsed back the access",
        "clamp is closed, as it is while priming, so that N02 to N07 do not hold there.\n",
        table(head, rows),
    ))  # fmt: skip


def _unfitted() -> str:
    sensors = [c for c in Channel if c < N_MEASURED]
    rows = [(CHANNELS[c].id, ", ".join(rule.id for rule in unarmed({c}))) for c in sensors]
    shipped = _shipped().rig
    lacking = [Channel(n) for n, row in enumerate(CHANNELS) if row.id in shipped.not_fitted]
    here = ", ".join(rule.id for rule in unarmed(lacking)) or "none"
    return "\n".join((
        "## Without a sensor\n",
        f"The rig \"{shipped.name}\" does without {', '.join(shipped.not_fitted)}: unarmed {here}.",
        "What a rig without a sensor leaves unarmed:\n",
        table(("not fitted", "unarmed rules"), [row for row in rows if row[1]]),
    ))  # fmt: skip


def _proofs() -> str:
    battery = {c.test for h in HAZARDS for c in h.controls if c.ref in {rule.id for rule in RULES}}
    silent = [rule.id for rule in RULES if rule.priority is Priority.NONE]
    rows = [("every rule", ", ".join(_link(test) for test in sorted(battery)))]
    rows.append(("every rule, in a run", _link(_TRIPPED)))
    rows += [(ref, _link(test)) for ref, test in sorted(_proved().items()) if not _is_interlock(ref)]
    return "\n".join((
        "## Proofs\n",
        f"Rules that act without an alarm signal: {', '.join(silent)}.\n",
        table(("control", "proved by"), rows),
    ))  # fmt: skip


def _is_interlock(ref: str) -> bool:
    return ref[0] == "I" and ref[1:].isdigit()
