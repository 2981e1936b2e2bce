"""The console without a mouse: a whole session by keys, every control within reach, and no key that slips."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

from qh1a.tick import IntentName
from tests.system.bedside import Nurse, bedside

pytestmark = pytest.mark.timeout(600)
MOST: Final = 150
"""More presses of Tab than any page has controls."""
BOUNCE_MS: Final = 550
"""Longer than a confirm is dead after it has opened."""
PAGES: Final = {
    "F2": "run", "F3": "trends", "F4": "alarms", "F5": "balance", "F6": "circuit", "F7": "events",
    "F8": "setup", "F9": "end",
}  # fmt: skip
NAMED: Final = (
    "(e) => `${e.tagName.toLowerCase()}#${e.id}.${e.className} ${e.textContent.trim().slice(0, 24)}`"
)
HERE: Final = f"""() => {{
  const el = document.activeElement;
  if (!el || el === document.body || el === document.documentElement) return {{none: true, who: 'nothing'}};
  globalThis.stops ??= new Map();
  if (!stops.has(el)) stops.set(el, stops.size);
  const r = el.getBoundingClientRect(), look = getComputedStyle(el);
  const at = document.elementFromPoint(r.x + r.width / 2, r.y + Math.min(r.height / 2, 200));
  const outlined = look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2;
  return {{none: false, n: stops.get(el), who: ({NAMED})(el), ring: outlined || look.boxShadow !== 'none',
    seen: el.contains(at) || Boolean(at?.contains(el))}}; }}"""
UNSEEN: Final = f"""() => {{
  const all = document.querySelectorAll('button, a[href], input, select, textarea, summary, [tabindex]');
  return [...all].filter((el) => el.tabIndex >= 0 && !el.disabled && !stops.has(el) && !el.closest('[inert]')
    && el.checkVisibility({{visibilityProperty: true}})).map({NAMED}); }}"""


class Keys:
    """Somebody at the console who has keys only."""

    def __init__(self, nurse: Nurse) -> None:
        self.nurse = nurse
        self.press = nurse.page.keyboard.press
        self.type = nurse.page.keyboard.type

    def tab(self) -> Mapping[str, object]:
        """One step on: what has the focus now, which is seen, with a ring around it."""
        self.press("Tab")
        here = self.nurse.page.evaluate(HERE)
        assert isinstance(here, dict)
        assert here["none"] or (here["ring"] and here["seen"]), here
        return here

    def reach(self, selector: str, words: str = "") -> None:
        """Tab until a control that matches has the focus."""
        met = [str(self.nurse.page.evaluate(HERE)["who"])]
        asked = (
            "([s, t]) => document.activeElement.matches(s) && document.activeElement.textContent.includes(t)"
        )
        for _ in range(MOST):
            if self.nurse.page.evaluate(asked, [selector, words]):
                return
            met.append(str(self.tab()["who"]))
        pytest.fail(f"{selector} {words}: never reached; {met[:80]}")

    def use(self, selector: str, words: str = "") -> None:
        self.reach(selector, words)
        self.press("Enter")

    def on(self, action: str) -> None:
        """The button of an action, which opens the tray."""
        self.nurse.fresh()
        self.use(f"section:not([hidden]) [data-action={action}], #banner [data-action={action}]")
        self.nurse.until("!document.querySelector('#tray').hidden")

    def confirm(self, *, why: str = "", second: bool = False) -> None:
        """Fill the tray in, and confirm by the button."""
        if why:
            self.reach("#tray input")
            self.type(why)
        if second:
            self.signed("#tray")
        self.reach("#tray button.confirm")
        self.nurse.until("!document.querySelector('#tray button.confirm').hasAttribute('aria-disabled')")
        self.press("Enter")
        self.nurse.until("document.querySelector('#tray').hidden")

    def signed(self, where: str) -> None:
        """Another person's name and PIN; a name gives the focus to its PIN."""
        self.use(f"{where} .second button", "ben")
        self.type(self.nurse.bedside.pins["ben"])

    def scan(self, action: str, text: str) -> None:
        self.nurse.fresh()
        self.reach(f"#su-{action}")
        self.type(text)
        self.press("Enter")
        self.nurse.until(
            f"document.querySelector('#su-{action}').closest('.su-scan').querySelector('.su-mark.yes')"
        )

    def around(self) -> None:
        """Every control that is seen gets the focus, and the way leads back to where it began."""
        self.nurse.page.evaluate("() => { globalThis.stops = new Map(); }")
        first = None
        for _ in range(MOST):
            here = self.tab()
            if first is not None and here.get("n") == first:
                break
            first = here.get("n") if first is None else first
        else:
            pytest.fail("never back")
        assert self.nurse.page.evaluate(UNSEEN) == []

    def stays(self) -> None:
        """New states do not take the focus away."""
        self.tab()
        was = self.tab()
        self.nurse.fresh()
        self.nurse.fresh()
        assert self.nurse.page.evaluate(HERE)["n"] == was["n"]


