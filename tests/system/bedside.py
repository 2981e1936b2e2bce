"""What stands at a bedside: a session, its console, and a browser, each in a process of its own."""

import json
import re
import socket
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, sync_playwright

from qh1a.record import SessionFile
from qh1a.tick import Intent
from tests.system.commands import PATIENCE_S, QH1A, finish, qh1a, start

CHROMIUM: Final = Path("/usr/bin/chromium")
PEOPLE: Final[Mapping[str, str]] = {"anna": "operator", "ben": "second", "cora": "operator", "vera": "viewer"}
_FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
PATIENCE_MS: Final = 1000.0 * PATIENCE_S


@dataclass
class Bedside:
    """A running session and its console. `pins` by name."""

    folder: Path
    session: "subprocess.Popen[str]"
    console: "subprocess.Popen[str]"
    address: str
    pins: Mapping[str, str]

    @property
    def record(self) -> Path:
        return self.folder / "s.qh1a"

    def intents(self) -> list[Intent]:
        """What the record of the session holds of wishes; the session must be over."""
        with SessionFile(self.record) as file:
            return [entry.what for entry in file.records() if isinstance(entry.what, Intent)]

    def inject(self, fault: str, magnitude: float = 0.0) -> None:
        """Break something, as an engineer at the terminal view does. `end:` before the name mends it.

        Without asyncio, whose loop playwright has.
        """
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE_S)
            line.connect(str(self.folder / "s.sock"))
            wish = {
                "kind": "intent",
                "ref": uuid.uuid4().hex,
                "name": "INJECT",
                "key": fault,
                "value": magnitude,
            }
            for said in ({"kind": "hello", "schema": 1, "role": "watch"}, wish):
                line.sendall(json.dumps(said).encode() + b"\n")
            with line.makefile() as heard:
                answer = next(said for said in map(json.loads, heard) if said["kind"] == "answer")
        assert answer["delivered"] == "taken", answer

    def audit(self) -> list[dict[str, object]]:
        """What the console has written down."""
        path = self.folder / "users.json.audit"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@contextmanager
def bedside(folder: Path, *more: str, speed: str = "60", script: Path = QH1A) -> Iterator[Bedside]:
    """A bench session that waits for its console, and the console. `script` runs the session."""
    pins = {}
    for name, role in PEOPLE.items():
        said = qh1a(folder, "pin", "users.json", name, "--role", role, "--random")
        assert said.code == 0, said
        pins[name] = said.out.strip()
    run = ("run", "bench-10min.toml", "--operator", "console", "--speed", speed, "--out", "s.qh1a", *more)
    with start(folder, *run, script=script) as session, serving(folder) as (console, address):
        try:
            yield Bedside(folder, session, console, address, pins)
        finally:
            if session.poll() is None:
                session.terminate()
            finish(session)


