"""From the link to the browsers: every state, what happened, and the past since the console came.

One slow browser costs nobody else anything: each stream keeps the newest state only, and its events, bounded.
"""

import asyncio
import json
import math
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Final, NamedTuple

from qh1a.channels import CHANNELS
from qh1a.console.access import Situation, situation
from qh1a.console.figures import Figures
from qh1a.link import Answer, Delivered, LinkClient, LinkLostError, Role, State, Wish
from qh1a.tick import Quality
from qh1a.tick import State as Step
from qh1a.units import NS_PER_S, nanoseconds

HISTORY_S: Final = 9 * 3600
POINTS_MOST: Final = 2000
EVENTS_MOST: Final = 5000
EVENTS_WAITING: Final = 1000
"""Of one stream whose browser does not read; older ones are counted as missed."""
_SEEN: Final = 64
"""States that somebody may have looked at: 16 s of them."""
_DROP: Final = 600
"""Seconds of history that are dropped at once."""
_ID: Final = [row.id for row in CHANNELS]
_DECIMALS: Final = [row.decimals + 1 for row in CHANNELS]
_GOOD: Final = int(Quality.GOOD)
_ANSWERED: Final = ("INTENT_TAKEN",)
_FIELDS: Final = tuple(f.name for f in fields(State) if f.name not in {"events", "missed"})


class Told(NamedTuple):
    """What a stream says next: the name of the event and its data."""

    event: str
    data: dict[str, object]


