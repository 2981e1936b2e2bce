"""The routes: each checks the form of what comes in, and gives it to those who decide."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from pydantic.dataclasses import dataclass as checked
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from qh1a import __version__, sounds
from qh1a.console.audit import Audit
from qh1a.console.desk import Desk, Said, me
from qh1a.console.figures import Figures
from qh1a.console.guard import BODY_MOST, Browser, Browsers, Bucket, Guard, Refusals, cookie_name
from qh1a.console.pins import Pins
from qh1a.console.relay import EVENTS_MOST, HISTORY_S, Relay, Stream
from qh1a.console.tables import languages, reason_texts, tables
from qh1a.console.wishes import Ask, Signature
from qh1a.tick import Priority

STATIC: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json",
    ".svg": "image/svg+xml",
}  # fmt: skip
_FORBID: Final = {"extra": "forbid"}
_LINE: Final = r"^[^\x00-\x1f\x7f]*$"
_LINES: Final = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
"""Texts with line breaks, nothing else that is not seen."""
Ref = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w.-]+$")]
Seen = Annotated[int, Field(strict=True, ge=0, le=2**53)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Short = Annotated[str, Field(max_length=200, pattern=_LINE)]
Why = Annotated[str, Field(max_length=500, pattern=_LINES)]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=_LINE)]
Pin = Annotated[str, Field(min_length=1, max_length=40, pattern=_LINE)]


@checked(frozen=True, slots=True, config={"extra": "forbid"})
class Nothing:
    """An empty object."""


@checked(frozen=True, slots=True, config={"extra": "forbid"})
class LogIn:
    """Who it is."""

    name: Name
    pin: Pin


@checked(frozen=True, slots=True, config={"extra": "forbid"})
class Take:
    """Whether control is taken, or given back."""

    take: Annotated[bool, Field(strict=True)]


@checked(frozen=True, slots=True, config={"extra": "forbid"})
class Intent:
    """One press of a button."""

    ref: Ref
    action: Annotated[str, Field(min_length=1, max_length=40, pattern=_LINE)]
    seen: Seen
    value: Number | None = None
    text: Short | None = None
    why: Why | None = None
    second: LogIn | None = None


@checked(frozen=True, slots=True, config={"extra": "forbid"})
class ReviewAsked:
    """A change of a set point that somebody thinks of."""

    key: Annotated[str, Field(min_length=1, max_length=40, pattern=_LINE)]
    value: Number
    seen: Seen


@checked(frozen=True, slots=True, config={"extra": "forbid"})
class Confirm:
    """The change that was reviewed."""

    id: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w.-]+$")]
    ref: Ref
    seen: Seen
    second: LogIn | None = None


@checked(frozen=True, slots=True)
class Problem:
    """Every error."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a console is made of. `hosts`: the addresses it answers to; `report`: the finished session's."""

    relay: Relay
    pins: Pins
    audit: Audit
    figures: Figures
    wall_ns: Callable[[], int]
    hosts: Callable[[], frozenset[str]]
    report: Callable[[], bytes | None]
    language: str = "en"


