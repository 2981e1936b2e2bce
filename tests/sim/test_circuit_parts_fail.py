"""What gives way: line ends and lines, clamps, warmer, supply, rollers, the chamber's lid."""

import numpy as np
import pytest

from qh1a.channels import Channel
from qh1a.control.validate import validate
from qh1a.sim.circuit import DT_S
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.faults import BY_NAME, ScriptedFault
from qh1a.sim.truth import Truth
from qh1a.tick import Phase, Quality
from tests.faults.twins import played
from tests.sim.circuits import (
    AC,
    BP,
    BV,
    PARAMETERS,
    PC,
    PP,
    RC,
    RP,
    SC,
    TREAT,
    VC,
    Bench,
    W,
    bench,
    treating,
)
from tests.sim.test_misreading import HEALTHY, frames, scripted

_SNAPSHOT = treating(900.0).circuit.snapshot()
D, T = Disturbance, Truth
LEDGERS = [T.SOLUTE_LEDGER, T.OXYGEN_LEDGER, T.CARBON_LEDGER, T.HEAT_LEDGER]


@pytest.fixture
def it() -> Bench:
    running = bench()
    running.circuit.restore(_SNAPSHOT)
    running.actuators[:6] = [135.0, 31.0, 103.0, 31.0, 0.0, 37.5]
    running.run(60.0)
    return running


def books_close(it: Bench) -> None:
    assert max(it[signal] for signal in LEDGERS) < 1e-9
    assert abs(it[T.VOLUME_LEDGER_ML]) < 1e-9 * it[T.BLOOD_VOLUME_ML]


def _until_level_falls(it: Bench, seconds: float) -> float:
    """Volume that the blood pump has turned over until the venous chamber has lost 2 mm."""
    level, turned = it[T.LVL_VEN], 0.0
    for _ in range(round(seconds / DT_S)):
        it.run(DT_S)
        turned += it[T.N_BP] / 60.0 * DT_S * PARAMETERS.pumps.blood.stroke * 0.98
        if it[T.LVL_VEN] < level - 2.0:
            return turned
    pytest.fail(f"the level did not fall in {seconds} s")


def test_a_line_off_its_catheter_sucks_air_and_the_catheter_drips(it: Bench) -> None:
    it.fault(D.ACCESS_OPEN, 1.0)
    it.run(20.0)
    assert -3.0 < it[T.P_ACC] <= 0.0
    assert it[T.Q_ACC_IN] == 0.0
    lost, venous = it[T.BLOOD_LOST_ML], []
    for _ in range(600):
        it.run(DT_S)
        venous.append(it[T.CVP])
    catheter = PARAMETERS.lines.access - PARAMETERS.lines.access_open
    assert it[T.BLOOD_LOST_ML] - lost == pytest.approx(np.mean(venous) / catheter, rel=1e-3)
    assert it[T.RBC_LOST_ML] == pytest.approx(it[T.HCT_PATIENT] * it[T.BLOOD_LOST_ML], rel=0.02)
    books_close(it)


def test_the_air_comes_when_it_has_pushed_out_what_was_before_it(it: Bench) -> None:
    v = PARAMETERS.volumes
    nodes = v.access_node + v.pre_filter_node + v.filter_node
    lines = v.access_line + v.blood_pump + v.filter_inlet_half + v.filter_outlet_half
    kept = PARAMETERS.lines.film
    it.fault(D.ACCESS_OPEN, 1.0)
    assert _until_level_falls(it, 120.0) == pytest.approx((1.0 - kept) * (lines + nodes), rel=0.03)
    assert it[T.AIR_PATIENT_ML] == 0.0
    it.run(60.0)
    assert it[T.AIR_V_ML] > it[T.AIR_PATIENT_ML] > 10.0
    books_close(it)


def test_a_closed_access_clamp_stops_the_air_and_not_the_drip(it: Bench) -> None:
    it.fault(D.ACCESS_OPEN, 1.0)
    it.run(5.0)
    it.actuators[BP] = it.actuators[PP] = it.actuators[RP] = 0.0
    it.open(RC, BV)
    it.run(10.0)
    level, lost = it[T.LVL_VEN], it[T.BLOOD_LOST_ML]
    it.run(60.0)
    assert it[T.LVL_VEN] == pytest.approx(level, abs=0.5)
    assert it[T.BLOOD_LOST_ML] - lost > 10.0
    assert it[T.AIR_PATIENT_ML] == 0.0


