"""Whatever is refused is written down, and a flood of it does not fill the disk."""

from pathlib import Path

import pytest

from tests.console.office import ORIGIN, Browser, Office, Page, office, outcome
from tests.console.test_guard import page as page  # noqa: PLC0414 - the fixture
from tests.control.synthetic import treating


def refused(o: Office, kind: str = "refused") -> list[tuple[object, ...]]:
    return [(r["who"], r.get("action", r.get("path")), r["reason"]) for r in o.written() if r["kind"] == kind]


async def test_control_that_is_refused_is_written_down(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        assert outcome(await b.post("/api/lease", {"take": True})) == "NOT_LOGGED_IN"
        await b.log_in("eve")
        assert outcome(await b.post("/api/lease", {"take": True})) == "ROLE"
        await b.log_in("anna", take=True)
        second, third = await (await o.browser()).log_in("dora"), await (await o.browser()).log_in("anna")
        await second.post("/api/lease", {"take": True})
        assert outcome(await third.post("/api/lease", {"take": True})) == "TAKING"
        await o.wait(120.0)
        assert outcome(await third.post("/api/lease", {"take": True})) == "IDLE_LOCKED"
        assert refused(o) == [
            ("console", "lease", "NOT_LOGGED_IN"), ("eve/viewer", "lease", "ROLE"),
            ("anna/operator", "lease", "TAKING"), ("anna/operator", "lease", "IDLE_LOCKED"),
        ]  # fmt: skip


async def test_a_review_that_is_refused_is_written_down(tmp_path: Path) -> None:
    async with office(tmp_path, treating()) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        for key, value, reason in (
            ("ph", 8.0, "OUT_OF_RANGE"), ("ph", 7.4, "UNCHANGED"), ("none", 1.0, "UNKNOWN_KEY"),
        ):  # fmt: skip
            said = await b.post("/api/review", {"key": key, "value": value, "seen": o.seen})
            assert (said.status_code, outcome(said)) == (422, reason)
        assert [reason for _, _, reason in refused(o)] == ["OUT_OF_RANGE", "UNCHANGED", "UNKNOWN_KEY"]


@pytest.mark.parametrize("path", ["intent", "confirm", "review", "lease", "login", "logout", "here"])
async def test_what_is_malformed_is_written_down(tmp_path: Path, path: str) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna")
        pin = "271828"
        assert outcome(await b.post(f"/api/{path}", {"nothing": 1, "pin": pin})) == "MALFORMED"
        assert refused(o, "guard") == [("anna/operator", f"/api/{path}", "MALFORMED")]
        assert pin not in (tmp_path / "audit").read_text()


async def raw(b: Browser, content: bytes) -> tuple[int, str]:
    headers = {"X-QH1A-Token": b.token, "Origin": ORIGIN, "Content-Type": "application/json"}
    said = await b.client.post("/api/intent", content=content, headers=headers)
    return said.status_code, outcome(said)


@pytest.mark.parametrize(
    "content", [b"\xff", b"[" * 60_000, b"{", b"", b"null", b'"\xed\xa0\x80"', b"1" * 5000, b"NaN"],
    ids=["no text", "deep", "cut", "empty", "null", "surrogate", "digits", "nan"],
)  # fmt: skip
async def test_what_is_no_message_at_all_is_malformed_and_written_down(
    tmp_path: Path, content: bytes
) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        assert await raw(b, content) == (422, "MALFORMED")
        assert refused(o, "guard") == [("console", "/api/intent", "MALFORMED")]


async def test_a_flood_of_what_is_malformed_is_counted_and_not_written(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        browsers = [await o.browser() for _ in range(2)]
        for b in browsers:  # forty each are let through
            for _ in range(35):
                assert outcome(await b.post("/api/lease", {"take": 1})) == "MALFORMED"
        rows = [r for r in o.written() if r["kind"] == "guard"]
        assert (len(rows), {r["unlogged"] for r in rows}) == (10, {0})
        o.wall.wall += 10**9
        await browsers[0].post("/api/lease", {"take": 1})
        assert o.written()[-1]["unlogged"] == 60


@pytest.mark.parametrize("path", ["api/hello", "api/tables", "api/events", "api/report", "api/history"])
async def test_a_slash_too_many_is_another_address(tmp_path: Path, path: str) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        for wrong in (f"/{path}/", f"//{path}", f"/{path}//"):
            said = await b.client.get(f"http://{ORIGIN.removeprefix('http://')}{wrong}")
            assert (said.status_code, outcome(said)) == (404, "NOT_FOUND"), wrong
        said = await b.post("/api/lease/", {"take": True})
        assert (said.status_code, outcome(said)) == (404, "NOT_FOUND")


async def test_refusals_are_given_where_the_audit_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(o.audit, "write", full)
        assert (await b.client.get("/api/hello", headers={"Host": "evil"})).status_code == 421
        assert await raw(b, b"{") == (422, "MALFORMED")
        async with Page(b) as page:
            assert page.status == 200
