"""Every loop stays inside its envelope (docs/envelopes.md), here at one corner; all of them: tests/long."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.sessions.corners import settled
from tests.sessions.envelopes import EARLY, ENVELOPES, LIMITS, LOADS, MS_MOST, SLOW_STEPS, Limit, Load
from tests.sessions.figures import Found, Pause, limit, load, pauses, step, steps
from tests.sessions.openloop import sensitivities
from tests.sessions.published import PAGE, page

FAST = [row for row in LOADS if row.watch_s <= 1200.0]
"""What the others watch takes longer than a quick test may."""
HELD = [row for row in LIMITS if row.corner == EARLY]


def sound(*found: Found) -> None:
    assert [str(f) for f in found if f.wrong] == []


@pytest.mark.parametrize("name", ["blood", "separation", "perfusion"])
def test_steps_of_a_flow_stay_inside_its_envelope(name: str) -> None:
    sound(*steps(EARLY, name))


@pytest.mark.parametrize("name", ["temperature", "oxygen"])
def test_a_step_of_a_slow_loop_stays_inside_its_envelope(name: str) -> None:
    sound(step(settled(EARLY), name, SLOW_STEPS[name][0]))


@pytest.mark.parametrize("row", FAST, ids=lambda row: row.name)
def test_a_load_stays_inside_its_envelope(row: Load) -> None:
    sound(*load(EARLY, row))


@pytest.mark.parametrize("row", HELD, ids=lambda row: row.name)
def test_a_limiter_takes_over_a_sudden_restriction_without_a_bump_and_gives_back(row: Limit) -> None:
    sound(limit(row, fast=True))


def test_a_limiter_takes_over_a_slow_restriction_without_a_bump_and_gives_back() -> None:
    sound(limit(next(row for row in HELD if row.name == "TMP"), fast=False))


# Not shrunk: an example takes seconds.
@settings(max_examples=5, phases=[Phase.generate])
@given(
    st.lists(
        st.builds(
            Pause,
            st.floats(0.0, 60.0),
            st.sampled_from(["plasma", "stopped", "safe", "patient_off"]),
            st.floats(1.0, 250.0),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_no_integrator_winds_up_through_a_pause(rows: list[Pause]) -> None:
    sound(*pauses(EARLY, rows))


def test_the_slow_loops_are_robust_on_the_physics() -> None:
    found = sensitivities(EARLY, 600.0)
    assert set(found) == {"temperature", "oxygen", "pH"} < set(ENVELOPES)
    assert min(found.values()) > 1.0
    assert max(found.values()) <= MS_MOST, found


def test_the_page_is_that_of_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m tests.sessions.published > docs/envelopes.md"
    )