def test_saline_runs_out_of_an_open_line_end(it: Bench) -> None:
    it.actuators[BP] = it.actuators[PP] = it.actuators[RP] = 0.0
    it.open(AC, SC, RC, BV)
    it.fault(D.ACCESS_OPEN, 1.0)
    it.run(60.0)
    lines = PARAMETERS.lines
    # Blood of the patient and saline at once: two ways to the outside.
    dripped = it[T.CVP] / (lines.access - lines.access_open)
    assert it[T.BLOOD_LOST_ML] == pytest.approx(it[T.Q_SALINE] + dripped, rel=0.1)
    books_close(it)


def test_a_line_put_back_takes_blood_again(it: Bench) -> None:
    it.fault(D.ACCESS_OPEN, 1.0)
    it.run(40.0)
    it.fault(D.ACCESS_OPEN, 0.0)
    it.run(30.0)
    lost = it[T.BLOOD_LOST_ML]
    it.run(30.0)
    assert it[T.Q_ACC_IN] == pytest.approx(130.0, abs=6.0)
    assert it[T.BLOOD_LOST_ML] == lost
    books_close(it)


@pytest.mark.parametrize("leak", [0.1, 0.5, 5.0])
def test_a_ruptured_line_leaks_by_its_pressure_onto_the_tray(it: Bench, leak: float) -> None:
    it.fault(D.RUPTURE_ML_MIN_MMHG, leak)
    it.run(30.0)
    before, pressures = it[T.TRAY], []
    for _ in range(300):
        it.run(DT_S)
        pressures.append(it[T.P_PRE])
    assert it[T.TRAY] - before == pytest.approx(leak * np.mean(pressures) / 2.0, rel=1e-6)
    assert it[T.BLOOD_LOST_ML] == it[T.TRAY]
    assert it[T.RBC_LOST_ML] == pytest.approx(it[T.HCT_PATIENT] * it[T.TRAY], rel=0.03)
    books_close(it)


def test_nothing_leaks_out_of_a_line_under_suction(it: Bench) -> None:
    it.actuators[BP], it.actuators[PP], it.actuators[RP] = -30.0, 0.0, 0.0
    it.open(AC, RC, BV)
    it.run(60.0)
    assert it[T.P_PRE] < 0.0
    it.fault(D.RUPTURE_ML_MIN_MMHG, 1.0)
    it.run(10.0)
    assert it[T.TRAY] == 0.0


@pytest.mark.parametrize(
    ("disturbance", "clamp", "position"),
    [(D.VC_STUCK, VC, T.POS_VC), (D.PC_STUCK, PC, T.POS_PC)],
)
def test_a_stuck_clamp_stands_where_it_stands(
    it: Bench, disturbance: Disturbance, clamp: int, position: Truth
) -> None:
    others = [p for p in (T.POS_AC, T.POS_VC, T.POS_PC, T.POS_RC) if p is not position]
    it.actuators[:6] = [0.0] * 6
    for stuck, told, stands in [(1.0, 0.0, 1.0), (1.0, 1.0, 1.0), (-1.0, 1.0, 0.0), (0.0, 1.0, 1.0)]:
        it.fault(disturbance, stuck)
        it.open(*TREAT)
        it.actuators[clamp] = told
        it.run(1.0)
        assert it[position] == stands
        assert all(it[other] == 1.0 for other in others)


def test_a_closed_stuck_clamp_dams_the_blood_and_an_open_one_lets_air_pass(it: Bench) -> None:
    it.fault(D.VC_STUCK, -1.0)
    before = it[T.P_VEN]
    it.run(3.0)
    assert it[T.P_VEN] > before + 80.0
    assert it[T.Q_VEN_OUT] == 0.0
    it.fault(D.VC_STUCK, 1.0)
    it.open(AC, PC, RC, BV)
    it.fault(D.AIR_RETURN_ML_S, 0.5)
    it.run(60.0)
    assert it[T.AIR_PATIENT_ML] > 10.0


def test_a_dead_warmer_gives_nothing_even_when_its_switch_is_stuck(it: Bench) -> None:
    warm = it[T.T_BR]
    it.fault(D.HEATER_DEAD, 1.0)
    it.fault(D.HEATER_STUCK_W, 60.0)
    it.run(600.0)
    assert it[T.HEATER_W] == 0.0
    assert it[T.T_BR] < warm - 2.0
    it.fault(D.HEATER_DEAD, 0.0)
    it.run(1.0)
    assert it[T.HEATER_W] == 60.0


