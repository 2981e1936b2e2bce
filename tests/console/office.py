"""A console in front of a session on the ideal plant: browsers ask it, the test moves time."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from qh1a.config import resolve, to_tree
from qh1a.console.access import Role
from qh1a.console.app import Parts, make_app
from qh1a.console.audit import Audit
from qh1a.console.figures import Figures, load_figures
from qh1a.console.pins import Pins, write_user
from qh1a.console.relay import Relay
from qh1a.control.setpoints import settable_rows
from qh1a.units import nanoseconds
from tests.control.synthetic import Bench, limits
from tests.link.bench import Ward

HOST: Final = "127.0.0.1:8000"
ORIGIN: Final = f"http://{HOST}"
PIN: Final = {"anna": "314159", "ben": "271828", "carl": "161803", "dora": "141421", "eve": "173205"}
ROLE: Final = {
    "anna": Role.OPERATOR, "ben": Role.SECOND, "carl": Role.ENGINEER, "dora": Role.OPERATOR,
    "eve": Role.VIEWER,
}  # fmt: skip
QUICK: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def figures() -> Figures:
    return load_figures(resolve("default.toml", "console"))


def about(bench: Bench, **more: object) -> dict[str, object]:
    return {
        "plant": "SIM", "version": "0", "seed": 1, "config": "c", "prescription": to_tree(bench.prescription),
        "limits": to_tree(limits()), "set_points": settable_rows(), "session_file": "s.qh1a", **more,
    }  # fmt: skip


def users(folder: Path) -> Path:
    path = folder / "users.json"
    for name, pin in PIN.items():
        write_user(path, name, ROLE[name], pin, QUICK)
    return path


class Browser:
    """One browser: a cookie jar, the token of its page, and the last state it saw."""

    def __init__(self, office: "Office", client: httpx.AsyncClient) -> None:
        self.office, self.client = office, client
        self.token, self.refs = "", 0

    async def load(self) -> "Browser":
        assert (await self.client.get("/")).status_code == 200
        self.token = str((await self.client.get("/api/hello")).json()["token"])
        return self

    async def post(self, path: str, body: Mapping[str, object], **headers: str) -> httpx.Response:
        """Post, and let the session tick for as long as something waits for it."""
        asked = asyncio.create_task(self.begin(path, body, **headers))
        await self.office.settled(asked)
        return asked.result()

    async def begin(self, path: str, body: Mapping[str, object], **headers: str) -> httpx.Response:
        given = {"X-QH1A-Token": self.token, "Origin": ORIGIN, "Content-Type": "application/json", **headers}
        return await self.client.post(path, content=json.dumps(body), headers=given)

    async def log_in(self, name: str, *, take: bool = False) -> "Browser":
        said = await self.post("/api/login", {"name": name, "pin": PIN[name]})
        assert said.status_code == 200, said.text
        if take:
            assert (await self.post("/api/lease", {"take": True})).json() == {"mine": True, "in_s": 0.0}
        return self

    def body(self, action: str, **more: object) -> dict[str, object]:
        self.refs += 1
        return {"ref": f"r{self.refs}", "action": action, "seen": self.office.seen, **more}

    async def act(self, action: str, **more: object) -> httpx.Response:
        return await self.post("/api/intent", self.body(action, **more))


def outcome(said: httpx.Response) -> str:
    """taken, or why not."""
    body = said.json()
    return str(body["reason"] or body["delivered"])


class Office:
    """The console and its session; the wall of both is the test's."""

    def __init__(self, folder: Path, ward: Ward) -> None:
        self.folder, self.ward, self.wall = folder, ward, ward.wall
        f, wall_ns, label = figures(), self.wall.wall_ns, self.wall.label
        self.relay = Relay(ward.link.path, f, wall_ns)
        self.audit = Audit(folder / "audit", label)
        self.report: bytes | None = None
        pins = Pins(folder / "users.json", f, wall_ns, label, QUICK)
        hosts = frozenset({HOST, "localhost:8000"})
        self.app: FastAPI = make_app(
            Parts(self.relay, pins, self.audit, f, wall_ns, lambda: hosts, lambda: self.report)
        )
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Office":
        await self._stack.enter_async_context(self.app.router.lifespan_context(self.app))
        while not self.relay.about:
            await breath()
        await self.tick()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        self.audit.close()

    @property
    def seen(self) -> int:
        assert self.relay.latest is not None
        return self.relay.latest.seq

    async def browser(self) -> Browser:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN)
        await self._stack.enter_async_context(client)
        return await Browser(self, client).load()

    async def tick(self, times: int = 1) -> None:
        """Ticks, a quarter of a second each, and until the console has heard of the last."""
        for _ in range(times):
            before = self.ward.session.now
            self.ward.tick()
            assert self.ward.session.now > before
            while self.relay.latest is None or self.relay.latest.now < self.ward.session.now:
                await breath()

    async def wait(self, s: float) -> None:
        """The wall goes on, then a tick."""
        self.wall.wall += nanoseconds(s)
        await self.tick()

    async def settled(self, *tasks: "asyncio.Task[httpx.Response]") -> None:
        while not all(task.done() for task in tasks):
            if self.ward.link._waiting:  # noqa: SLF001 - nothing but a tick would say
                await self.tick()
            await breath()

    def written(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.folder / "audit").read_text().splitlines()]


async def breath() -> None:
    """Let the others go on; the audit is written by threads, in real time."""
    await asyncio.sleep(0.0005)  # noqa: TID251 - as above


@asynccontextmanager
async def office(folder: Path, bench: Bench | None = None) -> AsyncIterator[Office]:
    users(folder)
    session = bench or Bench()
    async with Ward(folder / "s.sock", about=about(session)) as ward:
        ward.session = session
        async with Office(folder, ward) as found:
            yield found


class Page:
    """An event stream of a browser, read message by message."""

    def __init__(self, browser: Browser, **headers: str) -> None:
        cookie = "; ".join(f"{k}={v}" for k, v in browser.client.cookies.items())
        given = {"host": HOST, "cookie": cookie, "sec-fetch-site": "same-origin", **headers}
        self.scope: dict[str, object] = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
            "method": "GET", "path": "/api/stream", "raw_path": b"/api/stream", "query_string": b"",
            "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
            "headers": [(k.encode(), v.encode()) for k, v in given.items() if v],
        }  # fmt: skip
        self.app = browser.office.app
        self.status = 0
        self.reads = asyncio.Event()
        self.reads.set()
        self._said: asyncio.Queue[tuple[str, dict[str, object]]] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._asked = False

    async def __aenter__(self) -> "Page":
        self._task = asyncio.create_task(self.app(self.scope, self._receive, self._send))
        while not self.status:
            await breath()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.reads.set()
        self._gone.set()
        await self._task

    @property
    def over(self) -> bool:
        return self._task.done()

    async def _receive(self) -> dict[str, object]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Mapping[str, object]) -> None:
        if message["type"] == "http.response.start":
            self.status = int(str(message["status"]))
            return
        await self.reads.wait()
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        if self.status == 200 and body:
            event, data = body.decode().removesuffix("\n\n").split("\ndata: ")
            self._said.put_nowait((event.removeprefix("event: "), json.loads(data)))

    async def hear(self) -> tuple[str, dict[str, object]]:
        return await self._said.get()

    async def state(self) -> dict[str, object]:
        event, data = await self.hear()
        assert event == "state", data
        return data
