"""How the console looks: eight moments of a session x three sizes x two themes x two languages.

Overlap, clipping, size and distance: `looks.js`. Contrast, names, roles, focus: axe-core, WCAG 2.2 AA.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.system.bedside import Nurse, bedside

pytestmark = pytest.mark.timeout(900)
SIZES: Final = ((1024, 768), (1280, 800), (1920, 1080))
THEMES: Final = ("dark", "light")
LANGUAGES: Final = ("en", "zh")
LOOKS: Final = (Path(__file__).parent / "looks.js").read_text(encoding="utf-8").partition("() =>")[2]
AXE: Final[Mapping[str, object]] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"target-size": {"enabled": True}},
}


def moments(nurse: Nurse) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Moments that wait for somebody, and the pages looked at in each."""
    ben = {"name": "ben", "pin": nurse.bedside.pins["ben"]}
    yield "SELF_WAIT", ("setup", "run")
    nurse.wish("start")
    nurse.until_state("PRIME_LOAD")
    yield "PRIME_LOAD", ("setup",)
    nurse.loaded()
    nurse.until_state("READY")
    yield "READY", ("setup", "service")
    nurse.connected(ben)
    nurse.until_state("TREAT")
    nurse.bedside.inject("return_line_kink", 4.0)
    nurse.until("qh1a.state.alarms.some((a) => a.rule === 'H51.1')")
    yield "TREAT", ("run", "trends", "circuit", "alarms")
    nurse.bedside.inject("return_line_kink", 50.0)
    nurse.until_state("PAUSE_STOPPED")
    yield "PAUSE_STOPPED", ("run", "end", "alarms", "circuit")
    nurse.bedside.inject("end:return_line_kink")
    resumed(nurse)
    nurse.until_state("TREAT_END")
    yield "TREAT_END", ("end", "balance")
    nurse.wish("end", why="as planned")
    nurse.until_state("DISCONNECT")
    yield "DISCONNECT", ("end", "events")
    nurse.until("document.querySelectorAll('.en-evidence [data-ok=true]').length === 3")
    nurse.wish("disconnected")
    nurse.until_state("ENDED")
    nurse.until("document.querySelector('a[href=\"/api/report\"]')?.checkVisibility()")
    yield "ENDED", ("end",)


def resumed(nurse: Nurse) -> None:
    """Acknowledge and resume: the pressure that the kink left in the lines may ask for it once more."""
    for state in ("PAUSE_STOPPED", "PAUSE_PLASMA"):
        nurse.until("qh1a.state.alarms.every((a) => a.priority !== 'HIGH' || !a.active)")
        if nurse.sees("qh1a.state.alarms.length"):
            nurse.wish("acknowledge", text="")
        nurse.wish("resume")
        nurse.until(f"qh1a.state.session.state !== '{state}' && qh1a.state.session.in_state_ns > 3e9")
        if nurse.state != "PAUSE_PLASMA":
            return


def views(nurse: Nurse, state: str, pages: tuple[str, ...], see: Callable[[str, int], None]) -> None:
    """Every size, theme and language of the pages of one moment."""
    for language in LANGUAGES:
        nurse.show(language)
        for theme in THEMES:
            nurse.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            for width, height in SIZES:
                nurse.page.evaluate("qh1a.post('/api/here', {})")  # somebody is there
                nurse.page.set_viewport_size({"width": width, "height": height})
                for page in pages:
                    nurse.go(page)
                    nurse.page.wait_for_timeout(350)
                    see(f"{state} {page} {width}x{height} {theme} {language}", width)


def test_nothing_overlaps_is_cut_or_too_small_and_axe_finds_nothing(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path) as at:
        nurse = Nurse.at(browser, at)
        nurse.log_in()
        axe, wrong, seen = Axe(), list[str](), 0

        def see(where: str, width: int) -> None:
            nonlocal seen
            seen += 1
            wrong.extend(f"{where}: {what}" for what in nurse.page.evaluate(f"() =>{LOOKS}"))
            if width == SIZES[1][0] and where.endswith(LANGUAGES[0]):
                said = axe.run(nurse.page, options=dict(AXE)).response["violations"]
                wrong.extend(
                    f"{where}: axe {v['impact']} {v['id']}: {v['nodes'][0]['html'][:120]}" for v in said
                )

        for state, pages in moments(nurse):
            views(nurse, state, pages, see)
        assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)
        assert seen == 12 * 18
        assert nurse.wrongs == []


FITS: Final = """(language) => {
  const found = [], rules = qh1a.tables.rules.filter((r) => r.priority !== 'NONE'), real = qh1a.state;
  const mild = rules.find((r) => r.priority === 'LOW'), box = document.getElementById('banner');
  const alarm = (r) => ({rule: r.id, priority: r.priority, active: true, acknowledged: false, since: real.now,
    response: 'R0'});
  const said = qh1a.said, whys = Object.values(qh1a.words.texts.node).sort((a, b) => b.length - a.length);
  for (const rule of rules) {
    const why = rule.channel === 'NODE' ? ` ${whys[0]}` : '';
    qh1a.said = (a) => ({...qh1a.rule(a.rule), what: qh1a.rule(a.rule).what + why});
    qh1a.state = {...real, alarms: [alarm(rule), ...(rule === mild ? [] : [alarm(mild)])]};
    for (const part of qh1a.parts) part.update(qh1a.state);
    const own = box.getBoundingClientRect(), title = box.querySelector('.b-title');
    const head = [...box.querySelectorAll('.b-head > *, .b-lines > p')].map((e) => e.getBoundingClientRect());
    const cut = head.some((r) => r.top < own.top || r.bottom > own.bottom);
    if (cut || title.scrollWidth > title.clientWidth + 1)
      found.push(`${rule.id} ${title.textContent}`);
  }
  qh1a.state = real;
  qh1a.said = said;
  return found; }"""


def test_the_words_of_every_alarm_fit_the_banner(browser: Browser, tmp_path: Path) -> None:
    with bedside(tmp_path) as at:
        nurse, wrong = Nurse.at(browser, at), list[str]()
        for language in LANGUAGES:
            nurse.show(language)
            for width, height in SIZES:
                nurse.page.set_viewport_size({"width": width, "height": height})
                nurse.page.wait_for_timeout(350)
                found = nurse.page.evaluate(FITS)
                wrong.extend(f"{width}x{height} {language}: {what}" for what in found)
        assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)
