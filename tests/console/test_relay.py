"""From the link to the pages: states, events, history, and what happens when the controller goes."""

import json
import math
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import pytest

from qh1a.channels import CHANNELS, Channel
from qh1a.console import relay as module
from qh1a.console.relay import EVENTS_WAITING, HISTORY_S, POINTS_MOST, History, Relay, Stream
from qh1a.link import LinkLostError, State, Wish
from qh1a.tick import Quality
from qh1a.units import NS_PER_S
from tests.console.office import Page, about, breath, figures, office, outcome
from tests.console.test_guard import page as page  # noqa: PLC0414 - the fixture
from tests.control.synthetic import Bench
from tests.link.bench import Wall, Ward


def state(now_s: float, value: float = 1.0, quality: Quality = Quality.GOOD) -> State:
    n = len(CHANNELS)
    return State(int(now_s * 4), int(now_s * NS_PER_S), "", (value,) * n, (int(quality),) * n, (), {}, ())


def history(*states: State) -> History:
    found = History()
    for s in states:
        found.hear(s)
    return found


def told(found: History, seconds: float) -> dict[str, list[float | None]]:
    body = json.loads(found.last(seconds)())
    assert body["ids"] == [row.id for row in CHANNELS]
    return {"t": body["t_s"], "v": body["columns"]["P_ven"]}


def test_history_is_a_point_a_second_and_null_where_nothing_is_good() -> None:
    found = history(state(0.9), state(1.0), state(1.4), state(2.6, 5.0), state(3.0, 7.0, Quality.STALE))
    assert told(found, 10.0) == {"t": [0.9, 1.0, 2.6, 3.0], "v": [1.0, 1.0, 5.0, None]}
    assert told(found, 1.0) == {"t": [2.6, 3.0], "v": [5.0, None]}
    assert told(History(), 10.0) == {"t": [], "v": []}


@pytest.mark.parametrize("n", [POINTS_MOST, POINTS_MOST + 1, 9999])
def test_history_has_two_thousand_points_at_most_and_the_newest_always(n: int) -> None:
    found = history(*(state(float(t)) for t in range(n)))
    t = told(found, n)["t"]
    assert len(t) <= POINTS_MOST
    assert t[-1] == n - 1
    steps = {b - a for a, b in pairwise(t) if a is not None and b is not None}
    assert len(steps) == 1


def test_history_keeps_nine_hours_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert HISTORY_S == 32_400
    monkeypatch.setattr(module, "HISTORY_S", 100)
    monkeypatch.setattr(module, "_DROP", 10)
    found = history(*(state(float(t), float(t)) for t in range(1000)))
    assert told(found, 1e9)["t"] == [float(t) for t in range(900, 1000)]
    assert len(found._t) <= 111  # noqa: SLF001 - what it holds
    assert {len(v) for v in found._v} == {len(found._t)}  # noqa: SLF001


async def test_a_stream_keeps_the_newest_state_and_every_event_up_to_a_bound() -> None:
    stream = Stream()
    for n in range(EVENTS_WAITING + 5):
        stream.hear({"seq": n}, ({"number": n},), 1 if n == 3 else 0)
    first = await stream.next()
    assert first is not None
    assert first.data["seq"] == EVENTS_WAITING + 4
    assert first.data["missed"] == 6
    events = first.data["events"]
    assert isinstance(events, list)
    assert [e["number"] for e in events] == list(range(5, EVENTS_WAITING + 5))
    stream.hear({"seq": 9}, (), 0)
    second = await stream.next()
    assert second is not None
    assert (second.data["events"], second.data["missed"]) == ([], 0)
    stream.close()
    assert await stream.next() is None
    assert await stream.next() is None


