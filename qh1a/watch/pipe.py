"""The state of a running session for pipes: one JSON object a line, once a second."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from qh1a.channels import CHANNELS
from qh1a.tick import ACTUATORS, Actuator, Delivery, Quality, State
from qh1a.units import NS_PER_S, seconds
from qh1a.watch.model import About, Source, View, view_of

EVERY_NS: Final = NS_PER_S


def record(about: About, view: View) -> dict[str, object]:
    """One state with every figure under its name; null where it is not GOOD, and `bad` says why."""
    session = view.session
    return {
        "seq": view.seq, "now_s": seconds(view.now), "label": view.label, "plant": about.plant,
        "state": session.state.name, "outcome": session.outcome.name,
        "effective_s": seconds(session.effective_ns), "extension_s": seconds(session.extension_ns),
        "nominal_s": about.prescription.nominal_h * 3600.0, "wall_s": seconds(session.wall_ns),
        "plasma_ml": session.plasma_ml,
        "channels": {row.id: value for row, value in zip(CHANNELS, view.value, strict=True)},
        "bad": {
            row.id: quality.name
            for row, quality in zip(CHANNELS, view.quality, strict=True)
            if quality is not Quality.GOOD
        },
        "commands": {row.id: value for row, value in zip(ACTUATORS, view.command, strict=True)},
        "unconfirmed": {
            ACTUATORS[a].id: d.name if d is not None else None
            for a in Actuator
            if (d := view.delivery(a)) is not Delivery.CONFIRMED
        },
        "alarms": [
            {
                "rule": a.rule, "priority": a.priority.name, "since_s": seconds(a.since), "active": a.active,
                "acknowledged": a.acknowledged,
            }
            for a in view.alarms
        ],
        "events": [
            {
                "number": e.number, "now_s": seconds(e.now), "code": e.code.name, "subject": e.subject,
                "value": e.value, "detail": e.detail,
            }
            for e in view.events
        ],
        "missed": view.missed,
    }  # fmt: skip


async def follow(
    source: Source, about: About, say: Callable[[str], None], wall_ns: Callable[[], int]
) -> None:
    """Say a line a second until the session has ended; no event is left out between two of them.

    Raises `LinkLostError` when the controller is gone before that, and `StrangeError`.
    """
    due = wall_ns()
    waiting: View | None = None
    while True:
        view = view_of(await source.state())
        if waiting is not None:
            view = replace(view, events=waiting.events + view.events, missed=waiting.missed + view.missed)
        ended = view.session.state is State.ENDED
        wall = wall_ns()
        waiting = view
        if wall >= due or ended:
            due += ((wall - due) // EVERY_NS + 1) * EVERY_NS
            say(json.dumps(record(about, view), ensure_ascii=False, allow_nan=False))
            waiting = None
        if ended:
            return
