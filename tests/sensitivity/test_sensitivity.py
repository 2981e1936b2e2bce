"""docs/sensitivity.csv is what the runs give, and page and picture are made from it."""

from dataclasses import astuple, replace

import pytest
from matplotlib.patches import Rectangle

from tests.sensitivity import page, picture
from tests.sensitivity.cases import CASES, MARKER_KEY, Case
from tests.sensitivity.runs import (
    NOMINAL,
    OUTCOMES,
    SHORT,
    WHOLE,
    Job,
    jobs,
    row,
    rows,
    shipped,
    swing,
    treat,
)

SHORT_JOBS = [job for job in jobs() if job.session == SHORT]


def test_the_file_has_a_row_for_every_treatment() -> None:
    wanted = [(j.session, j.case, j.end, "" if j.value is None else f"{j.value:g}") for j in jobs()]
    assert [(r.session, r.case, r.end, r.value) for r in rows()] == wanted


@pytest.mark.parametrize("job", SHORT_JOBS, ids=lambda j: f"{j.case} {j.end}")
def test_a_short_treatment_gives_its_row(job: Job) -> None:
    assert astuple(treat(job)) == pytest.approx(astuple(row(job.case, job.end, SHORT)), rel=1e-4, abs=1e-4)


def test_the_marker_is_shipped_as_0_and_moves_nothing_but_itself() -> None:
    assert shipped(MARKER_KEY) == 0.0
    nominal = row(NOMINAL, NOMINAL)
    for end in ("low", "high"):
        found = row("marker", end)
        assert found.clearance_ml_min != nominal.clearance_ml_min
        assert replace(found, clearance_ml_min=nominal.clearance_ml_min) == nominal


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_a_range_holds_the_shipped_value(case: Case) -> None:
    own = 1.0 if case.share else shipped(case.keys[0])
    low, high = own if case.low is None else case.low, own if case.high is None else case.high
    assert low < high
    assert case.name == "marker" or low <= own <= high


def test_every_treatment_was_completed() -> None:
    for r in rows():
        assert r.outcome.effective_h == (4.0 if r.session == WHOLE else 0.1), r


def test_the_picture_shows_the_file() -> None:
    axes = picture.picture().axes
    assert len(axes) == len(picture.PANELS)
    for ax, (name, title) in zip(axes, picture.PANELS, strict=True):
        nominal = getattr(row(NOMINAL, NOMINAL), name)
        ends: list[float] = []
        for case in picture.shown(name):
            ends += [getattr(row(case.name, end), name) for end in case.ends()]
        bars = [bar for bar in ax.patches if isinstance(bar, Rectangle) and bar.get_height() > 0.2]
        assert sorted(bar.get_x() + bar.get_width() for bar in bars) == pytest.approx(sorted(ends)), title
        assert all(bar.get_x() == nominal for bar in bars)


def test_the_page_shows_the_file() -> None:
    lines = page.section().splitlines()
    for case in CASES:
        cells = [line for line in lines if line.startswith(f"| {case.name} ")][-1].split(" | ")
        for (name, *_), cell in zip(page.SHOWN, cells[1:], strict=True):
            wanted = [page.text_of(name, getattr(row(case.name, end), name)) for end in case.ends()]
            assert cell.rstrip(" |").split(" / ") == wanted, (case.name, name)


def test_swings_are_ranked() -> None:
    for name in OUTCOMES:
        swings = [swing(case, name) for case in picture.shown(name)]
        assert swings == sorted(swings, reverse=True)
        assert all(s >= 0.0 for s in swings)


def test_the_sentences_hold() -> None:
    """What they say in words, not in figures from the file."""
    moved = sorted(CASES, key=lambda case: -swing(case, "clearance_ml_min"))
    assert moved[0].name == "wall_permeability"
    assert {case.name for case in moved[:4]} >= {"marker", "pore_diffusion"}
    alive = sorted(CASES, key=lambda case: row(case.name, case.ends()[0]).viability_percent)
    assert {case.name for case in alive[:2]} == {"complement", "bile_acid_binding"}
    tmp = sorted(CASES, key=lambda case: -swing(case, "tmp_mean_mmhg"))
    assert {case.name for case in tmp[:2]} == {"permeability", "cell_radius"}
