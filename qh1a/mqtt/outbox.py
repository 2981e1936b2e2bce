"""What waits to be published: bounded, in order, and nothing of it lost without being counted."""

import json
from collections import deque
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from qh1a.link import State
from qh1a.link.server import PERIOD_NS
from qh1a.mqtt.allowed import chain_body, event_body, state_body
from qh1a.tick import State as Step
from qh1a.units import NS_PER_S

EVENTS_MOST: Final = 1000
"""Events that wait for the broker; one more and the oldest is dropped, and counted in the next."""
_PER_SECOND: Final = NS_PER_S // PERIOD_NS
"""States of the link in a second of wall time."""


class Status(StrEnum):
    """What `<prefix>/<session>/status` says."""

    ONLINE = "online"
    OFFLINE = "offline"
    ENDED = "ended"


class Message(NamedTuple):
    """One publication, QoS 1."""

    topic: str
    payload: str
    retain: bool


class Outbox:
    """States in, messages out, one at a time: `take`, then `done` or `failed`.

    A message that failed is taken again, a state only while there is none newer.
    """

    def __init__(self, prefix: str, session: str, plant: object) -> None:
        self._root = f"{prefix}/{session}"
        self._plant = plant
        self._events: deque[dict[str, object]] = deque()
        self._state: Message | None = None
        self._flying: Message | None = None
        self._dropped = 0
        self._second = -1
        self.ended = False
        """The session has come to its end."""

    def hear(self, state: State) -> None:
        """Keep the events of a state, and once a second the state."""
        self._dropped += state.missed
        chain = chain_body(state.chain)
        bodies = (event_body(told) for told in state.events)
        self._events.extend({**body, "chain": chain} for body in bodies if body is not None)
        while len(self._events) > EVENTS_MOST:
            self._events.popleft()
            self._dropped += 1
        self.ended = state.session.get("state") == Step.ENDED.name
        second = state.seq // _PER_SECOND
        if second != self._second or self.ended:
            self._second = second
            self._state = Message(f"{self._root}/state", _text(state_body(self._plant, state)), retain=True)

    def take(self) -> Message | None:
        """The next message: the one that failed, the oldest event, or the newest state."""
        if self._flying is None:
            if self._events:
                body = {**self._events.popleft(), "dropped": self._dropped}
                self._dropped = 0
                self._flying = Message(f"{self._root}/event", _text(body), retain=False)
            else:
                self._flying, self._state = self._state, None
        return self._flying

    def done(self) -> None:
        """The broker has what was taken."""
        self._flying = None

    def failed(self) -> None:
        """The broker may not have what was taken."""
        if self._flying is not None and self._flying.retain:
            self._state = self._state or self._flying
            self._flying = None

    def status(self, status: Status) -> Message:
        """A status, to be published at once."""
        return Message(f"{self._root}/status", status.value, retain=True)


def _text(body: Mapping[str, object]) -> str:
    return json.dumps(body, separators=(",", ":"), allow_nan=False)
