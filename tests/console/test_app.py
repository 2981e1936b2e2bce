"""People at browsers, a session behind the link: who gets what done, and what races come to."""

import asyncio
import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from qh1a.config import load_prescription, resolve
from qh1a.console.access import ACTIONS
from qh1a.console.app import make_app
from qh1a.link import client
from qh1a.tick import IntentName, State
from tests.console.office import Browser, Office, Page, breath, figures, office, outcome
from tests.console.test_guard import page as page  # noqa: PLC0414 - the fixture
from tests.control.synthetic import Bench, brisk, brisk_tuning, treating


def intents(o: Office) -> list[str]:
    return [i.name.name for i in o.ward.taken]


async def test_nothing_but_stop_and_audio_pause_goes_without_a_login(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        assert (await b.post("/api/lease", {"take": True})).json()["reason"] == "NOT_LOGGED_IN"
        for action in ACTIONS:
            said = await b.act(action.id, why="x")
            if action.always:
                assert outcome(said) == "taken"
            else:
                assert said.status_code == 403
            await o.wait(1.0)
        assert intents(o) == ["STOP", "AUDIO_PAUSE"]
        assert {i.who for i in o.ward.taken} == {"console"}


async def test_stop_and_audio_pause_go_with_a_wrong_second_pins_locked_and_a_stale_view(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        for _ in range(5):
            said = await b.post("/api/login", {"name": "anna", "pin": "000000"})
        assert (said.status_code, said.json()["reason"], said.json()["retry_s"]) == (429, "LOCKED", 60.0)
        await o.wait(20.0)
        for action in ("stop", "audio_pause"):
            said = await b.post("/api/intent", {"ref": action, "action": action, "seen": 0})
            assert outcome(said) == "taken"


async def test_an_operator_with_the_lease_acts_and_it_is_written_before_and_after(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna")
        assert outcome(await b.act("start")) == "LEASE"
        assert (await b.post("/api/lease", {"take": True})).json() == {"mine": True, "in_s": 0.0}
        said = await b.act("start")
        assert said.json() == {"delivered": "taken", "reason": "", "text": "", "now": o.ward.session.now}
        assert [(i.name, i.who) for i in o.ward.taken] == [(IntentName.START, "anna/operator")]
        rows = o.written()
        asked = next(r for r in rows if r["kind"] == "intent")
        answer = next(r for r in rows if r["kind"] == "answer")
        assert (asked["who"], asked["action"], asked["intent"]) == ("anna/operator", "start", "START")
        assert (answer["ref"], answer["delivered"], answer["now"]) == (
            asked["ref"],
            "taken",
            o.ward.session.now,
        )
        assert [r["n"] for r in rows] == [*range(1, len(rows) + 1)]
        assert rows.index(asked) < rows.index(answer)
        refused = await b.act("connected")
        assert (refused.status_code, outcome(refused)) == (403, "STATE")
        assert [r["reason"] for r in o.written() if r["kind"] == "refused"] == ["LEASE", "STATE"]


async def test_what_cannot_be_written_down_is_not_done_but_stop_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna", take=True)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(o.audit, "write", full)
        said = await b.act("start")
        assert (said.status_code, outcome(said)) == (503, "NO_AUDIT")
        assert intents(o) == []
        assert outcome(await b.act("stop")) == "taken"
        async with Page(b) as page:
            assert (await page.state())["seq"] == o.seen


async def test_stop_is_sent_before_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        write, when = o.audit.write, list[tuple[str, int]]()

        def look(kind: str, fields: dict[str, object]) -> None:
            when.append((kind, len(o.ward.taken)))
            write(kind, fields)

        monkeypatch.setattr(o.audit, "write", look)
        await b.act("stop")
        assert when == [("answer", 1)]
        await b.log_in("anna", take=True)
        await o.tick()
        await b.act("acknowledge")
        assert [n for kind, n in when if kind == "intent"] == [1]  # nobody had taken it yet


# -- what the second person is for -----------------------------------------------------------------------


async def loading(o: Office, b: Browser) -> None:
    p = o.ward.session.prescription
    for action, more in (
        ("enter_cartridge", {"text": p.cartridge.id}), ("enter_viability", {"value": 92.0}),
        ("enter_out", {"value": 10.0}),
    ):  # fmt: skip
        assert outcome(await b.act(action, **more)) == "taken"


async def test_a_second_person_signs_the_load(tmp_path: Path) -> None:
    async with office(tmp_path, Bench(brisk(), brisk_tuning()).to(State.PRIME_LOAD)) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        await loading(o, b)
        tries = [
            (None, 403, "SECOND_NEEDED"),
            ({"name": "anna", "pin": "314159"}, 403, "SECOND_SAME"),
            ({"name": "eve", "pin": "173205"}, 403, "SECOND_ROLE"),
            ({"name": "carl", "pin": "161803"}, 403, "SECOND_ROLE"),
            ({"name": "ben", "pin": "111111"}, 403, "WRONG_PIN"),
        ]
        for second, code, reason in tries:
            said = await b.act("confirm_load", second=second)
            assert (said.status_code, outcome(said)) == (code, reason)
            await o.wait(1.0)
        said = await b.act("confirm_load", second={"name": "ben", "pin": "271828"})
        assert outcome(said) == "taken"
        assert o.ward.taken[-1].who == "anna/operator+ben/second"
        assert "271828" not in (tmp_path / "audit").read_text()
        assert "111111" not in (tmp_path / "audit").read_text()


async def test_a_dora_may_sign_for_anna(tmp_path: Path) -> None:
    async with office(tmp_path, Bench(brisk(), brisk_tuning()).to(State.PRIME_LOAD)) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        await loading(o, b)
        said = await b.act("confirm_load", second={"name": "dora", "pin": "141421"})
        assert outcome(said) == "taken"
        assert o.ward.taken[-1].who == "anna/operator+dora/operator"


# -- races -----------------------------------------------------------------------------------------------


async def test_two_browsers_take_over_with_notice(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        a = await (await o.browser()).log_in("anna", take=True)
        d = await (await o.browser()).log_in("dora")
        assert (await d.post("/api/lease", {"take": True})).json() == {"mine": False, "in_s": 5.0}
        async with Page(a) as pa, Page(d) as pd:
            mine = (await pa.state())["console"]
            assert isinstance(mine, dict)
            assert (mine["lease"]["mine"], mine["lease"]["taking"]) == (True, "dora")
            assert outcome(await d.act("start")) == "LEASE"
            assert outcome(await a.act("note", why="mine still")) == "taken"
            await o.wait(5.0)
            while not (view := (await pd.state())["console"])["lease"]["mine"]:  # type: ignore[index] # a dict
                pass
            assert view["lease"] == {  # type: ignore[index] # a dict
                "holder": "dora", "mine": True, "taking": None, "in_s": None,
            }  # fmt: skip
        assert outcome(await a.act("start")) == "LEASE"
        assert outcome(await d.act("start")) == "taken"
        told = [(r["what"], r["who"]) for r in o.written() if r["kind"] == "lease"]
        assert told == [
            ("TAKEN", "anna/operator"), ("TAKING", "dora/operator"), ("TAKEN", "dora/operator"),
        ]  # fmt: skip


async def test_who_looks_takes_no_control(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        for name in ("eve", "ben"):
            b = await (await o.browser()).log_in(name)
            said = await b.post("/api/lease", {"take": True})
            assert (said.status_code, outcome(said)) == (403, "ROLE")
        carl = await (await o.browser()).log_in("carl")
        assert (await carl.post("/api/lease", {"take": True})).json()["mine"] is True


async def test_an_engineer_takes_none_while_a_patient_is_connected(tmp_path: Path) -> None:
    async with office(tmp_path, treating()) as o:
        b = await (await o.browser()).log_in("carl")
        assert outcome(await b.post("/api/lease", {"take": True})) == "ROLE"


async def test_a_double_tap_is_done_once(tmp_path: Path) -> None:
    async with office(tmp_path, treating()) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        taps = [asyncio.create_task(b.begin("/api/intent", b.body("note", why="tap"))) for _ in range(3)]
        await o.settled(*taps)
        assert sorted(outcome(t.result()) for t in taps) == ["STALE", "STALE", "taken"]
        assert intents(o) == ["ENTER"]


async def test_the_same_reference_is_answered_again_and_done_once(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        body = b.body("start")
        first = await b.post("/api/intent", body)
        await o.wait(20.0)
        again = await b.post("/api/intent", body)
        assert first.json() == again.json()
        assert intents(o) == ["START"]
        other = await b.post("/api/intent", {**body, "action": "abort", "why": "x"})
        assert (other.status_code, outcome(other)) == (422, "REF_USED")
        stop = await b.post("/api/intent", {**body, "action": "stop"})  # never refused
        assert outcome(stop) == "taken"
        assert intents(o) == ["START", "STOP"]


async def test_two_browsers_with_one_reference_are_two(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        for _ in range(2):
            b = await o.browser()
            assert outcome(await b.post("/api/intent", {"ref": "r", "action": "stop", "seen": 0})) == "taken"
        assert intents(o) == ["STOP", "STOP"]


async def test_a_view_that_is_old_or_unknown_or_overtaken_is_stale(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        old = o.seen
        for seen in (old + 1, 10**9, 0):
            assert outcome(await b.post("/api/intent", {**b.body("start"), "seen": seen})) == "STALE"
        await o.wait(5.0)  # a laptop that slept
        assert outcome(await b.post("/api/intent", {**b.body("start"), "seen": old})) == "STALE"
        before = o.seen
        assert outcome(await b.act("start")) == "taken"
        assert outcome(await b.post("/api/intent", {**b.body("note", why="x"), "seen": before})) == "STALE"
        reloaded = await b.load()
        assert outcome(await reloaded.act("note", why="x")) == "taken"


async def test_an_uncertain_answer_is_said_and_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        monkeypatch.setattr(client, "ANSWER_S", 0.05)
        body = b.body("start")
        said = await b.begin("/api/intent", body)  # nobody ticks
        monkeypatch.undo()
        assert (said.json()["delivered"], said.json()["reason"]) == ("uncertain", "UNCERTAIN")
        assert outcome(await b.post("/api/intent", {**b.body("start")})) == "STALE"
        await o.tick(2)
        assert intents(o) == ["START"]


# -- idleness --------------------------------------------------------------------------------------------


async def test_after_two_minutes_without_a_touch_a_browser_only_looks(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        await o.wait(119.0)
        assert (await b.post("/api/here", {})).status_code == 200
        await o.wait(119.0)
        async with Page(b) as page:
            view = (await page.state())["console"]
            assert isinstance(view, dict)
            assert (view["locked"], view["lease"]["mine"]) == (False, True)
            await o.wait(1.0)
            view = (await page.state())["console"]
            assert isinstance(view, dict)
            assert (view["locked"], view["lease"]["holder"]) == (True, None)
            assert (view["may"], view["me"]) == (
                ["stop", "audio_pause"],
                {"name": "anna", "role": "operator"},
            )
        await b.post("/api/here", {})  # a touch alone wakes nobody
        for body in (await b.act("start"), await b.post("/api/lease", {"take": True})):
            assert outcome(body) == "IDLE_LOCKED"
        assert outcome(await b.act("audio_pause")) == "taken"
        await b.log_in("anna", take=True)
        assert outcome(await b.act("start")) == "taken"
        assert [r["who"] for r in o.written() if r["kind"] == "idle"] == ["anna/operator"]


async def test_logging_out_gives_control_back(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        a = await (await o.browser()).log_in("anna", take=True)
        d = await (await o.browser()).log_in("dora")
        await a.post("/api/logout", {})
        assert (await a.client.get("/api/hello")).json()["me"] is None
        assert (await d.post("/api/lease", {"take": True})).json() == {"mine": True, "in_s": 0.0}
        await d.log_in("eve")
        async with Page(d) as page:
            view = (await page.state())["console"]
            assert isinstance(view, dict)
            assert view["lease"]["holder"] is None


# -- set points ------------------------------------------------------------------------------------------


async def reviewed(b: Browser, key: str, value: float) -> dict[str, object]:
    said = await b.post("/api/review", {"key": key, "value": value, "seen": b.office.seen})
    assert said.status_code == 200, said.text
    found: dict[str, object] = said.json()
    return found


async def confirm(b: Browser, id_: object, **more: object) -> str:
    b.refs += 1
    body = {"id": id_, "ref": f"c{b.refs}", "seen": b.office.seen, **more}
    return outcome(await b.post("/api/confirm", body))


async def test_a_set_point_is_reviewed_then_confirmed_once(tmp_path: Path) -> None:
    async with office(tmp_path, treating()) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        assert outcome(await b.act("set", value=7.41)) == "REVIEW_NEEDED"
        found = await reviewed(b, "ph", 7.41)
        assert (found["old"], found["new"], found["unit"], found["second"]) == (7.4, 7.41, "pH", False)
        assert (found["lo"], found["hi"], found["expires_s"]) == (7.3, 7.5, 30.0)
        assert await confirm(b, found["id"]) == "TOO_SOON"
        await o.tick(2)
        assert await confirm(b, "other") == "NO_REVIEW"
        assert await confirm(b, found["id"]) == "taken"
        assert [(i.name.name, i.key, i.value) for i in o.ward.taken] == [("SET", "ph", 7.41)]
        assert await confirm(b, found["id"]) == "NO_REVIEW"
        await o.tick()
        assert (await reviewed(b, "ph", 7.42))["old"] == 7.41


async def test_two_taps_on_confirm_are_one_change(tmp_path: Path) -> None:
    async with office(tmp_path, treating()) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        found = await reviewed(b, "ph", 7.41)
        await o.tick(2)
        taps = [
            asyncio.create_task(b.begin("/api/confirm", {"id": found["id"], "ref": f"t{n}", "seen": o.seen}))
            for n in range(2)
        ]
        await o.settled(*taps)
        assert sorted(outcome(t.result()) for t in taps)[1] == "taken"
        assert intents(o) == ["SET"]


async def test_a_review_is_used_up_by_a_confirmation_that_got_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(tmp_path, treating()) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        found = await reviewed(b, "ph", 7.41)
        await o.tick(2)
        monkeypatch.setattr(client, "ANSWER_S", 0.05)
        said = await b.begin("/api/confirm", {"id": found["id"], "ref": "lost", "seen": o.seen})
        monkeypatch.undo()
        assert outcome(said) == "UNCERTAIN"
        o.ward.link._waiting.clear()  # noqa: SLF001 - it never reached a tick
        await o.tick(2)
        assert await confirm(b, found["id"]) == "NO_REVIEW"


async def test_beyond_the_soft_limit_two_people_change_it(tmp_path: Path) -> None:
    async with office(tmp_path, treating()) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        found = await reviewed(b, "perfusion_ml_min", 70.0)
        assert found["second"] is True
        await o.tick(2)
        assert await confirm(b, found["id"]) == "SECOND_NEEDED"
        assert await confirm(b, found["id"], second={"name": "ben", "pin": "271828"}) == "taken"
        assert o.ward.taken[-1].who == "anna/operator+ben/second"


async def test_a_review_is_void_when_late_or_overtaken_and_refused_where_it_must(tmp_path: Path) -> None:
    async with office(tmp_path, treating()) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        said = await b.post("/api/review", {"key": "ph", "value": 8.0, "seen": o.seen})
        assert (said.status_code, outcome(said)) == (422, "OUT_OF_RANGE")
        assert said.json()["text"] != "OUT_OF_RANGE"
        said = await b.post("/api/review", {"key": "ph", "value": 7.41, "seen": 0})
        assert (said.status_code, outcome(said)) == (403, "STALE")
        late = await reviewed(b, "ph", 7.41)
        await o.wait(30.0)
        assert await confirm(b, late["id"]) == "NO_REVIEW"
        found = await reviewed(b, "ph", 7.41)
        o.ward.session.tick(o.ward.session.intent(IntentName.SET, "blood_ml_min", 131.0))  # by somebody else
        await o.tick(3)
        assert await confirm(b, found["id"]) == "NO_REVIEW"
        assert intents(o) == []


# -- forms, tables, report -------------------------------------------------------------------------------

MALFORMED = [
    ("/api/intent", {"ref": "a", "action": "stop"}),
    ("/api/intent", {"ref": "a", "action": "stop", "seen": "1"}),
    ("/api/intent", {"ref": "a", "action": "stop", "seen": -1}),
    ("/api/intent", {"ref": "a b", "action": "stop", "seen": 1}),
    ("/api/intent", {"ref": "a", "action": "stop", "seen": 1, "extra": 1}),
    ("/api/intent", {"ref": "a", "action": "note", "seen": 1, "why": "x" * 501}),
    ("/api/intent", {"ref": "a", "action": "note", "seen": 1, "why": "\u0000"}),
    ("/api/intent", {"ref": "a", "action": "note", "seen": 1, "value": True}),
    ("/api/intent", {"ref": "a", "action": "note", "seen": 1, "\ud800": 1}),
    ("/api/login", {"name": "anna"}),
    ("/api/login", {"name": "", "pin": "1"}),
    ("/api/lease", {"take": 1}),
    ("/api/logout", {"a": 1}),
    ("/api/here", []),
    ("/api/review", {"key": "ph", "value": "7.4", "seen": 1}),
    ("/api/confirm", {"id": "../x", "ref": "a", "seen": 1}),
]


@pytest.mark.parametrize(("path", "body"), MALFORMED)
async def test_what_is_not_as_it_must_be_is_malformed(tmp_path: Path, path: str, body: object) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        said = await b.post(path, body)  # type: ignore[arg-type] # a list is no object
        assert (said.status_code, outcome(said)) == (422, "MALFORMED")
        assert set(said.json()) == {"reason", "text"}
        assert o.ward.taken == []


@pytest.mark.parametrize(("action", "more", "reason"), [
    ("fly", {}, "UNKNOWN_ACTION"), ("abort", {}, "WHY_NEEDED"), ("abort", {"why": "  "}, "WHY_NEEDED"),
    ("enter_sample", {}, "VALUE_NEEDED"), ("enter_sample", {"value": 1.0, "text": "x"}, "VALUE_NEEDED"),
    ("start", {"value": 1.0}, "VALUE_NEEDED"), ("start", {"text": "x"}, "VALUE_NEEDED"),
    ("acknowledge", {"text": "x" * 65}, "VALUE_NEEDED"), ("note", {}, "WHY_NEEDED"),
])  # fmt: skip
async def test_what_an_action_lacks_is_said(
    tmp_path: Path, action: str, more: dict[str, object], reason: str
) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        assert outcome(await b.act(action, **more)) == reason
        assert o.ward.taken == []


async def test_what_each_entry_becomes(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        for action, more in (
            ("enter_sample", {"value": 5.0}), ("note", {"why": "<img onerror=x>\nsecond line"}),
            ("note", {"text": "short"}), ("acknowledge", {"text": "H01.1", "why": "kink"}),
        ):  # fmt: skip
            await b.act(action, **more)
        found = [(i.name.name, i.key, i.value, i.why) for i in o.ward.taken]
        assert found == [
            ("ENTER", "sample_ml", 5.0, ""), ("ENTER", "note", 0.0, "<img onerror=x>\nsecond line"),
            ("ENTER", "note", 0.0, "short"), ("ACKNOWLEDGE", "H01.1", 0.0, "kink"),
        ]  # fmt: skip
        lines = (tmp_path / "audit").read_text().splitlines()
        assert len(lines) == len(o.written())


async def test_what_a_browser_is_told_once(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        hello = (await b.client.get("/api/hello")).json()
        assert hello["limits"]["value"]["tmp_trip_mmhg"] == 60.0
        assert (hello["limits"]["name"], "schema" in hello["limits"]["value"]) == ("default", False)
        assert next(row["key"] for row in hello["set_points"]) == "blood_ml_min"
        assert (hello["plant"], hello["session_file"], hello["me"]) == ("SIM", "s.qh1a", None)
        assert hello["users"] == ["anna", "ben", "carl", "dora", "eve"]
        assert hello["figures"] == {
            "idle_s": 120.0, "takeover_s": 5.0, "review_s": 30.0, "stale_s": 2.0, "not_live_s": 3.0,
        }  # fmt: skip
        tables = (await b.client.get("/api/tables?language=en")).json()
        assert set(tables) == {
            "words", "texts", "channels", "rules", "hazards", "limits", "states", "actuators", "actions",
            "trips",
        }  # fmt: skip
        assert set(tables["texts"]) >= {"rule", "refusal", "gate", "node", "check"}
        assert tables["texts"]["rule"]["H01.1"]["title"] == "Air in the return line"
        assert tables["trips"][2] == "HEAT"  # as channel NODE counts them
        assert tables["rules"][0] == {
            "id": "H01.1", "channel": "AIR_v_bubble", "side": 1, "limit": "air_bubble_ml", "delay_s": 0.0,
            "priority": "HIGH", "latched": True, "response": "R4",
            "armed": ["CONNECT_FILL", "CONNECT_VENOUS", "RAMP", "TREAT", "TREAT_END", "PAUSE_PLASMA",
                      "RINSE_PLASMA", "RINSE_BLOOD"],
        }  # fmt: skip
        assert tables["states"][0] == {"name": "SELF_WAIT", "phase": "SELF_TEST", "waits": "START"}
        row = next(a for a in tables["actions"] if a["id"] == "confirm_load")
        assert row == {
            "id": "confirm_load", "intent": "CONFIRM", "key": "", "states": ["PRIME_LOAD"],
            "roles": ["engineer", "operator"], "second": True, "why": False, "takes": "",
        }  # fmt: skip
        assert (await b.client.get("/api/tables?language=fr")).status_code == 422
        assert (await b.client.get("/api/history?seconds=60")).json()["t_s"] == [0.1]
        for wrong in ("0", "-1", "nan", "1e9", "x"):
            assert (await b.client.get(f"/api/history?seconds={wrong}")).status_code == 422


async def test_the_report_is_there_once_there_is_one(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        said = await b.client.get("/api/report")
        assert (said.status_code, outcome(said)) == (404, "NOT_ENDED")
        o.report = b"<html>"
        said = await b.client.get("/api/report")
        assert (said.content, said.headers["content-type"]) == (b"<html>", "text/html; charset=utf-8")


async def test_every_route_declares_what_it_can_say(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        assert callable(make_app)
        paths = o.app.openapi()["paths"]
        assert set(paths) == {f"/api/{name}" for name in (
            *"hello tables stream history events report".split(),
            *"login logout here lease intent review confirm csp".split(),
        )}  # fmt: skip
        for path, methods in paths.items():
            for method, row in methods.items():
                assert {"401", "403", "421", "429"} <= set(row["responses"])
                if method == "post":
                    assert {"413", "415"} <= set(row["responses"]), path
                assert "HTTPValidationError" not in str(row)


async def test_streams_do_not_wait_for_a_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    going, done = threading.Event(), threading.Event()

    def slow(*_: object) -> bool:
        going.set()
        return done.wait(10.0)

    async with office(tmp_path) as o:
        b = await o.browser()
        monkeypatch.setattr(PasswordHasher, "verify", slow)
        async with Page(b) as page:
            asked = asyncio.create_task(b.begin("/api/login", {"name": "anna", "pin": "314159"}))
            while not going.is_set():
                await breath()
            for _ in range(4):
                await o.tick()
                while (await page.state())["seq"] != o.seen:
                    pass
            assert not asked.done()
            done.set()
            assert (await asked).status_code == 200


def test_the_shipped_figures_are_the_specifications() -> None:
    f = figures()
    assert (f.idle_s, f.takeover_s, f.review_s, f.confirm_after_s, f.fresh_s) == (120.0, 5.0, 30.0, 0.5, 5.0)
    assert (f.requests_per_s, f.streams, f.pin_wrong, f.lock_s, f.lock_most_s) == (20.0, 8, 5, 60.0, 900.0)
    assert load_prescription(resolve("4h.toml", "prescriptions")).nominal_h == 4.0
