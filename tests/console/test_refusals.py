"""What is refused is written down, and nothing outside the table is granted."""

from pathlib import Path
from typing import Final

import pytest

from tests.console.office import Office, office, outcome

LOG_IN_OR_NOT: Final = (
    ("/api/lease", {"take": True}, 403, "NOT_LOGGED_IN"),
    ("/api/review", {"key": "blood_ml_min", "value": 120.0, "seen": 1}, 403, "NOT_LOGGED_IN"),
    ("/api/confirm", {"id": "x", "ref": "c1", "seen": 1}, 403, "NO_REVIEW"),
    ("/api/intent", {"ref": "i1", "action": "start", "seen": 1}, 403, "NOT_LOGGED_IN"),
    ("/api/intent", {"ref": "i2", "action": "dance", "seen": 1}, 422, "UNKNOWN_ACTION"),
)
MALFORMED: Final = (
    ("/api/lease", {"take": "yes"}),
    ("/api/review", {"key": "blood_ml_min", "value": "fast", "seen": 1}),
    ("/api/confirm", {"id": "", "ref": "c1", "seen": 1}),
    ("/api/intent", {"ref": "i1", "action": "stop", "seen": 1, "extra": 1}),
    ("/api/login", {"name": "anna"}),
)


def reasons(o: Office, kind: str) -> list[object]:
    return [row["reason"] for row in o.written() if row["kind"] == kind]


@pytest.mark.parametrize(("path", "body", "status", "reason"), LOG_IN_OR_NOT)
async def test_a_refusal_is_in_the_audit(
    tmp_path: Path, path: str, body: dict[str, object], status: int, reason: str
) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        said = await b.post(path, body)
        assert (said.status_code, outcome(said)) == (status, reason)
        assert reasons(o, "refused") == [reason]


async def test_a_review_that_is_refused_is_in_the_audit(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        said = await b.post("/api/review", {"key": "dance", "value": 1.0, "seen": o.seen})
        assert said.status_code in (403, 422)
        assert reasons(o, "refused") == [outcome(said)]


@pytest.mark.parametrize(("path", "body"), MALFORMED)
async def test_what_is_not_understood_is_in_the_audit_but_bounded(
    tmp_path: Path, path: str, body: dict[str, object]
) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        for _ in range(30):
            assert outcome(await b.post(path, body)) == "MALFORMED"
        assert reasons(o, "guard") == ["MALFORMED"] * 10
        assert [row["who"] for row in o.written()] == ["console"] * 10


async def test_a_path_with_one_more_slash_is_none(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        assert (await b.client.get("/api/hello/")).status_code == 404
        assert (await b.post("/api/here/", {})).status_code == 404
