"""The typical column of the circuit description, 2, and the slow drift of the filters."""

from dataclasses import replace

import pytest

from qh1a.sim.bioreactor import N_CELLS, BioreactorConst, bioreactor_constants
from qh1a.sim.truth import Truth
from tests.sim.circuits import DRY, HP, PARAMETERS, Bench, W, bench

# The description's figures are for Hct 0.37 in the circuit; the prime takes 0.016 of it.
UNDILUTED = replace(DRY, hct=0.386)


@pytest.fixture(scope="module")
def settled() -> Bench:
    it = bench(patient=UNDILUTED)
    it.actuators[W] = 37.5
    it.hold(3600.0, 130.0, 30.0, 100.0)
    return it


@pytest.mark.parametrize(
    ("signal", "low", "high"),
    [
        (Truth.HCT_PATIENT, 0.365, 0.375),
        (Truth.Q_B, 129.5, 130.5),
        (Truth.Q_P, 29.8, 30.2),
        (Truth.Q_C, 99.5, 100.5),
        (Truth.Q_R, 29.8, 30.2),
        (Truth.P_ACC, -63, -57),
        (Truth.P_PRE, 71, 79),
        (Truth.P_VEN, 57, 63),
        (Truth.P_FIL, 46, 54),
        (Truth.TMP, 16, 20),
        (Truth.P_BRI, 60, 80),
        (Truth.P_BRO, 50, 60),
        (Truth.P_F2O, 30, 50),
        (Truth.P_RET, 62, 100),
        (Truth.T_W1, 37.4, 37.6),
        (Truth.T_BR, 36.9, 37.3),
        (Truth.T_RET, 34, 36),
        (Truth.W_R, 140, 150),
        (Truth.Q_RC, 69, 71),
        (Truth.OPT_V, 0.99, 1.0),
        # 41.8 at 130 mL/min and Hct 0.37 (circuit description, 1).
        (Truth.S1_LIMIT, 41.0, 42.6),
    ],
)
def test_typical_values(settled: Bench, signal: Truth, low: float, high: float) -> None:
    assert low <= settled[signal] <= high


def test_pressure_drops(settled: Bench) -> None:
    assert settled[Truth.P_BRI] - settled[Truth.P_BRO] == pytest.approx(11.0, abs=0.7)
    assert 5 < settled[Truth.P_F2] - settled[Truth.P_F2O] < 20


def test_filters_over_8_h() -> None:
    it = bench()
    it.actuators[W] = 37.5
    it.actuators[HP] = 2.0  # without heparin a fifth of the fibres clots
    tmp = []
    for _ in range(48):
        it.hold(600.0, 130.0, 30.0, 100.0)
        tmp.append(it[Truth.TMP])
    assert sum(tmp[:24]) / 24 < 30
    assert tmp[6:] == sorted(tmp[6:])  # once the prime has mixed in
    assert 0.25 < it[Truth.S1_LP_LOSS] < 0.40
    assert 33 < it[Truth.P_FIL] < 45
    assert it[Truth.P_F2] - it[Truth.P_F2O] < 20
    assert it[Truth.P_F2O] > 30


def test_hold_up() -> None:
    v = PARAMETERS.volumes
    blood = (
        v.access_line + v.access_node + v.blood_pump + v.pre_filter_node
        + v.filter_inlet_half + v.filter_node + v.filter_outlet_half + v.chamber_inlet
        + PARAMETERS.chamber.blood + v.chamber_to_detector + v.detector_to_clamp + v.clamp_to_patient
    )  # fmt: skip
    plasma_lines = (
        v.filtrate_node + v.filtrate_line + v.reservoir_outlet + v.warmer + v.warmer_outlet
        + v.bioreactor_inlet + v.tee_node + v.recirculation
        + v.plasma_return_node + v.plasma_detector_to_clamp + v.plasma_clamp_to_chamber
    )  # fmt: skip
    assert blood == pytest.approx(180.0)
    assert plasma_lines == pytest.approx(60.0)
    assert v.oxygenator_inlet_part + v.oxygenator_node + v.oxygenator_bundle == pytest.approx(40.0)
    lumen = bioreactor_constants(PARAMETERS.bioreactor)[BioreactorConst.V_LUMEN] * N_CELLS
    assert lumen == pytest.approx(71.0, abs=0.4)
    assert v.second_filter_inlet + v.second_filter_node == pytest.approx(40.0)
    assert v.plasma_return_node + v.plasma_detector_to_clamp >= 8.0
