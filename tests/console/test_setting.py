"""A change of a set point: the controller's own limits, what needs a second person, and what it does."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.channels import BY_ID, CHANNELS
from qh1a.console.relay import Relay
from qh1a.console.setting import RefusedError, Review, Settings, changed, set_points
from qh1a.control.session import Refusal
from qh1a.control.setpoints import SETTABLE, SetPoints
from qh1a.control.setpoints import changed as decided
from qh1a.link import State
from tests.console.office import about, figures
from tests.control.synthetic import Bench
from tests.link.bench import Wall

ROWS: Final = {row.key: row for row in set_points(about(Bench()))}
FORCE: Final = {
    "blood_ml_min": 130.0, "plasma_ml_min": 30.0, "perfusion_ml_min": 100.0, "temperature_c": 37.0,
    "do_in_mmhg": 150.0, "ph": 7.4,
}  # fmt: skip
KEYS: Final = st.sampled_from(sorted(FORCE))
SESSION: Final = {
    "state": "TREAT", "wall_ns": 1, "effective_ns": 60_000_000_000, "extension_ns": 0, "plasma_ml": 500.0,
}  # fmt: skip


def sets(force: dict[str, float]) -> SetPoints:
    return SetPoints(*(force[row.key] for row in SETTABLE))


@given(KEYS, st.floats(0.0, 250.0), st.floats(60.0, 170.0), st.floats(11.0, 44.0), st.booleans())
def test_what_is_refused_is_what_the_controller_refuses(
    key: str, value: float, blood: float, plasma: float, running: bool
) -> None:
    force = {**FORCE, "blood_ml_min": blood, "plasma_ml_min": plasma}
    row = ROWS[key]
    want = decided(sets(force), key, value, running=running)
    least = row.lo if running else row.least_before
    if isinstance(want, Refusal):
        with pytest.raises(RefusedError, match=want.name):
            changed(ROWS, force, key, value, least)
    else:
        assert sets(changed(ROWS, force, key, value, least)) == want


@pytest.mark.parametrize(("key", "value", "reason"), [
    ("blood_ml_min", 49.9, "OUT_OF_RANGE"), ("blood_ml_min", 180.1, "OUT_OF_RANGE"),
    ("plasma_ml_min", 39.1, "RATIO"), ("perfusion_ml_min", 37.9, "PERFUSION"),
    ("ph", float("nan"), "OUT_OF_RANGE"), ("nothing", 1.0, "UNKNOWN_KEY"), ("ph", 7.4, "UNCHANGED"),
])  # fmt: skip
def test_a_hard_limit_is_refused_with_its_reason(tmp_path: Path, key: str, value: float, reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        desk(tmp_path).review(key, value, 0)
    assert caught.value.reason == reason


def desk(
    folder: Path, force: dict[str, float] | None = None, session: dict[str, object] | None = None
) -> Settings:
    relay = Relay(folder / "s", figures(), Wall().wall_ns)
    relay.about = about(Bench())
    hear(relay, force or FORCE, session or {**SESSION})
    return Settings(relay, figures())


def hear(relay: Relay, force: dict[str, float], session: dict[str, object], seq: int = 1) -> None:
    values: list[float | None] = [0.0] * len(CHANNELS)
    for key, value in force.items():
        values[BY_ID[ROWS[key].set]] = value
    values[BY_ID["balance"]] = -12.0
    relay._hear(State(seq, seq, "", tuple(values), (0,) * len(values), (), session, ()))  # noqa: SLF001 - as the link says


@pytest.mark.parametrize(("key", "value", "second"), [
    ("perfusion_ml_min", 120.0, False), ("perfusion_ml_min", 120.1, True), ("perfusion_ml_min", 80.0, False),
    ("perfusion_ml_min", 79.9, True), ("plasma_ml_min", 24.0, False), ("plasma_ml_min", 23.9, True),
    ("plasma_ml_min", 35.0, False), ("plasma_ml_min", 35.2, True),  # 0.27 of the blood flow
    ("blood_ml_min", 156.0, False), ("blood_ml_min", 103.9, True), ("do_in_mmhg", 169.0, False),
    ("temperature_c", 37.5, False), ("temperature_c", 37.6, True), ("temperature_c", 36.5, False),
    ("temperature_c", 36.4, True), ("ph", 7.45, False), ("ph", 7.46, True), ("ph", 7.35, False),
    ("ph", 7.34, True),
])  # fmt: skip
def test_beyond_a_soft_limit_a_second_person_signs(
    tmp_path: Path, key: str, value: float, second: bool
) -> None:
    assert desk(tmp_path).review(key, value, 0).second is second


def test_a_ratio_at_the_warning_stays_beyond_it_whatever_is_changed(tmp_path: Path) -> None:
    force = {**FORCE, "plasma_ml_min": 36.0}
    assert desk(tmp_path, force).review("blood_ml_min", 131.0, 0).second


def effects(review: Review) -> dict[str, object]:
    return {e.code: (e.before, e.after) for e in review.effects}


def test_the_effects_of_a_lower_blood_flow(tmp_path: Path) -> None:
    review = desk(tmp_path).review("blood_ml_min", 104.0, 7)
    found = effects(review)
    assert (review.key, review.unit, review.old, review.new) == ("blood_ml_min", "mL/min", 130.0, 104.0)
    assert (review.lo, review.hi, review.made_ns) == (50.0, 180.0, 7)
    assert found["QP_QB"] == (pytest.approx(30 / 130), pytest.approx(30 / 130))
    assert found["PLASMA"] == (30.0, pytest.approx(24.0))
    assert found["BALANCE"] == (-12.0, -12.0)
    hct, nominal_s = 0.37, 360.0
    assert Bench().prescription.patient.haematocrit == hct
    assert found["SHARE"] == (pytest.approx(30 / 130 / (1 - hct)), pytest.approx(30 / 130 / (1 - hct)))
    left_min = (nominal_s - 60.0) / 60.0
    assert found["LITRES"] == (
        pytest.approx((500 + 30 * left_min) / 1000), pytest.approx((500 + 24 * left_min) / 1000),
    )  # fmt: skip
    assert "NOT_COUNTED" not in found


@pytest.mark.parametrize(("key", "value", "counted"), [
    ("plasma_ml_min", 21.0, True), ("plasma_ml_min", 20.9, False), ("perfusion_ml_min", 70.0, True),
    ("perfusion_ml_min", 69.9, False), ("blood_ml_min", 91.0, True), ("blood_ml_min", 90.9, False),
])  # fmt: skip
def test_a_flow_too_low_to_count_is_said(tmp_path: Path, key: str, value: float, counted: bool) -> None:
    found = desk(tmp_path).review(key, value, 0)
    assert ("NOT_COUNTED" not in effects(found)) is counted


def test_before_ramp_the_bounds_are_the_prescriptions(tmp_path: Path) -> None:
    stopped: dict[str, object] = {**SESSION, "state": "PAUSE_STOPPED", "wall_ns": 0}
    with pytest.raises(RefusedError):
        desk(tmp_path, session=stopped).review("blood_ml_min", 79.0, 0)
    assert desk(tmp_path, session=stopped).review("blood_ml_min", 81.0, 0).lo == 80.0
    assert desk(tmp_path, session={**stopped, "wall_ns": 5}).review("blood_ml_min", 79.0, 0).lo == 50.0


def test_what_is_not_known_is_not_changed(tmp_path: Path) -> None:
    settings = desk(tmp_path)
    relay = settings._relay  # noqa: SLF001 - its own
    assert relay.latest is not None
    bad = tuple(3 if i == BY_ID["Q_b_set"] else 0 for i in range(len(CHANNELS)))
    relay._hear(State(2, 2, "", relay.latest.value, bad, (), {**SESSION}, ()))  # noqa: SLF001 - as the link says
    with pytest.raises(RefusedError, match="NO_VALUE"):
        settings.review("ph", 7.41, 0)
    relay.about = {}
    with pytest.raises(RefusedError, match="NO_VALUE"):
        settings.review("ph", 7.41, 0)
    assert set_points({}) == ()
    assert set_points({"set_points": [1]}) == ()


def test_a_review_is_good_from_half_a_second_to_thirty(tmp_path: Path) -> None:
    settings = desk(tmp_path)
    review = settings.review("ph", 7.41, 1_000)
    said = [settings.confirmable(review, review.id, 1_000 + ns) for ns in (
        0, 499_999_999, 500_000_000, 29_999_999_999, 30_000_000_000,
    )]  # fmt: skip
    assert said == ["TOO_SOON", "TOO_SOON", "", "", "NO_REVIEW"]
    assert settings.confirmable(None, review.id, 10**9) == "NO_REVIEW"
    assert settings.confirmable(review, "other", 10**9) == "NO_REVIEW"


def test_a_review_is_void_when_anything_in_force_has_changed(tmp_path: Path) -> None:
    settings = desk(tmp_path)
    review = settings.review("ph", 7.41, 0)
    relay = settings._relay  # noqa: SLF001 - its own
    hear(relay, FORCE, {**SESSION}, 2)
    assert settings.confirmable(review, review.id, 10**9) == ""
    hear(relay, {**FORCE, "blood_ml_min": 131.0}, {**SESSION}, 3)
    assert settings.confirmable(review, review.id, 10**9) == "NO_REVIEW"
    again = settings.review("ph", 7.41, 0)
    relay.generation += 1
    assert settings.confirmable(again, again.id, 10**9) == "NO_REVIEW"
