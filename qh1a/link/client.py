"""A client's side of the link: for console, terminal view and telemetry."""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from qh1a.link.messages import (
    SCHEMA,
    STATE_MOST,
    Answer,
    Delivered,
    MalformedError,
    Role,
    State,
    Wish,
    line,
    read_answer,
    read_reply,
    read_state,
    wish_line,
)

ANSWER_S: Final = 2.0
"""A wish that is not answered by then is UNCERTAIN; a tick takes a tenth of a second."""
_CONNECT_S: Final = 5.0
_EVENTS_KEPT: Final = 1000


class LinkLostError(Exception):
    """No controller there, none any more, or one that does not speak this schema; the text says which."""


class LinkClient:
    """A connection to a running controller: `async with LinkClient(path, role) as client`.

    `about` is what the controller said of itself.
    """

    def __init__(self, path: Path, role: Role, name: str = "") -> None:
        self._path = path
        self._hello = line("hello", {"schema": SCHEMA, "role": role, "name": name})
        self.about: Mapping[str, object] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._latest: State | None = None
        self._events: deque[Mapping[str, object]] = deque(maxlen=_EVENTS_KEPT)
        self._missed = 0
        self._news = asyncio.Event()
        self._lost = ""

    async def __aenter__(self) -> Self:
        """Connect. Raises `LinkLostError`."""
        try:
            async with asyncio.timeout(_CONNECT_S):
                reader, writer = await asyncio.open_unix_connection(self._path, limit=STATE_MOST)
                writer.write(self._hello)
                kind, found = read_reply(await reader.readline())
        except (OSError, TimeoutError, ValueError, MalformedError) as error:
            msg = f"{self._path}: no controller answers ({error or 'no answer in time'})"
            raise LinkLostError(msg) from error
        if kind != "hello" or found.get("schema") != SCHEMA:
            writer.close()
            msg = f"{self._path}: {found.get('reason', f'speaks another schema than {SCHEMA}')}"
            raise LinkLostError(msg)
        self.about = found
        self._writer = writer
        self._task = asyncio.create_task(self._read(reader))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave. What was asked stays asked."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    async def state(self) -> State:
        """The newest state, once each, with every event since the one before. Raises `LinkLostError`."""
        await self._news.wait()
        if self._latest is None:
            raise LinkLostError(self._lost)
        state = replace(self._latest, events=tuple(self._events), missed=self._missed)
        self._latest, self._missed = None, 0
        self._events.clear()
        if not self._lost:
            self._news.clear()
        return state

    async def ask(self, wish: Wish) -> Answer:
        """Send a wish and wait for the tick that answers it.

        UNCERTAIN when the link is lost, or silent for `ANSWER_S`: to ask again with the same `ref` is safe.
        """
        if self._writer is None or self._lost:
            return Answer(wish.ref, Delivered.UNCERTAIN, 0, self._lost)
        future = self._waiting.setdefault(wish.ref, asyncio.get_running_loop().create_future())
        self._writer.write(wish_line(wish))
        try:
            async with asyncio.timeout(ANSWER_S):
                return await asyncio.shield(future)
        except TimeoutError:
            return Answer(wish.ref, Delivered.UNCERTAIN, 0, "no answer in time")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        lost = "the controller is gone"
        try:
            while text := await reader.readline():
                self._hear(*read_reply(text))
        except (OSError, ValueError, MalformedError) as error:
            lost = str(error)
        finally:
            self._lost = f"{self._path}: {self._lost or lost}"
            for ref, future in self._waiting.items():
                if not future.done():
                    future.set_result(Answer(ref, Delivered.UNCERTAIN, 0, self._lost))
            self._waiting.clear()
            self._news.set()

    def _hear(self, kind: str, found: dict[str, object]) -> None:
        if kind == "state":
            self._latest = read_state(found)
            self._events.extend(self._latest.events)
            self._missed += self._latest.missed
            self._news.set()
        elif kind == "answer":
            answer = read_answer(found)
            future = self._waiting.pop(answer.ref, None)
            if future is not None and not future.done():
                future.set_result(answer)
        elif kind == "refused":
            self._lost = str(found.get("reason", ""))
