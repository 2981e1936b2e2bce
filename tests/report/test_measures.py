from dataclasses import replace

import numpy as np
import pytest

from qh1a.channels import Channel
from qh1a.report.data import Study, study
from qh1a.report.measures import balance, kept
from qh1a.report.page import ACTUATORS, CHANNELS_USED
from qh1a.tick import Phase, Quality
from tests.report import fake

C = Channel


def seen(session: fake.Fake) -> Study:
    return study(session, CHANNELS_USED, ACTUATORS)


def test_the_balance_is_the_sum_of_its_terms() -> None:
    session = fake.session(0.5, hz=1.0, pause=None)
    end = session.times[session.series_of[C.PHASE] == Phase.TREAT][-1]
    run = np.clip(session.times / end, 0.0, 1.0)
    session.series_of |= {
        C.W_S: 2000.0 - 100.5 * run, C.W_W: 500.0 + 20.1 * run, C.V_HEP: 6.0 * run,
        C.W_R: 150.0 + 10.25 * run,
        C.BALANCE: 70.0 * run, C.G_O2: np.full_like(run, 1000.0), C.G_AIR: 0.0 * run,
        C.G_CO2: 0.0 * run,
    }  # fmt: skip
    found = balance(replace(seen(session), samples_ml=4.0))
    assert found is not None
    terms = {part.name: part.ml for part in found.parts}
    expected = {
        "saline given": 100.0, "heparin solution": 6.0, "waste": -20.0, "samples": -4.0,
        "evaporation": -end / 60.0 * 0.044, "into the reservoir": -10.0,
    }  # fmt: skip
    assert terms == pytest.approx(expected, rel=0.02)
    assert found.total == pytest.approx(sum(expected.values()), rel=0.02)
    assert found.estimate == pytest.approx(70.0, rel=0.01)
    assert found.reservoir_start_g == pytest.approx(150.0, abs=0.2)
    assert found.reservoir_end_g == pytest.approx(160.25, abs=0.2)
    assert found.unmeasured == ()


def test_a_scale_that_cannot_be_read_gives_no_term() -> None:
    session = fake.session(0.1, hz=2.0, pause=None)
    session.bad = {C.W_S: [(-1e9, 1e9, Quality.COMM_LOST)]}
    found = balance(seen(session))
    assert found is not None
    assert found.unmeasured == ("saline given",)
    assert found.parts[0].ml is None


def test_set_points_are_measured_over_treat_and_its_last_part() -> None:
    session = fake.session(0.5, hz=1.0, pause=None)
    treat = np.flatnonzero(session.series_of[C.PHASE] == Phase.TREAT)
    blood = np.full_like(session.times, 500.0)
    blood[treat] = 120.0
    blood[treat[-treat.size // 4 :]] = 140.0
    session.series_of[C.Q_B] = blood
    session.bad = {C.Q_B: [(session.times[treat[0]], session.times[treat[180]], Quality.STALE)]}
    lines, last_s = kept(seen(session))
    line = next(x for x in lines if x.channel is C.Q_B)
    assert line.prescribed == 130.0
    assert last_s == pytest.approx(treat.size / 4, rel=0.01)
    assert line.last is not None
    assert line.treat is not None
    assert (line.last.mean, line.last.sd, line.last.usable) == (140.0, 0.0, 1.0)
    assert line.treat.usable == pytest.approx(0.9, abs=0.01)
    assert 120.0 < line.treat.mean < 140.0


def test_the_last_part_of_a_long_treat_is_half_an_hour() -> None:
    _, last_s = kept(seen(fake.session(4.0, hz=0.5, pause=None)))
    assert last_s == pytest.approx(1800.0)


def test_without_treat_nothing_is_claimed() -> None:
    session = fake.session(0.1, hz=2.0, pause=None)
    session.series_of[C.PHASE] = np.zeros_like(session.times)
    lines, _ = kept(seen(session))
    assert all(line.treat is None and line.last is None for line in lines)
    assert balance(seen(session)) is None
