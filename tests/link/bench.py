"""A session on the ideal plant with a link beside it: a `round` is a tick, a quarter of a second later."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from qh1a.link import Answer, Link, LinkClient, Role, State, Status, Wish
from qh1a.link.server import NO_FAULTS, PERIOD_NS
from qh1a.tick import Decision, Intent, IntentName
from qh1a.units import Ns
from tests.control.synthetic import Bench

ABOUT: Final = {"plant": "sim", "subject": "SIM-001"}


class Wall:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.wall = 0

    def now(self) -> Ns:
        return Ns(self.wall)

    async def sleep_until(self, deadline: Ns) -> None:
        self.wall = max(self.wall, deadline)

    def wall_ns(self) -> int:
        return self.wall

    def label(self) -> str:
        return "2026-11-23T03:00:00Z"

    def close(self) -> None:
        """Nothing is held."""


class Ward:
    """A link with a session behind it. `taken` are the intents that ticks took off it."""

    def __init__(
        self,
        path: Path,
        *,
        wishes: bool = True,
        about: Mapping[str, object] = ABOUT,
        faults: Mapping[str, tuple[float, float]] = NO_FAULTS,
        status: Callable[[], Status] = Status,
    ) -> None:
        self.wall = Wall()
        self.link = Link(path, about, self.wall, wishes=wishes, faults=faults, status=status)
        self.session = Bench()
        self.taken: list[Intent] = []

    async def __aenter__(self) -> Self:
        await self.link.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.link.__aexit__(kind, error, at)

    def tick(self, wall_ns: int = PERIOD_NS) -> Decision:
        self.wall.wall += wall_ns
        intents = self.link.poll(Ns(self.session.now), self.session.last)
        self.taken.extend(intents)
        decision = self.session.tick(*intents)
        assert self.session.frame is not None
        self.link.observe(self.session.frame, intents, decision)
        return decision

    async def round(self, client: LinkClient) -> State:
        """A tick, and its state as the client has it."""
        self.tick()
        return await client.state()

    async def arrived(self, wishes: int = 1) -> None:
        """Until so many wishes have come, which no tick has taken yet."""
        async with Raw.to(self.link.path, b"{}\n") as other:
            while len(self.link._waiting) < wishes:  # noqa: SLF001 - nothing but a tick would say
                await other.hear()

    async def answered(self, client: LinkClient, *wishes: Wish) -> list[Answer]:
        """Ticks until every wish is answered."""
        asked = [asyncio.create_task(client.ask(wish)) for wish in wishes]
        while not all(task.done() for task in asked):
            await self.round(client)
        return [task.result() for task in asked]


@asynccontextmanager
async def console(ward: Ward, role: Role = Role.CONSOLE) -> AsyncIterator[LinkClient]:
    async with LinkClient(ward.link.path, role, "test") as client:
        yield client


def wish(ref: str, name: IntentName, key: str = "", value: float = 0.0) -> Wish:
    return Wish(ref=ref, name=name.name, key=key, value=value, who="nurse", why="it is time")


class Raw:
    """A client that says what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    @asynccontextmanager
    async def to(cls, path: Path, *said: bytes) -> "AsyncIterator[Raw]":
        reader, writer = await asyncio.open_unix_connection(path)
        raw = cls(reader, writer)
        for text in said:
            writer.write(text)
        try:
            yield raw
        finally:
            writer.close()

    async def say_for_ever(self, text: bytes) -> None:
        while True:
            self.writer.write(text)
            await self.writer.drain()

    async def hear(self) -> dict[str, object] | None:
        """The next message, None at the end."""
        text = await self.reader.readline()
        found: object = json.loads(text) if text else None
        assert found is None or isinstance(found, dict)
        return found
