"""What nobody would ask, made from the console's own description of its routes."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from qh1a.console.access import BY_ID
from tests.console.office import HOST, ORIGIN, PIN, Browser, Office, office
from tests.control.synthetic import treating

GET: Final = ("hello", "tables", "stream", "history", "events", "report")
POST: Final = ("login", "logout", "here", "lease", "intent", "review", "confirm", "csp")
ROUTES: Final = (*(("GET", f"/api/{name}") for name in GET), *(("POST", f"/api/{name}") for name in POST))
CHECKS: Final[list[CheckFunction]] = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
FREE: Final = ("/api/csp", "/api/stream")
"""What reads no body, or never gets so far here."""
WHO: Final = ("anna", "anna", "anna", "eve", "nobody", "stranger")
SPOILT: Final[tuple[Mapping[str, str], ...]] = (
    {}, {}, {}, {}, {}, {}, {"Host": "evil.example"}, {"Origin": "http://evil.example"},
    {"X-QH1A-Token": "x"}, {"Content-Type": "text/plain"}, {"Sec-Fetch-Site": "cross-site"},
)  # fmt: skip
"""Seldom: what stops at the guard says nothing of what is behind it."""


class Asked(NamedTuple):
    """One request: made up, then mended so far that it gets deeper."""

    case: Case  # type: ignore[type-arg] # its argument is made of Any
    who: str
    spoilt: Mapping[str, str]
    more: str
    live: bool
    action: str
    key: str
    value: float
    report: bool


class Asker:
    """An office behind a face that waits, as hypothesis wants it."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._context = office(folder, treating())
        self.codes: Counter[int] = Counter()
        self._browsers: dict[str, Browser] = {}

    def __enter__(self) -> Self:
        self.office: Office = self._runner.run(self._context.__aenter__())
        self._runner.run(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._runner.run(self._context.__aexit__(None, None, None))
        self._runner.close()

    async def _open(self) -> None:
        for who in dict.fromkeys(WHO):
            self._browsers[who] = await self.office.browser()
        self._browsers["stranger"].client.cookies.clear()

    def ask(self, asked: Asked) -> httpx.Response:
        said = self._runner.run(self._ask(asked))
        self.codes[said.status_code] += 1
        return said

    async def _ask(self, asked: Asked) -> httpx.Response:
        o, b, case = self.office, self._browsers[asked.who], asked.case
        o.report = b"<html>" if asked.report else None
        await o.wait(1.0)
        if asked.who in PIN:
            await self._at_work(b, asked.who)
        query = {**(case.query or {}), **({"more": asked.more} if asked.more else {})}
        headers = {"Host": HOST, **asked.spoilt}
        if case.method == "GET":
            return await b.client.get(case.path, params=query, headers=headers)
        sendable = isinstance(case.body, dict | list | str | int | float | bool)
        made = await self._mended(b, asked, case.body) if isinstance(case.body, dict) else case.body
        content = json.dumps(made).encode() if sendable else b""
        headers = {"X-QH1A-Token": b.token, "Origin": ORIGIN, "Content-Type": "application/json", **headers}
        sent = b.client.post(case.path, params=query, content=content, headers=headers)
        task = asyncio.create_task(sent)
        await o.settled(task)
        return task.result()

    async def _at_work(self, b: Browser, name: str) -> None:
        me = (await b.client.get("/api/hello")).json()["me"]
        if me is None or me["name"] != name:
            await b.post("/api/login", {"name": name, "pin": PIN[name]})
        if name == "anna":
            await b.post("/api/lease", {"take": True})

    async def _mended(self, b: Browser, asked: Asked, body: Mapping[str, object]) -> dict[str, object]:
        found = dict(body)
        seen = found.get("seen")
        if isinstance(seen, float) and seen.is_integer():
            found["seen"] = int(seen)  # 0.0 is an integer to a schema, and to nobody else
        if not asked.live:
            return found
        b.refs += 1
        known: dict[str, object] = {"seen": self.office.seen, "ref": f"r{b.refs}"}
        if asked.case.path == "/api/intent":
            action = BY_ID[asked.action]
            known |= {"action": action.id, **({"value": 1.0} if action.takes == "value" else {})}
            known |= {"text": "x"} if action.takes == "text" else {}
            return {**found, "value": None, "text": None, "why": "x", **known}
        if asked.case.path == "/api/review":
            return {**found, "seen": self.office.seen, "key": asked.key, "value": asked.value}
        if asked.case.path == "/api/confirm":
            ask = {"key": "ph", "value": asked.value, "seen": self.office.seen}
            said = await b.post("/api/review", ask)
            await self.office.tick(3)
            return {**found, **known, "seen": self.office.seen, "id": said.json().get("id", "x")}
        return found


def cases(app_schema: dict[str, object], method: str, path: str) -> st.SearchStrategy[Asked]:
    """What is asked of a route: as it is described, and not."""
    operation = schemathesis.openapi.from_dict(app_schema)[path][method]
    made = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if operation.body or operation.query:
        made |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    keys = ("ph", "blood_ml_min", "temperature_c")
    return st.builds(
        Asked, made, st.sampled_from(WHO), st.sampled_from(SPOILT), st.text(max_size=8), st.booleans(),
        st.sampled_from([*BY_ID]), st.sampled_from(keys),
        st.sampled_from((7.39, 7.41, 7.42, 36.8, 125.0)), st.booleans(),
    )  # fmt: skip


def fuzz(folder: Path, method: str, path: str, examples: int) -> Counter[int]:
    """Ask so many times, the same each time; what was answered, by status. Raises what schemathesis finds."""
    with Asker(folder) as asker:
        strategy = cases(asker.office.app.openapi(), method, path)

        @settings(
            max_examples=examples, derandomize=True, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
        )  # fmt: skip
        @given(strategy)
        def ask(asked: Asked) -> None:
            said = asker.ask(asked)
            whole = not asked.live and not asked.spoilt and asked.who != "stranger"
            rejected = [negative_data_rejection] if whole and path not in FREE else []
            asked.case.validate_response(said, checks=[*CHECKS, *rejected])
            meta = asked.case.meta
            assert meta is not None
            if whole and meta.generation.mode is GenerationMode.POSITIVE and method == "POST":
                assert said.status_code == 204 or said.json().get("reason") != "MALFORMED", (
                    said.request.content
                )

        ask()
    return asker.codes
