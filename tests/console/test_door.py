"""Real connections: those that say nothing, or do not read, never stand in the way of a STOP."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from qh1a.console import door
from tests.console.office import HOST, Browser, Office, breath, office, outcome
from tests.console.test_guard import page as page  # noqa: PLC0414 - the fixture


@asynccontextmanager
async def served(o: Office) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """The office's app at a port; its lifespan is the office's own."""
    config = door.config(o.app)
    config.lifespan, config.timeout_graceful_shutdown = "off", None
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await breath()
        yield listening.getsockname()[1], server
        server.should_exit = True
        await task


async def dial(port: int, stack: AsyncExitStack) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    stack.callback(writer.close)
    return reader, writer


async def caller(o: Office, port: int, stack: AsyncExitStack) -> Browser:
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"Host": HOST})
    return await Browser(o, await stack.enter_async_context(client)).load()


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHos"], ids=["silent", "half a request"])
@pytest.mark.parametrize("n", [150, door.CONNECTIONS_MOST + 50])
async def test_a_stop_passes_those_who_ask_for_nothing(tmp_path: Path, n: int, said: bytes) -> None:
    async with office(tmp_path) as o, served(o) as (port, server), AsyncExitStack() as stack:
        b = await caller(o, port, stack)
        for _ in range(n):
            (await dial(port, stack))[1].write(said)
        answer = await b.act("stop")
        assert (answer.status_code, outcome(answer)) == (200, "taken")
        assert len(server.server_state.connections) <= door.CONNECTIONS_MOST


async def test_who_does_not_read_makes_room_too_and_who_was_last_to_come_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "CONNECTIONS_MOST", 4)
    async with office(tmp_path) as o, served(o) as (port, server), AsyncExitStack() as stack:
        deaf = []
        for _ in range(4):
            reader, writer = await dial(port, stack)
            reader._transport.pause_reading()  # type: ignore[attr-defined] # noqa: SLF001 - as a peer that hangs
            writer.write(f"GET /static/plotly.min.js HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            deaf.append(writer)
        known = server.server_state.connections
        while sum(c.flow.write_paused for c in known) < 4:  # type: ignore[union-attr] # of HTTP
            await breath()
        b = await caller(o, port, stack)
        assert outcome(await b.act("stop")) == "taken"
        assert len(known) == 4


async def test_who_is_being_answered_is_not_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "CONNECTIONS_MOST", 2)
    async with office(tmp_path) as o, served(o) as (port, _), AsyncExitStack() as stack:
        b = await caller(o, port, stack)
        asked = asyncio.create_task(b.begin("/api/intent", b.body("stop")))
        while not o.ward.link._waiting:  # noqa: SLF001 - on its way
            await breath()
        for _ in range(5):
            await dial(port, stack)
        await o.settled(asked)
        assert outcome(asked.result()) == "taken"
