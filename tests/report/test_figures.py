import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.channels import CHANNELS, Channel
from qh1a.report.data import Study, study
from qh1a.report.events import Alarm, Span, coarse
from qh1a.report.figures import fault_span, spread, timeline, trends
from qh1a.report.page import ACTUATORS, CHANNELS_USED
from qh1a.report.sheet import ALARM, clock, ticks
from qh1a.report.strips import GROUPS, Strip, levels
from qh1a.tick import Phase, Priority, Quality
from tests.report import fake

STRIPS = [strip for group in GROUPS for strip in group.strips]


def seen(session: fake.Fake) -> Study:
    return study(session, CHANNELS_USED, ACTUATORS)


@pytest.fixture(scope="module")
def short() -> Study:
    return seen(fake.session(0.1, hz=2.0, pause=None))


@pytest.fixture(scope="module")
def drawings(short: Study) -> list[str]:
    return [timeline(short), *(trends(short, group) for group in GROUPS)]


def changed(of: Study, table: str, key: str, value: float) -> Study:
    configs = dict(of.configs)
    inner = configs[table]
    assert isinstance(inner, dict)
    return replace(of, configs=configs | {table: inner | {key: value}})


def limit_keys(strip: Strip) -> list[str]:
    keys = [rule.limit for rule in strip.rules] + list(strip.limiters)
    return list(dict.fromkeys(keys))


CASES = [(group, strip, key) for group in GROUPS for strip in group.strips for key in limit_keys(strip)]


@pytest.mark.parametrize(
    ("strip", "key"), [(s, k) for _, s, k in CASES], ids=[f"{s.channel.name}-{k}" for _, s, k in CASES]
)
def test_every_level_comes_from_the_limits_of_the_session(short: Study, strip: Strip, key: str) -> None:
    old = short.limit(key)
    assert old is not None
    other = changed(short, "limits", key, old + 1.25)
    if key == "p_ven_drop_mmhg":
        group = next(g for g in GROUPS if strip in g.strips)
        assert "expected −21.25 R4" in trends(other, group)
        return
    before, after = levels(strip, short), levels(strip, other)
    moved = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert moved
    assert all(abs(abs(b.value - a.value) - 1.25) < 1e-9 and a.text != b.text for a, b in moved)


def test_every_level_is_written_beside_its_strip(short: Study, drawings: list[str]) -> None:
    for group, svg in zip(GROUPS, drawings[1:], strict=True):
        for strip in group.strips:
            assert CHANNELS[strip.channel].text in svg
            for level in levels(strip, short):
                assert f">{level.text}" in svg


def test_a_limit_that_the_session_does_not_have_is_not_drawn(short: Study) -> None:
    bare = replace(short, configs={"prescription": short.configs["prescription"]}, changes={})
    assert [level.text for strip in STRIPS for level in levels(strip, bare)] == ["0.30 never above  I3"]
    assert "warn" not in trends(bare, GROUPS[1])


def test_set_points_follow_the_operator(short: Study) -> None:
    strip = next(s for s in STRIPS if s.channel is Channel.Q_B)
    assert [level.text for level in levels(strip, short)] == ["130 prescribed"]
    other = replace(short, changes={"blood_ml_min": ((0.0, 130.0), (60.0, 110.0))})
    assert [level.text for level in levels(strip, other)] == ["110 set"]
    assert trends(short, GROUPS[0]) != trends(other, GROUPS[0])


def test_the_same_session_gives_the_same_drawings() -> None:
    one, two = (seen(fake.session(0.1, hz=2.0, pause=None)) for _ in range(2))
    assert timeline(one) == timeline(two)
    assert trends(one, GROUPS[0]) == trends(two, GROUPS[0])


def test_what_is_not_fitted_has_no_strip_and_what_is_never_valid_says_so() -> None:
    session = fake.session(0.1, hz=2.0, pause=None)
    del session.series_of[Channel.P_RET]
    session.bad[Channel.P_F2O] = [(-1e9, 1e9, Quality.COMM_LOST)]
    drawing = trends(seen(session), next(g for g in GROUPS if g.title == "Pressures, plasma side"))
    assert CHANNELS[Channel.P_RET].text not in drawing
    assert f"{CHANNELS[Channel.P_F2O].text}, mmHg   no valid sample" in drawing


def test_an_unusable_sample_is_never_drawn_as_a_value() -> None:
    group = next(g for g in GROUPS if g.title == "Temperatures")
    drawings = []
    for rubbish in (0.0, 1e6, float("nan")):
        session = fake.session(0.1, hz=2.0, pause=None)
        session.bad[Channel.T_BR] = [(100.0, 160.0, Quality.STALE)]
        inside = (session.times >= 100.0) & (session.times < 160.0)
        session.series_of[Channel.T_BR] = np.where(inside, rubbish, session.series_of[Channel.T_BR])
        drawings.append(trends(seen(session), group))
    assert len(set(drawings)) == 1
    assert drawings[0] != trends(seen(fake.session(0.1, hz=2.0, pause=None)), group)


