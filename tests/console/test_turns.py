"""STOP and audio pause as often as somebody likes: none is turned away, one at a time goes out."""

import asyncio
from pathlib import Path

import pytest

from qh1a.console.turns import Turns
from qh1a.link import client
from tests.console.office import breath, office, outcome
from tests.console.test_guard import page as page  # noqa: PLC0414 - the fixture


@pytest.mark.parametrize("action", ["stop", "audio_pause"])
async def test_a_flood_of_one_page_is_answered_and_asks_twice(tmp_path: Path, action: str) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        tasks = [asyncio.create_task(b.begin("/api/intent", b.body(action))) for _ in range(300)]
        await o.settled(*tasks)
        assert {(t.result().status_code, outcome(t.result())) for t in tasks} == {(200, "taken")}
        assert len(o.ward.taken) == 2
        assert len([row for row in o.written() if row["kind"] == "answer"]) == 2


async def test_a_long_flood_one_after_the_other_is_never_too_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(tmp_path) as o:
        b = await o.browser()
        monkeypatch.setattr(client, "ANSWER_S", 0.0)  # nobody ticks: UNCERTAIN, at the same wall time
        codes = {(await b.begin("/api/intent", b.body("stop"))).status_code for _ in range(150)}
        monkeypatch.undo()
        assert codes == {200}
        await o.tick()


async def test_a_stop_after_a_stop_was_sent_is_sent_too(tmp_path: Path) -> None:
    """Between the two somebody may have resumed: the answer to the first says nothing of now."""
    async with office(tmp_path) as o:
        b = await o.browser()
        first = asyncio.create_task(b.begin("/api/intent", b.body("stop")))
        while not o.ward.link._waiting:  # noqa: SLF001 - it is on its way
            await breath()
        later = [asyncio.create_task(b.begin("/api/intent", b.body("stop"))) for _ in range(3)]
        await o.settled(first, *later)
        answers = [task.result().json() for task in (first, *later)]
        assert [i.name.name for i in o.ward.taken] == ["STOP", "STOP"]
        assert answers[0]["now"] < answers[1]["now"] == answers[2]["now"] == answers[3]["now"]


async def test_a_stop_does_not_wait_for_an_audio_pause_nor_for_another_browser(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        a, b = await o.browser(), await o.browser()
        tasks = [
            asyncio.create_task(who.begin("/api/intent", who.body(action)))
            for who, action in ((a, "audio_pause"), (a, "stop"), (b, "stop"))
        ]
        while len(o.ward.link._waiting) < 3:  # noqa: SLF001 - all at once
            await breath()
        await o.settled(*tasks)
        assert sorted(i.name.name for i in o.ward.taken) == ["AUDIO_PAUSE", "STOP", "STOP"]


async def test_a_turn_that_is_cut_off_is_taken_by_who_waited_for_it() -> None:
    turns, gates = Turns[int](), [asyncio.Event(), asyncio.Event()]
    begun: list[int] = []

    async def call(n: int) -> int:
        begun.append(n)
        await gates[n > 0].wait()
        return n

    tasks = []
    for n in range(4):
        tasks.append(asyncio.create_task(turns.take("stop", lambda n=n: call(n))))  # type: ignore[misc]
        await breath()
    assert begun == [0]
    tasks[1].cancel()  # it was behind, and two waited for it
    await breath()
    gates[0].set()
    gates[1].set()
    assert [await tasks[n] for n in (0, 2, 3)] == [0, 2, 2]
    assert begun == [0, 2]
    assert turns._locks == {}  # noqa: SLF001 - nothing is kept of those who went
    assert turns._behind == {}  # noqa: SLF001 - as above
    assert await turns.take("stop", lambda: call(5)) == 5
