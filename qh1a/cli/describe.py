"""`qh1a describe`: the tables, from the tables."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from math import isfinite
from typing import Annotated, Final

import typer

from qh1a.cli.say import polite, result_json, result_table

Row = Mapping[str, object]


class Table(StrEnum):
    """What can be described."""

    CHANNELS = "channels"
    HAZARDS = "hazards"
    FAULTS = "faults"
    LIMITS = "limits"
    PHASES = "phases"
    NODE = "node"


def describe(
    table: Annotated[Table, typer.Argument(help="Which table.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="A list of rows as JSON.")] = False,
) -> None:
    """Show a table of the machine: channels, hazards, faults, limits, phases or the node's own rules."""
    with polite():
        rows = _ROWS[table]()
        if json:
            result_json(rows)
        else:
            headings = list(rows[0])
            result_table(headings, [[_cell(row[h]) for h in headings] for row in rows])


def channel_rows() -> list[Row]:
    """Every signal."""
    from qh1a.channels import CHANNELS

    return [
        {
            "id": c.id, "unit": c.unit, "lo": c.lo, "hi": c.hi, "stale_s": c.stale_s,
            "decimals": c.decimals, "lsb": c.lsb, "derived": c.derived, "text": c.text,
        }
        for c in CHANNELS
    ]  # fmt: skip


def limit_rows() -> list[Row]:
    """Every limit: the value in force by default and its hard bounds."""
    from qh1a.config import load_limits, resolve
    from qh1a.hazards import LIMITS

    default = load_limits(resolve("default.toml", "limits"))
    return [
        {
            "key": r.key, "unit": r.unit, "value": default[r.key], "hard_lo": r.hard_lo,
            "hard_hi": r.hard_hi, "source": r.source,
        }
        for r in LIMITS
    ]  # fmt: skip


def hazard_rows() -> list[Row]:
    """Every hazard with its controls and the stages of its alarms."""
    from qh1a.channels import CHANNELS
    from qh1a.hazards import HAZARDS

    return [
        {
            "id": h.id,
            "harm": h.harm,
            "severity": h.severity,
            "controls": [{"ref": c.ref, "test": c.test} for c in h.controls],
            "rules": [
                {
                    "id": r.id, "channel": CHANNELS[r.channel].id, "side": r.side.name.lower(),
                    "limit": r.limit, "delay_s": r.delay_s, "priority": r.priority.name, "latch": r.latch,
                    "response": r.response.name, "armed": [s.name for s in sorted(r.armed)],
                }
                for r in h.rules
            ],
        }
        for h in HAZARDS
    ]  # fmt: skip


def node_rows() -> list[Row]:
    """Why the protective node trips, by the code it shows: its own rules, and the lease of the commands.

    `behind`: the rule or interlock of the host that acts first when the host is well.
    """
    from qh1a.config import load_limits, resolve
    from qh1a.config.texts import load_texts
    from qh1a.hazards import NODE_RULES
    from qh1a.node import SENSES, Fact, NodeTrip
    from qh1a.tick import LEASE_NS

    default, said = load_limits(resolve("default.toml", "limits")), load_texts().node
    trip = NodeTrip.LEASE
    lease: Row = {
        "id": "N00", "code": trip.value, "trip": trip.name, "sense": "LEASE", "side": "above",
        "limit": "", "value": LEASE_NS / 1e9, "unit": "s", "delay_s": 0.0, "when": [], "hazards": ["H33"],
        "behind": "", "text": said[trip.name],
    }  # fmt: skip
    return [lease] + [
        {
            "id": r.id, "code": r.trip.value, "trip": r.trip.name, "sense": r.sense.name,
            "side": "above" if r.above else "below", "limit": r.limit, "value": default[r.limit],
            "unit": SENSES[r.sense].unit, "delay_s": r.delay_s,
            "when": [str(f.name) for f in Fact if f & r.when], "hazards": list(r.hazards), "behind": r.behind,
            "text": said[r.trip.name],
        }
        for r in NODE_RULES
    ]  # fmt: skip


def fault_rows() -> list[Row]:
    """Every fault that a script may name; `lo` to `hi` is the range of `magnitude`, in `unit`.

    `channels`: the sensors that `channel` may name; the first is meant without it. `earliest_s` is nothing
    where no sensor can show the fault. `harm`: the figures of the harm ledger that grow where nothing reacts.
    """
    from qh1a.channels import CHANNELS
    from qh1a.sim.fault_table import FAULTS

    return [
        {
            "code": f.code, "name": f.name, "unit": f.unit, "lo": f.lo, "hi": f.hi, "default": f.default,
            "profile": f.profile.value, "over_s": f.over_s, "label": f.label,
            "earliest_s": f.earliest_s if isfinite(f.earliest_s) else None,
            "response": list(f.response), "harm": [t.name for t in f.harm],
            "channels": [CHANNELS[c].id for c in f.channels],
            "mechanism": f.mechanism, "signature": f.signature,
        }
        for f in FAULTS
    ]  # fmt: skip


def phase_rows() -> list[Row]:
    """Every phase: the actuators that may act in it, the phases that may follow, and its states."""
    from qh1a.control.phases import PLANS
    from qh1a.control.session import reachable
    from qh1a.tick import STATES, Phase, State

    after = reachable(tuple(State))
    rows: list[Row] = []
    for phase in Phase:
        states = [s for s in State if STATES[s].phase is phase]
        acting = {s: _acting(PLANS[s]._asdict()) for s in states}
        used = {actuator for modes in acting.values() for actuator in modes}
        leads = {STATES[n].phase for s in states for n in after[s]} - {phase}
        rows.append(
            {
                "name": phase.name,
                "actuators": [a for a in _PLANNED.values() if a in used],
                "next": [p.name for p in Phase if p in leads],
                "states": [
                    {
                        "name": s.name,
                        "actuators": acting[s],
                        "next": [n.name for n in State if n in after[s]],
                        "waits": _waits(STATES[s].waits),
                    }
                    for s in states
                ],
            }
        )
    return rows


def _waits(intent: object) -> str | None:
    from qh1a.tick import IntentName

    return intent.name if isinstance(intent, IntentName) else None


_PLANNED: Final = {
    "blood": "BP", "separation": "PP", "perfusion": "CP", "back": "RP", "heparin": "HP", "warm": "W",
    "ac": "AC", "vc": "VC", "pc": "PC", "sc": "SC", "sr": "SR", "wc": "WC", "rc": "RC", "bv": "BV",
}  # fmt: skip
"""Fields of a plan, and the actuators they are for."""


def _acting(plan: Mapping[str, object]) -> dict[str, str]:
    """What each actuator does that is not off or closed."""
    found: dict[str, str] = {}
    for field, actuator in _PLANNED.items():
        mode = plan[field]
        text = mode if isinstance(mode, str) else "on" if mode else "off"
        if text not in ("off", "shut"):
            found[actuator] = text
    return found


def _cell(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else ""
        case float():
            return f"{value:g}"
        case dict():
            return str(value.get("id") or value.get("ref") or value.get("name") or value)
        case list() | tuple():
            return ", ".join(_cell(v) for v in value)
        case _:
            return str(value)


_ROWS: Final[Mapping[Table, Callable[[], Sequence[Row]]]] = {
    Table.CHANNELS: channel_rows,
    Table.HAZARDS: hazard_rows,
    Table.FAULTS: fault_rows,
    Table.LIMITS: limit_rows,
    Table.PHASES: phase_rows,
    Table.NODE: node_rows,
}