def log_in(keys: Keys) -> None:
    nurse = keys.nurse
    keys.use("#access button")
    keys.use("#side .names button", "anna")
    keys.type(nurse.bedside.pins["anna"])
    keys.press("Enter")
    nurse.until("qh1a.me?.name === 'anna'")
    keys.use("#side button.primary.big")
    nurse.until("qh1a.lease.mine")


def set_up(keys: Keys) -> None:
    """From the self-test to TREAT."""
    nurse = keys.nurse
    prescription = nurse.sees("qh1a.hello.prescription")
    assert isinstance(prescription, dict)
    for priority in range(3):
        nurse.until("document.querySelector('.su-sound')")
        for n in (1, 2):
            keys.use(f"#page-setup .su-sound:nth-child({priority + 1}) button:nth-of-type({n})")
    keys.on("start")
    keys.confirm()
    nurse.until_state("PRIME_LOAD")
    keys.scan("enter_cartridge", prescription["cartridge"]["id"])
    keys.scan("enter_viability", "92")
    keys.scan("enter_out", "10")
    keys.on("confirm_load")
    keys.confirm(second=True)
    nurse.until_state("READY")
    keys.scan("enter_subject", prescription["patient"]["subject"])
    keys.on("confirm_ready")
    keys.confirm(second=True)
    nurse.until_state("CONNECT_ACCESS")
    keys.on("confirm_access")
    keys.confirm()
    nurse.until_state("CONNECT_VENOUS")
    keys.on("connected")
    keys.confirm()
    nurse.until_state("TREAT")


def treat(keys: Keys) -> None:
    """A set point, an alarm, a pause."""
    nurse = keys.nurse
    keys.press("F2")
    keys.use("[data-edit=blood_ml_min]")
    keys.type("120")
    keys.use("#side .panel-end button")
    nurse.until("document.querySelector('#side button.confirm:not([aria-disabled])')")
    keys.use("#side button.confirm")
    nurse.until("qh1a.view('Q_b_set').value === 120")
    nurse.bedside.inject("return_line_kink", 10.0)
    nurse.until_state("PAUSE_STOPPED")
    nurse.bedside.inject("end:return_line_kink")
    nurse.until("qh1a.state.alarms.every((a) => !a.active)")
    while nurse.sees("qh1a.state.alarms.length"):
        acknowledge(keys)
    resume(keys)
    keys.press("F9")
    keys.on("pause_plasma")
    keys.confirm()
    nurse.until_state("PAUSE_PLASMA")
    resume(keys)


def acknowledge(keys: Keys) -> None:
    """K goes to ACK, and presses it once it is there; what is latched is confirmed."""
    nurse = keys.nurse
    before = nurse.sees("qh1a.state.alarms.length")
    keys.press("k")
    keys.press("k")
    if nurse.page.locator("#tray").is_visible():
        keys.confirm()
    nurse.until(f"qh1a.state.alarms.length < {before}")


