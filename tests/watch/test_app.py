"""The terminal view on a terminal of 80x24."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from qh1a.channels import CHANNELS
from qh1a.link import Role
from qh1a.link import State as Said
from qh1a.tick import IntentName
from qh1a.units import NS_PER_S
from qh1a.watch.app import SILENT_NS, WatchApp
from qh1a.watch.model import Source, about_of
from qh1a.watch.pages import NEVER, PAGES
from tests.link.bench import Wall, Ward, console, wish
from tests.watch.test_pages import FULL
from tests.watch.views import ABOUT, GOOD, SESSION, Told, alarm, texts


class Screen:
    """The app as somebody at the keys sees it."""

    def __init__(self, app: WatchApp, pilot: Pilot[None], wall: Wall) -> None:
        self.app, self.pilot, self.wall = app, pilot, wall

    def text(self, name: str) -> str:
        return str(self.app.query_one(f"#{name}", Static).render())

    def rows(self) -> list[str]:
        """The characters on the terminal, line by line."""
        strips = self.app.screen._compositor.render_strips()  # noqa: SLF001 - there is no other way to them
        return [strip.text for strip in strips]

    async def until(self, done: Callable[[], bool]) -> None:
        while not done():
            await self.pilot.pause()


@asynccontextmanager
async def shown(
    source: Source, inject: Callable[[str], Awaitable[str]] | None = None
) -> AsyncIterator[Screen]:
    wall = Wall()
    app = WatchApp(source, about_of(ABOUT), texts(), wall.wall_ns, inject)
    async with app.run_test(size=(80, 24)) as pilot:
        yield Screen(app, pilot, wall)


async def after(screen: Screen, told: Told, said: Said) -> None:
    """Until a state is on the page of channels, which names its number."""
    told.queue.put_nowait(said)
    await screen.pilot.press("4")
    await screen.until(lambda: screen.text("page").startswith(f"state {said.seq} "))


@pytest.mark.parametrize("said", [GOOD, FULL, replace(FULL, quality=(1,) * len(FULL.quality))])
async def test_every_page_fits(said: Said) -> None:
    told = Told()
    async with shown(told) as screen:
        await after(screen, told, said)
        for page in PAGES:
            await screen.pilot.press(page.key)
            await screen.pilot.pause()
            rows = screen.rows()
            assert len(rows) == 24
            assert {len(row) for row in rows} == {80}
            assert rows[0].startswith("qh1a SIM  10 min bench session  TREAT 00:01:01 / 00:06:00  link ok")
            assert rows[1].startswith("▲▲▲ HIGH" if said is not GOOD else "alarms: none active")
            assert f">{page.key}<{page.name}" in rows[-1]
            assert rows[-1].rstrip().endswith("q quit")
            lines = screen.text("page").splitlines()
            # No line was wrapped: line by line what the page says stands there.
            assert [row[:79].rstrip() for row in rows[2:23]][: len(lines)] == [
                line.rstrip() for line in lines[:21]
            ]
            assert screen.app.query_one("#body").max_scroll_x == 0


async def test_a_long_page_scrolls_and_every_page_begins_at_its_top() -> None:
    told = Told()
    async with shown(told) as screen:
        await after(screen, told, GOOD)
        body = screen.app.query_one("#body")
        await screen.pilot.press("end")
        await screen.until(lambda: body.scroll_y == body.max_scroll_y > 0)
        assert CHANNELS[-1].id in screen.rows()[22]
        await screen.pilot.press("3")
        await screen.until(lambda: body.scroll_y == 0)
        assert screen.rows()[2].startswith("rule ")


async def test_three_seconds_without_a_state_are_not_live() -> None:
    told = Told()
    async with shown(told) as screen:
        await after(screen, told, GOOD)
        header = screen.app.query_one("#header")
        screen.wall.wall += SILENT_NS - 1
        screen.app.beat()
        assert "NOT LIVE" not in screen.text("header")
        assert not header.has_class("lost")
        screen.wall.wall += 1
        await screen.until(lambda: "NOT LIVE" in screen.text("header"))  # by its own timer
        assert screen.text("header").startswith("NOT LIVE  qh1a SIM  link silent 3.0 s  last TREAT 00:01:01")
        await screen.pilot.pause()
        assert header.styles.text_style.reverse
        await after(screen, told, replace(GOOD, seq=2))
        assert "NOT LIVE" not in screen.text("header")
        assert not header.has_class("lost")


async def test_a_link_that_never_says_anything_is_not_live() -> None:
    async with shown(Told()) as screen:
        assert screen.text("page") == NEVER
        screen.wall.wall += SILENT_NS
        screen.app.beat()
        assert screen.text("header").startswith("NOT LIVE")


async def test_a_lost_link_is_not_live_at_once_and_the_last_state_stays() -> None:
    told = Told()
    async with shown(told) as screen:
        await after(screen, told, GOOD)
        told.lose()
        await screen.until(lambda: "NOT LIVE" in screen.text("header"))
        assert screen.text("header").startswith("NOT LIVE  qh1a SIM  link lost 0.0 s")
        assert screen.app.lost == "s.sock: the controller is gone"
        assert screen.text("page").startswith("state 1 ")


async def test_a_session_that_has_ended_is_over_and_not_lost() -> None:
    told = Told()
    async with shown(told) as screen:
        await after(screen, told, replace(GOOD, session={**SESSION, "state": "ENDED"}))
        told.lose()
        screen.wall.wall += 60 * NS_PER_S
        await screen.pilot.pause()
        screen.app.beat()
        assert screen.text("header").rstrip().endswith("over")
        assert not screen.app.lost
        assert "NOT LIVE" not in screen.text("header")


async def test_what_is_not_understood_is_not_live() -> None:
    told = Told(replace(GOOD, session={}))
    async with shown(told) as screen:
        await screen.until(lambda: "NOT LIVE" in screen.text("header"))
        assert screen.app.lost.startswith("session.state: ")
        assert screen.text("page") == NEVER


async def test_an_alarm_is_shown_and_goes() -> None:
    told = Told()
    async with shown(told) as screen:
        await after(screen, told, replace(GOOD, alarms=(alarm("H06.1"),)))
        assert screen.text("alarm") == "▲▲▲ HIGH H06.1 Venous pressure high"
        await after(screen, told, replace(GOOD, seq=2))
        assert screen.text("alarm") == "alarms: none active"


async def test_q_quits() -> None:
    async with shown(Told()) as screen:
        await screen.pilot.press("q")
        await screen.until(lambda: not screen.app.is_running)


async def test_a_real_session_on_a_real_link(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    async with (
        Ward(path, about=ABOUT) as ward,
        console(ward) as nurse,
        console(ward, Role.WATCH) as client,
        shown(client) as screen,
    ):
        await ward.answered(nurse, wish("a", IntentName.START))
        await screen.until(lambda: "SELF_ZERO" in screen.text("header"))
        await screen.pilot.press("6")
        await screen.until(lambda: "asked and done: start the self-test" in screen.text("page"))
        assert "state SELF_ZERO: self-test: zeros of the sensors (START)" in screen.text("page")


async def test_a_fault_is_typed_sent_and_answered_in_one_line() -> None:
    typed: list[str] = []

    async def inject(text: str) -> str:
        typed.append(text)
        return "kink 3 taken"

    told = Told()
    async with shown(told, inject) as screen:
        await after(screen, told, GOOD)
        await screen.pilot.press("i", *"kink", "space", "3", "enter")
        line = screen.app.query_one("#ask", Input)
        await screen.until(lambda: line.placeholder == "kink 3 taken")
        assert (typed, line.value, line.display) == (["kink 3"], "", True)
        await screen.pilot.press("enter")  # nothing typed, nothing sent
        assert typed == ["kink 3"]
        await screen.pilot.press("escape", "5")
        assert not line.display
        assert ">5<faults" in screen.rows()[-1]


async def test_without_its_option_nothing_is_injected() -> None:
    told = Told()
    async with shown(told) as screen:
        await after(screen, told, GOOD)
        await screen.pilot.press("i")
        assert not screen.app.query_one("#ask", Input).display