def test_without_power_everything_stops_and_every_clamp_falls(it: Bench) -> None:
    it.actuators[W + 1 : W + 4] = [20.0, 75.0, 5.0]
    it.run(30.0)
    told = list(it.actuators)
    it.fault(D.POWER_LOST, 1.0)
    it.run(30.0)
    assert [it[Truth(T.N_BP + i)] for i in range(4)] == pytest.approx([0.0] * 4, abs=1e-6)
    assert [it[Truth(T.POS_AC + i)] for i in range(7)] == [0.0] * 6 + [1.0]
    assert it[T.HEATER_W] == 0.0
    assert it[T.G_O2] < 0.1
    assert it.actuators == told
    it.fault(D.POWER_LOST, 0.0)
    it.run(30.0)
    assert it[T.Q_B] == pytest.approx(130.0, abs=8.0)
    assert [it[p] for p in (T.POS_AC, T.POS_VC, T.POS_PC)] == [1.0] * 3


def test_slack_rollers_leak_by_the_pressure_across_them(it: Bench) -> None:
    flow, turned = it[T.Q_B], it[T.N_BP]
    means = []
    for factor in (1.0, 50.0):
        it.fault(D.BP_LEAK_FACTOR, factor)
        it.run(20.0)
        seen = np.empty((416, 2))
        for row in seen:
            it.run(DT_S)
            row[:] = it[T.Q_B], it[T.P_PRE] - it[T.P_ACC]
        means.append(seen.mean(axis=0))
    (tight, _), (slack, lift) = means
    leak = 49.0 * lift / PARAMETERS.pumps.blood.back_leak * 60.0
    # Less suction at the inlet fills the stroke a little better.
    assert tight - slack == pytest.approx(leak, rel=0.1)
    assert flow > 100.0
    assert it[T.N_BP] == pytest.approx(turned, rel=1e-3)


def test_air_in_the_chamber_moves_its_level_and_its_lid_keeps_the_last(it: Bench) -> None:
    section = PARAMETERS.chamber.section * 0.1
    start, ratio = it[T.LVL_VEN], 760.0 / (760.0 + it[T.P_VEN])
    it.fault(D.CHAMBER_AIR_ML_S, 0.05)
    it.run(100.0)
    assert start - it[T.LVL_VEN] == pytest.approx(5.0 * ratio / section, rel=0.05)
    it.fault(D.CHAMBER_AIR_ML_S, -0.5)
    it.run(100.0)
    full = PARAMETERS.chamber.volume / section
    assert it[T.LVL_VEN] == pytest.approx(full - PARAMETERS.chamber.lid * ratio / section, abs=0.1)
    books_close(it)


def test_a_vent_lets_nothing_out_of_a_chamber_under_suction(it: Bench) -> None:
    it.actuators[BP], it.actuators[PP], it.actuators[RP] = -30.0, 0.0, 0.0
    it.open(AC, RC, BV)
    it.run(30.0)
    assert it[T.P_VEN] < 0.0
    runs = []
    for vent in (0.0, -0.5):
        blob = it.circuit.snapshot()
        it.fault(D.CHAMBER_AIR_ML_S, vent)
        it.run(5.0)
        runs.append(it[T.LVL_VEN])
        it.circuit.restore(blob)
    assert runs[0] == runs[1]


def test_a_blind_detector_shows_nothing_of_the_air_that_passes() -> None:
    air, blind = BY_NAME["air_in_return_line"], BY_NAME["air_detector_blind"]
    step = [
        ScriptedFault(r, 0.0, None, r.default, r.profile, Phase.RAMP, *r.channels[:1]) for r in (air, blind)
    ]
    seeing, unseeing = played(step[:1], 60.0), played(step, 60.0)
    assert (seeing.truth == unseeing.truth).all()
    assert seeing.of(Channel.AIR_V)[-1] > 4.0
    assert set(unseeing.of(Channel.AIR_V)) == {0.0}


@pytest.mark.parametrize(
    ("ahead", "verdict"), [(5.0, Quality.FUTURE), (-5.0, Quality.STALE), (0.04, Quality.FUTURE)]
)
def test_a_reading_with_a_wrong_time_is_right_and_refused(ahead: float, verdict: Quality) -> None:
    shifted = frames(scripted("clock_jump", Channel.P_VEN, ahead))
    for frame, healthy in zip(shifted[10:30], HEALTHY[10:30], strict=True):
        assert frame.value == healthy.value
        assert frame.at[Channel.P_VEN] - healthy.at[Channel.P_VEN] == round(ahead * 1e9)
        assert validate(frame)[Channel.P_VEN] == verdict
    assert shifted[30:] == HEALTHY[30:]
