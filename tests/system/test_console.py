"""The web console in Debian's browser: what a person at the bedside sees and does."""

import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from qh1a.console.door import CONNECTIONS_MOST
from tests.system.bedside import Nurse, bedside, serving
from tests.system.commands import PATIENCE_S

pytestmark = pytest.mark.timeout(400)
NOT_LIVE_S = 3.0
MADE_ROOM = 40
SILENT_LINES = CONNECTIONS_MOST + MADE_ROOM
"""More than there may be, so that the oldest of them go."""


def test_a_high_alarm_is_on_the_screen_within_a_second_and_in_every_page(
    browser: Browser, tmp_path: Path
) -> None:
    with bedside(tmp_path) as at:
        nurse = Nurse.at(browser, at)
        nurse.log_in()
        nurse.to_treatment()
        nurse.page.evaluate(
            """() => { const seen = globalThis.seen = {};
            const banner = document.querySelector('#banner');
            new MutationObserver(() => {
              if (banner.innerText.includes('Venous pressure high')) seen.shown ??= Date.now(); }
            ).observe(banner, {subtree: true, childList: true, characterData: true, attributes: true});
            const high = (text) => JSON.parse(text).alarms.some((a) => a.priority === 'HIGH');
            new EventSource('/api/stream').addEventListener('state', (event) => {
              if (high(event.data)) seen.told ??= Date.now(); }); }"""
        )
        at.inject("return_line_kink", 10.0)
        nurse.until("seen.shown && seen.told")
        told, shown = nurse.sees("seen.told"), nurse.sees("seen.shown")
        assert isinstance(told, int)
        assert isinstance(shown, int)
        assert shown - told < 1000
        for page in ("trends", "alarms", "balance", "circuit", "events", "run"):
            nurse.go(page)
            assert "Venous pressure high" in nurse.page.locator("#banner").inner_text()
        assert nurse.wrongs == []


def test_a_dead_console_says_so_and_the_treatment_goes_on(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path, speed="1") as at:
        nurse = Nurse.at(browser, at)
        assert nurse.sees("document.body.classList.contains('notlive')") is False
        nurse.page.evaluate(
            """() => { globalThis.dark = null; const body = document.body.classList;
            setInterval(() => { if (body.contains('notlive')) dark ??= Date.now(); }, 20); }"""
        )
        killed = nurse.sees("Date.now()")
        at.console.send_signal(signal.SIGKILL)
        nurse.until("dark")
        dark = nurse.sees("dark")
        assert isinstance(killed, int)
        assert isinstance(dark, int)
        assert dark - killed < 1000 * NOT_LIVE_S + 250
        assert nurse.page.locator("#notlive").is_visible()
        assert "CONSOLE NOT LIVE" in nurse.page.locator("#notlive").inner_text()
        digits = nurse.page.locator("#pages section:visible .num").all_inner_texts()
        assert not [text for text in digits if any(c.isdigit() for c in text)], digits
        assert at.session.poll() is None
        # Another console, at the same address: the page finds it by itself.
        port = at.address.rsplit(":", 1)[1].strip("/")
        with serving(at.folder, port):
            nurse.until("!document.body.classList.contains('notlive') && qh1a.fresh")
            nurse.log_in()


def test_silent_lines_take_nobody_the_stop(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path) as at, ExitStack() as lines:
        nurse = Nurse.at(browser, at)
        nurse.log_in()
        nurse.to_treatment()
        host, port = at.address.removeprefix("http://").strip("/").split(":")
        silent = [
            lines.enter_context(socket.create_connection((host, int(port)))) for _ in range(SILENT_LINES)
        ]
        silent[0].sendall(b"GET / HTTP/1.1\r\nhost: ")  # and never the rest
        nurse.page.locator("#stop").click()
        nurse.page.locator("#tray button.confirm").click()
        nurse.until_state("PAUSE_STOPPED")
        for line in silent[:MADE_ROOM]:
            line.settimeout(PATIENCE_S)
            assert line.recv(1) == b"", "closed by the console"


def test_stop_needs_nobody_and_two_presses_on_two_spots(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path) as at:
        nurse = Nurse.at(browser, at)
        nurse.log_in()
        nurse.to_treatment()
        stranger = Nurse.at(browser, at)
        assert stranger.sees("qh1a.me") is None
        stop = stranger.page.locator("#stop")
        stop.dblclick()
        time.sleep(0.5)
        assert stranger.state in {"TREAT", "RAMP"}
        where = stop.bounding_box()
        confirm = stranger.page.locator("#tray button.confirm").bounding_box()
        assert where is not None
        assert confirm is not None
        apart = confirm["x"] > where["x"] + where["width"] or confirm["y"] + confirm["height"] < where["y"]
        assert apart
        stranger.page.locator("#tray button.confirm").click()
        stranger.until_state("PAUSE_STOPPED")
