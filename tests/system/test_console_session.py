"""One whole bench session from the browser: wizard, set point, alarms, pauses, an early end, the report."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from qh1a.tick import IntentName
from tests.system.bedside import Nurse, bedside

pytestmark = pytest.mark.timeout(600)


def set_up(nurse: Nurse) -> None:
    """From the self-test to TREAT, by the wizard."""
    page = nurse.page
    prescription = nurse.sees("qh1a.hello.prescription")
    assert isinstance(prescription, dict)
    for priority in range(3):
        row = page.locator("#page-setup .su-sound").nth(priority)
        row.get_by_role("button").nth(0).click()
        row.get_by_role("button").nth(1).click()
    nurse.press("start")
    nurse.confirm()
    nurse.until_state("PRIME_LOAD")
    scan(nurse, "enter_cartridge", prescription["cartridge"]["id"])
    scan(nurse, "enter_viability", "92")
    scan(nurse, "enter_out", "10")
    nurse.press("confirm_load")
    nurse.confirm(second="ben")
    connect(nurse)


def connect(nurse: Nurse) -> None:
    """From the wristband to TREAT."""
    subject = nurse.sees("qh1a.hello.prescription.patient.subject")
    nurse.until_state("READY")
    scan(nurse, "enter_subject", str(subject))
    nurse.press("confirm_ready")
    nurse.confirm(second="ben")
    nurse.until_state("CONNECT_ACCESS")
    nurse.press("confirm_access")
    nurse.confirm()
    nurse.until_state("CONNECT_VENOUS")
    nurse.press("connected")
    nurse.confirm()
    nurse.until_state("TREAT")


def scan(nurse: Nurse, action: str, text: str) -> None:
    """Type into the field of a scan, as a barcode scanner does."""
    nurse.fresh()
    field = nurse.page.locator(f"#su-{action}:visible")
    field.fill(text)
    field.press("Enter")
    nurse.until(f"document.querySelector('#su-{action}').closest('.su-scan').querySelector('.su-mark.yes')")


def answer(nurse: Nurse, rule: str) -> None:
    """Acknowledge the alarm that the banner shows."""
    nurse.until(f"qh1a.state.alarms.some((a) => a.rule === '{rule}')")
    nurse.press("acknowledge")
    if nurse.page.locator("#tray").is_visible():
        nurse.confirm()
    nurse.until(f"qh1a.state.alarms.every((a) => a.rule !== '{rule}' || a.acknowledged)")


def change(nurse: Nurse, key: str, channel: str, flow: str, *, second: bool = False) -> None:
    """A set point: edit, review, another person beyond a soft limit, confirm, and the tick's echo."""
    nurse.go("run")
    side = nurse.page.locator("#side")
    nurse.page.locator(f"[data-edit={key}]").click()
    for digit in flow:
        side.locator(".keypad button", has_text=digit).first.click()
    side.locator(".panel-end button.primary").click()
    if second:
        nurse.identify(side.locator(".second"), "ben")
    nurse.until("document.querySelector('#side button.confirm:not([aria-disabled])')")
    side.locator("button.confirm").click()
    nurse.until(f"qh1a.view('{channel}').value === {flow}")


def much_plasma(nurse: Nurse) -> None:
    """Q_p/Q_b beyond its warning, signed by two: a low alarm, answered, and back."""
    change(nurse, "plasma_ml_min", "Q_p_set", "34", second=True)
    nurse.until("qh1a.state.alarms.some((a) => a.rule === 'H12.1' && a.priority === 'LOW')")
    answer(nurse, "H12.1")
    change(nurse, "plasma_ml_min", "Q_p_set", "30")


def kink(nurse: Nurse) -> None:
    """A kinked return line: a medium alarm, then a high one that stops the blood, and on again."""
    nurse.bedside.inject("return_line_kink", 10.0)
    answer(nurse, "H51.1")
    nurse.until_state("PAUSE_STOPPED")
    nurse.until("qh1a.state.alarms.some((a) => a.rule === 'H06.1' && a.priority === 'HIGH')")
    nurse.bedside.inject("end:return_line_kink")
    answer(nurse, "H06.1")
    nurse.until("qh1a.state.alarms.every((a) => !a.active)")
    do(nurse, "resume")
    nurse.until_state("TREAT")


def do(nurse: Nurse, action: str, why: str | None = None) -> None:
    """An action of the page of pauses and ends, confirmed."""
    nurse.go("end")
    nurse.press(action)
    nurse.confirm(why=why)


def pauses(nurse: Nurse) -> None:
    """Every kind; after the patient was off, everything before a connection comes again."""
    for action, state in (("pause_plasma", "PAUSE_PLASMA"), ("pause_stopped", "PAUSE_STOPPED")):
        do(nurse, action)
        nurse.until_state(state)
        if state == "PAUSE_PLASMA":
            do(nurse, "resume")
            nurse.until_state("TREAT")
    do(nurse, "pause_off")
    nurse.until_state("PATIENT_OFF")
    do(nurse, "resume")
    nurse.until_state("READY_TEST", "READY")
    nurse.go("setup")
    connect(nurse)


def finish_early(nurse: Nurse) -> None:
    """A note, an end with its reason, the rinse-back, the hand-over, the report."""
    note, page = "turned to the left <img src=x onerror=alert(1)>", nurse.page
    nurse.go("events")
    page.locator("#note").fill(note)
    page.locator("#note").press("Enter")
    nurse.until(f"document.querySelector('#page-events tbody').textContent.includes('{note}')")
    do(nurse, "end", why="physician asks for it")
    nurse.until_state("RINSE_PLASMA", "RINSE_BLOOD")
    nurse.until_state("DISCONNECT")
    nurse.until("document.querySelectorAll('.en-evidence [data-ok=true]').length === 3")
    do(nurse, "disconnected")
    nurse.until_state("ENDED")
    nurse.until("document.querySelector('a[href=\"/api/report\"]')?.checkVisibility()")


def test_a_whole_session_from_the_browser(browser: Browser, tmp_path: Path) -> None:
    with bedside(
        tmp_path, speed="5"
    ) as at:  # a treatment of 6 min must hold all of it, on a loaded machine too
        nurse = Nurse.at(browser, at)
        nurse.log_in()
        set_up(nurse)
        change(nurse, "blood_ml_min", "Q_b_set", "120")
        much_plasma(nurse)
        kink(nurse)
        pauses(nurse)
        finish_early(nurse)
        assert nurse.wrongs == []
        assert at.session.wait(60) == 1  # ended early, under the window
        assert [row for row in at.audit() if row["kind"] == "csp"] == []

        asked = at.intents()
        names = [intent.name for intent in asked]
        assert (names.count(IntentName.START), names.count(IntentName.SET)) == (1, 3)
        signed = [i.who for i in asked if i.name is IntentName.CONFIRM]
        assert sorted(signed) == ["anna/operator"] * 2 + ["anna/operator+ben/second"] * 3
        assert [i.why for i in asked if i.name is IntentName.END] == ["physician asks for it"]