def test_alarms_stand_on_the_timeline_by_priority(short: Study) -> None:
    svg = timeline(short)
    for colour, _, _ in ALARM.values():
        assert colour.lower() in svg
    assert ">2 alarms<" in svg
    quiet = timeline(replace(short, alarms=()))
    for colour, _, _ in ALARM.values():
        assert colour.lower() not in quiet


def test_alarm_colours_are_for_alarms_only(short: Study) -> None:
    quiet = replace(short, alarms=())
    for svg in [timeline(quiet), *(trends(quiet, group) for group in GROUPS)]:
        colours = {c.lower() for c in re.findall(r"#[0-9a-fA-F]{6}\b", svg)}
        assert not colours & {colour.lower() for colour, _, _ in ALARM.values()}
    assert len({shape for _, shape, _ in ALARM.values()}) == len(Priority) - 1


def test_drawings_are_plain_vectors(drawings: list[str]) -> None:
    for svg in drawings:
        assert svg.startswith("<svg")
        assert "<image" not in svg
        assert "http" not in svg
        assert "<style" not in svg
        assert re.findall(r"<dc:date|matplotlib", svg) == []


def test_inner_ids_are_unique_and_resolved(drawings: list[str]) -> None:
    page = "".join(drawings)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r"url\(#([^)]+)\)", page)) == set(ids)


def test_a_fault_of_a_phase_that_never_came_is_not_drawn(short: Study) -> None:
    row = {"fault": "kink", "phase": "SAFE", "at_s": 5.0}
    never = timeline(replace(short, configs={**short.configs, "faults": {"fault": [row]}}))
    reached = timeline(
        replace(short, configs={**short.configs, "faults": {"fault": [row | {"phase": "treat"}]}})
    )
    assert ">1 injected<" in never
    assert len(reached) > len(never)


@pytest.mark.parametrize(
    ("profile", "until"),
    [
        ("", 15.0),
        ("step", 15.0),
        ("intermittent", 15.0),
        ("ramp", 90.0),
        ("exponential", 90.0),
        ("growth", 90.0),
    ],
)
def test_a_fault_that_comes_over_time_stays(short: Study, profile: str, until: float) -> None:
    treat = short.first(Phase.TREAT)
    assert treat is not None
    row = {"phase": "TREAT", "at_s": 5.0, "duration_s": 10.0, "profile": profile}
    assert fault_span(short, row, treat + 90.0) == (treat + 5.0, treat + until)


@pytest.mark.parametrize(
    ("s", "words"), [(0.0, "0:00"), (-29.0, "0:00"), (-1800.0, "−0:30"), (16200.0, "4:30"), (3599.0, "1:00")]
)
def test_hours_and_minutes(s: float, words: str) -> None:
    assert clock(s) == words


@given(st.floats(-1e5, 1e5), st.floats(1.0, 1e7))
def test_a_time_axis_never_crowds(start: float, length: float) -> None:
    assert len(ticks((start, start + length))) <= 15


@given(st.lists(st.floats(0.0, 1.0), max_size=8).map(sorted), st.floats(0.01, 0.2))
def test_labels_never_touch(places: list[float], apart: float) -> None:
    moved = spread(places, apart, 0.0, 1.0)
    assert len(moved) == len(places)
    assert all(b - a >= apart - 1e-9 for a, b in pairwise(moved))
    assert all(place >= -1e-9 for place in moved)
    if len(places) * apart <= 1.0:
        assert all(place <= 1.0 + 1e-9 for place in moved)
    if all(b - a >= apart for a, b in pairwise(places)):
        assert moved == pytest.approx(places)


def test_a_restless_session_has_drawings_of_bounded_size(short: Study) -> None:
    edges = np.linspace(float(short.t[0]), float(short.t[-1]), 5001).tolist()
    phases = (Phase.RAMP, Phase.TREAT, Phase.PAUSE)
    spans = tuple(Span(phases[n % 3], a, b) for n, (a, b) in enumerate(pairwise(edges)))
    alarms = tuple(Alarm("H10.2", Priority.MEDIUM, t, 61.0, "", t + 0.01) for t in edges for _ in range(4))
    wild = replace(short, spans=spans, alarms=alarms, intents_at=tuple(edges))
    assert len(timeline(wild)) < 200_000
    for group in GROUPS:
        assert len(trends(wild, group)) < 700_000
    assert ">20004 alarms<" in timeline(wild)
    assert ">5001 intents<" in timeline(wild)


def test_few_stays_are_drawn_as_they_are_and_many_by_column() -> None:
    few = tuple(Span(Phase.TREAT if n % 2 else Phase.PAUSE, float(n), n + 1.0) for n in range(300))
    assert coarse(few) == few
    many = tuple(Span(Phase.TREAT if n % 2 else Phase.PAUSE, n / 10, (n + 1) / 10) for n in range(3000))
    drawn = coarse((*many, Span(Phase.RINSEBACK, 300.0, 600.0)))
    assert len(drawn) <= 300
    assert (drawn[0].start, drawn[-1].end) == (0.0, 600.0)
    assert [s.phase for s in drawn].count(Phase.RINSEBACK) == 1
    assert all(a.end == b.start for a, b in pairwise(drawn))
