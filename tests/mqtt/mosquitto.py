"""A real broker and a subscriber to it, in processes of their own."""

import asyncio
import json
import os
import socket
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Final, NamedTuple, Self

from qh1a.mqtt.broker import Broker

PRODUCT: Final = "qh1a-telemetry"
_ENV: Final = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mosquitto:
    """`log` is every line that the broker has written."""

    def __init__(self, folder: Path, *tls: str) -> None:
        self.port, self.log = free_port(), list[str]()
        self._config = folder / "mosquitto.conf"
        lines = (
            f"listener {self.port} 127.0.0.1", *tls, "allow_anonymous true", "log_type all", "user root",
            "persistence true", f"persistence_location {folder}/",
        )  # fmt: skip
        self._config.write_text("\n".join(lines) + "\n")

    async def __aenter__(self) -> Self:
        self._old = len(self.log)
        self._process = await asyncio.create_subprocess_exec(
            "mosquitto", "-c", str(self._config), "-v", stdout=DEVNULL, stderr=PIPE, env=_ENV
        )
        self._line = asyncio.Event()
        self._reading = asyncio.create_task(self._read(self._process))
        while not (self._reading.done() or any(line.endswith(" running") for line in self.log[self._old :])):
            await self._next_line()
        assert self._process.returncode is None, self.log
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        await self._reading
        await self._process.wait()

    async def _read(self, process: Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.log.append(line.decode().strip())
            self._line.set()
        self._line.set()

    async def _next_line(self) -> None:
        self._line.clear()
        await self._line.wait()

    async def acknowledged(self, client: str) -> None:
        """Until a subscriber has acknowledged everything: what it has not is sent to it again."""
        while sum(f"Sending PUBLISH to {client}" in line for line in self.log) > len(
            self.of(client, "PUBACK")
        ):
            await self._next_line()

    def of(self, client: str, word: str) -> list[str]:
        """What the broker received of one kind from one client."""
        return [line for line in self.log if f"Received {word} from {client}" in line]

    def settings(self) -> Broker:
        return Broker(1, "127.0.0.1", self.port, tls=False, client_id=PRODUCT, keepalive_s=2)


class Heard(NamedTuple):
    """One message, `topic` without prefix and session."""

    session: str
    topic: str
    body: str

    def json(self) -> dict[str, object]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


class Subscriber:
    """Somebody who listens to everything, and misses nothing while the broker is away."""

    def __init__(self, port: int, *tls: str) -> None:
        self._args = ("-h", "127.0.0.1", "-p", str(port), "-i", "sub", "-c", "-q", "1", "-t", "qh1a/#", *tls)

    async def __aenter__(self) -> Self:
        # Once with nothing to hear, so that the broker knows of it before anybody publishes.
        first = await asyncio.create_subprocess_exec("mosquitto_sub", *self._args, "-E", env=_ENV)
        assert await first.wait() == 0
        self._process = await asyncio.create_subprocess_exec(
            "mosquitto_sub", *self._args, "-F", "%t %p", stdout=PIPE, stderr=DEVNULL, env=_ENV
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.kill()
        await self._process.wait()

    async def hear(self) -> Heard:
        assert self._process.stdout is not None
        topic, _, body = (await self._process.stdout.readline()).decode().strip().partition(" ")
        _prefix, session, name = topic.split("/")
        return Heard(session, name, body)

    async def until(self, topic: str, body: str = "") -> Heard:
        """The next message of a topic, others passed over."""
        while (heard := await self.hear()).topic != topic or body not in heard.body:
            pass
        return heard
