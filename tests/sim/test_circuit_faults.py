"""Signatures of what goes wrong in the hydraulics (physics reference, 5)."""

import pytest

from qh1a.sim.circuit import DT_S
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.truth import Truth
from tests.sim.circuits import AC, BP, BV, CP, PARAMETERS, PC, PP, RC, RP, TREAT, VC, Bench, bench, treating

_SNAPSHOT = treating(900.0).circuit.snapshot()


@pytest.fixture
def it() -> Bench:
    running = bench()
    running.circuit.restore(_SNAPSHOT)
    running.actuators[:6] = [135.0, 31.0, 103.0, 31.0, 0.0, 37.5]
    running.run(60.0)
    return running


def test_clamp_after_blood_pump_raises_pressure_by_flow_over_compliance(it: Bench) -> None:
    it.actuators[PP] = it.actuators[RP] = 0.0
    it.open(AC, VC, RC, BV)
    it.run(30.0)
    it.open(AC, RC, BV)
    it.run(0.5)
    q, p, chamber = it[Truth.Q_B] / 60.0, it[Truth.P_PRE], it[Truth.P_VEN]
    it.run(1.0)
    # Gas law: 12.7 mL at ambient pressure; the filtrate side follows through the membrane.
    gas = PARAMETERS.chamber.volume - PARAMETERS.chamber.blood
    c = PARAMETERS.compliances
    middle = 0.5 * (chamber + it[Truth.P_VEN]) + 760.0
    soft = c.pre_filter + c.filter_lumen + c.filtrate + PARAMETERS.chamber.wall + gas * 760.0 / middle**2
    assert it[Truth.P_PRE] - p == pytest.approx(q / soft, rel=0.03)
    it.run(600.0)
    assert 800.0 < it[Truth.P_PRE] < 1100.0
    assert abs(it[Truth.N_BP]) < 1.0


def test_return_disconnection_loses_the_blood_that_flows(it: Bench) -> None:
    it.fault(Disturbance.RETURN_OPEN, 1.0)
    it.run(5.0)
    assert 0.0 < it[Truth.P_VEN] < 10.0
    lost, flow = it[Truth.BLOOD_LOST_ML], it[Truth.Q_RETURN_LINE]
    blood = it[Truth.BLOOD_VOLUME_ML]
    assert flow == pytest.approx(130.0, abs=5.0)
    it.run(30.0)
    assert it[Truth.BLOOD_LOST_ML] - lost == pytest.approx(flow / 2.0, rel=0.01)
    assert blood - it[Truth.BLOOD_VOLUME_ML] == pytest.approx(it[Truth.Q_ACC_IN] / 2.0, rel=0.01)
    assert it[Truth.RBC_LOST_ML] == pytest.approx(0.354 * it[Truth.BLOOD_LOST_ML], rel=0.03)
    assert it[Truth.Q_VEN_OUT] == 0.0


def test_slipped_catheter_drops_p_ven_by_the_venous_pressure_only(it: Bench) -> None:
    before, venous = it[Truth.P_VEN], it[Truth.CVP]
    it.fault(Disturbance.CATHETER_OUT, 1.0)
    it.run(15.0)
    assert before - it[Truth.P_VEN] == pytest.approx(venous, abs=0.6)
    assert it[Truth.BLOOD_LOST_ML] > 25.0


@pytest.mark.parametrize(
    ("fault", "value", "signal", "change"),
    [
        (Disturbance.R_RET_FACTOR, 3.0, Truth.P_VEN, 80.0),
        (Disturbance.R_ACC_FACTOR, 2.0, Truth.P_ACC, -50.0),
        (Disturbance.R_F2_FACTOR, 5.0, Truth.P_F2O, -30.0),
        (Disturbance.R_RX_FACTOR, 5.0, Truth.P_BRI, 35.0),
        (Disturbance.R_PLASMA_RETURN_FACTOR, 10.0, Truth.P_RET, 100.0),
        (Disturbance.S1_LP_FACTOR, 0.5, Truth.P_FIL, -12.0),
        (Disturbance.T_AMB_OFFSET_K, -10.0, Truth.T_RET, -0.7),
        (Disturbance.PP_STROKE_FACTOR, 0.5, Truth.Q_P, -14.0),
    ],
)
def test_disturbance_shows(it: Bench, fault: Disturbance, value: float, signal: Truth, change: float) -> None:
    """The signal moves at least `change`, within a minute (heat: ten)."""
    before = it[signal]
    it.fault(fault, value)
    it.run(600.0 if signal is Truth.T_RET else 60.0)
    assert (it[signal] - before) / change >= 1.0


@pytest.mark.parametrize("pump", [BP, PP, CP, RP])
def test_stalled_rotor_stands(it: Bench, pump: int) -> None:
    it.fault(Disturbance(Disturbance.BP_STALL + pump), 1.0)
    it.run(2.0)
    assert abs(it[Truth(Truth.N_BP + pump)]) < 0.01
    assert abs(it[Truth(Truth.Q_B + pump)]) < 0.5


def test_stalled_separation_pump_takes_tmp_to_nil(it: Bench) -> None:
    assert it[Truth.TMP] > 14.0
    it.fault(Disturbance.PP_STALL, 1.0)
    it.run(10.0)
    assert abs(it[Truth.TMP]) < 3.0


