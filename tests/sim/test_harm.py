"""The harm ledger: what it counts, and that it is clean while nothing happens."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.sim.disturbance import Disturbance
from qh1a.sim.harm import (
    WINDOW_S,
    HarmLimits,
    HarmState,
    count_balance,
    harm_constants,
    harm_state,
    watch_cells,
    watch_patient,
    watch_returned,
)
from qh1a.sim.truth import Truth
from tests.sessions.harness import run
from tests.sim.circuits import bench, treating

S = HarmState
WEIGHT = 50.0
LIMITS = HarmLimits(hypoxia=5.0, heat=41.0, standstill=1.0, clotting_time=300.0)
K = harm_constants(LIMITS, WEIGHT)


def fresh() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return harm_state(37.0, 100.0, 0.0)


def breathe(s: np.ndarray[tuple[int], np.dtype[np.float64]], air: float) -> None:
    watch_patient(s, K, air, 0.0, False, 37.0, 120.0, 1.0)


@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.02, 1.5]), max_size=900), st.integers(0, 700))
def test_air_is_judged_by_its_largest_bolus_and_by_what_came_within_5_min(a: list[float], quiet: int) -> None:
    arrivals = [*a, *[0.0] * quiet, *a]
    s, total, window, most, bolus = fresh(), 0.0, deque[float](maxlen=WINDOW_S), 0.0, 0.0
    for arrived in arrivals:
        before, total = total, total + arrived
        breathe(s, total)
        window.append(total - before)
        most, bolus = max(most, sum(window) / WEIGHT), max(bolus, total - before)
    assert s[S.AIR_BOLUS] == bolus
    assert s[S.AIR_WINDOW] == pytest.approx(most, rel=1e-12, abs=1e-15)


def test_temperatures_count_only_while_something_enters() -> None:
    s = fresh()
    for returning, warm in ((False, 50.0), (True, 38.5), (True, 30.0), (False, 10.0), (True, 36.0)):
        watch_patient(s, K, 0.0, 0.0, returning, warm, 120.0, 1.0)
    assert (s[S.HOTTEST], s[S.COLDEST]) == (38.5, 30.0)


def test_the_fluid_balance_is_kept_at_its_worst() -> None:
    s = fresh()
    for balance in (0.0, -12.0, 30.0, 5.0, -3.0):
        watch_patient(s, K, 0.0, balance, False, 37.0, 120.0, 1.0)
    assert (s[S.GAIN], s[S.LOSS]) == (30.0, 12.0)


def test_the_fluid_error_is_that_of_the_treatment_alone() -> None:
    s = fresh()
    for balance, on in (
        (180.0, None),
        (150.0, True),
        (140.0, None),
        (190.0, True),
        (160.0, False),
        (500.0, None),
    ):
        if on is not None:
            count_balance(s, balance, on=on)
        watch_patient(s, K, 0.0, balance, False, 37.0, 120.0, 1.0)
    assert s[S.FLUID_ERROR] == 40.0


@pytest.mark.parametrize(("clotting_s", "minutes"), [(300.0, 0.0), (300.1, 2.0)])
def test_minutes_beyond_the_clotting_time_are_counted(clotting_s: float, minutes: float) -> None:
    s = fresh()
    for _ in range(120):
        watch_patient(s, K, 0.0, 0.0, False, 37.0, clotting_s, 1.0)
    assert s[S.CLOTTING_MIN] == pytest.approx(minutes)


@pytest.mark.parametrize(
    ("oxygen", "warm", "hypoxia", "heat"),
    [(5.0, 41.0, 0.0, 0.0), (4.9, 37.0, 1.0, 0.0), (100.0, 41.1, 0.0, 1.0)],
)
def test_minutes_without_oxygen_and_in_heat_are_counted(
    oxygen: float, warm: float, hypoxia: float, heat: float
) -> None:
    s = fresh()
    for _ in range(60):
        watch_cells(s, K, oxygen, warm, 1.0, 1.0)
    assert s[S.HYPOXIA_MIN] == pytest.approx(hypoxia)
    assert s[S.HEAT_MIN] == pytest.approx(heat)


def test_the_longest_standstill_counts_once_the_cells_were_perfused() -> None:
    s = fresh()
    for flow, seconds in ((0.0, 600), (1.0, 10), (0.0, 60), (-1.0, 10), (0.0, 180), (1.0, 5), (0.0, 30)):
        for _ in range(seconds):
            watch_cells(s, K, 100.0, 37.0, flow, 1.0)
    assert s[S.STANDSTILL_MIN] == pytest.approx(3.0)


def test_what_the_body_did_not_make_came_from_the_circuit() -> None:
    s = fresh()
    watch_returned(s, 130.0, 2.0)
    assert (s[S.FREE_HAEM], s[S.DEBRIS]) == (30.0, 2.0)


# -- on the circuit --------------------------------------------------------------------------------------

NONE = (
    Truth.AIR_PATIENT_ML, Truth.BLOOD_LOST_ML, Truth.RBC_LOST_ML, Truth.HARM_AIR_BOLUS_ML,
    Truth.HARM_AIR_5MIN_ML_KG, Truth.HARM_CLOTTING_MIN, Truth.HARM_HYPOXIA_MIN, Truth.HARM_HEAT_MIN,
)  # fmt: skip


def test_a_session_without_faults_has_a_clean_ledger() -> None:
    trace = run("bench-10min.toml")
    end = trace.true[-1]
    assert [signal.name for signal in NONE if end[signal] != 0.0] == []
    assert 36.9 <= end[Truth.HARM_HOTTEST_C] <= 37.5
    assert 20.0 <= end[Truth.HARM_COLDEST_C] < 37.0  # the prime of the blood side is at room temperature
    assert 0.0 < end[Truth.HARM_FLUID_GAIN_ML] <= 500.0  # prime, and what rinsing back gives
    assert end[Truth.HARM_FLUID_LOSS_ML] <= 200.0
    assert 0.0 < end[Truth.HARM_FLUID_ERROR_ML] < 15.0  # without prime and rinsing back
    assert end[Truth.HARM_FREE_HAEM_UMOL] < 1.0
    assert end[Truth.HARM_DEBRIS_1E6] < 1e-3
    assert end[Truth.HARM_STANDSTILL_MIN] < 15.0  # the plasma side is rinsed past the cells


def test_air_that_arrives_is_in_the_ledger() -> None:
    it = treating(60.0)
    it.disturbance[Disturbance.AIR_RETURN_ML_S] = 0.2
    it.hold(120.0, 130.0, 30.0, 100.0)
    air = it[Truth.AIR_PATIENT_ML]
    assert air > 5.0
    assert it[Truth.HARM_AIR_5MIN_ML_KG] == pytest.approx(air / 65.0, rel=0.05)
    assert 0.1 < it[Truth.HARM_AIR_BOLUS_ML] < 2.0


def test_cells_that_stand_or_boil_are_in_the_ledger() -> None:
    it = treating(60.0)
    assert it[Truth.HARM_STANDSTILL_MIN] == it[Truth.HARM_HEAT_MIN] == 0.0
    it.disturbance[Disturbance.HEATER_STUCK_W] = 60.0
    it.hold(240.0, 130.0, 30.0, 100.0)
    assert 1.0 < it[Truth.HARM_HEAT_MIN] < 4.0
    assert 33.0 < it[Truth.HARM_COLDEST_C] < 36.0  # the lines of the blood side cool what goes back
    it.hold(180.0, 130.0, 30.0, 0.0)
    # For a while plasma drains out of what is elastic.
    assert 2.0 < it[Truth.HARM_STANDSTILL_MIN] < 3.0


def test_a_leaking_membrane_and_burst_cells_give_the_patient_free_haemoglobin() -> None:
    it = treating(60.0)
    before = it[Truth.HARM_FREE_HAEM_UMOL]
    it.disturbance[Disturbance.S1_LP_FACTOR] = 0.2
    it.hold(600.0, 130.0, 30.0, 100.0)
    made = it[Truth.FHB_UMOL]
    assert made > 0.1
    assert it[Truth.HARM_FREE_HAEM_UMOL] > before
    assert it[Truth.HARM_FREE_HAEM_UMOL] < made


def test_the_ledger_goes_on_from_a_snapshot() -> None:
    it = bench()
    it.disturbance[Disturbance.AIR_RETURN_ML_S] = 0.2
    it.hold(60.0, 130.0, 30.0, 100.0)
    state = it.circuit.snapshot()
    it.hold(30.0, 130.0, 30.0, 100.0)
    once = it.circuit.truth.copy()
    it.circuit.restore(state)
    it.hold(30.0, 130.0, 30.0, 100.0)
    assert np.array_equal(it.circuit.truth, once)
