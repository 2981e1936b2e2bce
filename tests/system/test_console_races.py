"""Two people, a page loaded again, a laptop that slept, a double tap: what reaches the record."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

from qh1a.record import SessionFile
from qh1a.tick import Event, EventCode, Intent, IntentName
from tests.system.bedside import Bedside, Nurse, bedside, serving
from tests.system.commands import PATIENCE_S

pytestmark = pytest.mark.timeout(400)
TOGETHER_MS: Final = 400
"""From now until both press: long enough to tell both."""
NO: Final = {"STALE", "STATE", "NO_REVIEW", "LEASE", "NOT_NOW"}
"""What the second of two may be told."""
HEAR: Final = """() => { const say = globalThis.spoken ??= qh1a.sayAnswer; globalThis.heard = [];
    qh1a.sayAnswer = (answer, ...more) => { heard.push(answer); say(answer, ...more); }; }"""
PRESS: Final = "([what, at]) => { setTimeout(() => document.querySelector(what).click(), at - Date.now()); }"
TRAY: Final = "#tray button.confirm"
SIDE: Final = "#side button.confirm"


def over(at: Bedside) -> list[Intent]:
    """End the session; what its record holds of wishes."""
    at.session.terminate()
    at.session.wait(PATIENCE_S)
    return at.intents()


def taken(at: Bedside) -> Counter[str]:
    """How often the session granted each kind of wish, by its record."""
    with SessionFile(at.record) as file:
        events = [entry.what for entry in file.records() if isinstance(entry.what, Event)]
    return Counter(event.subject for event in events if event.code is EventCode.INTENT_TAKEN)


def ready(nurse: Nurse, confirm: str) -> None:
    """Until a confirm may be pressed."""
    nurse.until(f"document.querySelector('{confirm}:not([aria-disabled])')")


def race(confirm: str, *nurses: Nurse) -> str:
    """All press confirm at once. One is granted it, each other is told no, and sees it; the reason."""
    for nurse in nurses:
        ready(nurse, confirm)
        nurse.page.evaluate(HEAR)
    start = nurses[0].sees("Date.now()")
    assert isinstance(start, int)
    for nurse in nurses:
        nurse.page.evaluate(PRESS, [confirm, start + TOGETHER_MS])
    for nurse in nurses:
        nurse.until("heard.length === 1")
    answers = [(nurse, nurse.sees("heard[0]")) for nurse in nurses]
    lost = [
        (nurse, said) for nurse, said in answers if isinstance(said, dict) and said["delivered"] != "taken"
    ]
    assert len(lost) == len(nurses) - 1, answers
    nurse, said = lost[0]
    assert said["delivered"] == "refused", answers
    assert nurse.sees("document.querySelector('#said').className") == "refused"
    return str(said["reason"])


def review(nurse: Nurse, key: str, figures: str) -> None:
    """Type a set point, and look at what it does."""
    nurse.fresh()
    nurse.page.locator(f"[data-edit={key}]:visible").first.click()
    for digit in figures:
        nurse.page.locator("#side .keypad button", has_text=digit).first.click()
    nurse.page.locator("#side .panel-end button.primary").click()
    ready(nurse, SIDE)


def answered_once(at: Bedside) -> None:
    """Nothing is lost in silence: what was sent has one answer."""
    rows = at.audit()
    sent = Counter(row["ref"] for row in rows if row["kind"] == "intent")
    assert sent
    assert set(sent.values()) == {1}
    told = Counter(row["ref"] for row in rows if row["kind"] == "answer")
    assert {ref: told[ref] for ref in sent} == dict(sent)


def test_two_people_at_two_consoles_do_each_step_once(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path, speed="20") as at, serving(tmp_path) as (_, other):
        anna, cora = Nurse.at(browser, at), Nurse.at(browser, replace(at, address=other))
        both = {"anna": anna, "cora": cora}
        for name, nurse in both.items():
            nurse.log_in(name)
        reasons: list[str] = []
        together(both, "start", reasons)
        anna.until_state("PRIME_LOAD")
        anna.loaded()
        anna.until_state("READY")
        anna.wish("enter_subject", text=anna.sees("qh1a.hello.prescription.patient.subject"))
        cora.until("qh1a.state.session.state === 'READY'")
        together(both, "confirm_ready", reasons)
        time.sleep(1.0)
        assert anna.state == "CONNECT_ACCESS", "the second confirm was taken for a step that nobody had seen"
        together(both, "confirm_access", reasons)
        anna.until_state("CONNECT_VENOUS")
        cora.until_state("CONNECT_VENOUS")
        together(both, "connected", reasons)
        anna.wish("pause_plasma")
        for nurse in both.values():
            nurse.until_state("PAUSE_PLASMA")
            nurse.go("run")
            review(nurse, "blood_ml_min", "120")
        reasons.append(race(SIDE, *both.values()))
        anna.until("qh1a.view('Q_b_set').value === 120")
        assert set(reasons) <= NO, reasons
        asked = over(at)
        once = {name: n for name, n in Counter(i.name for i in asked).items() if name is not IntentName.ENTER}
        assert taken(at)["CONFIRM"] == 3
        assert {n: taken(at)[n.name] for n in once} == {
            IntentName.START: 1, IntentName.CONFIRM: 3, IntentName.CONNECTED: 1, IntentName.PAUSE: 1,
            IntentName.SET: 1,
        }  # fmt: skip
        assert max(Counter(i.id for i in asked).values()) == 1
        answered_once(at)
        assert [nurse.wrongs for nurse in both.values()] == [[], []]


def together(both: Mapping[str, Nurse], action: str, reasons: list[str]) -> None:
    """Both have the tray of a step open, sign where it asks for two, and confirm at once.

    Not by the buttons of the set-up page: it shows them to who has read the labels, and only one of them has.
    """
    for nurse in both.values():
        nurse.fresh()
        nurse.page.evaluate("(id) => qh1a.tray.show({id, label: qh1a.t(`act.${id}`)})", action)
        if nurse.page.locator("#tray .second").count():
            nurse.identify(nurse.page.locator("#tray .second"), "ben")
    reasons.append(race(TRAY, *both.values()))


def paused(nurse: Nurse) -> None:
    """In treatment, its plasma paused: nothing moves on by itself, however slow this machine is."""
    nurse.log_in()
    nurse.to_treatment()
    nurse.wish("pause_plasma")
    nurse.until_state("PAUSE_PLASMA")
    nurse.go("run")
    nurse.fresh()


def posts(nurse: Nurse) -> list[str]:
    """From now on: which requests that change something leave the page."""
    sent: list[str] = []
    nurse.page.on(
        "request",
        lambda r: (
            sent.append(f"{r.url.rpartition('/')[2]} {r.post_data}")
            if r.url.endswith(("/api/intent", "/api/confirm"))
            else None
        ),
    )
    return sent


def loaded_again(nurse: Nurse, _: str = "") -> None:
    """Nothing is open and nothing is pending, and it is the same person who has control."""
    nurse.page.reload()
    nurse.until("qh1a.look === 'LIVE' && qh1a.lease.mine")
    nurse.go("run")
    assert nurse.sees("document.querySelector('#tray').hidden && document.querySelector('#side').hidden")
    assert nurse.sees("Object.keys(qh1a.changes).length") == 0
    assert nurse.sees("qh1a.view('Q_b_set').value") == 130
    assert nurse.state == "PAUSE_PLASMA"


ASLEEP_S: Final = 6.0
"""Longer than a view may be acted on; the wall clock of the machine says that it was an hour."""
WATCH: Final = """() => { globalThis.looks = [];
    new MutationObserver(() => looks.push(document.body.classList.contains('notlive')))
      .observe(document.body, {attributes: true, attributeFilter: ['class']}); }"""
SLEEP: Final = """([what, ms]) => { const now = Date.now.bind(Date), end = performance.now() + ms;
    globalThis.before = qh1a.state.seq;
    while (performance.now() < end);
    Date.now = () => now() + 3600e3;
    document.querySelector(what).click();
    return {fresh: qh1a.fresh, figure: qh1a.view('Q_b_2s').text}; }"""
"""Nothing of the page runs; what the line brings waits. The first thing on waking is the press."""


def sleeps(nurse: Nurse, confirm: str) -> None:
    """The laptop is closed for an hour with a confirm open, and the press comes before all else."""
    page = nurse.page
    ready(nurse, confirm)
    streams: list[str] = []
    page.on("request", lambda r: streams.append(r.url) if r.url.endswith("/api/stream") else None)
    page.evaluate(WATCH)
    woke = page.evaluate(SLEEP, [confirm, 1000.0 * ASLEEP_S])
    assert not woke["fresh"], "an hour old, and believed"
    assert not any(c.isdigit() for c in woke["figure"]), woke
    nurse.until("looks.includes(true) && qh1a.look === 'LIVE' && qh1a.state.seq > before")
    assert streams, "what waited in the old line is as old as the page"


def test_a_page_loaded_again_and_a_laptop_that_slept_do_nothing_old(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path, speed="20") as at:
        nurse = Nurse.at(browser, at)
        paused(nurse)
        sent = posts(nurse)
        for again in (loaded_again, sleeps):
            review(nurse, "blood_ml_min", "120")
            again(nurse, SIDE)
            loaded_again(nurse)  # which gives a page that slept the clock of now
            nurse.press("resume")
            ready(nurse, TRAY)
            again(nurse, TRAY)
            loaded_again(nurse)
        assert sent == []
        # A page that had believed its old state would have been refused by the console.
        old = nurse.sees("qh1a.state.seq")
        time.sleep(ASLEEP_S)
        said = nurse.page.evaluate(
            "(seen) => qh1a.post('/api/intent', {ref: 'asleep', action: 'resume', seen})", old
        )
        assert (said["status"], said["body"]["reason"]) == (403, "STALE")
        refused = {row["reason"] for row in at.audit() if row["kind"] == "refused"}
        assert refused <= {"STALE", "NO_REVIEW", "IDLE_LOCKED"}, refused
        # The same once more, confirmed now, arrives once.
        review(nurse, "blood_ml_min", "120")
        nurse.page.locator(SIDE).click()
        nurse.until("qh1a.view('Q_b_set').value === 120")
        nurse.press("resume")
        nurse.confirm()
        nurse.until_state("TREAT")
        asked = [i for i in over(at) if i.name in {IntentName.SET, IntentName.RESUME}]
        assert [(i.name, i.key, i.value) for i in asked] == [
            (IntentName.SET, "blood_ml_min", 120.0), (IntentName.RESUME, "", 0.0),
        ]  # fmt: skip
        assert (taken(at)["SET"], taken(at)["RESUME"]) == (1, 1)


KEYS: Final = (
    *"abcdefghijklmnopqrstuvwxyz0123456789", "Enter", "Space", *(f"F{n}" for n in range(1, 13)),
    "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight",
)  # fmt: skip
CONTROLS: Final = """() => [...document.querySelectorAll('[data-action], [data-edit], #stop')]
    .filter((el) => el.checkVisibility() && !named.includes(el)).map((el) => {
      named.push(el); return [named.length - 1, el.dataset.action ?? el.dataset.edit ?? el.id]; })"""
SPOT: Final = """(name) => { const el = named[name];
    if (!el.isConnected || !el.checkVisibility()) return null;
    el.scrollIntoView({block: 'center'}); const r = el.getBoundingClientRect();
    return [r.x + r.width / 2, r.y + r.height / 2]; }"""
CLEAR: Final = "() => { qh1a.tray.close(); qh1a.closeSide(); document.activeElement?.blur(); }"
OPENED: Final = "!document.querySelector('#tray').hidden || !document.querySelector('#side').hidden"
BOUNCE_MS: Final = 550
"""Longer than a confirm is dead after it has opened."""


def taps(nurse: Nurse, *pages: str) -> list[str]:
    """Tap every control on one spot: twice at once, and once more when a confirm there would be awake."""
    done = []
    nurse.page.evaluate("() => { globalThis.named = []; }")
    for page in pages:
        nurse.go(page)
        controls = nurse.page.evaluate(CONTROLS)
        assert isinstance(controls, list)
        for name, what in controls:
            spot = nurse.page.evaluate(SPOT, name)
            if spot is None:
                continue
            nurse.page.mouse.dblclick(*spot)
            if nurse.sees(OPENED):
                nurse.page.wait_for_timeout(BOUNCE_MS)
                nurse.page.mouse.click(*spot)
            nurse.page.evaluate(CLEAR)
            done.append(f"{page}:{what}")
            nurse.go(page)
    return done


def keys(nurse: Nurse) -> None:
    """Every key alone, with the focus nowhere."""
    for key in KEYS:
        nurse.page.evaluate(CLEAR)
        nurse.page.keyboard.press(key)
    nurse.page.evaluate(CLEAR)


def test_no_single_key_and_no_double_tap_changes_therapy(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path, speed="8") as at:
        nurse = Nurse.at(browser, at)
        nurse.log_in()
        nurse.wish("start")
        nurse.until_state("PRIME_LOAD")
        nurse.loaded()
        nurse.until_state("READY")
        sent = posts(nurse)
        tapped = taps(nurse, "setup", "end")
        keys(nurse)
        assert unasked(sent) == []
        sent.clear()
        nurse.connected({"name": "ben", "pin": at.pins["ben"]})
        nurse.until_state("TREAT")
        sent.clear()
        tapped += taps(nurse, "run", "end")
        keys(nurse)
        assert unasked(sent) == []
        assert nurse.state == "TREAT", "over before everything was pressed"
        nurse.wish("pause_plasma")
        nurse.until_state("PAUSE_PLASMA")
        sent.clear()
        tapped += taps(nurse, "run", "end")
        keys(nurse)
        assert unasked(sent) == []
        assert {"setup:confirm_ready", "run:blood_ml_min", "run:stop", "end:end", "end:resume"} <= set(tapped)
        asked = Counter(
            i.name for i in over(at) if i.name not in {IntentName.AUDIO_PAUSE, IntentName.ACKNOWLEDGE}
        )
        assert asked == {
            IntentName.START: 1, IntentName.ENTER: 4, IntentName.CONFIRM: 3, IntentName.CONNECTED: 1,
            IntentName.PAUSE: 1,
        }  # fmt: skip


def unasked(sent: list[str]) -> list[str]:
    """What left the page, but for what anybody may do at any time and harms nobody."""
    return [s for s in sent if '"audio_pause"' not in s and '"acknowledge"' not in s]
