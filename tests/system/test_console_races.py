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