async def test_a_page_is_told_the_whole_state(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        async with Page(b) as page:
            first = await page.state()
            assert set(first) == {f.name for f in fields(State)} | {"console"}
            await o.tick()
            said = await page.state()
            assert said["seq"] == o.seen
            assert o.relay.latest is not None
            assert said["value"] == [*o.relay.latest.value]
            assert said["console"] == {
                "me": None, "lease": {"holder": None, "mine": False, "taking": None, "in_s": None},
                "locked": False, "generation": 1, "may": ["stop", "audio_pause"],
            }  # fmt: skip
            assert outcome(await b.act("stop")) == "taken"
            await o.tick()
            codes: list[object] = []
            while "INTENT_TAKEN" not in codes:
                events = (await page.state())["events"]
                assert isinstance(events, list)
                codes += [e["code"] for e in events]
        kept = (await b.client.get("/api/events")).json()["events"]
        assert [e["number"] for e in kept] == sorted({e["number"] for e in kept})
        assert "INTENT_TAKEN" in [e["code"] for e in kept]


async def test_a_page_that_does_not_read_slows_nobody(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        async with Page(b) as slow, Page(b) as quick:
            slow.reads.clear()
            for _ in range(50):
                await o.tick()
                while (await quick.state())["seq"] != o.seen:
                    pass
            slow.reads.set()
            seen = [(await slow.state())["seq"]]
            while seen[-1] != o.seen:
                seen.append((await slow.state())["seq"])
            assert len(seen) <= 4


async def test_without_a_controller_it_says_so_and_comes_back(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        async with Page(b) as page:
            await page.state()
            await o.ward.link.close()
            event, data = await page.hear()
            while event != "lost":
                event, data = await page.hear()
            assert "gone" in str(data["reason"]) or "no controller" in str(data["reason"])
            for action in ("stop", "start"):
                said = await b.act(action)
                assert (said.status_code, outcome(said)) == (503, "LOST")
            async with Page(b) as late:
                assert (await late.hear())[0] == "lost"
            kept = len(o.relay.history._t)  # noqa: SLF001 - what it holds
            before = o.seen
            async with Ward(tmp_path / "s.sock", about=about(o.ward.session)) as again:
                again.session, again.wall = o.ward.session, o.ward.wall
                again.link._seq = o.ward.link._seq  # noqa: SLF001 - the same controller
                again.link._clock = o.ward.wall  # noqa: SLF001
                o.ward = again
                while not any(c.greeted for c in again.link._clients):  # noqa: SLF001 - until it is back
                    await breath()
                await o.tick()
                assert o.relay.generation == 1
                assert o.seen > before
                assert len(o.relay.history._t) >= kept  # noqa: SLF001
                assert outcome(await b.act("start")) == "taken"


@pytest.mark.parametrize("other", ["hello", "start"])
async def test_another_controller_starts_everything_anew(tmp_path: Path, other: str) -> None:
    async with office(tmp_path) as o:
        b = await (await o.browser()).log_in("anna", take=True)
        await o.tick(30)
        assert outcome(await b.act("note", why="before")) == "taken"
        old = o.seen
        assert len(o.relay.events) > 0
        await o.ward.link.close()
        more = {"seed": 2} if other == "hello" else {}
        async with Ward(tmp_path / "s.sock", about=about(o.ward.session, **more)) as again:
            again.wall.wall = o.wall.wall
            if other == "hello":  # that alone tells: its time and its count go on from where the other's were
                again.session, again.link._seq = Bench(start=o.ward.session.now), 1000  # noqa: SLF001
            while not any(c.greeted for c in again.link._clients):  # noqa: SLF001 - until it is back
                await breath()
            again.tick()
            while o.relay.generation == 1 or o.relay.latest is None:
                await breath()
            o.ward = again
            o.wall.wall = again.wall.wall
            assert not [e for e in o.relay.events if e["detail"] == "before"]
            assert len(o.relay.history._t) == 1  # noqa: SLF001 - what it holds
            said = await b.post("/api/intent", {"ref": "z", "action": "start", "seen": old})
            assert outcome(said) == "STALE"


async def test_nobody_there_is_said_at_once(tmp_path: Path) -> None:
    relay = Relay(tmp_path / "none.sock", figures(), Wall().wall_ns)
    with pytest.raises(LinkLostError):
        await relay.ask(Wish("a", "STOP"))
    assert relay.situation is None
    with relay.stream() as stream:
        said = await stream.next()
    assert said is not None
    assert said.event == "lost"


def test_a_view_is_fresh_for_five_seconds(tmp_path: Path) -> None:
    wall = Wall()
    relay = Relay(tmp_path / "s", figures(), wall.wall_ns)
    relay._hear(state(10.0))  # noqa: SLF001 - as the link says
    assert relay.fresh(40)
    assert not relay.fresh(39)
    wall.wall = 5_000_000_000
    assert relay.fresh(40)
    wall.wall += 1
    assert not relay.fresh(40)
    relay._hear(replace(state(11.0), events=({"code": "INTENT_TAKEN", "now": 11 * NS_PER_S},)))  # noqa: SLF001
    assert relay.fresh(44)
    relay._hear(replace(state(12.0), events=({"code": "INTENT_TAKEN", "now": 11_500_000_000},)))  # noqa: SLF001
    assert relay.fresh(48)
    assert not relay.fresh(44)


def test_only_a_good_figure_is_a_figure(tmp_path: Path) -> None:
    relay = Relay(tmp_path / "s", figures(), Wall().wall_ns)
    relay._hear(state(1.0, 5.0))  # noqa: SLF001 - as the link says
    assert relay.value("P_ven") == 5.0
    assert relay.value("nothing") is None
    relay._hear(state(2.0, 5.0, Quality.STALE))  # noqa: SLF001
    assert relay.value("P_ven") is None
    assert math.isnan(relay.history._v[Channel.P_VEN][-1])  # noqa: SLF001


@pytest.mark.parametrize(("step", "event"), [("ENDED", "state"), ("TREAT", "lost")])
async def test_of_a_session_that_has_ended_the_last_state_stays_to_be_read(
    tmp_path: Path, step: str, event: str
) -> None:
    relay = Relay(tmp_path / "s.sock", figures(), lambda: 0)
    relay.latest = replace(state(1.0, 1.0), session={"state": step})
    with relay.stream() as stream:
        told_ = await stream.next()
        assert told_ is not None
        assert told_.event == event
