"""What every request must be: names, origin, token, type, size, rate, and the headers of every answer."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from qh1a.console import app as app_module
from qh1a.console.access import Person, Role
from qh1a.console.guard import BODY_MOST, BROWSERS_MOST, SILENT_NS, Browsers, Bucket, Guard
from qh1a.units import NS_PER_S
from tests.console.office import HOST, ORIGIN, Browser, Office, Page, figures, office, outcome
from tests.link.bench import Wall


@pytest.fixture(autouse=True)
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some page, whatever the real one is."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "main.js").write_text("1;")
    (folder / "secret.txt").write_text("no")
    monkeypatch.setattr(app_module, "STATIC", folder)


def stranger(o: Office) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(o.app), base_url=ORIGIN)


async def refused(browser: Browser, **headers: str) -> tuple[int, str]:
    said = await browser.post("/api/here", {}, **headers)
    return said.status_code, "" if said.status_code == 200 else outcome(said)


async def test_names_origin_token_and_type(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        assert await refused(b) == (200, "")
        for host in ("evil.example", "127.0.0.1:8001", "127.0.0.1", "localhost", "[::1]:8000", ""):
            assert await refused(b, Host=host) == (421, "HOST")
        for origin in ("http://evil.example", "http://127.0.0.1:8001", "http://localhost:8000", "null",
                       "https://127.0.0.1:8000", "", f"{ORIGIN}.evil.example"):  # fmt: skip
            assert await refused(b, Origin=origin) == (403, "ORIGIN")
        assert await refused(b, **{"Sec-Fetch-Site": "cross-site"}) == (403, "ORIGIN")
        assert await refused(b, **{"Sec-Fetch-Site": "same-site"}) == (403, "ORIGIN")
        for token in ("", "x", b.token[:-1], f"{b.token}x"):
            assert await refused(b, **{"X-QH1A-Token": token}) == (403, "TOKEN")
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "*/*"):
            assert await refused(b, **{"Content-Type": kind}) == (415, "TYPE")
        kinds = {row["reason"] for row in o.written() if row["kind"] == "guard"}
        assert kinds <= {"HOST", "ORIGIN", "TOKEN", "TYPE"}
        assert len(kinds) >= 2


async def test_another_browsers_token_is_none(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        a, b = await o.browser(), await o.browser()
        assert await refused(a, **{"X-QH1A-Token": b.token}) == (403, "TOKEN")
        a.client.cookies.clear()
        assert await refused(a) == (401, "NO_SESSION")
        assert (await a.client.get("/api/hello")).status_code == 401
        assert await refused(a, Cookie="qh1a-8000=" + "0" * 64) == (401, "NO_SESSION")


TWICE = [
    ("origin", ORIGIN, 403, "ORIGIN"), ("sec-fetch-site", "same-origin", 403, "ORIGIN"),
    ("host", HOST, 421, "HOST"), ("content-length", "2", 400, "MALFORMED"),
    ("content-type", "application/json", 415, "TYPE"), ("x-qh1a-token", "", 403, "TOKEN"),
    ("cookie", "", 401, "NO_SESSION"),
]  # fmt: skip


@pytest.mark.parametrize("second", [True, False], ids=["the same", "another"])
@pytest.mark.parametrize(("name", "value", "code", "reason"), TWICE, ids=[row[0] for row in TWICE])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_header_that_comes_twice_is_refused(
    tmp_path: Path, method: str, name: str, value: str, code: int, reason: str, *, second: bool
) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        given = {
            "host": HOST, "origin": ORIGIN, "sec-fetch-site": "same-origin", "content-length": "2",
            "content-type": "application/json", "x-qh1a-token": b.token,
            "cookie": "; ".join(f"{k}={v}" for k, v in b.client.cookies.items()),
        }  # fmt: skip
        value = value or given[name]
        async with Page(b, **given) as page:
            assert page.status == 200  # once each, all is well
        page = Page(b, **given)
        headers = page.scope["headers"]
        assert isinstance(headers, list)
        headers.append((name.encode(), value.encode() if second else b"x"))
        path = "/api/here" if method == "POST" else "/api/events"
        page.scope |= {"method": method, "path": path}
        async with page:
            assert page.status == code
        rows = [row for row in o.written() if row["kind"] == "guard"]
        assert [row["reason"] for row in rows] == [reason]


async def test_the_cookie_is_for_this_page_only(tmp_path: Path) -> None:
    async with office(tmp_path) as o, stranger(o) as client:
        first = await client.get("/")
        cookie = first.headers["set-cookie"]
        assert cookie.startswith("qh1a-8000=")
        assert len(cookie.split(";")[0]) == 10 + 64
        assert {p.strip().lower() for p in cookie.split(";")[1:]} == {
            "httponly",
            "path=/",
            "samesite=strict",
        }
        assert "set-cookie" not in (await client.get("/")).headers  # a reload stays who it is
        elsewhere = await client.get("/", headers={"Sec-Fetch-Site": "cross-site"})
        assert (elsewhere.status_code, outcome(elsewhere)) == (403, "ORIGIN")


async def test_every_answer_is_armoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        answers = [
            await b.client.get("/"), await b.client.get("/static/main.js"),
            await b.client.get("/static/no.js"),
            await b.client.get("/api/hello"), await b.client.get("/api/nothing"), await b.client.put("/"),
            await b.client.get("/", headers={"Host": "evil"}), await b.post("/api/login", {}),
            await b.client.get("/sounds/high.wav"), await b.client.get("/docs"),
            await b.client.get("/openapi.json"),
            await b.client.post("/api/hello", headers={"Origin": ORIGIN}),
        ]  # fmt: skip

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(type(o.relay.history), "last", broken)
        raw = httpx.ASGITransport(o.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=raw, base_url=ORIGIN, cookies=b.client.cookies) as client:
            answers.append(await client.get("/api/history"))
        codes = [a.status_code for a in answers]
        assert codes == [200, 200, 404, 200, 404, 405, 421, 422, 200, 404, 404, 415, 500]
        for answer in answers:
            assert answer.headers["content-security-policy"] == (
                "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                "img-src 'self' data:; "
                "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
                "report-uri /api/csp"
            )
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cross-origin-opener-policy"] == "same-origin"
            assert "access-control-allow-origin" not in answer.headers
            if "/api/" in str(answer.url):
                assert answer.headers["cache-control"] == "no-store"
            if answer.status_code >= 400:
                assert set(answer.json()) == {"reason", "text"}


async def test_a_body_is_counted_while_it_is_read(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        headers = {"X-QH1A-Token": b.token, "Origin": ORIGIN, "Content-Type": "application/json"}

        async def parts(n: int) -> "httpx.AsyncByteStream":  # type: ignore[misc] # an async generator is one
            for _ in range(n):
                yield b" " * 1024

        for n, code in ((64, 422), (65, 413), (1000, 413)):
            said = await b.client.post("/api/here", content=parts(n), headers=headers)
            assert said.status_code == code
        said = await b.client.post("/api/here", content=b" " * (BODY_MOST + 1), headers=headers)
        assert said.status_code == 413


async def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        page = Page(b, **{"origin": ORIGIN, "x-qh1a-token": b.token, "content-type": "application/json"})
        page.scope |= {"method": "POST", "path": "/api/here"}
        page._asked = True  # noqa: SLF001 - it says nothing
        guard: object = o.app.middleware_stack
        while not isinstance(guard, Guard):
            guard = getattr(guard, "app")  # noqa: B009 - every layer has the next
        guard._f = replace(figures(), read_s=0.05)  # noqa: SLF001 - a short wait
        async with page:
            assert page.status == 408


async def test_twenty_a_second_but_stop_never(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        codes = [(await b.post("/api/here", {})).status_code for _ in range(45)]
        assert codes.count(429) >= 5
        assert codes[0] == 200
        assert codes == sorted(codes)
        for action in ("stop", "audio_pause"):
            assert outcome(await b.act(action)) == "taken"
        assert (await b.post("/api/here", {})).status_code in (200, 429)
        other = await o.browser()  # nobody else is held up
        assert (await other.post("/api/here", {})).status_code == 200


def test_a_bucket_holds_twice_its_rate_and_fills_with_time() -> None:
    wall = Wall()
    bucket = Bucket(20.0, wall.wall_ns)
    assert [bucket.take() for _ in range(41)] == [True] * 40 + [False]
    wall.wall = 100_000_000
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    wall.wall = 10_000_000_000
    assert [bucket.take() for _ in range(41)] == [True] * 40 + [False]


def test_browsers_are_bounded_and_those_at_work_stay() -> None:
    wall = Wall()
    known = Browsers(figures(), wall.wall_ns)
    opened = [known.open() for _ in range(BROWSERS_MOST)]
    cookies = [o[0] for o in opened if o]
    for _, browser in (o for o in opened[1:] if o):
        browser.streams = 1
    wall.wall += SILENT_NS
    assert known.open() is not None
    assert known.find(cookies[0]) is None
    assert all(known.find(c) for c in cookies[1:])
    found = known.find(cookies[1])
    assert found is not None
    assert found.token not in cookies


def test_who_was_heard_of_lately_stays_and_who_is_locked_and_silent_goes() -> None:
    wall = Wall()
    known = Browsers(figures(), wall.wall_ns)
    opened = [o for _ in range(BROWSERS_MOST) if (o := known.open())]
    for _, browser in opened:
        browser.person = Person("anna", Role.OPERATOR)
    wall.wall += 10 * SILENT_NS
    assert known.open() is None  # logged in, not locked yet
    opened[7][1].locked = opened[8][1].locked = True
    known.heard(opened[7][1])
    assert known.open() is not None
    assert known.find(opened[8][0]) is None
    wall.wall += SILENT_NS - 1
    assert known.open() is None
    wall.wall += 1
    assert known.open() is not None
    assert known.find(opened[7][0]) is None


async def flood(o: Office) -> set[int]:
    """More strangers than there is room for, at a rate that is allowed."""
    codes = set()
    for _ in range(2 * BROWSERS_MOST):
        o.wall.wall += NS_PER_S // 20
        async with stranger(o) as client:
            codes.add((await client.get("/")).status_code)
    return codes


async def test_strangers_take_no_page_its_voice(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        reader, viewer = await o.browser(), await o.browser()
        async with Page(viewer):
            await o.wait(100.0)
            assert await refused(reader, **{"Content-Type": "x"}) == (415, "TYPE")  # whatever it asks for
        assert await flood(o) == {200, 503}  # neither has a stream now
        await o.tick()
        assert outcome(await reader.act("stop")) == "taken"
        assert outcome(await viewer.act("audio_pause")) == "taken"
        assert "TOO_MANY_BROWSERS" in {row["reason"] for row in o.written() if row["kind"] == "guard"}
        await o.wait(30.0)
        assert 200 in await flood(o)  # and later there is room again
        assert (await reader.client.get("/api/hello")).status_code == 401


async def test_a_stream_is_for_the_own_page_and_eight_at_most(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        for headers in ({"sec-fetch-site": "same-site"}, {"sec-fetch-site": ""}, {"origin": "http://evil"}):
            async with Page(b, **headers) as page:
                assert page.status == 403
        async with Page(b, **{"sec-fetch-site": "", "origin": ORIGIN}) as page:
            assert page.status == 200
        pages = [Page(b) for _ in range(8)]
        for page in pages:
            await page.__aenter__()
            assert page.status == 200
        async with Page(b) as ninth:
            assert ninth.status == 503
        await pages.pop().__aexit__()
        async with Page(b) as again:
            assert again.status == 200
        for page in pages:
            await page.__aexit__()
        assert o.relay.streams == 0


async def test_reports_of_the_browser_need_no_token_and_are_bounded(tmp_path: Path) -> None:
    async with office(tmp_path) as o, stranger(o) as client:
        headers = {"Content-Type": "application/csp-report", "Origin": "null"}
        for _ in range(5):
            said = await client.post("/api/csp", content=b'{"x": "\n<b>"}', headers=headers)
            assert said.status_code == 204
        wrong = {**headers, "Origin": "http://evil"}
        assert (await client.post("/api/csp", content=b"{}", headers=wrong)).status_code == 403
        assert len([row for row in o.written() if row["kind"] == "csp"]) == 2


async def test_nothing_outside_the_folder_is_served(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        for name in ("..%2f..%2fusers.json", "%2e%2e/users.json", "secret.txt", ".hidden.js", "", "%00.js"):
            assert (await b.client.get(f"/static/{name}")).status_code == 404
        assert (await b.client.get("/sounds/..%2f__init__.py")).status_code == 404
        script = await b.client.get("/static/plotly.min.js")
        assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        for name in ("high", "medium", "low"):
            assert (await b.client.get(f"/sounds/{name}.wav")).content.startswith(b"RIFF")


async def test_a_websocket_is_not_there(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        said: list[object] = []

        async def send(message: object) -> None:
            said.append(message)

        async def receive() -> dict[str, object]:
            return {"type": "websocket.connect"}

        scope = {"type": "websocket", "path": "/api/stream", "headers": [(b"host", HOST.encode())]}
        await o.app(scope, receive, send)
        assert said == []
        assert isinstance(o, Office)
