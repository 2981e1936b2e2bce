"""The controller's side of the link."""

import asyncio
import os
import socket
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final, Self

from qh1a.clock import Clock
from qh1a.link.messages import (
    LINE_MOST,
    SCHEMA,
    Answer,
    Delivered,
    MalformedError,
    Role,
    Status,
    Told,
    Wish,
    answer_line,
    line,
    read_hello,
    read_wish,
    state_body,
    state_line,
)
from qh1a.tick import Decision, EventCode, Frame, Intent, IntentName, State
from qh1a.units import NS_PER_S, TICK_NS, Ns

PERIOD_NS: Final = NS_PER_S // 4
"""Between two states, wall time."""
CLIENTS_MOST: Final = 8
WAITING_MOST: Final = 16
"""Wishes that wait for the next tick, of all clients; one more is refused, unless it stops something."""
BEHIND_MOST: Final = 4 * LINE_MOST
"""Bytes a client may leave unread before it gets answers only, no states; at four times that it is left."""
EVENTS_KEPT: Final = 1000
EVENTS_TOLD: Final = 200
"""In one state at most; the others come with the next."""
ANSWERS_KEPT: Final = 1000
_ALWAYS: Final = frozenset({IntentName.STOP, IntentName.AUDIO_PAUSE})
_SAFER: Final = _ALWAYS | {IntentName.PAUSE, IntentName.ABORT}
"""Wait for nothing and are right whatever was seen: safer always wins."""
"""Never refused for being one too many, and taken before the others."""
FIRST_ID: Final = 1_000_000
"""A script that operates beside the link counts its intents from 1."""
NO_FAULTS: Final[Mapping[str, tuple[float, float]]] = {}
_HELLO_S: Final = 5.0
"""A client that connects and says nothing is left."""
_GOODBYE_S: Final = 0.5


class LinkTakenError(Exception):
    """Another controller answers at this path, or something that is no socket stands there."""


class _Client:
    """One connection."""

    def __init__(self, writer: asyncio.StreamWriter, told: int) -> None:
        self.writer = writer
        self.role = Role.WATCH
        self.told = told
        """The number of the last event that was sent."""
        self.greeted = False
        """It has said who it is."""

    @property
    def behind(self) -> int:
        return self.writer.transport.get_write_buffer_size()

    def send(self, text: bytes) -> None:
        if self.behind > 4 * BEHIND_MOST:
            self.writer.transport.abort()
        elif not self.writer.is_closing():
            self.writer.write(text)