class EventStream(Response):
    """Server-sent events to one browser, until it or the console goes."""

    media_type = "text/event-stream"

    def __init__(self, relay: Relay, desk: Desk, browser: Browser, send_s: float) -> None:
        super().__init__()
        self._relay, self._desk, self._browser, self._send_s = relay, desk, browser, send_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks."""
        del scope
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
        with self._relay.stream() as stream:
            self._browser.streams += 1
            gone = asyncio.create_task(_gone(receive, stream))
            try:
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await self._tell(stream, send)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            except (OSError, TimeoutError):
                pass  # it has gone, or does not read
            finally:
                self._browser.streams -= 1
                gone.cancel()
                with suppress(asyncio.CancelledError):
                    await gone

    async def _tell(self, stream: Stream, send: Send) -> None:
        while (told := await stream.next()) is not None:
            if told.event == "state":
                with suppress(OSError):  # a disk that is full must not end what people look at
                    await self._desk.settle()
                told.data["console"] = self._desk.view(self._browser)
            data = json.dumps(told.data, separators=(",", ":"), allow_nan=False)
            text = f"event: {told.event}\ndata: {data}\n\n".encode()
            async with asyncio.timeout(self._send_s):
                await send({"type": "http.response.body", "body": text, "more_body": True})


async def _gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.close()


def _json(said: Said) -> Response:
    return Response(json.dumps(said.body).encode(), said.status, media_type="application/json")


def _browser(request: Request) -> Browser:
    found: object = request.scope["browser"]
    assert isinstance(found, Browser)  # noqa: S101 - the guard put it there
    return found


def _problems(*codes: int) -> dict[int | str, dict[str, object]]:
    """The errors that a route can give, beside those of the guard."""
    return {code: {"model": Problem} for code in sorted({*codes, 400, 401, 403, 421, 429, 500})}


def _given(media: str) -> dict[int | str, dict[str, object]]:
    """What a route gives that is no JSON."""
    return {200: {"content": {media: {}}}}


def _posted() -> dict[int | str, dict[str, object]]:
    """Those of a route that reads a body, and writes to the audit."""
    return _problems(408, 413, 415, 422, 503)


def make_app(parts: Parts) -> FastAPI:
    """The console as an ASGI application; its one task lives as long as its lifespan."""
    relay, figures = parts.relay, parts.figures
    browsers = Browsers(figures, parts.wall_ns)
    texts = reason_texts(parts.language)
    desk = Desk(relay, parts.pins, parts.audit, figures, parts.wall_ns, texts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(relay.run())
        try:
            yield
        finally:
            relay.close()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    app = FastAPI(
        title="qh1a console", version=__version__, lifespan=lifespan, openapi_url=None, docs_url=None,
        redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    refused = Refusals(parts.audit.note, parts.wall_ns)
    app.add_middleware(
        Guard, browsers=browsers, figures=figures, hosts=parts.hosts, refused=refused, texts=texts
    )

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        await refused(request.scope, "MALFORMED")
        why = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        return _json(Said(422, {"reason": "MALFORMED", "text": why[:500]}))

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        reason = {404: "NOT_FOUND", 405: "METHOD"}.get(error.status_code)
        if reason is None:  # a body that is no text at all
            await refused(request.scope, "MALFORMED")
            return _json(desk.say(422, "MALFORMED"))
        return _json(desk.say(error.status_code, reason))

    @app.exception_handler(OSError)
    async def unwritten(_: Request, __: OSError) -> Response:
        return _json(desk.say(503, "NO_AUDIT"))

    _pages(app, browsers, desk, refused)
    _reading(app, parts, desk)
    _asking(app, parts, desk)
    return app


def _pages(app: FastAPI, browsers: Browsers, desk: Desk, refused: Refusals) -> None:
    @app.get("/", responses=_problems(404, 503), include_in_schema=False)
    async def index(request: Request) -> Response:
        response: Response = _file(STATIC, "index.html")
        if _browser(request).id:
            return response
        opened = browsers.open()
        if opened is None:
            await refused(request.scope, "TOO_MANY_BROWSERS")
            return _json(desk.say(503, "TOO_MANY_BROWSERS"))
        name = cookie_name(request.headers["host"])
        response.set_cookie(name, opened[0], httponly=True, samesite="strict", path="/")
        return response

    @app.get("/static/{name}", responses=_problems(404), include_in_schema=False)
    async def static(name: str) -> Response:
        if name == "plotly.min.js":
            response = _file(_plotly(), name)
            response.headers["cache-control"] = "private, max-age=86400"
            return response
        return _file(STATIC, name)

    @app.get("/sounds/{name}", responses=_problems(404), include_in_schema=False)
    async def sound(name: str) -> Response:
        for priority in (Priority.HIGH, Priority.MEDIUM, Priority.LOW):
            path = sounds.path(priority)
            if path.name == name:
                return FileResponse(path, media_type="audio/wav")
        raise HTTPException(404)


@cache
def _plotly() -> Path:
    return Path(str(files("plotly") / "package_data"))


def _file(folder: Path, name: str) -> Response:
    """A file of that folder, by its plain name. Raises `HTTPException`."""
    path = folder / name
    if path.parent != folder or path.suffix not in _TYPES or name.startswith(".") or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, media_type=_TYPES[path.suffix], headers={"cache-control": "no-cache"})


def _reading(app: FastAPI, parts: Parts, desk: Desk) -> None:
    relay, f = parts.relay, parts.figures
    told = cache(tables)

    @app.get("/api/hello", responses=_problems())
    async def hello(request: Request) -> Response:
        browser, about = _browser(request), relay.about
        limits = about.get("limits")
        given = limits if isinstance(limits, Mapping) else {}
        body = {
            "token": browser.token,
            "generation": relay.generation,
            **{key: about.get(key) for key in ("plant", "version", "seed", "config", "prescription")},
            "limits": {
                "name": given.get("name"),
                "value": {k: v for k, v in given.items() if k not in {"name", "schema"}},
            },
            "set_points": about.get("set_points", []),
            "session_file": about.get("session_file"),
            "languages": [*languages()],
            "language": parts.language,
            "me": me(browser),
            "users": [*parts.pins.names],
            "figures": {
                "idle_s": f.idle_s, "takeover_s": f.takeover_s, "review_s": f.review_s, "stale_s": f.stale_s,
                "not_live_s": f.not_live_s,
            },
        }  # fmt: skip
        return _json(Said(200, body))

    @app.get("/api/tables", responses=_problems(404, 422))
    async def all_tables(language: Literal["en", "zh"] = "en") -> Response:
        if language not in languages():
            raise HTTPException(404)
        return _json(Said(200, told(language)))

    @app.get("/api/stream", responses={**_given("text/event-stream"), **_problems(503)})
    async def stream(request: Request) -> Response:
        if relay.streams >= f.streams:
            return _json(desk.say(503, "TOO_MANY_STREAMS"))
        return EventStream(relay, desk, _browser(request), f.read_s)

    @app.get("/api/history", responses=_problems(422))
    async def history(seconds: Annotated[float, Query(gt=0, le=HISTORY_S)] = 1800.0) -> Response:
        text = await asyncio.to_thread(relay.history.last(seconds))
        return Response(text, media_type="application/json")

    @app.get("/api/events", responses=_problems())
    async def events() -> Response:
        return _json(Said(200, {"events": [*relay.events][-EVENTS_MOST:]}))

    @app.get("/api/report", responses={**_given("text/html"), **_problems(404)})
    async def report() -> Response:
        html = await asyncio.to_thread(parts.report)
        if html is None:
            return _json(desk.say(404, "NOT_ENDED"))
        return Response(html, media_type="text/html")


def _asking(app: FastAPI, parts: Parts, desk: Desk) -> None:
    reports = Bucket(1.0, parts.wall_ns)

    @app.post("/api/login", responses=_posted())
    async def login(request: Request, body: LogIn) -> Response:
        return _json(await desk.log_in(_browser(request), body.name, body.pin))

    @app.post("/api/logout", responses=_posted())
    async def logout(request: Request, body: Nothing) -> Response:
        del body
        return _json(await desk.log_out(_browser(request)))

    @app.post("/api/here", responses=_posted())
    async def here(request: Request, body: Nothing) -> Response:
        del body
        return _json(await desk.here(_browser(request)))

    @app.post("/api/lease", responses=_posted())
    async def lease(request: Request, body: Take) -> Response:
        return _json(await desk.lease(_browser(request), take=body.take))

    @app.post("/api/intent", responses=_posted())
    async def intent(request: Request, body: Intent) -> Response:
        ask = Ask(
            body.ref, body.action, body.seen, body.value, body.text, body.why or "", _signature(body.second)
        )
        return _json(await desk.intent(_browser(request), ask))

    @app.post("/api/review", responses=_posted())
    async def review(request: Request, body: ReviewAsked) -> Response:
        return _json(await desk.review(_browser(request), body.key, body.value, body.seen))

    @app.post("/api/confirm", responses=_posted())
    async def confirm(request: Request, body: Confirm) -> Response:
        ask = Ask(body.ref, "set", body.seen, second=_signature(body.second))
        return _json(await desk.confirm(_browser(request), body.id, ask))

    @app.post("/api/csp", status_code=204, responses=_posted())
    async def csp(request: Request) -> Response:
        if reports.take():
            text = (await request.body())[:BODY_MOST].decode("utf-8", "replace")
            await parts.audit.note("csp", {"report": text})
        return Response(status_code=204)


def _signature(second: LogIn | None) -> Signature | None:
    return None if second is None else Signature(second.name, second.pin)
