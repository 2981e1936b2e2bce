import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from qh1a.channels import Channel
from qh1a.plant import PlantKind
from qh1a.record.summary import Alarms, Summary
from qh1a.report.page import Proof, render
from qh1a.report.parts import css_text, esc, hms, length, number
from qh1a.tick import Event, EventCode, Intent, IntentName, Quality
from tests.report import fake

SUMMARY = Summary(
    "completed", "SIM", "DISCONNECT", 0.1, 360.0, 380.0, 400.0, 180.0, 3.2, 40.0, True, Alarms(1, 2, 1), 1,
    None, 900, 0, 1840.2, "/home/somebody/secret/s.qh1a", "ab", 7,
)  # fmt: skip
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=y>&amp;'\u202e$body${title}</style>"


@pytest.fixture
def no_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words only: the drawings have their own tests and take most of the time."""
    monkeypatch.setattr("qh1a.report.page.trends", lambda *_: "")
    monkeypatch.setattr("qh1a.report.page.timeline", lambda *_: "")
    monkeypatch.setattr("qh1a.report.truth_pages.truth_strips", lambda *_: "")


words_only = pytest.mark.usefixtures("no_drawings")


def page(session: fake.Fake, summary: Summary = SUMMARY, titles: dict[str, str] | None = None) -> str:
    proof = Proof("s.qh1a", session.head, tuple(session.problems), session.labels)
    return render(session, summary, proof, titles or {})


@pytest.fixture(scope="module")
def short() -> fake.Fake:
    return fake.session(0.1, hz=2.0, pause=None)


@pytest.fixture(scope="module")
def html(short: fake.Fake) -> str:
    return page(short)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


def test_the_page_needs_nothing_but_itself(html: str) -> None:
    tags = parsed(html)
    assert not tags.seen & {"script", "link", "iframe", "img", "object", "embed", "image", "form"}
    assert not {a for a in tags.attributes if a.startswith("on")}
    assert "http:" not in html
    assert "https:" not in html
    assert not re.findall(r"url\((?!#)|@import|src=", html)


def test_the_page_says_what_it_is_about(html: str) -> None:
    words = parsed(html).text
    for part in (
        "SIM: SIMULATED, not a patient", "research software", "s.qh1a", "SIM-001", "0.1 h treatment",
        "qh1a 0.1.0", "0f3a" * 16, "9c1d" * 16, "sound", "completed", "inside the window", "0:06:00",
        "0:06:40", "0:06:20", "+3", "+40", "1 high", "2 medium", "1 low",
        "Not fitted: TURB_r, WET. Unarmed without them: H05.4, H15.2.",
        "WET is not fitted",
    ):  # fmt: skip
        assert part in words, part


def test_no_path_of_a_machine_is_in_the_page(html: str) -> None:
    assert "/home" not in html
    assert "secret" not in html


@words_only
@pytest.mark.parametrize("kind", list(PlantKind))
def test_every_plant_is_named(short: fake.Fake, kind: PlantKind) -> None:
    other = replace(short, header=short.header._replace(plant=kind))
    words = parsed(page(other)).text
    assert ("SIMULATED" in words) == (kind is PlantKind.SIM)
    assert kind.value in words


def hostile() -> Iterator[fake.Fake]:
    session = fake.session(0.1, hz=2.0, pause=None)
    configs = fake.configs(0.1)
    prescription = configs["prescription"]
    assert isinstance(prescription, dict)
    prescription["name"] = HOSTILE
    prescription["patient"]["subject"] = HOSTILE
    configs["rig"] = {"name": HOSTILE}
    configs["faults"] = {
        "fault": [
            {"fault": HOSTILE, "at_s": 10.0, "magnitude": HOSTILE, "profile": HOSTILE, "channel": HOSTILE}
        ]
    }
    configs["patient"] = {HOSTILE: {"clearance": 1.0}}
    session.header = session.header._replace(configs=configs, software=HOSTILE, config_hash=HOSTILE)
    session.labels = {"started": HOSTILE, "ended": HOSTILE}
    session.problems = [HOSTILE]
    session = fake.with_truth(session, {"CB": (259.0, 259.0, 230.0)}, unit=HOSTILE)
    session.items += [
        fake.Recorded(5, Intent(99, IntentName.SET, HOSTILE, 1.0, HOSTILE, HOSTILE)),
        fake.Recorded(5, Event(EventCode.INTENT_REFUSED, HOSTILE, 99.0, HOSTILE)),
        fake.Recorded(6, Event(EventCode.CHECK_FAILED, HOSTILE, 1.0, HOSTILE)),
        fake.Recorded(6, Event(EventCode.ALARM_RAISED, HOSTILE, 1.0, HOSTILE)),
    ]
    yield session


def test_every_free_text_is_shown_as_text() -> None:
    for session in hostile():
        summary = replace(SUMMARY, outcome=HOSTILE)
        proof = Proof(HOSTILE, HOSTILE, (HOSTILE,), session.labels)
        html = render(session, summary, proof, {"H10.2": HOSTILE})
        tags = parsed(html)
        assert not tags.seen & {"script", "img"}
        assert "onerror" not in tags.attributes
        assert "\u202e" not in html
        assert html.count("</style>") == 1
        assert tags.text.count("<script>alert(1)</script>") >= 15
        assert "${title}" in tags.text


@words_only
def test_a_short_session_is_labelled(short: fake.Fake) -> None:
    early = replace(SUMMARY, outcome="ended_early", effective_s=100.0, within_window=False)
    words = parsed(page(short, early)).text
    assert "ended early" in words
    assert "SHORT" in words
    assert "outside the window" in words
    # Outside at the other end is not short.
    late = parsed(page(short, replace(SUMMARY, effective_s=1e4, within_window=False))).text
    assert "SHORT" not in late


@words_only
def test_a_broken_record_is_not_called_sound(short: fake.Fake) -> None:
    broken = replace(short, problems=[f"minute {n}: broken" for n in range(9)])
    words = parsed(page(broken)).text
    assert "NOT SOUND" in words
    assert "minute 4: broken" in words
    assert "and 4 more" in words


@words_only
def test_alarms_are_listed_with_title_value_limit_and_times(short: fake.Fake) -> None:
    html = page(short, titles={"H10.2": "Separation pressure too high"})
    row = next(r for r in re.findall(r"<tr>.*?</tr>", html) if "H10.2" in r and "chip" in r)
    cells = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", row)]
    assert cells == [
        "0:02:15", "MEDIUM !!", "H10.2", "Separation pressure too high", "61 mmHg", "≥ 60", "R2", "9.0 s",
        "14 s",
    ]  # fmt: skip


@words_only
def test_solutes_are_spoken_of_only_when_there_are_some(short: fake.Fake) -> None:
    assert "Solutes (" not in page(short)
    configs = {**short.header.configs, "patient": {"urea": {"clearance": 1.0}, "weight": 65.0}}
    other = replace(short, header=short.header._replace(configs=configs))
    assert "Solutes (urea) are simulated truth" in page(other)


@words_only
def test_truth_is_shown_where_there_is_some_and_said_to_be_none_of_the_sensors(short: fake.Fake) -> None:
    without = parsed(page(short)).text
    assert "This file holds no simulated truth" in without
    assert "Blood lost to the outside and blood trapped in the circuit are truths of the simulator" in without
    assert "Harm" not in without
    rows = {
        "CB": (259.0, 259.0, 230.0),
        "RBC_CIRCUIT_ML": (0.0, 70.0, 18.0),
        "HCT_PATIENT": (0.37, 0.36, 0.36),
    }
    words = parsed(page(fake.with_truth(short, rows, unit="umol/L"))).text
    for part in (
        "Harm",
        "Solutes",
        "Gas",
        "Cells",
        "bilirubin, conjugated",
        "259.0",
        "−29.0",
        "−11.2 %",
        "Prime dilution alone lowers bilirubin by 10 to 20 %",
        "simulated truth: no sensor here",
    ):
        assert part in words, part
    for part in ("holds no simulated truth", "are truths of the simulator", "none is shown here"):
        assert part not in words, part


@words_only
def test_a_long_journal_keeps_its_end(short: fake.Fake) -> None:
    many = [fake.Recorded(n, Event(EventCode.STATE, f"S{n}", 0.0, "")) for n in range(min(short.ticks, 900))]
    words = parsed(page(replace(short, items=many))).text
    assert "state S0" in words
    assert f"state S{len(many) - 1}" in words
    assert f"{len(many) - 400} more rows are in the session file" in words


@words_only
def test_a_session_without_ramp_has_a_report() -> None:
    session = fake.session(0.1, hz=2.0, pause=None)
    session.series_of[Channel.PHASE] = np.zeros_like(session.times)
    session.items = []
    none = replace(
        SUMMARY, outcome="aborted", effective_s=None, blood_s=None, wall_s=None, plasma_ml=None,
        net_balance_ml=None, session_balance_ml=None, within_window=False, x_real_time=None,
    )  # fmt: skip
    words = parsed(page(session, none)).text
    assert "there is no balance" in words
    assert "since the record began" in words


def test_a_session_without_a_single_tick_has_a_report() -> None:
    whole = fake.session(0.1, hz=2.0, pause=None)
    nothing = np.empty(0)
    empty = replace(
        whole, times=nothing, series_of=dict.fromkeys(whole.series_of, nothing), items=[], actuators={}
    )
    assert "aborted" in page(empty, replace(SUMMARY, outcome="aborted", phase=None, ticks=0))


@words_only
def test_samples_left_out_are_counted() -> None:
    session = fake.session(0.1, hz=2.0, pause=None)
    session.bad = {Channel.T_BR: [(0.0, 1e9, Quality.FLAT)]}
    assert "Left out because not usable, RAMP to RINSEBACK: T_br" in page(session)


def test_a_session_of_four_hours_stays_under_two_megabytes() -> None:
    session = fake.session(4.0)
    assert session.ticks > 160_000
    assert len(page(session).encode()) < 2_000_000


@pytest.mark.parametrize(
    ("s", "words"),
    [(None, "\N{EN DASH}"), (0.0, "0:00:00"), (-0.4, "0:00:00"), (-61.0, "−0:01:01"), (14_400.0, "4:00:00")],
)
def test_times(s: float | None, words: str) -> None:
    assert hms(s) == words


def test_figures() -> None:
    assert number(-0.04, 1, sign=True) == "0.0"
    assert number(-3.26, 1) == "−3.3"
    assert number(3.26, 1, sign=True) == "+3.3"
    assert [length(s) for s in (1.44, 12.0, 300.0)] == ["1.4 s", "12 s", "0:05:00"]


def test_control_characters_and_css() -> None:
    assert esc("a\x00\x07\ud800b") == "a\ufffd\ufffd\ufffdb"
    assert css_text('a"b\\c\n</style>') == ("a\\000022 b\\00005c c \\00003c \\00002f style\\00003e ")