class Link:
    """Where consoles meet a running session. A `runtime.Operator`, and an observer by `observe`.

    `about` is what a client is told once: plant, prescription, limits. Without `wishes` nobody may ask for
    anything: somebody else operates. `faults`: what the terminal view may inject, by name, with the span of
    its magnitude; none on a plant that has a patient. `status` gives what a state carries beside the tick's
    own. Nothing here waits, and nothing is awaited by the tick.
    """

    def __init__(
        self,
        path: Path,
        about: Mapping[str, object],
        clock: Clock,
        *,
        wishes: bool = True,
        faults: Mapping[str, tuple[float, float]] = NO_FAULTS,
        status: Callable[[], Status] = Status,
    ) -> None:
        self.path = path
        self._faults = faults
        self._status = status
        self._late = 0
        self._last: Ns | None = None
        self._about = line("hello", {"schema": SCHEMA, **about})
        self._clock = clock
        self._wishes = wishes
        self._server: asyncio.Server | None = None
        self._clients: dict[_Client, asyncio.Task[None] | None] = {}
        self._ids = count(FIRST_ID)
        self._waiting: deque[tuple[int, _Client, Wish]] = deque()
        self._asked: dict[int, tuple[_Client, Wish]] = {}
        self._answers: OrderedDict[str, Answer | None] = OrderedDict()
        self._taken: Ns = Ns(-1)
        """The tick that took the last wish."""
        self._events: deque[Told] = deque(maxlen=EVENTS_KEPT)
        self._told = 0
        self._seq = 0
        self._due = clock.wall_ns()

    async def __aenter__(self) -> Self:
        """As `open`."""
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """As `close`."""
        await self.close()

    async def open(self) -> None:
        """Listen. Raises `LinkTakenError`."""
        _clear(self.path)
        before = os.umask(0o177)  # the socket is its owner's alone, from its first moment
        try:
            self._server = await asyncio.start_unix_server(self._meet, self.path, limit=LINE_MOST)
        except OSError as error:
            msg = f"{self.path}: {error.strerror or error}"
            raise LinkTakenError(msg) from error
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Refuse what still waits, and leave."""
        for _id, client, wish in self._waiting:
            self._answer(client, Answer(wish.ref, Delivered.REFUSED, 0, "ENDED"))
        self._waiting.clear()
        if self._server is None:
            return  # never opened: what stands at the path is somebody else's
        self._server.close()
        tasks = [task for task in self._clients.values() if task is not None]
        for client in self._clients:
            client.writer.close()  # what was sent still arrives, where somebody reads
        if tasks:
            await asyncio.wait(tasks, timeout=_GOODBYE_S)
        for client in tuple(self._clients):
            client.writer.transport.abort()
        if tasks:
            await asyncio.wait(tasks)
        self.path.unlink(missing_ok=True)

    # -- the tick -------------------------------------------------------------------------------------

    def poll(self, now: Ns, last: Decision | None) -> tuple[Intent, ...]:
        """What consoles asked for since the last tick, what stops something first.

        A wish that says what its person saw waits while anything else is taken, and is refused for it: two
        consoles that confirm one step must not confirm the next one with it. What is safer is neither held
        nor refused.
        """
        del now, last
        if not self._waiting:
            return ()
        waiting = sorted(self._waiting, key=lambda entry: IntentName[entry[2].name] not in _SAFER)
        self._waiting.clear()
        taken: list[tuple[int, _Client, Wish]] = []
        for entry in waiting:
            _, client, wish = entry
            if wish.seen is None or IntentName[wish.name] in _SAFER:
                taken.append(entry)
            elif wish.seen < self._taken:
                self._answer(client, Answer(wish.ref, Delivered.REFUSED, 0, "STALE"))
            elif taken:
                self._waiting.append(entry)
            else:
                taken.append(entry)
        self._asked = {number: (client, wish) for number, client, wish in taken}
        return tuple(
            Intent(number, IntentName[wish.name], wish.key, wish.value, wish.who, wish.why)
            for number, _, wish in taken
        )

    def observe(self, frame: Frame, intents: tuple[Intent, ...], decision: Decision) -> None:
        """Answer what the tick answered, keep its events, and tell everybody when it is time."""
        del intents
        for event in decision.events:
            self._told += 1
            self._events.append(Told(self._told, frame.now, event))
            if event.code is EventCode.INTENT_TAKEN or event.code is EventCode.INTENT_REFUSED:
                asked = self._asked.pop(round(event.value), None)
                if asked is not None:
                    taken = event.code is EventCode.INTENT_TAKEN
                    if taken:
                        self._taken = frame.now
                    delivered = Delivered.TAKEN if taken else Delivered.REFUSED
                    self._answer(asked[0], Answer(asked[1].ref, delivered, frame.now, event.detail))
        if self._last is not None:
            self._late += max(0, (frame.now - self._last) // TICK_NS - 1)
        self._last = frame.now
        wall = self._clock.wall_ns()
        ended = decision.session.state is State.ENDED  # no tick follows to tell it
        if wall >= self._due or ended:
            self._due += ((wall - self._due) // PERIOD_NS + 1) * PERIOD_NS
            self._seq += 1
            if self._clients:
                label, status = self._clock.label(), self._status()
                self._tell(state_body(self._seq, frame, decision, label, self._late, status))

    def _tell(self, body: Mapping[str, object]) -> None:
        oldest = self._events[0].number if self._events else self._told + 1
        for client in tuple(self._clients):
            if client.behind > BEHIND_MOST or not client.greeted:
                continue
            events = [told for told in self._events if told.number > client.told][:EVENTS_TOLD]
            missed = max(0, oldest - client.told - 1)
            client.send(state_line(body, events, missed))
            client.told += missed + len(events)

    def _answer(self, client: _Client, answer: Answer) -> None:
        self._answers[answer.ref] = answer
        self._answers.move_to_end(answer.ref)
        while len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)
        client.send(answer_line(answer))

    # -- a client -------------------------------------------------------------------------------------

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(writer, self._told)
        try:
            if len(self._clients) >= CLIENTS_MOST:
                msg = f"{CLIENTS_MOST} clients are connected already"
                raise MalformedError(msg)  # noqa: TRY301 - refused like any other
            self._clients[client] = asyncio.current_task()
            async with asyncio.timeout(_HELLO_S):
                client.role = read_hello(await reader.readline()).role
            client.send(self._about)
            client.told, client.greeted = self._told, True
            while text := await reader.readline():
                self._take(client, read_wish(text))
        except (MalformedError, ValueError) as error:  # ValueError: a line beyond the limit
            client.send(line("refused", {"reason": str(error)}))
        except (OSError, TimeoutError):
            pass  # it is gone: what it asked stays asked
        finally:
            self._clients.pop(client, None)
            with suppress(OSError):
                writer.close()

    def _take(self, client: _Client, wish: Wish) -> None:
        if wish.ref in self._answers:
            answer = self._answers[wish.ref]
            if answer is not None:
                client.send(answer_line(answer))
            return  # asked twice, taken once
        reason = self._reason(client, wish)
        if reason:
            client.send(answer_line(Answer(wish.ref, Delivered.REFUSED, 0, reason)))
            return
        self._answers[wish.ref] = None
        self._waiting.append((next(self._ids), client, wish))

    def _reason(self, client: _Client, wish: Wish) -> str:
        """Why a wish does not even reach a tick, or nothing."""
        if wish.name == IntentName.INJECT.name:
            return self._injectable(client, wish)
        if client.role is not Role.CONSOLE:
            return "VIEW_ONLY"
        if not self._wishes:
            return "SCRIPTED"
        if len(self._waiting) >= WAITING_MOST and IntentName[wish.name] not in _ALWAYS:
            return "TOO_MANY"
        return ""

    def _injectable(self, client: _Client, wish: Wish) -> str:
        """Why a fault may not be injected, or nothing."""
        if client.role is not Role.WATCH:
            return "VIEW_ONLY"
        if not self._faults:
            return "NOT_HERE"
        span = self._faults.get(wish.key.removeprefix("end:"))
        if span is None:
            return "UNKNOWN_KEY"
        ends = wish.key.startswith("end:")
        return "" if ends or span[0] <= wish.value <= span[1] else "OUT_OF_RANGE"


def _clear(path: Path) -> None:
    """Take away the socket of a controller that is gone. Raises `LinkTakenError` for one that is not."""
    if not path.exists() and not path.is_symlink():
        return
    if not path.is_socket():
        msg = f"{path}: is there already, and is no socket"
        raise LinkTakenError(msg)
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    msg = f"{path}: another controller listens there"
    raise LinkTakenError(msg)
