"""What the terminal view says of what the link says."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.hazards import RULES, Side
from qh1a.link import State as Said
from qh1a.tick import ACTUATORS, Actuator, EventCode, Priority, Quality, State
from qh1a.units import NS_PER_S
from qh1a.watch.model import LOG_KEPT, PAST_KEPT, StrangeError, Watched, about_of, margins, view_of
from qh1a.watch.pages import (
    MARKS,
    NEVER,
    PAGES,
    WIDTH,
    alarm_line,
    body,
    clock,
    figure,
    footer,
    header,
    sparkline,
)
from tests.control.synthetic import limits
from tests.watch.views import ABOUT, GOOD, SESSION, alarm, event, reading, texts, watched

TEXTS = texts()
LIMITS = limits()
STATE, LOOPS, MONITORS, BUS, FAULTS, LOG = range(6)
BAD = [quality for quality in Quality if quality is not Quality.GOOD]


def lines(at: int, seen: Watched) -> list[str]:
    return body(seen, PAGES[at], TEXTS).splitlines()


def commands(seen: Watched) -> list[str]:
    """The rows of the commands, below those of the loops."""
    page = lines(LOOPS, seen)
    return page[page.index("") + 2 :]


# -- figures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", BAD)
def test_a_bad_figure_is_never_shown(quality: Quality) -> None:
    said = replace(GOOD, quality=(quality,) * len(CHANNELS), command=(0.0,) * len(GOOD.command))
    seen = watched(said)
    assert seen.view is not None
    assert set(seen.view.value) == {None}
    assert {figure(seen.view, channel) for channel in Channel} == {"--"}
    assert not margins(seen.view, LIMITS)
    assert all(seen.view.delivery(actuator) is None for actuator in Actuator)
    for row, line in zip(CHANNELS, lines(BUS, seen)[2:], strict=True):
        assert line.split()[:2] == [row.id, "--"]
        assert f" {quality.name} " in line
    for line in commands(seen):
        assert "7.0" not in line
        assert " -- " in line
    # Of the pages, figures are left only where they are the session's: its clock, and commands of 0.
    shown = " ".join(lines(STATE, seen)[2:])
    for label in ("O2", "F2", "f2o", "f2", "w1", "w2", "CO2"):
        shown = shown.replace(label, "")
    assert {c for c in shown if c.isdigit()} == {"0"}
    assert len(lines(MONITORS, seen)) == 1


@given(st.sampled_from(list(Channel)), st.sampled_from(BAD))
def test_one_bad_channel_leaves_the_others(channel: Channel, quality: Quality) -> None:
    view = view_of(reading(channel, 1.0, quality))
    assert [c for c in Channel if figure(view, c) == "--"] == [channel]
    assert not [m for m in margins(view, LIMITS) if m.rule.channel is channel]


def test_a_good_channel_without_a_figure_is_no_number() -> None:
    value = list(GOOD.value)
    value[Channel.PH] = None
    assert figure(view_of(replace(GOOD, value=tuple(value))), Channel.PH) == "--"


def test_flows_are_measured_and_commanded() -> None:
    command = [0.0] * len(GOOD.command)
    command[Actuator.BP], command[Actuator.PP] = 130.0, 30.0
    said = reading(Channel.Q_B, 128.6, said=replace(GOOD, command=tuple(command)))
    row = lines(STATE, watched(reading(Channel.Q_P, 29.94, said=said)))[3]
    assert row.split() == ["mL/min", "Q_b", "129/130", "Q_p", "29.9/30.0", "Q_c", "7/0", "Q_r", "7.0/0.0"]


def test_no_minus_before_a_zero() -> None:
    assert figure(view_of(reading(Channel.P_VEN, -0.04)), Channel.P_VEN) == "0"


def test_delivery_of_every_actuator_is_named() -> None:
    said = reading(Channel.DLV_BP, 2.0, said=reading(Channel.DLV_PP, 1.0, said=reading(Channel.DLV_CP, 0.0)))
    told = [line.split() for line in commands(watched(said))]
    assert [row[0] for row in told] == [row.id for row in ACTUATORS]
    assert (told[0][4], told[1][4], told[2][4]) == ("UNCERTAIN", "PENDING", "CONFIRMED")


def test_a_delivery_that_nobody_knows_is_none() -> None:
    assert view_of(reading(Channel.DLV_BP, 0.5)).delivery(Actuator.BP) is None


# -- margins ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(len(RULES)), ids=[rule.id for rule in RULES])
def test_a_margin_is_nought_at_the_limit_and_negative_beyond(at: int) -> None:
    rule = RULES[at]
    limit = LIMITS[rule.limit]
    percent = {}
    for step in (-0.25, 0.0, 0.25):
        value = limit + step * (abs(limit) or 1.0)
        [percent[step]] = [
            m.percent for m in margins(view_of(reading(rule.channel, value)), LIMITS) if m.rule is rule
        ]
    past = 0.25 if rule.side is Side.ABOVE else -0.25
    whole = 25.0 if limit else math.inf
    assert percent[0.0] == 0.0
    assert percent[past] == pytest.approx(-whole)
    assert percent[-past] == pytest.approx(whole)


@given(st.lists(st.floats(-400, 500), min_size=len(CHANNELS), max_size=len(CHANNELS)), st.sampled_from(State))
def test_armed_rules_come_first_and_the_smallest_margin_before(values: list[float], state: State) -> None:
    said = replace(GOOD, value=tuple(values), session={**SESSION, "state": state.name})
    found = margins(view_of(said), LIMITS)
    assert {m.rule.id for m in found} == {rule.id for rule in RULES}
    armed = [m for m in found if m.armed]
    assert found[: len(armed)] == tuple(armed)
    assert {m.rule.id for m in armed} == {rule.id for rule in RULES if state in rule.armed}
    for group in (armed, found[len(armed) :]):
        percent = [m.percent for m in group]
        assert percent == sorted(percent)


def test_the_page_of_monitors_says_what_is_nearest() -> None:
    said = reading(Channel.P_VEN, LIMITS["p_ven_high_mmhg"], said=replace(GOOD, quality=(4,) * len(CHANNELS)))
    armed, *others = lines(MONITORS, watched(said))[1:]
    assert armed.split()[:6] == ["H06.1", "0", "%", "P_ven", *[f"{LIMITS['p_ven_high_mmhg']:.5g}"] * 2]
    assert armed.endswith(TEXTS.rule["H06.1"].title[:27]) or "…" in armed
    assert all(line.endswith("not armed") for line in others)
    assert {line.split()[0] for line in others} >= {"H06.2", "H06.3"}


def test_what_is_far_away_is_only_far() -> None:
    bad = replace(GOOD, quality=(4,) * len(CHANNELS))
    for value, said in ((1e5, "<-1000"), (1e-3, "100")):
        line = lines(MONITORS, watched(reading(Channel.R4S_S, value, said=bad)))[1]
        assert line.split()[:3] == ["H06.4", said, "%"]
    line = lines(MONITORS, watched(reading(Channel.UPS_MIN, 600.0, said=bad)))[-1]
    assert line.split()[1] == ">1000"


def test_of_a_limit_of_zero_there_is_no_percentage() -> None:
    bad = replace(GOOD, quality=(4,) * len(CHANNELS))
    for value, said in ((-5.0, "near_nominal"), (5.0, "past")):
        line = next(
            text
            for text in lines(MONITORS, watched(reading(Channel.NEAR_NOMINAL, value, said=bad)))
            if text.startswith("H39.1")
        )
        assert line.split()[1] == said


# -- words --------------------------------------------------------------------------------------------------


def test_every_alarm_signal_has_its_own_shape_and_word() -> None:
    assert set(MARKS) == set(Priority) - {Priority.NONE}
    assert len({mark for mark, _ in MARKS.values()}) == len(MARKS)
    assert [TEXTS.priority[priority.name] for priority in MARKS] == ["HIGH", "MEDIUM", "LOW"]


@pytest.mark.parametrize("state", State)
def test_the_state_is_named_and_explained(state: State) -> None:
    seen = watched(replace(GOOD, session={**SESSION, "state": state.name}))
    assert lines(STATE, seen)[0].startswith(f"{state.name}: {TEXTS.state[state.name]}, outcome: still open")
    assert f" {state.name} 00:01:01 / 00:06:00 " in header(seen, "link ok", live=True)


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule.priority])
def test_an_alarm_has_mark_word_and_text(rule: str) -> None:
    text, style = alarm_line(watched(replace(GOOD, alarms=(alarm(rule),))), TEXTS)
    [priority] = [r.priority for r in RULES if r.id == rule]
    mark, colour = MARKS[priority]
    assert (text, style) == (f"{mark} {priority.name} {rule} {TEXTS.rule[rule].title}", colour)
    assert len(text) <= WIDTH


def test_the_highest_alarm_comes_first_then_the_newest() -> None:
    low, old, new = alarm("H09.3", 9), alarm("H06.1", 1), alarm("H01.1", 2)
    text, _ = alarm_line(watched(replace(GOOD, alarms=(low, old, new))), TEXTS)
    assert "H01.1" in text
    assert text.endswith("+2 more")


def test_what_waits_for_the_operator_says_so() -> None:
    held = alarm("H01.1", active=False, acknowledged=True)
    text, _ = alarm_line(watched(replace(GOOD, alarms=(held,))), TEXTS)
    assert ", over, waits for reset, acknowledged" in text


def test_a_rule_without_a_signal_is_no_alarm() -> None:
    silent = next(rule.id for rule in RULES if rule.priority is Priority.NONE)
    text, _ = alarm_line(watched(replace(GOOD, alarms=(alarm(silent),))), TEXTS)
    assert text == "alarms: none active"


EVENT_WORDS = [
    (event(1, "STATE", "TREAT", 13.0, "AT_SET"), "state TREAT: treatment (AT_SET)"),
    (event(1, "ALARM_RAISED", "H01.1", 0.25, "HIGH"), "HIGH H01.1 Air in the return line, at 0.25"),
    (event(1, "INTERLOCK", "", 5.0), "interlocks in force: I1, I3"),
    (event(1, "INTERLOCK", "", 0.0), "interlocks in force: none"),
    (
        event(1, "INTENT_REFUSED", "RESUME", 4.0, "NOT_NOW"),
        "refused: resume. This is not possible now: the session is in another …",
    ),
    (
        {**event(1, "CHECK_FAILED", "T_W1", 0.0, "SELF_ZERO"), "value": None},
        "check failed T_W1, at nan (SELF_ZERO)",
    ),
]


@pytest.mark.parametrize(("happened", "words"), EVENT_WORDS)
def test_an_event_in_words(happened: dict[str, object], words: str) -> None:
    assert lines(LOG, watched(replace(GOOD, events=(happened,))))[1] == f"00:00:01 {words}"


@pytest.mark.parametrize("code", EventCode)
def test_every_event_is_told(code: EventCode) -> None:
    seen = watched(replace(GOOD, events=({**event(1, code.name, "H01.1", 3.0, "X"), "value": None},)))
    assert len(lines(LOG, seen)[1]) > len("00:00:01 ")


# -- the past -----------------------------------------------------------------------------------------------


def test_the_log_keeps_every_event_the_newest_on_top() -> None:
    events = [event(number, "FROZEN") for number in range(LOG_KEPT + 5)]
    seen = watched(*(replace(GOOD, events=(one,), missed=1) for one in events))
    assert [e.number for e in seen.log] == list(range(5, LOG_KEPT + 5))
    shown = lines(LOG, seen)
    assert f"{LOG_KEPT + 5} came too fast" in shown[0]
    assert shown[1].startswith(clock((LOG_KEPT + 4) * NS_PER_S))


def test_the_past_has_a_point_a_second_and_gaps_where_a_figure_was_bad() -> None:
    bad = Quality.STALE
    said = [
        reading(Channel.P_VEN, seq, bad if 8 <= seq < 12 else Quality.GOOD, replace(GOOD, seq=seq))
        for seq in range(20)
    ]
    assert [point[0] for point in watched(*said).past] == [0.0, 4.0, None, 12.0, 16.0]
    long = watched(*(replace(GOOD, seq=4 * n) for n in range(PAST_KEPT + 7)))
    assert len(long.past) == PAST_KEPT


def test_a_sparkline_goes_from_least_to_greatest() -> None:
    assert sparkline([1.0, None, 4.5, 8.0]).split("  ")[0] == "▁ ▅█"
    assert sparkline([1.0, 8.0]).endswith(" 1..8")
    assert sparkline([3.0, 3.0]).startswith("▁▁ ")
    assert sparkline([None]) == "--"


# -- room and strangers -------------------------------------------------------------------------------------

FULL = replace(
    GOOD,
    value=tuple(row.lo if abs(row.lo) > abs(row.hi) else row.hi for row in CHANNELS),
    alarms=tuple(alarm(rule.id, active=False, acknowledged=True) for rule in RULES),
    events=tuple(event(n, code.name, "H01.1", 1234567.0, "detail " * 30) for n, code in enumerate(EventCode)),
    missed=1000,
)


@pytest.mark.parametrize("said", [GOOD, FULL, replace(FULL, quality=(1,) * len(CHANNELS))])
def test_nothing_is_wider_than_the_terminal(said: Said) -> None:
    seen = watched(*(replace(said, seq=4 * n) for n in range(80)))
    for at, page in enumerate(PAGES):
        assert max(map(len, lines(at, seen))) <= WIDTH
        assert len(footer(page)) <= WIDTH
    assert len(alarm_line(seen, TEXTS)[0]) <= WIDTH
    for state in State:
        far = watched(replace(said, session={**SESSION, "state": state.name}))
        assert len(header(far, "link ok 0.0 s", live=True)) <= WIDTH + 1
        dead = header(far, "link lost 86400.0 s", live=False)
        assert dead.startswith("NOT LIVE  qh1a SIM  link lost 86400.0 s  last ")
        assert len(dead) <= WIDTH + 1
    assert len(lines(STATE, seen)) <= 21


def test_before_the_first_state_there_is_nothing_to_show() -> None:
    seen = watched()
    assert {body(seen, page, TEXTS) for page in PAGES} == {NEVER}
    assert "none active" not in alarm_line(seen, TEXTS)[0]
    assert "10 min bench session  -- / 00:06:00" in header(seen, "", live=True)


def test_an_extension_is_part_of_what_is_asked_for() -> None:
    seen = watched(replace(GOOD, session={**SESSION, "extension_ns": 60 * NS_PER_S}))
    assert "/ 00:07:00" in header(seen, "", live=True)


STRANGERS = [
    (replace(GOOD, session={**SESSION, "state": "DREAM"}), "session.state: .*DREAM is no State"),
    (replace(GOOD, value=GOOD.value[1:]), "value: "),
    (replace(GOOD, quality=(99,) * len(CHANNELS)), r"quality\.0: "),
    (replace(GOOD, alarms=({"rule": "H01.1"},)), r"alarms\.0\."),
]


@pytest.mark.parametrize(("said", "why"), STRANGERS)
def test_a_state_that_is_not_understood_is_not_shown(said: Said, why: str) -> None:
    with pytest.raises(StrangeError, match=why):
        view_of(said)


@pytest.mark.parametrize("key", ["plant", "prescription", "limits"])
def test_a_controller_that_leaves_out_what_it_is_is_not_shown(key: str) -> None:
    with pytest.raises(StrangeError, match=key):
        about_of({k: v for k, v in ABOUT.items() if k != key})
    with pytest.raises(StrangeError, match="limits"):
        about_of({**ABOUT, "limits": {}})


# -- loops, bus, faults -------------------------------------------------------------------------------------


def test_the_terms_of_a_loop_and_who_leads_it() -> None:
    loops = {"blood": (130.0, 0.5, 6.25, 0.0, 136.75, 0.0), "balance": (None, -0.1, 0.0, 0.0, -0.1, 2.0)}
    told = [line.split() for line in lines(LOOPS, watched(replace(GOOD, loops=loops)))[1:3]]
    assert told == [
        ["blood", "130", "0.5", "6.25", "0", "136.8", "loop"],
        ["balance", "--", "-0.1", "0", "0", "-0.1", "limiter", "2"],
    ]


def test_the_bus_tells_the_age_of_what_is_measured_and_of_nothing_else() -> None:
    ages = tuple(range(N_MEASURED))
    page = lines(BUS, watched(replace(GOOD, age_ms=ages)))[2:]
    assert [line.split()[4] for line in page[:N_MEASURED]] == [str(age) for age in ages]
    assert not [line for line in page[N_MEASURED:] if line[49:56].strip()]


def test_pace_late_ticks_and_record_are_told() -> None:
    said = replace(GOOD, speed=None, late_ticks=3, chain={"n": 48, "head": "0e89c7d668ea25a2ce8e229f"})
    assert lines(STATE, watched(said))[1] == "speed max  late ticks 3  record 48 0e89c7d668ea25a2"
    assert "speed x60 " in lines(STATE, watched(replace(said, speed=60.0)))[1]


def test_faults_tell_what_may_be_injected_and_what_was() -> None:
    about = about_of({**ABOUT, "faults": {"return_line_kink": [1.0, 10.0, 4.0]}})
    said = replace(GOOD, events=(event(9, "ENTERED", "return_line_kink", 3.0, "injected"), event(10, "GAP")))
    seen = replace(watched(said), about=about)
    page = body(seen, PAGES[FAULTS], TEXTS).splitlines()
    assert page[2] == "00:00:09 return_line_kink 3"
    assert page[-1].split() == ["return_line_kink", "1", "10", "4"]
    assert lines(FAULTS, watched(GOOD)) == ["nothing can be injected into this plant"]
