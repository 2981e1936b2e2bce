"""What a link may say, made to measure."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from qh1a.channels import CHANNELS, Channel
from qh1a.config import to_tree
from qh1a.config.texts import Texts, load_texts
from qh1a.hazards import RULES
from qh1a.link import LinkLostError
from qh1a.link import State as Said
from qh1a.tick import ACTUATORS, Priority, Quality
from qh1a.units import NS_PER_S
from qh1a.watch.model import Watched, about_of, view_of
from tests.control.synthetic import limits, prescription

ABOUT: Final[Mapping[str, object]] = {
    "plant": "SIM", "version": "0", "prescription": to_tree(prescription()), "limits": to_tree(limits()),
}  # fmt: skip
SESSION: Final[Mapping[str, object]] = {
    "state": "TREAT", "left": "TREAT", "connected": True, "extension_ns": 0, "outcome": "OPEN",
    "in_state_ns": 0, "effective_ns": 61 * NS_PER_S, "blood_ns": 0, "wall_ns": 0, "plasma_ml": 3.0,
    "phase": "TREAT", "pause": "NONE",
}  # fmt: skip
GOOD: Final = Said(
    seq=1, now=NS_PER_S, label="2026-11-23T03:00:00Z",
    value=tuple(row.hi if row.hi < 10 else 7.0 for row in CHANNELS), quality=(0,) * len(CHANNELS),
    command=tuple(row.hi for row in ACTUATORS), session=SESSION, alarms=(),
)  # fmt: skip
"""A treatment in which every channel is GOOD."""


def texts() -> Texts:
    return load_texts()


def reading(channel: Channel, value: float, quality: Quality = Quality.GOOD, said: Said = GOOD) -> Said:
    values, qualities = list(said.value), list(said.quality)
    values[channel], qualities[channel] = value, quality
    return replace(said, value=tuple(values), quality=tuple(qualities))


def alarm(rule: str, since: int = 0, **changes: object) -> Mapping[str, object]:
    priority = next(r.priority for r in RULES if r.id == rule)
    return {
        "rule": rule, "priority": Priority(priority).name, "response": "R0", "since": since, "active": True,
        "acknowledged": False, **changes,
    }  # fmt: skip


def event(
    number: int, code: str, subject: str = "", value: float = 0.0, detail: str = ""
) -> Mapping[str, object]:
    return {
        "number": number, "now": number * NS_PER_S, "code": code, "subject": subject, "value": value,
        "detail": detail,
    }  # fmt: skip


def watched(*said: Said) -> Watched:
    found = Watched(about_of(ABOUT))
    for one in said:
        found = found.then(view_of(one))
    return found


class Told:
    """A link that says what the test puts in, and is lost when the test says so."""

    def __init__(self, *said: Said) -> None:
        self.queue: asyncio.Queue[Said | None] = asyncio.Queue()
        for one in said:
            self.queue.put_nowait(one)

    async def state(self) -> Said:
        said = await self.queue.get()
        if said is None:
            msg = "s.sock: the controller is gone"
            raise LinkLostError(msg)
        return said

    def lose(self) -> None:
        self.queue.put_nowait(None)