def test_filtering_beyond_polarisation_runs_tmp_away(it: Bench) -> None:
    it.actuators[PP] = 50.0
    it.run(120.0)
    assert it[Truth.TMP] > 80.0
    assert it[Truth.Q_P] < 1.05 * it[Truth.S1_LIMIT]


def test_pump_mismatch_moves_the_reservoir(it: Bench) -> None:
    it.actuators[RP] = 27.0
    it.run(60.0)
    start, rate = it[Truth.W_R], it[Truth.Q_P] - it[Truth.Q_R]
    it.run(600.0)
    assert rate > 2.0
    assert it[Truth.W_R] - start == pytest.approx(10.0 * rate * 1.025, rel=0.02)
    # What the reservoir gained, the patient lost.
    assert it[Truth.NET_BALANCE_ML] < -10.0 * rate


def test_empty_reservoir_lets_the_perfusion_pump_draw_air(it: Bench) -> None:
    it.actuators[PP] = 0.0
    it.run(400.0)
    assert it[Truth.LVL_R] < 5.0
    assert it[Truth.AIR_RES_ML] > 1.0


def _bubble(it: Bench) -> None:
    """Let 0.2 mL of air into the return line."""
    it.fault(Disturbance.AIR_RETURN_ML_S, 2.0)
    it.run(DT_S)
    it.fault(Disturbance.AIR_RETURN_ML_S, 0.0)


def _until(it: Bench, signal: Truth, amount: float, seconds: float) -> float:
    """Volume that has passed the return line when `signal` has grown by `amount`."""
    start, passed = it[signal], 0.0
    for _ in range(round(seconds / DT_S)):
        it.run(DT_S)
        passed += it[Truth.Q_RETURN_LINE] / 60.0 * DT_S
        if it[signal] - start >= amount:
            return passed
    pytest.fail(f"{signal.name} did not grow by {amount} in {seconds} s")


def test_no_more_air_enters_than_flows(it: Bench) -> None:
    it.open(AC, PC, RC, BV)
    it.actuators[BP] = 0.0
    it.run(10.0)
    it.fault(Disturbance.AIR_RETURN_ML_S, 5.0)
    it.run(10.0)
    it.fault(Disturbance.AIR_RETURN_ML_S, 0.0)
    it.open(*TREAT)
    it.actuators[BP] = 130.0
    it.run(30.0)
    assert it[Truth.AIR_V_ML] == 0.0


def test_bubble_travels_with_the_blood(it: Bench) -> None:
    v = PARAMETERS.volumes
    _bubble(it)
    at_detector = _until(it, Truth.AIR_V_ML, 0.199, 10.0)
    assert at_detector == pytest.approx(v.chamber_to_detector, abs=0.4)
    assert it[Truth.AIR_PATIENT_ML] == 0.0
    onwards = _until(it, Truth.AIR_PATIENT_ML, 0.199, 30.0)
    assert onwards == pytest.approx(v.detector_to_clamp + v.clamp_to_patient, abs=0.4)
    it.run(10.0)
    assert it[Truth.AIR_PATIENT_ML] == pytest.approx(0.2)


def test_venous_clamp_stops_a_bubble(it: Bench) -> None:
    _bubble(it)
    _until(it, Truth.AIR_V_ML, 0.199, 10.0)
    it.actuators[BP] = it.actuators[PP] = it.actuators[RP] = 0.0
    it.open(AC, RC, BV)
    it.run(60.0)
    assert it[Truth.AIR_PATIENT_ML] == 0.0
    it.open(*TREAT)
    it.actuators[BP] = 135.0
    it.run(30.0)
    assert it[Truth.AIR_PATIENT_ML] == pytest.approx(0.2)


def test_chamber_traps_plasma_line_air_until_it_is_empty(it: Bench) -> None:
    level = it[Truth.LVL_VEN]
    it.fault(Disturbance.AIR_PLASMA_ML_S, 0.4)
    it.run(45.0)
    assert it[Truth.AIR_P_ML] > 10.0
    assert it[Truth.AIR_V_ML] == 0.0
    assert it[Truth.LVL_VEN] < level - 10.0
    it.run(120.0)
    assert it[Truth.AIR_V_ML] > 5.0
    assert it[Truth.AIR_PATIENT_ML] > 1.0


def test_plasma_clamp_closed_under_a_running_return_pump(it: Bench) -> None:
    it.open(AC, VC, RC, BV)
    it.run(30.0)
    assert 300.0 < it[Truth.P_RET] < 800.0
    it.open(AC, VC, PC, RC, BV)
    it.run(30.0)
    assert it[Truth.P_RET] < 100.0


def test_polarisation_follows_the_blood_flow_with_its_own_lag(it: Bench) -> None:
    start = it[Truth.S1_LIMIT]
    it.actuators[BP] = 90.0
    it.run(1.0)
    it.run(PARAMETERS.separator.layer_time)
    # About 1 s of drive and 5 s of layer: 1 - exp(-(6 - 0.3)/5) of the way.
    share = (start - it[Truth.S1_LIMIT]) / (start * (1.0 - it[Truth.Q_B] / 130.0))
    assert share == pytest.approx(0.68, abs=0.06)