class Stream:
    """What waits for one browser."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._state: Mapping[str, object] | None = None
        self._lost: str | None = None
        self._events: deque[Mapping[str, object]] = deque()
        self._missed = 0
        self._closed = False

    def hear(
        self, state: Mapping[str, object], events: tuple[Mapping[str, object], ...], missed: int
    ) -> None:
        """A newer state, and every event since the one before."""
        self._state, self._lost = state, None
        self._events.extend(events)
        self._missed += missed
        while len(self._events) > EVENTS_WAITING:
            self._events.popleft()
            self._missed += 1
        self._news.set()

    def lose(self, reason: str) -> None:
        """There is no controller."""
        self._lost = reason
        self._news.set()

    def close(self) -> None:
        """Nothing more comes."""
        self._closed = True
        self._news.set()

    async def next(self) -> Told | None:
        """What to say next; None at the end."""
        await self._news.wait()
        self._news.clear()
        if self._closed:
            self._news.set()
            return None
        if self._lost is not None:
            return Told("lost", {"reason": self._lost})
        body = {**(self._state or {}), "events": [*self._events], "missed": self._missed}
        self._events.clear()
        self._missed = 0
        return Told("state", body)


class History:
    """A figure of every channel for every second of therapy, NaN where there is no good one."""

    def __init__(self) -> None:
        self._t = array("d")
        self._v = [array("f") for _ in _ID]

    def hear(self, state: State) -> None:
        """Keep the state, where it begins another second."""
        t = state.now / NS_PER_S
        if self._t and math.floor(t) <= math.floor(self._t[-1]):
            return
        self._t.append(t)
        for kept, value, quality in zip(self._v, state.value, state.quality, strict=False):
            kept.append(value if value is not None and quality == _GOOD else math.nan)
        for kept in self._v[min(len(state.value), len(state.quality)) :]:
            kept.append(math.nan)
        if len(self._t) > HISTORY_S + _DROP:
            del self._t[:_DROP]
            for kept in self._v:
                del kept[:_DROP]

    def last(self, seconds: float) -> Callable[[], bytes]:
        """The last so many seconds; the text is made by the call, which another thread may do."""
        begin = max(0, len(self._t) - HISTORY_S)
        since = self._t[-1] - seconds if self._t else 0.0
        while begin < len(self._t) and self._t[begin] <= since:
            begin += 1
        step = -(-(len(self._t) - begin) // POINTS_MOST) or 1
        begin += (len(self._t) - begin - 1) % step if len(self._t) > begin else 0
        t, columns = self._t[begin::step], [v[begin::step] for v in self._v]

        def text() -> bytes:
            found = {
                name: [None if math.isnan(x) else round(x, d) for x in column]
                for name, d, column in zip(_ID, _DECIMALS, columns, strict=True)
            }
            body = {"ids": _ID, "t_s": [round(x, 1) for x in t], "columns": found}
            return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()

        return text


class Relay:
    """The console's end of the link. `run` is its one task."""

    def __init__(self, path: Path, figures: Figures, wall_ns: Callable[[], int]) -> None:
        self._path, self._f, self._wall_ns = path, figures, wall_ns
        self._client: LinkClient | None = None
        self._streams: set[Stream] = set()
        self._began()
        self.about: Mapping[str, object] = {}
        self.lost = "not connected yet"
        self.generation = 0
        """Counts the controllers that were met."""

    def _began(self) -> None:
        self.latest: State | None = None
        self.history = History()
        self.events: deque[Mapping[str, object]] = deque(maxlen=EVENTS_MOST)
        self._seen: deque[tuple[int, int, int]] = deque(maxlen=_SEEN)
        self._answered = 0
        """The tick that took the last intent; a view of an earlier one is stale."""

    async def run(self) -> None:
        """Until cancelled: connect, listen, and connect again."""
        while True:
            try:
                async with LinkClient(self._path, Role.CONSOLE, "console") as client:
                    if client.about != self.about:
                        self._met(client.about)
                    self._client = client
                    while True:
                        self._hear(await client.state())
            except LinkLostError as error:
                self.lost = str(error)
            finally:
                self._client = None
            for stream in self._streams:
                stream.lose(self.lost)
            await asyncio.sleep(self._f.reconnect_s)

    def _met(self, about: Mapping[str, object]) -> None:
        self.about = about
        self.generation += 1
        self._began()

    def _hear(self, state: State) -> None:
        if self.latest is not None and (state.seq <= self.latest.seq or state.now < self.latest.now):
            self._met(self.about)  # the same session again, from its start
        self.latest, self.lost = state, ""
        self._seen.append((state.seq, state.now, self._wall_ns()))
        for event in state.events:
            if event.get("code") in _ANSWERED and isinstance(now := event.get("now"), int):
                self._answered = max(self._answered, now)
        self.events.extend(state.events)
        self.history.hear(state)
        body = {name: getattr(state, name) for name in _FIELDS}
        for stream in self._streams:
            stream.hear(body, state.events, state.missed)

    @property
    def connected(self) -> bool:
        """Whether a controller is there."""
        return self._client is not None and not self.lost and self.latest is not None

    @property
    def ended(self) -> bool:
        """Whether the session has come to its end: its last state stays to be read."""
        return self.latest is not None and self.latest.session.get("state") == Step.ENDED.name

    @property
    def situation(self) -> Situation | None:
        """What decides who may act; None while that is not known."""
        return situation(self.latest.session) if self.latest is not None and self.connected else None

    def value(self, channel: str) -> float | None:
        """The newest good figure of a channel."""
        at = _INDEX.get(channel)
        state = self.latest
        if state is None or at is None or at >= min(len(state.value), len(state.quality)):
            return None
        return state.value[at] if state.quality[at] == _GOOD else None

    def fresh(self, seq: int) -> bool:
        """Whether a person who looked at this state has seen what there is to be seen."""
        oldest = self._wall_ns() - nanoseconds(self._f.fresh_s)
        return any(
            s == seq and wall >= oldest and now >= self._answered for s, now, wall in self._seen
        )  # fmt: skip

    def tick_of(self, seq: int) -> int | None:
        """The tick of a state that may be fresh."""
        return next((now for s, now, _ in self._seen if s == seq), None)

    async def ask(self, wish: Wish) -> Answer:
        """Send a wish, once. UNCERTAIN is final here. Raises `LinkLostError` when there is nobody to ask."""
        client = self._client
        if client is None or not self.connected:
            raise LinkLostError(self.lost)
        generation = self.generation
        answer = await client.ask(wish)
        if generation != self.generation:
            return answer
        if answer.delivered is Delivered.TAKEN:
            self._answered = max(self._answered, answer.now)
        elif answer.delivered is Delivered.UNCERTAIN and self.latest is not None:
            # It may have been taken after all: what was seen up to here says nothing.
            self._answered = max(self._answered, self.latest.now + 1)
        return answer

    @contextmanager
    def stream(self) -> Iterator[Stream]:
        """A stream, which begins with what is known."""
        stream = Stream()
        if self.latest is not None and (self.connected or self.ended):
            stream.hear({name: getattr(self.latest, name) for name in _FIELDS}, (), 0)
        elif self.lost:
            stream.lose(self.lost)
        self._streams.add(stream)
        try:
            yield stream
        finally:
            self._streams.discard(stream)

    @property
    def streams(self) -> int:
        """How many browsers listen."""
        return len(self._streams)

    def close(self) -> None:
        """End every stream."""
        for stream in self._streams:
            stream.close()


_INDEX: Final = {id_: i for i, id_ in enumerate(_ID)}
