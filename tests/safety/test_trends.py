"""Slow changes: what P_pre gains at one blood flow (H09), how thick the blood leaves the separator (H12)."""

import pytest

from qh1a.tick import Quality
from tests.safety.bench import Bench, C


def climbing(bench: Bench, seconds: int, mmhg_per_s: float) -> Bench:
    for _ in range(seconds):
        bench[C.P_PRE] += mmhg_per_s
        bench.seconds(1)
    return bench


def test_the_rise_of_the_pressure_is_that_of_ten_minutes() -> None:
    bench = Bench().seconds(605)
    assert bench.quality(C.P_PRE_RISE) is Quality.NOT_READY
    assert climbing(bench, 15, 0.0)[C.P_PRE_RISE] == pytest.approx(0.0, abs=1e-9)
    assert climbing(bench, 620, 0.06)[C.P_PRE_RISE] == pytest.approx(36.0, abs=1.0)
    # It has stopped: ten minutes on, nothing has risen.
    assert bench.seconds(620)[C.P_PRE_RISE] == pytest.approx(0.0, abs=1e-9)


def test_another_blood_flow_or_a_lost_reading_begins_anew() -> None:
    bench = climbing(Bench().seconds(630), 300, 0.1)
    assert bench[C.P_PRE_RISE] > 20.0
    bench.command(BP=131.0)
    assert bench.run()[C.P_PRE_RISE] > 20.0, "one working point"
    bench.command(BP=140.0)
    bench[C.P_PRE] += 50.0
    assert bench.run().quality(C.P_PRE_RISE) is Quality.NOT_READY
    assert bench.seconds(630)[C.P_PRE_RISE] == pytest.approx(0.0, abs=1e-9)
    bench.lose(C.P_PRE)
    assert bench.run().quality(C.P_PRE_RISE) is Quality.STALE
    bench.find(C.P_PRE)
    assert bench.seconds(300).quality(C.P_PRE_RISE) is Quality.NOT_READY


def test_haematocrit_behind_the_separator() -> None:
    bench = Bench().seconds(12)
    assert bench[C.HCT_OUT] == pytest.approx(0.37 / (1.0 - 30.0 / 130.0), rel=1e-6)
    bench[C.Q_B] = 5.0
    assert bench.seconds(13).quality(C.HCT_OUT) is Quality.NOT_READY
    bench[C.Q_B], bench[C.Q_P] = 20.0, 40.0
    assert bench.seconds(13)[C.HCT_OUT] == 1.0
    bench.lose(C.Q_P)
    assert bench.run().quality(C.HCT_OUT) is Quality.STALE
