"""Faults of patient, anticoagulation and separator: what their mechanisms come to, in closed form."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qh1a.sim import clotting, layout
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.graph import Flow, Line, Tank
from qh1a.sim.haemodynamics import HaemoConst, haemo_constants, set_point
from qh1a.sim.layout import S
from qh1a.sim.separator import SeparatorState, separator_constants
from qh1a.sim.species import Species
from qh1a.sim.truth import Truth
from tests.sim.circuits import BP, HP, PARAMETERS, PATIENT, Bench, bench
from tests.sim.moving import inventory, masses, move, new, newest, of_patient

F, K, D, T = Flow, Species, Disturbance, Truth


def changed(it: Bench, signal: Truth, before: float) -> float:
    return it[signal] - before


def gained(it: Bench, blood: float) -> float:
    """Blood in mL that the patient has gained beside the circuit since he had `blood`."""
    return changed(it, T.BLOOD_VOLUME_ML, blood) - it[T.NET_BALANCE_ML]


def books_close(it: Bench) -> None:
    ledgers = (T.SOLUTE_LEDGER, T.OXYGEN_LEDGER, T.CARBON_LEDGER, T.HEAT_LEDGER)
    assert max(it[ledger] for ledger in ledgers) < 1e-9
    assert abs(it[T.VOLUME_LEDGER_ML]) < 1e-5


# -- recirculation ---------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.floats(0.0, 1.0), st.floats(0.1, 2.0), st.floats(0.0, 2.0))
def test_recirculated_blood_changes_places_with_the_patients(share: float, drawn: float, back: float) -> None:
    state, c = new()
    state[S.RECIRCULATED] = share
    patient, last = of_patient(state, c), newest(state, c, Line.RETURN, at_end=True)
    before, volume = inventory(state, c), state[layout.VOL + Tank.PATIENT]
    move(state, c, {F.ACCESS: drawn, F.ACCESS_PATIENT: drawn, F.RETURN: back, F.RETURN_PATIENT: back})
    share = min(share * drawn, back) / drawn
    mixed = (1.0 - share) * patient + share * last
    assert newest(state, c, Line.ACCESS) == pytest.approx(mixed, rel=1e-11)
    assert inventory(state, c)[: K.GLUCOSE] == pytest.approx(before[: K.GLUCOSE], rel=1e-12)
    assert state[layout.VOL + Tank.PATIENT] == pytest.approx(volume - drawn + back)


@pytest.mark.parametrize("away", [F.RETURN_JOINT, F.RETURN_OUTSIDE])
def test_blood_that_does_not_come_back_does_not_recirculate(away: Flow) -> None:
    state, c = new()
    state[S.RECIRCULATED] = 0.5
    patient = of_patient(state, c)
    move(state, c, {F.ACCESS: 1.0, F.ACCESS_PATIENT: 1.0, F.RETURN: 1.0, away: 1.0})
    assert newest(state, c, Line.ACCESS) == pytest.approx(patient, rel=1e-13)


def test_recirculation_costs_clearance() -> None:
    """Blood that came back without the marker passes again: 1 - r of the flow is cleared of it."""
    cleared = []
    for share in (0.0, 0.4):
        state, c = new()
        state[S.RECIRCULATED] = share
        layout.parcels(state)[:, 1 + K.CREATININE] = 0.0
        before = masses(state)[Tank.PATIENT, K.CREATININE]
        for _ in range(10):
            move(state, c, {F.ACCESS: 1.0, F.ACCESS_PATIENT: 1.0, F.RETURN: 1.0, F.RETURN_PATIENT: 1.0})
        cleared.append(before - masses(state)[Tank.PATIENT, K.CREATININE])
    assert cleared[1] == pytest.approx(0.6 * cleared[0], rel=1e-3)


# -- blood volume ----------------------------------------------------------------------------------------


def test_a_patient_who_bleeds_loses_whole_blood_and_the_circuit_none() -> None:
    it = bench()
    blood, hct = it[T.BLOOD_VOLUME_ML], it[T.HCT_PATIENT]
    it.fault(D.BLEEDING_ML_MIN, 60.0)
    it.run(600.0)
    assert gained(it, blood) == pytest.approx(-600.0, rel=1e-9)
    assert it[T.HCT_PATIENT] == pytest.approx(hct, rel=1e-4)
    assert it[T.BLOOD_LOST_ML] == it[T.RBC_LOST_ML] == it[T.SPILT_ML] == 0.0
    assert it[T.CVP] == pytest.approx(8.0 - 600.0 / 150.0, rel=1e-2)
    books_close(it)


def test_tissue_water_thins_the_blood_of_who_has_bled() -> None:
    it = bench(patient=PATIENT)
    blood, hct, tissue = it[T.BLOOD_VOLUME_ML], it[T.HCT_PATIENT], it[T.INTERSTITIUM_ML]
    it.fault(D.BLEEDING_ML_MIN, 60.0)
    it.run(900.0)
    refilled = tissue - it[T.INTERSTITIUM_ML]
    assert refilled > 60.0
    assert gained(it, blood) == pytest.approx(refilled - 900.0, rel=1e-9)
    assert it[T.HCT_PATIENT] < 0.99 * hct
    books_close(it)


def test_an_empty_patient_bleeds_no_more() -> None:
    it = bench()
    it.fault(D.BLEEDING_ML_MIN, 6000.0)
    it.run(600.0)
    assert 0.0 < it[T.BLOOD_VOLUME_ML] < 10.0


def test_saline_dilutes_and_mostly_leaves_for_the_tissue() -> None:
    it = bench()
    blood, hct, sid = it[T.BLOOD_VOLUME_ML], it[T.HCT_PATIENT], it[T.SID]
    it.fault(D.SALINE_ML_MIN, 60.0)
    it.run(601.0)
    # It is set once a second.
    assert gained(it, blood) == pytest.approx(600.0, abs=1.1)
    assert it[T.HCT_PATIENT] == pytest.approx(hct * blood / (blood + 600.0), rel=1e-3)
    assert it[T.SID] < 0.98 * sid
    books_close(it)
    wet = bench(patient=PATIENT)
    tissue = wet[T.INTERSTITIUM_ML]
    wet.fault(D.SALINE_ML_MIN, 60.0)
    wet.run(601.0)
    assert changed(wet, T.INTERSTITIUM_ML, tissue) > 60.0
    books_close(wet)


def test_transfused_cells_thicken_the_blood() -> None:
    it = bench()
    blood, hct = it[T.BLOOD_VOLUME_ML], it[T.HCT_PATIENT]
    it.fault(D.TRANSFUSION_ML_MIN, 30.0)
    it.run(600.0)
    assert gained(it, blood) == pytest.approx(300.0, rel=1e-9)
    assert it[T.HCT_PATIENT] == pytest.approx((hct * blood + 0.6 * 300.0) / (blood + 300.0), rel=1e-3)
    books_close(it)


# -- vessels ---------------------------------------------------------------------------------------------


def test_lost_tone_takes_its_share_of_the_venous_pressure() -> None:
    it = bench()
    it.run(2.0)
    before, access, blood = it[T.MAP], it[T.P_ACC], it[T.BLOOD_VOLUME_ML]
    it.fault(D.TONE_LOST, 0.25)
    it.run(300.0)
    assert it[T.CVP] == pytest.approx(6.0, rel=1e-3)
    assert changed(it, T.P_ACC, access) == pytest.approx(-2.0, rel=0.05)
    assert it[T.MAP] < before - 10.0
    assert it[T.BLOOD_VOLUME_ML] == pytest.approx(blood, rel=1e-3)
    it.fault(D.TONE_LOST, 0.0)
    it.run(600.0)
    assert it[T.MAP] == pytest.approx(before, rel=1e-3)


def test_vessels_without_tone_resist_less_before_the_reflex() -> None:
    numb = replace(PATIENT, haemodynamics=replace(PATIENT.haemodynamics, gain=0.0))
    k = haemo_constants(numb)
    il6 = PATIENT.interleukin_6.start
    found = [set_point(k, k[HaemoConst.VOLUME], il6, PATIENT.temperature, lost) for lost in (0.0, 0.4)]
    assert found[1] == pytest.approx(0.6 * found[0])


# -- heparin and citrate ---------------------------------------------------------------------------------


def heparin(it: Bench) -> float:
    """IU in the patient, before any of it has been cleared."""
    return it[T.HEPARIN] * PATIENT.heparin.central


def test_a_stuck_plunger_stands_until_it_comes_free() -> None:
    it = bench()
    it.actuators[HP] = 36.0
    it.run(100.0)
    given, force = it[T.V_HEP_ML], it[T.HP_FORCE]
    assert given == pytest.approx(1.0)
    it.fault(D.SYRINGE_STUCK, 1.0)
    it.run(50.0)
    assert it[T.V_HEP_ML] == given
    assert it[T.HP_FORCE] == pytest.approx(force + 40.0 * 0.5, abs=0.1)
    it.run(1000.0)
    assert it[T.HP_FORCE] == pytest.approx(100.0 + force - 6.0, abs=0.1)
    it.fault(D.SYRINGE_STUCK, 0.0)
    it.run(0.1)
    assert it[T.V_HEP_ML] == pytest.approx(given + 94.0 / 40.0 + 0.001)
    it.run(60.0)
    assert it[T.HP_FORCE] == pytest.approx(force, abs=0.1)
    books_close(it)


def test_a_line_that_is_off_counts_and_gives_nothing() -> None:
    it = bench()
    it.actuators[BP] = 130.0
    it.fault(D.HEPARIN_LINE_OFF, 1.0)
    it.actuators[HP] = 36.0
    it.run(300.0)
    assert it[T.V_HEP_ML] == pytest.approx(3.0)
    assert it[T.HEPARIN] == 0.0
    assert it[T.P_PRE] > 20.0
    assert it[T.HP_FORCE] == 6.0
    assert it[T.TRAY] == it[T.BLOOD_LOST_ML] == 0.0
    books_close(it)


def test_a_stronger_syringe_gives_as_much_more_heparin() -> None:
    found = []
    for factor in (1.0, 4.0):
        it = bench()
        it.actuators[BP], it.actuators[HP] = 130.0, 36.0
        it.fault(D.HEPARIN_FACTOR, factor)
        it.run(600.0)
        found.append(heparin(it))
        books_close(it)
    # 6 mL of 500 IU/mL, less what is still in the lines or cleared.
    assert 1500.0 < found[0] < 3000.0
    assert found[1] == pytest.approx(4.0 * found[0], rel=1e-5)


def test_citrate_accumulates_against_its_clearance() -> None:
    it = bench()
    it.fault(D.CITRATE_MMOL_H, 30.0)
    it.run(1800.0)
    clearance, volume = PATIENT.citrate.clearance, PATIENT.citrate.central * 1e3
    level = 30e6 / 60.0 / clearance * -math.expm1(-clearance / volume * 30.0)
    assert it[T.CITRATE] == pytest.approx(level, rel=2e-3)
    assert it[T.ICA] == pytest.approx(1.12 / (1.0 + 1.6e-3 * it[T.CITRATE]), rel=1e-9)
    books_close(it)


# -- separator -------------------------------------------------------------------------------------------


def test_the_limit_of_polarisation_goes_with_its_factor() -> None:
    found = []
    for factor in (1.0, 0.5):
        it = bench()
        it.actuators[BP] = 130.0
        it.fault(D.S1_LIMIT_FACTOR, factor)
        it.run(60.0)
        found.append(it[T.S1_LIMIT])
    assert found[1] == pytest.approx(0.5 * found[0], rel=1e-4)


def test_clotting_ten_times_as_fast_is_clotting_ten_times_as_long() -> None:
    k, found = separator_constants(PARAMETERS.separator), []
    for factor, seconds in ((10.0, 1.0), (1.0, 10.0)):
        s = np.zeros(3)
        s[SeparatorState.OPEN] = 0.8
        clotting.advance(k, s, 2.0, 0.0, 0.7, 60.0, 0.45, 150.0, factor, seconds)
        found.append(s[SeparatorState.OPEN])
    assert found[0] == pytest.approx(found[1], rel=1e-13)
    assert found[0] < 0.8


def test_an_over_occluded_pump_bursts_cells_by_the_power_of_the_stress() -> None:
    found = []
    for squeeze in (1.0, 4.0):
        it = bench()
        it.actuators[BP] = 130.0
        it.run(120.0)
        before = it[T.FHB_UMOL]
        it.fault(D.BP_SQUEEZE_FACTOR, squeeze)
        it.run(60.0)
        found.append(it[T.FHB_UMOL] - before)
        books_close(it)
    assert found[1] == pytest.approx(4.0**2.416 * found[0], rel=1e-2)