def resume(keys: Keys) -> None:
    """Confirmed by keys from where the button is."""
    keys.nurse.fresh()
    keys.use("#bar [data-action=resume]")
    keys.nurse.until("!document.querySelector('#tray button.confirm').hasAttribute('aria-disabled')")
    keys.press("Control+Enter")
    keys.nurse.until_state("TREAT")


def finish(keys: Keys) -> None:
    """A note, an early end, the hand-over, the report."""
    nurse = keys.nurse
    keys.press("n")
    keys.reach("#note")
    keys.type("by keys")
    keys.press("Enter")
    nurse.until("document.querySelector('#page-events tbody').textContent.includes('by keys')")
    keys.press("F9")
    keys.on("end")
    keys.confirm(why="physician asks for it")
    nurse.until_state("DISCONNECT")
    nurse.until("document.querySelectorAll('.en-evidence [data-ok=true]').length === 3")
    keys.on("disconnected")
    keys.confirm()
    nurse.until_state("ENDED")
    nurse.until("document.querySelector('a[href=\"/api/report\"]')?.checkVisibility()")
    keys.reach("a[href='/api/report']")


def test_a_whole_session_by_keys(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path, speed="5") as at:
        nurse = Nurse.at(browser, at)
        keys = Keys(nurse)
        log_in(keys)
        set_up(keys)
        treat(keys)
        finish(keys)
        assert nurse.wrongs == []
        assert at.session.wait(60) == 1  # ended early, under the window
        names = [intent.name for intent in at.intents()]
        assert {name: names.count(name) for name in (IntentName.SET, IntentName.PAUSE, IntentName.END)} == {
            IntentName.SET: 1, IntentName.PAUSE: 1, IntentName.END: 1,
        }  # fmt: skip


def test_every_control_is_within_reach_and_nothing_holds_the_focus(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path, speed="3") as at:
        nurse = Nurse.at(browser, at)
        nurse.log_in()
        keys = Keys(nurse)
        nurse.to_treatment()
        for key, page in PAGES.items():
            keys.press(key)
            nurse.until(f"qh1a.page === '{page}'")
            keys.around()
            keys.stays()
        keys.press("F2")
        for opens in ("[data-edit=blood_ml_min]", "#stop", "#access button"):
            keys.use(opens)
            keys.around()
            keys.press("Escape")
            assert nurse.page.evaluate("(s) => document.activeElement.matches(s)", opens), opens
        assert nurse.state == "TREAT"


CONTROLS: Final = "[data-action]:visible, [data-edit]:visible, #stop"


def test_one_key_pressed_again_and_again_changes_no_therapy(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path, speed="5") as at:
        nurse = Nurse.at(browser, at)
        nurse.log_in()
        nurse.to_treatment()
        for key in ("Space", "Control+F12", "Enter"):
            nurse.page.evaluate("document.activeElement?.blur()")
            again(nurse, key)
        for page in ("run", "end"):
            nurse.go(page)
            for n in range(nurse.page.locator(CONTROLS).count()):
                nurse.page.locator(CONTROLS).nth(n).focus()
                again(nurse, "Enter")
                nurse.go(page)
        assert nurse.state == "TREAT", "over before everything was pressed"
        at.session.terminate()
        at.session.wait(60)
        names = [intent.name for intent in at.intents()]
        therapy = {IntentName.SET, IntentName.PAUSE, IntentName.STOP, IntentName.END, IntentName.EXTEND}
        assert therapy.isdisjoint(names)


def again(nurse: Nurse, key: str) -> None:
    """Three times, each when a confirm that has opened would be awake."""
    for _ in range(3):
        nurse.page.keyboard.press(key)
        nurse.page.wait_for_timeout(BOUNCE_MS)
    nurse.page.evaluate("() => { qh1a.tray.close(); qh1a.closeSide(); document.activeElement?.blur(); }")
