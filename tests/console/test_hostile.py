"""Everything outside the table is refused and written down; strange texts stay texts."""

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from qh1a.console.access import ACTIONS, BY_ID, Role, Situation, denied
from qh1a.console.relay import Relay
from qh1a.link import Answer, Delivered, Wish
from qh1a.tick import IntentName, State
from qh1a.units import NS_PER_S
from tests.console.office import ROLE, Browser, Office, Page, office, outcome
from tests.console.test_guard import page as page  # noqa: PLC0414 - the fixture
from tests.control.synthetic import Bench, brisk, brisk_tuning, treating

NAME: Final = {
    Role.OPERATOR: "anna", Role.SECOND: "ben", Role.ENGINEER: "carl", Role.VIEWER: "eve", Role.SERVICE: "eve",
}  # fmt: skip
SECOND: Final = {"name": "ben", "pin": "271828"}


def entry(action: str) -> dict[str, object]:
    """What that action needs, so that nothing but role and state can be against it."""
    row = BY_ID[action]
    more: dict[str, object] = {"why": "x"} if row.why else {}
    if row.takes:
        more[row.takes] = 1.0 if row.takes == "value" else "x"
    return more | ({"second": SECOND} if row.second else {})


class Asked:
    """Stands for the session: takes everything."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, o: Office) -> None:
        self.wishes: list[Wish] = []
        self.at = Situation(State.SELF_WAIT, connected=False, begun=False)
        monkeypatch.setattr(o.relay, "ask", self)
        monkeypatch.setattr(Relay, "situation", property(lambda _: self.at))
        monkeypatch.setattr("os.fsync", lambda _: None)  # thousands of lines

    async def __call__(self, wish: Wish) -> Answer:
        self.wishes.append(wish)
        return Answer(wish.ref, Delivered.TAKEN, 0)


async def ask(b: Browser, action: str) -> tuple[int, str]:
    if BY_ID[action].intent is IntentName.SET:
        said = await b.begin("/api/review", {"key": "none", "value": 1.0, "seen": b.office.seen})
    else:
        said = await b.begin("/api/intent", b.body(action, **entry(action)))
    return said.status_code, outcome(said)


def allowed(role: Role | None, action: str, at: Situation) -> str:
    """ "" or why not."""
    row = BY_ID[action]
    if row.always:
        return ""
    return "NOT_LOGGED_IN" if role is None else denied(row, role, at)


@pytest.mark.parametrize("role", [None, *NAME], ids=str)
async def test_whatever_is_outside_the_table_is_refused_and_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: Role | None
) -> None:
    if role is not None:
        monkeypatch.setitem(ROLE, NAME[role], role)
    async with office(tmp_path) as o:
        session, b = Asked(monkeypatch, o), await o.browser()
        if role is not None:
            hands = role in {Role.OPERATOR, Role.ENGINEER}
            await b.log_in(NAME[role], take=hands)
        want: list[tuple[str, str]] = []
        sent: list[str] = []
        for state, begun in product(State, (False, True)):
            session.at = Situation(state, connected=begun, begun=begun)
            await o.wait(2.0)
            await b.post("/api/here", {})
            for action in (a.id for a in ACTIONS):
                before = len(session.wishes)
                code, said = await ask(b, action)
                why = allowed(role, action, session.at)
                if why:
                    assert (code, said) == (403, why), (action, session.at)
                    want.append((action, why))
                elif action == "set":  # as far as what is to be changed
                    assert (code, said) == (422, "UNKNOWN_KEY")
                    want.append((action, said))
                else:
                    assert (code, said) == (200, "taken"), (action, session.at)
                    sent.append(BY_ID[action].intent.name)
                assert len(session.wishes) == before + (not why and action != "set")
        rows = [row for row in o.written() if row["kind"] == "refused"]
        assert [(row["action"], row["reason"]) for row in rows] == want
        assert [wish.name for wish in session.wishes] == sent
        who = "console" if role is None else f"{NAME[role]}/{role.value}"
        assert {row["who"] for row in rows} == {who}
        assert len(want) + len(sent) == 2 * len(State) * len(ACTIONS)


FOREIGN: Final[tuple[tuple[Mapping[str, str], int, str], ...]] = (
    *(({"Host": host}, 421, "HOST") for host in (
        "evil.example", "127.0.0.1:8001", "127.0.0.1", "localhost", "[::1]:8000",
        "127.0.0.1:8000.evil.example", "evil.example:8000", "127.0.0.1:8000@evil.example",
        "0.0.0.0:8000", "127.0.0.1:08000", "",
    )),
    *(({"Origin": origin}, 403, "ORIGIN") for origin in (
        "http://evil.example", "http://127.0.0.1:8001", "http://localhost:8000",
        "https://127.0.0.1:8000", "null", "",
        "http://127.0.0.1:8000.evil.example", "http://127.0.0.1:8000/", "http://127.0.0.1:8000, http://evil",
        "file://", "http://evil.example#http://127.0.0.1:8000",
    )),
    *(({"Sec-Fetch-Site": site}, 403, "ORIGIN") for site in (
        "cross-site", "same-site", "x", "same-origin, none",
    )),
    *(({"X-QH1A-Token": token}, 403, "TOKEN") for token in ("", "x", "a" * 43, "a" * 5000)),
    *(({"Cookie": cookie}, 401, "NO_SESSION") for cookie in (
        "qh1a-8000=", "qh1a-8000=" + "0" * 64, "qh1a=" + "0" * 64, "other=1", "qh1a-8000", "=;=;",
        "qh1a-8000=\x7f", "qh1a-8000=" + "0" * 9000,
    )),
    *(({"Content-Type": kind}, 415, "TYPE") for kind in (
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "*/*",
        "application/jsonp", "text/plain; application/json",
    )),
)  # fmt: skip


@pytest.mark.parametrize("path", ["/api/intent", "/api/lease", "/api/login", "/api/confirm", "/api/review"])
async def test_what_is_foreign_is_refused_and_written_down_each_time(tmp_path: Path, path: str) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        body = b.body("stop")
        for headers, code, reason in FOREIGN:
            o.wall.wall += NS_PER_S
            said = await b.begin(path, body, **headers)
            assert (said.status_code, outcome(said)) == (code, reason), headers
            row = o.written()[-1]
            assert (row["kind"], row["reason"], row["path"], row["unlogged"]) == ("guard", reason, path, 0)
            assert row["host"] == headers.get("Host", row["host"])
            assert row["origin"] == headers.get("Origin", row["origin"])
        assert len(o.written()) == len(FOREIGN)
        assert o.ward.taken == []


HOSTILE: Final = {
    "script": "<script>alert(1)</script>", "image": "<img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover=alert(1) x='", "entity": "&lt;b&gt;&#x3c;&amp;",
    "svg": "<svg/onload=alert(1)>", "comment": "--><!--", "cdata": "]]><![CDATA[",
    "close": "</style></textarea>",
    "template": "${alert(1)}{{7*7}}<%= 1 %>", "javascript": "javascript:alert(1)",
    "crlf": "a\r\nSet-Cookie: x=1\r\n\r\nb", "event": "a\n\nevent: state\ndata: {}\n\nb", "cr": "a\rb",
    "tab": "a\tb", "nul": "a\x00b", "escape": "a\x1b[2J\x1b]0;x\x07b", "backspace": "STOP\x08\x08b",
    "delete": "a\x7fb", "c1": "a\x85b\x9bb", "bidi": "a\u202ebad\u202cb", "isolate": "a\u2066b\u2069c",
    "rtl": "أوقف المضخة", "mark": "a\u200fb\u200ec", "lines": "a\u2028b\u2029c", "zero": "a\u200bb\ufeffc",
    "combining": "a" + "\u0301" * 60, "emoji": "a\U0001f600\u200d\U0001f52cb", "nonchar": "a\ufffe\uffffb",
    "han": "停止泵", "homoglyph": "\u0430nna", "high": "a\ud800b", "low": "a\udc00b",
    "pair": "a\udc00\ud800b",
    "sql": "'; DROP TABLE frames; --", "path": "../../../../etc/passwd", "dos": "..\\..\\C:\\con",
    "encoded": "%2e%2e%2f%00%0d%0a", "format": "{0.__class__}{}%s%n%(x)s", "shell": "$(reboot)`id`;|&",
    "json": '{"kind": "intent", "name": "STOP"}', "csv": "=cmd|' /C calc'!A0", "null": "null",
    "proto": "__proto__", "class": "__class__", "log4j": "${jndi:ldap://x/a}", "yaml": "!!python/object:x",
    "long64": "x" * 64, "long65": "x" * 65, "long": "x" * 200, "longer": "x" * 201, "why": "x" * 500,
    "too long": "x" * 501, "very long": "x" * 60_000, "wide": "\U0001f600" * 200,
}  # fmt: skip
FIELDS: Final[Mapping[str, tuple[str, str, State, str]]] = {
    # field: action, what it is in, where the session must be, what of the intent it becomes
    "note": ("note", "text", State.TREAT, "why"),
    "note why": ("note", "why", State.TREAT, "why"),
    "why": ("enter_sample", "why", State.TREAT, "why"),
    "stop why": ("stop", "why", State.TREAT, "why"),
    "acknowledge": ("acknowledge", "text", State.TREAT, "key"),
    "acknowledge why": ("acknowledge", "why", State.TREAT, "why"),
    "cartridge": ("enter_cartridge", "text", State.PRIME_LOAD, "why"),
    "subject": ("enter_subject", "text", State.READY, "why"),
}


@pytest.mark.parametrize("field", FIELDS)
async def test_a_hostile_text_is_refused_or_stays_a_text(tmp_path: Path, field: str) -> None:
    action, place, state, becomes = FIELDS[field]
    bench = treating() if state is State.TREAT else Bench(brisk(), brisk_tuning()).to(state)
    async with office(tmp_path, bench) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        refused = set()
        for name, text in HOSTILE.items():
            await o.wait(2.0)
            await b.post("/api/here", {})
            taken, lines = len(o.ward.taken), len(o.written())
            said = await b.act(action, **{**entry(action), place: text})
            new = o.ward.taken[taken:]
            if said.status_code == 422:
                assert new == [], name
                refused.add(name)
            else:
                assert said.status_code == 200, (name, said.text)
                assert [getattr(intent, becomes) for intent in new] == [text], name
                assert {intent.name for intent in new} == {BY_ID[action].intent}
            rows = o.written()[lines:]
            assert rows, name
            assert (tmp_path / "audit").read_bytes().isascii()  # nothing in it moves a terminal
            assert not any(c < 0x20 and c != 0x0A for c in (tmp_path / "audit").read_bytes())
            if said.status_code == 200:
                written = {row.get("why") for row in rows} | {row.get("said") for row in rows}
                assert becomes == "key" or text[:500] in written
        assert refused >= {"nul", "escape", "backspace", "delete", "high", "low", "pair", "very long"}
        assert len(refused) < 20, refused


async def test_a_hostile_name_logs_nobody_in_and_is_not_written_down(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        for name, text in HOSTILE.items():
            await o.wait(1000.0)
            lines = len(o.written())
            for body in ({"name": text, "pin": "314159"}, {"name": "anna", "pin": text}):
                said = await b.post("/api/login", body)
                assert said.status_code in (401, 422, 429), (name, said.text)
            rows = o.written()[lines:]
            assert {row["kind"] for row in rows} <= {"login", "guard"}
            assert {row["who"] for row in rows} <= {"?", "anna", "console"}
        assert (await b.client.get("/api/hello")).json()["me"] is None
        audit_text = (tmp_path / "audit").read_text()
        assert "script" not in audit_text
        assert "passwd" not in audit_text


@pytest.mark.parametrize("name", ["event", "lines", "script", "bidi"])
async def test_a_hostile_note_breaks_no_stream(tmp_path: Path, name: str) -> None:
    text = HOSTILE[name]
    async with office(tmp_path, treating()) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        async with Page(b) as page:
            said = await b.act("note", why=text)
            await o.tick(2)
            while (state := await page.state())["seq"] != o.seen:
                assert set(state) >= {"seq", "session", "events", "console"}
        if said.status_code == 200:
            told = json.dumps((await b.client.get("/api/events")).json(), ensure_ascii=False)
            assert json.dumps(text, ensure_ascii=False)[1:-1] in told
