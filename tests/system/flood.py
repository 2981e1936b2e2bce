"""A flood against a console, from a process of its own: it begins and ends with lines on its stdin.

`python flood.py PORT`, then `on` or `off`; at the end of stdin it says how many answers came of each status.
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
PAUSE_S: Final = 0.01
"""After each answer: the flood shall load the console, not the processor by itself."""
ASKERS: Final = 8
STREAMS: Final = 3
SLOW: Final = 16
SLOW_S: Final = 2.0
GETS: Final = ("/api/tables", "/", "/static/main.js", "/static/style.css", "/api/history", "/api/events")
BIG: Final = "/static/plotly.min.js"
INTENT: Final = json.dumps({"ref": "flood", "action": "start", "seen": 1}).encode()


class Flood:
    """What is asked while `on`. `cookie`: of a browser that the console knows, used by every second asker."""

    def __init__(self, port: int) -> None:
        self._port, self.on, self.said = port, asyncio.Event(), Counter[str]()
        self._cookie = ""

    def _head(self, method: str, path: str, *more: str) -> bytes:
        lines = (f"{method} {path} HTTP/1.1", f"host: {HOST}:{self._port}", *more, "", "")
        return "\r\n".join(lines).encode()

    async def _answer(self, reader: asyncio.StreamReader) -> dict[str, str]:
        """The status and the headers of an answer; its body is read and forgotten."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.said[head[0].split()[1]] += 1
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        await reader.readexactly(int(headers.get("content-length", "0")))
        return headers

    async def ask(self, known: bool) -> None:
        """Ask for everything in turn on one connection, as fast as the answers come."""
        reader, writer = await asyncio.open_connection(HOST, self._port)
        try:
            while self.on.is_set():
                cookie = (f"cookie: {self._cookie}",) if known and self._cookie else ()
                for path in GETS:
                    writer.write(self._head("GET", path, *cookie))
                    found = await self._answer(reader)
                    self._cookie = self._cookie or found.get("set-cookie", "").split(";")[0]
                    await asyncio.sleep(PAUSE_S)
                kind, length = "content-type: application/json", f"content-length: {len(INTENT)}"
                origin = f"origin: http://{HOST}:{self._port}"
                writer.write(self._head("POST", "/api/intent", kind, length, origin, *cookie) + INTENT)
                await self._answer(reader)
                await asyncio.sleep(PAUSE_S)
        finally:
            writer.close()

    async def stream(self) -> None:
        """Open a stream, hear its beginning, and go."""
        reader, writer = await asyncio.open_connection(HOST, self._port)
        try:
            writer.write(
                self._head("GET", "/api/stream", "sec-fetch-site: same-origin", f"cookie: {self._cookie}")
            )
            head = await reader.readuntil(b"\r\n\r\n")
            self.said[f"stream {head.split()[1].decode()}"] += 1
            await reader.read(2000)
            await asyncio.sleep(PAUSE_S)
        finally:
            writer.close()

    async def slow(self) -> None:
        """Ask for much and do not read it, or begin to ask and do not go on."""
        _, writer = await asyncio.open_connection(HOST, self._port)
        try:
            writer.write(self._head("GET", BIG))
            await asyncio.sleep(SLOW_S)
            self.said["slow"] += 1
        finally:
            writer.transport.abort()

    async def _again(self, task: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self.on.wait()
            with suppress(OSError, asyncio.IncompleteReadError):  # refused: that is the console's right
                await task()
            await asyncio.sleep(PAUSE_S)

    async def run(self) -> None:
        """Until stdin ends."""
        loop, lines = asyncio.get_running_loop(), asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        kinds = [partial(self.ask, known) for known in (True, False)] * (ASKERS // 2)
        tasks = [asyncio.create_task(self._again(kind)) for kind in kinds]
        tasks += [asyncio.create_task(self._again(self.stream)) for _ in range(STREAMS)]
        tasks += [asyncio.create_task(self._again(self.slow)) for _ in range(SLOW)]
        while line := await lines.readline():
            if line == b"on\n":
                self.on.set()
            else:
                self.on.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Tap:
    """The flood, as who opens and shuts it sees it. `said` is there once it is over."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.said: dict[str, int] = {}

    def turn(self, how: str) -> None:
        """`on` or `off`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{how}\n")
        self._process.stdin.flush()

    def end(self) -> None:
        """Hear what it was answered."""
        out, _ = self._process.communicate(timeout=20)
        self.said = json.loads(out)


@contextmanager
def flooding(port: int) -> Iterator[Tap]:
    """A flood that is off at first."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__)), str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        tap = Tap(process)
        try:
            yield tap
            tap.end()
        finally:
            if process.poll() is None:
                process.kill()


if __name__ == "__main__":
    flood = Flood(int(sys.argv[1]))
    asyncio.run(flood.run())
    print(json.dumps(flood.said))  # noqa: T201
