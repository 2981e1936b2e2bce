"""What every request must be before it is looked at (safety 5.2, T1 and T11), as pure ASGI.

The console stands on the loopback, where every page in every tab can reach it. So: only its own names in
Host, only its own page as Origin, a token that only that page knows, JSON only, bounded and not too fast.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Final

from qh1a.console.access import BY_ID, Person
from qh1a.console.figures import Figures
from qh1a.console.setting import Review
from qh1a.units import NS_PER_S

BODY_MOST: Final = 64 * 1024
BROWSERS_MOST: Final = 64
SILENT_NS: Final = 30 * NS_PER_S
"""Who asked for nothing for so long, and has no stream, may have to make room for another browser."""
_CALM: Final = frozenset(a.id for a in BY_ID.values() if a.always)
_STATIC_PER_S: Final = 200.0
"""A page comes in two dozen files at once."""
_REFUSALS_PER_S: Final = 5.0
"""Written down; the others are counted in the next one."""
_CSP: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; report-uri /api/csp"
)
_HEADERS: Final = (
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
_ONCE: Final[Mapping[bytes, tuple[int, str]]] = {
    b"host": (421, "HOST"), b"origin": (403, "ORIGIN"), b"sec-fetch-site": (403, "ORIGIN"),
    b"x-qh1a-token": (403, "TOKEN"), b"cookie": (401, "NO_SESSION"), b"content-type": (415, "TYPE"),
    b"content-length": (400, "MALFORMED"),
}  # fmt: skip
"""Who sends one of these twice means to be read in two ways."""
_REPORTS: Final = frozenset({b"application/csp-report", b"application/reports+json", b"application/json"})

# As starlette names them; its own aliases hold Any.
Scope = MutableMapping[str, object]
Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Bucket:
    """So many a second, and twice as many at once."""

    def __init__(self, per_s: float, wall_ns: Callable[[], int]) -> None:
        self._per_s, self._wall_ns = per_s, wall_ns
        self._left, self._at = 2.0 * per_s, wall_ns()

    def take(self) -> bool:
        """Whether there is one more."""
        now = self._wall_ns()
        self._left = min(2.0 * self._per_s, self._left + (now - self._at) * self._per_s / NS_PER_S)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Refusals:
    """Writes down what was refused: so many a second, the others are counted in the next line."""

    def __init__(
        self, note: Callable[[str, Mapping[str, object]], Awaitable[None]], wall_ns: Callable[[], int]
    ) -> None:
        self._note, self._log, self._unlogged = note, Bucket(_REFUSALS_PER_S, wall_ns), 0

    async def __call__(self, scope: Scope, reason: str) -> None:
        """A request, and why not. What cannot be written down is refused all the same."""
        if not self._log.take():
            self._unlogged += 1
            return
        browser, unlogged, self._unlogged = scope.get("browser"), self._unlogged, 0
        person = browser.person if isinstance(browser, Browser) else None
        fields = {
            "reason": reason, "method": str(scope["method"]), "path": str(scope["path"])[:200],
            "origin": b", ".join(_all(scope, b"origin")).decode("latin-1")[:200],
            "host": b", ".join(_all(scope, b"host")).decode("latin-1")[:200],
            "who": str(person or "console"), "unlogged": unlogged,
        }  # fmt: skip
        with suppress(OSError):
            await self._note("guard", fields)


@dataclass(slots=True)
class Browser:
    """One browser, by its cookie. `person` is who logged in; `locked`, not touched for too long since.

    `touched_ns` is when the person touched something, `heard_ns` when the page last asked for anything.
    """

    id: str
    token: str
    bucket: Bucket
    static: Bucket
    touched_ns: int
    heard_ns: int
    person: Person | None = None
    locked: bool = False
    review: Review | None = None
    streams: int = 0
    refs: dict[str, tuple[str, Mapping[str, object]]] = field(default_factory=dict)
    """What was asked under each reference, and the answer."""


class Browsers:
    """Those who have a cookie."""

    def __init__(self, figures: Figures, wall_ns: Callable[[], int]) -> None:
        self._f, self._wall_ns = figures, wall_ns
        self._known: dict[str, Browser] = {}
        self.stranger = self._new("")
        """Stands for all without a cookie."""

    def _new(self, id_: str) -> Browser:
        f, wall_ns = self._f, self._wall_ns
        buckets = Bucket(f.requests_per_s, wall_ns), Bucket(_STATIC_PER_S, wall_ns)
        return Browser(id_, secrets.token_urlsafe(32), *buckets, wall_ns(), wall_ns())

    def open(self) -> tuple[str, Browser] | None:
        """A new browser and its cookie; None while too many are at work.

        An open page keeps its voice, however many others come: it is heard of all the time. Who is logged in
        and did not leave goes once locked.
        """
        if len(self._known) >= BROWSERS_MOST:
            idle = [b for b in self._known.values() if (b.person is None or b.locked) and not b.streams]
            gone = min(idle, key=lambda b: b.heard_ns, default=None)
            if gone is None or self._wall_ns() - gone.heard_ns < SILENT_NS:
                return None
            del self._known[gone.id]
        cookie = secrets.token_hex(32)
        browser = self._new(_digest(cookie))
        self._known[browser.id] = browser
        return cookie, browser

    def find(self, cookie: str) -> Browser | None:
        """Whose cookie this is. Looked up by its hash, so that the time says nothing of the cookie."""
        return self._known.get(_digest(cookie))

    def heard(self, browser: Browser) -> None:
        """It asks for something, or what it asked for comes to an end."""
        browser.heard_ns = self._wall_ns()


def cookie_name(host: str) -> str:
    """By the port, which cookies do not tell apart: two consoles on one machine keep their own browsers."""
    return f"qh1a-{host.rpartition(':')[2]}"


def _digest(cookie: str) -> str:
    return sha256(cookie.encode("utf-8", "replace")).hexdigest()


class _Refused(Exception):  # noqa: N818 - an answer, no error
    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason


class Guard:
    """Before the app. A request that passes has its browser in `scope["browser"]`.

    `refused` hears of what did not pass, `texts` say why. STOP and audio pause are not counted: the
    desk asks for one of them at a time, however often a page does.
    """

    def __init__(
        self,
        app: App,
        *,
        browsers: Browsers,
        figures: Figures,
        hosts: Callable[[], frozenset[str]],
        refused: Callable[[Scope, str], Awaitable[None]],
        texts: Mapping[str, str],
    ) -> None:
        self._app, self._browsers, self._f, self._hosts = app, browsers, figures, hosts
        self._refused, self._texts = refused, texts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # there is no websocket here
        path, begun = str(scope["path"]), False

        async def armoured(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                given = message.get("headers")
                headers = [*given] if isinstance(given, list | tuple) else []
                headers += _HEADERS
                if path.startswith("/api/") or path == "/":
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        try:
            receive = await self._check(scope, path, receive)
        except _Refused as refusal:
            await self._refused(scope, refusal.reason)
            await self._answer(armoured, refusal.status, refusal.reason)
            return
        try:
            await self._app(scope, receive, armoured)
        except Exception:
            if not begun:
                await self._answer(armoured, 500, "BROKEN")
            raise
        finally:
            browser = scope["browser"]
            if isinstance(browser, Browser):
                self._browsers.heard(browser)

    async def _answer(self, send: Send, status: int, reason: str) -> None:
        text = json.dumps({"reason": reason, "text": self._texts.get(reason, reason)}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    async def _check(self, scope: Scope, path: str, receive: Receive) -> Receive:
        """Raise `_Refused`, or give what reads the body that was read."""
        for name, no in _ONCE.items():
            if len(_all(scope, name)) > 1:
                raise _Refused(*no)
        host = _one(scope, b"host").decode("latin-1").lower()
        if host not in self._hosts():
            raise _Refused(421, "HOST")
        method, api = scope["method"], path.startswith("/api/")
        if method not in {"GET", "HEAD", "POST"}:
            raise _Refused(405, "METHOD")
        browser = self._browser(scope, cookie_name(host))
        scope["browser"] = browser or self._browsers.stranger
        bucket = scope["browser"]
        assert isinstance(bucket, Browser)  # noqa: S101 - set above
        report = path == "/api/csp"
        self._same_origin(scope, host, path, strict=method == "POST" and not report)
        if api and browser is None and not report:
            raise _Refused(401, "NO_SESSION")
        if method != "POST":
            if not (bucket.bucket if api or path == "/" else bucket.static).take():
                raise _Refused(429, "TOO_FAST")
            return receive
        kind = _one(scope, b"content-type").split(b";")[0].strip().lower()
        if kind not in (_REPORTS if report else {b"application/json"}):
            raise _Refused(415, "TYPE")
        token = _one(scope, b"x-qh1a-token")
        if not report and not secrets.compare_digest(token, bucket.token.encode()):
            raise _Refused(403, "TOKEN")
        body = await self._read(scope, receive)
        calm = path == "/api/intent" and _action(body) in _CALM
        if not calm and not bucket.bucket.take():
            raise _Refused(429, "TOO_FAST")
        return _again(body, receive)

    def _browser(self, scope: Scope, name: str) -> Browser | None:
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(_one(scope, b"cookie").decode("latin-1"))
        except CookieError:
            return None
        found = cookies.get(name)
        browser = None if found is None else self._browsers.find(found.value)
        if browser is not None:
            self._browsers.heard(browser)
        return browser

    def _same_origin(self, scope: Scope, host: str, path: str, *, strict: bool) -> None:
        """The page that asks is this console's, or somebody typed the address.

        A browser sends no Origin with a GET of the same origin, a stream's included, but says
        `Sec-Fetch-Site`; whoever sends neither gets no stream. A page elsewhere that opened this one would
        give the browser a new cookie and take the old page's voice away.
        """
        origin, site = _one(scope, b"origin").decode("latin-1").lower(), _one(scope, b"sec-fetch-site")
        report = path == "/api/csp" and origin == "null"
        if origin and origin != f"http://{host}" and not report:
            raise _Refused(403, "ORIGIN")
        if site and site not in (b"same-origin", b"none"):
            raise _Refused(403, "ORIGIN")
        if not origin and (strict or (path == "/api/stream" and site != b"same-origin")):
            raise _Refused(403, "ORIGIN")

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        length = _one(scope, b"content-length")
        if length.isdigit() and int(length[:12]) > BODY_MOST:
            raise _Refused(413, "TOO_LARGE")
        body = bytearray()
        try:
            async with asyncio.timeout(self._f.read_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Refused(400, "MALFORMED")
                    part = message.get("body", b"")
                    body += part if isinstance(part, bytes) else b""
                    if len(body) > BODY_MOST:
                        raise _Refused(413, "TOO_LARGE")
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            raise _Refused(408, "TOO_SLOW") from None


def _one(scope: Scope, name: bytes) -> bytes:
    """The value of a header that comes once at most."""
    return b"".join(_all(scope, name)[:1])


def _all(scope: Scope, name: bytes) -> list[bytes]:
    headers = scope["headers"]
    assert isinstance(headers, list | tuple)  # noqa: S101 - ASGI says so
    return [value for key, value in headers if key == name]


def _action(body: bytes) -> object:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    action = found.get("action") if isinstance(found, dict) else None
    return action if isinstance(action, str) else None


def _again(body: bytes, receive: Receive) -> Receive:
    """The body as if it had not been read."""
    told = False

    async def read() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read