@contextmanager
def serving(folder: Path, port: str = "0") -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """The console of the session in a folder, and its address."""
    with start(folder, "console", "s.sock", "--users", "users.json", "--port", port) as console:
        try:
            assert console.stdout is not None
            address = console.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address), finish(console)
            yield console, address
        finally:
            if console.poll() is None:
                console.terminate()
            finish(console)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's browser, without a window."""
    if not CHROMIUM.exists():
        pytest.fail("no browser: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*_FLAGS])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Nurse:
    """Somebody at the console; `wrongs` are what the browser complained of."""

    page: Page
    bedside: Bedside
    wrongs: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, browser: Browser, bedside: Bedside, width: int = 1280, height: int = 800) -> "Nurse":
        context: BrowserContext = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        nurse = cls(page, bedside)
        page.on("pageerror", lambda error: nurse.wrongs.append(str(error)))
        page.on("console", nurse.hear)
        page.set_default_timeout(PATIENCE_MS)
        page.goto(bedside.address)
        nurse.until("globalThis.qh1a?.state?.session && !document.body.classList.contains('notlive')")
        return nurse

    def hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.wrongs.append(said.text)

    # -- what is seen --------------------------------------------------------------------------------

    def sees(self, expression: str) -> object:
        """A value of the page; the app is `qh1a`."""
        return self.page.evaluate(expression)

    def until(self, expression: str) -> None:
        """Wait until something is so. Polled from here: the page's policy forbids scripts from text."""
        asked = f"(() => {{ try {{ return Boolean({expression}) }} catch {{ return false }} }})()"
        for _ in range(int(PATIENCE_S / 0.05)):
            with suppress(Error):  # the page loads itself anew
                if self.page.evaluate(asked):
                    return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never so: {expression}; {self.page.locator('#bar').inner_text()}")

    def until_state(self, *states: str) -> None:
        self.until(f"{json.dumps(states)}.includes(qh1a.state.session.state)")

    @property
    def state(self) -> str:
        return str(self.sees("qh1a.state.session.state"))

    # -- what is done --------------------------------------------------------------------------------

    def log_in(self, name: str = "anna", *, control: bool = True) -> None:
        page = self.page
        page.locator("#access button").click()
        self.identify(page.locator("#side"), name)
        page.locator("#side button.primary.big").click()
        self.until(f"qh1a.me?.name === {json.dumps(name)}")
        if control:
            page.locator("#side button.primary.big").click()
            self.until("qh1a.lease.mine")

    def identify(self, where: Locator, name: str) -> None:
        """Choose a name and type its PIN on the keys."""
        where.get_by_role("button", name=name, exact=True).click()
        for digit in self.bedside.pins[name]:
            where.locator(".pin-keys button", has_text=digit).click()

    def fresh(self) -> None:
        """Let a state come that knows of what was just answered."""
        self.until(f"qh1a.state.seq > {self.sees('qh1a.state.seq')}")

    def press(self, action: str) -> None:
        """The button of an action, on the page that is shown."""
        self.fresh()
        self.page.locator(f"[data-action={action}]:visible").first.click()

    def confirm(self, *, why: str | None = None, second: str | None = None) -> None:
        """Fill the tray in, and confirm."""
        tray = self.page.locator("#tray")
        if why is not None:
            tray.locator(".why input").fill(why)
        if second is not None:
            self.identify(tray.locator(".second"), second)
        button = tray.locator("button.confirm")
        self.until("!document.querySelector('#tray button.confirm').hasAttribute('aria-disabled')")
        button.click()
        self.until("document.querySelector('#tray').hidden")

    def go(self, page: str) -> None:
        """Another page, by the menu."""
        self.page.evaluate(f"qh1a.go({json.dumps(page)})")
        self.until(f"qh1a.page === {json.dumps(page)}")

    def wish(self, action: str, **more: object) -> None:
        """Ask without a button, where the buttons are not what is looked at; it must be granted."""
        self.fresh()
        answer = self.page.evaluate("([id, more]) => qh1a.act(id, more)", [action, more])
        assert answer["delivered"] == "taken", (action, answer)

    def loaded(self) -> None:
        """From PRIME_LOAD on, two people signing."""
        ben = {"name": "ben", "pin": self.bedside.pins["ben"]}
        self.wish("enter_cartridge", text=self.sees("qh1a.hello.prescription.cartridge.id"))
        self.wish("enter_viability", value=92.0)
        self.wish("enter_out", value=10.0)
        self.wish("confirm_load", second=ben)

    def connected(self, ben: Mapping[str, str]) -> None:
        """From READY to RAMP."""
        self.wish("enter_subject", text=self.sees("qh1a.hello.prescription.patient.subject"))
        self.wish("confirm_ready", second=ben)
        self.until_state("CONNECT_ACCESS")
        self.wish("confirm_access")
        self.until_state("CONNECT_VENOUS")
        self.wish("connected")

    def to_treatment(self) -> None:
        """From the start to TREAT."""
        self.wish("start")
        self.until_state("PRIME_LOAD")
        self.loaded()
        self.until_state("READY")
        self.connected({"name": "ben", "pin": self.bedside.pins["ben"]})
        self.until_state("TREAT")

    def show(self, language: str) -> None:
        """Load the page in a language."""
        self.page.evaluate(f"localStorage.setItem('qh1a.language', {json.dumps(language)})")
        self.page.reload()
        self.until(
            f"qh1a.language === {json.dumps(language)} && qh1a.state?.session && qh1a.look === 'LIVE'"
            " || qh1a.state?.session?.state === 'ENDED'"
        )
